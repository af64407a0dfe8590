package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sample is a small reading with everything that corrections touch.
func sample() Plan {
	src := func(paragraph, from, to int) Source { return Source{Paragraph: paragraph, From: from, To: to} }
	return Plan{
		Title: "柳塘镇整改方案", Kind: KindPlan, FeedbackDate: "2025-11-20",
		Sections: []Section{
			{Number: "（一）", Title: "政策落实方面", Findings: []Finding{
				{Number: "3.", Title: "惠农政策宣传不到位", Confidence: 0.7,
					Manifestations: []Manifestation{
						{Number: "一是", Text: "公示栏内容陈旧", Source: src(4, 12, 19)},
						{Number: "二是", Text: "高龄津贴应享未享", Source: src(4, 22, 30)},
						{Number: "三是", Text: "动态调整滞后", Source: src(4, 33, 39)},
					},
					Measures: []Measure{
						{Number: "一是", Text: "公示栏每季度更新一次；每月比对名单", Frequencies: []string{"每季度更新一次"}, Answers: []int{0, 2}, Tense: Todo, Confidence: 0.9, Source: src(5, 7, 24)},
						{Number: "二是", Text: "入户核实", Answers: []int{1}, Tense: Done, Confidence: 0.8, Source: src(5, 27, 31)},
					},
					Units: []string{"民政所", "党政办"}, Persons: []string{"秦素芬"},
					DeadlineText: "4月16日前完成，长期坚持", DeadlineDate: "2026-04-16", Precision: "day", LongTerm: true,
					Sources: Sources{Units: []Source{src(6, 5, 8), src(6, 9, 12)}}},
				{Number: "4.", Title: "账目不清", Measures: []Measure{{Text: "清查"}}},
			}},
			{Number: "（二）", Title: "组织建设方面", Findings: []Finding{{Title: "学习流于形式"}}},
		},
	}
}

func at(item Item, indexes ...int) Spot {
	indexes = append(indexes, 0, 0, 0)
	return Spot{item, indexes[0], indexes[1], indexes[2]}
}

func TestCorrectSays(t *testing.T) {
	for _, c := range []struct {
		correction Correction
		said       string
	}{
		{Correction{Do: DoSet, At: at(ItemPlan), Field: FieldInspectedUnit, Value: "柳塘镇党委"}, "方案 被巡察单位填为“柳塘镇党委”"},
		{Correction{Do: DoSet, At: at(ItemSection, 1), Field: FieldTitle, Value: "党建方面"}, "方面二 方面名称“组织建设方面”改为“党建方面”"},
		{Correction{Do: DoSet, At: at(ItemFinding, 0, 0), Field: FieldUnits, Value: "党政办，财政所"}, "问题3 责任单位“民政所、党政办”改为“党政办、财政所”"},
		{Correction{Do: DoSet, At: at(ItemFinding, 0, 0), Field: FieldPersons, Value: "韩春梅（书记）、秦素芬"}, "问题3 责任人“秦素芬”改为“韩春梅、秦素芬”"},
		{Correction{Do: DoSet, At: at(ItemFinding, 1, 0), Field: FieldGoal, Value: "学有所得"}, "方面二第1个问题 整改目标填为“学有所得”"},
		{Correction{Do: DoSet, At: at(ItemFinding, 0, 0), Field: FieldDeadlineText, Value: ""}, "问题3 完成时限“4月16日前完成，长期坚持”改为空"},
		{Correction{Do: DoSplit, At: at(ItemMeasure, 0, 0, 0), Offset: 11}, "拆分 问题3 措施一：“公示栏每季度更新一次；”与“每月比对名单”"},
		{Correction{Do: DoJoin, At: at(ItemManifestation, 0, 0, 1)}, "合并 问题3 表现二与表现三"},
		{Correction{Do: DoMove, At: at(ItemMeasure, 0, 0, 1), Offset: -1}, "上移 问题3 措施二"},
		{Correction{Do: DoTransfer, At: at(ItemFinding, 0, 1), To: at(ItemFinding, 1, 1)}, "移动 问题4到方面二"},
		{Correction{Do: DoTransfer, At: at(ItemMeasure, 0, 1, 0), To: at(ItemMeasure, 0, 0, 2)}, "移动 问题4 措施一到问题3"},
		{Correction{Do: DoTurn, At: at(ItemManifestation, 0, 0, 2)}, "问题3 表现三 改作整改措施"},
		{Correction{Do: DoLink, At: at(ItemMeasure, 0, 0, 1), Offset: 2}, "问题3 措施二 对应表现三"},
		{Correction{Do: DoUnlink, At: at(ItemMeasure, 0, 0, 0), Offset: 2}, "问题3 措施一 不再对应表现三"},
		{Correction{Do: DoAdd, At: at(ItemMeasure, 0, 0, 2), Value: "建立动态台账"}, "补上 问题3 措施三：“建立动态台账”"},
		{Correction{Do: DoRemove, At: at(ItemSection, 1)}, "删去 方面二：“组织建设方面”，1个问题并入方面一"},
		{Correction{Do: DoRemove, At: at(ItemSection, 0)}, "删去 方面一：“政策落实方面”，2个问题并入方面二"},
		{Correction{Do: DoAccept, At: at(ItemFinding, 0, 0)}, "问题3 已核对，读得对"},
	} {
		p := sample()
		said, err := p.Correct(c.correction)
		if err != nil || said != c.said {
			t.Errorf("%s: said %q, %v, want %q", c.correction.Do, said, err, c.said)
		}
	}
}

