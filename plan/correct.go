package plan

import (
	"fmt"
	"slices"
	"strings"
)

// Item is a kind of thing in a plan that a correction can be about.
type Item string

// The items.
const (
	ItemPlan          Item = "plan"
	ItemSection       Item = "section"
	ItemFinding       Item = "finding"
	ItemManifestation Item = "manifestation"
	ItemMeasure       Item = "measure"
)

// Spot names one item of a plan by its indexes, all counted from 0. An index that the item does not need is left 0.
type Spot struct {
	Item    Item `json:"item"`
	Section int  `json:"section"`
	Finding int  `json:"finding"`
	Index   int  `json:"index"` // of a manifestation or measure in its finding
}

// Act is what a correction does.
type Act string

// The acts.
const (
	DoSet      Act = "set"      // give Field the Value
	DoAccept   Act = "accept"   // a person has looked and found a finding or measure right
	DoSplit    Act = "split"    // cut a manifestation or measure before the rune Offset of its text
	DoJoin     Act = "join"     // append the next manifestation or measure to this one
	DoMove     Act = "move"     // change places with the item before (Offset -1) or after (Offset 1)
	DoTransfer Act = "transfer" // put a finding into another section, or a part into another finding, at the place To
	DoTurn     Act = "turn"     // make a manifestation a measure, or a measure a manifestation
	DoLink     Act = "link"     // say that a measure answers the manifestation Offset
	DoUnlink   Act = "unlink"   // say that it does not
	DoAdd      Act = "add"      // put a new item with the text or title Value in place At
	DoRemove   Act = "remove"   // take an item out; the findings of a section go to its neighbour
)

// Correction is one thing that a person puts right in a reading.
type Correction struct {
	Do     Act    `json:"do"`
	At     Spot   `json:"at"`
	Field  Field  `json:"field,omitempty"`
	Value  string `json:"value,omitempty"`
	Offset int    `json:"offset,omitempty"`
	To     Spot   `json:"to,omitzero"`
}

// acts carry out the corrections. Each checks all before it changes anything.
var acts = map[Act]func(*Plan, Correction) (string, error){
	DoSet: (*Plan).set, DoAccept: (*Plan).accept, DoSplit: (*Plan).split, DoJoin: (*Plan).join, DoMove: (*Plan).move,
	DoTransfer: (*Plan).transfer, DoTurn: (*Plan).turn, DoLink: (*Plan).link, DoUnlink: (*Plan).link, DoAdd: (*Plan).add, DoRemove: (*Plan).remove,
}

// Correct carries out one correction and says in one Chinese sentence what was done, for the journal. What follows from the
// corrected value follows: dates from deadlines, recurrences from the text of measures, links when manifestations move. Notes do
// not; see [Check]. When it returns an error, fit to be shown, the plan is as it was.
func (p *Plan) Correct(c Correction) (said string, err error) {
	act, ok := acts[c.Do]
	if !ok {
		return "", fmt.Errorf("没有“%s”这种更正", c.Do)
	}
	if err := p.find(c.At, c.Do == DoAdd); err != nil {
		return "", err
	}
	return act(p, c)
}

// Has reports whether something stands at a spot.
func (p *Plan) Has(at Spot) bool { return p.find(at, false) == nil }

// find refuses a spot at which nothing stands. With room, the place after the last item is also one.
func (p *Plan) find(at Spot, room bool) error {
	within := func(i, n int, here bool) bool { return i >= 0 && (i < n || here && room && i == n) }
	gone := fmt.Errorf("要更正的内容已经不在原处，请刷新页面再改")
	switch at.Item {
	case ItemPlan:
		return nil
	case ItemSection:
		if !within(at.Section, len(p.Sections), true) {
			return gone
		}
		return nil
	}
	if !within(at.Section, len(p.Sections), false) {
		return gone
	}
	s := p.Sections[at.Section]
	if at.Item == ItemFinding {
		if !within(at.Finding, len(s.Findings), true) {
			return gone
		}
		return nil
	}
	if !within(at.Finding, len(s.Findings), false) {
		return gone
	}
	f := s.Findings[at.Finding]
	switch {
	case at.Item == ItemManifestation && within(at.Index, len(f.Manifestations), true):
	case at.Item == ItemMeasure && within(at.Index, len(f.Measures), true):
	default:
		return gone
	}
	return nil
}

