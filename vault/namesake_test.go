package vault_test

import (
	"bytes"
	"errors"
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

// bearers enters what bears names and no numbers: requests and households, in this town and another. It gives their keys.
func (w *town) bearers(t *testing.T) map[string]string {
	t.Helper()
	ctx := t.Context()
	keys := map[string]string{}
	err := w.v.Write(ctx, func(tx *store.Tx) error {
		for i, x := range []struct {
			name, table string
			town, place int64
			bears       string
		}{
			{"asked", "request", w.unit.ID, w.east.ID, "张秀英"}, {"asked again", "request", w.unit.ID, w.west.ID, "張秀英"}, {"other name", "request", w.unit.ID, w.east.ID, "张秀"},
			{"far", "request", w.unit.ID + 1, w.unit.ID + 1, "张秀英"}, {"head", "household", w.unit.ID, w.east.ID, "张 秀英"}, {"no head", "household", w.unit.ID, w.east.ID, ""},
		} {
			id := tx.ID()
			keys[x.name] = fmt.Sprintf("%s:%d", x.table, id)
			row := map[string]any{"id": id, "unit": x.town, "village": x.place}
			if x.table == "request" {
				row["name"], row["year"], row["serial"], row["received"] = x.bears, "2026", i+1, "2026-03-02"
				row["said"], row["phone"] = w.v.Seal("request.said", "问高龄津贴，"+x.bears), w.v.Seal("request.phone", phone)
			} else {
				row["head"], row["number"], row["version"] = x.bears, fmt.Sprint(i), 1
			}
			w.insert(ctx, t, tx, x.table, row)
			if err := journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: x.table, Row: id, Changes: []journal.Change{{Field: "村", To: "东槐村"}}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func keysOf(list []vault.Namesake) (keys []string) {
	for _, n := range list {
		keys = append(keys, n.Key)
	}
	return keys
}

// What bears the name of somebody and no number is shown beside what the number leads to, in the same town, and is erased where somebody has
// said that it is the same person, and nowhere else.
func TestNamesakesAreErasedByHand(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		w := newTown(t, house)
		w.payAndFind(t)
		keys := w.bearers(t)
		reason := "本人申请，〔2026〕3号"
		found, err := w.v.FindPerson(ctx, w.db, org.Program, number)
		if err != nil || !slices.Equal(keysOf(found.Namesakes), []string{keys["asked"], keys["asked again"], keys["head"]}) {
			t.Fatalf("by the number: %+v, %v", found.Namesakes, err)
		}
		if text := found.String(); !strings.Contains(text, keys["asked"]+"：东槐村　群众诉求 诉求2026-1，2026年3月2日提出") || !strings.Contains(text, "户主，户号4") || strings.Contains(text, "秀英") || strings.Contains(text, phone) {
			t.Errorf("it says %s", text)
		}
		if byName, err := w.v.FindPerson(ctx, w.db, org.Program, "张秀英"); err != nil || byName.Known() || byName.Empty() || len(byName.Namesakes) != 4 || !slices.Contains(keysOf(byName.Namesakes), keys["far"]) {
			t.Errorf("by the name: %+v, %v", byName, err)
		}
		for _, text := range []string{"张", "李四海", vault.Erased, vault.Someone, "12", "高龄补贴"} {
			if none, err := w.v.FindPerson(ctx, w.db, org.Program, text); err != nil || !none.Empty() {
				t.Errorf("%s finds %+v, %v", text, none, err)
			}
		}
		for _, wrong := range []string{keys["other name"], keys["far"], keys["no head"], "person:" + fmt.Sprint(w.person), "request", ""} {
			if err := w.v.ErasePerson(ctx, w.db, org.Program, vault.Erasure{Text: number, Reason: reason, Also: []string{keys["asked"], wrong}}); !errors.As(err, new(org.Invalid)) {
				t.Errorf("with %q: %v", wrong, err)
			}
		}
		if again, err := w.v.FindPerson(ctx, w.db, org.Program, number); err != nil || !again.Known() || len(again.Namesakes) != 3 {
			t.Fatalf("what was refused was erased: %+v, %v", again, err)
		}
		if err := w.v.ErasePerson(ctx, w.db, org.Program, vault.Erasure{Text: number, Reason: reason, Also: []string{keys["asked"], keys["head"]}}); err != nil {
			t.Fatal(err)
		}
		texts := func(query string) string {
			t.Helper()
			list, err := store.All(ctx, w.v, store.Value[string], query)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Join(list, " ")
		}
		if got := texts(`select name from request order by id`); got != vault.Erased+" 張秀英 张秀 张秀英" {
			t.Errorf("the requests are of %s", got)
		}
		if got := texts(`select head from household order by id`); got != " " {
			t.Errorf("the heads are %q", got)
		}
		if got := texts(`select said || phone || condition || advice from request order by id limit 1`); got != "" {
			t.Errorf("of the request is left %q", got)
		}
		// By the name alone, when the number is unknown or gone.
		if err := w.v.ErasePerson(ctx, w.db, org.Program, vault.Erasure{Text: "张秀英", Reason: reason}); !errors.As(err, new(org.Invalid)) {
			t.Errorf("a name alone: %v", err)
		}
		if err := w.v.ErasePerson(ctx, w.db, org.Program, vault.Erasure{Text: "张秀英", Reason: "张秀英申请", Also: []string{keys["far"]}}); !errors.As(err, new(org.Invalid)) {
			t.Errorf("with the name in the reason: %v", err)
		}
		if err := w.v.ErasePerson(ctx, w.db, w.clerk, vault.Erasure{Text: "张秀英", Reason: reason, Also: []string{keys["far"]}}); !errors.As(err, new(org.Denied)) {
			t.Errorf("by a clerk: %v", err)
		}
		if err := w.v.ErasePerson(ctx, w.db, org.Program, vault.Erasure{Text: "张秀英", Reason: reason, Also: []string{keys["far"]}}); err != nil {
			t.Fatal(err)
		}
		if got := texts(`select name from request order by id`); got != vault.Erased+" 張秀英 张秀 "+vault.Erased {
			t.Errorf("the requests are of %s", got)
		}
		r, err := proof.Verify(ctx, proof.Subject{DB: w.v.DB})
		if err != nil || !r.OK() || len(r.Erasures) != 2 {
			t.Errorf("the record: %+v, %v", r.Differences, err)
		}
	})
}

// The pictures that prove something about somebody go with them when that is asked for; that there were some is told.
func TestProofsAreErasedWithThePerson(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		w := newTown(t, house)
		w.payAndFind(t)
		err := w.v.Write(ctx, func(tx *store.Tx) error {
			f, err := w.v.KeepFile(ctx, tx, bytes.NewReader([]byte("一张照片")), 1<<20)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `update verification set proof_file = $1`, f.ID); err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "核实", Kind: "verification"})
		})
		if err != nil {
			t.Fatal(err)
		}
		if found, err := w.v.FindPerson(ctx, w.db, org.Program, number); err != nil || found.Files != 1 {
			t.Errorf("%+v, %v", found, err)
		}
		if err := w.v.ErasePerson(ctx, w.db, org.Program, vault.Erasure{Text: number, Reason: "本人申请，〔2026〕3号", Files: true}); err != nil {
			t.Fatal(err)
		}
		left, err := store.One(ctx, w.v, store.Value[int], `select (select count(*) from sealed_file) + (select count(*) from sealed_piece) + (select count(*) from verification where proof_file <> 0)`)
		if err != nil || left != 0 {
			t.Errorf("%d rows are left, %v", left, err)
		}
		if why, err := store.One(ctx, w.v, store.Value[string], `select why from dropped_proof`); err != nil || why != journal.Erasure {
			t.Errorf("it says %q, %v", why, err)
		}
		r, err := proof.Verify(ctx, proof.Subject{DB: w.v.DB})
		if err != nil || !r.OK() {
			t.Errorf("the record: %+v, %v", r.Differences, err)
		}
	})
}

