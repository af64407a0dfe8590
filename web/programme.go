package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"bihuan/benefit"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// programmesPage lists the programmes.
type programmesPage struct {
	frame
	Rows   []programmeRow
	MayNew bool
}

// programmeRow is a programme with what it pays now.
type programmeRow struct {
	benefit.Programme
	Level   string
	Says    string
	Example bool
}

// programmeList answers GET /programme.
func (s *Server) programmeList(w http.ResponseWriter, r *http.Request, v *visit) error {
	if s.vault == nil {
		return errNoResidents
	}
	list, err := benefit.Programmes(r.Context(), s.vault, v.Who)
	if err != nil {
		return err
	}
	p := programmesPage{MayNew: v.Who.May(org.Programme)}
	for _, x := range list {
		terms, err := benefit.TermsOf(r.Context(), s.vault, x.ID)
		if err != nil {
			return err
		}
		row := programmeRow{Programme: x, Level: levelWords[x.Level]}
		row.Example = slices.ContainsFunc(terms, func(t benefit.Parameter) bool { return t.Basis == "" })
		var says []string
		for _, t := range terms {
			if t.Name == benefit.Amount && t.On(v.Today) {
				says = append(says, t.Band()+" "+t.Says())
			}
		}
		row.Says = strings.Join(says, "，")
		p.Rows = append(p.Rows, row)
	}
	p.frame = s.benefitFrame(v, "home", "惠民项目")
	return s.render(w, http.StatusOK, "programmes", p)
}

var levelWords = map[string]string{benefit.ByPerson: "按人", benefit.ByHousehold: "按户"}

// programmePage is a programme with its parameters over time.
type programmePage struct {
	frame
	benefit.Programme
	Level   string
	Series  []seriesView
	Missing []benefit.ParameterKind // that it could have and has not
	Example bool
	MayEdit bool
	Basis   entryForm // names the document of an example
	History []event
	Ticks   []yearTick // of the timelines
}

// seriesView is a parameter over time.
type seriesView struct {
	Name, Class string
	Word        string
	Periods     []periodView // the newest first
	Bars        []barView
}

// periodView is a value while it was in force.
type periodView struct {
	Lines []string // the value, of amounts by band
	From  string
	To    string
	Basis string
	Light light
}

// barView is a value on a timeline.
type barView struct {
	X, Width string
	Kind     string // now past next
	Title    string
}

// yearTick is a year on a timeline.
type yearTick struct{ X, Word string }

// programmeOf reads the programme of an address, one that the reader may know of.
func (s *Server) programmeOf(r *http.Request, v *visit) (benefit.Programme, benefit.Terms, error) {
	if s.vault == nil {
		return benefit.Programme{}, nil, errNoResidents
	}
	id, err := pathID(r)
	if err != nil {
		return benefit.Programme{}, nil, err
	}
	p, err := benefit.ProgrammeByID(r.Context(), s.vault, id)
	if err == nil && !p.Seen(v.Who) {
		err = store.ErrNotFound
	}
	if err != nil {
		return p, nil, err
	}
	terms, err := benefit.TermsOf(r.Context(), s.vault, id)
	return p, terms, err
}

// programmeShow answers GET /programme/{id}.
func (s *Server) programmeShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	x, terms, err := s.programmeOf(r, v)
	if err != nil {
		return err
	}
	p := programmePage{Programme: x, Level: levelWords[x.Level], MayEdit: v.Who.Check(org.Programme, x.At()) == nil}
	scale := newScale(terms, v.Today)
	p.Ticks = scale.ticks()
	for _, k := range benefit.ParameterKinds {
		classes := []string{""}
		if k.Class {
			for _, t := range terms {
				if t.Name == k.Name && !slices.Contains(classes, t.Class) {
					classes = append(classes, t.Class)
				}
			}
		}
		has := false
		for _, class := range classes {
			periods := terms.Periods(k.Name, class)
			if len(periods) == 0 {
				continue
			}
			has = true
			view := seriesView{Name: k.Name, Class: class, Word: k.Word}
			for _, period := range slices.Backward(periods) {
				one := viewPeriod(period, v.Today)
				p.Example = p.Example || period[0].Basis == ""
				view.Periods = append(view.Periods, one)
				view.Bars = append(view.Bars, scale.bar(period[0], strings.Join(one.Lines, "，")+"（"+period[0].Period()+"）", v.Today))
			}
			p.Series = append(p.Series, view)
		}
		if !has || k.Class {
			p.Missing = append(p.Missing, k)
		}
	}
	if p.Example && p.MayEdit {
		p.Basis = entryForm{Action: fmt.Sprintf("/programme/%d/basis", x.ID), Button: "这些值与文件一致，起用", Version: x.Version,
			Entries: entries{{Name: "basis", Label: "依据文件", Kind: "text", Hint: "文件名称和文号，如 临民〔2024〕12号。与文件不一致的，请先在下面逐项改"}}}
	}
	if p.History, err = s.residentHistory(r, v, "programme", x.ID); err != nil {
		return err
	}
	p.frame = s.benefitFrame(v, "home", x.Name)
	return s.render(w, http.StatusOK, "programme", p)
}

