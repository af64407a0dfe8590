package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql residents/*.sql
var migrations embed.FS

// The two schemas, by the folders of their migrations: the house, and what is known of residents.
const (
	house     = "migrations"
	residents = "residents"
)

// migrate brings the schema up to date, one transaction a step. A database newer than the program is refused: an old program
// must not write into tables it does not know. So is one whose restoring did not end.
func (db *DB) migrate(ctx context.Context) error {
	tables := `select count(*) from sqlite_master where name = '` + restoringTable + `'`
	if db.postgres {
		tables = `select count(*) from pg_class where relnamespace = current_schema()::regnamespace and relname = '` + restoringTable + `'`
	}
	unfinished, err := One(ctx, db, Value[int64], tables)
	if err != nil {
		return err
	}
	if unfinished > 0 {
		return ErrRestoring
	}
	provider, err := db.provider()
	if err != nil {
		return err
	}
	return db.upgrade(ctx, provider)
}

// provider knows all steps of the schema.
func (db *DB) provider() (*goose.Provider, error) {
	steps, err := db.steps()
	if err != nil {
		return nil, err
	}
	dialect := goose.DialectSQLite3
	if db.postgres {
		dialect = goose.DialectPostgres
	}
	return goose.NewProvider(dialect, db.write, nil, goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true))
}

// upgrade does the steps that the database has not had.
func (db *DB) upgrade(ctx context.Context, provider *goose.Provider) error {
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if current > target {
		return fmt.Errorf("%w: the database has schema %d and this program knows only %d: use the newer program", ErrNewer, current, target)
	}
	if _, err := provider.Up(ctx); err != nil {
		return err
	}
	if db.schema == house {
		_, err = db.write.ExecContext(ctx, db.searchTable())
	}
	return err
}

// steps reads the migration files, NNNNN_name.sql, as one set for both databases.
func (db *DB) steps() ([]*goose.Migration, error) {
	files, err := migrations.ReadDir(db.schema)
	if err != nil {
		return nil, err
	}
	var steps []*goose.Migration
	for _, f := range files {
		text, err := migrations.ReadFile(path.Join(db.schema, f.Name()))
		if err != nil {
			return nil, err
		}
		number, _, _ := strings.Cut(f.Name(), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", f.Name(), err)
		}
		ddl := db.ddl(string(text))
		steps = append(steps, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, ddl)
			return err
		}}, nil))
	}
	return steps, nil
}

// ddl turns the common text of a migration into that of the database. SQLite keeps a row under its id without a second index only
// when the type is spelt "integer primary key"; bytes have another name on each.
func (db *DB) ddl(text string) string {
	if db.postgres {
		return strings.ReplaceAll(text, " blob", " bytea")
	}
	return strings.ReplaceAll(text, "bigint primary key", "integer primary key")
}

// KnownSchema is the schema that this program brings databases to.
func KnownSchema() (int64, error) { return knownSchema(house) }

func knownSchema(schema string) (int64, error) {
	steps, err := (&DB{schema: schema}).steps()
	if err != nil || len(steps) == 0 {
		return 0, err
	}
	return steps[len(steps)-1].Version, nil
}
