package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/chinese"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/store"
)

// ClaimState says whether a person has confirmed a claim.
type ClaimState string

// The states of a claim.
const (
	ClaimProposed  ClaimState = "proposed"  // read out of the plan, not yet looked at
	ClaimConfirmed ClaimState = "confirmed" // counted in reports
	ClaimDropped   ClaimState = "dropped"   // is none; kept so that it is not proposed again
)

// Claim is a number that a finding quotes, and what has become of it (基线数字, M07). The baseline is kept once; every later value
// stands beside it with its day and source. What is unknown is an empty text, never 0.
type Claim struct {
	ID      int64
	Finding int64
	Ord     int
	Quote   string // the words of the plan it stands in; empty for one that a person added
	Subject string // what is counted
	Measure string // 个 户 万元 %
	Op      plan.Op
	Value   string   // decimal; empty while unknown
	Upper   string   // upper end of a range
	Nested  int64    // the claim it is a part of (其中); 0 for none
	Places  []string // 等7村: seven; those nobody has named yet are empty
	AsOf    string   // day of the baseline; empty when the plan tells none
	Target  string   // decimal; empty for none
	Aim     plan.Op  // [plan.AtLeast] or [plan.AtMost]: how the target is meant
	State   ClaimState
	Version int64

	Values []ClaimValue // later ones, by day
}

// ClaimValue is what a claim was found to be on a later day.
type ClaimValue struct {
	ID      int64
	AsOf    string
	Value   string // decimal; empty: looked for and not known
	Source  string // the paper or count it comes from
	By      string
	Entered time.Time
}

// Standing is how a claim stands against its target.
type Standing string

// The verdicts on a claim. Without a target, and without a known value, nothing can be said.
const (
	Reached    Standing = "达成"
	NotReached Standing = "未达成"
	NotKnown   Standing = "未知"
)

// Now is the newest value of a claim, false while there is none after the baseline.
func (c Claim) Now() (ClaimValue, bool) {
	if len(c.Values) == 0 {
		return ClaimValue{}, false
	}
	return c.Values[len(c.Values)-1], true
}

// Standing holds the newest value against the target.
func (c Claim) Standing() Standing {
	now, _ := c.Now()
	is, ok := plan.Amount(now.Value, c.Measure)
	target, ok2 := plan.Amount(c.Target, c.Measure)
	switch {
	case !ok || !ok2:
		return NotKnown
	case c.Aim == plan.AtMost && is.Cmp(target) <= 0, c.Aim == plan.AtLeast && is.Cmp(target) >= 0:
		return Reached
	}
	return NotReached
}

// Baseline writes the baseline as people read it: 超过50%, 15至20万元, x个 for an unknown one.
func (c Claim) Baseline() string {
	value := c.Value
	switch {
	case value == "" && len(c.Places) > 0:
		return "总数未知，点名" + strconv.Itoa(c.Named()) + "个"
	case value == "":
		return "未知"
	case c.Upper != "":
		return value + "至" + c.Upper + c.Measure
	}
	return opWords[c.Op] + value + c.Measure
}

var opWords = map[plan.Op]string{plan.AtLeast: "不少于", plan.AtMost: "不多于", plan.Over: "超过", plan.Under: "不足", plan.About: "约"}

// Goal writes the target as people read it: 不少于19个; empty without one.
func (c Claim) Goal() string {
	if c.Target == "" {
		return ""
	}
	return opWords[c.Aim] + c.Target + c.Measure
}

// Named counts the places that have a name.
func (c Claim) Named() int {
	n := 0
	for _, p := range c.Places {
		if p != "" {
			n++
		}
	}
	return n
}

const claimColumns = `c.id, c.finding, c.ord, c.quote, c.subject, c.measure, c.op, c.value, c.upper, c.nested, c.places, c.as_of, c.target, c.aim, c.state, c.version`

func scanClaim(rows *sql.Rows, c *Claim) error {
	var places string
	err := rows.Scan(&c.ID, &c.Finding, &c.Ord, &c.Quote, &c.Subject, &c.Measure, &c.Op, &c.Value, &c.Upper, &c.Nested, &places, &c.AsOf, &c.Target, &c.Aim, &c.State, &c.Version)
	if err == nil && places != "[]" {
		err = json.Unmarshal([]byte(places), &c.Places)
	}
	return err
}

