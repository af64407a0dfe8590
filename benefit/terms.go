package benefit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Terms are the dated parameters of a programme. What they say of a month is what was in force in that month.
type Terms []Parameter

// at is the value in force on a day.
func (t Terms) at(name, class, day string) (Parameter, bool) {
	for _, p := range t {
		if p.Name == name && p.Class == class && p.On(day) {
			return p, true
		}
	}
	return Parameter{}, false
}

// Number is a parameter that is a number, in force on a day; ok is false when there is none.
func (t Terms) Number(name, day string) (n int, ok bool) {
	p, ok := t.at(name, "", day)
	n, _ = strconv.Atoi(p.Value)
	return n, ok
}

// Word is a parameter that is a word, in force on a day; empty when there is none.
func (t Terms) Word(name, day string) string {
	p, _ := t.at(name, "", day)
	return p.Value
}

// Clock is after how many months an entry of a class is reviewed again: the clock of the class, that of all classes, the alive-check of an
// age programme; 0 when the programme has none (B1.4).
func (t Terms) Clock(class, day string) int {
	for _, p := range []struct{ name, class string }{{ReviewClock, class}, {ReviewClock, ""}, {AliveCheck, ""}} {
		if v, ok := t.at(p.name, p.class, day); ok {
			n, _ := strconv.Atoi(v.Value)
			return n
		}
	}
	return 0
}

// Classes are the classes that the review clocks of a day name.
func (t Terms) Classes(day string) []string {
	var list []string
	for _, p := range t {
		if p.Name == ReviewClock && p.Class != "" && p.On(day) {
			list = append(list, p.Class)
		}
	}
	return list
}

// ByAge tells whether the programme pays by age: it has amounts.
func (t Terms) ByAge() bool {
	for _, p := range t {
		if p.Name == Amount {
			return true
		}
	}
	return false
}

// Amount is what an age is paid in a month, in fen.
func (t Terms) Amount(age int, m Month) (fen int64, ok bool) {
	for _, p := range t {
		if p.Name == Amount && p.On(m.First()) && p.From <= age && (p.To == 0 || age <= p.To) {
			fen, _ = strconv.ParseInt(p.Value, 10, 64)
			return fen, true
		}
	}
	return 0, false
}

// AgeIn is the age that counts in a month: on its last day, or where the first paid month is that after the birthday, on the last day of
// the month before (B1.2).
func (t Terms) AgeIn(birth string, m Month) int {
	day := m.Last()
	if t.Word(FirstMonth, m.First()) == Next {
		day = (m - 1).Last()
	}
	return ageOn(birth, day)
}

// Standing is what is known of somebody that decides about months. Days are YYYY-MM-DD or empty.
type Standing struct {
	Birth string
	Came  string // moved in: entitled from the month after
	Moved string // moved out
	Dead  string

	// Of the entry, when there is one. An age programme is due by age alone, but for months behind the end that the county decided.
	Standards []Standard // by their months, the first first
	Ends      Month      // last month; 0: goes on
	Breaks    []Break    // stopped in between
	Household bool       // the household is paid, and goes on without a member

	// Whose payments are here at all. Somebody on the roll was most likely paid in a month whose list nobody has taken over; somebody who was
	// not on it was not.
	OnRoll   bool
	Since    Month          // first month on the roll; 0: not known
	Recorded map[Month]bool // months whose lists are here; nil: all
}

// unrecorded tells whether nobody can say whether a month was paid.
func (s Standing) unrecorded(m Month) bool {
	return s.Recorded != nil && s.OnRoll && m >= s.Since && !s.Recorded[m]
}

// Break is from which to which month an entry was stopped, before it went on.
type Break struct{ From, To Month }

// Standard is what an entry is paid from a month on.
type Standard struct {
	From Month
	Fen  int64
}

// Due is what a month owes.
type Due struct {
	Month Month
	Age   int
	Fen   int64
	Why   string // why nothing
}

