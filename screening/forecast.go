package screening

import (
	"cmp"
	"slices"
)

// Turning is somebody who reaches the age of a tier.
type Turning struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Age     int      `json:"age"`
	Month   string   `json:"month"` // YYYY-MM: from which the amount of that age is due
	Sources []Source `json:"sources"`

	Village string `json:"-"` // as [Hit] has it, where places are asked for

	resident resident
}

// forecast finds the residents who reach the threshold or the age of a tier in the months after the run's.
func (r *run) forecast(deaths map[resident]*death, months int) []Turning {
	ages := []int{r.in.Params.Threshold}
	for _, t := range r.in.Params.Tiers {
		if t.From > r.in.Params.Threshold {
			ages = append(ages, t.From)
		}
	}
	latest := int(r.now)/12 - r.in.Params.Threshold + 2 // year of birth
	var list []Turning
	r.register.each(func(res resident) {
		birth := r.birth(res)
		if birth == 0 || int(birth/10000) > latest || r.canonical(res) != res || deaths[res] != nil {
			return
		}
		if st, _ := r.standing(res); st == movedOut || st == gone {
			return
		}
		for m := r.now + 1; m <= r.now+month(months); m++ {
			if age := r.in.Params.ageIn(birth, m); slices.Contains(ages, age) && r.in.Params.ageIn(birth, m-1) < age {
				list = append(list, Turning{ID: r.idText(res), Name: r.register.name(res), Age: age, Month: m.iso(), Sources: r.registerSources(res), resident: res})
			}
		}
	})
	slices.SortStableFunc(list, func(a, b Turning) int {
		return cmp.Or(cmp.Compare(a.Month, b.Month), cmp.Compare(a.Age, b.Age), cmp.Compare(a.ID, b.ID))
	})
	return list
}
