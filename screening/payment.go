package screening

import (
	"context"
	"fmt"
)

// Payment is a line of a roll as a screening reads it.
type Payment struct {
	Number  string // eighteen characters; as it is written where it is not Sound
	Sound   bool   // a number that somebody can have
	Name    string
	Village string
	Birth   string // YYYY-MM-DD by the list's own column; empty: none
	Month   string // YYYY-MM: the first it pays for
	Months  int
	Amount  Yuan // for all its months
	Money   bool // there is an amount
	Source  Source
}

// ReadPayments reads what a roll says was paid, in the order of its lines. What says that nothing was paid is left out, and so is a sheet
// that repeats another. asOf is the day (YYYY-MM-DD) by which a month without a year is read, and whose month a list is about that speaks of
// none.
func ReadPayments(ctx context.Context, list List, asOf string) ([]Payment, error) {
	now, ok := parseDay(asOf)
	if !ok {
		return nil, fmt.Errorf("“%s”不是日期，请写成 2026-11-30", asOf)
	}
	list.Kind = Roll
	r := &run{in: Input{Lists: []List{list}}, now: now.month(), keys: map[uint64]int32{}, villageIndex: map[string]int32{}, misfits: map[int32]misfit{}, details: map[int32][]fieldText{}}
	if err := r.readParties(ctx, list); err != nil {
		return nil, err
	}
	r.dropRepeatedSheets()
	var payments []Payment
	for i := range r.lines {
		l := &r.lines[i]
		if !l.paid {
			continue
		}
		p := &r.parties[l.party]
		one := Payment{Number: p.id.String(), Sound: p.flaw == 0 && p.id != 0, Name: p.name, Village: r.villages[p.village].name, Month: l.first.iso(), Months: int(l.months), Amount: Yuan(l.fen), Money: l.money, Source: r.source(int32(i))}
		if m, odd := r.misfits[l.party]; odd {
			one.Number = m.text
		}
		if p.birth.whole() && p.birth != 0 {
			one.Birth = p.birth.String()
		}
		payments = append(payments, one)
	}
	return payments, nil
}
