package benefit

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Kind is what is asked for.
type Kind string

// The kinds of application.
const (
	New     Kind = "new"
	Change  Kind = "change"
	Suspend Kind = "suspend"
	Resume  Kind = "resume"
	Stop    Kind = "stop"
	Arrears Kind = "arrears"
	Recover Kind = "recover"
)

// Kinds are all kinds with their words.
var Kinds = []struct {
	Kind Kind
	Word string
}{{New, "新增享受"}, {Change, "变更标准"}, {Suspend, "暂停"}, {Resume, "恢复"}, {Stop, "停发"}, {Arrears, "补发"}, {Recover, "追回"}}

// Word is what people call a kind.
func (k Kind) Word() string {
	for _, x := range Kinds {
		if x.Kind == k {
			return x.Word
		}
	}
	return string(k)
}

// Money tells whether the kind is about an amount for months.
func (k Kind) Money() bool { return k == Arrears || k == Recover }

// sign is that of its payment rows: what is paid back is negative.
func (k Kind) sign() int64 {
	if k == Recover {
		return -1
	}
	return 1
}

// Where an application came from.
const (
	Applied    = "applied"
	Screened   = "screened"
	Inspected  = "inspected"
	FromReview = "reviewed"
)

// Sources are the words of where applications come from.
var Sources = []struct{ Source, Word string }{{Applied, "本人申请"}, {Screened, "筛查发现"}, {Inspected, "巡察指出"}, {FromReview, "复核发现"}}

// SourceWord is what people call where an application came from.
func SourceWord(source string) string {
	for _, s := range Sources {
		if s.Source == source {
			return s.Word
		}
	}
	return source
}

// Step is how far an application is (C4 ROLL).
type Step string

// The steps.
const (
	Received  Step = "received"
	Checked   Step = "checked"
	Posted    Step = "posted"
	Held      Step = "held" // stands in a letter to the county that waits to be signed
	Proposed  Step = "proposed"
	Decided   Step = "decided"
	Withdrawn Step = "withdrawn"
)

// Steps are all steps with their words, and what one does to get there.
var Steps = []struct {
	Step Step
	Word string // 已受理
	Verb string // 受理
}{{Received, "已受理", "受理"}, {Checked, "已调查", "调查"}, {Posted, "公示中", "公示"}, {Held, "待签发", "拟函"}, {Proposed, "待县级决定", "上报"}, {Decided, "已决定", "决定"}, {Withdrawn, "已撤回", "撤回"}}

// Word is what people call a step.
func (s Step) Word() string {
	for _, x := range Steps {
		if x.Step == s {
			return x.Word
		}
	}
	return string(s)
}

// Verb is what one does to get to a step.
func (s Step) Verb() string {
	for _, x := range Steps {
		if x.Step == s {
			return x.Verb
		}
	}
	return string(s)
}

// The decisions of the county.
const (
	Approved = "approved"
	Refused  = "refused"
)

// Application is what the town proposes and the county decides (事项).
type Application struct {
	ID             int64
	Programme      int64
	Person         int64
	Subject        Subject // of a new application whose Person is 0: who it is
	Roll           int64   // 0 for a new one; found when it is not given
	Kind           Kind
	Source         string // see [Sources]
	Hit            int64  // that it came of; 0 for none
	Received       string // day
	Step           Step
	Amount         int64 // fen: of arrears and recovery what is asked for, 0: what the months come to; else the new standard, 0: by age
	From           Month // of arrears and recovery the first month; else the month from which it takes effect, 0: not said yet
	To             Month // of arrears and recovery the last month; of a stop the last that is paid
	Class          string
	Reason         string // of the proposal
	Proposed       string // day it went to the county
	ProposedBy     int64
	Decision       string // Approved, Refused, empty until then
	Decided        string // day
	DecisionNo     string
	DecisionReason string
	DecidedBy      int64  // who entered the decision
	Told           string // day the person was told, and how
	Version        int64
}

// Open tells whether it still waits for somebody.
func (a Application) Open() bool { return a.Step != Decided && a.Step != Withdrawn }

// Next is the step that comes next, empty when the county or nobody has to act. Publishing may be left out where the programme does not
// ask for it.
func (a Application) Next() Step {
	switch a.Step {
	case Received:
		return Checked
	case Checked, Posted:
		return Proposed
	}
	return ""
}

// Months writes what months it is about.
func (a Application) Months() string {
	switch {
	case a.From == 0 && a.To == 0:
		return ""
	case a.Kind == Stop:
		return "发到" + a.To.Words()
	case a.To == 0:
		return a.From.Words() + "起"
	case a.From == a.To:
		return a.From.Words()
	}
	return a.From.Words() + "至" + a.To.Words()
}

const applicationColumns = `a.id, a.programme, a.person, a.roll, a.kind, a.source, a.hit, a.received, a.step, a.amount, a.from_month, a.to_month, a.class, a.reason,
	a.proposed, a.proposed_by, a.decision, a.decided, a.decision_no, a.decision_reason, a.decided_by, a.told, a.version`

func (a *Application) scan(rows *sql.Rows, more ...any) error {
	var from, to string
	err := rows.Scan(append([]any{&a.ID, &a.Programme, &a.Person, &a.Roll, &a.Kind, &a.Source, &a.Hit, &a.Received, &a.Step, &a.Amount, &from, &to, &a.Class, &a.Reason,
		&a.Proposed, &a.ProposedBy, &a.Decision, &a.Decided, &a.DecisionNo, &a.DecisionReason, &a.DecidedBy, &a.Told, &a.Version}, more...)...)
	a.From, _ = ParseMonth(from)
	a.To, _ = ParseMonth(to)
	return err
}

