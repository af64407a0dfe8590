package report

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"

	"bihuan/calendar"
	"bihuan/ledger"
	"bihuan/office"
)

// TestSameBytes: the same ledger and date give the same file, whoever asks and when.
func TestSameBytes(t *testing.T) {
	reading := readBack(t, "台账.xlsx", written(t, LedgerXlsx, sampleFindings()))
	all := append([]Paper{
		{"读出.xlsx", XlsxType, func(w io.Writer, _ Head, _ []ledger.Finding) error { return ReadingXlsx(w, reading) }},
		{"空表.xlsx", XlsxType, func(w io.Writer, h Head, _ []ledger.Finding) error {
			return Template(w, h, []string{"党建办公室"})
		}},
	}, Papers...)
	for _, p := range all {
		first := written(t, p.Write, many(20))
		time.Sleep(2 * time.Millisecond)
		if second := written(t, p.Write, many(20)); !bytes.Equal(first, second) {
			t.Errorf("%s: %d and %d bytes that differ", p.Name, len(first), len(second))
		}
	}
}

// TestFindingsStay: writing changes nothing of what it is given.
func TestFindingsStay(t *testing.T) {
	findings := many(20)
	for _, p := range Papers {
		written(t, p.Write, findings)
	}
	if diff := cmp.Diff(many(20), findings, cmpopts.IgnoreUnexported(ledger.Finding{})); diff != "" {
		t.Error(diff)
	}
}

