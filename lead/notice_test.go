package lead_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"bihuan/lead"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// L14: whatever stands in the rows, a notice tells name (masked), village, amount and months and nothing else.
func TestNoticeTellsNothingElse(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		secrets := []string{number(1), "6217000010001234567", "13800001234", "重病", "残", "肺癌", "禾秀英", "沟小宝", "1946", "十二号院", "智力二级"}
		person := func(n int, name, birth string) int64 {
			return s.insert(`insert into person (id, unit, village, path, place, household, number, number_index, name, birth, sex, phone, came_on, moved_on, dead_on, version)
				values ($1, $2, $3, $4, '东槐村十二号院', '十二号院', $5, $6, $7, $8, '女', $9, '', '', '', 1)`, s.town.ID, s.east.ID, s.east.Path, s.v.Seal("person.number", number(n)), s.v.Index("number", number(n)),
				name, birth, s.v.Seal("person.phone", "13800001234"))
		}
		roll := func(person, standard int64) {
			s.insert(`insert into roll (id, programme, person, starts, ends, class, standard, account, account_index, state, next_review, version)
				values ($1, $2, $3, '2025-01', '', '重病', $4, $5, '', 'receiving', '', 1)`, s.programme, person, standard, s.v.Seal("roll.account", "6217000010001234567"))
		}
		roll(person(1, "禾秀英", "1946-10-01"), 5000)
		roll(person(2, "禾秀英（肺癌）13800001234", "1940-10-01"), 10000)
		roll(person(3, "沟小宝", "2015-06-01"), 30000) // a minor
		roll(person(4, "沟小宝", ""), 30000)           // whose birth nobody knows
		roll(person(5, "李梅[残]智力二级", "1946-10-01"), 0)
		draft := lead.NoticeDraft{Programme: s.programme, Village: s.east.ID, What: "receiving", Basis: "临民〔2026〕4号", Until: "2026-04-25", Batch: lead.NewBatch()}
		var id int64
		for range 2 {
			again, err := lead.PostNotice(ctx, s.v, s.db, s.people["clerk"], s.town.ID, draft)
			s.must(err)
			if id != 0 && again != id {
				t.Error("posted twice")
			}
			id = again
		}
		n, err := lead.PublicNotice(ctx, s.v, draft.Batch)
		s.must(err)
		if n.ID != id || n.N != 3 || n.LeftOut != 2 || len(n.Lines) != 3 || n.Title != "东槐村高龄津贴在享人员公示" {
			t.Errorf("%+v", n)
		}
		text := fmt.Sprintf("%+v", n.Lines)
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("it tells %s: %s", secret, text)
			}
		}
		if !strings.Contains(text, "禾*英") || !strings.Contains(text, "李*") || !strings.Contains(text, "东槐村") || !strings.Contains(text, "10000") {
			t.Error(text)
		}
		s.application(s.person(6, "沟秀莲", "1946-10-01"), "new", "checked", "", 0, 5000)
		s.application(s.person(7, "沟秀荷", "1946-10-01"), "new", "proposed", "", 0, 5000) // with the county already
		s.application(s.person(8, "沟秀芹", "1946-11-01"), "new", "held", "", 0, 5000)     // in a letter that waits to be signed
		proposed := draft
		proposed.What, proposed.Batch = "proposed", lead.NewBatch()
		_, err = lead.PostNotice(ctx, s.v, s.db, s.people["clerk"], s.town.ID, proposed)
		s.must(err)
		if n, err := lead.PublicNotice(ctx, s.v, proposed.Batch); err != nil || len(n.Lines) != 2 || !slices.Contains(n.Lines, lead.NoticeLine{Name: "沟*莲", Place: "东槐村", Amount: 5000, Period: "2026年5月起每月"}) ||
			!slices.Contains(n.Lines, lead.NoticeLine{Name: "沟*芹", Place: "东槐村", Amount: 5000, Period: "2026年5月起每月"}) {
			t.Errorf("%+v, %v", n, err)
		}
		for name, spoil := range map[string]func(*lead.NoticeDraft){
			"a phone in the title":    func(d *lead.NoticeDraft) { d.Title = "公示 有事打 0310-1234567" },
			"a number in the title":   func(d *lead.NoticeDraft) { d.Title = "公示 " + number(1) },
			"health in the title":     func(d *lead.NoticeDraft) { d.Title = "重度残疾人补贴公示" },
			"an account in the basis": func(d *lead.NoticeDraft) { d.Basis = "见账户明细" },
			"too short":               func(d *lead.NoticeDraft) { d.Until = "2026-04-20" },
			"too long":                func(d *lead.NoticeDraft) { d.Until = "2026-06-20" },
			"without an end":          func(d *lead.NoticeDraft) { d.Until = "" },
			"of nothing":              func(d *lead.NoticeDraft) { d.What = "" },
			"nobody to list":          func(d *lead.NoticeDraft) { d.Village = s.west.ID },
			"another's village":       func(d *lead.NoticeDraft) { d.Village = s.people["stranger"].Unit.ID },
			"no programme":            func(d *lead.NoticeDraft) { d.Programme = 7 },
			"a guessable address":     func(d *lead.NoticeDraft) { d.Batch = "1" },
		} {
			x := draft
			x.Batch = lead.NewBatch()
			spoil(&x)
			if _, err := lead.PostNotice(ctx, s.v, s.db, s.people["clerk"], s.town.ID, x); !errors.As(err, new(org.Invalid)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, who := range []string{"east", "leader", "stranger"} {
			if _, err := lead.PostNotice(ctx, s.v, s.db, s.people[who], s.town.ID, draft); !errors.As(err, new(org.Denied)) {
				t.Errorf("%s posts: %v", who, err)
			}
		}
	})
}

