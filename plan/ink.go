package plan

import (
	"strings"
	"unicode/utf8"

	"bihuan/chinese"
	"bihuan/office"
)

// ink is a document as one run of runes. Parsing works on c, where widths are folded and blanks are gone; values are cut out
// of orig, as printed. at leads from c to orig and ends with len(orig).
type ink struct {
	orig    []rune
	c       []rune // lines are parted by '\n'
	at      []int32
	lines   []line
	pieces  []piece
	learned []labelWord // words this paper uses as labels
}

// piece is a line of the document as it stands there; lines that were broken by force are glued out of several.
type piece struct {
	part, para int
	base       int // rune offset in its paragraph
	size       int // runes of the whole paragraph
	start      int // in orig
	from       int // in c
}

// line is one line of a paragraph; most paragraphs have one.
type line struct {
	part     int
	from, to int // in c, without the line end
	mark     int // index in marks of an enumerator at the start, else -1
	markTo   int // where the text after that enumerator begins
	cell     office.Cell
	level    int
	centered bool
	bold     bool
	gap      bool // an empty line stands before it
	label    bool // begins with a label
	bare     bool // short, no closing punctuation: may be a heading
}

// span is a piece of c.
type span struct{ a, b int }

func (s span) empty() bool { return s.b <= s.a }

// inkOf makes an ink of one string, for the functions that take plain text.
func inkOf(text string) *ink {
	r := []rune(text)
	k := &ink{orig: make([]rune, 0, len(r)+1), c: make([]rune, 0, len(r)+1), at: make([]int32, 0, len(r)+2)}
	k.add(0, 0, 0, r, len(r), false)
	k.at = append(k.at, int32(len(k.orig)))
	return k
}

// add appends one line.
func (k *ink) add(part, para, base int, r []rune, size int, markdown bool) {
	l := line{part: part, from: len(k.c), mark: -1}
	start := len(k.orig)
	k.pieces = append(k.pieces, piece{part: part, para: para, base: base, size: size, start: start, from: len(k.c)})
	for i, x := range r {
		if x < 0x4e00 || x > 0x9fff { // most are plain Chinese characters
			if chinese.Blank(x) || markdown && decoration(r, i) {
				continue
			}
			x = chinese.Fold(x)
		}
		k.c = append(k.c, x)
		k.at = append(k.at, int32(start+i))
	}
	l.to = len(k.c)
	mendDigits(k.c[l.from:])
	k.orig = append(append(k.orig, r...), '\n')
	k.c = append(k.c, '\n')
	k.at = append(k.at, int32(len(k.orig)-1))
	k.lines = append(k.lines, l)
}

// mendDigits turns the letters that scanning makes of digits back: 2O25年, 3O日, l2月.
func mendDigits(c []rune) {
	for i, r := range c {
		if r != 'O' && r != 'o' && r != 'l' && r != 'I' {
			continue
		}
		before := i > 0 && chinese.Digit(c[i-1])
		after := i+1 < len(c) && (chinese.Digit(c[i+1]) || has("Ol", c[i+1]))
		switch {
		case (r == 'O' || r == 'o') && before && (after || i+1 < len(c) && !letter(c[i+1])):
			c[i] = '0'
		case (r == 'l' || r == 'I') && (before && i+1 < len(c) && (after || has("年月日号", c[i+1])) || after && (i == 0 || !letter(c[i-1]))):
			c[i] = '1'
		}
	}
}

// letter reports whether a rune is a Latin letter.
func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// decoration reports whether a rune is markdown's and not the author's.
func decoration(r []rune, i int) bool {
	switch r[i] {
	case '#', '>':
		for _, x := range r[:i] {
			if x != '#' && x != '>' && x != ' ' {
				return false
			}
		}
		return true
	case '*', '_':
		return i > 0 && r[i-1] == r[i] || i+1 < len(r) && r[i+1] == r[i]
	case '`':
		return true
	}
	return false
}

func trimLeft(r []rune) []rune {
	for len(r) > 0 && chinese.Blank(r[0]) {
		r = r[1:]
	}
	return r
}

