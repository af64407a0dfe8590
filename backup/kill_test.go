package backup_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"bihuan/backup"
	"bihuan/evidence"
	"bihuan/store"
	"bihuan/store/storetest"
)

// TestMakeAndRestore is what the next test kills: it makes a backup and restores it, where variables say, and does nothing without them.
func TestMakeAndRestore(t *testing.T) {
	url, path := os.Getenv("BIHUAN_TEST_FROM"), os.Getenv("BIHUAN_TEST_BACKUP")
	if url == "" {
		return
	}
	from, err := evidence.OpenFiles(os.Getenv("BIHUAN_TEST_FILES"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		_, err := backup.Make(t.Context(), backup.Source{Files: from, Now: time.Now, Dump: func(ctx context.Context, fn func(*store.Dump) error) error {
			return store.DumpAt(ctx, url, fn)
		}}, path)
		if err != nil {
			t.Fatal(err)
		}
	}
	to, err := evidence.OpenFiles(filepath.Join(t.TempDir(), "files"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Restore(t.Context(), path, backup.Target{Database: os.Getenv("BIHUAN_TEST_TO"), Files: to}); err != nil {
		t.Fatal(err)
	}
}

// Killed at any moment, a backup is there whole or not at all, and half of a restored database is never served.
func TestKilled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		for i := range 6 {
			s.store(bytes.Repeat([]byte{byte(i)}, 4<<20))
		}
		path := filepath.Join(t.TempDir(), "b.bhb")
		none, whole, half := 0, 0, 0
		for delay := 8 * time.Millisecond; none == 0 || whole == 0 || half == 0; delay += 15 * time.Millisecond {
			to, _ := target(t, s.db.Postgres())
			child := exec.Command(os.Args[0], "-test.run=^TestMakeAndRestore$")
			child.Env = append(os.Environ(), "BIHUAN_TEST_FROM="+url, "BIHUAN_TEST_FILES="+s.where, "BIHUAN_TEST_BACKUP="+path, "BIHUAN_TEST_TO="+to.Database)
			var said bytes.Buffer
			child.Stdout = &said
			s.must(child.Start())
			ended := make(chan error, 1)
			go func() { ended <- child.Wait() }()
			killed := false
			var err error
			select {
			case err = <-ended:
			case <-time.After(delay):
				killed = true
				_ = child.Process.Kill()
				err = <-ended
			}
			if _, err := os.Stat(path); err != nil {
				none++
			} else {
				whole++
				again, _ := target(t, false)
				if _, err := backup.Restore(t.Context(), path, again); err != nil {
					t.Fatalf("killed after %v there is a backup that is none: %v", delay, err)
				}
			}
			db, opening := store.Open(t.Context(), to.Database)
			switch {
			case errors.Is(opening, store.ErrRestoring):
				half++
			case opening != nil:
				// Something else keeps it from being served: a table that is there already, of a migration cut off.
			default:
				n, err := store.One(t.Context(), db, store.Value[int64], `select count(*) from unit`)
				if err := errors.Join(err, db.Close()); err != nil {
					t.Fatal(err)
				}
				if n != 0 && n != 1 { // not begun, or done
					t.Fatalf("%d units", n)
				}
				if n == 1 {
					same(t, digest(t, to.Database), digest(t, url))
				}
			}
			if !killed {
				if err != nil {
					t.Fatalf("%v: %s", err, said.String())
				}
				break
			}
		}
		if none == 0 || whole == 0 || half == 0 {
			t.Errorf("killed without a backup %d times, with one %d, in the middle of restoring %d: too few to show anything", none, whole, half)
		}
	})
}
