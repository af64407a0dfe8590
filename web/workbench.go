package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"bihuan/benefit"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/plan"
)

// workPage is 工作台: what is due, what waits for me, what is wrong.
type workPage struct {
	frame
	Day, Weekday string
	Say          string
	Counts       []countLink
	Strip        *strip
	States       []countLink // of the plan in the strip
	Towns        []townLine  // for a district in place of the strip
	Show         string      // the one list asked for; empty: all that is due
	ShowWord     string
	Mine         bool
	MineAddress  string
	Groups       []workGroup
	Reviews      []reviewRow
	ReviewN      int
	ReviewAll    string
	Flaws        []flawView
	Letters      int // drafts to be looked at
	Signing      int // letters to the county to be signed
	Revising     int // and those sent back to be drafted anew
	MaySend      bool
}

// workGroup are the rows of one urgency.
type workGroup struct {
	Head, Tone string
	N          int
	Rows       []workRow
	More       string // address of all of them, when not all are here
}

// workRow is one thing to be done, with the one step that moves it on.
type workRow struct {
	Light   light
	Title   string
	Address string
	Why     string
	Unit    string
	Person  string // empty: nobody in particular
	Step    string // word of the link at the end
	StepTo  string
	Remind  int64 // the finding to send a reminder about; 0: none
	due     string
	duty    int64 // 0: none
	times   int   // how many occurrences of the duty it stands for
}

// reviewRow is something that waits for my decision.
type reviewRow struct {
	Title, Address string
	Whys           []string
	Light          *light
	When           string
	at             time.Time
}

// flawView is a flaw as a note.
type flawView struct {
	Kind, Light, Word, Text, Do string
	Spots                       []spotView
	More                        int
}

type spotView struct{ Label, Text, Address string }

// townLine is one town of a district.
type townLine struct {
	Name, Address string
	N, Late       int
}

// strip is the ruler from the feedback to the last deadline of a plan. Places are percent of its width.
type strip struct {
	Go    string // how far it is
	Late  bool
	Ticks []stripTick
	Now   string
	NowAt string // where the words of today are anchored: start, middle or end
	Word  string
}

type stripTick struct{ X, Anchor, Word string }

// The lists that the count row leads to, with their words.
var workLists = []choice{{"receive", "待签收"}, {"today", "今天到期"}, {"soon", "临期"}, {"late", "超期"}, {"review", "等我复核"}, {"relapsed", "反弹"}, {"scan", "台账体检"}}

// How many rows a list shows: beside others, and alone.
const (
	workRows  = 8
	workAlone = 200
	workSame  = 100 // so many more tasks are read, for those of one duty share a row
)

