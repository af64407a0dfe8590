package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
)

// gateView is something that stands in the way of a closing, with what to do about it.
type gateView struct {
	Code, Text    string
	Address, Word string // of what to do; empty where there is nothing to follow
}

// gateViews gives each gate its way out.
func gateViews(f ledger.Finding, w ledger.Work, gates []ledger.Gate, plan bool) []gateView {
	list := make([]gateView, len(gates))
	for i, g := range gates {
		v := gateView{Code: g.Code, Text: g.Text}
		switch g.Code {
		case ledger.GateFeedback:
			if plan {
				v.Address, v.Word = fmt.Sprintf("/plan/%d", f.Plan), "看方案"
			}
		case ledger.GateUnanswered, ledger.GateUnmeasured:
			v.Address, v.Word = fmt.Sprintf("/finding/%d/measure", f.ID), "补措施"
		case ledger.GateUnassigned:
			v.Address, v.Word = fmt.Sprintf("/finding/%d/assign", f.ID), "去交办"
		case ledger.GateUndone:
			v.Address, v.Word = taskAddress(w, g.Measure, duty.Open), "看任务"
		case ledger.GateWaiting:
			v.Address, v.Word = taskAddress(w, g.Measure, duty.Reported), "去复核"
		case ledger.GateReturned:
			v.Address, v.Word = taskAddress(w, g.Measure, duty.Returned), "看退回"
		case ledger.GateMissed:
			v.Address, v.Word = taskAddress(w, g.Measure, duty.Missed), "去补办"
		case ledger.GateUnproved:
			v.Address, v.Word = fmt.Sprintf("/finding/%d/evidence?measure=%d", f.ID, g.Measure), "附佐证"
		case ledger.GateRelapse:
			v.Address, v.Word = fmt.Sprintf("/finding/%d/evidence", f.ID), "附佐证"
		case ledger.GateOld:
			v.Address, v.Word = fmt.Sprintf("/finding/%d#evidence", f.ID), "看佐证"
		case ledger.GateExtension:
			v.Address, v.Word = fmt.Sprintf("/finding/%d/extend", f.ID), "看延期"
		}
		if v.Address == "" {
			v.Word = ""
		}
		list[i] = v
	}
	return list
}

// taskAddress is the page of the first task of a measure in a standing, or of its duty where there is none.
func taskAddress(w ledger.Work, measure int64, standing duty.Standing) string {
	for _, o := range w.Occurrences {
		if o.Measure == measure && o.Standing == standing {
			return fmt.Sprintf("/task/%d", o.ID)
		}
	}
	for _, d := range w.Duties {
		if d.Measure == measure && d.State != duty.Stopped {
			return fmt.Sprintf("/duty/%d", d.ID)
		}
	}
	return ""
}

// closePage is where the closing of a finding is applied for.
type closePage struct {
	frame
	Finding   ledger.Finding
	Gates     []gateView
	Work      []measureLine
	Evidence  []evidence.Item
	Running   *ledger.Closing // an application on its way
	Last      *ledger.Closing // the one before, when it was sent back or voided
	MayApply  bool
	WhyNot    string
	Statement string
	Problem   string
	Version   int64
}

// measureLine says how far one measure is.
type measureLine struct {
	Name, Text, Say string
	Met             bool
	Evidence        int
}

func measureLines(f ledger.Finding, w ledger.Work, today string) []measureLine {
	list := make([]measureLine, len(f.Measures))
	for i, m := range f.Measures {
		p := w.Measure(m.ID, today)
		list[i] = measureLine{f.MeasureName(i), m.Number + m.Text, workSay(p), p.Met(), p.Evidence}
	}
	return list
}

// workSay counts what was done for a measure.
func workSay(p ledger.MeasureWork) string {
	switch {
	case len(p.Duties) == 0:
		return "还没有交办"
	case p.Inapplicable:
		return "不适用"
	}
	return p.Say()
}

// closeForm answers GET /finding/{id}/close.
func (s *Server) closeForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.closePage(r, v)
	if err != nil {
		return err
	}
	if p.Running != nil {
		http.Redirect(w, r, fmt.Sprintf("/closing/%d", p.Running.ID), http.StatusSeeOther)
		return nil
	}
	return s.render(w, http.StatusOK, "close", p)
}

