package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// put sets a finding to a state as if it had come to it: what pages count is tested here, not the way there.
func (s *site) put(f ledger.Finding, state ledger.State) {
	s.t.Helper()
	s.must(s.db.Write(s.t.Context(), func(tx *store.Tx) error {
		if err := journal.Append(s.t.Context(), tx, journal.Entry{Verb: "修改", Kind: "finding"}); err != nil {
			return err
		}
		_, err := tx.Exec(s.t.Context(), `update finding set state = $2, version = version + 1 where id = $1`, f.ID, string(state))
		return err
	}))
}

// place is a town with the people that a closing needs, and a village.
type place struct {
	town, village                    org.Unit
	clerk, leader, secretary, worker org.Person
}

// settle adds a town with a village. Logins are the name of the town and what somebody is.
func (s *site) settle(name, village string) place {
	s.t.Helper()
	ctx := s.t.Context()
	var p place
	s.must(s.db.Write(ctx, func(tx *store.Tx) error {
		root, err := org.Root(ctx, tx)
		if err != nil {
			return err
		}
		if p.town, err = org.AddUnit(ctx, tx, org.Program, root, org.Town, name, 0); err != nil {
			return err
		}
		if p.village, err = org.AddUnit(ctx, tx, org.Program, p.town, org.Village, village, 0); err != nil {
			return err
		}
		for _, x := range []struct {
			to   *org.Person
			unit org.Unit
			name string
			role org.Role
		}{{&p.clerk, p.town, "经办", org.Clerk}, {&p.leader, p.town, "分管", org.Leader}, {&p.secretary, p.town, "书记", org.Secretary}, {&p.worker, p.village, "村干部", org.Cadre}} {
			id, err := org.AddStaff(ctx, tx, org.Program, x.unit, name[:3]+x.name, x.name, x.role, name+x.name, password)
			if err != nil {
				return err
			}
			*x.to = org.Person{ID: id, Name: name[:3] + x.name, Post: x.name, Role: x.role, Unit: x.unit}
		}
		return nil
	}))
	return p
}

// planText is a plan of so many findings, each with one thing wrong and one measure, due one after the other from April on.
func planText(name string, n int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s关于区委巡察反馈意见的整改方案\n2026年1月5日至1月30日，区委第二巡察组对%s进行了常规巡察，2026年2月3日反馈了意见。现制定整改方案如下。\n一、工作落实方面\n", name, name)
	things := []string{"村内道路雨天积水", "公示栏更新不及时", "农家书屋长期锁门", "健身器材损坏未修", "合同到期未重签", "白条入账未清理", "值班记录不全", "排水沟堵塞"}
	for i := range n {
		due := time.Date(2026, 4, 10+5*i, 0, 0, 0, 0, time.UTC)
		fmt.Fprintf(&b, "%d.%s第%d处。一是%s。\n整改措施：一是逐处排查，限期办结。\n责任单位：%s\n责任人：张三\n完成时限：%s前\n", i+1, things[i%len(things)], i+1, things[i%len(things)], name, due.Format("2006年1月2日"))
	}
	return []byte(b.String())
}

// planOf lists the findings of a unit's plans.
func (s *site) of(unit org.Unit) []ledger.Finding {
	s.t.Helper()
	keys, err := ledger.ListAll(s.t.Context(), s.db, s.people["district"], ledger.Filter{Unit: unit.ID}, ledger.Days{})
	s.must(err)
	var ids []int64
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	list, err := ledger.ByIDs(s.t.Context(), s.db, ids)
	s.must(err)
	return list
}

