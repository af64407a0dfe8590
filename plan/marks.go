package plan

import "bihuan/chinese"

// style is the look of an enumerator. The order is the rank Chinese papers give them, from the outside in.
type style int

const (
	stNone   style = iota
	stPart         // 第一部分 第一方面
	stCn           // 一、
	stCnPar        // （一）
	stNum          // 1. 1、
	stHyphen       // 1-1
	stDec2         // 1.1
	stDec3         // 1.1.1
	stQ            // 问题1
	stAsk          // 问题： without a number
	stPar          // （1）
	stHalf         // 1）
	stCircle       // ①
	stDi           // 第一，
	stShi          // 一是
	stYao          // 一要
	stDash         // —— -
	stJunk         // destroyed by scanning
	styles
)

// mark is an enumerator.
type mark struct {
	style    style
	ord      int
	from, to int  // the text begins at to
	num      span // what the paper prints as the number
	line     int  // index of the line
	start    bool // at the start of its line
	weak     bool // stands where no sentence ended: counts only in sequence
	head     bool // may be a heading: at the start of a line, or in a paragraph that lost its line breaks
	item     bool // part of an enumeration inside a labelled field
	own      bool // number of a label
}

// first reports whether the mark begins a sequence: 1. （一） 2.1.
func (m mark) first() bool {
	return m.ord == 1 || (m.style == stHyphen || m.style == stDec2 || m.style == stDec3) && m.ord%1000 == 1
}

// units after a number that make it a quantity.
const quantity = "年月日号万亿千百元个名人户条次项件亩吨米平公里点分%‰度天小时岁倍家台套处辆座间栋卷本页份楼层路村组届轮期级类款章节斤"

// markAt tries to read an enumerator at c[i]; end is the end of the line.
func (k *ink) markAt(i, end int) (mark, bool) {
	if i >= end {
		return mark{}, false
	}
	r := k.c[i]
	switch {
	case (r == 'l' || r == 'I') && has(".、", k.at0(i+1)) && chinese.Han(k.at0(i+2)) && k.lineStart(i): // 1. misread
		return mark{style: stNum, ord: 1, from: i, to: i + 2, num: span{i, i + 2}}, true
	case r >= 'A' && r <= 'Z' && r != 'X' && k.lineStart(i):
		return k.codeMark(i, end)
	case chinese.Digit(r):
		return k.digitMark(i, end)
	case r == '(' || r == '〔' || r == '【' && chinese.Digit(k.at0(i+1)):
		return k.parenMark(i, end)
	case r >= 0x2460 && r <= 0x2473: // ①
		return mark{style: stCircle, ord: int(r-0x2460) + 1, from: i, to: i + 1, num: span{i, i + 1}}, true
	case r >= 0x2776 && r <= 0x277f: // ❶
		return mark{style: stCircle, ord: int(r-0x2776) + 1, from: i, to: i + 1, num: span{i, i + 1}}, true
	case r >= 0x2474 && r <= 0x2487: // ⑴
		return mark{style: stPar, ord: int(r-0x2474) + 1, from: i, to: i + 1, num: span{i, i + 1}}, true
	case r >= 0x2488 && r <= 0x249b: // ⒈
		return mark{style: stNum, ord: int(r-0x2488) + 1, from: i, to: i + 1, num: span{i, i + 1}}, true
	case r >= 0x3220 && r <= 0x3229: // ㈠
		return mark{style: stCnPar, ord: int(r-0x3220) + 1, from: i, to: i + 1, num: span{i, i + 1}}, true
	case r == '第':
		return k.diMark(i, end)
	case r == '问' || r == '整' || r == '存' || r == '反' || r == '具' || r == '主':
		return k.questionMark(i, end)
	case r == '其' || r == '首' || r == '再' || r == '最':
		return k.wordMark(i)
	case chinese.Numeral(r):
		return k.chineseMark(i, end)
	}
	return mark{}, false
}

// digits gives the end of a run of digits; a blank ends it.
func (k *ink) digits(i, end int) int {
	for from := i; i < end && chinese.Digit(k.c[i]) && (i == from || !k.gapAt(i)); {
		i++
	}
	return i
}

