package office

import (
	"bufio"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// xlsxSheet is a sheet being written.
type xlsxSheet struct {
	*xlsxWriter
	Sheet
	size   float64 // of the text in points
	out    *bufio.Writer
	row    int // the last row written
	merges []xlsxMerge
	breaks []int // rows that begin a page
}

// xlsxMerge is a merged range; rows and columns count from 1.
type xlsxMerge struct{ row, col, lastRow, lastCol int }

// xlsxRow is a row with its place in the sheet.
type xlsxRow struct {
	slots  []slot
	height float64 // points, all its rows together
	first  int     // the first row of the sheet that it takes
	rows   int     // how many it takes: a row taller than Excel's highest is laid over several
}

const (
	xlsxMaxHeight = 400  // points; Excel's highest row is 409.5
	xlsxLeading   = 1.36 // height of a line by the size of its text
	xlsxPadding   = 6    // points above and below the text together
	xlsxPage      = 400  // points: in a cell that is taller, text stands at the top, since its middle may lie on another page
)

// sheet writes a sheet.
func (x *xlsxWriter) sheet(sheet Sheet) error {
	s := &xlsxSheet{xlsxWriter: x, Sheet: sheet, size: sheet.Table.Size}
	if s.size <= 0 {
		s.size = xlsxTextSize
	}
	s.Table.Rows = slices.Clip(s.Table.Rows) // the caller's slice stays as it is
	for range s.Blank {
		s.Table.Rows = append(s.Table.Rows, Row{})
	}
	slots, headers, err := s.Table.grid()
	if err != nil {
		return err
	}
	header := 1
	for _, above := range []bool{s.Title != "", s.Line != (Line{})} {
		if above {
			header++
		}
	}
	rows, after := s.layOut(slots, header)
	s.breaks = s.pageBreaks(rows, headers)
	top := after
	if headers < len(rows) {
		top = rows[headers].first
	}
	end := after - 1 + len(s.Notes)
	if end > maxRows || len(s.Table.Columns) > maxCols {
		return fmt.Errorf("%d rows of %d columns are more than a sheet can hold", end, len(s.Table.Columns))
	}
	if s.out, err = x.newSheet(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, `<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="A1:%s"/>`, cellName(len(s.Table.Columns), end))
	s.view(top)
	s.heading()
	for i := range rows {
		s.tableRow(rows[i:])
	}
	for _, note := range s.Notes {
		s.wideRow(note, xlsxStyle{kind: xlsxLine, align: AlignLeft}, s.lineHeight(note))
	}
	s.setUp(header, top, after-1)
	return s.out.Flush() // any error before is kept
}

// setUp writes what comes behind the rows: merged ranges, what columns offer, and how the sheet is printed. header and top are the
// first rows of the header and below it, last is the last row of the table.
func (s *xlsxSheet) setUp(header, top, last int) {
	s.out.WriteString(`</sheetData>`)
	if len(s.merges) > 0 {
		fmt.Fprintf(s.out, `<mergeCells count="%d">`, len(s.merges))
		for _, m := range s.merges {
			fmt.Fprintf(s.out, `<mergeCell ref="%s:%s"/>`, cellName(m.col, m.row), cellName(m.lastCol, m.lastRow))
		}
		s.out.WriteString(`</mergeCells>`)
	}
	s.offers(top, last)
	orientation := "landscape"
	if s.Portrait {
		orientation = "portrait"
	}
	const side, vertical, edge = xlsxSide / 72, xlsxEdge / 72, 8 / 25.4 // inches
	fmt.Fprintf(s.out, `<printOptions horizontalCentered="1"/><pageMargins left="%[1]v" right="%[1]v" top="%[2]v" bottom="%[2]v" header="%[3]v" footer="%[3]v"/>`+
		`<pageSetup paperSize="9" fitToWidth="1" fitToHeight="0" orientation="%[4]s"/>`, side, vertical, edge, orientation)
	// The blank parts the size from a text that begins with a digit.
	footer := `&L&9 ` + strings.ReplaceAll(cutUTF16(cleanText(s.Footer), 80), "&", "&&") + `&C&9第 &P 页，共 &N 页`
	above := ""
	if s.Header != "" {
		above = `<oddHeader>` + escapeXML(`&C&9 `+strings.ReplaceAll(cutUTF16(cleanText(s.Header), 160), "&", "&&")) + `</oddHeader>`
	}
	fmt.Fprintf(s.out, `<headerFooter>%s<oddFooter>%s</oddFooter></headerFooter>`, above, escapeXML(footer))
	if len(s.breaks) > 0 {
		fmt.Fprintf(s.out, `<rowBreaks count="%[1]d" manualBreakCount="%[1]d">`, len(s.breaks))
		for _, row := range s.breaks {
			fmt.Fprintf(s.out, `<brk id="%d" max="%d" man="1"/>`, row-1, maxCols-1)
		}
		s.out.WriteString(`</rowBreaks>`)
	}
	fmt.Fprintf(s.out, `<ignoredErrors><ignoredError sqref="A1:%s" numberStoredAsText="1"/></ignoredErrors></worksheet>`, cellName(len(s.Table.Columns), last))
	if top > header {
		name := strings.ReplaceAll(s.names[s.sheets-1], "'", "''")
		s.titles = append(s.titles, fmt.Sprintf(`<definedName name="_xlnm.Print_Titles" localSheetId="%d">%s</definedName>`, s.sheets-1, escapeXML(fmt.Sprintf("'%s'!$%d:$%d", name, header, top-1))))
	}
}

// offers gives the cells of columns drop-down lists. Another entry is asked about and then taken: the list may be old.
func (s *xlsxSheet) offers(top, last int) {
	var rules []string
	for i, column := range s.Table.Columns {
		if len(column.Choices) == 0 || last < top {
			continue
		}
		s.lists = append(s.lists, column.Choices)
		rules = append(rules, fmt.Sprintf(`<dataValidation type="list" errorStyle="warning" allowBlank="1" showErrorMessage="1" errorTitle="不在下拉列表中" `+
			`error="所填内容不在下拉列表中，请核对。确实无误的，选“是”保留。" sqref="%[1]s%[2]d:%[1]s%[3]d"><formula1>%[4]s!$%[5]s$1:$%[5]s$%[6]d</formula1></dataValidation>`,
			columnName(i+1), top, last, xlsxChoices, columnName(len(s.lists)), len(column.Choices)))
	}
	if len(rules) > 0 {
		fmt.Fprintf(s.out, `<dataValidations count="%d">%s</dataValidations>`, len(rules), strings.Join(rules, ""))
	}
}

// view freezes what stands above and to the left of the data, sets the columns' widths and begins the rows.
func (s *xlsxSheet) view(top int) {
	columns := min(max(s.FrozenColumns, 0), len(s.Table.Columns)-1)
	pane, split, selected := "bottomLeft", "", ""
	if columns > 0 {
		pane, split = "bottomRight", fmt.Sprintf(` xSplit="%d"`, columns)
	}
	if s.sheets == 1 {
		selected = ` tabSelected="1"`
	}
	first := cellName(columns+1, top)
	fmt.Fprintf(s.out, `<sheetViews><sheetView%[1]s workbookViewId="0"><pane%[2]s ySplit="%[3]d" topLeftCell="%[4]s" activePane="%[5]s" state="frozen"/>`+
		`<selection pane="%[5]s" activeCell="%[4]s" sqref="%[4]s"/></sheetView></sheetViews><cols>`, selected, split, top-1, first, pane)
	for i, column := range s.Table.Columns {
		width := s.pixels(column) / xlsxDigit
		fmt.Fprintf(s.out, `<col min="%[1]d" max="%[1]d" width="%[2]v" customWidth="1"/>`, i+1, math.Round(min(width, 250)*100)/100)
	}
	s.out.WriteString(`</cols><sheetData>`)
}

// layOut gives every row its height, for Excel fits no height to merged cells, and its place. A merged cell that needs more
// than its rows have gives each of them a share of what lacks.
//
// It begins at row first and returns the row after the last too.
func (s *xlsxSheet) layOut(slots [][]slot, first int) ([]xlsxRow, int) {
	rows := make([]xlsxRow, len(slots))
	for r := range slots {
		rows[r] = xlsxRow{slots: slots[r], height: s.size*xlsxLeading + xlsxPadding}
		for _, cell := range slots[r] {
			if cell.Rows == 1 && !cell.above {
				rows[r].height = max(rows[r].height, s.need(cell))
			}
		}
	}
	for r := range rows {
		for _, cell := range rows[r].slots {
			if cell.Rows <= 1 || cell.above {
				continue
			}
			lacks := s.need(cell)
			for _, row := range rows[r : r+cell.Rows] {
				lacks -= row.height
			}
			for i := r; i < r+cell.Rows && lacks > 0; i++ {
				rows[i].height += lacks / float64(cell.Rows)
			}
		}
	}
	for r := range rows {
		rows[r].first, rows[r].rows = first, int(math.Ceil(rows[r].height/xlsxMaxHeight))
		first += rows[r].rows
	}
	return rows, first
}

// The paper, and what is left of it inside the margins, in points.
const (
	a4Long, a4Short    = 297 * 72 / 25.4, 210 * 72 / 25.4
	xlsxSide, xlsxEdge = 12 * 72 / 25.4, 15 * 72 / 25.4
	xlsxBreaks         = 1000 // Excel takes 1026 in a sheet
)

// pageBreaks parts the pages between findings: a program left alone cuts merged cells, and the words in the middle of them,
// wherever a page ends. The height of a page is reckoned a little short, so that no program needs a break of its own before.
func (s *xlsxSheet) pageBreaks(rows []xlsxRow, headers int) []int {
	wide, high := a4Long, a4Short
	if s.Portrait {
		wide, high = high, wide
	}
	var width float64
	for _, column := range s.Table.Columns {
		width += s.pixels(column) * 72 / 96
	}
	page := 0.96 * (high - 2*xlsxEdge) / min(1, (wide-2*xlsxSide)/width)
	used := 0.0 // by the title, then by the header that is repeated
	if s.Title != "" {
		used += s.titleHeight()
	}
	if s.Line != (Line{}) {
		used += s.lineHeight("")
	}
	head := 0.0
	for _, row := range rows[:headers] {
		head += row.height
	}
	if head > page/2 {
		return nil
	}
	var breaks []int
	used += head
	for from := headers; from < len(rows) && len(breaks) < xlsxBreaks; {
		end := bound(rows, from)
		height := 0.0
		for _, row := range rows[from:end] {
			height += row.height
		}
		if used+height > page && head+height <= page {
			breaks, used = append(breaks, rows[from].first), head
		}
		if used += height; used > page { // taller than a page: it begins where it stands
			used = head + math.Mod(used-head, page-head)
		}
		from = end
	}
	return breaks
}

// bound returns the end of the rows that belong together from row from on: those of a merged cell, and a group row with the
// next.
func bound(rows []xlsxRow, from int) int {
	end := from + 1
	for r := from; r < end; r++ {
		for _, cell := range rows[r].slots {
			if !cell.above {
				end = max(end, r+cell.Rows)
			}
			if cell.group && r+1 < len(rows) {
				end = max(end, r+2)
			}
		}
	}
	return end
}

// need is the height that a cell needs for its text.
func (s *xlsxSheet) need(cell slot) float64 {
	lines := textLines(cell.Text, s.Table.width(cell))
	return float64(lines)*s.size*xlsxLeading + xlsxPadding
}

// wide is the width of all columns together in characters.
func (s *xlsxSheet) wide() float64 {
	return s.Table.width(slot{TableCell: TableCell{Cols: len(s.Table.Columns)}})
}

// lineHeight is the height of a text across all columns.
func (s *xlsxSheet) lineHeight(text string) float64 {
	return min(float64(textLines(text, s.wide()))*s.size*xlsxLeading+xlsxPadding, xlsxMaxHeight)
}

func (s *xlsxSheet) titleHeight() float64 {
	lines := textLines(s.Title, s.wide()*s.size/xlsxTitleSize)
	return min(float64(lines)*xlsxTitleSize*xlsxLeading+2*xlsxPadding, xlsxMaxHeight)
}

// pixels is the width of a column in pixels of 1/96 inch, 5 of which are the cell's margins.
func (s *xlsxSheet) pixels(column Column) float64 { return column.width()*s.size*96/72 + 5 }

// heading writes the title and the line below it.
func (s *xlsxSheet) heading() {
	if s.Title != "" {
		s.wideRow(s.Title, xlsxStyle{kind: xlsxTitle, align: AlignCenter}, s.titleHeight())
	}
	if s.Line != (Line{}) {
		s.lineRow()
	}
}

// xlsxValue is a cell of the row being written.
type xlsxValue struct {
	style int // 0 for no cell
	text  string
}

// writeRow writes the next row.
func (s *xlsxSheet) writeRow(height float64, values []xlsxValue) {
	s.row++
	fmt.Fprintf(s.out, `<row r="%d" ht="%v" customHeight="1">`, s.row, height)
	for i, v := range values {
		if v.style > 0 {
			xlsxCell(s.out, i+1, s.row, v.style, v.text)
		}
	}
	s.out.WriteString(`</row>`)
}

// wideRow writes one text across all columns.
func (s *xlsxSheet) wideRow(text string, look xlsxStyle, height float64) {
	look.size = s.size
	if look.kind == xlsxTitle {
		look.size = xlsxTitleSize
	}
	s.writeRow(height, []xlsxValue{{s.style(look), xlsxText(text)}})
	s.merge(s.row, 1, s.row, len(s.Table.Columns))
}

// lineRow writes the two halves of the line below the title, each into as many columns as it needs.
func (s *xlsxSheet) lineRow() {
	if s.Line.Right == "" || len(s.Table.Columns) == 1 {
		text := strings.TrimSpace(s.Line.Left + "  " + s.Line.Right)
		s.wideRow(text, xlsxStyle{kind: xlsxLine, align: AlignLeft}, s.lineHeight(text))
		return
	}
	from, room := len(s.Table.Columns), 0.0 // the first column of the right half, from 1
	for ; from > 2; from-- {
		if room += s.Table.Columns[from-1].width(); room >= textWidth(s.Line.Right)+1 {
			break
		}
	}
	values := make([]xlsxValue, from)
	values[0] = xlsxValue{s.style(xlsxStyle{kind: xlsxLine, size: s.size, align: AlignLeft}), xlsxText(s.Line.Left)}
	values[from-1] = xlsxValue{s.style(xlsxStyle{kind: xlsxLine, size: s.size, align: AlignRight}), xlsxText(s.Line.Right)}
	s.writeRow(s.size*xlsxLeading+xlsxPadding, values)
	s.merge(s.row, 1, s.row, from-1)
	s.merge(s.row, from, s.row, len(s.Table.Columns))
}

// tableRow writes the first of the rows; the others tell where its merged cells end.
func (s *xlsxSheet) tableRow(rows []xlsxRow) {
	row := rows[0]
	values := make([]xlsxValue, len(s.Table.Columns))
	blanks := make([]xlsxValue, len(s.Table.Columns)) // the lower rows of one that takes several
	for _, cell := range row.slots {
		text, height := "", row.height
		if !cell.above {
			text = xlsxText(cell.Text)
			end := rows[max(cell.Rows, 1)-1]
			for _, below := range rows[1:max(cell.Rows, 1)] {
				height += below.height
			}
			s.merge(row.first, cell.col+1, end.first+end.rows-1, cell.col+cell.Cols)
		}
		id := s.style(s.look(cell, text, height))
		for k := range cell.Cols {
			values[cell.col+k].style, blanks[cell.col+k].style = id, id
		}
		values[cell.col].text = text
	}
	for range row.rows {
		s.writeRow(math.Round(row.height/float64(row.rows)*4)/4, values)
		values = blanks
	}
}

// look is the style of a cell with its text, as high as all its rows.
func (s *xlsxSheet) look(cell slot, text string, height float64) xlsxStyle {
	look := xlsxStyle{size: s.size, bold: cell.Bold, align: s.Table.align(cell), tall: height > xlsxPage,
		long: len(text) > 255 && cutUTF16(text, 255) != text}
	switch {
	case cell.header:
		look.kind = xlsxHead
	case cell.group:
		look.kind = xlsxGroup
	}
	return look
}

// merge notes a merged range, unless it is a single cell.
func (s *xlsxSheet) merge(row, col, lastRow, lastCol int) {
	if row != lastRow || col != lastCol {
		s.merges = append(s.merges, xlsxMerge{row, col, lastRow, lastCol})
	}
}

// cellName is the name of a cell, such as B3; rows and columns count from 1.
func cellName(col, row int) string { return columnName(col) + strconv.Itoa(row) }
