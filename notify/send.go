package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"bihuan/calendar"
	"bihuan/store"
)

// Config is what a [Sender] needs. DB and Calendar are required.
type Config struct {
	DB       *store.DB
	Calendar func(context.Context) (calendar.Calendar, error) // asked at each pass; nothing but a test is sent on a day off
	Log      *slog.Logger                                     // nil: slog.Default
	Roots    *x509.CertPool                                   // who vouches for robots and mail servers of an own network; nil: whom the system trusts
	Every    time.Duration                                    // how often it looks for what waits; 0: every 20 seconds
}

// Sender delivers what waits. It is safe for use by many goroutines, and many may work on one database.
type Sender struct {
	Config
	tls  *tls.Config
	http *http.Client
}

const (
	// pace is the least time between two messages through one robot, on all nodes together: robots take 20 a minute and are deaf for
	// ten minutes after more (peers 70).
	pace = 3100 * time.Millisecond
	// deaf is how long a channel is left alone when it says that it was too much.
	deaf = 10 * time.Minute
	// unreached is how long a channel is left alone when it does not answer.
	unreached = time.Minute
	// robotPatience and mailPatience are how long one delivery may take. The lease is longer than both.
	robotPatience = 10 * time.Second
	mailPatience  = 20 * time.Second
	leaseTime     = 2 * time.Minute
	// sideBySide is how many channels are served at the same time, so that a dead one does not hold up the others.
	sideBySide = 4
)

// backoff is how long after its nth failure a message is tried again; after the last it stays at two hours.
var backoff = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour}

// NewSender makes a sender.
func NewSender(c Config) *Sender {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Every == 0 {
		c.Every = 20 * time.Second
	}
	s := &Sender{Config: c, tls: &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12}}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = s.tls.Clone() // the transport writes its protocols into it
	s.http = &http.Client{Timeout: robotPatience, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }} // the key goes nowhere else
	return s
}

// Run delivers what waits until ctx ends. What is being delivered then is ended first, which takes 20 seconds at most. What goes
// wrong is in the log and tried again.
func (s *Sender) Run(ctx context.Context) {
	for {
		busy, err := s.Pass(ctx)
		if ctx.Err() != nil {
			s.http.CloseIdleConnections()
			return
		}
		if err != nil {
			s.Log.ErrorContext(ctx, "messages not sent", "error", err)
		}
		wait := s.Every
		if busy {
			wait = min(wait, pace)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// Pass delivers what can be delivered now, by the calendar as it is now; busy tells that more waits only for its turn.
func (s *Sender) Pass(ctx context.Context) (busy bool, err error) {
	cal, err := s.Calendar(ctx)
	if err != nil {
		return false, fmt.Errorf("calendar: %w", err)
	}
	if err := s.expire(ctx, cal); err != nil {
		return false, err
	}
	channels, err := store.All(ctx, s.DB, store.Value[int64], `select distinct channel from message where `+dueNow, s.due(cal)...)
	if err != nil {
		return false, err
	}
	var mu sync.Mutex
	var wait sync.WaitGroup
	places := make(chan struct{}, sideBySide)
	for _, channel := range channels {
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wait.Go(func() {
			defer func() { <-places }()
			more, err2 := s.drain(ctx, cal, channel)
			mu.Lock()
			busy, err = busy || more, errors.Join(err, err2)
			mu.Unlock()
		})
	}
	wait.Wait()
	return busy, err
}

// dueNow is what can be sent now, or is being sent by somebody whose lease is over; outside of working hours only tests are. $1 is
// now, $2 the day, $3 1 in working hours.
const dueNow = `((state = 'waiting' and next <= $1) or (state = 'sending' and lease <= $1)) and ((day = $2 and $3 = 1) or kind = 'test')`

func (s *Sender) due(cal calendar.Calendar) []any {
	now := s.DB.Now()
	from, to, works := hours(cal, now)
	return []any{now.UnixMilli(), dayOf(now), number(works && !now.Before(from) && now.Before(to))}
}

// expire gives up what its day is over for: tomorrow's digest says it anew.
func (s *Sender) expire(ctx context.Context, cal calendar.Calendar) error {
	now := s.DB.Now()
	day := dayOf(now)
	if _, to, works := hours(cal, now); !works || !now.Before(to) {
		day = dayOf(now.AddDate(0, 0, 1))
	}
	const over = ` day < (case when kind = 'test' then $3 else $1 end) and (state = 'waiting' or (state = 'sending' and lease <= $2))`
	n, err := store.One(ctx, s.DB, store.Value[int64], `select count(*) from message where`+over, day, now.UnixMilli(), dayOf(now))
	if err != nil || n == 0 {
		return err
	}
	return s.DB.Housekeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `update message set state = 'failed', lease = 0, error = case when error = '' then $4 else error end where`+over,
			day, now.UnixMilli(), dayOf(now), "到下班还没有轮到发送")
		return err
	})
}

// claim is a message that this node holds the lease of.
type claim struct {
	id, lease   int64
	tries       int
	kind        string
	title, body string
	to          string // mail address
	channel     Channel
}

// drain delivers the messages of one channel as long as it takes them; busy tells that more wait for its turn.
func (s *Sender) drain(ctx context.Context, cal calendar.Calendar, channel int64) (busy bool, err error) {
	for ctx.Err() == nil {
		c, found, turn, err := s.claim(ctx, cal, channel)
		if err != nil || !found {
			return false, err
		}
		if !turn {
			return true, nil
		}
		// Once begun, a delivery is ended: cut off in the middle nobody knows whether the platform took it.
		if err := s.settle(context.WithoutCancel(ctx), cal, c, s.deliver(context.WithoutCancel(ctx), c)); err != nil {
			return false, err
		}
	}
	return false, nil
}

