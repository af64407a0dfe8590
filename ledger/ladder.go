package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// colourOf is the light of a deadline by the working days left: green, yellow, red or none. passed tells that the day is over.
func colourOf(r Rules, left int, passed bool) string {
	switch {
	case passed && -left >= r.Red:
		return "red"
	case left <= r.Yellow:
		return "yellow"
	case left <= r.Green:
		return "green"
	}
	return ""
}

// letterOf is the letter that the ladder drafts for a light.
func letterOf(r Rules, colour string, late int) LetterKind {
	switch {
	case colour == "red" && late >= r.Warn:
		return Warn
	case colour == "red":
		return Supervise
	case colour == "yellow":
		return Remind
	}
	return ""
}

// letterAbout writes a letter about the deadline of a finding, from the unit of its plan to whoever answers for it.
func letterAbout(ctx context.Context, q store.Querier, f Finding, kind LetterKind, colour string, cal calendar.Calendar, today string) (Letter, error) {
	l := Letter{Unit: f.Unit, Kind: kind, Colour: colour, Finding: f.ID, Due: f.Due, Addressee: f.Unit.ID, ReplyBy: cal.After(today, 3)}
	to := f.Unit.Name
	if len(f.Units) > 0 && f.Units[0].ID != 0 {
		l.Addressee, to = f.Units[0].ID, f.Units[0].Name
	}
	for _, p := range f.Persons {
		if p.ID != 0 && l.Staff == 0 {
			l.Staff = p.ID
		}
	}
	switch kind {
	case Remind:
		l.Copies = f.Leader
	case Supervise, Warn:
		l.Copies = strings.Trim(f.Leader+"、党组织主要负责人", "、")
	}
	w, err := WorkOf(ctx, q, f)
	if err != nil {
		return l, err
	}
	l.Body = letterBody(f, w, kind, to, cal.Between(today, f.Due), l.ReplyBy, today)
	return l, nil
}

// letterBody writes what a letter says. A person reads it and may change it before it is sent.
func letterBody(f Finding, w Work, kind LetterKind, to string, left int, replyBy, today string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "你单位牵头的反馈问题%s“%s”，完成时限为%s，", f.Serial(), f.Title, longDate(f.Due))
	switch {
	case f.Due < today:
		fmt.Fprintf(&b, "已超期%d个工作日。", max(-left, 0))
	case f.Due == today:
		b.WriteString("今天到期。")
	default:
		fmt.Fprintf(&b, "距到期还有%d个工作日。", left)
	}
	var lacking []string
	for i, m := range f.Measures {
		if p := w.Measure(m.ID, today); len(p.Duties) == 0 {
			lacking = append(lacking, "“"+f.MeasureName(i)+"”尚未交办")
		} else if !p.Met() {
			lacking = append(lacking, "“"+f.MeasureName(i)+"”"+p.Say())
		}
	}
	if f.Gaps > 0 {
		lacking = append(lacking, fmt.Sprintf("%d个具体表现尚无措施回应", f.Gaps))
	}
	if len(lacking) > 0 {
		fmt.Fprintf(&b, "其中%s。", strings.Join(lacking[:min(len(lacking), 4)], "；"))
	}
	switch kind {
	case Remind:
		fmt.Fprintf(&b, "请于%s前反馈办理情况；确有困难的，请在到期前书面申请延期。", longDate(replyBy))
	case Supervise:
		fmt.Fprintf(&b, "请立即办理，于%s前反馈办理情况、未按期完成的原因和办结时间。", longDate(replyBy))
	case Warn:
		fmt.Fprintf(&b, "经提醒、督办仍未办结。请党组织主要负责人于%s前书面说明情况，提出办结时间和措施。", longDate(replyBy))
	}
	return b.String()
}

func longDate(day string) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.Format("2006年1月2日")
}