func scanApplication(rows *sql.Rows, a *Application) error { return a.scan(rows) }

// ApplicationByID reads an application about somebody whom who may see.
func ApplicationByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Application, error) {
	a, err := applicationByID(ctx, q, id)
	if err == nil {
		_, err = PersonByID(ctx, q, who, a.Person)
	}
	return a, err
}

func applicationByID(ctx context.Context, q store.Querier, id int64) (Application, error) {
	return store.One(ctx, q, scanApplication, `select `+applicationColumns+` from application a where a.id = $1`, id)
}

// Pending is an application with whom it is about.
type Pending struct {
	Application
	About   Person
	Paid    int64 // fen of the payment rows that settle it; of a recovery negative
	Unpaid  bool  // approved, about money or new, and no payment row yet
	Left    int64 // fen that were approved of arrears or a recovery and have not come; see [LedTo]
	Covered bool  // nothing is left to come, for its months were paid; see [Covered]
}

// Queue says which applications are wanted. Zero fields do not count.
type Queue struct {
	ID        int64
	Programme int64
	Person    int64
	Kind      Kind
	Step      Step
	Open      bool // those that wait for the town or the county
	Town      bool // those that wait for the town
	Unpaid    bool // approved, about money or new, and no payment row yet
	Untold    bool // decided, and nobody told the person
	Unwritten bool // may go into a letter to the county by Limits: looked into and published, or proposed in no letter; see [CountyLetter]
	Slow      bool // not decided within the limit of the programme; see [Limits.Slow]
	Overdue   bool // unpaid, and the month in which it should have come is over; see [Limits.Overdue]
	Limits    []Limits
	First     int
	Most      int
}

// unpaid is the condition that an approved application has led to no payment row yet (M70), and that one is to come.
const unpaid = `a.decision = 'approved' and a.kind in ('arrears', 'recover', 'new', 'resume') and not exists (select 1 from payment p where ` + LedTo + `) and not ` + Covered

// where is the condition of a queue on top of another.
func (f Queue) where(where string, args []any) (string, []any) {
	add := func(condition string, value any) {
		args = append(args, value)
		where += fmt.Sprintf(" and "+condition, len(args))
	}
	if f.Programme != 0 {
		add("a.programme = $%d", f.Programme)
	}
	if f.Kind != "" {
		add("a.kind = $%d", string(f.Kind))
	}
	if f.Step != "" {
		add("a.step = $%d", string(f.Step))
	}
	if f.Town {
		where += " and a.step in ('received', 'checked', 'posted', 'held')"
	}
	if f.Open {
		where += " and a.step not in ('decided', 'withdrawn')"
	}
	if f.Unpaid {
		where += " and " + unpaid
	}
	if f.Untold {
		where += " and a.step = 'decided' and a.told = ''"
	}
	if f.Unwritten {
		where += " and (" + unwritten + " or a.step in ('checked', 'posted') and "
		where, args = f.limited(where, args, `(a.kind not in ('new', 'change') or $%[1]d = '' or exists (select 1 from application_step s where s.application = a.id and s.step = 'posted' and s.day <= $%[1]d))`,
			func(l Limits) string { return l.Posted })
		where += ")"
	}
	if f.ID != 0 {
		add("a.id = $%d", f.ID)
	}
	if f.Person != 0 {
		add("a.person = $%d", f.Person)
	}
	if f.Slow {
		where += " and a.step not in ('decided', 'withdrawn') and "
		where, args = f.limited(where, args, "a.received < $%d", Limits.before)
	}
	if f.Overdue {
		where += " and " + unpaid + " and "
		where, args = f.limited(where, args, "substr(a.decided, 1, 7) < $%[1]d and (a.kind in ('arrears', 'recover') or a.from_month <= $%[1]d)", func(l Limits) string { return l.Payable.String() })
	}
	return where, args
}

// limited adds a condition that each programme has with a value of its own.
func (f Queue) limited(where string, args []any, condition string, value func(Limits) string) (string, []any) {
	parts := []string{"false"}
	for _, l := range f.Limits {
		args = append(args, l.Programme, value(l))
		parts = append(parts, fmt.Sprintf("a.programme = $%d and ", len(args)-1)+fmt.Sprintf(condition, len(args)))
	}
	return where + "(" + strings.Join(parts, " or ") + ")", args
}

// slowAfter is how many days an application may take where the programme says nothing.
const slowAfter = 30

// Limits are what the applications of a programme are measured by on a day.
type Limits struct {
	Programme int64
	Day       string
	Days      int    // from receiving it to the decision
	Payable   Month  // the last month whose payment must have been made by now
	Posted    string // the last day on which what must be published has to have been, to be proposed on Day; empty: nothing must
}

// LimitsOf are the limits of a programme in force on a day.
func LimitsOf(programme int64, t Terms, day string) Limits {
	n, ok := t.Number(DecideWithin, day)
	if !ok {
		n = slowAfter
	}
	l := Limits{Programme: programme, Day: day, Days: n, Payable: t.Payable(day)}
	if days, _ := t.publicity(day); days > 0 {
		l.Posted = shifted(day, 0, -days)
	}
	return l
}

