package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/journal"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// leads is a finished screening of the site's town with hits in its villages.
type leads struct {
	*site
	programme, run int64
	east, west     org.Unit
	hits           []int64 // two of the east, one of the west, one of no known village
}

func (s *site) residentsRow(query string, args ...any) int64 {
	s.t.Helper()
	ctx := s.t.Context()
	var id int64
	err := s.vault.Write(ctx, func(tx *store.Tx) error {
		id = tx.ID()
		if _, err := tx.Exec(ctx, query, append([]any{id}, args...)...); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Who: "试", Verb: "登记", Kind: "test", Row: id})
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// leads makes the screening.
func (s *site) leads() *leads {
	s.t.Helper()
	l := &leads{site: s}
	units, err := org.Below(s.t.Context(), s.db, s.town.Path)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range units {
		switch u.Name {
		case "东槐村":
			l.east = u
		case "柳荫村":
			l.west = u
		}
	}
	l.programme = s.residentsRow(programmeRow, s.town.ID, s.town.Path)
	l.run = s.residentsRow(screeningRow, s.town.ID, l.programme, s.findings()[0].ID, s.now.UnixMilli())
	hit := func(village org.Unit, rule, name, birth, household, why string, amount int64) {
		n := len(l.hits)
		number := fmt.Sprintf("990408%s%03d1", strings.ReplaceAll(birth, "-", ""), n)
		sources := fmt.Sprintf(`[{"kind":"residents","dataset":1,"file":"户籍人口80岁以上.xlsx","sheet":"%s","row":%d},{"kind":"deaths","dataset":2,"file":"死亡名单.csv","sheet":"","row":7}]`, village.Name, n+12)
		l.hits = append(l.hits, s.residentsRow(`insert into hit (id, screening, unit, rule, rule_version, hit_key, certainty, number, number_index, name, birth, household, place, village, why, amount, sources,
			state, first_hit, duty, due, extended, application, closed, closed_why, version)
			values ($1, $2, $3, $4, 1, $5, 'hit', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'new', 0, 0, '', 0, 0, '', '', 1)`,
			l.run, s.town.ID, rule, s.vault.Index("hit", rule+"/"+number), s.vault.Seal("hit.number", number), s.vault.Index("number", number), name, birth, household, village.Name, village.ID,
			s.vault.Seal("hit.why", why), amount, sources))
	}
	hit(l.east, "HL-01", "禾秀英", "1943-10-01", "0112", "户籍登记1943年10月1日出生，2023年10月满80岁，状态正常；2026年4月的发放册上没有", -155000)
	hit(l.east, "HL-02", "沟长福", "1938-02-11", "0207", "死亡名单写2025年12月3日去世，2026年2月、3月仍发放", 10000)
	hit(l.west, "HL-01", "柳氏", "1945-01-20", "", "户籍登记1945年1月20日出生，2025年1月满80岁，状态正常；2026年4月的发放册上没有", -80000)
	hit(org.Unit{}, "HL-05", "阿卜杜拉·买买提", "1940-05-05", "0301", "本镇和双堰镇的发放册上各有一行", 5000)
	return l
}

const (
	programmeRow = `insert into programme (id, unit, path, code, name, level, state, version) values ($1, $2, $3, 'elder', '高龄津贴', 'person', 'running', 1)`
	screeningRow = `insert into screening (id, unit, programme, serial, as_of, params, rules, datasets, finding, state, problem, counts, report, result, started, ended, staff, version)
		values ($1, $2, $3, 1, '2026-04-15', '', '', '[{"id":1,"kind":"residents","name":"户籍","hash":"a"},{"id":2,"kind":"deaths","name":"死亡名单","hash":"b"}]', $4, 'done', '', '', '', '', $5, $5, 0, 1)`
)

// hit is one of them as it is now.
func (l *leads) hit(i int) lead.Hit {
	l.t.Helper()
	h, err := lead.HitByID(l.t.Context(), l.vault, l.db, l.people["clerk"], l.hits[i])
	if err != nil {
		l.t.Fatal(err)
	}
	return h
}

// From the desk to the village and back, without a browser: who may see what, what is refused comes back with what was typed.
func TestHitPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		l := s.leads()
		clerk, village := s.as(t, "clerk"), s.as(t, "village")
		if body := plain(clerk.page("/hit")); !strings.Contains(body, "禾*英") || strings.Contains(body, "禾秀英") || strings.Contains(body, "9904081943") || !strings.Contains(body, "第12行") {
			t.Error(body)
		}
		if body := plain(village.page("/hit")); !strings.Contains(body, "禾*英") || strings.Contains(body, "柳*") {
			t.Error("the village sees another's, or not its own:", body)
		}
		for who, status := range map[string]int{"party": http.StatusForbidden, "district": http.StatusForbidden} {
			if a := s.as(t, who).get("/hit"); a.status != status {
				t.Errorf("%s: %d", who, a.status)
			}
		}
		stranger := s.as(t, "stranger")
		if a := stranger.get(fmt.Sprintf("/hit/%d", l.hits[0])); a.status != http.StatusNotFound {
			t.Errorf("another town: %d", a.status)
		}
		if a := stranger.get(fmt.Sprintf("/hit/handout?screening=%d", l.run)); a.status != http.StatusNotFound {
			t.Errorf("another town: %d", a.status)
		}
		handout := fmt.Sprintf("/hit/handout?screening=%d", l.run)
		body := clerk.page(handout)
		if !strings.Contains(plain(body), "村里没有能核实的人") || !strings.Contains(plain(body), "认不出是哪个村") {
			t.Error(plain(body))
		}
		east := fmt.Sprint(l.east.ID)
		form := []string{"screening", fmt.Sprint(l.run), "village", east, "staff-" + east, fmt.Sprint(s.people["village"].ID), "finding", fmt.Sprint(s.findings()[0].ID), "due", "2026-04-30"}
		if a := clerk.post("/hit/handout", form[:4]...); a.status != http.StatusUnprocessableEntity {
			t.Errorf("without a finding: %d", a.status)
		}
		for range 2 {
			if a := clerk.post("/hit/handout", form...); a.status != http.StatusSeeOther {
				t.Fatal(a.status, plain(a.body))
			}
		}
		id := l.hit(0).Duty
		list, err := duty.List(t.Context(), s.db, duty.Filter{Duty: id})
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		task := list[0]
		if a := village.get(fmt.Sprintf("/today/%d", task.ID)); a.to != fmt.Sprintf("/verify/%d", id) {
			t.Errorf("the task leads to %q", a.to)
		}
		if a := village.post(fmt.Sprintf("/today/%d", task.ID), "version", fmt.Sprint(task.Version), "said", "都看过了"); a.to != fmt.Sprintf("/verify/%d", id) {
			t.Errorf("the task can be told without its hits: %d %q", a.status, a.to)
		}
		if a := clerk.post(fmt.Sprintf("/task/%d/report", task.ID), "version", fmt.Sprint(task.Version), "said", "都看过了"); a.to != fmt.Sprintf("/verify/%d", id) {
			t.Errorf("the task can be told at the desk without its hits: %d %q", a.status, a.to)
		}
		first := fmt.Sprintf("/verify/%d/%d", id, l.hits[0])
		if a := village.post(first, "version", "2", "outcome", "right-pay", "method", "入户", "who", "郝根生", "said", "老人在家，愿意领"); a.status != http.StatusUnprocessableEntity ||
			!strings.Contains(a.body, "老人在家，愿意领") || !strings.Contains(plain(a.body), "请写一样凭据") {
			t.Errorf("without a proof: %d %s", a.status, plain(a.body))
		}
		if a := village.post(first, "version", "2", "outcome", "right-pay", "method", "入户", "who", "郝根生", "proof", "户口簿首页"); a.to != fmt.Sprintf("/verify/%d/%d", id, l.hits[1]) {
			t.Errorf("it leads to %q: %s", a.to, plain(a.body))
		}
		if a := village.post(fmt.Sprintf("/verify/%d/%d", id, l.hits[1]), "version", "2", "outcome", "wrong-source", "office", "卫健", "method", "邻里", "proof", "邻居两人证实"); a.to != fmt.Sprintf("/verify/%d", id) {
			t.Errorf("it leads to %q: %s", a.to, plain(a.body))
		}
		if a := village.post(fmt.Sprintf("/hit/%d/confirm", l.hits[0]), "version", "3", "pass", "1"); a.status != http.StatusForbidden {
			t.Errorf("the village confirms: %d", a.status)
		}
		if a := s.as(t, "leader").post(fmt.Sprintf("/task/%d/decide", task.ID), "version", "2", "verdict", "pass"); a.to != fmt.Sprintf("/verify/%d", id) {
			t.Errorf("the task can be decided without its hits: %d %q", a.status, a.to)
		}
		if a := clerk.post(fmt.Sprintf("/hit/%d/confirm", l.hits[0]), "version", "3", "pass", "1", "next", "1"); a.to != fmt.Sprintf("/hit/%d", l.hits[1]) {
			t.Errorf("it leads to %q: %s", a.to, plain(a.body))
		}
		if a := clerk.post(fmt.Sprintf("/hit/%d/confirm", l.hits[1]), "version", "3", "pass", "0"); a.status != http.StatusUnprocessableEntity || !strings.Contains(plain(a.body), "差什么") {
			t.Errorf("sent back without a word: %d", a.status)
		}
		if a := clerk.post(fmt.Sprintf("/hit/%d/confirm", l.hits[1]), "version", "3", "pass", "1"); a.status != http.StatusSeeOther {
			t.Errorf("%d %s", a.status, plain(a.body))
		}
		if list, _ = duty.List(t.Context(), s.db, duty.Filter{Duty: id}); list[0].Standing != duty.Done {
			t.Errorf("%+v", list[0])
		}

		// A screening that took no programme's terms: whose business the hit is, is asked.
		address := fmt.Sprintf("/hit/%d", l.hits[0])
		if page := clerk.page(address); strings.Contains(page, `id="programme"`) || !strings.Contains(page, "/propose") {
			t.Errorf("the programme is asked for although the screening has one: %s", plain(page))
		}
		s.residentsRow(`update screening set programme = 0 where id <> $1`)
		page := clerk.page(address)
		if !strings.Contains(page, fmt.Sprintf(`<option value="%d" selected>高龄津贴`, l.programme)) {
			t.Errorf("%s", plain(page))
		}
		version := between(page, `name="version" value="`, `"`)
		if a := clerk.post(address+"/propose", "version", version, "kind", "resume", "programme", "0", "reason", "核实属实"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请选是哪个项目的事") || !strings.Contains(a.body, `<option value="resume" selected>`) {
			t.Errorf("%d %s", a.status, plain(a.body))
		}
	})
}

