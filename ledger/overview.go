package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"bihuan/org"
	"bihuan/store"
)

// UnitCounts are the findings of one unit, or of several together, counted in every way that the overview shows. The five states add
// up to All; whatever else is counted is a part of it.
type UnitCounts struct {
	Unit     org.Unit
	State    map[State]int
	All      int
	Late     int            // past their deadline and not settled
	Soon     int            // of those not settled, due within the days of 临期
	NoDate   int            // not settled, and the plan names no day
	Relapsed int            // came back after a closing and are being put right again (反弹); among 正在整改
	Returned int            // sent back, a task or the closing, and not reported again since
	Gaps     int            // with a manifestation that no measure answers
	Due      map[string]int // how many fall due on a day, by the plan
	Closed   map[string]int // how many were closed (销号) on a day and are still
	LateFrom string         // the earliest deadline of those late; empty for none
	SoonFrom string         // the next deadline of those 临期; empty for none
}

// Rate is the completion rate (完成率), defined here and nowhere else: 完成 out of all but 长期坚持 (documents, 销号 4). 阶段性完成 is
// not 完成; what is kept up for good makes the rate neither better nor worse.
type Rate struct{ Done, Of int }

// RateOf is the completion rate of findings counted by state.
func RateOf(state map[State]int) Rate {
	r := Rate{Done: state[Done]}
	for s, n := range state {
		if s != Keep {
			r.Of += n
		}
	}
	return r
}

// String is the rate in whole percent, rounded down so that 100% means all; — where there is nothing to divide by.
func (r Rate) String() string {
	if r.Of == 0 {
		return "—"
	}
	return fmt.Sprintf("%d%%", 100*r.Done/r.Of)
}

// Say is the rate with what it is made of, for whoever asks how it was reckoned.
func (r Rate) Say() string {
	if r.Of == 0 {
		return "除长期坚持外没有问题，不算完成率"
	}
	return fmt.Sprintf("完成率 %s ＝ 完成 %d ÷ 除长期坚持外的 %d 个；阶段性完成不算完成，长期坚持的已经销号、转入第二只钟，既不拉高也不拉低", r, r.Done, r.Of)
}

// Rate is the completion rate of what is counted.
func (c UnitCounts) Rate() Rate { return RateOf(c.State) }

// Add takes the counts of another unit in, so that c counts both.
func (c *UnitCounts) Add(o UnitCounts) {
	if c.State == nil {
		c.State, c.Due, c.Closed = map[State]int{}, map[string]int{}, map[string]int{}
	}
	for s, n := range o.State {
		c.State[s] += n
	}
	for d, n := range o.Due {
		c.Due[d] += n
	}
	for d, n := range o.Closed {
		c.Closed[d] += n
	}
	c.All += o.All
	c.Late += o.Late
	c.Soon += o.Soon
	c.NoDate += o.NoDate
	c.Relapsed += o.Relapsed
	c.Returned += o.Returned
	c.Gaps += o.Gaps
	c.LateFrom = earlier(c.LateFrom, o.LateFrom)
	c.SoonFrom = earlier(c.SoonFrom, o.SoonFrom)
}

