package vault

import (
	"context"
	"fmt"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Proof is a sealed file that proves a check of a hit.
type Proof struct {
	Check int64 // the verification
	Hit   int64
	File  int64 // sealed_file
	Late  bool  // the check was confirmed on it
}

// proofFile is the column of such a file, and what a look at one is recorded as.
const proofFile = "verification.proof_file"

// lookAgain is how long a look at a picture lasts: whoever opens it again within that time has looked once.
const lookAgain = 30 * time.Minute

// LookAtProof records that somebody looks at the file that proves a check, of a resident of a unit, and what for. It is called before the
// file is shown; whether they may is for the caller.
func (v *Vault) LookAtProof(ctx context.Context, who org.Person, unit, check int64, purpose string) error {
	lately := func(q store.Querier, now time.Time) (bool, error) {
		since := now.Add(-lookAgain)
		n, err := store.One(ctx, q, store.Value[int], `select count(*) from disclosure where day >= $1 and at > $2 and what = $3 and row_id = $4 and staff = $5`,
			since.Format(time.DateOnly), since.UnixMilli(), proofFile, check, who.ID)
		return n > 0, err
	}
	if seen, err := lately(v, v.Now()); seen || err != nil {
		return err
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "verification", check); err != nil {
			return err
		}
		if seen, err := lately(tx, tx.Now); seen || err != nil { // asked for twice at once
			return err
		}
		return disclose(ctx, tx, who, Disclosure{Unit: unit, What: proofFile, Row: check, People: 1, Whole: true, Purpose: purpose},
			journal.Entry{Verb: "查看", Kind: "verification", Row: check, Changes: []journal.Change{{Field: "核实凭据", To: purpose}}})
	})
}

// DropProof deletes the file that proves a check. That there was one, what it was by its hash, and why it went stays. The caller's entry in the
// journal tells of it, and the bytes that the files of the database still hold go with [store.DB.Purge].
func (v *Vault) DropProof(ctx context.Context, tx *store.Tx, who org.Person, p Proof, why string) error {
	hash, err := store.One(ctx, tx, store.Value[string], `select hash from sealed_file where id = $1`, p.File)
	if err != nil {
		return err
	}
	if err := v.DropFile(ctx, tx, p.File); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update verification set proof_file = 0, version = version + 1 where id = $1`, p.Check); err != nil {
		return err
	}
	late := 0
	if p.Late {
		late = 1
	}
	_, err = tx.Exec(ctx, `insert into dropped_proof (id, hit, hash, why, staff, who, at, late, purged) values ($1, $2, $3, $4, $5, $6, $7, $8, 0)`,
		p.Check, p.Hit, hash, why, who.ID, who.Title(), tx.Now.UnixMilli(), late)
	if err != nil {
		return fmt.Errorf("drop proof: %w", err)
	}
	return nil
}
