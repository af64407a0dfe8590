package plan

// item is one part of an enumeration.
type item struct {
	num  span
	text span
}

// split parts a text: at its enumerators where it has any, else at semicolons and sentence ends. What stands before the first
// enumerator is no item. One enumerator that is followed by loose sentences parts nothing, so its sentences are items.
func (k *reader) split(s span) []item {
	s = k.trim(s, "。;,、:")
	if s.empty() {
		return nil
	}
	cuts := k.cuts(s)
	if len(cuts) == 0 {
		return k.parts(s)
	}
	var items []item
	for i, m := range cuts {
		end := s.b
		if i+1 < len(cuts) {
			end = cuts[i+1].from
		}
		if t := k.clean(span{m.to, end}); !t.empty() {
			items = append(items, item{m.num, t})
		}
	}
	if len(cuts) == 1 && len(items) == 1 && (cuts[0].style == stShi || cuts[0].style == stDi || cuts[0].style == stYao) {
		if loose := k.sentences(items[0].text, nil); len(loose) > 1 {
			loose[0].num = items[0].num
			return loose
		}
	}
	return items
}

// splitOf parts one of several texts. Where each has a number of its own (cells of several rows), that number parts it from the others and
// nothing within it.
func (k *reader) splitOf(all []span, s span) []item {
	if len(all) > 1 {
		if m, ok := k.soleNumber(s); ok {
			for _, x := range all {
				if y, ok := k.soleNumber(x); ok && y.ord != m.ord && y.style == m.style {
					return []item{{m.num, k.clean(span{m.to, s.b})}}
				}
			}
		}
	}
	return k.split(s)
}

// soleNumber gives the enumerator that a text begins with, when it has no other.
func (k *reader) soleNumber(s span) (mark, bool) {
	s = k.trim(s, "。;,、:")
	cuts := k.cuts(s)
	if len(cuts) == 1 && cuts[0].from == s.a {
		return cuts[0], true
	}
	if i := k.markFrom(s.a); len(cuts) == 0 && i < len(k.marks) && k.marks[i].from == s.a && k.marks[i].start && !k.marks[i].own && k.marks[i].style != stDash && !s.empty() {
		return k.marks[i], true
	}
	return mark{}, false
}

// clean drops the punctuation around a value.
func (k *ink) clean(s span) span {
	s = k.trim(s, "。;,、:|")
	for !s.empty() && k.c[s.b-1] == '(' {
		s = k.trimEnd(span{s.a, s.b - 1}, "。;,、:")
	}
	if !s.empty() && k.c[s.b-1] == '.' {
		s.b--
	}
	return s
}

// cuts finds the enumerators that part a text: those of the style that comes first, in sequence.
func (k *reader) cuts(s span) []mark {
	var out []mark
	at := stNone
	ord := 0
	for i := k.markFrom(s.a); i < len(k.marks) && k.marks[i].from < s.b; i++ {
		m := k.marks[i]
		if m.own || k.inBrackets(s.a, m.from) {
			continue
		}
		switch {
		case at == stNone && (m.first() || m.style == stDash || m.from == s.a && m.start || k.follows(i, s.b)):
			at, ord = m.style, m.ord
			out = append(out, m)
		case at == m.style && (m.ord > ord && m.ord <= ord+3 || at == stDash):
			ord = m.ord
			out = append(out, m)
		case at == m.style && m.start && !m.weak && m.ord == ord:
			out = append(out, m)
		}
	}
	if len(out) == 1 && out[0].from > s.a && (out[0].style != stShi && out[0].style != stYao || out[0].ord > 1) {
		return nil
	}
	if len(out) == 1 && out[0].style == stYao {
		return nil
	}
	return out
}

// follows reports whether the next mark of the same style continues mark i before end.
func (k *reader) follows(i, end int) bool {
	for _, m := range k.marks[i+1:] {
		if m.from >= end {
			return false
		}
		if m.style == k.marks[i].style {
			return m.ord == k.marks[i].ord+1
		}
	}
	return false
}

