package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Rule says when something recurs: a subset of RFC 5545's RRULE, with parts of our own for working days, festivals and counts
// that it has no words for (C1 P3). It is written by [Rule.String], read by [ParseRule], said to people by [Rule.Words] and
// turned into days by [Rule.Dates]. The first day of a duty is not part of it.
//
// Without a day in it (BYDAY, BYMONTHDAY, X-WORKDAY) a weekly, monthly or yearly rule is open for its whole period and due on
// the last working day of that. Quarters, half-years and years are those of the calendar; any other interval is counted from
// the start.
type Rule struct {
	Freq      Freq
	Interval  int    // every so many; 0 is 1
	Months    []int  // BYMONTH
	MonthDays []int  // BYMONTHDAY; -1 is the last
	Days      []Day  // BYDAY
	SetPos    []int  // BYSETPOS: which of the days of a period
	Workday   int    // X-WORKDAY: nth working day of the period, -1 the last; 0 none
	Shift     Shift  // X-SHIFT: what happens when the day is no working day
	Times     int    // X-TIMES: so many times in each period, which is divided into as many even parts
	Event     string // X-EVENT: a festival or an event that people enter, several joined by 、; then Freq is empty
	Before    int    // X-BEFORE: days before the event that belong to it
	After     int    // X-AFTER: days after it
	Side      Side   // X-SIDE: only the days before it or only those after
	Each      int    // X-EACH: once in so many days of the event; 0 once for the event
	AllDay    bool   // X-ALLDAY=1: round the clock
	Until     string // UNTIL: last day, YYYY-MM-DD; empty for ever
}

// Freq is the period of a rule.
type Freq string

// The periods.
const (
	Daily   Freq = "DAILY"
	Weekly  Freq = "WEEKLY"
	Monthly Freq = "MONTHLY"
	Yearly  Freq = "YEARLY"
)

// Shift is what happens to a day that is no working day.
type Shift string

// The shifts.
const (
	Stay     Shift = ""         // it is done all the same
	Skip     Shift = "skip"     // it is cancelled
	Next     Shift = "next"     // the next working day
	Previous Shift = "previous" // the working day before
)

// Side is which days about an event a rule means.
type Side string

// The sides.
const (
	Around     Side = ""       // the event and the days of Before and After
	OnlyBefore Side = "before" // the days of Before
	OnlyAfter  Side = "after"  // the days of After
)

// Day is an entry of BYDAY.
type Day struct {
	N       int // nth of the month or year, -1 the last; 0 every
	Weekday int // 0 Monday … 6 Sunday
}

var weekdayCodes = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// Workdays are Monday to Friday.
func Workdays() []Day { return []Day{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}} }

// ParseRule reads a rule. What it refuses it names, in Chinese; what RFC 5545 allows and this program has no use for (HOURLY,
// COUNT, BYHOUR …) is refused as well and never passed over.
func ParseRule(text string) (Rule, error) {
	var r Rule
	seen := map[string]bool{}
	text = strings.TrimPrefix(strings.TrimSpace(text), "RRULE:")
	if text == "" {
		return r, errors.New("没有写多久一次")
	}
	for part := range strings.SplitSeq(text, ";") {
		name, value, ok := strings.Cut(part, "=")
		name, value = strings.ToUpper(strings.TrimSpace(name)), strings.TrimSpace(value)
		if !ok || value == "" {
			return Rule{}, fmt.Errorf("“%s”没有写值，应为“名称=值”", part)
		}
		if seen[name] {
			return Rule{}, fmt.Errorf("“%s”写了两次", name)
		}
		seen[name] = true
		if err := r.part(name, value); err != nil {
			return Rule{}, err
		}
	}
	r.settle()
	if err := r.check(); err != nil {
		return Rule{}, err
	}
	return r, nil
}

