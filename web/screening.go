package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/benefit"
	"bihuan/journal"
	"bihuan/lead"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/report"
	"bihuan/screening"
	"bihuan/vault"
)

// screeningsPage lists the screenings, the newest first.
type screeningsPage struct {
	frame
	Rows     []screeningRow
	MayStart bool
	Busy     bool // one waits or runs
}

// screeningRow is a screening in a list.
type screeningRow struct {
	lead.Screening
	Light     light
	Town      string // empty where there is only one
	At        string
	Programme string
	Sum       lead.RuleCount
	Lists     string // that it used
}

// listWords names the lists of a screening, each kind once.
func listWords(used []lead.UsedDataset) string {
	const most = 5
	var words []string
	for _, d := range used {
		if !slices.Contains(words, d.Kind.Word()) {
			words = append(words, d.Kind.Word())
		}
	}
	text := strings.Join(words[:min(len(words), most)], "、")
	if len(words) > most {
		text += fmt.Sprintf(" 等 %d 份", len(used))
	}
	return text
}

// busySeconds is how often a page is read again while something runs.
const busySeconds = "2"

func screeningLight(s lead.Screening) light {
	l := light{Word: s.State.Word(), Why: s.Problem}
	l.Kind = map[lead.ScreeningState]string{lead.ScreeningWaiting: "wait", lead.ScreeningRunning: "run", lead.ScreeningDone: "done", lead.ScreeningStopped: "stop", lead.ScreeningFailed: "late"}[s.State]
	return l
}

// programmeNames are the names of the programmes somebody sees, by id.
func (s *Server) programmeNames(ctx context.Context, v *visit, residents *vault.Vault) (map[int64]string, error) {
	list, err := benefit.Programmes(ctx, residents, v.Who)
	names := map[int64]string{}
	for _, p := range list {
		names[p.ID] = p.Name
	}
	return names, err
}

// ageProgrammes are the running programmes that pay by age and serve a town.
func (s *Server) ageProgrammes(ctx context.Context, v *visit, residents *vault.Vault, town org.Unit) ([]programmeChoice, error) {
	list, err := benefit.Programmes(ctx, residents, v.Who)
	if err != nil {
		return nil, err
	}
	var choices []programmeChoice
	for _, x := range list {
		if x.State != benefit.Running || !town.Within(x.Path) {
			continue
		}
		terms, err := benefit.TermsOf(ctx, residents, x.ID)
		if err != nil {
			return nil, err
		}
		if terms.ByAge() {
			choices = append(choices, programmeChoice{x.ID, x.Name})
		}
	}
	return choices, nil
}

func (s *Server) screeningsShow(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	ctx := r.Context()
	list, err := lead.Screenings(ctx, residents, s.db, v.Who)
	if err != nil {
		return err
	}
	towns, err := lead.Towns(ctx, s.db, v.Who, org.Residents)
	if err != nil {
		return err
	}
	names, err := s.programmeNames(ctx, v, residents)
	if err != nil {
		return err
	}
	p := screeningsPage{frame: s.benefitFrame(v, "screening", "筛查"), MayStart: v.Who.May(org.Screen)}
	for _, x := range list {
		row := screeningRow{Screening: x, Light: screeningLight(x), At: clock(x.Started, v.Today), Programme: names[x.Programme], Sum: x.Sum(), Lists: listWords(x.Datasets)}
		if i := slices.IndexFunc(towns, func(u org.Unit) bool { return u.ID == x.Unit }); i >= 0 && len(towns) > 1 {
			row.Town = towns[i].Name
		}
		p.Busy = p.Busy || x.State == lead.ScreeningWaiting || x.State == lead.ScreeningRunning
		p.Rows = append(p.Rows, row)
	}
	if p.Busy {
		w.Header().Set("Refresh", busySeconds)
	}
	return s.render(w, http.StatusOK, "screenings", p)
}

// screeningForm chooses what is screened.
type screeningForm struct {
	frame
	Towns      []org.Unit
	Unit       int64
	AsOf       string
	Programmes []programmeChoice
	Programme  int64
	Params     string // of the programme on the day, in words
	Lists      []listFit
	Rules      []ruleFit
	Above      int // rules that cannot be run for want of lists
	Findings   []findingChoice
	Finding    int64
	Today      string
	Problems   map[string]string
}

type programmeChoice struct {
	ID   int64
	Name string
}

type findingChoice struct {
	ID   int64
	Name string
}

