package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Step is how far an application for closing (销号) is.
type Step string

// The steps of a closing, and the ways it ends without one.
const (
	Applied   Step = "applied"   // 已申请，待分管领导审核
	Reviewed  Step = "reviewed"  // 已审核，待书记签批
	Signed    Step = "signed"    // 已签批，待区委巡察办核准
	Accepted  Step = "accepted"  // 已销号
	SentBack  Step = "returned"  // 已退回
	Withdrawn Step = "withdrawn" // 已撤回
	Voided    Step = "voided"    // 已作废: what was approved has changed since
)

// Running tells whether the application is on its way.
func (s Step) Running() bool { return s == Applied || s == Reviewed || s == Signed }

// Word is what people call the step.
func (s Step) Word() string {
	return map[Step]string{Applied: "待审核", Reviewed: "待签批", Signed: "待核准", Accepted: "已销号", SentBack: "已退回", Withdrawn: "已撤回", Voided: "已作废"}[s]
}

// Mark is one hand under a closing.
type Mark struct {
	Staff int64
	Name  string // and post, as now
	At    time.Time
	Words string
}

// Closing is one application for closing a finding, and what became of it.
type Closing struct {
	ID        int64
	Finding   int64
	Home      int64
	Seq       int
	Number    string // 栖禾巡改销〔2026〕3号; given with the signature
	Step      Step
	Statement string
	Bound     string // JSON of what the approvals are bound to
	Hash      string // SHA-256 of Bound
	Applied   Mark
	Reviewed  Mark
	Signed    Mark
	Accepted  Mark
	Basis     string // number of the district's letter, where the district is not in this database
	Ended     Mark   // Words: why it was returned, withdrawn or voided
	Version   int64
}

const closingColumns = `c.id, c.finding, c.home, c.seq, c.number, c.state, c.statement, c.bound, c.hash, c.applied, c.applied_by, c.reviewed, c.reviewed_by,
	c.review, c.signed, c.signed_by, c.signature, c.accepted, c.accepted_by, c.acceptance, c.basis, c.ended, c.ended_by, c.reason, c.version,
	coalesce(a.name, ''), coalesce(r.name, ''), coalesce(g.name, ''), coalesce(t.name, ''), coalesce(e.name, '系统')
	from closing c left join staff a on a.id = c.applied_by left join staff r on r.id = c.reviewed_by left join staff g on g.id = c.signed_by
	left join staff t on t.id = c.accepted_by left join staff e on e.id = c.ended_by`

func scanClosing(rows *sql.Rows, c *Closing) error {
	var at [5]int64
	err := rows.Scan(&c.ID, &c.Finding, &c.Home, &c.Seq, &c.Number, &c.Step, &c.Statement, &c.Bound, &c.Hash, &at[0], &c.Applied.Staff, &at[1], &c.Reviewed.Staff,
		&c.Reviewed.Words, &at[2], &c.Signed.Staff, &c.Signed.Words, &at[3], &c.Accepted.Staff, &c.Accepted.Words, &c.Basis, &at[4], &c.Ended.Staff, &c.Ended.Words, &c.Version,
		&c.Applied.Name, &c.Reviewed.Name, &c.Signed.Name, &c.Accepted.Name, &c.Ended.Name)
	for i, m := range []*Mark{&c.Applied, &c.Reviewed, &c.Signed, &c.Accepted, &c.Ended} {
		if at[i] != 0 {
			m.At = time.UnixMilli(at[i])
		}
	}
	return err
}

// Closings lists the applications for a finding, newest first.
func Closings(ctx context.Context, q store.Querier, finding int64) ([]Closing, error) {
	return store.All(ctx, q, scanClosing, `select `+closingColumns+` where c.finding = $1 order by c.seq desc`, finding)
}

// ClosingByID reads one application, or [store.ErrNotFound]. Whether its finding may be seen is for the caller to ask.
func ClosingByID(ctx context.Context, q store.Querier, id int64) (Closing, error) {
	return store.One(ctx, q, scanClosing, `select `+closingColumns+` where c.id = $1`, id)
}

