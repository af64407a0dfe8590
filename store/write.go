package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Tx is a running transaction. It lives in one goroutine.
type Tx struct {
	// Now is the instant of the transaction; everything it writes bears this one time.
	Now time.Time

	db      *DB
	conn    *sql.Conn // PostgreSQL
	tx      *sql.Tx   // of conn
	writer  *writer   // SQLite
	exempt  bool
	rows    map[rowKey]int // of changed
	changed []Row
	seal    Sealer
}

type rowKey struct{ table, key string }

// Sealer records what a transaction changed, as the last thing before it is committed. Package journal has the one.
type Sealer interface {
	// Seal gets the state, after the transaction, of each row of the record that it changed.
	Seal(ctx context.Context, tx *Tx, changed []Row) error
}

// Write runs fn in one transaction and commits when fn returns nil; otherwise nothing of it remains. When Write returns nil the
// change is on disk.
//
// On SQLite, writes that wait for the one writer share a transaction, each in a savepoint of its own, and so share the cost of
// syncing the disk; a failing fn undoes itself alone.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	return db.submit(ctx, fn, false)
}

// Housekeep is Write for rows that are nobody's record and therefore in no journal: sessions, caches, work queues.
func (db *DB) Housekeep(ctx context.Context, fn func(*Tx) error) error {
	return db.submit(ctx, fn, true)
}

func (db *DB) submit(ctx context.Context, fn func(*Tx) error, exempt bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if db.postgres {
		return db.writeAgain(ctx, fn, exempt)
	}
	return db.hand(ctx, &write{ctx: ctx, fn: fn, exempt: exempt, result: make(chan error, 1)})
}

// alone runs fn with the one writer of SQLite, outside any transaction.
func (db *DB) alone(ctx context.Context, fn func(*writer) error) error {
	return db.hand(ctx, &write{ctx: ctx, alone: fn, result: make(chan error, 1)})
}

// hand hands a write to the one writer of SQLite and waits for it.
func (db *DB) hand(ctx context.Context, w *write) error {
	select {
	case db.writes <- w:
		return <-w.result // once handed over it runs to its end, which is near; a caller never wonders whether it happened
	case <-ctx.Done():
		return ctx.Err()
	}
}

// deadlocks is how often a transaction is run anew that PostgreSQL ended because another waited for it as it did for the other.
const deadlocks = 5

// writeAgain runs fn until no deadlock ends it: two who write the same rows in another order both get through, one after the other.
// Nothing of an ended run remains, so fn sets what it returns anew each time.
func (db *DB) writeAgain(ctx context.Context, fn func(*Tx) error, exempt bool) error {
	for try := 1; ; try++ {
		err := db.writeAlone(ctx, fn, exempt)
		if !isDeadlock(err) || try == deadlocks {
			return err
		}
	}
}

func (db *DB) writeAlone(ctx context.Context, fn func(*Tx) error, exempt bool) error {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	t := &Tx{Now: db.Now(), db: db, conn: conn, tx: tx, exempt: exempt}
	if err := t.run(ctx, fn); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// write is one function waiting for the single SQLite writer.
type write struct {
	ctx    context.Context
	fn     func(*Tx) error
	exempt bool
	alone  func(*writer) error // to be run outside any transaction, in place of fn
	err    error
	result chan error
}

// groupLimit bounds how many writes share a commit, and so how long the first of them waits for the last.
const groupLimit = 64

// writer is the one connection that changes a SQLite database, with its statements kept prepared.
type writer struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func (w *writer) exec(query string) error {
	_, err := w.conn.ExecContext(context.Background(), query)
	return err
}

// prepared needs no lock: only the goroutine of the writer comes here.
func (w *writer) prepared(query string) (*sql.Stmt, error) {
	if st, ok := w.stmts[query]; ok {
		return st, nil
	}
	st, err := w.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("%w in %q", err, query)
	}
	w.stmts[query] = st
	return st, nil
}

func (db *DB) writeLoop(conn *sql.Conn) {
	defer close(db.done)
	w := &writer{conn: conn, stmts: map[string]*sql.Stmt{}}
	defer conn.Close()
	group := make([]*write, 0, groupLimit)
	var next *write // taken from the queue, but not to share a transaction
	for {
		first := next
		if next = nil; first == nil {
			var open bool
			if first, open = <-db.writes; !open {
				return
			}
		}
		if first.alone != nil {
			first.result <- first.alone(w)
			continue
		}
		group = append(group[:0], first)
		var err error
		next, err = db.writeGroup(w, &group)
		for _, m := range group {
			if m.err == nil {
				m.err = err
			}
			m.result <- m.err
		}
	}
}

// writeGroup runs the first write and all that arrive meanwhile in one transaction. Its error is that of the transaction itself
// and counts for every member, none of which is then on disk. A write that must be alone ends the group and is handed back.
func (db *DB) writeGroup(w *writer, group *[]*write) (next *write, err error) {
	if err := w.exec("begin immediate"); err != nil {
		return nil, err
	}
	for i := 0; i < len(*group); i++ { // the group grows while it is worked on
		if err := db.writeMember(w, (*group)[i]); err != nil {
			_ = w.exec("rollback")
			return next, err
		}
		if len(*group) < groupLimit && next == nil {
			select {
			case m, ok := <-db.writes:
				switch {
				case ok && m.alone == nil:
					*group = append(*group, m)
				case ok:
					next = m
				}
			default:
			}
		}
	}
	if err := w.exec("commit"); err != nil {
		_ = w.exec("rollback")
		return next, err
	}
	return next, nil
}

