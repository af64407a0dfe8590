package screening

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"bihuan/chinese"
)

// day is a date as yyyymmdd; where a list gives less, day or month and day are 0. Zero is none.
type day int32

// whole tells that it is a day and not a month or year.
func (d day) whole() bool { return d%100 != 0 }

func (d day) month() month { return month(int32(d)/10000*12 + int32(d)/100%100 - 1) }

// ageOn is the age in years on another day. Who was born on 29 February has the birthday on the 28th in common years.
func (d day) ageOn(on day) int {
	born := d % 10000
	if born == 229 && chinese.MonthDays(int(on)/10000, 2) == 28 {
		born = 228
	}
	age := int(on/10000 - d/10000)
	if on%10000 < born {
		age--
	}
	return age
}

func (d day) String() string {
	switch {
	case d == 0:
		return "日期不明"
	case d%10000 == 0:
		return fmt.Sprintf("%d年", d/10000)
	case !d.whole():
		return fmt.Sprintf("%d-%02d", d/10000, d/100%100)
	}
	return fmt.Sprintf("%d-%02d-%02d", d/10000, d/100%100, d%100)
}

// month counts months since year 0.
type month int32

func monthOf(year, m int) month { return month(year*12 + m - 1) }

func (m month) last() day {
	y, n := int(m)/12, int(m)%12+1
	return day(y*10000 + n*100 + chinese.MonthDays(y, n))
}

// iso writes a month as YYYY-MM.
func (m month) iso() string { return fmt.Sprintf("%d-%02d", m/12, m%12+1) }

func (m month) String() string { return fmt.Sprintf("%d年%d月", m/12, m%12+1) }

// folded is a text in half-width characters without blanks.
func folded(text string) string {
	return strings.Map(func(r rune) rune {
		r = chinese.Fold(r)
		if chinese.Blank(r) {
			return -1
		}
		return r
	}, text)
}

// groups are the runs of digits of a text, Chinese numerals read.
func groups(text string) []string {
	var list []string
	var run []rune
	flush := func() {
		if len(run) == 0 {
			return
		}
		if chinese.Digit(run[0]) {
			list = append(list, string(run))
		} else if n, ok := chinese.Number(run); ok {
			list = append(list, strconv.Itoa(n))
		}
		run = run[:0]
	}
	for _, r := range text {
		r = chinese.Fold(r)
		if !chinese.Digit(r) && !chinese.Numeral(r) {
			flush()
			continue
		}
		if len(run) > 0 && chinese.Digit(run[0]) != chinese.Digit(r) {
			flush()
		}
		run = append(run, r)
	}
	flush()
	return list
}

// parseDay reads a date however it is written: 19410805, 1941.8.5, 1941年8月5日, 一九四一年八月, 1941-08-05 00:00:00, the days since
// 1900 that a spreadsheet counts. Where only the month or the year is given, so is the result.
func parseDay(text string) (day, bool) {
	if len(text) == 8 {
		if n, err := strconv.Atoi(text); err == nil && chinese.IsDay(n) {
			return day(n), true
		}
	}
	g := groups(text)
	if len(g) == 0 {
		return 0, false
	}
	value := func(i int) int {
		n, _ := strconv.Atoi(g[i])
		return n
	}
	whole := func(y, m, d int) (day, bool) {
		n := y*10000 + m*100 + d
		return day(n), chinese.IsDay(n) || d == 0 && m >= 1 && m <= 12 && chinese.IsDay(y*10000+m*100+1) || m == 0 && d == 0 && y > 1850 && y < 2200
	}
	century := func(y int) int {
		if y > 30 {
			return 1900 + y
		}
		return 2000 + y
	}
	n := value(0)
	switch {
	case len(g[0]) == 8:
		return whole(n/10000, n/100%100, n%100)
	case len(g[0]) == 14: // 19410805000000
		return whole(n/10_000_000_000, n/100_000_000%100, n/1_000_000%100)
	case len(g[0]) == 6 && len(g) == 1:
		if d, ok := whole(n/100, n%100, 0); ok {
			return d, true
		}
		return whole(century(n/10000), n/100%100, n%100)
	case len(g[0]) == 5 && (len(g) == 1 || strings.Contains(text, ".")):
		return serialDay(n)
	case len(g[0]) == 4 && len(g) == 1:
		return whole(n, 0, 0)
	case len(g[0]) == 4 && len(g) == 2:
		return whole(n, value(1), 0)
	case len(g[0]) == 4:
		return whole(n, value(1), value(2))
	case len(g) >= 3 && len(g[2]) == 4: // 8/5/1941
		if d, ok := whole(value(2), n, value(1)); ok {
			return d, true
		}
		return whole(value(2), value(1), n)
	case len(g) >= 3 && len(g[0]) == 2:
		return whole(century(n), value(1), value(2))
	}
	return 0, false
}

