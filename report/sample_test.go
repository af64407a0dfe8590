package report

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/proof"
)

// Everything in the findings that the tests write is invented.

var sampleHead = Head{
	Unit: "栖禾镇党委", Team: "区委第二巡察组", Starts: "2026-01-05", Ends: "2026-01-30", Feedback: "2026-02-03",
	AsOf: time.Date(2026, 4, 16, 9, 20, 0, 0, time.UTC),
	Days: ledger.Days{Today: "2026-04-16", Soon: "2026-04-30"}, Calendar: calendar.Published(), Imprint: sampleImprint,
}

// sampleImprint leads to a long address, so that its QR code is as dense as they come.
var sampleImprint = proof.Imprint{Code: proof.NewCode(128734, sha256.Sum256([]byte("栖禾镇"))), Site: "https://xunchazhenggai.chengxi.example:8443", Kind: "closing", Row: 7412345678901234567}

func named(list ...string) []ledger.Named {
	var out []ledger.Named
	for _, name := range list {
		out = append(out, ledger.Named{Name: name})
	}
	return out
}

// sampleFindings are findings of two aspects with what a ledger meets: pairs, a measure for two manifestations, a manifestation
// without measure, measures without manifestation, nobody responsible, no date.
func sampleFindings() []ledger.Finding {
	first := ledger.Section{ID: 1, Ord: 0, Number: "（一）", Title: "聚焦贯彻落实党的路线方针政策和党中央决策部署方面"}
	second := ledger.Section{ID: 2, Ord: 1, Number: "（二）", Title: "聚焦群众身边不正之风和腐败问题方面"}
	list := []ledger.Finding{
		{Section: first, Number: "1.", Title: "理论学习不够深入，学用结合不紧，存在以会议传达代替学习研讨的现象", Leader: "孟昭宁", Units: named("党建办公室"), Persons: named("韩春梅"),
			DueText: "2026年3月31日前，长期坚持", Due: "2026-03-31", LongTerm: true, State: ledger.Keep, Closing: 1, Progress: "集中学习11次，专题研讨1次，抽问合格率由58%升至92%。", Evidence: "学习计划1份、签到表11份",
			Manifestations: []ledger.Manifestation{{Number: "一是", Text: "应知应会内容掌握不全面，抽问12名机关干部，5人答不完整"}, {Number: "二是", Text: "会议传达多、研讨少，存在“临阵磨刀”现象，2025年13次中心组学习中有6次只念文件"}},
			Measures: []ledger.Measure{
				{Number: "一是", Text: "制定年度学习计划，每周五下午组织机关干部集中学习，每季度围绕一个专题研讨交流，建立应知应会题库，每月随机抽问不少于10人", Answers: []int{0}},
				{Number: "二是", Text: "中心组学习实行“一人领学、两人发言”，发言提纲由宣传委员会前审核，每月不少于1次", Answers: []int{1}}}},
		{Section: first, Number: "2.", Title: "推进乡村振兴思路不够清晰，人居环境整治主动性不强", Leader: "梁知远", Units: named("农业农村办公室", "综合行政执法队"), Persons: named("吕志刚", "方晓岚"),
			DueText: "2026年4月30日前，长期坚持", Due: "2026-04-30", LongTerm: true, State: ledger.Doing, Progress: "已会诊薄弱村3个，大棚招租公告挂网；主街线缆点位逐处编号。", Evidence: "座谈会记录1份、招租公告1份",
			Manifestations: []ledger.Manifestation{{Number: "一是", Text: "村级集体经济薄弱，年收入10万元以下的村仍有4个，“两委”班子发展意识不强"}, {Number: "二是", Text: "道路两侧长期堆放杂物，政府街占道经营、车辆乱停乱靠"}, {Number: "三是", Text: "主街以外的巷道硬化、排水不足，雨雪天积水结冰"}},
			Measures: []ledger.Measure{
				{Number: "一是", Text: "召开村党组织书记座谈会，对薄弱村一村一策定增收项目，由包村领导每月调度一次进度，推广东槐、柳荫两村经验", Answers: []int{0}},
				{Number: "二是", Text: "综合行政执法队每日巡查政府街、永和路，对屡劝不改的依法处罚，保洁员考勤每月公示，胡同长分包胡同，破损巷道雨季前完成修补，主街道破损由村委会负责整修，定期维护", Answers: []int{1, 2}}}},
		{Section: first, Number: "3.", Title: "意识形态工作责任制落实有偏差，群众文化阵地作用发挥不好", Leader: "宋怀瑾", Units: named("宣传文化站"), Persons: named("庞桂兰"),
			DueText: "2026年4月10日前", Due: "2026-04-10", State: ledger.Part, Progress: "设施台账已建，损坏的12处修好9处。", Evidence: "设施台账1份",
			Manifestations: []ledger.Manifestation{{Number: "一是", Text: "部分村体育健身设施损坏严重，农家书屋长期锁门"}, {Number: "二是", Text: "移风易俗流于形式，红白事大操大办、彩礼偏高"}},
			Measures: []ledger.Measure{
				{Number: "一是", Text: "逐村登记设施台账，每月检查一次，损坏的15日内维修或拆除，书屋每周开放不少于3天，文明实践站每季度办一场文艺演出", Answers: []int{0}},
				{Number: "二是", Text: "修订村规民约，明确办事标准，由红白理事会事前告知、事后公示", Answers: []int{1}}}},
		{Section: second, Number: "1.", Title: "惠农利民政策宣传不到位，动态管理不及时", Leader: "杜向荣", Units: named("民政和社会保障所", "党群服务中心", "各村党支部"), Persons: named("秦素芬"),
			DueText: "2026年4月16日前，长期坚持", Due: "2026-04-16", LongTerm: true, State: ledger.Doing, Progress: "明白卡已入户2860份；疑点17条，入户核实12条。", Evidence: "明白卡样张1份、比对结果3份",
			Manifestations: []ledger.Manifestation{{Number: "一是", Text: "走访7个村，群众对低保、高龄津贴等政策普遍一知半解"}, {Number: "二是", Text: "高龄津贴存在应享未享，主动发现不够"}, {Number: "三是", Text: "两次巡察建议的办理结果没有在村级公开栏公示"}},
			Measures: []ledger.Measure{
				{Number: "一是", Text: "印发《惠民政策明白卡》并入户，村级公示栏每季度更新一次，每村每年讲解不少于2次", Answers: []int{0}},
				{Number: "二是", Text: "每月比对一次年满80周岁人员名单，疑点10日内入户核实", Answers: []int{1}}}},
		{Section: second, Number: "2.", Title: "村级财务公开不及时", Units: named("栖禾镇党委"), DueText: "立行立改", State: ledger.Failed, Reason: "两个村的旧账尚未移交",
			Measures: []ledger.Measure{{Text: "每月10日前公开上月收支，镇财政所逐村核对", Answers: nil}, {Text: "旧账6月底前移交完毕", Answers: nil}}},
		{Section: second, Number: "3.", Title: "干部值班值守纪律松弛", Leader: "孟昭宁", Units: named("党政综合办公室", "镇纪委"), Persons: named("韩春梅"), DueText: "x月x日前完成整改，今后长期坚持", LongTerm: true, State: ledger.Done, Closing: 2,
			Progress: "值班制度已修订，抽查6次无人脱岗。", Evidence: "制度1份、抽查记录6份",
			Manifestations: []ledger.Manifestation{{Text: "2025年国庆假期抽查，2名值班干部不在岗"}},
			Measures:       []ledger.Measure{{Text: "对2名干部批评教育，修订值班值守制度，值班情况由镇纪委每周抽查", Answers: []int{0}}}},
	}
	for i := range list {
		list[i].Ord, list[i].Plan, list[i].Unit = i, 1, org.Unit{ID: 1, Name: "栖禾镇党委"}
		for k := range list[i].Measures {
			m := &list[i].Measures[k]
			m.Frequencies, m.Rules = plan.Frequencies(m.Text)
		}
	}
	return list
}

