package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
)

// packRows are the numbers of the journal's entries of a finding ($1) that a proof pack shows: its story, the numbers quoted in it, and
// what happened to the plan that it stands in.
const packRows = `select seq from (` + storyRows + `) s
	union select j.seq from claim c join journal j on j.kind = 'claim' and j.row_id = c.id where c.finding = $1
	union select j.seq from finding f join journal j on j.kind = 'plan' and j.row_id = f.plan where f.id = $1`

// FindingEvents reads the events of a finding and of everything under it, in the order of the log, with those whose content was erased.
func FindingEvents(ctx context.Context, q store.Querier, finding int64) ([]journal.Event, error) {
	return packEvents(ctx, q, packRows, finding)
}

// LetterEvents reads the events of a letter, without the words that it did not go out with.
func LetterEvents(ctx context.Context, q store.Querier, letter int64) ([]journal.Event, error) {
	return packEvents(ctx, q, `select seq from journal where kind = 'letter' and row_id = $1 and verb <> '改函'`, letter)
}

// monthRows are the entries between two instants ($2, $3) of the findings under a path ($1), and of what hangs on them.
var monthRows = func() string {
	const of = ` join finding f on f.id = `
	const under = ` join unit u on u.id = f.unit where u.path like $1 and j.entered >= $2 and j.entered < $3 and j.verb not in ('排期', '` + proof.VerbPacked + `')`
	rows := []string{`select j.seq from journal j` + of + `j.row_id` + under + ` and j.kind = 'finding'`}
	for _, table := range []string{"duty", "occurrence", "evidence", "letter", "claim"} {
		clause := ` and j.kind = '` + table + `'`
		if table == "letter" {
			clause += ` and x.state not in ('draft', 'dropped')`
		}
		rows = append(rows, `select j.seq from journal j join `+table+` x on x.id = j.row_id`+of+`x.finding`+under+clause)
	}
	return strings.Join(rows, " union ")
}()

// MonthEvents reads what was entered about the findings of a unit's subtree from one day to another, both included.
func MonthEvents(ctx context.Context, q store.Querier, unit org.Unit, from, to string) ([]journal.Event, error) {
	p, err := newPeriod(unit, from, to)
	if err != nil {
		return nil, err
	}
	return packEvents(ctx, q, monthRows, unit.Path+"%", p.start, p.end)
}

// packEvents reads the events whose numbers a query gives, and those that one of them says were erased.
func packEvents(ctx context.Context, q store.Querier, query string, args ...any) ([]journal.Event, error) {
	seqs, err := store.All(ctx, q, store.Value[int64], query, args...)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	if len(seqs) >= proof.MostEvents {
		return nil, Invalid{Field: "存证包", What: fmt.Sprintf("有 %d 条记录，最多 %d 条，请分开出具", len(seqs), proof.MostEvents)}
	}
	events, err := journal.Events(ctx, q, distinct(seqs))
	if err != nil {
		return nil, err
	}
	var gone []int64
	for _, e := range events {
		if e.Verb == journal.Erasure {
			gone = append(gone, journal.ErasedBy(e)...)
		}
	}
	named, err := journal.Events(ctx, q, distinct(gone))
	if err != nil {
		return nil, err
	}
	for _, e := range named {
		if e.Erased != "" { // of others only what they said of rows was erased; they may be about anything
			events = append(events, e)
		}
	}
	slices.SortFunc(events, func(a, b journal.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	return slices.CompactFunc(events, func(a, b journal.Event) bool { return a.Seq == b.Seq }), nil
}

func distinct(seqs []int64) []int64 {
	seqs = slices.Clone(seqs)
	slices.Sort(seqs)
	return slices.Compact(seqs)
}

// RecordPack records that who is handed a proof pack about a row (finding, closing, letter, or unit for its monthly report) with the
// given hash of its index, and gives the number of the event: it binds what is in the pack. Refused with [org.Denied] or
// [store.ErrNotFound] where who may not export or not see the row.
func RecordPack(ctx context.Context, db *store.DB, who org.Person, kind string, row int64, index string) (int64, error) {
	changes := []journal.Change{{Field: proof.IndexField, To: index}}
	err := db.Write(ctx, func(tx *store.Tx) error {
		if !who.May(org.Export) {
			return org.Denied{Who: who, Action: org.Export}
		}
		if err := seesTopic(ctx, tx, who, kind, row); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: proof.VerbPacked, Kind: kind, Row: row, Changes: changes})
	})
	if err != nil {
		return 0, err
	}
	data, err := json.Marshal(changes)
	if err != nil {
		return 0, err
	}
	return store.One(ctx, db, store.Value[int64], `select max(seq) from journal where kind = $1 and row_id = $2 and verb = $3 and data = $4`, kind, row, proof.VerbPacked, string(data))
}

// seesTopic refuses a pack about what who may not see.
func seesTopic(ctx context.Context, q store.Querier, who org.Person, kind string, row int64) error {
	switch kind {
	case "finding":
		_, err := ByID(ctx, q, who, row)
		return err
	case "closing":
		c, err := ClosingByID(ctx, q, row)
		if err == nil {
			_, err = ByID(ctx, q, who, c.Finding)
		}
		return err
	case "letter":
		l, err := LetterByID(ctx, q, who, row)
		if err == nil && l.Sent.At.IsZero() {
			err = Invalid{Field: "存证包", What: "这封函还没有签发，签发后才能出具"}
		}
		return err
	case "unit":
		u, err := org.UnitByID(ctx, q, row)
		if err == nil && !who.Within(u) {
			err = store.ErrNotFound
		}
		if err == nil && !who.May(org.Overview) {
			err = org.Denied{Who: who, Action: org.Overview}
		}
		return err
	}
	return store.ErrNotFound
}
