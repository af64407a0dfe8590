package plan

import "bihuan/chinese"

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
	defer k.divide(d)
	last := fNone
	for j := first; j < len(k.labels) && k.labels[j].from < end; j++ {
		lb := k.labels[j]
		to := end
		if j+1 < len(k.labels) && k.labels[j+1].from < end {
			to = k.labels[j+1].from
		}
		last = k.fillField(d, lb, span{lb.to, to}, last)
	}
	if len(d.owners)+len(d.deadlines) == 0 && !k.owned { // told in sentences: 由管理科负责，年底前完成
		for _, list := range [][]span{d.measures, d.done} {
			if n := len(list) - 1; n >= 0 {
				list[n] = k.peel(d, list[n])
			}
		}
	}
}

// divide finds the measures in a paper that has no label for them: what stands below a problem and acts instead of blaming.
func (k *reader) divide(d *draft) {
	if len(d.measures)+len(d.done)+len(d.pairs) > 0 || k.measured || k.kind == KindBulletin || d.region != fNone {
		return
	}
	for i, s := range d.problems {
		at := k.actsFrom(s)
		if at < 0 {
			continue
		}
		d.measures = append(d.measures, span{at, s.b})
		d.measures = append(d.measures, d.problems[i+1:]...)
		d.problems = d.problems[:i]
		if t := k.clean(span{s.a, at}); !t.empty() {
			d.problems = append(d.problems, t)
		}
		return
	}
}

// actsFrom gives the place from which the items of a text say what is to be done, -1 when none does.
func (k *reader) actsFrom(s span) int {
	for i := k.markFrom(s.a); i < len(k.marks) && k.marks[i].from < s.b; i++ {
		if m := k.marks[i]; !m.own && !k.inBrackets(s.a, m.from) && k.acts(span{m.to, s.b}) {
			return m.from
		}
	}
	for _, it := range k.sentences(s, nil) {
		if k.acts(it.text) {
			return it.text.a
		}
	}
	return -1
}

// actWords begin sentences that say what is to be done.
var actWords = []string{"制定", "建立", "修订", "开展", "组织", "完善", "健全", "追回", "追缴", "清退", "明确", "更换", "清理", "落实", "出台", "每月", "每周", "每季", "每半年", "每年", "每日", "每天", "按月", "按季", "定期", "召开", "严格", "加强", "强化", "进一步", "将", "由", "对照", "立即", "安排", "实行", "推行", "成立", "设立", "聘请", "整改", "补齐", "补缴", "逐一", "逐项", "逐户", "重新", "全面", "深入", "督促", "协调", "引导", "举办", "压实", "规范", "编制", "梳理", "收回", "拆除", "修复", "新建", "公开", "公示", "列出", "签订", "约谈", "联系", "对接", "投入", "争取", "邀请", "委托", "坚持", "提高", "加大", "推进", "推动", "盘活", "通过", "配齐", "配备", "增设", "班子成员"}

// acts reports whether a sentence begins with what is to be done and blames nobody.
func (k *reader) acts(s span) bool {
	end := s.a
	for end < s.b && end < s.a+200 && !has("。;\n", k.c[end]) {
		end++
	}
	for _, w := range actWords {
		if k.starts(s.a, w) {
			for _, f := range []string{"不到位", "不力", "不严", "不够", "不足", "不实", "不规范", "不及时", "不深", "不高", "不强", "不健全", "不完善", "滞后", "缺失", "未", "没有", "较差", "薄弱", "缓慢"} {
				if k.find(span{max(s.a, end-8), end}, f) >= 0 {
					return false
				}
			}
			return true
		}
	}
	return false
}

// fillField adds the value of one label and gives the field that an enumeration after it goes on with.
func (k *reader) fillField(d *draft, lb label, s span, last field) field {
	if s = k.skipBlank(s); s.empty() {
		return last
	}
	if lb.field == fDone || lb.field == fStatus {
		if value, rest := k.single(lb, s); k.onlyDay(value) && k.clean(rest).empty() {
			d.deadlines = append(d.deadlines, k.clean(value))
			return last
		}
	}
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
		if day := k.dayAfter(value); day > 0 {
			if len(d.deadlines) == 0 {
				d.deadlines = append(d.deadlines, k.clean(span{day, value.b}))
			}
			value.b = day
		}
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

// skipBlank takes a blank to be filled in off the beginning of a value.
func (k *reader) skipBlank(s span) span {
	t := k.trim(s, "")
	if !k.starts(t.a, blankMark) {
		return s
	}
	for i := t.a; i < t.b; i++ {
		if k.c[i] == '〕' {
			return k.trim(span{i + 1, t.b}, "。;,、")
		}
	}
	return s
}

// onlyDay reports whether a value is nothing but a day by which something is to be done, in a paper without labels for days.
func (k *reader) onlyDay(s span) bool {
	s = k.clean(s)
	if s.empty() || s.b-s.a > 30 || k.find(s, "前") < 0 && k.bare(s) != "立行立改" {
		return false
	}
	for _, lb := range k.labels {
		if lb.field == fDeadline {
			return false
		}
	}
	d := k.dates(s, date{2000, 1, 1})
	return k.starts(s.a, "立行立改") || len(d) > 0 && d[0].at.a == s.a
}

// dayAfter finds the comma after which a line of names goes on with a day: 「责任人：张三，6月底前完成」.
func (k *reader) dayAfter(s span) int {
	for i := s.a + 2; i+3 < s.b; i++ {
		if !has(",;", k.c[i]) {
			continue
		}
		rest := span{i + 1, s.b}
		if d := k.dates(rest, date{2000, 1, 1}); len(d) > 0 && d[0].at.a == rest.a || k.starts(rest.a, "长期坚持") || k.starts(rest.a, "立行立改") || k.starts(rest.a, "持续") {
			return i + 1
		}
	}
	return 0
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
	if i := k.colon(span{s.a, min(s.b, s.a+12)}); i > 0 { // 「1.反馈指出：河长制流于表面」
		if w, at := k.labelBefore(i, s.a); at == s.a && (w.field == fManifest || w.field == fProblem) {
			s = k.trim(span{i + 1, s.b}, "")
		}
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
		case chinese.Han(r):
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
	if region == fMeasure { // 「针对…的问题。」
		_, to, ok := k.about(s.a, s.b)
		if !ok {
			_, to, ok = k.concerning(line{from: s.a, to: s.b})
		}
		if ok {
			s = k.trim(span{to, s.b}, "。;,、:")
		}
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
