package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"bihuan/chinese"
	"bihuan/org"
	"bihuan/store"
)

// Alike is a finding that says much the same as another: of an earlier round, or of another unit (举一反三).
type Alike struct {
	Finding  Finding // without what is under it
	Round    string  // name of its round
	Feedback string
	Percent  int  // how much the two titles share
	Earlier  bool // of the same unit or its subtree, in a round before
}

// The least that two titles must share, in percent, and how many that are alike are listed.
const (
	alikePercent = 34
	alikeShown   = 8
)

// Titles are the terms of the titles of all findings in force, so that those alike are found without asking the database for each. They
// are good as long as their [TitlesStamp] stands, and never changed once made.
type Titles struct {
	list   []title
	having map[string][]int32 // term → where in list, each once
}

type title struct {
	id, plan int64
	unit     org.Unit
	round    string
	feedback string
	terms    int
}

// TitlesStamp changes whenever titles, plans or units do: titles come by imports only, which give their plan another version.
type TitlesStamp struct{ Plans, PlanVersions, Units, UnitVersions int64 }

// StampOfTitles reads the stamp in force.
func StampOfTitles(ctx context.Context, q store.Querier) (TitlesStamp, error) {
	return store.One(ctx, q, func(rows *sql.Rows, s *TitlesStamp) error {
		return rows.Scan(&s.Plans, &s.PlanVersions, &s.Units, &s.UnitVersions)
	}, `select count(*), cast(coalesce(sum(version), 0) as bigint), (select count(*) from unit), (select cast(coalesce(sum(version), 0) as bigint) from unit) from plan`)
}

// LoadTitles reads the titles of all findings in force.
func LoadTitles(ctx context.Context, q store.Querier) (*Titles, error) {
	t := &Titles{having: map[string][]int32{}}
	type row struct {
		title
		words string
	}
	rows, err := store.All(ctx, q, func(rows *sql.Rows, r *row) error {
		u := &r.unit
		return rows.Scan(&r.id, &r.words, &r.plan, &r.round, &r.feedback, &u.ID, &u.Kind, &u.Name, &u.Path)
	}, `select f.id, f.title, p.id, r.name, r.feedback, u.id, u.kind, u.name, u.path
		from finding f join plan p on p.id = f.plan join round r on r.id = p.round join unit u on u.id = f.unit where f.dropped = 0 order by f.id`)
	for i, r := range rows {
		terms := titleTerms(r.words)
		r.terms = len(terms)
		t.list = append(t.list, r.title)
		for _, x := range terms {
			t.having[x] = append(t.having[x], int32(i))
		}
	}
	return t, err
}

// titleTerms are the terms of a title, each once.
func titleTerms(words string) []string {
	terms := chinese.Terms(words)
	slices.Sort(terms)
	return slices.Compact(terms)
}

// Alike lists the findings that say much the same as f, of those that who sees: those of earlier rounds first, then the nearest.
func (t *Titles) Alike(ctx context.Context, q store.Querier, who org.Person, f Finding) ([]Alike, error) {
	terms := titleTerms(f.Title)
	at, known := slices.BinarySearchFunc(t.list, f.ID, func(x title, id int64) int { return cmp.Compare(x.id, id) })
	if len(terms) < 3 || !known {
		return nil, nil // a title of two signs is like everything
	}
	here := t.list[at]
	both := make([]int32, len(t.list))
	for _, x := range terms {
		for _, i := range t.having[x] {
			both[i]++
		}
	}
	units := who.Units()
	sees := func(u org.Unit) bool {
		for _, x := range units {
			if u.Within(x.Path) {
				return true
			}
		}
		return false
	}
	near := make([]nearness, 0, alikeShown+1)
	for i, n := range both {
		if n == 0 || i == at {
			continue
		}
		x := &t.list[i]
		percent := 100 * int(n) / (len(terms) + x.terms - int(n)) // what both have of what either has (Jaccard)
		if percent < alikePercent || !sees(x.unit) {
			continue
		}
		c := nearness{i, percent, x.plan != here.plan && x.feedback < here.feedback && (x.unit.Within(here.unit.Path) || here.unit.Within(x.unit.Path))}
		if len(near) == alikeShown && !c.before(near[alikeShown-1]) {
			continue
		}
		place := slices.IndexFunc(near, c.before)
		if place < 0 {
			place = len(near)
		}
		near = slices.Insert(near, place, c)
		near = near[:min(len(near), alikeShown)]
	}
	found := make([]Alike, len(near))
	for i := range found {
		x := t.list[near[i].at]
		found[i] = Alike{Finding: Finding{ID: x.id}, Round: x.round, Feedback: x.feedback, Percent: near[i].percent, Earlier: near[i].earlier}
	}
	return t.heads(ctx, q, found)
}

// nearness is how much a title is like another.
type nearness struct {
	at, percent int
	earlier     bool
}

// before tells whether n stands further up: earlier rounds first, then the nearest.
func (n nearness) before(o nearness) bool {
	if n.earlier != o.earlier {
		return n.earlier
	}
	return n.percent > o.percent
}

// heads fills in the findings that are shown; one that has just been dropped goes.
func (t *Titles) heads(ctx context.Context, q store.Querier, found []Alike) ([]Alike, error) {
	if len(found) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(found))
	for i, x := range found {
		ids[i] = x.Finding.ID
	}
	in, args := inList(ids)
	list, err := store.All(ctx, q, scanFinding, `select `+findingColumns+` from finding f join section s on s.id = f.section
		join unit u on u.id = f.unit where f.dropped = 0 and f.id in (`+in+`)`, args...)
	by := map[int64]Finding{}
	for _, f := range list {
		by[f.ID] = f
	}
	for i := range found {
		found[i].Finding = by[found[i].Finding.ID]
	}
	return slices.DeleteFunc(found, func(x Alike) bool { return x.Finding.ID == 0 }), err
}
