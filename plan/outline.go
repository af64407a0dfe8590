package plan

import (
	"bihuan/chinese"
	"bihuan/office"
)

// reader holds one document while it is read.
type reader struct {
	ink
	doc      office.Document
	marks    []mark
	labels   []label
	kind     Kind
	base     date // dates without a year fall on or after it
	lost     int  // enumerators destroyed by scanning
	lists    bool // several lists speak of the same findings
	annex    int  // where the lists bound to a plan begin; the end of the text without any
	ledger   bool // a table holds findings
	owned    bool // a label announces who answers for something, or when it is due
	measured bool // a label announces measures somewhere
	fields   bool // problem labels stand below numbered titles and tell how the problem shows
}

// head is where a section or finding begins.
type head struct {
	style    style
	ord      int
	from, to int // text begins at to
	num      span
	line     int
}

// scan finds enumerators and labels in the lines outside tables.
func (k *reader) scan() {
	var seq, cell [styles]int
	for n := range k.lines {
		first := len(k.marks)
		if k.lines[n].cell.Table > 0 {
			k.scanCell(n, &cell)
			continue
		}
		k.marks = k.marksIn(n, &seq, k.marks)
		if l := &k.lines[n]; l.mark >= 0 {
			l.markTo = k.marks[l.mark].to
		}
		before := len(k.labels)
		k.labels = k.labelsIn(&k.lines[n], k.labels)
		k.labelAfterMark(n, first, before)
		k.own(first, before)
		k.flat(n, first, before)
	}
	k.dropLoose()
	k.bullets()
	k.headingLines()
	k.mend()
	k.fields = k.problemFields()
	for _, lb := range k.labels {
		switch lb.field {
		case fMeasure, fDone:
			k.measured = true
		case fUnit, fOwner, fPerson, fLeader, fDeadline:
			k.owned = true
		}
	}
	k.items()
	for i := range k.labels { // the number of a label is part of it
		if m := k.labels[i].mark; m >= 0 && k.marks[m].own {
			k.labels[i].from = k.marks[m].from
		}
	}
}

// scanCell finds the enumerators of a line in a table; none is a heading.
func (k *reader) scanCell(n int, seq *[styles]int) {
	first := len(k.marks)
	if n == 0 || k.lines[n].cell != k.lines[n-1].cell {
		*seq = [styles]int{}
	}
	k.marks = k.marksIn(n, seq, k.marks)
	for i := first; i < len(k.marks); i++ {
		k.marks[i].head = false
	}
}

// labelAfterMark finds a label without a colon behind the number of a line: 「2.整改措施」.
func (k *reader) labelAfterMark(n, first, before int) {
	l := &k.lines[n]
	if l.mark < first || before < len(k.labels) {
		return
	}
	part := *l
	part.from = k.marks[l.mark].to
	if lb, ok := k.lineLabel(&part); ok && lb.field != fProblem && lb.field != fSection && !k.starts(lb.word.b-2, "清单") {
		lb.line, lb.plain = false, true
		k.labels = append(k.labels, lb)
	}
}

// problemFields reports whether problem labels (存在问题：) stand below numbered titles, so that they begin no finding.
func (k *reader) problemFields() bool {
	below, all := 0, 0
	for _, lb := range k.labels {
		if lb.field != fProblem || !lb.line {
			continue
		}
		all++
		n := k.lineAt(lb.from)
		if n == 0 || k.lines[n-1].mark < 0 {
			continue
		}
		l := k.lines[n-1]
		if m := k.marks[l.mark]; l.to > m.to && !l.label && k.find(span{m.to, l.to}, "方面") < 0 {
			below++
		}
	}
	return below > 0 && below*5 >= all*4
}

// bullets keeps, where a paper has bullets of several looks, only those of the first look as headings.
func (k *reader) bullets() {
	outer := rune(0)
	for i := range k.marks {
		m := &k.marks[i]
		if m.style != stDash || !m.head {
			continue
		}
		switch look := k.c[m.from]; {
		case outer == 0:
			outer = look
		case look != outer:
			m.head = false
		}
	}
}

// dropLoose forgets the labels without a colon whose number counts no labels around it: they are headings (二、整改任务).
func (k *reader) dropLoose() {
	kept := k.labels[:0]
	for at, lb := range k.labels {
		if lb.plain && lb.mark >= 0 && !k.counted(at) {
			continue
		}
		kept = append(kept, lb)
	}
	k.labels = kept
}

