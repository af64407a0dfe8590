package plan

// fill reads the stretch of a finding into its fields.
func (k *reader) fill(d *draft) {
	if !d.letter.empty() {
		k.fillLetter(d)
		return
	}
	end := k.tail(d.title.a, d.end)
	first := k.labelFrom(d.title.a)
	headEnd := end
	if first < len(k.labels) && k.labels[first].from < end {
		headEnd = k.labels[first].from
	}
	k.fillHead(d, span{d.title.a, headEnd}, d.region)
	last := fNone
	for j := first; j < len(k.labels) && k.labels[j].from < end; j++ {
		lb := k.labels[j]
		to := end
		if j+1 < len(k.labels) && k.labels[j+1].from < end {
			to = k.labels[j+1].from
		}
		last = k.fillField(d, lb, span{lb.to, to}, last)
	}
}

// fillField adds the value of one label and gives the field that an enumeration after it goes on with.
func (k *reader) fillField(d *draft, lb label, s span, last field) field {
	if listField(lb.field) {
		list, rest := k.listEnd(s)
		k.addList(d, lb.field, list)
		if !rest.empty() {
			d.problems = append(d.problems, rest)
		}
		return lb.field
	}
	value, rest := k.single(lb, s)
	switch lb.field {
	case fUnit, fCoUnit, fOwner, fPerson, fLeader:
		d.owners = append(d.owners, owned{lb.field, value})
	case fDeadline:
		d.deadlines = append(d.deadlines, k.clean(value))
	case fStatus:
		if _, _, ok := k.stateIn(value); !ok && value.b-value.a > 16 { // 完成情况：… tells what was done
			list, _ := k.listEnd(s)
			k.addList(d, fDone, list)
			return fDone
		}
		d.status = append(d.status, k.clean(value))
	}
	if rest = k.resume(rest); !rest.empty() && listField(last) {
		k.addList(d, last, rest)
	}
	return last
}

// addList adds a text that may be enumerated.
func (k *reader) addList(d *draft, f field, s span) {
	if k.clean(s).empty() {
		return
	}
	switch f {
	case fManifest:
		d.problems = append(d.problems, s)
	case fProblem:
		if d.title.empty() {
			k.fillHead(d, s, fProblem)
			return
		}
		d.problems = append(d.problems, s)
	case fMeasure:
		d.measures = append(d.measures, s)
	case fDone:
		d.done = append(d.done, s)
	case fGoal:
		d.goals = append(d.goals, k.clean(s))
	}
}

// single cuts the value of a field that holds one line; rest is what follows it.
func (k *reader) single(lb label, s span) (value, rest span) {
	start := s.a
	for start < s.b && k.c[start] == '\n' {
		start++
	}
	depth := 0
	inside := k.inParen(lb.from)
	for i := start; i < s.b; i++ {
		switch r := k.c[i]; {
		case r == '(' || r == '〔':
			depth++
		case r == ')' || r == '〕':
			if depth--; depth < 0 {
				return span{start, i}, span{i + 1, s.b}
			}
		case r == '。' && depth <= 0 && !inside:
			return span{start, i}, span{i + 1, s.b}
		case r == '\n':
			if i+1 < s.b && has("、,", k.c[i-1]) || i+1 < s.b && k.wraps(lb, i) {
				continue
			}
			return span{start, i}, span{i + 1, s.b}
		}
	}
	return span{start, s.b}, span{s.b, s.b}
}

// wraps reports whether the value of a single field goes on after the line end at c[i]: the line was full.
func (k *reader) wraps(lb label, i int) bool {
	n := k.lineAt(i + 1)
	if !k.joined(n) {
		return false
	}
	size := k.lines[n].to - k.lines[n].from
	return size <= 3 || size < 20 && !k.lines[n].bare || has("、", k.c[i-1])
}

// resume keeps what follows a single value only if an enumeration goes on there.
func (k *reader) resume(s span) span {
	s = k.trim(s, "。;,、:)")
	if i := k.markFrom(s.a); i < len(k.marks) && k.marks[i].from == s.a && s.a < s.b {
		return s
	}
	return span{s.a, s.a}
}

// listEnd cuts a list value before a line that numbers the next manifestation: each has its own measures.
func (k *reader) listEnd(s span) (list, rest span) {
	for i := k.markFrom(s.a); i < len(k.marks) && k.marks[i].from < s.b; i++ {
		if m := k.marks[i]; m.head && m.start && !m.item && !m.own && m.from > s.a && m.style != stDash {
			return span{s.a, m.from}, span{m.from, s.b}
		}
	}
	return s, span{s.b, s.b}
}

// fillHead reads title and text of a finding that stand before its first label.
func (k *reader) fillHead(d *draft, s span, region field) {
	if region != fNone && region != fProblem {
		k.fillRegion(d, s, region)
		d.title = span{s.a, s.a}
		return
	}
	if _, to, ok := k.about(s.a, s.b); ok {
		d.title = k.clean(span{s.a, to})
		k.titleStatus(d)
		k.fillAnswer(d, span{to, s.b})
		return
	}
	end := k.titleEnd(s.a, s.b)
	for i := k.markFrom(s.a); i < len(k.marks) && k.marks[i].from < end; i++ {
		if m := k.marks[i]; !k.inBrackets(s.a, m.from) && m.from > s.a && (m.ord == 1 || m.style == stDash) {
			end = m.from
		}
	}
	if i := k.colon(span{s.a, end}); i > 0 {
		end = i
	}
	d.title = k.clean(span{s.a, end})
	k.titleStatus(d)
	rest := k.trim(span{end, s.b}, "。;,、:!?|")
	if rest.empty() {
		return
	}
	if k.answers(d, rest) {
		k.fillAnswer(d, rest)
		return
	}
	d.problems = append(d.problems, rest)
}

