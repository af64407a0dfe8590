package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Month is what a unit reports of a month (整改月报): how far its findings and measures were at the end, what was due and became of
// it, what was sent, closed, and came back; each beside the month before. A number is what [MonthItems] lists for its code.
type Month struct {
	Unit     org.Unit
	From, To string // first and last day
	AsOf     string // last day that counts: To, or today while the month runs
	Running  bool   // the month is not over
	Figures  []Figure
	Overdue  []MonthItem // findings past their deadline at the end, with why and how far they are
	Next     []MonthItem // findings whose deadline falls into the 31 days after
	Needs    []MonthItem // what waits for somebody above: closings to be accepted, extensions to be decided
}

// Figure is one number of a month.
type Figure struct {
	Code   string
	Group  string // 问题 措施 任务 函件 销号和反弹
	Word   string
	Hint   string // how it is counted, where the word does not say it
	N      int
	Before int  // of the month before
	Part   bool // 其中: it is within the one above
}

// MonthItem is one of those that a figure counts.
type MonthItem struct {
	Finding int64
	Title   string
	Unit    string // who has to do with it
	Text    string // what of the finding, or why
	Day     string // ISO
}

// N is the number of a code, 0 for one that there is not.
func (m Month) N(code string) int {
	for _, f := range m.Figures {
		if f.Code == code {
			return f.N
		}
	}
	return 0
}

// Rate is the completion rate at the end of the month, of the figures that bear the name of a state.
func (m Month) Rate() Rate {
	state := map[State]int{}
	for _, x := range States {
		state[x.State] = m.N(string(x.State))
	}
	return RateOf(state)
}

// figures are all there are, in the order of the report.
var figures = []Figure{
	{Code: "findings", Group: "问题", Word: "问题总数", Hint: "期末在册的问题；下面五种状态相加就是它"},
	{Code: "done", Group: "问题", Word: "完成", Hint: "已销号"},
	{Code: "part", Group: "问题", Word: "阶段性完成"},
	{Code: "doing", Group: "问题", Word: "正在整改", Hint: "反弹重开的也在这里"},
	{Code: "failed", Group: "问题", Word: "未完成"},
	{Code: "keep", Group: "问题", Word: "长期坚持", Hint: "已销号，仍在看有没有反弹"},
	{Code: "measures", Group: "措施", Word: "措施数"},
	{Code: "measures-done", Group: "措施", Word: "已完成", Hint: "各责任人到期的任务都办结，或问题已销号"},
	{Code: "measures-running", Group: "措施", Word: "进行中"},
	{Code: "measures-over", Group: "措施", Word: "超期未完", Hint: "问题的完成时限已过，措施没有完成"},
	{Code: "due", Group: "任务", Word: "本期到期", Hint: "按时、迟办、漏办、待办相加；取消的不算"},
	{Code: "intime", Group: "任务", Word: "按时"},
	{Code: "late", Group: "任务", Word: "迟办", Hint: "过了期限、在宽限内办的"},
	{Code: "missed", Group: "任务", Word: "漏办", Hint: "过了宽限没有办；以后补录的仍算漏办"},
	{Code: "madeup", Group: "任务", Word: "已补录", Part: true},
	{Code: "waiting", Group: "任务", Word: "待办", Hint: "到期还没有报，或退回还没有再报"},
	{Code: "cancelled", Group: "任务", Word: "取消", Hint: "按节假日跳过、取消或免办的"},
	{Code: "returns", Group: "任务", Word: "退回", Hint: "本期复核退回的次数，不论任务哪天到期"},
	{Code: "remind", Group: "函件", Word: "提醒函"},
	{Code: "supervise", Group: "函件", Word: "督办单"},
	{Code: "warn", Group: "函件", Word: "告诫书"},
	{Code: "replied", Group: "函件", Word: "已反馈的函", Hint: "本期签发的三种函件中已经反馈的"},
	{Code: "applied", Group: "销号和反弹", Word: "申请销号"},
	{Code: "refused", Group: "销号和反弹", Word: "退回销号申请"},
	{Code: "accepted", Group: "销号和反弹", Word: "核准销号"},
	{Code: "relapses", Group: "销号和反弹", Word: "反弹"},
	{Code: "asked", Group: "销号和反弹", Word: "申请延期"},
	{Code: "granted", Group: "销号和反弹", Word: "同意延期"},
	{Code: "denied", Group: "销号和反弹", Word: "不同意延期"},
}

