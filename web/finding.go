package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/store"
)

// findingPage is one finding: what it is, what answers it, how long there is, and what happened.
type findingPage struct {
	frame
	Finding    ledger.Finding
	Serial     string
	Plan       planChoice
	MayPlan    bool // the reader may open the plan
	State, Due light
	DueLines   []string
	Clock      *clockStrip
	Blocks     []block
	Notes      []noteView
	History    []event
	Older      bool  // there is more history than shown
	Prev, Next int64 // ids of the findings before and after, 0 for none
	MayEdit    bool
	MayReport  bool
	Numbers    claimsPart
	ShowNames  bool // there are measures to offer for an unanswered manifestation
	Evidence   []evidenceView
	Withdrawn  []evidenceView
	Hints      []hintView
	Work       workSheet
	marks      []clockMark // of the first clock
	Alike      []alikeView
	Checks     checksView
}

// block is a group of manifestations with the measures that answer them.
type block struct {
	Manifestations []string
	At             int // index of the first manifestation, -1 for measures that answer none
	Measures       []measureView
	Notes          []string // what else answers
	Gap            bool
	Last           bool
	Offers         []offer // measures that might answer it too
}

// measureView is a measure with what its words promise.
type measureView struct {
	Text  string
	Done  bool // reported as done
	Often []often
	Also  string
	ID    int64
}

// often is a phrase of recurrence and what it means.
type often struct{ Phrase, Meaning string }

// offer is a measure that might answer a manifestation too.
type offer struct {
	Measure int
	Name    string
}

// noteView is what the reader of the plan said about the finding.
type noteView struct {
	Kind, Light, Word string
	Text, Place       string
}

// event is an entry of the history.
type event struct {
	At, Machine string // as people write it, and for machines
	Verb, Who   string
	Changes     []journal.Change
	Happened    string // when it is said to have happened, where that is not the day of entry
	Link, About string // of what under the finding it tells, and where that is
	Bad         bool   // it stands in red
}

// The page shows so many entries of the history, and so many when asked for all.
const (
	historyLimit = 12
	historyMost  = 2000
)

// findingShow answers GET /finding/{id}.
func (s *Server) findingShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	f, err := ledger.ByID(ctx, s.db, v.Who, id)
	if err != nil {
		return err
	}
	p := findingPage{
		Finding: f, Serial: f.Serial(), State: stateLight(f), Due: s.due(v, f), DueLines: dueLines(f, v.Today),
		MayEdit: v.Who.Check(org.Edit, f.Unit) == nil, MayReport: f.Allows(v.Who, org.Progress) == nil, ShowNames: len(f.Measures) > 0,
	}
	if f.Dropped > 0 { // it is kept to be read
		p.MayEdit, p.MayReport, p.Due = false, false, light{}
	}
	p.Blocks = blocks(f, p.MayEdit)
	if p.Plan, p.MayPlan, err = s.planOf(ctx, v, f); err != nil {
		return err
	}
	var work ledger.Work
	if p.Work, work, err = s.workSheet(ctx, v, f, p.MayPlan); err != nil {
		return err
	}
	notes, err := ledger.OpenNotes(ctx, s.db, f)
	if err != nil {
		return err
	}
	p.Notes = noteViews(notes)
	withdrawn, err := evidence.WithdrawnOf(ctx, s.db, f.ID)
	if err != nil {
		return err
	}
	p.Evidence, p.Withdrawn = viewEvidence(work.Evidence, v.Today), viewEvidence(withdrawn, v.Today)
	if p.Hints, err = s.hintsBeside(ctx, v, ledger.HintFilter{Finding: f.ID}); err != nil {
		return err
	}
	if p.Numbers, err = s.claimsOf(ctx, v, f); err != nil {
		return err
	}
	if err := s.story(ctx, v, &p, r.URL.Query().Has("all")); err != nil {
		return err
	}
	p.Clock = newClock(p.Plan.Feedback, f, v.Today)
	p.Clock.mark(p.Plan.Feedback, f, v.Today, clockMarks(f, work, p.marks))
	if p.Prev, p.Next, err = s.neighbours(ctx, v, f, p.Plan); err != nil {
		return err
	}
	if p.Alike, err = s.alike(ctx, v, f); err != nil {
		return err
	}
	if p.Checks, err = s.checks(ctx, v, f); err != nil {
		return err
	}
	p.frame = s.frame(v, "ledger", f.Title)
	return s.render(w, http.StatusOK, "finding", p)
}

