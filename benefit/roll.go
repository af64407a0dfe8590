package benefit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"bihuan/chinese"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// State is how an entry of a roll stands (C4 ROLL). It changes by a recorded decision of the county alone.
type State string

// The states of an entry.
const (
	Receiving State = "receiving"
	Suspended State = "suspended"
	Stopped   State = "stopped"
)

// Word is what people call a state.
func (s State) Word() string {
	return map[State]string{Receiving: "享受", Suspended: "暂停", Stopped: "停发"}[s]
}

// States are all states.
var States = []State{Receiving, Suspended, Stopped}

// Roll is an entry of a roll (名册): a person, or a household under its head.
type Roll struct {
	ID         int64
	Programme  int64
	Person     Person
	Starts     Month // 0: not known
	Ends       Month // last month; 0: goes on
	Class      string
	Standard   int64 // fen a month, as decided last; 0: by age
	State      State
	NextReview string // day; empty: none due
	TakenOver  bool   // from a list (名册移交), and no decision of the county about it is here
	Version    int64

	account string // sealed
}

// Account opens the account that is paid to; empty when none is known. The same holds as for [Person.Number].
func (r Roll) Account(v *vault.Vault) (string, error) { return v.Unseal("roll.account", r.account) }

// MaskedAccount is the account as screens have it.
func (r Roll) MaskedAccount(v *vault.Vault) string {
	account, err := r.Account(v)
	if err != nil {
		return "账号打不开"
	}
	return vault.MaskAccount(account)
}

const rollColumns = `r.id, r.programme, r.starts, r.ends, r.class, r.standard, r.state, r.next_review, r.version, r.account,
	case when exists (select 1 from application y where y.person = r.person and y.roll = r.id and y.kind = 'new' and y.decision = 'approved') then 0 else 1 end, ` + personColumns

func scanRoll(rows *sql.Rows, r *Roll) error {
	var starts, ends string
	err := rows.Scan(append([]any{&r.ID, &r.Programme, &starts, &ends, &r.Class, &r.Standard, &r.State, &r.NextReview, &r.Version, &r.account, &r.TakenOver}, r.Person.into()...)...)
	r.Starts, _ = ParseMonth(starts)
	r.Ends, _ = ParseMonth(ends)
	return err
}

const rollFrom = ` from roll r join person p on p.id = r.person`

// RollByID reads an entry of somebody whom who may see.
func RollByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Roll, error) {
	r, err := rollByID(ctx, q, id)
	if err == nil {
		_, err = PersonByID(ctx, q, who, r.Person.ID)
	}
	return r, err
}

func rollByID(ctx context.Context, q store.Querier, id int64) (Roll, error) {
	return store.One(ctx, q, scanRoll, `select `+rollColumns+rollFrom+` where r.id = $1`, id)
}

// RollsOf lists the entries of a person, and those of households that the person is a member of now; the newest first.
func RollsOf(ctx context.Context, q store.Querier, person int64) ([]Roll, error) {
	return store.All(ctx, q, scanRoll, `select `+rollColumns+rollFrom+` where r.person = $1 or r.id in (select m.roll from roll_member m where m.person = $1 and m.until = '') order by r.id desc`, person)
}

// Filter says which entries of rolls are wanted. Zero fields do not count.
type Filter struct {
	Programme int64
	Village   int64 // unit
	NoVillage bool  // those whose village is unknown
	State     State
	Name      string // part of a name
	Due       string // those whose review is due on this day or before
	First     int    // how many are passed over
	Most      int    // how many are listed; 0: all
}

