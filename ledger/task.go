package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/store"
)

// Assignment is a measure given to somebody (交办): what becomes a duty.
type Assignment struct {
	Measure  int // index into the finding's measures
	Unit     int64
	Post     int64 // whose holder does it; 0: Staff by name
	Staff    int64
	Part     duty.Part
	Title    string
	Rule     string // calendar.Rule; empty: once, until Due
	Words    string // of the plan, that the rule was read from
	Due      string // of a single task; empty: the finding's
	Starts   string
	Ends     string
	Reviewed bool
	Place    int64
	// Condition is the order that the measure stands under, and its time.
	Condition, CondFrom, CondTo string
}

// Assign gives measures of a finding to people. What stands already is not given twice.
func Assign(ctx context.Context, db *store.DB, cal calendar.Calendar, who org.Person, finding int64, list []Assignment) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		f, err := openFinding(ctx, tx, who, finding)
		if err != nil {
			return err
		}
		if err := who.Check(org.Assign, f.Unit); err != nil {
			return err
		}
		rules, err := LoadRules(ctx, tx)
		if err != nil {
			return err
		}
		have, err := duty.OfFinding(ctx, tx, finding)
		if err != nil {
			return err
		}
		units := map[int64]bool{}
		var problems AssignProblems
		for i, a := range list {
			d, due, err := a.duty(ctx, tx, who, f)
			if err == nil && slices.ContainsFunc(have, func(h duty.Duty) bool { return same(h, d) }) {
				continue
			}
			if err == nil {
				d.Grace = rules.Grace
				_, err = duty.Give(ctx, tx, cal, who, d, due)
			}
			var bad Invalid
			if errors.As(err, &bad) { // the next may be wrong too
				problems = append(problems, AssignProblem{i, bad})
				continue
			}
			if err != nil {
				return err
			}
			have = append(have, d)
			units[d.Unit.ID] = true
		}
		if len(problems) > 0 {
			return problems
		}
		for unit := range units {
			if err := admit(ctx, tx, f, unit); err != nil {
				return err
			}
		}
		return nil
	})
}

// openFinding reads a finding that can still be worked on.
func openFinding(ctx context.Context, tx *store.Tx, who org.Person, id int64) (Finding, error) {
	if err := tx.Lock(ctx, "finding", id); err != nil { // two at once see each other, and what is sent twice is done once
		return Finding{}, err
	}
	f, err := ByID(ctx, tx, who, id)
	switch {
	case err != nil:
		return f, err
	case f.Dropped > 0:
		return f, Invalid{Field: "问题", What: fmt.Sprintf("方案第%d版已不再列这个问题，记录只能查看", f.Dropped)}
	case f.Closing != 0:
		return f, Invalid{Field: "问题", What: "已经销号。要重新整改，请由书记或区委巡察办“重新打开”"}
	}
	return f, nil
}

// same tells whether a duty stands already.
func same(h, d duty.Duty) bool {
	return h.State != duty.Stopped && h.Measure == d.Measure && h.Unit.ID == d.Unit.ID && h.Staff == d.Staff && h.Part == d.Part && h.Rule == d.Rule && h.Title == d.Title
}

// outside is why nobody gives work to, or in, what they do not see.
const outside = "不在您的范围内"

