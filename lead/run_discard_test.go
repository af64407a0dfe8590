package lead_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bihuan/journal"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
)

// states are the states of the hits of a screening, by the order of finding, with what each is the same as.
func (o *office) states(screening int64) []string {
	o.t.Helper()
	list, err := store.All(o.t.Context(), o.vault, store.Value[string], fmt.Sprintf(
		`select h.state || case when h.first_hit = 0 then '' else ' as that of ' || s.serial end from hit h left join hit f on f.id = h.first_hit left join screening s on s.id = f.screening where h.screening = %d order by h.id`, screening))
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

func (o *office) discard(s lead.Screening) error {
	return lead.DiscardScreening(o.t.Context(), o.vault, o.house, o.clerk, s.ID, o.screening(s.ID).Version, "户籍用了旧的一份")
}

// What a discarded screening found counts for nothing. Later ones that took it for under way have it for their own, the earliest first.
func TestDiscardedScreening(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		params, ids := o.smallLists()
		ask := lead.Ask{Params: params, Datasets: ids}
		first := o.screened(ask)
		second := o.screened(ask)
		third := o.screened(ask)
		if second.Sum().Same != 1 || third.Sum().Same != 1 || !slices.Equal(o.states(third.ID), []string{"same as that of 1"}) {
			t.Fatalf("%v %v", o.states(second.ID), o.states(third.ID))
		}
		for name, try := range map[string]func() error{
			"no reason": func() error {
				return lead.DiscardScreening(ctx, o.vault, o.house, o.clerk, first.ID, first.Version, " ")
			},
			"a reason about faith": func() error {
				return lead.DiscardScreening(ctx, o.vault, o.house, o.clerk, first.ID, first.Version, "他们是信教的")
			},
		} {
			if err := try(); !errors.As(err, new(org.Invalid)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := lead.DiscardScreening(ctx, o.vault, o.house, o.leader, first.ID, first.Version, "错了"); !errors.As(err, new(org.Denied)) {
			t.Errorf("the leader discards: %v", err)
		}
		if err := lead.DiscardScreening(ctx, o.vault, o.house, o.clerk, first.ID, first.Version-1, "错了"); !errors.As(err, new(journal.Stale)) {
			t.Errorf("an old page: %v", err)
		}
		if states := o.states(first.ID); o.screening(first.ID).State != lead.ScreeningDone || states[0] != "new" {
			t.Fatalf("a refusal left %v", states)
		}

		// The second one has its finding now, and says so.
		if err := o.discard(first); err != nil {
			t.Fatal(err)
		}
		gone := o.screening(first.ID)
		if gone.State != lead.ScreeningDiscarded || gone.DiscardedWhy != "户籍用了旧的一份" || !strings.Contains(gone.DiscardedBy, "贺晓雨") || !gone.Discarded.Equal(o.now) || gone.Result != first.Result || gone.Sum().Hits != 1 {
			t.Errorf("%+v", gone)
		}
		if got := fmt.Sprint(o.states(first.ID), o.states(second.ID), o.states(third.ID)); got != "[discarded] [new] [same as that of 2]" {
			t.Errorf("%s", got)
		}
		if a, b := o.screening(second.ID).Sum(), o.screening(third.ID).Sum(); a.Same != 0 || a.Hits != 1 || b.Same != 1 {
			t.Errorf("second %+v, third %+v", a, b)
		}
		if err := o.discard(first); err != nil {
			t.Errorf("sent twice: %v", err)
		}
		said, err := store.All(ctx, o.vault, store.Value[string], `select data from journal where verb in ('作废', '接办')`)
		if err != nil || len(said) != 2 || !strings.Contains(said[0]+said[1], "户籍用了旧的一份") || !strings.Contains(said[0]+said[1], "第1次筛查已作废，1条疑点由这一次交办") {
			t.Errorf("%q, %v", said, err)
		}
		list, n, err := lead.Hits(ctx, o.vault, o.house, o.clerk, lead.HitFilter{})
		if err != nil || n != 2 || slices.ContainsFunc(list, func(h lead.Hit) bool { return h.Screening == first.ID }) {
			t.Errorf("%d listed, %v", n, err)
		}
		if list, n, err := lead.Hits(ctx, o.vault, o.house, o.clerk, lead.HitFilter{Screening: first.ID, States: []lead.HitState{lead.HitDiscarded}}); err != nil || n != 1 || list[0].MayVerify(ctx, o.house, o.cadre) == nil {
			t.Errorf("those that were discarded: %d, %v", n, err)
		}
		counts, err := lead.CountHits(ctx, o.vault, o.house, o.clerk, lead.HitFilter{})
		if err != nil || len(counts) != 2 {
			t.Errorf("%+v, %v", counts, err)
		}
		if list, err := lead.Precisions(ctx, o.vault, o.house, o.clerk); err != nil || len(list) != 1 || list[0].Hits != 1 || len(list[0].Runs) != 1 || list[0].Runs[0].Serial != 2 {
			t.Errorf("%+v, %v", list, err)
		}
		if runs, err := lead.Runs(ctx, o.vault, o.house, o.clerk); err != nil || len(runs) != 2 {
			t.Errorf("%+v, %v", runs, err)
		}
		if _, err := lead.Repeat(ctx, o.vault, o.house, o.clerk, first.ID); !errors.As(err, new(org.Invalid)) {
			t.Errorf("repeated: %v", err)
		}
		if _, err := lead.Compare(ctx, o.vault, o.house, o.clerk, first.ID, second.ID); !errors.As(err, new(org.Invalid)) {
			t.Errorf("compared: %v", err)
		}
		var bad org.Invalid
		if _, err := lead.DrawAudit(ctx, o.vault, o.house, o.clerk, first.ID, lead.AuditMissed, "7", 2); !errors.As(err, &bad) || !strings.Contains(bad.What, "作废") {
			t.Errorf("audited: %v", err)
		}
		if _, err := lead.Explain(ctx, o.vault, o.house, o.clerk, first.ID, "990408193701010013"); !errors.As(err, &bad) || !strings.Contains(bad.What, "已作废") {
			t.Errorf("explained: %v", err)
		}
		if _, hits, err := lead.HitsOf(ctx, o.vault, o.house, o.clerk, first.ID); !errors.As(err, &bad) || !strings.Contains(bad.What, "已作废") || hits != nil {
			t.Errorf("exported: %v", err)
		}

		// A fourth is the same as the second; when all are gone a fifth begins anew.
		fourth := o.screened(ask)
		if got := o.states(fourth.ID); got[0] != "same as that of 2" {
			t.Errorf("%v", got)
		}
		if err := o.discard(third); err != nil { // whose finding is another's
			t.Fatal(err)
		}
		if got := fmt.Sprint(o.states(second.ID), o.states(third.ID), o.states(fourth.ID)); got != "[new] [discarded as that of 2] [same as that of 2]" {
			t.Errorf("%s", got)
		}
		for _, s := range []lead.Screening{second, fourth} {
			if err := o.discard(s); err != nil {
				t.Fatal(err)
			}
		}
		if fifth := o.screened(ask); fifth.Sum().Same != 0 || o.states(fifth.ID)[0] != "new" {
			t.Errorf("%+v %v", fifth.Sum(), o.states(fifth.ID))
		}

		// What has not ended is stopped, not discarded.
		waiting := o.screening(o.start(ask))
		if err := o.discard(waiting); !errors.As(err, new(org.Invalid)) {
			t.Errorf("one that waits: %v", err)
		}
	})
}

// A screening that ends while another is discarded is the same as nothing that counts no more.
func TestDiscardedWhileAnotherEnds(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		params, ids := o.smallLists()
		ask := lead.Ask{Params: params, Datasets: ids}
		for range 6 {
			first := o.screened(ask)
			o.start(ask)
			var both sync.WaitGroup
			both.Go(func() {
				if err := lead.RunWaiting(ctx, o.vault, o.house); err != nil {
					t.Error(err)
				}
			})
			both.Go(func() {
				if err := o.discard(first); err != nil {
					t.Error(err)
				}
			})
			both.Wait()
			if n := count(t, o.vault, `select count(*) from hit h join hit f on f.id = h.first_hit where h.state = 'same' and f.state = 'discarded'`); n != 0 {
				t.Fatalf("%d hits are the same as what counts no more", n)
			}
			if n := count(t, o.vault, `select count(*) from hit where state = 'new'`); n != 1 {
				t.Fatalf("the finding is raised %d times", n)
			}
		}
	})
}

