package lead

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// Outcome is what checking a hit came to. The list is closed (B1.9).
type Outcome string

// The outcomes.
const (
	RightPay     Outcome = "right-pay"
	RightStop    Outcome = "right-stop"
	RightRecover Outcome = "right-recover"
	RightCorrect Outcome = "right-correct"
	WrongRoll    Outcome = "wrong-roll"
	WrongSource  Outcome = "wrong-source"
	Allowed      Outcome = "allowed"
	Declined     Outcome = "declined"
	Unreachable  Outcome = "unreachable"
	PassedOn     Outcome = "passed-on"
)

// OutcomeWord is an outcome as forms offer it.
type OutcomeWord struct {
	Outcome    Outcome
	Word, Help string
}

// Outcomes are all outcomes with their words, in the order of forms, and what somebody in a village makes of them.
var Outcomes = []OutcomeWord{
	{RightPay, "属实-新增/补发", "人在、够条件，没领到或少领了"},
	{RightStop, "属实-停发", "人不在了、迁走了或不够条件，还在发"},
	{RightRecover, "属实-追回", "多发了钱，要退回来"},
	{RightCorrect, "属实-改信息", "姓名、号码、年龄等登记错了"},
	{WrongRoll, "不属实-本表错", "名册自己写错了，钱没发错"},
	{WrongSource, "不属实-来源数据错", "别的部门给的名单错了"},
	{Allowed, "政策允许", "查了，照政策可以这样"},
	{Declined, "本人自愿放弃（书面）", "本人写了不要，有字据"},
	{Unreachable, "暂时联系不上", "人找不到，过些日子再找"},
	{PassedOn, "转办", "归别的单位管，已转去"},
}

// Word is what people call the outcome.
func (o Outcome) Word() string {
	for _, x := range Outcomes {
		if x.Outcome == o {
			return x.Word
		}
	}
	return string(o)
}

// Right tells that the hit was right (属实): something has to be proposed to the county.
func (o Outcome) Right() bool {
	return o == RightPay || o == RightStop || o == RightRecover || o == RightCorrect
}

// Wrong tells that the hit was no case of its rule: the list or the roll was wrong, or the rule does not know what the policy allows.
func (o Outcome) Wrong() bool { return o == WrongRoll || o == WrongSource || o == Allowed }

// Methods are the ways of checking (B1.9).
var Methods = []string{"入户", "电话", "视频", "邻里", "部门函"}

// Giver is an office that gives lists, of these kinds.
type Giver struct {
	Word  string
	Kinds []screening.Kind
}

// Blamed are the offices whose list may be wrong (B1.9).
var Blamed = []Giver{
	{"派出所", []screening.Kind{screening.Residents}},
	{"卫健", []screening.Kind{screening.Deaths}},
	{"殡葬", []screening.Kind{screening.Deaths}},
	{"人社", []screening.Kind{screening.Pension}},
}

// Check is what somebody says of a hit after checking it.
type Check struct {
	Outcome  Outcome
	Blamed   string // of a wrong source whose list
	Method   string
	Day      string // when it was checked
	Who      string // who checked, by name; empty: who enters it
	Said     string // one sentence; may be empty
	Proof    string // what proves it, in words
	PassedTo string // of a hit passed on to whom, and under which number
	File     []byte // a picture or scan that proves it; may be nil
}

// MostProof bounds the file that proves a check, in bytes.
const MostProof = 8 << 20

// Term of a hit that nobody could be reached for: it is prolonged once by so many days, then the hit is for the town (C4 HIT).
const unreachableDays = 30

