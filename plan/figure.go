package plan

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"bihuan/chinese"
)

// figure is a number with what it counts, as it stands in a text.
type figure struct {
	lead    int // where it begins, comparing words included: ‖不足60人
	a, b    int // the number up to behind its measure and 以上
	value   string
	upper   string
	op      Op
	measure string
	sample  bool // 抽查的45户: worth telling only for what is said of them
	places  []string
}

// measures are the words that a claim counts by, longer ones first. Words that mostly do something else (级 层 号 组 天 年) are none.
var measures = []string{"平方公里", "平方米", "立方米", "公里", "公顷", "公斤", "厘米", "人次", "家次", "户次", "村次", "件次", "批次", "车次",
	"个", "名", "户", "人", "村", "次", "件", "起", "处", "条", "份", "家", "项", "宗", "笔", "台", "盏", "座", "间", "亩", "吨", "元", "张", "册", "套", "支", "所",
	"例", "部", "卷", "顶", "床", "艘", "片", "块", "株", "辆", "本", "场", "篇", "种", "根", "口", "眼", "栋", "幢", "批", "位", "页", "米", "岁", "天"}

// notCounted are measures that begin another word: 个月 is a length of time, 人民 nobody counted.
var notCounted = map[string][]string{
	"个": {"个月", "个小时", "个工作日", "个季度", "个百分点", "个学期", "个年头", "个自然日", "个采暖季", "个多月"},
	"人": {"人民", "人大", "人员", "人居"},
	"名": {"名单", "名义", "名录", "名册", "名额"},
	"家": {"家庭", "家长", "家族", "家政"},
	"项": {"项目"},
	"支": {"支部", "支出"},
	"部": {"部门", "部分", "部署"},
	"种": {"种植", "种粮", "种养"},
	"次": {"次性", "次月", "次日"},
	"条": {"条例"},
	"场": {"场所", "场地"},
	"村": {"村民", "村级", "村里", "村委", "村“"},
	"户": {"户籍", "户口", "户厕"},
	"张": {"张皮"},
	"所": {"所有"},
	"块": {"块钱"},
	"本": {"本土", "本地"},
	"元": {"元旦"},
	"起": {"起来", "起草"},
	"处": {"处理", "处置", "处分", "处罚"},
	"位": {"位置"},
	"米": {"米范围"},
	"天": {"天窗"},
}

// weak are measures that with a Chinese numeral are more often part of a phrase (两个维护, 八项规定, 三支队伍) than a count.
const weak = "个项条种支部件次本块场篇片批所"

// weakFollowers are what may be counted by 个 with a Chinese numeral all the same.
var weakFollowers = []string{"村", "小区", "社区", "支部", "党支部", "项目", "企业", "乡镇", "镇", "街道", "县", "网格", "部门", "单位", "学校", "站所", "片区", "嘎查"}

// phrases are words with a numeral in them that count nothing.
var phrases = []string{"三会一课", "八项规定", "一老一小", "四议两公开", "两不愁三保障", "三重一大", "六长一网", "三支一扶", "两项补贴", "三项制度", "两项改革", "两个确立", "两个维护",
	"两个责任", "四个意识", "四个自信", "四个服从", "两个毫不动摇", "三个区分开来", "一岗双责", "一事一议", "五户联保", "三个清单", "四种形态", "五级书记", "九小场所", "三个务必", "三问三解",
	"一件事", "一户一", "一村一", "一人一", "十户长", "百千万工程", "千村示范", "三长制", "两面人", "三个一批", "四个合格", "一网通办", "两张皮", "第一书记", "十个百分点"}

// quotesNumbers tells at little cost whether a text can quote a number at all.
func quotesNumbers(text string) bool {
	return strings.ContainsAny(text, "0123456789０１２３４５６７８９xXｘＸ×*＊%％一二三四五六七八九十两几数半多若百")
}

