package ledger

import (
	"context"
	"fmt"
	"slices"

	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/store"
)

// Work is everything that was given, done and proved for a finding.
type Work struct {
	Finding     Finding
	Feedback    string // day of the inspection's feedback, empty when unknown
	Since       string // what is proved must be younger: the feedback, or the last relapse
	Duties      []duty.Duty
	Occurrences []duty.Occurrence // by due day
	Evidence    []evidence.Item   // current and not withdrawn
	Extending   bool              // an extension waits for an answer
}

// WorkOf reads the work of a finding.
func WorkOf(ctx context.Context, q store.Querier, f Finding) (Work, error) {
	w := Work{Finding: f}
	var err error
	if w.Feedback, err = FeedbackOf(ctx, q, f.ID); err != nil {
		return w, err
	}
	w.Since = w.Feedback
	if f.Relapses > 0 {
		last, err := store.One(ctx, q, store.Value[string], `select coalesce(max(day), '') from relapse where finding = $1`, f.ID)
		if err != nil {
			return w, err
		}
		w.Since = max(w.Since, last)
	}
	if w.Duties, err = duty.OfFinding(ctx, q, f.ID); err != nil {
		return w, err
	}
	if w.Occurrences, err = duty.List(ctx, q, duty.Filter{Finding: f.ID}); err != nil {
		return w, err
	}
	if w.Evidence, err = evidence.Of(ctx, q, f.ID); err != nil {
		return w, err
	}
	n, err := store.One(ctx, q, store.Value[int], `select count(*) from extension where finding = $1 and state = 'asked'`, f.ID)
	w.Extending = n > 0
	return w, err
}

// Gate is something that stands in the way of closing a finding.
type Gate struct {
	Code    string
	Text    string // what is missing and what to do
	Measure int64  // that it is about; 0: the finding as a whole
}

// The codes of gates.
const (
	GateFeedback   = "feedback"   // the day of the feedback is not known
	GateUnanswered = "unanswered" // a manifestation without measure
	GateUnassigned = "unassigned" // a measure that nobody was given
	GateUndone     = "undone"     // a first clock not met
	GateWaiting    = "waiting"    // a report that nobody has looked at
	GateReturned   = "returned"   // something sent back
	GateMissed     = "missed"     // something missed and not made up for
	GateUnproved   = "unproved"   // a measure without evidence
	GateOld        = "old"        // evidence older than the feedback without a reason
	GateExtension  = "extension"  // an extension waits for an answer
	GateRelapse    = "relapse"    // nothing new since the relapse
	GateClosed     = "closed"     // closed already
	GateUnmeasured = "unmeasured" // no measure at all
)

// Gates lists what stands in the way of closing on a day; none means it may be applied for. It is the one place that says so.
func (w Work) Gates(today string) []Gate {
	f := w.Finding
	var gates []Gate
	add := func(code, format string, args ...any) {
		gates = append(gates, Gate{Code: code, Text: fmt.Sprintf(format, args...)})
	}
	if f.Closing != 0 {
		add(GateClosed, "已经销号")
		return gates
	}
	if w.Feedback == "" {
		add(GateFeedback, "不知道反馈日期，分不清材料是反馈前还是反馈后的。请在方案页补上")
	}
	for i, m := range f.Manifestations {
		if len(f.AnsweredBy(i)) == 0 {
			add(GateUnanswered, "“%s”没有措施回应。请补一条措施，或指明由哪条一并解决", short(m.Number+m.Text))
		}
	}
	if len(f.Measures) == 0 {
		add(GateUnmeasured, "方案没有写整改措施。请先补上")
	}
	if w.Extending {
		add(GateExtension, "延期申请还没有批。请先等批复或撤回")
	}
	for i, m := range f.Measures {
		before := len(gates)
		w.measureGates(f.MeasureName(i), m, today, add)
		for k := range gates[before:] {
			gates[before+k].Measure = m.ID
		}
	}
	for _, e := range w.Evidence {
		if w.Feedback != "" && e.Event < w.Feedback && e.Early == "" {
			add(GateOld, "佐证《%s》的日期%s早于反馈日%s。属立行立改的请写明，否则请换一份", e.Title, e.Event, w.Feedback)
		}
	}
	if f.Relapsed && !slices.ContainsFunc(w.Evidence, func(e evidence.Item) bool { return e.Event >= w.Since }) {
		add(GateRelapse, "反弹重开后还没有新的佐证")
	}
	return gates
}

