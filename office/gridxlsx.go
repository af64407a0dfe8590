package office

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// gridBook is a workbook that is read by looking for cells in the bytes of a sheet, without a parser of XML: about ten times
// faster. What no spreadsheet program writes there (comments, CDATA, document types) makes it step aside for the parser.
type gridBook struct {
	a       *archive
	w       *workbook
	strings sharedStrings
}

// errUnusual says that a sheet needs a parser of XML.
var errUnusual = errors.New("office: unusual xml")

// openBook reads all of a workbook but its sheets. It returns nil for what is no workbook.
func openBook(ctx context.Context, a *archive, main string) (*Grid, error) {
	related, err := a.relations(main)
	if err != nil {
		return nil, err
	}
	w := &workbook{a: a}
	if err := a.readPart(main, w.readWorkbook); err != nil {
		return nil, err
	}
	if len(w.sheets) == 0 {
		return nil, nil
	}
	book := &gridBook{a: a, w: w}
	g := &Grid{Format: "xlsx", ctx: ctx, book: book}
	for _, r := range related {
		switch r.kind {
		case "sharedStrings":
			if err := book.readStrings(r.target); err != nil {
				return nil, err
			}
		case "styles":
			if err := a.readPart(r.target, w.readStyles); err != nil {
				return nil, err
			}
		}
	}
	for _, entry := range w.sheets {
		if r, known := related[entry.rel]; known && r.kind == "worksheet" && a.has(r.target) {
			g.Sheets = append(g.Sheets, GridSheet{Name: entry.name, Hidden: entry.hidden, part: r.target})
		}
	}
	if len(g.Sheets) == 0 {
		return nil, damaged("没有工作表", nil)
	}
	return g, nil
}

// sharedStrings are the texts of a workbook that cells refer to by number, one behind the other.
type sharedStrings struct {
	text []byte
	ends []uint32
}

func (s *sharedStrings) at(i int) ([]byte, bool) {
	if i < 0 || i >= len(s.ends) {
		return nil, false
	}
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.text[from:s.ends[i]], true
}

// readStrings reads the table of shared strings: in a hurry, or with care if that fails.
func (b *gridBook) readStrings(part string) error {
	err := b.inflated(part, "si>", func(piece []byte) error {
		for {
			if plain, rest, ok := plainText(piece, "<si><t>", "</t></si>"); ok { // nearly all
				if err := b.addString(plain); err != nil {
					return err
				}
				piece = rest
				continue
			}
			i := bytes.IndexByte(piece, '<')
			if i < 0 {
				return nil
			}
			piece = piece[i:]
			end := bytes.IndexByte(piece, '>')
			if end < 0 {
				return nil
			}
			name := tagName(piece[1:end])
			rest := piece[end+1:]
			switch {
			case piece[1] == '!':
				return errUnusual
			case string(name) == "si":
				item := rest[:0]
				if piece[end-1] != '/' {
					close := closing(rest, piece[1:end], name)
					if close < 0 {
						return errUnusual
					}
					item, rest = rest[:close], rest[close:]
				}
				if err := b.addItem(item); err != nil {
					return err
				}
			}
			piece = rest
		}
	})
	if err != errUnusual {
		return err
	}
	b.strings = sharedStrings{}
	if err := b.a.readPart(part, b.w.readStrings); err != nil {
		return err
	}
	for _, s := range b.w.strings {
		b.strings.text = append(b.strings.text, s...)
		b.strings.ends = append(b.strings.ends, uint32(len(b.strings.text)))
	}
	b.w.strings = nil
	return nil
}

// addString appends a text to the shared strings.
func (b *gridBook) addString(raw []byte) error {
	b.strings.text = appendXMLText(b.strings.text, raw)
	return b.endString()
}

// addItem appends a string item that may have several runs.
func (b *gridBook) addItem(item []byte) error {
	b.strings.text = appendTexts(b.strings.text, item)
	return b.endString()
}

func (b *gridBook) endString() error {
	if len(b.strings.text) > gridLimits.Text {
		return &Error{What: fmt.Sprintf("文件的文字超过 %s", size(int64(gridLimits.Text))), Do: doSplit}
	}
	b.strings.ends = append(b.strings.ends, uint32(len(b.strings.text)))
	return nil
}

