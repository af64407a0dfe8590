package backup_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"

	"bihuan/backup"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// paper is a small plan.
const paper = `栖禾镇党委关于巡察反馈意见的整改方案
一、服务群众方面
1.路灯损坏无人修
具体表现：一是主街7盏路灯半年不亮。
整改措施：一是更换主街路灯7盏，每季度检查1次。
责任单位：村镇建设办
完成时限：2026年6月底前
2.高龄津贴发放不及时
具体表现：一是3名老人的津贴迟发。
整改措施：一是补发津贴，每月核对1次。
责任单位：民政所
完成时限：2026年5月底前
`

// site is a small district with a plan and files.
type site struct {
	t     testing.TB
	db    *store.DB
	files *evidence.Files
	where string // folder of the files
	town  org.Unit
	clerk org.Person
	now   atomic.Int64
}

func open(t testing.TB, url string) *site {
	t.Helper()
	ctx := t.Context()
	s := &site{t: t, where: filepath.Join(t.TempDir(), "files")}
	s.now.Store(time.Date(2026, 4, 16, 9, 20, 0, 0, time.Local).UnixMilli())
	var err error
	if s.db, err = store.Open(ctx, url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.db.Close() })
	s.db.Now = func() time.Time { return time.UnixMilli(s.now.Load()) }
	if s.files, err = evidence.OpenFiles(s.where); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.files.Close() })
	s.must(s.db.Write(ctx, func(tx *store.Tx) (err error) {
		if s.town, err = org.AddUnit(ctx, tx, org.Program, org.Unit{}, org.Town, "栖禾镇", 1); err != nil {
			return err
		}
		id, err := org.AddStaff(ctx, tx, org.Program, s.town, "贺晓雨", "党政办经办人", org.Clerk, "clerk", "yi-er-san-si")
		s.clerk = org.Person{ID: id, Name: "贺晓雨", Post: "党政办经办人", Role: org.Clerk, Unit: s.town}
		return err
	}))
	id, err := ledger.StartImport(ctx, s.db, s.files, s.clerk, ledger.Upload{Unit: s.town.ID, Kind: ledger.NewPlan, Name: "整改方案.txt", Data: []byte(paper)})
	s.must(err)
	_, err = ledger.Confirm(ctx, s.db, s.clerk, id, 1)
	s.must(err)
	s.store([]byte("一张照片"))
	return s
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// store stores a file and the row that names it.
func (s *site) store(content []byte) string {
	s.t.Helper()
	hash, err := s.files.Put(context.Background(), content)
	s.must(err)
	s.must(s.db.Write(context.Background(), func(tx *store.Tx) error {
		if _, err := tx.Exec(context.Background(), `insert into file (hash, size, format, stored, erased) values ($1, $2, 'txt', 0, 0)`, hash, len(content)); err != nil {
			return err
		}
		return journal.Append(context.Background(), tx, journal.Entry{Who: "甲", Verb: "登记", Kind: "file"})
	}))
	return hash
}

// addUnit enters an office, as a change that is acknowledged when it returns.
func (s *site) addUnit(name string) error {
	return s.db.Write(context.Background(), func(tx *store.Tx) error {
		_, err := org.AddUnit(context.Background(), tx, org.Program, s.town, org.Office, name, 0)
		return err
	})
}

func (s *site) source() backup.Source {
	return backup.Source{Dump: s.db.Dump, Files: s.files, Now: s.db.Now, Program: "test"}
}

// make makes a backup and returns where it is.
func (s *site) make(src backup.Source) (string, backup.Made) {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "b.bhb")
	made, err := backup.Make(context.Background(), src, path)
	s.must(err)
	return path, made
}

