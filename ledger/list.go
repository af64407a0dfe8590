package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"bihuan/chinese"
	"bihuan/org"
	"bihuan/store"
)

// Filter says which findings of the ledger are asked for. The zero Filter asks for all that may be seen.
type Filter struct {
	Plan    int64
	Unit    int64  // whose plan it is
	Section int64  // aspect of a plan
	Duty    string // name of a responsible unit
	Person  string // name of a responsible person or leader
	State   State
	Due     string // today, soon, late, none
	Gap     bool   // with a manifestation that no measure answers
	Vague   bool   // with nobody in particular responsible
	Back    bool   // reopened by a relapse and not closed since (反弹)
	Text    string // words to be found
	Sort    string // "" the order of the plan, due, changed
}

// Days are the dates that lights depend on, made by the caller from its clock and calendar.
type Days struct {
	Today string
	Soon  string // last date that counts as 临期
}

// PageSize is how many findings a page of the ledger shows.
const PageSize = 50

// where builds the condition of a filter on finding f, beginning with its first parameter.
func (f Filter) where(db *store.DB, who org.Person, d Days) (string, []any) {
	var b strings.Builder
	var args []any
	add := func(clause string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			clause = strings.Replace(clause, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		b.WriteString(" and " + clause)
	}
	b.WriteString("f.dropped = 0")
	if f.Plan != 0 {
		add("f.plan = ?", f.Plan)
	}
	if f.Unit != 0 {
		add("f.unit = ?", f.Unit)
	}
	if f.Section != 0 {
		add("f.section = ?", f.Section)
	}
	if f.Duty != "" {
		add("exists (select 1 from finding_unit x where x.finding = f.id and x.name = ?)", f.Duty)
	}
	if f.Person != "" {
		add("(f.leader = ? or exists (select 1 from finding_person x where x.finding = f.id and x.name = ?))", f.Person, f.Person)
	}
	if f.State != "" {
		add("f.state = ?", string(f.State))
	}
	const pressing = "f.state not in ('done', 'keep')"
	switch f.Due {
	case "today":
		add(pressing+" and f.due = ?", d.Today)
	case "soon":
		add(pressing+" and f.due >= ? and f.due <= ?", d.Today, d.Soon)
	case "late":
		add(pressing+" and f.due > '' and f.due < ?", d.Today)
	case "none":
		add("f.due = ''")
	}
	if f.Gap {
		add("f.gaps > 0")
	}
	if f.Vague {
		add("f.vague = 1")
	}
	if f.Back {
		add("f.relapsed = 1")
	}
	if phrases := chinese.Query(f.Text); len(phrases) > 0 {
		units := who.Units()
		inIndex := len(units) == 1 || seesAll(units) // the index keeps the scope of one unit
		if len(units) == 1 && !seesAll(units) {
			phrases = append(phrases, chinese.Phrase{Terms: []string{scopeTerm(units[0].ID)}})
		}
		args = append(args, db.MatchArg(phrases))
		fmt.Fprintf(&b, " and f.id in (%s)", db.Matching(fmt.Sprintf("$%d", len(args))))
		if inIndex {
			return b.String(), args
		}
	}
	scope, args := visible(who, args...)
	return b.String() + scope, args
}

var orders = map[string]string{"": "f.plan, f.ord", "due": "f.due, f.id", "changed": "f.changed desc, f.id desc"}

// Key names one finding as it is now: the same Key means the same content, what has been proved and applied for included.
type Key struct{ ID, Version, Proofs, Steps int64 }

const keyColumns = `f.id, f.version, (select count(*) from evidence e where e.finding = f.id and e.replaced = 0 and e.withdrawn = ''),
	(select coalesce(sum(c.version), 0) from closing c where c.finding = f.id)`

// List gives the findings of one page, pages counted from 1, in the asked order.
func List(ctx context.Context, db *store.DB, who org.Person, f Filter, d Days, page int) ([]Key, error) {
	return listKeys(ctx, db, who, f, d, fmt.Sprintf(` limit %d offset %d`, PageSize, PageSize*(max(page, 1)-1)))
}

// ListAll gives every finding of the filter, for printing and export.
func ListAll(ctx context.Context, db *store.DB, who org.Person, f Filter, d Days) ([]Key, error) {
	return listKeys(ctx, db, who, f, d, "")
}

func listKeys(ctx context.Context, db *store.DB, who org.Person, f Filter, d Days, limit string) ([]Key, error) {
	where, args := f.where(db, who, d)
	return store.All(ctx, db, func(rows *sql.Rows, k *Key) error { return rows.Scan(&k.ID, &k.Version, &k.Proofs, &k.Steps) },
		`select `+keyColumns+` from finding f where `+where+` order by `+orders[f.Sort]+limit, args...)
}

// Counts are how many findings there are of each sort. The five states add up to All.
type Counts struct {
	All                 int
	State               map[State]int
	Today, Soon, Late   int // of those not settled
	NoDate, Gaps, Vague int // no date; a manifestation without measure; nobody in particular responsible
	Back                int // reopened by a relapse: counted in 正在整改
}

// Count counts the findings of a filter, leaving its State and Due aside.
func Count(ctx context.Context, db *store.DB, who org.Person, f Filter, d Days) (Counts, error) {
	f.State, f.Due, f.Gap, f.Vague, f.Back = "", "", false, false, false
	where, args := f.where(db, who, d)
	n := len(args)
	args = append(args, d.Today, d.Soon)
	today, soon := fmt.Sprintf("$%d", n+1), fmt.Sprintf("$%d", n+2)
	type group struct {
		state                  State
		all, today, soon, late int
		noDate, gaps, vague    int
		back                   int
	}
	groups, err := store.All(ctx, db, func(rows *sql.Rows, g *group) error {
		return rows.Scan(&g.state, &g.all, &g.today, &g.soon, &g.late, &g.noDate, &g.gaps, &g.vague, &g.back)
	}, `select f.state, count(*),
			count(*) filter (where f.due = `+today+`),
			count(*) filter (where f.due >= `+today+` and f.due <= `+soon+`),
			count(*) filter (where f.due > '' and f.due < `+today+`),
			count(*) filter (where f.due = ''),
			count(*) filter (where f.gaps > 0),
			count(*) filter (where f.vague = 1),
			count(*) filter (where f.relapsed = 1)
		from finding f where `+where+` group by f.state`, args...)
	c := Counts{State: map[State]int{}}
	for _, g := range groups {
		c.All += g.all
		c.State[g.state] = g.all
		c.NoDate += g.noDate
		c.Gaps += g.gaps
		c.Vague += g.vague
		c.Back += g.back
		if !g.state.Settled() {
			c.Today += g.today
			c.Soon += g.soon
			c.Late += g.late
		}
	}
	return c, err
}

// Matches is how many findings of c the filter shows, which its State and Due narrow.
func (f Filter) Matches(c Counts) (n int, known bool) {
	if f.Gap || f.Vague || f.Back {
		return 0, false
	}
	switch {
	case f.State == "" && f.Due == "":
		return c.All, true
	case f.Due == "":
		return c.State[f.State], true
	case f.State != "":
		return 0, false
	}
	switch f.Due {
	case "today":
		return c.Today, true
	case "soon":
		return c.Soon, true
	case "late":
		return c.Late, true
	}
	return c.NoDate, true
}

// Total counts the findings of a filter with nothing left aside.
func Total(ctx context.Context, db *store.DB, who org.Person, f Filter, d Days) (int, error) {
	where, args := f.where(db, who, d)
	return store.One(ctx, db, store.Value[int], `select count(*) from finding f where `+where, args...)
}

// PlanInfo is a plan in force with its round.
type PlanInfo struct {
	ID       int64
	Title    string
	Current  int // newest version
	Unit     org.Unit
	Round    string
	Team     string
	Starts   string
	Ends     string
	Feedback string
	Version  int64
}

// Plans lists the plans that who may see, in the order of the tree.
func Plans(ctx context.Context, q store.Querier, who org.Person) ([]PlanInfo, error) {
	where, args := who.Under("u.path")
	return store.All(ctx, q, scanPlan, planQuery+` where `+where+` order by u.path, p.id`, args...)
}

const planQuery = `select p.id, p.title, p.current, r.name, r.team, r.starts, r.ends, r.feedback, p.version,
	u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version
	from plan p join round r on r.id = p.round join unit u on u.id = p.unit`

func scanPlan(rows *sql.Rows, p *PlanInfo) error {
	u := &p.Unit
	return rows.Scan(&p.ID, &p.Title, &p.Current, &p.Round, &p.Team, &p.Starts, &p.Ends, &p.Feedback, &p.Version,
		&u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
}

// PlanByID reads one plan that who sees, or [store.ErrNotFound].
func PlanByID(ctx context.Context, q store.Querier, who org.Person, id int64) (PlanInfo, error) {
	where, args := who.Under("u.path", id)
	return store.One(ctx, q, scanPlan, planQuery+` where p.id = $1 and `+where, args...)
}

// Sections lists the aspects of a plan.
func Sections(ctx context.Context, q store.Querier, planID int64) ([]Section, error) {
	return store.All(ctx, q, func(rows *sql.Rows, s *Section) error { return rows.Scan(&s.ID, &s.Ord, &s.Number, &s.Title) },
		`select id, ord, number, title from section where plan = $1 order by ord`, planID)
}

// Choices are the names a filter of one plan offers.
type Choices struct {
	Sections []Section
	Duties   []string // responsible units
	People   []string // leaders and responsible persons
}

// ChoicesOf collects what a plan's filter offers.
func ChoicesOf(ctx context.Context, q store.Querier, planID int64) (Choices, error) {
	var c Choices
	var err error
	if c.Sections, err = Sections(ctx, q, planID); err != nil {
		return c, err
	}
	c.Duties, err = store.All(ctx, q, store.Value[string], `select distinct x.name from finding_unit x join finding f on f.id = x.finding
		where f.plan = $1 and f.dropped = 0 order by x.name`, planID)
	if err != nil {
		return c, err
	}
	c.People, err = store.All(ctx, q, store.Value[string], `select x.name from finding_person x join finding f on f.id = x.finding
		where f.plan = $1 and f.dropped = 0 union select leader from finding where plan = $1 and dropped = 0 and leader > '' order by 1`, planID)
	return c, err
}
