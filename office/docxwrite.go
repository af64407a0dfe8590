package office

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Paper is an official paper (公文) to be written by [WriteDocx] in the form of GB/T 9704-2012: A4, type area 156 × 225 mm,
// 22 lines of 28 characters, 3号仿宋. Parts without content leave no trace.
type Paper struct {
	Title     string  // broken into balanced lines; '\n' where the author wants the break
	Number    string  // 发文字号, centred below the title: 栖禾巡改提〔2026〕7号
	To        string  // 主送机关, with or without its colon
	Blocks    []Block // the text
	Sign      string  // 发文机关署名
	Date      string  // 成文日期 as it is to stand there: 2026年4月16日
	Copies    string  // 抄送, between two rules at the end
	Sealed    bool    // a seal will be pressed over Sign and Date, which moves them to the left
	Landscape bool    // the paper itself; an annex has its own
	Annexes   []Annex // listed below the text (附件说明), then each from a new page on
	Corner    Corner  // of the last page
	Header    string  // small print at the head of every page

	Subject, Author string
	Created         time.Time // goes into the file's properties; the zero time is the year 1980, never now
}

// Corner is small print in the lower left corner of a paper's last page. It stands below the type area and the page number, so that it
// moves nothing of the paper and takes no page of its own.
type Corner struct {
	Picture []byte   // PNG of a square, printed 18 mm wide; empty for none
	Name    string   // what the picture shows, for who cannot see it
	Lines   []string // beside it: at most three, in print of 9 points
}

// Annex is an attachment of a paper, bound together with it. Its label 附件1 comes from its place.
type Annex struct {
	Title     string
	Landscape bool
	Blocks    []Block
}

// Block is a piece of a paper: [Heading], [Para], [Line] or [Table].
type Block interface {
	writeDocx(*docxWriter) error
}

// Heading is a heading of level 1 (一、 黑体), 2 （一） 楷体, 3 (1． 仿宋) or 4 （1） 仿宋. Its number is part of its text.
type Heading struct {
	Level int
	Text  string
}

// Para is a paragraph of the text, its first line indented by two characters. A '\n' in a run begins another paragraph.
type Para []Run

// Run is a piece of a paragraph in one face.
type Run struct {
	Text string
	Bold bool
	Face Face
}

// Face is a typeface of official papers.
type Face int

const (
	FangSong Face = iota // 仿宋, the face of the text
	KaiTi                // 楷体
	SimHei               // 黑体
)

// Line is one line of small print above or below a table, such as the unit that fills it in on the left and the date on the
// right.
type Line struct{ Left, Right string }

// Text makes a paragraph in one face.
func Text(text string) Para { return Para{{Text: text}} }

// Length counts the characters of the paper without its annexes and without white space, as the limits on the length of
// papers (5000, for special work 4000) count them.
func (p Paper) Length() int {
	n := 0
	count := func(texts ...string) {
		for _, text := range texts {
			n += utf8.RuneCountInString(strings.Join(strings.Fields(text), ""))
		}
	}
	count(p.Title, p.Number, p.To, p.Sign, p.Date, p.Copies)
	for _, block := range p.Blocks {
		switch b := block.(type) {
		case Heading:
			count(b.Text)
		case Para:
			for _, run := range b {
				count(run.Text)
			}
		case Line:
			count(b.Left, b.Right)
		case Table:
			for _, row := range append(b.header(), b.Rows...) {
				for _, cell := range row.Cells {
					count(cell.Text)
				}
			}
		}
	}
	return n
}

// WriteDocx writes a paper as a docx. The same paper gives the same bytes.
func WriteDocx(w io.Writer, p Paper) error {
	d := &docxWriter{page: portrait, headed: p.Header != ""}
	if p.Landscape {
		d.page = landscape
	}
	if err := d.paper(p); err != nil {
		return err
	}
	for i, annex := range p.Annexes {
		if err := d.annex(annex, i+1, len(p.Annexes)); err != nil {
			return fmt.Errorf("office: annex %d: %w", i+1, err)
		}
	}
	d.closeTable()
	d.corner(p.Corner)
	d.section(&d.body)
	file := newPackage(w)
	if err := file.add(docxParts(p, d.body.Bytes())); err != nil {
		return err
	}
	return file.Close()
}

