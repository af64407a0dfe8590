package plan

import (
	"slices"
	"strings"

	"bihuan/chinese"
)

// Op says how a number that a paper quotes is meant.
type Op string

// The ways a number is meant.
const (
	Equal   Op = "eq"    // 14个
	AtLeast Op = "ge"    // 一半以上
	AtMost  Op = "le"    // 3个以内
	Over    Op = "gt"    // 超过五成, 300余册
	Under   Op = "lt"    // 不足三成
	About   Op = "about" // 近三成, 约20户
)

// Claim is a number that a finding quotes (M07): what every later report compares with. What the paper leaves open (x个, 若干,
// 多名) is unknown and never 0.
type Claim struct {
	Quote   string // the clause it stands in, as printed
	Subject string // what is counted
	Measure string // 个 户 村 万元 %
	Op      Op
	Value   string   // decimal; empty while unknown
	Upper   string   // upper end of a range (十五至二十万元); empty for one number
	Nested  int      // index of the claim it is a part of (其中…); -1
	Places  []string // 赵x等7村: seven, of which those not named are empty
}

// Claims finds the numbers that the title and the manifestations of a finding quote. It leaves out what is no claim: dates and
// lengths of time, numbers of documents and of items, limits that only say what is counted, fixed phrases. A person confirms each,
// so it would rather miss one than propose a wrong one.
func Claims(f Finding) []Claim {
	list := claimsIn(f.Title)
	for _, m := range f.Manifestations {
		base := len(list)
		for _, c := range claimsIn(m.Text) {
			if c.Nested >= 0 {
				c.Nested += base
			}
			list = append(list, c)
		}
	}
	return distinct(list)
}

// distinct leaves out what is quoted twice, in the title and once more below it.
func distinct(list []Claim) []Claim {
	var out []Claim
	at := make([]int, len(list)) // where each has come to stand
	for i, c := range list {
		if c.Nested >= 0 {
			c.Nested = at[c.Nested]
		}
		at[i] = slices.IndexFunc(out, func(o Claim) bool {
			return o.Quote == c.Quote && o.Subject == c.Subject && o.Value == c.Value && o.Upper == c.Upper && o.Measure == c.Measure
		})
		if at[i] < 0 {
			at[i] = len(out)
			out = append(out, c)
		}
	}
	return out
}

// claimsIn finds the claims of one text.
func claimsIn(text string) []Claim {
	if !quotesNumbers(text) {
		return nil
	}
	k := inkOf(text)
	r := figureReader{k: k, quoted: k.quotations()}
	figures := r.read()
	list := make([]Claim, 0, len(figures))
	parents := k.parents(figures)
	kept := make([]int, len(figures)) // index in list, -1 for a sample that nothing is said of
	for i, f := range figures {
		kept[i] = -1
		if f.sample && !slices.Contains(parents, i) {
			continue
		}
		c := Claim{Quote: k.quote(f), Subject: k.countedBy(figures, i), Measure: f.measure, Op: f.op, Value: f.value, Upper: f.upper, Nested: -1, Places: f.places}
		if p := parents[i]; p >= 0 {
			c.Nested = kept[p]
		}
		kept[i] = len(list)
		list = append(list, c)
	}
	return list
}

// The ends of a clause and of a sentence.
const (
	clauseEnds   = ",，。；;：:！!？?\n"
	sentenceEnds = "。；;！!？?\n"
)

// clauseEnd reports whether c[i] ends a clause. A comma within a number does not: 1,200元.
func (k *ink) clauseEnd(i int) bool {
	return has(clauseEnds, k.at0(i)) && !(k.c[i] == ',' && k.thousands(i))
}

// clause is the clause that c[i] stands in.
func (k *ink) clause(i int) span {
	s := span{i, i}
	for s.a > 0 && !k.clauseEnd(s.a-1) {
		s.a--
	}
	for s.b < len(k.c) && !k.clauseEnd(s.b) {
		s.b++
	}
	return s
}

// quoteRunes is how long a quote may be: a clause without commas may be a whole paragraph.
const quoteRunes = 60

