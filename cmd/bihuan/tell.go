package main

import (
	"context"
	"log/slog"
	"time"

	"bihuan/calendar"
	"bihuan/ledger"
	"bihuan/notify"
	"bihuan/store"
)

// tellEvery is how often is looked what people are to be told. Nobody is told more often for it: one digest a day, red things once.
const tellEvery = 10 * time.Minute

// tell makes messages of what people are to be told and delivers them, until ctx ends. site is the address people open, for links.
func tell(ctx context.Context, db *store.DB, site string, every time.Duration) {
	calendarNow := func(ctx context.Context) (calendar.Calendar, error) { return ledger.Calendar(ctx, db) }
	delivered := make(chan struct{})
	go func() {
		defer close(delivered)
		notify.NewSender(notify.Config{DB: db, Calendar: calendarNow, Log: slog.Default()}).Run(ctx)
	}()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := announce(ctx, db, site); err != nil && ctx.Err() == nil {
			slog.Error("tell", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	<-delivered
}

// announce makes the messages that are due now.
func announce(ctx context.Context, db *store.DB, site string) error {
	cal, err := ledger.Calendar(ctx, db)
	if err != nil {
		return err
	}
	n, err := ledger.Announce(ctx, db, cal, site)
	if n > 0 {
		slog.Info("tell", "messages", n)
	}
	return err
}