// Ladder drafts the letters that deadlines call for today: a reminder when a finding turns yellow, a supervision slip when it turns
// red, a warning when it stays so after the supervision slip was sent. Each is drafted once for one deadline; a person sends it. It
// returns how many are new.
func Ladder(ctx context.Context, db *store.DB, cal calendar.Calendar) (int, error) {
	rules, err := LoadRules(ctx, db)
	if err != nil {
		return 0, err
	}
	today := db.Now().Format(time.DateOnly)
	due, err := missingLetters(ctx, db, rules, cal, today)
	if err != nil {
		return 0, err
	}
	made := 0
	const batch = 100
	for start := 0; start < len(due); start += batch {
		part := due[start:min(start+batch, len(due))]
		ids := make([]int64, len(part))
		for i, l := range part {
			ids[i] = l.finding
		}
		list, err := ByIDs(ctx, db, ids)
		if err != nil {
			return made, err
		}
		for i, f := range list {
			l, err := letterAbout(ctx, db, f, part[i].kind, part[i].colour, cal, today)
			if err != nil {
				return made, err
			}
			err = db.Write(ctx, func(tx *store.Tx) error {
				id, err := draft(ctx, tx, org.Program, l)
				if id != 0 {
					made++
				}
				return err
			})
			if err != nil {
				return made, err
			}
		}
	}
	return made, nil
}

// calledFor is a letter that a deadline calls for.
type calledFor struct {
	finding int64
	kind    LetterKind
	colour  string
}

// missingLetters lists the letters that deadlines call for and that nobody in the unit of the plan has drafted yet: what the district
// writes to the unit stands beside them. A warning presupposes a supervision slip that was sent; as long as there is none, that is what
// is called for. It looks at days and letters alone, so that a night over tens of thousands of findings reads none of them whose letter
// is there.
func missingLetters(ctx context.Context, q store.Querier, rules Rules, cal calendar.Calendar, today string) ([]calledFor, error) {
	type deadline struct {
		finding int64
		due     string
	}
	near, err := store.All(ctx, q, func(rows *sql.Rows, d *deadline) error { return rows.Scan(&d.finding, &d.due) },
		`select id, due from finding where dropped = 0 and closing = 0 and due > '' and due <= $1 order by due, id`, cal.After(today, rules.Yellow))
	if err != nil {
		return nil, err
	}
	type key struct {
		deadline
		kind LetterKind
	}
	type letter struct {
		key
		state string
	}
	letters, err := store.All(ctx, q, func(rows *sql.Rows, l *letter) error { return rows.Scan(&l.finding, &l.due, &l.kind, &l.state) },
		`select l.finding, l.due, l.kind, l.state from letter l join finding f on f.id = l.finding and f.unit = l.unit
			where l.occurrence = 0 and f.closing = 0 and f.dropped = 0`)
	have, sent := map[key]bool{}, map[key]bool{}
	for _, l := range letters {
		have[l.key] = true
		sent[l.key] = l.state != "draft" && l.state != "dropped"
	}
	byDay := map[string]calledFor{}
	var list []calledFor
	for _, d := range near {
		c, known := byDay[d.due]
		if !known {
			left := cal.Between(today, d.due)
			c.colour = colourOf(rules, left, d.due < today)
			c.kind = letterOf(rules, c.colour, -left)
			byDay[d.due] = c
		}
		if c.kind == Warn && !sent[key{d, Supervise}] {
			c.kind = Supervise
		}
		if c.kind == "" || have[key{d, c.kind}] {
			continue
		}
		c.finding = d.finding
		list = append(list, c)
	}
	return list, err
}

