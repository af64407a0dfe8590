package web_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// story is a town that lives through four months with the seed plan, mostly in a browser.
type story struct {
	*site
	t       *testing.T
	b       *browser.Browser
	luan    org.Unit // the town
	office  org.Unit
	post    org.Post // 宣传委员
	finding int64    // the first: study
}

// become signs somebody in, in the place of whoever is.
func (s *story) become(login string) {
	s.t.Helper()
	s.b.Go(s.url + "/ledger")
	if s.b.Count(".bar-out") > 0 {
		s.b.Follow(".bar-out")
	}
	s.b.Go(s.url + "/login")
	s.b.Type("#login", login)
	s.b.Type("#password", password)
	s.b.Follow(".login .btn-go")
}

// says fails the test unless the page says all of it.
func (s *story) says(what string, words ...string) {
	s.t.Helper()
	text := strings.Join(strings.Fields(s.b.Text("body")), " ")
	for _, w := range words {
		if !strings.Contains(text, w) {
			s.t.Errorf("%s: the page lacks %q: %.600s\nsee %s", what, w, text, s.b.Screenshot("failed-scenario"))
		}
	}
}

// at sets the clock to nine o'clock and does what the night before called for.
func (s *story) at(day string) {
	s.t.Helper()
	s.site.at(day)
}

func (s *story) settle() {
	s.t.Helper()
	ctx := context.Background()
	s.must(s.db.Write(ctx, func(tx *store.Tx) error {
		root, err := org.Root(ctx, tx)
		if err != nil {
			return err
		}
		add := func(parent org.Unit, kind, name string) (u org.Unit) {
			if err == nil {
				u, err = org.AddUnit(ctx, tx, org.Program, parent, kind, name, 0)
			}
			return u
		}
		s.luan = add(root, org.Town, "栾坡镇")
		s.office = add(s.luan, org.Office, "党建工作办公室")
		person := func(u org.Unit, login, name, post string, role org.Role) {
			if err != nil {
				return
			}
			var id int64
			if id, err = org.AddStaff(ctx, tx, org.Program, u, name, post, role, login, password); err == nil {
				s.people[login] = org.Person{ID: id, Name: name, Post: post, Role: role, Unit: u}
			}
		}
		person(s.luan, "luan", "曲知微", "党政办经办人", org.Clerk)
		person(s.luan, "deputy", "骆闻笛", "党委副书记", org.Leader)
		person(s.luan, "head", "钟怀远", "党委书记", org.Secretary)
		person(s.office, "mei", "梅雪舟", "", org.Cadre)
		person(s.office, "ji", "纪文澄", "", org.Cadre)
		if err == nil {
			s.post, err = org.AddPost(ctx, tx, org.Program, s.office, "宣传委员", "", true)
		}
		if err == nil {
			_, err = org.Hold(ctx, tx, org.Program, s.post.ID, s.people["mei"].ID, "2025-06-01", "栾委〔2025〕12号")
		}
		return err
	}))
}

// next is the task of the study finding that is due on a day, by its title.
func (s *story) next(title, due string) duty.Occurrence {
	s.t.Helper()
	for _, o := range s.work(s.finding).Occurrences {
		if o.Title == title && o.Due == due {
			return o
		}
	}
	s.t.Fatalf("no task “%s” due on %s", title, due)
	return duty.Occurrence{}
}

// report reports on a task in the browser, as its person.
func (s *story) report(o duty.Occurrence, words string, more ...string) {
	s.t.Helper()
	s.b.Go(fmt.Sprintf("%s/task/%d", s.url, o.ID))
	s.b.Type("#said", words)
	for i := 0; i+1 < len(more); i += 2 {
		s.b.Type(more[i], more[i+1])
	}
	s.b.Follow(`form[action$="/report"] .btn-go`)
}

// decide passes a report in the browser or sends it back.
func (s *story) decide(o duty.Occurrence, pass bool, words string) {
	s.t.Helper()
	s.b.Go(fmt.Sprintf("%s/task/%d", s.url, o.ID))
	s.b.Type("#opinion", words)
	verdict := "return"
	if pass {
		verdict = "pass"
	}
	s.b.Follow(`form[action$="/decide"] [value="` + verdict + `"]`)
}

// routine reports on a task and has it passed, as on any other week.
func (s *story) routine(who, title, due string) {
	s.t.Helper()
	ctx := context.Background()
	o := s.next(title, due)
	o, err := ledger.Report(ctx, s.db, cal, s.people[who], o.ID, o.Version, duty.Report{Said: "按计划办结，" + due},
		[]evidence.Item{{Kind: evidence.Record, Title: "记录 " + due, Said: "签到表、会议记录存党建办"}})
	s.must(err)
	s.must(ledger.Decide(ctx, s.db, cal, s.people["luan"], o.ID, o.Version, duty.Decision{Pass: true}))
}

