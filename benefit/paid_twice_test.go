package benefit

import (
	"testing"

	"bihuan/store"
)

// A person who is ticked twice is paid once, and told of once.
func TestTickedTwice(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a, b := d.takeOne(p, "庄大娘", "19410805", 12), d.takeOne(p, "乔奶奶", "19350201", 16)
		got, err := PayMonth(d.ctx, d.v, d.clerk, p, 2026*12+2, []int64{b.ID, a.ID, b.ID}, "2026-04-10", "三月册")
		d.must(err)
		for _, x := range []Person{a, b} {
			if rows, err := PaymentsOf(d.ctx, d.v, p, x.ID); err != nil || len(rows) != 1 || rows[0].Fen != 5000 {
				t.Errorf("%s: %+v, %v", x.Name, rows, err)
			}
		}
		if got.New != 2 {
			t.Errorf("%d are told of", got.New)
		}
	})
}

// A list that does not say on what day it paid ends what was decided before it came, and not what was decided after.
func TestPaidOnADayThatNobodySaid(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		d.takeOne(p, "别人", "19310805", 14)
		granted := func(name, birth string, seq int) (int64, int64) {
			t.Helper()
			x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Subject: Subject{Number: id(birth, seq), Name: name, Village: d.east}, Kind: New, Source: Screened, Received: "2026-04-01", From: 2026*12 + 2, Reason: "应享未享"})
			d.must(err)
			d.must(Advance(d.ctx, d.v, d.clerk, x, 1, Proposed, "2026-04-02", "建议"))
			a, err := ApplicationByID(d.ctx, d.v, d.clerk, x)
			d.must(err)
			return x, a.Person
		}
		decide := func(x int64) {
			t.Helper()
			d.must(Decide(d.ctx, d.v, d.leader, x, 2, Decision{Verdict: Approved, Day: "2026-04-14", No: "1号", Reason: "同意"}))
		}
		take := func(person int64, untold bool) {
			t.Helper()
			_, err := TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+2, []Paid{{Person: person, Fen: 5000, Day: "2026-03-31", Untold: untold, Source: "三月册"}})
			d.must(err)
		}
		ended := func(what string, x int64, want bool) {
			t.Helper()
			q, err := PendingByID(d.ctx, d.v, d.clerk, x)
			d.must(err)
			paid, err := PaidFor(d.ctx, d.v, x)
			d.must(err)
			if q.Unpaid == want || (len(paid) > 0) != want {
				t.Errorf("%s: unpaid %v, %d payments", what, q.Unpaid, len(paid))
			}
		}
		told, who := granted("庄大娘", "19410805", 12)
		decide(told)
		take(who, false)
		ended("a day that was said, before the decision", told, false)
		untold, who := granted("乔奶奶", "19350201", 16)
		decide(untold)
		take(who, true)
		ended("no day was said, and it came after the decision", untold, true)
		rows, err := PaymentsOf(d.ctx, d.v, p, who)
		d.must(err)
		d.must(CorrectPayment(d.ctx, d.v, d.clerk, rows[0].ID, 1, 6000, "2026-03-31", "册上是60元"))
		ended("only the amount was corrected", untold, true)
		d.must(CorrectPayment(d.ctx, d.v, d.clerk, rows[0].ID, 2, 6000, "2026-03-30", "银行流水"))
		ended("the day was corrected", untold, false)
		before, who := granted("柳奶奶", "19360301", 18)
		d.now = d.now.AddDate(0, 0, -4) // the list came on the 12th
		take(who, true)
		d.now = d.now.AddDate(0, 0, 4)
		decide(before)
		ended("no day was said, and it came before the decision", before, false)
	})
}

// Months that the county approved arrears for are not ticked off beside them, and months that a list paid meanwhile are not settled again.
func TestMonthsPaidBesideArrears(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person, x := d.granted(p)
		_, err := PayMonth(d.ctx, d.v, d.clerk, p, 2026*12+1, []int64{person.ID}, "2026-04-16", "二月册")
		d.refuses(err, "发放", "庄大娘：县里2026-04-16已同意补发2026年1月至2026年3月150元，还有150元没有到账，请在那件补发里登记")
		_, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+1, []Paid{{Person: person.ID, Fen: 5000, Day: "2026-04-10", Source: "二月册第8行"}})
		d.must(err)
		settle := func(yuan int64) error {
			return Settle(d.ctx, d.v, d.clerk, x, d.version("application", x), yuan*100, "2026-04-16", "回单")
		}
		d.refuses(settle(150), "金额", "提出以后2026年2月已于2026-04-10发放50元（二月册第8行），这里只能再登记100元")
		d.must(settle(100))
		if got, want := d.months(p, person.ID), "2026-01 50/50, 2026-02 50/50, 2026-03 50/50"; got != want {
			t.Errorf("settled: %s", got)
		}
		// A month that no arrears hold, and one whose arrears were paid in full, are as ever.
		other := d.takeOne(p, "乔奶奶", "19350201", 16)
		if got, err := PayMonth(d.ctx, d.v, d.clerk, p, 2026*12+1, []int64{other.ID}, "2026-04-16", "二月册"); err != nil || got.New != 1 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// arrears asks for arrears of somebody, from a month to a month.
