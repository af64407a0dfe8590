package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
)

var (
	asOf       = time.Date(2026, 4, 30, 17, 30, 0, 0, time.UTC)
	sampleTown = org.Unit{ID: 2, Kind: org.Town, Name: "栖禾镇", Path: "/1/2/", Parent: 1}
)

func sampleLetter() ledger.Letter {
	return ledger.Letter{Unit: sampleTown, Kind: ledger.Supervise, Colour: "red", Number: "栖禾巡改督〔2026〕3号", Title: "惠农利民政策宣传不到位", Due: "2026-04-16", To: "民政和社会保障所",
		Copies: "杜向荣、党组织主要负责人", State: "sent", Sent: ledger.Mark{Name: "贺晓雨", At: asOf},
		Body: "你单位牵头的反馈问题3“惠农利民政策宣传不到位，动态管理不及时”，完成时限为2026年4月16日，已超期9个工作日。其中“一是”已办1次，到期未报2次；1个具体表现尚无措施回应。\n请立即办理，于2026年5月7日前反馈办理情况、未按期完成的原因和办结时间。"}
}

func sampleSlip() Slip {
	f := sampleFindings()[3]
	f.Unit = sampleTown
	mark := func(name, words string, day int) ledger.Mark {
		return ledger.Mark{Staff: 1, Name: name, Words: words, At: asOf.AddDate(0, 0, day)}
	}
	return Slip{AsOf: asOf, Imprint: sampleImprint, Closing: ledger.Closing{Number: "栖禾巡改销〔2026〕3号", Step: ledger.Accepted, Statement: "明白卡入户3216份，17条疑点逐户核实，应补发的5人全部补发到位，公示栏换成二季度内容。群众电话回访20户，19户知道领取标准。",
		Hash: strings.Repeat("5f2ac1", 10) + "9be0", Applied: mark("秦素芬", "", -3), Reviewed: mark("杜向荣", "现场看过三个村，属实", -2), Signed: mark("周叙明", "同意销号", -1), Accepted: mark("邵文澜", "同意", 0)},
		Work: ledger.Work{Finding: f, Feedback: "2026-02-03", Duties: []duty.Duty{{Unit: org.Unit{Kind: org.Village, Name: "东槐村"}}},
			Occurrences: []duty.Occurrence{{Happened: "2026-04-14", Entered: asOf.AddDate(0, 0, -16)}},
			Evidence: []evidence.Item{{Kind: evidence.File, Title: "东槐村公示栏_0412.jpg", Media: "image/jpeg", Event: "2026-04-12"}, {Kind: evidence.File, Title: "旧公示栏.jpg", Media: "image/jpeg", Event: "2026-01-20"},
				{Kind: evidence.Record, Title: "入户核实登记表", Event: "2026-04-03"}}}}
}

func sampleHandOver() ledger.HandedOver {
	h := ledger.HandedOver{Seq: 1287, At: asOf, Who: "贺晓雨（党政办经办人）", From: "宋怀瑾", To: "梁知远", Post: "宣传委员", Basis: "栖禾镇党委会2026年4月29日分工", N: 14}
	for i := range h.N {
		h.Items = append(h.Items, ledger.HandedDuty{Serial: fmt.Sprint(i%4 + 1), Title: sampleFindings()[i%4].Title, Task: "组织机关干部集中学习", Unit: "党建办公室", Stands: "已签收，已办11次",
			Open: "下次2026年5月8日到期；退回1次，待补报；漏办未补2次"})
	}
	return h
}

