package sample

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// item is a finding of the sample on its way through the loop.
type item struct {
	finding
	unit  string // whose plan it is in
	town  *town
	order int       // among the villages of the town; -1 for the town's own
	last  time.Time // when everything is done that gets done
	clerk string
	asked int // how often somebody applied in vain

	taken    bool // for a thing that is shown once
	cameBack bool // after it was closed
}

// working tells whether anybody was given the measures of the item.
func (it *item) working() bool { return it != nil && !it.fate.silent && !it.fate.dateless }

// schedule plans what happens to a paper: it is uploaded and confirmed, its measures are given to people, who report.
func (b *builder) schedule(w written, t *town) {
	unit := w.unitName()
	order := slices.IndexFunc(t.villages, func(v village) bool { return v.name == unit })
	b.at(w.confirmed, func(ctx context.Context) error {
		data, err := w.style.file(w.paper)
		if err != nil {
			return err
		}
		return b.importPaper(ctx, w, ledger.NewPlan, w.name+"."+w.style.ext, data)
	})
	for i, f := range w.findings {
		it := &item{finding: f, unit: unit, town: t, order: order, clerk: w.clerk}
		b.items[unit+f.title] = it
		b.list = append(b.list, it)
		reporter := w.reporters[i%len(w.reporters)]
		reports := f.reports(b.rng, b.cal, w.confirmed, b.today)
		for _, r := range reports {
			it.last = r.at
			b.at(r.at, func(ctx context.Context) error { return b.progress(ctx, reporter, unit, f.title, r.edit) })
		}
		switch {
		case it.working():
			given := b.workday(w.confirmed, 1).Add(time.Duration(i) * 3 * time.Minute)
			b.at(given, func(ctx context.Context) error { return b.assign(ctx, it) })
			if f.fate.closing != "" {
				b.at(b.workday(it.last, 2), func(ctx context.Context) error { return b.apply(ctx, it, i) })
			}
		case f.fate.silent && i%2 == 0: // given lately, and not received yet
			b.at(b.ago(2, 10).Add(time.Duration(i)*time.Minute), func(ctx context.Context) error { return b.assign(ctx, it) })
		}
	}
}

// workday is the n-th working day after a day, in working hours.
func (b *builder) workday(t time.Time, n int) time.Time {
	day, err := time.ParseInLocation(time.DateOnly, b.cal.After(t.Format(time.DateOnly), n), t.Location())
	if err != nil {
		return t
	}
	return day.Add(8*time.Hour + 40*time.Minute + time.Duration(b.dice.IntN(8*60))*time.Minute)
}

// later is the n-th working day from now, in working hours.
func (b *builder) later(n int) time.Time { return b.workday(b.clock, n) }

// owner is who does measure i of an item, and for which unit.
func (b *builder) owner(it *item, i int) (org.Unit, org.Person) {
	if it.order >= 0 {
		return b.units[it.unit], b.people[it.persons[0]]
	}
	if len(it.persons) == 0 {
		return b.units[it.town.name], b.people[it.town.leaders[2].name]
	}
	return b.units[it.town.name+"/"+it.units[0]], b.people[it.persons[0]]
}

// assign gives to people what of the measures of an item is not given yet; they receive it the day after.
func (b *builder) assign(ctx context.Context, it *item) error {
	if !it.working() && !it.fate.silent {
		return nil
	}
	f, err := b.find(ctx, it.clerk, it.unit, it.title)
	if err != nil || f.Closing != 0 || f.Dropped != 0 {
		return err
	}
	have, err := duty.OfFinding(ctx, b.db, f.ID)
	if err != nil {
		return err
	}
	var list []ledger.Assignment
	for i, m := range f.Measures {
		if slices.ContainsFunc(have, func(d duty.Duty) bool { return d.Measure == m.ID && d.State != duty.Stopped }) {
			continue
		}
		list = append(list, b.assignments(it, f, i)...)
	}
	if len(list) == 0 {
		return nil
	}
	if err := ledger.Assign(ctx, b.db, b.cal, b.people[it.clerk], f.ID, list); err != nil {
		return fmt.Errorf("%s %s: %w", it.unit, it.title, err)
	}
	if !it.fate.silent {
		for _, a := range list {
			b.receive(a.Staff)
		}
	}
	return b.follow(ctx, it)
}

