package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

var cal = calendar.Published()

// at sets the clock of the world to nine o'clock of a day and does what the night before it called for.
func (w world) at(t *testing.T, day string) {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, day, time.Local)
	if err != nil {
		t.Fatal(err)
	}
	*w.now = d.Add(9 * time.Hour)
	if err := ledger.Nightly(t.Context(), w.db, cal); err != nil {
		t.Fatal(err)
	}
}

// finding reads a finding by words in it.
func (w world) finding(t *testing.T, words string) ledger.Finding {
	t.Helper()
	return w.find(t, w.district, ledger.Filter{Text: words})[0]
}

// work reads what was done for a finding.
func (w world) work(t *testing.T, words string) ledger.Work {
	t.Helper()
	work, err := ledger.WorkOf(t.Context(), w.db, w.finding(t, words))
	if err != nil {
		t.Fatal(err)
	}
	return work
}

// wantRefusal fails the test unless err is about the field.
func wantRefusal(t *testing.T, err error, field string) {
	t.Helper()
	var bad ledger.Invalid
	if !errors.As(err, &bad) || bad.Field != field {
		t.Errorf("want a refusal about %s, got %v", field, err)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// statement is the least evidence there is: words.
func statement(day string) evidence.Item {
	return evidence.Item{Kind: evidence.Statement, Title: "办理说明", Said: "清沟三处，现场看过", Event: day}
}

// tell reports on the first occurrence of a finding in one of the standings, and returns it.
func (w world) tell(t *testing.T, who org.Person, words string, r duty.Report, proof ...evidence.Item) (duty.Occurrence, error) {
	t.Helper()
	for _, o := range w.work(t, words).Occurrences {
		if o.Part != duty.Watch && (o.Standing == duty.Open || o.Standing == duty.Returned || o.Standing == duty.Missed) {
			return ledger.Report(t.Context(), w.db, cal, who, o.ID, o.Version, r, proof)
		}
	}
	t.Fatalf("nothing to report on %s", words)
	return duty.Occurrence{}, nil
}

func (w world) decide(t *testing.T, who org.Person, o duty.Occurrence, d duty.Decision) error {
	t.Helper()
	now, err := duty.OccurrenceByID(t.Context(), w.db, o.ID)
	ok(t, err)
	return ledger.Decide(t.Context(), w.db, cal, who, o.ID, now.Version, d)
}

// gates lists the codes of what stands in the way of closing.
func (w world) gates(t *testing.T, words string) string {
	t.Helper()
	var codes []string
	for _, g := range w.work(t, words).Gates(w.now.Format(time.DateOnly)) {
		codes = append(codes, g.Code)
	}
	return strings.Join(codes, " ")
}

// roads gives the one measure of the second finding to the village, once until the end of May.
func (w world) roads(t *testing.T) ledger.Finding {
	t.Helper()
	w.imported(t)
	return w.giveRoads(t)
}

func (w world) giveRoads(t *testing.T) ledger.Finding {
	t.Helper()
	f := w.finding(t, "积水")
	ok(t, ledger.Assign(t.Context(), w.db, cal, w.clerk, f.ID, []ledger.Assignment{
		{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Title: "排查积水点", Reviewed: true}}))
	return w.finding(t, "积水")
}

// closed takes the second finding through its closing.
func (w world) closed(t *testing.T) ledger.Finding {
	t.Helper()
	w.imported(t)
	return w.closeRoads(t)
}

func (w world) closeRoads(t *testing.T) ledger.Finding {
	t.Helper()
	w.giveRoads(t)
	o, err := w.tell(t, w.cadre, "积水", duty.Report{Said: "积水点全部疏通"}, statement(w.now.Format(time.DateOnly)))
	ok(t, err)
	ok(t, w.decide(t, w.clerk, o, duty.Decision{Pass: true}))
	f := w.finding(t, "积水")
	id, err := ledger.Apply(t.Context(), w.db, w.clerk, f.ID, f.Version, "积水点疏通，雨后不再积水")
	ok(t, err)
	for _, who := range []org.Person{w.leader, w.party, w.district} {
		w.step(t, who, id, ledger.Verdict{Pass: true, Words: "同意"})
	}
	return w.finding(t, "积水")
}

func (w world) step(t *testing.T, who org.Person, id int64, v ledger.Verdict) ledger.Closing {
	t.Helper()
	c, err := ledger.ClosingByID(t.Context(), w.db, id)
	ok(t, err)
	c, err = ledger.DecideClosing(t.Context(), w.db, cal, who, id, c.Version, v)
	ok(t, err)
	return c
}

// A measure whose recurrence nobody can count is not given before somebody has made it countable; nobody is nobody.
func TestAssignWantsAPersonAndANumber(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.imported(t)
		ctx := t.Context()
		f := w.finding(t, "高龄")
		ok(t, ledger.AddMeasure(ctx, w.db, w.clerk, f.ID, f.Version, "定期开放农家书屋", []int{1}))
		f = w.finding(t, "高龄")
		give := func(a ledger.Assignment) error {
			return ledger.Assign(ctx, w.db, cal, w.clerk, f.ID, []ledger.Assignment{a})
		}
		wantRefusal(t, give(ledger.Assignment{Measure: 1, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead}), "频次")
		wantRefusal(t, give(ledger.Assignment{Measure: 0, Unit: w.east.ID, Part: duty.Lead, Rule: "FREQ=MONTHLY"}), "责任人")
		wantRefusal(t, give(ledger.Assignment{Measure: 0, Staff: w.cadre.ID, Part: duty.Lead, Rule: "FREQ=MONTHLY"}), "责任单位")
		wantRefusal(t, give(ledger.Assignment{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead}), "完成时限") // x月x日
		wantRefusal(t, give(ledger.Assignment{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Rule: "FREQ=HOURLY"}), "频次")
		var denied org.Denied
		if err := ledger.Assign(ctx, w.db, cal, w.cadre, w.finding(t, "积水").ID, nil); !errors.As(err, &denied) {
			t.Errorf("a cadre assigns: %v", err)
		}
		monthly := ledger.Assignment{Measure: 1, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Rule: "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next"}
		ok(t, give(monthly))
		ok(t, give(monthly)) // sent twice
		work := w.work(t, "高龄")
		if len(work.Duties) != 1 || len(work.Occurrences) < 50 || work.Occurrences[0].Due != "2026-04-17" {
			t.Errorf("%d duties, %d occurrences", len(work.Duties), len(work.Occurrences))
		}
		// The village sees the finding now that it has a task in it.
		if seen := w.find(t, w.cadre, ledger.Filter{Text: "农家书屋"}); len(seen) != 1 {
			t.Errorf("the village finds %d", len(seen))
		}
		// Labour Day moves one Friday to the next working day, and the nominal day stays.
		for _, o := range work.Occurrences {
			if o.Nominal == "2026-05-01" && o.Due != "2026-05-06" {
				t.Errorf("the Friday of 1 May is due %s", o.Due)
			}
		}
	})
}

