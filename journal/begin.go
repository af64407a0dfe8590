package journal

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"bihuan/store"
)

// Begin makes leaves of what a journal held before it was a log, and says the state of every row there is, so that from then on each can
// be checked. It is called when a database is opened and does nothing to one that has begun.
func Begin(ctx context.Context, db *store.DB) error {
	var begun bool
	if err := beginning(ctx, db, &begun); err != nil || begun {
		return err
	}
	return db.Housekeep(ctx, func(tx *store.Tx) error {
		// Whoever writes meanwhile waits for the head row, and so does another program that begins.
		if _, err := tx.Exec(ctx, `update journal_head set seq = seq where id = 1`); err != nil {
			return err
		}
		if err := beginning(ctx, tx, &begun); err != nil || begun {
			return err
		}
		// A log that was one and lost its edge is not begun again: that would make new leaves of what somebody has altered.
		n, err := store.One(ctx, tx, store.Value[int64], `select (select count(*) from journal where leaf is not null)
			+ (select count(*) from journal_node) + (select count(*) from checkpoint)`)
		if err != nil {
			return err
		}
		if n > 0 {
			return ErrHead
		}
		var tree Tree
		for {
			events, err := store.All(ctx, tx, ScanEvent, `select `+EventColumns+` from journal where seq > $1 order by seq limit 1000`, tree.Size)
			if err != nil {
				return err
			}
			if len(events) == 0 {
				break
			}
			for i := range events {
				if err := beginEvent(ctx, tx, &tree, &events[i]); err != nil {
					return err
				}
			}
		}
		if _, err := tx.Exec(ctx, `update journal_head set frontier = $1 where id = 1`, tree.Bytes()); err != nil {
			return err
		}
		return noteAll(ctx, db, tx)
	})
}

// ErrHead is the error of a log whose head row was altered.
var ErrHead = errors.New("存证日志的头被改动，不能再写。请运行 bihuan verify 查清，从备份恢复")

// beginning tells whether nothing is to be done.
func beginning(ctx context.Context, q store.Querier, begun *bool) (err error) {
	*begun, err = store.One(ctx, q, func(rows *sql.Rows, begun *bool) error {
		var seq int64
		var frontier []byte
		err := rows.Scan(&seq, &frontier)
		*begun = seq == 0 || len(frontier) > 0
		return err
	}, `select seq, frontier from journal_head where id = 1`)
	return err
}

func beginEvent(ctx context.Context, tx *store.Tx, tree *Tree, e *Event) error {
	if e.Seq != tree.Size+1 {
		return fmt.Errorf("journal: entry %d is missing", tree.Size+1)
	}
	e.Salt = make([]byte, saltLength)
	_, _ = rand.Read(e.Salt) // never fails
	e.Leaf = LeafOf(*e)
	if _, err := tx.Exec(ctx, `update journal set salt = $2, leaf = $3 where seq = $1`, e.Seq, e.Salt, e.Leaf[:]); err != nil {
		return err
	}
	var nodes []store.Statement
	tree.Grow(e.Leaf, func(level int, n int64, hash tlog.Hash) { nodes = append(nodes, insertNode(level, n, hash)) })
	return tx.ExecAll(ctx, nodes)
}

// noteAll appends one event for each table with the state of all its rows.
func noteAll(ctx context.Context, db *store.DB, tx *store.Tx) error {
	tables, err := db.RecordTables(ctx, tx)
	if err != nil {
		return err
	}
	var s sealer
	for _, t := range tables {
		var rows []store.Row
		err := db.EachRow(ctx, tx, t, func(r store.Row) error {
			rows = append(rows, r)
			return nil
		})
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			s.events = append(s.events, Event{Entered: tx.Now.UnixMilli(), Happened: tx.Now.Format(time.DateOnly), Verb: "起账", Kind: t, States: statesOf(rows),
				Changes: fmt.Sprintf(`[{"field":"行数","to":"%d"}]`, len(rows))})
		}
	}
	if len(s.events) == 0 {
		return nil
	}
	return s.append(ctx, tx)
}