// close takes a finding through task, proof and the four hands of its closing.
func (s *site) close(p place, id int64) {
	s.t.Helper()
	ctx, cal := s.t.Context(), calendar.Published()
	s.must(ledger.Assign(ctx, s.db, cal, p.clerk, id, []ledger.Assignment{{Measure: 0, Unit: p.village.ID, Staff: p.worker.ID, Part: duty.Lead, Title: "逐处排查", Reviewed: true}}))
	f, err := ledger.ByID(ctx, s.db, p.clerk, id)
	s.must(err)
	work, err := ledger.WorkOf(ctx, s.db, f)
	s.must(err)
	o := work.Occurrences[0]
	day := s.now.Format(time.DateOnly)
	o, err = ledger.Report(ctx, s.db, cal, p.worker, o.ID, o.Version, duty.Report{Said: "都办完了"}, []evidence.Item{{Kind: evidence.Statement, Title: "办理说明", Said: "逐处看过", Event: day}})
	s.must(err)
	s.must(ledger.Decide(ctx, s.db, cal, p.clerk, o.ID, o.Version, duty.Decision{Pass: true}))
	f, err = ledger.ByID(ctx, s.db, p.clerk, id)
	s.must(err)
	c, err := ledger.Apply(ctx, s.db, p.clerk, id, f.Version, "逐处排查，已经办结，现场都看过")
	s.must(err)
	for _, who := range []org.Person{p.leader, p.secretary, s.people["district"]} {
		now, err := ledger.ClosingByID(ctx, s.db, c)
		s.must(err)
		_, err = ledger.DecideClosing(ctx, s.db, cal, who, c, now.Version, ledger.Verdict{Pass: true, Words: "同意"})
		s.must(err)
	}
}

// numbersOf are the numbers of a row of the overview, after its name.
func numbersOf(t *testing.T, page, name string) []int {
	t.Helper()
	m := regexp.MustCompile(regexp.QuoteMeta(name) + `(?: \d+ 个村)?((?: \d+){7})`).FindStringSubmatch(plain(page))
	if m == nil {
		t.Fatalf("no row of %s in %s", name, plain(page))
	}
	var list []int
	for _, x := range strings.Fields(m[1]) {
		n, _ := strconv.Atoi(x)
		list = append(list, n)
	}
	return list
}

// What the district sees nests and balances: the five states make the whole, towns and villages the district, each town's page its part.
func TestOverviewNests(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		type level struct{ town, village int }
		sizes := map[string]level{"柳塘镇": {7, 3}, "望岚镇": {4, 0}, "麦浪街道": {0, 2}}
		places := map[string]place{}
		for _, name := range []string{"柳塘镇", "望岚镇", "麦浪街道"} {
			p := s.settle(name, name[:3]+"东村")
			places[name] = p
			if n := sizes[name].town; n > 0 {
				s.importPlan(p.clerk, p.town, name+".txt", planText(name, n))
			}
			if n := sizes[name].village; n > 0 {
				s.importPlan(p.clerk, p.village, name+"村.txt", planText(p.village.Name, n))
			}
		}
		states := []ledger.State{ledger.Done, ledger.Part, ledger.Keep, ledger.Failed, ledger.Doing}
		for i, f := range slices.Concat(s.of(places["柳塘镇"].town), s.of(places["柳塘镇"].village), s.of(places["望岚镇"].town)) {
			s.put(f, states[i%len(states)])
		}
		district := s.as(t, "district")
		page := district.page("/overview")
		sum := make([]int, 7)
		for _, row := range []string{"栖禾镇", "柳塘镇", "望岚镇"} {
			upper := numbersOf(t, between(page, "镇（乡、街道）和部门", "</section>"), row)
			for i, n := range upper {
				sum[i] += n
			}
			if upper[1]+upper[2]+upper[3]+upper[4]+upper[5] != upper[0] {
				t.Errorf("%s: %v do not make the whole", row, upper)
			}
		}
		for _, row := range []string{"柳塘镇", "麦浪街道"} {
			for i, n := range numbersOf(t, between(page, "村（社区）", "</section>"), row) {
				sum[i] += n
			}
		}
		if total := numbersOf(t, page, "合计"); !slices.Equal(total, sum) || total[0] != 5+7+3+4+2 {
			t.Errorf("the district has %v, its towns and villages %v", total, sum)
		}
		for _, name := range []string{"栖禾镇", "柳塘镇", "望岚镇"} {
			n := 5
			if name != "栖禾镇" {
				n = sizes[name].town
			}
			article := articleOf(page, name)
			if squares := strings.Count(article, "<use href=\"#w-"); squares != n {
				t.Errorf("%s: %d squares for %d findings", name, squares, n)
			}
			if !strings.Contains(article, fmt.Sprintf("%d 个问题", n)) {
				t.Errorf("%s: %s", name, plain(article))
			}
		}
		if a := plain(articleOf(page, "双堰镇")); !strings.Contains(a, "还没有问题清单") || !strings.Contains(a, "方案未报") {
			t.Errorf("a town without a plan: %s", a)
		}
		if a := plain(articleOf(page, "麦浪街道")); !strings.Contains(a, "镇本级没有问题清单") || !strings.Contains(a, "村级 1 个村 2 个问题") {
			t.Errorf("a town of which only a village has a plan: %s", a)
		}
		town := district.page(fmt.Sprintf("/overview?unit=%d", places["柳塘镇"].town.ID))
		want := numbersOf(t, between(page, "镇（乡、街道）和部门", "</section>"), "柳塘镇")
		for i, n := range numbersOf(t, between(page, "村（社区）", "</section>"), "柳塘镇") {
			want[i] += n
		}
		if got := numbersOf(t, town, "合计"); !slices.Equal(got, want) {
			t.Errorf("the page of the town says %v, the district's %v", got, want)
		}
		if own := s.as(t, "柳塘镇经办").page("/overview"); !slices.Equal(numbersOf(t, own, "合计"), want) || strings.Contains(own, "望岚镇") {
			t.Errorf("the town itself sees %s", plain(own))
		}
		// 2 done in town, 1 in village of 柳塘; 1 in 望岚: the rate is reckoned without what is kept up for good.
		total := numbersOf(t, page, "合计")
		rate := fmt.Sprintf("完成率 %d%% （%d/%d）", 100*total[1]/(total[0]-total[5]), total[1], total[0]-total[5])
		if !strings.Contains(plain(page), rate) {
			t.Errorf("no %q in %s", rate, plain(page))
		}
		if other := district.page("/overview?round=没有这一轮"); !strings.Contains(other, "还没有可以数的问题") {
			t.Error("a round that nobody has shows something")
		}
	})
}