// measureGates says what the first clock of one measure lacks.
func (w Work) measureGates(name string, m Measure, today string, add func(code, format string, args ...any)) {
	p := w.Measure(m.ID, today)
	switch {
	case len(p.Duties) == 0:
		add(GateUnassigned, "“%s”还没有交办到人", name)
		return
	case p.Inapplicable && p.Evidence == 0:
		add(GateUnproved, "“%s”不适用，请附上解除条件的文件作佐证", name)
		return
	case p.Inapplicable:
		return
	}
	if p.Waiting > 0 {
		add(GateWaiting, "“%s”有%d次反馈在等复核", name, p.Waiting)
	}
	if p.Returned > 0 {
		add(GateReturned, "“%s”有%d次被退回，还没有补报", name, p.Returned)
	}
	if p.Missed > 0 {
		add(GateMissed, "“%s”有%d次漏办，还没有补办或说明", name, p.Missed)
	}
	if p.Open > 0 || p.Done == 0 && p.Waiting == 0 && p.Returned == 0 {
		add(GateUndone, "“%s”还没有办到：%s", name, p.Say())
	}
	if p.Evidence == 0 {
		add(GateUnproved, "“%s”没有有效的佐证材料", name)
	}
}

// broken are the gates that stop an application that is on its way. What fell due since, and is not reported yet, does not.
var broken = map[string]bool{GateFeedback: true, GateUnanswered: true, GateUnmeasured: true, GateUnassigned: true, GateReturned: true, GateMissed: true,
	GateUnproved: true, GateOld: true}

// Broken lists what stands in the way of an application that is on its way.
func (w Work) Broken(today string) []Gate {
	var gates []Gate
	for _, g := range w.Gates(today) {
		if broken[g.Code] {
			gates = append(gates, g)
		}
	}
	return gates
}

// MeasureWork is how far one measure is: its first clock.
type MeasureWork struct {
	Duties       []duty.Duty
	Done         int // occurrences settled as done
	Open         int // due until the finding's deadline or today, and not reported
	Waiting      int // reported, to be looked at
	Returned     int
	Missed       int // and not made up for
	MadeUp       int
	Excused      int
	Evidence     int
	Next         string      // due day of the next that is open
	Inapplicable bool        // its condition is over and all that was open is excused (双暂停): neither done nor missing
	Unanswered   []duty.Duty // duties nothing of which is done yet
}

// Say counts the occurrences of a measure in words.
func (p MeasureWork) Say() string {
	s := fmt.Sprintf("已办%d次", p.Done)
	if p.Open > 0 {
		s += fmt.Sprintf("，到期未报%d次", p.Open)
	}
	if len(p.Unanswered) > 0 {
		s += "，" + p.Unanswered[0].Unit.Name
		if len(p.Unanswered) > 1 {
			s += fmt.Sprintf("等%d个单位", len(p.Unanswered))
		}
		s += "还没有办过"
	}
	return s
}

// Met tells whether the first clock of the measure is met.
func (p MeasureWork) Met() bool {
	return len(p.Duties) > 0 && (p.Inapplicable || p.Done > 0 && p.Open+p.Waiting+p.Returned+p.Missed == 0)
}

// Measure counts the work of one measure. A single task counts whenever it is due; of a recurring one what is due by today.
func (w Work) Measure(id int64, today string) MeasureWork {
	var p MeasureWork
	done := map[int64]bool{}
	conditional, over := false, true
	for _, d := range w.Duties {
		if d.Measure != id || d.State == duty.Stopped || d.Part == duty.Watch {
			continue
		}
		p.Duties = append(p.Duties, d)
		conditional = conditional || d.Condition != ""
		over = over && d.Condition != "" && d.CondTo != "" && d.CondTo < today
	}
	for _, o := range w.Occurrences {
		if !slices.ContainsFunc(p.Duties, func(d duty.Duty) bool { return d.ID == o.Duty }) {
			continue
		}
		switch o.Standing {
		case duty.Done:
			p.Done++
			done[o.Duty] = true
			if o.Timing == duty.MadeUp {
				p.MadeUp++
			}
		case duty.Reported:
			p.Waiting++
			done[o.Duty] = true
		case duty.Returned:
			p.Returned++
			done[o.Duty] = true
		case duty.Missed:
			p.Missed++
		case duty.Excused:
			p.Excused++
			done[o.Duty] = true
		case duty.Open:
			if !o.Recurs || o.Due <= today {
				p.Open++
			}
			if p.Next == "" {
				p.Next = o.Due
			}
		}
	}
	for _, d := range p.Duties {
		if !done[d.ID] {
			p.Unanswered = append(p.Unanswered, d)
		}
	}
	p.Inapplicable = conditional && over && p.Open+p.Returned+p.Waiting+p.Missed == 0
	if len(p.Unanswered) > 0 && !p.Inapplicable && p.Open == 0 {
		p.Open = len(p.Unanswered) // given, and never done: a co-operating unit answers for itself
	}
	for _, e := range w.Evidence {
		if (e.Measure == id || e.Measure == 0) && !e.Expired(today) {
			p.Evidence++
		}
	}
	return p
}

// short is the beginning of a text, for quoting.
func short(s string) string {
	r := []rune(s)
	if len(r) > 18 {
		return string(r[:18]) + "…"
	}
	return s
}
