package benefit

import (
	"errors"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// granted is an application about money that the county approved in April 2026: three months of 庄大娘, 150 yuan.
func (d *desk) granted(p int64) (Person, int64) {
	d.t.Helper()
	a := d.takeOne(p, "庄大娘", "19410805", 12)
	b := d.takeOne(p, "别人", "19310805", 14)
	for m := Month(2026 * 12); m <= 2026*12+2; m++ {
		_, err := TakePayments(d.ctx, d.v, d.clerk, p, m, []Paid{{Person: b.ID, Fen: 5000, Day: "2026-04-01", Source: "册"}})
		d.must(err)
	}
	x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: a.ID, Kind: Arrears, Source: Screened, Received: "2026-04-16", Reason: "漏发"})
	d.must(err)
	d.advance(x, Proposed)
	d.decideAs(x, Decision{})
	return a, x
}

// months writes what the months of somebody are: 2026-01 50/50.
func (d *desk) months(p, person int64) string {
	d.t.Helper()
	a, err := AccountOf(d.ctx, d.v, d.clerk, p, person, "2026-04-16")
	d.must(err)
	var list []string
	for _, l := range a.Lines {
		if l.Verdict != Unknown {
			list = append(list, l.Month.String()+" "+Yuan(l.Fen)+"/"+Yuan(l.Paid)+string(l.Verdict))
		}
	}
	return strings.Join(list, ", ")
}

// What was settled wrongly is made void by whoever may enter it: its months are open again, its rows stay, and the right one is entered.
func TestASettlementIsMadeVoid(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person, x := d.granted(p)
		settle := func(yuan int64, source string) {
			t.Helper()
			d.must(Settle(d.ctx, d.v, d.clerk, x, d.version("application", x), yuan*100, "2026-04-16", source))
		}
		settle(80, "回单1") // the first month and part of the second
		settle(70, "回单2")
		if got, want := d.months(p, person.ID), "2026-01 50/50, 2026-02 50/50, 2026-03 50/50"; got != want {
			t.Fatalf("settled: %s", got)
		}
		list, err := Settlements(d.ctx, d.v, x)
		d.must(err)
		if len(list) != 2 || list[0].Fen != 8000 || list[1].Fen != 7000 || list[0].Entry == 0 || list[0].From != 2026*12 || list[0].To != 2026*12+1 {
			t.Fatalf("%+v", list)
		}
		void := func(who org.Person, version, entry int64, why string) error {
			return VoidSettlement(d.ctx, d.v, who, x, version, entry, why)
		}
		version := d.version("application", x)
		d.refuses(void(d.clerk, version, list[0].Entry, " "), "作废原因", "错在哪里")
		d.refuses(void(d.clerk, version, list[0].Entry, "号码"+id("19410805", 12)), "作废原因", "请删去")
		if err := void(d.leader, version, list[0].Entry, "x"); !errors.As(err, new(org.Denied)) {
			t.Errorf("who may not enter it: %v", err)
		}
		if err := void(d.far, version, list[0].Entry, "x"); err == nil {
			t.Error("another town")
		}
		if err := void(d.clerk, version-1, list[0].Entry, "回单是别人的"); !errors.As(err, new(journal.Stale)) {
			t.Errorf("from an old page: %v", err)
		}
		if err := void(d.clerk, version, 77, "x"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("what is not there: %v", err)
		}
		rows := func() int {
			n, err := store.One(d.ctx, d.v, store.Value[int], `select count(*) from payment`)
			d.must(err)
			return n
		}
		before := rows()
		d.must(void(d.other, version, list[0].Entry, "回单1是另一个人的"))
		d.must(void(d.other, version, list[0].Entry, "回单1是另一个人的")) // the same form again
		if rows() != before {
			t.Error("rows were deleted")
		}
		if got, want := d.months(p, person.ID), "2026-01 50/0未发, 2026-02 50/20少发, 2026-03 50/50"; got != want {
			t.Errorf("void: %s", got)
		}
		if list, err = Settlements(d.ctx, d.v, x); err != nil || list[0].Void != "2026-04-16" || list[0].VoidWhy != "回单1是另一个人的" || list[1].Void != "" {
			t.Errorf("%+v, %v", list, err)
		}
		queue := func() Pending {
			t.Helper()
			q, err := PendingByID(d.ctx, d.v, d.clerk, x)
			d.must(err)
			return q
		}
		if q := queue(); q.Paid != 7000 || q.Unpaid {
			t.Errorf("one of two: %+v", q)
		}
		paid, err := PaidFor(d.ctx, d.v, x)
		d.must(err)
		if len(paid) != 2 {
			t.Errorf("%d rows count", len(paid))
		}
		d.must(void(d.clerk, d.version("application", x), list[1].Entry, "整批退回"))
		if q := queue(); q.Paid != 0 || !q.Unpaid {
			t.Errorf("all of it: %+v", q)
		}
		if e, err := Enjoying(d.ctx, d.v, d.clerk, p, "2026-04-16", "2026-04-16"); err != nil || e.Persons != 0 {
			t.Errorf("what is void counts as enjoyed: %+v, %v", e, err)
		}
		settle(150, "回单1") // the same words as the one that is void
		if got, want := d.months(p, person.ID), "2026-01 50/50, 2026-02 50/50, 2026-03 50/50"; got != want {
			t.Errorf("entered anew: %s", got)
		}
		events, err := journal.Of(d.ctx, d.v, "application", x, 50)
		d.must(err)
		var verbs []string
		for _, e := range events {
			verbs = append(verbs, e.Verb)
		}
		if text := strings.Join(verbs, " "); strings.Count(text, "作废") != 2 || strings.Count(text, "发放") != 3 {
			t.Errorf("the journal has %s", text)
		}
	})
}

