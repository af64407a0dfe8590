// Package calendar counts working days by the statutory holidays and make-up workdays of each year, and says on which days a
// rule of recurrence falls. It is pure: today comes from the caller.
package calendar

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

//go:embed holidays.txt
var published string

// Calendar knows which days are worked. The zero Calendar knows weekends only. It is never changed once made.
type Calendar struct {
	special   map[int]special // by day, where it differs from the week
	years     map[string]bool // years whose holidays are known
	table     []byte          // what is known of each day from firstDay on
	text      string          // the dates of those days end to end, so that a date costs no memory
	festivals []festival      // in the order of time
}

// special is a day off on a weekday, or a day worked at a weekend.
type special struct {
	worked bool
	name   string // the holiday that it belongs to
}

// festival is an unbroken run of days off about a holiday, the weekend that it joins included.
type festival struct {
	name     string
	from, to int
}

// The years that a calendar may have holidays of. Outside of them only weekends are known.
const (
	firstYear = 2000
	lastYear  = 2099
)

var firstDay = number(firstYear, 1, 1)

// What the table says of a day.
const (
	worked = 1 << iota
	known
)

// Published is the calendar of the years whose holidays this program was built with.
func Published() Calendar {
	c, err := Parse(published)
	if err != nil {
		panic(err) // the embedded file is checked by a test
	}
	return c
}

// Parse reads the holidays of one or more years: lines of the form "from to off|work name", where blank lines and lines that
// begin with # say nothing, or one year as the holiday-cn project writes it, {"year":2027,"days":[{"name","date","isOffDay"}]}.
// An error names the line or the entry. A year is known when the text says something of it before 25 December: the notice for
// a year may reach back to the last days of the year before, and says nothing else of that.
func Parse(text string) (Calendar, error) {
	c := Calendar{special: map[int]special{}, years: map[string]bool{}}
	text = strings.TrimPrefix(text, "\ufeff")
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		if err := c.parseJSON(text); err != nil {
			return c, err
		}
		c.finish()
		return c, nil
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if len(f) != 4 || (f[2] != "off" && f[2] != "work") {
			return c, fmt.Errorf("节假日表第%d行应为“起 止 off或work 名称”，现为“%s”", n, strings.TrimSpace(line))
		}
		from, ok := dayOf(f[0])
		to, ok2 := dayOf(f[1])
		if !ok || !ok2 || to < from || to-from > 31 || !covered(from) || !covered(to) {
			return c, fmt.Errorf("节假日表第%d行的日期“%s 至 %s”不对", n, f[0], f[1])
		}
		for d := from; d <= to; d++ {
			c.set(d, special{f[2] == "work", f[3]})
		}
	}
	c.finish()
	return c, nil
}

// parseJSON reads the form of the holiday-cn project.
func (c *Calendar) parseJSON(text string) error {
	var file struct {
		Year int
		Days []struct {
			Name, Date string
			IsOffDay   *bool
		}
	}
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		return fmt.Errorf("节假日表不是完整的JSON，请重新下载后再导入（%w）", err)
	}
	if file.Year < firstYear || file.Year > lastYear {
		return fmt.Errorf("节假日表的“year”为%d，应为%d至%d年", file.Year, firstYear, lastYear)
	}
	if len(file.Days) == 0 {
		return fmt.Errorf("节假日表里%d年没有一天，“days”是空的", file.Year)
	}
	for i, day := range file.Days {
		d, ok := dayOf(day.Date)
		y, m, _ := civil(d)
		if !ok || y != file.Year && (y != file.Year-1 || m != 12) || !covered(d) {
			return fmt.Errorf("节假日表第%d项的日期“%s”不对，应为%d年的日期", i+1, day.Date, file.Year)
		}
		name := strings.Join(strings.Fields(day.Name), "")
		if day.IsOffDay == nil || name == "" {
			return fmt.Errorf("节假日表第%d项（%s）缺少“name”或“isOffDay”", i+1, day.Date)
		}
		c.set(d, special{!*day.IsOffDay, name})
	}
	return nil
}

