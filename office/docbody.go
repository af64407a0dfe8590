package office

import (
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// docBody collects the paragraphs of a .doc.
type docBody struct {
	f      *docFile
	out    []Paragraph
	tables int

	text   []byte
	bold   bool // text of that kind was met in the open paragraph
	plain  bool
	fields []field

	table *docGrid // the table being read, nil outside
}

// docLook is what the properties of a paragraph say.
type docLook struct {
	inTable, rowEnd bool
	depth           int // of tables in tables
	list, level     int
	outline         int
	centered        bool
	edges           []int  // of a row's cells, in twips
	cells           []byte // flags of a row's cells, 20 bytes each
}

// docGrid is a table while it is read. Its cells know their place only when all edges are known.
type docGrid struct {
	rows  []docGridRow
	cells int // of the open row
	from  int // where its paragraphs begin
}

type docGridRow struct {
	from, to int // its paragraphs
	look     docLook
}

// story reads the characters from one position of the text to another.
func (r *docBody) story(from, to int) error {
	for _, p := range r.f.pieces {
		if err := r.f.b.stopped(); err != nil {
			return err
		}
		if err := r.piece(p, max(from, p.from), min(to, p.to)); err != nil {
			return err
		}
	}
	if len(r.text) > 0 {
		if err := r.paragraph(0, 0); err != nil {
			return err
		}
	}
	r.closeTable()
	r.fields = nil
	return nil
}

func (r *docBody) piece(p piece, from, to int) error {
	var run formatRun
	var visible, bold bool
	next := -1 // where in main the run ends
	for cp := from; cp < to; cp++ {
		var c rune
		var at int
		if p.narrow {
			at = p.at + cp - p.from
			c = narrowRune(r.f.main[at])
		} else {
			at = p.at + 2*(cp-p.from)
			c = rune(r.f.u16(r.f.main, at))
			if utf16.IsSurrogate(c) && cp+1 < to {
				if pair := utf16.DecodeRune(c, rune(r.f.u16(r.f.main, at+2))); pair != utf8.RuneError {
					c = pair
					cp++
				}
			}
		}
		if next < 0 || at >= next {
			run, next = r.f.characters.span(at)
			visible, bold = r.f.tone(run, r.f.paragraphs.at(at).style)
		}
		if err := r.character(c, at, visible, bold); err != nil {
			return err
		}
		if c == '\r' || c == 0x07 || c == 0x0C {
			next = -1 // the next paragraph may have another style, whatever its characters say
		}
	}
	return nil
}

// span is at, with the position where the run ends.
func (f formatting) span(pos int) (formatRun, int) {
	i, _ := slices.BinarySearchFunc(f, pos+1, func(r formatRun, pos int) int { return r.from - pos })
	run, end := formatRun{}, int(^uint(0)>>1)
	if i > 0 {
		run = f[i-1]
	}
	if i < len(f) {
		end = f[i].from
	}
	return run, end
}

// The properties read here, by their codes in the file.
const (
	propDeleted   = 0x0800
	propBold      = 0x0835
	propHidden    = 0x083C
	propSymbol    = 0x6A09
	propInTable   = 0x2416
	propRowEnd    = 0x2417
	propDepth     = 0x6649
	propAlign     = 0x2461
	propAlignOld  = 0x2403
	propOutline   = 0x2640
	propListLevel = 0x260A
	propList      = 0x460B
	propRow       = 0xD608
)

// tone tells whether characters are shown and bold: their own properties over those of the paragraph's style.
func (f *docFile) tone(run formatRun, style int) (visible, bold bool) {
	below := f.style(style)
	bold, hidden, deleted := below.bold, below.hidden, false
	eachProperty(run.props, func(code int, operand []byte) {
		switch code {
		case propBold:
			bold = toggled(operand[0], below.bold)
		case propHidden:
			hidden = toggled(operand[0], below.hidden)
		case propDeleted:
			deleted = operand[0] != 0
		}
	})
	return !hidden && !deleted, bold
}

// look reads the properties of the paragraph at a position in main.
func (f *docFile) look(at int) docLook {
	run := f.paragraphs.at(at)
	l := f.style(run.style).look
	l.apply(f, run.props)
	if l.list >= 0xF801 { // the paragraph takes itself out of the list of its style
		l.list = 0
	}
	return l
}

// apply lays properties over a look.
func (l *docLook) apply(f *docFile, props []byte) {
	eachProperty(props, func(code int, operand []byte) {
		switch code {
		case propInTable:
			l.inTable = operand[0] != 0
		case propRowEnd:
			l.rowEnd = operand[0] != 0
		case propDepth:
			l.depth = f.u32(operand, 0)
		case propAlign, propAlignOld:
			l.centered = operand[0] == 1
		case propOutline:
			l.outline = int(operand[0])
		case propListLevel:
			l.level = min(int(operand[0]), listLevels-1)
		case propList:
			l.list = f.u16(operand, 0)
		case propRow:
			l.defineRow(f, operand)
		}
	})
}

// defineRow reads the edges and flags of a row's cells.
func (l *docLook) defineRow(f *docFile, operand []byte) {
	if len(operand) < 3 {
		return
	}
	l.edges, l.cells = nil, nil
	n := int(operand[2])
	edges, rest := operand[3:], []byte(nil)
	if len(edges) < 2*(n+1) {
		return
	}
	edges, rest = edges[:2*(n+1)], edges[2*(n+1):]
	for i := range n + 1 {
		l.edges = append(l.edges, int(int16(f.u16(edges, 2*i))))
	}
	l.cells = rest
}

// flags of a cell in its row's definition.
const (
	cellFirstMerged = 1 << 0
	cellMerged      = 1 << 1
	cellVertMerge   = 1 << 5
	cellVertRestart = 1 << 6
	cellFlagsSize   = 20
	gridTolerance   = 20 // twips: edges this close are one, as Word draws them
	maxTableCells   = 4096
)

func (l *docLook) flags(f *docFile, cell int) int { return f.u16(l.cells, cell*cellFlagsSize) }

// character takes one character of the text.
func (r *docBody) character(c rune, at int, visible, bold bool) error {
	switch c {
	case '\r', 0x07:
		return r.end(c, at, visible)
	case 0x0C: // a page or section break
		if len(r.text) == 0 {
			return nil
		}
		return r.paragraph(c, at)
	case 0x13:
		if len(r.fields) >= r.f.b.limits.Depth {
			return &Error{What: "文件里的域嵌套过深", Do: doSuspect}
		}
		r.fields = append(r.fields, field{})
		return nil
	case 0x14:
		if n := len(r.fields); n > 0 {
			r.fields[n-1].result = true
		}
		return nil
	case 0x15:
		r.endField()
		return nil
	}
	if !visible || r.inInstruction(c) {
		return nil
	}
	switch {
	case c == 0x0B || c == 0x0E:
		c = '\n'
	case c == 0x1E:
		c = '-'
	case c < ' ' && c != '\t' || c == 0x1F:
		return nil
	case c == '(':
		c = r.f.symbol(at)
	}
	if c == 0 {
		return nil
	}
	r.text = utf8.AppendRune(r.text, c)
	if c > ' ' && c != 0x3000 {
		r.bold, r.plain = r.bold || bold, r.plain || !bold
	}
	return r.f.b.line(len(r.text))
}

// inInstruction reports whether the text belongs to a field's instruction, and keeps the beginning of that.
func (r *docBody) inInstruction(c rune) bool {
	for i := range r.fields {
		if f := &r.fields[i]; !f.result {
			if len(f.instruction) < maxInstruction {
				f.instruction = utf8.AppendRune(f.instruction, c)
			}
			return true
		}
	}
	return false
}

func (r *docBody) endField() {
	n := len(r.fields)
	if n == 0 {
		return
	}
	f := r.fields[n-1]
	if r.fields = r.fields[:n-1]; !f.result {
		r.text = append(r.text, enclosed(string(f.instruction))...)
	}
}

// symbol returns what an opening bracket stands for where it is put in a symbol font.
func (f *docFile) symbol(at int) rune {
	c := '('
	eachProperty(f.characters.at(at).props, func(code int, operand []byte) {
		if code == propSymbol {
			c = symbol("", rune(f.u16(operand, 2)))
		}
	})
	return c
}

// end takes a paragraph or cell mark. A mark that a tracked change deletes joins its paragraph with the next.
func (r *docBody) end(c rune, at int, visible bool) error {
	if c == '\r' && !visible && !r.f.look(at).inTable {
		return nil
	}
	for i := range r.fields { // an instruction does not outlast its paragraph
		r.fields[i].result = true
	}
	return r.paragraph(c, at)
}

// paragraph puts out what was collected, as the paragraph that ends at a position in main.
func (r *docBody) paragraph(mark rune, at int) error {
	look := r.f.look(at)
	inTable := look.inTable || mark == 0x07 || look.depth > 0
	if !inTable {
		r.closeTable()
	} else if r.table == nil {
		r.tables++
		r.table = &docGrid{from: len(r.out)}
	}
	if inTable && mark == 0x07 && look.rowEnd && look.depth <= 1 {
		r.table.rows = append(r.table.rows, docGridRow{r.table.from, len(r.out), look})
		r.table.cells, r.table.from = 0, len(r.out)
		r.text = r.text[:0]
		return nil
	}
	if err := r.put(look, inTable); err != nil {
		return err
	}
	if inTable && mark == 0x07 {
		if r.table.cells++; r.table.cells > maxTableCells {
			return &Error{What: "Word 文档的表格一行超过 4096 格", Do: doSuspect}
		}
	}
	return nil
}

func (r *docBody) put(look docLook, inTable bool) error {
	body := string(r.text)
	label := ""
	if look.list > 0 {
		label = r.f.numbering.advance(look.list, look.level, &r.f.sheet)
	}
	if body == "" {
		label = strings.TrimRight(label, " ")
	}
	text := clean(label + body)
	p := Paragraph{Text: text, Numbered: utf8.RuneCountInString(label), Centered: look.centered, Bold: r.bold && !r.plain}
	if look.outline >= 0 && look.outline < 9 {
		p.Level = look.outline + 1
	}
	r.text, r.bold, r.plain = r.text[:0], false, false
	if inTable {
		if strings.TrimSpace(text) == "" {
			return nil
		}
		p.Cell = Cell{Table: r.tables, Row: len(r.table.rows) + 1, Col: r.table.cells + 1, Rows: 1, Cols: 1}
	}
	var err error
	r.out, err = r.f.b.add(r.out, p)
	return err
}

// closeTable turns the cells' places from the order in which they came into those on the grid that all edges of the table
// make, and joins merged cells.
func (r *docBody) closeTable() {
	t := r.table
	r.table = nil
	if t == nil {
		return
	}
	var grid []int
	for _, row := range t.rows {
		grid = append(grid, row.look.edges...)
	}
	slices.Sort(grid)
	grid = slices.CompactFunc(grid, func(edge, before int) bool { return edge-before <= gridTolerance })
	above := map[int][]int{} // by column: the paragraphs of the cell that a merge may continue
	for _, row := range t.rows {
		above = r.placeRow(row, grid, above)
	}
}

// placeRow places the cells of one row and returns those that the next row may continue.
func (r *docBody) placeRow(row docGridRow, grid []int, above map[int][]int) map[int][]int {
	look := row.look
	next := map[int][]int{}
	byCell := map[int][]int{}
	for i := row.from; i < row.to; i++ {
		cell := r.out[i].Cell.Col - 1
		byCell[cell] = append(byCell[cell], i)
	}
	for cell := 0; cell+1 < len(look.edges); cell++ {
		col, width := 1, 1
		if len(grid) > 0 {
			left, right := gridColumn(grid, look.edges[cell]), gridColumn(grid, look.edges[cell+1])
			flags := look.flags(r.f, cell)
			if flags&cellFirstMerged != 0 {
				for k := cell + 1; k+1 < len(look.edges) && look.flags(r.f, k)&cellMerged != 0; k++ {
					right = gridColumn(grid, look.edges[k+1])
				}
			}
			col, width = left+1, max(1, right-left)
		}
		flags := look.flags(r.f, cell)
		own := byCell[cell]
		if flags&cellVertMerge != 0 && flags&cellVertRestart == 0 && len(above[col]) > 0 {
			for _, i := range above[col] {
				r.out[i].Cell.Rows++
			}
			next[col] = above[col]
			continue
		}
		for _, i := range own {
			r.out[i].Cell.Col, r.out[i].Cell.Cols = col, width
		}
		if flags&cellVertRestart != 0 {
			next[col] = own
		}
	}
	return next
}

// gridColumn finds the grid line an edge lies on.
func gridColumn(grid []int, edge int) int {
	i, _ := slices.BinarySearch(grid, edge)
	if i == len(grid) || i > 0 && edge-grid[i-1] <= grid[i]-edge {
		i--
	}
	return i
}
