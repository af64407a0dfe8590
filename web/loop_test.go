package web_test

import (
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/store"
	"bihuan/store/storetest"
)

var cal = calendar.Published()

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// finding reads a finding as it is now.
func (s *site) finding(id int64) ledger.Finding {
	s.t.Helper()
	f, err := ledger.ByID(context.Background(), s.db, s.people["district"], id)
	s.must(err)
	return f
}

// work reads what was done for a finding.
func (s *site) work(id int64) ledger.Work {
	s.t.Helper()
	w, err := ledger.WorkOf(context.Background(), s.db, s.finding(id))
	s.must(err)
	return w
}

// answered makes the first measure of a finding answer whatever none does.
func (s *site) answered(id int64) {
	s.t.Helper()
	f := s.finding(id)
	answers := slices.Clone(f.Measures[0].Answers)
	for i := range f.Manifestations {
		if len(f.AnsweredBy(i)) == 0 {
			answers = append(answers, i)
		}
	}
	s.must(ledger.Link(context.Background(), s.db, s.people["clerk"], id, f.Version, 0, answers))
}

// done has each measure of a finding given once to the colleague, reported and passed.
func (s *site) done(id int64) {
	s.t.Helper()
	ctx, f := context.Background(), s.finding(id)
	var list []ledger.Assignment
	for i := range f.Measures {
		list = append(list, ledger.Assignment{Measure: i, Unit: s.town.ID, Staff: s.people["colleague"].ID, Part: duty.Lead, Title: fmt.Sprintf("第%d条措施", i+1),
			Due: s.now.AddDate(0, 0, 10).Format(time.DateOnly), Reviewed: true})
	}
	s.must(ledger.Assign(ctx, s.db, cal, s.people["clerk"], id, list))
	for _, o := range s.work(id).Occurrences {
		if o.Standing != duty.Open {
			continue
		}
		told, err := ledger.Report(ctx, s.db, cal, s.people["colleague"], o.ID, o.Version, duty.Report{Said: "已经办到，逐户核过"},
			[]evidence.Item{{Kind: evidence.Statement, Said: "已经办到，逐户核过"}})
		s.must(err)
		s.must(ledger.Decide(ctx, s.db, cal, s.people["clerk"], told.ID, told.Version, duty.Decision{Pass: true}))
	}
}

// applied has the closing of a finding applied for, and gives the application.
func (s *site) applied(id int64) int64 {
	s.t.Helper()
	s.answered(id)
	s.done(id)
	c, err := ledger.Apply(context.Background(), s.db, s.people["clerk"], id, s.finding(id).Version, "措施全部办到，群众认可")
	s.must(err)
	return c
}

// closed takes findings through their closing, by the real commands and four people.
func (s *site) closed(ids ...int64) {
	s.t.Helper()
	for _, id := range ids {
		s.decided(s.applied(id), "leader", "party", "district")
	}
}

// decided lets people pass the next steps of an application.
func (s *site) decided(closing int64, logins ...string) {
	s.t.Helper()
	ctx := context.Background()
	for _, login := range logins {
		c, err := ledger.ClosingByID(ctx, s.db, closing)
		s.must(err)
		_, err = ledger.DecideClosing(ctx, s.db, cal, s.people[login], closing, c.Version, ledger.Verdict{Pass: true, Words: "同意"})
		s.must(err)
	}
}

// part reports a finding as far as it may be without a closing.
func (s *site) part(f ledger.Finding) {
	s.t.Helper()
	s.must(ledger.RecordProgress(context.Background(), s.db, s.people["clerk"], f.ID, s.finding(f.ID).Version, ledger.ProgressEdit{State: ledger.Part, Progress: "已办", Evidence: "会议记录2份"}))
}

// at sets the clock to twenty past nine of a day and does what the night before it called for.
func (s *site) at(day string) {
	s.t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, day, time.Local)
	s.must(err)
	s.now = d.Add(9*time.Hour + 20*time.Minute)
	s.must(ledger.Nightly(context.Background(), s.db, cal))
}

