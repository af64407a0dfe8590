package plan

// unnumbered reads a paper without any enumerator that could count findings: short lines stand above labelled fields, or
// paragraphs tell of one problem each.
func (k *reader) unnumbered() outline {
	if k.labelledText() {
		return k.titledBlocks()
	}
	return k.letter()
}

// titledBlocks takes the short line before a block of labels as the title of a finding, and a short line before that as the
// heading of an aspect.
func (k *reader) titledBlocks() outline {
	w := walker{reader: k, style: stNone}
	w.out.sections = append(w.out.sections, sectionDraft{})
	last := 0
	for n := range k.lines {
		l := k.lines[n]
		if n == 0 || l.cell.Table > 0 || l.label || !l.bare && !k.beforeLabel(n) || k.datedLine(span{l.from, l.to}) {
			continue
		}
		switch {
		case k.beforeLabel(n):
			w.cutAt(l.from)
			w.begin(head{style: stAsk, from: l.from, to: l.from, num: span{l.from, l.from}, line: n}, len(k.c))
			last = n
		case n+1 < len(k.lines) && k.beforeLabel(n+1) && n > last:
			w.cutAt(l.from)
			if title := k.clean(span{l.from, l.to}); w.closing(title) {
				continue
			} else if n > 1 || l.gap {
				w.newSection(sectionDraft{title: title})
			}
		}
	}
	return w.out
}

// beforeLabel reports whether line n is followed by a line that begins with a label.
func (k *reader) beforeLabel(n int) bool {
	return n > 0 && n+1 < len(k.lines) && k.lines[n+1].label && !k.lines[n].label && k.lines[n].to-k.lines[n].from <= 60 && k.lines[n].mark < 0
}

// letter reads paragraphs that begin 针对“…”的问题，… as findings with what was done.
func (k *reader) letter() outline {
	w := walker{reader: k}
	w.out.sections = append(w.out.sections, sectionDraft{})
	for n := range k.lines {
		l := k.lines[n]
		if n == 0 || k.joined(n) {
			continue
		}
		problem, to, ok := k.about(l.from, len(k.c))
		if !ok {
			problem, to, ok = k.concerning(l)
		}
		if !ok {
			if l.bare && n+1 < len(k.lines) && k.aboutLine(n+1) && !k.datedLine(span{l.from, l.to}) {
				w.cutAt(l.from)
				w.newSection(sectionDraft{title: k.clean(span{l.from, l.to})})
			}
			continue
		}
		w.cutAt(l.from)
		d := draft{section: w.current, num: span{l.from, l.from}, source: span{l.from, to}, title: span{l.from, l.from}, end: len(k.c), inferred: true, letter: problem, body: to}
		w.out.drafts = append(w.out.drafts, d)
	}
	return w.out
}

func (k *reader) aboutLine(n int) bool {
	_, _, ok := k.about(k.lines[n].from, len(k.c))
	if !ok {
		_, _, ok = k.concerning(k.lines[n])
	}
	return ok
}

// concerning reads 「在…方面，存在…的问题。」 and 「针对…不到位的问题，我们…」.
func (k *reader) concerning(l line) (span, int, bool) {
	for _, w := range []string{"针对", "关于", "对于", "对"} {
		if !k.starts(l.from, w) {
			continue
		}
		for i := l.from + 4; i < l.to && i < l.from+80; i++ {
			if has("。;", k.c[i]) {
				break
			}
			if k.starts(i, "问题,") || k.starts(i, "问题:") || k.starts(i, "问题。") {
				s := span{l.from + runeLen(w), i}
				if k.at0(s.b-1) == '的' {
					s.b--
				}
				for _, v := range []string{"巡察组反馈的", "反馈指出的", "反馈的", "指出的", "巡察反馈的"} {
					if k.starts(s.a, v) {
						s.a += runeLen(v)
					}
				}
				return k.trim(s, "“”,"), i + 3, true
			}
		}
	}
	return span{}, 0, false
}

// fillLetter reads a paragraph of a letter.
func (k *reader) fillLetter(d *draft) {
	d.title = d.letter
	s := span{d.body, k.tail(d.body, d.end)}
	d.done = append(d.done, s)
}
