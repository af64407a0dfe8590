package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseDeadline(t *testing.T) {
	for _, c := range []struct {
		text      string
		year      int
		date      Maybe
		precision Maybe
		long      bool
		unknown   bool
		ambiguous bool
		bad       bool
	}{
		{text: "2025年3月底前", date: "2025-03-31", precision: "month"},
		{text: "2025年2月20日前", date: "2025-02-20", precision: "day"},
		{text: "2025年4月底前，持续推进", date: "2025-04-30", precision: "month", long: true},
		{text: "立行立改，2025年2月底前完成排查，长期坚持", date: "2025-02-28", precision: "month", long: true},
		{text: "枯水期来临前（2025年9月底前）完成", date: "2025-09-30", precision: "month"},
		{text: "4月15日前完成首次补公开，今后形成常态", year: 2025, date: "2025-04-15", precision: "day", long: true},
		{text: "2025年年底前", date: "2025-12-31", precision: "year"},
		{text: "2024年底前，并长期坚持", date: "2024-12-31", precision: "year", long: true},
		{text: "年底前", year: 2024, date: "2024-12-31", precision: "year"},
		{text: "12月底前", year: 2024, date: "2024-12-31", precision: "month"},
		{text: "2025年第三季度", date: "2025-09-30", precision: "quarter"},
		{text: "第三季度", year: 2025, date: "2025-09-30", precision: "quarter"},
		{text: "2025年上半年", date: "2025-06-30", precision: "quarter"},
		{text: "2024年2月底", date: "2024-02-29", precision: "month"},
		{text: "2025-06-30", date: "2025-06-30", precision: "day"},
		{text: "2025.6.5前", date: "2025-06-05", precision: "day"},
		{text: "2025/6", date: "2025-06-30", precision: "month"},
		{text: "二〇二五年三月底", date: "2025-03-31", precision: "month"},
		{text: "２０２５年６月１５日前", date: "2025-06-15", precision: "day"},
		{text: "2024年8月前", date: "2024-08-31", precision: "month", ambiguous: true},
		{text: "2027年前", date: "2027-12-31", precision: "year", ambiguous: true},
		{text: "2025年1月至6月", date: "2025-06-30", precision: "month"},
		{text: "在6月30日前完成整改,7月4日提交", year: 2025, date: "2025-06-30", precision: "day"},
		{text: "x月x日前完成整改,今后长期坚持", year: 2025, long: true, unknown: true},
		{text: "20xx年3月底", unknown: true},
		{text: "2月30日前", year: 2025, bad: true},
		{text: "2025年13月底前", bad: true},
		{text: "立行立改"},
		{text: "国庆节前"},
		{text: "三个月内"},
		{text: "月底前", year: 2025},
		{text: "6月30日前"}, // no year
		{text: "持续到2025年底", date: "2025-12-31", precision: "year"},
	} {
		d := ParseDeadline(c.text, c.year)
		if d.Date != c.date || d.Precision != c.precision || d.LongTerm != c.long || d.Unknown != c.unknown || d.Ambiguous != c.ambiguous || (d.Err != nil) != c.bad {
			t.Errorf("%s: %+v", c.text, d)
		}
		if d.Text != c.text {
			t.Errorf("%s: text %q", c.text, d.Text)
		}
	}
}

func TestSplitOwners(t *testing.T) {
	for _, c := range []struct {
		text          string
		units, person []string
	}{
		{"镇水利站、沿河4个村", []string{"镇水利站", "沿河4个村"}, nil},
		{"党办会同宣传办；东村", []string{"党办", "宣传办", "东村"}, nil},
		{"镇党政办（牵头）、镇财政所", []string{"镇党政办", "镇财政所"}, nil},
		{"由镇纪委牵头，党政办配合", []string{"镇纪委", "党政办"}, nil},
		{"镇自然资源和规划所和镇人力资源和社会保障所", []string{"镇自然资源和规划所", "镇人力资源和社会保障所"}, nil},
		{"和平村、和谐社区", []string{"和平村", "和谐社区"}, nil},
		{"各村（社区）", []string{"各村（社区）"}, nil},
		{"无", nil, nil},
	} {
		if d := cmp.Diff(c.units, SplitUnits(c.text)); d != "" {
			t.Errorf("units of %s: %s", c.text, d)
		}
	}
	for _, c := range []struct {
		text    string
		persons []string
	}{
		{"段志刚（党委副书记）、米晓东", []string{"段志刚", "米晓东"}},
		{"陈 立 新、江敏", []string{"陈 立 新", "江敏"}},
		{"党组书记 王建国", []string{"王建国"}},
		{"镇党委书记张伟；武装部长李强", []string{"张伟", "李强"}},
		{"欧阳明和司马光", []string{"欧阳明", "司马光"}},
		{"赵敏 钱立", []string{"赵敏", "钱立"}},
		{"各村党支部书记", nil},
		{"xxx", nil},
		{"阿依古丽·买买提", []string{"阿依古丽·买买提"}},
	} {
		if d := cmp.Diff(c.persons, SplitPersons(c.text)); d != "" {
			t.Errorf("persons of %s: %s", c.text, d)
		}
	}
}