// check refuses what cannot be kept.
func (c *Check) check(day string) error {
	for _, s := range []*string{&c.Blamed, &c.Who, &c.Said, &c.Proof, &c.PassedTo, &c.Day} {
		*s = strings.TrimSpace(*s)
	}
	known := slices.ContainsFunc(Outcomes, func(x OutcomeWord) bool { return x.Outcome == c.Outcome })
	blamed := slices.ContainsFunc(Blamed, func(g Giver) bool { return g.Word == c.Blamed })
	_, err := time.Parse(time.DateOnly, c.Day)
	switch {
	case !known:
		return org.Invalid{Field: "核实结果", What: "请从列出的结果里选一项"}
	case c.Outcome == WrongSource && !blamed:
		return org.Invalid{Field: "哪家的名单", What: "请选是 派出所、卫健、殡葬、人社 哪一家的名单错了"}
	case c.Outcome == PassedOn && c.PassedTo == "":
		return org.Invalid{Field: "转给哪里", What: "请写转给哪个单位、编号多少"}
	case !slices.Contains(Methods, c.Method):
		return org.Invalid{Field: "核实方式", What: "请选 入户、电话、视频、邻里、部门函 中的一种"}
	case err != nil:
		return org.Invalid{Field: "核实日期", What: "请写成 2026-04-30 这样"}
	case c.Day > day:
		return org.Invalid{Field: "核实日期", What: "还没到这一天"}
	case c.Proof == "" && len(c.File) == 0:
		return org.Invalid{Field: "凭据", What: "请写一样凭据，如 户口簿、医院证明、邻居两人证实；或拍一张照片"}
	case len(c.File) > MostProof:
		return org.Invalid{Field: "照片", What: "太大了，请拍小一点再传（不超过 8 MB）"}
	}
	if err := vault.CheckTexts("凭据", c.Proof, "谁去核实的", c.Who, "转给哪里", c.PassedTo, "情况", c.Said); err != nil {
		return err
	}
	for _, x := range []struct{ field, text string }{{"凭据", c.Proof}, {"谁去核实的", c.Who}, {"转给哪里", c.PassedTo}} {
		if utf8.RuneCountInString(x.text) > 200 {
			return org.Invalid{Field: x.field, What: "太长了，请不超过 200 字"}
		}
	}
	if utf8.RuneCountInString(c.Said) > 500 {
		return org.Invalid{Field: "情况", What: "太长了，请不超过 500 字"}
	}
	if c.Outcome != WrongSource {
		c.Blamed = ""
	}
	if c.Outcome != PassedOn {
		c.PassedTo = ""
	}
	return nil
}

// Verification is one check of a hit (核实).
type Verification struct {
	ID          int64
	Hit         int64
	Staff       int64
	Check             // without its file
	ProofFile   int64 // sealed file; 0 for none
	Entered     time.Time
	Confirmed   time.Time // zero until then
	ConfirmedBy int64
	Opinion     string
	Returned    bool // sent back: it no longer counts
	Version     int64
}

const verificationColumns = `select id, hit, staff, who, checked, method, outcome, blamed, said, proof, proof_file, passed_to, entered, confirmed, confirmed_by, opinion, returned, version
	from verification`

func scanVerification(v *vault.Vault) func(*sql.Rows, *Verification) error {
	return func(rows *sql.Rows, x *Verification) error {
		var entered, confirmed, returned int64
		var said string
		err := rows.Scan(&x.ID, &x.Hit, &x.Staff, &x.Who, &x.Day, &x.Method, &x.Outcome, &x.Blamed, &said, &x.Proof, &x.ProofFile, &x.PassedTo, &entered, &confirmed,
			&x.ConfirmedBy, &x.Opinion, &returned, &x.Version)
		if err != nil {
			return err
		}
		x.Entered, x.Returned = time.UnixMilli(entered), returned == 1
		if confirmed != 0 {
			x.Confirmed = time.UnixMilli(confirmed)
		}
		x.Said, err = v.Unseal("verification.said", said)
		return err
	}
}

// Verifications lists what was checked of a hit, the first first.
func Verifications(ctx context.Context, v *vault.Vault, hit int64) ([]Verification, error) {
	return store.All(ctx, v, scanVerification(v), verificationColumns+` where hit = $1 order by id`, hit)
}

