package calendar

import (
	"cmp"
	"slices"
	"strings"
)

// Window is an event that people entered, for rules that are bound to it: 雨雪天, 汛期. To may be empty for a single day.
type Window struct{ Name, From, To string }

// anyHoliday is the event that every statutory holiday is.
const anyHoliday = "节假日"

// statutory are the holidays that the notices name.
var statutory = []string{"元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆"}

// alias are other names of them.
var alias = map[string]string{"五一": "劳动", "五一劳动": "劳动", "国际劳动": "劳动", "十一": "国庆", "新年": "元旦", "法定节假日": anyHoliday, "法定假日": anyHoliday}

// foldEvent is the name under which an event is compared: 国庆 for 国庆节.
func foldEvent(name string) string {
	name = strings.TrimSpace(name)
	if short := strings.TrimSuffix(name, "节"); short != "" {
		name = short
	}
	if a, ok := alias[name]; ok {
		return a
	}
	return name
}

// eventNames are the folded names of 元旦、春节.
func eventNames(names string) []string {
	all := strings.Split(names, "、")
	for i := range all {
		all[i] = foldEvent(all[i])
	}
	return all
}

// Statutory tells whether all events of the name, several joined by 、, are statutory holidays, whose days the calendar knows.
// Others have to be entered by people.
func Statutory(event string) bool {
	for _, name := range eventNames(event) {
		if name != anyHoliday && !slices.Contains(statutory, name) {
			return false
		}
	}
	return true
}

// windows are the times of the rule's event, first to last: of the calendar, and entered ones, which are one where they overlap.
func (r *Rule) windows(c *Calendar, events []Window) []festival {
	names := eventNames(r.Event)
	matches := func(name string) bool {
		for n := range strings.SplitSeq(name, "、") {
			if slices.Contains(names, foldEvent(n)) {
				return true
			}
		}
		return false
	}
	var all []festival
	for _, f := range c.festivals {
		if matches(f.name) || slices.Contains(names, anyHoliday) {
			all = append(all, f)
		}
	}
	for _, e := range events {
		from, ok := dayOf(e.From)
		to, ok2 := dayOf(e.To)
		if e.To == "" {
			to, ok2 = from, true
		}
		if ok && ok2 && from <= to && matches(e.Name) {
			all = append(all, festival{e.Name, from, to})
		}
	}
	slices.SortFunc(all, func(a, b festival) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	merged := all[:0]
	for _, w := range all {
		if n := len(merged) - 1; n >= 0 && w.from <= merged[n].to {
			merged[n].to = max(merged[n].to, w.to)
		} else {
			merged = append(merged, w)
		}
	}
	return merged
}

// events appends the dates of a rule that is bound to an event.
func (w *walk) events(events []Window) {
	r, c := w.r, w.c
	last := w.start - 1
	for _, e := range r.windows(c, events) {
		switch r.Side {
		case OnlyBefore:
			e.from, e.to = e.from-r.Before, e.from-1
		case OnlyAfter:
			e.from, e.to = e.to+1, e.to+r.After
		default:
			e.from, e.to = e.from-r.Before, e.to+r.After
		}
		if r.Each > 0 {
			for d := e.from; d <= min(e.to, w.hi); d += r.Each {
				if d <= last { // before the start, or a day that an earlier window had
					continue
				}
				last = d
				w.stretch(d, d, min(d+r.Each-1, e.to))
			}
			continue
		}
		nominal := max(e.from, last+1) // the start when the event was already on; a day of its own in any case
		if nominal > e.to {
			continue
		}
		last = nominal
		w.stretch(nominal, nominal, e.to)
	}
}

// stretch appends an occurrence that may be done from a to b.
func (w *walk) stretch(nominal, a, b int) {
	if nominal < w.lo || nominal > w.hi {
		return
	}
	c := w.c
	d := Date{Nominal: c.date(nominal), Opens: c.date(a)}
	due := b
	switch w.r.Shift {
	case Next:
		due = c.next(b)
	case Skip, Previous:
		if day, ok := c.lastIn(a, b); ok {
			due = day
		} else if w.r.Shift == Skip {
			d.Skipped, d.Why = true, c.rest(a)
		}
	}
	d.Due = c.date(due)
	d.Guessed = w.r.Shift != Stay && !(c.knows(b) && c.knows(due))
	w.out = append(w.out, d)
}
