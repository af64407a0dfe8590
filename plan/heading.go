package plan

import "strings"

// paperWords end the titles of papers, with the kind each tells.
var paperWords = []struct {
	word string
	kind Kind
}{
	{"三个清单", KindLists}, {"三张清单", KindLists}, {"问题清单、任务清单、责任清单", KindLists}, {"三清单", KindLists}, {"“三个清单”", KindLists},
	{"台账", KindLedger}, {"台帐", KindLedger}, {"一览表", KindLedger}, {"统计表", KindLedger}, {"明细表", KindLedger}, {"汇总表", KindLedger}, {"进度表", KindLedger}, {"情况表", KindLedger}, {"分解表", KindLedger}, {"任务表", KindLedger}, {"登记表", KindLedger},
	{"通报", KindBulletin}, {"公告", KindBulletin}, {"公示", KindBulletin},
	{"报告", KindReport}, {"情况汇报", KindReport}, {"汇报", KindReport}, {"进展情况", KindReport},
	{"方案", KindPlan}, {"任务书", KindPlan}, {"计划", KindPlan}, {"清单", KindLedger}, {"意见", KindOther}, {"情况", KindReport}, {"表", KindLedger}, {"措施", KindPlan}, {"函", KindReport},
}

// heading reads title, kind, inspected unit, period and feedback date; the text before body belongs to it.
func (k *reader) heading(p *Plan, body int) {
	title := k.title(body)
	p.Title = Maybe(k.text(title))
	p.Kind = k.kindOf(title)
	intro := span{title.b, body}
	if body <= title.b {
		intro = span{title.b, title.b}
	}
	intro.b = min(intro.b, intro.a+4000) // what the head of a paper says stands near its beginning
	k.period(p, intro)
	p.FeedbackDate = k.feedback(intro)
	p.InspectedUnit = Maybe(k.inspected(title, intro))
	k.stated(p, intro)
}

// stated reads what the head of a ledger states with labels: 被巡察单位：, 反馈时间：.
func (k *reader) stated(p *Plan, s span) {
	for _, w := range []string{"被巡察单位:", "被巡察党组织:", "被巡视单位:", "整改单位:"} {
		if i := k.find(s, w); i >= 0 {
			from := i + runeLen(w)
			to := from
			for to < s.b && k.c[to] != '\n' && !has(";,。", k.c[to]) && (to == from || !k.gapAt(to)) {
				to++
			}
			if to > from+1 {
				p.InspectedUnit = Maybe(k.text(span{from, to}))
			}
			break
		}
	}
	for _, w := range []string{"反馈时间:", "反馈日期:", "巡察反馈时间:"} {
		if i := k.find(s, w); i >= 0 {
			if d := k.dates(span{i + runeLen(w), min(s.b, i+22)}, date{}); len(d) > 0 && d[0].precision == "day" {
				p.FeedbackDate = d[0].day.iso()
			}
			break
		}
	}
}

// kindOf tells the kind of paper from its title.
func (k *reader) kindOf(title span) Kind {
	text := k.bare(title)
	best, at := KindOther, -1
	for _, w := range paperWords {
		for i := len(text) - len(w.word); i >= 0; i-- {
			if text[i:i+len(w.word)] == w.word {
				if end := i + len(w.word); end > at {
					best, at = w.kind, end
				}
				break
			}
		}
	}
	return best
}

// title finds the title: the first lines that are no file number, date or body text.
func (k *reader) title(body int) span {
	for n := range k.lines {
		l := k.lines[n]
		if l.cell.Table > 0 && n+1 < len(k.lines) && k.lines[n+1].cell.Table == l.cell.Table && k.lines[n+1].cell.Row == l.cell.Row && k.lines[n+1].cell.Col > l.cell.Col && k.columnField(span{l.from, l.to}) != fNone {
			return span{} // the heads of a table
		}
		if l.to == l.from || k.noTitle(l) {
			continue
		}
		if l.mark >= 0 && k.marks[l.mark].style != stDash && k.marks[l.mark].style < stDi && k.marks[l.mark].style != stCircle && !k.endsPaper(span{l.from, l.to}) {
			return span{}
		}
		s := span{l.from, l.to}
		if s.b-s.a > 70 {
			return k.titleIn(s)
		}
		for m := n + 1; m < len(k.lines) && m < n+4 && !k.endsPaper(s) && l.cell == k.lines[m].cell; m++ {
			x := k.lines[m]
			if x.to == x.from {
				continue
			}
			if x.mark >= 0 || x.label || x.to-x.from > 45 || has("。:;,", k.c[x.to-1]) || !k.endsPaper(span{x.from, x.to}) && !k.endsPaperSoon(m, n+4) {
				break
			}
			s.b = x.to
		}
		if !k.endsPaper(s) && (has("。;", k.c[s.b-1]) || s.b-s.a > 45) {
			return k.titleIn(s)
		}
		return k.trimEnd(s, ":。")
	}
	return span{}
}

