// Package ledger holds rounds of inspection, the plans that answer them and the live ledger of findings (问题), with the only
// functions that change them. Every change is one transaction that checks the right, changes rows and tells the journal.
package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/org"
	"bihuan/plan"
	"bihuan/store"
)

// State is how far a finding is, in the five words of published reports.
type State string

// The five states. They are never added up to one percentage.
const (
	Doing  State = "doing"  // 正在整改
	Part   State = "part"   // 阶段性完成
	Done   State = "done"   // 完成
	Failed State = "failed" // 未完成
	Keep   State = "keep"   // 长期坚持
)

// States lists the states in the order of reports, with their words.
var States = []struct {
	State State
	Word  string
}{{Done, "完成"}, {Part, "阶段性完成"}, {Doing, "正在整改"}, {Failed, "未完成"}, {Keep, "长期坚持"}}

// Word is what people call the state.
func (s State) Word() string {
	for _, x := range States {
		if x.State == s {
			return x.Word
		}
	}
	return string(s)
}

// Closed tells whether the state is one that only a closing (销号) gives.
func (s State) Closed() bool { return s == Done || s == Keep }

// Settled tells whether no deadline presses any more.
func (s State) Settled() bool { return s.Closed() }

// stateWords turns what papers write into a state; the first that occurs in the text wins.
var stateWords = []struct {
	word  string
	state State
}{
	{"未完成", Failed}, {"未整改", Failed}, {"逾期", Failed}, {"未办结", Failed},
	{"基本完成", Part}, {"阶段性", Part}, {"部分", Part}, {"持续整改", Keep}, {"长期", Keep}, {"持续", Keep}, {"常态", Keep},
	{"正在", Doing}, {"推进", Doing}, {"整改中", Doing}, {"进行", Doing},
	{"完成", Done}, {"已整改", Done}, {"到位", Done}, {"办结", Done}, {"报结", Done}, {"销号", Done},
}

// StateOf reads the state out of a paper's own word; a word it does not know, and none, are 正在整改.
func StateOf(word string) State {
	for _, w := range stateWords {
		if strings.Contains(word, w.word) {
			return w.state
		}
	}
	return Doing
}

// Named is a unit or person as the ledger writes it, with the id in the organisation when it is known there, else 0.
type Named struct {
	ID   int64
	Name string
}

// Finding is one row group of the ledger with everything under it.
type Finding struct {
	ID       int64
	Plan     int64
	Unit     org.Unit // whose plan it is
	Section  Section
	Ord      int
	Number   string // as printed
	Title    string
	Goal     string
	Leader   string // 责任领导
	Units    []Named
	Persons  []Named
	DueText  string // as printed
	Due      string // date; empty when unknown
	LongTerm bool
	State    State
	Reason   string // why not done
	Progress string
	Evidence string
	Gaps     int   // manifestations that no measure answers
	Vague    bool  // nobody in particular is responsible (责任悬空)
	Dropped  int   // version of the plan that left it out; 0 while in force
	Closing  int64 // the accepted closing in force; 0 while it is not closed
	Relapses int   // times it came back after a closing (反弹)
	Relapsed bool  // reopened by a relapse and not closed since
	Changed  time.Time
	Version  int64

	Manifestations []Manifestation
	Measures       []Measure

	Step   Step   // how far the latest application for its closing is; empty while there is none
	Slip   string // number of its closing slip, when the closing holds
	Proofs int    // pieces of evidence that count
	steps  int64  // versions of its applications, added up

	stated bool // of a reading: the paper says how far it is
}

// Section is an aspect (方面) of a plan.
type Section struct {
	ID     int64
	Ord    int
	Number string
	Title  string
}

// Manifestation is one 具体表现 of a finding.
type Manifestation struct {
	ID     int64
	Number string
	Text   string
}

// Measure is one 整改措施 and the manifestations it answers, as indexes into the finding's.
type Measure struct {
	ID          int64
	Number      string
	Text        string
	Frequencies []string
	Rules       []plan.Rule
	Tense       plan.Tense
	Added       bool // by a person, to what the plan says
	Answers     []int
}

// Key is the key of a finding that was read whole.
func (f Finding) Key() Key { return Key{f.ID, f.Version, int64(f.Proofs), f.steps} }

