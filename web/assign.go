package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bihuan/duty"
	"bihuan/ledger"
	"bihuan/org"
)

// assignPage gives measures to people (交办): one row for each measure and unit, filled in as far as the plan says it.
type assignPage struct {
	frame
	Finding *ledger.Finding // of a single one; nil for a plan
	Plan    ledger.PlanInfo
	Action  string
	Groups  []assignGroup
	Rows    int
	Wrong   int    // rows that were refused
	Given   int    // rows that were given before others were refused
	Pending int    // findings that wait, of the plan
	Left    int    // measures that wait
	Prev    string // address of the findings before
	Next    string
	From    int
	To      int
	Problem string
}

// assignGroup are the rows of one finding.
type assignGroup struct {
	Finding  ledger.Finding
	DueLines []string
	Measures []assignMeasure
	Problem  string
}

// assignMeasure are the rows of one measure.
type assignMeasure struct {
	ID    int64
	Text  string
	Given []string // who has it already
	Rows  []assignRow
}

// assignRow is one assignment to be.
type assignRow struct {
	N                           int // its number in the form
	On                          bool
	Finding, Measure            int64
	Part                        string
	Unit                        int64
	Who                         string // p and the id of a post, or s and that of a person
	Title, Rule, Words, Due     string
	Starts, Ends                string
	Reviewed                    bool
	Condition, CondFrom, CondTo string

	Proposed string // rule that the plan's words propose
	Settle   string // what the plan left open and must be settled here
	Field    string // that was refused
	Problem  string
	Units    template.HTML
	People   template.HTML
	Rules    template.HTML
}

// More tells whether the seldom fields are to be open.
func (r assignRow) More() bool {
	return r.Starts+r.Ends+r.Condition+r.CondFrom+r.CondTo != ""
}

// unsettled is the value of a rule that somebody still has to pick.
const unsettled = "?"

// The plan's page shows so many findings at once, and no more rows than that.
const (
	assignFindings = 20
	assignRowsMost = 100
	formRowsMost   = 600
)

// assignForm answers GET /finding/{id}/assign.
func (s *Server) assignForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := s.assignable(r, v)
	if err != nil {
		return err
	}
	rows, err := s.proposedRows(r.Context(), f)
	if err != nil {
		return err
	}
	return s.renderAssign(w, r, v, http.StatusOK, assignPage{Finding: &f, Action: fmt.Sprintf("/finding/%d/assign", f.ID)}, []ledger.Finding{f}, rows, nil)
}

// assignable reads a finding whose measures may be given, or refuses who may not.
func (s *Server) assignable(r *http.Request, v *visit) (ledger.Finding, error) {
	id, err := pathID(r)
	if err != nil {
		return ledger.Finding{}, err
	}
	f, err := ledger.ByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return f, err
	}
	if err := v.Who.Check(org.Assign, f.Unit); err != nil {
		return f, err
	}
	switch {
	case f.Dropped > 0:
		err = ledger.Invalid{Field: "交办", What: fmt.Sprintf("方案第 %d 版已撤出这个问题，只能看，不能再交办", f.Dropped)}
	case f.Closing != 0:
		err = ledger.Invalid{Field: "交办", What: "已经销号。要重新整改，请由书记或区委巡察办“重新打开”"}
	}
	return f, err
}

// proposedRows are the rows that the plan's words propose for a finding.
func (s *Server) proposedRows(ctx context.Context, f ledger.Finding) ([]assignRow, error) {
	list, err := ledger.Propose(ctx, s.db, f)
	if err != nil {
		return nil, err
	}
	rows := make([]assignRow, len(list))
	for i, p := range list {
		r := assignRow{On: !p.Given, Finding: f.ID, Measure: f.Measures[p.Measure].ID, Part: string(p.Part), Unit: p.Unit, Title: p.Title, Rule: p.Rule,
			Words: p.Assignment.Words, Due: p.Due, Reviewed: p.Reviewed, Proposed: p.Rule, Settle: p.Problem}
		switch {
		case p.Post != 0:
			r.Who = "p" + strconv.FormatInt(p.Post, 10)
		case p.Staff != 0:
			r.Who = "s" + strconv.FormatInt(p.Staff, 10)
		}
		if p.Problem != "" {
			r.Rule = unsettled
		}
		rows[i] = r
	}
	return rows, nil
}

