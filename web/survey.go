package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"

	"bihuan/ledger"
	"bihuan/store"
)

// surveyView is a survey with what it says, as far as it may be said.
type surveyView struct {
	ledger.Survey
	Opened, Until string
	Over          bool
	Parts         []surveyPart
	Share         string // 88%（95% 区间 53%–98%）
	Few           bool   // fewer answers than make a sample
	Verdict       light
	Way           string // address of the page villagers open, without the site
}

// surveyPart is one answer's part of a survey; places are percent of the width of the bar.
type surveyPart struct {
	Word, Class, X, W, Middle string
	N                         int
	Dark                      bool
}

// surveyClasses draw the answers, in the order of ledger.Answers.
var surveyClasses = []string{"w-done", "w-part", "w-not"}

func newSurveyView(s ledger.Survey, today string) surveyView {
	x := surveyView{Survey: s, Opened: shortDate(s.Opens, today), Until: shortDate(s.Closes, today), Over: today > s.Closes, Few: s.N < ledger.Few, Way: "/ask/" + s.Code}
	if !s.Shown() {
		return x
	}
	from := 0
	percent := func(n int) string { return fmt.Sprintf("%.2f%%", 100*float64(n)/float64(s.N)) }
	for i, a := range ledger.Answers {
		n := s.Answers[a.Choice]
		x.Parts = append(x.Parts, surveyPart{Word: a.Word, Class: surveyClasses[i], X: percent(from), W: percent(n), N: n, Dark: i == 1,
			Middle: fmt.Sprintf("%.2f%%", 100*(float64(from)+float64(n)/2)/float64(s.N))})
		from += n
	}
	share, low, high := s.Satisfied()
	x.Share = fmt.Sprintf("%.0f%%（95%% 区间 %.0f%%–%.0f%%）", share, low, high)
	switch {
	case x.Few:
		x.Verdict = light{Kind: "info", Word: fmt.Sprintf("样本不足 %d 份，只作参考", ledger.Few)}
	case low >= ledger.Passing:
		x.Verdict = light{Kind: "done", Word: "群众认可", Why: fmt.Sprintf("区间下限不低于 %d%%", ledger.Passing)}
	default:
		x.Verdict = light{Kind: "soon", Word: "还不能说群众认可", Why: fmt.Sprintf("区间下限低于 %d%%", ledger.Passing)}
	}
	return x
}

func (s *Server) surveyViews(ctx context.Context, v *visit, f ledger.Finding) ([]surveyView, error) {
	list, err := ledger.SurveysOf(ctx, s.db, f.ID)
	var views []surveyView
	for _, x := range list {
		views = append(views, newSurveyView(x, v.Today))
	}
	return views, err
}

// surveysPage is what villagers were asked about a finding, with the form that asks them.
type surveysPage struct {
	frame
	Finding  ledger.Finding
	Serial   string
	State    light
	Surveys  []surveyView
	May      bool
	WhyNot   string
	Ask      ledger.Ask
	Numbers  string
	Problems map[string]string
	Today    string
	Site     string
}

// surveysShow answers GET /finding/{id}/survey.
func (s *Server) surveysShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	until := v.Now.AddDate(0, 0, 21).Format("2006-01-02")
	return s.surveysForm(w, r, v, http.StatusOK, surveysPage{Ask: ledger.Ask{Closes: until, Batch: rand.Text()}, Numbers: "50"})
}

func (s *Server) surveysForm(w http.ResponseWriter, r *http.Request, v *visit, status int, p surveysPage) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := ledger.ByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return err
	}
	p.Finding, p.Serial, p.State, p.Today, p.Site = f, f.Serial(), stateLight(f), v.Today, s.site(r)
	if p.Ask.Question == "" && p.Problems == nil {
		p.Ask.Question = "您觉得这件事真解决了吗？"
	}
	if err := ledger.MayAsk(r.Context(), s.db, v.Who, f); err == nil {
		p.May = true
	} else if p.WhyNot, err = refusal(err); err != nil {
		return err
	}
	if p.Surveys, err = s.surveyViews(r.Context(), v, f); err != nil {
		return err
	}
	p.frame = s.frame(v, "ledger", "群众评价："+f.Title)
	return s.render(w, status, "surveys", p)
}