// quotations are the pieces between quotation marks and the like that are too short to be sentences: “三会一课”, 《…2号》, 〔2024〕.
func (k *ink) quotations() []span {
	const longest = 14
	pairs := map[rune]string{'“': "”\"", '"': "\"”", '‘': "’", '《': "》", '〔': "〕", '【': "】", '[': "]", '「': "」"}
	var list []span
	for i := 0; i < len(k.c); i++ {
		ends, ok := pairs[k.c[i]]
		if !ok {
			continue
		}
		for j := i + 1; j < len(k.c) && (j-i <= longest || k.c[i] == '《'); j++ {
			if has(ends, k.c[j]) {
				list = append(list, span{i, j + 1})
				i = j
				break
			}
		}
	}
	return list
}

// thousands reports whether the comma c[i] parts the digits of one number.
func (k *ink) thousands(i int) bool {
	return chinese.Digit(k.at0(i-1)) && k.digitsAt(i+1) == 3
}

// digitsAt counts the digits from c[i] on.
func (k *ink) digitsAt(i int) int {
	n := 0
	for chinese.Digit(k.at0(i + n)) {
		n++
	}
	return n
}

// hanDigits are the runes of a Chinese numeral below 万.
const hanDigits = "〇零一二三四五六七八九十百千两"

// placeholders stand for a number that the paper leaves open.
const placeholders = "xX×*"

// number is a number read off, before its measure.
type number struct {
	b       int    // behind it
	value   string // decimal; empty while unknown
	scale   string // 万 or 亿, when it stands behind the number
	han     bool   // in Chinese numerals
	one     bool   // a bare 一
	more    bool   // 余, 多: somewhat more
	percent bool
	rough   bool // 三成, 一半: not counted but estimated
}

// figureReader finds the figures of a text.
type figureReader struct {
	k      *ink
	quoted []span
}

func (r *figureReader) read() []figure {
	k := r.k
	var list []figure
	for i := 0; i < len(k.c); {
		if at := slices.IndexFunc(r.quoted, func(s span) bool { return s.a <= i && i < s.b }); at >= 0 {
			i = r.quoted[at].b
			continue
		}
		if at := slices.IndexFunc(phrases, func(p string) bool { return k.starts(i, p) }); at >= 0 {
			i += runeLen(phrases[at])
			continue
		}
		if f, ok := k.villagesNamed(i); ok {
			list = append(list, f)
			i = f.b
			continue
		}
		n, ok := k.numberAt(i)
		if !ok {
			i++
			continue
		}
		f, ok := k.figureAt(i, n)
		if ok {
			list = append(list, f)
			i = f.b
			continue
		}
		i = max(n.b, f.b)
	}
	return list
}

// numberAt reads the number that begins at c[i]. When there is one that can be no claim, such as a date with points, it gives no
// measure a chance by standing in front of none.
func (k *ink) numberAt(i int) (number, bool) {
	switch c := k.at0(i); {
	case chinese.Digit(c):
		return k.digitNumber(i)
	case has(placeholders, c):
		return k.openNumber(i)
	case k.starts(i, "百分之"):
		n, ok := k.numberAt(i + 3)
		n.percent = true
		return n, ok
	case c == '一' && k.at0(i+1) == '半' && !has("天年月日个小", k.at0(i+2)):
		return number{b: i + 2, value: "50", percent: true, rough: true}, true
	case k.starts(i, "过半") || k.starts(i, "超半"):
		if has(clauseEnds, k.at0(i+2)) || has("数的", k.at0(i+2)) {
			return number{b: i + 2, value: "50", percent: true, more: true}, true
		}
	case k.starts(i, "近半") && (k.at0(i+2) == '数' || has(clauseEnds, k.at0(i+2))):
		return number{b: i + 2, value: "50", percent: true, rough: true}, true
	case k.starts(i, "半数"):
		return number{b: i + 2, value: "50", percent: true, rough: true}, true
	case has(hanDigits, c):
		return k.hanNumber(i)
	}
	return k.vagueNumber(i)
}

func (k *ink) digitNumber(i int) (number, bool) {
	b, dots := i, 0
	var text strings.Builder
	for ; ; b++ {
		c := k.at0(b)
		switch {
		case chinese.Digit(c):
		case c == '.' && chinese.Digit(k.at0(b+1)):
			dots++
		case c == ',' && k.thousands(b):
			continue
		case has("xX×", c) && !letter(k.at0(b+1)): // 20xx, 3x
			n, _ := k.openNumber(b)
			return number{b: max(n.b, b+1)}, !has("年", k.at0(n.b))
		default:
			n := number{b: b, value: text.String()}
			if letter(k.at0(i-1)) || letter(c) || dots > 1 || len(n.value) > 12 {
				return number{b: b}, false
			}
			k.behind(&n)
			return n, true
		}
		text.WriteRune(c)
	}
}

