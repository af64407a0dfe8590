package plan

import (
	"slices"
	"strings"
)

// draft is a finding or a piece of one while it is put together; several pieces with one number may meet (three lists).
type draft struct {
	section   int
	num       span
	key       string // number folded, for joining lists
	title     span
	problems  []span // text that holds manifestations
	measures  []span
	done      []span
	pairs     []pair // bulletin: (1)关于“…”问题 with its own text
	goals     []span
	owners    []owned
	deadlines []span
	status    []span
	progress  []span
	source    span
	end       int
	inferred  bool  // structure without numbers
	table     bool  // read from a table
	region    field // the list it stands in
	letter    span  // the problem named in a paragraph of a letter
	body      int   // where its text begins
}

// owned is a line of responsibility with the field of its label.
type owned struct {
	field field
	at    span
}

// pair is a manifestation with the text that answers it.
type pair struct{ num, problem, text span }

// sectionDraft is a section while it is put together.
type sectionDraft struct {
	num, title span
	ord        int
	style      style
}

// outline is the result of reading the running text.
type outline struct {
	sections []sectionDraft
	drafts   []draft
}

// narrative reads the running text.
func (k *reader) narrative() outline {
	heads := k.heads()
	for len(heads) > 0 && heads[len(heads)-1].from >= k.annex {
		heads = heads[:len(heads)-1]
	}
	if k.ledger && !k.labelledText() {
		return k.headingsOnly(heads)
	}
	style := k.findingStyle(heads)
	if style == stNone {
		return k.unnumbered()
	}
	w := walker{reader: k, style: style, region: fNone}
	w.out.sections = append(w.out.sections, sectionDraft{})
	above := 0
	for _, h := range k.openHeads(heads) {
		if h.style < style {
			above++
		}
	}
	w.numbered = above > 1
	if k.annex == len(k.c) {
		w.lists = k.listTitles(heads)
	}
	k.lists = len(w.lists) > 0
	if !k.lists {
		w.lists = k.halves(heads, style)
		w.halved = len(w.lists) > 0
	}
	for i, h := range heads {
		end := k.annex
		if i+1 < len(heads) {
			end = heads[i+1].from
		}
		w.step(h, end)
	}
	return w.out
}

// halves finds a paper that first lists all problems (一、存在问题) and then, under the same numbers, all measures (二、整改措施).
func (k *reader) halves(heads []head, style style) []listTitle {
	var out []listTitle
	var count [3]int // findings before, in the first half, in the second
	for i, h := range heads {
		end := len(k.c)
		if i+1 < len(heads) {
			end = heads[i+1].from
		}
		if h.style == style {
			count[len(out)]++
		}
		if h.style >= style {
			continue
		}
		switch text := k.bare(k.headTitle(h, end)); {
		case len(out) == 0 && exactly(text, "存在问题", "存在的问题", "存在的主要问题", "主要问题", "反馈问题", "反馈的问题", "反馈的主要问题", "巡察反馈问题", "巡察反馈的问题", "巡察反馈的主要问题", "巡察发现的问题", "巡察指出的问题"):
			out = append(out, listTitle{h.from, fProblem})
		case len(out) == 1 && exactly(text, "整改措施", "整改举措", "整改任务", "整改情况", "整改落实情况", "整改任务及措施", "整改具体措施", "具体整改措施", "整改办法"):
			out = append(out, listTitle{h.from, fMeasure})
		case len(out) == 2:
			if count[1] == count[2] && count[0] == 0 && count[1] > 0 {
				return out
			}
			return nil
		}
	}
	if len(out) == 2 && count[1] == count[2] && count[0] == 0 && count[1] > 0 {
		return out
	}
	return nil
}

func exactly(text string, words ...string) bool {
	return slices.Contains(words, text)
}

// labelledText reports whether the running text has findings with labels of its own.
func (k *reader) labelledText() bool {
	for _, lb := range k.labels {
		if f := group(lb.field); f != fSkip {
			return true
		}
	}
	return false
}

