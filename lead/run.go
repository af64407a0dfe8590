package lead

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/benefit"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// ScreeningState is how far a screening is.
type ScreeningState string

// The states of a screening.
const (
	ScreeningWaiting   ScreeningState = "waiting" // for its turn
	ScreeningRunning   ScreeningState = "running"
	ScreeningDone      ScreeningState = "done"
	ScreeningStopped   ScreeningState = "stopped" // by somebody
	ScreeningFailed    ScreeningState = "failed"
	ScreeningDiscarded ScreeningState = "discarded" // was done, and a mistake: see [DiscardScreening]
)

// Word is what people call the state.
func (s ScreeningState) Word() string {
	return map[ScreeningState]string{ScreeningWaiting: "排队中", ScreeningRunning: "正在筛查", ScreeningDone: "已完成", ScreeningStopped: "已停止", ScreeningFailed: "没有跑完", ScreeningDiscarded: "已作废"}[s]
}

// UsedRule is a rule as a screening used it.
type UsedRule struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

// UsedDataset is a dataset as a screening used it: frozen by the hash of its content and the columns it was read by.
type UsedDataset struct {
	ID      int64          `json:"id"`
	Kind    screening.Kind `json:"kind"`
	Name    string         `json:"name"`
	Cited   string         `json:"cited"` // as hits cite it: the name, made different where two have the same
	Giver   string         `json:"giver"`
	Hash    string         `json:"hash"`
	AsOf    string         `json:"as_of"`
	Mapping Mapping        `json:"mapping"`
}

// RuleCount is what came of a rule.
type RuleCount struct {
	Rule       string              `json:"rule"`
	Version    int                 `json:"version"`
	Name       string              `json:"name"`
	State      screening.RuleState `json:"state"`
	Hits       int                 `json:"hits"` // all, those below included
	Manual     int                 `json:"manual"`
	Suppressed int                 `json:"suppressed"`
	Same       int                 `json:"same"` // under way already
	Note       string              `json:"note"`
}

// ReadSheet says how a sheet was read.
type ReadSheet struct {
	Kind    screening.Kind `json:"kind"`
	File    string         `json:"file"`
	Sheet   string         `json:"sheet"`
	Rows    int            `json:"rows"`
	Mapping string         `json:"mapping"`
	Note    string         `json:"note"`
}

// RunReport is what the reader of the hits should know: how the lists were read, and what is odd about them.
type RunReport struct {
	Sheets []ReadSheet `json:"sheets"`
	Notes  []string    `json:"notes"`
}

// Screening is one run of rules over datasets (筛查), frozen: the datasets by hash, the rules by version, the parameters as they were on
// its day.
type Screening struct {
	ID        int64
	Unit      int64 // town
	Programme int64 // whose parameters it took; 0: none
	Serial    int64 // number within the town
	AsOf      string
	Params    screening.Params
	Rules     []UsedRule
	Datasets  []UsedDataset
	Finding   int64 // of the plan that it serves; 0 for none
	State     ScreeningState
	Problem   string // why it failed
	Counts    []RuleCount
	Report    RunReport
	Result    string // SHA-256 of its hits as `bihuan screen --out` writes them, hex
	Started   time.Time
	Ended     time.Time
	Staff     int64
	Version   int64

	Discarded    time.Time // zero: it counts
	DiscardedBy  string    // name and post as they were then
	DiscardedWhy string
}

// Title names a screening for people: 第3次筛查.
func (s Screening) Title() string { return fmt.Sprintf("第%d次筛查", s.Serial) }

// finished refuses a screening that is not finished, or was discarded; what says what cannot be done then.
func (s Screening) finished(what string) error {
	if s.State == ScreeningDone {
		return nil
	}
	return org.Invalid{Field: "筛查", What: s.State.Word() + "，" + what}
}

// Sum adds up the counts of all rules.
func (s Screening) Sum() RuleCount {
	var sum RuleCount
	for _, c := range s.Counts {
		sum.Hits += c.Hits
		sum.Manual += c.Manual
		sum.Suppressed += c.Suppressed
		sum.Same += c.Same
	}
	return sum
}

