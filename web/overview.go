package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/ledger"
	"bihuan/org"
)

// overviewPage shows how far every unit is: five honest states, never one percentage.
type overviewPage struct {
	frame
	overviewKept
	Moment    string
	Unit      int64 // the one town that is shown; 0 for all
	MaySample bool  // or make visits
	MayLetter bool
}

// overviewKey is everything that the tables of the overview depend on.
type overviewKey struct {
	head, town    int64
	scope, today  string
	round, byName string
}

// overviewKept is what is kept of an overview as long as nothing changes.
type overviewKept struct {
	Table  template.HTML
	Name   string // whose overview it is
	Say    string // how many towns, findings, villages
	Drafts int    // letters to be sent
}

// overviewData is what the cards and tables are made of.
type overviewData struct {
	Name     string
	Say      string
	States   []stateChoice
	Total    tally
	Counts   ledger.UnitCounts // of Total
	Bar      []barPart
	Cards    []townCard
	Single   bool    // one town: its card stands beside the table of its units
	Upper    []tally // towns and offices with plans of their own
	UpperSum tally
	Lower    []tally // villages, or what the villages of each town come to
	LowerSum tally
	Leads    []tally // of a single town: its findings by the responsible unit that stands first
	ByTown   bool    // Lower has a row for each town
	Town     string  // name of the one town whose villages are shown
	Villages int
	Rounds   []string
	Round    string // that is shown; empty for all
	Order    string // "" the most pressing first, unit in the order of the tree
	Unit     int64
}

// tally is a row: a name and how many findings are in each state. The cells add up to All.
type tally struct {
	Name    string
	Address string // of the name; may be empty
	Cells   []cell // in the order of ledger.States
	All     cell
	Late    cell
	Rate    ledger.Rate
	Units   int // how many units it sums up
}

// cell is a number that leads to what it counts, when it can.
type cell struct {
	Word    string // what is counted
	N       int
	Address string
}

// barPart is a part of the bar that shows the sum; places are percent of its width.
type barPart struct {
	Class, Word, X, W, Middle string
	N                         int
	Dark, Wide                bool
}

// townCard is one of the small multiples: a town with a square for each finding of its own plans.
type townCard struct {
	Name, Address string
	N             int
	Waffle        waffle
	Cells         []cell
	Pace          pace
	Worst         light  // the one thing to be said of it
	Low           string // what its villages come to; empty for none
	LowLate       int
	LowAddress    string
	Rate          ledger.Rate

	tier, weight int // how pressing: a low tier first, then a high weight
}

// waffle draws one square for each finding.
type waffle struct {
	Box     string
	Say     string
	Squares []square
}

type square struct {
	Mark string // w-done
	X, Y int
}

// pace draws how many are closed, day by day, beside how many were to be closed by the plan; points of a picture of 100 by 44.
type pace struct{ Plan, Real, Say string }

// overviewShow answers GET /overview.
func (s *Server) overviewShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	if !v.Who.May(org.Overview) {
		return org.Denied{Who: v.Who, Action: org.Overview}
	}
	q := r.URL.Query()
	town, _ := strconv.ParseInt(q.Get("unit"), 10, 64)
	key := overviewKey{v.Head, town, v.Scope, v.Today, q.Get("round"), q.Get("order")}
	kept, err := s.overview.do(r.Context(), key, func() (overviewKept, error) { return s.makeOverview(r.Context(), v, key) })
	if err != nil {
		return err
	}
	p := overviewPage{overviewKept: kept, Unit: town, Moment: clock(v.Now, v.Today), MaySample: v.Who.May(org.Sample) || v.Who.May(org.Visit), MayLetter: v.Who.May(org.Send)}
	p.frame = s.frame(v, "overview", kept.Name+"巡察整改总览")
	p.Body = "wall"
	return s.render(w, http.StatusOK, "overview", p)
}