// formAt reads the form of a page that is sent to an address, as a browser would send it.
func formAt(page, action string) map[string]string {
	form := map[string]string{}
	inside := between(page, `action="`+action+`"`, "</form>")
	for _, m := range regexp.MustCompile(`<input[^>]*>`).FindAllString(inside, -1) {
		name, box := between(m, ` name="`, `"`), strings.Contains(m, `type="radio"`) || strings.Contains(m, `type="checkbox"`)
		if name != "" && (!box || strings.Contains(m, " checked")) {
			form[name] = unescape(between(m, `value="`, `"`))
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>`).FindAllStringSubmatch(inside, -1) {
		form[m[1]] = unescape(m[2])
	}
	for _, m := range regexp.MustCompile(`(?s)<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>`).FindAllStringSubmatch(inside, -1) {
		if opt := regexp.MustCompile(`<option value="([^"]*)" selected>`).FindStringSubmatch(m[2]); opt != nil {
			form[m[1]] = unescape(opt[1])
		} else if opt := regexp.MustCompile(`<option value="([^"]*)">`).FindStringSubmatch(m[2]); opt != nil {
			form[m[1]] = unescape(opt[1])
		}
	}
	return form
}

// saysAll fails the test unless a page says all of it.
func saysAll(t *testing.T, page string, list ...string) {
	t.Helper()
	text := plain(page)
	for _, want := range list {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q: %s", want, text)
		}
	}
}

// upload sends a form with files, as a browser without a script does.
func (c *client) upload(path string, form map[string]string, files map[string]string) answer {
	c.t.Helper()
	var b strings.Builder
	w := multipart.NewWriter(&b)
	for k, v := range form {
		if k != "file" {
			_ = w.WriteField(k, v)
		}
	}
	for name, content := range files {
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			c.t.Fatal(err)
		}
		_, _ = part.Write([]byte(content))
	}
	_ = w.Close()
	r, err := http.NewRequest(http.MethodPost, c.site.url+path, strings.NewReader(b.String()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return c.do(r)
}

// Measures are given on a form that the plan's words have filled in. What is wrong stands beside its row, nothing typed is lost, and
// the same form sent twice gives once.
func TestGiving(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.findings()[1].ID
		f := s.finding(id)
		s.must(ledger.AddMeasure(context.Background(), s.db, s.people["clerk"], id, f.Version, "定期开放农家书屋", []int{0}))
		path := fmt.Sprintf("/finding/%d/assign", id)
		c := s.as(t, "clerk")
		page := c.page(path)
		saysAll(t, page, "三是按包片分工疏通巷道排水，每月观摩评比一次", "“定期”数不出次数")
		form := formAt(page, path)
		if form["rows"] != "8" || form["0.part"] != "lead" || form["1.part"] != "help" || form["1.who"] != fmt.Sprintf("s%d", s.people["village"].ID) || form["0.due"] != "2026-04-30" ||
			form["0.rule"] != "" || form["4.rule"] != "FREQ=MONTHLY" || form["6.rule"] != "?" || form["0.who"] != "" {
			t.Fatalf("the form holds %v", form)
		}
		form["0.title"] = "开好座谈会"
		form["0.who"] = fmt.Sprintf("s%d", s.people["colleague"].ID)
		bad := c.send(path, form)
		if bad.status != http.StatusUnprocessableEntity {
			t.Fatalf("without people and numbers: %d to %s", bad.status, bad.to)
		}
		saysAll(t, bad.body, "没有交办", "有 2 行要改", "频次：请先定下多久一次，再交办")
		again := formAt(bad.body, path)
		if again["0.title"] != "开好座谈会" || again["0.who"] != form["0.who"] || len(s.work(id).Duties) != 0 {
			t.Errorf("the refused form has forgotten something, or half of it was given: %v", again)
		}
		delete(again, "6.on") // the two that nobody can count are left for later
		delete(again, "7.on")
		bad = c.send(path, again)
		if bad.status != http.StatusUnprocessableEntity || strings.Count(bad.body, "责任人：没有落实到人") != 2 {
			t.Fatalf("without people: %d, said %d times", bad.status, strings.Count(bad.body, "责任人：没有落实到人"))
		}
		again["2.who"], again["4.who"] = form["0.who"], form["0.who"]
		again["4.cond"], again["4.from"], again["4.to"] = "区防汛办〔2026〕2号", "2026-04-01", "2026-10-31"
		if a := c.send(path, again); a.status != http.StatusSeeOther || a.to != fmt.Sprintf("/finding/%d", id) {
			t.Fatalf("giving: %d %s", a.status, plain(a.body))
		}
		given := len(s.work(id).Duties)
		if given != 6 {
			t.Errorf("%d duties", given)
		}
		if c.send(path, again); len(s.work(id).Duties) != given {
			t.Errorf("sent twice, there are %d duties", len(s.work(id).Duties))
		}
		saysAll(t, c.page(fmt.Sprintf("/finding/%d", id)), "农业农村办公室 梁知远", "东槐村 郝根生 配合", "待签收", "区防汛办〔2026〕2号（4月1日至10月31日）", "未交办")
		// One more unit for the same measure is one more row.
		more := c.send(path, formAt(c.page(path), path), "add", "0")
		if n := formAt(more.body, path)["rows"]; more.status != http.StatusOK || n != "9" {
			t.Errorf("another unit: %d, %s rows", more.status, n)
		}
		if a := s.as(t, "village").get(path); a.status != http.StatusForbidden {
			t.Errorf("a village gives work: %d", a.status)
		}
	})
}

