package benefit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// LetterState is how far a letter to the county is inside the town: somebody drafts it, somebody else signs it, and only then it has its
// number and day (党政机关公文处理工作条例 18, 22, 25: 起草、审核、签发, then 登记).
type LetterState string

// The states. A letter that was sent is made void by [CountyLetter.Void] and stays in this one.
const (
	LetterSent     LetterState = ""         // signed and numbered
	LetterDraft    LetterState = "draft"    // waits to be signed
	LetterReturned LetterState = "returned" // sent back to whoever drafts it
	LetterDropped  LetterState = "dropped"  // taken back by whoever drafts it: what stood in it is free
)

// CountyLetter is the letter (报县函) with which a town puts before the office of the county what it proposes of one programme. The county
// decides each in writing (社会救助暂行办法 13).
type CountyLetter struct {
	ID        int64
	Unit      int64  // town
	Town      string // its name then
	Programme int64
	Title     string // the name of the programme then
	State     LetterState
	Number    string // 栖禾民函〔2026〕3号; empty until it is signed
	To        string // 临澜区民政局
	Basis     string // the documents that it goes by
	Said      string // what the town says to it
	Day       string // on which it was signed; empty until then
	Drafted   string // day of what waits or was signed
	Staff     int64  // who drafted it
	Who       string
	Signer    int64  // 0: nobody yet, or before letters were signed here
	SignedBy  string // name and post
	Back      string // day on which it was sent back last
	BackBy    string
	BackWhy   string
	Void      string // day on which it was made void; empty: it stands
	VoidWhy   string
	Version   int64
	Lines     []LetterLine // of [CountyLetterByID]
	N         int          // how many lines it has
	Decided   int          // of how many of them the county has decided
	Withdrawn int          // how many of them the town has withdrawn since: nobody decides these any more
}

// Waits tells whether it is still with the town: to be signed, or sent back.
func (l CountyLetter) Waits() bool { return l.State == LetterDraft || l.State == LetterReturned }

// Label is how people speak of a letter: its number, or whose draft it is.
func (l CountyLetter) Label() string {
	if l.Number != "" {
		return l.Number
	}
	return fmt.Sprintf("%s%s拟的报县函（稿）", l.Who, l.Drafted)
}

// Open counts the lines that still wait for the county.
func (l CountyLetter) Open() int { return l.N - l.Decided - l.Withdrawn }

// LetterLine is one application in the annex of a letter, as it was proposed then.
type LetterLine struct {
	Application int64
	About       Person // as known now
	Name        string
	Place       string // village
	Kind        Kind
	Amount      int64 // fen; see [Application]
	Shown       int64 // fen: the amount that stands there, of somebody paid by age what the first month owes; 0: none
	From, To    Month
	Class       string
	Reason      string
	Found       string // what was checked and published
	TakenFrom   Step   // that it had before the letter held it; empty: before letters were drafted
	Step        Step   // how far it is now
	Decision    string // of the county by now; empty: none yet
}

// Months writes what months the line is about.
func (l LetterLine) Months() string {
	return Application{Kind: l.Kind, From: l.From, To: l.To}.Months()
}

const letterColumns = `l.id, l.unit, l.town, l.programme, l.title, l.number, l.addressee, l.basis, l.said, l.day, l.staff, l.who, l.void, l.void_why, l.version,
	l.state, coalesce(nullif(l.drafted, ''), l.day), l.signer, l.signed_by, l.back, l.back_by, l.back_why,
	(select count(*) from county_letter_line c where c.letter = l.id),
	(select count(*) from county_letter_line c join application a on a.id = c.application where c.letter = l.id and a.step = 'decided'),
	(select count(*) from county_letter_line c join application a on a.id = c.application where c.letter = l.id and a.step = 'withdrawn')`

