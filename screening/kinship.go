package screening

import (
	"slices"
	"strings"
	"sync"

	"bihuan/chinese"
)

// relation is what the register says somebody is to the head of the household (与户主关系), by the classes of GB/T 4761.
type relation uint8

const (
	relationUnknown   relation = iota
	headOfHome                 // 户主
	spouseOfHead               // 配偶
	childOfHead                // 子、女
	childInLawOfHead           // 儿媳、女婿
	parentOfHead               // 父、母
	parentInLawOfHead          // 公公、婆婆、岳父、岳母
	grandchildOfHead           // 孙子女、外孙子女
	grandparentOfHead          // 祖父母、外祖父母
	siblingOfHead              // 兄弟姐妹
	relativeOfHead             // 其他亲属
	otherOfHead                // 其他、非亲属
	relationCount
)

// relations are the words of each class, as [label] writes them. For ~ stands what tells children of the same parents apart, or
// nothing. A word that may mean two things (媳妇) is not here.
var relations = map[relation]string{
	headOfHome:        "户主 本人",
	spouseOfHead:      "配偶 夫 妻 丈夫 妻子 夫妻 爱人",
	childOfHead:       "~子 ~女 ~儿子 ~女儿 ~儿 ~闺女 子女 儿女 养子女 继子女 养子或继子 养女或继女",
	childInLawOfHead:  "~儿媳 ~儿媳妇 ~媳 ~女婿 ~婿 子女的配偶 子女配偶",
	parentOfHead:      "父 母 父亲 母亲 父母 爸爸 妈妈 生父 生母 养父 养母 继父 继母 养父母 继父母 继父或养父 继母或养母 其他父母关系",
	parentInLawOfHead: "公公 婆婆 公婆 岳父 岳母 岳父母 丈人 丈母娘 公公婆婆 配偶的父母 配偶父母",
	grandchildOfHead:  "~孙 ~孙子 ~孙女 ~孙儿 ~外孙 ~外孙子 ~外孙女 孙子女 外孙子女 孙子孙女 孙子孙女外孙子外孙女 孙子孙女或外孙子外孙女 其他孙子孙女或外孙子外孙女 其他孙子孙女外孙子外孙女",
	grandparentOfHead: "祖父 祖母 祖父母 爷爷 奶奶 外祖父 外祖母 外祖父母 外公 外婆 姥爷 姥姥 祖父母或外祖父母 祖父母外祖父母 其他祖父母或外祖父母关系",
	siblingOfHead:     "~兄 ~弟 ~姐 ~妹 ~哥 ~哥哥 ~弟弟 ~姐姐 ~妹妹 兄弟 姐妹 姊妹 兄弟姐妹 兄长 胞兄 胞弟 胞姐 胞妹 其他兄弟姐妹",
	relativeOfHead: "其他亲属 亲属 ~孙媳 ~孙媳妇 ~孙女婿 ~孙婿 外孙媳 外孙媳妇 外孙女婿 孙媳妇或外孙媳妇 孙女婿或外孙女婿 曾孙 曾孙子 曾孙女 外曾孙 外曾孙子 外曾孙女 曾孙子或外曾孙子 曾孙女或外曾孙女 重孙 重孙子 重孙女 曾祖父 曾祖母 外曾祖父 外曾祖母 曾祖父母 " +
		"配偶的祖父母或外祖父母 配偶的曾祖父母或外曾祖父母 配偶的曾祖父母外曾祖父母 嫂 嫂子 弟媳 弟媳妇 弟妹 姐夫 妹夫 伯父 伯母 伯伯 叔父 叔叔 叔母 婶母 婶婶 舅父 舅舅 舅母 姨父 姨夫 姨母 姑父 姑母 姑姑 " +
		"堂兄弟 堂姐妹 堂兄弟堂姐妹 堂兄 堂弟 堂姐 堂妹 表兄弟 表姐妹 表兄弟表姐妹 表兄 表弟 表姐 表妹 侄 侄子 侄儿 侄女 侄媳 侄孙 侄孙女 外甥 外甥女",
	otherOfHead: "其他 其它 非亲属 其他非亲属 保姆",
}

// relationWords are the classes by their words.
var relationWords = sync.OnceValue(func() map[string]relation {
	m := map[string]relation{}
	for class, words := range relations {
		for word := range strings.FieldsSeq(words) {
			base, many := strings.CutPrefix(word, "~")
			m[base] = class
			for _, which := range []string{"长", "大", "次", "二", "三", "四", "五", "六", "七", "八", "九", "小", "幺", "独生", "养", "继", "亲生", "婚生", "非婚生", "其他"} {
				if many {
					m[which+base] = class
				}
			}
		}
	}
	return m
})

