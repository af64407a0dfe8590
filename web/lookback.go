package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"bihuan/calendar"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
)

// samplesPage lists the drawings for look-backs, and the visits that are due.
type samplesPage struct {
	frame
	Samples   []sampleRow
	Visits    []visitRow // to be made
	MaySample bool
	Until     string // last day of those visits, as people write it
}

// sampleRow is one drawing in the list.
type sampleRow struct {
	ledger.Sample
	On     string // when it was drawn, as people write it
	Frame  int    // how many findings it was drawn from
	Strata int
	State  light
}

// visitRow is one look at a closed finding in a list.
type visitRow struct {
	ledger.Visit
	DueOn  string
	Why    string // 抽查 or 成效回访
	DoneOn string
	State  light
	Seen   bool // the reader may see the finding
}

// visitsAhead is how many working days ahead visits to be made are listed.
const visitsAhead = 30

// samplesShow answers GET /sample.
func (s *Server) samplesShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	if !v.Who.May(org.Overview) {
		return org.Denied{Who: v.Who, Action: org.Overview}
	}
	list, err := ledger.Samples(r.Context(), s.db, v.Who)
	if err != nil {
		return err
	}
	p := samplesPage{frame: s.frame(v, "sample", "回头看抽查"), MaySample: v.Who.May(org.Sample)}
	for _, m := range list {
		row := sampleRow{Sample: m, On: clock(m.Drawn, v.Today), Strata: len(m.Frame), State: light{Kind: "wait", Word: fmt.Sprintf("看过 %d，还有 %d", m.Visits, m.Size-m.Visits)}}
		if m.Visits == m.Size {
			row.State = light{Kind: "done", Word: "都看过了"}
		}
		for _, x := range m.Frame {
			row.Frame += len(x.Keys)
		}
		p.Samples = append(p.Samples, row)
	}
	until := v.Cal.After(v.Today, visitsAhead)
	p.Until = shortDate(until, v.Today)
	visits, err := ledger.OpenVisits(r.Context(), s.db, v.Who, until)
	if err != nil {
		return err
	}
	for _, x := range visits {
		p.Visits = append(p.Visits, newVisitRow(v, x))
	}
	return s.render(w, http.StatusOK, "samples", p)
}

func newVisitRow(v *visit, x ledger.Visit) visitRow {
	row := visitRow{Visit: x, DueOn: shortDate(x.Due, v.Today), DoneOn: shortDate(x.Done, v.Today), State: visitLight(v.Cal, x, v.Days), Seen: v.Who.Within(x.Unit), Why: "抽查"}
	if x.Kind == "effect" {
		row.Why = "成效回访"
	}
	return row
}

// visitLight says what a visit found, or how long there is until it is due.
func visitLight(c calendar.Calendar, x ledger.Visit, d ledger.Days) light {
	switch x.Result {
	case ledger.VisitHeld:
		return light{Kind: "done", Word: ledger.VisitWord(x.Result)}
	case ledger.VisitPartly:
		return light{Kind: "part", Word: ledger.VisitWord(x.Result)}
	case ledger.VisitSlipped:
		return light{Kind: "back", Word: ledger.VisitWord(x.Result)}
	}
	n := c.Between(d.Today, x.Due)
	switch {
	case x.Due < d.Today:
		return light{Kind: "late", Word: "待看", Why: fmt.Sprintf("超 %d 工作日", max(-n, 0))}
	case x.Due <= d.Soon:
		return light{Kind: "soon", Word: "待看", Why: fmt.Sprintf("剩 %d 工作日", n)}
	}
	return light{Kind: "wait", Word: "待看", Why: fmt.Sprintf("剩 %d 工作日", n)}
}

// drawPage asks for a new drawing.
type drawPage struct {
	frame
	Units    []org.Unit // of which one may be drawn from: the own and the towns below
	Unit     int64
	Name     string
	Seed     string
	Share    string
	Least    string
	Due      string
	Strata   []stratumRow // what there is to draw from now
	Total    int          // how many would be drawn
	Problems map[string]string
	Problem  string // of no field
}

// stratumRow is one stratum on a page.
type stratumRow struct {
	Name    string
	N, Size int
	Keys    []keyRow
	Command string
}

// keyRow is one finding that could be drawn.
type keyRow struct {
	Key   string
	Drawn bool
	Visit *visitRow // of one that was drawn and that the reader sees
}

// sampleNew answers GET /sample/new.
func (s *Server) sampleNew(w http.ResponseWriter, r *http.Request, v *visit) error {
	p := drawPage{Share: "30", Least: "1", Due: v.Cal.After(v.Today, 22)}
	p.Unit, _ = strconv.ParseInt(r.URL.Query().Get("unit"), 10, 64)
	return s.drawForm(w, r, v, http.StatusOK, p)
}

