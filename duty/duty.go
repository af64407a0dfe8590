// Package duty runs measures: a duty (常态任务) is one measure of a plan given to one person of one unit, once or by a rule of
// recurrence; an occurrence (一次任务) is one due instance of it, which gets done, proved, looked at, missed or excused.
//
// The functions that change something work inside the transaction of a command and leave to it what they cannot know: whether the
// finding may be seen, when its feedback was, what follows from what they did. Those commands stand in package ledger.
package duty

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Part is what a duty is within its measure.
type Part string

// The parts. A co-operating unit answers for itself; a check belongs to the upkeep of a closed finding.
const (
	Lead  Part = "lead"  // 牵头
	Help  Part = "help"  // 配合
	Watch Part = "check" // 长期坚持的检查
)

// Word is what people call the part.
func (p Part) Word() string {
	return map[Part]string{Lead: "牵头", Help: "配合", Watch: "长期坚持检查"}[p]
}

// State is how far a duty is.
type State string

// The states of a duty.
const (
	Given    State = "given"    // 已交办，待签收
	Received State = "received" // 已签收
	Stopped  State = "stopped"  // 已停止
)

// Duty is one measure given to one person of one unit.
type Duty struct {
	ID       int64
	Finding  int64
	Measure  int64 // of the finding; 0 for a check of upkeep
	Home     int64 // the unit whose plan it serves
	Unit     org.Unit
	Post     int64 // whose holder does it; 0: Staff by name
	Staff    int64
	Name     string // of Staff
	Part     Part
	Title    string
	Rule     string // calendar.Rule; empty: once
	Words    string // of the plan, that the rule was read from
	Starts   string
	Ends     string // last day; empty: open-ended
	Grace    int    // working days after the due day that count as late and not as missed
	Reviewed bool   // a second person looks at each
	Place    int64
	// Condition is the order that the measure stands under (双暂停): outside From–To it does not apply.
	Condition, CondFrom, CondTo string

	State    State
	Given    time.Time
	GivenBy  int64
	Received time.Time // zero until then
	Reason   string    // why it was stopped
	Made     string    // its occurrences exist up to this day
	Version  int64
}

// Recurs tells whether the duty comes again.
func (d Duty) Recurs() bool { return d.Rule != "" }

// Often says in words how often it is due: 每周五, 一次.
func (d Duty) Often() string {
	if !d.Recurs() {
		return "一次"
	}
	r, err := calendar.ParseRule(d.Rule)
	if err != nil {
		return d.Rule
	}
	return r.Words()
}

const columns = `d.id, d.finding, d.measure, d.home, d.post, d.staff, s.name, d.part, d.title, d.rule, d.words, d.starts, d.ends, d.grace,
	d.reviewed, d.place, d.condition, d.cond_from, d.cond_to, d.state, d.given, d.given_by, d.received, d.reason, d.made, d.version,
	u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version`

const from = ` from duty d join staff s on s.id = d.staff join unit u on u.id = d.unit`

