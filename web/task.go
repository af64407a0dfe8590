package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/lead"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// taskPage is one due instance of a duty: what is asked, what was done, and what may be said of it, on one screen.
type taskPage struct {
	frame
	Finding    ledger.Finding
	Task       duty.Occurrence
	Duty       duty.Duty
	Often      string
	Light      light
	Due        string   // as people write it
	DueSay     []string // why it is due on that day
	Measure    string
	Answers    []string // the manifestations the measure answers
	Report     *reportView
	Evidence   []evidenceView
	Hints      []hintView
	Resumes    bool // files are sent in pieces, which go on after a lost connection
	Opinions   []opinion
	Before     []pastTask
	Today      string
	MayReceive bool
	MayTell    bool
	MayDecide  bool
	WhyNot     string // why who reads may not look at it
	MayWaive   bool
	Undo       bool // it is to be done again
	AskReason  string
	Check      bool // the report says whether it held
	Form       taskForm
	Problems   map[string]string // of the fields of the form that was sent
	Problem    string
	FilesGone  bool
	Feedback   string
	ReviewedBy string
	Leads      string // address of the page of hits through which it is reported and decided
}

// taskForm is what was typed into one of the forms of the page.
type taskForm struct {
	Said, Happened, Result, Reason, Link, LinkTitle string
	Opinion                                         string
	Waive, WaiveReason                              string
}

// reportView is what was reported.
type reportView struct {
	Said, Result      string
	Happened, Entered string
	Lag               string // how long after
	By                string
	Timing            light
	Reason, Receipt   string
}

// opinion is what a reviewer said.
type opinion struct {
	At, Who, Verb string
	Back          bool
	Text, Redo    string
}

// pastTask is an earlier occurrence of the same duty.
type pastTask struct {
	ID        int64
	Due, Said string
	Light     light
}

// timingLights say when something was reported, as against when it was due.
var timingLights = map[duty.Timing]light{
	duty.Early:  {Kind: "done", Word: "立行立改", Title: "反馈之前已经办了，写明了理由"},
	duty.InTime: {Kind: "done", Word: "按时"},
	duty.Late:   {Kind: "soon", Word: "迟办", Title: "过了到期日、在宽限之内办的"},
	duty.MadeUp: {Kind: "late", Word: "漏办后补办", Title: "过了宽限才补上，仍计一次漏办"},
}

// taskLight says how far an occurrence is.
func (s *Server) taskLight(v *visit, o duty.Occurrence) light {
	switch o.Standing {
	case duty.Reported:
		return light{Kind: "wait", Word: "待复核", Title: "已经反馈，等复核"}
	case duty.Returned:
		return light{Kind: "back", Word: "退回", Why: fmt.Sprintf("第 %d 次退回", o.Returns), Title: o.Opinion}
	case duty.Done:
		l := timingLights[o.Timing]
		if l.Word == "" || l.Kind == "done" && o.Timing == duty.InTime {
			l = light{Kind: "done", Word: "按时办结"}
		}
		if o.Result == duty.Slipped {
			return light{Kind: "back", Word: "有反弹", Title: "检查发现有反弹"}
		}
		return l
	case duty.Missed:
		return light{Kind: "late", Word: "漏办", Why: "可以补办，仍计漏办"}
	case duty.Cancelled:
		return light{Kind: "stop", Word: "取消", Why: o.Reason}
	case duty.Excused:
		return light{Kind: "stop", Word: "免办", Why: o.Reason}
	}
	if o.Opens > v.Today && o.Recurs {
		return light{Kind: "none", Word: "未到", Why: shortDate(o.Opens, v.Today) + " 起可办"}
	}
	return s.due(v, ledger.Finding{State: ledger.Doing, Due: o.Due})
}

// dutyFinding reads the finding of a duty or task that staff is to do: whoever sees the finding, and the person themselves.
func (s *Server) dutyFinding(ctx context.Context, v *visit, finding, staff int64) (ledger.Finding, error) {
	f, err := ledger.ByID(ctx, s.db, v.Who, finding)
	if !errors.Is(err, store.ErrNotFound) || staff != v.Who.ID {
		return f, err
	}
	list, err := ledger.ByIDs(ctx, s.db, []int64{finding})
	if err == nil && len(list) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return f, err
	}
	return list[0], nil
}

// taskShow answers GET /task/{id}.
func (s *Server) taskShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.taskPage(r, v)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "task", p)
}