func arrears(p, person int64, from, to Month, fen int64) Application {
	return Application{Programme: p, Person: person, Kind: Arrears, Source: Inspected, Received: "2026-04-16", Amount: fen, From: from, To: to, Reason: "也漏了"}
}

// waits fails when an application waits for its money or not, or has led to another number of payments.
func (d *desk) waits(x int64, want bool, rows int) {
	d.t.Helper()
	q, err := PendingByID(d.ctx, d.v, d.clerk, x)
	d.must(err)
	list, err := PaidFor(d.ctx, d.v, x)
	d.must(err)
	unpaid, err := Applications(d.ctx, d.v, d.clerk, Queue{ID: x, Unpaid: true})
	d.must(err)
	if q.Unpaid != want || (len(unpaid) > 0) != want || len(list) != rows {
		d.t.Errorf("unpaid %v, %d in the queue, %d rows", q.Unpaid, len(unpaid), len(list))
	}
}

// Arrears that come with the lists end what asked for them once all of it has come. What is still to come holds its months and no others.
func TestArrearsPaidByLists(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person, x := d.granted(p)
		paid := func(m Month, day string, untold bool) {
			t.Helper()
			_, err := TakePayments(d.ctx, d.v, d.clerk, p, m, []Paid{{Person: person.ID, Fen: 5000, Day: day, Untold: untold, Source: "补发册"}})
			d.must(err)
		}
		paid(2026*12, "2026-04-16", false)
		paid(2026*12+1, "2026-04-16", false)
		d.waits(x, true, 0)
		_, err := Propose(d.ctx, d.v, d.clerk, arrears(p, person.ID, 2026*12-1, 2026*12+2, 10000))
		d.refuses(err, "事项", "县里2026-04-16已同意补发2026年1月至2026年3月150元，还有50元没有到账")
		paid(2026*12+2, "2026-03-31", true) // nobody said the day: it is as if it had been before the asking
		d.waits(x, false, 2)
		rows, err := PaymentsOf(d.ctx, d.v, p, person.ID)
		d.must(err)
		d.must(CorrectPayment(d.ctx, d.v, d.clerk, rows[0].ID, 1, 5000, "2026-04-16", "银行流水"))
		d.waits(x, false, 3)
		if err := Settle(d.ctx, d.v, d.clerk, x, d.version("application", x), 100, "2026-04-16", "回单"); err == nil {
			t.Error("settled what lists had paid")
		}
		_, err = Propose(d.ctx, d.v, d.clerk, arrears(p, person.ID, 2026*12-1, 2026*12+2, 5000))
		d.must(err)
	})
}

// Arrears that a list had paid before they were asked for, which it told only after, have nothing left to come: they wait no longer and
// stand in no other's way. They led to nothing. Of months that such a list does not have, all is still to come.
func TestArrearsPaidBeforeTheyWereAskedFor(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person, x := d.granted(p)
		paid := func(m Month, day string) {
			t.Helper()
			_, err := TakePayments(d.ctx, d.v, d.clerk, p, m, []Paid{{Person: person.ID, Fen: 5000, Day: day, Source: "迟来的册"}})
			d.must(err)
		}
		settle := func(yuan int64) error {
			return Settle(d.ctx, d.v, d.clerk, x, d.version("application", x), yuan*100, "2026-04-16", "回单")
		}
		paid(2026*12, "2026-04-15")
		paid(2026*12+1, "2026-04-15")
		d.waits(x, true, 0) // the third month is open
		d.refuses(settle(150), "金额", "这里只能再登记50元")
		december, err := Propose(d.ctx, d.v, d.clerk, arrears(p, person.ID, 2026*12-1, 2026*12-1, 5000))
		d.must(err) // another month
		d.advance(december, Proposed)
		d.refuses(Decide(d.ctx, d.v, d.leader, december, d.version("application", december), Decision{Verdict: Approved, Day: "2026-04-16", No: "9号", Reason: "同意", To: 2026*12 + 2}), "事项", "还有50元没有到账")
		d.decideAs(december, Decision{})
		paid(2026*12+2, "2026-04-15")
		d.waits(x, false, 0)
		d.waits(december, true, 0) // not one of its months
		d.refuses(settle(50), "金额", "这里只能再登记0元")
		if g, err := grantedIn(d.ctx, d.v, p, 2026*12+2); err != nil || g[person.ID].ID != 0 {
			t.Errorf("the month is still held: %+v, %v", g, err)
		}
		paid(2026*12-1, "2026-04-16")
		d.waits(december, false, 1)
		d.waits(x, false, 0) // nothing ends twice
		_, err = Propose(d.ctx, d.v, d.clerk, arrears(p, person.ID, 2026*12, 2026*12+2, 3000))
		d.must(err) // the standard was raised
	})
}