// where is the condition of a filter on top of another.
func (f Filter) where(where string, args []any) (string, []any) {
	add := func(condition string, value any) {
		args = append(args, value)
		where += fmt.Sprintf(" and "+condition, len(args))
	}
	if f.Programme != 0 {
		add("r.programme = $%d", f.Programme)
	}
	if f.Village != 0 {
		add("p.village = $%d", f.Village)
	}
	if f.NoVillage {
		where += " and p.village = 0"
	}
	if f.State != "" {
		add("r.state = $%d", string(f.State))
	}
	if name := strings.TrimSpace(f.Name); name != "" {
		add(`p.name like $%d escape '\'`, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(name)+"%")
	}
	if f.Due != "" {
		add("r.state <> 'stopped' and r.next_review > '' and r.next_review <= $%d", f.Due)
	}
	return where, args
}

// Rolls lists entries whose people who sees, by village, household and name.
func Rolls(ctx context.Context, q store.Querier, who org.Person, f Filter) ([]Roll, error) {
	where, args := f.where(who.MayUnder(org.Residents, "p.path"))
	order := "p.path, p.place, p.household, p.name, r.id"
	if f.Due != "" {
		order = "r.next_review, " + order
	}
	query := `select ` + rollColumns + rollFrom + ` where ` + where + ` order by ` + order
	if f.Most > 0 {
		query += fmt.Sprintf(" limit %d offset %d", f.Most, f.First)
	}
	return store.All(ctx, q, scanRoll, query, args...)
}

// CountRolls counts the entries of a filter by state in the units that who sees; it tells of nobody, so that no right beyond that is asked
// for.
func CountRolls(ctx context.Context, q store.Querier, who org.Person, f Filter) (map[State]int, error) {
	f.State = ""
	where, args := f.where(who.Under("p.path"))
	type count struct {
		state State
		n     int
	}
	list, err := store.All(ctx, q, func(rows *sql.Rows, c *count) error { return rows.Scan(&c.state, &c.n) },
		`select r.state, count(*)`+rollFrom+` where `+where+` group by r.state`, args...)
	counts := map[State]int{}
	for _, c := range list {
		counts[c.state] = c.n
	}
	return counts, err
}

// Standards lists what an entry was paid a month, by month.
func Standards(ctx context.Context, q store.Querier, roll int64) ([]Standard, error) {
	return store.All(ctx, q, scanStandard, `select starts, amount from roll_standard where roll = $1 order by starts`, roll)
}

func scanStandard(rows *sql.Rows, s *Standard) error {
	var starts string
	err := rows.Scan(&starts, &s.Fen)
	s.From, _ = ParseMonth(starts)
	return err
}

// setStandard says what an entry is paid from a month on.
func setStandard(ctx context.Context, tx *store.Tx, roll int64, from Month, fen, application int64) error {
	if _, err := tx.Exec(ctx, `delete from roll_standard where roll = $1 and starts > $2`, roll, from.String()); err != nil { // an older decision does not outlive a newer one
		return err
	}
	_, err := tx.Exec(ctx, `insert into roll_standard (id, roll, starts, amount, application) values ($1, $2, $3, $4, $5)
		on conflict (roll, starts) do update set amount = excluded.amount, application = excluded.application`, tx.ID(), roll, from.String(), fen, application)
	return err
}

// Member is somebody of a household on a roll.
type Member struct {
	ID       int64
	Roll     int64
	Person   Person
	Relation string
	Since    string
	Until    string // empty: still
	Version  int64
}

// Members lists the members of a household, those who have left behind the others.
func Members(ctx context.Context, q store.Querier, roll int64) ([]Member, error) {
	return store.All(ctx, q, func(rows *sql.Rows, m *Member) error {
		return rows.Scan(append([]any{&m.ID, &m.Roll, &m.Relation, &m.Since, &m.Until, &m.Version}, m.Person.into()...)...)
	}, `select m.id, m.roll, m.relation, m.since, m.until, m.version, `+personColumns+` from roll_member m join person p on p.id = m.person where m.roll = $1
		order by case when m.until = '' then 0 else 1 end, m.id`, roll)
}

