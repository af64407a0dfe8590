package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"bihuan/store"
)

// Erasure is the verb of an event that says of which events the content was erased, and why.
const Erasure = "依法删除"

// erasedField is the field of such an event that holds their numbers.
const erasedField = "删除的条目"

// ErasedBy lists the events that an event of erasure names.
func ErasedBy(e Event) []int64 {
	var changes []Change
	if json.Unmarshal([]byte(e.Changes), &changes) != nil {
		return nil
	}
	var list []int64
	for _, c := range changes {
		if c.Field != erasedField {
			continue
		}
		for _, word := range strings.Fields(c.To) {
			if n, err := strconv.ParseInt(word, 10, 64); err == nil {
				list = append(list, n)
			}
		}
	}
	return list
}

// LastStates finds what the log says last of the state of each row that one of the given events speaks of, up to the given size. It reads
// the whole log: erasing is rare.
func LastStates(ctx context.Context, q store.Querier, seqs []int64, size int64) (map[string]store.Row, error) {
	events, err := Events(ctx, q, seqs)
	if err != nil {
		return nil, err
	}
	states := map[string]store.Row{}
	for _, e := range events {
		if err := EachState(e.States, func(r store.Row) error { states[r.Table+" "+r.Key] = r; return nil }); err != nil {
			return nil, err
		}
	}
	return states, later(ctx, q, states, 0, size)
}

// later brings states up to what the log says of them after one size and up to another.
func later(ctx context.Context, q store.Querier, states map[string]store.Row, after, size int64) error {
	if len(states) == 0 {
		return nil
	}
	rows, err := q.Query(ctx, `select states from journal where seq > $1 and seq <= $2 and states <> '' order by seq`, after, size)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		err := EachState(text, func(r store.Row) error {
			if key := r.Table + " " + r.Key; states[key].Table != "" {
				states[key] = r
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return rows.Err()
}

// Erase removes the content of events in a transaction that has changed what it was about, and appends e, which says so and why. Their
// leaves stay, so that every proof stands. Rows that only those events spoke of are stated anew; one that is not as the log says makes
// Erase fail, for otherwise erasing would hide it. states is what [LastStates] found at the given size.
func Erase(ctx context.Context, db *store.DB, tx *store.Tx, e Entry, seqs []int64, states map[string]store.Row, size int64) error {
	// Nobody appends until this is done.
	if _, err := tx.Exec(ctx, `update journal_head set seq = seq where id = 1`); err != nil {
		return err
	}
	head, err := Head(ctx, tx)
	if err != nil {
		return err
	}
	if err := later(ctx, tx, states, size, head); err != nil {
		return err
	}
	events, err := Events(ctx, tx, seqs)
	if err != nil {
		return err
	}
	if len(events) != len(seqs) {
		return errors.New("journal: events to be erased are not there")
	}
	var names []string
	for _, ev := range events {
		if ev.Verb == Erasure {
			return fmt.Errorf("第%d条是删除记录，不能删除", ev.Seq)
		}
		names = append(names, strconv.FormatInt(ev.Seq, 10))
		_, err := tx.Exec(ctx, `update journal set erased = $2, happened = '', staff = 0, who = '', verb = '', kind = '', row_id = 0, data = '[]', salt = null, states = ''
			where seq = $1`, ev.Seq, ev.LeafData())
		if err != nil {
			return err
		}
	}
	for _, was := range states {
		if tx.Changed(was.Table, was.Key) || was.Gone {
			continue
		}
		now, err := db.RowByKey(ctx, tx, was.Table, was.Key)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err != nil || now.Digest != was.Digest {
			return fmt.Errorf("%s %s 与日志所记不符，先运行 bihuan verify 查清再删除", was.Table, was.Key)
		}
		tx.Note(now)
	}
	e.Verb = Erasure
	if len(names) > 0 {
		e.Changes = append(e.Changes, Change{Field: erasedField, To: strings.Join(names, " ")})
	}
	return Append(ctx, tx, e)
}