// articleOf is the card of a town.
func articleOf(page, name string) string {
	for _, a := range strings.Split(page, `<article class="town">`)[1:] {
		if strings.HasPrefix(plain(a), name) {
			a, _, _ = strings.Cut(a, "</article>")
			return a
		}
	}
	return ""
}

// The district draws, the town sees that it was drawn and by what rule; who closed does not look; what has slipped reopens.
func TestLookBack(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.settle("柳塘镇", "柳塘东村")
		s.importPlan(p.clerk, p.town, "方案.txt", planText("柳塘镇", 6))
		district, leader, clerk, secretary := s.as(t, "district"), s.as(t, "柳塘镇分管"), s.as(t, "柳塘镇经办"), s.as(t, "柳塘镇书记")
		if page := district.page("/sample"); !strings.Contains(page, "还没有抽过") || !strings.Contains(page, "近期没有要去看的") {
			t.Error("an empty list does not say why")
		}
		if a := district.post("/sample/new", "name", "第二季度回头看", "seed", "426135", "share", "50", "least", "1", "due", "2026-05-20"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "还没有已销号的问题") {
			t.Errorf("nothing is closed: %d", a.status)
		}
		list := s.of(p.town)
		for _, f := range list[:4] {
			s.close(p, f.ID)
		}
		if a := clerk.get("/sample/new"); a.status != http.StatusForbidden {
			t.Errorf("a town draws: %d", a.status)
		}
		bad := district.post("/sample/new", "name", "", "seed", "42", "share", "300", "least", "x", "due", "")
		if bad.status != http.StatusUnprocessableEntity || !strings.Contains(bad.body, "请写明是哪一次抽查") || !strings.Contains(bad.body, `value="300"`) {
			t.Errorf("%d %s", bad.status, plain(bad.body))
		}
		form := []string{"name", "第二季度回头看", "seed", "426135", "share", "50", "least", "1", "due", "2026-05-20"}
		a := district.post("/sample/new", form...)
		if a.status != http.StatusSeeOther || district.post("/sample/new", form...).to != a.to {
			t.Fatalf("drawn twice: %d %s", a.status, a.to)
		}
		page := district.page(a.to)
		visits := regexp.MustCompile(`/visit/(\d+)`).FindAllString(page, -1)
		if len(visits) != 2 || !strings.Contains(page, "sha256sum frame.txt") || !strings.Contains(unescape(page), "awk -F'\\t' -v s='柳塘镇·镇级'") {
			t.Fatalf("%v %s", visits, plain(page))
		}
		frame := district.get(a.to + "/frame.txt")
		if frame.status != 200 || strings.Count(frame.body, "柳塘镇·镇级\t柳塘镇/") != 4 || !strings.Contains(page, hashOf(frame.body)) {
			t.Errorf("%d %q", frame.status, frame.body)
		}
		if own := secretary.page(a.to); strings.Count(own, "/visit/") != 2 {
			t.Error("the town does not see that it was drawn")
		}
		if other := s.as(t, "stranger").page(a.to); strings.Contains(other, "/visit/") || strings.Contains(other, list[0].Title) || !strings.Contains(other, "426135") {
			t.Error("another town sees more or less than numbers")
		}
		if page := leader.page(visits[0]); !strings.Contains(page, "请换人回访") || strings.Contains(page, "<textarea") {
			t.Error("whoever reviewed the closing is asked to look at it")
		}
		page = district.page(visits[0])
		for _, want := range []string{"保存后这个问题会重新打开", "逐处排查，已经办结", "办理说明", "柳塘巡改销〔2026〕"} {
			if !strings.Contains(page, want) {
				t.Errorf("the visit lacks %q: %s", want, plain(page))
			}
		}
		if a := district.post(visits[0], "version", "1", "result", "slipped", "said", " "); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写明看了哪里") {
			t.Errorf("without words: %d", a.status)
		}
		if a := district.post(visits[0], "version", "1", "result", "slipped", "said", "后街仍积水"); a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, plain(a.body))
		}
		if a := district.post(visits[1], "version", "1", "result", "held", "said", "都看过，问了三户"); a.status != http.StatusSeeOther {
			t.Fatalf("%d", a.status)
		}
		if page := plain(district.page(visits[0])); !strings.Contains(page, "这次销号已不作数") || !strings.Contains(page, "逐处排查，已经办结") {
			t.Errorf("what was closed and reopened: %s", page)
		}
		page = plain(district.page(a.to))
		if !strings.Contains(page, "真解决 1") || !strings.Contains(page, "没解决或反弹 1") || !strings.Contains(page, "待看 0") {
			t.Errorf("%s", page)
		}
		if card := plain(articleOf(district.page("/overview"), "柳塘镇")); !strings.Contains(card, "反弹 1") {
			t.Errorf("the relapse does not reach the overview: %s", card)
		}
		s.now = time.Date(2026, 10, 8, 9, 0, 0, 0, time.Local)
		// Of the four closings one no longer holds: its effect need not be looked at.
		if page := district.page("/sample"); strings.Count(page, "成效回访") != 3 {
			t.Errorf("effect visits: %s", plain(page))
		}
		id := regexp.MustCompile(`\d+`).FindString(visits[0])
		if a := s.as(t, "stranger").get("/visit/" + id); a.status != http.StatusNotFound {
			t.Errorf("another town opens a visit: %d", a.status)
		}
	})
}

