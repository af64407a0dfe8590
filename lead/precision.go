package lead

import (
	"context"
	"database/sql"
	"math"
	"slices"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Precision is how often a rule was right (B1.9): of the hits that were checked and confirmed by a second person. What is pending,
// unreachable, declined or passed on says nothing of the rule and is left out; what the policy allows counts as wrong, for the rule
// should know it.
type Precision struct {
	Rule    string
	Hits    int // found: not suppressed, and not the same as one under way
	Right   int
	Wrong   int
	Pending int // of Hits, not yet confirmed
	Paid    int // led to a payment, to money paid back, or to a decision of the county
	Runs    []RunPrecision
}

// RunPrecision is the same of one screening.
type RunPrecision struct {
	Serial       int64
	Right, Wrong int
}

// Judged is how many hits the precision rests on.
func (p Precision) Judged() int { return p.Right + p.Wrong }

// Interval is the share of right ones with its 95 % interval, in percent; see [ledger.Wilson].
func (p Precision) Interval() (share, low, high float64) { return ledger.Wilson(p.Right, p.Judged()) }

// Yield is the share of hits, in percent, that led to money or a decision.
func (p Precision) Yield() float64 {
	if p.Hits == 0 {
		return 0
	}
	return 100 * float64(p.Paid) / float64(p.Hits)
}

// A rule that is right in less than so many percent, in so many screenings in a row, is to be looked at.
const (
	poorShare = 30
	poorRuns  = 3
)

// Poor tells that the rule is to be looked at: less than 30 % right in each of the last three screenings that say anything of it.
func (p Precision) Poor() bool {
	n := 0
	for i := len(p.Runs) - 1; i >= 0 && n < poorRuns; i-- {
		r := p.Runs[i]
		if r.Right+r.Wrong == 0 {
			continue
		}
		if 100*r.Right >= poorShare*(r.Right+r.Wrong) {
			return false
		}
		n++
	}
	return n == poorRuns
}

// Precisions counts by rule, over all screenings of the towns within reach.
func Precisions(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person) ([]Precision, error) {
	units, err := reach(ctx, house, who, org.Confirm)
	if err != nil {
		return nil, err
	}
	type row struct {
		rule    string
		serial  int64
		unit    int64
		outcome Outcome
		ended   int
		n       int
	}
	rows, err := store.All(ctx, v, func(rows *sql.Rows, r *row) error {
		return rows.Scan(&r.rule, &r.serial, &r.unit, &r.outcome, &r.ended, &r.n)
	},
		`select h.rule, s.serial, h.unit, coalesce(x.outcome, ''), case when h.state = 'closed' and h.application <> 0 and coalesce(a.decision, '') = 'approved' then 1 else 0 end, count(*)
			from hit h join screening s on s.id = h.screening
			left join verification x on x.hit = h.id and x.returned = 0 and x.confirmed <> 0
				and x.id = (select max(y.id) from verification y where y.hit = h.id and y.returned = 0 and y.confirmed <> 0)
			left join application a on a.id = h.application
			where h.state not in ('suppressed', 'same', 'discarded') group by 1, 2, 3, 4, 5 order by h.rule, s.serial`)
	if err != nil {
		return nil, err
	}
	var list []Precision
	for _, r := range rows {
		if !slices.Contains(units, r.unit) {
			continue
		}
		if n := len(list); n == 0 || list[n-1].Rule != r.rule {
			list = append(list, Precision{Rule: r.rule})
		}
		p := &list[len(list)-1]
		if n := len(p.Runs); n == 0 || p.Runs[n-1].Serial != r.serial {
			p.Runs = append(p.Runs, RunPrecision{Serial: r.serial})
		}
		run := &p.Runs[len(p.Runs)-1]
		p.Hits += r.n
		p.Paid += r.ended * r.n
		switch {
		case r.outcome.Right():
			p.Right, run.Right = p.Right+r.n, run.Right+r.n
		case r.outcome.Wrong():
			p.Wrong, run.Wrong = p.Wrong+r.n, run.Wrong+r.n
		case r.outcome == "" || r.outcome == Unreachable:
			p.Pending += r.n
		}
	}
	return list, nil
}

// Estimate is what an audit says of how many a screening missed.
type Estimate struct {
	Looked int // people of the sample that were looked at
	Missed int // of them wrongly missed
	People int // to draw from, in all
	// Missing is the estimate of how many were missed among People, with its 95 % interval.
	Missing, Low, High float64
	// Recall is found ÷ (found + missing), in percent, with its interval.
	Recall, RecallLow, RecallHigh float64
	Small                         bool // the sample is too small to say anything: the interval of the recall is wider than half
}

// leastLooked is how many people must have been looked at before an estimate is more than a hint.
const leastLooked = 60

// estimate reckons from strata: of n people in a village, looked were looked at and missed of them had been missed. Strata are weighed
// by their people; the interval is Wilson's on the weighed share with the number of people that the weights leave (Kish).
func estimate(strata []stratum, found int) Estimate {
	e := Estimate{}
	weighed, squares := 0.0, 0.0
	for _, s := range strata {
		e.People += s.people
		e.Looked += s.looked
		e.Missed += s.missed
		if s.looked > 0 {
			w := float64(s.people) / float64(s.looked)
			weighed += w * float64(s.missed)
			squares += w * w * float64(s.looked)
		}
	}
	covered := 0.0
	for _, s := range strata {
		if s.looked > 0 {
			covered += float64(s.people)
		}
	}
	if e.Looked == 0 || covered == 0 {
		e.High, e.RecallHigh, e.Small = float64(e.People), 100, true
		return e
	}
	share, effective := weighed/covered, covered*covered/squares
	low, high := wilson(share, effective)
	people := float64(e.People)
	e.Missing, e.Low, e.High = share*people, low*people, high*people
	recall := func(missing float64) float64 {
		if found == 0 && missing == 0 {
			return 100
		}
		return 100 * float64(found) / (float64(found) + missing)
	}
	e.Recall, e.RecallLow, e.RecallHigh = recall(e.Missing), recall(e.High), recall(e.Low)
	e.Small = e.Looked < leastLooked || e.RecallHigh-e.RecallLow > 50
	return e
}

// stratum is one village of an audit.
type stratum struct{ people, looked, missed int }

// wilson is the 95 % interval of a share out of n, which need not be whole.
func wilson(p, n float64) (low, high float64) {
	const z = 1.959964
	mid := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(mid-half, 0), min(mid+half, 1)
}
