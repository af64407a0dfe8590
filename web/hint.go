package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
)

// hintView is a hint as a list shows it; see the template part hints. Its words ask to look and accuse nobody.
type hintView struct {
	ID         int64
	Word, Say  string
	Score      string // 相似度约 92%
	Also       int
	Item       hintSide
	Beside     hintSide
	Compared   bool // there is something beside
	Pictures   bool // both can be shown
	Unit       string
	Made       string
	Open       bool
	Done       string // who dismissed it, when
	Reason     string
	Words      string
	MayDismiss bool
}

// hintSide is one of two things that are compared.
type hintSide struct {
	Title, Address  string
	Finding         string
	FindingID       int64
	Who, When, Said string
	Entered         string
	Thumb           string
	Hidden          bool // not for the reader's eyes
	Home            string
}

// hintSays are the sentences of the kinds; %s is what the hint says.
var hintSays = map[evidence.HintKind]string{
	evidence.SameFile:    "同一个文件在另一处也用过，请核对是否确实证明两件事",
	evidence.LikePicture: "与另一处的照片相似，请核对是不是同一张",
	evidence.LikeText:    "与另一处的文字相似，请核对",
	evidence.SameNumber:  "文号 %s 在另一份材料上也出现，请核对",
	evidence.OtherDay:    "照片文件里写的拍摄时间是 %s，与所填发生日期不同，请核对",
	evidence.BeforeAll:   "发生日期早于反馈日期，填报说明是“%s”，请核对",
	evidence.OffDay:      "办公类工作写的日期是休息日（%s），请核对",
	evidence.Burst:       "%s，请核对登记是否及时",
	evidence.OtherPlace:  "文字里有外地地名“%s”，请核对",
}

func newHintView(h ledger.Hint, v *visit) hintView {
	x := hintView{ID: h.ID, Word: h.Kind.Word(), Say: hintSays[h.Kind], Also: h.Also, Unit: h.UnitName, Made: clock(h.Made, v.Today), Open: h.Open(),
		Item: newHintSide(h.Item, v.Today), Beside: newHintSide(h.Beside, v.Today), Compared: h.Other.Table != "", MayDismiss: h.Open() && h.MayDismiss(v.Who) == nil}
	switch h.Kind {
	case evidence.SameNumber, evidence.OtherDay, evidence.BeforeAll, evidence.OffDay, evidence.Burst, evidence.OtherPlace:
		x.Say = fmt.Sprintf(x.Say, h.Said)
	case evidence.LikePicture, evidence.LikeText:
		x.Score = fmt.Sprintf("相似度约 %d%%", h.Score)
	}
	x.Pictures = x.Item.Thumb != "" && x.Beside.Thumb != ""
	if !x.Open {
		x.Done, x.Reason, x.Words = h.By+" "+clock(h.Dismissed, v.Today), h.Reason.Word(), h.Words
	}
	return x
}

func newHintSide(s ledger.HintSide, today string) hintSide {
	x := hintSide{Home: s.Home, Hidden: !s.Seen && s.Row != 0}
	if s.Event != "" {
		x.When = shortDate(s.Event, today)
	}
	if x.Hidden {
		return x
	}
	x.Title, x.Finding, x.FindingID, x.Said = s.Title, s.FindingName, s.Finding, brief(s.Said, 160)
	x.Who = s.Unit
	if s.By != "" {
		x.Who += " " + s.By
	}
	if !s.Entered.IsZero() {
		x.Entered = clock(s.Entered, today)
	}
	switch s.Table {
	case "evidence":
		x.Address = fmt.Sprintf("/evidence/%d", s.Row)
		if evidence.Thumbable(s.Media) {
			x.Thumb = x.Address + "/thumb"
		}
	case "occurrence":
		x.Address = fmt.Sprintf("/task/%d", s.Row)
	case "closing":
		x.Address = fmt.Sprintf("/closing/%d", s.Row)
	case "lookback":
		x.Address = fmt.Sprintf("/visit/%d", s.Row)
	case "finding":
		x.Address = fmt.Sprintf("/finding/%d", s.Row)
	}
	return x
}

// seesHints tells whether somebody is shown hints: those at a desk. Who works from the list of today's tasks is not.
func seesHints(who org.Person) bool { return !byList(who) }

// hintsBeside are the open hints that are shown beside the thing they are about.
func (s *Server) hintsBeside(ctx context.Context, v *visit, filter ledger.HintFilter) ([]hintView, error) {
	if !seesHints(v.Who) {
		return nil, nil
	}
	filter.Limit = hintsShown
	list, _, err := ledger.Hints(ctx, s.db, v.Who, filter)
	return hintViews(list, v), err
}

func hintViews(list []ledger.Hint, v *visit) []hintView {
	views := make([]hintView, len(list))
	for i, h := range list {
		views[i] = newHintView(h, v)
	}
	return views
}