// A clerk hands hits out, a village checks them on a phone, somebody else confirms.
func TestBrowserHits(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	l := s.leads()
	b := browser.Open(t)
	b.Size(1366, 768)
	login := func(who string) {
		b.Go(s.url + "/login")
		b.Type("#login", who)
		b.Type("#password", password)
		b.Follow(".login .btn-go")
	}
	wide := func(where string) {
		t.Helper()
		if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			t.Errorf("%s is %d px too wide", where, over)
		}
	}
	login("clerk")
	b.Go(fmt.Sprintf("%s/hit?screening=%d", s.url, l.run))
	wide("the list")
	b.Screenshot("hit-list")
	b.Follow(".acts .btn-go")
	wide("handing out")
	b.Screenshot("hit-handout")
	b.Follow(".sheet .btn-go")
	b.Screenshot("hit-handed-out")
	b.Follow(".bar-out")

	b.Size(390, 844)
	login("village")
	b.Click(".more-todo summary")
	b.Screenshot("hit-today")
	b.Follow(".more-todo .todo")
	wide("the list of the village")
	b.Screenshot("verify-list")
	b.Follow(".take .btn")
	b.Go(fmt.Sprintf("%s/verify/%d", s.url, l.hit(0).Duty))
	b.Follow(".todo")
	wide("the form")
	small := browser.Eval[string](b, `Array.from(document.querySelectorAll("main a, main button, .vf-out label, .vf-picks label, summary, .ctl")).filter(function (e) {
		var r = e.getBoundingClientRect(); return r.height > 0 && r.height < 44; }).map(function (e) { return e.className + " " + e.textContent; }).join("; ")`)
	if small != "" {
		t.Errorf("too small for a finger: %s", small)
	}
	b.Screenshot("verify-form")
	began, taps := time.Now(), 0
	tap := func(css string) { taps++; b.Click(css) }
	tap("label[for=o-right-pay]")
	tap(".vf-picks input[value=入户]")
	tap("#proof")
	b.Press("户口簿首页，本人在家")
	b.Screenshot("verify-filled")
	taps++
	b.Follow(".foot .btn-go")
	t.Logf("%d taps and a sentence; %v", taps, time.Since(began))
	if taps > 4 {
		t.Errorf("%d taps", taps)
	}
	b.Screenshot("verify-next")
	b.Click("label[for=o-wrong-source]")
	b.Click("input[value=卫健]")
	b.Click(".vf-picks input[value=邻里]")
	b.Upload("#file", "../docs/pictures/village.png")
	b.Type("#said", "人还在，是同名的邻村人去世")
	b.Screenshot("verify-source")
	b.Follow(".foot .btn-go")
	wide("the list, all checked")
	b.Screenshot("verify-done")
	if h := l.hit(1); h.State != lead.HitChecked {
		t.Errorf("%+v", h)
	}

	b.Size(1366, 768)
	b.Go(s.url + "/login")
	b.Go(s.url + "/today")
	b.Follow(".ways .way")
	login("leader")
	b.Go(s.url + "/hit?state=checked")
	b.Screenshot("hit-checked")
	b.Follow(".hits .what a")
	wide("one hit")
	b.Screenshot("hit-one")
	b.Follow(".two-btn .btn-go")
	b.Screenshot("hit-next")
	if img := browser.Eval[bool](b, `Array.from(document.images).every(function (i) { return i.naturalWidth > 0; }) && document.images.length > 0`); !img {
		t.Error("the picture of the proof is not shown")
	}
	b.Follow(".two-btn .btn-go")
	if h := l.hit(1); h.State != lead.HitClosed {
		t.Errorf("%+v", h)
	}
	b.Go(fmt.Sprintf("%s/hit/handout?screening=%d", s.url, l.run))
	b.Screenshot("hit-handout-after")
	b.Follow(".bar-out")
	login("clerk")
	b.Go(fmt.Sprintf("%s/hit/%d", s.url, l.hits[3]))
	wide("checking at the desk")
	b.Screenshot("hit-desk")
	b.Size(390, 844)
	b.Go(fmt.Sprintf("%s/hit?screening=%d", s.url, l.run))
	wide("the list on a phone")
	b.Screenshot("hit-list-phone")
}