// counted reports whether a label with the number before or after stands near.
func (k *reader) counted(at int) bool {
	m := k.marks[k.labels[at].mark]
	for j := max(0, at-9); j < min(at+9, len(k.labels)); j++ {
		x := k.labels[j]
		if j == at || x.mark < 0 || x.field == k.labels[at].field {
			continue
		}
		if y := k.marks[x.mark]; y.style == m.style && (y.ord == m.ord+1 || y.ord == m.ord-1) {
			return true
		}
	}
	return false
}

// own ties labels to the numbers that stand before them: 「2.整改措施：」, 「（1）责任单位：」.
func (k *reader) own(first, before int) {
	for j := before; j < len(k.labels); j++ {
		lb := &k.labels[j]
		if i := k.markFrom(lb.from) - 1; i >= first && k.marks[i].to == lb.from {
			lb.mark = i
			lb.line = lb.line || k.marks[i].start
		}
	}
}

// flat decides whether a line holds several levels because its line breaks were lost; then its enumerators may be headings.
func (k *reader) flat(n, first, before int) {
	l := &k.lines[n]
	var seen [int(fSkip) + 1]int
	repeated := false
	for _, lb := range k.labels[before:] {
		if seen[lb.field]++; seen[lb.field] > 1 && (lb.field == fMeasure || lb.field == fDeadline || lb.field == fManifest || lb.field == fDone) && k.at0(lb.from-1) != '(' {
			repeated = true
		}
	}
	var count [styles]int
	for _, m := range k.marks[first:] {
		count[m.style]++
	}
	outer, inner := 0, 0
	for s := stCn; s <= stAsk; s++ {
		switch {
		case count[s] == 0:
		case outer == 0:
			outer = count[s]
		default:
			inner = max(inner, count[s])
		}
	}
	lost := l.to-l.from > 150 && (repeated || outer > 1 && inner > 1)
	if len(k.marks)-first > 1 && len(k.labels) > before { // 「二是民生保障方面。1、…整改措施：…」
		m, next := &k.marks[first], k.marks[first+1]
		if title := k.trimEnd(span{m.to, next.from}, "。;,:"); m.start && next.style > stCn && next.style < stPar && k.starts(title.b-2, "方面") && title.b-title.a < 40 {
			lost = true
			if m.style == stShi {
				m.style = stPart
			}
		}
	}
	for i := first; i < len(k.marks); i++ {
		m := &k.marks[i]
		m.head = m.start || lost && m.style < stPar
	}
}

// headingLines marks the lines that may be headings without a number.
func (k *reader) headingLines() {
	label := 0
	for n := range k.lines {
		l := &k.lines[n]
		for label < len(k.labels) && k.labels[label].from < l.from {
			label++
		}
		l.label = label < len(k.labels) && k.labels[label].line && k.labels[label].from < l.to
		size := l.to - l.from
		if l.cell.Table > 0 || size == 0 || l.mark >= 0 && k.marks[l.mark].style != stDash || l.label || size > 40 {
			continue
		}
		if l.mark >= 0 { // 「★ 聚焦…方面」
			l.bare = k.starts(l.to-2, "方面")
			continue
		}
		last := k.c[l.to-1]
		l.bare = !has("。;,:、!?", last) && (size <= 30 || l.level > 0 || l.bold || l.centered) || l.level > 0
	}
}

// mend gives destroyed enumerators the style that fits the sequence around them.
func (k *reader) mend() {
	var last [styles]int
	for i := range k.marks {
		m := &k.marks[i]
		if m.style != stJunk {
			if m.head {
				last[m.style] = m.ord
			}
			continue
		}
		k.lost++
		var next [styles]int
		first := stNone
		for _, f := range k.marks[i+1:] {
			if f.style == stJunk || !f.head {
				if f.style == stJunk {
					break
				}
				continue
			}
			if next[f.style] == 0 {
				next[f.style] = f.ord
			}
			if first == stNone {
				first = f.style
			}
			if f.line > m.line+60 {
				break
			}
		}
		m.style = k.guess(m, last, next, first)
		m.ord = last[m.style] + 1
		last[m.style] = m.ord
		for s := m.style + 1; s < styles; s++ {
			last[s] = 0
		}
	}
}

