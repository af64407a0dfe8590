package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// ErrNotEmpty is the error of loading into a database that holds something: nothing is ever overwritten.
var ErrNotEmpty = errors.New("store: the database is not empty")

// ErrNewer is the error of a database or backup whose schema this program does not know yet.
var ErrNewer = errors.New("store: of a newer program")

// ErrRestoring is the error of opening a database whose loading did not come to its end.
var ErrRestoring = errors.New("store: the database was being restored and that did not end: remove it and restore again")

// restoringTable is there while a database is being loaded, so that half of one is never served.
const restoringTable = "restoring"

// Load fills the database at rawURL, which must be empty or not exist, with rows of the given schema, brings it up to date and lets finish
// do the rest. When one of them fails, nothing of it remains.
func Load(ctx context.Context, rawURL string, schema int64, fill func(*Loader) error, finish func(*DB) error) error {
	return load(ctx, house, rawURL, schema, fill, finish)
}

// LoadResidents is [Load] of a database of residents. On PostgreSQL its schema is made when missing.
func LoadResidents(ctx context.Context, rawURL string, schema int64, fill func(*Loader) error, finish func(*DB) error) error {
	return load(ctx, residents, rawURL, schema, fill, finish)
}

// UnloadResidents removes everything from a database of residents that was loaded a moment ago, because what belongs to it could not be.
func UnloadResidents(ctx context.Context, rawURL string) error {
	db := &DB{Now: time.Now, done: make(chan struct{}), schema: residents}
	if db.postgres = isPostgres(rawURL); !db.postgres {
		return removeSQLite(strings.TrimPrefix(rawURL, "sqlite://"))
	}
	if err := db.openPostgres(rawURL); err != nil {
		return errors.Join(err, db.closePools())
	}
	return db.unload("")
}

func load(ctx context.Context, name, rawURL string, schema int64, fill func(*Loader) error, finish func(*DB) error) (err error) {
	db := &DB{Now: time.Now, done: make(chan struct{}), schema: name}
	path := strings.TrimPrefix(rawURL, "sqlite://")
	if db.postgres = isPostgres(rawURL); db.postgres {
		if err = db.openPostgres(rawURL); err == nil && name == residents {
			err = db.makeSchema(ctx, rawURL)
		}
	} else {
		if _, statErr := os.Stat(path); !isMissing(statErr) {
			return errors.Join(ErrNotEmpty, statErr)
		}
		err = db.openSQLite(path)
	}
	if err != nil {
		err = errors.Join(err, db.closePools())
		if !db.postgres {
			err = errors.Join(err, removeSQLite(path))
		}
		return fmt.Errorf("load: %w", err)
	}
	if db.postgres {
		if err := db.beEmpty(ctx); err != nil {
			return errors.Join(err, db.closePools())
		}
	}
	err = db.load(ctx, schema, fill, finish)
	if err != nil {
		err = errors.Join(err, db.unload(path))
	}
	return err
}

// beEmpty refuses a PostgreSQL schema that holds any table.
func (db *DB) beEmpty(ctx context.Context) error {
	n, err := One(ctx, db, Value[int64], `select count(*) from pg_class where relnamespace = current_schema()::regnamespace`)
	if err == nil && n > 0 {
		err = ErrNotEmpty
	}
	return err
}

// unload removes everything that a failed load has made, and closes the database.
func (db *DB) unload(path string) error {
	if db.postgres {
		// The caller's context may be what ended the load.
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		names, err := All(ctx, db, Value[string], `select relname from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'`)
		if err == nil && len(names) > 0 {
			_, err = db.write.ExecContext(ctx, `drop table `+columnList(names)+` cascade`)
		}
		return errors.Join(err, db.Close())
	}
	return errors.Join(db.Close(), removeSQLite(path))
}

// removeSQLite removes the file of a database and what stands beside it.
func removeSQLite(path string) (err error) {
	for _, end := range []string{"", "-wal", "-shm", "-journal"} {
		if removing := os.Remove(path + end); removing != nil && !isMissing(removing) {
			err = errors.Join(err, removing)
		}
	}
	return err
}

func (db *DB) load(ctx context.Context, schema int64, fill func(*Loader) error, finish func(*DB) error) error {
	provider, err := db.provider()
	if err != nil {
		return err
	}
	known := false
	for _, s := range provider.ListSources() {
		known = known || s.Version == schema
	}
	if !known {
		return fmt.Errorf("%w: schema %d", ErrNewer, schema)
	}
	if _, err := db.write.ExecContext(ctx, `create table `+restoringTable+` (id bigint primary key)`); err != nil {
		return err
	}
	if _, err := provider.UpTo(ctx, schema); err != nil {
		return err
	}
	if err := db.fill(ctx, fill); err != nil {
		return err
	}
	if err := db.upgrade(ctx, provider); err != nil {
		return err
	}
	if err := db.startWriter(ctx); err != nil {
		return err
	}
	if err := finish(db); err != nil {
		return err
	}
	if db.writes != nil { // the writer holds the one connection
		close(db.writes)
		<-db.done
		db.writes = nil
	}
	if _, err := db.write.ExecContext(ctx, `drop table `+restoringTable); err != nil {
		return err
	}
	return db.Close()
}

