package ledger_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/store/storetest"
)

// A person's name is erased from everything: tables, journal, search, files, and the bytes of the database. The record stays whole, and
// the journal shows where something was.
func TestEraseText(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		w := build(t, url)
		const name = "李四喜"
		admin := org.Person{ID: w.district.ID, Name: "管理员", Role: org.Admin, Unit: w.district.Unit}
		w.imported(t)
		f := w.finding(t, roads)
		said := statement("2026-04-16")
		said.Said = "已由李四喜同志带人清沟三处，主街两侧排水沟逐段清理，疏通积水点，雨后再看"
		_, err := ledger.AddEvidence(ctx, w.db, w.cadre, f.ID, said)
		ok(t, err)
		list, err := w.files.PutReader(ctx, strings.NewReader("清沟人员：李四喜等三人"), evidence.Most)
		ok(t, err)
		item := evidence.Item{Event: "2026-04-16"}
		item.Attach(list, "名单.txt")
		_, err = ledger.AddEvidence(ctx, w.db, w.cadre, f.ID, item)
		ok(t, err)
		prints := func() int {
			n, err := store.One(ctx, w.db, store.Value[int], `select count(*) from text_print`)
			ok(t, err)
			return n
		}
		if _, err := ledger.LookOut(ctx, w.db, evidence.NewLookout(w.db, w.files), cal); err != nil || prints() != 1 {
			t.Fatalf("%d prints, %v", prints(), err)
		}
		key, err := journal.OpenLogKey(filepath.Join(t.TempDir(), "journal.key"))
		ok(t, err)
		log := journal.Log{DB: w.db, Key: key}
		before, err := log.Checkpoint(ctx)
		ok(t, err)

		found, err := ledger.FindTraces(ctx, w.db, w.files, admin, name)
		ok(t, err)
		if found.Events < 2 || len(found.Files) != 2 || found.Files[0].Name != "方案.txt" || found.Files[1].Name != "名单.txt" || len(found.Columns) < 4 {
			t.Errorf("found %+v", found)
		}
		for _, bad := range []struct {
			who         org.Person
			text, about string
		}{{w.clerk, name, ""}, {admin, "李", "要删除的内容"}, {admin, " 李四喜", "要删除的内容"}, {admin, "东村", "要删除的内容"}, {admin, "李\"四喜", "要删除的内容"}, {admin, "已删除", "要删除的内容"}} {
			err := ledger.EraseText(ctx, w.db, w.files, bad.who, bad.text, "本人申请", nil)
			var denied org.Denied
			if bad.about == "" && !errors.As(err, &denied) {
				t.Errorf("%s may erase: %v", bad.who.Name, err)
			} else if bad.about != "" {
				wantRefusal(t, err, bad.about)
			}
		}
		wantRefusal(t, ledger.EraseText(ctx, w.db, w.files, admin, name, "李四喜申请", nil), "原因")

		ok(t, ledger.EraseText(ctx, w.db, w.files, admin, name, "本人申请，〔2026〕3号", []string{found.Files[0].Hash, found.Files[1].Hash}))
		if n := prints(); n != 0 {
			t.Errorf("%d prints of what was erased are left", n)
		}
		left, err := ledger.FindTraces(ctx, w.db, w.files, admin, name)
		if ok(t, err); !left.Empty() {
			t.Errorf("left: %+v", left)
		}
		if list := w.find(t, w.district, ledger.Filter{Text: name}); len(list) != 0 {
			t.Errorf("search still finds %s", titles(list))
		}
		if list := w.find(t, w.district, ledger.Filter{Text: "道路积水结冰"}); len(list) != 1 || !strings.Contains(ledger.Names(list[0].Persons), ledger.Erased) {
			t.Errorf("the finding itself is gone or still names him: %v", list)
		}
		// The finding's story tells of it, and what a proof pack shows of the finding has the emptied events among it.
		erased := 0
		events, err := ledger.FindingEvents(ctx, w.db, f.ID)
		ok(t, err)
		for _, e := range events {
			if e.Erased != "" {
				erased++
			}
		}
		if last := events[len(events)-1]; erased != 2 || last.Verb != journal.Erasure || len(journal.ErasedBy(last)) != erased {
			t.Errorf("%d erased events among %d, the last %s %s", erased, len(events), last.Verb, last.Changes)
		}
		if _, err := w.files.Get(ctx, found.Files[0].Hash); !errors.Is(err, evidence.ErrMissing) && !errors.Is(err, evidence.ErrErased) {
			t.Errorf("the document can be read: %v", err)
		}
		if path, isFile := strings.CutPrefix(url, "sqlite://"); isFile {
			for _, part := range []string{path, path + "-wal"} {
				content, err := os.ReadFile(part)
				if err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
				for _, trace := range []string{name, "李四 四喜"} { // as text, and as the index keeps it
					if bytes.Contains(content, []byte(trace)) {
						t.Errorf("%s still holds %q", filepath.Base(part), trace)
					}
				}
			}
		}

		// The record stands, and says that something was taken out.
		v, err := journal.ParseVerifier(key.Verifier)
		ok(t, err)
		_, err = log.Checkpoint(ctx)
		ok(t, err)
		r, err := proof.Verify(ctx, proof.Subject{DB: w.db, Files: w.files, Keys: []note.Verifier{v}})
		if ok(t, err); !r.OK() || int(r.Erased) != found.Events || r.Files != 0 {
			t.Errorf("%d erased of %d found\n%v", r.Erased, found.Events, r.Differences)
		}
		if root, err := journal.RootAt(ctx, w.db, before.Size); err != nil || root != before.Root {
			t.Errorf("proofs of before do not stand: %v", err)
		}
		last, err := store.One(ctx, w.db, journal.ScanEvent, `select `+journal.EventColumns+` from journal where kind = 'erasure' order by seq desc limit 1`)
		if ok(t, err); last.Verb != journal.Erasure || !strings.Contains(last.Changes, "〔2026〕3号") || len(journal.ErasedBy(last)) < found.Events {
			t.Errorf("the journal says %s %s", last.Verb, last.Changes)
		}
		ok(t, ledger.EraseText(ctx, w.db, w.files, admin, name, "本人申请，〔2026〕3号", nil)) // again: nothing is left to be done
	})
}

