package ledger_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"bihuan/ledger"
	"bihuan/org"
)

// The draw is what the page tells an outsider to do: hash the seed, a line break and the key, sort, take the first.
func TestDrawCanBeRedone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.StringMatching(`[0-9]{4,8}`).Draw(t, "seed")
		n := rapid.IntRange(0, 60).Draw(t, "n")
		share := rapid.IntRange(1, 100).Draw(t, "share")
		least := rapid.IntRange(0, 5).Draw(t, "least")
		keys := make([]string, n)
		for i := range keys {
			keys[i] = fmt.Sprintf("栖禾镇/%d/%d", i+1, 1000+i)
		}
		got := ledger.DrawKeys(seed, keys, share, least)
		lines := make([]string, n)
		for i, k := range keys {
			sum := sha256.Sum256([]byte(seed + "\n" + k))
			lines[i] = hex.EncodeToString(sum[:]) + " " + k
		}
		slices.Sort(lines)
		want := min(max(int(math.Ceil(float64(n*share)/100)), least), n)
		if len(got) != want {
			t.Fatalf("%d of %d drawn, want %d", len(got), n, want)
		}
		for i, k := range got {
			if !strings.HasSuffix(lines[i], " "+k) {
				t.Fatalf("drawn %s, by hand %s", k, lines[i])
			}
		}
		shuffled := rapid.Permutation(keys).Draw(t, "order")
		if !slices.Equal(got, ledger.DrawKeys(seed, shuffled, share, least)) {
			t.Fatal("the order of the keys changes the draw")
		}
	})
}

// A sample is drawn by the district from what is closed, kept with its frame, and a visit that finds it undone is a relapse.
func TestSampleAndVisit(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		district, err := org.Root(ctx, w.db)
		ok(t, err)
		draw := func(who org.Person) (int64, error) {
			return ledger.Draw(ctx, w.db, who, district, "第二季度回头看", "314159", 30, 1, "2026-05-30")
		}
		w.imported(t)
		_, err = draw(w.district)
		wantRefusal(t, err, "抽查") // nothing is closed
		f := w.closeRoads(t)
		if _, err := draw(w.clerk); err == nil {
			t.Error("a town draws its own sample")
		}
		id, err := draw(w.district)
		ok(t, err)
		same, err := draw(w.district)
		if ok(t, err); same != id {
			t.Error("the same form drew twice")
		}
		s, err := ledger.SampleByID(ctx, w.db, w.district, id)
		ok(t, err)
		if len(s.Frame) != 1 || s.Frame[0].Name != "柳塘镇·镇级" || s.Size != 1 || s.Visits != 0 {
			t.Errorf("%+v", s)
		}
		list, err := ledger.VisitsOf(ctx, w.db, id)
		ok(t, err)
		visits, err := ledger.VisitsTo(ctx, w.db, f.ID)
		ok(t, err)
		if len(list) != 1 || list[0].Finding != f.ID || len(visits) != 2 || visits[1].Kind != "effect" || visits[1].Due != "2026-10-16" {
			t.Fatalf("%+v %+v", list, visits)
		}
		wantRefusal(t, ledger.RecordVisit(ctx, w.db, w.district, list[0].ID, 1, ledger.VisitSlipped, ""), "看到的情况")
		wantRefusal(t, ledger.RecordVisit(ctx, w.db, w.leader, list[0].ID, 1, ledger.VisitHeld, "看过"), "回访") // reviewed the closing
		ok(t, ledger.RecordVisit(ctx, w.db, w.district, list[0].ID, 1, ledger.VisitSlipped, "后街仍积水"))
		ok(t, ledger.RecordVisit(ctx, w.db, w.district, list[0].ID, 1, ledger.VisitSlipped, "后街仍积水"))
		now := w.finding(t, "积水")
		if !now.Relapsed || now.Relapses != 1 || now.State != ledger.Doing {
			t.Errorf("%s relapsed %v %d", now.State, now.Relapsed, now.Relapses)
		}
	})
}

// Villagers answer by number, once each; whoever did the work does not ask; few answers are not taken apart.
func TestSurvey(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		f := w.closed(t)
		ask := ledger.Ask{Question: "门前还积水吗？", Closes: "2026-05-30", Numbers: 3, Batch: "一张表单自己的随机数"}
		_, _, err := ledger.OpenSurvey(ctx, w.db, w.cadre, f.ID, ask)
		if err == nil {
			t.Error("whoever did the work asks about it")
		}
		s, slips, err := ledger.OpenSurvey(ctx, w.db, w.clerk, f.ID, ask)
		ok(t, err)
		if len(slips) != 3 || s.Code == "" {
			t.Fatalf("%v %+v", slips, s)
		}
		again, same, err := ledger.OpenSurvey(ctx, w.db, w.clerk, f.ID, ask)
		ok(t, err)
		if again.ID != s.ID || !slices.Equal(same, slips) {
			t.Errorf("the same form opened %d with %v and %d with %v", s.ID, slips, again.ID, same)
		}
		other := ask
		other.Question = "路通了吗？"
		_, _, err = ledger.OpenSurvey(ctx, w.db, w.clerk, f.ID, other)
		wantRefusal(t, err, "批次")
		typed := slips[0][:3] + " " + slips[0][3:6] + "－" + slips[0][6:] + " " // as on the paper
		ok(t, ledger.Vote(ctx, w.db, s.Code, typed, ledger.Yes, ""))
		wantRefusal(t, ledger.Vote(ctx, w.db, s.Code, slips[0], ledger.No, ""), "号码")
		wantRefusal(t, ledger.Vote(ctx, w.db, s.Code, "0000000000", ledger.No, ""), "号码")
		wantRefusal(t, ledger.Vote(ctx, w.db, s.Code, slips[1], "maybe", ""), "选择")
		ok(t, ledger.Vote(ctx, w.db, s.Code, slips[1], ledger.No, "后街还积"))
		got, err := ledger.SurveyByID(ctx, w.db, s.ID)
		ok(t, err)
		if got.N != 2 || got.Shown() || len(got.Said) != 0 {
			t.Errorf("two answers: %+v", got)
		}
		paper := ledger.Paper{Day: "2026-04-16", Handed: 10, Counts: map[ledger.Choice]int{ledger.Yes: 5, ledger.Mostly: 1}}
		ok(t, ledger.EnterPaper(ctx, w.db, w.clerk, s.ID, 1, paper))
		wantRefusal(t, ledger.EnterPaper(ctx, w.db, w.clerk, s.ID, 1, paper), "纸质问卷")
		wantRefusal(t, ledger.EnterPaper(ctx, w.db, w.clerk, s.ID, 2, ledger.Paper{Day: "2026-04-16", Handed: 1, Counts: map[ledger.Choice]int{ledger.No: 2}}), "发出份数")
		got, err = ledger.SurveyByID(ctx, w.db, s.ID)
		ok(t, err)
		if got.N != 8 || got.Asked != 13 || got.Answers[ledger.Yes] != 6 || len(got.Said) != 1 {
			t.Errorf("%+v", got)
		}
		w.at(t, "2026-06-01")
		wantRefusal(t, ledger.Vote(ctx, w.db, s.Code, slips[2], ledger.Yes, ""), "时间")
	})
}

