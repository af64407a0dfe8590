package lead

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"bihuan/benefit"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Follow closes the confirmed hits whose proposal has ended: by a payment row for who was to be paid, or when lists show that nothing is left
// to be paid, by a row of money paid back, or when what was paid was made void, by the county's decision for what was to be stopped or put
// right, and by a refusal with its reasons. A proposal that was withdrawn leaves its hit where it was, and one whose payment was made void comes
// back. It may run at any time.
func Follow(ctx context.Context, v *vault.Vault) error {
	if err := reopen(ctx, v); err != nil {
		return err
	}
	type followed struct {
		hit                           Hit
		kind, step, decision, reasons string
		decided                       string
		person, programme             int64
		covered                       bool
	}
	list, err := store.All(ctx, v, func(rows *sql.Rows, f *followed) error {
		return rows.Scan(&f.hit.ID, &f.hit.Version, &f.hit.Rule, &f.hit.Name, &f.hit.Application, &f.kind, &f.step, &f.decision, &f.reasons, &f.decided, &f.person, &f.programme, &f.covered)
	}, `select h.id, h.version, h.rule, h.name, h.application, a.kind, a.step, a.decision, a.decision_reason, a.decided, a.person, a.programme,
		case when `+benefit.Covered+` then 1 else 0 end from hit h join application a on a.id = h.application where h.state = 'confirmed' and (a.step in ('decided', 'withdrawn')) order by h.id`)
	if err != nil || len(list) == 0 {
		return err
	}
	for _, f := range list {
		state, why, application := HitClosed, "", f.hit.Application
		switch {
		case f.step == "withdrawn":
			state, application = HitConfirmed, 0
		case f.decision == "refused":
			why = "县级决定不予办理：" + f.reasons
		case f.kind == "stop" || f.kind == "suspend" || f.kind == "change":
			why = "县级已决定（" + dayWords(f.decided) + "）"
		default:
			paid, err := paidFor(ctx, v, f.hit.Application)
			if err != nil {
				return err
			}
			switch {
			case paid != "":
				why = map[bool]string{true: "已收回 ", false: "已发放 "}[f.kind == "recover"] + dayWords(paid)
			case f.covered: // it ends, and nobody came to enjoy anything by it
				why = map[bool]string{true: "要追回的发放已作废", false: "要补的月份提出以前都已发放"}[f.kind == "recover"]
			default:
				continue
			}
		}
		err := v.Write(ctx, func(tx *store.Tx) error {
			closed, verb := dayOf(tx), "办结"
			if state != HitClosed {
				closed, verb, why = "", "撤回", "提出的建议已撤回，可以再提"
			}
			n, err := tx.Exec(ctx, `update hit set state = $3, application = $4, closed = $5, closed_why = $6, version = version + 1 where id = $1 and version = $2`,
				f.hit.ID, f.hit.Version, string(state), application, closed, map[bool]string{true: why}[state == HitClosed])
			if err != nil {
				return fmt.Errorf("follow: %w", err)
			}
			if n == 0 {
				return nil // somebody else closed it this very moment
			}
			return journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: verb, Kind: "hit", Row: f.hit.ID,
				Changes: []journal.Change{{Field: "疑点", To: f.hit.label()}, {Field: "理由", To: why}}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reopen takes up again the hits that a payment had ended which was made void. They are where they were, confirmed and with the county's
// approval. What a later screening has found of the same meanwhile, and nobody has touched, is the same as that; where somebody is at it,
// both go on. Only a row of its own that was made void reopens: one that settled it or, of those of months that it asked for, one that was void
// since it was closed; of a recovery, one that it was to pay back, once that was entered anew. Other payments, whose days may be those that
// lists left out, change nothing of what was closed.
func reopen(ctx context.Context, v *vault.Vault) error {
	list, err := store.All(ctx, v, func(rows *sql.Rows, h *Hit) error {
		return rows.Scan(&h.ID, &h.Version, &h.Unit, &h.Key, &h.Rule, &h.Name, &h.ClosedWhy, &h.Serial)
	}, `select h.id, h.version, h.unit, h.hit_key, h.rule, h.name, h.closed_why, s.serial`+hitFrom+` join application a on a.id = h.application where h.state = 'closed' and a.decision = 'approved'
		and a.kind in ('new', 'resume', 'arrears', 'recover') and exists (select 1 from payment y where y.void <> '' and (y.application = a.id or y.application = 0 and y.person = a.person and y.programme = a.programme
			and a.from_month > '' and y.month >= a.from_month and (y.void >= h.closed and (a.kind in ('new', 'resume') or a.kind = 'arrears' and y.month <= a.to_month)
				or a.kind = 'recover' and y.month <= a.to_month and y.id < a.id and y.entry > a.id)))
		and not exists (select 1 from payment p where `+benefit.LedTo+`) and not `+benefit.Covered+` order by h.id`)
	if err != nil {
		return err
	}
	for _, h := range list {
		if err := v.Write(ctx, func(tx *store.Tx) error { return h.reopen(ctx, v, tx) }); err != nil {
			return err
		}
	}
	return nil
}

// untouched is the condition on hit h that nobody has been at it: it was neither handed out nor checked, and led to nothing.
const untouched = `h.state = 'new' and h.duty = 0 and h.application = 0 and not exists (select 1 from verification x where x.hit = h.id) and not exists (select 1 from application a where a.hit = h.id)`

// reopen makes a closed hit confirmed again, and those that were found of it since and are untouched the same as it.
func (h Hit) reopen(ctx context.Context, v *vault.Vault, tx *store.Tx) error {
	if err := lockRuns(ctx, tx, h.Unit); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `update hit set state = 'confirmed', closed = '', closed_why = '', version = version + 1 where id = $1 and version = $2 and state = 'closed'`, h.ID, h.Version)
	if err != nil {
		return fmt.Errorf("reopen: %w", err)
	}
	if n == 0 {
		return nil // somebody else did this very moment
	}
	type other struct {
		id, version, screening, serial int64
		untouched                      bool
	}
	others, err := store.All(ctx, tx, func(rows *sql.Rows, o *other) error {
		return rows.Scan(&o.id, &o.version, &o.screening, &o.serial, &o.untouched)
	}, `select h.id, h.version, h.screening, s.serial, case when `+untouched+` then 1 else 0 end`+hitFrom+` where h.unit = $1 and h.hit_key = $2 and h.id <> $3 and h.first_hit = 0
			and h.state in ('new', 'assigned', 'checked', 'confirmed', 'escalated') order by h.id`, h.Unit, h.Key, h.ID)
	if err != nil {
		return err
	}
	said := "付款记录已作废，重新等到账"
	var joined []other
	for _, o := range others {
		n := int64(0)
		if o.untouched { // its version tells whether somebody has come to it since
			if n, err = tx.Exec(ctx, `update hit set state = 'same', first_hit = $3, version = version + 1 where id = $1 and version = $2`, o.id, o.version, h.ID); err != nil {
				return fmt.Errorf("reopen: %w", err)
			}
		}
		if n == 0 {
			said += fmt.Sprintf("；第%d次筛查又查出同一疑点，已有人在办，两条都办", o.serial)
			continue
		}
		if _, err := tx.Exec(ctx, `update hit set first_hit = $2, version = version + 1 where first_hit = $1 and state = 'same'`, o.id, h.ID); err != nil {
			return fmt.Errorf("reopen: %w", err)
		}
		joined = append(joined, o)
		said += fmt.Sprintf("；第%d次筛查又查出同一疑点，在这一条办", o.serial)
	}
	for _, o := range joined {
		why := fmt.Sprintf("第%d次筛查的1条疑点付款作废、重新办理，同一疑点在那里办", h.Serial)
		if err := recount(ctx, v, tx, o.screening, map[string]int{h.Rule: 1}, "并入", why); err != nil {
			return err
		}
	}
	return journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: "重开", Kind: "hit", Row: h.ID,
		Changes: []journal.Change{{Field: "疑点", To: h.label()}, {Field: "状态", From: HitClosed.Word(), To: HitConfirmed.Word()}, {Field: "办结", From: h.ClosedWhy}, {Field: "理由", To: said}}})
}

// paidFor is the day of the first payment that an application led to; empty when there is none.
func paidFor(ctx context.Context, q store.Querier, application int64) (string, error) {
	return store.One(ctx, q, store.Value[string], `select coalesce(min(p.paid), '') from application a left join payment p on `+benefit.LedTo+` where a.id = $1`, application)
}

// Stage is how far a hit has come, each one after the other (M70).
type Stage int

// The stages. Only the last counts as 享受到.
const (
	Found Stage = iota
	CheckedStage
	ConfirmedStage
	ProposedStage
	DecidedStage
	PaidStage
)

// Stages are the words of the stages.
var Stages = []string{"查出", "已核实", "已复核属实", "已报县", "县已决定", "已发到手"}

// OutcomeRow is one hit with how far it has come.
type OutcomeRow struct {
	Hit     Hit
	Stage   Stage
	Outcome Outcome // of the check that counts; empty before
	Month   string  // first month paid
	Amount  int64   // fen: arrears paid, or with a minus what was paid back
	Paid    string  // day of the first payment
}

// OutcomesOf lists what became of the hits of a screening (M70): of a hit that an earlier one stands for, what became of that. Suppressed
// ones are left out.
func OutcomesOf(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, run int64, rule string) ([]OutcomeRow, error) {
	hits, _, err := Hits(ctx, v, house, who, HitFilter{Screening: run, Rule: rule})
	if err != nil {
		return nil, err
	}
	type came struct {
		outcome               Outcome
		state                 HitState
		application           int64
		step, decision        string
		month, paid, confirms string
		amount                int64
	}
	way := func(hit int64) (came, error) {
		c, err := store.One(ctx, v, func(rows *sql.Rows, c *came) error { return rows.Scan(&c.state, &c.application, &c.step, &c.decision) },
			`select h.state, h.application, coalesce(a.step, ''), coalesce(a.decision, '') from hit h left join application a on a.id = h.application where h.id = $1`, hit)
		if err != nil {
			return c, err
		}
		x, err := store.All(ctx, v, scanVerification(v), verificationColumns+` where hit = $1 and returned = 0 order by id desc limit 1`, hit)
		if err != nil {
			return c, err
		}
		if len(x) > 0 && (x[0].Outcome != Unreachable || c.state == HitEscalated) {
			c.outcome = x[0].Outcome
			if !x[0].Confirmed.IsZero() {
				c.confirms = x[0].Confirmed.Format(time.DateOnly)
			}
		}
		if c.application == 0 {
			return c, nil
		}
		p, err := store.One(ctx, v, func(rows *sql.Rows, p *came) error { return rows.Scan(&p.month, &p.paid, &p.amount) },
			`select coalesce(min(p.month), ''), coalesce(min(p.paid), ''), coalesce((select sum(y.amount) from payment y join application z on z.id = y.application where z.hit = $2 and y.void = ''), 0)
				from application a left join payment p on `+benefit.LedTo+` where a.id = $1`, c.application, hit)
		c.month, c.paid, c.amount = p.month, p.paid, p.amount
		return c, err
	}
	var rows []OutcomeRow
	for _, h := range hits {
		if h.State == HitSuppressed {
			continue
		}
		at := h.ID
		if h.First != 0 {
			at = h.First
		}
		c, err := way(at)
		if err != nil {
			return nil, err
		}
		r := OutcomeRow{Hit: h, Outcome: c.outcome, Month: c.month, Amount: c.amount, Paid: c.paid}
		switch {
		case c.paid != "":
			r.Stage = PaidStage
		case c.step == "decided":
			r.Stage = DecidedStage
		case c.step == string(benefit.Proposed): // before that the town works on it, a letter that waits to be signed included
			r.Stage = ProposedStage
		case c.confirms != "" && c.outcome.Right():
			r.Stage = ConfirmedStage
		case c.outcome != "":
			r.Stage = CheckedStage
		}
		rows = append(rows, r)
	}
	return rows, nil
}
