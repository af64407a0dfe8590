package office

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// docPara is a paragraph of a docx body while it is read.
type docPara struct {
	start    int // where its text begins in docxReader.text
	style    string
	format   format // with the styles below
	contents bool   // a line of the table of contents

	markDeleted bool // a tracked change deletes the paragraph mark: the next paragraph goes on here
	markHidden  bool
	separator   bool // a hidden mark that lets the next paragraph stand on the same line (a run-in heading)

	labelled bool // the number has been counted
	label    string

	bold, plain bool // text of that kind was met
	boxes       []Paragraph
}

// paragraph reads a w:p.
func (d *docxReader) paragraph(x *xmlReader) {
	p := docPara{start: len(d.text)}
	joined := d.joined
	d.joined = nil
	if joined != nil { // its text, still open, becomes the beginning of this one; the last mark that stands gives the looks
		p.start, p.bold, p.plain, p.boxes = joined.start, joined.bold, joined.plain, joined.boxes
		p.label, p.labelled = joined.label, joined.labelled
	}
	p.setStyle(d, "")
	fields := len(d.fields)
	d.inline(x, &p)
	d.number(&p)
	if joined != nil && joined.separator {
		p.format = joined.format
	}
	d.closeFields(min(fields, len(d.fields)))
	if p.markDeleted || p.separator {
		kept := p
		d.joined = &kept
		return
	}
	d.put(&p)
}

// setStyle takes over what the paragraph's style says; id "" is the style of paragraphs that name none.
func (p *docPara) setStyle(d *docxReader, id string) {
	if id == "" {
		id = d.styles.paragraph
	}
	p.style = id
	p.format = d.styles.resolve(id)
	p.contents = d.styles.contents(id)
	if p.format.list > 0 { // a list that comes with a style counts on the level that names the style
		if level, ok := d.numbering.styleLevel(p.format.list, id, &d.styles); ok {
			p.format.level = level
		}
	}
}

// flush puts out a paragraph whose mark is deleted but which nothing follows.
func (d *docxReader) flush() {
	if p := d.joined; p != nil {
		d.joined = nil
		d.put(p)
	}
}

// number counts the paragraph in its list, once, before the text boxes inside it count theirs.
func (d *docxReader) number(p *docPara) {
	if p.labelled || p.markDeleted || p.contents {
		return
	}
	if p.markHidden && !p.separator && !p.bold && !p.plain {
		return // hidden as far as it was read; called again at its end, where it may turn out to be empty and not shown
	}
	p.labelled = true
	if p.format.list > 0 {
		p.label = d.numbering.advance(p.format.list, p.format.level, &d.styles)
	}
}

// put appends a finished paragraph and its text boxes.
func (d *docxReader) put(p *docPara) {
	body := d.text[p.start:]
	var text string
	if p.label != "" {
		if len(body) == 0 {
			p.label = strings.TrimRight(p.label, " ")
		}
		text = clean(p.label + string(body))
	} else {
		text = clean(string(body))
	}
	d.text = d.text[:p.start]
	hidden := p.markHidden && text == ""
	drop := hidden || p.contents || d.cell.Table > 0 && strings.TrimSpace(text) == ""
	if p.contents && strings.TrimSpace(text) != "" {
		d.warn(warnContents)
	}
	if !drop {
		d.yield++
		var err error
		d.out, err = d.b.add(d.out, Paragraph{
			Text:     text,
			Numbered: utf8.RuneCountInString(p.label),
			Level:    max(0, p.format.outline),
			Centered: p.format.centered == on,
			Bold:     p.bold && !p.plain,
			Cell:     d.cell,
		})
		if err != nil {
			d.x.fail(err)
		}
	}
	d.out = append(d.out, p.boxes...)
}

// properties reads a paragraph's pPr. What it was before a tracked change (pPrChange) is skipped with all else unknown.
func (d *docxReader) properties(x *xmlReader, p *docPara) {
	own := openFormat
	for x.child() {
		switch string(x.local) {
		case "pStyle":
			p.setStyle(d, string(x.attr("val")))
		case "numPr":
			readNumPr(x, &own)
			continue
		case "outlineLvl":
			own.outline = outlineLevel(x)
		case "jc":
			own.centered = triOf(string(x.attr("val")) == "center")
		case "rPr":
			d.markProperties(x, p)
			continue
		}
		x.skip()
	}
	if own.list >= 0 && own.level < 0 {
		own.level = d.ownLevel(own.list, p)
	}
	p.format = own.over(p.format)
}

