package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bihuan/backup"
	"bihuan/store/storetest"
)

// alone runs a test in a process of its own and tells whether this is that one. What go test itself writes, in the process of all the other
// tests, must not be limited.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv("BIHUAN_TEST_ALONE") != "" {
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "BIHUAN_TEST_ALONE=1")
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// full lets fn run while no file of this process can grow past so many bytes, as on a disk that is full then.
func full(t *testing.T, most int, fn func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(most), Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Fatal(err)
		}
	}()
	fn()
}

// A disk that fills up during a backup leaves nothing behind, wherever that happens, and there is room again it is made.
func TestFullDiskDuringBackup(t *testing.T) {
	if !alone(t) {
		return
	}
	s := open(t, storetest.SQLite(t))
	s.store(bytes.Repeat([]byte("一份扫描件"), 200_000)) // beyond every buffer
	_, made := s.make(s.source())
	folder := t.TempDir()
	path := filepath.Join(folder, "b.bhb")
	for _, most := range []int{200_000, 1 << 20, 2 << 20, int(made.Size) - 1} {
		full(t, most, func() {
			if _, err := backup.Make(context.Background(), s.source(), path); !errors.Is(err, syscall.EFBIG) {
				t.Errorf("room for %d bytes of %d: %v", most, made.Size, err)
			}
		})
		if n := names(t, folder); len(n) > 0 {
			t.Fatalf("room for %d bytes: %v is left", most, n)
		}
	}
	full(t, int(made.Size), func() {
		if _, err := backup.Make(context.Background(), s.source(), path); err != nil {
			t.Error(err)
		}
	})
	if n := names(t, folder); len(n) != 1 {
		t.Errorf("with room there is %v", n)
	}
	// And a disk that fills up during a restore.
	for _, most := range []int{200_000, 500_000, 2 << 20} {
		to, where := target(t, false)
		full(t, most, func() {
			if _, err := backup.Restore(context.Background(), path, to); err == nil || errors.Is(err, backup.ErrDamaged) {
				t.Errorf("restored with room for %d bytes: %v", most, err)
			}
		})
		nothingLeft(t, to, fmt.Sprint("room for ", most))
		if parts, err := os.ReadDir(filepath.Join(where, "parts")); err == nil && len(parts) > 0 {
			t.Errorf("room for %d: %d parts are left", most, len(parts))
		}
	}
	to, _ := target(t, false)
	if _, err := backup.Restore(t.Context(), path, to); err != nil {
		t.Error(err)
	}
}

// The scheduled backup says on the page what was wrong.
func TestFullDiskIsTold(t *testing.T) {
	if !alone(t) {
		return
	}
	s := open(t, storetest.Postgres(t))
	s.store(bytes.Repeat([]byte("一份扫描件"), 200_000))
	folder, keepers := s.keepers(1, nil)
	s.set("2026-04-16 03:00")
	full(t, 200_000, func() {
		if err := keepers[0].Pass(t.Context()); err == nil {
			t.Error("no error")
		}
	})
	list, err := backup.Entries(t.Context(), s.db, 1)
	if err != nil || list[0].State != "failed" || !strings.Contains(list[0].Error, "file too large") || len(names(t, folder)) > 0 {
		t.Errorf("noted %+v, %v; there is %v", list, err, names(t, folder))
	}
}