// publicity is how many days a proposal has to be published on a day before it goes to the county, and by which parameter; 0: it need not.
func (t Terms) publicity(day string) (days int, name string) {
	for _, kind := range []string{Publicity, FirstNotice} {
		if n, ok := t.Number(kind, day); ok && n > days {
			k, _ := KindOf(kind)
			days, name = n, k.Word
		}
	}
	return days, name
}

func (l Limits) before() string { return shifted(l.Day, 0, -l.Days) }

// Due is the last day for the decision of an application.
func (l Limits) Due(a Application) string { return shifted(a.Received, 0, l.Days) }

// Slow tells whether the county should have decided by now (办结时限).
func (l Limits) Slow(a Application) bool { return a.Open() && l.Due(a) < l.Day }

// Overdue tells whether what was approved and has no payment row should have one by now: the month after that of the decision is over,
// or the quarter with it where that is the cycle.
func (l Limits) Overdue(x Pending) bool {
	return x.Unpaid && MonthOf(x.Decided) < l.Payable && (x.Kind.Money() || x.From <= l.Payable)
}

// Applications lists applications about people whom who sees: what waits longest first, decided ones the newest first behind.
func Applications(ctx context.Context, q store.Querier, who org.Person, f Queue) ([]Pending, error) {
	where, args := f.where(who.MayUnder(org.Residents, "p.path"))
	query := `select ` + applicationColumns + `, ` + personColumns + `, coalesce((select sum(x.amount) from payment x where x.application = a.id and x.void = ''), 0),
		case when ` + unpaid + ` then 1 else 0 end, case when a.decision = 'approved' and a.kind in ('arrears', 'recover') then a.amount - coalesce((select sum(abs(p.amount)) from payment p where ` + LedTo + `), 0) else 0 end,
		case when ` + Covered + ` then 1 else 0 end from application a join person p on p.id = a.person where ` + where + `
		order by case when a.step in ('decided', 'withdrawn') then 1 else 0 end, case when a.step in ('decided', 'withdrawn') then '' else a.received end, a.id desc`
	if f.Most > 0 {
		query += fmt.Sprintf(" limit %d offset %d", f.Most, f.First)
	}
	return store.All(ctx, q, func(rows *sql.Rows, x *Pending) error {
		err := x.scan(rows, append(x.About.into(), &x.Paid, &x.Unpaid, &x.Left, &x.Covered)...)
		if x.Left = max(x.Left, 0); x.Covered {
			x.Left = 0
		}
		return err
	}, query, args...)
}

// PendingByID reads an application about somebody whom who may see, with whom it is about and what was paid.
func PendingByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Pending, error) {
	list, err := Applications(ctx, q, who, Queue{ID: id})
	if err != nil {
		return Pending{}, err
	}
	if len(list) == 0 {
		_, err = ApplicationByID(ctx, q, who, id) // says whether there is none, or may not be seen
		return Pending{}, cmp.Or(err, store.ErrNotFound)
	}
	return list[0], nil
}

// CountApplications counts applications by step in the units that who sees; it tells of nobody, so that no right beyond that is asked for.
func CountApplications(ctx context.Context, q store.Querier, who org.Person, f Queue) (map[Step]int, error) {
	f.Step = ""
	where, args := f.where(who.Under("p.path"))
	type count struct {
		step Step
		n    int
	}
	list, err := store.All(ctx, q, func(rows *sql.Rows, c *count) error { return rows.Scan(&c.step, &c.n) },
		`select a.step, count(*) from application a join person p on p.id = a.person where `+where+` group by a.step`, args...)
	counts := map[Step]int{}
	for _, c := range list {
		counts[c.step] = c.n
	}
	return counts, err
}

// StepTaken is a step of an application with its day, who and what was found or said.
type StepTaken struct {
	Step  Step
	Day   string
	Staff int64
	Who   string
	Said  string
}

// StepsOf lists the steps of an application in their order.
func StepsOf(ctx context.Context, q store.Querier, application int64) ([]StepTaken, error) {
	return store.All(ctx, q, func(rows *sql.Rows, s *StepTaken) error { return rows.Scan(&s.Step, &s.Day, &s.Staff, &s.Who, &s.Said) },
		`select step, day, staff, who, said from application_step where application = $1 order by id`, application)
}

// Propose enters an application (受理). It may come of a person's asking, a hit, an inspection or a review; what came of a hit or an
// inspection counts as checked, for somebody verified it. The same one again, by its hit or by programme, person and kind while it is open,
// is the first one again.
func Propose(ctx context.Context, v *vault.Vault, who org.Person, a Application) (id int64, err error) {
	err = v.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "programme", a.Programme); err != nil {
			return err
		}
		p, err := ProgrammeByID(ctx, tx, a.Programme)
		if err != nil {
			return err
		}
		if !p.Seen(who) {
			return store.ErrNotFound
		}
		if a.Person == 0 {
			x, _, err := a.Subject.read(p)
			if err != nil {
				return err
			}
			if err := who.Check(org.Propose, x.At()); err != nil {
				return err
			}
			person, _, err := keep(ctx, v, tx, p, a.Subject, nil)
			if err != nil {
				return err
			}
			a.Person = person.ID
		} else {
			person, err := PersonByID(ctx, tx, who, a.Person)
			if err != nil {
				return err
			}
			if err := who.Check(org.Propose, person.At()); err != nil {
				return err
			}
		}
		id, err = propose(ctx, v, tx, who, p, a)
		return err
	})
	return id, err
}