// home is where somebody lands.
func (s *Server) home(w http.ResponseWriter, r *http.Request, v *visit) error {
	to := "/work"
	if byList(v.Who) {
		to = "/today"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// workShow answers GET /work.
func (s *Server) workShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, q := r.Context(), r.URL.Query()
	p := workPage{Day: v.Now.Format("1月2日"), Weekday: "星期" + string([]rune("日一二三四五六")[v.Now.Weekday()]), Mine: q.Get("mine") == "1", MaySend: v.Who.May(org.Send)}
	for _, x := range workLists {
		if q.Get("show") == x.Value {
			p.Show, p.ShowWord = x.Value, x.Word
		}
	}
	other := url.Values{}
	if p.Show != "" {
		other.Set("show", p.Show)
	}
	if !p.Mine {
		other.Set("mine", "1")
	}
	p.MineAddress = "/work?" + other.Encode()
	p.Letters = v.waiting().Letters
	if err := s.workDue(ctx, v, &p); err != nil {
		return err
	}
	if err := s.workReviews(ctx, v, &p); err != nil {
		return err
	}
	flaws, err := s.scan(ctx, v)
	if err != nil {
		return err
	}
	if p.Flaws, err = s.opsAlerts(ctx, v); err != nil {
		return err
	}
	several := false
	plans, err := s.plans(ctx, v)
	if err != nil {
		return err
	}
	for _, x := range plans {
		several = several || x.Unit.ID != plans[0].Unit.ID
	}
	for _, f := range flaws {
		p.Flaws = append(p.Flaws, newFlawView(f, several))
	}
	if err := s.workCounts(ctx, v, &p, len(p.Flaws)); err != nil {
		return err
	}
	if err := s.workStrip(ctx, v, &p, plans); err != nil {
		return err
	}
	p.frame = s.frame(v, "work", "工作台")
	return s.render(w, http.StatusOK, "work", p)
}

// scanKey is everything that a scan depends on.
type scanKey struct {
	head         int64
	scope, today string
}

// scan asks what is wrong in the sight of whoever asks, once as long as nothing changes.
func (s *Server) scan(ctx context.Context, v *visit) ([]ledger.Flaw, error) {
	return s.scans.do(ctx, scanKey{v.Head, v.Scope, v.Today}, func() ([]ledger.Flaw, error) { return ledger.Scan(ctx, s.db, v.Cal, v.Who, v.Now) })
}

// span is an urgency: what is due from one day to another.
type span struct {
	show, from, to string
	open           bool // only what can be done already: of a daily task not all that is to come
}

func (v *visit) spans() []span {
	day := func(from string, n int) string {
		d, _ := time.Parse(time.DateOnly, from)
		return d.AddDate(0, 0, n).Format(time.DateOnly)
	}
	return []span{{"late", "0000-01-01", day(v.Today, -1), false}, {"today", v.Today, v.Today, false}, {"soon", day(v.Today, 1), v.Days.Soon, true}}
}

// workDue fills in what is to be done.
func (s *Server) workDue(ctx context.Context, v *visit, p *workPage) error {
	counts := map[string]int{}
	for _, x := range v.spans() {
		rows, n, err := s.spanRows(ctx, v, x, p.limit(x.show), p.Mine)
		if err != nil {
			return err
		}
		counts[x.show] = n
		if p.Show != "" && p.Show != x.show || n == 0 {
			continue
		}
		g := workGroup{N: n, Rows: rows}
		switch x.show {
		case "late":
			g.Head, g.Tone = fmt.Sprintf("超期 %d 件", n), "red"
		case "today":
			g.Head, g.Tone = fmt.Sprintf("今天到期 %d 件", n), "amber"
		default:
			g.Head = fmt.Sprintf("%d 个工作日内到期 %d 件", v.Rules.Yellow, n)
		}
		shown := 0
		for _, r := range rows {
			shown += r.times
		}
		if shown < n {
			g.Head += fmt.Sprintf("，先列 %d 件", shown)
			if p.Show == "" {
				g.More = p.listAddress(x.show)
			}
		}
		p.Groups = append(p.Groups, g)
	}
	if err := s.workOther(ctx, v, p); err != nil {
		return err
	}
	p.Say = sayDue(counts["today"], counts["late"])
	p.Counts = []countLink{
		{Kind: "soon", Word: "今天到期", N: counts["today"], Address: p.listAddress("today"), Current: p.Show == "today"},
		{Kind: "soon", Word: "临期", N: counts["soon"], Address: p.listAddress("soon"), Current: p.Show == "soon"},
		{Kind: "late", Word: "超期", N: counts["late"], Address: p.listAddress("late"), Current: p.Show == "late"},
	}
	return nil
}

func sayDue(today, late int) string {
	switch {
	case today == 0 && late == 0:
		return "今天没有到期的，也没有超期的"
	case late == 0:
		return fmt.Sprintf("今天到期 %d 件，没有超期的", today)
	case today == 0:
		return fmt.Sprintf("今天没有到期的，超期 %d 件", late)
	}
	return fmt.Sprintf("今天到期 %d 件，超期 %d 件", today, late)
}

func (p workPage) limit(show string) int {
	if p.Show == show {
		return workAlone
	}
	return workRows
}

func (p workPage) listAddress(show string) string {
	q := url.Values{"show": {show}}
	if p.Mine {
		q.Set("mine", "1")
	}
	return "/work?" + q.Encode()
}

// spanRows are the tasks and loose findings of one urgency, by due day, at most limit, and how many there are.
func (s *Server) spanRows(ctx context.Context, v *visit, x span, limit int, mine bool) ([]workRow, int, error) {
	f := duty.Filter{Scope: scopeOf(v), Standings: duty.Pressing, DueFrom: x.from, DueTo: x.to, Limit: limit + workSame}
	if x.open {
		f.OpenBy = v.Today
	}
	if mine {
		f.Scope, f.Staff = nil, v.Who.ID
	}
	total, err := duty.Count(ctx, s.db, f)
	if err != nil {
		return nil, 0, err
	}
	tasks, err := duty.List(ctx, s.db, f)
	if err != nil {
		return nil, 0, err
	}
	rows, err := s.taskRows(ctx, v, tasks)
	if err != nil {
		return nil, 0, err
	}
	loose, n, err := ledger.LooseFindings(ctx, s.db, v.Who, x.from, x.to, mine, limit)
	if err != nil {
		return nil, 0, err
	}
	for _, f := range loose {
		rows = append(rows, s.looseRow(v, f))
	}
	slices.SortStableFunc(rows, func(a, b workRow) int { return cmp.Compare(a.due, b.due) })
	rows = together(rows)
	return rows[:min(len(rows), limit)], total + n, nil
}

// together shows the occurrences of one duty as one row, that of the first: of a daily task nobody wants to read every day.
func together(rows []workRow) []workRow {
	at := map[int64]int{}
	var list []workRow
	for _, r := range rows {
		r.times = 1
		if i, known := at[r.duty]; known && r.duty != 0 {
			list[i].times++
			continue
		}
		at[r.duty] = len(list)
		list = append(list, r)
	}
	for i := range list {
		if n := list[i].times; n > 1 {
			list[i].Why = fmt.Sprintf("共 %d 次没有报·%s", n, list[i].Why)
		}
	}
	return list
}

// taskRows shows tasks with the findings they serve.
func (s *Server) taskRows(ctx context.Context, v *visit, tasks []duty.Occurrence) ([]workRow, error) {
	var ids []int64
	for _, o := range tasks {
		if !slices.Contains(ids, o.Finding) {
			ids = append(ids, o.Finding)
		}
	}
	findings, err := ledger.ByIDs(ctx, s.db, ids)
	if err != nil {
		return nil, err
	}
	of := map[int64]ledger.Finding{}
	for _, f := range findings {
		of[f.ID] = f
	}
	rows := make([]workRow, len(tasks))
	for i, o := range tasks {
		f := of[o.Finding]
		r := workRow{Light: v.dayLight(o.Due), Title: o.UnitName + "　" + o.Title, Address: fmt.Sprintf("/task/%d", o.ID), Unit: o.UnitName, Person: o.Name, due: o.Due, duty: o.Duty}
		r.Why = v.ofFinding(f) + "　" + ledger.TaskTitle(f.Title)
		switch {
		case o.Part == duty.Watch:
			r.Why = "长期坚持检查·" + r.Why
		case o.Recurs:
			r.Why = "常态任务·" + r.Why
		}
		if o.Standing == duty.Returned {
			r.Why = "被退回：" + o.Opinion + "·" + r.Why
			r.Light.Kind = "back"
		}
		r.step(v, o, f)
		rows[i] = r
	}
	return rows, nil
}

// ofFinding calls a finding by its number, and for whoever sees several towns by the unit too.
func (v *visit) ofFinding(f ledger.Finding) string {
	if f.Unit.ID != v.Who.Unit.ID {
		return f.Unit.Name + "问题 " + f.Serial()
	}
	return "问题 " + f.Serial()
}

// step is the one thing to be done with a task: tell of it, when it is one's own or one's unit's, else remind those whose it is.
func (r *workRow) step(v *visit, o duty.Occurrence, f ledger.Finding) {
	if o.Staff == v.Who.ID {
		r.Step, r.StepTo = "登记", r.Address
		return
	}
	if f.Closing == 0 && f.Due != "" && v.Who.Check(org.Send, f.Unit) == nil {
		r.Remind = f.ID
		return
	}
	r.Step, r.StepTo = "看", r.Address
}

// looseRow shows a finding that no open task stands for.
func (s *Server) looseRow(v *visit, f ledger.Loose) workRow {
	r := workRow{Light: v.dayLight(f.Due), Title: f.Serial() + "　" + f.Title, Address: fmt.Sprintf("/finding/%d", f.ID), due: f.Due}
	if len(f.Units) > 0 {
		r.Unit = f.Units[0].Name
	}
	if len(f.Persons) > 0 {
		r.Person = f.Persons[0].Name
	}
	switch {
	case !f.Given && v.Who.Check(org.Assign, f.Unit) == nil:
		r.Why, r.Step, r.StepTo = "还没有交办到人", "交办", fmt.Sprintf("/finding/%d/assign", f.ID)
	case !f.Given:
		r.Why, r.Step, r.StepTo = "还没有交办到人", "看", r.Address
	default:
		r.Why, r.Step, r.StepTo = "已交办，还没有销号", "看", r.Address
	}
	if f.Unit.ID != v.Who.Unit.ID {
		r.Why = f.Unit.Name + "·" + r.Why
	}
	if f.Given && v.Who.Check(org.Send, f.Unit) == nil {
		r.Remind, r.Step = f.ID, ""
	}
	return r
}

// dayLight says how a due day stands to today.
func (v *visit) dayLight(due string) light {
	n := v.Cal.Between(v.Today, due)
	date := shortDate(due, v.Today)
	switch {
	case due == v.Today:
		return light{Kind: "soon", Word: "今天", Title: "今天到期"}
	case due < v.Today && n == 0:
		return light{Kind: "late", Word: "已过期限", Title: date + "到期，其间没有工作日"}
	case due < v.Today:
		return light{Kind: "late", Word: fmt.Sprintf("超 %d 工作日", -n), Title: fmt.Sprintf("%s到期，已超 %d 个工作日", date, -n)}
	case due <= v.Days.Soon:
		return light{Kind: "soon", Word: fmt.Sprintf("剩 %d 工作日", n), Title: fmt.Sprintf("%s到期，还有 %d 个工作日", date, n)}
	}
	return light{Kind: "run", Word: date, Title: fmt.Sprintf("%s到期，还有 %d 个工作日", date, n)}
}

// workOther fills in the lists that are not by due day: what is not received, what came back.
func (s *Server) workOther(ctx context.Context, v *visit, p *workPage) error {
	switch p.Show {
	case "receive":
		scope, staff := scopeOf(v), int64(0)
		if p.Mine {
			scope, staff = nil, v.Who.ID
		}
		list, n, err := duty.Outstanding(ctx, s.db, scope, staff, workAlone)
		if err != nil || n == 0 {
			return err
		}
		g := workGroup{Head: fmt.Sprintf("待签收 %d 项", n), N: n}
		for _, d := range list {
			r := workRow{Title: d.Unit.Name + "　" + d.Title, Address: fmt.Sprintf("/duty/%d", d.ID), Unit: d.Unit.Name, Person: d.Name,
				Why: fmt.Sprintf("%s·%s交办", d.Often(), clock(d.Given, v.Today)), Step: "看", StepTo: fmt.Sprintf("/duty/%d", d.ID)}
			days := v.Cal.Between(d.Given.Format(time.DateOnly), v.Today)
			r.Light = light{Kind: "wait", Word: fmt.Sprintf("已 %d 工作日", days), Title: fmt.Sprintf("交办后已过 %d 个工作日", days)}
			if days == 0 {
				r.Light.Word = "今天交办"
			}
			if d.Staff == v.Who.ID {
				r.Step = "签收"
			}
			g.Rows = append(g.Rows, r)
		}
		p.Groups = []workGroup{g}
	case "relapsed":
		list, n, err := ledger.Relapsed(ctx, s.db, v.Who, workAlone)
		if err != nil || n == 0 {
			return err
		}
		g := workGroup{Head: fmt.Sprintf("反弹重开 %d 个", n), Tone: "red", N: n}
		for _, f := range list {
			r := s.looseRow(v, ledger.Loose{Finding: f, Given: true})
			r.Why, r.Light = fmt.Sprintf("第 %d 次反弹，重开后%s", f.Relapses, r.Light.Title), light{Kind: "back", Word: "反弹", Title: "销号后反弹重开"}
			g.Rows = append(g.Rows, r)
		}
		p.Groups = []workGroup{g}
	}
	return nil
}

// workCounts completes the count row.
func (s *Server) workCounts(ctx context.Context, v *visit, p *workPage, flaws int) error {
	scope, staff := scopeOf(v), int64(0)
	if p.Mine {
		scope, staff = nil, v.Who.ID
	}
	_, receive, err := duty.Outstanding(ctx, s.db, scope, staff, 0)
	if err != nil {
		return err
	}
	_, relapsed, err := ledger.Relapsed(ctx, s.db, v.Who, 0)
	if err != nil {
		return err
	}
	due := p.Counts
	p.Counts = append([]countLink{{Kind: "wait", Word: "待签收", N: receive, Address: p.listAddress("receive"), Current: p.Show == "receive"}}, due...)
	p.Counts = append(p.Counts,
		countLink{Kind: "run", Word: "等我复核", N: p.ReviewN, Address: p.listAddress("review"), Current: p.Show == "review"},
		countLink{Kind: "back", Word: "反弹", N: relapsed, Address: p.listAddress("relapsed"), Current: p.Show == "relapsed"},
		countLink{Kind: "none", Word: "台账体检", N: flaws, Address: p.listAddress("scan"), Current: p.Show == "scan"})
	for i := range p.Counts {
		if c := &p.Counts[i]; c.N > 0 && (c.Kind == "late" || c.Kind == "back") {
			c.Tone = "red"
		}
	}
	if p.ReviewN > 0 {
		p.Say += fmt.Sprintf("，%d 份等您看", p.ReviewN)
	}
	if p.Signing > 0 {
		p.Say += fmt.Sprintf("，其中报县函待签发 %d 封", p.Signing)
	}
	if p.Revising > 0 { // the newest of what waits, so that it may stand behind those that are shown
		p.Say += fmt.Sprintf("，其中报县函退回改稿 %d 封", p.Revising)
	}
	p.Say += "。"
	return nil
}

// workReviews fills in what waits for a decision of whoever asks, what waits longest first, and what came back to them.
func (s *Server) workReviews(ctx context.Context, v *visit, p *workPage) error {
	limit := workRows
	if p.Show == "review" {
		limit = workAlone
	}
	var rows []reviewRow
	var homes []string
	for _, u := range v.Who.Over(org.Review) {
		homes = append(homes, u.Path)
	}
	if len(homes) > 0 {
		list, err := duty.List(ctx, s.db, duty.Filter{Homes: homes, NotBy: v.Who.ID, Standings: []duty.Standing{duty.Reported}, Limit: workAlone})
		if err != nil {
			return err
		}
		proofs, err := s.proofs(ctx, list)
		if err != nil {
			return err
		}
		for _, o := range list {
			r := reviewRow{Title: o.Title, Address: fmt.Sprintf("/task/%d", o.ID), at: o.Entered}
			who := o.UnitName + " " + o.By
			if o.EnteredBy != o.Staff {
				who += "（代" + o.Name + "）"
			}
			r.Whys = []string{who + "·" + proofs[o.ID], o.Said}
			switch o.Timing {
			case duty.Late, duty.MadeUp:
				r.Light = &light{Kind: "soon", Word: fmt.Sprintf("补录，应 %s 前办：%s", shortDate(o.Due, v.Today), cmp.Or(o.Reason, "没有写理由"))}
			case duty.Early:
				r.Light = &light{Kind: "soon", Word: "立行立改：" + o.Reason}
			}
			rows = append(rows, r)
		}
	}
	returned, err := duty.List(ctx, s.db, duty.Filter{Staff: v.Who.ID, Standings: []duty.Standing{duty.Returned}, Limit: workAlone})
	if err != nil {
		return err
	}
	for _, o := range returned {
		rows = append(rows, reviewRow{Title: o.Title, Address: fmt.Sprintf("/task/%d", o.ID), at: o.Decided, Whys: []string{o.Opinion}, Light: &light{Kind: "back", Word: "退回给您，请补报"}})
	}
	if rows, err = s.applications(ctx, v, rows); err != nil {
		return err
	}
	county, err := s.countyWaiting(ctx, v)
	if err != nil {
		return err
	}
	for _, l := range county {
		x := l.todo(v.Today)
		if l.State == benefit.LetterDraft {
			p.Signing++
		} else {
			p.Revising++
		}
		rows = append(rows, reviewRow{Title: x.Title, Address: x.Address, Whys: []string{x.From}, Light: &x.Light, at: l.since()})
	}
	slices.SortStableFunc(rows, func(a, b reviewRow) int { return a.at.Compare(b.at) })
	for i := range rows {
		rows[i].When = ago(rows[i].at, v.Now)
	}
	p.ReviewN = v.waiting().Desk() - v.waiting().Receive
	p.Reviews = rows[:min(len(rows), limit)]
	if p.ReviewN > len(p.Reviews) {
		p.ReviewAll = "/work?show=review"
	}
	return nil
}

// applications appends the closings and extensions that wait for whoever asks.
func (s *Server) applications(ctx context.Context, v *visit, rows []reviewRow) ([]reviewRow, error) {
	closings, err := ledger.WaitingClosings(ctx, s.db, v.Who)
	if err != nil {
		return nil, err
	}
	extensions, err := ledger.WaitingExtensions(ctx, s.db, v.Who)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, c := range closings {
		ids = append(ids, c.Finding)
	}
	for _, x := range extensions {
		ids = append(ids, x.Finding)
	}
	of := map[int64]ledger.Finding{}
	for part := range slices.Chunk(ids, 500) {
		list, err := ledger.ByIDs(ctx, s.db, part)
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			of[f.ID] = f
		}
	}
	for _, c := range closings {
		f, last := of[c.Finding], c.Applied
		for _, m := range []ledger.Mark{c.Reviewed, c.Signed} {
			if m.At.After(last.At) {
				last = m
			}
		}
		rows = append(rows, reviewRow{Title: f.Serial() + "　" + ledger.TaskTitle(f.Title) + "：申请销号", Address: fmt.Sprintf("/closing/%d", c.ID), at: last.At,
			Whys: []string{f.Unit.Name + " " + c.Applied.Name + "·" + c.Step.Word(), c.Statement}})
	}
	for _, x := range extensions {
		f := of[x.Finding]
		rows = append(rows, reviewRow{Title: f.Serial() + "　" + ledger.TaskTitle(f.Title) + "：申请延期到" + shortDate(x.To, v.Today), Address: fmt.Sprintf("/extension/%d", x.ID), at: x.Asked.At,
			Whys: []string{f.Unit.Name + " " + x.Asked.Name + "·理由：" + x.Reason}})
	}
	return rows, nil
}