// ownLevel is the level of a paragraph that names its list but no level: that of its style, if the list knows the style.
func (d *docxReader) ownLevel(list int, p *docPara) int {
	if level, ok := d.numbering.styleLevel(list, p.style, &d.styles); ok {
		return level
	}
	return max(0, p.format.level)
}

// markProperties reads the run properties of the paragraph mark.
func (d *docxReader) markProperties(x *xmlReader, p *docPara) {
	for x.child() {
		switch string(x.local) {
		case "del", "moveFrom":
			p.markDeleted = true
		case "vanish":
			p.markHidden = isOn(x)
		case "specVanish":
			p.separator = isOn(x)
		}
		x.skip()
	}
}

// inline reads runs and what may stand around them until the current element ends.
func (d *docxReader) inline(x *xmlReader, p *docPara) {
	for x.child() {
		switch x.space {
		case spaceWord:
			d.inlineWord(x, p)
		case spaceCompat:
			d.alternate(x, func(x *xmlReader) { d.inline(x, p) })
		case spaceMath:
			d.math(x, p)
		default:
			x.skip()
		}
	}
}

func (d *docxReader) inlineWord(x *xmlReader, p *docPara) {
	switch string(x.local) {
	case "r":
		d.number(p)
		d.run(x, p)
	case "pPr":
		d.properties(x, p)
	case "hyperlink", "fldSimple", "smartTag", "customXml", "ins", "moveTo", "dir", "bdo":
		d.inline(x, p)
	case "sdt":
		d.control(x, func(x *xmlReader) { d.inline(x, p) })
	default: // deletions and moves away, bookmarks, comments, proofing
		x.skip()
	}
}

// math reads the characters of a formula in their order.
func (d *docxReader) math(x *xmlReader, p *docPara) {
	for x.child() {
		switch {
		case string(x.local) == "t":
			if d.runText(x, p, false) {
				p.tone(false)
			}
		case x.space == spaceMath:
			d.math(x, p)
		default:
			x.skip()
		}
	}
}

// run is a run's looks.
type run struct {
	bold, hidden bool
}

func (d *docxReader) run(x *xmlReader, p *docPara) {
	r := run{
		bold:   p.format.bold.or(d.styles.defaults.bold) == on,
		hidden: p.format.hidden.or(d.styles.defaults.hidden) == on,
	}
	d.runContent(x, p, &r)
}

// runContent reads the children of a run, or of a branch inside one.
func (d *docxReader) runContent(x *xmlReader, p *docPara, r *run) {
	for x.child() {
		if x.space != spaceWord {
			if x.space == spaceCompat && string(x.local) == "AlternateContent" {
				d.alternate(x, func(x *xmlReader) { d.runContent(x, p, r) })
			} else {
				d.drawing(x, p)
			}
			continue
		}
		switch string(x.local) {
		case "rPr":
			d.runProperties(x, p, r)
		case "t":
			if d.runText(x, p, r.hidden) {
				p.tone(r.bold)
			}
		case "fldChar":
			d.fieldChar(x, p)
		case "instrText":
			d.instruction(x)
		case "ruby": // a reading above the base text: the base alone
			for x.child() {
				if string(x.local) == "rubyBase" {
					d.inline(x, p)
				} else {
					x.skip()
				}
			}
		case "drawing", "pict", "object":
			d.drawing(x, p)
		default:
			d.mark(x, p, r)
			x.skip()
		}
	}
}

// runProperties reads a run's rPr. Bold and hidden toggle: a character style inside a style that has them already takes them
// away again.
func (d *docxReader) runProperties(x *xmlReader, p *docPara, r *run) {
	var bold, hidden tri
	for x.child() {
		switch string(x.local) {
		case "rStyle":
			f := d.styles.resolve(string(x.attr("val")))
			r.bold = r.bold != (f.bold == on)
			r.hidden = r.hidden != (f.hidden == on)
		case "b":
			bold = triOf(isOn(x))
		case "vanish":
			hidden = triOf(isOn(x))
		}
		x.skip()
	}
	r.bold = bold.or(triOf(r.bold)) == on
	r.hidden = hidden.or(triOf(r.hidden)) == on
}

