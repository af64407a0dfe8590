package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/store"
)

// evidenceView is a piece of evidence as a list shows it; see the template part evidence.
type evidenceView struct {
	ID         int64
	Name       string
	Thumb      bool // a small picture can be asked for
	Picture    bool
	Mark       string // on its drawing: pdf 链接 说明
	Who, When  string
	Fact       string
	Hints      []evidenceHint
	Withdrawn  string
	Revision   int64
	Occurrence int64
}

// evidenceHint is something about a piece of evidence that a reviewer should know. It is never a verdict.
type evidenceHint struct{ Kind, Word, Why string }

// viewEvidence makes the views of a list of items.
func viewEvidence(items []evidence.Item, today string) []evidenceView {
	list := make([]evidenceView, len(items))
	for i, x := range items {
		list[i] = newEvidenceView(x, today)
	}
	return list
}

func newEvidenceView(i evidence.Item, today string) evidenceView {
	v := evidenceView{ID: i.ID, Name: i.Title, Thumb: hasThumb(i),
		Picture: evidence.Picture(i.Media) && !i.Erased, Mark: i.Kind.Word(), Who: i.Unit + " " + i.By,
		When: shortDate(i.Event, today), Withdrawn: i.Withdrawn, Revision: i.Revision, Occurrence: i.Occurrence}
	var facts []string
	switch i.Kind {
	case evidence.File:
		v.Mark = fileMark(i)
		facts = append(facts, bytesWords(i.Size))
	case evidence.Link:
		if u, err := url.Parse(i.URL); err == nil {
			facts = append(facts, u.Host)
		}
	}
	if n := i.Lag(); n > 0 {
		facts = append(facts, fmt.Sprintf("事后 %d 天登记", n))
	} else {
		facts = append(facts, "当天登记")
	}
	if i.Revision > 1 {
		facts = append(facts, fmt.Sprintf("第 %d 次更换", i.Revision-1))
	}
	v.Fact = strings.Join(facts, "，")
	if i.Erased {
		v.Hints = append(v.Hints, evidenceHint{"stop", evidence.ErrErased.Error(), "内容已删除，登记保留"})
	}
	if i.Early != "" {
		v.Hints = append(v.Hints, evidenceHint{"info", "立行立改，早于反馈日期", i.Early})
	}
	if i.Expired(today) {
		v.Hints = append(v.Hints, evidenceHint{"late", "已过有效期", "有效期至 " + shortDate(i.Expires, today)})
	}
	if taken, _, _ := strings.Cut(i.Taken, " "); taken != "" && taken != i.Event {
		v.Hints = append(v.Hints, evidenceHint{"info", "照片记录的拍摄日期是 " + shortDate(taken, today), "与发生日期不同，供复核人判断，不是结论"})
	}
	if i.Location == evidence.LocationKept {
		v.Hints = append(v.Hints, evidenceHint{"info", "照片里带有位置信息", "这种格式不能安全去除，系统原样保存、不使用"})
	}
	return v
}

// hasThumb tells whether a small picture of the item can be asked for.
func hasThumb(i evidence.Item) bool { return evidence.Thumbable(i.Media) && !i.Erased }

// fileMark is what stands on the drawing of a file: its kind in letters, as its name ends.
func fileMark(i evidence.Item) string {
	mark := strings.ToLower(strings.TrimPrefix(path.Ext(i.FileName), "."))
	if mark == "" || len(mark) > 4 {
		return "文件"
	}
	return mark
}

// bytesWords writes a number of bytes as people do: 1.2 MB.
func bytesWords(n int64) string {
	switch {
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d 字节", n)
}

// evidencePage is one piece of evidence with all its revisions.
type evidencePage struct {
	frame
	Finding   ledger.Finding
	Item      evidence.Item
	View      evidenceView
	Hints     []hintView
	KindWord  string
	Event     string
	Entered   string
	Expires   string
	Taken     string
	Measure   string // that it proves, empty for the finding as a whole
	Size      string
	Inline    bool
	Revisions []evidenceRevision
	Newest    int64 // id of the newest revision, when this one was replaced
	MayChange bool
	Reason    string // of a withdrawal that was not accepted
	Problem   string
}

// evidenceRevision is one line of the history of a piece of evidence.
type evidenceRevision struct {
	ID, N         int64
	At, Who, Name string
	Event         string
	Current, Here bool
}

// evidenceShow answers GET /evidence/{id}.
func (s *Server) evidenceShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderEvidence(w, r, v, http.StatusOK, "", "")
}