// A whole plan is given from one page; what is wrong keeps its finding back and no other.
func TestGivingAPlan(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		path := fmt.Sprintf("/plan/%d/assign", s.plan)
		c := s.as(t, "clerk")
		page := c.page(path)
		saysAll(t, page, "还有 5 个问题、10 条措施没有交办", "第 1–5 个，共 5 个问题")
		form := formAt(page, path)
		who := fmt.Sprintf("s%d", s.people["colleague"].ID)
		last := fmt.Sprint(s.findings()[4].ID)
		for k := range form {
			n, field, _ := strings.Cut(k, ".")
			if field != "f" || form[k] == last {
				continue
			}
			form[n+".who"], form[n+".unit"] = who, fmt.Sprint(s.town.ID)
		}
		a := c.send(path, form)
		if a.status != http.StatusUnprocessableEntity {
			t.Fatalf("giving: %d", a.status)
		}
		saysAll(t, a.body, "还有 1 个问题", "信访积案化解不力", "责任单位：请从单位库里选一个单位")
		if strings.Contains(a.body, "理论学习不够深入") {
			t.Error("what was given is still on the page")
		}
		form = formAt(a.body, path)
		for k := range form {
			if n, field, _ := strings.Cut(k, "."); field == "f" {
				form[n+".who"], form[n+".unit"] = who, fmt.Sprint(s.town.ID)
			}
		}
		if a := c.send(path, form); a.status != http.StatusSeeOther {
			t.Fatalf("the rest: %d %s", a.status, plain(a.body))
		}
		saysAll(t, c.page(path), "都交办了")
	})
}