func (s *Server) drawForm(w http.ResponseWriter, r *http.Request, v *visit, status int, p drawPage) error {
	units, unit, err := s.drawUnits(r.Context(), v, p.Unit)
	if err != nil {
		return err
	}
	p.Units, p.Unit = units, unit.ID
	frame, err := ledger.Frame(r.Context(), s.db, v.Who, unit)
	if err != nil {
		return err
	}
	share, err := strconv.Atoi(p.Share)
	least, err2 := strconv.Atoi(p.Least)
	for _, x := range frame {
		row := stratumRow{Name: x.Name, N: len(x.Keys)}
		if err == nil && err2 == nil && share > 0 && share <= 100 {
			row.Size = x.Size(share, least)
		}
		p.Total += row.Size
		p.Strata = append(p.Strata, row)
	}
	p.frame = s.frame(v, "sample", "新的抽查")
	return s.render(w, status, "sample-new", p)
}

// drawUnits lists the units whose subtree may be drawn from, and the one that is asked for.
func (s *Server) drawUnits(ctx context.Context, v *visit, id int64) ([]org.Unit, org.Unit, error) {
	seen, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return nil, org.Unit{}, err
	}
	list := slices.DeleteFunc(seen, func(u org.Unit) bool {
		return v.Who.Check(org.Sample, u) != nil || u.Kind != org.Town && u.ID != v.Who.Unit.ID
	})
	if len(list) == 0 {
		return nil, org.Unit{}, org.Denied{Who: v.Who, Action: org.Sample}
	}
	if i := slices.IndexFunc(list, func(u org.Unit) bool { return u.ID == id }); i >= 0 {
		return list, list[i], nil
	}
	return list, list[0], nil
}

// sampleDraw answers POST /sample/new.
func (s *Server) sampleDraw(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p := drawPage{Name: form.Get("name"), Seed: form.Get("seed"), Share: form.Get("share"), Least: form.Get("least"), Due: form.Get("due"), Problems: map[string]string{}}
	p.Unit, _ = strconv.ParseInt(form.Get("unit"), 10, 64)
	_, unit, err := s.drawUnits(r.Context(), v, p.Unit)
	if err != nil {
		return err
	}
	share, _ := strconv.Atoi(p.Share)
	least, bad := strconv.Atoi(p.Least)
	if bad != nil {
		least = -1
	}
	id, err := ledger.Draw(r.Context(), s.db, v.Who, unit, p.Name, p.Seed, share, least, p.Due)
	var invalid ledger.Invalid
	if errors.As(err, &invalid) {
		p.Problems[invalid.Field] = invalid.What
		if invalid.Field == "抽查" {
			p.Problem = invalid.What
		}
		return s.drawForm(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/sample/%d", id), "抽好了。名单、种子和规则已经存下，谁都不能改，谁都能照着再抽一遍。")
}

// samplePage is one drawing: what was drawn from what, how anybody draws it again, and what came out of the visits.
type samplePage struct {
	frame
	Sample   ledger.Sample
	On       string
	Strata   []stratumRow
	Frame    int
	Hidden   int // drawn, but not to be seen by the reader
	Imprint  *imprintView
	Counts   []countLink
	MayVisit bool
}

// sampleShow answers GET /sample/{id}.
func (s *Server) sampleShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	m, err := s.sampleOf(r, v)
	if err != nil {
		return err
	}
	visits, err := ledger.VisitsOf(r.Context(), s.db, m.ID)
	if err != nil {
		return err
	}
	p := samplePage{frame: s.frame(v, "sample", m.Name), Sample: m, On: clock(m.Drawn, v.Today), MayVisit: v.Who.May(org.Visit)}
	at := map[string]*visitRow{} // by the end of the key
	n := map[string]int{}
	for _, x := range visits {
		row := newVisitRow(v, x)
		at[strconv.FormatInt(x.Finding, 10)] = &row
		n[x.Result]++
	}
	p.Counts = []countLink{{Word: "抽中", N: len(visits)}, {Word: "待看", Kind: "wait", N: n[""]}, {Word: "真解决", Kind: "done", N: n[ledger.VisitHeld]},
		{Word: "部分解决", Kind: "part", N: n[ledger.VisitPartly]}, {Word: "没解决或反弹", Kind: "back", N: n[ledger.VisitSlipped]}}
	for _, x := range m.Frame {
		row := stratumRow{Name: x.Name, N: len(x.Keys), Command: m.Command(x)}
		drawn := ledger.DrawKeys(m.Seed, x.Keys, m.Share, m.Least)
		row.Size = len(drawn)
		for _, k := range x.Keys {
			key := keyRow{Key: k, Drawn: slices.Contains(drawn, k)}
			if seen := at[k[lastSlash(k)+1:]]; key.Drawn && seen != nil && seen.Seen {
				key.Visit = seen
			}
			if key.Drawn && key.Visit == nil {
				p.Hidden++
			}
			row.Keys = append(row.Keys, key)
		}
		slices.SortStableFunc(row.Keys, func(a, b keyRow) int { return cmp.Compare(boolInt(b.Drawn), boolInt(a.Drawn)) })
		p.Frame += row.N
		p.Strata = append(p.Strata, row)
	}
	if p.Imprint, err = s.imprintView(r.Context(), "sample", m.ID); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "sample", p)
}