// receive has somebody receive the next day what there is by then.
func (b *builder) receive(staff int64) {
	if staff == 0 || b.expects[staff] {
		return // for a post, whose holder does it with the first report; or done with what came before
	}
	b.expects[staff] = true
	b.at(b.later(1), func(ctx context.Context) error {
		b.expects[staff] = false
		_, err := ledger.ReceiveAll(ctx, b.db, b.byID[staff])
		return err
	})
}

// assignments are how measure i is given: as the sample's table of recurring duties says, or as the plan's words do.
func (b *builder) assignments(it *item, f ledger.Finding, i int) []ledger.Assignment {
	if list := b.standing(it, i); len(list) > 0 {
		return list
	}
	m := f.Measures[i]
	unit, who := b.owner(it, i)
	base := ledger.Assignment{Measure: i, Unit: unit.ID, Staff: who.ID, Part: duty.Lead, Due: f.Due, Reviewed: true}
	if base.Due == "" {
		base.Due = b.cal.After(b.clock.Format(time.DateOnly), 10)
	}
	if it.fate.silent {
		base.Starts = b.today.Format(time.DateOnly)
	}
	list := []ledger.Assignment{base}
	vague := false
	for k, r := range m.Rules {
		phrase := ""
		if k < len(m.Frequencies) {
			phrase = m.Frequencies[k]
		}
		rule, err := duty.Propose(phrase, r)
		vague = vague || r.Vague != ""
		if err != nil || !it.recurs(rule) {
			continue
		}
		list[0].Rule, list[0].Words, list[0].Reviewed = rule.String(), phrase, it.order < 0
		break
	}
	if vague && list[0].Rule == "" { // what nobody can count is counted by quarters
		list[0].Rule = "FREQ=MONTHLY;INTERVAL=3"
	}
	if it.order < 0 && i == 0 && len(it.units) > 1 && list[0].Rule == "" && !it.fate.silent { // a co-operating unit answers for itself
		help := base
		help.Unit, help.Staff, help.Part, help.Title = b.units[it.town.name+"/"+it.units[1]].ID, b.people[it.persons[1]].ID, duty.Help, "配合："+ledger.TaskTitle(m.Text)
		list = append(list, help)
	}
	return list
}

// recurs tells whether the sample runs a rule out of the plan's words. What comes every few days would be most of the sample's work,
// so that it does in the first town and its first village only; others are asked for it once, like what waits for an event or a year.
func (it *item) recurs(r calendar.Rule) bool {
	shown := it.town.name == townSeeds[0].name && it.order <= 0
	switch {
	case r.Event != "" || r.Freq == calendar.Yearly || r.Freq == calendar.Daily:
		return false
	case r.Freq == calendar.Weekly || r.Times > 1 || len(r.MonthDays) > 1:
		return shown
	case r.Freq == calendar.Monthly && r.Interval < 3:
		return it.order < 8
	}
	return true
}

// chance draws a number below 100 for a thing by its name, so that it does not hang on what else happens.
func chance(name string) int {
	h := fnv.New32a()
	h.Write([]byte(name))
	return int(h.Sum32() % 100)
}

// follow plans the reports on the occurrences of an item that are due until today, and have none planned.
func (b *builder) follow(ctx context.Context, it *item) error {
	if it.fate.silent {
		return nil
	}
	id := b.ids[it.unit+it.title]
	list, err := duty.List(ctx, b.db, duty.Filter{Finding: id, Standings: []duty.Standing{duty.Open}})
	if err != nil {
		return err
	}
	singles, recurring := 0, map[int64][]duty.Occurrence{}
	var order []int64
	for _, o := range list {
		if b.seen[o.ID] {
			continue
		}
		switch {
		case !o.Recurs:
			b.seen[o.ID] = true
			singles++
			b.planSingle(it, o, singles)
		case o.Due < b.today.Format(time.DateOnly):
			b.seen[o.ID] = true
			if recurring[o.Duty] == nil {
				order = append(order, o.Duty)
			}
			recurring[o.Duty] = append(recurring[o.Duty], o)
		}
	}
	for _, d := range order {
		for i, o := range recurring[d] {
			if err := b.planRecurring(it, o, len(recurring[d])-i); err != nil {
				return err
			}
		}
	}
	return nil
}