// 交办 → 签收 → 反馈 → 退回 → 反馈 → 通过, with receipt, counter and nobody reviewing the own work.
func TestTask(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.roads(t)
		ctx := t.Context()
		o := w.work(t, "积水").Occurrences[0]
		if o.Due != "2026-05-31" || o.Standing != duty.Open {
			t.Fatalf("%+v", o)
		}
		wantRefusal(t, ledger.Receive(ctx, w.db, w.clerk, o.Duty), "签收")
		ok(t, ledger.Receive(ctx, w.db, w.cadre, o.Duty))
		_, err := w.tell(t, w.cadre, "积水", duty.Report{Said: " "})
		wantRefusal(t, err, "办理情况")
		_, err = w.tell(t, w.cadre, "积水", duty.Report{Said: "办了", Happened: "2026-04-17"})
		wantRefusal(t, err, "办结日期")
		_, err = w.tell(t, w.cadre, "积水", duty.Report{Said: "办了", Happened: "2026-02-01"})
		wantRefusal(t, err, "理由") // before the feedback only with a reason
		first, err := w.tell(t, w.cadre, "积水", duty.Report{Said: "清了两处"}, statement("2026-04-16"))
		ok(t, err)
		if first.Receipt != "0416-001" || first.Standing != duty.Reported || first.Timing != duty.InTime {
			t.Errorf("%+v", first)
		}
		again, err := ledger.Report(ctx, w.db, cal, w.cadre, o.ID, o.Version, duty.Report{Said: "清了两处"}, []evidence.Item{statement("2026-04-16")})
		ok(t, err)
		if again.Receipt != first.Receipt || len(w.work(t, "积水").Evidence) != 1 {
			t.Errorf("the same form twice: %s, %d pieces of evidence", again.Receipt, len(w.work(t, "积水").Evidence))
		}
		var denied org.Denied
		if err := w.decide(t, w.cadre, first, duty.Decision{Pass: true}); !errors.As(err, &denied) {
			t.Errorf("a cadre reviews: %v", err)
		}
		wantRefusal(t, w.decide(t, w.clerk, first, duty.Decision{}), "退回理由")
		ok(t, w.decide(t, w.clerk, first, duty.Decision{Opinion: "还差后街一处"}))
		w.at(t, "2026-04-20")
		second, err := w.tell(t, w.cadre, "积水", duty.Report{Said: "三处都清了"})
		ok(t, err)
		if second.Returns != 1 || second.Receipt != first.Receipt {
			t.Errorf("%+v", second)
		}
		ok(t, w.decide(t, w.leader, second, duty.Decision{Pass: true}))
		ok(t, w.decide(t, w.leader, second, duty.Decision{Pass: true})) // twice is once
		if p := w.work(t, "积水").Measure(w.finding(t, "积水").Measures[0].ID, "2026-04-20"); !p.Met() || p.Done != 1 {
			t.Errorf("%+v", p)
		}
		// What somebody enters for another, others must review: the clerk entered it.
		w.at(t, "2026-04-21")
	})
}

// The clerk who enters a report for somebody cannot review it.
func TestWhoEntersDoesNotReview(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.roads(t)
		o, err := w.tell(t, w.clerk, "积水", duty.Report{Said: "代村里登记"})
		ok(t, err)
		wantRefusal(t, w.decide(t, w.clerk, o, duty.Decision{Pass: true}), "复核")
		ok(t, w.decide(t, w.leader, o, duty.Decision{Pass: true}))
	})
}

// Each gate refuses in turn, and when the last is open the closing goes its four steps by four people.
func TestClosingByGates(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		f := w.finding(t, "高龄")
		ok(t, ledger.EditDuty(ctx, w.db, w.clerk, f.ID, f.Version, ledger.DutyEdit{Units: []string{"东村"}, DueText: "2026年5月31日前，长期坚持", Due: "2026-05-31"}))
		if got := w.gates(t, "高龄"); got != "unanswered unassigned" {
			t.Fatalf("at first: %s", got)
		}
		f = w.finding(t, "高龄")
		_, err := ledger.Apply(ctx, w.db, w.clerk, f.ID, f.Version, "都办了")
		var blocked ledger.Blocked
		if !errors.As(err, &blocked) || len(blocked) != 2 {
			t.Fatalf("applied too early: %v", err)
		}
		ok(t, ledger.Link(ctx, w.db, w.clerk, f.ID, f.Version, 0, []int{0, 1}))
		if got := w.gates(t, "高龄"); got != "unassigned" {
			t.Fatalf("answered: %s", got)
		}
		ok(t, ledger.Assign(ctx, w.db, cal, w.clerk, f.ID, []ledger.Assignment{
			{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Title: "比对名单", Reviewed: true},
			{Measure: 0, Unit: w.town.ID, Staff: w.leader.ID, Part: duty.Help, Title: "调取名单", Reviewed: true}}))
		if got := w.gates(t, "高龄"); got != "undone unproved" {
			t.Fatalf("given: %s", got)
		}
		o, err := w.tell(t, w.cadre, "高龄", duty.Report{Said: "比对了"})
		ok(t, err)
		if got := w.gates(t, "高龄"); got != "waiting undone unproved" {
			t.Fatalf("reported: %s", got)
		}
		ok(t, w.decide(t, w.clerk, o, duty.Decision{Opinion: "缺材料"}))
		if got := w.gates(t, "高龄"); got != "returned undone unproved" {
			t.Fatalf("returned: %s", got)
		}
		if o, err = w.tell(t, w.cadre, "高龄", duty.Report{Said: "比对了，附说明"}, statement("2026-04-16")); err != nil {
			t.Fatal(err)
		}
		ok(t, w.decide(t, w.clerk, o, duty.Decision{Pass: true}))
		if got := w.gates(t, "高龄"); got != "undone" { // the co-operating unit answers for itself
			t.Fatalf("without the co-operating unit: %s", got)
		}
		if o, err = w.tell(t, w.leader, "高龄", duty.Report{Said: "资金到位"}); err != nil {
			t.Fatal(err)
		}
		ok(t, w.decide(t, w.clerk, o, duty.Decision{Pass: true}))
		ok(t, ledger.AskExtension(ctx, w.db, w.clerk, f.ID, "2026-06-20", "名单未到", "已比对两个村"))
		if got := w.gates(t, "高龄"); got != "extension" {
			t.Fatalf("with an extension open: %s", got)
		}
		x, err := ledger.Extensions(ctx, w.db, f.ID)
		ok(t, err)
		ok(t, ledger.DecideExtension(ctx, w.db, w.leader, x[0].ID, x[0].Version, false, "已经办完，不用延期"))
		if got := w.gates(t, "高龄"); got != "" {
			t.Fatalf("all done: %s", got)
		}
		f = w.finding(t, "高龄")
		refuseEmpty := func(err error) { t.Helper(); wantRefusal(t, err, "情况说明") }
		_, err = ledger.Apply(ctx, w.db, w.clerk, f.ID, f.Version, "")
		refuseEmpty(err)
		id, err := ledger.Apply(ctx, w.db, w.clerk, f.ID, f.Version, "逐户核对，补发到位")
		ok(t, err)
		// Nobody out of turn, nobody twice.
		c, err := ledger.ClosingByID(ctx, w.db, id)
		ok(t, err)
		for _, who := range []org.Person{w.clerk, w.party, w.district, w.cadre, w.stranger} {
			if _, err := ledger.DecideClosing(ctx, w.db, cal, who, id, c.Version, ledger.Verdict{Pass: true}); err == nil {
				t.Errorf("%s reviewed out of turn", who.Name)
			}
		}
		w.step(t, w.leader, id, ledger.Verdict{Pass: true, Words: "属实"})
		c = w.step(t, w.party, id, ledger.Verdict{Pass: true, Words: "同意"})
		if c.Number != "柳塘巡改销〔2026〕1号" {
			t.Errorf("number %s", c.Number)
		}
		if f := w.finding(t, "高龄"); f.State.Closed() {
			t.Error("closed before the district accepted")
		}
		c = w.step(t, w.district, id, ledger.Verdict{Pass: true})
		f = w.finding(t, "高龄")
		if f.State != ledger.Keep || f.Closing != id || c.Step != ledger.Accepted {
			t.Errorf("%s %d %s", f.State, f.Closing, c.Step)
		}
		wantRefusal(t, ledger.RecordProgress(ctx, w.db, w.clerk, f.ID, f.Version, ledger.ProgressEdit{State: ledger.Doing, Progress: "再看看"}), "状态")
	})
}