func lastSlash(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '/' {
			return i
		}
	}
	return -1
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *Server) sampleOf(r *http.Request, v *visit) (ledger.Sample, error) {
	id, err := pathID(r)
	if err != nil {
		return ledger.Sample{}, err
	}
	if !v.Who.May(org.Overview) {
		return ledger.Sample{}, org.Denied{Who: v.Who, Action: org.Overview}
	}
	return ledger.SampleByID(r.Context(), s.db, v.Who, id)
}

// sampleFrame answers GET /sample/{id}/frame.txt: the very bytes whose hash was kept.
func (s *Server) sampleFrame(w http.ResponseWriter, r *http.Request, v *visit) error {
	m, err := s.sampleOf(r, v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="frame.txt"`)
	_, err = w.Write([]byte(ledger.FrameText(m.Frame)))
	return err
}

// visitPage is one look at a closed finding: what to look at, and what was found.
type visitPage struct {
	frame
	Visit    visitRow
	Finding  ledger.Finding
	Serial   string
	State    light
	Closing  *closingView
	Evidence []evidenceLine
	Surveys  []surveyView
	Before   []visitRow // other visits, and
	Relapses []relapseView
	Sample   string // name of the sample
	May      bool
	WhyNot   string
	Result   string
	Said     string
	Results  []resultChoice
	Problems map[string]string
}

// closingView is a closing in a few lines.
type closingView struct {
	Number, Statement, On string
	Hands                 []closingHand
	Void                  bool // the finding has been reopened since
}

// closingHand is who did a step of a closing.
type closingHand struct{ Step, Who, On string }

// evidenceLine is a piece of evidence in one line.
type evidenceLine struct {
	ID                 int64
	Name, Kind, On, By string
}

// relapseView is one time that a finding came back.
type relapseView struct{ On, Text string }

// resultChoice is one result to be chosen from.
type resultChoice struct{ Result, Word, Help string }

var resultChoices = []resultChoice{
	{ledger.VisitHeld, ledger.VisitWord(ledger.VisitHeld), "到现场看了，问了群众，确实解决了"},
	{ledger.VisitPartly, ledger.VisitWord(ledger.VisitPartly), "有改观，还有没到位的；销号仍有效，写清还差什么"},
	{ledger.VisitSlipped, ledger.VisitWord(ledger.VisitSlipped), ""},
}

// visitShow answers GET /visit/{id}.
func (s *Server) visitShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.visitForm(w, r, v, http.StatusOK, visitPage{})
}

func (s *Server) visitForm(w http.ResponseWriter, r *http.Request, v *visit, status int, p visitPage) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	x, err := ledger.VisitByID(ctx, s.db, v.Who, id)
	if err != nil {
		return err
	}
	f, err := ledger.ByID(ctx, s.db, v.Who, x.Finding)
	if err != nil {
		return err
	}
	p.Visit, p.Finding, p.Serial, p.State, p.Results = newVisitRow(v, x), f, f.Serial(), stateLight(f), resultChoices
	if err := ledger.MayVisit(ctx, s.db, v.Who, f); err == nil {
		p.May = true
	} else if p.WhyNot, err = refusal(err); err != nil {
		return err
	}
	closings, err := ledger.Closings(ctx, s.db, f.ID)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(closings, func(c ledger.Closing) bool { return !c.Accepted.At.IsZero() }); i >= 0 {
		p.Closing = viewClosing(closings[i], v.Today)
		p.Closing.Void = closings[i].ID != f.Closing
	}
	items, err := evidence.Of(ctx, s.db, f.ID)
	if err != nil {
		return err
	}
	for _, e := range items {
		p.Evidence = append(p.Evidence, evidenceLine{e.ID, cmp.Or(e.Title, e.FileName), e.Kind.Word(), shortDate(e.Event, v.Today), e.By})
	}
	if p.Surveys, err = s.surveyViews(ctx, v, f); err != nil {
		return err
	}
	all, err := ledger.VisitsTo(ctx, s.db, f.ID)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.ID != x.ID && o.Result != "" {
			p.Before = append(p.Before, newVisitRow(v, o))
		}
	}
	relapses, err := ledger.RelapsesOf(ctx, s.db, f.ID)
	if err != nil {
		return err
	}
	for _, o := range relapses {
		p.Relapses = append(p.Relapses, relapseView{shortDate(o.Day, v.Today), o.Text})
	}
	if x.Sample != 0 {
		if m, err := ledger.SampleByID(ctx, s.db, v.Who, x.Sample); err == nil {
			p.Sample = m.Name
		}
	}
	p.frame = s.frame(v, "sample", "回访："+f.Title)
	return s.render(w, status, "visit", p)
}

// refusal is the sentence of an error that refuses somebody something, which is shown in place of a form; other errors stay errors.
func refusal(err error) (string, error) {
	var denied org.Denied
	var invalid ledger.Invalid
	switch {
	case errors.As(err, &denied):
		return denied.Error(), nil
	case errors.As(err, &invalid):
		return invalid.What, nil
	}
	return "", err
}

func viewClosing(c ledger.Closing, today string) *closingView {
	x := &closingView{Number: c.Number, Statement: c.Statement}
	for _, h := range []struct {
		step string
		mark ledger.Mark
	}{{"申请", c.Applied}, {"审核", c.Reviewed}, {"签批", c.Signed}, {"核准", c.Accepted}} {
		if !h.mark.At.IsZero() {
			x.On = shortDate(h.mark.At.Format(time.DateOnly), today)
			x.Hands = append(x.Hands, closingHand{h.step, h.mark.Name, x.On})
		}
	}
	return x
}

// visitSave answers POST /visit/{id}.
func (s *Server) visitSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p := visitPage{Result: form.Get("result"), Said: plainText(form.Get("said")), Problems: map[string]string{}}
	err = ledger.RecordVisit(r.Context(), s.db, v.Who, id, version, p.Result, p.Said)
	var invalid ledger.Invalid
	if errors.As(err, &invalid) {
		p.Problems[invalid.Field] = invalid.What
		return s.visitForm(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	message := "回访结果已登记：" + ledger.VisitWord(p.Result)
	if p.Result == ledger.VisitSlipped {
		message += "。问题已重新打开，计一次反弹。"
	}
	return s.done(w, r, fmt.Sprintf("/visit/%d", id), message)
}

// checksView is what visits and villagers say of a finding, for its page.
type checksView struct {
	Finding int64
	Visits  []visitRow
	Surveys []surveyView
	MayAsk  bool
	Closed  bool
}

// Any tells whether there is anything to show.
func (c checksView) Any() bool { return len(c.Visits)+len(c.Surveys) > 0 || c.MayAsk }

// checks collects what visits and villagers say of a finding that the visitor sees.
func (s *Server) checks(ctx context.Context, v *visit, f ledger.Finding) (checksView, error) {
	c := checksView{Finding: f.ID, Closed: f.State.Closed(), MayAsk: f.Dropped == 0 && ledger.MayAsk(ctx, s.db, v.Who, f) == nil}
	if v.Who.Within(f.Unit) { // whoever only has a task in it does not see who was sent to look
		visits, err := ledger.VisitsTo(ctx, s.db, f.ID)
		if err != nil {
			return c, err
		}
		for _, x := range visits {
			c.Visits = append(c.Visits, newVisitRow(v, x))
		}
	}
	var err error
	c.Surveys, err = s.surveyViews(ctx, v, f)
	return c, err
}

// alikeView is a finding that says much the same, for the page of another.
type alikeView struct {
	ID      int64
	Title   string
	Unit    string
	Round   string
	On      string // of the feedback
	State   light
	Earlier bool
}

// alike lists the findings that say much the same as f: of earlier rounds first.
func (s *Server) alike(ctx context.Context, v *visit, f ledger.Finding) ([]alikeView, error) {
	stamp, err := s.stamps.do(ctx, v.Head, func() (ledger.TitlesStamp, error) { return ledger.StampOfTitles(ctx, s.db) })
	if err != nil {
		return nil, err
	}
	titles, err := s.titles.do(ctx, stamp, func() (*ledger.Titles, error) { return ledger.LoadTitles(ctx, s.db) })
	if err != nil {
		return nil, err
	}
	list, err := titles.Alike(ctx, s.db, v.Who, f)
	var views []alikeView
	for _, x := range list {
		views = append(views, alikeView{x.Finding.ID, x.Finding.Title, x.Finding.Unit.Name, x.Round, shortDate(x.Feedback, v.Today), stateLight(x.Finding), x.Earlier})
	}
	return views, err
}