func (s *Server) makeOverview(ctx context.Context, v *visit, key overviewKey) (overviewKept, error) {
	var kept overviewKept
	plans, err := ledger.Plans(ctx, s.db, v.Who)
	if err != nil {
		return kept, err
	}
	o := overview{town: key.town, round: key.round, order: key.byName, today: v.Today, planOf: map[int64]int64{}}
	slices.SortStableFunc(plans, func(a, b ledger.PlanInfo) int { return cmp.Compare(b.Feedback, a.Feedback) }) // the newest round first
	for _, p := range plans {
		if !slices.Contains(o.rounds, p.Round) {
			o.rounds = append(o.rounds, p.Round)
		}
		if p.Round == o.round {
			o.planOf[p.Unit.ID] = p.ID
		}
		if p.Round == o.round || o.round == "" {
			o.feedback = append(o.feedback, unitDay{p.Unit.ID, p.Feedback})
		}
	}
	if o.list, err = ledger.CountUnits(ctx, s.db, v.Who, v.Days, o.round); err != nil {
		return kept, err
	}
	if o.units, err = org.Seen(ctx, s.db, v.Who); err != nil {
		return kept, err
	}
	d := o.data(v.Who.Unit.Name)
	if d.Single && len(d.Upper) > 0 {
		leads, err := ledger.CountLeads(ctx, s.db, v.Who, v.Days, o.only, o.round)
		if err != nil {
			return kept, err
		}
		for _, c := range leads {
			row := newTally(cmp.Or(c.Unit.Name, "没有写明，或组织里没有的单位"))
			row.add(c, 1)
			d.Leads = append(d.Leads, row)
		}
	}
	drafts, err := ledger.Letters(ctx, s.db, v.Who, "draft", 500)
	if err != nil {
		return kept, err
	}
	for _, l := range drafts {
		if l.Unit.ID == v.Who.Unit.ID {
			kept.Drafts++
		}
	}
	kept.Name, kept.Say = d.Name, d.Say
	b, err := s.execute("overview", "tables", d)
	if err != nil {
		return kept, err
	}
	defer s.release(b)
	kept.Table = template.HTML(b.String())
	return kept, nil
}

// unitDay is a day that belongs to a unit.
type unitDay struct {
	unit int64
	day  string
}

// overview is what the cards and tables are arranged from.
type overview struct {
	list     []ledger.UnitCounts
	units    []org.Unit
	rounds   []string
	planOf   map[int64]int64 // of the round that is asked for, by unit
	feedback []unitDay       // of the plans that are shown
	town     int64           // the one that is asked for; 0 for all
	round    string
	order    string
	today    string

	only int64 // the one town there is to show
}

// group is a town with what it and its villages come to, kept apart.
type group struct {
	unit     org.Unit
	upper    ledger.UnitCounts
	lower    ledger.UnitCounts
	villages int
	started  string // first feedback
	plans    int    // at the level of the town
}

// groups puts every unit to the town that it lies in. What lies in none is a group of its own.
func (o *overview) groups() []*group {
	by := map[int64]org.Unit{}
	for _, u := range o.units {
		by[u.ID] = u
	}
	home := func(u org.Unit) org.Unit {
		for x, ok := u, true; ok; x, ok = by[x.Parent] {
			if x.Kind == org.Town {
				return x
			}
		}
		if up, ok := by[u.Parent]; ok && u.Kind == org.Village {
			return up
		}
		return u
	}
	var list []*group
	at := map[int64]*group{}
	find := func(u org.Unit) *group {
		g := at[u.ID]
		if g == nil {
			g = &group{unit: u}
			at[u.ID] = g
			list = append(list, g)
		}
		return g
	}
	for _, u := range o.units {
		if u.Kind == org.Town {
			find(u)
		}
	}
	for _, c := range o.list {
		g := find(home(c.Unit))
		if c.Unit.Kind == org.Village {
			g.lower.Add(c)
			g.villages++
		} else {
			g.upper.Add(c)
		}
	}
	for _, f := range o.feedback {
		if u, ok := by[f.unit]; ok && u.Kind != org.Village {
			g := find(home(u))
			g.plans++
			if g.started == "" || f.day > "" && f.day < g.started {
				g.started = f.day
			}
		}
	}
	if o.town != 0 && at[o.town] != nil {
		list = []*group{at[o.town]}
	}
	if len(list) == 1 {
		o.only = list[0].unit.ID
	}
	slices.SortStableFunc(list, func(a, b *group) int { return cmp.Compare(a.unit.Path, b.unit.Path) })
	return list
}

// filter is what the ledger is asked for to show what is counted of a unit, if it can be asked.
func (o *overview) filter(unit int64) (ledger.Filter, bool) {
	if o.round == "" {
		return ledger.Filter{Unit: unit}, true
	}
	plan, ok := o.planOf[unit]
	return ledger.Filter{Plan: plan}, ok
}

