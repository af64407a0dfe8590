package plan

import (
	"strings"
	"sync"
	"unicode/utf8"

	"bihuan/chinese"
)

// unitEnds are the last characters of the names of units, unitTails longer ends.
const unitEnds = "办所站局委村部组院室厅处科股队社厂校府段庙区镇乡县市街圈库店坊"

var unitTails = strings.Fields("中心 社区 党委 支部 总支 公司 大队 中队 支队 两委 “两委” 党工委 妇联 团委 工会 街道 学校 医院 卫生院 银行 单位 部门 机关 党组织 企业 协会 合作社 纪检 站所 政府 武装部 人大 电力 供电 工商联 联合会 班子 党小组 专班 居委会 网格 小组 农场 林场 水库 残联 委员会 理事会 议事会 商会 村委会 监委会 学会 基金会 商联会 妇代会 总工会 村委 居委 领导小组 党政办 组织 人员 村居 各村 党员 分局 法庭 " +
	"平台 窗口 大厅 服务站 理事会 党群 园区 集团 班 团 科协 文联 侨联 党组 纪工委 纪委监委 政协 联络站 法院 检察院 园 馆")

// postWords end or are a post; a name may follow or stand before them.
var postWords = strings.Fields("党委书记 副书记 书记 副镇长 镇长 副乡长 乡长 副县长 县长 副区长 区长 副市长 副主任 主任 副主席 主席 副部长 部长 委员 副站长 站长 副所长 所长 副局长 局长 副院长 院长 副校长 校长 副队长 队长 副组长 组长 会长 科长 股长 干事 专干 文书 会计 支书 村长 副总经理 总经理 经理 董事长 政委 联络员 负责人 负责同志 主要负责同志 秘书 " +
	"干部 成员 同志 领导 主要领导 分管领导 宣传委员 组织委员 纪检委员 统战委员 政法委员 武装部长 办公室主任 四级调研员 一级主任科员 二级主任科员 三级主任科员 四级主任科员 主任科员 调研员 巡视员 网格员 党建指导员 专职副书记 行长 厂长 出纳 报账员 助理 处长 司长 厅长 馆长 班长 总监 党支部书记 人大主席 牵头 负责 分管 主管 协管")

// surnames are the family names a person's name may begin with.
const surnames = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲台从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍闻莘翟谭贡劳逄姬申扶堵冉宰郦雍却璩桑桂濮牛寿通边扈燕冀郏浦尚温庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖岳覃代闫佟苟仝曲岑付侣冼鹿展才褥战初矫由仉原修海涂邝植缑候鄢麦苑年香宛门亢蹇呼延帅买凡占普阳刀衣信英"

// familyNames holds the characters of surnames.
var familyNames = sync.OnceValue(func() map[rune]bool {
	m := map[rune]bool{}
	for _, r := range surnames {
		m[r] = true
	}
	return m
})

// compound are family names of two characters.
var compound = strings.Fields("欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 令狐 慕容 司徒 夏侯 端木 宇文 长孙 轩辕 南宫 独孤 闻人 澹台 呼延 司空 太史 申屠 完颜 阿卜")

// owner is a unit or person read from a line of responsibility.
type owner struct {
	at     span
	person bool
}

// SplitUnits reads the units out of a line such as 「镇党政办（牵头）、镇财政所；各村」, lead unit first, as printed.
func SplitUnits(text string) []string {
	k := inkOf(text)
	return k.names(k.owners(span{0, len(k.c)}, fUnit), false)
}

// SplitPersons reads the names of persons out of a line such as 「段志刚（党委副书记）、米晓东」; posts are dropped.
func SplitPersons(text string) []string {
	k := inkOf(text)
	return k.names(k.owners(span{0, len(k.c)}, fPerson), true)
}

// names gives the texts of the persons or of the units, each once.
func (k *ink) names(list []owner, person bool) []string {
	var out []string
	for _, o := range list {
		if o.person == person {
			out = appendOnce(out, k.text(o.at))
		}
	}
	return out
}

func appendOnce(list []string, s string) []string {
	for _, x := range list {
		if x == s {
			return list
		}
	}
	return append(list, s)
}

