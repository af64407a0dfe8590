package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bihuan/org"
	"bihuan/store"
)

// MayApply tells whether who, who sees the finding, may apply for its closing. What stands in the way of that is for [Work.Gates] to
// say.
func (f Finding) MayApply(who org.Person) error {
	if err := f.mayApply(who); err != nil {
		return err
	}
	if f.Dropped > 0 {
		return Invalid{Field: "销号", What: fmt.Sprintf("方案第%d版已不再列这个问题，记录只能查看", f.Dropped)}
	}
	return nil
}

// MayDecide tells, with an error that says why not, whether who may take the next step of an application or send it back. With
// records set who may only record what the district answered on paper, under the number of its letter: the district is not in this
// database.
func (c Closing) MayDecide(ctx context.Context, q store.Querier, who org.Person, home org.Unit) (records bool, err error) {
	err = c.mayDecide(who, home)
	var denied org.Denied
	if c.Step != Signed || !errors.As(err, &denied) {
		return false, err
	}
	root, rootErr := org.Root(ctx, q)
	if rootErr != nil || root.Kind == org.District {
		return false, err
	}
	if who.Check(org.Apply, home) != nil {
		return false, err
	}
	return true, c.otherHands(who)
}

// Right is the right that the step after this one asks for; empty when the application is no longer on its way.
func (s Step) Right() org.Action { return s.rightOf() }

// Holds tells whether what was applied for is still what there is. Evidence that came later changes nothing.
func (c Closing) Holds(w Work) (bool, error) { return c.stands(w) }

// Terms are what the approvals of a closing are bound to, as the closing keeps them.
type Terms struct {
	Content struct {
		Title, Goal, Feedback, DueText, Due string
		LongTerm                            bool
		Manifestations, Measures            []string
		Answers                             string
		Evidence                            []struct {
			ID                 int64
			Title, Event, Hash string
		}
	}
	// Beside the content: who answered for it, and how the work stood.
	Number, Leader string
	Units, Persons []string
	Work           []string // one measure each: 措施一：已办3次
}

// Terms reads what the approvals are bound to.
func (c Closing) Terms() (Terms, error) {
	var t Terms
	if err := json.Unmarshal([]byte(c.Bound), &t); err != nil {
		return t, fmt.Errorf("closing %d: %w", c.ID, err)
	}
	return t, nil
}

// MayDecide tells, with an error that says why not, whether who may decide on an extension.
func (x Extension) MayDecide(who org.Person, home org.Unit) error { return x.mayDecide(who, home) }

// Latest is the last day that another extension of a finding may ask for, given those asked before, newest first; the error says why
// there can be none.
func (r Rules) Latest(f Finding, old []Extension, today string) (string, error) {
	_, first := extended(f, old)
	day, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return "", checkExtension(r, f, old, today, today)
	}
	latest := day.AddDate(0, 0, r.ExtendedDays).Format(time.DateOnly)
	return latest, checkExtension(r, f, old, latest, today)
}