// assignSave answers POST /finding/{id}/assign.
func (s *Server) assignSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	f, err := s.assignable(r, v)
	if err != nil {
		return err
	}
	rows, add, err := readAssign(r)
	if err != nil {
		return err
	}
	p := assignPage{Finding: &f, Action: fmt.Sprintf("/finding/%d/assign", f.ID)}
	if add >= 0 {
		return s.renderAssign(w, r, v, http.StatusOK, p, []ledger.Finding{f}, withAnother(rows, add), nil)
	}
	given, bad, err := s.assignRows(r.Context(), v, []ledger.Finding{f}, rows)
	if err != nil {
		return err
	}
	if len(bad) > 0 || given == 0 {
		if given == 0 && len(bad) == 0 {
			p.Problem = "一行也没有勾选，什么都没有交办"
		}
		return s.renderAssign(w, r, v, http.StatusUnprocessableEntity, p, []ledger.Finding{f}, rows, bad)
	}
	return s.done(w, r, fmt.Sprintf("/finding/%d", f.ID), fmt.Sprintf("已交办 %d 项任务，等责任人签收", given))
}

// readAssign reads the rows of the form, and which of them another is to be put behind, -1 for none.
func readAssign(r *http.Request) ([]assignRow, int, error) {
	form, err := readForm(r)
	if err != nil {
		return nil, -1, err
	}
	n, err := strconv.Atoi(form.Get("rows"))
	if err != nil || n < 0 || n > formRowsMost {
		return nil, -1, errBadForm
	}
	rows := make([]assignRow, n)
	for i := range rows {
		rows[i] = readRow(form, i)
	}
	add := -1
	if x := form.Get("add"); x != "" {
		if add, err = strconv.Atoi(x); err != nil || add < 0 || add >= n {
			return nil, -1, errBadForm
		}
	}
	return rows, add, nil
}

func readRow(form url.Values, i int) assignRow {
	at := func(name string) string { return plainText(form.Get(strconv.Itoa(i) + "." + name)) }
	id := func(name string) int64 {
		n, _ := strconv.ParseInt(at(name), 10, 64)
		return n
	}
	return assignRow{On: at("on") != "", Finding: id("f"), Measure: id("m"), Part: at("part"), Unit: id("unit"), Who: at("who"), Title: at("title"), Rule: at("rule"),
		Words: at("words"), Due: at("due"), Starts: at("starts"), Ends: at("ends"), Reviewed: at("reviewed") != "", Condition: at("cond"), CondFrom: at("from"),
		CondTo: at("to"), Proposed: at("proposed"), Settle: at("settle")}
}

// withAnother puts one more row behind the row at i: another unit for the same measure.
func withAnother(rows []assignRow, i int) []assignRow {
	more := rows[i]
	more.On, more.Part, more.Unit, more.Who = true, string(duty.Help), 0, ""
	return slices.Insert(rows, i+1, more)
}

// assignment is the row as the ledger takes it.
func (r assignRow) assignment(f ledger.Finding) (ledger.Assignment, error) {
	a := ledger.Assignment{Measure: -1, Unit: r.Unit, Part: duty.Part(r.Part), Title: r.Title, Rule: r.Rule, Words: r.Words, Due: r.Due, Starts: r.Starts, Ends: r.Ends,
		Reviewed: r.Reviewed, Condition: r.Condition, CondFrom: r.CondFrom, CondTo: r.CondTo}
	for i, m := range f.Measures {
		if m.ID == r.Measure {
			a.Measure = i
		}
	}
	if r.Rule == unsettled {
		return a, ledger.Invalid{Field: "频次", What: "请先定下多久一次，再交办"}
	}
	kind, id := "", int64(0)
	if len(r.Who) > 1 {
		kind = r.Who[:1]
		id, _ = strconv.ParseInt(r.Who[1:], 10, 64)
	}
	switch kind {
	case "p":
		a.Post = id
	case "s":
		a.Staff = id
	}
	return a, nil
}

