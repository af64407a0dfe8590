package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/chinese"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/store"
)

// Stale is the error of saving over somebody else's change.
type Stale = journal.Stale

// Invalid is the error of a value that cannot be kept.
type Invalid = org.Invalid

// DutyEdit is the inline edit of the ledger: who answers for a finding, and until when.
type DutyEdit struct {
	Leader  string
	Units   []string // lead first
	Persons []string // lead first
	DueText string
	Due     string // date or empty
}

// EditDuty changes who answers for a finding and until when. version is the one the editor saw; see [Stale].
func EditDuty(ctx context.Context, db *store.DB, who org.Person, id, version int64, e DutyEdit) error {
	if e.Due != "" {
		if _, err := time.Parse(time.DateOnly, e.Due); err != nil {
			return Invalid{Field: "到期日", What: fmt.Sprintf("“%s”不是日期，请写成 2026-04-30 这样", e.Due)}
		}
	}
	if err := plan.ParseDeadline(e.DueText, 0).Err; err != nil {
		return Invalid{Field: "完成时限", What: err.Error()}
	}
	return change(ctx, db, who, org.Edit, "修改", id, version, func(f *Finding) error {
		f.Leader = strings.TrimSpace(e.Leader)
		f.Units, f.Persons = named(e.Units), named(e.Persons)
		if f.DueText != e.DueText || f.Due != e.Due {
			f.DueText, f.Due = strings.TrimSpace(e.DueText), e.Due
			f.LongTerm = plan.ParseDeadline(f.DueText, 0).LongTerm
		}
		return nil
	})
}

// ProgressEdit reports how far a finding is.
type ProgressEdit struct {
	State    State
	Progress string // one or two sentences
	Evidence string // the papers that prove it
	Reason   string // asked for when State is 未完成
}

// RecordProgress records how far a finding is. version is the one the reporter saw; see [Stale].
func RecordProgress(ctx context.Context, db *store.DB, who org.Person, id, version int64, e ProgressEdit) error {
	if !slices.ContainsFunc(States, func(s struct {
		State State
		Word  string
	}) bool {
		return s.State == e.State
	}) {
		return Invalid{Field: "状态", What: "请从五种状态中选一种"}
	}
	if e.State == Failed && strings.TrimSpace(e.Reason) == "" {
		return Invalid{Field: "未完成原因", What: "未完成是可以如实填报的，请写明原因和下一步时间"}
	}
	if e.State == Part && strings.TrimSpace(e.Progress) == "" {
		return Invalid{Field: "进展", What: "报“" + e.State.Word() + "”要写明做了什么、到什么程度"}
	}
	return change(ctx, db, who, org.Progress, "登记进展", id, version, func(f *Finding) error {
		switch {
		case e.State.Closed() && f.Closing == 0:
			return Invalid{Field: "状态", What: "“" + e.State.Word() + "”要经过销号，不能直接填报。做完了请点“申请销号”"}
		case f.Closing != 0 && e.State != f.State:
			return Invalid{Field: "状态", What: "已经销号。要重新整改，请由书记或区委巡察办“重新打开”"}
		}
		f.State, f.Progress = e.State, strings.TrimSpace(e.Progress)
		f.Evidence, f.Reason = strings.TrimSpace(e.Evidence), strings.TrimSpace(e.Reason)
		return nil
	})
}

// AddMeasure adds a measure that answers the given manifestations (indexes), for what a plan left unanswered.
func AddMeasure(ctx context.Context, db *store.DB, who org.Person, id, version int64, text string, answers []int) error {
	text = strings.TrimSpace(text)
	if text == "" {
		return Invalid{Field: "整改措施", What: "请写明做什么、做到什么程度"}
	}
	return change(ctx, db, who, org.Edit, "补充措施", id, version, func(f *Finding) error {
		m := Measure{Text: text, Tense: plan.Todo, Added: true, Answers: answers}
		m.Frequencies, m.Rules = plan.Frequencies(text)
		f.Measures = append(f.Measures, m)
		return nil
	})
}