// AddMember enters a member of a household on a roll. Whether the amount changes is for a proposal.
func AddMember(ctx context.Context, v *vault.Vault, who org.Person, roll int64, s Subject, relation, since string) (int64, error) {
	var id int64
	err := v.Write(ctx, func(tx *store.Tx) error {
		r, p, err := lockRoll(ctx, tx, who, roll, org.Programme)
		if err != nil {
			return err
		}
		relation = strings.TrimSpace(relation)
		switch {
		case p.Level != ByHousehold:
			return org.Invalid{Field: "家庭成员", What: fmt.Sprintf("“%s”按人享受，没有家庭成员", p.Name)}
		case relation == "":
			return org.Invalid{Field: "与户主关系", What: "请写与户主的关系，如 配偶"}
		case !isDay(since) || since > today(tx):
			return org.Invalid{Field: "从何日起", What: "请写日期，不能在今天以后"}
		}
		if err := vault.CheckText("与户主关系", relation); err != nil {
			return err
		}
		s.Town = org.Unit{ID: r.Person.Unit, Path: townPath(r.Person)}
		if s.Village.ID == 0 {
			s.Village = org.Unit{ID: r.Person.Village, Path: r.Person.Path, Name: r.Person.Place}
		}
		person, _, err := keep(ctx, v, tx, p, s, nil)
		if err != nil {
			return err
		}
		members, err := Members(ctx, tx, roll)
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.Person.ID == person.ID && m.Until == "" {
				id = m.ID
				return nil
			}
		}
		id = tx.ID()
		if _, err := tx.Exec(ctx, `insert into roll_member (id, roll, person, relation, since, until, version) values ($1, $2, $3, $4, $5, '', 1)`, id, roll, person.ID, relation, since); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "roll", Row: roll, Happened: since,
			Changes: []journal.Change{{Field: "家庭成员", To: vault.MaskName(person.Name) + "（" + relation + "）"}}})
	})
	return id, err
}