// site is the address that villagers type in front of a path.
func (s *Server) site(r *http.Request) string {
	if s.sessions.Cookie.Secure {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// slipsPage is the sheet of numbers to be cut up and handed out.
type slipsPage struct {
	frame
	Survey  surveyView
	Finding ledger.Finding
	Address string   // of the page, without http:// where that is understood
	Slips   []string // as they are read: 482 913 0576
	Back    string
}

// surveyOpen answers POST /finding/{id}/survey with the numbers, which are shown nowhere else. The form sent again, by going back or
// by loading the page anew, shows the same numbers.
func (s *Server) surveyOpen(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p := surveysPage{Numbers: strings.TrimSpace(form.Get("numbers")), Problems: map[string]string{},
		Ask: ledger.Ask{Question: plainText(form.Get("question")), Closes: form.Get("closes"), Batch: form.Get("batch")}}
	var bad error
	if p.Ask.Numbers, bad = strconv.Atoi(p.Numbers); bad != nil {
		p.Ask.Numbers = -1
	}
	x, slips, err := ledger.OpenSurvey(r.Context(), s.db, v.Who, id, p.Ask)
	var invalid ledger.Invalid
	if errors.As(err, &invalid) {
		if invalid.Field == "批次" {
			p.Ask.Batch = rand.Text()
		}
		p.Problems[invalid.Field] = invalid.What
		return s.surveysForm(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	if len(slips) == 0 {
		return s.done(w, r, fmt.Sprintf("/survey/%d", x.ID), "已开始征求意见，只用纸质问卷。")
	}
	f, err := ledger.ByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return err
	}
	page := slipsPage{Survey: newSurveyView(x, v.Today), Finding: f, Address: strings.TrimPrefix(s.site(r), "http://") + "/ask/" + x.Code, Back: fmt.Sprintf("/survey/%d", x.ID)}
	for _, n := range slips {
		page.Slips = append(page.Slips, n[:3]+" "+n[3:6]+" "+n[6:])
	}
	page.frame = s.frame(v, "ledger", "评议号码条")
	page.Body = "upright"
	return s.render(w, http.StatusOK, "slips", page)
}

// surveyPage is one survey with its result and the form for paper sheets.
type surveyPage struct {
	frame
	Survey   surveyView
	Finding  ledger.Finding
	State    light
	Closed   bool
	May      bool
	Day      string
	Handed   string
	Counts   []paperCount
	Problems map[string]string
	Site     string
	Today    string
}

// paperCount is how many paper sheets say one answer.
type paperCount struct{ Name, Word, Value string }

func (s *Server) surveyOf(r *http.Request, v *visit) (ledger.Survey, ledger.Finding, error) {
	id, err := pathID(r)
	if err != nil {
		return ledger.Survey{}, ledger.Finding{}, err
	}
	x, err := ledger.SurveyByID(r.Context(), s.db, id)
	if err != nil {
		return x, ledger.Finding{}, err
	}
	f, err := ledger.ByID(r.Context(), s.db, v.Who, x.Finding)
	return x, f, err
}

// surveyShow answers GET /survey/{id}.
func (s *Server) surveyShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.surveyForm(w, r, v, http.StatusOK, surveyPage{Day: v.Today})
}

func (s *Server) surveyForm(w http.ResponseWriter, r *http.Request, v *visit, status int, p surveyPage) error {
	x, f, err := s.surveyOf(r, v)
	if err != nil {
		return err
	}
	p.Survey, p.Finding, p.State, p.Closed, p.Site, p.Today = newSurveyView(x, v.Today), f, stateLight(f), f.State.Closed(), s.site(r), v.Today
	p.May = ledger.MayAsk(r.Context(), s.db, v.Who, f) == nil
	if p.Counts == nil {
		for _, a := range ledger.Answers {
			p.Counts = append(p.Counts, paperCount{string(a.Choice), a.Word, ""})
		}
	}
	p.frame = s.frame(v, "ledger", "群众评价："+f.Title)
	return s.render(w, status, "survey", p)
}

// surveyPaper answers POST /survey/{id}/paper.
func (s *Server) surveyPaper(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p := surveyPage{Day: form.Get("day"), Handed: strings.TrimSpace(form.Get("handed")), Problems: map[string]string{}}
	number := func(text string) int {
		if text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return -1
		}
		return n
	}
	paper := ledger.Paper{Day: p.Day, Handed: number(p.Handed), Counts: map[ledger.Choice]int{}}
	total := 0
	for _, a := range ledger.Answers {
		text := strings.TrimSpace(form.Get(string(a.Choice)))
		p.Counts = append(p.Counts, paperCount{string(a.Choice), a.Word, text})
		paper.Counts[a.Choice] = number(text)
		total += paper.Counts[a.Choice]
	}
	err = ledger.EnterPaper(r.Context(), s.db, v.Who, id, version, paper)
	var invalid ledger.Invalid
	if errors.As(err, &invalid) {
		p.Problems[invalid.Field] = invalid.What
		return s.surveyForm(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/survey/%d", id), fmt.Sprintf("已登记纸质问卷 %d 份。", total))
}

// sheetPage is the paper sheet 满意度测评表.
type sheetPage struct {
	frame
	Survey  surveyView
	Finding ledger.Finding
	Answers []string
	Copies  []int // two on a sheet of A4
	Back    string
}

// surveySheet answers GET /survey/{id}/sheet.
func (s *Server) surveySheet(w http.ResponseWriter, r *http.Request, v *visit) error {
	x, f, err := s.surveyOf(r, v)
	if err != nil {
		return err
	}
	p := sheetPage{Survey: newSurveyView(x, v.Today), Finding: f, Copies: []int{1, 2}, Back: fmt.Sprintf("/survey/%d", x.ID)}
	for _, a := range ledger.Answers {
		p.Answers = append(p.Answers, a.Word)
	}
	p.frame = s.frame(v, "ledger", "满意度测评表")
	p.Body = "upright"
	return s.render(w, http.StatusOK, "sheet", p)
}

// askPage is what a villager sees: a question, three answers, a number. It needs no script, sets no cookie and knows nobody.
type askPage struct {
	frame
	Standing string // ask thanks over none
	Question string
	Until    string
	Code     string
	Number   string
	Choice   string
	Said     string
	Choices  []askChoice
	Problems map[string]string
}

// askChoice is one of the three answers.
type askChoice struct{ Value, Word, Kind string }

var askChoices = []askChoice{{string(ledger.Yes), "解决了", "done"}, {string(ledger.Mostly), "基本解决", "part"}, {string(ledger.No), "没解决", "late"}}

// anybody lets h answer without a session. What fails is logged like any other fault, without who asked: nobody here is known.
func (s *Server) anybody(h func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, &visit{}, err)
		}
	})
}