// blocked goes to the closing of the finding and finds it refused for these reasons, with no button to press.
func (s *story) blocked(when string, reasons ...string) {
	s.t.Helper()
	s.b.Go(fmt.Sprintf("%s/finding/%d/close", s.url, s.finding))
	s.says(when, reasons...)
	if s.b.Count(`form[action$="/close"] .btn-go`) > 0 {
		s.t.Errorf("%s: the button may be pressed", when)
	}
	f := s.site.finding(s.finding)
	var refused ledger.Blocked
	if _, err := ledger.Apply(context.Background(), s.db, s.people["luan"], f.ID, f.Version, "已整改"); !errors.As(err, &refused) {
		s.t.Errorf("%s: the command is not refused: %v", when, err)
	}
}

// TestScenario lives through the seed plan: imported with its dates filled in, given, worked on for four months with holidays and
// make-up workdays inside, a missed Friday, a returned proof, an extension, a letter ladder, a hand-over of the 宣传委员's post in the
// middle, a closing refused for each gate in turn and one that passes, a sample of the district, and a relapse.
func TestScenario(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := &story{site: open(t, url), t: t}
		s.now = time.Date(2026, 2, 2, 9, 20, 0, 0, time.Local)
		s.settle()
		s.b = browser.Open(t)
		s.importSeed()
		s.give()
		s.winter()
		s.spring()
		s.close()
		s.sample()
		s.relapse()
	})
}

const study, notes, rank = "利用晚上集中时间组织镇全体机关干部对二十大及…", "集中收集学习笔记", "学习强国积分进行一次排名"

func (s *story) importSeed() {
	s.t.Helper()
	b := s.b
	s.become("luan")
	b.Go(s.url + "/import")
	b.Select("#unit", fmt.Sprint(s.luan.ID))
	b.Upload("#file", "../plan/testdata/seed.txt")
	b.Follow(".upload .btn-go")
	b.Follow(`a[href="?confirm"].btn-go`)
	b.Follow(`form[action$="/confirm"] .btn-go`)
	keys, err := ledger.ListAll(context.Background(), s.db, s.people["luan"], ledger.Filter{Unit: s.luan.ID}, ledger.Days{})
	s.must(err)
	if len(keys) != 4 {
		s.t.Fatalf("%d findings of the seed", len(keys))
	}
	s.finding = keys[0].ID
	s.blocked("before anything", "反馈日期", "还没有交办到人")
	// The dates that the paper writes as x月x日.
	f := s.site.finding(s.finding)
	b.Go(fmt.Sprintf("%s/plan/%d/round", s.url, f.Plan))
	b.Type(`[name="name"]`, "区委第五轮巡察")
	b.Select(`[name="feedback"]`, "2026-01-20")
	b.Follow(".edit .btn-go")
	s.says("the plan's page", "区委第五轮巡察", "1月20日")
	b.Go(fmt.Sprintf("%s/finding/%d/edit", s.url, s.finding))
	b.Type(`[name="leader"]`, "骆闻笛")
	b.Type(`[name="units"]`, "党建工作办公室")
	b.Type(`[name="persons"]`, "梅雪舟")
	b.Type(`[name="due_text"]`, "2026年4月30日前完成整改,今后长期坚持")
	b.Select(`[name="due"]`, "2026-04-30")
	b.Follow(".edit .btn-go")
	s.blocked("with the dates", "还没有交办到人")
}

func (s *story) give() {
	s.t.Helper()
	b := s.b
	b.Go(fmt.Sprintf("%s/finding/%d/assign", s.url, s.finding))
	rows := b.Count(`input[type="checkbox"][name$=".on"]`)
	if rows != 3 {
		s.t.Fatalf("%d proposals for the study finding\nsee %s", rows, b.Screenshot("failed-scenario"))
	}
	for i := range rows {
		b.Select(fmt.Sprintf(`[name="%d.who"]`, i), fmt.Sprintf("p%d", s.post.ID))
	}
	b.Screenshot("scenario-assign")
	b.Follow(`.assign .btn-go`)
	var got []string
	for _, d := range s.work(s.finding).Duties {
		got = append(got, d.Title+" "+d.Rule)
	}
	want := []string{study + " FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", notes + " FREQ=MONTHLY;X-WORKDAY=-1", rank + " FREQ=MONTHLY"}
	if !slices.Equal(got, want) {
		s.t.Fatalf("given:\n%s", strings.Join(got, "\n"))
	}
	s.blocked("given and not done", "还没有办到", "没有有效的佐证材料")
	// The holder of the post receives them on the phone list.
	s.become("mei")
	b.Size(390, 844)
	b.Go(s.url + "/today")
	s.says("the phone list", "待签收")
	b.Screenshot("scenario-today")
	b.Follow(`form[action="/today/receive"] button`)
	b.Size(1366, 768)
	for _, d := range s.work(s.finding).Duties {
		if d.State != duty.Received {
			s.t.Errorf("%s is %s", d.Title, d.State)
		}
	}
}

