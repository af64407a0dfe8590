package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/lead"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// Hits (疑点) and what becomes of them: lists and pages at the desk. The pages of the phone stand in verify.go.

// aboutHits lets h answer where there is a database of residents and the reader may see names in it.
func (s *Server) aboutHits(h handler) http.Handler {
	return s.onResidents(func(w http.ResponseWriter, r *http.Request, v *visit, _ *vault.Vault) error { return h(w, r, v) })
}

// hitStates are the looks of the states of a hit.
var hitStates = map[lead.HitState]light{
	lead.HitNew: {Kind: "none"}, lead.HitAssigned: {Kind: "run"}, lead.HitChecked: {Kind: "wait"}, lead.HitConfirmed: {Kind: "part"},
	lead.HitClosed: {Kind: "done"}, lead.HitEscalated: {Kind: "late"}, lead.HitSuppressed: {Kind: "stop"}, lead.HitSame: {Kind: "stop"}, lead.HitDiscarded: {Kind: "stop"},
}

// hitRow is a hit as lists show it: masked.
type hitRow struct {
	ID      int64
	Version int64
	Rule    string
	Run     string
	Name    string
	Number  string
	Birth   string // 1946年10月，79岁
	Home    string // village and household
	Why     string
	Amount  string
	Sources []string
	Manual  bool
	Light   light
	Due     string
}

func newHitRow(h lead.Hit, villages map[int64]string, today string) hitRow {
	x := hitRow{ID: h.ID, Version: h.Version, Rule: lead.RuleOf(h.Rule).Name, Run: fmt.Sprintf("第%d次筛查", h.Serial), Name: vault.MaskName(h.Name), Number: vault.MaskNumber(h.Number),
		Birth: birthWords(h.Birth, today), Home: firstText(villages[h.Village], h.Place, "村不明"), Why: firstText(spokenDates(h.Why), vault.Erased), Amount: hitAmount(h.Amount), Manual: h.Certainty == screening.Manual, Light: hitLight(h, today)}
	if h.Household != "" {
		x.Home += "　户号 " + h.Household
	}
	if h.Due != "" {
		x.Due = shortDate(h.Due, today)
	}
	for _, s := range h.Sources {
		x.Sources = append(x.Sources, s.String())
	}
	return x
}