func viewPeriod(period []benefit.Parameter, today string) periodView {
	first := period[0]
	view := periodView{From: first.ValidFrom, To: first.ValidTo, Basis: first.Basis}
	for _, t := range period {
		view.Lines = append(view.Lines, strings.TrimSpace(t.Band()+"　"+t.Says()))
	}
	switch {
	case first.Basis == "":
		view.Light = light{Kind: "soon", Word: "样例"}
	case first.ValidFrom > today:
		view.Light = light{Kind: "wait", Word: "未起用"}
	case first.ValidTo != "" && first.ValidTo < today:
		view.Light = light{Kind: "stop", Word: "已过"}
	default:
		view.Light = light{Kind: "done", Word: "现行"}
	}
	return view
}

// scale lays months on a line: from the first value on to a year ahead.
type scale struct{ from, to benefit.Month }

func newScale(terms benefit.Terms, today string) scale {
	s := scale{from: benefit.MonthOf(today) - 12, to: benefit.MonthOf(today) + 12}
	for _, t := range terms {
		s.from = min(s.from, benefit.MonthOf(t.ValidFrom))
		s.to = max(s.to, benefit.MonthOf(t.ValidFrom)+12)
	}
	s.from = s.from / 12 * 12
	return s
}

func (s scale) x(m benefit.Month) float64 {
	return 100 * float64(min(max(m, s.from), s.to)-s.from) / float64(s.to-s.from)
}

func (s scale) bar(p benefit.Parameter, title, today string) barView {
	end := s.to
	if p.ValidTo != "" {
		end = benefit.MonthOf(p.ValidTo) + 1
	}
	b := barView{X: fmt.Sprintf("%.2f%%", s.x(benefit.MonthOf(p.ValidFrom))), Width: fmt.Sprintf("%.2f%%", s.x(end)-s.x(benefit.MonthOf(p.ValidFrom))), Kind: "past", Title: title}
	switch {
	case p.Basis == "":
		b.Kind = "example"
	case p.On(today):
		b.Kind = "now"
	case p.ValidFrom > today:
		b.Kind = "next"
	}
	return b
}

// ticks are some of the years on the line.
func (s scale) ticks() []yearTick {
	years := max(1, int(s.to-s.from)/12)
	step := (years + 7) / 8
	var list []yearTick
	for y := int(s.from) / 12; benefit.Month(y*12) <= s.to-6; y += step {
		list = append(list, yearTick{fmt.Sprintf("%.2f%%", s.x(benefit.Month(y*12))), strconv.Itoa(y)})
	}
	return list
}

// benefitForm is a page that is one form about programmes, rolls, applications or payments.
type benefitForm struct {
	frame
	Back     string // where it belongs
	BackWord string
	Heading  string
	Quiet    string // beside the heading
	Facts    []fact
	Form     entryForm // without an address: there is none
	Notes    []string
	Also     *alsoForm // another thing that may be done here
}

// alsoForm is a form behind a fold on the page of another.
type alsoForm struct {
	headedForm
	Notes []string
}

// renderForm answers with a form.
func (s *Server) renderForm(w http.ResponseWriter, v *visit, status int, sub string, p benefitForm) error {
	p.frame = s.benefitFrame(v, sub, p.Heading)
	p.Form.Back = p.Back
	return s.render(w, status, "benefit-form", p)
}

