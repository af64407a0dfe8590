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

// CountyLetter is the letter (报县函) with which a town puts before the office of the county what it proposes of one programme. The county
// decides each in writing (社会救助暂行办法 13).
type CountyLetter struct {
	ID        int64
	Unit      int64  // town
	Town      string // its name then
	Programme int64
	Title     string // the name of the programme then
	Number    string // 栖禾民函〔2026〕3号
	To        string // 临澜区民政局
	Basis     string // the documents that it goes by
	Said      string // what the town says to it
	Day       string
	Staff     int64
	Who       string
	Void      string // day on which it was made void; empty: it stands
	VoidWhy   string
	Version   int64
	Lines     []LetterLine // of [CountyLetterByID]
	N         int          // how many lines it has
	Decided   int          // of how many of them the county has decided
	Withdrawn int          // how many of them the town has withdrawn since: nobody decides these any more
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
	Step        Step   // how far it is now
	Decision    string // of the county by now; empty: none yet
}

// Months writes what months the line is about.
func (l LetterLine) Months() string {
	return Application{Kind: l.Kind, From: l.From, To: l.To}.Months()
}

const letterColumns = `l.id, l.unit, l.town, l.programme, l.title, l.number, l.addressee, l.basis, l.said, l.day, l.staff, l.who, l.void, l.void_why, l.version,
	(select count(*) from county_letter_line c where c.letter = l.id),
	(select count(*) from county_letter_line c join application a on a.id = c.application where c.letter = l.id and a.step = 'decided'),
	(select count(*) from county_letter_line c join application a on a.id = c.application where c.letter = l.id and a.step = 'withdrawn')`

func scanCountyLetter(rows *sql.Rows, l *CountyLetter) error {
	return rows.Scan(&l.ID, &l.Unit, &l.Town, &l.Programme, &l.Title, &l.Number, &l.To, &l.Basis, &l.Said, &l.Day, &l.Staff, &l.Who, &l.Void, &l.VoidWhy, &l.Version, &l.N, &l.Decided, &l.Withdrawn)
}

// CountyLetters lists the letters of towns, the newest first.
func CountyLetters(ctx context.Context, q store.Querier, towns []org.Unit) ([]CountyLetter, error) {
	list, err := store.All(ctx, q, scanCountyLetter, `select `+letterColumns+` from county_letter l order by l.day desc, l.id desc`)
	return slices.DeleteFunc(list, func(l CountyLetter) bool {
		return !slices.ContainsFunc(towns, func(u org.Unit) bool { return u.ID == l.Unit })
	}), err
}

// CountyLetterByID reads a letter with its lines. Who may see it is for the caller to look at, by its unit.
func CountyLetterByID(ctx context.Context, q store.Querier, id int64) (CountyLetter, error) {
	l, err := store.One(ctx, q, scanCountyLetter, `select `+letterColumns+` from county_letter l where l.id = $1`, id)
	if err != nil {
		return l, err
	}
	l.Lines, err = store.All(ctx, q, func(rows *sql.Rows, x *LetterLine) error {
		var from, to string
		err := rows.Scan(append([]any{&x.Application, &x.Name, &x.Place, &x.Kind, &x.Amount, &x.Shown, &from, &to, &x.Class, &x.Reason, &x.Found, &x.Step, &x.Decision}, x.About.into()...)...)
		x.From, _ = ParseMonth(from)
		x.To, _ = ParseMonth(to)
		return err
	}, `select c.application, c.name, c.place, c.kind, c.amount, c.shown, c.from_month, c.to_month, c.class, c.reason, c.found, a.step, a.decision, `+personColumns+`
		from county_letter_line c join application a on a.id = c.application join person p on p.id = c.person where c.letter = $1 order by c.ord`, id)
	return l, err
}

// LetterOf is the letter that stands with an application in it; the zero one when there is none.
func LetterOf(ctx context.Context, q store.Querier, application int64) (CountyLetter, error) {
	list, err := store.All(ctx, q, scanCountyLetter, `select `+letterColumns+` from county_letter l where l.void = '' and l.id in (select c.letter from county_letter_line c where c.application = $1)
		order by l.id desc limit 1`, application)
	if err != nil || len(list) == 0 {
		return CountyLetter{}, err
	}
	return list[0], nil
}

// unwritten is the condition that an application waits for the county and stands in no letter.
const unwritten = `a.step = 'proposed' and not exists (select 1 from county_letter_line c join county_letter l on l.id = c.letter where c.application = a.id and l.void = '')`

// Unwritten lists what a town has proposed of a programme and no letter has told the county yet.
func Unwritten(ctx context.Context, q store.Querier, who org.Person, programme int64, town org.Unit) ([]Pending, error) {
	list, err := Applications(ctx, q, who, Queue{Programme: programme, Unwritten: true})
	return slices.DeleteFunc(list, func(x Pending) bool { return x.About.Unit != town.ID }), err
}

// NewLetter is a letter as somebody writes it.
type NewLetter struct {
	Programme    int64
	Prefix       string // of the number: 栖禾民函
	To           string
	Basis        string
	Said         string
	Applications []int64
}

