package vault_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// Reasons and findings of what others applied for name people as well, in the log of their hits and rolls too; the person's own go with the number.
func TestMentionsInApplications(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		w := newTown(t, house)
		w.payAndFind(t)
		var want []string
		err := w.v.Write(ctx, func(tx *store.Tx) error {
			programme, err := store.One(ctx, tx, store.Value[int64], `select id from programme`)
			if err != nil {
				return err
			}
			neighbour, roll, letter := tx.ID(), tx.ID(), tx.ID()
			w.insert(ctx, t, tx, "person", map[string]any{"id": neighbour, "unit": w.unit.ID, "village": w.west.ID, "path": "/", "name": "李四海", "number": w.v.Seal("person.number", other), "number_index": w.v.Index("number", other)})
			w.insert(ctx, t, tx, "roll", map[string]any{"id": roll, "programme": programme, "person": neighbour})
			w.insert(ctx, t, tx, "county_letter", map[string]any{"id": letter, "unit": w.unit.ID, "programme": programme, "number": "栖禾民〔2026〕3号"})
			own := tx.ID()
			w.insert(ctx, t, tx, "application", map[string]any{"id": own, "programme": programme, "person": w.person, "reason": "张秀英满八十", "version": 1})
			application, hit := tx.ID(), tx.ID()
			put := func(table string, row map[string]any) {
				if row["id"] == nil {
					row["id"] = tx.ID()
				}
				w.insert(ctx, t, tx, table, row)
				want = append(want, fmt.Sprintf("%s-words:%d", table, row["id"]))
			}
			put("application", map[string]any{"id": application, "programme": programme, "person": neighbour, "hit": hit, "received": "2026-04-02", "reason": "与张秀英同户", "decision_reason": "张秀英已领", "version": 1})
			put("application_step", map[string]any{"application": application, "day": "2026-04-03", "said": "问过张秀英"})
			put("roll_review", map[string]any{"roll": roll, "done": "2026-04-04", "found": "张秀英迁入", "version": 1})
			put("county_letter_line", map[string]any{"letter": letter, "application": application, "person": neighbour, "name": "李四海", "reason": "与张秀英同户"})
			for kind, row := range map[string]int64{"application": application, "hit": hit, "roll": roll} {
				if err := journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: kind, Row: row, Changes: []journal.Change{{Field: "理由", To: "与张秀英同户"}}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		found, err := w.v.FindPerson(ctx, w.db, org.Program, number)
		var got []string
		for _, m := range found.Mentions {
			got = append(got, m.Key)
			if strings.Contains(m.String(), "张秀英") || m.Village != "柳荫村" {
				t.Error(m)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v, want %v; %v", got, want, err)
		}
		if err := w.v.ErasePerson(ctx, w.db, org.Program, vault.Erasure{Text: number, Reason: "本人申请，〔2026〕3号", Also: want}); err != nil {
			t.Fatal(err)
		}
		dump := w.dump(t)
		for table, rows := range dump {
			if strings.Contains(rows, "张秀英") {
				t.Errorf("%s still names the person", table)
			}
		}
		if !strings.Contains(dump["application"], "与某某同户") || !strings.Contains(dump["application_step"], "问过某某") {
			t.Errorf("the other words are gone: %s %s", dump["application"], dump["application_step"])
		}
		if r, err := proof.Verify(ctx, proof.Subject{DB: w.v.DB}); err != nil || !r.OK() {
			t.Errorf("the record: %+v, %v", r.Differences, err)
		}
	})
}
