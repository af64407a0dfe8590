package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// TextColumns lists the columns of a table that hold text and are no part of its key.
func (db *DB) TextColumns(ctx context.Context, q Querier, table string) ([]string, error) {
	t, err := db.table(ctx, q, table)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, c := range t.columns {
		if c.kind == 's' && !slices.Contains(t.key, i) {
			names = append(names, c.name)
		}
	}
	return names, nil
}

// HasColumn tells whether a table has a column.
func (db *DB) HasColumn(ctx context.Context, q Querier, table, name string) (bool, error) {
	t, err := db.table(ctx, q, table)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(t.columns, func(c column) bool { return c.name == name }), nil
}

// Holding is the SQL that tells whether a column of text holds the text of a parameter, letter by letter.
func (db *DB) Holding(column, param string) string {
	if db.postgres {
		return `strpos("` + column + `", ` + param + `) > 0`
	}
	return `instr("` + column + `", ` + param + `) > 0`
}

// Purge frees what deleted and replaced rows have left behind in the files of the database, so that it cannot be read from them. Nobody can
// write meanwhile, which takes some seconds for each gigabyte; it is for erasures. It fails when somebody reads for too long, and may be run
// again.
func (db *DB) Purge(ctx context.Context) error {
	if db.postgres {
		return db.purgePostgres(ctx)
	}
	return db.alone(ctx, db.purgeSQLite)
}

// How long a purge waits for readers.
const (
	purgeTries = 40
	purgePause = 250 * time.Millisecond
)

func (db *DB) purgeSQLite(w *writer) error {
	steps := []string{`vacuum`}
	if db.schema == house {
		steps = []string{`insert into search (search) values ('optimize')`, `vacuum`} // the index keeps the terms of replaced rows until its parts are merged
	}
	for _, s := range steps {
		if err := w.exec(s); err != nil {
			return fmt.Errorf("%w in %q", err, s)
		}
	}
	for range purgeTries {
		var busy, pages, moved int
		if err := w.conn.QueryRowContext(context.Background(), `pragma wal_checkpoint(truncate)`).Scan(&busy, &pages, &moved); err != nil {
			return err
		}
		if busy == 0 {
			return nil
		}
		time.Sleep(purgePause)
	}
	return ErrBusy
}

// purgePostgres writes each table anew. It waits for no reader longer than a moment, for everybody else would wait behind it.
func (db *DB) purgePostgres(ctx context.Context) error {
	tables, err := All(ctx, db, Value[string], allTables)
	if err != nil {
		return err
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `set lock_timeout = '500ms'`); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `reset lock_timeout`)
	for _, t := range tables {
		for try := 1; ; try++ {
			_, err := conn.ExecContext(ctx, `vacuum full "`+t+`"`)
			if err == nil {
				break
			}
			if !isLocked(err) {
				return err
			}
			if try == purgeTries {
				return ErrBusy
			}
			time.Sleep(purgePause)
		}
	}
	return nil
}
