package calendar

import (
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
