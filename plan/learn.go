package plan

import (
	"strings"

	"bihuan/chinese"
)

// learn finds the words that this paper uses as labels though the table of labels lacks them: words before a colon or in square
// brackets that come again and again at the start of lines. What they announce is told by their parts, else by their values.
func (k *reader) learn() {
	seen := map[string][]int{} // where the values begin
	var order []string
	for n := range k.lines {
		l := &k.lines[n]
		if n == 0 || l.cell.Table > 0 {
			continue
		}
		for i := l.from; i < l.to; {
			word, to := k.labelShape(i, l.to)
			if to > 0 {
				text := k.bare(word)
				if _, known := labels().exact[text]; !known {
					if seen[text] == nil {
						order = append(order, text)
					}
					seen[text] = append(seen[text], to)
				}
			}
			for i < l.to && !has("。;", k.c[i]) {
				i++
			}
			i++
		}
	}
	texts := 0 // labels of long texts met so far
	for _, word := range order {
		if len(seen[word]) < 2 {
			continue
		}
		f := partField(word)
		if f == fNone {
			f = k.fieldOfValues(seen[word], &texts)
		}
		if f != fNone {
			k.learned = append(k.learned, labelWord{[]rune(word), f})
		}
	}
}

// notLabels stand before colons and announce nothing.
var notLabels = []string{"例如", "比如", "如下", "其中", "包括", "主要有", "以下", "同志", "各位", "单位名称", "问题", "第", "一是", "二是", "关于", "年", "和", "的"}

// labelShape reads a word before a colon, or in square brackets, at c[i]; to is 0 when there is none.
func (k *reader) labelShape(i, end int) (word span, to int) {
	if m, ok := k.markAt(i, end); ok && i > 0 && has("\n。;", k.c[i-1]) {
		i = m.to
	}
	for i < end && has("-—–●▪■◆○◇★☆·►➢*+", k.c[i]) {
		i++
	}
	boxed := has("【[〔", k.at0(i))
	if boxed {
		i++
	}
	a := i
	for i < end && i < a+9 && chinese.Han(k.c[i]) {
		i++
	}
	word = span{a, i}
	switch {
	case i-a < 2 || i >= end:
		return word, 0
	case boxed && has("】]〕", k.c[i]):
		if i++; k.at0(i) == ':' {
			i++
		}
	case !boxed && k.c[i] == ':':
		i++
	default:
		return word, 0
	}
	if containsAny(k.bare(word), notLabels) && !boxed {
		return word, 0
	}
	return word, i
}

// labelParts are parts of label words that tell what they announce, the strongest first.
var labelParts = []struct {
	word  string
	field field
}{
	{"佐证", fSkip}, {"备注", fSkip}, {"监督", fSkip}, {"督导", fSkip}, {"督办", fSkip}, {"电话", fSkip}, {"验收", fSkip}, {"联系", fSkip}, {"原因", fCause}, {"根源", fCause},
	{"时限", fDeadline}, {"期限", fDeadline}, {"何时", fDeadline}, {"截止", fDeadline}, {"完成时", fDeadline}, {"办结时", fDeadline}, {"时间", fDeadline}, {"日期", fDeadline}, {"节点", fDeadline},
	{"配合", fCoUnit}, {"协办", fCoUnit}, {"协助", fCoUnit}, {"领导", fLeader}, {"责任人", fPerson}, {"负责人", fPerson}, {"经办人", fPerson}, {"谁来", fOwner}, {"谁负责", fOwner}, {"责任", fOwner},
	{"单位", fUnit}, {"部门", fUnit}, {"科室", fUnit}, {"站所", fUnit}, {"股室", fUnit}, {"牵头", fOwner}, {"主办", fOwner}, {"承办", fOwner},
	{"措施", fMeasure}, {"举措", fMeasure}, {"办法", fMeasure}, {"做法", fMeasure}, {"对策", fMeasure}, {"怎么改", fMeasure}, {"如何改", fMeasure}, {"怎么办", fMeasure}, {"任务", fMeasure}, {"动作", fMeasure},
	{"目标", fGoal}, {"标准", fGoal}, {"状态", fStatus}, {"销号", fStatus}, {"进展", fDone}, {"成效", fDone}, {"落实", fDone}, {"整改情况", fDone}, {"完成情况", fDone}, {"进度", fDone},
	{"表现", fManifest}, {"指出", fManifest}, {"反馈", fManifest}, {"症结", fManifest}, {"症状", fManifest}, {"情形", fManifest}, {"现象", fManifest}, {"描述", fManifest}, {"差在", fManifest}, {"问题", fManifest}, {"情况", fDone}, {"结果", fDone},
}

func partField(word string) field {
	for _, p := range labelParts {
		if strings.Contains(word, p.word) {
			return p.field
		}
	}
	return fNone
}

// fieldOfValues tells a label from the values that follow it: days, names, or long texts, of which the first tells what is wrong
// and the second what is done. Texts count only in a paper that has no label for measures.
func (k *reader) fieldOfValues(at []int, texts *int) field {
	days, owners, long := 0, 0, 0
	for _, i := range at {
		end := i
		for end < len(k.c) && !has("。;\n", k.c[end]) {
			end++
		}
		s := k.clean(span{i, end})
		if s.empty() {
			continue
		}
		if d := k.dates(s, date{2000, 1, 1}); len(d) > 0 && d[0].at.a-s.a < 3 || k.starts(s.a, "立行立改") || k.isLongTerm(s) && s.b-s.a < 10 {
			days++
		} else if s.b-s.a <= 30 && k.onlyNames(s) {
			owners++
		} else if s.b-s.a > 6 {
			long++
		}
	}
	switch n := len(at); {
	case days*2 > n:
		return fDeadline
	case owners*2 > n:
		return fOwner
	case long*2 <= n || k.namesMeasures():
		return fNone
	}
	if *texts++; *texts == 1 {
		return fManifest
	}
	return fMeasure
}

// onlyNames reports whether a piece is a list of units and persons.
func (k *reader) onlyNames(s span) bool {
	all := k.tokens(s)
	for _, t := range all {
		if text := k.bare(t); !nameLike(text) && !unitLike(text) && !postLike(text) {
			return false
		}
	}
	return len(all) > 0
}

// namesMeasures reports whether a line of the paper begins with a known label for measures.
func (k *reader) namesMeasures() bool {
	for n := range k.lines {
		l := &k.lines[n]
		for i := l.from; i < l.to && i < l.from+12; i++ {
			if k.c[i] == ':' || k.c[i] == '】' {
				if w, at := k.labelBefore(i, l.from); at >= 0 && (w.field == fMeasure || w.field == fDone) {
					return true
				}
			}
		}
	}
	return false
}
