package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"bihuan/journal"
	"bihuan/lead"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// The program does the screenings that wait by itself, and gives up at its start what an earlier one left in the middle.
func TestScreeningsRunBeside(t *testing.T) {
	ctx := t.Context()
	house, err := store.Open(ctx, storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	defer house.Close()
	v, err := vault.Open(ctx, filepath.Join(t.TempDir(), "residents.db"), filepath.Join(t.TempDir(), "residents.key"))
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	state := func(id int64) lead.ScreeningState {
		s, err := store.One(ctx, v, store.Value[string], `select state from screening where id = $1`, id)
		if err != nil {
			t.Fatal(err)
		}
		return lead.ScreeningState(s)
	}
	err = v.Write(ctx, func(tx *store.Tx) error {
		for id, state := range []string{"running", "waiting"} {
			_, err := tx.Exec(ctx, `insert into screening (id, unit, programme, serial, as_of, params, rules, datasets, finding, state, problem, counts, report, result, started, ended, staff, version)
				values ($1, 1, 0, $1, '2026-11-30', '{}', '[]', '[{"id":99}]', 0, $2, '', '', '', '', 0, 0, 0, 1)`, id+1, state)
			if err != nil {
				return err
			}
		}
		return journal.Append(ctx, tx, journal.Entry{Verb: "筛查", Kind: "screening", Row: 1})
	})
	if err != nil {
		t.Fatal(err)
	}
	beside, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { screenings(beside, v, house, 10*time.Millisecond); close(ended) }()
	for deadline := time.Now().Add(20 * time.Second); state(1) != lead.ScreeningFailed || state(2) != lead.ScreeningFailed; time.Sleep(10 * time.Millisecond) { // its list is not there
		if time.Now().After(deadline) {
			t.Fatalf("they are %s and %s", state(1), state(2))
		}
	}
	stop()
	<-ended
}
