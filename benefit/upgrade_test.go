package benefit

import (
	"path/filepath"
	"testing"

	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// oldTable are rows of a table as an earlier schema had it.
type oldTable struct {
	store.Table
	rows [][]any
}

// oldDesk is a desk whose database had an earlier schema with some rows in it and was brought up to date.
func oldDesk(t *testing.T, house string, schema int64, tables []oldTable) *desk {
	t.Helper()
	address, err := store.ResidentsOf(house)
	if err != nil {
		t.Fatal(err)
	}
	err = store.LoadResidents(t.Context(), address, schema, func(l *store.Loader) error {
		for _, o := range tables {
			n := 0
			if err := l.Rows(t.Context(), o.Table, func() ([]any, error) {
				if n++; n > len(o.rows) {
					return nil, nil
				}
				return o.rows[n-1], nil
			}); err != nil {
				return err
			}
		}
		return nil
	}, func(*store.DB) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), address, filepath.Join(t.TempDir(), "residents.key"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return newDesk(t, v)
}

// What was settled before settlements had entries is told apart by day and paper, and one of two is made void without the other. The rows
// stay as the record has them.
func TestSettlementsOfAnEarlierSchema(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		pay := func(id int64, application int64, month string, amount int64, paid, source string) []any {
			return []any{id, int64(1), int64(2), int64(0), application, month, amount, paid, source, int64(1)}
		}
		d := oldDesk(t, house, 8, []oldTable{
			{store.Table{Name: "journal_head", Columns: []string{"id", "seq"}}, [][]any{{int64(1), int64(0)}}},
			{store.Table{Name: "programme", Columns: []string{"id", "unit", "path", "code", "name", "level", "state", "version"}},
				[][]any{{int64(1), int64(5), "/1/5/", "elder", "高龄津贴", "person", "running", int64(1)}}},
			{store.Table{Name: "person", Columns: []string{"id", "unit", "village", "path", "place", "household", "number", "number_index", "name", "birth", "sex", "phone", "came_on", "moved_on", "dead_on", "version"}},
				[][]any{{int64(2), int64(5), int64(51), "/1/5/51/", "东槐村", "", "", "x", "庄大娘", "1941-08-05", "女", "", "", "", "", int64(1)}}},
			{store.Table{Name: "application", Columns: []string{"id", "programme", "person", "roll", "kind", "source", "hit", "received", "step", "amount", "from_month", "to_month", "class", "reason",
				"proposed", "proposed_by", "decision", "decided", "decision_no", "decision_reason", "decided_by", "told", "version"}},
				[][]any{{int64(3), int64(1), int64(2), int64(0), "arrears", "screened", int64(0), "2026-04-01", "decided", int64(15000), "2026-01", "2026-03", "", "漏发",
					"2026-04-02", int64(102), "approved", "2026-04-03", "1号", "同意", int64(103), "", int64(4)}}},
			{store.Table{Name: "payment", Columns: []string{"id", "programme", "person", "roll", "application", "month", "amount", "paid", "source", "version"}},
				[][]any{pay(11, 3, "2026-01", 5000, "2026-04-10", "回单1"), pay(12, 3, "2026-02", 3000, "2026-04-10", "回单1"), pay(13, 3, "2026-03", 5000, "2026-04-12", "回单2"), pay(14, 0, "2026-04", 5000, "2026-04-12", "四月册")}},
		})
		ctx, v := d.ctx, d.v
		list, err := Settlements(ctx, v, 3)
		if err != nil || len(list) != 2 || list[0].Entry != 11 || list[0].Fen != 8000 || list[0].Paid != "2026-04-10" || list[0].To != 2026*12+1 || list[1].Entry != 13 || list[1].Fen != 5000 {
			t.Fatalf("%+v, %v", list, err)
		}
		d.must(VoidSettlement(ctx, v, d.clerk, 3, 4, 11, "回单是别人的"))
		list, err = Settlements(ctx, v, 3)
		if err != nil || len(list) != 2 || list[0].Void == "" || list[1].Void != "" {
			t.Errorf("%+v, %v", list, err)
		}
		if rows, err := PaymentsOf(ctx, v, 1, 2); err != nil || len(rows) != 2 || rows[0].Entry != 0 || rows[1].Entry != 13 {
			t.Errorf("%+v, %v", rows, err)
		}
		if n, err := store.One(ctx, v, store.Value[int], `select count(*) from payment where entry <> 0`); err != nil || n != 0 {
			t.Errorf("%d rows are not what they were, %v", n, err)
		}
	})
}
