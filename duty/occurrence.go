package duty

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Standing is how far an occurrence is.
type Standing string

// The standings of an occurrence (C4 OCCURRENCE).
const (
	Open      Standing = "open"      // 待办
	Reported  Standing = "reported"  // 已反馈，待复核
	Returned  Standing = "returned"  // 退回
	Done      Standing = "done"      // 已办
	Missed    Standing = "missed"    // 漏办
	Cancelled Standing = "cancelled" // 取消
	Excused   Standing = "excused"   // 免办
)

// Timing is when something was reported, as against when it was due.
type Timing string

// The timings. A day counts until its midnight.
const (
	Early  Timing = "early"  // before the feedback: 立行立改
	InTime Timing = "intime" // 按时
	Late   Timing = "late"   // 迟办, within the grace
	MadeUp Timing = "madeup" // 补办, after it was missed; it stays counted as missed
)

// Result is what a check of upkeep found.
type Result string

// The results of a check.
const (
	Held    Result = "held"    // 保持住了
	Slipped Result = "slipped" // 有反弹
)

// Occurrence is one due instance of a duty. Duty and nominal day are its key.
type Occurrence struct {
	ID        int64
	Duty      int64
	Nominal   string // day that the rule gives
	Finding   int64
	Home      int64
	Unit      int64
	Staff     int64
	Opens     string // first day on which it can be done
	Due       string // last day in time, after shift and extension
	Closes    string // last day that counts as late; empty: never missed
	Standing  Standing
	Timing    Timing // of what was reported, empty before
	Result    Result // of a check
	Said      string
	Happened  string
	Entered   time.Time // zero before
	EnteredBy int64
	Receipt   string
	Returns   int
	Reason    string
	Decided   time.Time // zero before
	DecidedBy int64
	Opinion   string
	Version   int64

	// What lists show of the duty and the people.
	Title    string
	Part     Part
	Reviewed bool
	Recurs   bool
	Measure  int64
	UnitName string
	Name     string // of Staff
	By       string // name of EnteredBy
}

const occurrenceColumns = `o.id, o.duty, o.nominal, o.finding, o.home, o.unit, o.staff, o.opens, o.due, o.closes, o.state, o.timing, o.result, o.said,
	o.happened, o.entered, o.entered_by, o.receipt, o.returns, o.reason, o.decided, o.decided_by, o.opinion, o.version,
	d.title, d.part, d.reviewed, d.rule <> '', d.measure, u.name, s.name, coalesce(b.name, '')`

const occurrenceFrom = ` from occurrence o join duty d on d.id = o.duty join unit u on u.id = o.unit join staff s on s.id = o.staff
	left join staff b on b.id = o.entered_by`

func scanOccurrence(rows *sql.Rows, o *Occurrence) error {
	var entered, decided, reviewed int64
	err := rows.Scan(&o.ID, &o.Duty, &o.Nominal, &o.Finding, &o.Home, &o.Unit, &o.Staff, &o.Opens, &o.Due, &o.Closes, &o.Standing, &o.Timing, &o.Result, &o.Said,
		&o.Happened, &entered, &o.EnteredBy, &o.Receipt, &o.Returns, &o.Reason, &decided, &o.DecidedBy, &o.Opinion, &o.Version,
		&o.Title, &o.Part, &reviewed, &o.Recurs, &o.Measure, &o.UnitName, &o.Name, &o.By)
	o.Reviewed = reviewed == 1
	if entered != 0 {
		o.Entered = time.UnixMilli(entered)
	}
	if decided != 0 {
		o.Decided = time.UnixMilli(decided)
	}
	return err
}

// OccurrenceByID reads one occurrence, or [store.ErrNotFound].
func OccurrenceByID(ctx context.Context, q store.Querier, id int64) (Occurrence, error) {
	return store.One(ctx, q, scanOccurrence, `select `+occurrenceColumns+occurrenceFrom+` where o.id = $1`, id)
}

