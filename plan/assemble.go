package plan

import "strings"

// join brings together the pieces of one finding that stand in several lists under one number.
func (k *reader) join(out outline) outline {
	lists := map[field]bool{}
	for _, d := range out.drafts {
		lists[d.region] = true
	}
	if len(lists) < 2 {
		return out
	}
	first := out.drafts[0].region
	for _, d := range out.drafts {
		if d.region == fProblem {
			first = fProblem
			break
		}
	}
	var kept []draft
	where := map[string][]int{}
	for _, d := range out.drafts {
		if d.region == first || d.region == fNone {
			where[d.key] = append(where[d.key], len(kept))
			kept = append(kept, d)
		}
	}
	order := map[field]int{}
	for _, d := range out.drafts {
		if d.region == first || d.region == fNone {
			continue
		}
		n := order[d.region]
		order[d.region]++
		at := -1
		switch same := where[d.key]; {
		case len(same) == 1:
			at = same[0]
		case len(same) > 1:
			at = same[0]
			for _, i := range same {
				if out.sections[kept[i].section].ord == out.sections[d.section].ord {
					at = i
				}
			}
			if out.sections[d.section].ord == 0 && n < len(kept) && kept[n].key == d.key {
				at = n
			}
		case n < len(kept):
			at = n
		}
		if at < 0 {
			continue
		}
		t := &kept[at]
		t.problems = append(t.problems, d.problems...)
		t.measures = append(append(t.measures, d.measures...), d.done...)
		t.goals = append(t.goals, d.goals...)
		t.owners = append(t.owners, d.owners...)
		t.deadlines = append(t.deadlines, d.deadlines...)
		t.status = append(t.status, d.status...)
	}
	out.drafts = kept
	return out
}

// assemble makes the plan's sections out of the drafts.
func (k *reader) assemble(p *Plan, out outline) {
	p.Sections = []Section{}
	at := map[int]int{}
	duties := strings.HasSuffix(k.bare(k.title(len(k.c))), "责任清单")
	for _, d := range out.drafts {
		f := k.finding(d)
		duty := duties && d.table && f.Number != "" && len(f.Units)+len(f.Persons) > 0
		if f.Title == "" && len(f.Manifestations) == 0 && len(f.Measures) == 0 && !duty {
			continue
		}
		i, ok := at[d.section]
		if !ok {
			i = len(p.Sections)
			at[d.section] = i
			s := out.sections[d.section]
			p.Sections = append(p.Sections, Section{Number: k.text(s.num), Title: k.text(s.title), Source: k.source(cover(s.num, s.title))})
		}
		p.Sections[i].Findings = append(p.Sections[i].Findings, f)
	}
}

// cover gives the stretch from one piece to another.
func cover(a, b span) span {
	switch {
	case a.empty():
		return b
	case b.empty():
		return a
	}
	return span{min(a.a, b.a), max(a.b, b.b)}
}

// finding makes a finding out of a draft.
func (k *reader) finding(d draft) Finding {
	f := Finding{Number: k.text(d.num), Title: k.text(d.title), Source: k.source(cover(d.num, d.title))}
	f.Manifestations, f.Measures = []Manifestation{}, []Measure{}
	for _, s := range d.problems {
		items := k.splitOf(d.problems, s)
		for _, it := range items {
			f.Manifestations = append(f.Manifestations, Manifestation{k.text(it.num), k.text(it.text), k.source(it.text)})
		}
	}
	d.done = k.takeStates(&d)
	tense := Todo
	texts := d.measures
	if len(texts) == 0 {
		texts, tense = d.done, Done
	} else if len(d.done) > 0 {
		d.progress = append(d.progress, d.done...)
	}
	for _, p := range d.pairs {
		n := len(f.Manifestations)
		f.Manifestations = append(f.Manifestations, Manifestation{k.text(p.num), k.text(p.problem), k.source(p.problem)})
		items := k.split(p.text)
		for _, it := range items {
			m := k.measure(it, Done)
			m.Answers, m.Confidence = []int{n}, 0.95
			f.Measures = append(f.Measures, m)
		}
	}
	for _, s := range texts {
		items := k.splitOf(texts, s)
		for _, it := range items {
			f.Measures = append(f.Measures, k.measure(it, tense))
		}
	}
	k.people(&f, d)
	k.times(&f, d)
	k.states(&f, d)
	for _, g := range d.goals {
		if f.Goal == "" {
			f.Goal, f.Sources.Goal = Maybe(k.text(g)), k.source(g)
		}
	}
	link(&f, len(d.pairs) > 0)
	f.Confidence = k.confidence(f, d)
	return f
}

