package publicity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"bihuan/journal"
	"bihuan/office"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// Household is a household of a village, as a card is brought to it. Of its people only the head is known here.
type Household struct {
	ID      int64
	Village int64
	Number  string // 户号
	Head    string // 户主; empty where only the number is known. Show it through [vault.MaskName]
	Team    string // 村民小组
}

const householdColumns = `select id, village, number, head, team from household`

func scanHousehold(rows *sql.Rows, h *Household) error {
	return rows.Scan(&h.ID, &h.Village, &h.Number, &h.Head, &h.Team)
}

// Households lists the households of a village in the order of their numbers.
func Households(ctx context.Context, q store.Querier, village int64) ([]Household, error) {
	return store.All(ctx, q, scanHousehold, householdColumns+` where village = $1 and gone = '' order by length(number), number`, village)
}

// HouseholdCounts counts the households of each village of a town.
func HouseholdCounts(ctx context.Context, q store.Querier, town int64) (map[int64]int, error) {
	return countBy(ctx, q, `select village, count(*) from household where unit = $1 and gone = '' group by village`, town)
}

// countBy reads a query of an id and a number into a map.
func countBy(ctx context.Context, q store.Querier, query string, args ...any) (map[int64]int, error) {
	type pair struct {
		id int64
		n  int
	}
	rows, err := store.All(ctx, q, func(rows *sql.Rows, p *pair) error { return rows.Scan(&p.id, &p.n) }, query, args...)
	counts := make(map[int64]int, len(rows))
	for _, p := range rows {
		counts[p.id] = p.n
	}
	return counts, err
}

// mostHouseholds bounds what one village can have.
const mostHouseholds = 20_000

// SetHouseholds says how many households a village has where nobody has a list: they are numbered from 1. Fewer than before end the last
// numbers.
func SetHouseholds(ctx context.Context, v *vault.Vault, who org.Person, village org.Unit, n int) error {
	list := make([]Household, max(0, min(n, mostHouseholds)))
	for i := range list {
		list[i].Number = fmt.Sprint(i + 1)
	}
	if n < 1 || n > mostHouseholds {
		return org.Invalid{Field: "户数", What: fmt.Sprintf("请填 1 到 %d", mostHouseholds)}
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		_, err := setHouseholds(ctx, tx, who, village, list, false)
		return err
	})
}

// change counts what a list changed in a village.
type change struct{ added, altered, ended int }

// setHouseholds makes the households of a village those of a list and records it. Without names the heads that are known stay.
func setHouseholds(ctx context.Context, tx *store.Tx, who org.Person, village org.Unit, list []Household, named bool) (change, error) {
	var c change
	if err := who.Check(org.Deliver, village); err != nil {
		return c, err
	}
	if village.Kind != org.Village {
		return c, org.Invalid{Field: "村", What: village.Name + "不是村，请选一个村"}
	}
	type known struct {
		Household
		gone string
	}
	rows, err := store.All(ctx, tx, func(rows *sql.Rows, k *known) error {
		return rows.Scan(&k.ID, &k.Village, &k.Number, &k.Head, &k.Team, &k.gone)
	}, `select id, village, number, head, team, gone from household where village = $1`, village.ID)
	if err != nil {
		return c, err
	}
	at := make(map[string]known, len(rows))
	for _, k := range rows {
		at[k.Number] = k
	}
	for _, h := range list {
		k, have := at[h.Number]
		delete(at, h.Number)
		if !named {
			h.Head, h.Team = k.Head, k.Team
		}
		switch {
		case !have:
			_, err = tx.Exec(ctx, `insert into household (id, unit, village, number, head, team, gone, version) values ($1, $2, $3, $4, $5, $6, '', 1)`,
				tx.ID(), townOf(village), village.ID, h.Number, h.Head, h.Team)
			c.added++
		case k.gone != "" || k.Head != h.Head || k.Team != h.Team:
			_, err = tx.Exec(ctx, `update household set head = $2, team = $3, gone = '', version = version + 1 where id = $1`, k.ID, h.Head, h.Team)
			c.altered++
		}
		if err != nil {
			return c, fmt.Errorf("household: %w", err)
		}
	}
	for _, k := range at {
		if k.gone != "" {
			continue
		}
		if _, err := tx.Exec(ctx, `update household set gone = $2, version = version + 1 where id = $1`, k.ID, today(tx)); err != nil {
			return c, fmt.Errorf("household: %w", err)
		}
		c.ended++
	}
	if c == (change{}) {
		return c, nil
	}
	return c, journal.Append(ctx, tx, entry(who, "登记户数", "household", village.ID, journal.Change{Field: "村", To: village.Name},
		journal.Change{Field: "户数", To: fmt.Sprint(len(list))}, journal.Change{Field: "新增", To: fmt.Sprint(c.added)}, journal.Change{Field: "变更", To: fmt.Sprint(c.altered)},
		journal.Change{Field: "减少", To: fmt.Sprint(c.ended)}))
}

