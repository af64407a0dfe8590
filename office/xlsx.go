package office

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxRows and maxCols are the size of a sheet.
const (
	maxRows = 1 << 20
	maxCols = 1 << 14
)

// workbook is what the sheets of a workbook share.
type workbook struct {
	a        *archive
	sheets   []sheetEntry
	date1904 bool
	strings  []string
	styles   []cellStyle
	warnings []string
}

type sheetEntry struct {
	name   string
	rel    string
	hidden bool
}

// cellStyle is what a cell's style index stands for.
type cellStyle struct {
	format   numberFormat
	bold     bool
	centered bool
}

// readXlsx reads a SpreadsheetML workbook, one part for each sheet.
func readXlsx(a *archive) (Document, error) {
	doc := Document{Format: "xlsx"}
	main, err := a.mainPart("xl/workbook.xml")
	if err != nil {
		return doc, err
	}
	related, err := a.relations(main)
	if err != nil {
		return doc, err
	}
	w := &workbook{a: a}
	x, closer, err := a.xml(main)
	if err != nil {
		return doc, err
	}
	w.readWorkbook(x)
	closer.Close()
	if x.err != nil {
		return doc, x.err
	}
	for _, r := range related {
		switch r.kind {
		case "sharedStrings":
			err = a.readPart(r.target, w.readStrings)
		case "styles":
			err = a.readPart(r.target, w.readStyles)
		case "vbaProject":
			w.warnings = append(w.warnings, "文件带有宏，宏没有读入")
		}
		if err != nil {
			return doc, err
		}
	}
	for i, entry := range w.sheets {
		r, known := related[entry.rel]
		if known && r.kind != "worksheet" {
			continue // a chart alone, or a macro sheet: no cells
		}
		if !known || !a.has(r.target) {
			return doc, damaged(fmt.Sprintf("缺少第 %d 个工作表%s", i+1, quote(entry.name)), nil)
		}
		s := sheet{w: w, entry: entry, number: i + 1}
		if err := a.readPart(r.target, s.read); err != nil {
			return doc, s.locate(err)
		}
		part, err := s.part()
		if err != nil {
			return doc, err
		}
		doc.Parts = append(doc.Parts, part)
	}
	if len(doc.Parts) == 0 {
		return doc, damaged("没有工作表", nil)
	}
	doc.Warnings = w.warnings
	return doc, nil
}

func (w *workbook) warn(format string, args ...any) {
	w.warnings = append(w.warnings, fmt.Sprintf(format, args...))
}

func (w *workbook) readWorkbook(x *xmlReader) {
	if !x.child() {
		return
	}
	for x.child() {
		switch string(x.local) {
		case "workbookPr":
			w.date1904 = truth(x.attr("date1904"))
		case "sheets":
			for x.child() {
				state := string(x.attr("state"))
				w.sheets = append(w.sheets, sheetEntry{
					name:   clean(string(x.attr("name"))),
					rel:    string(x.attr("id")),
					hidden: state == "hidden" || state == "veryHidden",
				})
				x.skip()
			}
			continue
		}
		x.skip()
	}
}

// truth reads a boolean attribute that is false when missing.
func truth(b []byte) bool { return string(b) == "1" || string(b) == "true" || string(b) == "on" }

// readStrings reads the table of shared strings.
func (w *workbook) readStrings(x *xmlReader) {
	if !x.child() {
		return
	}
	var buf []byte
	total := 0
	for x.child() {
		if string(x.local) != "si" {
			x.skip()
			continue
		}
		buf = richText(x, buf[:0])
		if total += len(buf); total > x.b.limits.Text {
			x.fail(&Error{What: fmt.Sprintf("文件的文字超过 %s", size(int64(x.b.limits.Text))), Do: doSplit})
			return
		}
		w.strings = append(w.strings, cleanCell(buf))
	}
}

// richText appends the text of a string item or an inline string: plain, or run by run. The reading aids of rPh are left out.
func richText(x *xmlReader, dst []byte) []byte {
	for x.child() {
		switch string(x.local) {
		case "t":
			dst = x.text(dst)
		case "r":
			for x.child() {
				if string(x.local) == "t" {
					dst = x.text(dst)
				} else {
					x.skip()
				}
			}
		default:
			x.skip()
		}
	}
	return dst
}

// cleanCell turns the characters of a cell into clean text. Excel writes what XML cannot hold as _x000D_.
func cleanCell(b []byte) string {
	s := string(b)
	if strings.Contains(s, "_x") {
		s = unescapeCell(s)
	}
	return clean(s)
}

func unescapeCell(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "_x")
		if i < 0 || len(s) < i+7 {
			break
		}
		code, err := strconv.ParseUint(s[i+2:i+6], 16, 16)
		if err != nil || s[i+6] != '_' {
			b.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		b.WriteRune(rune(code))
		s = s[i+7:]
	}
	return b.String() + s
}

// readStyles reads which number format, weight and alignment each style index means.
func (w *workbook) readStyles(x *xmlReader) {
	if !x.child() {
		return
	}
	codes := map[int]string{}
	var bold []bool // by font
	for x.child() {
		switch string(x.local) {
		case "numFmts":
			for x.child() {
				codes[integer(x.attr("numFmtId"), -1)] = string(x.attr("formatCode"))
				x.skip()
			}
		case "fonts":
			for x.child() {
				bold = append(bold, false)
				for x.child() {
					if string(x.local) == "b" {
						bold[len(bold)-1] = isOn(x)
					}
					x.skip()
				}
			}
		case "cellXfs":
			formats := map[int]numberFormat{}
			for x.child() {
				id := integer(x.attr("numFmtId"), 0)
				format, known := formats[id]
				if !known {
					format = w.format(codes, id)
					formats[id] = format
				}
				s := cellStyle{format: format}
				if font := integer(x.attr("fontId"), -1); font >= 0 && font < len(bold) {
					s.bold = bold[font]
				}
				for x.child() {
					if string(x.local) == "alignment" {
						h := string(x.attr("horizontal"))
						s.centered = h == "center" || h == "centerContinuous"
					}
					x.skip()
				}
				w.styles = append(w.styles, s)
			}
		default:
			x.skip()
		}
	}
}

// format finds the number format of an id: the file's own before the built-in ones.
func (w *workbook) format(codes map[int]string, id int) numberFormat {
	code, ok := codes[id]
	if !ok {
		code, ok = builtinFormats[id]
	}
	if !ok || len(code) > 1024 {
		return numberFormat{}
	}
	return parseNumberFormat(code)
}

// columnName is the letters of a column: 28 is AB.
func columnName(col int) string {
	var b []byte
	for ; col > 0; col = (col - 1) / 26 {
		b = append(b, byte('A'+(col-1)%26))
	}
	slices.Reverse(b)
	return string(b)
}

// reference reads a cell reference such as AB12. ok is false for what is none.
func reference(b []byte) (row, col int, ok bool) {
	i := 0
	for ; i < len(b) && i < 8; i++ {
		c := b[i] | 0x20
		if b[i] == '$' {
			continue
		}
		if c < 'a' || c > 'z' {
			break
		}
		col = col*26 + int(c-'a') + 1
	}
	for ; i < len(b) && row < 1<<40; i++ {
		if b[i] == '$' {
			continue
		}
		if b[i] < '0' || b[i] > '9' {
			return 0, 0, false
		}
		row = row*10 + int(b[i]-'0')
	}
	return row, col, row > 0 && col > 0
}
