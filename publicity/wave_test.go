package publicity_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/publicity"
	"bihuan/store"
)

func TestRate(t *testing.T) {
	share, low, high := publicity.Tally{Right: 98, Partly: 30, Wrong: 12}.Rate()
	if math.Round(share) != 70 || math.Round(low) != 62 || math.Round(high) != 77 {
		t.Errorf("98 of 140: %.2f [%.2f, %.2f]", share, low, high)
	}
}

// villages of the sample, all with households.
func (s *scene) settle(n int) {
	s.t.Helper()
	for _, u := range s.villages {
		s.must(publicity.SetHouseholds(s.t.Context(), s.v, s.clerk, u, n))
	}
}

func (s *scene) draw(c publicity.Card, name string, villages []org.Unit) publicity.Wave {
	s.t.Helper()
	id, err := publicity.Draw(s.t.Context(), s.v, s.leader, s.town, publicity.Wave{Card: c.ID, Name: name, Questions: []string{"多大年纪能领"}, Size: 30, Threshold: 70, Low: 60, Seed: "426135"}, villages)
	s.must(err)
	w, err := publicity.WaveByID(s.t.Context(), s.v, id)
	s.must(err)
	return w
}

// ask has so many of each village's open households answer rightly, the others wrongly.
func (s *scene) ask(w publicity.Wave, village org.Unit, right int) {
	s.t.Helper()
	rows, err := publicity.SampledIn(s.t.Context(), s.v, w.ID, village.ID)
	s.must(err)
	var answers []publicity.Answer
	for i, r := range rows {
		a := publicity.Answer{ID: r.ID, Version: r.Version, Answers: publicity.Wrong}
		if i < right {
			a.Answers = publicity.Right
		}
		answers = append(answers, a)
	}
	s.must(publicity.Interview(s.t.Context(), s.v, s.leader, w.ID, village, s.visitor, s.now.Format("2006-01-02"), answers))
}

func TestDraw(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		c := s.issue()
		s.settle(200)
		s.must(publicity.SetHouseholds(ctx, s.v, s.clerk, s.villages[6], 20))
		seven := s.villages[:7]
		refused(t, publicity.SetMandatory(ctx, s.v, s.leader, s.town, seven, ""), "依据", "哪一条")
		denied(t, publicity.SetMandatory(ctx, s.v, s.cadre, s.town, seven, "反馈问题4"))
		s.must(publicity.SetMandatory(ctx, s.v, s.leader, s.town, seven, "反馈问题4：东槐等7村"))
		s.must(publicity.SetMandatory(ctx, s.v, s.leader, s.town, seven, "反馈问题4：东槐等7村"))
		plan := publicity.Wave{Card: c.ID, Name: "宣传前", Questions: []string{"多大年纪能领", "一个月多少钱"}, Size: 30, Threshold: 70, Low: 60, Seed: "426135"}
		for _, x := range []struct {
			change      func(*publicity.Wave)
			villages    []org.Unit
			field, part string
		}{
			{func(w *publicity.Wave) {}, s.villages[:6], "村", "还有 1 个没有选"},
			{func(w *publicity.Wave) {}, nil, "村", "请选"},
			{func(w *publicity.Wave) { w.Seed = "1" }, seven, "种子", "4 位"},
			{func(w *publicity.Wave) { w.Questions = []string{" "} }, seven, "问题", "至少"},
			{func(w *publicity.Wave) { w.Questions = []string{"一", "二", "三", "四"} }, seven, "问题", "最多"},
			{func(w *publicity.Wave) { w.Size = 2 }, seven, "每村户数", "5"},
			{func(w *publicity.Wave) { w.Card = 1 }, seven, "政策卡", "哪一张"},
			{func(w *publicity.Wave) {}, append(slices.Clone(seven), s.other), "村", "不是这个镇的村"},
		} {
			w := plan
			x.change(&w)
			_, err := publicity.Draw(ctx, s.v, s.leader, s.town, w, x.villages)
			refused(t, err, x.field, x.part)
		}
		id, err := publicity.Draw(ctx, s.v, s.leader, s.town, plan, s.villages)
		s.must(err)
		if again, err := publicity.Draw(ctx, s.v, s.leader, s.town, plan, s.villages); err != nil || again != id {
			t.Errorf("the same form: %d, %v", again, err)
		}
		strata, err := publicity.Strata(ctx, s.v, id)
		s.must(err)
		for i, x := range strata {
			rows, err := publicity.SampledIn(ctx, s.v, id, x.Village)
			s.must(err)
			var drawn []string
			for _, r := range rows {
				drawn = append(drawn, r.Number)
			}
			want := 30
			if x.Name == "赵坪村" {
				want = 20 // all there are
			}
			// Whoever knows the rule, the seed and the list draws the same.
			var keys []string
			for _, k := range ledger.DrawKeys("426135", x.Frame().Keys, 0, 30) {
				keys = append(keys, strings.TrimPrefix(k, x.Name+"/"))
			}
			if len(drawn) != want || !slices.Equal(drawn, keys) || x.Mandatory != (i < 7) {
				t.Errorf("%s, mandatory %v: %v, want %v", x.Name, x.Mandatory, drawn, keys)
			}
		}
		s.must(publicity.SetHouseholds(ctx, s.v, s.clerk, s.villages[0], 300)) // later households do not change what was drawn from
		if later, err := publicity.Strata(ctx, s.v, id); err != nil || len(later[0].Numbers) != 200 || later[0].Hash != strata[0].Hash {
			t.Errorf("the frame moved: %d, %v", len(later[0].Numbers), err)
		}
	})
}

