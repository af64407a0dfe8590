package lead

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// HitState is how far a hit is (C4 HIT).
type HitState string

// The states of a hit.
const (
	HitNew        HitState = "new"        // 待交核实
	HitAssigned   HitState = "assigned"   // 核实中
	HitChecked    HitState = "checked"    // 已核实，待复核
	HitConfirmed  HitState = "confirmed"  // 已复核，后续办理
	HitClosed     HitState = "closed"     // 办结
	HitEscalated  HitState = "escalated"  // 上报：期限延长一次后仍联系不上
	HitSuppressed HitState = "suppressed" // 抑制：同一疑点已查明，名单没有变
	HitSame       HitState = "same"       // 与在办的为同一疑点
	HitDiscarded  HitState = "discarded"  // 作废：整次筛查错了
)

// HitStates are all states with their words, in the order of the way.
var HitStates = []struct {
	State HitState
	Word  string
}{{HitNew, "待交核实"}, {HitAssigned, "核实中"}, {HitChecked, "待复核"}, {HitConfirmed, "后续办理"}, {HitClosed, "办结"}, {HitEscalated, "上报"},
	{HitSuppressed, "已抑制"}, {HitSame, "同一疑点在办"}, {HitDiscarded, "作废"}}

// Word is what people call the state.
func (s HitState) Word() string {
	for _, x := range HitStates {
		if x.State == s {
			return x.Word
		}
	}
	return string(s)
}

// Hit is one finding of a screening about one person or pair (疑点). It is a lead for a person and decides nothing.
type Hit struct {
	ID          int64
	Screening   int64
	Serial      int64 // of the screening within its town
	AsOf        string
	Programme   int64
	Unit        int64 // town
	Rule        string
	RuleVersion int64
	Key         string // the same for the same finding in every screening
	Certainty   screening.State
	Number      string // whole; show it with [vault.MaskNumber]
	Index       string // keyed index of the number
	Name        string
	Birth       string
	Household   string
	Place       string // village as the list writes it
	Village     int64  // its unit, 0 when unknown
	Why         string // as it was found; [Hits] and [HitByID] mask in it who lives where the reader may not look
	Amount      int64  // fen; paid too much is positive, too little negative
	Sources     []HitSource
	State       HitState
	First       int64 // the earlier hit of the same finding that is under way; 0: this is it
	Duty        int64 // of the house; 0 until handed out
	Due         string
	Extended    bool // the term was prolonged once
	Application int64
	Closed      string // day
	ClosedWhy   string
	Version     int64

	others []other
}

// HitSource is a row of a list that a hit rests on.
type HitSource struct {
	Kind    screening.Kind `json:"kind"`
	Dataset int64          `json:"dataset"`
	File    string         `json:"file"`
	Sheet   string         `json:"sheet"`
	Row     int            `json:"row"`
}

// String says where the row stands: 户籍《户籍人口.xlsx》“东槐村”表第812行.
func (s HitSource) String() string { return s.list() + fmt.Sprintf("第%d行", s.Row) }

// list is the sheet in which the row stands, by its name.
func (s HitSource) list() string {
	text := s.Kind.Word() + "《" + s.File + "》"
	if s.Sheet != "" {
		text += "“" + s.Sheet + "”表"
	}
	return text
}

// SourceLines says where rows stand, with a line for each sheet: 户籍《户籍人口.xlsx》“东槐村”表第812、1027行.
func SourceLines(rows []HitSource) []string {
	var sheets []HitSource
	at := map[HitSource][]string{} // the rows of a sheet
	for _, s := range rows {
		row := strconv.Itoa(s.Row)
		if s.Row = 0; at[s] == nil {
			sheets = append(sheets, s)
		}
		at[s] = append(at[s], row)
	}
	var lines []string
	for _, s := range sheets {
		lines = append(lines, s.list()+"第"+strings.Join(at[s], "、")+"行")
	}
	return lines
}

// mostBrief is how many kinds of lists [SourcesBrief] names.
const mostBrief = 3

// SourcesBrief says in a few words which lists rows stand in: 高龄津贴发放册3行、死亡名单第7行, or 5份名单9行 where they are of many kinds.
func SourcesBrief(rows []HitSource) string {
	var kinds []screening.Kind
	at := map[screening.Kind][]int{}
	lists := map[HitSource]bool{}
	for _, s := range rows {
		if at[s.Kind] == nil {
			kinds = append(kinds, s.Kind)
		}
		at[s.Kind] = append(at[s.Kind], s.Row)
		lists[HitSource{Kind: s.Kind, Dataset: s.Dataset, File: s.File}] = true
	}
	if len(kinds) > mostBrief {
		return fmt.Sprintf("%d份名单%d行", len(lists), len(rows))
	}
	var words []string
	for _, k := range kinds {
		if n := len(at[k]); n > 1 {
			words = append(words, fmt.Sprintf("%s%d行", k.Word(), n))
		} else {
			words = append(words, fmt.Sprintf("%s第%d行", k.Word(), at[k][0]))
		}
	}
	return strings.Join(words, "、")
}

