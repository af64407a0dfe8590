package benefit

import (
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

// Payment is money that was paid (发放), or paid back. Only this counts as 享受到 (M70).
type Payment struct {
	ID          int64
	Programme   int64
	Person      int64
	Roll        int64 // 0: paid without an entry
	Application int64 // arrears or recovery that it settles; 0: the month's payment
	Month       Month
	Fen         int64 // paid back is negative
	Paid        string
	Source      string // list, sheet and row, or the paper
	Version     int64

	Entry   int64  // of what settles arrears or a recovery: see [Settlement]; of a month's payment 0 or, void, the id of its end
	Void    string // day on which it was made void; empty: it counts
	VoidBy  int64  // staff
	VoidWhy string
}

const paymentColumns = `x.id, x.programme, x.person, x.roll, x.application, x.month, x.amount, x.paid, x.source, x.version, ` + entryOf + `, x.void, x.void_by, x.void_why`

// entryOf is what the rows of payment x that were entered at once share. Those from before there were entries have no column of it: of them
// it is the first that has their day and paper. It is not written into the rows, for the record vouches for these as they are.
const entryOf = `case when x.entry = 0 and x.application <> 0 then
	(select min(y.id) from payment y where y.application = x.application and y.entry = 0 and y.paid = x.paid and y.source = x.source) else x.entry end`

func (p *Payment) into(month *string) []any {
	return []any{&p.ID, &p.Programme, &p.Person, &p.Roll, &p.Application, month, &p.Fen, &p.Paid, &p.Source, &p.Version, &p.Entry, &p.Void, &p.VoidBy, &p.VoidWhy}
}

func scanPayment(rows *sql.Rows, p *Payment) error {
	var month string
	err := rows.Scan(p.into(&month)...)
	p.Month, _ = ParseMonth(month)
	return err
}

// PaymentsOf lists what a person was paid in a programme, the newest month first. What was made void is not among it.
func PaymentsOf(ctx context.Context, q store.Querier, programme, person int64) ([]Payment, error) {
	return store.All(ctx, q, scanPayment, `select `+paymentColumns+` from payment x where x.programme = $1 and x.person = $2 and x.void = '' order by x.month desc, x.id desc`, programme, person)
}

// PaymentByID reads a payment to somebody whom who may see.
func PaymentByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Payment, error) {
	x, err := store.One(ctx, q, scanPayment, `select `+paymentColumns+` from payment x where x.id = $1`, id)
	if err == nil {
		_, err = PersonByID(ctx, q, who, x.Person)
	}
	return x, err
}

// LedTo is the condition on payment p that it is what application a asked for: a row that settles it or, of somebody newly on the roll or
// back on it, a month's payment from the month on that was decided, made on the day of the decision or later: what was paid before is
// no fruit of it, whatever month it was for. Where nobody said on what day it was paid, the day counts on which it was told. Arrears may
// come with the lists too, on days since they were asked for: such rows count once they and what was settled are all that was decided, or
// once nothing is left to come ([Covered]). Only a row of these counts as 享受到 (M70).
const LedTo = `(p.void = '' and (p.application = a.id and case when a.kind = 'recover' then p.amount < 0 else p.amount > 0 end
	or a.kind in ('new', 'resume') and a.decision = 'approved' and p.person = a.person and p.programme = a.programme and p.application = 0 and p.amount > 0
		and a.from_month > '' and p.month >= a.from_month and (p.paid >= a.decided or p.untold >= a.decided)
	or a.kind = 'arrears' and a.decision = 'approved' and ` + theirs + ` and ` + listed + ` and p.paid >= a.received and (` + Covered + `
		or a.amount <= (select sum(p.amount) from payment p where ` + theirs + ` and (p.application = a.id or ` + listed + ` and p.paid >= a.received)))))`

// theirs is the condition on payment p that it counts and is to whom application a is about, of its programme.
const theirs = `p.person = a.person and p.programme = a.programme and p.void = '' and p.amount > 0`

// listed is the condition on such a payment that it was entered for a month of the arrears a since they were asked for, not with them. What was
// entered anew of a month whose payment stood when they were asked for, and was made void since, is none of it: they were asked for beside it.
const listed = `p.application = 0 and p.id > a.id and p.month >= a.from_month and p.month <= a.to_month and not exists (select 1 from payment w where ` + stood + ` and w.month = p.month)`

// stood is the condition on payment w that it was a month's of application a, which counted when a was asked for and was made void since.
const stood = `w.programme = a.programme and w.person = a.person and w.application = 0 and w.id < a.id and w.void <> '' and w.entry > a.id`

// Covered is the condition on application a that it is about arrears or a recovery of which nothing is left to come: what was paid or settled
// since it was asked for, on whatever day, less what was made void, is all that was decided, and no month of it is left out. Of arrears each
// month has a payment: where that is from before the asking, they were not about that month. A list may tell late of a payment from before
// the asking: it ends no more than its own month and is no fruit of the asking, but what was paid so is not paid again. Of a recovery of each
// month a payment was made void since: what nobody was paid is not paid back.
const Covered = `(a.decision = 'approved' and a.kind in ('arrears', 'recover') and (select case when case a.kind when 'recover' then -1 else 1 end *
		sum(case when ` + gone + ` then -p.amount when p.void = '' and (p.application = a.id or p.application = 0 and p.id > a.id) then p.amount else 0 end) >= a.amount
		and count(distinct case when a.kind = 'recover' and ` + gone + ` or a.kind = 'arrears' and p.void = '' and p.amount > 0 then p.month end) = ` + span + ` then 1 else 0 end
	from payment p where p.person = a.person and p.programme = a.programme and p.month >= a.from_month and p.month <= a.to_month) = 1)`

