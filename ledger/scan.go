package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/store"
)

// Flaw is something that a scan of the ledger found wrong: what, how often, where, and what to do about it.
type Flaw struct {
	Code  string
	Word  string // 缺口, 悬空
	Level plan.Level
	N     int
	Text  string // 3 个具体表现没有措施回应
	Do    string // what to do
	Spots []Spot // the first few places
}

// Spot is a place where something is wrong. What it is of follows from the code of the flaw.
type Spot struct {
	ID    int64
	Unit  string // name
	Label string // 问题 4; empty when the place is no finding
	Text  string // what stands there
}

// The codes of flaws.
const (
	FlawUnanswered = "unanswered" // manifestations without a measure
	FlawVague      = "vague"      // findings with nobody in particular responsible
	FlawUngiven    = "ungiven"    // measures that nobody was given
	FlawUncounted  = "uncounted"  // measures whose recurrence nobody can count
	FlawUnreceived = "unreceived" // duties not received for more than [unreceivedDays] working days
	FlawVacant     = "vacant"     // posts without holder that have duties; the spots are posts
	FlawOld        = "old"        // evidence older than the feedback, without a reason
	FlawRelapsed   = "relapsed"   // findings that came back
	FlawYear       = "year"       // a year ahead whose days off are not known; the spot is none
	FlawLaw        = "law"        // measures with a form that a rule of law touches
	FlawBurden     = "burden"     // the village that was asked most this month (L17); the spot is a unit
)

const (
	unreceivedDays = 3  // working days
	yearAhead      = 60 // days before New Year from which the next year's holidays are missed: the notice comes in late autumn
	mostSpots      = 3
)

// scanDay is what the checks depend on beside the database.
type scanDay struct {
	today, monthFrom, monthTo string
	receivedBy                int64  // Unix ms: what was given before should have been received
	missing                   string // year ahead that the calendar does not know; empty for none
}

// check is one standing question to the ledger. Its query gives id, unit, number and order of a finding (or nothing and -1), a title, what
// stands there, and how many there are in all. Where {findings} or {units} stands comes the sight of the person: of finding f, or of
// the unit u.
type check struct {
	code, word string
	level      plan.Level
	text       string // with %d for the number
	do         string
	args       func(scanDay) []any // nil: there is nothing to ask on that day
	query      string
}

func noArgs(scanDay) []any { return []any{} }

// open is the condition that a finding is still worked on.
const openClause = `f.dropped = 0 and f.closing = 0`

// checks are all there are, what is missing first.
var checks = []check{
	{FlawRelapsed, "反弹", plan.LevelGap, "%d 个问题销号后反弹重开", "看反弹的起因，补任务、补佐证，再申请销号。", noArgs,
		`select f.id, u.name, f.number, f.ord, f.title, coalesce((select r.text from relapse r where r.finding = f.id order by r.id desc limit 1), ''), count(*) over ()
			from finding f join unit u on u.id = f.unit where f.relapsed = 1 and f.dropped = 0{findings} order by f.due, f.id`},
	{FlawUnanswered, "缺口", plan.LevelGap, "%d 个具体表现没有措施回应", "补一条措施，或写明由哪条措施一并解决。", noArgs,
		`select f.id, u.name, f.number, f.ord, f.title, m.number || m.text, count(*) over () from manifestation m join finding f on f.id = m.finding join unit u on u.id = f.unit
			where f.gaps > 0 and ` + openClause + ` and not exists (select 1 from answer a where a.manifestation = m.id){findings} order by f.plan, f.ord, m.ord`},
	{FlawVague, "悬空", plan.LevelGap, "%d 个问题没有落实到人", "到期无人可催。请写上责任人，或交办到岗位。", noArgs,
		`select f.id, u.name, f.number, f.ord, f.title, f.title, count(*) over () from finding f join unit u on u.id = f.unit
			where f.vague = 1 and ` + openClause + ` and not exists (select 1 from duty d where d.finding = f.id and d.state <> 'stopped'){findings} order by f.plan, f.ord`},
	{FlawUngiven, "未交办", plan.LevelGap, "%d 条措施还没有交办到人", "逐条交办，任务才会到期、才有人签收。", noArgs,
		`select f.id, u.name, f.number, f.ord, f.title, m.number || m.text, count(*) over () from measure m join finding f on f.id = m.finding join unit u on u.id = f.unit
			where ` + openClause + ` and not exists (select 1 from duty d where d.finding = f.id and d.measure = m.id and d.state <> 'stopped'){findings} order by f.plan, f.ord, m.ord`},
	{FlawVacant, "空岗", plan.LevelGap, "%d 个空缺的岗位上还有任务", "请任命新人，或把任务交给别人。", func(d scanDay) []any { return []any{d.today} },
		`select p.id, u.name, '', -1, p.title, p.title, count(*) over () from post p join unit u on u.id = p.unit
			where p.active = 1 and exists (select 1 from duty d where d.post = p.id and d.state <> 'stopped')
			and not exists (select 1 from holding h where h.post = p.id and h.starts <= $1 and (h.ends = '' or h.ends >= $1)) and {units} order by u.path, p.id`},
	{FlawUncounted, "待定", plan.LevelCheck, "%d 条措施的频次数不出次数", "“定期”“常态化”要先定下多久一次，再交办。", noArgs,
		`select f.id, u.name, f.number, f.ord, f.title, m.number || m.text, count(*) over () from measure m join finding f on f.id = m.finding join unit u on u.id = f.unit
			where m.rules like '%"vague"%' and m.rules not like '%"rrule"%' and m.rules not like '%"event"%' and ` + openClause + `
			and not exists (select 1 from duty d where d.finding = f.id and d.measure = m.id and d.rule <> '' and d.state <> 'stopped'){findings} order by f.plan, f.ord, m.ord`},
	{FlawUnreceived, "未签收", plan.LevelCheck, "%d 项任务交办三个工作日以上没有签收", "打个电话问问；人不在的请换人。", func(d scanDay) []any { return []any{d.receivedBy} },
		`select f.id, u.name, f.number, f.ord, f.title, s.name || '：' || d.title, count(*) over () from duty d join finding f on f.id = d.finding join unit u on u.id = d.unit
			join staff s on s.id = d.staff where d.state = 'given' and d.given < $1{findings} order by d.given, d.id`},
	{FlawOld, "可疑", plan.LevelCheck, "%d 份佐证的日期早于反馈日期", "属立行立改的请写明来由，否则换一份。", noArgs,
		`select f.id, u.name, f.number, f.ord, f.title, e.title || '（' || e.event || '）', count(*) over () from evidence e join finding f on f.id = e.finding
			join unit u on u.id = f.unit join plan p on p.id = f.plan join round r on r.id = p.round
			where e.replaced = 0 and e.withdrawn = '' and e.early = '' and r.feedback > '' and e.event < r.feedback and ` + openClause + `{findings} order by e.event, e.id`},
	{FlawLaw, "合规", plan.LevelCheck, "%d 条措施的写法要留意", "已原样导入；请按提示换成合规的做法。", noArgs,
		`select f.id, u.name, f.number, f.ord, f.title, n.text, count(*) over () from note n join finding f on f.id = n.finding join unit u on u.id = f.unit
			where n.code = '` + plan.LawfulForm + `' and ` + openClause + `{findings} order by f.plan, f.ord, n.id`},
	{FlawYear, "日历", plan.LevelCheck, "下一年放假安排还没有导入，有 %d 次任务的到期日会变", "国务院办公厅的通知公布后，在日历页导入。", func(d scanDay) []any {
		if d.missing == "" {
			return nil
		}
		return []any{d.missing + "-01-01", d.missing + "-12-31"}
	}, `select 0, '', '', -1, '', '', count(*) from occurrence o
			where o.state = 'open' and o.due >= $1 and o.due <= $2 and o.home in (select u.id from unit u where {units})`},
	{FlawBurden, "负担", plan.LevelInfo, "本月被要求办 %d 次的村最多", "看看能不能并、能不能减：已经登记过的不要再报一遍。", func(d scanDay) []any { return []any{d.monthFrom, d.monthTo} },
		`select v.id, v.name, '', -1, v.name, v.name, count(*) from occurrence o join unit v on v.id = o.unit
			where o.unit in (select u.id from unit u where u.kind = 'village' and {units}) and o.state in ('open', 'reported', 'returned', 'done', 'missed')
			and o.due >= $1 and o.due <= $2 group by v.id, v.name, v.path order by 7 desc, v.path`},
}

