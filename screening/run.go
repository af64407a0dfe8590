package screening

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
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

// RuleReport says what came of a rule.
type RuleReport struct {
	Rule   Rule
	Hits   int
	Manual int
	Note   string // why it could not be run, or only in part
}

// run is a run under way.
type run struct {
	in       Input
	now      month
	reports  []SheetReport
	register register
	keys     map[uint64]int32 // parties by a hash of what makes them one
	parties  []party
	lines    []line
	misfits  map[int32]misfit // parties whose number is not as it should be
	villages []village

	villageIndex map[string]int32

	elders    []resident // of an age to be concerned, in order
	same      map[resident]resident
	doubles   map[resident][]resident
	claims    map[resident]uint64  // the months in which somebody is on the roll, as party.months
	swaps     map[int32]resident   // whose number a party has, where it is that of another member of the household
	ties      map[int32][]resident // who comes into question for a party that was found to be nobody for certain
	namesakes map[resident][]int32 // parties of the lists of deaths who have only the name and the age of somebody
	contested map[int32]resident   // parties whose number is somebody's of another name

	hits    []Hit
	turning []Turning
	clauses []Clause
	doubts  []string // what seems to be wrong with a list as a whole
}

// Run compares the lists. The same input gives the same hits.
func Run(ctx context.Context, in Input) (Report, error) {
	if err := in.Params.Check(); err != nil {
		return Report{}, err
	}
	r := &run{in: in, now: in.Params.thisMonth(), keys: map[uint64]int32{}, villageIndex: map[string]int32{}, misfits: map[int32]misfit{}, swaps: map[int32]resident{}, ties: map[int32][]resident{}, same: map[resident]resident{}, doubles: map[resident][]resident{},
		claims: map[resident]uint64{}, contested: map[int32]resident{}, namesakes: map[resident][]int32{}}
	for _, list := range in.Lists {
		if !slices.Contains(Kinds, list.Kind) {
			return Report{}, fmt.Errorf("不认得名册种类“%s”，请写 %s 之一", list.Kind, kindList())
		}
		read := r.readParties
		if list.Kind == Residents {
			read = r.readRegister
		}
		if err := read(ctx, list); err != nil {
			return Report{}, err
		}
	}
	r.keys = nil
	r.dropRepeatedSheets()
	if err := r.matchParties(ctx); err != nil {
		return Report{}, err
	}
	if err := r.screen(ctx); err != nil {
		return Report{}, err
	}
	slices.SortStableFunc(r.hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.ID, b.ID), compareSources(a.Sources, b.Sources), cmp.Compare(a.Why, b.Why))
	})
	report := Report{Hits: r.hits, Sheets: r.reports, Turning: r.turning, Clauses: r.clauses, Notes: r.notes()}
	for _, rule := range Rules {
		report.Rules = append(report.Rules, r.reportOf(rule))
	}
	return report, nil
}

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
		if repeats[l.sheet] {
			l.paid = false
		}
	})
}

func kindList() string {
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

// lacking names what a rule misses.
func (r *run) lacking(rule Rule) []string {
	missing := slices.Clone(rule.Lacks)
	for _, k := range rule.Needs {
		if !r.has(k) {
			missing = append(missing, k.Word())
		}
	}
	return missing
}

func (r *run) reportOf(rule Rule) RuleReport {
	report := RuleReport{Rule: rule}
	for _, h := range r.hits {
		if h.Rule == rule.ID {
			if report.Hits++; h.State == Manual {
				report.Manual++
			}
		}
	}
	if missing := r.lacking(rule); len(missing) > 0 {
		report.Note = "没有" + strings.Join(missing, "、") + "，需上级比对"
		return report
	}
	switch {
	case rule.ID == "HL-05" && !r.has(OtherRoll):
		report.Note = "只比对了本册；没有外乡镇发放册，跨乡镇重复需上级比对"
	case rule.ID == "HL-02" && !r.has(Deaths):
		report.Note = "没有死亡名单，只依据户籍注销"
	}
	return report
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
		if current == 0 {
			notes = append(notes, fmt.Sprintf("发放册里没有%s的发放记录（最近的是%s），“不在册”的结果都不可靠，请核对发放册或 as_of", r.now, latest))
		}
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

// hit records a hit about a resident.
func (r *run) hit(rule string, res resident, state State, amount int64, why string, lines []int32, residents ...resident) {
	r.hits = append(r.hits, Hit{Rule: rule, ID: r.idText(res), Name: r.register.name(res), State: state, Why: why, Amount: Yuan(amount), Sources: r.sources(lines, residents)})
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
