package lead_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"bihuan/benefit"
	"bihuan/duty"
	"bihuan/journal"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
)

// The whole loop: handed out, checked in the village, the task reported by itself, one sent back, confirmed by somebody else, done.
func TestHitsGoTheWholeWay(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		a, b, c := s.hit(s.east, "HL-01", 1), s.hit(s.east, "HL-02", 2), s.hit(s.west, "HL-01", 3)
		if n := s.handOut(); n != 3 {
			t.Fatalf("%d handed out", n)
		}
		if n := s.handOut(); n != 0 {
			t.Errorf("%d handed out twice", n)
		}
		id := s.get(a).Duty
		d, err := duty.ByID(ctx, s.db, id)
		s.must(err)
		if d.Staff != s.people["east"].ID || d.Finding != s.finding || !strings.Contains(d.Title, "核实疑点2条") || strings.Contains(d.Title, "禾") || !d.Reviewed || d.Home != s.town.ID {
			t.Errorf("%+v", d)
		}
		if s.get(c).Duty == id || s.get(b).Duty != id {
			t.Error("not one duty for each village")
		}
		if list, n, err := lead.Hits(ctx, s.v, s.db, s.people["east"], lead.HitFilter{}); err != nil || n != 2 || slices.ContainsFunc(list, func(h lead.Hit) bool { return h.Village != s.east.ID }) {
			t.Errorf("the village sees %d, %v", n, err)
		}
		for _, who := range []string{"stranger", "secretary"} {
			if _, n, err := lead.Hits(ctx, s.v, s.db, s.people[who], lead.HitFilter{}); err != nil || n != 0 {
				t.Errorf("%s sees %d, %v", who, n, err)
			}
		}
		if _, err := lead.HitByID(ctx, s.v, s.db, s.people["west"], a); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the other village: %v", err)
		}

		s.verify("east", a, lead.RightPay)
		if o := s.task(id); o.Standing != duty.Open {
			t.Errorf("reported with one of two: %s", o.Standing)
		}
		s.verify("east", b, lead.RightStop)
		o := s.task(id)
		if o.Standing != duty.Reported || o.EnteredBy != s.people["east"].ID || !strings.Contains(o.Said, "属实2条") {
			t.Errorf("%+v", o)
		}
		if err := lead.Confirm(ctx, s.v, s.db, s.cal, s.people["east"], a, s.get(a).Version, lead.Opinion{Pass: true}); !errors.As(err, new(org.Denied)) {
			t.Errorf("the village confirms itself: %v", err)
		}
		if err := lead.Confirm(ctx, s.v, s.db, s.cal, s.people["leader"], b, s.get(b).Version, lead.Opinion{}); !errors.As(err, new(org.Invalid)) {
			t.Errorf("sent back without a word: %v", err)
		}
		s.confirm("leader", a, lead.Opinion{Pass: true})
		s.confirm("leader", b, lead.Opinion{Text: "请附火化证明"})
		if o := s.task(id); o.Standing != duty.Returned || o.DecidedBy != s.people["leader"].ID || !strings.Contains(o.Opinion, "退回1条") {
			t.Errorf("%+v", o)
		}
		if h := s.get(b); h.State != lead.HitAssigned || h.Duty != id {
			t.Errorf("%+v", h)
		}
		s.verify("east", b, lead.WrongSource)
		if o := s.task(id); o.Standing != duty.Reported {
			t.Errorf("%+v", o)
		}
		s.confirm("leader", b, lead.Opinion{Pass: true})
		if o := s.task(id); o.Standing != duty.Done {
			t.Errorf("%+v", o)
		}
		if h := s.get(a); h.State != lead.HitConfirmed {
			t.Errorf("%+v", h)
		}
		if h := s.get(b); h.State != lead.HitClosed || h.Closed != "2026-04-16" {
			t.Errorf("%+v", h)
		}
		before, err := journal.Head(ctx, s.db)
		s.must(err)
		s.must(lead.Settle(ctx, s.v, s.db, s.cal))
		if after, _ := journal.Head(ctx, s.db); after != before {
			t.Error("settling what is settled changed something")
		}
	})
}

