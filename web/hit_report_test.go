package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"bihuan/lead"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// settled brings the hits of a screening to different ends: the first confirmed right, the second wrong by its source, the third waiting
// to be confirmed, and puts two people on the roll.
func (l *leads) settled() {
	l.t.Helper()
	ctx := l.t.Context()
	check := func(i int, o lead.Outcome, blamed string) {
		c := lead.Check{Outcome: o, Blamed: blamed, Method: "入户", Proof: "户口簿首页", Said: "人在家，身体好"}
		if err := lead.Verify(ctx, l.vault, l.db, l.calendar(), l.people["clerk"], l.hits[i], l.hit(i).Version, c); err != nil {
			l.t.Fatal(err)
		}
	}
	pass := func(i int) {
		if err := lead.Confirm(ctx, l.vault, l.db, l.calendar(), l.people["leader"], l.hits[i], l.hit(i).Version, lead.Opinion{Pass: true}); err != nil {
			l.t.Fatal(err)
		}
	}
	check(0, lead.RightPay, "")
	check(1, lead.WrongSource, "卫健")
	check(2, lead.RightPay, "")
	pass(0)
	pass(1)
	for i, name := range []string{"禾秀兰", "沟长生（残）13800001234"} {
		number := fmt.Sprintf("99040819430101%03d1", 100+i)
		person := l.residentsRow(`insert into person (id, unit, village, path, place, household, number, number_index, name, birth, sex, phone, came_on, moved_on, dead_on, version)
			values ($1, $2, $3, $4, '东槐村', '', $5, $6, $7, '1943-01-01', '', $8, '', '', '', 1)`, l.town.ID, l.east.ID, l.east.Path, l.vault.Seal("person.number", number), l.vault.Index("number", number), name,
			l.vault.Seal("person.phone", "13800001234"))
		l.residentsRow(`insert into roll (id, programme, person, starts, ends, class, standard, account, account_index, state, next_review, version)
			values ($1, $2, $3, '2025-01', '', '', 5000, $4, '', 'receiving', '', 1)`, l.programme, person, l.vault.Seal("roll.account", "6217000010001234567"))
	}
}