func TestFrequencies(t *testing.T) {
	for _, c := range []struct {
		text  string
		words []string
		rules []string
	}{
		{"每周五下午集中学习", []string{"每周五下午"}, []string{"FREQ=WEEKLY;BYDAY=FR"}},
		{"疑难事项由党工委每周三例会研究", []string{"每周三"}, []string{"FREQ=WEEKLY;BYDAY=WE"}},
		{"入户走访每月不少于40户，社区党委按月抽查", []string{"每月不少于40户", "按月"}, []string{"FREQ=MONTHLY", "FREQ=MONTHLY"}},
		{"每周不少于1次", []string{"每周不少于1次"}, []string{"FREQ=WEEKLY"}},
		{"每半年开展一次清查", []string{"每半年"}, []string{"FREQ=MONTHLY;INTERVAL=6"}},
		{"每年选派不少于3名年轻干部", []string{"每年"}, []string{"FREQ=YEARLY"}},
		{"每月至少上门一次", []string{"每月至少上门一次"}, []string{"FREQ=MONTHLY"}},
		{"镇级河长每旬巡河1次、村级河长每周巡河2次", []string{"每旬巡河1次", "每周巡河2次"}, []string{"FREQ=MONTHLY;BYMONTHDAY=10,20,-1", "FREQ=WEEKLY"}},
		{"每村每月接受检查不超过2次", []string{"每村每月接受检查不超过2次"}, []string{"FREQ=MONTHLY"}},
		{"固定在每月10日、25日召开", []string{"每月10日、25日"}, []string{"FREQ=MONTHLY;BYMONTHDAY=10,25"}},
		{"每月10日前足额发放", []string{"每月10日前"}, []string{"FREQ=MONTHLY;BYMONTHDAY=10"}},
		{"每年12月盘点", []string{"每年12月"}, []string{"FREQ=YEARLY;BYMONTH=12"}},
		{"每3天巡查一次水源", []string{"每3天"}, []string{"FREQ=DAILY;INTERVAL=3"}},
		{"每两个月联系一次", []string{"每两个月"}, []string{"FREQ=MONTHLY;INTERVAL=2"}},
		{"每个月末集中收集", []string{"每个月末"}, []string{"FREQ=MONTHLY;BYMONTHDAY=-1"}},
		{"每月第一个周六清洁", []string{"每月第一个周六"}, []string{"FREQ=MONTHLY;BYDAY=1SA"}},
		{"每天18时至20时值守", []string{"每天18时至20时"}, []string{"FREQ=DAILY"}},
		{"24小时专人盯守", []string{"24小时"}, []string{"FREQ=DAILY"}},
		{"接到报修24小时内到场", nil, nil},
		{"记清每名委员的意见，每村建一本台账，每次会议留记录", nil, nil},
		{"财务收支按季逐笔公开", []string{"按季"}, []string{"FREQ=MONTHLY;INTERVAL=3"}},
		{"定期开展检查", []string{"定期"}, []string{""}},
	} {
		words, rules := Frequencies(c.text)
		if len(words) == 0 {
			words = nil
		}
		if d := cmp.Diff(c.words, words); d != "" {
			t.Errorf("%s: %s", c.text, d)
			continue
		}
		for i, r := range rules {
			if r.RRule != c.rules[i] || r.RRule == "" && r.Vague == "" {
				t.Errorf("%s: rule %+v, want %q", c.text, r, c.rules[i])
			}
		}
	}
}

func TestCheckEdited(t *testing.T) {
	p := Plan{Kind: KindPlan, InspectedUnit: "云峰镇党委", FeedbackDate: "2025-06-18", Sections: []Section{{Findings: []Finding{
		{Number: "1.", Title: "a", Units: []string{"镇党政办"}, Persons: []string{"张伟"}, DeadlineText: "2025年2月30日前",
			Manifestations: []Manifestation{{Text: "路灯不亮"}, {Text: "账目不清"}},
			Measures:       []Measure{{Text: "维修全部路灯12盏，压实青山镇党委主体责任", Answers: []int{0}}, {Text: "进一步提高认识", Answers: []int{}}}},
		{Number: "1.", Title: "b", Units: []string{"云峰镇党委"}, DeadlineText: "2025年1月底前", DeadlineDate: "2025-01-31", Measures: []Measure{{Text: "制定方案并公示"}}},
	}}}}
	got := map[string]int{}
	for _, n := range Check(p) {
		got[n.Code]++
	}
	want := map[string]int{BadDate: 1, UnansweredManifestation: 1, VagueMeasure: 1, DuplicateNumber: 1, VagueOwner: 1, Contradiction: 1, ForeignPlace: 1}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
