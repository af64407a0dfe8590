package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bihuan/ledger"
	"bihuan/org"
)

// ledgerPage is the 台账: the table that is handed in.
type ledgerPage struct {
	frame
	Filter       ledger.Filter
	Filtered     bool // something narrows what is shown
	Plans        []planChoice
	Plan         *planChoice // the one shown, nil when several are
	Unit         string      // name of the unit that the filter asks for
	UnitPlans    int         // how many plans it has
	OwnDuty      bool        // the reader sees what the own unit answers for
	Choices      offered
	States       []stateChoice
	Dues, Sorts  []choice
	Counts       []countLink
	Columns      columns
	Total        int
	Sum          *sum // when the whole of the filter is on the page
	Pages        *pages
	MayImport    bool
	AllAddress   string
	PrintAddress string
	XlsxAddress  string
	Back         string // from paper to the screen
	PrintTitle   string
	PrintUnit    string
	Moment       string // the instant the data are of
	rows         []template.HTML
	FeedbackOn   string // date of the feedback with its year
	Imprint      *imprintView
}

// planChoice is a plan that the ledger can be narrowed to.
type planChoice struct {
	ledger.PlanInfo
	Ambiguous   bool   // its unit has another plan
	FeedbackDay string // date of the feedback as people write it
}

type stateChoice struct {
	State ledger.State
	Word  string
}

// countLink is a number that shows, when it is followed, what it counts.
type countLink struct {
	Address string
	Kind    string // light, may be empty
	Tone    string // class of the word, may be empty
	Word    string
	N       int
	Current bool
}

// Rows marks where the rows belong.
func (p ledgerPage) Rows() template.HTML { return rowsHere }

// mostPrinted bounds one print. A district has some 5,000 findings.
const mostPrinted = 10_000

// sum is the last row of a whole table.
type sum struct{ Manifestations, Measures, Gaps int }

// ledgerShow answers GET /ledger.
func (s *Server) ledgerShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.ledgerPage(r, v)
	if err != nil {
		return err
	}
	ctx, q := r.Context(), r.URL.Query()
	p.Pages = newPages(p.Total, pageNumber(q), func(n int) string { return pageAddress("/ledger", query(p.Filter), n) })
	keys, err := s.list(ctx, v, p.Filter, p.Pages.Number)
	if err != nil {
		return err
	}
	if err := s.fillTable(ctx, v, &p, keys); err != nil {
		return err
	}
	return s.renderAround(w, "ledger", p, p.rows)
}

// ledgerPrint answers GET /ledger/print: all findings of a filter, for paper.
func (s *Server) ledgerPrint(w http.ResponseWriter, r *http.Request, v *visit) error {
	done, err := s.takePlace(r.Context())
	if err != nil {
		return err
	}
	defer done()
	p, err := s.ledgerPage(r, v)
	if err != nil {
		return err
	}
	keys, err := ledger.ListAll(r.Context(), s.db, v.Who, p.Filter, v.Days)
	if err != nil {
		return err
	}
	if len(keys) > mostPrinted {
		return ledger.Invalid{Field: "打印", What: fmt.Sprintf("一次最多打印 %d 个问题，现有 %d 个。请先按方案、单位或状态筛选再打印", mostPrinted, len(keys))}
	}
	p.Total = len(keys)
	if err := s.fillTable(r.Context(), v, &p, keys); err != nil {
		return err
	}
	if p.Imprint, err = s.imprintView(r.Context(), "plan", p.Filter.Plan); err != nil {
		return err
	}
	p.Back = ledgerAddress(p.Filter)
	return s.renderAround(w, "print", p, p.rows)
}