// How many hints are shown beside a thing, and on the page of all.
const (
	hintsShown  = 12
	hintsListed = 100
)

// hintsPage lists the hints of one's scope.
type hintsPage struct {
	frame
	Kinds   []choice
	Kind    string
	Units   []unitOption
	UnitID  int64
	Done    bool
	Finding int64 // of one finding only
	List    []hintView
	Total   int
	Counts  []hintCount
	Open    int // in all
	Closed  int
	Reasons []reasonCount
	Lags    []lagRow
	Late    int // days
	Back    string
}

type hintCount struct {
	Kind, Word      string
	Open, Dismissed int
}

type reasonCount struct {
	Word string
	N    int
}

type lagRow struct {
	Unit          string
	Entries, Late int
	Rush          int
	Index         string
}

// hintsShow answers GET /hint.
func (s *Server) hintsShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	if !seesHints(v.Who) {
		return org.Denied{Who: v.Who, Action: org.Weigh}
	}
	ctx, q := r.Context(), r.URL.Query()
	p := hintsPage{Kind: q.Get("kind"), Done: q.Get("state") == "done", Finding: formID(q.Get("finding")), Late: ledger.LateDays}
	p.UnitID, _ = strconv.ParseInt(q.Get("unit"), 10, 64)
	var unit org.Unit
	var err error
	if p.Units, unit, err = s.unitOptions(ctx, v, &p.UnitID); err != nil {
		return err
	}
	path := ""
	if p.UnitID != 0 {
		path = unit.Path
	}
	filter := ledger.HintFilter{Kind: evidence.HintKind(p.Kind), Unit: path, Finding: p.Finding, Dismissed: p.Done, Limit: hintsListed}
	list, total, err := ledger.Hints(ctx, s.db, v.Who, filter)
	if err != nil {
		return err
	}
	p.List, p.Total = hintViews(list, v), total
	kinds, reasons, err := ledger.CountHints(ctx, s.db, v.Who, path)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		p.Kinds = append(p.Kinds, choice{string(k.Kind), k.Kind.Word()})
		p.Counts = append(p.Counts, hintCount{string(k.Kind), k.Kind.Word(), k.Open, k.Dismissed})
		p.Open, p.Closed = p.Open+k.Open, p.Closed+k.Dismissed
	}
	for _, x := range reasons {
		p.Reasons = append(p.Reasons, reasonCount{x.Reason.Word(), x.N})
	}
	lags, err := ledger.Lags(ctx, s.db, v.Who, path, v.Now)
	if err != nil {
		return err
	}
	for _, l := range lags {
		row := lagRow{Unit: l.Unit.Name, Entries: l.Entries, Late: l.Late, Rush: l.Rush, Index: "条数少，不算"}
		if i := l.Index(); i >= 0 {
			row.Index = fmt.Sprintf("%d%%", i)
		}
		p.Lags = append(p.Lags, row)
	}
	p.frame = s.frame(v, "hint", "材料提示")
	return s.render(w, http.StatusOK, "hints", p)
}

// hintPage is one hint with both things side by side.
type hintPage struct {
	frame
	Hint    hintView
	Reasons []choice
	Reason  string
	Words   string
	WhyNot  string
	Problem string
	Field   string
}

// hintShow answers GET /hint/{id}.
func (s *Server) hintShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.hintPage(r, v)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "hint", p)
}

func (s *Server) hintPage(r *http.Request, v *visit) (hintPage, error) {
	var p hintPage
	if !seesHints(v.Who) {
		return p, org.Denied{Who: v.Who, Action: org.Weigh}
	}
	id, err := pathID(r)
	if err != nil {
		return p, err
	}
	h, err := ledger.HintByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return p, err
	}
	p.Hint = newHintView(h, v)
	for _, x := range evidence.Reasons {
		p.Reasons = append(p.Reasons, choice{string(x.Reason), x.Word})
	}
	if err := h.MayDismiss(v.Who); h.Open() && err != nil {
		p.WhyNot = err.Error()
		var bad ledger.Invalid
		if errors.As(err, &bad) {
			p.WhyNot = bad.What
		}
	}
	p.frame = s.frame(v, "hint", p.Hint.Word)
	return p, nil
}

// hintDismiss answers POST /hint/{id}.
func (s *Server) hintDismiss(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	reason, words := form.Get("reason"), plainText(form.Get("words"))
	err = ledger.DismissHint(r.Context(), s.db, v.Who, id, evidence.Reason(reason), words)
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		p, err := s.hintPage(r, v)
		if err != nil {
			return err
		}
		p.Reason, p.Words, p.Field, p.Problem = reason, words, bad.Field, bad.What
		return s.render(w, http.StatusUnprocessableEntity, "hint", p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/hint", "已记下核对结果："+evidence.Reason(reason).Word())
}