// numerals gives the end of a run of Chinese numerals; none of interest is longer than six.
func (k *ink) numerals(i, end int) int {
	stop := min(end, i+7)
	for i < stop && chinese.Numeral(k.c[i]) && k.c[i] != '○' {
		i++
	}
	return i
}

func (k *ink) number(a, b int) int {
	n, _ := chinese.Number(k.c[a:b])
	return n
}

// digitMark reads 1. 1、 1) 1.1 1-1 and a bare number parted from its text by a blank.
func (k *ink) digitMark(i, end int) (mark, bool) {
	a := k.digits(i, end)
	if a-i > 3 || a >= end {
		return mark{}, false
	}
	m := mark{ord: k.number(i, a), from: i}
	switch next := k.c[a]; {
	case next == '.' && a+1 < end && chinese.Digit(k.c[a+1]) && !k.gapAt(a+1) && !k.yearAt(a+1, end):
		if d, ok := k.decimalMark(m, i, a, end); ok || !k.counted(a+1, end) || m.ord == 0 {
			return d, ok
		}
		m.style, m.num, m.to = stNum, span{i, a + 1}, a+1 // 「1.3家企业」 is item 1
		return m, true
	case (next == '-' || next == '—' || next == '–' || next == '－') && a+1 < end && chinese.Digit(k.c[a+1]):
		b := k.digits(a+1, end)
		if b-a > 4 || b < end && (k.c[b] == '-' || has("年月日号%", k.c[b]) || !k.gapAt(b) && has(quantity, k.c[b])) || m.ord == 0 || m.ord > 99 {
			return mark{}, false
		}
		m.style, m.ord, m.num, m.to = stHyphen, m.ord*1000+k.number(a+1, b), span{i, b}, b
		for m.to < end && has(".、:", k.c[m.to]) {
			m.to++
		}
		return m, true
	case next == '.' || next == '、' || next == ',':
		if next == ',' && !(a+1 < end && chinese.Han(k.c[a+1]) && a-i <= 2) {
			return mark{}, false
		}
		if a+1 < end && (chinese.Digit(k.c[a+1]) && !k.gapAt(a+1) && !k.yearAt(a+1, end) || next == '、' && has("、", k.c[a+1])) {
			return mark{}, false
		}
		m.style, m.num, m.to = stNum, span{i, a + 1}, a+1
		if m.to < end && has(".、", k.c[m.to]) {
			m.to++
		}
		return m, m.ord > 0
	case next == ')':
		m.style, m.num, m.to = stHalf, span{i, a + 1}, a+1
		for m.to < end && has(".、", k.c[m.to]) {
			m.to++
		}
		return m, m.ord > 0
	case k.gapAt(a) && a-i <= 2 && (chinese.Han(next) || has(openers, next)):
		m.style, m.num, m.to, m.weak = stNum, span{i, a}, a, true
		return m, m.ord > 0 && !has(quantity, next)
	}
	return mark{}, false
}

// counted reports whether a number and a word that counts things, not a unit of measure, stand at c[i].
func (k *ink) counted(i, end int) bool {
	a := k.digits(i, end)
	return a > i && a < end && has("个名家户条项件村处座间台套辆所", k.c[a]) && !k.starts(a, "个百分点")
}

// yearAt reports whether c[i] begins a year, so that 「1.2024年」 is no decimal.
func (k *ink) yearAt(i, end int) bool {
	a := k.digits(i, end)
	return a-i == 4 && a < end && k.c[a] == '年'
}

// codeMark reads WT-01, A3 and B-2-1 at the start of a line.
func (k *ink) codeMark(i, end int) (mark, bool) {
	a := i
	for a < end && k.c[a] >= 'A' && k.c[a] <= 'Z' {
		a++
	}
	n := 0
	b := a
	for b < end && (chinese.Digit(k.c[b]) || has("-.", k.c[b]) && b+1 < end && chinese.Digit(k.c[b+1])) {
		if chinese.Digit(k.c[b]) {
			n = n*10%100000 + int(k.c[b]-'0')
		}
		b++
	}
	if a-i > 4 || b == a || b-a > 6 || n == 0 || b < end && !k.gapAt(b) && !has(":、.|", k.c[b]) {
		return mark{}, false
	}
	m := mark{style: stHyphen, ord: 1000 + n, from: i, to: b, num: span{i, b}}
	for m.to < end && has(".、:|", k.c[m.to]) {
		m.to++
	}
	return m, true
}