func (s *Server) closePage(r *http.Request, v *visit) (closePage, error) {
	var p closePage
	id, err := pathID(r)
	if err != nil {
		return p, err
	}
	ctx := r.Context()
	if p.Finding, err = ledger.ByID(ctx, s.db, v.Who, id); err != nil {
		return p, err
	}
	p.Version = p.Finding.Version
	work, err := ledger.WorkOf(ctx, s.db, p.Finding)
	if err != nil {
		return p, err
	}
	p.Gates = gateViews(p.Finding, work, work.Gates(v.Today), v.Who.Within(p.Finding.Unit))
	p.Work, p.Evidence = measureLines(p.Finding, work, v.Today), work.Evidence
	old, err := ledger.Closings(ctx, s.db, id)
	if err != nil {
		return p, err
	}
	if len(old) > 0 {
		if c := old[0]; c.Step.Running() {
			p.Running = &c
		} else {
			p.Last = &c
		}
	}
	err = p.Finding.MayApply(v.Who)
	if p.MayApply = err == nil && len(p.Gates) == 0; err != nil {
		p.WhyNot = err.Error()
	}
	p.frame = s.frame(v, "ledger", "申请销号")
	return p, nil
}

// closeApply answers POST /finding/{id}/close.
func (s *Server) closeApply(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p, err := s.closePage(r, v)
	if err != nil {
		return err
	}
	p.Statement = plainText(form.Get("statement"))
	id, err := ledger.Apply(r.Context(), s.db, v.Who, p.Finding.ID, version, p.Statement)
	var blocked ledger.Blocked
	var bad ledger.Invalid
	var stale ledger.Stale
	status := http.StatusUnprocessableEntity
	switch {
	case err == nil:
		return s.done(w, r, fmt.Sprintf("/closing/%d", id), "已申请销号，等分管领导审核")
	case errors.As(err, &blocked):
		p.Problem = "还不能申请，差的写在下面"
	case errors.As(err, &stale):
		status, p.Problem = http.StatusConflict, stale.By+"在 "+clock(stale.At, v.Today)+" 先改了这个问题，您写的还在。请看过再提交。"
	case errors.As(err, &bad):
		p.Problem, p.Version = bad.Error(), version
	default:
		return err
	}
	return s.render(w, status, "close", p)
}

// stepView is one of the four steps of a closing.
type stepView struct {
	Who, Verb string
	Kind      string // of the light
	Done      bool
	Now       bool
	At, Words string
	Why       string
}

// The words of the four steps.
var stepWords = []struct{ who, verb, why string }{
	{"责任人", "申请", "措施都办到、有佐证才能申请"},
	{"分管领导", "审核", "看佐证，可退回补充"},
	{"书记", "签批", "签后给号，打印《整改销号单》"},
	{"区委巡察办", "核准", "可不予销号，退回再整改"},
}

// stepViews shows the four steps of an application; nil where there is none.
func stepViews(c *ledger.Closing, f ledger.Finding, today string) []stepView {
	list := make([]stepView, len(stepWords))
	for i, w := range stepWords {
		list[i] = stepView{Who: w.who, Verb: w.verb, Kind: "none", Why: w.why}
	}
	if len(f.Persons) > 0 {
		list[0].Who += " " + f.Persons[0].Name
	}
	if f.Leader != "" {
		list[1].Who += " " + f.Leader
	}
	if c == nil {
		return list
	}
	next := 0
	for i, m := range []ledger.Mark{c.Applied, c.Reviewed, c.Signed, c.Accepted} {
		if m.At.IsZero() {
			break
		}
		list[i].Kind, list[i].Done, list[i].At, list[i].Words = "done", true, clock(m.At, today), m.Words
		list[i].Who = stepWords[i].who + " " + m.Name
		if i == 0 { // or whoever applied for them
			list[i].Who = "申请人 " + m.Name
		}
		next = i + 1
	}
	if next < len(list) && c.Step.Running() {
		list[next].Kind, list[next].Now = "wait", true
		list[next].Why = "等" + stepWords[next].verb
	}
	if next < len(list) && !c.Step.Running() && c.Step != ledger.Accepted {
		list[next].Kind, list[next].Why = "back", c.Step.Word()+"："+c.Ended.Words
	}
	return list
}

// closingPage is one application, for those who look at it and decide.
type closingPage struct {
	frame
	Finding    ledger.Finding
	Closing    ledger.Closing
	Light      light
	Steps      []stepView
	Terms      ledger.Terms
	Short      string // beginning of the hash
	Holds      bool   // what was applied for is still what there is
	Gates      []gateView
	Evidence   []boundView
	Later      []evidence.Item // came after the application
	Hints      []hintView
	Ended      string
	MayDecide  bool
	Records    bool // enters what the district answered on paper
	WhyNot     string
	MayTake    bool // back
	Verb       string
	Feedback   string
	Form       verdictForm
	Problems   map[string]string
	Problem    string
	Returned   int // tasks of the finding that were sent back
	MadeUp     int
	Relapses   []ledger.Relapse
	Since      string
	Others     []ledger.Closing // applied for before
	LongTerm   bool
	TasksDone  int
	Extensions int
}