// part reads one part.
func (r *Rule) part(name, value string) error {
	var err error
	switch upper := strings.ToUpper(value); name {
	case "FREQ":
		r.Freq = Freq(upper)
	case "INTERVAL":
		r.Interval, err = whole(name, value, 1, 400)
	case "BYMONTH":
		r.Months, err = list(name, value, 1, 12)
	case "BYMONTHDAY":
		r.MonthDays, err = list(name, value, -31, 31)
	case "BYSETPOS":
		r.SetPos, err = list(name, value, -366, 366)
	case "BYDAY":
		for code := range strings.SplitSeq(upper, ",") {
			d, ok := parseDay(strings.TrimSpace(code))
			if !ok {
				return fmt.Errorf("“BYDAY”里的“%s”不是星期几", code)
			}
			r.Days = append(r.Days, d)
		}
	case "WKST":
		if upper != "MO" {
			return errors.New("一周只能从周一（MO）算起")
		}
	case "UNTIL":
		day := upper
		if i := strings.IndexByte(day, 'T'); i == 8 {
			day = day[:i]
		}
		for _, form := range []string{"20060102", time.DateOnly} {
			if t, err := time.Parse(form, day); err == nil {
				r.Until = t.Format(time.DateOnly)
				return nil
			}
		}
		return fmt.Errorf("截止日期“%s”不是日期，应写成20261231", value)
	case "X-WORKDAY":
		r.Workday, err = whole(name, value, -260, 260)
		if err == nil && r.Workday == 0 {
			err = errors.New("“X-WORKDAY”不能为0：第几个工作日从1数起，倒数从-1数起")
		}
	case "X-SHIFT":
		switch s := Shift(strings.ToLower(value)); s {
		case Skip, Next, Previous:
			r.Shift = s
		case "none":
		default:
			return fmt.Errorf("“X-SHIFT=%s”不对，应为none（照常）、skip（不办）、next（顺延）或previous（提前）", value)
		}
	case "X-TIMES":
		r.Times, err = whole(name, value, 1, 366)
	case "X-EVENT":
		r.Event = value
	case "X-BEFORE":
		r.Before, err = whole(name, value, 0, 180)
	case "X-AFTER":
		r.After, err = whole(name, value, 0, 180)
	case "X-SIDE":
		r.Side = Side(strings.ToLower(value))
		if r.Side != OnlyBefore && r.Side != OnlyAfter {
			return fmt.Errorf("“X-SIDE=%s”不对，应为before（只在之前）或after（只在之后）", value)
		}
	case "X-EACH":
		r.Each, err = whole(name, value, 1, 180)
	case "X-ALLDAY":
		var n int
		n, err = whole(name, value, 0, 1)
		r.AllDay = n == 1
	default:
		return fmt.Errorf("不认识“%s”，请在常用频次里选一个", name)
	}
	return err
}

func whole(name, value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("“%s=%s”不对，应为%d至%d的整数", name, value, least, most)
	}
	return n, nil
}

func list(name, value string, least, most int) ([]int, error) {
	var all []int
	for v := range strings.SplitSeq(value, ",") {
		n, err := whole(name, strings.TrimSpace(v), least, most)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, fmt.Errorf("“%s”里不能有0", name)
		}
		all = append(all, n)
	}
	return all, nil
}

func parseDay(code string) (Day, bool) {
	if len(code) < 2 {
		return Day{}, false
	}
	w := slices.Index(weekdayCodes, code[len(code)-2:])
	if w < 0 || len(code) == 2 {
		return Day{0, w}, w >= 0
	}
	n, err := strconv.Atoi(code[:len(code)-2])
	return Day{n, w}, err == nil && n != 0 && n >= -53 && n <= 53
}

// settle brings a rule into the one form that [Rule.String] writes.
func (r *Rule) settle() {
	if r.Interval == 1 {
		r.Interval = 0
	}
	if r.Times == 1 {
		r.Times = 0
	}
	if r.Shift == Skip && r.Event == "" && !r.fixed() { // a period without a working day is cancelled anyway
		r.Shift = Stay
	}
	slices.Sort(r.Months)
	r.Months = slices.Compact(r.Months)
	fromEnd := func(n int) int { // 1, 2 … then … -2, -1
		if n < 0 {
			return n + 1000
		}
		return n
	}
	byPlace := func(a, b int) int { return cmp.Compare(fromEnd(a), fromEnd(b)) }
	slices.SortFunc(r.MonthDays, byPlace)
	r.MonthDays = slices.Compact(r.MonthDays)
	slices.SortFunc(r.SetPos, byPlace)
	r.SetPos = slices.Compact(r.SetPos)
	slices.SortFunc(r.Days, func(a, b Day) int {
		return cmp.Or(cmp.Compare(fromEnd(a.N), fromEnd(b.N)), cmp.Compare(a.Weekday, b.Weekday))
	})
	r.Days = slices.Compact(r.Days)
}

// every is the interval.
func (r *Rule) every() int { return max(r.Interval, 1) }

// fixed tells whether the rule names a day, so that its period is not divided.
func (r *Rule) fixed() bool { return r.Freq == Daily || len(r.Days) > 0 || len(r.MonthDays) > 0 }

