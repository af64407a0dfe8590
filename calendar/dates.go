package calendar

import "slices"

// Date is one time that a rule gives. All days are YYYY-MM-DD.
type Date struct {
	// Nominal is the day that the rule alone gives, whatever the holidays: with the duty it is the key of an occurrence, and it
	// stays when the holidays of a year become known later. Where a period or a working day of it is meant, it is the Monday to
	// Friday that would be meant in a year without holidays.
	Nominal string
	Opens   string // first day on which it can be done
	Due     string // last day in time: what the holidays make of Nominal
	Skipped bool   // there is no working day for it: to be recorded as cancelled by the calendar
	Guessed bool   // Due rests on days of a year whose holidays are not known
	Why     string // of Skipped, or of a Due that was moved: 春节放假
}

// walk is one computation of dates.
type walk struct {
	r      *Rule
	c      *Calendar
	start  int
	lo, hi int // of Nominal
	out    []Date
}

// Dates are the times whose nominal day lies between from and to, both included, and not before start, in the order of these
// days. Every part of a range gives the same dates alone as within the range, so it does not matter how often and how far
// ahead they are asked for. What is no date, or no valid rule, gives none. For an event they follow the calendar's holidays
// and the windows in events; of years whose holidays are not known there are no festivals ([Calendar.Missing]).
func (r Rule) Dates(c Calendar, events []Window, start, from, to string) []Date {
	s, ok := dayOf(start)
	a, ok2 := dayOf(from)
	b, ok3 := dayOf(to)
	if !ok || !ok2 || !ok3 || r.check() != nil {
		return nil
	}
	if until, ok := dayOf(r.Until); ok {
		b = min(b, until)
	}
	w := walk{r: &r, c: &c, start: s, lo: max(a, s), hi: b}
	switch {
	case w.lo > w.hi:
	case r.Event != "":
		w.events(events)
	case r.fixed():
		w.fixed()
	default:
		w.periods()
	}
	if len(w.out) == 0 {
		return nil
	}
	return w.out
}

// periods appends the dates of a rule without a day: one for each period or part of it.
func (w *walk) periods() {
	n := w.r.every()
	switch w.r.Freq {
	case Weekly:
		anchor := w.start - weekday(w.start)
		for a := anchor + floor(w.lo-anchor, 7*n)*7*n; a <= w.hi; a += 7 * n {
			w.period(a, a+7*n-1, 0)
		}
	case Monthly:
		anchor := w.firstMonth()
		for m := anchor + floor(monthOf(w.lo)-anchor, n)*n; monthStart(m) <= w.hi; m += n {
			w.period(monthStart(m), monthStart(m+n)-1, n)
		}
	case Yearly:
		anchor, _, _ := civil(w.start)
		y, _, _ := civil(w.lo)
		for y = anchor + floor(y-anchor, n)*n; number(y, 1, 1) <= w.hi; y += n {
			if len(w.r.Months) == 0 {
				w.period(number(y, 1, 1), number(y+n, 1, 1)-1, 12*n)
			}
			for _, m := range w.r.Months {
				w.period(number(y, m, 1), number(y, m+1, 1)-1, 1)
			}
		}
	}
}

// firstMonth is the month from which the intervals of a monthly rule are counted: quarters, half-years and years are the
// calendar's, others begin with the start.
func (w *walk) firstMonth() int {
	switch w.r.every() {
	case 3, 6, 12:
		return 0
	}
	return monthOf(w.start)
}

// period appends the dates of the period from a to b, which has so many months, 0 for weeks.
func (w *walk) period(a, b, months int) {
	if w.r.Workday != 0 {
		w.workday(a, b)
		return
	}
	n := max(w.r.Times, 1)
	for i := range n {
		from, to := part(a, b, months, i, n), part(a, b, months, i+1, n)-1
		nominal := plain(from, to)
		if len(w.r.Months) > 0 && !w.inMonths(nominal) || nominal < w.lo || nominal > w.hi {
			continue
		}
		_, some := w.c.lastIn(from, to)
		from = max(from, w.start)
		if due, ok := w.c.lastIn(from, to); ok {
			w.add(nominal, from, due, "")
			continue
		}
		if some { // its working days were over when the duty began
			w.add(nominal, from, w.c.next(to), "")
			continue
		}
		switch why := w.c.rest(nominal); w.r.Shift {
		case Next:
			w.add(nominal, from, w.c.next(to), why)
		case Previous:
			w.add(nominal, from, w.back(from), why)
		default:
			w.skip(nominal, from, why+"，这一期没有工作日")
		}
	}
}

// part is the first day of the ith of n even parts of a period: whole months where they divide it, the thirds and halves that
// a month has, Mondays to Fridays of a week; n gives the day after the period.
func part(a, b, months, i, n int) int {
	days := b - a + 1
	switch {
	case i == n:
		return b + 1
	case months > 0 && months%n == 0:
		return monthStart(monthOf(a) + months/n*i)
	case months == 1 && n == 2:
		return a + 15*i
	case months == 1 && n == 3:
		return a + 10*i
	case months == 0 && days == 7 && n <= 5:
		return a + 5*i/n
	}
	return a + days*i/n
}