// gone is the condition on payment p that it is a month's, which stood when application a was asked for and was made void since.
const gone = `p.application = 0 and p.id < a.id and p.void <> '' and p.entry > a.id`

// span is how many months application a is about.
const span = `(cast(nullif(substr(a.to_month, 1, 4), '') as bigint) - cast(nullif(substr(a.from_month, 1, 4), '') as bigint)) * 12
	+ cast(nullif(substr(a.to_month, 6, 2), '') as bigint) - cast(nullif(substr(a.from_month, 6, 2), '') as bigint) + 1`

// PaidFor lists the payments that an approved application has led to: those that settle arrears or a recovery ([LedTo]), and those since the
// decision for the months of a new, resumed or changed entry from its first month on. Without any nobody has come to enjoy anything (M70).
func PaidFor(ctx context.Context, q store.Querier, application int64) ([]Payment, error) {
	a, err := applicationByID(ctx, q, application)
	if err != nil || a.Decision != Approved {
		return nil, err
	}
	if a.Kind.Money() {
		return store.All(ctx, q, scanPayment, `select `+paymentColumns+` from payment x where x.id in (select p.id from payment p join application a on `+LedTo+` where a.id = $1) order by x.month, x.id`, application)
	}
	if a.Kind != New && a.Kind != Resume && a.Kind != Change {
		return nil, nil
	}
	return store.All(ctx, q, scanPayment, `select `+paymentColumns+` from payment x where x.programme = $1 and x.person = $2 and x.month >= $3 and x.application = 0 and x.void = '' and (x.paid >= $4 or x.untold >= $4) order by x.month, x.id`,
		a.Programme, a.Person, a.From.String(), a.Decided)
}

// Enjoyed is how many people came to enjoy a programme.
type Enjoyed struct {
	Persons int   // were paid
	First   int   // of these: had never been paid before
	Fen     int64 // in all, repayments taken off
}

// Enjoying counts who was paid by a programme from one day to another, by the day of payment, in the units that who sees. Only persons
// with a payment row count, never those who were applied for (M70).
func Enjoying(ctx context.Context, q store.Querier, who org.Person, programme int64, from, to string) (Enjoyed, error) {
	where, args := who.Under("p.path", programme, from, to)
	return store.One(ctx, q, func(rows *sql.Rows, e *Enjoyed) error { return rows.Scan(&e.Persons, &e.First, &e.Fen) }, `select count(*),
		count(*) filter (where not exists (select 1 from payment y where y.person = paid.person and y.programme = $1 and y.paid < $2 and y.amount > 0 and y.void = '')), coalesce(sum(paid.fen), 0)
		from (select x.person, sum(x.amount) as fen from payment x join person p on p.id = x.person where x.programme = $1 and x.paid >= $2 and x.paid <= $3 and x.void = '' and `+where+`
			group by x.person having sum(x.amount) > 0) as paid`, args...)
}

// Account is what somebody is owed and was paid by a programme, month by month.
type Account struct {
	Programme Programme
	Terms     Terms
	Standing  Standing
	Roll      Roll // the newest entry; the zero one without any
	Applied   Month
	Until     Month // the last month whose payment is due by now
	Lines     []Line
	Sum       Sum
}

// Payable is the last month whose payment must have been made by a day: the month before, or where the programme pays by quarters, the last
// one of the quarter before.
func (t Terms) Payable(day string) Month {
	m := MonthOf(day) - 1
	if t.Word(Cycle, day) == Quarterly {
		m = MonthOf(day)/3*3 - 1
	}
	return m
}

// AccountOf lays beside each other what a person whom who may see is owed by a programme and was paid, until a day.
func AccountOf(ctx context.Context, q store.Querier, who org.Person, programme, person int64, day string) (Account, error) {
	x, err := PersonByID(ctx, q, who, person)
	if err != nil {
		return Account{}, err
	}
	p, err := ProgrammeByID(ctx, q, programme)
	if err != nil {
		return Account{}, err
	}
	terms, err := TermsOf(ctx, q, programme)
	if err != nil {
		return Account{}, err
	}
	return accountOf(ctx, q, p, terms, x, terms.Payable(day))
}

func accountOf(ctx context.Context, q store.Querier, p Programme, terms Terms, x Person, until Month) (Account, error) {
	a := Account{Programme: p, Terms: terms, Until: until}
	rolls, err := RollsOf(ctx, q, x.ID)
	if err != nil {
		return a, err
	}
	rolls = slices.DeleteFunc(rolls, func(r Roll) bool { return r.Programme != p.ID || r.Person.ID != x.ID })
	var standards []Standard
	if len(rolls) > 0 {
		a.Roll = rolls[0]
		if standards, err = Standards(ctx, q, a.Roll.ID); err != nil {
			return a, err
		}
	}
	a.Standing = standingOf(p, x, a.Roll, standards)
	breaks, err := breaksOf(ctx, q, p.ID, x.ID)
	if err != nil {
		return a, err
	}
	a.Standing.Breaks = breaks[a.Roll.ID]
	if len(rolls) > 0 {
		a.Standing.OnRoll, a.Standing.Since = true, rolls[len(rolls)-1].Starts
		if a.Standing.Recorded, err = recorded(ctx, q, p, x.Unit); err != nil {
			return a, err
		}
	}
	applied, err := store.All(ctx, q, store.Value[string], `select received from application where programme = $1 and person = $2 and kind in ('new', 'arrears') and step <> 'withdrawn' order by received limit 1`, p.ID, x.ID)
	if err != nil {
		return a, err
	}
	if len(applied) > 0 {
		a.Applied = MonthOf(applied[0])
	}
	payments, err := PaymentsOf(ctx, q, p.ID, x.ID)
	if err != nil {
		return a, err
	}
	if !a.Standing.OnRoll && len(payments) > 0 { // paid without an entry that is known here: of months without a list nothing is known
		a.Standing.OnRoll = true
		if a.Standing.Recorded, err = recorded(ctx, q, p, x.Unit); err != nil {
			return a, err
		}
	}
	paid := map[Month]PaidIn{}
	for _, y := range payments {
		in := paid[y.Month]
		paid[y.Month] = PaidIn{in.Fen + y.Fen, in.Rows + 1, in.Made || y.Application != 0 && y.Fen > 0}
	}
	a.Lines = terms.Lines(a.Standing, paid, terms.Begins(a.Standing), until)
	a.Sum = terms.Sum(a.Lines, a.Applied)
	return a, nil
}

