package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBetween(t *testing.T) {
	c := Published()
	for _, x := range []struct {
		from, to string
		want     int
		why      string
	}{
		{"2026-04-16", "2026-04-16", 0, "today is due today"},
		{"2026-04-16", "2026-04-30", 10, "two plain weeks"},
		{"2026-04-30", "2026-05-11", 5, "Labour Day: 6 7 8, Saturday 9 worked, 11"},
		{"2026-02-13", "2026-02-28", 6, "Spring Festival: 14 worked, 24–27, 28 worked"},
		{"2025-09-30", "2025-10-12", 3, "National Day: 9 10, Saturday 11 worked"},
		{"2024-02-03", "2024-02-19", 8, "Sunday 4 worked, 5–9, Sunday 18 worked, 19"},
		{"2026-04-30", "2026-04-16", -10, "late"},
		{"", "2026-04-16", 0, "no date"},
	} {
		if got := c.Between(x.from, x.to); got != x.want {
			t.Errorf("%s → %s: %d, want %d (%s)", x.from, x.to, got, x.want, x.why)
		}
	}
	if c.Knows("2027-01-01") || !c.Knows("2025-06-01") {
		t.Error("2025 is known, 2027 is not")
	}
}

// Stepping n working days on and counting back gives n, over all published years.
func TestAfterInvertsBetween(t *testing.T) {
	c := Published()
	rapid.Check(t, func(t *rapid.T) {
		from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 900).Draw(t, "day")).Format(time.DateOnly)
		n := rapid.IntRange(0, 60).Draw(t, "n")
		if got := c.Between(from, c.After(from, n)); got != n {
			t.Fatalf("%s + %d working days = %s, which counts %d", from, n, c.After(from, n), got)
		}
	})
}

