// Package storetest gives a test fresh, empty databases, one of each kind that
// the product runs on, so that the whole suite runs on SQLite and PostgreSQL.
package storetest

import (
	"bufio"
	"database/sql"
	_ "embed"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// Each runs f twice, as the subtests "sqlite" and "postgres", each with the
// address of an empty database of its own that is gone when the subtest ends.
// A connection that f leaves inside a transaction fails the subtest.
func Each(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// SQLite returns the address of a database file that does not exist yet:
// sqlite:///folder/bihuan.db. The folder is removed when the test ends.
func SQLite(t testing.TB) string {
	return "sqlite://" + filepath.ToSlash(filepath.Join(t.TempDir(), "bihuan.db"))
}

// Postgres returns the address of an empty schema, dropped when the test ends:
// postgres://…&search_path=t_…, on the server that BIHUAN_TEST_PG names.
// When that is unset, it starts a server that lives as long as this test binary.
func Postgres(t testing.TB) string {
	t.Helper()
	server, err := server()
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(server)
	if err != nil {
		t.Fatalf("BIHUAN_TEST_PG: %v", err)
	}
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatalf("BIHUAN_TEST_PG: %v", err)
	}
	schema := fmt.Sprintf("t_%d_%d", os.Getpid(), schemas.Add(1))
	if _, err := db.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	t.Cleanup(func() {
		defer db.Close()
		// What a test left locked would block the drop for ever.
		if _, err := db.Exec("SET lock_timeout = '5s'; DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Errorf("the test left a transaction open: %v", err)
		}
	})
	query := address.Query()
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	return address.String()
}

// schemas counts the schemas this process made, to name them apart.
var schemas atomic.Int64

//go:embed postgres.sh
var script string

// server returns the address of the PostgreSQL server to test on.
var server = sync.OnceValues(func() (string, error) {
	if address := os.Getenv("BIHUAN_TEST_PG"); address != "" {
		return address, nil
	}
	return startServer()
})

// startServer starts the script's server and keeps it until this process ends,
// however it ends: the script waits for the end of a pipe that we hold open.
func startServer() (string, error) {
	cmd := exec.Command("sh", "-c", script, "postgres.sh", "sh", "-c", `echo "$BIHUAN_TEST_PG"; cat >/dev/null`)
	if _, err := cmd.StdinPipe(); err != nil {
		return "", err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	// A pipe and not our own stderr, which go test would wait for.
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		said, _ := io.ReadAll(stderr)
		return "", fmt.Errorf("no PostgreSQL to test on: %s", strings.TrimSpace(string(said)))
	}
	// Waiting holds our end of the pipe: a pipe that nobody refers to is closed
	// by the garbage collector, and the server with it.
	go cmd.Wait()
	return strings.TrimSpace(address), nil
}
