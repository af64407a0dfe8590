package office

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// Book is a workbook to be written by [WriteXlsx].
type Book struct {
	Sheets        []Sheet
	Title, Author string
	Subject       string    // goes into the file's properties
	Created       time.Time // goes into the file's properties; the zero time is the year 1980, never now
}

// Sheet is a sheet with one table, set up to be printed: A4, all columns on one page, header rows on every page, page numbers.
type Sheet struct {
	Name          string // cleaned of what a sheet's name may not hold, cut to 31 characters, numbered if it is there already
	Title         string // above the table, across all columns
	Line          Line   // below the title: who fills it in, and when
	Table         Table
	Portrait      bool     // printed on A4 upright; else lying
	Notes         []string // below the table, one line each
	FrozenColumns int      // stay in sight when scrolled; the title and the header rows always do
	Blank         int      // empty rows at the end, for a template to be filled in
	Footer        string   // at the left of the page's foot, beside the page number
	Header        string   // in the middle of the page's head
}

// WriteXlsx writes a workbook. Every cell is text, dates and numbers too, so that what is seen is what was meant; what a
// program could take for a formula is disarmed by [GuardFormula]. The same book gives the same bytes.
func WriteXlsx(w io.Writer, b Book) (err error) {
	if len(b.Sheets) == 0 {
		return fmt.Errorf("office: workbook without sheets")
	}
	f := excelize.NewFile()
	defer func() {
		if closing := f.Close(); err == nil {
			err = closing
		}
	}()
	f.SetZipWriter(func(w io.Writer) excelize.ZipWriter { return newPackage(w) })
	book := &xlsxWriter{file: f, styles: map[xlsxStyle]int{}}
	created := stamp(b.Created)
	if err := f.SetDocProps(&excelize.DocProperties{Title: cleanText(b.Title), Subject: cleanText(b.Subject), Creator: cleanText(b.Author), LastModifiedBy: cleanText(b.Author),
		Created: created, Modified: created}); err != nil {
		return err
	}
	if err := f.SetAppProps(&excelize.AppProperties{Application: "Bihuan"}); err != nil {
		return err
	}
	// The unit of columns' widths is a digit of the workbook's font. Calibri, the usual one, is missing on many of the machines
	// that open these books, and each puts something of another width in its place.
	if err := f.SetDefaultFont("宋体"); err != nil {
		return err
	}
	names := sheetNames(b.Sheets)
	for i, sheet := range b.Sheets {
		if err := book.sheet(sheet, names[i], i == 0); err != nil {
			return fmt.Errorf("office: sheet %q: %w", names[i], err)
		}
	}
	if err := book.choices(); err != nil {
		return err
	}
	return f.Write(w)
}

// sheetNames makes the names of the sheets such as Excel takes them.
func sheetNames(sheets []Sheet) []string {
	names := make([]string, len(sheets))
	taken := map[string]bool{strings.ToLower(xlsxChoices): true, "history": true} // Excel keeps the latter for itself
	for i, sheet := range sheets {
		name := strings.Map(func(r rune) rune {
			if strings.ContainsRune(`:\/?*[]`, r) || r < ' ' {
				return ' '
			}
			return r
		}, cleanText(sheet.Name))
		name = strings.Trim(cutUTF16(strings.TrimSpace(name), 31), " '")
		if name == "" {
			name = fmt.Sprintf("表%d", i+1)
		}
		free := name
		for n := 2; taken[strings.ToLower(free)]; n++ {
			end := fmt.Sprintf("（%d）", n)
			free = cutUTF16(name, 31-len(utf16.Encode([]rune(end)))) + end
		}
		taken[strings.ToLower(free)] = true
		names[i] = free
	}
	return names
}

// xlsxChoices is the hidden sheet that holds what the drop-down lists offer: a list inside a cell's rule ends at 255
// characters and at the first comma.
const xlsxChoices = "选项"