// decimalMark reads 1.1 and 1.1.1.
func (k *ink) decimalMark(m mark, i, a, end int) (mark, bool) {
	b := k.digits(a+1, end)
	if m.ord == 0 || m.ord > 40 || b-a > 3 || k.c[a+1] == '0' {
		return mark{}, false
	}
	m.style, m.ord = stDec2, m.ord*1000+k.number(a+1, b)
	if b+1 < end && k.c[b] == '.' && chinese.Digit(k.c[b+1]) {
		d := k.digits(b+1, end)
		if d-b > 3 {
			return mark{}, false
		}
		m.style, m.ord, b = stDec3, m.ord*1000+k.number(b+1, d), d
	}
	if b >= end || !k.gapAt(b) && (has(quantity, k.c[b]) || has("-—~/.%", k.c[b]) && !(k.c[b] == '.' && b+1 < end && chinese.Han(k.c[b+1]))) {
		return mark{}, false
	}
	m.num, m.to = span{i, b}, b
	for m.to < end && has(".、:", k.c[m.to]) {
		m.to++
	}
	return m, true
}

// parenMark reads （一） （1）, the second bracket also where scanning lost or changed it.
func (k *ink) parenMark(i, end int) (mark, bool) {
	m := mark{from: i}
	a := k.digits(i+1, end)
	m.style = stPar
	if a == i+1 {
		m.style, a = stCnPar, k.numerals(i+1, end)
	}
	if a == i+1 || a-i > 4 || a >= end || !has(")〕]】", k.c[a]) {
		return mark{}, false
	}
	m.ord = k.number(i+1, a)
	m.num, m.to = span{i, a + 1}, a+1
	for m.to < end && has("、.", k.c[m.to]) {
		m.to++
	}
	if m.to < end && has("项条款期类级次", k.c[m.to]) && !chinese.Han(k.at0(m.to+1)) {
		return mark{}, false
	}
	return m, m.ord > 0 && m.ord < 200
}

// chineseMark reads 一、 一是 一要 一． and 一 alone before a wide blank.
func (k *ink) chineseMark(i, end int) (mark, bool) {
	a := k.numerals(i, end)
	if a-i > 3 || a >= end {
		return mark{}, false
	}
	m := mark{from: i, ord: k.number(i, a), num: span{i, a + 1}, to: a + 1}
	switch next := k.c[a]; {
	case m.ord == 0:
		return mark{}, false
	case next == '、' || next == '.' || next == ',' && k.lineStart(i):
		if a+1 < end && chinese.Numeral(k.c[a+1]) && a+2 < end && !has("是", k.c[a+2]) && !k.gapAt(a+1) && next == '、' && k.numeralList(a+1, end) {
			return mark{}, false
		}
		m.style = stCn
		if m.to < end && has("、.", k.c[m.to]) {
			m.to++
		}
		return m, true
	case next == '是':
		m.style = stShi
		for m.to < end && has(":,", k.c[m.to]) {
			m.to++
		}
		return m, true
	case next == '要' && m.ord < 10:
		m.style = stYao
		return m, true
	case k.gapAt(a) && k.lineStart(i) && chinese.Han(next) && a-i <= 2 && !has(quantity, next):
		m.style, m.num, m.to, m.weak = stCn, span{i, a}, a, true
		return m, true
	}
	return mark{}, false
}

// numeralList tells 「一、二年级」 from 「一、二十大…」: after the second numeral comes a counted word or another comma.
func (k *ink) numeralList(i, end int) bool {
	b := k.numerals(i, end)
	return b < end && has("、年月日期组队村季号轮届次级类项条", k.c[b])
}

func (k *ink) lineStart(i int) bool { return i == 0 || k.c[i-1] == '\n' }

