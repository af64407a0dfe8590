package benefit

import (
	"errors"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// A month's payment that was entered wrongly is made void: the month is not paid, the row stays, and the right one is entered beside it.
func TestAMonthsPaymentIsMadeVoid(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a, b := d.takeOne(p, "庄大娘", "19410805", 12), d.takeOne(p, "别人", "19310805", 14)
		list := []Paid{{Person: a.ID, Fen: 5000, Day: "2026-04-01", Source: "册第3行"}, {Person: b.ID, Fen: 5000, Day: "2026-04-01", Source: "册第4行"}}
		march := Month(2026*12 + 2)
		take := func() TakeResult {
			t.Helper()
			got, err := TakePayments(d.ctx, d.v, d.clerk, p, march, list)
			d.must(err)
			return got
		}
		take()
		rows, err := PaymentsOf(d.ctx, d.v, p, a.ID)
		d.must(err)
		x := rows[0].ID
		void := func(who org.Person, version int64, why string) error {
			return VoidMonth(d.ctx, d.v, who, x, version, why)
		}
		d.refuses(void(d.clerk, 1, " "), "作废原因", "错在哪里")
		d.refuses(void(d.clerk, 1, "号码"+id("19410805", 12)), "作废原因", "请删去")
		for name, who := range map[string]org.Person{"a leader": d.leader, "a village": d.village} {
			if err := void(who, 1, "x"); !errors.As(err, new(org.Denied)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := void(d.far, 1, "x"); err == nil {
			t.Error("another town")
		}
		if err := void(d.clerk, 7, "回单是别人的"); !errors.As(err, new(journal.Stale)) {
			t.Errorf("from an old page: %v", err)
		}
		if err := VoidMonth(d.ctx, d.v, d.clerk, 77, 1, "x"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("what is not there: %v", err)
		}
		if got, want := d.months(p, a.ID), "2026-03 50/50"; got != want {
			t.Fatalf("before: %s", got)
		}
		for range 2 { // the same form again
			d.must(void(d.other, 1, "回单是别人的"))
		}
		d.refuses(CorrectPayment(d.ctx, d.v, d.clerk, x, 2, 6000, "2026-04-01", "错"), "金额", "2026-04-16已经作废，不能更正")
		counts := func(what, months string, persons, missing, void int) {
			t.Helper()
			if got := d.months(p, a.ID); got != months {
				t.Errorf("%s: %s", what, got)
			}
			e, err := Enjoying(d.ctx, d.v, d.clerk, p, "2026-01-01", "2026-12-31")
			d.must(err)
			villages, err := CountVillages(d.ctx, d.v, d.clerk, p, march)
			d.must(err)
			paid := 0
			for _, v := range villages {
				paid += v.Paid
			}
			if e.Persons != persons || paid != persons {
				t.Errorf("%s: %d enjoy it, %d paid in the villages", what, e.Persons, paid)
			}
			lines, err := MonthOfPayments(d.ctx, d.v, d.clerk, p, march)
			d.must(err)
			n := 0
			for _, l := range lines {
				if l.Verdict == Missing {
					n++
				}
			}
			if n != missing {
				t.Errorf("%s: %d are missing", what, n)
			}
			gone, err := VoidPayments(d.ctx, d.v, d.clerk, p, a.ID, march)
			d.must(err)
			if len(gone) != void || gone[0].ID != x || gone[0].About.Name != "庄大娘" || gone[0].Void != "2026-04-16" || gone[0].VoidBy != d.other.ID || gone[0].VoidWhy != "回单是别人的" {
				t.Errorf("%s: %+v", what, gone)
			}
		}
		counts("void", "2026-03 50/0未发", 1, 1, 1)
		if got := take(); got.New != 0 || got.Same != 1 || len(got.Differences) != 1 || got.Differences[0].Ours != "2026-04-16已作废，没有再记" {
			t.Errorf("the same list again: %+v", got)
		}
		counts("the same list again", "2026-03 50/0未发", 1, 1, 1)
		for i, want := range []TakeResult{{New: 1}, {Same: 1}} { // entered by hand in the same words
			got, err := PayMonth(d.ctx, d.v, d.clerk, p, march, []int64{a.ID}, "2026-04-01", "册第3行")
			if err != nil || got.New != want.New || got.Same != want.Same {
				t.Errorf("%d: %+v, %v", i, got, err)
			}
		}
		counts("entered anew", "2026-03 50/50", 2, 0, 1)
		rows, err = PaymentsOf(d.ctx, d.v, p, a.ID)
		d.must(err)
		if len(rows) != 1 || rows[0].ID == x || rows[0].Entry != 0 {
			t.Errorf("%+v", rows)
		}
		x2 := rows[0].ID // and that one too
		d.must(VoidMonth(d.ctx, d.v, d.clerk, x2, 1, "又错了"))
		list[0].Source = "更正册第3行" // another list brings it anew
		if got := take(); got.New != 1 {
			t.Errorf("another list: %+v", got)
		}
		if gone, err := VoidPayments(d.ctx, d.v, d.clerk, p, 0, 0); err != nil || len(gone) != 2 || gone[0].ID != x2 {
			t.Errorf("%+v, %v", gone, err)
		}
		if gone, err := VoidPayments(d.ctx, d.v, d.far, p, 0, 0); err != nil || len(gone) != 0 {
			t.Errorf("another town sees %+v, %v", gone, err)
		}
		events, err := journal.Of(d.ctx, d.v, "payment", x, 50)
		d.must(err)
		if len(events) != 2 || events[0].Verb != "作废" || !strings.Contains(events[0].Changes[0].Field, "2026年3月发放") {
			t.Errorf("%+v", events)
		}
	})
}

// Where the only payment of a month was void, nothing is known of that month: nobody is called unpaid.
func TestTheOnlyPaymentOfAMonthIsVoid(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a := d.takeOne(p, "庄大娘", "19410805", 12)
		_, err := TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+2, []Paid{{Person: a.ID, Fen: 5000, Day: "2026-04-01", Source: "册"}})
		d.must(err)
		rows, err := PaymentsOf(d.ctx, d.v, p, a.ID)
		d.must(err)
		d.must(VoidMonth(d.ctx, d.v, d.clerk, rows[0].ID, 1, "错了"))
		account, err := AccountOf(d.ctx, d.v, d.clerk, p, a.ID, "2026-04-16")
		d.must(err)
		if account.Sum.Arrears != 0 || account.Sum.Unknown == 0 {
			t.Errorf("%+v", account.Sum)
		}
	})
}