// docxWriter builds the body of word/document.xml.
type docxWriter struct {
	body    bytes.Buffer
	page    docxPage
	begin   int  // where the last paragraph begins
	head    int  // where the properties of the last paragraph begin, after its style
	seam    int  // where they end and a section's go in; 0 if a table came last
	written bool // the section has content
	last    bool // the block being written is the last
	signed  bool // the signature follows the last block
	headed  bool // pages have a header
}

// docxPage is a page in one orientation: its size, margins and footers, in twips (1/1440 inch, 56.7 to the mm).
type docxPage struct {
	wide, high               int
	top, bottom, left, right int
	name                     string // w:orient; "" for portrait
	odd, even                string // relations of the footers
}

// The landscape page is the portrait page turned, so that papers of both kinds can be bound together: the type area is the
// same 156 × 225 mm, and the page number stays at the edge that is the lower one of the portrait pages.
var (
	portrait  = docxPage{wide: 11906, high: 16838, top: 2098, bottom: 1984, left: 1588, right: 1474, odd: "rId5", even: "rId6"}
	landscape = docxPage{wide: 16838, high: 11906, top: 1588, bottom: 1474, left: 1984, right: 2098, name: "landscape", odd: "rId7", even: "rId8"}
)

func (p docxPage) textWidth() int { return p.wide - p.left - p.right }

func (d *docxWriter) paper(p Paper) error {
	if p.Title != "" {
		if !p.Landscape {
			d.blank()
		}
		d.title(p.Title, p.Number != "" || p.To == "" && startsWithTable(p.Blocks))
	}
	if p.Number != "" {
		d.paragraph("To", `<w:jc w:val="center"/>`, Run{Text: p.Number})
		d.blank()
	}
	if p.To != "" {
		d.paragraph("To", "", Run{Text: strings.TrimRight(strings.TrimSpace(p.To), ":：") + "："})
	}
	d.signed = len(p.Annexes) == 0 && (p.Sign != "" || p.Date != "")
	if err := d.blocks(p.Blocks); err != nil {
		return err
	}
	if d.signed {
		d.keepLast()
	}
	d.signed = false
	d.annexList(p.Annexes)
	d.signature(p)
	d.copies(p.Copies)
	return nil
}

// copies writes 抄送 between two rules, one character in on both sides.
func (d *docxWriter) copies(text string) {
	if text == "" {
		return
	}
	d.blank()
	rule := func(side string) string {
		return fmt.Sprintf(`<w:%s w:val="single" w:sz="6" w:space="4" w:color="000000"/>`, side)
	}
	d.paragraph("Line", `<w:pBdr>`+rule("top")+rule("bottom")+`</w:pBdr><w:ind w:left="280" w:right="280"/>`, Run{Text: "抄送：" + text})
}

func (d *docxWriter) annex(a Annex, number, of int) error {
	d.closeTable()
	d.breakSection()
	d.page = portrait
	if a.Landscape {
		d.page = landscape
	}
	label := "附件"
	if of > 1 {
		label = fmt.Sprintf("附件%d", number)
	}
	d.paragraph("AnnexLabel", "", Run{Text: label})
	if a.Title != "" {
		if !a.Landscape { // the title stands in the third line; a table needs the room
			d.blank()
		}
		d.title(a.Title, startsWithTable(a.Blocks))
	}
	return d.blocks(a.Blocks)
}

func startsWithTable(blocks []Block) bool {
	if len(blocks) == 0 {
		return false
	}
	switch blocks[0].(type) {
	case Table, Line:
		return true
	}
	return false
}

func (d *docxWriter) blocks(blocks []Block) error {
	for i, block := range blocks {
		d.last = i == len(blocks)-1
		if err := block.writeDocx(d); err != nil {
			return fmt.Errorf("office: block %d: %w", i+1, err)
		}
	}
	return nil
}

// title writes the lines of a title, no wider than the page less half a character on each side, and what parts it from the
// text below: an empty line, or less above a table.
func (d *docxWriter) title(title string, aboveTable bool) {
	wide := float64(d.page.textWidth())/440 - 1 // 2号 is 22 points
	gap := ""
	if aboveTable {
		gap = `<w:spacing w:after="120"/>`
	}
	d.paragraph("Title", gap, Run{Text: strings.Join(titleLines(cleanText(title), wide), "\n")})
	if !aboveTable {
		d.blank()
	}
}

