package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"bihuan/backup"
	"bihuan/journal"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// The number and the words of a list that are kept sealed.
const (
	number = "990408194610010018"
	listed = "姓名,身份证号\n张秀英,990408194610010018\n"
)

// residents is the database of residents beside a site, with a person and a list in it.
type residents struct {
	*vault.Vault

	url, key string
	log      journal.Log
	person   int64
	list     int64
}

func (s *site) residents(house string) *residents {
	s.t.Helper()
	ctx := s.t.Context()
	folder := s.t.TempDir()
	r := &residents{key: filepath.Join(folder, "residents.key")}
	var err error
	r.url, err = store.ResidentsOf(house)
	s.must(err)
	r.Vault, err = vault.Open(ctx, r.url, r.key)
	s.must(err)
	s.t.Cleanup(func() { r.Close() })
	r.Now = s.db.Now
	s.must(r.Write(ctx, func(tx *store.Tx) error {
		r.person = tx.ID()
		if _, err := tx.Exec(ctx, `insert into person (id, unit, village, path, came_on, place, household, number, number_index, name, birth, sex, phone, dead_on, moved_on, version)
			values ($1, $2, 0, '/', '', '东槐村', '12', $3, $4, '张秀英', '1946-10-01', '女', '', '', '', 1)`, r.person, s.town.ID, r.Seal("person.number", number), r.Index("number", number)); err != nil {
			return err
		}
		list, err := r.KeepFile(ctx, tx, strings.NewReader(listed+strings.Repeat("李梅,无\n", 200_000)), 8<<20)
		r.list = list.ID
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: "person", Row: r.person})
	}))
	key, err := journal.OpenLogKey(filepath.Join(folder, "residents.journal.key"))
	s.must(err)
	r.log = journal.Log{DB: r.DB, Key: key}
	_, err = r.log.Checkpoint(ctx)
	s.must(err)
	return r
}

// sourceWith is what is backed up with the residents.
func (s *site) sourceWith(r *residents) backup.Source {
	src := s.source()
	src.Residents, src.ResidentKeys = r.Dump, []string{r.log.Key.Verifier}
	return src
}

// targetWith is an empty place for both databases.
func targetWith(t testing.TB, postgres bool) backup.Target {
	t.Helper()
	to, _ := target(t, postgres)
	var err error
	if to.Residents, err = store.ResidentsOf(to.Database); err != nil {
		t.Fatal(err)
	}
	return to
}

// The database of residents comes back with the other, from either kind into either kind: sealed as it was, and open with its key.
func TestResidentsAreRestored(t *testing.T) {
	kinds(t, func(t *testing.T, url string, toPostgres bool) {
		ctx := t.Context()
		s := open(t, url)
		r := s.residents(url)
		path, made := s.make(s.sourceWith(r))
		if made.Residents == 0 || made.ResidentTables["person"] != 1 || made.ResidentTables["sealed_piece"] < 2 || made.ResidentCheckpoint == "" {
			t.Errorf("made %+v", made.Manifest)
		}
		content, err := os.ReadFile(path)
		s.must(err)
		if bytes.Contains(content, []byte(number)) || bytes.Contains(content, []byte("bihuan-residents-key")) {
			t.Error("a plain backup holds a number, or the key")
		}
		to := targetWith(t, toPostgres)
		to.SealKey = r.key
		got, err := backup.Restore(ctx, path, to)
		s.must(err)
		if len(got.Differences) > 0 || !got.Opened || got.Rows() != made.Rows() {
			t.Errorf("restored %+v", got)
		}
		same(t, digest(t, to.Database), digest(t, url))
		same(t, residentsDigest(t, to.Residents), residentsDigest(t, r.url))
		v, err := vault.Open(ctx, to.Residents, r.key)
		s.must(err)
		defer v.Close()
		sealed, err := store.One(ctx, v, store.Value[string], `select number from person where number_index = $1`, v.Index("number", number))
		s.must(err)
		if text, err := v.Unseal("person.number", sealed); err != nil || text != number {
			t.Errorf("it opens as %q, %v", text, err)
		}
		f, err := v.OpenFile(ctx, r.list)
		s.must(err)
		start := make([]byte, len(listed))
		if _, err := f.ReadAt(start, 0); err != nil || string(start) != listed {
			t.Errorf("the list begins %q, %v", start, err)
		}
		s.must(v.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `update person set household = '13', version = version + 1 where id = $1`, r.person); err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "修改", Kind: "person", Row: r.person})
		}))
	})
}