// What money was paid back because of is not made void first, and a settlement is made void where it was entered.
func TestAMonthUnderARecovery(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a := d.takeOne(p, "庄大娘", "19410805", 12)
		_, err := TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+2, []Paid{{Person: a.ID, Fen: 9000, Day: "2026-04-01", Source: "册"}})
		d.must(err)
		back, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: a.ID, Kind: Recover, Source: Inspected, Received: "2026-04-16", Reason: "多发"})
		d.must(err)
		d.advance(back, Proposed)
		d.decideAs(back, Decision{})
		d.must(Settle(d.ctx, d.v, d.clerk, back, d.version("application", back), 4000, "2026-04-16", "缴款书7号"))
		rows, err := PaymentsOf(d.ctx, d.v, p, a.ID)
		d.must(err)
		var month, settled Payment
		for _, x := range rows {
			if x.Application == 0 {
				month = x
			} else {
				settled = x
			}
		}
		d.refuses(VoidMonth(d.ctx, d.v, d.clerk, settled.ID, 1, "错"), "作废原因", "请在那件事项里作废")
		d.refuses(VoidMonth(d.ctx, d.v, d.clerk, month.ID, 1, "错"), "作废原因", "2026年3月后来又登记了追回40元（2026-04-16，缴款书7号），是按这一笔算的；先作废追回的登记")
		d.must(VoidSettlement(d.ctx, d.v, d.clerk, back, d.version("application", back), settled.Entry, "错"))
		d.must(VoidMonth(d.ctx, d.v, d.clerk, month.ID, 1, "错"))
	})
}

// Arrears that lists had paid wait for their money again when one of these payments was void, and end with the right one.
func TestAVoidMonthOfArrears(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person, x := d.granted(p)
		for m := Month(2026 * 12); m <= 2026*12+2; m++ {
			_, err := TakePayments(d.ctx, d.v, d.clerk, p, m, []Paid{{Person: person.ID, Fen: 5000, Day: "2026-04-16", Source: "补发册"}})
			d.must(err)
		}
		d.waits(x, false, 3)
		rows, err := PaymentsOf(d.ctx, d.v, p, person.ID)
		d.must(err)
		d.must(VoidMonth(d.ctx, d.v, d.clerk, rows[1].ID, 1, "银行退回了"))
		d.waits(x, true, 0)
		_, err = Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: Arrears, Source: Screened, Received: "2026-04-16", Reason: "漏发"})
		d.refuses(err, "事项", "还有50元没有到账")
		_, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+1, []Paid{{Person: person.ID, Fen: 5000, Day: "2026-04-16", Source: "补发册二"}})
		d.must(err)
		d.waits(x, false, 3)
	})
}

