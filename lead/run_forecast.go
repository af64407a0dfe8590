package lead

import (
	"context"
	"slices"
	"strings"

	"bihuan/chinese"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// wholeNumber reads the number of a citizen as somebody types it.
func wholeNumber(text string) (string, error) {
	w := chinese.ReadID(strings.TrimSpace(text))
	if w.Number == 0 || w.Flaw != chinese.Sound {
		return "", org.Invalid{Field: "身份证号", What: "不对，请核对 18 位号码"}
	}
	return w.Number.String(), nil
}

// Fit is a dataset that a screening may take, and whether it is proposed.
type Fit struct {
	Dataset
	Chosen  bool
	Days    int // how old it is on the day of the screening
	Shorter Shorter
}

// Old tells that a list is so old that its findings have to be taken with care.
func (f Fit) Old() bool { return f.Days > oldAfter }

// oldAfter is after how many days a list is old: lists are to come monthly (B1.3).
const oldAfter = 45

// Fitting lists the datasets of a town that are ready, by kind and the newest first, and proposes those of the newest day of
// each kind and giver, which may be several parts; of rolls all, for they are the history of payments. A list much later than the day is
// not proposed.
func Fitting(ctx context.Context, v *vault.Vault, unit int64, asOf string) ([]Fit, error) {
	list, err := store.All(ctx, v, scanDataset, `select `+datasetColumns+` from dataset where unit = $1 and state = 'ready' order by as_of desc, id desc`, unit)
	if err != nil {
		return nil, err
	}
	past, err := confirmedLists(ctx, v, unit)
	if err != nil {
		return nil, err
	}
	var fits []Fit
	type source struct {
		kind  screening.Kind
		giver string
	}
	newest := map[source]string{}
	for _, k := range screening.Kinds {
		for _, d := range list {
			if d.Kind != k {
				continue
			}
			f := Fit{Dataset: d, Days: daysBetween(d.AsOf, asOf), Shorter: shorter(d, past)}
			of := source{d.Kind, d.Giver}
			if f.Chosen = d.Kind == screening.Roll || d.Kind == screening.Deaths || f.Days >= -monthDays && (newest[of] == "" || newest[of] == d.AsOf); f.Chosen {
				newest[of] = d.AsOf
			}
			fits = append(fits, f)
		}
	}
	return fits, nil
}

// monthDays is how much later than the day of a screening a list may be and still be proposed: a list of the beginning of the next month
// says what the month was.
const monthDays = 31

// Need says what becomes of a rule with the lists and parameters at hand.
type Need struct {
	Rule    screening.Rule
	State   screening.RuleState
	Missing []screening.Kind
	Lacks   []screening.Parameter // with any it cannot be run, whatever the lists
}

// Runs tells whether the rule can be run.
func (n Need) Runs() bool { return n.State != screening.ForAbove && len(n.Lacks) == 0 }

// Needs says of every rule what becomes of it when lists of these kinds and these parameters are given.
func Needs(kinds []screening.Kind, params screening.Params) []Need {
	missing := func(list []screening.Kind) []screening.Kind {
		return slices.DeleteFunc(slices.Clone(list), func(k screening.Kind) bool { return slices.Contains(kinds, k) })
	}
	var out []Need
	for _, r := range screening.Rules {
		n := Need{Rule: r, State: screening.Ran, Missing: missing(r.Needs), Lacks: params.Lacks(r)}
		either := missing(r.Either)
		switch {
		case len(n.Missing) > 0 || len(r.Either) > 0 && len(either) == len(r.Either):
			n.State = screening.ForAbove
			if len(either) == len(r.Either) {
				n.Missing = append(n.Missing, either...)
			}
		default:
			if n.Missing = append(missing(r.Helps), either...); len(n.Missing) > 0 {
				n.State = screening.RanInPart
			}
		}
		out = append(out, n)
	}
	return out
}

// Forecast says who of a town reaches the age of a tier in the twelve months after the day of the parameters, by the newest register and
// deaths. Nothing of it is kept. used are the lists it rests on; none when there is no register.
func Forecast(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, unit int64, params screening.Params) (turning []screening.Turning, used []Dataset, err error) {
	town, err := org.UnitByID(ctx, house, unit)
	if err != nil {
		return nil, nil, err
	}
	if err := who.Check(org.Residents, town); err != nil {
		return nil, nil, err
	}
	fits, err := Fitting(ctx, v, unit, params.AsOf)
	if err != nil {
		return nil, nil, err
	}
	in := screening.Input{Params: params, Rules: []string{"HL-01"}, Forecast: 12, Places: true}
	register := false
	for _, f := range fits {
		if !f.Chosen || f.Kind != screening.Residents && f.Kind != screening.Deaths {
			continue
		}
		register = register || f.Kind == screening.Residents
		list, err := openList(ctx, v, f.Dataset, f.Name)
		if err != nil {
			return nil, nil, err
		}
		in.Lists, used = append(in.Lists, list), append(used, f.Dataset)
	}
	if !register {
		return nil, nil, nil
	}
	report, err := screening.Run(ctx, in)
	if err != nil {
		return nil, nil, unreadable(err)
	}
	return report.Turning, used, nil
}
