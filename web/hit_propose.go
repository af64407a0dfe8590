package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"bihuan/benefit"
	"bihuan/lead"
	"bihuan/org"
)

// proposalForm is the form that makes a proposal to the county of a confirmed hit.
type proposalForm struct {
	Show     bool
	Kinds    []choice
	Kind     string
	Of       []programmeOption // of a screening that took no programme's terms: whose business it is
	Amount   string            // yuan
	From, To string            // months
	Money    bool              // one of the kinds is about an amount
	Reason   string
	Field    string
	Problem  string
}

// programmeOption is a programme that a proposal may be about.
type programmeOption struct {
	programmeChoice
	Chosen bool
}

// ruleCodes are the programmes that rules speak of, by the first letters of their ids.
var ruleCodes = map[string]string{"HL": "elder", "DB": "dibao", "TK": "tekun", "JC": "monitored", "GY": "post"}

// proposalProgrammes are the running programmes that a hit of no programme's screening may be about, the likeliest chosen.
func (s *Server) proposalProgrammes(ctx context.Context, v *visit, h lead.Hit, town org.Unit, chosen int64) ([]programmeOption, error) {
	list, err := benefit.Programmes(ctx, s.vault, v.Who)
	var options []programmeOption
	family, _, _ := strings.Cut(h.Rule, "-")
	for _, x := range list {
		if x.State == benefit.Running && town.Within(x.Path) {
			options = append(options, programmeOption{programmeChoice{x.ID, x.Name}, x.ID == chosen || chosen == 0 && x.Code == ruleCodes[family]})
		}
	}
	return options, err
}

// proposal fills in what may be proposed of a confirmed hit, unless something was typed already.
func (p *hitPage) proposal(h lead.Hit, x lead.Verification, who org.Person, town org.Unit) {
	kinds := lead.ProposalKinds(h.Rule, x.Outcome)
	if h.Application != 0 || len(kinds) == 0 || who.Check(org.Propose, town) != nil {
		return
	}
	f := &p.Proposal
	f.Show = true
	for _, k := range kinds {
		f.Kinds = append(f.Kinds, choice{string(k), k.Word()})
		f.Money = f.Money || k.Money()
	}
	if f.Kind != "" {
		return
	}
	made := lead.ProposalOf(h, x)
	f.Kind, f.Reason = string(made.Kind), made.Reason
	if made.Amount > 0 {
		f.Amount = benefit.Yuan(made.Amount)
	}
}

// hitPropose answers POST /hit/{id}/propose.
func (s *Server) hitPropose(w http.ResponseWriter, r *http.Request, v *visit) error {
	h, err := s.hitOf(r, v)
	if err != nil {
		return err
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	f := proposalForm{Kind: form.Get("kind"), Amount: plainText(form.Get("amount")), From: form.Get("from"), To: form.Get("to"), Reason: plainText(form.Get("reason"))}
	p := lead.Proposal{Kind: benefit.Kind(f.Kind), Of: formID(form.Get("programme")), Reason: f.Reason}
	if h.Programme == 0 {
		f.Of = []programmeOption{{programmeChoice{ID: p.Of}, true}}
	}
	var bad org.Invalid
	ok := true
	if f.From != "" {
		if p.From, ok = benefit.ParseMonth(f.From); !ok {
			bad = org.Invalid{Field: "月份", What: "请写成 2026-05 这样"}
		}
	}
	if f.To != "" && ok {
		if p.To, ok = benefit.ParseMonth(f.To); !ok {
			bad = org.Invalid{Field: "月份", What: "请写成 2026-05 这样"}
		}
	}
	if p.Kind.Money() && f.Amount != "" && ok {
		if p.Amount, ok = benefit.ParseYuan(f.Amount); !ok {
			bad = org.Invalid{Field: "金额", What: "请写多少元，如 650"}
		}
	}
	id := int64(0)
	if ok {
		id, err = lead.Propose(r.Context(), s.vault, s.db, v.Who, h.ID, version, p)
	}
	if !ok || errors.As(err, &bad) {
		f.Field, f.Problem = bad.Field, bad.What
		return s.renderHit(w, r, v, http.StatusUnprocessableEntity, h, hitPage{Form: newVerifyForm(lead.Check{}, v.Who, v.Today), Proposal: f})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/application/%d", id), "已登记事项，下一步公示、上报；县里决定、钱发到手，疑点自动办结")
}