func scanCountyLetter(rows *sql.Rows, l *CountyLetter) error {
	return rows.Scan(&l.ID, &l.Unit, &l.Town, &l.Programme, &l.Title, &l.Number, &l.To, &l.Basis, &l.Said, &l.Day, &l.Staff, &l.Who, &l.Void, &l.VoidWhy, &l.Version,
		&l.State, &l.Drafted, &l.Signer, &l.SignedBy, &l.Back, &l.BackBy, &l.BackWhy, &l.N, &l.Decided, &l.Withdrawn)
}

// CountyLetters lists the letters of towns: those that wait, then those that were sent, each the newest first. Drafts that were taken back
// are left out.
func CountyLetters(ctx context.Context, q store.Querier, towns []org.Unit) ([]CountyLetter, error) {
	list, err := store.All(ctx, q, scanCountyLetter, `select `+letterColumns+` from county_letter l where l.state <> 'dropped'
		order by case when l.state = '' then 1 else 0 end, l.day desc, l.id desc`)
	return slices.DeleteFunc(list, func(l CountyLetter) bool {
		return !slices.ContainsFunc(towns, func(u org.Unit) bool { return u.ID == l.Unit })
	}), err
}

// WaitingLetters lists the letters of all towns that are not signed yet, what waits longest first. Whom they wait for is for the caller to
// look at, by their unit.
func WaitingLetters(ctx context.Context, q store.Querier) ([]CountyLetter, error) {
	return store.All(ctx, q, scanCountyLetter, `select `+letterColumns+` from county_letter l where l.state in ('draft', 'returned') order by l.id`)
}

// CountyLetterByID reads a letter with its lines. Who may see it is for the caller to look at, by its unit.
func CountyLetterByID(ctx context.Context, q store.Querier, id int64) (CountyLetter, error) {
	l, err := store.One(ctx, q, scanCountyLetter, `select `+letterColumns+` from county_letter l where l.id = $1`, id)
	if err != nil {
		return l, err
	}
	l.Lines, err = store.All(ctx, q, func(rows *sql.Rows, x *LetterLine) error {
		var from, to string
		err := rows.Scan(append([]any{&x.Application, &x.Name, &x.Place, &x.Kind, &x.Amount, &x.Shown, &from, &to, &x.Class, &x.Reason, &x.Found, &x.TakenFrom, &x.Step, &x.Decision}, x.About.into()...)...)
		x.From, _ = ParseMonth(from)
		x.To, _ = ParseMonth(to)
		return err
	}, `select c.application, c.name, c.place, c.kind, c.amount, c.shown, c.from_month, c.to_month, c.class, c.reason, c.found, c.taken_from, a.step, a.decision, `+personColumns+`
		from county_letter_line c join application a on a.id = c.application join person p on p.id = c.person where c.letter = $1 order by c.ord`, id)
	return l, err
}

// LetterOf is the letter that stands with an application in it, a draft too; the zero one when there is none.
func LetterOf(ctx context.Context, q store.Querier, application int64) (CountyLetter, error) {
	list, err := store.All(ctx, q, scanCountyLetter, `select `+letterColumns+` from county_letter l where l.void = '' and l.state <> 'dropped' and l.id in (select c.letter from county_letter_line c where c.application = $1)
		order by l.id desc limit 1`, application)
	if err != nil || len(list) == 0 {
		return CountyLetter{}, err
	}
	return list[0], nil
}

// unwritten is the condition that an application waits for the county and stands in no letter.
const unwritten = `a.step = 'proposed' and not exists (select 1 from county_letter_line c join county_letter l on l.id = c.letter where c.application = a.id and l.void = '' and l.state <> 'dropped')`

// Unwritten lists what a town may put into a letter to the county about a programme on a day: what was looked into and, where it has to be,
// published long enough; and what was proposed and no letter has told the county yet.
func Unwritten(ctx context.Context, q store.Querier, who org.Person, programme int64, town org.Unit, day string) ([]Pending, error) {
	terms, err := TermsOf(ctx, q, programme)
	if err != nil {
		return nil, err
	}
	list, err := Applications(ctx, q, who, Queue{Programme: programme, Unwritten: true, Limits: []Limits{LimitsOf(programme, terms, day)}})
	return slices.DeleteFunc(list, func(x Pending) bool { return x.About.Unit != town.ID }), err
}

