package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/store"
)

// editPanel is the form that corrects one row of a reading.
type editPanel struct {
	Import, Version int64
	Spot, Name      string
	Fields          []editField
	Links           []linkBox
	LinkWord        string // above the boxes
	Moves           []moveChoice
	MoveWord        string
	Adds            []editField // empty fields that add something
	Buttons         []editButton
	Problem         string   // what is wrong with the whole
	Typed           []string // what was typed and could not be saved
	Focus           string   // name of the field to begin in
}

// editField is a field of the form.
type editField struct {
	Name, Label, Value, Help, Problem string
	Area                              bool
}

// Rows is how many lines high a field of several lines is.
func (f editField) Rows() int { return min(max(2, len([]rune(f.Value))/30+1), 9) }

// linkBox is a tick: this measure answers that manifestation. Key is the digit that toggles it.
type linkBox struct {
	Value   int
	Label   string
	Key     int
	Checked bool
}

// moveChoice is a place to move to.
type moveChoice struct {
	Value, Label string
}

// editButton does something besides saving.
type editButton struct {
	Do, Word, Key string
}

// viewFields are the fields of the form for each kind of row.
var viewFields = map[byte][]editField{
	'p': {{Name: string(plan.FieldTitle), Label: "标题"}, {Name: string(plan.FieldInspectedUnit), Label: "被巡察单位"},
		{Name: string(plan.FieldPeriodStart), Label: "巡察开始", Help: "年-月-日，如 2026-03-02"}, {Name: string(plan.FieldPeriodEnd), Label: "巡察结束", Help: "年-月-日"},
		{Name: string(plan.FieldFeedbackDate), Label: "反馈日期", Help: "年-月-日；没写年份的时限从这一天往后算"}},
	's': {{Name: string(plan.FieldNumber), Label: "编号"}, {Name: string(plan.FieldTitle), Label: "名称"}},
	'f': {{Name: string(plan.FieldNumber), Label: "编号"}, {Name: string(plan.FieldTitle), Label: "问题", Area: true},
		{Name: string(plan.FieldGoal), Label: "整改目标"}, {Name: string(plan.FieldStatus), Label: "整改状态"}},
	'u': {{Name: string(plan.FieldLeader), Label: "责任领导"}, {Name: string(plan.FieldUnits), Label: "责任单位", Help: "几个单位用顿号隔开，牵头的写在最前"},
		{Name: string(plan.FieldPersons), Label: "责任人", Help: "写姓名；几个人用顿号隔开，牵头的写在最前"}},
	'd': {{Name: string(plan.FieldDeadlineText), Label: "完成时限", Help: "照原文，如 4月16日前完成整改，长期坚持"},
		{Name: string(plan.FieldDeadlineDate), Label: "完成日期", Help: "年-月-日，如 2026-04-30；不填时按上面的话推算"}},
	'a': {{Name: string(plan.FieldNumber), Label: "编号"}, {Name: string(plan.FieldText), Label: "具体表现", Area: true, Help: "要拆成两条，就在拆开的地方按回车换行"}},
	'm': {{Name: string(plan.FieldNumber), Label: "编号"}, {Name: string(plan.FieldText), Label: "整改措施", Area: true, Help: "要拆成两条，就在拆开的地方按回车换行"}},
}

// The fields that add something.
var (
	addMeasure       = editField{Name: "add_measure", Label: "补一条措施", Area: true}
	addAnswer        = editField{Name: "add_measure", Label: "补一条措施", Area: true, Help: "补上的措施回应这个表现"}
	addManifestation = editField{Name: "add_manifestation", Label: "补一条表现", Area: true}
	addFinding       = editField{Name: "add_finding", Label: "补一个问题", Area: true}
	addSection       = editField{Name: "add_section", Label: "补一个方面"}
)

