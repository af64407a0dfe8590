package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Dump is a database as it stands at one instant, table by table. It lives in one goroutine.
type Dump struct {
	Querier

	// Schema is the number of the last migration that the database has had.
	Schema int64

	db *DB
}

// Table is a table with its columns, in their order.
type Table struct {
	Name    string
	Columns []string
}

// Dump runs fn on the database as it stands now. Writers are not held up; on SQLite the write-ahead log grows until fn returns.
func (db *DB) Dump(ctx context.Context, fn func(*Dump) error) error {
	return db.Snapshot(ctx, func(q Querier) error {
		// The first query fixes the instant.
		schema, err := One(ctx, q, Value[int64], schemaQuery)
		if err != nil {
			return fmt.Errorf("dump: %w", err)
		}
		return fn(&Dump{Querier: q, Schema: schema, db: db})
	})
}

// DumpAt is [DB.Dump] of the database at rawURL, which may be in use by other programs and of an older schema: nothing is made and
// nothing brought up to date.
func DumpAt(ctx context.Context, rawURL string, fn func(*Dump) error) error {
	return dumpAt(ctx, house, rawURL, fn)
}

// DumpResidentsAt is [DumpAt] of a database of residents.
func DumpResidentsAt(ctx context.Context, rawURL string, fn func(*Dump) error) error {
	return dumpAt(ctx, residents, rawURL, fn)
}

func dumpAt(ctx context.Context, schema, rawURL string, fn func(*Dump) error) error {
	db := &DB{Now: time.Now, schema: schema}
	var err error
	if db.postgres = isPostgres(rawURL); db.postgres {
		err = db.openPostgres(rawURL)
	} else {
		path := strings.TrimPrefix(rawURL, "sqlite://")
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("dump: %w", err) // it would be made
		}
		err = db.openSQLite(path)
	}
	if err == nil {
		err = db.Dump(ctx, fn)
	}
	return errors.Join(err, db.closePools())
}

func isPostgres(rawURL string) bool {
	return strings.HasPrefix(rawURL, "postgres://") || strings.HasPrefix(rawURL, "postgresql://")
}

const schemaQuery = `select coalesce(max(version_id), 0) from goose_db_version`

// Postgres tells which of the two databases it is.
func (d *Dump) Postgres() bool { return d.db.postgres }

// Tables lists the tables that hold what people entered and what became of it, by name. The search index and the list of migrations
// are made anew from those and from the program.
func (d *Dump) Tables(ctx context.Context) ([]Table, error) { return d.db.tablesOf(ctx, d) }

// tablesOf lists tables with their columns.
func (db *DB) tablesOf(ctx context.Context, q Querier) ([]Table, error) {
	query := `select t.name, c.name from sqlite_master t join pragma_table_info(t.name) c where t.type = 'table' and t.name not like 'sqlite%' order by t.name, c.cid`
	if db.postgres {
		query = `select t.table_name, c.column_name from information_schema.tables t join information_schema.columns c on c.table_schema = t.table_schema and c.table_name = t.table_name
			where t.table_schema = current_schema() and t.table_type = 'BASE TABLE' order by t.table_name collate "C", c.ordinal_position`
	}
	cells, err := All(ctx, q, func(rows *sql.Rows, c *[2]string) error { return rows.Scan(&c[0], &c[1]) }, query)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	var list []Table
	for _, c := range cells {
		name, column := c[0], c[1]
		switch {
		case name == "search" || strings.HasPrefix(name, "search_") || name == "goose_db_version" || name == restoringTable:
		case len(list) > 0 && list[len(list)-1].Name == name:
			list[len(list)-1].Columns = append(list[len(list)-1].Columns, column)
		default:
			list = append(list, Table{Name: name, Columns: []string{column}})
		}
	}
	return list, nil
}

// Rows calls fn with the values of each row of a table: int64, float64, string, []byte or nil, in the order of its columns. The slice is
// used again for the next row.
func (d *Dump) Rows(ctx context.Context, t Table, fn func(values []any) error) error {
	rows, err := d.Query(ctx, `select `+columnList(t.Columns)+` from `+quoted(t.Name))
	if err != nil {
		return fmt.Errorf("read table %s: %w", t.Name, err)
	}
	defer rows.Close()
	values, places := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return fmt.Errorf("read table %s: %w", t.Name, err)
		}
		for i := range values {
			if b, ok := values[i].([]byte); ok && b == nil {
				values[i] = []byte{} // bytes of no length are not nothing
			}
		}
		if err := fn(values); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read table %s: %w", t.Name, err)
	}
	return nil
}

// quoted is a name as SQL takes it whatever it is.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func columnList(columns []string) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = quoted(c)
	}
	return strings.Join(names, ", ")
}

// Schema is the number of the last migration that the database has had.
func (db *DB) Schema(ctx context.Context) (int64, error) {
	return One(ctx, db, Value[int64], schemaQuery)
}

// Size is how many bytes the database takes on disk, its indexes included.
func (db *DB) Size(ctx context.Context) (int64, error) {
	if db.postgres {
		return One(ctx, db, Value[int64], `select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'`)
	}
	return One(ctx, db, Value[int64], `select p.page_count * s.page_size from pragma_page_count p, pragma_page_size s`)
}

// Postgres tells which of the two databases it is, for people to read; nothing may depend on it outside of this package.
func (db *DB) Postgres() bool { return db.postgres }

// isMissing tells whether err says that a file is not there.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
