package plan

import (
	"fmt"
	"slices"
	"strings"

	"bihuan/chinese"
)

// Check says what a reviewer would say about a plan as it stands, also after a person has edited it. Notes come in the order
// of the paper; their sources are those of the values they speak of.
func Check(p Plan) []Note {
	c := checker{plan: p, notes: []Note{}}
	c.habits()
	c.whole()
	for s := range p.Sections {
		numbers := map[string]bool{}
		for f := range p.Sections[s].Findings {
			c.section, c.finding, c.f = s, f, &p.Sections[s].Findings[f]
			c.number(numbers)
			c.owner()
			c.deadline()
			c.coverage()
			c.scan()
			c.details()
			c.placeholders()
			for i := range c.f.Measures {
				c.measure(&c.f.Measures[i], c.texts[i], c.words[i])
			}
		}
	}
	c.end()
	return c.notes
}

// checker collects notes.
type checker struct {
	plan             Plan
	notes            []Note
	section, finding int
	f                *Finding
	owners           bool // the paper names owners somewhere, or is of a kind that must
	deadlines        bool
	measures         bool
	words            []wordSet // of the finding's measures
	texts            []string  // the measures folded
	unanswered       []int     // manifestations of the finding that were noted as a whole
	place            string    // the inspected unit's own place: 云峰镇
}

func (c *checker) add(code string, level Level, at Source, text string) {
	c.notes = append(c.notes, Note{Code: code, Level: level, Text: text, Source: at, Section: c.section, Finding: c.finding})
}

// habits finds what this paper states at all, so that one that never names owners is not blamed in every line.
func (c *checker) habits() {
	strict := c.plan.Kind == KindPlan || c.plan.Kind == KindLedger || c.plan.Kind == KindLists
	for _, s := range c.plan.Sections {
		for _, f := range s.Findings {
			c.owners = c.owners || len(f.Units)+len(f.Persons) > 0
			c.deadlines = c.deadlines || f.DeadlineText != ""
			c.measures = c.measures || len(f.Measures) > 0
		}
	}
	c.owners = c.owners || strict && c.measures
	c.deadlines = c.deadlines || strict && c.measures
	c.place = placeOf(string(c.plan.InspectedUnit))
}

// whole checks the paper as a whole.
func (c *checker) whole() {
	c.section, c.finding = -1, -1
	if hasPlaceholder(string(c.plan.InspectedUnit)) || c.plan.InspectedUnit == "" && hasPlaceholder(string(c.plan.Title)) {
		c.add(UnknownValue, LevelCheck, Source{}, fmt.Sprintf("被巡察单位写作“%s”，是占位符，请补上真实名称。", c.plan.InspectedUnit))
	}
}

// number finds a number used twice in one section.
func (c *checker) number(seen map[string]bool) {
	n := string(foldText(c.f.Number))
	if n == "" {
		return
	}
	if seen[n] {
		c.add(DuplicateNumber, LevelCheck, c.f.Source, fmt.Sprintf("编号“%s”在本方面出现两次，请改正其中一个。", c.f.Number))
	}
	seen[n] = true
}

// committees end the names of units that are a whole committee.
var committees = []string{"党委", "党工委", "人民政府", "政府", "办事处", "党组", "党总支", "党支部", "两委", "“两委”", "领导班子", "党政班子"}

// owner checks that somebody answers for the finding.
func (c *checker) owner() {
	f := c.f
	if len(f.Units)+len(f.Persons) == 0 {
		if c.owners {
			c.add(MissingOwner, LevelGap, f.Source, "没有责任单位，也没有责任人。请明确到单位和人。")
		}
		return
	}
	if len(f.Persons) > 0 {
		return
	}
	for _, u := range f.Units {
		if !endsWithAny(u, committees) {
			return
		}
	}
	at := f.Source
	if len(f.Sources.Units) > 0 {
		at = f.Sources.Units[0]
	}
	c.add(VagueOwner, LevelGap, at, fmt.Sprintf("责任单位只写“%s”，没有责任人（责任悬空）。请明确分管领导和具体责任人。", strings.Join(f.Units, "、")))
}

func endsWithAny(s string, ends []string) bool {
	for _, e := range ends {
		if strings.HasSuffix(s, e) {
			return true
		}
	}
	return false
}