// finding is the finding of a spot that has been found.
func (p *Plan) finding(at Spot) *Finding { return &p.Sections[at.Section].Findings[at.Finding] }

// Name is what people call the item at a spot: 问题3 措施一. Numbers are the paper's own where it prints any; a number that
// another finding bears too has its section before it.
func (p Plan) Name(at Spot) string {
	switch at.Item {
	case ItemPlan:
		return "方案"
	case ItemSection:
		return p.sectionName(at.Section)
	}
	name := p.findingName(at)
	switch at.Item {
	case ItemManifestation:
		name += " 表现" + Ordinal(at.Index+1)
	case ItemMeasure:
		name += " 措施" + Ordinal(at.Index+1)
	}
	return name
}

func (p Plan) sectionName(i int) string {
	if n := trimNumber(p.Sections[i].Number); n != "" {
		return "方面" + n
	}
	return "方面" + Ordinal(i+1)
}

func (p Plan) findingName(at Spot) string {
	number := trimNumber(p.Sections[at.Section].Findings[at.Finding].Number)
	if number == "" {
		return fmt.Sprintf("%s第%d个问题", p.sectionName(at.Section), at.Finding+1)
	}
	for si, s := range p.Sections {
		for fi, f := range s.Findings {
			if (si != at.Section || fi != at.Finding) && trimNumber(f.Number) == number {
				return p.sectionName(at.Section) + " 问题" + number
			}
		}
	}
	return "问题" + number
}

// trimNumber leaves of a printed number what is spoken: 1. 问题1 （一） become 1 1 一.
func trimNumber(s string) string {
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(s), "问题"), "（）()【】[]、.．。,，:： ")
}

// Ordinal writes a number from 1 in Chinese up to 99, larger ones in digits.
func Ordinal(n int) string {
	if n < 1 || n > 99 {
		return fmt.Sprint(n)
	}
	digits := []rune("零一二三四五六七八九")
	var b strings.Builder
	if n >= 20 {
		b.WriteRune(digits[n/10])
	}
	if n >= 10 {
		b.WriteRune('十')
	}
	if n%10 > 0 {
		b.WriteRune(digits[n%10])
	}
	return b.String()
}

// quote gives the beginning of a text in quotation marks, for a sentence of the journal.
func quote(s string) string {
	const most = 30
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return "“" + s + "”"
}

// derive brings what follows from a measure's text up to date.
func (m *Measure) derive() { m.Frequencies, m.Rules = Frequencies(m.Text) }

// renumber changes the indexes in every measure's Answers by to, which gives -1 for a manifestation that is gone.
func (f *Finding) renumber(to func(int) int) {
	for i := range f.Measures {
		var next []int
		for _, a := range f.Measures[i].Answers {
			if n := to(a); n >= 0 {
				next = append(next, n)
			}
		}
		slices.Sort(next)
		f.Measures[i].Answers = slices.Compact(next)
	}
}

// insertManifestation puts m before index i and keeps the links.
func (f *Finding) insertManifestation(i int, m Manifestation) {
	f.Manifestations = slices.Insert(f.Manifestations, i, m)
	f.renumber(func(a int) int {
		if a >= i {
			return a + 1
		}
		return a
	})
}

// removeManifestation takes index i out. Measures that answered it now answer heir, which may be i, what follows it; with -1
// they do not.
func (f *Finding) removeManifestation(i, heir int) {
	f.Manifestations = slices.Delete(f.Manifestations, i, i+1)
	f.renumber(func(a int) int {
		switch {
		case a == i:
			return heir
		case a > i:
			return a - 1
		}
		return a
	})
}
