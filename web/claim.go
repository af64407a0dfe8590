package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/report"
	"bihuan/store"
)

// pick is one of the choices of a field.
type pick struct{ Value, Word string }

// entry is one field of a form that one person fills in at a time.
type entry struct {
	Name    string
	Label   string // as commands call it, so that what they refuse is said beside it
	Kind    string // text date area pick
	Value   string
	Hint    string
	Picks   []pick
	Problem string
}

// entries are the fields of one form, in their order.
type entries []entry

// fill takes over what somebody typed.
func (es entries) fill(form url.Values) {
	for i := range es {
		es[i].Value = plainText(form.Get(es[i].Name))
	}
}

func (es entries) value(name string) string {
	for _, e := range es {
		if e.Name == name {
			return e.Value
		}
	}
	return ""
}

// number is the id that stands in a field; 0 when none does.
func (es entries) number(name string) int64 {
	n, _ := strconv.ParseInt(es.value(name), 10, 64)
	return n
}

// entryForm is a form of entries.
type entryForm struct {
	Action  string // address it is sent to
	Button  string
	Back    string // where giving up leads
	Version int64
	Entries entries
	Stale   *staleNote
	Problem string // what is wrong with it as a whole
}

// failed says in the form why it was not saved and gives the status to answer with; another error is given back.
func (f *entryForm) failed(err error, today string) (int, error) {
	var stale ledger.Stale
	var invalid ledger.Invalid
	switch {
	case errors.As(err, &stale):
		f.Stale = &staleNote{By: stale.By, At: clock(stale.At, today)}
		return http.StatusConflict, nil
	case errors.As(err, &invalid):
		for i := range f.Entries {
			if f.Entries[i].Label == invalid.Field {
				f.Entries[i].Problem = invalid.What
				return http.StatusUnprocessableEntity, nil
			}
		}
		f.Problem = invalid.Error()
		return http.StatusUnprocessableEntity, nil
	}
	return 0, err
}

// claimView is a claim as a table shows it.
type claimView struct {
	ledger.Claim
	Part   bool   // stands below the one it is a part of
	Where  string // its places
	Since  string // day of the baseline
	Is     string // what it is now
	IsDay  string
	Source string
	Light  light
	Open   bool // nobody has confirmed it

	MayEdit   bool
	MayReport bool
	Back      string // where confirming and dropping lead: plan, or empty for the finding
}

// claimLights are the looks of the verdicts.
var claimLights = map[ledger.Standing]light{
	ledger.Reached:    {Kind: "done", Word: "达成"},
	ledger.NotReached: {Kind: "late", Word: "未达成"},
	ledger.NotKnown:   {Kind: "none", Word: "未知"},
}

func viewClaim(c ledger.Claim, today string) claimView {
	v := claimView{Claim: c, Part: c.Nested != 0, Since: shortDate(c.AsOf, today), Open: c.State == ledger.ClaimProposed}
	v.Light = claimLights[c.Standing()]
	now, ok := c.Now()
	switch {
	case !ok:
		v.Light.Why = "还没有登记现在的数字"
	case now.Value == "":
		v.Light.Why = "查过，数字还不知道"
	case c.Target == "":
		v.Light.Why = "没有定目标"
	case c.Standing() == ledger.NotReached:
		v.Light.Why = "目标" + c.Goal()
	}
	if ok {
		v.Is, v.IsDay, v.Source = "未知", shortDate(now.AsOf, today), now.Source
		if now.Value != "" {
			v.Is = now.Value + c.Measure
		}
	}
	if v.Open {
		v.Light = light{Kind: "wait", Word: "待确认", Why: "从方案读出，请核对"}
	}
	if n := c.Named(); n > 0 {
		names := slices.DeleteFunc(slices.Clone(c.Places), func(p string) bool { return p == "" })
		v.Where = "点名" + strings.Join(names, "、")
		if open := len(c.Places) - n; open > 0 {
			v.Where += fmt.Sprintf("，另%d个未点名", open)
		}
	}
	return v
}

// nested puts each part behind its whole.
func nested(list []ledger.Claim) []ledger.Claim {
	var out []ledger.Claim
	var below func(whole int64)
	below = func(whole int64) {
		for _, c := range list {
			if c.Nested == whole {
				out = append(out, c)
				below(c.ID)
			}
		}
	}
	below(0)
	for _, c := range list { // the whole was dropped
		if !slices.ContainsFunc(out, func(o ledger.Claim) bool { return o.ID == c.ID }) {
			out = append(out, c)
		}
	}
	return out
}

// claimsPart is the section of a finding's page about the numbers that it quotes.
type claimsPart struct {
	Finding   int64
	Plan      int64 // its table, 0 when the reader may not open it
	Claims    []claimView
	Open      int // how many nobody has confirmed
	Dropped   int
	MayEdit   bool
	MayReport bool
}

