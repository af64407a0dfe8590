package report

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"bihuan/office"
)

// Papers about residents bear the mark of who took them. They bear no imprint, but for [CountyLetter]: they are working papers, and have
// no number in the record of residents.

// VerificationSheet is the paper on which a village checks the hits of a screening by hand (疑点核实单).
type VerificationSheet struct {
	Unit    string // town
	Village string
	Run     string // 高龄津贴第3次筛查
	Due     string // day; empty when it is not handed out
	At      time.Time
	Rows    []VerificationRow
}

// VerificationRow is one hit of it, its number masked.
type VerificationRow struct {
	N                                            int // from 1
	Name, Number, Birth, Household, Why, Sources string
}

// VerificationColumns are the columns of the sheet, the last ones to be filled in by hand.
var VerificationColumns = []string{"序号", "姓名", "出生年月", "户号", "疑点", "依据（表、行）", "核实情况", "方式", "日期", "核实人", "签字"}

// VerificationNotes stand below it.
var VerificationNotes = []string{
	"核实情况写：属实-新增/补发、属实-停发、属实-追回、属实-改信息、不属实-本表错、不属实-来源数据错（派出所、卫健、殡葬、人社）、政策允许、本人自愿放弃（书面）、暂时联系不上、转办（单位、编号）。",
	"方式写：入户、电话、视频、邻里、部门函。疑点是名单比对出来的线索，不是结论；含个人信息，用后交回，不得外传。",
}

// VerificationDocx writes the sheet, marked as a file that leaves the program.
func VerificationDocx(w io.Writer, s VerificationSheet, mark func(office.Paper) office.Paper) error {
	t := office.Table{Size: 10.5, Columns: []office.Column{
		{Width: 2.6, Align: office.AlignCenter}, {Width: 6.4, Align: office.AlignCenter}, {Width: 5, Align: office.AlignCenter}, {Width: 4, Align: office.AlignCenter},
		{Width: 14}, {Width: 11}, {Width: 9}, {Width: 4, Align: office.AlignCenter}, {Width: 4.4, Align: office.AlignCenter}, {Width: 5, Align: office.AlignCenter}, {Width: 5}}}
	for i := range t.Columns {
		t.Columns[i].Title = VerificationColumns[i]
	}
	for _, r := range s.Rows {
		t.Rows = append(t.Rows, office.Cells(strconv.Itoa(r.N), r.Name+"\n"+r.Number, r.Birth, r.Household, r.Why, r.Sources, "", "", "", "", ""))
	}
	if len(s.Rows) == 0 {
		t.Rows = append(t.Rows, office.GroupRow("没有要核实的疑点"))
	}
	for _, note := range VerificationNotes { // in the table, so that they stay on its page
		t.Rows = append(t.Rows, office.Row{Cells: []office.TableCell{{Text: note, Cols: len(t.Columns), Align: office.AlignLeft}}})
	}
	due := ""
	if s.Due != "" {
		due = "请于" + longDate(s.Due) + "前交回"
	}
	title := s.Unit + s.Village + "疑点核实单"
	p := office.Paper{Title: title, Landscape: true, Subject: "疑点核实单", Author: s.Unit, Created: s.At, Blocks: []office.Block{
		office.Line{Left: s.Run + fmt.Sprintf("　共%d条", len(s.Rows)), Right: due}, t,
		office.Line{}, office.Line{Left: "村负责人（签字）：", Right: "复核人（签字）：　　　　　　　　　"}}}
	return office.WriteDocx(w, mark(p))
}

// ReturnSheet goes back to the office that gave a wrong list (回告单).
type ReturnSheet struct {
	Unit   string // town
	Office string // 派出所
	At     time.Time
	Rows   []ReturnRow
}

// ReturnRow is one row of the list that is wrong, and what is right.
type ReturnRow struct{ Row, Name, Number, Birth, Found, Proof string }

// ReturnColumns are the columns of the sheet.
var ReturnColumns = []string{"序号", "贵单位名单所在行", "姓名", "号码", "出生年月", "核实情况", "凭据"}

