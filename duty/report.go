package duty

import (
	"context"
	"fmt"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Report is what somebody says of an occurrence: one sentence, the day it was done, and for a check what it found.
type Report struct {
	Said     string
	Happened string // empty: today
	Result   Result // of a check
	Reason   string // why it comes late, or is older than the feedback
}

// The time for doing again what was sent back, and then for being late with it, in working days.
const (
	redoDays      = 3
	graceOfReturn = 5
)

// redoBy is the last day in time for doing again what was sent back.
func redoBy(cal calendar.Calendar, o Occurrence) string {
	return cal.After(o.Decided.Format(time.DateOnly), redoDays)
}

// MayDo tells whether who may report on an occurrence: the one who is to do it, or whoever enters for the people of its unit.
func (o Occurrence) MayDo(who org.Person, unit org.Unit) error {
	if o.Staff == who.ID {
		return nil
	}
	return who.Check(org.Progress, unit)
}

// timing judges a report made on a day.
func (o Occurrence) timing(cal calendar.Calendar, feedback, happened, day string) Timing {
	switch {
	case o.Standing == Missed || o.Timing == MadeUp:
		return MadeUp
	case feedback != "" && happened < feedback:
		return Early
	case o.Timing == Late: // being sent back makes nothing earlier than it was
		return Late
	case o.Standing == Returned && day <= max(o.Due, redoBy(cal, o)):
		return InTime
	case o.Standing != Returned && day <= o.Due:
		return InTime
	case o.Standing != Returned && o.Closes != "" && day > o.Closes:
		return MadeUp // the night that would have said so has not come yet
	}
	return Late
}

// Tell reports on an occurrence (反馈) and returns its receipt number. Evidence is attached by the caller in the same transaction.
// feedback is the day of the inspection's feedback, empty when unknown. Sent twice with the same words it is done once.
func Tell(ctx context.Context, tx *store.Tx, cal calendar.Calendar, who org.Person, id, version int64, feedback string, r Report) (Occurrence, error) {
	o, err := OccurrenceByID(ctx, tx, id)
	if err != nil {
		return o, err
	}
	unit, err := org.UnitByID(ctx, tx, o.Unit)
	if err != nil {
		return o, err
	}
	if err := o.MayDo(who, unit); err != nil {
		return o, err
	}
	day := tx.Now.Format(time.DateOnly)
	r.Said, r.Reason = strings.TrimSpace(r.Said), strings.TrimSpace(r.Reason)
	if r.Happened == "" {
		r.Happened = day
	}
	if (o.Standing == Reported || o.Standing == Done) && o.EnteredBy == who.ID && o.Said == r.Said && o.Happened == r.Happened && o.Result == r.Result {
		return o, nil
	}
	if err := o.refuse(r, day); err != nil {
		return o, err
	}
	timing := o.timing(cal, feedback, r.Happened, day)
	if r.Reason == "" && timing == Early {
		return o, org.Invalid{Field: "理由", What: fmt.Sprintf("办结日%s早于反馈日%s。立行立改可以，请写一句说明", r.Happened, feedback)}
	}
	if r.Reason == "" && timing == MadeUp {
		return o, org.Invalid{Field: "理由", What: "这次已经漏办，补录请写明原因"}
	}
	next := Reported
	if !o.Reviewed {
		next = Done
	}
	receipt := o.Receipt
	if receipt == "" {
		if receipt, err = nextReceipt(ctx, tx); err != nil {
			return o, err
		}
	}
	n, err := tx.Exec(ctx, `update occurrence set state = $3, timing = $4, result = $5, said = $6, happened = $7, entered = $8, entered_by = $9, receipt = $10,
		reason = $11, opinion = '', version = version + 1 where id = $1 and version = $2`,
		id, version, next, timing, r.Result, r.Said, r.Happened, tx.Now.UnixMilli(), who.ID, receipt, r.Reason)
	if err != nil {
		return o, fmt.Errorf("report: %w", err)
	}
	if n == 0 {
		return o, journal.StaleRow(ctx, tx, "occurrence", id)
	}
	verb := "反馈"
	switch {
	case timing == MadeUp || timing == Late:
		verb = "补录"
	case timing == Early:
		verb = "立行立改"
	}
	changes := []journal.Change{{Field: "任务", To: o.Title}, {Field: "到期日", To: o.Due}, {Field: "办理情况", From: o.Said, To: r.Said}}
	if r.Reason != "" {
		changes = append(changes, journal.Change{Field: "理由", To: r.Reason})
	}
	if r.Result != "" {
		changes = append(changes, journal.Change{Field: "结果", To: r.Result.Word()})
	}
	if err := journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: "occurrence", Row: id, Happened: r.Happened, Changes: changes}); err != nil {
		return o, err
	}
	// Whoever does the work has received it.
	if o.Staff == who.ID {
		if err := Receive(ctx, tx, who, o.Duty); err != nil {
			return o, err
		}
	}
	return OccurrenceByID(ctx, tx, id)
}

