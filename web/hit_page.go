package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"bihuan/journal"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/store"
)

// The page of a hit, with the checks that were made of it.

// verifyView is one check of a hit.
type verifyView struct {
	ID        int64
	Outcome   string
	Light     light
	Who, Day  string
	Method    string
	Said      string
	Proof     string
	Photo     proofView
	Blamed    string
	PassedTo  string
	Entered   string
	By        string
	Decided   string // by whom and when
	Opinion   string
	Returned  bool
	Confirmed bool
}

// verifyViews shows the checks of a hit, the first first, on the page at back. kept is the form of a picture that was not deleted.
func (s *Server) verifyViews(ctx context.Context, v *visit, h lead.Hit, list []lead.Verification, back string, kept proofForm) ([]verifyView, error) {
	var views []verifyView
	today := v.Today
	photos, err := s.proofViews(ctx, v, h, list, back, kept)
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		by, err := s.staffName(ctx, x.Staff)
		if err != nil {
			return nil, err
		}
		c := verifyView{ID: x.ID, Outcome: x.Outcome.Word(), Who: x.Who, Day: shortDate(x.Day, today), Method: x.Method, Said: x.Said, Proof: x.Proof, Photo: photos[x.ID],
			Blamed: x.Blamed, PassedTo: x.PassedTo, Entered: clock(x.Entered, today), By: by, Opinion: x.Opinion, Returned: x.Returned, Confirmed: !x.Confirmed.IsZero() && !x.Returned,
			Light: light{Kind: "wait", Word: x.Outcome.Word()}}
		switch {
		case x.Returned:
			c.Light.Kind = "back"
		case c.Confirmed:
			c.Light.Kind = "done"
		case x.Outcome == lead.Unreachable:
			c.Light.Kind = "soon"
		}
		if x.ConfirmedBy != 0 {
			name, err := s.staffName(ctx, x.ConfirmedBy)
			if err != nil {
				return nil, err
			}
			c.Decided = name + " " + clock(x.Confirmed, today)
		}
		views = append(views, c)
	}
	return views, nil
}

// staffName is the name of somebody who works here or did.
func (s *Server) staffName(ctx context.Context, id int64) (string, error) {
	p, err := org.StaffByID(ctx, s.db, id)
	if errors.Is(err, store.ErrNotFound) {
		return org.Program.Name, nil
	}
	return p.Name, err
}

// verifyForm is the form of a check; see the template part verify-fields.
type verifyForm struct {
	Outcomes []outcomeChoice
	Methods  []string
	Method   string
	Blamed   []string
	Office   string
	PassedTo string
	Day      string
	Who      string
	Said     string
	Proof    string
	Problem  string
	Field    string
	Today    string
	Proposed string // what the program works out would follow
}

type outcomeChoice struct {
	Value, Word, Help string
	Chosen            bool
	Office, Pass      bool // asks whose list it was, or to whom it was passed on
}

// newVerifyForm is the form as it was typed; the zero check is an empty one.
func newVerifyForm(c lead.Check, who org.Person, today string) verifyForm {
	f := verifyForm{Methods: lead.Methods, Method: c.Method, Office: c.Blamed, PassedTo: c.PassedTo, Day: c.Day, Who: c.Who, Said: c.Said, Proof: c.Proof, Today: today}
	if f.Day == "" {
		f.Day = today
	}
	if f.Who == "" {
		f.Who = who.Name
	}
	for _, o := range lead.Outcomes {
		f.Outcomes = append(f.Outcomes, outcomeChoice{string(o.Outcome), o.Word, o.Help, o.Outcome == c.Outcome, o.Outcome == lead.WrongSource, o.Outcome == lead.PassedOn})
	}
	for _, b := range lead.Blamed {
		f.Blamed = append(f.Blamed, b.Word)
	}
	return f
}

