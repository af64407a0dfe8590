package store_test

import (
	"errors"
	"testing"

	"bihuan/store"
	"bihuan/store/storetest"
)

// A database of residents of any earlier schema is brought up to date and is then as a new one; taken away again, nothing of it is left.
func TestResidentsOfEverySchema(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		url, err := store.ResidentsOf(house)
		if err != nil {
			t.Fatal(err)
		}
		versions, err := store.ResidentsVersions()
		if err != nil || len(versions) < 6 {
			t.Fatal(versions, err)
		}
		known := versions[len(versions)-1]
		head := store.Table{Name: "journal_head", Columns: []string{"id", "seq"}}
		load := func(schema int64) error {
			rows := [][]any{{int64(1), int64(0)}}
			return store.LoadResidents(ctx, url, schema, func(l *store.Loader) error {
				return l.Rows(ctx, head, func() ([]any, error) {
					if len(rows) == 0 {
						return nil, nil
					}
					row := rows[0]
					rows = rows[1:]
					return row, nil
				})
			}, func(*store.DB) error { return nil })
		}
		for _, schema := range versions {
			if there, err := store.Exists(ctx, url); err != nil || there {
				t.Fatalf("before %d: %v %v", schema, there, err)
			}
			if err := load(schema); err != nil {
				t.Fatalf("from %d: %v", schema, err)
			}
			if err := load(schema); !errors.Is(err, store.ErrNotEmpty) {
				t.Errorf("over %d: %v", schema, err)
			}
			db, err := store.OpenResidents(ctx, url)
			if err != nil {
				t.Fatal(err)
			}
			if now, err := db.Schema(ctx); err != nil || now != known {
				t.Errorf("from %d it has schema %d, %v", schema, now, err)
			}
			if flaws, err := db.SchemaFlaws(ctx, db); err != nil || len(flaws) > 0 {
				t.Errorf("from %d: %v %v", schema, flaws, err)
			}
			if err := errors.Join(db.Purge(ctx), db.Close(), store.UnloadResidents(ctx, url)); err != nil {
				t.Fatal(err)
			}
		}
		if err := load(known + 1); !errors.Is(err, store.ErrNewer) {
			t.Errorf("of a newer program: %v", err)
		}
	})
}