// Nightly does what the turn of a day calls for: makes occurrences, records what was missed, looks at the upkeep, gives the duties of
// a post to its new holder, drafts letters. It may run at any time, any number of times and after any standstill. What it did is kept
// once a day.
func Nightly(ctx context.Context, db *store.DB, cal calendar.Calendar) error {
	day := db.Now().Format(time.DateOnly)
	made, err := duty.Extend(ctx, db, cal)
	if err != nil {
		return err
	}
	if err := duty.Lapse(ctx, db); err != nil {
		return err
	}
	missed, err := duty.Sweep(ctx, db, cal)
	if err != nil {
		return err
	}
	moved, err := followPosts(ctx, db)
	if err != nil {
		return err
	}
	if err := WatchAll(ctx, db); err != nil {
		return err
	}
	letters, err := Ladder(ctx, db, cal)
	if err != nil {
		return err
	}
	said := fmt.Sprintf("排期%d次，漏办%d次，随岗位移交%d项，拟函%d封", made, len(missed), moved, letters)
	return db.Housekeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `insert into daily (task, day, done, said) values ('night', $1, $2, $3) on conflict (task, day) do nothing`, day, tx.Now.UnixMilli(), said)
		return err
	})
}

// followPosts gives the duties of a post to whoever holds it today, when a succession was entered ahead of its day.
func followPosts(ctx context.Context, db *store.DB) (int, error) {
	today := db.Now().Format(time.DateOnly)
	type pair struct{ duty, holder int64 }
	late, err := store.All(ctx, db, func(rows *sql.Rows, p *pair) error { return rows.Scan(&p.duty, &p.holder) },
		`select d.id, h.staff from duty d join post p on p.id = d.post join holding h on h.post = p.id
			where d.state <> 'stopped' and p.single = 1 and h.starts <= $1 and (h.ends = '' or h.ends >= $1) and h.staff <> d.staff order by d.id`, today)
	if err != nil || len(late) == 0 {
		return 0, err
	}
	return len(late), db.Write(ctx, func(tx *store.Tx) error {
		for _, p := range late {
			if err := tx.Lock(ctx, "duty", p.duty); err != nil {
				return err
			}
			d, err := duty.ByID(ctx, tx, p.duty)
			if err != nil {
				return err
			}
			to, err := org.PersonByID(ctx, tx, p.holder, dayOf(tx))
			if err != nil {
				return err
			}
			if err := duty.Reassign(ctx, tx, org.Program, d, to, "岗位由"+to.Name+"接任"); err != nil {
				return err
			}
		}
		return nil
	})
}

// EnterEvent enters a window that rules may be bound to: 雨雪天, 敏感节日. The duties bound to it get their occurrences at once.
func EnterEvent(ctx context.Context, db *store.DB, cal calendar.Calendar, who org.Person, unit org.Unit, w calendar.Window) error {
	w.Name = strings.TrimSpace(w.Name)
	from, err := time.Parse(time.DateOnly, w.From)
	to, err2 := time.Parse(time.DateOnly, w.To)
	switch {
	case w.Name == "":
		return Invalid{Field: "名称", What: "请写明是什么，如 雨雪天"}
	case err != nil || err2 != nil || to.Before(from):
		return Invalid{Field: "起止日期", What: "请写成 2026-04-30 这样，止不能早于起"}
	case to.Sub(from) > 200*24*time.Hour:
		return Invalid{Field: "起止日期", What: "一次最多 200 天"}
	}
	err = db.Write(ctx, func(tx *store.Tx) error {
		if err := who.Check(org.Excuse, unit); err != nil {
			return err
		}
		n, err := store.One(ctx, tx, store.Value[int], `select count(*) from event where unit = $1 and name = $2 and starts = $3 and ends = $4`, unit.ID, w.Name, w.From, w.To)
		if err != nil || n > 0 {
			return err
		}
		id := tx.ID()
		if _, err := tx.Exec(ctx, `insert into event (id, unit, name, starts, ends, version) values ($1, $2, $3, $4, $5, 1)`, id, unit.ID, w.Name, w.From, w.To); err != nil {
			return fmt.Errorf("insert event: %w", err)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "event", Row: id, Happened: w.From,
			Changes: []journal.Change{{Field: "事件", To: w.Name}, {Field: "起止", To: w.From + "至" + w.To}}})
	})
	if err != nil {
		return err
	}
	_, err = duty.Extend(ctx, db, cal)
	return err
}

