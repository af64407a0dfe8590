package office

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/richardlehane/mscfb"
	"golang.org/x/text/encoding/charmap"
)

// docFile is a Word 97–2003 document: its two streams and the tables that say what lies where. Offsets come from the file and
// are checked at every use; what lies outside reads as nothing.
type docFile struct {
	main  []byte // the stream WordDocument
	table []byte // 0Table or 1Table
	b     *budget

	pieces     []piece
	paragraphs formatting // by position in main
	characters formatting
	styles     []docStyle
	numbering  numbering
	sheet      styleSheet // empty: numbering asks one for what only docx has
}

// piece is a stretch of text that lies in one place: from and to count characters of the document, at is a byte offset in
// main. A document saved fast has many, out of order.
type piece struct {
	from, to int
	at       int
	narrow   bool // one byte for each character
}

// stories are the lengths of what follows each other in the text: body, footnotes, headers, macros, comments, endnotes, text
// boxes.
const (
	fibBody     = 0x4C
	fibBoxes    = 0x64
	fibClx      = 0x1A2
	fibStyles   = 0xA2
	fibChpx     = 0xFA
	fibPapx     = 0x102
	fibLists    = 0x2E2
	fibOverride = 0x2EA
)

// readDoc reads a Word 97–2003 document.
func readDoc(data []byte, b *budget) (Document, error) {
	doc := Document{Format: "doc"}
	f, err := openDoc(data, b)
	if err != nil {
		return doc, err
	}
	body := f.u32(f.main, fibBody)
	if body < 0 {
		return doc, damaged("Word 文档的长度不对", nil)
	}
	boxesFrom := body
	for at := fibBody + 4; at < fibBoxes; at += 4 {
		boxesFrom += max(0, f.u32(f.main, at))
	}
	r := docBody{f: f}
	if err := r.story(0, body); err != nil {
		return doc, err
	}
	if boxes := f.u32(f.main, fibBoxes); boxes > 1 {
		before := len(r.out)
		if err := r.story(boxesFrom, boxesFrom+boxes); err != nil {
			return doc, err
		}
		r.out = append(r.out[:before], slices.DeleteFunc(r.out[before:], func(p Paragraph) bool { return p.Text == "" })...)
		if len(r.out) > before {
			doc.Warnings = append(doc.Warnings, "文本框中的文字放在了正文之后，请核对它们的位置")
		}
	}
	if len(f.pieces) > 0 && len(r.out) == 0 {
		doc.Warnings = append(doc.Warnings, "文档里没有文字")
	}
	doc.Parts = []Part{{Name: bodyName, Paragraphs: r.out}}
	return doc, nil
}

// openDoc finds the streams and reads their tables.
func openDoc(data []byte, b *budget) (*docFile, error) {
	c, err := openCompound(bytes.NewReader(data))
	if err != nil {
		return nil, damaged("Word 97–2003 文档", err)
	}
	f := &docFile{b: b}
	if f.main, err = stream(c, "WordDocument", len(data)); err != nil {
		return nil, err
	}
	flags := f.u16(f.main, 0x0A)
	switch {
	case f.u16(f.main, 0) != 0xA5EC || len(f.main) < fibOverride+8:
		return nil, errOldWord
	case f.u16(f.main, 2) < 0xC1:
		return nil, errOldWord
	case flags&0x0100 != 0:
		return nil, encrypted("文件")
	}
	name := "0Table"
	if flags&0x0200 != 0 {
		name = "1Table"
	}
	if f.table, err = stream(c, name, len(data)); err != nil {
		return nil, err
	}
	if err := f.readPieces(); err != nil {
		return nil, err
	}
	f.paragraphs = f.readFormatting(fibPapx, paragraphRun)
	f.characters = f.readFormatting(fibChpx, characterRun)
	f.readDocStyles()
	f.readLists()
	return f, nil
}

// errOldWord marks a document of Word 95 or before, whose text lies differently.
var errOldWord = errors.New("word 95 or older")

// stream reads a stream by name.
func stream(c *mscfb.Reader, name string, most int) ([]byte, error) {
	entry := compoundStream(c, name)
	if entry == nil {
		return nil, damaged("Word 文档缺少 "+name, nil)
	}
	data, err := readStream(entry, most)
	if err != nil {
		return nil, damaged("Word 文档的 "+name+" 不完整", err)
	}
	return data, nil
}

// u16 and u32 read little-endian numbers; outside of b they are 0.
func (f *docFile) u16(b []byte, at int) int {
	if at < 0 || at+2 > len(b) {
		return 0
	}
	return int(binary.LittleEndian.Uint16(b[at:]))
}

func (f *docFile) u32(b []byte, at int) int {
	if at < 0 || at+4 > len(b) {
		return 0
	}
	return int(int32(binary.LittleEndian.Uint32(b[at:])))
}

// tablePart is the stretch of the table stream that a pair of numbers in the header names.
func (f *docFile) tablePart(at int) []byte {
	from, n := f.u32(f.main, at), f.u32(f.main, at+4)
	if from < 0 || n <= 0 || from > len(f.table) {
		return nil
	}
	return f.table[from:min(len(f.table), from+n)]
}

