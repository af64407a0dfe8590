package office

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// docStyle is a style of a .doc: the properties it adds, and the style it is based on.
type docStyle struct {
	base       int // its number; beyond the last style for none
	builtin    int // 1–9 for the headings
	paragraph  []byte
	characters []byte

	resolved     bool    // look, bold and hidden include what the bases say
	look         docLook // of its paragraphs
	bold, hidden bool
}

// noStyle is the base of a style that has none.
const noStyle = 0xFFF

// style resolves a style by its number. A circle of styles is cut where it closes.
func (f *docFile) style(number int) *docStyle {
	if number >= len(f.styles) {
		return &docStyle{look: docLook{outline: -1}}
	}
	s := &f.styles[number]
	if s.resolved {
		return s
	}
	s.resolved = true
	s.look.outline = -1
	base := f.style(s.base)
	s.look, s.bold, s.hidden = base.look, base.bold, base.hidden
	if s.builtin >= 1 && s.builtin <= 9 {
		s.look.outline = s.builtin - 1
	}
	s.look.apply(f, s.paragraph)
	eachProperty(s.characters, func(code int, operand []byte) {
		switch code {
		case propBold:
			s.bold = toggled(operand[0], base.bold)
		case propHidden:
			s.hidden = toggled(operand[0], base.hidden)
		}
	})
	return s
}

// toggled reads a switch that may refer to the style below: 128 as there, 129 the opposite.
func toggled(operand byte, below bool) bool {
	switch operand {
	case 0x80:
		return below
	case 0x81:
		return !below
	}
	return operand != 0
}

// readDocStyles reads the style sheet.
func (f *docFile) readDocStyles() {
	sheet := f.tablePart(fibStyles)
	header := f.u16(sheet, 0)
	count, fixed := f.u16(sheet, 2), f.u16(sheet, 4)
	at := 2 + header
	for range count {
		n := f.u16(sheet, at)
		at += 2
		if at+n > len(sheet) {
			return
		}
		f.styles = append(f.styles, f.docStyle(sheet[at:at+n], fixed))
		at += n
	}
}

func (f *docFile) docStyle(std []byte, fixed int) docStyle {
	s := docStyle{base: noStyle}
	if len(std) < 10 || fixed < 10 {
		return s
	}
	s.builtin = f.u16(std, 0) & 0xFFF
	kind, base := f.u16(std, 2)&0xF, f.u16(std, 2)>>4
	s.base = base
	at := fixed + 2 + 2*f.u16(std, fixed) + 2 // past the name
	updates := make([][]byte, 0, 3)
	for range f.u16(std, 4) & 0xF {
		n := f.u16(std, at)
		at += 2
		if at+n > len(std) {
			break
		}
		updates = append(updates, std[at:at+n])
		at += n + n&1
	}
	switch {
	case kind == 1 && len(updates) > 0: // a paragraph style: its own number, then properties
		s.paragraph = updates[0][min(2, len(updates[0])):]
		if len(updates) > 1 {
			s.characters = updates[1]
		}
	case kind == 2 && len(updates) > 0:
		s.characters = updates[0]
	}
	return s
}

// docFormats name the number formats of .doc lists as OOXML does.
var docFormats = [...]string{
	"decimal", "upperRoman", "lowerRoman", "upperLetter", "lowerLetter", "ordinal", "decimal", "decimal", "decimal", "decimal",
	"ideographDigital", "japaneseCounting", "decimal", "decimal", "decimalFullWidth", "decimal", "japaneseCounting",
	"japaneseDigitalTenThousand", "decimalEnclosedCircle", "decimalFullWidth2", "decimal", "decimal", "decimalZero", "bullet",
	"decimal", "decimal", "decimalEnclosedFullstop", "decimalEnclosedParen", "decimalEnclosedCircleChinese",
	"ideographEnclosedCircle", "ideographTraditional", "ideographZodiac", "ideographZodiac", "taiwaneseCounting",
	"ideographLegalTraditional", "taiwaneseCountingThousand", "taiwaneseDigital", "chineseCounting", "chineseLegalSimplified",
	"chineseCountingThousand", "ideographDigital",
}