// relationOf reads what a register says. words are [relationWords]; what is none of them is unknown.
func relationOf(words map[string]relation, cell []byte) relation {
	if class, ok := words[string(cell)]; ok || len(cell) == 0 || len(cell) > 100 {
		return class
	}
	word := text(cell)
	if strings.ContainsAny(word, "?？*＊■□�") { // part of it is lost
		return relationUnknown
	}
	word = label(word)
	if class, ok := words[word]; ok {
		return class
	}
	for _, of := range []string{"户主", "之", "的"} { // 户主之妻, 之子
		word = strings.TrimPrefix(word, of)
	}
	return words[word]
}

// kin is what somebody is to somebody else of the household.
type kin uint8

const (
	kinUnknown kin = iota
	kinHimself
	kinSpouse
	kinChild
	kinParent
	kinSibling
	kinGrandchild
	kinGrandparent
	kinChildInLaw
	kinParentInLaw
	kinRelative // any other
	kinNone     // not related

	// unsure marks what the relations to the head allow and do not prove: a child of the head may be the spouse's, or not.
	unsure kin = 1 << 7
)

// sure takes the mark away.
func (k kin) sure() kin { return k &^ unsure }

// kinship is what the second is to the first, by what each is to the head. What is not here is not known: a nephew of the head may be
// the child of his brother. A grandchild of the head is a child of one of his children, and a parent of the head a spouse of the other,
// as a rule only.
var kinship = [relationCount][relationCount]kin{
	headOfHome: {spouseOfHead: kinSpouse, childOfHead: kinChild, childInLawOfHead: kinChildInLaw, parentOfHead: kinParent, parentInLawOfHead: kinParentInLaw, grandchildOfHead: kinGrandchild, grandparentOfHead: kinGrandparent,
		siblingOfHead: kinSibling, relativeOfHead: kinRelative, otherOfHead: kinNone},
	spouseOfHead: {headOfHome: kinSpouse, childOfHead: kinChild | unsure, childInLawOfHead: kinChildInLaw, parentOfHead: kinParentInLaw, parentInLawOfHead: kinParent, grandchildOfHead: kinGrandchild | unsure, grandparentOfHead: kinRelative,
		siblingOfHead: kinRelative},
	childOfHead: {headOfHome: kinParent, spouseOfHead: kinParent | unsure, childOfHead: kinSibling, childInLawOfHead: kinSpouse | unsure, parentOfHead: kinGrandparent, parentInLawOfHead: kinGrandparent | unsure, grandchildOfHead: kinChild | unsure,
		grandparentOfHead: kinRelative, siblingOfHead: kinRelative},
	childInLawOfHead: {headOfHome: kinParentInLaw, spouseOfHead: kinParentInLaw, childOfHead: kinSpouse | unsure, childInLawOfHead: kinRelative, parentOfHead: kinRelative, parentInLawOfHead: kinRelative, grandchildOfHead: kinChild | unsure,
		grandparentOfHead: kinRelative, siblingOfHead: kinRelative},
	parentOfHead: {headOfHome: kinChild, spouseOfHead: kinChildInLaw, childOfHead: kinGrandchild, childInLawOfHead: kinRelative, parentOfHead: kinSpouse | unsure, parentInLawOfHead: kinRelative, grandchildOfHead: kinRelative,
		grandparentOfHead: kinParent | unsure, siblingOfHead: kinChild | unsure},
	parentInLawOfHead: {headOfHome: kinChildInLaw, spouseOfHead: kinChild, childOfHead: kinGrandchild | unsure, childInLawOfHead: kinRelative, parentOfHead: kinRelative, parentInLawOfHead: kinSpouse | unsure, grandchildOfHead: kinRelative,
		grandparentOfHead: kinRelative, siblingOfHead: kinRelative},
	grandchildOfHead: {headOfHome: kinGrandparent, spouseOfHead: kinGrandparent | unsure, childOfHead: kinParent | unsure, childInLawOfHead: kinParent | unsure, parentOfHead: kinRelative, parentInLawOfHead: kinRelative, grandchildOfHead: kinSibling | unsure,
		grandparentOfHead: kinRelative, siblingOfHead: kinRelative},
	grandparentOfHead: {headOfHome: kinGrandchild, spouseOfHead: kinRelative, childOfHead: kinRelative, childInLawOfHead: kinRelative, parentOfHead: kinChild | unsure, parentInLawOfHead: kinRelative, grandchildOfHead: kinRelative,
		grandparentOfHead: kinSpouse | unsure, siblingOfHead: kinGrandchild | unsure},
	siblingOfHead: {headOfHome: kinSibling, spouseOfHead: kinRelative, childOfHead: kinRelative, childInLawOfHead: kinRelative, parentOfHead: kinParent | unsure, parentInLawOfHead: kinRelative, grandchildOfHead: kinRelative,
		grandparentOfHead: kinGrandparent | unsure, siblingOfHead: kinSibling},
	relativeOfHead: {headOfHome: kinRelative},
	otherOfHead:    {headOfHome: kinNone},
}