func (s *Server) renderEvidence(w http.ResponseWriter, r *http.Request, v *visit, status int, reason, problem string) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	i, f, err := ledger.EvidenceByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return err
	}
	all, err := evidence.History(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	p := evidencePage{frame: s.frame(v, "ledger", i.Title), Finding: f, Item: i, View: newEvidenceView(i, v.Today), KindWord: i.Kind.Word(),
		Event: shortDate(i.Event, v.Today), Entered: clock(i.Entered, v.Today), Size: bytesWords(i.Size), Inline: evidence.Inline(i.Media),
		MayChange: i.Current() && f.ChangesEvidence(v.Who, i) == nil, Reason: reason, Problem: problem}
	if p.Hints, err = s.hintsBeside(r.Context(), v, ledger.HintFilter{Subject: evidence.Ref{Table: "evidence", Row: id}}); err != nil {
		return err
	}
	if i.Expires != "" {
		p.Expires = shortDate(i.Expires, v.Today)
	}
	if day, hour, ok := strings.Cut(i.Taken, " "); ok {
		p.Taken = shortDate(day, v.Today) + " " + hour
	}
	for _, m := range f.Measures {
		if m.ID == i.Measure {
			p.Measure = m.Number + m.Text
		}
	}
	if i.Replaced != 0 {
		p.Newest = all[0].ID
	}
	for _, x := range all {
		p.Revisions = append(p.Revisions, evidenceRevision{ID: x.ID, N: x.Revision, At: clock(x.Entered, v.Today), Who: x.Unit + " " + x.By,
			Name: x.Title, Event: shortDate(x.Event, v.Today), Current: x.Current(), Here: x.ID == id})
	}
	return s.render(w, status, "evidence", p)
}

// fileOf is the piece of evidence a request is about, which has a file.
func (s *Server) fileOf(r *http.Request, v *visit) (evidence.Item, error) {
	id, err := pathID(r)
	if err != nil {
		return evidence.Item{}, err
	}
	i, _, err := ledger.EvidenceByID(r.Context(), s.db, v.Who, id)
	if err == nil && i.File == "" {
		err = store.ErrNotFound
	}
	return i, err
}

// evidenceForm is the form of a piece of evidence, new or revised.
type evidenceForm struct {
	frame
	Finding  ledger.Finding
	Item     evidence.Item
	Old      evidence.Item // what is revised; the zero Item for a new one
	Action   string
	Heading  string
	Button   string
	Version  int64
	Kinds    []evidenceKind
	Measures []evidenceMeasure
	Today    string
	Feedback string // as people write it, empty when unknown
	Problems map[string]string
	Problem  string // of the form as a whole
	More     bool   // what is seldom needed is open
	Lost     bool   // a file was chosen and has to be chosen again
	Stale    *staleNote
	Changes  []journal.Change // what the other has changed
}

type evidenceKind struct {
	Kind       evidence.Kind
	Word, Help string
}

type evidenceMeasure struct {
	ID   int64
	Text string
}

// evidenceHelp says what each kind is for.
var evidenceHelp = map[evidence.Kind]string{
	evidence.Statement: "一两句话写清做了什么，不必附材料",
	evidence.File:      "照片、扫描件、Word、Excel、PDF，最大 20 MB",
	evidence.Link:      "已经公开在网上的内容",
	evidence.Record:    "纸质材料留在原处，写明名称、份数和存放位置，不必拍照上传",
}

// evidenceNew answers GET /finding/{id}/evidence.
func (s *Server) evidenceNew(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	i := evidence.Item{Kind: evidence.Kind(q.Get("kind")), Event: v.Today, Measure: formID(q.Get("measure")), Occurrence: formID(q.Get("occurrence"))}
	if i.Kind.Word() == string(i.Kind) {
		i.Kind = evidence.Statement
	}
	p, err := s.newEvidenceForm(r, v, i)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "evidence-form", p)
}

