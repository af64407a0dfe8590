package lead

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"bihuan/store"
	"bihuan/vault"
)

// other is somebody else whom a hit is about, and whom its reason may name: who shares an account of HL-09, a namesake of HL-07.
type other struct {
	hit     int64
	name    string
	village int64 // its unit, 0 when unknown
}

// keepOther keeps whom a hit is about beside its own person.
func keepOther(ctx context.Context, v *vault.Vault, tx *store.Tx, hit int64, number, name string, village int64) error {
	_, err := tx.Exec(ctx, `insert into hit_other (id, hit, number_index, name, village) values ($1, $2, $3, $4, $5)`, tx.ID(), hit, v.Index("number", strings.ToUpper(number)),
		v.Seal("hit_other.name", name), village)
	return err
}

// others reads those of the hits that a condition on h and s names.
func others(ctx context.Context, v *vault.Vault, q store.Querier, where string, args ...any) (map[int64][]other, error) {
	list, err := store.All(ctx, q, func(rows *sql.Rows, o *other) error {
		var name string
		err := rows.Scan(&o.hit, &name, &o.village)
		if err == nil {
			o.name, err = v.Unseal("hit_other.name", name)
		}
		return err
	}, `select o.hit, o.name, o.village from hit_other o join hit h on h.id = o.hit join screening s on s.id = h.screening where `+where+` order by o.id`, args...)
	of := map[int64][]other{}
	for _, o := range list {
		of[o.hit] = append(of[o.hit], o)
	}
	return of, err
}

// WhyIn is the reason of a hit for people of its village: whoever is of another one, or of none that is known, is masked in it. Of a hit of
// no known village, which is for the town, it is whole.
func (h Hit) WhyIn() string {
	if h.Village == 0 {
		return h.Why
	}
	return h.whyFor([]int64{h.Village})
}

// whyFor is the reason of a hit for who may see the residents of units, by id: names of people elsewhere are masked.
func (h Hit) whyFor(units []int64) string {
	if slices.Contains(units, h.Unit) {
		return h.Why
	}
	var hidden []string
	for _, o := range h.others {
		if !slices.Contains(units, o.village) {
			hidden = append(hidden, o.name)
		}
	}
	if len(h.others) == 0 && h.Rule == "HL-09" { // found before the others were kept: nobody knows where they live
		for _, m := range inBrackets.FindAllStringSubmatch(h.Why, -1) {
			hidden = append(hidden, strings.Split(m[1], "、")...)
		}
	}
	slices.SortFunc(hidden, func(a, b string) int { return utf8.RuneCountInString(b) - utf8.RuneCountInString(a) }) // 王秀 stands in 王秀英
	why := h.Why
	for _, name := range hidden {
		if name != "" && name != h.Name {
			why = strings.ReplaceAll(why, name, vault.MaskName(name))
		}
	}
	return why
}

// inBrackets are the names in a reason of HL-09.
var inBrackets = regexp.MustCompile(`（([^（）]*)）`)
