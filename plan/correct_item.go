package plan

import (
	"fmt"
	"slices"
	"strings"
)

// split cuts a manifestation or measure in two. An enumerator at the start of the second becomes its number. Both keep the
// links.
func (p *Plan) split(c Correction) (string, error) {
	text, ok := p.Value(c.At, FieldText)
	if !ok {
		return "", fmt.Errorf("%s不能拆分，只有具体表现和整改措施能拆", p.Name(c.At))
	}
	r := []rune(text)
	if c.Offset <= 0 || c.Offset >= len(r) {
		return "", fmt.Errorf("%s：拆分的位置要在文字中间，两边都要有字", p.Name(c.At))
	}
	one, two := string(r[:c.Offset]), string(r[c.Offset:])
	if blank(one) || blank(two) {
		return "", fmt.Errorf("%s：拆分的位置要在文字中间，两边都要有字", p.Name(c.At))
	}
	number, rest := enumerator(two)
	name, f := p.Name(c.At), p.finding(c.At)
	if c.At.Item == ItemManifestation {
		m := &f.Manifestations[c.At.Index]
		second := Manifestation{Number: number, Text: rest}
		m.Text = one
		m.Source, second.Source = m.Source.split(c.Offset)
		f.insertManifestation(c.At.Index+1, second)
		for i := range f.Measures {
			if a := f.Measures[i].Answers; slices.Contains(a, c.At.Index) {
				a = append(slices.Clone(a), c.At.Index+1)
				slices.Sort(a)
				f.Measures[i].Answers = a
			}
		}
	} else {
		m := &f.Measures[c.At.Index]
		second := *m
		second.Answers = slices.Clone(m.Answers)
		second.Number, second.Text, m.Text = number, rest, one
		m.Source, second.Source = m.Source.split(c.Offset)
		m.derive()
		second.derive()
		f.Measures = slices.Insert(f.Measures, c.At.Index+1, second)
	}
	return fmt.Sprintf("拆分 %s：%s与%s", name, quote(one), quote(two)), nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// enumerator parts a number such as 二是 or ② from the text behind it.
func enumerator(s string) (number, rest string) {
	k := inkOf(s)
	m, ok := k.markAt(0, len(k.c))
	if !ok || m.from != 0 || m.to >= len(k.c)-1 {
		return "", s
	}
	cut := k.at[m.to]
	number, rest = string(k.orig[:cut]), string(k.orig[cut:len(k.orig)-1])
	return number, rest
}

// split gives the sources of the two parts of a text that is cut at a rune offset. A source over several paragraphs cannot be
// cut without the document when the cut lies behind its first; then both parts keep it whole.
func (s Source) split(offset int) (Source, Source) {
	if s == (Source{}) || s.From+offset >= s.To {
		return s, s
	}
	one, two := s, s
	one.To, one.Last = s.From+offset, 0
	two.From = one.To
	return one, two
}

// touches reports whether b goes on where a ends, so that nothing stood between them.
func (s Source) touches(b Source) bool {
	return s == b || s.Part == b.Part && s.Paragraph == b.Paragraph && s.Last == 0 && s.To == b.From
}

// join gives the source of two texts put together.
func (s Source) join(b Source) Source {
	switch {
	case s == (Source{}):
		return b
	case b == (Source{}) || s.Part != b.Part || b.Paragraph < s.Paragraph:
		return s
	case s.Paragraph == b.Paragraph && s.Last == 0:
		s.From, s.To, s.Last = min(s.From, b.From), max(s.To, b.To), b.Last
		return s
	}
	s.Last = max(s.Last, b.Paragraph, b.Last)
	return s
}

// join appends the next item of the same kind. Where something stood between the two that was not read, a semicolon does.
func (p *Plan) join(c Correction) (string, error) {
	next := c.At
	next.Index++
	if _, ok := p.Value(c.At, FieldText); !ok {
		return "", fmt.Errorf("%s不能合并，只有具体表现和整改措施能合并", p.Name(c.At))
	}
	if p.find(next, false) != nil {
		return "", fmt.Errorf("%s后面没有可以合并的下一条", p.Name(c.At))
	}
	name, f := p.Name(c.At), p.finding(c.At)
	said := fmt.Sprintf("合并 %s与%s", name, strings.TrimPrefix(p.Name(next), p.findingName(c.At)+" "))
	if c.At.Item == ItemManifestation {
		a, b := &f.Manifestations[c.At.Index], f.Manifestations[next.Index]
		a.Text = joinText(a.Text, b.Number, b.Text, a.Source.touches(b.Source))
		a.Source = a.Source.join(b.Source)
		f.removeManifestation(next.Index, c.At.Index)
		return said, nil
	}
	a, b := &f.Measures[c.At.Index], f.Measures[next.Index]
	a.Text = joinText(a.Text, b.Number, b.Text, a.Source.touches(b.Source))
	a.Source = a.Source.join(b.Source)
	a.Answers = append(slices.Clone(a.Answers), b.Answers...)
	slices.Sort(a.Answers)
	a.Answers = slices.Compact(a.Answers)
	a.Confidence = min(a.Confidence, b.Confidence)
	if a.Tense != b.Tense {
		a.Tense = Todo
	}
	a.derive()
	f.Measures = slices.Delete(f.Measures, next.Index, next.Index+1)
	return said, nil
}

func joinText(a, number, b string, touching bool) string {
	if r := []rune(a); !touching && len(r) > 0 && !has("。；，、：！？;,:!?", r[len(r)-1]) {
		a += "；"
	}
	return a + number + b
}

// move changes an item's place with its neighbour.
func (p *Plan) move(c Correction) (string, error) {
	to := c.At
	switch c.At.Item {
	case ItemSection:
		to.Section += c.Offset
	case ItemFinding:
		to.Finding += c.Offset
	default:
		to.Index += c.Offset
	}
	where := map[int]string{-1: "上移", 1: "下移"}[c.Offset]
	if where == "" || c.At.Item == ItemPlan {
		return "", fmt.Errorf("%s只能上移或下移一位", p.Name(c.At))
	}
	if p.find(to, false) != nil {
		return "", fmt.Errorf("%s已经在最%s，不能再%s", p.Name(c.At), map[int]string{-1: "前", 1: "后"}[c.Offset], where)
	}
	said := where + " " + p.Name(c.At)
	switch c.At.Item {
	case ItemSection:
		swap(p.Sections, c.At.Section, to.Section)
	case ItemFinding:
		swap(p.Sections[c.At.Section].Findings, c.At.Finding, to.Finding)
	case ItemMeasure:
		swap(p.finding(c.At).Measures, c.At.Index, to.Index)
	case ItemManifestation:
		f, a, b := p.finding(c.At), c.At.Index, to.Index
		swap(f.Manifestations, a, b)
		f.renumber(func(i int) int {
			switch i {
			case a:
				return b
			case b:
				return a
			}
			return i
		})
	}
	return said, nil
}

func swap[T any](list []T, i, j int) { list[i], list[j] = list[j], list[i] }

// transfer moves a finding into another section or a part into another finding. A part that changes findings loses its links,
// which speak of the old one.
func (p *Plan) transfer(c Correction) (string, error) {
	if c.At.Item != c.To.Item || c.At.Item == ItemPlan || c.At.Item == ItemSection {
		return "", fmt.Errorf("%s不能移到那里", p.Name(c.At))
	}
	if err := p.find(c.To, true); err != nil {
		return "", err
	}
	same := c.At.Section == c.To.Section && (c.At.Item == ItemFinding || c.At.Finding == c.To.Finding)
	if same {
		return "", fmt.Errorf("%s已经在那里，换位置请用“上移”“下移”", p.Name(c.At))
	}
	name := p.Name(c.At)
	if c.At.Item == ItemFinding {
		from, to := &p.Sections[c.At.Section], &p.Sections[c.To.Section]
		to.Findings = slices.Insert(to.Findings, c.To.Finding, from.Findings[c.At.Finding])
		from.Findings = slices.Delete(from.Findings, c.At.Finding, c.At.Finding+1)
		return fmt.Sprintf("移动 %s到%s", name, p.sectionName(c.To.Section)), nil
	}
	said := fmt.Sprintf("移动 %s到%s", name, p.findingName(c.To))
	from, to := p.finding(c.At), p.finding(c.To)
	if c.At.Item == ItemManifestation {
		to.insertManifestation(c.To.Index, from.Manifestations[c.At.Index])
		from.removeManifestation(c.At.Index, -1)
		return said, nil
	}
	m := from.Measures[c.At.Index]
	m.Answers = nil
	to.Measures = slices.Insert(to.Measures, c.To.Index, m)
	from.Measures = slices.Delete(from.Measures, c.At.Index, c.At.Index+1)
	return said, nil
}

// turn makes a manifestation a measure or the other way round; it takes the place that its source has among them.
func (p *Plan) turn(c Correction) (string, error) {
	name := p.Name(c.At)
	switch c.At.Item {
	case ItemManifestation:
		f := p.finding(c.At)
		x := f.Manifestations[c.At.Index]
		m := Measure{Number: x.Number, Text: x.Text, Source: x.Source, Tense: Todo, Confidence: 1}
		m.derive()
		f.removeManifestation(c.At.Index, -1)
		i := slices.IndexFunc(f.Measures, func(y Measure) bool { return x.Source.before(y.Source) })
		if i < 0 {
			i = len(f.Measures)
		}
		f.Measures = slices.Insert(f.Measures, i, m)
		return name + " 改作整改措施", nil
	case ItemMeasure:
		f := p.finding(c.At)
		x := f.Measures[c.At.Index]
		f.Measures = slices.Delete(f.Measures, c.At.Index, c.At.Index+1)
		i := slices.IndexFunc(f.Manifestations, func(y Manifestation) bool { return x.Source.before(y.Source) })
		if i < 0 {
			i = len(f.Manifestations)
		}
		f.insertManifestation(i, Manifestation{Number: x.Number, Text: x.Text, Source: x.Source})
		return name + " 改作具体表现", nil
	}
	return "", fmt.Errorf("%s不能改类别，只有具体表现和整改措施能互换", name)
}

// before reports whether s stands before b in the document.
func (s Source) before(b Source) bool {
	if s == (Source{}) || b == (Source{}) {
		return false
	}
	if s.Part != b.Part {
		return s.Part < b.Part
	}
	if s.Paragraph != b.Paragraph {
		return s.Paragraph < b.Paragraph
	}
	return s.From < b.From
}

// link says that a measure answers a manifestation, or that it does not.
func (p *Plan) link(c Correction) (string, error) {
	if c.At.Item != ItemMeasure {
		return "", fmt.Errorf("%s不能对应表现，只有整改措施能", p.Name(c.At))
	}
	target := Spot{ItemManifestation, c.At.Section, c.At.Finding, c.Offset}
	if err := p.find(target, false); err != nil {
		return "", err
	}
	m := &p.finding(c.At).Measures[c.At.Index]
	answers := slices.DeleteFunc(slices.Clone(m.Answers), func(a int) bool { return a == c.Offset })
	verb := "不再对应"
	if c.Do == DoLink {
		verb = "对应"
		answers = append(answers, c.Offset)
		slices.Sort(answers)
	}
	m.Answers, m.Confidence = answers, 1
	return fmt.Sprintf("%s %s表现%s", p.Name(c.At), verb, Ordinal(c.Offset+1)), nil
}

// add puts a new item in place.
func (p *Plan) add(c Correction) (string, error) {
	text, err := clean(c.Value)
	if err != nil {
		return "", fmt.Errorf("新的内容%s", err)
	}
	if text == "" {
		return "", fmt.Errorf("新的内容不能空着，请写明后再加")
	}
	switch at := c.At; at.Item {
	case ItemSection:
		p.Sections = slices.Insert(p.Sections, at.Section, Section{Title: text, Findings: []Finding{}})
	case ItemFinding:
		s := &p.Sections[at.Section]
		s.Findings = slices.Insert(s.Findings, at.Finding, Finding{Title: text, Confidence: 1,
			Manifestations: []Manifestation{}, Measures: []Measure{}, Units: []string{}, Persons: []string{}})
	case ItemManifestation:
		p.finding(at).insertManifestation(at.Index, Manifestation{Text: text})
	case ItemMeasure:
		m := Measure{Text: text, Tense: Todo, Confidence: 1}
		m.derive()
		f := p.finding(at)
		f.Measures = slices.Insert(f.Measures, at.Index, m)
	default:
		return "", fmt.Errorf("方案只有一份，不能再加")
	}
	return fmt.Sprintf("补上 %s：%s", p.Name(c.At), quote(text)), nil
}

// remove takes an item out.
func (p *Plan) remove(c Correction) (string, error) {
	name := p.Name(c.At)
	switch at := c.At; at.Item {
	case ItemSection:
		return p.removeSection(at.Section)
	case ItemFinding:
		s := &p.Sections[at.Section]
		said := fmt.Sprintf("删去 %s：%s", name, quote(s.Findings[at.Finding].Title))
		s.Findings = slices.Delete(s.Findings, at.Finding, at.Finding+1)
		return said, nil
	case ItemManifestation:
		f := p.finding(at)
		said := fmt.Sprintf("删去 %s：%s", name, quote(f.Manifestations[at.Index].Text))
		f.removeManifestation(at.Index, -1)
		return said, nil
	case ItemMeasure:
		f := p.finding(at)
		said := fmt.Sprintf("删去 %s：%s", name, quote(f.Measures[at.Index].Text))
		f.Measures = slices.Delete(f.Measures, at.Index, at.Index+1)
		return said, nil
	}
	return "", fmt.Errorf("整份方案不能在这里删去，请用“放弃导入”")
}

// removeSection takes a heading out. Its findings stay: they go to the section before, the first section's to the one after.
func (p *Plan) removeSection(i int) (string, error) {
	name, n := p.Name(Spot{Item: ItemSection, Section: i}), len(p.Sections[i].Findings)
	said := fmt.Sprintf("删去 %s：%s", name, quote(p.Sections[i].Title))
	switch {
	case n == 0:
	case len(p.Sections) == 1:
		return "", fmt.Errorf("%s下有%d个问题，又没有别的方面可并入，不能删去；可以把名称改掉", name, n)
	case i > 0:
		said += fmt.Sprintf("，%d个问题并入%s", n, p.sectionName(i-1))
		p.Sections[i-1].Findings = append(p.Sections[i-1].Findings, p.Sections[i].Findings...)
	default:
		said += fmt.Sprintf("，%d个问题并入%s", n, p.sectionName(1))
		p.Sections[1].Findings = append(slices.Clone(p.Sections[0].Findings), p.Sections[1].Findings...)
	}
	p.Sections = slices.Delete(p.Sections, i, i+1)
	return said, nil
}