// recorded are the months whose payments of a programme in a town are here.
func recorded(ctx context.Context, q store.Querier, p Programme, town int64) (map[Month]bool, error) {
	query, args := `select distinct x.month from payment x where x.programme = $1 and x.application = 0 and x.void = ''`, []any{p.ID}
	if p.Unit != town { // of a district: each town's lists come by themselves
		query, args = `select distinct x.month from payment x join person p on p.id = x.person where x.programme = $1 and x.application = 0 and x.void = '' and p.unit = $2`, append(args, town)
	}
	list, err := store.All(ctx, q, store.Value[string], query, args...)
	months := make(map[Month]bool, len(list))
	for _, text := range list {
		m, _ := ParseMonth(text)
		months[m] = true
	}
	return months, err
}

// breaksOf are the months between a stop and going on again, as the county decided them, by entry; of one person or, with 0, of all.
func breaksOf(ctx context.Context, q store.Querier, programme, person int64) (map[int64][]Break, error) {
	list, err := store.All(ctx, q, scanApplication, `select `+applicationColumns+` from application a where a.programme = $1 and (cast($2 as bigint) = 0 or a.person = $2)
		and a.decision = 'approved' and a.kind in ('stop', 'resume') order by a.decided, a.id`, programme, person)
	ends, breaks := map[int64]Month{}, map[int64][]Break{}
	for _, a := range list {
		switch end := ends[a.Roll]; {
		case a.Kind == Stop:
			ends[a.Roll] = a.To
		case end != 0:
			breaks[a.Roll] = append(breaks[a.Roll], Break{end + 1, a.From - 1})
			delete(ends, a.Roll)
		}
	}
	return breaks, err
}

func standingOf(p Programme, x Person, r Roll, standards []Standard) Standing {
	s := Standing{Birth: x.Birth, Came: x.Came, Moved: x.Moved, Dead: x.Dead, Household: p.Level == ByHousehold, Standards: standards}
	if r.State == Stopped {
		s.Ends = r.Ends
	}
	return s
}

// VoidPayment is a month's payment that was made void, with whom it was to.
type VoidPayment struct {
	Payment
	About Person
}

// VoidPayments lists the months' payments of a programme that were made void, of people whom who sees: of one person or, with 0, of all, of one
// month or, with 0, of all; the last first.
func VoidPayments(ctx context.Context, q store.Querier, who org.Person, programme, person int64, m Month) ([]VoidPayment, error) {
	where, args := who.MayUnder(org.Residents, "p.path", programme, person, m.String())
	return store.All(ctx, q, func(rows *sql.Rows, x *VoidPayment) error {
		var month string
		err := rows.Scan(append(x.Payment.into(&month), x.About.into()...)...)
		x.Month, _ = ParseMonth(month)
		return err
	}, `select `+paymentColumns+`, `+personColumns+` from payment x join person p on p.id = x.person where x.programme = $1 and x.application = 0 and x.void <> ''
		and (cast($2 as bigint) = 0 or x.person = $2) and (cast($3 as text) = '' or x.month = $3) and `+where+` order by x.entry desc`, args...)
}

// Paid is a payment as a list or a form tells of it.
type Paid struct {
	Person  int64   // 0: whoever Subject is
	Subject Subject // who
	Fen     int64
	Months  int    // how many months it is for, from the month of the list on; 0 and 1: one
	Day     string // of the payment
	Untold  bool   // nobody said on what day it was paid: Day is assumed
	Source  string // list, sheet and row, or the paper
}

// TakePayments takes the payments of a programme for a month from a list. Two lines of one person are one payment of both amounts, for so
// much was paid. A payment that is there with another amount is returned as a difference and stays, and so is a line whose payment was made
// void: a list that is taken again does not undo that. All of the list is taken or, with [Rejected], nothing; the same list again changes nothing.
func TakePayments(ctx context.Context, v *vault.Vault, who org.Person, programme int64, month Month, list []Paid) (TakeResult, error) {
	var result TakeResult
	err := v.Write(ctx, func(tx *store.Tx) (err error) {
		result, err = takePayments(ctx, v, tx, who, programme, month, list, false)
		return err
	})
	return result, err
}

