package reliable_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/store"
)

// deed is something that a visitor does in one request. Its two functions know what number of the deed is meant.
type deed struct {
	name string
	do   func(n int) (int, string)
	// done counts what there is of it, for those who look at the ledger: 0 or 1.
	done func(t *testing.T, n int) int
}

// deeds are the kinds of changes that the tests try.
func deeds(h *house, w hands, s *served) []deed {
	count := func(t *testing.T, query string, args ...any) int {
		t.Helper()
		n, err := store.One(t.Context(), h.db, store.Value[int], query, args...)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	today := time.Now().Format(time.DateOnly)
	content := func(n int) string {
		return fmt.Sprintf("第%d次巡查记录，%s", n, strings.Repeat("疏通排水沟。", 5000))
	}
	plan := func(n int) string {
		return strings.Replace(paper(3), "柳塘镇党委关于", fmt.Sprintf("柳塘镇党委第%d次关于", n), 1)
	}
	return []deed{
		{"progress", func(n int) (int, string) {
			f, err := ledger.ByID(context.Background(), h.db, w.clerk, w.findings[0])
			must(err)
			return s.progress(f.ID, f.Version, n)
		}, func(t *testing.T, n int) int {
			if got, err := h.reached(t.Context(), w, w.findings[0]); err != nil || got != n {
				return 0
			}
			return 1
		}},
		{"evidence", func(n int) (int, string) { return s.attach(w.findings[1], today, content(n)) }, func(t *testing.T, n int) int {
			return count(t, `select count(*) from evidence where file = $1`, evidence.Hash([]byte(content(n))))
		}},
		{"import", func(n int) (int, string) { return s.upload(w.town.ID, plan(n)) }, func(t *testing.T, n int) int {
			return count(t, `select count(*) from import where file = $1`, evidence.Hash([]byte(plan(n))))
		}},
	}
}

// TestEachCallFails has each write, sync, rename and opening fail in turn, by which a change, an upload and an import come to be. A failed
// request says so in plain words and leaves nothing to be seen; sent again it succeeds; what was acknowledged is on disk.
func TestEachCallFails(t *testing.T) {
	h, w := insideOne(t)
	s, g := serveGated(t, h)
	number := 1000
	for _, d := range deeds(h, w, s) {
		for _, only := range []string{"", "fsync"} { // how much is written varies, so that one count alone may miss the sync at the end
			t.Run(d.name+" "+only, func(t *testing.T) {
				number++
				d.do(number) // what is made once for all is made
				failed := map[string]int{}
				for at := 1; at < 500; at++ {
					number++
					if failOne(t, g, d, number, at, only, failed) {
						break
					}
					if at%20 == 0 {
						h.sound(t)
					}
				}
				h.sound(t)
				t.Logf("failed: %v", failed)
				if failed["fsync.db-wal"] == 0 && only != "" {
					t.Error("the sync of the database was not among those that failed")
				}
			})
		}
	}
}

// failOne has the at-th call of a deed fail, looks at what came of it and has the deed done once more. It tells true when there were not as
// many calls.
func failOne(t *testing.T, g *gate, d deed, number, at int, only string, failed map[string]int) (end bool) {
	errno := []syscall.Errno{syscall.ENOSPC, syscall.EIO}[number%2]
	g.set(at, only, errno)
	status, page := d.do(number)
	broke := g.lift()
	there := d.done(t, number)
	if broke == "" {
		if status != http.StatusSeeOther || there != 1 {
			t.Fatalf("nothing failed: %d, %d there: %s", status, there, page)
		}
		return true
	}
	failed[kindOf(broke)]++
	switch {
	case status == http.StatusSeeOther && there == 1:
		if !harmless(broke) {
			t.Errorf("call %d, %s, failed and the change was acknowledged all the same", at, broke)
		}
	case status == http.StatusSeeOther || there != 0:
		t.Errorf("call %d, %s, failed: answer %d, %d there", at, broke, status, there)
	case errno == syscall.ENOSPC && !strings.HasPrefix(broke, "fsync ") && (status != http.StatusInsufficientStorage || !strings.Contains(page, "磁盘满了")),
		status < 500 || !strings.Contains(page, "这次"):
		t.Errorf("call %d, %s, failed with %v: answer %d %.300s", at, broke, errno, status, page)
	}
	if status, page = d.do(number); status != http.StatusSeeOther || d.done(t, number) != 1 {
		t.Fatalf("call %d, %s, failed; sent again: %d, %d there: %.300s", at, broke, status, d.done(t, number), page)
	}
	if left := slices.DeleteFunc(g.unsynced(), unimportant); len(left) > 0 {
		t.Errorf("call %d, %s, failed; sent again and acknowledged: not on disk: %v", at, broke, left)
	}
	return false
}

// kindOf is a call without numbers and hashes.
func kindOf(call string) string {
	what, name, _ := strings.Cut(call, " ")
	switch {
	case strings.HasSuffix(name, "-wal"), strings.HasSuffix(name, "-shm"), strings.HasSuffix(name, ".db"):
		return what + name[strings.LastIndex(name, "."):]
	case strings.Contains(name, "/parts"):
		return what + " part"
	}
	return what + " file"
}

// harmless tells whether a change may succeed although a call failed.
func harmless(call string) bool { return strings.HasPrefix(call, "touch ") }

// unimportant tells whether a file need not be on disk: what is shared by those that have the database open lives no longer than they.
func unimportant(name string) bool { return strings.HasSuffix(name, "-shm") }

// insideOne opens a new house whose database stands in its folder.
func insideOne(t *testing.T) (*house, hands) {
	t.Helper()
	folder := t.TempDir()
	h, err := open(t.Context(), "sqlite://"+filepath.Join(folder, "bihuan.db"), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.close() })
	w, err := h.settle(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	return h, w
}
