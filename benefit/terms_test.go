package benefit

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bihuan/org"
)

func param(name, value, from, to string) Parameter {
	return Parameter{Name: name, Value: value, ValidFrom: from, ValidTo: to, Basis: "临民〔2024〕12号"}
}

func tier(from, to int, fen int, valid, until string) Parameter {
	p := param(Amount, fmt.Sprint(fen), valid, until)
	p.From, p.To = from, to
	return p
}

func month(t testing.TB, text string) Month {
	t.Helper()
	m, ok := ParseMonth(text)
	if !ok {
		t.Fatalf("%q is no month", text)
	}
	return m
}

// The test vectors of B1.2, and what surrounds them.
func TestArrears(t *testing.T) {
	base := func(first string, more ...Parameter) Terms {
		return append(Terms{param(Threshold, "80", "1990-01-01", ""), param(FirstMonth, first, "1990-01-01", ""), param(ArrearsFrom, FromEntitlement, "1990-01-01", "")}, more...)
	}
	flat := tier(80, 0, 2500, "1990-01-01", "")
	for _, c := range []struct {
		name     string
		terms    Terms
		standing Standing
		until    string
		paid     map[string]int64
		applied  string
		arrears  string
		months   int
		overpaid string
		short    string
	}{
		{"26 months at 25, from the month after the birthday", base(Next, flat), Standing{Birth: "1941-10-15"}, "2023-12", nil, "", "650", 26, "0", "0"},
		{"27 from the month of the birthday", base(Birthday, flat), Standing{Birth: "1941-10-15"}, "2023-12", nil, "", "675", 27, "0", "0"},
		{"70 at 50 and 73 at 100", base(Birthday, tier(80, 0, 5000, "1990-01-01", "2018-02-28"), tier(80, 0, 10000, "2018-03-01", "")), Standing{Birth: "1932-05-20"}, "2024-03", nil, "", "10800", 143, "0", "0"},
		{"born on the first, the month after", base(Next, flat), Standing{Birth: "1941-10-01"}, "2021-12", nil, "", "50", 2, "0", "0"},
		{"born on 29 February, eighty in a leap year", base(Birthday, flat), Standing{Birth: "1944-02-29"}, "2024-03", nil, "", "50", 2, "0", "0"},
		{"born on 29 February, the step at 81 falls into a common year", base(Birthday, tier(80, 80, 2500, "1990-01-01", ""), tier(81, 0, 10000, "1990-01-01", "")), Standing{Birth: "1944-02-29"}, "2025-02", nil, "", "400", 13, "0", "0"},
		{"born on 29 February, the month after", base(Next, flat), Standing{Birth: "1944-02-29"}, "2024-03", nil, "", "25", 1, "0", "0"},
		{"born on the last day of December", base(Next, flat), Standing{Birth: "1941-12-31"}, "2022-01", nil, "", "25", 1, "0", "0"},
		{"a paid month is no arrears, a month paid too little is short", base(Birthday, flat), Standing{Birth: "1941-10-15"}, "2021-12", map[string]int64{"2021-10": 2500, "2021-11": 1000}, "", "25", 1, "0", "15"},
		{"paid after death, no grace", base(Birthday, flat), Standing{Birth: "1941-10-15", Dead: "2022-01-31"}, "2022-04", map[string]int64{"2021-10": 2500, "2021-11": 2500, "2021-12": 2500, "2022-01": 2500, "2022-02": 2500, "2022-03": 2500}, "", "0", 0, "50", "0"},
		{"paid after death, a month of grace", base(Birthday, flat, param(Grace, "1", "1990-01-01", "")), Standing{Birth: "1941-10-15", Dead: "2022-01-01"}, "2022-04", map[string]int64{"2021-10": 2500, "2021-11": 2500, "2021-12": 2500, "2022-01": 2500, "2022-02": 2500, "2022-03": 2500}, "", "0", 0, "25", "0"},
		{"grace as it was when somebody died", base(Birthday, flat, param(Grace, "1", "1990-01-01", "2022-01-31"), param(Grace, "0", "2022-02-01", "")), Standing{Birth: "1941-10-15", Dead: "2022-01-31"}, "2022-04", map[string]int64{"2022-02": 2500, "2022-03": 2500}, "", "100", 4, "25", "0"},
		{"paid after moving away", base(Birthday, flat), Standing{Birth: "1941-10-15", Moved: "2021-11-02"}, "2022-02", map[string]int64{"2021-10": 2500, "2021-11": 2500, "2021-12": 2500}, "", "0", 0, "25", "0"},
		{"moved here, from the month after", base(Birthday, flat), Standing{Birth: "1930-10-15", Came: "2021-11-02"}, "2022-01", nil, "", "50", 2, "0", "0"},
		{"paid before the age", base(Birthday, flat), Standing{Birth: "1941-10-15"}, "2021-10", map[string]int64{"2021-09": 2500, "2021-10": 2500}, "", "0", 0, "25", "0"},
		{"paid too much", base(Birthday, flat), Standing{Birth: "1941-10-15"}, "2021-10", map[string]int64{"2021-10": 6000}, "", "0", 0, "35", "0"},
		{"at most six months, the latest", base(Birthday, flat, param(ArrearsCap, "6", "1990-01-01", "")), Standing{Birth: "1941-10-15"}, "2023-12", nil, "", "150", 6, "0", "0"},
		{"from the application on", append(Terms{param(Threshold, "80", "1990-01-01", ""), param(ArrearsFrom, FromApplication, "1990-01-01", "")}, flat), Standing{Birth: "1941-10-15"}, "2023-12", nil, "2023-11", "50", 2, "0", "0"},
		{"from the application on, and there is none", append(Terms{param(Threshold, "80", "1990-01-01", ""), param(ArrearsFrom, FromApplication, "1990-01-01", "")}, flat), Standing{Birth: "1941-10-15"}, "2023-12", nil, "", "0", 0, "0", "0"},
		{"not at all", append(Terms{param(Threshold, "80", "1990-01-01", ""), param(ArrearsFrom, NoArrears, "1990-01-01", "")}, flat), Standing{Birth: "1941-10-15"}, "2023-12", nil, "", "0", 0, "0", "0"},
		{"the threshold came down", Terms{param(Threshold, "85", "1990-01-01", "2022-12-31"), param(Threshold, "80", "2023-01-01", ""), flat}, Standing{Birth: "1940-06-01"}, "2023-02", nil, "", "50", 2, "0", "0"},
		{"an example owes nothing", Terms{{Name: Threshold, Value: "80", ValidFrom: "1990-01-01"}, {Name: Amount, From: 80, Value: "2500", ValidFrom: "1990-01-01"}}, Standing{Birth: "1930-06-01"}, "2023-02", nil, "", "0", 0, "0", "0"},
		{"stopped by the county", base(Birthday, flat), Standing{Birth: "1941-10-15", Ends: 2021*12 + 10}, "2022-02", nil, "", "50", 2, "0", "0"},
		{"on the roll, and only the list of one month is here", base(Birthday, flat), Standing{Birth: "1941-10-15", OnRoll: true, Since: 2021*12 + 10, Recorded: map[Month]bool{2022*12 + 1: true}}, "2022-03", nil, "", "50", 2, "0", "0"}, // October, before the roll, and February
		{"a household goes on without its head", Terms{}, Standing{Household: true, Dead: "2022-01-05", Standards: []Standard{{2021*12 + 10, 40000}, {2022*12 + 1, 30000}}}, "2022-03", nil, "", "1800", 5, "0", "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			paid := map[Month]PaidIn{}
			for m, fen := range c.paid {
				paid[month(t, m)] = PaidIn{fen, 1, false}
			}
			applied, _ := ParseMonth(c.applied)
			lines := c.terms.Lines(c.standing, paid, c.terms.Begins(c.standing), month(t, c.until))
			sum := c.terms.Sum(lines, applied)
			if got := fmt.Sprint(Yuan(sum.Arrears), len(sum.Months), Yuan(sum.Overpaid()), Yuan(sum.Short)); got != fmt.Sprint(c.arrears, c.months, c.overpaid, c.short) {
				t.Errorf("arrears, months, overpaid, short: %s, want %s %d %s %s", got, c.arrears, c.months, c.overpaid, c.short)
			}
		})
	}
}