// takePayments takes payments from a list or, when somebody enters them, also those that were void.
func takePayments(ctx context.Context, v *vault.Vault, tx *store.Tx, who org.Person, programme int64, month Month, list []Paid, entered bool) (result TakeResult, err error) {
	if month < 1900*12 || month > MonthOf(today(tx)) {
		return result, org.Invalid{Field: "发放月份", What: "请写哪个月的钱，如 2026-05，不能在本月以后"}
	}
	t, err := newTaking(ctx, v, tx, who, programme)
	if err != nil {
		return result, err
	}
	had, err := store.All(ctx, tx, scanPayment, `select `+paymentColumns+` from payment x where x.programme = $1 and x.application = 0 and x.month >= $2`, programme, month.String())
	if err != nil {
		return result, err
	}
	type key struct {
		person int64
		month  Month
	}
	type line struct {
		key
		source string
		fen    int64
	}
	there, void := make(map[key]Payment, len(had)), map[line]Payment{}
	for _, x := range had {
		if k := (key{x.Person, x.Month}); x.Void == "" {
			there[k] = x
		} else if !entered {
			void[line{k, x.Source, x.Fen}] = x
		}
	}
	var bad Rejected
	var order []key
	rows := map[key]Payment{}
	names := map[int64]string{}
	untold := map[key]string{}
	for _, x := range list {
		person, diffs, err := t.paidPerson(ctx, x)
		if err == nil {
			err = x.check(today(tx))
		}
		if refused(err) {
			bad = append(bad, fmt.Sprintf("%s %s", x.Source, err))
			continue
		}
		if err != nil {
			return result, err
		}
		result.Differences = append(result.Differences, diffs...)
		roll, on := t.rolls[person.ID]
		if _, told := names[person.ID]; !on && !told {
			result.Differences = append(result.Differences, Difference{Person: person.ID, Name: person.Name, Field: "名册", Ours: "不在名册上", Theirs: "有发放", Source: x.Source})
		}
		names[person.ID] = person.Name
		n := max(x.Months, 1)
		for i := range n {
			k := key{person.ID, month + Month(i)}
			fen := x.Fen / int64(n)
			if i == n-1 {
				fen = x.Fen - fen*int64(n-1) // what does not divide
			}
			row, again := rows[k]
			if !again {
				row = Payment{Programme: programme, Person: person.ID, Roll: roll.ID, Month: k.month, Paid: x.Day, Source: x.Source}
				order = append(order, k)
			} else {
				row.Source += "；" + x.Source
			}
			row.Fen += fen
			rows[k] = row
			if x.Untold && !again {
				untold[k] = today(tx)
			}
		}
	}
	if len(bad) > 0 {
		return result, bad
	}
	var sum int64
	for _, k := range order {
		row := rows[k]
		if old, ok := there[k]; ok {
			result.Same++
			if old.Fen != row.Fen {
				result.Differences = append(result.Differences, Difference{Person: k.person, Name: names[k.person], Field: k.month.Words() + "发放金额", Ours: Yuan(old.Fen), Theirs: Yuan(row.Fen), Source: row.Source})
			}
			continue
		}
		if old, ok := void[line{k, row.Source, row.Fen}]; ok {
			result.Differences = append(result.Differences, Difference{Person: k.person, Name: names[k.person], Field: k.month.Words() + "发放", Ours: old.Void + "已作废，没有再记", Theirs: Yuan(row.Fen), Source: row.Source})
			continue
		}
		row.ID = tx.ID()
		t.wrote("payment", row.ID)
		if _, err := tx.Exec(ctx, `insert into payment (id, programme, person, roll, application, month, amount, paid, source, version, untold) values ($1, $2, $3, $4, 0, $5, $6, $7, $8, 1, $9)`,
			row.ID, row.Programme, row.Person, row.Roll, row.Month.String(), row.Fen, row.Paid, row.Source, untold[k]); err != nil {
			return result, err
		}
		result.New++
		sum += row.Fen
	}
	if t.row == 0 {
		return result, nil
	}
	return result, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: t.kind, Row: t.row,
		Changes: []journal.Change{{Field: t.programme.Name + month.Words() + "发放", To: fmt.Sprintf("%d笔，%s元", result.New, Yuan(sum))}}})
}

// PayMonth records that people were paid what a month owes them, as somebody ticks them off by hand. Whoever was paid for that month, or
// for whom it was made good, since the form was opened is refused with what and when, as is whoever is owed nothing any more or is to have
// the month with arrears that the county approved; then nobody is recorded. The same form again does nothing.
func PayMonth(ctx context.Context, v *vault.Vault, who org.Person, programme int64, month Month, people []int64, day, source string) (TakeResult, error) {
	var result TakeResult
	if !who.May(org.Programme) {
		return result, org.Denied{Who: who, Action: org.Programme}
	}
	err := v.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "programme", programme); err != nil { // as who settles arrears does
			return err
		}
		lines, err := MonthOfPayments(ctx, tx, who, programme, month)
		if err != nil {
			return err
		}
		granted, err := grantedIn(ctx, tx, programme, month)
		if err != nil {
			return err
		}
		source = strings.TrimSpace(source)
		var list []Paid
		var not []string
		for _, person := range slices.Compact(slices.Sorted(slices.Values(people))) {
			at := slices.IndexFunc(lines, func(l MonthLine) bool { return l.Person.ID == person })
			if at < 0 {
				p, err := PersonByID(ctx, tx, who, person)
				if err != nil {
					return err
				}
				not = append(not, p.Name+"这个月没有应发的")
				continue
			}
			l := lines[at]
			again := l.Payment.ID != 0 && l.Payment.Fen == l.Due.Fen && l.Payment.Paid == day && l.Payment.Source == source
			switch {
			case again && len(l.Rows) == 1:
			case len(l.Rows) > 0:
				var had []string
				for _, x := range l.Rows {
					had = append(had, fmt.Sprintf("%s已%s%s元（%s）", x.Paid, x.word(), Yuan(max(x.Fen, -x.Fen)), x.Source))
				}
				not = append(not, l.Person.Name+"："+strings.Join(had, "，"))
				continue
			case l.Due.Fen == 0:
				not = append(not, fmt.Sprintf("%s：不应发（%s）", l.Person.Name, l.Due.Why))
				continue
			case granted[person].ID != 0:
				g := granted[person]
				not = append(not, fmt.Sprintf("%s：县里%s已同意补发%s%s元，还有%s元没有到账，请在那件补发里登记", l.Person.Name, g.Decided, g.Months(), Yuan(g.Amount), Yuan(g.Amount-g.Paid)))
				continue
			}
			list = append(list, Paid{Person: person, Fen: l.Due.Fen, Day: day, Source: source})
		}
		if len(not) > 0 {
			return org.Invalid{Field: "发放", What: month.Words() + "的名单已经变了，都没有登记。" + strings.Join(not, "；") + "。请核对后重新勾选"}
		}
		result, err = takePayments(ctx, v, tx, who, programme, month, list, true)
		return err
	})
	return result, err
}

