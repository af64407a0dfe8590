package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// The pages of the phone: one list, one button, one sentence. They carry no bar, and nothing on them counts who came or how often.

// phoneFrame is the frame of a page of the phone.
type phoneFrame struct {
	frame
	Back string // where the switch of the letters' size leads back to
	Big  bool   // large letters
}

// bigCookie remembers on a device that large letters are wanted.
const bigCookie = "bihuan-big"

func (s *Server) phone(r *http.Request, v *visit, title string) phoneFrame {
	p := phoneFrame{frame: s.frame(v, "", title), Back: r.URL.Path}
	p.Body, p.Bare = "on-phone", true
	if c, err := r.Cookie(bigCookie); err == nil && c.Value == "1" {
		p.Body, p.Big = "on-phone big", true
	}
	return p
}

// todayBig answers POST /today/big: the other size of letters, kept on the device for a year.
func (s *Server) todayBig(w http.ResponseWriter, r *http.Request, _ *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	c := &http.Cookie{Name: bigCookie, Value: "1", Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: s.sessions.Cookie.Secure, SameSite: http.SameSiteLaxMode}
	if form.Get("big") != "1" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
	back := form.Get("back")
	if u, err := url.Parse(back); err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(back, "/") || strings.Contains(back, `\`) {
		back = "/today"
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// todayPage is the list “今天要办的”.
type todayPage struct {
	phoneFrame
	Date    string
	N       int      // what is to be done and to be received: the number in the bar
	Waiting []string // titles of what was given and waits to be received
	Letters []letterCall
	County  []todo // letters to the county that wait for the reader
	Now     []todo
	Missed  []todo
	Soon    []todo
	Later   []todo
	Done    []todo
	Empty   bool // nothing is left, and nothing is near
}

// letterCall is a letter that waits to be received.
type letterCall struct {
	ID       int64
	Word, By string
}

// todo is a card of the list.
type todo struct {
	ID      int64
	Address string
	Title   string
	Light   light
	Tone    string // of its edge: late soon done
	From    string // words of the plan, or who asked
}

// todayShow answers GET /today.
func (s *Server) todayShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	t, err := ledger.TodayOf(r.Context(), s.db, v.Who, v.Today)
	if err != nil {
		return err
	}
	p := todayPage{phoneFrame: s.phone(r, v, "今天要办的"), N: len(t.Now) + len(t.Waiting)}
	p.Date = v.Now.Format("1月2日") + " 星期" + string([]rune("日一二三四五六")[v.Now.Weekday()])
	for _, d := range t.Waiting {
		p.Waiting = append(p.Waiting, d.Title+"（"+d.Often()+"）")
	}
	for _, l := range t.Letters {
		p.Letters = append(p.Letters, letterCall{l.ID, l.Kind.Word(), l.Unit.Name + " " + l.Sent.Name})
	}
	county, err := s.countyWaiting(r.Context(), v)
	if err != nil {
		return err
	}
	for _, l := range county {
		p.County = append(p.County, l.todo(v.Today))
	}
	p.N += len(p.County)
	for _, x := range []struct {
		from []ledger.Errand
		to   *[]todo
	}{{t.Now, &p.Now}, {t.Missed, &p.Missed}, {t.Soon, &p.Soon}, {t.Later, &p.Later}, {t.Done, &p.Done}} {
		for _, e := range x.from {
			*x.to = append(*x.to, newTodo(v, e))
		}
	}
	p.Empty = len(p.Waiting)+len(p.Letters)+len(p.County)+len(p.Now)+len(p.Missed)+len(p.Soon) == 0
	return s.render(w, http.StatusOK, "today", p)
}

func newTodo(v *visit, e ledger.Errand) todo {
	t := todo{ID: e.ID, Address: fmt.Sprintf("/today/%d", e.ID), Title: e.Title, Light: dayLight(v.Cal, e.Occurrence, v.Today)}
	switch t.Light.Kind {
	case "late", "back":
		t.Tone = "todo-late"
	case "soon":
		t.Tone = "todo-soon"
	}
	switch {
	case e.Standing == duty.Reported || e.Standing == duty.Done:
		t.Tone, t.Address = "todo-done", t.Address+"/receipt"
		t.From = "编号 " + e.Receipt
		t.Light = light{Kind: "done", Word: clock(e.Entered, v.Today) + " 已收到"}
		if e.Standing == duty.Reported {
			t.From += "，等复核"
		}
	case e.Standing == duty.Returned:
		t.From = strings.TrimSpace(e.By + " 退回：“" + e.Said + "”")
	case e.By != "":
		t.From = e.By + " 催办，发来" + e.Said
	default:
		t.From = ledger.Brief(e.Words, 36)
	}
	return t
}

// dayLight says how an occurrence presses, in days of the calendar: who works in a village works on Saturdays too.
func dayLight(c calendar.Calendar, o duty.Occurrence, today string) light {
	due := shortDate(o.Due, today)
	switch {
	case o.Standing == duty.Missed:
		return light{Kind: "late", Word: due + "到期，已漏办，可以补录"}
	case o.Standing == duty.Returned:
		return light{Kind: "back", Word: "退回补充", Title: "上次报的被退回，请补充后再报"}
	case o.Due == today:
		return light{Kind: "soon", Word: "今天到期"}
	case o.Due < today && o.Closes != "" && o.Closes < today:
		return light{Kind: "late", Word: due + "到期，已漏办，可以补录"}
	case o.Due < today:
		return light{Kind: "late", Word: fmt.Sprintf("%s到期，超 %d 天", due, daysBetween(o.Due, today))}
	}
	return light{Kind: "run", Word: fmt.Sprintf("%s到期，还有 %d 天", due, daysBetween(today, o.Due))}
}

// daysBetween counts the days from one date to a later one.
func daysBetween(from, to string) int {
	a, err := time.Parse(time.DateOnly, from)
	b, err2 := time.Parse(time.DateOnly, to)
	if err != nil || err2 != nil {
		return 0
	}
	return int(b.Sub(a).Hours() / 24)
}

// todayReceive answers POST /today/receive: everything given is received (签收).
func (s *Server) todayReceive(w http.ResponseWriter, r *http.Request, v *visit) error {
	n, err := ledger.ReceiveAll(r.Context(), s.db, v.Who)
	if err != nil {
		return err
	}
	return s.done(w, r, "/today", fmt.Sprintf("已签收 %d 项", n))
}

// errandPage is the form of one occurrence.
type errandPage struct {
	phoneFrame
	Errand   ledger.Errand
	Place    string // unit and which of several
	Light    light
	Quote    string // words of the plan
	SentBack string // by whom and why
	Check    bool   // the two choices of a check
	Late     string // what it will be recorded as
	AskWhy   bool   // a reason is asked for
	Closed   string // why there is nothing to report
	Said     string
	Happened string
	Result   duty.Result
	Reason   string
	Problem  string
	Version  int64
	Another  string // for whom it is entered, when not for oneself
	Proof    []evidenceView
}

// errandShow answers GET /today/{id}.
func (s *Server) errandShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	e, err := s.errand(r, v)
	if err != nil {
		return err
	}
	if way, err := s.leadTask(r.Context(), v, e.Duty); err != nil || way != "" {
		http.Redirect(w, r, way, http.StatusSeeOther)
		return err
	}
	if (e.Standing == duty.Reported || e.Standing == duty.Done) && e.EnteredBy == v.Who.ID {
		http.Redirect(w, r, fmt.Sprintf("/today/%d/receipt", e.ID), http.StatusSeeOther)
		return nil
	}
	p := errandPage{Errand: e, Version: e.Version, Happened: v.Today}
	if e.Standing == duty.Returned {
		p.Said, p.Result = e.Occurrence.Said, e.Result
	}
	return s.renderErrand(w, r, v, http.StatusOK, p)
}

func (s *Server) errand(r *http.Request, v *visit) (ledger.Errand, error) {
	id, err := pathID(r)
	if err != nil {
		return ledger.Errand{}, err
	}
	return ledger.ErrandByID(r.Context(), s.db, v.Who, id)
}

func (s *Server) renderErrand(w http.ResponseWriter, r *http.Request, v *visit, status int, p errandPage) error {
	e := p.Errand
	p.phoneFrame = s.phone(r, v, e.Title)
	p.Place = e.UnitName
	p.Light = dayLight(v.Cal, e.Occurrence, v.Today)
	p.Check = e.Part == duty.Watch
	p.Quote = e.Words
	if e.Staff != v.Who.ID {
		p.Another = e.Name
	}
	if e.Standing == duty.Returned {
		p.SentBack = strings.TrimSpace(e.By + "：" + e.Said)
	}
	switch {
	case e.Standing == duty.Reported || e.Standing == duty.Done:
		p.Closed = e.Occurrence.By + "已经报过，编号 " + e.Receipt
	case e.Standing == duty.Cancelled || e.Standing == duty.Excused:
		p.Closed = "这次不用办：" + e.Occurrence.Reason
	case e.Opens > v.Today:
		p.Closed = shortDate(e.Opens, v.Today) + "起才能办"
	}
	feedback, err := ledger.FeedbackOf(r.Context(), s.db, e.Finding)
	if err != nil {
		return err
	}
	switch {
	case e.Standing == duty.Missed || e.Timing == duty.MadeUp || e.Standing == duty.Open && e.Closes != "" && e.Closes < v.Today:
		p.Late, p.AskWhy = "已过宽限，会记为“补录”，仍算漏办。请写一句为什么。", true
	case feedback != "" && p.Happened != "" && p.Happened < feedback:
		p.Late, p.AskWhy = "早于反馈日期，会记为“立行立改”。请写一句说明。", true
	case e.Due < v.Today && e.Standing == duty.Open || e.Timing == duty.Late:
		p.Late = "已过期限，会记为“迟办”。"
	}
	p.AskWhy = p.AskWhy || p.Reason != ""
	items, err := evidence.OfOccurrence(r.Context(), s.db, e.ID)
	if err != nil {
		return err
	}
	p.Proof = viewEvidence(items, v.Today)
	return s.render(w, status, "errand", p)
}

// errandReport answers POST /today/{id}: the report with its photo. Whatever is refused comes back with all that was typed.
func (s *Server) errandReport(w http.ResponseWriter, r *http.Request, v *visit) error {
	e, err := s.errand(r, v)
	if err != nil {
		return err // before a file is stored for somebody who may not
	}
	if way, err := s.leadTask(r.Context(), v, e.Duty); err != nil || way != "" {
		http.Redirect(w, r, way, http.StatusSeeOther)
		return err
	}
	form, files, refused := s.readFiles(r, "photo")
	if form == nil || refused != nil && !evidence.Refused(refused) {
		return refused
	}
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	p := errandPage{Errand: e, Version: version, Said: plainText(form.Get("said")), Happened: form.Get("happened"), Reason: plainText(form.Get("reason")),
		Result: duty.Result(form.Get("result"))}
	report := duty.Report{Said: p.Said, Happened: p.Happened, Reason: p.Reason, Result: p.Result}
	if report.Said == "" && e.Part == duty.Watch {
		report.Said = report.Result.Word() // the choice says it
	}
	if refused != nil {
		p.Problem = refused.Error()
		return s.renderErrand(w, r, v, http.StatusUnprocessableEntity, p)
	}
	proof := make([]evidence.Item, len(files))
	for i, x := range files {
		proof[i] = evidence.Item{Event: p.Happened}
		proof[i].Attach(x.Stored, x.Name)
	}
	_, err = ledger.Report(r.Context(), s.db, v.Cal, v.Who, e.ID, version, report, proof)
	var stale ledger.Stale
	var bad ledger.Invalid
	switch {
	case errors.As(err, &stale):
		if p.Errand, err = s.errand(r, v); err != nil {
			return err
		}
		p.Version, p.Problem = p.Errand.Version, stale.By+"刚动过这一件。您写的还在，看过后再按提交。"
		return s.renderErrand(w, r, v, http.StatusConflict, p)
	case errors.As(err, &bad):
		p.Problem, p.AskWhy = bad.Error(), bad.Field == "理由"
		return s.renderErrand(w, r, v, http.StatusUnprocessableEntity, p)
	case err != nil:
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/today/%d/receipt", e.ID), http.StatusSeeOther)
	return nil
}

// receiptPage tells that a report has arrived.
type receiptPage struct {
	phoneFrame
	Errand ledger.Errand
	Where  string // who has received it: 栖禾镇
	At     string
	Said   string
	Looks  string // who looks at it
	As     light  // what it is recorded as
	Why    string
	Proof  []evidenceView
	Next   int64
	Left   int
	State  string // what became of it since
}

// receiptShow answers GET /today/{id}/receipt.
func (s *Server) receiptShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	e, err := s.errand(r, v)
	if err != nil {
		return err
	}
	if e.Entered.IsZero() {
		return store.ErrNotFound
	}
	ctx := r.Context()
	home, err := org.UnitByID(ctx, s.db, e.Home)
	if err != nil {
		return err
	}
	p := receiptPage{phoneFrame: s.phone(r, v, "已收到"), Errand: e, At: clock(e.Entered, v.Today), Where: home.Name, As: recordedAs(e.Occurrence)}
	if home.Kind == org.Town {
		p.Where = "镇里"
	}
	p.Said = e.Occurrence.Said
	if w := e.Result.Word(); w != "" && w != p.Said {
		p.Said = w + "。" + p.Said
	}
	if e.Timing == duty.Early || e.Timing == duty.MadeUp {
		p.Why = e.Occurrence.Reason
	}
	if p.Looks, err = s.whoLooks(r, v, e, home); err != nil {
		return err
	}
	switch e.Standing {
	case duty.Returned:
		p.State = "已退回，请补充：" + e.Opinion
	case duty.Done:
		if e.Reviewed {
			p.State = "复核通过"
		}
	}
	items, err := evidence.OfOccurrence(ctx, s.db, e.ID)
	if err != nil {
		return err
	}
	p.Proof = viewEvidence(items, v.Today)
	t, err := ledger.TodayOf(ctx, s.db, v.Who, v.Today)
	if err != nil {
		return err
	}
	p.Next, p.Left = t.Next(e.ID)
	return s.render(w, http.StatusOK, "receipt", p)
}

// whoLooks is who reviews a report: whoever gave the duty, if they may, else the people of the unit whose plan it serves.
func (s *Server) whoLooks(r *http.Request, v *visit, e ledger.Errand, home org.Unit) (string, error) {
	if !e.Reviewed {
		return "不用复核，已记作办结", nil
	}
	d, err := duty.ByID(r.Context(), s.db, e.Duty)
	if err != nil {
		return "", err
	}
	gave, err := org.PersonByID(r.Context(), s.db, d.GivenBy, v.Today)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return "", err
	case gave.ID != e.EnteredBy && gave.ID != e.Staff && gave.Check(org.Review, home) == nil:
		return gave.Title(), nil
	}
	return home.Name + "经办人或分管领导", nil
}

// recordedAs says what a report counts as.
func recordedAs(o duty.Occurrence) light {
	switch o.Timing {
	case duty.Early:
		return light{Kind: "done", Word: "立行立改"}
	case duty.Late:
		return light{Kind: "soon", Word: fmt.Sprintf("迟办 %d 天", max(daysBetween(o.Due, o.Entered.Format(time.DateOnly)), 1))}
	case duty.MadeUp:
		return light{Kind: "late", Word: "补录，仍算漏办"}
	}
	return light{Kind: "done", Word: "按时"}
}
