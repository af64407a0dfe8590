package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"bihuan/org"
	"bihuan/store"
)

// Waiting counts what waits for one person, for the numbers in the bar.
type Waiting struct {
	Receive    int // duties given and not yet received (待签收)
	Returned   int // own tasks that were sent back
	Review     int // reports of others to look at
	Closings   int // applications for a closing whose next step is theirs
	Extensions int // applications for a later deadline that they decide
	Letters    int // drafts on their desk, and letters that came and were not received
	Now        int // own tasks that were sent back, are overdue or due today, as [TodayOf] lists them
	County     int // letters to the county about residents to be signed or drafted anew; of another database: [WaitingFor] does not count them
}

// Today is what waits in the list of the day (今天要办的): to be received, and to be done.
func (w Waiting) Today() int { return w.Receive + w.Now + w.County }

// Desk is what waits at 工作台; letters have a number of their own.
func (w Waiting) Desk() int {
	return w.Receive + w.Returned + w.Review + w.Closings + w.Extensions + w.County
}

// inSubtrees is the condition that a path in a column lies in the subtree of one of the units, with its arguments behind those so far.
func inSubtrees(column string, units []org.Unit, args []any) (string, []any) {
	if len(units) == 0 {
		return "false", args
	}
	parts := make([]string, len(units))
	for i, u := range units {
		args = append(args, u.Path+"%")
		parts[i] = fmt.Sprintf("%s like $%d", column, len(args))
	}
	return "(" + strings.Join(parts, " or ") + ")", args
}

// WaitingFor counts what waits for a person on a day. It counts just what [WaitingClosings], [WaitingExtensions] and the lists of tasks show.
func WaitingFor(ctx context.Context, q store.Querier, who org.Person, today string) (Waiting, error) {
	var w Waiting
	args := []any{who.ID}
	review, args := inSubtrees("u.path", who.Over(org.Review), args)
	check, args := inSubtrees("u.path", who.Over(org.Check), args)
	sign, args := inSubtrees("u.path", who.Over(org.Sign), args)
	accept, args := inSubtrees("u.path", who.Over(org.Accept), args)
	extend, args := inSubtrees("u.path", who.Over(org.Extend), args)
	var desk []org.Unit
	for _, u := range who.Over(org.Send) {
		if u.Kind != org.District {
			desk = append(desk, u)
		}
	}
	drafts, args := inSubtrees("u.path", desk, args)
	args = append(args, who.Unit.ID) // a district sends its own letters, and not those of its towns
	own := fmt.Sprintf("$%d", len(args))
	args = append(args, today)
	day := fmt.Sprintf("$%d", len(args))
	w, err := store.One(ctx, q, func(rows *sql.Rows, w *Waiting) error {
		return rows.Scan(&w.Receive, &w.Returned, &w.Review, &w.Closings, &w.Extensions, &w.Letters, &w.Now)
	}, `select (select count(*) from duty where staff = $1 and state = 'given'),
		(select count(*) from occurrence where staff = $1 and state = 'returned'),
		(select count(*) from occurrence o join unit u on u.id = o.home where o.state = 'reported' and o.entered_by <> $1 and o.staff <> $1 and `+review+`),
		(select count(*) from closing c join unit u on u.id = c.home where c.applied_by <> $1 and c.reviewed_by <> $1 and c.signed_by <> $1
			and (c.state = 'applied' and `+check+` or c.state = 'reviewed' and `+sign+` or c.state = 'signed' and `+accept+`)),
		(select count(*) from extension x join unit u on u.id = x.home where x.state = 'asked' and x.asked_by <> $1 and `+extend+` and (x.seq = 1 or `+sign+`)),
		(select count(*) from letter l join unit u on u.id = l.unit where l.state = 'draft' and (`+drafts+` or l.unit = `+own+` and `+bitOf(who.May(org.Send))+` = 1)
			or l.state = 'sent' and (l.staff = $1 or l.staff = 0 and l.addressee = `+own+`)),
		(select count(*) from occurrence where staff = $1 and opens <= `+day+` and (state = 'open' and due <= `+day+` or state = 'returned'))`, args...)
	return w, err
}

