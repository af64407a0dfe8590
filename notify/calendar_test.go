package notify

import (
	"context"
	"errors"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/org"
	"bihuan/store/storetest"
)

// published is the calendar of a sender that nobody imported anything into.
func published(context.Context) (calendar.Calendar, error) { return calendar.Published(), nil }

// A sender keeps to the calendar as it is at each pass: a day off that is entered while it runs is one, and a calendar that cannot be
// read delivers nothing and is read again.
func TestSenderReadsTheCalendar(t *testing.T) {
	d := found(t, storetest.SQLite(t))
	d.channel(d.town, WeCom, d.platform.URL+"/town", "")
	d.compose(d.item("孟昭宁", Yellow, "a"))
	s := d.sender(d.db)
	broken := errors.New("no calendar")
	s.Calendar = func(context.Context) (calendar.Calendar, error) { return calendar.Calendar{}, broken }
	if _, err := s.Pass(ctx); !errors.Is(err, broken) {
		t.Errorf("a calendar that cannot be read: %v", err)
	}
	year, err := calendar.Parse("2026-04-16 2026-04-16 off 测试假")
	if err != nil {
		t.Fatal(err)
	}
	s.Calendar = func(context.Context) (calendar.Calendar, error) { return calendar.Published().With(year), nil }
	pass(t, s)
	if m := d.only(); m.State == stateSent {
		t.Errorf("sent on a day off: %+v", m)
	}
}

// Who may configure by a post sees the channels and messages of the post's unit, and not those of the own unit, where they may not.
func TestConfigureByPost(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		d.channel(d.town, WeCom, d.platform.URL+"/town", "")
		d.compose(d.item("孟昭宁", Yellow, "a"))
		town := d.clerk().Unit
		who := org.Person{ID: 77, Name: "借调", Role: org.Cadre, Unit: d.people["陆行舟"].Unit, Posts: []org.PostHeld{{ID: 1, Title: "信息员", Role: org.Clerk, Unit: town}}}
		channels, err := Channels(ctx, d.db, who)
		if err != nil || len(channels) != 1 {
			t.Errorf("%d channels, %v", len(channels), err)
		}
		list, err := Messages(ctx, d.db, who, MessageFilter{}, 10)
		if err != nil || len(list) != 1 {
			t.Errorf("%d messages, %v", len(list), err)
		}
		who.Unit, who.Posts[0].Unit = town, d.people["陆行舟"].Unit
		if channels, err = Channels(ctx, d.db, who); err != nil || len(channels) != 0 {
			t.Errorf("by a post of the village: %d channels of the town, %v", len(channels), err)
		}
	})
}

// Nobody gathers what is to be told outside of working hours, on a day off or without a channel in use.
func TestListening(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		ask := func(day string) bool {
			t.Helper()
			at, err := time.ParseInLocation("2006-01-02 15:04", day, time.Local)
			if err != nil {
				t.Fatal(err)
			}
			ok, err := Listening(ctx, d.db, calendar.Published(), at)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if ask("2026-04-16 09:00") {
			t.Error("without a channel")
		}
		id := d.channel(d.town, WeCom, d.platform.URL+"/town", "")
		for when, want := range map[string]bool{"2026-04-16 08:29": false, "2026-04-16 08:30": true, "2026-04-16 17:29": true, "2026-04-16 17:30": false,
			"2026-04-18 10:00": false, "2026-05-01 10:00": false} {
			if got := ask(when); got != want {
				t.Errorf("%s: %v", when, got)
			}
		}
		if err := ChangeChannel(ctx, d.db, d.clerk(), id, 1, ChannelEdit{}); err != nil {
			t.Fatal(err)
		}
		if ask("2026-04-16 09:00") {
			t.Error("with a channel that is not in use")
		}
	})
}