// plainText takes a text from between two marks that a piece begins with, if there is no other tag between them.
func plainText(piece []byte, before, after string) (text, rest []byte, ok bool) {
	if len(piece) < len(before) || string(piece[:len(before)]) != before {
		return nil, piece, false
	}
	text = piece[len(before):]
	n := bytes.IndexByte(text, '<')
	if n < 0 || len(text) < n+len(after) || string(text[n:n+len(after)]) != after {
		return nil, piece, false
	}
	return text[:n], text[n+len(after):], true
}

// inflated hands out a part in pieces that end behind the given end of a tag, and at last what is left.
func (b *gridBook) inflated(part, mark string, use func([]byte) error) error {
	f := b.a.parts[lower(part)]
	if f == nil {
		return damaged("缺少 "+part, nil)
	}
	if f.Flags&1 != 0 {
		return encrypted("压缩包")
	}
	r, err := f.Open()
	if err != nil {
		return damaged(part+" 打不开", err)
	}
	defer r.Close()
	in := &inflating{r: r, b: b.a.b, part: part}
	type piece struct {
		data []byte
		err  error
	}
	pieces, spare, stop := make(chan piece, 2), make(chan []byte, 4), make(chan struct{})
	defer func() { // the archive must not be read any more when this returns
		close(stop)
		for range pieces {
		}
	}()
	go func() { // inflating takes longer than looking for cells, and there are two processors even on an old PC
		defer close(pieces)
		var carry []byte
		for first := true; ; first = false {
			var buffer []byte
			select {
			case buffer = <-spare:
			default:
				buffer = make([]byte, chunkSize)
			}
			used := copy(buffer, carry)
			if used < len(carry) {
				buffer = append(buffer[:0], carry...)
				used = len(carry)
				buffer = append(buffer, make([]byte, chunkSize)...)
			}
			end, failed := 0, error(nil)
			for end == 0 && failed == nil {
				if used == len(buffer) {
					if len(buffer) > 64<<20 {
						failed = &Error{What: part + " 里有太长的一段", Do: doSuspect}
						break
					}
					buffer = append(buffer, make([]byte, len(buffer))...)
				}
				var n int
				n, failed = io.ReadFull(in, buffer[used:])
				used += n
				if first && failed != nil || !first || used >= 1024 {
					end = lastEnd(buffer[:used], mark)
				}
			}
			done := failed == io.EOF || failed == io.ErrUnexpectedEOF
			if done {
				failed, end = nil, used
			}
			carry = append(carry[:0], buffer[end:used]...)
			select {
			case pieces <- piece{buffer[:end], failed}:
			case <-stop:
				return
			}
			if done || failed != nil {
				return
			}
		}
	}()
	for p := range pieces {
		if p.err != nil {
			return p.err
		}
		if bytes.HasPrefix(p.data, []byte("\xFF\xFE")) || bytes.HasPrefix(p.data, []byte("\xFE\xFF")) || declaredGB.Match(p.data[:min(len(p.data), 100)]) {
			return errUnusual
		}
		if err := use(p.data); err != nil {
			return err
		}
		select {
		case spare <- p.data[:cap(p.data)]:
		default:
		}
	}
	return nil
}

// lastEnd is where the last tag that closes with mark ends, in "</row>" as in "</x:row>"; 0 if there is none.
func lastEnd(b []byte, mark string) int {
	for end := len(b); ; {
		i := bytes.LastIndex(b[:end], []byte(mark))
		if i < 0 {
			return 0
		}
		for j := i - 1; j >= 0 && i-j < 40; j-- {
			if b[j] == '/' && j > 0 && b[j-1] == '<' {
				return i + len(mark)
			}
			if b[j] == '<' || b[j] == '>' || b[j] == ' ' {
				break
			}
		}
		end = i
	}
}

func lower(name string) string { return string(bytes.ToLower([]byte(name))) }

// tagName is the local name in the inside of a tag.
func tagName(tag []byte) []byte {
	from := 0
	for i, c := range tag {
		switch {
		case c == ':':
			from = i + 1
		case c <= ' ' || c == '/' && i > 0:
			return tag[from:i]
		}
	}
	return tag[from:]
}

// closing finds where the end tag of an element begins whose start tag and local name are given.
func closing(b, tag, name []byte) int {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("</"))
		if i < 0 {
			return -1
		}
		i += from
		end := bytes.IndexByte(b[i:], '>')
		if end < 0 {
			return -1
		}
		if bytes.Equal(tagName(b[i+2:i+end]), name) {
			return i
		}
		from = i + end
	}
}