// A later edit, or other evidence, voids what was approved, for everybody to see.
func TestEditVoidsClosing(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		f := w.closed(t)
		e := w.work(t, "积水").Evidence[0]
		// What comes later changes nothing.
		_, err := ledger.AddEvidence(ctx, w.db, w.clerk, f.ID, evidence.Item{Kind: evidence.Statement, Title: "巡查记录", Said: "无积水", Event: "2026-04-16"})
		ok(t, err)
		if f := w.finding(t, "积水"); f.State != ledger.Keep {
			t.Fatal("new evidence undid the closing")
		}
		ok(t, ledger.WithdrawEvidence(ctx, w.db, w.cadre, e.ID, e.Version, "照片放错"))
		f = w.finding(t, "积水")
		list, err := ledger.Closings(ctx, w.db, f.ID)
		ok(t, err)
		if list[0].Step != ledger.Voided || !strings.Contains(list[0].Ended.Words, "佐证") || f.State != ledger.Doing || f.Closing != 0 {
			t.Errorf("%s (%s), finding %s", list[0].Step, list[0].Ended.Words, f.State)
		}
		up, err := ledger.UpkeepOf(ctx, w.db, f.ID)
		if ok(t, err); up.State == "running" {
			t.Error("the second clock still runs")
		}
		// A running application is voided by an edit of the finding too.
		_, err = ledger.AddEvidence(ctx, w.db, w.cadre, f.ID, statement("2026-04-16"))
		ok(t, err)
		f = w.finding(t, "积水")
		id, err := ledger.Apply(ctx, w.db, w.clerk, f.ID, f.Version, "重新申请")
		ok(t, err)
		w.step(t, w.leader, id, ledger.Verdict{Pass: true})
		f = w.finding(t, "积水")
		ok(t, ledger.EditDuty(ctx, w.db, w.clerk, f.ID, f.Version, ledger.DutyEdit{Leader: "韩春梅", Units: []string{"东村"}, Persons: []string{"李四喜"}, DueText: "2026年6月底前，长期坚持", Due: "2026-06-30"}))
		c, err := ledger.ClosingByID(ctx, w.db, id)
		if ok(t, err); c.Step != ledger.Voided {
			t.Errorf("after an edit the application is %s", c.Step)
		}
	})
}

// The second clock: two misses in a row bring a finding back, with a new deadline, a task and a mark that stays.
func TestUpkeepAndRelapse(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		f := w.closed(t)
		up, err := ledger.UpkeepOf(ctx, w.db, f.ID)
		ok(t, err)
		if up.State != "running" || len(up.Duties) != 1 {
			t.Fatalf("%+v", up)
		}
		d, err := duty.ByID(ctx, w.db, up.Duties[0])
		ok(t, err)
		if d.Part != duty.Watch || d.Staff != w.leader.ID || !d.Recurs() {
			t.Fatalf("without a recurring duty the reviewer looks every quarter: %+v", d)
		}
		check := func(result duty.Result) {
			t.Helper()
			for _, o := range w.work(t, "积水").Occurrences {
				if o.Part == duty.Watch && o.Standing == duty.Open {
					_, err := ledger.Report(ctx, w.db, cal, w.leader, o.ID, o.Version, duty.Report{Said: "看过现场", Result: result}, nil)
					ok(t, err)
					return
				}
			}
			t.Fatal("no check")
		}
		w.at(t, "2026-06-25")
		check(duty.Held)
		if f := w.finding(t, "积水"); f.State != ledger.Keep {
			t.Fatalf("held: %s", f.State)
		}
		w.at(t, "2026-09-25")
		check(duty.Slipped) // once is a warning
		if f := w.finding(t, "积水"); f.State != ledger.Keep {
			t.Fatalf("slipped once: %s", f.State)
		}
		w.at(t, "2027-01-15") // the check of the fourth quarter is missed
		f = w.finding(t, "积水")
		if f.State != ledger.Doing || !f.Relapsed || f.Relapses != 1 || f.Closing != 0 || f.Due != "2027-02-14" {
			t.Fatalf("missed after slipped: %s relapsed %v %d due %s", f.State, f.Relapsed, f.Relapses, f.Due)
		}
		list, err := ledger.RelapsesOf(ctx, w.db, f.ID)
		if ok(t, err); len(list) != 1 || list[0].Cause != ledger.CauseMissed {
			t.Errorf("%+v", list)
		}
		w.at(t, "2027-01-15") // the same night again
		if f := w.finding(t, "积水"); f.Relapses != 1 {
			t.Errorf("counted %d times", f.Relapses)
		}
		if got := w.gates(t, "积水"); !strings.Contains(got, ledger.GateUndone) || !strings.Contains(got, ledger.GateRelapse) {
			t.Errorf("after the relapse the way is: %s", got)
		}
		o, err := w.tell(t, w.cadre, "积水", duty.Report{Said: "重新疏通，加了盖板"}, statement("2027-01-15"))
		ok(t, err)
		ok(t, w.decide(t, w.clerk, o, duty.Decision{Pass: true}))
		if got := w.gates(t, "积水"); got != "" {
			t.Errorf("put right: %s", got)
		}
	})
}

