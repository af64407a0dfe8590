package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"bihuan/ledger"
	"bihuan/org"
)

// editPage is a form about one finding: who answers for it and until when, how far it is, or a measure that it lacks.
type editPage struct {
	frame
	Finding ledger.Finding
	Action  string // address the form is sent to
	Heading string
	Button  string
	Fields  fields
	States  []stateChoice  // how far it may be; empty in other forms
	Answers []answerChoice // manifestations the new measure answers
	Version int64
	Stale   *staleNote
	Problem string   // what is wrong with the form as a whole
	Lead    []string // what to know before
	Closes  bool     // the states that only a closing gives are not offered, and the form says so
	Part    bool     // shown inside the ledger, not as a page
}

// answerChoice is a manifestation that a measure may answer.
type answerChoice struct {
	Index   int
	Text    string
	Checked bool
	Bare    bool // nothing answers it yet
}

// staleNote tells whose change came first.
type staleNote struct{ By, At string }

// editForm is one of the forms: what it holds for a finding, and the command that it gives.
type editForm struct {
	action  org.Action
	build   func(s *Server, f ledger.Finding, q url.Values) editPage
	command func(ctx context.Context, s *Server, v *visit, f ledger.Finding, version int64, p *editPage, form url.Values) error
	said    string // on the next page
}

func (s *Server) dutyForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.showEdit(w, r, v, dutyEdit)
}

func (s *Server) dutySave(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.saveEdit(w, r, v, dutyEdit)
}

func (s *Server) progressForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.showEdit(w, r, v, progressEdit)
}

func (s *Server) progressSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.saveEdit(w, r, v, progressEdit)
}

func (s *Server) measureForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.showEdit(w, r, v, measureEdit)
}

func (s *Server) measureSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.saveEdit(w, r, v, measureEdit)
}

// dutyEdit changes who answers for a finding and until when.
var dutyEdit = editForm{
	action: org.Edit,
	said:   "已保存责任和时限",
	build: func(_ *Server, f ledger.Finding, _ url.Values) editPage {
		return editPage{Heading: "责任和时限", Button: "保存", Action: fmt.Sprintf("/finding/%d/edit", f.ID), Fields: fields{
			{Name: "leader", Label: "责任领导", Kind: "text", Value: f.Leader},
			{Name: "units", Label: "责任单位", Kind: "text", Value: ledger.Names(f.Units), Hint: "牵头单位写在最前，用顿号隔开"},
			{Name: "persons", Label: "责任人", Kind: "text", Value: ledger.Names(f.Persons), Hint: "用顿号隔开"},
			{Name: "due_text", Label: "完成时限", Kind: "text", Value: f.DueText, Hint: "照方案的写法"},
			{Name: "due", Label: "到期日", Kind: "date", Value: f.Due, Hint: "按哪一天算临期、超期；只改完成时限的写法，这一天会跟着改"},
		}}
	},
	command: func(ctx context.Context, s *Server, v *visit, f ledger.Finding, version int64, p *editPage, _ url.Values) error {
		p.Fields.dueFollows(f, v.Today)
		return ledger.EditDuty(ctx, s.db, v.Who, f.ID, version, ledger.DutyEdit{
			Leader: p.Fields.value("leader"), Units: splitNames(p.Fields.value("units")), Persons: splitNames(p.Fields.value("persons")),
			DueText: p.Fields.value("due_text"), Due: p.Fields.value("due"),
		})
	},
}