// TestNothing: a plan without findings still gives papers that can be opened.
func TestNothing(t *testing.T) {
	for _, p := range Papers {
		var b bytes.Buffer
		if err := p.Write(&b, Head{}, nil); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if _, err := office.Read(t.Context(), p.Name, b.Bytes()); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

// sheetRows are the rows of the first sheet, merged cells as they are kept: once.
func sheetRows(t *testing.T, file []byte) (*excelize.File, [][]string) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	return f, rows
}

const official = "序号 反馈问题 具体表现 整改措施 责任领导 责任单位 责任人 完成时限 进展 佐证 状态 销号"

func TestLedgerHasTheOfficialForm(t *testing.T) {
	f, rows := sheetRows(t, written(t, LedgerXlsx, append(sampleFindings(), crossed())))
	if got := strings.Join(rows[2], " "); got != official {
		t.Errorf("columns %s", got)
	}
	if rows[0][0] != "栖禾镇党委巡察反馈意见问题整改台账" || rows[1][0] != "填报单位：栖禾镇党委　　反馈日期：2026年2月3日" || !strings.Contains(strings.Join(rows[1], ""), "数据时点：2026年4月16日 09:20") {
		t.Errorf("head %q", rows[:2])
	}
	if rows[3][0] != "（一）聚焦贯彻落实党的路线方针政策和党中央决策部署方面" {
		t.Errorf("first row %q", rows[3])
	}
	merged := map[string]bool{}
	cells, err := f.GetMergeCells(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		merged[c.GetStartAxis()+":"+c.GetEndAxis()] = true
	}
	// 2. stands in rows 7–9: its second measure answers two manifestations, all else reaches over the whole.
	for _, want := range []string{"A4:L4", "A7:A9", "B7:B9", "D8:D9", "E7:E9", "L7:L9"} {
		if !merged[want] {
			t.Errorf("%s is not merged; merged are %v", want, merged)
		}
	}
	if merged["C7:C9"] || merged["D7:D9"] {
		t.Error("manifestations or measures of a finding are merged")
	}
	titles := ""
	for _, name := range f.GetDefinedName() {
		if name.Name == "_xlnm.Print_Titles" {
			titles = name.RefersTo
		}
	}
	if titles != "'整改台账'!$3:$3" {
		t.Errorf("on each page is repeated %q", titles)
	}
	layout, err := f.GetPageLayout(f.GetSheetName(0))
	if err != nil || *layout.Orientation != "landscape" || *layout.Size != 9 {
		t.Errorf("page %v %v %v, want A4 lying", *layout.Orientation, *layout.Size, err)
	}
	text := ""
	for _, row := range rows {
		text += strings.Join(row, "|") + "\n"
	}
	for _, want := range []string{"|长期坚持\n", "正在整改\n临期：剩10个工作日", "阶段性完成\n超期4个工作日", "正在整改\n今天到期", "未完成：两个村的旧账尚未移交",
		"（由“一是”一并回应）", "x月x日前完成整改，\n今后长期坚持", "合计：7个问题，14个具体表现，13条整改措施，1个具体表现没有措施回应。"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestNothingIsAFormula: what came in a document cannot work in a spreadsheet.
func TestNothingIsAFormula(t *testing.T) {
	const trigger = `=HYPERLINK("http://x.invalid","点这里")`
	f := ledger.Finding{Title: trigger, Leader: trigger, Units: named(trigger), Persons: named("+1"), DueText: "-1", Progress: "@x", Evidence: trigger,
		Manifestations: []ledger.Manifestation{{Text: trigger}}, Measures: []ledger.Measure{{Text: trigger, Answers: []int{0}}}, State: ledger.Doing}
	book, rows := sheetRows(t, written(t, LedgerXlsx, []ledger.Finding{f}))
	for r, row := range rows {
		for c, text := range row {
			if text != "" && strings.ContainsAny(text[:1], "=+-@") {
				t.Errorf("row %d column %d: %s", r+1, c+1, text)
			}
			name, _ := excelize.CoordinatesToCellName(c+1, r+1)
			if formula, _ := book.GetCellFormula(book.GetSheetName(0), name); formula != "" {
				t.Errorf("%s holds the formula %s", name, formula)
			}
		}
	}
}

func TestSeveralPlansNameTheirUnits(t *testing.T) {
	list := sampleFindings()[:2]
	list[1].Plan, list[1].Unit.Name, list[1].Section = 2, "东槐村", ledger.Section{}
	_, rows := sheetRows(t, written(t, LedgerXlsx, list))
	if rows[3][0] != "栖禾镇党委　（一）聚焦贯彻落实党的路线方针政策和党中央决策部署方面" || rows[6][0] != "东槐村" {
		t.Errorf("%q, %q", rows[3][0], rows[6][0])
	}
}

func TestState(t *testing.T) {
	h := Head{Days: ledger.Days{Today: "2026-04-16", Soon: "2026-04-30"}, Calendar: calendar.Published()}
	for _, c := range []struct {
		state ledger.State
		due   string
		head  Head
		want  string
	}{
		{ledger.Doing, "", h, "正在整改"},
		{ledger.Doing, "2026-06-30", h, "正在整改"},
		{ledger.Doing, "2026-04-30", h, "正在整改\n临期：剩10个工作日"},
		{ledger.Part, "2026-04-17", h, "阶段性完成\n临期：剩1个工作日"},
		{ledger.Doing, "2026-04-16", h, "正在整改\n今天到期"},
		{ledger.Doing, "2026-04-15", h, "正在整改\n超期1个工作日"},
		{ledger.Failed, "2026-03-31", h, "未完成：缺资金\n超期11个工作日"}, // 4月6日补清明节假
		{ledger.Done, "2026-03-31", h, "完成"},
		{ledger.Keep, "2026-03-31", h, "长期坚持"},
		{ledger.Doing, "2026-03-31", Head{}, "正在整改"},
		{ledger.Doing, "2031-03-31", Head{Days: ledger.Days{Today: "2031-04-01"}, Calendar: calendar.Published()}, "正在整改\n超期1个工作日（未计节假日）"},
	} {
		if got := c.head.state(ledger.Finding{State: c.state, Due: c.due, Reason: "缺资金"}); got != c.want {
			t.Errorf("%s due %s on %s: %q, want %q", c.state, c.due, c.head.Days.Today, got, c.want)
		}
	}
}

// docxText is the text of a docx, a line for each paragraph that has any.
func docxText(t *testing.T, file []byte) string {
	t.Helper()
	doc, err := office.Read(t.Context(), "a.docx", file)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range doc.Parts[0].Paragraphs {
		if p.Text != "" {
			b.WriteString(p.Text + "\n")
		}
	}
	return b.String()
}

func TestLists(t *testing.T) {
	for _, c := range []struct {
		paper Paper
		wants []string
	}{
		{Papers[1], []string{"栖禾镇党委巡察反馈意见整改问题清单", "编号\n方面\n问题\n具体表现\n来源\n性质\n1-1\n聚焦贯彻落实党的路线方针政策和党中央决策部署方面\n理论学习",
			"区委第二巡察组反馈意见\n集中整改\n长期坚持\n", "2-2\n聚焦群众身边不正之风和腐败问题方面\n村级财务公开不及时\n—\n区委第二巡察组反馈意见\n立行立改\n"}},
		{Papers[2], []string{"编号\n问题\n编号\n措施\n频次\n成果形式\n时间节点\n1-1-1\n1-1\n一是制定年度学习计划", "每周五下午\n", "年度学习计划\n应知应会题库\n2026年3月31日前，长期坚持\n",
			"2-1-3\n〔待填：回应“三是”的措施〕\n〔待填〕\n〔待填〕\n", "定期（频次未定）"}},
		{Papers[3], []string{"编号\n责任领导\n牵头单位\n配合单位\n责任人\n联系人\n时限\n1-1\n孟昭宁\n党建办公室\n—\n韩春梅\n2026年3月31日前，长期坚持\n",
			"农业农村办公室\n综合行政执法队\n吕志刚、\n方晓岚\n", "2-2\n〔待填〕\n栖禾镇党委\n—\n〔待填〕\n立行立改\n"}},
	} {
		text := docxText(t, written(t, c.paper.Write, sampleFindings()))
		for _, want := range c.wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", c.paper.Name, want, text)
			}
		}
	}
}

func TestPlan(t *testing.T) {
	text := docxText(t, written(t, PlanDocx, sampleFindings()))
	for _, want := range []string{
		"2026年1月5日至2026年1月30日，区委第二巡察组对栖禾镇党委进行了巡察，并于2026年2月3日反馈了巡察意见。",
		"一、反馈问题及整改措施\n（一）聚焦贯彻落实党的路线方针政策和党中央决策部署方面\n1．理论学习不够深入",
		"整改措施：一是制定年度学习计划", "责任领导：孟昭宁\n责任单位：党建办公室\n责任人：韩春梅\n完成时限：2026年3月31日前，长期坚持\n2．推进乡村振兴",
		"疑点10日内入户核实。\n〔待填：回应“三是”的措施〕\n", "逐村核对；旧账6月底前移交完毕。\n", "责任单位：栖禾镇党委\n责任人：〔待填〕\n完成时限：立行立改\n",
		"附件：1．栖禾镇党委巡察反馈意见整改问题清单\n2．栖禾镇党委巡察反馈意见整改任务清单\n3．栖禾镇党委巡察反馈意见整改责任清单\n栖禾镇党委\n2026年4月16日\n附件1\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	var b bytes.Buffer
	if err := PlanDocx(&b, Head{Unit: "栖禾镇", PlanTitle: "中共栖禾镇委员会关于落实反馈意见的整改方案"}, sampleFindings()[:1]); err != nil {
		t.Fatal(err)
	}
	text = docxText(t, b.Bytes())
	for _, want := range []string{"〔待填〕至〔待填〕，巡察组对栖禾镇党委进行了巡察，并于〔待填〕反馈了巡察意见。", "责任清单\n中共栖禾镇委员会\n附件1"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestNumbers(t *testing.T) {
	finding := func(section int64, number string, ord int) ledger.Finding {
		return ledger.Finding{Section: ledger.Section{ID: section}, Number: number, Ord: ord}
	}
	for _, c := range []struct {
		findings []ledger.Finding
		want     string
	}{
		{[]ledger.Finding{finding(1, "1.", 0), finding(1, "2.", 1), finding(2, "3.", 2)}, "1 2 3"},
		{[]ledger.Finding{finding(1, "1-1", 0), finding(1, "1-2", 1), finding(2, "2-1", 2)}, "1-1 1-2 2-1"},
		{[]ledger.Finding{finding(1, "1.", 0), finding(1, "2.", 1), finding(2, "1.", 2)}, "1-1 1-2 2-1"},
		{[]ledger.Finding{finding(1, "1.", 0), finding(1, "1.", 1)}, "1 2"},
		{[]ledger.Finding{finding(1, "", 0), finding(1, "", 1)}, "1 2"},
		{nil, ""},
	} {
		if got := strings.Join(numbers(c.findings), " "); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestNature(t *testing.T) {
	for _, c := range []struct {
		f    ledger.Finding
		want string
	}{
		{ledger.Finding{DueText: "立行立改"}, "立行立改"},
		{ledger.Finding{DueText: "立行立改，长期坚持", LongTerm: true}, "立行立改\n长期坚持"},
		{ledger.Finding{DueText: "4月30日前", Due: "2026-04-30"}, "集中整改"},
		{ledger.Finding{DueText: "4月30日前，长期坚持", Due: "2026-04-30", LongTerm: true}, "集中整改\n长期坚持"},
		{ledger.Finding{DueText: "长期坚持", LongTerm: true}, "长期坚持"},
		{ledger.Finding{DueText: "x月x日前"}, "集中整改"},
		{ledger.Finding{}, "〔待填〕"},
	} {
		if got := nature(c.f); got != c.want {
			t.Errorf("%q: %q, want %q", c.f.DueText, got, c.want)
		}
	}
}

func TestProduct(t *testing.T) {
	for text, want := range map[string]string{
		"制定年度学习计划，每周五下午学习":        "年度学习计划",
		"修订村规民约，建立设施台账和值班制度":      "村规民约\n设施台账",
		"印发《惠民政策明白卡》并入户":          "《惠民政策明白卡》",
		"严格执行《中国共产党纪律处分条例》，按计划推进": "",
		"建立健全督办制度":                "督办制度",
		"每月巡查一次":                  "",
	} {
		if got := product(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestSentence(t *testing.T) {
	for _, c := range []struct{ number, text, want string }{
		{"一是", "学习不够深入", "一是学习不够深入。"},
		{"①", "已整改。", "①已整改。"},
		{"", "“临阵磨刀”", "“临阵磨刀”。"},
		{"-", "3.7亩农田撂荒", "3.7亩农田撂荒。"},
		{"——", "账外资产", "账外资产。"},
		{"2.1.1", "逐笔核对；", "2.1.1逐笔核对；"},
		{"", "", ""},
	} {
		if got := sentence(c.number, c.text); got != c.want {
			t.Errorf("%s %s: %s", c.number, c.text, got)
		}
	}
}

func TestNumeral(t *testing.T) {
	for n, want := range map[int]string{1: "一", 9: "九", 10: "十", 11: "十一", 20: "二十", 34: "三十四", 99: "九十九", 100: "100"} {
		if got := numeral(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
