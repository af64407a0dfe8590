package proof

import (
	"context"
	"crypto/sha256"
	"errors"
	"iter"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/sumdb/tlog"

	"bihuan/journal"
	"bihuan/store"
)

// mostReaders is how many connections at most read a database that is checked: each takes a processor while it does.
const mostReaders = 4

// A log is read in stretches of so many events, a batch at a time, by whichever reader is free; ahead of the one that is being looked at
// readers go so many stretches for each of them, so that memory is bounded.
const (
	stretchLength = 8192
	batchLength   = 512
	ahead         = 3
)

// stretch is a part of the log.
type stretch struct {
	where string
	args  []any
	read  chan []readEvent // closed at its end
}

// readEvent is what the check of the whole log needs of an event.
type readEvent struct {
	seq  int64
	leaf tlog.Hash
	odd  *journal.Event // the event, if there is more to say of it than that its leaf fits
	err  error          // it cannot be read
}

// stretches cuts the log. Together they hold every row of it, whatever number it bears.
func (c *check) stretches(ctx context.Context) ([]stretch, error) {
	n, err := store.One(ctx, c.q, store.Value[int64], `select count(*) from journal`)
	if err != nil {
		return nil, err
	}
	var list []stretch
	for after := int64(0); after < max(n, 1); after += stretchLength {
		x := stretch{`where seq > $1 and seq <= $2`, []any{after, after + stretchLength}, make(chan []readEvent, stretchLength/batchLength)}
		switch first, last := after == 0, after+stretchLength >= n; {
		case first && last:
			x.where, x.args = ``, nil
		case first: // in SQLite a key may be null
			x.where, x.args = `where seq <= $1 or seq is null`, x.args[1:]
		case last: // or a text, which is more than any number
			x.where, x.args = `where seq > $1`, x.args[:1]
		}
		list = append(list, x)
	}
	return list, nil
}

// read reads the log and all rows with all readers at once, and holds the tables and indexes against those that the program makes. Each
// reader checks the events that it reads against their leaves and notes what they and the tables say of the state of rows; the log as a
// whole is looked at in its order.
func (c *check) read(ctx context.Context) (err error) {
	if c.tables, err = c.DB.RecordTables(ctx, c.q); err != nil {
		return err
	}
	c.report.Tables = len(c.tables)
	stretches, err := c.stretches(ctx)
	if err != nil {
		return err
	}
	type job func(ctx context.Context, q store.Querier, noted *sorter) error
	var rows atomic.Int64
	foreign := make([]bool, len(c.tables))
	var flaws []string
	jobs := make(chan job, 1+len(c.tables)+ahead*len(c.readers))
	jobs <- func(ctx context.Context, q store.Querier, _ *sorter) (err error) {
		flaws, err = c.DB.SchemaFlaws(ctx, q)
		return err
	}
	for i, t := range c.tables { // first, for one may be longer than a stretch
		jobs <- func(ctx context.Context, q store.Querier, noted *sorter) error {
			err := c.readTable(ctx, q, t, noted, &rows)
			foreign[i] = errors.Is(err, store.ErrNoKey)
			if foreign[i] {
				return nil
			}
			return err
		}
	}
	waiting := stretches
	more := func() {
		if len(waiting) == 0 {
			return
		}
		s := waiting[0]
		jobs <- func(ctx context.Context, q store.Querier, noted *sorter) error { return readStretch(ctx, q, s, noted) }
		if waiting = waiting[1:]; len(waiting) == 0 {
			close(jobs)
		}
	}
	for range ahead * len(c.readers) {
		more()
	}

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var working sync.WaitGroup
	for i, q := range c.readers {
		working.Go(func() {
			for job := range jobs {
				if ctx.Err() != nil {
					continue
				}
				if err := job(ctx, q, c.sorters[i]); err != nil {
					stop(err)
				}
			}
		})
	}
	c.log(ctx, inOrder(ctx, stretches, more))
	for len(waiting) > 0 { // only when it was stopped
		more()
	}
	working.Wait()
	for _, f := range flaws {
		c.found(Difference{Kind: SchemaAltered, What: f})
	}
	for i, t := range c.tables {
		if foreign[i] {
			c.foreign = append(c.foreign, t)
		}
	}
	c.report.Rows = rows.Load()
	return context.Cause(ctx)
}

// inOrder are the events of all stretches, one after the other; it calls more after each, and ends early with ctx.
func inOrder(ctx context.Context, stretches []stretch, more func()) iter.Seq[readEvent] {
	return func(yield func(readEvent) bool) {
		for _, s := range stretches {
			for open := true; open; {
				var batch []readEvent
				select {
				case batch, open = <-s.read:
				case <-ctx.Done():
					return
				}
				for _, e := range batch {
					if !yield(e) {
						return
					}
				}
			}
			more()
		}
	}
}

// readStretch reads events and checks each against its leaf.
func readStretch(ctx context.Context, q store.Querier, s stretch, noted *sorter) error {
	rows, err := q.Query(ctx, `select `+journal.EventColumns+` from journal `+s.where+` order by seq`, s.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var e journal.Event
	var batch []readEvent
	send := func() error {
		select {
		case s.read <- batch:
			batch = make([]readEvent, 0, batchLength)
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for rows.Next() {
		x := readEvent{err: journal.ScanEvent(rows, &e)}
		if x.err == nil {
			x.seq, x.leaf = e.Seq, e.Leaf
			if e.Verb == journal.Erasure || e.Erased != "" || e.StatesErased() || !e.Sound() {
				odd := e
				x.odd = &odd
			}
			if err := noteStates(&e, noted); err != nil {
				return err
			}
		}
		if batch = append(batch, x); len(batch) == batchLength {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := send(); err != nil {
		return err
	}
	close(s.read)
	return nil
}

// noteStates keeps what an event says of the state of rows.
func noteStates(e *journal.Event, noted *sorter) error {
	err := journal.EachState(e.States, func(r store.Row) error {
		if r.Gone {
			return noted.add(newStated(rowHash(r), e.Seq, nil))
		}
		return noted.add(newStated(rowHash(r), e.Seq, r.Digest[:24]))
	})
	if errors.Is(err, journal.ErrUnreadable) {
		return nil // no program wrote that, so the event is found to be altered
	}
	return err
}

// readTable notes the state of each row of a table and counts them.
func (c *check) readTable(ctx context.Context, q store.Querier, table string, noted *sorter, count *atomic.Int64) error {
	return c.DB.EachRow(ctx, q, table, func(r store.Row) error {
		if n := count.Add(1); n%10000 == 0 {
			c.tell("核对数据行 "+table, n, 0)
		}
		return noted.add(newStated(rowHash(r), inDatabase, r.Digest[:24]))
	})
}

// rowHash stands for table and key of a row.
func rowHash(r store.Row) [16]byte {
	text := append(make([]byte, 0, 128), r.Table...)
	sum := sha256.Sum256(append(append(text, 0), r.Key...))
	return [16]byte(sum[:16])
}
