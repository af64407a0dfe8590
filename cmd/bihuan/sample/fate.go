package sample

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/ledger"
)

// fate is what becomes of a finding until today.
type fate struct {
	from, to int // when it is due: days after today, both included
	state    ledger.State
	closing  ledger.Step // how far its closing is; empty: nobody has applied
	long     bool        // to be kept up after the date
	silent   bool        // nothing was ever reported
	dateless bool        // the paper leaves the date open: x月x日
}

// The fates. A finding with an unanswered manifestation gets one of the open ones.
var (
	done     = fate{from: -120, to: 20, state: ledger.Done, closing: ledger.Accepted}
	keep     = fate{from: -120, to: 12, state: ledger.Keep, closing: ledger.Accepted, long: true}
	partly   = fate{from: 16, to: 60, state: ledger.Part}
	soon     = fate{from: 0, to: 13, state: ledger.Doing, long: true}
	closely  = fate{from: 0, to: 13, state: ledger.Part}
	doing    = fate{from: 16, to: 130, state: ledger.Doing}
	fresh    = fate{from: 25, to: 200, state: ledger.Doing, silent: true}
	late     = fate{from: -38, to: -2, state: ledger.Doing}
	slow     = fate{from: -38, to: -2, state: ledger.Part}
	justLate = fate{from: -1, to: -1, state: ledger.Doing}
	failed   = fate{from: -35, to: -3, state: ledger.Failed}
	dueToday = fate{state: ledger.Doing}
	dueNext  = fate{from: 1, to: 3, state: ledger.Doing}
	open     = fate{dateless: true, state: ledger.Doing, long: true}

	// Closings on their way, and such as came to nothing.
	applying  = fate{from: 3, to: 40, state: ledger.Part, closing: ledger.Applied, long: true}
	reviewing = fate{from: 3, to: 40, state: ledger.Part, closing: ledger.Reviewed}
	signing   = fate{from: 3, to: 40, state: ledger.Part, closing: ledger.Signed, long: true}
	sentBack  = fate{from: 16, to: 50, state: ledger.Part, closing: ledger.SentBack}
	voided    = fate{from: 16, to: 50, state: ledger.Part, closing: ledger.Voided}

	// backAgain is closed early, comes back and is closed again.
	backAgain = fate{from: -128, to: -120, state: ledger.Keep, closing: ledger.Accepted, long: true}
)

// share is how many of a hundred findings meet a fate.
type share struct {
	fate fate
	of   int
}

// The towns stand at different points: the first is about to report, the third has just begun.
var (
	advanced = []share{{done, 30}, {keep, 16}, {partly, 10}, {soon, 3}, {closely, 2}, {doing, 20}, {late, 2}, {slow, 1}, {failed, 2}, {fresh, 5}, {open, 2},
		{applying, 2}, {reviewing, 1}, {signing, 2}, {sentBack, 1}, {voided, 1}}
	halfway = []share{{done, 18}, {keep, 8}, {partly, 15}, {soon, 7}, {closely, 6}, {doing, 20}, {late, 3}, {slow, 2}, {failed, 2}, {fresh, 9}, {open, 3},
		{applying, 3}, {reviewing, 2}, {signing, 2}}
	beginning = []share{{partly, 10}, {soon, 8}, {closely, 4}, {doing, 38}, {fresh, 37}, {open, 3}}
)