func scan(rows *sql.Rows, d *Duty) error {
	var post, place sql.NullInt64
	var reviewed, given, received int64
	u := &d.Unit
	err := rows.Scan(&d.ID, &d.Finding, &d.Measure, &d.Home, &post, &d.Staff, &d.Name, &d.Part, &d.Title, &d.Rule, &d.Words, &d.Starts, &d.Ends,
		&d.Grace, &reviewed, &place, &d.Condition, &d.CondFrom, &d.CondTo, &d.State, &given, &d.GivenBy, &received, &d.Reason, &d.Made, &d.Version,
		&u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	d.Post, d.Place, d.Reviewed, d.Given = post.Int64, place.Int64, reviewed == 1, time.UnixMilli(given)
	if received != 0 {
		d.Received = time.UnixMilli(received)
	}
	return err
}

// ByID reads one duty, or [store.ErrNotFound].
func ByID(ctx context.Context, q store.Querier, id int64) (Duty, error) {
	return store.One(ctx, q, scan, `select `+columns+from+` where d.id = $1`, id)
}

// OfFinding lists the duties of a finding, those of its measures in the order they were given.
func OfFinding(ctx context.Context, q store.Querier, finding int64) ([]Duty, error) {
	return store.All(ctx, q, scan, `select `+columns+from+` where d.finding = $1 order by d.id`, finding)
}

// Unreceived lists what a person has been given and not yet received.
func Unreceived(ctx context.Context, q store.Querier, staff int64) ([]Duty, error) {
	return store.All(ctx, q, scan, `select `+columns+from+` where d.staff = $1 and d.state = 'given' order by d.id`, staff)
}

// Give hands a duty to somebody (交办) and makes its occurrences. The caller has checked the right, and may have made the id of the duty
// elsewhere, so that what asks for it there can be asked again.
func Give(ctx context.Context, tx *store.Tx, cal calendar.Calendar, who org.Person, d Duty, due string) (Duty, error) {
	if err := d.check(due); err != nil {
		return d, err
	}
	day := tx.Now.Format(time.DateOnly)
	if d.CondTo != "" && d.CondTo < day {
		return d, org.Invalid{Field: "条件止", What: "条件已经过去，不用再交办。确实不适用的，请在措施里写明"}
	}
	if d.ID == 0 {
		d.ID = tx.ID()
	}
	d.State, d.Given, d.GivenBy, d.Version = Given, tx.Now, who.ID, 1
	if d.Starts == "" {
		d.Starts = day
	}
	_, err := tx.Exec(ctx, `insert into duty (id, finding, measure, home, unit, post, staff, part, title, rule, words, starts, ends, grace, reviewed,
		place, condition, cond_from, cond_to, state, given, given_by, received, reason, made, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, 0, '', '', 1)`,
		d.ID, d.Finding, d.Measure, d.Home, d.Unit.ID, orNull(d.Post), d.Staff, d.Part, d.Title, d.Rule, d.Words, d.Starts, d.Ends, d.Grace, bit(d.Reviewed),
		orNull(d.Place), d.Condition, d.CondFrom, d.CondTo, d.State, tx.Now.UnixMilli(), who.ID)
	if err != nil {
		return d, fmt.Errorf("insert duty: %w", err)
	}
	err = journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "交办", Kind: "duty", Row: d.ID, Changes: []journal.Change{
		{Field: "任务", To: d.Title}, {Field: "责任单位", To: d.Unit.Name}, {Field: "责任人", To: d.Name}, {Field: "频次", To: d.Often()}, {Field: "完成时限", To: due}}})
	if err != nil {
		return d, err
	}
	if !d.Recurs() {
		return d, insertOccurrence(ctx, tx, d, calendar.Date{Nominal: due, Opens: min(d.Starts, due), Due: due}, "")
	}
	events, err := Events(ctx, tx, d.Unit)
	if err != nil {
		return d, err
	}
	_, err = d.make(ctx, tx, cal, events, horizon(day))
	return d, err
}

// check refuses a duty that could not be done or counted.
func (d Duty) check(due string) error {
	if strings.TrimSpace(d.Title) == "" {
		return org.Invalid{Field: "任务", What: "请写明做什么"}
	}
	if d.Staff == 0 {
		return org.Invalid{Field: "责任人", What: "没有落实到人，不能交办。请选一个人或一个岗位"}
	}
	if d.Unit.ID == 0 {
		return org.Invalid{Field: "责任单位", What: "单位库里没有这个单位，请先登记"}
	}
	for _, x := range []struct{ field, date string }{{"起始日期", d.Starts}, {"截止日期", d.Ends}, {"条件起", d.CondFrom}, {"条件止", d.CondTo}} {
		if _, err := time.Parse(time.DateOnly, x.date); x.date != "" && err != nil {
			return org.Invalid{Field: x.field, What: fmt.Sprintf("“%s”不是日期，请写成 2026-04-30 这样", x.date)}
		}
	}
	if d.Ends != "" && d.Ends < d.Starts {
		return org.Invalid{Field: "截止日期", What: "比起始日期还早"}
	}
	if d.Condition == "" && (d.CondFrom != "" || d.CondTo != "") {
		return org.Invalid{Field: "适用条件", What: "写了条件起止，请写明依据哪份文件"}
	}
	if d.Recurs() {
		if _, err := calendar.ParseRule(d.Rule); err != nil {
			return org.Invalid{Field: "频次", What: err.Error()}
		}
		return nil
	}
	if _, err := time.Parse(time.DateOnly, due); err != nil {
		return org.Invalid{Field: "完成时限", What: "还不知道到哪一天，不能交办。请先补上到期日"}
	}
	return nil
}