const screeningColumns = `id, unit, programme, serial, as_of, params, rules, datasets, finding, state, problem, counts, report, result, started, ended, staff, version, discarded, discarded_by, discarded_why`

func scanScreening(v *vault.Vault) func(*sql.Rows, *Screening) error {
	return func(rows *sql.Rows, s *Screening) error {
		var params, rules, datasets, counts, report string
		var started, ended, discarded int64
		err := rows.Scan(&s.ID, &s.Unit, &s.Programme, &s.Serial, &s.AsOf, &params, &rules, &datasets, &s.Finding, &s.State, &s.Problem, &counts, &report, &s.Result, &started, &ended, &s.Staff, &s.Version, &discarded, &s.DiscardedBy, &s.DiscardedWhy)
		if err != nil {
			return err
		}
		if report, err = v.Unseal("screening.report", report); err != nil {
			return err
		}
		for _, x := range []struct {
			text string
			to   any
		}{{params, &s.Params}, {rules, &s.Rules}, {datasets, &s.Datasets}, {counts, &s.Counts}, {report, &s.Report}} {
			if x.text == "" {
				continue
			}
			if err := json.Unmarshal([]byte(x.text), x.to); err != nil {
				return err
			}
		}
		s.Started = time.UnixMilli(started)
		if ended != 0 {
			s.Ended = time.UnixMilli(ended)
		}
		if discarded != 0 {
			s.Discarded = time.UnixMilli(discarded)
		}
		return nil
	}
}

// Screenings lists the screenings of the towns whose residents somebody may see, the newest first.
func Screenings(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person) ([]Screening, error) {
	towns, err := Towns(ctx, house, who, org.Residents)
	if err != nil {
		return nil, err
	}
	return store.All(ctx, v, scanScreening(v), `select `+screeningColumns+` from screening where unit in (`+unitIDs(towns)+`) order by id desc limit 200`)
}

// ScreeningByID reads a screening of a town whose residents somebody may see, or fails with [store.ErrNotFound].
func ScreeningByID(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id int64) (Screening, error) {
	s, err := screeningByID(ctx, v, v, id)
	if err != nil {
		return s, err
	}
	town, err := org.UnitByID(ctx, house, s.Unit)
	if err != nil {
		return Screening{}, err
	}
	if who.Check(org.Residents, town) != nil {
		return Screening{}, store.ErrNotFound
	}
	return s, nil
}

func screeningByID(ctx context.Context, v *vault.Vault, q store.Querier, id int64) (Screening, error) {
	return store.One(ctx, q, scanScreening(v), `select `+screeningColumns+` from screening where id = $1`, id)
}

// Ask is what somebody wants screened.
type Ask struct {
	Unit      int64 // town
	Programme int64 // whose parameters on AsOf are taken; 0: those of Params, as far as rules ask for any
	AsOf      string
	Params    screening.Params // its day is AsOf where it has none
	Rules     []string         // ids; empty: all
	Datasets  []int64
	Finding   int64 // of the plan that it serves; 0 for none
}