// readCheck reads the form of a check with the file that proves it, which is kept in memory until it is sealed.
func (s *Server) readCheck(r *http.Request) (lead.Check, url.Values, error) {
	form, file, err := readSealed(r, "file", lead.MostProof)
	if err != nil {
		return lead.Check{}, nil, err
	}
	return lead.Check{Outcome: lead.Outcome(form.Get("outcome")), Blamed: form.Get("office"), Method: form.Get("method"), Day: form.Get("day"), Who: plainText(form.Get("who")),
		Said: plainText(form.Get("said")), Proof: plainText(form.Get("proof")), PassedTo: plainText(form.Get("passed")), File: file}, form, nil
}

// hitPage is one hit with all that was said of it.
type hitPage struct {
	frame
	Hit         hitRow
	Full        string // the name
	Run         string
	RuleID      string
	Unmask      bool   // may see the number in full, with a purpose
	Verify      string // how to look into it
	First       int64  // the hit that it is the same as
	Checks      []verifyView
	photo       proofForm // that was refused
	Form        verifyForm
	MayVerify   bool
	MayConfirm  bool
	WhyNot      string
	Opinion     string
	Field       string
	Problem     string
	Correct     bool // the roll is to be corrected
	Corrected   string
	MayPropose  bool
	Application int64
	Proposal    proposalForm
	Events      []event
	Next        int64 // the next that waits to be confirmed
}

// hitShow answers GET /hit/{id}.
func (s *Server) hitShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	h, err := s.hitOf(r, v)
	if err != nil {
		return err
	}
	return s.renderHit(w, r, v, http.StatusOK, h, hitPage{Form: newVerifyForm(lead.Check{}, v.Who, v.Today)})
}

func (s *Server) hitOf(r *http.Request, v *visit) (lead.Hit, error) {
	id, err := pathID(r)
	if err != nil {
		return lead.Hit{}, err
	}
	return lead.HitByID(r.Context(), s.vault, s.db, v.Who, id)
}

func (s *Server) renderHit(w http.ResponseWriter, r *http.Request, v *visit, status int, h lead.Hit, p hitPage) error {
	ctx := r.Context()
	names, err := s.villageWords(ctx, v)
	if err != nil {
		return err
	}
	rule := lead.RuleOf(h.Rule)
	p.Hit, p.Full, p.RuleID, p.Verify, p.First = newHitRow(h, names, v.Today), h.Name, h.Rule, rule.Verify, h.First
	run, err := lead.RunByID(ctx, s.vault, h.Screening)
	if err != nil {
		return err
	}
	p.Run = run.Word()
	checks, err := lead.Verifications(ctx, s.vault, h.ID)
	if err != nil {
		return err
	}
	if p.Checks, err = s.verifyViews(ctx, v, h, checks, fmt.Sprintf("/hit/%d", h.ID), p.photo); err != nil {
		return err
	}
	slices.Reverse(p.Checks)
	town, err := org.UnitByID(ctx, s.db, h.Unit)
	if err != nil {
		return err
	}
	p.MayVerify, p.Unmask = h.MayVerify(ctx, s.db, v.Who) == nil, v.Who.Check(org.Unmask, town) == nil
	if h.State == lead.HitChecked && len(checks) > 0 {
		if err := checks[len(checks)-1].MayConfirm(v.Who, town); err == nil {
			p.MayConfirm = true
		} else if v.Who.Check(org.Confirm, town) == nil {
			if p.WhyNot, err = refusal(err); err != nil {
				return err
			}
		}
	}
	if h.State == lead.HitConfirmed && len(checks) > 0 {
		last := checks[len(checks)-1]
		p.Correct = (last.Outcome == lead.WrongRoll || last.Outcome == lead.RightCorrect) && h.Application == 0 && v.Who.Check(org.Programme, town) == nil
		if p.proposal(h, last, v.Who, town); p.Proposal.Show && h.Programme == 0 {
			chosen := int64(0)
			if len(p.Proposal.Of) > 0 { // as it was sent
				chosen = p.Proposal.Of[0].ID
			}
			if p.Proposal.Of, err = s.proposalProgrammes(ctx, v, h, town, chosen); err != nil {
				return err
			}
		}
	}
	p.Application = h.Application
	entries, err := journal.Of(ctx, s.vault, "hit", h.ID, historyLimit)
	if err != nil {
		return err
	}
	for _, e := range entries {
		x := newEvent(e, v.Today)
		x.Bad = slices.Contains(badVerbs, e.Verb) || e.Verb == "上报"
		p.Events = append(p.Events, x)
	}
	if p.MayConfirm {
		if p.Next, err = s.nextChecked(ctx, v, h.ID); err != nil {
			return err
		}
	}
	p.frame = s.benefitFrame(v, "hit", "疑点："+p.Hit.Rule)
	return s.render(w, status, "hit", p)
}