// Stopped between the two databases, each command is finished by Settle, and by any number of them.
func TestSettleFinishesWhatACrashLeft(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		settle := func() {
			t.Helper()
			for range 2 {
				s.must(lead.Settle(ctx, s.v, s.db, s.cal))
			}
		}
		a, b := s.hit(s.east, "HL-01", 1), s.hit(s.east, "HL-02", 2)
		made, n, err := lead.HandOutAmongResidents(ctx, s.v, s.db, s.people["clerk"], s.run, s.finding, "2026-04-30", s.villages())
		if err != nil || n != 2 || len(made) != 1 {
			t.Fatal(made, n, err)
		}
		if _, err := duty.ByID(ctx, s.db, made[0]); !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("the house has it already: %v", err)
		}
		settle()
		if o := s.task(made[0]); o.Staff != s.people["east"].ID || o.Due != "2026-04-30" {
			t.Errorf("%+v", o)
		}
		verify := func(id int64, o lead.Outcome) {
			t.Helper()
			s.must(lead.VerifyAmongResidents(ctx, s.v, s.db, s.people["east"], id, s.get(id).Version, check(o)))
		}
		confirm := func(id int64, o lead.Opinion) {
			t.Helper()
			s.must(lead.ConfirmAmongResidents(ctx, s.v, s.db, s.people["colleague"], id, s.get(id).Version, o))
		}
		verify(a, lead.RightPay)
		verify(b, lead.Declined)
		if o := s.task(made[0]); o.Standing != duty.Open {
			t.Fatalf("%+v", o)
		}
		settle()
		if o := s.task(made[0]); o.Standing != duty.Reported || o.EnteredBy != s.people["east"].ID {
			t.Errorf("%+v", o)
		}
		confirm(a, lead.Opinion{Text: "没写清楚"})
		confirm(b, lead.Opinion{Pass: true})
		settle()
		if o := s.task(made[0]); o.Standing != duty.Returned {
			t.Errorf("%+v", o)
		}
		verify(a, lead.RightPay)
		confirm(a, lead.Opinion{Pass: true})
		settle() // a report and a decision are owed
		if o := s.task(made[0]); o.Standing != duty.Done || o.DecidedBy != s.people["colleague"].ID {
			t.Errorf("%+v", o)
		}
	})
}

// A duty that the house stops gives its hits back; what was checked stays checked.
func TestStoppedDutyGivesItsHitsBack(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		a, b := s.hit(s.east, "HL-01", 1), s.hit(s.east, "HL-02", 2)
		s.handOut()
		s.verify("east", a, lead.RightPay)
		s.must(s.db.Write(ctx, func(tx *store.Tx) error { return duty.Stop(ctx, tx, s.people["clerk"], s.get(a).Duty, "换人") }))
		s.must(lead.Settle(ctx, s.v, s.db, s.cal))
		if h := s.get(a); h.State != lead.HitChecked {
			t.Errorf("%+v", h)
		}
		if h := s.get(b); h.State != lead.HitNew || h.Duty != 0 {
			t.Errorf("%+v", h)
		}
		s.confirm("leader", a, lead.Opinion{Text: "再看看"})
		if h := s.get(a); h.State != lead.HitNew || h.Duty != 0 {
			t.Errorf("sent back to a duty that is over: %+v", h)
		}
		if n := s.handOut(); n != 2 {
			t.Errorf("%d handed out again", n)
		}
	})
}

// C4: the term of who cannot be reached is prolonged once by thirty days, then the hit goes up.
func TestUnreachable(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		a, b, c := s.hit(s.east, "HL-01", 1), s.hit(s.east, "HL-02", 2), s.hit(s.west, "HL-01", 3)
		s.handOut()
		s.verify("east", a, lead.Unreachable)
		if h := s.get(a); h.State != lead.HitAssigned || h.Due != "2026-05-30" || !h.Extended {
			t.Errorf("%+v", h)
		}
		if o := s.task(s.get(a).Duty); o.Due != "2026-04-30" {
			t.Errorf("prolonged while another waits: %s", o.Due)
		}
		s.verify("east", b, lead.RightStop)
		if o := s.task(s.get(a).Duty); o.Due != "2026-05-30" || o.Standing != duty.Open {
			t.Errorf("%+v", o)
		}
		s.verify("east", a, lead.Unreachable)
		if h := s.get(a); h.State != lead.HitEscalated {
			t.Errorf("%+v", h)
		}
		if o := s.task(s.get(a).Duty); o.Standing != duty.Reported {
			t.Errorf("%+v", o)
		}
		// The other village tries once and lets the time pass.
		s.verify("west", c, lead.Unreachable)
		s.now = time.Date(2026, 6, 1, 9, 0, 0, 0, time.Local)
		s.must(lead.Settle(ctx, s.v, s.db, s.cal))
		if h := s.get(c); h.State != lead.HitEscalated {
			t.Errorf("%+v", h)
		}
		s.verify("clerk", c, lead.RightPay) // the town found them
		s.confirm("leader", c, lead.Opinion{Pass: true})
		if h := s.get(c); h.State != lead.HitConfirmed {
			t.Errorf("%+v", h)
		}
	})
}