// duty makes the duty of an assignment, or says what it lacks. Unit, post and person are such as who sees.
func (a Assignment) duty(ctx context.Context, tx *store.Tx, who org.Person, f Finding) (duty.Duty, string, error) {
	var d duty.Duty
	if a.Measure < 0 || a.Measure >= len(f.Measures) {
		return d, "", Invalid{Field: "整改措施", What: "这条措施已不存在，请刷新页面"}
	}
	m := f.Measures[a.Measure]
	if a.Part != duty.Lead && a.Part != duty.Help {
		return d, "", Invalid{Field: "分工", What: "请选“牵头”或“配合”"}
	}
	if a.Rule == "" {
		if vague := uncountable(m); vague != "" {
			return d, "", Invalid{Field: "频次", What: fmt.Sprintf("%s写的是“%s”，数不出次数。请先定下多久一次，再交办", f.MeasureName(a.Measure), vague)}
		}
	}
	unit, err := org.UnitByID(ctx, tx, a.Unit)
	if err != nil {
		return d, "", Invalid{Field: "责任单位", What: "请从单位库里选一个单位"}
	}
	if !who.Within(unit) {
		return d, "", Invalid{Field: "责任单位", What: unit.Name + outside + "，请选本单位或下属单位"}
	}
	staff := a.Staff
	if a.Post != 0 {
		post, err := org.PostByID(ctx, tx, a.Post)
		if errors.Is(err, store.ErrNotFound) {
			return d, "", Invalid{Field: "岗位", What: "没有这个岗位，请重选"}
		}
		if err != nil {
			return d, "", err
		}
		if !who.Within(post.Unit) {
			return d, "", Invalid{Field: "岗位", What: post.Unit.Name + "的“" + post.Title + "”" + outside + "，请另选"}
		}
		holder, err := org.HolderOn(ctx, tx, a.Post, dayOf(tx))
		if errors.Is(err, store.ErrNotFound) {
			return d, "", Invalid{Field: "岗位", What: "这个岗位现在空缺，请先任职或改选个人"}
		}
		if err != nil {
			return d, "", err
		}
		staff = holder.Staff
	}
	person, err := org.PersonByID(ctx, tx, staff, dayOf(tx))
	if err != nil {
		return d, "", Invalid{Field: "责任人", What: "没有落实到人，不能交办。请选一个人或一个岗位"}
	}
	if !who.Within(person.Unit) {
		return d, "", Invalid{Field: "责任人", What: person.Unit.Name + "的" + person.Name + outside + "，请另选"}
	}
	due := a.Due
	if due == "" {
		due = f.Due
	}
	title := strings.TrimSpace(a.Title)
	if title == "" {
		title = TaskTitle(m.Text)
	}
	return duty.Duty{Finding: f.ID, Measure: m.ID, Home: f.Unit.ID, Unit: unit, Post: a.Post, Staff: staff, Name: person.Name, Part: a.Part, Title: title,
		Rule: a.Rule, Words: a.Words, Starts: a.Starts, Ends: a.Ends, Reviewed: a.Reviewed, Place: a.Place,
		Condition: strings.TrimSpace(a.Condition), CondFrom: a.CondFrom, CondTo: a.CondTo}, due, nil
}

// uncountable is the word of a measure that nobody can count, when it has no countable one beside it: 定期, 常态化.
func uncountable(m Measure) string {
	word := ""
	for _, r := range m.Rules {
		if r.Vague == "" {
			return ""
		}
		word = r.Vague
	}
	return word
}

// TaskTitle is a measure in a few words, for lists: up to its first stop, at most 22 signs.
func TaskTitle(text string) string {
	r := []rune(strings.TrimSpace(text))
	for i, c := range r {
		if i >= 4 && strings.ContainsRune(clauseEnds, c) {
			return string(r[:min(i, 22)])
		}
		if i == 22 {
			return string(r[:22]) + "…"
		}
	}
	return string(r)
}

// clauseTitle names the task that a frequency phrase of a measure speaks of: the clause around the phrase, without it. Of a measure
// with several phrases each thus gets a name of its own.
func clauseTitle(text, phrase string) string {
	before, after, found := strings.Cut(text, phrase)
	if phrase == "" || !found {
		return TaskTitle(text)
	}
	if i := strings.LastIndexAny(before, clauseEnds); i >= 0 {
		_, n := utf8.DecodeRuneInString(before[i:])
		before = before[i+n:]
	}
	if i := strings.IndexAny(after, clauseEnds); i >= 0 {
		after = after[:i]
	}
	clause := strings.TrimSpace(before + after)
	if utf8.RuneCountInString(clause) < 4 {
		return TaskTitle(text)
	}
	return TaskTitle(clause)
}

// clauseEnds are the signs between the clauses of a measure.
const clauseEnds = "，。；,;：:"

// admit lets the units on the path to one see a finding: it has a task in it.
func admit(ctx context.Context, tx *store.Tx, f Finding, unit int64) error {
	u, err := org.UnitByID(ctx, tx, unit)
	if err != nil {
		return err
	}
	root := f.Unit.Ancestors()[0]
	added := int64(0)
	for _, id := range u.Ancestors() {
		if id == root {
			continue
		}
		n, err := tx.Exec(ctx, `insert into finding_scope (unit, finding) values ($1, $2) on conflict (unit, finding) do nothing`, id, f.ID)
		if err != nil {
			return fmt.Errorf("admit: %w", err)
		}
		added += n
	}
	if added == 0 {
		return nil
	}
	return index(ctx, tx, f)
}

// dutyUnits lists the units that have a task in a finding.
func dutyUnits(ctx context.Context, q store.Querier, finding int64) ([]org.Unit, error) {
	duties, err := duty.OfFinding(ctx, q, finding)
	var units []org.Unit
	for _, d := range duties {
		if d.State != duty.Stopped {
			units = append(units, d.Unit)
		}
	}
	return units, err
}

