package lead

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// DroppedProof is what is left of a picture or scan that proved a check and was deleted.
type DroppedProof struct {
	Check int64 // the verification
	Hash  string
	Why   string
	Who   string
	At    time.Time
	Late  bool // after the check was confirmed
}

// DroppedProofs lists the pictures and scans of the checks of a hit that were deleted.
func DroppedProofs(ctx context.Context, q store.Querier, hit int64) ([]DroppedProof, error) {
	return store.All(ctx, q, func(rows *sql.Rows, d *DroppedProof) error {
		var at, late int64
		err := rows.Scan(&d.Check, &d.Hash, &d.Why, &d.Who, &at, &late)
		d.At, d.Late = time.UnixMilli(at), late == 1
		return err
	}, `select id, hash, why, who, at, late from dropped_proof where hit = $1 order by at, id`, hit)
}

// LookAtProof opens the picture or scan that proves a check of a hit that who may see, and records that they looked; what for follows from
// what they are about to do. Without one it is [store.ErrNotFound].
func LookAtProof(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, h Hit, x Verification) (*vault.File, error) {
	u, err := h.place(ctx, house)
	if err != nil {
		return nil, err
	}
	if err := who.Check(org.Residents, u); err != nil {
		return nil, err
	}
	f, err := v.OpenFile(ctx, x.ProofFile)
	if err != nil {
		return nil, err
	}
	town, err := org.UnitByID(ctx, house, h.Unit)
	if err != nil {
		return nil, err
	}
	purpose := "查阅核实凭据"
	switch {
	case h.State == HitChecked && x.MayConfirm(who, town) == nil:
		purpose = "复核疑点"
	case who.Check(org.Verify, u) == nil && x.Confirmed.IsZero():
		purpose = "核实疑点"
	}
	return f, v.LookAtProof(ctx, who, u.ID, x.ID, purpose)
}

// MayDropProof tells, with an error that says why not, whether who may delete the picture or scan of a check: until the check is decided
// whoever may check or confirm there; later only somebody of the town office who has not made the check.
func (x Verification) MayDropProof(ctx context.Context, house store.Querier, who org.Person, h Hit) error {
	town, err := org.UnitByID(ctx, house, h.Unit)
	if err != nil {
		return err
	}
	if !x.Confirmed.IsZero() {
		if err := who.Check(org.Confirm, town); err != nil {
			return err
		}
		if x.MayConfirm(who, town) != nil {
			return org.Invalid{Field: "照片", What: "复核过的，要由没有参加核实的人来删"}
		}
		return nil
	}
	u, err := h.place(ctx, house)
	if err != nil || who.Check(org.Confirm, town) == nil {
		return err
	}
	return who.Check(org.Verify, u)
}

// DropProof deletes the picture or scan that proves a check, and nothing else of it, for a reason. What is left of it in the files of the
// database goes too; when somebody reads for so long that it cannot, the next night does it. Sent twice it is done once.
func DropProof(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, hit, check, version int64, why string) error {
	why = strings.Join(strings.Fields(why), " ")
	if n := utf8.RuneCountInString(why); n < 2 || n > 100 {
		return org.Invalid{Field: "删除原因", What: "请写明为什么删，如 拍错了人、拍到了别人的证件，2 至 100 个字"}
	}
	if err := vault.CheckText("删除原因", why); err != nil {
		return err
	}
	err := v.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "hit", hit); err != nil {
			return err
		}
		h, err := hitByID(ctx, v, tx, hit)
		if err != nil {
			return err
		}
		list, err := store.All(ctx, tx, scanVerification(v), verificationColumns+` where id = $1 and hit = $2`, check, hit)
		if err == nil && len(list) == 0 {
			err = store.ErrNotFound
		}
		if err != nil {
			return err
		}
		x := list[0]
		if err := x.MayDropProof(ctx, house, who, h); err != nil {
			return err
		}
		if x.ProofFile == 0 {
			return goneAlready(ctx, tx, who, hit, check, why)
		}
		if x.Version != version { // the hit is locked, and nothing changes a check without it
			return journal.StaleRow(ctx, tx, "hit", hit)
		}
		p := vault.Proof{Check: check, Hit: hit, File: x.ProofFile, Late: !x.Confirmed.IsZero()}
		hash, err := store.One(ctx, tx, store.Value[string], `select hash from sealed_file where id = $1`, x.ProofFile)
		if err != nil {
			return err
		}
		if err := v.DropProof(ctx, tx, who, p, why); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "删除", Kind: "hit", Row: hit, Changes: []journal.Change{
			{Field: "疑点", To: h.label()}, {Field: "核实日期", To: x.Day}, {Field: "删除", To: "核实时的照片，SHA-256 " + hash[:12] + "…"}, {Field: "原因", To: why}}})
	})
	if err != nil {
		return err
	}
	if err = purge(context.WithoutCancel(ctx), v); errors.Is(err, store.ErrBusy) {
		err = nil // tended by the night
	}
	return err
}

// goneAlready is nil when the form was sent twice, and says so when somebody else has deleted the file.
func goneAlready(ctx context.Context, q store.Querier, who org.Person, hit, check int64, why string) error {
	n, err := store.One(ctx, q, store.Value[int], `select count(*) from dropped_proof where id = $1 and hit = $2 and staff = $3 and why = $4`, check, hit, who.ID, why)
	if err == nil && n == 0 {
		err = org.Invalid{Field: "照片", What: "这次核实没有照片，或已有人删过。请刷新页面"}
	}
	return err
}