// Without a finding the town checks by itself; the same form twice is one check; nobody confirms their own, under whichever name.
func TestCheckedAtTheDesk(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		a := s.hit(s.east, "HL-01", 1)
		h := s.get(a)
		for range 2 {
			s.must(lead.Verify(ctx, s.v, s.db, s.cal, s.people["clerk"], a, h.Version, check(lead.RightPay)))
		}
		if list, _ := lead.Verifications(ctx, s.v, a); len(list) != 1 {
			t.Errorf("%d checks", len(list))
		}
		if err := lead.Verify(ctx, s.v, s.db, s.cal, s.people["east"], a, h.Version, check(lead.RightStop)); !errors.As(err, new(org.Invalid)) {
			t.Errorf("checked over another: %v", err)
		}
		if err := lead.Confirm(ctx, s.v, s.db, s.cal, s.people["clerk"], a, s.get(a).Version, lead.Opinion{Pass: true}); !errors.As(err, new(org.Invalid)) {
			t.Errorf("confirms itself: %v", err)
		}
		s.confirm("leader", a, lead.Opinion{Text: "再问问"})
		c := check(lead.RightPay)
		c.Who = "孟昭宁、郝根生"
		s.must(lead.Verify(ctx, s.v, s.db, s.cal, s.people["clerk"], a, s.get(a).Version, c))
		if err := lead.Confirm(ctx, s.v, s.db, s.cal, s.people["leader"], a, s.get(a).Version, lead.Opinion{Pass: true}); !errors.As(err, new(org.Invalid)) {
			t.Errorf("who went confirms: %v", err)
		}
		s.confirm("colleague", a, lead.Opinion{Pass: true})
		if err := lead.Corrected(ctx, s.v, s.db, s.people["clerk"], a, s.get(a).Version, "改了"); !errors.As(err, new(org.Invalid)) {
			t.Errorf("a right hit corrected away: %v", err)
		}
		b := s.hit(s.east, "HL-07", 2)
		s.verify("clerk", b, lead.WrongRoll)
		s.confirm("leader", b, lead.Opinion{Pass: true})
		s.must(lead.Corrected(ctx, s.v, s.db, s.people["clerk"], b, s.get(b).Version, "出生月份改为10月"))
		if h := s.get(b); h.State != lead.HitClosed {
			t.Errorf("%+v", h)
		}
	})
}

