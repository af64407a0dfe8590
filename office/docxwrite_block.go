package office

import (
	"fmt"
	"math"
	"strings"
)

// paragraph writes one paragraph. extra holds further properties after the style, in the order that the schema wants. A '\n'
// in a run is a line break.
func (d *docxWriter) paragraph(style, extra string, runs ...Run) {
	d.begin = d.body.Len()
	fmt.Fprintf(&d.body, `<w:p><w:pPr><w:pStyle w:val="%s"/>`, style)
	d.head = d.body.Len()
	d.body.WriteString(extra)
	d.seam, d.written = d.body.Len(), true
	d.body.WriteString(`</w:pPr>`)
	for _, run := range runs {
		d.run(run, "")
	}
	d.body.WriteString(`</w:p>`)
}

// docxFaces are the eastAsia fonts of the faces. GB/T 9704 papers are set in the _GB2312 cuts, which many machines lack;
// fontTable.xml names what stands in for them.
var docxFaces = map[Face]string{FangSong: "仿宋_GB2312", KaiTi: "楷体_GB2312", SimHei: "黑体"}

// run writes a run; extra holds further properties. The hint makes the quotation marks and dashes Chinese, which Word otherwise sets in the Latin font.
func (d *docxWriter) run(run Run, extra string) {
	text := cleanText(run.Text)
	if text == "" {
		return
	}
	face := ""
	if run.Face != FangSong {
		face = fmt.Sprintf(` w:eastAsia="%s"`, docxFaces[run.Face])
	}
	bold := ""
	if run.Bold {
		bold = "<w:b/>"
	}
	fmt.Fprintf(&d.body, `<w:r><w:rPr><w:rFonts w:hint="eastAsia"%s/>%s%s</w:rPr>`, face, bold, extra)
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			d.body.WriteString(`<w:br/>`)
		}
		for j, piece := range strings.Split(line, "\t") {
			if j > 0 {
				d.body.WriteString(`<w:tab/>`)
			}
			if piece != "" {
				fmt.Fprintf(&d.body, `<w:t xml:space="preserve">%s</w:t>`, xmlEscapes.Replace(piece))
			}
		}
	}
	d.body.WriteString(`</w:r>`)
}

func (h Heading) writeDocx(d *docxWriter) error {
	if h.Level < 1 || h.Level > 4 {
		return fmt.Errorf("heading of level %d", h.Level)
	}
	d.paragraph(fmt.Sprintf("Heading%d", h.Level), "", Run{Text: h.Text})
	return nil
}

func (p Para) writeDocx(d *docxWriter) error {
	line := Para{}
	for _, run := range p {
		for i, text := range strings.Split(cleanText(run.Text), "\n") {
			if i > 0 {
				d.paragraph("Body", "", line...)
				line = Para{}
			}
			line = append(line, Run{Text: text, Bold: run.Bold, Face: run.Face})
		}
	}
	d.paragraph("Body", "", line...)
	return nil
}

func (l Line) writeDocx(d *docxWriter) error {
	text := l.Left
	if l.Right != "" {
		text += "\t" + l.Right
	}
	d.paragraph("Line", fmt.Sprintf(`<w:tabs><w:tab w:val="right" w:pos="%d"/></w:tabs>`, d.page.textWidth()), Run{Text: text})
	return nil
}

// closeTable writes the paragraph that must follow a table at the end of a section, too small to be seen or to take a page.
func (d *docxWriter) closeTable() {
	if d.written && d.seam > 0 {
		return
	}
	d.paragraph("Tiny", "")
}

func (t Table) writeDocx(d *docxWriter) error {
	rows, headers, err := t.grid()
	if err != nil {
		return err
	}
	if d.written && d.seam == 0 { // two tables without a paragraph between them would become one
		d.paragraph("Tiny", "")
	}
	size := t.Size
	if size <= 0 {
		size = 12
	}
	w := docxTable{docxWriter: d, Table: t, size: size, widths: t.twips(d.page.textWidth())}
	fmt.Fprintf(&d.body, `<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/><w:tblW w:w="%d" w:type="dxa"/>`+
		`<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>`, d.page.textWidth())
	for _, width := range w.widths {
		fmt.Fprintf(&d.body, `<w:gridCol w:w="%d"/>`, width)
	}
	d.body.WriteString(`</w:tblGrid>`)
	keep := w.keepTogether(rows)
	if d.signed && d.last && len(rows) > headers {
		keep[len(rows)-1] = true
	}
	for i, row := range rows {
		w.writeRow(row, i < headers, keep[i])
	}
	d.body.WriteString(`</w:tbl>`)
	d.seam, d.written = 0, true
	return nil
}