// A form that lay open while somebody else made the month good, paid it or stopped the entry records nobody, and says what was there.
func TestPayMonthFromAnOldPage(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person, x := d.granted(p)
		third := d.takeOne(p, "乔奶奶", "19350201", 16)
		pay := func(who org.Person, source string, people ...int64) (TakeResult, error) {
			return PayMonth(d.ctx, d.v, who, p, 2026*12+1, people, "2026-04-16", source)
		}
		if _, err := pay(d.village, "册", third.ID); !errors.As(err, new(org.Denied)) {
			t.Errorf("a village: %v", err)
		}
		d.must(Settle(d.ctx, d.v, d.other, x, d.version("application", x), 15000, "2026-04-16", "补发册第3行"))
		_, err := pay(d.clerk, "二月册", person.ID, third.ID)
		d.refuses(err, "发放", "庄大娘：2026-04-16已补发50元（补发册第3行）")
		if rows, _ := PaymentsOf(d.ctx, d.v, p, third.ID); len(rows) != 0 {
			t.Errorf("half of the form was recorded: %+v", rows)
		}
		for i, want := range []TakeResult{{New: 1}, {Same: 1}} { // the same form again
			if got, err := pay(d.clerk, "二月册", third.ID); err != nil || got.New != want.New || got.Same != want.Same {
				t.Errorf("%d: %+v, %v", i, got, err)
			}
		}
		_, err = pay(d.clerk, "另一册", third.ID)
		d.refuses(err, "发放", "乔奶奶：2026-04-16已发放50元（二月册）")
		d.must(EditPerson(d.ctx, d.v, d.clerk, person.ID, d.version("person", person.ID), PersonEdit{Name: person.Name, Birth: person.Birth, Dead: "2025-12-20"}))
		s, err := Settlements(d.ctx, d.v, x)
		d.must(err)
		d.must(VoidSettlement(d.ctx, d.v, d.clerk, x, d.version("application", x), s[0].Entry, "人已去世"))
		_, err = pay(d.clerk, "二月册", person.ID)
		d.refuses(err, "发放", "庄大娘这个月没有应发的")
	})
}

