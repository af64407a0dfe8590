package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"bihuan/journal"
	"bihuan/store"
)

// storyRows are the journal's entries of a finding ($1) and of everything under it: its duties, their occurrences, its evidence and
// the letters about it that were sent.
const storyRows = `select j.seq, j.entered, j.happened, j.staff, j.who, j.verb, j.kind, j.row_id, j.data from journal j where j.kind = 'finding' and j.row_id = $1
	union all select j.seq, j.entered, j.happened, j.staff, j.who, j.verb, j.kind, j.row_id, j.data from duty d join journal j on j.kind = 'duty' and j.row_id = d.id where d.finding = $1
	union all select j.seq, j.entered, j.happened, j.staff, j.who, j.verb, j.kind, j.row_id, j.data from occurrence o join journal j on j.kind = 'occurrence' and j.row_id = o.id where o.finding = $1
	union all select j.seq, j.entered, j.happened, j.staff, j.who, j.verb, j.kind, j.row_id, j.data from evidence e join journal j on j.kind = 'evidence' and j.row_id = e.id where e.finding = $1
	union all select j.seq, j.entered, j.happened, j.staff, j.who, j.verb, j.kind, j.row_id, j.data from letter l join journal j on j.kind = 'letter' and j.row_id = l.id
		where l.finding = $1 and l.state not in ('draft', 'dropped')`

// Story lists what happened to a finding, its duties, their occurrences, its evidence and its letters, newest first, at most limit
// entries. How far the program made occurrences ahead (排期) is told only with all set.
func Story(ctx context.Context, q store.Querier, finding int64, all bool, limit int) ([]journal.Entry, error) {
	only := ""
	if !all {
		only = ` where verb <> '排期'`
	}
	return store.All(ctx, q, scanEntry, `select seq, entered, happened, staff, who, verb, kind, row_id, data from (`+storyRows+`) s`+only+` order by seq desc limit `+fmt.Sprint(limit), finding)
}

// StoryLength counts all entries of a [Story].
func StoryLength(ctx context.Context, q store.Querier, finding int64) (int, error) {
	return store.One(ctx, q, store.Value[int], `select count(*) from (`+storyRows+`) s`, finding)
}

// Turns lists when a finding took a turn, oldest first: something of it was sent back, its deadline was moved, it came back.
func Turns(ctx context.Context, q store.Querier, finding int64) ([]journal.Entry, error) {
	return store.All(ctx, q, scanEntry, `select seq, entered, happened, staff, who, verb, kind, row_id, data from (`+storyRows+`) s
		where verb in ('退回', '延期', '反弹', '销号') and data <> '[]' order by seq limit 40`, finding)
}

func scanEntry(rows *sql.Rows, e *journal.Entry) error {
	var entered int64
	var changes string
	if err := rows.Scan(&e.Seq, &entered, &e.Happened, &e.Staff, &e.Who, &e.Verb, &e.Kind, &e.Row, &changes); err != nil {
		return err
	}
	e.Entered = time.UnixMilli(entered)
	return json.Unmarshal([]byte(changes), &e.Changes)
}
