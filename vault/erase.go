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

	others    bool // the row is about somebody else, and names the person
	versioned bool // somebody may have a form of the row open
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
	{table: "county_letter_line", where: `person in ` + byNumber, words: []string{"name", "reason", "found"}, empty: []string{"place"}},
	// A letter is about many people: what it says goes only where it names this one, and why it was sent back or made void, which may be about anybody in it.
	{table: "county_letter", where: `id in (select c.letter from county_letter_line c join county_letter l on l.id = c.letter where c.person in ` + byNumber + `
		and (l.said like '%' || c.name || '%' or l.basis like '%' || c.name || '%'))`, words: []string{"said", "basis"}},
	{table: "county_letter", where: `id in (select c.letter from county_letter_line c join county_letter l on l.id = c.letter where c.person in ` + byNumber + `
		and (l.void_why <> '' or l.back_why <> ''))`, words: []string{"void_why", "back_why"}},
	{table: "hit", where: `number_index = $1`, words: []string{"name", "closed_why"}, empty: []string{"number", "why", "household", "birth", "place"}, lists: []string{"sources"}, own: []string{"number_index", "hit_key"}},
	{table: "hit", where: `number_index <> $1 and id in (select hit from hit_other where number_index = $1)`, empty: []string{"why"}, others: true},
	{table: "hit_other", where: `number_index = $1`, empty: []string{"name"}, own: []string{"number_index"}},
	{table: "verification", where: `hit in (select id from hit where number_index = $1)`, words: []string{"proof", "passed_to", "opinion"}, empty: []string{"said"}},
	{table: "dropped_proof", where: `hit in (select id from hit where number_index = $1)`, words: []string{"why"}},
	{table: "audit_person", words: []string{"name"}, empty: []string{"number", "said", "birth", "place"}},
	{table: "suppression", where: `hit in (select id from hit where number_index = $1)`, words: []string{"reason", "told"}, own: []string{"hit_key"}},
}

// byNumber is the person with a number.
const byNumber = `(select id from person where number_index = $1)`

// rowsFound are the rows of a place that hold something of a person.
type rowsFound struct {
	personal

	ids []int64
}

// TracesOf are what an erasure of a person takes, and what it may take.
type TracesOf struct {
	Rows      map[string]int // of each table
	Events    int            // entries of the journal
	Files     int            // sealed files that prove something about them; they stay unless [Erasure] says so
	Namesakes []Namesake     // rows that bear the name and no number: each stays unless [Erasure] names it
	Mentions  []Mention      // rows about others whose words name the person: they stay as they are unless [Erasure] names them
	More      int            // mentions that are not listed, for there are too many
}

// Known tells whether somebody has that number.
func (t TracesOf) Known() bool { return len(t.Rows) > 0 }

// Empty tells whether nothing was found, what has to be made sure of included.
func (t TracesOf) Empty() bool { return !t.Known() && t.Unsure() == 0 }

// Unsure is of how many rows somebody has to make sure that they are about the person.
func (t TracesOf) Unsure() int { return len(t.Namesakes) + len(t.Mentions) }

// String says it in a line for each table, namesake and mention.
func (t TracesOf) String() string {
	var b strings.Builder
	for _, table := range slices.Sorted(maps.Keys(t.Rows)) {
		fmt.Fprintf(&b, "居民信息 %s：%d 行\n", table, t.Rows[table])
	}
	if t.Events > 0 {
		fmt.Fprintf(&b, "居民信息的日志：%d 条\n", t.Events)
	}
	if t.Files > 0 {
		fmt.Fprintf(&b, "核实凭据的照片：%d 份\n", t.Files)
	}
	for _, n := range t.Namesakes {
		fmt.Fprintf(&b, "同名，没有号码，是不是同一个人要人来认 %s：%s\n", n.Key, n)
	}
	for _, m := range t.Mentions {
		fmt.Fprintf(&b, "别处的话里提到，是不是同一个人要人来认 %s：%s\n", m.Key, m)
	}
	if t.More > 0 {
		fmt.Fprintf(&b, "另有 %d 处的话里提到，没有列出\n", t.More)
	}
	return b.String()
}