// NewLetter is a letter as somebody writes it.
type NewLetter struct {
	Programme    int64
	To           string
	Basis        string
	Said         string
	Applications []int64
}

// check refuses what cannot stand in a letter.
func (n *NewLetter) check() error {
	n.To, n.Basis, n.Said = strings.TrimSpace(n.To), strings.TrimSpace(n.Basis), strings.TrimSpace(n.Said)
	switch {
	case len(n.Applications) == 0:
		return org.Invalid{Field: "事项", What: "请勾选要报的事项"}
	case n.To == "" || len([]rune(n.To)) > 40:
		return org.Invalid{Field: "主送", What: "请写报给哪个单位，如 临澜区民政局，40 个字以内"}
	case n.Said == vault.Erased || n.Basis == vault.Erased:
		return org.Invalid{Field: "函上写的", What: "原来的话已依法删除，请重新写"}
	case n.Said == "":
		return org.Invalid{Field: "镇里意见", What: "请写镇里的意见，如 经入户核实，建议同意"}
	case len([]rune(n.Said)) > 500:
		return org.Invalid{Field: "镇里意见", What: "请写短些，500 个字以内；每个人的情况在附表里"}
	}
	return vault.CheckTexts("主送", n.To, "依据", n.Basis, "镇里意见", n.Said)
}

// lockAll locks applications in one order, so that nobody withdraws or decides one meanwhile and no two letters wait for each other.
func lockAll(ctx context.Context, tx *store.Tx, applications []int64) error {
	for _, a := range slices.Compact(slices.Sorted(slices.Values(applications))) {
		if err := tx.Lock(ctx, "application", a); err != nil {
			return err
		}
	}
	return nil
}

// gathered are the lines of a letter that somebody drafts, and what keeps it from being drafted.
type gathered struct {
	programme Programme
	lines     []LetterLine
	told      []string      // why applications cannot stand in it
	letters   map[int64]int // other letters that they stand in, with how many
}

// gather reads the applications of a letter as they are now; own is the letter itself when it is drafted again.
func (n NewLetter) gather(ctx context.Context, tx *store.Tx, who org.Person, town org.Unit, own CountyLetter) (g gathered, err error) {
	if err := tx.Lock(ctx, "programme", n.Programme); err != nil {
		return g, err
	}
	if g.programme, err = ProgrammeByID(ctx, tx, n.Programme); err != nil {
		return g, err
	}
	if !g.programme.Seen(who) {
		return g, store.ErrNotFound
	}
	terms, err := TermsOf(ctx, tx, n.Programme)
	if err != nil {
		return g, err
	}
	g.letters = map[int64]int{}
	for i, a := range n.Applications {
		if slices.Contains(n.Applications[:i], a) {
			continue // ticked twice
		}
		x, err := PendingByID(ctx, tx, who, a)
		if err != nil {
			return g, err
		}
		if x.Application.Programme != n.Programme || x.About.Unit != town.ID {
			return g, store.ErrNotFound
		}
		steps, err := StepsOf(ctx, tx, a)
		if err != nil {
			return g, err
		}
		there, err := LetterOf(ctx, tx, a)
		if err != nil {
			return g, err
		}
		label, from := fmt.Sprintf("%s的“%s”", x.About.Name, x.Kind.Word()), x.Step
		switch {
		case x.About.Name == vault.Erased:
			g.told = append(g.told, label+"："+erasedWhy)
		case there.ID != 0 && there.ID == own.ID && x.Step == Held:
			from = own.Lines[slices.IndexFunc(own.Lines, func(l LetterLine) bool { return l.Application == a })].TakenFrom
		case there.ID != 0 && there.ID != own.ID:
			g.letters[there.ID]++
			g.told = append(g.told, fmt.Sprintf("%s已在%s里", label, there.Label()))
		case x.Step == Checked || x.Step == Posted:
			var bad org.Invalid
			if err := x.published(terms, steps, today(tx)); errors.As(err, &bad) {
				g.told = append(g.told, label+"："+bad.What)
			} else if err != nil {
				return g, err
			}
		case x.Step != Proposed:
			g.told = append(g.told, fmt.Sprintf("%s现在是%s", label, x.Step.Word()))
		}
		line := lineOf(terms, x.Application, x.About, steps, today(tx))
		line.TakenFrom = from
		g.lines = append(g.lines, line)
	}
	return g, nil
}