// appendTexts appends the texts of a string item, run by run; the reading aids of rPh are left out.
func appendTexts(dst, item []byte) []byte {
	for {
		i := bytes.IndexByte(item, '<')
		if i < 0 {
			return dst
		}
		item = item[i:]
		end := bytes.IndexByte(item, '>')
		if end < 0 {
			return dst
		}
		name := tagName(item[1:end])
		closed := item[end-1] == '/'
		tag := item[1:end]
		item = item[end+1:]
		switch {
		case string(name) == "rPh" && !closed:
			n := closing(item, tag, name)
			if n < 0 {
				return dst
			}
			item = item[n:]
		case string(name) == "t" && !closed && tag[0] != '/':
			n := bytes.IndexByte(item, '<')
			if n < 0 {
				n = len(item)
			}
			dst = appendXMLText(dst, item[:n])
			item = item[n:]
		}
	}
}

// appendXMLText appends text with its entities replaced, and without what no cell shows.
func appendXMLText(dst, raw []byte) []byte {
	if bytes.IndexByte(raw, '&') < 0 && bytes.IndexByte(raw, '_') < 0 {
		return append(dst, raw...)
	}
	text := make([]byte, 0, len(raw))
	for {
		amp := bytes.IndexByte(raw, '&')
		if amp < 0 {
			break
		}
		text = append(text, raw[:amp]...)
		raw = raw[amp+1:]
		end := bytes.IndexByte(raw, ';')
		if end < 1 || end > 12 {
			text = append(text, '&')
			continue
		}
		name := raw[:end]
		raw = raw[end+1:]
		if name[0] == '#' {
			text = utf8.AppendRune(text, charRef(name[1:]))
		} else if r, ok := entities[string(name)]; ok {
			text = utf8.AppendRune(text, r)
		}
	}
	text = append(text, raw...)
	if bytes.Contains(text, []byte("_x")) {
		return append(dst, unescapeCell(string(text))...)
	}
	return append(dst, text...)
}

// scan reads a sheet. A reading that is over early does not ask for merged cells.
func (b *gridBook) scan(ctx context.Context, s *GridSheet, columns []int, early bool, use func(*Batch) error) error {
	r := gridRows{book: b, sheet: s, wanted: newWanted(columns), use: use}
	for _, m := range s.merges {
		r.filled = append(r.filled, fill{cellRange: m})
	}
	slices.SortStableFunc(r.filled, func(a, b fill) int { return a.top - b.top })
	err := b.inflated(s.part, "row>", func(piece []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return r.piece(piece)
	})
	if err == errUnusual && r.last == 0 {
		return b.scanCarefully(ctx, s, columns, use)
	}
	if err == errUnusual {
		return damaged(s.part+" 的内容不寻常", nil)
	}
	if err != nil {
		return err
	}
	if !s.merged && !early {
		s.merged = true
		s.merges = r.merges
		for _, m := range r.merges {
			if m.bottom > m.top && m.top > 1 {
				return ErrMerged
			}
		}
	}
	return nil
}

// scanCarefully reads a sheet with the parser of XML.
func (b *gridBook) scanCarefully(ctx context.Context, s *GridSheet, columns []int, use func(*Batch) error) error {
	for i := range b.strings.ends {
		text, _ := b.strings.at(i)
		b.w.strings = append(b.w.strings, string(text))
	}
	defer func() { b.w.strings = nil }()
	read := sheet{w: b.w, entry: sheetEntry{name: s.Name}, number: 1}
	if err := b.a.readPart(s.part, read.read); err != nil {
		return read.locate(err)
	}
	part, err := read.part()
	if err != nil {
		return err
	}
	g, err := documentGrid(ctx, Document{Format: "xlsx", Parts: []Part{part}})
	if err != nil {
		return nil // an empty sheet
	}
	return ScanGrid(g, 0, columns, func(b *Batch) (struct{}, error) { return struct{}{}, use(b) }, func(struct{}) error { return nil })
}

// gridRows takes rows out of the bytes of a sheet.
type gridRows struct {
	book   *gridBook
	sheet  *GridSheet
	wanted wanted
	use    func(*Batch) error
	batch  Batch
	last   int // number of the row last read
	merges []cellRange
	filled []fill
}

// fill is a range of merged cells and the text of its first.
type fill struct {
	cellRange
	text []byte
}

