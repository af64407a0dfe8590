// Package calendar counts working days by the statutory holidays and make-up workdays of each year. It is pure: today comes
// from the caller.
package calendar

import (
	_ "embed"
	"fmt"
	"strings"
	"time"
)

//go:embed holidays.txt
var published string

// Calendar knows which days are worked. The zero Calendar knows weekends only.
type Calendar struct {
	days  map[string]bool // date → worked, where it differs from the week
	years map[string]bool // years whose holidays are known
}

// Published is the calendar of the years whose holidays this program was built with.
func Published() Calendar {
	c, err := Parse(published)
	if err != nil {
		panic(err) // the embedded file is checked by a test
	}
	return c
}

// Parse reads lines of the form "from to off|work name"; blank lines and lines that begin with # say nothing.
func Parse(text string) (Calendar, error) {
	c := Calendar{days: map[string]bool{}, years: map[string]bool{}}
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
		from, err := time.Parse(time.DateOnly, f[0])
		to, err2 := time.Parse(time.DateOnly, f[1])
		if err != nil || err2 != nil || to.Before(from) || to.Sub(from) > 31*24*time.Hour {
			return c, fmt.Errorf("节假日表第%d行的日期“%s 至 %s”不对", n, f[0], f[1])
		}
		for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
			c.days[d.Format(time.DateOnly)] = f[2] == "work"
		}
		c.years[f[0][:4]] = true
	}
	return c, nil
}

// Knows tells whether the holidays of date's year are known. Where they are not, weekends alone are days off and what is
// counted must be said to be so.
func (c Calendar) Knows(date string) bool { return len(date) >= 4 && c.years[date[:4]] }

// Works tells whether day is a working day.
func (c Calendar) Works(day time.Time) bool {
	if worked, special := c.days[day.Format(time.DateOnly)]; special {
		return worked
	}
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

// Between counts the working days after from up to and including to; it is negative when to lies before from and 0 when either
// is no date. From a day to itself it is 0: today is due today.
func (c Calendar) Between(from, to string) int {
	a, err := time.Parse(time.DateOnly, from)
	b, err2 := time.Parse(time.DateOnly, to)
	if err != nil || err2 != nil {
		return 0
	}
	sign := 1
	if b.Before(a) {
		a, b, sign = b, a, -1
	}
	n := 0
	for d := a.AddDate(0, 0, 1); !d.After(b); d = d.AddDate(0, 0, 1) {
		if c.Works(d) {
			n++
		}
	}
	return sign * n
}

// After is the date n working days after from; for n = 0 it is from itself.
func (c Calendar) After(from string, n int) string {
	d, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return from
	}
	for n > 0 {
		d = d.AddDate(0, 0, 1)
		if c.Works(d) {
			n--
		}
	}
	return d.Format(time.DateOnly)
}
