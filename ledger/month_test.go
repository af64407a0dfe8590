package ledger_test

import (
	"fmt"
	"testing"

	"bihuan/duty"
	"bihuan/ledger"
	"bihuan/org"
)

// Two months counted by hand: everything that a monthly report counts happens at least once.
func TestMonth(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t) // 16 April: three findings, four measures
		first, second := w.finding(t, "应知应会"), w.finding(t, "积水")
		ok(t, ledger.Assign(ctx, w.db, cal, w.clerk, first.ID, []ledger.Assignment{
			{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Title: "抽问", Rule: "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=skip", Reviewed: true}}))
		ok(t, ledger.Assign(ctx, w.db, cal, w.clerk, second.ID, []ledger.Assignment{
			{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Title: "疏通", Reviewed: true}}))
		friday := func(day string) duty.Occurrence {
			t.Helper()
			for _, o := range w.work(t, "应知应会").Occurrences {
				if o.Due == day {
					return o
				}
			}
			t.Fatalf("nothing due %s", day)
			return duty.Occurrence{}
		}
		report := func(day, reason string) {
			t.Helper()
			o := friday(day)
			_, err := ledger.Report(ctx, w.db, cal, w.cadre, o.ID, o.Version, duty.Report{Said: "抽问10人，" + w.now.Format("1月2日"), Reason: reason}, nil)
			ok(t, err)
		}
		decide := func(day string, pass bool) {
			t.Helper()
			d := duty.Decision{Pass: pass}
			if !pass {
				d.Opinion = "缺名单"
			}
			ok(t, w.decide(t, w.clerk, friday(day), d))
		}
		send := func(kind ledger.LetterKind) int64 {
			t.Helper()
			id, err := ledger.Draft(ctx, w.db, cal, w.clerk, first.ID, kind)
			ok(t, err)
			ok(t, ledger.SendLetter(ctx, w.db, w.clerk, id, 1))
			return id
		}

		w.at(t, "2026-04-17")
		report("2026-04-17", "")
		decide("2026-04-17", true) // April: in time
		w.at(t, "2026-04-20")
		send(ledger.Remind) // April: a reminder
		w.at(t, "2026-04-22")
		ok(t, ledger.AskExtension(ctx, w.db, w.clerk, first.ID, "2026-05-20", "人手不够", "抽问一次")) // April: asked …
		x, err := ledger.Extensions(ctx, w.db, first.ID)
		ok(t, err)
		ok(t, ledger.DecideExtension(ctx, w.db, w.leader, x[0].ID, 1, false, "能按期")) // … and refused
		w.at(t, "2026-04-28")
		report("2026-04-24", "")
		decide("2026-04-24", false) // April: sent back
		w.at(t, "2026-04-29")
		report("2026-04-24", "")
		decide("2026-04-24", true) // April: late

		w.at(t, "2026-05-11")
		letter := send(ledger.Supervise) // May: a supervision slip, answered
		l, err := ledger.LetterByID(ctx, w.db, w.leader, letter)
		ok(t, err)
		ok(t, ledger.ReplyLetter(ctx, w.db, w.leader, letter, l.Version, "6月底前完成"))
		f := w.finding(t, "应知应会")
		ok(t, ledger.RecordProgress(ctx, w.db, w.clerk, f.ID, f.Version, ledger.ProgressEdit{State: ledger.Part, Progress: "抽问两次"}))
		w.at(t, "2026-05-15")
		report("2026-05-15", "")
		decide("2026-05-15", true) // May: in time
		w.at(t, "2026-05-20")
		o, err := w.tell(t, w.cadre, "积水", duty.Report{Said: "疏通了"}, statement("2026-05-20"))
		ok(t, err)
		ok(t, w.decide(t, w.clerk, o, duty.Decision{Pass: true})) // May: in time, ahead of the 31st
		apply := func() int64 {
			t.Helper()
			f := w.finding(t, "积水")
			id, err := ledger.Apply(ctx, w.db, w.clerk, f.ID, f.Version, "雨后不再积水")
			ok(t, err)
			return id
		}
		w.step(t, w.leader, apply(), ledger.Verdict{Words: "再看一次雨后"}) // May: applied, sent back
		w.at(t, "2026-05-22")
		id := apply() // May: applied again, accepted
		for _, who := range []org.Person{w.leader, w.party, w.district} {
			w.step(t, who, id, ledger.Verdict{Pass: true, Words: "同意"})
		}
		w.at(t, "2026-05-25")
		report("2026-05-22", "")
		decide("2026-05-22", false)      // May: late, sent back, waiting
		report("2026-05-08", "五一值班人员不在") // May: missed, made up for
		w.at(t, "2026-05-29")
		report("2026-05-29", "") // May: in time, not yet looked at

		running, err := ledger.MonthOf(ctx, w.db, w.town, "2026-05-01", "2026-05-31", "2026-05-29")
		ok(t, err)
		if got := fmt.Sprint(running.Running, running.N("due"), running.N("intime"), running.N("missed"), running.N("waiting")); got != "true 4 2 1 1" {
			t.Errorf("two days before its end: %s", got) // the task of the 31st is not due yet, though it is done
		}

		// June changes what is, not what was in May.
		w.at(t, "2026-06-03")
		f = w.finding(t, "积水")
		ok(t, ledger.ReopenFinding(ctx, w.db, w.party, f.ID, f.Version, "又积水了"))
		f = w.finding(t, "应知应会")
		ok(t, ledger.RecordProgress(ctx, w.db, w.clerk, f.ID, f.Version, ledger.ProgressEdit{State: ledger.Failed, Reason: "人员调整", Progress: "抽问四次"}))
		w.at(t, "2026-06-05")

		want := map[string][2]int{ // May, April
			"findings": {3, 3}, "done": {0, 0}, "part": {1, 0}, "doing": {1, 3}, "failed": {0, 0}, "keep": {1, 0},
			// The weekly one was met at the end of April; in May something is open. The second of that finding was never given.
			"measures": {4, 4}, "measures-done": {1, 1}, "measures-running": {1, 3}, "measures-over": {2, 0},
			// Fridays 8, 15, 22, 29 and the single one of the 31st; the 1st was a holiday.
			"due": {5, 2}, "intime": {3, 1}, "late": {0, 1}, "missed": {2, 0}, "madeup": {1, 0}, "waiting": {0, 0}, "cancelled": {1, 0}, "returns": {1, 1},
			"remind": {0, 1}, "supervise": {1, 0}, "warn": {0, 0}, "replied": {1, 0},
			"applied": {2, 0}, "refused": {1, 0}, "accepted": {1, 0}, "relapses": {0, 0}, "asked": {0, 1}, "granted": {0, 0}, "denied": {0, 1},
		}
		compare := func(m ledger.Month, want map[string][2]int) {
			t.Helper()
			if len(m.Figures) != len(want) {
				t.Errorf("%d figures, %d counted by hand", len(m.Figures), len(want))
			}
			for _, x := range m.Figures {
				if got := [2]int{x.N, x.Before}; got != want[x.Code] {
					t.Errorf("%s %s%s: %v, by hand %v", m.Unit.Name, x.Group, x.Word, got, want[x.Code])
				}
				items, err := ledger.MonthItems(ctx, w.db, m.Unit, m.From, m.To, "2026-06-05", x.Code, 100)
				ok(t, err)
				if len(items) != x.N {
					t.Errorf("%s counts %d and lists %d", x.Code, x.N, len(items))
				}
			}
			sum := 0
			for _, s := range ledger.States {
				sum += m.N(string(s.State))
			}
			if sum != m.N("findings") || m.N("due") != m.N("intime")+m.N("late")+m.N("missed")+m.N("waiting") ||
				m.N("measures") != m.N("measures-done")+m.N("measures-running")+m.N("measures-over") {
				t.Errorf("%s: the parts do not add up", m.Unit.Name)
			}
		}
		may, err := ledger.MonthOf(ctx, w.db, w.town, "2026-05-01", "2026-05-31", "2026-06-05")
		ok(t, err)
		compare(may, want)
		loads, err := duty.Loads(ctx, w.db, []string{w.town.Path}, "2026-05-01", "2026-05-31", "2026-06-05")
		ok(t, err)
		var tally duty.Tally
		for _, l := range loads {
			tally.InTime += l.InTime
			tally.Late += l.Late
			tally.Missed += l.Missed
			tally.Waiting += l.Waiting
			tally.Cancelled += l.Cancelled
			tally.MadeUp += l.MadeUp
		}
		if got := (duty.Tally{InTime: may.N("intime"), Late: may.N("late"), Missed: may.N("missed"), Waiting: may.N("waiting"), Cancelled: may.N("cancelled"), MadeUp: may.N("madeup")}); got != tally {
			t.Errorf("the month counts %+v, the loads %+v", got, tally)
		}
		if got := fmt.Sprint(len(may.Overdue), len(may.Next), len(may.Needs)); got != "1 0 0" || may.Overdue[0].Title != first.Title {
			t.Errorf("overdue, next, needs: %s %+v", got, may.Overdue)
		}
		if r := may.Rate(); r.Done != 0 || r.Of != 2 {
			t.Errorf("rate %d/%d", r.Done, r.Of)
		}
		root, err := org.UnitByID(ctx, w.db, w.town.Parent)
		ok(t, err)
		district, err := ledger.MonthOf(ctx, w.db, root, "2026-05-01", "2026-05-31", "2026-06-05")
		ok(t, err)
		compare(district, want)

		// The village has to do with two of the findings; of the letters it was sent none.
		village, err := ledger.MonthOf(ctx, w.db, w.east, "2026-05-01", "2026-05-31", "2026-06-05")
		ok(t, err)
		if got := fmt.Sprint(village.N("findings"), village.N("measures"), village.N("due"), village.N("supervise"), village.N("accepted")); got != "2 3 5 0 1" {
			t.Errorf("the village: %s", got)
		}
		// Nothing of it is another town's.
		stranger, err := ledger.MonthOf(ctx, w.db, w.stranger.Unit, "2026-05-01", "2026-05-31", "2026-06-05")
		ok(t, err)
		for _, x := range stranger.Figures {
			if x.N != 0 {
				t.Errorf("another town counts %s %d", x.Code, x.N)
			}
		}

		june, err := ledger.MonthOf(ctx, w.db, w.town, "2026-06-01", "2026-06-30", "2026-06-05")
		ok(t, err)
		if !june.Running || june.AsOf != "2026-06-05" || june.N("relapses") != 1 || june.N("failed") != 1 || june.N("keep") != 0 || june.N("doing") != 2 {
			t.Errorf("June so far: %+v", june)
		}
		for _, x := range june.Figures { // what June calls the month before is May
			if want := want[x.Code][0]; x.Before != want {
				t.Errorf("June says %s of May was %d, by hand %d", x.Code, x.Before, want)
			}
		}
		if _, err := ledger.MonthOf(ctx, w.db, w.town, "2026-07-01", "2026-07-31", "2026-06-05"); err == nil {
			t.Error("a month that has not begun is counted")
		}
	})
}
