package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/duty"
	"bihuan/org"
	"bihuan/store"
)

// Errand is an occurrence as its person meets it: with the words of the plan it comes from, and with who asked for it.
type Errand struct {
	duty.Occurrence
	Words string // of the measure; of a check the title of its finding
	By    string // who chased it or sent it back: 贺晓雨; empty when nobody did
	Said  string // what they said
}

// Today is everything that waits for one person on a day.
type Today struct {
	Waiting []duty.Duty // given and not yet received
	Letters []Letter    // for the person or the own unit, and not yet received
	Now     []Errand    // sent back, overdue, due today
	Missed  []Errand    // missed within the last two weeks: can still be made up for, with a reason
	Soon    []Errand    // due within a week, and can be done already
	Later   []Errand    // can be done already, due later
	Done    []Errand    // reported within the last week, the last first
}

// How far the list looks: days ahead that are near, days back in which what was missed is still offered, and what was done is shown.
const (
	soonDays   = 7
	missedDays = 14
	doneDays   = 7
)

// TodayOf collects what waits for a person.
func TodayOf(ctx context.Context, q store.Querier, who org.Person, today string) (Today, error) {
	var t Today
	var err error
	if t.Waiting, err = duty.Unreceived(ctx, q, who.ID); err != nil {
		return t, err
	}
	if t.Letters, err = lettersFor(ctx, q, who); err != nil {
		return t, err
	}
	const most = 200
	open, err := duty.List(ctx, q, duty.Filter{Staff: who.ID, Standings: duty.Pressing, OpenBy: today, Limit: most})
	if err != nil {
		return t, err
	}
	missed, err := duty.List(ctx, q, duty.Filter{Staff: who.ID, Standings: []duty.Standing{duty.Missed}, DueFrom: addDays(today, -missedDays-30), Newest: true, Limit: most})
	if err != nil {
		return t, err
	}
	missed = slices.DeleteFunc(missed, func(o duty.Occurrence) bool { return o.Closes < addDays(today, -missedDays) })
	done, err := duty.List(ctx, q, duty.Filter{Staff: who.ID, Standings: []duty.Standing{duty.Reported, duty.Done}, DueFrom: addDays(today, -180), Newest: true, Limit: most})
	if err != nil {
		return t, err
	}
	done = slices.DeleteFunc(done, func(o duty.Occurrence) bool { return o.Entered.Format(time.DateOnly) < addDays(today, -doneDays) })
	slices.SortStableFunc(done, func(a, b duty.Occurrence) int { return b.Entered.Compare(a.Entered) })
	all, err := errands(ctx, q, slices.Concat(open, missed, done))
	if err != nil {
		return t, err
	}
	for _, e := range all {
		switch {
		case e.Standing == duty.Missed:
			t.Missed = append(t.Missed, e)
		case e.Standing == duty.Reported || e.Standing == duty.Done:
			t.Done = append(t.Done, e)
		case e.Due <= today || e.Standing == duty.Returned:
			t.Now = append(t.Now, e)
		case e.Due <= addDays(today, soonDays):
			t.Soon = append(t.Soon, e)
		default:
			t.Later = append(t.Later, e)
		}
	}
	return t, nil
}

// Next is what to do after an occurrence: the first that is left of today's, and how many those are.
func (t Today) Next(done int64) (id int64, left int) {
	for _, e := range t.Now {
		if e.ID == done {
			continue
		}
		if id == 0 {
			id = e.ID
		}
		left++
	}
	return id, left
}

// ErrandByID reads an occurrence that who may report on, or [store.ErrNotFound].
func ErrandByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Errand, error) {
	o, err := duty.OccurrenceByID(ctx, q, id)
	if err != nil {
		return Errand{}, err
	}
	unit, err := org.UnitByID(ctx, q, o.Unit)
	if err != nil {
		return Errand{}, err
	}
	if o.EnteredBy != who.ID && o.MayDo(who, unit) != nil {
		return Errand{}, store.ErrNotFound
	}
	list, err := errands(ctx, q, []duty.Occurrence{o})
	if err != nil {
		return Errand{}, err
	}
	return list[0], nil
}

