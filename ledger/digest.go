package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

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
	rungs := ladder{db: db, names: map[int64]org.Names{}, heads: map[int64][]int64{}}
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
	db    *store.DB
	names map[int64]org.Names // by unit of the plan
	heads map[int64][]int64   // secretaries by unit of the plan
}

// of lists the people that a light reaches: green whoever is responsible, yellow also the leader in charge, red also the secretary.
func (l *ladder) of(ctx context.Context, f Finding, colour string) ([]int64, error) {
	var people []int64
	for _, p := range f.Persons {
		people = append(people, p.ID)
	}
	doing, err := store.All(ctx, l.db, store.Value[int64], `select staff from duty where finding = $1 and state <> 'stopped' and part <> 'check'`, f.ID)
	if err != nil {
		return nil, err
	}
	people = append(people, doing...)
	if colour != notify.Green {
		names, known := l.names[f.Unit.ID]
		if !known {
			if names, err = org.NamesFor(ctx, l.db, f.Unit); err != nil {
				return nil, err
			}
			l.names[f.Unit.ID] = names
		}
		people = append(people, names.Staff(f.Leader))
	}
	if colour == notify.Red {
		heads, known := l.heads[f.Unit.ID]
		if !known {
			heads, err = store.All(ctx, l.db, store.Value[int64], `select s.id from staff s join unit u on u.id = s.unit
				where s.role = 'secretary' and s.active = 1 and substr($1, 1, length(u.path)) = u.path order by s.id`, f.Unit.Path)
			if err != nil {
				return nil, err
			}
			l.heads[f.Unit.ID] = heads
		}
		people = append(people, heads...)
	}
	slices.Sort(people)
	return slices.DeleteFunc(slices.Compact(people), func(id int64) bool { return id == 0 }), nil
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
	hands, err := store.All(ctx, db, store.Value[int64], `select id from staff where active = 1 and login is not null and role in ('leader', 'secretary', 'supervisor') order by id`)
	if err != nil {
		return nil, err
	}
	running, err := store.One(ctx, db, store.Value[int], `select count(*) from closing where state in ('applied', 'reviewed', 'signed')`)
	if err != nil || running == 0 {
		return items, err
	}
	for _, id := range hands {
		who, err := org.PersonByID(ctx, db, id, today)
		if err != nil {
			return nil, err
		}
		list, err := WaitingClosings(ctx, db, who)
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			items = append(items, notify.Item{Staff: id, Light: notify.Green, Subject: "closing", Text: fmt.Sprintf("有%d件销号申请等您审核", len(list)), Link: "/work"})
		}
	}
	return items, nil
}
