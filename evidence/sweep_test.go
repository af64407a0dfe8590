package evidence_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// onBoth runs a test on both databases with both kinds of place. again opens the same place once more, as another program does.
func onBoth(t *testing.T, f func(t *testing.T, w *world, again func() *evidence.Files)) {
	t.Run("folder", func(t *testing.T) {
		each(t, func(t *testing.T, w *world) {
			f(t, w, func() *evidence.Files {
				files, err := evidence.OpenFiles(w.folder)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { files.Close() })
				return files
			})
		})
	})
	t.Run("bucket", func(t *testing.T) {
		each(t, func(t *testing.T, w *world) {
			s := newS3(t, "files")
			w.files.Close()
			w.files = s.open(t, w.folder, "")
			f(t, w, func() *evidence.Files { return s.open(t, t.TempDir(), "") })
		})
	})
}

// keep stores a file of some content.
func (w *world) keep(t testing.TB, content string) evidence.Stored {
	t.Helper()
	s, err := w.files.PutReader(context.Background(), strings.NewReader(content), evidence.Most)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// attach makes a stored file evidence.
func (w *world) attach(s evidence.Stored, name string) (evidence.Item, error) {
	item := evidence.Item{Event: "2026-04-10"}
	item.Attach(s, name)
	return ledger.AddEvidence(context.Background(), w.db, w.ann, w.finding.ID, item)
}

// at sets the clock of the database, so many days ahead of the disk's.
func (w *world) at(days float64) {
	now := time.Now().Add(time.Duration(days * 24 * float64(time.Hour)))
	w.db.Now = func() time.Time { return now }
}

func (w *world) sweep(t testing.TB) evidence.Swept {
	t.Helper()
	s, err := evidence.Sweep(context.Background(), w.db, w.files)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFilesThatNobodyNames(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world, _ func() *evidence.Files) {
		named := w.keep(t, "%PDF-1.7 有人用")
		if _, err := w.attach(named, "签到表.pdf"); err != nil {
			t.Fatal(err)
		}
		orphan, other := w.keep(t, "%PDF-1.7 没人用"), w.keep(t, "%PDF-1.7 过一阵才用")
		is := func(s evidence.Stored) error { return w.files.Check(t.Context(), s.Hash) }
		w.at(0.9)
		if s := w.sweep(t); s != (evidence.Swept{}) {
			t.Errorf("on the same day: %+v", s)
		}
		w.at(1.1)
		if s := w.sweep(t); s != (evidence.Swept{Orphans: 2}) { // the plan that was imported is named too
			t.Errorf("a day later: %+v", s)
		}
		if is(orphan) != nil || is(other) != nil {
			t.Error("what was put aside cannot be read")
		}
		kept := map[string]bool{}
		err := w.files.Each(t.Context(), func(hash string, _ int64) error { kept[hash] = true; return nil })
		if err != nil || !kept[named.Hash] || kept[orphan.Hash] || kept[other.Hash] {
			t.Errorf("kept: %v, %v", kept, err)
		}
		if _, err := w.attach(other, "迟到.pdf"); err != nil {
			t.Fatal(err)
		}
		w.at(2.1)
		if s := w.sweep(t); s != (evidence.Swept{Returned: 1}) {
			t.Errorf("two days later: %+v", s)
		}
		w.at(9.5)
		if s := w.sweep(t); s != (evidence.Swept{Gone: 1}) {
			t.Errorf("nine days later: %+v", s)
		}
		if err := is(orphan); !errors.Is(err, evidence.ErrMissing) {
			t.Errorf("the orphan: %v", err)
		}
		if is(named) != nil || is(other) != nil {
			t.Error("what is named went")
		}
		again := w.keep(t, "%PDF-1.7 没人用")
		if err := is(again); err != nil {
			t.Errorf("stored once more: %v", err)
		}
	})
}

// Small pictures go when their picture is not named any more, and are made again when it is.
func TestThumbsOfWhatNobodyNames(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world, _ func() *evidence.Files) {
		s := w.keep(t, picture(t, 300))
		if _, err := w.files.Thumb(t.Context(), s.Hash, evidence.Small); err != nil {
			t.Fatal(err)
		}
		w.at(1.1)
		if s := w.sweep(t); s != (evidence.Swept{Orphans: 1, Thumbs: 2}) {
			t.Errorf("%+v", s)
		}
	})
}

