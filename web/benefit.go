package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"bihuan/benefit"
	"bihuan/org"
	"bihuan/vault"
)

// benefitTabs are the entries of the pages about residents, for those who may go there. Name is what frame.Sub says on them.
var benefitTabs = []navLink{
	{Name: "home", Address: "/benefit", Word: "惠民首页", Action: org.View},
	{Name: "roll", Address: "/roll", Word: "名册", Action: org.Residents},
	{Name: "application", Address: "/application", Word: "事项", Action: org.Residents},
	{Name: "payment", Address: "/payment", Word: "发放", Action: org.Residents},
	{Name: "dataset", Address: "/dataset", Word: "数据集", Action: org.Screen},
	{Name: "screening", Address: "/screening", Word: "筛查", Action: org.Screen},
	{Name: "hit", Address: "/hit", Word: "疑点", Action: org.Residents},
	{Name: "notice", Address: "/notice", Word: "公示", Action: org.Publish},
	{Name: "card", Address: "/card", Word: "政策宣传", Action: org.View},
	{Name: "awareness", Address: "/awareness", Word: "知晓抽查", Action: org.View},
	{Name: "request", Address: "/request", Word: "群众诉求", Action: org.View},
	{Name: "reveal", Address: "/reveal", Word: "调阅记录", Action: org.Oversee},
}

// BenefitTabs are the tabs of the pages about residents for the reader.
func (f frame) BenefitTabs() []tab {
	var list []tab
	for _, l := range benefitTabs {
		if f.Who.May(l.Action) {
			list = append(list, tab{Word: l.Word, Address: l.Address, Current: l.Name == f.Sub})
		}
	}
	return list
}

// serves tells whether somebody has to do with residents: works at a desk, or for a village or a town.
func serves(who org.Person) bool {
	return who.May(org.Overview) || slices.ContainsFunc(who.Units(), func(u org.Unit) bool { return u.Kind != org.Office })
}

// errNoResidents is the error of a page about residents where there is no database of them.
var errNoResidents = errors.New("web: no database of residents")