// A sample is neither drawn nor looked at when its screening is discarded between the first look and the writing.
func TestAuditWhileDiscarded(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		params, ids := o.smallLists()
		s := o.screened(lead.Ask{Params: params, Datasets: ids})
		id, err := lead.DrawAudit(ctx, o.vault, o.house, o.clerk, s.ID, lead.AuditMissed, "一", 2)
		if err != nil {
			t.Fatal(err)
		}
		_, people, err := lead.AuditByID(ctx, o.vault, o.house, o.clerk, id)
		if err != nil || len(people) != 1 {
			t.Fatalf("%+v, %v", people, err)
		}
		for name, try := range map[string]func() error{
			"draw": func() error {
				_, err := lead.DrawAudit(ctx, o.vault, o.house, o.clerk, s.ID, lead.AuditMissed, "二", 2)
				return err
			},
			"enter": func() error {
				return lead.EnterAudit(ctx, o.vault, o.house, o.clerk, id, people[0].ID, people[0].Version, "right", "")
			},
		} {
			set := func(state string, between func()) error {
				return o.vault.Write(ctx, func(tx *store.Tx) error {
					if _, err := tx.Exec(ctx, `update screening set state = $2 where id = $1`, s.ID, state); err != nil {
						return err
					}
					between()
					return journal.Append(ctx, tx, journal.Entry{Who: "试", Verb: "修改", Kind: "test", Row: 1})
				})
			}
			holds, release, tried := make(chan bool), make(chan bool), make(chan error, 1)
			var all sync.WaitGroup
			all.Go(func() {
				if err := set("discarded", func() { close(holds); <-release }); err != nil {
					t.Error(err)
				}
			})
			<-holds
			all.Go(func() { tried <- try() })
			time.Sleep(300 * time.Millisecond) // it has looked, and waits to write
			close(release)
			all.Wait()
			var bad org.Invalid
			if err := <-tried; !errors.As(err, &bad) || !strings.Contains(bad.What, "作废") {
				t.Errorf("%s: %v", name, err)
			}
			if err := set("done", func() {}); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, o.vault, `select count(*) from audit`) + count(t, o.vault, `select count(*) from audit_person where result <> ''`); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// A duty that is dropped while its screening is discarded leaves no hit behind that counts: all of them are discarded, or none is.
func TestDiscardedWhileADutyIsDropped(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		held, handed := s.hit(s.west, "HL-01", 1), s.hit(s.east, "HL-01", 2)
		duty := s.insert(`insert into handout (id, unit, screening, village, finding, staff, given_by, hits, due, state, version) values ($1, $2, $3, $4, $5, 0, 0, 1, '2026-04-30', 'open', 1)`, s.town.ID, s.run, s.east.ID, s.finding)
		s.exec(`update hit set state = 'assigned', duty = $2 where id = $1`, handed, duty)
		write := func(between func(), statements ...string) error {
			return s.v.Write(ctx, func(tx *store.Tx) error {
				for _, x := range statements {
					if _, err := tx.Exec(ctx, x); err != nil {
						return err
					}
				}
				between()
				return journal.Append(ctx, tx, journal.Entry{Who: "试", Verb: "修改", Kind: "test", Row: 1})
			})
		}
		// On PostgreSQL somebody who holds a hit keeps the discarding in its update, which has seen the other as handed out; it is given back
		// meanwhile. On SQLite the three come one after the other.
		holds, release := make(chan bool), make(chan bool)
		var all sync.WaitGroup
		all.Go(func() {
			if err := write(func() { close(holds); <-release }, fmt.Sprintf(`update hit set due = '' where id = %d`, held)); err != nil {
				t.Error(err)
			}
		})
		<-holds
		discarded := make(chan error, 1)
		all.Go(func() {
			discarded <- lead.DiscardScreening(ctx, s.v, s.db, s.people["clerk"], s.run, 1, "日期选错")
		})
		time.Sleep(300 * time.Millisecond)
		dropped := make(chan bool)
		all.Go(func() {
			defer close(dropped)
			if err := write(func() {}, fmt.Sprintf(`update hit set state = 'new', duty = 0 where id = %d`, handed), fmt.Sprintf(`update handout set state = 'dropped' where id = %d`, duty)); err != nil {
				t.Error(err)
			}
		})
		select {
		case <-dropped:
		case <-time.After(time.Second): // behind the one who holds
		}
		close(release)
		all.Wait()
		err := <-discarded
		left := count(t, s.v, `select count(*) from hit where state <> 'discarded'`)
		switch {
		case err == nil && left != 0:
			t.Errorf("it is discarded, and %d hits are not", left)
		case err != nil && (!errors.As(err, new(org.Invalid)) || left != 2):
			t.Errorf("%v, and %d hits are left", err, left)
		}
	})
}