// listFit is a list that may be chosen.
type listFit struct {
	ID      int64
	Kind    screening.Kind
	First   bool // of its kind
	Name    string
	Giver   string
	On      string
	People  string
	Chosen  bool
	Warning string // that it is old
}

// ruleFit is a rule and what becomes of it with the lists chosen.
type ruleFit struct {
	Rule   screening.Rule
	Light  light
	Chosen bool
}

// needLight says what becomes of a rule with the lists at hand.
func needLight(n lead.Need) light {
	var words []string
	for _, k := range n.Missing {
		words = append(words, k.Word())
	}
	missing := strings.Join(words, "、")
	switch n.State {
	case screening.ForAbove:
		return light{Kind: "stop", Word: n.State.Word(), Why: "没有" + missing}
	case screening.RanInPart:
		return light{Kind: "part", Word: "部分比对", Why: "没有" + missing + "，会少认一些"}
	}
	return light{Kind: "done", Word: "可以比对"}
}

// paramWords are the parameters of a screening in words.
func paramWords(p screening.Params) string {
	first := "生日当月起发"
	if p.FirstMonth == "next" {
		first = "生日次月起发"
	}
	words := []string{fmt.Sprintf("满 %d 周岁", p.Threshold), first}
	if p.GraceMonths == 0 {
		words = append(words, "去世后发到当月")
	} else {
		words = append(words, fmt.Sprintf("去世后再发 %d 个月", p.GraceMonths))
	}
	for _, t := range p.Tiers {
		to := fmt.Sprintf("%d—%d 岁", t.From, t.To)
		if t.To == 0 || t.To >= 150 {
			to = fmt.Sprintf("%d 岁以上", t.From)
		}
		words = append(words, fmt.Sprintf("%s每月 %s 元", to, t.YuanPerMonth))
	}
	return strings.Join(words, "，")
}

// monthEnd is the last day of the month before a day: lists and payments of a whole month are what a screening is about.
func monthEnd(today string) string {
	t, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return today
	}
	return t.AddDate(0, 0, -t.Day()).Format(time.DateOnly)
}

func (s *Server) screeningNew(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	return s.renderScreeningForm(w, r, v, residents, http.StatusOK, r.URL.Query(), nil)
}

// renderScreeningForm shows the form with the choices made so far, and what becomes of each rule with them.
func (s *Server) renderScreeningForm(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault, status int, form url.Values, problems map[string]string) (err error) {
	ctx := r.Context()
	if err := lead.Expire(ctx, residents); err != nil {
		s.log.ErrorContext(ctx, "expire", "error", err)
	}
	p := screeningForm{frame: s.benefitFrame(v, "screening", "新的筛查"), Today: v.Today, AsOf: cmp.Or(form.Get("as_of"), monthEnd(v.Today)), Unit: formID(form.Get("unit")),
		Programme: formID(form.Get("programme")), Finding: formID(form.Get("finding")), Problems: problems}
	if p.Towns, err = lead.Towns(ctx, s.db, v.Who, org.Screen); err != nil {
		return err
	}
	if len(p.Towns) == 0 {
		return org.Denied{Who: v.Who, Action: org.Screen}
	}
	at := slices.IndexFunc(p.Towns, func(u org.Unit) bool { return u.ID == p.Unit })
	if at < 0 {
		at = 0
	}
	town := p.Towns[at]
	p.Unit = town.ID
	if p.Programmes, err = s.ageProgrammes(ctx, v, residents, town); err != nil {
		return err
	}
	if p.Programme == 0 && len(p.Programmes) > 0 {
		p.Programme = p.Programmes[0].ID
	}
	if p.Programme != 0 {
		params, err := lead.ProgrammeParams(ctx, residents, p.Programme, p.AsOf)
		if bad, ok := errors.AsType[org.Invalid](err); ok {
			if p.Problems == nil {
				p.Problems = map[string]string{}
			}
			p.Problems["惠民项目"] = bad.What
		} else if err != nil {
			return err
		} else {
			p.Params = paramWords(params)
		}
	}
	fits, err := lead.Fitting(ctx, residents, p.Unit, p.AsOf)
	if err != nil {
		return err
	}
	chosen, said := form["dataset"], form.Has("chosen")
	var kinds []screening.Kind
	for i, f := range fits {
		x := listFit{ID: f.ID, Kind: f.Kind, First: i == 0 || fits[i-1].Kind != f.Kind, Name: f.Name, Giver: f.Giver, On: shortDate(f.AsOf, v.Today), People: peopleWords(f.Dataset), Chosen: f.Chosen}
		if said {
			x.Chosen = slices.Contains(chosen, strconv.FormatInt(f.ID, 10))
		}
		if f.Old() && f.Kind != screening.Roll {
			x.Warning = fmt.Sprintf("比截止日期早 %d 天，最近的变动不在里面", f.Days)
		}
		if x.Chosen {
			kinds = append(kinds, f.Kind)
		}
		p.Lists = append(p.Lists, x)
	}
	for _, n := range lead.Needs(kinds) {
		p.Rules = append(p.Rules, ruleFit{Rule: n.Rule, Light: needLight(n), Chosen: !said || slices.Contains(form["rule"], n.Rule.ID)})
		if n.State == screening.ForAbove {
			p.Above++
		}
	}
	if p.Findings, err = s.findingChoices(ctx, v, town); err != nil {
		return err
	}
	return s.render(w, status, "screening-new", p)
}

