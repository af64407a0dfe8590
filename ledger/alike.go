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
	Finding  Finding
	Round    string // name of its round
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
	list, err := ByIDs(ctx, db, near)
	if err != nil {
		return nil, err
	}
	here, err := PlanByID(ctx, db, org.Program, f.Plan)
	if err != nil {
		return nil, err
	}
	var found []Alike
	for _, x := range list {
		share := shared(terms, x.Title)
		if share < alikePercent || x.Dropped > 0 || !who.Within(x.Unit) {
			continue
		}
		p, err := PlanByID(ctx, db, who, x.Plan)
		if err != nil {
			return nil, err
		}
		found = append(found, Alike{Finding: x, Round: p.Round, Feedback: p.Feedback, Percent: share,
			Earlier: x.Plan != f.Plan && p.Feedback < here.Feedback && (x.Unit.Within(f.Unit.Path) || f.Unit.Within(x.Unit.Path))})
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