// AnsweredBy lists the measures that answer the manifestation with index i, as indexes.
func (f Finding) AnsweredBy(i int) []int {
	var by []int
	for m, measure := range f.Measures {
		for _, a := range measure.Answers {
			if a == i {
				by = append(by, m)
			}
		}
	}
	return by
}

// Allows tells, with [org.Denied], whether who may do a to the finding, which who can see: whoever answers for it may report on it,
// all else is for those above the plan's unit.
func (f Finding) Allows(who org.Person, a org.Action) error {
	if a == org.Progress && who.May(a) {
		return nil
	}
	return who.Check(a, f.Unit)
}

const findingColumns = `f.id, f.plan, f.ord, f.number, f.title, f.goal, f.leader, f.due_text, f.due, f.long_term, f.state, f.reason,
	f.progress, f.evidence, f.gaps, f.vague, f.dropped, f.closing, f.relapses, f.relapsed, f.changed, f.version, s.id, s.ord, s.number, s.title,
	u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version`

func scanFinding(rows *sql.Rows, f *Finding) error {
	var changed int64
	var long, vague, relapsed int
	u, s := &f.Unit, &f.Section
	err := rows.Scan(&f.ID, &f.Plan, &f.Ord, &f.Number, &f.Title, &f.Goal, &f.Leader, &f.DueText, &f.Due, &long, &f.State, &f.Reason,
		&f.Progress, &f.Evidence, &f.Gaps, &vague, &f.Dropped, &f.Closing, &f.Relapses, &relapsed, &changed, &f.Version, &s.ID, &s.Ord, &s.Number, &s.Title,
		&u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	f.Changed, f.LongTerm, f.Vague, f.Relapsed = time.UnixMilli(changed), long == 1, vague == 1, relapsed == 1
	return err
}

// ByID reads one finding that who may see, or [store.ErrNotFound].
func ByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Finding, error) {
	scope, args := visible(who, id)
	f, err := store.One(ctx, q, scanFinding, `select `+findingColumns+` from finding f join section s on s.id = f.section
		join unit u on u.id = f.unit where f.id = $1`+scope, args...)
	if err != nil {
		return f, err
	}
	list := []Finding{f}
	err = loadParts(ctx, q, list)
	return list[0], err
}

// visible is the clause that keeps who to the rows of the own subtree and of those of posts, with the arguments so far and its own
// behind them.
func visible(who org.Person, args ...any) (string, []any) {
	units := who.Units()
	if seesAll(units) {
		return "", args
	}
	in := make([]string, len(units))
	for i, u := range units {
		args = append(args, u.ID)
		in[i] = fmt.Sprintf("$%d", len(args))
	}
	return ` and exists (select 1 from finding_scope v where v.unit in (` + strings.Join(in, ", ") + `) and v.finding = f.id)`, args
}

// seesAll tells that the root is among the units: it sees every finding.
func seesAll(units []org.Unit) bool {
	return slices.ContainsFunc(units, func(u org.Unit) bool { return u.Parent == 0 })
}

// ByIDs reads the findings with the given ids, in that order. It is for ids that a list of visible findings has given.
func ByIDs(ctx context.Context, q store.Querier, ids []int64) ([]Finding, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := inList(ids)
	found, err := store.All(ctx, q, scanFinding, `select `+findingColumns+` from finding f join section s on s.id = f.section
		join unit u on u.id = f.unit where f.id in (`+in+`)`, args...)
	if err != nil {
		return nil, err
	}
	at := make(map[int64]int, len(found))
	for i, f := range found {
		at[f.ID] = i
	}
	list := make([]Finding, 0, len(ids))
	for _, id := range ids {
		if i, ok := at[id]; ok {
			list = append(list, found[i])
		}
	}
	return list, loadParts(ctx, q, list)
}

// inList writes $1,$2,… for ids. It rounds their number up to a power of two by repeating the last, so that few query texts
// have to be prepared.
func inList(ids []int64) (string, []any) {
	n := 1
	for n < len(ids) {
		n *= 2
	}
	var b strings.Builder
	args := make([]any, n)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "$%d", i+1)
		args[i] = ids[min(i, len(ids)-1)]
	}
	return b.String(), args
}

// part is a row of any table under a finding.
type part struct {
	finding, id    int64
	number, text   string
	freqs, rules   string
	tense          plan.Tense
	added          int
	measure, manif int64
}