// proofs counts the evidence of tasks, in words.
func (s *Server) proofs(ctx context.Context, list []duty.Occurrence) (map[int64]string, error) {
	ids := make([]int64, len(list))
	for i, o := range list {
		ids[i] = o.ID
	}
	counts, err := evidence.Counts(ctx, s.db, ids)
	words := map[int64]string{}
	for _, id := range ids {
		words[id] = "没有佐证"
		if n := counts[id]; n > 0 {
			words[id] = fmt.Sprintf("佐证 %d 份", n)
		}
	}
	return words, err
}

// ago says how long something waits: 今天, 昨天, 4 天前.
func ago(at, now time.Time) string {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	switch n := int(day(now).Sub(day(at)).Hours() / 24); n {
	case 0:
		return "今天"
	case 1:
		return "昨天"
	default:
		return fmt.Sprintf("%d 天前", n)
	}
}

var flawLights = map[plan.Level][2]string{plan.LevelGap: {"gap", "late"}, plan.LevelCheck: {"check", "soon"}, plan.LevelInfo: {"info", "info"}}

// newFlawView shows a flaw with the places it stands in, each leading to where it is put right.
func newFlawView(f ledger.Flaw, several bool) flawView {
	kind := flawLights[f.Level]
	x := flawView{Kind: kind[0], Light: kind[1], Word: f.Word, Text: f.Text, Do: f.Do}
	for _, s := range f.Spots {
		spot := spotView{Label: s.Label, Text: shortened(s.Text, 40)}
		if several && s.Label != "" {
			spot.Label = s.Unit + "·" + s.Label
		}
		switch f.Code {
		case ledger.FlawUnanswered:
			spot.Address = fmt.Sprintf("/finding/%d", s.ID)
		case ledger.FlawVague:
			spot.Address = fmt.Sprintf("/finding/%d/edit", s.ID)
		case ledger.FlawUngiven, ledger.FlawUncounted:
			spot.Address = fmt.Sprintf("/finding/%d/assign", s.ID)
		case ledger.FlawVacant:
			spot.Label, spot.Address = s.Unit, fmt.Sprintf("/org/post/%d", s.ID)
		case ledger.FlawYear:
			spot.Text, spot.Address = "去日历页导入", "/calendar"
		case ledger.FlawBurden:
			spot.Address = "/load"
		default:
			spot.Address = fmt.Sprintf("/finding/%d", s.ID)
		}
		x.Spots = append(x.Spots, spot)
	}
	if f.Code != ledger.FlawYear && f.Code != ledger.FlawBurden {
		x.More = f.N - len(f.Spots)
	}
	return x
}

