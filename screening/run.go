package screening

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"bihuan/chinese"
)

// Report is what a run found and what it rests on.
type Report struct {
	Hits    []Hit // by rule, number and first source: the same input gives the same bytes
	Sheets  []SheetReport
	Rules   []RuleReport
	Turning []Turning // by month, if a forecast was asked for
	Clauses []Clause  // of the person who was asked about
	Notes   []string  // what the reader of the hits should know: a list that seems old, a month without payments
}

// RuleState tells how much of a rule could be run.
type RuleState string

// The states of a rule.
const (
	Ran       RuleState = "run"   // with every list it knows of
	RanInPart RuleState = "part"  // without some lists that would find more
	ForAbove  RuleState = "above" // not at all: 需上级比对
)

// Word is the Chinese name of a state.
func (s RuleState) Word() string {
	return map[RuleState]string{Ran: "已比对", RanInPart: "部分比对", ForAbove: "需上级比对"}[s]
}

// RuleReport says what came of a rule.
type RuleReport struct {
	Rule    Rule
	State   RuleState
	Missing []Kind // the lists it lacked
	Hits    int
	Manual  int
	Note    string // why it could not be run, or only in part, and what it left out as allowed
}

// run is a run under way.
type run struct {
	in       Input
	now      month
	progress progress
	runnable map[string]bool // the rules that were asked for and have the lists they cannot do without
	reports  []SheetReport
	sheets   []*sheet // those that were read
	register register
	keys     map[uint64]int32 // parties by a hash of what makes them one
	parties  []party
	lines    []line
	misfits  map[int32]misfit // parties whose number is not as it should be
	villages []village
	details  map[int32][]fieldText // by line, of those that have any

	villageIndex map[string]int32

	elders    []resident // of an age to be concerned, in order
	same      map[resident]resident
	doubles   map[resident][]resident
	claims    map[resident]uint64  // the months in which somebody is on the roll, as party.months
	swaps     map[int32]resident   // whose number a party has, where it is that of another member of the household
	ties      map[int32][]resident // who comes into question for a party that was found to be nobody for certain
	namesakes map[resident][]int32 // parties of the lists of deaths who have only the name and the age of somebody
	contested map[int32]resident   // parties whose number is somebody's of another name

	today        day
	limits       Limits
	dead         map[resident]*death // by the lists, and of those who are on the roll or of age by the register
	deadByNumber map[chinese.IDNumber]*death
	joined       map[Kind][]whoParty  // see listOf
	grouped      map[Kind][]groupLine // see households
	latest       map[Kind]month       // see dibaoMonth
	paidHouses   map[uint64]bool      // see paidHouse
	homes        map[uint32][]resident
	aged         []resident        // old enough to be supported by the state
	asked        resident          // who is to be explained
	left         map[string]string // by rule: what was left out as allowed

	hits    []Hit
	abouts  []about // of the hits, in their order
	turning []Turning
	clauses []Clause
	doubts  []string // what seems to be wrong with a list as a whole
}

// about is whom a hit is about, until its place is known. A province has hundreds of thousands of hits.
type about struct {
	resident resident // nobody where none was found
	party    int32    // the row it is about in that case
	others   []resident
}

