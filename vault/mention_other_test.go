package vault_test

import (
	"fmt"
	"testing"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// Who is known only as somebody a hit is about too, or as one of a sample, is looked for by the name as well.
func TestMentionsOfOthersOfHits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		w := newTown(t, house)
		w.payAndFind(t)
		const third, fourth = "990408195202020034", "990408195202020050"
		var request int64
		err := w.v.Write(ctx, func(tx *store.Tx) error {
			hit, err := store.One(ctx, tx, store.Value[int64], `select id from hit`)
			if err != nil {
				return err
			}
			w.insert(ctx, t, tx, "hit_other", map[string]any{"id": tx.ID(), "hit": hit, "number_index": w.v.Index("number", third), "name": w.v.Seal("hit_other.name", "钱大有")})
			audit, err := store.One(ctx, tx, store.Value[int64], `select id from audit`)
			if err != nil {
				return err
			}
			w.insert(ctx, t, tx, "audit_person", map[string]any{"id": tx.ID(), "audit": audit, "number": w.v.Seal("audit_person.number", fourth), "name": "孙小妹", "version": 1})
			request = tx.ID()
			w.insert(ctx, t, tx, "request", map[string]any{"id": request, "unit": w.unit.ID, "village": w.east.ID, "name": "李四海", "year": "2026", "serial": 1, "received": "2026-03-02",
				"said": w.v.Seal("request.said", "钱大有和孙小妹都没领"), "version": 1})
			return journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: "request", Row: request})
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []string{third, fourth} {
			found, err := w.v.FindPerson(ctx, w.db, org.Program, n)
			if err != nil || !found.Known() || len(found.Mentions) != 1 || found.Mentions[0].Key != fmt.Sprintf("request-words:%d", request) {
				t.Errorf("%s: %+v, %v", n, found, err)
			}
		}
	})
}
