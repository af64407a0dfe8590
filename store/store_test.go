package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bihuan/chinese"
	"bihuan/store"
	"bihuan/store/storetest"
)

func open(t *testing.T, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func each(t *testing.T, f func(t *testing.T, db *store.DB)) {
	storetest.Each(t, func(t *testing.T, url string) { f(t, open(t, url)) })
}

// anyhow lets a transaction pass as recorded.
type anyhow struct{}

func (anyhow) Seal(context.Context, *store.Tx, []store.Row) error { return nil }

func addUnit(ctx context.Context, tx *store.Tx, name string) error {
	id := tx.ID()
	_, err := tx.Exec(ctx, `insert into unit (id, parent, kind, name, path, ord, version) values ($1, null, 'town', $2, $3, 0, 1)`, id, name, fmt.Sprintf("/%d/", id))
	return err
}

func names(t *testing.T, db *store.DB) []string {
	t.Helper()
	list, err := store.All(t.Context(), db, store.Value[string], `select name from unit order by name`)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The rule of the house: what changes rows tells the journal, or it does not happen.
func TestUnrecordedChangeIsRefused(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		err := db.Write(ctx, func(tx *store.Tx) error { return addUnit(ctx, tx, "unrecorded") })
		if !errors.Is(err, store.ErrUnrecorded) {
			t.Errorf("error is %v, want ErrUnrecorded", err)
		}
		err = db.Write(ctx, func(tx *store.Tx) error {
			tx.SealWith(anyhow{})
			return addUnit(ctx, tx, "recorded")
		})
		if err != nil {
			t.Error(err)
		}
		if got := names(t, db); !slices.Equal(got, []string{"recorded"}) {
			t.Errorf("units are %v", got)
		}
		if err := db.Housekeep(ctx, func(tx *store.Tx) error { return addUnit(ctx, tx, "housekeeping") }); err == nil {
			t.Error("housekeeping changed a table of the record")
		}
		if err := db.Write(ctx, func(tx *store.Tx) error { return nil }); err != nil {
			t.Errorf("a transaction that changes nothing needs no record: %v", err)
		}
	})
}

// Writers that share a commit do not share a fate: those that fail or panic undo themselves alone, all others are kept.
func TestManyWritersKeepTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		bad := errors.New("bad")
		var wg sync.WaitGroup
		for i := range 120 {
			wg.Go(func() {
				err := db.Write(ctx, func(tx *store.Tx) error {
					tx.SealWith(anyhow{})
					if err := addUnit(ctx, tx, fmt.Sprintf("%03d", i)); err != nil {
						return err
					}
					switch i % 3 {
					case 1:
						return bad
					case 2:
						panic("worse")
					}
					return nil
				})
				switch i % 3 {
				case 0:
					if err != nil {
						t.Errorf("write %d: %v", i, err)
					}
				case 1:
					if !errors.Is(err, bad) {
						t.Errorf("write %d: %v, want its own error", i, err)
					}
				case 2:
					if err == nil || !strings.Contains(err.Error(), "worse") {
						t.Errorf("write %d: %v, want the panic as an error", i, err)
					}
				}
			})
		}
		wg.Wait()
		var want []string
		for i := 0; i < 120; i += 3 {
			want = append(want, fmt.Sprintf("%03d", i))
		}
		if got := names(t, db); !slices.Equal(got, want) {
			t.Errorf("%d units kept, want %d: %v", len(got), len(want), got)
		}
	})
}

func TestCancelledBeforeItsTurnWritesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := db.Write(ctx, func(tx *store.Tx) error {
			tx.SealWith(anyhow{})
			return addUnit(ctx, tx, "x")
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
		if got := names(t, db); len(got) != 0 {
			t.Errorf("units are %v", got)
		}
	})
}

// A cancelled request stops its query, and the connection is as good as before.
func TestCancelStopsAQuery(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := store.One(ctx, db, store.Value[int64],
			`with recursive n (i) as (select 1 union all select i + 1 from n where i < 1000000000) select count(*) from n`)
		if err == nil {
			t.Fatal("a billion rows were counted in 50 ms")
		}
		if n, err := store.One(t.Context(), db, store.Value[int64], `select count(*) from unit`); err != nil || n != 0 {
			t.Errorf("afterwards: %d, %v", n, err)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	db := open(t, storetest.SQLite(t))
	rows, err := db.Query(t.Context(), `insert into journal_head (id, seq) values (2, 0) returning id`)
	if err == nil {
		rows.Next()
		err = rows.Err()
		rows.Close()
	}
	if err == nil {
		t.Error("the read pool of SQLite wrote a row")
	}
}

func TestIsUnique(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		err := db.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `insert into journal_head (id, seq) values (1, 5)`)
			return err
		})
		if !store.IsUnique(err) {
			t.Errorf("%v is a second row under one key", err)
		}
		if store.IsUnique(errors.New("other")) || store.IsUnique(nil) {
			t.Error("other errors are not")
		}
	})
}

