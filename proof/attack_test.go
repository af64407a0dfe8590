package proof_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/store/storetest"
)

// world is a small record with files, signed and cosigned: what the attacks are made on.
type world struct {
	t       *testing.T
	url     string
	db      *store.DB
	files   *evidence.Files
	folder  string // of the files
	log     journal.Log
	keys    []note.Verifier
	witness journal.Witness
	asks    *journal.Cosigner
}

func newWorld(t *testing.T, url string) *world {
	t.Helper()
	w := &world{t: t, url: url, folder: t.TempDir()}
	var err error
	w.db, err = store.Open(t.Context(), url)
	w.must(err)
	t.Cleanup(func() { w.db.Close() }) // the one open then
	w.files, err = evidence.OpenFiles(w.folder)
	w.must(err)
	t.Cleanup(func() { w.files.Close() })
	key, err := journal.OpenLogKey(filepath.Join(t.TempDir(), "journal.key"))
	w.must(err)
	w.log = journal.Log{DB: w.db, Key: key, File: filepath.Join(t.TempDir(), "checkpoints.txt")}

	// The witness is another installation: its database is out of the attacker's reach.
	district, err := store.Open(t.Context(), storetest.SQLite(t))
	w.must(err)
	t.Cleanup(func() { district.Close() })
	witnessKey, err := journal.OpenWitnessKey(filepath.Join(t.TempDir(), "witness.key"))
	w.must(err)
	w.witness = journal.Witness{DB: district, Key: witnessKey}
	w.must(journal.AddWitnessed(t.Context(), district, 0, "区巡察办", key.Verifier))
	server := httptest.NewServer(handlerOf(w.witness))
	t.Cleanup(server.Close)
	second, err := journal.ParseVerifier(witnessKey.Verifier)
	w.must(err)
	w.asks = &journal.Cosigner{Log: w.log, URL: server.URL, Key: second}
	first, err := journal.ParseVerifier(key.Verifier)
	w.must(err)
	w.keys = []note.Verifier{first, second}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// unit adds or renames units, which is all the record that these tests need.
func (w *world) unit(id int, name string) {
	w.t.Helper()
	ctx := w.t.Context()
	w.must(w.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `update unit set name = $2, version = version + 1 where id = $1`, id, name)
		if err == nil && n == 0 {
			_, err = tx.Exec(ctx, `insert into unit (id, parent, kind, name, path, ord, version, former) values ($1, null, 'town', $2, $3, 0, 1, '')`, id, name, fmt.Sprintf("/%d/", id))
		}
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Who: "贺晓雨（经办人）", Staff: 7, Verb: "登记", Kind: "unit", Row: int64(id), Changes: []journal.Change{{Field: "名称", To: name}}})
	}))
}

func (w *world) file(content string) string {
	w.t.Helper()
	ctx := w.t.Context()
	hash, err := w.files.Put(ctx, []byte(content))
	w.must(err)
	w.must(w.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `insert into file (hash, size, format, stored) values ($1, $2, 'txt', 1)`, hash, len(content))
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Verb: "附佐证", Kind: "file"})
	}))
	return hash
}

// lived makes a record of some 600 events with three checkpoints, the first two of them cosigned.
func (w *world) lived() (files []string) {
	for i := range 280 {
		w.unit(i+1, fmt.Sprintf("第%d村", i+1))
	}
	_, err := w.asks.Cosign(w.t.Context())
	w.must(err)
	for i := range 280 {
		w.unit(i%100+1, fmt.Sprintf("第%d村（第%d次改名）", i%100+1, i/100+1))
	}
	files = append(files, w.file("会议记录一"), w.file("会议记录二"))
	_, err = w.asks.Cosign(w.t.Context())
	w.must(err)
	w.unit(9, "后来的村")
	_, err = w.log.Checkpoint(w.t.Context())
	w.must(err)
	return files
}

func (w *world) verify(checkpoints ...string) proof.Report {
	w.t.Helper()
	beside, err := os.ReadFile(w.log.File)
	w.must(err)
	r, err := proof.Verify(w.t.Context(), proof.Subject{DB: w.db, Files: w.files, Keys: w.keys, Checkpoints: append(journal.SplitNotes(string(beside)), checkpoints...)})
	w.must(err)
	return r
}

