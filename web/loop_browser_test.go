package web_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// fits looks at a page on a desk and on a phone, where nothing may stick out, and takes its picture.
func (s *site) fits(b *browser.Browser, name, path string) {
	s.t.Helper()
	for _, width := range []int{390, 1366} {
		height := 844
		if width == 1366 {
			height = 768
		}
		b.Size(width, height)
		b.Go(s.url + path)
		if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			s.t.Errorf("%s at %d px is %d px too wide", name, width, over)
		}
		if width == 390 {
			b.Screenshot("phone-" + name)
		} else {
			b.Screenshot(name)
		}
	}
}

// weekly gives the second measure of a finding to the village every Friday, and the first to the colleague once.
func (s *site) weekly(id int64) {
	s.t.Helper()
	s.must(ledger.Assign(context.Background(), s.db, cal, s.people["clerk"], id, []ledger.Assignment{
		{Measure: 0, Unit: s.town.ID, Staff: s.people["colleague"].ID, Part: duty.Lead, Title: "召开座谈会，逐村定项目", Due: "2026-04-30", Reviewed: true},
		{Measure: 1, Unit: s.people["village"].Unit.ID, Staff: s.people["village"].ID, Part: duty.Lead, Title: "巡查政府街", Rule: "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", Words: "每日巡查", Reviewed: true},
		{Measure: 2, Unit: s.people["village"].Unit.ID, Staff: s.people["village"].ID, Part: duty.Lead, Title: "疏通巷道排水", Rule: "FREQ=MONTHLY", Words: "每月观摩评比一次", Reviewed: true,
			Condition: "区防汛办〔2026〕2号", CondFrom: "2026-04-01", CondTo: "2026-10-31"},
	}))
}

// tell reports on the first task of a duty that can be reported on.
func (s *site) tell(login string, title string, finding int64, r duty.Report) duty.Occurrence {
	s.t.Helper()
	for _, o := range s.work(finding).Occurrences {
		if o.Title == title && (o.Standing == duty.Open || o.Standing == duty.Returned || o.Standing == duty.Missed) {
			o, err := ledger.Report(context.Background(), s.db, cal, s.people[login], o.ID, o.Version, r, []evidence.Item{{Kind: evidence.Statement, Said: r.Said}})
			s.must(err)
			return o
		}
	}
	s.t.Fatalf("nothing to report on %s", title)
	return duty.Occurrence{}
}

