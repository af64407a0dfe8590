package office

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

func xlsxBytes(t testing.TB, b Book) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := WriteXlsx(&file, b); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// openXlsx reads a written book back with excelize.
func openXlsx(t testing.TB, b Book) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(xlsxBytes(t, b)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func sampleBook() Book {
	tasks := Table{Columns: []Column{{Title: "编号", Width: 4, Align: AlignCenter}, {Title: "任务", Width: 20}, {Title: "责任单位", Width: 8, Choices: []string{"党建办公室", "农业农村办公室"}},
		{Title: "状态", Width: 6, Choices: []string{"正在整改", "完成"}}}, Rows: []Row{Cells("1.1", "每周五下午集中学习", "党建办公室", "正在整改")}}
	return Book{Title: "栖禾镇整改台账", Author: "闭环", Created: sampleDate, Sheets: []Sheet{
		{Name: "整改台账", Title: "栖禾镇巡察反馈问题整改台账", Line: Line{"填报单位：中共栖禾镇委员会", "2026年4月16日"}, Table: sampleLedger(14),
			Notes: []string{"注：本表一式三份，报区委巡察办、区纪委监委、区委组织部。"}, FrozenColumns: 2, Footer: "2026年第1期 & 闭环"},
		{Name: "任务模板", Portrait: true, Title: "任务清单填报模板", Table: tasks, Blank: 5},
	}}
}

func TestXlsxSheet(t *testing.T) {
	f := openXlsx(t, sampleBook())
	const sheet = "整改台账"
	if got, _ := f.GetSheetDimension(sheet); got != "A1:J43" {
		t.Errorf("dimension %s", got)
	}
	for cell, want := range map[string]string{
		"A1": "栖禾镇巡察反馈问题整改台账", "A2": "填报单位：中共栖禾镇委员会", "I2": "2026年4月16日", "A3": "序号", "J3": "状态",
		"A4": "（一）聚焦贯彻落实党的路线方针政策方面", "A5": "1", "C6": "二是会议传达多、研讨少，存在“临阵磨刀”。", "A43": "注：本表一式三份，报区委巡察办、区纪委监委、区委组织部。",
	} {
		if got, _ := f.GetCellValue(sheet, cell); got != want {
			t.Errorf("%s = %q, want %q", cell, got, want)
		}
	}
	merged, err := f.GetMergeCells(sheet)
	if err != nil {
		t.Fatal(err)
	}
	ranges := map[string]bool{}
	for _, m := range merged {
		ranges[m.GetStartAxis()+":"+m.GetEndAxis()] = true
	}
	for _, want := range []string{"A1:J1", "A2:H2", "I2:J2", "A4:J4", "A5:A6", "B5:B6", "J5:J6", "A7:A9", "A43:J43"} {
		if !ranges[want] {
			t.Errorf("%s is not merged", want)
		}
	}
	if ranges["C5:C6"] || ranges["I5:I6"] {
		t.Error("the columns of the measures are merged")
	}
	panes, err := f.GetPanes(sheet)
	if err != nil || !panes.Freeze || panes.YSplit != 3 || panes.XSplit != 2 || panes.TopLeftCell != "C4" {
		t.Errorf("panes %+v %v", panes, err)
	}
	layout, _ := f.GetPageLayout(sheet)
	if *layout.Orientation != "landscape" || *layout.Size != 9 || *layout.FitToWidth != 1 || *layout.FitToHeight != 0 {
		t.Errorf("layout %s %d %d %d", *layout.Orientation, *layout.Size, *layout.FitToWidth, *layout.FitToHeight)
	}
	if layout, _ := f.GetPageLayout("任务模板"); *layout.Orientation != "portrait" {
		t.Error("the template does not stand upright")
	}
	if props, _ := f.GetSheetProps(sheet); !*props.FitToPage {
		t.Error("not fitted to the page")
	}
	if got := f.GetDefinedName(); len(got) != 2 || got[0].Name != "_xlnm.Print_Titles" || got[0].RefersTo != "'整改台账'!$3:$3" || got[0].Scope != sheet ||
		got[1].RefersTo != "'任务模板'!$2:$2" {
		t.Errorf("print titles %+v", got)
	}
	if footer, _ := f.GetHeaderFooter(sheet); footer.OddFooter != "&L&9 2026年第1期 && 闭环&C&9第 &P 页，共 &N 页" {
		t.Errorf("footer %q", footer.OddFooter)
	}
	if props, _ := f.GetDocProps(); props.Created != "2026-04-16T09:00:00Z" || props.Modified != props.Created || props.Title != "栖禾镇整改台账" || props.Creator != "闭环" {
		t.Errorf("properties %+v", props)
	}
}

func TestXlsxLooks(t *testing.T) {
	f := openXlsx(t, sampleBook())
	for _, test := range []struct {
		cell   string
		bold   bool
		fill   bool
		border bool
		across string
	}{
		{"A1", false, false, false, "center"}, {"I2", false, false, false, "right"}, {"C3", true, true, true, "center"}, {"A4", true, true, true, "left"},
		{"J4", true, true, true, "left"}, {"A5", false, false, true, "center"}, {"A6", false, false, true, "center"}, {"C5", false, false, true, "left"},
	} {
		id, _ := f.GetCellStyle("整改台账", test.cell)
		style, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		if style.Font.Bold != test.bold || (len(style.Fill.Color) > 0) != test.fill || (len(style.Border) == 4) != test.border ||
			style.Alignment.Horizontal != test.across || !style.Alignment.WrapText || style.NumFmt != 49 {
			t.Errorf("%s: %+v %+v %+v", test.cell, style, style.Font, style.Alignment)
		}
	}
}

// Every row is high enough for its text, merged cells too, and none is higher than Excel can make it.
func TestXlsxHeights(t *testing.T) {
	long := strings.Repeat("逐村排查登记问题，", 60)
	table := Table{Columns: []Column{{Title: "序号", Width: 3}, {Title: "问题", Width: 10}, {Title: "措施", Width: 10}}, Rows: []Row{
		Cells("1", "短", "短"),
		{Cells: []TableCell{{Text: "2", Rows: 2}, {Text: strings.Repeat("长", 95), Rows: 2}, {Text: "短"}}}, Cells("短"),
		Cells("3", "短", long),
		{Cells: []TableCell{{Text: "4", Rows: 2}, {Text: "短", Rows: 2}, {Text: long}}}, Cells("短"),
	}}
	f := openXlsx(t, Book{Sheets: []Sheet{{Name: "一", Table: table}}})
	height := func(first, last int) float64 {
		var sum float64
		for r := first; r <= last; r++ {
			h, _ := f.GetRowHeight("一", r)
			if h > 409.5 {
				t.Errorf("row %d is %v points high", r, h)
			}
			sum += h
		}
		return sum
	}
	const line = 11 * xlsxLeading
	if h := height(2, 2); h > 2*line {
		t.Errorf("a row of one line is %v high", h)
	}
	if h := height(3, 4); h < 10*line {
		t.Errorf("rows of a merged cell with 10 lines are %v high", h)
	}
	merged, _ := f.GetMergeCells("一")
	ranges := []string{}
	for _, m := range merged {
		ranges = append(ranges, m.GetStartAxis()+":"+m.GetEndAxis())
	}
	// 540 characters in lines of 9.5 need 57 lines, 900 points: three rows of the sheet
	want := []string{"A3:A4", "B3:B4", "A5:A7", "B5:B7", "C5:C7", "A8:A11", "B8:B11", "C8:C10"}
	if diff := cmp.Diff(want, ranges); diff != "" {
		t.Error(diff)
	}
	if h := height(5, 7); h < 57*line {
		t.Errorf("a row of 57 lines is %v high", h)
	}
	if got, _ := f.GetCellValue("一", "C11"); got != "短" {
		t.Errorf("the row after a tall one holds %q", got)
	}
}

// A page ends between findings, and never after the name of a section.
func TestXlsxPageBreaks(t *testing.T) {
	tall := Table{Columns: []Column{{}, {}}, Rows: []Row{{Cells: []TableCell{{Text: "1", Rows: 80}, {Text: "一"}}}}}
	for range 79 {
		tall.Rows = append(tall.Rows, Cells("短"))
	}
	tall.Rows = append(tall.Rows, Cells("2", "二"))
	for _, test := range []struct {
		table       Table
		least, most int
	}{{sampleLedger(14), 4, 5}, {sampleLedger(1), 0, 0}, {tall, 0, 0}, {sampleLedger(2700), xlsxBreaks, xlsxBreaks}} {
		sheet := partsOf(t, xlsxBytes(t, Book{Sheets: []Sheet{{Name: "一", Title: "台账", Table: test.table}}}))["xl/worksheets/sheet1.xml"]
		breaks := matches(`<brk id="(\d+)"`, sheet)
		if n := len(breaks); n < test.least || n > test.most {
			t.Errorf("%d rows have %d page breaks, want %d to %d", len(test.table.Rows), n, test.least, test.most)
		}
		inside := map[string]bool{}
		for _, m := range regexp.MustCompile(`<mergeCell ref="A(\d+):([A-Z])(\d+)"`).FindAllStringSubmatch(sheet, -1) {
			var from, to int
			fmt.Sscan(m[1], &from)
			fmt.Sscan(m[3], &to)
			if from == to && from > 2 { // a section's name
				to++
			}
			for row := from; row < to; row++ {
				inside[fmt.Sprint(row)] = true
			}
		}
		for _, row := range breaks {
			if inside[row] {
				t.Errorf("%d rows: a page ends after row %s, inside a finding or after a section's name", len(test.table.Rows), row)
			}
		}
	}
}

// Excel shows a cell in text format as #### if it holds more than 255 characters, so long texts have no format.
func TestXlsxLongText(t *testing.T) {
	for n, format := range map[int]int{255: 49, 256: 0, 30000: 0} {
		f := openXlsx(t, Book{Sheets: []Sheet{{Name: "一", Table: Table{Columns: []Column{{Width: 200}}, Header: []Row{}, Rows: []Row{Cells(strings.Repeat("字", n))}}}}})
		id, _ := f.GetCellStyle("一", "A1")
		if style, _ := f.GetStyle(id); style.NumFmt != format {
			t.Errorf("%d characters have format %d, want %d", n, style.NumFmt, format)
		}
	}
	for _, text := range []string{strings.Repeat("字", 32767), strings.Repeat("字", 32768), strings.Repeat("😀", 16384), "=" + strings.Repeat("1", 40000)} {
		got := xlsxText(text)
		units := len(utf16.Encode([]rune(got)))
		whole := len(utf16.Encode([]rune(text))) <= xlsxMax
		if units > xlsxMax || units < xlsxMax-1 || strings.HasSuffix(got, xlsxCut) == whole {
			t.Errorf("%d units of %.10s… became %d, ending in %q", len(utf16.Encode([]rune(text))), text, units, got[len(got)-12:])
		}
	}
}

func TestXlsxTemplate(t *testing.T) {
	f := openXlsx(t, sampleBook())
	rules, err := f.GetDataValidations("任务模板")
	if err != nil || len(rules) != 2 {
		t.Fatalf("%d rules, %v", len(rules), err)
	}
	for i, want := range []string{"C3:C8 选项!$A$1:$A$2", "D3:D8 选项!$B$1:$B$2"} {
		if got := rules[i].Sqref + " " + rules[i].Formula1; got != want {
			t.Errorf("rule %d: %s, want %s", i, got, want)
		}
	}
	if visible, _ := f.GetSheetVisible("选项"); visible {
		t.Error("the sheet of choices is not hidden")
	}
	if got, _ := f.GetCellValue("选项", "A2"); got != "农业农村办公室" {
		t.Errorf("choice %q", got)
	}
	if id, _ := f.GetCellStyle("任务模板", "B8"); id == 0 {
		t.Error("the empty rows have no borders")
	}
	if got, _ := f.GetSheetDimension("任务模板"); got != "A1:D8" {
		t.Errorf("dimension %s", got)
	}
}

func TestXlsxSheetNames(t *testing.T) {
	for _, test := range []struct{ in, want []string }{
		{[]string{"台账", "台账", "台账"}, []string{"台账", "台账（2）", "台账（3）"}},
		{[]string{"", "'", "a:b\\c/d?e*[f]"}, []string{"表1", "表2", "a b c d e  f"}},
		{[]string{"Sheet1", "SHEET1", "History", "选项"}, []string{"Sheet1", "SHEET1（2）", "History（2）", "选项（2）"}},
		{[]string{strings.Repeat("长", 40), strings.Repeat("长", 35)}, []string{strings.Repeat("长", 31), strings.Repeat("长", 28) + "（2）"}},
	} {
		sheets := make([]Sheet, len(test.in))
		for i, name := range test.in {
			sheets[i] = Sheet{Name: name, Table: Table{Columns: []Column{{Title: "一"}}}}
		}
		if got := sheetNames(sheets); !slices.Equal(got, test.want) {
			t.Errorf("%q became %q, want %q", test.in, got, test.want)
		}
		if got := openXlsx(t, Book{Sheets: sheets}).GetSheetList(); !slices.Equal(got, test.want) {
			t.Errorf("the file has %q, want %q", got, test.want)
		}
	}
}

func TestXlsxRefuses(t *testing.T) {
	wide := Table{Columns: make([]Column, maxCols+1)}
	for _, b := range []Book{{}, {Sheets: []Sheet{{Name: "一"}}}, {Sheets: []Sheet{{Name: "一", Table: wide}}}, {Sheets: []Sheet{{Name: "一", Table: Table{Columns: []Column{{}}, Rows: []Row{Cells("a", "b")}}}}}} {
		if err := WriteXlsx(io.Discard, b); err == nil {
			t.Errorf("%+v is accepted", b)
		}
	}
}

// triggers are texts that a spreadsheet program evaluates if it is let to.
var triggers = []string{"=1+1", "+1+1", "-1+1", "@SUM(1,1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u00a0=1+1", "\u3000=1+1", "\u200b=1+1", "\ufeff=1+1",
	"＝1+1", "＋1+1", "－1+1", "＠SUM(1,1)", "﹦1+1", "−1+1", "'=1+1", "''=1+1", "=cmd|'/C calc'!A0", `=HYPERLINK("http://example.invalid","看")`,
	"=\"a\"&\n\"b\"", "-2+3+cmd|' /C calc'!A0", `=1+1";=1+1;"`, "\x00=1+1", "\xff=1+1", "-", "-5", "- 加强学习"}

func TestGuardFormula(t *testing.T) {
	for _, text := range triggers {
		if got := xlsxText(text); !strings.HasPrefix(got, "'") {
			t.Errorf("%q is written as %q", text, got)
		}
	}
	for _, text := range []string{"", "一是", "1=1", "“=”", "——", "2026年", "'引", "a@b.example", "(=1)", "（＝）", "·", "— 1 —"} {
		if got := GuardFormula(text); got != text {
			t.Errorf("%q is changed to %q", text, got)
		}
	}
	// As a program would show it, so it is in the file: the escape of Excel for characters does not smuggle one in.
	f := openXlsx(t, Book{Sheets: []Sheet{{Name: "一", Table: Table{Columns: []Column{{}}, Header: []Row{}, Rows: []Row{Cells("_x003D_1+1"), Cells("_x005F_x003D_1")}}}}})
	for cell, want := range map[string]string{"A1": "_x003D_1+1", "A2": "_x005F_x003D_1"} {
		if got, _ := f.GetCellValue("一", cell); got != want {
			t.Errorf("%s = %q, want %q", cell, got, want)
		}
	}
}

// Whatever stands in a text, a spreadsheet program that undoes its escapes shows just that.
func TestEscapeCell(t *testing.T) {
	alphabet := []rune("_x005FD3=中")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom(alphabet), 0, 20, -1).Draw(t, "text")
		if back := unescapeCell(escapeCell(text)); back != text {
			t.Fatalf("%q came back as %q", text, back)
		}
	})
}