// propose enters an application whose person there is.
func propose(ctx context.Context, v *vault.Vault, tx *store.Tx, who org.Person, p Programme, a Application) (int64, error) {
	a.Reason, a.Class = strings.TrimSpace(a.Reason), strings.TrimSpace(a.Class)
	switch {
	case a.Kind.Word() == string(a.Kind):
		return 0, org.Invalid{Field: "事项", What: "请选一种事项"}
	case SourceWord(a.Source) == a.Source:
		return 0, org.Invalid{Field: "来源", What: "请选从哪里来的"}
	case !isDay(a.Received) || a.Received > today(tx):
		return 0, org.Invalid{Field: "受理日期", What: "请写日期，不能在今天以后"}
	case a.Reason == "":
		return 0, org.Invalid{Field: "理由", What: "请写理由和依据，县里要看"}
	case p.State != Running:
		return 0, org.Invalid{Field: "惠民项目", What: fmt.Sprintf("“%s”已经结束，不能再提", p.Name)}
	case a.Amount < 0:
		return 0, org.Invalid{Field: "金额", What: "请写正数"}
	}
	if err := vault.CheckTexts("理由", a.Reason, "类别", a.Class); err != nil {
		return 0, err
	}
	person, err := personByID(ctx, tx, a.Person)
	if err != nil {
		return 0, err
	}
	earlier, err := store.All(ctx, tx, scanApplication, `select `+applicationColumns+` from application a where a.person = $1 and a.programme = $2 and a.kind = $3 order by a.id`, a.Person, a.Programme, string(a.Kind))
	if err != nil {
		return 0, err
	}
	rolls, err := RollsOf(ctx, tx, a.Person)
	if err != nil {
		return 0, err
	}
	for _, e := range earlier {
		switch {
		case a.Hit != 0 && e.Hit == a.Hit && e.Step != Withdrawn:
			return e.ID, nil // done already
		case a.Hit != 0 && (e.Open() || e.Decision == Approved && !e.Kind.Money() && stands(rolls, e)):
			// Somebody asked for the same before: the hit waits for what becomes of that.
			return e.ID, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "application", Row: e.ID,
				Changes: []journal.Change{{Field: "来源", To: SourceWord(a.Source)}, {Field: "理由", To: a.Reason}}})
		case !e.Open():
		case e.Received == a.Received && e.Reason == a.Reason && e.Source == a.Source && e.Hit == a.Hit:
			return e.ID, nil
		default:
			return 0, org.Invalid{Field: "事项", What: fmt.Sprintf("%s的“%s·%s”已经在办（%s），请接着办那一件", person.Name, p.Name, e.Kind.Word(), e.Step.Word())}
		}
	}
	if err := a.findRoll(ctx, tx, p, person); err != nil {
		return 0, err
	}
	terms, err := TermsOf(ctx, tx, p.ID)
	if err != nil {
		return 0, err
	}
	if a.Kind == New {
		if err := excluded(ctx, tx, p, terms, person); err != nil {
			return 0, err
		}
	}
	if a.Kind.Money() {
		granted, err := a.granted(ctx, tx, p, terms, person)
		if err == nil && a.Amount == 0 {
			err = a.reckon(ctx, tx, p, terms, person, granted)
		}
		if err == nil {
			err = a.beside(granted)
		}
		if err != nil {
			return 0, err
		}
	}
	a.ID, a.Step, a.Version = tx.ID(), Received, 1
	if a.Source == Screened || a.Source == Inspected {
		a.Step = Checked
	}
	if _, err := tx.Exec(ctx, `insert into application (id, programme, person, roll, kind, source, hit, received, step, amount, from_month, to_month, class, reason, proposed, proposed_by,
		decision, decided, decision_no, decision_reason, decided_by, told, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', 0, '', '', '', '', 0, '', 1)`,
		a.ID, a.Programme, a.Person, a.Roll, string(a.Kind), a.Source, a.Hit, a.Received, string(a.Step), a.Amount, a.From.String(), a.To.String(), a.Class, a.Reason); err != nil {
		return 0, err
	}
	if err := a.step(ctx, tx, who, a.Step, a.Received, a.Reason); err != nil {
		return 0, err
	}
	return a.ID, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "application", Row: a.ID, Happened: a.Received,
		Changes: []journal.Change{{Field: "事项", To: p.Name + "·" + a.Kind.Word()}, {Field: "来源", To: SourceWord(a.Source)}, {Field: "理由", To: a.Reason}}})
}

// stands tells whether the entry of an approved application still is as it was decided: receiving after a new one or going on, stopped
// after a stop.
func stands(rolls []Roll, a Application) bool {
	i := slices.IndexFunc(rolls, func(r Roll) bool { return r.ID == a.Roll })
	return i >= 0 && rolls[i].State == map[Kind]State{New: Receiving, Resume: Receiving, Suspend: Suspended, Stop: Stopped}[a.Kind]
}