// assignRows gives the ticked rows, finding by finding. It returns how many it gave and what is wrong with the others, by row.
func (s *Server) assignRows(ctx context.Context, v *visit, findings []ledger.Finding, rows []assignRow) (int, map[int]ledger.Invalid, error) {
	given, bad := 0, map[int]ledger.Invalid{}
	for _, f := range findings {
		var list []ledger.Assignment
		var at []int
		settled := true
		for i, r := range rows {
			if !r.On || r.Finding != f.ID {
				continue
			}
			a, err := r.assignment(f)
			var wrong ledger.Invalid
			if errors.As(err, &wrong) {
				bad[i], settled = wrong, false
				continue
			}
			list, at = append(list, a), append(at, i)
		}
		if len(list) == 0 || !settled {
			continue
		}
		err := ledger.Assign(ctx, s.db, v.Cal, v.Who, f.ID, list)
		var problems ledger.AssignProblems
		var wrong ledger.Invalid
		switch {
		case errors.As(err, &problems):
			for _, x := range problems {
				bad[at[x.Row]] = x.Invalid
			}
		case errors.As(err, &wrong):
			bad[at[0]] = wrong
		case err != nil:
			return given, bad, err
		default:
			given += len(list)
			for _, i := range at {
				rows[i].On = false
			}
		}
	}
	return given, bad, nil
}

// assignPlan answers GET /plan/{id}/assign.
func (s *Server) assignPlan(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, waiting, err := s.planAssign(r, v)
	if err != nil {
		return err
	}
	from := 0
	if n, err := strconv.Atoi(r.URL.Query().Get("from")); err == nil && n > 0 && n < len(waiting) {
		from = n
	}
	var findings []ledger.Finding
	var rows []assignRow
	for _, u := range waiting[from:] {
		f, err := ledger.ByID(r.Context(), s.db, v.Who, u.Finding)
		if err != nil {
			return err
		}
		more, err := s.proposedRows(r.Context(), f)
		if err != nil {
			return err
		}
		more = slices.DeleteFunc(more, func(x assignRow) bool { return !x.On }) // given already
		if len(findings) == assignFindings || len(findings) > 0 && len(rows)+len(more) > assignRowsMost {
			break
		}
		findings, rows = append(findings, f), append(rows, more...)
	}
	p.From, p.To = from+1, from+len(findings)
	if p.To < len(waiting) {
		p.Next = fmt.Sprintf("%s?from=%d", p.Action, p.To)
	}
	if from > 0 {
		p.Prev = fmt.Sprintf("%s?from=%d", p.Action, max(0, from-assignFindings))
	}
	return s.renderAssign(w, r, v, http.StatusOK, p, findings, rows, nil)
}

// planAssign begins the page of a plan, with the findings that wait.
func (s *Server) planAssign(r *http.Request, v *visit) (assignPage, []ledger.Ungiven, error) {
	var p assignPage
	id, err := pathID(r)
	if err != nil {
		return p, nil, err
	}
	if p.Plan, err = ledger.PlanByID(r.Context(), s.db, v.Who, id); err != nil {
		return p, nil, err
	}
	if err := v.Who.Check(org.Assign, p.Plan.Unit); err != nil {
		return p, nil, err
	}
	waiting, err := ledger.UngivenOf(r.Context(), s.db, id)
	p.Action, p.Pending = fmt.Sprintf("/plan/%d/assign", id), len(waiting)
	for _, u := range waiting {
		p.Left += u.Measures
	}
	return p, waiting, err
}