// xlsxWriter is a workbook being written.
type xlsxWriter struct {
	file   *excelize.File
	styles map[xlsxStyle]int // made so far
	lists  [][]string        // columns of the sheet of choices
}

// choices writes the hidden sheet, if any column has a drop-down list.
func (x *xlsxWriter) choices() error {
	if len(x.lists) == 0 {
		return nil
	}
	if _, err := x.file.NewSheet(xlsxChoices); err != nil {
		return err
	}
	for c, list := range x.lists {
		for r, text := range list {
			cell, err := excelize.CoordinatesToCellName(c+1, r+1)
			if err != nil {
				return err
			}
			if err := x.file.SetCellStr(xlsxChoices, cell, xlsxText(text)); err != nil {
				return err
			}
		}
	}
	return x.file.SetSheetVisible(xlsxChoices, false)
}

// addChoices gives the cells of a column a drop-down list. Another entry is asked about and then taken: the list may be old.
func (x *xlsxWriter) addChoices(sheet string, column int, list []string, first, last int) error {
	x.lists = append(x.lists, list)
	name, err := excelize.ColumnNumberToName(column + 1)
	if err != nil {
		return err
	}
	from, err := excelize.ColumnNumberToName(len(x.lists))
	if err != nil {
		return err
	}
	rule := excelize.NewDataValidation(true)
	rule.SetSqref(fmt.Sprintf("%[1]s%[2]d:%[1]s%[3]d", name, first, last))
	rule.SetSqrefDropList(fmt.Sprintf("%[1]s!$%[2]s$1:$%[2]s$%[3]d", xlsxChoices, from, len(list)))
	rule.SetError(excelize.DataValidationErrorStyleWarning, "不在下拉列表中", "所填内容不在下拉列表中，请核对。确实无误的，选“是”保留。")
	return x.file.AddDataValidation(sheet, rule)
}

// xlsxStyle is what a cell looks like.
type xlsxStyle struct {
	kind  xlsxKind
	size  float64 // points
	bold  bool
	align Align
	long  bool // Excel shows the text of a cell in text format as #### if it is longer than 255 characters
	tall  bool // stands at the top, since its middle may lie on another page
}

type xlsxKind int

const (
	xlsxBody xlsxKind = iota
	xlsxTitle
	xlsxLine
	xlsxHead
	xlsxGroup
)

// Sizes in points; the table may have another.
const (
	xlsxTitleSize = 20
	xlsxTextSize  = 11
	xlsxDigit     = 8 // width of a digit of 宋体 11 in pixels of 1/96 inch
)

var xlsxAlign = map[Align]string{AlignLeft: "left", AlignCenter: "center", AlignRight: "right"}

// style returns the number of a style.
func (x *xlsxWriter) style(s xlsxStyle) (int, error) {
	if id, ok := x.styles[s]; ok {
		return id, nil
	}
	charset := 134 // GB 2312, so that a missing font is replaced by a Chinese one
	style := &excelize.Style{
		Font:      &excelize.Font{Family: "仿宋", Size: s.size, Bold: s.bold, Charset: &charset},
		Alignment: &excelize.Alignment{Horizontal: xlsxAlign[s.align], Vertical: "center", WrapText: true},
		NumFmt:    49, // text
	}
	if s.long {
		style.NumFmt = 0
	}
	if s.tall {
		style.Alignment.Vertical = "top"
	}
	switch s.kind {
	case xlsxTitle:
		style.Font.Family = "方正小标宋简体"
	case xlsxHead:
		style.Font.Family, style.Font.Bold = "黑体", true
		style.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7ECEF"}}
	case xlsxGroup:
		style.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F5F5F2"}}
	}
	if s.kind != xlsxTitle && s.kind != xlsxLine {
		for _, side := range []string{"left", "top", "right", "bottom"} {
			style.Border = append(style.Border, excelize.Border{Type: side, Color: "7F7F7F", Style: 1})
		}
	}
	id, err := x.file.NewStyle(style)
	if err == nil {
		x.styles[s] = id
	}
	return id, err
}