// newEvidenceForm is the form of a new item, or an error for who may not send it.
func (s *Server) newEvidenceForm(r *http.Request, v *visit, i evidence.Item) (evidenceForm, error) {
	id, err := pathID(r)
	if err != nil {
		return evidenceForm{}, err
	}
	where := i
	where.Measure = 0 // a wrong one is said beside its field
	f, feedback, err := ledger.Provable(r.Context(), s.db, v.Who, id, where)
	if err != nil {
		return evidenceForm{}, err
	}
	p := s.evidenceFrame(v, f, i, feedback, "附佐证")
	p.Action, p.Button = fmt.Sprintf("/finding/%d/evidence", id), "附上"
	return p, nil
}

func (s *Server) evidenceFrame(v *visit, f ledger.Finding, i evidence.Item, feedback, heading string) evidenceForm {
	p := evidenceForm{frame: s.frame(v, "ledger", heading), Finding: f, Item: i, Heading: heading, Today: v.Today, Problems: map[string]string{}}
	if feedback != "" {
		p.Feedback = shortDate(feedback, v.Today)
	}
	for _, k := range evidence.Kinds {
		p.Kinds = append(p.Kinds, evidenceKind{k.Kind, k.Word, evidenceHelp[k.Kind]})
	}
	for _, m := range f.Measures {
		p.Measures = append(p.Measures, evidenceMeasure{m.ID, brief(m.Number+m.Text, 40)})
	}
	return p
}

// brief is the beginning of a text of at most n characters.
func brief(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}

// formID reads an id out of a form; 0 when there is none.
func formID(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// evidenceAdd answers POST /finding/{id}/evidence.
func (s *Server) evidenceAdd(w http.ResponseWriter, r *http.Request, v *visit) error {
	if _, err := s.newEvidenceForm(r, v, evidence.Item{}); err != nil {
		return err // before anything is stored for somebody who may not
	}
	i, form, err := s.readEvidence(r)
	if form == nil {
		return err
	}
	if err == nil {
		var done evidence.Item
		if done, err = ledger.AddEvidence(r.Context(), s.db, v.Who, formID(r.PathValue("id")), i); err == nil {
			return s.done(w, r, fmt.Sprintf("/finding/%d", done.Finding), "已附佐证“"+done.Title+"”")
		}
	}
	if !isForm(err) {
		return err
	}
	chosen := i.File != ""
	p, failed := s.newEvidenceForm(r, v, i)
	if failed != nil {
		return failed
	}
	p.blame(err)
	p.Lost = chosen
	return s.render(w, http.StatusUnprocessableEntity, "evidence-form", p)
}

// isForm tells whether an error is about what stands in the form.
func isForm(err error) bool { return errors.As(err, new(ledger.Invalid)) || evidence.Refused(err) }

// blame puts an error beside the field it is about.
func (p *evidenceForm) blame(err error) {
	var bad ledger.Invalid
	if !errors.As(err, &bad) {
		bad = ledger.Invalid{Field: "文件", What: err.Error()}
	}
	switch bad.Field {
	case "名称", "说明", "网址", "文件", "发生日期":
	case "有效期至", "提前的原因", "整改措施":
		p.More = true
	default:
		p.Problem = bad.Error()
		return
	}
	p.Problems[bad.Field] = bad.What
	if bad.Field == "发生日期" && p.Item.Event < p.Today {
		p.More = true // the reason for an early date is asked for there
	}
}

// readEvidence reads the form of a piece of evidence, which is sent with a file or without.
func (s *Server) readEvidence(r *http.Request) (evidence.Item, url.Values, error) {
	form, files, err := s.readFiles(r, "file")
	i := evidenceItem(form)
	if i.Kind != evidence.File {
		if evidence.Refused(err) && form != nil {
			err = nil // of a file that was chosen before another kind
		}
		return i, form, err
	}
	for _, x := range files {
		i.Attach(x.Stored, x.Name)
	}
	return i, form, err
}

// evidenceItem is the item that a form describes, without its file.
func evidenceItem(form url.Values) evidence.Item {
	return evidence.Item{Kind: evidence.Kind(form.Get("kind")), Title: plainText(form.Get("title")), Said: plainText(form.Get("said")),
		URL: plainText(form.Get("url")), Event: plainText(form.Get("event")), Expires: plainText(form.Get("expires")), Early: plainText(form.Get("early")),
		Measure: formID(form.Get("measure")), Occurrence: formID(form.Get("occurrence"))}
}

// evidenceReviseForm answers GET /evidence/{id}/revise.
func (s *Server) evidenceReviseForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.reviseForm(r, v)
	if err != nil {
		return err
	}
	p.Item = p.Old
	p.More = p.Old.Expires != "" || p.Old.Early != ""
	return s.render(w, http.StatusOK, "evidence-form", p)
}

