package store

import (
	"context"
	"slices"
)

// TextColumns lists the columns of a table that hold text and are no part of its key.
func (db *DB) TextColumns(ctx context.Context, q Querier, table string) ([]string, error) {
	t, err := db.table(ctx, q, table)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, c := range t.columns {
		if c.text && !slices.Contains(t.key, i) {
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
// write meanwhile, which takes some seconds for each gigabyte; it is for erasures.
func (db *DB) Purge(ctx context.Context) error {
	if db.postgres {
		tables, err := All(ctx, db, Value[string], allTables)
		for _, t := range tables {
			if err == nil {
				_, err = db.write.ExecContext(ctx, `vacuum full "`+t+`"`)
			}
		}
		return err
	}
	w := &write{ctx: ctx, alone: []string{
		`insert into search (search) values ('optimize')`, // the index keeps the terms of replaced rows until its parts are merged
		`vacuum`,
		`pragma wal_checkpoint(truncate)`,
	}, result: make(chan error, 1)}
	select {
	case db.writes <- w:
		return <-w.result
	case <-ctx.Done():
		return ctx.Err()
	}
}
