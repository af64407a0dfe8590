package plan

import (
	"strings"
	"unicode/utf8"

	"bihuan/chinese"
	"bihuan/office"
)

// Read reads a plan out of a document. It never fails: what cannot be read stays unknown, and the notes say what a reviewer
// should look at. Reading takes time linear in the length of the document.
func Read(doc office.Document) Plan {
	k := &reader{doc: doc}
	k.fillInk(doc)
	grids := k.grids()
	k.learn()
	k.scan()
	p := Plan{}
	k.kind = k.kindOf(k.title(len(k.c)))
	k.ledger = k.hasLedger(grids)
	own, annexed := k.annexes(grids)
	out := k.narrative()
	k.tables(&out, own)
	body := k.bodyStart(out)
	k.heading(&p, body)
	if p.Kind == KindOther {
		p.Kind = k.kindFromBody(out)
	}
	if p.Kind == KindLedger && !k.ledger {
		p.Kind = KindPlan // a list in running text
	}
	if k.lists {
		p.Kind = KindLists
	}
	k.anchors(&p, body)
	for i := range out.drafts {
		if !out.drafts[i].table {
			k.fill(&out.drafts[i])
		}
	}
	k.fillFromAnnexes(&out, annexed)
	k.assemble(&p, k.join(out))
	p.Notes = Check(p)
	return p
}

// fillInk puts the lines of a document into the ink, page marks left out.
func (k *reader) fillInk(doc office.Document) {
	size := 0
	for _, part := range doc.Parts {
		for _, p := range part.Paragraphs {
			size += utf8.RuneCountInString(p.Text) + 1
		}
	}
	guess := size + 1
	k.orig, k.c, k.at = make([]rune, 0, guess), make([]rune, 0, guess), make([]int32, 0, guess)
	markdown := doc.Format == "md" || looksMarkdown(doc)
	wrap := wrapOf(doc)
	before := "" // the paragraph above
	var r []rune // the paragraph
	for pi, part := range doc.Parts {
		gap := false
		for i, p := range part.Paragraphs {
			r = r[:0]
			for _, x := range p.Text {
				r = append(r, x)
			}
			if len(trimLeft(r)) == 0 {
				gap = true
				continue
			}
			for base := 0; base <= len(r); {
				to := base
				for to < len(r) && r[to] != '\n' && r[to] != '\v' && r[to] != '\f' && r[to] != '\r' {
					to++
				}
				if piece := r[base:to]; len(trimLeft(piece)) > 0 && !pageMark(piece) && !(p.Cell.Table == 0 && blankLine(piece)) {
					k.add(pi, i, base, piece, len(r), markdown)
					l := &k.lines[len(k.lines)-1]
					l.cell, l.level, l.centered, l.bold, l.gap = p.Cell, p.Level, p.Centered, p.Bold, gap
					if l.from == l.to { // nothing but decoration
						k.c, k.at = k.c[:l.from], k.at[:l.from]
						k.lines = k.lines[:len(k.lines)-1]
						k.orig = k.orig[:k.pieces[len(k.pieces)-1].start]
						k.pieces = k.pieces[:len(k.pieces)-1]
					} else if k.goesOn(wrap, before, p.Text) {
						k.glue()
					}
					gap, before = false, p.Text
				}
				base = to + 1
			}
		}
	}
	k.at = append(k.at, int32(len(k.orig)))
}

// blankMark begins what an export of Bihuan leaves to be filled in: 〔待填：回应“三是”的措施〕.
const blankMark = "〔待填"

// blankLine reports whether a line is only a blank to be filled in.
func blankLine(r []rune) bool {
	text := strings.TrimSpace(string(r[:min(len(r), 8)]))
	return strings.HasPrefix(text, blankMark) && last(r) == '〕'
}

// looksMarkdown reports whether a text file uses markdown headings.
func looksMarkdown(doc office.Document) bool {
	if doc.Format != "txt" && doc.Format != "" {
		return false
	}
	n := 0
	for _, part := range doc.Parts {
		for _, p := range part.Paragraphs {
			if len(p.Text) > 2 && p.Text[0] == '#' && (p.Text[1] == '#' || p.Text[1] == ' ') {
				n++
			}
		}
	}
	return n > 1
}

// pageMark reports whether a line is only a page number: 第1页共4页, — 3 —, 3/12.
func pageMark(r []rune) bool {
	n, digits, other := 0, 0, 0
	word := false
	for _, x := range r {
		x = chinese.Fold(x)
		switch {
		case chinese.Blank(x):
			continue
		case chinese.Digit(x):
			digits++
		case x == '页':
			word = true
		case has("第共总,/-—–－·.()", x):
			other++
		case chinese.Numeral(x):
			digits++
		default:
			return false
		}
		n++
	}
	if n == 0 || n > 16 || digits == 0 {
		return false
	}
	first, last := first(r), last(r)
	return word || has("-—–－·", first) && has("-—–－·", last) && other >= 2
}

func first(r []rune) rune {
	for _, x := range r {
		if !chinese.Blank(x) {
			return chinese.Fold(x)
		}
	}
	return 0
}

func last(r []rune) rune {
	for i := len(r) - 1; i >= 0; i-- {
		if !chinese.Blank(r[i]) {
			return chinese.Fold(r[i])
		}
	}
	return 0
}

// bodyStart finds where the first section or finding begins.
func (k *reader) bodyStart(out outline) int {
	at := len(k.c)
	for _, d := range out.drafts {
		if !d.source.empty() || d.source.a > 0 {
			at = min(at, d.source.a)
		}
	}
	for _, s := range out.sections {
		if !s.title.empty() && s.title.a < at {
			at = s.title.a
		}
	}
	return at
}

// kindFromBody tells the kind of a paper whose title does not.
func (k *reader) kindFromBody(out outline) Kind {
	for _, d := range out.drafts {
		if d.table {
			return KindLedger
		}
	}
	for _, lb := range k.labels {
		if lb.field == fMeasure {
			return KindPlan
		}
	}
	return KindOther
}
