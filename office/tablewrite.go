package office

import (
	"fmt"
	"math"
	"strings"
)

// Table is a table to be written, the same for [WriteDocx] and [WriteXlsx].
//
// Rows are given as in HTML: a row holds its cells from left to right and leaves out the columns that a cell above still covers.
// Columns that no cell reaches stay empty.
type Table struct {
	Columns []Column
	Header  []Row // repeated on every page; nil for one row of the columns' titles
	Rows    []Row
	Size    float64 // of the text, in points; 0 for 小四 (12) in a docx and 11 in an xlsx
}

// Column is a column of a table to be written.
type Column struct {
	Title   string
	Width   float64 // in Chinese characters; 0 for 6. In a docx all widths are scaled together to fill the page
	Align   Align
	Choices []string // xlsx only: what the drop-down list of the column's cells offers
}

// Row is one row of a table to be written.
type Row struct {
	Cells []TableCell
	Group bool // one bold cell across all columns, such as the name of a section
}

// TableCell is a cell of a table to be written.
type TableCell struct {
	Text       string // '\n' begins a new line
	Rows, Cols int    // how many rows and columns the cell covers; 0 is 1
	Bold       bool
	Align      Align // 0 for the column's
}

// Align is how text stands in its cell.
type Align int

const (
	AlignDefault Align = iota // the column's; of a column: left
	AlignLeft
	AlignCenter
	AlignRight
)

// Cells makes a row of plain cells.
func Cells(texts ...string) Row {
	row := Row{Cells: make([]TableCell, len(texts))}
	for i, text := range texts {
		row.Cells[i].Text = text
	}
	return row
}

// GroupRow makes a row that is one bold cell across the table.
func GroupRow(text string) Row { return Row{Group: true, Cells: []TableCell{{Text: text}}} }

// slot is a cell where it has come to stand. The slots of a row cover all its columns without a gap.
type slot struct {
	TableCell
	col    int  // from 0
	header bool // in a header row
	group  bool
	above  bool // no cell of its own: the lower part of a merged cell, whose text stands in a row above
}

// header returns the rows to be repeated on every page.
func (t Table) header() []Row {
	if t.Header != nil {
		return t.Header
	}
	row := Row{Cells: make([]TableCell, len(t.Columns))}
	for i, column := range t.Columns {
		row.Cells[i] = TableCell{Text: column.Title}
	}
	return []Row{row}
}

// grid gives every cell its place: first the header rows, then the others. A cell never reaches below the header or the
// table, so a merge that promises too many rows is cut. A row with more cells than columns, and a group row inside a merged
// cell, are mistakes of the caller.
func (t Table) grid() (rows [][]slot, headers int, err error) {
	if len(t.Columns) == 0 {
		return nil, 0, fmt.Errorf("office: table without columns")
	}
	head := t.header()
	for _, part := range [][]Row{head, t.Rows} {
		placed, err := place(part, len(t.Columns))
		if err != nil {
			return nil, 0, err
		}
		rows = append(rows, placed...)
	}
	for _, row := range rows[:len(head)] {
		for i := range row {
			row[i].header, row[i].Bold = true, true
		}
	}
	return rows, len(head), nil
}

func place(rows []Row, columns int) ([][]slot, error) {
	placed := make([][]slot, len(rows))
	covering := make([]slot, columns) // by first column: a merged cell from above
	left := make([]int, columns)      // by first column: how many more rows it covers
	for r, row := range rows {
		cells := row.Cells
		if row.Group {
			if len(cells) != 1 {
				return nil, fmt.Errorf("office: group row %d has %d cells, not 1", r+1, len(cells))
			}
			cells = []TableCell{{Text: cells[0].Text, Cols: columns, Bold: true, Align: cells[0].Align}}
		}
		slots := make([]slot, 0, columns)
		for col := 0; col < columns; {
			if left[col] > 0 {
				s := covering[col]
				left[col]--
				s.above, s.Text = true, ""
				slots = append(slots, s)
				col += s.Cols
				continue
			}
			s := slot{col: col, group: row.Group}
			if len(cells) > 0 {
				s.TableCell, cells = cells[0], cells[1:]
			}
			s.Cols = max(s.Cols, 1)
			s.Rows = min(max(s.Rows, 1), len(rows)-r)
			for k := range s.Cols {
				if col+k >= columns || left[col+k] > 0 {
					return nil, fmt.Errorf("office: row %d has no room for cell %q", r+1, clip(s.Text, 20))
				}
			}
			if s.Rows > 1 {
				covering[col], left[col] = s, s.Rows-1
			}
			slots = append(slots, s)
			col += s.Cols
		}
		if len(cells) > 0 {
			return nil, fmt.Errorf("office: row %d has no room for cell %q", r+1, clip(cells[0].Text, 20))
		}
		placed[r] = slots
	}
	return placed, nil
}

// align is where the text of a slot stands.
func (t Table) align(s slot) Align {
	switch {
	case s.Align != AlignDefault:
		return s.Align
	case s.header:
		return AlignCenter
	case s.group:
		return AlignLeft
	case t.Columns[s.col].Align != AlignDefault:
		return t.Columns[s.col].Align
	}
	return AlignLeft
}

// width is the width of a slot in Chinese characters.
func (t Table) width(s slot) float64 {
	var sum float64
	for _, column := range t.Columns[s.col : s.col+s.Cols] {
		sum += column.width()
	}
	return sum
}

func (c Column) width() float64 {
	if c.Width <= 0 {
		return 6
	}
	return c.Width
}

// textLines estimates how many lines text takes in a cell that is wide Chinese characters wide. A line seldom fills its cell:
// no mark may begin a line and no Latin word is broken, hence the half character set aside.
func textLines(text string, wide float64) int {
	room := max(wide-0.5, 1)
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		lines += max(1, int(math.Ceil(textWidth(line)/room)))
	}
	return lines
}

// textWidth is the width of text in Chinese characters: 1 for each ideograph and Chinese mark, 0.5 for digits and Latin.
func textWidth(text string) float64 {
	var sum float64
	for _, r := range text {
		sum += runeWidth(r)
	}
	return sum
}

func runeWidth(r rune) float64 {
	switch {
	case r < ' ':
		return 0
	case r >= 0x2E80, strings.ContainsRune("“”‘’…—·×→√①②③④⑤⑥⑦⑧⑨⑩", r):
		return 1
	}
	return 0.5
}

// clip cuts text after at most n runes.
func clip(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i] + "…"
		}
		n--
	}
	return text
}