// twips shares out the width of the page among the columns, to the last twip.
func (t Table) twips(total int) []int {
	var sum float64
	for _, column := range t.Columns {
		sum += column.width()
	}
	widths := make([]int, len(t.Columns))
	done, edge := 0.0, 0
	for i, column := range t.Columns {
		done += column.width()
		next := int(math.Round(float64(total) * done / sum))
		widths[i], edge = next-edge, next
	}
	return widths
}

// docxTable is a table being written.
type docxTable struct {
	*docxWriter
	Table
	size   float64 // points
	widths []int   // twips
}

// A row of up to splitLines lines does not break across pages, nor do the rows of a merged cell of up to keepLines lines. They
// read better in one piece, but longer ones would leave half a page empty.
const (
	splitLines = 10
	keepLines  = 9
)

// keepTogether says which rows stay on the page of the next: group rows, so that no section's name is left behind at the foot
// of a page, and the rows that a merged cell holds together.
func (t docxTable) keepTogether(rows [][]slot) []bool {
	keep := make([]bool, len(rows))
	for r, row := range rows {
		for _, s := range row {
			keep[r] = keep[r] || s.group
			if s.above || s.Rows == 1 {
				continue
			}
			lines := 0
			for _, covered := range rows[r : r+s.Rows] {
				lines += t.rowLines(covered)
			}
			for k := r; k < r+s.Rows-1 && lines <= keepLines; k++ {
				keep[k] = true
			}
		}
	}
	return keep
}

func (t docxTable) writeRow(row []slot, header, keep bool) {
	t.body.WriteString(`<w:tr><w:trPr>`)
	if header || t.rowLines(row) <= splitLines {
		t.body.WriteString(`<w:cantSplit/>`)
	}
	if header {
		t.body.WriteString(`<w:tblHeader/>`)
	}
	t.body.WriteString(`</w:trPr>`)
	for _, s := range row {
		t.writeCell(s, keep)
	}
	t.body.WriteString(`</w:tr>`)
}

// cellWidth is the width of a slot in twips.
func (t docxTable) cellWidth(s slot) int {
	width := 0
	for _, w := range t.widths[s.col : s.col+s.Cols] {
		width += w
	}
	return width
}

// room is how many characters a line of a slot holds.
func (t docxTable) room(s slot) float64 {
	return float64(t.cellWidth(s)-2*docxCellMargin) / 20 / t.size
}

// rowLines estimates the lines of the longest cell that ends in its row.
func (t docxTable) rowLines(row []slot) int {
	lines := 1
	for _, s := range row {
		if s.Rows <= 1 && !s.above {
			lines = max(lines, textLines(s.Text, t.room(s)))
		}
	}
	return lines
}

const docxCellMargin = 57 // 1 mm, in twips

var docxJustify = map[Align]string{AlignLeft: "left", AlignCenter: "center", AlignRight: "right"}

func (t docxTable) writeCell(s slot, keep bool) {
	fmt.Fprintf(&t.body, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>`, t.cellWidth(s))
	if s.Cols > 1 {
		fmt.Fprintf(&t.body, `<w:gridSpan w:val="%d"/>`, s.Cols)
	}
	switch {
	case s.above:
		t.body.WriteString(`<w:vMerge/>`)
	case s.Rows > 1:
		t.body.WriteString(`<w:vMerge w:val="restart"/>`)
	}
	t.body.WriteString(`<w:vAlign w:val="center"/></w:tcPr>`)
	style := "Cell"
	if s.header {
		style = "CellHead"
	}
	extra := fmt.Sprintf(`<w:spacing w:line="%d" w:lineRule="exact"/><w:jc w:val="%s"/>`, int(t.size*1.4*20), docxJustify[t.align(s)])
	if keep {
		extra = "<w:keepNext/>" + extra
	}
	text := cleanText(s.Text)
	if s.header { // one paragraph, which in a narrow column breaks between words
		lines := titleLines(text, max(t.room(s), 1))
		t.cellParagraph(style, extra, Run{Text: strings.Join(lines, "\n")})
	} else {
		for line := range strings.SplitSeq(text, "\n") {
			t.cellParagraph(style, extra, Run{Text: line, Bold: s.Bold})
		}
	}
	t.body.WriteString(`</w:tc>`)
}

// cellParagraph is a paragraph of a cell. A size other than 小四 is set on the paragraph mark too, which else would hold the
// line apart.
func (t docxTable) cellParagraph(style, extra string, run Run) {
	size, mark := "", ""
	if t.size != 12 {
		size = fmt.Sprintf(`<w:sz w:val="%[1]d"/><w:szCs w:val="%[1]d"/>`, int(math.Round(t.size*2)))
		mark = "<w:rPr>" + size + "</w:rPr>"
	}
	fmt.Fprintf(&t.body, `<w:p><w:pPr><w:pStyle w:val="%s"/>%s%s</w:pPr>`, style, extra, mark)
	t.run(run, size)
	t.body.WriteString(`</w:p>`)
}