// progressEdit says how far a finding is.
var progressEdit = editForm{
	action: org.Progress,
	said:   "已登记进展",
	build: func(_ *Server, f ledger.Finding, _ url.Values) editPage {
		p := editPage{Heading: "登记进展", Button: "登记", Closes: f.Closing == 0, Action: fmt.Sprintf("/finding/%d/progress", f.ID), Fields: fields{
			{Name: "state", Label: "状态", Kind: "state", Value: string(f.State)},
			{Name: "progress", Label: "进展", Kind: "area", Value: f.Progress, Hint: "做了什么、到什么程度，一两句就够"},
			{Name: "evidence", Label: "佐证", Kind: "area", Value: f.Evidence, Hint: "凭什么材料，如 会议记录 2 份"},
			{Name: "reason", Label: "未完成原因", Kind: "area", Value: f.Reason, Hint: "选“未完成”时要写：为什么、下一步什么时候"},
		}}
		for _, x := range ledger.States { // a closing gives the closed ones, and nothing else
			if x.State.Closed() == (f.Closing != 0) && (f.Closing == 0 || x.State == f.State) {
				p.States = append(p.States, stateChoice(x))
			}
		}
		return p
	},
	command: func(ctx context.Context, s *Server, v *visit, f ledger.Finding, version int64, p *editPage, _ url.Values) error {
		return ledger.RecordProgress(ctx, s.db, v.Who, f.ID, version, ledger.ProgressEdit{
			State: ledger.State(p.Fields.value("state")), Progress: p.Fields.value("progress"),
			Evidence: p.Fields.value("evidence"), Reason: p.Fields.value("reason"),
		})
	},
}

// measureEdit adds a measure for what the plan left unanswered.
var measureEdit = editForm{
	action: org.Edit,
	said:   "已补充措施",
	build: func(_ *Server, f ledger.Finding, q url.Values) editPage {
		p := editPage{Heading: "补一条措施", Button: "补充", Action: fmt.Sprintf("/finding/%d/measure", f.ID), Fields: fields{
			{Name: "text", Label: "整改措施", Kind: "area", Hint: "谁、做什么、做到什么程度、多久一次"},
		}}
		for i, m := range f.Manifestations {
			bare := len(f.AnsweredBy(i)) == 0
			asked := slices.Contains(q["for"], strconv.Itoa(i))
			p.Answers = append(p.Answers, answerChoice{Index: i, Text: m.Number + m.Text, Bare: bare, Checked: asked || bare && !q.Has("for")})
		}
		return p
	},
	command: func(ctx context.Context, s *Server, v *visit, f ledger.Finding, version int64, p *editPage, form url.Values) error {
		answers, err := indexes(form["for"])
		if err != nil {
			return err
		}
		return ledger.AddMeasure(ctx, s.db, v.Who, f.ID, version, p.Fields.value("text"), answers)
	},
}

func indexes(values []string) ([]int, error) {
	var list []int
	for _, x := range values {
		n, err := strconv.Atoi(x)
		if err != nil {
			return nil, errBadForm
		}
		list = append(list, n)
	}
	return list, nil
}

// showEdit answers GET of a form.
func (s *Server) showEdit(w http.ResponseWriter, r *http.Request, v *visit, e editForm) error {
	f, err := s.editable(r, v, e)
	if err != nil {
		return err
	}
	p := e.build(s, f, r.URL.Query())
	for i := range p.Fields {
		p.Fields[i].Was = p.Fields[i].Value
	}
	p.Part = r.URL.Query().Get("part") == "1"
	return s.renderEdit(w, r, v, http.StatusOK, f, p)
}

// editable reads the finding of a form, or refuses who may not send it.
func (s *Server) editable(r *http.Request, v *visit, e editForm) (ledger.Finding, error) {
	id, err := pathID(r)
	if err != nil {
		return ledger.Finding{}, err
	}
	f, err := ledger.ByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return f, err
	}
	if err := f.Allows(v.Who, e.action); err != nil {
		return f, err
	}
	if f.Dropped > 0 {
		return f, ledger.Invalid{Field: "状态", What: fmt.Sprintf("方案第 %d 版已撤出这个问题，只能看，不能再改", f.Dropped)}
	}
	return f, nil
}