// openNumber reads placeholders: x, xx, ×, **.
func (k *ink) openNumber(i int) (number, bool) {
	b := i
	for has(placeholders, k.at0(b)) && k.at0(b) != 0 {
		b++
	}
	if letter(k.at0(i-1)) || letter(k.at0(b)) || chinese.Digit(k.at0(b)) || k.c[i] == '*' && b-i < 2 {
		return number{b: max(b, i+1)}, false
	}
	n := number{b: b}
	k.behind(&n)
	return n, true
}

func (k *ink) hanNumber(i int) (number, bool) {
	b := i
	for has(hanDigits, k.at0(b)) && k.at0(b) != 0 {
		b++
	}
	if k.starts(b, "分之") { // 三分之二
		if whole, ok := chinese.Number(k.c[i:b]); ok && whole > 1 {
			c := b + 2
			for has(hanDigits, k.at0(c)) && k.at0(c) != 0 {
				c++
			}
			if part, ok := chinese.Number(k.c[b+2 : c]); ok && part > 0 && part < whole {
				return number{b: c, value: decimal(new(big.Rat).Mul(big.NewRat(int64(part), int64(whole)), big.NewRat(100, 1))), percent: true, rough: true, han: true}, true
			}
		}
		return number{b: b + 2}, false
	}
	end := b
	for k.at0(end) == '万' && has(hanDigits, k.at0(end+1)) { // 两万三千元
		for end++; has(hanDigits, k.at0(end)); end++ {
		}
	}
	value, ok := chinese.Number(k.c[i:end])
	if !ok || value == 0 || !strings.ContainsAny(string(k.c[i:end]), "一二三四五六七八九十两") {
		return number{b: end}, false
	}
	n := number{b: end, value: strconv.Itoa(value), han: true, one: end-i == 1 && k.c[i] == '一'}
	k.behind(&n)
	return n, true
}

// vagueNumber reads words that say there are some and not how many.
func (k *ink) vagueNumber(i int) (number, bool) {
	for _, w := range []string{"若干", "十几", "几十", "几百", "数十", "数百", "上百", "上千", "数千", "多"} {
		if !k.starts(i, w) || w == "多" && has("许很最更太大众诸", k.at0(i-1)) {
			continue
		}
		n := number{b: i + runeLen(w)}
		k.behind(&n)
		_, m := k.measureAt(n)
		return n, m > n.b && !(w == "多" && has("次人部元天岁支本种项条", k.at0(n.b)))
	}
	return number{b: i + 1}, false
}

// behind reads what may follow a number and belongs to it: 余 多, 万 亿.
func (k *ink) behind(n *number) {
	more := func() {
		if has("余多", k.at0(n.b)) && k.at0(n.b) != 0 {
			n.more = true
			n.b++
		}
	}
	more()
	if c := k.at0(n.b); (c == '万' || c == '亿') && n.scale == "" {
		n.scale = string(c)
		n.b++
		more()
	}
}

// measureAt reads the measure behind a number and gives it with the place behind it, which is that of the number when there is none.
func (k *ink) measureAt(n number) (string, int) {
	if n.percent {
		return "%", n.b
	}
	if c := k.at0(n.b); c == '%' {
		return "%", n.b + 1
	} else if c == '成' && n.scale == "" && !has("立员功果效为绩本长规交", k.at0(n.b+1)) {
		return "成", n.b + 1
	}
	for _, m := range measures {
		if !k.starts(n.b, m) || slices.ContainsFunc(notCounted[m], func(w string) bool { return k.starts(n.b, w) }) {
			continue
		}
		b := n.b + runeLen(m)
		if m == "村" && k.openEnd(n) {
			return "", n.b // X村 is a village whose name is hidden; 等x村 is read with its places
		}
		return n.scale + m, b
	}
	return "", n.b
}