// Whoever is paid by age stands in a notice with what was paid last and counts.
func TestANoticeTellsNoVoidPayment(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		person := s.person(1, "禾秀英", "1946-10-01")
		roll := s.insert(`insert into roll (id, programme, person, starts, ends, class, standard, account, account_index, state, next_review, version)
			values ($1, $2, $3, '2025-01', '', '', 0, '', '', 'receiving', '', 1)`, s.programme, person)
		for month, x := range map[string]struct {
			fen  int64
			void string
		}{"2026-02": {4000, ""}, "2026-03": {9000, "2026-04-02"}} {
			s.insert(`insert into payment (id, programme, person, roll, application, month, amount, paid, source, version, void) values ($1, $2, $3, $4, 0, $5, $6, '2026-04-01', '', 1, $7)`, s.programme, person, roll, month, x.fen, x.void)
		}
		draft := lead.NoticeDraft{Programme: s.programme, Village: s.east.ID, What: "receiving", Basis: "临民〔2026〕4号", Until: "2026-04-25", Batch: lead.NewBatch()}
		_, err := lead.PostNotice(t.Context(), s.v, s.db, s.people["clerk"], s.town.ID, draft)
		s.must(err)
		if n, err := lead.PublicNotice(t.Context(), s.v, draft.Batch); err != nil || len(n.Lines) != 1 || n.Lines[0].Amount != 4000 {
			t.Errorf("%+v, %v", n.Lines, err)
		}
	})
}

// A notice comes down by itself, and what it told is gone.
func TestNoticeComesDown(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		s.insert(`insert into roll (id, programme, person, starts, ends, class, standard, account, account_index, state, next_review, version)
			values ($1, $2, $3, '2025-01', '', '', 5000, '', '', 'receiving', '', 1)`, s.programme, s.person(1, "禾秀英", "1946-10-01"))
		draft := lead.NoticeDraft{Programme: s.programme, What: "receiving", Until: "2026-04-21", Batch: lead.NewBatch()}
		id, err := lead.PostNotice(ctx, s.v, s.db, s.people["clerk"], s.town.ID, draft)
		s.must(err)
		s.now = time.Date(2026, 4, 21, 23, 59, 0, 0, time.Local)
		if n, err := lead.TakeDown(ctx, s.v); n != 0 || err != nil {
			t.Error(n, err)
		}
		if _, err := lead.PublicNotice(ctx, s.v, draft.Batch); err != nil {
			t.Error("gone on its last day:", err)
		}
		s.now = time.Date(2026, 4, 22, 0, 1, 0, 0, time.Local)
		if _, err := lead.PublicNotice(ctx, s.v, draft.Batch); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("still there before anybody took it down: %v", err)
		}
		for want := range 2 {
			if n, err := lead.TakeDown(ctx, s.v); n != 1-want || err != nil {
				t.Error(n, err)
			}
		}
		if n, err := store.One(ctx, s.v, store.Value[int], `select count(*) from notice_line`); n != 0 || err != nil {
			t.Errorf("%d lines are left, %v", n, err)
		}
		n, err := lead.NoticeByID(ctx, s.v, s.db, s.people["clerk"], id)
		if err != nil || n.Down.IsZero() || n.DownWhy != "公示期满" || n.N != 1 {
			t.Errorf("%+v, %v", n, err)
		}
		s.must(lead.RemoveNotice(ctx, s.v, s.db, s.people["clerk"], id, n.Version, "撤下"))
	})
}