// WriteLetter gives a letter its number and keeps what stands in it. All of the applications wait for the county and stand in no other
// letter, or there is none. The same form again is the same letter.
func WriteLetter(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, n NewLetter) (id int64, err error) {
	n.To, n.Basis, n.Said = strings.TrimSpace(n.To), strings.TrimSpace(n.Basis), strings.TrimSpace(n.Said)
	err = v.Write(ctx, func(tx *store.Tx) error {
		if err := who.Check(org.Propose, town); err != nil {
			return err
		}
		for _, a := range slices.Compact(slices.Sorted(slices.Values(n.Applications))) { // nobody withdraws or decides one meanwhile
			if err := tx.Lock(ctx, "application", a); err != nil {
				return err
			}
		}
		if err := tx.Lock(ctx, "programme", n.Programme); err != nil {
			return err
		}
		p, err := ProgrammeByID(ctx, tx, n.Programme)
		if err != nil {
			return err
		}
		switch {
		case !p.Seen(who):
			return store.ErrNotFound
		case len(n.Applications) == 0:
			return org.Invalid{Field: "事项", What: "请勾选要报的事项"}
		case n.To == "" || len([]rune(n.To)) > 40:
			return org.Invalid{Field: "主送", What: "请写报给哪个单位，如 临澜区民政局，40 个字以内"}
		case n.Said == "":
			return org.Invalid{Field: "镇里意见", What: "请写镇里的意见，如 经入户核实，建议同意"}
		case len([]rune(n.Said)) > 500:
			return org.Invalid{Field: "镇里意见", What: "请写短些，500 个字以内；每个人的情况在附表里"}
		}
		if err := vault.CheckTexts("主送", n.To, "依据", n.Basis, "镇里意见", n.Said); err != nil {
			return err
		}
		terms, err := TermsOf(ctx, tx, n.Programme)
		if err != nil {
			return err
		}
		var lines []LetterLine
		letters := map[int64]int{} // that the applications stand in
		var told []string
		for i, a := range n.Applications {
			if slices.Contains(n.Applications[:i], a) {
				continue // ticked twice
			}
			x, err := PendingByID(ctx, tx, who, a)
			if err != nil {
				return err
			}
			if x.Application.Programme != n.Programme || x.About.Unit != town.ID {
				return store.ErrNotFound
			}
			there, err := LetterOf(ctx, tx, a)
			if err != nil {
				return err
			}
			if there.ID != 0 {
				letters[there.ID]++
				told = append(told, fmt.Sprintf("%s的“%s”已在%s里", x.About.Name, x.Kind.Word(), there.Number))
			} else if x.Step != Proposed {
				told = append(told, fmt.Sprintf("%s的“%s”现在是%s", x.About.Name, x.Kind.Word(), x.Step.Word()))
			}
			steps, err := StepsOf(ctx, tx, a)
			if err != nil {
				return err
			}
			lines = append(lines, LetterLine{Application: a, About: x.About, Name: x.About.Name, Place: x.About.Place, Kind: x.Kind, Amount: x.Amount,
				Shown: terms.Asked(x.Application, x.About.Birth, today(tx)), From: x.From, To: x.To, Class: x.Class, Reason: x.Reason, Found: found(steps)})
		}
		if len(letters) == 1 && len(told) == len(lines) {
			for there, count := range letters {
				old, err := CountyLetterByID(ctx, tx, there)
				if err != nil {
					return err
				}
				if count == len(old.Lines) && count == len(lines) && old.Staff == who.ID && old.To == n.To && old.Said == n.Said {
					id = there
					return nil // the same form again
				}
			}
		}
		if len(told) > 0 {
			return org.Invalid{Field: "事项", What: strings.Join(told, "；") + "。请去掉再报"}
		}
		year := tx.Now.Year()
		serial, err := store.NextSerial(ctx, tx, fmt.Sprintf("county_letter/%d/%d", town.ID, year))
		if err != nil {
			return err
		}
		id = tx.ID()
		number := fmt.Sprintf("%s〔%d〕%d号", n.Prefix, year, serial)
		if _, err := tx.Exec(ctx, `insert into county_letter (id, unit, town, programme, title, number, addressee, basis, said, day, staff, who, void, void_why, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', '', 1)`,
			id, town.ID, town.Name, n.Programme, p.Name, number, n.To, n.Basis, n.Said, today(tx), who.ID, who.Title()); err != nil {
			return err
		}
		for i, l := range lines {
			if _, err := tx.Exec(ctx, `insert into county_letter_line (id, letter, ord, application, person, name, place, kind, amount, shown, from_month, to_month, class, reason, found)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
				tx.ID(), id, i+1, l.Application, l.About.ID, l.Name, l.Place, string(l.Kind), l.Amount, l.Shown, l.From.String(), l.To.String(), l.Class, l.Reason, l.Found); err != nil {
				return err
			}
		}
		digest, err := CountyLetter{Lines: lines}.Digest(v)
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "报县", Kind: "county_letter", Row: id, Changes: []journal.Change{
			{Field: "编号", To: number}, {Field: "主送", To: n.To}, {Field: "惠民项目", To: p.Name}, {Field: "事项", To: fmt.Sprintf("%d件", len(lines))}, {Field: "附表摘要", To: digest}}})
	})
	return id, err
}

// Digest is a keyed hash of all that stands in the annex, numbers in full, which the record has of the day on which the letter was written:
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

// found is what the steps of an application say of how it was looked into, before it went to the county.
func found(steps []StepTaken) string {
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
	return strings.Join(said, "；")
}

// VoidLetter takes a letter back that was written wrongly (作废), with why: what stood in it waits for another. Its number is not used again.
func VoidLetter(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, id, version int64, why string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		l, err := CountyLetterByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if l.Unit != town.ID {
			return store.ErrNotFound
		}
		if err := who.Check(org.Propose, town); err != nil {
			return err
		}
		decided := slices.IndexFunc(l.Lines, func(x LetterLine) bool { return x.Step == Decided })
		switch why = strings.TrimSpace(why); {
		case l.Void != "":
			return nil // done already
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