// startWriter starts the one writer of SQLite.
func (db *DB) startWriter(ctx context.Context) error {
	if db.postgres {
		return nil
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	db.writes = make(chan *write, groupLimit)
	go db.writeLoop(conn)
	return nil
}

// Loader takes the rows of a database being filled.
type Loader struct {
	db     *DB
	conn   *sql.Conn
	tables map[string]Table
	loaded map[string]int64
}

// fill empties the tables, for migrations put first rows into some, and lets fn fill them in one transaction in which references between
// rows are checked at the end.
func (db *DB) fill(ctx context.Context, fn func(*Loader) error) (err error) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	run := func(queries ...string) error {
		for _, q := range queries {
			if _, err := conn.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("load: %w in %q", err, q)
			}
		}
		return nil
	}
	l := &Loader{db: db, conn: conn, tables: map[string]Table{}, loaded: map[string]int64{}}
	tables, err := db.tablesOf(ctx, l)
	if err != nil {
		return err
	}
	begin, ready, end := []string{`pragma foreign_keys = 0`, `pragma journal_mode = memory`, `pragma synchronous = 0`, `begin immediate`}, []string(nil),
		[]string{`commit`, `pragma foreign_keys = 1`, `pragma synchronous = full`, `pragma journal_mode = wal`}
	if db.postgres {
		drop, add, err := db.references(ctx, l)
		if err != nil {
			return err
		}
		begin, ready, end = append([]string{`begin`}, drop...), add, []string{`commit`}
	}
	for _, t := range tables {
		l.tables[t.Name] = t
		begin = append(begin, `delete from `+quoted(t.Name))
	}
	defer func() {
		if err != nil {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), `rollback`) // everything is removed in any case
		}
	}()
	if err := run(begin...); err != nil {
		return err
	}
	if err := fn(l); err != nil {
		return err
	}
	if err := run(ready...); err != nil {
		return err
	}
	if err := l.checkReferences(ctx); err != nil {
		return err
	}
	return run(end...)
}

// references are the foreign keys of a PostgreSQL schema, as statements that drop and that add them. Added at the end they are checked
// all at once, and rows need no order.
func (db *DB) references(ctx context.Context, q Querier) (drop, add []string, err error) {
	type key struct{ table, name, words string }
	keys, err := All(ctx, q, func(rows *sql.Rows, k *key) error { return rows.Scan(&k.table, &k.name, &k.words) },
		`select c.relname, k.conname, pg_get_constraintdef(k.oid) from pg_constraint k join pg_class c on c.oid = k.conrelid
			where k.contype = 'f' and k.connamespace = current_schema()::regnamespace order by 1, 2`)
	for _, k := range keys {
		drop = append(drop, `alter table `+quoted(k.table)+` drop constraint `+quoted(k.name))
		add = append(add, `alter table `+quoted(k.table)+` add constraint `+quoted(k.name)+` `+k.words)
	}
	return drop, add, err
}

// checkReferences looks on SQLite for rows that refer to none; on PostgreSQL adding the foreign keys has.
func (l *Loader) checkReferences(ctx context.Context) error {
	if l.db.postgres {
		return nil
	}
	bad, err := All(ctx, l, func(rows *sql.Rows, b *[2]string) error { return rows.Scan(&b[0], &b[1]) }, `select "table", parent from pragma_foreign_key_check limit 1`)
	if err == nil && len(bad) > 0 {
		err = fmt.Errorf("load: a row of %s refers to a row of %s that does not exist", bad[0][0], bad[0][1])
	}
	return err
}

// Query runs a query on what is loaded so far.
func (l *Loader) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return l.conn.QueryContext(ctx, query, args...)
}

// Loaded is how many rows each table has been given.
func (l *Loader) Loaded() map[string]int64 { return l.loaded }

// Rows puts rows into a table, until next returns nil. A row has a value for each of the columns.
func (l *Loader) Rows(ctx context.Context, t Table, next func() ([]any, error)) error {
	known, ok := l.tables[t.Name]
	if !ok {
		return fmt.Errorf("load: there is no table %q in this schema", t.Name)
	}
	for _, c := range t.Columns {
		if !slices.Contains(known.Columns, c) {
			return fmt.Errorf("load: table %s has no column %q in this schema", t.Name, c)
		}
	}
	put := l.insert
	if l.db.postgres {
		put = l.copy
	}
	n, err := put(ctx, t, next)
	l.loaded[t.Name] += n
	if err != nil {
		return fmt.Errorf("load table %s: %w", t.Name, err)
	}
	return nil
}

func (l *Loader) insert(ctx context.Context, t Table, next func() ([]any, error)) (n int64, err error) {
	st, err := l.conn.PrepareContext(ctx, `insert into `+quoted(t.Name)+` (`+columnList(t.Columns)+`) values (`+strings.Repeat("?, ", len(t.Columns)-1)+`?)`)
	if err != nil {
		return 0, err
	}
	defer st.Close()
	for {
		row, err := next()
		if row == nil || err != nil {
			return n, err
		}
		if _, err := st.ExecContext(ctx, row...); err != nil {
			return n, err
		}
		n++
	}
}

func (l *Loader) copy(ctx context.Context, t Table, next func() ([]any, error)) (n int64, err error) {
	err = l.conn.Raw(func(driver any) error {
		n, err = driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{t.Name}, t.Columns, pgx.CopyFromFunc(next))
		return err
	})
	return n, err
}
