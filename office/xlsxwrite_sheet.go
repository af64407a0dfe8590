package office

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// xlsxSheet is a sheet being written.
type xlsxSheet struct {
	*xlsxWriter
	Sheet
	name   string
	size   float64 // of the text in points
	stream *excelize.StreamWriter
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

// sheet writes a sheet. The first takes the place of the one that a new file has.
func (x *xlsxWriter) sheet(sheet Sheet, name string, first bool) error {
	var err error
	if first {
		err = x.file.SetSheetName("Sheet1", name)
	} else {
		_, err = x.file.NewSheet(name)
	}
	if err != nil {
		return err
	}
	s := &xlsxSheet{xlsxWriter: x, Sheet: sheet, name: name, size: sheet.Table.Size}
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
	if err := s.setUp(header, top, after-1); err != nil {
		return err
	}
	return s.write(rows, top)
}

// write writes what stands in the sheet, from top to bottom. Widths and panes come before the first row, merges after the last.
func (s *xlsxSheet) write(rows []xlsxRow, top int) (err error) {
	if s.stream, err = s.file.NewStreamWriter(s.name); err != nil {
		return err
	}
	if err := s.view(top); err != nil {
		return err
	}
	if err := s.heading(); err != nil {
		return err
	}
	for i := range rows {
		if err := s.tableRow(rows[i:]); err != nil {
			return err
		}
	}
	for _, note := range s.Notes {
		if err := s.wideRow(note, xlsxStyle{kind: xlsxLine, align: AlignLeft}, s.lineHeight(note)); err != nil {
			return err
		}
	}
	for _, m := range s.merges {
		if err := s.stream.MergeCell(cellName(m.col, m.row), cellName(m.lastCol, m.lastRow)); err != nil {
			return err
		}
	}
	for _, row := range s.breaks {
		if err := s.stream.InsertPageBreak(cellName(1, row)); err != nil {
			return err
		}
	}
	return s.stream.Flush()
}

// setUp says how the sheet is printed and what its columns offer. header and top are the first rows of the header and below
// it, last is the last row of the table.
func (s *xlsxSheet) setUp(header, top, last int) error {
	f, name := s.file, s.name
	a4, wide, high, orientation, fit := 9, 1, 0, "landscape", true
	if s.Portrait {
		orientation = "portrait"
	}
	side, vertical, edge, centred := xlsxSide/72, xlsxEdge/72, 8/25.4, true // inches
	// The blank parts the size from a text that begins with a digit.
	footer := `&L&9 ` + strings.ReplaceAll(cutUTF16(cleanText(s.Footer), 80), "&", "&&") + `&C&9第 &P 页，共 &N 页`
	above := ""
	if s.Header != "" {
		above = `&C&9 ` + strings.ReplaceAll(cutUTF16(cleanText(s.Header), 160), "&", "&&")
	}
	steps := []error{
		f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}),
		f.SetSheetDimension(name, "A1:"+cellName(len(s.Table.Columns), last+len(s.Notes))),
		f.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &high}),
		f.SetPageMargins(name, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &vertical, Bottom: &vertical, Header: &edge, Footer: &edge, Horizontally: &centred}),
		f.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddHeader: above, OddFooter: footer}),
		f.AddIgnoredErrors(name, "A1:"+cellName(len(s.Table.Columns), last), excelize.IgnoredErrorsNumberStoredAsText),
	}
	if top > header {
		steps = append(steps, f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: name,
			RefersTo: fmt.Sprintf("'%s'!$%d:$%d", strings.ReplaceAll(name, "'", "''"), header, top-1)}))
	}
	for i, column := range s.Table.Columns {
		if len(column.Choices) > 0 && last >= top {
			steps = append(steps, s.addChoices(name, i, column.Choices, top, last))
		}
	}
	for _, err := range steps {
		if err != nil {
			return err
		}
	}
	return nil
}

