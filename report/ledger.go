package report

import (
	"fmt"
	"io"
	"strings"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/plan"
)

// columns are those of the official ledger, in characters. Together they print at nine tenths of their size on A4 lying; 完成时限 holds
// 2026年4月30日前 in one line, 责任人 a name.
func columns() []office.Column {
	return []office.Column{
		{Title: "序号", Width: 2.5, Align: office.AlignCenter}, {Title: "反馈问题", Width: 7.5}, {Title: "具体表现", Width: 12.5}, {Title: "整改措施", Width: 14.5},
		{Title: "责任领导", Width: 3.4, Align: office.AlignCenter}, {Title: "责任单位", Width: 9, Align: office.AlignCenter},
		{Title: "责任人", Width: 4.2, Align: office.AlignCenter}, {Title: "完成时限", Width: 9}, {Title: "进展", Width: 6.8}, {Title: "佐证", Width: 5.5},
		{Title: "状态", Width: 4.5, Align: office.AlignCenter}, {Title: "销号", Width: 3.4, Align: office.AlignCenter},
	}
}

// What a cell says where something is missing, in the words of the screen. The reader takes these words for an empty cell.
const (
	unanswered = "无措施"
	unclear    = "未明确"
)

const (
	ledgerName  = "巡察反馈意见问题整改台账"
	ledgerSize  = 10 // points
	ledgerSheet = "整改台账"
)

// LedgerXlsx writes the official ledger (整改台账) of findings in the order of their plan: one table with a row for each aspect,
// merged by finding, to be printed on A4 lying.
func LedgerXlsx(w io.Writer, h Head, findings []ledger.Finding) error {
	table := ledgerTable(findings, func(i int) string { return h.state(findings[i]) })
	return writeLedger(w, h, table, total(findings))
}

// ReadingXlsx writes the official ledger straight from a reading. It has no state that the paper does not tell.
func ReadingXlsx(w io.Writer, p plan.Plan) error {
	findings := ledger.FromReading(p)
	var states []string
	for _, s := range p.Sections {
		for _, f := range s.Findings {
			states = append(states, string(f.Status))
		}
	}
	h := Head{Unit: string(p.InspectedUnit), Feedback: string(p.FeedbackDate)}
	if p.Kind == plan.KindLedger {
		h.Title = string(p.Title)
	}
	return writeLedger(w, h, ledgerTable(findings, func(i int) string { return states[i] }), total(findings))
}

func writeLedger(w io.Writer, h Head, table office.Table, notes ...string) error {
	title := or(h.Title, h.Unit+ledgerName)
	sheet := office.Sheet{Name: ledgerSheet, Title: title, Line: h.line(), Table: table, FrozenColumns: 2, Notes: withImprint(h.Imprint, append(notes, signatures)...), Footer: title}
	return office.WriteXlsx(w, office.Book{Sheets: []office.Sheet{sheet}, Title: title, Author: h.Unit, Created: h.AsOf})
}

// signatures stand below a ledger, to be signed by hand.
const signatures = "填报人：　　　　　　　　审核人：　　　　　　　　签发人："

// line tells below the title who fills the ledger in and what instant it is of.
func (h Head) line() office.Line {
	l := office.Line{Left: "填报单位：" + h.Unit}
	if h.Feedback != "" {
		l.Left += "　　反馈日期：" + longDate(h.Feedback)
	}
	if !h.AsOf.IsZero() {
		l.Right = "数据时点：" + h.AsOf.Format("2006年1月2日 15:04")
	}
	return l
}

// total counts what is in a ledger.
func total(findings []ledger.Finding) string {
	var shown, done, gaps int
	for _, f := range findings {
		shown += len(f.Manifestations)
		done += len(f.Measures)
		for i := range f.Manifestations {
			if len(f.AnsweredBy(i)) == 0 {
				gaps++
			}
		}
	}
	text := fmt.Sprintf("合计：%d个问题，%d个具体表现，%d条整改措施", len(findings), shown, done)
	if gaps > 0 {
		text += fmt.Sprintf("，%d个具体表现没有措施回应", gaps)
	}
	return text + "。"
}

// ledgerTable lays findings out as the official table; state tells what stands under 状态 of the i-th.
func ledgerTable(findings []ledger.Finding, state func(i int) string) office.Table {
	t := office.Table{Columns: columns(), Size: ledgerSize}
	several := false
	for _, f := range findings {
		several = several || f.Plan != findings[0].Plan
	}
	for i, f := range findings {
		if i == 0 || f.Section != findings[i-1].Section || f.Plan != findings[i-1].Plan {
			if aspect := aspectName(f, several); aspect != "" {
				t.Rows = append(t.Rows, office.GroupRow(aspect))
			}
		}
		t.Rows = append(t.Rows, findingRows(f, state(i))...)
	}
	return t
}