// newPanel makes the form for a row; [store.ErrNotFound] when there is no such row.
func newPanel(i ledger.Import, code string) (*editPanel, error) {
	at, view, ok := parseSpot(code)
	if !ok || !i.Reading.Has(at) {
		return nil, store.ErrNotFound
	}
	p := &editPanel{Import: i.ID, Version: i.Version, Spot: code, Name: i.Reading.Name(at)}
	for _, f := range viewFields[view] {
		f.Value, _ = i.Reading.Value(at, plan.Field(f.Name))
		p.Fields = append(p.Fields, f)
	}
	switch view {
	case 'p':
		p.Adds = []editField{addSection}
	case 's':
		p.sectionTools(i.Reading, at)
	case 'f':
		p.findingTools(i.Reading, at)
	case 'a', 'm':
		p.partTools(i.Reading, at)
	}
	return p, nil
}

func (p *editPanel) sectionTools(r plan.Plan, at plan.Spot) {
	p.Adds = []editField{addFinding}
	p.upDown(at.Section, len(r.Sections))
	if len(r.Sections) > 1 {
		word := "删去这个方面"
		if len(r.Sections[at.Section].Findings) > 0 {
			word = "删去标题，问题并入相邻方面"
		}
		p.Buttons = append(p.Buttons, editButton{"remove", word, ""})
	}
}

func (p *editPanel) findingTools(r plan.Plan, at plan.Spot) {
	p.Adds = []editField{addManifestation, addMeasure}
	if len(r.Sections) > 1 {
		p.MoveWord = "移到方面"
		for si, s := range r.Sections {
			if si != at.Section {
				p.Moves = append(p.Moves, moveChoice{fmt.Sprint(si), s.Number + s.Title})
			}
		}
	}
	f := r.Sections[at.Section].Findings[at.Finding]
	if f.Confidence < unsure {
		p.Buttons = append(p.Buttons, editButton{"accept", "看过了，读得对", ""})
	}
	p.upDown(at.Finding, len(r.Sections[at.Section].Findings))
	p.Buttons = append(p.Buttons, editButton{"remove", "删去整个问题", ""})
}

func (p *editPanel) partTools(r plan.Plan, at plan.Spot) {
	f := r.Sections[at.Section].Findings[at.Finding]
	count, turn := len(f.Manifestations), "改作整改措施"
	if at.Item == plan.ItemMeasure {
		count, turn = len(f.Measures), "改作具体表现"
		p.LinkWord = "回应哪些表现"
		answers := f.Measures[at.Index].Answers
		for k, m := range f.Manifestations {
			p.Links = append(p.Links, linkBox{k, m.Number + m.Text, k + 1, slices.Contains(answers, k)})
		}
		if f.Measures[at.Index].Confidence < unsure && len(answers) > 0 {
			p.Buttons = append(p.Buttons, editButton{"accept", "看过了，对应得对", ""})
		}
	} else {
		p.LinkWord = "哪些措施回应它"
		for k, m := range f.Measures {
			p.Links = append(p.Links, linkBox{k, m.Number + m.Text, k + 1, slices.Contains(m.Answers, at.Index)})
		}
		p.Adds = []editField{addAnswer}
	}
	p.MoveWord = "移到问题"
	p.Moves = nearFindings(r, at)
	if at.Index+1 < count {
		p.Buttons = append(p.Buttons, editButton{"join", "与下一条合并", "J"})
	}
	p.upDown(at.Index, count)
	p.Buttons = append(p.Buttons, editButton{"turn", turn, ""}, editButton{"remove", "删去这一条", ""})
}

// nearFindings are the findings that a part may be moved to: a misread part belongs to one near by.
func nearFindings(r plan.Plan, at plan.Spot) []moveChoice {
	const near = 40
	var list []moveChoice
	here := 0
	for si, s := range r.Sections {
		for fi, f := range s.Findings {
			if si == at.Section && fi == at.Finding {
				here = len(list)
				continue
			}
			list = append(list, moveChoice{fmt.Sprintf("%d.%d", si, fi), f.Number + firstRunes(f.Title, 24)})
		}
	}
	return list[max(0, here-near):min(len(list), here+near)]
}