// piece reads the rows of some bytes, and behind the last row the merged ranges.
func (r *gridRows) piece(data []byte) error {
	b := &r.batch
	b.reset(r.wanted.width)
	b.data = b.data[:0]
	for {
		i := bytes.IndexByte(data, '<')
		if i < 0 {
			break
		}
		data = data[i+1:]
		end := bytes.IndexByte(data, '>')
		if end < 0 {
			break
		}
		tag := data[:end]
		data = data[end+1:]
		if end > 0 && tag[0] == '!' {
			return errUnusual
		}
		switch name := tagName(tag); string(name) {
		case "row":
			rest, err := r.row(tag, data)
			if err != nil {
				return err
			}
			data = rest
		case "mergeCell":
			from, to, _ := bytes.Cut(attribute(tag, "ref"), []byte{':'})
			top, left, ok := reference(from)
			bottom, right, ok2 := reference(to)
			if ok && ok2 && bottom > top && right >= left && bottom <= maxRows && right <= maxCols && len(r.merges) < 400_000 {
				r.merges = append(r.merges, cellRange{top, left, bottom, right})
			}
		}
	}
	if b.rows == 0 {
		return nil
	}
	return r.use(b)
}

// attribute finds an attribute of a tag by its whole name.
func attribute(tag []byte, name string) []byte {
	for rest := tag; ; {
		i := bytes.IndexByte(rest, '=')
		if i < 0 || i+1 >= len(rest) {
			return nil
		}
		key := bytes.TrimRight(rest[:i], " ")
		if j := bytes.LastIndexAny(key, " \t\r\n"); j >= 0 {
			key = key[j+1:]
		}
		quote := rest[i+1]
		end := bytes.IndexByte(rest[i+2:], quote)
		if quote != '"' && quote != '\'' || end < 0 {
			return nil
		}
		value := rest[i+2 : i+2+end]
		if string(key) == name {
			return value
		}
		rest = rest[i+3+end:]
	}
}

// row reads the row that begins with a tag, and returns what comes behind it.
func (r *gridRows) row(tag, rest []byte) ([]byte, error) {
	number := r.last + 1
	if n := attribute(tag, "r"); n != nil {
		number = integer(n, 0)
	}
	if number <= r.last || number > maxRows {
		return nil, &Error{What: fmt.Sprintf("第 %d 行附近的行号不对", r.last), Do: doSuspect}
	}
	r.last = number
	b := &r.batch
	b.numbers = append(b.numbers, int32(number))
	b.rows++
	base := len(b.cells)
	for range r.wanted.width {
		b.cells = append(b.cells, extent{})
	}
	out := b.cells[base:]
	column := 0
	for open := tag[len(tag)-1] != '/'; open; {
		i := bytes.IndexByte(rest, '<')
		if i < 0 {
			return nil, errUnusual
		}
		rest = rest[i+1:]
		end := bytes.IndexByte(rest, '>')
		if end < 1 {
			return nil, errUnusual
		}
		tag := rest[:end]
		rest = rest[end+1:]
		if tag[0] == '!' {
			return nil, errUnusual
		}
		if tag[0] == '/' {
			open = string(tagName(tag[1:])) != "row"
			continue
		}
		if name := tagName(tag); len(name) != 1 || name[0] != 'c' {
			continue
		}
		column++
		ref, style, kind := cellAttributes(tag)
		if ref != nil {
			if _, c, ok := reference(ref); ok {
				column = c
			}
		}
		if tag[end-1] == '/' {
			continue
		}
		place := -1
		if column > 0 && column <= len(r.wanted.at) {
			place = int(r.wanted.at[column-1])
		}
		from := len(b.data)
		var err error
		if rest, err = r.cell(tag, rest, style, kind, place >= 0); err != nil {
			return nil, err
		}
		if place >= 0 {
			out[place] = extent{uint32(from), uint32(len(b.data))}
		}
	}
	if len(r.filled) > 0 {
		r.fillDown(number, out)
	}
	return rest, nil
}

