package notify

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-ical"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Event is a day in a person's calendar on which something is due.
type Event struct {
	UID         string // the same at every reading: occurrence-12@bihuan
	Date        string
	Summary     string
	Description string
	URL         string // whole address, may be empty
	Done        bool
}

// Feed writes events as a calendar to subscribe to (RFC 5545): whole days that block no time. name is what the calendar is called,
// now the instant of writing. An event whose date is none is an error.
func Feed(now time.Time, name string, events []Event) ([]byte, error) {
	c := ical.NewCalendar()
	c.Props.SetText(ical.PropVersion, "2.0")
	c.Props.SetText(ical.PropProductID, "-//bihuan//feed//ZH")
	c.Props.SetText(ical.PropCalendarScale, "GREGORIAN")
	c.Props.SetText(ical.PropMethod, "PUBLISH")
	c.Props.SetText(ical.PropName, oneLine(name))
	refresh := ical.NewProp(ical.PropRefreshInterval)
	refresh.Params.Set(ical.ParamValue, string(ical.ValueDuration)) // which RFC 7986 wants said
	refresh.Value = "PT4H"
	c.Props.Set(refresh)
	// What most programs read instead of NAME and REFRESH-INTERVAL; of them some stumble over a type of value.
	for name, value := range map[string]string{"X-WR-CALNAME": oneLine(name), "X-PUBLISHED-TTL": "PT4H"} {
		c.Props.SetText(name, value)
		c.Props.Get(name).Params.Del(ical.ParamValue)
	}
	for _, e := range events {
		v, err := e.component(now)
		if err != nil {
			return nil, err
		}
		c.Children = append(c.Children, v)
	}
	var b bytes.Buffer
	if len(events) == 0 {
		// RFC 5545 wants something in a calendar; programs that subscribe to one take an empty one for what it is. The encoder does not.
		writeEmpty(&b, c)
	} else if err := ical.NewEncoder(&b).Encode(c); err != nil {
		return nil, err
	}
	return fold(b.Bytes()), nil
}

func writeEmpty(b *bytes.Buffer, c *ical.Calendar) {
	b.WriteString("BEGIN:VCALENDAR\r\n")
	for _, name := range []string{ical.PropVersion, ical.PropProductID, ical.PropCalendarScale, ical.PropMethod, ical.PropName, "X-WR-CALNAME"} {
		fmt.Fprintf(b, "%s:%s\r\n", name, c.Props.Get(name).Value)
	}
	b.WriteString("END:VCALENDAR\r\n")
}

func (e Event) component(now time.Time) (*ical.Component, error) {
	day, err := time.Parse(time.DateOnly, e.Date)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.UID, err)
	}
	v := ical.NewEvent()
	v.Props.SetText(ical.PropUID, e.UID)
	v.Props.SetDateTime(ical.PropDateTimeStamp, now.UTC())
	v.Props.SetDate(ical.PropDateTimeStart, day)
	v.Props.SetDate(ical.PropDateTimeEnd, day.AddDate(0, 0, 1)) // the first day after it
	summary := oneLine(e.Summary)
	if e.Done {
		summary = "已办：" + summary
	}
	v.Props.SetText(ical.PropSummary, summary)
	if e.Description != "" {
		v.Props.SetText(ical.PropDescription, plainLines(e.Description))
	}
	if e.URL != "" {
		u, err := url.Parse(e.URL)
		if err != nil {
			return nil, fmt.Errorf("event %s: %w", e.UID, err)
		}
		v.Props.SetURI(ical.PropURL, u)
	}
	v.Props.SetText(ical.PropStatus, "CONFIRMED")
	v.Props.SetText(ical.PropTransparency, "TRANSPARENT")
	return v.Component, nil
}

// plainLines is s without the control characters that no content line may hold, its line ends as \n.
func plainLines(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// fold breaks lines longer than 75 bytes between characters, which the encoder leaves to us (RFC 5545, 3.1).
func fold(b []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.SplitSeq(bytes.TrimSuffix(b, []byte("\r\n")), []byte("\r\n")) {
		room := 75
		for len(line) > room {
			n := room
			for n > 0 && !utf8.RuneStart(line[n]) {
				n--
			}
			out.Write(line[:n])
			out.WriteString("\r\n ")
			line, room = line[n:], 74 // the blank counts
		}
		out.Write(line)
		out.WriteString("\r\n")
	}
	return out.Bytes()
}

// NewFeed gives who a new secret for the own calendar feed and returns it, this once: only its hash is kept. A secret given before
// opens nothing any more.
func NewFeed(ctx context.Context, db *store.DB, who org.Person) (string, error) {
	b := make([]byte, 20)
	_, _ = rand.Read(b)             // never fails
	secret := hex.EncodeToString(b) // nothing in it that a person would mistype or a program would break
	return secret, setFeed(ctx, db, who, feedHash(secret))
}

// DropFeed ends the calendar feed of who.
func DropFeed(ctx context.Context, db *store.DB, who org.Person) error {
	return setFeed(ctx, db, who, "")
}

func setFeed(ctx context.Context, db *store.DB, who org.Person, hash string) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		had, err := store.One(ctx, tx, store.Value[string], `select feed from staff where id = $1 and active = 1`, who.ID)
		if err != nil || had == hash {
			return err
		}
		if _, err := tx.Exec(ctx, `update staff set feed = $1 where id = $2`, hash, who.ID); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "订阅", Kind: "staff", Row: who.ID,
			Changes: []journal.Change{{Field: "日历订阅", From: feedWord(had, "有效"), To: feedWord(hash, "新地址")}}})
	})
}

func feedWord(hash, word string) string {
	if hash == "" {
		return "无"
	}
	return word
}

// HasFeed tells whether somebody subscribes to the own calendar.
func HasFeed(ctx context.Context, q store.Querier, staff int64) (bool, error) {
	hash, err := store.One(ctx, q, store.Value[string], `select feed from staff where id = $1`, staff)
	return hash != "", err
}

// FeedPerson finds whose calendar feed a secret opens, with the posts held on day; [store.ErrNotFound] for one that opens none.
func FeedPerson(ctx context.Context, q store.Querier, secret, day string) (org.Person, error) {
	if secret == "" || len(secret) > 200 {
		return org.Person{}, store.ErrNotFound
	}
	id, err := store.One(ctx, q, store.Value[int64], `select id from staff where feed = $1 and active = 1`, feedHash(secret))
	if err != nil {
		return org.Person{}, err
	}
	return org.PersonByID(ctx, q, id, day)
}

func feedHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
