package plan

import (
	"bihuan/chinese"
	"bihuan/office"
)

// wrapped says how a text is broken into lines of one width, as e-mail and old printers do; width 0 means it is not.
type wrapped struct {
	width    int  // of a full line, in half characters
	indented bool // paragraphs begin with blanks
}

// wrapOf finds the width at which a document's lines were broken: many lines are as long, hardly any is longer.
func wrapOf(doc office.Document) wrapped {
	var count [120]int
	lines, indents := 0, 0
	for _, part := range doc.Parts {
		for _, p := range part.Paragraphs {
			if p.Cell.Table > 0 || p.Text == "" {
				continue
			}
			lines++
			count[min(lineWidth(p.Text), len(count)-1)]++
			if first, _ := firstRune(p.Text); chinese.Blank(first) {
				indents++
			}
		}
	}
	longer, best := 0, wrapped{}
	for w := len(count) - 2; w >= 32; w-- {
		longer += count[w+1]
		if full := count[w] + count[w-1] + count[w-2] + count[w-3]; full >= 5 && full*10 >= lines*3 && longer*10 <= lines {
			return wrapped{w, indents*8 >= lines}
		}
	}
	return best
}

func firstRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}

// lineWidth is the width of a line in half characters, blanks at its end not counted; for one much longer than any printed line its
// size in bytes, which is more.
func lineWidth(s string) int {
	if len(s) > 400 {
		return len(s)
	}
	n, width := 0, 0
	for _, r := range s {
		if n++; r >= 0x80 {
			n++
		}
		if !chinese.Blank(r) {
			width = n
		}
	}
	return width
}

// goesOn reports whether the last line of the ink goes on with the paragraph of the line before it.
func (k *ink) goesOn(w wrapped, before, text string) bool {
	n := len(k.lines)
	if w.width == 0 || n < 2 || lineWidth(before) < w.width-6 {
		return false
	}
	l, p := k.lines[n-1], k.lines[n-2]
	if l.gap || l.cell.Table > 0 || p.cell.Table > 0 || l.level > 0 || p.level > 0 || l.part != p.part || l.from == l.to {
		return false
	}
	if first, _ := firstRune(text); chinese.Blank(first) {
		return false
	}
	last := k.c[p.to-1]
	ended := has("。:!?", last)
	if ended && !w.indented {
		return false
	}
	if !w.indented || ended || last == ';' {
		if _, ok := k.markAt(l.from, l.to); ok {
			return false
		}
		if f, end := k.labelAfter(l.from, l.to); end > 0 && f.field != fNone && has(":】", k.at0(end)) {
			return false
		}
	}
	return !has("【[-—●■◆★|", k.c[l.from])
}

// glue makes the last line part of the line before it.
func (k *ink) glue() {
	n := len(k.lines)
	l, p := k.lines[n-1], &k.lines[n-2]
	copy(k.c[p.to:], k.c[l.from:])
	copy(k.at[p.to:], k.at[l.from:])
	k.c, k.at = k.c[:len(k.c)-1], k.at[:len(k.at)-1]
	k.pieces[len(k.pieces)-1].from--
	p.to = l.to - 1
	k.lines = k.lines[:n-1]
}