// verdictForm is what was typed.
type verdictForm struct{ Words, Basis, Reason string }

// boundView is a piece of evidence that the approvals are bound to.
type boundView struct {
	ID           int64
	Title, Event string
	Kind, By     string
	Short        string
	Gone         bool
	Thumb        bool // a small picture can be asked for
	Early        string
}

// closingLights are the looks of the steps.
var closingLights = map[ledger.Step]string{ledger.Applied: "wait", ledger.Reviewed: "wait", ledger.Signed: "wait", ledger.Accepted: "done",
	ledger.SentBack: "back", ledger.Withdrawn: "stop", ledger.Voided: "late"}

func closingLight(c ledger.Closing) light {
	return light{Kind: closingLights[c.Step], Word: c.Step.Word()}
}

// closingShow answers GET /closing/{id}.
func (s *Server) closingShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.closingPage(r, v)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "closing", p)
}

func (s *Server) closingPage(r *http.Request, v *visit) (closingPage, error) {
	p := closingPage{Problems: map[string]string{}}
	id, err := pathID(r)
	if err != nil {
		return p, err
	}
	ctx := r.Context()
	if p.Closing, err = ledger.ClosingByID(ctx, s.db, id); err != nil {
		return p, err
	}
	c := p.Closing
	if p.Finding, err = ledger.ByID(ctx, s.db, v.Who, c.Finding); err != nil {
		return p, err
	}
	work, err := ledger.WorkOf(ctx, s.db, p.Finding)
	if err != nil {
		return p, err
	}
	if p.Terms, err = c.Terms(); err != nil {
		return p, err
	}
	if p.Holds, err = c.Holds(work); err != nil {
		return p, err
	}
	p.Light, p.Steps, p.Short = closingLight(c), stepViews(&c, p.Finding, v.Today), shortHash(c.Hash)
	if !c.Ended.At.IsZero() {
		p.Ended = clock(c.Ended.At, v.Today)
	}
	if c.Step.Running() {
		p.Gates = gateViews(p.Finding, work, work.Gates(v.Today), v.Who.Within(p.Finding.Unit))
	}
	p.Feedback, p.Since = shortDate(work.Feedback, v.Today), shortDate(work.Since, v.Today)
	p.bindEvidence(work, v.Today)
	if p.Hints, err = s.hintsBeside(ctx, v, ledger.HintFilter{Finding: p.Finding.ID}); err != nil {
		return p, err
	}
	for _, o := range work.Occurrences {
		p.Returned += o.Returns
		if o.Timing == duty.MadeUp {
			p.MadeUp++
		}
		if o.Standing == duty.Done {
			p.TasksDone++
		}
	}
	if p.Relapses, err = ledger.RelapsesOf(ctx, s.db, c.Finding); err != nil {
		return p, err
	}
	extensions, err := ledger.Extensions(ctx, s.db, c.Finding)
	if err != nil {
		return p, err
	}
	for _, x := range extensions {
		if x.State == "granted" {
			p.Extensions++
		}
	}
	all, err := ledger.Closings(ctx, s.db, c.Finding)
	if err != nil {
		return p, err
	}
	p.Others = slices.DeleteFunc(all, func(x ledger.Closing) bool { return x.ID == c.ID })
	p.LongTerm = p.Terms.Content.LongTerm
	p.closingRights(ctx, s, v)
	p.frame = s.frame(v, "ledger", "销号")
	return p, nil
}

// closingRights says what the reader may do with an application, and why not.
func (p *closingPage) closingRights(ctx context.Context, s *Server, v *visit) {
	c := p.Closing
	if !c.Step.Running() {
		return
	}
	p.Verb = map[ledger.Step]string{ledger.Applied: "审核通过", ledger.Reviewed: "签批", ledger.Signed: "核准销号"}[c.Step]
	records, err := c.MayDecide(ctx, s.db, v.Who, p.Finding.Unit)
	p.MayDecide, p.Records = err == nil, records
	p.MayTake = c.Applied.Staff == v.Who.ID
	if err == nil {
		return
	}
	var bad ledger.Invalid
	var denied org.Denied
	switch {
	case errors.As(err, &bad):
		p.WhyNot = bad.What
	case errors.As(err, &denied):
		p.WhyNot = "这一步由" + map[ledger.Step]string{ledger.Applied: p.Finding.Unit.Name + "的分管领导审核", ledger.Reviewed: p.Finding.Unit.Name + "的书记签批",
			ledger.Signed: "区委巡察办核准"}[c.Step]
	default:
		p.WhyNot = err.Error()
	}
}