// target is an empty place to restore to, of one kind.
func target(t testing.TB, postgres bool) (backup.Target, string) {
	t.Helper()
	url := storetest.SQLite(t)
	if postgres {
		url = storetest.Postgres(t)
	}
	where := filepath.Join(t.TempDir(), "files")
	files, err := evidence.OpenFiles(where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	return backup.Target{Database: url, Files: files}, where
}

// raw changes the database past the program.
func (s *site) raw(url string, queries ...string) {
	s.t.Helper()
	driver := "pgx"
	if !strings.HasPrefix(url, "postgres") {
		driver, url = "sqlite", strings.TrimPrefix(url, "sqlite://")
	}
	db, err := sql.Open(driver, url)
	s.must(err)
	defer db.Close()
	for _, q := range queries {
		_, err := db.Exec(q)
		s.must(err)
	}
}

// digest is the content of every table that is backed up, each as a hash over its sorted rows.
func digest(t testing.TB, url string) map[string]string {
	t.Helper()
	return digestOf(t, func(fn func(*store.Dump) error) error { return store.DumpAt(context.Background(), url, fn) })
}

func digestOf(t testing.TB, dump func(func(*store.Dump) error) error) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := dump(func(s *store.Dump) error {
		tables, err := s.Tables(context.Background())
		if err != nil {
			return err
		}
		for _, table := range tables {
			var rows []string
			err := s.Rows(context.Background(), table, func(v []any) error {
				rows = append(rows, fmt.Sprintf("%T %q", v, v))
				return nil
			})
			if err != nil {
				return err
			}
			slices.Sort(rows)
			sum := sha256.Sum256([]byte(strings.Join(append(table.Columns, rows...), "\n")))
			all[table.Name] = fmt.Sprint(len(rows), " ", hex.EncodeToString(sum[:]))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"session", "upload", "backup", "drill"} {
		delete(all, name)
	}
	return all
}

func same(t testing.TB, got, want map[string]string) {
	t.Helper()
	if !maps.Equal(got, want) {
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("table %s has %q, want %q", name, got[name], want[name])
			}
		}
		for name := range got {
			if _, ok := want[name]; !ok {
				t.Errorf("table %s is new", name)
			}
		}
	}
}

// kinds runs a test for each kind of database backed up and each kind restored to.
func kinds(t *testing.T, f func(t *testing.T, url string, toPostgres bool)) {
	storetest.Each(t, func(t *testing.T, url string) {
		t.Run("to sqlite", func(t *testing.T) { f(t, url, false) })
	})
	storetest.Each(t, func(t *testing.T, url string) {
		t.Run("to postgres", func(t *testing.T) { f(t, url, true) })
	})
}

// What comes back is what was there: every row of every table, every file, and the search finds it, from either kind into either kind.
func TestRestoredIsWhatWas(t *testing.T) {
	kinds(t, func(t *testing.T, url string, toPostgres bool) {
		s := open(t, url)
		s.must(s.db.Housekeep(t.Context(), func(tx *store.Tx) error {
			for _, q := range []string{
				`insert into session (token, data, expires) values ('t', $1, 1)`,
			} {
				if _, err := tx.Exec(t.Context(), q, []byte{0, 255, 10}); err != nil {
					return err
				}
			}
			return nil
		}))
		s.must(s.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), `insert into holiday (year, lines, source) values ('2031', $1, $2)`, "引号\"'\\、\t制表、\r\n换行<&>\u2028\x1f", "")
			if err != nil {
				return err
			}
			return journal.Append(t.Context(), tx, journal.Entry{Who: "甲", Verb: "导入", Kind: "holiday"})
		}))
		path, made := s.make(s.source())
		if info, err := os.Stat(path); err != nil || info.Size() != made.Size || made.Encrypted || made.Files != 2 || made.Rows() < 30 || len(made.Missing) > 0 {
			t.Errorf("made %+v %v", made, err)
		}
		to, where := target(t, toPostgres)
		got, err := backup.Restore(t.Context(), path, to)
		s.must(err)
		if len(got.Differences) > 0 || got.Hash != made.Hash || got.Rows() != made.Rows() || got.Ready <= 0 {
			t.Errorf("restored %+v", got)
		}
		same(t, digest(t, to.Database), digest(t, url))
		for _, hash := range []string{evidence.Hash([]byte("一张照片")), evidence.Hash([]byte(paper))} {
			if _, err := to.Files.Get(t.Context(), hash); err != nil {
				t.Error(err)
			}
		}
		if parts, err := os.ReadDir(filepath.Join(where, "parts")); err == nil && len(parts) > 0 {
			t.Errorf("%d parts are left", len(parts))
		}
		// The database lives: it is found in, and takes changes.
		db, err := store.Open(t.Context(), to.Database)
		s.must(err)
		defer db.Close()
		found, err := ledger.ListAll(t.Context(), db, s.clerk, ledger.Filter{Text: "津贴"}, ledger.Days{})
		if err != nil || len(found) != 1 {
			t.Errorf("search finds %v %v", found, err)
		}
		sessions, err := store.One(t.Context(), db, store.Value[int], `select count(*) from session`)
		if err != nil || sessions != 0 {
			t.Errorf("%d sessions came back, %v", sessions, err)
		}
		s.must(db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := org.AddUnit(t.Context(), tx, org.Program, s.town, org.Office, "新设的办公室", 0)
			return err
		}))
		err = db.Housekeep(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), `insert into holding (id, post, staff, starts, ends, basis, version) values (1, 77, 78, '', '', '', 1)`)
			return err
		})
		if err == nil {
			t.Error("references are not checked any more")
		}
	})
}

