package lead_test

import (
	"fmt"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/lead"
	"bihuan/store"
)

// A hit that a payment had ended comes back to where it was when the payment is made void, and ends again with the right one.
func TestAVoidPaymentReopensItsHit(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		confirmed := func(n int, kind string) (hit, application, who int64) {
			hit, who = s.hit(s.east, "HL-01", n), s.person(n, "禾甲英", "1946-10-01")
			application = s.application(who, kind, "decided", "approved", hit, 5000)
			s.exec(`update hit set state = 'confirmed', application = $2, version = version + 1 where id = $1`, hit, application)
			return hit, application, who
		}
		pay := func(who, application, fen, entry int64) int64 {
			return s.insert(`insert into payment (id, programme, person, roll, application, month, amount, paid, source, version, entry) values ($1, $2, $3, 0, $4, '2026-03', $5, '2026-05-20', '', 1, $6)`,
				s.programme, who, application, fen, entry)
		}
		is := func(hit int64, state lead.HitState, why string) {
			t.Helper()
			s.must(lead.Follow(ctx, s.v))
			if h := s.get(hit); h.State != state || h.ClosedWhy != why {
				t.Errorf("%s %q, want %s %q", h.State, h.ClosedWhy, state, why)
			}
		}
		void := `update payment set void = '2026-05-22', void_why = '错', version = version + 1 where id = $1`
		a, application, who := confirmed(1, "arrears")
		x := pay(who, application, 5000, 7)
		is(a, lead.HitClosed, "已发放 2026年5月20日")
		s.exec(void, x)
		is(a, lead.HitConfirmed, "")
		if h := s.get(a); h.Application != application || h.Closed != "" {
			t.Errorf("%+v", h)
		}
		rows, err := lead.OutcomesOf(ctx, s.v, s.db, s.people["clerk"], s.run, "")
		s.must(err)
		if rows[0].Stage != lead.DecidedStage || rows[0].Amount != 0 {
			t.Errorf("%s, %d", lead.Stages[rows[0].Stage], rows[0].Amount)
		}
		pay(who, application, 5000, 8)
		is(a, lead.HitClosed, "已发放 2026年5月20日")
		events, err := journal.Of(ctx, s.v, "hit", a, 20)
		s.must(err)
		var verbs []string
		for _, e := range events {
			verbs = append(verbs, e.Verb)
		}
		if text := strings.Join(verbs, " "); strings.Count(text, "办结") != 2 || strings.Count(text, "重开") != 1 {
			t.Errorf("the journal has %s", text)
		}
		// What was paid back and is void opens again too; what the county refused stays closed.
		b, recovery, other := confirmed(2, "recover")
		y := pay(other, recovery, -5000, 9)
		is(b, lead.HitClosed, "已收回 2026年5月20日")
		s.exec(void, y)
		is(b, lead.HitConfirmed, "")
		c, refused, _ := confirmed(3, "new")
		s.exec(`update application set decision = 'refused' where id = $1`, refused)
		is(c, lead.HitClosed, "县级决定不予办理：收入超标")
		is(c, lead.HitClosed, "县级决定不予办理：收入超标")
	})
}