// crossed is a finding whose first measure answers the first and the third manifestation.
func crossed() ledger.Finding {
	f := sampleFindings()[2]
	f.Ord, f.Number, f.Section = 6, "4.", sampleFindings()[5].Section
	f.Title = "农村公共文化服务供给与群众需求脱节"
	f.Manifestations = append(f.Manifestations, ledger.Manifestation{Number: "三是", Text: "文化活动少，年初至巡察时只办了1场演出"})
	f.Measures[0].Answers = []int{0, 2}
	return f
}

// many repeats the sample until it has n findings, each aspect with findings numbered through.
func many(n int) []ledger.Finding {
	sample := append(sampleFindings(), crossed())
	list := make([]ledger.Finding, n)
	for i := range list {
		f := sample[i%len(sample)]
		f.Ord, f.Number = i, fmt.Sprintf("%d.", i+1)
		round := int64(i / len(sample))
		f.Section.ID += round * 2
		f.Section.Ord += int(round) * 2
		f.Section.Number = "（" + numeral(f.Section.Ord+1) + "）"
		if round > 0 {
			f.Section.Title = fmt.Sprintf("%s（续%d）", f.Section.Title, round)
			f.Title = fmt.Sprintf("%s（第%d批）", f.Title, round+1)
		}
		list[i] = f
	}
	return list
}

func written(t testing.TB, write func(io.Writer, Head, []ledger.Finding) error, findings []ledger.Finding) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, sampleHead, findings); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
