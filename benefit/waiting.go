package benefit

import (
	"context"
	"database/sql"

	"bihuan/org"
	"bihuan/store"
)

// Standings is how a programme stands in the units that somebody sees: numbers only.
type Standings struct {
	Programme Programme
	States    map[State]int
	Due       int // reviews whose day has come
	Late      int // of these: whose day has passed
	Steps     map[Step]int
	Slow      map[Step]int // of these: not decided within the limit of the programme
	Unpaid    int          // approved, and no payment row yet
	Overdue   int          // of these: the month in which it should have come is over
	Untold    int          // decided, and nobody has told the person
}

// Open counts the applications that wait for the town or the county.
func (s Standings) Open() int {
	return s.Steps[Received] + s.Steps[Checked] + s.Steps[Posted] + s.Steps[Held] + s.Steps[Proposed]
}

// StandingsOf counts what there is and what waits, by programme, in the units that who sees.
func StandingsOf(ctx context.Context, q store.Querier, who org.Person, day string) ([]Standings, error) {
	programmes, err := Programmes(ctx, q, who)
	if err != nil {
		return nil, err
	}
	var list []Standings
	for _, p := range programmes {
		s := Standings{Programme: p}
		terms, err := TermsOf(ctx, q, p.ID)
		if err != nil {
			return nil, err
		}
		if s.States, err = CountRolls(ctx, q, who, Filter{Programme: p.ID}); err != nil {
			return nil, err
		}
		for _, x := range []struct {
			n   *int
			due string
		}{{&s.Due, day}, {&s.Late, dayBefore(day)}} {
			due, err := CountRolls(ctx, q, who, Filter{Programme: p.ID, Due: x.due})
			if err != nil {
				return nil, err
			}
			for _, n := range due {
				*x.n += n
			}
		}
		if s.Steps, err = CountApplications(ctx, q, who, Queue{Programme: p.ID}); err != nil {
			return nil, err
		}
		limits := []Limits{LimitsOf(p.ID, terms, day)}
		if s.Slow, err = CountApplications(ctx, q, who, Queue{Programme: p.ID, Slow: true, Limits: limits}); err != nil {
			return nil, err
		}
		for _, x := range []struct {
			n *int
			f Queue
		}{{&s.Unpaid, Queue{Programme: p.ID, Unpaid: true}}, {&s.Overdue, Queue{Programme: p.ID, Overdue: true, Limits: limits}}, {&s.Untold, Queue{Programme: p.ID, Untold: true}}} {
			steps, err := CountApplications(ctx, q, who, x.f)
			if err != nil {
				return nil, err
			}
			for _, n := range steps {
				*x.n += n
			}
		}
		list = append(list, s)
	}
	return list, nil
}

// VillageCount is how many people of a village a programme has.
type VillageCount struct {
	Village   int64 // unit; 0: the village is not known
	Place     string
	Receiving int
	Suspended int
	Stopped   int
	Paid      int // persons with a payment row of the month
}

// CountVillages counts a programme by village in the units that who sees, with who was paid for a month. It is two queries, for databases
// that know little of their tables yet join them badly.
func CountVillages(ctx context.Context, q store.Querier, who org.Person, programme int64, m Month) ([]VillageCount, error) {
	where, args := who.Under("p.path", programme)
	list, err := store.All(ctx, q, func(rows *sql.Rows, c *VillageCount) error {
		return rows.Scan(&c.Village, &c.Place, &c.Receiving, &c.Suspended, &c.Stopped)
	}, `select p.village, max(case when p.village > 0 then p.place else '' end), count(*) filter (where r.state = 'receiving'), count(*) filter (where r.state = 'suspended'),
		count(*) filter (where r.state = 'stopped') from roll r join person p on p.id = r.person where r.programme = $1 and `+where+` group by p.village order by min(p.path)`, args...)
	if err != nil {
		return nil, err
	}
	type paid struct {
		village int64
		n       int
	}
	where, args = who.Under("p.path", programme, m.String())
	counts, err := store.All(ctx, q, func(rows *sql.Rows, c *paid) error { return rows.Scan(&c.village, &c.n) },
		`select p.village, count(distinct x.person) from payment x join person p on p.id = x.person where x.programme = $1 and x.month = $2 and x.amount > 0 and x.void = '' and `+where+` group by p.village`, args...)
	for i := range list {
		for _, c := range counts {
			if c.village == list[i].Village {
				list[i].Paid = c.n
			}
		}
	}
	return list, err
}
