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
	s, err := StaffByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := who.Check(Manage, s.Unit); err != nil {
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

// SetLogin gives somebody a login name, or another one, with a hashed password; see [HashGenerated].
func SetLogin(ctx context.Context, tx *store.Tx, who Person, id, version int64, login, hash string) error {
	s, err := StaffByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := who.Check(Manage, s.Unit); err != nil {
		return err
	}
	login = folded(login)
	if s.Login != login {
		if err := CheckLogin(login); err != nil {
			return err
		}
	}
	if !s.Active {
		return Invalid{"在岗", "已经离岗，不能登录；请先恢复在岗"}
	}
	n, err := tx.Exec(ctx, `update staff set login = $3, password = $4, version = version + 1 where id = $1 and version = $2`, id, version, login, hash)
	if store.IsUnique(err) {
		return loginTaken(login)
	}
	if err != nil {
		return fmt.Errorf("set login: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "staff", id)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "重设密码", Kind: "staff", Row: id,
		Changes: []journal.Change{{Field: "登录名", From: s.Login, To: login}}})
}