// winter: February with the Spring Festival and a make-up Saturday, and March with a returned proof and a missed Friday.
func (s *story) winter() {
	s.t.Helper()
	s.at("2026-02-06")
	s.report(s.next(study, "2026-02-06"), "集中学习一次，应到 46 人，实到 44 人")
	s.says("the receipt", "0206-001")
	s.blocked("reported and not reviewed", "在等复核")
	s.become("luan")
	s.decide(s.next(study, "2026-02-06"), true, "属实")
	s.at("2026-02-13")
	s.routine("mei", study, "2026-02-13")
	s.at("2026-02-24") // Friday the 20th lies in the Spring Festival: the next working day
	if o := s.next(study, "2026-02-24"); o.Nominal != "2026-02-20" {
		s.t.Errorf("the Friday of the Spring Festival is due %s, nominal %s", o.Due, o.Nominal)
	}
	s.routine("mei", study, "2026-02-24")
	s.at("2026-02-27")
	s.routine("mei", study, "2026-02-27")
	s.at("2026-02-28") // a Saturday that is worked: the last working day of the month
	s.routine("mei", notes, "2026-02-28")
	s.routine("mei", rank, "2026-02-28")

	s.at("2026-03-06")
	s.become("mei")
	s.report(s.next(study, "2026-03-06"), "学习一次")
	s.become("luan")
	s.decide(s.next(study, "2026-03-06"), false, "没有写学了什么、到了多少人，请补")
	s.blocked("sent back", "被退回")
	s.at("2026-03-09")
	s.become("mei")
	s.report(s.next(study, "2026-03-06"), "学习全会精神一次，应到 46 人，实到 45 人，1 人公差")
	s.become("luan")
	s.decide(s.next(study, "2026-03-06"), true, "")
	if o := s.next(study, "2026-03-06"); o.Returns != 1 || o.Timing != duty.InTime {
		s.t.Errorf("sent back once and in time: %d %s", o.Returns, o.Timing)
	}
	s.at("2026-03-20") // nothing was said of the 13th; five working days later is the 20th
	s.routine("mei", study, "2026-03-20")
	if o := s.next(study, "2026-03-13"); o.Standing != duty.Open {
		s.t.Errorf("on the last day of its grace the 13th is %s", o.Standing)
	}
	s.at("2026-03-23")
	if o := s.next(study, "2026-03-13"); o.Standing != duty.Missed {
		s.t.Errorf("after its grace the 13th is %s", o.Standing)
	}
	s.blocked("a missed Friday", "漏办")
	s.at("2026-03-27")
	s.routine("mei", study, "2026-03-27")
	s.at("2026-03-31")
	s.routine("mei", notes, "2026-03-31")
	s.routine("mei", rank, "2026-03-31")
	s.month()
}

// month holds the table of March against a count by hand: Fridays 6, 13, 20, 27 and two tasks of the month's end are six, one of them
// missed, one sent back once.
func (s *story) month() {
	s.t.Helper()
	s.at("2026-04-01")
	m, err := ledger.MonthOf(context.Background(), s.db, s.luan, "2026-03-01", "2026-03-31", "2026-04-01")
	s.must(err)
	for code, want := range map[string]int{"findings": 4, "doing": 4, "done": 0, "keep": 0, "due": 6, "intime": 5, "late": 0, "missed": 1, "madeup": 0, "waiting": 0, "returns": 1,
		"remind": 0, "accepted": 0} {
		if got := m.N(code); got != want {
			s.t.Errorf("March, %s: %d, by hand %d", code, got, want)
		}
	}
	s.b.Go(fmt.Sprintf("%s/month?unit=%d&month=2026-03", s.url, s.luan.ID))
	s.says("the month's page", "整改月报", "漏办")
	s.b.Screenshot("scenario-month")
}

