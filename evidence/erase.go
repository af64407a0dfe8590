package evidence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"bihuan/org"
	"bihuan/store"
)

// ErrErased is the error of a file that was erased by law: that it was there is known, its content is gone.
var ErrErased = errors.New("这份文件已依法删除")

// Keep writes the row that names a stored file, unless it is there. A file that was erased by law is refused with [org.Invalid]: its
// content does not come back by being sent once more.
func Keep(ctx context.Context, tx *store.Tx, hash string, size int64, format string) error {
	_, err := tx.Exec(ctx, `insert into file (hash, size, format, stored, erased) values ($1, $2, $3, $4, 0) on conflict (hash) do nothing`,
		hash, size, format, tx.Now.UnixMilli())
	if err != nil {
		return fmt.Errorf("insert file: %w", err)
	}
	erased, err := store.One(ctx, tx, store.Value[int64], `select erased from file where hash = $1`, hash)
	if err != nil {
		return err
	}
	if erased != 0 {
		return org.Invalid{Field: "文件", What: "这份文件已于" + time.UnixMilli(erased).Format("2006年1月2日") + "依法删除，不能再传。确有需要的，请先遮去其中的个人信息"}
	}
	return nil
}

// MarkErased says in the row of a file that its content was erased, in the transaction of a command that records who did it and why.
// Once that is committed, [Files.Erase] removes the content; should the program stop in between, the next night does. A file without a
// row is [store.ErrNotFound]; one that is erased already stays as it is.
func MarkErased(ctx context.Context, tx *store.Tx, hash string) error {
	n, err := tx.Exec(ctx, `update file set erased = $2 where hash = $1 and erased = 0`, hash, tx.Now.UnixMilli())
	if err != nil {
		return fmt.Errorf("mark file erased: %w", err)
	}
	if n == 0 {
		_, err = store.One(ctx, tx, store.Value[string], `select hash from file where hash = $1`, hash)
	}
	return err
}

// Erase removes the content with the given hash for good: from its place, from what was swept, and the small pictures made of it.
// Doing it again does nothing. Nobody but the sweeper and a command that has called [MarkErased] calls it.
func (f *Files) Erase(ctx context.Context, hash string) error {
	if !isHash(hash) {
		return ErrMissing
	}
	// The content first: whoever makes a small picture at this moment looks for it once more afterwards.
	for _, name := range []string{keptAs(hash), sweptAs(hash), thumbAs(hash, Large), thumbAs(hash, Small)} {
		if err := f.place.erase(ctx, name); err != nil {
			return fmt.Errorf("erase file %s: %w", hash, err)
		}
	}
	return nil
}

// Open opens a file of the record for streaming, as [Files.Open] does; one that was erased by law fails with [ErrErased].
func Open(ctx context.Context, q store.Querier, files *Files, hash string) (*Content, error) {
	if err := there(ctx, q, hash); err != nil {
		return nil, err
	}
	return files.Open(ctx, hash)
}

// Thumb is the small picture of a file of the record, as [Files.Thumb] makes it; one that was erased by law fails with [ErrErased].
func Thumb(ctx context.Context, q store.Querier, files *Files, hash string, side int) ([]byte, error) {
	if err := there(ctx, q, hash); err != nil {
		return nil, err
	}
	return files.Thumb(ctx, hash, side)
}

// there asks whether the content of a file may still be read.
func there(ctx context.Context, q store.Querier, hash string) error {
	erased, err := store.One(ctx, q, store.Value[int64], `select erased from file where hash = $1`, hash)
	if err == nil && erased != 0 {
		err = ErrErased
	}
	return err
}

// namesOf is what the table file says of hashes; those it does not know are not in it.
func namesOf(ctx context.Context, q store.Querier, hashes []string) (map[string]mention, error) {
	said := map[string]mention{}
	if len(hashes) == 0 {
		return said, nil
	}
	marks, args := make([]string, asked), make([]any, asked) // always as many, so that one text is prepared
	for i := range marks {
		marks[i], args[i] = fmt.Sprintf("$%d", i+1), ""
		if i < len(hashes) {
			args[i] = hashes[i]
		}
	}
	type row struct {
		hash   string
		erased int64
	}
	list, err := store.All(ctx, q, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.hash, &r.erased) },
		`select hash, erased from file where hash in (`+strings.Join(marks, ",")+`)`, args...)
	for _, r := range list {
		said[r.hash] = isNamed
		if r.erased != 0 {
			said[r.hash] = isErased
		}
	}
	return said, err
}
