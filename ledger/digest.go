package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/notify"
	"bihuan/org"
	"bihuan/store"
)

// ahead is how many working days before its due day a task is spoken of.
const ahead = 3

// Told lists what everybody is to be told of today: their own tasks, the deadlines they answer for by the ladder 责任人 → 分管领导 →
// 党组织主要负责人, and what waits for their hand. It changes nothing.
func Told(ctx context.Context, db *store.DB, cal calendar.Calendar) ([]notify.Item, error) {
	today := dayOfClock(db)
	var items []notify.Item
	tasks, err := toldTasks(ctx, db, cal, today)
	if err != nil {
		return nil, err
	}
	items = append(items, tasks...)
	deadlines, err := toldDeadlines(ctx, db, cal, today)
	if err != nil {
		return nil, err
	}
	items = append(items, deadlines...)
	waiting, err := toldWaiting(ctx, db, today)
	return append(items, waiting...), err
}

// Announce makes today's messages; see [notify.Compose]. base is the address of the site. Outside of working hours and without a
// channel it looks at nothing.
func Announce(ctx context.Context, db *store.DB, cal calendar.Calendar, base string) (int, error) {
	if listening, err := notify.Listening(ctx, db, cal, db.Now()); err != nil || !listening {
		return 0, err
	}
	items, err := Told(ctx, db, cal)
	if err != nil || len(items) == 0 {
		return 0, err
	}
	return notify.Compose(ctx, db, cal, base, items)
}

func dayOfClock(db *store.DB) string { return db.Now().Format("2006-01-02") }

// toldTasks are the tasks of people that are late, due or near, and what was sent back.
func toldTasks(ctx context.Context, db *store.DB, cal calendar.Calendar, today string) ([]notify.Item, error) {
	list, err := duty.List(ctx, db, duty.Filter{Standings: duty.Pressing, DueTo: cal.After(today, ahead)})
	var items []notify.Item
	for _, o := range list {
		i := notify.Item{Staff: o.Staff, Light: notify.Green, Subject: fmt.Sprintf("task/%d", o.ID), Link: fmt.Sprintf("/task/%d", o.ID)}
		switch {
		case o.Standing == duty.Returned:
			i.Light, i.Text = notify.Yellow, fmt.Sprintf("%s：被退回，%s", o.Title, o.Opinion)
		case o.Due < today:
			i.Light, i.Text = notify.Red, fmt.Sprintf("%s：超期%d个工作日", o.Title, max(cal.Between(o.Due, today), 1))
		case o.Due == today:
			i.Light, i.Text = notify.Yellow, o.Title+"：今天到期"
		default:
			i.Text = fmt.Sprintf("%s：还有%d个工作日", o.Title, cal.Between(today, o.Due))
		}
		items = append(items, i)
	}
	return items, err
}

// toldDeadlines are the findings whose deadline has a light, each told to all rungs of the ladder that the light reaches.
func toldDeadlines(ctx context.Context, db *store.DB, cal calendar.Calendar, today string) ([]notify.Item, error) {
	rules, err := LoadRules(ctx, db)
	if err != nil {
		return nil, err
	}
	near, err := store.All(ctx, db, store.Value[int64], `select id from finding where dropped = 0 and closing = 0 and due > '' and due <= $1 order by due, id`,
		cal.After(today, rules.Green))
	if err != nil {
		return nil, err
	}
	list, err := ByIDs(ctx, db, near)
	if err != nil {
		return nil, err
	}
	rungs, err := newLadder(ctx, db, today, cal.After(today, rules.Green))
	if err != nil {
		return nil, err
	}
	var items []notify.Item
	for _, f := range list {
		left := cal.Between(today, f.Due)
		colour := colourOf(rules, left, f.Due < today)
		if colour == "" {
			continue
		}
		text := fmt.Sprintf("问题%s“%s”：", f.Serial(), short(f.Title))
		switch {
		case f.Due < today:
			text += fmt.Sprintf("超期%d个工作日", max(-left, 1))
		case f.Due == today:
			text += "今天到期"
		default:
			text += fmt.Sprintf("还有%d个工作日", left)
		}
		people, err := rungs.of(ctx, f, colour)
		if err != nil {
			return nil, err
		}
		for _, staff := range people {
			items = append(items, notify.Item{Staff: staff, Light: colour, Subject: fmt.Sprintf("finding/%d", f.ID), Text: text, Link: fmt.Sprintf("/finding/%d", f.ID)})
		}
	}
	return items, nil
}

// ladder finds who is told of a finding.
type ladder struct {
	db      *store.DB
	doing   map[int64][]int64   // who has a duty in a finding
	leaders []org.Person        // who may review a closing somewhere, by role or by post
	heads   map[int64][]int64   // secretaries by the unit that they are it of, by role or by post
	names   map[int64]org.Names // by unit of the plan, as they are asked for
}