func bitOf(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// Loose is a finding whose deadline nobody's single task stands for: nothing was given, or all that was given is reported.
type Loose struct {
	Finding
	Given bool // something was given
}

// LooseFindings lists the findings of a person's sight that fall due between two days and that no open single task stands for, by
// deadline, at most limit, and how many there are. mine narrows them to those that name the person as leader or as responsible.
func LooseFindings(ctx context.Context, q store.Querier, who org.Person, from, to string, mine bool, limit int) ([]Loose, int, error) {
	type key struct {
		id, given int64
		total     int
	}
	scope, args := visible(who, from, to)
	if mine {
		args = append(args, who.ID, who.Name)
		id, name := len(args)-1, len(args)
		scope += fmt.Sprintf(" and (f.leader = $%d or exists (select 1 from finding_person p where p.finding = f.id and (p.staff = $%d or p.name = $%d)))", name, id, name)
	}
	keys, err := store.All(ctx, q, func(rows *sql.Rows, k *key) error { return rows.Scan(&k.id, &k.given, &k.total) },
		`select f.id, (select count(*) from duty d where d.finding = f.id and d.state <> 'stopped'), count(*) over () from finding f
			where f.dropped = 0 and f.state not in ('done', 'keep') and f.due > '' and f.due >= $1 and f.due <= $2
			and not exists (select 1 from occurrence o where o.finding = f.id and o.closes = '' and o.state in ('open', 'returned'))`+scope+`
			order by f.due, f.id limit `+fmt.Sprint(limit), args...)
	if err != nil || len(keys) == 0 {
		return nil, 0, err
	}
	ids := make([]int64, len(keys))
	for i, k := range keys {
		ids[i] = k.id
	}
	findings, err := ByIDs(ctx, q, ids)
	if err != nil {
		return nil, 0, err
	}
	list := make([]Loose, len(findings))
	for i, f := range findings {
		list[i] = Loose{Finding: f, Given: keys[i].given > 0}
	}
	return list, keys[0].total, nil
}

// Relapsed lists the findings of a person's sight that a relapse reopened (反弹) and that have not been closed since.
func Relapsed(ctx context.Context, q store.Querier, who org.Person, limit int) ([]Finding, int, error) {
	scope, args := visible(who)
	total, err := store.One(ctx, q, store.Value[int], `select count(*) from finding f where f.relapsed = 1 and f.dropped = 0`+scope, args...)
	if err != nil || total == 0 || limit == 0 {
		return nil, total, err
	}
	ids, err := store.All(ctx, q, store.Value[int64], `select f.id from finding f where f.relapsed = 1 and f.dropped = 0`+scope+` order by f.due, f.id limit `+fmt.Sprint(limit), args...)
	if err != nil {
		return nil, 0, err
	}
	list, err := ByIDs(ctx, q, ids)
	return list, total, err
}

// Deadline is a day on which findings fall due, and how many.
type Deadline struct {
	Due string
	N   int
}

// Deadlines lists the days on which the findings of a plan fall due, in their order.
func Deadlines(ctx context.Context, q store.Querier, plan int64) ([]Deadline, error) {
	return store.All(ctx, q, func(rows *sql.Rows, d *Deadline) error { return rows.Scan(&d.Due, &d.N) },
		`select due, count(*) from finding where plan = $1 and dropped = 0 and due > '' group by due order by due`, plan)
}

// WithRhythm lists the findings of a person's sight that a recurring duty serves, in the order of their plans, at most limit. They
// come without manifestations and measures.
func WithRhythm(ctx context.Context, q store.Querier, who org.Person, limit int) ([]Finding, error) {
	scope, args := visible(who)
	return store.All(ctx, q, scanFinding, `select `+findingColumns+` from finding f join section s on s.id = f.section join unit u on u.id = f.unit
		where f.dropped = 0 and exists (select 1 from duty d where d.finding = f.id and d.rule <> '')`+scope+` order by u.path, f.plan, f.ord limit `+fmt.Sprint(limit), args...)
}