// claimsOf makes the section about the claims of a finding.
func (s *Server) claimsOf(ctx context.Context, v *visit, f ledger.Finding) (claimsPart, error) {
	p := claimsPart{Finding: f.ID, MayEdit: f.Dropped == 0 && v.Who.Check(org.Edit, f.Unit) == nil, MayReport: f.Dropped == 0 && f.Allows(v.Who, org.Progress) == nil}
	if f.Unit.Within(v.Who.Unit.Path) {
		p.Plan = f.Plan
	}
	list, err := ledger.ClaimsOf(ctx, s.db, f.ID)
	if err != nil {
		return p, err
	}
	n := len(list)
	list = slices.DeleteFunc(list, func(c ledger.Claim) bool { return c.State == ledger.ClaimDropped })
	p.Dropped = n - len(list)
	for _, c := range nested(list) {
		x := viewClaim(c, v.Today)
		x.MayEdit, x.MayReport = p.MayEdit, p.MayReport
		if x.Open {
			p.Open++
		}
		p.Claims = append(p.Claims, x)
	}
	return p, nil
}

// claimsPage is the table of before and after of a plan.
type claimsPage struct {
	frame
	Plan    ledger.PlanInfo
	Groups  []claimsGroup
	N       int
	Reached int
	Missed  int
	Unknown int
	Open    int
	MayAct  bool // the reader may do something about some of them
	Imprint *imprintView
}

// Span is how many columns the table has.
func (p claimsPage) Span() int {
	if p.MayAct {
		return 6
	}
	return 5
}

// claimsGroup is a finding with its claims.
type claimsGroup struct {
	ID     int64
	Aspect string // where it differs from that of the finding before
	Serial string
	Title  string
	Claims []claimView
}

// claimsShow answers GET /plan/{id}/claims.
func (s *Server) claimsShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	info, groups, err := s.claimTable(r, v)
	if err != nil {
		return err
	}
	p := claimsPage{Plan: info}
	for i, g := range groups {
		x := claimsGroup{ID: g.Finding.ID, Serial: g.Finding.Serial(), Title: g.Finding.Title}
		if i == 0 || g.Finding.Section != groups[i-1].Finding.Section {
			x.Aspect = g.Finding.Section.Number + g.Finding.Section.Title
		}
		for _, c := range nested(g.Claims) {
			view := viewClaim(c, v.Today)
			view.MayEdit, view.MayReport, view.Back = v.Who.Check(org.Edit, g.Finding.Unit) == nil, g.Finding.Allows(v.Who, org.Progress) == nil, "plan"
			p.MayAct = p.MayAct || view.MayEdit || view.MayReport
			x.Claims = append(x.Claims, view)
			switch {
			case view.Open:
				p.Open++
				continue
			case c.Standing() == ledger.Reached:
				p.Reached++
			case c.Standing() == ledger.NotReached:
				p.Missed++
			default:
				p.Unknown++
			}
			p.N++
		}
		p.Groups = append(p.Groups, x)
	}
	if p.Imprint, err = s.imprintView(r.Context(), "plan", info.ID); err != nil {
		return err
	}
	p.frame = s.frame(v, "ledger", "数字基线对照表")
	return s.render(w, http.StatusOK, "claims", p)
}

func (s *Server) claimTable(r *http.Request, v *visit) (ledger.PlanInfo, []ledger.ClaimGroup, error) {
	id, err := pathID(r)
	if err != nil {
		return ledger.PlanInfo{}, nil, err
	}
	info, err := ledger.PlanByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return info, nil, err
	}
	groups, err := ledger.ClaimTable(r.Context(), s.db, v.Who, id)
	return info, groups, err
}

// claimsXlsx answers GET /plan/{id}/claims.xlsx.
func (s *Server) claimsXlsx(w http.ResponseWriter, r *http.Request, v *visit) error {
	done, err := s.takeExport(r.Context())
	if err != nil {
		return err
	}
	defer done()
	info, groups, err := s.claimTable(r, v)
	if err != nil {
		return err
	}
	for i := range groups {
		groups[i].Claims = nested(groups[i].Claims)
	}
	head := planHead(info)
	head.AsOf = v.Now
	if head.Imprint, err = s.imprint(r.Context(), "plan", info.ID); err != nil {
		return err
	}
	return download(w, head.Unit+"数字基线对照表.xlsx", report.XlsxType, func(w io.Writer) error { return report.ClaimsXlsx(w, head, groups) })
}