// When a later screening has found the same meanwhile, the hit that comes back is the one that goes on. It ends with the right payment, and
// nothing that becomes of the later screening moves it.
func TestAReopenedHitGoesOnWhereItWas(t *testing.T) {
	for name, atWork := range map[string]func(s *scene, newer int64){
		"nobody is at the newer one": nil,
		"it was handed out":          func(s *scene, _ int64) { s.handOut() },
		"it was checked":             func(s *scene, newer int64) { s.verify("east", newer, lead.RightPay) },
		"nobody could be reached":    func(s *scene, newer int64) { s.verify("east", newer, lead.Unreachable) }, // it is new still
		"it was sent back": func(s *scene, newer int64) {
			s.verify("east", newer, lead.RightPay)
			s.confirm("leader", newer, lead.Opinion{Text: "补户口簿"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachScene(t, func(t *testing.T, s *scene) {
				ctx := t.Context()
				counts := `update screening set counts = '[{"rule":"HL-01","version":1,"hits":1,"same":0}]' where id = $1`
				same := func(run int64, want int) {
					t.Helper()
					x, err := lead.ScreeningByID(ctx, s.v, s.db, s.people["clerk"], run)
					if s.must(err); x.Sum().Same != want {
						t.Errorf("screening %d counts %d under way, want %d", x.Serial, x.Sum().Same, want)
					}
				}
				first := s.run
				s.exec(counts, first)
				d, who := s.hit(s.east, "HL-01", 4), s.person(4, "禾丁英", "1946-10-01")
				application := s.application(who, "arrears", "decided", "approved", d, 5000)
				s.exec(`update hit set state = 'confirmed', application = $2, version = version + 1 where id = $1`, d, application)
				pay := func(entry int64) int64 {
					return s.insert(`insert into payment (id, programme, person, roll, application, month, amount, paid, source, version, entry) values ($1, $2, $3, 0, $4, '2026-03', 5000, '2026-05-20', '', 1, $5)`,
						s.programme, who, application, entry)
				}
				is := func(hit int64, state lead.HitState, of int64, why string) {
					t.Helper()
					for range 2 {
						s.must(lead.Follow(ctx, s.v))
						if h := s.get(hit); h.State != state || h.First != of || h.ClosedWhy != why {
							t.Errorf("%s as %d, %q; want %s as %d, %q", h.State, h.First, h.ClosedWhy, state, of, why)
						}
					}
				}
				wrong := pay(7)
				is(d, lead.HitClosed, 0, "已发放 2026年5月20日")
				second := s.screening("2026-05-15", "a")
				s.run = second
				s.exec(counts, second)
				newer := s.hit(s.east, "HL-01", 4)
				s.run = s.screening("2026-06-15", "a")
				s.exec(strings.Replace(counts, `"same":0`, `"same":1`, 1), s.run)
				third := s.hit(s.east, "HL-01", 4)
				s.exec(`update hit set state = 'same', first_hit = $2 where id = $1`, third, newer)
				if s.run = second; atWork != nil {
					atWork(s, newer)
				}
				before := s.get(newer)
				s.exec(`update payment set void = '2026-05-22', void_why = '错', version = version + 1 where id = $1`, wrong)
				is(d, lead.HitConfirmed, 0, "")
				if h := s.get(d); h.Application != application || h.Closed != "" {
					t.Errorf("%+v", h)
				}
				same(first, 0)
				if atWork != nil {
					is(newer, before.State, 0, "")
					is(third, lead.HitSame, newer, "")
					same(second, 0)
					pay(8)
					is(d, lead.HitClosed, 0, "已发放 2026年5月20日")
					is(newer, before.State, 0, "")
					return
				}
				is(newer, lead.HitSame, d, "")
				is(third, lead.HitSame, d, "")
				same(second, 1)
				events, err := journal.Of(ctx, s.v, "hit", d, 20)
				s.must(err)
				if said := fmt.Sprint(events); strings.Count(said, "重开") != 1 || !strings.Contains(said, "第2次筛查又查出同一疑点，在这一条办") {
					t.Errorf("the journal has %s", said)
				}
				// The later screening was a mistake: what the county has decided stays where it is, and so does the count of the first.
				version, err := store.One(ctx, s.v, store.Value[int64], `select version from screening where id = $1`, second)
				s.must(err)
				s.must(lead.DiscardScreening(ctx, s.v, s.db, s.people["clerk"], second, version, "户籍用了旧的一份"))
				is(d, lead.HitConfirmed, 0, "")
				is(third, lead.HitSame, d, "")
				same(first, 0)
				if h := s.get(newer); h.State != lead.HitDiscarded {
					t.Errorf("the newer one is %s", h.State)
				}
				pay(8)
				is(d, lead.HitClosed, 0, "已发放 2026年5月20日")
				rows, err := lead.OutcomesOf(ctx, s.v, s.db, s.people["clerk"], s.get(third).Screening, "")
				if s.must(err); len(rows) != 1 || rows[0].Stage != lead.PaidStage {
					t.Errorf("%+v", rows)
				}
			})
		})
	}
}

// What was closed stays so unless a payment of its own was made void: a list that gives no days may date a payment before the decision.
func TestOnlyAVoidPaymentReopens(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		a, who := s.hit(s.east, "HL-12", 1), s.person(1, "禾甲英", "1946-10-01")
		application := s.application(who, "new", "decided", "approved", a, 0) // decided on 6 May
		s.insert(`insert into payment (id, programme, person, roll, application, month, amount, paid, source, version) values ($1, $2, $3, 0, 0, '2026-05', 5000, '2026-05-01', '', 1)`, s.programme, who)
		s.insert(`insert into payment (id, programme, person, roll, application, month, amount, paid, source, version, void) values ($1, $2, $3, 0, 99, '2026-04', 5000, '2026-05-20', '', 1, '2026-05-22')`, s.programme, who)
		s.exec(`update hit set state = 'closed', application = $2, closed = '2026-05-10', closed_why = '已发放 2026年5月1日', version = version + 1 where id = $1`, a, application)
		before := s.get(a)
		s.must(lead.Follow(t.Context(), s.v))
		if h := s.get(a); h.State != lead.HitClosed || h.Version != before.Version {
			t.Errorf("it was taken up again: %+v", h)
		}
	})
}