// Villagers answer by number without a login, a script or a cookie; few answers are not taken apart; closed is not fixed.
func TestVillagersAreAsked(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.settle("柳塘镇", "柳塘东村")
		s.importPlan(p.clerk, p.town, "方案.txt", planText("柳塘镇", 2))
		f := s.of(p.town)[0]
		s.close(p, f.ID)
		clerk := s.as(t, "柳塘镇经办")
		address := fmt.Sprintf("/finding/%d/survey", f.ID)
		if page := s.as(t, "柳塘镇村干部").page(address); strings.Contains(page, `name="batch"`) {
			t.Error("whoever did the work asks about it")
		}
		page := clerk.page(address)
		batch := between(page, `name="batch" value="`, `"`)
		form := []string{"batch", batch, "question", "下雨天您门前还积水吗？", "closes", "2026-05-10", "numbers", "12"}
		if a := clerk.post(address, "batch", batch, "question", "", "closes", "2026-01-01", "numbers", "很多"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "群众听得懂") || !strings.Contains(a.body, batch) {
			t.Errorf("%d %s", a.status, plain(a.body))
		}
		slips := clerk.post(address, form...)
		numbers := regexp.MustCompile(`\d{3} \d{3} \d{4}`).FindAllString(slips.body, -1)
		if slips.status != 200 || len(numbers) != 12 {
			t.Fatalf("%d, %d numbers", slips.status, len(numbers))
		}
		if again := clerk.post(address, form...); again.body != slips.body {
			t.Error("the form sent twice gives other numbers")
		}
		ask := regexp.MustCompile(`/ask/[a-z0-9]{10}`).FindString(slips.body)
		page = clerk.page(address)
		survey := regexp.MustCompile(`/survey/\d+`).FindString(page)
		if strings.Contains(page, numbers[0]) || strings.Contains(clerk.page(survey), numbers[0]) || strings.Count(page, "/survey/") != 1 {
			t.Error("the numbers are shown again")
		}
		guest := s.guest(t)
		if page := guest.page(ask); !strings.Contains(page, "下雨天您门前还积水吗？") || strings.Contains(page, "主导航") {
			t.Error("the page shows more or less than the question")
		}
		vote := func(number, choice, said string) answer {
			return guest.post(ask, "number", number, "choice", choice, "said", said)
		}
		if a := vote("123", "yes", "很好"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "这个号码不对，或已经用过") || !strings.Contains(a.body, "很好") || !strings.Contains(a.body, `value="yes" checked`) {
			t.Errorf("a wrong number: %d %s", a.status, plain(a.body))
		}
		if a := vote(numbers[0], "", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请选一项") {
			t.Errorf("no choice: %d", a.status)
		}
		for i, n := range numbers[:4] {
			choice := []string{"yes", "yes", "mostly", "no"}[i]
			if a := vote(n, choice, "后街还积着呢"); a.status != http.StatusSeeOther || a.to != ask+"/thanks" {
				t.Fatalf("%d to %s", a.status, a.to)
			}
		}
		if a := vote(numbers[0], "no", ""); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a number is good twice: %d", a.status)
		}
		if len(guest.set) != 0 {
			t.Errorf("cookies: %v", guest.set)
		}
		if page := plain(clerk.page(survey)); !strings.Contains(page, "收到 4 份，发出 12") || strings.Contains(page, "后街还积着呢") || strings.Contains(page, "解决了 2") {
			t.Errorf("four answers are taken apart: %s", page)
		}
		vote(numbers[4], "yes", "")
		page = clerk.page(survey)
		for _, want := range []string{"后街还积着呢", "解决了 3", "没解决 1", "80%（95% 区间 38%–96%）", "样本不足 30 份，只作参考", "已销号，不等于已解决"} {
			if !strings.Contains(plain(page), want) {
				t.Errorf("five answers lack %q: %s", want, plain(page))
			}
		}
		paper := []string{"version", between(page, `name="version" value="`, `"`), "day", "2026-04-16", "handed", "40", "yes", "28", "mostly", "4", "no", ""}
		if a := clerk.post(survey+"/paper", slices.Concat(paper[:4], []string{"handed", "3"}, paper[6:])...); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "发出的不能更少") || !strings.Contains(a.body, `value="28"`) {
			t.Errorf("more sheets than were handed out: %d %s", a.status, plain(a.body))
		}
		if a := clerk.post(survey+"/paper", paper...); a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, plain(a.body))
		}
		if a := clerk.post(survey+"/paper", paper...); a.status != http.StatusUnprocessableEntity {
			t.Errorf("paper sheets count twice: %d", a.status)
		}
		if page := plain(clerk.page(survey)); !strings.Contains(page, "收到 37 份，发出 52") || !strings.Contains(page, "群众认可") || strings.Contains(page, "样本不足") {
			t.Errorf("%s", page)
		}
		if page := plain(clerk.page(survey + "/sheet")); !strings.Contains(page, "□ 党员") || !strings.Contains(page, "□ 基本解决") {
			t.Errorf("%s", page)
		}
		if page := clerk.page(fmt.Sprintf("/finding/%d", f.ID)); !strings.Contains(page, "回访与群众评价") || !strings.Contains(page, survey) || !strings.Contains(page, "成效回访") {
			t.Error("the finding does not show its visits and surveys")
		}
		if a := s.as(t, "stranger").get(survey); a.status != http.StatusNotFound {
			t.Errorf("another town reads it: %d", a.status)
		}
		if a := guest.get("/ask/aaaaaaaaaa"); a.status != http.StatusNotFound || !strings.Contains(a.body, "照着号码条") {
			t.Errorf("a wrong address: %d", a.status)
		}
		s.now = time.Date(2026, 5, 11, 9, 0, 0, 0, time.Local)
		if page := guest.page(ask); !strings.Contains(page, "已在 5月10日 截止") || strings.Contains(page, "<form") {
			t.Error("it can be answered after its end")
		}
		if a := vote(numbers[5], "yes", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "截止") {
			t.Errorf("answered after its end: %d", a.status)
		}
		var last int
		for range 60 {
			last = vote("0000000000", "yes", "").status
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("sixty guesses: %d", last)
		}
	})
}

