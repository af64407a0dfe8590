package lead_test

import (
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/lead"
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
		// A later screening found the same, and somebody is at that: they are one.
		d, again, third := confirmed(4, "arrears")
		z := pay(third, again, 5000, 10)
		is(d, lead.HitClosed, "已发放 2026年5月20日")
		earlier := s.hit(s.east, "HL-01", 5)
		s.exec(`update hit set state = 'same', first_hit = $2 where id = $1`, earlier, d)
		s.run = s.screening("2026-05-15", "a")
		newer := s.hit(s.east, "HL-01", 4)
		s.exec(void, z)
		is(d, lead.HitSame, "付款记录不再算数；第2号筛查又查出同一疑点，在那里办")
		if h := s.get(d); h.First != newer {
			t.Errorf("it is the same as %d, not %d", h.First, newer)
		}
		if h := s.get(earlier); h.First != newer {
			t.Errorf("what was the same as it is the same as %d", h.First)
		}
		is(d, lead.HitSame, "付款记录不再算数；第2号筛查又查出同一疑点，在那里办")
		is(newer, lead.HitNew, "")
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