// claim takes the lease of the next message of a channel, if the channel may be used now. All nodes pass through the row of
// channel_turn, which spaces what goes through one robot.
func (s *Sender) claim(ctx context.Context, cal calendar.Calendar, channel int64) (c claim, found, turn bool, err error) {
	err = s.DB.Housekeep(ctx, func(tx *store.Tx) error {
		c, found, turn = claim{}, false, false
		due := append(s.due(cal), channel)
		next, err := store.All(ctx, tx, store.Value[int64], `select id from message where `+dueNow+` and channel = $4 order by next, id limit 1`, due...)
		if err != nil || len(next) == 0 {
			return err
		}
		found = true
		c.channel, err = store.One(ctx, tx, scanChannel, channelQuery+` where c.id = $1`, channel)
		if errors.Is(err, store.ErrNotFound) {
			found = false
			_, err = tx.Exec(ctx, `update message set state = 'failed', lease = 0, error = $1
				where channel = $2 and (state = 'waiting' or (state = 'sending' and lease <= $3))`, errRemoved, channel, tx.Now.UnixMilli())
		}
		if err != nil || !found {
			return err
		}
		if turn, err = takeTurn(ctx, tx, c.channel); err != nil || !turn {
			return err
		}
		lease := tx.Now.Add(leaseTime).UnixMilli()
		rows, err := store.All(ctx, tx, func(rows *sql.Rows, c *claim) error {
			return rows.Scan(&c.id, &c.tries, &c.kind, &c.title, &c.body, &c.to)
		}, `update message set state = 'sending', lease = $5, tries = tries + 1 where id = $4 and `+dueNow+`
			returning id, tries, kind, title, body, coalesce((select mail from staff where staff.id = message.staff), '')`, append(s.due(cal), next[0], lease)...)
		if err != nil {
			return err
		}
		if len(rows) == 0 { // another node was quicker; the next pass sees what is left
			turn = false
			return nil
		}
		rows[0].channel, rows[0].lease = c.channel, lease
		c = rows[0]
		return nil
	})
	return c, found, turn, err
}

// takeTurn tells whether the channel may be used now, and for a robot keeps it to ourselves for a while.
func takeTurn(ctx context.Context, tx *store.Tx, c Channel) (bool, error) {
	now := tx.Now.UnixMilli()
	if c.Kind == Mail {
		n, err := store.One(ctx, tx, store.Value[int64], `select count(*) from channel_turn where channel = $1 and next > $2`, c.ID, now)
		return n == 0, err
	}
	n, err := tx.Exec(ctx, `insert into channel_turn (channel, next) values ($1, $2)
		on conflict (channel) do update set next = excluded.next where channel_turn.next <= $3`, c.ID, tx.Now.Add(pace).UnixMilli(), now)
	return n == 1, err
}

// outcome is how a delivery ended.
type outcome struct {
	failed string        // why it was not taken, in words for people; empty: it was
	answer string        // what the platform said
	final  bool          // trying again is of no use
	pause  time.Duration // how long the channel is to be left alone
}

func (s *Sender) deliver(ctx context.Context, c claim) outcome {
	if !c.channel.Active {
		return outcome{failed: "通知渠道已停用", final: true}
	}
	if c.channel.Kind == Mail {
		return s.mail(ctx, c)
	}
	return s.robot(ctx, c)
}

// settle writes down how a delivery ended, unless the lease ran out meanwhile and somebody else has the message.
func (s *Sender) settle(ctx context.Context, cal calendar.Calendar, c claim, o outcome) error {
	return s.DB.Housekeep(ctx, func(tx *store.Tx) error {
		state, next, sent := stateSent, int64(0), tx.Now.UnixMilli()
		if o.failed != "" {
			wait := max(backoff[min(c.tries, len(backoff))-1], o.pause)
			again := tx.Now.Add(wait)
			state, next, sent = stateWaiting, again.UnixMilli(), 0
			if _, to, _ := hours(cal, tx.Now); o.final || c.kind == kindTest || !again.Before(to) {
				state = stateFailed
			}
			s.Log.WarnContext(ctx, "message not taken", "message", c.id, "channel", c.channel.ID, "kind", c.channel.Kind, "try", c.tries, "why", o.failed)
		}
		if o.pause > 0 {
			_, err := tx.Exec(ctx, `insert into channel_turn (channel, next) values ($1, $2)
				on conflict (channel) do update set next = excluded.next`, c.channel.ID, tx.Now.Add(o.pause).UnixMilli())
			if err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, `update message set state = $1, next = $2, lease = 0, error = $3, answer = $4, sent = $5
			where id = $6 and state = 'sending' and lease = $7`, state, next, cut(o.failed, 600), cut(o.answer, 600), sent, c.id, c.lease)
		if err == nil && n == 0 {
			s.Log.WarnContext(ctx, "lease of a message ran out", "message", c.id, "failed", o.failed)
		}
		return err
	})
}

// unreachable is the outcome of a channel that does not answer; err holds no address.
func unreachable(what string, patience time.Duration, err error) outcome {
	var late interface{ Timeout() bool }
	if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &late) && late.Timeout()) {
		return outcome{failed: fmt.Sprintf("%s %d 秒内没有回答", what, int(patience.Seconds())), pause: unreached}
	}
	return outcome{failed: what + "连不上：" + oneLine(err.Error()), pause: unreached}
}