// grantedIn are the arrears of a programme that the county approved, that hold a month and are not paid in full, by person. They hold no
// month that was paid when they were asked for: what was void of it since is entered anew.
func grantedIn(ctx context.Context, q store.Querier, programme int64, m Month) (map[int64]Pending, error) {
	list, err := store.All(ctx, q, func(rows *sql.Rows, x *Pending) error { return x.scan(rows, &x.Paid) }, `select * from (select `+applicationColumns+`,
		coalesce((select sum(p.amount) from payment p where `+LedTo+`), 0) as settled from application a where a.programme = $1 and a.kind = 'arrears'
		and a.decision = 'approved' and a.from_month <= $2 and a.to_month >= $2 and not exists (select 1 from payment w where `+stood+` and w.month = $2) and not `+Covered+`) as granted where settled < amount order by id`, programme, m.String())
	granted := make(map[int64]Pending, len(list))
	for _, x := range list {
		granted[x.Person] = x
	}
	return granted, err
}

// paidPerson finds or enters whom a payment was made to.
func (t *taking) paidPerson(ctx context.Context, x Paid) (Person, []Difference, error) {
	if x.Person == 0 {
		return t.person(ctx, x.Subject, x.Source)
	}
	p, err := PersonByID(ctx, t.tx, t.who, x.Person)
	if err == nil {
		err = t.who.Check(org.Programme, p.At())
	}
	return p, nil, err
}

func (x Paid) check(today string) error {
	switch {
	case x.Fen <= 0:
		return org.Invalid{Field: "金额", What: "请写大于0的金额；退回的钱在“追回”里登记"}
	case x.Months < 0 || x.Months > 12:
		return org.Invalid{Field: "月数", What: "请写1到12"}
	case !isDay(x.Day) || x.Day > today:
		return org.Invalid{Field: "发放日期", What: "请写到账的日期，不能在今天以后"}
	case strings.TrimSpace(x.Source) == "":
		return org.Invalid{Field: "凭据", What: "请写凭什么登记，如 2026年5月发放册 第12行"}
	}
	return vault.CheckText("凭据", x.Source)
}

// paymentToMend reads a payment that is about to be corrected or made void and checks the right.
func paymentToMend(ctx context.Context, tx *store.Tx, who org.Person, id int64) (Payment, error) {
	x, err := store.One(ctx, tx, scanPayment, `select `+paymentColumns+` from payment x where x.id = $1`, id)
	if err != nil {
		return x, err
	}
	person, err := PersonByID(ctx, tx, who, x.Person)
	if err == nil {
		err = who.Check(org.Programme, person.At())
	}
	return x, err
}

