package lead

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/benefit"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Proposal is what a confirmed hit leads to: an application to the county, which decides.
type Proposal struct {
	Kind   benefit.Kind
	Of     int64         // programme, of a hit whose screening took none's terms; see [Hit.Programme]
	Amount int64         // fen, of arrears and recovery; 0: what the months come to
	From   benefit.Month // see [benefit.Application]
	To     benefit.Month
	Reason string
}

// ProposalKinds are the kinds of application that an outcome of a rule may lead to, the likeliest first.
func ProposalKinds(rule string, o Outcome) []benefit.Kind {
	switch o {
	case RightPay:
		switch rule {
		case "HL-12":
			return []benefit.Kind{benefit.Resume, benefit.Arrears, benefit.New}
		case "HL-06":
			return []benefit.Kind{benefit.Arrears, benefit.Change}
		}
		return []benefit.Kind{benefit.New, benefit.Resume, benefit.Arrears}
	case RightStop:
		return []benefit.Kind{benefit.Stop, benefit.Suspend, benefit.Change}
	case RightRecover:
		return []benefit.Kind{benefit.Recover}
	case RightCorrect:
		return []benefit.Kind{benefit.Change}
	}
	return nil
}

// ProposalOf is the proposal that a hit and its check suggest, for a person to look at.
func ProposalOf(h Hit, x Verification) Proposal {
	p := Proposal{Reason: fmt.Sprintf("第%d次筛查发现%s，%s%s核实属实（%s）", h.Serial, RuleOf(h.Rule).Name, dayWords(x.Day), x.Method, x.Proof)}
	if kinds := ProposalKinds(h.Rule, x.Outcome); len(kinds) > 0 {
		p.Kind = kinds[0]
	}
	if p.Kind.Money() {
		p.Amount = max(h.Amount, -h.Amount)
	}
	if x.Proof == "" {
		p.Reason = strings.TrimSuffix(p.Reason, "（）")
	}
	return p
}

// Propose makes an application to the county of a confirmed hit (报县), through [benefit.Propose]. The same hit is proposed once; what was
// withdrawn can be proposed anew.
func Propose(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id, version int64, p Proposal) (int64, error) {
	h, err := HitByID(ctx, v, house, who, id)
	if err != nil {
		return 0, err
	}
	town, err := org.UnitByID(ctx, house, h.Unit)
	if err != nil {
		return 0, err
	}
	if err := who.Check(org.Propose, town); err != nil {
		return 0, err
	}
	if h.Application != 0 {
		return h.Application, nil // done already
	}
	x, err := current(ctx, v, v, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, err
	}
	if h.State != HitConfirmed || !slices.Contains(ProposalKinds(h.Rule, x.Outcome), p.Kind) {
		return 0, org.Invalid{Field: "事项", What: "只有复核为属实、还没办结的疑点才能报县，并且只能报核实结果所说的那几种事项"}
	}
	if err := vault.CheckText("理由", p.Reason); err != nil {
		return 0, err
	}
	village := org.Unit{}
	if h.Village != 0 {
		if village, err = org.UnitByID(ctx, house, h.Village); err != nil {
			return 0, err
		}
	}
	application, err := benefit.Propose(ctx, v, who, benefit.Application{Programme: cmp.Or(h.Programme, p.Of), Kind: p.Kind, Source: benefit.Screened, Hit: h.ID, Received: v.Now().Format(time.DateOnly),
		Amount: p.Amount, From: p.From, To: p.To, Reason: p.Reason,
		Subject: benefit.Subject{Number: h.Number, Name: h.Name, Birth: h.Birth, Town: town, Village: village, Place: h.Place, Household: h.Household}})
	if errors.Is(err, store.ErrNotFound) {
		return 0, org.Invalid{Field: "惠民项目", What: "请选是哪个项目的事。没有要选的，先到惠民首页新建"}
	}
	if err != nil {
		return 0, err
	}
	return application, v.Write(ctx, func(tx *store.Tx) error {
		if err := change(ctx, tx, id, version, `application = $3`, application); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "报县", Kind: "hit", Row: id,
			Changes: []journal.Change{{Field: "疑点", To: h.label()}, {Field: "事项", To: p.Kind.Word()}, {Field: "理由", To: p.Reason}}})
	})
}