func TestCorrectRefuses(t *testing.T) {
	for _, c := range []struct {
		correction Correction
		want       string // part of the message
	}{
		{Correction{Do: "paint", At: at(ItemPlan)}, "没有“paint”"},
		{Correction{Do: DoSet, At: at(ItemMeasure, 0, 0, 2), Field: FieldText, Value: "无"}, "请刷新页面"},
		{Correction{Do: DoSet, At: at(ItemSection, -1), Field: FieldTitle}, "请刷新页面"},
		{Correction{Do: DoSet, At: Spot{Item: "moon"}, Field: FieldTitle}, "请刷新页面"},
		{Correction{Do: DoSet, At: at(ItemSection, 0), Field: FieldUnits}, "没有“units”这一项"},
		{Correction{Do: DoSet, At: at(ItemFinding, 0, 0), Field: FieldTitle, Value: " \n"}, "问题不能空着"},
		{Correction{Do: DoSet, At: at(ItemMeasure, 0, 0, 0), Field: FieldText}, "整改措施不能空着"},
		{Correction{Do: DoSet, At: at(ItemFinding, 0, 0), Field: FieldPersons, Value: "党建办"}, "“党建办”是单位"},
		{Correction{Do: DoSet, At: at(ItemFinding, 0, 0), Field: FieldDeadlineText, Value: "2月30日前"}, "日历上没有2月30日"},
		{Correction{Do: DoSet, At: at(ItemFinding, 0, 0), Field: FieldDeadlineDate, Value: "2026-02-30"}, "2026-04-30 这样"},
		{Correction{Do: DoSet, At: at(ItemFinding, 0, 0), Field: FieldDeadlineDate, Value: "尽快"}, "“尽快”不是日历上的一天"},
		{Correction{Do: DoSet, At: at(ItemPlan), Field: FieldPeriodEnd, Value: "下个月"}, "巡察结束日期"},
		{Correction{Do: DoSet, At: at(ItemFinding, 0, 0), Field: FieldGoal, Value: strings.Repeat("长", longest+1)}, "最多5000个"},
		{Correction{Do: DoSplit, At: at(ItemMeasure, 0, 0, 1), Offset: 4}, "两边都要有字"},
		{Correction{Do: DoSplit, At: at(ItemFinding, 0, 0), Offset: 1}, "不能拆分"},
		{Correction{Do: DoJoin, At: at(ItemMeasure, 0, 0, 1)}, "没有可以合并的下一条"},
		{Correction{Do: DoMove, At: at(ItemFinding, 0, 0), Offset: -1}, "已经在最前"},
		{Correction{Do: DoMove, At: at(ItemFinding, 0, 0), Offset: 2}, "一位"},
		{Correction{Do: DoTransfer, At: at(ItemFinding, 0, 0), To: at(ItemFinding, 7)}, "请刷新页面"},
		{Correction{Do: DoTransfer, At: at(ItemFinding, 0, 0), To: at(ItemFinding, 0, 1)}, "已经在那里"},
		{Correction{Do: DoTransfer, At: at(ItemFinding, 0, 0), To: at(ItemMeasure, 0, 1)}, "不能移到那里"},
		{Correction{Do: DoTurn, At: at(ItemFinding, 0, 0)}, "不能改类别"},
		{Correction{Do: DoLink, At: at(ItemMeasure, 0, 0, 0), Offset: 3}, "请刷新页面"},
		{Correction{Do: DoAdd, At: at(ItemMeasure, 0, 0, 2), Value: "\t"}, "不能空着"},
		{Correction{Do: DoRemove, At: at(ItemPlan)}, "放弃导入"},
	} {
		p := sample()
		_, err := p.Correct(c.correction)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %+v: %v, want an error with %q", c.correction.Do, c.correction.At, err, c.want)
		}
		if diff := cmp.Diff(jsonOf(t, sample()), jsonOf(t, p)); diff != "" {
			t.Errorf("%s %+v changed the plan though it failed: %s", c.correction.Do, c.correction.At, diff)
		}
	}
}

