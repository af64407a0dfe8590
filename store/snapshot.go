package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Snapshot runs f on the database as it is when f first reads it, whatever is written meanwhile.
func (db *DB) Snapshot(ctx context.Context, f func(q Querier) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if db.postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.read.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	err = f(snapshot{tx})
	return errors.Join(err, tx.Rollback())
}

// Snapshots runs f with n readers, each for one goroutine at a time, which all see the database as it is at one instant, whatever is written
// meanwhile. On SQLite they are connections of their own, so that pages go on being read.
func (db *DB) Snapshots(ctx context.Context, n int, f func(readers []Querier) error) (err error) {
	pool := db.read
	opts := &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	if !db.postgres {
		if pool, err = sql.Open("sqlite", sqliteAddress(db.path, readOnly)); err != nil {
			return err
		}
		defer pool.Close()
		opts.Isolation = sql.LevelDefault
	}
	var all []*sql.Tx
	defer func() {
		for _, tx := range all {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	begin := func(fix string) error {
		tx, err := pool.BeginTx(ctx, opts)
		if err != nil {
			return err
		}
		all = append(all, tx)
		_, err = tx.ExecContext(ctx, fix) // the first statement fixes the instant
		return err
	}
	if db.postgres {
		if err = begin(`select 1`); err != nil {
			return err
		}
		var name string
		if err = all[0].QueryRowContext(ctx, `select pg_export_snapshot()`).Scan(&name); err != nil {
			return err
		}
		for range n - 1 {
			if err = begin(`set transaction snapshot '` + name + `'`); err != nil {
				return err
			}
		}
	} else {
		// While the writer has begun to write, nobody else can, in this program or another.
		err = db.alone(ctx, func(w *writer) error {
			if err := w.exec("begin immediate"); err != nil {
				return err
			}
			var err error
			for range n {
				err = errors.Join(err, begin(`select count(*) from sqlite_master`))
			}
			return errors.Join(err, w.exec("rollback"))
		})
	}
	if err != nil {
		return err
	}
	readers := make([]Querier, n)
	for i, tx := range all {
		readers[i] = snapshot{tx}
	}
	return f(readers)
}

type snapshot struct{ tx *sql.Tx }

func (s snapshot) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return s.tx.QueryContext(ctx, query, args...)
}

// RowByKey is the state of one row of a table of the record, or [ErrNotFound].
func (db *DB) RowByKey(ctx context.Context, q Querier, table, key string) (Row, error) {
	t, err := db.table(ctx, q, table)
	if err != nil {
		return Row{}, err
	}
	parts := strings.SplitN(key, "/", len(t.key))
	if len(parts) != len(t.key) {
		return Row{}, fmt.Errorf("store: %q is no key of table %s", key, table)
	}
	var where []string
	var args []any
	for i, k := range t.key {
		where = append(where, fmt.Sprintf(`"%s" = $%d`, t.columns[k].name, i+1))
		args = append(args, parts[i])
	}
	reader := newRowReader(t)
	return One(ctx, q, func(rows *sql.Rows, r *Row) (err error) {
		*r, err = reader.read(rows)
		return err
	}, t.all()+" where "+strings.Join(where, " and "), args...)
}