func TestChecksAreRefused(t *testing.T) {
	s := newSQLiteScene(t)
	a := s.hit(s.east, "HL-01", 1)
	for name, spoil := range map[string]func(*lead.Check){
		"no outcome":         func(c *lead.Check) { c.Outcome = "maybe" },
		"no office":          func(c *lead.Check) { c.Outcome = lead.WrongSource },
		"passed to nobody":   func(c *lead.Check) { c.Outcome = lead.PassedOn },
		"no way":             func(c *lead.Check) { c.Method = "猜的" },
		"tomorrow":           func(c *lead.Check) { c.Day = "2026-04-17" },
		"no date":            func(c *lead.Check) { c.Day = "昨天" },
		"no proof":           func(c *lead.Check) { c.Proof = " " },
		"a number as proof":  func(c *lead.Check) { c.Proof = "身份证 990408 1946 1001 001X" },
		"a phone for a name": func(c *lead.Check) { c.Who = "郝根生 138-0000-0000" },
		"too much":           func(c *lead.Check) { c.Said = strings.Repeat("说", 501) },
		"too large":          func(c *lead.Check) { c.File = make([]byte, lead.MostProof+1) },
	} {
		c := check(lead.RightPay)
		spoil(&c)
		if err := lead.Verify(t.Context(), s.v, s.db, s.cal, s.people["east"], a, 1, c); !errors.As(err, new(org.Invalid)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := lead.Verify(t.Context(), s.v, s.db, s.cal, s.people["west"], a, 1, check(lead.RightPay)); !errors.As(err, new(org.Denied)) {
		t.Errorf("another village: %v", err)
	}
	c := check(lead.RightPay)
	c.File = []byte("\xff\xd8\xff\xe0picture")
	s.must(lead.Verify(t.Context(), s.v, s.db, s.cal, s.people["east"], a, 1, c))
	list, err := lead.Verifications(t.Context(), s.v, a)
	s.must(err)
	f, err := s.v.OpenFile(t.Context(), list[0].ProofFile)
	s.must(err)
	if f.Size != int64(len(c.File)) {
		t.Errorf("%d bytes kept", f.Size)
	}
	if err := lead.Verify(t.Context(), s.v, s.db, s.cal, s.people["clerk"], a, 1, check(lead.RightStop)); err == nil {
		t.Error("a second check over the first")
	}
}

// What was wrong with a list is not raised again until the list changes; what the policy allows, for a year.
func TestSuppressions(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		a, b, c := s.hit(s.east, "HL-02", 1), s.hit(s.east, "HL-01", 2), s.hit(s.east, "HL-01", 3)
		for id, o := range map[int64]lead.Outcome{a: lead.WrongSource, b: lead.Allowed, c: lead.RightPay} {
			s.verify("east", id, o)
			s.confirm("leader", id, lead.Opinion{Pass: true})
		}
		list, err := lead.SuppressionsOf(ctx, s.v, s.town.ID)
		s.must(err)
		by := map[int64]lead.Suppression{}
		for _, x := range list {
			by[x.Hit] = x
		}
		if len(list) != 2 || by[a].Kind != screening.Deaths || by[a].Hash != "a-deaths" || by[a].Until < "9000" || by[a].Key != s.get(a).Key {
			t.Fatalf("%+v", list)
		}
		if p := by[b]; p.Kind != "" || p.Hash != "" || p.Until != "2027-04-16" {
			t.Errorf("%+v", p)
		}
		sheets, err := lead.ReturnSheets(ctx, s.v, s.db, s.people["clerk"])
		s.must(err)
		if len(sheets) != 1 || sheets[0].Office != "卫健" || len(sheets[0].Items) != 1 || sheets[0].Items[0].Row() != "死亡名单《deaths.xlsx》第7行" {
			t.Fatalf("%+v", sheets)
		}
		if sheets, _ := lead.ReturnSheets(ctx, s.v, s.db, s.people["stranger"]); len(sheets) != 0 {
			t.Error("another town sees them")
		}
		for range 2 {
			s.must(lead.TellGiver(ctx, s.v, s.db, s.people["clerk"], "卫健", "4月16日书面送卫生院"))
		}
		if sheets, _ := lead.ReturnSheets(ctx, s.v, s.db, s.people["clerk"]); sheets[0].Items[0].Told == "" {
			t.Error("it was not told")
		}
	})
}

