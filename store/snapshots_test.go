package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"bihuan/store"
	"bihuan/store/storetest"
)

// Several readers of one instant all see what there was then, and nothing of what is written while they read.
func TestSnapshots(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		ctx := t.Context()
		db, err := store.Open(ctx, address)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		add := func(task string) error {
			return db.Housekeep(ctx, func(tx *store.Tx) error {
				return tx.ExecAll(ctx, []store.Statement{
					{Query: `insert into daily (task, day, done, said) values ($1, $2, $3, $4)`, Args: []any{task, "2026-11-01", 1, ""}},
					{Query: `update daily set said = $2 where task = $1`, Args: []any{task, "好"}},
				})
			})
		}
		count := func(q store.Querier) int64 {
			n, err := store.One(ctx, q, store.Value[int64], `select count(*) from daily where said = '好'`)
			if err != nil {
				t.Error(err)
			}
			return n
		}
		if err := add("one"); err != nil {
			t.Fatal(err)
		}
		err = db.Snapshots(ctx, 3, func(readers []store.Querier) error {
			if err := add("two"); err != nil {
				return err
			}
			var all sync.WaitGroup
			for _, q := range readers {
				all.Go(func() {
					if n := count(q); n != 1 {
						t.Errorf("a reader sees %d rows, want the one there was", n)
					}
				})
			}
			all.Wait()
			return nil
		})
		if err != nil || count(db) != 2 {
			t.Errorf("afterwards: %v, %d rows", err, count(db))
		}
		failed := errors.New("enough")
		if err := db.Snapshots(ctx, 2, func([]store.Querier) error { return failed }); !errors.Is(err, failed) {
			t.Errorf("the error of a reader: %v", err)
		}
		// A statement of several that fails leaves nothing of the others; none may pass the record by.
		err = db.Housekeep(ctx, func(tx *store.Tx) error {
			return tx.ExecAll(ctx, []store.Statement{{Query: `delete from daily`}, {Query: `insert into daily (task, day, done, said) values (null, '', 1, '')`}})
		})
		if err == nil || count(db) != 2 {
			t.Errorf("one of two fails: %v, %d rows", err, count(db))
		}
		err = db.Write(ctx, func(tx *store.Tx) error {
			return tx.ExecAll(context.WithoutCancel(ctx), []store.Statement{{Query: `delete from unit`}})
		})
		if err == nil {
			t.Error("rows of the record change and are not noted")
		}
	})
}