// deal gives n findings their fates in the proportion of shares, in random order.
func deal(rng *rand.Rand, shares []share, n int) []fate {
	var list []fate
	sum, given := 0, 0
	for _, s := range shares {
		sum += s.of
		for ; given < (sum*n+50)/100 && given < n; given++ {
			list = append(list, s.fate)
		}
	}
	for len(list) < n {
		list = append(list, doing)
	}
	rng.Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// suits tells whether a finding may meet a fate: what has a gap or cannot fail does not.
func (f fate) suits(t theme) bool {
	gap := false
	for _, p := range t.pairs {
		gap = gap || p.measure == ""
	}
	return !(gap && f.closing != "") && !(t.failed == "" && f.state == ledger.Failed)
}

// deadline sets when the finding is due and how the paper words it. Dates before earliest are moved there: no plan promises a
// date before its own. It draws equally often whatever the day is, so that the sample's texts are the same on every day.
func (f *finding) deadline(rng *rand.Rand, today, earliest time.Time) {
	tailAt, atOnce, dayAt, monthly, full := rng.IntN(6), rng.IntN(4) == 0, rng.Float64(), rng.IntN(3) == 0, rng.IntN(2) == 0
	f.long = f.fate.long
	tail := []string{"完成整改", ""}[tailAt%2]
	if f.long {
		tail = []string{"完成整改，今后长期坚持", "，长期坚持", "，持续推进"}[tailAt%3]
	}
	if f.fate.dateless {
		f.dueText = "x月x日前完成整改，今后长期坚持"
		return
	}
	if f.fate.state == ledger.Keep && atOnce {
		f.dueText = "立行立改，长期坚持"
		return
	}
	due := today.AddDate(0, 0, f.fate.from+int(dayAt*float64(f.fate.to-f.fate.from+1)))
	if due.Before(earliest) {
		due = earliest
	}
	text := "1月2日前"
	monthEnd := time.Date(due.Year(), due.Month()+1, 0, 0, 0, 0, 0, due.Location())
	if within := monthEnd.Sub(today) <= time.Duration(f.fate.to)*24*time.Hour; within && monthly {
		due, text = monthEnd, "1月底前"
	}
	if due.Year() != earliest.Year() || full {
		text = "2006年" + text
	}
	f.due = due.Format(time.DateOnly)
	f.dueText = due.Format(text) + tail
}

// report is one entry of progress, made so many days before today.
type report struct {
	at   time.Time
	edit ledger.ProgressEdit
}

// reports are what was reported of a finding between the start of the work and today.
func (f finding) reports(rng *rand.Rand, cal calendar.Calendar, start, today time.Time) []report {
	if f.fate.silent {
		return nil
	}
	results := f.results()
	started := ledger.ProgressEdit{State: ledger.Doing, Progress: f.doing}
	half := ledger.ProgressEdit{State: ledger.Part, Progress: strings.Join(results[:(len(results)+1)/2], "；") + "；其余按序时进度推进", Evidence: f.evidence}
	if len(results) == 1 {
		half.Progress = f.doing + "，主要措施已落实，巩固阶段"
	}
	all := ledger.ProgressEdit{State: ledger.Part, Progress: strings.Join(results, "；"), Evidence: f.evidence}
	var edits []ledger.ProgressEdit
	switch f.fate.state {
	case ledger.Done, ledger.Keep:
		edits = []ledger.ProgressEdit{all}
	case ledger.Part:
		edits = []ledger.ProgressEdit{started, half}
		if f.fate.closing != "" {
			edits = []ledger.ProgressEdit{all}
		}
	case ledger.Failed:
		edits = []ledger.ProgressEdit{started, {State: ledger.Failed, Progress: f.doing, Reason: f.failedReason(today)}}
	default:
		edits = []ledger.ProgressEdit{started}
	}
	// The last report came about the date, or lately where the date is still to come. What is closed was done well before: a closing
	// takes two weeks.
	ago, early := rng.IntN(20), rng.IntN(20)
	last := today.AddDate(0, 0, -1-ago)
	due, err := time.ParseInLocation(time.DateOnly, f.due, today.Location())
	switch {
	case f.fate.closing == ledger.Accepted:
		last = today.AddDate(0, 0, -17-ago)
		if err == nil && due.AddDate(0, 0, -25-early).Before(last) {
			last = due.AddDate(0, 0, -25-early)
		}
		if soonest := start.AddDate(0, 0, 9+early/2); last.Before(soonest) {
			last = soonest
		}
	case f.fate.closing != "":
		last = today
		for days := map[ledger.Step]int{ledger.Applied: 4, ledger.Reviewed: 6, ledger.Signed: 9, ledger.SentBack: 7, ledger.Voided: 11}[f.fate.closing] + ago/6; days > 0; {
			if last = last.AddDate(0, 0, -1); cal.Works(last) {
				days--
			}
		}
	case err == nil && due.Before(today):
		last = due.AddDate(0, 0, 1-early/3)
	}
	var list []report
	for i, e := range edits {
		at := start.Add(last.Sub(start) * time.Duration(i+1) / time.Duration(len(edits)))
		list = append(list, report{workingHour(rng, cal, start, at, today), e})
	}
	return list
}

func (f finding) results() []string {
	var list []string
	for _, p := range f.pairs {
		if p.result != "" {
			list = append(list, p.result)
		}
	}
	return list
}

func (f finding) failedReason(today time.Time) string {
	next := today.AddDate(0, 0, 30)
	return fmt.Sprintf("%s。下一步：%d月底前完成", f.failed, int(next.Month()))
}

// workingHour moves an instant to the working hours of a working day after the day of start and before today.
func workingHour(rng *rand.Rand, cal calendar.Calendar, start, at, today time.Time) time.Time {
	minute, second := 8*60+30+rng.IntN(9*60), rng.IntN(60)
	midnight := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location()) }
	first, last := midnight(start).AddDate(0, 0, 1), midnight(today).AddDate(0, 0, -1)
	day := midnight(at)
	if day.After(last) {
		day = last
	}
	for !cal.Works(day) {
		day = day.AddDate(0, 0, -1)
	}
	if day.Before(first) {
		day = first
	}
	return day.Add(time.Duration(minute)*time.Minute + time.Duration(second)*time.Second)
}