// headingsOnly reads the running text around tables: its headings may be aspects, but it holds no findings.
func (k *reader) headingsOnly(heads []head) outline {
	out := outline{sections: []sectionDraft{{}}}
	w := walker{reader: k}
	for i, h := range heads {
		end := len(k.c)
		if i+1 < len(heads) {
			end = heads[i+1].from
		}
		if title := w.headTitle(h, end); h.style < stQ && !w.closing(title) && !title.empty() && title.b-title.a < 60 {
			out.sections = append(out.sections, sectionDraft{num: h.num, title: title, ord: h.ord, style: h.style})
		}
	}
	for n := 1; n < len(k.lines); n++ { // a heading without a number right above a table
		if l := k.lines[n-1]; k.lines[n].cell.Table > 0 && l.cell.Table == 0 && l.bare && n > 1 && !k.datedLine(span{l.from, l.to}) {
			if f, ok := k.listTitle(l); !ok || f == fNone {
				out.sections = append(out.sections, sectionDraft{title: k.clean(span{l.from, l.to})})
			}
		}
	}
	return out
}

// hasLedger reports whether a table has the columns of a ledger.
func (k *reader) hasLedger(all []grid) bool {
	t := tableReader{reader: k}
	for i := range all {
		if cols, _ := t.header(&all[i]); cols != nil {
			return true
		}
	}
	return false
}

// walker goes through the heads of a document in order.
type walker struct {
	*reader
	style    style
	out      outline
	lists    []listTitle
	region   field
	skip     style // inside a part that holds no findings; its own style
	current  int   // section
	open     bool  // the last draft may still grow
	line     int   // lines before this one are done
	numbered bool  // the aspects have numbers
	entered  int   // where the list begins that the walk is in
	halved   bool  // all problems stand before all measures
}

// listTitle is the line that begins 问题清单, 任务清单, 责任清单.
type listTitle struct {
	at    int
	field field
}

// step takes one head.
func (w *walker) step(h head, end int) {
	w.passLists(h.from)
	if bare, ok := w.bareBefore(h); ok && w.style != stNone && h.style == w.style {
		w.newSection(sectionDraft{title: bare, style: stNone})
		w.skip = stNone
		if w.closing(bare) {
			w.skip = stPart
		}
	}
	switch {
	case h.style == w.style || w.standsIn(h, end):
		if w.skip != stNone && (h.style > w.skip || w.skip == h.style) {
			if h.style > w.skip {
				w.open = false
				return
			}
		}
		if title := w.headTitle(h, end); h.style == w.style && title.b-title.a <= 14 && w.surelyClosing(title) && !w.labelled(h.to, end) {
			w.skip = stNone
			if h.style <= stCnPar {
				w.skip = h.style
			}
			w.open = false
			return
		}
		w.begin(h, end)
	case h.style < w.style:
		w.open = false
		title := w.headTitle(h, end)
		if w.skip != stNone && h.style > w.skip {
			return
		}
		w.skip = stNone
		if w.closing(title) {
			w.skip = h.style
			return
		}
		if w.halved && h.from == w.entered {
			return
		}
		w.newSection(sectionDraft{num: h.num, title: title, ord: h.ord, style: h.style})
	default: // deeper: belongs to the open finding
		if w.open && len(w.out.drafts) > 0 {
			d := &w.out.drafts[len(w.out.drafts)-1]
			d.end = max(d.end, end)
		}
	}
}

func (w *walker) newSection(s sectionDraft) {
	w.out.sections = append(w.out.sections, s)
	w.current = len(w.out.sections) - 1
	w.open = false
}

// passLists enters the list that begins before c[at].
func (w *walker) passLists(at int) {
	for len(w.lists) > 0 && (w.lists[0].at < at || w.halved && w.lists[0].at == at) {
		w.cutAt(w.lists[0].at)
		w.region, w.entered = w.lists[0].field, w.lists[0].at
		w.lists = w.lists[1:]
		w.open = false
		w.skip = stNone
		w.newSection(sectionDraft{})
	}
}

