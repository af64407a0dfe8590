package publicity

import (
	"context"
	"slices"

	"bihuan/ledger"
	"bihuan/store"
)

// Tally is what households answered.
type Tally struct{ Right, Partly, Wrong, Absent, Open int }

// Asked is how many households answered.
func (t Tally) Asked() int { return t.Right + t.Partly + t.Wrong }

func (t *Tally) add(s Sampled) {
	switch s.Knows() {
	case Right:
		t.Right++
	case Partly:
		t.Partly++
	case Wrong:
		t.Wrong++
	default:
		if s.Absent != "" {
			t.Absent++
		} else {
			t.Open++
		}
	}
}

// Rate is the share that knows (知晓率), with its Wilson 95 % interval, in percent (C5).
func (t Tally) Rate() (share, low, high float64) { return ledger.Wilson(t.Right, t.Asked()) }

// reaches tells whether so many percent know, without a rounding in between.
func (t Tally) reaches(percent int) bool { return t.Asked() > 0 && 100*t.Right >= percent*t.Asked() }

// VillageResult is what a wave found in a village.
type VillageResult struct {
	Stratum
	Tally
	Done bool // everybody drawn was asked
	Met  bool // done, and enough know
}

// Result is what a wave found.
type Result struct {
	Villages []VillageResult
	Total    Tally
	ByAnswer []Tally // of each question: who said it right, partly, wrong
	Done     bool
	Met      bool // done, enough know, and the lower end of the interval is high enough
}

// ResultOf works out what a wave found so far.
func ResultOf(ctx context.Context, q store.Querier, w Wave) (Result, error) {
	strata, err := Strata(ctx, q, w.ID)
	if err != nil {
		return Result{}, err
	}
	all, err := SampledIn(ctx, q, w.ID, 0)
	if err != nil {
		return Result{}, err
	}
	r := Result{Done: true, ByAnswer: make([]Tally, len(w.Questions))}
	for _, s := range strata {
		x := VillageResult{Stratum: s}
		for _, h := range all {
			if h.Village != s.Village {
				continue
			}
			x.add(h)
			r.Total.add(h)
			for i := range h.Answers {
				r.ByAnswer[i].add(Sampled{Answers: h.Answers[i : i+1]})
			}
		}
		x.Done = x.Open == 0
		x.Met = x.Done && x.reaches(w.Threshold)
		r.Done = r.Done && x.Done
		r.Villages = append(r.Villages, x)
	}
	_, low, _ := r.Total.Rate()
	r.Met = r.Done && r.Total.reaches(w.Threshold) && low >= float64(w.Low)
	return r, nil
}

// Repeat is a village where too few know a card: it is proposed to bring the card there again. That stands until two waves in turn found
// enough (M63).
type Repeat struct {
	Village int64
	Name    string
	Series  int64  // of the card
	Benefit string // of the card
	Wave    int64  // the last that found too few
	WaveOf  string // its name
	Since   string // day that wave was drawn
	Tally   Tally  // of that wave
	Met     int    // waves in turn that found enough since, 0 or 1
}

// enough is how many waves in turn have to find that enough know.
const enough = 2

// Repeats lists the villages of a town where a card is to be brought again, worked out from all waves.
func Repeats(ctx context.Context, q store.Querier, town int64) ([]Repeat, error) {
	waves, err := Waves(ctx, q, town)
	if err != nil {
		return nil, err
	}
	slices.Reverse(waves)
	var list []Repeat
	for _, w := range waves {
		r, err := ResultOf(ctx, q, w)
		if err != nil {
			return nil, err
		}
		for _, x := range r.Villages {
			if x.Done && x.Asked() > 0 {
				list = follow(list, w, x)
			}
		}
	}
	return list, nil
}

// follow takes the result of a later wave into the list.
func follow(list []Repeat, w Wave, x VillageResult) []Repeat {
	i := slices.IndexFunc(list, func(r Repeat) bool { return r.Village == x.Village && r.Series == w.Series })
	switch {
	case !x.Met:
		r := Repeat{Village: x.Village, Name: x.Name, Series: w.Series, Benefit: w.Benefit, Wave: w.ID, WaveOf: w.Name, Since: w.Day, Tally: x.Tally}
		if i < 0 {
			return append(list, r)
		}
		list[i] = r
	case i >= 0:
		if list[i].Met++; list[i].Met >= enough {
			return slices.Delete(list, i, i+1)
		}
	}
	return list
}

// Before is the wave of the same card before another, or [store.ErrNotFound].
func Before(ctx context.Context, q store.Querier, w Wave) (Wave, error) {
	return store.One(ctx, q, scanWave, waveColumns+` where w.series = $1 and w.id < $2 order by w.id desc limit 1`, w.Series, w.ID)
}