// Scan asks everything that is asked of the ledger day by day, as far as who sees it, and returns what is wrong. Nothing wrong is an
// empty list.
func Scan(ctx context.Context, q store.Querier, cal calendar.Calendar, who org.Person, now time.Time) ([]Flaw, error) {
	day := newScanDay(cal, now)
	var flaws []Flaw
	for _, c := range checks {
		args := c.args(day)
		if args == nil {
			continue
		}
		f, err := c.ask(ctx, q, who, args)
		if err != nil {
			return nil, fmt.Errorf("scan %s: %w", c.code, err)
		}
		if f.N > 0 {
			flaws = append(flaws, f)
		}
	}
	return flaws, nil
}

func newScanDay(cal calendar.Calendar, now time.Time) scanDay {
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, now.Location())
	d := scanDay{today: now.Format(time.DateOnly), monthFrom: first.Format(time.DateOnly), monthTo: first.AddDate(0, 1, -1).Format(time.DateOnly)}
	given := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	for range 60 {
		if cal.Between(given.Format(time.DateOnly), d.today) > unreceivedDays {
			break
		}
		given = given.AddDate(0, 0, -1)
	}
	d.receivedBy = given.AddDate(0, 0, 1).UnixMilli() // the whole of the last day that is too long ago
	if missing := cal.Missing(d.today, now.AddDate(0, 0, yearAhead).Format(time.DateOnly)); len(missing) > 0 {
		d.missing = missing[len(missing)-1]
	}
	return d
}

// ask asks one check.
func (c check) ask(ctx context.Context, q store.Querier, who org.Person, args []any) (Flaw, error) {
	f := Flaw{Code: c.code, Word: c.word, Level: c.level, Do: c.do}
	query := c.query
	if strings.Contains(query, "{findings}") {
		var scope string
		scope, args = visible(who, args...)
		query = strings.Replace(query, "{findings}", scope, 1)
	} else {
		var scope string
		scope, args = who.Under("u.path", args...)
		query = strings.Replace(query, "{units}", scope, 1)
	}
	spots, err := store.All(ctx, q, func(rows *sql.Rows, s *Spot) error {
		var of Finding
		n := 0
		if err := rows.Scan(&s.ID, &s.Unit, &of.Number, &of.Ord, &of.Title, &s.Text, &n); err != nil {
			return err
		}
		if of.Ord >= 0 {
			s.Label = "问题 " + of.Serial()
		}
		if f.N == 0 {
			f.N = n
		}
		return nil
	}, query+" limit "+fmt.Sprint(mostSpots), args...)
	if c.code == FlawBurden && len(spots) > 1 {
		spots = spots[:1] // no ranking of villages: the one that is asked most
	}
	f.Spots, f.Text = spots, fmt.Sprintf(c.text, f.N)
	return f, err
}