// ledgerPage makes all of the page but its table.
func (s *Server) ledgerPage(r *http.Request, v *visit) (ledgerPage, error) {
	ctx, q := r.Context(), r.URL.Query()
	p := ledgerPage{
		frame: s.frame(v, "ledger", "巡察整改台账"), Columns: columnsOf(v.Who.Role),
		Dues: dueChoices, Sorts: sortChoices, OwnDuty: v.Who.Role == org.Cadre, MayImport: v.Who.May(org.Import), Moment: v.Now.Format("2006年1月2日 15:04"),
	}
	for _, x := range ledger.States {
		p.States = append(p.States, stateChoice(x))
	}
	all, err := s.planChoices(ctx, v)
	if err != nil {
		return p, err
	}
	p.Plans = all.plans
	if p.Filter, err = askedFilter(q, v.Who, p.Plans); err != nil {
		return p, err
	}
	p.choosePlan()
	if p.Plan != nil {
		p.Choices.Plans = all.options["plan"].chosen(strconv.FormatInt(p.Plan.ID, 10))
		c, err := s.choicesOf(ctx, v, p.Plan.ID)
		if err != nil {
			return p, err
		}
		p.Choices.SectionN, p.Choices.DutyN = len(c.of.Sections), len(c.of.Duties)
		p.Choices.Sections = c.options["section"].chosen(strconv.FormatInt(p.Filter.Section, 10))
		p.Choices.Duties = c.options["duty"].chosen(p.Filter.Duty)
		p.Choices.People = c.options["person"].chosen(p.Filter.Person)
	} else if len(p.Plans) <= mostOffered {
		c, err := s.choicesOfAll(ctx, v, p.Plans)
		if err != nil {
			return p, err
		}
		p.Choices.Duties, p.Choices.People = c.options["duty"].chosen(""), c.options["person"].chosen("")
	}
	counts, err := s.count(ctx, v, p.Filter)
	if err != nil {
		return p, err
	}
	p.Counts = countLinks(p.Filter, counts)
	if p.Total, err = s.total(ctx, v, p.Filter, counts); err != nil {
		return p, err
	}
	p.Filtered = p.Filter != ledger.Filter{Plan: p.Filter.Plan, Sort: p.Filter.Sort}
	p.AllAddress = ledgerAddress(ledger.Filter{})
	p.PrintAddress = "/ledger/print?" + query(p.Filter).Encode()
	p.XlsxAddress = "/ledger.xlsx?" + query(p.Filter).Encode()
	p.PrintUnit = cmp.Or(p.Unit, v.Who.Unit.Name)
	if p.Plan != nil {
		p.PrintUnit = p.Plan.Unit.Name
		p.FeedbackOn = shortDate(p.Plan.Feedback, "")
	}
	p.PrintTitle = p.PrintUnit + "巡察反馈意见问题整改台账"
	return p, nil
}

// choosePlan finds the one plan that the page shows, when it is one: that of the filter, or the only one of its unit.
func (p *ledgerPage) choosePlan() {
	if p.Filter.Plan != 0 {
		p.Filter.Unit = 0 // a plan is of one unit
	}
	for i := range p.Plans {
		x := &p.Plans[i]
		if x.ID == p.Filter.Plan || p.Filter.Plan == 0 && p.Filter.Unit != 0 && x.Unit.ID == p.Filter.Unit {
			p.Plan, p.Unit = x, x.Unit.Name
			p.UnitPlans++
		}
	}
	if p.UnitPlans > 1 {
		p.Plan = nil
	}
}

// askedFilter is the filter that an address asks for; where it names neither plan nor unit, the one that somebody lands on. A leader
// lands on what is in the own charge, whatever the plan. A plan that is not among those one may see is [errNoPlan].
func askedFilter(q url.Values, who org.Person, plans []planChoice) (ledger.Filter, error) {
	f := readFilter(q)
	if f.Plan != 0 && !slices.ContainsFunc(plans, func(p planChoice) bool { return p.ID == f.Plan }) {
		return f, errNoPlan
	}
	switch {
	case q.Has("plan") || q.Has("unit"):
	case len(q) == 0 && who.Role == org.Leader:
		f.Person = who.Name
	default:
		f.Plan, f.Unit = ownPlans(who, plans)
	}
	return f, nil
}

