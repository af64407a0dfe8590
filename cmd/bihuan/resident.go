package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"bihuan/benefit"
	"bihuan/lead"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/store"
	"bihuan/vault"
)

// screenEvery is how often is looked whether a screening waits.
const screenEvery = time.Second

// screenings does the screenings that wait until ctx ends. What an earlier program began and did not end is marked so first: on a file
// nobody else is at work, on a server others may be.
func screenings(ctx context.Context, v *vault.Vault, house *store.DB, every time.Duration) {
	whole := !v.Postgres()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		err := lead.Interrupted(ctx, v, whole)
		if whole = whole && err != nil; err == nil {
			err = lead.RunWaiting(ctx, v, house)
		}
		if err != nil && ctx.Err() == nil {
			slog.Error("screening", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// tended is what the database of residents calls for by itself, at the turn of a day and after a crash. Each may be done any number of
// times.
var tended = []func(ctx context.Context, v *vault.Vault, house *store.DB) error{
	func(ctx context.Context, v *vault.Vault, _ *store.DB) error { return lead.Expire(ctx, v) },
	func(ctx context.Context, v *vault.Vault, house *store.DB) error {
		return benefit.FollowUnits(ctx, v, house)
	},
	func(ctx context.Context, v *vault.Vault, _ *store.DB) error {
		_, err := lead.TakeDown(ctx, v)
		return err
	},
	func(context.Context, *vault.Vault, *store.DB) error { // lists in old formats lay there as they came
		n, err := office.SweepConversions()
		if n > 0 {
			slog.Info("conversions swept", "folders", n)
		}
		return err
	},
	func(ctx context.Context, v *vault.Vault, house *store.DB) error {
		cal, err := ledger.Calendar(ctx, house)
		if err != nil {
			return err
		}
		return lead.Settle(ctx, v, house, cal)
	},
}

// tend does what the database of residents calls for, until ctx ends.
func tend(ctx context.Context, v *vault.Vault, house *store.DB, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		var failed error
		for _, do := range tended {
			failed = errors.Join(failed, do(ctx, v, house))
		}
		if failed != nil && ctx.Err() == nil {
			slog.Error("tend", "error", failed)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