// Asked for by what the months come to, arrears leave out the months that something granted holds; another programme is no hindrance.
func TestArrearsBesideWhatWasGranted(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		d.must(d.set(p, NewValue{Name: Cycle, Value: Monthly, From: "2010-01-01"}))
		person, _ := d.granted(p)
		other := d.takeOne(p, "乔奶奶", "19350201", 16)
		reckoned := Application{Programme: p, Person: person.ID, Kind: Arrears, Source: Screened, Received: "2026-04-16", Reason: "又漏了"}
		_, err := Propose(d.ctx, d.v, d.clerk, reckoned)
		d.refuses(err, "事项", "还有150元没有到账")
		_, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12-1, []Paid{{Person: other.ID, Fen: 5000, Day: "2026-04-01", Source: "十二月册"}})
		d.must(err) // the list of another month, on which the person is not
		x, err := Propose(d.ctx, d.v, d.clerk, reckoned)
		d.must(err)
		if a, err := ApplicationByID(d.ctx, d.v, d.clerk, x); err != nil || a.Amount != 5000 || a.From != 2026*12-1 || a.To != 2026*12-1 {
			t.Errorf("%+v, %v", a, err)
		}
		second, err := AddProgramme(d.ctx, d.v, d.clerk, d.town, NewProgramme{Example: "dibao", From: "2010-01-01", Basis: "临民〔2009〕31号"})
		d.must(err)
		_, err = Propose(d.ctx, d.v, d.clerk, arrears(second, person.ID, 2026*12, 2026*12+2, 9000))
		d.must(err)
	})
}

// A month between arrears of which nothing was known is not held by them once a list shows that all they were about had been paid.
func TestAnUnknownMonthBetweenArrears(t *testing.T) {
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
		reckoned := Application{Programme: p, Person: person.ID, Kind: Arrears, Source: Screened, Received: "2026-04-16", Reason: "漏发"}
		x, err := Propose(d.ctx, d.v, d.clerk, reckoned)
		d.must(err)
		if a, err := ApplicationByID(d.ctx, d.v, d.clerk, x); err != nil || a.Amount != 10000 || a.From != 2026*12 || a.To != 2026*12+2 {
			t.Fatalf("%+v, %v", a, err)
		}
		d.advance(x, Proposed)
		d.decideAs(x, Decision{})
		paid(other.ID, 2026*12+1) // the person is not in the list of February
		paid(person.ID, 2026*12)
		_, err = Propose(d.ctx, d.v, d.clerk, reckoned)
		d.refuses(err, "事项", "还有50元没有到账")
		paid(person.ID, 2026*12+2)
		x, err = Propose(d.ctx, d.v, d.clerk, reckoned)
		d.must(err)
		if a, err := ApplicationByID(d.ctx, d.v, d.clerk, x); err != nil || a.Amount != 5000 || a.From != 2026*12+1 || a.To != 2026*12+1 {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// A month inside arrears that had been paid when they were asked for is none of them: told late or entered anew, its payment ends nothing.
func TestAPaidMonthBetweenArrears(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person := d.takeOne(p, "庄大娘", "19410805", 12)
		for m, fen := range map[Month]int64{2026 * 12: 3000, 2026*12 + 1: 5000, 2026*12 + 2: 3000} {
			_, err := TakePayments(d.ctx, d.v, d.clerk, p, m, []Paid{{Person: person.ID, Fen: fen, Day: "2026-04-01", Source: "册"}})
			d.must(err)
		}
		x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: Arrears, Source: Screened, Received: "2026-04-16", Reason: "少发"})
		d.must(err)
		d.advance(x, Proposed)
		d.decideAs(x, Decision{})
		february, err := store.One(d.ctx, d.v, store.Value[int64], `select id from payment where month = '2026-02'`)
		d.must(err)
		d.must(VoidMonth(d.ctx, d.v, d.clerk, february, 1, "是别人的回单"))
		_, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+1, []Paid{{Person: person.ID, Fen: 5000, Day: "2026-04-16", Source: "二月册"}})
		d.must(err)
		d.waits(x, true, 0)
		_, err = Propose(d.ctx, d.v, d.clerk, arrears(p, person.ID, 2026*12, 2026*12+2, 4000))
		d.refuses(err, "事项", "还有40元没有到账")
		d.must(Settle(d.ctx, d.v, d.clerk, x, d.version("application", x), 4000, "2026-04-16", "回单"))
		d.waits(x, false, 2)
		if got, want := d.months(p, person.ID), "2026-01 50/50, 2026-02 50/50, 2026-03 50/50"; got != want {
			t.Errorf("settled: %s", got)
		}
	})
}