// ReturnDocx writes the sheet, marked as a file that leaves the program.
func ReturnDocx(w io.Writer, s ReturnSheet, mark func(office.Paper) office.Paper) error {
	t := office.Table{Size: 11, Columns: []office.Column{{Width: 2.6, Align: office.AlignCenter}, {Width: 12}, {Width: 5, Align: office.AlignCenter},
		{Width: 11, Align: office.AlignCenter}, {Width: 5, Align: office.AlignCenter}, {Width: 14}, {Width: 9}}}
	for i := range t.Columns {
		t.Columns[i].Title = ReturnColumns[i]
	}
	for i, r := range s.Rows {
		t.Rows = append(t.Rows, office.Cells(strconv.Itoa(i+1), r.Row, r.Name, r.Number, r.Birth, r.Found, r.Proof))
	}
	p := office.Paper{Title: s.Unit + "数据比对结果回告单", Landscape: true, To: s.Office, Sign: s.Unit, Date: s.At.Format("2006年1月2日"), Sealed: true, Subject: "数据比对结果回告单", Author: s.Unit, Created: s.At,
		Blocks: []office.Block{office.Text(fmt.Sprintf("你单位提供的名单中，下列%d条经入户等方式核实与实际不符，请核对更正；更正后的名单请再提供一份。", len(s.Rows))), t}}
	return office.WriteDocx(w, mark(p))
}

// Outcomes is what became of the hits of a screening (成效表, M70).
type Outcomes struct {
	Unit     string
	Run      string
	At       time.Time
	Stages   []string // of the columns
	Villages []OutcomeVillage
	People   []OutcomePerson
}

// OutcomeVillage counts, stage by stage, how many have come so far or further.
type OutcomeVillage struct {
	Name string
	N    []int
}

// OutcomePerson is one hit.
type OutcomePerson struct{ Village, Name, Number, Rule, Outcome, Stage, Month, Arrears string }

// OutcomesNote says what the table counts.
const OutcomesNote = "只有发到手（有发放记录）的才算享受到；已申报、已批准不算。"

// OutcomesXlsx writes the table, marked as a file that leaves the program.
func OutcomesXlsx(w io.Writer, o Outcomes, mark func(office.Book) office.Book) error {
	title := o.Unit + "筛查成效表"
	byVillage := office.Table{Columns: []office.Column{{Title: "村", Width: 10}}}
	for _, s := range o.Stages {
		byVillage.Columns = append(byVillage.Columns, office.Column{Title: s, Width: 7, Align: office.AlignCenter})
	}
	for _, v := range o.Villages {
		cells := []string{v.Name}
		for _, n := range v.N {
			cells = append(cells, strconv.Itoa(n))
		}
		byVillage.Rows = append(byVillage.Rows, office.Cells(cells...))
	}
	people := office.Table{Columns: []office.Column{{Title: "序号", Width: 3, Align: office.AlignCenter}, {Title: "村", Width: 8}, {Title: "姓名", Width: 6}, {Title: "号码", Width: 11}, {Title: "疑点", Width: 8},
		{Title: "核实结果", Width: 10}, {Title: "到哪一步", Width: 7, Align: office.AlignCenter}, {Title: "首次发放月份", Width: 7, Align: office.AlignCenter}, {Title: "补发或追回（元）", Width: 8, Align: office.AlignRight}}}
	for i, p := range o.People {
		people.Rows = append(people.Rows, office.Cells(strconv.Itoa(i+1), p.Village, p.Name, p.Number, p.Rule, p.Outcome, p.Stage, p.Month, p.Arrears))
	}
	line := office.Line{Left: o.Run, Right: o.At.Format("2006年1月2日")}
	return office.WriteXlsx(w, mark(office.Book{Title: title, Author: o.Unit, Created: o.At, Sheets: []office.Sheet{
		{Name: "分村", Title: title, Line: line, Table: byVillage, Portrait: true, Notes: []string{OutcomesNote}, Footer: title},
		{Name: "名单", Title: title, Line: line, Table: people, Notes: []string{OutcomesNote}, Footer: title}}}))
}
