package office

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// readDocx reads a WordprocessingML document: its body, with the styles and lists it needs. Headers, footers, notes and
// comments are other parts of the file and stay unread.
func readDocx(a *archive) (Document, error) {
	doc := Document{Format: "docx"}
	main, err := a.mainPart("word/document.xml")
	if err != nil {
		return doc, err
	}
	related, err := a.relations(main)
	if err != nil {
		return doc, err
	}
	d := &docxReader{b: a.b}
	d.styles.styles = map[string]*style{}
	for _, r := range related {
		switch r.kind {
		case "styles":
			err = a.readPart(r.target, func(x *xmlReader) { d.styles = readStyles(x) })
		case "numbering":
			err = a.readPart(r.target, func(x *xmlReader) { d.numbering = readNumbering(x) })
		case "vbaProject":
			d.warn("文件带有宏，宏没有读入")
		}
		if err != nil {
			return doc, err
		}
	}
	err = a.readPart(main, d.document)
	if err != nil {
		return doc, err
	}
	if !d.body {
		return doc, damaged(main+" 没有正文", nil)
	}
	doc.Parts = []Part{{Name: bodyName, Paragraphs: d.out}}
	doc.Warnings = d.warnings
	return doc, nil
}

// bodyName is the name of the only part of a text document.
const bodyName = "正文"

// readPart walks one part. A part that is named but missing counts as empty, as Word takes it, unless it is the main one.
func (a *archive) readPart(name string, walk func(*xmlReader)) error {
	x, closer, err := a.xml(name)
	if err != nil {
		if !a.has(name) && !strings.Contains(name, "document") {
			return nil
		}
		return err
	}
	defer closer.Close()
	walk(x)
	for x.err == nil && x.next() != xmlDone { // to the end, where length and checksum are proved
	}
	return x.err
}

// docxReader collects the paragraphs of a document body.
type docxReader struct {
	b         *budget
	x         *xmlReader // the main part, to stop its reading
	styles    styleSheet
	numbering numbering
	warnings  []string

	out    []Paragraph
	body   bool
	tables int  // how many tables have begun
	cell   Cell // where the paragraphs now read stand

	text   []byte   // of the open paragraphs, the inner ones (text boxes) behind the outer
	fields []field  // open complex fields
	yield  int      // grows with everything read, to tell an empty branch
	joined *docPara // a paragraph whose mark is deleted: the next one goes on with it
}

// field is an open complex field: its instruction is not text, its result is.
type field struct {
	instruction []byte
	result      bool
}

func (d *docxReader) warn(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	for _, w := range d.warnings {
		if w == s {
			return
		}
	}
	d.warnings = append(d.warnings, s)
}

// document walks document.xml from its root.
func (d *docxReader) document(x *xmlReader) {
	d.x = x
	if !x.child() {
		return
	}
	for x.child() {
		if x.space == spaceWord && string(x.local) == "body" && !d.body {
			d.body = true
			d.blocks(x)
			continue
		}
		x.skip()
	}
}

// blocks reads paragraphs and tables until the current element ends.
func (d *docxReader) blocks(x *xmlReader) {
	d.blockList(x)
	d.flush()
}

func (d *docxReader) blockList(x *xmlReader) {
	for x.child() {
		d.block(x)
	}
}

// block reads one child of a body, a cell or a text box.
func (d *docxReader) block(x *xmlReader) {
	if x.space == spaceCompat && string(x.local) == "AlternateContent" {
		d.alternate(x, d.blockList)
		return
	}
	if x.space != spaceWord {
		x.skip()
		return
	}
	switch string(x.local) {
	case "p":
		d.paragraph(x)
	case "tbl":
		d.flush()
		d.table(x)
	case "sdt":
		d.control(x, d.blockList)
	case "ins", "moveTo", "customXml", "smartTag":
		d.blockList(x)
	case "altChunk", "subDoc":
		d.warn("文中插入的另一个文件没有读入，请把它的内容直接粘贴进来")
		x.skip()
	default:
		x.skip()
	}
}

// control reads the content of a content control. The one that holds the table of contents is left out: its lines repeat the
// headings.
func (d *docxReader) control(x *xmlReader, content func(*xmlReader)) {
	contents := false
	for x.child() {
		switch string(x.local) {
		case "sdtPr":
			contents = isContents(x)
		case "sdtContent":
			if contents {
				d.warn(warnContents)
				x.skip()
				continue
			}
			content(x)
		default:
			x.skip()
		}
	}
}

const warnContents = "文件的目录没有读入"

func isContents(x *xmlReader) bool {
	found := false
	for x.child() {
		if string(x.local) != "docPartObj" {
			x.skip()
			continue
		}
		for x.child() {
			if string(x.local) == "docPartGallery" && string(x.attr("val")) == "Table of Contents" {
				found = true
			}
			x.skip()
		}
	}
	return found
}

// alternate reads one branch of an AlternateContent: the first choice that yields something, or else the fallback. Both hold
// the same words for programs of different age.
func (d *docxReader) alternate(x *xmlReader, content func(*xmlReader)) {
	done := false
	for x.child() {
		if done || x.space != spaceCompat {
			x.skip()
			continue
		}
		before := d.yield
		content(x)
		done = d.yield > before
	}
}

// textBox reads the paragraphs of a text box. They follow the paragraph the box is anchored in.
func (d *docxReader) textBox(x *xmlReader, boxes *[]Paragraph) {
	out, joined, fields := d.out, d.joined, d.fields
	d.out, d.joined, d.fields = nil, nil, nil
	d.blocks(x)
	*boxes = append(*boxes, d.out...)
	d.out, d.joined, d.fields = out, joined, fields
}

