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
	"bihuan/store"
	"bihuan/vault"
)

// applicationsPage is the queue of what the town proposes and the county decides.
type applicationsPage struct {
	frame
	Shows     []countLink
	Show      string
	Programme string
	Picks     []pick
	Rows      []applicationRow
	Pages     *pages
	MayNew    bool
	Letters   []unwrittenBatch // that a letter to the county can be written of
	Desk      bool             // the reader may see the letters
}

// applicationRow is an application in a list.
type applicationRow struct {
	benefit.Pending
	Programme string
	Place     string
	Light     light
	Since     string
	Money     string
	MoneyWhy  string
	Source    string
}

// measure is a programme with what its applications are measured by today.
type measure struct {
	Name   string
	Terms  benefit.Terms
	Limits benefit.Limits
}

// measuresOf reads the measures of programmes, by id.
func (s *Server) measuresOf(ctx context.Context, v *visit, residents *vault.Vault, programmes []benefit.Programme) (map[int64]measure, error) {
	by := map[int64]measure{}
	for _, p := range programmes {
		terms, err := benefit.TermsOf(ctx, residents, p.ID)
		if err != nil {
			return nil, err
		}
		by[p.ID] = measure{p.Name, terms, benefit.LimitsOf(p.ID, terms, v.Today)}
	}
	return by, nil
}

// queueShow is one list of the queue.
type queueShow struct {
	name, word, kind string // kind of the light
	queue            benefit.Queue
}

// showOf are the lists of the queue.
var showOf = []queueShow{
	{"open", "在办", "wait", benefit.Queue{Open: true}},
	{"town", "镇里在办", "wait", benefit.Queue{Town: true}},
	{"held", "待签发", "wait", benefit.Queue{Step: benefit.Held}},
	{"proposed", "等县里决定", "run", benefit.Queue{Step: benefit.Proposed}},
	{"slow", "超时", "soon", benefit.Queue{Slow: true}},
	{"unpaid", "批准未到账", "part", benefit.Queue{Unpaid: true}},
	{"overdue", "过月还没到账", "soon", benefit.Queue{Overdue: true}},
	{"untold", "未告知本人", "wait", benefit.Queue{Untold: true}},
	{"decided", "已决定", "done", benefit.Queue{Step: benefit.Decided}},
	{"all", "全部", "", benefit.Queue{}},
}

var stepLights = map[benefit.Step]string{benefit.Received: "wait", benefit.Checked: "wait", benefit.Posted: "run", benefit.Held: "wait", benefit.Proposed: "run", benefit.Decided: "done", benefit.Withdrawn: "stop"}

func viewApplication(x benefit.Pending, m measure, v *visit) applicationRow {
	row := applicationRow{Pending: x, Programme: m.Name, Place: x.About.Place, Since: shortDate(x.Received, v.Today), Source: benefit.SourceWord(x.Source),
		Light: light{Kind: stepLights[x.Step], Word: x.Step.Word()}}
	if fen := m.Terms.Asked(x.Application, x.About.Birth, v.Today); fen > 0 {
		row.Money = benefit.Yuan(fen) + "元"
		if !x.Kind.Money() {
			row.Money = "每月" + row.Money
		}
		if x.Amount == 0 {
			row.MoneyWhy = "按年龄"
		}
	}
	if paid := max(x.Paid, -x.Paid); x.Kind.Money() && paid > 0 {
		row.MoneyWhy = map[bool]string{true: "已缴回", false: "已到账"}[x.Kind == benefit.Recover] + benefit.Yuan(paid) + "元"
	}
	decided := shortDate(x.Decided, v.Today)
	switch {
	case x.Decision == benefit.Refused:
		row.Light = light{Kind: "stop", Word: "县里不同意", Why: decided}
	case m.Limits.Overdue(x):
		row.Light = light{Kind: "soon", Word: "批准未到账", Why: decided + "同意，过了发放月还没有付款记录"}
	case x.Unpaid:
		row.Light = light{Kind: "part", Word: "县里同意", Why: decided + "，等到账"}
	case x.Left > 0:
		row.Light = light{Kind: "part", Word: "县里同意", Why: fmt.Sprintf("%s，还差%s元", decided, benefit.Yuan(x.Left))}
	case x.Step == benefit.Decided:
		row.Light = light{Kind: "done", Word: "县里同意", Why: decided}
	case x.Step == benefit.Proposed:
		row.Light.Why = shortDate(x.Proposed, v.Today) + "上报"
	}
	if m.Limits.Slow(x.Application) {
		due := m.Limits.Due(x.Application)
		row.Light = light{Kind: "soon", Word: "超时", Why: strings.TrimSuffix(fmt.Sprintf("%s；应在%s前决定，超 %d 天；%s", x.Step.Word(), shortDate(due, v.Today), daysBetween(due, v.Today), row.Light.Why), "；")}
	}
	return row
}