// stopOrphans ends the duties of measures that a finding no longer has.
func stopOrphans(ctx context.Context, tx *store.Tx, who org.Person, f Finding) error {
	duties, err := duty.OfFinding(ctx, tx, f.ID)
	if err != nil {
		return err
	}
	for _, d := range duties {
		gone := d.Measure != 0 && !slices.ContainsFunc(f.Measures, func(m Measure) bool { return m.ID == d.Measure })
		why := ""
		switch {
		case d.State == duty.Stopped:
		case f.Dropped > 0:
			why = fmt.Sprintf("方案第%d版不再列这个问题", f.Dropped)
		case gone:
			why = "方案已不再列这条措施"
		}
		if why != "" {
			if err := duty.Stop(ctx, tx, who, d.ID, why); err != nil {
				return err
			}
		}
	}
	return nil
}

// Receive acknowledges a duty (签收).
func Receive(ctx context.Context, db *store.DB, who org.Person, id int64) error {
	return db.Write(ctx, func(tx *store.Tx) error { return duty.Receive(ctx, tx, who, id) })
}

// ReceiveAll acknowledges everything that waits for it, and returns how much that was.
func ReceiveAll(ctx context.Context, db *store.DB, who org.Person) (int, error) {
	n := 0
	err := db.Write(ctx, func(tx *store.Tx) error {
		waiting, err := duty.Unreceived(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		n = len(waiting)
		for _, d := range waiting {
			if err := duty.Receive(ctx, tx, who, d.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// StopDuty ends a duty with a reason.
func StopDuty(ctx context.Context, db *store.DB, who org.Person, id int64, reason string) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		if err := checkHome(ctx, tx, who, org.Assign, id); err != nil {
			return err
		}
		if err := keepsPulse(ctx, tx, id); err != nil {
			return err
		}
		return duty.Stop(ctx, tx, who, id, reason)
	})
}

// ChangeRule gives a duty another rule of recurrence from a day on.
func ChangeRule(ctx context.Context, db *store.DB, cal calendar.Calendar, who org.Person, id, version int64, rule, since, reason string) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		if err := checkHome(ctx, tx, who, org.Assign, id); err != nil {
			return err
		}
		return duty.ChangeRule(ctx, tx, cal, who, id, version, rule, since, reason)
	})
}

// checkHome checks a right over the unit whose plan a duty serves.
func checkHome(ctx context.Context, tx *store.Tx, who org.Person, a org.Action, id int64) error {
	d, err := duty.ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	home, err := org.UnitByID(ctx, tx, d.Home)
	if err != nil {
		return err
	}
	return who.Check(a, home)
}

// FeedbackOf is the day of the feedback that a finding answers, empty when unknown.
func FeedbackOf(ctx context.Context, q store.Querier, finding int64) (string, error) {
	return store.One(ctx, q, store.Value[string], `select r.feedback from finding f join plan p on p.id = f.plan join round r on r.id = p.round where f.id = $1`, finding)
}

// Report tells of an occurrence with what proves it, and returns it with its receipt number.
func Report(ctx context.Context, db *store.DB, cal calendar.Calendar, who org.Person, id, version int64, r duty.Report, proof []evidence.Item) (duty.Occurrence, error) {
	var o duty.Occurrence
	err := db.Write(ctx, func(tx *store.Tx) error {
		before, err := duty.OccurrenceByID(ctx, tx, id)
		if err != nil {
			return err
		}
		feedback, err := FeedbackOf(ctx, tx, before.Finding)
		if err != nil {
			return err
		}
		if o, err = duty.Tell(ctx, tx, cal, who, id, version, feedback, r); err != nil || o.Version == before.Version {
			return err // sent twice: what came with it is there
		}
		for _, item := range proof {
			item.Finding, item.Measure, item.Occurrence = o.Finding, o.Measure, o.ID
			if item.Event == "" {
				item.Event = o.Happened
			}
			if item.Early == "" && o.Timing == duty.Early {
				item.Early = o.Reason
			}
			if _, err := evidence.Add(ctx, tx, who, feedback, item); err != nil {
				return err
			}
		}
		if o.Standing == duty.Done {
			return afterTask(ctx, tx, o)
		}
		return nil
	})
	return o, err
}

// Decide passes a report or sends it back.
func Decide(ctx context.Context, db *store.DB, cal calendar.Calendar, who org.Person, id, version int64, d duty.Decision) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		o, err := duty.Decide(ctx, tx, cal, who, id, version, d)
		if err != nil {
			return err
		}
		if o.Standing == duty.Done {
			return afterTask(ctx, tx, o)
		}
		return nil
	})
}

