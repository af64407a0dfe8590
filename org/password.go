package org

import (
	"context"
	"fmt"

	"github.com/alexedwards/argon2id"

	"bihuan/journal"
	"bihuan/store"
)

// SetPassword gives the active user with the login name a new password, or returns [store.ErrNotFound]. The record tells that it
// was done and by whom, never what the password is.
func SetPassword(ctx context.Context, tx *store.Tx, who Person, login, password string) error {
	id, err := store.One(ctx, tx, store.Value[int64], `select id from staff where login = $1 and active = 1`, login)
	if err != nil {
		return err
	}
	hash, err := argon2id.CreateHash(password, argon)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update staff set password = $2, version = version + 1 where id = $1`, id, hash); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "重设密码", Kind: "staff", Row: id,
		Changes: []journal.Change{{Field: "登录名", To: login}}})
}
