package ledger_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// secretary is the secretary of the town, entered when a test asks.
func (w world) secretary(t *testing.T) org.Person {
	t.Helper()
	p := org.Person{Name: "关山远", Post: "党委书记", Role: org.Secretary, Unit: w.town}
	err := w.db.Write(t.Context(), func(tx *store.Tx) error {
		var err error
		p.ID, err = org.AddStaff(t.Context(), tx, org.Program, w.town, p.Name, p.Post, p.Role, "", "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w world) notice(t *testing.T, who org.Person, id int64) ledger.Recommendation {
	t.Helper()
	r, err := ledger.RecommendationByID(t.Context(), w.db, who, id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A first notice is answered, sent back, answered again; a second one on the same subject goes to the secretary. Then the plan comes
// and belongs to the same round.
func TestTwoRecommendationsOnOneSubject(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx, cal := t.Context(), calendar.Published()
		boss := w.secretary(t)
		var denied org.Denied
		first := ledger.Notice{Unit: w.town.ID, Number: "巡建〔2026〕3号", Subject: "关于高龄津贴应享未享的巡察建议", Body: "抽查发现7名老人未享受高龄津贴，建议全面比对。", Issued: "2026-04-03"}
		if _, err := ledger.Recommend(ctx, w.db, cal, w.clerk, first); !errors.As(err, &denied) {
			t.Errorf("the clerk of a town in a district recommends: %v", err)
		}
		id, err := ledger.Recommend(ctx, w.db, cal, w.district, first)
		again, err2 := ledger.Recommend(ctx, w.db, cal, w.district, first)
		if err != nil || err2 != nil || id != again {
			t.Fatalf("sent twice: %d %d %v %v", id, again, err, err2)
		}
		// 4 to 6 April 2026 are the holidays of 清明: five working days after Friday the 3rd are Monday the 13th.
		r := w.notice(t, w.clerk, id)
		if r.Due != "2026-04-13" || r.Seq != 1 || r.Level != ledger.UnitLevel || r.State() != ledger.ToReceive || !r.Pressing() {
			t.Errorf("issued %+v", r)
		}
		if _, err := ledger.RecommendationByID(ctx, w.db, w.stranger, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another town reads it: %v", err)
		}
		reply := ledger.Reply{Text: "比对后补发7人。", Number: "柳党〔2026〕8号", Day: "2026-04-10"}
		refused(t, ledger.AnswerRecommendation(ctx, w.db, w.clerk, id, 1, reply), "先签收")
		for range 2 {
			if err := ledger.ReceiveRecommendation(ctx, w.db, w.clerk, id, 1); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, ledger.AnswerRecommendation(ctx, w.db, w.clerk, id, 2, ledger.Reply{Day: "2026-04-10"}), "答复内容")
		refused(t, ledger.AnswerRecommendation(ctx, w.db, w.clerk, id, 2, ledger.Reply{Text: "好", Day: "2026-04-01"}), "早于")
		refused(t, ledger.JudgeRecommendation(ctx, w.db, cal, w.district, id, 2, ledger.Adopted, "", ""), "没有待评判")
		for range 2 {
			if err := ledger.AnswerRecommendation(ctx, w.db, w.clerk, id, 2, reply); err != nil {
				t.Fatal(err)
			}
		}
		r = w.notice(t, w.clerk, id)
		if n, ok := r.ResponseDays(cal); !ok || n != 4 || r.State() != ledger.ToJudge || r.Pressing() || r.RepliedBy != "贺晓雨" {
			t.Errorf("answered after %d working days: %+v", n, r)
		}
		var stale journal.Stale
		if err := ledger.JudgeRecommendation(ctx, w.db, cal, w.district, id, 2, ledger.Adopted, "", ""); !errors.As(err, &stale) {
			t.Errorf("a stale verdict: %v", err)
		}
		if err := ledger.JudgeRecommendation(ctx, w.db, cal, w.clerk, id, 3, ledger.Adopted, "", ""); !errors.As(err, &denied) {
			t.Errorf("the town judges itself: %v", err)
		}
		refused(t, ledger.JudgeRecommendation(ctx, w.db, cal, w.district, id, 3, ledger.Returned, " ", ""), "哪里不够")
		if err := ledger.JudgeRecommendation(ctx, w.db, cal, w.district, id, 3, ledger.Returned, "只补了抽查到的7人，没有全面比对。", ""); err != nil {
			t.Fatal(err)
		}
		r = w.notice(t, w.clerk, id)
		if r.State() != ledger.ToRedo || !r.Pressing() || r.Due != "2026-04-23" || r.Reply == "" { // five working days after Thursday 16 April
			t.Errorf("sent back: %+v", r)
		}
		// The second notice, known by its subject however it is written.
		second := ledger.Notice{Unit: w.town.ID, Number: "巡建〔2026〕9号", Subject: "高龄津贴应享未享 问题", Body: "仍有2名老人未享受。", Issued: "2026-04-15", Due: "2026-04-20"}
		_, err = ledger.Recommend(ctx, w.db, cal, w.district, second)
		refused(t, err, "第2次", "书记", "为什么不够")
		second.WhyAgain = "第一次答复没有全面比对"
		id2, err := ledger.Recommend(ctx, w.db, cal, w.district, second)
		if err != nil {
			t.Fatal(err)
		}
		r = w.notice(t, w.clerk, id2)
		if r.Seq != 2 || r.Previous != id || r.Level != ledger.SecretaryLevel || r.Due != "2026-04-20" {
			t.Errorf("the second: %+v", r)
		}
		if r := w.notice(t, w.clerk, id); r.State() != ledger.TakenUp || r.Pressing() {
			t.Errorf("the first, now that there is a second: %s", r.State())
		}
		refused(t, ledger.AnswerRecommendation(ctx, w.db, w.clerk, id, 4, ledger.Reply{Text: "又补发2人", Day: "2026-04-16"}), "第2次")
		if err := ledger.ReceiveRecommendation(ctx, w.db, w.clerk, id2, 1); err != nil {
			t.Fatal(err)
		}
		reply = ledger.Reply{Text: "全镇80岁以上老人逐人比对，补发9人。", Day: "2026-04-16"}
		refused(t, ledger.AnswerRecommendation(ctx, w.db, w.clerk, id2, 2, reply), "第2次", "书记")
		lent := org.Person{ID: boss.ID, Name: boss.Name, Role: org.Cadre, Unit: w.east, Posts: []org.PostHeld{{ID: 1, Title: "党委书记", Role: org.Secretary, Unit: w.town}}}
		if list, err := ledger.Threads(ctx, w.db, lent); err != nil || len(list) != 1 {
			t.Errorf("a secretary by post sees %+v %v", list, err)
		}
		if err := ledger.AnswerRecommendation(ctx, w.db, lent, id2, 2, reply); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := ledger.JudgeRecommendation(ctx, w.db, cal, w.district, id2, 3, ledger.Adopted, "同意", ""); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, ledger.AnswerRecommendation(ctx, w.db, boss, id2, 4, ledger.Reply{Text: "改", Day: "2026-04-16"}), "已被采纳")
		// A third by choice, though its subject is another; and one of its own.
		third, err := ledger.Recommend(ctx, w.db, cal, w.district, ledger.Notice{Unit: w.town.ID, Subject: "补发对象公示", Body: "补发名单未公示。", Issued: "2026-04-16", Previous: id, WhyAgain: "名单没有公示"})
		if err != nil || w.notice(t, w.clerk, third).Seq != 3 || w.notice(t, w.clerk, third).Previous != id2 {
			t.Errorf("the third: %+v %v", w.notice(t, w.clerk, third), err)
		}
		if _, err := ledger.Recommend(ctx, w.db, cal, w.district, ledger.Notice{Unit: w.town.ID, Subject: "农家书屋长期锁门", Body: "书屋锁门。", Issued: "2026-04-16"}); err != nil {
			t.Fatal(err)
		}
		threads, err := ledger.Threads(ctx, w.db, w.clerk)
		if err != nil || len(threads) != 2 || len(threads[0])+len(threads[1]) != 4 {
			t.Fatalf("threads: %+v %v", threads, err)
		}
		thread, err := ledger.ThreadOf(ctx, w.db, w.clerk, id2)
		if err != nil || len(thread) != 3 || thread[0].ID != id || thread.Last().ID != third {
			t.Errorf("thread: %+v %v", thread, err)
		}
		if others, err := ledger.Threads(ctx, w.db, w.stranger); err != nil || len(others) != 0 {
			t.Errorf("another town sees %+v %v", others, err)
		}
		w.imported(t)
		rounds, err := store.All(ctx, w.db, store.Value[string], `select feedback from round`)
		if err != nil || len(rounds) != 1 || rounds[0] != "2026-03-02" {
			t.Errorf("rounds with feedback %q %v, want the one that was open", rounds, err)
		}
		// A new round begins anew: what was recommended in the last one is no first notice.
		w.again(t)
		id4, err := ledger.Recommend(ctx, w.db, cal, w.district, second)
		if err != nil || w.notice(t, w.clerk, id4).Seq != 1 || w.notice(t, w.clerk, id4).WhyAgain != "" {
			t.Errorf("in the next round: %+v %v", w.notice(t, w.clerk, id4), err)
		}
	})
}

// again puts the plan of a later round in force.
func (w world) again(t *testing.T) {
	t.Helper()
	id := w.upload(t, ledger.Upload{Unit: w.town.ID, Kind: ledger.NewPlan, Name: "下一轮.txt", Data: []byte(paper + "\n附注：下一轮。")})
	if _, err := ledger.Confirm(t.Context(), w.db, w.clerk, id, 1); err != nil {
		t.Fatal(err)
	}
}

func TestRecommendationsThatAreRefused(t *testing.T) {
	w := build(t, storetest.SQLite(t))
	cal := calendar.Published()
	good := ledger.Notice{Unit: w.town.ID, Subject: "书屋", Body: "书屋锁门。", Issued: "2026-04-10"}
	for _, c := range []struct {
		words []string
		spoil func(*ledger.Notice)
	}{
		{[]string{"答复单位"}, func(n *ledger.Notice) { n.Unit = 42 }},
		{[]string{"标题"}, func(n *ledger.Notice) { n.Subject = " " }},
		{[]string{"标题", "套话"}, func(n *ledger.Notice) { n.Subject = "关于问题的巡察建议" }},
		{[]string{"内容"}, func(n *ledger.Notice) { n.Body = "" }},
		{[]string{"发出日期"}, func(n *ledger.Notice) { n.Issued = "" }},
		{[]string{"发出日期", "还没有到"}, func(n *ledger.Notice) { n.Issued = "2026-04-17" }},
		{[]string{"答复期限", "早于"}, func(n *ledger.Notice) { n.Due = "2026-04-09" }},
		{[]string{"接续哪一次"}, func(n *ledger.Notice) { n.Previous = 42 }},
	} {
		n := good
		c.spoil(&n)
		_, err := ledger.Recommend(t.Context(), w.db, cal, w.district, n)
		refused(t, err, c.words...)
	}
}

// A town that runs the program alone enters what the team gave it on paper, and its verdict.
func TestATownAloneEntersRecommendations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, cal := t.Context(), calendar.Published()
		db, err := store.Open(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		db.Now = func() time.Time { return time.Date(2026, 4, 16, 9, 0, 0, 0, time.Local) }
		w := world{db: db}
		if w.files, err = evidence.OpenFiles(filepath.Join(t.TempDir(), "files")); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { w.files.Close() })
		err = db.Write(ctx, func(tx *store.Tx) error {
			var err error
			if w.town, err = org.AddUnit(ctx, tx, org.Program, org.Unit{}, org.Town, "柳塘镇", 0); err != nil {
				return err
			}
			w.clerk = org.Person{Name: "贺晓雨", Post: "经办人", Role: org.Clerk, Unit: w.town}
			w.clerk.ID, err = org.AddStaff(ctx, tx, org.Program, w.town, w.clerk.Name, w.clerk.Post, org.Clerk, "", "")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		id, err := ledger.Recommend(ctx, db, cal, w.clerk, ledger.Notice{Unit: w.town.ID, Subject: "高龄津贴", Body: "尽快补发。", Issued: "2026-04-14"})
		if err != nil {
			t.Fatal(err)
		}
		r := w.notice(t, w.clerk, id)
		if r.State() != ledger.ToAnswer || r.ReceivedBy != "贺晓雨" {
			t.Errorf("entered %+v", r)
		}
		if err := ledger.AnswerRecommendation(ctx, db, w.clerk, id, 1, ledger.Reply{Text: "已补发。", Day: "2026-04-16"}); err != nil {
			t.Fatal(err)
		}
		if err := ledger.JudgeRecommendation(ctx, db, cal, w.clerk, id, 2, ledger.Adopted, "", ""); err != nil {
			t.Fatal(err)
		}
		if r := w.notice(t, w.clerk, id); r.State() != ledger.IsAdopted || r.VerdictBy != "贺晓雨" {
			t.Errorf("judged %+v", r)
		}
	})
}