// The second clock ends well by decision alone.
func TestUpkeepEndsByDecision(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		f := w.closed(t)
		var denied org.Denied
		if err := ledger.EndUpkeep(ctx, w.db, w.leader, f.ID, "已成习惯"); !errors.As(err, &denied) {
			t.Errorf("a leader ends it: %v", err)
		}
		wantRefusal(t, ledger.EndUpkeep(ctx, w.db, w.party, f.ID, ""), "理由")
		ok(t, ledger.EndUpkeep(ctx, w.db, w.party, f.ID, "两年未反弹，党委会研究转入常态"))
		w.at(t, "2028-01-10")
		if f := w.finding(t, "积水"); f.State != ledger.Done || f.Relapses != 0 {
			t.Errorf("%s %d", f.State, f.Relapses)
		}
	})
}

// An extension is granted by somebody else, within its limits, before the deadline; it moves what is open.
func TestExtension(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		f := w.roads(t)
		ask := func(to string) error {
			return ledger.AskExtension(ctx, w.db, w.cadre, f.ID, to, "管材未到", "沟已开挖")
		}
		wantRefusal(t, ask("2026-05-20"), "延至")
		wantRefusal(t, ask("2027-05-20"), "延至") // more than 180 days
		ok(t, ask("2026-06-30"))
		ok(t, ask("2026-06-30"))
		list, err := ledger.Extensions(ctx, w.db, f.ID)
		ok(t, err)
		if len(list) != 1 {
			t.Fatalf("asked twice gives %d", len(list))
		}
		var denied org.Denied
		if err := ledger.DecideExtension(ctx, w.db, w.clerk, list[0].ID, 1, true, ""); !errors.As(err, &denied) {
			t.Errorf("a clerk grants: %v", err)
		}
		ok(t, ledger.DecideExtension(ctx, w.db, w.leader, list[0].ID, 1, true, "同意"))
		work := w.work(t, "积水")
		if work.Finding.Due != "2026-06-30" || work.Occurrences[0].Due != "2026-06-30" || work.Occurrences[0].Nominal != "2026-05-31" {
			t.Errorf("finding due %s, task due %s, nominal %s", work.Finding.Due, work.Occurrences[0].Due, work.Occurrences[0].Nominal)
		}
		ok(t, ask("2026-08-30"))
		list, err = ledger.Extensions(ctx, w.db, f.ID)
		ok(t, err)
		wantRefusal(t, ledger.DecideExtension(ctx, w.db, w.leader, list[0].ID, 1, true, ""), "延期") // the second is the secretary's
		ok(t, ledger.DecideExtension(ctx, w.db, w.party, list[0].ID, 1, true, "最后一次"))
		wantRefusal(t, ask("2026-09-30"), "延期") // the limit
		w.at(t, "2026-09-01")
		wantRefusal(t, ask("2026-10-30"), "延期") // too late
	})
}

// The ladder drafts a reminder, a supervision slip and a warning, each once; people number, send, receive and answer them.
func TestLadder(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.roads(t) // due 31 May
		kinds := func() string {
			list, err := ledger.Letters(ctx, w.db, w.clerk, "", 100)
			ok(t, err)
			var s []string
			for _, l := range list {
				if strings.Contains(l.Title, "道路") {
					s = append(s, string(l.Kind))
				}
			}
			slices.Reverse(s)
			return strings.Join(s, " ")
		}
		w.at(t, "2026-05-14") // 12 working days left
		if got := kinds(); got != "" {
			t.Errorf("green: %s", got)
		}
		w.at(t, "2026-05-18")
		w.at(t, "2026-05-19")
		if got := kinds(); got != "remind" {
			t.Errorf("yellow: %s", got)
		}
		w.at(t, "2026-05-31")
		w.at(t, "2026-06-01")
		if got := kinds(); got != "remind supervise" {
			t.Errorf("red: %s", got)
		}
		w.at(t, "2026-07-01")
		if got := kinds(); got != "remind supervise" {
			t.Errorf("red for long, with the slip never sent: %s", got)
		}
		byKind := func() map[ledger.LetterKind]ledger.Letter {
			list, err := ledger.Letters(ctx, w.db, w.clerk, "", 100)
			ok(t, err)
			m := map[ledger.LetterKind]ledger.Letter{}
			for _, l := range list {
				if strings.Contains(l.Title, "道路") {
					m[l.Kind] = l
				}
			}
			return m
		}
		l := byKind()[ledger.Supervise]
		if l.To != "东村" || l.Name != "李四喜" || !strings.Contains(l.Body, "已超期1个工作日") {
			t.Errorf("%+v", l)
		}
		if _, err := ledger.LetterByID(ctx, w.db, w.cadre, l.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the addressee sees a draft: %v", err)
		}
		ok(t, ledger.SendLetter(ctx, w.db, w.clerk, l.ID, l.Version))
		ok(t, ledger.SendLetter(ctx, w.db, w.clerk, l.ID, l.Version))
		w.at(t, "2026-07-01")
		if got := kinds(); got != "remind supervise warn" {
			t.Errorf("red for long: %s", got)
		}
		wantRefusal(t, ledger.SendLetter(ctx, w.db, w.clerk, byKind()[ledger.Warn].ID, 1), "函件") // the secretary's
		ok(t, ledger.SendLetter(ctx, w.db, w.party, byKind()[ledger.Warn].ID, 1))
		ok(t, ledger.DropLetter(ctx, w.db, w.clerk, byKind()[ledger.Remind].ID, 1))
		wantRefusal(t, ledger.ReceiveLetter(ctx, w.db, w.clerk, l.ID), "签收") // who may send it
		wantRefusal(t, ledger.ReplyLetter(ctx, w.db, w.clerk, l.ID, 2, "办了"), "签收")
		ok(t, ledger.ReceiveLetter(ctx, w.db, w.cadre, l.ID))
		l, err := ledger.LetterByID(ctx, w.db, w.cadre, l.ID)
		ok(t, err)
		ok(t, ledger.ReplyLetter(ctx, w.db, w.cadre, l.ID, l.Version, "7月10日前办结"))
		l, err = ledger.LetterByID(ctx, w.db, w.clerk, l.ID)
		ok(t, err)
		if l.Number != "柳塘巡改督〔2026〕1号" || l.State != "replied" || l.Received.Name != "李四喜" {
			t.Errorf("%+v", l)
		}
		w.at(t, "2026-07-02")
		if got := kinds(); got != "supervise warn" {
			t.Errorf("what was thrown away came again: %s", got)
		}
	})
}