// Who came onto the roll by a decision waits for the first money again when what was paid was void.
func TestAVoidMonthOfANewEntry(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Subject: Subject{Number: id("19410805", 12), Name: "庄大娘", Village: d.east}, Kind: New, Source: Screened, Received: "2026-04-01", From: 2026*12 + 2, Reason: "应享未享"})
		d.must(err)
		d.must(Advance(d.ctx, d.v, d.clerk, x, 1, Proposed, "2026-04-02", "建议"))
		d.must(Decide(d.ctx, d.v, d.leader, x, 2, Decision{Verdict: Approved, Day: "2026-04-03", No: "1号", Reason: "同意"}))
		a, err := ApplicationByID(d.ctx, d.v, d.clerk, x)
		d.must(err)
		_, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+2, []Paid{{Person: a.Person, Fen: 5000, Day: "2026-04-10", Source: "三月册"}})
		d.must(err)
		d.waits(x, false, 1)
		rows, err := PaymentsOf(d.ctx, d.v, p, a.Person)
		d.must(err)
		d.must(VoidMonth(d.ctx, d.v, d.clerk, rows[0].ID, 1, "银行退回了"))
		d.waits(x, true, 0)
	})
}

// A recovery of what was void since has nothing left to come, and nothing of it can be entered as paid back; with the right payment only what
// that is less counts, and with the wrong one entered anew it waits again.
func TestAVoidMonthOfARecovery(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person := d.takeOne(p, "庄大娘", "19410805", 12)
		take := func(m Month, fen int64, source string) {
			t.Helper()
			_, err := TakePayments(d.ctx, d.v, d.clerk, p, m, []Paid{{Person: person.ID, Fen: fen, Day: "2026-04-01", Source: source}})
			d.must(err)
		}
		void := func(m string) {
			t.Helper()
			id, err := store.One(d.ctx, d.v, store.Value[int64], `select id from payment where month = $1 and application = 0 and void = ''`, m)
			d.must(err)
			d.must(VoidMonth(d.ctx, d.v, d.clerk, id, 1, "从来没有发过"))
		}
		take(2026*12+1, 9000, "册")
		take(2026*12+2, 9000, "册")
		asked := Application{Programme: p, Person: person.ID, Kind: Recover, Source: Inspected, Received: "2026-04-16", Reason: "多发"}
		x, err := Propose(d.ctx, d.v, d.clerk, asked)
		d.must(err)
		d.advance(x, Proposed)
		d.decideAs(x, Decision{})
		left := func(what string, fen int64, waits bool) {
			t.Helper()
			q, err := PendingByID(d.ctx, d.v, d.clerk, x)
			d.must(err)
			if q.Unpaid != waits || q.Covered == waits || (q.Left > 0) != waits {
				t.Errorf("%s: %+v", what, q)
			}
			d.refuses(Settle(d.ctx, d.v, d.clerk, x, d.version("application", x), fen+1, "2026-04-16", "缴款书"), "金额", "还能登记"+Yuan(fen))
		}
		again := func(fen int64) {
			t.Helper()
			d.refuses(Settle(d.ctx, d.v, d.clerk, x, d.version("application", x), fen+1, "2026-04-16", "缴款书"), "金额", "这里只能再登记"+Yuan(fen)+"元")
		}
		left("both stand", 8000, true)
		void("2026-02")
		again(4000)
		d.waits(x, true, 0) // of March
		take(2026*12+1, 5000, "更正册")
		again(4000)
		void("2026-03")
		again(0)
		d.waits(x, false, 0)
		take(2026*12+2, 7000, "更正册")
		again(2000)
		d.waits(x, true, 0)
		_, err = Propose(d.ctx, d.v, d.clerk, asked)
		d.refuses(err, "事项", "还有20元没有到账")
		d.must(Settle(d.ctx, d.v, d.clerk, x, d.version("application", x), 2000, "2026-04-16", "缴款书"))
		if q, err := PendingByID(d.ctx, d.v, d.clerk, x); err != nil || q.Left != 0 || !q.Covered {
			t.Errorf("%+v, %v", q, err)
		}
		again(0)
		if got, want := d.months(p, person.ID), "2026-02 50/50, 2026-03 50/50"; got != want {
			t.Errorf("settled: %s", got)
		}
	})
}

