package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"bihuan/benefit"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
)

// checkPage is where anybody looks up the checkpoint code of a paper. It tells whether the log gives the code and nothing that the log
// holds; what the paper is about it shows to those who see that anyway.
type checkPage struct {
	frame
	Typed    string
	Of       string // letter-12, from the link of the paper
	Standing string // right wrong unreadable often, or empty before anything was asked
	Problem  string
	Code     string
	Size     int64
	Signed   string // when a checkpoint over the events of the code was signed, and
	Cosigned string // when a witness signed it too
	Origin   string // name of the log
	Key      string // fingerprint of its key
	Subject  *checkSubject
	Login    string // address to sign in at and come back
}

// checkSubject is what a paper is about.
type checkSubject struct{ Word, Title, Address string }

// check answers GET /check and GET /check/{code}.
func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	v, err := s.visit(r)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		s.fail(w, r, v, err)
		return
	}
	if typed := r.URL.Query().Get("code"); typed != "" && r.PathValue("code") == "" {
		to := "/check/" + url.PathEscape(typed)
		if of := r.URL.Query().Get("of"); of != "" {
			to += "?of=" + url.QueryEscape(of)
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	p := checkPage{Typed: r.PathValue("code"), Of: r.URL.Query().Get("of")}
	status := http.StatusOK
	if p.Typed != "" {
		if status, err = s.checkCode(r, v, &p); err != nil {
			s.fail(w, r, v, err)
			return
		}
	}
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "60")
	}
	p.frame = frame{Title: "核验存证码"}
	if v.Who.ID != 0 {
		p.frame = s.frame(v, "check", p.frame.Title)
	}
	if err := s.render(w, status, "check", p); err != nil {
		s.fail(w, r, v, err)
	}
}

// checkCode fills in what is to be said of a code, and says with what status.
func (s *Server) checkCode(r *http.Request, v *visit, p *checkPage) (int, error) {
	ctx := r.Context()
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	if !s.codes.allow(address, officeTries, s.db.Now()) {
		p.Standing, p.Problem = "often", "试的次数太多了，请一分钟后再试。"
		return http.StatusTooManyRequests, nil
	}
	code, err := proof.ParseCode(p.Typed)
	if err != nil {
		p.Standing, p.Problem = "unreadable", err.Error()
		return http.StatusUnprocessableEntity, nil
	}
	p.Typed, p.Code, p.Size = code.String(), code.String(), code.Size()
	record, key := store.Querier(s.db), s.record.Key.Verifier
	err = proof.CheckCode(ctx, record, code)
	if errors.Is(err, proof.ErrWrongCode) && s.vault != nil { // of a paper about residents
		record, key = s.vault, s.residentsRecord.Key.Verifier
		err = proof.CheckCode(ctx, record, code)
	}
	if errors.Is(err, proof.ErrWrongCode) {
		p.Standing = "wrong"
		return http.StatusNotFound, nil
	}
	if err != nil {
		return 0, err
	}
	p.Standing = "right"
	if key != "" {
		p.Origin, _, _ = strings.Cut(key, "+")
		p.Key = journal.Fingerprint(key)
	}
	switch c, err := journal.CheckpointFrom(ctx, record, p.Size); {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return 0, err
	default:
		p.Signed = c.Made.Format("2006年1月2日 15:04") // as noted here; only the witness vouches for a time
		if !c.Cosigned.IsZero() {
			p.Cosigned = c.Cosigned.Format("2006年1月2日 15:04")
		}
		if p.Origin == "" {
			p.Origin = c.Origin
		}
	}
	kind, row, ok := proof.ParseSubject(p.Of)
	if !ok {
		p.Of = ""
		return http.StatusOK, nil
	}
	if v.Who.ID == 0 {
		p.Login = "/login?next=" + url.QueryEscape("/check/"+p.Code+"?of="+p.Of)
		return http.StatusOK, nil
	}
	p.Subject, err = s.checkSubject(ctx, v, kind, row)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return http.StatusOK, err
}

// checkSubject finds what a paper is about, or [store.ErrNotFound] when there is no such thing or v may not see it. The address comes
// from the paper and could be anybody's: it is no more than a link to a page that asks for itself.
func (s *Server) checkSubject(ctx context.Context, v *visit, kind string, row int64) (*checkSubject, error) {
	x := checkSubject{Address: fmt.Sprintf("/%s/%d", kind, row)}
	var err error
	switch kind {
	case "finding":
		var f ledger.Finding
		f, err = ledger.ByID(ctx, s.db, v.Who, row)
		x.Word, x.Title = "问题", f.Title
	case "plan":
		var p ledger.PlanInfo
		p, err = ledger.PlanByID(ctx, s.db, v.Who, row)
		x.Word, x.Title = "方案", p.Title
	case "letter":
		var l ledger.Letter
		l, err = ledger.LetterByID(ctx, s.db, v.Who, row)
		x.Word, x.Title = l.Kind.Word(), cmp.Or(l.Number, l.Title)
	case "closing":
		var c ledger.Closing
		var f ledger.Finding
		if c, err = ledger.ClosingByID(ctx, s.db, row); err == nil {
			f, err = ledger.ByID(ctx, s.db, v.Who, c.Finding)
		}
		x.Word, x.Title = "销号单", strings.TrimSpace(c.Number+"　"+f.Title)
	case "sample":
		var m ledger.Sample
		m, err = ledger.SampleByID(ctx, s.db, v.Who, row)
		x.Word, x.Title = "抽查", m.Name
	case "handover":
		var h ledger.HandedOver
		h, err = ledger.HandOverOf(ctx, s.db, v.Who, row)
		x.Word, x.Title = "责任交接表", h.From+" → "+h.To
	case "county_letter":
		if s.vault == nil || !v.Who.May(org.Residents) {
			return nil, store.ErrNotFound
		}
		var l benefit.CountyLetter
		var u org.Unit
		if l, err = benefit.CountyLetterByID(ctx, s.vault, row); err == nil {
			u, err = org.UnitByID(ctx, s.db, l.Unit)
		}
		if err == nil && (v.Who.Check(org.Residents, u) != nil || l.State != benefit.LetterSent) {
			err = store.ErrNotFound
		}
		x.Word, x.Title, x.Address = "报县函", l.Number, fmt.Sprintf("/application/letter/%d", row)
	case "unit":
		var u org.Unit
		if u, err = org.UnitByID(ctx, s.db, row); err == nil && (!v.Who.Within(u) || !v.Who.May(org.Overview)) {
			err = store.ErrNotFound
		}
		x.Word, x.Title, x.Address = "整改月报", u.Name, fmt.Sprintf("/month?unit=%d", row)
	default:
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return &x, nil
}
