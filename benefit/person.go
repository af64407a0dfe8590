package benefit

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"bihuan/chinese"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Person is somebody on a roll, in an application or a payment. The number stands sealed; screens have it masked.
type Person struct {
	ID        int64
	Unit      int64  // town
	Village   int64  // unit of the village, 0 when unknown
	Path      string // of the village, of the town when the village is unknown
	Place     string // village as the list writes it
	Household string
	Name      string
	Birth     string // of the register, YYYY-MM-DD or empty
	Sex       string
	Came      string // day of moving in
	Moved     string // day of moving out
	Dead      string // day of death
	Version   int64

	number, phone string // sealed
}

// At is the unit that a person belongs to, as far as rights ask for it.
func (p Person) At() org.Unit {
	return org.Unit{ID: cmp.Or(p.Village, p.Unit), Path: p.Path, Name: cmp.Or(p.Place, "本镇")}
}

// Number opens the number, for what has to be whole; whoever shows it to somebody records that (see web's reveal).
func (p Person) Number(v *vault.Vault) (string, error) { return v.Unseal("person.number", p.number) }

// Phone opens the phone number; the same holds.
func (p Person) Phone(v *vault.Vault) (string, error) { return v.Unseal("person.phone", p.phone) }

// Masked is the number as screens have it.
func (p Person) Masked(v *vault.Vault) string {
	number, err := p.Number(v)
	if err != nil {
		return "号码打不开"
	}
	return vault.MaskNumber(number)
}

const personColumns = `p.id, p.unit, p.village, p.path, p.place, p.household, p.name, p.birth, p.sex, p.came_on, p.moved_on, p.dead_on, p.version, p.number, p.phone`

func (p *Person) into() []any {
	return []any{&p.ID, &p.Unit, &p.Village, &p.Path, &p.Place, &p.Household, &p.Name, &p.Birth, &p.Sex, &p.Came, &p.Moved, &p.Dead, &p.Version, &p.number, &p.phone}
}

func scanPerson(rows *sql.Rows, p *Person) error { return rows.Scan(p.into()...) }

// PersonByID reads a person whom who may see; anybody else is [store.ErrNotFound].
func PersonByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Person, error) {
	p, err := personByID(ctx, q, id)
	if err == nil && !who.Within(p.At()) {
		return Person{}, store.ErrNotFound
	}
	if err == nil {
		err = who.Check(org.Residents, p.At())
	}
	return p, err
}

func personByID(ctx context.Context, q store.Querier, id int64) (Person, error) {
	return store.One(ctx, q, scanPerson, `select `+personColumns+` from person p where p.id = $1`, id)
}

// FindNumber looks for people by a whole number of a citizen, among those whom who sees.
func FindNumber(ctx context.Context, v *vault.Vault, who org.Person, number string) ([]Person, error) {
	w := chinese.ReadID(number)
	if w.Number == 0 {
		return nil, org.Invalid{Field: "查找", What: "请写完整的18位公民身份号码，或写姓名"}
	}
	where, args := who.MayUnder(org.Residents, "p.path", v.Index("number", w.Number.String()))
	return store.All(ctx, v, scanPerson, `select `+personColumns+` from person p where p.number_index = $1 and `+where+` order by p.id`, args...)
}

// Subject is somebody as a list or a form tells of them.
type Subject struct {
	Number    string // as written; eighteen or fifteen characters
	Name      string
	Birth     string // YYYY-MM-DD; empty: what the number says
	Sex       string
	Town      org.Unit // zero: that of the programme
	Village   org.Unit // zero when unknown
	Place     string   // village as written
	Household string
	Phone     string
	Came      string
	Moved     string
	Dead      string
}

// errNumber is the error of a number that somebody cannot be known by.
var errNumber = org.Invalid{Field: "公民身份号码", What: "不是18位或15位号码，请核对后再登记"}