// onResidents makes a handler of one that needs the database of residents and a reader who may see names in it.
func (s *Server) onResidents(h func(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error) http.Handler {
	return s.signedIn(func(w http.ResponseWriter, r *http.Request, v *visit) error {
		if s.vault == nil {
			return errNoResidents
		}
		if !v.Who.May(org.Residents) {
			return org.Denied{Who: v.Who, Action: org.Residents}
		}
		return h(w, r, v, s.vault)
	})
}

// benefitFrame makes the frame of a page about residents.
func (s *Server) benefitFrame(v *visit, sub, title string) frame {
	f := s.frame(v, "benefit", title)
	f.Sub = sub
	return f
}

// benefitPage is where the work on residents begins: what waits, and how each programme stands.
type benefitPage struct {
	frame
	Waits   []waitLink
	Rows    []standingsRow
	Village *villagesView
	MayNew  bool
	Names   bool // the reader may see names: counts are links
	Year    int
}

// waitLink is a number that waits, with where to go.
type waitLink struct {
	Kind    string // of the light
	Word    string
	Why     string
	Address string // empty for who sees counts only
	N       int
}

// standingsRow is a programme with its numbers.
type standingsRow struct {
	benefit.Standings
	Enjoyed benefit.Enjoyed
	Example bool // some of its parameters are examples still
}

// Receiving and its like are the numbers of a state.
func (r standingsRow) Receiving() int { return r.States[benefit.Receiving] }

// Suspended is how many entries are suspended.
func (r standingsRow) Suspended() int { return r.States[benefit.Suspended] }

// Stopped is how many entries were stopped.
func (r standingsRow) Stopped() int { return r.States[benefit.Stopped] }

// villagesView is a programme by village.
type villagesView struct {
	Programme benefit.Programme
	Month     string
	Rows      []villageRow
	Links     []tab
}

// villageRow is a village with its numbers.
type villageRow struct {
	benefit.VillageCount
	Name    string
	Address string // of its roll; empty for who sees counts only
}

// benefitShow answers GET /benefit.
func (s *Server) benefitShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	if s.vault == nil {
		return errNoResidents
	}
	if !serves(v.Who) {
		return org.Denied{Who: v.Who, Action: org.Residents}
	}
	ctx := r.Context()
	p := benefitPage{Names: v.Who.May(org.Residents), Year: v.Now.Year(), MayNew: v.Who.May(org.Programme)}
	list, err := benefit.StandingsOf(ctx, s.vault, v.Who, v.Today)
	if err != nil {
		return err
	}
	sum := benefit.Standings{Steps: map[benefit.Step]int{}, Slow: map[benefit.Step]int{}}
	for _, x := range list {
		row := standingsRow{Standings: x}
		terms, err := benefit.TermsOf(ctx, s.vault, x.Programme.ID)
		if err != nil {
			return err
		}
		row.Example = slices.ContainsFunc(terms, func(t benefit.Parameter) bool { return t.Basis == "" })
		if row.Enjoyed, err = benefit.Enjoying(ctx, s.vault, v.Who, x.Programme.ID, fmt.Sprintf("%d-01-01", p.Year), v.Today); err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
		sum.Due, sum.Late, sum.Unpaid, sum.Overdue, sum.Untold = sum.Due+x.Due, sum.Late+x.Late, sum.Unpaid+x.Unpaid, sum.Overdue+x.Overdue, sum.Untold+x.Untold
		for step, n := range x.Steps {
			sum.Steps[step] += n
			sum.Slow[step] += x.Slow[step]
		}
	}
	wait := func(kind, word, why, address string, n int) {
		if !p.Names {
			address = ""
		}
		if n == 0 {
			kind = "none"
		}
		p.Waits = append(p.Waits, waitLink{kind, word, why, address, n})
	}
	reviews, why := "soon", ""
	if sum.Late > 0 {
		reviews, why = "late", fmt.Sprintf("其中过期 %d", sum.Late)
	}
	wait(reviews, "复核到期", why, "/roll?due=1", sum.Due)
	slow := func(kind, why string, steps ...benefit.Step) (string, string) {
		n := 0
		for _, step := range steps {
			n += sum.Slow[step]
		}
		if n > 0 {
			kind, why = "soon", fmt.Sprintf("其中超时 %d", n)
		}
		return kind, why
	}
	kind, why := slow("wait", "受理、调查、公示、签发", benefit.Received, benefit.Checked, benefit.Posted, benefit.Held)
	wait(kind, "镇里在办", why, "/application?show=town", sum.Open()-sum.Steps[benefit.Proposed])
	kind, why = slow("run", "", benefit.Proposed)
	wait(kind, "等县里决定", why, "/application?show=proposed", sum.Steps[benefit.Proposed])
	kind, why = "part", "到账才算享受到"
	if sum.Overdue > 0 {
		kind, why = "soon", fmt.Sprintf("其中过月还没到账 %d", sum.Overdue)
	}
	wait(kind, "批准未到账", why, "/application?show=unpaid", sum.Unpaid)
	wait("wait", "决定未告知", "", "/application?show=untold", sum.Untold)
	if len(list) > 0 {
		if p.Village, err = s.villagesView(r, v, list, p.Names); err != nil {
			return err
		}
	}
	p.frame = s.benefitFrame(v, "home", "惠民")
	return s.render(w, http.StatusOK, "benefit", p)
}