// diMark reads 第一， 第一方面 第一部分.
func (k *ink) diMark(i, end int) (mark, bool) {
	a := k.numerals(i+1, end)
	if a == i+1 || a >= end || a-i > 4 {
		return mark{}, false
	}
	m := mark{from: i, ord: k.number(i+1, a)}
	switch {
	case has(",、:.", k.c[a]):
		m.style, m.num, m.to = stDi, span{i, a}, a+1
		return m, true
	case k.starts(a, "方面") || k.starts(a, "部分"):
		b := a + 2
		if b < end && has(",、:.", k.c[b]) || k.gapAt(b) {
			m.style, m.num, m.to = stPart, span{i, b}, b
			for m.to < end && has(",、:.", k.c[m.to]) {
				m.to++
			}
			return m, true
		}
	case (k.starts(a, "个问题") || k.starts(a, "项问题")) && (has(",、:.", k.at0(a+3)) || k.gapAt(a+3)):
		m.style, m.num, m.to = stQ, span{i, a + 3}, a+3
		if has(",、:.", k.at0(a+3)) && k.at0(a+3) != '\n' {
			m.to++
		}
		return m, true
	}
	return mark{}, false
}

// questionMark reads 问题1 问题一： 问题（一） 整改问题3, also in brackets.
func (k *ink) questionMark(i, end int) (mark, bool) {
	a := i
	for _, w := range []string{"问题", "整改问题", "存在问题", "反馈问题", "具体问题", "主要问题"} {
		if k.starts(i, w) {
			a = i + runeLen(w)
			break
		}
	}
	if a == i || a >= end {
		return mark{}, false
	}
	m := mark{from: i, style: stQ}
	open := k.c[a] == '(' || k.c[a] == '['
	b := a
	if open {
		b++
	}
	d := k.digits(b, end)
	if d == b {
		d = k.numerals(b, end)
	}
	if d == b || d-b > 3 {
		return mark{}, false
	}
	m.ord = k.number(b, d)
	if k.at0(d) == '-' || k.at0(d) == '.' && chinese.Digit(k.at0(d+1)) {
		if e := k.digits(d+1, end); e > d+1 && e-d < 4 {
			m.ord, d = m.ord*1000+k.number(d+1, e), e
		}
	}
	if open {
		if d >= end || k.c[d] != ')' && k.c[d] != ']' {
			return mark{}, false
		}
		d++
	}
	m.num, m.to = span{i, d}, d
	switch {
	case d >= end:
	case has(":、.,】", k.c[d]):
		m.to++
		if m.to < end && k.c[d] == '】' && k.c[m.to] == ':' {
			m.to++
		}
	case k.gapAt(d), open:
	case k.lineStart(i) && chinese.Han(k.c[d]) && !has(quantity, k.c[d]) && chinese.Digit(k.c[d-1]):
	default:
		return mark{}, false
	}
	return m, m.ord > 0
}

// wordMark reads 其一， 首先， 其次， 再次， 最后，.
func (k *ink) wordMark(i int) (mark, bool) {
	for _, w := range []struct {
		word string
		ord  int
	}{{"其一,", 1}, {"其二,", 2}, {"其三,", 3}, {"其四,", 4}, {"其五,", 5}, {"首先,", 1}, {"其次,", 2}, {"再次,", 3}, {"最后,", 4}} {
		if k.starts(i, w.word) {
			return mark{style: stDi, ord: w.ord, from: i, to: i + 3, num: span{i, i + 2}}, true
		}
	}
	return mark{}, false
}

// boundary grades the place before c[i]: 2 where a sentence or line ended, 1 after a comma or blank, 0 inside a sentence.
func (k *ink) boundary(i, from int) int {
	if i <= from {
		return 2
	}
	prev := k.c[i-1]
	switch {
	case has(terminals, prev), has("”」』)】", prev), prev == '…', prev == '|':
		return 2
	case prev == '.' && !chinese.Digit(k.at0(i-2)):
		return 2
	case prev == ',' || prev == '、' || prev == '—':
		return 1
	case k.gapAt(i):
		return 1
	}
	return 0
}