// readLists reads the lists into the form that docx numbering has, so that both count alike. A list's number there is its
// place among the overrides, from 1.
func (f *docFile) readLists() {
	f.numbering = numbering{abstracts: map[int]*abstractList{}, lists: map[int]*list{}}
	f.readListDefinitions()
	f.readListOverrides()
}

func (f *docFile) readListDefinitions() {
	from := f.u32(f.main, fibLists)
	heads := f.tablePart(fibLists)
	if len(heads) < 2 {
		return
	}
	count := f.u16(heads, 0)
	levels := f.table[min(len(f.table), from+2+28*count):] // behind the heads, beyond what the header names
	for i := range count {
		head := heads[min(len(heads), 2+28*i):]
		if len(head) < 28 {
			return
		}
		a := &abstractList{}
		n := listLevels
		if head[26]&1 != 0 {
			n = 1
		}
		for l := range n {
			if a.levels[l], levels = f.docLevel(levels); !a.levels[l].defined {
				return
			}
		}
		f.numbering.abstracts[f.u32(head, 0)] = a
	}
}

// docLevel reads one level and returns what follows it. The level is not defined if the file ends before it does.
func (f *docFile) docLevel(b []byte) (listLevel, []byte) {
	if len(b) < 28 {
		return listLevel{}, nil
	}
	l := listLevel{format: "decimal", start: clamp(f.u32(b, 0), 0, maxCount), restart: -1, defined: true, legal: b[5]&4 != 0}
	if nfc := int(b[4]); nfc < len(docFormats) {
		l.format = docFormats[nfc]
	} else if nfc == 0xFF {
		l.format = "none"
	}
	if b[5]&8 != 0 { // restarts after the level given only
		l.restart = int(b[26])
	}
	l.suffix = [...]string{"tab", "space", "nothing"}[min(int(b[15]), 2)]
	at := 28 + int(b[24]) + int(b[25])
	n := f.u16(b, at)
	if at+2+2*n > len(b) {
		return listLevel{}, nil
	}
	units := make([]uint16, n)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[at+2+2*i:])
	}
	var text strings.Builder
	for _, r := range utf16.Decode(units) {
		if r < listLevels && l.format != "bullet" {
			text.WriteByte('%')
			text.WriteByte(byte('1' + r))
			continue
		}
		text.WriteRune(r)
	}
	l.text = text.String()
	return l, b[at+2+2*n:]
}

func (f *docFile) readListOverrides() {
	from := f.u32(f.main, fibOverride)
	heads := f.tablePart(fibOverride)
	count := f.u32(heads, 0)
	if count <= 0 || 4+16*count > len(heads) {
		return
	}
	rest := f.table[min(len(f.table), from+4+16*count):]
	for i := range count {
		head := heads[4+16*i:]
		l := &list{abstract: f.u32(head, 0)}
		for k := range l.startOver {
			l.startOver[k] = -1
		}
		f.numbering.lists[i+1] = l
		rest = rest[min(len(rest), 4):]
		for range int(head[12]) {
			if len(rest) < 8 {
				return
			}
			start, flags := f.u32(rest, 0), f.u32(rest, 4)
			rest = rest[8:]
			k := flags & 0xF
			var own listLevel
			if flags&0x20 != 0 {
				if own, rest = f.docLevel(rest); !own.defined {
					return
				}
			}
			if k >= listLevels {
				continue
			}
			if flags&0x20 != 0 {
				l.levels[k] = &own
			}
			if flags&0x10 != 0 {
				if flags&0x20 != 0 {
					start = own.start
				}
				l.startOver[k] = clamp(start, 0, maxCount)
			}
		}
	}
}