// current is the check of a hit that counts: the last that was not sent back; [store.ErrNotFound] when there is none.
func current(ctx context.Context, v *vault.Vault, q store.Querier, hit int64) (Verification, error) {
	list, err := store.All(ctx, q, scanVerification(v), verificationColumns+` where hit = $1 and returned = 0 order by id desc limit 1`, hit)
	if err == nil && len(list) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return Verification{}, err
	}
	return list[0], nil
}

// MayVerify tells, with an error that says why not, whether who may check a hit now.
func (h Hit) MayVerify(ctx context.Context, house store.Querier, who org.Person) error {
	u, err := h.place(ctx, house)
	if err != nil {
		return err
	}
	if err := who.Check(org.Verify, u); err != nil {
		return err
	}
	switch h.State {
	case HitNew, HitAssigned, HitEscalated:
		return nil
	case HitChecked:
		return org.Invalid{Field: "核实结果", What: "已经核实，正在等复核。要改请先让复核人退回"}
	case HitSame:
		return org.Invalid{Field: "核实结果", What: "同一疑点上次筛查已经列出、还在办理，请在那一条里核实"}
	}
	return org.Invalid{Field: "核实结果", What: "这条疑点已经" + h.State.Word() + "，不用再核实"}
}

// Verify enters what checking a hit came to. Sent twice it is done once. What follows in the house is done by [Settle], which this calls.
func Verify(ctx context.Context, v *vault.Vault, db *store.DB, cal calendar.Calendar, who org.Person, id, version int64, c Check) error {
	if err := verify(ctx, v, db, who, id, version, c); err != nil {
		return err
	}
	return settleOf(ctx, v, db, cal, id)
}

// verify is the half of [Verify] that is done among the residents.
func verify(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id, version int64, c Check) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		day := dayOf(tx)
		if err := tx.Lock(ctx, "hit", id); err != nil {
			return err
		}
		h, err := hitByID(ctx, v, tx, id)
		if err != nil {
			return err
		}
		if c.Day == "" {
			c.Day = day
		}
		if err := c.check(day); err != nil {
			return err
		}
		if c.Who == "" {
			c.Who = who.Name
		}
		last, err := current(ctx, v, tx, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return err
		case h.Version != version && last.Staff == who.ID && last.same(c):
			return nil // sent twice
		}
		if err := h.MayVerify(ctx, house, who); err != nil {
			return err
		}
		next, due, extended := HitChecked, h.Due, h.Extended
		if c.Outcome == Unreachable {
			if h.Extended || h.State == HitEscalated {
				next = HitEscalated
			} else {
				next, due, extended = h.State, later(max(h.Due, day), unreachableDays), true
			}
		}
		n, err := tx.Exec(ctx, `update hit set state = $3, due = $4, extended = $5, version = version + 1 where id = $1 and version = $2`, id, version, string(next), due, bit(extended))
		if err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "hit", id)
		}
		file := int64(0)
		if len(c.File) > 0 {
			stored, err := v.KeepFile(ctx, tx, bytes.NewReader(c.File), MostProof)
			if err != nil {
				return err
			}
			file = stored.ID
		}
		_, err = tx.Exec(ctx, `insert into verification (id, hit, staff, who, checked, method, outcome, blamed, said, proof, proof_file, passed_to, entered, confirmed, confirmed_by,
			opinion, returned, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0, '', 0, 1)`,
			tx.ID(), id, who.ID, c.Who, c.Day, c.Method, string(c.Outcome), c.Blamed, v.Seal("verification.said", c.Said), c.Proof, file, c.PassedTo, tx.Now.UnixMilli())
		if err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		changes := []journal.Change{{Field: "疑点", To: h.label()}, {Field: "核实结果", To: c.Outcome.Word()}, {Field: "核实方式", To: c.Method}, {Field: "核实日期", To: c.Day},
			{Field: "核实人", To: c.Who}}
		if c.Blamed != "" {
			changes = append(changes, journal.Change{Field: "哪家的名单", To: c.Blamed})
		}
		if extended && !h.Extended {
			changes = append(changes, journal.Change{Field: "期限", From: h.Due, To: due})
		}
		if next == HitEscalated {
			changes = append(changes, journal.Change{Field: "状态", From: h.State.Word(), To: next.Word()})
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "核实", Kind: "hit", Row: id, Happened: c.Day, Changes: changes})
	})
}