func (k *reader) endsPaperSoon(m, limit int) bool {
	for ; m < len(k.lines) && m < limit; m++ {
		l := k.lines[m]
		if l.mark >= 0 || l.to-l.from > 45 {
			return false
		}
		if k.endsPaper(span{l.from, l.to}) {
			return true
		}
	}
	return false
}

// noTitle reports whether a line before the title is something else: file number, secrecy, 附件1, date.
func (k *reader) noTitle(l line) bool {
	s := span{l.from, l.to}
	if k.datedLine(s) || l.cell.Table > 0 && l.cell.Cols < 3 && s.b-s.a < 8 {
		return true
	}
	if s.b-s.a <= 6 && (k.starts(s.a, "附件") || k.starts(s.a, "附表") || k.starts(s.a, "秘密") || k.starts(s.a, "机密") || k.starts(s.a, "内部")) {
		return true
	}
	if k.find(s, "〔") >= 0 && k.c[s.b-1] == '号' || k.c[s.b-1] == '号' && s.b-s.a < 20 {
		return true
	}
	for _, w := range []string{"内部资料", "注意保管", "注意保存", "征求意见稿", "送审稿", "讨论稿", "秘密★", "特急", "急件"} {
		if k.starts(s.a, w) || k.starts(s.a+1, w) && s.b-s.a < 12 {
			return true
		}
	}
	if s.b-s.a <= 14 && (k.starts(s.b-2, "文件")) {
		return true
	}
	return false
}

// endsPaper reports whether a text ends as titles of papers do.
func (k *reader) endsPaper(s span) bool {
	s = k.trimEnd(s, "。:”》")
	if !s.empty() && k.c[s.b-1] == ')' {
		if i := k.openParen(s); i > s.a {
			s.b = i
		}
	}
	s = k.trimEnd(s, "”》")
	for _, w := range paperWords {
		n := runeLen(w.word)
		if s.b-s.a >= n && k.starts(s.b-n, w.word) {
			return true
		}
	}
	return false
}

// titleIn cuts a title off a text that lost its line breaks.
func (k *reader) titleIn(s span) span {
	limit := min(s.b, s.a+80)
	for i := s.a + 4; i < limit; i++ {
		if has("。;", k.c[i]) {
			break
		}
		for _, w := range paperWords {
			n := runeLen(w.word)
			if n < 2 || !k.starts(i, w.word) || w.word == "意见" || w.word == "情况" || w.word == "措施" || w.word == "计划" {
				continue
			}
			to := i + n
			if to >= s.b || k.gapAt(to) || has("(20一为根按镇县区市中各现我全经〇二", k.at0(to)) {
				if k.at0(to) == '(' {
					for j := to; j < to+12 && j < s.b; j++ {
						if k.c[j] == ')' {
							to = j + 1
							break
						}
					}
				}
				return span{s.a, to}
			}
		}
	}
	return span{s.a, s.a}
}

// inspected finds who was inspected.
func (k *reader) inspected(title, intro span) string {
	if s := k.inspectedIn(intro); !s.empty() {
		if t := k.inspectedTitle(title); t.b-t.a > s.b-s.a && s.b-s.a <= 6 && (hasPrefixAny(k.bare(s), []string{"街道", "镇党", "乡党", "局党", "村党", "社区党", "院党", "校党"})) {
			return k.text(t) // 「向街道党工委反馈」
		}
		return k.text(s)
	}
	if i := k.find(intro, "期间"); i > 0 { // 在巡察X期间
		for j := i - 4; j > intro.a && j > i-24; j-- {
			if !k.starts(j, "巡察") {
				continue
			}
			if u := k.unitName(span{j + 2, i}); !u.empty() && k.c[j+2] != '组' && unitLike(k.bare(u)) {
				return k.text(u)
			}
			break
		}
	}
	if s := k.inspectedTitle(title); !s.empty() {
		return k.text(s)
	}
	return ""
}