// lineOf is an application as it stands in the annex of a letter that is written on a day.
func lineOf(terms Terms, a Application, about Person, steps []StepTaken, day string) LetterLine {
	return LetterLine{Application: a.ID, About: about, Name: about.Name, Place: about.Place, Kind: a.Kind, Amount: a.Amount,
		Shown: terms.Asked(a, about.Birth, day), From: a.From, To: a.To, Class: a.Class, Reason: a.Reason, Found: found(steps, about), Step: a.Step}
}

// departed says of somebody who died or moved away when that was; empty: neither is known.
func departed(about Person) string {
	switch {
	case about.Dead != "":
		return about.Dead + "去世"
	case about.Moved != "":
		return about.Moved + "迁出"
	}
	return ""
}

// erasedWhy is why an application about somebody whose information was erased goes into no letter.
const erasedWhy = "这个人的信息已依法删除，不能再报"

// changes names what a line says otherwise than another of the same application, as the annex calls it.
func (x LetterLine) changes(now LetterLine) []string {
	var list []string
	for _, c := range []struct {
		word    string
		changed bool
	}{{"姓名", x.Name != now.Name}, {"村", x.Place != now.Place}, {"事项", x.Kind != now.Kind || x.Class != now.Class}, {"金额", x.Amount != now.Amount || x.Shown != now.Shown},
		{"月份", x.From != now.From || x.To != now.To}, {"理由", x.Reason != now.Reason}, {"调查和公示", x.Found != now.Found}} {
		if c.changed {
			list = append(list, c.word)
		}
	}
	return list
}

