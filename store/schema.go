package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

// SchemaFlaws tells where the schema of a database is not what its migrations made: an index that leaves out rows, or a trigger, answers
// queries falsely and changes no row.
func (db *DB) SchemaFlaws(ctx context.Context, q Querier) ([]string, error) {
	want, err := freshSchema(ctx, db.schema)
	if err != nil {
		return nil, err
	}
	if db.postgres {
		flaws, err := All(ctx, q, Value[string], `select '触发器 ' || t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
			where not t.tgisinternal and c.relnamespace = current_schema()::regnamespace
			union all select '规则 ' || rulename from pg_rules where schemaname = current_schema() order by 1`)
		if err != nil {
			return nil, err
		}
		partial, err := All(ctx, q, Value[string], `select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
			where c.relnamespace = current_schema()::regnamespace and i.indpred is not null order by 1`)
		for _, name := range partial {
			if !slices.ContainsFunc(want, func(o [3]string) bool { return o[0] == "index" && o[1] == name && strings.Contains(o[2], " where ") }) {
				flaws = append(flaws, "索引 "+name+" 不是程序建的样子")
			}
		}
		return flaws, err
	}
	flaws, err := All(ctx, q, Value[string], `select integrity_check from pragma_integrity_check where integrity_check <> 'ok'`)
	if err != nil {
		return nil, err
	}
	is, err := All(ctx, q, scanObject, schemaObjects)
	if err != nil {
		return nil, err
	}
	for _, o := range is {
		if !slices.Contains(want, o) {
			flaws = append(flaws, o[0]+" "+o[1]+" 不是程序建的样子")
		}
	}
	for _, o := range want {
		if !slices.ContainsFunc(is, func(x [3]string) bool { return x[0] == o[0] && x[1] == o[1] }) {
			flaws = append(flaws, o[0]+" "+o[1]+" 没有了")
		}
	}
	return flaws, nil
}

const schemaObjects = `select type, name, coalesce(sql, '') from sqlite_master
	where name not like 'sqlite_%' and name not like 'goose_%' and name <> '` + restoringTable + `' order by type, name`

func scanObject(rows *sql.Rows, o *[3]string) error {
	err := rows.Scan(&o[0], &o[1], &o[2])
	o[2] = strings.Join(strings.Fields(o[2]), " ")
	return err
}

// freshSchema is what the migrations make of an empty database.
func freshSchema(ctx context.Context, schema string) ([][3]string, error) {
	fresh, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer fresh.Close()
	fresh.SetMaxOpenConns(1)    // each connection would have a database of its own
	lite := &DB{schema: schema} // speaks as SQLite, whatever db does
	steps, err := lite.steps()
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, fresh, nil, goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	if schema == house {
		if _, err := fresh.ExecContext(ctx, lite.searchTable()); err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
	}
	rows, err := fresh.QueryContext(ctx, schemaObjects)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list [][3]string
	for rows.Next() {
		var o [3]string
		if err := scanObject(rows, &o); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, rows.Err()
}
