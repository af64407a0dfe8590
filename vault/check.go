package vault

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"

	"bihuan/store"
)

// sealed are the columns that hold sealed text, by table; each is sealed for the use table.column. A column that the migrations call sealed
// and that is not here fails a test.
var sealed = map[string][]string{
	"person":       {"number", "phone"},
	"roll":         {"account"},
	"screening":    {"report"},
	"hit":          {"number", "why"},
	"hit_other":    {"name"},
	"verification": {"said"},
	"audit_person": {"number", "said"},
	"request":      {"phone", "said", "condition", "advice"},
}

// mostUnopened is how many differences [Vault.Unopened] names.
const mostUnopened = 100

// Unopened lists, in words, what of the database does not open with its key: sealed texts, and files of which a piece is missing, altered or
// moved, or that as a whole are not what their hash says. It reads and decrypts everything. told is told how far it has come, and may be
// nil.
func (v *Vault) Unopened(ctx context.Context, told func(what string, done, of int64)) ([]string, error) {
	c := opening{v: v, told: told}
	err := v.Snapshot(ctx, func(q store.Querier) error {
		tables, err := v.RecordTables(ctx, q)
		if err != nil {
			return err
		}
		for _, table := range tables {
			for _, column := range sealed[table] {
				there, err := v.HasColumn(ctx, q, table, column)
				if err == nil && there { // an older schema may lack it
					err = c.texts(ctx, q, table, column)
				}
				if err != nil {
					return err
				}
			}
		}
		return c.files(ctx, q)
	})
	if c.more > 0 {
		c.wrong = append(c.wrong, fmt.Sprintf("另有 %d 处没有列出", c.more))
	}
	return c.wrong, err
}

// opening is a check on its way.
type opening struct {
	v     *Vault
	told  func(what string, done, of int64)
	wrong []string
	more  int
	done  int64
}

func (c *opening) found(what string) {
	if len(c.wrong) == mostUnopened {
		c.more++
		return
	}
	c.wrong = append(c.wrong, what)
}

func (c *opening) tell(what string) {
	if c.done++; c.told != nil && c.done%1000 == 0 {
		c.told(what, c.done, 0)
	}
}

func (c *opening) texts(ctx context.Context, q store.Querier, table, column string) error {
	rows, err := q.Query(ctx, `select id, `+column+` from `+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		if _, err := c.v.Unseal(table+"."+column, text); err != nil {
			c.found(fmt.Sprintf("%s %d 的 %s 打不开：被改动过，或不是用这把密钥写的", table, id, column))
		}
		c.tell("打开 " + table)
	}
	return rows.Err()
}

// files reads all pieces in their order, one in memory at a time.
func (c *opening) files(ctx context.Context, q store.Querier) error {
	files, err := store.All(ctx, q, func(rows *sql.Rows, f *Stored) error { return rows.Scan(&f.ID, &f.Hash, &f.Size) }, `select id, hash, size from sealed_file order by id`)
	if err != nil {
		return err
	}
	for _, f := range files {
		sum := sha256.New()
		n, err := c.pieces(ctx, q, f.ID, sum)
		switch {
		case errors.Is(err, ErrSealed):
			c.found(fmt.Sprintf("加密文件 %d 打不开：被改动过，或不是用这把密钥写的", f.ID))
		case err != nil:
			return err
		case n != f.Size || hex.EncodeToString(sum.Sum(nil)) != f.Hash:
			c.found(fmt.Sprintf("加密文件 %d 的内容不是存入时的", f.ID))
		}
	}
	return nil
}

func (c *opening) pieces(ctx context.Context, q store.Querier, file int64, sum hash.Hash) (size int64, err error) {
	rows, err := q.Query(ctx, `select n, content from sealed_piece where file = $1 order by n`, file)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var content []byte
		if err := rows.Scan(&n, &content); err != nil {
			return size, err
		}
		piece, err := c.v.aead.Open(nil, nil, content, pieceUse(file, n))
		if err != nil {
			return size, fmt.Errorf("%w: piece %d of file %d", ErrSealed, n, file)
		}
		sum.Write(piece)
		size += int64(len(piece))
		c.tell("打开加密文件")
	}
	return size, rows.Err()
}

// Unlock is [Open] of a database that is open already: one to be checked, or a copy that was restored. It makes no key and writes nothing.
func Unlock(ctx context.Context, db *store.DB, keyFile string) (*Vault, error) {
	key, err := readKey(keyFile)
	if err != nil {
		return nil, err
	}
	v, err := withKey(db, key)
	if err != nil {
		return nil, err
	}
	kept, err := store.All(ctx, db, store.Value[string], `select sealed from vault_key where id = 1`)
	if err != nil {
		return nil, err
	}
	return v, v.fits(kept)
}

// fits tells whether the key is that of the database, of which kept is the known text.
func (v *Vault) fits(kept []string) error {
	if len(kept) != 1 {
		return ErrKey
	}
	if text, err := v.Unseal("vault_key", kept[0]); err != nil || text != known {
		return ErrKey
	}
	return nil
}
