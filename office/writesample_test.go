package office

import (
	"fmt"
	"strings"
	"time"
)

// The papers that the tests render. Everything in them is invented.

var sampleDate = time.Date(2026, 4, 16, 9, 0, 0, 0, time.UTC)

var sampleFindings = []struct {
	section, title, leader, unit, person, deadline string
	shown, measures                                []string
}{
	{"（一）聚焦贯彻落实党的路线方针政策方面", "理论学习不够深入，学用结合不紧，存在以会议传达代替学习研讨的现象", "孟昭宁", "党建办公室", "韩春梅", "3月31日前，长期坚持",
		[]string{"一是应知应会内容掌握不全面，抽问12名机关干部，5人答不完整。", "二是会议传达多、研讨少，存在“临阵磨刀”。"},
		[]string{"一是制定年度学习计划，每周五下午组织机关干部集中学习，每季度围绕一个专题研讨交流。", "二是建立应知应会题库，每月随机抽问不少于10人，结果在干部例会通报。"}},
	{"（一）聚焦贯彻落实党的路线方针政策方面", "推进乡村振兴思路不够清晰，人居环境整治主动性不强，公益事业发展迟缓", "梁知远", "农业农村办公室\n综合执法队", "吕志刚", "4月30日前，长期坚持",
		[]string{"一是村级集体经济薄弱，年收入10万元以下的村仍有4个，“两委”班子发展意识不强。", "二是道路两侧长期堆放杂物，政府街占道经营、车辆乱停乱靠。", "三是主街以外的巷道硬化、排水不足，雨雪天积水结冰。"},
		[]string{"一是召开村支部书记座谈会，逐村定一个增收项目；推广东槐、柳荫两村经验。", "二是综合执法队每日巡查政府街、永和路，对屡劝不改的依法处罚；保洁员考勤每月公示。", "三是按“六长一网”分包到胡同，每月观摩评比一次，发放流动红旗、黄旗。"}},
	{"（二）聚焦群众身边腐败问题和不正之风方面", "意识形态工作责任制落实有偏差，群众文化阵地作用发挥不好", "宋怀瑾", "宣传文化站", "庞桂兰", "4月30日前",
		[]string{"一是部分村体育健身设施损坏严重，农家书屋长期锁门。", "二是移风易俗流于形式，红白事大操大办、彩礼偏高。"},
		[]string{"一是逐村登记设施台账，每月检查一次，损坏的15日内维修或拆除；书屋每周开放不少于3天。", "二是修订村规民约，明确办事标准，由红白理事会事前告知、事后公示。"}},
	{"（二）聚焦群众身边腐败问题和不正之风方面", "惠农利民政策宣传不到位，动态管理不及时", "杜向荣", "民政和社会保障所", "秦素芬", "4月16日前，长期坚持",
		[]string{"一是走访7个村，群众对低保、高龄津贴等政策普遍一知半解。", "二是高龄津贴存在应享未享，主动发现不够。"},
		[]string{"一是政策明白卡入户，村级公示栏每季度更新一次，每村每年讲解不少于2次。", "二是每月比对一次年满80周岁人员名单，疑点10日内入户核实。"}},
}

// sampleLedger is a ledger of n findings, merged by finding. At 10.5 points an A4 page lying holds 60 characters.
func sampleLedger(n int) Table {
	t := Table{Columns: []Column{
		{Title: "序号", Width: 2.5, Align: AlignCenter}, {Title: "反馈问题", Width: 8}, {Title: "具体表现", Width: 11}, {Title: "整改措施", Width: 12.5},
		{Title: "责任领导", Width: 4.2, Align: AlignCenter}, {Title: "责任单位", Width: 5.2, Align: AlignCenter}, {Title: "责任人", Width: 4.2, Align: AlignCenter},
		{Title: "完成时限", Width: 5.2}, {Title: "进展", Width: 6}, {Title: "状态", Width: 4.2, Align: AlignCenter}}}
	section := ""
	for i := range n {
		f := sampleFindings[i%len(sampleFindings)]
		if f.section != section {
			section = f.section
			t.Rows = append(t.Rows, GroupRow(section))
		}
		of := len(f.shown)
		for k := range of {
			progress := fmt.Sprintf("已办 %d 次，合格率 %d%%。", 3+i+k, 58+i)
			row := Cells(f.shown[k], f.measures[k], progress)
			if k == 0 {
				over := func(text string) TableCell { return TableCell{Text: text, Rows: of} }
				row.Cells = []TableCell{over(fmt.Sprint(i + 1)), over(f.title), {Text: f.shown[k]}, {Text: f.measures[k]}, over(f.leader), over(f.unit),
					over(f.person), over(f.deadline), {Text: progress}, over([]string{"正在整改", "完成"}[i%2])}
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// samplePlan is a plan with a long table bound to it.
func samplePlan() Paper {
	p := Paper{
		Title: "中共栖禾镇委员会关于落实区委第三轮巡察第二巡察组反馈意见的整改方案", To: "区委巡察工作领导小组办公室",
		Sign: "中共栖禾镇委员会", Date: "2026年4月16日", Subject: "整改方案", Author: "闭环", Created: sampleDate,
	}
	p.Blocks = []Block{
		Text("2026年1月5日至1月30日，区委第二巡察组对栖禾镇党委开展了常规巡察，并于2月3日反馈了巡察意见。镇党委高度重视，把抓好整改作为重大政治任务，逐条研究、逐项认领，现制定如下方案。"),
		Heading{1, "一、反馈问题及整改措施"},
	}
	section := ""
	for i, f := range sampleFindings {
		if f.section != section {
			section = f.section
			p.Blocks = append(p.Blocks, Heading{2, section})
		}
		p.Blocks = append(p.Blocks, Heading{3, fmt.Sprintf("%d．%s。", i+1, f.title)},
			Para{{Text: "具体表现：", Face: KaiTi}, {Text: strings.Join(f.shown, "")}},
			Para{{Text: "整改措施：", Bold: true}, {Text: strings.Join(f.measures, "")}},
			Text("责任领导："+f.leader+"\n责任单位："+strings.ReplaceAll(f.unit, "\n", "、")+"\n完成时限："+f.deadline))
	}
	p.Blocks = append(p.Blocks, Heading{1, "二、保障措施"},
		Text("一是加强组织领导。成立由镇党委书记任组长的整改工作领导小组，每周调度一次。二是强化跟踪问效。建立“问题清单、任务清单、责任清单”，完成一项、核销一项。三是注重标本兼治，举一反三，形成长效机制。"))
	ledger := sampleLedger(14)
	ledger.Size = 10.5
	tasks := Table{Columns: []Column{{Title: "编号", Width: 3, Align: AlignCenter}, {Title: "问题", Width: 10}, {Title: "任务", Width: 14}, {Title: "时间节点", Width: 6, Align: AlignCenter}}}
	for i, f := range sampleFindings {
		for k, m := range f.measures {
			tasks.Rows = append(tasks.Rows, Cells(fmt.Sprintf("%d.%d", i+1, k+1), f.title, m, f.deadline))
		}
	}
	p.Annexes = []Annex{
		{Title: "栖禾镇巡察反馈问题整改台账", Landscape: true, Blocks: []Block{Line{"填报单位：中共栖禾镇委员会", "2026年4月16日"}, ledger}},
		{Title: "栖禾镇巡察反馈问题整改任务清单", Blocks: []Block{tasks}},
	}
	return p
}