// mostFindingChoices is how many findings a list to choose from offers.
const mostFindingChoices = 300

// findingChoices are the findings of a town's plans that somebody sees.
func (s *Server) findingChoices(ctx context.Context, v *visit, town org.Unit) ([]findingChoice, error) {
	keys, err := ledger.ListAll(ctx, s.db, v.Who, ledger.Filter{}, v.Days)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(keys))
	for _, k := range keys[:min(len(keys), mostFindingChoices)] {
		ids = append(ids, k.ID)
	}
	findings, err := ledger.ByIDs(ctx, s.db, ids)
	if err != nil {
		return nil, err
	}
	var list []findingChoice
	for _, f := range findings {
		if f.Unit.Within(town.Path) {
			list = append(list, findingChoice{f.ID, strings.TrimSpace(f.Number + " " + brief(f.Title, 36))})
		}
	}
	return list, nil
}

func (s *Server) screeningStart(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	a := lead.Ask{Unit: formID(form.Get("unit")), Programme: formID(form.Get("programme")), AsOf: form.Get("as_of"), Rules: form["rule"], Finding: formID(form.Get("finding"))}
	for _, id := range form["dataset"] {
		a.Datasets = append(a.Datasets, formID(id))
	}
	var id int64
	switch {
	case a.Programme == 0:
		err = org.Invalid{Field: "惠民项目", What: "没有选。年龄、标准、起发月份按项目的规定来；还没有项目的，先到惠民首页新建"}
	case len(a.Rules) == 0:
		err = org.Invalid{Field: "规则", What: "一条也没有选"}
	default:
		id, err = lead.StartScreening(r.Context(), residents, s.db, v.Who, a)
	}
	if bad, ok := errors.AsType[org.Invalid](err); ok {
		return s.renderScreeningForm(w, r, v, residents, http.StatusUnprocessableEntity, form, map[string]string{bad.Field: bad.What})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/screening/%d", id), http.StatusSeeOther)
	return nil
}

// screeningPage is one screening: how far it is, or what it found and what it rests on.
type screeningPage struct {
	frame
	Run       lead.Screening
	Light     light
	Pulse     lead.Pulse
	Busy      bool
	MayScreen bool
	MayUnmask bool
	Programme string
	Finding   string
	Counts    []countLink
	Rules     []ruleRow
	Above     []ruleRow // for the level above
	Villages  []runVillage
	Facts     []fact
	Others    []screeningRow // that it can be compared with
	Clauses   []clauseRow
	Number    string // masked, of whom the clauses speak
	Purpose   string
	Problems  map[string]string
	History   []event
}

// ruleRow is what came of a rule.
type ruleRow struct {
	lead.RuleCount
	Light   light
	Address string // of its hits
	Verify  string
}

// runVillage counts the hits of a village.
type runVillage struct {
	Name    string
	Address string
	Cells   []int // by the rules that found something
	Sum     int
}

// clauseRow is a condition of a rule for one person.
type clauseRow struct {
	screening.Clause
	First bool // of its rule
	Name  string
	Light light
}

// screeningOf reads the screening of an address.
func (s *Server) screeningOf(r *http.Request, v *visit, residents *vault.Vault) (lead.Screening, error) {
	id, err := pathID(r)
	if err != nil {
		return lead.Screening{}, err
	}
	return lead.ScreeningByID(r.Context(), residents, s.db, v.Who, id)
}

func (s *Server) screeningShow(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	run, err := s.screeningOf(r, v, residents)
	if err != nil {
		return err
	}
	return s.renderScreening(w, r, v, residents, http.StatusOK, screeningPage{Run: run})
}

func (s *Server) renderScreening(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault, status int, p screeningPage) error {
	ctx, run := r.Context(), p.Run
	town, err := org.UnitByID(ctx, s.db, run.Unit)
	if err != nil {
		return err
	}
	p.frame = s.benefitFrame(v, "screening", run.Title())
	p.Light, p.MayScreen, p.MayUnmask = screeningLight(run), v.Who.Check(org.Screen, town) == nil, v.Who.Check(org.Unmask, town) == nil
	names, err := s.programmeNames(ctx, v, residents)
	if err != nil {
		return err
	}
	p.Programme = names[run.Programme]
	if run.Finding != 0 {
		if list, err := ledger.ByIDs(ctx, s.db, []int64{run.Finding}); err != nil {
			return err
		} else if len(list) == 1 {
			p.Finding = strings.TrimSpace(list[0].Number + " " + list[0].Title)
		}
	}
	if p.Busy = run.State == lead.ScreeningWaiting || run.State == lead.ScreeningRunning; p.Busy {
		if p.Pulse, err = lead.PulseOf(ctx, residents, run.ID); err != nil {
			return err
		}
		if status == http.StatusOK && r.Method == http.MethodGet {
			w.Header().Set("Refresh", busySeconds)
		}
	}
	if run.State == lead.ScreeningDone {
		if err := s.fillResult(ctx, v, residents, &p); err != nil {
			return err
		}
	}
	p.Facts = append(p.Facts, fact{Word: "截止日期", Text: shortDate(run.AsOf, "")}, fact{Word: "参数", Text: paramWords(run.Params), Why: p.Programme + "在那一天的规定"})
	if run.Result != "" {
		p.Facts = append(p.Facts, fact{"结果指纹", run.Result[:16] + "…", "SHA-256 " + run.Result})
	}
	entries, err := journal.Of(ctx, residents, "screening", run.ID, historyLimit)
	if err != nil {
		return err
	}
	for _, e := range entries {
		e.Changes = slices.DeleteFunc(e.Changes, func(c journal.Change) bool {
			return slices.Contains([]string{"参数", "名单", "规则", "SHA-256", "截止日期"}, c.Field)
		}) // they stand beside
		p.History = append(p.History, newEvent(e, v.Today))
	}
	return s.render(w, status, "screening", p)
}

// fillResult says what a finished screening found, by rule and by village.
func (s *Server) fillResult(ctx context.Context, v *visit, residents *vault.Vault, p *screeningPage) error {
	run := p.Run
	hits := fmt.Sprintf("/hit?screening=%d", run.ID)
	sum := run.Sum()
	p.Counts = []countLink{{Word: "疑点", N: sum.Hits, Address: hits}, {Word: "待人工", N: sum.Manual, Kind: "soon", Address: hits}, {Word: "已在核实", N: sum.Same, Kind: "run", Address: hits + "&state=same"}, {Word: "已查明的不再提", N: sum.Suppressed, Kind: "none", Address: hits + "&state=suppressed"}}
	var found []string
	for _, c := range run.Counts {
		row := ruleRow{RuleCount: c, Address: hits + "&rule=" + c.Rule}
		if i := slices.IndexFunc(screening.Rules, func(x screening.Rule) bool { return x.ID == c.Rule }); i >= 0 {
			row.Verify = screening.Rules[i].Verify
		}
		switch c.State {
		case screening.ForAbove:
			row.Light = light{Kind: "stop", Word: c.State.Word()}
			p.Above = append(p.Above, row)
			continue
		case screening.RanInPart:
			row.Light = light{Kind: "part", Word: c.State.Word()}
		default:
			row.Light = light{Kind: "done", Word: c.State.Word()}
		}
		if c.Hits > 0 {
			found = append(found, c.Rule)
		}
		p.Rules = append(p.Rules, row)
	}
	counts, err := lead.CountByVillage(ctx, residents, run.ID)
	if err != nil {
		return err
	}
	units, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return err
	}
	at := map[int64]int{}
	for _, c := range counts {
		i, known := at[c.Village]
		if !known {
			i = len(p.Villages)
			at[c.Village] = i
			row := runVillage{Name: "村不明", Address: hits + "&village=-1", Cells: make([]int, len(found))}
			if k := slices.IndexFunc(units, func(u org.Unit) bool { return u.ID == c.Village }); k >= 0 {
				row.Name, row.Address = units[k].Name, fmt.Sprintf("%s&village=%d", hits, c.Village)
			}
			p.Villages = append(p.Villages, row)
		}
		if k := slices.Index(found, c.Rule); k >= 0 {
			p.Villages[i].Cells[k] += c.N
		}
		p.Villages[i].Sum += c.N
	}
	slices.SortStableFunc(p.Villages, func(a, b runVillage) int { return cmp.Compare(b.Sum, a.Sum) })
	others, err := lead.Screenings(ctx, residents, s.db, v.Who)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.Unit == run.Unit && o.ID != run.ID && o.State == lead.ScreeningDone && len(p.Others) < 24 {
			p.Others = append(p.Others, screeningRow{Screening: o, At: clock(o.Started, v.Today)})
		}
	}
	return nil
}