// raw is the database open to somebody who keeps to no rules.
func (w *world) raw(query string, args ...any) {
	w.t.Helper()
	driver, address := "pgx", w.url
	if path, ok := strings.CutPrefix(w.url, "sqlite://"); ok {
		driver, address = "sqlite", path
	}
	db, err := sql.Open(driver, address)
	w.must(err)
	defer db.Close()
	_, err = db.Exec(query, args...)
	w.must(err)
}

func (w *world) path(hash string) string { return filepath.Join(w.folder, hash[:2], hash[2:4], hash) }

// Each attack is made on a record that is in order, and is found out by name.
func TestAttacks(t *testing.T) {
	attacks := []struct {
		name   string
		attack func(w *world, files []string)
		want   []string // each must stand in one difference
	}{
		{"edit a row", func(w *world, _ []string) { w.raw(`update unit set name = '假名' where id = 5`) },
			[]string{"数据行被改动：unit 5 的 name（最后一次正当改动：", "贺晓雨（经办人），第485条"}},
		{"edit two fields of a row", func(w *world, _ []string) { w.raw(`update unit set former = '旧名', ord = 3 where id = 200`) },
			[]string{"unit 200 的 ord、former"}},
		{"delete a row", func(w *world, _ []string) { w.raw(`delete from unit where id = 250`) }, []string{"数据行被删除：unit 250（最后一次正当改动："}},
		{"insert a row", func(w *world, _ []string) {
			w.raw(`insert into unit (id, parent, kind, name, path, ord, version, former) values (9999, null, 'town', '多出来的', '/9999/', 0, 1, '')`)
		}, []string{"数据行没有来历：unit 9999"}},
		{"take a row back to what it once was", func(w *world, _ []string) { w.raw(`update unit set name = '第9村', version = 1 where id = 9`) },
			[]string{"数据行被改动：unit 9 的 name、version"}},
		{"delete an event", func(w *world, _ []string) { w.raw(`delete from journal where seq = 100`) }, []string{"条目缺失：第100条起缺1条"}},
		{"edit an event", func(w *world, _ []string) { w.raw(`update journal set who = '别人（书记）' where seq = 100`) }, []string{"条目被改动：第100条"}},
		{"edit when an event was entered", func(w *world, _ []string) { w.raw(`update journal set entered = entered - 86400000 where seq = 100`) }, []string{"条目被改动：第100条"}},
		{"edit what an event says of a row, and the row", func(w *world, _ []string) {
			w.raw(`update journal set states = '' where seq = 300`)
			w.raw(`update unit set name = '假名' where id = 20`)
		}, []string{"条目被改动：第300条", "数据行被改动：unit 20"}},
		{"reorder two events", func(w *world, _ []string) {
			w.raw(`update journal set seq = -1 where seq = 100`)
			w.raw(`update journal set seq = 100 where seq = 101`)
			w.raw(`update journal set seq = 101 where seq = -1`)
		}, []string{"条目被改动：第100条", "条目被改动：第101条"}},
		{"reorder two events with their leaves", func(w *world, _ []string) {
			w.raw(`update journal set leaf = (select o.leaf from journal o where o.seq = 201 - journal.seq) where seq in (100, 101)`)
		}, []string{"历史被改写：第1条至第280条之间"}},
		{"change an event and its leaf", func(w *world, _ []string) { w.forge(400, "假的") }, []string{"历史被改写：第281条至第562条之间"}},
		{"truncate the log", func(w *world, _ []string) {
			w.raw(`delete from journal where seq > 561`)
			w.rebuild()
		}, []string{"日志被截短或退回旧库：有签过名的检查点到第563条，日志里只到第561条"}},
		{"truncate the log and its checkpoints", func(w *world, _ []string) {
			w.raw(`delete from journal where seq > 561`)
			w.raw(`delete from checkpoint where size > 561`)
			w.rebuild()
		}, []string{"日志被截短或退回旧库：有签过名的检查点到第563条，日志里只到第561条"}},
		{"remove a checkpoint", func(w *world, _ []string) { w.raw(`delete from checkpoint where size = 280`) }, []string{"检查点缺失：第280条处的检查点在数据库里没有了"}},
		{"alter a checkpoint", func(w *world, _ []string) {
			w.raw(`update checkpoint set note = replace(note, '280', '281') where size = 280`)
		}, []string{"检查点无效：数据库里第280条处的检查点"}},
		{"alter a subtree", func(w *world, _ []string) {
			w.raw(`update journal_node set hash = (select frontier from journal_head) where n = 0`)
		}, []string{"日志的树被改动：第1至256条的子树"}},
		{"alter the head", func(w *world, _ []string) { w.raw(`update journal_head set seq = seq - 1`) }, []string{"日志的树被改动"}},
		{"swap two files", func(w *world, files []string) {
			a, b := w.path(files[0]), w.path(files[1])
			w.must(os.Rename(a, a+".x"))
			w.must(os.Rename(b, a))
			w.must(os.Rename(a+".x", b))
		}, []string{"文件内容被改动：", "文件内容被改动："}},
		{"delete a file", func(w *world, files []string) { w.must(os.Remove(w.path(files[0]))) }, []string{"文件缺失："}},
		{"blank an event", func(w *world, _ []string) {
			e := w.event(100)
			w.raw(`update journal set erased = '` + e.LeafData() + `', happened = '', staff = 0, who = '', verb = '', kind = '', row_id = 0, data = '[]', salt = null, states = '' where seq = 100`)
		}, []string{"条目被抹去，没有删除记录：第100条"}},
		{"add a table", func(w *world, _ []string) { w.raw(`create table secret (a text)`) }, []string{"数据库结构被改动"}},
		{"make an index blind", func(w *world, _ []string) {
			w.raw(`drop index unit_name`)
			w.raw(`create index unit_name on unit (name) where id <> 5`)
		}, []string{"数据库结构被改动"}},
		{"blank what an event says of rows", func(w *world, _ []string) {
			w.raw(fmt.Sprintf("update journal set states = 'erased %x\n' where seq = 485", w.event(485).Rows()))
			w.raw(`update unit set name = '假名' where id = 5`)
		}, []string{"条目被抹去，没有删除记录：第485条", "数据行被改动：unit 5"}},
	}
	storetest.Each(t, func(t *testing.T, url string) {
		for _, a := range attacks {
			t.Run(a.name, func(t *testing.T) {
				at := storetest.SQLite(t)
				if strings.HasPrefix(url, "postgres") {
					at = storetest.Postgres(t)
				}
				w := newWorld(t, at)
				files := w.lived()
				if r := w.verify(); !r.OK() || r.Events != 563 || r.Rows != 282 || r.Files != 2 || r.Signed.Size != 563 || r.Cosigned.Size != 562 {
					t.Fatalf("before: %+v", r)
				}
				a.attack(w, files)
				r := w.verify()
				for _, want := range a.want {
					if !said(r, want) {
						t.Errorf("nothing says %q in:\n%s", want, text(r))
					}
				}
			})
		}
	})
}

