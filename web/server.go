// Package web is what people see: server-rendered pages over the ledger, one file for each family of pages. It decides nothing;
// what may be done and what is right stands in the packages below it.
package web

import (
	"bytes"
	"html/template"
	"log/slog"
	"net/http"
	"sync"

	"github.com/alexedwards/scs/v2"

	"bihuan/calendar"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// Config is what a server needs. DB, Files and Calendar are required.
type Config struct {
	DB       *store.DB
	Files    *evidence.Files   // documents as they came in
	Calendar calendar.Calendar // working days
	Log      *slog.Logger      // nil: slog.Default
	Secure   bool              // the site is reached by https: cookies are sent over nothing else
}

// Server answers requests. It is safe for use by many goroutines.
type Server struct {
	db       *store.DB
	files    *evidence.Files
	calendar calendar.Calendar
	log      *slog.Logger

	sessions *scs.SessionManager
	assets   assets
	pages    map[string]*template.Template
	buffers  sync.Pool // of *bytes.Buffer, pages are rendered into
	people   *memo[personKey, org.Person]
	findings *memo[ledger.Key, ledger.Finding]
	rows     *memo[rowKey, rendered]
	dues     *memo[dueKey, light]
	counts   *memo[countKey, ledger.Counts]
	totals   *memo[countKey, int]
	lists    *memo[listKey, []ledger.Key]
	choices  *memo[choiceKey, choices]
	orders   *memo[orderKey, []int64]
	overview *memo[overviewKey, template.HTML]
	heavy    chan struct{} // a place for each request that may be heavy at the same time
	exports  chan struct{} // the place for writing a file: two of a whole district at once are too much for a small PC
	logins   *limits
}

// What is kept at most: the rendered rows of some 13,000 findings, and some 5,000 findings with all that is under them.
const (
	rowBytes     = 24 << 20
	findingBytes = 8 << 20
	choiceBytes  = 4 << 20
)

// New builds a server. It panics when a template or asset is broken: they are part of the program.
func New(c Config) *Server {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	s := &Server{db: c.DB, files: c.Files, calendar: c.Calendar, log: c.Log}
	s.buffers.New = func() any { return new(bytes.Buffer) }
	s.people = newMemo[personKey, org.Person](2000, nil)
	s.findings = newMemo[ledger.Key](findingBytes, findingSize)
	s.dues = newMemo[dueKey, light](5000, nil)
	s.rows = newMemo[rowKey](rowBytes, func(r rendered) int { return len(r.HTML) + 200 })
	s.counts = newMemo[countKey, ledger.Counts](2000, nil)
	s.totals = newMemo[countKey, int](2000, nil)
	s.lists = newMemo[listKey, []ledger.Key](2000, nil)
	s.choices = newMemo[choiceKey](choiceBytes, choices.size)
	s.orders = newMemo[orderKey](500_000, func(ids []int64) int { return len(ids) + 10 })
	s.overview = newMemo[overviewKey, template.HTML](50, nil)
	s.heavy = make(chan struct{}, 2)
	s.exports = make(chan struct{}, 1)
	s.logins = newLimits()
	s.sessions = newSessions(c.DB, c.Secure)
	s.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) { s.fail(w, r, &visit{}, err) }
	var err error
	if s.assets, err = loadAssets(); err == nil {
		s.pages, err = parsePages(s.assets)
	}
	if err != nil {
		panic(err)
	}
	return s
}

// handler answers one request of somebody signed in. An error becomes the page that says it; see [Server.fail].
type handler func(w http.ResponseWriter, r *http.Request, v *visit) error