// Occurrences are the same whether made night by night, once a year or after a year of standstill, over New Year, without doubles.
func TestOccurrencesDoNotDependOnNights(t *testing.T) {
	rules := []string{"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", "FREQ=MONTHLY;X-WORKDAY=-1", "FREQ=DAILY;X-SHIFT=skip", "FREQ=MONTHLY;INTERVAL=3", "FREQ=YEARLY;X-TIMES=2"}
	each(t, func(t *testing.T, w world) {
		w.imported(t)
		ctx := t.Context()
		f := w.finding(t, "高龄")
		days := func(title string) []string {
			var list []string
			for _, o := range w.work(t, "高龄").Occurrences {
				if o.Title == title && o.Nominal <= "2027-12-31" {
					list = append(list, o.Nominal+" "+o.Opens+" "+o.Due)
				}
			}
			return list
		}
		start := *w.now
		give := func(title, rule string) {
			ok(t, ledger.Assign(ctx, w.db, cal, w.clerk, f.ID, []ledger.Assignment{{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Title: title, Rule: rule, Starts: "2026-04-16"}}))
		}
		end := start.AddDate(1, 1, 0)
		ways := []struct {
			name string
			step int // days between runs
		}{{"夜夜", 9}, {"年年", 365}, {"停机", 395}}
		for _, way := range ways {
			*w.now = start
			for i, rule := range rules {
				give(fmt.Sprint(way.name, i), rule)
			}
			for day := start.AddDate(0, 0, way.step); day.Before(end); day = day.AddDate(0, 0, way.step) {
				*w.now = day
				_, err := duty.Extend(ctx, w.db, cal)
				ok(t, err)
			}
			*w.now = end
			for range 2 {
				_, err := duty.Extend(ctx, w.db, cal)
				ok(t, err)
			}
		}
		for i, rule := range rules {
			a := days(fmt.Sprint(ways[0].name, i))
			for _, way := range ways[1:] {
				if b := days(fmt.Sprint(way.name, i)); !slices.Equal(a, b) || len(a) == 0 {
					t.Errorf("%s: %d made night by night, %d by %s", rule, len(a), len(b), way.name)
				}
			}
			nominal := map[string]bool{}
			for _, x := range a {
				if nominal[x[:10]] {
					t.Errorf("%s: twice on %s", rule, x[:10])
				}
				nominal[x[:10]] = true
			}
		}
	})
}

// Programs that share a database do the work of a night once between them, after a standstill too.
func TestNightsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.closed(t) // and its upkeep will be missed
		f := w.finding(t, "高龄")
		var post org.Post
		ok(t, w.db.Write(ctx, func(tx *store.Tx) (err error) {
			if post, err = org.AddPost(ctx, tx, org.Program, w.east, "宣传委员", org.Cadre, true); err != nil {
				return err
			}
			next, err := org.AddStaff(ctx, tx, org.Program, w.east, "林一舟", "", org.Cadre, "linyizhou", "mi-ma-mi-ma")
			if err != nil {
				return err
			}
			if _, err = org.Hold(ctx, tx, org.Program, post.ID, w.cadre.ID, "2026-01-01", "任命"); err != nil {
				return err
			}
			_, err = org.Succeed(ctx, tx, org.Program, post.ID, next, "2026-12-01", "换届") // ahead of its day
			return err
		}))
		ok(t, ledger.Assign(ctx, w.db, cal, w.clerk, f.ID, []ledger.Assignment{
			{Measure: 0, Unit: w.east.ID, Post: post.ID, Part: duty.Lead, Title: "周五学习", Rule: "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", Starts: "2026-04-16"},
			{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Title: "雨天值守", Due: "2026-06-30", Condition: "汛期值守令", CondFrom: "2026-04-16", CondTo: "2026-06-01"}}))
		for _, months := range []int{12, 3} {
			*w.now = w.now.AddDate(0, months, 0)
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					if err := ledger.Nightly(ctx, w.db, cal); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		one := func(query string) int {
			n, err := store.One(ctx, w.db, store.Value[int], query)
			ok(t, err)
			return n
		}
		missed := one(`select count(*) from occurrence where state = 'missed'`)
		if told := one(`select count(*) from journal where verb = '漏办'`); missed < 50 || told != missed {
			t.Errorf("%d missed, recorded %d times", missed, told)
		}
		if n := one(`select count(*) from journal where verb = '不适用'`); n != 1 {
			t.Errorf("the condition lapsed %d times", n)
		}
		if n := one(`select count(*) from journal where verb = '交接' and kind = 'duty'`); n != 1 {
			t.Errorf("the duty followed its post %d times", n)
		}
		if n := one(`select count(*) from relapse`); n != 1 || w.finding(t, "积水").Relapses != 1 {
			t.Errorf("%d relapses", n)
		}
		letters := one(`select count(*) from letter`)
		if told := one(`select count(*) from journal where verb = '拟函'`); letters == 0 || told != letters {
			t.Errorf("%d letters, recorded %d times", letters, told)
		}
		if n := one(`select count(*) from occurrence where due > '2028-01-01'`); n == 0 {
			t.Error("the year ahead was not made")
		}
	})
}

// No sequence of allowed actions closes a finding without evidence and three different people.
func TestNothingClosesAlone(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.roads(t)
		people := []org.Person{w.clerk, w.leader, w.party, w.cadre, w.district, w.stranger}
		rapid.Check(t, func(rt *rapid.T) {
			f := w.finding(t, "积水")
			work := w.work(t, "积水")
			who := rapid.SampledFrom(people).Draw(rt, "who")
			switch rapid.IntRange(0, 14).Draw(rt, "what") {
			case 0:
				_ = ledger.RecordProgress(ctx, w.db, who, f.ID, f.Version, ledger.ProgressEdit{
					State:    rapid.SampledFrom([]ledger.State{ledger.Done, ledger.Keep, ledger.Part, ledger.Doing, ledger.Failed}).Draw(rt, "state"),
					Progress: "办了", Evidence: "有", Reason: "没办"})
			case 1:
				for _, o := range work.Occurrences {
					_, _ = ledger.Report(ctx, w.db, cal, who, o.ID, o.Version, duty.Report{Said: "办了", Reason: "补"}, nil)
				}
			case 2:
				for _, o := range work.Occurrences {
					_ = ledger.Decide(ctx, w.db, cal, who, o.ID, o.Version, duty.Decision{Pass: rapid.Bool().Draw(rt, "pass"), Opinion: "看"})
				}
			case 3:
				for _, o := range work.Occurrences {
					_ = ledger.Waive(ctx, w.db, who, o.ID, o.Version, duty.Excused, "免")
				}
			case 4:
				_, _ = ledger.AddEvidence(ctx, w.db, who, f.ID, statement("2026-04-16"))
			case 5:
				for _, e := range work.Evidence {
					_ = ledger.WithdrawEvidence(ctx, w.db, who, e.ID, e.Version, "撤")
				}
			case 6, 7:
				_, _ = ledger.Apply(ctx, w.db, who, f.ID, f.Version, "申请")
			case 8, 9, 10:
				list, err := ledger.Closings(ctx, w.db, f.ID)
				if err != nil {
					t.Fatal(err)
				}
				if len(list) > 0 {
					_, _ = ledger.DecideClosing(ctx, w.db, cal, who, list[0].ID, list[0].Version, ledger.Verdict{Pass: true, Words: "同意", Basis: "区巡办函1号"})
				}
			case 11:
				_ = ledger.EndUpkeep(ctx, w.db, who, f.ID, "转")
			case 12:
				_ = ledger.ReopenFinding(ctx, w.db, who, f.ID, f.Version, "重开")
			case 13:
				for _, d := range work.Duties {
					_ = ledger.StopDuty(ctx, w.db, who, d.ID, "停")
				}
			case 14:
				_ = ledger.Assign(ctx, w.db, cal, who, f.ID, []ledger.Assignment{{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Title: "暂停聚集",
					Rule: rapid.SampledFrom([]string{"", "FREQ=WEEKLY"}).Draw(rt, "rule"), Condition: "防控令", CondFrom: "2026-01-01",
					CondTo: rapid.SampledFrom([]string{"2026-04-15", "2026-04-16", ""}).Draw(rt, "until")}})
				_ = duty.Lapse(ctx, w.db)
			}
			now := w.finding(t, "积水")
			if !now.State.Closed() {
				return
			}
			list, err := ledger.Closings(ctx, w.db, f.ID)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(list, func(c ledger.Closing) bool { return c.ID == now.Closing })
			if i < 0 || list[i].Step != ledger.Accepted {
				rt.Fatalf("closed without an accepted closing")
			}
			c := list[i]
			hands := []int64{c.Applied.Staff, c.Reviewed.Staff, c.Signed.Staff}
			slices.Sort(hands)
			if len(slices.Compact(hands)) != 3 || hands[0] == 0 {
				rt.Fatalf("closed by %v", hands)
			}
			if len(w.work(t, "积水").Evidence) == 0 {
				rt.Fatalf("closed without evidence")
			}
		})
	})
}