// Listed is a household as a list of them writes it.
type Listed struct {
	Row     int    // from 1
	Village string // empty where the list has no such column
	Household

	relation string // to the head; empty where the list has no such column
}

// isHead tells whether the row is that of the head, as far as it says.
func (l Listed) isHead() bool { return l.relation == "户主" || l.relation == "本人" }

// The headers of a list of households. Other columns, such as numbers of citizens, are not read at all.
var listHeaders = map[string][]string{
	"village":  {"村", "村名", "行政村", "所属村", "村居", "村委会", "村社区"},
	"number":   {"户号", "户编号", "家庭编号", "户口簿号", "户籍编号", "户口编号"},
	"head":     {"户主", "户主姓名", "姓名"},
	"team":     {"组", "村民小组", "小组", "组别"},
	"relation": {"与户主关系", "与户主的关系", "家庭关系", "关系"},
}

// listHead is how many rows of a sheet are looked at for the headers.
const listHead = 12

// ReadList reads the households from the first sheet of a file that has a column of their numbers: one row a household, or one a person
// of which the head's counts. A list that asks for somebody's faith is refused ([screening.BeliefError]). The file is not kept.
func ReadList(ctx context.Context, name string, src io.ReaderAt, size int64) ([]Listed, error) {
	g, err := office.OpenGrid(ctx, name, src, size)
	if err != nil {
		return nil, err
	}
	for sheet := range g.Sheets {
		head, err := g.Head(sheet, listHead)
		if err != nil {
			return nil, err
		}
		columns, first, err := findHeaders(head)
		if err != nil {
			return nil, err
		}
		if first > 0 {
			return readSheet(g, sheet, columns, first)
		}
	}
	return nil, org.Invalid{Field: "名单", What: "没有找到“户号”这一列。请在表头写上 户号、户主，可以再加 村、组 两列"}
}

// findHeaders finds the columns among the first rows of a sheet and the number of the first row below them; 0 when there are none.
func findHeaders(head []office.GridRow) (columns map[string]int, first int, err error) {
	for _, row := range head {
		found := map[string]int{}
		for c, cell := range row.Cells {
			label := strings.Map(func(r rune) rune {
				if strings.ContainsRune(" 　\n\t（）()*：:", r) {
					return -1
				}
				return r
			}, cell)
			if len([]rune(label)) < 20 && slices.ContainsFunc(screening.Belief, func(w string) bool { return strings.Contains(label, w) }) {
				return nil, 0, &screening.BeliefError{Where: fmt.Sprintf("名单第%d行", row.Number), Header: cell}
			}
			for field, words := range listHeaders {
				if _, have := found[field]; !have && slices.Contains(words, label) {
					found[field] = c
				}
			}
		}
		if _, ok := found["number"]; ok && first == 0 {
			columns, first = found, row.Number+1
		}
	}
	return columns, first, nil
}