// shortened cuts a text after so many signs.
func shortened(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}

// workStrip fills in the ruler of the one plan, or the line of each town.
func (s *Server) workStrip(ctx context.Context, v *visit, p *workPage, plans []planChoice) error {
	id, _ := ownPlans(v.Who, plans)
	if id == 0 {
		if v.Who.Unit.Kind != org.District {
			return nil
		}
		units, err := ledger.CountUnits(ctx, s.db, v.Who, v.Days, "")
		p.Towns = townLines(units)
		return err
	}
	f := ledger.Filter{Plan: id}
	counts, err := s.count(ctx, v, f)
	if err != nil {
		return err
	}
	for _, c := range countLinks(f, counts) {
		if c.Kind == "soon" || c.Kind == "late" && c.Word == "超期" {
			break
		}
		p.States = append(p.States, c)
	}
	due, err := ledger.Deadlines(ctx, s.db, id)
	if err != nil {
		return err
	}
	for _, x := range plans {
		if x.ID == id {
			p.Strip = newStrip(v, x.Feedback, due)
		}
	}
	return nil
}

// townLines sums the counts of units by town.
func townLines(units []ledger.UnitCounts) []townLine {
	var list []townLine
	at := map[int64]int{}
	for _, u := range units {
		town := u.Unit.Parent
		if u.Unit.Kind == org.Town {
			town = u.Unit.ID
		}
		i, known := at[town]
		if !known {
			i = len(list)
			at[town] = i
			list = append(list, townLine{})
		}
		if u.Unit.ID == town {
			list[i].Name, list[i].Address = u.Unit.Name, ledgerAddress(ledger.Filter{Unit: town})
		}
		list[i].N += u.All
		list[i].Late += u.Late
	}
	return slices.DeleteFunc(list, func(t townLine) bool { return t.Name == "" })
}