// Due is what somebody is owed for a month, or why nothing.
func (t Terms) Due(s Standing, m Month) Due {
	d := Due{Month: m}
	if d.Why = t.out(s, m); d.Why != "" {
		return d
	}
	if !t.ByAge() {
		for _, x := range s.Standards {
			if x.From <= m {
				d.Fen = x.Fen
			}
		}
		if len(s.Standards) == 0 || m < s.Standards[0].From {
			d.Why = "没有核定标准"
		}
		return d
	}
	if !isDay(s.Birth) {
		d.Why = "出生日期不明"
		return d
	}
	d.Age = t.AgeIn(s.Birth, m)
	threshold, ok := t.Number(Threshold, m.First())
	switch {
	case !ok:
		d.Why = "没有规定起始年龄"
	case d.Age < threshold:
		d.Why = fmt.Sprintf("未满%d周岁", threshold)
	default:
		if d.Fen, ok = t.Amount(d.Age, m); !ok {
			d.Why = "没有规定标准"
		}
	}
	return d
}

// out tells why somebody is not entitled in a month whatever the age: dead, moved away, not yet here, stopped. How long a death and a
// departure are paid is what was in force when they happened.
func (t Terms) out(s Standing, m Month) string {
	if s.Ends != 0 && m > s.Ends {
		return fmt.Sprintf("已停发，发到%s", s.Ends.Words())
	}
	for _, b := range s.Breaks {
		if b.From <= m && m <= b.To {
			return "停发期间"
		}
	}
	if s.Household {
		return ""
	}
	if dead := MonthOf(s.Dead); dead != 0 {
		if grace, _ := t.Number(Grace, s.Dead); m > dead+Month(grace) {
			return fmt.Sprintf("%s去世，%s", dead.Words(), after(grace))
		}
	}
	if moved := MonthOf(s.Moved); moved != 0 {
		if more, _ := t.Number(Leaving, s.Moved); m > moved+Month(more) {
			return fmt.Sprintf("户籍%s迁出，%s", moved.Words(), after(more))
		}
	}
	if came := MonthOf(s.Came); came != 0 && m <= came {
		return fmt.Sprintf("户籍%s迁入，次月起享受", came.Words())
	}
	return ""
}

func after(more int) string {
	if more == 0 {
		return "发到当月"
	}
	return fmt.Sprintf("发到其后第%d个月", more)
}

// Verdict is what a month shows when due and paid are laid beside each other.
type Verdict string

// The verdicts.
const (
	Even    Verdict = ""
	Missing Verdict = "未发" // due and no payment row: arrears
	Short   Verdict = "少发"
	Excess  Verdict = "多发"
	Wrong   Verdict = "不应发" // paid and nothing due
	Unknown Verdict = "无记录" // due, on the roll, and the list of the month is not here
)

// Line is one month of somebody: what was due, what was paid.
type Line struct {
	Due
	Paid    int64 // fen; repayments taken off
	Rows    int   // payment rows of the month
	Made    bool  // one of them made it good
	Verdict Verdict
	Barred  string // why a missing month is not made good
}

// Diff is due less paid, in fen.
func (l Line) Diff() int64 { return l.Fen - l.Paid }

// PaidIn is what the payment rows of a month sum to.
type PaidIn struct {
	Fen  int64
	Rows int
	Made bool // one of them are arrears
}

// Lines lays due and paid of every month from one to another beside each other; months with neither are left out, as are all
// when from is none. Months outside that were paid are there too.
func (t Terms) Lines(s Standing, paid map[Month]PaidIn, from, to Month) []Line {
	if from == 0 {
		from = to + 1
	}
	for m := range paid {
		from, to = min(from, m), max(to, m)
	}
	var list []Line
	for m := from; m <= to; m++ {
		l := Line{Due: t.Due(s, m), Paid: paid[m].Fen, Rows: paid[m].Rows, Made: paid[m].Made}
		switch {
		case l.Fen == 0 && l.Paid == 0:
			if l.Rows == 0 {
				continue
			}
		case l.Rows == 0 && s.unrecorded(m):
			l.Verdict, l.Why = Unknown, "这个月的发放册没有导入"
		case l.Rows == 0:
			l.Verdict = Missing
		case l.Fen == 0:
			l.Verdict = Wrong
		case l.Paid < l.Fen:
			l.Verdict = Short
		case l.Paid > l.Fen:
			l.Verdict = Excess
		}
		list = append(list, l)
	}
	return list
}