// What was paid before the county decided is no fruit of the decision, whatever month it was for.
func TestPaidBeforeTheDecision(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person := d.takeOne(p, "庄大娘", "19410805", 12)
		x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: Suspend, Source: Inspected, Received: "2026-04-01", Reason: "没有认证"})
		d.must(err)
		d.must(Advance(d.ctx, d.v, d.clerk, x, 1, Proposed, "2026-04-02", "建议"))
		d.must(Decide(d.ctx, d.v, d.leader, x, 2, Decision{Verdict: Approved, Day: "2026-04-03", No: "1号", Reason: "同意", From: 2026*12 + 3}))
		x, err = Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: Resume, Source: Inspected, Received: "2026-04-10", From: 2026 * 12, Reason: "已认证"})
		d.must(err)
		d.must(Advance(d.ctx, d.v, d.clerk, x, 1, Proposed, "2026-04-11", "建议"))
		_, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+1, []Paid{{Person: person.ID, Fen: 5000, Day: "2026-04-12", Source: "二月册"}})
		d.must(err)
		d.must(Decide(d.ctx, d.v, d.leader, x, 2, Decision{Verdict: Approved, Day: "2026-04-13", No: "2号", Reason: "同意"}))
		check := func(what string, want int) {
			t.Helper()
			paid, err := PaidFor(d.ctx, d.v, x)
			d.must(err)
			q, err := PendingByID(d.ctx, d.v, d.clerk, x)
			d.must(err)
			if len(paid) != want || q.Unpaid != (want == 0) {
				t.Errorf("%s: %d payments, unpaid %v", what, len(paid), q.Unpaid)
			}
		}
		check("paid a day before the decision", 0)
		_, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+2, []Paid{{Person: person.ID, Fen: 5000, Day: "2026-04-13", Source: "三月册"}})
		d.must(err)
		check("paid on the day of the decision", 1)
	})
}

// Applications are measured by the limits of their programme: the county's days, and the month after the decision.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		what      string
		a         Pending
		payable   Month
		slow, due bool
	}{
		{"in time", Pending{Application: Application{Step: Proposed, Received: "2026-03-17"}}, 2026*12 + 2, false, false},
		{"a day late", Pending{Application: Application{Step: Proposed, Received: "2026-03-16"}}, 2026*12 + 2, true, false},
		{"late in the town", Pending{Application: Application{Step: Received, Received: "2026-01-16"}}, 2026*12 + 2, true, false},
		{"decided", Pending{Application: Application{Step: Decided, Received: "2026-01-16", Decided: "2026-03-20"}}, 2026*12 + 2, false, false},
		{"the next month is not over", Pending{Unpaid: true, Application: Application{Step: Decided, Kind: New, Decided: "2026-03-20", From: 2026*12 + 2}}, 2026*12 + 2, false, false},
		{"the next month is over", Pending{Unpaid: true, Application: Application{Step: Decided, Kind: New, Decided: "2026-02-20", From: 2026*12 + 2}}, 2026*12 + 2, false, true},
		{"it begins later", Pending{Unpaid: true, Application: Application{Step: Decided, Kind: New, Decided: "2026-02-20", From: 2026*12 + 3}}, 2026*12 + 2, false, false},
		{"arrears", Pending{Unpaid: true, Application: Application{Step: Decided, Kind: Arrears, Decided: "2026-02-20", From: 2020 * 12}}, 2026*12 + 2, false, true},
		{"paid", Pending{Application: Application{Step: Decided, Kind: Arrears, Decided: "2025-02-20"}}, 2026*12 + 2, false, false},
	} {
		l := Limits{Programme: 1, Day: "2026-04-16", Days: 30, Payable: c.payable}
		if l.Slow(c.a.Application) != c.slow || l.Overdue(c.a) != c.due {
			t.Errorf("%s: slow %v, overdue %v", c.what, l.Slow(c.a.Application), l.Overdue(c.a))
		}
	}
}