// cell reads a cell up to its end tag, appends its text to the data of the batch if it is wanted, and returns what comes behind.
func (r *gridRows) cell(tag, rest, style, kind []byte, wanted bool) ([]byte, error) {
	b := &r.batch
	inline := string(kind) == "inlineStr"
	before, after := "<v>", "</v></c>"
	if inline {
		before, after = "<is><t>", "</t></is></c>"
	}
	if raw, behind, ok := plainText(rest, before, after); ok {
		switch {
		case !wanted:
		case inline:
			b.data = appendXMLText(b.data, raw)
		default:
			return behind, r.value(raw, style, kind)
		}
		return behind, nil
	}
	n := bytes.Index(rest, []byte("</c>"))
	if n < 0 {
		if n = closing(rest, tag, tagName(tag)); n < 0 {
			return nil, errUnusual
		}
	}
	content, behind := rest[:n], rest[n:]
	if inline && wanted {
		b.data = appendTexts(b.data, content)
	}
	if inline || !wanted {
		return behind, nil
	}
	for { // <v>, behind <f>…</f> perhaps
		i := bytes.IndexByte(content, '<')
		if i < 0 {
			return behind, nil
		}
		end := bytes.IndexByte(content[i:], '>')
		if end < 0 {
			return behind, nil
		}
		tag := content[i+1 : i+end]
		content = content[i+end+1:]
		if len(tag) > 0 && tag[0] == '!' {
			return nil, errUnusual
		}
		if string(tagName(tag)) == "v" && tag[0] != '/' && tag[len(tag)-1] != '/' {
			break
		}
	}
	if n := bytes.IndexByte(content, '<'); n >= 0 {
		content = content[:n]
	}
	return behind, r.value(content, style, kind)
}

// cellAttributes reads the three attributes of a cell in one pass.
func cellAttributes(tag []byte) (ref, style, kind []byte) {
	for i := 2; i+2 < len(tag); i++ {
		if tag[i] != '=' || tag[i-2] > ' ' {
			continue
		}
		end := bytes.IndexByte(tag[i+2:], tag[i+1])
		if end < 0 {
			return
		}
		value := tag[i+2 : i+2+end]
		switch tag[i-1] {
		case 'r':
			ref = value
		case 's':
			style = value
		case 't':
			kind = value
		}
		i += 2 + end
	}
	return
}

// value appends what a value stands for to the data of the batch.
func (r *gridRows) value(raw, style, kind []byte) error {
	b := &r.batch
	switch string(kind) {
	case "s":
		text, ok := r.book.strings.at(integer(raw, -1))
		if !ok {
			return damaged(fmt.Sprintf("第 %d 行有单元格的文字不在字符串表中", r.last), nil)
		}
		b.data = append(b.data, text...)
	case "str", "e":
		b.data = appendXMLText(b.data, raw)
	case "b":
		if truth(raw) {
			b.data = append(b.data, "TRUE"...)
		} else {
			b.data = append(b.data, "FALSE"...)
		}
	case "d":
		b.data = append(b.data, isoDate(string(raw))...)
	default:
		b.data = r.number(b.data, raw, style)
	}
	return nil
}

// number words a number: a date as a date, all else with every digit that is left. How many decimals the cell shows is of no
// matter to whoever calculates.
func (r *gridRows) number(dst, raw, style []byte) []byte {
	var format *numberFormat
	if i := integer(style, -1); i >= 0 && i < len(r.book.w.styles) {
		format = &r.book.w.styles[i].format
	}
	if plain := format == nil || format.kind != formatDate && format.digits < 2; plain && len(raw) <= 15 && wholeNumber(raw) {
		return append(dst, raw...)
	}
	v, err := strconv.ParseFloat(string(bytes.TrimSpace(raw)), 64)
	if err != nil {
		return appendXMLText(dst, raw)
	}
	if format != nil && (format.kind == formatDate || format.digits > 1) {
		return append(dst, format.show(v, r.book.w.date1904)...)
	}
	return append(dst, plainNumber(v)...)
}

// fillDown gives the cells of merged ranges the text of their first.
func (r *gridRows) fillDown(row int, out []extent) {
	b := &r.batch
	for i := range r.filled {
		f := &r.filled[i]
		if row < f.top {
			break
		}
		if row > f.bottom || f.left > len(r.wanted.at) || r.wanted.at[f.left-1] < 0 {
			continue
		}
		cell := &out[r.wanted.at[f.left-1]]
		if row == f.top {
			f.text = append(f.text[:0], b.data[cell.from:cell.to]...)
			continue
		}
		from := len(b.data)
		b.data = append(b.data, f.text...)
		*cell = extent{uint32(from), uint32(len(b.data))}
	}
	for len(r.filled) > 0 && r.filled[0].bottom < row {
		r.filled = r.filled[1:]
	}
}
