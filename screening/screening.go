// Package screening compares lists of people (register, payroll, deaths …) and says who is missing from a roll, who should not
// be on it and what does not agree, each with the rows it rests on. It is pure: files in, hits out; no clock, no database. A hit is
// a lead for a person to look into and never a decision: nothing here stops or grants anything.
package screening

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"bihuan/chinese"
)

// Tier is what an age band is paid.
type Tier struct {
	From         int  `json:"from_age"`
	To           int  `json:"to_age"` // inclusive; 0 is without end
	YuanPerMonth Yuan `json:"yuan_per_month"`
}

// Params are the rules of the programme on the day of the run. A run by rules that reckon with none of them needs only the day.
type Params struct {
	AsOf        string `json:"as_of"` // YYYY-MM-DD; its month is the one the run is about
	Threshold   int    `json:"age_threshold"`
	FirstMonth  string `json:"first_month"`              // birthday: paid from the month of the birthday; next: from the one after
	GraceMonths int    `json:"grace_months_after_death"` // months after the month of death that may still be paid
	Tiers       []Tier `json:"tiers"`
	Limits      Limits `json:"limits,omitzero"`
}

// Limits are the numbers of the rules beside the allowance. Places set them differently, so each is a parameter; one that is left out
// is that of [DefaultLimits].
type Limits struct {
	ReviewMonths    [3]int   `json:"review_months,omitzero"`    // between reviews of a household: gravely ill or disabled with steady income, steady, able to work (B1.4)
	PostAge         int      `json:"post_age,omitzero"`         // the highest age on a public-welfare post
	TekunAge        int      `json:"tekun_age,omitzero"`        // from which somebody alone may be 特困
	AdultAge        int      `json:"adult_age,omitzero"`        // from which, and below TekunAge, somebody is able to support others
	ChildGap        int      `json:"child_gap,omitzero"`        // years by which a child is younger at least, where the register does not say who is whose
	SelfPaid        Yuan     `json:"self_paid_yuan,omitzero"`   // what somebody paid for treatment himself, from which it is a clue
	ClueDays        int      `json:"clue_days,omitzero"`        // in which a clue is to be dealt with
	PostedDays      int      `json:"posted_days,omitzero"`      // for which a list hangs out before the decision
	UncheckedMonths int      `json:"unchecked_months,omitzero"` // since the last proof of life
	IdleMonths      int      `json:"idle_months,omitzero"`      // since an account was last used
	Allowed         []string `json:"allowed,omitzero"`          // words of what the policy lets a household own
}

// DefaultLimits are the values where nothing else is said: examples out of rules of several places, to be replaced by one's own.
func DefaultLimits() Limits {
	return Limits{ReviewMonths: [3]int{12, 6, 3}, PostAge: 65, TekunAge: 60, AdultAge: 18, ChildGap: 16, SelfPaid: 10_000_00, ClueDays: 15, PostedDays: 5, UncheckedMonths: 12, IdleMonths: 12,
		Allowed: []string{"农用", "三轮", "拖拉机", "代步", "农机"}}
}

// Whole fills in what is left out.
func (l Limits) Whole() Limits {
	d := DefaultLimits()
	for i := range l.ReviewMonths {
		l.ReviewMonths[i] = cmp.Or(l.ReviewMonths[i], d.ReviewMonths[i])
	}
	for _, n := range [][2]*int{{&l.PostAge, &d.PostAge}, {&l.TekunAge, &d.TekunAge}, {&l.AdultAge, &d.AdultAge}, {&l.ChildGap, &d.ChildGap}, {&l.ClueDays, &d.ClueDays}, {&l.PostedDays, &d.PostedDays}, {&l.UncheckedMonths, &d.UncheckedMonths}, {&l.IdleMonths, &d.IdleMonths}} {
		*n[0] = cmp.Or(*n[0], *n[1])
	}
	l.SelfPaid = cmp.Or(l.SelfPaid, d.SelfPaid)
	if l.Allowed == nil {
		l.Allowed = d.Allowed
	}
	return l
}

// check tells what is wrong with limits that are whole.
func (l Limits) check() error {
	for _, n := range []struct {
		name          string
		value, lo, hi int
	}{{"review_months", min(l.ReviewMonths[0], l.ReviewMonths[1], l.ReviewMonths[2]), 1, 120}, {"post_age", l.PostAge, 16, 120}, {"tekun_age", l.TekunAge, 16, 120}, {"adult_age", l.AdultAge, 14, l.TekunAge}, {"child_gap", l.ChildGap, 10, 60},
		{"clue_days", l.ClueDays, 1, 365}, {"posted_days", l.PostedDays, 1, 365}, {"unchecked_months", l.UncheckedMonths, 1, 120}, {"idle_months", l.IdleMonths, 1, 120}} {
		if n.value < n.lo || n.value > n.hi {
			return fmt.Errorf("参数 limits.%s 是 %d，请写 %d 到 %d", n.name, n.value, n.lo, n.hi)
		}
	}
	return nil
}

// ReadParams reads parameters as JSON and checks them.
func ReadParams(r io.Reader) (Params, error) {
	var p Params
	if err := json.NewDecoder(r).Decode(&p); err != nil {
		return p, fmt.Errorf("参数文件读不出来，请检查它是不是正确的 JSON：%w", err)
	}
	return p, p.Check()
}

// Check tells what is wrong with parameters.
func (p Params) Check() error { return p.CheckFor(nil) }