// granted is what the county approved of the kind, programme and person of an application, and money is still to come of, each with Paid as
// what came. It holds its months: they cannot be asked for twice.
func (a Application) granted(ctx context.Context, q store.Querier, p Programme, terms Terms, person Person) ([]Pending, error) {
	list, err := store.All(ctx, q, func(rows *sql.Rows, x *Pending) error { return x.scan(rows, &x.Paid) }, `select * from (select `+applicationColumns+`,
		coalesce((select sum(abs(p.amount)) from payment p where `+LedTo+`), 0) as settled from application a where a.person = $1 and a.programme = $2 and a.kind = $3 and a.id <> $4
		and a.decision = 'approved' and not `+Covered+`) as granted where settled < amount order by id`, a.Person, a.Programme, string(a.Kind), a.ID)
	if err != nil {
		return nil, err
	}
	sign := a.Kind.sign()
	var waiting []Pending
	for _, x := range list {
		account, err := accountOf(ctx, q, p, terms, person, x.To)
		if err != nil {
			return nil, err
		}
		settled, err := store.One(ctx, q, store.Value[int64], `select coalesce(sum(abs(x.amount)), 0) from payment x where x.application = $1 and x.void = ''`, x.ID)
		if err != nil {
			return nil, err
		}
		// What is owed of a month without any payment then may not have been asked for; of one that was paid short then it was.
		paid, err := store.All(ctx, q, store.Value[string], `select distinct x.month from payment x where x.person = $1 and x.programme = $2 and x.id < $3
			and (x.void = '' or x.application <> 0 or x.entry > $3)`, a.Person, a.Programme, x.ID)
		if err != nil {
			return nil, err
		}
		lines := slices.DeleteFunc(account.Lines, func(l Line) bool { return !slices.Contains(paid, l.Month.String()) })
		open, _, err := x.open(ctx, q, lines, sign, x.Amount-settled)
		if err != nil {
			return nil, err
		}
		if open > 0 {
			x.Paid = x.Amount - open
			waiting = append(waiting, x)
		}
	}
	return waiting, nil
}

// notTwice refuses a decision about money for months that an earlier one holds whose money has not come.
func (a Application) notTwice(ctx context.Context, tx *store.Tx, person Person) error {
	if !a.Kind.Money() {
		return nil
	}
	p, err := ProgrammeByID(ctx, tx, a.Programme)
	if err != nil {
		return err
	}
	terms, err := TermsOf(ctx, tx, a.Programme)
	if err != nil {
		return err
	}
	granted, err := a.granted(ctx, tx, p, terms, person)
	if err != nil {
		return err
	}
	return a.beside(granted)
}

// beside refuses to ask for months that something granted holds.
func (a Application) beside(granted []Pending) error {
	for _, g := range granted {
		if a.From == 0 || a.To == 0 || a.From <= g.To && g.From <= a.To {
			return g.first()
		}
	}
	return nil
}

// first is the error of asking for what was granted and has not come.
func (x Pending) first() error {
	return org.Invalid{Field: "事项", What: fmt.Sprintf("县里%s已同意%s%s%s元，还有%s元没有到账，请先办完那一件；别的月份，请写明月份和金额",
		x.Decided, x.Kind.Word(), x.Months(), Yuan(x.Amount), Yuan(x.Amount-x.Paid))}
}

// fitting are the states of an entry that a kind of application makes sense for.
var fitting = map[Kind][]State{Change: {Receiving, Suspended}, Suspend: {Receiving}, Resume: {Suspended, Stopped}, Stop: {Receiving, Suspended}}

// findRoll finds the entry that an application is about, and refuses what makes no sense for how it stands.
func (a *Application) findRoll(ctx context.Context, tx *store.Tx, p Programme, person Person) error {
	rolls, err := RollsOf(ctx, tx, a.Person)
	if err != nil {
		return err
	}
	rolls = slices.DeleteFunc(rolls, func(r Roll) bool { return r.Programme != a.Programme || a.Roll != 0 && r.ID != a.Roll })
	if a.Kind == New {
		if i := slices.IndexFunc(rolls, func(r Roll) bool { return r.State != Stopped }); i >= 0 {
			return org.Invalid{Field: "事项", What: fmt.Sprintf("%s已在“%s”名册上（%s），请选变更、恢复或补发", person.Name, p.Name, rolls[i].State.Word())}
		}
		a.Roll = 0
		return nil
	}
	if a.Kind.Money() {
		if a.Roll == 0 && len(rolls) > 0 {
			a.Roll = rolls[0].ID
		}
		return nil
	}
	i := slices.IndexFunc(rolls, func(r Roll) bool { return slices.Contains(fitting[a.Kind], r.State) })
	if i < 0 {
		state := "不在名册上"
		if len(rolls) > 0 {
			state = "现在是" + rolls[0].State.Word()
		}
		return org.Invalid{Field: "事项", What: fmt.Sprintf("%s在“%s”%s，不能提“%s”", person.Name, p.Name, state, a.Kind.Word())}
	}
	a.Roll = rolls[i].ID
	return nil
}

// excluded refuses to ask for what may not be had beside something that the person has.
func excluded(ctx context.Context, tx *store.Tx, p Programme, terms Terms, person Person) error {
	rolls, err := RollsOf(ctx, tx, person.ID)
	if err != nil {
		return err
	}
	for _, r := range rolls {
		if r.State == Stopped {
			continue
		}
		other, err := ProgrammeByID(ctx, tx, r.Programme)
		if err != nil {
			return err
		}
		theirs, err := TermsOf(ctx, tx, other.ID)
		if err != nil {
			return err
		}
		if slices.Contains(terms.Excludes(today(tx)), other.Name) || slices.Contains(theirs.Excludes(today(tx)), p.Name) {
			return org.Invalid{Field: "惠民项目", What: fmt.Sprintf("%s正在享受“%s”，按规定不能同时享受“%s”；请先就那一项提出停发或变更", person.Name, other.Name, p.Name)}
		}
	}
	return nil
}

