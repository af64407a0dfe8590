package web

import (
	"errors"
	"fmt"
	"net/http"

	"bihuan/ledger"
	"bihuan/org"
)

// extendPage is where a later deadline is applied for.
type extendPage struct {
	frame
	Finding  ledger.Finding
	Due      string
	Latest   string // last day that may be asked for, as people write it
	LatestOn string // and as a date
	Refused  string // why none may be asked for
	Rule     string
	Old      []extensionLine
	To       string
	Reason   string
	SoFar    string
	Problems map[string]string
	Problem  string
}

// extensionLine is an extension as a list shows it.
type extensionLine struct {
	ID               int64
	Light            light
	From, To         string
	Reason, By, At   string
	Opinion, Decided string
}

// extensionLights are the looks of the states of an extension.
var extensionLights = map[string]light{"asked": {Kind: "wait", Word: "待批"}, "granted": {Kind: "done", Word: "已同意"}, "refused": {Kind: "back", Word: "未同意"}}

func extensionLines(list []ledger.Extension, today string) []extensionLine {
	lines := make([]extensionLine, len(list))
	for i, x := range list {
		lines[i] = extensionLine{ID: x.ID, Light: extensionLights[x.State], From: shortDate(x.From, today), To: shortDate(x.To, today), Reason: x.Reason,
			By: x.Asked.Name, At: clock(x.Asked.At, today), Opinion: x.Decided.Words}
		if !x.Decided.At.IsZero() {
			lines[i].Decided = x.Decided.Name + " " + clock(x.Decided.At, today)
		}
	}
	return lines
}

// extendForm answers GET /finding/{id}/extend.
func (s *Server) extendForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, running, err := s.extendPage(r, v)
	if err != nil {
		return err
	}
	if running != 0 {
		http.Redirect(w, r, fmt.Sprintf("/extension/%d", running), http.StatusSeeOther)
		return nil
	}
	return s.render(w, http.StatusOK, "extend", p)
}

// extendPage collects the form, and the id of an extension that waits for an answer.
func (s *Server) extendPage(r *http.Request, v *visit) (extendPage, int64, error) {
	p := extendPage{Problems: map[string]string{}}
	id, err := pathID(r)
	if err != nil {
		return p, 0, err
	}
	ctx := r.Context()
	if p.Finding, err = ledger.ByID(ctx, s.db, v.Who, id); err != nil {
		return p, 0, err
	}
	if err := p.Finding.Allows(v.Who, org.Progress); err != nil {
		return p, 0, err
	}
	old, err := ledger.Extensions(ctx, s.db, id)
	if err != nil {
		return p, 0, err
	}
	rules, err := ledger.LoadRules(ctx, s.db)
	if err != nil {
		return p, 0, err
	}
	p.Old, p.Due = extensionLines(old, v.Today), shortDate(p.Finding.Due, v.Today)
	p.Rule = fmt.Sprintf("一个问题最多延 %d 次，累计不超过原定期限后 %d 天；第一次由分管领导批，再延由书记批", rules.Extensions, rules.ExtendedDays)
	p.LatestOn, err = rules.Latest(p.Finding, old, v.Today)
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		p.Refused = bad.What
	}
	if p.Finding.Closing != 0 {
		p.Refused = "已经销号，期限不再起作用"
	}
	p.Latest = shortDate(p.LatestOn, v.Today)
	p.frame = s.frame(v, "ledger", "申请延期")
	if len(old) > 0 && old[0].State == "asked" {
		return p, old[0].ID, nil
	}
	return p, 0, nil
}

// extendAsk answers POST /finding/{id}/extend.
func (s *Server) extendAsk(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, _, err := s.extendPage(r, v)
	if err != nil {
		return err
	}
	p.To, p.Reason, p.SoFar = form.Get("to"), plainText(form.Get("reason")), plainText(form.Get("so_far"))
	err = ledger.AskExtension(r.Context(), s.db, v.Who, p.Finding.ID, p.To, p.Reason, p.SoFar)
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		p.Problem, p.Problems[bad.Field] = bad.Error(), bad.What
		return s.render(w, http.StatusUnprocessableEntity, "extend", p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/finding/%d", p.Finding.ID), "已申请延期，等批复；批复以前期限不变")
}

// extensionPage is one application for a later deadline.
type extensionPage struct {
	frame
	Finding   ledger.Finding
	Extension ledger.Extension
	Line      extensionLine
	Days      int
	Others    []extensionLine
	Work      []measureLine
	MayDecide bool
	WhyNot    string
	Opinion   string
	Problems  map[string]string
	Problem   string
}

// extensionShow answers GET /extension/{id}.
func (s *Server) extensionShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.extensionPage(r, v)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "extension", p)
}

func (s *Server) extensionPage(r *http.Request, v *visit) (extensionPage, error) {
	p := extensionPage{Problems: map[string]string{}}
	id, err := pathID(r)
	if err != nil {
		return p, err
	}
	ctx := r.Context()
	if p.Extension, err = ledger.ExtensionByID(ctx, s.db, id); err != nil {
		return p, err
	}
	x := p.Extension
	if p.Finding, err = ledger.ByID(ctx, s.db, v.Who, x.Finding); err != nil {
		return p, err
	}
	all, err := ledger.Extensions(ctx, s.db, x.Finding)
	if err != nil {
		return p, err
	}
	for i, line := range extensionLines(all, v.Today) {
		if all[i].ID == x.ID {
			p.Line = line
		} else {
			p.Others = append(p.Others, line)
		}
	}
	work, err := ledger.WorkOf(ctx, s.db, p.Finding)
	if err != nil {
		return p, err
	}
	p.Work = measureLines(p.Finding, work, v.Today)
	p.Days = v.Cal.Between(x.From, x.To)
	if x.State == "asked" {
		err := x.MayDecide(v.Who, p.Finding.Unit)
		var bad ledger.Invalid
		switch {
		case err == nil:
			p.MayDecide = true
		case errors.As(err, &bad):
			p.WhyNot = bad.What
		default:
			p.WhyNot = "由" + p.Finding.Unit.Name + "的分管领导批；第二次起由书记批"
		}
	}
	p.frame = s.frame(v, "ledger", "延期申请")
	return p, nil
}

// extensionDecide answers POST /extension/{id}.
func (s *Server) extensionDecide(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p, err := s.extensionPage(r, v)
	if err != nil {
		return err
	}
	p.Opinion = plainText(form.Get("opinion"))
	grant := form.Get("verdict") == "pass"
	err = ledger.DecideExtension(r.Context(), s.db, v.Who, p.Extension.ID, version, grant, p.Opinion)
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		p.Problem, p.Problems[bad.Field] = bad.Error(), bad.What
		return s.render(w, http.StatusUnprocessableEntity, "extension", p)
	}
	if err != nil {
		return err
	}
	said := "未同意延期，期限不变"
	if grant {
		said = "已同意延期到 " + shortDate(p.Extension.To, v.Today) + "，没有办完的任务一并顺延"
	}
	return s.done(w, r, fmt.Sprintf("/finding/%d", p.Finding.ID), said)
}