// Lacks are the parameters that a rule reckons with and that are not given. Months of grace are always given: none is 0, to the month of
// death.
func (p Params) Lacks(rule Rule) []Parameter {
	given := map[Parameter]bool{AgeThreshold: p.Threshold != 0, PaidFrom: p.FirstMonth != "", GraceMonths: true, AmountsByTier: len(p.Tiers) > 0}
	return slices.DeleteFunc(slices.Clone(rule.Takes), func(x Parameter) bool { return given[x] })
}

// CheckFor tells what is wrong with parameters for a run by rules of these ids, or by all where none is named. Age and month may be
// left out, both together, when no rule asks how old somebody is. Amounts may always be: the rule about them then finds nothing.
func (p Params) CheckFor(rules []string) error {
	aged := p.Threshold != 0 || p.FirstMonth != "" || len(rules) == 0 || slices.ContainsFunc(Rules, func(r Rule) bool {
		return slices.Contains(rules, r.ID) && slices.Contains(r.Takes, AgeThreshold)
	})
	day, ok := parseDay(p.AsOf)
	switch {
	case !ok || !chinese.IsDay(int(day)):
		return fmt.Errorf("参数 as_of“%s”不是日期，请写成 2026-11-30", p.AsOf)
	case aged && (p.Threshold < 1 || p.Threshold > 120):
		return fmt.Errorf("参数 age_threshold 是 %d，请写 1 到 120 之间的岁数", p.Threshold)
	case aged && p.FirstMonth != "birthday" && p.FirstMonth != "next":
		return fmt.Errorf("参数 first_month“%s”不认得，请写 birthday（生日当月起）或 next（次月起）", p.FirstMonth)
	case p.GraceMonths < 0 || p.GraceMonths > 24:
		return fmt.Errorf("参数 grace_months_after_death 是 %d，请写 0 到 24", p.GraceMonths)
	}
	for i, t := range p.Tiers {
		if t.To != 0 && t.To < t.From || t.YuanPerMonth < 0 {
			return fmt.Errorf("参数 tiers 第 %d 档不对：%d 至 %d 岁，每月 %s 元", i+1, t.From, t.To, t.YuanPerMonth)
		}
	}
	return p.Limits.Whole().check()
}

// thisMonth is the month the run is about.
func (p Params) thisMonth() month {
	day, _ := parseDay(p.AsOf)
	return day.month()
}

// ageIn is the age that counts in a month.
func (p Params) ageIn(birth day, m month) int {
	if p.FirstMonth == "next" {
		m--
	}
	return birth.ageOn(m.last())
}

// due is what a person of an age is paid in a month, in fen; ok is false where no tier says.
func (p Params) due(age int) (fen int64, ok bool) {
	for _, t := range p.Tiers {
		if age >= t.From && (t.To == 0 || age <= t.To) {
			return int64(t.YuanPerMonth), true
		}
	}
	return 0, false
}

// Source is a row that a hit rests on.
type Source struct {
	File  string `json:"file"`
	Sheet string `json:"sheet"` // empty for text files
	Row   int    `json:"row"`   // from 1, as a spreadsheet shows it, header included
}

// State tells a hit from what a person has to look at first.
type State string

// The states.
const (
	Certain State = "hit"
	Manual  State = "manual" // 待人工
)

// Hit is one person or pair that a rule speaks of.
type Hit struct {
	Rule    string   `json:"rule"`
	ID      string   `json:"id"` // the number in the register; of a row matched to nobody that on the row
	Name    string   `json:"name"`
	State   State    `json:"state"`
	Why     string   `json:"why"`
	Amount  Yuan     `json:"amount"` // paid too much is positive, too little negative; 0 where it is not about money
	Sources []Source `json:"sources"`

	// For handing out verification and for comparing runs; no line of `bihuan screen` has them. What the register says of the person is
	// there where [Input.Places] asks for it.
	Village   string   `json:"-"` // of the person: by the register, else by the list the row stands in; empty where neither says
	Household string   `json:"-"` // as the register writes it; of who is in no register, as the list does; empty where nobody does
	Birth     string   `json:"-"` // YYYY-MM-DD by the register; empty where it is not known to the day
	With      []string `json:"-"` // numbers of the others it is about: the spouse of HL-08, who shares an account of HL-09
	Others    []Other  `json:"-"` // everybody else in the register whom it rests on, where [Input.Places] asks for it
}

// Other is somebody else whom a hit is about, and whom its reason may name.
type Other struct {
	ID      string
	Name    string // as the reason writes it
	Village string // as the register writes it; empty where it does not say
}

// Key names a finding in every run that makes it again: the rule and the number, of several people the lowest. It holds a number of
// a citizen, so whoever stores it does so as he stores numbers.
func (h Hit) Key() string { return h.Rule + " " + slices.Min(append([]string{h.ID}, h.With...)) }

// Yuan is an amount in fen that JSON has as yuan.
type Yuan int64

// MarshalJSON writes yuan with as many decimals as there are fen.
func (y Yuan) MarshalJSON() ([]byte, error) { return []byte(y.String()), nil }

// UnmarshalJSON reads yuan.
func (y *Yuan) UnmarshalJSON(b []byte) error {
	fen, ok := parseAmount(string(b))
	if !ok {
		return fmt.Errorf("screening: %q is no amount", b)
	}
	*y = Yuan(fen)
	return nil
}

// String writes yuan without needless decimals.
func (y Yuan) String() string {
	sign, n := "", int64(y)
	if n < 0 {
		sign, n = "-", -n
	}
	switch {
	case n%100 == 0:
		return fmt.Sprintf("%s%d", sign, n/100)
	case n%10 == 0:
		return fmt.Sprintf("%s%d.%d", sign, n/100, n%100/10)
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}
