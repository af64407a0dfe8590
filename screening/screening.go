// Package screening compares lists of people (register, payroll, deaths …) and says who is missing from a roll, who should not
// be on it and what does not agree, each with the rows it rests on. It is pure: files in, hits out; no clock, no database. A hit is
// a lead for a person to look into and never a decision: nothing here stops or grants anything.
package screening

import (
	"encoding/json"
	"fmt"
	"io"

	"bihuan/chinese"
)

// Kind is what a list is.
type Kind string

// The kinds of list.
const (
	Residents Kind = "residents"  // the register of residents
	Roll      Kind = "roll"       // payments of the old-age allowance, one line a person and month
	OtherRoll Kind = "other-roll" // the same of another town, this month's
	Deaths    Kind = "deaths"
	Dibao     Kind = "dibao" // members of households on the minimum living allowance
	Pension   Kind = "pension"
)

// Kinds are all kinds of list.
var Kinds = []Kind{Residents, Roll, OtherRoll, Deaths, Dibao, Pension}

// Word is the Chinese name of a kind.
func (k Kind) Word() string {
	return map[Kind]string{Residents: "户籍", Roll: "高龄津贴发放册", OtherRoll: "外乡镇发放册", Deaths: "死亡名单", Dibao: "低保名册", Pension: "养老金名单"}[k]
}

// Tier is what an age band is paid.
type Tier struct {
	From         int  `json:"from_age"`
	To           int  `json:"to_age"` // inclusive; 0 is without end
	YuanPerMonth Yuan `json:"yuan_per_month"`
}

// Params are the rules of the programme on the day of the run.
type Params struct {
	AsOf        string `json:"as_of"` // YYYY-MM-DD; its month is the one the run is about
	Threshold   int    `json:"age_threshold"`
	FirstMonth  string `json:"first_month"`              // birthday: paid from the month of the birthday; next: from the one after
	GraceMonths int    `json:"grace_months_after_death"` // months after the month of death that may still be paid
	Tiers       []Tier `json:"tiers"`
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
func (p Params) Check() error {
	day, ok := parseDay(p.AsOf)
	switch {
	case !ok || !chinese.IsDay(int(day)):
		return fmt.Errorf("参数 as_of“%s”不是日期，请写成 2026-11-30", p.AsOf)
	case p.Threshold < 1 || p.Threshold > 120:
		return fmt.Errorf("参数 age_threshold 是 %d，请写 1 到 120 之间的岁数", p.Threshold)
	case p.FirstMonth != "birthday" && p.FirstMonth != "next":
		return fmt.Errorf("参数 first_month“%s”不认得，请写 birthday（生日当月起）或 next（次月起）", p.FirstMonth)
	case p.GraceMonths < 0 || p.GraceMonths > 24:
		return fmt.Errorf("参数 grace_months_after_death 是 %d，请写 0 到 24", p.GraceMonths)
	}
	for i, t := range p.Tiers {
		if t.To != 0 && t.To < t.From || t.YuanPerMonth < 0 {
			return fmt.Errorf("参数 tiers 第 %d 档不对：%d 至 %d 岁，每月 %s 元", i+1, t.From, t.To, t.YuanPerMonth)
		}
	}
	return nil
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
}

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