// label names a hit in the record: rule and masked name.
func (h Hit) label() string { return RuleOf(h.Rule).Name + " " + vault.MaskName(h.Name) }

// same tells whether a check says what another says.
func (x Verification) same(c Check) bool {
	c.File = nil
	return x.Outcome == c.Outcome && x.Blamed == c.Blamed && x.Method == c.Method && x.Day == c.Day && x.Who == c.Who && x.Said == c.Said && x.Proof == c.Proof && x.PassedTo == c.PassedTo
}

// Opinion is what a second person says of a check.
type Opinion struct {
	Pass bool
	Text string // asked for when it is sent back
}

// MayConfirm tells, with an error that says why not, whether who may confirm a check: nobody confirms what they checked or entered.
func (x Verification) MayConfirm(who org.Person, town org.Unit) error {
	if err := who.Check(org.Confirm, town); err != nil {
		return err
	}
	if x.Staff == who.ID || strings.Contains(x.Who, who.Name) {
		return org.Invalid{Field: "复核", What: "自己核实、自己填报的，要由别人复核"}
	}
	return nil
}

// Confirm passes what a village found about a hit, or sends it back (复核). What follows of it: a proposal is to be made, the roll to be
// corrected, or the hit is closed and not raised again.
func Confirm(ctx context.Context, v *vault.Vault, db *store.DB, cal calendar.Calendar, who org.Person, id, version int64, o Opinion) error {
	if err := confirm(ctx, v, db, who, id, version, o); err != nil {
		return err
	}
	return settleOf(ctx, v, db, cal, id)
}

// confirm is the half of [Confirm] that is done among the residents.
func confirm(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id, version int64, o Opinion) error {
	o.Text = strings.TrimSpace(o.Text)
	if err := vault.CheckText("意见", o.Text); err != nil {
		return err
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "hit", id); err != nil {
			return err
		}
		h, err := hitByID(ctx, v, tx, id)
		if err != nil {
			return err
		}
		town, err := org.UnitByID(ctx, house, h.Unit)
		if err != nil {
			return err
		}
		if err := who.Check(org.Confirm, town); err != nil {
			return err
		}
		if done, err := decided(ctx, v, tx, id, who, o); err != nil || done {
			return err
		}
		if h.State != HitChecked {
			return org.Invalid{Field: "复核", What: "这条没有等复核的核实结果，可能已有人复核过。请刷新页面"}
		}
		x, err := current(ctx, v, tx, id)
		if err != nil {
			return err
		}
		if err := x.MayConfirm(who, town); err != nil {
			return err
		}
		if !o.Pass {
			return sendBack(ctx, tx, who, h, version, x, o.Text)
		}
		if x.Proof == "" && x.ProofFile == 0 {
			return org.Invalid{Field: "复核", What: "照片已删除，这次核实没有别的凭据，不能通过。请退回补核"}
		}
		state, why := HitConfirmed, ""
		switch x.Outcome {
		case WrongSource:
			state, why = HitClosed, "不属实：来源数据错（"+x.Blamed+"），名单不变就不再列出"
		case Allowed:
			state, why = HitClosed, "政策允许"
		case Declined:
			state, why = HitClosed, "本人自愿放弃（书面）"
		case PassedOn:
			state, why = HitClosed, "转办："+x.PassedTo
		}
		closed := ""
		if state == HitClosed {
			closed = dayOf(tx)
		}
		if err := change(ctx, tx, h.ID, version, `state = $3, closed = $4, closed_why = $5`, string(state), closed, why); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update verification set confirmed = $2, confirmed_by = $3, opinion = $4, version = version + 1 where id = $1`, x.ID, tx.Now.UnixMilli(), who.ID, o.Text)
		if err != nil {
			return fmt.Errorf("confirm: %w", err)
		}
		if err := suppress(ctx, tx, h, x); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "复核通过", Kind: "hit", Row: h.ID, Changes: []journal.Change{
			{Field: "疑点", To: h.label()}, {Field: "核实结果", To: x.Outcome.Word()}, {Field: "状态", From: h.State.Word(), To: state.Word()}, {Field: "意见", To: o.Text}}})
	})
}

// decided tells whether who has said the same of the last check already: the form was sent twice.
func decided(ctx context.Context, v *vault.Vault, q store.Querier, hit int64, who org.Person, o Opinion) (bool, error) {
	list, err := store.All(ctx, q, scanVerification(v), verificationColumns+` where hit = $1 order by id desc limit 1`, hit)
	if err != nil || len(list) == 0 {
		return false, err
	}
	x := list[0]
	return x.ConfirmedBy == who.ID && !x.Confirmed.IsZero() && x.Returned == !o.Pass && x.Opinion == o.Text, nil
}

// sendBack sends a check back: it no longer counts, and the hit is to be checked again.
func sendBack(ctx context.Context, tx *store.Tx, who org.Person, h Hit, version int64, x Verification, why string) error {
	if why == "" {
		return org.Invalid{Field: "意见", What: "退回的请写明差什么、怎么补"}
	}
	open, err := store.One(ctx, tx, store.Value[int], `select count(*) from handout where id = $1 and state = 'open'`, h.Duty)
	if err != nil {
		return err
	}
	state, asked := HitNew, int64(0) // the duty is over, or there was none
	if open > 0 {
		state, asked = HitAssigned, h.Duty
	}
	if err := change(ctx, tx, h.ID, version, `state = $3, duty = $4`, string(state), asked); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update verification set returned = 1, confirmed = $2, confirmed_by = $3, opinion = $4, version = version + 1 where id = $1`, x.ID, tx.Now.UnixMilli(), who.ID, why)
	if err != nil {
		return fmt.Errorf("send back: %w", err)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "退回", Kind: "hit", Row: h.ID, Changes: []journal.Change{
		{Field: "疑点", To: h.label()}, {Field: "核实结果", To: x.Outcome.Word()}, {Field: "意见", To: why}}})
}

