package sample

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bihuan/calendar"
	"bihuan/office"
	"bihuan/plan"
)

// testBuilder makes papers of a fixed day without a database.
func testPapers(t *testing.T, now time.Time) []written {
	t.Helper()
	b := &builder{cal: calendar.Published(), rng: rand.New(rand.NewPCG(20, 26)), now: now, today: now.Truncate(24 * time.Hour)}
	papers, err := b.papers(towns(b.rng))
	if err != nil {
		t.Fatal(err)
	}
	return papers
}

// read is what a reader of the ledger would compare.
type read struct {
	Title, Leader, DueText, Due string
	Long                        bool
	Shows, Measures             []string
	Answers                     []string // measure → manifestation, by the beginnings of their texts
	Units, Persons              []string
}

// answers are which measure answers which manifestation.
func answers(f finding) []string {
	var list []string
	for _, p := range f.pairs {
		if p.measure != "" {
			list = append(list, p.measure+" → "+p.shows)
		}
	}
	return list
}

// Every paper says, when it is read, what it was meant to say: the sample shows the reader at work, not its errors.
func TestPapersReadAsMeant(t *testing.T) {
	for _, now := range []time.Time{time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), time.Date(2028, 2, 20, 9, 0, 0, 0, time.UTC)} {
		for _, w := range testPapers(t, now) {
			data, err := w.style.file(w.paper)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := office.Read(context.Background(), w.name+"."+w.style.ext, data)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []read
			for _, f := range w.findings {
				persons := f.persons
				if f.leader != "" {
					persons = append([]string{f.leader}, persons...) // the reader counts the leader among those responsible
				}
				want = append(want, read{f.title, f.leader, f.dueText, f.due, f.long, f.shows(), f.measures(), answers(f), f.units, persons})
			}
			for _, s := range plan.Read(doc).Sections {
				for _, f := range s.Findings {
					r := read{Title: f.Title, Leader: string(f.Leader), DueText: string(f.DeadlineText), Due: string(f.DeadlineDate), Long: f.LongTerm,
						Units: f.Units, Persons: f.Persons}
					for _, m := range f.Manifestations {
						r.Shows = append(r.Shows, m.Text)
					}
					for _, m := range f.Measures {
						r.Measures = append(r.Measures, m.Text)
						for _, a := range m.Answers {
							r.Answers = append(r.Answers, m.Text+" → "+f.Manifestations[a].Text)
						}
					}
					got = append(got, r)
				}
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s %s %s (-meant +read):\n%s", now.Format(time.DateOnly), w.name, fmt.Sprint(len(want), len(got)), diff)
			}
		}
	}
}
