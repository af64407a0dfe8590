package lead

import (
	"context"
	"time"

	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// Shorter says that a list has far fewer rows than the one that the same office gave before: a sheet may have been lost, or a village. What
// several files give for one day counts together. The zero Shorter says nothing.
type Shorter struct {
	Before    string // day of the list before
	Rows, Was int64  // of all files of either day
	Files     int    // of the later day
}

// Less is how many rows fewer there are.
func (s Shorter) Less() int64 { return s.Was - s.Rows }

// Percent is how much of the list before is missing, rounded down: all of it is 100 alone.
func (s Shorter) Percent() int64 { return 100 * s.Less() / max(s.Was, 1) }

// How much shorter a list must be to be worth a word: people die and move, and lists of a month are short.
const (
	muchShorter = 15 // percent
	fewRows     = 10
)

// ShorterThanBefore compares a list with the one of the same kind that its giver gave before.
func ShorterThanBefore(ctx context.Context, v *vault.Vault, d Dataset) (Shorter, error) {
	list, err := confirmedLists(ctx, v, d.Unit)
	return shorter(d, list), err
}

// confirmedLists are the lists of a town that somebody confirmed, those included that were kept until their day. One that was deleted before
// was a mistake, more often than not.
func confirmedLists(ctx context.Context, v *vault.Vault, unit int64) ([]Dataset, error) {
	list, err := store.All(ctx, v, scanDataset, `select `+datasetColumns+` from dataset where unit = $1 and (state = 'ready' or state = 'deleted' and mapped <> '') order by id`, unit)
	var kept []Dataset
	for _, d := range list {
		if d.State == DatasetReady || d.Deleted.Format(time.DateOnly) >= d.DeleteBy {
			kept = append(kept, d)
		}
	}
	return kept, err
}

// shorter compares a list with those before it. Rolls with another number of sheets are of more or fewer months and say nothing of each
// other; nor does what nobody counted.
func shorter(d Dataset, list []Dataset) Shorter {
	s := Shorter{}
	for _, x := range list {
		if x.Kind == d.Kind && x.Giver == d.Giver && x.AsOf < d.AsOf {
			s.Before = max(s.Before, x.AsOf)
		}
	}
	if d.State != DatasetReady || s.Before == "" {
		return Shorter{}
	}
	now, before := 0, 0 // sheets
	for _, x := range list {
		if x.Kind != d.Kind || x.Giver != d.Giver || x.AsOf != d.AsOf && x.AsOf != s.Before {
			continue
		}
		if x.Rows < 0 {
			return Shorter{}
		}
		if x.AsOf == s.Before {
			s.Was, before = s.Was+x.Rows, before+len(x.Mapping)
		} else {
			s.Rows, now, s.Files = s.Rows+x.Rows, now+len(x.Mapping), s.Files+1
		}
	}
	if (d.Kind == screening.Roll || d.Kind == screening.OtherRoll) && now != before || s.Less() < fewRows || 100*s.Less() < muchShorter*s.Was {
		return Shorter{}
	}
	return s
}