// marksIn finds the enumerators of line n. seq holds, for each style, the ordinal that came last in the document.
func (k *ink) marksIn(n int, seq *[styles]int, out []mark) []mark {
	l := &k.lines[n]
	i := l.from
	for i < l.to && k.c[i] == '【' && !chinese.Digit(k.at0(i+1)) { // 【问题1】
		i++
	}
	first := len(out)
	if m, ok := k.markAt(i, l.to); ok {
		m.line, m.start, m.weak = n, true, false
		if i > l.from && m.style == stQ && k.at0(m.to) == '】' {
			m.to++
			m.from = l.from
		}
		if m.style == stQ && k.at0(m.to) == ':' {
			m.to++
		}
		out = append(out, m)
		seq[m.style] = m.ord
		l.mark = len(out) - 1
		i = m.to
	} else if m, ok := k.dashMark(l); ok {
		m.line, m.start = n, true
		out = append(out, m)
		l.mark = len(out) - 1
		i = m.to
	} else {
		i = l.from
	}
	quote := 0
	for ; i < l.to; i++ {
		switch r := k.c[i]; {
		case r == '“' || r == '「' || r == '《':
			if quote++; quote > 1 && r == '“' {
				quote = 1
			}
			continue
		case r == '”' || r == '」' || r == '》':
			quote = 0
			continue
		case quote > 0 && k.quoteCloses(i, l.to):
			continue
		case !startsMark(r):
			continue
		}
		m, ok := k.markAt(i, l.to)
		if !ok || !k.admit(&m, i, l, seq, out[first:]) {
			for chinese.Digit(k.c[i]) && i+1 < l.to && (chinese.Digit(k.c[i+1]) || k.c[i+1] == '.' && chinese.Digit(k.at0(i+2))) {
				i++
			}
			continue
		}
		m.line = n
		out = append(out, m)
		seq[m.style] = m.ord
		i = m.to - 1
	}
	return out
}

// quoteCloses reports whether an open quotation mark is closed within the next few signs, so that a lost one does no harm.
func (k *ink) quoteCloses(i, end int) bool {
	for j := i; j < end && j < i+60; j++ {
		if k.c[j] == '”' || k.c[j] == '」' || k.c[j] == '》' {
			return true
		}
		if k.c[j] == '“' {
			return false
		}
	}
	return false
}

func startsMark(r rune) bool {
	return r == '(' || chinese.Digit(r) || chinese.Numeral(r) || r >= 0x2460 && r <= 0x249b || r >= 0x2776 && r <= 0x277f ||
		r >= 0x3220 && r <= 0x3229 || r == '第' || r == '问' || r == '其' || r == '首' || r == '再' || r == '最'
}

// admit decides whether an enumerator in the middle of a line is one.
func (k *ink) admit(m *mark, i int, l *line, seq *[styles]int, before []mark) bool {
	b := k.boundary(i, l.from)
	prev := k.at0(i - 1)
	inSeq := m.ord == seq[m.style]+1 && m.ord > 1
	switch m.style {
	case stCircle:
		return true
	case stDec2, stDec3, stHyphen:
		last := seq[m.style]
		next := m.ord == last+1 || m.ord%1000 == 1 && m.ord/1000 == last/1000+1
		return !has("第-—至到约达为", prev) && (chinese.Han(k.at0(m.to)) || has(openers, k.at0(m.to))) && next && (b > 0 || last > 0 || m.ord == 1001)
	case stShi, stYao:
		if b == 2 {
			return m.style == stShi || m.ord == 1 || inSeq
		}
		if has("之统唯十百第“不二三", prev) || m.style == stYao && b == 0 {
			return false
		}
		return k.sameLine(before, m.style, m.ord-1) || m.ord == 1 && k.hasNext(m, l)
	case stDi:
		if m.ord == 4 && k.c[i] == '最' {
			return b == 2 && inSeq
		}
		return b == 2 || b == 1 && inSeq
	case stQ:
		return b == 2 || b == 1 && (inSeq || m.ord == 1)
	case stPar, stHalf, stCnPar:
		if has("第图表附件款项条号", prev) {
			return false
		}
		if b == 2 && (m.style != stHalf || inSeq || m.ord == 1) {
			return true
		}
		m.weak = true
		return inSeq || m.ord == 1 && (m.style == stCnPar || k.hasNext(m, l))
	case stCn:
		if b == 2 {
			return true
		}
		m.weak = true
		return inSeq && !chinese.Numeral(prev) && !has("第十周星期", prev)
	case stNum:
		if has("第图表附件款项条号版", prev) || chinese.Digit(prev) || prev == '.' && chinese.Digit(k.at0(i-2)) {
			return false
		}
		if chinese.Digit(k.at0(m.to)) && k.c[m.to-1] == '.' && !k.gapAt(m.to) && !k.yearAt(m.to, l.to) && (b < 2 || !inSeq && !k.hasNext(m, l)) {
			return false
		}
		if !chinese.Han(k.at0(m.to)) && !has(openers, k.at0(m.to)) && !chinese.Digit(k.at0(m.to)) || k.c[m.to-1] == ',' {
			return false
		}
		if k.c[m.to-1] == '、' && chinese.Digit(k.at0(m.to)) {
			return false
		}
		if m.weak {
			return false // a bare number before a blank counts only at the start of a line
		}
		if b == 2 {
			return inSeq || m.ord == 1
		}
		m.weak = true
		return inSeq && b+k.sameLineN(before, stNum) > 0 || m.ord == 1 && (k.afterHeading(before, i) || k.hasNext(m, l))
	}
	return b == 2
}

