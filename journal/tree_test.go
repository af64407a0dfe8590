package journal_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"bihuan/journal"
	"bihuan/store"
	"bihuan/store/storetest"
)

func open(t *testing.T, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func appendEvents(t *testing.T, db *store.DB, n int) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		for i := range n {
			if err := journal.Append(t.Context(), tx, journal.Entry{Verb: "登记", Kind: "unit", Row: int64(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The tree is that of RFC 6962: its root at every size and the proofs that it grows hold by package tlog, which knows nothing of how it is
// kept. Sizes reach past two subtrees that are kept.
func TestTree(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		db := open(t, url)
		for _, n := range []int{1, 2, 253, 1, 300, 43} { // boundaries of subtrees lie between and within transactions
			appendEvents(t, db, n)
		}
		events, err := store.All(ctx, db, journal.ScanEvent, `select `+journal.EventColumns+` from journal order by seq`)
		if err != nil {
			t.Fatal(err)
		}
		var stored []tlog.Hash // as package tlog lays them out
		reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
			list := make([]tlog.Hash, len(at))
			for i, x := range at {
				list[i] = stored[x]
			}
			return list, nil
		})
		roots := []tlog.Hash{tlog.Hash(mustRoot(t, db, 0))}
		for i, e := range events {
			more, err := tlog.StoredHashes(int64(i), []byte(e.LeafData()), reader)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, more...)
			want, err := tlog.TreeHash(int64(i+1), reader)
			if err != nil {
				t.Fatal(err)
			}
			if roots = append(roots, want); i%7 == 0 || i > 590 {
				if got := mustRoot(t, db, int64(i+1)); got != want {
					t.Fatalf("root of %d events differs", i+1)
				}
			}
		}
		size := int64(len(events))
		if head, err := journal.HeadTree(ctx, db); err != nil || head.Size != 600 || head.Root() != roots[600] {
			t.Errorf("the head is %d: %v", head.Size, err)
		}
		for seq := int64(1); seq <= size; seq += 13 {
			g, err := journal.ProveExtends(ctx, db, size, seq)
			if err != nil || seq < size && tlog.CheckTree(g, size, roots[size], seq, roots[seq]) != nil {
				t.Fatalf("growth from %d is not proved: %v", seq, err)
			}
		}
	})
}