// keep inserts the lines of a letter and holds their applications.
func (g gathered) keep(ctx context.Context, tx *store.Tx, who org.Person, letter int64) error {
	for i, l := range g.lines {
		if _, err := tx.Exec(ctx, `insert into county_letter_line (id, letter, ord, application, person, name, place, kind, amount, shown, from_month, to_month, class, reason, found, taken_from)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			tx.ID(), letter, i+1, l.Application, l.About.ID, l.Name, l.Place, string(l.Kind), l.Amount, l.Shown, l.From.String(), l.To.String(), l.Class, l.Reason, l.Found, string(l.TakenFrom)); err != nil {
			return err
		}
		if l.Step == Held {
			continue // by the draft before this one
		}
		if err := l.moveTo(ctx, tx, who, Held, "拟函"); err != nil {
			return err
		}
	}
	return nil
}

// moveTo takes the application of a line from its step to another one.
func (x LetterLine) moveTo(ctx context.Context, tx *store.Tx, who org.Person, to Step, verb string) error {
	if _, err := tx.Exec(ctx, `update application set step = $2, version = version + 1 where id = $1`, x.Application, string(to)); err != nil {
		return err
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: "application", Row: x.Application,
		Changes: []journal.Change{{Field: "环节", From: x.Step.Word(), To: to.Word()}}})
}

// free gives the application of a line back the step that it had before the letter held it. One that was withdrawn meanwhile stays so.
func (x LetterLine) free(ctx context.Context, tx *store.Tx, who org.Person) error {
	if x.Step != Held {
		return nil
	}
	return x.moveTo(ctx, tx, who, x.TakenFrom, "撤稿")
}

// DraftLetter drafts a letter (拟函): it keeps what stands in it and holds the applications until somebody signs it. All of them may go to
// the county and stand in no other letter, or there is none. The same form again is the same letter.
func DraftLetter(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, n NewLetter) (id int64, err error) {
	err = v.Write(ctx, func(tx *store.Tx) error {
		if err := who.Check(org.Propose, town); err != nil {
			return err
		}
		if err := n.check(); err != nil {
			return err
		}
		if err := lockAll(ctx, tx, n.Applications); err != nil {
			return err
		}
		g, err := n.gather(ctx, tx, who, town, CountyLetter{})
		if err != nil {
			return err
		}
		if len(g.letters) == 1 && len(g.told) == len(g.lines) {
			for there, count := range g.letters {
				old, err := CountyLetterByID(ctx, tx, there)
				if err != nil {
					return err
				}
				if count == len(old.Lines) && count == len(g.lines) && old.Staff == who.ID && old.To == n.To && old.Said == n.Said {
					id = there
					return nil // the same form again
				}
			}
		}
		if len(g.told) > 0 {
			return org.Invalid{Field: "事项", What: strings.Join(g.told, "；") + "。请去掉再报"}
		}
		id = tx.ID()
		if _, err := tx.Exec(ctx, `insert into county_letter (id, unit, town, programme, title, number, addressee, basis, said, day, staff, who, void, void_why, version, state, drafted)
			values ($1, $2, $3, $4, $5, '', $6, $7, $8, '', $9, $10, '', '', 1, 'draft', $11)`,
			id, town.ID, town.Name, n.Programme, g.programme.Name, n.To, n.Basis, n.Said, who.ID, who.Title(), today(tx)); err != nil {
			return err
		}
		if err := g.keep(ctx, tx, who, id); err != nil {
			return err
		}
		return drafted(ctx, v, tx, who, id, n, g, "拟函")
	})
	return id, err
}

// drafted records what stands in a draft.
func drafted(ctx context.Context, v *vault.Vault, tx *store.Tx, who org.Person, id int64, n NewLetter, g gathered, verb string) error {
	digest, err := CountyLetter{Lines: g.lines}.Digest(v)
	if err != nil {
		return err
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: "county_letter", Row: id, Changes: []journal.Change{
		{Field: "主送", To: n.To}, {Field: "惠民项目", To: g.programme.Name}, {Field: "事项", To: fmt.Sprintf("%d件", len(g.lines))}, {Field: "附表摘要", To: digest}}})
}

// lockLetter reads a letter of a town that is about to be changed, with its applications locked and those of more.
func lockLetter(ctx context.Context, tx *store.Tx, who org.Person, town org.Unit, id int64, act org.Action, more ...int64) (CountyLetter, error) {
	if err := tx.Lock(ctx, "county_letter", id); err != nil {
		return CountyLetter{}, err
	}
	l, err := CountyLetterByID(ctx, tx, id)
	if err != nil {
		return l, err
	}
	if l.Unit != town.ID {
		return l, store.ErrNotFound
	}
	if err := who.Check(act, town); err != nil {
		return l, err
	}
	if act == org.Issue {
		if err := MaySignLetters(who, town); err != nil {
			return l, err
		}
	}
	for _, x := range l.Lines {
		more = append(more, x.Application)
	}
	if err := lockAll(ctx, tx, more); err != nil {
		return l, err
	}
	return CountyLetterByID(ctx, tx, id) // as it is now that nobody else changes it
}

// gone says why a letter does not wait any more; nil when it does.
func (l CountyLetter) gone() error {
	switch {
	case l.State == LetterDropped:
		return org.Invalid{Field: "报县函", What: "拟稿人已经撤回这份稿，里面的事项可以另行拟函"}
	case l.State == LetterSent && l.SignedBy != "":
		return org.Invalid{Field: "报县函", What: l.SignedBy + "已经签发，编号" + l.Number}
	case l.State == LetterSent:
		return org.Invalid{Field: "报县函", What: "已经送出，编号" + l.Number}
	}
	return nil
}

// ReviseLetter drafts a letter anew (改稿) that waits to be signed or was sent back: with its table as everything is now. What is left out of it
// is free again. It waits to be signed after that, by somebody else than who drafted it last.
func ReviseLetter(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, id, version int64, n NewLetter) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		l, err := lockLetter(ctx, tx, who, town, id, org.Propose, n.Applications...)
		if err != nil {
			return err
		}
		if err := l.gone(); err != nil {
			return err
		}
		if err := n.check(); err != nil {
			return err
		}
		n.Programme = l.Programme
		g, err := n.gather(ctx, tx, who, town, l)
		if err != nil {
			return err
		}
		if len(g.told) > 0 {
			return org.Invalid{Field: "事项", What: strings.Join(g.told, "；") + "。请去掉再报"}
		}
		same := slices.EqualFunc(l.Lines, g.lines, func(x, y LetterLine) bool { return x.Application == y.Application && len(x.changes(y)) == 0 })
		if same && l.State == LetterDraft && l.Staff == who.ID && l.To == n.To && l.Basis == n.Basis && l.Said == n.Said {
			return nil // the same form again
		}
		k, err := tx.Exec(ctx, `update county_letter set state = 'draft', town = $3, title = $4, addressee = $5, basis = $6, said = $7, staff = $8, who = $9, drafted = $10, version = version + 1
			where id = $1 and version = $2`, id, version, town.Name, g.programme.Name, n.To, n.Basis, n.Said, who.ID, who.Title(), today(tx))
		if err != nil {
			return err
		}
		if k == 0 {
			return journal.StaleRow(ctx, tx, "county_letter", id)
		}
		if _, err := tx.Exec(ctx, `delete from county_letter_line where letter = $1`, id); err != nil {
			return err
		}
		for _, x := range l.Lines {
			if slices.Contains(n.Applications, x.Application) {
				continue
			}
			if err := x.free(ctx, tx, who); err != nil {
				return err
			}
		}
		if err := g.keep(ctx, tx, who, id); err != nil {
			return err
		}
		return drafted(ctx, v, tx, who, id, n, g, "改稿")
	})
}

// MaySignLetters refuses who may not sign letters of a town: that is for a leader or the secretary of the town itself, not for one of the
// county above it.
func MaySignLetters(who org.Person, town org.Unit) error {
	if err := who.Check(org.Issue, town); err != nil {
		return err
	}
	if !slices.ContainsFunc(who.Over(org.Issue), func(u org.Unit) bool { return u.ID == town.ID }) {
		return org.Invalid{Field: "签发", What: "报县函由" + town.Name + "的分管领导或书记签发"}
	}
	return nil
}

// SignLetter signs a letter that somebody else drafted (签发): it takes the next number of the town's series for the year behind a prefix
// (栖禾民函), has the day of signing, and what stands in it has gone to the county. It is refused when an application was withdrawn meanwhile,
// or would stand otherwise in the table now: whoever signs has read what is sent.
func SignLetter(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, id, version int64, prefix string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		l, err := lockLetter(ctx, tx, who, town, id, org.Issue)
		if err != nil {
			return err
		}
		if l.State == LetterSent && l.Signer == who.ID {
			return nil // the same form again
		}
		if err := l.gone(); err != nil {
			return err
		}
		switch {
		case l.State == LetterReturned:
			return org.Invalid{Field: "签发", What: fmt.Sprintf("%s已经退回，等拟稿人改好再送签", l.BackBy)}
		case l.Staff == who.ID:
			return org.Invalid{Field: "签发", What: "拟稿人不能签发自己拟的函，请换一位领导签发"}
		case l.Version != version:
			return journal.StaleRow(ctx, tx, "county_letter", id)
		}
		if err := l.unchanged(ctx, tx); err != nil {
			return err
		}
		day, year := today(tx), tx.Now.Year()
		serial, err := store.NextSerial(ctx, tx, fmt.Sprintf("county_letter/%d/%d", town.ID, year))
		if err != nil {
			return err
		}
		number := fmt.Sprintf("%s〔%d〕%d号", prefix, year, serial)
		n, err := tx.Exec(ctx, `update county_letter set state = '', number = $3, day = $4, signer = $5, signed_by = $6, version = version + 1 where id = $1 and version = $2`,
			id, version, number, day, who.ID, who.Title())
		if err != nil {
			return err
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "county_letter", id)
		}
		for _, x := range l.Lines {
			if _, err := tx.Exec(ctx, `update application set step = 'proposed', proposed = $2, proposed_by = $3, version = version + 1 where id = $1`, x.Application, day, l.Staff); err != nil {
				return err
			}
			if err := (Application{ID: x.Application}).step(ctx, tx, who, Proposed, day, number); err != nil {
				return err
			}
			if err := journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: Proposed.Verb(), Kind: "application", Row: x.Application, Happened: day,
				Changes: []journal.Change{{Field: "环节", From: Held.Word(), To: Proposed.Word()}, {Field: "报县函", To: number}}}); err != nil {
				return err
			}
		}
		digest, err := l.Digest(v)
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "签发", Kind: "county_letter", Row: id, Happened: day, Changes: []journal.Change{
			{Field: "编号", To: number}, {Field: "主送", To: l.To}, {Field: "拟稿", To: l.Who}, {Field: "事项", To: fmt.Sprintf("%d件", len(l.Lines))}, {Field: "附表摘要", To: digest}}})
	})
}

// unchanged refuses to sign a letter of which an application was withdrawn, or would stand otherwise in the table if it were drafted now,
// and one of which something was erased.
func (l CountyLetter) unchanged(ctx context.Context, tx *store.Tx) error {
	terms, err := TermsOf(ctx, tx, l.Programme)
	if err != nil {
		return err
	}
	var told []string
	if l.Said == vault.Erased || l.Basis == vault.Erased {
		told = append(told, "函上写的话已依法删除")
	}
	for _, x := range l.Lines {
		label := fmt.Sprintf("%s的“%s”", x.Name, x.Kind.Word())
		switch {
		case x.Step != Held:
			told = append(told, label+x.Step.Word())
			continue
		case x.About.Name == vault.Erased:
			told = append(told, label+"："+erasedWhy)
			continue
		}
		a, err := applicationByID(ctx, tx, x.Application)
		if err != nil {
			return err
		}
		steps, err := StepsOf(ctx, tx, x.Application)
		if err != nil {
			return err
		}
		now := lineOf(terms, a, x.About, steps, today(tx))
		if d := departed(x.About); d != "" && x.Found != now.Found {
			told = append(told, label+"："+d)
		} else if changed := x.changes(now); len(changed) > 0 {
			told = append(told, label+"的"+strings.Join(changed, "、")+"变了")
		}
	}
	if len(told) > 0 {
		return org.Invalid{Field: "签发", What: strings.Join(told, "；") + "。请退回拟稿人，按现在的情况改稿再送签"}
	}
	return nil
}

// ReturnLetter sends a letter back to whoever drafted it (退回), with why. What stands in it stays held until it is drafted anew or taken back.
func ReturnLetter(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, id, version int64, why string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		l, err := lockLetter(ctx, tx, who, town, id, org.Issue)
		if err != nil {
			return err
		}
		why = strings.TrimSpace(why)
		if l.State == LetterReturned && l.BackBy == who.Title() && l.BackWhy == why {
			return nil // the same form again
		}
		if err := l.gone(); err != nil {
			return err
		}
		switch {
		case l.State == LetterReturned:
			return org.Invalid{Field: "退回原因", What: l.BackBy + "已经退回"}
		case why == "":
			return org.Invalid{Field: "退回原因", What: "请写要改什么，如 第2人的月份请再核对"}
		case len([]rune(why)) > 200:
			return org.Invalid{Field: "退回原因", What: "请写短些，200 个字以内"}
		}
		if err := vault.CheckText("退回原因", why); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update county_letter set state = 'returned', back = $3, back_by = $4, back_why = $5, version = version + 1 where id = $1 and version = $2`, id, version, today(tx), who.Title(), why)
		if err != nil {
			return err
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "county_letter", id)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "退回", Kind: "county_letter", Row: id, Changes: []journal.Change{{Field: "退回原因", To: why}}})
	})
}

