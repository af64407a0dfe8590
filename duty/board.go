package duty

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"bihuan/store"
)

// Board says which recurring duties a heat map shows, and of which days. The zero Board shows all.
type Board struct {
	Scope   []string // paths of units, as of a [Filter]; nil: everything
	Finding int64
	Missed  bool // only those of which something was missed in the time
	From    string
	To      string
	Today   string
}

// where is the condition on duty d, beginning with its first parameter.
func (b Board) where() (string, []any) {
	args := []any{b.From, b.To}
	during := func(more string) string {
		return ` exists (select 1 from occurrence o where o.duty = d.id and o.due >= $1 and o.due <= $2` + more + `)`
	}
	clause := `d.rule <> '' and (d.state <> 'stopped' or` + during("") + `)`
	if len(b.Scope) > 0 {
		in, values := within("d", b.Scope)
		clause += " and " + numbered(in, len(args))
		args = append(args, values...)
	}
	if b.Finding != 0 {
		args = append(args, b.Finding)
		clause += fmt.Sprintf(" and d.finding = $%d", len(args))
	}
	if b.Missed {
		clause += " and" + during(" and (o.state = 'missed' or o.timing = 'madeup')")
	}
	return clause, args
}

// Duties lists the duties of a board, those of villages after all others, unit by unit, with how many there are in all.
func (b Board) Duties(ctx context.Context, q store.Querier, offset, limit int) ([]Duty, int, error) {
	where, args := b.where()
	total, err := store.One(ctx, q, store.Value[int], `select count(*) from duty d where `+where, args...)
	if err != nil || total == 0 {
		return nil, total, err
	}
	list, err := store.All(ctx, q, scan, `select `+columns+from+` where `+where+`
		order by case when d.part = 'check' then 2 when u.kind = 'village' then 1 else 0 end, u.path, d.id limit `+fmt.Sprint(limit)+` offset `+fmt.Sprint(offset), args...)
	return list, total, err
}

// Cells lists the marks of duties in the time of the board, by duty and due day.
func (b Board) Cells(ctx context.Context, q store.Querier, duties []Duty) ([]Cell, error) {
	if len(duties) == 0 {
		return nil, nil
	}
	args := []any{b.From, b.To}
	marks := make([]string, len(duties))
	for i, d := range duties {
		args = append(args, d.ID)
		marks[i] = fmt.Sprintf("$%d", len(args))
	}
	return store.All(ctx, q, func(rows *sql.Rows, c *Cell) error {
		var s Standing
		var t Timing
		var opens string
		if err := rows.Scan(&c.ID, &c.Duty, &c.Due, &s, &t, &opens); err != nil {
			return err
		}
		c.Mark = markOf(s, t, opens, b.Today)
		return nil
	}, `select o.id, o.duty, o.due, o.state, o.timing, o.opens from occurrence o where o.due >= $1 and o.due <= $2
		and o.duty in (`+strings.Join(marks, ",")+`) order by o.duty, o.due, o.id`, args...)
}

// Sum counts what came of the occurrences of all duties of a board. Waiting is what is past its due day and still open.
func (b Board) Sum(ctx context.Context, q store.Querier) (Tally, error) {
	homes, err := b.ByHome(ctx, q)
	var sum Tally
	for _, h := range homes {
		sum.add(h.Tally)
	}
	return sum, err
}

// pastTally are [tallyColumns] with only what is past its due day waiting; the day is parameter n.
func pastTally(n int) string {
	return strings.Replace(tallyColumns, "o.timing <> 'madeup')", fmt.Sprintf("o.timing <> 'madeup' and o.due < $%d)", n), 1)
}

// HomeTally is how the recurring duties that serve the plans of one unit went.
type HomeTally struct {
	Home   int64
	Duties int
	Tally
}

