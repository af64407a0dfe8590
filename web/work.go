package web

import (
	"context"
	"fmt"
	"slices"
	"time"

	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
)

// workSheet is what was given, done and decided for a finding, as its page shows it.
type workSheet struct {
	Second     secondClock
	Measures   map[int64]*measureWork // by id of the measure
	Steps      []stepView
	Gates      []gateView
	Closing    *ledger.Closing // the newest application, nil when there was none
	Running    bool            // it is on its way
	Closed     string          // when the closing in force was accepted
	Tried      []closingLine   // applications before, and those that no longer hold
	Relapses   []relapseLine
	Letters    []letterView
	Extension  *extensionLine // that waits, or the newest
	Extended   int            // granted
	NowDue     string         // the deadline in force, where it is no longer that of the plan's words
	MayAssign  bool
	MayExtend  bool
	MayApply   bool
	MayReopen  bool
	Apply      string // why the button is not to be pressed
	Ready      bool   // it may be applied for, and by the reader
	Ungiven    int    // measures nobody was given
	StoryCount int
	StoryAll   bool
}

// secondClock is the pulse of what is to be kept up.
type secondClock struct {
	Show  bool
	Lead  string // what beats
	Light light
	Marks []markView
	Say   string
	Rule  string
	Link  bool // there is a page of it
}

// measureWork is how far one measure is.
type measureWork struct {
	Light    light
	Say      string
	Evidence int
	Early    bool // something was done before the feedback (立行立改)
	Not      string
	Duties   []dutyView
	Fold     bool // there are so many duties that they are folded
}

// dutyView is one duty under its measure.
type dutyView struct {
	ID        int64
	Who, Part string
	Often     string
	Next      string
	Light     light
	Task      int64 // where to go on: the task that presses, 0 for none
	Waiting   bool  // for 签收
	Condition string
}

// letterView is a letter about the finding.
type letterView struct {
	ledger.Letter
	Light light
	Paper letterPaper
}

// mostOpenDuties is how many duties of a measure are shown unfolded.
const mostOpenDuties = 3

// workSheet collects the work of a finding.
func (s *Server) workSheet(ctx context.Context, v *visit, f ledger.Finding, plan bool) (workSheet, ledger.Work, error) {
	var p workSheet
	w, err := ledger.WorkOf(ctx, s.db, f)
	if err != nil {
		return p, w, err
	}
	rules, err := ledger.LoadRules(ctx, s.db)
	if err != nil {
		return p, w, err
	}
	up, err := ledger.UpkeepOf(ctx, s.db, f.ID)
	if err != nil {
		return p, w, err
	}
	p.Second = s.secondClock(f, w, up, rules, v.Days)
	p.Measures = map[int64]*measureWork{}
	for _, m := range f.Measures {
		p.Measures[m.ID] = s.measureWork(v, f, w, m.ID)
		if len(w.Measure(m.ID, v.Today).Duties) == 0 {
			p.Ungiven++
		}
	}
	closings, err := ledger.Closings(ctx, s.db, f.ID)
	if err != nil {
		return p, w, err
	}
	if len(closings) > 0 {
		c := closings[0]
		p.Closing, p.Running = &c, c.Step.Running()
		if f.Closing == c.ID {
			p.Closed = shortDate(c.Accepted.At.Format(time.DateOnly), v.Today)
		}
	}
	tried := closings
	switch {
	case p.Running || p.Closed != "":
		tried = closings[1:]
	case p.Closing != nil && p.Closing.Step == ledger.Accepted:
		p.Closing = nil // it has been undone since: everything begins anew
	}
	p.Steps = stepViews(p.Closing, f, v.Today)
	p.Tried = closingEvents(tried, f, v.Today)
	relapses, err := ledger.RelapsesOf(ctx, s.db, f.ID)
	if err != nil {
		return p, w, err
	}
	p.Relapses = relapseLines(relapses, v.Today)
	letters, err := ledger.LettersOf(ctx, s.db, f.ID)
	if err != nil {
		return p, w, err
	}
	for _, l := range letters {
		p.Letters = append(p.Letters, newLetterView(l, v.Today))
	}
	extensions, err := ledger.Extensions(ctx, s.db, f.ID)
	if err != nil {
		return p, w, err
	}
	if len(extensions) > 0 {
		line := extensionLines(extensions[:1], v.Today)[0]
		p.Extension = &line
	}
	for _, x := range extensions {
		if x.State == "granted" {
			p.Extended++
		}
	}
	if p.Extended > 0 || f.Relapsed {
		p.NowDue = shortDate(f.Due, v.Today)
	}
	p.rights(f, w, v, plan)
	return p, w, nil
}