// story reads the history of a finding and of all under it, and what of it the first clock shows.
func (s *Server) story(ctx context.Context, v *visit, p *findingPage, all bool) error {
	limit := 5 * historyLimit // several may become one
	if all {
		limit = historyMost
	}
	entries, err := ledger.Story(ctx, s.db, p.Finding.ID, all, limit)
	if err != nil {
		return err
	}
	if p.Work.StoryCount, err = ledger.StoryLength(ctx, s.db, p.Finding.ID); err != nil {
		return err
	}
	entries = toldBriefly(entries)
	if all {
		for _, e := range entries {
			p.History = append(p.History, storyEvent(e, v.Today))
		}
	} else {
		told := slices.DeleteFunc(slices.Clone(entries), func(e journal.Entry) bool { return saysTheSame(e, entries) })
		p.History = grouped(told, v.Today)
		p.History = p.History[:min(historyLimit, len(p.History))]
	}
	p.Older, p.Work.StoryAll = p.Work.StoryCount > len(p.History) && !all, all
	turns, err := ledger.Turns(ctx, s.db, p.Finding.ID)
	for _, e := range turns {
		p.marks = append(p.marks, clockMark{Day: e.Entered.Format(time.DateOnly), Word: e.Verb})
	}
	return err
}

// planOf finds the plan of a finding. Its name and dates are known to whoever sees the finding, its pages to its own unit.
func (s *Server) planOf(ctx context.Context, v *visit, f ledger.Finding) (planChoice, bool, error) {
	plans, err := s.plans(ctx, v)
	if err != nil {
		return planChoice{}, false, err
	}
	if i := slices.IndexFunc(plans, func(p planChoice) bool { return p.ID == f.Plan }); i >= 0 {
		return plans[i], true, nil
	}
	info, err := ledger.PlanByID(ctx, s.db, org.Program, f.Plan)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return planChoice{PlanInfo: info, FeedbackDay: shortDate(info.Feedback, v.Today)}, false, err
}

// blocks sets manifestations beside the measures that answer them.
func blocks(f ledger.Finding, mayEdit bool) []block {
	var list []block
	for _, r := range ledger.Rows(f) {
		if r.ManifestationSpan > 0 && r.MeasureSpan > 0 {
			list = append(list, block{At: r.Manifestation, Gap: r.Measure == ledger.NoMeasure})
		}
		b := &list[len(list)-1]
		if r.ManifestationSpan > 0 && r.Manifestation >= 0 {
			m := f.Manifestations[r.Manifestation]
			b.Manifestations = append(b.Manifestations, m.Number+m.Text)
		}
		if r.Measure >= 0 && r.MeasureSpan > 0 {
			b.Measures = append(b.Measures, viewMeasure(f, r))
		}
		switch {
		case r.Measure == ledger.SeeElsewhere:
			b.Notes = append(b.Notes, "由"+quoteAll(r.Elsewhere, measureName(f))+"一并回应")
		case len(r.Elsewhere) > 0:
			b.Notes = append(b.Notes, "另有"+quoteAll(r.Elsewhere, measureName(f))+"一并回应")
		}
		if b.Gap && mayEdit && r.Manifestation >= 0 {
			for i := range f.Measures {
				b.Offers = append(b.Offers, offer{i, measureName(f)(i)})
			}
		}
	}
	list[len(list)-1].Last = true
	return list
}

