package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bihuan/benefit"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/vault"
)

// rollPage lists entries of rolls.
type rollPage struct {
	frame
	Programmes []pick
	Villages   []pick
	Programme  string
	Village    string
	Name       string
	Due        bool
	Counts     []countLink
	Rows       []rollRow
	Pages      *pages
	Find       string // what was looked for and not found
	Problem    string
	MayNew     bool
}

// rollRow is an entry in a list.
type rollRow struct {
	ID, Person int64
	Name       string
	Number     string // masked
	Place      string
	Household  string
	Programme  string
	Standard   string
	Since      string
	TakenOver  bool // 名册移交
	State      light
	Review     light
	MayReview  bool
}

// rollList answers GET /roll.
func (s *Server) rollList(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	return s.renderRoll(w, r, v, residents, http.StatusOK, "", "")
}

func (s *Server) renderRoll(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault, status int, find, problem string) error {
	ctx, q := r.Context(), r.URL.Query()
	programmes, err := benefit.Programmes(ctx, residents, v.Who)
	if err != nil {
		return err
	}
	villages, err := s.villages(r, v)
	if err != nil {
		return err
	}
	p := rollPage{Programme: q.Get("programme"), Village: q.Get("village"), Name: strings.TrimSpace(q.Get("name")), Due: q.Get("due") == "1", Find: find, Problem: problem, MayNew: v.Who.May(org.Propose)}
	p.Programmes = append([]pick{{"", "全部项目"}}, programmePicks(programmes)...)
	p.Villages = []pick{{"", "全部村"}}
	if len(villages) > 1 {
		p.Villages = append(p.Villages, villagePicks(villages)[1:]...)
		p.Villages = append(p.Villages, pick{"none", "村不明"})
	} else {
		p.Villages = nil
	}
	f := benefit.Filter{Programme: queryID(r, "programme"), Village: queryID(r, "village"), NoVillage: p.Village == "none", State: benefit.State(q.Get("state")), Name: p.Name}
	if !slices.Contains(benefit.States, f.State) {
		f.State = ""
	}
	if p.Due {
		f.Due = v.Today
	}
	address := func(change func(url.Values)) string {
		to := url.Values{}
		for _, name := range []string{"programme", "village", "name", "state", "due"} {
			if value := q.Get(name); value != "" {
				to.Set(name, value)
			}
		}
		change(to)
		return "/roll?" + to.Encode()
	}
	counts, err := benefit.CountRolls(ctx, residents, v.Who, f)
	if err != nil {
		return err
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	p.Counts = append(p.Counts, countLink{Word: "全部", Address: address(func(to url.Values) { to.Del("state") }), N: total, Current: f.State == ""})
	for _, state := range benefit.States {
		p.Counts = append(p.Counts, countLink{Word: state.Word(), Address: address(func(to url.Values) { to.Set("state", string(state)) }), Kind: stateLights[state], N: counts[state], Current: f.State == state})
	}
	if f.State != "" {
		total = counts[f.State]
	}
	number, _ := strconv.Atoi(q.Get("page"))
	p.Pages = newPages(total, max(1, number), func(n int) string { return address(func(to url.Values) { to.Set("page", strconv.Itoa(n)) }) })
	f.First, f.Most = p.Pages.From-1, ledger.PageSize
	list, err := benefit.Rolls(ctx, residents, v.Who, f)
	if err != nil {
		return err
	}
	names := map[int64]string{}
	for _, x := range programmes {
		names[x.ID] = x.Name
	}
	for _, x := range list {
		p.Rows = append(p.Rows, viewRoll(x, names[x.Programme], residents, v))
	}
	p.frame = s.benefitFrame(v, "roll", "名册")
	return s.render(w, status, "roll", p)
}

func viewRoll(x benefit.Roll, programme string, residents *vault.Vault, v *visit) rollRow {
	row := rollRow{ID: x.ID, Person: x.Person.ID, Name: x.Person.Name, Number: x.Person.Masked(residents), Place: x.Person.Place, Household: x.Person.Household,
		Programme: programme, Standard: "按年龄", Since: x.Starts.Words(), TakenOver: x.TakenOver, State: entryLight(x.State)}
	if x.Standard > 0 {
		row.Standard = benefit.Yuan(x.Standard) + "元"
	}
	if x.Ends != 0 {
		row.State.Why = "发到" + x.Ends.Words()
	}
	if x.State != benefit.Stopped {
		row.Review = reviewLight(x.NextReview, v.Today)
	}
	row.MayReview = x.State != benefit.Stopped && v.Who.Check(org.Verify, x.Person.At()) == nil
	return row
}

// rollFind answers POST /roll/find: by a whole number, which must stand in no address, or by a name.
func (s *Server) rollFind(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	text := plainText(form.Get("find"))
	if strings.IndexFunc(text, func(r rune) bool { return r >= '0' && r <= '9' || r >= '０' && r <= '９' }) < 0 {
		to := url.Values{"name": {text}}
		if text == "" {
			to = nil
		}
		http.Redirect(w, r, "/roll?"+to.Encode(), http.StatusSeeOther)
		return nil
	}
	found, err := benefit.FindNumber(r.Context(), residents, v.Who, text)
	var status entryForm
	if err != nil {
		code, err := status.failed(err, v.Today)
		if err != nil {
			return err
		}
		return s.renderRoll(w, r, v, residents, code, "", status.Problem)
	}
	if len(found) == 0 {
		return s.renderRoll(w, r, v, residents, http.StatusOK, vault.MaskNumber(text), "")
	}
	http.Redirect(w, r, fmt.Sprintf("/person/%d", found[0].ID), http.StatusSeeOther)
	return nil
}

// rollOf reads the entry of an address.
func (s *Server) rollOf(r *http.Request, v *visit, residents *vault.Vault) (benefit.Roll, error) {
	id, err := pathID(r)
	if err != nil {
		return benefit.Roll{}, err
	}
	return benefit.RollByID(r.Context(), residents, v.Who, id)
}

// rollReview answers GET and POST of /roll/{id}/review.
func (s *Server) rollReview(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	x, err := s.rollOf(r, v, residents)
	if err != nil {
		return err
	}
	if err := v.Who.Check(org.Verify, x.Person.At()); err != nil {
		return err
	}
	programme, err := benefit.ProgrammeByID(r.Context(), residents, x.Programme)
	if err != nil {
		return err
	}
	terms, err := benefit.TermsOf(r.Context(), residents, x.Programme)
	if err != nil {
		return err
	}
	back := fmt.Sprintf("/person/%d", x.Person.ID)
	picks := []pick{{"", "请选"}}
	for _, c := range benefit.Proposals {
		kind := benefit.Kind(c.Result)
		if kind == benefit.Change && terms.ByAge() || kind == benefit.Suspend && x.State != benefit.Receiving || kind == benefit.Resume && x.State == benefit.Receiving || kind == benefit.Stop && x.State == benefit.Stopped {
			continue
		}
		picks = append(picks, pick{c.Result, c.Word})
	}
	p := benefitForm{Back: back, BackWord: x.Person.Name, Heading: "登记复核", Quiet: x.Person.Name + "·" + programme.Name,
		Facts: []fact{{Word: "村", Text: x.Person.Place}, {Word: "现在", Text: x.State.Word()}}}
	if x.Class != "" {
		p.Facts = append(p.Facts, fact{Word: "类别", Text: x.Class})
	}
	if x.NextReview != "" {
		l := reviewLight(x.NextReview, v.Today)
		p.Facts = append(p.Facts, fact{Word: "应复核", Text: strings.TrimSpace(l.Word + " " + l.Why)})
	}
	es := entries{
		{Name: "done", Label: "复核日期", Kind: "date", Value: v.Today},
		{Name: "found", Label: "复核情况", Kind: "area", Hint: "看到了什么，怎样核的：入户、电话、视频、邻里"},
		{Name: "result", Label: "结果", Kind: "pick", Picks: picks, Hint: "选“建议…”会成为一件事项交镇里，由县里决定；决定之前一切照旧"},
	}
	if !terms.ByAge() {
		es = append(es, entry{Name: "amount", Label: "建议月标准", Kind: "text", Hint: "建议变更时写，每月多少元"})
	}
	p.Form = entryForm{Action: fmt.Sprintf("/roll/%d/review", x.ID), Button: "登记", Version: x.Version, Entries: es}
	return s.sendForm(w, r, v, "roll", p, func(es entries, version int64) (string, string, error) {
		fen, err := yuanField("建议月标准", es.value("amount"))
		if err != nil {
			return "", "", err
		}
		_, err = benefit.RecordReview(r.Context(), residents, v.Who, x.ID, version, benefit.ReviewDone{Done: es.value("done"), Found: es.value("found"), Result: es.value("result"), Fen: fen})
		said := "已登记复核"
		if es.value("result") != "unchanged" {
			said += "，建议已交镇里"
		}
		return back, said, err
	})
}

// memberNew answers GET and POST of /roll/{id}/member.
func (s *Server) memberNew(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	x, err := s.rollOf(r, v, residents)
	if err != nil {
		return err
	}
	if err := v.Who.Check(org.Programme, x.Person.At()); err != nil {
		return err
	}
	back := fmt.Sprintf("/person/%d", x.Person.ID)
	p := benefitForm{Back: back, BackWord: x.Person.Name, Heading: "增加家庭成员", Quiet: x.Person.Name + "户", Form: entryForm{Action: fmt.Sprintf("/roll/%d/member", x.ID), Button: "增加", Version: x.Version, Entries: entries{
		{Name: "name", Label: "姓名", Kind: "text"}, {Name: "number", Label: "公民身份号码", Kind: "text"}, {Name: "relation", Label: "与户主关系", Kind: "text", Hint: "如 配偶、长子"},
		{Name: "since", Label: "从何日起", Kind: "date", Value: v.Today}}},
		Notes: []string{"人口变了，标准要变的，请再登记一次复核并建议变更。"}}
	return s.sendForm(w, r, v, "roll", p, func(es entries, _ int64) (string, string, error) {
		_, err := benefit.AddMember(r.Context(), residents, v.Who, x.ID, benefit.Subject{Number: es.value("number"), Name: es.value("name")}, es.value("relation"), es.value("since"))
		return back, "已增加", err
	})
}

// memberEnd answers GET and POST of /roll/{id}/member/{member}.
func (s *Server) memberEnd(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	x, err := s.rollOf(r, v, residents)
	if err != nil {
		return err
	}
	if err := v.Who.Check(org.Programme, x.Person.At()); err != nil {
		return err
	}
	member, _ := strconv.ParseInt(r.PathValue("member"), 10, 64)
	members, err := benefit.Members(r.Context(), residents, x.ID)
	if err != nil {
		return err
	}
	back := fmt.Sprintf("/person/%d", x.Person.ID)
	p := benefitForm{Back: back, BackWord: x.Person.Name, Heading: "减少家庭成员", Quiet: x.Person.Name + "户"}
	for _, m := range members {
		if m.ID == member {
			p.Facts = []fact{{Word: "成员", Text: m.Person.Name}, {Word: "关系", Text: m.Relation}, {Word: "加入", Text: m.Since}}
			p.Form.Version = m.Version
		}
	}
	p.Form.Action, p.Form.Button = fmt.Sprintf("/roll/%d/member/%d", x.ID, member), "减少"
	p.Form.Entries = entries{{Name: "until", Label: "到何日止", Kind: "date", Value: v.Today}, {Name: "why", Label: "原因", Kind: "text", Hint: "如 去世、出嫁、分户"}}
	return s.sendForm(w, r, v, "roll", p, func(es entries, version int64) (string, string, error) {
		return back, "已减少", benefit.EndMember(r.Context(), residents, v.Who, x.ID, member, version, es.value("until"), es.value("why"))
	})
}