// What was paid of arrears is not made void while money was paid back because of it.
func TestVoidUnderARecovery(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person, x := d.granted(p)
		d.must(Settle(d.ctx, d.v, d.clerk, x, d.version("application", x), 15000, "2026-04-16", "回单1"))
		back, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: Recover, Source: Inspected, Received: "2026-04-16", Amount: 5000, From: 2026*12 + 2, To: 2026*12 + 2, Reason: "三月重复"})
		d.must(err)
		d.advance(back, Proposed)
		d.decideAs(back, Decision{})
		d.must(Settle(d.ctx, d.v, d.clerk, back, d.version("application", back), 5000, "2026-04-16", "缴款书7号"))
		void := func(a int64) error {
			t.Helper()
			list, err := Settlements(d.ctx, d.v, a)
			d.must(err)
			return VoidSettlement(d.ctx, d.v, d.clerk, a, d.version("application", a), list[0].Entry, "回单是别人的")
		}
		d.refuses(void(x), "作废原因", "2026年3月后来又登记了追回50元（2026-04-16，缴款书7号），是按这一笔算的；先作废追回的登记")
		d.must(void(back))
		d.must(void(x))
		if n, err := store.One(d.ctx, d.v, store.Value[int], `select count(*) from payment where application <> 0 and void = ''`); err != nil || n != 0 {
			t.Errorf("%d rows count, %v", n, err)
		}
	})
}

// Arrears of months around one that had been paid end when a late list shows that they had been paid, too; those around one of which nothing
// was known, once that is paid.
func TestArrearsAroundAnotherMonth(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		d.must(d.set(p, NewValue{Name: Cycle, Value: Monthly, From: "2010-01-01"}))
		other := d.takeOne(p, "别人", "19310805", 14)
		paid := func(who int64, m Month, day string) {
			t.Helper()
			_, err := TakePayments(d.ctx, d.v, d.clerk, p, m, []Paid{{Person: who, Fen: 5000, Day: day, Source: "册"}})
			d.must(err)
		}
		paid(other.ID, 2026*12, "2026-04-01")
		paid(other.ID, 2026*12+2, "2026-04-01")
		asked := func(person Person, fen int64, from, to Month) int64 {
			t.Helper()
			x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: Arrears, Source: Screened, Received: "2026-04-16", Reason: "漏发"})
			d.must(err)
			if a, err := ApplicationByID(d.ctx, d.v, d.clerk, x); err != nil || a.Amount != fen || a.From != from || a.To != to {
				t.Fatalf("%+v, %v", a, err)
			}
			d.advance(x, Proposed)
			d.decideAs(x, Decision{})
			return x
		}
		before, unknown := d.takeOne(p, "庄大娘", "19410805", 12), d.takeOne(p, "乔奶奶", "19350201", 16)
		y := asked(unknown, 10000, 2026*12, 2026*12+2)
		paid(before.ID, 2026*12+1, "2026-04-01")
		x := asked(before, 10000, 2026*12, 2026*12+2)
		for _, who := range []Person{before, unknown} {
			paid(who.ID, 2026*12, "2026-04-15")
			d.waits(map[int64]int64{before.ID: x, unknown.ID: y}[who.ID], true, 0)
			paid(who.ID, 2026*12+2, "2026-04-15")
		}
		d.waits(x, false, 0)
		d.waits(y, true, 0)
		z := asked(unknown, 5000, 2026*12+1, 2026*12+1)
		d.must(Settle(d.ctx, d.v, d.clerk, z, d.version("application", z), 5000, "2026-04-16", "回单"))
		d.waits(y, false, 0)
		d.waits(z, false, 1)
	})
}