// quote is the clause of a figure as printed.
func (k *ink) quote(f figure) string {
	s := k.clause(f.a)
	s.b = max(s.b, k.clause(f.b-1).b)
	if s.b-s.a > quoteRunes {
		s = span{max(s.a, f.a-quoteRunes/2), min(s.b, max(f.b, f.a+quoteRunes/2))}
	}
	return k.text(k.trim(s, "、"))
}

// parents says of each figure which one before it is a part of, -1 for none.
func (k *ink) parents(figures []figure) []int {
	list := make([]int, len(figures))
	for i := range figures {
		list[i] = -1
		for p := i - 1; p >= 0; p-- {
			a, b := figures[p], figures[i]
			if k.sentenceBreak(a.b, b.a) {
				break
			}
			if !Comparable(a.measure, b.measure) || exceeds(b, a) {
				continue
			}
			if k.partOf(a, b, p == i-1) {
				list[i] = p
				break
			}
		}
	}
	return list
}

// partOf tells whether the paper says that b is a part of a: 其中…, …中有, 只有.
func (k *ink) partOf(a, b figure, next bool) bool {
	clause := k.clause(b.a)
	if at := k.find(span{max(clause.a, a.b), b.a}, "其中"); at >= 0 {
		return true
	}
	between := span{a.b, b.a}
	// 45户监测户中有7户, 19个村中，年收入5万元以下的有8个
	for j := between.a; j < between.b && j < between.a+16; j++ {
		if k.c[j] == '中' && !k.starts(j-1, "集中") && (j+1 == between.b || has(",有仅只参", k.c[j+1]) || k.lastIs(between, "有", "仅", "只")) {
			return true
		}
		if has(clauseEnds, k.c[j]) {
			break
		}
	}
	if !next || a.op != Equal {
		return false
	}
	if a.sample && a.measure == b.measure && between.b-between.a < 16 && k.lastIs(between, "有") { // 走访7个村，有4个村
		return true
	}
	direct := k.find(between, ",") < 0 && k.find(between, "，") < 0 && k.find(between, "、") < 0
	switch {
	case direct && between.b-between.a <= 14: // 74个小区仅有21个, 12部电梯仅完工3部
		return k.find(between, "仅") >= 0 || k.find(between, "只有") >= 0 || k.find(between, "只完成") >= 0 || a.measure == b.measure && k.lastIs(between, "有")
	case between.b-between.a <= 18: // 流动党员42名，建立联系的只有19名
		return k.lastIs(between, "的只有", "的仅有", "的仅", "的只", "的有")
	}
	return false
}

// lastIs tells whether a piece ends with one of the words.
func (k *ink) lastIs(s span, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { n := runeLen(w); return s.b-n >= s.a && k.starts(s.b-n, w) })
}

func (k *ink) sentenceBreak(a, b int) bool {
	return slices.ContainsFunc(k.c[min(a, b):b], func(r rune) bool { return has(sentenceEnds, r) })
}

// subjectLeads begin what stands before a subject and is none: 2024年以来, 其中.
var subjectLeads = []string{"其中", "只", "仅", "使", "例如", "如:", "但", "以及", "、", "共", "有", "中有", "的", "分别", "累计", "合计", "共计", "是", "一是", "二是", "三是", "四是"}

// subjectTails stand between a subject and its number.
var subjectTails = []string{"仅完成", "只完成", "仅办结", "仅仅", "只有", "仅有", "仍有", "只有", "还有", "共有", "均为", "高达", "长达", "达到", "超过", "不足", "不到", "低于", "高于", "少于", "多于", "大于", "小于", "将近", "接近",
	"共计", "合计", "累计", "涉及", "仅", "只", "有", "达", "为", "超", "近", "约", "共", "计", "在", "的", "是", "等", "逾", "、", "占", "到"}

// subjectRunes is how long a subject may be.
const subjectRunes = 30

