package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bihuan/lead"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// handoutPage hands the new hits of a screening to the villages.
type handoutPage struct {
	frame
	Run      lead.Run
	Back     string
	Rows     []handoutRow
	Given    []givenRow
	Unknown  int // hits of no known village
	Findings []unitOption
	Due      string
	Today    string
	Field    string
	Problem  string
	Any      bool
}

type handoutRow struct {
	Village int64
	Name    string
	N       int
	People  []unitOption
	Chosen  bool
	Rules   string // 应享未享 3 · 已故仍享 1
}

type givenRow struct {
	Name, Who, Due string
	Light          light
	Say            string
	Task           int64
}

// handoutShow answers GET /hit/handout.
func (s *Server) handoutShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderHandout(w, r, v, http.StatusOK, formID(r.URL.Query().Get("screening")), nil, handoutPage{})
}

func (s *Server) renderHandout(w http.ResponseWriter, r *http.Request, v *visit, status int, run int64, form url.Values, p handoutPage) error {
	if err := may(v.Who, org.Assign); err != nil {
		return err
	}
	ctx := r.Context()
	var err error
	if p.Run, err = s.runSeen(ctx, v, run); err != nil {
		return err
	}
	counts, err := lead.CountHits(ctx, s.vault, s.db, v.Who, lead.HitFilter{Screening: run, States: []lead.HitState{lead.HitNew}})
	if err != nil {
		return err
	}
	town, err := org.UnitByID(ctx, s.db, p.Run.Unit)
	if err != nil {
		return err
	}
	units, err := org.Below(ctx, s.db, town.Path)
	if err != nil {
		return err
	}
	names := map[int64]string{}
	for _, u := range units {
		names[u.ID] = u.Name
		row := handoutRow{Village: u.ID, Name: u.Name, Chosen: form == nil || slices.Contains(form["village"], strconv.FormatInt(u.ID, 10))}
		var rules []string
		for _, c := range counts {
			if c.Village == u.ID {
				row.N += c.N
				rules = append(rules, fmt.Sprintf("%s %d", lead.RuleOf(c.Rule).Name, c.N))
			}
		}
		if row.N == 0 {
			continue
		}
		row.Rules = strings.Join(rules, " · ")
		people, err := lead.Checkers(ctx, s.db, u, v.Today)
		if err != nil {
			return err
		}
		chosen := formID(form.Get(fmt.Sprintf("staff-%d", u.ID)))
		for i, x := range people {
			row.People = append(row.People, unitOption{x.ID, x.Title(), chosen == x.ID || chosen == 0 && i == 0})
		}
		row.Chosen = row.Chosen && len(row.People) > 0
		p.Any = p.Any || len(row.People) > 0
		p.Rows = append(p.Rows, row)
	}
	for _, c := range counts {
		if c.Village == 0 {
			p.Unknown += c.N
		}
	}
	if err := s.handoutGiven(ctx, v, names, &p); err != nil {
		return err
	}
	finding := p.Run.Finding
	if form != nil {
		finding = formID(form.Get("finding"))
	}
	if p.Findings, err = s.openFindings(ctx, v, finding); err != nil {
		return err
	}
	if p.Due == "" {
		p.Due = lead.HandoutDue(v.Cal, v.Today)
	}
	p.Back, p.Today = fmt.Sprintf("/hit?screening=%d", run), v.Today
	p.frame = s.benefitFrame(v, "hit", "交核实")
	return s.render(w, status, "handout", p)
}

// handoutGiven lists what was handed out before.
func (s *Server) handoutGiven(ctx context.Context, v *visit, names map[int64]string, p *handoutPage) error {
	given, err := lead.HandedOf(ctx, s.vault, p.Run.ID)
	if err != nil {
		return err
	}
	for _, g := range given {
		who, err := s.staffName(ctx, g.Staff)
		if err != nil {
			return err
		}
		row := givenRow{Name: names[g.Village], Who: who, Due: shortDate(g.Due, v.Today), Task: g.ID, Light: light{Kind: "run", Word: "核实中"},
			Say: fmt.Sprintf("待核实 %d，待复核 %d，已复核 %d", g.Waiting, g.Checked, g.Settled)}
		if g.Escalated > 0 {
			row.Say += fmt.Sprintf("，上报 %d", g.Escalated)
		}
		switch {
		case !g.Open:
			row.Light = light{Kind: "done", Word: "办结"}
		case g.Waiting == 0:
			row.Light = light{Kind: "wait", Word: "待复核"}
		case g.Due < v.Today:
			row.Light = light{Kind: "late", Word: "超期"}
		}
		p.Given = append(p.Given, row)
	}
	return nil
}

// runSeen reads a screening of a town whose residents somebody may see.
func (s *Server) runSeen(ctx context.Context, v *visit, id int64) (lead.Run, error) {
	run, err := lead.RunByID(ctx, s.vault, id)
	if err != nil {
		return run, err
	}
	town, err := org.UnitByID(ctx, s.db, run.Unit)
	if err != nil {
		return run, err
	}
	if v.Who.Check(org.Residents, town) != nil {
		return run, store.ErrNotFound
	}
	return run, nil
}

// openFindings are the findings that work can be given under.
func (s *Server) openFindings(ctx context.Context, v *visit, chosen int64) ([]unitOption, error) {
	keys, err := ledger.ListAll(ctx, s.db, v.Who, ledger.Filter{}, v.Days)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	var list []unitOption
	for len(ids) > 0 {
		part := ids[:min(len(ids), 400)]
		ids = ids[len(part):]
		found, err := ledger.ByIDs(ctx, s.db, part)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if f.Dropped == 0 && f.Closing == 0 && v.Who.Check(org.Assign, f.Unit) == nil {
				list = append(list, unitOption{f.ID, f.Serial() + "　" + brief(f.Title, 40), f.ID == chosen})
			}
		}
	}
	return list, nil
}

// handoutSave answers POST /hit/handout.
func (s *Server) handoutSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	run := formID(form.Get("screening"))
	var list []lead.Handout
	for _, text := range form["village"] {
		list = append(list, lead.Handout{Village: formID(text), Staff: formID(form.Get("staff-" + text))})
	}
	n := 0
	var bad org.Invalid
	if len(list) == 0 {
		bad = org.Invalid{Field: "村", What: "请至少勾选一个村"}
	} else if formID(form.Get("finding")) == 0 {
		bad = org.Invalid{Field: "问题", What: "请选这些任务算在方案的哪个问题之下；方案里没有合适的，就在疑点里直接核实"}
	} else {
		n, err = lead.HandOut(r.Context(), s.vault, s.db, v.Cal, v.Who, run, formID(form.Get("finding")), form.Get("due"), list)
	}
	if bad.Field != "" || errors.As(err, &bad) {
		return s.renderHandout(w, r, v, http.StatusUnprocessableEntity, run, form, handoutPage{Due: form.Get("due"), Field: bad.Field, Problem: bad.What})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/hit/handout?screening=%d", run), fmt.Sprintf("已交核实 %d 条", n))
}
