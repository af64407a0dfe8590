package vault_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bihuan/journal"
	"bihuan/office"
	"bihuan/org"
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

func newTown(t *testing.T, house string) *town {
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
		if _, err := tx.Exec(ctx, `insert into person (id, unit, village, place, household, number, number_index, name, birth, sex, phone, dead_on, moved_on, version)
			values ($1, $2, $3, '东槐村', '12', $4, $5, '张秀英', '1946-10-01', '女', $6, '', '', 1)`, w.person, w.unit.ID, w.east.ID,
			w.v.Seal("person.number", number), w.v.Index("number", number), w.v.Seal("person.phone", phone)); err != nil {
			return err
		}
		programme, roll := tx.ID(), tx.ID()
		if _, err := tx.Exec(ctx, `insert into programme (id, unit, code, name, level, state, version) values ($1, $2, 'elder', '高龄津贴', 'person', 'running', 1)`, programme, w.unit.ID); err != nil {
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