// countedBy is what a figure counts: the words after it within its clause (7个‖网格员), or those before it (村集体仅‖4个).
func (k *ink) countedBy(figures []figure, i int) string {
	f := figures[i]
	clause := k.clause(f.a)
	before, after := span{clause.a, f.lead}, span{f.b, k.clause(f.b - 1).b}
	if i > 0 && figures[i-1].b > before.a && figures[i-1].b <= f.lead {
		before.a = figures[i-1].b
	}
	if i+1 < len(figures) && figures[i+1].lead < after.b {
		after.b = max(after.a, figures[i+1].lead)
	}
	if at := k.find(after, "中"); at >= 0 && at-after.a < 16 && !has("层心小期间介央", k.at0(at+1)) && i+1 < len(figures) && figures[i+1].lead <= k.clause(f.b-1).b+20 {
		after.b = at // 45户‖监测户‖中有7户
	}
	if k.at0(after.a) == '、' {
		after.b = after.a
	}
	before, after = k.strip(before), k.stripTail(k.strip(after))
	before = k.stripTail(before)
	rate := k.lastIs(before, "率", "比例", "占比", "比", "额", "费", "收入", "款", "资金", "积", "数") || f.measure == "%"
	said := before
	if rate = rate && !before.empty() || strings.HasSuffix(f.measure, "元") && before.b-before.a >= 3; !after.empty() && !rate {
		said = after
	}
	if said.empty() && i > 0 && figures[i-1].b > clause.a { // 办公用房分别超标‖4.8平方米、6.25平方米
		return k.countedBy(figures, i-1)
	}
	if said.b-said.a < 2 && after.empty() && clause.a > 0 { // 累计‖412万元: it is said in the clause before
		earlier := k.clause(clause.a - 1)
		for _, g := range figures[:i] {
			if g.a >= earlier.a && g.b <= earlier.b {
				earlier.a = max(earlier.a, g.b)
			}
		}
		said = k.stripTail(k.strip(span{earlier.a, max(earlier.a, clause.a-1)}))
	}
	if said.empty() && i > 0 { // 农户xx户，‖累计xx万元
		return k.countedBy(figures, i-1)
	}
	if said.empty() { // 3宗‖共162.5亩工业用地
		said = k.strip(span{f.b, k.clause(f.b - 1).b})
	}
	if said.b-said.a > subjectRunes {
		if said == before {
			said.a = said.b - subjectRunes
		} else {
			said.b = said.a + subjectRunes
		}
	}
	return k.text(said)
}

// strip takes dates and joining words from the beginning of a subject.
func (k *ink) strip(s span) span {
	for {
		a := s.a
		for s.a < s.b && has("、 )）（(“”\"", k.c[s.a]) {
			s.a++
		}
		if b := k.dateEnd(s); b > s.a {
			s.a = b
			if to := (span{b + 1, s.b}); has("至到", k.at0(b)) && k.dateEnd(to) > to.a { // 2022年‖至‖2023年
				s.a++
			}
		}
		for _, w := range subjectLeads {
			if n := runeLen(w); s.a+n <= s.b && k.starts(s.a, w) && !k.starts(s.a, "有关") {
				s.a += n
			}
		}
		if s.a < s.b && s.a > 0 && !has(clauseEnds, k.c[s.a-1]) && has("中和及且并", k.c[s.a]) { // behind a number; else 中药, 和谐
			s.a++
		}
		if s.a == a {
			return s
		}
	}
}

// dateEnd is the end of a date that a piece begins with: 2022年以来, 2024年度, 20xx年秋季.
func (k *ink) dateEnd(s span) int {
	i := s.a
	for i < s.b && (chinese.Digit(k.c[i]) || has("xX", k.c[i])) {
		i++
	}
	if i < s.a+4 || k.at0(i) != '年' {
		return s.a
	}
	i++
	for _, w := range []string{"以来", "以前", "度", "期间", "的"} {
		if k.starts(i, w) {
			i += runeLen(w)
		}
	}
	return min(i, s.b)
}

// stripTail takes the words that lead to the number from the end of a subject.
func (k *ink) stripTail(s span) span {
	for {
		b := s.b
		s = k.trimEnd(s, "、:：(（")
		for _, w := range subjectTails {
			if n := runeLen(w); s.b-n >= s.a && k.starts(s.b-n, w) && !k.starts(s.b-2, "目的") {
				s.b -= n
			}
		}
		if s.b == b {
			return s
		}
	}
}