func (p *editPanel) upDown(i, n int) {
	if i > 0 {
		p.Buttons = append(p.Buttons, editButton{"up", "上移", ""})
	}
	if i+1 < n {
		p.Buttons = append(p.Buttons, editButton{"down", "下移", ""})
	}
}

// firstRunes shortens a text.
func firstRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// asked is what a sent form asks for.
type asked struct {
	corrections []plan.Correction
	fields      []string  // name of the field each correction comes from
	then        plan.Spot // where to look afterwards
}

func (a *asked) add(field string, c plan.Correction) {
	a.corrections = append(a.corrections, c)
	a.fields = append(a.fields, field)
}

// corrections turns a sent form into corrections: what differs from the reading, then what a button asks for.
func corrections(r *plan.Plan, at plan.Spot, view byte, form url.Values) (asked, error) {
	a := asked{then: at}
	var lines []string // of the text, when it is to be split
	for _, f := range viewFields[view] {
		if !form.Has(f.Name) {
			continue
		}
		typed := textLines(form.Get(f.Name))
		text := strings.Join(typed, "")
		if f.Name == string(plan.FieldText) && len(typed) > 1 {
			lines = typed
		}
		if old, _ := r.Value(at, plan.Field(f.Name)); text != strings.TrimSpace(old) {
			a.add(f.Name, plan.Correction{Do: plan.DoSet, At: at, Field: plan.Field(f.Name), Value: text})
		}
	}
	a.links(r, at, form)
	a.splits(at, lines)
	if err := a.adds(r, at, form); err != nil {
		return a, err
	}
	return a, a.button(r, at, form)
}

// textLines are the lines of a typed text that hold anything.
func textLines(s string) []string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// links adds what was ticked and unticked.
func (a *asked) links(r *plan.Plan, at plan.Spot, form url.Values) {
	if !form.Has("linked") {
		return
	}
	f := r.Sections[at.Section].Findings[at.Finding]
	ticked := func(k int) bool { return slices.Contains(form["link"], fmt.Sprint(k)) }
	set := func(measure, manifestation int, want bool) {
		have := slices.Contains(f.Measures[measure].Answers, manifestation)
		do := map[bool]plan.Act{true: plan.DoLink, false: plan.DoUnlink}[want]
		if want != have {
			a.add("link", plan.Correction{Do: do, At: plan.Spot{Item: plan.ItemMeasure, Section: at.Section, Finding: at.Finding, Index: measure}, Offset: manifestation})
		}
	}
	if at.Item == plan.ItemMeasure {
		for k := range f.Manifestations {
			set(at.Index, k, ticked(k))
		}
		return
	}
	for k := range f.Measures {
		set(k, at.Index, ticked(k))
	}
}

// splits cuts a text at the ends of its lines, from behind, so that each cut falls into the item itself.
func (a *asked) splits(at plan.Spot, lines []string) {
	end := len([]rune(strings.Join(lines, "")))
	for i := len(lines) - 1; i > 0; i-- {
		end -= len([]rune(lines[i]))
		a.add(string(plan.FieldText), plan.Correction{Do: plan.DoSplit, At: at, Offset: end})
	}
}

