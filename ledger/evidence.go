package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/org"
	"bihuan/store"
)

// AddEvidence attaches a piece of evidence to a finding that who may see and report on; see [evidence.Add].
func AddEvidence(ctx context.Context, db *store.DB, who org.Person, finding int64, item evidence.Item) (evidence.Item, error) {
	err := db.Write(ctx, func(tx *store.Tx) (err error) {
		item, err = AttachEvidence(ctx, tx, who, finding, item)
		return err
	})
	return item, err
}

// AttachEvidence is [AddEvidence] inside a transaction that is running.
func AttachEvidence(ctx context.Context, tx *store.Tx, who org.Person, finding int64, item evidence.Item) (evidence.Item, error) {
	f, feedback, err := Provable(ctx, tx, who, finding, item)
	if err != nil {
		return item, err
	}
	item.Finding = f.ID
	return evidence.Add(ctx, tx, who, feedback, item)
}

// Provable refuses what may not be attached: by whom, to a finding that is no longer in force, or to a measure or a task that is not
// the finding's. It returns the finding and the day of the feedback it answers, empty when unknown.
func Provable(ctx context.Context, q store.Querier, who org.Person, finding int64, item evidence.Item) (Finding, string, error) {
	f, err := ByID(ctx, q, who, finding)
	if err != nil {
		return f, "", err
	}
	own := false
	if item.Occurrence != 0 {
		o, err := duty.OccurrenceByID(ctx, q, item.Occurrence)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return f, "", err
		}
		if o.Finding != f.ID {
			return f, "", Invalid{Field: "任务", What: "这个问题下没有这次任务，请刷新页面"}
		}
		own = o.Staff == who.ID // whose task it is may prove it, whatever else they may do
	}
	if err := f.Allows(who, org.Progress); err != nil && !own {
		return f, "", err
	}
	if f.Dropped > 0 {
		return f, "", Invalid{Field: "问题", What: fmt.Sprintf("方案第%d版已不再列这个问题，记录只能查看", f.Dropped)}
	}
	if item.Measure != 0 && !slices.ContainsFunc(f.Measures, func(m Measure) bool { return m.ID == item.Measure }) {
		return f, "", Invalid{Field: "整改措施", What: "这条措施已不存在，请刷新页面"}
	}
	feedback, err := FeedbackOf(ctx, q, f.ID)
	return f, feedback, err
}

// ReviseEvidence puts a new revision in the place of a piece of evidence; see [evidence.Revise]. Who may see the finding and report on
// it may revise what was entered in the own unit or below it. A closing under way becomes void.
func ReviseEvidence(ctx context.Context, db *store.DB, who org.Person, id, version int64, next evidence.Item) (evidence.Item, error) {
	var done evidence.Item
	err := db.Write(ctx, func(tx *store.Tx) error {
		old, f, err := changeable(ctx, tx, who, id)
		if err != nil {
			return err
		}
		feedback, err := FeedbackOf(ctx, tx, f.ID)
		if err != nil {
			return err
		}
		if done, err = evidence.Revise(ctx, tx, who, id, version, feedback, next); err != nil || done.ID == id || old.Replaced != 0 {
			return err // nothing has changed now
		}
		return voidClosing(ctx, tx, who, f.ID, "更换了佐证“"+old.Title+"”")
	})
	return done, err
}

// WithdrawEvidence says that a piece of evidence no longer counts; see [evidence.Withdraw]. Who may is as for [ReviseEvidence]. A
// closing under way becomes void.
func WithdrawEvidence(ctx context.Context, db *store.DB, who org.Person, id, version int64, reason string) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		old, f, err := changeable(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if err := evidence.Withdraw(ctx, tx, who, id, version, reason); err != nil || old.Withdrawn != "" {
			return err
		}
		return voidClosing(ctx, tx, who, f.ID, "撤回了佐证“"+old.Title+"”")
	})
}

// EvidenceByID reads one revision of a piece of evidence with its finding, for who may see that; else [store.ErrNotFound].
func EvidenceByID(ctx context.Context, q store.Querier, who org.Person, id int64) (evidence.Item, Finding, error) {
	item, err := evidence.ByID(ctx, q, id)
	if err != nil {
		return item, Finding{}, err
	}
	f, err := ByID(ctx, q, who, item.Finding)
	return item, f, err
}

// ChangesEvidence tells, with an error that says it, whether who may revise or withdraw an item of f.
func (f Finding) ChangesEvidence(who org.Person, item evidence.Item) error {
	if err := f.Allows(who, org.Progress); err != nil {
		return err
	}
	if f.Dropped > 0 {
		return Invalid{Field: "问题", What: fmt.Sprintf("方案第%d版已不再列这个问题，记录只能查看", f.Dropped)}
	}
	if item.Staff != who.ID && !item.From(who.Unit.Path) {
		return org.Denied{Who: who, Action: org.Progress, Unit: item.Unit}
	}
	return nil
}

// changeable reads a piece of evidence that who may revise or withdraw.
func changeable(ctx context.Context, q store.Querier, who org.Person, id int64) (evidence.Item, Finding, error) {
	item, f, err := EvidenceByID(ctx, q, who, id)
	if err != nil {
		return item, f, err
	}
	return item, f, f.ChangesEvidence(who, item)
}
