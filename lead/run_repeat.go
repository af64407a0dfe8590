package lead

import (
	"context"
	"fmt"
	"slices"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// Repetition is what came of running a screening again from what it was frozen with.
type Repetition struct {
	Identical bool          // to the byte
	Gone      []UsedDataset // lists that are deleted; with any, nothing could be run
	Rules     []string      // rules whose meaning has changed since: HL-01 第1版→第2版
	Result    string        // SHA-256 of the hits of now
	New, Lost int           // findings that only one of the two has
}

// Words says it in a sentence.
func (r Repetition) Words() string {
	switch {
	case len(r.Gone) > 0:
		words := "不能重跑：用过的名单已经删除（"
		for i, u := range r.Gone {
			if i > 0 {
				words += "、"
			}
			words += u.Kind.Word() + "《" + u.Name + "》"
		}
		return words + "）。疑点和指纹仍在"
	case r.Identical:
		return "重跑一遍，结果一字不差"
	case len(r.Rules) > 0:
		return fmt.Sprintf("重跑的结果不同：规则改过（%s），多出 %d 条，少了 %d 条", joined(r.Rules), r.New, r.Lost)
	}
	return fmt.Sprintf("重跑的结果不同：多出 %d 条，少了 %d 条。规则没有改过，请把这件事告诉管理员", r.New, r.Lost)
}

func joined(list []string) string {
	words := ""
	for i, s := range list {
		if i > 0 {
			words += "、"
		}
		words += s
	}
	return words
}

// Repeat runs a finished screening again from its frozen inputs, keeps nothing of it but an entry in the journal, and says whether the
// hits are the same to the byte, or what differs. Errors: [org.Invalid], [org.Denied].
func Repeat(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id int64) (Repetition, error) {
	s, err := ScreeningByID(ctx, v, house, who, id)
	if err != nil {
		return Repetition{}, err
	}
	if err := s.finished("不能重跑核对"); err != nil {
		return Repetition{}, err
	}
	r, err := s.repeat(ctx, v)
	if err != nil {
		return r, err
	}
	return r, v.Write(ctx, func(tx *store.Tx) error {
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "重跑核对", Kind: "screening", Row: id, Changes: []journal.Change{{Field: "结果", To: r.Words()}}})
	})
}

func (s Screening) repeat(ctx context.Context, v *vault.Vault) (r Repetition, err error) {
	for _, u := range s.Datasets {
		d, err := datasetByID(ctx, v, u.ID)
		if err != nil {
			return r, err
		}
		if d.State == DatasetDeleted {
			r.Gone = append(r.Gone, u)
		}
	}
	if len(r.Gone) > 0 {
		return r, nil
	}
	for _, u := range s.Rules {
		i := slices.IndexFunc(screening.Rules, func(x screening.Rule) bool { return x.ID == u.ID })
		if i >= 0 && screening.Rules[i].Version != u.Version {
			r.Rules = append(r.Rules, fmt.Sprintf("%s第%d版→第%d版", u.ID, u.Version, screening.Rules[i].Version))
		}
	}
	report, err := s.again(ctx, v, func(*screening.Input) {})
	if err != nil {
		return r, err
	}
	if r.Result, err = resultOf(report.Hits); err != nil {
		return r, err
	}
	if r.Identical = r.Result == s.Result; r.Identical {
		return r, nil
	}
	before, err := keptHits(ctx, v, s.ID)
	if err != nil {
		return r, err
	}
	left := map[string]int{}
	for _, k := range before {
		left[k.Key]++
	}
	for _, h := range report.Hits {
		if key := v.Index("hit", h.Key()); left[key] > 0 {
			left[key]--
		} else {
			r.New++
		}
	}
	for _, n := range left {
		r.Lost += n
	}
	return r, nil
}

// again runs the engine once more over what a screening was frozen with. set changes what is asked of it.
func (s Screening) again(ctx context.Context, v *vault.Vault, set func(*screening.Input)) (screening.Report, error) {
	in, err := s.input(ctx, v)
	if err != nil {
		return screening.Report{}, err
	}
	set(&in)
	report, err := screening.Run(ctx, in)
	if err != nil {
		return report, unreadable(err)
	}
	return report, nil
}

// Explain takes the case of one number apart for a finished screening that was not discarded: the clauses of its rules, which are met and why. That somebody looked goes
// into the journal, the number does not. Errors: [org.Invalid], [org.Denied].
func Explain(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id int64, number string) ([]screening.Clause, error) {
	s, err := ScreeningByID(ctx, v, house, who, id)
	if err != nil {
		return nil, err
	}
	if err := s.finished("不能逐条说明"); err != nil {
		return nil, err
	}
	number, err = wholeNumber(number)
	if err != nil {
		return nil, err
	}
	report, err := s.again(ctx, v, func(in *screening.Input) { in.Explain = number })
	if err != nil {
		return nil, err
	}
	return report.Clauses, v.Write(ctx, func(tx *store.Tx) error {
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "查看", Kind: "screening", Row: id, Changes: []journal.Change{{Field: "逐条说明", To: "一人"}}})
	})
}
