package store

import "math/rand/v2"

// ID makes an id for a row: 41 bits of milliseconds since 2020, 22 bits that rise within one process from a random start, so that
// ids of several nodes and of merged schemas do not meet. Ids order by time of making, also when the clock steps back.
func (t *Tx) ID() int64 {
	const epoch = 1577836800000
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