// serialDay is a spreadsheet's count of days: 15193 is 1941-08-05.
func serialDay(n int) (day, bool) {
	if n < 60 || n > 80_000 {
		return 0, false
	}
	n -= 61 // days since 1 March 1900
	y, m := 1900, 3
	for n >= chinese.MonthDays(y, m) {
		n -= chinese.MonthDays(y, m)
		if m++; m > 12 {
			y, m = y+1, 1
		}
	}
	return day(y*10000 + m*100 + n + 1), true
}

// period is the months a payment is for.
type period struct {
	first  month
	months int // 0 is none
}

var (
	yearMonth    = regexp.MustCompile(`(20\d\d)年?[-./_年]?(1[0-2]|0?[1-9])(?:月|$|[^\d])`)
	monthRange   = regexp.MustCompile(`(?:(20\d\d)年)?(1[0-2]|0?[1-9])月?[-~至到—–](1[0-2]|0?[1-9])月`)
	quarter      = regexp.MustCompile(`(?:(20\d\d)年?)?(?:第?([1-4一二三四])季|Q([1-4]))`)
	monthAlone   = regexp.MustCompile(`(?:^|[^\d])(1[0-2]|0?[1-9])月`)
	chineseMonth = regexp.MustCompile(`(十[一二]?|[一二三四五六七八九])月`)
	shortYear    = regexp.MustCompile(`^(\d\d)[年.](1[0-2]|0?[1-9])月?(?:份|$)`)
	yearAndMonth = regexp.MustCompile(`^(\d\d)(1[0-2]|0[1-9])$`)
	wholeDate    = regexp.MustCompile(`20\d\d\s*[年./-]\s*\d\d?\s*[月./-]\s*\d\d?\s*日?`)
)

// parsePeriod reads the month or quarter a text speaks of: 2026-11, 202611, 2026年11月份, 十一月, 第四季度. Where it names no year, the
// month is the latest that is not after now. Of several lines the first counts that names a month and not just a day.
func parsePeriod(text string, now month) (period, bool) {
	if lines := strings.Split(text, "\n"); len(lines) > 1 {
		// Titles have besides the month the day on which somebody filled in the form.
		for _, line := range lines {
			if p, ok := parsePeriod(wholeDate.ReplaceAllString(line, " "), now); ok {
				return p, true
			}
		}
		text = strings.Join(lines, " ")
	}
	text = folded(text)
	if n, err := strconv.ParseFloat(text, 64); err == nil { // a number alone: a month of this year, 202611, 20261101, days since 1900
		if n >= 1 && n <= 12 && n == float64(int(n)) && !strings.Contains(text, ".") {
			return period{latest(int(n), now), 1}, true
		}
		if d, ok := parseDay(text); ok && d/100%100 > 0 && d/10000 > 1999 {
			return period{d.month(), 1}, true
		}
	}
	year := func(s string) int {
		y, _ := strconv.Atoi(s)
		return y
	}
	if m := quarter.FindStringSubmatch(text); m != nil {
		q := strings.IndexRune("1234", []rune(m[2] + m[3])[0])
		if q < 0 {
			q = strings.IndexRune("一二三四", []rune(m[2])[0]) / 3
		}
		first := q*3 + 1
		if m[1] != "" {
			return period{monthOf(year(m[1]), first), 3}, true
		}
		return period{latest(first, now), 3}, true
	}
	if m := monthRange.FindStringSubmatch(text); m != nil {
		from, to := year(m[2]), year(m[3])
		if to > from {
			first := latest(from, now)
			if m[1] != "" {
				first = monthOf(year(m[1]), from)
			}
			return period{first, to - from + 1}, true
		}
	}
	if m := yearMonth.FindStringSubmatch(text); m != nil {
		return period{monthOf(year(m[1]), year(m[2])), 1}, true
	}
	if m := yearAndMonth.FindStringSubmatch(text); m != nil { // 2611; but 2011 is a year
		if first := monthOf(2000+year(m[1]), year(m[2])); first <= now && first > now-36 {
			return period{first, 1}, true
		}
	}
	if m := shortYear.FindStringSubmatch(text); m != nil {
		return period{monthOf(2000+year(m[1]), year(m[2])), 1}, true
	}
	if m := monthAlone.FindStringSubmatch(text); m != nil {
		return period{latest(year(m[1]), now), 1}, true
	}
	if m := chineseMonth.FindStringSubmatch(text); m != nil {
		n, _ := chinese.Number([]rune(m[1]))
		if i := strings.Index(text, "年"); i > 0 {
			if y, ok := chinese.Number([]rune(text[:i])); ok && y > 1999 && y < 2200 {
				return period{monthOf(y, n), 1}, true
			}
		}
		return period{latest(n, now), 1}, true
	}
	return period{}, false
}