// claimPage is a form about one claim.
type claimPage struct {
	frame
	Heading string
	Finding ledger.Finding
	Claim   claimView // the zero claim for a new one
	Values  []claimValueView
	Form    entryForm
}

// claimValueView is one recorded value.
type claimValueView struct{ Day, Value, Source, By, At string }

// claimEntries are the fields of a claim.
func claimEntries(c ledger.Claim, others []ledger.Claim) entries {
	ops := []pick{{"eq", "就是这个数"}, {"about", "约"}, {"gt", "超过"}, {"ge", "不少于"}, {"lt", "不足"}, {"le", "不多于"}}
	aims := []pick{{"", "按基线判断"}, {"ge", "不少于"}, {"le", "不多于"}}
	wholes := []pick{{"0", "不属于别的数字"}}
	for _, o := range others {
		if o.ID != c.ID && o.State != ledger.ClaimDropped && o.Nested != c.ID && (c.Measure == "" || plan.Comparable(o.Measure, c.Measure)) {
			wholes = append(wholes, pick{strconv.FormatInt(o.ID, 10), "是“" + o.Subject + "”" + o.Baseline() + "的一部分"})
		}
	}
	named := slices.DeleteFunc(slices.Clone(c.Places), func(p string) bool { return p == "" })
	op := string(c.Op)
	if op == "" {
		op = "eq"
	}
	return entries{
		{Name: "subject", Label: "数的是什么", Kind: "text", Value: c.Subject, Hint: "如 年收入超过10万元的村集体"},
		{Name: "value", Label: "基线", Kind: "text", Value: c.Value, Hint: "反馈时的数字；方案写的是 x、若干，就留空，不要填 0"},
		{Name: "measure", Label: "单位", Kind: "text", Value: c.Measure, Hint: "个、户、村、万元、%"},
		{Name: "op", Label: "怎样算", Kind: "pick", Value: op, Picks: ops},
		{Name: "upper", Label: "基线上限", Kind: "text", Value: c.Upper, Hint: "写的是一段才填，如 15 至 20 万元"},
		{Name: "as_of", Label: "基线日期", Kind: "date", Value: c.AsOf},
		{Name: "nested", Label: "属于", Kind: "pick", Value: strconv.FormatInt(c.Nested, 10), Picks: wholes, Hint: "“其中”写的是前一个数字的一部分"},
		{Name: "places", Label: "地点", Kind: "text", Value: strings.Join(named, "、"), Hint: "“等7村”里知道的村名，用顿号隔开；没点名的自动留空位"},
		{Name: "target", Label: "目标", Kind: "text", Value: c.Target, Hint: "整改要做到多少；没有定就留空"},
		{Name: "aim", Label: "目标方向", Kind: "pick", Value: string(c.Aim), Picks: aims},
		{Name: "quote", Label: "方案原文", Kind: "area", Value: c.Quote},
	}
}

// edit is what the fields say of a claim.
func (es entries) claim() ledger.ClaimEdit {
	return ledger.ClaimEdit{Quote: es.value("quote"), Subject: es.value("subject"), Measure: es.value("measure"), Op: plan.Op(es.value("op")), Value: es.value("value"),
		Upper: es.value("upper"), Nested: es.number("nested"), Places: splitNames(es.value("places")), AsOf: es.value("as_of"), Target: es.value("target"),
		Aim: plan.Op(es.value("aim"))}
}

// renderClaim answers with a form about a claim.
func (s *Server) renderClaim(w http.ResponseWriter, v *visit, status int, p claimPage) error {
	p.Form.Back = fmt.Sprintf("/finding/%d#claims", p.Finding.ID)
	for _, x := range p.Claim.Values {
		value := "未知"
		if x.Value != "" {
			value = x.Value + p.Claim.Measure
		}
		p.Values = append(p.Values, claimValueView{Day: shortDate(x.AsOf, v.Today), Value: value, Source: x.Source, By: x.By, At: clock(x.Entered, v.Today)})
	}
	p.frame = s.frame(v, "ledger", p.Heading)
	return s.render(w, status, "claim", p)
}

