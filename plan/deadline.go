package plan

import (
	"fmt"

	"bihuan/chinese"
)

// date is a day of the calendar; the zero date is unknown.
type date struct{ y, m, d int }

func (d date) iso() Maybe {
	if d.y == 0 {
		return ""
	}
	return Maybe(fmt.Sprintf("%04d-%02d-%02d", d.y, d.m, d.d))
}

func (d date) before(e date) bool {
	if d.y != e.y {
		return d.y < e.y
	}
	if d.m != e.m {
		return d.m < e.m
	}
	return d.d < e.d
}

// lastDay gives the number of days of a month.
func lastDay(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// Deadline is what a deadline as printed means.
type Deadline struct {
	Text      string // as printed
	Date      Maybe  // ISO, last day of the period stated
	Precision Maybe  // day, month, quarter, year
	LongTerm  bool   // 长期坚持, 常态化
	Unknown   bool   // a placeholder stands where a date should: x月x日, 20xx年
	Ambiguous bool   // 8月前: before the month or by its end
	Err       error  // a date that no calendar has: 2月30日
}

// ParseDeadline reads a deadline such as 「2025年4月底前，持续推进」. A date without a year falls in the given year; with year
// 0 it stays unknown.
func ParseDeadline(text string, year int) Deadline {
	k := inkOf(text)
	return k.deadline(k.trim(span{0, len(k.c)}, "。;,、"), date{year, 1, 1})
}

// longTerm are the words that make a deadline or status a standing duty.
var longTerm = []string{"长期", "常态", "持续", "常抓", "一以贯之"}

func (k *ink) isLongTerm(s span) bool {
	for _, w := range longTerm {
		if i := k.find(s, w); i >= 0 && !(w == "持续" && (k.starts(i, "持续到") || k.starts(i, "持续至"))) && !(w == "长期" && k.at0(i-1) == '中' && k.at0(i-2) != '、') {
			return true
		}
	}
	return false
}

// stated is one date found in a text.
type stated struct {
	day       date
	precision Maybe
	ambiguous bool
	unknown   bool
	err       error
	at        span
	done      bool // 完成 follows
}

// deadline reads the deadline in a piece; dates without a year fall on or after base.
func (k *ink) deadline(s span, base date) Deadline {
	out := Deadline{Text: k.text(s), LongTerm: k.isLongTerm(s)}
	var best *stated
	all := k.dates(s, base)
	for i := range all {
		d := &all[i]
		if d.err != nil {
			out.Err = d.err
		}
		if d.unknown {
			out.Unknown = true
			continue
		}
		if d.day.y == 0 {
			continue
		}
		next := s.b
		if i+1 < len(all) {
			next = all[i+1].at.a
		}
		for _, w := range []string{"完成", "整改到位", "前到位", "办结", "销号"} {
			if j := k.find(span{d.at.b, next}, w); j >= 0 {
				d.done = true
			}
		}
		if best == nil || d.done || !best.done {
			best = d
		}
	}
	if best != nil {
		out.Date, out.Precision, out.Ambiguous = best.day.iso(), best.precision, best.ambiguous
	}
	return out
}

// dates finds the dates of a piece in order. A year once named holds for the dates after it.
func (k *ink) dates(s span, base date) []stated {
	var out []stated
	year := 0
	for i := s.a; i < s.b; {
		if !startsDate(k.c[i]) {
			i++
			continue
		}
		d, to, ok := k.dateAt(i, s.b, &year, base)
		if !ok {
			i++
			continue
		}
		d.at = span{i, to}
		out = append(out, d)
		i = to
	}
	return out
}

// startsDate reports whether a date may begin with a rune.
func startsDate(r rune) bool {
	switch r {
	case 'x', 'X', '*', '×', '某', '_', '年', '上', '下', '第':
		return true
	}
	return chinese.Digit(r) || chinese.Numeral(r)
}

// numAt reads a whole number in ASCII or Chinese digits.
func (k *ink) numAt(i, end int) (int, int) {
	a := i
	for a < end && a-i < 7 && chinese.Digit(k.c[a]) {
		a++
	}
	if a == i {
		a = k.numerals(i, end)
	}
	if a == i || a-i > 5 {
		return 0, i
	}
	return k.number(i, a), a
}

// placeholder skips x, X, *, 某 and digits mixed with them: 20xx.
func (k *ink) placeholder(i, end int) (int, bool) {
	a, x := i, false
	for a < end && (has("xX*×某_", k.c[a]) || chinese.Digit(k.c[a])) {
		x = x || !chinese.Digit(k.c[a])
		a++
	}
	return a, x
}

// dateAt reads a date at c[i].
func (k *ink) dateAt(i, end int, year *int, base date) (stated, int, bool) {
	prev := k.at0(i - 1)
	if a, x := k.placeholder(i, end); x && a < end && has("年月日", k.c[a]) {
		for a < end && (has("年月日号前底", k.c[a]) || has("xX*×某_", k.c[a]) || chinese.Digit(k.c[a])) {
			a++
		}
		return stated{unknown: true}, a, true
	}
	for _, w := range []struct {
		word    string
		m       int
		quarter bool
	}{{"年底", 12, false}, {"年末", 12, false}, {"年内", 12, false}, {"年终", 12, false}, {"上半年", 6, true}, {"下半年", 12, true}, {"第一季度", 3, true}, {"第二季度", 6, true}, {"第三季度", 9, true}, {"第四季度", 12, true}, {"一季度", 3, true}, {"二季度", 6, true}, {"三季度", 9, true}, {"四季度", 12, true}} {
		if !k.starts(i, w.word) {
			continue
		}
		y := *year
		if y == 0 || !w.quarter && prev != '年' {
			y = roll(base, w.m, lastDay(base.y, w.m))
		}
		if has("每半1234567890", prev) && prev != '年' {
			return stated{}, i + runeLen(w.word), false
		}
		if w.quarter && base.y == 0 && *year == 0 || y == 0 {
			return stated{}, i + runeLen(w.word), false
		}
		p := Maybe("year")
		if w.quarter {
			p = "quarter"
		}
		return stated{day: date{y, w.m, lastDay(y, w.m)}, precision: p}, i + runeLen(w.word), true
	}
	n, a := k.numAt(i, end)
	if a == i || a >= end {
		return stated{}, i, false
	}
	switch next := k.c[a]; {
	case next == '年' && a-i >= 2 && n >= 20 && (n >= 1990 && n < 2100 || a-i == 2 && chinese.Digit(k.c[i]) && n >= 15 && n < 60):
		if n < 100 {
			n += 2000
		}
		*year = n
		return k.afterYear(i, a+1, end, year, base)
	case (next == '.' || next == '-' || next == '/') && n >= 1990 && n < 2100:
		*year = n
		m, b := k.numAt(a+1, end)
		if b == a+1 || m < 1 || m > 12 || b-a > 3 {
			return stated{}, i, false
		}
		if b < end && k.c[b] == next {
			if d, e := k.numAt(b+1, end); e > b+1 && e-b <= 3 {
				return k.day(n, m, d, i, e)
			}
		}
		return stated{day: date{n, m, lastDay(n, m)}, precision: "month"}, b, true
	case next == '月' && n >= 1 && n <= 12 && prev != '每' && !(a-i == 1 && k.starts(a, "月度")):
		return k.afterMonth(n, i, a+1, end, *year, base)
	case next == '月' && n > 12:
		return stated{err: fmt.Errorf("没有%d月", n)}, a + 1, true
	}
	return stated{}, i, false
}

// afterYear reads what follows 2025年.
func (k *ink) afterYear(i, a, end int, year *int, base date) (stated, int, bool) {
	y := *year
	if a < end && k.c[a] == '度' {
		a++
	}
	for a < end && has("的,", k.c[a]) {
		a++
	}
	if b, x := k.placeholder(a, end); x && b < end && k.c[b] == '月' {
		for b < end && (has("年月日号前底", k.c[b]) || has("xX*×某_", k.c[b]) || chinese.Digit(k.c[b])) {
			b++
		}
		return stated{unknown: true}, b, true
	}
	if m, b := k.numAt(a, end); b > a && b < end && k.c[b] == '月' {
		if m < 1 || m > 12 {
			return stated{err: fmt.Errorf("没有%d月", m)}, b + 1, true
		}
		return k.afterMonth(m, i, b+1, end, y, base)
	}
	if k.starts(a, "年") {
		a++
	}
	for _, w := range []string{"底", "末", "内", "终"} {
		if k.starts(a, w) {
			return stated{day: date{y, 12, 31}, precision: "year"}, a + 1, true
		}
	}
	if k.starts(a, "前") || k.starts(a, "以前") || k.starts(a, "之前") {
		return stated{day: date{y, 12, 31}, precision: "year", ambiguous: true}, a + 1, true
	}
	if a < end && has("上下第一二三四", k.c[a]) && has("半季一二三四", k.at0(a+1)) {
		if d, to, ok := k.dateAt(a, end, year, base); ok {
			return d, to, true
		}
	}
	if a >= end || has(",;、。)", k.c[a]) || k.starts(a, "完成") {
		return stated{day: date{y, 12, 31}, precision: "year"}, a, true
	}
	return stated{}, a, true
}

// afterMonth reads what follows 3月.
func (k *ink) afterMonth(m, i, a, end, y int, base date) (stated, int, bool) {
	if y == 0 {
		y = roll(base, m, lastDay(base.y, m))
	}
	if b, x := k.placeholder(a, end); x && b < end && has("日号", k.c[b]) {
		return stated{unknown: true}, b + 1, true
	}
	if d, b := k.numAt(a, end); b > a && (b >= end || has("日号", k.c[b]) || !has("个天次年月", k.c[b])) && d > 0 {
		if b < end && has("日号", k.c[b]) {
			b++
		}
		return k.day(y, m, d, i, b)
	}
	last := lastDay(y, m)
	for _, w := range []struct {
		word string
		day  int
	}{{"上旬", 10}, {"中旬", 20}, {"下旬", last}, {"份底", last}, {"月底", last}, {"底", last}, {"末", last}, {"份", last}, {"内", last}, {"初", 10}} {
		if k.starts(a, w.word) {
			p := Maybe("month")
			if w.day < last {
				p = "day"
			}
			d := stated{day: date{y, m, w.day}, precision: p}
			a += runeLen(w.word)
			d.ambiguous = w.word == "份" && k.starts(a, "前")
			if y == 0 {
				d.day = date{}
			}
			return d, a, true
		}
	}
	d := stated{day: date{y, m, last}, precision: "month", ambiguous: k.starts(a, "前") || k.starts(a, "以前") || k.starts(a, "之前")}
	if y == 0 {
		d.day = date{}
	}
	return d, a, true
}

// day makes a full date and refuses one that no calendar has.
func (k *ink) day(y, m, d, from, to int) (stated, int, bool) {
	if m < 1 || m > 12 || d < 1 || d > lastDay(max(y, 2000), m) {
		return stated{err: fmt.Errorf("日历上没有%s", k.bare(span{from, to}))}, to, true
	}
	if y == 0 {
		return stated{}, to, true
	}
	return stated{day: date{y, m, d}, precision: "day"}, to, true
}

// roll gives the year in which a day falls on or after base; 0 when base is unknown.
func roll(base date, m, d int) int {
	if base.y != 0 && (date{base.y, m, d}).before(base) {
		return base.y + 1
	}
	return base.y
}