// writeMember runs one write in a savepoint. No context of a caller reaches the database: a statement interrupted by a cancelled
// context would roll back the whole group.
func (db *DB) writeMember(w *writer, m *write) error {
	if m.err = m.ctx.Err(); m.err != nil {
		return nil
	}
	if err := w.exec("savepoint member"); err != nil {
		return err
	}
	t := &Tx{Now: db.Now(), db: db, writer: w, exempt: m.exempt}
	if m.err = t.run(m.ctx, m.fn); m.err != nil {
		if err := w.exec("rollback to member"); err != nil {
			return err // the savepoint is gone: SQLite has rolled everything back by itself
		}
	}
	return w.exec("release member")
}

// run calls fn and holds it to the rule that a change is recorded. A panic of fn is an error like any other, so that one bad
// write cannot take the writer down.
func (t *Tx) run(ctx context.Context, fn func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	if len(t.changed) > 0 && t.seal == nil {
		return ErrUnrecorded
	}
	if t.seal == nil {
		return nil
	}
	return t.seal.Seal(context.WithoutCancel(ctx), t, t.changed)
}

// Query runs a query inside the transaction.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if t.tx != nil {
		return t.tx.QueryContext(ctx, query, args...)
	}
	st, err := t.writer.prepared(query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(context.WithoutCancel(ctx), args...)
}

// Exec changes rows and returns how many. The statement begins with insert into, update or delete from, and the name of the table. What
// rows of the record hold afterwards is noted for the journal.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	to, err := t.db.target(query)
	if err != nil {
		return 0, err
	}
	if !to.record {
		res, err := t.exec(ctx, query, args)
		if err != nil {
			return 0, err
		}
		return res.RowsAffected()
	}
	if t.exempt {
		return 0, fmt.Errorf("store: table %s is part of the record and cannot be changed by housekeeping", to.table)
	}
	return t.change(ctx, to, query, args)
}

// change runs a statement on a table of the record and notes the state of each row that it changed.
func (t *Tx) change(ctx context.Context, to target, query string, args []any) (n int64, err error) {
	about, err := t.db.table(ctx, t, to.table)
	if err != nil {
		return 0, err
	}
	returning := " returning *"
	if t.db.postgres {
		returning = " returning " + to.table + ".*"
	}
	rows, err := t.Query(ctx, query+returning, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	reader := newRowReader(about)
	for rows.Next() {
		row, err := reader.read(rows)
		if err != nil {
			return n, err
		}
		row.Gone = to.delete
		t.note(row)
		n++
	}
	return n, rows.Err()
}

func (t *Tx) note(row Row) {
	key := rowKey{row.Table, row.Key}
	if i, ok := t.rows[key]; ok {
		t.changed[i] = row
		return
	}
	if t.rows == nil {
		t.rows = map[rowKey]int{}
	}
	t.rows[key] = len(t.changed)
	t.changed = append(t.changed, row)
}

// Changed tells whether the transaction has changed the row of a table with the given key.
func (t *Tx) Changed(table, key string) bool {
	_, ok := t.rows[rowKey{table, key}]
	return ok
}

// Note has the journal told of the state of a row that the transaction did not change.
func (t *Tx) Note(row Row) { t.note(row) }

func (t *Tx) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	if t.tx != nil {
		return t.tx.ExecContext(ctx, query, args...)
	}
	st, err := t.writer.prepared(query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(context.WithoutCancel(ctx), args...)
}

// Lock keeps other transactions from changing what hangs on a row of a table until this one ends: for rules over several rows, which two
// transactions could each find kept. With the one writer of SQLite nobody else is at it anyway.
func (t *Tx) Lock(ctx context.Context, table string, id int64) error {
	if t.tx == nil {
		return nil
	}
	var found int
	err := t.tx.QueryRowContext(ctx, `select 1 from `+table+` where id = $1 for update`, id).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// Statement is a change of rows that are nobody's record, with what it is made with.
type Statement struct {
	Query string
	Args  []any
}

// ExecAll runs statements one after the other. PostgreSQL gets them all at once: what holds a lock that others wait for does not wait for
// each answer.
func (t *Tx) ExecAll(ctx context.Context, list []Statement) error {
	var batch pgx.Batch
	for _, s := range list {
		to, err := t.db.target(s.Query)
		if err == nil && to.record {
			err = fmt.Errorf("store: table %s is part of the record and each change of it is noted", to.table)
		}
		if err == nil && t.tx == nil {
			_, err = t.exec(ctx, s.Query, s.Args)
		}
		if err != nil {
			return err
		}
		batch.Queue(s.Query, s.Args...)
	}
	if t.tx == nil {
		return nil
	}
	return t.conn.Raw(func(driver any) error { return driver.(*stdlib.Conn).Conn().SendBatch(ctx, &batch).Close() })
}

// Sealer is who records what the transaction changes; nil until somebody has set one.
func (t *Tx) Sealer() Sealer { return t.seal }

// SealWith sets who records what the transaction changes.
func (t *Tx) SealWith(s Sealer) { t.seal = s }