// view sets the columns' widths and freezes what stands above and to the left of the data.
func (s *xlsxSheet) view(top int) error {
	for i, column := range s.Table.Columns {
		width := s.pixels(column) / xlsxDigit
		if err := s.stream.SetColWidth(i+1, i+1, math.Round(min(width, 250)*100)/100); err != nil {
			return err
		}
	}
	columns := min(max(s.FrozenColumns, 0), len(s.Table.Columns)-1)
	pane := "bottomLeft"
	if columns > 0 {
		pane = "bottomRight"
	}
	return s.stream.SetPanes(&excelize.Panes{Freeze: true, XSplit: columns, YSplit: top - 1, TopLeftCell: cellName(columns+1, top), ActivePane: pane,
		Selection: []excelize.Selection{{SQRef: cellName(columns+1, top), ActiveCell: cellName(columns+1, top), Pane: pane}}})
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
func (s *xlsxSheet) heading() error {
	if s.Title != "" {
		if err := s.wideRow(s.Title, xlsxStyle{kind: xlsxTitle, align: AlignCenter}, s.titleHeight()); err != nil {
			return err
		}
	}
	if s.Line == (Line{}) {
		return nil
	}
	return s.lineRow()
}

// wideRow writes one text across all columns.
func (s *xlsxSheet) wideRow(text string, look xlsxStyle, height float64) error {
	look.size = s.size
	if look.kind == xlsxTitle {
		look.size = xlsxTitleSize
	}
	id, err := s.style(look)
	if err != nil {
		return err
	}
	s.row++
	s.merge(s.row, 1, s.row, len(s.Table.Columns))
	return s.stream.SetRow(cellName(1, s.row), []any{excelize.Cell{StyleID: id, Value: xlsxText(text)}}, excelize.RowOpts{Height: height})
}

// lineRow writes the two halves of the line below the title, each into as many columns as it needs.
func (s *xlsxSheet) lineRow() error {
	if s.Line.Right == "" || len(s.Table.Columns) == 1 {
		text := strings.TrimSpace(s.Line.Left + "  " + s.Line.Right)
		return s.wideRow(text, xlsxStyle{kind: xlsxLine, align: AlignLeft}, s.lineHeight(text))
	}
	from, room := len(s.Table.Columns), 0.0 // the first column of the right half, from 1
	for ; from > 2; from-- {
		if room += s.Table.Columns[from-1].width(); room >= textWidth(s.Line.Right)+1 {
			break
		}
	}
	left, err := s.style(xlsxStyle{kind: xlsxLine, size: s.size, align: AlignLeft})
	if err != nil {
		return err
	}
	right, err := s.style(xlsxStyle{kind: xlsxLine, size: s.size, align: AlignRight})
	if err != nil {
		return err
	}
	s.row++
	s.merge(s.row, 1, s.row, from-1)
	s.merge(s.row, from, s.row, len(s.Table.Columns))
	values := make([]any, from)
	values[0] = excelize.Cell{StyleID: left, Value: xlsxText(s.Line.Left)}
	values[from-1] = excelize.Cell{StyleID: right, Value: xlsxText(s.Line.Right)}
	return s.stream.SetRow(cellName(1, s.row), values, excelize.RowOpts{Height: s.size*xlsxLeading + xlsxPadding})
}

// tableRow writes the first of the rows; the others tell where its merged cells end.
func (s *xlsxSheet) tableRow(rows []xlsxRow) error {
	row := rows[0]
	values := make([]any, len(s.Table.Columns))
	blanks := make([]any, len(s.Table.Columns)) // the lower rows of one that takes several
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
		id, err := s.style(s.look(cell, text, height))
		if err != nil {
			return err
		}
		for k := range cell.Cols {
			values[cell.col+k] = excelize.Cell{StyleID: id}
			blanks[cell.col+k] = excelize.Cell{StyleID: id}
		}
		if text != "" {
			values[cell.col] = excelize.Cell{StyleID: id, Value: text}
		}
	}
	options := excelize.RowOpts{Height: math.Round(row.height/float64(row.rows)*4) / 4}
	for range row.rows {
		s.row++
		if err := s.stream.SetRow(cellName(1, s.row), values, options); err != nil {
			return err
		}
		values = blanks
	}
	return nil
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

// cellName is the name of a cell, such as B3. The callers' columns and rows are within Excel's bounds; beyond them the name is
// empty and excelize refuses it.
func cellName(col, row int) string {
	name, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		return ""
	}
	return name
}