// read takes a subject's fields as they are kept.
func (s Subject) read(p Programme) (Person, string, error) {
	w := chinese.ReadID(s.Number)
	if w.Number == 0 || w.Flaw > chinese.BadDate {
		return Person{}, "", errNumber
	}
	town := s.Town
	if town.ID == 0 {
		town = p.At()
	}
	x := Person{Unit: town.ID, Path: town.Path, Place: strings.TrimSpace(s.Place), Household: vault.MaskIn(strings.TrimSpace(s.Household)), Name: strings.TrimSpace(s.Name),
		Birth: s.Birth, Sex: s.Sex, Came: s.Came, Moved: s.Moved, Dead: s.Dead}
	if s.Village.ID != 0 {
		x.Village, x.Path = s.Village.ID, s.Village.Path
		x.Place = cmp.Or(x.Place, s.Village.Name)
	}
	switch {
	case x.Name == "":
		return x, "", org.Invalid{Field: "姓名", What: "请写姓名"}
	case !strings.HasPrefix(x.Path, town.Path):
		return x, "", org.Invalid{Field: "村", What: fmt.Sprintf("%s不在%s之内", s.Village.Name, town.Name)}
	}
	if err := vault.CheckTexts("姓名", x.Name, "户号", x.Household, "村", x.Place); err != nil {
		return x, "", err
	}
	if !isDay(x.Birth) && w.Flaw != chinese.BadDate {
		b := w.Number.Birth()
		x.Birth = fmt.Sprintf("%04d-%02d-%02d", b/10000, b/100%100, b%100)
	}
	for _, d := range []struct {
		field string
		day   *string
	}{{"出生日期", &x.Birth}, {"迁入日期", &x.Came}, {"迁出日期", &x.Moved}, {"死亡日期", &x.Dead}} {
		if *d.day != "" && !isDay(*d.day) {
			return x, "", org.Invalid{Field: d.field, What: "请写成 1941-08-05 这样"}
		}
	}
	if x.Sex == "" {
		x.Sex = map[bool]string{true: "男", false: "女"}[w.Number.Male()]
	}
	return x, w.Number.String(), nil
}

// Difference is where a list says something else of somebody than the roll. It changes nothing: a person decides.
type Difference struct {
	Person int64
	Name   string
	Field  string // as people call it
	Ours   string
	Theirs string
	Source string // list, sheet and row
}

// known is what a batch of rows learns of people, by the index of their numbers.
type known struct {
	people map[string]Person
}

// knownIn reads all people of a town, for a list of it.
func knownIn(ctx context.Context, q store.Querier, town int64) (known, error) {
	type row struct {
		index string
		Person
	}
	list, err := store.All(ctx, q, func(rows *sql.Rows, r *row) error { return rows.Scan(append(r.into(), &r.index)...) },
		`select `+personColumns+`, p.number_index from person p where p.unit = $1`, town)
	k := known{people: make(map[string]Person, len(list))}
	for _, r := range list {
		k.people[r.index] = r.Person
	}
	return k, err
}

// one reads the person with a number in a town.
func one(ctx context.Context, q store.Querier, town int64, index string) (Person, error) {
	return store.One(ctx, q, scanPerson, `select `+personColumns+` from person p where p.unit = $1 and p.number_index = $2`, town, index)
}

// keep finds the person of a subject or enters one. What the subject knows and the person lacks is filled in; what differs is returned and
// stays as it is.
func keep(ctx context.Context, v *vault.Vault, tx *store.Tx, p Programme, s Subject, k *known) (Person, []Difference, error) {
	x, number, err := s.read(p)
	if err != nil {
		return x, nil, err
	}
	index := v.Index("number", number)
	var old Person
	had := false
	if k != nil {
		old, had = k.people[index]
	} else if old, err = one(ctx, tx, x.Unit, index); err == nil {
		had = true
	} else if !errors.Is(err, store.ErrNotFound) {
		return x, nil, err
	}
	if !had {
		x.ID, x.Version = tx.ID(), 1
		x.number, x.phone = v.Seal("person.number", number), v.Seal("person.phone", strings.TrimSpace(s.Phone))
		if _, err := tx.Exec(ctx, `insert into person (id, unit, village, path, place, household, number, number_index, name, birth, sex, phone, came_on, moved_on, dead_on, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1)`,
			x.ID, x.Unit, x.Village, x.Path, x.Place, x.Household, x.number, index, x.Name, x.Birth, x.Sex, x.phone, x.Came, x.Moved, x.Dead); err != nil {
			return x, nil, err
		}
		if k != nil {
			k.people[index] = x
		}
		return x, nil, nil
	}
	merged, diffs := old.merge(x)
	if merged != old {
		if err := merged.save(ctx, tx, old.Version); err != nil {
			return old, nil, err
		}
		merged.Version++
		if k != nil {
			k.people[index] = merged
		}
	}
	return merged, diffs, nil
}

