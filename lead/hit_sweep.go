package lead

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Sweep is what was looked through in one village for one programme in one month (主动排查, M68): by screenings, and by people who went.
type Sweep struct {
	Village   int64
	Month     string
	Screened  int    // screenings of the month
	Sources   string // what people went through; empty when nobody entered a sweep
	By        int64  // who entered it
	Found     int    // hits, and what people found
	Settled   int
	Suspected int // of Found by screenings
}

// Done tells whether the village was looked through at all in the month.
func (s Sweep) Done() bool { return s.Screened > 0 || s.Sources != "" }

// quietMonths is after how many months in a row without any find a village is looked at by a sample (M68): “无”every month is a finding
// about the sweeps rather than about the village.
const quietMonths = 6

// Quiet tells whether nothing was found in the last six of months, though each was swept. months are in their order.
func Quiet(months []Sweep) bool {
	if len(months) < quietMonths {
		return false
	}
	for _, m := range months[len(months)-quietMonths:] {
		if !m.Done() || m.Found > 0 {
			return false
		}
	}
	return true
}

// Sweeps are the sweeps of a programme in villages, month by month: for each village as many as there are months. A screening
// looks through its whole town.
func Sweeps(ctx context.Context, v *vault.Vault, programme int64, villages []org.Unit, months []string) (map[int64][]Sweep, error) {
	if len(months) == 0 {
		return nil, nil
	}
	from, to := months[0], months[len(months)-1]
	type count struct {
		unit, village  int64
		month          string
		found, settled int
	}
	runs, err := store.All(ctx, v, func(rows *sql.Rows, c *count) error { return rows.Scan(&c.unit, &c.month, &c.found) },
		`select unit, substr(as_of, 1, 7), count(*) from screening where programme = $1 and state = 'done' and substr(as_of, 1, 7) >= $2 and substr(as_of, 1, 7) <= $3
			group by unit, substr(as_of, 1, 7)`, programme, from, to)
	if err != nil {
		return nil, err
	}
	hits, err := store.All(ctx, v, func(rows *sql.Rows, c *count) error { return rows.Scan(&c.village, &c.month, &c.found, &c.settled) },
		`select h.village, substr(s.as_of, 1, 7), count(*), count(*) filter (where h.state = 'closed') from hit h join screening s on s.id = h.screening
			where s.programme = $1 and s.state = 'done' and h.state not in ('same', 'suppressed') and substr(s.as_of, 1, 7) >= $2 and substr(s.as_of, 1, 7) <= $3
			group by h.village, substr(s.as_of, 1, 7)`, programme, from, to)
	if err != nil {
		return nil, err
	}
	entered, err := store.All(ctx, v, func(rows *sql.Rows, s *Sweep) error {
		return rows.Scan(&s.Village, &s.Month, &s.Sources, &s.By, &s.Found, &s.Settled)
	},
		`select village, month, sources, staff, found, settled from sweep where programme = $1 and month >= $2 and month <= $3`, programme, from, to)
	if err != nil {
		return nil, err
	}
	table := map[int64][]Sweep{}
	for _, u := range villages {
		village := u.ID
		row := make([]Sweep, len(months))
		for i, m := range months {
			row[i] = Sweep{Village: village, Month: m}
			for _, r := range runs {
				if r.month == m && slices.Contains(u.Ancestors(), r.unit) {
					row[i].Screened += r.found
				}
			}
			for _, e := range entered {
				if e.Village == village && e.Month == m {
					row[i].Sources, row[i].By, row[i].Found, row[i].Settled = e.Sources, e.By, e.Found, e.Settled
				}
			}
			for _, h := range hits {
				if h.village == village && h.month == m {
					row[i].Suspected, row[i].Found, row[i].Settled = h.found, row[i].Found+h.found, row[i].Settled+h.settled
				}
			}
		}
		table[village] = row
	}
	return table, nil
}

// EnterSweep records that somebody looked through a village for a programme in a month: what they went through and what came of it. The
// same month again replaces what was entered.
func EnterSweep(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, programme int64, s Sweep) error {
	village, err := org.UnitByID(ctx, house, s.Village)
	if err != nil {
		return org.Invalid{Field: "村", What: "没有这个村，请重选"}
	}
	if err := who.Check(org.Verify, village); err != nil {
		return err
	}
	s.Sources = strings.TrimSpace(s.Sources)
	today := v.Now().Format(time.DateOnly)
	_, bad := time.Parse("2006-01", s.Month)
	switch {
	case bad != nil || s.Month > today[:7]:
		return org.Invalid{Field: "月份", What: "请选本月或以前的月份"}
	case s.Sources == "":
		return org.Invalid{Field: "怎么排查的", What: "请写查了什么，如 逐户走访、村医名单"}
	case s.Found < 0 || s.Found > 10_000 || s.Settled < 0 || s.Settled > s.Found:
		return org.Invalid{Field: "发现和办结", What: "请写数字，办结的不能多于发现的；没有就写 0"}
	}
	if err := vault.CheckText("怎么排查的", s.Sources); err != nil {
		return err
	}
	town := int64(0)
	for _, id := range village.Ancestors() {
		u, err := org.UnitByID(ctx, house, id)
		if err != nil {
			return err
		}
		if u.Kind == org.Town {
			town = u.ID
		}
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		if _, err := programmeName(ctx, tx, programme, village); err != nil {
			return err
		}
		old, err := store.All(ctx, tx, func(rows *sql.Rows, x *Sweep) error { return rows.Scan(&x.Village, &x.Sources, &x.Found, &x.Settled) },
			`select id, sources, found, settled from sweep where programme = $1 and village = $2 and month = $3`, programme, s.Village, s.Month)
		if err != nil {
			return err
		}
		id, was := tx.ID(), ""
		if len(old) > 0 {
			o := old[0]
			if o.Sources == s.Sources && o.Found == s.Found && o.Settled == s.Settled {
				return nil // done already
			}
			id, was = o.Village, fmt.Sprintf("%s；发现%d，办结%d", o.Sources, o.Found, o.Settled)
		}
		_, err = tx.Exec(ctx, `insert into sweep (id, unit, programme, village, month, sources, found, settled, staff, entered, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)
			on conflict (programme, village, month) do update set sources = excluded.sources, found = excluded.found, settled = excluded.settled, staff = excluded.staff,
				entered = excluded.entered, version = sweep.version + 1`,
			id, town, programme, s.Village, s.Month, s.Sources, s.Found, s.Settled, who.ID, tx.Now.UnixMilli())
		if err != nil {
			return fmt.Errorf("enter sweep: %w", err)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "排查", Kind: "sweep", Row: id, Changes: []journal.Change{
			{Field: "月份", To: s.Month}, {Field: "村", To: village.Name}, {Field: "情况", From: was, To: fmt.Sprintf("%s；发现%d，办结%d", s.Sources, s.Found, s.Settled)}}})
	})
}

// Months are the months up to that of a day, the last of them last.
func Months(day string, n int) []string {
	d, err := time.Parse("2006-01", day[:7])
	if err != nil {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.AddDate(0, i-n+1, 0).Format("2006-01")
	}
	return list
}