// CorrectPayment corrects amount or day of a payment that was entered wrongly, with why. The one before stays in the journal.
func CorrectPayment(ctx context.Context, v *vault.Vault, who org.Person, id, version, fen int64, day, why string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		x, err := paymentToMend(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if x.Void != "" {
			return org.Invalid{Field: "金额", What: x.Void + "已经作废，不能更正；对的一笔请重新登记"}
		}
		if x.Fen == fen && x.Paid == day {
			return nil
		}
		if why = strings.TrimSpace(why); why == "" {
			return org.Invalid{Field: "更正原因", What: "请写凭什么更正，如 发放册第12行是60元"}
		}
		if x.Application != 0 {
			return org.Invalid{Field: "金额", What: "这一笔是补发或追回，请在那件事项里登记"}
		}
		if err := (Paid{Fen: fen, Day: day, Source: why}).check(today(tx)); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update payment set amount = $3, paid = $4, untold = case when paid = $4 then untold else '' end, version = version + 1 where id = $1 and version = $2`, id, version, fen, day)
		if err != nil {
			return err
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "payment", id)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "更正", Kind: "payment", Row: id,
			Changes: append(changed("金额", Yuan(x.Fen), Yuan(fen), "发放日期", x.Paid, day), journal.Change{Field: "更正原因", To: why})})
	})
}

// VoidMonth makes void a month's payment that was entered wrongly or stands wrongly in a list (作废), with why: whoever may enter it may. The
// month is not paid again, and nothing is deleted; entering it again brings it back. Not while money was paid back because of it. What
// package lead ended by it comes back with the next lead.Follow.
func VoidMonth(ctx context.Context, v *vault.Vault, who org.Person, id, version int64, why string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		x, err := paymentToMend(ctx, tx, who, id)
		if err != nil {
			return err
		}
		p, err := ProgrammeByID(ctx, tx, x.Programme)
		if err != nil {
			return err
		}
		if err := tx.Lock(ctx, "programme", x.Programme); err != nil { // nobody pays back meanwhile
			return err
		}
		switch why = strings.TrimSpace(why); {
		case x.Application != 0:
			return org.Invalid{Field: "作废原因", What: "这一笔是补发或追回，请在那件事项里作废"}
		case x.Void != "":
			return nil // done already
		case why == "":
			return org.Invalid{Field: "作废原因", What: "请写错在哪里、凭什么知道，如 银行回单是另一个人的"}
		}
		if err := vault.CheckText("作废原因", why); err != nil {
			return err
		}
		if err := x.paidBack(ctx, tx); err != nil {
			return err
		}
		// Its entry sets it apart from the right one of the month, and tells whether something was asked for before or after its end.
		n, err := tx.Exec(ctx, `update payment set void = $3, void_by = $4, void_why = $5, entry = $6, version = version + 1 where id = $1 and version = $2 and void = ''`,
			id, version, today(tx), who.ID, why, tx.ID())
		if err != nil {
			return err
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "payment", id)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "作废", Kind: "payment", Row: id, Changes: []journal.Change{
			{Field: p.Name + x.Month.Words() + "发放", From: fmt.Sprintf("%s元（%s）", Yuan(x.Fen), x.Paid)}, {Field: "凭据", From: x.Source}, {Field: "作废原因", To: why}}})
	})
}

// paidBack refuses to make void a month's payment because of which money was paid back.
func (p Payment) paidBack(ctx context.Context, q store.Querier) error {
	list, err := store.All(ctx, q, scanPayment, `select `+paymentColumns+` from payment x where x.programme = $1 and x.person = $2 and x.month = $3 and x.application <> 0 and x.void = ''
		and x.amount < 0 and x.id > $4 order by x.id limit 1`, p.Programme, p.Person, p.Month.String(), p.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	return org.Invalid{Field: "作废原因", What: list[0].restsOn()}
}

// restsOn says that what is to be made void has to stay while p counts.
func (p Payment) restsOn() string {
	return fmt.Sprintf("%s后来又登记了%s%s元（%s，%s），是按这一笔算的；先作废%s的登记", p.Month.Words(), p.word(), Yuan(max(p.Fen, -p.Fen)), p.Paid, p.Source, p.word())
}

// Settlement is what was entered at once of arrears that were paid or of an overpayment that was paid back (登记到账, 登记缴回). One that was
// entered wrongly is made void: its rows stay and no longer count.
type Settlement struct {
	Entry    int64 // its rows share it
	Fen      int64 // paid back is negative
	Paid     string
	Source   string
	From, To Month
	Void     string // day on which it was made void; empty: it counts
	VoidWhy  string
}

// Settlements lists what was entered of an application about money, the first first, what was made void included.
func Settlements(ctx context.Context, q store.Querier, application int64) ([]Settlement, error) {
	rows, err := store.All(ctx, q, scanPayment, `select `+paymentColumns+` from payment x where x.application = $1 order by `+entryOf+`, x.month, x.id`, application)
	var list []Settlement
	for _, x := range rows {
		if n := len(list); n == 0 || list[n-1].Entry != x.Entry {
			list = append(list, Settlement{Entry: x.Entry, Paid: x.Paid, Source: x.Source, From: x.Month, Void: x.Void, VoidWhy: x.VoidWhy})
		}
		s := &list[len(list)-1]
		s.Fen, s.To, s.Paid = s.Fen+x.Fen, x.Month, max(s.Paid, x.Paid)
	}
	return list, err
}

// Settle records that arrears were paid or an overpayment was paid back, in whole or in part, as payment rows of the months that the
// application is about: the earliest first. It cannot be more than the county decided, nor than what is open of these months when some of
// them were paid after they were asked for.
func Settle(ctx context.Context, v *vault.Vault, who org.Person, id, version, fen int64, day, source string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		a, person, err := lockApplication(ctx, tx, who, id, org.Programme)
		if err != nil {
			return err
		}
		source = strings.TrimSpace(source)
		before, err := Settlements(ctx, tx, id)
		if err != nil {
			return err
		}
		sign, settled, again := a.Kind.sign(), int64(0), false
		for _, x := range before {
			if x.Void == "" {
				settled += sign * x.Fen
				again = again || x.Fen == sign*fen && x.Paid == day && x.Source == source
			}
		}
		switch {
		case a.Step != Decided || a.Decision != Approved || !a.Kind.Money():
			return org.Invalid{Field: "环节", What: "县里同意补发或追回之后，才能登记到账"}
		case again && fen > 0:
			return nil // the same form again
		case day < a.Decided:
			return org.Invalid{Field: "发放日期", What: fmt.Sprintf("请写到账的日期，在县里决定（%s）之后", a.Decided)}
		}
		if err := (Paid{Fen: fen, Day: day, Source: source}).check(today(tx)); err != nil {
			return err
		}
		if left := a.Amount - settled; fen > left {
			return org.Invalid{Field: "金额", What: fmt.Sprintf("县里决定%s元，已登记%s元，还能登记%s元", Yuan(a.Amount), Yuan(settled), Yuan(left))}
		}
		p, err := ProgrammeByID(ctx, tx, a.Programme)
		if err != nil {
			return err
		}
		if err := tx.Lock(ctx, "programme", a.Programme); err != nil { // nobody records a month as paid meanwhile
			return err
		}
		terms, err := TermsOf(ctx, tx, a.Programme)
		if err != nil {
			return err
		}
		account, err := accountOf(ctx, tx, p, terms, person, a.To)
		if err != nil {
			return err
		}
		if err := a.paidMeanwhile(ctx, tx, account.Lines, sign, fen, a.Amount-settled); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update application set version = version + 1 where id = $1 and version = $2`, id, version)
		if err := a.moved(ctx, tx, n, err); err != nil {
			return err
		}
		entry := tx.ID()
		for _, part := range a.spread(account.Lines, sign, fen) {
			if _, err := tx.Exec(ctx, `insert into payment (id, programme, person, roll, application, month, amount, paid, source, version, entry, void, void_by, void_why)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, '', 0, '')`,
				tx.ID(), a.Programme, a.Person, a.Roll, id, part.From.String(), sign*part.Fen, day, source, entry); err != nil {
				return err
			}
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "发放", Kind: "application", Row: id, Happened: day,
			Changes: []journal.Change{{Field: a.Kind.Word() + "到账", To: Yuan(fen) + "元"}, {Field: "凭据", To: source}}})
	})
}

