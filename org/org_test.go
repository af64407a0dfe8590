package org_test

import (
	"errors"
	"strings"
	"testing"

	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// house is a small district: 区 → 甲镇 (党政办, 东村), 乙镇.
type house struct {
	district, a, office, east, b org.Unit
}

func build(t *testing.T, db *store.DB) house {
	t.Helper()
	var h house
	ctx := t.Context()
	err := db.Write(ctx, func(tx *store.Tx) error {
		add := func(u *org.Unit, parent org.Unit, kind, name string) {
			if err := func() (err error) {
				*u, err = org.AddUnit(ctx, tx, org.Program, parent, kind, name, 0)
				return err
			}(); err != nil {
				t.Fatal(err)
			}
		}
		add(&h.district, org.Unit{}, org.District, "试区")
		add(&h.a, h.district, org.Town, "甲镇")
		add(&h.office, h.a, org.Office, "党政办")
		add(&h.east, h.a, org.Village, "东村")
		add(&h.b, h.district, org.Town, "乙镇")
		for _, p := range []struct {
			u           org.Unit
			name, login string
			role        org.Role
		}{{h.a, "韩春梅", "jz", org.Clerk}, {h.east, "李四喜", "dc", org.Cadre}, {h.b, "李四喜", "", org.Cadre}, {h.office, "王二", "", org.Cadre}, {h.east, "王二", "", org.Cadre}} {
			if _, err := org.AddStaff(ctx, tx, org.Program, p.u, p.name, "", p.role, p.login, "mima-"+p.login); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func each(t *testing.T, f func(t *testing.T, db *store.DB, h house)) {
	storetest.Each(t, func(t *testing.T, url string) {
		db, err := store.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		f(t, db, build(t, db))
	})
}

func TestLogin(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, h house) {
		who, err := org.Login(t.Context(), db, "jz", "mima-jz")
		if err != nil || who.Name != "韩春梅" || who.Unit != h.a || who.Role != org.Clerk {
			t.Errorf("got %+v %v", who, err)
		}
		for _, x := range [][2]string{{"jz", "wrong"}, {"nobody", "mima-jz"}, {"jz", ""}, {"", ""}} {
			if who, err := org.Login(t.Context(), db, x[0], x[1]); !errors.Is(err, org.ErrLogin) || who.ID != 0 {
				t.Errorf("%q: %+v %v", x, who, err)
			}
		}
		for name, u := range map[string]org.Unit{"另一人": h.b, "韩春梅": h.a} {
			err = db.Write(t.Context(), func(tx *store.Tx) error {
				_, err := org.AddStaff(t.Context(), tx, org.Program, u, name, "", org.Clerk, "jz", "x")
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "jz") {
				t.Errorf("a login name was given twice: %v", err)
			}
		}
	})
}

func TestNames(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, h house) {
		n, err := org.NamesFor(t.Context(), db, h.east)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]int64{"东村": h.east.ID, "党政办": h.office.ID, "镇党政办": h.office.ID, "甲镇": h.a.ID, "乙镇": 0, "镇": 0, "": 0} {
			if got := n.Unit(name).ID; got != want {
				t.Errorf("unit %q is %d, want %d", name, got, want)
			}
		}
		if n.Staff("李四喜") == 0 {
			t.Error("the namesake of another town makes 李四喜 no stranger here")
		}
		if n.Staff("王二") != 0 {
			t.Error("王二 works twice in this town: nobody knows which is meant")
		}
	})
}