// ClaimsOf lists the claims of a finding with their values, in the order of the text; dropped ones too. Who may see the finding may
// see them.
func ClaimsOf(ctx context.Context, q store.Querier, finding int64) ([]Claim, error) {
	list, err := store.All(ctx, q, scanClaim, `select `+claimColumns+` from claim c where c.finding = $1 order by c.ord, c.id`, finding)
	if err != nil || len(list) == 0 {
		return list, err
	}
	return list, loadValues(ctx, q, list, `v.claim in (select id from claim where finding = $1)`, finding)
}

// loadValues fills in the values of claims.
func loadValues(ctx context.Context, q store.Querier, list []Claim, where string, args ...any) error {
	type value struct {
		claim int64
		ClaimValue
	}
	values, err := store.All(ctx, q, func(rows *sql.Rows, v *value) error {
		var entered int64
		err := rows.Scan(&v.claim, &v.ID, &v.AsOf, &v.Value, &v.Source, &v.By, &entered)
		v.Entered = time.UnixMilli(entered)
		return err
	}, `select v.claim, v.id, v.as_of, v.value, v.source, coalesce(s.name, '系统'), v.entered from claim_value v left join staff s on s.id = v.staff
		where `+where+` order by v.as_of, v.id`, args...)
	at := make(map[int64]int, len(list))
	for i := range list {
		at[list[i].ID] = i
	}
	for _, v := range values {
		c := &list[at[v.claim]]
		c.Values = append(c.Values, v.ClaimValue)
	}
	return err
}

// ClaimGroup is a finding with its claims, dropped ones left out.
type ClaimGroup struct {
	Finding Finding
	Claims  []Claim
}

