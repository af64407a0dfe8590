package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bihuan/cmd/bihuan/sample"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// openAs opens a database as the program does when it starts.
func openAs(ctx context.Context, url string) (*store.DB, error) {
	db, err := store.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := journal.Begin(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// content is what stands in tables: for each its rows, by column.
type content map[string][]map[string]any

// contentOf reads a database as it is.
func contentOf(t testing.TB, url string) (content, []store.Table) {
	t.Helper()
	all, tables, err := contentAt(url)
	if err != nil {
		t.Fatal(err)
	}
	return all, tables
}

func contentAt(url string) (all content, tables []store.Table, err error) {
	all = content{}
	err = store.DumpAt(context.Background(), url, func(d *store.Dump) (err error) {
		if tables, err = d.Tables(context.Background()); err != nil {
			return err
		}
		for _, table := range tables {
			err := d.Rows(context.Background(), table, func(values []any) error {
				row := map[string]any{}
				for i, c := range table.Columns {
					row[c] = values[i]
				}
				all[table.Name] = append(all[table.Name], row)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return all, tables, err
}

// digests are the rows of a table, in these columns, each as a hash.
func (c content) digests(table store.Table) map[string]int {
	list := map[string]int{}
	for _, row := range c[table.Name] {
		var b strings.Builder
		for _, column := range table.Columns {
			fmt.Fprintf(&b, "%T %q\n", row[column], row[column])
		}
		list[fmt.Sprintf("%x", sha256.Sum256([]byte(b.String())))]++
	}
	return list
}

// sampleContent is what stands in the database of the sample district: rows of every table, made by the commands of the product.
var sampleContent = sync.OnceValues(func() (content, error) {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "bihuan-upgrade-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	url := filepath.Join(folder, "bihuan.db")
	db, err := store.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	files, err := evidence.OpenFiles(filepath.Join(folder, "files"))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	residents, err := vault.Open(ctx, filepath.Join(folder, "residents.db"), filepath.Join(folder, "residents.key"))
	if err != nil {
		return nil, errors.Join(err, files.Close(), db.Close())
	}
	if err := errors.Join(sample.Build(ctx, db, residents, files, time.Now()), residents.Close(), files.Close(), db.Close()); err != nil {
		return nil, err
	}
	all, _, err := contentAt(url)
	return all, err
})

// loadOld makes a database of an earlier schema with as much of the rows as it had tables and columns for.
func loadOld(t testing.TB, url string, schema int64, rows content) {
	t.Helper()
	err := store.LoadOld(t.Context(), url, schema, func(l *store.Loader, tables []store.Table) error {
		for _, table := range tables {
			n := 0
			err := l.Rows(t.Context(), table, func() ([]any, error) {
				if n == len(rows[table.Name]) {
					return nil, nil
				}
				row := rows[table.Name][n]
				n++
				values := make([]any, len(table.Columns))
				for i, c := range table.Columns {
					values[i] = row[c]
				}
				return values, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// grows are the tables to which opening an old database adds: the log tells the state of every row when it begins.
var grows = []string{"journal", "journal_head", "journal_node"}

// kept fails when a row of before is not there any more, or is another, or one has come.
func kept(t testing.TB, url string, before content, tables []store.Table) {
	t.Helper()
	after, _ := contentOf(t, url)
	for _, table := range tables {
		if table.Name == "journal_head" {
			continue
		}
		was, is := before.digests(table), after.digests(table)
		for row, n := range was {
			if is[row] != n {
				t.Errorf("table %s: a row is not what it was", table.Name)
				break
			}
		}
		if !slices.Contains(grows, table.Name) && len(before[table.Name]) != len(after[table.Name]) {
			t.Errorf("table %s has %d rows, had %d", table.Name, len(after[table.Name]), len(before[table.Name]))
		}
	}
}

// From every schema there has been, a database comes up to date with every row as it was, its record vouches for it, and it is used on.
func TestUpgradeFromEverySchema(t *testing.T) {
	rows, err := sampleContent()
	versions, err2 := store.Versions()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	for kind, empty := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		for _, schema := range versions[:len(versions)-1] {
			t.Run(fmt.Sprint(kind, " from ", schema), func(t *testing.T) {
				url := empty(t)
				loadOld(t, url, schema, rows)
				before, tables := contentOf(t, url)
				if len(before["finding"]) < 50 || len(before["journal"]) < 100 {
					t.Fatalf("%d findings and %d entries are no sample", len(before["finding"]), len(before["journal"]))
				}
				db, err := openAs(t.Context(), url)
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				kept(t, url, before, tables)
				report, err := proof.Verify(t.Context(), proof.Subject{DB: db})
				if err != nil || !report.OK() || report.Rows < 500 {
					t.Errorf("verify: %d rows, %v, %v", report.Rows, report.Differences, err)
				}
				root, err := org.Root(t.Context(), db)
				if err != nil {
					t.Fatal(err)
				}
				admin := org.Person{Name: "甲", Role: org.Admin, Unit: root}
				err = db.Write(t.Context(), func(tx *store.Tx) error {
					_, err := org.AddUnit(t.Context(), tx, admin, root, org.Office, "升级后新设", 99)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				if err := ledger.Reindex(t.Context(), db); err != nil {
					t.Error(err)
				}
				found, err := ledger.ListAll(t.Context(), db, admin, ledger.Filter{Text: "高龄津贴"}, ledger.Days{})
				if err != nil || len(found) == 0 {
					t.Errorf("found %d, %v", len(found), err)
				}
			})
		}
	}
}

// TestOpenAndEnd is what the next test kills: it opens the database that a variable names, and does nothing without one.
func TestOpenAndEnd(t *testing.T) {
	if url := os.Getenv("BIHUAN_TEST_OPEN"); url != "" {
		db, err := openAs(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// An upgrade that is killed again and again, a little later each time, is finished by the next start, with every row as it was.
func TestKilledUpgradeIsFinished(t *testing.T) {
	rows, err := sampleContent()
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, url string) {
		loadOld(t, url, 1, rows)
		before, tables := contentOf(t, url)
		killed, halfway := 0, map[int64]bool{}
		for delay := 30 * time.Millisecond; ; delay += delay / 12 {
			child := exec.Command(os.Args[0], "-test.run=^TestOpenAndEnd$")
			child.Env = append(os.Environ(), "BIHUAN_TEST_OPEN="+url)
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- child.Wait() }()
			var err error
			select {
			case err = <-ended:
			case <-time.After(delay):
				_ = child.Process.Kill()
				err = <-ended
			}
			if err == nil {
				break
			}
			killed++
			if err := store.DumpAt(t.Context(), url, func(d *store.Dump) error { halfway[d.Schema] = true; return nil }); err != nil {
				t.Fatal(err)
			}
			if delay > 2*time.Minute {
				t.Fatal("it never comes to its end")
			}
		}
		if killed < 3 || len(halfway) < 2 {
			t.Errorf("killed %d times, at %d schemas: too few to show anything", killed, len(halfway))
		}
		kept(t, url, before, tables)
		db, err := openAs(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		report, err := proof.Verify(t.Context(), proof.Subject{DB: db})
		if err != nil || !report.OK() {
			t.Errorf("verify: %v, %v", report.Differences, err)
		}
		begun, err := store.One(t.Context(), db, store.Value[int64], `select count(*) from journal where verb = '起账' and kind = 'finding'`)
		if err != nil || begun != 1 {
			t.Errorf("the log began %d times, %v", begun, err)
		}
	})
}

// A database of a newer program is not touched.
func TestDowngradeIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		open(t, url)
		newer := `insert into goose_db_version (version_id, is_applied) values (99999, true)`
		if err := execRaw(url, newer); err != nil {
			t.Fatal(err)
		}
		before, tables := contentOf(t, url)
		if _, err := store.Open(t.Context(), url); !errors.Is(err, store.ErrNewer) {
			t.Errorf("opened: %v", err)
		}
		kept(t, url, before, tables)
	})
}

// Half a database is never served.
func TestHalfRestoredIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		open(t, url)
		if err := execRaw(url, `create table restoring (id bigint primary key)`); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), url); !errors.Is(err, store.ErrRestoring) {
			t.Errorf("opened: %v", err)
		}
	})
}

// execRaw runs a statement past the program.
func execRaw(url, query string) error {
	driver := "pgx"
	if path, ok := strings.CutPrefix(url, "sqlite://"); ok {
		driver, url = "sqlite", path
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		return err
	}
	_, err = db.Exec(query)
	return errors.Join(err, db.Close())
}