// DropLetter takes a draft back (撤回): what stood in it is free again. No number was taken for it.
func DropLetter(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, id, version int64) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		l, err := lockLetter(ctx, tx, who, town, id, org.Propose)
		if err != nil {
			return err
		}
		if l.State == LetterDropped {
			return nil // done already
		}
		if l.State == LetterSent {
			return org.Invalid{Field: "撤回", What: l.Number + "已经签发，不能撤回；写错了的请作废"}
		}
		n, err := tx.Exec(ctx, `update county_letter set state = 'dropped', version = version + 1 where id = $1 and version = $2`, id, version)
		if err != nil {
			return err
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "county_letter", id)
		}
		for _, x := range l.Lines {
			if err := x.free(ctx, tx, who); err != nil {
				return err
			}
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "撤回", Kind: "county_letter", Row: id, Changes: []journal.Change{{Field: "事项", From: fmt.Sprintf("%d件", len(l.Lines))}}})
	})
}

// Digest is a keyed hash of all that stands in the annex, numbers in full, which the record has of the day on which the letter was drafted and signed:
// of an annex that is another it is another. Nothing of the people follows from it.
func (l CountyLetter) Digest(v *vault.Vault) (string, error) {
	var b strings.Builder
	for _, x := range l.Lines {
		number, err := x.About.Number(v)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%q\n", []string{x.Name, number, x.Place, string(x.Kind), Yuan(x.Amount), Yuan(x.Shown), x.From.String(), x.To.String(), x.Class, x.Reason, x.Found})
	}
	return v.Index("county_letter", b.String()), nil
}