// planSingle plans the report on the n-th single task of an item: all get done of what is closed, the first of what is half done.
func (b *builder) planSingle(it *item, o duty.Occurrence, n int) {
	if it.fate == soon && n == 1 && chance(it.unit+it.title) < 60 { // what is due in these days comes in
		b.at(b.ago(1+chance(it.title)%3, 15), func(ctx context.Context) error { return b.report(ctx, it, o.ID, "") })
		return
	}
	if it.fate.closing == "" && (it.fate.state != ledger.Part || n > 1) || standingOf(o.Title, o.UnitName).paused {
		return
	}
	end := it.last
	if !end.After(b.clock) { // come back, or given late
		end = b.later(5)
	}
	at := b.clock.Add(end.Sub(b.clock) * time.Duration(n) / time.Duration(n+1))
	at = b.workday(at.AddDate(0, 0, -1), 1)
	if at.After(end) && end.After(b.clock) {
		at = end.Add(-time.Duration(n) * time.Minute)
	}
	b.at(at, func(ctx context.Context) error { return b.report(ctx, it, o.ID, "") })
}

// planRecurring plans the report on an occurrence of a recurring duty, the n-th from the last that is due before today.
func (b *builder) planRecurring(it *item, o duty.Occurrence, n int) error {
	s := standingOf(o.Title, o.UnitName)
	due, err := time.ParseInLocation(time.DateOnly, o.Due, b.today.Location())
	if err != nil {
		return err
	}
	evening := due.Add(15*time.Hour + 30*time.Minute + time.Duration(b.dice.IntN(150))*time.Minute)
	luck := chance(o.Title + o.UnitName + o.Nominal)
	lateBy := 0
	if o.Part != duty.Watch && it.fate.closing == "" && luck < 6 || slices.Contains(s.late, n) {
		lateBy = 1 + luck%3
	}
	at := evening
	switch {
	case slices.Contains(s.missed, n), s.lapses(b, o.Due):
		return nil
	case slices.Contains(s.cancelled, n):
		b.at(due.AddDate(0, 0, -1).Add(10*time.Hour), func(ctx context.Context) error {
			return b.onOccurrence(ctx, o.ID, func(now duty.Occurrence) error {
				return ledger.Waive(ctx, b.db, b.people[it.clerk], now.ID, now.Version, duty.Cancelled, "全镇干部下村防汛值守，当周学习停一次")
			})
		})
		return nil
	case slices.Contains(s.madeUp, n):
		closes, err := time.ParseInLocation(time.DateOnly, o.Closes, b.today.Location())
		if err != nil {
			return err
		}
		at = b.workday(closes, 4)
	case lateBy > 0:
		at = b.workday(due, lateBy)
		if !at.Before(b.today) {
			if b.behind++; b.behind > 4 {
				at = evening
			}
		}
	case o.Opens < o.Due && luck%2 == 0: // it may be done any day of its period
		early := b.workday(due.AddDate(0, 0, -2-luck%4), 1)
		if early.Format(time.DateOnly) >= o.Opens && early.Before(evening) {
			at = early
		}
	}
	if at.Before(b.clock) {
		at = b.clock.Add(time.Minute)
	}
	if slices.Contains(s.returned, n) {
		b.redo[o.ID] = 2
	}
	if s.name != "" && !o.Reviewed && it.fate.closing == "" && at.Format(time.DateOnly) <= o.Closes {
		b.at(at, func(ctx context.Context) error { // nothing else happens to these: they stand as they were read
			_, err := b.tell(ctx, it, o, s.say(n))
			return err
		})
		return nil
	}
	b.at(at, func(ctx context.Context) error { return b.report(ctx, it, o.ID, s.say(n)) })
	return nil
}

// onOccurrence reads an occurrence as it is now and does something with it.
func (b *builder) onOccurrence(ctx context.Context, id int64, do func(duty.Occurrence) error) error {
	o, err := duty.OccurrenceByID(ctx, b.db, id)
	if err != nil {
		return err
	}
	return do(o)
}