// Link says which manifestations (indexes) the measure with the given index answers.
func Link(ctx context.Context, db *store.DB, who org.Person, id, version int64, measure int, answers []int) error {
	return change(ctx, db, who, org.Edit, "对应", id, version, func(f *Finding) error {
		if measure < 0 || measure >= len(f.Measures) {
			return Invalid{Field: "整改措施", What: "这条措施已不存在，请刷新页面"}
		}
		f.Measures[measure].Answers = answers
		return nil
	})
}

// change is the way every edit of a finding goes: read it, check the right, apply, and save when something is different. A save
// whose values already stand is done already and succeeds, also when sent twice.
func change(ctx context.Context, db *store.DB, who org.Person, action org.Action, verb string, id, version int64, apply func(*Finding) error) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		old, err := ByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if err := old.Allows(who, action); err != nil {
			return err
		}
		if old.Dropped > 0 {
			return Invalid{Field: "问题", What: fmt.Sprintf("方案第%d版已不再列这个问题，记录只能查看", old.Dropped)}
		}
		next := old.clone()
		if err := apply(&next); err != nil {
			return err
		}
		if err := next.check(); err != nil {
			return err
		}
		changes := differences(old, next)
		if len(changes) == 0 {
			return nil
		}
		if old.Version != version {
			return journal.StaleRow(ctx, tx, "finding", id)
		}
		var names org.Names
		if touches(changes, "责任单位", "责任人") {
			if names, err = org.NamesFor(ctx, tx, old.Unit); err != nil {
				return err
			}
		}
		return save(ctx, tx, who, names, verb, old, next)
	})
}

// clone copies a finding so deep that changing the copy leaves the original alone.
func (f Finding) clone() Finding {
	f.Units, f.Persons = slices.Clone(f.Units), slices.Clone(f.Persons)
	f.Manifestations, f.Measures = slices.Clone(f.Manifestations), slices.Clone(f.Measures)
	for i := range f.Measures {
		f.Measures[i].Answers = slices.Clone(f.Measures[i].Answers)
	}
	return f
}

// check refuses a finding that could not be shown.
func (f Finding) check() error {
	if strings.TrimSpace(f.Title) == "" {
		return Invalid{Field: "反馈问题", What: "不能为空"}
	}
	for _, m := range f.Measures {
		for _, a := range m.Answers {
			if a < 0 || a >= len(f.Manifestations) {
				return Invalid{Field: "对应的表现", What: "这个表现已不存在，请刷新页面"}
			}
		}
	}
	return nil
}

// named makes names out of what somebody wrote, blanks and empty ones left out.
func named(list []string) []Named {
	var n []Named
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			n = append(n, Named{Name: s})
		}
	}
	return n
}

// Names joins names the way a ledger writes them.
func Names(list []Named) string {
	names := make([]string, len(list))
	for i, n := range list {
		names[i] = n.Name
	}
	return strings.Join(names, "、")
}

// differences lists the fields in which two states of a finding differ, as people call them.
func differences(old, next Finding) []journal.Change {
	var list []journal.Change
	diff := func(field, from, to string) {
		if from != to {
			list = append(list, journal.Change{Field: field, From: from, To: to})
		}
	}
	diff("方面", old.Section.Title, next.Section.Title)
	diff("序号", old.Number, next.Number)
	diff("反馈问题", old.Title, next.Title)
	diff("具体表现", old.manifestationText(), next.manifestationText())
	diff("整改措施", old.measureText(), next.measureText())
	diff("措施对应", old.answerText(), next.answerText())
	diff("整改目标", old.Goal, next.Goal)
	diff("责任领导", old.Leader, next.Leader)
	diff("责任单位", Names(old.Units), Names(next.Units))
	diff("责任人", Names(old.Persons), Names(next.Persons))
	diff("完成时限", old.DueText, next.DueText)
	diff("到期日", old.Due, next.Due)
	diff("长期坚持", yes(old.LongTerm), yes(next.LongTerm))
	diff("状态", old.State.Word(), next.State.Word())
	diff("未完成原因", old.Reason, next.Reason)
	diff("销号", yes(old.Closing != 0), yes(next.Closing != 0))
	diff("反弹次数", fmt.Sprint(old.Relapses), fmt.Sprint(next.Relapses))
	diff("反弹重开", yes(old.Relapsed), yes(next.Relapsed))
	diff("进展", old.Progress, next.Progress)
	diff("佐证", old.Evidence, next.Evidence)
	if old.Dropped != next.Dropped {
		diff("在册", yes(old.Dropped == 0), yes(next.Dropped == 0))
	}
	return list
}