// sendForm fills a form with what was sent and has it done, or says in it why not. The command returns where to go on and what was done.
func (s *Server) sendForm(w http.ResponseWriter, r *http.Request, v *visit, sub string, p benefitForm, do func(es entries, version int64) (address, said string, err error)) error {
	if r.Method != http.MethodPost {
		return s.renderForm(w, v, http.StatusOK, sub, p)
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p.Form.Entries.fill(form)
	address, said, err := do(p.Form.Entries, version)
	if err != nil {
		status, err := p.Form.failed(err, v.Today)
		if err != nil {
			return err
		}
		return s.renderForm(w, v, status, sub, p)
	}
	return s.done(w, r, address, said)
}

// programmeNew answers GET and POST of /programme/new.
func (s *Server) programmeNew(w http.ResponseWriter, r *http.Request, v *visit) error {
	if s.vault == nil {
		return errNoResidents
	}
	if !v.Who.May(org.Programme) {
		return org.Denied{Who: v.Who, Action: org.Programme}
	}
	picks := []pick{{"", "不用样例，从头写"}}
	p := benefitForm{Back: "/programme", BackWord: "惠民项目", Heading: "新建惠民项目"}
	for _, e := range benefit.Examples {
		picks = append(picks, pick{e.Code, e.Name})
		p.Notes = append(p.Notes, e.Name+"："+e.Note+"。")
	}
	var units []pick
	over := v.Who.Over(org.Programme)
	for _, u := range over {
		units = append(units, pick{strconv.FormatInt(u.ID, 10), u.Name})
	}
	example := r.URL.Query().Get("example")
	if example == "" {
		example = benefit.Examples[0].Code
	}
	p.Form = entryForm{Action: "/programme/new", Button: "新建", Version: 1, Entries: entries{
		{Name: "example", Label: "样例", Kind: "pick", Value: example, Picks: picks, Hint: "样例的年龄、标准、周期都要照本地文件改；没有依据文件之前，不会用来算钱"},
		{Name: "name", Label: "项目名称", Kind: "text", Hint: "照样例的可以不写"},
		{Name: "level", Label: "享受单位", Kind: "pick", Value: benefit.ByPerson, Picks: []pick{{benefit.ByPerson, "按人"}, {benefit.ByHousehold, "按户"}}, Hint: "照样例的以样例为准"},
		{Name: "unit", Label: "由谁实施", Kind: "pick", Value: units[0].Value, Picks: units},
		{Name: "from", Label: "起用日期", Kind: "date", Value: v.Today[:4] + "-01-01", Hint: "现行标准从哪天起，写某月1日；更早的标准以后可以往前补"},
		{Name: "basis", Label: "依据文件", Kind: "text", Hint: "名称和文号，如 临民〔2024〕12号；没核对之前先空着"},
	}}
	return s.sendForm(w, r, v, "home", p, func(es entries, _ int64) (string, string, error) {
		n := benefit.NewProgramme{Example: es.value("example"), Name: es.value("name"), Level: es.value("level"), From: es.value("from"), Basis: es.value("basis")}
		at := slices.IndexFunc(over, func(u org.Unit) bool { return u.ID == es.number("unit") })
		if at < 0 {
			return "", "", org.Invalid{Field: "由谁实施", What: "请选一个单位"}
		}
		id, err := benefit.AddProgramme(r.Context(), s.vault, v.Who, over[at], n)
		return fmt.Sprintf("/programme/%d", id), "已新建，请逐项核对标准", err
	})
}

// programmeEdit answers GET and POST of /programme/{id}/edit.
func (s *Server) programmeEdit(w http.ResponseWriter, r *http.Request, v *visit) error {
	x, _, err := s.programmeOf(r, v)
	if err != nil {
		return err
	}
	if err := v.Who.Check(org.Programme, x.At()); err != nil {
		return err
	}
	address := fmt.Sprintf("/programme/%d", x.ID)
	p := benefitForm{Back: address, BackWord: x.Name, Heading: "改名称和状态", Form: entryForm{Action: address + "/edit", Button: "保存", Version: x.Version, Entries: entries{
		{Name: "name", Label: "项目名称", Kind: "text", Value: x.Name},
		{Name: "state", Label: "状态", Kind: "pick", Value: x.State, Picks: []pick{{benefit.Running, "在办"}, {benefit.Ended, "已结束"}}, Hint: "结束后不再提新的事项；名册上的人不会因此停发，停发由县里逐人决定"},
	}}}
	return s.sendForm(w, r, v, "home", p, func(es entries, version int64) (string, string, error) {
		return address, "已保存", benefit.EditProgramme(r.Context(), s.vault, v.Who, x.ID, version, es.value("name"), es.value("state"))
	})
}

// programmeBasis answers POST /programme/{id}/basis.
func (s *Server) programmeBasis(w http.ResponseWriter, r *http.Request, v *visit) error {
	x, _, err := s.programmeOf(r, v)
	if err != nil {
		return err
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	if err := benefit.NameBasis(r.Context(), s.vault, v.Who, x.ID, version, form.Get("basis")); err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/programme/%d", x.ID), "已起用，从此按这些标准算")
}

// programmeValue answers GET and POST of /programme/{id}/value: a value that a parameter has from a day on.
func (s *Server) programmeValue(w http.ResponseWriter, r *http.Request, v *visit) error {
	x, terms, err := s.programmeOf(r, v)
	if err != nil {
		return err
	}
	if err := v.Who.Check(org.Programme, x.At()); err != nil {
		return err
	}
	k, ok := benefit.KindOf(r.URL.Query().Get("name"))
	if !ok {
		return store.ErrNotFound
	}
	class := r.URL.Query().Get("class")
	query := "?name=" + k.Name
	value := entry{Name: "value", Label: "值", Kind: "text", Hint: k.Hint}
	periods := terms.Periods(k.Name, class)
	p := benefitForm{Back: fmt.Sprintf("/programme/%d", x.ID), BackWord: x.Name, Heading: k.Word, Quiet: class}
	if n := len(periods); n > 0 {
		last := periods[n-1]
		value.Value = last[0].Value
		if k.Name == benefit.Amount {
			value.Value = tierText(last)
		}
		view := viewPeriod(last, v.Today)
		p.Facts = append(p.Facts, fact{Word: "现在记的", Text: strings.Join(view.Lines, "，")}, fact{Word: "期间", Text: last[0].Period()})
		if last[0].Basis != "" {
			p.Facts = append(p.Facts, fact{Word: "依据", Text: last[0].Basis})
		}
	}
	switch {
	case k.Name == benefit.Amount:
		value.Kind = "area"
	case len(k.Words) > 0:
		value.Kind = "pick"
		for _, word := range k.Words {
			value.Picks = append(value.Picks, pick{word.Value, word.Word})
		}
	case k.Unit != "":
		value.Hint = strings.Trim(k.Hint+"；单位："+k.Unit, "；")
	}
	from := (benefit.MonthOf(v.Today) + 1).First()
	if len(periods) > 0 && periods[len(periods)-1][0].Basis == "" {
		from = periods[len(periods)-1][0].ValidFrom // an example is corrected where it stands
	}
	es := entries{value,
		{Name: "from", Label: "起用日期", Kind: "date", Value: from, Hint: "某月1日。前一个值自动到前一天止；写已有的起用日期就是更正那一段"},
		{Name: "to", Label: "止用日期", Kind: "date", Hint: "一直有效就留空；补早年的标准要写"},
		{Name: "basis", Label: "依据文件", Kind: "text", Hint: "名称和文号，如 临民〔2024〕12号"},
	}
	if k.Class {
		es = slices.Insert(es, 0, entry{Name: "class", Label: "类别", Kind: "text", Value: class, Hint: "如 收入相对稳定；不分类别就留空"})
	}
	p.Form = entryForm{Action: p.Back + "/value" + query, Button: "保存", Version: x.Version, Entries: es}
	return s.sendForm(w, r, v, "home", p, func(es entries, version int64) (string, string, error) {
		n := benefit.NewValue{Name: k.Name, Class: es.value("class"), Value: es.value("value"), From: es.value("from"), To: es.value("to"), Basis: es.value("basis")}
		if k.Name == benefit.Amount {
			tiers, err := benefit.ParseTiers(n.Value)
			if err != nil {
				return "", "", err
			}
			n.Tiers = tiers
		}
		return p.Back + "#" + k.Name, "已保存“" + k.Word + "”", benefit.SetParameter(r.Context(), s.vault, v.Who, x.ID, version, n)
	})
}

// tierText writes bands as the form has them.
func tierText(period []benefit.Parameter) string {
	var lines []string
	for _, t := range period {
		to := ""
		if t.To != 0 {
			to = strconv.Itoa(t.To)
		}
		lines = append(lines, fmt.Sprintf("%d-%s %s", t.From, to, strings.TrimSuffix(t.Says(), "元")))
	}
	return strings.Join(lines, "\n")
}

// residentHistory is what happened to a row of the database of residents, newest first.
func (s *Server) residentHistory(r *http.Request, v *visit, kind string, id int64) ([]event, error) {
	list, err := journal.Of(r.Context(), s.vault, kind, id, historyLimit)
	events := make([]event, len(list))
	for i, e := range list {
		events[i] = newEvent(e, v.Today)
	}
	return events, err
}