// Waive cancels or excuses an occurrence.
func Waive(ctx context.Context, db *store.DB, who org.Person, id, version int64, to duty.Standing, reason string) error {
	return db.Write(ctx, func(tx *store.Tx) error { return duty.Waive(ctx, tx, who, id, version, to, reason) })
}

// afterTask looks whether what was found ends the upkeep of its finding.
func afterTask(ctx context.Context, tx *store.Tx, o duty.Occurrence) error {
	if o.Result != duty.Slipped {
		return nil
	}
	rules, err := LoadRules(ctx, tx)
	if err != nil {
		return err
	}
	return watch(ctx, tx, rules, o.Finding)
}

// Proposal is an assignment as the plan's words suggest it, for a person to confirm.
type Proposal struct {
	Assignment
	Problem string // what a person must settle first
	Given   bool   // there is a duty for it already
}

// Propose suggests for every measure of a finding who does it and how often, as far as the plan says so.
func Propose(ctx context.Context, q store.Querier, f Finding) ([]Proposal, error) {
	duties, err := duty.OfFinding(ctx, q, f.ID)
	if err != nil {
		return nil, err
	}
	names, err := org.NamesFor(ctx, q, f.Unit)
	if err != nil {
		return nil, err
	}
	var staff int64
	for _, p := range f.Persons {
		if staff == 0 {
			staff = names.Staff(p.Name)
		}
	}
	var units []int64
	for _, u := range f.Units {
		if isEveryVillage(u.Name) {
			villages, err := villagesOf(ctx, q, f.Unit)
			if err != nil {
				return nil, err
			}
			units = append(units, villages...)
		} else if id := names.Unit(u.Name).ID; id != 0 {
			units = append(units, id)
		}
	}
	var list []Proposal
	for i, m := range f.Measures {
		given := slices.ContainsFunc(duties, func(d duty.Duty) bool { return d.Measure == m.ID && d.State != duty.Stopped })
		for _, p := range proposalsOf(f, i) {
			p.Given = given
			p.Staff = staff
			if len(units) == 0 {
				list = append(list, p)
			}
			for k, u := range units {
				x := p
				x.Unit = u
				if k > 0 && !isEveryVillage(f.Units[0].Name) {
					x.Part = duty.Help
				}
				if k > 0 {
					x.Staff = 0
				}
				if x.Staff == 0 {
					if x.Staff, err = onlyCadre(ctx, q, u); err != nil {
						return nil, err
					}
				}
				list = append(list, x)
			}
		}
	}
	return list, nil
}