func said(r proof.Report, want string) bool {
	for _, d := range r.Differences {
		if strings.Contains(d.String(), want) {
			return true
		}
	}
	return false
}

func text(r proof.Report) string {
	var b strings.Builder
	for _, d := range r.Differences {
		fmt.Fprintln(&b, d)
	}
	return b.String()
}

func (w *world) event(seq int64) journal.Event {
	w.t.Helper()
	list, err := journal.Events(w.t.Context(), w.db, []int64{seq})
	w.must(err)
	return list[0]
}

// forge rewrites an event as if it had always been so, the tree and all.
func (w *world) forge(seq int64, name string) {
	w.t.Helper()
	w.raw(`update journal set data = '[{"field":"名称","to":"` + name + `"}]' where seq = ` + fmt.Sprint(seq))
	w.rebuild()
}

// rebuild makes leaves, subtrees and head fit the events, as somebody who knows the program would.
func (w *world) rebuild() {
	w.t.Helper()
	ctx := context.Background()
	var tree journal.Tree
	events, err := store.All(ctx, w.db, journal.ScanEvent, `select `+journal.EventColumns+` from journal order by seq`)
	w.must(err)
	w.raw(`delete from journal_node`)
	nodes := map[[2]int64]tlog.Hash{}
	w.must(w.db.Housekeep(ctx, func(tx *store.Tx) error {
		for _, e := range events {
			leaf := journal.LeafOf(e)
			if leaf != e.Leaf {
				if _, err := tx.Exec(ctx, `update journal set leaf = $2 where seq = $1`, e.Seq, leaf[:]); err != nil {
					return err
				}
			}
			tree.Grow(leaf, func(level int, n int64, hash tlog.Hash) { nodes[[2]int64{int64(level), n}] = hash })
		}
		for at, hash := range nodes {
			if _, err := tx.Exec(ctx, `insert into journal_node (level, n, hash) values ($1, $2, $3)`, at[0], at[1], hash[:]); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `update journal_head set seq = $1, frontier = $2 where id = 1`, tree.Size, tree.Bytes())
		return err
	}))
}