// ownPlans is what somebody lands on: the plan of the own unit, or all plans of that unit where it has several, so that none is
// hidden. Who has a duty sees what is theirs from all plans.
func ownPlans(who org.Person, plans []planChoice) (plan, unit int64) {
	if who.Role == org.Cadre {
		return 0, 0
	}
	for _, p := range plans {
		switch {
		case p.Unit.ID != who.Unit.ID:
		case plan != 0:
			return 0, p.Unit.ID
		default:
			plan = p.ID
		}
	}
	return plan, 0
}

// fillTable renders the rows of findings into the page, parted by aspect where they stand in the order of the plan.
func (s *Server) fillTable(ctx context.Context, v *visit, p *ledgerPage, keys []ledger.Key) error {
	several := p.Plan == nil && len(p.Plans) != 1
	list, err := s.renderRows(ctx, v, keys)
	if err != nil {
		return err
	}
	var total sum
	for i := 0; i < len(list); {
		n := len(list) - i
		if p.Filter.Sort == "" {
			n = sameAspect(list[i:])
			if err := s.aspect(p, list[i], n, several, len(list) == p.Total); err != nil {
				return err
			}
		}
		for _, x := range list[i : i+n] {
			p.rows = append(p.rows, x.HTML)
			total.Manifestations += x.Manifestations
			total.Measures += x.Measures
			total.Gaps += x.Gaps
		}
		i += n
	}
	if len(list) == p.Total && p.Columns.Manifestation {
		p.Sum = &total
	}
	return nil
}

// sameAspect is how many findings from the first on are of one aspect.
func sameAspect(list []rendered) int {
	n := 1
	for n < len(list) && list[n].Section.ID == list[0].Section.ID {
		n++
	}
	return n
}

// aspect writes the row that heads the findings of an aspect. How many those are is said only where all are on the page.
func (s *Server) aspect(p *ledgerPage, first rendered, n int, several, whole bool) error {
	d := aspectRow{Span: len(p.Columns.Heads()), Number: first.Section.Number, Title: first.Section.Title}
	if several {
		d.Unit = first.Unit
	}
	if whole {
		d.N = n
	}
	if d.Unit == "" && d.Title == "" {
		return nil // a paper without aspects
	}
	b, err := s.execute("ledger", "aspect", d)
	if err != nil {
		return err
	}
	defer s.release(b)
	p.rows = append(p.rows, template.HTML(b.String()))
	return nil
}

// aspectRow heads the findings of one aspect.
type aspectRow struct {
	Span                int
	Unit, Number, Title string
	N                   int // 0 when not said
}

// countLinks are the counts of a filter, each leading to what it counts.
func countLinks(f ledger.Filter, c ledger.Counts) []countLink {
	base := f
	base.State, base.Due, base.Gap, base.Vague, base.Back = "", "", false, false, false
	list := []countLink{{Word: "全部", N: c.All, Address: ledgerAddress(base), Current: f == base}}
	add := func(kind, tone, word string, n int, narrow func(*ledger.Filter)) {
		to := base
		narrow(&to)
		list = append(list, countLink{Kind: kind, Tone: tone, Word: word, N: n, Address: ledgerAddress(to), Current: f == to})
	}
	for _, x := range ledger.States {
		add(stateKinds[x.State], "", x.Word, c.State[x.State], func(to *ledger.Filter) { to.State = x.State })
	}
	add("soon", "amber", "临期", c.Soon, func(to *ledger.Filter) { to.Due = "soon" })
	add("late", "red", "超期", c.Late, func(to *ledger.Filter) { to.Due = "late" })
	add("", "", "待定日期", c.NoDate, func(to *ledger.Filter) { to.Due = "none" })
	add("", "", "有表现无措施", c.Gaps, func(to *ledger.Filter) { to.Gap = true })
	add("", "", "责任悬空", c.Vague, func(to *ledger.Filter) { to.Vague = true })
	if c.Back > 0 || f.Back {
		add("back", "red", "反弹", c.Back, func(to *ledger.Filter) { to.Back = true })
	}
	return list
}

// pages part a long list.
type pages struct {
	Number, From, To, Total int
	Prev, Next              string // addresses
	Links                   []pageLink
}

