package notify

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

var ctx = context.Background()

// clock is handed in and moves when it is told to.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

func (c *clock) add(d time.Duration) { c.set(c.Now().Add(d)) }

// thursday is a working day at 9:20.
var thursday = time.Date(2026, 4, 16, 9, 20, 0, 0, time.Local)

// district is a small district in a database, with a platform that its robots live on.
type district struct {
	t        testing.TB
	url      string
	db       *store.DB
	clock    *clock
	root     org.Unit
	town     org.Unit
	village  org.Unit
	people   map[string]org.Person
	platform *platform
}

func each(t *testing.T, f func(t *testing.T, d *district)) {
	storetest.Each(t, func(t *testing.T, url string) { f(t, found(t, url)) })
}

// found founds a district in the database at url.
func found(t testing.TB, url string) *district {
	t.Helper()
	d := &district{t: t, url: url, clock: &clock{t: thursday}, people: map[string]org.Person{}, platform: newPlatform(t)}
	d.db = d.open()
	unit := func(tx *store.Tx, parent org.Unit, kind, name string) org.Unit {
		u, err := org.AddUnit(ctx, tx, org.Program, parent, kind, name, 0)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	err := d.db.Write(ctx, func(tx *store.Tx) error {
		d.root = unit(tx, org.Unit{}, org.District, "临澜区")
		d.town = unit(tx, d.root, org.Town, "栖禾镇")
		d.village = unit(tx, d.town, org.Village, "东槐村")
		for _, p := range []org.Person{
			{Name: "邵文澜", Post: "区委巡察办", Role: org.Supervisor, Unit: d.root},
			{Name: "贺晓雨", Post: "党政办经办人", Role: org.Clerk, Unit: d.town},
			{Name: "孟昭宁", Post: "党委副书记", Role: org.Leader, Unit: d.town},
			{Name: "郝根生", Post: "村党支部书记", Role: org.Cadre, Unit: d.village},
			{Name: "陆行舟", Post: "经办人", Role: org.Clerk, Unit: d.village},
		} {
			id, err := org.AddStaff(ctx, tx, org.Program, p.Unit, p.Name, p.Post, p.Role, "", "")
			if err != nil {
				return err
			}
			p.ID = id
			d.people[p.Name] = p
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// open opens the district's database once more, as another node does.
func (d *district) open() *store.DB {
	d.t.Helper()
	db, err := store.Open(ctx, d.url)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { db.Close() })
	db.Now = d.clock.Now
	return db
}

// give gives somebody a mail address.
func (d *district) give(name, mail string) {
	d.t.Helper()
	err := d.db.Write(ctx, func(tx *store.Tx) error {
		if err := journal.Append(ctx, tx, journal.Entry{Verb: "修改", Kind: "staff"}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update staff set mail = $1 where id = $2`, mail, d.people[name].ID)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// clerk may configure the town.
func (d *district) clerk() org.Person { return d.people["贺晓雨"] }

// channel adds a channel to a unit, by somebody who may.
func (d *district) channel(u org.Unit, kind, address, secret string) int64 {
	d.t.Helper()
	id, err := AddChannel(ctx, d.db, org.Person{Name: "系统管理员", Role: org.Admin, Unit: d.root}, u.ID, kind, address, secret)
	if err != nil {
		d.t.Fatal(err)
	}
	return id
}

// item is something for somebody.
func (d *district) item(name, light, subject string) Item {
	return Item{Staff: d.people[name].ID, Light: light, Subject: subject, Text: subject + "的事", Link: "/finding/" + subject}
}

func (d *district) compose(items ...Item) int {
	d.t.Helper()
	n, err := Compose(ctx, d.db, calendar.Published(), "https://bihuan.example", items)
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// messages are all there are, oldest first.
func (d *district) messages() []Message {
	d.t.Helper()
	list, err := store.All(ctx, d.db, scanMessage, messageQuery+` order by m.id`)
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

func (d *district) only() Message {
	d.t.Helper()
	list := d.messages()
	if len(list) != 1 {
		d.t.Fatalf("%d messages, want one", len(list))
	}
	return list[0]
}

// sender is a node that trusts the platform.
func (d *district) sender(db *store.DB) *Sender {
	s := NewSender(Config{DB: db, Calendar: published, Roots: d.platform.roots(), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	d.t.Cleanup(s.http.CloseIdleConnections)
	return s
}

// pass lets s deliver what can be delivered now.
func pass(t testing.TB, s *Sender) bool {
	t.Helper()
	busy, err := s.Pass(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return busy
}

// platform is where robots live: it takes messages as WeCom, DingTalk and Feishu do, by the first part of the path.
type platform struct {
	*httptest.Server
	now func() time.Time

	mu     sync.Mutex
	posts  []post
	answer func(w http.ResponseWriter, r *http.Request) // nil: taken
}

// post is a message that arrived.
type post struct {
	path string
	text string
	body map[string]any
	url  string
	at   time.Time
}

func newPlatform(t testing.TB) *platform {
	p := &platform{now: time.Now}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(p.take))
	p.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)
	t.Cleanup(p.Close)
	return p
}

func (p *platform) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(p.Certificate())
	return pool
}

func (p *platform) take(w http.ResponseWriter, r *http.Request) {
	x := post{path: r.URL.Path, url: r.URL.String(), at: p.now()}
	if err := json.NewDecoder(r.Body).Decode(&x.body); err != nil || r.Method != http.MethodPost {
		http.Error(w, "not a message", http.StatusBadRequest)
		return
	}
	for _, where := range [][2]string{{"text", "content"}, {"content", "text"}} {
		if inner, ok := x.body[where[0]].(map[string]any); ok {
			x.text, _ = inner[where[1]].(string)
		}
	}
	p.mu.Lock()
	p.posts = append(p.posts, x)
	answer := p.answer
	p.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if x.body["msg_type"] != nil {
		io.WriteString(w, `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`)
	} else {
		io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
	}
}

// answers makes the platform answer so from now on.
func (p *platform) answers(status int, body string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func (p *platform) does(f func(http.ResponseWriter, *http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = f
}

// taken are the messages that arrived.
func (p *platform) taken() []post {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]post(nil), p.posts...)
}
