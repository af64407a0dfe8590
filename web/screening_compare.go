package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"bihuan/lead"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/vault"
)

// comparePage lays two screenings beside each other.
type comparePage struct {
	frame
	lead.Comparison
	OldOn, NewOn string       // days of the screenings
	Rows         []compareRow // by rule
	Villages     []compareRow
	Lists        []compareList
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
	p := comparePage{frame: s.benefitFrame(v, "screening", "比较两次筛查"), Comparison: c, OldOn: shortDate(c.Old.AsOf, v.Today), NewOn: shortDate(c.New.AsOf, v.Today)}
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
		return comparedHit{Address: fmt.Sprintf("/hit/%d", h.ID), Rule: h.Rule, Name: h.Name, Place: place(h), Number: vault.MaskNumber(h.Number), Why: spokenDates(h.Why)}
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
		one.Was = spokenDates(x.Old.Why)
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