// A task goes 反馈 → 退回 → 反馈 → 通过 on its page, with a receipt; nobody looks at their own work.
func TestTaskPage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.findings()[1].ID
		s.must(ledger.Assign(context.Background(), s.db, cal, s.people["clerk"], id, []ledger.Assignment{
			{Measure: 1, Unit: s.people["village"].Unit.ID, Staff: s.people["village"].ID, Part: duty.Lead, Title: "巡查政府街", Rule: "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", Words: "每日", Reviewed: true}}))
		s.at("2026-05-06")
		var first, moved duty.Occurrence
		for _, o := range s.work(id).Occurrences {
			if o.Nominal == "2026-05-01" {
				moved = o
			}
			if first.ID == 0 {
				first = o
			}
		}
		village, clerk, leader := s.as(t, "village"), s.as(t, "clerk"), s.as(t, "leader")
		path := fmt.Sprintf("/task/%d", moved.ID)
		page := village.page(path)
		saysAll(t, page, "5月1日（周五）是劳动节假期，顺延到 5月6日（周三）", "5月12日 前补上算迟办", "二是综合执法队每日巡查政府街", "表现：二是道路两侧长期堆放杂物", "方案写“每日”")
		form := formAt(page, path+"/report")
		bad := village.upload(path+"/report", form, nil)
		if bad.status != http.StatusUnprocessableEntity {
			t.Fatalf("without a word: %d", bad.status)
		}
		saysAll(t, bad.body, "请写一句：做了什么、结果怎样")
		form["said"], form["happened"], form["link"] = "政府街巡查一遍", "2026-05-05", "not a place"
		bad = village.upload(path+"/report", form, nil)
		if again := formAt(bad.body, path+"/report"); bad.status != http.StatusUnprocessableEntity || again["said"] != "政府街巡查一遍" || again["happened"] != "2026-05-05" || again["link"] != "not a place" {
			t.Errorf("a bad address: %d, the form holds %v", bad.status, again)
		}
		form["link"] = ""
		a := village.upload(path+"/report", form, map[string]string{"巡查记录.txt": "五月五日巡查政府街，清走占道摊三处", "签到.txt": "郝根生等三人"})
		if a.status != http.StatusSeeOther {
			t.Fatalf("reporting: %d %s", a.status, plain(a.body))
		}
		page = village.page(path)
		saysAll(t, page, "已反馈，等复核。回执号 0506-001", "事后 1 天登记", "巡查记录.txt", "签到.txt", "您不能复核")
		if strings.Contains(page, "/decide") {
			t.Error("the village is offered to look at its own work")
		}
		if again := village.upload(path+"/report", form, nil); again.status != http.StatusSeeOther || len(s.work(id).Evidence) != 2 {
			t.Errorf("sent twice: %d, %d pieces of evidence", again.status, len(s.work(id).Evidence))
		}
		if a := village.post(path+"/decide", "version", "2", "verdict", "pass"); a.status != http.StatusUnprocessableEntity && a.status != http.StatusForbidden {
			t.Errorf("the village passes its own work: %d", a.status)
		}
		form = formAt(clerk.page(path), path+"/decide")
		bad = clerk.send(path+"/decide", form, "verdict", "return")
		if bad.status != http.StatusUnprocessableEntity {
			t.Errorf("sent back without a reason: %d", bad.status)
		}
		saysAll(t, bad.body, "请写明差什么、怎么补")
		if a := clerk.send(path+"/decide", form, "verdict", "return", "opinion", "没有写地点"); a.status != http.StatusSeeOther {
			t.Fatalf("sending back: %d %s", a.status, plain(a.body))
		}
		page = village.page(path)
		saysAll(t, page, "补报", "没有写地点", "退回 1 次", "请在 5月9日 前补报")
		form = formAt(page, path+"/report")
		if form["said"] != "政府街巡查一遍" {
			t.Errorf("what was sent back is not in the form: %v", form)
		}
		// The clerk enters it for the village, and so cannot look at it.
		if a := clerk.upload(path+"/report", formAt(clerk.page(path), path+"/report"), nil); a.status != http.StatusSeeOther {
			t.Fatalf("entering for the village: %d %s", a.status, plain(a.body))
		}
		saysAll(t, clerk.page(path), "您不能复核", "自己办的、自己填报的，要由别人复核")
		form = formAt(leader.page(path), path+"/decide")
		for range 2 {
			if a := leader.send(path+"/decide", form, "verdict", "pass"); a.status != http.StatusSeeOther {
				t.Errorf("passing: %d %s", a.status, plain(a.body))
			}
		}
		saysAll(t, leader.page(path), "按时办结", "没有写地点", "同一任务前几次 全部 4月24日 ")
		// What was missed is made up for with its reason, or excused.
		missed := fmt.Sprintf("/task/%d", first.ID)
		saysAll(t, village.page(missed), "漏办", "这次已经漏办，补录请写明原因")
		bad = village.upload(missed+"/report", formAt(village.page(missed), missed+"/report"), nil)
		form = formAt(clerk.page(missed), missed+"/waive")
		if bad := clerk.send(missed+"/waive", form); bad.status != http.StatusUnprocessableEntity {
			t.Errorf("excused without a reason: %d", bad.status)
		}
		if a := clerk.send(missed+"/waive", form, "why", "停电"); a.status != http.StatusSeeOther {
			t.Errorf("excusing: %d %s", a.status, plain(a.body))
		}
		saysAll(t, clerk.page(missed), "免办", "停电")
		if a := s.as(t, "stranger").get(path); a.status != http.StatusNotFound {
			t.Errorf("another town sees the task: %d", a.status)
		}
	})
}