// Who is told of a deadline: by its light the person, then the leader in charge too, then the secretary too.
func TestToldByTheLadder(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		f := w.roads(t) // due 31 May
		ok(t, ledger.EditDuty(ctx, w.db, w.clerk, f.ID, f.Version, ledger.DutyEdit{Leader: "韩春梅", Units: []string{"东村"}, Persons: []string{"李四喜"}, DueText: f.DueText, Due: f.Due}))
		told := func(day, light string) string {
			t.Helper()
			w.at(t, day)
			items, err := ledger.Told(ctx, w.db, cal)
			ok(t, err)
			var names []string
			for _, i := range items {
				if i.Subject != fmt.Sprintf("finding/%d", f.ID) {
					continue
				}
				if i.Light != light {
					t.Errorf("%s: %s is told with light %s", day, i.Text, i.Light)
				}
				for _, p := range []org.Person{w.cadre, w.leader, w.party, w.clerk} {
					if p.ID == i.Staff {
						names = append(names, p.Name)
					}
				}
			}
			slices.Sort(names)
			return strings.Join(names, " ")
		}
		if got := told("2026-04-20", ""); got != "" {
			t.Errorf("long before: %s", got)
		}
		if got := told("2026-05-08", "green"); got != "李四喜" {
			t.Errorf("green: %s", got)
		}
		if got := told("2026-05-20", "yellow"); got != "李四喜 韩春梅" {
			t.Errorf("yellow: %s", got)
		}
		if got := told("2026-06-02", "red"); got != "周叙明 李四喜 韩春梅" {
			t.Errorf("red: %s", got)
		}
	})
}

// Each thing that a measure promises again and again is a task with a name of its own.
func TestProposalsHaveNamesOfTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		f := w.finding(t, "高龄")
		ok(t, ledger.AddMeasure(ctx, w.db, w.clerk, f.ID, f.Version, "制定年度学习计划，每周五下午组织机关干部集中学习，每季度围绕一个专题研讨交流", []int{1}))
		list, err := ledger.Propose(ctx, w.db, w.finding(t, "高龄"))
		ok(t, err)
		var got []string
		for _, p := range list {
			got = append(got, p.Title+" "+p.Words)
		}
		want := "比对年满80周岁人员名单 每月|组织机关干部集中学习 每周五下午|围绕一个专题研讨交流 每季度"
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("proposed: %s", s)
		}
	})
}

// What a paper leaves out of its round is filled in by hand, and without the day of the feedback nothing closes.
func TestRoundIsFilledIn(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		id := w.upload(t, ledger.Upload{Kind: ledger.NewPlan, Unit: w.town.ID, Name: "无日期.txt", Data: []byte(strings.NewReplacer("，3月2日反馈了意见", "，反馈了意见").Replace(paper))})
		p, err := ledger.Confirm(ctx, w.db, w.clerk, id, 1)
		ok(t, err)
		if got := w.gates(t, "积水"); !strings.HasPrefix(got, ledger.GateFeedback) {
			t.Errorf("without the day of the feedback: %s", got)
		}
		edit := func(e ledger.RoundEdit, version int64) error {
			return ledger.EditRound(ctx, w.db, w.clerk, p, version, e)
		}
		good := ledger.RoundEdit{Name: "区委第二轮巡察", Team: "第二巡察组", Starts: "2026-01-05", Ends: "2026-02-10", Feedback: "2026-03-02"}
		wrong := good
		wrong.Feedback = "2026-02-01"
		wantRefusal(t, edit(wrong, 1), "反馈日期")
		wrong.Feedback = "2026-04-17"
		wantRefusal(t, edit(wrong, 1), "反馈日期")
		ok(t, edit(good, 1))
		ok(t, edit(good, 1)) // sent twice
		if got := w.gates(t, "积水"); got != ledger.GateUnassigned {
			t.Errorf("with it: %s", got)
		}
		var stale ledger.Stale
		if err := edit(ledger.RoundEdit{Name: "另一轮"}, 1); !errors.As(err, &stale) {
			t.Errorf("an old form: %v", err)
		}
	})
}

// What a leaving person had by a post goes to the other by name, and the night does not give it back.
func TestHandOverOfAPersonStays(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		var post org.Post
		ok(t, w.db.Write(ctx, func(tx *store.Tx) (err error) {
			if post, err = org.AddPost(ctx, tx, org.Program, w.east, "网格长", "", true); err != nil {
				return err
			}
			_, err = org.Hold(ctx, tx, org.Program, post.ID, w.cadre.ID, "2025-01-01", "村委会研究")
			return err
		}))
		f := w.finding(t, "积水")
		ok(t, ledger.Assign(ctx, w.db, cal, w.clerk, f.ID, []ledger.Assignment{{Measure: 0, Unit: w.east.ID, Post: post.ID, Part: duty.Lead, Title: "巡查", Rule: "FREQ=WEEKLY"}}))
		moved, err := ledger.HandOverPerson(ctx, w.db, w.clerk, w.cadre.ID, w.clerk.ID, "病休")
		ok(t, err)
		w.at(t, "2026-04-20")
		if d := w.work(t, "积水").Duties[0]; len(moved) != 1 || d.Staff != w.clerk.ID || d.Post != 0 {
			t.Errorf("%d moved, the duty is %s's by post %d", len(moved), d.Name, d.Post)
		}
	})
}