// owners splits a line of responsibility; want is the field of its label.
func (k *ink) owners(s span, want field) []owner {
	var out []owner
	s = k.trim(s, "。;,、:() ")
	if k.unbalanced(s) {
		s.b++
	}
	for _, t := range k.tokens(s) {
		out = k.ownerToken(out, t, want)
	}
	return out
}

// unbalanced reports whether trimming took a closing bracket that belongs to the piece.
func (k *ink) unbalanced(s span) bool {
	depth := 0
	for i := s.a; i < s.b; i++ {
		switch k.c[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
	}
	return depth > 0 && k.at0(s.b) == ')'
}

// tokens parts a line at separators outside brackets.
func (k *ink) tokens(s span) []span {
	var out []span
	from, depth := s.a, 0
	cut := func(to, next int) {
		if t := k.trim(span{from, to}, "。;,、:/+"); !t.empty() {
			out = append(out, t)
		}
		from = next
	}
	for i := s.a; i < s.b; i++ {
		switch r := k.c[i]; {
		case r == '(' || r == '〔':
			depth++
		case r == ')' || r == '〕':
			depth = max(0, depth-1)
		case depth > 0:
		case has("、;,。/+|", r):
			cut(i, i+1)
		case r == '\n':
			if left := k.bare(k.trim(span{max(from, i-40), i}, "")); unitLike(left) || nameLike(left) || postLike(left) {
				cut(i, i+1)
			}
		case r == ':':
			if _, at := k.labelBefore(i, from); at == from {
				from = i + 1
			} else if i-from <= 4 {
				from = i + 1
			} else {
				cut(i, i+1)
			}
		default:
			if i > from && k.gapAt(i) && k.blankParts(from, i, s.b) {
				cut(i, i)
			}
			for _, w := range []string{"会同", "配合", "协同", "协助", "联合", "以及", "和", "及", "与"} {
				if i > from+1 && i-from < 40 && k.starts(i, w) && k.joins(span{from, i}, i+runeLen(w), s.b, w) {
					cut(i, i+runeLen(w))
					i += runeLen(w) - 1
					break
				}
			}
		}
	}
	cut(s.b, s.b)
	return out
}

// blankParts reports whether a blank before c[i] parts two names and does not merely spread a word out, as scans do.
func (k *ink) blankParts(from, i, end int) bool {
	if k.c[i] == '(' || k.c[i-1] == '(' || k.c[i] == ')' {
		return false
	}
	if i-from == 1 || i+1 >= end || k.gapAt(i+1) && i+1 < end && i-from == 1 {
		return false // 「张 三」
	}
	if i-from > 40 {
		return true
	}
	if i-from == 2 && k.gapAt(from+1) && (k.gapAt(i+1) || has("、;,(", k.c[i+1])) {
		return false // 「陈 立 新、」
	}
	left := k.bare(span{from, i})
	return unitLike(left) || nameLike(left) || postLike(left)
}

// joins reports whether a joining word parts two names: its left side must be a whole one.
func (k *ink) joins(left span, right, end int, word string) bool {
	l := k.bare(left)
	if right >= end {
		return false
	}
	if word == "会同" || word == "配合" || word == "协助" || word == "以及" || word == "联合" || word == "协同" {
		return unitLike(l) || nameLike(l) || strings.HasSuffix(l, "牵头")
	}
	if nameLike(l) && !unitLike(l) {
		r := k.bare(span{right, min(end, right+3)})
		return nameLike(r) || nameLike(firstRunes(r, 2))
	}
	r := k.bare(span{right, min(end, right+12)})
	return unitLike(l) && runeLen(l) >= 2 && !strings.HasPrefix(r, "谐") && !strings.HasPrefix(r, "平") && runeLen(r) >= 2
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// ownerToken reads one token, with what stands in its brackets.
func (k *ink) ownerToken(out []owner, t span, want field) []owner {
	t = k.roles(t)
	open := k.openParen(t)
	if open < 0 {
		return k.ownerName(out, t, want)
	}
	group := k.trim(span{open + 1, t.b}, ")〕")
	head := span{t.a, open}
	inside := k.bare(group)
	persons := k.personsIn(group)
	switch {
	case len(persons) > 0 && want != fPerson && want != fLeader:
		out = k.ownerName(out, head, want)
		return append(out, persons...)
	case want == fPerson || want == fLeader:
		before := len(out)
		out = k.ownerName(out, head, want)
		if len(out) == before || !out[len(out)-1].person { // 「镇长（李四）」
			out = append(out, persons...)
		}
		return out
	case roleWord(inside) || postLike(inside) || inside == "":
		return k.ownerName(out, head, want)
	}
	return k.ownerName(out, t, want)
}

func (k *ink) openParen(t span) int {
	for i := t.a; i < t.b; i++ {
		if k.c[i] == '(' || k.c[i] == '〔' {
			return i
		}
	}
	return -1
}

func roleWord(s string) bool {
	for _, w := range []string{"牵头", "主责", "配合", "主办", "协办", "负责", "协同", "协助", "主管", "分管", "排名不分先后", "牵头单位", "配合单位", "责任单位"} {
		if s == w {
			return true
		}
	}
	return false
}

// roles drops 由…牵头, 牵头单位：, …负责 around a name.
func (k *ink) roles(t span) span {
	t = k.trim(t, "。;,、: ")
	for _, w := range []string{"由", "牵头单位", "配合单位", "责任单位", "责任人", "责任领导", "牵头", "配合", "主责", "协办"} {
		if k.starts(t.a, w) && t.b-t.a-runeLen(w) >= 2 && (w == "由" || k.c[t.a+runeLen(w)] == ':') {
			t.a += runeLen(w)
			break
		}
	}
	t = k.trim(t, ":")
	for _, w := range []string{"整改责任人", "责任人", "负责人", "责任领导", "分管领导", "牵头领导"} { // 「责任人廖一帆」
		if n := runeLen(w); k.starts(t.a, w) && nameLike(k.bare(span{t.a + n, t.b})) {
			t.a += n
			break
		}
	}
	for _, w := range []string{"牵头负责", "具体负责", "负责落实", "具体落实", "共同负责", "牵头", "负责", "配合", "协助", "主办", "协办", "落实", "同志", "等"} {
		n := runeLen(w)
		if t.b-t.a > n+1 && k.starts(t.b-n, w) {
			t.b -= n
			break
		}
	}
	return t
}

// personsIn reads the names inside brackets, if the brackets hold names.
func (k *ink) personsIn(s span) []owner {
	var out []owner
	for _, t := range k.tokens(s) {
		if at, ok := k.name(t); ok {
			out = append(out, owner{at, true})
		}
	}
	return out
}

// ownerName decides whether a token is a unit, a person, or neither.
func (k *ink) ownerName(out []owner, t span, want field) []owner {
	t = k.trim(t, "。;,、: ")
	text := k.bare(t)
	if text == "" || unknown(text) || roleWord(text) {
		return out
	}
	personField := want == fPerson || want == fLeader
	if personField && nameLike(text) && !strongUnit(text) {
		return append(out, owner{t, true})
	}
	if at, ok := k.name(t); ok && (personField || !unitLike(text) || at != t) {
		if personField || want == fOwner || at != t && !unitLike(text) {
			if at != t && !personField {
				if u := k.trim(span{t.a, at.a}, ""); unitLike(k.bare(u)) && !postLike(k.bare(u)) {
					out = append(out, owner{u, false})
				}
			}
			return append(out, owner{at, true})
		}
		if k.gapAt(t.a) && len(out) > 0 && !unitLike(text) { // 「镇党政办 张三」
			return append(out, owner{at, true})
		}
	}
	if personField {
		if n := runeLen(text); n >= 2 && n <= 4 && !unitLike(text) && !postLike(text) && allHan(text) {
			return append(out, owner{t, true})
		}
		return out
	}
	if postLike(text) && !unitLike(text) && want == fOwner {
		return out
	}
	return append(out, owner{t, false})
}

func allHan(s string) bool {
	for _, r := range s {
		if !chinese.Han(r) && r != '·' && r != 'x' && r != 'X' && r != '*' && r != '某' {
			return false
		}
	}
	return true
}

// unknown reports whether a text consists of placeholders only.
func unknown(s string) bool {
	if s == "无" || s == "暂无" {
		return true
	}
	for _, r := range s {
		if !has("xX*×某_/-—△○", r) {
			return false
		}
	}
	return true
}

// name reads a person's name out of a token, dropping a post before or after it.
func (k *ink) name(t span) (span, bool) {
	t = k.trim(t, "。;,、:()")
	if nameLike(k.bare(t)) && !unitLike(k.bare(t)) {
		return t, true
	}
	for cut := t.b - 1; cut >= t.b-4 && cut > t.a; cut-- { // 「镇党委书记张三」
		if tail := k.bare(span{cut, t.b}); nameLike(tail) && postLike(k.bare(span{t.a, cut})) {
			return span{cut, t.b}, true
		}
	}
	for cut := t.a + 2; cut <= t.a+4 && cut < t.b; cut++ { // 「张三书记」
		if head := k.bare(span{t.a, cut}); nameLike(head) && !departmentWord(head) && postWord(k.bare(span{cut, t.b})) {
			return span{t.a, cut}, true
		}
	}
	return span{}, false
}

// departmentWord reports whether a word before a post names a department and no person: 武装部长, 常务副镇长, 纪委书记.
func departmentWord(s string) bool {
	switch s {
	case "武装", "宣传", "组织", "统战", "政法", "纪检", "常务", "安全", "平安", "文化", "党建", "农业", "财政", "司法", "纪委", "纪工委", "人大", "政协", "时任", "应急", "综合", "包村", "万村", "班子", "项目", "支部", "计生", "水利", "林业", "路长", "河长", "田长", "党组":
		return true
	}
	r := []rune(s)
	return has("办所站局委厅科村组部队", r[len(r)-1])
}

// nameLike reports whether a text may be a person's name.
func nameLike(s string) bool {
	n := runeLen(s)
	if n < 2 || n > 4 {
		if !strings.Contains(s, "·") || n > 12 {
			return false
		}
	}
	first, size := utf8.DecodeRuneInString(s)
	if !allHan(s) || unknown(s) || postWord(s) {
		return false
	}
	if strings.Contains(s, "·") {
		return true
	}
	if second, two := utf8.DecodeRuneInString(s[size:]); compoundNames()[[2]rune{first, second}] {
		return size+two < len(s)
	}
	return n <= 3 && familyNames()[first]
}

// compoundNames holds compound.
var compoundNames = sync.OnceValue(func() map[[2]rune]bool {
	m := map[[2]rune]bool{}
	for _, c := range compound {
		r := []rune(c)
		m[[2]rune{r[0], r[1]}] = true
	}
	return m
})

// unitLike reports whether a text ends as the names of units do.
func unitLike(s string) bool {
	if i := strings.IndexAny(s, "(〔"); i > 0 {
		s = s[:i]
	}
	n := runeLen(s)
	if n < 2 {
		return false
	}
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	switch {
	case n > 2:
		if has(unitEnds, last) {
			return true
		}
	case has("各镇县区市乡村街全本", first), has("办所站局委厅科村", last), has(unitEnds, last) && !familyNames()[first]:
		return true
	}
	return tails().ends(s) || strings.HasPrefix(s, "各") || strings.HasPrefix(s, "相关") || strings.HasPrefix(s, "有关") || strings.HasPrefix(s, "沿")
}

// strongUnit reports whether a short text that could be a name is a unit all the same.
func strongUnit(s string) bool {
	r := []rune(s)
	return has("办所站局委厅科村", r[len(r)-1]) && has("党农财司民综各人社水林经本全东西南北上下", r[0])
}

// postLike reports whether a text ends in the word for a post.
func postLike(s string) bool { return posts().ends(s) }

// postWord reports whether a text is the word for a post.
func postWord(s string) bool { return posts().whole[s] }

// endings finds which of many words a text ends in.
type endings struct {
	whole  map[string]bool
	byLast map[rune][]string
}

func newEndings(words []string) endings {
	x := endings{map[string]bool{}, map[rune][]string{}}
	for _, w := range words {
		x.whole[w] = true
		last, _ := utf8.DecodeLastRuneInString(w)
		x.byLast[last] = append(x.byLast[last], w)
	}
	return x
}

// ends reports whether a text ends in one of the words.
func (x endings) ends(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(s)
	for _, w := range x.byLast[last] {
		if strings.HasSuffix(s, w) {
			return true
		}
	}
	return false
}

// posts and tails hold postWords and unitTails.
var (
	posts = sync.OnceValue(func() endings { return newEndings(postWords) })
	tails = sync.OnceValue(func() endings { return newEndings(unitTails) })
)