// text gives a piece as printed, without line ends.
func (k *ink) text(s span) string {
	if s.empty() {
		return ""
	}
	from, to := int(k.at[s.a]), int(k.at[s.b-1])+1
	out := k.orig[from:to]
	for i, r := range out {
		if r == '\n' || r == '\r' {
			clean := append(make([]rune, 0, len(out)), out[:i]...)
			for _, x := range out[i:] {
				if x != '\n' && x != '\r' {
					clean = append(clean, x)
				}
			}
			return string(clean)
		}
	}
	return string(out)
}

// bare gives a piece folded and without blanks or line ends, for comparing.
func (k *ink) bare(s span) string {
	out := make([]rune, 0, s.b-s.a)
	for _, r := range k.c[s.a:max(s.a, s.b)] {
		if r != '\n' {
			out = append(out, r)
		}
	}
	return string(out)
}

// gapAt reports whether white space stood before c[i].
func (k *ink) gapAt(i int) bool {
	return i > 0 && (i < len(k.at) && k.at[i]-k.at[i-1] > 1 && k.orig[k.at[i]-1] != '\n' || k.c[i-1] == '\n')
}

// lineAt finds the line that holds c[i].
func (k *ink) lineAt(i int) int {
	lo, hi := 0, len(k.lines)
	for hi-lo > 1 {
		if m := (lo + hi) / 2; k.lines[m].from <= i {
			lo = m
		} else {
			hi = m
		}
	}
	return lo
}

// pieceAt finds the piece that holds c[i].
func (k *ink) pieceAt(i int) piece {
	lo, hi := 0, len(k.pieces)
	for hi-lo > 1 {
		if m := (lo + hi) / 2; k.pieces[m].from <= i {
			lo = m
		} else {
			hi = m
		}
	}
	return k.pieces[lo]
}

// source says where a piece stands in the document.
func (k *ink) source(s span) Source {
	if s.empty() {
		return Source{}
	}
	first, last := k.pieceAt(s.a), k.pieceAt(s.b-1)
	out := Source{Part: first.part, Paragraph: first.para, From: first.base + int(k.at[s.a]) - first.start}
	if first.part == last.part && first.para == last.para {
		out.To = last.base + int(k.at[s.b-1]) + 1 - last.start
		return out
	}
	out.To = first.size
	if last.part == first.part {
		out.Last = last.para
	}
	return out
}

// trim drops blanks at line ends and the given signs on both sides.
func (k *ink) trim(s span, signs string) span {
	for !s.empty() && (k.c[s.a] == '\n' || has(signs, k.c[s.a])) {
		s.a++
	}
	return k.trimEnd(s, signs)
}

func (k *ink) trimEnd(s span, signs string) span {
	for !s.empty() && (k.c[s.b-1] == '\n' || has(signs, k.c[s.b-1])) {
		s.b--
	}
	return s
}

// has reports whether a rune is one of the signs. It compares bytes, since decoding the signs each time is what reading took
// longest for.
func has(signs string, r rune) bool {
	switch {
	case r < 0x80:
		return strings.IndexByte(signs, byte(r)) >= 0
	case r < 0x800 || r >= 0x10000:
		return strings.ContainsRune(signs, r)
	}
	x, y, z := byte(0xe0|r>>12), byte(0x80|r>>6&0x3f), byte(0x80|r&0x3f)
	for i := 2; i < len(signs); i++ {
		if signs[i] == z && signs[i-1] == y && signs[i-2] == x {
			return true
		}
	}
	return false
}

// at0 gives c[i], or 0 outside.
func (k *ink) at0(i int) rune {
	if i < 0 || i >= len(k.c) {
		return 0
	}
	return k.c[i]
}

// starts reports whether a word stands at c[i].
func (k *ink) starts(i int, word string) bool {
	if i < 0 || i >= len(k.c) {
		return false
	}
	if r := k.c[i]; r >= 0x800 && len(word) > 2 && word[2] != byte(0x80|r&0x3f) { // most words fail here
		return false
	}
	for _, r := range word {
		if i >= len(k.c) || k.c[i] != r {
			return false
		}
		i++
	}
	return true
}

// find gives the first place of a word in a piece, or -1.
func (k *ink) find(s span, word string) int {
	first := rune(0)
	n := 0
	for _, r := range word {
		if n == 0 {
			first = r
		}
		n++
	}
	for i := s.a; i+n <= s.b; i++ {
		if k.c[i] == first && k.starts(i, word) {
			return i
		}
	}
	return -1
}

func runeLen(s string) int { return utf8.RuneCountInString(s) }
