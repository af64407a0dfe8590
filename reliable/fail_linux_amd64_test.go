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
	"bihuan/store"
)

// deed is something that a visitor does in one request. Its functions know what number of the deed is meant.
type deed struct {
	name string
	do   func(n int) (int, string)
	done func(n int) int // counts what there is of it: 0 or 1
}

// asks answers a query whose one result is a number.
type asks func(query string) int64

func (h *house) number(query string) int64 {
	n, err := store.One(context.Background(), h.db, store.Value[int64], query)
	must(err)
	return n
}

// deeds are the kinds of changes that the tests try.
func deeds(number asks, s *served) []deed {
	finding := func(i int) int64 {
		return number(fmt.Sprintf(`select id from finding order by id limit 1 offset %d`, i))
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
			return s.progress(finding(0), number(fmt.Sprintf(`select version from finding where id = %d`, finding(0))), n)
		}, func(n int) int {
			return int(number(fmt.Sprintf(`select count(*) from finding where id = %d and progress = '已疏通%d处'`, finding(0), n)))
		}},
		{"evidence", func(n int) (int, string) { return s.attach(finding(1), today, content(n)) }, func(n int) int {
			return int(number(`select count(*) from evidence where file = '` + evidence.Hash([]byte(content(n))) + `'`))
		}},
		{"import", func(n int) (int, string) { return s.upload(number(`select id from unit where kind = 'town'`), plan(n)) }, func(n int) int {
			return int(number(`select count(*) from import where file = '` + evidence.Hash([]byte(plan(n))) + `'`))
		}},
	}
}

// TestEachCallFails has each write, sync, rename and opening fail in turn, by which a change, an upload and an import come to be. A failed
// request says so in plain words and leaves nothing to be seen; sent again it succeeds; what was acknowledged is on disk.
func TestEachCallFails(t *testing.T) {
	h := insideOne(t)
	s, g := serveGated(t, h)
	number := 1000
	for _, d := range deeds(h.number, s) {
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
	there := d.done(number)
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
	if status, page = d.do(number); status != http.StatusSeeOther || d.done(number) != 1 {
		t.Fatalf("call %d, %s, failed; sent again: %d, %d there: %.300s", at, broke, status, d.done(number), page)
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
func insideOne(t *testing.T) *house {
	t.Helper()
	folder := t.TempDir()
	h, err := open(t.Context(), "sqlite://"+filepath.Join(folder, "bihuan.db"), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.close() })
	if _, err := h.settle(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	return h
}

// TestKilledAtEachCall kills the program in the place of each call by which a change comes to be. After the restart it is there whole or not
// at all, the record is in order, and sent again it is there once.
func TestKilledAtEachCall(t *testing.T) {
	h := insideOne(t)
	number, kills := 0, 0
	for i := range 3 {
		step := sized(8, 1)
		for at := 1 + i; ; at += step {
			number++
			s, g := serveGated(t, h)
			d := deeds(h.number, s)[i]
			g.set(at, "", 0)
			status, _ := d.do(number)
			broke := g.lift()
			s.end()
			if number%2 == 0 { // else the next to open it finds the shared memory of the dead as it was
				h.again(t)
			}
			h.sound(t)
			there := d.done(number)
			if broke == "" {
				if status != http.StatusSeeOther || there != 1 {
					t.Fatalf("%s: nothing happened: %d, %d there", d.name, status, there)
				}
				break
			}
			kills++
			if there > 1 || status == http.StatusSeeOther && there == 0 {
				t.Fatalf("%s, killed at %s: %d, %d there", d.name, broke, status, there)
			}
			err := h.files.Each(t.Context(), func(hash string, _ int64) error { return h.files.Check(t.Context(), hash) })
			if err != nil {
				t.Fatalf("%s, killed at %s: %v", d.name, broke, err)
			}
			again := serve(t, h, nil, nil)
			if status, page := deeds(h.number, again)[i].do(number); there == 0 && status != http.StatusSeeOther || d.done(number) != 1 {
				t.Fatalf("%s, killed at %s, sent again: %d, %d there: %.300s", d.name, broke, status, d.done(number), page)
			}
			again.end()
		}
	}
	t.Logf("%d kills", kills)
}