// report reports on an occurrence, and has the report looked at by the next days.
func (b *builder) report(ctx context.Context, it *item, id int64, said string) error {
	return b.onOccurrence(ctx, id, func(o duty.Occurrence) error {
		if o.Standing != duty.Open && o.Standing != duty.Missed && o.Standing != duty.Returned {
			return nil
		}
		_, err := b.tell(ctx, it, o, said)
		if err != nil || !o.Reviewed {
			return err
		}
		at := b.later(1 + chance(o.Title+o.Nominal)%2)
		if it.town.name == townSeeds[0].name && at.After(b.ago(4, 0)) && it.fate.closing == "" && b.kept < 8 {
			b.kept++
			return nil // these wait for the newcomer
		}
		if !at.Before(b.today) { // and no more than these
			at = b.clock.Add(time.Hour)
		}
		b.at(at, func(ctx context.Context) error { return b.review(ctx, it, id) })
		return nil
	})
}

// tell reports on an occurrence with what proves it.
func (b *builder) tell(ctx context.Context, it *item, o duty.Occurrence, said string) (duty.Occurrence, error) {
	if said == "" {
		said = b.words(it, o)
	}
	r := duty.Report{Said: said}
	day := b.clock.Format(time.DateOnly)
	switch {
	case o.Part == duty.Watch:
		r.Result = duty.Held
	case o.Standing == duty.Returned:
		r.Said += "，按退回意见补齐了材料"
	case o.Closes != "" && day > o.Closes:
		r.Reason = "当时集中下村，没有按时登记，现补办并补录"
	}
	var proof []evidence.Item
	if it.atOnce() && !o.Recurs { // 立行立改: done before the feedback was put on paper
		feedback, err := ledger.FeedbackOf(ctx, b.db, o.Finding)
		if err != nil {
			return o, err
		}
		if t, err := time.ParseInLocation(time.DateOnly, feedback, b.today.Location()); err == nil {
			r.Happened = b.workday(t.AddDate(0, 0, -12), 1).Format(time.DateOnly)
			r.Reason = "巡察组现场指出后当即整改，立行立改"
		}
	}
	if !o.Recurs || o.Standing != duty.Open || o.Reviewed && chance(o.Nominal+o.Title)%4 == 0 || b.firstOf(o) {
		item, err := b.proof(ctx, it, o, said)
		if err != nil {
			return o, err
		}
		proof = append(proof, item)
	}
	done, err := ledger.Report(ctx, b.db, b.cal, b.byID[o.Staff], o.ID, o.Version, r, proof)
	if err != nil {
		err = fmt.Errorf("%s %s %s %s: %w", it.unit, o.Title, o.Due, o.Standing, err)
	}
	return done, err
}

// atOnce tells whether the item was put right before the plan (立行立改).
func (it *item) atOnce() bool { return strings.HasPrefix(it.dueText, "立行立改") }

// firstOf tells, once for each duty, that nothing proves it yet.
func (b *builder) firstOf(o duty.Occurrence) bool {
	first := !b.seen[-o.Duty]
	b.seen[-o.Duty] = true
	return first
}

// words say what was done: the result that the theme has for the measure.
func (b *builder) words(it *item, o duty.Occurrence) string {
	results := it.results()
	switch {
	case o.Part == duty.Watch:
		return []string{"现场看过，没有反弹", "查了台账，问了三户，都还保持着", "随机看了两处，做法没有变"}[chance(o.Nominal)%3]
	case strings.HasPrefix(o.Title, "反弹"):
		return "重新整改到位，逐处看过"
	case o.Part == duty.Help:
		return "本单位负责的部分已办完，材料已交牵头单位"
	case o.Recurs:
		return []string{"本期按计划办完，记录在册", "已按期办完，没有发现新问题", "办完，发现的小问题当场改了", "按期完成，结果已公示"}[chance(o.Title+o.Nominal)%4]
	case len(results) > 0:
		return results[chance(o.Title)%len(results)]
	}
	return it.doing
}

// reviewer is who looks at a report of an item: the clerk, for the clerk's own work the head of the town.
func (b *builder) reviewer(it *item, o duty.Occurrence) org.Person {
	clerk := b.people[it.clerk]
	if o.Staff == clerk.ID || o.EnteredBy == clerk.ID {
		return b.people[it.town.leaders[1].name]
	}
	return clerk
}