func yes(b bool) string {
	if b {
		return "是"
	}
	return "否"
}

func (f Finding) manifestationText() string {
	var b strings.Builder
	for _, m := range f.Manifestations {
		fmt.Fprintf(&b, "%s%s\n", m.Number, m.Text)
	}
	return strings.TrimSpace(b.String())
}

func (f Finding) measureText() string {
	var b strings.Builder
	for _, m := range f.Measures {
		fmt.Fprintf(&b, "%s%s\n", m.Number, m.Text)
	}
	return strings.TrimSpace(b.String())
}

// answerText writes which measures answer which manifestations, counted from 1: 1→1、2 2→3.
func (f Finding) answerText() string {
	var parts []string
	for i, m := range f.Measures {
		var to []string
		for _, a := range m.Answers {
			to = append(to, fmt.Sprint(a+1))
		}
		if len(to) > 0 {
			parts = append(parts, fmt.Sprintf("措施%d→表现%s", i+1, strings.Join(to, "、")))
		}
	}
	return strings.Join(parts, " ")
}

// resolve looks up the ids of the units and persons of a finding.
func (f *Finding) resolve(names org.Names) {
	for i := range f.Units {
		f.Units[i].ID = names.Unit(f.Units[i].Name).ID
	}
	for i := range f.Persons {
		f.Persons[i].ID = names.Staff(f.Persons[i].Name)
	}
}

// derive sets what follows from the rest of a finding: gaps, and whether nobody in particular is responsible.
func (f *Finding) derive() {
	f.Gaps = 0
	for i := range f.Manifestations {
		if len(f.AnsweredBy(i)) == 0 {
			f.Gaps++
		}
	}
	f.Vague = len(f.Persons) == 0 && f.Leader == "" && !slices.ContainsFunc(f.Units, func(u Named) bool { return !wholeCommittee(u.Name) })
}

// wholeCommittee tells whether a unit is a whole committee, which nobody can be phoned at.
func wholeCommittee(name string) bool {
	return strings.HasSuffix(name, "党委") || strings.HasSuffix(name, "党工委") || strings.HasSuffix(name, "党委政府")
}

// save writes the difference between old and next and tells the journal. names is needed only when units or persons differ.
func save(ctx context.Context, tx *store.Tx, who org.Person, names org.Names, verb string, old, next Finding) error {
	changes := differences(old, next)
	if touches(changes, "责任单位", "责任人") {
		next.resolve(names)
	} else {
		next.Units, next.Persons = old.Units, old.Persons
	}
	next.derive()
	n, err := tx.Exec(ctx, `update finding set section = $2, ord = $3, number = $4, title = $5, goal = $6, leader = $7, lead_unit = $8,
		due_text = $9, due = $10, long_term = $11, state = $12, reason = $13, progress = $14, evidence = $15, gaps = $16, vague = $17,
		dropped = $18, changed = $19, closing = $21, relapses = $22, relapsed = $23, version = version + 1 where id = $1 and version = $20`,
		next.ID, next.Section.ID, next.Ord, next.Number, next.Title, next.Goal, next.Leader, next.leadUnit(),
		next.DueText, next.Due, bit(next.LongTerm), string(next.State), next.Reason, next.Progress, next.Evidence, next.Gaps, bit(next.Vague),
		next.Dropped, tx.Now.UnixMilli(), old.Version, next.Closing, next.Relapses, bit(next.Relapsed))
	if err != nil {
		return fmt.Errorf("save finding: %w", err)
	}
	if n == 0 { // somebody saved between our reading and our writing
		return journal.StaleRow(ctx, tx, "finding", next.ID)
	}
	if touches(changes, "具体表现", "整改措施", "措施对应") {
		if err := writeItems(ctx, tx, &next); err != nil {
			return err
		}
	}
	if touches(changes, "责任单位", "责任人") {
		if err := writeDuties(ctx, tx, names, next); err != nil {
			return err
		}
	}
	if touches(changes, "整改措施", "在册") {
		if err := stopOrphans(ctx, tx, who, next); err != nil {
			return err
		}
	}
	if touches(changes, "序号", "反馈问题", "具体表现", "整改措施", "责任领导", "责任单位", "责任人") {
		if err := index(ctx, tx, next); err != nil {
			return err
		}
	}
	err = journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: "finding", Row: next.ID, Changes: changes})
	if err != nil || !touches(changes, bound...) {
		return err
	}
	return voidClosing(ctx, tx, who, next.ID, verb+"了"+changedFields(changes))
}