// Arrears of what a month was paid short end when the short payment was void and the whole one was entered, and wait while it was not.
func TestTheShortPaymentIsVoid(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person := d.takeOne(p, "庄大娘", "19410805", 12)
		take := func(fen int64, source string) {
			t.Helper()
			_, err := TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+2, []Paid{{Person: person.ID, Fen: fen, Day: "2026-04-01", Source: source}})
			d.must(err)
		}
		void := func() {
			t.Helper()
			id, err := store.One(d.ctx, d.v, store.Value[int64], `select id from payment where void = '' and application = 0`)
			d.must(err)
			d.must(VoidMonth(d.ctx, d.v, d.clerk, id, 1, "抄错了"))
		}
		take(3000, "册")
		x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: Arrears, Source: Screened, Received: "2026-04-16", Reason: "少发"})
		d.must(err)
		d.advance(x, Proposed)
		d.decideAs(x, Decision{})
		settle := func(fen int64) error {
			return Settle(d.ctx, d.v, d.clerk, x, d.version("application", x), fen, "2026-04-16", "回单")
		}
		void()
		d.waits(x, true, 0)
		take(5000, "银行册")
		d.refuses(settle(1), "金额", "2026年3月发放的30元已于2026-04-16作废，2026年3月已于2026-04-01发放50元（银行册），这里只能再登记0元")
		d.waits(x, false, 0)
		void()
		d.waits(x, true, 0)
		take(4000, "银行册二")
		d.waits(x, true, 0)
		d.refuses(settle(2000), "金额", "这里只能再登记10元")
		d.must(settle(1000))
		d.waits(x, false, 1)
		if got, want := d.months(p, person.ID), "2026-03 50/50"; got != want {
			t.Errorf("settled: %s", got)
		}
		if q, err := PendingByID(d.ctx, d.v, d.clerk, x); err != nil || q.Left != 0 {
			t.Errorf("%+v, %v", q, err)
		}
	})
}

// A month inside arrears whose payment stood when they were asked for and was void since is entered anew by hand: they do not hold it. One that
// was void before is theirs.
func TestAVoidMonthInsideArrearsIsEnteredAnew(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person, other := d.takeOne(p, "庄大娘", "19410805", 12), d.takeOne(p, "别人", "19310805", 14)
		for m := Month(2026 * 12); m <= 2026*12+2; m++ {
			list := []Paid{{Person: other.ID, Fen: 5000, Day: "2026-04-01", Source: "册"}}
			if m > 2026*12 {
				list = append(list, Paid{Person: person.ID, Fen: 5000, Day: "2026-04-01", Source: "册"})
			}
			_, err := TakePayments(d.ctx, d.v, d.clerk, p, m, list)
			d.must(err)
		}
		void := func(month string) {
			t.Helper()
			id, err := store.One(d.ctx, d.v, store.Value[int64], `select id from payment where month = $1 and person = $2 and void = ''`, month, person.ID)
			d.must(err)
			d.must(VoidMonth(d.ctx, d.v, d.clerk, id, 1, "是别人的回单"))
		}
		void("2026-03")
		x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: Arrears, Source: Screened, Received: "2026-04-16", Reason: "漏发"})
		d.must(err)
		d.advance(x, Proposed)
		d.decideAs(x, Decision{})
		void("2026-02")
		pay := func(m Month) error {
			_, err := PayMonth(d.ctx, d.v, d.clerk, p, m, []int64{person.ID}, "2026-04-16", "回单")
			return err
		}
		d.refuses(pay(2026*12+2), "发放", "请在那件补发里登记")
		d.must(pay(2026*12 + 1))
		d.must(Settle(d.ctx, d.v, d.clerk, x, d.version("application", x), 10000, "2026-04-16", "补发册"))
		if got, want := d.months(p, person.ID), "2026-01 50/50, 2026-02 50/50, 2026-03 50/50"; got != want {
			t.Errorf("settled: %s", got)
		}
	})
}

// A month between arrears whose only payment was void before they were asked for was unknown then: it is not held by them once they came.
func TestAMonthVoidBeforeArrears(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		d.must(d.set(p, NewValue{Name: Cycle, Value: Monthly, From: "2010-01-01"}))
		person, other := d.takeOne(p, "庄大娘", "19410805", 12), d.takeOne(p, "别人", "19310805", 14)
		paid := func(who int64, m Month) {
			t.Helper()
			_, err := TakePayments(d.ctx, d.v, d.clerk, p, m, []Paid{{Person: who, Fen: 5000, Day: "2026-04-15", Source: "册"}})
			d.must(err)
		}
		paid(other.ID, 2026*12)
		paid(other.ID, 2026*12+2)
		paid(person.ID, 2026*12+1)
		id, err := store.One(d.ctx, d.v, store.Value[int64], `select id from payment where month = '2026-02'`)
		d.must(err)
		d.must(VoidMonth(d.ctx, d.v, d.clerk, id, 1, "错"))
		reckoned := Application{Programme: p, Person: person.ID, Kind: Arrears, Source: Screened, Received: "2026-04-16", Reason: "漏发"}
		x, err := Propose(d.ctx, d.v, d.clerk, reckoned)
		d.must(err)
		d.advance(x, Proposed)
		d.decideAs(x, Decision{})
		paid(person.ID, 2026*12)
		paid(person.ID, 2026*12+2)
		paid(other.ID, 2026*12+1)
		x, err = Propose(d.ctx, d.v, d.clerk, reckoned)
		d.must(err)
		if a, err := ApplicationByID(d.ctx, d.v, d.clerk, x); err != nil || a.Amount != 5000 || a.From != 2026*12+1 || a.To != 2026*12+1 {
			t.Errorf("%+v, %v", a, err)
		}
	})
}