// reckon takes amount and months of arrears or a recovery from what the months come to, without those that something granted holds.
func (a *Application) reckon(ctx context.Context, tx *store.Tx, p Programme, terms Terms, person Person, granted []Pending) error {
	account, err := accountOf(ctx, tx, p, terms, person, terms.Payable(today(tx)))
	if err != nil {
		return err
	}
	a.From, a.To = 0, 0
	asked := map[Kind][]Verdict{Arrears: {Missing, Short}, Recover: {Excess, Wrong}}[a.Kind]
	var held *Pending
	for _, l := range account.Lines {
		if !slices.Contains(asked, l.Verdict) || l.Barred != "" {
			continue
		}
		if i := slices.IndexFunc(granted, func(g Pending) bool { return g.From <= l.Month && l.Month <= g.To }); i >= 0 {
			held = &granted[i]
			continue
		}
		a.Amount += a.Kind.sign() * l.Diff()
		if a.From == 0 || l.Month < a.From {
			a.From = l.Month
		}
		a.To = max(a.To, l.Month)
	}
	switch {
	case a.Amount > 0:
		return nil
	case held != nil:
		return held.first()
	}
	return org.Invalid{Field: "金额", What: fmt.Sprintf("按现在的资料，%s没有要%s的月份；确有的请写明金额和月份", person.Name, a.Kind.Word())}
}

// step records that a step was taken.
func (a Application) step(ctx context.Context, tx *store.Tx, who org.Person, s Step, day, said string) error {
	_, err := tx.Exec(ctx, `insert into application_step (id, application, step, day, staff, who, said) values ($1, $2, $3, $4, $5, $6, $7)`,
		tx.ID(), a.ID, string(s), day, who.ID, who.Title(), said)
	return err
}

// lockApplication reads an application that is about to be changed and checks the right.
func lockApplication(ctx context.Context, tx *store.Tx, who org.Person, id int64, act org.Action) (Application, Person, error) {
	if err := tx.Lock(ctx, "application", id); err != nil {
		return Application{}, Person{}, err
	}
	a, err := applicationByID(ctx, tx, id)
	if err != nil {
		return a, Person{}, err
	}
	person, err := PersonByID(ctx, tx, who, a.Person)
	if err == nil {
		err = who.Check(act, person.At())
	}
	return a, person, err
}

// moved is the error of somebody else's step meanwhile.
func (a Application) moved(ctx context.Context, tx *store.Tx, n int64, err error) error {
	if err == nil && n == 0 {
		err = journal.StaleRow(ctx, tx, "application", a.ID)
	}
	return err
}

// Advance takes an application a step further: checked, posted, proposed. What was found or said is kept with the step. A proposal that
// must be published waits for the days that the programme says (B1.1: at least five).
func Advance(ctx context.Context, v *vault.Vault, who org.Person, id, version int64, to Step, day, said string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		a, _, err := lockApplication(ctx, tx, who, id, org.Propose)
		if err != nil {
			return err
		}
		said = strings.TrimSpace(said)
		taken, err := StepsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		last := taken[len(taken)-1]
		if a.Step == to && last.Day == day && last.Said == said {
			return nil // the same form again
		}
		ways := map[Step][]Step{Received: {Checked}, Checked: {Posted, Proposed}, Posted: {Proposed}}
		switch {
		case !slices.Contains(ways[a.Step], to):
			return org.Invalid{Field: "环节", What: fmt.Sprintf("现在是“%s”，不能直接%s", a.Step.Word(), to.Verb())}
		case !isDay(day) || day > today(tx) || day < last.Day:
			return org.Invalid{Field: "日期", What: fmt.Sprintf("请写日期，在%s之后、今天之前", last.Day)}
		case said == "":
			return org.Invalid{Field: "情况", What: map[Step]string{Checked: "请写调查到什么、谁去的", Posted: "请写公示在哪里", Proposed: "请写镇里的意见"}[to]}
		}
		if err := vault.CheckText("情况", said); err != nil {
			return err
		}
		if to == Proposed {
			terms, err := TermsOf(ctx, tx, a.Programme)
			if err != nil {
				return err
			}
			if err := a.published(terms, taken, day); err != nil {
				return err
			}
		}
		proposed, by := a.Proposed, a.ProposedBy
		if to == Proposed {
			proposed, by = day, who.ID
		}
		n, err := tx.Exec(ctx, `update application set step = $3, proposed = $4, proposed_by = $5, version = version + 1 where id = $1 and version = $2`, id, version, string(to), proposed, by)
		if err := a.moved(ctx, tx, n, err); err != nil {
			return err
		}
		if err := a.step(ctx, tx, who, to, day, said); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: to.Verb(), Kind: "application", Row: id, Happened: day,
			Changes: []journal.Change{{Field: "环节", From: a.Step.Word(), To: to.Word()}, {Field: "情况", To: said}}})
	})
}

// published refuses to propose what was not published long enough.
func (a Application) published(terms Terms, taken []StepTaken, day string) error {
	if a.Kind != New && a.Kind != Change {
		return nil
	}
	days, name := terms.publicity(day)
	if days == 0 {
		return nil
	}
	i := slices.IndexFunc(taken, func(s StepTaken) bool { return s.Step == Posted })
	if i < 0 {
		return org.Invalid{Field: "环节", What: fmt.Sprintf("要先公示：%s不少于%d天", name, days)}
	}
	if end := shifted(taken[i].Day, 0, days); day < end {
		return org.Invalid{Field: "日期", What: fmt.Sprintf("%s起公示，要满%d天，最早%s上报", taken[i].Day, days, end)}
	}
	return nil
}