// proposalsOf suggests the rules of one measure: one proposal for each countable phrase, one single task where there is none.
func proposalsOf(f Finding, i int) []Proposal {
	m := f.Measures[i]
	base := Proposal{Assignment: Assignment{Measure: i, Part: duty.Lead, Title: TaskTitle(m.Text), Due: f.Due, Reviewed: true}}
	var list []Proposal
	for k, r := range m.Rules {
		p := base
		phrase := ""
		if k < len(m.Frequencies) {
			phrase = m.Frequencies[k]
		}
		p.Words = phrase
		p.Title = clauseTitle(m.Text, phrase)
		rule, err := duty.Propose(phrase, r)
		if err != nil {
			p.Problem = err.Error()
		} else {
			p.Rule = rule.String()
			p.Reviewed = rule.Freq != calendar.Daily // nobody can look at every day of everybody
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		list = append(list, base)
	}
	if m.Tense == plan.Done {
		list = list[:1]
		list[0].Rule, list[0].Problem, list[0].Reviewed = "", "", true
	}
	return list
}

func isEveryVillage(name string) bool {
	name = plain(name)
	return slices.ContainsFunc([]string{"各村", "各村（社区）", "各村党支部", "各党支部", "全镇各村"}, func(s string) bool { return plain(s) == name })
}

func villagesOf(ctx context.Context, q store.Querier, u org.Unit) ([]int64, error) {
	return store.All(ctx, q, store.Value[int64], `select id from unit where kind = 'village' and path like $1 order by ord, id`, u.Path+"%")
}

// onlyCadre is the person of a unit who reports, when there is just one.
func onlyCadre(ctx context.Context, q store.Querier, unit int64) (int64, error) {
	list, err := store.All(ctx, q, store.Value[int64],
		`select id from staff where unit = $1 and role = 'cadre' and active = 1 order by id limit 2`, unit)
	if err != nil || len(list) != 1 {
		return 0, err
	}
	return list[0], nil
}

// HandOver passes a post to somebody else from today on, with everything that is open of it (整改责任交接). It returns the duties that
// moved, as they stood before.
func HandOver(ctx context.Context, db *store.DB, who org.Person, post, to int64, basis string) ([]duty.Duty, error) {
	var moved []duty.Duty
	err := db.Write(ctx, func(tx *store.Tx) error {
		p, err := org.PostByID(ctx, tx, post)
		if err != nil {
			return err
		}
		if err := who.Check(org.HandOver, p.Unit); err != nil {
			return err
		}
		person, err := org.PersonByID(ctx, tx, to, dayOf(tx))
		if err != nil {
			return Invalid{Field: "接收人", What: "没有这个人，或已不在岗"}
		}
		done, err := tookOver(ctx, tx, post, to)
		if err != nil {
			return err
		}
		before, err := org.Succeed(ctx, tx, who, post, to, dayOf(tx), basis)
		if err != nil {
			return err
		}
		if before == 0 || done {
			return nil
		}
		gave, err := org.StaffByID(ctx, tx, before)
		if err != nil {
			return err
		}
		if moved, err = duty.OfHolder(ctx, tx, before, post); err != nil {
			return err
		}
		moved, err = reassign(ctx, tx, who, moved, gave.Name, person, p.Title, basis)
		return err
	})
	return moved, err
}

// HandOverPerson passes everything open of somebody who leaves to another.
func HandOverPerson(ctx context.Context, db *store.DB, who org.Person, from, to int64, reason string) ([]duty.Duty, error) {
	var moved []duty.Duty
	err := db.Write(ctx, func(tx *store.Tx) error {
		leaving, err := org.PersonByID(ctx, tx, from, dayOf(tx))
		if err != nil {
			return Invalid{Field: "移交人", What: "没有这个人，或已不在岗"}
		}
		if err := who.Check(org.HandOver, leaving.Unit); err != nil {
			return err
		}
		person, err := org.PersonByID(ctx, tx, to, dayOf(tx))
		switch {
		case err != nil:
			return Invalid{Field: "接收人", What: "没有这个人，或已不在岗"}
		case from == to:
			return Invalid{Field: "接收人", What: "移交人和接收人是同一个人，请另选接收人"}
		case !who.Within(person.Unit):
			return Invalid{Field: "接收人", What: person.Unit.Name + "的" + person.Name + outside + "，请另选"}
		}
		if strings.TrimSpace(reason) == "" {
			return Invalid{Field: "理由", What: "请写明为什么交接"}
		}
		if moved, err = duty.OfHolder(ctx, tx, from, 0); err != nil {
			return err
		}
		if len(moved) == 0 {
			return nil
		}
		for i := range moved {
			moved[i].Post = 0 // or the night would give it back to whoever holds the post
		}
		moved, err = reassign(ctx, tx, who, moved, leaving.Name, person, "", reason)
		return err
	})
	return moved, err
}

// tookOver tells whether somebody took a post over today already: the same form sent twice is done once.
func tookOver(ctx context.Context, tx *store.Tx, post, to int64) (bool, error) {
	h, err := org.HolderOn(ctx, tx, post, dayOf(tx))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return h.Staff == to && h.Starts == dayOf(tx), err
}

// reassign moves duties and writes the sheet of it into the record: an entry for each duty and, behind them, one that tells how many
// they are, between whom and why; see [HandOverOf]. It returns those that really moved: what is with the receiver already does not.
func reassign(ctx context.Context, tx *store.Tx, who org.Person, list []duty.Duty, from string, to org.Person, post, basis string) ([]duty.Duty, error) {
	moved := slices.DeleteFunc(slices.Clone(list), func(d duty.Duty) bool { return d.Staff == to.ID })
	if len(moved) == 0 {
		return nil, nil
	}
	for _, d := range moved {
		if err := duty.Reassign(ctx, tx, who, d, to, basis); err != nil {
			return nil, err
		}
	}
	return moved, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "交接", Kind: "staff", Row: to.ID,
		Changes: []journal.Change{{Field: "任务", To: fmt.Sprintf("%d项", len(moved))}, {Field: "移交人", To: from}, {Field: "接收人", To: to.Name},
			{Field: "岗位", To: post}, {Field: "依据", To: strings.TrimSpace(basis)}}})
}

// dayOf is the day of a transaction.
func dayOf(tx *store.Tx) string { return tx.Now.Format(time.DateOnly) }