// taskPage collects everything about one task.
func (s *Server) taskPage(r *http.Request, v *visit) (taskPage, error) {
	p := taskPage{Today: v.Today, Problems: map[string]string{}}
	id, err := pathID(r)
	if err != nil {
		return p, err
	}
	ctx := r.Context()
	if p.Task, err = duty.OccurrenceByID(ctx, s.db, id); err != nil {
		return p, err
	}
	o := p.Task
	if p.Finding, err = s.dutyFinding(ctx, v, o.Finding, o.Staff); err != nil {
		return p, err
	}
	if p.Duty, err = duty.ByID(ctx, s.db, o.Duty); err != nil {
		return p, err
	}
	if p.Feedback, err = ledger.FeedbackOf(ctx, s.db, o.Finding); err != nil {
		return p, err
	}
	p.Often, p.Light, p.Due = p.Duty.Often(), s.taskLight(v, o), dayWords(o.Due, v.Today)
	p.DueSay = dueSay(v.Cal, o, v.Today)
	p.Measure, p.Answers = measureAndAnswers(p.Finding, o.Measure)
	if !o.Entered.IsZero() {
		p.Report = newReport(o, v.Today)
	}
	items, err := evidence.OfOccurrence(ctx, s.db, o.ID)
	if err != nil {
		return p, err
	}
	p.Evidence = viewEvidence(items, v.Today)
	if p.Hints, err = s.hintsBeside(ctx, v, ledger.HintFilter{Occurrence: o.ID}); err != nil {
		return p, err
	}
	entries, err := journal.Of(ctx, s.db, "occurrence", o.ID, 50)
	if err != nil {
		return p, err
	}
	p.Opinions = opinions(entries, v.Today)
	if o.Recurs {
		past, err := duty.List(ctx, s.db, duty.Filter{Duty: o.Duty, DueTo: o.Due, Newest: true, Limit: 4})
		if err != nil {
			return p, err
		}
		for _, x := range past {
			if x.ID != o.ID && len(p.Before) < 3 {
				p.Before = append(p.Before, pastTask{x.ID, shortDate(x.Due, v.Today), x.Said, s.taskLight(v, x)})
			}
		}
	}
	if err := s.taskRights(ctx, v, &p); err != nil {
		return p, err
	}
	if p.Leads, err = s.leadTask(ctx, v, o.Duty); err != nil {
		return p, err
	}
	if p.Leads != "" { // decided here only when nobody who confirmed its hits may
		left, err := lead.HandedByID(ctx, s.vault, s.db, v.Who, o.Duty)
		if err != nil {
			return p, err
		}
		p.MayTell, p.MayDecide = false, p.MayDecide && left.Waiting+left.Checked == 0
	}
	p.Form.Happened = v.Today
	if o.Standing == duty.Returned {
		p.Form.Said, p.Form.Happened, p.Form.Reason, p.Form.Result = o.Said, o.Happened, o.Reason, string(o.Result)
	}
	p.Form.Waive = string(duty.Excused)
	p.frame = s.frame(v, "ledger", o.Title)
	return p, nil
}

// taskRights says what the reader may do with a task, and why not.
func (s *Server) taskRights(ctx context.Context, v *visit, p *taskPage) error {
	o := p.Task
	unit, err := org.UnitByID(ctx, s.db, o.Unit)
	if err != nil {
		return err
	}
	home, err := org.UnitByID(ctx, s.db, o.Home)
	if err != nil {
		return err
	}
	p.Check = o.Part == duty.Watch
	p.MayReceive = p.Duty.State == duty.Given && p.Duty.Staff == v.Who.ID
	canTell := o.Standing == duty.Open || o.Standing == duty.Returned || o.Standing == duty.Missed
	p.MayTell = canTell && o.MayDo(v.Who, unit) == nil && !(o.Recurs && o.Opens > v.Today)
	p.Resumes = p.MayTell && p.Finding.Allows(v.Who, org.Progress) == nil
	p.Undo = o.Standing == duty.Returned
	p.MayWaive = o.Waivable() && o.MayWaive(v.Who, home) == nil
	switch {
	case o.Standing == duty.Missed:
		p.AskReason = "这次已经漏办，补录请写明原因"
	case canTell && o.Due < v.Today:
		p.AskReason = "已过到期日，晚了的原因写一句"
	}
	if o.Standing != duty.Reported {
		return nil
	}
	err = o.MayDecide(v.Who, home)
	if p.MayDecide = err == nil; err != nil {
		p.WhyNot = err.Error()
		var bad ledger.Invalid
		if errors.As(err, &bad) {
			p.WhyNot = bad.What
		} else if v.Who.Role == org.Cadre {
			p.WhyNot = "由" + home.Name + "的经办人或分管领导复核"
		}
	}
	return nil
}