// rights says what the reader may do, and why not.
func (p *workSheet) rights(f ledger.Finding, w ledger.Work, v *visit, plan bool) {
	if f.Dropped > 0 {
		return
	}
	p.MayReopen = f.Closing != 0 && v.Who.Check(org.Reopen, f.Unit) == nil
	if f.Closing != 0 {
		return
	}
	p.MayAssign = v.Who.Check(org.Assign, f.Unit) == nil
	p.MayExtend = f.Allows(v.Who, org.Progress) == nil
	p.MayApply = f.MayApply(v.Who) == nil
	if p.Running {
		return
	}
	p.Gates = gateViews(f, w, w.Gates(v.Today), plan)
	if len(p.Gates) > 0 {
		p.Apply = p.Gates[0].Text
		if len(p.Gates) > 1 {
			p.Apply = fmt.Sprintf("%s；另有 %d 项", p.Apply, len(p.Gates)-1)
		}
	}
	p.Ready = p.MayApply && len(p.Gates) == 0
}

// secondClock shows the pulse: of the upkeep while it runs, and before of the recurring duties that will become it.
func (s *Server) secondClock(f ledger.Finding, w ledger.Work, up ledger.Upkeep, rules ledger.Rules, d ledger.Days) secondClock {
	c := secondClock{Show: f.LongTerm || up.ID != 0, Rule: relapseRule(rules), Link: up.ID != 0}
	var beating []duty.Duty
	for _, x := range w.Duties {
		chosen := slices.Contains(up.Duties, x.ID)
		if up.ID == 0 {
			chosen = x.State != duty.Stopped && x.Part != duty.Watch
		}
		if x.Recurs() && chosen {
			beating = append(beating, x)
		}
	}
	var list []duty.Occurrence
	for _, o := range w.Occurrences {
		if slices.ContainsFunc(beating, func(x duty.Duty) bool { return x.ID == o.Duty }) && o.Due >= up.Starts && (up.Ends == "" || o.Due <= up.Ends) {
			list = append(list, o)
		}
	}
	c.Show = c.Show || len(beating) > 0
	pulse := ledger.TakePulse(rules, up.Beats(w.Occurrences), d.Today)
	switch {
	case up.State == "running":
		c.Light = upkeepLight(up, pulse)
	case f.Relapsed:
		c.Light = light{Kind: "back", Word: "已反弹", Title: up.Reason}
	case up.State == "ended":
		c.Light = light{Kind: "done", Word: "已转入常态", Title: up.Reason}
	case len(beating) > 0:
		c.Light = light{Kind: "none", Word: "销号后起算"}
	default:
		c.Light = light{Kind: "none", Word: "还没有常态任务"}
	}
	switch len(beating) {
	case 0:
		c.Say = "没有常态任务的，销号后由审核人每季度看一次有没有反弹。"
		return c
	case 1:
		c.Lead = beating[0].Often()
	default:
		c.Lead = fmt.Sprintf("%d 项常态任务", len(beating))
	}
	past, next, say := s.strip(list, d, 14, 8)
	c.Marks, c.Say = append(past, next...), say
	return c
}