// readPieces reads the piece table.
func (f *docFile) readPieces() error {
	clx := f.tablePart(fibClx)
	for len(clx) > 3 && clx[0] == 1 { // formatting of pieces, not needed
		clx = clx[min(len(clx), 3+f.u16(clx, 1)):]
	}
	if len(clx) < 5 || clx[0] != 2 {
		return damaged("Word 文档的文字表不完整", nil)
	}
	plc := clx[5:]
	plc = plc[:clamp(f.u32(clx, 1), 0, len(plc))]
	n := (len(plc) - 4) / 12
	if n > maxRuns {
		return &Error{What: fmt.Sprintf("Word 文档的文字被分成 %d 段以上", maxRuns), Do: doResave}
	}
	for i := range n {
		from, to := f.u32(plc, 4*i), f.u32(plc, 4*i+4)
		at := f.u32(plc, 4*(n+1)+8*i+2)
		p := piece{from: from, to: to, at: at &^ (1 << 30)}
		width := 2
		if at&(1<<30) != 0 {
			p.narrow, width = true, 1
			p.at /= 2
		}
		if from < 0 || to < from || p.at < 0 || p.at+(to-from)*width > len(f.main) || i > 0 && from != f.pieces[i-1].to {
			return damaged(fmt.Sprintf("Word 文档的第 %d 段文字不在文件内", i+1), nil)
		}
		f.pieces = append(f.pieces, p)
	}
	// Every character lies somewhere in main: more of them than bytes means that pieces share their bytes.
	if n > 0 && f.pieces[n-1].to > len(f.main) {
		return &Error{What: "Word 文档的各段文字互相重叠", Do: doSuspect}
	}
	return nil
}

// narrowRune decodes a character of a narrow piece.
func narrowRune(c byte) rune { return charmap.Windows1252.DecodeByte(c) }

// formatRun says how a stretch of main is formatted, up to the next run's start.
type formatRun struct {
	from  int
	style int
	props []byte
}

// formatting is in order of position.
type formatting []formatRun

// at finds the run at a position in main.
func (f formatting) at(pos int) formatRun {
	i := sort.Search(len(f), func(i int) bool { return f[i].from > pos })
	if i == 0 {
		return formatRun{}
	}
	return f[i-1]
}

// maxRuns bounds the tables of pieces and formats. A document of a thousand pages has some ten thousand of each.
const maxRuns = 1 << 20

// readFormatting reads all pages of one kind of formatting. Every page of 512 bytes lists up to some hundred runs.
func (f *docFile) readFormatting(at int, decode func(page []byte, run, runs int) formatRun) formatting {
	plc := f.tablePart(at)
	n := (len(plc) - 4) / 8
	var all formatting
	seen := map[int]bool{}
	for i := range n {
		number := f.u32(plc, 4*(n+1)+4*i) & 0x3FFFFF
		if (number+1)*512 > len(f.main) || seen[number] || len(all) > maxRuns {
			continue
		}
		seen[number] = true
		page := f.main[number*512 : (number+1)*512]
		runs := int(page[511])
		if runs == 0 || 4*(runs+1) > 511 {
			continue
		}
		for k := range runs {
			run := decode(page, k, runs)
			run.from = f.u32(page, 4*k)
			all = append(all, run)
		}
		all = append(all, formatRun{from: f.u32(page, 4*runs)})
	}
	slices.SortStableFunc(all, func(a, b formatRun) int { return a.from - b.from })
	return all
}

// paragraphRun reads entry run of a page of paragraph formatting: style, then properties.
func paragraphRun(page []byte, run, runs int) formatRun {
	at := 4*(runs+1) + 13*run
	if at >= 511 || page[at] == 0 {
		return formatRun{}
	}
	at = 2 * int(page[at])
	if at >= 511 {
		return formatRun{}
	}
	n := 2*int(page[at]) - 1
	if at++; n < 0 {
		n = 2 * int(page[at])
		at++
	}
	if n < 2 || at+n > 511 {
		return formatRun{}
	}
	return formatRun{style: int(page[at]) | int(page[at+1])<<8, props: page[at+2 : at+n]}
}

// characterRun reads entry run of a page of character formatting.
func characterRun(page []byte, run, runs int) formatRun {
	at := 4*(runs+1) + run
	if at >= 511 || page[at] == 0 {
		return formatRun{}
	}
	at = 2 * int(page[at])
	if at >= 511 || at+1+int(page[at]) > 511 {
		return formatRun{}
	}
	return formatRun{props: page[at+1 : at+1+int(page[at])]}
}

// operandSizes are the bytes behind a property, by the three top bits of its code; 0 means that the first byte tells.
var operandSizes = [8]int{1, 1, 2, 4, 2, 2, 0, 3}

// eachProperty calls do for every property in props.
func eachProperty(props []byte, do func(code int, operand []byte)) {
	for len(props) >= 2 {
		code := int(props[0]) | int(props[1])<<8
		props = props[2:]
		n := operandSizes[code>>13]
		if n == 0 {
			if len(props) == 0 {
				return
			}
			n = 1 + int(props[0])
			if code == 0xD608 && len(props) > 1 { // a table's definition may be long; its length counts itself
				n = 1 + int(props[0]) + int(props[1])<<8
			}
		}
		if n > len(props) {
			return
		}
		do(code, props[:n])
		props = props[n:]
	}
}
