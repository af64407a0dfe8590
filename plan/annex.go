package plan

import (
	"slices"
	"strconv"
	"strings"
)

// annexes parts the tables of a plan whose findings stand in its running text from those bound to it as lists (问题清单, 任务清单,
// 责任清单): these repeat the findings and add none. It notes in k.annex where the lists begin, their table of contents included.
func (k *reader) annexes(all []grid) (own, annexed []grid) {
	k.annex = len(k.c)
	first := k.annexTitle()
	if first < 0 || !k.measuresBefore(k.lines[first].from) {
		return all, nil
	}
	k.annex = k.lines[first].from
	for n := first - 1; n > 0 && n > first-12; n-- { // 附件：1.…问题清单, signature and date stand before the first list
		l := k.lines[n]
		if l.cell.Table > 0 {
			break
		}
		if k.starts(l.from, "附件") || k.starts(l.from, "附:") {
			k.annex = l.from
		}
	}
	for _, g := range all {
		if g.from > k.annex {
			annexed = append(annexed, g)
		} else {
			own = append(own, g)
		}
	}
	return own, annexed
}

// annexTitle is the line of the first list title in the text, -1 unless a table follows it at once.
func (k *reader) annexTitle() int {
	for n := 1; n < len(k.lines); n++ {
		l := k.lines[n]
		if l.cell.Table > 0 {
			continue
		}
		if !k.annexName(l) {
			continue
		}
		if n+1 < len(k.lines) && k.lines[n+1].cell.Table > 0 {
			return n
		}
		if !k.contents(n) {
			return -1
		}
	}
	return -1
}

// contents reports whether a line belongs to the table of contents of the annexes: 附件：1.…问题清单.
func (k *reader) contents(n int) bool {
	for ; n > 0 && k.lines[n].cell.Table == 0; n-- {
		if k.starts(k.lines[n].from, "附件") || k.starts(k.lines[n].from, "附:") {
			return true
		}
		if !k.annexName(k.lines[n]) {
			return false
		}
	}
	return false
}

// annexName reports whether a line is the title of a list, however long the name of the unit before it.
func (k *reader) annexName(l line) bool {
	if _, ok := k.listTitle(l); ok {
		return true
	}
	s := span{max(l.from, l.to-4), l.to}
	return l.to-l.from <= 60 && slices.Contains([]string{"问题清单", "任务清单", "责任清单"}, k.bare(s))
}

// measuresBefore reports whether the running text before c[at] labels measures.
func (k *reader) measuresBefore(at int) bool {
	for _, lb := range k.labels {
		if lb.from < at && (lb.field == fMeasure || lb.field == fDone) && k.lines[k.lineAt(lb.from)].cell.Table == 0 {
			return true
		}
	}
	return false
}

// fillFromAnnexes gives the findings of the running text what only the lists say. A finding that stands in a list alone is added.
func (k *reader) fillFromAnnexes(out *outline, annexed []grid) {
	if len(annexed) == 0 {
		return
	}
	m := k.matcher(out.drafts)
	for i := range annexed {
		scratch := outline{sections: []sectionDraft{{}}}
		k.tables(&scratch, annexed[i:i+1])
		for rank, d := range scratch.drafts {
			at := m.find(d, rank, len(scratch.drafts))
			if at < 0 && !d.title.empty() {
				at = len(out.drafts)
				section := 0
				if s := scratch.sections[d.section]; !s.title.empty() {
					section = m.section(out, s)
				}
				d.section = section
				m.byTitle[k.bare(d.title)] = at
				out.drafts = append(out.drafts, d)
			} else if at >= 0 {
				k.complete(&out.drafts[at], d)
			}
			if at >= 0 && d.key != "" {
				m.byKey[d.key] = at
			}
		}
	}
}

// annexMatcher finds the finding of the running text that a row of a list is about.
type annexMatcher struct {
	*reader
	byTitle  map[string]int
	byKey    map[string]int // by the number in an earlier list
	byNumber map[string]int // by the number in the text, -1 when two have it
	byPlace  map[string]int // 1-2: second finding of the first aspect
	count    int            // findings of the running text
}

func (k *reader) matcher(drafts []draft) annexMatcher {
	m := annexMatcher{reader: k, byTitle: map[string]int{}, byKey: map[string]int{}, byNumber: map[string]int{}, byPlace: map[string]int{}, count: len(drafts)}
	aspect, n := 0, 0
	for i, d := range drafts {
		if i == 0 || d.section != drafts[i-1].section {
			aspect, n = aspect+1, 0
		}
		n++
		m.byPlace[strconv.Itoa(aspect)+"-"+strconv.Itoa(n)] = i
		m.byTitle[k.bare(d.title)] = i
		if _, double := m.byNumber[d.key]; double {
			m.byNumber[d.key] = -1
		} else if d.key != "" {
			m.byNumber[d.key] = i
		}
	}
	delete(m.byTitle, "")
	return m
}

// find is the index of the finding, or -1. A row with a title is joined by another than its title only where all are at the same
// place.
func (m annexMatcher) find(d draft, rank, rows int) int {
	if at, ok := m.byTitle[m.bare(d.title)]; ok {
		return at
	}
	if d.title.empty() {
		for _, by := range []map[string]int{m.byKey, m.byPlace, m.byNumber} {
			if at, ok := by[strings.Trim(d.key, "()")]; ok && at >= 0 && d.key != "" {
				return at
			}
		}
	}
	if rows == m.count {
		return rank
	}
	return -1
}

// section is the index of the section of a list in the plan, added where it is not there.
func (m annexMatcher) section(out *outline, s sectionDraft) int {
	for i, x := range out.sections {
		if m.bare(x.title) == m.bare(s.title) {
			return i
		}
	}
	out.sections = append(out.sections, s)
	return len(out.sections) - 1
}

// complete gives a finding what it lacks and another piece of it has.
func (k *reader) complete(x *draft, d draft) {
	if len(x.problems)+len(x.pairs) == 0 {
		x.problems = d.problems
	}
	if len(x.measures)+len(x.done)+len(x.pairs) == 0 {
		x.measures = d.measures
	}
	units, persons := k.named(x.owners)
	for _, o := range d.owners {
		switch o.field {
		case fUnit, fCoUnit:
			if units {
				continue
			}
		case fPerson, fLeader:
			if persons {
				continue
			}
		default:
			if units || persons {
				continue
			}
		}
		x.owners = append(x.owners, o)
	}
	if !k.anyKnown(x.deadlines) {
		x.deadlines = append(x.deadlines, d.deadlines...)
	}
	if !k.anyKnown(x.goals) {
		x.goals = append(x.goals, d.goals...)
	}
	if !k.anyKnown(x.status) {
		x.status = append(x.status, d.status...)
	}
	if !k.anyKnown(x.progress) {
		x.progress = append(x.progress, d.progress...)
	}
}

// named reports whether lines of responsibility name a unit and a person.
func (k *reader) named(owners []owned) (units, persons bool) {
	for _, o := range owners {
		for _, x := range k.owners(o.at, o.field) {
			units, persons = units || !x.person, persons || x.person
		}
	}
	return units, persons
}

func (k *reader) anyKnown(list []span) bool {
	for _, s := range list {
		if s = k.clean(s); !s.empty() && !unknown(k.bare(s)) {
			return true
		}
	}
	return false
}
