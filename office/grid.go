package office

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
)

// Grid is a file of rows and columns, such as a register of residents or a payroll, read a batch of rows at a time: a workbook,
// or delimited text in any encoding that Chinese offices use. Nothing of it is kept in memory but what one batch needs, and the
// table of shared strings of a workbook.
type Grid struct {
	Format   string // what the content is: csv, xlsx, xls …
	Encoding string // of text: UTF-8, UTF-16LE, UTF-16BE or GB18030
	Sheets   []GridSheet

	ctx  context.Context
	text *gridText
	book *gridBook
}

// GridSheet is one sheet; text has one, without a name.
type GridSheet struct {
	Name   string
	Hidden bool
	Title  string // what stands above a table of a text document

	rows   []GridRow   // of files that come whole
	part   string      // of a workbook
	merges []cellRange // those that cover more than one row, once the sheet has been read
	merged bool        // the sheet has been read to its end
}

// GridRow is a row with all its columns.
type GridRow struct {
	Number int // from 1, as a spreadsheet shows it
	Cells  []string
}

// Batch is some rows of a sheet, of which only the wanted columns were cut out. What it returns is valid until the function that
// got it returns.
type Batch struct {
	numbers []int32
	first   int // the number of the first row where numbers follow one another and numbers is empty
	width   int
	data    []byte
	cells   []extent // width of them a row
	rows    int
}

// extent is where in the data of a batch a cell stands.
type extent struct{ from, to uint32 }

// Len is the number of rows.
func (b *Batch) Len() int { return b.rows }

// Number is the number of a row from 1, as a spreadsheet shows it.
func (b *Batch) Number(row int) int {
	if len(b.numbers) > 0 {
		return int(b.numbers[row])
	}
	return b.first + row
}

// Cell is the text of a wanted column as UTF-8, empty where the row has none.
func (b *Batch) Cell(row, column int) []byte {
	c := b.cells[row*b.width+column]
	return b.data[c.from:c.to]
}

// reset empties a batch for another chunk.
func (b *Batch) reset(width int) {
	b.numbers, b.cells, b.rows, b.first, b.width = b.numbers[:0], b.cells[:0], 0, 0, width
}

// gridLimits bound what reading a [Grid] may cost.
var gridLimits = Limits{
	File: 64 << 30, Inflated: 16 << 30, Entries: 4096, Depth: 256,
	Elements: 1 << 40, Paragraphs: 8_000_000, Text: 1 << 30, Line: 1 << 20,
}

// OpenGrid tells what a file is by its content and lists its sheets. The file must stay open as long as the grid is used. Every
// error is an [*Error]. Files of other programs go through LibreOffice where it is installed.
func OpenGrid(ctx context.Context, name string, src io.ReaderAt, length int64) (*Grid, error) {
	g, err := openGrid(ctx, name, src, length)
	if err != nil {
		if ours, ok := errors.AsType[*Error](err); ok {
			return nil, ours
		}
		return nil, damaged("文件读不出来", err)
	}
	return g, nil
}

func openGrid(ctx context.Context, name string, src io.ReaderAt, length int64) (*Grid, error) {
	head := make([]byte, min(length, 16<<10))
	if _, err := src.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	if length > gridLimits.File {
		return nil, &Error{What: fmt.Sprintf("文件超过 %s", gib(gridLimits.File)), Do: doSplit}
	}
	kind := "text"
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		b := &budget{ctx: ctx, limits: gridLimits}
		a, err := gridArchive(src, length, b)
		if err != nil {
			return nil, err
		}
		if main, err := a.mainPart("xl/workbook.xml"); err == nil && a.has(main) && path.Dir(main) != "word" && a.has("[Content_Types].xml") {
			if g, err := openBook(ctx, a, main); err != nil || g != nil {
				return g, err
			}
		}
		kind = "zip"
	} else if kind = Sniff(head); length > int64(len(head)) && kind != "text" && kind != "binary" && kind != "empty" {
		kind = "whole" // the containers of old Office files cannot be told from their beginning
	} else if kind == "binary" && length > int64(len(head)) {
		kind = "text" // cut in the middle of a character, perhaps; what is no text says so below
	}
	if kind == "text" {
		return openText(ctx, name, src, length, head)
	}
	if length > DefaultLimits.File {
		return nil, &Error{What: fmt.Sprintf("文件有 %s，不是 xlsx 或 csv 的文件最大 %s", size(length), size(DefaultLimits.File)), Do: "请另存为 xlsx 或 csv 后再读"}
	}
	data := make([]byte, length)
	if _, err := src.ReadAt(data, 0); err != nil && err != io.EOF {
		return nil, err
	}
	return openWhole(ctx, name, data)
}

// openWhole reads what cannot be read in pieces: workbooks of other programs, which are converted, and documents with tables.
func openWhole(ctx context.Context, name string, data []byte) (*Grid, error) {
	kind := Sniff(data)
	b := &budget{ctx: ctx, limits: DefaultLimits}
	if conversions[kind].to == "xlsx" {
		book, err := converted(b, kind, data)
		if err != nil {
			return nil, err
		}
		g, err := openGrid(ctx, name, bytes.NewReader(book), int64(len(book)))
		if err == nil {
			g.Format = kind
		}
		return g, err
	}
	doc, err := read(b, name, data)
	if err != nil {
		return nil, err
	}
	return documentGrid(ctx, doc)
}