// residentsDigest is [digest] of a database of residents.
func residentsDigest(t testing.TB, url string) map[string]string {
	t.Helper()
	return digestOf(t, func(fn func(*store.Dump) error) error { return store.DumpResidentsAt(context.Background(), url, fn) })
}

// What is sealed and does not open, or has another key, is named; so is a row that was altered.
func TestRestoringFindsWhatIsSealedWrong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		s := open(t, url)
		r := s.residents(url)
		other := filepath.Join(t.TempDir(), "other.key")
		s.must(os.WriteFile(other, []byte("bihuan-residents-key:"+strings.Repeat("ab", 32)+"\n"), 0o600))
		restored := func(key string) string {
			t.Helper()
			path, _ := s.make(s.sourceWith(r))
			to := targetWith(t, s.db.Postgres())
			to.SealKey = key
			got, err := backup.Restore(ctx, path, to)
			s.must(err)
			return strings.Join(got.Differences, "\n")
		}
		if said := restored(filepath.Join(t.TempDir(), "none.key")); said != "" {
			t.Errorf("with a key that is not there: %s", said)
		}
		if said := restored(other); !strings.Contains(said, "不是居民信息库的") {
			t.Errorf("with another key: %s", said)
		}
		s.must(r.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `update person set phone = $1`, r.Seal("person.number", "13800001234")); err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "修改", Kind: "person", Row: r.person})
		}))
		s.raw(r.url, `update person set name = '李梅'`, `update sealed_piece set content = (select content from sealed_piece where n = 1) where n = 0`)
		said := restored(r.key)
		for _, want := range []string{fmt.Sprintf("person %d 的 phone 打不开", r.person), fmt.Sprintf("数据行被改动：person %d 的 name", r.person), fmt.Sprintf("加密文件 %d 打不开", r.list)} {
			if !strings.Contains(said, want) {
				t.Errorf("altered: no %q in %s", want, said)
			}
		}
	})
}

// A backup of which the house cannot be restored leaves no residents either, and the other way round.
func TestHalfARestoreIsNone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		s := open(t, url)
		r := s.residents(url)
		path, _ := s.make(s.sourceWith(r))
		content, err := os.ReadFile(path)
		s.must(err)
		content[len(content)-3000] ^= 1
		broken := filepath.Join(t.TempDir(), "broken.bhb")
		s.must(os.WriteFile(broken, content, 0o600))
		to := targetWith(t, s.db.Postgres())
		if _, err := backup.Restore(ctx, broken, to); !errors.Is(err, backup.ErrDamaged) {
			t.Errorf("a damaged one: %v", err)
		}
		absent := func(what, address string) {
			t.Helper()
			if there, err := store.Exists(ctx, address); err != nil || there {
				t.Errorf("%s: %v %v", what, there, err)
			}
		}
		absent("the house", to.Database)
		absent("the residents", to.Residents)
		// The house refuses at the very end, when the residents are there already: a row refers to none.
		s.set("2026-04-17 09:00")
		loose := []string{`insert into holding (id, post, staff, starts, ends, basis, version) values (1, 77, 78, '', '', '', 1)`}
		if s.db.Postgres() {
			loose = append([]string{`alter table holding drop constraint holding_post_fkey`, `alter table holding drop constraint holding_staff_fkey`}, loose...)
		}
		s.raw(url, loose...)
		dangling, _ := s.make(s.sourceWith(r))
		s.raw(url, `delete from holding where id = 1`)
		if _, err := backup.Restore(ctx, dangling, to); err == nil {
			t.Error("a reference to nothing is restored")
		}
		absent("the house", to.Database)
		absent("the residents", to.Residents)
		failing := errors.New("no")
		to.Secret = func(string, []byte) error { return failing }
		src := s.sourceWith(r)
		src.Secrets = map[string][]byte{"residents.key": []byte("x")}
		identity, err := age.GenerateX25519Identity()
		s.must(err)
		src.Recipients, to.Identities = []age.Recipient{identity.Recipient()}, []age.Identity{identity}
		path, _ = s.make(src)
		if _, err := backup.Restore(ctx, path, to); !errors.Is(err, failing) {
			t.Errorf("a key that cannot be written: %v", err)
		}
		absent("the house", to.Database)
		absent("the residents", to.Residents)
		to.Secret = nil
		_, err = backup.Restore(ctx, path, to)
		s.must(err)
		if _, err := backup.Restore(ctx, path, to); !errors.Is(err, store.ErrNotEmpty) {
			t.Errorf("over another: %v", err)
		}
		if there, err := store.Exists(ctx, to.Residents); err != nil || !there {
			t.Errorf("it was removed: %v", err)
		}
	})
}