// standsIn reports whether a heading above the findings is itself one: levels were skipped, and it has a measure of its own.
func (w *walker) standsIn(h head, end int) bool {
	if h.style > w.style || h.style < stCn || h.style == stAsk {
		return false
	}
	for j := w.labelFrom(h.to); j < len(w.labels) && w.labels[j].from < end; j++ {
		if w.labels[j].field == fMeasure || w.labels[j].field == fDone {
			return w.skip == stNone
		}
	}
	return false
}

func (w *walker) labelled(from, to int) bool {
	j := w.labelFrom(from)
	for ; j < len(w.labels) && w.labels[j].from < to; j++ {
		if w.labels[j].field != fSkip {
			return true
		}
	}
	return false
}

// begin starts a finding.
func (w *walker) begin(h head, end int) {
	d := draft{section: w.current, num: h.num, source: span{h.from, h.to}, end: end}
	d.title = span{h.to, end}
	d.key = w.key(h)
	d.region = w.region
	w.out.drafts = append(w.out.drafts, d)
	w.out.drafts[len(w.out.drafts)-1].inferred = h.style == stAsk && h.num.empty()
	w.open = true
}

// key makes a number comparable between lists.
func (w *walker) key(h head) string {
	if h.num.empty() {
		return ""
	}
	return w.bare(w.trimEnd(h.num, ".、:"))
}

// bareBefore finds a heading without a number on the line before a head.
func (w *walker) bareBefore(h head) (span, bool) {
	n := w.lineAt(h.from)
	if w.lines[n].from != h.from {
		return span{}, false
	}
	for p := n - 1; p > w.line && p > n-2; p-- {
		if l := w.lines[p]; l.bare && (!w.numbered || l.level > 0 || w.starts(l.to-2, "方面") || w.closing(span{l.from, l.to})) && !w.joinedText(p) && l.cell.Table == 0 && !w.isList(l) && !w.datedLine(span{l.from, l.to}) {
			w.line = n
			w.cutAt(l.from)
			return w.clean(span{max(l.from, l.markTo), l.to}), true
		}
	}
	return span{}, false
}

// joinedText reports whether a short line is only the end of the sentence before it, or a value after a label.
func (w *walker) joinedText(p int) bool {
	if p == 0 {
		return true // the title
	}
	if w.joined(p) && !w.lines[p].gap {
		return true
	}
	q := w.lines[p-1]
	if q.mark >= 0 && q.markTo >= q.to {
		return true // the text of a number that stands alone
	}
	for j := w.labelFrom(q.from); j < len(w.labels) && w.labels[j].from < q.to; j++ {
		if w.labels[j].to == q.to {
			return true // the label has its value on this line
		}
	}
	return false
}

func (w *walker) isList(l line) bool {
	for _, t := range w.lists {
		if t.at >= l.from && t.at < l.to {
			return true
		}
	}
	f, ok := w.listTitle(l)
	return ok && f != fNone && len(w.lists) > 0
}

// cutAt ends the open finding before a heading line.
func (w *walker) cutAt(at int) {
	if n := len(w.out.drafts); n > 0 && w.out.drafts[n-1].end > at {
		w.out.drafts[n-1].end = at
	}
}

// headTitle reads the title of a heading: up to the first sentence end or line end.
func (k *reader) headTitle(h head, end int) span {
	return k.clean(span{h.to, k.titleEnd(h.to, end)})
}

// titleEnd finds where a title that begins at c[from] ends.
func (k *reader) titleEnd(from, end int) int {
	depth := 0
	for i := from; i < end; i++ {
		switch r := k.c[i]; {
		case r == '“' || r == '(' || r == '《':
			depth++
		case r == '”' || r == ')' || r == '》':
			depth = max(0, depth-1)
		case r == '\n':
			if i > from && !k.titleGoesOn(i, end) {
				return i
			}
		case r == '|':
			return i
		case r == '。' || r == '!' || r == '?':
			if depth == 0 || k.lostCloser(i, end) {
				return i
			}
		case r == '.' && k.han(i-1) && (k.han(i+1) || k.at0(i+1) == '\n'):
			return i
		}
	}
	return end
}

