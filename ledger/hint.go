package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/evidence"
	"bihuan/org"
	"bihuan/store"
)

// Hint is a hint with what it is about, as a reviewer sees it.
type Hint struct {
	evidence.Hint
	UnitName string // whose plan it is in, or whom it is about
	unitPath string
	Item     HintSide
	Beside   HintSide // what Item is compared with; zero for none
}

// HintSide is one of the two things that are compared.
type HintSide struct {
	evidence.Ref
	Finding     int64
	FindingName string
	Title       string
	Said        string
	Unit, By    string // of who entered it
	Home        string // whose plan the finding is in
	Event       string
	Entered     time.Time
	File, Media string
	Occurrence  int64
	Seen        bool // by who asked; otherwise only Home and Event are for their eyes
	staff       int64
}

// HintFilter says which hints are wanted. Zero fields ask nothing.
type HintFilter struct {
	Kind       evidence.HintKind
	Unit       string // path of a unit, whose subtree counts
	Finding    int64
	Occurrence int64        // about a report or what was attached to it
	Subject    evidence.Ref // about this, or compared with it
	Dismissed  bool         // those that were dismissed instead of those open
	All        bool         // both
	Limit      int          // 0: all
}

// hintScope is the condition that who sees what a hint is about.
func hintScope(who org.Person, args []any) (string, []any) {
	scope, args := visible(who, args...)
	under, args := who.Under("u.path", args...)
	return `(h.finding <> 0 and exists (select 1 from finding f where f.id = h.finding and f.dropped = 0` + scope + `) or h.finding = 0 and ` + under + `)`, args
}

func (f HintFilter) where(who org.Person) (string, []any) {
	where, args := hintScope(who, nil)
	where = evidence.HintHolds + " and " + where
	and := func(clause string, value any) {
		args = append(args, value)
		where += " and " + strings.ReplaceAll(clause, "?", fmt.Sprintf("$%d", len(args)))
	}
	if f.Kind != "" {
		and("h.kind = ?", string(f.Kind))
	}
	if f.Unit != "" {
		and("u.path like ?", f.Unit+"%")
	}
	if f.Finding != 0 {
		and("h.finding = ?", f.Finding)
	}
	if f.Occurrence != 0 {
		and("(h.subject = 'occurrence' and h.row_id = ? or h.subject = 'evidence' and exists (select 1 from evidence e where e.id = h.row_id and e.occurrence = ?))", f.Occurrence)
	}
	if f.Subject.Table != "" {
		args = append(args, f.Subject.Table, f.Subject.Row)
		where += fmt.Sprintf(" and h.subject = $%d and h.row_id = $%d", len(args)-1, len(args))
	}
	switch {
	case f.All:
	case f.Dismissed:
		where += " and d.id is not null"
	default:
		where += " and d.id is null"
	}
	return where, args
}

// Hints lists hints that who sees, the newest first, and how many there are.
func Hints(ctx context.Context, q store.Querier, who org.Person, filter HintFilter) ([]Hint, int, error) {
	where, args := filter.where(who)
	limit := ""
	if filter.Limit > 0 {
		limit = " limit " + fmt.Sprint(filter.Limit)
	}
	list, err := store.All(ctx, q, scanHint, `select `+evidence.HintColumns+`, u.name, u.path`+evidence.HintTables+` where `+where+` order by h.made desc, h.id desc`+limit, args...)
	if err != nil {
		return nil, 0, err
	}
	total := len(list)
	if total == filter.Limit && total > 0 {
		if total, err = store.One(ctx, q, store.Value[int], `select count(*)`+evidence.HintTables+` where `+where, args...); err != nil {
			return nil, 0, err
		}
	}
	return list, total, hintSides(ctx, q, who, list)
}

func scanHint(rows *sql.Rows, h *Hint) error {
	return evidence.ScanHint(rows, &h.Hint, &h.UnitName, &h.unitPath)
}

// HintByID reads one hint that who sees, or [store.ErrNotFound].
func HintByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Hint, error) {
	where, args := hintScope(who, []any{id})
	h, err := store.One(ctx, q, scanHint, `select `+evidence.HintColumns+`, u.name, u.path`+evidence.HintTables+` where h.id = $1 and `+where, args...)
	if err != nil {
		return h, err
	}
	list := []Hint{h}
	err = hintSides(ctx, q, who, list)
	return list[0], err
}