// found is what the steps of an application say of how it was looked into, before it went to the county, and that the person died or moved
// away: the county has to know.
func found(steps []StepTaken, about Person) string {
	var said []string
	for i, s := range steps {
		switch {
		case i == 0: // what it was entered with is its reason
		case s.Step == Posted:
			said = append(said, fmt.Sprintf("%s起公示（%s）", s.Day, s.Said))
		case s.Step == Checked:
			said = append(said, fmt.Sprintf("%s调查：%s", s.Day, s.Said))
		}
	}
	if d := departed(about); d != "" {
		said = append(said, d)
	}
	return strings.Join(said, "；")
}

// VoidLetter takes a letter back that was written wrongly (作废), with why: what stood in it waits for another. Its number is not used again.
func VoidLetter(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, id, version int64, why string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		l, err := lockLetter(ctx, tx, who, town, id, org.Propose) // nobody enters a decision meanwhile
		if err != nil {
			return err
		}
		decided := slices.IndexFunc(l.Lines, func(x LetterLine) bool { return x.Step == Decided })
		switch why = strings.TrimSpace(why); {
		case l.Void != "":
			return nil // done already
		case l.State != LetterSent:
			return org.Invalid{Field: "作废原因", What: "还没有签发，没有编号，不用作废；不报了的请撤回"}
		case decided >= 0:
			return org.Invalid{Field: "作废原因", What: fmt.Sprintf("县里已就%s的“%s”作了决定，这封函不能作废", l.Lines[decided].Name, l.Lines[decided].Kind.Word())}
		case why == "":
			return org.Invalid{Field: "作废原因", What: "请写为什么作废，如 主送单位写错，没有送出"}
		}
		if err := vault.CheckText("作废原因", why); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update county_letter set void = $3, void_why = $4, version = version + 1 where id = $1 and version = $2`, id, version, today(tx), why)
		if err != nil {
			return err
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "county_letter", id)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "作废", Kind: "county_letter", Row: id, Changes: []journal.Change{{Field: "编号", From: l.Number}, {Field: "作废原因", To: why}}})
	})
}