// WaitingClosings lists the applications that wait for who, oldest first: those at a step whose right is theirs and that they have
// no other hand in.
func WaitingClosings(ctx context.Context, q store.Querier, who org.Person) ([]Closing, error) {
	all, err := store.All(ctx, q, scanClosing, `select `+closingColumns+` where c.state in ('applied', 'reviewed', 'signed') order by c.id`)
	if err != nil {
		return nil, err
	}
	var list []Closing
	for _, c := range all {
		home, err := org.UnitByID(ctx, q, c.Home)
		if err != nil {
			return nil, err
		}
		if c.mayDecide(who, home) == nil {
			list = append(list, c)
		}
	}
	return list, nil
}

// rightOf is the right that the next step of an application asks for.
func (s Step) rightOf() org.Action {
	return map[Step]org.Action{Applied: org.Check, Reviewed: org.Sign, Signed: org.Accept}[s]
}

// mayDecide tells whether who may take the next step, with nobody having two hands in it.
func (c Closing) mayDecide(who org.Person, home org.Unit) error {
	if !c.Step.Running() {
		return Invalid{Field: "销号", What: "这份申请" + c.Step.Word() + "，不能再审。请刷新页面"}
	}
	if err := who.Check(c.Step.rightOf(), home); err != nil {
		return err
	}
	return c.otherHands(who)
}

// otherHands refuses whoever has had a hand in the application already.
func (c Closing) otherHands(who org.Person) error {
	for _, m := range []Mark{c.Applied, c.Reviewed, c.Signed} {
		if m.Staff == who.ID {
			return Invalid{Field: "销号", What: "申请、审核、签批、核准要由不同的人，您已经办过其中一步"}
		}
	}
	return nil
}

// content is what approvals of a closing are bound to, in an order that does not depend on how it was read.
type content struct {
	Title          string
	Goal           string
	Feedback       string
	DueText        string
	Due            string
	LongTerm       bool
	Manifestations []string
	Measures       []string
	Answers        string
	Evidence       []boundEvidence
}

type boundEvidence struct {
	ID    int64
	Title string
	Event string
	Hash  string
}

// binding is the text that a closing keeps: the content, and beside it who answered for it and how the work stood. Those may change
// afterwards without undoing anything: people leave.
type binding struct {
	Content        content
	Number, Leader string
	Units, Persons []string
	Work           []string // 措施: 已办3次
}

func contentOf(w Work, list []evidence.Item) content {
	f := w.Finding
	c := content{Title: f.Title, Goal: f.Goal, Feedback: w.Feedback, DueText: f.DueText, Due: f.Due, LongTerm: f.LongTerm, Answers: f.answerText()}
	for _, m := range f.Manifestations {
		c.Manifestations = append(c.Manifestations, m.Number+m.Text)
	}
	for _, m := range f.Measures {
		c.Measures = append(c.Measures, m.Number+m.Text)
	}
	for _, e := range list {
		c.Evidence = append(c.Evidence, boundEvidence{e.ID, e.Title, e.Event, e.Hash()})
	}
	return c
}

func bind(w Work, today string) (text, hash string, err error) {
	f := w.Finding
	b := binding{Content: contentOf(w, w.Evidence), Number: f.Number, Leader: f.Leader}
	for _, u := range f.Units {
		b.Units = append(b.Units, u.Name)
	}
	for _, p := range f.Persons {
		b.Persons = append(b.Persons, p.Name)
	}
	for i, m := range f.Measures {
		b.Work = append(b.Work, f.MeasureName(i)+"："+w.Measure(m.ID, today).Say())
	}
	j, err := json.Marshal(b)
	sum := sha256.Sum256(j)
	return string(j), hex.EncodeToString(sum[:]), err
}