func TestGuardFormulaGivesBack(t *testing.T) {
	alphabet := []rune(formulaStarts + "' 　\u200ba1中")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom(alphabet), 0, 12, -1).Draw(t, "text")
		guarded := GuardFormula(text)
		if back := UnguardFormula(guarded); back != text {
			t.Fatalf("%q came back as %q", text, back)
		}
		if trimmed := strings.TrimLeft(guarded, " 　\u200b"); trimmed != "" && strings.ContainsRune(formulaStarts, []rune(trimmed)[0]) {
			t.Fatalf("%q is left as it was", text)
		}
	})
}

// No cell holds anything but text, whatever goes into a sheet.
func TestXlsxTextOnly(t *testing.T) {
	f := injectionBook()
	sheets := partsOf(t, xlsxBytes(t, f))
	for name, text := range sheets {
		if !strings.HasPrefix(name, "xl/worksheets/") {
			continue
		}
		if strings.Contains(text, "<f>") || strings.Contains(text, "<v>=") {
			t.Errorf("%s holds a formula", name)
		}
		for _, cell := range regexp.MustCompile(`<c [^>]*>`).FindAllString(text, -1) {
			if strings.Contains(cell, ` t="`) && !strings.Contains(cell, ` t="inlineStr"`) && !strings.Contains(cell, ` t="s"`) {
				t.Errorf("%s: %s", name, cell)
			}
		}
	}
}

