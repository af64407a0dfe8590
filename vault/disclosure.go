package vault

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/office"
	"bihuan/org"
	"bihuan/store"
)

// Export is a file with data of residents that is about to leave the program (L12).
type Export struct {
	Name    string // as people call it, and the first word of its serial's line: 疑点清单
	Purpose string // what it is for, as somebody wrote it
	People  int    // whose data is in it
	Whole   bool   // numbers stand in it in full, which needs [org.Unmask]; otherwise they are masked
}

// Watermark is what an exported file bears on every sheet: who took it, when, what for, under which number.
type Watermark struct {
	Serial  string // 导2026-0017; empty for a file that is made without a database, which nobody records
	Who     string
	At      time.Time
	Purpose string
	Whole   bool
}

// Export records that a file with data of residents of a unit, a village or the town, leaves the program, and gives the mark to be put on
// it by [Watermark.Book] or [Watermark.Paper]. Without a purpose there is none. The mark is made before the file: one that then is not
// written is recorded all the same.
func (v *Vault) Export(ctx context.Context, who org.Person, unit org.Unit, e Export) (Watermark, error) {
	right := org.Residents
	if e.Whole {
		right = org.Unmask
	}
	if err := who.Check(right, unit); err != nil {
		return Watermark{}, err
	}
	purpose, err := purposeOf(e.Purpose)
	if err != nil {
		return Watermark{}, err
	}
	m := Watermark{Who: who.Title(), Purpose: purpose, Whole: e.Whole}
	err = v.Write(ctx, func(tx *store.Tx) error {
		m.At = tx.Now
		n, err := store.NextSerial(ctx, tx, tx.Now.Format("disclosure/2006"))
		if err != nil {
			return err
		}
		m.Serial = tx.Now.Format("导2006-") + fmt.Sprintf("%04d", n)
		d := Disclosure{Unit: unit.ID, Serial: m.Serial, What: e.Name, People: e.People, Whole: e.Whole, Purpose: purpose}
		numbers := "号码已遮盖"
		if e.Whole {
			numbers = "完整号码"
		}
		return disclose(ctx, tx, who, d, journal.Entry{Verb: "导出", Kind: "disclosure", Changes: []journal.Change{{Field: "文件", To: e.Name},
			{Field: "编号", To: m.Serial}, {Field: "人数", To: fmt.Sprint(e.People)}, {Field: "号码", To: numbers}, {Field: "用途", To: purpose}}})
	})
	return m, err
}

// Line is the mark in a line.
func (m Watermark) Line() string {
	end := "含居民个人信息，用后销毁，不得转发"
	if m.Whole {
		end = "含居民完整号码，用后销毁，不得转发"
	}
	return strings.TrimLeft(fmt.Sprintf("%s　%s　%s导出　用途：%s　%s", m.Serial, m.Who, m.At.Format("2006-01-02 15:04"), m.Purpose, end), "　")
}

// Book puts the mark on a workbook: the first line below each table, the head of each printed page, and the file's properties.
func (m Watermark) Book(b office.Book) office.Book {
	b.Sheets = slices.Clone(b.Sheets)
	for i := range b.Sheets {
		b.Sheets[i].Notes = append([]string{m.Line()}, b.Sheets[i].Notes...)
		b.Sheets[i].Header = m.Line()
	}
	b.Subject, b.Author, b.Created = m.Line(), m.Who, m.At
	return b
}

// Paper puts the mark on a paper: the head of every page and the file's properties.
func (m Watermark) Paper(p office.Paper) office.Paper {
	p.Header, p.Subject, p.Author, p.Created = m.Line(), m.Line(), m.Who, m.At
	return p
}

// Secret is a column that holds something sealed which may be looked at in full.
type Secret struct {
	Column string // table.column, the use that it is sealed for
	Word   string // as the screen calls it: 身份证号
	Mask   func(string) string
	// query gives unit, village, name and the sealed text of a row.
	query string
}

// Secrets are all such columns. Nothing else is ever shown in full.
var Secrets = []Secret{
	{"person.number", "身份证号", MaskNumber, `select unit, village, name, number from person where id = $1`},
	{"person.phone", "电话", MaskPhone, `select unit, village, name, phone from person where id = $1`},
	{"roll.account", "银行账号", MaskAccount, `select p.unit, p.village, p.name, r.account from roll r join person p on p.id = r.person where r.id = $1`},
	{"hit.number", "身份证号", MaskNumber, `select unit, village, name, number from hit where id = $1`},
	{"audit_person.number", "身份证号", MaskNumber, `select a.unit, p.village, p.name, p.number from audit_person p join audit a on a.id = p.audit where p.id = $1`},
	{"request.phone", "电话", MaskPhone, `select unit, village, name, phone from request where id = $1`},
}

// Held is a sealed text of a row, before anybody has looked at it.
type Held struct {
	Secret

	Row    int64
	Unit   org.Unit // the village of the resident, or the town where none is known
	Name   string   // masked
	Masked string
}

// Held reads what a column holds for a row, masked, or fails with [store.ErrNotFound]. Units are read in the house. Only whoever may look
// at it in full is told.
func (v *Vault) Held(ctx context.Context, house store.Querier, who org.Person, column string, row int64) (Held, error) {
	h, _, err := v.held(ctx, v, house, who, column, row)
	return h, err
}