// reviseForm is the form of a revision, or an error for who may not send it.
func (s *Server) reviseForm(r *http.Request, v *visit) (evidenceForm, error) {
	id, err := pathID(r)
	if err != nil {
		return evidenceForm{}, err
	}
	old, f, err := ledger.EvidenceByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return evidenceForm{}, err
	}
	if err := f.ChangesEvidence(v.Who, old); err != nil {
		return evidenceForm{}, err
	}
	info, err := ledger.PlanByID(r.Context(), s.db, v.Who, f.Plan)
	if err != nil && !errors.Is(err, store.ErrNotFound) { // whose plan it is may be above who
		return evidenceForm{}, err
	}
	p := s.evidenceFrame(v, f, evidence.Item{}, info.Feedback, "更换佐证")
	p.Old, p.Version, p.Action, p.Button = old, old.Version, fmt.Sprintf("/evidence/%d/revise", id), "更换"
	return p, nil
}

// evidenceRevise answers POST /evidence/{id}/revise.
func (s *Server) evidenceRevise(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.reviseForm(r, v)
	if err != nil {
		return err
	}
	i, form, err := s.readEvidence(r)
	if form == nil {
		return err
	}
	version, bad := formVersion(form)
	if bad != nil {
		return bad
	}
	p.Item, p.Version = i, version
	if err == nil {
		var done evidence.Item
		if done, err = ledger.ReviseEvidence(r.Context(), s.db, v.Who, p.Old.ID, version, i); err == nil {
			return s.done(w, r, fmt.Sprintf("/evidence/%d", done.ID), "已更换，原来的一版保留在下面")
		}
	}
	p.Lost = i.File != ""
	var stale ledger.Stale
	switch {
	case errors.As(err, &stale):
		all, err := evidence.History(r.Context(), s.db, p.Old.ID)
		if err != nil {
			return err
		}
		if !all[0].Current() {
			p.Problem = "这份佐证已经撤回（" + all[0].Withdrawn + "），不能再更换。"
			return s.render(w, http.StatusConflict, "evidence-form", p)
		}
		p.Stale, p.Changes = &staleNote{By: stale.By, At: clock(stale.At, v.Today)}, stale.Changes
		p.Old, p.Version, p.Action = all[0], all[0].Version, fmt.Sprintf("/evidence/%d/revise", all[0].ID)
		return s.render(w, http.StatusConflict, "evidence-form", p)
	case isForm(err):
		p.blame(err)
		return s.render(w, http.StatusUnprocessableEntity, "evidence-form", p)
	}
	return err
}

// evidenceWithdraw answers POST /evidence/{id}/withdraw.
func (s *Server) evidenceWithdraw(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	i, _, err := ledger.EvidenceByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return err
	}
	reason := plainText(form.Get("reason"))
	err = ledger.WithdrawEvidence(r.Context(), s.db, v.Who, id, version, reason)
	var stale ledger.Stale
	var bad ledger.Invalid
	switch {
	case errors.As(err, &stale):
		return s.renderEvidence(w, r, v, http.StatusConflict, reason, stale.Error())
	case errors.As(err, &bad):
		return s.renderEvidence(w, r, v, http.StatusUnprocessableEntity, reason, bad.What)
	case err != nil:
		return err
	}
	return s.done(w, r, fmt.Sprintf("/finding/%d", i.Finding), "已撤回佐证“"+i.Title+"”，记录仍保留")
}

// toldBriefly are entries of the journal with those about evidence cut to what the page of the evidence does not tell anyhow. A revision
// is told once, by the row that it replaced.
func toldBriefly(entries []journal.Entry) []journal.Entry {
	for i := range entries {
		e := &entries[i]
		if e.Kind != "evidence" {
			continue
		}
		fresh := !slices.ContainsFunc(e.Changes, func(c journal.Change) bool { return c.From != "" })
		e.Changes = slices.DeleteFunc(slices.Clone(e.Changes), func(c journal.Change) bool {
			return c.Field == "SHA-256" || fresh && c.Field != "名称" && c.Field != "种类"
		})
	}
	return slices.DeleteFunc(entries, func(e journal.Entry) bool { return e.Kind == "evidence" && len(e.Changes) == 0 })
}