func TestIDsRise(t *testing.T) {
	db := open(t, storetest.SQLite(t))
	clock := time.Date(2026, 4, 16, 9, 0, 0, 0, time.UTC)
	db.Now = func() time.Time { clock = clock.Add(-time.Second); return clock } // a clock that runs backwards
	var last int64
	for range 50 {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			for range 20 {
				id := tx.ID()
				if id <= last {
					t.Errorf("%d after %d", id, last)
				}
				last = id
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The same text is found by the same words on both databases, two-character words and single characters included.
func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		texts := map[int64]string{
			1: "高龄津贴发放不及时",
			2: "高标准农田，龄津无关",
			3: "道路破损，低保 Abc123 动态管理不到位",
			4: "通往各村的道",
		}
		err := db.Housekeep(ctx, func(tx *store.Tx) error {
			for id, text := range texts {
				if err := tx.Index(ctx, id, "旧词"); err != nil { // replaced by what follows
					return err
				}
				if err := tx.Index(ctx, id, strings.Join(chinese.Terms(text), " ")); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			query string
			want  []int64
		}{
			{"高龄", []int64{1}}, {"津贴", []int64{1}}, {"高龄津贴", []int64{1}}, {"龄津", []int64{1, 2}}, {"高", []int64{1, 2}},
			{"道路", []int64{3}}, {"道", []int64{3, 4}}, {"abc", []int64{3}}, {"ＡＢＣ１２３", []int64{3}}, {"低保 道路", []int64{3}},
			{"低保 高龄", nil}, {"旧词", nil}, {"田龄", nil}, {`"' | & ! 津贴 * ( --`, []int64{1}},
		} {
			got, err := store.All(ctx, db, store.Value[int64], db.Matching("$1"), db.MatchArg(chinese.Query(x.query)))
			slices.Sort(got)
			if err != nil || !slices.Equal(got, x.want) {
				t.Errorf("%s: %v %v, want %v", x.query, got, err, x.want)
			}
		}
	})
}

// A database that a newer program has brought further is refused, and left as it is.
func TestNewerSchemaIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db, err := store.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Housekeep(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), `insert into goose_db_version (version_id, is_applied) values (9999, true)`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
		if db, err := store.Open(t.Context(), url); err == nil {
			db.Close()
			t.Fatal("an old program opened a newer database")
		} else if !strings.Contains(err.Error(), "newer program") {
			t.Errorf("%v says not what to do", err)
		}
	})
}

func TestOpenTwiceIsOpenOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		first := open(t, url)
		err := first.Write(t.Context(), func(tx *store.Tx) error {
			tx.SealWith(anyhow{})
			return addUnit(t.Context(), tx, "镇")
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := names(t, open(t, url)); !slices.Equal(got, []string{"镇"}) {
			t.Errorf("the second opening sees %v", got)
		}
	})
}

// Two who write the same rows in another order wait for each other; both get through all the same.
func TestDeadlockIsRunAgain(t *testing.T) {
	ctx := t.Context()
	db := open(t, storetest.Postgres(t)) // SQLite has one writer
	err := db.Write(ctx, func(tx *store.Tx) error {
		tx.SealWith(anyhow{})
		return errors.Join(addUnit(ctx, tx, "a"), addUnit(ctx, tx, "b"))
	})
	if err != nil {
		t.Fatal(err)
	}
	var meet, wait sync.WaitGroup
	meet.Add(2)
	runs := [2]int{}
	for i, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
		wait.Go(func() {
			err := db.Write(ctx, func(tx *store.Tx) error {
				tx.SealWith(anyhow{})
				runs[i]++
				for k, name := range order {
					if _, err := tx.Exec(ctx, `update unit set ord = ord + 1 where name = $1`, name); err != nil {
						return err
					}
					if k == 0 && runs[i] == 1 { // both hold their first row before either asks for its second
						meet.Done()
						meet.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Errorf("order %v: %v", order, err)
			}
		})
	}
	wait.Wait()
	list, err := store.All(ctx, db, store.Value[int], `select ord from unit`)
	if err != nil || !slices.Equal(list, []int{2, 2}) || runs[0]+runs[1] < 3 {
		t.Errorf("%v after %v runs: %v", list, runs, err)
	}
}