// measureWork says how far a measure is, and lists who does it.
func (s *Server) measureWork(v *visit, f ledger.Finding, w ledger.Work, id int64) *measureWork {
	p := w.Measure(id, v.Today)
	m := &measureWork{Evidence: p.Evidence, Fold: len(p.Duties) > mostOpenDuties}
	for _, x := range p.Duties {
		m.Duties = append(m.Duties, s.dutyView(v, x, w.Occurrences))
		if x.Condition != "" && p.Inapplicable {
			m.Not = conditionWords(x, v.Today)
		}
	}
	for _, o := range w.Occurrences {
		if o.Measure == id && o.Timing == duty.Early {
			m.Early = true
		}
	}
	due := s.due(v, ledger.Finding{State: ledger.Doing, Due: f.Due})
	switch {
	case len(p.Duties) == 0:
		m.Light = light{Kind: "none", Word: "未交办"}
		if f.Closing != 0 { // all was stopped
			m.Light = light{Kind: "done", Word: "已办结"}
		}
	case p.Inapplicable:
		m.Light = light{Kind: "stop", Word: "不适用"}
	case p.Returned > 0:
		m.Light = light{Kind: "back", Word: "退回待补"}
	case p.Missed > 0:
		m.Light = light{Kind: "late", Word: fmt.Sprintf("漏办 %d 次", p.Missed)}
	case p.Waiting > 0:
		m.Light = light{Kind: "wait", Word: "待复核"}
	case p.Met():
		m.Light = light{Kind: "done", Word: "办到"}
	case due.Kind == "late" || due.Kind == "soon":
		m.Light = due
	default:
		m.Light = light{Kind: "run", Word: "正在整改"}
	}
	if len(p.Duties) > 0 && !p.Inapplicable {
		m.Say = measureSay(p)
	}
	return m
}

// measureSay counts what was done for a measure, by unit where several do it.
func measureSay(p ledger.MeasureWork) string {
	if len(p.Duties) <= mostOpenDuties {
		return fmt.Sprintf("办结 %d 次", p.Done)
	}
	say := fmt.Sprintf("%d/%d 项已有办理", len(p.Duties)-len(p.Unanswered), len(p.Duties))
	for i, d := range p.Unanswered {
		switch {
		case i == 0:
			say += "，缺" + d.Unit.Name
		case i < 3:
			say += "、" + d.Unit.Name
		case i == 3:
			say += fmt.Sprintf("等 %d 个", len(p.Unanswered))
		}
	}
	return say
}

// dutyView says how one duty stands: what presses most of its occurrences, or what comes next.
func (s *Server) dutyView(v *visit, x duty.Duty, list []duty.Occurrence) dutyView {
	w := dutyView{ID: x.ID, Who: x.Unit.Name + " " + x.Name, Often: x.Often(), Waiting: x.State == duty.Given, Light: light{Kind: "done", Word: "办结"}}
	if x.Part == duty.Help {
		w.Part = x.Part.Word()
	}
	if x.Condition != "" {
		w.Condition = conditionWords(x, v.Today)
	}
	rank := func(o duty.Occurrence) int {
		switch {
		case o.Standing == duty.Returned:
			return 1
		case o.Standing == duty.Reported:
			return 2
		case o.Standing == duty.Open && o.Due < v.Today:
			return 3
		case o.Standing == duty.Missed:
			return 4
		case o.Standing == duty.Open:
			return 5
		}
		return 9
	}
	best := duty.Occurrence{}
	for _, o := range list {
		if o.Duty != x.ID {
			continue
		}
		if best.ID == 0 || rank(o) < rank(best) {
			best = o
		}
		if o.Standing == duty.Open && w.Next == "" && o.Due >= v.Today {
			w.Next = shortDate(o.Due, v.Today)
		}
	}
	switch {
	case best.ID == 0 && x.Recurs():
		w.Light = light{Kind: "none", Word: "还没有到期的"}
	case rank(best) < 9:
		w.Task, w.Light = best.ID, s.taskLight(v, best)
	case best.ID != 0:
		w.Task = best.ID
	}
	return w
}