func TestInterview(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		c := s.issue()
		s.settle(40)
		east, willow := s.villages[0], s.villages[1]
		_, err := publicity.DeliverHome(ctx, s.v, s.clerk, c.ID, east, "2026-03-02", s.leader, s.ids(east, 0, 3))
		s.must(err)
		s.must(publicity.DeliverOther(ctx, s.v, s.clerk, c.ID, willow, publicity.Meeting, "2026-03-02", s.clerk, 20, "全体村民会"))
		w := s.draw(c, "宣传后", s.villages[:2])
		rows, err := publicity.SampledIn(ctx, s.v, w.ID, east.ID)
		s.must(err)
		one := []publicity.Answer{{ID: rows[0].ID, Version: 1, Answers: publicity.Right}}
		interview := func(who org.Person, village org.Unit, by org.Person, day string, a []publicity.Answer) error {
			return publicity.Interview(ctx, s.v, who, w.ID, village, by, day, a)
		}
		refused(t, interview(s.leader, east, s.leader, "2026-03-02", one), "访问人", "送过或讲过")
		refused(t, interview(s.leader, east, s.cadre, "2026-03-02", one), "访问人", "不能抽查本村")
		refused(t, interview(s.leader, willow, s.clerk, "2026-03-02", nil), "访问人", "送过或讲过")
		refused(t, interview(s.leader, east, s.visitor, "2026-03-01", one), "日期", "才抽的户")
		denied(t, interview(s.cadre, east, s.visitor, "2026-03-02", one))
		refused(t, interview(s.leader, willow, s.visitor, "2026-03-02", one), "户", "不在这次抽查里")
		two := []publicity.Answer{{ID: rows[0].ID, Version: 1, Answers: "rr"}}
		refused(t, interview(s.leader, east, s.visitor, "2026-03-02", two), "第"+rows[0].Number+"户", "1 个问题")

		// Two are away: the next two in the order of the draw take their place, and no more than that.
		answers := []publicity.Answer{{ID: rows[0].ID, Version: 1, Answers: publicity.Right}, {ID: rows[1].ID, Version: 1, Absent: "外出"}, {ID: rows[2].ID, Version: 1, Absent: "不愿答"}}
		s.must(interview(s.leader, east, s.visitor, "2026-03-02", answers))
		s.must(interview(s.leader, east, s.visitor, "2026-03-02", answers)) // sent twice
		now, err := publicity.SampledIn(ctx, s.v, w.ID, east.ID)
		s.must(err)
		strata, err := publicity.Strata(ctx, s.v, w.ID)
		s.must(err)
		order := strata[0].Order(w.Seed)
		if len(now) != 32 || now[30].Number != order[30] || now[31].Number != order[31] || now[0].Answers != "r" || now[0].Staff != s.visitor.ID {
			t.Errorf("%d rows, %+v", len(now), now[30:])
		}
		refused(t, interview(s.leader, east, s.visitor, "2026-03-02", []publicity.Answer{{ID: rows[0].ID, Version: 2, Answers: publicity.Wrong}}), "第"+rows[0].Number+"户", "不能改")

		// What was delivered before the questions cannot be taken back after them.
		_, err = publicity.UndoHome(ctx, s.v, s.clerk, c.ID, east, "2026-03-02", s.ids(east, 0, 1))
		refused(t, err, "户", "已经做过")
		// Everybody away: the list ends.
		for range 4 {
			rows, err := publicity.SampledIn(ctx, s.v, w.ID, willow.ID)
			s.must(err)
			var away []publicity.Answer
			for _, r := range rows {
				if r.Absent == "" {
					away = append(away, publicity.Answer{ID: r.ID, Version: r.Version, Absent: "外出"})
				}
			}
			s.must(interview(s.leader, willow, s.visitor, "2026-03-02", away))
		}
		r, err := publicity.ResultOf(ctx, s.v, w)
		s.must(err)
		if x := r.Villages[1]; x.Absent != 40 || x.Open != 0 || x.Met || r.Done {
			t.Errorf("%+v", x)
		}
	})
}