// EndMember says from when on a member no longer belongs to the household.
func EndMember(ctx context.Context, v *vault.Vault, who org.Person, roll, member, version int64, until, why string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		if _, _, err := lockRoll(ctx, tx, who, roll, org.Programme); err != nil {
			return err
		}
		members, err := Members(ctx, tx, roll)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(members, func(m Member) bool { return m.ID == member })
		if at < 0 {
			return store.ErrNotFound
		}
		m := members[at]
		switch why = strings.TrimSpace(why); {
		case m.Until == until:
			return nil
		case !isDay(until) || until < m.Since || until > today(tx):
			return org.Invalid{Field: "到何日止", What: "请写日期，在加入之后、今天之前"}
		case why == "":
			return org.Invalid{Field: "原因", What: "请写原因，如 去世、出嫁、分户"}
		}
		if err := vault.CheckText("原因", why); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update roll_member set until = $3, version = version + 1 where id = $1 and version = $2`, member, version, until)
		if err != nil {
			return err
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "roll", roll)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "修改", Kind: "roll", Row: roll, Happened: until,
			Changes: []journal.Change{{Field: "家庭成员", From: vault.MaskName(m.Person.Name) + "（" + m.Relation + "）", To: "减少：" + why}}})
	})
}

// townPath is where the town of a person stands in the tree.
func townPath(p Person) string {
	mark := fmt.Sprintf("/%d/", p.Unit)
	if i := strings.Index(p.Path, mark); i >= 0 {
		return p.Path[:i+len(mark)]
	}
	return p.Path
}

// lockRoll reads an entry that is about to be changed, with its programme, and checks the right.
func lockRoll(ctx context.Context, tx *store.Tx, who org.Person, id int64, a org.Action) (Roll, Programme, error) {
	if err := tx.Lock(ctx, "roll", id); err != nil {
		return Roll{}, Programme{}, err
	}
	r, err := RollByID(ctx, tx, who, id)
	if err != nil {
		return r, Programme{}, err
	}
	if err := who.Check(a, r.Person.At()); err != nil {
		return r, Programme{}, err
	}
	p, err := ProgrammeByID(ctx, tx, r.Programme)
	return r, p, err
}

// Proposals are the results of a review: nothing new, or what is proposed because of it.
var Proposals = []struct {
	Result string // unchanged, or a kind of [Application]
	Word   string
}{{"unchanged", "没有变化，继续享受"}, {string(Change), "建议变更标准"}, {string(Suspend), "建议暂停"}, {string(Resume), "建议恢复"}, {string(Stop), "建议停发"}}

// ProposalWord is what people call the result of a review.
func ProposalWord(result string) string {
	for _, p := range Proposals {
		if p.Result == result {
			return p.Word
		}
	}
	return result
}

// Review is a review (复核, 生存认证) of an entry (M65–M67).
type Review struct {
	ID       int64
	Roll     int64
	Due      string // day that the clock asked for; empty: out of turn
	Done     string // day
	Staff    int64
	Found    string
	Result   string // see [Proposals]
	Proposal int64  // application made of it, 0 for none
}

// Late tells whether the review was done after its day.
func (r Review) Late() bool { return r.Due != "" && r.Done > r.Due }

// Reviews lists the reviews of an entry, the newest first.
func Reviews(ctx context.Context, q store.Querier, roll int64) ([]Review, error) {
	return store.All(ctx, q, func(rows *sql.Rows, r *Review) error {
		return rows.Scan(&r.ID, &r.Roll, &r.Due, &r.Done, &r.Staff, &r.Found, &r.Result, &r.Proposal)
	}, `select id, roll, due, done, staff, found, result, proposal from roll_review where roll = $1 order by done desc, id desc`, roll)
}

// ReviewDone is what a review is recorded with.
type ReviewDone struct {
	Done   string
	Found  string
	Result string // see [Proposals]
	Fen    int64  // of a change: the standard that is proposed
}

// RecordReview records a review and sets the next one by the clock of the entry's class. Anything but "unchanged" becomes a proposal that
// the town takes on and the county decides; until then the entry stays as it is.
func RecordReview(ctx context.Context, v *vault.Vault, who org.Person, roll, version int64, d ReviewDone) (id int64, err error) {
	err = v.Write(ctx, func(tx *store.Tx) error {
		r, p, err := lockRoll(ctx, tx, who, roll, org.Verify)
		if err != nil {
			return err
		}
		d.Found = strings.TrimSpace(d.Found)
		switch {
		case !isDay(d.Done) || d.Done > today(tx):
			return org.Invalid{Field: "复核日期", What: "请写哪天复核的，不能在今天以后"}
		case !slices.ContainsFunc(Proposals, func(x struct{ Result, Word string }) bool { return x.Result == d.Result }):
			return org.Invalid{Field: "结果", What: "请选一个结果"}
		case d.Found == "":
			return org.Invalid{Field: "复核情况", What: "请写看到了什么，如 入户，本人在家，收入没有变化"}
		case d.Result == string(Change) && d.Fen <= 0:
			return org.Invalid{Field: "建议月标准", What: "请写建议改成每月多少元"}
		}
		if err := vault.CheckText("复核情况", d.Found); err != nil {
			return err
		}
		done, err := Reviews(ctx, tx, roll)
		if err != nil {
			return err
		}
		if len(done) > 0 && done[0].Done == d.Done && done[0].Found == d.Found && done[0].Result == d.Result {
			id = done[0].ID
			return nil // the same form again
		}
		if r.State == Stopped && d.Result != string(Resume) {
			return org.Invalid{Field: "结果", What: "这一条已经停发；符合条件的请选“建议恢复”"}
		}
		terms, err := TermsOf(ctx, tx, r.Programme)
		if err != nil {
			return err
		}
		next := ""
		if months := terms.Clock(r.Class, d.Done); months > 0 {
			next = shifted(d.Done, months, 0)
		}
		n, err := tx.Exec(ctx, `update roll set next_review = $3, version = version + 1 where id = $1 and version = $2`, roll, version, next)
		if err != nil {
			return err
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "roll", roll)
		}
		var proposal int64
		if d.Result != "unchanged" {
			proposal, err = propose(ctx, v, tx, who, p, Application{Programme: r.Programme, Person: r.Person.ID, Roll: roll, Kind: Kind(d.Result), Source: FromReview,
				Received: d.Done, Amount: d.Fen, Reason: d.Found})
			if err != nil {
				return err
			}
		}
		id = tx.ID()
		if _, err := tx.Exec(ctx, `insert into roll_review (id, roll, due, done, staff, found, result, proposal, version) values ($1, $2, $3, $4, $5, $6, $7, $8, 1)`,
			id, roll, r.NextReview, d.Done, who.ID, d.Found, d.Result, proposal); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "复核", Kind: "roll", Row: roll, Happened: d.Done,
			Changes: []journal.Change{{Field: "复核情况", To: d.Found}, {Field: "结果", To: ProposalWord(d.Result)}, {Field: "下次复核", From: r.NextReview, To: next}}})
	})
	return id, err
}

// Entry is a row of a roll that is taken over from a confirmed list.
type Entry struct {
	Subject
	Relation string // of a household: 户主 or empty for its head, else a member of the household of the same number
	Class    string
	Standard int64 // fen a month; 0: by age, or not told
	Starts   Month // 0: not told
	Account  string
	Source   string // list, sheet and row
}

// Rejected is the error of a list with rows that cannot be taken. None of it was.
type Rejected []string

func (r Rejected) Error() string {
	const most = 20
	words := r[:min(len(r), most)]
	more := ""
	if len(r) > most {
		more = fmt.Sprintf("……共%d行", len(r))
	}
	return "没有记入名册：" + strings.Join(words, "；") + more
}

// TakeResult is what came of taking a list.
type TakeResult struct {
	New         int // entries or payments that were not there
	Same        int
	Differences []Difference // said differently; left as they were
	Gone        []Person     // receiving here and not on the list
}

// TakeRoll takes a roll over from a list: who is not on the roll of the programme yet is entered as receiving. What differs is returned
// and changes nothing, and nobody is taken off. All of the list is taken or, with [Rejected], nothing; the same list again changes nothing.
func TakeRoll(ctx context.Context, v *vault.Vault, who org.Person, programme int64, entries []Entry) (TakeResult, error) {
	var result TakeResult
	err := v.Write(ctx, func(tx *store.Tx) error {
		result = TakeResult{}
		t, err := newTaking(ctx, v, tx, who, programme)
		if err != nil {
			return err
		}
		var bad Rejected
		listed, heads := map[int64]bool{}, map[string]int64{}
		members := t.programme.Level == ByHousehold
		for _, pass := range []bool{true, false} { // heads of households first
			for _, e := range entries {
				head := !members || e.Relation == "" || e.Relation == "户主" || e.Relation == "本人"
				if head != pass {
					continue
				}
				person, diffs, err := t.person(ctx, e.Subject, e.Source)
				if refused(err) {
					bad = append(bad, fmt.Sprintf("%s %s", e.Source, err))
					continue
				}
				if err != nil {
					return err
				}
				result.Differences = append(result.Differences, diffs...)
				if !head {
					roll := heads[e.Household]
					if roll == 0 || e.Household == "" {
						bad = append(bad, e.Source+" 找不到这一户的户主，请补上户号")
						continue
					}
					listed[person.ID] = true
					if err := t.member(ctx, roll, person, e, &result); err != nil {
						return err
					}
					continue
				}
				if listed[person.ID] {
					result.Differences = append(result.Differences, Difference{Person: person.ID, Name: person.Name, Field: "名册", Ours: "一条", Theirs: "同一人又一行", Source: e.Source})
					continue
				}
				listed[person.ID] = true
				roll, err := t.entry(ctx, person, e, &result)
				if err != nil {
					return err
				}
				heads[e.Household] = roll
			}
		}
		if len(bad) > 0 {
			return bad
		}
		for person, r := range t.rolls {
			if r.State == Receiving && !listed[person] {
				result.Gone = append(result.Gone, r.Person)
			}
		}
		slices.SortFunc(result.Gone, func(a, b Person) int { return int(min(1, max(-1, a.ID-b.ID))) })
		if t.row == 0 {
			return nil
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "导入", Kind: t.kind, Row: t.row,
			Changes: []journal.Change{{Field: t.programme.Name + "名册", To: fmt.Sprintf("新增%d条，原有%d条", result.New, result.Same)}}})
	})
	return result, err
}

// refused tells what is wrong with a row from what went wrong with the program.
func refused(err error) bool {
	return errors.As(err, new(org.Invalid)) || errors.As(err, new(org.Denied))
}

// taking is a list that is being taken over.
type taking struct {
	v         *vault.Vault
	tx        *store.Tx
	who       org.Person
	programme Programme
	terms     Terms
	towns     map[int64]*known
	rolls     map[int64]Roll // by person; of several the newest
	members   map[[2]int64]bool
	kind      string // of the first row that was written, which the entry of the journal is about
	row       int64  // 0: nothing was written
}

// wrote notes that a row was written.
func (t *taking) wrote(kind string, row int64) {
	if t.row == 0 {
		t.kind, t.row = kind, row
	}
}

func newTaking(ctx context.Context, v *vault.Vault, tx *store.Tx, who org.Person, programme int64) (*taking, error) {
	if err := tx.Lock(ctx, "programme", programme); err != nil {
		return nil, err
	}
	p, err := ProgrammeByID(ctx, tx, programme)
	if err != nil {
		return nil, err
	}
	if !p.Seen(who) {
		return nil, store.ErrNotFound
	}
	if !who.May(org.Programme) {
		return nil, org.Denied{Who: who, Action: org.Programme}
	}
	t := &taking{v: v, tx: tx, who: who, programme: p, towns: map[int64]*known{}, rolls: map[int64]Roll{}, members: map[[2]int64]bool{}}
	if t.terms, err = TermsOf(ctx, tx, programme); err != nil {
		return nil, err
	}
	where, args := who.MayUnder(org.Programme, "p.path", programme)
	list, err := store.All(ctx, tx, scanRoll, `select `+rollColumns+rollFrom+` where r.programme = $1 and `+where+` order by r.id`, args...)
	for _, r := range list {
		t.rolls[r.Person.ID] = r
	}
	if err != nil {
		return nil, err
	}
	pairs, err := store.All(ctx, tx, func(rows *sql.Rows, m *[2]int64) error { return rows.Scan(&m[0], &m[1]) },
		`select m.roll, m.person from roll_member m join roll r on r.id = m.roll where r.programme = $1 and m.until = ''`, programme)
	for _, m := range pairs {
		t.members[m] = true
	}
	return t, err
}

// person finds or enters the person of a row.
func (t *taking) person(ctx context.Context, s Subject, source string) (Person, []Difference, error) {
	x, number, err := s.read(t.programme)
	if err != nil {
		return x, nil, err
	}
	if err := t.who.Check(org.Programme, x.At()); err != nil {
		return x, nil, err
	}
	k := t.towns[x.Unit]
	if k == nil {
		all, err := knownIn(ctx, t.tx, x.Unit)
		if err != nil {
			return x, nil, err
		}
		k = &all
		t.towns[x.Unit] = k
	}
	before, had := k.people[t.v.Index("number", number)]
	p, diffs, err := keep(ctx, t.v, t.tx, t.programme, s, k)
	if err == nil && (!had || before != p) {
		t.wrote("person", p.ID)
	}
	for i := range diffs {
		diffs[i].Source = source
	}
	return p, diffs, err
}

// entry enters a person on the roll, or says where the list differs.
func (t *taking) entry(ctx context.Context, p Person, e Entry, result *TakeResult) (int64, error) {
	account := plainAccount(e.Account)
	index := t.v.Index("account", account)
	if old, ok := t.rolls[p.ID]; ok {
		result.Same++
		differs := func(field, ours, theirs string) {
			result.Differences = append(result.Differences, Difference{Person: p.ID, Name: p.Name, Field: field, Ours: ours, Theirs: theirs, Source: e.Source})
		}
		had, err := old.Account(t.v)
		if err != nil {
			return 0, err
		}
		if old.State != Receiving {
			differs("状态", old.State.Word(), "在名册上")
		}
		if e.Standard > 0 && e.Standard != old.Standard && !t.terms.ByAge() {
			differs("月标准", Yuan(old.Standard), Yuan(e.Standard))
		}
		if e.Class != "" && e.Class != old.Class {
			differs("类别", old.Class, e.Class)
		}
		if account != "" && account != had {
			differs("账号", vault.MaskAccount(had), vault.MaskAccount(account))
		}
		if e.Starts != 0 && old.Starts != 0 && e.Starts != old.Starts {
			differs("起始月份", old.Starts.String(), e.Starts.String())
		}
		return old.ID, nil
	}
	r := Roll{ID: t.tx.ID(), Programme: t.programme.ID, Person: p, Starts: e.Starts, Class: strings.TrimSpace(e.Class), Standard: e.Standard, State: Receiving, Version: 1}
	if t.terms.ByAge() {
		r.Standard = 0
	}
	r.account = t.v.Seal("roll.account", account)
	if months := t.terms.Clock(r.Class, today(t.tx)); months > 0 {
		r.NextReview = shifted(today(t.tx), months, 0)
	}
	if err := insertRoll(ctx, t.tx, r, index); err != nil {
		return 0, err
	}
	if r.Standard > 0 {
		from := r.Starts
		if from == 0 {
			from = MonthOf(today(t.tx))
		}
		if err := setStandard(ctx, t.tx, r.ID, from, r.Standard, 0); err != nil {
			return 0, err
		}
	}
	t.rolls[p.ID] = r
	t.wrote("roll", r.ID)
	result.New++
	return r.ID, nil
}

func insertRoll(ctx context.Context, tx *store.Tx, r Roll, accountIndex string) error {
	_, err := tx.Exec(ctx, `insert into roll (id, programme, person, starts, ends, class, standard, account, account_index, state, next_review, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)`,
		r.ID, r.Programme, r.Person.ID, r.Starts.String(), r.Ends.String(), r.Class, r.Standard, r.account, accountIndex, string(r.State), r.NextReview)
	return err
}

// member enters a member of a household that the list names.
func (t *taking) member(ctx context.Context, roll int64, p Person, e Entry, result *TakeResult) error {
	if t.members[[2]int64{roll, p.ID}] {
		result.Same++
		return nil
	}
	t.members[[2]int64{roll, p.ID}] = true
	t.wrote("roll", roll)
	result.New++
	since := today(t.tx)
	if e.Starts != 0 {
		since = e.Starts.First()
	}
	_, err := t.tx.Exec(ctx, `insert into roll_member (id, roll, person, relation, since, until, version) values ($1, $2, $3, $4, $5, '', 1)`, t.tx.ID(), roll, p.ID, e.Relation, since)
	return err
}

// plainAccount is an account without blanks and in narrow digits, as it is kept and compared.
func plainAccount(text string) string {
	return strings.Map(func(r rune) rune {
		if r = chinese.Fold(r); chinese.Blank(r) || r == '\'' || r == '-' {
			return -1
		}
		return r
	}, text)
}