// hintSides fills in what hints are about.
func hintSides(ctx context.Context, q store.Querier, who org.Person, list []Hint) error {
	rows := map[string][]int64{}
	for _, h := range list {
		rows[h.Subject.Table] = append(rows[h.Subject.Table], h.Subject.Row)
		rows[h.Other.Table] = append(rows[h.Other.Table], h.Other.Row)
	}
	sides := map[evidence.Ref]HintSide{}
	for table, query := range hintSideQueries {
		if len(rows[table]) == 0 {
			continue
		}
		in, args := inList(rows[table])
		found, err := store.All(ctx, q, scanHintSide, fmt.Sprintf(query, in), args...)
		if err != nil {
			return err
		}
		for _, s := range found {
			sides[s.Ref] = s
		}
	}
	var findings []int64
	for _, s := range sides {
		if s.Finding != 0 {
			findings = append(findings, s.Finding)
		}
	}
	seen, err := seenFindings(ctx, q, who, findings)
	if err != nil {
		return err
	}
	for i := range list {
		h := &list[i]
		h.Item, h.Beside = sides[h.Subject], sides[h.Other]
		h.Item.Seen, h.Beside.Seen = true, seen[h.Beside.Finding]
	}
	return nil
}

// hintSideQueries read what a hint may be about, each by a list of ids.
var hintSideQueries = map[string]string{
	"evidence": `select 'evidence', e.id, f.id, f.title, e.title, e.said, w.name, s.name, u.name, e.event, e.entered, e.file, e.media, e.occurrence, e.staff
		from evidence e join finding f on f.id = e.finding join unit u on u.id = f.unit join staff s on s.id = e.staff join unit w on w.id = s.unit where e.id in (%s)`,
	"occurrence": `select 'occurrence', o.id, f.id, f.title, d.title, o.said, w.name, coalesce(s.name, ''), u.name, o.happened, o.entered, '', '', o.id, o.entered_by
		from occurrence o join duty d on d.id = o.duty join finding f on f.id = o.finding join unit u on u.id = f.unit join unit w on w.id = o.unit left join staff s on s.id = o.entered_by
		where o.id in (%s)`,
	"closing": `select 'closing', c.id, f.id, f.title, '第' || cast(c.seq as text) || '次销号申请', '', w.name, s.name, u.name, '', c.applied, '', '', 0, c.applied_by
		from closing c join finding f on f.id = c.finding join unit u on u.id = f.unit join staff s on s.id = c.applied_by join unit w on w.id = s.unit where c.id in (%s)`,
	"lookback": `select 'lookback', v.id, f.id, f.title, '回头看', '', u.name, coalesce(s.name, ''), u.name, v.done, 0, '', '', 0, 0
		from lookback v join finding f on f.id = v.finding join unit u on u.id = f.unit left join staff s on s.id = v.staff where v.id in (%s)`,
	"round": `select 'round', r.id, 0, '', r.name, '', u.name, '', u.name, r.starts, 0, '', '', 0, 0 from round r join unit u on u.id = r.unit where r.id in (%s)`,
	"finding": `select 'finding', f.id, f.id, f.title, f.title, '', u.name, '', u.name, '', 0, '', '', 0, 0
		from finding f join unit u on u.id = f.unit where f.id in (%s)`,
}

func scanHintSide(rows *sql.Rows, s *HintSide) error {
	var entered int64
	err := rows.Scan(&s.Table, &s.Row, &s.Finding, &s.FindingName, &s.Title, &s.Said, &s.Unit, &s.By, &s.Home, &s.Event, &entered, &s.File, &s.Media, &s.Occurrence, &s.staff)
	if entered != 0 {
		s.Entered = time.UnixMilli(entered)
	}
	return err
}

// seenFindings tells which of some findings who sees.
func seenFindings(ctx context.Context, q store.Querier, who org.Person, ids []int64) (map[int64]bool, error) {
	seen := map[int64]bool{}
	if len(ids) == 0 {
		return seen, nil
	}
	in, args := inList(ids)
	scope, args := visible(who, args...)
	list, err := store.All(ctx, q, store.Value[int64], `select f.id from finding f where f.id in (`+in+`)`+scope, args...)
	for _, id := range list {
		seen[id] = true
	}
	return seen, err
}