// merge fills what a person lacks and tells what is said differently.
func (p Person) merge(x Person) (Person, []Difference) {
	var diffs []Difference
	if p.Village == 0 && x.Village != 0 {
		p.Village, p.Path, p.Place = x.Village, x.Path, x.Place
	} else if x.Village != 0 && x.Village != p.Village {
		diffs = append(diffs, Difference{Person: p.ID, Name: p.Name, Field: "村", Ours: p.Place, Theirs: x.Place})
	}
	for _, f := range []struct {
		field        string
		ours, theirs *string
	}{{"姓名", &p.Name, &x.Name}, {"户号", &p.Household, &x.Household}, {"出生日期", &p.Birth, &x.Birth}, {"性别", &p.Sex, &x.Sex},
		{"迁入日期", &p.Came, &x.Came}, {"迁出日期", &p.Moved, &x.Moved}, {"死亡日期", &p.Dead, &x.Dead}} {
		switch {
		case *f.theirs == "" || *f.ours == *f.theirs:
		case *f.ours == "":
			*f.ours = *f.theirs
		default:
			diffs = append(diffs, Difference{Person: p.ID, Name: p.Name, Field: f.field, Ours: *f.ours, Theirs: *f.theirs})
		}
	}
	return p, diffs
}

// save writes what may change of a person, unless somebody else has.
func (p Person) save(ctx context.Context, tx *store.Tx, version int64) error {
	n, err := tx.Exec(ctx, `update person set village = $3, path = $4, place = $5, household = $6, name = $7, birth = $8, sex = $9, came_on = $10, moved_on = $11, dead_on = $12,
		phone = $13, version = version + 1 where id = $1 and version = $2`,
		p.ID, version, p.Village, p.Path, p.Place, p.Household, p.Name, p.Birth, p.Sex, p.Came, p.Moved, p.Dead, p.phone)
	if err == nil && n == 0 {
		err = journal.StaleRow(ctx, tx, "person", p.ID)
	}
	return err
}

// PersonEdit is what may be corrected about a person. Neither the number nor the town is: another number is another person.
type PersonEdit struct {
	Name      string
	Birth     string
	Village   org.Unit // zero: unknown
	Household string
	Came      string
	Moved     string
	Dead      string
	Phone     *string // nil leaves what there is
}

// EditPerson corrects what is known of a person, after it was verified. It stops nobody.
func EditPerson(ctx context.Context, v *vault.Vault, who org.Person, id, version int64, e PersonEdit) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		old, err := PersonByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if err := who.Check(org.Programme, old.At()); err != nil {
			return err
		}
		p := old
		p.Name, p.Birth, p.Household, p.Came, p.Moved, p.Dead = strings.TrimSpace(e.Name), e.Birth, strings.TrimSpace(e.Household), e.Came, e.Moved, e.Dead
		if e.Village.ID != 0 && e.Village.ID != p.Village {
			if err := who.Check(org.Programme, e.Village); err != nil {
				return err
			}
			p.Village, p.Path, p.Place = e.Village.ID, e.Village.Path, e.Village.Name
		}
		if p.Name == "" {
			return org.Invalid{Field: "姓名", What: "请写姓名"}
		}
		for _, d := range []struct{ field, day string }{{"出生日期", p.Birth}, {"迁入日期", p.Came}, {"迁出日期", p.Moved}, {"死亡日期", p.Dead}} {
			if d.day != "" && (!isDay(d.day) || d.day > today(tx)) {
				return org.Invalid{Field: d.field, What: "请写成 1941-08-05 这样，不能在今天以后"}
			}
		}
		if err := vault.CheckTexts("姓名", p.Name, "户号", p.Household); err != nil {
			return err
		}
		changes := changed("姓名", old.Name, p.Name, "出生日期", old.Birth, p.Birth, "村", old.Place, p.Place, "户号", old.Household, p.Household,
			"迁入日期", old.Came, p.Came, "迁出日期", old.Moved, p.Moved, "死亡日期", old.Dead, p.Dead)
		if e.Phone != nil {
			was, err := old.Phone(v)
			if err != nil {
				return err
			}
			if now := strings.TrimSpace(*e.Phone); now != was {
				p.phone = v.Seal("person.phone", now)
				changes = append(changes, journal.Change{Field: "电话", To: "已更新"}) // the number itself belongs into no journal
			}
		}
		if len(changes) == 0 {
			return nil
		}
		if err := p.save(ctx, tx, version); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "修改", Kind: "person", Row: id, Changes: changes})
	})
}