// adds adds what was typed into the empty fields. Lines are one item each.
func (a *asked) adds(r *plan.Plan, at plan.Spot, form url.Values) error {
	add := func(name string, to plan.Spot, next *int) {
		for _, line := range textLines(form.Get(name)) {
			a.add(name, plan.Correction{Do: plan.DoAdd, At: to, Value: line})
			if name == addMeasure.Name && at.Item == plan.ItemManifestation {
				a.add(name, plan.Correction{Do: plan.DoLink, At: to, Offset: at.Index})
			}
			*next++
			to.Section, to.Finding, to.Index = step(to, 1)
		}
	}
	n := 0
	switch at.Item {
	case plan.ItemPlan:
		add(addSection.Name, plan.Spot{Item: plan.ItemSection, Section: len(r.Sections)}, &n)
	case plan.ItemSection:
		add(addFinding.Name, plan.Spot{Item: plan.ItemFinding, Section: at.Section, Finding: len(r.Sections[at.Section].Findings)}, &n)
	case plan.ItemFinding, plan.ItemManifestation:
		f := r.Sections[at.Section].Findings[at.Finding]
		to := plan.Spot{Section: at.Section, Finding: at.Finding}
		to.Item, to.Index = plan.ItemManifestation, len(f.Manifestations)
		add(addManifestation.Name, to, &n)
		to.Item, to.Index = plan.ItemMeasure, len(f.Measures)
		add(addMeasure.Name, to, &n)
	}
	if n > 50 {
		return ledger.Invalid{Field: "补充", What: fmt.Sprintf("一次最多补50条，这里有%d条，请分几次", n)}
	}
	return nil
}

// step gives the indexes of a spot moved by n among its like.
func step(at plan.Spot, n int) (section, finding, index int) {
	switch at.Item {
	case plan.ItemSection:
		at.Section += n
	case plan.ItemFinding:
		at.Finding += n
	case plan.ItemManifestation, plan.ItemMeasure:
		at.Index += n
	}
	return at.Section, at.Finding, at.Index
}

// button adds what the pressed button asks for, and where to look afterwards.
func (a *asked) button(r *plan.Plan, at plan.Spot, form url.Values) error {
	c := plan.Correction{At: at}
	switch form.Get("do") {
	case "save", "":
		return nil
	case "join":
		c.Do = plan.DoJoin
	case "accept":
		c.Do = plan.DoAccept
	case "up", "down":
		c.Do, c.Offset = plan.DoMove, map[string]int{"up": -1, "down": 1}[form.Get("do")]
		a.then.Section, a.then.Finding, a.then.Index = step(at, c.Offset)
	case "turn":
		c.Do = plan.DoTurn
		a.then.Item = plan.ItemFinding
	case "remove":
		c.Do = plan.DoRemove
		a.then = above(at)
	case "move":
		to, err := moveTarget(r, at, form.Get("to"))
		if err != nil {
			return err
		}
		c.Do, c.To, a.then = plan.DoTransfer, to, to
	default:
		return ledger.Invalid{Field: "更正", What: "没有这种操作，请刷新页面再试"}
	}
	a.add("", c)
	return nil
}

// above is the item that holds the one at a spot.
func above(at plan.Spot) plan.Spot {
	switch at.Item {
	case plan.ItemManifestation, plan.ItemMeasure:
		at.Item = plan.ItemFinding
	case plan.ItemFinding:
		at.Item = plan.ItemSection
	default:
		at.Item = plan.ItemPlan
	}
	return at
}

// moveTarget is the end of the section, or of the finding, that was chosen.
func moveTarget(r *plan.Plan, at plan.Spot, chosen string) (plan.Spot, error) {
	section, finding, _ := strings.Cut(chosen, ".")
	to := plan.Spot{Item: at.Item}
	var err error
	if to.Section, err = strconv.Atoi(section); err != nil || !r.Has(plan.Spot{Item: plan.ItemSection, Section: to.Section}) {
		return to, ledger.Invalid{Field: "移动", What: "请先选要移到哪里"}
	}
	if at.Item == plan.ItemFinding {
		to.Finding = len(r.Sections[to.Section].Findings)
		return to, nil
	}
	if to.Finding, err = strconv.Atoi(finding); err != nil || !r.Has(plan.Spot{Item: plan.ItemFinding, Section: to.Section, Finding: to.Finding}) {
		return to, ledger.Invalid{Field: "移动", What: "请先选要移到哪里"}
	}
	f := r.Sections[to.Section].Findings[to.Finding]
	to.Index = len(f.Measures)
	if at.Item == plan.ItemManifestation {
		to.Index = len(f.Manifestations)
	}
	return to, nil
}