var isoDate = regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`)

// spokenDates writes the days in what rules say, which is kept to the byte, as people do: 2026年9月3日.
func spokenDates(text string) string {
	return isoDate.ReplaceAllStringFunc(text, func(day string) string { return shortDate(day, "") })
}

// hitLight says how far a hit is.
func hitLight(h lead.Hit, today string) light {
	l := hitStates[h.State]
	l.Word = h.State.Word()
	switch {
	case h.State == lead.HitAssigned && h.Due != "" && h.Due < today:
		l = light{Kind: "late", Word: "核实超期", Why: shortDate(h.Due, today) + "到期"}
	case h.State == lead.HitAssigned && h.Extended:
		l.Why = "联系不上，延长到" + shortDate(h.Due, today)
	case h.State == lead.HitAssigned && h.Due != "":
		l.Why = shortDate(h.Due, today) + "到期"
	case h.State == lead.HitConfirmed && h.Application != 0:
		l.Word, l.Why = "已报县", "见付款或决定才办结"
	case h.State == lead.HitClosed || h.State == lead.HitSame:
		l.Why = h.ClosedWhy
	case h.State == lead.HitDiscarded:
		l.Why = "整次筛查已作废"
	}
	return l
}

// birthWords writes a day of birth as 1946年10月，79岁; empty when it is unknown.
func birthWords(birth, today string) string {
	b, err := time.Parse(time.DateOnly, birth)
	d, err2 := time.Parse(time.DateOnly, today)
	if err != nil || err2 != nil {
		return birth
	}
	age := d.Year() - b.Year()
	if d.Format("01-02") < b.Format("01-02") {
		age--
	}
	return fmt.Sprintf("%s，%d岁", b.Format("2006年1月"), age)
}

// hitAmount says what a hit is about in money; empty when it is about none.
func hitAmount(fen int64) string {
	switch {
	case fen > 0:
		return "多发 " + yuan(fen)
	case fen < 0:
		return "少发 " + yuan(-fen)
	}
	return ""
}

// yuan writes an amount.
func yuan(fen int64) string { return screening.Yuan(fen).String() + " 元" }

// villageWords are the names of all units below the towns that somebody sees, by id.
func (s *Server) villageWords(ctx context.Context, v *visit) (map[int64]string, error) {
	units, err := org.Seen(ctx, s.db, v.Who)
	names := map[int64]string{}
	for _, u := range units {
		names[u.ID] = u.Name
	}
	return names, err
}

// hitsPage lists hits.
type hitsPage struct {
	frame
	Runs     []choice
	Run      string
	Rules    []choice
	Rule     string
	Villages []choice
	Village  string
	State    string
	Counts   []hitStateCount
	List     []hitRow
	Total    int
	From, To int
	Prev     string
	Next     string
	MayHand  string // address of the page that hands out; empty when there is nothing or one may not
	New      int
	Sheet    string
	Outcome  string
	Desk     bool
	Tab      string
}

// hitStateCount is an entry of the row of counts; see the template part counts.
type hitStateCount struct {
	Word, Kind, Tone, Address string
	N                         int
	Current                   bool
}

// hitsOnPage is how many hits a page lists.
const hitsOnPage = 50

// hitList answers GET /hit.
func (s *Server) hitList(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, q := r.Context(), r.URL.Query()
	runs, err := lead.Runs(ctx, s.vault, s.db, v.Who)
	if err != nil {
		return err
	}
	names, err := s.villageWords(ctx, v)
	if err != nil {
		return err
	}
	p := hitsPage{Run: q.Get("screening"), Rule: q.Get("rule"), Village: q.Get("village"), State: q.Get("state"), Desk: v.Who.May(org.Confirm)}
	for _, x := range runs {
		p.Runs = append(p.Runs, choice{strconv.FormatInt(x.ID, 10), x.Word() + "（" + shortDate(x.AsOf, v.Today) + "）"})
	}
	gone := false // the screening was discarded: its hits are shown, and nothing is made of them
	if id := formID(p.Run); id != 0 && !slices.ContainsFunc(runs, func(x lead.Run) bool { return x.ID == id }) {
		x, err := lead.ScreeningByID(ctx, s.vault, s.db, v.Who, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) { // a village sees its own hits and no screening
			return err
		}
		if gone = x.State == lead.ScreeningDiscarded; gone {
			p.State = string(lead.HitDiscarded)
			p.Runs = append(p.Runs, choice{p.Run, x.Title() + "（已作废）"})
		}
	}
	f := lead.HitFilter{Screening: formID(p.Run), Rule: p.Rule, Village: formID(p.Village), Limit: hitsOnPage, Offset: max(int(formID(q.Get("from"))), 0)}
	all := lead.HitFilter{Screening: f.Screening}
	if gone {
		all.States = []lead.HitState{lead.HitDiscarded}
	}
	counts, err := lead.CountHits(ctx, s.vault, s.db, v.Who, all)
	if err != nil {
		return err
	}
	if p.count(counts, f, names, q); gone {
		p.Counts = nil
	}
	if p.State != "" {
		f.States = []lead.HitState{lead.HitState(p.State)}
	}
	list, total, err := lead.Hits(ctx, s.vault, s.db, v.Who, f)
	if err != nil {
		return err
	}
	for _, h := range list {
		p.List = append(p.List, newHitRow(h, names, v.Today))
	}
	p.Total, p.From, p.To = total, f.Offset+1, f.Offset+len(list)
	at := func(from int) string {
		x := url.Values{}
		for k, values := range q {
			x[k] = slices.Clone(values)
		}
		x.Set("from", strconv.Itoa(from))
		return "/hit?" + x.Encode()
	}
	if f.Offset > 0 {
		p.Prev = at(max(f.Offset-hitsOnPage, 0))
	}
	if p.To < total {
		p.Next = at(p.To)
	}
	if f.Screening != 0 && !gone {
		p.Outcome = "/hit/outcome?screening=" + p.Run
		p.Sheet = "/hit/sheet?screening=" + p.Run
		if f.Village > 0 {
			p.Sheet += "&village=" + p.Village
		}
		if p.New > 0 && v.Who.May(org.Assign) && p.Desk {
			p.MayHand = "/hit/handout?screening=" + p.Run
		}
	}
	if p.Tab = "hit"; p.State == "checked" {
		p.Tab = "checked"
	}
	p.frame = s.benefitFrame(v, "hit", "疑点")
	return s.render(w, http.StatusOK, "hits", p)
}

// count fills in the counts by state and the choices of rules and villages.
func (p *hitsPage) count(counts []lead.HitCount, f lead.HitFilter, names map[int64]string, q url.Values) {
	states, rules, villages := map[lead.HitState]int{}, map[string]bool{}, map[int64]bool{}
	all := 0
	for _, c := range counts {
		if c.State == lead.HitNew && c.Village != 0 {
			p.New += c.N
		}
		rules[c.Rule], villages[c.Village] = true, true
		if f.Rule != "" && c.Rule != f.Rule || f.Village > 0 && c.Village != f.Village || f.Village < 0 && c.Village != 0 {
			continue
		}
		states[c.State] += c.N
		all += c.N
	}
	at := func(state string) string {
		x := url.Values{}
		for _, k := range []string{"screening", "rule", "village"} {
			if q.Get(k) != "" {
				x.Set(k, q.Get(k))
			}
		}
		if state != "" {
			x.Set("state", state)
		}
		return "/hit?" + x.Encode()
	}
	p.Counts = append(p.Counts, hitStateCount{Word: "全部", Address: at(""), N: all, Current: p.State == ""})
	for _, x := range lead.HitStates {
		if n := states[x.State]; n > 0 || !slices.Contains([]lead.HitState{lead.HitSuppressed, lead.HitSame, lead.HitEscalated, lead.HitDiscarded}, x.State) {
			p.Counts = append(p.Counts, hitStateCount{Word: x.Word, Kind: hitStates[x.State].Kind, Address: at(string(x.State)), N: n, Current: p.State == string(x.State)})
		}
	}
	for _, r := range screening.Rules {
		if rules[r.ID] {
			p.Rules = append(p.Rules, choice{r.ID, r.ID + " " + r.Name})
		}
	}
	for id := range villages {
		if id != 0 {
			p.Villages = append(p.Villages, choice{strconv.FormatInt(id, 10), names[id]})
		}
	}
	slices.SortFunc(p.Villages, func(a, b choice) int { return strings.Compare(a.Value, b.Value) })
	if villages[0] {
		p.Villages = append(p.Villages, choice{"-1", "村不明"})
	}
}

// may tells, with an error that says so, whether who may do a at all.
func may(who org.Person, a org.Action) error {
	if who.May(a) {
		return nil
	}
	return org.Denied{Who: who, Action: a}
}

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

// handoutPage hands the new hits of a screening to the villages.
type handoutPage struct {
	frame
	Run      lead.Run
	Back     string
	Rows     []handoutRow
	Given    []givenRow
	Unknown  int // hits of no known village
	Findings []unitOption
	Due      string
	Today    string
	Field    string
	Problem  string
	Any      bool
}

type handoutRow struct {
	Village int64
	Name    string
	N       int
	People  []unitOption
	Chosen  bool
	Rules   string // 应享未享 3 · 已故仍享 1
}

type givenRow struct {
	Name, Who, Due string
	Light          light
	Say            string
	Task           int64
}

// handoutShow answers GET /hit/handout.
func (s *Server) handoutShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderHandout(w, r, v, http.StatusOK, formID(r.URL.Query().Get("screening")), nil, handoutPage{})
}

func (s *Server) renderHandout(w http.ResponseWriter, r *http.Request, v *visit, status int, run int64, form url.Values, p handoutPage) error {
	if err := may(v.Who, org.Assign); err != nil {
		return err
	}
	ctx := r.Context()
	var err error
	if p.Run, err = s.runSeen(ctx, v, run); err != nil {
		return err
	}
	counts, err := lead.CountHits(ctx, s.vault, s.db, v.Who, lead.HitFilter{Screening: run, States: []lead.HitState{lead.HitNew}})
	if err != nil {
		return err
	}
	town, err := org.UnitByID(ctx, s.db, p.Run.Unit)
	if err != nil {
		return err
	}
	units, err := org.Below(ctx, s.db, town.Path)
	if err != nil {
		return err
	}
	names := map[int64]string{}
	for _, u := range units {
		names[u.ID] = u.Name
		row := handoutRow{Village: u.ID, Name: u.Name, Chosen: form == nil || slices.Contains(form["village"], strconv.FormatInt(u.ID, 10))}
		var rules []string
		for _, c := range counts {
			if c.Village == u.ID {
				row.N += c.N
				rules = append(rules, fmt.Sprintf("%s %d", lead.RuleOf(c.Rule).Name, c.N))
			}
		}
		if row.N == 0 {
			continue
		}
		row.Rules = strings.Join(rules, " · ")
		people, err := lead.Checkers(ctx, s.db, u, v.Today)
		if err != nil {
			return err
		}
		chosen := formID(form.Get(fmt.Sprintf("staff-%d", u.ID)))
		for i, x := range people {
			row.People = append(row.People, unitOption{x.ID, x.Title(), chosen == x.ID || chosen == 0 && i == 0})
		}
		row.Chosen = row.Chosen && len(row.People) > 0
		p.Any = p.Any || len(row.People) > 0
		p.Rows = append(p.Rows, row)
	}
	for _, c := range counts {
		if c.Village == 0 {
			p.Unknown += c.N
		}
	}
	if err := s.handoutGiven(ctx, v, names, &p); err != nil {
		return err
	}
	finding := p.Run.Finding
	if form != nil {
		finding = formID(form.Get("finding"))
	}
	if p.Findings, err = s.openFindings(ctx, v, finding); err != nil {
		return err
	}
	if p.Due == "" {
		p.Due = lead.HandoutDue(v.Cal, v.Today)
	}
	p.Back, p.Today = fmt.Sprintf("/hit?screening=%d", run), v.Today
	p.frame = s.benefitFrame(v, "hit", "交核实")
	return s.render(w, status, "handout", p)
}

// handoutGiven lists what was handed out before.
func (s *Server) handoutGiven(ctx context.Context, v *visit, names map[int64]string, p *handoutPage) error {
	given, err := lead.HandedOf(ctx, s.vault, p.Run.ID)
	if err != nil {
		return err
	}
	for _, g := range given {
		who, err := s.staffName(ctx, g.Staff)
		if err != nil {
			return err
		}
		row := givenRow{Name: names[g.Village], Who: who, Due: shortDate(g.Due, v.Today), Task: g.ID, Light: light{Kind: "run", Word: "核实中"},
			Say: fmt.Sprintf("待核实 %d，待复核 %d，已复核 %d", g.Waiting, g.Checked, g.Settled)}
		if g.Escalated > 0 {
			row.Say += fmt.Sprintf("，上报 %d", g.Escalated)
		}
		switch {
		case !g.Open:
			row.Light = light{Kind: "done", Word: "办结"}
		case g.Waiting == 0:
			row.Light = light{Kind: "wait", Word: "待复核"}
		case g.Due < v.Today:
			row.Light = light{Kind: "late", Word: "超期"}
		}
		p.Given = append(p.Given, row)
	}
	return nil
}

// runSeen reads a screening of a town whose residents somebody may see.
func (s *Server) runSeen(ctx context.Context, v *visit, id int64) (lead.Run, error) {
	run, err := lead.RunByID(ctx, s.vault, id)
	if err != nil {
		return run, err
	}
	town, err := org.UnitByID(ctx, s.db, run.Unit)
	if err != nil {
		return run, err
	}
	if v.Who.Check(org.Residents, town) != nil {
		return run, store.ErrNotFound
	}
	return run, nil
}

// openFindings are the findings that work can be given under.
func (s *Server) openFindings(ctx context.Context, v *visit, chosen int64) ([]unitOption, error) {
	keys, err := ledger.ListAll(ctx, s.db, v.Who, ledger.Filter{}, v.Days)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	var list []unitOption
	for len(ids) > 0 {
		part := ids[:min(len(ids), 400)]
		ids = ids[len(part):]
		found, err := ledger.ByIDs(ctx, s.db, part)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if f.Dropped == 0 && f.Closing == 0 && v.Who.Check(org.Assign, f.Unit) == nil {
				list = append(list, unitOption{f.ID, f.Serial() + "　" + brief(f.Title, 40), f.ID == chosen})
			}
		}
	}
	return list, nil
}

// handoutSave answers POST /hit/handout.
func (s *Server) handoutSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	run := formID(form.Get("screening"))
	var list []lead.Handout
	for _, text := range form["village"] {
		list = append(list, lead.Handout{Village: formID(text), Staff: formID(form.Get("staff-" + text))})
	}
	n := 0
	var bad org.Invalid
	if len(list) == 0 {
		bad = org.Invalid{Field: "村", What: "请至少勾选一个村"}
	} else if formID(form.Get("finding")) == 0 {
		bad = org.Invalid{Field: "问题", What: "请选这些任务算在方案的哪个问题之下；方案里没有合适的，就在疑点里直接核实"}
	} else {
		n, err = lead.HandOut(r.Context(), s.vault, s.db, v.Cal, v.Who, run, formID(form.Get("finding")), form.Get("due"), list)
	}
	if bad.Field != "" || errors.As(err, &bad) {
		return s.renderHandout(w, r, v, http.StatusUnprocessableEntity, run, form, handoutPage{Due: form.Get("due"), Field: bad.Field, Problem: bad.What})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/hit/handout?screening=%d", run), fmt.Sprintf("已交核实 %d 条", n))
}

// followHits closes the hits that end with what was just entered. What fails here is done within minutes by itself, and what was entered
// stands.
func (s *Server) followHits(ctx context.Context, residents *vault.Vault) {
	if err := lead.Follow(ctx, residents); err != nil {
		s.log.Error("follow hits", "error", err)
	}
}