// plain is the last Monday to Friday of a stretch, or its last day when it has none.
func plain(a, b int) int {
	if d := b - max(0, weekday(b)-4); d >= a {
		return d
	}
	return b
}

// workday appends the nth working day of the period from a to b. When holidays leave fewer it is the last of those there are,
// because what is due on the 18th working day of a month is due in the month with the Spring Festival too.
func (w *walk) workday(a, b int) {
	n, step, first := w.r.Workday, 1, a
	if n < 0 {
		n, step, first = -n, -1, b
	}
	nominal, left := first, n
	for d := first; left > 0 && a <= d && d <= b; d += step {
		if weekday(d) < 5 {
			nominal = d
			left--
		}
	}
	if len(w.r.Months) > 0 && !w.inMonths(nominal) || nominal < w.lo || nominal > w.hi {
		return
	}
	due, found, left := 0, false, n
	for d := first; left > 0 && a <= d && d <= b; d += step {
		if w.c.works(d) {
			due, found = d, true
			left--
		}
	}
	opens := a
	if step < 0 {
		opens = max(a, min(nominal, due)-6) // the end of a month is not begun on the 1st
	}
	opens = max(opens, w.start)
	switch {
	case !found:
		w.skip(nominal, opens, w.c.rest(nominal)+"，这一期没有工作日")
	case due < w.start:
		w.add(nominal, opens, w.c.next(w.start), "")
	default:
		w.add(nominal, opens, due, "")
	}
}

// slot is a day that a rule names and the first day that belongs to it.
type slot struct{ nominal, opens int }

// fixed appends the dates of a rule that names a day.
func (w *walk) fixed() {
	if w.r.workdays() {
		w.daily()
		return
	}
	pad := 0
	if w.r.Shift == Next || w.r.Shift == Previous {
		pad = longestRest // what is shifted may meet its neighbours
	}
	until := w.hi + pad
	if d, ok := dayOf(w.r.Until); ok {
		until = min(until, d)
	}
	slots := w.slots(max(w.start, w.lo-pad), until)
	w.out = make([]Date, 0, len(slots))
	for i, s := range slots {
		if s.nominal < w.lo || s.nominal > w.hi {
			continue
		}
		next, previous := until+1+longestRest, w.start-1-longestRest
		if i > 0 {
			previous = slots[i-1].nominal
		}
		if i+1 < len(slots) {
			next = slots[i+1].nominal
		}
		w.settle(s, previous, next)
	}
}

// workdays tells whether the rule is simply every working day.
func (r *Rule) workdays() bool {
	return r.Freq == Daily && r.Shift == Skip && r.every() == 1 && len(r.Days)+len(r.MonthDays)+len(r.Months) == 0
}

// daily appends every working day, and what is off of Monday to Friday as cancelled. A weekend is not cancelled: it was never meant.
func (w *walk) daily() {
	w.out = make([]Date, 0, (w.hi-w.lo)*3/4+8) // make-up days included
	for d := w.lo; d <= w.hi; d++ {
		if w.c.works(d) {
			w.add(d, d, d, "")
		} else if weekday(d) < 5 {
			w.skip(d, d, w.c.rest(d))
		}
	}
}

// settle appends s, shifted when it is no working day. Of several that would be shifted to one day one is left.
func (w *walk) settle(s slot, previous, next int) {
	c := w.c
	if w.r.Shift == Stay || c.works(s.nominal) {
		w.add(s.nominal, s.opens, s.nominal, "")
		return
	}
	why := c.rest(s.nominal)
	switch w.r.Shift {
	case Skip:
		w.skip(s.nominal, s.opens, why)
		return
	case Previous:
		if due, ok := c.lastIn(max(w.start, s.nominal-longestRest), s.nominal); ok {
			if due <= previous {
				w.skip(s.nominal, s.opens, why+"，提前后与上一次同一天，并为一次")
			} else {
				w.add(s.nominal, min(s.opens, due), due, why+"，提前到前一个工作日")
			}
			return
		} // nothing before the start: then the day after
	}
	if due := c.next(s.nominal); due >= next {
		w.skip(s.nominal, s.opens, why+"，顺延后与下一次同一天，并为一次")
	} else {
		w.add(s.nominal, s.opens, due, why+"，顺延到下一个工作日")
	}
}

// back is the last working day before d that is not before the start, else the next one after.
func (w *walk) back(d int) int {
	if due, ok := w.c.lastIn(max(w.start, d-longestRest), d); ok {
		return due
	}
	return w.c.next(d)
}

func (w *walk) add(nominal, opens, due int, why string) {
	c := w.c
	stays := w.r.fixed() && w.r.Shift == Stay // whatever the holidays
	d := Date{Nominal: c.date(nominal), Guessed: !stays && !(c.knows(nominal) && c.knows(due)), Why: why}
	d.Opens, d.Due = d.Nominal, d.Nominal
	if due != nominal {
		d.Due = c.date(due)
	}
	if opens = min(opens, due); opens != nominal {
		d.Opens = c.date(opens)
	}
	w.out = append(w.out, d)
}

