package report

import (
	"fmt"
	"io"
	"time"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/proof"
)

// monthTitle is the title of a monthly report: 栖禾镇巡察整改月报（2026年4月）.
func monthTitle(m ledger.Month) string {
	return m.Unit.Name + "巡察整改月报（" + MonthName(m) + "）"
}

// MonthName is what people call the time of a report: 2026年4月, or both its days when it is no month.
func MonthName(m ledger.Month) string {
	from, err := time.Parse(time.DateOnly, m.From)
	if err != nil {
		return m.From
	}
	if from.Day() == 1 && from.AddDate(0, 1, -1).Format(time.DateOnly) == m.To {
		return from.Format("2006年1月")
	}
	return longDate(m.From) + "至" + longDate(m.To)
}

// Monthly writes the monthly report (整改月报) as a docx in the form of GB/T 9704: the figures beside those of the month before, what is
// overdue and why, what comes next, and what is needed from above.
func Monthly(w io.Writer, m ledger.Month, asOf time.Time, imprint proof.Imprint) error {
	p := office.Paper{Title: monthTitle(m), Sign: ledger.Signer(m.Unit), Date: day(asOf), Sealed: true, Subject: "整改月报", Author: m.Unit.Name, Created: asOf}
	add := func(b ...office.Block) { p.Blocks = append(p.Blocks, b...) }
	add(office.Text(monthSummary(m)))
	add(office.Heading{Level: 1, Text: "一、基本数据"}, monthLine(m, asOf), figureTable(m))
	add(office.Heading{Level: 1, Text: "二、超期未完和原因"})
	if len(m.Overdue) == 0 {
		add(office.Text("没有超期的问题。"))
	} else {
		add(itemTable(m.Overdue, "原因和进展", "完成时限", blank))
	}
	add(office.Heading{Level: 1, Text: "三、下一步到期"})
	if len(m.Next) == 0 {
		add(office.Text("此后一个月内没有到期的问题。"))
	} else {
		add(itemTable(m.Next, "进展", "完成时限", "—"))
	}
	add(office.Heading{Level: 1, Text: "四、需要上级支持的事项"})
	if len(m.Needs) > 0 {
		add(itemTable(m.Needs, "事项", "日期", "—"))
	}
	add(office.Text("其他：〔待填，没有的写“无”〕"))
	return writePaper(w, p, imprint)
}

// monthSummary is the first paragraph: the five states kept apart, the rate as it is defined, and what the month brought.
func monthSummary(m ledger.Month) string {
	text := fmt.Sprintf("截至%s，共有反馈问题%d个，其中完成%d个、阶段性完成%d个、正在整改%d个、未完成%d个、长期坚持%d个", longDate(m.AsOf),
		m.N("findings"), m.N("done"), m.N("part"), m.N("doing"), m.N("failed"), m.N("keep"))
	if r := m.Rate(); r.Of > 0 {
		text += fmt.Sprintf("；完成率%s（%d÷%d，长期坚持的不计在内）", r, r.Done, r.Of)
	}
	text += fmt.Sprintf("。整改措施%d条，已完成%d条、进行中%d条、超期未完%d条。", m.N("measures"), m.N("measures-done"), m.N("measures-running"), m.N("measures-over"))
	text += fmt.Sprintf("本期到期任务%d次，按时%d次、迟办%d次、漏办%d次、待办%d次；复核退回%d次。", m.N("due"), m.N("intime"), m.N("late"), m.N("missed"), m.N("waiting"), m.N("returns"))
	text += fmt.Sprintf("本期核准销号%d个，反弹%d个。", m.N("accepted"), m.N("relapses"))
	return text
}

func monthLine(m ledger.Month, asOf time.Time) office.Line {
	return office.Line{Left: "填报单位：" + m.Unit.Name, Right: "数据时点：" + asOf.Format("2006年1月2日 15:04")}
}

func figureTable(m ledger.Month) office.Table {
	t := office.Table{Size: 12, Columns: []office.Column{{Title: "指标", Width: 14}, {Title: "本期", Width: 5, Align: office.AlignCenter},
		{Title: "上期", Width: 5, Align: office.AlignCenter}, {Title: "增减", Width: 5, Align: office.AlignCenter}}}
	for i, f := range m.Figures {
		if i == 0 || m.Figures[i-1].Group != f.Group {
			t.Rows = append(t.Rows, office.GroupRow(f.Group))
		}
		word := "　" + f.Word
		if f.Part {
			word = "　　其中：" + f.Word
		}
		t.Rows = append(t.Rows, office.Cells(word, fmt.Sprint(f.N), fmt.Sprint(f.Before), Change(f)))
	}
	return t
}

// Change is how a figure moved since the month before: 增2, 减1, 持平, or — where there was nothing and is nothing.
func Change(f ledger.Figure) string {
	switch d := f.N - f.Before; {
	case d > 0:
		return fmt.Sprintf("增%d", d)
	case d < 0:
		return fmt.Sprintf("减%d", -d)
	}
	if f.N == 0 {
		return "—"
	}
	return "持平"
}

func itemTable(list []ledger.MonthItem, what, when, none string) office.Table {
	t := office.Table{Size: 12, Columns: []office.Column{{Title: "序号", Width: 3, Align: office.AlignCenter}, {Title: "问题", Width: 12}, {Title: "责任单位", Width: 6.4, Align: office.AlignCenter},
		{Title: what, Width: 10.4}, {Title: when, Width: 9.6, Align: office.AlignCenter}}}
	for i, x := range list {
		t.Rows = append(t.Rows, office.Cells(fmt.Sprint(i+1), x.Title, orDash(x.Unit), or(x.Text, none), orDash(longDate(x.Day))))
	}
	return t
}

// MonthlyXlsx writes the figures and lists of a monthly report as a workbook, to be put together with those of others.
func MonthlyXlsx(w io.Writer, m ledger.Month, asOf time.Time, imprint proof.Imprint) error {
	line := monthLine(m, asOf)
	book := office.Book{Title: monthTitle(m), Author: m.Unit.Name, Created: asOf}
	sheet := func(name string, t office.Table) {
		t.Size = 11
		book.Sheets = append(book.Sheets, office.Sheet{Name: name, Title: monthTitle(m), Line: line, Table: t, Portrait: true, Notes: withImprint(imprint), Footer: monthTitle(m)})
	}
	sheet("数据", figureTable(m))
	sheet("超期", itemTable(m.Overdue, "原因和进展", "完成时限", blank))
	sheet("下一步到期", itemTable(m.Next, "进展", "完成时限", ""))
	sheet("需上级支持", itemTable(m.Needs, "事项", "日期", ""))
	return office.WriteXlsx(w, book)
}
