package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"bihuan/duty"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/store"
)

// The pages of the phone on which a village checks its hits. They are reached from 今天要办的 like any task.

// readSealed reads a form that may carry one file, in the field of that name, of at most limit bytes. The file stays in memory: it is
// about a resident, and is kept nowhere before it is sealed.
func readSealed(r *http.Request, field string, limit int64) (url.Values, []byte, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		form, err := readForm(r)
		return form, nil, err
	}
	form, err := r.MultipartReader()
	if err != nil {
		return nil, nil, errBadForm
	}
	values := url.Values{}
	var file []byte
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return values, file, nil
		}
		if err != nil {
			return nil, nil, formError(err)
		}
		most := int64(mostTyped)
		if part.FormName() == field {
			most = limit + 1
		}
		content, err := io.ReadAll(io.LimitReader(part, most))
		switch {
		case err != nil:
			return nil, nil, formError(err)
		case part.FormName() != field:
			values.Add(part.FormName(), strings.ToValidUTF8(string(content), ""))
		case part.FileName() != "" && len(content) > 0:
			file = content
		}
	}
}

// verifyPage is the list of what a village is to check.
type verifyList struct {
	phoneFrame
	ID      int64
	Village string
	Run     string
	Light   light
	Left    int
	Now     []verifyItem
	Waiting []verifyItem // checked, to be confirmed
	Done    []verifyItem
	Receive bool // the duty waits to be received
}

type verifyItem struct {
	Address string
	hitRow
	Tone string
	Back string // why it was sent back
	Said string // what it came to
	Late bool   // its term is over, or was prolonged
}

// verifyShow answers GET /verify/{id}: the hits of a duty.
func (s *Server) verifyShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	handed, err := s.handedOf(r, v)
	if err != nil {
		return err
	}
	ctx := r.Context()
	names, err := s.villageWords(ctx, v)
	if err != nil {
		return err
	}
	p := verifyList{phoneFrame: s.phone(r, v, "核实疑点"), ID: handed.ID, Village: names[handed.Village], Run: handed.Run.Word(), Left: handed.Waiting}
	p.Light = light{Kind: "run", Word: fmt.Sprintf("%s前核实完", shortDate(handed.Due, v.Today))}
	switch {
	case handed.Waiting == 0:
		p.Light = light{Kind: "done", Word: "都核实过了，已自动报上"}
	case handed.Due < v.Today:
		p.Light = light{Kind: "late", Word: fmt.Sprintf("%s到期，已超期", shortDate(handed.Due, v.Today))}
	}
	list, _, err := lead.Hits(ctx, s.vault, s.db, v.Who, lead.HitFilter{Duty: handed.ID})
	if err != nil {
		return err
	}
	for _, h := range list {
		x := verifyItem{Address: fmt.Sprintf("/verify/%d/%d", handed.ID, h.ID), hitRow: newHitRow(h, names, v.Today)}
		checks, err := lead.Verifications(ctx, s.vault, h.ID)
		if err != nil {
			return err
		}
		if n := len(checks); n > 0 {
			x.Said = checks[n-1].Outcome.Word()
			if checks[n-1].Returned {
				x.Back, x.Tone, x.Said = checks[n-1].Opinion, "todo-late", ""
			}
		}
		switch h.State {
		case lead.HitAssigned:
			if x.Light.Kind == "late" {
				x.Tone = "todo-late"
			}
			x.Late = x.Tone != "" || h.Extended
			p.Now = append(p.Now, x)
		case lead.HitChecked:
			x.Tone = "todo-done"
			p.Waiting = append(p.Waiting, x)
		default:
			x.Tone = "todo-done"
			p.Done = append(p.Done, x)
		}
	}
	d, err := duty.ByID(ctx, s.db, handed.ID)
	if err == nil {
		p.Receive = d.State == duty.Given && d.Staff == v.Who.ID
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return s.render(w, http.StatusOK, "verify", p)
}