// The record of the restored database says that it was restored, when asked to.
func TestRestoreIsRecorded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		path, made := s.make(s.source())
		to, _ := target(t, s.db.Postgres())
		to.Record = true
		_, err := backup.Restore(t.Context(), path, to)
		s.must(err)
		db, err := store.Open(t.Context(), to.Database)
		s.must(err)
		defer db.Close()
		list, err := journal.Of(t.Context(), db, "backup", 0, 10)
		if err != nil || len(list) != 1 || list[0].Verb != "恢复" || list[0].Changes[1].To != made.Hash {
			t.Errorf("the record says %+v %v", list, err)
		}
	})
}

// A backup made while sixteen write holds everything that was acknowledged before it began, and of each writer no change without the
// ones before.
func TestBackupUnderLoad(t *testing.T) {
	kinds(t, func(t *testing.T, url string, toPostgres bool) {
		s := open(t, url)
		const writers = 16
		var acknowledged [writers]atomic.Int64
		var stop atomic.Bool
		var wait sync.WaitGroup
		for w := range writers {
			wait.Go(func() {
				for n := int64(1); !stop.Load(); n++ {
					if err := s.addUnit(fmt.Sprintf("%d-%d", w, n)); err != nil {
						t.Error(err)
						return
					}
					acknowledged[w].Store(n)
				}
			})
		}
		for w := range writers {
			for acknowledged[w].Load() < 5 && !t.Failed() {
				time.Sleep(time.Millisecond)
			}
		}
		var before [writers]int64
		for w := range writers {
			before[w] = acknowledged[w].Load()
		}
		path, _ := s.make(s.source())
		stop.Store(true)
		wait.Wait()
		to, _ := target(t, toPostgres)
		_, err := backup.Restore(t.Context(), path, to)
		s.must(err)
		db, err := store.Open(t.Context(), to.Database)
		s.must(err)
		defer db.Close()
		names, err := store.All(t.Context(), db, store.Value[string], `select name from unit where kind = 'office'`)
		s.must(err)
		has := map[string]bool{}
		for _, name := range names {
			has[name] = true
		}
		total := 0
		for w := range writers {
			n := int64(0)
			for has[fmt.Sprintf("%d-%d", w, n+1)] {
				n++
			}
			if n < before[w] || n > acknowledged[w].Load()+1 {
				t.Errorf("writer %d: %d came back, %d were acknowledged before and %d in the end", w, n, before[w], acknowledged[w].Load())
			}
			total += int(n)
		}
		if total != len(names) {
			t.Errorf("%d came back, but only %d without a gap", len(names), total)
		}
		entries, err := store.One(t.Context(), db, func(rows *sql.Rows, n *[2]int64) error { return rows.Scan(&n[0], &n[1]) }, `select count(*), max(seq) from journal`)
		if err != nil || entries[0] != entries[1] {
			t.Errorf("the journal has %d entries up to %d: %v", entries[0], entries[1], err)
		}
	})
}