// nextChecked is the next hit that waits to be confirmed, 0 for none.
func (s *Server) nextChecked(ctx context.Context, v *visit, but int64) (int64, error) {
	list, _, err := lead.Hits(ctx, s.vault, s.db, v.Who, lead.HitFilter{States: []lead.HitState{lead.HitChecked}, Limit: 2})
	for _, h := range list {
		if h.ID != but {
			return h.ID, err
		}
	}
	return 0, err
}

// hitVerify answers POST /hit/{id}/verify: a check entered at the desk.
func (s *Server) hitVerify(w http.ResponseWriter, r *http.Request, v *visit) error {
	h, err := s.hitOf(r, v)
	if err != nil {
		return err
	}
	c, form, err := s.readCheck(r)
	if err != nil {
		return err
	}
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	err = lead.Verify(r.Context(), s.vault, s.db, v.Cal, v.Who, h.ID, version, c)
	var bad org.Invalid
	if errors.As(err, &bad) {
		f := newVerifyForm(c, v.Who, v.Today)
		f.Field, f.Problem = bad.Field, bad.What
		return s.renderHit(w, r, v, http.StatusUnprocessableEntity, h, hitPage{Form: f})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/hit/%d", h.ID), "已登记核实结果："+c.Outcome.Word())
}

// hitConfirm answers POST /hit/{id}/confirm and leads on to the next that waits.
func (s *Server) hitConfirm(w http.ResponseWriter, r *http.Request, v *visit) error {
	h, err := s.hitOf(r, v)
	if err != nil {
		return err
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	o := lead.Opinion{Pass: form.Get("pass") == "1", Text: plainText(form.Get("opinion"))}
	err = lead.Confirm(r.Context(), s.vault, s.db, v.Cal, v.Who, h.ID, version, o)
	var bad org.Invalid
	if errors.As(err, &bad) {
		return s.renderHit(w, r, v, http.StatusUnprocessableEntity, h, hitPage{Form: newVerifyForm(lead.Check{}, v.Who, v.Today), Opinion: o.Text, Field: bad.Field, Problem: bad.What})
	}
	if err != nil {
		return err
	}
	word := "已退回，请村里补核"
	if o.Pass {
		word = "复核通过"
	}
	next, err := s.nextChecked(r.Context(), v, h.ID)
	if err != nil {
		return err
	}
	if next != 0 && o.Pass && form.Get("next") == "1" {
		return s.done(w, r, fmt.Sprintf("/hit/%d", next), word+"，这是下一条")
	}
	return s.done(w, r, fmt.Sprintf("/hit/%d", h.ID), word)
}

// hitCorrect answers POST /hit/{id}/correct.
func (s *Server) hitCorrect(w http.ResponseWriter, r *http.Request, v *visit) error {
	h, err := s.hitOf(r, v)
	if err != nil {
		return err
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	what := plainText(form.Get("what"))
	err = lead.Corrected(r.Context(), s.vault, s.db, v.Who, h.ID, version, what)
	var bad org.Invalid
	if errors.As(err, &bad) {
		return s.renderHit(w, r, v, http.StatusUnprocessableEntity, h, hitPage{Form: newVerifyForm(lead.Check{}, v.Who, v.Today), Corrected: what, Field: bad.Field, Problem: bad.What})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/hit/%d", h.ID), "已办结：名册已更正")
}