// Receive acknowledges a duty (签收). Only the one who is to do it can; twice is once.
func Receive(ctx context.Context, tx *store.Tx, who org.Person, id int64) error {
	d, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if d.Staff != who.ID {
		return org.Invalid{Field: "签收", What: "这项任务交办给" + d.Name + "，由本人签收；已换人的请先交接"}
	}
	if d.State != Given {
		return nil
	}
	if _, err := tx.Exec(ctx, `update duty set state = 'received', received = $2, version = version + 1 where id = $1 and state = 'given'`, id, tx.Now.UnixMilli()); err != nil {
		return fmt.Errorf("receive duty: %w", err)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "签收", Kind: "duty", Row: id, Changes: []journal.Change{{Field: "任务", To: d.Title}}})
}

// Stop ends a duty; what is open of it is cancelled with the reason, what was done stays.
func Stop(ctx context.Context, tx *store.Tx, who org.Person, id int64, reason string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return org.Invalid{Field: "理由", What: "请写明为什么停止"}
	}
	d, err := ByID(ctx, tx, id)
	if err != nil || d.State == Stopped {
		return err
	}
	if _, err := tx.Exec(ctx, `update duty set state = 'stopped', reason = $2, version = version + 1 where id = $1`, id, reason); err != nil {
		return fmt.Errorf("stop duty: %w", err)
	}
	if _, err := tx.Exec(ctx, `update occurrence set state = 'cancelled', reason = $2, decided = $3, decided_by = $4, version = version + 1
		where duty = $1 and state in ('open', 'returned')`, id, reason, tx.Now.UnixMilli(), who.ID); err != nil {
		return fmt.Errorf("stop duty: %w", err)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "停止任务", Kind: "duty", Row: id,
		Changes: []journal.Change{{Field: "任务", From: d.Title}, {Field: "理由", To: reason}}})
}

// ChangeRule gives a recurring duty another rule from a day on. What is due before stays as it is; what is open from that day on is
// made anew; what was already reported, excused or missed keeps its day.
func ChangeRule(ctx context.Context, tx *store.Tx, cal calendar.Calendar, who org.Person, id, version int64, rule, since, reason string) error {
	d, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if d.Rule == rule {
		return nil
	}
	if _, err := calendar.ParseRule(rule); err != nil {
		return org.Invalid{Field: "频次", What: err.Error()}
	}
	if !d.Recurs() || d.State == Stopped {
		return org.Invalid{Field: "频次", What: "这项任务只办一次或已停止，不能改频次"}
	}
	before, err := time.Parse(time.DateOnly, since)
	day := tx.Now.Format(time.DateOnly)
	switch {
	case err != nil:
		return org.Invalid{Field: "起用日期", What: fmt.Sprintf("“%s”不是日期，请写成 2026-04-30 这样", since)}
	case since < day:
		return org.Invalid{Field: "起用日期", What: "不能改已经过去的日子，请从今天或以后起用"}
	case since > horizon(day):
		return org.Invalid{Field: "起用日期", What: "离今天太远，请到时再改"}
	}
	events, err := Events(ctx, tx, d.Unit)
	if err != nil {
		return err
	}
	last := before.AddDate(0, 0, -1).Format(time.DateOnly)
	if _, err := d.make(ctx, tx, cal, events, last); err != nil { // the old rule holds until then
		return err
	}
	n, err := tx.Exec(ctx, `update duty set rule = $2, version = version + 1 where id = $1 and version = $3`, id, rule, version)
	if err != nil {
		return fmt.Errorf("change rule: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "duty", id)
	}
	// A cancelling by the calendar belongs to the old rule as much as an open day.
	if _, err := tx.Exec(ctx, `delete from occurrence where duty = $1 and nominal >= $2 and (state = 'open' or state = 'cancelled' and decided_by = 0)
		and not exists (select 1 from evidence e where e.occurrence = occurrence.id)`, id, since); err != nil {
		return fmt.Errorf("change rule: %w", err)
	}
	if _, err := tx.Exec(ctx, `update duty set made = $2 where id = $1`, id, last); err != nil {
		return fmt.Errorf("change rule: %w", err)
	}
	was := d.Often()
	d.Rule, d.Made = rule, last
	err = journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "改频次", Kind: "duty", Row: id,
		Changes: []journal.Change{{Field: "频次", From: was, To: d.Often()}, {Field: "起用日期", To: since}, {Field: "理由", To: reason}}})
	if err != nil {
		return err
	}
	_, err = d.make(ctx, tx, cal, events, horizon(day))
	return err
}