func (s *Server) handedOf(r *http.Request, v *visit) (lead.Handed, error) {
	id, err := pathID(r)
	if err != nil {
		return lead.Handed{}, err
	}
	return lead.HandedByID(r.Context(), s.vault, s.db, v.Who, id)
}

// verifyHit is the form of one hit on a phone.
type verifyHit struct {
	phoneFrame
	ID      int64 // of the duty
	Hit     hitRow
	Full    string
	Verify  string
	Form    verifyForm
	Before  []verifyView
	photo   proofForm // that was refused
	Closed  string    // why there is nothing to check
	Version int64
}

// verifyForm answers GET /verify/{id}/{hit}.
func (s *Server) verifyHitShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	h, err := s.verifyHitOf(r, v)
	if err != nil {
		return err
	}
	return s.renderVerifyHit(w, r, v, http.StatusOK, h, verifyHit{Form: newVerifyForm(lead.Check{}, v.Who, v.Today)})
}

func (s *Server) verifyHitOf(r *http.Request, v *visit) (lead.Hit, error) {
	handed, err := s.handedOf(r, v)
	if err != nil {
		return lead.Hit{}, err
	}
	id, err := strconv.ParseInt(r.PathValue("hit"), 10, 64)
	if err != nil {
		return lead.Hit{}, store.ErrNotFound
	}
	h, err := lead.HitByID(r.Context(), s.vault, s.db, v.Who, id)
	if err == nil && h.Duty != handed.ID {
		err = store.ErrNotFound
	}
	return h, err
}

func (s *Server) renderVerifyHit(w http.ResponseWriter, r *http.Request, v *visit, status int, h lead.Hit, p verifyHit) error {
	ctx := r.Context()
	names, err := s.villageWords(ctx, v)
	if err != nil {
		return err
	}
	p.phoneFrame = s.phone(r, v, "核实疑点")
	p.ID, p.Hit, p.Full, p.Verify, p.Version = h.Duty, newHitRow(h, names, v.Today), h.Name, lead.RuleOf(h.Rule).Verify, h.Version
	checks, err := lead.Verifications(ctx, s.vault, h.ID)
	if err != nil {
		return err
	}
	if p.Before, err = s.verifyViews(ctx, v, h, checks, fmt.Sprintf("/verify/%d/%d", h.Duty, h.ID), p.photo); err != nil {
		return err
	}
	if err := h.MayVerify(ctx, s.db, v.Who); err != nil {
		if p.Closed, err = refusal(err); err != nil {
			return err
		}
	}
	return s.render(w, status, "verify-hit", p)
}

// verifyHitSave answers POST /verify/{id}/{hit} and leads on to the next.
func (s *Server) verifyHitSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	h, err := s.verifyHitOf(r, v)
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
		return s.renderVerifyHit(w, r, v, http.StatusUnprocessableEntity, h, verifyHit{Form: f})
	}
	if err != nil {
		return err
	}
	next, _, err := lead.Hits(r.Context(), s.vault, s.db, v.Who, lead.HitFilter{Duty: h.Duty, States: []lead.HitState{lead.HitAssigned}, Limit: 2})
	if err != nil {
		return err
	}
	for _, x := range next {
		if x.ID != h.ID {
			return s.done(w, r, fmt.Sprintf("/verify/%d/%d", h.Duty, x.ID), "已记下，这是下一条")
		}
	}
	return s.done(w, r, fmt.Sprintf("/verify/%d", h.Duty), "已记下："+c.Outcome.Word())
}

// leadTask is the address of the page through which a duty is done when it is one of hits: its tasks are reported and decided there and
// nowhere else. Empty for any other duty.
func (s *Server) leadTask(ctx context.Context, v *visit, id int64) (string, error) {
	if s.vault == nil {
		return "", nil
	}
	_, err := lead.HandedByID(ctx, s.vault, s.db, v.Who, id)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return fmt.Sprintf("/verify/%d", id), err
}