// The page of a duty shows its rule and its marks; its person receives it, whoever gave it changes its rule or stops it.
func TestDutyPage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.findings()[1].ID
		s.must(ledger.Assign(context.Background(), s.db, cal, s.people["clerk"], id, []ledger.Assignment{
			{Measure: 1, Unit: s.people["village"].Unit.ID, Staff: s.people["village"].ID, Part: duty.Lead, Title: "巡查政府街", Rule: "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", Reviewed: true}}))
		path := fmt.Sprintf("/duty/%d", s.work(id).Duties[0].ID)
		village, clerk := s.as(t, "village"), s.as(t, "clerk")
		saysAll(t, village.page(path), "待签收", "每周五", "下一次 4月17日 前")
		if strings.Contains(clerk.page(path), path+"/receive") {
			t.Error("the clerk is offered to receive what the village has to do")
		}
		if a := village.post(path + "/receive"); a.status != http.StatusSeeOther {
			t.Fatalf("receiving: %d", a.status)
		}
		saysAll(t, village.page(path), "已签收")
		form := formAt(clerk.page(path), path+"/rule")
		bad := clerk.send(path+"/rule", form, "rule", "FREQ=WEEKLY;BYDAY=MO;X-SHIFT=next", "since", "2026-04-01", "reason", "改周一")
		if bad.status != http.StatusUnprocessableEntity || formAt(bad.body, path+"/rule")["reason"] != "改周一" {
			t.Errorf("a rule from the past: %d", bad.status)
		}
		if a := clerk.send(path+"/rule", form, "since", "2026-05-01"); a.status != http.StatusSeeOther {
			t.Fatalf("changing the rule: %d %s", a.status, plain(a.body))
		}
		saysAll(t, clerk.page(path), "每周一", "改频次", "改周一")
		if village.get(path).status != http.StatusOK || strings.Contains(village.page(path), path+"/stop") {
			t.Error("the village is offered to stop its duty")
		}
		if bad := clerk.post(path + "/stop"); bad.status != http.StatusUnprocessableEntity {
			t.Errorf("stopped without a reason: %d", bad.status)
		}
		if a := clerk.post(path+"/stop", "reason", "交给物业"); a.status != http.StatusSeeOther {
			t.Errorf("stopping: %d", a.status)
		}
		saysAll(t, clerk.page(path), "已停止", "交给物业")
	})
}