// change sets columns of a hit from $3 on, if it still is of the version that was seen.
func change(ctx context.Context, tx *store.Tx, id, version int64, set string, values ...any) error {
	n, err := tx.Exec(ctx, `update hit set `+set+`, version = version + 1 where id = $1 and version = $2`, append([]any{id, version}, values...)...)
	if err != nil {
		return fmt.Errorf("change hit: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "hit", id)
	}
	return nil
}

// Corrected closes a confirmed hit whose roll was wrong: the roll says now what is right.
func Corrected(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id, version int64, what string) error {
	what = strings.TrimSpace(what)
	if what == "" {
		return org.Invalid{Field: "改了什么", What: "请写一句名册里哪一项改成了什么"}
	}
	if err := vault.CheckText("改了什么", what); err != nil {
		return err
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		h, err := hitByID(ctx, v, tx, id)
		if err != nil {
			return err
		}
		town, err := org.UnitByID(ctx, house, h.Unit)
		if err != nil {
			return err
		}
		if err := who.Check(org.Programme, town); err != nil {
			return err
		}
		why := "名册已更正：" + what
		if h.State == HitClosed && h.ClosedWhy == why {
			return nil
		}
		x, err := current(ctx, v, tx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if h.State != HitConfirmed || x.Outcome != WrongRoll && x.Outcome != RightCorrect || h.Application != 0 {
			return org.Invalid{Field: "名册更正", What: "只有复核为“不属实-本表错”或“属实-改信息”、还没报县和办结的疑点才这样办结"}
		}
		if err := change(ctx, tx, id, version, `state = 'closed', closed = $3, closed_why = $4`, dayOf(tx), why); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "办结", Kind: "hit", Row: id,
			Changes: []journal.Change{{Field: "疑点", To: h.label()}, {Field: "办结", To: why}}})
	})
}