// ClaimTable lists the claims of a plan by finding, for the table of before and after. Findings without claims are left out. The
// plan must be one that who may see; see [PlanByID].
func ClaimTable(ctx context.Context, q store.Querier, who org.Person, planID int64) ([]ClaimGroup, error) {
	if _, err := PlanByID(ctx, q, who, planID); err != nil {
		return nil, err
	}
	live, err := inForce(ctx, q, planID)
	if err != nil {
		return nil, err
	}
	all, err := planClaims(ctx, q, planID)
	if err != nil {
		return nil, err
	}
	if err := loadValues(ctx, q, all, `v.claim in (select c.id from claim c join finding f on f.id = c.finding where f.plan = $1)`, planID); err != nil {
		return nil, err
	}
	var groups []ClaimGroup
	for _, f := range live {
		g := ClaimGroup{Finding: f}
		for _, c := range all {
			if c.Finding == f.ID && c.State != ClaimDropped {
				g.Claims = append(g.Claims, c)
			}
		}
		if len(g.Claims) > 0 {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// planClaims reads all claims of a plan without their values.
func planClaims(ctx context.Context, q store.Querier, planID int64) ([]Claim, error) {
	return store.All(ctx, q, scanClaim, `select `+claimColumns+` from claim c join finding f on f.id = c.finding where f.plan = $1 order by c.finding, c.ord, c.id`, planID)
}

// claims proposes the numbers that the findings in force quote and tells how many are new.
func (c *confirmation) claims(ctx context.Context) (int, error) {
	live, err := inForce(ctx, c.tx, c.plan.ID)
	if err != nil {
		return 0, err
	}
	have, err := planClaims(ctx, c.tx, c.plan.ID)
	if err != nil {
		return 0, err
	}
	var round struct{ feedback, ends string }
	round, err = store.One(ctx, c.tx, func(rows *sql.Rows, r *struct{ feedback, ends string }) error { return rows.Scan(&r.feedback, &r.ends) },
		`select r.feedback, r.ends from plan p join round r on r.id = p.round where p.id = $1`, c.plan.ID)
	if err != nil {
		return 0, err
	}
	day := round.feedback
	if day == "" {
		day = round.ends
	}
	n := 0
	for _, f := range live {
		own := slices.DeleteFunc(slices.Clone(have), func(x Claim) bool { return x.Finding != f.ID })
		added, err := ProposeClaims(ctx, c.tx, f, own, day)
		if err != nil {
			return n, err
		}
		n += added
	}
	return n, nil
}

// ProposeClaims enters the numbers that a finding quotes as proposed and tells how many are new. have are the claims the finding has
// already: what was confirmed, changed or dropped stays as it is, and what the words no longer quote and nobody has confirmed is
// dropped. The caller's journal entry tells of it. asOf is the day of the baseline, empty when unknown.
func ProposeClaims(ctx context.Context, tx *store.Tx, f Finding, have []Claim, asOf string) (int, error) {
	read := plan.Finding{Title: f.Title}
	for _, m := range f.Manifestations {
		read.Manifestations = append(read.Manifestations, plan.Manifestation{Text: m.Text})
	}
	// A claim is known again by its clause and its place among those of the clause, for a person may have changed the rest.
	type key struct {
		quote string
		n     int
	}
	known, seen := map[key]Claim{}, map[string]int{}
	ord := 0
	for _, c := range have {
		known[key{c.Quote, seen[c.Quote]}] = c
		seen[c.Quote]++
		ord = max(ord, c.Ord+1)
	}
	clear(seen)
	quoted := plan.Claims(read)
	ids := make([]int64, len(quoted))
	kept := map[int64]bool{}
	added := 0
	for i, q := range quoted {
		k := key{q.Quote, seen[q.Quote]}
		seen[q.Quote]++
		if c, ok := known[k]; ok {
			ids[i] = c.ID
			kept[c.ID] = true
			continue
		}
		c := Claim{ID: tx.ID(), Finding: f.ID, Ord: ord, Quote: q.Quote, Subject: q.Subject, Measure: q.Measure, Op: q.Op, Value: q.Value, Upper: q.Upper,
			Places: q.Places, AsOf: asOf, State: ClaimProposed}
		if q.Nested >= 0 {
			c.Nested = ids[q.Nested]
		}
		ids[i] = c.ID
		ord++
		added++
		if err := insertClaim(ctx, tx, c); err != nil {
			return added, err
		}
	}
	for _, c := range have {
		if c.State != ClaimProposed || kept[c.ID] {
			continue
		}
		if _, err := tx.Exec(ctx, `update claim set state = 'dropped', version = version + 1 where id = $1`, c.ID); err != nil {
			return added, fmt.Errorf("drop claim: %w", err)
		}
	}
	return added, nil
}

func insertClaim(ctx context.Context, tx *store.Tx, c Claim) error {
	_, err := tx.Exec(ctx, `insert into claim (id, finding, ord, quote, subject, measure, op, value, upper, nested, places, as_of, target, aim, state, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1)`, c.ID, c.Finding, c.Ord, c.Quote, c.Subject, c.Measure, string(c.Op), c.Value,
		c.Upper, c.Nested, jsonList(c.Places), c.AsOf, c.Target, string(c.Aim), string(c.State))
	if err != nil {
		return fmt.Errorf("insert claim: %w", err)
	}
	return nil
}

// ClaimEdit is what a person may say of a claim. Numbers are as typed; an empty one is unknown.
type ClaimEdit struct {
	Quote   string
	Subject string
	Measure string
	Op      plan.Op // empty is [plan.Equal]
	Value   string
	Upper   string
	Nested  int64
	Places  []string // those that are known; open ones are added up to Value
	AsOf    string
	Target  string
	Aim     plan.Op
}

// Edit is the claim as a form holds it.
func (c Claim) Edit() ClaimEdit {
	return ClaimEdit{Quote: c.Quote, Subject: c.Subject, Measure: c.Measure, Op: c.Op, Value: c.Value, Upper: c.Upper, Nested: c.Nested, Places: c.Places, AsOf: c.AsOf,
		Target: c.Target, Aim: c.Aim}
}

// ConfirmClaim says that a proposed claim is one. version is the one that was seen; see [Stale].
func ConfirmClaim(ctx context.Context, db *store.DB, who org.Person, id, version int64) error {
	return changeClaim(ctx, db, who, id, version, "确认基线", func(c *Claim) error {
		c.State = ClaimConfirmed
		return nil
	})
}

// DropClaim says that a claim is none. It is kept, so that it is not proposed again, and what was recorded of it.
func DropClaim(ctx context.Context, db *store.DB, who org.Person, id, version int64) error {
	return changeClaim(ctx, db, who, id, version, "剔除基线", func(c *Claim) error {
		c.State = ClaimDropped
		return nil
	})
}

// EditClaim changes a claim and thereby confirms it. version is the one that was seen; see [Stale].
func EditClaim(ctx context.Context, db *store.DB, who org.Person, id, version int64, e ClaimEdit) error {
	return changeClaim(ctx, db, who, id, version, "修改基线", func(c *Claim) error {
		c.State = ClaimConfirmed
		return c.apply(e)
	})
}

// AddClaim enters a number that the plan does not quote, such as one counted when the work began. The same number entered twice is
// entered once.
func AddClaim(ctx context.Context, db *store.DB, who org.Person, finding int64, e ClaimEdit) (int64, error) {
	var id int64
	err := db.Write(ctx, func(tx *store.Tx) error {
		f, err := claimFinding(ctx, tx, who, org.Edit, finding)
		if err != nil {
			return err
		}
		c := Claim{Finding: f.ID, State: ClaimConfirmed}
		if err := c.apply(e); err != nil {
			return err
		}
		have, err := ClaimsOf(ctx, tx, f.ID)
		if err != nil {
			return err
		}
		for _, h := range have {
			c.Ord = max(c.Ord, h.Ord+1)
			if h.State != ClaimDropped && h.Quote == c.Quote && h.Subject == c.Subject && h.Measure == c.Measure && h.Value == c.Value && h.AsOf == c.AsOf {
				id = h.ID
				return nil
			}
		}
		c.ID = tx.ID()
		if err := checkClaim(c, have); err != nil {
			return err
		}
		id = c.ID
		if err := insertClaim(ctx, tx, c); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记基线", Kind: "claim", Row: c.ID, Changes: claimChanges(Claim{}, c)})
	})
	return id, err
}

// claimFinding reads the finding of a claim for a change of it.
func claimFinding(ctx context.Context, tx *store.Tx, who org.Person, a org.Action, id int64) (Finding, error) {
	f, err := ByID(ctx, tx, who, id)
	if err != nil {
		return f, err
	}
	if err := f.Allows(who, a); err != nil {
		return f, err
	}
	if f.Dropped > 0 {
		return f, Invalid{Field: "问题", What: fmt.Sprintf("方案第%d版已不再列这个问题，记录只能查看", f.Dropped)}
	}
	return f, nil
}

func claimByID(ctx context.Context, q store.Querier, id int64) (Claim, error) {
	return store.One(ctx, q, scanClaim, `select `+claimColumns+` from claim c where c.id = $1`, id)
}

// ClaimByID reads a claim with its finding, which who may see, or [store.ErrNotFound].
func ClaimByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Claim, Finding, error) {
	c, err := claimByID(ctx, q, id)
	if err != nil {
		return c, Finding{}, err
	}
	f, err := ByID(ctx, q, who, c.Finding)
	if err != nil {
		return c, f, err
	}
	list := []Claim{c}
	err = loadValues(ctx, q, list, `v.claim = $1`, id)
	return list[0], f, err
}

// changeClaim is the way every change of a claim goes. What stands already is done already.
func changeClaim(ctx context.Context, db *store.DB, who org.Person, id, version int64, verb string, apply func(*Claim) error) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		old, err := claimByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := claimFinding(ctx, tx, who, org.Edit, old.Finding); err != nil {
			return err
		}
		next := old
		if err := apply(&next); err != nil {
			return err
		}
		changes := claimChanges(old, next)
		if len(changes) == 0 {
			return nil
		}
		have, err := ClaimsOf(ctx, tx, old.Finding)
		if err != nil {
			return err
		}
		if next.State == ClaimConfirmed {
			if err := checkClaim(next, have); err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, `update claim set quote = $3, subject = $4, measure = $5, op = $6, value = $7, upper = $8, nested = $9, places = $10, as_of = $11,
			target = $12, aim = $13, state = $14, version = version + 1 where id = $1 and version = $2`, id, version, next.Quote, next.Subject, next.Measure, string(next.Op),
			next.Value, next.Upper, next.Nested, jsonList(next.Places), next.AsOf, next.Target, string(next.Aim), string(next.State))
		if err != nil {
			return fmt.Errorf("change claim: %w", err)
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "claim", id)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: "claim", Row: id, Changes: changes})
	})
}