// A finding shows what is like it: of an earlier round first, and of other villages.
func TestAlikeOnThePage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := s.settle("柳塘镇", "柳塘东村")
		text := string(planText("柳塘镇", 3))
		s.importPlan(p.clerk, p.town, "方案.txt", []byte(text))
		later := strings.NewReplacer("2026年", "2027年", "第1处", "第9处").Replace(text)
		s.importPlan(p.clerk, p.town, "第二轮.txt", []byte(later))
		s.importPlan(p.clerk, p.village, "村.txt", planText("柳塘东村", 1))
		list := s.of(p.town)
		i := slices.IndexFunc(list, func(f ledger.Finding) bool { return strings.Contains(f.Title, "第9处") })
		page := s.as(t, "柳塘镇经办").page(fmt.Sprintf("/finding/%d", list[i].ID))
		section := between(page, "<h2>同类问题</h2>", "</section>")
		if n := strings.Count(section, "<li>"); n < 2 || !strings.Contains(between(section, "<li>", "</li>"), "以前就有") || !strings.Contains(section, "柳塘东村") {
			t.Errorf("%s", plain(section))
		}
	})
}

// Every page of supervision is looked at, wide and on a phone, and what is printed as it is printed.
func TestBrowserSupervision(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	names := []string{"柳塘镇", "望岚镇", "麦浪街道", "柘溪乡", "漱石镇", "云坪镇"}
	sizes := []int{13, 24, 21, 40, 8, 0}
	places := map[string]place{}
	for i, name := range names {
		p := s.settle(name, name[:3]+"东村")
		places[name] = p
		if sizes[i] > 0 {
			s.importPlan(p.clerk, p.town, name+".txt", planText(name, sizes[i]))
		}
	}
	p := places["柳塘镇"]
	s.importPlan(p.clerk, p.village, "村.txt", planText("柳塘东村", 5))
	states := []ledger.State{ledger.Part, ledger.Keep, ledger.Doing, ledger.Doing, ledger.Failed, ledger.Doing, ledger.Part}
	for k, name := range names[:4] {
		for i, f := range s.of(places[name].town) {
			if i >= 8 {
				s.put(f, states[(i+k)%len(states)])
			}
		}
	}
	for i, f := range s.of(p.town)[:6] {
		s.now = time.Date(2026, 3, 2+5*i, 9, 0, 0, 0, time.Local)
		s.close(p, f.ID)
	}
	s.now = time.Date(2026, 3, 26, 9, 0, 0, 0, time.Local)
	for _, f := range s.of(places["麦浪街道"].town)[:12] {
		s.close(places["麦浪街道"], f.ID)
	}
	for _, f := range s.of(places["麦浪街道"].town)[12:] {
		s.put(f, ledger.Done)
	}
	for _, f := range s.of(places["漱石镇"].town) {
		s.put(f, ledger.Keep)
	}
	s.now = time.Date(2026, 4, 16, 9, 20, 0, 0, time.Local)
	d := s.as(t, "district")
	a := d.post("/sample/new", "name", "2026年第二季度回头看", "seed", "426135", "share", "30", "least", "1", "due", "2026-05-20")
	visits := regexp.MustCompile(`/visit/\d+`).FindAllString(d.page(a.to), -1)
	if len(visits) != 6 {
		t.Fatalf("%d visits", len(visits))
	}
	d.post(visits[0], "version", "1", "result", "slipped", "said", "后街第二处雨后仍积水，问了三户，两户说没人来过")
	d.post(visits[1], "version", "1", "result", "held", "said", "公示栏 4 月 10 日更新，内容对得上")
	clerk := s.as(t, "柳塘镇经办")
	f := s.of(p.town)[5]
	address := fmt.Sprintf("/finding/%d/survey", f.ID)
	slips := clerk.post(address, "batch", between(clerk.page(address), `name="batch" value="`, `"`), "question", "下雨天您门前还积水吗？", "closes", "2026-05-10", "numbers", "23")
	ask := regexp.MustCompile(`/ask/[a-z0-9]{10}`).FindString(slips.body)
	guest := s.guest(t)
	for i, n := range regexp.MustCompile(`\d{3} \d{3} \d{4}`).FindAllString(slips.body, -1)[:12] {
		guest.post(ask, "number", n, "choice", []string{"yes", "mostly", "no", "yes"}[i%4], "said", []string{"", "后街还积着", ""}[i%3])
	}
	survey := regexp.MustCompile(`/survey/\d+`).FindString(clerk.page(address))
	b := s.signIn(t, "district")
	pages := map[string]string{"overview": "/overview", "overview-town": fmt.Sprintf("/overview?unit=%d", p.town.ID), "samples": "/sample", "sample-new": "/sample/new", "sample": a.to,
		"visit": visits[2], "visit-done": visits[0], "surveys": address, "survey": survey, "finding": fmt.Sprintf("/finding/%d", f.ID), "ask": ask, "thanks": ask + "/thanks"}
	for _, width := range []int{1366, 390} {
		b.Size(width, 768)
		for name, path := range pages {
			b.Go(s.url + path)
			if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
				t.Errorf("%s at %d px is %d px too wide", name, width, over)
			}
			b.Screenshot(fmt.Sprintf("super-%s-%d", name, width))
		}
	}
	b.Size(1366, 768)
	b.Go(s.url + "/overview")
	b.PDF("super-overview")
	b.Follow(`.town h3 a`)
	if b.Count(".town") != 1 || b.Count(".one-side .tally-list") < 2 {
		t.Error("the first card leads to no page of its town")
	}
	b.Go(s.url + visits[2])
	b.Click(`input[value="held"]`)
	b.Click("#said")
	b.Press("都看过")
	b.Follow(".side .btn-go")
	if !strings.Contains(b.Text(".note-done"), "真解决") {
		t.Error("nothing says that it was recorded")
	}
}