// sameLine reports whether the last mark of a style in this line has an ordinal.
func (k *ink) sameLine(before []mark, s style, ord int) bool {
	for j := len(before) - 1; j >= 0; j-- {
		if before[j].style == s {
			return before[j].ord == ord && ord > 0
		}
	}
	return false
}

func (k *ink) sameLineN(before []mark, s style) int {
	for _, m := range before {
		if m.style == s {
			return 1
		}
	}
	return 0
}

// afterHeading reports whether only a short title without a sentence end parts c[i] from a heading mark.
func (k *ink) afterHeading(before []mark, i int) bool {
	if len(before) == 0 {
		return false
	}
	m := before[len(before)-1]
	if m.style >= stNum || i-m.to > 40 || i-m.to < 2 {
		return false
	}
	for j := m.to; j < i; j++ {
		if has("。;!?", k.c[j]) {
			return false
		}
	}
	return true
}

// hasNext reports whether the following ordinal of the same look comes later in the line, after a sentence end or a comma.
func (k *ink) hasNext(m *mark, l *line) bool {
	for i := m.to; i < len(k.c) && i < m.to+400; i++ {
		if !startsMark(k.c[i]) || k.c[i] != '(' && k.boundary(i, l.from) == 0 {
			continue
		}
		if n, ok := k.markAt(i, len(k.c)); ok && n.style == m.style {
			return n.ord == m.ord+1
		}
	}
	return false
}

// dashMark reads a bullet, or what scanning left of an enumerator, at the start of a line.
func (k *ink) dashMark(l *line) (mark, bool) {
	i := l.from
	for i < l.to && has("-—–•●▪■◆○◇★☆·►➢*+", k.c[i]) && i-l.from < 3 {
		i++
	}
	if i > l.from && i < l.to && (!chinese.Digit(k.c[i]) || k.gapAt(i) || k.c[l.from] != '-' && k.c[l.from] != '+' && k.c[l.from] != '*') {
		if m, ok := k.markAt(i, l.to); ok && !m.weak { // 「- 3.2.1 …」
			m.from = l.from
			return m, true
		}
		return mark{style: stDash, from: l.from, to: i, num: span{l.from, i}}, true
	}
	i = l.from
	for i < l.to && i-l.from < 6 && garbage(k.c[i]) {
		i++
	}
	if n := i - l.from; n > 0 && i < l.to && (chinese.Han(k.c[i]) || has(openers, k.c[i]) || has("、.", k.c[i])) {
		to := i
		for to < l.to && has("、.,", k.c[to]) {
			to++
		}
		return mark{style: stJunk, from: l.from, to: to, num: span{l.from, to}}, true
	}
	return mark{}, false
}

// garbage reports whether a rune has no business at the start of a Chinese line: letters of other scripts, box drawing,
// replacement signs.
func garbage(r rune) bool {
	switch {
	case r < 0x80:
		return has("~^`|\\{}?", r)
	case r == '\ufffd' || r >= 0xa1 && r <= 0x2ff && r != '·' && r != '×' || r >= 0x370 && r <= 0x1fff:
		return true
	case r >= 0x2500 && r <= 0x259f || r >= 0x3040 && r <= 0x31bf || r >= 0xe000 && r <= 0xf8ff || r >= 0xac00 && r <= 0xd7a3:
		return true
	}
	return has("「」『』", r)
}
