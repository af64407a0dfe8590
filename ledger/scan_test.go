package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// flaws scans as somebody and writes what was found: code=number.
func (w world) flaws(t *testing.T, who org.Person) string {
	t.Helper()
	list, err := ledger.Scan(t.Context(), w.db, cal, who, *w.now)
	ok(t, err)
	var codes []string
	for _, f := range list {
		codes = append(codes, fmt.Sprintf("%s=%d", f.Code, f.N))
		if f.Do == "" || f.Word == "" || !strings.Contains(f.Text, fmt.Sprint(f.N)) {
			t.Errorf("%+v says too little", f)
		}
	}
	return strings.Join(codes, " ")
}

func (w world) flaw(t *testing.T, who org.Person, code string) ledger.Flaw {
	t.Helper()
	list, err := ledger.Scan(t.Context(), w.db, cal, who, *w.now)
	ok(t, err)
	for _, f := range list {
		if f.Code == code {
			return f
		}
	}
	return ledger.Flaw{}
}

// The scan finds each flaw as it comes and forgets it when it is gone. Counted by hand out of the paper of the tests.
func TestScan(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		if got := w.flaws(t, w.clerk); got != "" {
			t.Fatalf("of an empty ledger: %s", got)
		}
		w.imported(t)
		// One manifestation (农家书屋) without measure, one finding without anybody, four measures not given.
		want := func(want string) {
			t.Helper()
			if got := w.flaws(t, w.clerk); got != want {
				t.Errorf("found %q, want %q", got, want)
			}
		}
		want("unanswered=1 vague=1 ungiven=4")
		if got := w.flaws(t, w.stranger); got != "" {
			t.Errorf("another town sees %s", got)
		}
		if got := w.flaws(t, w.district); got != "unanswered=1 vague=1 ungiven=4" {
			t.Errorf("the district sees %s", got)
		}
		gap := w.flaw(t, w.clerk, ledger.FlawUnanswered)
		f := w.finding(t, "高龄")
		if len(gap.Spots) != 1 || gap.Spots[0].ID != f.ID || gap.Spots[0].Label != "问题 1" || !strings.Contains(gap.Spots[0].Text, "农家书屋") || gap.Spots[0].Unit != "柳塘镇" {
			t.Errorf("%+v", gap)
		}
		// A measure that answers it, but that nobody can count.
		ok(t, ledger.AddMeasure(ctx, w.db, w.clerk, f.ID, f.Version, "定期开放农家书屋", []int{1}))
		want("vague=1 ungiven=5 uncounted=1")
		ok(t, ledger.Assign(ctx, w.db, cal, w.clerk, f.ID, []ledger.Assignment{
			{Measure: 1, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Rule: "FREQ=WEEKLY;BYDAY=FR"}}))
		// April 2026 has the Fridays 17 and 24 left, the 1st of May is another month.
		want("ungiven=4 burden=2")
		// Given on Thursday 16 April: three working days later, Tuesday, it is no flaw yet; on Wednesday it is.
		w.at(t, "2026-04-21")
		want("ungiven=4 burden=2")
		w.at(t, "2026-04-22")
		want("ungiven=4 unreceived=1 burden=2")
		if spot := w.flaw(t, w.clerk, ledger.FlawUnreceived).Spots[0]; spot.Unit != "东村" || !strings.HasPrefix(spot.Text, "李四喜：") {
			t.Errorf("%+v", spot)
		}
		ok(t, ledger.Receive(ctx, w.db, w.cadre, w.work(t, "高龄").Duties[0].ID))
		want("ungiven=4 burden=2")
		// Evidence from before the feedback of 2 March: entered while that was unknown, say.
		roads := w.finding(t, "积水")
		item, err := ledger.AddEvidence(ctx, w.db, w.clerk, roads.ID, evidence.Item{Kind: evidence.Statement, Title: "清沟记录", Said: "清沟三处", Event: "2026-04-01"})
		ok(t, err)
		ok(t, w.db.Write(ctx, func(tx *store.Tx) error {
			if err := journal.Append(ctx, tx, journal.Entry{Verb: "修改", Kind: "evidence"}); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `update evidence set event = '2026-01-12' where id = $1`, item.ID)
			return err
		}))
		want("ungiven=4 old=1 burden=2")
		// In November next year's holidays are missed, once tasks fall into it: the Fridays of 2027 up to the horizon.
		w.at(t, "2026-11-03")
		list, err := duty.List(ctx, w.db, duty.Filter{DueFrom: "2027-01-01", DueTo: "2027-12-31", Standings: []duty.Standing{duty.Open}})
		ok(t, err)
		if year := w.flaw(t, w.clerk, ledger.FlawYear); len(list) == 0 || year.N != len(list) {
			t.Errorf("%d tasks in 2027, the scan says %+v", len(list), year)
		}
	})
}