// assignPlanSave answers POST /plan/{id}/assign. What can be given is given, finding by finding; the rest stays on the page.
func (s *Server) assignPlanSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	if _, _, err := s.planAssign(r, v); err != nil {
		return err
	}
	rows, add, err := readAssign(r)
	if err != nil {
		return err
	}
	var findings []ledger.Finding
	for _, x := range rows {
		if slices.ContainsFunc(findings, func(f ledger.Finding) bool { return f.ID == x.Finding }) {
			continue
		}
		f, err := ledger.ByID(r.Context(), s.db, v.Who, x.Finding)
		if err != nil {
			return err
		}
		findings = append(findings, f)
	}
	given, bad := 0, map[int]ledger.Invalid{}
	if add >= 0 {
		rows = withAnother(rows, add)
	} else if given, bad, err = s.assignRows(r.Context(), v, findings, rows); err != nil {
		return err
	}
	p, _, err := s.planAssign(r, v)
	if err != nil {
		return err
	}
	if add < 0 && len(bad) == 0 && given > 0 {
		return s.done(w, r, p.Action, fmt.Sprintf("已交办 %d 项任务，等责任人签收", given))
	}
	if add < 0 { // findings whose rows were all given or left out need not be seen again
		findings = slices.DeleteFunc(findings, func(f ledger.Finding) bool {
			return given > 0 && !slices.ContainsFunc(rows, func(x assignRow) bool { return x.Finding == f.ID && x.On })
		})
	}
	status := http.StatusOK
	if add < 0 {
		status = http.StatusUnprocessableEntity
		if given == 0 && len(bad) == 0 {
			p.Problem = "一行也没有勾选，什么都没有交办"
		}
	}
	p.Given = given
	return s.renderAssign(w, r, v, status, p, findings, rows, bad)
}

// renderAssign shows rows under their findings and measures.
func (s *Server) renderAssign(w http.ResponseWriter, r *http.Request, v *visit, status int, p assignPage, findings []ledger.Finding, rows []assignRow, bad map[int]ledger.Invalid) error {
	offers := map[string]*assignOffers{}
	p.Wrong = len(bad)
	for _, f := range findings {
		o, err := s.assignOffers(r.Context(), v, f, offers)
		if err != nil {
			return err
		}
		duties, err := duty.OfFinding(r.Context(), s.db, f.ID)
		if err != nil {
			return err
		}
		g := assignGroup{Finding: f, DueLines: dueLines(f, v.Today)}
		for _, m := range f.Measures {
			x := assignMeasure{ID: m.ID, Text: m.Number + m.Text}
			for _, d := range duties {
				if d.Measure == m.ID && d.State != duty.Stopped {
					x.Given = append(x.Given, d.Unit.Name+" "+d.Name+"（"+d.Often()+"）")
				}
			}
			for i, row := range rows {
				if row.Finding != f.ID || row.Measure != m.ID {
					continue
				}
				if wrong, ok := bad[i]; ok {
					row.Field, row.Problem = wrong.Field, wrong.Error()
				}
				row.N = p.Rows
				p.Rows++
				row.Units, row.People, row.Rules = o.units(row.Unit), o.people(row.Who), rulesFor(row)
				x.Rows = append(x.Rows, row)
			}
			if len(x.Rows) > 0 {
				g.Measures = append(g.Measures, x)
			}
		}
		p.Groups = append(p.Groups, g)
	}
	p.frame = s.frame(v, "ledger", "交办")
	return s.render(w, status, "assign", p)
}

// assignOffers are the units and people that the rows of a plan are offered.
type assignOffers struct {
	unitHTML, peopleHTML string
}

