package org_test

import (
	"errors"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

func TestSetPassword(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, _ house) {
		ctx := t.Context()
		set := func(login string) error {
			return db.Write(ctx, func(tx *store.Tx) error { return org.SetPassword(ctx, tx, org.Program, login, "xin-mima") })
		}
		if err := set("jz"); err != nil {
			t.Fatal(err)
		}
		if _, err := org.Login(ctx, db, "jz", "mima-jz"); !errors.Is(err, org.ErrLogin) {
			t.Errorf("the old password: %v", err)
		}
		who, err := org.Login(ctx, db, "jz", "xin-mima")
		if err != nil {
			t.Fatalf("the new password: %v", err)
		}
		if err := set("nobody"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an unknown login: %v", err)
		}
		said, err := journal.Of(ctx, db, "staff", who.ID, 1)
		if err != nil || len(said) != 1 || said[0].Verb != "重设密码" {
			t.Fatalf("recorded %v %v", said, err)
		}
		for _, c := range said[0].Changes {
			if strings.Contains(c.From+c.To, "mima") {
				t.Errorf("the record holds a password: %v", c)
			}
		}
	})
}
