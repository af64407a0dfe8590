package vault

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bihuan/chinese"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Erased stands where something of a person was erased.
const Erased = "［已删除］"

// personal is what a table holds of a person: which of its rows, and what becomes of the columns that tell who it is or what they said.
type personal struct {
	table string
	where string   // of a row; $1 is the keyed index of the number; empty: the sealed number of each row is opened, for it has no index
	words []string // columns that get [Erased] where they hold anything
	empty []string // columns that get empty
	lists []string // columns of JSON that get an empty list
	own   []string // columns that get a text of the row's own, for no two rows may be equal there
}

// persons are all places where a person is known by the number. What was paid, decided and counted stays, without who it was.
var persons = []personal{
	{table: "person", where: `number_index = $1`, words: []string{"name"}, empty: []string{"number", "phone", "household", "birth", "sex", "place"}, own: []string{"number_index"}},
	{table: "roll", where: `person in ` + byNumber, empty: []string{"account", "account_index"}},
	{table: "roll_member", where: `person in ` + byNumber, words: []string{"relation"}},
	{table: "roll_review", where: `roll in (select id from roll where person in ` + byNumber + `)`, words: []string{"found"}},
	{table: "application", where: `person in ` + byNumber, words: []string{"reason", "decision_reason", "told"}},
	{table: "application_step", where: `application in (select id from application where person in ` + byNumber + `)`, words: []string{"said"}},
	{table: "payment", where: `person in ` + byNumber, words: []string{"source", "void_why"}},
	{table: "county_letter_line", where: `person in ` + byNumber, words: []string{"reason", "found"}},
	{table: "hit", where: `number_index = $1`, words: []string{"name"}, empty: []string{"number", "why", "household", "birth", "place"}, lists: []string{"sources"}, own: []string{"number_index", "hit_key"}},
	{table: "verification", where: `hit in (select id from hit where number_index = $1)`, words: []string{"proof", "passed_to", "opinion"}, empty: []string{"said"}},
	{table: "audit_person", words: []string{"name"}, empty: []string{"number", "said", "birth", "place"}},
	{table: "suppression", where: `hit in (select id from hit where number_index = $1)`, words: []string{"reason", "told"}, own: []string{"hit_key"}},
}

// byNumber is the person with a number.
const byNumber = `(select id from person where number_index = $1)`

// TracesOf are what an erasure of a person takes.
type TracesOf struct {
	Rows   map[string]int // of each table
	Events int            // entries of the journal
	Files  int            // sealed files that prove something about them; they stay until somebody takes them away where they stand
}

// Empty tells whether nobody has that number.
func (t TracesOf) Empty() bool { return len(t.Rows) == 0 }

// String says it in a line for each table.
func (t TracesOf) String() string {
	var b strings.Builder
	for _, table := range slices.Sorted(maps.Keys(t.Rows)) {
		fmt.Fprintf(&b, "居民信息 %s：%d 行\n", table, t.Rows[table])
	}
	if t.Events > 0 {
		fmt.Fprintf(&b, "居民信息的日志：%d 条\n", t.Events)
	}
	if t.Files > 0 {
		fmt.Fprintf(&b, "加密的凭据：%d 份，不在删除之列，请到疑点页上看过再处理\n", t.Files)
	}
	return b.String()
}

// FindPerson looks where the person with a number stands, by the keyed index. Somebody with the right to erase may ask. A text that is no
// number of a citizen finds nobody. Lists that were handed over are not looked into: they are sealed as a whole, and go on their day.
func (v *Vault) FindPerson(ctx context.Context, house store.Querier, who org.Person, number string) (TracesOf, error) {
	t := TracesOf{Rows: map[string]int{}}
	index, err := v.personIndex(ctx, house, who, number)
	if err != nil || index == "" {
		return t, err
	}
	rows, err := v.personRows(ctx, v, index)
	if err != nil {
		return t, err
	}
	for table, ids := range rows {
		t.Rows[table] = len(ids)
	}
	if t.Files, err = store.One(ctx, v, store.Value[int], `select count(*) from verification where proof_file <> 0 and hit in (select id from hit where number_index = $1)`, index); err != nil {
		return t, err
	}
	events, err := store.All(ctx, v, func(rows *sql.Rows, e *journal.Event) error { return journal.ScanEvent(rows, e) }, `select `+journal.EventColumns+` from journal where erased = ''`)
	for _, e := range events {
		if concerns(rows, e) {
			t.Events++
		}
	}
	return t, err
}