// kinWords are what each is called: where the sex is not known, a man, a woman.
var kinWords = map[kin][3]string{
	kinSpouse:      {"配偶", "丈夫", "妻子"},
	kinChild:       {"子女", "儿子", "女儿"},
	kinParent:      {"父母", "父亲", "母亲"},
	kinSibling:     {"兄弟姐妹", "兄弟", "姐妹"},
	kinGrandchild:  {"孙辈", "孙子或外孙", "孙女或外孙女"},
	kinGrandparent: {"祖辈", "祖父或外祖父", "祖母或外祖母"},
	kinChildInLaw:  {"子女的配偶", "女婿", "儿媳"},
	kinParentInLaw: {"配偶的父母", "配偶的父亲", "配偶的母亲"},
	kinRelative:    {"亲属", "亲属", "亲属"},
}

// duties are who has by law to support somebody, and how that is called: 民法典 1059 and 1067. Grandchildren and grandparents have to
// only where those between are dead or unable (1074), brothers and sisters of grown people not at all.
var duties = map[kin]string{kinSpouse: "扶养", kinChild: "赡养", kinParent: "抚养"}

// nearKin are 近亲属 (民法典 1045). Some places count in-laws and others among those who are to be declared.
var nearKin = []kin{kinSpouse, kinChild, kinParent, kinSibling, kinGrandchild, kinGrandparent}

// relative is somebody else of a household and what he is to the one it was asked for.
type relative struct {
	resident
	kin kin
}

// relatives are the others whom the register has in somebody's household. What they are to him is unknown where the register does not
// say it of both, or contradicts itself.
func (r *run) relatives(res resident) []relative {
	others := r.atHome(res)
	list := make([]relative, len(others))
	for i, other := range others {
		list[i].resident = other
	}
	self := r.relation(res)
	if self == relationUnknown {
		return list
	}
	people := append([]resident{res}, others...)
	classes := make([]relation, len(people))
	head, spouse, married := nobody, nobody, true
	for i, one := range people {
		switch classes[i] = r.relation(one); {
		case classes[i] == headOfHome && head == nobody:
			head = one
		case classes[i] == headOfHome && !r.oneNumber(one, head):
			return list // two households under one number, or a head who died and the next
		case classes[i] == spouseOfHead && livesHere(r, &subject{whoOf(one), -1}).met:
			if spouse != nobody && !r.oneNumber(one, spouse) {
				married = false // one of the two is not any more, and nobody says which
			}
			spouse = one
		}
	}
	for i, one := range people {
		if classes[i] == spouseOfHead && !married || head != nobody && one != head && !r.plausible(kinship[headOfHome][classes[i]], head, one) {
			classes[i] = relationUnknown
		}
	}
	for i := range list {
		if k := kinship[classes[0]][classes[i+1]]; r.plausible(k, res, others[i]) {
			list[i].kin = k
		}
	}
	return list
}

// oneNumber tells that two rows of a household are the same person's: several files may have them.
func (r *run) oneNumber(a, b resident) bool {
	return r.register.id(a) != 0 && r.register.id(a) == r.register.id(b)
}

// relation is what the register says somebody is to the head, by any of the rows; unknown where they differ.
func (r *run) relation(res resident) relation {
	class := r.register.relation(res)
	for _, d := range r.doubles[res] {
		switch other := r.register.relation(d); {
		case class == relationUnknown:
			class = other
		case other != class && other != relationUnknown:
			return relationUnknown
		}
	}
	return class
}

// plausible tells that ages and sexes do not speak against what somebody is to another: a child is younger, a spouse of the other sex.
func (r *run) plausible(k kin, of, who resident) bool {
	switch k.sure() {
	case kinChild, kinGrandchild:
		return !r.bornNoLater(who, of)
	case kinParent, kinGrandparent:
		return !r.bornNoLater(of, who)
	case kinSpouse:
		man, woman := r.register.sex(of)
		alsoMan, alsoWoman := r.register.sex(who)
		return !(man && alsoMan || woman && alsoWoman)
	}
	return true
}

// bornNoLater tells that somebody was born in the year of somebody else or before, as far as both are known.
func (r *run) bornNoLater(one, other resident) bool {
	a, b := r.birth(one), r.birth(other)
	return a != 0 && b != 0 && a/10000 <= b/10000
}

// sex is a man's or a woman's by number and register; neither is known where they differ.
func (g *register) sex(res resident) (man, woman bool) {
	id, o := g.id(res), g.odd(res)
	if id == 0 || o.flaw != chinese.Sound || o.sex {
		return false, false
	}
	return id.Male(), !id.Male()
}

// called is what somebody is called by what he is.
func (r *run) called(o relative) string {
	word := kinWords[o.kin.sure()]
	switch man, woman := r.register.sex(o.resident); {
	case man:
		return word[1]
	case woman:
		return word[2]
	}
	return word[0]
}

// isNear tells whether somebody is 近亲属; sure is false where the relation, or what counts, is to be looked into.
func (k kin) isNear() (near, sure bool) {
	switch {
	case k == kinUnknown, k == kinHimself: // of the same household, which was all there was to go by
		return true, true
	case k == kinNone:
		return false, true
	}
	return true, k == k.sure() && slices.Contains(nearKin, k)
}