// guess picks a style for a destroyed enumerator.
func (k *reader) guess(m *mark, last, next [styles]int, first style) style {
	l := k.lines[m.line]
	aspect := l.to-l.from < 45 && k.find(span{m.to, l.to}, "方面") >= 0
	for _, s := range []style{stCn, stCnPar, stNum, stQ, stPar, stHalf} {
		if last[s] > 0 && next[s] == last[s]+2 { // the one that is missing
			return s
		}
	}
	if first != stNone && next[first] == 1 && first > stCn { // what follows starts afresh, so this stands above it
		for s := first - 1; s >= stCn; s-- {
			if last[s] > 0 || s == stCn {
				if s == stHyphen || s == stDec2 || s == stDec3 {
					continue
				}
				return s
			}
		}
	}
	if aspect {
		if last[stCnPar] > 0 || last[stCn] > 0 && next[stCnPar] > 0 {
			return stCnPar
		}
		if last[stCn] > 0 {
			return stCnPar
		}
	}
	for s := stPar; s >= stCn; s-- {
		if last[s] > 0 && s != stAsk {
			return s
		}
	}
	if next[stCnPar] == 2 {
		return stCnPar
	}
	return stCn
}

// listField reports whether a label announces a text that may be enumerated.
func listField(f field) bool {
	switch f {
	case fManifest, fMeasure, fDone, fNext, fCause, fGoal, fProblem, fSkip:
		return true
	}
	return false
}

// items tells the enumerations inside labelled fields from the numbers of findings.
func (k *reader) items() {
	at := 0
	ctx, run, ord := fNone, stNone, 0
	ctxMark := stNone
	for i := range k.marks {
		m := &k.marks[i]
		for at < len(k.labels) && k.labels[at].from < m.from {
			lb := k.labels[at]
			if lb.mark < 0 || lb.mark < i {
				ctx, run, ord, ctxMark = lb.field, stNone, 0, stNone
				if lb.mark >= 0 {
					ctxMark = k.marks[lb.mark].style
				}
			}
			at++
		}
		if at < len(k.labels) && k.labels[at].mark == i {
			m.own = k.ownNumber(at)
			if m.own {
				continue
			}
		}
		if !m.head || !listField(ctx) {
			if m.head {
				ctx = fNone
			}
			continue
		}
		switch {
		case run != stNone && m.style > run && !k.startsFinding(i, ctx), run == m.style && m.style == stDash && !k.startsFinding(i, ctx):
			m.item = true
		case ctxMark == m.style: // the numbers of the labels themselves
			ctx = fNone
		case run == stNone && (m.first() || m.style == stDash || m.style >= stCircle) && m.style != stQ && m.style != stAsk && !k.startsFinding(i, ctx),
			run == m.style && m.ord == ord+1 && !k.startsFinding(i, ctx):
			m.item = true
			run, ord = m.style, m.ord
		default:
			ctx = fNone
		}
	}
}

// ownNumber reports whether the number before a label counts labels (1.具体表现 2.整改措施) and not findings (1.责任单位 2.责任单位).
func (k *reader) ownNumber(at int) bool {
	lb := k.labels[at]
	m := k.marks[lb.mark]
	if m.style == stHyphen || m.style == stQ {
		return false
	}
	for _, x := range k.labels[at+1 : min(at+9, len(k.labels))] {
		if x.mark >= 0 && k.marks[x.mark].style == m.style && k.marks[x.mark].ord == m.ord+1 {
			return x.field != lb.field
		}
	}
	for j := at - 1; j >= 0 && j > at-9; j-- {
		if x := k.labels[j]; x.mark >= 0 && k.marks[x.mark].style == m.style && k.marks[x.mark].ord == m.ord-1 {
			return k.marks[x.mark].own
		}
	}
	return lb.field != fProblem
}

// startsFinding reports whether the text of mark i, up to the next of its style, has a label of its own like the one it stands under.
func (k *reader) startsFinding(i int, ctx field) bool {
	end := len(k.c)
	for _, m := range k.marks[i+1:] {
		if m.head && (m.style <= k.marks[i].style || m.style < stPar && m.style > stNum) {
			end = m.from
			break
		}
	}
	for j := k.labelFrom(k.marks[i].to); j < len(k.labels) && k.labels[j].from < end; j++ {
		if k.labels[j].field == fProblem && k.labels[j].line && k.labels[j].mark != i {
			return false
		}
		if k.labels[j].field == ctx && !k.inParen(k.labels[j].from) {
			return true
		}
	}
	return false
}