// 38 % before, 81 % after in seven villages of 30 (D3); a village that stays below is proposed to be brought the card again until two
// waves in turn found enough.
func TestBeforeAndAfter(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		c := s.issue()
		s.settle(60)
		seven := s.villages[:7]
		wave := func(day, name string, right [7]int) publicity.Result {
			t.Helper()
			s.day(day)
			w := s.draw(c, name, seven)
			for i, u := range seven {
				s.ask(w, u, right[i])
			}
			r, err := publicity.ResultOf(ctx, s.v, w)
			s.must(err)
			return r
		}
		repeats := func() string {
			t.Helper()
			list, err := publicity.Repeats(ctx, s.v, s.town.ID)
			s.must(err)
			var words []string
			for _, r := range list {
				words = append(words, fmt.Sprintf("%s %d", r.Name, r.Met))
			}
			return strings.Join(words, ", ")
		}
		said := func(r publicity.Result) string {
			share, low, high := r.Total.Rate()
			return fmt.Sprintf("%d/%d %.0f [%.0f, %.0f] done %v met %v", r.Total.Right, r.Total.Asked(), share, low, high, r.Done, r.Met)
		}
		before := wave("2026-03-05", "宣传前", [7]int{11, 11, 12, 11, 12, 12, 11})
		if got := said(before); got != "80/210 38 [32, 45] done true met false" {
			t.Error(got)
		}
		if n := strings.Count(repeats(), "村"); n != 7 {
			t.Errorf("%d villages to be brought it again: %s", n, repeats())
		}
		after := wave("2026-04-20", "宣传后", [7]int{25, 25, 25, 25, 25, 25, 20})
		if got := said(after); got != "170/210 81 [75, 86] done true met true" {
			t.Error(got)
		}
		if got := repeats(); got != "东槐村 1, 柳荫村 1, 石桥村 1, 北杨村 1, 南河村 1, 马营村 1, 赵坪村 0" {
			t.Error(got)
		}
		wave("2026-07-20", "三季度", [7]int{21, 22, 25, 20, 25, 25, 25}) // 21 of 30 is 70 %
		if got := repeats(); got != "北杨村 0, 赵坪村 1" {
			t.Error(got)
		}
		wave("2026-10-20", "四季度", [7]int{30, 30, 30, 30, 30, 30, 30})
		if got := repeats(); got != "北杨村 1" {
			t.Error(got)
		}
		waves, err := publicity.Waves(ctx, s.v, s.town.ID)
		s.must(err)
		if w, err := publicity.Before(ctx, s.v, waves[0]); err != nil || w.Name != "三季度" {
			t.Errorf("%s, %v", w.Name, err)
		}
		if _, err := publicity.Before(ctx, s.v, waves[3]); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestKnows(t *testing.T) {
	for answers, want := range map[string]string{"": "", "r": "r", "p": "p", "w": "w", "rr": "r", "rw": "p", "ww": "w", "rpr": "p", "pw": "p"} {
		if got := (publicity.Sampled{Answers: answers}).Knows(); got != want {
			t.Errorf("%q comes to %q, want %q", answers, got, want)
		}
	}
}