// What came of a screening: pages, files that bear a mark and no number, proposals, and what goes back to a giver.
func TestHitReports(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		l := s.leads()
		l.settled()
		clerk := s.as(t, "clerk")
		number := regexp.MustCompile(`990408\d{8}`)
		masked := func(where, body string) string {
			t.Helper()
			if number.MatchString(body) {
				t.Errorf("%s shows a number", where)
			}
			return plain(body)
		}
		if text := masked("outcomes", clerk.page("/hit/outcome")); !strings.Contains(text, "已复核属实") || !strings.Contains(text, "禾*英") || !strings.Contains(text, "发到手 0 条") {
			t.Error(text)
		}
		if text := masked("precision", clerk.page("/hit/precision")); !strings.Contains(text, "HL-01 应享未享") || !strings.Contains(text, "100%") || !strings.Contains(text, "21%–100%") || !strings.Contains(text, "还太少") {
			t.Error(text)
		}
		if text := masked("the sheet", clerk.page(fmt.Sprintf("/hit/sheet?screening=%d", l.run))); !strings.Contains(text, "（村不明）疑点核实单") || strings.Contains(text, "禾秀英") {
			t.Error(text)
		}
		if text := masked("return", clerk.page("/hit/return")); !strings.Contains(text, "死亡名单《死亡名单.csv》第7行") || !strings.Contains(text, "沟*福") {
			t.Error(text)
		}
		outcome := []string{"screening", fmt.Sprint(l.run), "purpose", ""}
		if a := clerk.post("/hit/outcome.xlsx", outcome...); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a file without a purpose: %d", a.status)
		}
		outcome[3] = "报区委巡察办"
		if a := clerk.post("/hit/outcome.xlsx", outcome...); a.status != http.StatusOK || !strings.HasPrefix(a.body, "PK") {
			t.Errorf("%d %s", a.status, plain(a.body))
		}
		if a := clerk.post("/hit/sheet.docx", "screening", fmt.Sprint(l.run), "village", "0", "purpose", "镇里核实"); a.status != http.StatusOK || !strings.HasPrefix(a.body, "PK") {
			t.Errorf("%d %s", a.status, plain(a.body))
		}
		if a := s.as(t, "village").post("/hit/sheet.docx", "screening", fmt.Sprint(l.run), "village", "0", "purpose", "看看别村的"); a.status != http.StatusNotFound {
			t.Errorf("the village takes the town's: %d", a.status)
		}
		if a := clerk.post("/hit/return.docx", "office", "卫健", "purpose", "回告更正", "whole", "1"); a.status != http.StatusOK || !strings.HasPrefix(a.body, "PK") {
			t.Errorf("%d %s", a.status, plain(a.body))
		}
		if a := s.as(t, "leader").post("/hit/return.docx", "office", "卫健", "purpose", "回告更正", "whole", "1"); a.status != http.StatusForbidden {
			t.Errorf("a leader takes full numbers: %d", a.status)
		}
		if a := clerk.post("/hit/return", "office", "卫健", "how", ""); a.status != http.StatusUnprocessableEntity {
			t.Errorf("told without how: %d", a.status)
		}
		if a := clerk.post("/hit/return", "office", "卫健", "how", "4月16日书面送卫生院"); a.status != http.StatusSeeOther {
			t.Errorf("%d", a.status)
		}
		hit := fmt.Sprintf("/hit/%d", l.hits[0])
		if text := plain(clerk.page(hit)); !strings.Contains(text, "报县") || !strings.Contains(text, "新增享受") {
			t.Error(text)
		}
		if a := clerk.post(hit+"/propose", "version", fmt.Sprint(l.hit(0).Version), "kind", "new", "from", "五月", "reason", "符合"); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a month that is none: %d", a.status)
		}
		a := clerk.post(hit+"/propose", "version", fmt.Sprint(l.hit(0).Version), "kind", "new", "from", "2026-05", "reason", "入户核实，符合条件")
		if a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, "/application/") || l.hit(0).Application == 0 {
			t.Errorf("%d %s %s", a.status, a.to, plain(a.body))
		}
		if text := plain(clerk.page(hit)); !strings.Contains(text, "已提出事项") || strings.Contains(text, "已报县") { // nobody has put it before the county
			t.Error(text)
		}
		if text := plain(clerk.page("/hit/outcome")); !strings.Contains(text, "已报县") {
			t.Error(text)
		}
		if a := clerk.post("/hit/sweep", "programme", fmt.Sprint(l.programme), "village", fmt.Sprint(l.west.ID), "month", "2026-03", "sources", "逐户走访", "found", "2", "settled", "1"); a.status != http.StatusSeeOther {
			t.Errorf("%d %s", a.status, plain(a.body))
		}
		if text := plain(clerk.page("/hit/sweep")); !strings.Contains(text, "2 条，结 1") || !strings.Contains(text, "未排查") {
			t.Error(text)
		}
	})
}

// L14 through the pages: a notice is open to anybody until its last day, tells nobody's number, phone, account or health, and is gone after.
func TestNoticePages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		l := s.leads()
		l.settled()
		clerk := s.as(t, "clerk")
		batch := between(clerk.page("/notice/new"), `name="batch" value="`, `"`)
		form := []string{"batch", batch, "town", fmt.Sprint(s.town.ID), "programme", fmt.Sprint(l.programme), "village", fmt.Sprint(l.east.ID), "what", "receiving", "title", "", "basis", "临民〔2026〕4号", "until", "2026-04-20"}
		if a := clerk.post("/notice/new", form...); a.status != http.StatusUnprocessableEntity || !strings.Contains(plain(a.body), "公示不少于5天") {
			t.Errorf("%d %s", a.status, plain(a.body))
		}
		form[len(form)-1] = "2026-04-23"
		a := clerk.post("/notice/new", form...)
		if a.status != http.StatusSeeOther {
			t.Fatal(a.status, plain(a.body))
		}
		notice := a.to
		guest := s.guest(t)
		public := "/notice/p/" + batch
		for where, body := range map[string]string{"the public page": guest.page(public), "the page": clerk.page(notice), "the list": clerk.page("/notice")} {
			for _, secret := range []string{"99040819", "13800001234", "6217000010001234567", "（残）", "禾秀兰", "1943"} {
				if strings.Contains(body, secret) {
					t.Errorf("%s tells %s", where, secret)
				}
			}
		}
		if text := plain(guest.page(public)); !strings.Contains(text, "禾*兰") || !strings.Contains(text, "沟*生") || !strings.Contains(text, "每月") {
			t.Error(text)
		}
		if a := guest.get(notice); a.status != http.StatusSeeOther {
			t.Errorf("a guest in the house: %d", a.status)
		}
		if a := s.as(t, "leader").post(notice+"/down", "version", "1", "why", "不想公示"); a.status != http.StatusForbidden {
			t.Errorf("a leader takes it down: %d", a.status)
		}
		s.now = time.Date(2026, 4, 24, 0, 0, 1, 0, time.Local)
		if a := guest.get(public); a.status != http.StatusNotFound || strings.Contains(a.body, "禾*兰") {
			t.Errorf("past its day: %d", a.status)
		}
		if text := plain(clerk.page("/notice")); !strings.Contains(text, "已撤下") {
			t.Error(text)
		}
		if text := clerk.page(notice); strings.Contains(text, "禾*兰") || !strings.Contains(text, "名单已删除") {
			t.Error("its lines are still there")
		}
	})
}