// Each gate says on the page what is missing and leads there.
func TestGatesOnThePage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx, clerk := context.Background(), s.people["clerk"]
		id := s.findings()[2].ID
		c := s.as(t, "clerk")
		path := fmt.Sprintf("/finding/%d", id)
		gate := func(reason, address string) {
			t.Helper()
			for _, page := range []string{c.page(path), c.page(path + "/close")} {
				box := between(page, `id="gates"`, "</section>")
				if !strings.Contains(plain(box), reason) || address != "" && !strings.Contains(unescape(box), `href="`+address+`"`) {
					t.Errorf("the page does not say %q with %s: %s", reason, address, plain(box))
				}
			}
			a := c.post(path+"/close", "version", fmt.Sprint(s.finding(id).Version), "statement", "办好了")
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(plain(a.body), reason) {
				t.Errorf("applied for all the same: %d", a.status)
			}
		}
		gate("没有措施回应", path+"/measure")
		s.answered(id)
		gate("还没有交办到人", path+"/assign")
		var list []ledger.Assignment
		for i := range s.finding(id).Measures {
			list = append(list, ledger.Assignment{Measure: i, Unit: s.town.ID, Staff: s.people["colleague"].ID, Part: duty.Lead, Title: fmt.Sprintf("第%d条", i+1), Due: "2026-04-30", Reviewed: true})
		}
		s.must(ledger.Assign(ctx, s.db, cal, clerk, id, list))
		task := func(i int) duty.Occurrence { return s.work(id).Occurrences[i] }
		gate("还没有办到", fmt.Sprintf("/task/%d", task(0).ID))
		gate("没有有效的佐证材料", fmt.Sprintf("%s/evidence?measure=%d", path, s.finding(id).Measures[0].ID))
		for i := range 2 {
			o := task(i)
			_, err := ledger.Report(ctx, s.db, cal, s.people["colleague"], o.ID, o.Version, duty.Report{Said: "办了"}, []evidence.Item{{Kind: evidence.Statement, Said: "办了"}})
			s.must(err)
		}
		gate("在等复核", fmt.Sprintf("/task/%d", task(0).ID))
		o := task(0)
		s.must(ledger.Decide(ctx, s.db, cal, clerk, o.ID, o.Version, duty.Decision{Opinion: "缺名单"}))
		gate("被退回，还没有补报", fmt.Sprintf("/task/%d", o.ID))
		o = task(0)
		o, err := ledger.Report(ctx, s.db, cal, s.people["colleague"], o.ID, o.Version, duty.Report{Said: "名单已附"}, nil)
		s.must(err)
		s.must(ledger.Decide(ctx, s.db, cal, clerk, o.ID, o.Version, duty.Decision{Pass: true}))
		o = task(1)
		s.must(ledger.Decide(ctx, s.db, cal, clerk, o.ID, o.Version, duty.Decision{Pass: true}))
		s.must(ledger.AskExtension(ctx, s.db, s.people["colleague"], id, "2026-05-20", "再看看", "都办了"))
		gate("延期申请还没有批", path+"/extend")
		x, err := ledger.Extensions(ctx, s.db, id)
		s.must(err)
		s.must(ledger.DecideExtension(ctx, s.db, s.people["leader"], x[0].ID, x[0].Version, false, "不用"))
		saysAll(t, c.page(path), "可以申请")
		// A recurring task that nobody did stands in the way too.
		s.must(ledger.Assign(ctx, s.db, cal, clerk, id, []ledger.Assignment{{Measure: 0, Unit: s.town.ID, Staff: s.people["colleague"].ID, Part: duty.Lead, Title: "每周看一次", Rule: "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", Reviewed: true}}))
		s.at("2026-05-08")
		gate("漏办，还没有补办或说明", "")
	})
}

