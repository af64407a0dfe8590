package journal_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bihuan/journal"
	"bihuan/store"
	"bihuan/store/storetest"
)

func TestAppend(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		db, err := store.Open(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		now := time.Date(2026, 4, 16, 9, 20, 0, 0, time.Local)
		db.Now = func() time.Time { return now }
		want := journal.Entry{Seq: 1, Entered: now, Happened: "2026-04-16", Staff: 7, Who: "贺晓雨（经办人）", Verb: "修改", Kind: "finding", Row: 3,
			Changes: []journal.Change{{Field: "责任人", From: "甲", To: "乙"}}}
		err = db.Write(ctx, func(tx *store.Tx) error {
			e := want
			e.Seq, e.Entered, e.Happened = 0, time.Time{}, ""
			return journal.Append(ctx, tx, e)
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := journal.Of(ctx, db, "finding", 3, 10)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]journal.Entry{want}, got); d != "" {
			t.Error(d)
		}

		// Numbers have no gaps, whoever writes at once and whoever fails.
		var wg sync.WaitGroup
		bad := errors.New("bad")
		for i := range 60 {
			wg.Go(func() {
				err := db.Write(ctx, func(tx *store.Tx) error {
					if err := journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: "unit", Row: int64(i)}); err != nil {
						return err
					}
					if i%4 == 0 {
						return bad
					}
					return nil
				})
				if err != nil && !errors.Is(err, bad) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		head, err := journal.Head(ctx, db)
		count, err2 := store.One(ctx, db, store.Value[int64], `select count(*) from journal`)
		if err != nil || err2 != nil || head != 46 || count != 46 {
			t.Errorf("head %d, %d rows, %v %v; want 46", head, count, err, err2)
		}
	})
}