// Word is what people call the result.
func (r Result) Word() string {
	return map[Result]string{Held: "保持住了", Slipped: "有反弹"}[r]
}

// refuse says why a report cannot be taken.
func (o Occurrence) refuse(r Report, day string) error {
	switch o.Standing {
	case Reported:
		return org.Invalid{Field: "办理情况", What: "已经反馈，正在等复核。要改请先让复核人退回"}
	case Done:
		return org.Invalid{Field: "办理情况", What: "这次已经办结"}
	case Cancelled, Excused:
		return org.Invalid{Field: "办理情况", What: "这次已取消或免办（" + o.Reason + "），不用办"}
	}
	if r.Said == "" {
		return org.Invalid{Field: "办理情况", What: "请写一句：做了什么、结果怎样"}
	}
	if _, err := time.Parse(time.DateOnly, r.Happened); err != nil {
		return org.Invalid{Field: "办结日期", What: fmt.Sprintf("“%s”不是日期，请写成 2026-04-30 这样", r.Happened)}
	}
	if r.Happened > day {
		return org.Invalid{Field: "办结日期", What: "还没到这一天，不能先登记"}
	}
	if o.Recurs && r.Happened < o.Opens {
		return org.Invalid{Field: "办结日期", What: fmt.Sprintf("这次任务从%s起才能办", o.Opens)}
	}
	if o.Part == Watch && r.Result != Held && r.Result != Slipped {
		return org.Invalid{Field: "检查结果", What: "请选“保持住了”或“有反弹”"}
	}
	return nil
}

// nextReceipt numbers what was received today: 0416-017.
func nextReceipt(ctx context.Context, tx *store.Tx) (string, error) {
	n, err := store.NextSerial(ctx, tx, "receipt/"+tx.Now.Format(time.DateOnly))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s-%03d", tx.Now.Format("0102"), n), nil
}

// Decision is what a reviewer says of a report.
type Decision struct {
	Pass    bool
	Opinion string // asked for when it is sent back
}

// Decide passes a report or sends it back (复核通过, 退回). Nobody decides on what they entered, or on a duty that is theirs.
func Decide(ctx context.Context, tx *store.Tx, cal calendar.Calendar, who org.Person, id, version int64, d Decision) (Occurrence, error) {
	o, err := OccurrenceByID(ctx, tx, id)
	if err != nil {
		return o, err
	}
	home, err := org.UnitByID(ctx, tx, o.Home)
	if err != nil {
		return o, err
	}
	if err := o.MayDecide(who, home); err != nil {
		return o, err
	}
	d.Opinion = strings.TrimSpace(d.Opinion)
	next := Returned
	if d.Pass {
		next = Done
	}
	if o.Standing == next && o.DecidedBy == who.ID && o.Opinion == d.Opinion {
		return o, nil
	}
	if o.Standing != Reported {
		return o, org.Invalid{Field: "复核", What: "这次没有等复核的反馈，可能已有人复核过。请刷新页面"}
	}
	if !d.Pass && d.Opinion == "" {
		return o, org.Invalid{Field: "退回理由", What: "请写明差什么、怎么补"}
	}
	returns := o.Returns
	if !d.Pass {
		returns++
	}
	// What is sent back is done again by whoever has the duty now.
	n, err := tx.Exec(ctx, `update occurrence set state = $3, returns = $4, decided = $5, decided_by = $6, opinion = $7, version = version + 1,
		staff = case when $3 = 'returned' then (select staff from duty where id = occurrence.duty) else staff end
		where id = $1 and version = $2`, id, version, string(next), returns, tx.Now.UnixMilli(), who.ID, d.Opinion)
	if err != nil {
		return o, fmt.Errorf("decide: %w", err)
	}
	if n == 0 {
		return o, journal.StaleRow(ctx, tx, "occurrence", id)
	}
	verb, changes := "复核通过", []journal.Change{{Field: "任务", To: o.Title}, {Field: "到期日", To: o.Due}}
	if !d.Pass {
		verb = "退回"
		changes = append(changes, journal.Change{Field: "第几次退回", To: fmt.Sprint(returns)}, journal.Change{Field: "请在此日前补报", To: cal.After(tx.Now.Format(time.DateOnly), redoDays)})
	}
	if d.Opinion != "" {
		changes = append(changes, journal.Change{Field: "意见", To: d.Opinion})
	}
	if err := journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: "occurrence", Row: id, Changes: changes}); err != nil {
		return o, err
	}
	return OccurrenceByID(ctx, tx, id)
}

