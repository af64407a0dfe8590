package ledger

import (
	"context"
	"slices"

	"bihuan/chinese"
	"bihuan/org"
	"bihuan/store"
)

// Alike is a finding that says much the same as another: of an earlier round, or of another unit (举一反三).
type Alike struct {
	Finding  Finding // without its manifestations and measures
	Round    string  // name of its round
	Feedback string
	Percent  int  // how much the two titles share
	Earlier  bool // of the same unit or its subtree, in a round before
}

// The search for findings that are alike: so many candidates by the index, and the least that two titles must share.
const (
	alikeCandidates = 60
	alikePercent    = 34
	alikeShown      = 8
)

// AlikeOf lists the findings that say much the same as f, of those that who sees, the nearest first.
func AlikeOf(ctx context.Context, db *store.DB, who org.Person, f Finding) ([]Alike, error) {
	terms := chinese.Terms(f.Title)
	slices.Sort(terms)
	terms = slices.Compact(terms)
	if len(terms) < 3 {
		return nil, nil // a title of two signs is like everything
	}
	near, err := store.All(ctx, db, store.Value[int64], db.Nearest("$1", alikeCandidates), db.NearestArg(terms))
	if err != nil || len(near) == 0 {
		return nil, err
	}
	near = slices.DeleteFunc(near, func(id int64) bool { return id == f.ID })
	list, err := headsByID(ctx, db, near)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(x Finding) bool {
		return x.Dropped > 0 || !who.Within(x.Unit) || shared(terms, x.Title) < alikePercent
	})
	if len(list) == 0 {
		return nil, nil
	}
	plans := []int64{f.Plan}
	for _, x := range list {
		plans = append(plans, x.Plan)
	}
	slices.Sort(plans)
	in, args := inList(slices.Compact(plans))
	infos, err := store.All(ctx, db, scanPlan, planQuery+` where p.id in (`+in+`)`, args...)
	if err != nil {
		return nil, err
	}
	of := map[int64]PlanInfo{}
	for _, p := range infos {
		of[p.ID] = p
	}
	var found []Alike
	for _, x := range list {
		p := of[x.Plan]
		found = append(found, Alike{Finding: x, Round: p.Round, Feedback: p.Feedback, Percent: shared(terms, x.Title),
			Earlier: x.Plan != f.Plan && p.Feedback < of[f.Plan].Feedback && (x.Unit.Within(f.Unit.Path) || f.Unit.Within(x.Unit.Path))})
	}
	slices.SortStableFunc(found, func(a, b Alike) int {
		if a.Earlier != b.Earlier {
			if a.Earlier {
				return -1
			}
			return 1
		}
		return b.Percent - a.Percent
	})
	return found[:min(len(found), alikeShown)], nil
}

// headsByID reads findings without what is under them, those that look alike being many and little of them shown.
func headsByID(ctx context.Context, q store.Querier, ids []int64) ([]Finding, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := inList(ids)
	list, err := store.All(ctx, q, scanFinding, `select `+findingColumns+` from finding f join section s on s.id = f.section
		join unit u on u.id = f.unit where f.id in (`+in+`)`, args...)
	slices.SortFunc(list, func(a, b Finding) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return list, err
}

// shared is how many percent of all terms of two titles both have (Jaccard).
func shared(terms []string, title string) int {
	other := chinese.Terms(title)
	slices.Sort(other)
	other = slices.Compact(other)
	both := 0
	for _, t := range other {
		if _, ok := slices.BinarySearch(terms, t); ok {
			both++
		}
	}
	all := len(terms) + len(other) - both
	if all == 0 {
		return 0
	}
	return 100 * both / all
}