func viewMeasure(f ledger.Finding, r ledger.Row) measureView {
	m := f.Measures[r.Measure]
	v := measureView{ID: m.ID, Text: m.Number + m.Text, Done: m.Tense == plan.Done}
	for i, phrase := range m.Frequencies {
		o := often{Phrase: phrase}
		if i < len(m.Rules) {
			o.Meaning = ruleWords(m.Rules[i])
		}
		if o.Meaning == phrase {
			o.Meaning = "" // the words say it themselves
		}
		v.Often = append(v.Often, o)
	}
	if more := without(m.Answers, reached(r)); len(more) > 0 {
		v.Also = "也回应" + quoteAll(more, f.ManifestationName)
	}
	return v
}

// levels are the looks of the three levels of a note.
var levels = map[plan.Level]noteView{
	plan.LevelGap:   {Kind: "gap", Light: "late", Word: "缺口"},
	plan.LevelCheck: {Kind: "check", Light: "soon", Word: "待定"},
	plan.LevelInfo:  {Kind: "info", Light: "info", Word: "提示"},
}

func noteViews(notes []ledger.Note) []noteView {
	var list []noteView
	for _, n := range notes {
		x, ok := levels[n.Level]
		if !ok {
			x = levels[plan.LevelInfo]
		}
		x.Text, x.Place = n.Text, n.Place
		list = append(list, x)
	}
	return list
}

func newEvent(e journal.Entry, today string) event {
	x := event{At: clock(e.Entered, today), Machine: e.Entered.Format(time.RFC3339), Verb: e.Verb, Who: e.Who}
	for _, c := range e.Changes {
		if c.From != "" || c.To != "" {
			x.Changes = append(x.Changes, journal.Change{Field: c.Field, From: shortDate(c.From, today), To: shortDate(c.To, today)})
		}
	}
	if e.Happened != e.Entered.Format(time.DateOnly) {
		x.Happened = shortDate(e.Happened, today)
	}
	return x
}

// orderKey is everything that the order of a plan's findings depends on, as one unit sees them. Who sees a plan whole sees other
// findings only after an import, which gives the plan another version; for others any change may give or take one.
type orderKey struct {
	plan, version, head int64
	scope               string
}

// neighbours are the findings before and after f in its plan, of those the reader may see; 0 for none.
func (s *Server) neighbours(ctx context.Context, v *visit, f ledger.Finding, p planChoice) (prev, next int64, err error) {
	key := orderKey{plan: p.ID, version: p.Version, scope: v.Scope}
	if !v.Who.Within(f.Unit) {
		key.head = v.Head
	}
	order, err := s.orders.do(ctx, key, func() ([]int64, error) {
		keys, err := ledger.ListAll(ctx, s.db, v.Who, ledger.Filter{Plan: p.ID}, v.Days)
		ids := make([]int64, len(keys))
		for i, k := range keys {
			ids[i] = k.ID
		}
		return ids, err
	})
	i := slices.Index(order, f.ID)
	if i > 0 {
		prev = order[i-1]
	}
	if i >= 0 && i+1 < len(order) {
		next = order[i+1]
	}
	return prev, next, err
}

// clockStrip is the first clock: a ruler from the feedback to the deadline with today on it. Places are percent of its width.
type clockStrip struct {
	Start, End string // dates as people write them
	DueAt      string // where the deadline stands
	TodayAt    string // empty when nothing presses any more
	Go, Late   string // how far time has gone within the deadline, and from where past it
	LateWide   string
	Say        string
	Marks      []clockMark
}

// clockMark is a day on the ruler on which something happened.
type clockMark struct {
	Day, Word string
	At        string
	Text      string // 2月28日 交办; empty where another stands too near
	Title     string
}

