package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bihuan/benefit"
	"bihuan/chinese"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// citizen makes the number of somebody born on a day (19411015); the area is nobody's.
func citizen(birth string, seq int) string {
	seventeen := fmt.Sprintf("990408%s%03d", birth, seq)
	for _, check := range "0123456789X" {
		if n, ok := chinese.ParseID([]byte(seventeen + string(check))); ok && n.Checked() {
			return n.String()
		}
	}
	panic("no check character")
}

// elders are a programme with everything on its pages.
type elders struct {
	programme, dibao int64
	east, west       org.Unit
	people           map[string]int64 // by name
}

// unitNamed finds a unit.
func (s *site) unitNamed(name string) org.Unit {
	s.t.Helper()
	units, err := org.Below(context.Background(), s.db, "/")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range units {
		if u.Name == name {
			return u
		}
	}
	s.t.Fatalf("no unit %s", name)
	return org.Unit{}
}

// version is the version of a row of the database of residents.
func (s *site) residentVersion(table string, id int64) int64 {
	s.t.Helper()
	n, err := store.One(context.Background(), s.vault, store.Value[int64], `select version from `+table+` where id = $1`, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// fillRolls begins 高龄津贴 with a change of amounts, a roll of two villages, payments of three months, and 低保 with a household.
func (s *site) fillRolls() elders {
	s.t.Helper()
	ctx := context.Background()
	e := elders{east: s.unitNamed("东槐村"), west: s.unitNamed("柳荫村"), people: map[string]int64{}}
	clerk := s.people["clerk"]
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	var err error
	e.programme, err = benefit.AddProgramme(ctx, s.vault, clerk, s.town, benefit.NewProgramme{Example: "elder", From: "2015-01-01", Basis: "临民〔2014〕31号"})
	must(err)
	tiers, err := benefit.ParseTiers("80-89 60\n90-99 120\n100- 500")
	must(err)
	must(benefit.SetParameter(ctx, s.vault, clerk, e.programme, s.residentVersion("programme", e.programme), benefit.NewValue{Name: benefit.Amount, Tiers: tiers, From: "2024-01-01", Basis: "临民〔2023〕40号"}))
	must(benefit.SetParameter(ctx, s.vault, clerk, e.programme, s.residentVersion("programme", e.programme), benefit.NewValue{Name: benefit.Cycle, Value: benefit.Monthly, From: "2024-01-01", Basis: "临民〔2023〕40号"}))
	names := []string{"庄秀兰", "郝德顺", "柳桂英", "乔金生", "穆玉珍", "汤有田", "闻凤仙", "靳长河", "苗翠花", "尹守义"}
	var entries []benefit.Entry
	for i, name := range names {
		village := e.east
		if i%3 == 2 {
			village = e.west
		}
		entries = append(entries, benefit.Entry{Subject: benefit.Subject{Number: citizen(fmt.Sprintf("%d0%d1%d", 1930+i, 1+i%9, i%9), 11+i), Name: name, Village: village, Household: fmt.Sprintf("%s-%03d", village.Name[:6], 17+i)},
			Starts: 2015 * 12, Account: fmt.Sprintf("621700012345%04d", 1000+i), Source: "2026年1月发放册 第" + fmt.Sprint(4+i) + "行"})
	}
	_, err = benefit.TakeRoll(ctx, s.vault, clerk, e.programme, entries)
	must(err)
	for m := benefit.Month(2023*12 + 5); m <= 2026*12+2; m++ {
		var paid []benefit.Paid
		for i, x := range entries {
			fen := int64(5000)
			switch born := 1930 + i; {
			case m >= 2024*12 && (m-1)/12-benefit.Month(born) >= 90:
				fen = 12000
			case m >= 2024*12:
				fen = 6000
			}
			if i == 3 && m > 2025*12+8 || i == 4 && m == 2026*12+1 {
				continue // nobody paid
			}
			paid = append(paid, benefit.Paid{Subject: x.Subject, Fen: fen, Day: min(m.Last(), "2026-04-15"), Source: m.Words() + "发放册 第" + fmt.Sprint(4+i) + "行"})
		}
		_, err := benefit.TakePayments(ctx, s.vault, clerk, e.programme, m, paid)
		must(err)
	}
	for _, x := range entries {
		found, err := benefit.FindNumber(ctx, s.vault, clerk, x.Number)
		must(err)
		e.people[x.Name] = found[0].ID
	}
	e.dibao, err = benefit.AddProgramme(ctx, s.vault, clerk, s.town, benefit.NewProgramme{Example: "dibao", From: "2020-01-01", Basis: "临民〔2019〕8号"})
	must(err)
	family := func(name, birth, relation string, seq int) benefit.Entry {
		return benefit.Entry{Subject: benefit.Subject{Number: citizen(birth, seq), Name: name, Village: e.east, Household: "东槐-031"}, Relation: relation, Class: "收入相对稳定", Standard: 40000, Starts: 2025*12 + 6, Source: "低保名册 第3行"}
	}
	_, err = benefit.TakeRoll(ctx, s.vault, clerk, e.dibao, []benefit.Entry{family("汪守田", "19700305", "户主", 11), family("汪小妹", "20101105", "女", 22)})
	must(err)
	found, err := benefit.FindNumber(ctx, s.vault, clerk, citizen("19700305", 11))
	must(err)
	e.people["汪守田"] = found[0].ID
	return e
}

// rollOf is the newest entry of a person.
func (s *site) rollOf(person int64) benefit.Roll {
	s.t.Helper()
	list, err := benefit.RollsOf(context.Background(), s.vault, person)
	if err != nil || len(list) == 0 {
		s.t.Fatalf("%d entries, %v", len(list), err)
	}
	return list[0]
}

func TestBenefitPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		clerk, village, party := s.as(t, "clerk"), s.as(t, "village"), s.as(t, "party")
		if text := plain(clerk.page("/benefit")); !strings.Contains(text, "还没有惠民项目") || !strings.Contains(text, "照样例新建") {
			t.Errorf("an empty page: %s", text)
		}
		e := s.fillRolls()
		wants := func(what, page string, want ...string) {
			t.Helper()
			text := plain(page)
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s lacks %q: %s", what, w, text)
				}
			}
		}
		lacks := func(what, page string, not ...string) {
			t.Helper()
			for _, w := range not {
				if strings.Contains(page, w) {
					t.Errorf("%s has %q", what, w)
				}
			}
		}
		wants("the hub", clerk.page("/benefit"), "高龄津贴 10 0 0", "低保 1 0 0", "东槐村", "柳荫村")
		// The secretary counts and sees nobody; a village sees its own people; another town nothing.
		wants("the secretary's hub", party.page("/benefit"), "高龄津贴 10 0 0", "东槐村")
		lacks("the secretary's hub", party.page("/benefit"), "/roll?", "庄秀兰")
		for _, path := range []string{"/roll", fmt.Sprintf("/person/%d", e.people["庄秀兰"]), "/application", "/payment"} {
			if a := party.get(path); a.status != http.StatusForbidden {
				t.Errorf("the secretary at %s: %d", path, a.status)
			}
		}
		page := village.page("/roll")
		wants("the village's roll", page, "庄秀兰", "990*************14", "汪守田")
		lacks("the village's roll", page, "柳桂英", "990408", "62170")
		stranger := s.as(t, "stranger")
		for path, c := range map[string]*client{
			fmt.Sprintf("/person/%d", e.people["柳桂英"]): village, fmt.Sprintf("/person/%d", e.people["庄秀兰"]): stranger, fmt.Sprintf("/programme/%d", e.programme): stranger,
			fmt.Sprintf("/roll/%d/review", s.rollOf(e.people["庄秀兰"]).ID): stranger, "/person/77": clerk,
		} {
			if a := c.get(path); a.status != http.StatusNotFound {
				t.Errorf("%s for somebody who may not see it: %d", path, a.status)
			}
		}
		lacks("another town's roll", stranger.page("/roll"), "庄秀兰")
		// By a whole number, which stands in no address; by a name; one that nobody has.
		number := citizen("19300110", 11)
		if a := clerk.post("/roll/find", "find", number); a.status != http.StatusSeeOther || a.to != fmt.Sprintf("/person/%d", e.people["庄秀兰"]) {
			t.Errorf("by number: %d %s", a.status, a.to)
		}
		a := clerk.post("/roll/find", "find", citizen("19310606", 77))
		wants("an unknown number", a.body, "没有号码 990*************")
		lacks("an unknown number", a.body, "99040819310606")
		if a := clerk.post("/roll/find", "find", "12"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写完整的18位公民身份号码") {
			t.Errorf("half a number: %d", a.status)
		}
		if a := clerk.post("/roll/find", "find", "桂英"); a.status != http.StatusSeeOther || !strings.Contains(clerk.page(a.to), "柳桂英") {
			t.Errorf("by name: %d %s", a.status, a.to)
		}
		// The parameters with their periods; a new value, refused beside its field, then kept.
		address := fmt.Sprintf("/programme/%d", e.programme)
		wants("the programme", clerk.page(address), "80–89岁 60元", "现行 2024-01-01 起", "已过 2015-01-01 至 2023-12-31", "临民〔2014〕31号")
		lacks("the leader's page", s.as(t, "leader").page(address), "/value?")
		form := []string{"version", fmt.Sprint(s.residentVersion("programme", e.programme)), "value", "80-89 70\n91- 150", "from", "2027-01-01", "basis", "临民〔2026〕2号"}
		if a := clerk.post(address+"/value?name=amount", form...); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "90岁不在任何年龄段里") || !strings.Contains(a.body, "91- 150") {
			t.Errorf("a gap: %d", a.status)
		}
		form[3] = "80-89 70\n90- 150"
		for range 2 { // the same form twice does it once
			if a := clerk.post(address+"/value?name=amount", form...); a.status != http.StatusSeeOther {
				t.Errorf("a value: %d %s", a.status, plain(a.body))
			}
		}
		wants("the programme", clerk.page(address), "未起用 2027-01-01 起")
		// A person month by month.
		person := fmt.Sprintf("/person/%d", e.people["乔金生"])
		wants("a person", clerk.page(person), "应补发 720 元 6 个月没有发放", "2025年12月 92 岁 120 — 未发", "另有 101 个月的发放册没有导入", "账号 ************1003", "提出补发")
		lacks("a person", clerk.page(person), "990408", "6217000")
		// Arrears from there to the payment rows.
		a = clerk.post("/application/new?person="+fmt.Sprint(e.people["乔金生"]), "version", "1", "programme", fmt.Sprint(e.programme), "kind", "arrears", "source", "inspected", "received", "2026-04-16", "reason", "2025年10月起漏发")
		if a.status != http.StatusSeeOther {
			t.Fatalf("proposing: %d %s", a.status, plain(a.body))
		}
		application := a.to
		wants("the application", clerk.page(application), "乔金生 补发", "720元", "2025年10月至2026年3月", "巡察指出", "上报县里")
		var id int64
		fmt.Sscanf(application, "/application/%d", &id)
		step := func(c *client, name string, form ...string) answer {
			t.Helper()
			return c.post(application+"/"+name, append(form, "version", fmt.Sprint(s.residentVersion("application", id)))...)
		}
		if a := step(clerk, "proposed", "day", "2026-04-16", "said", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写镇里的意见") {
			t.Errorf("a proposal without words: %d", a.status)
		}
		if a := step(clerk, "proposed", "day", "2026-04-16", "said", "建议补发"); a.status != http.StatusSeeOther {
			t.Fatalf("proposing to the county: %d", a.status)
		}
		wants("who proposed", clerk.page(application), "您是上报人，收到文书后请换一个人登记")
		colleague := s.as(t, "colleague")
		decision := []string{"verdict", "approved", "day", "2026-04-16", "no", "临民批〔2026〕5号", "reason", "", "amount", "720", "from", "2025-10", "to", "2026-03"}
		if a := step(colleague, "decide", decision...); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "都要有书面理由") || !strings.Contains(a.body, "临民批〔2026〕5号") {
			t.Errorf("a decision without reasons: %d", a.status)
		}
		decision[7] = "符合规定"
		if a := step(colleague, "decide", decision...); a.status != http.StatusSeeOther {
			t.Fatalf("deciding: %d %s", a.status, plain(a.body))
		}
		wants("the application", clerk.page(application), "县级决定：同意", "还没有付款记录，不算享受到", "还差 720 元")
		wants("the queue", clerk.page("/application?show=unpaid"), "乔金生", "补发", "县里同意")
		if a := step(clerk, "settle", "amount", "720", "day", "2026-04-16", "source", "补发册第3行"); a.status != http.StatusSeeOther {
			t.Fatalf("settling: %d %s", a.status, plain(a.body))
		}
		wants("the application", clerk.page(application), "6 笔，共 720 元", "补发册第3行")
		lacks("the queue", clerk.page("/application?show=unpaid"), "乔金生")
		// The month: who is missing is recorded as paid.
		month := fmt.Sprintf("/payment?programme=%d&month=2026-02", e.programme)
		wants("the month", clerk.page(month), "2026年2月：应发 10 人", "实发 9 人", "穆玉珍", "未发")
		if a := clerk.post(month+"&show=missing", "pick", fmt.Sprint(e.people["穆玉珍"]), "day", "2026-04-10", "source", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写凭什么登记") {
			t.Errorf("no source: %d", a.status)
		}
		if a := clerk.post(month+"&show=missing", "pick", fmt.Sprint(e.people["穆玉珍"]), "day", "2026-04-10", "source", "补发单"); a.status != http.StatusSeeOther {
			t.Errorf("recording: %d", a.status)
		}
		wants("the month", clerk.page(month), "实发 10 人")
		if a := village.post(month, "pick", "1", "day", "2026-04-10", "source", "x"); a.status == http.StatusSeeOther {
			t.Error("a village records payments")
		}
		// A review by the village becomes a proposal and stops nobody.
		roll := s.rollOf(e.people["庄秀兰"])
		if a := village.post(fmt.Sprintf("/roll/%d/review", roll.ID), "version", fmt.Sprint(roll.Version), "done", "2026-04-16", "found", "三次上门都不在", "result", "suspend"); a.status != http.StatusSeeOther {
			t.Fatalf("a review: %d %s", a.status, plain(a.body))
		}
		wants("the person", village.page(fmt.Sprintf("/person/%d", e.people["庄秀兰"])), "建议暂停", "已受理")
		if now := s.rollOf(e.people["庄秀兰"]); now.State != benefit.Receiving {
			t.Errorf("a review made it %s", now.State)
		}
		wants("the hub", clerk.page("/benefit"), "1 镇里在办")
		wants("a household", clerk.page(fmt.Sprintf("/person/%d", e.people["汪守田"])), "家庭成员 1 人", "汪小妹 （女）", "400元")
	})
}