// openEnd tells whether a number ends with a placeholder.
func (k *ink) openEnd(n number) bool { return has(placeholders, k.at0(n.b-1)) }

// money are the words near which a bare 万 means 万元.
var money = []string{"彩礼", "资金", "金额", "收入", "租金", "补贴", "经费", "货款", "投资", "造价", "礼金", "费用", "债务", "欠款"}

// comparing are the words before a number that say how it is meant, longer ones first. Those without an Op state a norm, which is
// no claim: 每月不少于10次.
var comparing = []struct {
	word string
	op   Op
}{
	{"不少于", ""}, {"不低于", ""}, {"不超过", ""}, {"不高于", ""}, {"不多于", ""}, {"不得少于", ""}, {"至少", ""}, {"至多", ""},
	{"规定的", ""}, {"要求的", ""}, {"规定", ""}, {"标准", ""}, {"第", ""}, {"每", ""}, {"前", ""}, {"后", ""}, {"〔", ""}, {"号", ""},
	{"不足", Under}, {"不到", Under}, {"低于", Under}, {"少于", Under}, {"小于", Under}, {"未达到", Under}, {"不满", Under}, {"未达", Under},
	{"超过", Over}, {"超出", Over}, {"高于", Over}, {"大于", Over}, {"多于", Over}, {"超", Over}, {"逾", Over}, {"突破", Over},
	{"大约", About}, {"将近", About}, {"接近", About}, {"约", About}, {"近", About},
}

// figureAt makes a figure of the number n that begins at c[i], when it is one.
func (k *ink) figureAt(i int, n number) (figure, bool) {
	f := figure{lead: i, a: i, value: n.value, op: Equal}
	var m string
	m, f.b = k.measureAt(n)
	// A range: 十五至二十万元, 3-5个.
	if low, high, b, measure, ok := k.rangeAt(n, m, f.b); ok {
		f.value, f.upper, f.b, m = low, high, b, measure
	}
	if m == "" && n.scale == "万" && k.nearMoney(i) { // 彩礼十五万
		m = "万元"
	}
	if m == "" {
		return f, false
	}
	if m == "成" {
		m, n.rough = "%", true
		f.value = times10(f.value)
	}
	f.measure = m
	compared := false
	for _, c := range comparing {
		if w := runeLen(c.word); i >= w && k.starts(i-w, c.word) {
			if c.op == "" {
				return f, false
			}
			f.op, f.lead, compared = c.op, i-w, true
			break
		}
	}
	if n.more {
		f.op = Over
	} else if n.rough && f.op == Equal {
		f.op = About
	}
	if !k.qualified(&f, compared) || !k.counts(i, n, f) {
		return f, false
	}
	clause := k.clause(i)
	f.sample = k.lastIs(span{clause.a, i}, "抽查", "抽查的", "走访", "走访的", "抽问", "抽问的", "抽测的", "抽测", "暗访", "夜查", "随机走访", "随机走访的", "随机抽查") && f.measure != "次"
	k.named(&f)
	return f, true
}

// qualified reads 以上, 以下, 左右 behind a figure, and tells whether it is a number of its own or only a limit that says what is
// counted: 年收入‖10万元以上‖的村, ‖超50万元‖仅4个.
func (k *ink) qualified(f *figure, compared bool) bool {
	limit := compared
	for _, q := range []struct {
		word string
		op   Op
	}{{"以上", AtLeast}, {"以下", AtMost}, {"以内", AtMost}, {"以外", ""}, {"之间", f.op}, {"左右", About}, {"上下", About}} {
		if !k.starts(f.b, q.word) {
			continue
		}
		f.b += 2
		if q.op != "" {
			f.op = q.op
		}
		limit = limit || q.op != About && f.upper == ""
	}
	if f.op == About || f.upper != "" {
		limit = false
	}
	end := has(clauseEnds, k.at0(f.b)) || has(")）、”", k.at0(f.b))
	return !limit || end
}

