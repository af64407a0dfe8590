package ledger

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"bihuan/journal"
	"bihuan/plan"
)

// Difference is what an import would do to the ledger of a plan.
type Difference struct {
	Added   []Finding // with their sections; ids not yet set
	Dropped []Finding // in force now, left out by the new version
	Changed []Changed
	Same    int // findings left as they are
}

// Changed is a finding that an import changes.
type Changed struct {
	Old, New Finding
	Changes  []journal.Change
}

// Compare sets the findings in force against a new reading. With merge, what the reading leaves out stays, and an empty cell
// changes nothing; without, the reading is the whole plan and what it leaves out is dropped.
func Compare(live []Finding, reading plan.Plan, merge bool) Difference {
	var d Difference
	fresh := FromReading(reading)
	partner := match(live, fresh)
	for i := range fresh {
		j := partner[i]
		if j < 0 {
			d.Added = append(d.Added, fresh[i])
			continue
		}
		next := overlay(live[j], fresh[i], merge)
		if changes := differences(live[j], next); len(changes) > 0 {
			d.Changed = append(d.Changed, Changed{Old: live[j], New: next, Changes: changes})
		} else {
			d.Same++
		}
	}
	if merge {
		return d
	}
	taken := map[int]bool{}
	for _, j := range partner {
		taken[j] = true
	}
	for j, f := range live {
		if !taken[j] {
			d.Dropped = append(d.Dropped, f)
		}
	}
	return d
}

// FromReading turns what was read into findings of the ledger, without ids. A state that the paper does not tell is 正在整改.
func FromReading(p plan.Plan) []Finding {
	var list []Finding
	for si, s := range p.Sections {
		for _, r := range s.Findings {
			f := Finding{
				Section: Section{Ord: si, Number: s.Number, Title: s.Title}, Ord: len(list),
				Number: r.Number, Title: r.Title, Goal: string(r.Goal), Leader: string(r.Leader),
				Units: named(r.Units), Persons: named(besides(r.Persons, string(r.Leader))),
				DueText: string(r.DeadlineText), Due: string(r.DeadlineDate), LongTerm: r.LongTerm,
				State: StateOf(string(r.Status)), stated: r.Status != "", Progress: string(r.Progress),
			}
			if f.State.Closed() {
				f.State = Part // a paper may say so; here a finding is closed by its closing alone
			}
			if f.State == Failed {
				f.Reason = string(r.Status)
			}
			if f.Title == "" && len(r.Manifestations) > 0 {
				f.Title = r.Manifestations[0].Text
			}
			for _, m := range r.Manifestations {
				f.Manifestations = append(f.Manifestations, Manifestation{Number: m.Number, Text: m.Text})
			}
			for _, m := range r.Measures {
				f.Measures = append(f.Measures, Measure{Number: m.Number, Text: m.Text, Frequencies: m.Frequencies, Rules: m.Rules,
					Tense: m.Tense, Answers: m.Answers})
			}
			list = append(list, f)
		}
	}
	return list
}

// besides is names less one: a reading counts the leader among the persons, a ledger has a column of its own for the leader.
func besides(names []string, leader string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == leader })
}

// overlay is what live becomes when the reading fresh is laid over it. Progress made stays unless the paper reports its own.
func overlay(live, fresh Finding, merge bool) Finding {
	next := live.clone()
	// lay keeps what stands where the paper says nothing, and where a merged ledger says what stands in other signs.
	lay := func(field *string, value string) {
		if value != "" && (!merge || plain(*field) != plain(value)) {
			*field = value
		}
	}
	lay(&next.Section.Number, fresh.Section.Number)
	lay(&next.Section.Title, fresh.Section.Title)
	if !merge || live.Number != "" { // a ledger numbers what the plan did not; that is no change
		lay(&next.Number, fresh.Number)
	}
	lay(&next.Title, fresh.Title)
	lay(&next.Goal, fresh.Goal)
	lay(&next.Leader, fresh.Leader)
	if len(fresh.Units) > 0 {
		next.Units = fresh.Units
	}
	if len(fresh.Persons) > 0 {
		next.Persons = fresh.Persons
	}
	// x月x日 and nothing at all are no date to put in the place of one that somebody has found out.
	blank := fresh.DueText == "" || fresh.Due == "" && live.Due != "" && strings.ContainsAny(fresh.DueText, "xXｘＸ×*＊")
	if !blank && (!merge || plain(fresh.DueText) != plain(live.DueText)) {
		next.DueText, next.Due, next.LongTerm = fresh.DueText, fresh.Due, fresh.LongTerm
	}
	if fresh.stated && live.Closing == 0 { // no table reopens what was closed
		next.State, next.Reason = fresh.State, fresh.Reason
		if merge && plain(fresh.Reason) == plain(live.State.Word()) { // the bare word, with no reason of its own
			next.Reason = live.Reason
		}
	}
	// Beside 未完成 a ledger writes the reason where others write the progress.
	if said := plain(fresh.Progress); said != "" && said != plain(live.Progress) && said != plain(live.Reason) {
		next.Progress = fresh.Progress
	}
	if merge {
		next.join(fresh)
	} else {
		next.replace(fresh)
	}
	return next
}

