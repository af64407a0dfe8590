package ledger

import (
	"fmt"
	"strings"
)

// Row is one row of a finding in the ledger, on the screen and on paper: a manifestation beside a measure that answers it. A span
// of 0 says that the cell is covered by one further up.
type Row struct {
	Manifestation     int // index; -1 where measures answer none
	ManifestationSpan int
	Measure           int // index, or NoMeasure or SeeElsewhere
	MeasureSpan       int
	Elsewhere         []int // measures that answer this manifestation too, but stand beside another; on its first row only
}

// The two ways of a row without a measure of its own.
const (
	NoMeasure    = -1 // nothing answers the manifestation
	SeeElsewhere = -2 // what answers it stands beside another manifestation
)

// Rows lays out manifestations and measures of a finding so that each stands once. A measure stands beside the first manifestation
// it answers and reaches down over those after it as long as it is the only answer of each; what answers further ones is named
// there. There is at least one row.
func Rows(f Finding) []Row {
	own, free := placed(f)
	var rows []Row
	for i := 0; i < len(f.Manifestations); i++ {
		here := own[i]
		elsewhere := without(f.AnsweredBy(i), here)
		switch {
		case len(here) == 0 && len(elsewhere) == 0:
			rows = append(rows, Row{Manifestation: i, ManifestationSpan: 1, Measure: NoMeasure, MeasureSpan: 1})
		case len(here) == 0:
			rows = append(rows, Row{Manifestation: i, ManifestationSpan: 1, Measure: SeeElsewhere, MeasureSpan: 1, Elsewhere: elsewhere})
		case len(here) == 1 && len(elsewhere) == 0:
			n := reach(f, here[0], i)
			rows = append(rows, Row{Manifestation: i, ManifestationSpan: 1, Measure: here[0], MeasureSpan: n})
			for k := 1; k < n; k++ {
				rows = append(rows, Row{Manifestation: i + k, ManifestationSpan: 1, Measure: here[0]})
			}
			i += n - 1
		default:
			for k, m := range here {
				r := Row{Manifestation: i, Measure: m, MeasureSpan: 1}
				if k == 0 {
					r.ManifestationSpan, r.Elsewhere = len(here), elsewhere
				}
				rows = append(rows, r)
			}
		}
	}
	for k, m := range free {
		r := Row{Manifestation: -1, Measure: m, MeasureSpan: 1}
		if k == 0 {
			r.ManifestationSpan = len(free)
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		rows = append(rows, Row{Manifestation: -1, ManifestationSpan: 1, Measure: NoMeasure, MeasureSpan: 1})
	}
	return rows
}

// placed gives the measures by the first manifestation they answer, and those that answer none.
func placed(f Finding) (own [][]int, free []int) {
	own = make([][]int, len(f.Manifestations))
	for m, measure := range f.Measures {
		first := len(own)
		for _, a := range measure.Answers {
			if a >= 0 {
				first = min(first, a)
			}
		}
		if first == len(own) {
			free = append(free, m)
		} else {
			own[first] = append(own[first], m)
		}
	}
	return own, free
}

// reach is how many manifestations from i on have measure m as their only answer.
func reach(f Finding, m, i int) int {
	n := 1
	for i+n < len(f.Manifestations) {
		if by := f.AnsweredBy(i + n); len(by) != 1 || by[0] != m {
			break
		}
		n++
	}
	return n
}

// without gives the elements of list that are not in other.
func without(list, other []int) []int {
	var rest []int
	for _, x := range list {
		found := false
		for _, y := range other {
			found = found || x == y
		}
		if !found {
			rest = append(rest, x)
		}
	}
	return rest
}

// Serial is what stands under 序号: the number the plan printed without the marks around it, or the place in the plan when it
// printed none.
func (f Finding) Serial() string {
	if n := trimNumber(f.Number); n != "" {
		return strings.TrimPrefix(n, "问题")
	}
	return fmt.Sprint(f.Ord + 1)
}

// ManifestationName calls the manifestation with index i by its printed number, or by its place when it has none: 一是, 表现2.
func (f Finding) ManifestationName(i int) string {
	if n := trimNumber(f.Manifestations[i].Number); n != "" {
		return n
	}
	return fmt.Sprintf("表现%d", i+1)
}

// MeasureName calls the measure with index i by its printed number, or by its place when it has none: 一是, 措施2.
func (f Finding) MeasureName(i int) string {
	if n := trimNumber(f.Measures[i].Number); n != "" {
		return n
	}
	return fmt.Sprintf("措施%d", i+1)
}

// trimNumber takes the marks around a printed number away: （一） 1、 1.
func trimNumber(s string) string { return strings.Trim(s, "（）()【】[]、.．,，:： \t") }
