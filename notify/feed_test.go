package notify

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bihuan/journal"
	"bihuan/store"
)

func TestFeed(t *testing.T) {
	now := time.Date(2026, 4, 16, 9, 20, 0, 0, time.FixedZone("北京", 8*3600))
	got, err := Feed(now, "贺晓雨的待办", []Event{
		{UID: "occurrence-12@bihuan", Date: "2026-04-17", Summary: "每周五入户走访，10 户", Description: "高龄津贴；一户一档\n写明日期", URL: "https://bihuan.example/duty/12"},
		{UID: "occurrence-13@bihuan", Date: "2026-12-31", Summary: "年度巡查", Done: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `BEGIN:VCALENDAR
CALSCALE:GREGORIAN
METHOD:PUBLISH
NAME:贺晓雨的待办
PRODID:-//bihuan//feed//ZH
REFRESH-INTERVAL;VALUE=DURATION:PT4H
VERSION:2.0
X-PUBLISHED-TTL:PT4H
X-WR-CALNAME:贺晓雨的待办
BEGIN:VEVENT
DESCRIPTION:高龄津贴；一户一档\n写明日期
DTEND;VALUE=DATE:20260418
DTSTAMP:20260416T012000Z
DTSTART;VALUE=DATE:20260417
STATUS:CONFIRMED
SUMMARY:每周五入户走访，10 户
TRANSP:TRANSPARENT
UID:occurrence-12@bihuan
URL:https://bihuan.example/duty/12
END:VEVENT
BEGIN:VEVENT
DTEND;VALUE=DATE:20270101
DTSTAMP:20260416T012000Z
DTSTART;VALUE=DATE:20261231
STATUS:CONFIRMED
SUMMARY:已办：年度巡查
TRANSP:TRANSPARENT
UID:occurrence-13@bihuan
END:VEVENT
END:VCALENDAR
`
	if diff := cmp.Diff(want, strings.ReplaceAll(string(got), "\r\n", "\n")); diff != "" {
		t.Error(diff)
	}
	if _, err := Feed(now, "x", []Event{{UID: "a", Date: "待定"}}); err == nil {
		t.Error("a date that is none")
	}
	if got, err = Feed(now, "贺晓雨的待办", nil); err != nil || !bytes.HasPrefix(got, []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")) || !bytes.HasSuffix(got, []byte("\r\nEND:VCALENDAR\r\n")) {
		t.Errorf("nothing due: %q %v", got, err)
	}
}

// Whatever the words are, a reader gets them back, and no line is longer than 75 bytes.
func TestFeedReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("高龄津贴按月发 a,;:\\\"\n\t\r𠮷\u0000é")))
		want := Event{UID: fmt.Sprintf("occurrence-%d@bihuan", rapid.IntRange(1, 1e9).Draw(t, "id")), Date: "2026-02-28",
			Summary: text.Draw(t, "summary"), Description: text.Draw(t, "description")}
		got, err := Feed(time.Unix(1776302400, 0), "待办", []Event{want})
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.SplitSeq(got, []byte("\r\n")) {
			if len(line) > 75 || !utf8.Valid(line) {
				t.Fatalf("%d bytes in a line: %q", len(line), line)
			}
		}
		c, err := ical.NewDecoder(bytes.NewReader(got)).Decode()
		if err != nil {
			t.Fatal(err)
		}
		e := c.Events()[0]
		summary, err := e.Props.Text(ical.PropSummary)
		if err != nil || summary != plainLines(oneLine(want.Summary)) {
			t.Fatalf("summary %q is read as %q %v", want.Summary, summary, err)
		}
		description, err := e.Props.Text(ical.PropDescription)
		if err != nil || description != plainLines(want.Description) {
			t.Fatalf("description %q is read as %q %v", want.Description, description, err)
		}
		start, err := e.DateTimeStart(time.UTC)
		if err != nil || start.Format(time.DateOnly) != want.Date {
			t.Fatalf("%v %v", start, err)
		}
	})
}

func TestFeedSecret(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		who := d.people["郝根生"]
		if has, err := HasFeed(ctx, d.db, who.ID); err != nil || has {
			t.Fatalf("%v %v", has, err)
		}
		if _, err := FeedPerson(ctx, d.db, "", "2026-04-16"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no secret opens a feed: %v", err)
		}
		first, err := NewFeed(ctx, d.db, who)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := FeedPerson(ctx, d.db, first, "2026-04-16"); err != nil || p.ID != who.ID {
			t.Fatalf("%+v %v", p, err)
		}
		second, err := NewFeed(ctx, d.db, who)
		if err != nil || second == first || len(second) < 32 {
			t.Fatalf("%q %v", second, err)
		}
		if _, err := FeedPerson(ctx, d.db, first, "2026-04-16"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the old secret still opens: %v", err)
		}
		kept, err := store.One(ctx, d.db, store.Value[string], `select feed from staff where id = $1`, who.ID)
		if err != nil || len(kept) != 64 || strings.Contains(kept, second) {
			t.Errorf("kept: %q %v", kept, err)
		}
		said, err := journal.Of(ctx, d.db, "staff", who.ID, 9)
		if err != nil || said[0].Verb != "订阅" || strings.Contains(fmt.Sprint(said), second) {
			t.Errorf("%v %v", said, err)
		}
		if err := DropFeed(ctx, d.db, who); err != nil {
			t.Fatal(err)
		}
		if _, err := FeedPerson(ctx, d.db, second, "2026-04-16"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("dropped, it still opens: %v", err)
		}
	})
}
