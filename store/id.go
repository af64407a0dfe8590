package store

import (
	"context"
	"math/rand/v2"
	"time"
)

// ID makes an id for a row: 41 bits of milliseconds since 2020, 22 bits that rise within one process from a random start, so that
// ids of several nodes and of merged schemas do not meet. Ids order by time of making, also when the clock steps back.
func (t *Tx) ID() int64 {
	id := (t.Now.UnixMilli()-epoch)<<22 | rand.Int64N(1<<20)
	for {
		last := t.db.lastID.Load()
		if id <= last {
			id = last + 1
		}
		if t.db.lastID.CompareAndSwap(last, id) {
			return id
		}
	}
}

// epoch is the beginning of 2020, Unix milliseconds.
const epoch = 1577836800000

// FirstID is lower than all ids that are made from an instant on, but for those of a clock that steps back.
func FirstID(from time.Time) int64 { return max(from.UnixMilli()-epoch, 0) << 22 }

// NextSerial takes the next number of a series, 1 for a new one. Two transactions never get the same, and one that fails gives its
// number back.
func NextSerial(ctx context.Context, t *Tx, series string) (int64, error) {
	return One(ctx, t, Value[int64], `insert into serial (series, last) values ($1, 1)
		on conflict (series) do update set last = serial.last + 1 returning last`, series)
}
