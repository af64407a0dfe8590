package web

import (
	"context"
	"errors"
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

// paymentsPage is a month of a programme: due beside paid.
type paymentsPage struct {
	frame
	Programmes []pick
	Programme  benefit.Programme
	Month      string // YYYY-MM
	Word       string // of the month
	Prev, Next string // addresses of the months beside it
	Shows      []countLink
	Show       string
	Rows       []payRow
	Pages      *pages
	Due, Paid  string // yuan
	DueN       int
	PaidN      int
	MayPay     bool
	MayImport  bool
	Pick       bool // the list offers what is missing for recording
	Quarter    bool
	Typed      payTyped
	Back       string
	Void       []voidRow
}

// voidRow is a month's payment that was made void.
type voidRow struct {
	Person int64
	Name   string
	Place  string
	Month  string
	Yuan   string
	Day    string
	Source string
	Light  light
}

// viewVoid is how payments that were made void look: who did it, when and why.
func (s *Server) viewVoid(ctx context.Context, v *visit, residents *vault.Vault, list []benefit.VoidPayment) ([]voidRow, error) {
	var rows []voidRow
	for _, x := range list {
		who, err := s.staffName(ctx, x.VoidBy)
		if err != nil {
			return nil, err
		}
		rows = append(rows, voidRow{Person: x.About.ID, Name: x.About.Name, Place: firstText(x.About.Place, "村不明"), Month: x.Month.Words(), Yuan: benefit.Yuan(x.Fen), Day: shortDate(x.Paid, v.Today), Source: x.Source,
			Light: light{Kind: "stop", Word: "已作废", Why: strings.TrimSpace(shortDate(x.Void, v.Today)+" "+who) + "：" + x.VoidWhy}})
	}
	return rows, nil
}

// payTyped is what the form for recording payments holds.
type payTyped struct {
	Day, Source, Problem string
}

// payRow is somebody in a month.
type payRow struct {
	Person  int64
	Name    string
	Number  string // masked
	Place   string
	Due     string
	Paid    string
	Source  string
	Day     string
	Light   light
	Payment int64
	Picked  bool
}

// verdictShows are the lists of a month.
var verdictShows = []struct {
	name, word, kind string
	verdict          benefit.Verdict
}{{"missing", "未发", "soon", benefit.Missing}, {"short", "少发", "soon", benefit.Short}, {"excess", "多发", "late", benefit.Excess}, {"wrong", "不应发", "late", benefit.Wrong}, {"even", "一致", "done", benefit.Even}}

// paymentList answers GET /payment.
func (s *Server) paymentList(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	return s.renderPayments(w, r, v, residents, http.StatusOK, payTyped{Day: v.Today}, nil)
}

func (s *Server) renderPayments(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault, status int, typed payTyped, picked []string) error {
	ctx, q := r.Context(), r.URL.Query()
	programmes, err := benefit.Programmes(ctx, residents, v.Who)
	if err != nil {
		return err
	}
	p := paymentsPage{Programmes: programmePicks(programmes), Show: q.Get("show"), Typed: typed, MayImport: v.Who.May(org.Screen)}
	m, ok := benefit.ParseMonth(q.Get("month"))
	if !ok {
		m = benefit.MonthOf(v.Today) - 1
	}
	p.Month, p.Word = m.String(), m.Words()
	if len(programmes) > 0 {
		at := max(0, slices.IndexFunc(programmes, func(x benefit.Programme) bool { return x.ID == queryID(r, "programme") }))
		p.Programme = programmes[at]
		if err := s.fillMonth(r, v, residents, &p, m, picked); err != nil {
			return err
		}
	}
	p.frame = s.benefitFrame(v, "payment", "发放")
	return s.render(w, status, "payment", p)
}

// fillMonth fills the page with the month of its programme.
func (s *Server) fillMonth(r *http.Request, v *visit, residents *vault.Vault, p *paymentsPage, m benefit.Month, picked []string) error {
	ctx, q := r.Context(), r.URL.Query()
	terms, err := benefit.TermsOf(ctx, residents, p.Programme.ID)
	if err != nil {
		return err
	}
	p.Quarter = terms.Word(benefit.Cycle, m.First()) == benefit.Quarterly
	lines, err := benefit.MonthOfPayments(ctx, residents, v.Who, p.Programme.ID, m)
	if err != nil {
		return err
	}
	address := func(month benefit.Month, show string, page int) string {
		to := url.Values{"programme": {fmt.Sprint(p.Programme.ID)}, "month": {month.String()}}
		if show != "" {
			to.Set("show", show)
		}
		if page > 1 {
			to.Set("page", strconv.Itoa(page))
		}
		return "/payment?" + to.Encode()
	}
	p.Prev, p.Back = address(m-1, "", 1), address(m, p.Show, 1)
	if m < benefit.MonthOf(v.Today) {
		p.Next = address(m+1, "", 1)
	}
	var due, paid int64
	counts := map[benefit.Verdict]int{}
	for _, l := range lines {
		counts[l.Verdict]++
		due, paid = due+l.Due.Fen, paid+l.Paid
		if l.Due.Fen > 0 {
			p.DueN++
		}
		if l.Paid > 0 {
			p.PaidN++
		}
	}
	p.Due, p.Paid = benefit.Yuan(due), benefit.Yuan(paid)
	all := p.Show != ""
	p.Shows = append(p.Shows, countLink{Word: "全部", Address: address(m, "", 1), N: len(lines), Current: !all})
	wanted := lines
	for _, x := range verdictShows {
		p.Shows = append(p.Shows, countLink{Word: x.word, Address: address(m, x.name, 1), Kind: x.kind, N: counts[x.verdict], Current: p.Show == x.name})
		if p.Show == x.name {
			wanted = slices.DeleteFunc(slices.Clone(lines), func(l benefit.MonthLine) bool { return l.Verdict != x.verdict })
		}
	}
	if !all { // what does not agree first
		slices.SortStableFunc(wanted, func(a, b benefit.MonthLine) int {
			even := func(l benefit.MonthLine) int {
				if l.Verdict == benefit.Even {
					return 1
				}
				return 0
			}
			return even(a) - even(b)
		})
	}
	number, _ := strconv.Atoi(q.Get("page"))
	p.Pages = newPages(len(wanted), max(1, number), func(n int) string { return address(m, p.Show, n) })
	if len(wanted) > 0 {
		wanted = wanted[p.Pages.From-1 : min(p.Pages.From-1+ledger.PageSize, len(wanted))]
	}
	p.MayPay = v.Who.May(org.Programme) && m <= benefit.MonthOf(v.Today)
	p.Pick = p.MayPay && p.Show == "missing" && len(wanted) > 0
	for _, l := range wanted {
		row := payRow{Person: l.Person.ID, Name: l.Person.Name, Number: l.Person.Masked(residents), Place: l.Person.Place, Due: "—", Paid: "—", Payment: l.Payment.ID, Source: l.Payment.Source,
			Day: shortDate(l.Payment.Paid, v.Today), Light: light{Kind: "done", Word: "一致"}, Picked: picked == nil || slices.Contains(picked, fmt.Sprint(l.Person.ID))}
		if l.Due.Fen > 0 {
			row.Due = benefit.Yuan(l.Due.Fen)
		}
		if l.Paid != 0 {
			row.Paid = benefit.Yuan(l.Paid)
		}
		if l.Verdict != benefit.Even {
			row.Light = light{Kind: verdictLights[l.Verdict], Word: string(l.Verdict), Why: l.Due.Why}
			if l.Roll.State == benefit.Suspended && l.Verdict == benefit.Missing {
				row.Light.Why = "暂停中"
			}
		}
		if l.Roll.ID == 0 && l.Verdict != benefit.Even {
			row.Light.Why = strings.Trim("不在名册上；"+row.Light.Why, "；")
		}
		p.Rows = append(p.Rows, row)
	}
	void, err := benefit.VoidPayments(ctx, residents, v.Who, p.Programme.ID, 0, m)
	if err != nil {
		return err
	}
	p.Void, err = s.viewVoid(ctx, v, residents, void)
	return err
}

// paymentAdd answers POST /payment: it records for those who were picked that they were paid what the month owes.
func (s *Server) paymentAdd(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	typed := payTyped{Day: plainText(form.Get("day")), Source: plainText(form.Get("source"))}
	programme := queryID(r, "programme")
	m, _ := benefit.ParseMonth(r.URL.Query().Get("month"))
	picked := form["pick"]
	var people []int64
	for _, p := range picked {
		people = append(people, formID(p))
	}
	if len(people) == 0 {
		typed.Problem = "请先勾选收到钱的人"
		return s.renderPayments(w, r, v, residents, http.StatusUnprocessableEntity, typed, []string{})
	}
	taken, err := benefit.PayMonth(r.Context(), residents, v.Who, programme, m, people, typed.Day, typed.Source)
	if err != nil {
		var rejected benefit.Rejected
		var bad org.Invalid
		if errors.As(err, &bad) {
			typed.Problem = bad.What
			return s.renderPayments(w, r, v, residents, http.StatusUnprocessableEntity, typed, picked)
		}
		if errors.As(err, &rejected) {
			_, what, _ := strings.Cut(rejected[0], " ")
			if typed.Source != "" {
				what = strings.TrimPrefix(rejected[0], typed.Source+" ")
			}
			typed.Problem = what
			return s.renderPayments(w, r, v, residents, http.StatusUnprocessableEntity, typed, picked)
		}
		return err
	}
	s.followHits(r.Context(), residents)
	said := fmt.Sprintf("已登记 %d 人 %s的发放", taken.New, m.Words())
	if taken.New == 0 {
		said = m.Words() + "的发放以前已经登记，没有重复登记"
	}
	return s.done(w, r, fmt.Sprintf("/payment?programme=%d&month=%s", programme, m), said)
}

// paymentOf reads the payment of an address for who may correct it, with the page on which that is done.
func (s *Server) paymentOf(r *http.Request, v *visit, residents *vault.Vault) (benefit.Payment, benefitForm, error) {
	ctx := r.Context()
	id, err := pathID(r)
	if err != nil {
		return benefit.Payment{}, benefitForm{}, err
	}
	x, err := benefit.PaymentByID(ctx, residents, v.Who, id)
	if err != nil {
		return x, benefitForm{}, err
	}
	person, err := benefit.PersonByID(ctx, residents, v.Who, x.Person)
	if err != nil {
		return x, benefitForm{}, err
	}
	if err := v.Who.Check(org.Programme, person.At()); err != nil {
		return x, benefitForm{}, err
	}
	back := fmt.Sprintf("/payment?programme=%d&month=%s", x.Programme, x.Month)
	p := benefitForm{Back: back, BackWord: x.Month.Words() + "发放", Heading: "更正一笔发放", Quiet: person.Name + "　" + person.Masked(residents), Facts: []fact{{Word: "凭据", Text: x.Source}}}
	if x.Void != "" {
		rows, err := s.viewVoid(ctx, v, residents, []benefit.VoidPayment{{Payment: x, About: person}})
		if err != nil {
			return x, p, err
		}
		p.Heading = "作废的一笔发放"
		p.Facts = append(p.Facts, fact{Word: "金额", Text: rows[0].Yuan + "元"}, fact{Word: "发放日期", Text: rows[0].Day}, fact{Word: "已作废", Text: rows[0].Light.Why})
		p.Notes = []string{"不算数，也不能再更正。作废错了，或者找到了对的一笔，回到这个月的“未发”里重新登记。"}
		return x, p, nil
	}
	p.Form = entryForm{Action: fmt.Sprintf("/payment/%d", id), Button: "更正", Version: x.Version, Entries: entries{
		{Name: "amount", Label: "金额", Kind: "text", Value: benefit.Yuan(x.Fen)}, {Name: "day", Label: "发放日期", Kind: "date", Value: x.Paid},
		{Name: "why", Label: "更正原因", Kind: "text", Hint: "凭什么更正，如 发放册第12行是60元"}}}
	p.Notes = []string{"这里只改登记错的数。钱真的多发了，请提出追回；少发了，请提出补发。"}
	if x.Application == 0 {
		p.Also = &alsoForm{headedForm: headedForm{Heading: "钱没有这样发过：作废这一笔", entryForm: entryForm{Action: fmt.Sprintf("/payment/%d/void", id), Back: back, Button: "作废这一笔", Version: x.Version,
			Entries: entries{{Name: "void", Label: "作废原因", Kind: "text", Hint: "错在哪里、凭什么知道，如 银行回单是另一个人的"}}}},
			Notes: []string{"作废以后，" + x.Month.Words() + "算没有发，因它办结的疑点重新等到账。登记留在原处，写明谁、什么时候、为什么。",
				"作废不从本人那里收回钱：钱真的发了，只是多发、错发，请提出追回。作废错了，重新登记一次就行。"}}
	}
	return x, p, nil
}

// paymentEdit answers GET and POST of /payment/{id}: it corrects a payment that was entered wrongly.
func (s *Server) paymentEdit(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	x, p, err := s.paymentOf(r, v, residents)
	if err != nil {
		return err
	}
	return s.sendForm(w, r, v, "payment", p, func(es entries, version int64) (string, string, error) {
		if x.Void != "" { // its page has no form: this came from an old one
			return p.Back, "", benefit.CorrectPayment(r.Context(), residents, v.Who, x.ID, version, x.Fen, x.Paid, "")
		}
		fen, err := yuanField("金额", es.value("amount"))
		if err != nil {
			return "", "", err
		}
		return p.Back, "已更正", benefit.CorrectPayment(r.Context(), residents, v.Who, x.ID, version, fen, es.value("day"), es.value("why"))
	})
}

// paymentVoid answers POST /payment/{id}/void: it makes a payment void that was never made.
func (s *Server) paymentVoid(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	x, p, err := s.paymentOf(r, v, residents)
	if err != nil {
		return err
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	err = benefit.VoidMonth(r.Context(), residents, v.Who, x.ID, version, plainText(form.Get("void")))
	if err != nil && p.Also != nil {
		p.Also.Entries.fill(form)
		p.Also.Open = true
		status, err := p.Also.failed(err, v.Today)
		if err != nil {
			return err
		}
		return s.renderForm(w, v, status, "payment", p)
	}
	if err != nil {
		return err
	}
	s.followHits(r.Context(), residents)
	return s.done(w, r, p.Back+"#void", "已作废，"+x.Month.Words()+"算没有发")
}