// RuleOf is a rule of the catalogue of screening; of an unknown id only the id is known.
func RuleOf(id string) screening.Rule {
	for _, r := range screening.Rules {
		if r.ID == id {
			return r
		}
	}
	return screening.Rule{ID: id, Name: id}
}

const hitColumns = `h.id, h.screening, s.serial, s.as_of, s.programme, h.unit, h.rule, h.rule_version, h.hit_key, h.certainty, h.number, h.number_index, h.name, h.birth,
	h.household, h.place, h.village, h.why, h.amount, h.sources, h.state, h.first_hit, h.duty, h.due, h.extended, h.application, h.closed, h.closed_why, h.version`

const hitFrom = ` from hit h join screening s on s.id = h.screening`

// scanHit reads a hit and unseals it.
func scanHit(v *vault.Vault) func(*sql.Rows, *Hit) error {
	return func(rows *sql.Rows, h *Hit) error {
		var number, why, sources string
		var extended int64
		err := rows.Scan(&h.ID, &h.Screening, &h.Serial, &h.AsOf, &h.Programme, &h.Unit, &h.Rule, &h.RuleVersion, &h.Key, &h.Certainty, &number, &h.Index, &h.Name, &h.Birth,
			&h.Household, &h.Place, &h.Village, &why, &h.Amount, &sources, &h.State, &h.First, &h.Duty, &h.Due, &extended, &h.Application, &h.Closed, &h.ClosedWhy, &h.Version)
		if err != nil {
			return err
		}
		h.Extended = extended == 1
		if h.Number, err = v.Unseal("hit.number", number); err != nil {
			return err
		}
		if h.Why, err = v.Unseal("hit.why", why); err != nil {
			return err
		}
		if sources == "" {
			return nil
		}
		return json.Unmarshal([]byte(sources), &h.Sources)
	}
}

// reach lists the ids of the units in whose subtrees somebody may do something. A row about a resident is within reach when its town
// or its village is one of them: whoever is of a village sees that village alone.
func reach(ctx context.Context, house store.Querier, who org.Person, a org.Action) ([]int64, error) {
	where, args := who.MayUnder(a, "path")
	return store.All(ctx, house, store.Value[int64], `select id from unit where `+where+` order by path`, args...)
}

// HitFilter says which hits are asked for. Empty fields ask nothing.
type HitFilter struct {
	Screening int64
	Programme int64
	Rule      string
	Village   int64 // -1: those of no known village
	Duty      int64
	Person    int64      // of package benefit: hits on the number of that person
	States    []HitState // none: all but those that were discarded
	Offset    int
	Limit     int // 0: all
}

// where is the condition of a filter for who may see residents in units.
func (f HitFilter) where(units []int64) (string, []any) {
	var args []any
	mark := func(x any) string {
		args = append(args, x)
		return fmt.Sprintf("$%d", len(args))
	}
	clause := within(units, "h", mark)
	for _, x := range []struct {
		column string
		id     int64
	}{{"h.screening", f.Screening}, {"s.programme", f.Programme}, {"h.duty", f.Duty}} {
		if x.id != 0 {
			clause += " and " + x.column + " = " + mark(x.id)
		}
	}
	if f.Person != 0 {
		clause += " and h.number_index = (select p.number_index from person p where p.id = " + mark(f.Person) + ")"
	}
	if f.Rule != "" {
		clause += " and h.rule = " + mark(f.Rule)
	}
	if f.Village != 0 {
		clause += " and h.village = " + mark(max(f.Village, 0))
	}
	if len(f.States) > 0 {
		marks := make([]string, len(f.States))
		for i, s := range f.States {
			marks[i] = mark(string(s))
		}
		clause += " and h.state in (" + strings.Join(marks, ", ") + ")"
	} else {
		clause += " and h.state <> 'discarded'"
	}
	return clause, args
}

// within is the condition that a row's town or village is one of units.
func within(units []int64, table string, mark func(any) string) string {
	if len(units) == 0 {
		return "false"
	}
	marks := make([]string, len(units))
	for i, u := range units {
		marks[i] = mark(u)
	}
	in := " in (" + strings.Join(marks, ", ") + ")"
	return "(" + table + ".unit" + in + " or " + table + ".village" + in + ")"
}

