package store

import (
	"context"
	"strings"

	"bihuan/chinese"
)

// The full-text index is the one thing the two databases spell differently. Both hold the same terms (see chinese.Terms) under
// the id of a row, and both answer phrases: adjacent terms in order.

func (db *DB) searchTable() string {
	if db.postgres {
		return `create table if not exists search (id bigint primary key, terms tsvector not null);
			create index if not exists search_terms on search using gin (terms)`
	}
	return `create virtual table if not exists search using fts5 (terms, content='', contentless_delete=1, tokenize='unicode61')`
}

// Index makes row id findable by terms, words parted by blanks. It replaces what was indexed for the row before.
func (t *Tx) Index(ctx context.Context, id int64, terms string) error {
	if t.tx != nil {
		_, err := t.Exec(ctx, `insert into search (id, terms) values ($1, to_tsvector('simple', $2))
			on conflict (id) do update set terms = excluded.terms`, id, terms)
		return err
	}
	if _, err := t.Exec(ctx, `delete from search where rowid = $1`, id); err != nil {
		return err
	}
	_, err := t.Exec(ctx, `insert into search (rowid, terms) values ($1, $2)`, id, terms)
	return err
}

// Matching is the SQL of a sub-select giving the ids of rows whose terms hold every phrase; its one parameter has the given
// number, and MatchArg makes its value.
func (db *DB) Matching(param string) string {
	if db.postgres {
		return `select id from search where terms @@ ` + param + `::tsquery`
	}
	return `select rowid from search where search match ` + param
}

// MatchArg is the parameter value of [DB.Matching]. Terms must be letters, digits and Han characters only, as chinese.Terms gives.
func (db *DB) MatchArg(phrases []chinese.Phrase) string {
	parts := make([]string, len(phrases))
	for i, p := range phrases {
		if db.postgres {
			parts[i] = "'" + strings.Join(p.Terms, "' <-> '") + "'"
			if p.Prefix {
				parts[i] += ":*"
			}
		} else {
			parts[i] = `"` + strings.Join(p.Terms, " ") + `"`
			if p.Prefix {
				parts[i] += "*"
			}
		}
	}
	if db.postgres {
		return strings.Join(parts, " & ")
	}
	return strings.Join(parts, " AND ")
}