// A hit that a month's payment had ended comes back when that was void since, of a new entry and of arrears that lists had paid; a payment of
// another month or one that was void before does not bring it back.
func TestAVoidMonthReopensItsHit(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		for i, kind := range []string{"new", "arrears"} {
			hit, who := s.hit(s.east, "HL-12", i+1), s.person(i+1, "禾甲英", "1946-10-01")
			application := s.application(who, kind, "decided", "approved", hit, 5000)
			s.exec(`update application set from_month = '2026-03', to_month = '2026-03' where id = $1`, application)
			s.exec(`update hit set state = 'confirmed', application = $2, version = version + 1 where id = $1`, hit, application)
			pay := func(month, void string) int64 {
				id := s.insert(`insert into payment (id, programme, person, roll, application, month, amount, paid, source, version, void, entry) values ($1, $2, $3, 0, 0, $4, 5000, '2026-05-20', '', 1, $5, 0)`, s.programme, who, month, void)
				if void != "" {
					s.exec(`update payment set entry = id where id = $1`, id)
				}
				return id
			}
			void := func(id int64) {
				s.exec(`update payment set void = '2026-05-22', void_why = '错', entry = id, version = version + 1 where id = $1`, id)
			}
			is := func(what string, state lead.HitState, why string, stage lead.Stage) {
				t.Helper()
				s.must(lead.Follow(ctx, s.v))
				if h := s.get(hit); h.State != state || h.ClosedWhy != why {
					t.Errorf("%s, %s: %s %q", kind, what, h.State, h.ClosedWhy)
				}
				rows, err := lead.OutcomesOf(ctx, s.v, s.db, s.people["clerk"], s.run, "")
				s.must(err)
				for _, r := range rows {
					if r.Hit.ID == hit && r.Stage != stage {
						t.Errorf("%s, %s: it is at %s", kind, what, lead.Stages[r.Stage])
					}
				}
			}
			x := pay("2026-03", "")
			is("paid", lead.HitClosed, "已发放 2026年5月20日", lead.PaidStage)
			void(x)
			is("void", lead.HitConfirmed, "", lead.DecidedStage)
			pay("2026-03", "")
			is("paid again", lead.HitClosed, "已发放 2026年5月20日", lead.PaidStage)
			void(pay("2026-02", ""))
			is("another month is void", lead.HitClosed, "已发放 2026年5月20日", lead.PaidStage)
			s.exec(`update payment set paid = '2026-03-20' where void = '' and person = $1`, who)
			s.exec(`update application set received = '2026-05-01' where id = $1`, application)
			s.exec(`update hit set closed = '2026-05-23' where id = $1`, hit)
			pay("2026-04", "2026-05-22")
			is("what was void before", lead.HitClosed, "已发放 2026年5月20日", lead.DecidedStage)
		}
	})
}