// injectionBook holds every trigger in every column, and wherever else text goes.
func injectionBook() Book {
	const columns = 20
	sheet := Sheet{Name: "=1+1", Title: "=1+1", Line: Line{"+1+1", "@SUM(1,1)"}, Notes: []string{"=1+1"}, Footer: "=1+1"}
	for i := range columns {
		sheet.Table.Columns = append(sheet.Table.Columns, Column{Title: triggers[i], Choices: []string{triggers[i]}})
	}
	for _, text := range triggers {
		sheet.Table.Rows = append(sheet.Table.Rows, Cells(slices.Repeat([]string{text}, columns)...))
	}
	sheet.Table.Rows = append(sheet.Table.Rows, GroupRow("=1+1"))
	return Book{Title: "=1+1", Author: "=1+1", Sheets: []Sheet{sheet}}
}

func TestXlsxSameBytes(t *testing.T) {
	book := sampleBook()
	for i := range 5 { // sheets enough to come in another order, if their order were left to a map
		book.Sheets = append(book.Sheets, Sheet{Name: fmt.Sprint("表", i), Table: sampleLedger(2)})
	}
	first := xlsxBytes(t, book)
	for range 10 {
		if !bytes.Equal(first, xlsxBytes(t, book)) {
			t.Fatal("the same book gives other bytes")
		}
	}
	if rows := len(book.Sheets[1].Table.Rows); rows != 1 {
		t.Errorf("writing changed the book: %d rows", rows)
	}
	partsOf(t, first)
}

func BenchmarkXlsx10000(b *testing.B) {
	table := sampleLedger(10000 * 4 / 11)
	b.Logf("%d rows", len(table.Rows))
	var file bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		file.Reset()
		if err := WriteXlsx(&file, Book{Created: sampleDate, Sheets: []Sheet{{Name: "整改台账", Title: "栖禾镇巡察反馈问题整改台账", Table: table}}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(file.Len()), "bytes")
}