// saveEdit answers POST of a form. What cannot be saved comes back in the same form: what was typed, what is wrong with it, and
// what somebody else has changed meanwhile.
func (s *Server) saveEdit(w http.ResponseWriter, r *http.Request, v *visit, e editForm) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	f, err := s.editable(r, v, e)
	if err != nil {
		return err
	}
	p := e.build(s, f, form)
	p.Fields.typed(form)
	p.Part = form.Get("part") == "1"
	err = e.command(r.Context(), s, v, f, version, &p, form)
	var stale ledger.Stale
	var invalid ledger.Invalid
	switch {
	case errors.As(err, &stale):
		if f, err = s.editable(r, v, e); err != nil {
			return err
		}
		p.Stale = &staleNote{By: stale.By, At: clock(stale.At, v.Today)}
		p.Fields.merge(e.build(s, f, form).Fields)
		return s.renderEdit(w, r, v, http.StatusConflict, f, p)
	case errors.As(err, &invalid):
		if !p.Fields.blame(invalid) {
			p.Problem = invalid.Error()
		}
		f.Version = version // it was not looked at: the next save must be
		return s.renderEdit(w, r, v, http.StatusUnprocessableEntity, f, p)
	case err != nil:
		return err
	case p.Part:
		return s.renderSaved(w, r, v, f.ID)
	}
	if err := s.lookUp(r.Context(), f, p.Fields); err != nil {
		return err
	}
	said := e.said
	for _, x := range p.Fields {
		for _, unknown := range x.Unknown {
			said += "；" + unknown
		}
	}
	return s.done(w, r, fmt.Sprintf("/finding/%d", f.ID), said)
}

func (s *Server) renderEdit(w http.ResponseWriter, r *http.Request, v *visit, status int, f ledger.Finding, p editPage) error {
	p.Finding, p.Version = f, f.Version
	if v.Who.Check(org.Edit, f.Unit) == nil {
		c, err := s.choicesOf(r.Context(), v, f.Plan)
		if err != nil {
			return err
		}
		if err := s.lookUp(r.Context(), f, p.Fields); err != nil {
			return err
		}
		for i := range p.Fields {
			switch p.Fields[i].Name {
			case "units":
				p.Fields[i].List = c.of.Duties
			case "leader", "persons":
				p.Fields[i].List = c.of.People
			}
		}
	}
	if p.Part {
		return s.renderPart(w, status, "edit", "edit-form", p)
	}
	p.frame = s.frame(v, "ledger", p.Heading)
	return s.render(w, status, "edit", p)
}

// lookUp says beside the fields which of the names in them the organisation does not know. A form without names costs nothing.
func (s *Server) lookUp(ctx context.Context, f ledger.Finding, list fields) error {
	if !slices.ContainsFunc(list, func(x field) bool { return x.Name == "units" || x.Name == "leader" || x.Name == "persons" }) {
		return nil
	}
	names, err := org.NamesFor(ctx, s.db, f.Unit)
	if err != nil {
		return err
	}
	for i := range list {
		switch x := &list[i]; x.Name {
		case "units":
			x.Unknown = unknownUnits(names, splitNames(x.Value))
		case "leader", "persons":
			x.Unknown = unknownStaff(names, splitNames(x.Value))
		}
	}
	return nil
}

// unknownUnits says which units the organisation does not know. They may stand in the ledger, but their people do not see it.
func unknownUnits(names org.Names, list []string) []string {
	var said []string
	for _, name := range list {
		if names.Unit(name).ID == 0 {
			said = append(said, "单位库里没有“"+name+"”")
		}
	}
	return said
}

// unknownStaff says which persons the organisation does not know.
func unknownStaff(names org.Names, list []string) []string {
	var said []string
	for _, name := range list {
		if names.Staff(name) == 0 {
			said = append(said, "人员库里没有“"+name+"”")
		}
	}
	return said
}

// renderSaved answers with the rows of a finding as they are now, to take the place of those in the ledger.
func (s *Server) renderSaved(w http.ResponseWriter, r *http.Request, v *visit, id int64) error {
	f, err := ledger.ByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, string(s.renderFinding(v, f).HTML))
	return nil
}

// answerSave lets a measure that is there answer one more manifestation.
func (s *Server) answerSave(w http.ResponseWriter, r *http.Request, v *visit) error {
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
	picked, err := indexes([]string{form.Get("measure"), form.Get("manifestation")})
	if err != nil {
		return err
	}
	f, err := ledger.ByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return err
	}
	measure, manifestation := picked[0], picked[1]
	if measure < 0 || measure >= len(f.Measures) {
		return ledger.Invalid{Field: "整改措施", What: "这条措施已不存在，请刷新页面"}
	}
	answers := f.Measures[measure].Answers
	if !slices.Contains(answers, manifestation) {
		answers = append(slices.Clone(answers), manifestation)
		slices.Sort(answers)
	}
	if err := ledger.Link(r.Context(), s.db, v.Who, id, version, measure, answers); err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/finding/%d", id), "已记下由哪条措施一并解决")
}
