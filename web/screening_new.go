package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/lead"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/vault"
)

// screeningForm chooses what is screened.
type screeningForm struct {
	frame
	Towns      []org.Unit
	Unit       int64
	AsOf       string
	Programmes []programmeChoice
	Programme  int64  // 0: by nobody's terms
	Params     string // of the programme on the day, or without one, in words
	Grace      string // months after a death that may still be paid, where no programme says
	Lists      []listFit
	Rules      []ruleFit // that can be run
	Held       []ruleFit // that cannot
	HeldWhy    string
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
	ID     int64
	Kind   screening.Kind
	First  bool // of its kind
	Name   string
	Giver  string
	On     string
	Rows   string
	Chosen bool
	Odd    []light // that it is old, or much shorter than the one before
}

// ruleFit is a rule and what becomes of it with the lists and the programme chosen.
type ruleFit struct {
	Rule   screening.Rule
	Light  light
	Chosen bool
	Barred bool // no programme says what it reckons with; lists would not help
}

// needLight says what becomes of a rule with the lists and the programme at hand.
func needLight(n lead.Need) light {
	var words []string
	for _, k := range n.Missing {
		words = append(words, k.Word())
	}
	missing := strings.Join(words, "、")
	switch {
	case len(n.Lacks) > 0:
		l := light{Kind: "stop", Word: "没有项目规定", Why: "要按" + lead.ParameterWords(n.Lacks) + "来算"}
		if n.State == screening.ForAbove {
			l.Why += "；也没有" + missing
		}
		return l
	case n.State == screening.ForAbove:
		return light{Kind: "stop", Word: n.State.Word(), Why: "没有" + missing}
	case n.State == screening.RanInPart:
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
	if p.Threshold == 0 {
		words = []string{"不按年龄、标准查"}
	}
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
		Programme: formID(form.Get("programme")), Finding: formID(form.Get("finding")), Grace: cmp.Or(form.Get("grace"), "0"), Problems: problems}
	if p.Problems == nil {
		p.Problems = map[string]string{}
	}
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
	if !form.Has("programme") && len(p.Programmes) > 0 {
		p.Programme = p.Programmes[0].ID
	}
	var params screening.Params
	if p.Programme == 0 {
		params.GraceMonths, _ = strconv.Atoi(p.Grace) // refused when it is sent
		p.Params = paramWords(params)
	} else {
		params, err = lead.ProgrammeParams(ctx, residents, p.Programme, p.AsOf)
		if bad, ok := errors.AsType[org.Invalid](err); ok {
			params = screening.Params{}
			p.Problems[cmp.Or(bad.Field, "惠民项目")] = bad.What
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
		x := listFit{ID: f.ID, Kind: f.Kind, First: i == 0 || fits[i-1].Kind != f.Kind, Name: f.Name, Giver: f.Giver, On: shortDate(f.AsOf, v.Today), Rows: rowWords(f.Dataset), Chosen: f.Chosen}
		if said {
			x.Chosen = slices.Contains(chosen, strconv.FormatInt(f.ID, 10))
		}
		if f.Old() && f.Kind != screening.Roll {
			x.Odd = append(x.Odd, light{Kind: "soon", Word: "偏旧", Why: fmt.Sprintf("比截止日期早 %d 天，最近的变动不在里面", f.Days)})
		}
		if words := shorterWords(f.Shorter, v.Today); words != "" {
			x.Odd = append(x.Odd, light{Kind: "soon", Word: "偏少", Why: words})
		}
		if x.Chosen {
			kinds = append(kinds, f.Kind)
		}
		p.Lists = append(p.Lists, x)
	}
	p.rules(lead.Needs(kinds, params), said, slices.Concat(form["rule"], form["held"]))
	if p.Findings, err = s.findingChoices(ctx, v, town); err != nil {
		return err
	}
	return s.render(w, status, "screening-new", p)
}

// rules puts the rules that can be run before those that cannot, and counts why. said says that somebody chose before; else all are.
func (p *screeningForm) rules(needs []lead.Need, said bool, chosen []string) {
	lists, terms := 0, 0
	for _, n := range needs {
		fit := ruleFit{Rule: n.Rule, Light: needLight(n), Chosen: !said || slices.Contains(chosen, n.Rule.ID), Barred: len(n.Lacks) > 0}
		switch {
		case n.Runs():
			p.Rules = append(p.Rules, fit)
			continue
		case fit.Barred:
			terms++
		default:
			lists++
		}
		p.Held = append(p.Held, fit)
	}
	switch {
	case terms == 0:
		p.HeldWhy = "没有名单，需上级比对"
	case lists == 0:
		p.HeldWhy = "没有项目规定"
	default:
		p.HeldWhy = fmt.Sprintf("%d 条没有名单，需上级比对；%d 条没有项目规定", lists, terms)
	}
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
	grace := error(nil)
	if a.Programme == 0 {
		if a.Params.GraceMonths, grace = strconv.Atoi(cmp.Or(form.Get("grace"), "0")); a.Params.GraceMonths < 0 || a.Params.GraceMonths > 24 {
			grace = strconv.ErrRange
		}
	} else {
		a.Rules = append(a.Rules, form["held"]...) // they wanted for a programme alone
	}
	var id int64
	switch {
	case grace != nil:
		err = org.Invalid{Field: "去世后续发", What: "请写 0 到 24 之间的月数；0 是发到去世当月"}
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