// applicationList answers GET /application.
func (s *Server) applicationList(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	ctx, q := r.Context(), r.URL.Query()
	programmes, err := benefit.Programmes(ctx, residents, v.Who)
	if err != nil {
		return err
	}
	p := applicationsPage{Show: q.Get("show"), Programme: q.Get("programme"), MayNew: v.Who.May(org.Propose), Picks: append([]pick{{"", "全部项目"}}, programmePicks(programmes)...)}
	at := slices.IndexFunc(showOf, func(x queueShow) bool { return x.name == p.Show })
	if at < 0 {
		at, p.Show = 0, showOf[0].name
	}
	address := func(show string, page int) string {
		to := url.Values{"show": {show}}
		if p.Programme != "" {
			to.Set("programme", p.Programme)
		}
		if page > 1 {
			to.Set("page", strconv.Itoa(page))
		}
		return "/application?" + to.Encode()
	}
	measures, err := s.measuresOf(ctx, v, residents, programmes)
	if err != nil {
		return err
	}
	var limits []benefit.Limits
	for _, x := range programmes {
		limits = append(limits, measures[x.ID].Limits)
	}
	total := 0
	for i, x := range showOf {
		f := x.queue
		f.Programme, f.Limits = queryID(r, "programme"), limits
		counts, err := benefit.CountApplications(ctx, residents, v.Who, f)
		if err != nil {
			return err
		}
		n := 0
		for step, k := range counts {
			if f.Step == "" || step == f.Step {
				n += k
			}
		}
		if i == at {
			total = n
		}
		p.Shows = append(p.Shows, countLink{Word: x.word, Address: address(x.name, 1), Kind: x.kind, N: n, Current: i == at})
	}
	f := showOf[at].queue
	f.Programme, f.Limits = queryID(r, "programme"), limits
	number, _ := strconv.Atoi(q.Get("page"))
	p.Pages = newPages(total, max(1, number), func(n int) string { return address(p.Show, n) })
	f.First, f.Most = p.Pages.From-1, ledger.PageSize
	list, err := benefit.Applications(ctx, residents, v.Who, f)
	if err != nil {
		return err
	}
	for _, x := range list {
		p.Rows = append(p.Rows, viewApplication(x, measures[x.Application.Programme], v))
	}
	batches, err := s.unwritten(ctx, v, residents, programmes, limits)
	if err != nil {
		return err
	}
	p.Letters = slices.DeleteFunc(batches, func(b unwrittenBatch) bool { return f.Programme != 0 && b.Programme.ID != f.Programme })
	towns, err := s.lettersTowns(ctx, v)
	if err != nil {
		return err
	}
	p.Desk = len(towns) > 0
	p.frame = s.benefitFrame(v, "application", "事项")
	return s.render(w, http.StatusOK, "applications", p)
}

// applicationPage is one application with its steps.
type applicationPage struct {
	frame
	applicationRow
	Number   string
	Months   string
	Steps    []stepTaken
	Forms    []headedForm
	Wait     string // who has to act, when the reader may not
	Payments []paymentRow
	Sum      string
	Void     []settlementRow // what was entered and made void
	Told     string
	Letter   benefit.CountyLetter // that told the county, or will; the zero one: none
	ToLetter string               // where it can be put into a letter; empty: it cannot
	History  []event
}