// calendar is the working days of the site.
func (s *site) calendar() calendar.Calendar { return calendar.Published() }

// Where a hit comes from is one line in the list, opened by a key without any script; paper has all of it.
func TestBrowserHitSources(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	l := s.leads()
	name := strings.Repeat("临澜区栖禾镇高龄老年人生活津贴发放花名册（民政所核对后）_", 3) + "终稿.xlsx"
	rows := make([]string, 30)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"kind":"roll","dataset":3,"file":"%s","sheet":"发放册","row":%d}`, name, 500+i)
	}
	s.residentsRow(`update hit set sources = $2 where id <> $1 and name = '禾秀英'`, "["+strings.Join(rows, ",")+`,{"kind":"deaths","dataset":2,"file":"死亡名单.csv","sheet":"","row":7}]`)
	list := fmt.Sprintf("/hit?screening=%d&rule=HL-01&village=%d", l.run, l.east.ID)
	page := s.as(t, "clerk").page(list)
	for _, part := range []string{between(page, `<details class="from no-print">`, "</details>"), between(page, `<span class="why only-print">`, "</span>")} {
		if text := plain(part); !strings.Contains(text, "《"+name+"》“发放册”表第500、501、502、") || !strings.Contains(text, "、529行") || !strings.Contains(text, "死亡名单《死亡名单.csv》第7行") {
			t.Error(text)
		}
	}
	b := browser.Open(t)
	b.Scripts(false)
	for _, width := range []int{1366, 390} {
		b.Size(width, 768)
		b.Go(s.url + "/login?next=/hit")
		if b.Count("#login") > 0 {
			b.Type("#login", "clerk")
			b.Type("#password", password)
			b.Follow(".login .btn-go")
		}
		b.Go(s.url + list)
		if said := b.Text(".from summary"); said != "出自高龄津贴发放册30行、死亡名单第7行" {
			t.Error(said)
		}
		height := func() float64 { return browser.Eval[float64](b, `document.querySelector(".from").offsetHeight`) }
		if h := height(); h > 50 {
			t.Errorf("at %d folded it is %v high", width, h)
		}
		b.Screenshot(fmt.Sprintf("hit-sources-%d", width))
		browser.Eval[bool](b, `document.querySelector(".from summary").focus() || true`)
		b.Press(kb.Enter)
		b.Wait(".from[open] p")
		if h := height(); h < 60 {
			t.Errorf("at %d open it is %v high", width, h)
		}
		b.Screenshot(fmt.Sprintf("hit-sources-open-%d", width))
		if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			t.Errorf("%d: %d px too wide", width, over)
		}
	}
}

// Many notes on how the lists were read do not push the hits of a screening off the page.
func TestManyNotesFold(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	l := s.leads()
	notes := make([]string, 7)
	for i := range notes {
		notes[i] = fmt.Sprintf(`"第%d处要知道的"`, i+1)
	}
	s.residentsRow(`update screening set report = $2 where id <> $1`, s.vault.Seal("screening.report", `{"notes":[`+strings.Join(notes, ",")+`]}`))
	page := s.as(t, "clerk").page(fmt.Sprintf("/screening/%d", l.run))
	folded := plain(between(page, `<summary>其余的</summary>`, "</details>"))
	if !strings.Contains(page, "第5处要知道的") || strings.Contains(folded, "第5处") || !strings.Contains(folded, "第6处要知道的") || !strings.Contains(folded, "第7处要知道的") {
		t.Errorf("folded is %s of %s", folded, plain(page))
	}
	if printed := plain(between(page, `<div class="only-print">`, "</div>")); !strings.Contains(printed, "第6处要知道的") || !strings.Contains(printed, "第7处") {
		t.Errorf("paper has %s", printed)
	}
}