// Only a payment row counts: a hit is found, checked, confirmed, proposed, decided and, in the end, paid.
func TestOnlyAPaymentCounts(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		a := s.hit(s.east, "HL-01", 1)
		stage := func() lead.Stage {
			t.Helper()
			s.must(lead.Settle(ctx, s.v, s.db, s.cal))
			rows, err := lead.OutcomesOf(ctx, s.v, s.db, s.people["clerk"], s.run, "")
			s.must(err)
			if len(rows) != 1 {
				t.Fatalf("%d rows", len(rows))
			}
			return rows[0].Stage
		}
		is := func(want lead.Stage) {
			t.Helper()
			if got := stage(); got != want {
				t.Errorf("%s, not %s", lead.Stages[got], lead.Stages[want])
			}
		}
		is(lead.Found)
		s.verify("east", a, lead.RightPay)
		is(lead.CheckedStage)
		s.confirm("leader", a, lead.Opinion{Pass: true})
		is(lead.ConfirmedStage)
		who := s.person(1, "禾甲英", "1946-10-01")
		application := s.application(who, "new", "checked", "", a, 0)
		s.exec(`update hit set application = $2, version = version + 1 where id = $1`, a, application)
		for _, step := range []benefit.Step{benefit.Checked, benefit.Posted, benefit.Held} { // the town has not put it before the county
			s.exec(`update application set step = $2 where id = $1`, application, string(step))
			is(lead.ConfirmedStage)
		}
		s.exec(`update application set step = 'proposed' where id = $1`, application)
		is(lead.ProposedStage)
		s.exec(`update application set step = 'decided', decision = 'approved', decided = '2026-05-06', decision_reason = '符合' where id = $1`, application)
		is(lead.DecidedStage)
		if h := s.get(a); h.State != lead.HitConfirmed {
			t.Errorf("closed before anything was paid: %+v", h)
		}
		pay := `insert into payment (id, programme, person, roll, application, month, amount, paid, source, version) values ($1, $2, $3, 0, $4, $5, $6, $7, '', 1)`
		s.insert(pay, s.programme, who, 0, "2026-03", 5000, "2026-03-20") // before the decision: it was for something else
		is(lead.DecidedStage)
		s.insert(pay, s.programme, who, application, "2026-05", -100, "2026-05-20")
		is(lead.DecidedStage)
		s.insert(pay, s.programme, who, 0, "2026-05", 5000, "2026-05-21")
		is(lead.PaidStage)
		if h := s.get(a); h.State != lead.HitClosed || h.ClosedWhy != "已发放 2026年5月21日" {
			t.Errorf("%+v", h)
		}
		// The same person found again by the next screening stands where the first stands.
		first := a
		s.run = s.screening("2026-05-15", "a")
		b := s.hit(s.east, "HL-01", 1)
		s.exec(`update hit set state = 'same', first_hit = $2 where id = $1`, b, first)
		is(lead.PaidStage)
		list, err := lead.Precisions(ctx, s.v, s.db, s.people["clerk"])
		s.must(err)
		if len(list) != 1 || list[0].Hits != 1 || list[0].Right != 1 || list[0].Paid != 1 || list[0].Yield() != 100 {
			t.Errorf("%+v", list)
		}
	})
}

// A refusal closes with its reasons, a withdrawal leaves the hit open, money paid back closes what was to be recovered.
func TestProposalsThatEndOtherwise(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		for i, c := range []struct {
			kind, step, decision string
			paid                 int64
			state                lead.HitState
			why                  string
			open                 bool
		}{
			{"new", "decided", "refused", 0, lead.HitClosed, "县级决定不予办理：收入超标", false},
			{"stop", "decided", "approved", 0, lead.HitClosed, "县级已决定（2026年5月6日）", false},
			{"recover", "decided", "approved", 0, lead.HitConfirmed, "", false},
			{"recover", "decided", "approved", -5000, lead.HitClosed, "已收回 2026年5月20日", false},
			{"arrears", "decided", "approved", 5000, lead.HitClosed, "已发放 2026年5月20日", false},
			{"change", "withdrawn", "", 0, lead.HitConfirmed, "", true},
			{"change", "proposed", "", 0, lead.HitConfirmed, "", false},
		} {
			a := s.hit(s.east, "HL-01", i)
			who := s.person(i, "禾甲英", "")
			application := s.application(who, c.kind, c.step, c.decision, a, 0)
			s.exec(`update hit set state = 'confirmed', application = $2 where id = $1`, a, application)
			if c.paid != 0 {
				s.insert(`insert into payment (id, programme, person, roll, application, month, amount, paid, source, version) values ($1, $2, $3, 0, $4, '2026-05', $5, '2026-05-20', '', 1)`,
					s.programme, who, application, c.paid)
			}
			s.must(lead.Follow(ctx, s.v))
			h := s.get(a)
			if h.State != c.state || h.ClosedWhy != c.why || (h.Application == 0) != c.open {
				t.Errorf("%+v: %s, %q, application %d", c, h.State, h.ClosedWhy, h.Application)
			}
		}
	})
}