// villagesView counts the programme that the address names by village; without one, the first that somebody is on the roll of.
func (s *Server) villagesView(r *http.Request, v *visit, list []benefit.Standings, names bool) (*villagesView, error) {
	at := slices.IndexFunc(list, func(x benefit.Standings) bool { return fmt.Sprint(x.Programme.ID) == r.URL.Query().Get("programme") })
	if at < 0 {
		at = max(0, slices.IndexFunc(list, func(x benefit.Standings) bool { return x.States[benefit.Receiving] > 0 }))
	}
	month := benefit.MonthOf(v.Today) - 1
	view := &villagesView{Programme: list[at].Programme, Month: month.Words()}
	for i, x := range list {
		view.Links = append(view.Links, tab{Word: x.Programme.Name, Address: fmt.Sprintf("/benefit?programme=%d#villages", x.Programme.ID), Current: i == at})
	}
	counts, err := benefit.CountVillages(r.Context(), s.vault, v.Who, view.Programme.ID, month)
	if err != nil {
		return nil, err
	}
	for _, c := range counts {
		row := villageRow{VillageCount: c, Name: c.Place}
		if c.Village == 0 {
			row.Name = "村不明"
		}
		if names {
			row.Address = fmt.Sprintf("/roll?programme=%d&village=%d", view.Programme.ID, c.Village)
			if c.Village == 0 {
				row.Address = fmt.Sprintf("/roll?programme=%d&village=none", view.Programme.ID)
			}
		}
		view.Rows = append(view.Rows, row)
	}
	return view, nil
}

// programmePicks are the programmes that a form offers.
func programmePicks(list []benefit.Programme) []pick {
	var picks []pick
	for _, p := range list {
		word := p.Name
		if p.State == benefit.Ended {
			word += "（已结束）"
		}
		picks = append(picks, pick{strconv.FormatInt(p.ID, 10), word})
	}
	return picks
}

// villages are the villages that the reader sees.
func (s *Server) villages(r *http.Request, v *visit) ([]org.Unit, error) {
	units, err := org.Seen(r.Context(), s.db, v.Who)
	return slices.DeleteFunc(units, func(u org.Unit) bool { return u.Kind != org.Village }), err
}

// villagePicks are the villages that a form offers.
func villagePicks(list []org.Unit) []pick {
	picks := []pick{{"", "不清楚"}}
	for _, u := range list {
		picks = append(picks, pick{strconv.FormatInt(u.ID, 10), u.Name})
	}
	return picks
}

// villageOf is the village of a list that a field names; the zero one for none.
func villageOf(list []org.Unit, id string) org.Unit {
	if at := slices.IndexFunc(list, func(u org.Unit) bool { return strconv.FormatInt(u.ID, 10) == id }); at >= 0 {
		return list[at]
	}
	return org.Unit{}
}

// queryID is an id in the query of an address, 0 for none.
func queryID(r *http.Request, name string) int64 {
	n, _ := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	return n
}

// monthField reads a month of a form; nothing for the empty one.
func monthField(label, text string) (benefit.Month, error) {
	if text == "" {
		return 0, nil
	}
	m, ok := benefit.ParseMonth(text)
	if !ok {
		return 0, org.Invalid{Field: label, What: "请写成 2026-05 这样"}
	}
	return m, nil
}

// yuanField reads an amount of a form in fen; 0 for the empty one.
func yuanField(label, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	fen, ok := benefit.ParseYuan(text)
	if !ok {
		return 0, org.Invalid{Field: label, What: "请写多少元，如 650 或 12.5"}
	}
	return fen, nil
}

// reviewLight says how an entry stands with its next review.
func reviewLight(next, today string) light {
	day, err := time.Parse(time.DateOnly, next)
	if err != nil {
		return light{}
	}
	now, _ := time.Parse(time.DateOnly, today)
	left := int(day.Sub(now).Hours() / 24)
	l := light{Kind: "run", Word: shortDate(next, today)}
	switch {
	case left < 0:
		l.Kind, l.Why = "late", fmt.Sprintf("过期 %d 天", -left)
	case left == 0:
		l.Kind, l.Why = "soon", "今天到期"
	case left <= 30:
		l.Kind, l.Why = "soon", fmt.Sprintf("还有 %d 天", left)
	}
	return l
}

// stateLights are the looks of the states of an entry.
var stateLights = map[benefit.State]string{benefit.Receiving: "done", benefit.Suspended: "soon", benefit.Stopped: "stop"}

func entryLight(x benefit.State) light { return light{Kind: stateLights[x], Word: x.Word()} }
