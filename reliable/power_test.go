package reliable_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// sector is what a disk writes as one.
const sector = 512

// moment is what the disk held for certain when a write was acknowledged.
type moment struct {
	db, wal []byte
	end     int // of what is synced in the log of the database
	events  int64
	root    string
}

// TestPowerIsCut makes the files that a power cut leaves: the log of the database cut anywhere after what was synced, its sectors written,
// not written, zero or full of rubbish; pages of the database likewise while they are taken over from a log that is whole. The record is
// then that of an acknowledged moment or of a later one, whole, and in order.
func TestPowerIsCut(t *testing.T) {
	h, w := fresh(t, storetest.SQLite(t), 3)
	path := strings.TrimPrefix(h.url, "sqlite://")
	now := func() moment {
		t.Helper()
		var m moment
		var err error
		if m.db, err = os.ReadFile(path); err == nil {
			m.wal, err = os.ReadFile(path + "-wal")
		}
		if err != nil {
			t.Fatal(err)
		}
		m.end = synced(m.wal)
		tree, err := journal.HeadTree(t.Context(), h.db)
		if err != nil {
			t.Fatal(err)
		}
		m.events, m.root = tree.Size, tree.Root().String()
		return m
	}
	_, err := h.log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var life []moment
	for i := range 40 {
		switch {
		case i%4 == 3:
			_, err = h.attach(t.Context(), w, w.findings[i%3], fmt.Sprint("巡查记录", i))
		default:
			err = h.progress(t.Context(), w, w.findings[i%3], i)
		}
		if err == nil && i%10 == 9 {
			_, err = h.log.Checkpoint(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		life = append(life, now())
		if i == 13 || i == 27 { // the log is taken over into the database, and begins anew with the next write
			if err := takeOver(path); err != nil {
				t.Fatal(err)
			}
			life = append(life, now())
		}
	}
	random := chance(t)
	states := map[string]int{}
	for range sized(250, 100_000) {
		i := random.IntN(len(life) - 1)
		kind, db, wal, last := tear(random, life, i)
		states[kind]++
		at := t.TempDir()
		cut := &house{url: "sqlite://" + filepath.Join(at, "bihuan.db"), folder: h.folder}
		must(os.WriteFile(filepath.Join(at, "bihuan.db"), db, 0o600))
		must(os.WriteFile(filepath.Join(at, "bihuan.db-wal"), wal, 0o600))
		next, err := open(t.Context(), cut.url, h.folder)
		if err != nil {
			t.Fatalf("%s after moment %d: it does not start: %v", kind, i, err)
		}
		tree, err := journal.HeadTree(t.Context(), next.db)
		if err != nil {
			t.Fatal(err)
		}
		found := slices.IndexFunc(life, func(m moment) bool { return m.events == tree.Size && m.root == tree.Root().String() })
		if found < i && !(found >= 0 && life[found].events == life[i].events) || found > last {
			t.Fatalf("%s after moment %d with %d events: %d events are there, moment %d", kind, i, life[i].events, tree.Size, found)
		}
		beyond(t, next, life[i].events)
		must(next.close())
		must(os.RemoveAll(at))
	}
	t.Logf("states: %v", states)
}

// beyond fails the test unless the record is in order. Of checkpoints beside the database only those count that were there at the moment.
func beyond(t *testing.T, h *house, events int64) {
	t.Helper()
	file := h.log.File
	notes, err := journal.KeptNotes(file)
	must(err)
	h.log.File = filepath.Join(t.TempDir(), "checkpoints.txt")
	for _, n := range notes {
		var size int64
		if _, err := fmt.Sscanf(strings.Split(n, "\n")[1], "%d", &size); err != nil {
			t.Fatal(err)
		}
		if size > events {
			break
		}
		f, err := os.OpenFile(h.log.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		must(err)
		_, err = f.WriteString(n + "\n")
		must(err)
		must(f.Close())
	}
	h.sound(t)
	h.log.File = file
}

// tear makes the files of a power cut after a moment, and tells the last moment that they may be of.
func tear(random *rand.Rand, life []moment, i int) (kind string, db, wal []byte, last int) {
	m := life[i]
	last = min(len(life)-1, i+1+random.IntN(6))
	for k := i + 1; k <= last; k++ { // not past the point where the log was taken over: that synced all before it
		if !bytes.Equal(salt(life[k].wal), salt(m.wal)) || !bytes.Equal(life[k].db, m.db) {
			last = k
			break
		}
	}
	next := life[last]
	switch {
	case !bytes.Equal(m.db, next.db) && bytes.Equal(salt(m.wal), salt(next.wal)): // being taken over
		db = make([]byte, max(len(m.db), len(next.db)))
		copy(db, m.db)
		db = db[:len(m.db)+sector*random.IntN((len(db)-len(m.db))/sector+1)]
		mix(random, db, m.db, next.db, 0)
		return "taking over", db, next.wal, last
	case !bytes.Equal(salt(m.wal), salt(next.wal)): // begins anew: its head is synced before anything else is written
		wal = slices.Clone(m.wal)
		copy(wal[:32], next.wal[:32])
		if random.IntN(2) == 0 {
			mix(random, wal[:sector], m.wal[:sector], next.wal[:sector], 0)
			copy(wal[32:], m.wal[32:])
			return "new head", m.db, wal, last
		}
		tail := slices.Clone(next.wal)
		mix(random, tail, m.wal, next.wal, 32)
		return "new log", m.db, tail[:32+random.IntN(len(tail)-31)], last
	}
	wal = slices.Clone(next.wal)
	mix(random, wal, m.wal, next.wal, m.end)
	if random.IntN(3) == 0 {
		return "cut", m.db, wal[:m.end+random.IntN(len(wal)-m.end+1)], last
	}
	return "torn", m.db, wal, last
}

// mix makes what stands in a file from an offset on of sectors that were written, were not, or hold something else.
func mix(random *rand.Rand, into, old, written []byte, from int) {
	how := random.IntN(4) // 0: all written, which a cut follows
	for at := from / sector * sector; at < len(into); at += sector {
		begin, end := max(at, from), min(at+sector, len(into))
		part := into[begin:end]
		before, after := old[min(begin, len(old)):min(end, len(old))], written[min(begin, len(written)):min(end, len(written))]
		choice := 0
		if how > 0 && !bytes.Equal(before, after) { // else nothing is written there
			choice = random.IntN(2 + how)
		}
		clear(part)
		switch choice {
		case 0, 2:
			copy(part, after)
		case 1:
			copy(part, before)
		case 3: // zero
		default:
			for i := range part {
				part[i] = byte(random.IntN(256))
			}
		}
	}
}

// salt is what each new log of a database begins with.
func salt(wal []byte) []byte {
	if len(wal) < 32 {
		return nil
	}
	return wal[16:24]
}

// synced is the end of the last commit in the log of a database: with synchronous=FULL all up to there is on disk when it is acknowledged.
func synced(wal []byte) int {
	if len(wal) < 32 {
		return len(wal)
	}
	page := int(binary.BigEndian.Uint32(wal[8:]))
	end := 32
	for at := 32; at+24+page <= len(wal) && bytes.Equal(wal[at+8:at+16], salt(wal)); at += 24 + page {
		if binary.BigEndian.Uint32(wal[at+4:]) != 0 { // size of the database after a commit
			end = at + 24 + page
		}
	}
	return end
}

// takeOver has another connection take all of the log over into the database.
func takeOver(path string) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	var busy, frames, taken int
	if err := db.QueryRow(`pragma wal_checkpoint(passive)`).Scan(&busy, &frames, &taken); err != nil {
		return err
	}
	if busy != 0 || frames != taken {
		return fmt.Errorf("%d of %d frames were taken over", taken, frames)
	}
	return nil
}

// TestNoteIsTorn cuts the file of checkpoints at every byte of the last one, and has the rest zero: the check passes, and the next checkpoint
// is written where the last whole one ends.
func TestNoteIsTorn(t *testing.T) {
	h, w := fresh(t, storetest.SQLite(t), 2)
	for i := range 3 {
		must(h.progress(t.Context(), w, w.findings[0], i+1))
		_, err := h.log.Checkpoint(t.Context())
		must(err)
	}
	whole, err := os.ReadFile(h.log.File)
	must(err)
	notes := journal.SplitNotes(string(whole))
	if len(notes) != 3 {
		t.Fatalf("%d notes in %q", len(notes), whole)
	}
	begin := len(whole) - len(notes[2]) - 1
	must(h.progress(t.Context(), w, w.findings[0], 100))
	last, err := h.log.Checkpoint(t.Context())
	must(err)
	for at := begin; at <= len(whole); at++ {
		for _, tail := range []string{"", strings.Repeat("\x00", len(whole)-at)} {
			must(os.WriteFile(h.log.File, []byte(string(whole[:at])+tail), 0o600))
			want := 2
			if at == len(whole) {
				want = 3
			}
			if kept, err := journal.KeptNotes(h.log.File); err != nil || len(kept) != want || kept[1] != notes[1] {
				t.Fatalf("cut at byte %d of %d: %d notes: %v", at-begin, len(whole)-begin, len(kept), err)
			}
			if r, err := h.verify(t.Context()); err != nil || !r.OK() {
				t.Fatalf("cut at byte %d: %v %s", at-begin, err, said(r))
			}
		}
	}
	for _, put := range []string{"什么也不是\n", notes[0][:len(notes[0])-10] + "AAAAAAAAA\n\n"} { // no power cut does that
		must(os.WriteFile(h.log.File, []byte(string(whole)+put), 0o600))
		if r, err := h.verify(t.Context()); err != nil || r.OK() {
			t.Errorf("%q is taken for torn: %v", put, err)
		}
	}
	must(os.WriteFile(h.log.File, whole[:begin+70], 0o600))
	must(h.progress(t.Context(), w, w.findings[0], 101))
	next, err := h.log.Checkpoint(t.Context())
	must(err)
	kept, err := journal.KeptNotes(h.log.File)
	if err != nil || len(kept) != 3 || kept[2] != next.Note || next.Size <= last.Size {
		t.Errorf("after the next one: %q %v", kept, err)
	}
	if r := h.sound(t); r.Signed.Size != next.Size {
		t.Errorf("%+v", r)
	}
}

// TestPartIsCut cuts the part of an upload on its way at any length, as a power cut may that comes before it was synced. It goes on from there
// and becomes the file that was sent, and no part ever shows as a file.
func TestPartIsCut(t *testing.T) {
	h, w := fresh(t, storetest.SQLite(t), 2)
	ctx := t.Context()
	attach := func(ctx context.Context, tx *store.Tx, who org.Person, u evidence.Upload, item evidence.Item) (evidence.Item, error) {
		return ledger.AttachEvidence(ctx, tx, who, u.Finding, item)
	}
	before := 0
	must(h.files.Each(ctx, func(string, int64) error { before++; return nil }))
	for i := range 40 {
		content := strings.Repeat(fmt.Sprintf("签到表第%d页\n", i), 50+rand.IntN(400))
		u, err := evidence.Begin(ctx, h.db, h.files, w.clerk, "", evidence.Upload{Finding: w.findings[0], Name: fmt.Sprint(i, ".txt"), Size: int64(len(content)), Event: h.db.Now().Format("2006-01-02")})
		must(err)
		half := len(content) / 2
		_, err = evidence.Receive(ctx, h.db, h.files, w.clerk, u.ID, 0, strings.NewReader(content[:half]), attach)
		must(err)
		must(h.files.Close())
		at := rand.IntN(half + 1)
		must(os.Truncate(filepath.Join(h.folder, "files", "parts", fmt.Sprint(u.ID)), int64(at)))
		// And one of a write that was interrupted altogether.
		must(os.WriteFile(filepath.Join(h.folder, "files", "parts", fmt.Sprint("LEFT", i)), []byte(content[:at]), 0o600))
		h.files, err = evidence.OpenFiles(filepath.Join(h.folder, "files"))
		must(err)
		u, err = evidence.UploadByID(ctx, h.db, h.files, w.clerk, u.ID)
		if err != nil || u.Arrived != int64(at) || u.Item != 0 {
			t.Fatalf("cut at %d: %+v %v", at, u, err)
		}
		done, err := evidence.Receive(ctx, h.db, h.files, w.clerk, u.ID, u.Arrived, strings.NewReader(content[at:]), attach)
		if err != nil || done.Item == 0 {
			t.Fatalf("cut at %d: %+v %v", at, done, err)
		}
		if got, err := h.files.Get(ctx, evidence.Hash([]byte(content))); err != nil || string(got) != content {
			t.Fatalf("cut at %d: %v", at, err)
		}
	}
	after := 0
	must(h.files.Each(ctx, func(string, int64) error { after++; return nil }))
	if after != before+40 {
		t.Errorf("%d files, then %d", before, after)
	}
	h.sound(t)
}