// Arrears that a list shows as paid before they were asked for end their hit, once; nobody came to enjoy anything by it. When that payment was
// void the hit comes back.
func TestArrearsPaidBeforeEndTheirHit(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		hit, who := s.hit(s.east, "HL-01", 1), s.person(1, "禾甲英", "1946-10-01")
		application := s.application(who, "arrears", "decided", "approved", hit, 10000)
		s.exec(`update application set from_month = '2026-02', to_month = '2026-03' where id = $1`, application)
		s.exec(`update hit set state = 'confirmed', application = $2, version = version + 1 where id = $1`, hit, application)
		pay := func(month string) int64 {
			return s.insert(`insert into payment (id, programme, person, roll, application, month, amount, paid, source, version) values ($1, $2, $3, 0, 0, $4, 5000, '2026-03-20', '', 1)`, s.programme, who, month)
		}
		is := func(what string, state lead.HitState, why string) {
			t.Helper()
			var version int64
			for i := range 2 {
				s.must(lead.Follow(ctx, s.v))
				h := s.get(hit)
				if h.State != state || h.ClosedWhy != why || i > 0 && h.Version != version {
					t.Errorf("%s: %s %q, version %d after %d", what, h.State, h.ClosedWhy, h.Version, version)
				}
				version = h.Version
			}
			rows, err := lead.OutcomesOf(ctx, s.v, s.db, s.people["clerk"], s.run, "")
			if s.must(err); rows[0].Stage != lead.DecidedStage {
				t.Errorf("%s: it is at %s", what, lead.Stages[rows[0].Stage])
			}
		}
		pay("2026-02")
		is("one of two months", lead.HitConfirmed, "")
		x := pay("2026-03")
		is("both", lead.HitClosed, "要补的月份提出以前都已发放")
		s.exec(`update payment set void = '2026-05-22', void_why = '错', entry = id, version = version + 1 where id = $1`, x)
		is("one is void", lead.HitConfirmed, "")
		pay("2026-03")
		is("both again", lead.HitClosed, "要补的月份提出以前都已发放")
	})
}

// A hit with an application that is the same as one that is discarded goes back to where it was; another is the same as that.
func TestDiscardingKeepsWhatLedToAnApplication(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		s.exec(`update screening set counts = '[{"rule":"HL-01","version":1,"hits":1,"same":0}]' where id = $1`, s.run)
		first := s.run
		d := s.hit(s.east, "HL-01", 4)
		application := s.application(s.person(4, "禾丁英", "1946-10-01"), "arrears", "decided", "approved", d, 5000)
		s.run = s.screening("2026-05-15", "a")
		newer := s.hit(s.east, "HL-01", 4)
		second := s.run
		s.run = s.screening("2026-06-15", "a")
		third := s.hit(s.east, "HL-01", 4)
		s.exec(`update hit set state = 'same', first_hit = $2 where id = $1`, third, newer)
		s.exec(`update hit set state = 'same', first_hit = $2, application = $3, closed_why = '在那里办' where id = $1`, d, newer, application)
		s.must(lead.DiscardScreening(ctx, s.v, s.db, s.people["clerk"], second, 1, "户籍用了旧的一份"))
		if h := s.get(d); h.State != lead.HitConfirmed || h.First != 0 || h.Application != application || h.ClosedWhy != "" {
			t.Errorf("%+v", h)
		}
		if h := s.get(third); h.State != lead.HitSame || h.First != d {
			t.Errorf("%s as %d", h.State, h.First)
		}
		if x, err := lead.ScreeningByID(ctx, s.v, s.db, s.people["clerk"], first); err != nil || x.Sum().Same != 0 {
			t.Errorf("%+v, %v", x.Counts, err)
		}
	})
}