// Nothing of who somebody is stands in either journal.
func TestJournalsTellNobody(t *testing.T) {
	s := newSQLiteScene(t)
	ctx := t.Context()
	a := s.hit(s.east, "HL-01", 1)
	s.handOut()
	s.verify("east", a, lead.RightPay)
	s.confirm("leader", a, lead.Opinion{Pass: true, Text: "同意"})
	for name, q := range map[string]*store.DB{"house": s.db, "residents": s.v.DB} {
		all, err := store.All(ctx, q, store.Value[string], `select data || who || verb from journal`)
		s.must(err)
		text := strings.Join(all, "\n")
		for _, secret := range []string{number(1), "禾乙英", "人在家", "12号"} {
			if strings.Contains(text, secret) {
				t.Errorf("the journal of the %s tells %s", name, secret)
			}
		}
	}
	rows, err := store.All(ctx, s.db, store.Value[string], `select title from duty union all select said from occurrence`)
	s.must(err)
	if strings.Contains(strings.Join(rows, ""), "禾") && strings.Contains(strings.Join(rows, ""), "英") {
		t.Error("the house knows a name")
	}
}

// The way from a confirmed hit to the payment through the commands that people use.
// TestProposedOfNoProgramme: a hit of a screening that took no programme's terms is proposed as the business of one that is named.
func TestProposedOfNoProgramme(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		s.exec(`update screening set programme = 0 where id = $1`, s.run)
		a := s.hit(s.east, "DB-09", 1)
		s.verify("east", a, lead.RightPay)
		s.confirm("leader", a, lead.Opinion{Pass: true})
		checks, err := lead.Verifications(ctx, s.v, a)
		s.must(err)
		p := lead.ProposalOf(s.get(a), checks[0])
		var bad org.Invalid
		if _, err := lead.Propose(ctx, s.v, s.db, s.people["clerk"], a, s.get(a).Version, p); !errors.As(err, &bad) || bad.Field != "惠民项目" {
			t.Errorf("of no programme at all: %v", err)
		}
		p.Of = s.programme
		id, err := lead.Propose(ctx, s.v, s.db, s.people["clerk"], a, s.get(a).Version, p)
		s.must(err)
		x, err := benefit.ApplicationByID(ctx, s.v, s.people["clerk"], id)
		if s.must(err); x.Programme != s.programme || s.get(a).Application != id {
			t.Errorf("%+v", x)
		}
	})
}