// Reassign gives a duty and what is open of it to somebody else, as the holder of d.Post or, when that is 0, by name. What was done
// keeps the name of who did it.
func Reassign(ctx context.Context, tx *store.Tx, who org.Person, d Duty, to org.Person, reason string) error {
	if d.Staff == to.ID {
		return nil
	}
	left, err := d.Left(ctx, tx, tx.Now.Format(time.DateOnly))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update duty set staff = $2, post = $3, state = case when state = 'received' then 'given' else state end, received = 0,
		version = version + 1 where id = $1`, d.ID, to.ID, orNull(d.Post))
	if err != nil {
		return fmt.Errorf("reassign duty: %w", err)
	}
	if _, err := tx.Exec(ctx, `update occurrence set staff = $2 where duty = $1 and state in ('open', 'returned', 'missed')`, d.ID, to.ID); err != nil {
		return fmt.Errorf("reassign duty: %w", err)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "交接", Kind: "duty", Row: d.ID,
		Changes: []journal.Change{{Field: "任务", To: d.Title}, {Field: "责任人", From: d.Name, To: to.Name},
			{Field: "现状", To: left.Stands}, {Field: "未了事项", To: left.Open}, {Field: "理由", To: reason}}})
}

// Left is what a duty leaves to whoever takes it over, in words.
type Left struct {
	Stands string // 现状: 已签收，已办3次
	Open   string // 未了事项: 下次4月17日到期；退回1次，待补报
}

// Left tells how a duty stands on a day.
func (d Duty) Left(ctx context.Context, q store.Querier, today string) (Left, error) {
	type row struct {
		done, over, returned, reported, missed int
		next                                   string
	}
	r, err := store.One(ctx, q, func(rows *sql.Rows, r *row) error {
		return rows.Scan(&r.done, &r.over, &r.returned, &r.reported, &r.missed, &r.next)
	}, `select count(*) filter (where state = 'done'), count(*) filter (where state = 'open' and due < $2), count(*) filter (where state = 'returned'),
		count(*) filter (where state = 'reported'), count(*) filter (where state = 'missed'),
		coalesce(min(due) filter (where state = 'open' and due >= $2), '') from occurrence where duty = $1`, d.ID, today)
	if err != nil {
		return Left{}, err
	}
	l := Left{Stands: "待签收"}
	if d.State == Received {
		l.Stands = "已签收"
	}
	if r.done > 0 {
		l.Stands += fmt.Sprintf("，已办%d次", r.done)
	}
	var open []string
	if r.next != "" {
		word := "下次%s到期"
		if !d.Recurs() {
			word = "%s到期，未办"
		}
		open = append(open, fmt.Sprintf(word, dayWord(r.next)))
	}
	for _, x := range []struct {
		n    int
		word string
	}{{r.over, "超期未办%d次"}, {r.returned, "退回%d次，待补报"}, {r.reported, "已报待复核%d次"}, {r.missed, "漏办未补%d次"}} {
		if x.n > 0 {
			open = append(open, fmt.Sprintf(x.word, x.n))
		}
	}
	l.Open = strings.Join(open, "；")
	if l.Open == "" {
		l.Open = "无"
	}
	return l, nil
}

func dayWord(day string) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.Format("2006年1月2日")
}

// OfHolder lists the duties in force that a person has, of one post or, with post 0, all of them.
func OfHolder(ctx context.Context, q store.Querier, staff, post int64) ([]Duty, error) {
	return store.All(ctx, q, scan, `select `+columns+from+` where d.staff = $1 and d.state <> 'stopped' and (cast($2 as bigint) = 0 or d.post = $2) order by d.id`, staff, post)
}

func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
