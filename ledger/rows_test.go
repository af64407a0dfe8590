package ledger

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// answers makes a finding of n manifestations whose measures answer what is given.
func answers(n int, measures ...[]int) Finding {
	f := Finding{Manifestations: make([]Manifestation, n)}
	for _, a := range measures {
		f.Measures = append(f.Measures, Measure{Answers: a})
	}
	return f
}

func TestRows(t *testing.T) {
	for name, c := range map[string]struct {
		f    Finding
		want []Row
	}{
		"one to one": {answers(2, []int{0}, []int{1}), []Row{{0, 1, 0, 1, nil}, {1, 1, 1, 1, nil}}},
		"two measures for one": {answers(2, []int{0}, []int{0}, []int{1}),
			[]Row{{0, 2, 0, 1, nil}, {0, 0, 1, 1, nil}, {1, 1, 2, 1, nil}}},
		"one measure for two": {answers(3, []int{0, 1}, []int{2}), []Row{{0, 1, 0, 2, nil}, {1, 1, 0, 0, nil}, {2, 1, 1, 1, nil}}},
		"answered further up": {answers(3, []int{0, 2}, []int{1}),
			[]Row{{0, 1, 0, 1, nil}, {1, 1, 1, 1, nil}, {2, 1, SeeElsewhere, 1, []int{0}}}},
		"answered here and further up": {answers(2, []int{0, 1}, []int{1}), []Row{{0, 1, 0, 1, nil}, {1, 1, 1, 1, []int{0}}}},
		"unanswered":                   {answers(2, []int{0}), []Row{{0, 1, 0, 1, nil}, {1, 1, NoMeasure, 1, nil}}},
		"answers nothing":              {answers(1, []int{0}, nil, nil), []Row{{0, 1, 0, 1, nil}, {-1, 2, 1, 1, nil}, {-1, 0, 2, 1, nil}}},
		"no manifestations":            {answers(0, nil), []Row{{-1, 1, 0, 1, nil}}},
		"nothing":                      {answers(0), []Row{{-1, 1, NoMeasure, 1, nil}}},
		"answers what is not there":    {answers(1, []int{3}, []int{-1}), []Row{{0, 1, NoMeasure, 1, nil}, {-1, 2, 0, 1, nil}, {-1, 0, 1, 1, nil}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Rows(c.f)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRowsStandOnce: whatever answers what, each manifestation and each measure stands in exactly one cell, and the cells of both
// columns cover all rows.
func TestRowsStandOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 6).Draw(t, "manifestations")
		f := answers(n, rapid.SliceOfN(rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 0, 4, rapid.ID[int]), 0, 6).Draw(t, "measures")...)
		shown, done := map[int]int{}, map[int]int{}
		nextShown, nextDone := 0, 0
		for i, r := range Rows(f) {
			if (r.ManifestationSpan > 0) != (i == nextShown) || (r.MeasureSpan > 0) != (i == nextDone) {
				t.Fatalf("row %d: cells overlap or leave a hole", i)
			}
			if r.ManifestationSpan > 0 {
				shown[r.Manifestation]++
				nextShown += r.ManifestationSpan
			}
			if r.MeasureSpan > 0 {
				done[r.Measure]++
				nextDone += r.MeasureSpan
			}
		}
		for i := range f.Manifestations {
			if shown[i] != 1 {
				t.Fatalf("manifestation %d stands %d times", i, shown[i])
			}
		}
		for i := range f.Measures {
			if done[i] != 1 {
				t.Fatalf("measure %d stands %d times", i, done[i])
			}
		}
	})
}

func TestNames(t *testing.T) {
	f := Finding{Number: "（3）", Ord: 6, Manifestations: []Manifestation{{Number: "一是"}, {}}, Measures: []Measure{{Number: "1、"}, {}}}
	got := []string{f.Serial(), Finding{Number: "问题4", Ord: 1}.Serial(), Finding{Ord: 6}.Serial(),
		f.ManifestationName(0), f.ManifestationName(1), f.MeasureName(0), f.MeasureName(1)}
	if diff := cmp.Diff([]string{"3", "4", "7", "一是", "表现2", "1", "措施2"}, got); diff != "" {
		t.Error(diff)
	}
}