// Every page of the section fits its window, wide and on a phone, and a clerk gets through from nothing to a paid month.
func TestBrowserBenefit(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	b := s.signIn(t, "clerk")
	b.Size(1366, 768)
	b.Go(s.url + "/benefit")
	b.Screenshot("benefit-empty")
	b.Follow(`a[href="/programme/new"]`)
	b.Screenshot("benefit-new")
	b.Select(`[name="example"]`, "tekun")
	b.Follow(".edit .btn-go")
	if got := b.Text("main"); !strings.Contains(got, "没有依据文件，不会用来算钱") {
		t.Errorf("a new example says %s", got)
	}
	b.Screenshot("benefit-example")
	b.Type(`[name="basis"]`, "临民〔2024〕12号")
	b.Follow(".note-check .btn-go")
	if got := b.Text("main"); strings.Contains(got, "样例，") || !strings.Contains(got, "临民〔2024〕12号") {
		t.Errorf("put in force: %s", got)
	}
	e := s.fillRolls()
	ctx := context.Background()
	propose := func(name string, kind benefit.Kind, reason string) int64 {
		t.Helper()
		id, err := benefit.Propose(ctx, s.vault, s.people["clerk"], benefit.Application{Programme: e.programme, Person: e.people[name], Kind: kind, Source: benefit.Inspected, Received: "2026-03-02", Reason: reason})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	sent := propose("乔金生", benefit.Arrears, "2025年10月起漏发，本人一直在村居住，镇民政所核对户籍和发放册属实。")
	stop := propose("尹守义", benefit.Stop, "2026年3月去世，村委会证明和卫生院死亡名单一致。")
	for _, a := range []int64{sent, stop} {
		if err := benefit.Advance(ctx, s.vault, s.people["clerk"], a, 1, benefit.Proposed, "2026-03-05", "建议"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := benefit.Propose(ctx, s.vault, s.people["clerk"], benefit.Application{Programme: e.programme, Subject: benefit.Subject{Number: citizen("19440229", 31), Name: "买买提·吐尔逊·阿卜杜热合曼", Village: e.west},
		Kind: benefit.New, Source: benefit.Applied, Received: "2026-04-10", From: 2026*12 + 3, Reason: "满80周岁，本人申请。"}); err != nil {
		t.Fatal(err)
	}
	// One walk: the colleague enters what the county decided about the stop.
	c := s.signIn(t, "colleague")
	c.Size(1366, 768)
	c.Go(fmt.Sprintf("%s/application/%d", s.url, stop))
	c.Select(`[name="verdict"]`, "approved")
	c.Type(`[name="no"]`, "临民批〔2026〕7号")
	c.Type(`[name="reason"]`, "去世，按规定停发")
	c.Allow("status of 422")
	c.Follow(".edit .btn-go")
	if got, typed := c.Text("main"), browser.Eval[string](c, `document.querySelector('[name="reason"]').value`); !strings.Contains(got, "请写最后发到哪个月") || typed != "去世，按规定停发" {
		t.Errorf("without a month it says %s and keeps %q", got, typed)
	}
	c.Screenshot("benefit-decide")
	browser.Eval[string](c, `document.querySelector('[name="to"]').value = "2026-03"`)
	c.Follow(".edit .btn-go")
	if got := s.rollOf(e.people["尹守义"]); got.State != benefit.Stopped || got.Ends != 2026*12+2 {
		t.Errorf("the roll: %+v; the page: %s", got, c.Text("main"))
	}
	household := s.rollOf(e.people["汪守田"])
	pages := map[string]string{
		"benefit": "/benefit", "programmes": "/programme", "programme": fmt.Sprintf("/programme/%d", e.programme), "programme-value": fmt.Sprintf("/programme/%d/value?name=amount", e.programme),
		"roll": "/roll", "roll-empty": "/roll?name=" + "没有这个人", "roll-due": "/roll?due=1", "review": fmt.Sprintf("/roll/%d/review", household.ID), "member": fmt.Sprintf("/roll/%d/member", household.ID),
		"resident": fmt.Sprintf("/person/%d", e.people["乔金生"]), "resident-household": fmt.Sprintf("/person/%d", e.people["汪守田"]), "resident-edit": fmt.Sprintf("/person/%d/edit", e.people["汪守田"]),
		"applications": "/application", "application": fmt.Sprintf("/application/%d", sent), "application-stopped": fmt.Sprintf("/application/%d", stop), "application-new": "/application/new",
		"payment": fmt.Sprintf("/payment?programme=%d&month=2026-02", e.programme), "payment-missing": fmt.Sprintf("/payment?programme=%d&month=2026-02&show=missing", e.programme),
	}
	village, party := s.signIn(t, "village"), s.signIn(t, "party")
	for _, size := range []struct{ w, h int }{{1366, 768}, {390, 844}} {
		look := func(b *browser.Browser, name, path string) {
			t.Helper()
			b.Size(size.w, size.h)
			b.Go(s.url + path)
			if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
				t.Errorf("%s at %d px is %d px too wide", name, size.w, over)
			}
			if size.w == 1366 {
				if lines := browser.Eval[float64](b, `document.querySelector(".bar").getBoundingClientRect().height`); lines != 44 {
					t.Errorf("%s: the bar is %v px high", name, lines)
				}
				if over := browser.Eval[float64](b, `document.querySelector(".bar-side").getBoundingClientRect().left - document.querySelector(".bar-nav").getBoundingClientRect().right`); over < 0 {
					t.Errorf("%s: the entries of the bar reach %v px into what is beside them", name, -over)
				}
			}
			b.Screenshot(fmt.Sprintf("benefit-%s-%d", name, size.w))
		}
		for name, path := range pages {
			look(b, name, path)
		}
		look(village, "village", "/benefit")
		look(village, "village-person", pages["resident"])
		look(party, "party", "/benefit")
	}
}