// nothingLeft fails when a failed restore left anything behind.
func nothingLeft(t testing.TB, to backup.Target, what string) {
	t.Helper()
	if path, ok := strings.CutPrefix(to.Database, "sqlite://"); ok {
		if list, err := os.ReadDir(filepath.Dir(path)); err == nil && len(list) > 0 {
			t.Fatalf("%s: %s is left", what, list[0].Name())
		}
		return
	}
	db, err := sql.Open("pgx", to.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRow(`select count(*) from pg_class where relnamespace = current_schema()::regnamespace`).Scan(&n); err != nil || n > 0 {
		t.Fatalf("%s: %d tables and indexes are left, %v", what, n, err)
	}
}

// A backup of which one byte is another, or which ends too soon, is refused wherever that is, and nothing is left.
func TestEveryByteCounts(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	identity, err := age.GenerateX25519Identity()
	s.must(err)
	for _, x := range []struct {
		name string
		to   []age.Recipient
		ids  []age.Identity
	}{{name: "open"}, {"encrypted", []age.Recipient{identity.Recipient()}, []age.Identity{identity}}} {
		src := s.source()
		src.Recipients = x.to
		path, _ := s.make(src)
		whole, err := os.ReadFile(path)
		s.must(err)
		to, _ := target(t, false)
		to.Identities = x.ids
		try := func(what string, content []byte, want ...error) {
			t.Helper()
			s.must(os.WriteFile(path, content, 0o600))
			_, err := backup.Restore(t.Context(), path, to)
			if !slices.ContainsFunc(want, func(w error) bool { return errors.Is(err, w) }) {
				t.Fatalf("%s, %s: error %v", x.name, what, err)
			}
			nothingLeft(t, to, what)
		}
		// Most of the ends, where the headers are, and a sample of all others; package-internal tests try each byte.
		var places []int
		for at := 0; at < len(whole); at += len(whole) / 40 {
			places = append(places, at)
		}
		for at := 7; at < 520; at += 23 {
			places = append(places, at, len(whole)-at*4)
		}
		for _, at := range places {
			flipped := slices.Clone(whole)
			flipped[at] ^= 1 << (at % 8)
			try(fmt.Sprintf("byte %d of %d", at, len(whole)), flipped, backup.ErrDamaged, backup.ErrLocked)
		}
		for _, n := range []int{0, 1, 21, 511, 512, 2000, len(whole) / 2, len(whole) - 2049, len(whole) - 2048, len(whole) - 1024, len(whole) - 1} {
			try(fmt.Sprintf("%d of %d bytes", n, len(whole)), whole[:n], backup.ErrDamaged)
		}
		try("one byte more", append(slices.Clone(whole), 0), backup.ErrDamaged)
		s.must(os.WriteFile(path, whole, 0o600))
		if _, err := backup.Restore(t.Context(), path, to); err != nil {
			t.Fatal(err)
		}
	}
}

// On PostgreSQL too a damaged backup leaves nothing.
func TestDamagedLeavesNothingInPostgres(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	path, _ := s.make(s.source())
	whole, err := os.ReadFile(path)
	s.must(err)
	to, _ := target(t, true)
	for _, at := range []int{len(whole) / 3, len(whole) - 3000, len(whole) - 1} {
		flipped := slices.Clone(whole)
		flipped[at] ^= 1
		s.must(os.WriteFile(path, flipped, 0o600))
		if _, err := backup.Restore(t.Context(), path, to); !errors.Is(err, backup.ErrDamaged) {
			t.Fatalf("byte %d: %v", at, err)
		}
		nothingLeft(t, to, fmt.Sprint("byte ", at))
	}
}

// A restore never takes the place of anything.
func TestRestoreNeverOverwrites(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		path, _ := s.make(s.source())
		before := digest(t, url)
		to, _ := target(t, false)
		to.Database = url
		if _, err := backup.Restore(t.Context(), path, to); !errors.Is(err, store.ErrNotEmpty) {
			t.Errorf("restoring over a database: %v", err)
		}
		same(t, digest(t, url), before)
		if _, err := backup.Make(t.Context(), s.source(), path); !errors.Is(err, backup.ErrExists) {
			t.Errorf("a backup in place of another: %v", err)
		}
	})
}