// Run compares the lists. The same input gives the same hits.
func Run(ctx context.Context, in Input) (Report, error) {
	if err := in.Params.CheckFor(in.Rules); err != nil {
		return Report{}, err
	}
	today, _ := parseDay(in.Params.AsOf)
	r := &run{today: today, limits: in.Params.Limits.Whole(), joined: map[Kind][]whoParty{}, grouped: map[Kind][]groupLine{}, latest: map[Kind]month{}, left: map[string]string{}, asked: nobody, in: in, now: in.Params.thisMonth(), keys: map[uint64]int32{}, runnable: map[string]bool{}, details: map[int32][]fieldText{}, villageIndex: map[string]int32{}, misfits: map[int32]misfit{}, swaps: map[int32]resident{}, ties: map[int32][]resident{}, same: map[resident]resident{}, doubles: map[resident][]resident{},
		claims: map[resident]uint64{}, contested: map[int32]resident{}, namesakes: map[resident][]int32{}}
	for _, id := range in.Rules {
		if !slices.ContainsFunc(Rules, func(rule Rule) bool { return rule.ID == id }) {
			return Report{}, fmt.Errorf("不认得规则“%s”", id)
		}
	}
	for _, rule := range Rules {
		r.runnable[rule.ID] = r.wants(rule.ID) && len(r.lacking(rule)) == 0
	}
	r.progress.tell = in.Progress
	for _, list := range in.Lists {
		r.progress.total += list.Size
	}
	for _, do := range []func(context.Context) error{r.read, r.matchParties, r.screen, r.locate} {
		if err := do(ctx); err != nil {
			if ctx.Err() != nil { // whatever the reader of a file made of it
				err = ctx.Err()
			}
			return Report{}, err
		}
	}
	slices.SortStableFunc(r.hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.ID, b.ID), compareSources(a.Sources, b.Sources), cmp.Compare(a.Why, b.Why))
	})
	report := Report{Hits: r.hits, Sheets: r.reports, Turning: r.turning, Clauses: r.clauses, Notes: r.notes()}
	for _, rule := range Rules {
		if r.wants(rule.ID) {
			report.Rules = append(report.Rules, r.reportOf(rule))
		}
	}
	r.progress.report("完成", 1)
	return report, nil
}

// read takes in all lists.
func (r *run) read(ctx context.Context) error {
	for _, list := range r.in.Lists {
		if !slices.Contains(Kinds, list.Kind) {
			return fmt.Errorf("不认得名册种类“%s”，请写 %s 之一", list.Kind, KindList())
		}
		read := r.readParties
		if list.Kind == Residents {
			read = r.readRegister
		}
		if err := read(ctx, list); err != nil {
			return err
		}
		r.progress.read.Add(list.Size)
	}
	r.keys = nil
	r.dropRepeatedSheets()
	return nil
}

// wants tells whether a rule was asked for.
func (r *run) wants(id string) bool { return len(r.in.Rules) == 0 || slices.Contains(r.in.Rules, id) }

// dropRepeatedSheets leaves out a sheet of the roll that says over again what another one said for the same month: a year's workbook
// and the month's own file given together are no double payments.
func (r *run) dropRepeatedSheets() {
	type use struct {
		party int32
		month month
	}
	first := map[use]int16{}
	type sheets struct{ earlier, later int16 }
	again, total := map[sheets]int{}, map[int16]int{}
	eachPaid := func(f func(l *line)) {
		for i := range r.lines {
			if l := &r.lines[i]; l.paid && r.parties[l.party].kind() == Roll {
				f(l)
			}
		}
	}
	eachPaid(func(l *line) {
		total[l.sheet]++
		if before, ok := first[use{l.party, l.first}]; !ok {
			first[use{l.party, l.first}] = l.sheet
		} else if before != l.sheet {
			again[sheets{before, l.sheet}]++
		}
	})
	repeats := map[int16]bool{}
	for _, s := range slices.SortedFunc(maps.Keys(again), func(a, b sheets) int { return cmp.Or(cmp.Compare(a.later, b.later), cmp.Compare(a.earlier, b.earlier)) }) {
		if n := again[s]; n > 20 && 2*n > total[s.later] {
			repeats[s.later] = true
			r.doubts = append(r.doubts, fmt.Sprintf("%s与%s有%d笔相同，是同一份名册，没有重复计算", r.reports[s.later].Where(), r.reports[s.earlier].Where(), n))
		}
	}
	eachPaid(func(l *line) {
		if repeats[l.sheet] && first[use{l.party, l.first}] != l.sheet { // what the later one adds stays: a list of the year with a month more
			l.paid = false
		}
	})
}

// KindList names all kinds as a list is given on the command line.
func KindList() string {
	var words []string
	for _, k := range Kinds {
		words = append(words, string(k))
	}
	return strings.Join(words, "、")
}