// assignOffers lists the units about a finding that the reader sees, and their posts and people.
func (s *Server) assignOffers(ctx context.Context, v *visit, f ledger.Finding, kept map[string]*assignOffers) (*assignOffers, error) {
	top := f.Unit
	for _, id := range f.Unit.Ancestors() {
		u, err := org.UnitByID(ctx, s.db, id)
		if err != nil {
			return nil, err
		}
		if u.Kind == org.Town {
			top = u
		}
	}
	if o := kept[top.Path]; o != nil {
		return o, nil
	}
	units, err := org.Below(ctx, s.db, top.Path)
	if err != nil {
		return nil, err
	}
	units = slices.DeleteFunc(units, func(u org.Unit) bool { return !v.Who.Within(u) })
	posts, err := org.Posts(ctx, s.db, top.Path)
	if err != nil {
		return nil, err
	}
	held, err := org.HoldingsIn(ctx, s.db, top.Path)
	if err != nil {
		return nil, err
	}
	staff, err := org.StaffIn(ctx, s.db, top.Path)
	if err != nil {
		return nil, err
	}
	var unitList, people htmlWriter
	for _, u := range units {
		unitList.raw(`<option value="`).num(u.ID).raw(`">`).text(u.Name).raw(`</option>`)
		people.raw(`<optgroup label="`).text(u.Name).raw(`">`)
		for _, p := range posts {
			if p.Unit.ID != u.ID {
				continue
			}
			holder := ""
			for _, h := range held {
				if h.Post == p.ID && h.On(v.Today) {
					holder = h.Name
				}
			}
			if holder == "" {
				people.raw(`<option value="" disabled>`).text(p.Title + "（空缺）").raw(`</option>`)
				continue
			}
			people.raw(`<option value="p`).num(p.ID).raw(`">`).text(p.Title + "（现任 " + holder + "）").raw(`</option>`)
		}
		for _, x := range staff {
			if x.Unit.ID == u.ID && x.Role != org.Admin {
				people.raw(`<option value="s`).num(x.ID).raw(`">`).text(personWords(x)).raw(`</option>`)
			}
		}
		people.raw(`</optgroup>`)
	}
	o := &assignOffers{string(unitList.b), string(people.b)}
	kept[top.Path] = o
	return o, nil
}

// personWords is somebody in a list: 郝根生 村党支部书记.
func personWords(x org.Staff) string {
	if x.Post == "" {
		return x.Name
	}
	return x.Name + " " + x.Post
}

func (o *assignOffers) units(id int64) template.HTML {
	return selected(o.unitHTML, strconv.FormatInt(id, 10), "请选单位")
}

func (o *assignOffers) people(who string) template.HTML {
	return selected(o.peopleHTML, who, "请选岗位或个人")
}

// selected is a list of options with the one of a value selected, and one that asks for a choice where none is.
func selected(options, value, ask string) template.HTML {
	mark := `value="` + template.HTMLEscapeString(value) + `">`
	if value == "" || !strings.Contains(options, mark) {
		return template.HTML(`<option value="">` + ask + `</option>` + options)
	}
	return template.HTML(strings.Replace(options, mark, mark[:len(mark)-1]+` selected>`, 1))
}

// rulesFor are the choices of recurrence of a row: once, what the plan proposes, and the usual ones.
func rulesFor(r assignRow) template.HTML {
	var w htmlWriter
	option := func(value, words string) {
		w.raw(`<option value="`).text(value).raw(`"`)
		if value == r.Rule {
			w.raw(` selected`)
		}
		w.raw(`>`).text(words).raw(`</option>`)
	}
	if r.Settle != "" {
		option(unsettled, "请选定多久一次")
	}
	option("", "一次，到期限办结")
	for _, c := range ruleChoices(r.Proposed, r.Rule) {
		words := c.Words
		if c.Rule == r.Proposed && r.Words != "" {
			words += "　←方案“" + r.Words + "”"
		}
		option(c.Rule, words)
	}
	return template.HTML(w.b)
}
