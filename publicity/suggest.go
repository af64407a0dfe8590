package publicity

import (
	"fmt"
	"slices"
	"strings"

	"bihuan/benefit"
)

// Suggest begins a card with what the parameters of a programme say on a day. The words are for a person to go over: parameters know nothing
// of where to go and whom to ring up.
func Suggest(p benefit.Programme, terms benefit.Terms, day string) Card {
	c := Card{Programme: p.ID, Benefit: p.Name, ValidFrom: day}
	var who, amounts, bases []string
	from := ""
	for _, t := range terms {
		if !t.On(day) {
			continue
		}
		switch t.Name {
		case benefit.Threshold:
			who = append(who, "年满"+t.Value+"周岁")
		case benefit.Population:
			who = append(who, t.Value)
		case benefit.Exclusive:
			who = append(who, "没有同时享受"+t.Value)
		case benefit.Amount:
			amounts = append(amounts, t.Band()+"每月"+t.Says())
		default:
			continue
		}
		from = max(from, t.ValidFrom)
		if !slices.Contains(bases, t.Basis) {
			bases = append(bases, t.Basis)
		}
	}
	switch {
	case terms.Word(benefit.Cycle, day) == benefit.Quarterly:
		amounts = append(amounts, "一季度发一次")
	case len(amounts) > 0:
		amounts = append(amounts, "一个月发一次")
	}
	c.Who, c.Amount, c.Basis = strings.Join(who, "\n"), strings.Join(amounts, "，"), strings.Join(bases, "、")
	if from != "" {
		c.ValidFrom = from
	}
	return c
}

// Outdated tells in words that the programme of a card pays by another standard since the card was made; empty while it does not.
func (c Card) Outdated(terms benefit.Terms, day string) string {
	for _, t := range terms {
		if (t.Name == benefit.Amount || t.Name == benefit.Threshold || t.Name == benefit.Population) && t.On(day) && t.ValidFrom > c.ValidFrom {
			kind, _ := benefit.KindOf(t.Name)
			return fmt.Sprintf("%s从 %s 起变了（%s），卡上还是以前的", kind.Word, t.ValidFrom, t.Basis)
		}
	}
	return ""
}