func (v *Vault) held(ctx context.Context, q, house store.Querier, who org.Person, column string, row int64) (h Held, text string, err error) {
	i := slices.IndexFunc(Secrets, func(s Secret) bool { return s.Column == column })
	if i < 0 {
		return h, "", store.ErrNotFound
	}
	h = Held{Secret: Secrets[i], Row: row}
	var unit, village int64
	sealed, err := store.One(ctx, q, func(rows *sql.Rows, s *string) error { return rows.Scan(&unit, &village, &h.Name, s) }, h.query, row)
	if err != nil {
		return h, "", err
	}
	if h.Unit, err = org.UnitByID(ctx, house, cmp.Or(village, unit)); errors.Is(err, store.ErrNotFound) {
		h.Unit, err = org.UnitByID(ctx, house, unit)
	}
	if err == nil {
		err = who.Check(org.Unmask, h.Unit)
	}
	if err == nil {
		text, err = v.Unseal(column, sealed)
	}
	h.Name, h.Masked = MaskName(h.Name), h.Mask(text)
	return h, text, err
}

// Reveal gives what a column holds for a row in full, and records who looked and what for. The record never holds what was seen.
func (v *Vault) Reveal(ctx context.Context, house store.Querier, who org.Person, column string, row int64, purpose string) (string, error) {
	var text string
	err := v.Write(ctx, func(tx *store.Tx) error {
		h, full, err := v.held(ctx, tx, house, who, column, row)
		if err != nil {
			return err
		}
		if full == "" {
			return org.Invalid{Field: h.Word, What: "还没有登记"}
		}
		if purpose, err = purposeOf(purpose); err != nil {
			return err
		}
		text = full
		table, _, _ := strings.Cut(column, ".")
		return disclose(ctx, tx, who, Disclosure{Unit: h.Unit.ID, What: column, Row: row, People: 1, Whole: true, Purpose: purpose},
			journal.Entry{Verb: "查看", Kind: table, Row: row, Changes: []journal.Change{{Field: h.Word, To: purpose}}})
	})
	if err != nil {
		return "", err
	}
	return text, nil
}

// leastPurpose is how many characters say what something is for.
const leastPurpose = 4

// purposeOf refuses a purpose that says nothing, or too much.
func purposeOf(text string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	switch n := len([]rune(text)); {
	case n < leastPurpose:
		return "", org.Invalid{Field: "用途", What: "请写明为什么要用，如“到户核对身份”“送县民政局审批”；谁、何时、为什么会记入日志"}
	case n > 60:
		return "", org.Invalid{Field: "用途", What: "请写短些，60 个字以内"}
	}
	return text, CheckText("用途", text)
}

// Disclosure is a look at something in full, or a file that left the program.
type Disclosure struct {
	ID      int64
	Unit    int64  // of the house, whose residents
	Serial  string // of an export; empty for a look
	What    string // of a look the column, of an export its name
	Row     int64
	People  int
	Whole   bool
	Purpose string
	Staff   int64
	Who     string
	At      time.Time
}

// Picture tells that it was a look at a picture or scan that proves a check of a hit.
func (d Disclosure) Picture() bool { return d.What == proofFile }

// Word is what was looked at or taken, as people call it.
func (d Disclosure) Word() string {
	if d.Picture() {
		return "核实凭据"
	}
	for _, s := range Secrets {
		if s.Column == d.What {
			return s.Word
		}
	}
	return d.What
}

func disclose(ctx context.Context, tx *store.Tx, who org.Person, d Disclosure, e journal.Entry) error {
	whole := 0
	if d.Whole {
		whole = 1
	}
	id := tx.ID()
	if _, err := tx.Exec(ctx, `insert into disclosure (id, unit, serial, what, row_id, rows, whole, purpose, staff, who, at, day) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		id, d.Unit, d.Serial, d.What, d.Row, d.People, whole, d.Purpose, who.ID, who.Title(), tx.Now.UnixMilli(), tx.Now.Format(time.DateOnly)); err != nil {
		return err
	}
	if e.Row == 0 {
		e.Row = id
	}
	e.Staff, e.Who = who.ID, who.Title()
	return journal.Append(ctx, tx, e)
}

// Disclosures lists what was looked at and taken in a month (2026-11) of the residents of the units that who oversees, the newest first.
// Units are read in the house.
func (v *Vault) Disclosures(ctx context.Context, house store.Querier, who org.Person, month string) ([]Disclosure, error) {
	where, args := who.MayUnder(org.Oversee, "path")
	units, err := store.All(ctx, house, store.Value[int64], `select id from unit where `+where, args...)
	if err != nil {
		return nil, err
	}
	list, err := store.All(ctx, v, func(rows *sql.Rows, d *Disclosure) error {
		var at int64
		err := rows.Scan(&d.ID, &d.Unit, &d.Serial, &d.What, &d.Row, &d.People, &d.Whole, &d.Purpose, &d.Staff, &d.Who, &at)
		d.At = time.UnixMilli(at)
		return err
	}, `select id, unit, serial, what, row_id, rows, whole, purpose, staff, who, at from disclosure where day >= $1 and day <= $2 order by id desc`, month+"-01", month+"-31")
	return slices.DeleteFunc(list, func(d Disclosure) bool { return !slices.Contains(units, d.Unit) }), err
}