// The key of the residents is in encrypted backups and in no other; a drill opens with it what is sealed.
func TestSealKeyOnlyUnderSeal(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		r := s.residents(url)
		identity, err := age.GenerateX25519Identity()
		s.must(err)
		for _, encrypted := range []bool{false, true} {
			folder, keepers := s.keepers(1, func(c *backup.Config) {
				c.Residents, c.SealKey, c.ResidentKeys = r.DB, r.key, []string{r.log.Key.Verifier}
				if encrypted {
					c.Recipients, c.Identities = []age.Recipient{identity.Recipient()}, []age.Identity{identity}
				}
			})
			s.set(map[bool]string{false: "2026-04-16 02:00", true: "2026-05-16 02:00"}[encrypted])
			s.must(keepers[0].Pass(t.Context()))
			drills, err := backup.Drills(t.Context(), s.db, 1)
			s.must(err)
			if len(drills) != 1 || drills[0].State != "passed" {
				t.Errorf("the drill: %+v", drills)
			}
			var secrets []string
			to := targetWith(t, s.db.Postgres())
			to.Identities = []age.Identity{identity}
			to.Secret = func(name string, content []byte) error {
				secrets = append(secrets, name)
				return nil
			}
			_, err = backup.Restore(t.Context(), filepath.Join(folder, names(t, folder)[0]), to)
			s.must(err)
			if want := map[bool]string{false: "[]", true: "[residents.key]"}[encrypted]; fmt.Sprint(secrets) != want {
				t.Errorf("encrypted %v: keys %v", encrypted, secrets)
			}
		}
	})
}

// A photograph that was deleted with a reason, and a person who was erased with what others said of them, are in no backup that is made
// afterwards, plain or encrypted; the one before held them.
func TestErasedResidentsDoNotComeBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		s := open(t, url)
		r := s.residents(url)
		identity, err := age.GenerateX25519Identity()
		s.must(err)
		dropped, erased := r.photographed(s, "李四海", "990408195202020026"), r.photographed(s, "张秀英", number)
		var request int64
		s.must(r.Write(ctx, func(tx *store.Tx) error {
			request = tx.ID()
			if _, err := tx.Exec(ctx, `insert into request (id, unit, village, year, serial, received, channel, name, phone, benefit, said, staff, answered, answered_by, verdict, condition, advice, application, application_no, outcome, told, told_how, told_by, version)
				values ($1, $2, 0, '2026', 1, '2026-04-02', 'oral', '李四海', '', '', $3, 0, '', 0, '', '', '', 0, '', '', '', '', 0, 1)`, request, s.town.ID, r.Seal("request.said", "邻居张秀英没领到")); err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: "request", Row: request})
		}))
		look := func(when string, want ...string) {
			t.Helper()
			for _, encrypted := range []bool{false, true} {
				src, to := s.sourceWith(r), targetWith(t, false)
				if to.SealKey = r.key; encrypted {
					src.Recipients, to.Identities = []age.Recipient{identity.Recipient()}, []age.Identity{identity}
				}
				path, _ := s.make(src)
				got, err := backup.Restore(ctx, path, to)
				s.must(err)
				if len(got.Differences) > 0 || !got.Opened {
					t.Errorf("%s: restored %+v", when, got)
				}
				found := s.search(to, r.key, map[string][]byte{"the name": []byte("张秀英"), "the number": []byte(number), "the dropped photograph": dropped.content, "its sealed bytes": dropped.sealed,
					"the erased photograph": erased.content, "its sealed bytes too": erased.sealed})
				if !slices.Equal(found, want) {
					t.Errorf("%s, encrypted %v: found %q, want %q", when, encrypted, found, want)
				}
			}
		}
		look("before", "its sealed bytes", "its sealed bytes too", "the dropped photograph", "the erased photograph", "the name", "the number")
		s.must(lead.DropProof(ctx, r.Vault, s.db, s.clerk, dropped.hit, dropped.check, 1, "拍到了别人的证件"))
		look("dropped", "its sealed bytes too", "the erased photograph", "the name", "the number")
		s.must(r.ErasePerson(ctx, s.db, org.Program, vault.Erasure{Text: number, Reason: "本人申请，〔2026〕3号", Also: []string{fmt.Sprintf("request-words:%d", request)}, Files: true}))
		look("erased")
	})
}

