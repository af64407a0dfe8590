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