// deadline checks the deadline.
func (c *checker) deadline() {
	f := c.f
	if f.DeadlineText == "" {
		if c.deadlines {
			c.add(MissingDeadline, LevelGap, f.Source, "没有整改时限。请写明完成日期；长期坚持的也要写明首次完成日期。")
		}
		return
	}
	at := f.Sources.Deadline
	year := 0
	if len(f.DeadlineDate) == 10 {
		year = anchorDay(f.DeadlineDate).y
	}
	d := ParseDeadline(string(f.DeadlineText), max(year, 2000))
	switch {
	case d.Err != nil:
		c.add(BadDate, LevelGap, at, fmt.Sprintf("时限“%s”有误：%v。请改为真实日期。", f.DeadlineText, d.Err))
	case d.Unknown:
		c.add(UnknownValue, LevelCheck, at, fmt.Sprintf("时限“%s”中的日期是占位符，没有真实日期，请补填。", f.DeadlineText))
	case d.Ambiguous:
		c.add(UnknownValue, LevelCheck, at, fmt.Sprintf("时限“%s”没有写明是月（年）初还是月（年）底前，暂按期末读取，请确认。", f.DeadlineText))
	}
	if c.plan.FeedbackDate != "" && f.DeadlineDate != "" && f.DeadlineDate < c.plan.FeedbackDate && c.plan.Kind != KindBulletin {
		c.add(Contradiction, LevelCheck, at, fmt.Sprintf("时限%s早于反馈日期%s，请核对年份。", f.DeadlineDate, c.plan.FeedbackDate))
	}
}

// coverage finds manifestations that no measure answers.
func (c *checker) coverage() {
	f := c.f
	c.unanswered = c.unanswered[:0]
	if !c.measures {
		return
	}
	answered := make([]bool, len(f.Manifestations))
	unsure := false
	for _, m := range f.Measures {
		for _, j := range m.Answers {
			if j >= 0 && j < len(answered) {
				answered[j] = true
			}
		}
		unsure = unsure || len(m.Answers) == 0
	}
	for j, m := range f.Manifestations {
		if answered[j] {
			continue
		}
		level, text := LevelGap, "没有措施回应这条表现：“"+short(m.Text)+"”。请补充措施，或把已有措施对应过来。"
		if unsure && len(f.Measures) > 0 {
			level = LevelCheck
			text = "未见措施明确回应这条表现：“" + short(m.Text) + "”，有措施尚未对应，请核对。"
		}
		c.add(UnansweredManifestation, level, m.Source, text)
		c.unanswered = append(c.unanswered, j)
	}
	if len(f.Manifestations) == 0 && len(f.Measures) == 0 {
		c.add(UnansweredManifestation, LevelGap, f.Source, "这个问题没有任何整改措施。")
	}
	if loose(f.Measures) {
		c.add(UnnumberedMeasures, LevelCheck, f.Measures[0].Source, fmt.Sprintf("措施只编了“%s”，后面%d句没有编号，已按句拆开并按内容对应表现，请逐条确认。", f.Measures[0].Number, len(f.Measures)-1))
	}
}

func short(s string) string {
	r := []rune(s)
	if len(r) > 24 {
		return string(r[:24]) + "…"
	}
	return s
}

// scan folds the finding's measures and finds their words.
func (c *checker) scan() {
	c.words, c.texts = c.words[:0], c.texts[:0]
	for _, m := range c.f.Measures {
		text := foldText(m.Text)
		c.words, c.texts = append(c.words, theDomain().lexicon.scan(text)), append(c.texts, string(text))
	}
}