// StartScreening freezes what is to be screened and puts it in the queue; [RunWaiting] does it. Asked for again while it waits or runs, it
// is the same screening. Errors: [org.Invalid], [org.Denied].
func StartScreening(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, a Ask) (int64, error) {
	town, err := org.UnitByID(ctx, house, a.Unit)
	if err != nil {
		return 0, err
	}
	if err := who.Check(org.Screen, town); err != nil {
		return 0, err
	}
	if a.Params, err = a.params(ctx, v, town); err != nil {
		return 0, err
	}
	if a.Params.AsOf > v.Now().Format(time.DateOnly) {
		return 0, org.Invalid{Field: "截止日期", What: "在今天之后，请核对"}
	}
	if a.Finding != 0 {
		if _, err := store.One(ctx, house, store.Value[int64], `select id from finding where id = $1`, a.Finding); err != nil {
			return 0, err
		}
	}
	var rules []UsedRule
	for _, r := range screening.Rules {
		if len(a.Rules) == 0 || slices.Contains(a.Rules, r.ID) {
			rules = append(rules, UsedRule{r.ID, r.Version})
		}
	}
	if len(rules) == 0 || len(a.Rules) > 0 && len(rules) < len(slices.Compact(slices.Sorted(slices.Values(a.Rules)))) {
		return 0, org.Invalid{Field: "规则", What: "请从列出的规则里至少选一条"}
	}
	if len(a.Datasets) == 0 {
		return 0, org.Invalid{Field: "数据集", What: "没有选名单。请先选好要比对的名单"}
	}
	var id int64
	err = v.Write(ctx, func(tx *store.Tx) error {
		id = 0
		used, err := freeze(ctx, tx, a.Unit, a.Datasets)
		if err != nil {
			return err
		}
		var texts [3]string
		for i, x := range []any{a.Params, rules, used} {
			b, err := json.Marshal(x)
			if err != nil {
				return err
			}
			texts[i] = string(b)
		}
		if err := tx.Lock(ctx, "journal_head", 1); err != nil { // a form sent twice at once
			return err
		}
		same, err := store.All(ctx, tx, store.Value[int64], `select id from screening where unit = $1 and state in ('waiting', 'running') and params = $2 and rules = $3 and datasets = $4 and programme = $5 and finding = $6`,
			a.Unit, texts[0], texts[1], texts[2], a.Programme, a.Finding)
		if err != nil {
			return err
		}
		if len(same) > 0 {
			id = same[0]
			return nil
		}
		serial, err := store.NextSerial(ctx, tx, fmt.Sprintf("screening/%d", a.Unit))
		if err != nil {
			return err
		}
		id = tx.ID()
		_, err = tx.Exec(ctx, `insert into screening (id, unit, programme, serial, as_of, params, rules, datasets, finding, state, problem, counts, report, result, started, ended, staff, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', '', '', '', '', $10, 0, $11, 1)`,
			id, a.Unit, a.Programme, serial, a.Params.AsOf, texts[0], texts[1], texts[2], a.Finding, tx.Now.UnixMilli(), who.ID)
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "筛查", Kind: "screening", Row: id, Changes: []journal.Change{
			{Field: "截止日期", To: a.Params.AsOf}, {Field: "规则", To: ruleList(rules)}, {Field: "名单", To: hashList(used)}, {Field: "参数", To: texts[0]}}})
	})
	return id, err
}

// params are the parameters of a screening, checked: what one of its rules reckons with must be there.
func (a Ask) params(ctx context.Context, v *vault.Vault, town org.Unit) (screening.Params, error) {
	p := a.Params
	if p.AsOf == "" {
		p.AsOf = a.AsOf
	}
	if _, err := time.Parse(time.DateOnly, p.AsOf); err != nil {
		return p, org.Invalid{Field: "截止日期", What: "没有写，或不是日期。请写成 2026-11-30 这样"}
	}
	if a.Programme != 0 {
		programme, err := benefit.ProgrammeByID(ctx, v, a.Programme)
		if err != nil {
			return p, err
		}
		if !town.Within(programme.Path) {
			return p, org.Invalid{Field: "惠民项目", What: fmt.Sprintf("“%s”不是%s的项目", programme.Name, town.Name)}
		}
		return ProgrammeParams(ctx, v, a.Programme, p.AsOf)
	}
	var rules []string
	var lacks []screening.Parameter
	for _, r := range screening.Rules {
		if slices.Contains(a.Rules, r.ID) && len(p.Lacks(r)) > 0 {
			rules, lacks = append(rules, r.ID), append(lacks, p.Lacks(r)...)
		}
	}
	if len(rules) > 0 {
		return p, org.Invalid{Field: "惠民项目", What: fmt.Sprintf("没有选。%s要按项目规定的%s来算：请选一个项目，或不用这几条规则", strings.Join(rules, "、"), ParameterWords(lacks))}
	}
	if err := p.CheckFor(a.Rules); err != nil {
		return p, org.Invalid{Field: "项目参数", What: err.Error()}
	}
	return p, nil
}