// bindEvidence sets what was bound beside what there is.
func (p *closingPage) bindEvidence(w ledger.Work, today string) {
	now := map[int64]evidence.Item{}
	for _, e := range w.Evidence {
		now[e.ID] = e
	}
	bound := map[int64]bool{}
	for _, e := range p.Terms.Content.Evidence {
		x := boundView{ID: e.ID, Title: e.Title, Event: shortDate(e.Event, today), Short: shortHash(e.Hash)}
		item, ok := now[e.ID]
		x.Gone = !ok || item.Hash() != e.Hash
		if ok {
			x.Kind, x.By, x.Early, x.Thumb = item.Kind.Word(), item.Unit+" "+item.By, item.Early, hasThumb(item)
		}
		bound[e.ID] = true
		p.Evidence = append(p.Evidence, x)
	}
	for _, e := range w.Evidence {
		if !bound[e.ID] {
			p.Later = append(p.Later, e)
		}
	}
}

// shortHash is what of a hash is enough to tell two apart by eye: 5b0e 91c2 7a44 03fe.
func shortHash(h string) string {
	if len(h) < 16 {
		return h
	}
	return strings.ToUpper(h[:4] + " " + h[4:8] + " " + h[8:12] + " " + h[12:16])
}

// closingDecide answers POST /closing/{id}/decide.
func (s *Server) closingDecide(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p, err := s.closingPage(r, v)
	if err != nil {
		return err
	}
	p.Form = verdictForm{Words: plainText(form.Get("words")), Basis: plainText(form.Get("basis"))}
	pass := form.Get("verdict") == "pass"
	c, err := ledger.DecideClosing(r.Context(), s.db, v.Cal, v.Who, p.Closing.ID, version, ledger.Verdict{Pass: pass, Words: p.Form.Words, Basis: p.Form.Basis})
	if err != nil {
		return s.closingRefused(w, r, v, p, err)
	}
	said := map[ledger.Step]string{ledger.Reviewed: "审核通过，等书记签批", ledger.Signed: "已签批，" + c.Number + "，等区委巡察办核准", ledger.Accepted: "已核准销号",
		ledger.SentBack: "已退回，写明了要补什么"}[c.Step]
	return s.done(w, r, fmt.Sprintf("/closing/%d", c.ID), said)
}

// closingTake answers POST /closing/{id}/withdraw.
func (s *Server) closingTake(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, err := s.closingPage(r, v)
	if err != nil {
		return err
	}
	p.Form.Reason = plainText(form.Get("reason"))
	if err := ledger.WithdrawClosing(r.Context(), s.db, v.Who, p.Closing.ID, p.Form.Reason); err != nil {
		return s.closingRefused(w, r, v, p, err)
	}
	return s.done(w, r, fmt.Sprintf("/finding/%d", p.Finding.ID), "已撤回销号申请")
}

func (s *Server) closingRefused(w http.ResponseWriter, r *http.Request, v *visit, p closingPage, err error) error {
	var bad ledger.Invalid
	var stale ledger.Stale
	status, problem := http.StatusUnprocessableEntity, ""
	problems := map[string]string{}
	switch {
	case errors.As(err, &stale):
		status, problem = http.StatusConflict, stale.By+"在 "+clock(stale.At, v.Today)+" 先办了这一步。您写的还在，请看过再提交。"
	case errors.As(err, &bad):
		problem, problems[bad.Field] = bad.Error(), bad.What
	default:
		return err
	}
	next, err := s.closingPage(r, v) // it may have become void meanwhile
	if err != nil {
		return err
	}
	next.Form, next.Problem, next.Problems = p.Form, problem, problems
	return s.render(w, status, "closing", next)
}

// slipPage is the paper of a closing (整改销号单), with the columns that such papers have.
type slipPage struct {
	frame
	Finding  ledger.Finding
	Closing  ledger.Closing
	Terms    ledger.Terms
	Step     string
	Number   string
	Unit     string
	Place    string
	Days     string // 整改期限(天)
	Span     string
	Done     string // 完成时间
	Checker  string
	Before   []string // pictures of before and after
	After    []string
	Code     string
	Hands    []slipHand
	Evidence []string
	Printed  string
	Valid    bool
	Imprint  *imprintView
}