// Waive cancels an occurrence (取消: it need not be done by anybody) or excuses it (免办: its person could not), with a reason. What
// was missed can be excused too, but not what was done.
func Waive(ctx context.Context, tx *store.Tx, who org.Person, id, version int64, to Standing, reason string) error {
	o, err := OccurrenceByID(ctx, tx, id)
	if err != nil {
		return err
	}
	home, err := org.UnitByID(ctx, tx, o.Home)
	if err != nil {
		return err
	}
	if err := o.MayWaive(who, home); err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	switch {
	case to != Cancelled && to != Excused:
		return org.Invalid{Field: "处理", What: "请选“取消”或“免办”"}
	case reason == "":
		return org.Invalid{Field: "理由", What: "请写明为什么"}
	case o.Standing == to && o.Reason == reason:
		return nil
	case !o.Waivable():
		return org.Invalid{Field: "处理", What: "已经反馈或办结的不能取消"}
	}
	n, err := tx.Exec(ctx, `update occurrence set state = $3, reason = $4, decided = $5, decided_by = $6, version = version + 1 where id = $1 and version = $2`,
		id, version, to, reason, tx.Now.UnixMilli(), who.ID)
	if err != nil {
		return fmt.Errorf("waive: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "occurrence", id)
	}
	verb := map[Standing]string{Cancelled: "取消", Excused: "免办"}[to]
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: "occurrence", Row: id,
		Changes: []journal.Change{{Field: "任务", To: o.Title}, {Field: "到期日", To: o.Due}, {Field: "理由", To: reason}}})
}

// Postpone moves the open single occurrences of a finding that are due on a day to a later one: an extension was granted.
func Postpone(ctx context.Context, tx *store.Tx, finding int64, from, to string) error {
	_, err := tx.Exec(ctx, `update occurrence set due = $3, version = version + 1 where finding = $1 and closes = '' and due = $2
		and state in ('open', 'returned')`, finding, from, to)
	if err != nil {
		return fmt.Errorf("postpone: %w", err)
	}
	return nil
}

// Prolong moves the open single occurrence of a duty to a later day, with a reason. What is due later already stays.
func Prolong(ctx context.Context, tx *store.Tx, who org.Person, id int64, to, reason string) error {
	o, err := store.One(ctx, tx, scanOccurrence, `select `+occurrenceColumns+occurrenceFrom+` where o.duty = $1 and d.rule = ''`, id)
	if err != nil || o.Due >= to || o.Standing != Open && o.Standing != Returned {
		return err
	}
	n, err := tx.Exec(ctx, `update occurrence set due = $3, version = version + 1 where id = $1 and version = $2`, o.ID, o.Version, to)
	if err != nil {
		return fmt.Errorf("prolong: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "occurrence", o.ID)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "延期", Kind: "occurrence", Row: o.ID,
		Changes: []journal.Change{{Field: "任务", To: o.Title}, {Field: "到期日", From: o.Due, To: to}, {Field: "理由", To: reason}}})
}
