package proof_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"bihuan/journal"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// newResidents is the world of the database of residents: a log of its own under a key of its own, signed by the same witness as the house's.
// It has no files beside it.
func newResidents(t *testing.T, house string) *world {
	t.Helper()
	w := newWorld(t, house) // it has a witness and closes what it opened
	address, err := store.ResidentsOf(house)
	w.must(err)
	v, err := vault.Open(t.Context(), address, filepath.Join(t.TempDir(), "residents.key"))
	w.must(err)
	t.Cleanup(func() { v.Close() })
	key, err := journal.OpenLogKey(filepath.Join(t.TempDir(), "residents.journal.key"))
	w.must(err)
	w.must(journal.AddWitnessed(t.Context(), w.witness.DB, 0, "区巡察办", key.Verifier))
	first, err := journal.ParseVerifier(key.Verifier)
	w.must(err)
	if !strings.HasPrefix(address, "postgres") {
		address = "sqlite://" + address
	}
	log := journal.Log{DB: v.DB, Key: key, File: filepath.Join(t.TempDir(), "residents.checkpoints.txt")}
	return &world{t: t, url: address, db: v.DB, log: log, keys: []note.Verifier{first, w.keys[1]}, witness: w.witness, asks: &journal.Cosigner{Log: log, URL: w.asks.URL, Key: w.asks.Key}}
}

// paid enters that somebody was paid, which is all that these tests need of residents.
func (w *world) paid(id int, fen int) {
	w.t.Helper()
	ctx := w.t.Context()
	w.must(w.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `insert into person (id, unit, village, path, came_on, place, household, number, number_index, name, birth, sex, phone, dead_on, moved_on, version)
			values ($1, 1, 0, '/', '', '东槐村', '', $2, $2, '某人', '', '', '', '', '', $3)`, id, fmt.Sprint(id), fen)
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Who: "贺晓雨（经办人）", Staff: 7, Verb: "登记", Kind: "person", Row: int64(id), Changes: []journal.Change{{Field: "金额", To: fmt.Sprint(fen)}}})
	}))
}

// verifyResidents checks the database with what lies beside it, and with more checkpoints.
func (w *world) verifyResidents(checkpoints ...string) proof.Report {
	w.t.Helper()
	beside, err := os.ReadFile(w.log.File)
	w.must(err)
	r, err := proof.Verify(w.t.Context(), proof.Subject{DB: w.db, Keys: w.keys, Checkpoints: append(journal.SplitNotes(string(beside)), checkpoints...)})
	w.must(err)
	return r
}

// resigned takes the checkpoints away and signs what is there now with the stolen key: all that stands here is then in order.
func (w *world) resigned(t *testing.T) {
	t.Helper()
	w.rebuild()
	w.raw(`delete from checkpoint`)
	w.must(os.Remove(w.log.File))
	_, err := w.log.Checkpoint(context.Background())
	w.must(err)
	if r := w.verifyResidents(); !r.OK() {
		t.Fatalf("the forger did not do well enough:\n%s", text(r))
	}
}

// Somebody with the database of residents, residents.journal.key and the checkpoints beside it rewrites its log and signs it anew: who was
// paid what is then as they like, and all that is here is in order. The witness, who signs this log as it does the house's, says no, raises
// the alarm, and knows what stood there.
func TestStolenResidentsKeyIsCaughtByTheWitness(t *testing.T) {
	attacks := []struct {
		name   string
		attack func(w *world)
		want   string
	}{
		{"rewrite an event", func(w *world) { w.forge(30, "假的") }, "历史被改写"},
		{"take back the last that was entered", func(w *world) {
			w.raw(`delete from person where id = 300`)
			w.raw(`delete from journal where seq = (select max(seq) from journal)`)
		}, "日志被截短或退回旧库"},
		{"take it back and enter something else", func(w *world) {
			w.raw(`delete from person where id = 300`)
			w.raw(`delete from journal where seq = (select max(seq) from journal)`)
			w.rebuild()
			w.paid(301, 5000)
			w.paid(302, 5000)
		}, "历史被改写"},
	}
	storetest.Each(t, func(t *testing.T, url string) {
		for _, a := range attacks {
			t.Run(a.name, func(t *testing.T) {
				at := storetest.SQLite(t)
				if strings.HasPrefix(url, "postgres") {
					at = storetest.Postgres(t)
				}
				w := newResidents(t, at)
				for i := range 300 {
					w.paid(i+1, 5000)
				}
				if _, err := w.asks.Cosign(t.Context()); err != nil {
					t.Fatal(err)
				}
				if r := w.verifyResidents(); !r.OK() || r.Cosigned.Size != r.Events || r.Events < 300 {
					t.Fatalf("before: %+v\n%s", r, text(r))
				}
				a.attack(w)
				w.resigned(t)
				if _, err := w.asks.Cosign(t.Context()); err == nil || !strings.Contains(err.Error(), journal.ErrForked.Error()) {
					t.Errorf("the witness signed: %v", err)
				}
				if !w.asks.State().Alarm {
					t.Error("there is no alarm")
				}
				last := httptest.NewRecorder()
				w.witness.ServeLast(last, httptest.NewRequest("GET", "/checkpoint?origin="+w.log.Key.Name(), nil))
				if r := w.verifyResidents(last.Body.String()); !said(r, a.want) {
					t.Errorf("with what the witness saw: %s", text(r))
				}
			})
		}
	})
}