// A payment from before the decision ends no hit, even for a month that the decision reaches back to.
func TestAPaymentBeforeTheDecisionEndsNoHit(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		a, who := s.hit(s.east, "HL-12", 1), s.person(1, "禾甲英", "1946-10-01")
		application := s.application(who, "resume", "decided", "approved", a, 0)
		s.exec(`update application set from_month = '2026-01' where id = $1`, application) // decided on 6 May
		s.exec(`update hit set state = 'confirmed', application = $2, version = version + 1 where id = $1`, a, application)
		for _, c := range []struct {
			month, paid string
			state       lead.HitState
			stage       lead.Stage
		}{{"2026-01", "2026-01-20", lead.HitConfirmed, lead.DecidedStage}, {"2026-02", "2026-05-05", lead.HitConfirmed, lead.DecidedStage}, {"2025-12", "2026-05-06", lead.HitConfirmed, lead.DecidedStage},
			{"2026-03", "2026-05-06", lead.HitClosed, lead.PaidStage}} {
			s.insert(`insert into payment (id, programme, person, roll, application, month, amount, paid, source, version) values ($1, $2, $3, 0, 0, $4, 5000, $5, '', 1)`, s.programme, who, c.month, c.paid)
			s.must(lead.Follow(ctx, s.v))
			rows, err := lead.OutcomesOf(ctx, s.v, s.db, s.people["clerk"], s.run, "")
			s.must(err)
			if h := s.get(a); h.State != c.state || rows[0].Stage != c.stage {
				t.Errorf("%s paid on %s: %s, %s", c.month, c.paid, h.State, lead.Stages[rows[0].Stage])
			}
		}
	})
}

// A recovery whose overpayment was void ends its hit, and nothing was collected; when it is entered anew the hit comes back.
func TestARecoveryOfAVoidMonth(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		hit, who := s.hit(s.east, "HL-12", 1), s.person(1, "禾甲英", "1946-10-01")
		pay := func() int64 {
			return s.insert(`insert into payment (id, programme, person, roll, application, month, amount, paid, source, version, void, entry) values ($1, $2, $3, 0, 0, '2026-05', 9000, '2026-05-20', '', 1, '', 0)`, s.programme, who)
		}
		x := pay()
		application := s.application(who, "recover", "decided", "approved", hit, 4000)
		s.exec(`update application set to_month = '2026-05' where id = $1`, application)
		s.exec(`update hit set state = 'confirmed', application = $2, version = version + 1 where id = $1`, hit, application)
		is := func(what string, state lead.HitState, why string) {
			t.Helper()
			for range 2 {
				s.must(lead.Follow(t.Context(), s.v))
				if h := s.get(hit); h.State != state || h.ClosedWhy != why {
					t.Errorf("%s: %s %q", what, h.State, h.ClosedWhy)
				}
			}
		}
		is("paid too much", lead.HitConfirmed, "")
		s.exec(`update payment set void = '2026-05-22', void_why = '错', entry = $2, version = version + 1 where id = $1`, x, application+1)
		is("void", lead.HitClosed, "要追回的发放已作废")
		rows, err := lead.OutcomesOf(t.Context(), s.v, s.db, s.people["clerk"], s.run, "")
		if s.must(err); rows[0].Stage != lead.DecidedStage || rows[0].Amount != 0 {
			t.Errorf("%s, %d", lead.Stages[rows[0].Stage], rows[0].Amount)
		}
		pay()
		is("entered anew", lead.HitConfirmed, "")
	})
}