// Apply asks for the closing of a finding. It is refused with [Blocked] while a gate stands in the way.
func Apply(ctx context.Context, db *store.DB, who org.Person, finding, version int64, statement string) (int64, error) {
	statement = strings.TrimSpace(statement)
	var id int64
	err := db.Write(ctx, func(tx *store.Tx) error {
		f, err := openFinding(ctx, tx, who, finding)
		if err != nil {
			return err
		}
		if err := f.mayApply(who); err != nil {
			return err
		}
		old, err := Closings(ctx, tx, finding)
		if err != nil {
			return err
		}
		if len(old) > 0 && old[0].Step.Running() {
			if old[0].Applied.Staff == who.ID && old[0].Statement == statement {
				id = old[0].ID
				return nil
			}
			return Invalid{Field: "申请销号", What: old[0].Applied.Name + "已经申请，正在" + old[0].Step.Word()}
		}
		if f.Version != version {
			return journal.StaleRow(ctx, tx, "finding", finding)
		}
		if statement == "" {
			return Invalid{Field: "情况说明", What: "请写明整改了什么、见到什么成效"}
		}
		w, err := WorkOf(ctx, tx, f)
		if err != nil {
			return err
		}
		today := dayOf(tx)
		if gates := w.Gates(today); len(gates) > 0 {
			return Blocked(gates)
		}
		text, hash, err := bind(w, today)
		if err != nil {
			return err
		}
		id = tx.ID()
		_, err = tx.Exec(ctx, `insert into closing (id, finding, home, seq, number, state, statement, bound, hash, applied, applied_by, reviewed, reviewed_by, review,
			signed, signed_by, signature, accepted, accepted_by, acceptance, basis, ended, ended_by, reason, version)
			values ($1, $2, $3, $4, '', 'applied', $5, $6, $7, $8, $9, 0, 0, '', 0, 0, '', 0, 0, '', '', 0, 0, '', 1)`,
			id, finding, f.Unit.ID, len(old)+1, statement, text, hash, tx.Now.UnixMilli(), who.ID)
		if err != nil {
			return fmt.Errorf("insert closing: %w", err)
		}
		return tellFinding(ctx, tx, who, f, "申请销号", journal.Change{Field: "情况说明", To: statement}, journal.Change{Field: "内容指纹", To: hash})
	})
	if store.IsUnique(err) {
		err = Invalid{Field: "申请销号", What: "刚有别人申请，请刷新页面"}
	}
	return id, err
}

// mayApply tells whether who may apply: those above the plan's unit, and whoever answers for the finding.
func (f Finding) mayApply(who org.Person) error {
	if !who.May(org.Apply) {
		return org.Denied{Who: who, Action: org.Apply}
	}
	return nil // who sees a finding answers for it or stands above it
}

// Blocked is the error of applying for a closing while gates stand in the way.
type Blocked []Gate

func (b Blocked) Error() string {
	texts := make([]string, len(b))
	for i, g := range b {
		texts[i] = g.Text
	}
	return "还不能销号：" + strings.Join(texts, "；")
}

// Verdict is what somebody says of an application.
type Verdict struct {
	Pass  bool
	Words string // asked for when it is sent back
	Basis string // number of the district's letter, when the town records its answer
}