// period is a stretch of days and whose it is.
type period struct {
	unit     org.Unit
	from, to string // to: the last day that counts
	start    int64  // the instants from which and before which something happened in it
	end      int64
}

func newPeriod(unit org.Unit, from, to string) (period, error) {
	p := period{unit: unit, from: from, to: to}
	a, err := time.ParseInLocation(time.DateOnly, from, time.Local)
	if err != nil {
		return p, Invalid{Field: "月份", What: fmt.Sprintf("“%s”不是日期，请写成 2026-04-01 这样", from)}
	}
	b, err := time.ParseInLocation(time.DateOnly, to, time.Local)
	if err != nil || b.Before(a) {
		return p, Invalid{Field: "月份", What: "止日不能早于起日"}
	}
	p.start, p.end = a.UnixMilli(), b.AddDate(0, 0, 1).UnixMilli()
	return p, nil
}

// before is the stretch that a period is compared with: the month before a month, else as many days before.
func (p period) before() (period, error) {
	last := addDays(p.from, -1)
	from := addDays(p.from, -daysIn(p.from, p.to))
	if strings.HasSuffix(p.from, "-01") {
		from = last[:8] + "01"
	}
	return newPeriod(p.unit, from, last)
}

// daysIn counts the days from one to another, both included.
func daysIn(from, to string) int {
	a, err := time.Parse(time.DateOnly, from)
	b, err2 := time.Parse(time.DateOnly, to)
	if err != nil || err2 != nil {
		return 0
	}
	return int(b.Sub(a).Hours()/24) + 1
}

// MonthOf counts the month of a unit from one day to another, as of today. The caller has asked whether the unit may be seen.
func MonthOf(ctx context.Context, q store.Querier, unit org.Unit, from, to, today string) (Month, error) {
	m := Month{Unit: unit, From: from, To: to, AsOf: min(to, today), Running: today < to}
	if from > today {
		return m, Invalid{Field: "月份", What: "这个月还没有开始"}
	}
	now, err := newPeriod(unit, from, m.AsOf)
	if err != nil {
		return m, err
	}
	past, err := now.before()
	if err != nil {
		return m, err
	}
	then, err := loadStand(ctx, q, past)
	if err != nil {
		return m, err
	}
	stand, err := loadStand(ctx, q, now)
	if err != nil {
		return m, err
	}
	n, err := now.counts(ctx, q, stand)
	if err != nil {
		return m, err
	}
	before, err := past.counts(ctx, q, then)
	if err != nil {
		return m, err
	}
	for _, f := range figures {
		f.N, f.Before = n[f.Code], before[f.Code]
		m.Figures = append(m.Figures, f)
	}
	soon := addDays(m.AsOf, 31)
	for _, f := range stand.findings {
		item := MonthItem{Finding: f.id, Title: f.title, Unit: f.lead, Text: f.progress, Day: f.due}
		switch {
		case f.state.Settled() || f.due == "":
		case f.due < m.AsOf:
			if item.Text = f.reason; item.Text == "" {
				item.Text = f.progress
			}
			m.Overdue = append(m.Overdue, item)
		case f.due <= soon:
			m.Next = append(m.Next, item)
		}
	}
	m.Needs, err = now.needs(ctx, q)
	return m, err
}

// MonthItems lists what a figure of a month counts, at most limit.
func MonthItems(ctx context.Context, q store.Querier, unit org.Unit, from, to, today, code string, limit int) ([]MonthItem, error) {
	p, err := newPeriod(unit, from, min(to, today))
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(code, "measures") || findingCode(code) {
		stand, err := loadStand(ctx, q, p)
		if err != nil {
			return nil, err
		}
		list := stand.items(code)
		return list[:min(len(list), limit)], nil
	}
	c, ok := p.counted(code)
	if !ok {
		return nil, store.ErrNotFound
	}
	return store.All(ctx, q, scanMonthItem, `select f.id, f.title, `+c.columns+` from `+c.from+` where `+c.where+` order by 5, f.id limit `+fmt.Sprint(limit), c.args...)
}

// MonthWord is what people call a figure.
func MonthWord(code string) (string, bool) {
	for _, f := range figures {
		if f.Code == code {
			return f.Group + "：" + f.Word, true
		}
	}
	return "", false
}

func scanMonthItem(rows *sql.Rows, i *MonthItem) error {
	return rows.Scan(&i.Finding, &i.Title, &i.Unit, &i.Text, &i.Day)
}