// A scan is erased by its hash; what is registered of it stays, and the record stands. Words that JSON writes otherwise are found too.
func TestEraseFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		w := build(t, url)
		admin := org.Person{ID: w.district.ID, Name: "管理员", Role: org.Admin, Unit: w.district.Unit}
		w.imported(t)
		f := w.finding(t, roads)
		scan, err := w.files.PutReader(ctx, strings.NewReader("%PDF-1.4 扫描件"), evidence.Most)
		ok(t, err)
		item := evidence.Item{Event: "2026-04-16", Title: "签到表 A&B<甲>"}
		item.Attach(scan, "签到表.pdf")
		item, err = ledger.AddEvidence(ctx, w.db, w.cadre, f.ID, item)
		ok(t, err)
		var denied org.Denied
		if err := ledger.EraseFile(ctx, w.db, w.files, w.clerk, scan.Hash, "本人申请"); !errors.As(err, &denied) {
			t.Errorf("a clerk erases: %v", err)
		}
		wantRefusal(t, ledger.EraseFile(ctx, w.db, w.files, admin, scan.Hash, " "), "原因")
		wantRefusal(t, ledger.EraseFile(ctx, w.db, w.files, admin, strings.Repeat("0", 64), "本人申请"), "SHA-256")
		wantRefusal(t, ledger.EraseText(ctx, w.db, w.files, admin, "疏通排水沟", "本人申请", []string{scan.Hash}), "原件") // it does not hold that
		ok(t, ledger.EraseFile(ctx, w.db, w.files, admin, " "+strings.ToUpper(scan.Hash)+"\n", "本人申请，〔2026〕3号"))
		if _, err := evidence.Open(ctx, w.db, w.files, scan.Hash); !errors.Is(err, evidence.ErrErased) {
			t.Errorf("the scan can be read: %v", err)
		}
		if kept, err := evidence.ByID(ctx, w.db, item.ID); err != nil || kept.Title != item.Title || !kept.Erased {
			t.Errorf("what is registered of it: %+v %v", kept, err)
		}
		found, err := ledger.FindTraces(ctx, w.db, w.files, admin, "A&B<甲>")
		if ok(t, err); found.Events != 1 {
			t.Errorf("found %+v", found)
		}
		ok(t, ledger.EraseText(ctx, w.db, w.files, admin, "A&B<甲>", "本人申请", nil))
		key, err := journal.OpenLogKey(filepath.Join(t.TempDir(), "journal.key"))
		ok(t, err)
		v, err := journal.ParseVerifier(key.Verifier)
		ok(t, err)
		r, err := proof.Verify(ctx, proof.Subject{DB: w.db, Files: w.files, Keys: []note.Verifier{v}})
		if ok(t, err); !r.OK() || len(r.Erasures) == 0 {
			t.Errorf("%v %v", r.Erasures, r.Differences)
		}
	})
}