// documentGrid takes the tables out of a document.
func documentGrid(ctx context.Context, doc Document) (*Grid, error) {
	g := &Grid{Format: doc.Format, ctx: ctx}
	written := 0
	for _, part := range doc.Parts {
		title := ""
		for rest := part.Paragraphs; len(rest) > 0; {
			table := rest[0].Cell.Table
			n, last := 0, 0
			for n < len(rest) && rest[n].Cell.Table == table {
				last = max(last, rest[n].Cell.Row)
				n++
			}
			if table == 0 {
				title = rest[n-1].Text
				rest = rest[n:]
				continue
			}
			s := GridSheet{Name: fmt.Sprintf("第%d个表", table), Hidden: part.Hidden, Title: title, merged: true}
			if doc.Format == "xlsx" {
				s.Name = part.Name
			}
			rows := map[int][]string{}
			for _, p := range rest[:n] {
				for row := p.Cell.Row; row < p.Cell.Row+p.Cell.Rows && row <= last; row++ {
					if written += p.Cell.Col; written > gridLimits.Paragraphs {
						return nil, &Error{What: "表格太大，或合并单元格过多", Do: "请另存为 xlsx 或 csv 后再读"}
					}
					cells := rows[row]
					for len(cells) < p.Cell.Col {
						cells = append(cells, "")
					}
					cells[p.Cell.Col-1] += p.Text // a cell of several paragraphs becomes one text
					rows[row] = cells
				}
			}
			for _, row := range slices.Sorted(maps.Keys(rows)) {
				s.rows = append(s.rows, GridRow{Number: row, Cells: rows[row]})
			}
			g.Sheets = append(g.Sheets, s)
			rest = rest[n:]
		}
	}
	if len(g.Sheets) == 0 {
		return nil, &Error{What: "文件里没有表格", Do: "请上传 xlsx 或 csv 格式的名册"}
	}
	return g, nil
}

// gridArchive opens a zip without reading it whole.
func gridArchive(src io.ReaderAt, length int64, b *budget) (*archive, error) {
	tail := make([]byte, min(length, 66<<10))
	if _, err := src.ReadAt(tail, length-int64(len(tail))); err != nil && err != io.EOF {
		return nil, err
	}
	end := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if end < 0 || len(tail)-end < 22 {
		return nil, damaged("压缩包没有完整的目录", nil)
	}
	// The directory is counted before it is parsed: parsing a million entries is what a hostile file wants.
	if n := int(binary.LittleEndian.Uint16(tail[end+10:])); n > b.limits.Entries {
		return nil, &Error{What: fmt.Sprintf("文件是压缩包，内含 %d 个以上的条目，超过 %d 个", n, b.limits.Entries), Do: doSuspect}
	}
	return archiveOf(src, length, b)
}

// Head returns the first rows of a sheet that hold anything, with all their columns.
func (g *Grid) Head(sheet, rows int) ([]GridRow, error) {
	var head []GridRow
	s := &g.Sheets[sheet]
	keep := func(b *Batch) bool {
		for i := range b.Len() {
			last := b.width // behind the last cell that may hold anything
			for last > 0 && len(b.Cell(i, last-1)) == 0 {
				last--
			}
			row := GridRow{Number: b.Number(i), Cells: make([]string, last)}
			filled := 0
			for k := range last {
				if row.Cells[k] = cleanCell(b.Cell(i, k)); row.Cells[k] != "" {
					filled = k + 1
				}
			}
			if row.Cells = row.Cells[:filled]; filled > 0 {
				head = append(head, row)
			}
			if len(head) == rows {
				return false
			}
		}
		return true
	}
	var err error
	switch {
	case g.text != nil:
		err = g.text.head(keep)
	case g.book != nil:
		err = g.book.scan(g.ctx, s, allColumns(headColumns), true, func(b *Batch) error {
			if !keep(b) {
				return errEnough
			}
			return nil
		})
	default:
		return s.rows[:min(rows, len(s.rows))], nil
	}
	if err == errEnough {
		err = nil
	}
	return head, err
}

// headColumns is how many columns of a sheet are looked at.
const headColumns = 256

// errEnough ends a reading early.
var errEnough = errors.New("office: enough")

func allColumns(n int) []int {
	columns := make([]int, n)
	for i := range columns {
		columns[i] = i
	}
	return columns
}

// ErrMerged is returned by [ScanGrid] when it met, at the end of a sheet, cells merged over several rows, which a workbook tells
// no earlier: what was taken has to be thrown away, and the next reading fills them down.
var ErrMerged = errors.New("office: merged cells found at the end of the sheet; read it again")

// ScanGrid reads a sheet from its first row to its last. work turns a batch, with the wanted columns (from 0) cut out, into
// whatever the caller needs; several may run at once. take gets the results one by one in the order of the rows.
func ScanGrid[T any](g *Grid, sheet int, columns []int, work func(*Batch) (T, error), take func(T) error) error {
	s := &g.Sheets[sheet]
	one := func(b *Batch) error {
		v, err := work(b)
		if err != nil {
			return err
		}
		return take(v)
	}
	switch {
	case g.text != nil:
		return scanText(g.ctx, g.text, columns, work, take)
	case g.book != nil:
		return g.book.scan(g.ctx, s, columns, false, one)
	}
	var b Batch
	b.reset(len(columns))
	b.data = b.data[:0]
	for _, row := range s.rows {
		b.numbers = append(b.numbers, int32(row.Number))
		b.rows++
		for _, c := range columns {
			from := len(b.data)
			if c < len(row.Cells) {
				b.data = append(b.data, row.Cells[c]...)
			}
			b.cells = append(b.cells, extent{uint32(from), uint32(len(b.data))})
		}
	}
	return one(&b)
}

func gib(n int64) string { return fmt.Sprintf("%d GB", n>>30) }
