package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
)

// unrecorded are the tables that are nobody's record: caches, queues, what is derived from the record, and the journal itself. The
// answers of a survey are among them, for a journal that held each would tell who gave which.
var unrecorded = map[string]bool{
	"ballot": true, "slip": true,
	"backup": true, "drill": true, "channel_turn": true, "daily": true, "message": true, "search": true, "serial": true, "session": true, "told": true, "upload": true,
	"hint": true, "hint_cursor": true, "picture_print": true, "text_print": true, "screening_pulse": true,
	"checkpoint": true, "journal": true, "journal_head": true, "journal_node": true, "witnessed": true,
}

// IsRecord tells whether a table is part of the record, each change of which the journal holds.
func IsRecord(name string) bool {
	return !unrecorded[name] && !strings.HasPrefix(name, "search_") && !strings.HasPrefix(name, "sqlite_") && name != "goose_db_version"
}

// Row is the state of a row, or that it is gone, without what stands in it.
type Row struct {
	Table  string
	Key    string // values of the primary key, parted by /
	Gone   bool
	Digest [32]byte // SHA-256 of table, key and every column that is not zero
	Tags   string   // four characters a column, in the order of the table, to tell which column differs; they prove nothing
}

// tagLength is how many characters of [Row.Tags] a column has.
const tagLength = 4

// table is what is known of the columns of a table.
type table struct {
	name    string
	columns []column
	key     []int // of columns
	byName  []int // columns in the order of their names
}

type column struct {
	name    string
	notNull bool
	kind    byte // of what it holds, as [appendValue] marks it: i s b
}

// target is what a changing statement is aimed at, read from its text once.
type target struct {
	table  string
	delete bool
	record bool
}

// ErrNoKey is the error of a table without a primary key: its rows cannot be told apart. No migration makes one.
var ErrNoKey = errors.New("store: a table has no primary key")

var errStatement = errors.New("store: a change must begin with insert into, update or delete from")

func targetOf(query string) (target, error) {
	words := strings.Fields(query[:min(len(query), 200)])
	at := -1
	switch {
	case len(words) >= 3 && words[0] == "insert" && words[1] == "into", len(words) >= 3 && words[0] == "delete" && words[1] == "from":
		at = 2
	case len(words) >= 2 && words[0] == "update":
		at = 1
	}
	if at < 0 {
		return target{}, fmt.Errorf("%w: %q", errStatement, query)
	}
	name, _, _ := strings.Cut(words[at], "(")
	return target{table: name, delete: words[0] == "delete", record: IsRecord(name)}, nil
}

// target reads a statement's text once for all.
func (db *DB) target(query string) (target, error) {
	if t, ok := db.targets.Load(query); ok {
		return t.(target), nil
	}
	t, err := targetOf(query)
	if err == nil {
		db.targets.Store(query, t)
	}
	return t, err
}

// table reads the columns of a table once for all.
func (db *DB) table(ctx context.Context, q Querier, name string) (*table, error) {
	if t, ok := db.tables.Load(name); ok {
		return t.(*table), nil
	}
	query := `select name, "notnull", case lower(type) when 'text' then 's' when 'blob' then 'b' else 'i' end, pk from pragma_table_info($1) order by cid`
	if db.postgres {
		query = `select c.column_name, case when c.is_nullable = 'NO' then 1 else 0 end, case c.data_type when 'text' then 's' when 'bytea' then 'b' else 'i' end, coalesce(k.ordinal_position, 0)
			from information_schema.columns c
			left join information_schema.table_constraints p on p.table_schema = c.table_schema and p.table_name = c.table_name and p.constraint_type = 'PRIMARY KEY'
			left join information_schema.key_column_usage k on k.constraint_schema = p.constraint_schema and k.constraint_name = p.constraint_name
				and k.table_name = c.table_name and k.column_name = c.column_name
			where c.table_schema = current_schema() and c.table_name = $1 order by c.ordinal_position`
	}
	t := &table{name: name}
	places := map[int]int{} // in the key → column
	rows, err := q.Query(ctx, query, name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c column
		var kind string
		var place int
		if err := rows.Scan(&c.name, &c.notNull, &kind, &place); err != nil {
			return nil, err
		}
		c.kind = kind[0]
		if place > 0 {
			places[place] = len(t.columns)
		}
		t.columns = append(t.columns, c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := 1; i <= len(places); i++ {
		t.key = append(t.key, places[i])
	}
	if len(t.key) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoKey, name)
	}
	for i := range t.columns {
		t.byName = append(t.byName, i)
	}
	slices.SortFunc(t.byName, func(a, b int) int { return strings.Compare(t.columns[a].name, t.columns[b].name) })
	db.tables.Store(name, t)
	return t, nil
}

// rowReader turns the rows of a result, all columns in the order of the table, into their states.
type rowReader struct {
	table  *table
	values []any
	into   []any
	buf    []byte // what is hashed, then the tags
	text   []byte // of one value
}

func newRowReader(t *table) *rowReader {
	r := &rowReader{table: t, values: make([]any, len(t.columns)), into: make([]any, len(t.columns))}
	for i := range r.values {
		r.into[i] = &r.values[i]
	}
	return r
}