// askShow answers GET /ask/{code}.
func (s *Server) askShow(w http.ResponseWriter, r *http.Request) error {
	return s.askRender(w, r, http.StatusOK, askPage{})
}

// askThanks answers GET /ask/{code}/thanks.
func (s *Server) askThanks(w http.ResponseWriter, r *http.Request) error {
	return s.askRender(w, r, http.StatusOK, askPage{Standing: "thanks"})
}

func (s *Server) askRender(w http.ResponseWriter, r *http.Request, status int, p askPage) error {
	p.Code, p.Choices = strings.ToLower(r.PathValue("code")), askChoices
	x, err := ledger.SurveyByCode(r.Context(), s.db, p.Code)
	today := s.db.Now().Format("2006-01-02")
	switch {
	case errors.Is(err, store.ErrNotFound):
		p.Standing, status = "none", http.StatusNotFound
	case err != nil:
		return err
	case p.Standing == "thanks":
	case today > x.Closes:
		p.Standing = "over"
	default:
		p.Standing = "ask"
	}
	p.Question, p.Until = x.Question, shortDate(x.Closes, today)
	p.frame = frame{Title: "请您评一评", Body: "on-phone"}
	return s.render(w, status, "ask", p)
}

// maxAnswer bounds an answer, which is a number and a sentence.
const maxAnswer = 8 << 10

// askVote answers POST /ask/{code}. Tries are counted for an address in memory, for a minute or so, and written nowhere.
func (s *Server) askVote(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxAnswer)
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p := askPage{Number: strings.TrimSpace(form.Get("number")), Choice: form.Get("choice"), Said: plainText(form.Get("said")), Problems: map[string]string{}}
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	if !s.asks.allow(address, officeTries, s.db.Now()) {
		p.Problems["号码"] = "试的次数太多了，请一分钟后再试"
		w.Header().Set("Retry-After", "60")
		return s.askRender(w, r, http.StatusTooManyRequests, p)
	}
	err = ledger.Vote(r.Context(), s.db, strings.ToLower(r.PathValue("code")), p.Number, ledger.Choice(p.Choice), p.Said)
	var invalid ledger.Invalid
	switch {
	case errors.As(err, &invalid):
		p.Problems[invalid.Field] = invalid.What
		return s.askRender(w, r, http.StatusUnprocessableEntity, p)
	case errors.Is(err, store.ErrNotFound):
		return s.askRender(w, r, http.StatusNotFound, p)
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/ask/"+strings.ToLower(r.PathValue("code"))+"/thanks", http.StatusSeeOther)
	return nil
}