// check tells what in the rule does not go together.
func (r *Rule) check() error {
	if r.Event != "" {
		return r.checkEvent()
	}
	switch r.Freq {
	case Daily, Weekly, Monthly, Yearly:
	case "":
		return errors.New("没有写多久一次（FREQ）")
	case "HOURLY", "MINUTELY", "SECONDLY":
		return errors.New("一天之内的频次不逐次登记，请改为每天一次，当天办了几次写在反馈里")
	default:
		return fmt.Errorf("“FREQ=%s”不对，应为DAILY、WEEKLY、MONTHLY或YEARLY", r.Freq)
	}
	ordinals := slices.ContainsFunc(r.Days, func(d Day) bool { return d.N != 0 })
	month := r.Freq == Monthly || r.Freq == Yearly && len(r.Months) > 0
	farDay := slices.ContainsFunc(r.Days, func(d Day) bool { return d.N > 5 || d.N < -5 })
	byDay := len(r.Days) > 0 || len(r.MonthDays) > 0
	most := map[Freq]int{Weekly: 5, Monthly: 20, Yearly: 250}[r.Freq] * r.every() // every period has as many
	times := map[Freq]int{Weekly: 7, Monthly: 28, Yearly: 365}[r.Freq] * r.every()
	if r.Freq == Yearly && len(r.Months) > 0 {
		most, times = 20, 28
	}
	switch {
	case r.Before != 0 || r.After != 0 || r.Side != Around || r.Each != 0:
		return errors.New("“X-BEFORE”“X-AFTER”“X-SIDE”“X-EACH”只用于节日或事件（X-EVENT）")
	case ordinals && r.Freq != Monthly && r.Freq != Yearly:
		return errors.New("“第几个星期几”只能用于每月或每年")
	case month && farDay:
		return errors.New("一个月里没有第6个同样的星期几")
	case len(r.MonthDays) > 0 && r.Freq == Weekly:
		return errors.New("每周的任务不能写几号，请写星期几或改为每月")
	case len(r.SetPos) > 0 && (!byDay || r.Freq == Daily):
		return errors.New("“BYSETPOS”要和星期几或几号一起用，且不能用于每天")
	case r.Workday != 0 && (byDay || r.Freq == Daily || r.Times != 0 || r.Shift != Stay):
		return errors.New("“第几个工作日”不能与每天、星期几、几号、次数或遇节假日的处理一起用")
	case r.Workday > most || -r.Workday > most:
		return fmt.Errorf("这一期不一定有第%d个工作日，最多写到%d", max(r.Workday, -r.Workday), most)
	case r.Times != 0 && (byDay || r.Freq == Daily):
		return errors.New("“每期几次”不能与每天、星期几或几号一起用")
	case r.Times > times:
		return fmt.Errorf("每期%d次太多，最多%d次", r.Times, times)
	case r.Interval > 1 && len(r.Months) > 0 && r.Freq == Monthly && !byDay:
		return errors.New("每几个月一次的任务不能再限定月份，请改为每年并写明月份")
	}
	return nil
}

func (r *Rule) checkEvent() error {
	for _, c := range r.Event {
		if c == utf8.RuneError || c == ';' || c == '=' || c == ',' || unicode.IsControl(c) {
			return fmt.Errorf("事件名称“%s”里不能有分号、等号或逗号，几个事件之间用顿号", r.Event)
		}
	}
	switch {
	case strings.TrimSpace(r.Event) != r.Event || utf8.RuneCountInString(r.Event) > 40:
		return fmt.Errorf("事件名称“%s”太长或首尾有空格", r.Event)
	case r.Freq != "" || r.every() > 1 || len(r.Months)+len(r.MonthDays)+len(r.Days)+len(r.SetPos) > 0 || r.Workday != 0 || r.Times != 0:
		return errors.New("节日或事件（X-EVENT）的任务随事件发生，不能再写每周每月；一段时间里多次的，写“X-EACH=几天一次”")
	case r.Each > 0 && (r.Shift == Next || r.Shift == Previous):
		return errors.New("节日或事件期间每天的任务遇节假日只能照常或不办，不能顺延或提前")
	case r.Side == OnlyBefore && (r.Before == 0 || r.After != 0):
		return errors.New("只在节前办的，要写节前几天（X-BEFORE），不写节后")
	case r.Side == OnlyAfter && (r.After == 0 || r.Before != 0):
		return errors.New("只在节后办的，要写节后几天（X-AFTER），不写节前")
	}
	return nil
}

// String writes the rule so that [ParseRule] reads the same; equal rules are written alike.
func (r Rule) String() string {
	r.Months, r.MonthDays, r.Days, r.SetPos = slices.Clone(r.Months), slices.Clone(r.MonthDays), slices.Clone(r.Days), slices.Clone(r.SetPos)
	r.settle()
	var parts []string
	text := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	count := func(name string, n int) {
		if n != 0 {
			parts = append(parts, name+"="+strconv.Itoa(n))
		}
	}
	text("FREQ", string(r.Freq))
	count("INTERVAL", r.Interval)
	text("BYMONTH", join(r.Months, strconv.Itoa, ","))
	text("BYMONTHDAY", join(r.MonthDays, strconv.Itoa, ","))
	text("BYDAY", join(r.Days, Day.code, ","))
	text("BYSETPOS", join(r.SetPos, strconv.Itoa, ","))
	count("X-WORKDAY", r.Workday)
	count("X-TIMES", r.Times)
	text("X-EVENT", r.Event)
	count("X-BEFORE", r.Before)
	count("X-AFTER", r.After)
	text("X-SIDE", string(r.Side))
	count("X-EACH", r.Each)
	text("X-SHIFT", string(r.Shift))
	if r.AllDay {
		text("X-ALLDAY", "1")
	}
	text("UNTIL", strings.ReplaceAll(r.Until, "-", ""))
	return strings.Join(parts, ";")
}

func (d Day) code() string {
	if d.N == 0 {
		return weekdayCodes[d.Weekday]
	}
	return strconv.Itoa(d.N) + weekdayCodes[d.Weekday]
}

func join[T any](all []T, say func(T) string, sep string) string {
	words := make([]string, len(all))
	for i, x := range all {
		words[i] = say(x)
	}
	return strings.Join(words, sep)
}
