package storetest

import (
	"database/sql"
	"runtime"
	"testing"
	"time"
)

// The pipe that keeps the server must not be collected as garbage.
func TestServerStays(t *testing.T) {
	address, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 3 {
		runtime.GC()
		time.Sleep(200 * time.Millisecond)
	}
	if err := db.Ping(); err != nil {
		t.Error(err)
	}
}
