package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"bihuan/journal"
	"bihuan/lead"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/vault"
)

// screeningPage is one screening: how far it is, or what it found and what it rests on.
type screeningPage struct {
	frame
	Run       lead.Screening
	On        string // day of the screening
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
	Lists     []usedList
	Villages  []runVillage
	Facts     []fact
	Others    []screeningRow // that it can be compared with
	Clauses   []clauseRow
	Number    string // masked, of whom the clauses speak
	Purpose   string
	Discarded string // who discarded it, when
	Fixed     string // why it cannot be discarded; empty: it can
	Why       string // that somebody would discard it for
	Problems  map[string]string
	History   []event
}

// usedList is a list that a screening rests on.
type usedList struct {
	lead.UsedDataset
	On string
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
	p.On = shortDate(run.AsOf, v.Today)
	for _, d := range run.Datasets {
		p.Lists = append(p.Lists, usedList{d, shortDate(d.AsOf, v.Today)})
	}
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
	switch run.State {
	case lead.ScreeningDone:
		if err := s.fillResult(ctx, v, residents, &p); err != nil {
			return err
		}
		if p.MayScreen {
			if p.Fixed, err = refusal(run.MayDiscard(ctx, residents)); err != nil {
				return err
			}
		}
	case lead.ScreeningDiscarded:
		p.fillRules("")
		p.Discarded = run.DiscardedBy + " " + clock(run.Discarded, v.Today)
	}
	terms := fact{Word: "参数", Text: paramWords(run.Params), Why: "没有用项目规定"}
	if p.Programme != "" {
		terms.Why = p.Programme + "在那一天的规定"
	}
	p.Facts = append(p.Facts, fact{Word: "截止日期", Text: shortDate(run.AsOf, "")}, terms)
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
	found := p.fillRules(hits)
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
			p.Others = append(p.Others, screeningRow{Screening: o, On: shortDate(o.AsOf, v.Today)})
		}
	}
	return nil
}

// fillRules says what came of each rule, with its hits under an address or, where they count for nothing, under none. It returns the rules that
// found something.
func (p *screeningPage) fillRules(hits string) (found []string) {
	for _, c := range p.Run.Counts {
		row := ruleRow{RuleCount: c}
		if hits != "" && c.Hits > 0 {
			row.Address = hits + "&rule=" + c.Rule
		}
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
	return found
}

// screeningDiscard answers POST /screening/{id}/discard.
func (s *Server) screeningDiscard(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	run, err := s.screeningOf(r, v, residents)
	if err != nil {
		return err
	}
	err = lead.DiscardScreening(r.Context(), residents, s.db, v.Who, run.ID, version, form.Get("why"))
	if bad, ok := errors.AsType[org.Invalid](err); ok {
		return s.renderScreening(w, r, v, residents, http.StatusUnprocessableEntity, screeningPage{Run: run, Why: form.Get("why"), Problems: map[string]string{bad.Field: bad.What}})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/screening/%d", run.ID), run.Title()+"已作废，它的疑点不再算数")
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
	for i := range clauses {
		clauses[i].Fact = spokenDates(clauses[i].Fact)
	}
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