// A share of 完成 is not made better by what is 阶段性 or kept up for good, nor rounded up to all.
func TestRate(t *testing.T) {
	for _, x := range []struct {
		state map[ledger.State]int
		want  string
	}{
		{map[ledger.State]int{ledger.Done: 92, ledger.Part: 32, ledger.Doing: 55, ledger.Failed: 6, ledger.Keep: 25}, "49%"}, // 92 of 185
		{map[ledger.State]int{ledger.Done: 199, ledger.Doing: 1}, "99%"},
		{map[ledger.State]int{ledger.Keep: 3}, "—"},
		{map[ledger.State]int{ledger.Done: 2, ledger.Keep: 9}, "100%"},
		{nil, "—"},
	} {
		if got := ledger.RateOf(x.state).String(); got != x.want {
			t.Errorf("%v: %s, want %s", x.state, got, x.want)
		}
	}
}

// The command that the page shows gives, run by a shell, what was drawn.
func TestTheCommandDrawsTheSame(t *testing.T) {
	frame := []ledger.Stratum{{Name: "栖禾镇·村级"}, {Name: "栖禾镇·镇级"}, {Name: `O'Neil "镇"·镇级`}}
	for i := range frame {
		for k := range 5 + 9*i {
			frame[i].Keys = append(frame[i].Keys, fmt.Sprintf("%s/%d.%d/%d", frame[i].Name, i, k, 832540822733803853+k))
		}
	}
	dir := t.TempDir()
	text := ledger.FrameText(frame)
	if err := os.WriteFile(filepath.Join(dir, "frame.txt"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m := ledger.Sample{Seed: `3 1 4'1 5 9 第26087期`, Share: 30, Least: 2, Frame: frame}
	for _, s := range frame {
		c := exec.Command("sh", "-c", m.Command(s))
		c.Dir = dir
		out, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(string(out)) {
			_, key, _ := strings.Cut(strings.TrimSpace(line), " ")
			got = append(got, key)
		}
		if want := ledger.DrawKeys(m.Seed, s.Keys, m.Share, m.Least); !slices.Equal(got, want) {
			t.Errorf("%s: the command draws %q, the program %q", s.Name, got, want)
		}
	}
}

// The interval of C5: 98 of 140 is 0.70 [0.62, 0.77].
func TestWilson(t *testing.T) {
	share, low, high := ledger.Wilson(98, 140)
	if math.Round(share) != 70 || math.Round(low) != 62 || math.Round(high) != 77 {
		t.Errorf("%.1f [%.1f, %.1f]", share, low, high)
	}
}

// A finding knows its like: of an earlier round of the same unit first, then of others, and never of who must not see it.
func TestAlike(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		before, err := ledger.StampOfTitles(ctx, w.db)
		ok(t, err)
		second := strings.NewReplacer("2026年1月5日至2月10日", "2028年1月5日至2月10日", "3月2日反馈", "2028年3月2日反馈", "村内道路管护不到位", "村内道路管护仍不到位", "理论学习不够深入", "会风不实", "高龄津贴发放不及时", "账目不清").Replace(paper)
		id := w.upload(t, ledger.Upload{Kind: ledger.NewPlan, Unit: w.town.ID, Name: "第二轮.txt", Data: []byte(second)})
		_, err = ledger.Confirm(ctx, w.db, w.clerk, id, 1)
		ok(t, err)
		if after, err := ledger.StampOfTitles(ctx, w.db); err != nil || after == before {
			t.Errorf("an import leaves the stamp of the titles as it was: %v, %v", after, err)
		}
		f := w.find(t, w.district, ledger.Filter{Text: "仍不到位"})[0]
		titles, err := ledger.LoadTitles(ctx, w.db)
		ok(t, err)
		list, err := titles.Alike(ctx, w.db, w.district, f)
		ok(t, err)
		if len(list) != 1 || !list[0].Earlier || !strings.Contains(list[0].Finding.Title, "道路") {
			t.Errorf("%+v", list)
		}
		if list, err := titles.Alike(ctx, w.db, w.stranger, f); err != nil || len(list) != 0 {
			t.Errorf("a stranger sees %d, %v", len(list), err)
		}
	})
}