var claimStateWords = map[ClaimState]string{ClaimProposed: "待确认", ClaimConfirmed: "已确认", ClaimDropped: "已剔除"}

// Word is what people call the state.
func (s ClaimState) Word() string { return claimStateWords[s] }

func claimChanges(old, next Claim) []journal.Change {
	var list []journal.Change
	diff := func(field, from, to string) {
		if from != to {
			list = append(list, journal.Change{Field: field, From: from, To: to})
		}
	}
	baseline := func(c Claim) string {
		if c.ID == 0 && c.Subject == "" {
			return ""
		}
		return c.Baseline()
	}
	nested := func(c Claim) string {
		if c.Nested == 0 {
			return ""
		}
		return strconv.FormatInt(c.Nested, 10)
	}
	diff("出处", old.Quote, next.Quote)
	diff("数的是什么", old.Subject, next.Subject)
	diff("单位", old.Measure, next.Measure)
	diff("基线", baseline(old), baseline(next))
	diff("地点", strings.Join(old.Places, "、"), strings.Join(next.Places, "、"))
	diff("属于", nested(old), nested(next))
	diff("基线日期", old.AsOf, next.AsOf)
	diff("目标", old.Goal(), next.Goal())
	diff("确认", old.State.Word(), next.State.Word())
	return list
}