// latest is the last month of that number up to now.
func latest(n int, now month) month {
	m := now - now%12 + month(n-1)
	if m > now {
		m -= 12
	}
	return m
}

// parseAmount reads yuan as fen: 100, 100.5, 1,000.00元, ￥80, 人民币50元整, 50元/月.
func parseAmount(text string) (fen int64, ok bool) {
	text = strings.TrimRight(strings.TrimLeft(strings.ReplaceAll(folded(text), ",", ""), "'‘’¥￥RMB:=人民币"), "()元整/每人月")
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v > 1e12 || v < -1e12 {
		return 0, false
	}
	if v < 0 {
		return int64(v*100 - 0.5), true
	}
	return int64(v*100 + 0.5), true
}

// villageOf is the name of a village by which two lists can be compared: without the town before it and 村, 社区, 村委会 behind it,
// also out of an address.
func villageOf(text string) string {
	text = folded(text)
	for _, end := range []string{"街道办事处", "街道", "办事处", "镇", "乡"} {
		if i := strings.LastIndex(text, end); i >= 0 && i+len(end) < len(text) {
			rest := text[i+len(end):]
			if r := []rune(rest); len(r) > 1 && r[0] != '村' {
				text = rest
				break
			}
		}
	}
	for _, end := range []string{"村民委员会", "居民委员会", "村委会", "居委会", "社区", "村", "居"} {
		if i := strings.Index(text, end); i > 0 {
			return strings.TrimRight(text[:i], "村")
		}
	}
	if i := strings.IndexFunc(text, unicode.IsDigit); i > 0 {
		text = text[:i]
	}
	return text
}

// accountOf is an account as a number whose last digits are the account's; 0 for what is none or lost its last digits in a spreadsheet.
func accountOf(text []byte) uint64 {
	var b [32]byte
	n := 0
	for _, r := range string(text) {
		switch r = chinese.Fold(r); {
		case chinese.Digit(r):
			if n == len(b) {
				return 0
			}
			b[n] = byte(r)
			n++
		case r == 'E' || r == 'e' || chinese.Han(r):
			return 0
		}
	}
	digits := string(b[:n])
	if n < 8 || n > 17 && strings.HasSuffix(digits, strings.Repeat("0", n-15)) {
		return 0
	}
	if n > 19 {
		last, _ := strconv.ParseUint(digits[n-4:], 10, 64)
		return hash64(digits)/10_000*10_000 + last
	}
	v, _ := strconv.ParseUint(digits, 10, 64)
	return v
}

// standing is what the register says of a resident.
type standing uint8

const (
	present standing = iota
	movedIn
	movedOut
	gone // dead, or struck off without saying why
)

// notSo takes out of a state what it says not to be.
var notSo = strings.NewReplacer("未注销", "", "未迁出", "", "未死亡", "", "未销户", "")

// standingOf reads a state and its reason.
func standingOf(text string) standing {
	text = notSo.Replace(text)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case text == "":
		return present
	case has("迁出", "转出", "迁往", "出境定居", "出国定居") || has("外迁") && !has("迁入"): // 市外迁入 is none
		return movedOut
	case has("死", "亡", "去世", "已故", "注销", "销户", "病故"):
		return gone
	case has("迁入", "转入", "新迁", "落户"):
		return movedIn
	}
	return present
}

// stopped tells whether the state of a payment says that it is not paid.
func stopped(text string) bool {
	if strings.Contains(text, "恢复") {
		return false
	}
	for _, w := range []string{"停", "终止", "取消", "退出", "退保", "注销", "死亡", "未发", "不予", "中断", "清退", "已退"} {
		if strings.Contains(text, w) && !strings.Contains(text, "未停") {
			return true
		}
	}
	return false
}

// end is the last day of a month or year that is no whole date.
func (d day) end() day {
	switch {
	case d == 0 || d.whole():
		return d
	case d%10000 == 0:
		return d + 1231
	}
	return d.month().last()
}

// addMonths is the same day so many months later, or the last of its month.
func (d day) addMonths(n int) day {
	last := (d.month() + month(n)).last()
	return last - last%100 + min(d%100, last%100)
}

// daysTo counts the days to a later day; both are whole.
func (d day) daysTo(later day) int {
	at := func(d day) time.Time {
		return time.Date(int(d/10000), time.Month(d/100%100), int(d%100), 0, 0, 0, 0, time.UTC)
	}
	return int(at(later).Sub(at(d)).Hours() / 24)
}