// The horizon: occurrences exist so many days ahead, and are made in stretches, so that one run in a month does it.
const (
	horizonDays = 400
	stretchDays = 30
)

// horizon is the day up to which occurrences are made.
func horizon(day string) string { return addDays(day, horizonDays) }

func addDays(day string, n int) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.AddDate(0, 0, n).Format(time.DateOnly)
}

// Events lists the windows that people entered for a unit and those above it: 雨雪天, 敏感节日.
func Events(ctx context.Context, q store.Querier, u org.Unit) ([]calendar.Window, error) {
	return store.All(ctx, q, func(rows *sql.Rows, w *calendar.Window) error { return rows.Scan(&w.Name, &w.From, &w.To) },
		`select e.name, e.starts, e.ends from event e join unit u on u.id = e.unit where substr($1, 1, length(u.path)) = u.path order by e.starts, e.id`, u.Path)
}

// make makes the occurrences of a recurring duty up to a day, those there already left alone, and returns how many are new.
func (d Duty) make(ctx context.Context, tx *store.Tx, cal calendar.Calendar, events []calendar.Window, until string) (int, error) {
	rule, err := calendar.ParseRule(d.Rule)
	if err != nil {
		return 0, fmt.Errorf("duty %d: %w", d.ID, err)
	}
	since, to := addDays(d.Made, 1), d.last(until)
	if d.Made == "" {
		since = d.Starts
	}
	if rule.Event != "" {
		since = d.Starts // an event is entered when it comes, maybe on a day already made
	}
	if d.Condition != "" {
		since = max(since, d.CondFrom)
	}
	made := 0
	if since <= to {
		for _, date := range rule.Dates(cal, events, d.Starts, since, to) {
			closes := cal.After(date.Due, d.Grace)
			fresh, err := d.insertMissing(ctx, tx, date, closes)
			if err != nil {
				return made, err
			}
			made += fresh
		}
	}
	if d.Made >= until && made == 0 {
		return 0, nil
	}
	if _, err := tx.Exec(ctx, `update duty set made = $2 where id = $1`, d.ID, max(until, d.Made)); err != nil {
		return made, fmt.Errorf("make occurrences: %w", err)
	}
	return made, journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: "排期", Kind: "duty", Row: d.ID,
		Changes: []journal.Change{{Field: "排到", From: d.Made, To: max(until, d.Made)}, {Field: "次数", To: fmt.Sprint(made)}}})
}

// last is the last day up to which the duty has occurrences, no later than until.
func (d Duty) last(until string) string {
	if d.Ends != "" {
		until = min(until, d.Ends)
	}
	if d.Condition != "" && d.CondTo != "" {
		until = min(until, d.CondTo)
	}
	return until
}

func (d Duty) insertMissing(ctx context.Context, tx *store.Tx, date calendar.Date, closes string) (int, error) {
	return addOccurrence(ctx, tx, d, date, closes, " on conflict (duty, nominal) do nothing")
}

func insertOccurrence(ctx context.Context, tx *store.Tx, d Duty, date calendar.Date, closes string) error {
	_, err := addOccurrence(ctx, tx, d, date, closes, "")
	return err
}

func addOccurrence(ctx context.Context, tx *store.Tx, d Duty, date calendar.Date, closes, conflict string) (int, error) {
	state := Open
	if date.Skipped {
		state = Cancelled
	}
	n, err := tx.Exec(ctx, `insert into occurrence (id, duty, nominal, finding, home, unit, staff, opens, due, closes, state, timing, result, said, happened,
		entered, entered_by, receipt, returns, reason, decided, decided_by, opinion, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '', '', '', 0, 0, '', 0, $12, 0, 0, '', 1)`+conflict,
		tx.ID(), d.ID, date.Nominal, d.Finding, d.Home, d.Unit.ID, d.Staff, date.Opens, date.Due, closes, state, date.Why)
	if err != nil {
		return 0, fmt.Errorf("insert occurrence: %w", err)
	}
	return int(n), nil
}