// data arranges the counts: towns and offices apart from villages. The villages of several towns come to one row for each town.
func (o *overview) data(name string) overviewData {
	groups := o.groups()
	d := overviewData{Name: name, Single: o.only != 0, ByTown: o.only == 0, Rounds: o.rounds, Round: o.round, Order: o.order, Unit: o.town}
	for _, x := range ledger.States {
		d.States = append(d.States, stateChoice(x))
	}
	d.Total, d.UpperSum, d.LowerSum = newTally("合计"), newTally("小计"), newTally("小计")
	if d.Single {
		d.Name = groups[0].unit.Name
	}
	shown := map[int64]bool{}
	towns := 0
	if with := slices.DeleteFunc(slices.Clone(groups), func(g *group) bool { return g.villages == 0 }); len(with) == 1 {
		d.ByTown, d.Town = false, with[0].unit.Name
	}
	for _, g := range groups {
		if g.unit.Kind == org.Town {
			towns++
		}
		shown[g.unit.ID] = true
		d.Counts.Add(g.upper)
		d.Counts.Add(g.lower)
		d.UpperSum.add(g.upper, 1)
		d.LowerSum.add(g.lower, g.villages)
		d.Villages += g.villages
		d.Cards = append(d.Cards, o.card(g, d.Single))
		if d.ByTown && g.villages > 0 {
			sum := newTally(g.unit.Name)
			sum.add(g.lower, g.villages)
			sum.Address = o.townAddress(g.unit.ID)
			d.Lower = append(d.Lower, sum)
		}
	}
	for _, c := range o.list {
		if !o.shows(c.Unit, shown) {
			continue
		}
		row := newTally(c.Unit.Name)
		row.add(c, 1)
		if f, ok := o.filter(c.Unit.ID); ok {
			row.address(f)
			row.Address = row.All.Address
		}
		switch {
		case c.Unit.Kind != org.Village:
			d.Upper = append(d.Upper, row)
		case !d.ByTown:
			d.Lower = append(d.Lower, row)
		}
	}
	d.Total.add(d.Counts, 1)
	if o.round == "" && o.town == 0 {
		d.Total.link()
	}
	d.Bar = bar(d.Total)
	if o.order != "unit" {
		slices.SortStableFunc(d.Cards, func(a, b townCard) int { return cmp.Or(cmp.Compare(a.tier, b.tier), cmp.Compare(b.weight, a.weight)) })
	}
	d.Say = cmp.Or(o.round, "全部轮次")
	if !d.Single {
		d.Say += fmt.Sprintf("，%d 个镇（乡、街道）", towns)
	}
	d.Say += fmt.Sprintf("，%d 个问题", d.UpperSum.All.N)
	if d.Villages > 0 {
		d.Say += fmt.Sprintf("；另有 %d 个村 %d 个问题", d.Villages, d.LowerSum.All.N)
	}
	return d
}

// shows tells whether a unit belongs to one of the groups that are shown.
func (o *overview) shows(u org.Unit, shown map[int64]bool) bool {
	if o.town == 0 {
		return true
	}
	return slices.ContainsFunc(u.Ancestors(), func(id int64) bool { return shown[id] })
}

// townAddress is the address of the overview of one town.
func (o *overview) townAddress(id int64) string {
	address := fmt.Sprintf("/overview?unit=%d", id)
	if o.round != "" {
		address += "&round=" + template.URLQueryEscaper(o.round)
	}
	return address
}

// card draws a town.
func (o *overview) card(g *group, single bool) townCard {
	c := townCard{Name: g.unit.Name, N: g.upper.All, Rate: g.upper.Rate()}
	if !single && g.upper.All+g.lower.All > 0 {
		c.Address = o.townAddress(g.unit.ID)
	}
	t := newTally("")
	t.add(g.upper, 1)
	c.Cells = t.Cells
	c.Waffle = newWaffle(g.upper)
	c.Pace = newPace(g.upper, g.started, o.today)
	c.Worst, c.tier, c.weight = worst(g.upper, g.plans, o.today)
	if g.villages > 0 {
		c.Low = fmt.Sprintf("村级 %d 个村 %d 个问题，完成 %d", g.villages, g.lower.All, g.lower.State[ledger.Done])
		c.LowLate = g.lower.Late
		if c.LowLate > 0 && c.tier > 1 {
			c.tier, c.weight = 1, c.LowLate
		}
		if !single {
			c.LowAddress = o.townAddress(g.unit.ID)
		}
	}
	return c
}