// slow reckons what is due by walking through days: it shares no code with Terms.Due.
func slow(birth, came, moved, dead time.Time, next bool, threshold, grace, leaving int, steps [][3]int, year, m int) int {
	first := time.Date(year, time.Month(m), 1, 0, 0, 0, 0, time.UTC)
	day := first.AddDate(0, 1, -1)
	if next {
		day = first.AddDate(0, 0, -1)
	}
	age := 0
	for d := birth.AddDate(0, 0, 1); !d.After(day); d = d.AddDate(0, 0, 1) {
		leap := time.Date(d.Year(), 12, 31, 0, 0, 0, 0, time.UTC).YearDay() == 366
		is := d.Month() == birth.Month() && d.Day() == birth.Day()
		if birth.Month() == 2 && birth.Day() == 29 && !leap {
			is = d.Month() == 2 && d.Day() == 28
		}
		if is {
			age++
		}
	}
	end := func(day time.Time, more int) time.Time { // the first day of the month that is no longer paid
		return time.Date(day.Year(), day.Month()+1+time.Month(more), 1, 0, 0, 0, 0, time.UTC)
	}
	switch {
	case age < threshold,
		!dead.IsZero() && !first.Before(end(dead, grace)),
		!moved.IsZero() && !first.Before(end(moved, leaving)),
		!came.IsZero() && first.Before(end(came, 0)):
		return 0
	}
	for _, s := range steps {
		if age >= s[0] && (s[1] == 0 || age <= s[1]) {
			return s[2]
		}
	}
	return 0
}

func TestDueAgainstDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		date := func(name string, from, to int) time.Time {
			first := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC)
			if rapid.IntRange(0, 9).Draw(t, name+" leap") == 0 {
				return time.Date(from/4*4, 2, 29, 0, 0, 0, 0, time.UTC)
			}
			return first.AddDate(0, 0, rapid.IntRange(0, (to-from)*365).Draw(t, name))
		}
		maybe := func(name string) time.Time {
			if rapid.Bool().Draw(t, name+"?") {
				return date(name, 2020, 2026)
			}
			return time.Time{}
		}
		text := func(d time.Time) string {
			if d.IsZero() {
				return ""
			}
			return d.Format(time.DateOnly)
		}
		birth, came, moved, dead := date("birth", 1924, 1946), maybe("came"), maybe("moved"), maybe("dead")
		next := rapid.Bool().Draw(t, "next")
		threshold, grace, leaving := rapid.IntRange(70, 85).Draw(t, "threshold"), rapid.IntRange(0, 3).Draw(t, "grace"), rapid.IntRange(0, 2).Draw(t, "leaving")
		cut := rapid.IntRange(threshold+1, 99).Draw(t, "cut")
		first := Birthday
		if next {
			first = Next
		}
		terms := Terms{param(Threshold, fmt.Sprint(threshold), "1900-01-01", ""), param(FirstMonth, first, "1900-01-01", ""), param(Grace, fmt.Sprint(grace), "1900-01-01", ""),
			param(Leaving, fmt.Sprint(leaving), "1900-01-01", ""), tier(threshold, cut-1, 5000, "1900-01-01", ""), tier(cut, 0, 9000, "1900-01-01", "")}
		s := Standing{Birth: text(birth), Came: text(came), Moved: text(moved), Dead: text(dead)}
		for range 2 {
			year, m := rapid.IntRange(2018, 2026).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month")
			want := slow(birth, came, moved, dead, next, threshold, grace, leaving, [][3]int{{threshold, cut - 1, 5000}, {cut, 0, 9000}}, year, m)
			if got := terms.Due(s, Month(year*12+m-1)); int(got.Fen) != want || want == 0 && got.Why == "" {
				t.Fatalf("%+v in %d-%02d: %d (%s), by days %d", s, year, m, got.Fen, got.Why, want)
			}
		}
	})
}

func TestMonths(t *testing.T) {
	for _, c := range [][4]string{{"2024-01-31", "1", "0", "2024-02-29"}, {"2023-12-31", "2", "0", "2024-02-29"}, {"2024-03-31", "12", "0", "2025-03-31"}, {"2024-03-01", "0", "-1", "2024-02-29"}} {
		var months, days int
		fmt.Sscan(c[1], &months)
		fmt.Sscan(c[2], &days)
		if got := shifted(c[0], months, days); got != c[3] {
			t.Errorf("%s and %s months %s days: %s, want %s", c[0], c[1], c[2], got, c[3])
		}
	}
	for text, want := range map[string]int64{"650": 65000, "1,200元": 120000, "12.5": 1250, "１２": 1200} {
		if got, ok := ParseYuan(text); !ok || got != want {
			t.Errorf("%s: %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "-5", "1.234", "五十", "1e3", "12345678901234"} {
		if got, ok := ParseYuan(text); ok {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

func TestTiers(t *testing.T) {
	for text, want := range map[string]string{
		"80-99 50\n100- 300":       "80–99岁 50元，100岁起 300元",
		"80岁至89岁 50元；90岁以上 每月100元": "80–89岁 50元，90岁起 100元",
		"80-89 50\n90 60\n91- 70":  "80–89岁 50元，90岁 60元，91岁起 70元",
	} {
		list, err := ParseTiers(text)
		if err == nil {
			err = checkTiers(list)
		}
		if got := says(NewValue{Name: Amount, Tiers: list}.rows()); err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"80-89 50\n91- 100": "90岁不在任何年龄段里",
		"80-90 50\n90- 100": "90岁在两个年龄段里",
		"80- 50\n90- 100":   "90岁在两个年龄段里",
		"80-99 50":          "100岁以后没有标准",
		"八十 50":             "第1行“八十 50”读不出来",
		"80-99":             "读不出来",
		"":                  "请至少写一个年龄段",
		"99-80 50":          "第1个年龄段不对",
	} {
		list, err := ParseTiers(text)
		if err == nil {
			err = checkTiers(list)
		}
		var invalid org.Invalid
		if !errors.As(err, &invalid) || !strings.Contains(invalid.What, want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