// details finds concrete things named in a manifestation that no measure of the finding touches.
func (c *checker) details() {
	for _, m := range c.f.Manifestations {
		c.happened(m)
	}
	if len(c.f.Measures) == 0 {
		return
	}
	d := theDomain()
	var all wordSet
	var noted []int // things of which a note has spoken
	for _, words := range c.words {
		all = all.union(words)
	}
	for j, m := range c.f.Manifestations {
		if j == 200 { // no plan
			break
		}
		if slices.Contains(c.unanswered, j) {
			continue
		}
		text := m.Text
		words := d.lexicon.scan(foldText(text))
		for i, t := range d.things {
			if !t.named.meets(words) || t.answered.meets(all) || slices.Contains(noted, i) {
				continue
			}
			noted = append(noted, i)
			name := t.names[0]
			for _, n := range t.names {
				if strings.Contains(text, n) {
					name = n
					break
				}
			}
			if t.indirect.meets(all) {
				c.add(UnansweredDetail, LevelCheck, inside(m.Source, text, name), fmt.Sprintf("表现中点到的“%s”，措施只间接触及，没有直接的做法，请补充。", name))
			} else {
				c.add(UnansweredDetail, LevelGap, inside(m.Source, text, name), fmt.Sprintf("表现中点到的“%s”，没有任何措施涉及，请补充。", name))
			}
		}
		c.target(m, j)
	}
}

// target finds a shortage in figures that the answering measures set no figure against.
func (c *checker) target(m Manifestation, index int) {
	if !containsAny(m.Text, []string{"集体经济", "收入", "知晓率", "覆盖率", "达标率", "意识淡薄"}) {
		return
	}
	for i := range c.f.Measures {
		x := &c.f.Measures[i]
		for _, a := range x.Answers {
			if a == index && !hasFigure(x.Text) && runeLen(x.Text) > 60 {
				c.add(VagueMeasure, LevelCheck, x.Source, "措施只有活动，没有要达到的数字、要提升的村和时间，整改到什么程度无法衡量。请补上目标值。")
				return
			}
		}
	}
}

// happened finds a result told inside a manifestation.
func (c *checker) happened(m Manifestation) {
	if !strings.Contains(m.Text, "已") && !strings.Contains(m.Text, "到了") && !strings.Contains(m.Text, "题后") {
		return
	}
	for _, w := range []string{"享受到了", "发现该问题后", "已补发", "已整改", "已清退", "已完成整改", "已追回"} {
		if strings.Contains(m.Text, w) {
			c.add(AlreadyDone, LevelInfo, inside(m.Source, m.Text, w), fmt.Sprintf("“%s”说的是已经办到的结果，却写在问题里。请移到整改情况，并附佐证。", w))
			return
		}
	}
}

// inside gives the place of a word in a value whose text stands in one paragraph.
func inside(at Source, text, word string) Source {
	i := strings.Index(text, word)
	if i < 0 || at.Last != 0 || at == (Source{}) {
		return at
	}
	from := at.From + runeLen(text[:i])
	if to := from + runeLen(word); to <= at.To {
		at.From, at.To = from, to
	}
	return at
}

// hasFigure reports whether a text states a number that can be met: digits or 个/名/次 after a numeral.
func hasFigure(text string) bool {
	r := []rune(text)
	for i, x := range r {
		x = chinese.Fold(x)
		if chinese.Digit(x) || x == '%' || x == '％' {
			return true
		}
		if chinese.Numeral(x) && i+1 < len(r) && has("个名次户万亩天月项篇场", r[i+1]) {
			return true
		}
	}
	return false
}

// hasPlaceholder reports whether a letter x, a star or 某 stands for a name or number.
func hasPlaceholder(text string) bool {
	_, ok := placeholderIn(text)
	return ok
}

// placeholderIn finds the first placeholder with its neighbours: x镇, 20xx年, **村.
func placeholderIn(text string) (string, bool) {
	if !anyX(text) {
		return "", false
	}
	r := []rune(text)
	for i, x := range r {
		x = chinese.Fold(x)
		if x != 'x' && x != 'X' && x != '×' && x != '*' {
			continue
		}
		before, after := rune(0), rune(0)
		if i > 0 {
			before = chinese.Fold(r[i-1])
		}
		if i+1 < len(r) {
			after = chinese.Fold(r[i+1])
		}
		letter := func(c rune) bool { return c >= 'a' && c <= 'z' && c != 'x' || c >= 'A' && c <= 'Z' && c != 'X' }
		if letter(before) || letter(after) || x == '×' && chinese.Digit(before) && chinese.Digit(after) {
			continue
		}
		return placeholderPhrase(r, i), true
	}
	return "", false
}

// anyX reports whether a text has a sign that may be a placeholder: x, X, *, ×, or one of them in full width.
func anyX(text string) bool {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case 'x', 'X', '*', 0xc3: // the last begins ×
			return true
		case 0xef:
			if rest := text[i+1:]; strings.HasPrefix(rest, "ｘ"[1:]) || strings.HasPrefix(rest, "Ｘ"[1:]) || strings.HasPrefix(rest, "＊"[1:]) {
				return true
			}
		}
	}
	return false
}