func TestBrowserHitReports(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	l := s.leads()
	l.settled()
	b := browser.Open(t)
	b.Size(1366, 768)
	b.Go(s.url + "/login")
	b.Type("#login", "clerk")
	b.Type("#password", password)
	b.Follow(".login .btn-go")
	look := func(name, address string) {
		t.Helper()
		b.Go(s.url + address)
		if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			t.Errorf("%s is %d px too wide", name, over)
		}
		b.Screenshot(name)
	}
	b.Go(s.url + "/hit/sweep")
	b.Type("#sources", "逐户走访")
	b.Type("#found", "0")
	b.Follow(".form-sheet .btn-go")
	b.Go(s.url + "/notice/new")
	b.Allow("422")
	b.Follow(".form-sheet .btn-go") // nobody is proposed
	b.Screenshot("notice-refused")
	b.Click("input[value=receiving]")
	b.Follow(".form-sheet .btn-go")
	b.Screenshot("notice")
	address := strings.TrimPrefix(b.Text(".key"), s.url)
	audit := l.residentsRow(`insert into audit (id, unit, screening, seed, dataset, hash, population, found, age, drawn, staff, entered, version) values ($1, $2, $3, '2026秋', 1, 'a', 1210, 58, 80, 4, 0, $4, 1)`,
		s.town.ID, l.run, s.now.UnixMilli())
	for i, name := range []string{"禾长顺", "沟秀荷", "柳根", "阿卜杜拉·买买提"} {
		l.residentsRow(`insert into audit_person (id, audit, ord, village, place, stratum, number, name, birth, source, result, said, checked, staff, version)
			values ($1, $2, $3, $4, '东槐村', 605, $5, $6, '1941-03-02', '{"kind":"residents","file":"户籍.xlsx","sheet":"东槐村","row":88}', '', '', '', 0, 1)`,
			audit, i, l.east.ID, s.vault.Seal("audit_person.number", fmt.Sprintf("99040819410302%03d1", i)), name)
	}
	b.Go(fmt.Sprintf("%s/hit/audit?id=%d", s.url, audit))
	browser.Eval[bool](b, `(document.querySelector("select[name=result]").value = "missed") === ""`)
	b.Follow(".audit-form .btn") // missed without a word
	b.Screenshot("lead-audit-refused")
	b.Type(".audit-form input[name=said]", "人在家，没领过")
	b.Follow(".audit-form .btn")
	if text := b.Text(".note"); !strings.Contains(text, "样本太小") && !strings.Contains(text, "已登记") {
		t.Error(text)
	}
	for _, size := range []struct {
		name string
		w, h int
	}{{"", 1366, 768}, {"-phone", 390, 844}} {
		b.Size(size.w, size.h)
		for _, p := range [][2]string{{"outcome", "/hit/outcome"}, {"precision", "/hit/precision"}, {"return", "/hit/return"}, {"sweep", "/hit/sweep"}, {"notices", "/notice"}, {"audit", fmt.Sprintf("/hit/audit?id=%d", audit)}, {"notice-new", "/notice/new"},
			{"notice-public", address}, {"hit-propose", fmt.Sprintf("/hit/%d", l.hits[0])}, {"hit-sheet", fmt.Sprintf("/hit/sheet?screening=%d", l.run)}} {
			look("lead-"+p[0]+size.name, p[1])
		}
	}
}