func TestParseNamesTheLine(t *testing.T) {
	for _, bad := range []string{"2027-01-01 2027-01-03 frei 元旦", "2027-01-05 2027-01-03 off 元旦", "2027-13-01 2027-01-03 off 元旦"} {
		if _, err := Parse("# ok\n" + bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// Each notice gives a number of days off, and every make-up day is a Saturday or Sunday.
func TestPublishedYears(t *testing.T) {
	c := Published()
	if got := strings.Join(c.Years(), " "); got != "2024 2025 2026" {
		t.Fatal(got)
	}
	for _, x := range []struct {
		year      string
		off, made int
		workdays  int
	}{{"2024", 28, 8, 251}, {"2025", 28, 5, 248}, {"2026", 33, 6, 248}} {
		off, made := 0, 0
		for d, s := range c.special {
			if !strings.HasPrefix(c.date(d), x.year) {
				continue
			}
			if s.worked {
				made++
				if weekday(d) < 5 {
					t.Errorf("%s is worked anyway", c.date(d))
				}
			} else {
				off++
			}
		}
		if off != x.off || made != x.made {
			t.Errorf("%s: %d off, %d made up, want %d and %d", x.year, off, made, x.off, x.made)
		}
		before := c.date(number(atoi(x.year), 1, 1) - 1)
		if got := c.Between(before, x.year+"-12-31"); got != x.workdays {
			t.Errorf("%s has %d working days, want %d", x.year, got, x.workdays)
		}
	}
}

func atoi(s string) int { n, _ := strconv.Atoi(s); return n }

func TestHoliday(t *testing.T) {
	c := Published()
	for day, want := range map[string]string{"2026-02-17": "春节", "2026-02-28": "", "2025-10-08": "国庆节、中秋节", "2024-06-08": "端午节", "2024-06-10": "端午节",
		"2026-03-07": "", "2026-03-09": "", "2027-02-06": "", "x": ""} {
		if got := c.Holiday(day); got != want {
			t.Errorf("%s: %q, want %q", day, got, want)
		}
	}
}

func TestAddDays(t *testing.T) {
	c := Published()
	for _, x := range []struct {
		from string
		n    int
		roll bool
		want string
	}{
		{"2026-09-25", 7, false, "2026-10-02"}, {"2026-09-25", 7, true, "2026-10-08"}, {"2026-02-13", 15, true, "2026-02-28"},
		{"2026-04-16", 0, true, "2026-04-16"}, {"2026-01-02", 90, true, "2026-04-02"}, {"2024-02-01", 28, false, "2024-02-29"}, {"", 3, true, ""},
	} {
		if got := c.AddDays(x.from, x.n, x.roll); got != x.want {
			t.Errorf("%s + %d: %s, want %s", x.from, x.n, got, x.want)
		}
	}
}

// A later year comes as lines or as the JSON that people find, and may reach into the December before it.
func TestLaterYears(t *testing.T) {
	lines := "2030-12-31 2031-01-02 off 元旦\n2030-12-28 2030-12-28 work 元旦\n2031-10-01 2031-10-07 off 国庆节\n"
	file := `{"year":2031,"papers":["x"],"days":[{"name":"元旦","date":"2030-12-28","isOffDay":false},{"name":"元旦","date":"2030-12-31","isOffDay":true},
		{"name":"元旦","date":"2031-01-01","isOffDay":true},{"name":"元旦","date":"2031-01-02","isOffDay":true}`
	for i := 1; i <= 7; i++ {
		file += fmt.Sprintf(`,{"name":"国庆节","date":"2031-10-0%d","isOffDay":true}`, i)
	}
	file += "]}"
	a, err := Parse(lines)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse("\ufeff " + file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Calendar{a, b, Published().With(a), Published().With(b)} {
		if c.Knows("2030-12-31") || !c.Knows("2031-01-01") {
			t.Error("the notice for 2031 says nothing of 2030")
		}
		if got := c.Between("2030-12-27", "2031-01-03"); got != 3 {
			t.Errorf("28 worked, 30, 3 January: %d", got)
		}
		if want := "2030-12-28 2030-12-28 work 元旦\n2030-12-31 2031-01-02 off 元旦\n2031-10-01 2031-10-07 off 国庆节\n"; c.Lines("2031") != want {
			t.Errorf("written as\n%s", c.Lines("2031"))
		}
	}
	both := Published().With(a)
	if !both.Knows("2026-01-01") || both.Holiday("2026-02-17") != "春节" || strings.Join(both.Missing("2026-06-01", "2031-02-01"), " ") != "2027 2028 2029 2030" {
		t.Error("what was known is lost")
	}
	for _, y := range Published().Years() {
		again, err := Parse(Published().Lines(y))
		if err != nil || again.Lines(y) != Published().Lines(y) || !again.Knows(y) {
			t.Errorf("%s does not come back: %v", y, err)
		}
	}
	// A notice that is published anew takes the place of the old one.
	moved, _ := Parse("2026-10-02 2026-10-08 off 国庆节\n")
	if c := Published().With(moved); c.Holiday("2026-10-01") != "" || c.Holiday("2026-10-08") != "国庆节" || c.Holiday("2026-02-17") != "" || Published().Holiday("2026-02-17") == "" {
		t.Error("the new notice does not stand alone")
	}
	// What rests on the last days of December is a guess until the next year is known.
	last := func(c Calendar) bool {
		return parse(t, "FREQ=MONTHLY").Dates(c, nil, "2026-12-01", "2026-12-01", "2026-12-31")[0].Guessed
	}
	next, _ := Parse("2027-01-01 2027-01-03 off 元旦\n")
	if !last(Published()) || last(Published().With(next)) {
		t.Error("31 December is known when the year after is")
	}
}

func TestParseNamesTheDay(t *testing.T) {
	for _, x := range []struct{ text, why string }{
		{`{"year":2027,"days":[{"name":"元旦","date":"2027-01-01","isOffDay":true},{"name":"元旦","date":"2027-02-30","isOffDay":true}]}`, "第2项"},
		{`{"year":2027,"days":[{"name":"元旦","date":"2026-01-01","isOffDay":true}]}`, "2026-01-01"},
		{`{"year":2027,"days":[{"name":"元旦","date":"2027-01-01"}]}`, "isOffDay"},
		{`{"year":2027,"days":[]}`, "空"}, {`{"days":[{"name":"元旦","date":"2027-01-01","isOffDay":true}]}`, "year"}, {`{"year":2027,`, "JSON"},
		{"# ok\n1980-01-01 1980-01-01 off 元旦", "第2行"}, {"2027-01-01 2027-01-03 off 元旦 x", "第1行"},
	} {
		if _, err := Parse(x.text); err == nil || !strings.Contains(err.Error(), x.why) {
			t.Errorf("%s: %v does not say %s", x.text, err, x.why)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(published)
	f.Add(`{"year":2027,"days":[{"name":"元旦","date":"2027-01-01","isOffDay":true}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		for _, y := range c.Years() {
			if _, err := Parse(c.Lines(y)); err != nil {
				t.Fatalf("%s is written as what cannot be read: %v", y, err)
			}
		}
	})
}

// The numbers of days agree with the standard library's dates.
func TestDays(t *testing.T) {
	at := time.Date(1899, 12, 25, 0, 0, 0, 0, time.UTC)
	for range 80000 {
		date := at.Format(time.DateOnly)
		d, ok := dayOf(date)
		y, m, day := civil(d)
		if !ok || y != at.Year() || m != int(at.Month()) || day != at.Day() || number(y, m, day) != d || string(write(nil, d)) != date || (weekday(d)+1)%7 != int(at.Weekday()) {
			t.Fatalf("%s: %d, %d-%d-%d", date, d, y, m, day)
		}
		at = at.AddDate(0, 0, 1)
	}
}
