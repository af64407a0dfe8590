package reliable_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// jumps are how far a clock may be set wrong, or right again.
var jumps = []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour, 31 * 24 * time.Hour, 366 * 24 * time.Hour, 3653 * 24 * time.Hour}

// moments are such as clocks stumble over.
var moments = []time.Time{
	time.Date(2026, 12, 31, 23, 59, 59, 999e6, time.Local), time.Date(2028, 2, 29, 0, 0, 0, 0, time.Local), time.Date(2027, 2, 28, 23, 59, 59, 0, time.Local),
	time.Date(2016, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.Local),
}

// TestClockJumps has the clock jump between changes, a second to ten years, forwards and backwards. The order of the log stays that of the
// changes, ids rise, the record is in order, and each day of a recurring task is made once, whatever nights there were.
func TestClockJumps(t *testing.T) {
	for seed := range uint64(sized(20, 1000)) {
		t.Run(fmt.Sprint("sqlite ", seed), func(t *testing.T) { clockJumps(t, storetest.SQLite(t), rand.New(rand.NewPCG(seed, 5))) })
	}
	for seed := range uint64(sized(4, 200)) {
		t.Run(fmt.Sprint("postgres ", seed), func(t *testing.T) { clockJumps(t, storetest.Postgres(t), rand.New(rand.NewPCG(seed, 5))) })
	}
}

func clockJumps(t *testing.T, url string, random *rand.Rand) {
	ctx := t.Context()
	h, w := fresh(t, url, 2)
	cal := calendar.Published()
	now := time.Date(2026, 4, 16, 9, 0, 0, 0, time.Local)
	h.db.Now = func() time.Time { return now }
	// Three tasks: each week, each month, each day but for days off.
	rules := map[string]func(time.Time) bool{
		"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next": func(d time.Time) bool { return d.Weekday() == time.Friday },
		"FREQ=MONTHLY;BYMONTHDAY=15":        func(d time.Time) bool { return d.Day() == 15 },
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29": func(d time.Time) bool {
			return d.Month() == time.February && d.Day() == 29
		},
	}
	for rule := range rules {
		err := ledger.Assign(ctx, h.db, cal, w.clerk, w.findings[0], []ledger.Assignment{
			{Measure: 0, Unit: w.town.ID, Staff: w.clerk.ID, Part: duty.Lead, Title: rule, Rule: rule, Starts: "2026-04-16"}})
		if err != nil {
			t.Fatal(rule, err)
		}
	}
	var made []int64
	for i := range 14 {
		switch random.IntN(5) {
		case 0:
			now = moments[random.IntN(len(moments))]
		default:
			far := jumps[random.IntN(len(jumps))]
			if next := now.Add(time.Duration(1-2*random.IntN(2)) * far); next.Year() > 2010 && next.Year() < 2042 {
				now = next
			}
		}
		switch random.IntN(3) {
		case 0:
			if err := ledger.Nightly(ctx, h.db, cal); err != nil {
				t.Fatalf("a night at %s: %v", now, err)
			}
		case 1:
			item, err := ledger.AddEvidence(ctx, h.db, w.clerk, w.findings[1], evidence.Item{Kind: evidence.Statement, Said: fmt.Sprint("第", i, "次说明"),
				Event: now.Format(time.DateOnly), Early: "立行立改"})
			if err != nil && !errors.As(err, new(org.Invalid)) {
				t.Fatalf("evidence at %s: %v", now, err)
			}
			if err == nil {
				made = append(made, item.ID)
			}
		default:
			if err := h.progress(ctx, w, w.findings[0], i); err != nil {
				t.Fatalf("progress at %s: %v", now, err)
			}
		}
		if random.IntN(3) == 0 {
			if _, err := h.log.Checkpoint(ctx); err != nil {
				t.Fatalf("a checkpoint at %s: %v", now, err)
			}
		}
	}
	if !slices.IsSorted(made) || len(slices.Compact(slices.Clone(made))) != len(made) {
		t.Errorf("ids do not rise: %v", made)
	}
	// A word on a finding is the later the higher its number, whatever the clock said.
	last, err := store.All(ctx, h.db, store.Value[int64], `select seq from journal order by seq`)
	if err != nil {
		t.Fatal(err)
	}
	for i, seq := range last {
		if seq != int64(i)+1 {
			t.Fatalf("event %d has number %d", i+1, seq)
		}
	}
	h.sound(t)
	for rule, due := range rules {
		once(t, h, rule, due)
	}
}

// once fails the test unless a task was made for each day that its rule means from its start to the last one made, once.
func once(t *testing.T, h *house, title string, due func(time.Time) bool) {
	t.Helper()
	got, err := store.All(t.Context(), h.db, store.Value[string], `select o.nominal from occurrence o join duty d on d.id = o.duty where d.title = $1 order by o.nominal`, title)
	if err != nil {
		t.Fatal(err)
	}
	until, err := store.One(t.Context(), h.db, func(rows *sql.Rows, s *string) error { return rows.Scan(s) }, `select made from duty where title = $1`, title)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for d := time.Date(2026, 4, 16, 0, 0, 0, 0, time.UTC); d.Format(time.DateOnly) <= until; d = d.AddDate(0, 0, 1) {
		if due(d) {
			want = append(want, d.Format(time.DateOnly))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s to %s: %d made of %d: %v", title, until, len(got), len(want), got)
	}
}
