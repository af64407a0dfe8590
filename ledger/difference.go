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
				State: StateOf(string(r.Status)), Progress: string(r.Progress),
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
	keep := func(empty bool) bool { return merge && empty }
	next.Section.Number, next.Section.Title = fresh.Section.Number, fresh.Section.Title
	if !keep(fresh.Number == "") {
		next.Number = fresh.Number
	}
	next.Title = fresh.Title
	if !keep(fresh.Goal == "") {
		next.Goal = fresh.Goal
	}
	if !keep(fresh.Leader == "") {
		next.Leader = fresh.Leader
	}
	if !keep(len(fresh.Units) == 0) {
		next.Units = fresh.Units
	}
	if !keep(len(fresh.Persons) == 0) {
		next.Persons = fresh.Persons
	}
	if !keep(fresh.DueText == "") {
		next.DueText, next.Due, next.LongTerm = fresh.DueText, fresh.Due, fresh.LongTerm
	}
	if fresh.State != Doing {
		next.State, next.Reason = fresh.State, fresh.Reason
	}
	if fresh.Progress != "" {
		next.Progress = fresh.Progress
	}
	if !keep(len(fresh.Manifestations) == 0) {
		next.Manifestations = fresh.Manifestations
		for i := range next.Manifestations {
			for _, old := range live.Manifestations {
				if plain(old.Text) == plain(next.Manifestations[i].Text) {
					next.Manifestations[i].ID = old.ID
				}
			}
		}
	}
	if !keep(len(fresh.Measures) == 0) {
		next.Measures = fresh.Measures
		for i := range next.Measures {
			for _, old := range live.Measures {
				if plain(old.Text) == plain(next.Measures[i].Text) {
					next.Measures[i].ID = old.ID
				}
			}
		}
	}
	// When only one side was laid over, answers may point past its end.
	for i := range next.Measures {
		var valid []int
		for _, a := range next.Measures[i].Answers {
			if a < len(next.Manifestations) {
				valid = append(valid, a)
			}
		}
		next.Measures[i].Answers = valid
	}
	return next
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