func jsonOf(t interface{ Fatal(...any) }, p Plan) string {
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func correct(t *testing.T, p *Plan, c Correction) {
	t.Helper()
	if _, err := p.Correct(c); err != nil {
		t.Fatal(err)
	}
}

func TestLinksFollow(t *testing.T) {
	links := func(c Correction) string {
		p := sample()
		correct(t, &p, c)
		var out []string
		for _, m := range p.Sections[0].Findings[0].Measures {
			out = append(out, fmt.Sprint(m.Answers))
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		do   Correction
		want string
	}{
		{Correction{Do: DoSplit, At: at(ItemManifestation, 0, 0, 0), Offset: 3}, "[0 1 3] [2]"},
		{Correction{Do: DoJoin, At: at(ItemManifestation, 0, 0, 1)}, "[0 1] [1]"},
		{Correction{Do: DoMove, At: at(ItemManifestation, 0, 0, 0), Offset: 1}, "[1 2] [0]"},
		{Correction{Do: DoRemove, At: at(ItemManifestation, 0, 0, 0)}, "[1] [0]"},
		{Correction{Do: DoAdd, At: at(ItemManifestation, 0, 0, 0), Value: "新"}, "[1 3] [2]"},
		{Correction{Do: DoSplit, At: at(ItemMeasure, 0, 0, 0), Offset: 11}, "[0 2] [0 2] [1]"},
		{Correction{Do: DoJoin, At: at(ItemMeasure, 0, 0, 0)}, "[0 1 2]"},
		{Correction{Do: DoTurn, At: at(ItemManifestation, 0, 0, 2)}, "[] [0] [1]"},
		{Correction{Do: DoTurn, At: at(ItemMeasure, 0, 0, 1)}, "[0 2]"},
		{Correction{Do: DoTransfer, At: at(ItemManifestation, 0, 0, 1), To: at(ItemManifestation, 1, 0, 0)}, "[0 1] []"},
	} {
		if got := links(c.do); got != c.want {
			t.Errorf("%s %+v: links %s, want %s", c.do.Do, c.do.At, got, c.want)
		}
	}
}

func TestDatesFollowDeadlines(t *testing.T) {
	set := func(p *Plan, f Field, v string) {
		correct(t, p, Correction{Do: DoSet, At: at(ItemFinding, 0, 0), Field: f, Value: v})
	}
	check := func(p Plan, date, precision Maybe, long bool) {
		t.Helper()
		f := p.Sections[0].Findings[0]
		if f.DeadlineDate != date || f.Precision != precision || f.LongTerm != long {
			t.Errorf("%s: %s %s %v, want %s %s %v", f.DeadlineText, f.DeadlineDate, f.Precision, f.LongTerm, date, precision, long)
		}
	}
	p := sample()
	set(&p, FieldDeadlineText, "12月底前")
	check(p, "2025-12-31", "month", false)
	set(&p, FieldDeadlineText, "6月底前，常态化推进") // feedback was in November 2025
	check(p, "2026-06-30", "month", true)
	set(&p, FieldDeadlineDate, "5月20日")
	check(p, "2026-05-20", "day", true)
	set(&p, FieldDeadlineText, "9月底前") // the person's own date stays
	check(p, "2026-05-20", "day", false)
	set(&p, FieldStatus, "持续推进")
	check(p, "2026-05-20", "day", true)
	set(&p, FieldDeadlineDate, "")
	check(p, "", "", true)
	set(&p, FieldDeadlineText, "2026年10月8日前")
	check(p, "2026-10-08", "day", true)
}

func TestSourcesFollow(t *testing.T) {
	p := sample()
	correct(t, &p, Correction{Do: DoSet, At: at(ItemFinding, 0, 0), Field: FieldUnits, Value: "财政所、党政办"})
	f := p.Sections[0].Findings[0]
	if diff := cmp.Diff([]Source{{}, {Paragraph: 6, From: 9, To: 12}}, f.Sources.Units); diff != "" {
		t.Errorf("sources of units: %s", diff)
	}
	correct(t, &p, Correction{Do: DoSplit, At: at(ItemMeasure, 0, 0, 0), Offset: 11})
	f = p.Sections[0].Findings[0]
	if diff := cmp.Diff([]Source{{Paragraph: 5, From: 7, To: 18}, {Paragraph: 5, From: 18, To: 24}}, []Source{f.Measures[0].Source, f.Measures[1].Source}); diff != "" {
		t.Errorf("sources of a split measure: %s", diff)
	}
	if got := [][]string{f.Measures[0].Frequencies, f.Measures[1].Frequencies}; len(got[0]) != 1 || len(got[1]) != 1 {
		t.Errorf("recurrences of a split measure: %q", got)
	}
	correct(t, &p, Correction{Do: DoJoin, At: at(ItemManifestation, 0, 0, 0)})
	if m := p.Sections[0].Findings[0].Manifestations[0]; m.Text != "公示栏内容陈旧；二是高龄津贴应享未享" || m.Source != (Source{Paragraph: 4, From: 12, To: 30}) {
		t.Errorf("joined: %+v", m)
	}
}

func TestSplitReadsTheNumber(t *testing.T) {
	p := sample()
	at := at(ItemMeasure, 0, 0, 0)
	correct(t, &p, Correction{Do: DoSet, At: at, Field: FieldText, Value: "清查账目。二是每月公开"})
	correct(t, &p, Correction{Do: DoSplit, At: at, Offset: 5})
	if m := p.Sections[0].Findings[0].Measures[1]; m.Number != "二是" || m.Text != "每月公开" {
		t.Errorf("second part: number %q, text %q", m.Number, m.Text)
	}
}

// drawSpot draws a spot that is mostly one of the plan's.
func drawSpot(t *rapid.T, p *Plan, item Item) Spot {
	index := func(n int, name string) int { return rapid.IntRange(-1, n).Draw(t, name) }
	s := Spot{Item: item, Section: index(len(p.Sections), "section")}
	if s.Section >= 0 && s.Section < len(p.Sections) {
		findings := p.Sections[s.Section].Findings
		s.Finding = index(len(findings), "finding")
		if s.Finding >= 0 && s.Finding < len(findings) {
			s.Index = index(max(len(findings[s.Finding].Measures), len(findings[s.Finding].Manifestations)), "index")
		}
	}
	return s
}

// check fails when a plan holds what no page could show.
func (p *Plan) check(t *rapid.T) {
	for _, s := range p.Sections {
		for _, f := range s.Findings {
			for _, m := range f.Measures {
				if !slices.IsSorted(m.Answers) || len(slices.Compact(slices.Clone(m.Answers))) != len(m.Answers) {
					t.Fatalf("answers %v are not a sorted set", m.Answers)
				}
				for _, a := range m.Answers {
					if a < 0 || a >= len(f.Manifestations) {
						t.Fatalf("a measure answers manifestation %d of %d", a, len(f.Manifestations))
					}
				}
				if len(m.Frequencies) != len(m.Rules) && m.Rules != nil {
					t.Fatalf("%d phrases, %d rules", len(m.Frequencies), len(m.Rules))
				}
				if m.Text == "" {
					t.Fatal("an empty measure")
				}
			}
			for _, s := range f.Sources.Units {
				if s.To < s.From {
					t.Fatalf("source %+v ends before it begins", s)
				}
			}
		}
	}
}

func TestNoCorrectionBreaksThePlan(t *testing.T) {
	items := []Item{ItemPlan, ItemSection, ItemFinding, ItemManifestation, ItemMeasure}
	var every []Act
	for a := range acts {
		every = append(every, a)
	}
	slices.Sort(every)
	fields := []Field{FieldTitle, FieldText, FieldNumber, FieldUnits, FieldPersons, FieldDeadlineText, FieldDeadlineDate, FieldStatus, FieldPeriodStart}
	rapid.Check(t, func(t *rapid.T) {
		p := sample()
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			c := Correction{Do: rapid.SampledFrom(every).Draw(t, "do"), At: drawSpot(t, &p, rapid.SampledFrom(items).Draw(t, "item")),
				Offset: rapid.IntRange(-2, 20).Draw(t, "offset"), Field: rapid.SampledFrom(fields).Draw(t, "field"),
				Value: rapid.SampledFrom([]string{"", "每周检查、按月通报", "3月底", "秦素芬", "2026-01-02"}).Draw(t, "value")}
			if c.Do == DoTransfer {
				c.To = drawSpot(t, &p, c.At.Item)
			}
			before := jsonOf(t, p)
			said, err := p.Correct(c)
			if err == nil && said == "" {
				t.Fatalf("%+v was done and nothing said", c)
			}
			if err != nil && jsonOf(t, p) != before {
				t.Fatalf("%+v failed and changed the plan", c)
			}
			p.check(t)
		}
	})
}

func TestSplitThenJoinGivesBackTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := sample()
		item := rapid.SampledFrom([]Item{ItemManifestation, ItemMeasure}).Draw(t, "item")
		spot := Spot{Item: item}
		text := rapid.StringOf(rapid.SampledFrom([]rune("公示一二是每月，；。①1.、 （）A"))).Draw(t, "text")
		f := p.finding(spot)
		source := Source{Paragraph: 4, From: rapid.IntRange(0, 9).Draw(t, "from"), Last: rapid.SampledFrom([]int{0, 5}).Draw(t, "last")}
		source.To = source.From + rapid.IntRange(0, 30).Draw(t, "runes")
		f.Manifestations[0].Text, f.Manifestations[0].Source = text, source
		f.Measures[0].Text, f.Measures[0].Source = text, source
		if _, err := p.Correct(Correction{Do: DoSplit, At: spot, Offset: rapid.IntRange(1, max(1, len([]rune(text))-1)).Draw(t, "offset")}); err != nil {
			return // both sides must hold a word
		}
		links := fmt.Sprint(p.finding(spot).Measures)
		if _, err := p.Correct(Correction{Do: DoJoin, At: spot}); err != nil {
			t.Fatalf("join after split: %v; %s", err, links)
		}
		if got, _ := p.Value(spot, FieldText); got != text {
			t.Fatalf("text is %q, was %q", got, text)
		}
		if got := []int{0, 2}; !slices.Equal(p.finding(spot).Measures[0].Answers, got) {
			t.Fatalf("answers are %v, were %v", p.finding(spot).Measures[0].Answers, got)
		}
	})
}

func TestCorrectionIsJSON(t *testing.T) {
	c := Correction{Do: DoTransfer, At: at(ItemFinding, 0, 1), To: at(ItemFinding, 1, 1)}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back Correction
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, back); diff != "" {
		t.Errorf("%s came back different: %s", text, diff)
	}
}
