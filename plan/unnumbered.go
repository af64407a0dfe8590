package plan

import "slices"

// unnumbered reads a paper without any enumerator that could count findings: short lines stand above labelled fields, or
// paragraphs tell of one problem each.
func (k *reader) unnumbered() outline {
	if k.labelledText() {
		if out := k.titledBlocks(); len(out.drafts) > 0 {
			return out
		}
	}
	if out := k.letter(); len(out.drafts) > 0 {
		return out
	}
	return k.blocks()
}

// blocks takes a short line that stands above whole sentences for the title of a finding.
func (k *reader) blocks() outline {
	w := walker{reader: k}
	w.out.sections = append(w.out.sections, sectionDraft{})
	for n := 1; n+1 < len(k.lines); n++ {
		l, next := k.lines[n], k.lines[n+1]
		if !l.bare || next.bare || l.cell.Table > 0 || k.joined(n) || k.datedLine(span{l.from, l.to}) || !l.gap && !k.wrong(span{l.from, l.to}) {
			continue
		}
		s := k.clean(span{l.from, l.to})
		if w.cutAt(l.from); w.closing(s) {
			continue
		}
		w.out.drafts = append(w.out.drafts, draft{section: w.current, num: span{l.from, l.from}, source: s, title: span{l.from, l.from}, end: len(k.c), inferred: true, letter: s, body: next.from})
	}
	return w.out
}