// titleGoesOn reports whether the title goes on after the line end at c[i].
func (k *reader) titleGoesOn(i, end int) bool {
	return i+1 < end && k.joined(k.lineAt(i+1))
}

// closingWords are in the headings of parts that hold no findings.
var closingWords = []string{"总体要求", "指导思想", "保障措施", "工作要求", "工作保障", "组织保障", "有关要求", "几点要求", "下一步", "下步", "工作打算", "工作安排", "工作步骤", "实施步骤", "方法步骤", "时间安排", "基本情况", "总体情况",
	"组织领导情况", "组织开展情况", "组织推进情况", "整改组织情况", "整改工作总体", "工作目标", "总体目标", "基本原则", "工作原则", "主要做法", "整改要求", "整改总体", "强化保障", "加强组织领导", "组织领导", "组织机构", "整改总要求", "责任分工",
	"存在的困难", "存在困难", "存在不足", "工作机制", "推进机制", "整改工作部署", "落实整改主体责任", "工作开展情况", "整改工作情况", "目标要求", "推进措施", "工作举措", "需要说明", "其他事项", "意见建议", "整改成效", "保障机制", "整改部署", "工作推进情况", "履行整改", "整改责任落实", "落实要求", "主要成效", "取得的成效", "工作成效", "长效机制", "经验做法", "体会", "强化措施", "整改落实工作情况", "组织实施", "组织整改情况", "整改工作开展"}

// closing reports whether a heading begins a part without findings.
func (k *reader) closing(title span) bool {
	text := k.bare(title)
	if runeLen(text) > 24 {
		return false
	}
	for _, keep := range []string{"方面", "聚焦", "问题", "关于", "反馈意见"} {
		if i := strings.Index(text, keep); i >= 0 {
			return k.surelyClosing(title)
		}
	}
	if text == "说明" || text == "备注" || text == "有关说明" || text == "填表说明" {
		return true
	}
	for _, c := range closingWords {
		if strings.Contains(text, c) {
			return true
		}
	}
	return false
}

// surelyClosing reports whether a heading names a part without findings whatever else it says.
func (k *reader) surelyClosing(title span) bool {
	text := k.bare(title)
	if strings.Contains(text, "方面") || strings.Contains(text, "聚焦") { // 落实…工作要求方面 is an aspect
		return false
	}
	for _, sure := range []string{"保障措施", "总体要求", "工作要求", "下一步", "下步", "组织保障", "指导思想", "基本原则", "工作保障", "工作打算", "整改打算", "整改要求", "有关要求", "组织保障", "意见建议"} {
		if strings.Contains(text, sure) {
			return true
		}
	}
	return false
}

// listTitles finds the lines that begin the three lists; fewer than two of different kinds are none.
func (k *reader) listTitles(heads []head) []listTitle {
	var out []listTitle
	kinds := map[field]bool{}
	for n := range k.lines {
		if n == 0 {
			continue
		}
		if f, ok := k.listTitle(k.lines[n]); ok {
			out = append(out, listTitle{k.lines[n].from, f})
			kinds[f] = true
		}
	}
	if len(kinds) < 2 {
		return nil
	}
	return out
}

// listTitle reads a line such as 「附件2：任务清单」.
func (k *reader) listTitle(l line) (field, bool) {
	size := l.to - l.from
	if size < 4 || size > 36 || k.c[l.from] == '(' || has("。;,", k.c[l.to-1]) {
		return fNone, false
	}
	s := span{l.from, l.to}
	if k.c[l.to-1] == ')' {
		if i := k.openParen(s); i > 0 {
			s.b = i
		}
	}
	for _, w := range []struct {
		word  string
		field field
	}{{"问题清单", fProblem}, {"任务清单", fMeasure}, {"措施清单", fMeasure}, {"整改清单", fMeasure}, {"责任清单", fOwner}, {"时限清单", fDeadline}, {"成效清单", fDone}, {"目标清单", fGoal}} {
		if i := k.find(s, w.word); i >= 0 && i+4 >= s.b-1 && (size <= 16 || i-l.from <= 26) {
			return w.field, true
		}
	}
	return fNone, false
}
