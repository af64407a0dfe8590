package lead

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// rowCited is a row of a list that a hit rests on.
type rowCited struct {
	Kind    screening.Kind `json:"kind"`
	Dataset int64          `json:"dataset"`
	File    string         `json:"file"`
	Sheet   string         `json:"sheet"`
	Row     int            `json:"row"`
}

// places find the unit of a village by what lists write.
type places struct {
	names org.Names
	town  org.Unit
}

func placesOf(ctx context.Context, house store.Querier, town int64) (places, error) {
	u, err := org.UnitByID(ctx, house, town)
	if err != nil {
		return places{}, err
	}
	names, err := org.NamesFor(ctx, house, u)
	return places{names, u}, err
}

// villageEnds are how lists write what a village is.
var villageEnds = []string{"村民委员会", "居民委员会", "村委会", "居委会", "行政村", "社区居委会", "社区", "村", "居"}

// village is the unit of a village as a list writes it, the zero Unit when it is unknown: 东槐, 东槐村委会 and 栖禾镇东槐村 are 东槐村.
func (p places) village(text string) org.Unit {
	text = strings.Join(strings.Fields(text), "")
	if at := strings.LastIndex(text, p.town.Name); at >= 0 && p.town.Name != "" {
		text = text[at+len(p.town.Name):]
	}
	if text == "" {
		return org.Unit{}
	}
	tries := []string{text}
	stem := text
	for _, end := range villageEnds {
		if rest, ok := strings.CutSuffix(text, end); ok && rest != "" {
			stem = rest
			break
		}
	}
	tries = append(tries, stem, stem+"村", stem+"社区", stem+"村委会", stem+"居委会")
	for _, name := range tries {
		if u := p.names.Unit(name); u.ID != 0 && u.Kind == org.Village {
			return u
		}
	}
	return org.Unit{}
}

// suppressed is a finding that somebody explained, with what it rests on.
type suppressed struct {
	key  string
	kind screening.Kind // of the list that was wrong; empty: of the case itself
	hash string         // of that list then
}

// keepHits inserts the hits of a screening and counts by rule what is suppressed and what is under way already. A finding that an earlier
// screening found and somebody is at is the same as that; one that was explained stays quiet until its day, or until the list that was
// wrong has changed.
func (s Screening) keepHits(ctx context.Context, v *vault.Vault, tx *store.Tx, hits []screening.Hit, at places, counts []RuleCount) error {
	type open struct {
		key string
		id  int64
	}
	list, err := store.All(ctx, tx, func(rows *sql.Rows, o *open) error { return rows.Scan(&o.key, &o.id) },
		`select hit_key, id from hit where unit = $1 and first_hit = 0 and state in ('new', 'assigned', 'checked', 'confirmed', 'escalated') order by id`, s.Unit)
	if err != nil {
		return err
	}
	underWay := map[string]int64{}
	for _, o := range list {
		underWay[o.key] = o.id
	}
	explained, err := store.All(ctx, tx, func(rows *sql.Rows, x *suppressed) error { return rows.Scan(&x.key, &x.kind, &x.hash) },
		`select hit_key, kind, hash from suppression where unit = $1 and until >= $2`, s.Unit, tx.Now.Format(time.DateOnly))
	if err != nil {
		return err
	}
	quiet := map[string]bool{}
	for _, x := range explained {
		if s.unchanged(x) {
			quiet[x.key] = true
		}
	}
	cited := map[string]UsedDataset{}
	for _, u := range s.Datasets {
		cited[u.Cited] = u
	}
	for _, h := range hits {
		key := v.Index("hit", h.Key())
		var sources []rowCited
		for _, x := range h.Sources {
			u := cited[x.File]
			sources = append(sources, rowCited{u.Kind, u.ID, u.Name, x.Sheet, x.Row})
		}
		text, err := json.Marshal(sources)
		if err != nil {
			return err
		}
		state, first, id := "new", int64(0), tx.ID()
		c := slices.IndexFunc(counts, func(c RuleCount) bool { return c.Rule == h.Rule })
		switch {
		case quiet[key]:
			state = "suppressed"
			counts[c].Suppressed++
		case underWay[key] != 0:
			state, first = "same", underWay[key]
			counts[c].Same++
		default:
			underWay[key] = id
		}
		_, err = tx.Exec(ctx, `insert into hit (id, screening, unit, rule, rule_version, hit_key, certainty, number, number_index, name, birth, household, place, village, why, amount, sources, state, first_hit, duty, due, extended, application, closed, closed_why, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 0, '', 0, 0, '', '', 1)`,
			id, s.ID, s.Unit, h.Rule, counts[c].Version, key, string(h.State), v.Seal("hit.number", h.ID), v.Index("number", strings.ToUpper(h.ID)), vault.MaskIn(h.Name), h.Birth, v.Label(h.Household), vault.MaskIn(h.Village),
			at.village(h.Village).ID, v.Seal("hit.why", h.Why), int64(h.Amount), string(text), state, first)
		if err != nil {
			return err
		}
		for _, o := range h.Others {
			if err := keepOther(ctx, v, tx, id, o.ID, o.Name, at.village(o.Village).ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// unchanged tells whether what explained a finding still holds: the list that was wrong is not among those of the screening in another
// form.
func (s Screening) unchanged(x suppressed) bool {
	if x.kind == "" {
		return true
	}
	given := false
	for _, u := range s.Datasets {
		if u.Kind == x.kind {
			if u.Hash == x.hash {
				return true
			}
			given = true
		}
	}
	return !given
}