func TestBrowserWork(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	ctx := context.Background()
	clerk := s.people["clerk"]
	f := s.findings()
	b := s.signIn(t, "clerk")
	s.fits(b, "assign-plan", fmt.Sprintf("/plan/%d/assign", s.plan))
	s.fits(b, "assign", fmt.Sprintf("/finding/%d/assign", f[1].ID))
	b.Allow("status of 422")
	b.Follow(".assign-end .btn-go")
	b.Screenshot("assign-refused")
	s.fits(b, "finding-new", fmt.Sprintf("/finding/%d", f[1].ID))

	// Two months of work: one week in time, one late, one missed, one sent back.
	id := f[1].ID
	s.weekly(id)
	s.at("2026-04-17")
	first := s.tell("village", "巡查政府街", id, duty.Report{Said: "政府街巡查一遍，清走占道摊 3 处"})
	s.must(ledger.Decide(ctx, s.db, cal, clerk, first.ID, first.Version, duty.Decision{Pass: true, Opinion: "属实"}))
	s.at("2026-04-27")
	s.tell("village", "巡查政府街", id, duty.Report{Said: "补巡一遍，占道 1 处已劝离", Happened: "2026-04-25", Reason: "周五镇里开会，周六补巡"})
	back := s.work(id).Occurrences
	for _, o := range back {
		if o.Standing == duty.Reported {
			s.must(ledger.Decide(ctx, s.db, cal, clerk, o.ID, o.Version, duty.Decision{Opinion: "没有写劝离的是哪一户，请补上地点"}))
			s.tell("village", "巡查政府街", id, duty.Report{Said: "补巡一遍，政府街 12 号门前占道 1 处已劝离", Happened: "2026-04-25", Reason: "周五镇里开会，周六补巡"})
		}
	}
	s.must(ledger.AskExtension(ctx, s.db, s.people["village"], id, "2026-06-10", "雨季施工停了半个月，排水沟还差两处", "已疏通 7 处，占八成"))
	letter, err := ledger.Draft(ctx, s.db, cal, clerk, id, ledger.Remind)
	s.must(err)
	s.must(ledger.SendLetter(ctx, s.db, clerk, letter, 1))
	s.at("2026-05-20")
	var waiting, missed, moved int64
	for _, o := range s.work(id).Occurrences {
		switch {
		case o.Standing == duty.Reported:
			waiting = o.ID
		case o.Standing == duty.Missed && missed == 0:
			missed = o.ID
		case o.Recurs && o.Nominal == "2026-05-01":
			moved = o.ID
		}
	}
	if moved == 0 {
		moved = missed
	}
	s.fits(b, "finding-work", fmt.Sprintf("/finding/%d", id))
	s.fits(b, "finding-story", fmt.Sprintf("/finding/%d?all=1", id))
	s.fits(b, "task-review", fmt.Sprintf("/task/%d", waiting))
	s.fits(b, "task-missed", fmt.Sprintf("/task/%d", missed))
	s.fits(b, "task-moved", fmt.Sprintf("/task/%d", moved))
	s.fits(b, "duty", fmt.Sprintf("/duty/%d", s.work(id).Duties[1].ID))
	s.fits(b, "close-gates", fmt.Sprintf("/finding/%d/close", id))
	x, err := ledger.Extensions(ctx, s.db, id)
	s.must(err)
	s.fits(b, "extend-none", fmt.Sprintf("/finding/%d/extend", f[3].ID))
	s.fits(b, "extend", fmt.Sprintf("/finding/%d/extend", f[4].ID))
	s.fits(b, "extension-clerk", fmt.Sprintf("/extension/%d", x[0].ID))
	leader := s.signIn(t, "leader")
	s.fits(leader, "extension", fmt.Sprintf("/extension/%d", x[0].ID))

	// A closing, from ready to signed.
	s.answered(f[0].ID)
	s.done(f[0].ID)
	s.fits(b, "finding-ready", fmt.Sprintf("/finding/%d", f[0].ID))
	s.fits(b, "close", fmt.Sprintf("/finding/%d/close", f[0].ID))
	b.Click(`[name="statement"]`)
	b.Press("学习计划、题库都建起来了，三次抽问 30 人答对九成")
	b.Follow(".side .btn-go")
	if !strings.Contains(b.URL(), "/closing/") {
		t.Fatalf("applying leads to %s", b.URL())
	}
	closing := strings.TrimPrefix(b.URL(), s.url)
	s.fits(b, "closing-clerk", closing)
	s.fits(leader, "closing", closing)
	leader.Click(`[name="words"]`)
	leader.Press("看过佐证，属实")
	leader.Follow(".side .btn-go")
	closings, err := ledger.Closings(ctx, s.db, f[0].ID)
	s.must(err)
	s.decided(closings[0].ID, "party", "district")
	s.fits(b, "closing-done", closing)
	s.fits(b, "slip", closing+"/slip")
	b.PDF("slip")
	party := s.signIn(t, "party")
	s.fits(party, "upkeep", fmt.Sprintf("/finding/%d/upkeep", f[0].ID))
	s.fits(party, "reopen", fmt.Sprintf("/finding/%d/reopen", f[0].ID))
	party.Click(`[name="reason"]`)
	party.Press("回头看抽问 10 人，6 人答不完整")
	party.Follow(".edit .btn-go")
	s.fits(party, "finding-relapsed", fmt.Sprintf("/finding/%d", f[0].ID))
	s.fits(party, "upkeep-relapsed", fmt.Sprintf("/finding/%d/upkeep", f[0].ID))
	village := s.signIn(t, "village")
	s.fits(village, "task-village", fmt.Sprintf("/task/%d", missed))
	// Files go up as they are chosen; the form is sent when they are there.
	file := filepath.Join(t.TempDir(), "补巡记录.txt")
	s.must(os.WriteFile(file, []byte("五月八日补巡政府街"), 0o600))
	village.Upload("#file", file)
	village.Wait(".up-say:not(:empty)")
	village.Click(`[name="said"]`)
	village.Press("补巡一遍，没有新的占道")
	village.Type(`[name="reason"]`, "当天停电")
	village.Follow(".edit-end .btn-go")
	if got := village.Text(".page"); !strings.Contains(got, "回执号") || !strings.Contains(got, "补巡记录.txt") || village.Count(".ev li") != 1 {
		t.Errorf("after reporting with a file: %s", got)
	}
	village.Screenshot("task-told")
	s.fits(b, "plan-work", fmt.Sprintf("/plan/%d", s.plan))
}