func compareSources(a, b []Source) int {
	return slices.CompareFunc(a, b, func(x, y Source) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Sheet, y.Sheet), cmp.Compare(x.Row, y.Row))
	})
}

// has tells whether a kind of list was given.
func (r *run) has(k Kind) bool {
	return slices.ContainsFunc(r.in.Lists, func(l List) bool { return l.Kind == k })
}

// lacking are the lists without which a rule cannot be run.
func (r *run) lacking(rule Rule) []Kind {
	missing := slices.DeleteFunc(slices.Clone(rule.Needs), r.has)
	if len(rule.Either) > 0 && !slices.ContainsFunc(rule.Either, r.has) {
		missing = append(missing, rule.Either...)
	}
	return missing
}

func (r *run) reportOf(rule Rule) RuleReport {
	report := RuleReport{Rule: rule, State: Ran}
	for _, h := range r.hits {
		if h.Rule == rule.ID {
			if report.Hits++; h.State == Manual {
				report.Manual++
			}
		}
	}
	if report.Missing = r.lacking(rule); len(report.Missing) > 0 {
		report.State, report.Note = ForAbove, "没有"+words(report.Missing)+"，需上级比对"
		return report
	}
	if report.Missing = slices.DeleteFunc(append(slices.Clone(rule.Either), rule.Helps...), r.has); len(report.Missing) > 0 {
		report.State = RanInPart
		report.Note = "没有" + words(report.Missing) + "，只比对了其他名册"
		if rule.InPart != "" {
			report.Note = rule.InPart
		}
	}
	if left := r.left[rule.ID]; left != "" {
		report.Note = strings.TrimPrefix(report.Note+"；"+left, "；")
	}
	return report
}

// words names kinds.
func words(list []Kind) string {
	var w []string
	for _, k := range list {
		w = append(w, k.Word())
	}
	return strings.Join(w, "、")
}

// notes says what is odd about the lists altogether.
func (r *run) notes() []string {
	notes := slices.Clone(r.doubts)
	if r.has(Roll) {
		current, latest := 0, month(0)
		for i := range r.lines {
			if l := &r.lines[i]; r.parties[l.party].kind() == Roll && l.paid {
				if l.first <= r.now && r.now < l.first+month(l.months) {
					current++
				}
				latest = max(latest, l.first+month(l.months)-1)
			}
		}
		if latest == 0 {
			notes = append(notes, fmt.Sprintf("发放册里没有%s的发放记录，其他月份也没有，“不在册”的结果都不可靠，请核对发放册", r.now))
		} else if current == 0 {
			notes = append(notes, fmt.Sprintf("发放册里没有%s的发放记录（最近的是%s），“不在册”的结果都不可靠，请核对发放册或截止日期", r.now, latest))
		}
		notes = append(notes, r.rollDoubts()...)
		if latest > r.now {
			notes = append(notes, fmt.Sprintf("发放册里有%s以后的记录，没有比对", r.now))
		}
	}
	for _, res := range slices.SortedFunc(maps.Keys(r.namesakes), compareResidents) {
		place := r.source(r.parties[r.namesakes[res][0]].first)
		notes = append(notes, fmt.Sprintf("死亡名单“%s”第%d行只有姓名和年龄，与户籍中的%s（%s）同名同龄，没有列为疑点，请核实是否同一人", filepath.Base(place.File), place.Row, r.register.name(res), masked(r.idText(res))))
	}
	for _, s := range r.reports {
		if s.Note != "" {
			notes = append(notes, s.Where()+s.Note)
		}
	}
	return notes
}

