package office

import (
	"fmt"
	"strings"
)

// tri is a property that may be left open for the style below to decide.
type tri int8

const (
	open tri = 0
	on   tri = 1
	off  tri = -1
)

func triOf(b bool) tri {
	if b {
		return on
	}
	return off
}

// or returns t, or where it is open, below.
func (t tri) or(below tri) tri {
	if t == open {
		return below
	}
	return t
}

// format is what the readers want to know about a paragraph's or a run's looks.
type format struct {
	list     int // w:numId; 0 without a list, -1 open
	level    int // of the list; -1 open
	outline  int // 1–9, 0 for body text, -1 open
	centered tri
	bold     tri
	hidden   tri
}

var openFormat = format{list: -1, level: -1, outline: -1}

// over lays f over the format of the style it is based on.
func (f format) over(below format) format {
	if f.list < 0 {
		f.list = below.list
	}
	if f.level < 0 {
		f.level = below.level
	}
	if f.outline < 0 {
		f.outline = below.outline
	}
	f.centered = f.centered.or(below.centered)
	f.bold = f.bold.or(below.bold)
	f.hidden = f.hidden.or(below.hidden)
	return f
}

// style is one style with what it leaves open.
type style struct {
	name   string
	based  string
	format format
	flat   bool // format already includes that of the styles below
}

// styleSheet holds the styles of a document.
type styleSheet struct {
	styles    map[string]*style
	paragraph string // id of the style of paragraphs that name none
	defaults  format
}

// maxStyles is ten times what Word itself allows; documents that went through many hands hold thousands.
const maxStyles = 50_000

// readStyles reads styles.xml.
func readStyles(x *xmlReader) styleSheet {
	sheet := styleSheet{styles: map[string]*style{}, defaults: openFormat}
	count := 0
	if !x.child() {
		return sheet
	}
	for x.child() {
		switch {
		case x.space != spaceWord:
			x.skip()
		case string(x.local) == "docDefaults":
			for x.child() {
				for x.child() {
					sheet.defaults = readProperties(x, sheet.defaults)
				}
			}
		case string(x.local) == "style":
			id := string(x.attr("styleId"))
			if def := string(x.attr("default")); def != "" && def != "0" && def != "false" && string(x.attr("type")) == "paragraph" {
				sheet.paragraph = id
			}
			sheet.styles[id] = readStyle(x)
			if count++; count > maxStyles {
				x.fail(&Error{What: fmt.Sprintf("文档的样式超过 %d 个", maxStyles), Do: doSuspect})
			}
		default:
			x.skip()
		}
	}
	return sheet
}

func readStyle(x *xmlReader) *style {
	s := &style{format: openFormat}
	for x.child() {
		switch string(x.local) {
		case "name":
			s.name = strings.ToLower(string(x.attr("val")))
			x.skip()
		case "basedOn":
			s.based = string(x.attr("val"))
			x.skip()
		case "pPr", "rPr":
			s.format = readProperties(x, s.format)
		default:
			x.skip()
		}
	}
	if level := integer([]byte(strings.TrimPrefix(s.name, "heading ")), 0); s.format.outline < 0 && level >= 1 && level <= 9 {
		s.format.outline = level // Word knows its own headings by name even where the style says nothing
	}
	return s
}

// readProperties reads a pPr or rPr of a style into f.
func readProperties(x *xmlReader, f format) format {
	for x.child() {
		switch string(x.local) {
		case "numPr":
			readNumPr(x, &f)
			continue
		case "outlineLvl":
			f.outline = outlineLevel(x)
		case "jc":
			f.centered = triOf(string(x.attr("val")) == "center")
		case "b":
			f.bold = triOf(isOn(x))
		case "vanish":
			f.hidden = triOf(isOn(x))
		}
		x.skip()
	}
	return f
}

// readNumPr reads which list a paragraph belongs to.
func readNumPr(x *xmlReader, f *format) {
	for x.child() {
		switch string(x.local) {
		case "numId":
			f.list = max(0, integer(x.attr("val"), 0))
		case "ilvl":
			f.level = clamp(integer(x.attr("val"), 0), 0, listLevels-1)
		}
		x.skip()
	}
}

// outlineLevel turns the file's 0–8 into 1–9 and its 9, body text, into 0.
func outlineLevel(x *xmlReader) int {
	if n := integer(x.attr("val"), 9); n >= 0 && n < 9 {
		return n + 1
	}
	return 0
}

// resolve returns what a style says together with the styles it is based on. A circle of styles is cut where it closes.
func (sheet *styleSheet) resolve(id string) format {
	s := sheet.styles[id]
	if s == nil {
		return openFormat
	}
	if !s.flat {
		s.flat = true
		s.format = s.format.over(sheet.resolve(s.based))
	}
	return s.format
}

// contents reports whether a style is that of a line of the table of contents.
func (sheet *styleSheet) contents(id string) bool {
	s := sheet.styles[id]
	return s != nil && strings.HasPrefix(s.name, "toc ")
}