// clockMarks are the days that the first clock shows: when the work was given, sent back, extended, reopened.
func clockMarks(f ledger.Finding, w ledger.Work, turns []clockMark) []clockMark {
	marks := turns
	given := ""
	for _, d := range w.Duties {
		if day := d.Given.Format(time.DateOnly); d.Part != duty.Watch && (given == "" || day < given) {
			given = day
		}
	}
	if given != "" {
		marks = append([]clockMark{{Day: given, Word: "交办"}}, marks...)
	}
	return marks
}

// markRank are the words of the marks, what matters most first.
var markRank = []string{"反弹", "退回", "延期", "销号", "交办"}

// sameDay puts what happened on one day into one mark, with the two words that matter most. Marks come by day and rank.
func sameDay(marks []clockMark) []clockMark {
	var list []clockMark
	words := 0
	for _, m := range marks {
		last := len(list) - 1
		switch {
		case last < 0 || list[last].Day != m.Day:
			list, words = append(list, m), 1
		case words < 2 && list[last].Word != m.Word:
			list[last].Word, words = list[last].Word+"、"+m.Word, 2
		}
	}
	return list
}

// mark sets days on the ruler between its ends. A word stands beside its tick where there is room.
func (c *clockStrip) mark(feedback string, f ledger.Finding, today string, marks []clockMark) {
	if c == nil {
		return
	}
	end := f.Due
	if c.Late != "" {
		end = today
	}
	from, _ := time.Parse(time.DateOnly, feedback)
	to, _ := time.Parse(time.DateOnly, end)
	whole := to.Sub(from).Hours()
	due := 100.0
	if c.Late != "" {
		d, _ := time.Parse(time.DateOnly, f.Due)
		due = 100 * d.Sub(from).Hours() / whole
	}
	slices.SortStableFunc(marks, func(a, b clockMark) int {
		return cmp.Or(strings.Compare(a.Day, b.Day), slices.Index(markRank, a.Word)-slices.Index(markRank, b.Word))
	})
	marks = sameDay(marks)
	ends, taken := []float64{0, 100}, []float64{}
	if c.Late != "" {
		taken = append(taken, due)
	}
	near := func(list []float64, at, room float64) bool {
		return slices.ContainsFunc(list, func(x float64) bool { return at-x < room && x-at < room })
	}
	for _, m := range marks {
		day, err := time.Parse(time.DateOnly, m.Day)
		if err != nil || whole <= 0 || m.Day < feedback || m.Day > end {
			continue
		}
		at := 100 * day.Sub(from).Hours() / whole
		m.At, m.Title = fmt.Sprintf("%.1f%%", at), shortDate(m.Day, today)+" "+m.Word
		if !near(taken, at, 14) && (!near(ends, at, 19) || c.Late != "" && at > 50 && at < 93) {
			m.Text, taken = m.Title, append(taken, at)
		}
		c.Marks = append(c.Marks, m)
	}
}

// newClock draws the first clock. Without both dates there is none.
func newClock(feedback string, f ledger.Finding, today string) *clockStrip {
	from, err := time.Parse(time.DateOnly, feedback)
	due, err2 := time.Parse(time.DateOnly, f.Due)
	now, err3 := time.Parse(time.DateOnly, today)
	if err != nil || err2 != nil || err3 != nil || !due.After(from) {
		return nil
	}
	settled := f.State.Settled() || f.Dropped > 0
	end := due
	if !settled && now.After(due) {
		end = now
	}
	at := func(t time.Time) string {
		share := 100 * t.Sub(from).Hours() / end.Sub(from).Hours()
		return fmt.Sprintf("%.1f%%", min(max(share, 0), 100))
	}
	c := &clockStrip{Start: shortDate(feedback, today), End: shortDate(f.Due, today), DueAt: at(due), Go: at(due)}
	c.Say = c.Start + "反馈，" + c.End + "到期"
	if settled {
		return c
	}
	c.TodayAt, c.Go = at(now), at(now)
	if now.After(due) {
		c.Go, c.Late = at(due), at(due)
		c.LateWide = fmt.Sprintf("%.1f%%", 100*now.Sub(due).Hours()/end.Sub(from).Hours())
	}
	return c
}