// table reads a table row by row.
func (d *docxReader) table(x *xmlReader) {
	outer := d.cell
	d.tables++
	t := docTable{number: d.tables}
	d.tableRows(x, &t)
	t.close(d.out, nil)
	d.cell = outer
}

// docTable is a table while it is read.
type docTable struct {
	number int
	row    int
	merged []span // cells of the last row that the next row may continue
}

// span is a cell that may grow downwards, and the paragraphs it put out.
type span struct {
	col, rows int
	from, to  int
	starts    bool // the cell is marked as the start of a vertical merge
}

// close writes the final heights of the merged cells that the row in next does not continue. Both rows are in column order.
func (t *docTable) close(out []Paragraph, next []span) {
	for _, s := range t.merged {
		for len(next) > 0 && next[0].col < s.col {
			next = next[1:]
		}
		continued := len(next) > 0 && next[0].col == s.col && next[0].rows > s.rows
		if continued || s.rows == 1 {
			continue
		}
		for i := s.from; i < s.to; i++ {
			if out[i].Cell.Table == t.number {
				out[i].Cell.Rows = s.rows
			}
		}
	}
}

func (d *docxReader) tableRows(x *xmlReader, t *docTable) {
	for x.child() {
		if x.space == spaceCompat {
			d.alternate(x, func(x *xmlReader) { d.tableRows(x, t) })
			continue
		}
		switch string(x.local) {
		case "tr":
			d.tableRow(x, t)
		case "sdt":
			d.control(x, func(x *xmlReader) { d.tableRows(x, t) })
		case "ins", "moveTo", "customXml":
			d.tableRows(x, t)
		default:
			x.skip()
		}
	}
}

// maxColumns is far above Word's own 63 and far below what makes arithmetic dangerous.
const maxColumns = 4096

func (d *docxReader) tableRow(x *xmlReader, t *docTable) {
	t.row++
	r := docRow{col: 1}
	d.tableCells(x, t, &r)
	if r.deleted {
		t.row--
		return
	}
	t.close(d.out, r.spans)
	t.merged = r.spans
}

// docRow is a table row while it is read.
type docRow struct {
	col     int // of the next cell, counted on the table's grid
	spans   []span
	deleted bool // as a tracked change
}

func (d *docxReader) tableCells(x *xmlReader, t *docTable, r *docRow) {
	for x.child() {
		if x.space == spaceCompat {
			d.alternate(x, func(x *xmlReader) { d.tableCells(x, t, r) })
			continue
		}
		switch string(x.local) {
		case "trPr":
			for x.child() {
				switch string(x.local) {
				case "gridBefore":
					r.col += d.columns(x, t, r, x.attr("val"))
				case "del":
					r.deleted = true
				}
				x.skip()
			}
		case "tc":
			if r.deleted {
				x.skip()
				continue
			}
			d.tableCell(x, t, r)
		case "sdt":
			d.control(x, func(x *xmlReader) { d.tableCells(x, t, r) })
		case "ins", "moveTo", "customXml":
			d.tableCells(x, t, r)
		default:
			x.skip()
		}
	}
}

// columns reads a number of grid columns and fails when the row would become absurdly wide.
func (d *docxReader) columns(x *xmlReader, t *docTable, r *docRow, val []byte) int {
	n := 0
	if val != nil {
		n = max(0, integer(val, maxColumns+1))
	}
	if r.col+n > maxColumns {
		x.fail(&Error{What: fmt.Sprintf("第 %d 个表格第 %d 行声明了 %d 列，超过 %d 列", t.number, t.row, r.col+n, maxColumns), Do: doSuspect})
		return 0
	}
	return n
}

func (d *docxReader) tableCell(x *xmlReader, t *docTable, r *docRow) {
	s := span{col: r.col, rows: 1, from: len(d.out)}
	width, above, dropped := 1, -1, false // above is the index of the cell this one continues
	for x.child() {
		if x.space == spaceWord && string(x.local) == "tcPr" {
			merge := ""
			for x.child() {
				switch string(x.local) {
				case "gridSpan":
					width = max(1, d.columns(x, t, r, x.attr("val")))
				case "vMerge":
					if merge = string(x.attr("val")); merge == "" {
						merge = "continue"
					}
				case "hMerge": // an older way to say gridSpan: the cells that continue are still there
					if string(x.attr("val")) != "restart" && len(r.spans) > 0 {
						dropped = true
						r.spans[len(r.spans)-1].widen(d.out, t.number)
					}
				case "cellDel":
					dropped = true
				}
				x.skip()
			}
			s.starts = merge == "restart"
			if merge == "continue" {
				above = t.above(s.col)
			}
			continue
		}
		if above >= 0 || dropped {
			x.skip()
			continue
		}
		d.cell = Cell{Table: t.number, Row: t.row, Col: s.col, Rows: 1, Cols: width}
		d.block(x)
	}
	d.flush()
	d.columns(x, t, r, nil) // the cell's own column may be the one too many
	s.to = len(d.out)
	if above >= 0 {
		s = t.merged[above]
		s.rows++
	}
	r.col += width
	r.spans = append(r.spans, s)
}

// above finds the cell of the last row that a continuing cell belongs to, -1 if there is none.
func (t *docTable) above(col int) int {
	i, found := slices.BinarySearchFunc(t.merged, col, func(s span, col int) int { return cmp.Compare(s.col, col) })
	if !found || !t.merged[i].starts {
		return -1
	}
	return i
}

// widen lets a cell cover one more column.
func (s span) widen(out []Paragraph, table int) {
	for i := s.from; i < s.to; i++ {
		if out[i].Cell.Table == table {
			out[i].Cell.Cols++
		}
	}
}