func TestProposedDecidedPaid(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		a := s.hit(s.east, "HL-01", 1)
		s.verify("east", a, lead.RightPay)
		s.confirm("leader", a, lead.Opinion{Pass: true})
		checks, err := lead.Verifications(ctx, s.v, a)
		s.must(err)
		p := lead.ProposalOf(s.get(a), checks[0])
		if p.Kind != benefit.New || !strings.Contains(p.Reason, "应享未享") {
			t.Errorf("%+v", p)
		}
		p.Kind = benefit.Stop
		if _, err := lead.Propose(ctx, s.v, s.db, s.people["clerk"], a, s.get(a).Version, p); !errors.As(err, new(org.Invalid)) {
			t.Errorf("stopped of a hit that says unpaid: %v", err)
		}
		p.Kind = benefit.New
		if _, err := lead.Propose(ctx, s.v, s.db, s.people["east"], a, s.get(a).Version, p); !errors.As(err, new(org.Denied)) {
			t.Errorf("the village proposes: %v", err)
		}
		var id int64
		for range 2 {
			again, err := lead.Propose(ctx, s.v, s.db, s.people["clerk"], a, s.get(a).Version, p)
			s.must(err)
			if id != 0 && again != id {
				t.Error("proposed twice")
			}
			id = again
		}
		if h := s.get(a); h.Application != id || h.State != lead.HitConfirmed {
			t.Errorf("%+v", h)
		}
		// Withdrawn, it can be proposed anew.
		x, err := benefit.ApplicationByID(ctx, s.v, s.people["clerk"], id)
		s.must(err)
		s.must(benefit.Withdraw(ctx, s.v, s.people["clerk"], id, x.Version, "材料不全"))
		s.must(lead.Settle(ctx, s.v, s.db, s.cal))
		if h := s.get(a); h.Application != 0 {
			t.Fatalf("%+v", h)
		}
		id, err = lead.Propose(ctx, s.v, s.db, s.people["clerk"], a, s.get(a).Version, p)
		s.must(err)
		x, err = benefit.ApplicationByID(ctx, s.v, s.people["clerk"], id)
		s.must(err)
		if x.Step != benefit.Checked {
			t.Fatalf("%+v", x)
		}
		s.must(benefit.Advance(ctx, s.v, s.people["clerk"], id, x.Version, benefit.Proposed, "2026-04-16", "已上报"))
		x, _ = benefit.ApplicationByID(ctx, s.v, s.people["clerk"], id)
		month, _ := benefit.ParseMonth("2026-05")
		s.must(benefit.Decide(ctx, s.v, s.people["colleague"], id, x.Version, benefit.Decision{Verdict: benefit.Approved, Day: "2026-04-16", No: "临民〔2026〕9号", Reason: "符合条件", From: month, Amount: 5000}))
		s.must(lead.Settle(ctx, s.v, s.db, s.cal))
		if h := s.get(a); h.State != lead.HitConfirmed {
			t.Errorf("closed before anything was paid: %+v", h)
		}
		s.now = time.Date(2026, 5, 25, 9, 0, 0, 0, time.Local)
		_, err = benefit.TakePayments(ctx, s.v, s.people["clerk"], s.programme, month, []benefit.Paid{{Subject: benefit.Subject{Number: number(1), Name: "禾乙英", Village: s.east}, Fen: 5000, Day: "2026-05-20", Source: "5月发放册第3行"}})
		s.must(err)
		s.must(lead.Settle(ctx, s.v, s.db, s.cal))
		if h := s.get(a); h.State != lead.HitClosed || !strings.Contains(h.ClosedWhy, "2026年5月20日") {
			t.Errorf("%+v", h)
		}
		rows, err := lead.OutcomesOf(ctx, s.v, s.db, s.people["clerk"], s.run, "")
		s.must(err)
		if len(rows) != 1 || rows[0].Stage != lead.PaidStage || rows[0].Month != "2026-05" {
			t.Errorf("%+v", rows)
		}
	})
}

func TestSourceWords(t *testing.T) {
	roll := func(dataset int64, row int) lead.HitSource {
		return lead.HitSource{Kind: screening.Roll, Dataset: dataset, File: "发放册.xlsx", Sheet: "10月", Row: row}
	}
	one := func(k screening.Kind, row int) lead.HitSource {
		return lead.HitSource{Kind: k, Dataset: 9, File: "名单.csv", Row: row}
	}
	for _, c := range []struct {
		rows  []lead.HitSource
		brief string
		lines []string
	}{
		{nil, "", nil},
		{[]lead.HitSource{one(screening.Residents, 812)}, "户籍第812行", []string{"户籍《名单.csv》第812行"}},
		{[]lead.HitSource{roll(1, 3), one(screening.Deaths, 7), roll(1, 9)}, "高龄津贴发放册2行、死亡名单第7行", []string{"高龄津贴发放册《发放册.xlsx》“10月”表第3、9行", "死亡名单《名单.csv》第7行"}},
		{[]lead.HitSource{roll(1, 3), roll(2, 9)}, "高龄津贴发放册2行", []string{"高龄津贴发放册《发放册.xlsx》“10月”表第3行", "高龄津贴发放册《发放册.xlsx》“10月”表第9行"}}, // two lists of one name
		{[]lead.HitSource{roll(1, 3), roll(1, 4), one(screening.Deaths, 7), one(screening.Residents, 1), one(screening.Dibao, 2)}, "4份名单5行",
			[]string{"高龄津贴发放册《发放册.xlsx》“10月”表第3、4行", "死亡名单《名单.csv》第7行", "户籍《名单.csv》第1行", "低保名册《名单.csv》第2行"}},
	} {
		if got := lead.SourcesBrief(c.rows); got != c.brief {
			t.Errorf("in short %q, want %q", got, c.brief)
		}
		if got := lead.SourceLines(c.rows); !slices.Equal(got, c.lines) {
			t.Errorf("%q, want %q", got, c.lines)
		}
	}
}