// Erasure is what is to be erased of a person, and why.
type Erasure struct {
	Text   string   // the number; or, where only namesakes are to be erased, the name
	Reason string   // and on what ground
	Also   []string // keys of the namesakes who are this person, and of the mentions that are of this person, as somebody has made sure
	Files  bool     // sealed files that prove something about the person go too
}

// FindPerson looks where the person with a number stands, by the keyed index, what bears the same name without a number, and which words
// about others name the person, for which it opens all sealed words there are. Names are looked for in the same town, or for a text that is a
// name, anywhere. Somebody with the right to erase may ask. Lists that were handed over are not looked into: they are sealed as a whole, and
// go on their day.
func (v *Vault) FindPerson(ctx context.Context, house store.Querier, who org.Person, text string) (TracesOf, error) {
	t := TracesOf{Rows: map[string]int{}}
	index, err := v.personIndex(ctx, house, who, text)
	if err != nil {
		return t, err
	}
	s, err := v.soughtBy(ctx, v, index, text)
	if err != nil {
		return t, err
	}
	if t.Namesakes, err = v.namesakes(ctx, v, house, s); err != nil {
		return t, err
	}
	var rows []rowsFound
	if index != "" {
		if rows, err = v.personRows(ctx, v, index); err != nil {
			return t, err
		}
	}
	for i, f := range rows {
		for _, id := range f.ids {
			if !holds(rows[:i], f.table, id) {
				t.Rows[f.table]++
			}
		}
	}
	t.Mentions, t.More, err = v.mentions(ctx, v, house, s, func(table string, id int64) bool {
		return holds(rows, table, id) || slices.ContainsFunc(t.Namesakes, func(n Namesake) bool { return n.Key == namesakeKey(table, id) })
	})
	if err != nil || index == "" {
		return t, err
	}
	if t.Files, err = store.One(ctx, v, store.Value[int], `select count(*) from verification where `+withFile, index); err != nil {
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

// withFile is the condition of a check that a sealed file proves.
const withFile = `proof_file <> 0 and hit in (select id from hit where number_index = $1)`

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

// personRows are the rows of each place that concern a person.
func (v *Vault) personRows(ctx context.Context, q store.Querier, index string) ([]rowsFound, error) {
	var all []rowsFound
	for _, p := range persons {
		ids, err := v.rowsOf(ctx, q, p, index)
		if err != nil {
			return nil, err
		}
		if len(ids) > 0 {
			all = append(all, rowsFound{p, ids})
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

// concerns tells whether an event is about one of the rows. Those of a row that is about somebody else stay.
func concerns(rows []rowsFound, e journal.Event) bool {
	return slices.ContainsFunc(rows, func(f rowsFound) bool { return !f.others && f.table == e.Kind && slices.Contains(f.ids, e.Row) })
}

// holds tells whether a row is among some.
func holds(rows []rowsFound, table string, id int64) bool {
	return slices.ContainsFunc(rows, func(f rowsFound) bool { return f.table == table && slices.Contains(f.ids, id) })
}

// ErasePerson erases who somebody is, as the law gives people a right to (个人信息保护法 47): in every row that the number leads to and in the
// namesakes that were named, and in the entries of the journal about them; in the words about others that were named [Someone] stands for
// them. Nothing of it stays in the files of the database. What was paid and decided stays, without who it was. The journal keeps that it was done, by whom and why, and all its proofs. When it says
// [store.ErrBusy] everything is erased and only the remains in the files of the database are not gone yet: it may be run again.
func (v *Vault) ErasePerson(ctx context.Context, house store.Querier, who org.Person, e Erasure) error {
	index, err := v.personIndex(ctx, house, who, e.Text)
	if err != nil {
		return err
	}
	e.Reason = strings.TrimSpace(e.Reason)
	if len([]rune(e.Reason)) < 2 || e.Text != "" && strings.Contains(e.Reason, e.Text) {
		return org.Invalid{Field: "原因", What: "请写明依据和原因，如 本人申请，〔2026〕3号；不要写出要删除的内容"}
	}
	if err := CheckText("原因", e.Reason); err != nil {
		return err
	}
	if index == "" && len(e.Also) == 0 {
		return org.Invalid{Field: "要删除的内容", What: "居民信息库按身份证号删除，请填完整的号码"}
	}
	err = v.Write(ctx, func(tx *store.Tx) error {
		var rows []rowsFound
		if index != "" {
			if rows, err = v.personRows(ctx, tx, index); err != nil {
				return err
			}
		}
		s, err := v.soughtBy(ctx, tx, index, e.Text)
		if err != nil {
			return err
		}
		var bearers, tellers []string
		for _, key := range e.Also {
			if strings.Contains(key, wordsKey+":") {
				tellers = append(tellers, key)
			} else {
				bearers = append(bearers, key)
			}
		}
		also, err := v.chosen(ctx, tx, s, bearers)
		if err != nil {
			return err
		}
		rows = append(rows, also...)
		said, err := v.chosenMentions(ctx, tx, s, tellers, func(table string, id int64) bool { return holds(rows, table, id) })
		if err != nil {
			return err
		}
		if len(rows) == 0 && len(said) == 0 {
			return store.ErrNotFound
		}
		files := 0
		if e.Files && index != "" {
			if files, err = v.eraseProofs(ctx, tx, who, index); err != nil {
				return err
			}
		}
		n := 0
		for _, f := range slices.Backward(rows) { // what leads to a row is erased after it
			for _, id := range f.ids {
				query, args := f.update(id)
				if _, err := tx.Exec(ctx, query, args...); err != nil {
					return err
				}
				n++
			}
		}
		for _, m := range said {
			query, args := m.update()
			if _, err := tx.Exec(ctx, query, args...); err != nil {
				return err
			}
		}
		changes := []journal.Change{{Field: "原因", To: e.Reason}, {Field: "数据", To: fmt.Sprintf("%d行", n)}, {Field: "照片", To: fmt.Sprintf("%d份", files)}}
		if len(said) > 0 {
			changes = append(changes, journal.Change{Field: "别处的话里提到的", To: fmt.Sprintf("%d处", len(said))})
		}
		return journal.Erase(ctx, v.DB, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Kind: "erasure", Changes: changes}, func(e journal.Event) bool {
			return concerns(rows, e) || slices.ContainsFunc(said, func(m mentioned) bool { return m.tells(s, e) })
		})
	})
	if err != nil {
		return err
	}
	return v.Purge(context.WithoutCancel(ctx))
}

// eraseProofs deletes the sealed files that prove something about a person, and tells how many. That there were some is still told.
func (v *Vault) eraseProofs(ctx context.Context, tx *store.Tx, who org.Person, index string) (int, error) {
	type proof struct{ id, hit, file, confirmed int64 }
	list, err := store.All(ctx, tx, func(rows *sql.Rows, p *proof) error { return rows.Scan(&p.id, &p.hit, &p.file, &p.confirmed) },
		`select id, hit, proof_file, confirmed from verification where `+withFile, index)
	if err != nil {
		return 0, err
	}
	for _, p := range list {
		if err := v.DropProof(ctx, tx, who, Proof{Check: p.id, Hit: p.hit, File: p.file, Late: p.confirmed != 0}, journal.Erasure); err != nil {
			return 0, err
		}
	}
	return len(list), nil
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
	if p.versioned {
		set = append(set, `version = version + 1`)
	}
	return `update ` + p.table + ` set ` + strings.Join(set, ", ") + ` where id = $1`, args
}
