// Package store keeps everything in SQLite or PostgreSQL behind one small type. All SQL is written by hand in the common subset
// of both; what must differ stands in this package and nowhere else.
//
// There is one way to write: [DB.Write] runs a function in one transaction. A transaction that changed rows and recorded
// nothing in the journal is refused, so that no change can go unrecorded by oversight.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // driver sqlite
)

// ErrNotFound says that a row does not exist, or is none that the asker may see.
var ErrNotFound = errors.New("store: not found")

// ErrUnrecorded is the error of a transaction that changed rows and appended nothing to the journal. It is a programming error.
var ErrUnrecorded = errors.New("store: transaction changed rows but recorded nothing in the journal")

// DB is an open database. It is safe for use by many goroutines.
type DB struct {
	// Now is the clock of every transaction. Tests set it before first use.
	Now func() time.Time

	schema   string // folder of the migrations that made it
	path     string // SQLite only
	postgres bool
	read     *sql.DB
	write    *sql.DB     // one connection on SQLite; the same pool as read on PostgreSQL
	stmts    sync.Map    // query text → *sql.Stmt on the read pool
	targets  sync.Map    // text of a changing statement → target
	tables   sync.Map    // name → *table
	writes   chan *write // SQLite only: waiting for the one writer
	done     chan struct{}
	lastID   atomic.Int64
}

// Open opens the database at rawURL, brings its schema up to date and returns it. rawURL is postgres://… or sqlite:///path, or
// just the path of a SQLite file, whose folder is made when missing.
func Open(ctx context.Context, rawURL string) (*DB, error) { return open(ctx, house, rawURL) }

// OpenResidents opens the database that holds what is known of residents, apart from staff and ledger: a file or a schema of its own, which
// is made when missing. [ResidentsOf] is where it stands if nobody says otherwise.
func OpenResidents(ctx context.Context, rawURL string) (*DB, error) {
	return open(ctx, residents, rawURL)
}

// ResidentsOf is the address of the database of residents that belongs to a database: the file residents.db beside it, or on PostgreSQL the
// schema of the same name with _residents.
func ResidentsOf(rawURL string) (string, error) {
	if !isPostgres(rawURL) {
		return filepath.Join(filepath.Dir(strings.TrimPrefix(rawURL, "sqlite://")), "residents.db"), nil
	}
	address, err := url.Parse(rawURL)
	if err != nil {
		return "", fmt.Errorf("address of the database: %w", err)
	}
	query := address.Query()
	query.Set("search_path", cmp.Or(query.Get("search_path"), "bihuan")+"_residents")
	address.RawQuery = query.Encode()
	return address.String(), nil
}

// Exists tells whether there is a database at an address, without making one: its file, or the schema that it names.
func Exists(ctx context.Context, rawURL string) (bool, error) {
	if !isPostgres(rawURL) {
		_, err := os.Stat(strings.TrimPrefix(rawURL, "sqlite://"))
		if isMissing(err) {
			return false, nil
		}
		return err == nil, err
	}
	db := &DB{postgres: true}
	if err := db.openPostgres(rawURL); err != nil {
		return false, errors.Join(err, db.closePools())
	}
	n, err := One(ctx, db, Value[int64], `select count(*) from information_schema.tables where table_schema = current_schema() and table_name = 'goose_db_version'`)
	return n > 0, errors.Join(err, db.closePools())
}

func open(ctx context.Context, schema, rawURL string) (*DB, error) {
	db := &DB{Now: time.Now, done: make(chan struct{}), schema: schema}
	var err error
	if isPostgres(rawURL) {
		db.postgres = true
		if err = db.openPostgres(rawURL); err == nil && schema == residents {
			err = db.makeSchema(ctx, rawURL)
		}
	} else {
		err = db.openSQLite(strings.TrimPrefix(rawURL, "sqlite://"))
	}
	if err == nil {
		err = db.migrate(ctx)
	}
	if err != nil {
		db.closePools()
		return nil, fmt.Errorf("open database: %w", err)
	}
	if !db.postgres {
		conn, err := db.write.Conn(ctx)
		if err != nil {
			db.closePools()
			return nil, fmt.Errorf("open database: %w", err)
		}
		db.writes = make(chan *write, groupLimit)
		go db.writeLoop(conn)
	}
	return db, nil
}

func (db *DB) openPostgres(rawURL string) (err error) {
	db.read, err = sql.Open("pgx", rawURL)
	if err != nil {
		return err
	}
	db.read.SetMaxOpenConns(24)
	db.read.SetMaxIdleConns(24)
	db.write = db.read
	return nil
}

// makeSchema makes the schema that the address names, when it is missing.
func (db *DB) makeSchema(ctx context.Context, rawURL string) error {
	address, err := url.Parse(rawURL)
	if err != nil {
		return err
	}
	name := address.Query().Get("search_path")
	if name == "" {
		return errors.New("the address names no schema: add search_path=…")
	}
	_, err = db.write.ExecContext(ctx, `create schema if not exists "`+strings.ReplaceAll(name, `"`, `""`)+`"`)
	return err
}

// openSQLite follows the recipe of the design: one writer, a pool of readers, busy_timeout before all else.
func (db *DB) openSQLite(path string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	db.path = path
	if db.write, err = sql.Open("sqlite", sqliteAddress(path, "&_txlock=immediate")); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	if err := db.write.Ping(); err != nil {
		return err
	}
	if db.read, err = sql.Open("sqlite", sqliteAddress(path, readOnly)); err != nil {
		return err
	}
	db.read.SetMaxOpenConns(4)
	db.read.SetMaxIdleConns(4)
	return nil
}

// readOnly is what the address of a reader ends with.
const readOnly = "&_pragma=query_only(1)"

func sqliteAddress(path, more string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=journal_size_limit(67108864)&_pragma=cache_size(-8000)" + more
}

// Close waits for writes under way and closes the database.
func (db *DB) Close() error {
	if db.writes != nil {
		close(db.writes)
		<-db.done
		// An idle database leaves no log behind, so that copying the one file copies everything.
		_, _ = db.write.Exec("pragma wal_checkpoint(truncate)")
	}
	return db.closePools()
}

func (db *DB) closePools() error {
	var errs []error
	if db.read != nil {
		errs = append(errs, db.read.Close())
	}
	if db.write != nil && db.write != db.read {
		errs = append(errs, db.write.Close())
	}
	return errors.Join(errs...)
}

// Query runs a query outside any transaction. The query stops when ctx ends.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := db.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

// prepared returns the statement of a query text, prepared once. Query texts are constants and a handful of filter combinations,
// so the cache stays small.
func (db *DB) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := db.stmts.Load(query); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := db.read.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%w in %q", err, query)
	}
	if old, raced := db.stmts.LoadOrStore(query, st); raced {
		st.Close()
		return old.(*sql.Stmt), nil
	}
	return st, nil
}

// Querier is what reads: a [DB] outside a transaction, a [Tx] inside one.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// All collects every row of a query.
func All[T any](ctx context.Context, q Querier, scan func(*sql.Rows, *T) error, query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var t T
		if err := scan(rows, &t); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// One reads the single row of a query, or [ErrNotFound].
func One[T any](ctx context.Context, q Querier, scan func(*sql.Rows, *T) error, query string, args ...any) (T, error) {
	all, err := All(ctx, q, scan, query, args...)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return all[0], nil
}

// Value scans a row of one column; it is the scan function for counts and single texts.
func Value[T any](rows *sql.Rows, t *T) error { return rows.Scan(t) }