// newStrip draws the ruler from the feedback to the last deadline. Without both there is none.
func newStrip(v *visit, feedback string, due []ledger.Deadline) *strip {
	if feedback == "" || len(due) == 0 {
		return nil
	}
	last := due[len(due)-1].Due
	from, err := time.Parse(time.DateOnly, feedback)
	to, err2 := time.Parse(time.DateOnly, last)
	now, err3 := time.Parse(time.DateOnly, v.Today)
	if err != nil || err2 != nil || err3 != nil || !to.After(from) {
		return nil
	}
	at := func(d time.Time) float64 { return min(100, max(0, 100*d.Sub(from).Hours()/to.Sub(from).Hours())) }
	percent := func(x float64) string { return fmt.Sprintf("%.1f%%", x) }
	st := &strip{Go: percent(at(now)), Now: percent(at(now)), NowAt: anchor(at(now)), Late: now.After(to)}
	st.Ticks = append(st.Ticks, stripTick{"0%", "start", shortDate(feedback, v.Today) + " 反馈"})
	const room = 17 // percent that the words of a tick need
	taken := 0.0
	for _, x := range due[:len(due)-1] {
		d, err := time.Parse(time.DateOnly, x.Due)
		tick := stripTick{X: percent(at(d)), Anchor: "middle"}
		if err == nil && at(d) >= taken+room && at(d) <= 100-room-4 {
			tick.Word = fmt.Sprintf("%s %d 个到期", shortDate(x.Due, v.Today), x.N)
			taken = at(d)
		}
		st.Ticks = append(st.Ticks, tick)
	}
	st.Ticks = append(st.Ticks, stripTick{"100%", "end", fmt.Sprintf("%s 最后 %d 个到期", shortDate(last, v.Today), due[len(due)-1].N)})
	n := v.Cal.Between(v.Today, last)
	st.Word = fmt.Sprintf("今天　到最后一个期限剩 %d 个工作日", n)
	if st.Late {
		st.Word = fmt.Sprintf("今天　最后一个期限已过 %d 个工作日", -n)
	}
	return st
}

// anchor tells on which side of a place words have room.
func anchor(percent float64) string {
	switch {
	case percent < 25:
		return "start"
	case percent > 75:
		return "end"
	}
	return "middle"
}