// A post that nobody holds, with a duty on it.
func TestScanFindsVacantPosts(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		var post org.Post
		ok(t, w.db.Write(ctx, func(tx *store.Tx) (err error) {
			if post, err = org.AddPost(ctx, tx, org.Program, w.town, "宣传委员", "", true); err != nil {
				return err
			}
			_, err = org.Succeed(ctx, tx, org.Program, post.ID, w.leader.ID, "2026-04-16", "任命")
			return err
		}))
		f := w.finding(t, "积水")
		ok(t, ledger.Assign(ctx, w.db, cal, w.clerk, f.ID, []ledger.Assignment{{Measure: 0, Unit: w.town.ID, Post: post.ID, Part: duty.Lead, Rule: "FREQ=WEEKLY;BYDAY=FR"}}))
		if got := w.flaw(t, w.clerk, ledger.FlawVacant); got.N != 0 {
			t.Errorf("a held post: %+v", got)
		}
		ok(t, w.db.Write(ctx, func(tx *store.Tx) error {
			holder, err := org.HolderOn(ctx, tx, post.ID, "2026-04-16")
			if err != nil {
				return err
			}
			return org.Release(ctx, tx, org.Program, holder.ID, "2026-04-16", "调离")
		}))
		w.at(t, "2026-04-17")
		if got := w.flaw(t, w.clerk, ledger.FlawVacant); got.N != 1 || got.Spots[0].ID != post.ID || got.Spots[0].Text != "宣传委员" {
			t.Errorf("a vacant post: %+v", got)
		}
	})
}

// The number in the bar is just what the lists show.
func TestWaitingFor(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		want := func(who org.Person, want ledger.Waiting) {
			t.Helper()
			got, err := ledger.WaitingFor(ctx, w.db, who, "2026-04-16")
			ok(t, err)
			if got != want {
				t.Errorf("%s: %+v, want %+v", who.Name, got, want)
			}
			closings, err := ledger.WaitingClosings(ctx, w.db, who)
			ok(t, err)
			extensions, err := ledger.WaitingExtensions(ctx, w.db, who)
			ok(t, err)
			day, err := ledger.TodayOf(ctx, w.db, who, "2026-04-16")
			ok(t, err)
			if got.Now != len(day.Now) || got.Receive != len(day.Waiting) || got.Today() != len(day.Now)+len(day.Waiting) {
				t.Errorf("%s: counted %+v, the list of today has %d and %d", who.Name, got, len(day.Now), len(day.Waiting))
			}
			if got.Closings != len(closings) || got.Extensions != len(extensions) {
				t.Errorf("%s: counted %+v, listed %d and %d", who.Name, got, len(closings), len(extensions))
			}
		}
		f := w.roads(t)
		want(w.cadre, ledger.Waiting{Receive: 1})
		ok(t, ledger.Receive(ctx, w.db, w.cadre, w.work(t, "积水").Duties[0].ID))
		want(w.cadre, ledger.Waiting{})
		ok(t, ledger.AskExtension(ctx, w.db, w.clerk, f.ID, "2026-06-20", "雨多", "已排查"))
		want(w.leader, ledger.Waiting{Extensions: 1})
		want(w.party, ledger.Waiting{Extensions: 1})
		want(w.clerk, ledger.Waiting{})
		x, err := ledger.Extensions(ctx, w.db, f.ID)
		ok(t, err)
		ok(t, ledger.DecideExtension(ctx, w.db, w.leader, x[0].ID, x[0].Version, false, "按期办"))
		o, err := w.tell(t, w.cadre, "积水", duty.Report{Said: "疏通了"}, statement("2026-04-16"))
		ok(t, err)
		want(w.clerk, ledger.Waiting{Review: 1})
		want(w.leader, ledger.Waiting{Review: 1})
		want(w.stranger, ledger.Waiting{})
		want(w.district, ledger.Waiting{})
		ok(t, w.decide(t, w.clerk, o, duty.Decision{Opinion: "缺照片"}))
		want(w.cadre, ledger.Waiting{Returned: 1, Now: 1})
		o, err = w.tell(t, w.cadre, "积水", duty.Report{Said: "疏通了，附说明"}, statement("2026-04-16"))
		ok(t, err)
		ok(t, w.decide(t, w.clerk, o, duty.Decision{Pass: true}))
		f = w.finding(t, "积水")
		_, err = ledger.Apply(ctx, w.db, w.clerk, f.ID, f.Version, "都疏通了")
		ok(t, err)
		want(w.leader, ledger.Waiting{Closings: 1})
		want(w.party, ledger.Waiting{})
		want(w.district, ledger.Waiting{})
		id, err := ledger.Draft(ctx, w.db, cal, w.clerk, f.ID, ledger.Remind)
		ok(t, err)
		want(w.clerk, ledger.Waiting{Letters: 1})
		want(w.leader, ledger.Waiting{Closings: 1, Letters: 1})
		want(w.district, ledger.Waiting{})
		l, err := ledger.LetterByID(ctx, w.db, w.clerk, id)
		ok(t, err)
		ok(t, ledger.SendLetter(ctx, w.db, w.clerk, id, l.Version))
		want(w.clerk, ledger.Waiting{})
		want(w.cadre, ledger.Waiting{Letters: 1})
	})
}