// earlier is the earlier of two days, of which empty ones do not count.
func earlier(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// countCell is so many findings of one unit that are alike in all that is counted.
type countCell struct {
	unit                        int64
	state                       State
	due                         string
	closed                      int64
	n, relapsed, returned, gaps int
}

// count takes a cell in on a day.
func (c *UnitCounts) count(x countCell, d Days) {
	if c.State == nil {
		c.State, c.Due, c.Closed = map[State]int{}, map[string]int{}, map[string]int{}
	}
	c.State[x.state] += x.n
	c.All += x.n
	c.Relapsed += x.relapsed
	c.Returned += x.returned
	c.Gaps += x.gaps
	if x.due != "" {
		c.Due[x.due] += x.n
	}
	if x.closed != 0 {
		c.Closed[time.UnixMilli(x.closed).Format(time.DateOnly)] += x.n
	}
	switch {
	case x.state.Settled():
	case x.due == "":
		c.NoDate += x.n
	case x.due < d.Today:
		c.Late += x.n
		c.LateFrom = earlier(c.LateFrom, x.due)
	case x.due <= d.Soon:
		c.Soon += x.n
		c.SoonFrom = earlier(c.SoonFrom, x.due)
	}
}

// CountUnits counts findings by the unit whose plan they are of, for all units that who may see and that have any, in the order of the
// tree. round names a round; empty stands for all.
func CountUnits(ctx context.Context, db *store.DB, who org.Person, d Days, round string) ([]UnitCounts, error) {
	scope, args := visible(who)
	if round != "" {
		args = append(args, round)
		scope += fmt.Sprintf(` and exists (select 1 from plan p join round r on r.id = p.round where p.id = f.plan and r.name = $%d)`, len(args))
	}
	cells, err := store.All(ctx, db, func(rows *sql.Rows, c *countCell) error {
		return rows.Scan(&c.unit, &c.state, &c.due, &c.closed, &c.n, &c.relapsed, &c.returned, &c.gaps)
	}, `select f.unit, f.state, f.due, coalesce(c.accepted, 0), count(*), count(*) filter (where f.relapsed = 1), count(b.finding), count(*) filter (where f.gaps > 0)
		from finding f left join closing c on f.closing <> 0 and c.id = f.closing
		left join (select x.finding from closing x where x.state = 'returned' and not exists (select 1 from closing y where y.finding = x.finding and y.seq > x.seq)
			union select finding from occurrence where state = 'returned') b on b.finding = f.id and f.state not in ('done', 'keep')
		where f.dropped = 0`+scope+` group by f.unit, f.state, f.due, coalesce(c.accepted, 0)`, args...)
	if err != nil {
		return nil, err
	}
	units, err := org.Seen(ctx, db, who)
	if err != nil {
		return nil, err
	}
	by := map[int64]*UnitCounts{}
	for _, x := range cells {
		u := by[x.unit]
		if u == nil {
			u = new(UnitCounts)
			by[x.unit] = u
		}
		u.count(x, d)
	}
	var list []UnitCounts
	for _, u := range units {
		if c := by[u.ID]; c != nil {
			c.Unit = u
			list = append(list, *c)
		}
	}
	return list, nil
}

// CountLeads counts the findings of the plans of one unit by the responsible unit that stands first, so that each finding counts once,
// in the order of the tree; what has none that the organisation knows stands last, under the unit without id.
func CountLeads(ctx context.Context, db *store.DB, who org.Person, d Days, unit int64, round string) ([]UnitCounts, error) {
	scope, args := visible(who, unit, round)
	cells, err := store.All(ctx, db, func(rows *sql.Rows, c *countCell) error { return rows.Scan(&c.unit, &c.state, &c.due, &c.n) },
		`select coalesce(f.lead_unit, 0), f.state, f.due, count(*) from finding f where f.dropped = 0 and f.unit = $1
			and ($2 = '' or exists (select 1 from plan p join round r on r.id = p.round where p.id = f.plan and r.name = $2))`+scope+`
			group by coalesce(f.lead_unit, 0), f.state, f.due`, args...)
	if err != nil {
		return nil, err
	}
	by := map[int64]*UnitCounts{}
	for _, x := range cells {
		u := by[x.unit]
		if u == nil {
			u = new(UnitCounts)
			by[x.unit] = u
		}
		u.count(x, d)
	}
	if len(by) == 0 {
		return nil, nil
	}
	in, ids := inList(slices.Collect(maps.Keys(by)))
	units, err := store.All(ctx, db, func(rows *sql.Rows, u *org.Unit) error {
		return rows.Scan(&u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	}, `select u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version from unit u where u.id in (`+in+`) order by u.path`, ids...)
	if err != nil {
		return nil, err
	}
	var list []UnitCounts
	for _, u := range append(units, org.Unit{}) {
		if c := by[u.ID]; c != nil {
			c.Unit = u
			list = append(list, *c)
		}
	}
	return list, nil
}