func readSheet(g *office.Grid, sheet int, at map[string]int, first int) ([]Listed, error) {
	fields := []string{"number", "head", "village", "team", "relation"}
	var columns []int
	place := map[string]int{}
	for _, f := range fields {
		if c, ok := at[f]; ok {
			place[f] = len(columns)
			columns = append(columns, c)
		}
	}
	var list []Listed
	seen := map[string]int{} // village and number → place in the list
	take := func(rows []Listed) error {
		for _, l := range rows {
			key := l.Village + "\n" + l.Number
			if i, twice := seen[key]; !twice {
				seen[key] = len(list)
				list = append(list, l)
			} else if l.isHead() && !list[i].isHead() {
				list[i] = l
			}
		}
		return nil
	}
	work := func(b *office.Batch) ([]Listed, error) {
		var rows []Listed
		cell := func(i int, f string) string {
			if c, ok := place[f]; ok {
				return strings.Trim(strings.TrimSpace(string(b.Cell(i, c))), "'＇")
			}
			return ""
		}
		for i := range b.Len() {
			if b.Number(i) < first {
				continue
			}
			number := strings.TrimSuffix(cell(i, "number"), ".0")
			if number == "" || strings.Contains(number, "合计") || len(number) > 40 {
				continue
			}
			l := Listed{Row: b.Number(i), Village: cell(i, "village"), relation: cell(i, "relation")}
			l.Number, l.Head, l.Team = number, cell(i, "head"), cell(i, "team")
			rows = append(rows, l)
		}
		return rows, nil
	}
	err := office.ScanGrid(g, sheet, columns, work, take)
	if errors.Is(err, office.ErrMerged) { // the next reading fills merged cells down
		list, seen = nil, map[string]int{}
		err = office.ScanGrid(g, sheet, columns, work, take)
	}
	if err == nil && len(list) == 0 {
		err = org.Invalid{Field: "名单", What: "表头下面没有一户，请检查户号这一列"}
	}
	return list, err
}

// Imported says what a list of households changed.
type Imported struct {
	Villages, Households  int
	Added, Altered, Ended int
}

// ImportHouseholds makes the households of each village that a list names those of the list. Rows that name no village belong to the given
// one. A village that is not of the town, or that who may not enter, is refused with its row, and nothing is taken.
func ImportHouseholds(ctx context.Context, v *vault.Vault, who org.Person, villages []org.Unit, village org.Unit, list []Listed) (Imported, error) {
	of := map[int64][]Household{}
	units := map[int64]org.Unit{}
	for _, l := range list {
		u := village
		if l.Village != "" {
			i := slices.IndexFunc(villages, func(u org.Unit) bool { return sameVillage(u.Name, l.Village) })
			if i < 0 {
				return Imported{}, org.Invalid{Field: "名单", What: fmt.Sprintf("第%d行的村“%s”不在您能登记的村里，请核对村名", l.Row, l.Village)}
			}
			u = villages[i]
		}
		if u.ID == 0 {
			return Imported{}, org.Invalid{Field: "村", What: "名单没有“村”这一列，请先选是哪个村"}
		}
		units[u.ID] = u
		l.Number, l.Head, l.Team = v.Label(l.Number), v.Label(l.Head), v.Label(l.Team)
		of[u.ID] = append(of[u.ID], l.Household)
	}
	var done Imported
	err := v.Write(ctx, func(tx *store.Tx) error {
		for _, id := range slices.Sorted(maps.Keys(of)) {
			households := of[id]
			if len(households) > mostHouseholds {
				return org.Invalid{Field: "名单", What: fmt.Sprintf("%s有 %d 户，超过 %d 户，请核对", units[id].Name, len(households), mostHouseholds)}
			}
			c, err := setHouseholds(ctx, tx, who, units[id], households, true)
			if err != nil {
				return err
			}
			done.Villages++
			done.Households += len(households)
			done.Added, done.Altered, done.Ended = done.Added+c.added, done.Altered+c.altered, done.Ended+c.ended
		}
		return nil
	})
	return done, err
}

// sameVillage compares names as lists write them: 东槐, 东槐村, 东槐村委会.
func sameVillage(unit, written string) bool {
	bare := func(s string) string {
		for _, tail := range []string{"村民委员会", "居民委员会", "村委会", "居委会", "社区", "村"} {
			if rest, ok := strings.CutSuffix(s, tail); ok && rest != "" {
				return rest
			}
		}
		return s
	}
	return unit == written || bare(unit) == bare(written)
}