// Begins is the first month that could be due at all: of the first amount or standard.
func (t Terms) Begins(s Standing) Month {
	first := Month(0)
	for _, p := range t {
		if m := MonthOf(p.ValidFrom); p.Name == Amount && (first == 0 || m < first) {
			first = m
		}
	}
	if !t.ByAge() && len(s.Standards) > 0 {
		first = s.Standards[0].From
	}
	return first
}

// Sum is what months come to, in fen.
type Sum struct {
	Arrears int64 // of months without a payment row, as far as they are made good (C5)
	Months  []Month
	Barred  int64 // of months without a payment row that are not made good: before the application, beyond the cap
	Short   int64 // paid less than due
	Excess  int64 // paid more than due
	Wrong   int64 // paid when nothing was due: after death, after moving, before the age (C5: overpaid)
	Over    []Month
	Unknown int // months that nobody can say anything of
}

// Overpaid is what was paid too much in all.
func (s Sum) Overpaid() int64 { return s.Excess + s.Wrong }

// Sum sums lines up and marks in them the missing months that are not made good, as the rule of the programme in force on the last month
// says: all of them, those from the application on, at most so many, the latest first kept. applied is the month of the application, 0 for
// none.
func (t Terms) Sum(lines []Line, applied Month) Sum {
	var s Sum
	if len(lines) == 0 {
		return s
	}
	day := lines[len(lines)-1].Month.First()
	rule := t.Word(ArrearsFrom, day)
	limit, capped := t.Number(ArrearsCap, day)
	left := limit
	for i := len(lines) - 1; i >= 0; i-- {
		l := &lines[i]
		if l.Made && left > 0 {
			left-- // what was made good before counts for the cap too
		}
		switch l.Verdict {
		case Missing:
			switch {
			case rule == FromApplication && applied == 0:
				l.Barred = "按申请补发，还没有申请"
			case rule == FromApplication && l.Month < applied:
				l.Barred = "申请之前的月份不补"
			case rule == NoArrears:
				l.Barred = "规定不补发"
			case capped && left == 0:
				l.Barred = fmt.Sprintf("超过补发上限%d个月", limit)
			default:
				left--
				s.Arrears += l.Fen
				s.Months = append(s.Months, l.Month)
				continue
			}
			s.Barred += l.Fen
		case Unknown:
			s.Unknown++
		case Short:
			s.Short += l.Diff()
		case Excess:
			s.Excess -= l.Diff()
			s.Over = append(s.Over, l.Month)
		case Wrong:
			s.Wrong += l.Paid
			s.Over = append(s.Over, l.Month)
		}
	}
	slices.Reverse(s.Months)
	slices.Reverse(s.Over)
	return s
}

// Excludes lists the programmes and allowances that may not be had beside this one on a day.
func (t Terms) Excludes(day string) []string {
	return strings.FieldsFunc(t.Word(Exclusive, day), func(r rune) bool { return strings.ContainsRune("、，,；; ", r) })
}

// Asked is the amount that an application is about, in fen: what it says or, of somebody who is paid by age, what the first month owes; of
// one that says no month that is the month of day. 0: it is about none.
func (t Terms) Asked(a Application, birth, day string) int64 {
	if a.Amount > 0 || a.Kind != New && a.Kind != Resume || birth == "" {
		return a.Amount
	}
	m := a.From
	if m == 0 {
		m = MonthOf(day)
	}
	fen, _ := t.Amount(t.AgeIn(birth, m), m)
	return fen
}