// The lists of the queue are just the applications that their limits speak of.
func TestLimitsInTheQueue(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		d.must(d.set(p, NewValue{Name: Cycle, Value: Monthly, From: "2010-01-01"}))
		person, x := d.granted(p)
		old := d.takeOne(p, "乔奶奶", "19350201", 16)
		slow, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: old.ID, Kind: Stop, Source: Applied, Received: "2026-03-10", Reason: "本人要求"})
		d.must(err)
		terms, err := TermsOf(d.ctx, d.v, p)
		d.must(err)
		for _, c := range []struct {
			day           string
			slow, overdue []int64
		}{{"2026-04-09", nil, nil}, {"2026-04-10", []int64{slow}, nil}, {"2026-05-31", []int64{slow}, nil}, {"2026-06-01", []int64{slow}, []int64{x}}} {
			limits := []Limits{LimitsOf(p, terms, c.day)}
			for _, q := range []struct {
				f    Queue
				want []int64
			}{{Queue{Slow: true, Limits: limits}, c.slow}, {Queue{Overdue: true, Limits: limits}, c.overdue}} {
				list, err := Applications(d.ctx, d.v, d.clerk, q.f)
				d.must(err)
				counts, err := CountApplications(d.ctx, d.v, d.party, q.f)
				d.must(err)
				n := 0
				for _, k := range counts {
					n += k
				}
				if len(list) != len(q.want) || n != len(q.want) || len(list) > 0 && list[0].ID != q.want[0] {
					t.Errorf("%s %+v: %d listed, %d counted, want %v", c.day, q.f, len(list), n, q.want)
				}
				for _, a := range list {
					if l := limits[0]; q.f.Slow && !l.Slow(a.Application) || q.f.Overdue && !l.Overdue(a) {
						t.Errorf("%s: the row says otherwise", c.day)
					}
				}
			}
		}
		if list, err := Applications(d.ctx, d.v, d.clerk, Queue{Slow: true}); err != nil || len(list) != 0 {
			t.Errorf("without limits nothing is slow: %d, %v", len(list), err)
		}
		_ = person
	})
}

// A name that was taken over from a list is told from one that the county decided about.
func TestTakenOver(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		d.takeOne(p, "庄大娘", "19410805", 12)
		x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Subject: Subject{Number: id("19350201", 16), Name: "乔奶奶", Village: d.east}, Kind: New, Source: Screened, Received: "2026-04-01", From: 2026*12 + 3, Reason: "应享未享"})
		d.must(err)
		d.must(Advance(d.ctx, d.v, d.clerk, x, 1, Proposed, "2026-04-02", "建议"))
		d.must(Decide(d.ctx, d.v, d.leader, x, 2, Decision{Verdict: Approved, Day: "2026-04-03", No: "1号", Reason: "同意"}))
		rolls, err := Rolls(d.ctx, d.v, d.clerk, Filter{Programme: p})
		d.must(err)
		for _, r := range rolls {
			if r.TakenOver != (r.Person.Name == "庄大娘") {
				t.Errorf("%s: taken over %v", r.Person.Name, r.TakenOver)
			}
		}
		// What a list had put on the roll before the decision was entered is decided.
		y, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Subject: Subject{Number: id("19360301", 18), Name: "柳奶奶", Village: d.east}, Kind: New, Source: Screened, Received: "2026-04-01", From: 2026*12 + 3, Reason: "应享未享"})
		d.must(err)
		d.must(Advance(d.ctx, d.v, d.clerk, y, 1, Proposed, "2026-04-02", "建议"))
		listed := d.takeOne(p, "柳奶奶", "19360301", 18)
		one := func() Roll {
			list, err := RollsOf(d.ctx, d.v, listed.ID)
			d.must(err)
			return list[0]
		}
		if !one().TakenOver {
			t.Error("of a list, and not taken over")
		}
		d.must(Decide(d.ctx, d.v, d.leader, y, 2, Decision{Verdict: Approved, Day: "2026-04-03", No: "1号", Reason: "同意"}))
		if one().TakenOver {
			t.Error("decided, and still taken over")
		}
	})
}