// inParen reports whether c[i] follows an opening bracket.
func (k *reader) inParen(i int) bool { return k.at0(i-1) == '(' }

// labelFrom gives the first label at or after c[i].
func (k *reader) labelFrom(i int) int {
	lo, hi := 0, len(k.labels)
	for lo < hi {
		if m := (lo + hi) / 2; k.labels[m].from < i {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// markFrom gives the first mark at or after c[i].
func (k *reader) markFrom(i int) int {
	lo, hi := 0, len(k.marks)
	for lo < hi {
		if m := (lo + hi) / 2; k.marks[m].from < i {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// heads gives the places where sections and findings may begin, in order.
func (k *reader) heads() []head {
	var out []head
	at := 0
	for _, m := range k.marks {
		for ; at < len(k.labels) && k.labels[at].from <= m.from; at++ {
			out = k.ask(out, at)
		}
		if m.head && !m.item && !m.own {
			h := head{style: m.style, ord: m.ord, from: m.from, to: m.to, num: m.num, line: m.line}
			if m.style == stDash {
				h.num = span{m.from, m.from}
			}
			if at < len(k.labels) && k.labels[at].from == m.to && k.labels[at].field == fProblem {
				h.to = k.labels[at].to
			}
			out = append(out, h)
		}
	}
	for ; at < len(k.labels); at++ {
		out = k.ask(out, at)
	}
	return out
}

// ask appends a head for a problem label at the start of a line.
func (k *reader) ask(out []head, at int) []head {
	lb := k.labels[at]
	if k.fields || lb.field != fProblem || !lb.line || lb.mark >= 0 && !k.marks[lb.mark].own {
		return out
	}
	return append(out, head{style: stAsk, from: lb.from, to: lb.to, num: span{lb.from, lb.from}, line: k.lineAt(lb.from)})
}

// findingStyle decides which enumerator counts the findings: the one whose stretches hold each label once.
func (k *reader) findingStyle(heads []head) style {
	var count [styles]int
	for _, h := range heads {
		count[h.style]++
	}
	heads = k.openHeads(heads)
	best, bestScore := stNone, 0.0
	for s := stCn; s <= stDash; s++ {
		if count[s] == 0 || s == stShi || s == stYao {
			continue
		}
		if score := k.score(heads, s); score > 0 && score >= bestScore {
			best, bestScore = s, score
		}
	}
	if best != stNone {
		return best
	}
	if s := k.aboutStyle(heads); s != stNone {
		return s
	}
	for _, s := range []style{stQ, stAsk, stHyphen, stDec3, stDec2, stNum, stCnPar, stDi, stCn} {
		if count[s] > 1 || count[s] == 1 && (s == stQ || s == stAsk || s == stNum) {
			if s == stDec3 && count[stDec2] > 0 {
				continue
			}
			return s
		}
	}
	for _, s := range []style{stNum, stCnPar, stCn, stPar} {
		if count[s] > 0 {
			return s
		}
	}
	return stNone
}

// openHeads leaves out the heads inside parts that hold no findings: 总体要求, 保障措施.
func (k *reader) openHeads(heads []head) []head {
	var out []head
	closed := stNone
	for i, h := range heads {
		if closed != stNone && h.style > closed {
			continue
		}
		closed = stNone
		end := len(k.c)
		if i+1 < len(heads) {
			end = heads[i+1].from
		}
		if h.style <= stCnPar {
			if title := k.headTitle(h, end); k.closing(title) {
				closed = h.style
				continue
			}
		}
		out = append(out, h)
	}
	return out
}

// score says how well the stretches of a style hold one set of labels each.
func (k *reader) score(heads []head, s style) float64 {
	var total [int(fSkip) + 1]int
	for _, lb := range k.labels {
		total[group(lb.field)]++
	}
	sum := 0.0
	kinds := []field{fMeasure, fUnit, fDeadline, fManifest}
	weight := map[field]float64{fMeasure: 1.5, fUnit: 2, fDeadline: 2, fManifest: 1}
	absent := map[field]float64{fMeasure: 0.3, fUnit: 0.5, fDeadline: 0.5, fManifest: 0.3}
	for i := 0; i < len(heads); i++ {
		if heads[i].style != s {
			continue
		}
		end := len(k.c)
		for j := i + 1; j < len(heads); j++ {
			if heads[j].style <= s {
				end = heads[j].from
				break
			}
		}
		var n [int(fSkip) + 1]int
		for j := k.labelFrom(heads[i].from); j < len(k.labels) && k.labels[j].from < end; j++ {
			if !k.inParen(k.labels[j].from) {
				n[group(k.labels[j].field)]++
			}
		}
		for _, f := range kinds {
			switch {
			case total[f] == 0:
			case n[f] == 1 || n[f] == 2 && f == fUnit:
				sum += weight[f] / float64(total[f])
			case n[f] > 1:
				sum -= weight[f] * float64(n[f]-1) / float64(total[f])
			default:
				sum -= absent[f] * weight[f] / float64(total[f])
			}
		}
	}
	return sum
}

// group maps labels to the four kinds that partition findings.
func group(f field) field {
	switch f {
	case fMeasure, fDone:
		return fMeasure
	case fUnit, fOwner:
		return fUnit
	case fDeadline, fManifest:
		return f
	}
	return fSkip
}

// aboutStyle finds the outermost style whose headings read 关于“…”问题的整改.
func (k *reader) aboutStyle(heads []head) style {
	var about, count [styles]int
	for _, h := range heads {
		count[h.style]++
		if _, _, ok := k.about(h.to, k.lines[h.line].to); ok {
			about[h.style]++
		}
	}
	for s := stCn; s <= stDi; s++ {
		if about[s] > 0 && about[s]*2 >= count[s] {
			if s <= stCnPar && about[stNum] > about[s] && about[stNum]*2 >= count[stNum] { // 一、关于…的问题 is an aspect of 1.关于…的问题
				continue
			}
			return s
		}
	}
	return stNone
}

// about reads 「关于“…”问题的整改情况」 at c[at]: the problem it names, and where the heading ends.
func (k *reader) about(at, end int) (span, int, bool) {
	start := at
	for _, w := range []string{"关于", "针对", "对于", "对照", "反馈"} {
		if k.starts(at, w) {
			at += 2
			break
		}
	}
	for _, w := range []string{"反馈指出的", "反馈的", "指出的", "反馈", "存在的", "存在"} {
		if at > start && k.starts(at, w) {
			at += runeLen(w)
		}
	}
	quoted := has("“\"「‘『", k.at0(at))
	if !quoted && at == start {
		return span{}, 0, false
	}
	limit := min(end, at+160)
	if quoted {
		depth := 0
		for i := at; i < limit; i++ {
			switch {
			case k.c[i] == '“' || k.c[i] == '「' || k.c[i] == '『':
				depth++
			case has("”」』", k.c[i]) || k.c[i] == '"' && i > at:
				if depth--; depth > 0 {
					continue
				}
				if to, ok := k.aboutTail(i+1, end); ok {
					return span{at + 1, i}, to, true
				}
				if k.c[i] != '"' && i-at > 1 && at > start {
					depth = 0
				}
			}
		}
		if at == start {
			return span{}, 0, false
		}
	}
	for i := at + 4; i < limit; i++ {
		if has("。\n", k.c[i]) {
			break
		}
		if to, ok := k.aboutTail(i, end); ok {
			return span{at, i}, to, true
		}
	}
	return span{}, 0, false
}

// aboutTail reads 「问题的整改情况。」 at c[i] and gives the place after it.
func (k *reader) aboutTail(i, end int) (int, bool) {
	if k.starts(i, "的") {
		i++
	}
	if k.starts(i, "等") {
		i++
	}
	ok := false
	for _, w := range []string{"问题整改落实情况", "问题的整改落实情况", "问题的整改进展情况", "问题整改进展情况", "问题的整改完成情况", "问题的整改情况", "问题整改情况", "问题的整改措施", "问题的整改进展", "问题的整改落实", "问题的整改", "问题整改", "方面问题", "方面的问题", "问题"} {
		if k.starts(i, w) {
			i += runeLen(w)
			ok = true
			break
		}
	}
	if !ok {
		return 0, false
	}
	if i < end && !has("。;:,.(【!\n", k.c[i]) && !k.gapAt(i) {
		return 0, false
	}
	for i < end && has("。;:.,", k.c[i]) {
		i++
	}
	return i, true
}

// han reports whether c[i] is a Chinese character.
func (k *reader) han(i int) bool { return chinese.Han(k.at0(i)) }