// Extend makes the occurrences of all duties in force up to the horizon of today. It may be called at any time and any number of
// times: what is there is left alone, and what a time of standstill left out is made up for.
func Extend(ctx context.Context, db *store.DB, cal calendar.Calendar) (int, error) {
	today := db.Now().Format(time.DateOnly)
	short, err := store.All(ctx, db, scan, `select `+columns+from+` where d.state in ('given', 'received') and d.rule <> ''
		and (d.made < $1 or d.rule like '%X-EVENT%') order by d.id`, addDays(today, horizonDays-stretchDays))
	if err != nil {
		return 0, err
	}
	events := map[int64][]calendar.Window{}
	made := 0
	const batch = 64
	for start := 0; start < len(short); start += batch {
		part := short[start:min(start+batch, len(short))]
		err := db.Write(ctx, func(tx *store.Tx) error {
			for _, read := range part {
				if err := tx.Lock(ctx, "duty", read.ID); err != nil {
					return err
				}
				d, err := ByID(ctx, tx, read.ID) // as it is now: its rule may have been changed since, or it may have been stopped
				if err != nil {
					return err
				}
				if d.State == Stopped {
					continue
				}
				windows, known := events[d.Unit.ID]
				if !known {
					if windows, err = Events(ctx, tx, d.Unit); err != nil {
						return err
					}
					events[d.Unit.ID] = windows
				}
				n, err := d.make(ctx, tx, cal, windows, horizon(today))
				if err != nil {
					return err
				}
				made += n
			}
			return nil
		})
		if err != nil {
			return made, err
		}
	}
	return made, nil
}

// Reshift moves what is open to the days that a changed calendar gives: of a year whose days off have been announced, from the December
// before on. Nominal days stay; what the year adds, make-up Saturdays and festivals, is made. It returns how many occurrences moved.
func Reshift(ctx context.Context, tx *store.Tx, cal calendar.Calendar, year string) (int, error) {
	duties, err := store.All(ctx, tx, scan, `select `+columns+from+` where d.state in ('given', 'received') and d.rule <> '' order by d.id`)
	if err != nil {
		return 0, err
	}
	moved := 0
	y, err := strconv.Atoi(year)
	if err != nil {
		return 0, fmt.Errorf("reshift: %w", err)
	}
	since := fmt.Sprintf("%d-12-01", y-1)
	for _, d := range duties {
		rule, err := calendar.ParseRule(d.Rule)
		if err != nil {
			return moved, fmt.Errorf("duty %d: %w", d.ID, err)
		}
		events, err := Events(ctx, tx, d.Unit)
		if err != nil {
			return moved, err
		}
		n := 0
		for _, date := range rule.Dates(cal, events, d.Starts, since, min(year+"-12-31", d.last(d.Made))) {
			state := Open
			if date.Skipped {
				state = Cancelled
			}
			changed, err := tx.Exec(ctx, `update occurrence set opens = $3, due = $4, closes = $5, state = $6, reason = $7, version = version + 1
				where duty = $1 and nominal = $2 and (state = 'open' or state = 'cancelled' and decided_by = 0)
				and (due <> $4 or opens <> $3 or closes <> $5 or state <> $6)`,
				d.ID, date.Nominal, date.Opens, date.Due, cal.After(date.Due, d.Grace), state, date.Why)
			if err != nil {
				return moved, fmt.Errorf("reshift: %w", err)
			}
			n += int(changed)
			if changed > 0 {
				continue
			}
			fresh, err := d.insertMissing(ctx, tx, date, cal.After(date.Due, d.Grace))
			if err != nil {
				return moved, err
			}
			n += fresh
		}
		if n == 0 {
			continue
		}
		moved += n
		if err := journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: "调整日期", Kind: "duty", Row: d.ID,
			Changes: []journal.Change{{Field: "依据", To: year + "年放假安排"}, {Field: "次数", To: fmt.Sprint(n)}}}); err != nil {
			return moved, err
		}
	}
	return moved, nil
}