// colon finds a colon that parts a title from its text.
func (k *reader) colon(s span) int {
	depth := 0
	for i := s.a; i < s.b; i++ {
		switch r := k.c[i]; {
		case has(openers, r) || r == '(':
			depth++
		case has(closers, r):
			depth = max(0, depth-1)
		case r == ':' && depth == 0 && i-s.a >= 4:
			return i
		}
	}
	return -1
}

// titleStatus takes a state in brackets off the end of a title: 「…不到位（已完成）」.
func (k *reader) titleStatus(d *draft) {
	t := d.title
	if t.empty() || !has(")】]", k.c[t.b-1]) {
		return
	}
	for i := t.b - 2; i > t.a && i > t.b-20; i-- {
		if has("(【[", k.c[i]) {
			inside := span{i + 1, t.b - 1}
			if _, ok := k.state(inside); ok && inside.b-inside.a <= 12 {
				d.status = append(d.status, inside)
				d.title = k.clean(span{t.a, i})
			}
			return
		}
	}
}

// answers reports whether the text after a title tells what was done and not what was wrong: in a bulletin or report without
// labels.
func (k *reader) answers(d *draft, rest span) bool {
	if k.kind != KindBulletin && k.kind != KindReport {
		return false
	}
	for _, lb := range k.labels {
		if lb.field == fMeasure || lb.field == fDone {
			return false
		}
	}
	return true
}

// fillAnswer reads the text below a heading 关于“…”问题的整改: pairs of problems and answers, or measures.
func (k *reader) fillAnswer(d *draft, s span) {
	s = k.trim(s, "")
	cuts := k.cuts(s)
	pairs := 0
	if len(cuts) == 0 || cuts[0].from > s.a {
		if problem, to, ok := k.about(s.a, s.b); ok && k.starts(s.a, "关于") {
			d.pairs = append(d.pairs, pair{span{}, problem, k.trim(span{to, s.b}, "。;,、:")})
			return
		}
	}
	for i, m := range cuts {
		end := s.b
		if i+1 < len(cuts) {
			end = cuts[i+1].from
		}
		if problem, to, ok := k.about(m.to, end); ok {
			pairs++
			d.pairs = append(d.pairs, pair{m.num, problem, k.trim(span{to, end}, "。;,、:")})
		}
	}
	if pairs == 0 && !k.clean(s).empty() {
		d.done = append(d.done, s)
	}
}

// fillRegion reads the text of an entry in a task or responsibility list that has no labels.
func (k *reader) fillRegion(d *draft, s span, region field) {
	s = k.trim(s, "。;,、:")
	if s.empty() {
		return
	}
	switch region {
	case fMeasure, fDone, fGoal:
		k.addList(d, region, s)
	case fDeadline:
		d.deadlines = append(d.deadlines, k.clean(s))
	default:
		for _, t := range k.tokens(s) {
			if len(k.dates(t, date{2000, 1, 1})) > 0 || k.isLongTerm(t) || k.find(t, "立行立改") >= 0 {
				d.deadlines = append(d.deadlines, t)
			} else {
				d.owners = append(d.owners, owned{fOwner, t})
			}
		}
	}
}

// tailWords begin the lines that close a paper.
var tailWords = []string{"欢迎", "下一步,", "下步,", "接下来,", "联系方式", "联系电话", "特此", "附件", "附:", "以上", "监督电话", "通讯地址", "邮政编码", "电子邮箱", "此件", "抄送", "抄报", "公示期", "说明:", "备注:", "注:"}

// tail finds where a finding's stretch is over because the paper is closed: signature, date, contact.
func (k *reader) tail(from, end int) int {
	if from >= end {
		return end
	}
	for n := k.lineAt(from) + 1; n < len(k.lines) && k.lines[n].from < end; n++ {
		l := k.lines[n]
		if l.from <= from || l.to == l.from || l.cell.Table > 0 {
			continue
		}
		if l.mark < 0 {
			for _, w := range tailWords {
				if k.starts(l.from, w) {
					return l.from
				}
			}
			if k.datedLine(span{l.from, l.to}) {
				if p := k.lines[n-1]; p.bare && p.from > from {
					return p.from
				}
				return l.from
			}
		}
	}
	return end
}

// datedLine reports whether a line is nothing but a date, as under a signature.
func (k *reader) datedLine(s span) bool {
	if s.b-s.a > 16 || s.b-s.a < 6 {
		return false
	}
	i := s.a
	if has("(", k.c[i]) {
		i++
	}
	for ; i < s.b; i++ {
		r := k.c[i]
		if !has("年月日0123456789〇○零一二三四五六七八九十xX*×.-/)", r) {
			return false
		}
	}
	return k.find(s, "年") >= 0 || k.find(s, "-") >= 0 || k.find(s, ".") >= 0
}