// rollDoubts says what makes the rolls as a whole doubtful: sheets without a month, amounts that cannot be read, people nobody knows.
func (r *run) rollDoubts() []string {
	type tally struct{ rows, amounts, strangers int }
	count := map[int16]*tally{}
	for i := range r.lines {
		l := &r.lines[i]
		p := &r.parties[l.party]
		if p.kind() != Roll || !l.paid {
			continue
		}
		t := count[l.sheet]
		if t == nil {
			t = &tally{}
			count[l.sheet] = t
		}
		t.rows++
		if l.money {
			t.amounts++
		}
		if !p.found() && p.flaw == chinese.Sound {
			t.strangers++
		}
	}
	var notes []string
	var monthless []string
	for _, s := range r.sheets {
		if s.kind == Roll && s.monthless() {
			monthless = append(monthless, r.reports[s.index].Where())
		}
	}
	if len(monthless) > 1 {
		notes = append(notes, fmt.Sprintf("%s等%d份看不出是哪个月的，都当作%s；请在工作表名、标题或发放月份列里写明月份后再比对", monthless[0], len(monthless), r.now))
	}
	for _, s := range r.sheets {
		if s.kind != Roll {
			continue
		}
		where := r.reports[s.index].Where()
		t := count[int16(s.index)]
		if t == nil || t.rows < 20 {
			continue
		}
		if 2*t.amounts < t.rows {
			notes = append(notes, fmt.Sprintf("%s%d行里有%d行读不出金额，这些行没有比对标准；金额列认错的请用 --map roll.金额=列名 指明", where, t.rows, t.rows-t.amounts))
		}
		if 5*t.strangers > t.rows && r.has(Residents) {
			notes = append(notes, fmt.Sprintf("%s%d行里有%d行的号码户籍里没有，请检查是不是别处的名册，或户籍不全", where, t.rows, t.strangers))
		}
	}
	return notes
}

// source is where a line stands.
func (r *run) source(line int32) Source {
	l := &r.lines[line]
	s := r.reports[l.sheet]
	return Source{File: s.File, Sheet: s.Sheet, Row: int(l.row)}
}

// registerSources are the rows of the register that a resident has.
func (r *run) registerSources(res resident) []Source {
	var list []Source
	for _, d := range append([]resident{res}, r.doubles[res]...) {
		b := r.register.blocks[d.block]
		s := r.reports[b.sheet]
		list = append(list, Source{File: s.File, Sheet: s.Sheet, Row: b.number(int(d.row))})
	}
	return list
}

// idText is the number of a resident, or what the register has for one.
func (r *run) idText(res resident) string {
	if id := r.register.id(res); id != 0 {
		return id.String()
	}
	return r.register.odd(res).id
}

// hit records a hit about a resident; residents are all whose rows in the register it rests on.
func (r *run) hit(rule string, res resident, state State, amount int64, why string, lines []int32, residents ...resident) {
	h := Hit{Rule: rule, ID: r.idText(res), Name: r.register.name(res), State: state, Why: why, Amount: Yuan(amount), Sources: r.sources(lines, residents)}
	for _, other := range residents {
		if id := r.idText(other); other != res && !slices.Contains(h.With, id) {
			h.With = append(h.With, id)
		}
	}
	r.record(h, res, -1, residents...)
}

// hitRow records a hit about a row that was found to be no resident's for certain.
func (r *run) hitRow(party int32, h Hit) { r.record(h, nobody, party) }

// record keeps a hit. Of residents, all whom it is about, those beside the one are kept where their places are asked for.
func (r *run) record(h Hit, res resident, party int32, residents ...resident) {
	if !r.runnable[h.Rule] {
		return
	}
	of := about{res, party, nil}
	for _, other := range residents {
		if r.in.Places && other != res && !slices.Contains(of.others, other) {
			of.others = append(of.others, other)
		}
	}
	r.hits, r.abouts = append(r.hits, h), append(r.abouts, of)
}

// sources puts rows of lists before those of the register, each once.
func (r *run) sources(lines []int32, residents []resident) []Source {
	list := []Source{}
	for _, l := range lines {
		list = append(list, r.source(l))
	}
	for _, res := range residents {
		list = append(list, r.registerSources(res)...)
	}
	seen := map[Source]bool{}
	return slices.DeleteFunc(list, func(s Source) bool {
		twice := seen[s]
		seen[s] = true
		return twice
	})
}
