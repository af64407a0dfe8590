package main

import (
	"context"
	"log/slog"
	"time"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/store"
)

// lookEvery is how often is looked at what was entered.
const lookEvery = 20 * time.Second

// lookOut compares what people enter with what there is, beside their work, until ctx ends. What fails is logged and tried again.
func lookOut(ctx context.Context, db *store.DB, files *evidence.Files, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	out := evidence.NewLookout(db, files)
	day := ""
	for {
		if err := look(ctx, db, out, &day); err != nil && ctx.Err() == nil {
			slog.Error("hints", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look does it once, and on a new day looks at the inspections that have begun.
func look(ctx context.Context, db *store.DB, out *evidence.Lookout, day *string) error {
	cal, err := ledger.Calendar(ctx, db)
	if err != nil {
		return err
	}
	started := time.Now()
	n, err := ledger.LookOut(ctx, db, out, cal)
	if n > 0 {
		slog.Info("hints", "looked at", n, "took", time.Since(started).Round(time.Millisecond))
	}
	if today := db.Now().Format(time.DateOnly); err == nil && today != *day {
		if err = ledger.LookAtRounds(ctx, db, out, cal); err == nil {
			*day = today
		}
	}
	return err
}