// ByHome counts by the unit whose plan the duties serve. It asks duty by duty, which an index answers alone.
func (b Board) ByHome(ctx context.Context, q store.Querier) ([]HomeTally, error) {
	where, args := b.where()
	duties, err := store.All(ctx, q, func(rows *sql.Rows, h *HomeTally) error {
		h.Duties = 1
		return rows.Scan(append([]any{&h.Home}, h.targets()...)...)
	}, `select d.home, x.intime, x.late, x.missed, x.waiting, x.cancelled, x.madeup from (select o.duty, `+pastTally(len(args)+1)+` from occurrence o
		where o.due >= $1 and o.due <= $2 and o.duty in (select d.id from duty d where `+where+`) group by o.duty) x join duty d on d.id = x.duty order by d.home`, append(args, b.Today)...)
	var list []HomeTally
	for _, d := range duties {
		if n := len(list); n > 0 && list[n-1].Home == d.Home {
			list[n-1].Duties++
			list[n-1].add(d.Tally)
		} else {
			list = append(list, d)
		}
	}
	return list, err
}

// Gap is a duty that was broken off more than once.
type Gap struct {
	Duty         Duty
	Missed, Late int
	Days         []string // due days of what was missed, first to last
}

// Gaps lists the duties of a board of which something was missed twice or more, most first, at most limit.
func (b Board) Gaps(ctx context.Context, q store.Querier, limit int) ([]Gap, error) {
	type count struct {
		duty         int64
		missed, late int
	}
	where, args := b.where()
	counts, err := store.All(ctx, q, func(rows *sql.Rows, c *count) error { return rows.Scan(&c.duty, &c.missed, &c.late) },
		`select o.duty, count(*) filter (where o.state = 'missed' or o.timing = 'madeup'), count(*) filter (where o.state in ('done', 'reported') and o.timing = 'late')
			from occurrence o where o.due >= $1 and o.due <= $2 and o.duty in (select d.id from duty d where `+where+`) group by o.duty
			having count(*) filter (where o.state = 'missed' or o.timing = 'madeup') >= 2 order by 2 desc, o.duty limit `+fmt.Sprint(limit), args...)
	if err != nil {
		return nil, err
	}
	var list []Gap
	for _, c := range counts {
		g := Gap{Missed: c.missed, Late: c.late}
		if g.Duty, err = ByID(ctx, q, c.duty); err != nil {
			return nil, err
		}
		g.Days, err = store.All(ctx, q, store.Value[string], `select due from occurrence where duty = $1 and due >= $2 and due <= $3
			and (state = 'missed' or timing = 'madeup') order by due, id`, c.duty, b.From, b.To)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, nil
}

// Week is what came of a duty in one week.
type Week struct {
	Monday string
	Mark   Mark // the worst of the week; empty when nothing was due
	N      int  // how many occurrences bear it
	All    int  // occurrences of the week
	By     map[Mark]int
}

// worst orders the marks for a week of several: what was missed shows before what was late, what is still to be done before what is
// done, and what was cancelled only when there was nothing else.
var worst = []Mark{MarkMissed, MarkLate, MarkNow, MarkLater, MarkDone, MarkCancelled}

// Row is one line of a heat map.
type Row struct {
	Duty  Duty
	Weeks []Week
	Tally        // Waiting: past the due day and open
	Run   int    // how many were in time in a row, up to the last
	Last  Mark   // of the last that is settled: done, late or missed; empty for none
	Fails int    // how many were missed in a row, up to the last
	Next  string // due day of the next that is open; empty for none
}

// Rows puts cells into weeks. mondays are the weeks in their order.
func Rows(duties []Duty, cells []Cell, mondays []string, today string) []Row {
	at := make(map[string]int, len(mondays))
	for i, m := range mondays {
		at[m] = i
	}
	of := make(map[int64]int, len(duties))
	rows := make([]Row, len(duties))
	for i, d := range duties {
		rows[i] = Row{Duty: d, Weeks: make([]Week, len(mondays))}
		for k, m := range mondays {
			rows[i].Weeks[k].Monday = m
		}
		of[d.ID] = i
	}
	for _, c := range cells {
		i, known := of[c.Duty]
		k, inside := at[Monday(c.Due)]
		if !known || !inside {
			continue
		}
		rows[i].take(c, &rows[i].Weeks[k], today)
	}
	for i := range rows {
		for k := range rows[i].Weeks {
			rows[i].Weeks[k].settle()
		}
	}
	return rows
}

// take counts one cell, which comes after those before it.
func (r *Row) take(c Cell, w *Week, today string) {
	if w.By == nil {
		w.By = map[Mark]int{}
	}
	w.By[c.Mark]++
	w.All++
	switch c.Mark {
	case MarkDone:
		r.InTime++
		r.Run++
		r.Fails = 0
	case MarkLate:
		r.Late++
		r.Run, r.Fails = 0, 0
	case MarkMissed:
		r.Missed++
		r.Run = 0
		r.Fails++
	case MarkCancelled:
		r.Cancelled++
		return
	default:
		if c.Due < today {
			r.Waiting++
		} else if r.Next == "" {
			r.Next = c.Due
		}
		return
	}
	r.Last = c.Mark
}

func (w *Week) settle() {
	for _, m := range worst {
		if w.By[m] > 0 {
			w.Mark, w.N = m, w.By[m]
			return
		}
	}
}

// Monday is the first day of the week of a day; what is no day stays as it is.
func Monday(day string) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.AddDate(0, 0, -(int(d.Weekday())+6)%7).Format(time.DateOnly)
}