// Year is an import of days off and make-up workdays: of one year, or of several up to it.
type Year struct {
	Year   string
	Lines  string
	Source string // the notice that says so
}

// Years lists what was imported, by year.
func Years(ctx context.Context, q store.Querier) ([]Year, error) {
	return store.All(ctx, q, func(rows *sql.Rows, y *Year) error { return rows.Scan(&y.Year, &y.Lines, &y.Source) },
		`select year, lines, source from holiday order by year`)
}

// Calendar is the calendar in force: what the program was built with, and the years that were imported.
func Calendar(ctx context.Context, q store.Querier) (calendar.Calendar, error) {
	years, err := Years(ctx, q)
	if err != nil {
		return calendar.Published(), err
	}
	return CalendarOf(calendar.Published(), years)
}

// CalendarOf is a calendar with imported years in it.
func CalendarOf(cal calendar.Calendar, years []Year) (calendar.Calendar, error) {
	for _, y := range years {
		year, err := calendar.Parse(y.Lines)
		if err != nil {
			return cal, err
		}
		cal = cal.With(year)
	}
	return cal, nil
}

// Event is a window that somebody entered for a unit: 雨雪天 from–to. All units below have it too.
type Event struct {
	calendar.Window
	Unit string // name
}

// Events lists the windows that count for a person's units or for units below them, newest first, at most limit.
func Events(ctx context.Context, q store.Querier, who org.Person, limit int) ([]Event, error) {
	below, args := who.Under("u.path")
	above := "false"
	for _, u := range who.Units() {
		args = append(args, u.Path)
		above += fmt.Sprintf(" or substr($%d, 1, length(u.path)) = u.path", len(args))
	}
	return store.All(ctx, q, func(rows *sql.Rows, e *Event) error { return rows.Scan(&e.Name, &e.From, &e.To, &e.Unit) },
		`select e.name, e.starts, e.ends, u.name from event e join unit u on u.id = e.unit where `+below+` or `+above+`
			order by e.starts desc, e.id desc limit `+fmt.Sprint(limit), args...)
}

// ImportHolidays takes the days off and make-up workdays of years from a text or JSON, and moves what is open to the days they give.
// It returns the years.
func ImportHolidays(ctx context.Context, db *store.DB, who org.Person, text, source string) ([]string, error) {
	year, err := calendar.Parse(text)
	if err != nil {
		return nil, Invalid{Field: "放假安排", What: err.Error()}
	}
	if strings.TrimSpace(source) == "" {
		return nil, Invalid{Field: "依据", What: "请写明是哪份通知"}
	}
	years := year.Years()
	if len(years) == 0 {
		return nil, Invalid{Field: "放假安排", What: "里面没有日期"}
	}
	err = db.Write(ctx, func(tx *store.Tx) error {
		root, err := org.Root(ctx, tx)
		if err != nil {
			return err
		}
		if err := who.Check(org.Configure, root); err != nil {
			return err
		}
		for _, y := range years {
			_, err = tx.Exec(ctx, `insert into holiday (year, lines, source) values ($1, $2, $3) on conflict (year) do update set lines = excluded.lines, source = excluded.source`,
				y, year.Lines(y), strings.TrimSpace(source))
			if err != nil {
				return fmt.Errorf("import holidays: %w", err)
			}
		}
		if err := journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "导入", Kind: "holiday",
			Changes: []journal.Change{{Field: "放假安排", To: strings.Join(years, "、")}, {Field: "依据", To: source}}}); err != nil {
			return err
		}
		cal, err := Calendar(ctx, tx)
		if err != nil {
			return err
		}
		for _, y := range years {
			if _, err := duty.Reshift(ctx, tx, cal, y); err != nil {
				return err
			}
		}
		return nil
	})
	return years, err
}