// settlementRow is what was entered at once and made void.
type settlementRow struct {
	benefit.Settlement
	Months string
	Yuan   string
	Day    string
	Light  light
}

// headedForm is a form with what it is for.
type headedForm struct {
	Heading string
	Quiet   string
	Fold    bool // it stands folded, for it is rarely wanted
	Open    bool // though folded by nature, it stands open: it was refused
	entryForm
}

// stepTaken is a step of an application, taken or to come.
type stepTaken struct {
	Word  string
	Kind  string // of the light
	Day   string
	Who   string
	Said  string
	Taken bool
}

// paymentRow is a payment in a list.
type paymentRow struct {
	benefit.Payment
	Month string
	Yuan  string
	Day   string
}

func viewPayment(x benefit.Payment, today string) paymentRow {
	return paymentRow{Payment: x, Month: x.Month.Words(), Yuan: benefit.Yuan(x.Fen), Day: shortDate(x.Paid, today)}
}

// applicationOf reads the application of an address with whom it is about and its programme.
func (s *Server) applicationOf(r *http.Request, v *visit, residents *vault.Vault) (benefit.Pending, benefit.Programme, error) {
	id, err := pathID(r)
	if err != nil {
		return benefit.Pending{}, benefit.Programme{}, err
	}
	x, err := benefit.PendingByID(r.Context(), residents, v.Who, id)
	if err != nil {
		return x, benefit.Programme{}, err
	}
	p, err := benefit.ProgrammeByID(r.Context(), residents, x.Application.Programme)
	return x, p, err
}

// applicationShow answers GET /application/{id}.
func (s *Server) applicationShow(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	return s.renderApplication(w, r, v, residents, http.StatusOK, "", nil, nil)
}

