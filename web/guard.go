package web

import (
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"bihuan/lead"
)

// policy lets a page load what this site serves and nothing else: no inline script, no inline style, no frame.
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// maxForm bounds the body of any request but that of a list, which [listForm] bounds. Documents are the largest.
const maxForm = 32 << 20

// listForm bounds a form with a list of residents.
const listForm = lead.MostDataset + 1<<20

// mostBody is how large the body of a request may be.
func mostBody(r *http.Request) int64 {
	if r.URL.Path == datasetNewAddress {
		return listForm
	}
	return maxForm
}

// guard sets the headers of every answer, bounds every body and turns a panic into an error page.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // pages name people, and the next one at this PC is another
		r.Body = http.MaxBytesReader(w, r.Body, mostBody(r))
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.fail(w, r, &visit{}, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// limits hold back guessing, as of passwords: a few tries at once for an address and for a login name, then one every few seconds.
type limits struct {
	mu   sync.Mutex
	seen map[string]*limit
}

type limit struct {
	*rate.Limiter
	last time.Time
}

func newLimits() *limits { return &limits{seen: map[string]*limit{}} }

// Ten tries at once, then one in six seconds; an office behind one address gets room for its people.
const (
	tries       = 10
	tryEvery    = 6 * time.Second
	officeTries = 5
	mostLimits  = 10_000
	// logTries lets the two logs of each of some hundred towns behind one address have their heads signed every minute, and ask again.
	logTries = 60
)

// LimitWitness holds back, by address, who asks for signatures on the heads of logs: each costs a look into the database and, before it is
// known to be forged, some checking of signatures.
func LimitWitness(next http.HandlerFunc, now func() time.Time) http.Handler {
	asked := newLimits()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address, _, _ := net.SplitHostPort(r.RemoteAddr)
		if !asked.allow(address, logTries, now()) {
			w.Header().Set("Retry-After", "60")
			http.Error(w, "too many requests from this address", http.StatusTooManyRequests)
			return
		}
		next(w, r)
	})
}

// allow takes one try for key, worth several for an address that many share.
func (l *limits) allow(key string, factor int, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seen) >= mostLimits {
		for k, x := range l.seen {
			if now.Sub(x.last) > tries*tryEvery {
				delete(l.seen, k) // full again, so nothing is forgotten
			}
		}
		if len(l.seen) >= mostLimits {
			clear(l.seen)
		}
	}
	x := l.seen[key]
	if x == nil {
		x = &limit{Limiter: rate.NewLimiter(rate.Every(tryEvery/time.Duration(factor)), tries*factor)}
		l.seen[key] = x
	}
	x.last = now
	return x.AllowN(now, 1)
}