// What no open single task stands for is found by its deadline.
func TestLooseFindings(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		list, n, err := ledger.LooseFindings(ctx, w.db, w.clerk, "2026-04-17", "2026-05-31", false, 10)
		ok(t, err)
		if n != 2 || len(list) != 2 || list[0].Due != "2026-04-30" || list[0].Given {
			t.Fatalf("%d, %+v", n, list)
		}
		// Whom the later one names finds it however short the list is.
		if list, n, err = ledger.LooseFindings(ctx, w.db, w.cadre, "2026-04-17", "2026-05-31", true, 1); n != 1 || err != nil || list[0].Due != "2026-05-31" {
			t.Errorf("of the one named: %d %+v %v", n, list, err)
		}
		for who, want := range map[*org.Person]int{&w.leader: 1, &w.clerk: 0} {
			if _, n, err = ledger.LooseFindings(ctx, w.db, *who, "2026-04-17", "2026-05-31", true, 1); n != want || err != nil {
				t.Errorf("of %s: %d %v, want %d", who.Name, n, err, want)
			}
		}
		f := w.finding(t, "积水")
		ok(t, ledger.Assign(ctx, w.db, cal, w.clerk, f.ID, []ledger.Assignment{{Measure: 0, Unit: w.east.ID, Staff: w.cadre.ID, Part: duty.Lead, Reviewed: true}}))
		if _, n, err = ledger.LooseFindings(ctx, w.db, w.clerk, "2026-04-17", "2026-05-31", false, 10); n != 1 || err != nil {
			t.Errorf("with a task for one of them: %d %v", n, err)
		}
		_, err = w.tell(t, w.cadre, "积水", duty.Report{Said: "办了"})
		ok(t, err)
		if list, n, err = ledger.LooseFindings(ctx, w.db, w.clerk, "2026-05-31", "2026-05-31", false, 10); n != 1 || err != nil || !list[0].Given {
			t.Errorf("reported and not closed: %d %v", n, err)
		}
	})
}

// A window of the town is seen in the village, and one of the village in the town; imported years are listed with their source.
func TestEventsAndYears(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		ok(t, ledger.EnterEvent(ctx, w.db, cal, w.clerk, w.town, calendar.Window{Name: "雨雪天", From: "2026-04-18", To: "2026-04-19"}))
		ok(t, ledger.EnterEvent(ctx, w.db, cal, w.clerk, w.east, calendar.Window{Name: "庙会", From: "2026-05-20", To: "2026-05-22"}))
		for who, want := range map[*org.Person]int{&w.clerk: 2, &w.cadre: 2, &w.stranger: 0, &w.district: 2} {
			list, err := ledger.Events(ctx, w.db, *who, 10)
			ok(t, err)
			if len(list) != want {
				t.Errorf("%s sees %+v", who.Name, list)
			}
		}
		supervisor := w.district
		supervisor.Role = org.Admin
		_, err := ledger.ImportHolidays(ctx, w.db, supervisor, "2027-01-01 2027-01-03 off 元旦\n", "国办发明电〔2026〕9号")
		ok(t, err)
		years, err := ledger.Years(ctx, w.db)
		ok(t, err)
		if len(years) != 1 || years[0].Year != "2027" || years[0].Source != "国办发明电〔2026〕9号" {
			t.Errorf("%+v", years)
		}
		c, err := ledger.Calendar(ctx, w.db)
		ok(t, err)
		if !c.Knows("2027-02-01") || c.Knows("2028-01-01") {
			t.Errorf("known: %v", c.Years())
		}
	})
}