// runText appends the text of a w:t, unless it is hidden or belongs to a field's instruction, and reports whether there was
// anything to see.
func (d *docxReader) runText(x *xmlReader, p *docPara, hidden bool) bool {
	if hidden || d.inInstruction() {
		x.skip()
		return false
	}
	preserve := x.attr("space") != nil
	from := len(d.text)
	d.text = x.text(d.text)
	added := d.text[from:]
	if !preserve {
		added = append(added[:0], bytes.Trim(added, " \t\r\n")...)
		d.text = d.text[:from+len(added)]
	}
	for i, c := range added { // line ends inside the element are blanks to Word
		if c == '\n' || c == '\r' || c == '\t' {
			added[i] = ' '
		}
	}
	if err := d.b.line(len(d.text) - p.start); err != nil {
		x.fail(err)
	}
	d.yield += len(added)
	return len(bytes.TrimSpace(added)) > 0
}

// tone notes whether visible text is bold.
func (p *docPara) tone(bold bool) {
	p.bold = p.bold || bold
	p.plain = p.plain || !bold
}

// mark appends what an element without text of its own stands for.
func (d *docxReader) mark(x *xmlReader, p *docPara, r *run) {
	if r.hidden || d.inInstruction() {
		return
	}
	switch string(x.local) {
	case "tab", "ptab":
		d.text = append(d.text, '\t')
	case "cr":
		d.text = append(d.text, '\n')
	case "br":
		// A page break parts text only where there is text before it.
		if kind := string(x.attr("type")); kind != "page" && kind != "column" || len(d.text) > p.start {
			d.text = append(d.text, '\n')
		}
	case "noBreakHyphen":
		d.text = append(d.text, '-')
	case "sym":
		if s := symbol(string(x.attr("font")), charRef(append([]byte("x"), x.attr("char")...))); s > 0 {
			d.text = utf8.AppendRune(d.text, s)
			p.tone(r.bold)
		}
	}
}

// drawing looks for text boxes inside whatever a run may hold: shapes of today, VML of yesterday, groups of both.
func (d *docxReader) drawing(x *xmlReader, p *docPara) {
	for x.child() {
		switch {
		case x.space == spaceWord && string(x.local) == "txbxContent":
			d.textBox(x, &p.boxes)
		case x.space == spaceCompat && string(x.local) == "AlternateContent":
			d.alternate(x, func(x *xmlReader) { d.drawing(x, p) })
		default:
			d.drawing(x, p)
		}
	}
}

// maxInstruction bounds what is kept of a field's instruction; only its beginning is looked at.
const maxInstruction = 256

func (d *docxReader) inInstruction() bool {
	for _, f := range d.fields {
		if !f.result {
			return true
		}
	}
	return false
}

// instruction keeps the beginning of a field's instruction.
func (d *docxReader) instruction(x *xmlReader) {
	if n := len(d.fields); n > 0 && !d.fields[n-1].result && len(d.fields[n-1].instruction) < maxInstruction {
		f := &d.fields[n-1]
		f.instruction = x.text(f.instruction)
		return
	}
	x.skip()
}

// fieldChar opens a field, passes from its instruction to its result, or closes it.
func (d *docxReader) fieldChar(x *xmlReader, p *docPara) {
	kind := string(x.attr("fldCharType"))
	x.skip()
	n := len(d.fields)
	switch {
	case kind == "begin":
		if n >= d.b.limits.Depth {
			x.fail(&Error{What: "文件里的域嵌套过深", Do: doSuspect})
			return
		}
		d.fields = append(d.fields, field{})
	case n == 0:
	case kind == "separate":
		d.fields[n-1].result = true
	case kind == "end":
		f := d.fields[n-1]
		d.fields = d.fields[:n-1]
		if !f.result && !d.inInstruction() {
			d.text = append(d.text, enclosed(string(f.instruction))...)
		}
	}
}

// closeFields ends the instructions that a paragraph opened and did not finish, so that a damaged field cannot swallow the
// rest of the document.
func (d *docxReader) closeFields(from int) {
	for i := from; i < len(d.fields); i++ {
		d.fields[i].result = true
	}
}