// counts tells whether a number before a measure is one that a report would repeat.
func (k *ink) counts(i int, n number, f figure) bool {
	before := func(words ...string) bool { return k.lastIs(span{0, i}, words...) }
	clause := k.clause(i)
	switch {
	case n.one && f.measure != "%":
		// 一名, 一次 mostly say that there is one thing; a count only where the paper says that it is little.
		if !before("仅", "只", "仅有", "只有") && !(before("过", "了") && k.find(span{clause.a, i}, "只") >= 0) {
			return false
		}
	case n.one: // 一成: only with 不足, 近
		if f.op == Equal || f.op == About && f.lead == i && f.value == "10" {
			return false
		}
	case n.han && has(weak, leading(f.measure)) && f.measure != "%":
		ok := before(strings.Split("仅 只 有 共 达 等 中 超 近 约 足 计", " ")...)
		if f.measure == "个" {
			ok = ok && !k.starts(f.b, "方面") && !k.starts(f.b, "问题") || slices.ContainsFunc(weakFollowers, func(w string) bool { return k.starts(f.b, w) })
		}
		if !ok {
			return false
		}
	case n.han && f.measure == "村" && !before("等", "、") && n.value != "2" && f.places == nil:
		return before("共", "仅", "有")
	}
	if k.find(span{max(clause.a, i-5), i}, "每") >= 0 { // 每季度1次 is a norm, 每户3万元 an average
		return false
	}
	switch f.measure {
	case "岁":
		return k.find(span{clause.a, i}, "平均年龄") >= 0
	case "天":
		return k.find(span{clause.a, i}, "平均") >= 0 || before("用时", "年均")
	case "米", "公里":
		if has("长宽深高", k.at0(f.b)) && k.at0(f.b) != 0 {
			return false
		}
	}
	// 由31%下降到12%: the later number is what stands.
	if from := max(clause.a, i-12); k.find(span{from, i}, "由") >= 0 || k.find(span{from, i}, "从") >= 0 {
		to := span{f.b, min(len(k.c), f.b+8)}
		for _, w := range []string{"下降", "增加", "减少", "降到", "降至", "升到", "升至", "增至", "提高", "上升", "减至"} {
			if k.find(to, w) >= 0 {
				return false
			}
		}
	}
	return true
}

