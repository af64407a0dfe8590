package lead

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"bihuan/benefit"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// Recorded is what came of recording a list of payments.
type Recorded struct {
	Months      []RecordedMonth
	Entries     int                  // put on the roll as receiving; 0 when that was not asked for
	Differences []benefit.Difference // said differently; left as they were
	Left        []string             // lines that were not recorded, where and why
}

// RecordedMonth counts the payments of a month.
type RecordedMonth struct {
	Month     string
	New, Same int
}

// Sum counts what is new and what was there.
func (r Recorded) Sum() (fresh, same int) {
	for _, m := range r.Months {
		fresh += m.New
		same += m.Same
	}
	return fresh, same
}

// RecordPayments records a confirmed roll as payments of a programme, month by month: each line once, however often it is asked for. day
// is when the money came (YYYY-MM-DD); empty: nobody said, and it stands as the last day of each month. Lines whose number nobody can have, or without an amount, are
// named and left out: they are what a screening finds. Errors: [org.Invalid], [org.Denied], [benefit.Rejected].
func RecordPayments(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id, programme int64, day string, roll bool) (Recorded, error) {
	var out Recorded
	d, err := DatasetByID(ctx, v, house, who, id)
	if err != nil {
		return out, err
	}
	if d.Kind != screening.Roll || d.State != DatasetReady {
		return out, org.Invalid{Field: "数据集", What: "只有确认过列的发放册才能记入发放"}
	}
	places, err := placesOf(ctx, house, d.Unit)
	if err != nil {
		return out, err
	}
	list, err := openList(ctx, v, d, d.Name)
	if err != nil {
		return out, err
	}
	lines, err := screening.ReadPayments(ctx, list, d.AsOf)
	if err != nil {
		return out, unreadable(err)
	}
	today := v.Now().Format(time.DateOnly)
	months := map[string][]benefit.Paid{}
	entries, until := map[string]benefit.Entry{}, map[string]benefit.Month{}
	var last benefit.Month
	for _, l := range lines {
		where := fmt.Sprintf("《%s》第%d行", d.Name, l.Source.Row)
		if l.Source.Sheet != "" {
			where = fmt.Sprintf("《%s》“%s”第%d行", d.Name, l.Source.Sheet, l.Source.Row)
		}
		switch {
		case !l.Sound:
			out.Left = append(out.Left, where+" "+l.Name+"：身份证号有误，没有记入；更正后再记")
			continue
		case !l.Money || l.Amount <= 0:
			out.Left = append(out.Left, where+" "+l.Name+"：没有金额，没有记入")
			continue
		}
		paid := day
		if m, ok := benefit.ParseMonth(l.Month); ok && paid == "" {
			paid = min(m.Last(), today)
		}
		subject := benefit.Subject{Number: l.Number, Name: l.Name, Birth: l.Birth, Town: places.town, Village: places.village(l.Village), Place: l.Village}
		if m, ok := benefit.ParseMonth(l.Month); ok {
			e, known := entries[l.Number]
			if !known || m < e.Starts {
				entries[l.Number] = benefit.Entry{Subject: subject, Starts: m, Source: where}
			}
			end := m + benefit.Month(max(l.Months, 1)) - 1
			until[l.Number], last = max(until[l.Number], end), max(last, end)
		}
		months[l.Month] = append(months[l.Month], benefit.Paid{Subject: subject, Fen: int64(l.Amount), Months: l.Months, Day: paid, Untold: day == "", Source: where})
	}
	if roll {
		var current []benefit.Entry
		for _, number := range slices.Sorted(maps.Keys(entries)) {
			if until[number] == last {
				e := entries[number]
				e.Starts = 0 // the first month of the list is not that of the person: nobody knows what was paid before
				current = append(current, e)
			}
		}
		taken, err := benefit.TakeRoll(ctx, v, who, programme, current)
		if err != nil {
			return out, err
		}
		out.Entries, out.Differences = taken.New, taken.Differences
	}
	for _, text := range slices.Sorted(maps.Keys(months)) {
		month, ok := benefit.ParseMonth(text)
		if !ok {
			return out, org.Invalid{Field: "发放月份", What: "“" + text + "”不是月份"}
		}
		taken, err := benefit.TakePayments(ctx, v, who, programme, month, months[text])
		if err != nil {
			return out, err
		}
		out.Months = append(out.Months, RecordedMonth{text, taken.New, taken.Same})
		out.Differences = append(out.Differences, taken.Differences...)
	}
	return out, nil
}
