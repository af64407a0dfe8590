package store

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Versions are the schemas there have been, the oldest first.
func Versions() ([]int64, error) { return versions(house) }

// ResidentsVersions is [Versions] of databases of residents.
func ResidentsVersions() ([]int64, error) { return versions(residents) }

func versions(schema string) ([]int64, error) {
	steps, err := (&DB{schema: schema}).steps()
	var list []int64
	for _, s := range steps {
		list = append(list, s.Version)
	}
	return list, err
}

// LoadOld makes a database as a program of an earlier schema left it.
func LoadOld(ctx context.Context, rawURL string, schema int64, fill func(*Loader, []Table) error) error {
	db := &DB{Now: time.Now, schema: house}
	var err error
	if db.postgres = isPostgres(rawURL); db.postgres {
		err = db.openPostgres(rawURL)
	} else {
		err = db.openSQLite(strings.TrimPrefix(rawURL, "sqlite://"))
	}
	if err != nil {
		return err
	}
	provider, err := db.provider()
	if err == nil {
		_, err = provider.UpTo(ctx, schema)
	}
	if err == nil {
		err = db.fill(ctx, func(l *Loader) error {
			tables, err := db.tablesOf(ctx, l)
			if err != nil {
				return err
			}
			return fill(l, tables)
		})
	}
	if err == nil {
		_, err = db.write.ExecContext(ctx, db.searchTable())
	}
	return errors.Join(err, db.closePools())
}
