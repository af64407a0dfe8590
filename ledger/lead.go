package ledger

import (
	"context"
	"errors"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/org"
	"bihuan/store"
)

// MayGive tells, with an error that says why not, whether who may give work under a finding, and returns the finding.
func MayGive(ctx context.Context, q store.Querier, who org.Person, finding int64) (Finding, error) {
	f, err := ByID(ctx, q, who, finding)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return f, Invalid{Field: "问题", What: "没有这个问题，或不在您的范围内，请另选"}
	case err != nil:
		return f, err
	case f.Dropped > 0 || f.Closing != 0:
		return f, Invalid{Field: "问题", What: "这个问题已销号或已撤出方案，不能再交办任务，请另选"}
	}
	return f, who.Check(org.Assign, f.Unit)
}

// Give gives a duty under a finding that is no measure of it, such as checking what a screening found. The caller has checked the right
// with [MayGive] and made the id of the duty; given twice it is given once.
func Give(ctx context.Context, tx *store.Tx, cal calendar.Calendar, who org.Person, d duty.Duty, due string) error {
	if err := tx.Lock(ctx, "finding", d.Finding); err != nil {
		return err
	}
	if _, err := duty.ByID(ctx, tx, d.ID); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	found, err := ByIDs(ctx, tx, []int64{d.Finding})
	if err != nil {
		return err
	}
	if len(found) == 0 || found[0].Dropped > 0 || found[0].Closing != 0 {
		return Invalid{Field: "问题", What: "已销号或已撤出方案，不能再交办任务"}
	}
	rules, err := LoadRules(ctx, tx)
	if err != nil {
		return err
	}
	d.Home, d.Grace = found[0].Unit.ID, rules.Grace
	if _, err := duty.Give(ctx, tx, cal, who, d, due); err != nil {
		return err
	}
	return admit(ctx, tx, found[0], d.Unit.ID)
}
