package office

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
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
func WriteXlsx(w io.Writer, b Book) error {
	if len(b.Sheets) == 0 {
		return fmt.Errorf("office: workbook without sheets")
	}
	book := &xlsxWriter{file: newPackage(w), styles: map[xlsxStyle]int{}, names: sheetNames(b.Sheets)}
	for i, sheet := range b.Sheets {
		if err := book.sheet(sheet); err != nil {
			return fmt.Errorf("office: sheet %q: %w", book.names[i], err)
		}
	}
	if err := book.choices(); err != nil {
		return err
	}
	if err := book.file.add(book.parts(b)); err != nil {
		return err
	}
	return book.file.Close()
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
	file   *packageWriter
	names  []string // of the sheets; the hidden one with the choices comes last
	sheets int      // written so far
	titles []string // print titles, ready as defined names
	styles map[xlsxStyle]int
	looks  []xlsxStyle // in the order of their numbers, which begin at 1
	lists  [][]string  // columns of the sheet of choices
}

// newSheet begins the next sheet's part.
func (x *xlsxWriter) newSheet() (*bufio.Writer, error) {
	x.sheets++
	to, err := x.file.create(fmt.Sprintf("xl/worksheets/sheet%d.xml", x.sheets))
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(to, 16<<10)
	out.WriteString(xmlHead + `<worksheet ` + nsSheet + `>`)
	return out, nil
}

// choices writes the hidden sheet, if any column has a drop-down list.
func (x *xlsxWriter) choices() error {
	if len(x.lists) == 0 {
		return nil
	}
	out, err := x.newSheet()
	if err != nil {
		return err
	}
	out.WriteString(`<sheetData>`)
	longest := 0
	for _, list := range x.lists {
		longest = max(longest, len(list))
	}
	for r := range longest {
		fmt.Fprintf(out, `<row r="%d">`, r+1)
		for c, list := range x.lists {
			if r < len(list) {
				xlsxCell(out, c+1, r+1, 0, xlsxText(list[r]))
			}
		}
		out.WriteString(`</row>`)
	}
	out.WriteString(`</sheetData></worksheet>`)
	return out.Flush()
}

// xlsxCell writes a cell: an empty text leaves it blank.
func xlsxCell(out *bufio.Writer, column, row, style int, text string) {
	out.WriteString(`<c r="`)
	out.WriteString(columnName(column))
	out.WriteString(strconv.Itoa(row))
	if style > 0 {
		out.WriteString(`" s="`)
		out.WriteString(strconv.Itoa(style))
	}
	if text == "" {
		out.WriteString(`"/>`)
		return
	}
	out.WriteString(`" t="inlineStr"><is><t`)
	if strings.TrimSpace(text) != text || strings.ContainsAny(text, "\n\t") {
		out.WriteString(` xml:space="preserve"`)
	}
	out.WriteString(`>`)
	out.WriteString(xmlEscapes.Replace(escapeCell(text)))
	out.WriteString(`</t></is></c>`)
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

// style returns the number of a style.
func (x *xlsxWriter) style(s xlsxStyle) int {
	id, ok := x.styles[s]
	if !ok {
		x.looks = append(x.looks, s)
		id = len(x.looks)
		x.styles[s] = id
	}
	return id
}