// titledBlocks takes the short line before a block of labels as the title of a finding, and a short line before that as the
// heading of an aspect. A paragraph with labels in the middle is a finding by itself.
func (k *reader) titledBlocks() outline {
	w := walker{reader: k, style: stNone}
	w.out.sections = append(w.out.sections, sectionDraft{})
	last := 0
	begin := func(n, at int) {
		w.cutAt(k.lines[n].from)
		w.begin(head{style: stAsk, from: at, to: at, num: span{at, at}, line: n}, len(k.c))
		last = n
	}
	for n := range k.lines {
		l := k.lines[n]
		if n == 0 || l.cell.Table > 0 || l.label || k.datedLine(span{l.from, l.to}) {
			continue
		}
		inside := k.labelInside(l)
		if !l.bare && !inside && !k.beforeLabel(n) {
			continue
		}
		switch {
		case inside:
			begin(n, k.pastLead(l.from, l.to))
		case k.beforeLabel(n):
			begin(n, l.from)
		case n+1 < len(k.lines) && (k.beforeLabel(n+1) || k.labelInside(k.lines[n+1])) && n > last:
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

// labelInside reports whether a paragraph names a problem and, after it, what it shows in or what is done about it.
func (k *reader) labelInside(l line) bool {
	for j := k.labelFrom(l.from); j < len(k.labels) && k.labels[j].from < l.to; j++ {
		switch lb := k.labels[j]; lb.field {
		case fManifest, fMeasure, fDone:
			return lb.from > l.from+3
		}
	}
	return false
}

// beforeLabel reports whether line n is followed by a line that begins with a label.
func (k *reader) beforeLabel(n int) bool {
	return n > 0 && n+1 < len(k.lines) && k.lines[n+1].label && !k.lines[n].label && k.lines[n].to-k.lines[n].from <= 60 && k.lines[n].mark < 0
}

// letter reads paragraphs that tell of one problem each, with what was done.
func (k *reader) letter() outline {
	w := walker{reader: k}
	w.out.sections = append(w.out.sections, sectionDraft{})
	for n := range k.lines {
		l := k.lines[n]
		if n == 0 || k.joined(n) {
			continue
		}
		problem, to, ok := k.topic(l)
		if !ok {
			if l.bare && n+1 < len(k.lines) && k.aboutLine(n+1) && !k.datedLine(span{l.from, l.to}) {
				w.cutAt(l.from)
				w.newSection(sectionDraft{title: k.clean(span{l.from, l.to})})
			} else if n > 0 && len(w.out.drafts) > 0 && k.closesLetter(l) {
				w.cutAt(l.from)
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
	_, _, ok := k.topic(k.lines[n])
	return ok
}

// closesLetter reports whether a paragraph ends the account: 下一步，我们将…, 特此报告.
func (k *reader) closesLetter(l line) bool {
	for _, w := range []string{"下一步", "下步", "今后", "接下来", "总之", "特此", "通过整改", "以上", "经过整改"} {
		if k.starts(l.from, w) {
			return true
		}
	}
	return false
}

// topic finds the problem that a paragraph begins with.
func (k *reader) topic(l line) (problem span, to int, ok bool) {
	if problem, to, ok = k.about(l.from, len(k.c)); ok {
		return problem, to, true
	}
	if problem, to, ok = k.concerning(l); ok {
		return problem, to, true
	}
	return k.complaint(l)
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

// leads are the words with which a letter goes from one problem to the next, longer ones first.
var leads = []string{
	"反馈的第一个问题是", "第一个问题是", "第二个问题是", "第三个问题是", "第四个问题是", "第五个问题是", "第六个问题是", "最后一个问题是", "另一个问题是", "还有一个问题是", "再一个问题是", "一个问题是", "首先一个是", "头一个是", "另外一个是", "还有一个是", "再有一个是", "再一个是", "最后一个是", "第一个是",
	"第二个是", "第三个是", "第四个是", "第五个是", "另一个是", "一个是", "此外,还有", "此外还有", "再就是", "还有就是", "还有的是", "最后是", "首先是", "其次是", "再次是", "此外,", "另外,", "还有", "同时存在", "一方面是", "另一方面是",
}

// pastLead skips the words that lead over to a problem.
func (k *reader) pastLead(at, end int) int {
	for _, w := range leads {
		if n := runeLen(w); k.starts(at, w) && at+n < end {
			at += n
			for at < end && has(",:", k.c[at]) {
				at++
			}
			break
		}
	}
	return at
}

// faults are words of a sentence that says what is wrong.
var faults = []string{"不到位", "不力", "不严", "不够", "不足", "不实", "不规范", "不及时", "不深", "不高", "不强", "不健全", "不完善", "不落实", "不扎实", "不清", "不明", "不公开", "不透明", "不平衡", "不充分", "不好", "不了", "不紧", "不细", "不全", "不准", "不畅", "不浓", "不精", "不彻底",
	"松懈", "薄弱", "滞后", "缺失", "缺位", "弱化", "淡化", "虚化", "混乱", "形式", "走过场", "打折扣", "偏慢", "缓慢", "较差", "较弱", "松散", "落后", "短板", "隐患", "乏力", "随意", "粗放", "偏低", "存在", "有差距", "闲置", "流失", "没有", "没人", "无人", "无专人", "损坏", "拖欠", "欠", "缺", "低", "弱", "少", "不愿", "不敢", "不会", "不作为", "怠慢", "未", "难", "乱", "差", "漏", "少", "慢", "旧", "空转", "违规", "问题"}

// turns begin the sentence in which a letter goes from the problem to what is done.
var turns = []string{"对此", "为此", "针对", "我们", "我村", "我镇", "我局", "我院", "我校", "我社区", "我所", "我公司", "我单位", "整改中", "整改后", "整改期间", "收到反馈", "反馈后", "接到反馈", "目前", "现已", "现在", "已", "将", "下一步", "由", "责任", "村党", "镇党", "党支部已", "支部已", "经整改", "通过整改", "截至", "立即", "随即", "今年", "从", "计划", "一是", "拟", "要", "整改"}

// complaint reads a paragraph whose first sentence says what is wrong and that goes on.
func (k *reader) complaint(l line) (span, int, bool) {
	start := l.from
	for i := start; i < l.to && i < start+30; i++ { // 「反馈的问题主要有四个。一个是…」
		if k.c[i] == '。' || k.c[i] == ':' {
			if from := k.pastLead(i+1, l.to); from > i+1 && k.find(span{start, i}, "问题") >= 0 {
				start = i + 1
			}
			break
		}
	}
	from := k.pastLead(start, l.to)
	end := from
	for end < l.to && !has("。;:!", k.c[end]) {
		end++
	}
	if from == start { // only the sign of a whole sentence
		for end < l.to && k.c[end] != '。' {
			end++
		}
	}
	s := k.clean(span{from, end})
	if end+4 >= l.to || s.b-s.a < 4 || s.b-s.a > 60 {
		return span{}, 0, false
	}
	if from > start {
		for i := s.a + 4; i+5 < s.b; i++ { // the first clause names it, the others tell more
			if k.c[i] == ',' && k.wrong(span{s.a, i}) {
				return span{s.a, i}, i + 1, true
			}
		}
		return s, end + 1, true
	}
	if s.b-s.a > 36 || k.turnsAt(s.a) || k.find(s, "巡察") >= 0 || k.find(s, "如下") >= 0 {
		return span{}, 0, false
	}
	tail := span{max(s.a, s.b-8), s.b}
	for _, w := range faults {
		if k.find(tail, w) >= 0 {
			return s, end + 1, true
		}
	}
	return span{}, 0, false
}

func (k *reader) turnsAt(i int) bool {
	for _, w := range turns {
		if k.starts(i, w) {
			return true
		}
	}
	return false
}

// fillLetter reads a paragraph of a letter: what is wrong, what is done, who answers for it and by when.
func (k *reader) fillLetter(d *draft) {
	d.title = d.letter
	s := span{d.body, k.tail(d.body, d.end)}
	first := s.b // the first label
	if j := k.labelFrom(s.a); j < len(k.labels) && k.labels[j].from < s.b {
		first = k.labels[j].from
	}
	k.fillTold(d, span{s.a, first})
	last := fDone
	for j := k.labelFrom(s.a); j < len(k.labels) && k.labels[j].from < s.b; j++ {
		to := s.b
		if j+1 < len(k.labels) {
			to = min(to, k.labels[j+1].from)
		}
		last = k.fillField(d, k.labels[j], span{k.labels[j].to, to}, last)
	}
}

// fillTold reads sentences without labels.
func (k *reader) fillTold(d *draft, s span) {
	s = k.clean(s)
	wrong := span{s.a, s.a}
	list := k.sentences(s, nil)
	for i, it := range list {
		turn := slices.IndexFunc(list[i:], func(x item) bool { return k.turnsAt(x.text.a) })
		if turn == 0 || turn < 0 && !k.wrong(it.text) {
			break
		}
		wrong.b = it.text.b
	}
	if !wrong.empty() {
		d.problems = append(d.problems, wrong)
		s = k.clean(span{wrong.b, s.b})
	}
	if s = k.peel(d, s); !k.clean(s).empty() {
		d.done = append(d.done, s)
	}
}

// peel takes who and when off the end of a text that tells them in sentences, and who off its beginning.
func (k *reader) peel(d *draft, s span) span {
	for {
		cut := k.lastPart(s, "。;\n")
		if !k.toldWhen(d, cut) {
			if cut = k.lastPart(s, "。;,\n"); !k.told(d, cut) {
				break
			}
		}
		s = k.trimEnd(span{s.a, cut.a}, "。;,、:")
	}
	if first := k.firstClause(s); k.toldWho(d, first) {
		s.a = first.b
	}
	return s
}

// wrong reports whether a sentence says what is wrong.
func (k *reader) wrong(s span) bool {
	for _, w := range faults {
		if k.find(s, w) >= 0 {
			return true
		}
	}
	return false
}

// lastPart gives what follows the last of some signs.
func (k *reader) lastPart(s span, signs string) span {
	s = k.clean(s)
	for i := s.b - 1; i > s.a; i-- {
		if has(signs, k.c[i]) {
			return span{i + 1, s.b}
		}
	}
	return s
}

func (k *reader) firstClause(s span) span {
	s = k.clean(s)
	for i := s.a; i < s.b; i++ {
		if has("。;,\n", k.c[i]) {
			return span{s.a, i}
		}
	}
	return span{s.a, s.a}
}

// told reads 「由谭永顺负责」, 「6月底前完成」 and 「已完成」.
func (k *reader) told(d *draft, s span) bool {
	if k.toldWho(d, s) || k.toldWhen(d, s) {
		return true
	}
	if at, ok := k.name(s); ok && at.a > s.a && len(d.owners) == 0 { // 「科长贺新」
		d.owners = append(d.owners, owned{fPerson, at})
		return true
	}
	state, ok := k.state(s)
	if ok = ok && s.b-s.a <= 12; ok {
		d.status = append(d.status, state)
	}
	return ok
}

// toldWho reads 「由谭永顺负责」.
func (k *reader) toldWho(d *draft, s span) bool {
	if s.b-s.a < 4 || s.b-s.a > 40 || k.c[s.a] != '由' {
		return false
	}
	for _, w := range []string{"负责落实", "具体负责", "牵头负责", "负责", "牵头", "落实", "抓落实", "具体抓"} {
		if n := runeLen(w); k.starts(s.b-n, w) && s.b-n > s.a+2 {
			d.owners = append([]owned{{fOwner, span{s.a + 1, s.b - n}}}, d.owners...)
			return true
		}
	}
	return false
}

// toldWhen reads 「预计6月底前完成，长期坚持」.
func (k *reader) toldWhen(d *draft, s span) bool {
	if s.b-s.a < 4 || s.b-s.a > 30 || len(d.deadlines) > 0 {
		return false
	}
	at := s.a
	for _, w := range []string{"预计", "计划", "力争", "确保", "要求", "争取", "于", "在", "到"} {
		if k.starts(at, w) {
			at += runeLen(w)
		}
	}
	if !k.starts(at, "立行立改") && !k.starts(at, "长期坚持") {
		all := k.dates(span{at, s.b}, date{2000, 1, 1})
		if len(all) == 0 || all[0].at.a != at {
			return false
		}
		for i := all[0].at.b; i < s.b; i++ { // nothing else may be said
			rest := span{i, s.b}
			if k.c[i] == ',' && k.isLongTerm(rest) {
				break
			}
			if !has("前以之底末内完成整改到位办结全部面面就均", k.c[i]) {
				return false
			}
		}
	}
	d.deadlines = append(d.deadlines, span{at, s.b})
	return true
}