func covered(d int) bool { return d >= firstDay && d < number(lastYear+1, 1, 1) }

func (c *Calendar) set(d int, s special) {
	c.special[d] = s
	if y, m, day := civil(d); m < 12 || day < 25 {
		c.years[yearName(y)] = true
	}
}

func yearName(y int) string { return fmt.Sprintf("%04d", y) }

// finish makes what is computed from the special days.
func (c *Calendar) finish() {
	end := number(lastYear+1, 1, 1)
	c.table = make([]byte, 0, end-firstDay)
	var text []byte
	if c.text == "" {
		text = make([]byte, 0, 10*(end-firstDay))
	}
	for m := monthOf(firstDay); m < monthOf(end); m++ {
		a, next := monthStart(m), monthStart(m+1)
		here, then := c.years[yearName(m/12)], c.years[yearName(m/12+1)]
		date := write(nil, a)
		for d := a; d < next; d++ {
			says := byte(0)
			if weekday(d) < 5 {
				says |= worked
			}
			if here && (m%12 < 11 || d-a < 27 || then) { // the days about New Year are settled by the next year's notice
				says |= known
			}
			c.table = append(c.table, says)
			if c.text == "" {
				day := d - a + 1
				text = append(append(text, date[:8]...), byte('0'+day/10), byte('0'+day%10))
			}
		}
	}
	if c.text == "" {
		c.text = string(text)
	}
	var off []int
	for d, s := range c.special {
		c.table[d-firstDay] &^= worked
		if s.worked {
			c.table[d-firstDay] |= worked
		} else {
			off = append(off, d)
		}
	}
	slices.Sort(off)
	c.festivals = nil
	for _, d := range off {
		if n := len(c.festivals) - 1; n >= 0 && c.festivals[n].to == d-1 && c.festivals[n].name == c.special[d].name {
			c.festivals[n].to = d
		} else {
			c.festivals = append(c.festivals, festival{c.special[d].name, d, d})
		}
	}
	weekend := func(d int) bool { _, special := c.special[d]; return !special && weekday(d) >= 5 }
	for i := range c.festivals {
		f := &c.festivals[i]
		for weekend(f.from - 1) {
			f.from--
		}
		for weekend(f.to + 1) {
			f.to++
		}
	}
}

// With is c with what other knows: for each year that other knows, other's days take the place of c's.
func (c Calendar) With(other Calendar) Calendar {
	sum := Calendar{special: map[int]special{}, years: map[string]bool{}, text: c.text}
	for d, s := range c.special {
		if y, m, day := civil(d); !other.years[yearName(y)] || m == 12 && day >= 25 {
			sum.special[d] = s
		}
	}
	maps.Copy(sum.special, other.special)
	maps.Copy(sum.years, c.years)
	maps.Copy(sum.years, other.years)
	sum.finish()
	return sum
}

// Years are the years whose holidays are known, in order.
func (c Calendar) Years() []string { return slices.Sorted(maps.Keys(c.years)) }

// Lines writes the days of a known year as [Parse] reads them. The last days of December go with the year after them, whose
// notice they come from, when that is known.
func (c Calendar) Lines(year string) string {
	var b strings.Builder
	var from int
	days := slices.Sorted(maps.Keys(c.special))
	for i, d := range days {
		s := c.special[d]
		if c.noticeOf(d) != year {
			continue
		}
		if i == 0 || days[i-1] != d-1 || c.special[days[i-1]] != s || c.noticeOf(days[i-1]) != year {
			from = d
		}
		if i+1 < len(days) && days[i+1] == d+1 && c.special[d+1] == s && c.noticeOf(d+1) == year {
			continue
		}
		fmt.Fprintf(&b, "%s %s %s %s\n", c.date(from), c.date(d), map[bool]string{true: "work", false: "off"}[s.worked], s.name)
	}
	return b.String()
}