// renderApplication shows an application; the form of the step that was refused keeps what was typed and says why.
func (s *Server) renderApplication(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault, status int, step string, form url.Values, refused error) error {
	ctx := r.Context()
	x, programme, err := s.applicationOf(r, v, residents)
	if err != nil {
		return err
	}
	measures, err := s.measuresOf(ctx, v, residents, []benefit.Programme{programme})
	if err != nil {
		return err
	}
	terms := measures[programme.ID].Terms
	p := applicationPage{applicationRow: viewApplication(x, measures[programme.ID], v), Number: x.About.Masked(residents), Months: x.Application.Months()}
	taken, err := benefit.StepsOf(ctx, residents, x.ID)
	if err != nil {
		return err
	}
	for _, t := range taken {
		view := stepTaken{Word: t.Step.Verb(), Kind: "done", Day: shortDate(t.Day, v.Today), Who: t.Who, Said: t.Said, Taken: true}
		switch {
		case t.Step == benefit.Decided && x.Decision == benefit.Approved:
			view.Word, view.Said = "县级决定：同意", x.DecisionNo+"　"+t.Said
		case t.Step == benefit.Decided:
			view.Word, view.Kind, view.Said = "县级决定：不同意", "stop", x.DecisionNo+"　"+t.Said
		case t.Step == benefit.Withdrawn:
			view.Kind = "stop"
		}
		p.Steps = append(p.Steps, view)
	}
	coming := map[benefit.Step][]string{benefit.Received: {"调查", "上报", "县级决定"}, benefit.Checked: {"上报", "县级决定"}, benefit.Posted: {"上报", "县级决定"}, benefit.Held: {"签发上报", "县级决定"}, benefit.Proposed: {"县级决定"}}
	for _, word := range coming[x.Step] {
		p.Steps = append(p.Steps, stepTaken{Word: word, Kind: "none"})
	}
	if x.Decision == benefit.Approved {
		payments, err := benefit.PaidFor(ctx, residents, x.ID)
		if err != nil {
			return err
		}
		sum := int64(0)
		for _, y := range payments {
			sum += y.Fen
			p.Payments = append(p.Payments, viewPayment(y, v.Today))
		}
		p.Sum = benefit.Yuan(sum)
		if x.Kind.Money() || x.Kind == benefit.New || x.Kind == benefit.Resume {
			view := stepTaken{Word: "到账", Kind: "none", Said: "还没有付款记录，不算享受到"}
			if x.Kind == benefit.Recover {
				view.Said = "还没有缴回记录"
			}
			if len(payments) > 0 {
				view = stepTaken{Word: "到账", Kind: "done", Day: p.Payments[0].Day, Said: fmt.Sprintf("%d 笔，共 %s 元", len(payments), p.Sum), Taken: true}
				if x.Left > 0 {
					view.Kind, view.Said = "part", view.Said+"，还差 "+benefit.Yuan(x.Left)+" 元"
				}
			} else if x.Covered && x.Kind == benefit.Recover {
				view.Kind, view.Said = "done", "要追回的发放已经作废，没有要追回的了"
			} else if x.Covered {
				view.Kind, view.Said = "done", "要补的月份，提出以前都已发放，没有要补的了；不算这件事办来的"
			}
			p.Steps = append(p.Steps, view)
		}
	}
	if p.Told = x.Told; p.Told != "" {
		day, how, _ := strings.Cut(x.Told, " ")
		p.Told = shortDate(day, v.Today) + "　" + how
	}
	settlements, err := benefit.Settlements(ctx, residents, x.ID)
	if err != nil {
		return err
	}
	for _, y := range settlements {
		if y.Void != "" {
			p.Void = append(p.Void, settlementRow{Settlement: y, Months: benefit.Application{From: y.From, To: y.To}.Months(), Yuan: benefit.Yuan(y.Fen), Day: shortDate(y.Paid, v.Today),
				Light: light{Kind: "stop", Word: "已作废", Why: shortDate(y.Void, v.Today) + "：" + y.VoidWhy}})
		}
	}
	town, err := org.UnitByID(ctx, s.db, x.About.Unit)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if v.Who.Within(town) {
		if p.Letter, err = benefit.LetterOf(ctx, residents, x.ID); err != nil {
			return err
		}
	}
	if v.Who.Check(org.Propose, town) == nil {
		ready, err := benefit.Applications(ctx, residents, v.Who, benefit.Queue{ID: x.ID, Unwritten: true, Limits: []benefit.Limits{measures[programme.ID].Limits}})
		if err != nil {
			return err
		}
		if len(ready) > 0 {
			p.ToLetter = newCountyLetter(programme, town)
		}
	}
	p.Forms, p.Wait = s.applicationForms(v, x, terms, settlements)
	for i := range p.Forms {
		f := &p.Forms[i]
		if !strings.HasSuffix(f.Action, "/"+step) || step == "" {
			continue
		}
		f.Entries.fill(form)
		if status, err = f.failed(refused, v.Today); err != nil {
			return err
		}
		refused, f.Open = nil, true
	}
	if refused != nil {
		return refused
	}
	if p.History, err = s.residentHistory(r, v, "application", x.ID); err != nil {
		return err
	}
	p.frame = s.benefitFrame(v, "application", x.About.Name+"·"+x.Kind.Word())
	return s.render(w, status, "application", p)
}

