package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// dutyPage is one measure in the hands of one person: its rule, its occurrences, and what can be done with it.
type dutyPage struct {
	frame
	Finding    ledger.Finding
	Duty       duty.Duty
	Often      string
	Light      light
	PostTitle  string
	Measure    string
	Starts     string
	Ends       string
	Given      string
	Received   string
	Condition  string
	Past, Next []markView
	Say        string
	Changes    []event // hands and rules it went through
	MayReceive bool
	MayChange  bool
	Choices    []duty.Choice
	Today      string
	Form       dutyForm
	Problems   map[string]string
	Problem    string
}

// dutyForm is what was typed into one of the forms of the page.
type dutyForm struct{ Rule, Since, Reason, Stop string }

// ruleChoices are the rules that a form offers: those that it must offer because a plan proposes them or they stand, and the usual.
func ruleChoices(more ...string) []duty.Choice {
	var list []duty.Choice
	add := func(c duty.Choice) {
		if !slices.ContainsFunc(list, func(x duty.Choice) bool { return x.Rule == c.Rule }) {
			list = append(list, c)
		}
	}
	for _, text := range more {
		if r, err := calendar.ParseRule(text); err == nil {
			add(duty.Choice{Rule: r.String(), Words: r.Words()})
		}
	}
	for _, c := range duty.Choices() {
		add(c)
	}
	return list
}

// dutyLight says how far a duty is as such.
func dutyLight(d duty.Duty, today string) light {
	switch d.State {
	case duty.Given:
		return light{Kind: "wait", Word: "待签收", Why: clock(d.Given, today) + " 交办"}
	case duty.Stopped:
		return light{Kind: "stop", Word: "已停止", Why: d.Reason}
	}
	return light{Kind: "run", Word: "已签收", Why: clock(d.Received, today)}
}

// dutyShow answers GET /duty/{id}.
func (s *Server) dutyShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.dutyPage(r, v)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "duty", p)
}

func (s *Server) dutyPage(r *http.Request, v *visit) (dutyPage, error) {
	p := dutyPage{Today: v.Today, Problems: map[string]string{}}
	id, err := pathID(r)
	if err != nil {
		return p, err
	}
	ctx := r.Context()
	if p.Duty, err = duty.ByID(ctx, s.db, id); err != nil {
		return p, err
	}
	d := p.Duty
	if p.Finding, err = s.dutyFinding(ctx, v, d.Finding, d.Staff); err != nil {
		return p, err
	}
	home, err := org.UnitByID(ctx, s.db, d.Home)
	if err != nil {
		return p, err
	}
	p.Often, p.Light = d.Often(), dutyLight(d, v.Today)
	p.Measure, _ = measureAndAnswers(p.Finding, d.Measure)
	p.Starts, p.Ends, p.Given = shortDate(d.Starts, v.Today), shortDate(d.Ends, v.Today), clock(d.Given, v.Today)
	if !d.Received.IsZero() {
		p.Received = clock(d.Received, v.Today)
	}
	if d.Condition != "" {
		p.Condition = conditionWords(d, v.Today)
	}
	if d.Post != 0 {
		post, err := org.PostByID(ctx, s.db, d.Post)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return p, err
		}
		p.PostTitle = post.Title
	}
	p.MayReceive = d.State == duty.Given && d.Staff == v.Who.ID
	p.MayChange = d.State != duty.Stopped && v.Who.Check(org.Assign, home) == nil
	list, err := duty.List(ctx, s.db, duty.Filter{Duty: d.ID})
	if err != nil {
		return p, err
	}
	p.Past, p.Next, p.Say = s.strip(list, v.Days, 60, 12)
	entries, err := journal.Of(ctx, s.db, "duty", d.ID, 100)
	if err != nil {
		return p, err
	}
	for _, e := range entries {
		if e.Verb != "排期" {
			p.Changes = append(p.Changes, newEvent(e, v.Today))
		}
	}
	p.Choices = ruleChoices(d.Rule)
	p.Form = dutyForm{Rule: d.Rule, Since: v.Today}
	p.frame = s.frame(v, "ledger", d.Title)
	return p, nil
}

// conditionWords says under what order a duty stands, and when.
func conditionWords(d duty.Duty, today string) string {
	words := d.Condition
	switch {
	case d.CondFrom != "" && d.CondTo != "":
		words += "（" + shortDate(d.CondFrom, today) + "至" + shortDate(d.CondTo, today) + "）"
	case d.CondFrom != "":
		words += "（" + shortDate(d.CondFrom, today) + "起）"
	case d.CondTo != "":
		words += "（到" + shortDate(d.CondTo, today) + "）"
	}
	if d.CondTo != "" && d.CondTo < today {
		words += "，已解除，不适用"
	}
	return words
}

// dutyReceive answers POST /duty/{id}/receive.
func (s *Server) dutyReceive(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	if err := ledger.Receive(r.Context(), s.db, v.Who, id); err != nil {
		return err
	}
	to := fmt.Sprintf("/duty/%d", id)
	if back := form.Get("back"); back != "" {
		to = local(back)
	}
	return s.done(w, r, to, "已签收")
}