// noticeOf is the year in whose notice a special day stands.
func (c Calendar) noticeOf(d int) string {
	y, m, day := civil(d)
	if next := yearName(y + 1); m == 12 && day >= 25 && c.years[next] {
		return next
	}
	return yearName(y)
}

// Knows tells whether the holidays of date's year are known. Where they are not, weekends alone are days off and what is
// counted must be said to be so.
func (c Calendar) Knows(date string) bool { return len(date) >= 4 && c.years[date[:4]] }

// Missing names the years between two dates, both included, whose holidays are not known.
func (c Calendar) Missing(from, to string) []string {
	var missing []string
	a, ok := dayOf(from)
	b, ok2 := dayOf(to)
	if !ok || !ok2 {
		return nil
	}
	last, _, _ := civil(b)
	for y, _, _ := civil(a); y <= last; y++ {
		if year := yearName(y); !c.years[year] {
			missing = append(missing, year)
		}
	}
	return missing
}

// Works tells whether day is a working day.
func (c Calendar) Works(day time.Time) bool {
	y, m, d := day.Date()
	return c.works(number(y, int(m), d))
}

// Holiday is the name of the holiday that a date is a day off of, the days that come with it included: 春节. It is empty for
// any other day.
func (c Calendar) Holiday(date string) string {
	d, ok := dayOf(date)
	if !ok {
		return ""
	}
	if s, special := c.special[d]; special && !s.worked {
		return s.name
	}
	for _, f := range c.festivals {
		if f.from <= d && d <= f.to {
			return f.name
		}
	}
	return ""
}

func (c *Calendar) works(d int) bool {
	if i := d - firstDay; i >= 0 && i < len(c.table) {
		return c.table[i]&worked != 0
	}
	return weekday(d) < 5
}

// knows is [Calendar.Knows] of a day, and false in the last days of December unless the next year is known too.
func (c *Calendar) knows(d int) bool {
	i := d - firstDay
	return i >= 0 && i < len(c.table) && c.table[i]&known != 0
}

func (c *Calendar) date(d int) string {
	if i := 10 * (d - firstDay); i >= 0 && i < len(c.text) {
		return c.text[i : i+10]
	}
	return string(write(nil, d))
}

// longestRest bounds how far the next working day is looked for.
const longestRest = 40

// next is the first working day from d on.
func (c *Calendar) next(d int) int {
	for i := range longestRest {
		if c.works(d + i) {
			return d + i
		}
	}
	return d
}

// lastIn is the last working day of a stretch.
func (c *Calendar) lastIn(from, to int) (int, bool) {
	for d := to; d >= from; d-- {
		if c.works(d) {
			return d, true
		}
	}
	return 0, false
}

// Between counts the working days after from up to and including to; it is negative when to lies before from and 0 when either
// is no date. From a day to itself it is 0: today is due today.
func (c Calendar) Between(from, to string) int {
	a, ok := dayOf(from)
	b, ok2 := dayOf(to)
	if !ok || !ok2 {
		return 0
	}
	sign := 1
	if b < a {
		a, b, sign = b, a, -1
	}
	n := 0
	for d := a + 1; d <= b; d++ {
		if c.works(d) {
			n++
		}
	}
	return sign * n
}

// After is the date n working days after from; for n = 0 it is from itself.
func (c Calendar) After(from string, n int) string {
	d, ok := dayOf(from)
	if !ok {
		return from
	}
	for n > 0 {
		d++
		if c.works(d) {
			n--
		}
	}
	return c.date(d)
}

// AddDays is the date n calendar days after from; the day itself does not count. With roll a last day that is a day off gives
// way to the next working day, as the law says of most time limits (C5).
func (c Calendar) AddDays(from string, n int, roll bool) string {
	d, ok := dayOf(from)
	if !ok {
		return from
	}
	d += n
	if roll {
		d = c.next(d)
	}
	return c.date(d)
}