// Where somebody has been at work on what a screening found, it stays.
func TestDiscardIsRefused(t *testing.T) {
	for name, work := range map[string]func(s *scene, hit int64){
		"handed out": func(s *scene, _ int64) { s.handOut() },
		"checked":    func(s *scene, hit int64) { s.verify("east", hit, lead.RightPay) },
		"not reached": func(s *scene, hit int64) { // which leaves it where it was
			s.verify("east", hit, lead.Unreachable)
		},
		"sent back": func(s *scene, hit int64) {
			s.verify("east", hit, lead.RightPay)
			s.confirm("leader", hit, lead.Opinion{Text: "补火化证"})
		},
		"led to an application": func(s *scene, hit int64) {
			s.application(s.person(1, "禾乙英", "1946-10-01"), "new", "proposed", "", hit, 0)
		},
		"looked at in a sample": func(s *scene, _ int64) {
			id := s.insert(`insert into audit (id, unit, screening, seed, dataset, hash, population, found, age, drawn, staff, entered, version) values ($1, $2, $3, '7', 1, '', 1, 0, 80, 1, 0, 0, 1)`, s.town.ID, s.run)
			s.insert(`insert into audit_person (id, audit, ord, village, place, stratum, number, name, birth, source, result, said, checked, staff, version) values ($1, $2, 1, 0, '', 1, $3, '', '', '{}', 'right', '', '', 0, 1)`, id, s.v.Seal("audit_person.number", number(9)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachScene(t, func(t *testing.T, s *scene) {
				ctx := t.Context()
				hit := s.hit(s.east, "HL-01", 1)
				run, err := lead.ScreeningByID(ctx, s.v, s.db, s.people["clerk"], s.run)
				s.must(err)
				s.must(run.MayDiscard(ctx, s.v))
				work(s, hit)
				before := s.get(hit).State
				var bad org.Invalid
				if err := run.MayDiscard(ctx, s.v); !errors.As(err, &bad) {
					t.Errorf("it may be: %v", err)
				}
				if err := lead.DiscardScreening(ctx, s.v, s.db, s.people["clerk"], run.ID, run.Version, "错了"); !errors.As(err, &bad) || s.get(hit).State != before {
					t.Errorf("%v, %s", err, s.get(hit).State)
				}
			})
		})
	}
}

// What was discarded is handed to nobody, and its sample says nothing.
func TestNothingComesOfADiscardedScreening(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		hit := s.hit(s.east, "HL-01", 1)
		audit := s.insert(`insert into audit (id, unit, screening, seed, dataset, hash, population, found, age, drawn, staff, entered, version) values ($1, $2, $3, '7', 1, '', 1, 0, 80, 1, 0, 0, 1)`, s.town.ID, s.run)
		drawn := s.insert(`insert into audit_person (id, audit, ord, village, place, stratum, number, name, birth, source, result, said, checked, staff, version) values ($1, $2, 1, 0, '', 1, $3, '', '', '{}', '', '', '', 0, 1)`, audit, s.v.Seal("audit_person.number", number(9)))
		clerk := s.people["clerk"]
		s.must(lead.DiscardScreening(ctx, s.v, s.db, clerk, s.run, 1, "日期选错"))
		if _, err := lead.HandOut(ctx, s.v, s.db, s.cal, clerk, s.run, s.finding, "2026-04-30", s.villages()); !errors.As(err, new(org.Invalid)) {
			t.Errorf("handed out: %v", err)
		}
		if err := lead.Verify(ctx, s.v, s.db, s.cal, s.people["east"], hit, s.get(hit).Version, check(lead.RightPay)); !errors.As(err, new(org.Invalid)) {
			t.Errorf("checked: %v", err)
		}
		var bad org.Invalid
		if err := lead.EnterAudit(ctx, s.v, s.db, clerk, audit, drawn, 1, "right", ""); !errors.As(err, &bad) || !strings.Contains(bad.What, "作废") {
			t.Errorf("looked at: %v", err)
		}
		if list, err := lead.Audits(ctx, s.v, s.db, clerk); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		sweeps, err := lead.Sweeps(ctx, s.v, s.programme, []org.Unit{s.east}, []string{"2026-04"})
		if s.must(err); sweeps[s.east.ID][0].Screened != 0 || sweeps[s.east.ID][0].Found != 0 {
			t.Errorf("%+v", sweeps)
		}
	})
}