// ownWords stand for a unit without naming it.
var ownWords = []string{"我镇", "我乡", "我街道", "我局", "我委", "我村", "本镇", "我单位", "我办", "我县", "全镇", "我党", "我社区", "我院", "我校", "我们", "其", "我区", "本单位", "我市", "我公司", "我"}

// inspectedIn reads 对…开展巡察, 向…反馈 in the text before the body.
func (k *reader) inspectedIn(s span) span {
	for i := s.a; i < s.b; i++ {
		r := k.c[i]
		if r != '对' && r != '向' && r != '进' {
			continue
		}
		from := i + 1
		if r == '进' {
			if !k.starts(i, "进驻") {
				continue
			}
			from = i + 2
		}
		for j := from; j < s.b && j < from+40; j++ {
			if has("。;,\n:“", k.c[j]) && !(k.c[j] == '\n' && k.joined(k.lineAt(j+1))) {
				break
			}
			stop := false
			for _, w := range []string{"进行", "开展", "实施", "反馈", "党组织", "的巡察", "作了", "展开"} {
				stop = stop || k.starts(j, w)
			}
			if !stop {
				continue
			}
			tail := span{j, min(s.b, j+30)}
			if r == '对' && k.find(tail, "巡察") < 0 && k.find(tail, "巡视") < 0 && k.find(tail, "检查") < 0 && k.find(tail, "督察") < 0 || r == '向' && !k.starts(j, "反馈") {
				break
			}
			if u := k.unitName(span{from, j}); !u.empty() {
				return u
			}
			break
		}
	}
	return span{}
}

// unitName trims a unit's name: 及6个社区党组织, 领导班子.
func (k *reader) unitName(s span) span {
	for i := s.a + 2; i < s.b; i++ {
		if has("及、和与(", k.c[i]) {
			if left := k.bare(span{s.a, i}); unitLike(left) {
				s.b = i
				break
			}
		}
	}
	s = k.trim(s, "。;,、:")
	text := k.bare(s)
	for _, w := range ownWords {
		if text == w || strings.Index(text, "我") == 0 || strings.Index(text, "本") == 0 {
			return span{}
		}
	}
	if s.b-s.a < 2 || strings.Contains(text, "问题") {
		return span{}
	}
	return s
}

// inspectedTitle reads the unit out of a title: X落实…, 关于X…, 中共X委员会关于….
func (k *reader) inspectedTitle(title span) span {
	for _, w := range []string{"关于巡察", "关于对", "巡察组巡察", "关于落实", "落实", "关于", "巡察反馈", "贯彻", "巡察整改", "反馈", "整改", "问题"} {
		i := k.find(title, w)
		if i < 0 {
			continue
		}
		if i > title.a+1 {
			if u := k.unitName(span{title.a, i}); !u.empty() && unitLikeParty(k.bare(u)) {
				return u
			}
		}
		if w == "关于" && i == title.a {
			for j := i + 3; j < title.b; j++ {
				for _, stop := range []string{"落实", "贯彻", "巡察", "整改", "反馈", "开展", "党委整改"} {
					if k.starts(j, stop) {
						if u := k.unitName(span{i + 2, j}); !u.empty() && unitLikeParty(k.bare(u)) {
							return u
						}
					}
				}
			}
		}
	}
	return span{}
}

func unitLikeParty(s string) bool {
	if strings.Contains(s, "巡察") || strings.Contains(s, "巡视") || strings.Index(s, "乡镇党委") == 0 {
		return false
	}
	n := runeLen(s)
	return n >= 3 && unitLike(s) || n >= 3 && strings.Contains(s, "委员会") || n >= 3 && has("会", []rune(s)[n-1])
}