// The sheets that are printed are looked at as they come out of the printer.
func TestBrowserSlips(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[0]
	b := s.signIn(t, "clerk")
	b.Go(fmt.Sprintf("%s/finding/%d/survey", s.url, f.ID))
	b.Type("#question", "学习以后，来办事的答得上来了吗？")
	b.Follow(".side .btn-go")
	if b.Count(".stub") != 50 {
		t.Errorf("%d slips", b.Count(".stub"))
	}
	address, number := b.Text(".stub-a"), b.Text(".stub-n")
	b.Allow("status of 422")
	b.Screenshot("super-slips")
	b.PDF("super-slips")
	b.Size(390, 768)
	if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		t.Errorf("the slips on a phone are %d px too wide: %s", over, browser.Eval[string](b, `Array.from(document.querySelectorAll("*")).filter(e => e.getBoundingClientRect().right > 392).map(e => e.tagName + "." + e.className + " " + e.getBoundingClientRect().right).slice(0, 12).join("; ")`))
	}
	b.Screenshot("super-slips-390")
	b.Size(1366, 768)
	b.Follow(".head .acts a")
	b.Follow(".head .acts a")
	b.Wait(".poll-sheet")
	b.Screenshot("super-sheet")
	b.PDF("super-sheet")
	// A villager answers without a script.
	b.Scripts(false)
	b.Size(390, 768)
	b.Go("http://" + address)
	b.Click(`.ask-pick input[value="mostly"]`)
	b.Type("#number", "12")
	b.Follow(".foot .btn")
	if !strings.Contains(b.Text("[role=alert]"), "这个号码不对") || b.Count(`input[value="mostly"]:checked`) != 1 {
		t.Error("a wrong number does not say so, or loses the choice")
	}
	b.Screenshot("super-ask-wrong")
	b.Type("#number", number)
	b.Follow(".foot .btn")
	if !strings.Contains(b.Text(".receipt"), "谢谢您") {
		t.Error("no thanks")
	}
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