// Somebody with the database, the key of the log and the file of checkpoints rewrites history and signs it anew. All that is here is in
// order; the witness is not.
func TestStolenKeyIsCaughtByTheWitness(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.lived()
		w.forge(400, "假的")
		w.raw(`delete from checkpoint`)
		w.must(os.Remove(w.log.File))
		if _, err := w.log.Checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r := w.verify(); !r.OK() {
			t.Fatalf("the forger did not do well enough:\n%s", text(r))
		}
		if _, err := w.asks.Cosign(t.Context()); err == nil || !strings.Contains(err.Error(), journal.ErrForked.Error()) {
			t.Errorf("the witness signed: %v", err)
		}
		if !w.asks.State().Alarm {
			t.Error("there is no alarm")
		}
		last := httptest.NewRecorder()
		w.witness.ServeLast(last, httptest.NewRequest("GET", "/checkpoint?origin="+w.log.Key.Name(), nil))
		if r := w.verify(last.Body.String()); !said(r, "历史被改写") {
			t.Errorf("with what the witness saw: %s", text(r))
		}
	})
}

// A code on a paper binds the history that it was printed under, whatever happens to keys and checkpoints.
func TestCodesOnPaper(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.lived()
	root, err := journal.RootAt(t.Context(), w.db, 500)
	w.must(err)
	check := func(codes ...proof.Code) proof.Report {
		r, err := proof.Verify(t.Context(), proof.Subject{DB: w.db, Keys: w.keys, Codes: codes})
		w.must(err)
		return r
	}
	right, beyond := proof.NewCode(500, root), proof.NewCode(5000, root)
	if r := check(right); !r.OK() {
		t.Error(text(r))
	}
	if r := check(right, beyond); !said(r, "纸上的存证码对不上：5000-") || said(r, "纸上的存证码对不上：500-") {
		t.Error(text(r))
	}
	w.forge(400, "假的")
	w.raw(`delete from checkpoint`)
	if r := check(right); !said(r, "纸上的存证码对不上：500-") || len(r.Differences) != 1 {
		t.Error(text(r))
	}
}

// The whole database is yesterday's copy, with all that lies beside it.
func TestRollBackIsCaughtByTheWitness(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.lived()
	path := strings.TrimPrefix(w.url, "sqlite://")
	w.must(w.db.Close())
	copied, err := os.ReadFile(path)
	w.must(err)
	notes, err := os.ReadFile(w.log.File)
	w.must(err)
	w.reopen()
	w.unit(3, "改过名的村")
	if _, err := w.asks.Cosign(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.must(w.db.Close())
	w.must(os.WriteFile(path, copied, 0o600))
	beside, err := os.ReadFile(w.log.File)
	w.must(err)
	w.reopen()
	if r := w.verify(); !said(r, "日志被截短或退回旧库") {
		t.Errorf("with the checkpoints beside it: %s", text(r))
	}
	w.must(os.WriteFile(w.log.File, notes, 0o600))
	if r := w.verify(); !r.OK() {
		t.Errorf("yesterday's copy was in order yesterday: %s", text(r))
	}
	if _, err := w.asks.Cosign(t.Context()); err == nil || !w.asks.State().Alarm {
		t.Errorf("the witness does not mind: %v", err)
	}
	if r := w.verify(journal.SplitNotes(string(beside))...); !said(r, "日志被截短或退回旧库") {
		t.Errorf("with checkpoints from elsewhere: %s", text(r))
	}
	// And what is written on top of the old copy is another history.
	w.unit(3, "另一个名字")
	w.unit(4, "另一个名字")
	if _, err := w.asks.Cosign(t.Context()); err == nil || !w.asks.State().Alarm {
		t.Errorf("the witness signs a fork: %v", err)
	}
}

func (w *world) reopen() {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), w.url)
	w.must(err)
	w.db, w.log.DB, w.asks.Log.DB = db, db, db
}