// The closing goes its four steps by four people on its page; whoever has a hand in it already is told why there is no button.
func TestClosingPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.findings()[0].ID
		s.answered(id)
		s.done(id)
		c := s.as(t, "clerk")
		path := fmt.Sprintf("/finding/%d/close", id)
		form := formAt(c.page(path), path)
		if bad := c.send(path, form); bad.status != http.StatusUnprocessableEntity || !strings.Contains(plain(bad.body), "请写明整改了什么") {
			t.Errorf("without a word: %d", bad.status)
		}
		a := c.send(path, form, "statement", "学习制度建起来了")
		if a.status != http.StatusSeeOther {
			t.Fatalf("applying: %d %s", a.status, plain(a.body))
		}
		if again := c.send(path, form); again.to != a.to {
			t.Errorf("applied for twice: %s and %s", a.to, again.to)
		}
		page := c.page(a.to)
		closings, err := ledger.Closings(context.Background(), s.db, id)
		s.must(err)
		hash := strings.ToUpper(closings[0].Hash[:4])
		saysAll(t, page, "您不能办这一步", "分管领导审核", "学习制度建起来了", "指纹 "+hash, "已经办到，逐户核过")
		if strings.Contains(page, a.to+"/decide") {
			t.Error("who applied is offered to review")
		}
		if b := c.post(a.to+"/decide", "version", "1", "verdict", "pass"); b.status != http.StatusForbidden && b.status != http.StatusUnprocessableEntity {
			t.Errorf("who applied reviews: %d", b.status)
		}
		leader := s.as(t, "leader")
		form = formAt(leader.page(a.to), a.to+"/decide")
		if bad := leader.send(a.to+"/decide", form, "verdict", "return"); bad.status != http.StatusUnprocessableEntity || !strings.Contains(plain(bad.body), "请写明差什么") {
			t.Errorf("sent back without a reason: %d", bad.status)
		}
		for _, login := range []string{"leader", "party", "district"} {
			who := s.as(t, login)
			form := formAt(who.page(a.to), a.to+"/decide")
			if b := who.send(a.to+"/decide", form, "verdict", "pass", "words", "同意"); b.status != http.StatusSeeOther {
				t.Fatalf("%s: %d %s", login, b.status, plain(b.body))
			}
		}
		saysAll(t, c.page(a.to+"/slip"), "编号：栖禾巡改销〔2026〕1号", hash, "整改期限 56 天", "复查人 孟昭宁", "党委书记签批 同意 周叙明", "整改单位负责人")
		saysAll(t, c.page(fmt.Sprintf("/finding/%d", id)), "长期坚持", "4月16日 销号", "已销号", "看长期坚持")
		progress := c.page(fmt.Sprintf("/finding/%d/progress", id))
		if strings.Contains(progress, `value="doing"`) {
			t.Error("a closed finding can be reported as open")
		}
		// Reopened by decision it says so everywhere, and keeps its history.
		party := s.as(t, "party")
		reopen := fmt.Sprintf("/finding/%d/reopen", id)
		if bad := party.send(reopen, fieldsOf(party.page(reopen))); bad.status != http.StatusUnprocessableEntity {
			t.Errorf("reopened without a reason: %d", bad.status)
		}
		if b := party.send(reopen, fieldsOf(party.page(reopen)), "reason", "抽问6人答不完整"); b.status != http.StatusSeeOther {
			t.Fatalf("reopening: %d %s", b.status, plain(b.body))
		}
		saysAll(t, c.page(fmt.Sprintf("/finding/%d", id)), "反弹重开", "抽问6人答不完整", "已销号，后重开", "反弹 1 次")
		if a := c.get(reopen); a.status != http.StatusForbidden {
			t.Errorf("a clerk reopens: %d", a.status)
		}
	})
}

// An edit of what was applied for voids the application, and the page says so.
func TestAVoidClosingSaysSo(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.findings()[0].ID
		path := fmt.Sprintf("/closing/%d", s.applied(id))
		f := s.finding(id)
		s.must(ledger.EditDuty(context.Background(), s.db, s.people["clerk"], id, f.Version, ledger.DutyEdit{Leader: f.Leader, Units: []string{"党建办公室"}, DueText: f.DueText, Due: "2026-06-30"}))
		c := s.as(t, "clerk")
		saysAll(t, c.page(path), "已作废", "到期日")
		saysAll(t, c.page(path+"/slip"), "已作废，不作销号凭据")
		saysAll(t, c.page(fmt.Sprintf("/finding/%d", id)), "已作废", "可以申请")
		saysAll(t, c.page(fmt.Sprintf("/finding/%d/close", id)), "上一次已作废")
	})
}

// A later deadline is applied for and granted on its pages.
func TestExtensionPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.findings()[1].ID // due at the end of April
		path := fmt.Sprintf("/finding/%d/extend", id)
		village := s.as(t, "village")
		saysAll(t, village.page(path), "现在的期限 4月30日，最多延到 10月27日")
		bad := village.post(path, "to", "2026-04-20", "reason", "下雨", "so_far", "疏通七处")
		if bad.status != http.StatusUnprocessableEntity || formAt(bad.body, path)["so_far"] != "疏通七处" {
			t.Errorf("an earlier deadline: %d", bad.status)
		}
		for range 2 {
			if a := village.post(path, "to", "2026-05-20", "reason", "下雨", "so_far", "疏通七处"); a.status != http.StatusSeeOther {
				t.Fatalf("asking: %d %s", a.status, plain(a.body))
			}
		}
		x, err := ledger.Extensions(context.Background(), s.db, id)
		s.must(err)
		if len(x) != 1 {
			t.Fatalf("%d extensions", len(x))
		}
		page := fmt.Sprintf("/extension/%d", x[0].ID)
		saysAll(t, village.page(page), "您不能批", "疏通七处")
		if a := village.get(path); a.to != page {
			t.Errorf("while one waits the form leads to %s", a.to)
		}
		leader := s.as(t, "leader")
		form := formAt(leader.page(page), page)
		if a := leader.send(page, form, "verdict", "pass"); a.status != http.StatusSeeOther {
			t.Fatalf("granting: %d %s", a.status, plain(a.body))
		}
		if f := s.finding(id); f.Due != "2026-05-20" {
			t.Errorf("due %s", f.Due)
		}
		saysAll(t, village.page(fmt.Sprintf("/finding/%d", id)), "已同意", "延期 4月30日 → 5月20日")
		saysAll(t, s.as(t, "clerk").page(fmt.Sprintf("/finding/%d/extend", s.findings()[3].ID)), "不能申请", "已经超期")
	})
}