// errands finds the words that occurrences come from, and who asked for them: whoever sent one back, or the last letter about its
// finding.
func errands(ctx context.Context, q store.Querier, list []duty.Occurrence) ([]Errand, error) {
	if len(list) == 0 {
		return nil, nil
	}
	type text struct {
		id         int64
		first, say string
	}
	scan := func(rows *sql.Rows, t *text) error { return rows.Scan(&t.id, &t.first, &t.say) }
	find := func(query string, of func(duty.Occurrence) int64) (map[int64]text, error) {
		var ids []int64
		for _, o := range list {
			ids = append(ids, of(o))
		}
		slices.Sort(ids)
		in, args := inList(slices.Compact(ids))
		found, err := store.All(ctx, q, scan, fmt.Sprintf(query, in), args...)
		by := map[int64]text{}
		for _, t := range found {
			by[t.id] = t
		}
		return by, err
	}
	measures, err := find(`select id, text, '' from measure where id in (%s)`, func(o duty.Occurrence) int64 { return o.Measure })
	if err != nil {
		return nil, err
	}
	findings, err := find(`select id, title, '' from finding where id in (%s)`, func(o duty.Occurrence) int64 { return o.Finding })
	if err != nil {
		return nil, err
	}
	people, err := find(`select id, name, post from staff where id in (%s)`, func(o duty.Occurrence) int64 { return o.DecidedBy })
	if err != nil {
		return nil, err
	}
	letters, err := chasing(ctx, q, list)
	if err != nil {
		return nil, err
	}
	out := make([]Errand, len(list))
	for i, o := range list {
		e := Errand{Occurrence: o, Words: measures[o.Measure].first}
		if e.Words == "" {
			e.Words = findings[o.Finding].first
		}
		l, wrote := letters[chased{o.Finding, o.Staff, 0}]
		if !wrote {
			l, wrote = letters[chased{o.Finding, 0, o.Unit}]
		}
		switch {
		case o.Standing == duty.Returned:
			e.By, e.Said = people[o.DecidedBy].first, o.Opinion
		case wrote && slices.Contains(duty.Pressing, o.Standing):
			e.By, e.Said = l.by, l.kind.Word()
		}
		out[i] = e
	}
	return out, nil
}

// chased is who a letter about a finding is for: a person, or a unit.
type chased struct{ finding, staff, unit int64 }

type chaser struct {
	by   string
	kind LetterKind
}

// chasing finds the last letters about the findings of occurrences that nobody has answered.
func chasing(ctx context.Context, q store.Querier, list []duty.Occurrence) (map[chased]chaser, error) {
	var ids []int64
	for _, o := range list {
		ids = append(ids, o.Finding)
	}
	slices.Sort(ids)
	in, args := inList(slices.Compact(ids))
	type row struct {
		to chased
		chaser
	}
	rows, err := store.All(ctx, q, func(rows *sql.Rows, r *row) error {
		return rows.Scan(&r.to.finding, &r.to.staff, &r.to.unit, &r.by, &r.kind)
	},
		`select l.finding, l.staff, l.addressee, coalesce(s.name, ''), l.kind from letter l left join staff s on s.id = l.sent_by
			where l.finding in (`+in+`) and l.state in ('sent', 'received') order by l.sent, l.id`, args...)
	by := map[chased]chaser{}
	for _, r := range rows {
		if r.to.staff != 0 {
			r.to.unit = 0
		}
		by[r.to] = r.chaser
	}
	return by, err
}

// lettersFor lists the letters that wait for a person, or for anybody of the own unit, to receive them.
func lettersFor(ctx context.Context, q store.Querier, who org.Person) ([]Letter, error) {
	return store.All(ctx, q, scanLetter, `select `+letterColumns+` where (l.staff = $1 or l.staff = 0 and l.addressee = $2) and l.state = 'sent'
		order by l.sent desc, l.id desc limit 20`, who.ID, who.Unit.ID)
}

// addDays is a day so many days later.
func addDays(day string, n int) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.AddDate(0, 0, n).Format(time.DateOnly)
}

// Brief is the beginning of a text, for a line of a list.
func Brief(text string, most int) string {
	r := []rune(strings.Join(strings.Fields(text), ""))
	if len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(r)
}