// applicationForms are what the reader may do with an application now, or who has to.
func (s *Server) applicationForms(v *visit, x benefit.Pending, terms benefit.Terms, settlements []benefit.Settlement) (forms []headedForm, wait string) {
	unit := x.About.At()
	propose, decide, pay := v.Who.Check(org.Propose, unit) == nil, v.Who.Check(org.Decide, unit) == nil, v.Who.Check(org.Programme, unit) == nil
	add := func(step, heading, quiet, button string, es ...entry) {
		forms = append(forms, headedForm{Heading: heading, Quiet: quiet, Fold: step == "proposed" || step == "withdraw" || strings.HasPrefix(step, "void"), entryForm: entryForm{Action: fmt.Sprintf("/application/%d/%s", x.ID, step), Button: button, Version: x.Version, Entries: es}})
	}
	day := func(label string) entry { return entry{Name: "day", Label: label, Kind: "date", Value: v.Today} }
	said := func(hint string) entry { return entry{Name: "said", Label: "情况", Kind: "area", Hint: hint} }
	switch x.Step {
	case benefit.Received:
		if !propose {
			return nil, "等镇里经办人调查"
		}
		add("checked", "登记调查", "", "登记调查", day("日期"), said("谁去的、看到什么、凭什么材料"))
	case benefit.Checked, benefit.Posted:
		if !propose {
			return nil, "等镇里经办人上报"
		}
		if x.Step == benefit.Checked && (x.Kind == benefit.New || x.Kind == benefit.Change) {
			add("posted", "登记公示", "公示里不写身份号码、电话、账号和健康情况", "登记公示", day("日期"), said("公示在哪里、到哪天"))
		}
		add("proposed", "不用报县函、另行上报的", "", "登记上报", day("日期"), said("镇里的意见，用什么文书报的"))
	case benefit.Held:
		wait = "在待签发的报县函里，签发以后算上报县里"
	case benefit.Proposed:
		switch {
		case !decide:
			return nil, "等县里决定；收到文书后由镇里另一个人登记"
		case x.ProposedBy == v.Who.ID:
			return nil, "等县里决定；您是上报人，收到文书后请换一个人登记"
		}
		es := []entry{
			{Name: "verdict", Label: "决定", Kind: "pick", Picks: []pick{{"", "请选"}, {benefit.Approved, "同意"}, {benefit.Refused, "不同意"}}},
			day("决定日期"),
			{Name: "no", Label: "决定文号", Kind: "text", Hint: "县里文书的文号"},
			{Name: "reason", Label: "决定理由", Kind: "area", Hint: "照文书写；同意和不同意都要有书面理由"},
		}
		from, to := entry{Name: "from", Label: "起始月份", Kind: "month", Value: x.From.String(), Hint: "同意的，从哪个月起"}, entry{Name: "to", Label: "停发月份", Kind: "month", Value: x.To.String(), Hint: "同意的，最后发到哪个月"}
		amount := entry{Name: "amount", Label: "月标准", Kind: "text", Hint: "同意的，每月多少元"}
		if x.Amount > 0 {
			amount.Value = benefit.Yuan(x.Amount)
		}
		switch {
		case x.Kind == benefit.Stop:
			es = append(es, to)
		case x.Kind.Money():
			amount.Label, amount.Hint, to.Label, to.Hint = "金额", "同意的，一共多少元", "到哪个月", ""
			from.Label, from.Hint = "从哪个月", ""
			es = append(es, amount, from, to)
		default:
			es = append(es, from)
			if !terms.ByAge() && (x.Kind == benefit.New || x.Kind == benefit.Change) {
				es = append(es, amount, classEntry(terms, x.Class, v.Today))
			}
		}
		add("decide", "登记县里的决定", "登记人不能是上报人", "登记决定", es...)
	case benefit.Decided:
		if x.Told == "" && propose {
			add("tell", "告知本人", "", "登记告知", day("告知日期"), entry{Name: "said", Label: "告知方式", Kind: "text", Hint: "怎样告知的、告诉了谁，如 上门告诉本人，书面送达"})
		}
		if x.Decision == benefit.Approved && x.Kind.Money() && pay {
			if x.Left > 0 {
				add("settle", map[bool]string{true: "登记缴回", false: "登记到账"}[x.Kind == benefit.Recover], "还差 "+benefit.Yuan(x.Left)+" 元", "登记", entry{Name: "amount", Label: "金额", Kind: "text", Value: benefit.Yuan(x.Left)},
					day("发放日期"), entry{Name: "source", Label: "凭据", Kind: "text", Hint: "如 2026年5月补发册第3行、缴款书编号"})
			}
			for _, y := range settlements {
				if y.Void == "" {
					add(fmt.Sprintf("void?entry=%d", y.Entry), fmt.Sprintf("登记错了：作废%s登记的 %s 元（%s）", shortDate(y.Paid, v.Today), benefit.Yuan(max(y.Fen, -y.Fen)), y.Source), "", "作废这一笔",
						entry{Name: fmt.Sprintf("why%d", y.Entry), Label: "作废原因", Kind: "text", Hint: "错在哪里、凭什么知道。作废的留在记录里，不再算数；钱真的付错了，请另提追回"})
				}
			}
		}
	}
	if x.Open() && propose {
		add("withdraw", "撤回", "", "撤回", entry{Name: "said", Label: "撤回原因", Kind: "text", Hint: "本人放弃的，请写书面材料在哪里"})
	}
	return forms, wait
}