func sampleMonth() ledger.Month {
	m := ledger.Month{Unit: sampleTown, From: "2026-04-01", To: "2026-04-30", AsOf: "2026-04-30"}
	for i, code := range []struct{ code, group, word string }{
		{"findings", "问题", "问题总数"}, {"done", "问题", "完成"}, {"part", "问题", "阶段性完成"}, {"doing", "问题", "正在整改"}, {"failed", "问题", "未完成"}, {"keep", "问题", "长期坚持"},
		{"measures", "措施", "措施数"}, {"measures-done", "措施", "已完成"}, {"measures-running", "措施", "进行中"}, {"measures-over", "措施", "超期未完"},
		{"due", "任务", "本期到期"}, {"intime", "任务", "按时"}, {"late", "任务", "迟办"}, {"missed", "任务", "漏办"}, {"madeup", "任务", "已补录"}, {"waiting", "任务", "待办"}, {"cancelled", "任务", "取消"}, {"returns", "任务", "退回"},
		{"remind", "函件", "提醒函"}, {"supervise", "函件", "督办单"}, {"warn", "函件", "告诫书"}, {"replied", "函件", "已反馈的函"},
		{"applied", "销号和反弹", "申请销号"}, {"refused", "销号和反弹", "退回销号申请"}, {"accepted", "销号和反弹", "核准销号"}, {"relapses", "销号和反弹", "反弹"}, {"asked", "销号和反弹", "申请延期"}, {"granted", "销号和反弹", "同意延期"}, {"denied", "销号和反弹", "不同意延期"},
	} {
		n := []int{40, 12, 6, 15, 2, 5, 96, 41, 43, 12, 118, 97, 9, 7, 3, 5, 4, 6, 5, 3, 1, 7, 8, 2, 5, 1, 3, 2, 1}[i]
		m.Figures = append(m.Figures, ledger.Figure{Code: code.code, Group: code.group, Word: code.word, N: n, Before: max(n-3+i%7, 0), Part: code.code == "madeup" || code.code == "replied"})
	}
	for i, f := range sampleFindings() {
		item := ledger.MonthItem{Finding: int64(i), Title: f.Title, Unit: f.Units[0].Name, Text: f.Progress, Day: f.Due}
		if i < 2 {
			m.Overdue = append(m.Overdue, item)
		} else {
			m.Next = append(m.Next, item)
		}
	}
	m.Needs = m.Overdue[:1]
	return m
}

// papersOfTheLoop are the papers that letters, closings, hand-overs and months give.
func papersOfTheLoop() map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{
		"督办单.docx": func(w io.Writer) error { return Letter(w, sampleLetter(), asOf, sampleImprint) },
		"销号单.docx": func(w io.Writer) error { return ClosingSlip(w, sampleSlip()) },
		"交接表.docx": func(w io.Writer) error { return HandOver(w, "栖禾镇", sampleHandOver(), sampleImprint) },
		"月报.docx":  func(w io.Writer) error { return Monthly(w, sampleMonth(), asOf, sampleImprint) },
		"月报.xlsx":  func(w io.Writer) error { return MonthlyXlsx(w, sampleMonth(), asOf, sampleImprint) },
	}
}

// Each paper gives the same bytes twice, and through LibreOffice shows all that it has to.
func TestRenderLoop(t *testing.T) {
	files := map[string][]byte{}
	for name, write := range papersOfTheLoop() {
		var a, b bytes.Buffer
		if err := write(&a); err != nil {
			t.Fatal(name, err)
		}
		if err := write(&b); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: the same paper gives other bytes, %v", name, err)
		}
		files[strings.Replace(name, "月报.xlsx", "月报数据.xlsx", 1)] = a.Bytes()
	}
	all := render(t, files)
	for name, want := range map[string]struct {
		pages int
		texts []string
	}{
		"督办单.docx": {1, []string{"整改督办单", "栖禾巡改督〔2026〕3号", "民政和社会保障所：", "请立即办理，于2026年5月7日前反馈", "中共栖禾镇委员会整改办", "2026年4月30日", "抄送：杜向荣、党组织主要负责人"}},
		"销号单.docx": {1, []string{"整改销号单", "编号：栖禾巡改销〔2026〕3号", "东槐村", "72天", "印发《惠民政策明白卡》并入户", "明白卡入户3216份", "旧公示栏.jpg", "东槐村公示栏_0412.jpg", "入户核实登记表（记录，2026年4月3日）",
			"2026年4月14日", "秦素芬　2026年4月27日", "现场看过三个村，属实", "周叙明", "邵文澜　2026年4月30日", "9be0"}},
		"交接表.docx":  {3, []string{"栖禾镇整改责任交接表", "移交人：宋怀瑾", "岗位：宣传委员", "退回1次，待补报", "监交人（签字）", "存证编号1287"}},
		"月报.docx":   {4, []string{"栖禾镇巡察整改月报（2026年4月）", "截至2026年4月30日，共有反馈问题40个", "完成率", "超期未完", "其中：已补录", "需要上级支持的事项", "中共栖禾镇委员会整改办"}},
		"月报数据.xlsx": {9, []string{"本期", "上期", "增减", "反弹"}},
	} {
		r := all[name]
		if len(r.pages) == 0 || len(r.pages) > want.pages {
			t.Errorf("%s takes %d pages", name, len(r.pages))
		}
		r.whole(t, name, want.texts)
	}
}