// replace takes manifestations, measures and links of fresh. Items that stay keep their ids; when all stay, so do their links,
// which a person may have set right. Measures that a person added stay as long as what they answer does.
func (f *Finding) replace(fresh Finding) {
	manifestations, measures := slices.Clone(fresh.Manifestations), slices.Clone(fresh.Measures)
	stay := len(manifestations) == len(f.Manifestations)
	at := map[int]int{} // where each manifestation of f stands in fresh
	for i := range manifestations {
		k := f.manifestation(manifestations[i].Text)
		if k >= 0 {
			manifestations[i].ID, at[k] = f.Manifestations[k].ID, i
		}
		stay = stay && k == i
	}
	for i := range measures {
		k := f.measure(measures[i].Text)
		if k >= 0 {
			measures[i].ID, measures[i].Added = f.Measures[k].ID, false
		}
		if stay && k >= 0 {
			measures[i].Answers = f.Measures[k].Answers
		}
	}
	for _, m := range f.Measures {
		if !m.Added || fresh.measure(m.Text) >= 0 {
			continue
		}
		var answers []int
		for _, a := range m.Answers {
			if i, ok := at[a]; ok {
				answers = append(answers, i)
			}
		}
		if len(answers) > 0 || len(m.Answers) == 0 {
			m.Answers = answers
			measures = append(measures, m)
		}
	}
	f.Manifestations, f.Measures = manifestations, measures
}

// join adds the manifestations and measures of fresh that are not there yet.
func (f *Finding) join(fresh Finding) {
	at := make([]int, len(fresh.Manifestations)) // where each of fresh stands in f
	for i, m := range fresh.Manifestations {
		if at[i] = f.manifestation(m.Text); at[i] < 0 {
			at[i] = len(f.Manifestations)
			f.Manifestations = append(f.Manifestations, m)
		}
	}
	for _, m := range fresh.Measures {
		if f.measure(m.Text) >= 0 {
			continue
		}
		m.Answers = slices.Clone(m.Answers)
		for i, a := range m.Answers {
			m.Answers[i] = at[a]
		}
		f.Measures = append(f.Measures, m)
	}
}

// manifestation is the index of the manifestation with these words, or -1.
func (f *Finding) manifestation(text string) int {
	return slices.IndexFunc(f.Manifestations, func(m Manifestation) bool { return plain(m.Text) == plain(text) })
}

// measure is the index of the measure with these words, or -1.
func (f *Finding) measure(text string) int {
	return slices.IndexFunc(f.Measures, func(m Measure) bool { return plain(m.Text) == plain(text) })
}

// plain is a text without anything but its letters and digits, for comparing.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, norm.NFKC.String(s))
}

// match pairs each fresh finding with a live one, or -1: first by the same words of the title and the same number, then by the
// same title, then by the same place with a like title, then by likeness alone.
func match(live, fresh []Finding) []int {
	partner := make([]int, len(fresh))
	taken := make([]bool, len(live))
	for i := range partner {
		partner[i] = -1
	}
	// byKey pairs those with the same non-empty key, in order, when fits says so.
	byKey := func(key func(Finding) string, fits func(a, b Finding) bool) {
		at := map[string][]int{}
		for j, f := range live {
			if k := key(f); k != "" && !taken[j] {
				at[k] = append(at[k], j)
			}
		}
		for i, f := range fresh {
			if partner[i] >= 0 {
				continue
			}
			for _, j := range at[key(f)] {
				if !taken[j] && fits(live[j], f) {
					partner[i], taken[j] = j, true
					break
				}
			}
		}
	}
	always := func(a, b Finding) bool { return true }
	byKey(func(f Finding) string { return plain(f.Title) + "\x00" + plain(f.Number) }, always)
	byKey(func(f Finding) string { return plain(f.Title) }, always)
	byKey(func(f Finding) string {
		if f.Number == "" {
			return ""
		}
		return plain(f.Section.Title) + "\x00" + plain(f.Number)
	}, func(a, b Finding) bool { return likeness(bigrams(a.Title), bigrams(b.Title)) >= 0.3 })
	terms := make([]map[string]bool, len(live))
	for i, f := range fresh {
		if partner[i] >= 0 {
			continue
		}
		mine := bigrams(f.Title)
		for j := range live {
			if taken[j] {
				continue
			}
			if terms[j] == nil {
				terms[j] = bigrams(live[j].Title)
			}
			if likeness(mine, terms[j]) >= 0.6 {
				partner[i], taken[j] = j, true
				break
			}
		}
	}
	return partner
}

// likeness is the share of two-character terms that two texts have in common (Jaccard), 0 to 1.
func likeness(x, y map[string]bool) float64 {
	both := 0
	for t := range x {
		if y[t] {
			both++
		}
	}
	if len(x)+len(y) == both {
		return 1
	}
	return float64(both) / float64(len(x)+len(y)-both)
}

func bigrams(s string) map[string]bool {
	r := []rune(plain(s))
	set := make(map[string]bool, len(r))
	for i := range max(len(r)-1, 0) {
		set[string(r[i:i+2])] = true
	}
	return set
}
