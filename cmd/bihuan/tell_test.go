package main

import (
	"context"
	"testing"
	"time"

	"bihuan/notify"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// What somebody is to be told becomes one message of the day, where there is a channel, and none where there is none.
func TestAnnounce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		db, err := store.Open(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		db.Now = func() time.Time { return time.Date(2026, 4, 16, 9, 0, 0, 0, time.Local) }
		var town org.Unit
		var admin org.Person
		err = db.Write(ctx, func(tx *store.Tx) error {
			if town, err = org.AddUnit(ctx, tx, org.Program, org.Unit{}, org.Town, "栖禾镇", 0); err != nil {
				return err
			}
			id, err := org.AddStaff(ctx, tx, org.Program, town, "贺晓雨", "", org.Admin, "he", "mi-ma-mi-ma")
			admin = org.Person{ID: id, Name: "贺晓雨", Role: org.Admin, Unit: town}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		messages := func() int {
			t.Helper()
			if err := announce(ctx, db, "http://10.1.2.3:8080"); err != nil {
				t.Fatal(err)
			}
			n, err := store.One(ctx, db, store.Value[int], `select count(*) from message`)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := messages(); n != 0 {
			t.Errorf("%d messages without a channel", n)
		}
		if _, err := notify.AddChannel(ctx, db, admin, town.ID, notify.WeCom, "https://robot.invalid/cgi-bin/webhook/send?key=ceshi", ""); err != nil {
			t.Fatal(err)
		}
		if n := messages(); n != 0 {
			t.Errorf("%d messages with nothing to tell", n)
		}
		// The loop ends with its context, with nothing under way.
		running, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { tell(running, db, "http://10.1.2.3:8080", time.Millisecond); close(ended) }()
		time.Sleep(20 * time.Millisecond)
		stop()
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			t.Fatal("it goes on after its end")
		}
	})
}