func (r *rowReader) read(rows *sql.Rows) (Row, error) {
	if err := rows.Scan(r.into...); err != nil {
		return Row{}, fmt.Errorf("read row of %s: %w", r.table.name, err)
	}
	row := Row{Table: r.table.name}
	for i, k := range r.table.key {
		text, err := appendValue(r.text[:0], r.values[k])
		if err != nil {
			return Row{}, err
		}
		r.text = text
		if i > 0 {
			row.Key += "/"
		}
		row.Key += string(text[1:])
	}
	r.buf = appendPart(r.buf[:0], "bihuan/row/1")
	r.buf = appendPart(r.buf, row.Table)
	r.buf = appendPart(r.buf, row.Key)
	for _, i := range r.table.byName {
		if r.zero(i) {
			continue
		}
		r.buf = appendPart(r.buf, r.table.columns[i].name)
		text, err := appendValue(r.text[:0], r.values[i])
		if err != nil {
			return Row{}, fmt.Errorf("column %s of %s: %w", r.table.columns[i].name, r.table.name, err)
		}
		r.text = text
		r.buf = appendPart(r.buf, text)
	}
	row.Digest = sha256.Sum256(r.buf)
	r.buf = r.buf[:0]
	for i := range r.table.columns {
		r.appendTag(i)
	}
	row.Tags = string(r.buf)
	return row, nil
}

// appendPart adds a part of what is hashed, led by its length so that no two rows give the same bytes.
func appendPart[T string | []byte](b []byte, part T) []byte {
	return append(append(strconv.AppendInt(b, int64(len(part)), 10), ':'), part...)
}

// zero tells whether a column holds what a new column holds in old rows; such columns play no part in the digest, so that adding one
// alters no row. Nothing of another kind than the column's is zero: SQLite would keep it, and comparisons would take it for something else.
func (r *rowReader) zero(i int) bool {
	c := r.table.columns[i]
	switch v := r.values[i].(type) {
	case nil:
		return !c.notNull
	case int64:
		return c.notNull && c.kind == 'i' && v == 0
	case string:
		return c.notNull && c.kind == 's' && v == ""
	case []byte:
		return c.notNull && c.kind == 'b' && len(v) == 0
	}
	return false
}

func (r *rowReader) appendTag(i int) {
	if r.zero(i) {
		r.buf = append(r.buf, zeroTag...)
		return
	}
	r.text, _ = appendValue(r.text[:0], r.values[i]) // it was appended without error before
	c := crc32.ChecksumIEEE(r.text)
	r.buf = base64.StdEncoding.AppendEncode(r.buf, []byte{byte(c), byte(c >> 8), byte(c >> 16)})
}

const zeroTag = "...."

func appendValue(to []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(to, 'n'), nil
	case int64:
		return strconv.AppendInt(append(to, 'i'), v, 10), nil
	case string:
		return append(append(to, 's'), v...), nil
	case []byte:
		return append(append(to, 'b'), v...), nil
	case float64: // the program has none, but who tampers with a SQLite file can put one anywhere
		return strconv.AppendFloat(append(to, 'f'), v, 'g', -1, 64), nil
	}
	return nil, fmt.Errorf("store: a column may hold an integer, text or bytes, not %T", v)
}

// DiffColumns names the columns in which a row differs from one whose tags are known.
func (db *DB) DiffColumns(ctx context.Context, q Querier, table, tags, now string) ([]string, error) {
	t, err := db.table(ctx, q, table)
	if err != nil {
		return nil, err
	}
	var names []string
	at := func(tags string, i int) string {
		if len(tags) < (i+1)*tagLength {
			return zeroTag // a column that there was not yet
		}
		return tags[i*tagLength : (i+1)*tagLength]
	}
	for i, c := range t.columns {
		if at(tags, i) != at(now, i) {
			names = append(names, c.name)
		}
	}
	return names, nil
}

// RecordTables lists the tables of the record by name.
func (db *DB) RecordTables(ctx context.Context, q Querier) ([]string, error) {
	query := `select name from sqlite_master where type = 'table' order by name`
	if db.postgres {
		query = allTables
	}
	all, err := All(ctx, q, Value[string], query)
	return slices.DeleteFunc(all, func(name string) bool { return !IsRecord(name) }), err
}

// allTables lists the tables of a PostgreSQL schema.
const allTables = `select table_name from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE' order by table_name`

// EachRow calls f with the state of every row of a table of the record, in no order.
func (db *DB) EachRow(ctx context.Context, q Querier, table string, f func(Row) error) error {
	t, err := db.table(ctx, q, table)
	if err != nil {
		return err
	}
	rows, err := q.Query(ctx, t.all())
	if err != nil {
		return err
	}
	defer rows.Close()
	r := newRowReader(t)
	for rows.Next() {
		row, err := r.read(rows)
		if err == nil {
			err = f(row)
		}
		if err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t *table) all() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = `"` + c.name + `"`
	}
	return "select " + strings.Join(names, ", ") + ` from "` + t.name + `"`
}