// Nothing of a notice that came down is left in the database file.
func TestNoticeLeavesNothingInTheFile(t *testing.T) {
	url := storetest.SQLite(t)
	s := newScene(t, url)
	ctx := context.Background()
	s.insert(`insert into roll (id, programme, person, starts, ends, class, standard, account, account_index, state, next_review, version)
		values ($1, $2, $3, '2025-01', '', '', 5000, '', '', 'receiving', '', 1)`, s.programme, s.person(1, "䶮秀𠅤", "1946-10-01"))
	id, err := lead.PostNotice(ctx, s.v, s.db, s.people["clerk"], s.town.ID, lead.NoticeDraft{Programme: s.programme, What: "receiving", Until: "2026-04-21", Batch: lead.NewBatch()})
	s.must(err)
	n, err := lead.NoticeByID(ctx, s.v, s.db, s.people["clerk"], id)
	s.must(err)
	masked := n.Lines[0].Name
	s.must(lead.RemoveNotice(ctx, s.v, s.db, s.people["clerk"], id, n.Version, "名单有误"))
	address, err := store.ResidentsOf(url)
	s.must(err)
	path := strings.TrimPrefix(address, "sqlite://")
	for _, file := range []string{path, path + "-wal"} {
		content, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(content), masked) {
			t.Errorf("%s is still in %s", masked, file)
		}
	}
}

func TestPublicNames(t *testing.T) {
	for name, want := range map[string]string{
		"禾秀英": "禾*英", "李梅": "李*", "阿卜杜拉·买买提": "阿******提", "禾秀英（残）": "禾*英", "禾秀英13800001234": "禾*英", "王": "*", "": "", "李 梅": "李*", "张三【大病】": "张*", "禾WEI英": "禾***英",
	} {
		if got := lead.PublicName(name); got != want {
			t.Errorf("%q: %q, not %q", name, got, want)
		}
	}
	for text, told := range map[string]bool{"高龄津贴公示": false, "临民〔2026〕12号": false, "2026年4月": false, "电话": true, "0310-1234567": true, "123 4567": true, "大病救助": true, "２０２６０４１６": true} {
		if got := lead.Tells(text) != ""; got != told {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// M68: swept by a screening or by foot, found, settled; six months of nothing ask for a sample.
func TestSweeps(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		s.hit(s.east, "HL-01", 1)
		b := s.hit(s.east, "HL-02", 2)
		s.verify("east", b, lead.Allowed)
		s.confirm("leader", b, lead.Opinion{Pass: true})
		walk := lead.Sweep{Village: s.west.ID, Month: "2026-03", Sources: "逐户走访", Found: 2, Settled: 1}
		for range 2 {
			s.must(lead.EnterSweep(ctx, s.v, s.db, s.people["west"], s.programme, walk))
		}
		walk.Settled = 2
		s.must(lead.EnterSweep(ctx, s.v, s.db, s.people["west"], s.programme, walk))
		for name, spoil := range map[string]func(*lead.Sweep){
			"next month":   func(x *lead.Sweep) { x.Month = "2026-05" },
			"no words":     func(x *lead.Sweep) { x.Sources = "" },
			"more settled": func(x *lead.Sweep) { x.Settled = 3 },
			"a number":     func(x *lead.Sweep) { x.Sources = "问了13800001234" },
		} {
			x := walk
			spoil(&x)
			if err := lead.EnterSweep(ctx, s.v, s.db, s.people["west"], s.programme, x); !errors.As(err, new(org.Invalid)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := lead.EnterSweep(ctx, s.v, s.db, s.people["east"], s.programme, walk); !errors.As(err, new(org.Denied)) {
			t.Errorf("another village's: %v", err)
		}
		months := lead.Months("2026-04-16", 6)
		if len(months) != 6 || months[0] != "2025-11" || months[5] != "2026-04" {
			t.Fatal(months)
		}
		table, err := lead.Sweeps(ctx, s.v, s.programme, []org.Unit{s.east, s.west}, months)
		s.must(err)
		if x := table[s.east.ID][5]; !x.Done() || x.Screened != 1 || x.Found != 2 || x.Settled != 1 {
			t.Errorf("%+v", x)
		}
		if x := table[s.west.ID][4]; !x.Done() || x.Found != 2 || x.Settled != 2 || x.By != s.people["west"].ID {
			t.Errorf("%+v", x)
		}
		if x := table[s.west.ID][5]; !x.Done() || x.Found != 0 {
			t.Errorf("a screening looks through the whole town: %+v", x)
		}
		if table[s.east.ID][0].Done() {
			t.Error("swept before anybody did")
		}
		quiet := make([]lead.Sweep, 6)
		for i := range quiet {
			quiet[i].Screened = 1
		}
		if !lead.Quiet(quiet) || lead.Quiet(quiet[:5]) || lead.Quiet(table[s.west.ID]) {
			t.Error("six months of nothing")
		}
		quiet[2].Screened = 0
		if lead.Quiet(quiet) {
			t.Error("a month that nobody swept is no month of nothing")
		}
	})
}