// pageLink leads to a page; a gap stands for those left out.
type pageLink struct {
	N       int
	Address string
	Current bool
	Gap     bool
}

// newPages makes the pages of a list, with the number brought into what there is. Links is empty for a list of one page.
func newPages(total, number int, address func(int) string) *pages {
	last := max(1, (total+ledger.PageSize-1)/ledger.PageSize)
	number = min(number, last)
	p := &pages{Number: number, Total: total, From: (number-1)*ledger.PageSize + 1, To: min(number*ledger.PageSize, total)}
	if number > 1 {
		p.Prev = address(number - 1)
	}
	if number < last {
		p.Next = address(number + 1)
	}
	for n := 1; n <= last && last > 1; n++ {
		if n > 1 && n < last && (n < number-2 || n > number+2) {
			if !p.Links[len(p.Links)-1].Gap {
				p.Links = append(p.Links, pageLink{Gap: true})
			}
			continue
		}
		p.Links = append(p.Links, pageLink{N: n, Address: address(n), Current: n == number})
	}
	return p
}

// pageAddress is the address of a page of a list.
func pageAddress(path string, q url.Values, n int) string {
	if n > 1 {
		q.Set("page", fmt.Sprint(n))
	}
	return path + "?" + q.Encode()
}

// countKey is everything that counts and totals depend on.
type countKey struct {
	head   int64
	scope  string
	filter ledger.Filter
	today  string
}

// count counts the findings of a filter, once as long as nothing changes.
func (s *Server) count(ctx context.Context, v *visit, f ledger.Filter) (ledger.Counts, error) {
	f.State, f.Due, f.Gap, f.Vague, f.Back, f.Sort = "", "", false, false, false, ""
	key := countKey{v.Head, v.Scope, f, v.Today}
	return s.counts.do(ctx, key, func() (ledger.Counts, error) {
		return ledger.Count(ctx, s.db, v.Who, f, v.Days)
	})
}

// total is how many findings a filter shows, of which c are the counts.
func (s *Server) total(ctx context.Context, v *visit, f ledger.Filter, c ledger.Counts) (int, error) {
	if n, known := f.Matches(c); known {
		return n, nil
	}
	f.Sort = ""
	return s.totals.do(ctx, countKey{v.Head, v.Scope, f, v.Today}, func() (int, error) {
		return ledger.Total(ctx, s.db, v.Who, f, v.Days)
	})
}

// listKey is everything that a page of a list depends on.
type listKey struct {
	countKey
	page int
}

// list gives the findings of one page of a filter.
func (s *Server) list(ctx context.Context, v *visit, f ledger.Filter, page int) ([]ledger.Key, error) {
	return s.lists.do(ctx, listKey{countKey{v.Head, v.Scope, f, v.Today}, page}, func() ([]ledger.Key, error) {
		return ledger.List(ctx, s.db, v.Who, f, v.Days, page)
	})
}

// choiceKey is everything that the choices of a filter depend on: plan 0 stands for the list of plans.
type choiceKey struct {
	head, plan int64
	scope      string
	today      string // dates are written as of today
}

// choices are the plans somebody may choose from, or what one plan offers.
type choices struct {
	plans   []planChoice
	of      ledger.Choices
	options map[string]options // by the name of the field
}

// size is about how many bytes the choices take in memory.
func (c choices) size() int {
	n := 200 + 400*len(c.plans)
	for _, o := range c.options {
		n += 2 * len(o) // the names themselves, and as entries
	}
	return n
}

// options are the entries of a list to choose from, rendered once.
type options string

// newOptions renders entries of value and word.
func newOptions(n int, entry func(int) (value, word string)) options {
	var b strings.Builder
	for i := range n {
		value, word := entry(i)
		fmt.Fprintf(&b, `<option value="%s">%s</option>`, template.HTMLEscapeString(value), template.HTMLEscapeString(word))
	}
	return options(b.String())
}