// A backup opens with its own passphrase or key and no other.
func TestEncryption(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	folder := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(folder, name)
		s.must(os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	right, wrong := file("right", "春风又绿江南岸明月何时照我还\n"), file("wrong", "明月何时照我还春风又绿江南岸")
	mine, err := age.GenerateX25519Identity()
	s.must(err)
	other, err := age.GenerateX25519Identity()
	s.must(err)
	restore := func(path string, identity, passphrase string) error {
		ids, err := backup.Identities(identity, passphrase)
		s.must(err)
		to, _ := target(t, false)
		to.Identities = ids
		got, err := backup.Restore(t.Context(), path, to)
		if err == nil && !got.Encrypted {
			t.Error("restored as if it were open")
		}
		if err != nil {
			nothingLeft(t, to, "locked")
		}
		return err
	}
	src := s.source()
	src.Recipients, err = backup.Recipients(nil, right)
	s.must(err)
	src.Secrets = map[string][]byte{"journal.key": []byte("PRIVATE+KEY")}
	path, made := s.make(src)
	content, err := os.ReadFile(path)
	s.must(err)
	if !made.Encrypted || !backup.IsEncrypted(content) || strings.Contains(string(content), "begin.json") {
		t.Error("it is not encrypted")
	}
	if err := restore(path, "", right); err != nil {
		t.Error(err)
	}
	for _, err := range []error{restore(path, "", wrong), restore(path, file("id", mine.String()), ""), restore(path, "", "")} {
		if !errors.Is(err, backup.ErrLocked) {
			t.Errorf("opened by something else: %v", err)
		}
	}
	src.Recipients, err = backup.Recipients([]string{mine.Recipient().String()}, "")
	s.must(err)
	path, _ = s.make(src)
	if err := restore(path, file("id", mine.String()), ""); err != nil {
		t.Error(err)
	}
	if err := restore(path, file("other", other.String()), ""); !errors.Is(err, backup.ErrLocked) {
		t.Errorf("opened by another key: %v", err)
	}
	// The signing key is in it, and in no open backup.
	to, _ := target(t, false)
	to.Identities = []age.Identity{mine}
	var key string
	to.Secret = func(name string, k []byte) error { key = name + string(k); return nil }
	if _, err := backup.Restore(t.Context(), path, to); err != nil || key != "journal.keyPRIVATE+KEY" {
		t.Errorf("the key came back as %q, %v", key, err)
	}
	src.Recipients = nil
	if _, err := backup.Make(t.Context(), src, filepath.Join(folder, "open.bhb")); !errors.Is(err, backup.ErrOpenKey) {
		t.Errorf("the key in an open backup: %v", err)
	}
	for _, f := range []func() error{
		func() error { _, err := backup.Recipients(nil, file("short", "短口令")); return err },
		func() error { _, err := backup.Recipients([]string{"age1nonsense"}, ""); return err },
		func() error { _, err := backup.Recipients([]string{mine.Recipient().String()}, right); return err },
		func() error { _, err := backup.Identities(right, ""); return err },
		func() error { _, err := backup.Identities("", filepath.Join(folder, "none")); return err },
	} {
		if f() == nil {
			t.Error("taken")
		}
	}
}

// A file that is not there or not what its name says does not keep the rest from being backed up, and is named.
func TestMissingFilesAreNamed(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	gone, changed := s.store([]byte("不见了的")), s.store([]byte("改动了的"))
	at := func(hash string) string { return filepath.Join(s.where, hash[:2], hash[2:4], hash) }
	s.must(os.Remove(at(gone)))
	s.must(os.WriteFile(at(changed), []byte("别的内容"), 0o600))
	path, made := s.make(s.source())
	want := []string{gone, changed}
	slices.Sort(want)
	if !slices.Equal(made.Missing, want) || made.Files != 2 {
		t.Errorf("missing %v of %d", made.Missing, made.Files)
	}
	to, _ := target(t, false)
	got, err := backup.Restore(t.Context(), path, to)
	if err != nil || len(got.Differences) != 2 || !strings.Contains(got.Differences[0], want[0]) {
		t.Errorf("%v %v", got.Differences, err)
	}
	if _, err := to.Files.Get(t.Context(), changed); err == nil {
		t.Error("the changed content came back under the old name")
	}
}

// What was erased before a backup is not in it.
func TestErasedDoesNotComeBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		const secret = "贾九章"
		s.must(s.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := org.AddStaff(t.Context(), tx, org.Program, s.town, secret, "", org.Cadre, "", "")
			return err
		}))
		hash := s.store([]byte(secret))
		holds := func() bool {
			path, _ := s.make(s.source())
			to, where := target(t, false)
			_, err := backup.Restore(t.Context(), path, to)
			s.must(err)
			found := false
			for _, folder := range []string{filepath.Dir(strings.TrimPrefix(to.Database, "sqlite://")), where} {
				s.must(filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
					if err != nil || d.IsDir() {
						return err
					}
					content, err := os.ReadFile(path)
					found = found || strings.Contains(string(content), secret)
					return err
				}))
			}
			return found
		}
		if !holds() {
			t.Fatal("the test looks in the wrong place")
		}
		s.must(ledger.EraseText(t.Context(), s.db, s.files, org.Program, secret, "本人申请", []string{hash}))
		if holds() {
			t.Error("what was erased came back with the backup")
		}
	})
}