// ParameterWords names parameters, each once.
func ParameterWords(list []screening.Parameter) string {
	var words []string
	for _, p := range list {
		if !slices.Contains(words, p.Word()) {
			words = append(words, p.Word())
		}
	}
	return strings.Join(words, "、")
}

// ProgrammeParams are the parameters of a programme on a day, as a screening takes them. What is missing is an [org.Invalid].
func ProgrammeParams(ctx context.Context, q store.Querier, programme int64, day string) (screening.Params, error) {
	p, err := benefit.ParamsOn(ctx, q, programme, day)
	if err != nil {
		if _, told := errors.AsType[org.Invalid](err); told || errors.Is(err, store.ErrNotFound) {
			return p, err
		}
		if bad := p.Check(); bad != nil {
			return p, org.Invalid{Field: "项目参数", What: bad.Error()}
		}
	}
	return p, err
}

// freeze reads the datasets of a screening, in the order of the kinds and of their days, so that the same choice gives the same run.
func freeze(ctx context.Context, q store.Querier, unit int64, ids []int64) ([]UsedDataset, error) {
	list, err := store.All(ctx, q, scanDataset, `select `+datasetColumns+` from dataset where unit = $1 and state = 'ready' order by as_of, id`, unit)
	if err != nil {
		return nil, err
	}
	wanted := map[int64]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	var used []UsedDataset
	names := map[string]int{}
	for _, k := range screening.Kinds {
		for _, d := range list {
			if d.Kind != k || !wanted[d.ID] {
				continue
			}
			delete(wanted, d.ID)
			cited := d.Name
			if names[d.Name]++; names[d.Name] > 1 {
				cited = fmt.Sprintf("%d/%s", names[d.Name], d.Name)
			}
			used = append(used, UsedDataset{ID: d.ID, Kind: d.Kind, Name: d.Name, Cited: cited, Giver: d.Giver, Hash: d.Hash, AsOf: d.AsOf, Mapping: d.Mapping})
		}
	}
	if len(wanted) > 0 {
		return nil, org.Invalid{Field: "数据集", What: "选的名单里有的已经删除，或还没有确认列。请重新选"}
	}
	return used, nil
}

func ruleList(rules []UsedRule) string {
	var parts []string
	for _, r := range rules {
		parts = append(parts, fmt.Sprintf("%s第%d版", r.ID, r.Version))
	}
	return strings.Join(parts, "、")
}

func hashList(used []UsedDataset) string {
	var parts []string
	for _, d := range used {
		parts = append(parts, d.Kind.Word()+" "+d.Hash)
	}
	return strings.Join(parts, "、")
}

// StopScreening stops a screening that waits or runs. What it had found is thrown away.
func StopScreening(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id int64) error {
	s, err := ScreeningByID(ctx, v, house, who, id)
	if err != nil {
		return err
	}
	town, err := org.UnitByID(ctx, house, s.Unit)
	if err != nil {
		return err
	}
	if err := who.Check(org.Screen, town); err != nil {
		return err
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `update screening set state = 'stopped', ended = $2, version = version + 1 where id = $1 and state = 'waiting'`, id, tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		if n == 0 {
			asked, err := tx.Exec(ctx, `update screening_pulse set stop = 1 where id = $1 and stop = 0`, id)
			if err != nil || asked == 0 {
				return err // it has ended, or somebody asked before
			}
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "停止", Kind: "screening", Row: id})
	})
}

// Pulse is how far a screening under way is.
type Pulse struct {
	Stage   string // what it is at, in a word
	Percent int
	Stop    bool // somebody asked it to stop
}

// PulseOf reads how far a screening is, zero when it is not under way.
func PulseOf(ctx context.Context, q store.Querier, id int64) (Pulse, error) {
	list, err := store.All(ctx, q, func(rows *sql.Rows, p *Pulse) error {
		var stop int64
		err := rows.Scan(&p.Stage, &p.Percent, &stop)
		p.Stop = stop == 1
		return err
	}, `select stage, percent, stop from screening_pulse where id = $1`, id)
	if err != nil || len(list) == 0 {
		return Pulse{}, err
	}
	return list[0], nil
}