// DecideClosing takes the next step of an application, or sends it back: the leader in charge reviews, the party secretary signs,
// the district accepts. The content must still be what was applied for, or the application is void.
func DecideClosing(ctx context.Context, db *store.DB, cal calendar.Calendar, who org.Person, id, version int64, v Verdict) (Closing, error) {
	v.Words, v.Basis = strings.TrimSpace(v.Words), strings.TrimSpace(v.Basis)
	var changed bool
	err := db.Write(ctx, func(tx *store.Tx) error {
		c, err := ClosingByID(ctx, tx, id)
		if err != nil {
			return err
		}
		f, err := ByID(ctx, tx, who, c.Finding)
		if err != nil {
			return err
		}
		if c.decidedBy(who, v) {
			return nil // sent twice
		}
		if err := c.mayDecideOrRecord(ctx, tx, who, f.Unit, v); err != nil {
			return err
		}
		if c.Version != version {
			return journal.StaleRow(ctx, tx, "finding", c.Finding)
		}
		w, err := WorkOf(ctx, tx, f)
		if err != nil {
			return err
		}
		if same, err := c.stands(w); err != nil || !same {
			changed = true
			return errors.Join(err, void(ctx, tx, who, f, c, "申请之后内容有改动"))
		}
		if !v.Pass {
			if v.Words == "" {
				return Invalid{Field: "退回理由", What: "请写明差什么、怎么补"}
			}
			if err := end(ctx, tx, who, c, SentBack, v.Words); err != nil {
				return err
			}
			return tellFinding(ctx, tx, who, f, "退回", journal.Change{Field: "销号", From: c.Step.Word(), To: SentBack.Word()}, journal.Change{Field: "补充整改要求", To: v.Words})
		}
		if gates := w.Broken(dayOf(tx)); len(gates) > 0 {
			return Blocked(gates)
		}
		switch c.Step {
		case Applied:
			return advance(ctx, tx, who, f, c, "审核通过", v.Words, `state = 'reviewed', reviewed = $3, reviewed_by = $4, review = $5`)
		case Reviewed:
			return sign(ctx, tx, who, f, c, v.Words)
		}
		return accept(ctx, tx, cal, who, f, c, v)
	})
	if err != nil {
		return Closing{}, err
	}
	c, err := ClosingByID(ctx, db, id)
	if err == nil && changed {
		err = Invalid{Field: "销号", What: "申请之后内容有改动，这份申请已作废。请重新申请"}
	}
	return c, err
}

// decidedBy tells whether who has said just this already.
func (c Closing) decidedBy(who org.Person, v Verdict) bool {
	last := map[Step]Mark{Reviewed: c.Reviewed, Signed: c.Signed, Accepted: c.Accepted}[c.Step]
	if c.Step == SentBack {
		return !v.Pass && c.Ended.Staff == who.ID && c.Ended.Words == v.Words
	}
	return v.Pass && last.Staff == who.ID && last.Words == v.Words
}

// mayDecideOrRecord is MayDecide, and asks whoever records the district's answer for the number of its letter.
func (c Closing) mayDecideOrRecord(ctx context.Context, tx *store.Tx, who org.Person, home org.Unit, v Verdict) error {
	records, err := c.MayDecide(ctx, tx, who, home)
	if err == nil && records && v.Basis == "" {
		return Invalid{Field: "区委巡察办文号", What: "请填区委巡察办同意或退回的文号，凭文登记"}
	}
	return err
}

// stands tells whether what was applied for is still what there is. Evidence that came later changes nothing.
func (c Closing) stands(w Work) (bool, error) {
	var b binding
	if err := json.Unmarshal([]byte(c.Bound), &b); err != nil {
		return false, fmt.Errorf("closing %d: %w", c.ID, err)
	}
	ids := map[int64]bool{}
	for _, e := range b.Content.Evidence {
		ids[e.ID] = true
	}
	var list []evidence.Item
	for _, e := range w.Evidence {
		if ids[e.ID] {
			list = append(list, e)
		}
	}
	was, err := json.Marshal(b.Content)
	now, err2 := json.Marshal(contentOf(w, list))
	return string(was) == string(now), errors.Join(err, err2)
}