// The upkeep of a closed finding: its checks are chosen, it ends only with a reason.
func TestUpkeepPage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.findings()[0].ID
		s.closed(id)
		path := fmt.Sprintf("/finding/%d/upkeep", id)
		c, party := s.as(t, "clerk"), s.as(t, "party")
		page := c.page(path)
		saysAll(t, page, "看一看有没有反弹", "每季度一次", "连续 2 次漏办")
		if bad := c.post(path + "/checks"); bad.status != http.StatusUnprocessableEntity || !strings.Contains(bad.body, "至少选一项任务") {
			t.Errorf("without a check: %d", bad.status)
		}
		if strings.Contains(page, path+"/end") {
			t.Error("a clerk is offered to end the upkeep")
		}
		if bad := party.post(path + "/end"); bad.status != http.StatusUnprocessableEntity {
			t.Errorf("ended without a reason: %d", bad.status)
		}
		if a := party.post(path+"/end", "reason", "写进年度制度"); a.status != http.StatusSeeOther {
			t.Fatalf("ending: %d %s", a.status, plain(a.body))
		}
		if f := s.finding(id); f.State != ledger.Done {
			t.Errorf("state %s", f.State)
		}
		saysAll(t, c.page(path), "已转入常态", "写进年度制度")
	})
}

// Only a closing gives 完成 and 长期坚持: the form does not offer them and says what to do.
func TestProgressOffersNoClosing(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	id := s.findings()[0].ID
	page := s.as(t, "clerk").page(fmt.Sprintf("/finding/%d/progress", id))
	if strings.Contains(page, `value="done"`) || strings.Contains(page, `value="keep"`) || !strings.Contains(page, fmt.Sprintf(`href="/finding/%d/close"`, id)) || !strings.Contains(page, `value="part"`) {
		t.Error("the form offers to close, or does not say how")
	}
}

// A town that runs alone enters the district's answer under the number of its letter.
func TestTheDistrictAnswersOnPaper(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		// The other town is the root of this database from here on: its district is elsewhere.
		ctx := context.Background()
		s.must(s.db.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `update unit set kind = 'town' where parent is null`); err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Who: "系统", Verb: "调整", Kind: "unit"})
		}))
		id := s.findings()[0].ID
		c := s.applied(id)
		s.decided(c, "leader", "party")
		path := fmt.Sprintf("/closing/%d", c)
		saysAll(t, s.as(t, "clerk").page(path), "您已经办过其中一步") // who applied does not record the answer
		clerk := s.as(t, "colleague")
		page := clerk.page(path)
		saysAll(t, page, "登记区委巡察办的答复", "区委巡察办文号")
		form := formAt(page, path+"/decide")
		bad := clerk.send(path+"/decide", form, "verdict", "pass", "words", "同意销号")
		if bad.status != http.StatusUnprocessableEntity || formAt(bad.body, path+"/decide")["words"] != "同意销号" {
			t.Errorf("without the number of the letter: %d", bad.status)
		}
		saysAll(t, bad.body, "请填区委巡察办同意或退回的文号")
		if a := clerk.send(path+"/decide", form, "basis", "临巡办〔2026〕12号"); a.status != http.StatusSeeOther {
			t.Fatalf("with it: %d %s", a.status, plain(a.body))
		}
		saysAll(t, clerk.page(path+"/slip"), "依据 临巡办〔2026〕12号")
		if f := s.finding(id); f.Closing != c {
			t.Error("it is not closed")
		}
	})
}