func (w *walk) skip(nominal, opens int, why string) {
	c := w.c
	w.out = append(w.out, Date{Nominal: c.date(nominal), Opens: c.date(min(opens, nominal)), Due: c.date(nominal), Skipped: true, Guessed: !c.knows(nominal), Why: why})
}

// rest says why a day is off: 春节放假.
func (c *Calendar) rest(d int) string {
	if s, special := c.special[d]; special && !s.worked {
		return s.name + "放假"
	}
	return "周末"
}

func (w *walk) inMonths(d int) bool {
	_, m, _ := civil(d)
	return slices.Contains(w.r.Months, m)
}

// slots are the days between a and b that the rule names, in order.
func (w *walk) slots(a, b int) []slot {
	var out []slot
	r, n := w.r, w.r.every()
	days := make([]slot, 0, 32)
	switch r.Freq {
	case Daily:
		out = make([]slot, 0, max(0, b-a)/n+1)
		easy := len(r.Days)+len(r.MonthDays)+len(r.Months) == 0
		for d := w.start + max(0, (a-w.start+n-1)/n)*n; d <= b; d += n {
			if easy || r.names(d) {
				out = append(out, slot{d, max(w.start, d-n+1)})
			}
		}
		return out
	case Weekly:
		anchor := w.start - weekday(w.start)
		for monday := anchor + floor(a-anchor, 7*n)*7*n; monday <= b; monday += 7 * n {
			days = r.within(days[:0], monday, monday+6)
			out = append(out, r.choose(days)...)
		}
	case Monthly:
		anchor := w.firstMonth()
		for m := anchor + floor(monthOf(a)-anchor, n)*n; monthStart(m) <= b; m += n {
			days = r.within(days[:0], monthStart(m), monthStart(m+1)-1)
			out = append(out, r.choose(days)...)
		}
	case Yearly:
		anchor, _, _ := civil(w.start)
		y, _, _ := civil(a)
		for y = anchor + floor(y-anchor, n)*n; number(y, 1, 1) <= b; y += n {
			days = days[:0]
			if len(r.Months) == 0 {
				days = r.within(days, number(y, 1, 1), number(y, 12, 31))
			}
			for _, m := range r.Months {
				days = r.within(days, number(y, m, 1), number(y, m+1, 1)-1)
			}
			out = append(out, r.choose(days)...)
		}
	}
	for i := range out {
		out[i].opens = max(out[i].opens, w.start)
	}
	from, _ := slices.BinarySearchFunc(out, a, func(s slot, d int) int { return s.nominal - d })
	to, _ := slices.BinarySearchFunc(out, b+1, func(s slot, d int) int { return s.nominal - d })
	return out[from:to]
}

// within appends the days between a and b that the rule names; each opens the day after the one before it, the first with a.
func (r *Rule) within(out []slot, a, b int) []slot {
	opens := a
	for d := a; d <= b; d++ {
		if r.names(d) {
			out = append(out, slot{d, opens})
			opens = d + 1
		}
	}
	return out
}

// choose keeps the days of a period that BYSETPOS counts. Days are given in order.
func (r *Rule) choose(days []slot) []slot {
	if len(r.SetPos) == 0 {
		return days
	}
	var kept []slot
	for i := range days {
		if slices.Contains(r.SetPos, i+1) || slices.Contains(r.SetPos, i-len(days)) {
			s := slot{days[i].nominal, days[0].opens}
			if k := len(kept); k > 0 {
				s.opens = kept[k-1].nominal + 1
			}
			kept = append(kept, s)
		}
	}
	return kept
}

// names tells whether a day is one of BYMONTH, BYMONTHDAY and BYDAY, as far as the rule has them.
func (r *Rule) names(d int) bool {
	if len(r.Days) > 0 {
		wd, found := weekday(d), false
		for _, day := range r.Days {
			if day.Weekday == wd && (day.N == 0 || r.ordinal(d, day.N)) {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	if len(r.Months)+len(r.MonthDays) == 0 {
		return true
	}
	y, m, day := civil(d)
	if len(r.Months) > 0 && !slices.Contains(r.Months, m) {
		return false
	}
	return len(r.MonthDays) == 0 || slices.Contains(r.MonthDays, day) || slices.Contains(r.MonthDays, d-number(y, m+1, 1))
}

// ordinal tells whether a day is the nth of its weekday in its month, or in its year for a yearly rule without months.
func (r *Rule) ordinal(d, n int) bool {
	y, m, _ := civil(d)
	a, b := number(y, m, 1), number(y, m+1, 1)
	if r.Freq == Yearly && len(r.Months) == 0 {
		a, b = number(y, 1, 1), number(y+1, 1, 1)
	}
	if n > 0 {
		return (d-a)/7+1 == n
	}
	return (b-1-d)/7+1 == -n
}