// A condition that is over is no way around: nothing is given under it, and what stood under it needs the paper that lifted it.
func TestConditionIsNoWayAround(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		f := w.finding(t, "积水")
		give := func(to string) error {
			return ledger.Assign(ctx, w.db, cal, w.clerk, f.ID, []ledger.Assignment{{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Title: "双暂停",
				Condition: "区防控办〔2026〕1号", CondFrom: "2026-03-01", CondTo: to, Due: "2026-05-31", Reviewed: true}})
		}
		wantRefusal(t, give("2026-04-15"), "条件止")
		ok(t, give("2026-04-20"))
		w.at(t, "2026-04-21")
		if o := w.work(t, "积水").Occurrences[0]; o.Standing != duty.Excused || !strings.Contains(o.Reason, "不适用") {
			t.Errorf("after the condition: %s %s", o.Standing, o.Reason)
		}
		if got := w.gates(t, "积水"); got != ledger.GateUnproved {
			t.Errorf("without the paper that lifted it: %s", got)
		}
		_, err := ledger.AddEvidence(ctx, w.db, w.clerk, f.ID, evidence.Item{Kind: evidence.Record, Title: "区防控办〔2026〕5号", Said: "即日起解除双暂停", Event: "2026-04-20"})
		ok(t, err)
		if got := w.gates(t, "积水"); got != "" {
			t.Errorf("with it: %s", got)
		}
		// What was due while the condition stood is still owed.
		g := w.finding(t, "理论学习")
		ok(t, ledger.Assign(ctx, w.db, cal, w.clerk, g.ID, []ledger.Assignment{{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Title: "值守",
			Condition: "值守令", CondFrom: "2026-04-01", CondTo: "2026-04-30", Due: "2026-04-28"}}))
		w.at(t, "2026-05-06")
		if o := w.work(t, "理论学习").Occurrences[0]; o.Standing != duty.Open {
			t.Errorf("owed before the condition ended: %s", o.Standing)
		}
	})
}

// What goes wrong between the application and the last signature stops it.
func TestGatesHoldUntilTheLastStep(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		f := w.finding(t, "积水")
		ok(t, ledger.Assign(ctx, w.db, cal, w.clerk, f.ID, []ledger.Assignment{{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Title: "巡查", Rule: "FREQ=WEEKLY;BYDAY=TH"}}))
		proof := statement("2026-04-16")
		proof.Expires = "2026-12-31"
		_, err := w.tell(t, w.cadre, "积水", duty.Report{Said: "巡了一遍"}, proof)
		ok(t, err)
		f = w.finding(t, "积水")
		id, err := ledger.Apply(ctx, w.db, w.clerk, f.ID, f.Version, "已疏通")
		ok(t, err)
		w.step(t, w.leader, id, ledger.Verdict{Pass: true, Words: "属实"})
		w.step(t, w.leader, id, ledger.Verdict{Pass: true, Words: "属实"}) // sent twice is done once
		w.at(t, "2026-05-06")                                            // Thursday 23 April has been missed since
		c, err := ledger.ClosingByID(ctx, w.db, id)
		ok(t, err)
		var blocked ledger.Blocked
		if _, err := ledger.DecideClosing(ctx, w.db, cal, w.party, id, c.Version, ledger.Verdict{Pass: true}); !errors.As(err, &blocked) || blocked[0].Code != ledger.GateMissed {
			t.Errorf("signed over a missed week: %v", err)
		}
		// Another day of the feedback is another thing that was approved.
		p, err := ledger.PlanByID(ctx, w.db, w.clerk, f.Plan)
		ok(t, err)
		ok(t, ledger.EditRound(ctx, w.db, w.clerk, p.ID, p.Version, ledger.RoundEdit{Name: "区委第二轮巡察", Feedback: "2026-04-01"}))
		if c, err := ledger.ClosingByID(ctx, w.db, id); err != nil || c.Step != ledger.Voided {
			t.Errorf("after another day of the feedback: %s %v", c.Step, err)
		}
	})
}

// The second clock cannot be silenced by stopping what it is read from.
func TestPulseCannotBeStopped(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		f := w.closed(t)
		up, err := ledger.UpkeepOf(ctx, w.db, f.ID)
		ok(t, err)
		wantRefusal(t, ledger.StopDuty(ctx, w.db, w.clerk, up.Duties[0], "不用看了"), "停止")
		wantRefusal(t, ledger.ChooseChecks(ctx, w.db, w.clerk, f.ID, nil), "检查任务")
	})
}

// What is sent back after a hand-over is the new holder's.
func TestReturnedAfterHandOver(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.roads(t)
		o, err := w.tell(t, w.cadre, "积水", duty.Report{Said: "清了一处"})
		ok(t, err)
		_, err = ledger.HandOverPerson(ctx, w.db, w.clerk, w.cadre.ID, w.leader.ID, "调离")
		ok(t, err)
		ok(t, w.decide(t, w.clerk, o, duty.Decision{Opinion: "还差两处"}))
		if o, err = duty.OccurrenceByID(ctx, w.db, o.ID); err != nil || o.Staff != w.leader.ID || o.EnteredBy != w.cadre.ID {
			t.Errorf("sent back to %d, entered by %d: %v", o.Staff, o.EnteredBy, err)
		}
	})
}

// A rule changes from a real day on, and nothing of the past is laid anew.
func TestRuleChange(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		f := w.finding(t, "积水")
		ok(t, ledger.Assign(ctx, w.db, cal, w.clerk, f.ID, []ledger.Assignment{{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Title: "巡查", Rule: "FREQ=WEEKLY;BYDAY=FR"}}))
		d := w.work(t, "积水").Duties[0]
		change := func(since string, version int64) error {
			return ledger.ChangeRule(ctx, w.db, cal, w.clerk, d.ID, version, "FREQ=WEEKLY;BYDAY=MO", since, "改到周一")
		}
		for _, bad := range []string{"2026-9-1", "2026-04-15", "2029-01-01", ""} {
			wantRefusal(t, change(bad, d.Version), "起用日期")
		}
		ok(t, change("2026-06-01", d.Version))
		var before, after []string
		for _, o := range w.work(t, "积水").Occurrences {
			if o.Nominal < "2026-06-01" {
				before = append(before, o.Nominal)
			} else {
				after = append(after, o.Nominal)
			}
		}
		if len(before) != 7 || before[0] != "2026-04-17" || before[6] != "2026-05-29" || after[0] != "2026-06-01" || after[1] != "2026-06-08" {
			t.Errorf("before %v, after %v", before, after[:2])
		}
	})
}