// Empty tells that a town has nothing to count of its own.
func (c townCard) Empty() bool { return c.N == 0 }

// newWaffle draws the findings in the order of ledger.States, thirteen squares in a row, or smaller ones where there are many.
func newWaffle(c ledger.UnitCounts) waffle {
	const side, least = 22, 13 // of a square with its gap; squares in a row
	wide := least
	for rows := func() int { return (c.All + wide - 1) / wide }; rows()*286 > 54*wide; wide++ { // the picture is 286 by 54 at most
	}
	w := waffle{}
	var said []string
	for i, x := range ledger.States {
		for range c.State[x.State] {
			n := len(w.Squares)
			w.Squares = append(w.Squares, square{barClasses[i], side * (n % wide), side * (n / wide)})
		}
		said = append(said, fmt.Sprintf("%s%d", x.Word, c.State[x.State]))
	}
	w.Say = strings.Join(said, "，")
	w.Box = fmt.Sprintf("0 0 %d %d", side*wide, side*max((c.All+wide-1)/wide, 1))
	return w
}

// newPace draws the steps of what is closed against those of the plan. Without a deadline there is nothing to draw.
func newPace(c ledger.UnitCounts, from, today string) pace {
	if len(c.Due) == 0 {
		return pace{}
	}
	due, closed := slices.Sorted(maps.Keys(c.Due)), slices.Sorted(maps.Keys(c.Closed))
	first, last := min(cmp.Or(from, due[0]), due[0]), max(due[len(due)-1], today)
	if len(closed) > 0 {
		first = min(first, closed[0])
	}
	start, err := time.Parse(time.DateOnly, first)
	end, err2 := time.Parse(time.DateOnly, last)
	if err != nil || err2 != nil || !end.After(start) {
		return pace{}
	}
	x := func(day string) float64 {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return 0
		}
		return 100 * t.Sub(start).Hours() / end.Sub(start).Hours()
	}
	y := func(n int) float64 { return 38 - 32*float64(n)/float64(c.All) }
	steps := func(days []string, at map[string]int, until string) (string, int) {
		points, n := []string{fmt.Sprintf("0,%.1f", y(0))}, 0
		for _, day := range days {
			if day > until {
				break
			}
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(day), y(n)))
			n += at[day]
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(day), y(n)))
		}
		return strings.Join(append(points, fmt.Sprintf("%.1f,%.1f", x(until), y(n))), " "), n
	}
	p := pace{}
	p.Plan, _ = steps(due, c.Due, last)
	_, wanted := steps(due, c.Due, today)
	var n int
	p.Real, n = steps(closed, c.Closed, today)
	p.Say = fmt.Sprintf("已销号 %d 个，按方案到今天应销号 %d 个", n, wanted)
	return p
}

// What makes closings look like a rush: so many within a week, and at least half of all.
const rush = 8