// Erasing content leaves every proof standing; changing what is left of it is found.
func TestErasure(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		w := newWorld(t, url)
		w.lived()
		root, err := journal.RootAt(ctx, w.db, 563)
		w.must(err)
		erase := func(unit int64, name string) error {
			return w.db.Write(ctx, func(tx *store.Tx) error {
				if _, err := tx.Exec(ctx, `update unit set name = $2 where id = $1`, unit, name); err != nil {
					return err
				}
				return journal.Erase(ctx, w.db, tx, journal.Entry{Who: "孟兆宁（分管领导）", Kind: "unit", Row: unit, Changes: []journal.Change{{Field: "原因", To: "本人要求"}}},
					func(e journal.Event) bool { return e.Kind == "unit" && e.Row == unit })
			})
		}
		w.must(erase(5, "［已删除］")) // four events named it; of those that said its state, none said another row's
		if again, err := journal.RootAt(ctx, w.db, 563); err != nil || again != root {
			t.Error("the tree has changed")
		}
		_, err = w.log.Checkpoint(ctx)
		w.must(err)
		r := w.verify()
		if !r.OK() || r.Erased != 4 || r.Events != 564 {
			t.Errorf("after erasing: %d erased of %d\n%s", r.Erased, r.Events, text(r))
		}
		if e := w.event(285); e.Changes != "[]" || e.Who != "" || e.Salt != nil || !e.StatesErased() {
			t.Errorf("something is left: %+v", e)
		}
		if list, err := journal.Of(ctx, w.db, "unit", 5, 10); err != nil || len(list) != 1 || list[0].Verb != journal.Erasure {
			t.Errorf("history of the row: %v %v", list, err)
		}
		err = w.db.Write(ctx, func(tx *store.Tx) error {
			return journal.Erase(ctx, w.db, tx, journal.Entry{}, func(e journal.Event) bool { return e.Seq == 564 })
		})
		if err == nil {
			t.Error("an erasure was erased")
		}
		w.raw(`update journal set erased = substr(erased, 2) || substr(erased, 1, 1) where seq = 285`)
		if r := w.verify(); !said(r, "条目被改动：第285条（内容已依法删除）") {
			t.Errorf("an erased leaf was changed: %s", text(r))
		}
	})
}

// SQLite keeps what is no number in a column of numbers, and bytes in one of text. Both compare as something else than what they print as.
func TestWrongKindsAreFound(t *testing.T) {
	for alteration, want := range map[string]string{
		`update file set erased = '' where hash = (select min(hash) from file)`: "数据行被改动：file",
		`update unit set ord = '' where id = 5`:                                 "数据行被改动：unit 5 的 ord",
		`update unit set former = x'' where id = 5`:                             "数据行被改动：unit 5 的 former",
		`update unit set former = 0 where id = 5`:                               "数据行被改动：unit 5 的 former",
		`update journal set kind = cast(kind as blob) where seq = 100`:          "条目被改动：第100条",
		`update journal set who = cast(who as blob) where seq = 100`:            "条目被改动：第100条",
		`update journal set leaf = leaf || x'00' where seq = 100`:               "条目被改动：第100条",
	} {
		w := newWorld(t, storetest.SQLite(t))
		w.lived()
		w.raw(alteration)
		if r := w.verify(); !said(r, want) {
			t.Errorf("%s: nothing says %q in:\n%s", alteration, want, text(r))
		}
	}
}