// chosen are the entries with the one of that value chosen.
func (o options) chosen(value string) template.HTML {
	if value == "" {
		return template.HTML(o)
	}
	entry := `<option value="` + template.HTMLEscapeString(value) + `"`
	return template.HTML(strings.Replace(string(o), entry, entry+" selected", 1))
}

// offered are the entries of the lists of a filter, with those of the filter chosen.
type offered struct {
	Plans, Sections, Duties, People template.HTML
	SectionN, DutyN                 int
}

// planChoices are the plans that somebody may see, and how a list offers them. The list is shared: it is not to be changed.
func (s *Server) planChoices(ctx context.Context, v *visit) (choices, error) {
	return s.choices.do(ctx, choiceKey{v.Head, 0, v.Scope, v.Today}, func() (choices, error) {
		infos, err := ledger.Plans(ctx, s.db, v.Who)
		list := make([]planChoice, len(infos))
		seen := map[int64]int{}
		for i, p := range infos {
			list[i] = planChoice{PlanInfo: p, FeedbackDay: shortDate(p.Feedback, v.Today)}
			seen[p.Unit.ID]++
		}
		for i := range list {
			list[i].Ambiguous = seen[list[i].Unit.ID] > 1
		}
		plans := newOptions(len(list), func(i int) (value, word string) {
			word = list[i].Unit.Name
			if list[i].Ambiguous {
				word += "·" + list[i].Title
			}
			return strconv.FormatInt(list[i].ID, 10), word
		})
		return choices{plans: list, options: map[string]options{"plan": plans}}, err
	})
}

// plans are the plans that somebody may see, shared as those of [Server.planChoices].
func (s *Server) plans(ctx context.Context, v *visit) ([]planChoice, error) {
	c, err := s.planChoices(ctx, v)
	return c.plans, err
}

// mostOffered is of how many plans together the names are offered: those of a whole district would make a page of their own.
const mostOffered = 40

// choicesOfAll are the names that the filter of several plans offers, which are those of [Server.planChoices].
func (s *Server) choicesOfAll(ctx context.Context, v *visit, plans []planChoice) (choices, error) {
	return s.choices.do(ctx, choiceKey{v.Head, -1, v.Scope, ""}, func() (choices, error) {
		var all ledger.Choices
		for _, p := range plans {
			c, err := s.choicesOf(ctx, v, p.ID)
			if err != nil {
				return choices{}, err
			}
			all.Duties, all.People = append(all.Duties, c.of.Duties...), append(all.People, c.of.People...)
		}
		offer := func(names []string) options {
			slices.Sort(names)
			names = slices.Compact(names)
			return newOptions(len(names), func(i int) (value, word string) { return names[i], names[i] })
		}
		return choices{options: map[string]options{"duty": offer(all.Duties), "person": offer(all.People)}}, nil
	})
}

// choicesOf are the names that the filter of a plan offers. The plan must be one of [Server.planChoices].
func (s *Server) choicesOf(ctx context.Context, v *visit, plan int64) (choices, error) {
	return s.choices.do(ctx, choiceKey{v.Head, plan, "", ""}, func() (choices, error) {
		of, err := ledger.ChoicesOf(ctx, s.db, plan)
		name := func(list []string) func(int) (string, string) {
			return func(i int) (string, string) { return list[i], list[i] }
		}
		return choices{of: of, options: map[string]options{
			"section": newOptions(len(of.Sections), func(i int) (value, word string) {
				return strconv.FormatInt(of.Sections[i].ID, 10), of.Sections[i].Number + of.Sections[i].Title
			}),
			"duty":   newOptions(len(of.Duties), name(of.Duties)),
			"person": newOptions(len(of.People), name(of.People)),
		}}, err
	})
}

// takePlace waits for one of the few places for heavy requests; the function it returns gives it back. Who has waited too long
// is sent away with [errBusy].
func (s *Server) takePlace(ctx context.Context) (func(), error) {
	ctx, cancel := context.WithTimeout(ctx, heavyPatience)
	defer cancel()
	select {
	case s.heavy <- struct{}{}:
		return func() { <-s.heavy }, nil
	case <-ctx.Done():
		return nil, errBusy
	}
}