func mustRoot(t *testing.T, db *store.DB, size int64) tlog.Hash {
	t.Helper()
	h, err := journal.RootAt(t.Context(), db, size)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Tiles are as a client of the tiles expects them: package tlog proves events by reading nothing else.
func TestTiles(t *testing.T) {
	ctx := t.Context()
	db := open(t, storetest.SQLite(t))
	appendEvents(t, db, 700)
	head, err := journal.HeadTree(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	reader := tlog.TileHashReader(tlog.Tree{N: head.Size, Hash: head.Root()}, tiles{t, db})
	for _, n := range []int64{0, 255, 256, 511, 512, 699} {
		p, err := tlog.ProveRecord(head.Size, n, reader)
		if err != nil {
			t.Fatal(err)
		}
		events, err := journal.Events(ctx, db, []int64{n + 1})
		if err != nil || tlog.CheckRecord(p, head.Size, head.Root(), n, events[0].Leaf) != nil {
			t.Errorf("leaf %d: %v", n, err)
		}
	}
	for _, bad := range []struct {
		level int
		n     int64
		width int
	}{{0, 2, 256}, {0, 3, 1}, {1, 0, 3}, {2, 0, 1}, {-1, 0, 1}, {0, -1, 1}, {0, 0, 0}, {0, 0, 257}, {0, 1 << 60, 1}, {60, 0, 1}} {
		if _, err := journal.Tile(ctx, db, bad.level, bad.n, bad.width); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("tile %v: %v", bad, err)
		}
	}
}

type tiles struct {
	t  *testing.T
	db *store.DB
}

func (tiles) Height() int                         { return 8 }
func (tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (x tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range list {
		data, err := journal.Tile(x.t.Context(), x.db, tile.L, tile.N, tile.W)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// Nodes that write at once never fork the log.
func TestNodesAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		nodes := []*store.DB{open(t, url), open(t, url), open(t, url)}
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() {
				for range 15 {
					err := nodes[i%3].Write(t.Context(), func(tx *store.Tx) error {
						return errors.Join(journal.Append(t.Context(), tx, journal.Entry{Verb: "登记"}), journal.Append(t.Context(), tx, journal.Entry{Verb: "修改"}))
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		head, err := journal.HeadTree(t.Context(), nodes[0])
		if err != nil || head.Size != 720 || head.Root() != mustRoot(t, nodes[1], 720) {
			t.Errorf("%d events, %v", head.Size, err)
		}
	})
}

func TestKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.key")
	var keys [8]journal.Key
	var wg sync.WaitGroup
	for i := range keys { // programs that start at once have one key
		wg.Go(func() {
			k, err := journal.OpenLogKey(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = k
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k.Verifier != keys[0].Verifier {
			t.Fatal("two keys were made")
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v %v", info.Mode(), err)
	}
	// Package note, which we did not write, reads our keys and checks our signatures.
	text, _ := os.ReadFile(path)
	theirs, err := note.NewSigner(strings.TrimSpace(string(text)))
	if err != nil || theirs.Name() != keys[0].Name() || theirs.KeyHash() != keys[0].KeyHash() {
		t.Errorf("note reads our key as %v: %v", theirs, err)
	}
	v, err := note.NewVerifier(keys[0].Verifier)
	if err != nil {
		t.Fatal(err)
	}
	sig, _ := keys[0].Sign([]byte("text\n"))
	if !v.Verify([]byte("text\n"), sig) {
		t.Error("note does not take our signature")
	}
	if err := os.WriteFile(path, []byte("PRIVATE+KEY+x+00000000+AAAA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.OpenLogKey(path); err == nil || !strings.Contains(err.Error(), "不能用") {
		t.Errorf("a broken key: %v", err)
	}
	for _, bad := range []string{"", "a+b+c", keys[0].Verifier + "A", strings.Replace(keys[0].Verifier, "+", "x+", 1), " " + keys[0].Verifier} {
		if _, err := journal.ParseVerifier(bad); err == nil {
			t.Errorf("%q passes as a key", bad)
		}
	}
}

func signed(t *testing.T, k journal.Key, size int64, root tlog.Hash) string {
	t.Helper()
	c := journal.Checkpoint{Origin: k.Name(), Size: size, Root: root}
	text, err := note.Sign(&note.Note{Text: c.Body()}, k)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The witness speaks the protocol of C2SP tlog-witness, case by case, and its signature is one of tlog-cosignature v1.
func TestWitness(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		town, district := open(t, storetest.SQLite(t)), open(t, url)
		folder := t.TempDir()
		key, err := journal.OpenLogKey(filepath.Join(folder, "a"))
		other, err2 := journal.OpenLogKey(filepath.Join(folder, "b"))
		watcher, err3 := journal.OpenWitnessKey(filepath.Join(folder, "w"))
		if err := errors.Join(err, err2, err3); err != nil {
			t.Fatal(err)
		}
		w := journal.Witness{DB: district, Key: watcher}
		ask := func(old int64, proof tlog.TreeProof, checkpoint string) *httptest.ResponseRecorder {
			body := fmt.Sprintf("old %d\n", old)
			for _, h := range proof {
				body += h.String() + "\n"
			}
			answer := httptest.NewRecorder()
			w.ServeSign(answer, httptest.NewRequest("POST", "/add-checkpoint", strings.NewReader(body+"\n"+checkpoint)))
			return answer
		}
		want := func(what string, answer *httptest.ResponseRecorder, status int) {
			t.Helper()
			if answer.Code != status {
				t.Errorf("%s: %d %s, want %d", what, answer.Code, answer.Body, status)
			}
		}
		appendEvents(t, town, 5)
		five := signed(t, key, 5, mustRoot(t, town, 5))
		want("a log nobody knows", ask(0, nil, five), http.StatusNotFound)
		if err := journal.AddWitnessed(ctx, district, 0, "区巡察办", key.Verifier); err != nil {
			t.Fatal(err)
		}
		if err := journal.AddWitnessed(ctx, district, 0, "区巡察办", key.Verifier); err != nil {
			t.Errorf("the same key twice: %v", err)
		}
		if journal.AddWitnessed(ctx, district, 0, "区巡察办", watcher.Verifier) == nil {
			t.Error("the key of a witness was taken for that of a log")
		}
		want("somebody else's signature", ask(0, nil, strings.Replace(signed(t, other, 5, mustRoot(t, town, 5)), other.Name(), key.Name(), 1)), http.StatusForbidden)
		want("a proof from nothing", ask(0, tlog.TreeProof{mustRoot(t, town, 5)}, five), http.StatusUnprocessableEntity)
		answer := ask(0, nil, five)
		want("the first", answer, http.StatusOK)

		// The signature, taken apart by hand.
		fields := strings.Fields(answer.Body.String())
		blob, err := base64.StdEncoding.DecodeString(fields[2])
		if err != nil || fields[0] != "—" || fields[1] != watcher.Name() || len(blob) != 4+8+64 || binary.BigEndian.Uint32(blob) != watcher.KeyHash() {
			t.Fatalf("the line is %q", answer.Body)
		}
		at := binary.BigEndian.Uint64(blob[4:])
		public, _ := base64.StdEncoding.DecodeString(strings.SplitN(watcher.Verifier, "+", 3)[2])
		body, _, _ := strings.Cut(five, "\n\n")
		if public[0] != 4 || !ed25519.Verify(public[1:], fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s\n", at, body), blob[12:]) {
			t.Error("the signature is not a cosignature/v1")
		}
		if d := time.Since(time.Unix(int64(at), 0)); d < 0 || d > time.Minute {
			t.Errorf("the time is %d", at)
		}

		appendEvents(t, town, 300)
		proof, err := journal.ProveExtends(ctx, town, 305, 5)
		if err != nil {
			t.Fatal(err)
		}
		next := signed(t, key, 305, mustRoot(t, town, 305))
		conflict := ask(0, nil, next)
		want("from nothing again", conflict, http.StatusConflict)
		if conflict.Body.String() != "5\n" || conflict.Header().Get("Content-Type") != "text/x.tlog.size" {
			t.Errorf("the conflict says %q", conflict.Body)
		}
		bent := append(tlog.TreeProof{}, proof...)
		bent[1][3] ^= 1
		want("a bent proof", ask(5, bent, next), http.StatusUnprocessableEntity)
		want("no proof", ask(5, nil, next), http.StatusUnprocessableEntity)
		want("another history of the same size", ask(5, nil, signed(t, key, 5, mustRoot(t, town, 4))), http.StatusUnprocessableEntity)
		want("old beyond new", ask(400, proof, next), http.StatusBadRequest)
		want("the next", ask(5, proof, next), http.StatusOK)
		want("the same again", ask(305, nil, next), http.StatusOK)
		want("an older one", ask(305, nil, five), http.StatusBadRequest)
		for _, bad := range []string{"", "old x\n\n" + five, "old 1", "old 5\nnonsense\n\n" + five, "old 0\n\n没有\n", "old 0\n\n" + five[:10]} {
			answer := httptest.NewRecorder()
			w.ServeSign(answer, httptest.NewRequest("POST", "/add-checkpoint", strings.NewReader(bad)))
			want(fmt.Sprintf("%q", bad), answer, http.StatusBadRequest)
		}
		logs, err := journal.WitnessedLogs(ctx, district)
		if err != nil || len(logs) != 1 || logs[0].Size != 305 || logs[0].Root != mustRoot(t, town, 305) {
			t.Errorf("%+v %v", logs, err)
		}
	})
}

// A log whose answer got lost, and nodes that ask at once, go on from what the witness knows.
func TestCosigner(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		town, district := open(t, url), open(t, storetest.SQLite(t))
		folder := t.TempDir()
		key, err := journal.OpenLogKey(filepath.Join(folder, "a"))
		watcher, err2 := journal.OpenWitnessKey(filepath.Join(folder, "w"))
		if err := errors.Join(err, err2, journal.AddWitnessed(ctx, district, 0, "区巡察办", key.Verifier)); err != nil {
			t.Fatal(err)
		}
		w := journal.Witness{DB: district, Key: watcher}
		var down atomic.Bool
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if down.Load() {
				panic(http.ErrAbortHandler)
			}
			w.ServeSign(rw, r)
		}))
		defer server.Close()
		mine, err := journal.ParseVerifier(key.Verifier)
		theirs, err2 := journal.ParseVerifier(watcher.Verifier)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		log := journal.Log{DB: town, Key: key, File: filepath.Join(folder, "checkpoints.txt")}
		c := &journal.Cosigner{Log: log, URL: server.URL, Key: theirs}
		appendEvents(t, town, 3)
		first, err := c.Cosign(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, sigs, err := journal.ReadCheckpoint(first.Note, mine, theirs); err != nil || len(sigs) != 2 || !sigs[1].Witness || sigs[1].At.IsZero() {
			t.Errorf("%v %v in\n%s", sigs, err, first.Note)
		}
		if again, err := c.Cosign(ctx); err != nil || again.Note != first.Note {
			t.Errorf("asked again for nothing: %v", err)
		}
		appendEvents(t, town, 4)
		down.Store(true)
		if _, err := c.Cosign(ctx); err == nil || c.State().Alarm || c.State().Error == "" {
			t.Errorf("the witness is down: %v %+v", err, c.State())
		}
		down.Store(false)
		// The district signed and its answer was lost.
		proof, _ := journal.ProveExtends(ctx, town, 7, 3)
		body := "old 3\n"
		for _, h := range proof {
			body += h.String() + "\n"
		}
		last, err := log.Checkpoint(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Sign(ctx, body+"\n"+last.Note); err != nil {
			t.Fatal(err)
		}
		if p, err := c.Cosign(ctx); err != nil || p.Size != 7 || p.Cosigned.IsZero() {
			t.Errorf("after a lost answer: %+v %v", p, err)
		}
		text, err := os.ReadFile(log.File)
		if err != nil {
			t.Fatal(err)
		}
		notes := journal.SplitNotes(string(text))
		if len(notes) != 4 { // 3, 3 cosigned, 7, 7 cosigned
			t.Errorf("%d checkpoints beside the database:\n%s", len(notes), text)
		}
		for _, n := range notes {
			if _, _, err := journal.ReadCheckpoint(n, mine); err != nil {
				t.Errorf("%v:\n%s", err, n)
			}
		}
	})
}

// A checkpoint is taken only as it was written: every single bit counts.
func TestCheckpointBits(t *testing.T) {
	key, err := journal.OpenLogKey(filepath.Join(t.TempDir(), "k"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := journal.ParseVerifier(key.Verifier)
	if err != nil {
		t.Fatal(err)
	}
	text := signed(t, key, 305, tlog.RecordHash([]byte("x")))
	if _, _, err := journal.ReadCheckpoint(text, v); err != nil {
		t.Fatal(err)
	}
	for i := range len(text) * 8 {
		b := []byte(text)
		b[i/8] ^= 1 << (i % 8)
		if _, _, err := journal.ReadCheckpoint(string(b), v); err == nil {
			t.Errorf("bit %d may be changed:\n%s", i, b)
		}
	}
}