// worst is the one sentence about a town, with how pressing that is.
func worst(c ledger.UnitCounts, plans int, today string) (l light, tier, weight int) {
	day := func(d string) string { return shortDate(d, today) }
	from, n := busiestWeek(c.Closed)
	relapsed := ""
	if c.Relapsed > 0 {
		relapsed = fmt.Sprintf("，反弹 %d", c.Relapsed)
	}
	wanted := 0
	for d, n := range c.Due {
		if d <= today {
			wanted += n
		}
	}
	closed := 0
	for _, n := range c.Closed {
		closed += n
	}
	progress := fmt.Sprintf("已销号 %d，按方案到今天应销号 %d", closed, wanted)
	switch {
	case c.All == 0 && plans == 0:
		return light{Kind: "none", Word: "方案未报", Why: "整改方案导入后显示"}, 6, 0
	case c.All == 0:
		return light{Kind: "none", Word: "没有在册问题"}, 9, 0
	case c.Late > 0:
		return light{Kind: "late", Word: fmt.Sprintf("超期 %d%s", c.Late, relapsed), Why: "最早的 " + day(c.LateFrom) + " 到期"}, 0, c.Late
	case c.Relapsed > 0:
		return light{Kind: "back", Word: fmt.Sprintf("反弹 %d", c.Relapsed), Why: "销号后又出问题，已重新打开"}, 1, c.Relapsed
	case c.State[ledger.Failed] > 0:
		return light{Kind: "late", Word: fmt.Sprintf("未完成 %d", c.State[ledger.Failed]), Why: progress}, 2, c.State[ledger.Failed]
	case c.Returned > 0:
		return light{Kind: "back", Word: fmt.Sprintf("退回后未再报 %d", c.Returned), Why: progress}, 3, c.Returned
	case n >= rush && 2*n >= c.All:
		return light{Kind: "soon", Word: fmt.Sprintf("一周内集中销号 %d 个", n), Why: day(from) + "起，建议抽查"}, 4, n
	case c.Soon > 0:
		return light{Kind: "soon", Word: fmt.Sprintf("临期 %d", c.Soon), Why: "最近的 " + day(c.SoonFrom) + " 到期"}, 5, c.Soon
	case c.NoDate > 0:
		return light{Kind: "wait", Word: fmt.Sprintf("%d 个问题没有到期日", c.NoDate), Why: "方案没有写明到哪一天"}, 7, c.NoDate
	case c.Gaps > 0:
		return light{Kind: "wait", Word: fmt.Sprintf("%d 个问题的表现没有措施回应", c.Gaps), Why: progress}, 7, 0
	case c.State[ledger.Done]+c.State[ledger.Keep] < c.All:
		return light{Kind: "run", Word: "按序时进度", Why: progress}, 8, 0
	case c.State[ledger.Keep] > 0:
		return light{Kind: "keep", Word: fmt.Sprintf("全部销号，长期坚持 %d 个", c.State[ledger.Keep])}, 9, 0
	}
	return light{Kind: "done", Word: "全部完成", Why: "没有一个转长期坚持"}, 9, 0
}

// busiestWeek is the seven days in which most was closed.
func busiestWeek(closed map[string]int) (from string, most int) {
	days := slices.Sorted(maps.Keys(closed))
	for i, first := range days {
		t, err := time.Parse(time.DateOnly, first)
		if err != nil {
			continue
		}
		end, n := t.AddDate(0, 0, 7).Format(time.DateOnly), 0
		for _, day := range days[i:] {
			if day < end {
				n += closed[day]
			}
		}
		if n > most {
			from, most = first, n
		}
	}
	return from, most
}

func newTally(name string) tally {
	t := tally{Name: name, All: cell{Word: "问题"}, Late: cell{Word: "超期"}}
	for _, x := range ledger.States {
		t.Cells = append(t.Cells, cell{Word: x.Word})
	}
	return t
}

// add takes the counts of a unit into a sum.
func (t *tally) add(c ledger.UnitCounts, units int) {
	for i, x := range ledger.States {
		t.Cells[i].N += c.State[x.State]
	}
	t.All.N += c.All
	t.Late.N += c.Late
	t.Units += units
	r := c.Rate()
	t.Rate.Done += r.Done
	t.Rate.Of += r.Of
}

// link lets the numbers of all that one may see lead into the ledger.
func (t *tally) link() {
	t.address(ledger.Filter{})
}

func (t *tally) address(f ledger.Filter) {
	t.All.Address = ledgerAddress(f)
	for i, x := range ledger.States {
		g := f
		g.State = x.State
		t.Cells[i].Address = ledgerAddress(g)
	}
	f.Due = "late"
	t.Late.Address = ledgerAddress(f)
}

// barClasses draw the five states, in the order of ledger.States.
var barClasses = []string{"w-done", "w-part", "w-run", "w-not", "w-keep"}

// bar draws a sum as one bar whose parts are as wide as their numbers.
func bar(t tally) []barPart {
	var parts []barPart
	if t.All.N == 0 {
		return nil
	}
	from := 0
	for i, c := range t.Cells {
		percent := func(n int) string { return fmt.Sprintf("%.2f%%", 100*float64(n)/float64(t.All.N)) }
		if c.N > 0 {
			parts = append(parts, barPart{
				Class: barClasses[i], Word: ledger.States[i].Word, N: c.N, X: percent(from), W: percent(c.N),
				Middle: fmt.Sprintf("%.2f%%", 100*(float64(from)+float64(c.N)/2)/float64(t.All.N)),
				Dark:   i == 1 || i == 2, Wide: 100*c.N >= 10*t.All.N,
			})
		}
		from += c.N
	}
	return parts
}