// annexList writes 附件说明 one blank line below the text: 附件：1．… 2．…, the numbers one below the other.
func (d *docxWriter) annexList(annexes []Annex) {
	if len(annexes) == 0 {
		return
	}
	d.blank()
	const char = 316 // twips of a character, 28 to a line
	for i, annex := range annexes {
		name := strings.ReplaceAll(annex.Title, "\n", "")
		first, indent := "附件：", 5*char
		if len(annexes) > 1 {
			name = fmt.Sprintf("%d．%s", i+1, name)
			indent += char * 3 / 2
		}
		hanging := indent - 2*char
		if i > 0 {
			first, hanging = "", char*3/2
		}
		d.paragraph("AnnexList", fmt.Sprintf(`<w:ind w:left="%d" w:hanging="%d"/>`, indent, hanging), Run{Text: first + name})
	}
}

// signature writes 署名 and 成文日期, kept on the page of the last line of the text. Without a seal the date begins two
// characters to the right of the name, and the longer of the two ends two characters before the margin; with one the date
// ends four characters before the margin and the name is centred above it.
func (d *docxWriter) signature(p Paper) {
	if p.Sign == "" && p.Date == "" {
		return
	}
	sign, date := textWidth(p.Sign), textWidth(p.Date)
	signRight, dateRight := 2.0, sign-date
	if p.Sign == "" || date > sign {
		signRight, dateRight = date+4-sign, 2
	}
	if p.Sealed {
		signRight, dateRight = max(0, 4+(date-sign)/2), 4
	}
	d.blankKept()
	if p.Sealed { // the seal is higher than the two lines it is pressed on
		d.blankKept()
	}
	for i, line := range []struct {
		text  string
		right float64
	}{{p.Sign, signRight}, {p.Date, dateRight}} {
		if line.text == "" {
			continue
		}
		keep := "<w:keepNext/>"
		if i == 1 {
			keep = ""
		}
		d.paragraph("Sign", fmt.Sprintf(`%s<w:ind w:rightChars="%d" w:right="%d"/>`, keep, int(line.right*100), int(line.right*316)), Run{Text: line.text})
	}
}

// keepLast keeps the last paragraph with the next, so that no signature stands alone on a page.
func (d *docxWriter) keepLast() {
	if d.seam == 0 {
		return
	}
	rest := bytes.Clone(d.body.Bytes()[d.head:])
	d.body.Truncate(d.head)
	d.body.WriteString("<w:keepNext/>")
	d.body.Write(rest)
	d.seam += len("<w:keepNext/>")
}

// blank writes an empty line, blankKept one that stays with the next line.
func (d *docxWriter) blank()     { d.paragraph("Blank", "") }
func (d *docxWriter) blankKept() { d.paragraph("Blank", "<w:keepNext/>") }

// breakSection ends a section: what follows stands on a new page that may have another orientation.
func (d *docxWriter) breakSection() {
	if !d.written {
		return
	}
	var properties bytes.Buffer
	d.section(&properties)
	rest := bytes.Clone(d.body.Bytes()[d.seam:])
	d.body.Truncate(d.seam)
	d.body.Write(properties.Bytes())
	d.body.Write(rest)
	d.seam, d.written = 0, false
}

// section writes the properties of a section. The character grid squeezes 28 characters of 16 points into 156 mm:
// (15.793 − 16) × 4096 = −848.
func (d *docxWriter) section(to *bytes.Buffer) {
	p := d.page
	orient := ""
	if p.name != "" {
		orient = fmt.Sprintf(` w:orient="%s"`, p.name)
	}
	header := ""
	if d.headed {
		header = `<w:headerReference w:type="default" r:id="` + headerLink + `"/><w:headerReference w:type="even" r:id="` + headerLink + `"/>`
	}
	fmt.Fprintf(to, `<w:sectPr>`+header+`<w:footerReference w:type="default" r:id="%s"/><w:footerReference w:type="even" r:id="%s"/>`+
		`<w:type w:val="nextPage"/><w:pgSz w:w="%d" w:h="%d"%s/>`+
		`<w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" w:header="851" w:footer="%d" w:gutter="0"/>`+
		`<w:cols w:space="425"/><w:docGrid w:type="linesAndChars" w:linePitch="579" w:charSpace="-848"/></w:sectPr>`,
		p.odd, p.even, p.wide, p.high, orient, p.top, p.right, p.bottom, p.left, docxFooter)
}

// docxFooter is the distance of the footer from the edge in twips: the dashes stand 7 mm below the type area.
const docxFooter = 1417
