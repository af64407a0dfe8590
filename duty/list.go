package duty

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"bihuan/org"
	"bihuan/store"
)

// Filter says which occurrences are asked for. Empty fields ask nothing.
type Filter struct {
	Scope     []string // paths of units: what serves a plan of their subtrees or is done by a unit of them
	Homes     []string // paths of units: what serves a plan of their subtrees
	Staff     int64    // whose they are
	NotBy     int64    // not entered by
	Finding   int64
	Duty      int64
	Units     []int64 // done by one of these
	Standings []Standing
	DueFrom   string
	DueTo     string
	OpenBy    string // can be done on that day
	Newest    bool   // latest due first
	Limit     int
}

// where builds the condition of a filter.
func (f Filter) where() (string, []any) {
	var b strings.Builder
	var args []any
	b.WriteString("true")
	add := func(clause string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			clause = strings.Replace(clause, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		b.WriteString(" and " + clause)
	}
	if len(f.Standings) > 0 {
		marks := make([]string, len(f.Standings))
		values := make([]any, len(f.Standings))
		for i, s := range f.Standings {
			marks[i], values[i] = "?", string(s)
		}
		add("o.state in ("+strings.Join(marks, ",")+")", values...)
	}
	if f.Staff != 0 {
		add("o.staff = ?", f.Staff)
	}
	if len(f.Homes) > 0 {
		clause, values := subtrees(f.Homes)
		add("o.home"+clause, values...)
	}
	if f.NotBy != 0 {
		add("o.entered_by <> ? and o.staff <> ?", f.NotBy, f.NotBy)
	}
	if f.Finding != 0 {
		add("o.finding = ?", f.Finding)
	}
	if f.Duty != 0 {
		add("o.duty = ?", f.Duty)
	}
	if len(f.Units) > 0 {
		marks := make([]string, len(f.Units))
		values := make([]any, len(f.Units))
		for i, u := range f.Units {
			marks[i], values[i] = "?", u
		}
		add("o.unit in ("+strings.Join(marks, ",")+")", values...)
	}
	if f.DueFrom != "" {
		add("o.due >= ?", f.DueFrom)
	}
	if f.DueTo != "" {
		add("o.due <= ?", f.DueTo)
	}
	if f.OpenBy != "" {
		add("o.opens <= ?", f.OpenBy)
	}
	if len(f.Scope) == 0 {
		return b.String(), args
	}
	// Two questions of which each finds its rows in an index, where one with "or" would walk through those of everybody. What is found
	// twice is one of the list all the same; "union" would have it sorted, and SQLite then takes another index.
	below, values := subtrees(f.Scope)
	below = numbered(below, len(args))
	if len(f.Standings) == 0 { // of all standings there are too many to be gathered first
		return b.String() + " and (o.home" + below + " or o.unit" + below + ")", append(args, values...)
	}
	arm := "select o.id from occurrence o where " + b.String() + " and o."
	return "o.id in (" + arm + "home" + below + " union all " + arm + "unit" + below + ")", append(args, values...)
}

// Scope is what a person sees, for a [Filter].
func Scope(who org.Person) []string {
	var paths []string
	for _, u := range who.Units() {
		paths = append(paths, u.Path)
	}
	return paths
}

// within is the condition that a row serves or is done by a unit of the subtrees at paths, with ? for its values.
func within(table string, paths []string) (string, []any) {
	below, values := subtrees(paths)
	return "(" + table + ".home" + below + " or " + table + ".unit" + below + ")", append(values, values...)
}

// subtrees continues a condition on the id of a unit: it is of the subtrees at paths.
func subtrees(paths []string) (string, []any) {
	marks, values := make([]string, len(paths)), make([]any, len(paths))
	for i, p := range paths {
		marks[i], values[i] = "path like ?", p+"%"
	}
	return " in (select id from unit where " + strings.Join(marks, " or ") + ")", values
}

// numbered replaces each ? of a condition by $n, counted from after.
func numbered(clause string, after int) string {
	for strings.Contains(clause, "?") {
		after++
		clause = strings.Replace(clause, "?", fmt.Sprintf("$%d", after), 1)
	}
	return clause
}

// List gives the occurrences of a filter by due day.
func List(ctx context.Context, q store.Querier, f Filter) ([]Occurrence, error) {
	where, args := f.where()
	order := " order by o.due, o.id"
	if f.Newest {
		order = " order by o.due desc, o.id desc"
	}
	if f.Limit > 0 {
		order += fmt.Sprintf(" limit %d", f.Limit)
	}
	return store.All(ctx, q, scanOccurrence, `select `+occurrenceColumns+occurrenceFrom+` where `+where+order, args...)
}

// Count counts the occurrences of a filter.
func Count(ctx context.Context, q store.Querier, f Filter) (int, error) {
	where, args := f.where()
	return store.One(ctx, q, store.Value[int], `select count(*) from occurrence o where `+where, args...)
}

// Pressing are the standings that somebody still has to work on.
var Pressing = []Standing{Open, Returned}

// Mark is one occurrence as the heat map and the pulse show it.
type Mark string

// The marks: late is yellow, what was missed stays red also when it was made up for.
const (
	MarkDone      Mark = "done"
	MarkLate      Mark = "late"
	MarkMissed    Mark = "miss"
	MarkCancelled Mark = "off"
	MarkNow       Mark = "now"
	MarkLater     Mark = "later"
)

// Mark tells how an occurrence is shown on a day.
func (o Occurrence) Mark(today string) Mark { return markOf(o.Standing, o.Timing, o.Opens, today) }

func markOf(s Standing, t Timing, opens, today string) Mark {
	switch {
	case s == Missed, t == MadeUp:
		return MarkMissed
	case s == Cancelled, s == Excused:
		return MarkCancelled
	case (s == Done || s == Reported) && t == Late:
		return MarkLate
	case s == Done, s == Reported:
		return MarkDone
	case opens <= today:
		return MarkNow
	}
	return MarkLater
}

// Cell is one occurrence of the heat map.
type Cell struct {
	ID   int64
	Duty int64
	Due  string
	Mark Mark
}

// Tally is how the occurrences of something went. Due = InTime + Late + Missed + Waiting.
type Tally struct {
	InTime, Late, Missed int
	Waiting              int // due and not yet settled: open within its grace, sent back, waiting for review counts by its timing
	Cancelled            int // by the calendar or with a reason; not due
	MadeUp               int // of Missed: made up for later
}

// Due is how many had to be done.
func (t Tally) Due() int { return t.InTime + t.Late + t.Missed + t.Waiting }

// Load is what one person or unit has to do.
type Load struct {
	Unit     int64
	UnitName string
	Staff    int64
	Name     string
	Duties   int // in force
	Asked    int // occurrences due in the period: what is asked of them (负担表, L17)
	Tally
	Over int // open past the due day

	path string // of the unit
}

const tallyColumns = `count(*) filter (where o.state in ('done', 'reported') and o.timing in ('intime', 'early')) as intime,
	count(*) filter (where o.state in ('done', 'reported') and o.timing = 'late') as late,
	count(*) filter (where o.state = 'missed' or o.timing = 'madeup') as missed,
	count(*) filter (where o.state in ('open', 'returned') and o.timing <> 'madeup') as waiting,
	count(*) filter (where o.state in ('cancelled', 'excused')) as cancelled,
	count(*) filter (where o.timing = 'madeup' and o.state in ('done', 'reported')) as madeup`

func (t *Tally) targets() []any {
	return []any{&t.InTime, &t.Late, &t.Missed, &t.Waiting, &t.Cancelled, &t.MadeUp}
}

func (t *Tally) add(o Tally) {
	t.InTime += o.InTime
	t.Late += o.Late
	t.Missed += o.Missed
	t.Waiting += o.Waiting
	t.Cancelled += o.Cancelled
	t.MadeUp += o.MadeUp
}

// Loads tells for each person of a scope what duties they have in force and what was due of them between two days, by unit and name.
func Loads(ctx context.Context, q store.Querier, scope []string, from, to, today string) ([]Load, error) {
	where, args := Filter{Scope: scope, DueFrom: from, DueTo: to}.where()
	args = append(args, today)
	over := fmt.Sprintf("$%d", len(args))
	list, err := store.All(ctx, q, func(rows *sql.Rows, l *Load) error {
		return rows.Scan(append([]any{&l.Unit, &l.UnitName, &l.path, &l.Staff, &l.Name, &l.Asked, &l.Over}, l.targets()...)...)
	}, `select o.unit, u.name, u.path, o.staff, s.name, count(*) filter (where o.state not in ('cancelled', 'excused')),
		count(*) filter (where o.state in ('open', 'returned') and o.due < `+over+`), `+tallyColumns+`
		from occurrence o join unit u on u.id = o.unit join staff s on s.id = o.staff where `+where+`
		group by o.unit, u.name, u.path, o.staff, s.name`, args...)
	if err != nil {
		return nil, err
	}
	inScope, paths := within("d", scope)
	duties, err := store.All(ctx, q, func(rows *sql.Rows, l *Load) error {
		return rows.Scan(&l.Unit, &l.UnitName, &l.path, &l.Staff, &l.Name, &l.Duties)
	}, `select d.unit, u.name, u.path, d.staff, s.name, count(*) from duty d join unit u on u.id = d.unit join staff s on s.id = d.staff
		where d.state <> 'stopped' and `+numbered(inScope, 0)+` group by d.unit, u.name, u.path, d.staff, s.name`, paths...)
	if err != nil {
		return nil, err
	}
	at := map[[2]int64]int{}
	for i, l := range list {
		at[[2]int64{l.Unit, l.Staff}] = i
	}
	for _, l := range duties {
		if i, known := at[[2]int64{l.Unit, l.Staff}]; known {
			list[i].Duties = l.Duties
		} else {
			list = append(list, l) // has duties, and nothing of them is due in the period
		}
	}
	slices.SortStableFunc(list, func(a, b Load) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Staff, b.Staff))
	})
	return list, nil
}