// dutyReceiveAll answers POST /duty/receive: everything that waits for the reader.
func (s *Server) dutyReceiveAll(w http.ResponseWriter, r *http.Request, v *visit) error {
	n, err := ledger.ReceiveAll(r.Context(), s.db, v.Who)
	if err != nil {
		return err
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	return s.done(w, r, local(form.Get("back")), fmt.Sprintf("已签收 %d 项任务", n))
}

// dutyRule answers POST /duty/{id}/rule.
func (s *Server) dutyRule(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p, err := s.dutyPage(r, v)
	if err != nil {
		return err
	}
	p.Form = dutyForm{Rule: form.Get("rule"), Since: form.Get("since"), Reason: plainText(form.Get("reason"))}
	err = ledger.ChangeRule(r.Context(), s.db, v.Cal, v.Who, p.Duty.ID, version, p.Form.Rule, p.Form.Since, p.Form.Reason)
	if err != nil {
		return s.dutyRefused(w, v, p, err)
	}
	return s.done(w, r, fmt.Sprintf("/duty/%d", p.Duty.ID), "已改频次，"+shortDate(p.Form.Since, v.Today)+"起用")
}

// dutyStop answers POST /duty/{id}/stop.
func (s *Server) dutyStop(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, err := s.dutyPage(r, v)
	if err != nil {
		return err
	}
	p.Form.Stop = plainText(form.Get("reason"))
	err = ledger.StopDuty(r.Context(), s.db, v.Who, p.Duty.ID, p.Form.Stop)
	var bad ledger.Invalid
	if errors.As(err, &bad) && bad.Field == "理由" {
		err = ledger.Invalid{Field: "停止", What: bad.What}
	}
	if err != nil {
		return s.dutyRefused(w, v, p, err)
	}
	return s.done(w, r, fmt.Sprintf("/duty/%d", p.Duty.ID), "已停止；办过的都还在")
}

func (s *Server) dutyRefused(w http.ResponseWriter, v *visit, p dutyPage, err error) error {
	var bad ledger.Invalid
	var stale ledger.Stale
	status := http.StatusUnprocessableEntity
	switch {
	case errors.As(err, &stale):
		status, p.Problem = http.StatusConflict, stale.By+"在 "+clock(stale.At, v.Today)+" 先改了这项任务，您填的还在。请看过再提交。"
	case errors.As(err, &bad):
		p.Problem = bad.Error()
		p.Problems[bad.Field] = bad.What
	default:
		return err
	}
	return s.render(w, status, "duty", p)
}

// markView is one occurrence as a mark.
type markView struct {
	ID    int64
	Kind  string // of the symbol: done late miss off now next
	Title string
}

// markKinds are the symbols of the marks, with their words.
var markKinds = map[duty.Mark]struct{ kind, word string }{
	duty.MarkDone: {"done", "按时"}, duty.MarkLate: {"late", "迟办"}, duty.MarkMissed: {"miss", "漏办"}, duty.MarkCancelled: {"off", "取消或免办"},
	duty.MarkNow: {"now", "可以办"}, duty.MarkLater: {"next", "未到"},
}

func newMark(o duty.Occurrence, d ledger.Days) markView {
	k := markKinds[o.Mark(d.Today)]
	word := k.word
	switch {
	case o.Standing == duty.Reported:
		word += "，待复核"
	case o.Standing == duty.Returned:
		word = "退回"
	case o.Standing == duty.Open && o.Due < d.Today:
		word = "超期"
	}
	return markView{o.ID, k.kind, shortDate(o.Due, d.Today) + " " + word}
}

// strip shows occurrences by due day: the last past ones and the next ones, and counts them all in a sentence.
func (s *Server) strip(list []duty.Occurrence, d ledger.Days, past, next int) ([]markView, []markView, string) {
	slices.SortStableFunc(list, func(a, b duty.Occurrence) int { return strings.Compare(a.Due, b.Due) })
	var before, after []markView
	n := map[duty.Mark]int{}
	missed, coming := "", ""
	for _, o := range list {
		m := o.Mark(d.Today)
		if m == duty.MarkLater || m == duty.MarkNow && o.Due >= d.Today {
			after = append(after, newMark(o, d))
			if coming == "" {
				coming = shortDate(o.Due, d.Today)
			}
			continue
		}
		n[m]++
		if m == duty.MarkMissed {
			missed = shortDate(o.Due, d.Today)
		}
		before = append(before, newMark(o, d))
	}
	due := n[duty.MarkDone] + n[duty.MarkLate] + n[duty.MarkMissed] + n[duty.MarkNow]
	say := "还没有到期的"
	if due+n[duty.MarkCancelled] > 0 {
		say = fmt.Sprintf("应办 %d 次：按时 %d", due, n[duty.MarkDone])
		if n[duty.MarkLate] > 0 {
			say += fmt.Sprintf("、迟办 %d", n[duty.MarkLate])
		}
		if n[duty.MarkMissed] > 0 {
			say += fmt.Sprintf("、漏办 %d（最近 %s）", n[duty.MarkMissed], missed)
		}
		if n[duty.MarkNow] > 0 {
			say += fmt.Sprintf("、超期未报 %d", n[duty.MarkNow])
		}
		if n[duty.MarkCancelled] > 0 {
			say += fmt.Sprintf("；取消或免办 %d 次，不算应办", n[duty.MarkCancelled])
		}
	}
	if coming != "" {
		say += "；下一次 " + coming + " 前"
	}
	return before[max(0, len(before)-past):], after[:min(next, len(after))], say + "。"
}
