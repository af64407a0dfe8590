// Package journal is the append-only record of every change: who changed what, when it was entered and when it is said to have
// happened. An entry is appended in the transaction of the change it tells of, or the change does not happen.
//
// The entries are the leaves of a Merkle tree (RFC 6962). Each commits to its content under a salt and to the state of the rows after
// the change, so that neither an entry nor a row can be changed unseen, and the content of an entry can be erased while all proofs stand.
// Heads of the tree are signed and kept as checkpoints, and others may sign them too.
package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"bihuan/store"
)

// Entry is one change of one row.
type Entry struct {
	Seq      int64
	Entered  time.Time // set by Append: the instant of the transaction
	Happened string    // date it is said to have happened; empty means the day it was entered
	Staff    int64     // 0 for the program itself
	Who      string    // name and post at that time
	Verb     string    // a word of the trade: 登记 导入 修改 反馈
	Kind     string    // table of the row
	Row      int64
	Changes  []Change
}

// Change is one field of an entry. For a new row From is empty, for a removed one To.
type Change struct {
	Field string `json:"field"` // the column as people call it: 责任单位
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// Append records e with tx. It is written as the last thing before the commit, together with the state of the rows that tx changed.
func Append(_ context.Context, tx *store.Tx, e Entry) error {
	changes, err := json.Marshal(e.Changes)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	ev := Event{Entered: tx.Now.UnixMilli(), Happened: e.Happened, Staff: e.Staff, Who: e.Who, Verb: e.Verb, Kind: e.Kind, Row: e.Row, Changes: string(changes)}
	if ev.Happened == "" {
		ev.Happened = tx.Now.Format(time.DateOnly)
	}
	pending, ok := tx.Sealer().(*sealer)
	if !ok {
		pending = &sealer{}
		tx.SealWith(pending)
	}
	pending.events = append(pending.events, ev)
	return nil
}

// Of lists what happened to a row, newest first, at most limit entries. Erased ones are not among them.
func Of(ctx context.Context, q store.Querier, kind string, row int64, limit int) ([]Entry, error) {
	return store.All(ctx, q, scan, `select seq, entered, happened, staff, who, verb, kind, row_id, data from journal
		where kind = $1 and row_id = $2 order by seq desc limit $3`, kind, row, limit)
}

// Stale is the error of saving over somebody else's change. It tells what that change was.
type Stale struct {
	By      string
	At      time.Time
	Changes []Change
}

func (s Stale) Error() string {
	return fmt.Sprintf("没有保存：%s已由%s修改。请看过对方的修改后再保存。", s.At.Format("1月2日15:04"), s.By)
}

// StaleRow makes the error of saving an old version of a row: who changed it last, and what.
func StaleRow(ctx context.Context, q store.Querier, kind string, row int64) error {
	last, err := Of(ctx, q, kind, row, 1)
	if err != nil {
		return err
	}
	if len(last) == 0 {
		return errors.New("这一条已被修改，请刷新页面")
	}
	return Stale{By: last[0].Who, At: last[0].Entered, Changes: last[0].Changes}
}

// Head is the number of the last entry, which is the size of the log. It changes with every change of anything, so a result kept with
// it is good as long as the head stands.
func Head(ctx context.Context, q store.Querier) (int64, error) {
	return store.One(ctx, q, store.Value[int64], `select seq from journal_head where id = 1`)
}

func scan(rows *sql.Rows, e *Entry) error {
	var entered int64
	var changes string
	if err := rows.Scan(&e.Seq, &entered, &e.Happened, &e.Staff, &e.Who, &e.Verb, &e.Kind, &e.Row, &changes); err != nil {
		return err
	}
	e.Entered = time.UnixMilli(entered)
	return json.Unmarshal([]byte(changes), &e.Changes)
}