// photograph proves the check of a hit.
type photograph struct {
	hit, check int64
	content    []byte
	sealed     []byte // how it begins in the database
}

// photographed enters a hit about somebody with a check that a photograph proves.
func (r *residents) photographed(s *site, name, number string) photograph {
	s.t.Helper()
	ctx := s.t.Context()
	p := photograph{content: make([]byte, 300_000)}
	_, _ = rand.NewChaCha8(sha256.Sum256([]byte(name))).Read(p.content) // never fails
	s.must(r.Write(ctx, func(tx *store.Tx) error {
		screening := tx.ID()
		p.hit, p.check = tx.ID(), tx.ID()
		f, err := r.KeepFile(ctx, tx, bytes.NewReader(p.content), 1<<20)
		if err != nil {
			return err
		}
		for _, x := range []struct {
			query string
			args  []any
		}{
			{`insert into screening (id, unit, programme, serial, as_of, params, rules, datasets, finding, state, problem, counts, report, result, started, ended, staff, version)
				values ($1, $2, 0, $3, '2026-04-15', '', '', '[]', 0, 'done', '', '', '', '', 0, 0, 0, 1)`, []any{screening, s.town.ID, screening}},
			{`insert into hit (id, screening, unit, rule, rule_version, hit_key, certainty, number, number_index, name, birth, household, place, village, why, amount, sources,
				state, first_hit, duty, due, extended, application, closed, closed_why, version)
				values ($1, $2, $3, 'HL-01', 1, $4, 'hit', $5, $6, $7, '', '', '', 0, $8, 0, '[]', 'checked', 0, 0, '', 0, 0, '', '', 1)`,
				[]any{p.hit, screening, s.town.ID, r.Index("hit", name), r.Seal("hit.number", number), r.Index("number", number), name, r.Seal("hit.why", name+"没领到")}},
			{`insert into verification (id, hit, staff, who, checked, method, outcome, blamed, said, proof, proof_file, passed_to, entered, confirmed, confirmed_by, opinion, returned, version)
				values ($1, $2, 0, '郝根生', '2026-04-15', '入户', 'right-new', '', '', '', $3, '', 0, 0, 0, '', 0, 1)`, []any{p.check, p.hit, f.ID}},
		} {
			if _, err := tx.Exec(ctx, x.query, x.args...); err != nil {
				return err
			}
		}
		if err := journal.Append(ctx, tx, journal.Entry{Verb: "核实", Kind: "hit", Row: p.hit}); err != nil {
			return err
		}
		p.sealed, err = store.One(ctx, tx, store.Value[[]byte], `select content from sealed_piece where file = $1 and n = 0`, f.ID)
		p.sealed = p.sealed[:min(len(p.sealed), 200)] // the rest of a row stands elsewhere in the file
		return err
	}))
	return p
}

// search tells which of some secrets, by what they are called, stand in what was restored: in any file of it, in any word or file that is
// sealed.
func (s *site) search(to backup.Target, key string, secrets map[string][]byte) []string {
	s.t.Helper()
	ctx := s.t.Context()
	found := map[string]bool{}
	look := func(content []byte) {
		for what, secret := range secrets {
			if bytes.Contains(content, secret) {
				found[what] = true
			}
		}
	}
	for _, address := range []string{to.Database, to.Residents} {
		files, err := filepath.Glob(filepath.Join(filepath.Dir(strings.TrimPrefix(address, "sqlite://")), "*"))
		s.must(err)
		for _, name := range files {
			content, err := os.ReadFile(name)
			if err != nil { // a folder
				continue
			}
			look(content)
		}
	}
	v, err := vault.Open(ctx, to.Residents, key)
	s.must(err)
	defer v.Close()
	for _, c := range []string{"person.number", "hit.number", "hit.why", "request.said", "verification.said"} {
		table, column, _ := strings.Cut(c, ".")
		list, err := store.All(ctx, v, store.Value[string], `select `+column+` from `+table)
		s.must(err)
		for _, x := range list {
			text, err := v.Unseal(c, x)
			s.must(err)
			look([]byte(text))
		}
	}
	ids, err := store.All(ctx, v, store.Value[int64], `select id from sealed_file where size < 1000000`) // not the list: those go whole, on their own day
	s.must(err)
	for _, id := range ids {
		f, err := v.OpenFile(ctx, id)
		s.must(err)
		content, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<20))
		s.must(err)
		look(content)
	}
	return slices.Sorted(maps.Keys(found))
}
