package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
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

// tellers enters rows about others whose words name the person, and some that do not or name another. It gives the keys of all.
func (w *town) tellers(t *testing.T) map[string]string {
	t.Helper()
	ctx := t.Context()
	keys := map[string]string{}
	seal := func(use, text string) string { return w.v.Seal(use, text) }
	err := w.v.Write(ctx, func(tx *store.Tx) error {
		put := func(name, table string, row map[string]any) int64 {
			t.Helper()
			id := tx.ID()
			row["id"], row["version"] = id, 1
			w.insert(ctx, t, tx, table, row)
			keys[name] = fmt.Sprintf("%s-words:%d", table, id)
			if err := journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: table, Row: id, Changes: []journal.Change{{Field: "村", To: "东槐村"}}}); err != nil {
				t.Fatal(err)
			}
			return id
		}
		request := func(name, who string, town org.Unit, said, advice string) int64 {
			return put(name, "request", map[string]any{"unit": town.ID, "village": w.east.ID, "name": who, "year": "2026", "serial": len(keys) + 1, "received": "2026-03-02",
				"said": seal("request.said", said), "advice": seal("request.advice", advice), "phone": seal("request.phone", phone)})
		}
		id := request("neighbour", "李四海", w.unit, "我邻居張 秀英八十了也没领，她的号码９９０４０８ 19461001 0018，电话13900004321", "请张秀英本人来，张秀英来不了的可以代办")
		if err := journal.Append(ctx, tx, journal.Entry{Verb: "修改", Kind: "request", Row: id, Changes: []journal.Change{{Field: "备注", To: "替张秀英问"}}}); err != nil {
			return err
		}
		request("nobody", "王五", w.unit, "问高龄津贴什么时候发，张秀兰也问", "")
		request("namesake", "张秀英", w.unit, "张秀英问高龄津贴", "")
		far := org.Unit{ID: w.unit.ID + 1}
		request("far name", "赵六", far, "替张秀英问", "")
		request("far number", "赵六", far, "替"+number+"问", "")
		hit := put("hit", "hit", map[string]any{"screening": w.screening(t, tx), "unit": w.unit.ID, "village": w.west.ID, "rule": "HL-09", "name": "李四海", "number": seal("hit.number", other), "number_index": w.v.Index("number", other),
			"hit_key": "k", "why": seal("hit.why", "与张秀英用同一个账号"), "sources": "[]", "state": "new"})
		put("check", "verification", map[string]any{"hit": hit, "checked": "2026-04-02", "said": seal("verification.said", "问过张秀英"), "proof": "张秀英家的户口簿"})
		audit := tx.ID()
		w.insert(ctx, t, tx, "audit", map[string]any{"id": audit, "unit": w.unit.ID, "screening": w.screening(t, tx)})
		put("audited", "audit_person", map[string]any{"audit": audit, "village": w.east.ID, "number": seal("audit_person.number", other), "name": "李四海", "checked": "2026-04-03", "said": seal("audit_person.said", "张秀英的老伴")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = w.v.Write(ctx, func(tx *store.Tx) error {
		id := w.screening(t, tx)
		keys["run"] = fmt.Sprintf("screening-words:%d", id)
		if _, err := tx.Exec(ctx, `update screening set report = $2, as_of = '2026-04-15' where id = $1`, id, seal("screening.report", `{"notes":["与户籍中的张秀英（990****18）同名同龄"]}`)); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Verb: "结束", Kind: "screening", Row: id})
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

const other = "990408195202020026" // the number of 李四海

// screening is the one that payAndFind made.
func (w *town) screening(t *testing.T, q store.Querier) int64 {
	t.Helper()
	id, err := store.One(t.Context(), q, store.Value[int64], `select id from screening`)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// inTheClear are all words of the residents that name anybody, opened.
func (w *town) inTheClear(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, c := range []string{"request.said", "request.condition", "request.advice", "verification.said", "hit.why", "audit_person.said", "screening.report"} {
		table, column, _ := strings.Cut(c, ".")
		list, err := store.All(t.Context(), w.v, store.Value[string], `select `+column+` from `+table+` order by id`)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			text, err := w.v.Unseal(c, x)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString(text + "\n")
		}
	}
	return b.String()
}

// What others said of somebody is listed beside what the number leads to, masked, and where somebody has said that it is the same person
// the name and the number are taken out of the words; all other words stay, and the record is in order.
func TestMentionsAreErasedByHand(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		w := newTown(t, house)
		w.payAndFind(t)
		keys := w.tellers(t)
		reason := "本人申请，〔2026〕3号"
		mentions := func(text string) []string {
			t.Helper()
			found, err := w.v.FindPerson(ctx, w.db, org.Program, text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range found.Mentions {
				got = append(got, m.Key)
				for _, secret := range []string{"张秀英", "張秀英", "0018", "９９０", "13900004321"} {
					if strings.Contains(m.String(), secret) {
						t.Errorf("%s is shown: %s", secret, m)
					}
				}
			}
			slices.Sort(got)
			return got
		}
		of := func(names ...string) (list []string) {
			for _, n := range names {
				list = append(list, keys[n])
			}
			slices.Sort(list)
			return list
		}
		if got, want := mentions(number), of("neighbour", "far number", "hit", "check", "audited", "run"); !slices.Equal(got, want) {
			t.Fatalf("by the number %v, want %v of %v", got, want, keys)
		}
		if got, want := mentions("张秀英"), of("neighbour", "far name", "hit", "check", "audited", "run"); !slices.Equal(got, want) {
			t.Errorf("by the name %v, want %v of %v", got, want, keys)
		}
		if got := mentions("990408195202020034"); len(got) > 0 {
			t.Errorf("somebody else is mentioned in %v", got)
		}
		found, err := w.v.FindPerson(ctx, w.db, org.Program, number)
		if text := found.String(); err != nil || !strings.Contains(text, keys["neighbour"]+"：东槐村　群众诉求 诉求2026-1，2026年3月2日提出：我邻居張*英八十了也没领，她的号码990*****") || !strings.Contains(text, "第1次筛查的疑点 HL-09：与张*英用同一个账号\n") || !strings.Contains(text, "截至2026年4月15日：与户籍中的张*英（990****18）同名同龄\n") {
			t.Errorf("%s %v", text, err)
		}
		for _, wrong := range []string{keys["nobody"], keys["namesake"], keys["far name"], "request-words:1", "person-words:" + fmt.Sprint(w.person), "request-words:x", "staff-words:1"} {
			if err := w.v.ErasePerson(ctx, w.db, org.Program, vault.Erasure{Text: number, Reason: reason, Also: []string{keys["neighbour"], wrong}}); !errors.As(err, new(org.Invalid)) {
				t.Errorf("with %q: %v", wrong, err)
			}
		}
		if err := w.v.ErasePerson(ctx, w.db, w.clerk, vault.Erasure{Text: "张秀英", Reason: reason, Also: of("neighbour")}); !errors.As(err, new(org.Denied)) {
			t.Errorf("by a clerk: %v", err)
		}
		before := w.inTheClear(t)
		if !strings.Contains(before, "張 秀英") || !strings.Contains(before, "９９０４０８") {
			t.Fatal("the test looks in the wrong place")
		}
		sealedBefore := w.sealed(t, keys["neighbour"])
		if err := w.v.ErasePerson(ctx, w.db, org.Program, vault.Erasure{Text: number, Reason: reason, Also: of("neighbour", "far number", "hit", "check", "run")}); err != nil {
			t.Fatal(err)
		}
		after := w.inTheClear(t)
		for _, want := range []string{"我邻居某某八十了也没领，她的号码某某，电话13900004321", "请某某本人来，某某来不了的可以代办", "替某某问", "与某某用同一个账号", "问过某某", `{"notes":["与户籍中的某某（990****18）同名同龄"]}`,
			"张秀英的老伴", "张秀兰也问", "张秀英问高龄津贴", "替张秀英问"} { // what was not ticked stays
			if !strings.Contains(after, want+"\n") {
				t.Errorf("no %q in\n%s", want, after)
			}
		}
		if text, err := store.One(ctx, w.v, store.Value[string], `select proof from verification where proof like '%户口簿%'`); err != nil || text != "某某家的户口簿" {
			t.Errorf("the proof is %q, %v", text, err)
		}
		// The rest by the name, as the number is gone.
		if err := w.v.ErasePerson(ctx, w.db, org.Program, vault.Erasure{Text: "张秀英", Reason: reason, Also: append(of("audited", "far name"), strings.ReplaceAll(keys["namesake"], "-words", ""))}); err != nil {
			t.Fatal(err)
		}
		if after := w.inTheClear(t); strings.Contains(after, "秀英") || !strings.Contains(after, "某某的老伴\n") {
			t.Error(after)
		}
		if got, err := w.v.FindPerson(ctx, w.db, org.Program, "张秀英"); err != nil || !got.Empty() {
			t.Errorf("afterwards %+v, %v", got, err)
		}
		gone := append([]string{"张秀英", "張", number}, sealedBefore...)
		for table, rows := range w.dump(t) {
			for _, x := range gone {
				if strings.Contains(rows, x) {
					t.Errorf("%s still holds %s", table, x)
				}
			}
		}
		for name, content := range w.bytes(t, house) {
			for _, x := range gone {
				if bytes.Contains(content, []byte(x)) {
					t.Errorf("%s still holds %s", name, x)
				}
			}
		}
		r, err := proof.Verify(ctx, proof.Subject{DB: w.v.DB})
		if err != nil || !r.OK() || len(r.Erasures) != 2 {
			t.Errorf("the record: %+v, %v", r.Differences, err)
		}
		if wrong, err := w.v.Unopened(ctx, nil); err != nil || len(wrong) > 0 {
			t.Errorf("does not open: %v, %v", wrong, err)
		}
		last, err := store.One(ctx, w.v, store.Value[string], `select data from journal where verb = $1 order by seq limit 1`, journal.Erasure)
		if err != nil || !strings.Contains(last, "5处") {
			t.Errorf("the journal says %s, %v", last, err)
		}
	})
}

// sealed are the sealed words of a request that has a key.
func (w *town) sealed(t *testing.T, key string) []string {
	t.Helper()
	_, id, _ := strings.Cut(key, ":")
	list, err := store.All(t.Context(), w.v, store.Value[string], `select said from request where cast(id as text) = $1 union all select advice from request where cast(id as text) = $1`, id)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	return list
}

// bytes are the files of the database of residents, by name; none of PostgreSQL.
func (w *town) bytes(t *testing.T, house string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	if w.v.Postgres() {
		return all
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(strings.TrimPrefix(house, "sqlite://")), "*residents*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if all[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.ContainsFunc(slices.Collect(maps.Values(all)), func(b []byte) bool { return bytes.Contains(b, []byte("李四海")) }) {
		t.Fatal("the scan finds nothing at all")
	}
	return all
}

// A word that stands everywhere does not fill the page.
func TestManyMentions(t *testing.T) {
	ctx := t.Context()
	w := newTown(t, storetest.SQLite(t))
	w.requests(ctx, t, 203, "问高龄津贴")
	found, err := w.v.FindPerson(ctx, w.db, org.Program, "高龄津贴")
	if err != nil || len(found.Mentions) != 200 || found.More != 3 || !strings.Contains(found.String(), "另有 3 处") {
		t.Errorf("%d and %d more, %v", len(found.Mentions), found.More, err)
	}
}

// requests enters so many of others, who all say the same.
func (w *town) requests(ctx context.Context, t testing.TB, n int, said string) {
	t.Helper()
	for n > 0 {
		part := min(n, 5000)
		n -= part
		err := w.v.Write(ctx, func(tx *store.Tx) error {
			for range part {
				id := tx.ID()
				if _, err := tx.Exec(ctx, `insert into request (id, unit, village, year, serial, received, channel, name, phone, benefit, said, staff, answered, answered_by, verdict, condition, advice, application, application_no, outcome, told, told_how, told_by, version)
					values ($1, $2, $3, '2026', $1, '2026-03-02', 'oral', '李四海', '', '', $4, 0, '', 0, '', '', $5, 0, '', '', '', '', 0, 1)`, id, w.unit.ID, w.east.ID, w.v.Seal("request.said", said), w.v.Seal("request.advice", "已告诉本人怎么办")); err != nil {
					return err
				}
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: "request"})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// How many requests the search opens in a second, each with two sealed words.
func BenchmarkMentions(b *testing.B) {
	ctx := b.Context()
	w := newTown(b, storetest.SQLite(b))
	const n = 50_000
	w.requests(ctx, b, n, "我过了八十，听说有津贴，一直没领过，想问问怎么办、要带什么，儿子在外地打工回不来")
	for b.Loop() {
		if found, err := w.v.FindPerson(ctx, w.db, org.Program, "张秀英"); err != nil || !found.Empty() {
			b.Fatal(found, err)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}
