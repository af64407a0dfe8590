package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bihuan/store"
)

// Erasure is the verb of an event that says of which events something was erased, and why.
const Erasure = "依法删除"

// Fields of such an event that hold the numbers of those whose content was erased, and of those that no longer say the state of rows.
const (
	erasedField       = "删除的条目"
	erasedStatesField = "删除行状态的条目"
)

// ErasedBy lists the events that an event of erasure names.
func ErasedBy(e Event) []int64 {
	contents, states := ErasedParts(e)
	list := append(contents, states...)
	slices.Sort(list)
	return slices.Compact(list)
}

// ErasedParts lists the events whose content an event of erasure says to be gone, and those that no longer say the state of rows.
func ErasedParts(e Event) (contents, states []int64) {
	var changes []Change
	if e.Verb != Erasure || json.Unmarshal([]byte(e.Changes), &changes) != nil {
		return nil, nil
	}
	for _, c := range changes {
		for _, word := range strings.Fields(c.To) {
			n, err := strconv.ParseInt(word, 10, 64)
			switch {
			case err != nil:
			case c.Field == erasedField:
				contents = append(contents, n)
			case c.Field == erasedStatesField:
				states = append(states, n)
			}
		}
	}
	return contents, states
}

// Erase removes, in a transaction that has changed rows so that they no longer hold something, what the log keeps of it: the content of
// the events that concern it, and what any event says of the rows that were changed. Leaves stay, so that every proof stands. It appends e,
// which says so and why. A row whose last state goes with that is stated anew; when it is not as the log says, Erase fails, for otherwise
// erasing would hide that.
//
// It reads the whole log while nobody else can write: erasing is rare.
func Erase(ctx context.Context, db *store.DB, tx *store.Tx, e Entry, concerns func(Event) bool) error {
	if _, err := tx.Exec(ctx, `update journal_head set seq = seq where id = 1`); err != nil { // nobody appends until this is done
		return err
	}
	g := erasing{rows: map[string]lastState{}}
	err := eachEvent(ctx, tx, func(ev Event) error { return g.mark(ev, tx, concerns) })
	if err == nil {
		err = eachEvent(ctx, tx, g.follow)
	}
	if err != nil {
		return err
	}
	for _, seq := range g.contents {
		if err := eraseContent(ctx, tx, seq); err != nil {
			return err
		}
	}
	for _, seq := range g.states {
		if err := eraseStates(ctx, tx, seq); err != nil {
			return err
		}
	}
	taken := map[int64]bool{}
	for _, seq := range g.states {
		taken[seq] = true
	}
	for _, was := range g.rows {
		if tx.Changed(was.row.Table, was.row.Key) || !taken[was.seq] {
			continue
		}
		now, err := db.RowByKey(ctx, tx, was.row.Table, was.row.Key)
		gone := errors.Is(err, store.ErrNotFound)
		if err != nil && !gone {
			return err
		}
		if gone != was.row.Gone || !gone && now.Digest != was.row.Digest {
			return NotErased{fmt.Sprintf("%s %s 与日志所记不符，请先运行 bihuan verify 查清再删除", was.row.Table, was.row.Key)}
		}
		if gone {
			now = was.row
		}
		tx.Note(now)
	}
	e.Verb = Erasure
	e.Changes = append(e.Changes, numbers(erasedField, g.contents)...)
	e.Changes = append(e.Changes, numbers(erasedStatesField, g.states)...)
	return Append(ctx, tx, e)
}

// NotErased is the error of an erasure that was refused, and says why.
type NotErased struct{ Why string }

func (n NotErased) Error() string { return n.Why }

// numbers is a field that holds numbers of events, if there are any.
func numbers(field string, seqs []int64) []Change {
	if len(seqs) == 0 {
		return nil
	}
	var words []string
	for _, n := range seqs {
		words = append(words, strconv.FormatInt(n, 10))
	}
	return []Change{{Field: field, To: strings.Join(words, " ")}}
}

// erasing is what an erasure takes.
type erasing struct {
	contents, states []int64              // events, in order
	rows             map[string]lastState // rows that one of states speaks of
}

type lastState struct {
	row store.Row
	seq int64
}

// mark notes whether an event is to lose its content, and whether what it says of rows.
func (g *erasing) mark(ev Event, tx *store.Tx, concerns func(Event) bool) error {
	if ev.Erased == "" && concerns(ev) {
		if ev.Verb == Erasure {
			return NotErased{fmt.Sprintf("第%d条是删除记录，里面也有它，不能删除", ev.Seq)}
		}
		g.contents = append(g.contents, ev.Seq)
	}
	var list []store.Row
	changed := false
	err := EachState(ev.States, func(r store.Row) error {
		list = append(list, r)
		changed = changed || tx.Changed(r.Table, r.Key)
		return nil
	})
	if err != nil || !changed {
		return err
	}
	g.states = append(g.states, ev.Seq)
	for _, r := range list {
		g.rows[r.Table+" "+r.Key] = lastState{r, ev.Seq}
	}
	return nil
}

// follow finds what the log says last of the rows.
func (g *erasing) follow(ev Event) error {
	return EachState(ev.States, func(r store.Row) error {
		if _, ok := g.rows[r.Table+" "+r.Key]; ok {
			g.rows[r.Table+" "+r.Key] = lastState{r, ev.Seq}
		}
		return nil
	})
}

// eachEvent calls f with all events in order.
func eachEvent(ctx context.Context, q store.Querier, f func(Event) error) error {
	rows, err := q.Query(ctx, `select `+EventColumns+` from journal order by seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var e Event
	for rows.Next() {
		if err := ScanEvent(rows, &e); err != nil {
			return err
		}
		if err := f(e); err != nil {
			return err
		}
	}
	return rows.Err()
}

func eraseContent(ctx context.Context, tx *store.Tx, seq int64) error {
	list, err := Events(ctx, tx, []int64{seq})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update journal set erased = $2, happened = '', staff = 0, who = '', verb = '', kind = '', row_id = 0, data = '[]', salt = null
		where seq = $1`, seq, fmt.Sprintf("%x", list[0].Commitment()))
	return err
}

func eraseStates(ctx context.Context, tx *store.Tx, seq int64) error {
	list, err := Events(ctx, tx, []int64{seq})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update journal set states = $2 where seq = $1`, seq, fmt.Sprintf("%s%x\n", statesErased, list[0].Rows()))
	return err
}
