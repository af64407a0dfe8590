package lead_test

import (
	"bihuan/benefit"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/store"
	"testing"
)

// TestHitFollowsAnotherApplication: a hit about somebody for whom the same was asked before follows that application.
func TestHitFollowsAnotherApplication(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		a := s.hit(s.east, "HL-01", 1)
		s.verify("east", a, lead.RightPay)
		s.confirm("leader", a, lead.Opinion{Pass: true})
		h := s.get(a)
		// the same villager asked at the town office meanwhile
		own, err := benefit.Propose(ctx, s.v, s.people["clerk"], benefit.Application{Programme: s.programme, Kind: benefit.New, Source: benefit.Applied, Received: "2026-04-16", Reason: "本人来问",
			Subject: benefit.Subject{Number: "990408194610010014", Name: "甲", Town: s.town}})
		t.Log(own, err, h.Number)
		who := s.person(1, "禾乙英", "1946-10-01")
		app := s.application(who, "new", "proposed", "", 0, 0)
		checks, _ := lead.Verifications(ctx, s.v, a)
		_, err = lead.Propose(ctx, s.v, s.db, s.people["clerk"], a, s.get(a).Version, lead.ProposalOf(s.get(a), checks[0]))
		t.Log("while the other is open:", err)
		s.exec(`update application set step = 'decided', decision = 'approved', decided = '2026-04-10', from_month = '2026-04' where id = $1`, app)
		roll := s.insert(`insert into roll (id, programme, person, starts, ends, class, standard, account, account_index, state, next_review, version)
				values ($1, $2, $3, '2026-04', '', '', 0, '', '', 'receiving', '', 1)`, s.programme, who)
		s.exec(`update application set roll = $2 where id = $1`, app, roll)
		s.exec(`update hit set application = 0 where id = $1`, a)
		s.insert(`insert into payment (id, programme, person, roll, application, month, amount, paid, source, version) values ($1, $2, $3, 0, 0, '2026-04', 5000, '2026-04-16', '', 1)`, s.programme, who)
		_, err = lead.Propose(ctx, s.v, s.db, s.people["clerk"], a, s.get(a).Version, lead.ProposalOf(s.get(a), checks[0]))
		t.Log("after it was approved and paid:", err)
		s.must(lead.Settle(ctx, s.v, s.db, s.cal))
		t.Log("state:", s.get(a).State)
		if s.get(a).State != lead.HitClosed {
			t.Error("paid, and the hit hangs for ever")
		}
	})
}

// TestNoticeOfOneTown: a notice of a town lists nobody of another, though the programme is the district's.
func TestNoticeOfOneTown(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		root, err := org.Root(ctx, s.db)
		s.must(err)
		far := s.people["stranger"].Unit
		p := s.insert(`insert into programme (id, unit, path, code, name, level, state, version) values ($1, $2, $3, 'elder', '高龄津贴', 'person', 'running', 1)`, root.ID, root.Path)
		for i, u := range []org.Unit{s.town, far} {
			n := 50 + i
			who := s.insert(`insert into person (id, unit, village, path, place, household, number, number_index, name, birth, sex, phone, came_on, moved_on, dead_on, version)
		values ($1, $2, 0, $3, '', '', $4, $5, $6, '1940-01-01', '', '', '', '', '', 1)`, u.ID, u.Path, s.v.Seal("person.number", number(n)), s.v.Index("number", number(n)), []string{"本镇人", "外镇人"}[i])
			s.insert(`insert into roll (id, programme, person, starts, ends, class, standard, account, account_index, state, next_review, version)
				values ($1, $2, $3, '2025-01', '', '', 5000, '', '', 'receiving', '', 1)`, p, who)
		}
		d := lead.NoticeDraft{Programme: p, What: "receiving", Basis: "临民〔2026〕4号", Until: "2026-04-25", Batch: lead.NewBatch()}
		_, err = lead.PostNotice(ctx, s.v, s.db, s.people["clerk"], s.town.ID, d)
		s.must(err)
		n, err := lead.PublicNotice(ctx, s.v, d.Batch)
		s.must(err)
		if len(n.Lines) != 1 {
			t.Errorf("栖禾镇 hangs out: %+v", n.Lines)
		}
	})
	_ = store.ErrNotFound
}

// TestDamagedNumberIsCorrected: a hit about a damaged number ends when the roll is put right.
func TestDamagedNumberIsCorrected(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		a := s.hit(s.east, "HL-07", 1)
		s.exec(`update hit set number = $2 where id = $1`, a, s.v.Seal("hit.number", "99040819461001000"))
		s.verify("east", a, lead.RightCorrect)
		s.confirm("leader", a, lead.Opinion{Pass: true})
		checks, _ := lead.Verifications(ctx, s.v, a)
		_, err := lead.Propose(ctx, s.v, s.db, s.people["clerk"], a, s.get(a).Version, lead.ProposalOf(s.get(a), checks[0]))
		t.Log("propose:", err)
		err = lead.Corrected(ctx, s.v, s.db, s.people["clerk"], a, s.get(a).Version, "号码改为户口簿上的")
		t.Log("correct:", err)
		if s.get(a).State != lead.HitClosed {
			t.Error("no way to end it")
		}
	})
}