// advance writes a step of a closing; the first parameters of set are $3 the instant, $4 who and $5 the words.
func advance(ctx context.Context, tx *store.Tx, who org.Person, f Finding, c Closing, verb, words, set string, more ...journal.Change) error {
	n, err := tx.Exec(ctx, `update closing set `+set+`, version = version + 1 where id = $1 and version = $2`, c.ID, c.Version, tx.Now.UnixMilli(), who.ID, words)
	if err != nil {
		return fmt.Errorf("closing: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "finding", f.ID)
	}
	return tellFinding(ctx, tx, who, f, verb, append([]journal.Change{{Field: "意见", To: words}, {Field: "内容指纹", To: c.Hash}}, more...)...)
}

func sign(ctx context.Context, tx *store.Tx, who org.Person, f Finding, c Closing, words string) error {
	number, err := nextNumber(ctx, tx, f.Unit, "销")
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update closing set number = $2 where id = $1`, c.ID, number); err != nil {
		return fmt.Errorf("closing: %w", err)
	}
	return advance(ctx, tx, who, f, c, "签批", words, `state = 'signed', signed = $3, signed_by = $4, signature = $5`, journal.Change{Field: "销号单", To: number})
}

func accept(ctx context.Context, tx *store.Tx, cal calendar.Calendar, who org.Person, f Finding, c Closing, v Verdict) error {
	if _, err := tx.Exec(ctx, `update closing set basis = $2 where id = $1`, c.ID, v.Basis); err != nil {
		return fmt.Errorf("closing: %w", err)
	}
	if err := advance(ctx, tx, who, f, c, "核准销号", v.Words, `state = 'accepted', accepted = $3, accepted_by = $4, acceptance = $5`); err != nil {
		return err
	}
	next := f.clone()
	next.Closing, next.State, next.Relapsed, next.Reason = c.ID, Done, false, ""
	if f.LongTerm {
		next.State = Keep
	}
	if err := save(ctx, tx, who, org.Names{}, "销号", f, next); err != nil {
		return err
	}
	rules, err := LoadRules(ctx, tx)
	if err != nil {
		return err
	}
	if err := planEffectVisit(ctx, tx, f, rules); err != nil {
		return err
	}
	if f.LongTerm {
		return startUpkeep(ctx, tx, cal, who, next, c)
	}
	duties, err := duty.OfFinding(ctx, tx, f.ID)
	if err != nil {
		return err
	}
	for _, d := range duties {
		if err := duty.Stop(ctx, tx, who, d.ID, "问题已销号"); err != nil {
			return err
		}
	}
	return nil
}

// planEffectVisit sets the day on which somebody looks whether a closed finding is really fixed.
func planEffectVisit(ctx context.Context, tx *store.Tx, f Finding, rules Rules) error {
	due := tx.Now.AddDate(0, rules.EffectMonths, 0).Format(time.DateOnly)
	_, err := tx.Exec(ctx, `insert into lookback (id, finding, home, sample, kind, stratum, due, result, said, done, staff, version)
		values ($1, $2, $3, 0, 'effect', '', $4, '', '', '', 0, 1)`, tx.ID(), f.ID, f.Unit.ID, due)
	if err != nil {
		return fmt.Errorf("plan visit: %w", err)
	}
	return nil
}

// dropEffectVisits takes back the look at the effect of a closing that no longer holds; the next closing plans its own.
func dropEffectVisits(ctx context.Context, tx *store.Tx, finding int64) error {
	_, err := tx.Exec(ctx, `delete from lookback where finding = $1 and kind = 'effect' and result = ''`, finding)
	if err != nil {
		return fmt.Errorf("drop visits: %w", err)
	}
	return nil
}

// WithdrawClosing takes an application back; only who applied can.
func WithdrawClosing(ctx context.Context, db *store.DB, who org.Person, id int64, reason string) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		c, err := ClosingByID(ctx, tx, id)
		if err != nil {
			return err
		}
		f, err := ByID(ctx, tx, who, c.Finding)
		if err != nil {
			return err
		}
		switch {
		case c.Applied.Staff != who.ID:
			return Invalid{Field: "撤回", What: "由" + c.Applied.Name + "申请，只能由本人撤回"}
		case c.Step == Withdrawn:
			return nil
		case !c.Step.Running():
			return Invalid{Field: "撤回", What: "这份申请" + c.Step.Word() + "，不能撤回"}
		}
		if err := end(ctx, tx, who, c, Withdrawn, strings.TrimSpace(reason)); err != nil {
			return err
		}
		return tellFinding(ctx, tx, who, f, "撤回销号申请", journal.Change{Field: "理由", To: strings.TrimSpace(reason)})
	})
}

// end ends an application that led to no closing, or a closing that no longer holds.
func end(ctx context.Context, tx *store.Tx, who org.Person, c Closing, how Step, why string) error {
	n, err := tx.Exec(ctx, `update closing set state = $3, ended = $4, ended_by = $5, reason = $6, version = version + 1 where id = $1 and version = $2`,
		c.ID, c.Version, how, tx.Now.UnixMilli(), who.ID, why)
	if err != nil {
		return fmt.Errorf("end closing: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "finding", c.Finding)
	}
	return nil
}

// voidClosing voids the application or closing of a finding when what was approved is no longer what there is, for everybody to see.
func voidClosing(ctx context.Context, tx *store.Tx, who org.Person, finding int64, why string) error {
	list, err := Closings(ctx, tx, finding)
	if err != nil || len(list) == 0 || !list[0].Step.Running() && list[0].Step != Accepted {
		return err
	}
	c := list[0]
	f, err := anyFinding(ctx, tx, finding)
	if err != nil {
		return err
	}
	if c.Step == Accepted && f.Closing != c.ID {
		return nil // a relapse has undone it already
	}
	w, err := WorkOf(ctx, tx, f)
	if err != nil {
		return err
	}
	if same, err := c.stands(w); err != nil || same {
		return err
	}
	return void(ctx, tx, who, f, c, why)
}

func void(ctx context.Context, tx *store.Tx, who org.Person, f Finding, c Closing, why string) error {
	if err := end(ctx, tx, who, c, Voided, why); err != nil {
		return err
	}
	if err := tellFinding(ctx, tx, who, f, "销号作废", journal.Change{Field: "销号", From: c.Step.Word(), To: Voided.Word()}, journal.Change{Field: "原因", To: why}); err != nil {
		return err
	}
	if f.Closing != c.ID {
		return nil
	}
	return reopen(ctx, tx, who, f, "重新打开")
}

// reopen takes a closing off a finding and ends its upkeep.
func reopen(ctx context.Context, tx *store.Tx, who org.Person, f Finding, verb string) error {
	if err := endUpkeep(ctx, tx, who, f.ID, "voided", verb); err != nil {
		return err
	}
	if err := dropEffectVisits(ctx, tx, f.ID); err != nil {
		return err
	}
	next := f.clone()
	next.Closing, next.State = 0, Doing
	return save(ctx, tx, who, org.Names{}, verb, f, next)
}

// anyFinding reads a finding for the program itself, whoever may see it.
func anyFinding(ctx context.Context, q store.Querier, id int64) (Finding, error) {
	list, err := ByIDs(ctx, q, []int64{id})
	if err == nil && len(list) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return Finding{}, err
	}
	return list[0], nil
}

// tellFinding records what happened to a finding beside its own columns. Its version stands: nobody's edit is stale because of it.
func tellFinding(ctx context.Context, tx *store.Tx, who org.Person, f Finding, verb string, changes ...journal.Change) error {
	said := changes[:0]
	for _, c := range changes {
		if c.From != "" || c.To != "" {
			said = append(said, c)
		}
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: "finding", Row: f.ID, Changes: said})
}

// nextNumber gives the next number of a series of papers of a unit and year: 栖禾巡改销〔2026〕3号.
func nextNumber(ctx context.Context, tx *store.Tx, u org.Unit, kind string) (string, error) {
	year := tx.Now.Year()
	n, err := store.NextSerial(ctx, tx, fmt.Sprintf("%d/%s/%d", u.ID, kind, year))
	if err != nil {
		return "", fmt.Errorf("number: %w", err)
	}
	return fmt.Sprintf("%s巡改%s〔%d〕%d号", ShortName(u), kind, year, n), nil
}

// ShortName is a unit's name as it stands in the numbers of its papers: without 镇 or 街道.
func ShortName(u org.Unit) string {
	for _, end := range []string{"街道", "社区", "镇", "乡", "区", "县", "市", "村"} {
		if short, cut := strings.CutSuffix(u.Name, end); cut && len([]rune(short)) > 1 {
			return short
		}
	}
	return u.Name
}