func TestDraftByHand(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		f := w.roads(t) // due 31 May
		draft := func(who org.Person, kind ledger.LetterKind) ledger.Letter {
			t.Helper()
			id, err := ledger.Draft(ctx, w.db, cal, who, f.ID, kind)
			ok(t, err)
			l, err := ledger.LetterByID(ctx, w.db, who, id)
			ok(t, err)
			return l
		}
		theirs := draft(w.district, ledger.Supervise)
		w.at(t, "2026-06-01") // the slip of the district does not stand for that of the town
		ours := draft(w.clerk, ledger.Supervise)
		if theirs.Unit.ID != w.district.Unit.ID || theirs.Addressee != w.town.ID || ours.Unit.ID != w.town.ID || ours.Addressee != w.east.ID || ours.Drafted.Staff != 0 {
			t.Errorf("of the district %+v\nof the town %+v", theirs, ours)
		}
		ok(t, ledger.DropLetter(ctx, w.db, w.clerk, ours.ID, ours.Version))
		if l := draft(w.district, ledger.Supervise); l.ID != theirs.ID {
			t.Errorf("the district has two: %+v", l)
		}
		if l := draft(w.clerk, ledger.Supervise); l.ID != ours.ID || l.State != "draft" || l.Drafted.Name != w.clerk.Name {
			t.Errorf("not drafted anew: %+v", l)
		}
		lent := org.Person{ID: w.cadre.ID, Name: w.cadre.Name, Role: org.Cadre, Unit: w.east, Posts: []org.PostHeld{{ID: 1, Title: "整改办", Role: org.Clerk, Unit: w.town}}}
		if l := draft(lent, ledger.Remind); l.Unit.ID != w.town.ID {
			t.Errorf("by a post in the town: %+v", l)
		}
		_, err := ledger.Draft(ctx, w.db, cal, w.cadre, f.ID, ledger.Remind)
		var denied org.Denied
		if !errors.As(err, &denied) {
			t.Errorf("a cadre drafts: %v", err)
		}
	})
}

func TestWorkStaysInScope(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		var theirs org.Post
		ok(t, w.db.Write(ctx, func(tx *store.Tx) (err error) {
			if theirs, err = org.AddPost(ctx, tx, org.Program, w.stranger.Unit, "网格长", "", true); err != nil {
				return err
			}
			_, err = org.Hold(ctx, tx, org.Program, theirs.ID, w.stranger.ID, "2025-01-01", "镇党委研究")
			return err
		}))
		f := w.finding(t, "积水")
		for _, x := range []struct {
			field string
			a     ledger.Assignment
		}{
			{"责任单位", ledger.Assignment{Unit: w.stranger.Unit.ID, Staff: w.cadre.ID}},
			{"岗位", ledger.Assignment{Unit: w.east.ID, Post: theirs.ID}},
			{"责任人", ledger.Assignment{Unit: w.east.ID, Staff: w.stranger.ID}},
		} {
			x.a.Part, x.a.Rule = duty.Lead, "FREQ=WEEKLY"
			var bad ledger.AssignProblems
			err := ledger.Assign(ctx, w.db, cal, w.clerk, f.ID, []ledger.Assignment{x.a})
			if !errors.As(err, &bad) || bad[0].Field != x.field || !strings.Contains(err.Error(), "不在您的范围内") {
				t.Errorf("%s: %v", x.field, err)
			}
		}
		w.giveRoads(t)
		_, err := ledger.HandOverPerson(ctx, w.db, w.clerk, w.cadre.ID, w.stranger.ID, "病休")
		wantRefusal(t, err, "接收人")
		_, err = ledger.HandOverPerson(ctx, w.db, w.clerk, w.cadre.ID, w.cadre.ID, "病休")
		wantRefusal(t, err, "接收人")
		moved, err := ledger.HandOverPerson(ctx, w.db, w.clerk, w.cadre.ID, w.leader.ID, "病休")
		ok(t, err)
		again, err := ledger.HandOverPerson(ctx, w.db, w.clerk, w.cadre.ID, w.leader.ID, "病休")
		ok(t, err)
		list, err := ledger.HandOvers(ctx, w.db, w.clerk, 10)
		ok(t, err)
		if len(moved) != 1 || len(again) != 0 || len(list) != 1 || list[0].N != 1 {
			t.Errorf("moved %d, then %d; the record tells of %+v", len(moved), len(again), list)
		}
	})
}

func TestToldByPost(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		f := w.roads(t) // due 31 May
		ok(t, ledger.EditDuty(ctx, w.db, w.clerk, f.ID, f.Version, ledger.DutyEdit{Leader: "宣传委员", Units: []string{"东村"}, Persons: []string{"李四喜"}, DueText: f.DueText, Due: f.Due}))
		var above, byPost, second int64
		ok(t, w.db.Write(ctx, func(tx *store.Tx) (err error) {
			if above, err = org.AddStaff(ctx, tx, org.Program, w.district.Unit, "区书记", "", org.Secretary, "qu", "mi-ma-mi-ma"); err != nil {
				return err
			}
			for _, x := range []struct {
				id          *int64
				name, title string
				role        org.Role
			}{{&byPost, "林一舟", "宣传委员", org.Leader}, {&second, "卫青禾", "代理书记", org.Secretary}} {
				if *x.id, err = org.AddStaff(ctx, tx, org.Program, w.east, x.name, "", org.Cadre, x.name, "mi-ma-mi-ma"); err != nil {
					return err
				}
				post, err := org.AddPost(ctx, tx, org.Program, w.town, x.title, x.role, true)
				if err != nil {
					return err
				}
				if _, err = org.Hold(ctx, tx, org.Program, post.ID, *x.id, "2026-01-01", "柳塘委〔2026〕1号"); err != nil {
					return err
				}
			}
			return nil
		}))
		told := func(subject string) string {
			t.Helper()
			items, err := ledger.Told(ctx, w.db, cal)
			ok(t, err)
			var names []string
			for _, i := range items {
				for name, id := range map[string]int64{"above": above, "leader": byPost, "second": second, "party": w.party.ID, "韩春梅": w.leader.ID} {
					if id == i.Staff && i.Subject == subject {
						names = append(names, name)
					}
				}
			}
			slices.Sort(names)
			return strings.Join(names, " ")
		}
		subject := fmt.Sprintf("finding/%d", f.ID)
		w.at(t, "2026-05-20")
		if got := told(subject); got != "leader" {
			t.Errorf("yellow: %s", got)
		}
		w.at(t, "2026-06-02")
		if got := told(subject); got != "leader party second" {
			t.Errorf("red: %s", got)
		}
		if got := told("closing"); got != "" {
			t.Errorf("nothing waits: %s", got)
		}
		o, err := w.tell(t, w.cadre, "积水", duty.Report{Said: "积水点全部疏通", Reason: "雨天"}, statement("2026-06-02"))
		ok(t, err)
		ok(t, w.decide(t, w.clerk, o, duty.Decision{Pass: true}))
		f = w.finding(t, "积水")
		_, err = ledger.Apply(ctx, w.db, w.clerk, f.ID, f.Version, "积水点疏通，雨后不再积水")
		ok(t, err)
		if got := told("closing"); got != "leader" { // 韩春梅 may as well, and cannot log in
			t.Errorf("a closing to be reviewed: %s", got)
		}
	})
}
