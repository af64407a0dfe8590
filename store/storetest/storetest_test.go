package storetest_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"bihuan/store/storetest"

	_ "modernc.org/sqlite"
)

// open opens an address as the store would, with the plainest settings.
func open(t *testing.T, address string) *sql.DB {
	t.Helper()
	driver := "pgx"
	if path, ok := strings.CutPrefix(address, "sqlite://"); ok {
		driver, address = "sqlite", path
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestEachGivesEmptyDatabases(t *testing.T) {
	var kinds []string
	seen := map[string]bool{}
	for range 2 { // the second round must not meet the first one's table
		storetest.Each(t, func(t *testing.T, url string) {
			kind, _, _ := strings.Cut(url, ":")
			kinds = append(kinds, kind)
			if seen[url] {
				t.Errorf("the same database twice: %s", url)
			}
			seen[url] = true

			db := open(t, url)
			if _, err := db.Exec("CREATE TABLE finding (id BIGINT PRIMARY KEY, title TEXT NOT NULL)"); err != nil {
				t.Fatal(err)
			}
			var title string
			if err := db.QueryRow("INSERT INTO finding (id, title) VALUES ($1, $2) RETURNING title", 1, "高龄津贴").Scan(&title); err != nil {
				t.Fatal(err)
			}
			if title != "高龄津贴" {
				t.Errorf("title = %q", title)
			}
		})
	}
	if got, want := strings.Join(kinds, " "), "sqlite postgres sqlite postgres"; got != want {
		t.Errorf("databases: %s, want %s", got, want)
	}
}

func TestPostgresSchemaIsDropped(t *testing.T) {
	var url string
	t.Run("use", func(t *testing.T) {
		url = storetest.Postgres(t)
		if _, err := open(t, url).Exec("CREATE TABLE finding (id BIGINT)"); err != nil {
			t.Fatal(err)
		}
	})
	var schema sql.NullString
	if err := open(t, url).QueryRow("SELECT current_schema()").Scan(&schema); err != nil {
		t.Fatal(err)
	}
	if schema.Valid {
		t.Errorf("schema %s is still there", schema.String)
	}
}

func TestSQLiteFileIsNew(t *testing.T) {
	path := strings.TrimPrefix(storetest.SQLite(t), "sqlite://")
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("Stat(%s) = %v, want not exist", path, err)
	}
}