// Rows whose state goes with that of others are stated anew, and one that was altered cannot be hidden so.
func TestErasureHidesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		w := newWorld(t, url)
		w.must(w.db.Write(ctx, func(tx *store.Tx) error { // one event says the state of three rows
			for id := range 3 {
				if _, err := tx.Exec(ctx, `insert into unit (id, parent, kind, name, path, ord, version, former) values ($1, null, 'town', $2, $3, 0, 1, '')`, id+1, fmt.Sprint("村", id+1), fmt.Sprintf("/%d/", id+1)); err != nil {
					return err
				}
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: "unit"})
		}))
		w.unit(2, "后来改过名的村")
		erase := func() error {
			return w.db.Write(ctx, func(tx *store.Tx) error {
				if _, err := tx.Exec(ctx, `update unit set name = '［已删除］' where id = 1`); err != nil {
					return err
				}
				return journal.Erase(ctx, w.db, tx, journal.Entry{Kind: "unit", Row: 1}, func(journal.Event) bool { return false })
			})
		}
		w.raw(`update unit set name = '假名' where id = 3`)
		if err := erase(); err == nil || !strings.Contains(err.Error(), "unit 3") {
			t.Errorf("erasing hid an alteration: %v", err)
		}
		w.raw(`update unit set name = '村3' where id = 3`)
		w.must(w.db.Write(ctx, func(tx *store.Tx) error { // the event that says unit 2 is gone says the state of unit 1 too
			if _, err := tx.Exec(ctx, `delete from unit where id = 2`); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `update unit set ord = 1 where id = 1`); err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "撤销", Kind: "unit", Row: 2})
		}))
		w.must(erase())
		_, err := w.log.Checkpoint(ctx)
		w.must(err)
		if r := w.verify(); !r.OK() || r.Events != 4 || r.Erased != 0 || !w.event(1).StatesErased() || !w.event(3).StatesErased() || w.event(1).Verb != "登记" {
			t.Errorf("%+v\n%s", r, text(r))
		}
		w.raw(`insert into unit (id, parent, kind, name, path, ord, version, former) values (2, null, 'town', '又出现的村', '/2/', 0, 1, '')`)
		if r := w.verify(); !said(r, "数据行没有来历：unit 2") {
			t.Errorf("a row that was deleted is back: %s", text(r))
		}
		w.raw(`delete from unit where id = 2`)
		for id, want := range map[int]string{1: "［已删除］", 3: "村3"} {
			w.raw(fmt.Sprintf(`update unit set ord = 7 where id = %d`, id))
			if r := w.verify(); !said(r, fmt.Sprintf("unit %d 的 ord", id)) {
				t.Errorf("%s is no longer watched: %s", want, text(r))
			}
			w.raw(fmt.Sprintf(`update unit set ord = 0 where id = %d`, id))
		}
	})
}

// A journal from before it was a log gets leaves, and from then on its rows are watched.
func TestBegin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		for i := range 300 {
			w.unit(i+1, "村")
		}
		w.raw(`delete from journal_node`)
		w.raw(`update journal_head set frontier = null`)
		w.raw(`update journal set salt = null, states = '', leaf = null`)
		err := w.db.Write(t.Context(), func(tx *store.Tx) error { return journal.Append(t.Context(), tx, journal.Entry{Verb: "登记"}) })
		if err == nil {
			t.Error("a log that has not begun was written to")
		}
		for range 2 {
			w.must(journal.Begin(t.Context(), w.db))
		}
		w.unit(7, "新名字")
		_, err = w.log.Checkpoint(t.Context())
		w.must(err)
		if r := w.verify(); !r.OK() || r.Events != 302 || r.Rows != 300 {
			t.Errorf("%d events, %d rows: %s", r.Events, r.Rows, text(r))
		}
		w.raw(`update unit set name = '假名' where id = 20`)
		if r := w.verify(); !said(r, "数据行被改动：unit 20 的 name（最后一次正当改动：") {
			t.Error(text(r))
		}
	})
}

// A check made while others write sees one moment.
func TestVerifyWhileWriting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.unit(1, "村")
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := 2; ctx.Err() == nil; i++ {
				w.unit(i%50+1, fmt.Sprint("村", i))
				if i%10 == 0 {
					if _, err := w.log.Checkpoint(context.Background()); err != nil {
						t.Error(err)
					}
				}
			}
		}()
		for range 8 {
			r, err := proof.Verify(t.Context(), proof.Subject{DB: w.db, Keys: w.keys})
			if err != nil || !r.OK() {
				t.Errorf("%v\n%s", err, text(r))
			}
		}
		stop()
		<-done
	})
}

func handlerOf(w journal.Witness) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", w.ServeSign)
	mux.HandleFunc("GET /checkpoint", w.ServeLast)
	return mux
}
