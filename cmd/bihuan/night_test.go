package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/store"
	"bihuan/store/storetest"
)

// The turn of a day is done once, at once after a standstill, and again when something went wrong in between.
func TestNights(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db, err := store.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		files, err := evidence.OpenFiles(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		var now atomic.Int64
		day := func(date string) {
			d, err := time.ParseInLocation(time.DateOnly, date, time.Local)
			if err != nil {
				t.Fatal(err)
			}
			now.Store(d.Add(7 * time.Hour).UnixMilli())
		}
		day("2026-04-16")
		db.Now = func() time.Time { return time.UnixMilli(now.Load()) }
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { nights(ctx, db, files, 5*time.Millisecond); close(ended) }()
		wait := func(date string) {
			t.Helper()
			for range 2000 {
				said, err := nightOf(t.Context(), db, date)
				if err == nil && said != "" {
					return
				}
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Millisecond)
			}
			t.Fatalf("the night of %s was never done", date)
		}
		days := func() int {
			t.Helper()
			n, err := store.One(t.Context(), db, store.Value[int], `select count(*) from daily`)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		wait("2026-04-16")
		day("2026-04-17")
		wait("2026-04-17")
		if n := days(); n != 2 {
			t.Errorf("%d days are done", n)
		}
		// An imported year that cannot be read stops nothing but that night, which is made up for once it can.
		year := func(query string) {
			t.Helper()
			if err := db.Write(t.Context(), func(tx *store.Tx) error {
				if _, err := tx.Exec(t.Context(), query); err != nil {
					return err
				}
				return journal.Append(t.Context(), tx, journal.Entry{Verb: "修改", Kind: "holiday"})
			}); err != nil {
				t.Fatal(err)
			}
		}
		year(`insert into holiday (year, lines, source) values ('2027', 'nonsense', '')`)
		day("2026-05-20")
		time.Sleep(50 * time.Millisecond)
		if n := days(); n != 2 {
			t.Errorf("with a broken calendar %d days are done", n)
		}
		year(`delete from holiday`)
		wait("2026-05-20")
		stop()
		<-ended
		if n := days(); n != 3 {
			t.Errorf("%d days are done", n)
		}
	})
}