// newLadder reads who stands on which rung today, for the findings that fall due until a day.
func newLadder(ctx context.Context, db *store.DB, today, until string) (*ladder, error) {
	l := &ladder{db: db, doing: map[int64][]int64{}, heads: map[int64][]int64{}, names: map[int64]org.Names{}}
	type pair struct{ finding, staff int64 }
	doing, err := store.All(ctx, db, func(rows *sql.Rows, p *pair) error { return rows.Scan(&p.finding, &p.staff) },
		`select distinct d.finding, d.staff from duty d join finding f on f.id = d.finding
			where f.dropped = 0 and f.closing = 0 and f.due > '' and f.due <= $1 and d.state <> 'stopped' and d.part <> 'check'`, until)
	if err != nil {
		return nil, err
	}
	for _, p := range doing {
		l.doing[p.finding] = append(l.doing[p.finding], p.staff)
	}
	if l.leaders, err = org.PeopleWho(ctx, db, today, org.Check); err != nil {
		return nil, err
	}
	secretaries, err := org.PeopleWho(ctx, db, today, org.Sign)
	for _, p := range secretaries {
		for _, u := range p.Over(org.Sign) {
			l.heads[u.ID] = append(l.heads[u.ID], p.ID)
		}
	}
	return l, err
}

// of lists the people that a light reaches: green whoever is responsible, yellow also the leader in charge, red also the secretary.
func (l *ladder) of(ctx context.Context, f Finding, colour string) ([]int64, error) {
	people := slices.Clone(l.doing[f.ID])
	for _, p := range f.Persons {
		people = append(people, p.ID)
	}
	if colour != notify.Green {
		names, known := l.names[f.Unit.ID]
		if !known {
			var err error
			if names, err = org.NamesFor(ctx, l.db, f.Unit); err != nil {
				return nil, err
			}
			l.names[f.Unit.ID] = names
		}
		people = append(people, names.Staff(f.Leader))
		people = append(people, l.inCharge(f)...)
	}
	if colour == notify.Red {
		people = append(people, l.head(f.Unit)...)
	}
	slices.Sort(people)
	return slices.DeleteFunc(slices.Compact(people), func(id int64) bool { return id == 0 }), nil
}

// inCharge are the leaders over the unit of a finding whom its plan calls the leader in charge: by name, by post, or by both, as in
// 组织委员韩春梅.
func (l *ladder) inCharge(f Finding) []int64 {
	called := strings.FieldsFunc(f.Leader, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("、，,；;/", r) })
	if len(called) == 0 {
		return nil
	}
	var list []int64
	for _, p := range l.leaders {
		if p.Check(org.Check, f.Unit) != nil {
			continue
		}
		titles := []string{p.Post}
		for _, h := range p.Posts {
			titles = append(titles, h.Title)
		}
		if slices.ContainsFunc(called, func(name string) bool {
			return name == p.Name || slices.ContainsFunc(titles, func(t string) bool { return t != "" && (name == t || name == t+p.Name) })
		}) {
			list = append(list, p.ID)
		}
	}
	return list
}

// head are the secretaries of the nearest unit at or above u that has any: that of the town, and not that of the district over it.
func (l *ladder) head(u org.Unit) []int64 {
	for _, id := range slices.Backward(u.Ancestors()) {
		if heads := l.heads[id]; len(heads) > 0 {
			return heads
		}
	}
	return nil
}

// toldWaiting is what waits for somebody's hand: duties to be received, closings to be decided.
func toldWaiting(ctx context.Context, db *store.DB, today string) ([]notify.Item, error) {
	type count struct {
		staff int64
		n     int
	}
	given, err := store.All(ctx, db, func(rows *sql.Rows, c *count) error { return rows.Scan(&c.staff, &c.n) },
		`select staff, count(*) from duty where state = 'given' group by staff order by staff`)
	if err != nil {
		return nil, err
	}
	var items []notify.Item
	for _, c := range given {
		items = append(items, notify.Item{Staff: c.staff, Light: notify.Green, Subject: "receive", Text: fmt.Sprintf("有%d项任务待签收", c.n), Link: "/today"})
	}
	closings, err := runningClosings(ctx, db)
	if err != nil || len(closings) == 0 {
		return items, err
	}
	hands, err := org.PeopleWho(ctx, db, today, org.Check, org.Sign, org.Accept)
	if err != nil {
		return nil, err
	}
	come, err := store.All(ctx, db, store.Value[int64], `select id from staff where active = 1 and login is not null`)
	if err != nil {
		return nil, err
	}
	logsIn := make(map[int64]bool, len(come))
	for _, id := range come {
		logsIn[id] = true
	}
	for _, who := range hands {
		n := 0
		for _, c := range closings {
			if logsIn[who.ID] && c.mayDecide(who, c.unit) == nil {
				n++
			}
		}
		if n > 0 {
			items = append(items, notify.Item{Staff: who.ID, Light: notify.Green, Subject: "closing", Text: fmt.Sprintf("有%d件销号申请等您审核", n), Link: "/work"})
		}
	}
	return items, nil
}

// runningClosing is as much of an application under way as tells whose hand is next.
type runningClosing struct {
	Closing
	unit org.Unit
}

func runningClosings(ctx context.Context, q store.Querier) ([]runningClosing, error) {
	return store.All(ctx, q, func(rows *sql.Rows, c *runningClosing) error {
		u := &c.unit
		return rows.Scan(&c.ID, &c.Home, &c.Step, &c.Applied.Staff, &c.Reviewed.Staff, &c.Signed.Staff, &u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	}, `select c.id, c.home, c.state, c.applied_by, c.reviewed_by, c.signed_by, u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version
		from closing c join unit u on u.id = c.home where c.state in ('applied', 'reviewed', 'signed') order by c.id`)
}