// classEntry is the field for the class of an entry.
func classEntry(terms benefit.Terms, class, today string) entry {
	e := entry{Name: "class", Label: "类别", Kind: "text", Value: class}
	if classes := terms.Classes(today); len(classes) > 0 {
		e.Kind, e.Hint = "pick", "决定多久复核一次"
		e.Picks = []pick{{"", "不分"}}
		for _, c := range classes {
			e.Picks = append(e.Picks, pick{c, c})
		}
	}
	return e
}

// applicationStep answers POST /application/{id}/{step}.
func (s *Server) applicationStep(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	ctx := r.Context()
	x, _, err := s.applicationOf(r, v, residents)
	if err != nil {
		return err
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	get := func(name string) string { return plainText(form.Get(name)) }
	step := r.PathValue("step")
	done := ""
	switch step {
	case "checked", "posted", "proposed":
		to := benefit.Step(step)
		done = "已登记" + to.Verb()
		err = benefit.Advance(ctx, residents, v.Who, x.ID, version, to, get("day"), get("said"))
	case "decide":
		done = "已登记县里的决定"
		var d benefit.Decision
		if d, err = readDecision(get, x.Kind); err == nil {
			err = benefit.Decide(ctx, residents, v.Who, x.ID, version, d)
		}
	case "tell":
		done = "已登记告知"
		err = benefit.Tell(ctx, residents, v.Who, x.ID, version, get("day"), get("said"))
	case "withdraw":
		done = "已撤回"
		err = benefit.Withdraw(ctx, residents, v.Who, x.ID, version, get("said"))
	case "void":
		done = "已作废，这几个月重新等到账"
		step = fmt.Sprintf("void?entry=%d", queryID(r, "entry"))
		err = benefit.VoidSettlement(ctx, residents, v.Who, x.ID, version, queryID(r, "entry"), get(fmt.Sprintf("why%d", queryID(r, "entry"))))
	case "settle":
		done = "已登记到账"
		var fen int64
		if fen, err = yuanField("金额", get("amount")); err == nil {
			err = benefit.Settle(ctx, residents, v.Who, x.ID, version, fen, get("day"), get("source"))
		}
	default:
		return store.ErrNotFound
	}
	if err != nil {
		return s.renderApplication(w, r, v, residents, http.StatusUnprocessableEntity, step, form, err)
	}
	s.followHits(ctx, residents)
	return s.done(w, r, fmt.Sprintf("/application/%d", x.ID), done)
}

// readDecision reads the form of a decision.
func readDecision(get func(string) string, kind benefit.Kind) (benefit.Decision, error) {
	d := benefit.Decision{Verdict: get("verdict"), Day: get("day"), No: get("no"), Reason: get("reason"), Class: get("class")}
	var err error
	label, from, to := "月标准", "起始月份", "停发月份"
	if kind.Money() {
		label, from, to = "金额", "从哪个月", "到哪个月"
	}
	if d.Amount, err = yuanField(label, get("amount")); err != nil {
		return d, err
	}
	if d.From, err = monthField(from, get("from")); err != nil {
		return d, err
	}
	d.To, err = monthField(to, get("to"))
	return d, err
}

// applicationNew answers GET and POST of /application/new: about somebody known, or somebody new.
func (s *Server) applicationNew(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	ctx, q := r.Context(), r.URL.Query()
	if !v.Who.May(org.Propose) {
		return org.Denied{Who: v.Who, Action: org.Propose}
	}
	programmes, err := benefit.Programmes(ctx, residents, v.Who)
	if err != nil {
		return err
	}
	programmes = slices.DeleteFunc(programmes, func(p benefit.Programme) bool { return p.State != benefit.Running })
	villages, err := s.villages(r, v)
	if err != nil {
		return err
	}
	p := benefitForm{Back: "/application", BackWord: "事项", Heading: "提出事项"}
	var kinds, sources []pick
	for _, k := range benefit.Kinds {
		kinds = append(kinds, pick{string(k.Kind), k.Word})
	}
	for _, x := range benefit.Sources {
		sources = append(sources, pick{x.Source, x.Word})
	}
	kind := q.Get("kind")
	if kind == "" {
		kind = string(benefit.New)
	}
	programme := q.Get("programme")
	if programme == "" && len(programmes) > 0 {
		programme = strconv.FormatInt(programmes[0].ID, 10)
	}
	es := entries{
		{Name: "programme", Label: "惠民项目", Kind: "pick", Value: programme, Picks: programmePicks(programmes)},
		{Name: "kind", Label: "事项", Kind: "pick", Value: kind, Picks: kinds},
	}
	person := queryID(r, "person")
	action := "/application/new"
	if person != 0 {
		x, err := benefit.PersonByID(ctx, residents, v.Who, person)
		if err != nil {
			return err
		}
		action = fmt.Sprintf("/application/new?person=%d", person)
		p.Back, p.BackWord = fmt.Sprintf("/person/%d", person), x.Name
		p.Quiet = x.Name + "　" + x.Place + "　" + x.Masked(residents)
		if n := queryID(r, "programme"); n != 0 && benefit.Kind(kind).Money() {
			account, err := benefit.AccountOf(ctx, residents, v.Who, n, person, v.Today)
			if err != nil {
				return err
			}
			sum := account.Sum.Arrears + account.Sum.Short
			if benefit.Kind(kind) == benefit.Recover {
				sum = account.Sum.Overpaid()
			}
			p.Facts = append(p.Facts, fact{Word: "按月算得", Text: benefit.Yuan(sum) + "元"}, fact{Word: "算到", Text: account.Until.Words()})
		}
	} else {
		es = append(es, entry{Name: "name", Label: "姓名", Kind: "text", Hint: "照户口簿"}, entry{Name: "number", Label: "公民身份号码", Kind: "text", Hint: "加密保存，查看时只显示头尾"},
			entry{Name: "village", Label: "村", Kind: "pick", Picks: villagePicks(villages)})
	}
	es = append(es,
		entry{Name: "source", Label: "来源", Kind: "pick", Value: benefit.Applied, Picks: sources},
		entry{Name: "received", Label: "受理日期", Kind: "date", Value: v.Today},
		entry{Name: "reason", Label: "理由", Kind: "area", Hint: "符合哪一条、凭什么材料；县里要看"},
		entry{Name: "from", Label: "从哪个月", Kind: "month", Hint: "新增、变更、恢复从哪个月起；补发、追回可不写，按月自动算"},
		entry{Name: "to", Label: "到哪个月", Kind: "month", Hint: "停发写最后发到哪个月"},
		entry{Name: "amount", Label: "金额", Kind: "text", Hint: "元。按年龄的标准、补发、追回可不写；低保等写建议的月标准"},
	)
	p.Form = entryForm{Action: action, Button: "提出", Version: 1, Entries: es}
	if len(programmes) == 0 {
		p.Notes = []string{"还没有在办的惠民项目，请先在“惠民项目和标准”里新建。"}
	}
	return s.sendForm(w, r, v, "application", p, func(es entries, _ int64) (string, string, error) {
		a := benefit.Application{Programme: es.number("programme"), Person: person, Kind: benefit.Kind(es.value("kind")), Source: es.value("source"), Received: es.value("received"), Reason: es.value("reason")}
		if a.Programme == 0 {
			return "", "", org.Invalid{Field: "惠民项目", What: "请选一个项目"}
		}
		if person == 0 {
			a.Subject = benefit.Subject{Name: es.value("name"), Number: es.value("number"), Village: villageOf(villages, es.value("village"))}
		}
		var err error
		if a.From, err = monthField("从哪个月", es.value("from")); err != nil {
			return "", "", err
		}
		if a.To, err = monthField("到哪个月", es.value("to")); err != nil {
			return "", "", err
		}
		if a.Amount, err = yuanField("金额", es.value("amount")); err != nil {
			return "", "", err
		}
		id, err := benefit.Propose(ctx, residents, v.Who, a)
		return fmt.Sprintf("/application/%d", id), "已受理", err
	})
}