// Found are the rules that found something, for the head of the table of villages.
func (p screeningPage) Found() []ruleRow {
	return slices.DeleteFunc(slices.Clone(p.Rules), func(r ruleRow) bool { return r.Hits == 0 })
}

func (s *Server) screeningStop(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	run, err := s.screeningOf(r, v, residents)
	if err != nil {
		return err
	}
	if err := lead.StopScreening(r.Context(), residents, s.db, v.Who, run.ID); err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/screening/%d", run.ID), "已要求停止")
}

func (s *Server) screeningRepeat(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	run, err := s.screeningOf(r, v, residents)
	if err != nil {
		return err
	}
	done, err := s.takePlace(r.Context())
	if err != nil {
		return err
	}
	again, err := lead.Repeat(r.Context(), residents, s.db, v.Who, run.ID)
	done()
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/screening/%d", run.ID), again.Words())
}

// screeningExplain answers POST /screening/{id}/explain. The number stands in no address.
func (s *Server) screeningExplain(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	run, err := s.screeningOf(r, v, residents)
	if err != nil {
		return err
	}
	done, err := s.takePlace(r.Context())
	if err != nil {
		return err
	}
	clauses, err := lead.Explain(r.Context(), residents, s.db, v.Who, run.ID, form.Get("number"))
	done()
	p := screeningPage{Run: run, Problems: map[string]string{}}
	if bad, ok := errors.AsType[org.Invalid](err); ok {
		p.Problems[bad.Field] = bad.What
		return s.renderScreening(w, r, v, residents, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	p.Number = vault.MaskNumber(strings.TrimSpace(form.Get("number")))
	p.Clauses = clauseRows(clauses, run.Counts)
	return s.renderScreening(w, r, v, residents, http.StatusOK, p)
}

// clauseRows lays the clauses of a person out by rule: all of a rule that speaks of the person, of another the first that is not met. Rules
// that speak of the person stand first; of one without its lists nothing is known here.
func clauseRows(clauses []screening.Clause, counts []lead.RuleCount) []clauseRow {
	var found, others []clauseRow
	for i := 0; i < len(clauses); {
		n := i
		for n < len(clauses) && clauses[n].Rule == clauses[i].Rule {
			n++
		}
		name := clauses[i].Rule
		if k := slices.IndexFunc(screening.Rules, func(x screening.Rule) bool { return x.ID == name }); k >= 0 {
			name = screening.Rules[k].Name
		}
		if unmet := slices.IndexFunc(clauses[i:n], func(c screening.Clause) bool { return !c.Met }); unmet >= 0 {
			row := clauseRow{Clause: clauses[i+unmet], First: true, Name: name, Light: light{Kind: "stop", Word: "不是"}}
			if slices.ContainsFunc(counts, func(c lead.RuleCount) bool { return c.Rule == row.Rule && c.State == screening.ForAbove }) {
				row.Light = light{Kind: "wait", Word: "需上级比对"}
			}
			others = append(others, row)
		} else {
			for k, c := range clauses[i:n] {
				found = append(found, clauseRow{Clause: c, First: k == 0, Name: name, Light: light{Kind: "soon", Word: "是"}})
			}
		}
		i = n
	}
	return append(found, others...)
}

// screeningXlsx answers POST /screening/{id}/hits.xlsx: the hits, marked with who took them and what for.
func (s *Server) screeningXlsx(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	run, err := s.screeningOf(r, v, residents)
	if err != nil {
		return err
	}
	town, err := org.UnitByID(r.Context(), s.db, run.Unit)
	if err != nil {
		return err
	}
	done, err := s.takeExport(r.Context())
	if err != nil {
		return err
	}
	defer done()
	run, hits, err := lead.HitsOf(r.Context(), residents, s.db, v.Who, run.ID)
	if err != nil {
		return err
	}
	people := map[string]bool{}
	for _, h := range hits {
		people[h.Number] = true
	}
	whole := form.Get("whole") == "1"
	mark, err := residents.Export(r.Context(), v.Who, town, vault.Export{Name: run.Title() + "疑点清单", Purpose: form.Get("purpose"), People: len(people), Whole: whole})
	if bad, ok := errors.AsType[org.Invalid](err); ok {
		return s.renderScreening(w, r, v, residents, http.StatusUnprocessableEntity, screeningPage{Run: run, Purpose: form.Get("purpose"), Problems: map[string]string{bad.Field: bad.What}})
	}
	if err != nil {
		return err
	}
	book := mark.Book(hitBook(run, hits, whole))
	return download(w, town.Name+run.Title()+"疑点清单.xlsx", report.XlsxType, func(w io.Writer) error { return office.WriteXlsx(w, book) })
}

// hitBook is the hits of a screening as a workbook, a sheet for each rule that found something.
func hitBook(run lead.Screening, hits []lead.KeptHit, whole bool) office.Book {
	book := office.Book{Title: run.Title() + "疑点清单"}
	for _, c := range run.Counts {
		sheet := office.Sheet{Name: c.Rule + c.Name, Title: c.Rule + "　" + c.Name, Line: office.Line{Left: run.Title(), Right: "截至 " + run.AsOf}, FrozenColumns: 2,
			Notes: []string{"疑点只是线索，核实后由有权机关决定。"}}
		sheet.Table.Columns = []office.Column{{Title: "序号", Width: 4, Align: office.AlignCenter}, {Title: "姓名", Width: 6}, {Title: "身份证号", Width: 11}, {Title: "村", Width: 7}, {Title: "户号", Width: 6}, {Title: "状态", Width: 5}, {Title: "理由", Width: 32}, {Title: "金额（元）", Width: 6, Align: office.AlignRight}, {Title: "出处", Width: 24}}
		for _, h := range hits {
			if h.Rule != c.Rule {
				continue
			}
			number, state, amount := vault.MaskNumber(h.Number), "疑点", ""
			if whole {
				number = h.Number
			}
			if h.Certainty == screening.Manual {
				state = "待人工"
			}
			if h.Amount != 0 {
				amount = screening.Yuan(h.Amount).String()
			}
			sheet.Table.Rows = append(sheet.Table.Rows, office.Cells(strconv.Itoa(len(sheet.Table.Rows)+1), h.Name, number, h.Place, h.Household, state, h.Why, amount, strings.Join(h.Places(), "\n")))
		}
		if len(sheet.Table.Rows) > 0 {
			book.Sheets = append(book.Sheets, sheet)
		}
	}
	if len(book.Sheets) == 0 {
		book.Sheets = []office.Sheet{{Name: "疑点", Title: "没有疑点", Table: office.Table{Columns: []office.Column{{Title: "说明"}}}}}
	}
	return book
}

// comparePage lays two screenings beside each other.
type comparePage struct {
	frame
	lead.Comparison
	Rows     []compareRow // by rule
	Villages []compareRow
	Lists    []compareList
}

// compareRow counts what differs.
type compareRow struct {
	Name                          string
	New, Gone, Changed, Unchanged int
}

// compareList is what one of the kinds of difference holds.
type compareList struct {
	Word, Light, Hint string
	N                 int
	Hits              []comparedHit
	More              int // that are not listed
}

// comparedHit is a finding in a list of differences.
type comparedHit struct {
	Address           string
	Rule, Name, Place string
	Number            string // masked
	Why, Was          string
}

// mostCompared is how many findings of a kind a page lists.
const mostCompared = 200

func (s *Server) screeningCompare(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	ctx := r.Context()
	run, err := s.screeningOf(r, v, residents)
	if err != nil {
		return err
	}
	c, err := lead.Compare(ctx, residents, s.db, v.Who, run.ID, formID(r.URL.Query().Get("with")))
	if err != nil {
		return err
	}
	units, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return err
	}
	p := comparePage{frame: s.benefitFrame(v, "screening", "比较两次筛查"), Comparison: c}
	place := func(h lead.KeptHit) string {
		if k := slices.IndexFunc(units, func(u org.Unit) bool { return u.ID == h.Village }); k >= 0 {
			return units[k].Name
		}
		return cmp.Or(h.Place, "村不明")
	}
	rules, villages := map[string]int{}, map[string]int{}
	count := func(h lead.KeptHit, add func(*compareRow)) {
		for _, x := range []struct {
			list *[]compareRow
			at   map[string]int
			name string
		}{{&p.Rows, rules, h.Rule}, {&p.Villages, villages, place(h)}} {
			i, known := x.at[x.name]
			if !known {
				i = len(*x.list)
				x.at[x.name] = i
				*x.list = append(*x.list, compareRow{Name: x.name})
			}
			add(&(*x.list)[i])
		}
	}
	shown := func(h lead.KeptHit) comparedHit {
		return comparedHit{Address: fmt.Sprintf("/hit/%d", h.ID), Rule: h.Rule, Name: h.Name, Place: place(h), Number: vault.MaskNumber(h.Number), Why: h.Why}
	}
	var added, gone, changed compareList
	for _, h := range c.Appeared {
		count(h, func(r *compareRow) { r.New++ })
		added.Hits = append(added.Hits, shown(h))
	}
	for _, h := range c.Gone {
		count(h, func(r *compareRow) { r.Gone++ })
		gone.Hits = append(gone.Hits, shown(h))
	}
	for _, x := range c.Changed {
		count(x.New, func(r *compareRow) { r.Changed++ })
		one := shown(x.New)
		one.Was = x.Old.Why
		changed.Hits = append(changed.Hits, one)
	}
	for _, h := range c.Unchanged {
		count(h, func(r *compareRow) { r.Unchanged++ })
	}
	added.Word, added.Light, added.Hint = "新出现的", "soon", "只有后一次有"
	gone.Word, gone.Light, gone.Hint = "消失的", "done", "只有前一次有：办好了，或名单变了"
	changed.Word, changed.Light, changed.Hint = "变了的", "part", "金额或确定程度变了"
	for _, l := range []compareList{added, gone, changed} {
		if l.N = len(l.Hits); l.N > mostCompared {
			l.Hits, l.More = l.Hits[:mostCompared], l.N-mostCompared
		}
		p.Lists = append(p.Lists, l)
	}
	for i := range p.Rows {
		for _, x := range screening.Rules {
			if x.ID == p.Rows[i].Name {
				p.Rows[i].Name += " " + x.Name
			}
		}
	}
	slices.SortFunc(p.Rows, func(a, b compareRow) int { return cmp.Compare(a.Name, b.Name) })
	p.Villages = slices.DeleteFunc(p.Villages, func(r compareRow) bool { return r.New+r.Gone+r.Changed == 0 })
	slices.SortFunc(p.Villages, func(a, b compareRow) int { return cmp.Compare(b.New+b.Gone+b.Changed, a.New+a.Gone+a.Changed) })
	return s.render(w, http.StatusOK, "screening-compare", p)
}

// forecastPage says who reaches the age of a tier in the coming year.
type forecastPage struct {
	frame
	Towns      []org.Unit
	Unit       int64
	Programmes []programmeChoice
	Programme  int64
	Ages       []string
	Months     []forecastMonth
	Sum        []int
	Villages   []forecastVillage
	People     []forecastPerson
	More       int
	Month      string // of which people are listed; empty: of the next
	Lists      string // that it rests on
	Problem    string
}

// forecastMonth counts who reaches each age in a month.
type forecastMonth struct {
	Month, Word string
	Current     bool
	Cells       []int
	Sum         int
	Address     string
}

// forecastVillage counts who reaches an age in a village.
type forecastVillage struct {
	Name  string
	Cells []int
	Sum   int
}

// forecastPerson is somebody who reaches the age of a tier.
type forecastPerson struct {
	Name, Number, Village string
	Age                   int
	Row                   string // of the register
}

// mostTurning is how many people a page lists.
const mostTurning = 300

func (s *Server) forecastShow(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) (err error) {
	ctx, q := r.Context(), r.URL.Query()
	p := forecastPage{frame: s.benefitFrame(v, "screening", "到龄预告"), Unit: formID(q.Get("unit")), Programme: formID(q.Get("programme")), Month: q.Get("month")}
	if p.Towns, err = lead.Towns(ctx, s.db, v.Who, org.Residents); err != nil {
		return err
	}
	if len(p.Towns) == 0 {
		return org.Denied{Who: v.Who, Action: org.Residents}
	}
	at := max(slices.IndexFunc(p.Towns, func(u org.Unit) bool { return u.ID == p.Unit }), 0)
	p.Unit = p.Towns[at].ID
	if p.Programmes, err = s.ageProgrammes(ctx, v, residents, p.Towns[at]); err != nil {
		return err
	}
	if p.Programme == 0 && len(p.Programmes) > 0 {
		p.Programme = p.Programmes[0].ID
	}
	if p.Programme == 0 {
		p.Problem = "还没有按年龄享受的项目。先到惠民首页照样例新建，填上年龄和标准。"
		return s.render(w, http.StatusOK, "forecast", p)
	}
	params, err := lead.ProgrammeParams(ctx, residents, p.Programme, v.Today)
	if bad, ok := errors.AsType[org.Invalid](err); ok {
		p.Problem = bad.What
		return s.render(w, http.StatusOK, "forecast", p)
	}
	if err != nil {
		return err
	}
	done, err := s.takePlace(ctx)
	if err != nil {
		return err
	}
	turning, used, err := lead.Forecast(ctx, residents, s.db, v.Who, p.Unit, params)
	done()
	if bad, ok := errors.AsType[org.Invalid](err); ok {
		p.Problem = bad.What
		return s.render(w, http.StatusOK, "forecast", p)
	}
	if err != nil {
		return err
	}
	if len(used) == 0 {
		p.Problem = "还没有可用的户籍名单。到“数据集”导入一份，确认列之后再看。"
		return s.render(w, http.StatusOK, "forecast", p)
	}
	p.fill(turning, used, params, v.Today)
	return s.render(w, http.StatusOK, "forecast", p)
}

// fill makes the tables by month and by village, and lists those of one month.
func (p *forecastPage) fill(turning []screening.Turning, used []lead.Dataset, params screening.Params, today string) {
	var ages []int
	for _, t := range turning {
		if !slices.Contains(ages, t.Age) {
			ages = append(ages, t.Age)
		}
	}
	slices.Sort(ages)
	for _, a := range ages {
		p.Ages = append(p.Ages, fmt.Sprintf("满 %d", a))
	}
	p.Sum = make([]int, len(ages)+1)
	first, _ := time.Parse("2006-01", today[:7])
	if params.AsOf != "" {
		first, _ = time.Parse("2006-01", params.AsOf[:7])
	}
	for i := 1; i <= 12; i++ {
		m := first.AddDate(0, i, 0)
		p.Months = append(p.Months, forecastMonth{Month: m.Format("2006-01"), Word: m.Format("2006年1月"), Cells: make([]int, len(ages)),
			Address: fmt.Sprintf("/screening/forecast?unit=%d&programme=%d&month=%s", p.Unit, p.Programme, m.Format("2006-01"))})
	}
	if !slices.ContainsFunc(p.Months, func(m forecastMonth) bool { return m.Month == p.Month }) {
		p.Month = p.Months[0].Month
	}
	villages := map[string]int{}
	for _, t := range turning {
		k := slices.Index(ages, t.Age)
		for i := range p.Months {
			if m := &p.Months[i]; m.Month == t.Month {
				m.Cells[k]++
				m.Sum++
			}
		}
		p.Sum[k]++
		p.Sum[len(ages)]++
		name := cmp.Or(t.Village, "村不明")
		i, known := villages[name]
		if !known {
			i = len(p.Villages)
			villages[name] = i
			p.Villages = append(p.Villages, forecastVillage{Name: name, Cells: make([]int, len(ages))})
		}
		p.Villages[i].Cells[k]++
		p.Villages[i].Sum++
		if t.Month == p.Month {
			if len(p.People) == mostTurning {
				p.More++
				continue
			}
			row := ""
			if len(t.Sources) > 0 {
				row = fmt.Sprintf("%s第 %d 行", t.Sources[0].Sheet, t.Sources[0].Row)
			}
			p.People = append(p.People, forecastPerson{t.Name, vault.MaskNumber(t.ID), name, t.Age, row})
		}
	}
	for i := range p.Months {
		p.Months[i].Current = p.Months[i].Month == p.Month
	}
	slices.SortFunc(p.Villages, func(a, b forecastVillage) int { return cmp.Or(cmp.Compare(b.Sum, a.Sum), cmp.Compare(a.Name, b.Name)) })
	slices.SortStableFunc(p.People, func(a, b forecastPerson) int { return cmp.Compare(a.Village, b.Village) })
	var words []string
	for _, d := range used {
		words = append(words, fmt.Sprintf("%s（%s）", d.Kind.Word(), shortDate(d.AsOf, today)))
	}
	p.Lists = strings.Join(words, "、")
}