// slipHand is one signature on the paper.
type slipHand struct{ Step, Name, At, Words string }

// closingSlip answers GET /closing/{id}/slip.
func (s *Server) closingSlip(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	p := slipPage{}
	if p.Closing, err = ledger.ClosingByID(ctx, s.db, id); err != nil {
		return err
	}
	c := p.Closing
	if p.Finding, err = ledger.ByID(ctx, s.db, v.Who, c.Finding); err != nil {
		return err
	}
	work, err := ledger.WorkOf(ctx, s.db, p.Finding)
	if err != nil {
		return err
	}
	if p.Terms, err = c.Terms(); err != nil {
		return err
	}
	t := p.Terms.Content
	p.Step, p.Number, p.Code = c.Step.Word(), c.Number, shortHash(c.Hash)
	p.Valid = c.Step.Running() || c.Step == ledger.Accepted
	p.Unit = strings.Join(p.Terms.Units, "、")
	var places []string
	done := ""
	for _, d := range work.Duties {
		if d.State != duty.Stopped && d.Unit.Kind == org.Village && !slices.Contains(places, d.Unit.Name) {
			places = append(places, d.Unit.Name)
		}
	}
	for _, o := range work.Occurrences {
		if o.Standing == duty.Done && !o.Recurs {
			done = max(done, o.Happened)
		}
	}
	if done == "" {
		done = c.Applied.At.Format(time.DateOnly)
	}
	p.Place, p.Done = strings.Join(places, "、"), shortDate(done, "")
	from, err := time.Parse(time.DateOnly, work.Feedback)
	due, err2 := time.Parse(time.DateOnly, t.Due)
	if err == nil && err2 == nil {
		p.Days = fmt.Sprintf("%d 天", int(due.Sub(from).Hours()/24))
		p.Span = shortDate(work.Feedback, "") + "至" + shortDate(t.Due, "")
	} else {
		p.Days = t.DueText
	}
	p.Checker = c.Reviewed.Name
	bound := map[int64]bool{}
	for i, e := range t.Evidence {
		bound[e.ID] = true
		p.Evidence = append(p.Evidence, fmt.Sprintf("%d．%s（%s）", i+1, e.Title, shortDate(e.Event, "")))
	}
	for _, e := range work.Evidence {
		switch {
		case !bound[e.ID] || !evidence.Picture(e.Media):
		case work.Feedback != "" && e.Event < work.Feedback:
			p.Before = append(p.Before, e.Title)
		default:
			p.After = append(p.After, e.Title)
		}
	}
	for i, m := range []ledger.Mark{c.Applied, c.Reviewed, c.Signed, c.Accepted} {
		h := slipHand{Step: []string{"责任单位申请", "分管领导审核", "党委书记签批", "区委巡察办核准"}[i], Name: m.Name, Words: m.Words}
		if !m.At.IsZero() {
			h.At = m.At.Format("2006年1月2日")
		}
		if i == 0 {
			h.Words = ""
		}
		if i == 3 && c.Basis != "" {
			h.Words = strings.TrimSpace(h.Words + " 依据 " + c.Basis)
		}
		p.Hands = append(p.Hands, h)
	}
	p.Printed = v.Now.Format("2006年1月2日 15:04")
	if p.Imprint, err = s.imprintView(ctx, "closing", c.ID); err != nil {
		return err
	}
	p.frame = s.frame(v, "ledger", "整改销号单")
	p.Body = "slip-body"
	return s.render(w, http.StatusOK, "slip", p)
}

// closingEvents are applications that led to nothing or no longer hold, as the history of a finding tells them.
func closingEvents(list []ledger.Closing, f ledger.Finding, today string) []closingLine {
	var lines []closingLine
	for _, c := range list {
		x := closingLine{ID: c.ID, Light: closingLight(c), Number: c.Number, At: clock(c.Applied.At, today), By: c.Applied.Name, Why: c.Ended.Words}
		if c.Step == ledger.Accepted {
			x.At = clock(c.Accepted.At, today)
			if c.ID != f.Closing {
				x.Light = light{Kind: "back", Word: "已销号，后重开"}
			}
		}
		lines = append(lines, x)
	}
	return lines
}

// closingLine is one application in the history of a finding.
type closingLine struct {
	ID                  int64
	Light               light
	Number, At, By, Why string
}