// Hits lists the hits of a filter that who may see, by rule and village, and how many there are in all.
func Hits(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, f HitFilter) ([]Hit, int, error) {
	units, err := reach(ctx, house, who, org.Residents)
	if err != nil {
		return nil, 0, err
	}
	where, args := f.where(units)
	total, err := store.One(ctx, v, store.Value[int], `select count(*)`+hitFrom+` where `+where, args...)
	if err != nil || total == 0 {
		return nil, total, err
	}
	limit := ""
	if f.Limit > 0 {
		limit = fmt.Sprintf(" limit %d offset %d", f.Limit, f.Offset)
	}
	list, err := store.All(ctx, v, scanHit(v), `select `+hitColumns+hitFrom+` where `+where+` order by s.serial desc, h.village, h.rule, h.household, h.id`+limit, args...)
	if err != nil {
		return nil, total, err
	}
	of, err := others(ctx, v, v, where, args...)
	for i := range list {
		list[i].others = of[list[i].ID]
		list[i].Why = list[i].whyFor(units)
	}
	return list, total, err
}

// HitByID reads a hit that who may see, or fails with [store.ErrNotFound].
func HitByID(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id int64) (Hit, error) {
	h, err := hitByID(ctx, v, v, id)
	if err != nil {
		return h, err
	}
	u, err := h.place(ctx, house)
	if err != nil {
		return Hit{}, err
	}
	if who.Check(org.Residents, u) != nil {
		return Hit{}, store.ErrNotFound
	}
	units, err := reach(ctx, house, who, org.Residents)
	if err != nil {
		return Hit{}, err
	}
	of, err := others(ctx, v, v, `h.id = $1`, id)
	h.others = of[id]
	h.Why = h.whyFor(units)
	return h, err
}

func hitByID(ctx context.Context, v *vault.Vault, q store.Querier, id int64) (Hit, error) {
	return store.One(ctx, q, scanHit(v), `select `+hitColumns+hitFrom+` where h.id = $1`, id)
}

// place is the unit that decides who may see and check a hit: its village, or the town when the village is unknown.
func (h Hit) place(ctx context.Context, house store.Querier) (org.Unit, error) {
	if h.Village != 0 {
		return org.UnitByID(ctx, house, h.Village)
	}
	return org.UnitByID(ctx, house, h.Unit)
}

// HitCount is how many hits of a kind stand how far.
type HitCount struct {
	Rule    string
	Village int64
	State   HitState
	N       int
}

// CountHits counts the hits that who may see, by rule, village and state.
func CountHits(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, f HitFilter) ([]HitCount, error) {
	units, err := reach(ctx, house, who, org.Residents)
	if err != nil {
		return nil, err
	}
	where, args := f.where(units)
	return store.All(ctx, v, func(rows *sql.Rows, c *HitCount) error { return rows.Scan(&c.Rule, &c.Village, &c.State, &c.N) },
		`select h.rule, h.village, h.state, count(*)`+hitFrom+` where `+where+` group by h.rule, h.village, h.state order by h.rule, h.village, h.state`, args...)
}

// Run is what pages of hits say of a screening.
type Run struct {
	ID, Unit, Programme, Serial int64
	AsOf                        string
	Finding                     int64 // that it serves; 0 for none
	Name                        string
}

// Word names the screening: 高龄津贴第3次筛查.
func (r Run) Word() string { return fmt.Sprintf("%s第%d次筛查", r.Name, r.Serial) }

const runColumns = `select s.id, s.unit, s.programme, s.serial, s.as_of, s.finding, coalesce(p.name, '') from screening s left join programme p on p.id = s.programme`

func scanRun(rows *sql.Rows, r *Run) error {
	return rows.Scan(&r.ID, &r.Unit, &r.Programme, &r.Serial, &r.AsOf, &r.Finding, &r.Name)
}

// Runs lists the finished screenings of towns that who may see residents of, newest first.
func Runs(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person) ([]Run, error) {
	units, err := reach(ctx, house, who, org.Residents)
	if err != nil {
		return nil, err
	}
	list, err := store.All(ctx, v, scanRun, runColumns+` where s.state = 'done' order by s.started desc, s.id desc`)
	return slices.DeleteFunc(list, func(r Run) bool { return !slices.Contains(units, r.Unit) }), err
}

// RunByID reads what pages of hits say of a screening.
func RunByID(ctx context.Context, q store.Querier, id int64) (Run, error) {
	return store.One(ctx, q, scanRun, runColumns+` where s.id = $1`, id)
}

// dayOf is the day of a transaction.
func dayOf(tx *store.Tx) string { return tx.Now.Format(time.DateOnly) }

// later is a day some days after another.
func later(day string, days int) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.AddDate(0, 0, days).Format(time.DateOnly)
}

// monthsLater is the same day some months after another.
func monthsLater(day string, months int) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.AddDate(0, months, 0).Format(time.DateOnly)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