// Sweep records what was missed: what stood open when its grace was over, and what a condition no longer asks for. It may run at
// any time and any number of times. It returns the findings in which something was missed.
func Sweep(ctx context.Context, db *store.DB, cal calendar.Calendar) ([]int64, error) {
	today := db.Now().Format(time.DateOnly)
	var hit []int64
	const batch = 500
	for {
		over, err := store.All(ctx, db, scanOccurrence, `select `+occurrenceColumns+occurrenceFrom+`
			where o.state = 'open' and o.closes > '' and o.closes < $1 order by o.closes, o.id limit `+fmt.Sprint(batch), today)
		if err != nil {
			return hit, err
		}
		returned, err := overdueReturns(ctx, db, cal, today)
		if err != nil {
			return hit, err
		}
		over = append(over, returned...)
		if len(over) == 0 {
			return hit, nil
		}
		err = db.Write(ctx, func(tx *store.Tx) error {
			for _, o := range over {
				if err := miss(ctx, tx, o); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return hit, err
		}
		for _, o := range over {
			hit = append(hit, o.Finding)
		}
		if len(over) < batch {
			return hit, nil
		}
	}
}

// overdueReturns lists what was sent back and not sent in again in time.
func overdueReturns(ctx context.Context, q store.Querier, cal calendar.Calendar, today string) ([]Occurrence, error) {
	all, err := store.All(ctx, q, scanOccurrence, `select `+occurrenceColumns+occurrenceFrom+`
		where o.state = 'returned' and o.closes > '' and o.closes < $1`, today)
	var over []Occurrence
	for _, o := range all {
		if cal.After(redoBy(cal, o), graceOfReturn) < today {
			over = append(over, o)
		}
	}
	return over, err
}

func miss(ctx context.Context, tx *store.Tx, o Occurrence) error {
	n, err := tx.Exec(ctx, `update occurrence set state = 'missed', version = version + 1 where id = $1 and version = $2`, o.ID, o.Version)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	if n == 0 {
		return nil // somebody reported it this very moment
	}
	return journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: "漏办", Kind: "occurrence", Row: o.ID, Happened: o.Due,
		Changes: []journal.Change{{Field: "任务", To: o.Title}, {Field: "到期日", To: o.Due}}})
}

// Lapse excuses what is open of conditional duties whose condition was over before it was due: it does not apply (不适用), which is
// not done. What was due while the condition stood is still owed.
func Lapse(ctx context.Context, db *store.DB) error {
	today := db.Now().Format(time.DateOnly)
	over, err := store.All(ctx, db, scan, `select `+columns+from+` where d.condition > '' and d.cond_to > '' and d.cond_to < $1
		and exists (select 1 from occurrence o where o.duty = d.id and o.state in ('open', 'returned') and o.due > d.cond_to)`, today)
	if err != nil || len(over) == 0 {
		return err
	}
	return db.Write(ctx, func(tx *store.Tx) error {
		for _, d := range over {
			why := fmt.Sprintf("%s已于%s解除，不适用", d.Condition, d.CondTo)
			n, err := tx.Exec(ctx, `update occurrence set state = 'excused', reason = $2, decided = $3, version = version + 1
				where duty = $1 and state in ('open', 'returned') and due > $4`, d.ID, why, tx.Now.UnixMilli(), d.CondTo)
			if err != nil {
				return fmt.Errorf("lapse: %w", err)
			}
			if n == 0 {
				continue // another program did it this very moment
			}
			if err := journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: "不适用", Kind: "duty", Row: d.ID,
				Changes: []journal.Change{{Field: "任务", To: d.Title}, {Field: "理由", To: why}}}); err != nil {
				return err
			}
		}
		return nil
	})
}