// inBrackets reports whether c[i] stands inside round brackets opened after from.
func (k *reader) inBrackets(from, i int) bool {
	depth := 0
	for j := max(from, i-120); j < i; j++ {
		switch k.c[j] {
		case '(':
			depth++
		case ')', '\n':
			depth = 0
		}
	}
	return depth > 0
}

// parts parts a text without enumerators: at semicolons, and then also at sentence ends; without semicolons it is one.
func (k *reader) parts(s span) []item {
	items := k.sentences(s, nil)
	if len(items) < 2 {
		return items
	}
	for i := s.a; i < s.b; i++ {
		if k.c[i] == ';' || k.c[i] == '\n' && k.endsParagraph(i, s) {
			return items
		}
	}
	return []item{{text: k.clean(s)}}
}

// sentences parts a text at semicolons and sentence ends outside quotation marks and brackets.
// A sentence that only illustrates (例如) stays with the one before it.
func (k *reader) sentences(s span, out []item) []item {
	from, depth := s.a, 0
	for i := s.a; i < s.b; i++ {
		switch r := k.c[i]; {
		case r == '“' || r == '(' || r == '「' || r == '《':
			depth++
		case r == '”' || r == ')' || r == '」' || r == '》':
			depth = max(0, depth-1)
		case r == '\n':
			depth = 0
			if k.endsParagraph(i, s) {
				out = k.sentence(out, span{from, i})
				from = i + 1
			}
		case depth > 0 && !k.lostCloser(i, s.b):
		case r == '。' || r == ';' || r == '!' || r == '?' || r == '.' && k.han(i-1) && (k.han(i+1) || i+1 == s.b || k.c[i+1] == '\n'):
			out = k.sentence(out, span{from, i})
			from, depth = i+1, 0
		}
	}
	return k.sentence(out, span{from, s.b})
}

// lostCloser reports whether no closing sign follows soon, so that the opening one was lost or stray.
func (k *reader) lostCloser(i, end int) bool {
	for j := i; j < end && j < i+80; j++ {
		if has("”)」》", k.c[j]) {
			return false
		}
		if k.c[j] == '\n' {
			return true
		}
	}
	return true
}

// endsParagraph reports whether the line end at c[i] ends a paragraph and is no break inside a sentence.
func (k *reader) endsParagraph(i int, s span) bool {
	if i == 0 || i+1 >= s.b {
		return true
	}
	n := k.lineAt(i + 1)
	return !k.joined(n)
}

// joined reports whether line n goes on with the sentence of the line before it.
func (k *reader) joined(n int) bool {
	if n <= 0 || n >= len(k.lines) {
		return false
	}
	l, p := k.lines[n], k.lines[n-1]
	if l.mark >= 0 || l.label || p.to == p.from || l.cell != p.cell || l.gap && !has(",、", k.c[p.to-1]) {
		return false
	}
	last := k.c[p.to-1]
	if has(terminals, last) || has("”」』】", last) {
		return false
	}
	if has(",、“(（《—及和的与", last) {
		return true
	}
	return p.to-p.from >= 24 || l.to-l.from <= 3 || l.to > l.from && has(",、)”》", k.c[l.from])
}

func (k *reader) sentence(out []item, s span) []item {
	t := k.clean(s)
	if t.empty() {
		return out
	}
	if len(out) > 0 && k.illustrates(t) {
		out[len(out)-1].text.b = t.b
		return out
	}
	return append(out, item{text: t})
}

// illustrates reports whether a sentence is an example for the one before.
func (k *reader) illustrates(t span) bool {
	for _, w := range []string{"例如", "比如", "如:", "如,", "譬如", "其中", "特别是", "尤其是", "诸如"} {
		if k.starts(t.a, w) {
			return true
		}
	}
	return t.b-t.a < 3
}
