package vault_test

import (
	"fmt"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// What was said of a check stands in the log under its hit, and what a hit was closed for in the hit: an erasure takes the person out of both.
func TestMentionsOfChecksLeaveTheLog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		w := newTown(t, house)
		w.payAndFind(t)
		var hit, check int64
		err := w.v.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `update hit set closed_why = '名册已更正：张秀英的卡号'`); err != nil {
				return err
			}
			hit, check = tx.ID(), tx.ID()
			w.insert(ctx, t, tx, "hit", map[string]any{"id": hit, "screening": w.screening(t, tx), "unit": w.unit.ID, "village": w.west.ID, "rule": "HL-09", "name": "李四海", "number": w.v.Seal("hit.number", other),
				"number_index": w.v.Index("number", other), "hit_key": "k", "sources": "[]", "state": "closed", "closed_why": "名册已更正：张秀英改成李四海"})
			w.insert(ctx, t, tx, "verification", map[string]any{"id": check, "hit": hit, "checked": "2026-04-02", "opinion": "张秀英也问过", "version": 1})
			for _, c := range []journal.Change{{Field: "意见", To: "张秀英也问过"}, {Field: "办结", To: "名册已更正：张秀英改成李四海"}, {Field: "核实结果", To: "属实"}} {
				if err := journal.Append(ctx, tx, journal.Entry{Verb: "复核通过", Kind: "hit", Row: hit, Changes: []journal.Change{c}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = w.v.ErasePerson(ctx, w.db, org.Program, vault.Erasure{Text: number, Reason: "本人申请，〔2026〕3号", Also: []string{fmt.Sprintf("verification-words:%d", check), fmt.Sprintf("hit-words:%d", hit)}})
		if err != nil {
			t.Fatal(err)
		}
		for table, rows := range w.dump(t) {
			if strings.Contains(rows, "张秀英") {
				t.Errorf("%s still names the person", table)
			}
		}
		if log := w.log(ctx, t); !strings.Contains(log, "属实") {
			t.Errorf("an entry that names nobody is gone:\n%s", log)
		}
		if r, err := proof.Verify(ctx, proof.Subject{DB: w.v.DB}); err != nil || !r.OK() {
			t.Errorf("the record: %+v, %v", r.Differences, err)
		}
	})
}
