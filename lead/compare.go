package lead

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// KeptHit is a hit of a screening as comparing and exporting need it.
type KeptHit struct {
	ID        int64
	Key       string
	Rule      string
	Certainty screening.State
	Number    string // whole; mask it before anybody sees it
	Name      string
	Birth     string
	Household string
	Place     string // village as the list writes it
	Village   int64  // its unit, 0 when unknown
	Why       string
	Amount    int64 // fen
	State     string
	Sources   string // JSON
}

// keptHits reads the hits of a screening in the order in which they were found.
func keptHits(ctx context.Context, v *vault.Vault, screening int64) ([]KeptHit, error) {
	return store.All(ctx, v, func(rows *sql.Rows, k *KeptHit) error {
		var number, why string
		err := rows.Scan(&k.ID, &k.Key, &k.Rule, &k.Certainty, &number, &k.Name, &k.Birth, &k.Household, &k.Place, &k.Village, &why, &k.Amount, &k.State, &k.Sources)
		if err != nil {
			return err
		}
		if k.Number, err = v.Unseal("hit.number", number); err != nil {
			return err
		}
		k.Why, err = v.Unseal("hit.why", why)
		return err
	}, `select id, hit_key, rule, certainty, number, name, birth, household, place, village, why, amount, state, sources from hit where screening = $1 order by id`, screening)
}

// HitPair is a finding that two screenings speak of differently.
type HitPair struct{ Old, New KeptHit }

// Comparison is how the findings of two screenings of a town differ.
type Comparison struct {
	Old, New  Screening
	Appeared  []KeptHit // only the later one has them
	Gone      []KeptHit // only the earlier one has them
	Changed   []HitPair // another amount or certainty
	Unchanged []KeptHit // as the later one has them
}

// Compare lays two finished screenings of one town beside each other, the earlier one first whichever way they are given.
func Compare(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, one, other int64) (Comparison, error) {
	var c Comparison
	var err error
	if c.Old, err = ScreeningByID(ctx, v, house, who, one); err != nil {
		return c, err
	}
	if c.New, err = ScreeningByID(ctx, v, house, who, other); err != nil {
		return c, err
	}
	if c.Old.Unit != c.New.Unit || c.Old.State != ScreeningDone || c.New.State != ScreeningDone || c.Old.ID == c.New.ID {
		return c, org.Invalid{Field: "比较", What: "只能比较同一个镇的两次已完成、没有作废的筛查"}
	}
	if c.Old.Serial > c.New.Serial {
		c.Old, c.New = c.New, c.Old
	}
	before, err := keptHits(ctx, v, c.Old.ID)
	if err != nil {
		return c, err
	}
	now, err := keptHits(ctx, v, c.New.ID)
	if err != nil {
		return c, err
	}
	c.Appeared, c.Gone, c.Changed, c.Unchanged = differences(before, now)
	return c, nil
}

// differences sorts the findings of two screenings. Of several hits of one finding those that say the same are paired first.
func differences(before, now []KeptHit) (appeared, gone []KeptHit, changed []HitPair, unchanged []KeptHit) {
	says := func(a, b KeptHit) bool { return a.Amount == b.Amount && a.Certainty == b.Certainty }
	left := map[string][]KeptHit{}
	for _, k := range before {
		left[k.Key] = append(left[k.Key], k)
	}
	var rest []KeptHit
	for _, k := range now {
		if i := slices.IndexFunc(left[k.Key], func(o KeptHit) bool { return says(o, k) }); i >= 0 {
			left[k.Key] = slices.Delete(left[k.Key], i, i+1)
			unchanged = append(unchanged, k)
		} else {
			rest = append(rest, k)
		}
	}
	for _, k := range rest {
		if old := left[k.Key]; len(old) > 0 {
			changed = append(changed, HitPair{old[0], k})
			left[k.Key] = old[1:]
		} else {
			appeared = append(appeared, k)
		}
	}
	for _, list := range left {
		gone = append(gone, list...)
	}
	slices.SortFunc(gone, func(a, b KeptHit) int { return cmp.Compare(a.ID, b.ID) })
	return appeared, gone, changed, unchanged
}

// HitsOf reads the hits of a finished screening that somebody may see, in the order in which they were found. Their numbers are whole: the caller
// masks them, or has [vault.Vault.Export] record what for they leave the program. Of one that was discarded they count for nothing: an [org.Invalid].
func HitsOf(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id int64) (Screening, []KeptHit, error) {
	s, err := ScreeningByID(ctx, v, house, who, id)
	if err != nil {
		return s, nil, err
	}
	if err := s.finished("它的疑点不能导出"); err != nil {
		return s, nil, err
	}
	hits, err := keptHits(ctx, v, id)
	return s, hits, err
}

func daysBetween(from, to string) int {
	a, err := time.Parse(time.DateOnly, from)
	b, err2 := time.Parse(time.DateOnly, to)
	if err != nil || err2 != nil {
		return 0
	}
	return int(b.Sub(a).Hours() / 24)
}

// Places say where the rows stand that a hit rests on: 户籍.xlsx“10月”第12行.
func (k KeptHit) Places() []string {
	var rows []rowCited
	if json.Unmarshal([]byte(k.Sources), &rows) != nil {
		return nil
	}
	var list []string
	for _, r := range rows {
		place := r.File
		if r.Sheet != "" {
			place += "“" + r.Sheet + "”"
		}
		list = append(list, fmt.Sprintf("%s第%d行", place, r.Row))
	}
	return list
}

// VillageHits counts the hits of a rule in a village.
type VillageHits struct {
	Village int64 // 0: unknown
	Rule    string
	N       int
}

// CountByVillage counts the hits of a screening, without what is suppressed.
func CountByVillage(ctx context.Context, q store.Querier, screening int64) ([]VillageHits, error) {
	return store.All(ctx, q, func(rows *sql.Rows, c *VillageHits) error { return rows.Scan(&c.Village, &c.Rule, &c.N) },
		`select village, rule, count(*) from hit where screening = $1 and state <> 'suppressed' group by village, rule order by village, rule`, screening)
}