// placeholderPhrase gives the clause that holds the placeholder r[i], or only the word when the clause is long.
func placeholderPhrase(r []rune, i int) string {
	isX := func(x rune) bool { return has("xX×*某", chinese.Fold(x)) || chinese.Digit(chinese.Fold(x)) }
	from, to := i, i
	for from > 0 && (chinese.Han(r[from-1]) || isX(r[from-1])) {
		from--
	}
	for to < len(r) && (chinese.Han(r[to]) || isX(r[to])) {
		to++
	}
	if to-from <= 18 {
		return string(r[from:to])
	}
	for from, to = i, i; from > 0 && isX(r[from-1]); {
		from--
	}
	for to < len(r) && isX(r[to]) {
		to++
	}
	for _, unit := range []string{"万元", "亿元", "街道", "社区", "公里", "平方米", "村集体"} {
		if strings.HasPrefix(string(r[to:min(to+3, len(r))]), unit) {
			return string(r[from : to+runeLen(unit)])
		}
	}
	return string(r[from:min(to+1, len(r))])
}

// placeholders finds unknown values in the texts of a finding.
func (c *checker) placeholders() {
	count := 0
	var first string
	at := c.f.Source
	look := func(text string, s Source) {
		if word, ok := placeholderIn(text); ok {
			if count == 0 {
				first, at = word, inside(s, text, word)
			}
			count++
		}
	}
	look(c.f.Title, c.f.Source)
	for _, m := range c.f.Manifestations {
		look(m.Text, m.Source)
	}
	for _, m := range c.f.Measures {
		look(m.Text, m.Source)
	}
	for _, u := range append(append([]string{}, c.f.Units...), c.f.Persons...) {
		look(u, c.f.Source)
	}
	if count > 0 {
		c.add(UnknownValue, LevelCheck, at, fmt.Sprintf("有%d处用x等占位符代替真实名称或数字（如“%s”），请补上，不要按0处理。", count, first))
	}
	for _, m := range c.f.Manifestations {
		c.partlyNamed(m)
	}
}

// partlyNamed finds 「赵x等7村」: seven villages of which one is named.
func (c *checker) partlyNamed(m Manifestation) {
	if !strings.Contains(m.Text, "等") {
		return
	}
	k := inkOf(m.Text)
	for i := 1; i < len(k.c); i++ {
		if k.c[i] != '等' {
			continue
		}
		n, b := k.numAt(i+1, len(k.c))
		if b == i+1 {
			continue
		}
		if k.at0(b) == '个' {
			b++
		}
		if !has("村户人家", k.at0(b)) || n < 2 {
			continue
		}
		named := 1
		for j := i - 1; j > 0 && j > i-40 && !has(",。;", k.c[j]); j-- {
			if k.c[j] == '、' {
				named++
			}
		}
		if named < n {
			word := k.text(span{max(0, i-2), b + 1})
			c.add(UnknownValue, LevelCheck, inside(m.Source, m.Text, word), fmt.Sprintf("“%s”只点名%d个，其余%d个是谁请列出。", word, named, n-named))
		}
	}
}

// end checks the end of the paper.
func (c *checker) end() {
	if len(c.plan.Sections) == 0 {
		return
	}
	c.section = len(c.plan.Sections) - 1
	list := c.plan.Sections[c.section].Findings
	c.finding = len(list) - 1
	if c.finding < 0 {
		return
	}
	f := list[c.finding]
	if c.measures && len(f.Measures) == 0 && len(f.Units)+len(f.Persons) == 0 && f.DeadlineText == "" {
		c.add(BreaksOff, LevelGap, f.Source, "文件在这里中断：最后一个问题没有措施、责任和时限，请核对原件是否完整。")
	}
}

// placeOf gives the place in a unit's name: 云峰镇 of 云峰镇党委.
func placeOf(unit string) string {
	for _, end := range []string{"街道", "镇", "乡"} {
		if i := strings.Index(unit, end); i > 0 {
			return unit[:i+len(end)]
		}
	}
	return ""
}