// spring: the post changes hands, the missed Friday is made up for, the ladder drafts, an extension is granted, and May begins with a
// holiday.
func (s *story) spring() {
	s.t.Helper()
	ctx, b := context.Background(), s.b
	b.Go(s.url + "/handover")
	b.Go(fmt.Sprintf("%s/handover?way=post&post=%d&to=%d&basis=%s", s.url, s.post.ID, s.people["ji"].ID, "栾委〔2026〕7号"))
	s.says("the preview of the hand-over", "梅雪舟", "纪文澄", "集中收集学习笔记")
	b.Follow(`form[action="/handover"][method="post"] .btn-go`)
	s.says("the printed list", "整改责任交接表", "梅雪舟", "纪文澄", "监交人")
	b.Screenshot("scenario-handed")
	for _, d := range s.work(s.finding).Duties {
		if d.Staff != s.people["ji"].ID {
			s.t.Errorf("after the hand-over %s is %s's", d.Title, d.Name)
		}
	}
	if o := s.next(study, "2026-03-27"); o.EnteredBy != s.people["mei"].ID {
		s.t.Error("the hand-over rewrote who did what before")
	}
	s.become("ji")
	b.Go(s.url + "/today")
	b.Follow(`form[action="/today/receive"] button`)
	s.report(s.next(study, "2026-03-13"), "3 月 13 日的集中学习改在 4 月 1 日补学", "#reason", "当天全镇防火演练")
	s.become("luan")
	s.decide(s.next(study, "2026-03-13"), true, "")
	if o := s.next(study, "2026-03-13"); o.Timing != duty.MadeUp || o.Mark("2026-04-01") != duty.MarkMissed {
		s.t.Errorf("made up for: %s, shown as %s", o.Timing, o.Mark("2026-04-01"))
	}
	for _, day := range []string{"2026-04-03", "2026-04-10", "2026-04-17"} {
		s.at(day)
		s.routine("ji", study, day)
	}
	// Ten working days before the end of April the ladder has drafted a reminder; a person sends it, another receives and answers it.
	b.Go(s.url + "/letter")
	s.says("the desk of letters", "整改提醒函")
	s.b.Screenshot("scenario-letters")
	drafts, err := ledger.Letters(ctx, s.db, s.people["luan"], "draft", 10)
	s.must(err)
	if len(drafts) != 1 || drafts[0].Finding != s.finding || drafts[0].Kind != ledger.Remind {
		s.t.Fatalf("drafted: %+v", drafts)
	}
	b.Go(fmt.Sprintf("%s/letter/%d", s.url, drafts[0].ID))
	b.Follow(`[value="send"]`)
	s.says("the letter sent", "栾坡巡改提〔2026〕1号")
	s.become("ji")
	b.Go(fmt.Sprintf("%s/letter/%d", s.url, drafts[0].ID))
	b.Type("#reply", "余下两次学习和四月的笔记收集按期办结，申请延期一个月补齐应知应会抽问")
	b.Follow(`[value="reply"]`)
	// An extension, asked by the person, granted by the leader.
	s.at("2026-04-20")
	b.Go(fmt.Sprintf("%s/finding/%d/extend", s.url, s.finding))
	b.Select("#to", "2026-05-29")
	b.Type("#reason", "岗位交接，应知应会抽问推迟")
	b.Type("#so_far", "集中学习 11 次，笔记收集 2 次")
	b.Follow(`form[action$="/extend"] .btn-go`)
	s.become("luan")
	s.blocked("an extension waits", "延期申请还没有批")
	s.become("deputy")
	list, err := ledger.Extensions(ctx, s.db, s.finding)
	s.must(err)
	b.Go(fmt.Sprintf("%s/extension/%d", s.url, list[0].ID))
	b.Type("#opinion", "同意，五月底前办结")
	b.Follow(`[value="pass"]`)
	if f := s.site.finding(s.finding); f.Due != "2026-05-29" {
		s.t.Errorf("extended to %s", f.Due)
	}
	s.at("2026-04-24")
	s.routine("ji", study, "2026-04-24")
	s.at("2026-04-30")
	s.routine("ji", notes, "2026-04-30")
	s.routine("ji", rank, "2026-04-30")
	s.at("2026-05-06") // Friday the 1st is Labour Day: the next working day
	if o := s.next(study, "2026-05-06"); o.Nominal != "2026-05-01" {
		s.t.Errorf("the Friday of Labour Day: %+v", o)
	}
	s.routine("ji", study, "2026-05-06")
	for _, day := range []string{"2026-05-08", "2026-05-15", "2026-05-22"} {
		s.at(day)
		s.routine("ji", study, day)
	}
}