func leading(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// nearMoney tells whether the clause up to c[i] speaks of money.
func (k *ink) nearMoney(i int) bool {
	s := span{k.clause(i).a, i}
	return slices.ContainsFunc(money, func(w string) bool { return k.find(s, w) >= 0 })
}

// rangeAt reads the second half of a range whose first number is n, with or without its measure m up to b.
func (k *ink) rangeAt(n number, m string, b int) (low, high string, end int, measure string, ok bool) {
	if n.value == "" || n.one {
		return
	}
	j := b
	switch c := k.at0(j); {
	case c == '至' || c == '-' || c == '~' || c == '～' || c == '－':
		j++
	case c == '—':
		for k.at0(j) == '—' {
			j++
		}
	case c == '到' && m == "":
		j++
	default:
		return
	}
	second, found := k.numberAt(j)
	if !found || second.value == "" || second.b == j {
		return
	}
	measure, end = k.measureAt(second)
	if measure == "" && second.scale == "万" && k.nearMoney(b) {
		measure = "万元"
	}
	if measure == "" || m != "" && m != measure || n.scale != "" && m == "" && n.scale != second.scale {
		return
	}
	low, high = n.value, second.value
	if measure == "成" {
		low, high, measure = times10(low), times10(high), "%"
	}
	a, _ := new(big.Rat).SetString(low)
	z, _ := new(big.Rat).SetString(high)
	if a == nil || z == nil || a.Cmp(z) >= 0 {
		return
	}
	return low, high, end, measure, true
}

func times10(value string) string {
	r, ok := new(big.Rat).SetString(value)
	if !ok {
		return value
	}
	return decimal(r.Mul(r, big.NewRat(10, 1)))
}

// decimal writes a number with at most two places.
func decimal(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return strings.TrimRight(strings.TrimRight(r.FloatString(2), "0"), ".")
}

// cues are runes after which a list of places may begin: 走访中‖赵x等7村.
const cues = "中在对向是如有及和与从为的将使给括"

// named reads the places before a count of villages: 赵x等7村, 石坪、柳湾两村, 翠园、机床厂两个小区.
func (k *ink) named(f *figure) {
	place := f.measure == "村"
	if f.measure == "个" {
		for _, w := range []string{"村", "社区", "小区", "嘎查"} {
			place = place || k.starts(f.b, w)
		}
	}
	if !place {
		return
	}
	i := f.lead
	and := k.at0(i-1) == '等'
	if and {
		i--
	}
	list := k.listBefore(i)
	if !and && len(list) < 2 {
		return
	}
	if n, err := strconv.Atoi(f.value); err == nil {
		if n < len(list) || n > 200 {
			return
		}
		for len(list) < n {
			list = append(list, "")
		}
	}
	if and {
		f.lead = i
	}
	f.places = list
}

// listBefore reads the names of places joined by 、 that end before c[i].
func (k *ink) listBefore(i int) []string {
	const longest = 5 // runes of a name
	var list []string
	for i > 0 {
		a := i
		for a > 0 && (chinese.Han(k.c[a-1]) || has(placeholders, k.c[a-1])) && i-a <= longest+12 {
			a--
		}
		last := k.at0(a-1) != '、'
		if last { // words may stand before the first name
			for j := i - 2; j > a; j-- {
				if has(cues, k.c[j-1]) {
					a = j
					break
				}
			}
			for _, w := range []string{"特别是", "尤其是", "发现", "走访", "抽查", "例如", "包括", "其中", "反映", "涉及"} {
				if n := runeLen(w); k.starts(a, w) && i-a >= n+2 {
					a += n
				}
			}
		}
		if i-a < 2 || i-a > longest {
			break
		}
		name := k.text(span{a, i})
		list = append([]string{name}, list...)
		if last {
			break
		}
		i = a - 1
	}
	return list
}

// villagesNamed reads 特别是卢x、东睢宁村: villages named as instances of a number that is not told. It also reads 榆林二等x村.
func (k *ink) villagesNamed(i int) (figure, bool) {
	for _, w := range []string{"特别是", "尤其是"} {
		if !k.starts(i, w) {
			continue
		}
		a := i + 3
		b := a
		for b < len(k.c) && (chinese.Han(k.c[b]) || k.c[b] == '、' || has(placeholders, k.c[b])) && k.c[b] != '村' && b-a < 30 {
			b++
		}
		if k.at0(b) != '村' || k.find(span{a, b}, "、") < 0 {
			continue
		}
		if list := k.listBefore(b); len(list) >= 2 {
			return figure{lead: k.clause(i).a, a: a, b: b + 1, op: Equal, measure: "村", places: list}, true
		}
	}
	if k.at0(i) == '等' && has(placeholders, k.at0(i+1)) {
		b := i + 1
		for has(placeholders, k.at0(b)) && k.at0(b) != 0 {
			b++
		}
		if k.at0(b) == '个' {
			b++
		}
		if list := k.listBefore(i); k.at0(b) == '村' && len(list) > 0 {
			return figure{lead: i, a: i + 1, b: b + 1, op: Equal, measure: "村", places: list}, true
		}
	}
	return figure{}, false
}

// Comparable tells whether two measures count the same things, so that a part in one can be held against a whole in the other:
// 元 and 万元, 名 and 人.
func Comparable(a, b string) bool {
	if a == b {
		return true
	}
	scale := strings.NewReplacer("万", "", "亿", "")
	for _, kinds := range []string{"名人位个", "村个", "家个户", "件起个"} {
		if strings.Contains(kinds, a) && strings.Contains(kinds, b) {
			return true
		}
	}
	return scale.Replace(a) == scale.Replace(b) && a != "%"
}

// exceeds tells whether b is known to be more than a, and so no part of it.
func exceeds(b, a figure) bool {
	x, ok := Amount(b.value, b.measure)
	y, ok2 := Amount(a.value, a.measure)
	return ok && ok2 && x.Cmp(y) > 0
}

// Amount is a decimal value in its measure without 万 and 亿, to be compared; false for an unknown one.
func Amount(value, measure string) (*big.Rat, bool) {
	r, ok := new(big.Rat).SetString(value)
	if !ok {
		return nil, false
	}
	switch leading(measure) {
	case '万':
		r.Mul(r, big.NewRat(10_000, 1))
	case '亿':
		r.Mul(r, big.NewRat(100_000_000, 1))
	}
	return r, true
}