// routes is everything there is to ask for, and who may: somebody signed in, or anybody.
func (s *Server) routes() map[string]http.Handler {
	return map[string]http.Handler{
		"GET /{$}":     s.signedIn(s.home),
		"POST /logout": s.signedIn(s.logout),

		"GET /ledger":       s.signedIn(s.ledgerShow),
		"GET /ledger/print": s.signedIn(s.ledgerPrint),
		"GET /ledger.xlsx":  s.signedIn(s.ledgerXlsx),
		"GET /overview":     s.signedIn(s.overviewShow),
		"GET /search":       s.signedIn(s.searchShow),

		"GET /plan/{id}":         s.signedIn(s.planShow),
		"GET /plan/{id}/{paper}": s.signedIn(s.paper),

		"GET /finding/{id}":           s.signedIn(s.findingShow),
		"GET /finding/{id}/edit":      s.signedIn(s.dutyForm),
		"POST /finding/{id}/edit":     s.signedIn(s.dutySave),
		"GET /finding/{id}/progress":  s.signedIn(s.progressForm),
		"POST /finding/{id}/progress": s.signedIn(s.progressSave),
		"GET /finding/{id}/measure":   s.signedIn(s.measureForm),
		"POST /finding/{id}/measure":  s.signedIn(s.measureSave),
		"POST /finding/{id}/answer":   s.signedIn(s.answerSave),

		"GET /import":               s.signedIn(s.importNew),
		"POST /import":              s.signedIn(s.importCreate),
		"GET /import/template.xlsx": s.signedIn(s.importTemplate),
		"GET /import/{id}":          s.signedIn(s.importShow),
		"POST /import/{id}/correct": s.signedIn(s.importCorrect),
		"POST /import/{id}/confirm": s.signedIn(s.importConfirm),
		"POST /import/{id}/drop":    s.signedIn(s.importDrop),
		"GET /file/{hash}":          s.signedIn(s.file),

		"GET /today":              s.signedIn(s.todayShow),
		"POST /today/big":         s.signedIn(s.todayBig),
		"POST /today/receive":     s.signedIn(s.todayReceive),
		"GET /today/{id}":         s.signedIn(s.errandShow),
		"POST /today/{id}":        s.signedIn(s.errandReport),
		"GET /today/{id}/receipt": s.signedIn(s.receiptShow),

		"GET /letter":                  s.signedIn(s.lettersShow),
		"POST /letter":                 s.signedIn(s.letterDraft),
		"POST /letter/send":            s.signedIn(s.lettersSend),
		"GET /letter/{id}":             s.signedIn(s.letterShow),
		"POST /letter/{id}":            s.signedIn(s.letterAct),
		"GET /letter/{id}/letter.docx": s.signedIn(s.letterDocx),

		"GET /handover":                    s.signedIn(s.handOverForm),
		"POST /handover":                   s.signedIn(s.handOverSave),
		"GET /handover/{id}":               s.signedIn(s.handedShow),
		"GET /handover/{id}/handover.docx": s.signedIn(s.handedDocx),

		"GET /month":                  s.signedIn(s.monthShow),
		"GET /month.docx":             s.signedIn(s.monthDocx),
		"GET /month.xlsx":             s.signedIn(s.monthXlsx),
		"GET /closing/{id}/slip.docx": s.signedIn(s.closingSlipDocx),

		"/": s.signedIn(s.nowhere),

		"GET /login":         s.withSession(s.loginForm),
		"POST /login":        s.withSession(s.login),
		"GET /static/{name}": http.HandlerFunc(s.asset),
	}
}

// Handler is the whole site.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range s.routes() {
		mux.Handle(pattern, h)
	}
	sameSite := http.NewCrossOriginProtection()
	sameSite.SetDenyHandler(http.HandlerFunc(s.foreign))
	return s.guard(sameSite.Handler(mux))
}

// home is where somebody lands.
func (s *Server) home(w http.ResponseWriter, r *http.Request, _ *visit) error {
	http.Redirect(w, r, "/ledger", http.StatusSeeOther)
	return nil
}

// nowhere answers for all addresses that no route has.
func (s *Server) nowhere(http.ResponseWriter, *http.Request, *visit) error { return store.ErrNotFound }