// close: on the last day everything is done, and four people close the finding.
func (s *story) close() {
	s.t.Helper()
	b := s.b
	s.at("2026-05-29")
	s.become("luan")
	s.blocked("on the last day", "还没有办到")
	for _, title := range []string{study, notes, rank} {
		s.routine("ji", title, "2026-05-29")
	}
	fridays := 0
	for _, o := range s.work(s.finding).Occurrences {
		if o.Title == study && o.Standing == duty.Done {
			fridays++
		}
	}
	if fridays != 17 {
		s.t.Errorf("%d Fridays in four months, by hand 17", fridays)
	}
	b.Go(fmt.Sprintf("%s/finding/%d/close", s.url, s.finding))
	b.Type("#statement", "四个月集中学习 17 次，应知应会抽问合格率由 58% 升至 92%")
	b.Follow(`form[action$="/close"] .btn-go`)
	closings, err := ledger.Closings(context.Background(), s.db, s.finding)
	s.must(err)
	at := fmt.Sprintf("%s/closing/%d", s.url, closings[0].ID)
	b.Go(at)
	if b.Count(`form[action$="/decide"] [value="pass"]`) > 0 {
		s.t.Error("whoever applied may decide")
	}
	for _, who := range []string{"deputy", "head", "district"} {
		s.become(who)
		b.Go(at)
		b.Type("#words", "同意")
		b.Follow(`form[action$="/decide"] [value="pass"]`)
	}
	if f := s.site.finding(s.finding); f.State != ledger.Keep {
		s.t.Fatalf("closed: %s\nsee %s", f.State, b.Screenshot("failed-scenario"))
	}
	b.Go(at + "/slip")
	s.says("the slip", "栾坡巡改销〔2026〕1号", "曲知微", "骆闻笛", "钟怀远", "邵文澜")
	b.Screenshot("scenario-slip")
	b.Go(fmt.Sprintf("%s/finding/%d", s.url, s.finding))
	s.says("the finding", "长期坚持")
	b.Screenshot("scenario-finding")
}

// sample: the district draws what it looks at again, from a seed that everybody saw.
func (s *story) sample() {
	s.t.Helper()
	b := s.b
	s.at("2026-06-01")
	b.Go(s.url + "/sample/new")
	b.Type("#name", "2026年第二季度回头看")
	b.Type("#seed", "6-3-1-5-2-4")
	b.Type("#share", "30")
	b.Type("#least", "1")
	b.Select("#due", "2026-06-30")
	b.Follow(`form[action="/sample/new"] .btn-go`)
	s.says("the sample", "栾坡镇·镇级", "sha256sum")
	b.Screenshot("scenario-sample")
	visits, err := ledger.VisitsTo(context.Background(), s.db, s.finding)
	s.must(err)
	for _, v := range visits {
		if v.Kind != "sample" {
			continue
		}
		b.Go(fmt.Sprintf("%s/visit/%d", s.url, v.ID))
		b.Click(`[name="result"][value="held"]`)
		b.Type("#said", "随机抽问 10 名机关干部，9 人答得全")
		b.Follow(`form[action^="/visit/"] .btn-go`)
	}
	if visits, _ = ledger.VisitsTo(context.Background(), s.db, s.finding); len(visits) != 2 || !slices.ContainsFunc(visits, func(v ledger.Visit) bool { return v.Result == ledger.VisitHeld }) {
		s.t.Errorf("visits: %+v", visits)
	}
}

// relapse: after the closing two Fridays in a row are missed, and the finding is back with its count.
func (s *story) relapse() {
	s.t.Helper()
	s.at("2026-06-15")
	if f := s.site.finding(s.finding); f.State != ledger.Keep {
		s.t.Errorf("one missed Friday is a warning, not a relapse: %s", f.State)
	}
	s.at("2026-06-23") // the 12th and its five working days, with Dragon Boat between, are over
	f := s.site.finding(s.finding)
	if f.State != ledger.Doing || !f.Relapsed || f.Relapses != 1 {
		s.t.Errorf("two missed Fridays: %s, relapsed %v, %d times", f.State, f.Relapsed, f.Relapses)
	}
	s.become("luan")
	s.b.Go(fmt.Sprintf("%s/finding/%d", s.url, s.finding))
	s.says("the finding that came back", "反弹", "连续2次")
	s.b.Screenshot("scenario-relapse")
	s.b.Go(s.url + "/work")
	if !regexp.MustCompile(`1\s*反弹`).MatchString(s.b.Text("body")) {
		s.t.Errorf("the workbench does not count the relapse: %.300s", s.b.Text("body"))
	}
}
