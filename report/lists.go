package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/plan"
)

// ProblemList writes the list of problems (问题清单) of a plan as a docx, merged by finding.
func ProblemList(w io.Writer, h Head, findings []ledger.Finding) error {
	return writeList(w, h, "问题清单", problemTable(h, findings))
}

// TaskList writes the list of tasks (任务清单) of a plan as a docx: one task for each measure, and a blank one for each
// manifestation that no measure answers.
func TaskList(w io.Writer, h Head, findings []ledger.Finding) error {
	return writeList(w, h, "任务清单", taskTable(findings))
}

// DutyList writes the list of duties (责任清单) of a plan as a docx: who answers for each finding.
func DutyList(w io.Writer, h Head, findings []ledger.Finding) error {
	return writeList(w, h, "责任清单", dutyTable(h, findings))
}

// listName is the title of a list: its name behind the unit.
func (h Head) listName(name string) string { return h.Unit + "巡察反馈意见整改" + name }

func writeList(w io.Writer, h Head, name string, table office.Table) error {
	title := h.listName(name)
	return writePaper(w, office.Paper{Title: title, Landscape: true, Blocks: []office.Block{h.line(), table},
		Subject: name, Author: h.Unit, Created: h.AsOf}, h.Imprint)
}

// numbers are the numbers that join the three lists: those that the plan printed where each is there once, else with the place of
// the aspect before them, else counted through.
func numbers(findings []ledger.Finding) []string {
	list := make([]string, len(findings))
	for i, f := range findings {
		list[i] = f.Serial()
	}
	if unique(list) {
		return list
	}
	aspect := 0
	for i, f := range findings {
		if i == 0 || f.Section != findings[i-1].Section {
			aspect++
		}
		list[i] = fmt.Sprintf("%d-%s", aspect, list[i])
	}
	if unique(list) {
		return list
	}
	for i := range list {
		list[i] = fmt.Sprint(i + 1)
	}
	return list
}

func unique(list []string) bool {
	sorted := slices.Sorted(slices.Values(list))
	return len(slices.Compact(sorted)) == len(list)
}

// merged makes the rows of one finding: head and tail cells reach down over the rows between them.
func merged(head []string, rows [][]string, tail []string) []office.Row {
	list := make([]office.Row, len(rows))
	for i, texts := range rows {
		var cells []office.TableCell
		if i == 0 {
			cells = append(cells, reaching(head, len(rows))...)
		}
		cells = append(cells, reaching(texts, 1)...)
		if i == 0 {
			cells = append(cells, reaching(tail, len(rows))...)
		}
		list[i].Cells = cells
	}
	return list
}

func reaching(texts []string, rows int) []office.TableCell {
	cells := make([]office.TableCell, len(texts))
	for i, text := range texts {
		cells[i] = office.TableCell{Text: text, Rows: rows}
	}
	return cells
}

func problemTable(h Head, findings []ledger.Finding) office.Table {
	t := office.Table{Columns: []office.Column{
		{Title: "编号", Width: 3.5, Align: office.AlignCenter}, {Title: "方面", Width: 8}, {Title: "问题", Width: 12}, {Title: "具体表现", Width: 19},
		{Title: "来源", Width: 6}, {Title: "性质", Width: 5.2, Align: office.AlignCenter}}}
	source := "巡察反馈意见"
	if h.Team != "" {
		source = h.Team + "反馈意见"
	}
	number := numbers(findings)
	for i, f := range findings {
		var rows [][]string
		for k := range f.Manifestations {
			rows = append(rows, []string{manifestation(f, k)})
		}
		if len(rows) == 0 {
			rows = [][]string{{"—"}}
		}
		head := []string{number[i], orDash(f.Section.Title), f.Title}
		t.Rows = append(t.Rows, merged(head, rows, []string{source, nature(f)})...)
	}
	return t
}

// atOnce are the words of a deadline that means at once.
var atOnce = []string{"立行立改", "即知即改", "立知立改", "边巡边改", "立即整改"}

// nature is the clock that a finding runs by: 立行立改, 集中整改, 长期坚持, or the last after one of the others.
func nature(f ledger.Finding) string {
	var kinds []string
	switch {
	case slices.ContainsFunc(atOnce, func(w string) bool { return strings.Contains(f.DueText, w) }):
		kinds = append(kinds, "立行立改")
	case f.Due != "" || !f.LongTerm && f.DueText != "":
		kinds = append(kinds, "集中整改")
	}
	if f.LongTerm {
		kinds = append(kinds, "长期坚持")
	}
	return orBlank(strings.Join(kinds, "\n"))
}

func taskTable(findings []ledger.Finding) office.Table {
	t := office.Table{Columns: []office.Column{
		{Title: "编号", Width: 4.2, Align: office.AlignCenter}, {Title: "问题编号", Width: 3.5, Align: office.AlignCenter}, {Title: "措施", Width: 24},
		{Title: "频次", Width: 7}, {Title: "成果形式", Width: 7}, {Title: "时间节点", Width: 8.6}}}
	number := numbers(findings)
	for i, f := range findings {
		var texts [][]string
		for _, m := range f.Measures {
			texts = append(texts, []string{sentence(m.Number, m.Text), orDash(frequency(m)), orBlank(product(m.Text))})
		}
		for k := range f.Manifestations {
			if len(f.AnsweredBy(k)) == 0 {
				texts = append(texts, []string{missingMeasure(f, k), blank, blank})
			}
		}
		if len(texts) == 0 {
			texts = [][]string{{blank, blank, blank}}
		}
		for k, row := range texts {
			cells := []office.TableCell{{Text: fmt.Sprintf("%s-%d", number[i], k+1)}}
			if k == 0 {
				cells = append(cells, office.TableCell{Text: number[i], Rows: len(texts)})
			}
			cells = append(cells, reaching(row, 1)...)
			if k == 0 {
				cells = append(cells, office.TableCell{Text: orBlank(due(f)), Rows: len(texts)})
			}
			t.Rows = append(t.Rows, office.Row{Cells: cells})
		}
	}
	return t
}

// frequency is how often a measure is to be done, in its own words. A word that nobody can count by is marked.
func frequency(m ledger.Measure) string {
	var words []string
	for i, phrase := range m.Frequencies {
		if i < len(m.Rules) && m.Rules[i] != (plan.Rule{}) && m.Rules[i].Vague != "" {
			phrase += "（频次未定）"
		}
		if !slices.Contains(words, phrase) {
			words = append(words, phrase)
		}
	}
	return strings.Join(words, "\n")
}

func dutyTable(h Head, findings []ledger.Finding) office.Table {
	t := office.Table{Columns: []office.Column{
		{Title: "编号", Width: 4, Align: office.AlignCenter}, {Title: "责任领导", Width: 6, Align: office.AlignCenter}, {Title: "牵头单位", Width: 10, Align: office.AlignCenter},
		{Title: "配合单位", Width: 12, Align: office.AlignCenter}, {Title: "责任人", Width: 6, Align: office.AlignCenter},
		{Title: "联系人", Width: 6, Align: office.AlignCenter}, {Title: "时限", Width: 11}}}
	number := numbers(findings)
	for i, f := range findings {
		lead, others := blank, blank
		if len(f.Units) > 0 {
			lead, others = f.Units[0].Name, orDash(names(f.Units[1:]))
		}
		t.Rows = append(t.Rows, office.Cells(number[i], orBlank(f.Leader), lead, others, orBlank(names(f.Persons)), h.Contact, orBlank(due(f))))
	}
	return t
}

// orDash is the text, or the mark of a cell that is rightly empty.
func orDash(text string) string { return or(text, "—") }
