package benefit

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"bihuan/chinese"
)

// Month counts months, so that they can be added to. Zero is none.
type Month int

// ParseMonth reads YYYY-MM.
func ParseMonth(text string) (Month, bool) {
	t, err := time.Parse("2006-01", text)
	if err != nil {
		return 0, false
	}
	return Month(t.Year()*12 + int(t.Month()) - 1), true
}

// MonthOf is the month of a day YYYY-MM-DD; none of what is no day.
func MonthOf(day string) Month {
	if len(day) != len(time.DateOnly) {
		return 0
	}
	m, _ := ParseMonth(day[:7])
	return m
}

// String writes YYYY-MM, nothing for none.
func (m Month) String() string {
	if m == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d", m/12, m%12+1)
}

// Words writes 2024年3月.
func (m Month) Words() string {
	if m == 0 {
		return ""
	}
	return fmt.Sprintf("%d年%d月", m/12, m%12+1)
}

// First is the first day of the month.
func (m Month) First() string { return m.String() + "-01" }

// Last is the last day of the month.
func (m Month) Last() string {
	return fmt.Sprintf("%s-%02d", m, chinese.MonthDays(int(m)/12, int(m)%12+1))
}

// ageOn is the age in years on a day. Who was born on 29 February has the birthday on the 28th in common years (B1.2).
func ageOn(birth, day string) int {
	born := birth[5:]
	year, _ := strconv.Atoi(day[:4])
	if born == "02-29" && chinese.MonthDays(year, 2) == 28 {
		born = "02-28"
	}
	of, _ := strconv.Atoi(birth[:4])
	if day[5:] < born {
		return year - of - 1
	}
	return year - of
}

// isDay tells whether a text is a day YYYY-MM-DD.
func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// dayBefore is the day before a day.
func dayBefore(day string) string { return shifted(day, 0, -1) }

// shifted is a day some months and days later. The end of a short month stands for days that it does not have.
func shifted(day string, months, days int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	if months != 0 {
		m := MonthOf(day) + Month(months)
		t, _ = time.Parse(time.DateOnly, min(m.String()+day[7:], m.Last()))
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}

// Yuan writes an amount in fen as yuan: 650, 12.50.
func Yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	if fen%100 == 0 {
		return fmt.Sprintf("%s%d", sign, fen/100)
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}

// ParseYuan reads yuan with at most two decimals, as people write them: 650, 12.5, 1,200元.
func ParseYuan(text string) (fen int64, ok bool) {
	text = strings.Map(func(r rune) rune {
		if r = chinese.Fold(r); chinese.Blank(r) || r == ',' {
			return -1
		}
		return r
	}, text)
	text = strings.TrimSuffix(text, "元")
	whole, part, _ := strings.Cut(text, ".")
	if whole == "" || len(whole) > 12 || len(part) > 2 || strings.Trim(whole+part, "0123456789") != "" {
		return 0, false
	}
	fen, _ = strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return fen, true
}
