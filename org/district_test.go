package org_test

import (
	"context"
	"strings"
	"testing"

	"bihuan/org"
	"bihuan/store"
)

// Nobody who manages a town makes it, or a unit in it, a district with an inspection office of its own; the program may do so with the root.
func TestDistrict(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, h house) {
		ctx := t.Context()
		admin := org.Person{ID: 9, Name: "镇管理员", Role: org.Admin, Unit: h.a}
		top := org.Person{ID: 8, Name: "区管理员", Role: org.Admin, Unit: h.district}
		edit := func(who org.Person, u org.Unit, kind string) func(ctx context.Context, tx *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error {
				_, err := org.EditUnit(ctx, tx, who, u.ID, u.Version, u.Name, kind)
				return err
			}
		}
		for what, fn := range map[string]func(ctx context.Context, tx *store.Tx) error{
			"a town turned into one":      edit(admin, h.a, org.District),
			"a village turned into one":   edit(admin, h.east, org.District),
			"a town turned by the top":    edit(top, h.a, org.District),
			"a town turned by program":    edit(org.Program, h.a, org.District),
			"the district turned to town": edit(top, h.district, org.Town),
			"one added in a town": func(ctx context.Context, tx *store.Tx) error {
				_, err := org.AddUnit(ctx, tx, admin, h.a, org.District, "小区", 0)
				return err
			},
		} {
			err := db.Write(ctx, func(tx *store.Tx) error { return fn(ctx, tx) })
			if err == nil || !strings.Contains(err.Error(), "“区”只能是最上级的单位") {
				t.Errorf("%s: %v", what, err)
			}
		}
		book, err := readBook(t, workbook(t, [][]string{{"", "甲镇", "区"}, {"甲镇", "小区", "区"}}, nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := org.CheckBook(ctx, db, admin, book); err == nil || strings.Count(err.Error(), "最上级的单位") != 2 {
			t.Errorf("by a workbook: %v", err)
		}
		write(t, db, edit(org.Program, h.district, org.Town))
	})
}