// takeStates moves what is only a state out of the texts that tell what was done.
func (k *reader) takeStates(d *draft) []span {
	var texts []span
	for _, s := range d.done {
		if _, ok := k.state(k.clean(s)); ok {
			d.status = append(d.status, k.clean(s))
		} else {
			texts = append(texts, s)
		}
	}
	return texts
}

// measure makes a measure out of an item.
func (k *reader) measure(it item, tense Tense) Measure {
	m := Measure{Number: k.text(it.num), Text: k.text(it.text), Tense: tense, Answers: []int{}, Source: k.source(it.text)}
	m.Frequencies, m.Rules = k.frequencies(it.text)
	if tense == Todo && reportsDone(k.bare(it.text)) {
		m.Tense = Done
	}
	return m
}

// people fills units and persons: leading persons before the others, leading units before co-operating ones.
func (k *reader) people(f *Finding, d draft) {
	f.Units, f.Persons = []string{}, []string{}
	for _, pass := range [][]field{{fLeader, fUnit, fOwner}, {fPerson, fCoUnit}} {
		for _, o := range d.owners {
			if o.field != pass[0] && o.field != pass[1] && (len(pass) < 3 || o.field != pass[2]) {
				continue
			}
			for _, x := range k.owners(o.at, o.field) {
				if len(f.Units)+len(f.Persons) > 500 { // no plan
					break
				}
				text := k.text(x.at)
				if x.person {
					if n := len(f.Persons); len(appendOnce(f.Persons, text)) > n {
						f.Persons = append(f.Persons, text)
						f.Sources.Persons = append(f.Sources.Persons, k.source(x.at))
					}
				} else if n := len(f.Units); len(appendOnce(f.Units, text)) > n {
					f.Units = append(f.Units, text)
					f.Sources.Units = append(f.Sources.Units, k.source(x.at))
				}
			}
			if o.field == fLeader && f.Leader == "" && len(f.Persons) > 0 {
				f.Leader = Maybe(f.Persons[0])
			}
		}
	}
}

// times fills the deadline.
func (k *reader) times(f *Finding, d draft) {
	for _, s := range d.deadlines {
		if s = k.clean(s); s.empty() || unknown(k.bare(s)) {
			continue
		}
		t := k.deadline(s, k.base)
		f.LongTerm = f.LongTerm || t.LongTerm
		if f.DeadlineText == "" {
			f.DeadlineText, f.DeadlineDate, f.Precision, f.Sources.Deadline = Maybe(t.Text), t.Date, t.Precision, k.source(s)
		}
	}
}

// states fills status and progress.
func (k *reader) states(f *Finding, d draft) {
	for _, s := range d.status {
		if s = k.clean(s); s.empty() || unknown(k.bare(s)) {
			continue
		}
		state, rest, ok := k.stateIn(s)
		if !ok {
			state, rest = s, span{s.b, s.b}
		}
		if f.Status == "" {
			f.Status, f.Sources.Status = Maybe(k.text(state)), k.source(state)
			f.LongTerm = f.LongTerm || k.isLongTerm(s)
		}
		if !rest.empty() {
			d.progress = append(d.progress, rest)
		}
	}
	for _, s := range d.progress {
		if f.Progress == "" {
			f.Progress = Maybe(k.text(k.clean(s)))
		}
	}
}

// confidence says how sure the reader is of a finding.
func (k *reader) confidence(f Finding, d draft) float64 {
	c := 1.0
	for _, x := range []struct {
		lowers bool
		by     float64
	}{
		{len(f.Measures) == 0, 0.25}, {len(f.Units)+len(f.Persons) == 0, 0.1}, {f.DeadlineText == "", 0.1}, {f.DeadlineText != "" && f.DeadlineDate == "" && !f.LongTerm, 0.05},
		{len(f.Manifestations) == 0, 0.05}, {d.inferred, 0.05}, {k.lost > 0, 0.1}, {runeLen(f.Title) > 60, 0.15}, {f.Title == "", 0.3},
	} {
		if x.lowers {
			c -= x.by
		}
	}
	return float64(int(max(c, 0.1)*100+0.5)) / 100
}