// claimNew answers GET and POST of /finding/{id}/claim: a number that the plan does not quote.
func (s *Server) claimNew(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := ledger.ByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return err
	}
	if err := f.Allows(v.Who, org.Edit); err != nil {
		return err
	}
	others, err := ledger.ClaimsOf(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	p := claimPage{Heading: "补一个数字", Finding: f}
	p.Form = entryForm{Action: fmt.Sprintf("/finding/%d/claim", id), Button: "登记", Entries: claimEntries(ledger.Claim{}, others)}
	if r.Method != http.MethodPost {
		return s.renderClaim(w, v, http.StatusOK, p)
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p.Form.Entries.fill(form)
	if _, err := ledger.AddClaim(r.Context(), s.db, v.Who, id, p.Form.Entries.claim()); err != nil {
		status, err := p.Form.failed(err, v.Today)
		if err != nil {
			return err
		}
		return s.renderClaim(w, v, status, p)
	}
	return s.done(w, r, fmt.Sprintf("/finding/%d#claims", id), "已登记这个数字")
}

// claimOf reads the claim of an address.
func (s *Server) claimOf(r *http.Request, v *visit) (ledger.Claim, ledger.Finding, error) {
	id, err := pathID(r)
	if err != nil {
		return ledger.Claim{}, ledger.Finding{}, err
	}
	return ledger.ClaimByID(r.Context(), s.db, v.Who, id)
}

// claimEdit answers GET and POST of /claim/{id}.
func (s *Server) claimEdit(w http.ResponseWriter, r *http.Request, v *visit) error {
	c, f, err := s.claimOf(r, v)
	if err != nil {
		return err
	}
	if err := f.Allows(v.Who, org.Edit); err != nil {
		return err
	}
	others, err := ledger.ClaimsOf(r.Context(), s.db, f.ID)
	if err != nil {
		return err
	}
	p := claimPage{Heading: "改数字基线", Finding: f, Claim: viewClaim(c, v.Today)}
	p.Form = entryForm{Action: fmt.Sprintf("/claim/%d", c.ID), Button: "保存并确认", Version: c.Version, Entries: claimEntries(c, others)}
	if r.Method != http.MethodPost {
		return s.renderClaim(w, v, http.StatusOK, p)
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p.Form.Entries.fill(form)
	if err := ledger.EditClaim(r.Context(), s.db, v.Who, c.ID, version, p.Form.Entries.claim()); err != nil {
		status, err := p.Form.failed(err, v.Today)
		if err != nil {
			return err
		}
		return s.renderClaim(w, v, status, p)
	}
	return s.done(w, r, fmt.Sprintf("/finding/%d#claims", f.ID), "已保存，这个数字从此对照")
}

// claimStep answers POST /claim/{id}/confirm and /claim/{id}/drop.
func (s *Server) claimStep(w http.ResponseWriter, r *http.Request, v *visit) error {
	c, f, err := s.claimOf(r, v)
	if err != nil {
		return err
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	said := "已确认“" + c.Subject + "”"
	switch r.PathValue("step") {
	case "confirm":
		err = ledger.ConfirmClaim(r.Context(), s.db, v.Who, c.ID, version)
	case "drop":
		said = "已剔除“" + c.Subject + "”，修订方案时不再提出"
		err = ledger.DropClaim(r.Context(), s.db, v.Who, c.ID, version)
	default:
		return store.ErrNotFound
	}
	if err != nil {
		return err
	}
	address := fmt.Sprintf("/finding/%d#claims", f.ID)
	if form.Get("back") == "plan" {
		address = fmt.Sprintf("/plan/%d/claims#f%d", f.Plan, f.ID)
	}
	return s.done(w, r, address, said)
}

// claimValue answers GET and POST of /claim/{id}/value: what the number is now.
func (s *Server) claimValue(w http.ResponseWriter, r *http.Request, v *visit) error {
	c, f, err := s.claimOf(r, v)
	if err != nil {
		return err
	}
	if err := f.Allows(v.Who, org.Progress); err != nil {
		return err
	}
	p := claimPage{Heading: "登记现在的数字", Finding: f, Claim: viewClaim(c, v.Today)}
	p.Form = entryForm{Action: fmt.Sprintf("/claim/%d/value", c.ID), Button: "登记", Version: c.Version, Entries: entries{
		{Name: "value", Label: "现在", Kind: "text", Hint: "以" + c.Measure + "计；查过还不知道就留空，不要填 0"},
		{Name: "as_of", Label: "截至日期", Kind: "date", Value: v.Today},
		{Name: "source", Label: "来源", Kind: "text", Hint: "从哪份材料或哪次清点来，如 农经站2026年6月报表"},
	}}
	if r.Method != http.MethodPost {
		return s.renderClaim(w, v, http.StatusOK, p)
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p.Form.Entries.fill(form)
	e := ledger.ValueEdit{Value: p.Form.Entries.value("value"), AsOf: p.Form.Entries.value("as_of"), Source: p.Form.Entries.value("source")}
	if err := ledger.SetClaimValue(r.Context(), s.db, v.Who, c.ID, e); err != nil {
		status, err := p.Form.failed(err, v.Today)
		if err != nil {
			return err
		}
		return s.renderClaim(w, v, status, p)
	}
	return s.done(w, r, fmt.Sprintf("/finding/%d#claims", f.ID), "已登记“"+c.Subject+"”现在的数字")
}