// Withdraw ends an application that the county has not decided, with its reason.
func Withdraw(ctx context.Context, v *vault.Vault, who org.Person, id, version int64, reason string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		a, _, err := lockApplication(ctx, tx, who, id, org.Propose)
		if err != nil {
			return err
		}
		switch reason = strings.TrimSpace(reason); {
		case a.Step == Withdrawn:
			return nil
		case a.Step == Decided:
			return org.Invalid{Field: "环节", What: "县里已经决定，不能撤回"}
		case reason == "":
			return org.Invalid{Field: "撤回原因", What: "请写原因；本人放弃的，请写书面材料在哪里"}
		}
		if err := vault.CheckText("撤回原因", reason); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update application set step = 'withdrawn', version = version + 1 where id = $1 and version = $2`, id, version)
		if err := a.moved(ctx, tx, n, err); err != nil {
			return err
		}
		if err := a.step(ctx, tx, who, Withdrawn, today(tx), reason); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "撤回", Kind: "application", Row: id, Changes: []journal.Change{{Field: "撤回原因", To: reason}}})
	})
}

// Decision is what the county decided, as its paper says.
type Decision struct {
	Verdict string // Approved or Refused
	Day     string
	No      string // number of the paper
	Reason  string // in writing, always (社会救助暂行办法 13)
	Amount  int64  // fen: arrears, recovery or the new standard; 0: as it was asked for
	From    Month  // first month of a new entry, of a change, of a suspension, of going on; 0: as it was asked for
	To      Month  // of a stop the last paid month; 0: as it was asked for
	Class   string // empty: as it was asked for
}

// Decide records the decision of the county and does to the roll what it says. Somebody else than who proposed it enters it. Nothing else
// changes a roll.
func Decide(ctx context.Context, v *vault.Vault, who org.Person, id, version int64, d Decision) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		a, person, err := lockApplication(ctx, tx, who, id, org.Decide)
		if err != nil {
			return err
		}
		d.No, d.Reason, d.Class = strings.TrimSpace(d.No), strings.TrimSpace(d.Reason), strings.TrimSpace(d.Class)
		if a.Step == Decided && a.Decision == d.Verdict && a.Decided == d.Day && a.DecisionNo == d.No && a.DecisionReason == d.Reason {
			return nil // the same form again
		}
		steps, err := StepsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		first := a.Proposed // by another paper, or in a letter that was made void: the county may have decided by that one
		if i := slices.IndexFunc(steps, func(s StepTaken) bool { return s.Step == Proposed }); i >= 0 {
			first = min(first, steps[i].Day)
		}
		switch {
		case a.Step != Proposed:
			return org.Invalid{Field: "环节", What: fmt.Sprintf("现在是“%s”，上报之后才能登记县里的决定", a.Step.Word())}
		case a.ProposedBy == who.ID:
			return org.Invalid{Field: "登记人", What: "上报的人不能登记决定，请换一个人登记"}
		case d.Verdict != Approved && d.Verdict != Refused:
			return org.Invalid{Field: "决定", What: "请选同意或不同意"}
		case !isDay(d.Day) || d.Day < first || d.Day > today(tx):
			return org.Invalid{Field: "决定日期", What: fmt.Sprintf("请写文书上的日期，在上报（%s）之后、今天之前", first)}
		case d.No == "":
			return org.Invalid{Field: "决定文号", What: "请写县里文书的文号；没有文号的写文书名称和页码"}
		case d.Reason == "":
			return org.Invalid{Field: "决定理由", What: "请照文书写理由：同意和不同意都要有书面理由"}
		case d.Amount < 0:
			return org.Invalid{Field: "金额", What: "请写正数"}
		}
		if err := vault.CheckTexts("决定理由", d.Reason, "决定文号", d.No, "类别", d.Class); err != nil {
			return err
		}
		if d.Amount != 0 {
			a.Amount = d.Amount
		}
		if d.From != 0 {
			a.From = d.From
		}
		if d.To != 0 {
			a.To = d.To
		}
		if d.Class != "" {
			a.Class = d.Class
		}
		if d.Verdict == Approved {
			if err := a.notTwice(ctx, tx, person); err != nil {
				return err
			}
			if err := a.takeEffect(ctx, tx, who, person, d.Day); err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, `update application set step = 'decided', roll = $3, amount = $4, from_month = $5, to_month = $6, class = $7, decision = $8, decided = $9, decision_no = $10,
			decision_reason = $11, decided_by = $12, version = version + 1 where id = $1 and version = $2`,
			id, version, a.Roll, a.Amount, a.From.String(), a.To.String(), a.Class, d.Verdict, d.Day, d.No, d.Reason, who.ID)
		if err := a.moved(ctx, tx, n, err); err != nil {
			return err
		}
		if err := a.step(ctx, tx, who, Decided, d.Day, d.Reason); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "决定", Kind: "application", Row: id, Happened: d.Day, Changes: []journal.Change{
			{Field: "决定", To: map[string]string{Approved: "同意", Refused: "不同意"}[d.Verdict]}, {Field: "决定文号", To: d.No}, {Field: "决定理由", To: d.Reason}}})
	})
}

// takeEffect does to the roll what the county decided.
func (a *Application) takeEffect(ctx context.Context, tx *store.Tx, who org.Person, person Person, day string) error {
	terms, err := TermsOf(ctx, tx, a.Programme)
	if err != nil {
		return err
	}
	if a.Kind.Money() {
		if a.Amount == 0 || a.From == 0 || a.To < a.From {
			return org.Invalid{Field: "金额", What: "请写明金额和从哪个月到哪个月"}
		}
		return nil
	}
	if a.From == 0 && a.Kind != Stop {
		return org.Invalid{Field: "起始月份", What: "请写从哪个月起，如 2026-05"}
	}
	if a.To == 0 && a.Kind == Stop {
		return org.Invalid{Field: "停发月份", What: "请写最后发到哪个月，如 2026-05"}
	}
	if a.Amount == 0 && !terms.ByAge() && (a.Kind == New || a.Kind == Change) {
		return org.Invalid{Field: "月标准", What: "请写核定的每月多少元"}
	}
	next := ""
	if months := terms.Clock(a.Class, day); months > 0 {
		next = shifted(day, months, 0)
	}
	if a.Kind == New {
		rolls, err := RollsOf(ctx, tx, person.ID)
		if err != nil {
			return err
		}
		// A list that came before the decision was entered may have put the person on the roll already.
		if i := slices.IndexFunc(rolls, func(r Roll) bool { return r.Programme == a.Programme && r.Person.ID == person.ID && r.State != Stopped }); i >= 0 {
			a.Roll, a.Class = rolls[i].ID, cmp.Or(a.Class, rolls[i].Class)
			return a.adopt(ctx, tx, who, terms, next, day)
		}
		r := Roll{ID: tx.ID(), Programme: a.Programme, Person: person, Starts: a.From, Class: a.Class, State: Receiving, NextReview: next}
		if !terms.ByAge() {
			r.Standard = a.Amount
		}
		a.Roll = r.ID
		if err := insertRoll(ctx, tx, r, ""); err != nil {
			return err
		}
		if r.Standard > 0 {
			if err := setStandard(ctx, tx, r.ID, a.From, r.Standard, a.ID); err != nil {
				return err
			}
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "roll", Row: r.ID, Happened: day,
			Changes: []journal.Change{{Field: "状态", To: r.State.Word()}, {Field: "按县级决定", To: a.Kind.Word()}}})
	}
	if err := tx.Lock(ctx, "roll", a.Roll); err != nil {
		return err
	}
	r, err := rollByID(ctx, tx, a.Roll)
	if err != nil {
		return err
	}
	if !slices.Contains(fitting[a.Kind], r.State) {
		return org.Invalid{Field: "环节", What: fmt.Sprintf("名册上现在是“%s”，不能再登记同意“%s”；别的决定在先的，请撤回这一件", r.State.Word(), a.Kind.Word())}
	}
	was := r.State
	switch a.Kind {
	case Change:
		if a.Class != "" && a.Class != r.Class {
			r.Class, r.NextReview = a.Class, next
		}
		if a.Amount > 0 && !terms.ByAge() {
			r.Standard = a.Amount
			if err := setStandard(ctx, tx, r.ID, a.From, a.Amount, a.ID); err != nil {
				return err
			}
		}
	case Suspend:
		r.State = Suspended
	case Resume:
		r.State, r.Ends, r.NextReview = Receiving, 0, next
	case Stop:
		r.State, r.Ends, r.NextReview = Stopped, a.To, ""
	}
	if _, err := tx.Exec(ctx, `update roll set state = $2, ends = $3, class = $4, standard = $5, next_review = $6, version = version + 1 where id = $1`,
		r.ID, string(r.State), r.Ends.String(), r.Class, r.Standard, r.NextReview); err != nil {
		return err
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "调整", Kind: "roll", Row: r.ID, Happened: day,
		Changes: append(changed("状态", was.Word(), r.State.Word()), journal.Change{Field: "按县级决定", To: a.Kind.Word()})})
}

// adopt gives an entry that is there already what the county decided of a new one.
func (a *Application) adopt(ctx context.Context, tx *store.Tx, who org.Person, terms Terms, next, day string) error {
	if err := tx.Lock(ctx, "roll", a.Roll); err != nil {
		return err
	}
	standard := int64(0)
	if !terms.ByAge() {
		standard = a.Amount
		if err := setStandard(ctx, tx, a.Roll, a.From, standard, a.ID); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `update roll set state = 'receiving', starts = $2, class = $3, standard = $4, next_review = $5, version = version + 1 where id = $1`,
		a.Roll, a.From.String(), a.Class, standard, next); err != nil {
		return err
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "roll", Row: a.Roll, Happened: day,
		Changes: []journal.Change{{Field: "状态", To: Receiving.Word()}, {Field: "按县级决定", To: a.Kind.Word()}}})
}

// Tell records that the person was told the decision: when, and how.
func Tell(ctx context.Context, v *vault.Vault, who org.Person, id, version int64, day, how string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		a, _, err := lockApplication(ctx, tx, who, id, org.Propose)
		if err != nil {
			return err
		}
		how = strings.TrimSpace(how)
		told := day + " " + how
		switch {
		case a.Told == told:
			return nil
		case a.Step != Decided:
			return org.Invalid{Field: "环节", What: "县里还没有决定"}
		case !isDay(day) || day < a.Decided || day > today(tx):
			return org.Invalid{Field: "告知日期", What: fmt.Sprintf("请写日期，在决定（%s）之后、今天之前", a.Decided)}
		case how == "":
			return org.Invalid{Field: "告知方式", What: "请写怎样告知的、告诉了谁，如 上门告诉本人，书面送达"}
		}
		if err := vault.CheckText("告知方式", how); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update application set told = $3, version = version + 1 where id = $1 and version = $2`, id, version, told)
		if err := a.moved(ctx, tx, n, err); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "告知", Kind: "application", Row: id, Happened: day, Changes: changed("告知", a.Told, told)})
	})
}