// MayDismiss tells, with an error that says why not, whether who may say that there is nothing to a hint: whoever weighs hints in its unit,
// and has not entered the thing.
func (h Hint) MayDismiss(who org.Person) error {
	unit := org.Unit{ID: h.Unit, Name: h.UnitName, Path: h.unitPath}
	if err := who.Check(org.Weigh, unit); err != nil {
		return err
	}
	if h.Item.staff == who.ID {
		return Invalid{Field: "核对", What: "这是您登记的，请由别人核对"}
	}
	return nil
}

// DismissHint records that there is nothing to a hint, and why; see [evidence.Dismiss].
func DismissHint(ctx context.Context, db *store.DB, who org.Person, id int64, reason evidence.Reason, words string) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		h, err := HintByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if err := h.MayDismiss(who); err != nil {
			return err
		}
		return evidence.Dismiss(ctx, tx, who, h.Hint, reason, words)
	})
}

// HintCount counts the hints of a kind.
type HintCount struct {
	Kind            evidence.HintKind
	Open, Dismissed int
}

// ReasonCount counts how often a reason was given.
type ReasonCount struct {
	Reason evidence.Reason
	N      int
}

// CountHints counts the hints that who sees of the units below a path (empty: all) by kind, and those that were dismissed by reason, both
// in the order of their lists.
func CountHints(ctx context.Context, q store.Querier, who org.Person, unit string) ([]HintCount, []ReasonCount, error) {
	where, args := HintFilter{Unit: unit, All: true}.where(who)
	type row struct {
		kind   evidence.HintKind
		reason evidence.Reason
		n      int
	}
	rows, err := store.All(ctx, q, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.kind, &r.reason, &r.n) },
		`select h.kind, coalesce(d.reason, ''), count(*)`+evidence.HintTables+` where `+where+` group by h.kind, coalesce(d.reason, '')`, args...)
	var kinds []HintCount
	for _, k := range evidence.HintKinds {
		c := HintCount{Kind: k.Kind}
		for _, r := range rows {
			switch {
			case r.kind != k.Kind:
			case r.reason == "":
				c.Open += r.n
			default:
				c.Dismissed += r.n
			}
		}
		kinds = append(kinds, c)
	}
	var reasons []ReasonCount
	for _, x := range evidence.Reasons {
		c := ReasonCount{Reason: x.Reason}
		for _, r := range rows {
			if r.reason == x.Reason {
				c.N += r.n
			}
		}
		reasons = append(reasons, c)
	}
	return kinds, reasons, err
}

// Lag is how promptly a unit enters what it does.
type Lag struct {
	Unit    org.Unit
	Entries int // reports and evidence
	Late    int // entered more than [LateDays] days after they happened
	Rush    int // of these, entered in the three busiest days
}

// Index is the share of entries that came more than a week late, in percent (临阵磨刀指数); -1 for fewer than ten, which say nothing.
func (l Lag) Index() int {
	if l.Entries < 10 {
		return -1
	}
	return 100 * l.Late / l.Entries
}

// lagDays is how far back entries are counted.
const lagDays = 180

// Lags tells for each unit below a path, of those that who sees, how promptly it has entered what it did in the last half year. Units are in
// the order of the tree; those without an entry are not among them.
func Lags(ctx context.Context, q store.Querier, who org.Person, path string, now time.Time) ([]Lag, error) {
	units, err := org.Seen(ctx, q, who)
	if err != nil {
		return nil, err
	}
	scope := []string{path}
	if path == "" {
		scope = nil
		for _, u := range who.Units() {
			scope = append(scope, u.Path)
		}
	}
	by := map[int64]*Lag{}
	days := map[int64]map[int64]int{} // late ones by day of entry
	for _, p := range scope {
		list, err := filingsUnder(ctx, q, p, now.AddDate(0, 0, -lagDays), now)
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			l := by[f.unit]
			if l == nil {
				l = &Lag{}
				by[f.unit], days[f.unit] = l, map[int64]int{}
			}
			l.Entries++
			if f.late() {
				l.Late++
				days[f.unit][f.entered/(24*time.Hour).Milliseconds()]++
			}
		}
	}
	var all []Lag
	for _, u := range units {
		l := by[u.ID]
		if l == nil {
			continue
		}
		l.Unit = u
		var counts []int
		for _, n := range days[u.ID] {
			counts = append(counts, n)
		}
		slices.Sort(counts)
		for i := len(counts) - 1; i >= max(0, len(counts)-3); i-- {
			l.Rush += counts[i]
		}
		all = append(all, *l)
	}
	return all, nil
}
