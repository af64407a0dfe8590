package vault

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"bihuan/chinese"
	"bihuan/org"
	"bihuan/store"
)

// Namesake is a row that bears a name and no number: whether it is about the same person, somebody has to make sure.
type Namesake struct {
	Key     string // request:7301…; as [Erasure] names it
	Village string // where it is of, by name; empty when the house knows no such unit
	What    string // 群众诉求 诉求2026-12，2026年3月2日提出
}

func (n Namesake) String() string { return strings.TrimLeft(n.Village+"　"+n.What, "　") }

// nameless are the tables whose rows bear a name and no number, and what becomes of them.
var nameless = []struct {
	personal
	query string // gives id, town, village, name, and what it is, in two columns
	word  func(a, b string) string
}{
	{personal{table: "request", versioned: true, words: []string{"name"}, empty: []string{"phone", "said", "condition", "advice"}},
		`select id, unit, village, name, '诉求' || year || '-' || cast(serial as text), received from request order by id`,
		func(number, day string) string { return "群众诉求 " + number + "，" + spokenDay(day) + "提出" }},
	{personal{table: "household", versioned: true, empty: []string{"head"}},
		`select id, unit, village, head, number, cast((select count(*) from sampled s where s.household = household.id and s.day <> '') as text) from household order by id`,
		func(number, asked string) string {
			if asked == "0" {
				return "户主，户号" + number
			}
			return "户主，户号" + number + "，知晓抽查问过" + asked + "次"
		}},
}

// namesakes lists the rows that bear the name of the person with a number in the towns where that person is known, or for a text that is
// a name, everywhere.
func (v *Vault) namesakes(ctx context.Context, q, house store.Querier, s sought) ([]Namesake, error) {
	found, err := v.findNamesakes(ctx, q, s)
	if err != nil {
		return nil, err
	}
	var list []Namesake
	for _, f := range found {
		u, err := org.UnitByID(ctx, house, f.village)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		list = append(list, Namesake{f.key(), u.Name, f.what})
	}
	return list, nil
}

// foundNamesake is a row that bears a name.
type foundNamesake struct {
	personal

	id, village int64
	what        string
}

func (f foundNamesake) key() string { return namesakeKey(f.table, f.id) }

func namesakeKey(table string, id int64) string { return fmt.Sprintf("%s:%d", table, id) }

func (v *Vault) findNamesakes(ctx context.Context, q store.Querier, s sought) ([]foundNamesake, error) {
	if len(s.names) == 0 {
		return nil, nil
	}
	var found []foundNamesake
	for _, n := range nameless {
		type row struct {
			id, town, village int64
			name, a, b        string
		}
		rows, err := store.All(ctx, q, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.id, &r.town, &r.village, &r.name, &r.a, &r.b) }, n.query)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			same := slices.ContainsFunc(s.names, func(name string) bool {
				return r.name != "" && chinese.CompareNames(name, r.name) <= chinese.NameVariant
			})
			if same && (len(s.towns) == 0 || slices.Contains(s.towns, r.town)) {
				found = append(found, foundNamesake{n.personal, r.id, r.village, n.word(r.a, r.b)})
			}
		}
	}
	return found, nil
}

// soughtBy is by what a person is found without the index: the number with the names of the person and the towns where the person is known;
// without an index the text itself is the name.
func (v *Vault) soughtBy(ctx context.Context, q store.Querier, index, text string) (sought, error) {
	if index == "" {
		if utf8.RuneCountInString(text) < 2 || strings.ContainsAny(text, "0123456789") || text == Erased || text == Someone {
			return sought{}, nil
		}
		return sought{names: []string{text}}, nil
	}
	type known struct {
		name string
		town int64
	}
	scan := func(rows *sql.Rows, k *known) error { return rows.Scan(&k.name, &k.town) }
	list, err := store.All(ctx, q, scan, `select name, unit from person where number_index = $1 union select name, unit from hit where number_index = $1`, index)
	if err != nil {
		return sought{}, err
	}
	others, err := store.All(ctx, q, scan, `select o.name, h.unit from hit_other o join hit h on h.id = o.hit where o.number_index = $1`, index)
	if err != nil {
		return sought{}, err
	}
	for _, k := range others {
		if k.name, err = v.Unseal("hit_other.name", k.name); err == nil { // bihuan verify tells of what does not open
			list = append(list, k)
		}
	}
	ids, err := v.rowsOf(ctx, q, personal{table: "audit_person"}, index)
	if err != nil {
		return sought{}, err
	}
	for _, id := range ids {
		k, err := store.One(ctx, q, scan, `select p.name, a.unit from audit_person p join audit a on a.id = p.audit where p.id = $1`, id)
		if err != nil {
			return sought{}, err
		}
		list = append(list, k)
	}
	s := sought{number: chinese.ReadID(text).Number}
	for _, k := range list {
		if k.name != "" && k.name != Erased {
			s.names, s.towns = append(s.names, k.name), append(s.towns, k.town)
		}
	}
	return s, nil
}

// chosen are the rows of the namesakes that keys name, of which each must still be one.
func (v *Vault) chosen(ctx context.Context, tx *store.Tx, s sought, keys []string) ([]rowsFound, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	found, err := v.findNamesakes(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	var rows []rowsFound
	for _, key := range keys {
		i := slices.IndexFunc(found, func(f foundNamesake) bool { return f.key() == key })
		if i < 0 {
			return nil, org.Invalid{Field: "同名的", What: "所选的“" + key + "”不在同名的里面，可能已有人删过，请重新查找"}
		}
		rows = append(rows, rowsFound{found[i].personal, []int64{found[i].id}})
	}
	return rows, nil
}