// loadParts fills in units, persons, manifestations and measures, a few hundred findings a query.
func loadParts(ctx context.Context, q store.Querier, list []Finding) error {
	const chunk = 256
	for start := 0; start < len(list); start += chunk {
		if err := loadChunk(ctx, q, list[start:min(start+chunk, len(list))]); err != nil {
			return err
		}
	}
	return nil
}

func loadChunk(ctx context.Context, q store.Querier, list []Finding) error {
	ids := make([]int64, len(list))
	at := make(map[int64]*Finding, len(list))
	for i := range list {
		ids[i] = list[i].ID
		at[list[i].ID] = &list[i]
	}
	in, args := inList(ids)
	read := func(scan func(*sql.Rows, *part) error, query string, use func(f *Finding, p part)) error {
		parts, err := store.All(ctx, q, scan, query, args...)
		for _, p := range parts {
			use(at[p.finding], p)
		}
		return err
	}
	named := func(rows *sql.Rows, p *part) error { return rows.Scan(&p.finding, &p.id, &p.text) }
	err := read(named, `select finding, coalesce(unit, 0), name from finding_unit where finding in (`+in+`) order by finding, ord`,
		func(f *Finding, p part) { f.Units = append(f.Units, Named{p.id, p.text}) })
	if err != nil {
		return err
	}
	err = read(named, `select finding, coalesce(staff, 0), name from finding_person where finding in (`+in+`) order by finding, ord`,
		func(f *Finding, p part) { f.Persons = append(f.Persons, Named{p.id, p.text}) })
	if err != nil {
		return err
	}
	manifestation := map[int64]int{}
	err = read(func(rows *sql.Rows, p *part) error { return rows.Scan(&p.finding, &p.id, &p.number, &p.text) },
		`select finding, id, number, text from manifestation where finding in (`+in+`) order by finding, ord`,
		func(f *Finding, p part) {
			manifestation[p.id] = len(f.Manifestations)
			f.Manifestations = append(f.Manifestations, Manifestation{p.id, p.number, p.text})
		})
	if err != nil {
		return err
	}
	measure := map[int64]int{}
	var broken error
	err = read(func(rows *sql.Rows, p *part) error {
		return rows.Scan(&p.finding, &p.id, &p.number, &p.text, &p.freqs, &p.rules, &p.tense, &p.added)
	}, `select finding, id, number, text, frequencies, rules, tense, added from measure where finding in (`+in+`) order by finding, ord`,
		func(f *Finding, p part) {
			m := Measure{ID: p.id, Number: p.number, Text: p.text, Tense: p.tense, Added: p.added == 1}
			if p.freqs != "[]" && broken == nil {
				broken = json.Unmarshal([]byte(p.freqs), &m.Frequencies)
			}
			if p.rules != "[]" && broken == nil {
				broken = json.Unmarshal([]byte(p.rules), &m.Rules)
			}
			measure[p.id] = len(f.Measures)
			f.Measures = append(f.Measures, m)
		})
	if err != nil || broken != nil {
		return fmt.Errorf("load measures: %w", firstOf(err, broken))
	}
	err = read(func(rows *sql.Rows, p *part) error { return rows.Scan(&p.finding, &p.text, &p.number, &p.id) },
		`select finding, state, number, version from closing where finding in (`+in+`) order by finding, seq`,
		func(f *Finding, p part) {
			f.steps += p.id
			if f.Step, f.Slip = Step(p.text), ""; f.Step == Accepted {
				f.Slip = p.number
			}
		})
	if err != nil {
		return err
	}
	err = read(func(rows *sql.Rows, p *part) error { return rows.Scan(&p.finding, &p.id) },
		`select finding, count(*) from evidence where finding in (`+in+`) and replaced = 0 and withdrawn = '' group by finding`,
		func(f *Finding, p part) { f.Proofs = int(p.id) })
	if err != nil {
		return err
	}
	return read(func(rows *sql.Rows, p *part) error { return rows.Scan(&p.finding, &p.measure, &p.manif) },
		`select m.finding, a.measure, a.manifestation from measure m join answer a on a.measure = m.id where m.finding in (`+in+`)
			order by m.finding, m.ord, a.manifestation`,
		func(f *Finding, p part) {
			m := &f.Measures[measure[p.measure]]
			m.Answers = append(m.Answers, manifestation[p.manif])
		})
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