// personIndex is the keyed index of a number, empty for what is none.
func (v *Vault) personIndex(ctx context.Context, house store.Querier, who org.Person, number string) (string, error) {
	root, err := org.Root(ctx, house)
	if err == nil {
		err = who.Check(org.Erase, root)
	}
	n := chinese.ReadID(number).Number
	if err != nil || n == 0 {
		return "", err
	}
	return v.Index("number", n.String()), nil
}

// personRows are the rows of each table that concern a person.
func (v *Vault) personRows(ctx context.Context, q store.Querier, index string) (map[string][]int64, error) {
	all := map[string][]int64{}
	for _, p := range persons {
		ids, err := v.rowsOf(ctx, q, p, index)
		if err != nil {
			return nil, err
		}
		if len(ids) > 0 {
			all[p.table] = ids
		}
	}
	return all, nil
}

func (v *Vault) rowsOf(ctx context.Context, q store.Querier, p personal, index string) ([]int64, error) {
	if p.where != "" {
		return store.All(ctx, q, store.Value[int64], `select id from `+p.table+` where `+p.where+` order by id`, index)
	}
	rows, err := q.Query(ctx, `select id, number from `+p.table+` order by id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		var number string
		if err := rows.Scan(&id, &number); err != nil {
			return nil, err
		}
		if text, err := v.Unseal(p.table+".number", number); err == nil && v.Index("number", text) == index { // bihuan verify tells of what does not open
			ids = append(ids, id)
		}
	}
	return ids, rows.Err()
}

// concerns tells whether an event is about one of the rows.
func concerns(rows map[string][]int64, e journal.Event) bool {
	return slices.Contains(rows[e.Kind], e.Row)
}

// ErasePerson erases who somebody is, as the law gives people a right to (个人信息保护法 47): in every row that the number leads to, and in the
// entries of the journal about them; nothing of it stays in the files of the database. What was paid and decided stays, without who it
// was; sealed files stay too. The journal keeps that it was done, by whom and why, and all its proofs. When it says [store.ErrBusy]
// everything is erased and only the remains in the files of the database are not gone yet: it may be run again.
func (v *Vault) ErasePerson(ctx context.Context, house store.Querier, who org.Person, number, reason string) error {
	index, err := v.personIndex(ctx, house, who, number)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	if len([]rune(reason)) < 2 {
		return org.Invalid{Field: "原因", What: "请写明依据和原因，如 本人申请，〔2026〕3号"}
	}
	if err := CheckText("原因", reason); err != nil {
		return err
	}
	if index == "" {
		return org.Invalid{Field: "要删除的内容", What: "居民信息库按身份证号删除，请填完整的号码"}
	}
	err = v.Write(ctx, func(tx *store.Tx) error {
		rows, err := v.personRows(ctx, tx, index)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return store.ErrNotFound
		}
		n := 0
		for _, p := range slices.Backward(persons) { // what leads to a row is erased after it
			for _, id := range rows[p.table] {
				query, args := p.update(id)
				if _, err := tx.Exec(ctx, query, args...); err != nil {
					return err
				}
				n++
			}
		}
		return journal.Erase(ctx, v.DB, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Kind: "erasure",
			Changes: []journal.Change{{Field: "原因", To: reason}, {Field: "数据", To: fmt.Sprintf("%d行", n)}}}, func(e journal.Event) bool { return concerns(rows, e) })
	})
	if err != nil {
		return err
	}
	return v.Purge(context.WithoutCancel(ctx))
}

// update is the statement that erases a row, with its arguments.
func (p personal) update(id int64) (string, []any) {
	var set []string
	args := []any{id}
	value := func(v string) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	for _, c := range p.words {
		set = append(set, fmt.Sprintf("%s = case when %s = '' then '' else %s end", c, c, value(Erased)))
	}
	for _, c := range p.empty {
		set = append(set, c+` = ''`)
	}
	for _, c := range p.lists {
		set = append(set, c+` = '[]'`)
	}
	for _, c := range p.own {
		set = append(set, c+` = `+value(fmt.Sprintf("erased/%d", id)))
	}
	return `update ` + p.table + ` set ` + strings.Join(set, ", ") + ` where id = $1`, args
}