// bound are the fields of a finding that approvals of its closing are bound to.
var bound = []string{"反馈问题", "具体表现", "整改措施", "措施对应", "整改目标", "完成时限", "到期日", "长期坚持", "在册"}

// changedFields names the fields of changes: 整改措施、完成时限.
func changedFields(changes []journal.Change) string {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Field
	}
	return strings.Join(names, "、")
}

func touches(changes []journal.Change, fields ...string) bool {
	return slices.ContainsFunc(changes, func(c journal.Change) bool { return slices.Contains(fields, c.Field) })
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (f Finding) leadUnit() any {
	if len(f.Units) == 0 || f.Units[0].ID == 0 {
		return nil
	}
	return f.Units[0].ID
}

func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// insert adds a new finding with everything under it. Its ID is set.
func insert(ctx context.Context, tx *store.Tx, who org.Person, names org.Names, verb string, f *Finding) error {
	f.ID = tx.ID()
	f.resolve(names)
	f.derive()
	_, err := tx.Exec(ctx, `insert into finding (id, plan, unit, section, ord, number, title, goal, leader, lead_unit, due_text, due, long_term,
		state, reason, progress, evidence, gaps, vague, dropped, changed, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 0, $20, 1)`,
		f.ID, f.Plan, f.Unit.ID, f.Section.ID, f.Ord, f.Number, f.Title, f.Goal, f.Leader, f.leadUnit(), f.DueText, f.Due, bit(f.LongTerm),
		string(f.State), f.Reason, f.Progress, f.Evidence, f.Gaps, bit(f.Vague), tx.Now.UnixMilli())
	if err != nil {
		return fmt.Errorf("insert finding: %w", err)
	}
	if err := writeItems(ctx, tx, f); err != nil {
		return err
	}
	if err := writeDuties(ctx, tx, names, *f); err != nil {
		return err
	}
	if err := index(ctx, tx, *f); err != nil {
		return err
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: "finding", Row: f.ID,
		Changes: []journal.Change{{Field: "反馈问题", To: f.Number + f.Title}}})
}