// aspectName heads the findings of an aspect, with the unit where the plans of several units stand in one table.
func aspectName(f ledger.Finding, several bool) string {
	name := f.Section.Number + f.Section.Title
	if several {
		name = strings.TrimRight(f.Unit.Name+"　"+name, "　")
	}
	return name
}

// findingRows are the rows of one finding. Cells of the finding itself stand in the first and reach down over the others.
func findingRows(f ledger.Finding, state string) []office.Row {
	layout := ledger.Rows(f)
	rows := make([]office.Row, len(layout))
	over := func(text string) office.TableCell { return office.TableCell{Text: text, Rows: len(layout)} }
	for i, r := range layout {
		var cells []office.TableCell
		if i == 0 {
			cells = append(cells, over(f.Serial()), over(f.Title))
		}
		if r.ManifestationSpan > 0 {
			cells = append(cells, office.TableCell{Text: manifestation(f, r.Manifestation), Rows: r.ManifestationSpan})
		}
		if r.MeasureSpan > 0 {
			cells = append(cells, office.TableCell{Text: measure(f, r), Rows: r.MeasureSpan})
		}
		if i == 0 {
			cells = append(cells, over(f.Leader), over(or(names(f.Units), unclear)), over(or(names(f.Persons), unclear)), over(dueLines(f)), over(f.Progress), over(proofs(f)),
				over(state), over(closed(f)))
		}
		rows[i].Cells = cells
	}
	return rows
}

// proofs are the papers that prove what was done: in words, and how many there are.
func proofs(f ledger.Finding) string {
	if f.Proofs == 0 {
		return f.Evidence
	}
	return strings.TrimPrefix(f.Evidence+"\n", "\n") + fmt.Sprintf("佐证材料%d份", f.Proofs)
}

// closed is the number of the closing slip, and how often a finding came back.
func closed(f ledger.Finding) string {
	if f.Relapses > 0 {
		return strings.TrimPrefix(f.Slip+"\n", "\n") + fmt.Sprintf("反弹%d次", f.Relapses)
	}
	return f.Slip
}

// dueLines is the deadline, broken after its commas as on the screen.
func dueLines(f ledger.Finding) string { return strings.ReplaceAll(due(f), "，", "，\n") }

// manifestation is the text of the manifestation with index i, numbered as printed; none is an empty cell.
func manifestation(f ledger.Finding, i int) string {
	if i < 0 {
		return ""
	}
	return sentence(f.Manifestations[i].Number, f.Manifestations[i].Text)
}

// measure is what stands in the cell of a row's measure.
func measure(f ledger.Finding, r ledger.Row) string {
	switch r.Measure {
	case ledger.NoMeasure:
		return unanswered
	case ledger.SeeElsewhere:
		quoted := make([]string, len(r.Elsewhere))
		for i, m := range r.Elsewhere {
			quoted[i] = "“" + f.MeasureName(m) + "”"
		}
		return "（由" + strings.Join(quoted, "、") + "一并回应）"
	}
	return sentence(f.Measures[r.Measure].Number, f.Measures[r.Measure].Text)
}

// state is the word for the state of a finding with what must be said of it: why it is not done, and how its deadline presses.
func (h Head) state(f ledger.Finding) string {
	text := f.State.Word()
	if f.State == ledger.Failed && f.Reason != "" {
		text += "：" + f.Reason
	}
	if pressing := h.pressing(f); pressing != "" {
		text += "\n" + pressing
	}
	return text
}

// pressing says how far a deadline has passed or how close it is, or nothing.
func (h Head) pressing(f ledger.Finding) string {
	if h.Days.Today == "" || f.Due == "" || f.State.Settled() || f.Due > max(h.Days.Today, h.Days.Soon) {
		return ""
	}
	n := h.Calendar.Between(h.Days.Today, f.Due)
	uncounted := ""
	if !h.Calendar.Knows(h.Days.Today) || !h.Calendar.Knows(f.Due) {
		uncounted = "（未计节假日）"
	}
	switch {
	case f.Due == h.Days.Today:
		return "今天到期"
	case f.Due < h.Days.Today && n == 0:
		return "超期：期限已过"
	case f.Due < h.Days.Today:
		return fmt.Sprintf("超期%d个工作日%s", -n, uncounted)
	}
	return fmt.Sprintf("临期：剩%d个工作日%s", n, uncounted)
}
