package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"bihuan/store"
)

func TestOpenSQLite(t *testing.T) {
	ctx := context.Background()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "sub", "b.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `insert into unit (id, parent, kind, name, path, ord, version) values ($1, null, 'district', '区', '/1/', 1, 1)`, tx.ID())
		return err
	})
	if !errors.Is(err, store.ErrUnrecorded) {
		t.Fatalf("got %v, want ErrUnrecorded", err)
	}
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			err := db.Housekeep(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(ctx, `update journal_head set seq = seq + 1`)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n, err := store.One(ctx, db, store.Value[int64], `select seq from journal_head`)
	if err != nil || n != 200 {
		t.Fatalf("%d %v", n, err)
	}
}