// measureAndAnswers are the plan's words of a measure and of what it answers.
func measureAndAnswers(f ledger.Finding, id int64) (string, []string) {
	for _, m := range f.Measures {
		if m.ID != id {
			continue
		}
		var answers []string
		for _, a := range m.Answers {
			answers = append(answers, f.Manifestations[a].Number+f.Manifestations[a].Text)
		}
		return m.Number + m.Text, answers
	}
	return "", nil
}

func newReport(o duty.Occurrence, today string) *reportView {
	v := &reportView{Said: o.Said, Result: o.Result.Word(), Happened: shortDate(o.Happened, today), Entered: clock(o.Entered, today), By: o.By,
		Timing: timingLights[o.Timing], Reason: o.Reason, Receipt: o.Receipt}
	happened, err := time.Parse(time.DateOnly, o.Happened)
	entered, err2 := time.Parse(time.DateOnly, o.Entered.Format(time.DateOnly))
	if err == nil && err2 == nil {
		if n := int(entered.Sub(happened).Hours() / 24); n > 0 {
			v.Lag = fmt.Sprintf("事后 %d 天登记", n)
		} else {
			v.Lag = "当天登记"
		}
	}
	return v
}

// opinions are what reviewers said of a task, newest first.
func opinions(entries []journal.Entry, today string) []opinion {
	var list []opinion
	for _, e := range entries {
		if e.Verb != "退回" && e.Verb != "复核通过" {
			continue
		}
		o := opinion{At: clock(e.Entered, today), Who: e.Who, Verb: e.Verb, Back: e.Verb == "退回"}
		for _, c := range e.Changes {
			switch c.Field {
			case "意见":
				o.Text = c.To
			case "请在此日前补报":
				o.Redo = shortDate(c.To, today)
			}
		}
		list = append(list, o)
	}
	return list
}

var weekdayWords = []string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

// dayWords writes a date with its day of the week: 5月6日（周三）.
func dayWords(date, today string) string {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return shortDate(date, today) + "（" + weekdayWords[d.Weekday()] + "）"
}

// dueSay explains the day on which a task is due: the plan's or the rule's day, what moved it, and until when it counts as late.
func dueSay(cal calendar.Calendar, o duty.Occurrence, today string) []string {
	var say []string
	switch {
	case !o.Recurs && o.Nominal < o.Due:
		say = append(say, "原定 "+shortDate(o.Nominal, today)+"，已批准延期到 "+shortDate(o.Due, today))
	case !o.Recurs, o.Nominal == o.Due:
	default:
		moved := "顺延到"
		if o.Due < o.Nominal {
			moved = "提前到"
		}
		say = append(say, dayWords(o.Nominal, today)+offDay(cal, o.Nominal)+"，"+moved+" "+dayWords(o.Due, today))
	}
	if o.Closes != "" {
		say = append(say, shortDate(o.Closes, today)+" 前补上算迟办，再晚算漏办")
	}
	return say
}

// offDay says why a day is no working day: 是劳动节假期, 是周末. Empty for a working day.
func offDay(cal calendar.Calendar, date string) string {
	d, err := time.Parse(time.DateOnly, date)
	switch {
	case err != nil || cal.Works(d):
		return ""
	case cal.Holiday(date) != "":
		return "是" + cal.Holiday(date) + "假期"
	}
	return "是周末"
}

