package web

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/scs/v2"

	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// sessionLife is how long somebody stays signed in: a working day.
const sessionLife = 12 * time.Hour

// keyStaff is the value of a session that says who is signed in.
const keyStaff = "staff"

// flashCookie holds one message for the next page. It lives in the browser, so that a saved form costs one write and not three.
const flashCookie = "bihuan-said"

func newSessions(db *store.DB, secure bool) *scs.SessionManager {
	m := scs.New()
	m.Store = sessionStore{db}
	m.Codec = sessionCodec{}
	m.Lifetime = sessionLife
	m.Cookie.Name = "bihuan"
	m.Cookie.Secure = secure
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Persist = false // closing the browser signs out
	return m
}

// sessionStore keeps sessions in the table session under the hash of their token, so that a copy of the database signs nobody in.
type sessionStore struct{ db *store.DB }

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// FindCtx implements [scs.CtxStore].
func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	data, err := store.One(ctx, s.db, func(rows *sql.Rows, b *[]byte) error { return rows.Scan(b) },
		`select data from session where token = $1 and expires > $2`, tokenHash(token), time.Now().UnixMilli())
	if errors.Is(err, store.ErrNotFound) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx implements [scs.CtxStore]. It also sweeps out what has expired.
func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	return s.db.Housekeep(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `delete from session where expires <= $1`, time.Now().UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into session (token, data, expires) values ($1, $2, $3)
			on conflict (token) do update set data = excluded.data, expires = excluded.expires`, tokenHash(token), data, expires.UnixMilli())
		return err
	})
}

// DeleteCtx implements [scs.CtxStore].
func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.db.Housekeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `delete from session where token = $1`, tokenHash(token))
		return err
	})
}

// Find implements [scs.Store].
func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements [scs.Store].
func (s sessionStore) Commit(token string, data []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expires)
}

// Delete implements [scs.Store].
func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// sessionCodec writes sessions as JSON, whose decoding costs a tenth of gob's. A session holds who is signed in and nothing else.
type sessionCodec struct{}

type sessionData struct {
	Deadline time.Time `json:"deadline"`
	Staff    int64     `json:"staff"`
}

// Encode implements [scs.Codec].
func (sessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	staff, _ := values[keyStaff].(int64) // nobody is signed in before the login
	return json.Marshal(sessionData{deadline, staff})
}

// Decode implements [scs.Codec].
func (sessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var d sessionData
	err := json.Unmarshal(b, &d)
	return d.Deadline, map[string]any{keyStaff: d.Staff}, err
}

// visit is one request of somebody signed in.
type visit struct {
	Who   org.Person
	Scope string    // what Who may see and do; results kept for one are good for all of the same
	Head  int64     // of the journal: as long as it stands nothing has changed
	Now   time.Time // the clock of the database, read once
	Today string    // the date of Now
	Days  ledger.Days
	Flash string // what was done just before
	yardstick
	waiting func() ledger.Waiting // what waits for Who, counted when a page wants it
}

// personKey keeps a person good until anything changes, or the day does: a post begins or ends with it.
type personKey struct {
	id, head int64
	day      string
}

// withSession lets h answer anybody, signed in or not.
func (s *Server) withSession(h http.HandlerFunc) http.Handler { return s.sessions.LoadAndSave(h) }

// signedIn lets h answer when somebody is signed in, and otherwise leads to the login page.
func (s *Server) signedIn(h handler) http.Handler {
	return s.withSession(func(w http.ResponseWriter, r *http.Request) {
		v, err := s.visit(r)
		switch {
		case errors.Is(err, store.ErrNotFound):
			s.toLogin(w, r)
		case err != nil:
			s.fail(w, r, v, err)
		default:
			v.Flash = s.takeFlash(w, r)
			if err := h(w, r, v); err != nil {
				s.fail(w, r, v, err)
			}
		}
	})
}

// visit finds out who asks; [store.ErrNotFound] when nobody is signed in, or somebody who has left since.
func (s *Server) visit(r *http.Request) (*visit, error) {
	ctx := r.Context()
	now := s.db.Now()
	v := &visit{Now: now, Today: now.Format(time.DateOnly)}
	id := s.sessions.GetInt64(ctx, keyStaff)
	if id == 0 {
		return v, store.ErrNotFound
	}
	var err error
	if v.Head, err = journal.Head(ctx, s.db); err != nil {
		return v, err
	}
	if v.yardstick, err = s.yardstick(ctx, v.Head); err != nil {
		return v, err
	}
	v.Days = days(v.Cal, v.Rules, v.Today)
	v.waiting = sync.OnceValue(func() ledger.Waiting { return s.waitingFor(ctx, v) })
	v.Who, err = s.people.do(ctx, personKey{id, v.Head, v.Today}, func() (org.Person, error) { return org.PersonByID(ctx, s.db, id, v.Today) })
	v.Scope = v.Who.Scope()
	return v, err
}

// toLogin leads to the login page and from there back to the page that was asked for.
func (s *Server) toLogin(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.renderLogin(w, r, http.StatusUnauthorized, loginPage{Problem: "登录已过期，刚才的内容没有保存。请重新登录后再提交。"})
		return
	}
	address := "/login"
	if r.URL.Path != "/" {
		address += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// done leads on after something was done, with a message for the next page.
func (s *Server) done(w http.ResponseWriter, r *http.Request, address, message string) error {
	s.setFlash(w, base64.RawURLEncoding.EncodeToString([]byte(message)), 60)
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// takeFlash gives the message that waits for this page, once.
func (s *Server) takeFlash(w http.ResponseWriter, r *http.Request) string {
	c, err := r.Cookie(flashCookie)
	if err != nil || r.Method != http.MethodGet {
		return ""
	}
	s.setFlash(w, "", -1)
	message, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || !utf8.Valid(message) {
		return ""
	}
	return string(message)
}

func (s *Server) setFlash(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true,
		Secure: s.sessions.Cookie.Secure, SameSite: http.SameSiteLaxMode})
}
