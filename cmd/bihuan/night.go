package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/store"
)

// nightEvery is how often is looked whether another day has begun.
const nightEvery = 5 * time.Minute

// nights does the work of the turn of a day: at once for a day that has not had it, and then on each new day, until ctx ends. What
// fails is logged and tried again.
func nights(ctx context.Context, db *store.DB, files *evidence.Files, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := night(ctx, db, files); err != nil && ctx.Err() == nil {
			slog.Error("night", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// night does the work of today's turn unless it is done.
func night(ctx context.Context, db *store.DB, files *evidence.Files) error {
	today := db.Now().Format(time.DateOnly)
	if _, err := nightOf(ctx, db, today); !errors.Is(err, store.ErrNotFound) {
		return err // done, or not to be found out
	}
	started := time.Now()
	cal, err := ledger.Calendar(ctx, db)
	if err != nil {
		return err
	}
	if err := ledger.Nightly(ctx, db, cal); err != nil {
		return fmt.Errorf("night of %s: %w", today, err)
	}
	// Sweeping comes last and is made up for by the next night: a store that does not answer holds up nothing that people wait for.
	swept, err := evidence.Sweep(ctx, db, files)
	if err != nil {
		slog.Error("sweep", "day", today, "error", err)
	} else {
		slog.Info("sweep", "day", today, "did", swept.String())
	}
	said, err := nightOf(ctx, db, today)
	slog.Info("night", "day", today, "did", said, "took", time.Since(started).Round(time.Millisecond))
	return err
}

// nightOf is what was done at the turn of a day, or [store.ErrNotFound].
func nightOf(ctx context.Context, db *store.DB, day string) (string, error) {
	return store.One(ctx, db, store.Value[string], `select said from daily where task = 'night' and day = $1`, day)
}