// taskReport answers POST /task/{id}/report.
func (s *Server) taskReport(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.taskPage(r, v)
	if err != nil {
		return err
	}
	if p.Leads != "" {
		http.Redirect(w, r, p.Leads, http.StatusSeeOther)
		return nil
	}
	unit, err := org.UnitByID(r.Context(), s.db, p.Task.Unit)
	if err != nil {
		return err
	}
	if err := p.Task.MayDo(v.Who, unit); err != nil {
		return err // before a file is stored for somebody who may not
	}
	form, files, err := s.readFiles(r, "file")
	var bad error
	if form != nil && evidence.Refused(err) {
		bad, err = ledger.Invalid{Field: "文件", What: err.Error()}, nil
	}
	if err != nil {
		return err
	}
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	p.Form = taskForm{Said: plainText(form.Get("said")), Happened: form.Get("happened"), Result: form.Get("result"), Reason: plainText(form.Get("reason")),
		Link: plainText(form.Get("link")), LinkTitle: plainText(form.Get("link_title")), Waive: p.Form.Waive}
	var proof []evidence.Item
	for _, x := range files {
		item := evidence.Item{}
		item.Attach(x.Stored, x.Name)
		proof = append(proof, item)
	}
	if p.Form.Link != "" {
		proof = append(proof, evidence.Item{Kind: evidence.Link, URL: p.Form.Link, Title: p.Form.LinkTitle})
	}
	if len(proof) == 0 && len(p.Evidence) == 0 { // the sentence itself is the least evidence there is
		proof = append(proof, evidence.Item{Kind: evidence.Statement, Said: p.Form.Said})
	}
	var o duty.Occurrence
	if bad == nil {
		o, bad = ledger.Report(r.Context(), s.db, v.Cal, v.Who, p.Task.ID, version, duty.Report{Said: p.Form.Said, Happened: p.Form.Happened,
			Result: duty.Result(p.Form.Result), Reason: p.Form.Reason}, proof)
	}
	if bad == nil {
		said := "已反馈，等复核"
		if o.Standing == duty.Done {
			said = "已反馈"
		}
		return s.done(w, r, fmt.Sprintf("/task/%d", o.ID), said+"。回执号 "+o.Receipt)
	}
	p.FilesGone = len(files) > 0
	return s.taskRefused(w, v, p, bad)
}

// taskRefused shows the page again with what was typed and what is wrong with it.
func (s *Server) taskRefused(w http.ResponseWriter, v *visit, p taskPage, err error) error {
	var bad ledger.Invalid
	var stale ledger.Stale
	status := http.StatusUnprocessableEntity
	switch {
	case errors.As(err, &stale):
		status, p.Problem = http.StatusConflict, stale.By+"在 "+clock(stale.At, v.Today)+" 先办了这一次，您填的还在。请看过再提交。"
	case errors.As(err, &bad):
		p.Problem = bad.Error()
		if slices.Contains([]string{"办理情况", "办结日期", "检查结果", "理由", "退回理由", "文件", "网址", "名称", "处理"}, bad.Field) {
			p.Problems[bad.Field] = bad.What
		}
	default:
		return err
	}
	return s.render(w, status, "task", p)
}

// taskDecide answers POST /task/{id}/decide.
func (s *Server) taskDecide(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p, err := s.taskPage(r, v)
	if err != nil {
		return err
	}
	if p.Leads != "" && !p.MayDecide {
		http.Redirect(w, r, p.Leads, http.StatusSeeOther)
		return nil
	}
	p.Form.Opinion = plainText(form.Get("opinion"))
	pass := form.Get("verdict") == "pass"
	if err := ledger.Decide(r.Context(), s.db, v.Cal, v.Who, p.Task.ID, version, duty.Decision{Pass: pass, Opinion: p.Form.Opinion}); err != nil {
		return s.taskRefused(w, v, p, err)
	}
	said := "已退回，请对方补报"
	if pass {
		said = "复核通过"
	}
	return s.done(w, r, fmt.Sprintf("/task/%d", p.Task.ID), said)
}

// taskWaive answers POST /task/{id}/waive.
func (s *Server) taskWaive(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p, err := s.taskPage(r, v)
	if err != nil {
		return err
	}
	p.Form.Waive, p.Form.WaiveReason = form.Get("to"), plainText(form.Get("why"))
	to := duty.Standing(p.Form.Waive)
	err = ledger.Waive(r.Context(), s.db, v.Who, p.Task.ID, version, to, p.Form.WaiveReason)
	var bad ledger.Invalid
	if errors.As(err, &bad) && bad.Field == "理由" {
		err = ledger.Invalid{Field: "处理", What: bad.What}
	}
	if err != nil {
		return s.taskRefused(w, v, p, err)
	}
	return s.done(w, r, fmt.Sprintf("/task/%d", p.Task.ID), map[duty.Standing]string{duty.Cancelled: "已取消这一次", duty.Excused: "已免办这一次"}[to])
}