// letterStates are the looks of the states of a letter.
var letterStates = map[string]light{"sent": {Kind: "wait", Word: "待签收"}, "received": {Kind: "done", Word: "已签收"}, "replied": {Kind: "done", Word: "已复函"}}

func newLetterView(l ledger.Letter, today string) letterView {
	v := letterView{Letter: l, Light: letterStates[l.State], Paper: newLetterPaper(l)}
	if !l.Received.At.IsZero() {
		v.Light.Word = clock(l.Received.At, today) + " " + l.Received.Name + "签收"
	}
	if l.State == "replied" {
		v.Light.Word = clock(l.Replied.At, today) + " " + l.Replied.Name + "复函"
	}
	return v
}

// badVerbs are the words of the history that stand in red.
var badVerbs = []string{"退回", "漏办", "反弹", "销号作废", "不同意延期", "重新打开"}

// hiddenFields are fields of the journal that are for machines.
var hiddenFields = []string{"问题", "种类", "SHA-256", "内容指纹", "版次"}

// storyEvent is an entry of the history of a finding or of something under it, with a way to that.
func storyEvent(e journal.Entry, today string) event {
	x := newEvent(e, today)
	x.Bad = slices.Contains(badVerbs, e.Verb)
	for i, c := range x.Changes {
		if c.Field == "内容指纹" {
			x.Changes[i].To = shortHash(c.To)
		}
	}
	if e.Kind == "finding" {
		return x
	}
	x.Link = fmt.Sprintf("/%s/%d", map[string]string{"duty": "duty", "occurrence": "task", "evidence": "evidence", "letter": "letter"}[e.Kind], e.Row)
	var rest []journal.Change
	due := ""
	for _, c := range x.Changes {
		switch {
		case x.About == "" && (c.Field == "任务" || c.Field == "名称" || c.Field == "编号"):
			x.About = firstText(c.To, c.From)
		case c.Field == "到期日" && e.Kind == "occurrence":
			due = c.To
		case slices.Contains(hiddenFields, c.Field):
		default:
			rest = append(rest, c)
		}
	}
	if due != "" {
		x.About += "（" + due + "）"
	}
	if x.About == "" {
		x.About = "看详情"
	}
	x.Changes = rest
	return x
}

// saysTheSame tells that an entry is the plain statement that came with a report which stands in the history too.
func saysTheSame(e journal.Entry, list []journal.Entry) bool {
	statement := e.Kind == "evidence" && slices.ContainsFunc(e.Changes, func(c journal.Change) bool { return c.Field == "种类" && c.To == evidence.Statement.Word() })
	return statement && slices.ContainsFunc(list, func(o journal.Entry) bool {
		return o.Kind == "occurrence" && o.Staff == e.Staff && o.Entered.Equal(e.Entered)
	})
}

// grouped puts what one person did at one moment to many duties or tasks into one event: 交办 … 等 12 项.
func grouped(entries []journal.Entry, today string) []event {
	var list []event
	for i := 0; i < len(entries); {
		e, n := entries[i], 1
		for i+n < len(entries) && alike(e, entries[i+n]) {
			n++
		}
		if n < 3 {
			list, i = append(list, storyEvent(e, today)), i+1
			continue
		}
		x := storyEvent(e, today)
		x.About, x.Changes = fmt.Sprintf("%s 等 %d 项", x.About, n), nil
		list, i = append(list, x), i+n
	}
	return list
}

func alike(a, b journal.Entry) bool {
	return (a.Kind == "duty" || a.Kind == "occurrence") && a.Kind == b.Kind && a.Verb == b.Verb && a.Staff == b.Staff && a.Entered.Equal(b.Entered)
}

func firstText(list ...string) string {
	for _, x := range list {
		if x != "" {
			return x
		}
	}
	return ""
}