// paidMeanwhile refuses to settle what was paid otherwise of the months of an application since it was entered: it would be paid twice.
// left is what the county decided less what was settled.
func (a Application) paidMeanwhile(ctx context.Context, q store.Querier, lines []Line, sign, fen, left int64) error {
	open, later, err := a.open(ctx, q, lines, sign, left)
	if err != nil || fen <= open {
		return err
	}
	var told []string
	for _, x := range later {
		if x.Void != "" {
			told = append(told, fmt.Sprintf("%s发放的%s元已于%s作废", x.Month.Words(), Yuan(x.Fen), x.Void))
			continue
		}
		told = append(told, fmt.Sprintf("%s已于%s%s%s元（%s）", x.Month.Words(), x.Paid, x.word(), Yuan(max(x.Fen, -x.Fen)), x.Source))
	}
	return org.Invalid{Field: "金额", What: fmt.Sprintf("提出以后%s，这里只能再登记%s元；请核对是不是同一笔钱", strings.Join(told, "，"), Yuan(open))}
}

// open is what may still be settled of left, which is what the county decided less what was settled: all of it but what was paid otherwise of
// its months since it was entered, on whatever day, less what was made void, as far as these months are not owed more. It is these payments, too.
func (a Application) open(ctx context.Context, q store.Querier, lines []Line, sign, left int64) (int64, []Payment, error) {
	later, err := store.All(ctx, q, scanPayment, `select `+paymentColumns+` from payment x where x.id in (select p.id from payment p join application a on p.person = a.person and p.programme = a.programme
		where a.id = $1 and p.month >= a.from_month and p.month <= a.to_month and (p.application <> a.id and p.id > a.id and p.amount * $2 > 0 and p.void = '' or `+gone+`
			or p.application = 0 and p.id > a.id and p.void = '' and exists (select 1 from payment w where `+stood+` and w.month = p.month))) order by x.month, x.id`, a.ID, sign)
	if err != nil || len(later) == 0 {
		return left, nil, err
	}
	var owed int64
	for _, l := range lines {
		if l.Month >= a.From && l.Month <= a.To {
			owed += max(sign*l.Diff(), 0)
		}
	}
	// Of months of which nothing is known only the decision says what is owed.
	rest := left
	for _, x := range later {
		if x.Void != "" {
			rest += sign * x.Fen
		} else {
			rest -= sign * x.Fen
		}
	}
	return min(left, max(owed, rest, 0)), later, nil
}

// word is what people call a payment.
func (p Payment) word() string {
	switch {
	case p.Fen < 0:
		return "追回"
	case p.Application != 0:
		return "补发"
	}
	return "发放"
}

// reckonedFrom refuses to make void what something entered later in the same months rests on: an overpayment that was paid back because
// of it, or arrears that were paid because of a recovery.
func (a Application) reckonedFrom(ctx context.Context, q store.Querier, x Settlement) error {
	list, err := store.All(ctx, q, scanPayment, `select `+paymentColumns+` from payment x where x.programme = $1 and x.person = $2 and x.application <> 0 and x.application <> $3 and x.void = ''
		and x.amount * $4 < 0 and x.id > $5 and x.month in (select x.month from payment x where x.application = $3 and `+entryOf+` = $5) order by x.id limit 1`,
		a.Programme, a.Person, a.ID, map[bool]int64{true: 1, false: -1}[x.Fen > 0], x.Entry)
	if err != nil || len(list) == 0 {
		return err
	}
	return org.Invalid{Field: "作废原因", What: list[0].restsOn()}
}

// VoidSettlement makes void what was entered wrongly of arrears or of a recovery (作废), with why: whoever may enter it may. Its months are
// open again, and nothing is deleted. Not while something entered later rests on it. What package lead ended by it comes back with the next lead.Follow.
func VoidSettlement(ctx context.Context, v *vault.Vault, who org.Person, id, version, entry int64, why string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		a, _, err := lockApplication(ctx, tx, who, id, org.Programme)
		if err != nil {
			return err
		}
		list, err := Settlements(ctx, tx, id)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(list, func(x Settlement) bool { return x.Entry == entry })
		if at < 0 {
			return store.ErrNotFound
		}
		x := list[at]
		switch why = strings.TrimSpace(why); {
		case x.Void != "":
			return nil // done already
		case why == "":
			return org.Invalid{Field: "作废原因", What: "请写错在哪里、凭什么知道，如 银行回单是另一个人的"}
		}
		if err := vault.CheckText("作废原因", why); err != nil {
			return err
		}
		if err := a.reckonedFrom(ctx, tx, x); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update application set version = version + 1 where id = $1 and version = $2`, id, version)
		if err := a.moved(ctx, tx, n, err); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update payment set void = $3, void_by = $4, void_why = $5, version = version + 1
			where id in (select x.id from payment x where x.application = $1 and x.void = '' and `+entryOf+` = $2)`,
			id, entry, today(tx), who.ID, why); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "作废", Kind: "application", Row: id, Changes: []journal.Change{
			{Field: a.Kind.Word() + "到账", From: fmt.Sprintf("%s元（%s）", Yuan(max(x.Fen, -x.Fen)), x.Paid)}, {Field: "凭据", From: x.Source}, {Field: "作废原因", To: why}}})
	})
}

