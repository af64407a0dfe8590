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
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Config is what a server needs. DB, Files and Calendar are required.
type Config struct {
	DB        *store.DB
	Residents *vault.Vault      // what is known of residents; nil: the pages about them say that there is nothing
	Files     *evidence.Files   // documents as they came in
	Calendar  calendar.Calendar // working days
	Record    journal.Log       // signs the heads of the record
	Cosigner  *journal.Cosigner // has them signed by another; nil: nobody
	Witness   journal.Witness   // signs those of others
	// ResidentsRecord is the record of the database of residents, and ResidentsCosigner has its heads signed by another; nil: nobody.
	ResidentsRecord   journal.Log
	ResidentsCosigner *journal.Cosigner
	// WitnessKey is the verifier key of whom the Cosigner asks: it goes into proof packs.
	WitnessKey string
	Log        *slog.Logger // nil: slog.Default
	Secure     bool         // the site is reached by https: cookies are sent over nothing else
	Site       string       // address that people open, without a slash at its end, for QR codes on papers; empty when nobody has said it
	Ops        Ops          // what is told of the installation
}

// Server answers requests. It is safe for use by many goroutines.
type Server struct {
	db                *store.DB
	vault             *vault.Vault
	files             *evidence.Files
	calendar          calendar.Calendar
	log               *slog.Logger
	record            journal.Log
	cosigner          *journal.Cosigner
	residentsRecord   journal.Log
	residentsCosigner *journal.Cosigner
	witness           journal.Witness
	address           string // see Config.Site

	witnessKey string // see Config.WitnessKey
	ops        Ops

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
	overview *memo[overviewKey, overviewKept]
	stamps   *memo[int64, ledger.TitlesStamp] // by the head of the journal
	titles   *memo[ledger.TitlesStamp, *ledger.Titles]
	heavy    chan struct{} // a place for each request that may be heavy at the same time
	exports  chan struct{} // the place for writing a file: two of a whole district at once are too much for a small PC
	logins   *limits

	yardsticks *memo[int64, yardstick]
	calendars  *memo[string, calendar.Calendar]
	waiting    *memo[personKey, ledger.Waiting]
	scans      *memo[scanKey, []ledger.Flaw]
	asks       *limits // answers of villagers
	codes      *limits // codes of papers that are looked up
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
	s := &Server{db: c.DB, vault: c.Residents, files: c.Files, calendar: c.Calendar, log: c.Log, record: c.Record, cosigner: c.Cosigner, witness: c.Witness, residentsRecord: c.ResidentsRecord, residentsCosigner: c.ResidentsCosigner,
		witnessKey: c.WitnessKey, address: c.Site, ops: c.Ops}
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
	s.yardsticks = newMemo[int64, yardstick](4, nil)
	s.calendars = newMemo[string, calendar.Calendar](4, nil)
	s.waiting = newMemo[personKey, ledger.Waiting](2000, nil)
	s.scans = newMemo[scanKey, []ledger.Flaw](500, nil)
	s.overview = newMemo[overviewKey, overviewKept](50, nil)
	s.stamps = newMemo[int64, ledger.TitlesStamp](10, nil)
	s.titles = newMemo[ledger.TitlesStamp, *ledger.Titles](1, nil)
	s.heavy = make(chan struct{}, 2)
	s.exports = make(chan struct{}, 1)
	s.logins, s.asks, s.codes = newLimits(), newLimits(), newLimits()
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
		"GET /work":         s.signedIn(s.workShow),
		"GET /duty":         s.signedIn(s.heatShow),
		"GET /duty.xlsx":    s.signedIn(s.heatXlsx),
		"GET /load":         s.signedIn(s.loadShow),
		"GET /search":       s.signedIn(s.searchShow),

		"GET /settings":         s.signedIn(s.settingsShow),
		"POST /settings/{name}": s.signedIn(s.settingSave),
		"GET /ops":              s.signedIn(s.opsShow),
		"POST /ops/backup":      s.signedIn(s.opsBackup),
		"POST /ops/drill":       s.signedIn(s.opsDrillAsk),
		"POST /ops/witness":     s.signedIn(s.witnessAdd),
		"GET /ops/erase":        s.signedIn(s.eraseShow),
		"POST /ops/erase/find":  s.signedIn(s.eraseFind),
		"POST /ops/erase/file":  s.signedIn(s.eraseFile),
		"POST /ops/erase":       s.signedIn(s.eraseDo),
		"GET /calendar":         s.signedIn(s.calendarShow),
		"POST /calendar/year":   s.signedIn(s.yearImport),
		"POST /calendar/event":  s.signedIn(s.eventSave),

		"GET /plan/{id}":         s.signedIn(s.planShow),
		"GET /plan/{id}/round":   s.signedIn(s.roundEdit),
		"POST /plan/{id}/round":  s.signedIn(s.roundEdit),
		"GET /plan/{id}/{paper}": s.signedIn(s.paper),

		"GET /plan/{id}/claims":            s.signedIn(s.claimsShow),
		"GET /plan/{id}/claims.xlsx":       s.signedIn(s.claimsXlsx),
		"GET /finding/{id}/claim":          s.signedIn(s.claimNew),
		"POST /finding/{id}/claim":         s.signedIn(s.claimNew),
		"GET /claim/{id}":                  s.signedIn(s.claimEdit),
		"POST /claim/{id}":                 s.signedIn(s.claimEdit),
		"POST /claim/{id}/{step}":          s.signedIn(s.claimStep),
		"GET /claim/{id}/value":            s.signedIn(s.claimValue),
		"POST /claim/{id}/value":           s.signedIn(s.claimValue),
		"GET /recommendation":              s.signedIn(s.recommendationList),
		"GET /recommendation/new":          s.signedIn(s.recommendationNew),
		"POST /recommendation/new":         s.signedIn(s.recommendationNew),
		"GET /recommendation/{id}":         s.signedIn(s.recommendationShow),
		"POST /recommendation/{id}/{step}": s.signedIn(s.recommendationStep),

		"GET /finding/{id}":           s.signedIn(s.findingShow),
		"GET /finding/{id}/edit":      s.signedIn(s.dutyForm),
		"POST /finding/{id}/edit":     s.signedIn(s.dutySave),
		"GET /finding/{id}/progress":  s.signedIn(s.progressForm),
		"POST /finding/{id}/progress": s.signedIn(s.progressSave),
		"GET /finding/{id}/measure":   s.signedIn(s.measureForm),
		"POST /finding/{id}/measure":  s.signedIn(s.measureSave),
		"POST /finding/{id}/answer":   s.signedIn(s.answerSave),

		"GET /finding/{id}/evidence":   s.signedIn(s.evidenceNew),
		"POST /finding/{id}/evidence":  s.signedIn(s.evidenceAdd),
		"GET /evidence/{id}":           s.signedIn(s.evidenceShow),
		"GET /evidence/{id}/file":      s.signedIn(s.evidenceFile),
		"GET /evidence/{id}/thumb":     s.signedIn(s.evidenceThumb),
		"GET /evidence/{id}/view":      s.signedIn(s.evidenceView),
		"GET /evidence/{id}/revise":    s.signedIn(s.evidenceReviseForm),
		"POST /evidence/{id}/revise":   s.signedIn(s.evidenceRevise),
		"POST /evidence/{id}/withdraw": s.signedIn(s.evidenceWithdraw),

		"GET /upload":               s.signedIn(s.script(s.uploadList)),
		"POST /upload":              s.signedIn(s.script(s.uploadBegin)),
		"HEAD /upload/{id}":         s.signedIn(s.script(s.uploadHead)),
		"PATCH /upload/{id}":        s.signedIn(s.script(s.uploadPiece)),
		"POST /upload/{id}/drop":    s.signedIn(s.script(s.uploadDrop)),
		"GET /plan/{id}/assign":     s.signedIn(s.assignPlan),
		"POST /plan/{id}/assign":    s.signedIn(s.assignPlanSave),
		"GET /finding/{id}/assign":  s.signedIn(s.assignForm),
		"POST /finding/{id}/assign": s.signedIn(s.assignSave),
		"GET /duty/{id}":            s.signedIn(s.dutyShow),
		"POST /duty/receive":        s.signedIn(s.dutyReceiveAll),
		"POST /duty/{id}/receive":   s.signedIn(s.dutyReceive),
		"POST /duty/{id}/rule":      s.signedIn(s.dutyRule),
		"POST /duty/{id}/stop":      s.signedIn(s.dutyStop),
		"GET /task/{id}":            s.signedIn(s.taskShow),
		"POST /task/{id}/report":    s.signedIn(s.taskReport),
		"POST /task/{id}/decide":    s.signedIn(s.taskDecide),
		"POST /task/{id}/waive":     s.signedIn(s.taskWaive),

		"GET /finding/{id}/close":          s.signedIn(s.closeForm),
		"POST /finding/{id}/close":         s.signedIn(s.closeApply),
		"GET /closing/{id}":                s.signedIn(s.closingShow),
		"GET /closing/{id}/slip":           s.signedIn(s.closingSlip),
		"POST /closing/{id}/decide":        s.signedIn(s.closingDecide),
		"POST /closing/{id}/withdraw":      s.signedIn(s.closingTake),
		"GET /finding/{id}/extend":         s.signedIn(s.extendForm),
		"POST /finding/{id}/extend":        s.signedIn(s.extendAsk),
		"GET /extension/{id}":              s.signedIn(s.extensionShow),
		"POST /extension/{id}":             s.signedIn(s.extensionDecide),
		"GET /finding/{id}/upkeep":         s.signedIn(s.upkeepShow),
		"POST /finding/{id}/upkeep/checks": s.signedIn(s.upkeepChecks),
		"POST /finding/{id}/upkeep/end":    s.signedIn(s.upkeepEnd),
		"GET /finding/{id}/reopen":         s.signedIn(s.reopenForm),
		"POST /finding/{id}/reopen":        s.signedIn(s.reopenSave),

		"GET /import":               s.signedIn(s.importNew),
		"POST /import":              s.signedIn(s.importCreate),
		"GET /import/template.xlsx": s.signedIn(s.importTemplate),
		"GET /import/{id}":          s.signedIn(s.importShow),
		"POST /import/{id}/correct": s.signedIn(s.importCorrect),
		"POST /import/{id}/confirm": s.signedIn(s.importConfirm),
		"POST /import/{id}/drop":    s.signedIn(s.importDrop),
		"GET /file/{hash}":          s.signedIn(s.file),

		"GET /told":                      s.signedIn(s.told),
		"POST /told/message/{id}/retry":  s.signedIn(s.toldRetry),
		"GET /told/channel":              s.signedIn(s.channelsShow),
		"POST /told/channel":             s.signedIn(s.channelAdd),
		"GET /told/channel/{id}":         s.signedIn(s.channelForm),
		"POST /told/channel/{id}":        s.signedIn(s.channelSave),
		"POST /told/channel/{id}/remove": s.signedIn(s.channelRemove),
		"POST /told/channel/{id}/test":   s.signedIn(s.channelTest),
		"GET /me":                        s.signedIn(s.me),
		"POST /me/feed":                  s.signedIn(s.feedNew),
		"POST /me/feed/drop":             s.signedIn(s.feedDrop),
		"GET /org":                       s.signedIn(s.orgShow),
		"GET /org/person/new":            s.signedIn(s.personForm),
		"POST /org/person/new":           s.signedIn(s.personSave),
		"GET /org/person/{id}":           s.signedIn(s.personShow),
		"GET /org/person/{id}/edit":      s.signedIn(s.personForm),
		"POST /org/person/{id}/edit":     s.signedIn(s.personSave),
		"POST /org/person/{id}/reveal":   s.signedIn(s.personReveal),
		"POST /org/person/{id}/password": s.signedIn(s.personPassword),
		"POST /org/person/{id}/leave":    s.signedIn(s.personLeave),
		"GET /org/unit/new":              s.signedIn(s.unitForm),
		"POST /org/unit/new":             s.signedIn(s.unitSave),
		"GET /org/unit/{id}/edit":        s.signedIn(s.unitForm),
		"POST /org/unit/{id}/edit":       s.signedIn(s.unitSave),
		"GET /org/post/new":              s.signedIn(s.postForm),
		"POST /org/post/new":             s.signedIn(s.postSave),
		"GET /org/post/{id}":             s.signedIn(s.postShow),
		"POST /org/post/{id}/succeed":    s.signedIn(s.postSucceed),
		"POST /org/post/{id}/hold":       s.signedIn(s.postHold),
		"POST /org/post/{id}/release":    s.signedIn(s.postRelease),
		"POST /org/post/{id}/drop":       s.signedIn(s.postDrop),
		"GET /org/places":                s.signedIn(s.placesShow),
		"POST /org/places":               s.signedIn(s.placeSave),
		"GET /org/import":                s.signedIn(s.orgImportForm),
		"POST /org/import":               s.signedIn(s.orgImport),
		"GET /org/import/template.xlsx":  s.signedIn(s.orgTemplate),
		"GET /today":                     s.signedIn(s.todayShow),
		"POST /today/big":                s.signedIn(s.todayBig),
		"POST /today/receive":            s.signedIn(s.todayReceive),
		"GET /today/{id}":                s.signedIn(s.errandShow),
		"POST /today/{id}":               s.signedIn(s.errandReport),
		"GET /today/{id}/receipt":        s.signedIn(s.receiptShow),

		"GET /hit":                s.aboutHits(s.hitList),
		"GET /hit/{id}":           s.aboutHits(s.hitShow),
		"POST /hit/{id}/verify":   s.aboutHits(s.hitVerify),
		"POST /hit/{id}/confirm":  s.aboutHits(s.hitConfirm),
		"POST /hit/{id}/correct":  s.aboutHits(s.hitCorrect),
		"POST /hit/{id}/propose":  s.aboutHits(s.hitPropose),
		"GET /hit/{id}/proof":     s.aboutHits(s.hitProof),
		"POST /hit/{id}/proof":    s.aboutHits(s.hitProofDrop),
		"GET /hit/handout":        s.aboutHits(s.handoutShow),
		"POST /hit/handout":       s.aboutHits(s.handoutSave),
		"GET /hit/outcome":        s.aboutHits(s.outcomeShow),
		"POST /hit/outcome.xlsx":  s.aboutHits(s.outcomeXlsx),
		"GET /hit/precision":      s.aboutHits(s.precisionShow),
		"GET /hit/sheet":          s.aboutHits(s.checkSheetsShow),
		"POST /hit/sheet.docx":    s.aboutHits(s.checkSheetDocx),
		"GET /hit/return":         s.aboutHits(s.returnShow),
		"POST /hit/return":        s.aboutHits(s.returnTell),
		"POST /hit/return.docx":   s.aboutHits(s.returnDocx),
		"GET /hit/sweep":          s.aboutHits(s.sweepShow),
		"POST /hit/sweep":         s.aboutHits(s.sweepEnter),
		"GET /hit/audit":          s.aboutHits(s.auditShow),
		"POST /hit/audit":         s.aboutHits(s.auditDraw),
		"POST /hit/audit.enter":   s.aboutHits(s.auditEnter),
		"GET /notice":             s.aboutHits(s.noticeList),
		"GET /notice/new":         s.aboutHits(s.noticeNew),
		"POST /notice/new":        s.aboutHits(s.noticePost),
		"GET /notice/{id}":        s.aboutHits(s.noticeShow),
		"POST /notice/{id}/down":  s.aboutHits(s.noticeDown),
		"GET /notice/p/{token}":   s.anybody(s.noticePublic),
		"GET /verify/{id}":        s.aboutHits(s.verifyShow),
		"GET /verify/{id}/{hit}":  s.aboutHits(s.verifyHitShow),
		"POST /verify/{id}/{hit}": s.aboutHits(s.verifyHitSave),

		"GET /hint":       s.signedIn(s.hintsShow),
		"GET /hint/{id}":  s.signedIn(s.hintShow),
		"POST /hint/{id}": s.signedIn(s.hintDismiss),

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

		"GET /sample":                s.signedIn(s.samplesShow),
		"GET /sample/new":            s.signedIn(s.sampleNew),
		"POST /sample/new":           s.signedIn(s.sampleDraw),
		"GET /sample/{id}":           s.signedIn(s.sampleShow),
		"GET /sample/{id}/frame.txt": s.signedIn(s.sampleFrame),
		"GET /visit/{id}":            s.signedIn(s.visitShow),
		"POST /visit/{id}":           s.signedIn(s.visitSave),
		"GET /finding/{id}/survey":   s.signedIn(s.surveysShow),
		"POST /finding/{id}/survey":  s.signedIn(s.surveyOpen),
		"GET /survey/{id}":           s.signedIn(s.surveyShow),
		"POST /survey/{id}/paper":    s.signedIn(s.surveyPaper),
		"GET /survey/{id}/sheet":     s.signedIn(s.surveySheet),
		"GET /ask/{code}":            s.anybody(s.askShow),
		"POST /ask/{code}":           s.anybody(s.askVote),
		"GET /ask/{code}/thanks":     s.anybody(s.askThanks),

		"GET /benefit":                    s.signedIn(s.benefitShow),
		"GET /reveal":                     s.signedIn(s.revealsShow),
		"GET /reveal/{column}/{id}":       s.signedIn(s.revealForm),
		"POST /reveal/{column}/{id}":      s.signedIn(s.revealSee),
		"GET /programme":                  s.signedIn(s.programmeList),
		"GET /programme/new":              s.signedIn(s.programmeNew),
		"POST /programme/new":             s.signedIn(s.programmeNew),
		"GET /programme/{id}":             s.signedIn(s.programmeShow),
		"GET /programme/{id}/edit":        s.signedIn(s.programmeEdit),
		"POST /programme/{id}/edit":       s.signedIn(s.programmeEdit),
		"POST /programme/{id}/basis":      s.signedIn(s.programmeBasis),
		"GET /programme/{id}/value":       s.signedIn(s.programmeValue),
		"POST /programme/{id}/value":      s.signedIn(s.programmeValue),
		"GET /roll":                       s.onResidents(s.rollList),
		"POST /roll/find":                 s.onResidents(s.rollFind),
		"GET /roll/{id}/review":           s.onResidents(s.rollReview),
		"POST /roll/{id}/review":          s.onResidents(s.rollReview),
		"GET /roll/{id}/member":           s.onResidents(s.memberNew),
		"POST /roll/{id}/member":          s.onResidents(s.memberNew),
		"GET /roll/{id}/member/{member}":  s.onResidents(s.memberEnd),
		"POST /roll/{id}/member/{member}": s.onResidents(s.memberEnd),
		"GET /person/{id}":                s.onResidents(s.residentShow),
		"GET /person/{id}/edit":           s.onResidents(s.residentEdit),
		"POST /person/{id}/edit":          s.onResidents(s.residentEdit),
		"GET /application":                s.onResidents(s.applicationList),
		"GET /application/new":            s.onResidents(s.applicationNew),
		"POST /application/new":           s.onResidents(s.applicationNew),
		"GET /application/{id}":           s.onResidents(s.applicationShow),
		"POST /application/{id}/{step}":   s.onResidents(s.applicationStep),
		"GET /payment":                    s.onResidents(s.paymentList),
		"POST /payment":                   s.onResidents(s.paymentAdd),
		"GET /payment/{id}":               s.onResidents(s.paymentEdit),
		"POST /payment/{id}":              s.onResidents(s.paymentEdit),
		"POST /payment/{id}/void":         s.onResidents(s.paymentVoid),
		"GET /dataset":                    s.onResidents(s.datasetsShow),
		"GET /dataset/new":                s.onResidents(s.datasetNew),
		"POST /dataset/new":               s.onResidents(s.datasetAdd),
		"GET /dataset/{id}":               s.onResidents(s.datasetShow),
		"POST /dataset/{id}/confirm":      s.onResidents(s.datasetConfirm),
		"POST /dataset/{id}/delete":       s.onResidents(s.datasetDelete),
		"POST /dataset/{id}/payments":     s.onResidents(s.datasetRecord),

		"GET /application/letter":             s.onCountyLetters(s.countyLetterList),
		"GET /application/letter/new":         s.onResidents(s.countyLetterNew),
		"POST /application/letter/new":        s.onResidents(s.countyLetterNew),
		"GET /application/letter/{id}":        s.onCountyLetters(s.countyLetterShow),
		"GET /application/letter/{id}/edit":   s.onResidents(s.countyLetterEdit),
		"POST /application/letter/{id}/edit":  s.onResidents(s.countyLetterEdit),
		"POST /application/letter/{id}/docx":  s.onResidents(s.countyLetterDocx),
		"POST /application/letter/{id}/{act}": s.onCountyLetters(s.countyLetterAct),

		"GET /screening":                 s.onResidents(s.screeningsShow),
		"GET /screening/new":             s.onResidents(s.screeningNew),
		"POST /screening/new":            s.onResidents(s.screeningStart),
		"GET /screening/forecast":        s.onResidents(s.forecastShow),
		"GET /screening/{id}":            s.onResidents(s.screeningShow),
		"POST /screening/{id}/stop":      s.onResidents(s.screeningStop),
		"POST /screening/{id}/discard":   s.onResidents(s.screeningDiscard),
		"POST /screening/{id}/repeat":    s.onResidents(s.screeningRepeat),
		"POST /screening/{id}/explain":   s.onResidents(s.screeningExplain),
		"POST /screening/{id}/hits.xlsx": s.onResidents(s.screeningXlsx),
		"GET /screening/{id}/compare":    s.onResidents(s.screeningCompare),

		"GET /card":                     s.signedIn(s.cardsShow),
		"GET /card/new":                 s.signedIn(s.cardNew),
		"POST /card/new":                s.signedIn(s.cardNew),
		"GET /card/household":           s.signedIn(s.householdsShow),
		"POST /card/household":          s.signedIn(s.householdsCount),
		"POST /card/household/list":     s.signedIn(s.householdsImport),
		"GET /card/{id}":                s.signedIn(s.cardShow),
		"GET /card/{id}/edit":           s.signedIn(s.cardEdit),
		"POST /card/{id}/edit":          s.signedIn(s.cardEdit),
		"POST /card/{id}/withdraw":      s.signedIn(s.cardWithdraw),
		"GET /card/{id}/print":          s.signedIn(s.cardPrint),
		"GET /card/{id}/public":         s.anybody(s.cardPublic),
		"GET /card/{id}/deliver":        s.signedIn(s.deliverShow),
		"POST /card/{id}/deliver":       s.signedIn(s.deliverSave),
		"POST /card/{id}/way":           s.signedIn(s.deliverOther),
		"GET /awareness":                s.signedIn(s.wavesShow),
		"GET /awareness/new":            s.signedIn(s.waveNew),
		"POST /awareness/new":           s.signedIn(s.waveNew),
		"GET /awareness/village":        s.signedIn(s.mandatoryEdit),
		"POST /awareness/village":       s.signedIn(s.mandatoryEdit),
		"GET /awareness/{id}":           s.signedIn(s.waveShow),
		"GET /awareness/{id}/frame.txt": s.signedIn(s.waveFrame),
		"GET /awareness/{id}/sheet":     s.signedIn(s.interviewSheet),
		"GET /awareness/{id}/ask":       s.signedIn(s.interviewShow),
		"POST /awareness/{id}/ask":      s.signedIn(s.interviewSave),
		"GET /request":                  s.signedIn(s.requestsShow),
		"POST /request":                 s.signedIn(s.requestQuick),
		"GET /request/new":              s.signedIn(s.requestNew),
		"POST /request/new":             s.signedIn(s.requestNew),
		"GET /request/{id}":             s.signedIn(s.requestShow),
		"POST /request/{id}/answer":     s.signedIn(s.requestAnswer),
		"POST /request/{id}/apply":      s.signedIn(s.requestApply),
		"POST /request/{id}/close":      s.signedIn(s.requestClose),

		"/": s.signedIn(s.nowhere),

		"GET /check":         s.withSession(s.check),
		"GET /check/{code}":  s.withSession(s.check),
		"GET /login":         s.withSession(s.loginForm),
		"POST /login":        s.withSession(s.login),
		"GET /static/{name}": http.HandlerFunc(s.asset),
		"GET /feed/{secret}": http.HandlerFunc(s.feed),

		"POST /finding/{id}/pack": s.signedIn(s.findingPack),
		"POST /closing/{id}/pack": s.signedIn(s.closingPack),
		"POST /letter/{id}/pack":  s.signedIn(s.letterPack),
		"POST /month/pack":        s.signedIn(s.monthPack),
		"GET /verify.html":        http.HandlerFunc(s.verifyPage),

		"GET /log/checkpoint":          http.HandlerFunc(s.logCheckpoint),
		"GET /log/key":                 http.HandlerFunc(s.logKey),
		"GET /log/tile/{level}/{n...}": http.HandlerFunc(s.logTile),
		"POST /witness/add-checkpoint": LimitWitness(s.witness.ServeSign, s.db.Now),
		"GET /witness/checkpoint":      http.HandlerFunc(s.witness.ServeLast),
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

// nowhere answers for all addresses that no route has.
func (s *Server) nowhere(http.ResponseWriter, *http.Request, *visit) error { return store.ErrNotFound }