// writeItems replaces the manifestations, measures and answers of a finding. An item with an id keeps it.
func writeItems(ctx context.Context, tx *store.Tx, f *Finding) error {
	for _, q := range []string{
		`delete from answer where measure in (select id from measure where finding = $1)`,
		`delete from measure where finding = $1`,
		`delete from manifestation where finding = $1`,
	} {
		if _, err := tx.Exec(ctx, q, f.ID); err != nil {
			return fmt.Errorf("write items: %w", err)
		}
	}
	for i := range f.Manifestations {
		m := &f.Manifestations[i]
		if m.ID == 0 {
			m.ID = tx.ID()
		}
		_, err := tx.Exec(ctx, `insert into manifestation (id, finding, ord, number, text) values ($1, $2, $3, $4, $5)`, m.ID, f.ID, i, m.Number, m.Text)
		if err != nil {
			return fmt.Errorf("write manifestation: %w", err)
		}
	}
	for i := range f.Measures {
		m := &f.Measures[i]
		if m.ID == 0 {
			m.ID = tx.ID()
		}
		_, err := tx.Exec(ctx, `insert into measure (id, finding, ord, number, text, frequencies, rules, tense, added) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			m.ID, f.ID, i, m.Number, m.Text, jsonList(m.Frequencies), jsonList(m.Rules), string(m.Tense), bit(m.Added))
		if err != nil {
			return fmt.Errorf("write measure: %w", err)
		}
		for _, a := range m.Answers {
			if _, err := tx.Exec(ctx, `insert into answer (measure, manifestation) values ($1, $2)`, m.ID, f.Manifestations[a].ID); err != nil {
				return fmt.Errorf("write answer: %w", err)
			}
		}
	}
	return nil
}

func jsonList[T any](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(list) // strings and rules always marshal
	return string(b)
}

// writeDuties replaces the responsible units and persons of a finding and who sees it because of them.
func writeDuties(ctx context.Context, tx *store.Tx, names org.Names, f Finding) error {
	for _, q := range []string{`delete from finding_unit where finding = $1`, `delete from finding_person where finding = $1`, `delete from finding_scope where finding = $1`} {
		if _, err := tx.Exec(ctx, q, f.ID); err != nil {
			return fmt.Errorf("write duties: %w", err)
		}
	}
	for i, u := range f.Units {
		if _, err := tx.Exec(ctx, `insert into finding_unit (finding, ord, name, unit) values ($1, $2, $3, $4)`, f.ID, i, u.Name, orNull(u.ID)); err != nil {
			return fmt.Errorf("write unit: %w", err)
		}
	}
	for i, p := range f.Persons {
		if _, err := tx.Exec(ctx, `insert into finding_person (finding, ord, name, staff) values ($1, $2, $3, $4)`, f.ID, i, p.Name, orNull(p.ID)); err != nil {
			return fmt.Errorf("write person: %w", err)
		}
	}
	seen := scope(names, f)
	given, err := dutyUnits(ctx, tx, f.ID)
	if err != nil {
		return err
	}
	root := f.Unit.Ancestors()[0]
	for _, u := range given {
		seen = append(seen, u.Ancestors()...)
	}
	slices.Sort(seen)
	for _, unit := range slices.Compact(seen) {
		if unit == root {
			continue
		}
		if _, err := tx.Exec(ctx, `insert into finding_scope (unit, finding) values ($1, $2)`, unit, f.ID); err != nil {
			return fmt.Errorf("write scope: %w", err)
		}
	}
	return nil
}

// scope lists the units that see a finding: those on the path to the plan's unit and to each responsible unit. The root sees all
// and is not listed.
func scope(names org.Names, f Finding) []int64 {
	ids := f.Unit.Ancestors()
	for _, u := range f.Units {
		if u.ID != 0 {
			ids = append(ids, names.Unit(u.Name).Ancestors()...)
		}
	}
	return withoutRoot(ids)
}

// withoutRoot sorts the ids of paths that begin at the root, each once and the root left out.
func withoutRoot(ids []int64) []int64 {
	root := ids[0]
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id int64) bool { return id == root })
}

// scopeTerm is the word under which the search index keeps that a unit sees a row.
func scopeTerm(unit int64) string { return fmt.Sprintf("u%d", unit) }

// index makes a finding findable by its words, for those who see it.
func index(ctx context.Context, tx *store.Tx, f Finding) error {
	words := chinese.Terms(strings.Join([]string{f.Title, f.manifestationText(), f.measureText(), Names(f.Units), f.Leader, Names(f.Persons), f.Number}, "\n"))
	seen, err := store.All(ctx, tx, store.Value[int64], `select unit from finding_scope where finding = $1`, f.ID)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	for _, unit := range seen {
		words = append(words, scopeTerm(unit))
	}
	return tx.Index(ctx, f.ID, strings.Join(words, " "))
}

// reindexed is how many findings are indexed in one transaction.
const reindexed = 200

// Reindex makes the search index anew from the findings, for a database that has come without one.
func Reindex(ctx context.Context, db *store.DB) error {
	ids, err := store.All(ctx, db, store.Value[int64], `select id from finding order by id`)
	if err != nil {
		return fmt.Errorf("reindex: %w", err)
	}
	for part := range slices.Chunk(ids, reindexed) {
		findings, err := ByIDs(ctx, db, part)
		if err != nil {
			return fmt.Errorf("reindex: %w", err)
		}
		err = db.Housekeep(ctx, func(tx *store.Tx) error {
			for _, f := range findings {
				if err := index(ctx, tx, f); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("reindex: %w", err)
		}
	}
	return nil
}
