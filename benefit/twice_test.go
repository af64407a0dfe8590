package benefit

import "testing"

// TestArrearsTwice: what the county granted and nobody has paid yet is not asked for again.
func TestArrearsTwice(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a := d.takeOne(p, "庄大娘", "19451015", 12)
		b := d.takeOne(p, "别人", "19310805", 14)
		for m := Month(2025*12 + 9); m <= 2026*12+2; m++ {
			_, err := TakePayments(d.ctx, d.v, d.clerk, p, m, []Paid{{Person: b.ID, Fen: 5000, Day: "2026-04-01", Source: "册"}})
			d.must(err)
		}
		one := func(reason string) int64 {
			x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: a.ID, Kind: Arrears, Source: Screened, Received: "2026-04-16", Reason: reason})
			d.must(err)
			d.advance(x, Proposed)
			d.decideAs(x, Decision{})
			return x
		}
		x := one("漏发")
		_, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: a.ID, Kind: Arrears, Source: Screened, Received: "2026-04-16", Reason: "再提"})
		d.refuses(err, "事项", "没有到账")
		for _, z := range []int64{x} {
			ap, _ := ApplicationByID(d.ctx, d.v, d.clerk, z)
			d.must(Settle(d.ctx, d.v, d.clerk, z, d.version("application", z), ap.Amount, "2026-04-16", "回单"))
		}
		ac, _ := AccountOf(d.ctx, d.v, d.clerk, p, a.ID, "2026-04-16")
		if ac.Sum.Overpaid() != 0 {
			t.Errorf("%s yuan paid twice: %+v", Yuan(ac.Sum.Overpaid()), ac.Sum)
		}
	})
}

// TestCapCountsWhatWasMadeGood: months that were made good count for the cap.
func TestCapCountsWhatWasMadeGood(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		d.must(d.set(p, NewValue{Name: ArrearsCap, Value: "3", From: "2010-01-01"}))
		a := d.takeOne(p, "庄大娘", "19451015", 12)
		b := d.takeOne(p, "别人", "19310805", 14)
		for m := Month(2025*12 + 9); m <= 2026*12+2; m++ {
			list := []Paid{{Person: b.ID, Fen: 5000, Day: "2026-04-01", Source: "册"}}
			if m == 2025*12+9 {
				list = append(list, Paid{Person: a.ID, Fen: 1000, Day: "2026-04-01", Source: "册"})
			}
			_, err := TakePayments(d.ctx, d.v, d.clerk, p, m, list)
			d.must(err)
		}
		x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: a.ID, Kind: Arrears, Source: Screened, Received: "2026-04-16", Reason: "漏发"})
		d.must(err)
		d.advance(x, Proposed)
		d.decideAs(x, Decision{})
		ap, _ := ApplicationByID(d.ctx, d.v, d.clerk, x)
		d.must(Settle(d.ctx, d.v, d.clerk, x, d.version("application", x), ap.Amount, "2026-04-16", "回单"))
		ac, _ := AccountOf(d.ctx, d.v, d.clerk, p, a.ID, "2026-04-16")
		for _, l := range ac.Lines {
			t.Logf("%s due %d paid %d %s %s", l.Month, l.Fen, l.Paid, l.Verdict, l.Barred)
		}
		if ac.Sum.Arrears != 0 {
			t.Errorf("settled %s, and again owed %+v", Yuan(ap.Amount), ac.Sum)
		}
	})
}

// TestNewerStandardReachesBack: a newer decision that reaches back ends an older one.
func TestNewerStandardReachesBack(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p, err := AddProgramme(d.ctx, d.v, d.clerk, d.town, NewProgramme{Example: "dibao", From: "2010-01-01", Basis: "临民〔2009〕31号"})
		d.must(err)
		_, err = TakeRoll(d.ctx, d.v, d.clerk, p, []Entry{{Subject: Subject{Number: id("19700101", 12), Name: "庄户主", Village: d.east, Household: "1"}, Standard: 30000, Relation: "户主", Starts: 2025 * 12, Source: "册"}})
		d.must(err)
		f, _ := FindNumber(d.ctx, d.v, d.clerk, id("19700101", 12))
		change := func(from Month, fen int64, reason string) {
			x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: f[0].ID, Kind: Change, Source: Screened, Received: "2026-04-01", Reason: reason, Amount: fen, From: from})
			d.must(err)
			d.must(Advance(d.ctx, d.v, d.clerk, x, 1, Posted, "2026-04-02", "栏"))
			d.must(Advance(d.ctx, d.v, d.clerk, x, 2, Proposed, "2026-04-12", "同意"))
			d.decideAs(x, Decision{})
		}
		change(2026*12, 35000, "人口增加")
		change(2025*12+6, 40000, "更早起应为400")
		if due := d.owed(p, f[0].ID, 2026*12+3); due.Fen != 40000 {
			t.Errorf("the county decided 400 from 2025-07, and 2026-04 owes %s", Yuan(due.Fen))
		}
	})
}
