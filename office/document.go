// Package office reads and writes the files that offices exchange: docx, xlsx, csv, plain text and legacy .doc.
//
// It knows nothing of rectification plans and nothing of databases. Whatever is read arrives as a [Document]: paragraphs in
// reading order, those of a table carrying the cell they stand in. Whatever is read is hostile until it has been parsed under
// the limits of [Limits].
package office

// Document is a file reduced to its words and their order.
type Document struct {
	Format   string   // what the content is, not what the name says: docx, doc, txt, md, xlsx, csv; where programs for them are installed also xls, rtf, odt, ods, pdf …
	Parts    []Part   // one for a text document; one for each sheet of a workbook
	Warnings []string // Chinese sentences: what was left out or could not be read, for the reader of the result
}

// Part is a run of paragraphs that count their own numbers: the body of a document or one sheet.
type Part struct {
	Name       string // "正文" for a text document, the sheet's name in a workbook
	Hidden     bool   // a hidden sheet
	Paragraphs []Paragraph
}

// Paragraph is one paragraph of running text or one paragraph of a table cell.
type Paragraph struct {
	Text     string // automatic numbering resolved and put in front, tabs kept, line breaks inside a paragraph as '\n'
	Numbered int    // how many runes at the start of Text come from automatic numbering and stand in no run of the file
	Level    int    // outline level 1–9 of a heading style, 0 for body text
	Centered bool
	Bold     bool // the whole paragraph is bold
	Cell     Cell // zero outside tables
}

// Cell is the place of a paragraph in a table. Row and Col count from 1, in a workbook as the program shows them.
// A merged cell has its text once, at its first row and column, and Rows and Cols above 1.
type Cell struct {
	Table      int // counts from 1 in its part; 0 outside tables
	Row, Col   int
	Rows, Cols int // how many rows and columns the cell covers, at least 1
}

// Limits bound what reading a file may cost. A file over a limit is refused with an [Error] that names the limit.
type Limits struct {
	File       int64 // bytes of the file
	Inflated   int64 // bytes of all entries of an archive together, counted while inflating
	Entries    int   // entries of an archive
	Depth      int   // nesting of XML elements
	Elements   int   // XML elements of all parts together, empty cells included
	Paragraphs int   // paragraphs and non-empty cells
	Text       int   // bytes of text altogether, as UTF-8
	Line       int   // bytes of one paragraph or cell, as UTF-8
}

// DefaultLimits hold reading below 200 MB of memory and 2 s on an office PC.
var DefaultLimits = Limits{
	File: 32 << 20, Inflated: 128 << 20, Entries: 4096, Depth: 256,
	Elements: 4_000_000, Paragraphs: 400_000, Text: 32 << 20, Line: 1 << 20,
}

// Error says why a file cannot be read and what its owner can do, in Chinese, fit to be shown as it is.
type Error struct {
	What string // what is wrong, with the place: 文件已加密, 第3个工作表“二月”第12行…
	Do   string // what to do: 请在 Word 中去掉密码后另存为 docx 再上传
	Err  error  // the cause, for the log; may be nil
}

func (e *Error) Error() string { return e.What + "。" + e.Do }
func (e *Error) Unwrap() error { return e.Err }