// importCorrect saves a sent form of the edit panel.
func (s *Server) importCorrect(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := importID(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		return errBadForm
	}
	i, err := s.importOf(r, v, id)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	if err != nil {
		return errBadForm
	}
	code := r.PostForm.Get("at")
	at, view, ok := parseSpot(code)
	if !ok {
		return errBadForm
	}
	if i.State != "open" || i.Version != version {
		return s.importStale(w, r, v, i, version, code)
	}
	if !i.Reading.Has(at) {
		return store.ErrNotFound
	}
	a, err := corrections(&i.Reading, at, view, r.PostForm)
	field := ""
	said := ""
	if err == nil {
		if len(a.corrections) == 0 {
			http.Redirect(w, r, fmt.Sprintf("/import/%d?on=%s#t-%s", id, code, code), http.StatusSeeOther)
			return nil
		}
		said, field, err = try(i.Reading, a)
	}
	if err == nil {
		err = ledger.CorrectImport(r.Context(), s.db, v.Who, id, version, a.corrections...)
	}
	var stale ledger.Stale
	var invalid ledger.Invalid
	switch {
	case errors.As(err, &stale):
		if i, err = s.importOf(r, v, id); err != nil {
			return err
		}
		return s.importStale(w, r, v, i, version, code)
	case errors.As(err, &invalid):
		if i, err = s.importOf(r, v, id); err != nil { // as it was before the corrections were tried
			return err
		}
		return s.renderCheck(w, r, v, i, checkView{at: code, typed: r.PostForm, field: field, problem: invalid.What, status: http.StatusUnprocessableEntity})
	case err != nil:
		return err
	}
	then := spotCode(a.then)
	if a.then == at {
		then = code
	}
	return s.done(w, r, fmt.Sprintf("/import/%d?on=%s#t-%s", id, then, then), "已更正："+said)
}

// try carries the corrections out on a reading that is thrown away, to say what they do or which field is wrong.
func try(r plan.Plan, a asked) (said, field string, err error) {
	for k, c := range a.corrections {
		one, err := r.Correct(c)
		if err != nil {
			return "", a.fields[k], ledger.Invalid{Field: "更正", What: err.Error()}
		}
		if k == 0 {
			said = one
		}
	}
	if n := len(a.corrections); n > 1 {
		said += fmt.Sprintf("，等%d处", n)
	}
	return said, "", nil
}

// importStale shows what somebody else did meanwhile, beside what was typed.
func (s *Server) importStale(w http.ResponseWriter, r *http.Request, v *visit, i ledger.Import, version int64, code string) error {
	err := ledger.CorrectImport(r.Context(), s.db, v.Who, i.ID, version) // refused, and says why
	if err == nil {
		return errBadForm
	}
	var what string
	var stale ledger.Stale
	var invalid ledger.Invalid
	switch {
	case errors.As(err, &stale):
		var done []string
		for _, c := range stale.Changes {
			done = append(done, c.Field)
		}
		what = fmt.Sprintf("没有保存：%s，%s刚做过更正：%s。下面是更正后的样子，请核对后再改。", clock(stale.At, v.Today), stale.By, strings.Join(done, "；"))
	case errors.As(err, &invalid):
		what = "没有保存：" + invalid.What
	default:
		return err
	}
	return s.renderCheck(w, r, v, i, checkView{at: code, typed: r.PostForm, stale: true, problem: what, status: http.StatusConflict})
}

// importOf reads the import that a request names, for somebody who may import there.
func (s *Server) importOf(r *http.Request, v *visit, id int64) (ledger.Import, error) {
	i, err := ledger.ImportByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return i, err
	}
	return i, v.Who.Check(org.Import, i.Unit)
}

// importID is the import that the address of a request names.
func importID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, store.ErrNotFound
	}
	return id, nil
}