// Programs store and name files while others sweep with a clock that calls everything old: none that is named is lost, not even for a
// moment.
func TestSweepingWhileFilesCome(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world, again func() *evidence.Files) {
		w.at(2)
		ctx, stop := context.WithCancel(t.Context())
		var sweepers, writers sync.WaitGroup
		for range 2 {
			files := again()
			sweepers.Go(func() {
				for ctx.Err() == nil {
					if _, err := evidence.Sweep(ctx, w.db, files); err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				}
			})
		}
		var mu sync.Mutex
		var all []string
		for i := range 4 {
			files := again()
			writers.Go(func() {
				for j := range 12 {
					s, err := files.PutReader(ctx, strings.NewReader(fmt.Sprintf("%%PDF-1.7 第%d份", (i*12+j)/2)), evidence.Most) // some by two at once
					if err != nil {
						t.Error(err)
						return
					}
					time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
					if _, err := w.attach(s, fmt.Sprintf("%d-%d.pdf", i, j)); err != nil {
						t.Error(err)
						return
					}
					if err := files.Check(ctx, s.Hash); err != nil {
						t.Errorf("just named: %v", err)
					}
					mu.Lock()
					all = append(all, s.Hash)
					mu.Unlock()
				}
			})
		}
		writers.Wait()
		stop()
		sweepers.Wait()
		w.sweep(t)
		for _, hash := range all {
			if err := w.files.Check(t.Context(), hash); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestErasing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world, _ func() *evidence.Files) {
		ctx := t.Context()
		content := picture(t, 400)
		s := w.keep(t, content)
		item, err := w.attach(s, "照片.png")
		if err != nil || item.Erased {
			t.Fatal(item, err)
		}
		if _, err := evidence.Thumb(ctx, w.db, w.files, s.Hash, evidence.Small); err != nil {
			t.Fatal(err)
		}
		mark := func(hash string) error {
			return w.db.Write(ctx, func(tx *store.Tx) error {
				if err := evidence.MarkErased(ctx, tx, hash); err != nil {
					return err
				}
				return journal.Append(ctx, tx, journal.Entry{Who: "系统", Verb: journal.Erasure, Kind: "file", Row: item.ID}) // as the command does that erases
			})
		}
		if err := mark(evidence.Hash(nil)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("of nothing: %v", err)
		}
		for range 2 {
			if err := mark(s.Hash); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := evidence.Open(ctx, w.db, w.files, s.Hash); !errors.Is(err, evidence.ErrErased) {
			t.Errorf("marked, opened: %v", err)
		}
		for range 2 {
			if err := w.files.Erase(ctx, s.Hash); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := evidence.Thumb(ctx, w.db, w.files, s.Hash, evidence.Small); !errors.Is(err, evidence.ErrErased) {
			t.Errorf("its small picture: %v", err)
		}
		for _, side := range []int{evidence.Small, evidence.Large} {
			if _, err := w.files.Thumb(ctx, s.Hash, side); !errors.Is(err, evidence.ErrMissing) {
				t.Errorf("a small picture is left: %v", err)
			}
		}
		if got, err := evidence.ByID(ctx, w.db, item.ID); err != nil || !got.Erased || got.File != s.Hash {
			t.Errorf("the item: %+v %v", got, err)
		}
		// Sent once more it is refused, and the bytes go with the night.
		w.keep(t, content)
		var bad org.Invalid
		if _, err := w.attach(s, "又传.png"); !errors.As(err, &bad) || !strings.Contains(bad.What, "依法删除") {
			t.Errorf("sent once more: %v", err)
		}
		if s := w.sweep(t); s != (evidence.Swept{Gone: 1}) {
			t.Errorf("%+v", s)
		}
		if _, err := w.files.Get(ctx, s.Hash); !errors.Is(err, evidence.ErrMissing) {
			t.Errorf("the bytes: %v", err)
		}
	})
}

// Where a bucket keeps old versions, those go too.
func TestErasingInABucketWithVersions(t *testing.T) {
	s := newS3(t, "files")
	if err := s.versions("files"); err != nil {
		t.Fatal(err)
	}
	f := s.open(t, t.TempDir(), "")
	content := []byte("%PDF-1.7 含个人信息")
	for range 3 {
		if _, err := f.Put(t.Context(), content); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.countVersions(t); n != 3 {
		t.Fatalf("%d versions to begin with", n)
	}
	if err := f.Erase(t.Context(), evidence.Hash(content)); err != nil {
		t.Fatal(err)
	}
	if n := s.countVersions(t); n != 0 {
		t.Errorf("%d versions are left", n)
	}
}

// A crash leaves parts of writes behind; those go, in both manners of old and new.
func TestLeftoversOfCrashes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.keep(t, "%PDF-1.7 旧")
		if _, err := w.attach(s, "旧.pdf"); err != nil {
			t.Fatal(err)
		}
		old := filepath.Join(w.folder, s.Hash[:2], s.Hash[2:4], s.Hash+".ABC.part")
		if err := os.WriteFile(old, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		half := filepath.Join(w.folder, "parts", "copy-ABC")
		if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.at(8)
		if s := w.sweep(t); s != (evidence.Swept{Parts: 1, Gone: 1}) {
			t.Errorf("%+v", s)
		}
	})
}

// picture is a PNG of one colour and the given width.
func picture(t testing.TB, width int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, 3))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
