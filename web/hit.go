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

	"bihuan/lead"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// Hits (疑点) at the desk: what all their pages share, and the list. The pages of the phone stand in verify.go.

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
	Brief   string   // of the sources
	Sources []string // a line for each sheet
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
	x.Brief, x.Sources = lead.SourcesBrief(h.Sources), lead.SourceLines(h.Sources)
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
		l.Word, l.Why = "已提出事项", "见付款或决定才办结"
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

// followHits closes the hits that end with what was just entered. What fails here is done within minutes by itself, and what was entered
// stands.
func (s *Server) followHits(ctx context.Context, residents *vault.Vault) {
	if err := lead.Follow(ctx, residents); err != nil {
		s.log.Error("follow hits", "error", err)
	}
}