// A letter to the county loses who a line was about, and its words with its entries in the journal where these can be about that one person;
// a letter of many that says nothing of anybody stays.
func TestErasedInLetters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		w := newTown(t, house)
		w.payAndFind(t)
		var void, plain, about, back int64
		err := w.v.Write(ctx, func(tx *store.Tx) error {
			programme, err := store.One(ctx, tx, store.Value[int64], `select id from programme`)
			if err != nil {
				return err
			}
			letter := func(number, said, why, returned string) int64 {
				id, application := tx.ID(), tx.ID()
				w.insert(ctx, t, tx, "county_letter", map[string]any{"id": id, "unit": w.unit.ID, "programme": programme, "number": number, "said": said, "basis": "某文件", "void_why": why, "back_why": returned})
				w.insert(ctx, t, tx, "application", map[string]any{"id": application, "programme": programme, "person": w.person})
				w.insert(ctx, t, tx, "county_letter_line", map[string]any{"id": tx.ID(), "letter": id, "application": application, "person": w.person, "name": "张秀英", "place": "东槐村", "reason": "漏发"})
				if err := journal.Append(ctx, tx, journal.Entry{Verb: "作废", Kind: "county_letter", Row: id, Changes: []journal.Change{{Field: "作废原因", To: number + "：" + why}}}); err != nil {
					t.Fatal(err)
				}
				return id
			}
			void, plain, about = letter("1号", "建议同意", "本人张秀英已搬走", ""), letter("2号", "建议同意", "", ""), letter("3号", "其中张秀英一件请先办", "", "")
			back = letter("", "建议同意", "", "张秀英的月份不对")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.v.ErasePerson(ctx, w.db, org.Program, vault.Erasure{Text: number, Reason: "本人申请，〔2026〕3号"}); err != nil {
			t.Fatal(err)
		}
		if lines, err := store.One(ctx, w.v, store.Value[int], `select count(*) from county_letter_line where name = $1 and place = '' and reason = $1`, vault.Erased); err != nil || lines != 4 {
			t.Errorf("%d lines, %v", lines, err)
		}
		for _, c := range []struct {
			letter int64
			want   string
		}{{void, "建议同意" + vault.Erased}, {plain, "建议同意"}, {about, vault.Erased}, {back, "建议同意" + vault.Erased}} {
			if got, err := store.One(ctx, w.v, store.Value[string], `select said || void_why || back_why from county_letter where id = $1`, c.letter); err != nil || got != c.want {
				t.Errorf("a letter says %q, %v, want %q", got, err, c.want)
			}
			events, err := journal.Of(ctx, w.v, "county_letter", c.letter, 5)
			if err != nil || (len(events) > 0) != (c.letter == plain) {
				t.Errorf("the journal: %+v, %v", events, err)
			}
		}
		r, err := proof.Verify(ctx, proof.Subject{DB: w.v.DB})
		if err != nil || !r.OK() {
			t.Errorf("the record: %+v, %v", r.Differences, err)
		}
	})
}