// A town without a programme by age screens by every rule that asks for none, as far as it says what it wants.
func TestScreeningWithoutAProgramme(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		params, ids := o.smallLists()
		aged := o.screened(lead.Ask{Params: params, Datasets: ids})
		dead := o.list("死亡.csv", screening.Deaths, []byte("姓名,身份证号,死亡日期\n李山,990408193701010013,2026-09-03\n"))
		ids = append(ids, o.confirm(o.add(dead)).ID)
		var bad org.Invalid
		ask := lead.Ask{Unit: o.town.ID, AsOf: "2026-11-30", Rules: []string{"HL-02", "HL-01", "HL-06"}, Datasets: ids}
		if _, err := lead.StartScreening(ctx, o.vault, o.house, o.clerk, ask); !errors.As(err, &bad) || bad.Field != "惠民项目" || !strings.Contains(bad.What, "HL-01、HL-06") || !strings.Contains(bad.What, "起始年龄") {
			t.Errorf("by age without an age: %v", err)
		}
		for _, day := range []string{"", "2026年11月"} {
			if _, err := lead.StartScreening(ctx, o.vault, o.house, o.clerk, lead.Ask{Unit: o.town.ID, AsOf: day, Rules: []string{"HL-02"}, Datasets: ids}); !errors.As(err, &bad) || bad.Field != "截止日期" {
				t.Errorf("%q: %v", day, err)
			}
		}
		ask.Rules = []string{"HL-02", "HL-05", "DB-01"}
		s := o.screened(ask)
		if s.State != lead.ScreeningDone || len(s.Counts) != 3 || s.Counts[0].Hits != 1 || s.Counts[2].State != screening.ForAbove {
			t.Fatalf("%+v", s)
		}
		if r, err := lead.Repeat(ctx, o.vault, o.house, o.clerk, s.ID); err != nil || !r.Identical {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := lead.DrawAudit(ctx, o.vault, o.house, o.clerk, s.ID, lead.AuditMissed, "7", 2); !errors.As(err, &bad) || bad.What != "这次筛查没有用项目规定，不能抽样" {
			t.Errorf("audited without an age: %v", err)
		}
		if runs, err := lead.Auditable(ctx, o.vault, o.house, o.clerk); err != nil || len(runs) != 1 || runs[0].ID != aged.ID {
			t.Errorf("audits are offered on %+v, %v", runs, err)
		}
		if clauses, err := lead.Explain(ctx, o.vault, o.house, o.clerk, s.ID, "990408193701010013"); err != nil || !slices.ContainsFunc(clauses, func(c screening.Clause) bool { return c.Rule == "HL-02" && c.Met }) || slices.ContainsFunc(clauses, func(c screening.Clause) bool { return c.Rule == "HL-01" }) {
			t.Errorf("%+v, %v", clauses, err)
		}
		ask.Params.GraceMonths = 2
		if s := o.screened(ask); s.Counts[0].Hits != 0 {
			t.Errorf("within the grace: %+v", s.Counts)
		}
		if n := lead.Needs([]screening.Kind{screening.Residents, screening.Roll}, screening.Params{}); n[0].Runs() || len(n[0].Lacks) != 2 || !n[1].Runs() {
			t.Errorf("%+v", n[:2])
		}
	})
}
