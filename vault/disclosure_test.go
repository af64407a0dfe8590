package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bihuan/journal"
	"bihuan/office"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// town is a small house with its database of residents: a town with two villages and somebody in each role.
type town struct {
	db                *store.DB
	v                 *vault.Vault
	now               time.Time
	unit, east, west  org.Unit
	clerk, cadre, far org.Person
	leader            org.Person
	person            int64
}

// The number, account and phone that are entered.
const (
	number  = "990408194610010018"
	account = "6217000010001234567"
	phone   = "13800001234"
)

func newTown(t testing.TB, house string) *town {
	t.Helper()
	ctx := t.Context()
	w := &town{now: time.Date(2026, 11, 26, 9, 20, 0, 0, time.Local)}
	var err error
	if w.db, err = store.Open(ctx, house); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.db.Close() })
	if w.v, err = open(t, house, filepath.Join(t.TempDir(), "residents.key")); err != nil {
		t.Fatal(err)
	}
	w.db.Now = func() time.Time { return w.now }
	w.v.Now = w.db.Now
	err = w.db.Write(ctx, func(tx *store.Tx) error {
		unit := func(parent org.Unit, kind, name string) org.Unit {
			u, err := org.AddUnit(ctx, tx, org.Program, parent, kind, name, 0)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		staff := func(u org.Unit, login, name, post string, role org.Role) org.Person {
			id, err := org.AddStaff(ctx, tx, org.Program, u, name, post, role, login, "yi-er-san-si")
			if err != nil {
				t.Fatal(err)
			}
			return org.Person{ID: id, Name: name, Post: post, Role: role, Unit: u}
		}
		district := unit(org.Unit{}, org.District, "临澜区")
		w.unit = unit(district, org.Town, "栖禾镇")
		w.east, w.west = unit(w.unit, org.Village, "东槐村"), unit(w.unit, org.Village, "柳荫村")
		w.clerk = staff(w.unit, "clerk", "贺晓雨", "民政所经办人", org.Clerk)
		w.leader = staff(w.unit, "leader", "孟昭宁", "党委副书记", org.Leader)
		w.cadre = staff(w.east, "village", "郝根生", "村党支部书记", org.Cadre)
		w.far = staff(unit(district, org.Town, "双堰镇"), "stranger", "陆行舟", "经办人", org.Clerk)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = w.v.Write(ctx, func(tx *store.Tx) error {
		w.person = tx.ID()
		if _, err := tx.Exec(ctx, `insert into person (id, unit, village, path, came_on, place, household, number, number_index, name, birth, sex, phone, dead_on, moved_on, version)
			values ($1, $2, $3, '/', '', '东槐村', '12', $4, $5, '张秀英', '1946-10-01', '女', $6, '', '', 1)`, w.person, w.unit.ID, w.east.ID,
			w.v.Seal("person.number", number), w.v.Index("number", number), w.v.Seal("person.phone", phone)); err != nil {
			return err
		}
		programme, roll := tx.ID(), tx.ID()
		if _, err := tx.Exec(ctx, `insert into programme (id, unit, path, code, name, level, state, version) values ($1, $2, '/', 'elder', '高龄津贴', 'person', 'running', 1)`, programme, w.unit.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into roll (id, programme, person, starts, ends, class, standard, account, account_index, state, next_review, version)
			values ($1, $2, $3, '2026-10', '', '', 0, $4, $5, 'receiving', '', 1)`, roll, programme, w.person, w.v.Seal("roll.account", account), w.v.Index("account", account)); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: "person", Row: w.person})
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *town) roll(t *testing.T) int64 {
	t.Helper()
	id, err := store.One(t.Context(), w.v, store.Value[int64], `select id from roll`)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestReveal(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		w := newTown(t, house)
		for _, c := range []struct {
			column string
			row    int64
			full   string
			masked string
		}{{"person.number", w.person, number, "990*************18"}, {"person.phone", w.person, phone, "138******34"}, {"roll.account", w.roll(t), account, "***************4567"}} {
			held, err := w.v.Held(ctx, w.db, w.clerk, c.column, c.row)
			if err != nil || held.Masked != c.masked || held.Name != "张*英" || held.Unit.ID != w.east.ID {
				t.Errorf("%s is shown as %+v, %v", c.column, held, err)
			}
			for _, purpose := range []string{"", "看", "　 ", "核对" + number, "给她打电话 138 0000 1234", "看看是不是信教", strings.Repeat("长", 61)} {
				if text, err := w.v.Reveal(ctx, w.db, w.clerk, c.column, c.row, purpose); err == nil || text != "" {
					t.Errorf("%s for %q: %q, %v", c.column, purpose, text, err)
				}
			}
			for _, who := range []org.Person{w.cadre, w.leader, w.far} {
				var denied org.Denied
				if text, err := w.v.Reveal(ctx, w.db, who, c.column, c.row, "到户核对身份"); !errors.As(err, &denied) || text != "" {
					t.Errorf("%s by %s: %q, %v", c.column, who.Name, text, err)
				}
				if _, err := w.v.Held(ctx, w.db, who, c.column, c.row); !errors.As(err, &denied) {
					t.Errorf("%s shown to %s: %v", c.column, who.Name, err)
				}
			}
			if text, err := w.v.Reveal(ctx, w.db, w.clerk, c.column, c.row, "到户核对身份"); err != nil || text != c.full {
				t.Errorf("%s: %q, %v", c.column, text, err)
			}
			if _, err := w.v.Reveal(ctx, w.db, w.clerk, c.column, 7, "到户核对身份"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s of nobody: %v", c.column, err)
			}
		}
		for _, column := range []string{"person.name", "vault_key.sealed", "sealed_piece.content", "", "hit.why"} {
			if _, err := w.v.Reveal(ctx, w.db, w.clerk, column, w.person, "到户核对身份"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v", column, err)
			}
		}
		log := w.log(ctx, t)
		if n := strings.Count(log, "查看"); n != 3 || !strings.Contains(log, "到户核对身份") || !strings.Contains(log, "银行账号") {
			t.Errorf("the record says\n%s", log)
		}
		for _, secret := range []string{number, account, phone} {
			if strings.Contains(log, secret) {
				t.Errorf("the record holds %s", secret)
			}
		}
	})
}

// log is the record of residents as text.
func (w *town) log(ctx context.Context, t *testing.T) string {
	t.Helper()
	lines, err := store.All(ctx, w.v, store.Value[string], `select who || ' ' || verb || ' ' || kind || ' ' || data from journal order by seq`)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func TestExportIsMarked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		w := newTown(t, house)
		var denied org.Denied
		if _, err := w.v.Export(ctx, w.cadre, w.east, vault.Export{Name: "核实表", Purpose: "到户核对", People: 1, Whole: true}); !errors.As(err, &denied) {
			t.Errorf("numbers in full for a village: %v", err)
		}
		if _, err := w.v.Export(ctx, w.cadre, w.west, vault.Export{Name: "核实表", Purpose: "到户核对", People: 1}); !errors.As(err, &denied) {
			t.Errorf("another village: %v", err)
		}
		if _, err := w.v.Export(ctx, w.clerk, w.unit, vault.Export{Name: "疑点清单", People: 126}); err == nil {
			t.Error("without a purpose")
		}
		first, err := w.v.Export(ctx, w.cadre, w.east, vault.Export{Name: "核实表", Purpose: "到户核对", People: 3})
		if err != nil {
			t.Fatal(err)
		}
		second, err := w.v.Export(ctx, w.clerk, w.unit, vault.Export{Name: "疑点清单", Purpose: "送县民政局复核", People: 126, Whole: true})
		if err != nil {
			t.Fatal(err)
		}
		if first.Serial != "导2026-0001" || second.Serial != "导2026-0002" {
			t.Errorf("numbers %s, %s", first.Serial, second.Serial)
		}
		want := "导2026-0002　贺晓雨（民政所经办人）　2026-11-26 09:20导出　用途：送县民政局复核　含居民完整号码，用后销毁，不得转发"
		if second.Line() != want {
			t.Errorf("mark %s", second.Line())
		}
		sheet := office.Sheet{Name: "疑点", Title: "疑点清单", Notes: []string{"疑点只是线索"}, Table: office.Table{Columns: []office.Column{{Title: "姓名", Width: 30}}, Rows: []office.Row{office.Cells("张*英")}}}
		book := office.Book{Title: "疑点清单", Sheets: []office.Sheet{sheet, sheet}}
		var xlsx, docx bytes.Buffer
		if err := office.WriteXlsx(&xlsx, second.Book(book)); err != nil {
			t.Fatal(err)
		}
		if book.Sheets[0].Header != "" {
			t.Error("the caller's book was changed")
		}
		parts := unzip(t, xlsx.Bytes())
		for _, part := range []string{"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"} {
			if head := between(parts[part], "<oddHeader>", "</oddHeader>"); !strings.Contains(head, want) {
				t.Errorf("%s is headed %q", part, head)
			}
		}
		if !strings.Contains(parts["docProps/core.xml"], want) {
			t.Errorf("properties %s", parts["docProps/core.xml"])
		}
		doc, err := office.Read(ctx, "疑点清单.xlsx", xlsx.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range doc.Parts {
			seen := false
			for _, line := range p.Paragraphs {
				seen = seen || line.Text == want
			}
			if !seen {
				t.Errorf("sheet %s bears no mark", p.Name)
			}
		}
		if err := office.WriteDocx(&docx, second.Paper(office.Paper{Title: "回告单", Blocks: []office.Block{office.Text("正文")}})); err != nil {
			t.Fatal(err)
		}
		parts = unzip(t, docx.Bytes())
		if !strings.Contains(parts["word/header1.xml"], want) || strings.Count(parts["word/document.xml"], "headerReference") != 2 || !strings.Contains(parts["docProps/core.xml"], want) {
			t.Error("the paper bears no mark")
		}
		list, err := w.v.Disclosures(ctx, w.db, w.leader, "2026-11")
		if err != nil || len(list) != 2 || list[0].Serial != second.Serial || list[0].People != 126 || !list[0].Whole || list[1].Who != "郝根生（村党支部书记）" {
			t.Errorf("the leader sees %+v, %v", list, err)
		}
		for _, who := range []org.Person{w.clerk, w.cadre, w.far} {
			if list, err := w.v.Disclosures(ctx, w.db, who, "2026-11"); err != nil || len(list) > 0 {
				t.Errorf("%s sees %d, %v", who.Name, len(list), err)
			}
		}
		if list, err := w.v.Disclosures(ctx, w.db, w.leader, "2026-10"); err != nil || len(list) > 0 {
			t.Errorf("another month: %d, %v", len(list), err)
		}
	})
}

// Who somebody is goes from every row and entry; what was paid stays, and the record is in order.
func TestErasePerson(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		w := newTown(t, house)
		admin := org.Program
		root, err := org.Root(ctx, w.db)
		if err != nil {
			t.Fatal(err)
		}
		admin.Unit = root
		w.payAndFind(t)
		if _, err := w.v.Reveal(ctx, w.db, w.clerk, "person.number", w.person, "到户核对身份"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.v.FindPerson(ctx, w.db, w.clerk, number); !errors.As(err, new(org.Denied)) {
			t.Errorf("the clerk asks: %v", err)
		}
		if found, err := w.v.FindPerson(ctx, w.db, admin, "张秀英"); err != nil || !found.Empty() {
			t.Errorf("a name finds %+v, %v", found, err)
		}
		found, err := w.v.FindPerson(ctx, w.db, admin, "99040819461001 0018")
		if err != nil || found.Rows["person"] != 1 || found.Rows["roll"] != 1 || found.Rows["payment"] != 1 || found.Rows["hit"] != 1 || found.Rows["audit_person"] != 1 || found.Events != 4 {
			t.Errorf("found %+v, %v", found, err)
		}
		for reason, text := range map[string]string{"": number, "本人申请，号码" + number: number, "本人申请，〔2026〕3号": "张秀英"} {
			if err := w.v.ErasePerson(ctx, w.db, admin, vault.Erasure{Text: text, Reason: reason}); !errors.As(err, new(org.Invalid)) {
				t.Errorf("%q because %q: %v", text, reason, err)
			}
		}
		if err := w.v.ErasePerson(ctx, w.db, w.clerk, vault.Erasure{Text: number, Reason: "本人申请"}); !errors.As(err, new(org.Denied)) {
			t.Errorf("by the clerk: %v", err)
		}
		if err := w.v.ErasePerson(ctx, w.db, admin, vault.Erasure{Text: number, Reason: "本人申请，〔2026〕3号"}); err != nil {
			t.Fatal(err)
		}
		if err := w.v.ErasePerson(ctx, w.db, admin, vault.Erasure{Text: number, Reason: "本人申请，〔2026〕3号"}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("again: %v", err)
		}
		if paid, err := store.One(ctx, w.v, store.Value[int64], `select sum(amount) from payment`); err != nil || paid != 5000 {
			t.Errorf("paid %d, %v", paid, err)
		}
		for table, rows := range w.dump(t) {
			for _, gone := range []string{"张秀英", w.v.Index("number", number), w.v.Index("account", account), "1946-10-01", "户口簿第3页"} {
				if strings.Contains(rows, gone) {
					t.Errorf("%s still holds %s", table, gone)
				}
			}
		}
		r, err := proof.Verify(ctx, proof.Subject{DB: w.v.DB})
		if err != nil || !r.OK() || len(r.Erasures) != 1 {
			t.Errorf("the record: %+v, %v", r.Differences, err)
		}
		if wrong, err := w.v.Unopened(ctx, nil); err != nil || len(wrong) > 0 {
			t.Errorf("does not open: %v, %v", wrong, err)
		}
		if again, err := w.v.FindPerson(ctx, w.db, admin, number); err != nil || !again.Empty() {
			t.Errorf("afterwards %+v, %v", again, err)
		}
	})
}

// payAndFind pays the person a month and finds something about them, with a word of whoever checked.
func (w *town) payAndFind(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	exec := func(tx *store.Tx, query string, args ...any) {
		t.Helper()
		if _, err := tx.Exec(ctx, query, args...); err != nil {
			t.Fatal(err)
		}
	}
	err := w.v.Write(ctx, func(tx *store.Tx) error {
		programme, err := store.One(ctx, tx, store.Value[int64], `select id from programme`)
		if err != nil {
			return err
		}
		payment, screening, hit := tx.ID(), tx.ID(), tx.ID()
		w.insert(ctx, t, tx, "payment", map[string]any{"id": payment, "programme": programme, "person": w.person, "month": "2026-10", "amount": 5000, "source": "发放册 10月 第3行"})
		w.insert(ctx, t, tx, "screening", map[string]any{"id": screening, "unit": w.unit.ID, "programme": programme, "serial": 1})
		w.insert(ctx, t, tx, "hit", map[string]any{"id": hit, "screening": screening, "unit": w.unit.ID, "village": w.east.ID, "name": "张秀英", "number": w.v.Seal("hit.number", number), "birth": "1946-10-01",
			"number_index": w.v.Index("number", number), "hit_key": w.v.Index("hit", "HL-01/"+number), "why": w.v.Seal("hit.why", "张秀英 "+number+" 满80周岁"), "sources": `[{"kind":"residents","row":3}]`, "state": "new"})
		w.insert(ctx, t, tx, "verification", map[string]any{"id": tx.ID(), "hit": hit, "proof": "户口簿第3页", "said": w.v.Seal("verification.said", "卡号"+account)})
		audit := tx.ID()
		w.insert(ctx, t, tx, "audit", map[string]any{"id": audit, "unit": w.unit.ID, "screening": screening})
		w.insert(ctx, t, tx, "audit_person", map[string]any{"id": tx.ID(), "audit": audit, "number": w.v.Seal("audit_person.number", number), "name": "张秀英", "birth": "1946-10-01", "source": "{}"})
		w.insert(ctx, t, tx, "audit_person", map[string]any{"id": tx.ID(), "audit": audit, "number": w.v.Seal("audit_person.number", "990408195202020026"), "name": "李梅"})
		exec(tx, `update roll set standard = 5000`)
		for kind, row := range map[string]int64{"payment": payment, "hit": hit} {
			if err := journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: kind, Row: row, Changes: []journal.Change{{Field: "姓名", To: "张秀英"}}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// insert puts a row into a table: columns that are not given are empty.
func (w *town) insert(ctx context.Context, t *testing.T, tx *store.Tx, table string, row map[string]any) {
	t.Helper()
	texts, err := w.v.TextColumns(ctx, tx, table)
	if err != nil {
		t.Fatal(err)
	}
	var tables []store.Table
	if err := w.v.Dump(ctx, func(d *store.Dump) (err error) { tables, err = d.Tables(ctx); return err }); err != nil {
		t.Fatal(err)
	}
	var columns, places []string
	var args []any
	for _, x := range tables {
		if x.Name != table {
			continue
		}
		for _, c := range x.Columns {
			v, ok := row[c]
			if !ok && slices.Contains(texts, c) {
				v = ""
			} else if !ok {
				v = 0
			}
			args = append(args, v)
			columns, places = append(columns, c), append(places, fmt.Sprintf("$%d", len(args)))
		}
	}
	if _, err := tx.Exec(ctx, `insert into `+table+` (`+strings.Join(columns, ", ")+`) values (`+strings.Join(places, ", ")+`)`, args...); err != nil {
		t.Fatal(err)
	}
}

// dump is every table of the residents as text.
func (w *town) dump(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := w.v.Dump(t.Context(), func(d *store.Dump) error {
		tables, err := d.Tables(t.Context())
		if err != nil {
			return err
		}
		for _, table := range tables {
			if err := d.Rows(t.Context(), table, func(v []any) error {
				for _, x := range v {
					all[table.Name] += fmt.Sprintf("%s\t", x)
				}
				all[table.Name] += "\n"
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Not one byte of the files of a database, or cell of its rows, is a number, an account or a phone that was entered; nor is any in the house.
func TestNothingStandsInTheClear(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		w := newTown(t, house)
		w.payAndFind(t)
		list := "姓名,身份证号,账号,电话\n张秀英," + number + "," + account + "," + phone + "\n"
		err := w.v.Write(ctx, func(tx *store.Tx) error {
			stored, err := w.v.KeepFile(ctx, tx, strings.NewReader(strings.Repeat(list, 1000)), 1<<20)
			if err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "导入", Kind: "sealed_file", Row: stored.ID})
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range vault.Secrets {
			if _, err := w.v.Reveal(ctx, w.db, w.clerk, s.Column, w.person, "到户核对身份"); err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
		}
		if _, err := w.v.Export(ctx, w.clerk, w.unit, vault.Export{Name: "疑点清单", Purpose: "送县民政局复核", People: 1, Whole: true}); err != nil {
			t.Fatal(err)
		}
		clear := func(where string, content []byte) {
			t.Helper()
			for _, secret := range []string{number, number[:17], account, phone, "满80周岁"} {
				if bytes.Contains(content, []byte(secret)) {
					t.Errorf("%s holds %s", where, secret)
				}
			}
		}
		for table, rows := range w.dump(t) {
			clear("the table "+table, []byte(rows))
		}
		err = w.db.Dump(ctx, func(d *store.Dump) error {
			tables, err := d.Tables(ctx)
			if err != nil {
				return err
			}
			for _, table := range tables {
				if err := d.Rows(ctx, table, func(v []any) error { clear("the house's table "+table.Name, fmt.Appendf(nil, "%s", v)); return nil }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if w.v.Postgres() {
			return
		}
		files, err := filepath.Glob(filepath.Join(filepath.Dir(strings.TrimPrefix(house, "sqlite://")), "*"))
		if err != nil || len(files) < 4 {
			t.Fatalf("files %v, %v", files, err)
		}
		named := false
		for _, name := range files {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			clear(name, content)
			named = named || bytes.Contains(content, []byte("张秀英"))
		}
		if !named {
			t.Error("the scan finds nothing at all")
		}
	})
}