// decimals are the numbers that a claim takes.
var decimals = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,4})?$`)

// readDecimal reads a number as typed; empty, 未知 and x are unknown.
func readDecimal(field, text string) (string, error) {
	var b strings.Builder
	for _, r := range text {
		if r = chinese.Fold(r); !chinese.Blank(r) && r != ',' && r != '，' {
			b.WriteRune(r)
		}
	}
	s := b.String()
	if s == "" || s == "未知" || strings.Trim(s, "xX×*") == "" {
		return "", nil
	}
	if !decimals.MatchString(s) {
		return "", Invalid{Field: field, What: fmt.Sprintf("“%s”不是数字。请只写数字，如 14 或 12.5；不知道就留空，不要填0", text)}
	}
	if n, ok := strings.CutPrefix(s, "0"); ok && n != "" && n[0] != '.' {
		s = strings.TrimLeft(s, "0")
		if s == "" || s[0] == '.' {
			s = "0" + s
		}
	}
	return s, nil
}

func readDay(field, text string) (string, error) {
	if text = strings.TrimSpace(text); text == "" {
		return "", nil
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return "", Invalid{Field: field, What: fmt.Sprintf("“%s”不是日期，请写成 2026-04-30 这样", text)}
	}
	return text, nil
}

// apply takes over what a person says of the claim.
func (c *Claim) apply(e ClaimEdit) error {
	var err error
	c.Quote, c.Subject, c.Measure = strings.TrimSpace(e.Quote), strings.TrimSpace(e.Subject), strings.TrimSpace(e.Measure)
	c.Nested, c.Op = e.Nested, e.Op
	if c.Op == "" {
		c.Op = plan.Equal
	}
	if c.Subject == "" {
		return Invalid{Field: "数的是什么", What: "请写明这个数字数的是什么，如 年收入超过10万元的村集体"}
	}
	if c.Measure == "" {
		return Invalid{Field: "单位", What: "请写计量单位，如 个、户、万元、%"}
	}
	if _, ok := opWords[c.Op]; !ok && c.Op != plan.Equal {
		return Invalid{Field: "怎样算", What: "请从列出的几种中选一种"}
	}
	if c.Value, err = readDecimal("基线", e.Value); err != nil {
		return err
	}
	if c.Upper, err = readDecimal("基线上限", e.Upper); err != nil {
		return err
	}
	if c.Upper != "" {
		low, ok := plan.Amount(c.Value, "")
		if high, _ := plan.Amount(c.Upper, ""); !ok || high.Cmp(low) <= 0 {
			return Invalid{Field: "基线上限", What: "上限要大于基线；只有一个数就把上限留空"}
		}
	}
	if c.AsOf, err = readDay("基线日期", e.AsOf); err != nil {
		return err
	}
	if c.Target, err = readDecimal("目标", e.Target); err != nil {
		return err
	}
	if err := c.aim(e.Aim); err != nil {
		return err
	}
	return c.place(e.Places)
}

// aim sets how the target is meant. When nobody says it follows from the baseline: what is to grow shall be no less.
func (c *Claim) aim(aim plan.Op) error {
	c.Aim = ""
	if c.Target == "" {
		return nil
	}
	if aim == plan.AtLeast || aim == plan.AtMost {
		c.Aim = aim
		return nil
	}
	is, ok := plan.Amount(c.Value, "")
	target, _ := plan.Amount(c.Target, "")
	if !ok || is.Cmp(target) == 0 {
		return Invalid{Field: "目标", What: "请选目标是“不少于”还是“不多于”"}
	}
	c.Aim = plan.AtLeast
	if target.Cmp(is) < 0 {
		c.Aim = plan.AtMost
	}
	return nil
}

// place sets the places of a claim: as many as its value says, those that nobody named left open.
func (c *Claim) place(names []string) error {
	var known []string
	for _, name := range names {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if slices.Contains(known, name) {
			return Invalid{Field: "地点", What: fmt.Sprintf("“%s”写了两次", name)}
		}
		known = append(known, name)
	}
	c.Places = known
	n, err := strconv.Atoi(c.Value)
	if len(known) == 0 || err != nil {
		return nil
	}
	if len(known) > n {
		return Invalid{Field: "地点", What: fmt.Sprintf("列了%d个地点，基线是%s%s，两者要一致：请改地点或改基线", len(known), c.Value, c.Measure)}
	}
	const most = 500 // a list of places is read by people
	for len(c.Places) < min(n, most) {
		c.Places = append(c.Places, "")
	}
	return nil
}

// checkClaim refuses a claim whose nesting cannot be: a whole of another finding, a ring, a part that is more than its whole at the
// baseline or on any day for which both are recorded. have are the claims of the finding.
func checkClaim(c Claim, have []Claim) error {
	byID := map[int64]Claim{c.ID: c}
	for _, h := range have {
		if h.ID != c.ID {
			byID[h.ID] = h
		}
	}
	if own := slices.IndexFunc(have, func(h Claim) bool { return h.ID == c.ID }); own >= 0 {
		c.Values = have[own].Values
		byID[c.ID] = c
	}
	if c.Nested != 0 {
		whole, ok := byID[c.Nested]
		if !ok || whole.State == ClaimDropped {
			return Invalid{Field: "属于", What: "所属的那个数字不在这个问题里或已剔除，请重选"}
		}
		for at, steps := c.Nested, 0; at != 0; at, steps = byID[at].Nested, steps+1 {
			if at == c.ID || steps > len(byID) {
				return Invalid{Field: "属于", What: "一个数字不能是它自己的一部分，请重选"}
			}
		}
		if !plan.Comparable(whole.Measure, c.Measure) {
			return Invalid{Field: "属于", What: fmt.Sprintf("“%s”以%s计，“%s”以%s计，不能是它的一部分", c.Subject, c.Measure, whole.Subject, whole.Measure)}
		}
		if err := partWithin(c, whole); err != nil {
			return err
		}
	}
	for _, part := range byID {
		if part.Nested == c.ID && part.State != ClaimDropped {
			if err := partWithin(part, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// partWithin refuses a part that is more than its whole. What is unknown on either side is no contradiction.
func partWithin(part, whole Claim) error {
	more := func(p, w string) bool {
		x, ok := plan.Amount(p, part.Measure)
		y, ok2 := plan.Amount(w, whole.Measure)
		return ok && ok2 && x.Cmp(y) > 0
	}
	say := func(when, p, w string) error {
		return Invalid{Field: "其中", What: fmt.Sprintf("%s“%s”是%s%s，多于它所属的“%s”%s%s；部分不能多于总数，请核对这两个数字",
			when, part.Subject, p, part.Measure, whole.Subject, w, whole.Measure)}
	}
	limit := whole.Value
	if whole.Upper != "" {
		limit = whole.Upper
	}
	if (whole.Op == plan.Equal || whole.Op == plan.AtMost || whole.Op == plan.Under || whole.Upper != "") && more(part.Value, limit) {
		return say("基线中", part.Value, limit)
	}
	for _, p := range part.Values {
		if w, ok := whole.on(p.AsOf); ok && p == part.last(p.AsOf) && more(p.Value, w.Value) {
			return say(p.AsOf+" ", p.Value, w.Value)
		}
	}
	return nil
}

// on is the value recorded for a day, the last one entered.
func (c Claim) on(day string) (ClaimValue, bool) {
	v := c.last(day)
	return v, v.AsOf != ""
}

func (c Claim) last(day string) ClaimValue {
	var found ClaimValue
	for _, v := range c.Values {
		if v.AsOf == day {
			found = v
		}
	}
	return found
}

// ValueEdit is what a claim was found to be.
type ValueEdit struct {
	Value  string // as typed; empty: looked for and not known
	AsOf   string // the day it was so
	Source string // the paper or count it comes from; required
}

// SetClaimValue records what a claim is on a day, after its baseline. Whoever answers for the finding may. The same value of the same
// day and source is recorded once; another value of the same day stands beside the first and counts in its place.
func SetClaimValue(ctx context.Context, db *store.DB, who org.Person, id int64, e ValueEdit) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		c, err := claimByID(ctx, tx, id)
		if err != nil {
			return err
		}
		f, err := claimFinding(ctx, tx, who, org.Progress, c.Finding)
		if err != nil {
			return err
		}
		if c.State != ClaimConfirmed {
			return Invalid{Field: "基线", What: "这个数字还没有确认，请经办人先确认它是要比的数字"}
		}
		value, err := readDecimal("现在", e.Value)
		if err != nil {
			return err
		}
		day, err := readDay("截至日期", e.AsOf)
		if err != nil {
			return err
		}
		today := tx.Now.Format(time.DateOnly)
		switch {
		case day == "":
			return Invalid{Field: "截至日期", What: "请写明这个数字截至哪一天"}
		case day > today:
			return Invalid{Field: "截至日期", What: fmt.Sprintf("%s还没有到，请写已经核实的那一天", day)}
		case c.AsOf != "" && day < c.AsOf:
			return Invalid{Field: "截至日期", What: fmt.Sprintf("早于基线的日期%s；基线本身错了请改基线", c.AsOf)}
		}
		source := strings.TrimSpace(e.Source)
		if source == "" {
			return Invalid{Field: "来源", What: "请写明数字从哪里来，如 农经站2026年6月报表；没有来源的数字不能证明改善"}
		}
		have, err := ClaimsOf(ctx, tx, f.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(have, func(h Claim) bool { return h.ID == id })
		before, had := have[at].on(day)
		if had && before.Value == value && before.Source == source {
			return nil
		}
		v := ClaimValue{ID: tx.ID(), AsOf: day, Value: value, Source: source}
		have[at].Values = append(slices.Clone(have[at].Values), v)
		if err := checkClaim(have[at], have); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into claim_value (id, claim, as_of, value, source, staff, entered) values ($1, $2, $3, $4, $5, $6, $7)`,
			v.ID, id, day, value, source, who.ID, tx.Now.UnixMilli())
		if err != nil {
			return fmt.Errorf("insert claim value: %w", err)
		}
		from := c.Baseline()
		if now, ok := have[at].lastBefore(v.ID); ok {
			from = orUnknown(now.Value, c.Measure)
		}
		return journal.Append(ctx, tx, journal.Entry{Happened: day, Staff: who.ID, Who: who.Title(), Verb: "登记数字", Kind: "claim", Row: id,
			Changes: []journal.Change{{Field: c.Subject, From: from, To: orUnknown(value, c.Measure)}, {Field: "来源", To: source}}})
	})
}

// lastBefore is the newest value without the one with the given id.
func (c Claim) lastBefore(id int64) (ClaimValue, bool) {
	for _, v := range slices.Backward(c.Values) {
		if v.ID != id {
			return v, true
		}
	}
	return ClaimValue{}, false
}

func orUnknown(value, measure string) string {
	if value == "" {
		return "未知"
	}
	return value + measure
}