// review passes a report, unless it is one of those meant to be sent back.
func (b *builder) review(ctx context.Context, it *item, id int64) error {
	return b.onOccurrence(ctx, id, func(o duty.Occurrence) error {
		if o.Standing != duty.Reported {
			return nil
		}
		d := duty.Decision{Pass: true}
		if n := b.redo[id]; n > 0 {
			b.redo[id]--
			d = duty.Decision{Opinion: []string{"签到表只有复印件，请附原件照片", "记录没有写讨论内容，请补发言人和要点"}[n%2]}
			b.at(b.later(1), func(ctx context.Context) error { return b.report(ctx, it, id, "") })
		}
		if err := ledger.Decide(ctx, b.db, b.cal, b.reviewer(it, o), o.ID, o.Version, d); err != nil {
			return fmt.Errorf("%s %s: %w", it.unit, o.Title, err)
		}
		return nil
	})
}

// settle brings in what a closing still waits for: what is due is reported, what is reported is looked at, and of a recurring duty
// that has not come yet the first is done ahead.
func (b *builder) settle(ctx context.Context, it *item, f ledger.Finding) error {
	w, err := ledger.WorkOf(ctx, b.db, f)
	if err != nil {
		return err
	}
	today := b.clock.Format(time.DateOnly)
	for _, m := range f.Measures {
		p := w.Measure(m.ID, today)
		if p.Met() && p.Evidence > 0 {
			continue
		}
		for _, o := range w.Occurrences {
			ahead := slices.ContainsFunc(p.Unanswered, func(d duty.Duty) bool { return d.ID == o.Duty })
			mine := slices.ContainsFunc(p.Duties, func(d duty.Duty) bool { return d.ID == o.Duty })
			pending := o.Standing == duty.Open || o.Standing == duty.Returned || o.Standing == duty.Missed
			if !mine || pending && o.Recurs && (o.Opens > today || o.Due > today && !ahead) {
				continue
			}
			if pending {
				if ahead {
					p.Unanswered = slices.DeleteFunc(p.Unanswered, func(d duty.Duty) bool { return d.ID == o.Duty })
				}
				b.seen[o.ID] = true
				if o, err = b.tell(ctx, it, o, ""); err != nil {
					return err
				}
			}
			if o.Standing == duty.Reported {
				b.redo[o.ID] = 0
				if err := b.review(ctx, it, o.ID); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// apply asks for the closing of an item and sends it on its way to where its fate has it.
func (b *builder) apply(ctx context.Context, it *item, i int) error {
	f, err := b.find(ctx, it.clerk, it.unit, it.title)
	if err != nil {
		return err
	}
	if err := b.settle(ctx, it, f); err != nil {
		return err
	}
	who := b.people[it.clerk]
	if it.order >= 0 {
		who = b.people[it.persons[0]]
	} else if i%2 == 1 {
		who = b.people[it.town.second.name]
	}
	id, err := ledger.Apply(ctx, b.db, who, f.ID, f.Version, strings.Join(it.results(), "；")+"。已逐条对照具体表现核对")
	var blocked ledger.Blocked
	if errors.As(err, &blocked) && it.asked < 3 { // what recurs is not due yet: once more after its day
		it.asked++
		b.at(b.later(8), func(ctx context.Context) error { return b.apply(ctx, it, i) })
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", it.unit, it.title, err)
	}
	if it.fate.closing != ledger.Applied {
		b.at(b.later(1), func(ctx context.Context) error { return b.step(ctx, it, id) })
	}
	return nil
}

// step takes the next step of a closing, and plans the one after it.
func (b *builder) step(ctx context.Context, it *item, id int64) error {
	c, err := ledger.ClosingByID(ctx, b.db, id)
	if err != nil || !c.Step.Running() {
		return err
	}
	luck := chance(it.unit + it.title)
	who, v, wait := b.people[it.town.leaders[0].name], ledger.Verdict{Pass: true, Words: "同意"}, 1+luck%3
	switch c.Step {
	case ledger.Applied:
		who = b.people[it.town.leaders[1+luck%8].name]
		if it.leader != "" {
			who = b.people[it.leader]
		}
		v.Words = []string{"材料齐全，现场看过，同意", "属实，同意销号", "已到村核对，同意"}[luck%3]
		if it.fate.closing == ledger.SentBack {
			v = ledger.Verdict{Words: "第二项措施只有一份记录，群众是否知晓没有佐证，请补公示照片后再报"}
		}
	case ledger.Signed:
		who = b.people["邵文澜"]
		if luck%2 == 0 {
			who = b.people["乔景澄"]
		}
		v.Words = "同意销号"
	}
	c, err = ledger.DecideClosing(ctx, b.db, b.cal, who, id, c.Version, v)
	if err != nil {
		return fmt.Errorf("%s %s: %w", it.unit, it.title, err)
	}
	switch {
	case c.Step == it.fate.closing:
		b.receive(c.Reviewed.Staff)
		return b.follow(ctx, it) // a closed finding may have got a check to be made every quarter
	case it.fate.closing == ledger.Voided:
		b.at(b.later(2), func(ctx context.Context) error { return b.spoil(ctx, it) })
	case c.Step.Running():
		b.at(b.later(wait), func(ctx context.Context) error { return b.step(ctx, it, id) })
	}
	return nil
}

// spoil changes what was applied for, which voids the application.
func (b *builder) spoil(ctx context.Context, it *item) error {
	return b.editDuty(ctx, it.clerk, it.unit, it.title, func(e *ledger.DutyEdit) {
		if due, err := time.Parse(time.DateOnly, e.Due); err == nil {
			e.Due = due.AddDate(0, 0, 15).Format(time.DateOnly)
		}
	})
}

// nights plans the nights on which the program does its own part, and what the clerks do with the letters that it drafts then.
func (b *builder) nights(list []town) {
	first := b.ago(170, 0)
	for day := first.AddDate(0, 0, (8-int(first.Weekday()))%7); day.Before(b.today); day = day.AddDate(0, 0, 7) {
		b.at(day.Add(30*time.Minute), b.night)
		for i := range list {
			t := &list[i]
			if day.After(b.ago(3, 0)) {
				break // what was drafted these days is still on the desk
			}
			b.at(day.Add(9*time.Hour+time.Duration(10*i)*time.Minute), func(ctx context.Context) error { return b.letters(ctx, t) })
		}
	}
}

// letters deals with the drafts on the desk of a town: most are sent, some are not.
func (b *builder) letters(ctx context.Context, t *town) error {
	clerk, secretary := b.people[t.heads["党政"].name], b.people[t.leaders[0].name]
	drafts, err := ledger.Letters(ctx, b.db, clerk, "draft", 300)
	if err != nil {
		return err
	}
	for _, l := range drafts {
		luck := chance(l.Title + string(l.Kind))
		recent := 9 // of each kind some are left in each state, but only of late
		if b.clock.After(b.ago(30, 0)) {
			b.sent[l.Kind]++
			recent = b.sent[l.Kind] % 5
		}
		who := clerk
		if l.Kind == ledger.Warn {
			who = secretary
		}
		if l.Kind == ledger.Remind && (luck < 8 || recent == 3) {
			if err := ledger.DropLetter(ctx, b.db, clerk, l.ID, l.Version); err != nil {
				return err
			}
			continue
		}
		if err := ledger.SendLetter(ctx, b.db, who, l.ID, l.Version); err != nil {
			return err
		}
		if recent == 1 {
			continue
		}
		to, known := b.byID[l.Staff]
		if !known {
			to = clerk
		}
		b.at(b.later(1), func(ctx context.Context) error {
			if err := ledger.ReceiveLetter(ctx, b.db, to, l.ID); err != nil || recent == 2 {
				return err
			}
			b.at(b.later(1+luck%3), func(ctx context.Context) error { return b.answer(ctx, to, l.ID) })
			return nil
		})
	}
	return nil
}

// answer replies to a letter.
func (b *builder) answer(ctx context.Context, who org.Person, id int64) error {
	l, err := ledger.LetterByID(ctx, b.db, who, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	words := []string{"已排出工作计划，本周内办完报材料。", "主要措施已落实，缺的材料正在补，期限前报结。", "已向分管领导汇报，下周三前办结。"}[chance(l.Title)%3]
	if l.Kind != ledger.Remind {
		words = []string{"未按期办结是因为外出人员多、核实慢，已定专人每天办，十个工作日内办结。", "原因已查清，施工队已进场，月底前办结。"}[chance(l.Title)%2]
	}
	return ledger.ReplyLetter(ctx, b.db, who, id, l.Version, words)
}