func findingCode(code string) bool {
	return code == "findings" || code == string(Done) || code == string(Part) || code == string(Doing) || code == string(Failed) || code == string(Keep)
}

// counts counts all figures; those on occurrences in one pass, for they are many.
func (p period) counts(ctx context.Context, q store.Querier, s stand) (map[string]int, error) {
	n := map[string]int{}
	codes := slices.Sorted(maps.Keys(settledBy))
	columns := make([]string, len(codes))
	for i, code := range codes {
		columns[i] = "count(*) filter (where " + settledBy[code] + ")"
	}
	all := p.occurrences()
	values, err := store.One(ctx, q, func(rows *sql.Rows, values *[]int) error {
		*values = make([]int, len(codes))
		to := make([]any, len(codes))
		for i := range to {
			to[i] = &(*values)[i]
		}
		return rows.Scan(to...)
	}, `select `+strings.Join(columns, ", ")+` from occurrence o where `+all.where, all.args...)
	if err != nil {
		return nil, err
	}
	for i, code := range codes {
		n[code] = values[i]
	}
	for _, f := range figures {
		if _, counted := n[f.Code]; counted {
			continue
		}
		if strings.HasPrefix(f.Code, "measures") || findingCode(f.Code) {
			n[f.Code] = len(s.items(f.Code))
			continue
		}
		c, ok := p.counted(f.Code)
		if !ok {
			return nil, fmt.Errorf("no figure %s", f.Code)
		}
		if n[f.Code], err = store.One(ctx, q, store.Value[int], `select count(*) from `+c.from+` where `+c.where, c.args...); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// occurrences are the conditions on what was due in the period.
func (p period) occurrences() counted {
	var c counted
	c.add("o.due >= ? and o.due <= ?", p.from, p.to)
	p.below(&c)
	return c
}

// below keeps to the occurrences that serve a plan of the unit's subtree or are done by a unit of it.
func (p period) below(c *counted) {
	if p.unit.Parent == 0 {
		return
	}
	path := p.unit.Path + "%"
	c.add("(o.home in (select id from unit where path like ?) or o.unit in (select id from unit where path like ?))", path, path)
}

// counted is a set of rows that a figure counts: what stands after from and where, and the columns of its items.
type counted struct {
	from, where, columns string
	args                 []any
}

// add puts a condition to the others, with ? for its values.
func (c *counted) add(clause string, values ...any) {
	for _, v := range values {
		c.args = append(c.args, v)
		clause = strings.Replace(clause, "?", fmt.Sprintf("$%d", len(c.args)), 1)
	}
	if c.where != "" {
		c.where += " and "
	}
	c.where += clause
}

// settledBy are the conditions of the figures on occurrences; they are those of [duty.Tally].
var settledBy = map[string]string{
	"due":       "o.state in ('done', 'reported', 'open', 'returned', 'missed')",
	"intime":    "o.state in ('done', 'reported') and o.timing in ('intime', 'early')",
	"late":      "o.state in ('done', 'reported') and o.timing = 'late'",
	"missed":    "(o.state = 'missed' or o.timing = 'madeup')",
	"madeup":    "o.timing = 'madeup' and o.state in ('done', 'reported')",
	"waiting":   "o.state in ('open', 'returned') and o.timing <> 'madeup'",
	"cancelled": "o.state in ('cancelled', 'excused')",
}

// counted tells what a figure counts in the period.
func (p period) counted(code string) (counted, bool) {
	var c counted
	below := p.unit.Path + "%"
	const occurrences = `occurrence o join finding f on f.id = o.finding join duty d on d.id = o.duty join unit u on u.id = o.unit join staff s on s.id = o.staff`
	during := func(column string) { c.add(column+" >= ? and "+column+" < ?", p.start, p.end) }
	if settled, ok := settledBy[code]; ok {
		c = p.occurrences()
		c.from, c.columns = occurrences, "u.name, d.title || '　' || s.name, o.due"
		c.add(settled)
		return c, true
	}
	switch code {
	case "returns":
		c.from, c.columns = occurrences+" join journal j on j.row_id = o.id", "u.name, d.title || '　' || s.name, j.happened"
		c.add("j.kind = 'occurrence' and j.verb = '退回'")
		during("j.entered")
		p.below(&c)
	case "remind", "supervise", "warn", "replied":
		c.from, c.columns = "letter l join finding f on f.id = l.finding join unit u on u.id = l.unit join unit a on a.id = l.addressee", "a.name, l.number, l.due"
		if code == "replied" {
			c.add("l.state = 'replied'")
		} else {
			c.add("l.kind = ?", code)
		}
		c.add("l.state not in ('draft', 'dropped')")
		during("l.sent")
		c.add("(u.path like ? or a.path like ?)", below, below)
	case "applied", "refused", "accepted":
		c.from, c.columns = "closing c join finding f on f.id = c.finding join unit u on u.id = c.home", "u.name, c.number, ''"
		switch code {
		case "applied":
			during("c.applied")
		case "refused":
			c.add("c.state = 'returned'")
			during("c.ended")
		default:
			during("c.accepted")
		}
		p.seen(&c)
	case "relapses":
		c.from, c.columns = "relapse r join finding f on f.id = r.finding join unit u on u.id = f.unit", "u.name, r.text, r.day"
		c.add("r.day >= ? and r.day <= ?", p.from, p.to)
		p.seen(&c)
	case "asked", "granted", "denied":
		c.from, c.columns = "extension x join finding f on f.id = x.finding join unit u on u.id = x.home", "u.name, x.due_from || ' → ' || x.due_to || '　' || x.reason, x.due_to"
		switch code {
		case "asked":
			during("x.asked")
		case "granted":
			c.add("x.state = 'granted'")
			during("x.decided")
		default:
			c.add("x.state = 'refused'")
			during("x.decided")
		}
		p.seen(&c)
	default:
		return c, false
	}
	return c, true
}

// seen keeps to the findings that the unit has to do with: those of plans in its subtree, and those a unit of it answers for.
func (p period) seen(c *counted) {
	if p.unit.Parent == 0 {
		c.add("1 = 1")
		return
	}
	c.add("f.id in (select finding from finding_scope where unit = ?)", p.unit.ID)
}

// needs lists what waits for somebody above the unit.
func (p period) needs(ctx context.Context, q store.Querier) ([]MonthItem, error) {
	var list []MonthItem
	for _, x := range []struct{ from, columns, where string }{
		{"closing c join finding f on f.id = c.finding join unit u on u.id = c.home", "u.name, '销号单'||c.number||'，待区委巡察办核准', ''", "c.state = 'signed'"},
		{"extension x join finding f on f.id = x.finding join unit u on u.id = x.home", "u.name, '申请延期，待批复', x.due_to", "x.state = 'asked'"},
	} {
		c := counted{from: x.from, where: x.where}
		p.seen(&c)
		items, err := store.All(ctx, q, scanMonthItem, `select f.id, f.title, `+x.columns+` from `+c.from+` where `+c.where+` order by f.id limit 200`, c.args...)
		if err != nil {
			return nil, err
		}
		list = append(list, items...)
	}
	return list, nil
}

// stand is how findings and measures were at the end of a period.
type stand struct {
	findings []findingStand
	measures []measureStand
}

// findingStand is a finding at the end of a period.
type findingStand struct {
	id                    int64
	title, lead           string
	state                 State
	due, reason, progress string
}

// measureStand is a measure at the end of a period.
type measureStand struct {
	finding int64
	title   string
	unit    string
	text    string
	due     string
	code    string // measures-done -running -over
}

// items lists what a figure on findings or measures counts.
func (s stand) items(code string) []MonthItem {
	var list []MonthItem
	if findingCode(code) {
		for _, f := range s.findings {
			if code == "findings" || code == string(f.state) {
				list = append(list, MonthItem{f.id, f.title, f.lead, f.progress, f.due})
			}
		}
		return list
	}
	for _, m := range s.measures {
		if code == "measures" || code == m.code {
			list = append(list, MonthItem{m.finding, m.title, m.unit, m.text, m.due})
		}
	}
	return list
}

// loadStand tells how findings and measures were at the end of a period: it takes them as they are and goes back through the journal.
func loadStand(ctx context.Context, q store.Querier, p period) (stand, error) {
	var s stand
	type row struct {
		findingStand
		dropped int
	}
	c := counted{}
	p.seen(&c)
	rows, err := store.All(ctx, q, func(rows *sql.Rows, r *row) error {
		return rows.Scan(&r.id, &r.title, &r.lead, &r.state, &r.due, &r.reason, &r.progress, &r.dropped)
	}, `select f.id, f.title, coalesce((select x.name from finding_unit x where x.finding = f.id and x.ord = 0), ''), f.state, f.due, f.reason, f.progress, f.dropped
		from finding f join unit u on u.id = f.unit where `+c.where+` order by u.path, f.plan, f.ord`, c.args...)
	if err != nil {
		return s, err
	}
	at := map[int64]int{}
	for i, r := range rows {
		at[r.id] = i
	}
	type entry struct {
		finding int64
		verb    string
		changes string
	}
	c = counted{}
	p.seen(&c)
	c.add("j.kind = 'finding'")
	c.add("j.entered >= ?", p.end)
	later, err := store.All(ctx, q, func(rows *sql.Rows, e *entry) error { return rows.Scan(&e.finding, &e.verb, &e.changes) },
		`select j.row_id, j.verb, j.data from journal j join finding f on f.id = j.row_id where `+c.where+`
			and (j.verb = '列入' or j.data like '%"状态"%' or j.data like '%"到期日"%' or j.data like '%"在册"%') order by j.seq desc`, c.args...)
	if err != nil {
		return s, err
	}
	unknown := map[int64]bool{} // not yet in the ledger then
	for _, e := range later {
		i, ok := at[e.finding]
		if !ok {
			continue
		}
		if e.verb == "列入" {
			unknown[e.finding] = true
		}
		var changes []journal.Change
		if err := json.Unmarshal([]byte(e.changes), &changes); err != nil {
			return s, fmt.Errorf("journal of finding %d: %w", e.finding, err)
		}
		for _, c := range changes {
			switch c.Field {
			case "状态":
				rows[i].state = stateOfWord(c.From, rows[i].state)
			case "到期日":
				rows[i].due = c.From
			case "在册":
				rows[i].dropped = 0
				if c.From == yes(false) {
					rows[i].dropped = 1
				}
			}
		}
	}
	in := map[int64]findingStand{}
	for _, r := range rows {
		if !unknown[r.id] && r.dropped == 0 {
			s.findings = append(s.findings, r.findingStand)
			in[r.id] = r.findingStand
		}
	}
	s.measures, err = loadMeasures(ctx, q, p, in)
	return s, err
}

// stateOfWord is the state that a word of the screen names.
func stateOfWord(word string, otherwise State) State {
	for _, x := range States {
		if x.Word == word {
			return x.State
		}
	}
	return otherwise
}

// loadMeasures tells how far the measures of findings were at the end of a period. A measure is done when its finding is closed, or
// when every duty of it has been done at least once and nothing that was due is open; see [MeasureWork.Met].
func loadMeasures(ctx context.Context, q store.Querier, p period, in map[int64]findingStand) ([]measureStand, error) {
	type row struct {
		id, finding, duty int64
		number, text      string
		done, pending     int
	}
	c := counted{args: []any{p.end, p.to}}
	p.seen(&c)
	rows, err := store.All(ctx, q, func(rows *sql.Rows, r *row) error {
		return rows.Scan(&r.id, &r.finding, &r.duty, &r.number, &r.text, &r.done, &r.pending)
	}, `select m.id, m.finding, coalesce(d.id, 0), m.number, m.text,
			count(o.id) filter (where o.state = 'excused' and o.decided < $1 or o.state = 'done' and o.entered < $1 and o.decided < $1),
			count(o.id) filter (where (o.closes = '' or o.due <= $2) and not (o.state in ('cancelled', 'excused') or o.state = 'done' and o.entered < $1 and o.decided < $1))
		from measure m join finding f on f.id = m.finding
		left join duty d on d.measure = m.id and d.part <> 'check' and d.given < $1 and d.state <> 'stopped'
		left join occurrence o on o.duty = d.id
		where `+c.where+` group by m.id, m.finding, m.ord, m.number, m.text, d.id order by m.finding, m.ord, d.id`, c.args...)
	if err != nil {
		return nil, err
	}
	var list []measureStand
	for i := 0; i < len(rows); {
		r := rows[i]
		met := true
		for ; i < len(rows) && rows[i].id == r.id; i++ {
			met = met && rows[i].duty != 0 && rows[i].done > 0 && rows[i].pending == 0
		}
		f, ok := in[r.finding]
		if !ok {
			continue
		}
		m := measureStand{finding: f.id, title: f.title, unit: f.lead, text: r.number + r.text, due: f.due, code: "measures-running"}
		switch {
		case met || f.state.Settled():
			m.code = "measures-done"
		case f.due != "" && f.due < p.to:
			m.code = "measures-over"
		}
		list = append(list, m)
	}
	return list, nil
}