// Mondays lists the weeks from the one of a day to the one of another.
func Mondays(from, to string) []string {
	var list []string
	d, err := time.Parse(time.DateOnly, Monday(from))
	for last := Monday(to); err == nil && len(list) < 120; d = d.AddDate(0, 0, 7) {
		day := d.Format(time.DateOnly)
		if day > last {
			break
		}
		list = append(list, day)
	}
	return list
}

// Outstanding lists the duties of a scope that were given and not yet received, oldest first, at most limit, and how many there are.
// staff narrows it to one person; 0 does not. limit 0 only counts.
func Outstanding(ctx context.Context, q store.Querier, scope []string, staff int64, limit int) ([]Duty, int, error) {
	clause, args := "d.state = 'given'", []any{}
	if len(scope) > 0 {
		in, values := within("d", scope)
		clause, args = clause+" and "+numbered(in, 0), values
	}
	if staff != 0 {
		args = append(args, staff)
		clause += fmt.Sprintf(" and d.staff = $%d", len(args))
	}
	total, err := store.One(ctx, q, store.Value[int], `select count(*) from duty d where `+clause, args...)
	if err != nil || total == 0 || limit == 0 {
		return nil, total, err
	}
	list, err := store.All(ctx, q, scan, `select `+columns+from+` where `+clause+` order by d.given, d.id limit `+fmt.Sprint(limit), args...)
	return list, total, err
}

// Asked is how often a village was asked for something in one month (负担表, L17).
type Asked struct {
	Unit  int64
	Month string // 2026-04
	N     int
}

// Burden counts what is asked of each village of a scope, month by month, between two days. What was cancelled or excused was not
// asked.
func Burden(ctx context.Context, q store.Querier, scope []string, from, to string) ([]Asked, error) {
	where, args := Filter{Scope: scope, DueFrom: from, DueTo: to}.where()
	return store.All(ctx, q, func(rows *sql.Rows, a *Asked) error { return rows.Scan(&a.Unit, &a.Month, &a.N) },
		`select o.unit, substr(o.due, 1, 7), count(*) from occurrence o join unit u on u.id = o.unit
			where u.kind = 'village' and o.state not in ('cancelled', 'excused') and `+where+` group by o.unit, substr(o.due, 1, 7) order by o.unit, 2`, args...)
}