// period finds the time of the inspection: the first pair of dates joined by 至.
func (k *reader) period(p *Plan, s span) {
	all := k.dates(s, date{})
	for i := 0; i < len(all); i++ {
		d := all[i]
		if i+1 >= len(all) || !k.isRange(d.at.b, all[i+1].at.a) {
			continue
		}
		e := all[i+1]
		out := Period{}
		if d.precision == "day" {
			out.Start = d.day.iso()
		}
		if e.precision == "day" {
			out.End = e.day.iso()
		}
		if out.Start != "" || out.End != "" {
			p.Period = &out
		}
		return
	}
	// 「3月5日至28日」
	for i := range all {
		d := all[i]
		if j := d.at.b; d.precision == "day" && has("至到-—~", k.at0(j)) {
			for has("至到-—~", k.at0(j)) {
				j++
			}
			if n, b := k.numAt(j, s.b); b > j && has("日号", k.at0(b)) && n <= 31 {
				p.Period = &Period{Start: d.day.iso(), End: date{d.day.y, d.day.m, n}.iso()}
				return
			}
		}
	}
}

func (k *ink) isRange(a, b int) bool {
	if b <= a || b-a > 3 {
		return false
	}
	for i := a; i < b; i++ {
		if !has("至到-—~–起", k.c[i]) {
			return false
		}
	}
	return true
}

// feedback finds the date on which the inspection was fed back: the last date before 反馈 in its sentence.
func (k *reader) feedback(s span) Maybe {
	all := k.dates(s, date{})
	for i := s.a; i+1 < s.b; i++ {
		if k.c[i] != '反' || k.c[i+1] != '馈' || has("据照实对的", k.at0(i-1)) && k.starts(i, "反馈意见") {
			continue
		}
		for j := len(all) - 1; j >= 0; j-- {
			d := all[j]
			if d.at.b > i || i-d.at.b > 40 {
				continue
			}
			between := span{d.at.b, i}
			if k.brokenLine(between) {
				break
			}
			if k.find(between, "。") >= 0 || d.precision != "day" || k.inspects(between) || j > 0 && k.isRange(all[j-1].at.b, d.at.a) {
				break
			}
			return d.day.iso()
		}
	}
	return ""
}

// brokenLine reports whether a piece goes over the end of a paragraph.
func (k *reader) brokenLine(s span) bool {
	for i := s.a; i < s.b; i++ {
		if k.c[i] == '\n' && !k.joined(k.lineAt(i+1)) {
			return true
		}
	}
	return false
}

// inspects reports whether a verb of inspecting, and not only 进行了 before 反馈, stands in a piece.
func (k *ink) inspects(s span) bool {
	for _, w := range []string{"进行", "开展"} {
		if i := k.find(s, w); i >= 0 {
			i += 2
			if k.at0(i) == '了' {
				i++
			}
			if i < s.b {
				return true
			}
		}
	}
	return false
}

// anchors finds the year of the document and the day after which dates without a year fall.
func (k *reader) anchors(p *Plan, body int) {
	if p.FeedbackDate != "" {
		k.base = anchorDay(p.FeedbackDate)
	} else if p.Period != nil && p.Period.End != "" {
		k.base = anchorDay(p.Period.End)
	}
	for n := len(k.lines) - 1; n >= 0 && n > len(k.lines)-12; n-- {
		s := span{k.lines[n].from, k.lines[n].to}
		if k.datedLine(s) {
			if d := k.dates(s, date{}); len(d) == 1 && d[0].day.y != 0 && (k.base.y == 0 || k.base.before(d[0].day)) {
				if k.kind == KindPlan || k.base.y == 0 || k.kind == KindLedger && !k.ledger || k.kind == KindLists {
					k.base = d[0].day
				}
			}
			break
		}
	}
	if k.base.y == 0 {
		if d := k.dates(span{0, min(body, len(k.c), 4000)}, date{}); len(d) > 0 {
			for _, x := range d {
				if x.day.y != 0 {
					k.base = date{x.day.y, 1, 1}
				}
			}
		}
	}
	if k.base.y == 0 { // the first full deadline
		for _, lb := range k.labels {
			if lb.field != fDeadline {
				continue
			}
			if d := k.dates(span{lb.to, min(len(k.c), lb.to+40)}, date{}); len(d) > 0 && d[0].day.y != 0 {
				k.base = date{d[0].day.y, 1, 1}
				return
			}
		}
	}
}

func anchorDay(m Maybe) date {
	if len(m) != 10 {
		return date{}
	}
	n := func(s Maybe) int {
		v := 0
		for _, r := range s {
			v = v*10 + int(r-'0')
		}
		return v
	}
	return date{n(m[:4]), n(m[5:7]), n(m[8:])}
}