// spread parts an amount over the months that an application is about, the earliest first: those that it was reckoned from before those
// of which nothing is known or that are not made good. What no month takes is the last one's.
func (a Application) spread(lines []Line, sign, fen int64) []Standard {
	var parts []Standard
	for _, reckoned := range []bool{true, false} {
		for _, l := range lines {
			open := sign * l.Diff()
			if l.Month < a.From || l.Month > a.To || open <= 0 || fen == 0 || reckoned != (l.Verdict != Unknown && l.Barred == "") {
				continue
			}
			part := min(open, fen)
			parts, fen = append(parts, Standard{l.Month, part}), fen-part
		}
	}
	slices.SortFunc(parts, func(a, b Standard) int { return int(a.From - b.From) })
	if fen > 0 {
		if n := len(parts); n > 0 && parts[n-1].From == a.To {
			parts[n-1].Fen += fen
		} else {
			parts = append(parts, Standard{a.To, fen})
		}
	}
	return parts
}

// MonthLine is what somebody is owed and was paid for one month.
type MonthLine struct {
	Person  Person
	Roll    Roll // the zero one: paid without an entry
	Due     Due
	Payment Payment // of the month, without arrears; the zero one: none
	Rows    []Payment
	Paid    int64 // fen of Rows, arrears and repayments included
	Verdict Verdict
}

// MonthOfPayments lays due and paid of a month beside each other for everybody on the roll of a programme whom who sees, and for everybody
// who was paid without being on it.
func MonthOfPayments(ctx context.Context, q store.Querier, who org.Person, programme int64, m Month) ([]MonthLine, error) {
	p, err := ProgrammeByID(ctx, q, programme)
	if err != nil {
		return nil, err
	}
	terms, err := TermsOf(ctx, q, programme)
	if err != nil {
		return nil, err
	}
	rolls, err := Rolls(ctx, q, who, Filter{Programme: programme})
	if err != nil {
		return nil, err
	}
	type of struct {
		roll int64
		Standard
	}
	all, err := store.All(ctx, q, func(rows *sql.Rows, x *of) error {
		var starts string
		err := rows.Scan(&x.roll, &starts, &x.Fen)
		x.From, _ = ParseMonth(starts)
		return err
	}, `select s.roll, s.starts, s.amount from roll_standard s join roll r on r.id = s.roll where r.programme = $1 order by s.starts`, programme)
	if err != nil {
		return nil, err
	}
	standards := map[int64][]Standard{}
	for _, x := range all {
		standards[x.roll] = append(standards[x.roll], x.Standard)
	}
	type paid struct {
		Payment
		Person
	}
	where, args := who.MayUnder(org.Residents, "p.path", programme, m.String())
	payments, err := store.All(ctx, q, func(rows *sql.Rows, x *paid) error {
		var month string
		err := rows.Scan(append(x.Payment.into(&month), x.Person.into()...)...)
		x.Payment.Month = m
		return err
	}, `select `+paymentColumns+`, `+personColumns+` from payment x join person p on p.id = x.person where x.programme = $1 and x.month = $2 and x.void = '' and `+where+` order by p.path, p.name, x.id`, args...)
	if err != nil {
		return nil, err
	}
	breaks, err := breaksOf(ctx, q, programme, 0)
	if err != nil {
		return nil, err
	}
	var list []MonthLine
	at := map[int64]int{}
	for _, r := range rolls { // the newest entry of a person counts
		standing := standingOf(p, r.Person, r, standards[r.ID])
		standing.Breaks = breaks[r.ID]
		l := MonthLine{Person: r.Person, Roll: r, Due: terms.Due(standing, m)}
		if i, ok := at[r.Person.ID]; !ok {
			at[r.Person.ID] = len(list)
			list = append(list, l)
		} else if list[i].Roll.ID < r.ID {
			list[i] = l
		}
	}
	for _, x := range payments {
		i, ok := at[x.Payment.Person]
		if !ok {
			i = len(list)
			at[x.Payment.Person] = i
			list = append(list, MonthLine{Person: x.Person, Due: terms.Due(standingOf(p, x.Person, Roll{}, nil), m)})
		}
		list[i].Paid += x.Payment.Fen
		list[i].Rows = append(list[i].Rows, x.Payment)
		if x.Payment.Application == 0 {
			list[i].Payment = x.Payment
		}
	}
	rows := list[:0]
	for _, l := range list {
		switch {
		case l.Due.Fen == 0 && l.Paid == 0 && l.Payment.ID == 0:
			continue // stopped, dead, not yet of age
		case l.Due.Fen > 0 && l.Paid == 0:
			l.Verdict = Missing
		case l.Due.Fen == 0 && l.Paid > 0:
			l.Verdict = Wrong
		case l.Paid < l.Due.Fen:
			l.Verdict = Short
		case l.Paid > l.Due.Fen:
			l.Verdict = Excess
		}
		rows = append(rows, l)
	}
	return rows, nil
}
