package lead

import (
	"context"

	"bihuan/journal"
	"bihuan/store"
	"bihuan/vault"
)

// BeginForTest begins a screening as a program does that is killed right after.
func BeginForTest(ctx context.Context, v *vault.Vault, id int64) error {
	_, err := begin(ctx, v, id)
	return err
}

// SuppressForTest says of all hits of a screening that they are explained, and of nothing else.
func SuppressForTest(ctx context.Context, v *vault.Vault, screening int64, kind, hash, until string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `delete from suppression`); err != nil {
			return err
		}
		hits, err := keptHits(ctx, v, screening)
		if err != nil {
			return err
		}
		for _, h := range hits {
			_, err := tx.Exec(ctx, `insert into suppression (id, unit, hit_key, rule, hit, kind, hash, reason, until, told, version)
				select $1, unit, hit_key, rule, id, $3, $4, '', $5, '', 1 from hit where id = $2`, tx.ID(), h.ID, kind, hash, until)
			if err != nil {
				return err
			}
		}
		return journal.Append(ctx, tx, journal.Entry{Verb: "抑制", Kind: "suppression", Row: screening})
	})
}

// SuppressionsOf lists the suppressions of a town, the newest first.
func SuppressionsOf(ctx context.Context, q store.Querier, unit int64) ([]Suppression, error) {
	return store.All(ctx, q, scanSuppression, suppressionColumns+` where p.unit = $1 order by p.id desc`, unit)
}

// The halves of commands that are done among the residents, for tests that stop between the two databases.
var (
	HandOutAmongResidents = handOut
	VerifyAmongResidents  = verify
	ConfirmAmongResidents = confirm
)

// PublicName is the name as it hangs in public.
func PublicName(name string) string { return publicName(name) }

// Tells is what a text would tell.
func Tells(text string) string { return tells(text) }

// Stratum is one village of an audit: people to draw from, looked at, missed.
type Stratum struct{ People, Looked, Missed int }

// EstimateOf reckons an estimate from strata.
func EstimateOf(list []Stratum, found int) Estimate {
	strata := make([]stratum, len(list))
	for i, s := range list {
		strata[i] = stratum{s.People, s.Looked, s.Missed}
	}
	return estimate(strata, found)
}

// ShorterOf compares a list with those before it.
func ShorterOf(d Dataset, list []Dataset) Shorter { return shorter(d, list) }
