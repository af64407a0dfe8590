package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/vault"
)

// mostFile bounds a file of evidence that is restored. Papers of plans may have 32 MB.
const mostFile = 64 << 20

// mostKey bounds the signing key.
const mostKey = 64 << 10

// Target is where a backup is restored to. Database and Files are required.
type Target struct {
	// Residents is what [store.OpenResidents] takes, for the database of residents: a SQLite file that does not exist or a PostgreSQL schema
	// that is empty or missing.
	Residents    string
	Database     string // what [store.Open] takes: a SQLite file that does not exist or an empty PostgreSQL schema
	Files        *evidence.Files
	Identities   []age.Identity                          // what opens it when it is encrypted
	Secret       func(name string, content []byte) error // takes the keys that sign, where the backup has them; nil: they are passed over
	Record       bool                                    // the record shall say that it was restored; a drill leaves no trace
	SealKey      string                                  // file of the key of the database of residents; where there is none its sealed content is not checked
	PublicKeys   []string                                // that checkpoints are checked with; none: those that the backup names
	ResidentKeys []string                                // that those of the database of residents are checked with; none: of PublicKeys, or those that the backup names
	Checkpoints  []string                                // signed notes kept elsewhere, to check the record against
}

// Restored is what came out of restoring.
type Restored struct {
	Manifest
	Hash        string // SHA-256 of what is in the backup
	Encrypted   bool
	Differences []string      // what is not as it should be, in words; empty: all is well
	Opened      bool          // the sealed content was opened with the key of the database of residents
	Ready       time.Duration // until the database could have been used
	Checked     time.Duration // that verifying took after that
}

// Restore restores the backup at path. A backup that is damaged or does not fit leaves nothing behind in the database; files that were
// stored before that are named by nothing.
func Restore(ctx context.Context, path string, to Target) (Restored, error) {
	in, err := os.Open(path)
	if err != nil {
		return Restored{}, fmt.Errorf("读不了备份：%w", err)
	}
	defer in.Close()
	return to.restore(ctx, in)
}

func (to Target) restore(ctx context.Context, in io.Reader) (Restored, error) {
	started := time.Now() // what it takes is measured, and follows no clock of the ledger
	var got Restored
	archive, encrypted, err := unlock(in, to.Identities)
	if err != nil {
		return Restored{}, err
	}
	got.Encrypted = encrypted
	r := newReader(archive)
	begin, err := r.start()
	if err != nil {
		return Restored{}, err
	}
	c := contents{to: to, r: r, got: &got, parts: map[string]string{}, files: map[string]bool{}, secrets: map[string][]byte{}}
	beside := false // the database of residents is loaded
	err = store.Load(ctx, to.Database, begin.Schema, func(l *store.Loader) error {
		if c.l = l; begin.Residents == 0 {
			return c.load(ctx, begin)
		}
		err := store.LoadResidents(ctx, to.Residents, begin.Residents, func(l *store.Loader) error {
			c.residents = l
			return c.load(ctx, begin)
		}, func(*store.DB) error { return nil })
		beside = err == nil
		return err
	}, func(db *store.DB) error { return to.finish(ctx, db, started, &got) })
	if err != nil && beside { // half of a backup is none
		undoing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		err = errors.Join(err, store.UnloadResidents(undoing, to.Residents))
	}
	if errors.Is(err, store.ErrNewer) {
		err = fmt.Errorf("这份备份是更新版本的程序做的（数据结构 %d，程序 %s），请用那个版本恢复", begin.Schema, begin.Program)
	}
	if err == nil && begin.Residents > 0 {
		err = to.finishResidents(ctx, &got)
	}
	if err != nil {
		return Restored{}, err
	}
	return got, nil
}

// start reads what the backup says of itself.
func (r *reader) start() (Begin, error) {
	var begin Begin
	name, _, err := r.next()
	if err == nil && name != beginName {
		err = fmt.Errorf("%w（开头不是 %s）", ErrDamaged, beginName)
	}
	if err == nil {
		err = r.getJSON(&begin)
	}
	if err == nil && (begin.Format < 1 || begin.Format > format) {
		err = fmt.Errorf("这份备份的格式是 %d，本程序只认识 %d，请用做它的版本（%s）恢复", begin.Format, format, begin.Program)
	}
	return begin, err
}

// contents takes what is in an archive.
type contents struct {
	to  Target
	r   *reader
	l   *store.Loader
	got *Restored
	// residents takes the rows of the database of residents; nil when the backup has none.
	residents *store.Loader
	parts     map[string]string // SHA-256 of what was read
	files     map[string]bool   // that came whole
	other     []string          // files that are not what their name says
	secrets   map[string][]byte
	content   bytes.Buffer // of the file being read
}

// isKeyName tells whether a key may have that name: no path leads out of the folder that it is written to.
func isKeyName(name string) bool {
	return strings.HasSuffix(name, ".key") && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz.") == "" && !strings.HasPrefix(name, ".")
}

// load reads the archive to its end. What it returns without error is, byte by byte, what was backed up.
func (c *contents) load(ctx context.Context, begin Begin) error {
	err := c.read(ctx)
	if err == nil {
		err = c.compare(begin)
	}
	if err == nil && c.to.Secret != nil {
		for name, content := range c.secrets {
			err = errors.Join(err, c.to.Secret(name, content))
		}
		return err
	}
	if err == nil || errors.Is(err, ErrDamaged) {
		return err
	}
	// Changed bytes can make a row that the database refuses: then they are what is wrong.
	if _, ending := c.r.end(); ending != nil && ctx.Err() == nil {
		return damaged(err)
	}
	return err
}

func (c *contents) read(ctx context.Context) error {
	for {
		name, size, err := c.r.next()
		if err != nil {
			return err
		}
		if name == manifestName {
			break
		}
		if err := c.entry(ctx, name, size); err != nil {
			return err
		}
	}
	if err := c.r.getJSON(&c.got.Manifest); err != nil {
		return err
	}
	if name, _, err := c.r.next(); err != nil || name != sumName {
		return errors.Join(ErrDamaged, err)
	}
	var err error
	c.got.Hash, err = c.r.end()
	return err
}

// entry takes one entry before the manifest.
func (c *contents) entry(ctx context.Context, name string, size int64) error {
	sum := sha256.New()
	in := io.TeeReader(c.r, sum)
	table, isRows := strings.CutPrefix(name, rowsFolder)
	resident, isBeside := strings.CutPrefix(name, besideFolder)
	hash, isFile := strings.CutPrefix(name, filesFolder)
	secret, isSecret := strings.CutPrefix(name, keysFolder)
	var err error
	switch {
	case isRows:
		table, _, _ = strings.Cut(table, "/")
		err = loadPart(ctx, c.l, table, in)
	case isBeside && c.residents != nil:
		resident, _, _ = strings.Cut(resident, "/")
		err = loadPart(ctx, c.residents, resident, in)
	case isFile && isHash(hash):
		err = c.file(ctx, hash, size)
		return err
	case isSecret && isKeyName(secret) && size <= mostKey:
		var key []byte
		if key, err = io.ReadAll(in); err == nil {
			c.secrets[secret] = key
		}
	default:
		err = fmt.Errorf("%w（不认识 %q）", ErrDamaged, name)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, in) // what the unpacking left
	}
	c.parts[name] = hex.EncodeToString(sum.Sum(nil))
	return err
}

func (c *contents) file(ctx context.Context, hash string, size int64) error {
	if size > mostFile {
		return fmt.Errorf("%w（文件 %s 过大）", ErrDamaged, hash)
	}
	c.content.Reset()
	if _, err := c.content.ReadFrom(c.r); err != nil {
		return err
	}
	err := c.to.Files.PutAs(ctx, hash, bytes.NewReader(c.content.Bytes()), size)
	if errors.Is(err, evidence.ErrChanged) {
		c.other = append(c.other, hash)
		return nil
	}
	c.files[hash] = err == nil
	return err
}

// compare holds what was read against the manifest.
func (c *contents) compare(begin Begin) error {
	m := c.got.Manifest
	if m.Begin != begin {
		return fmt.Errorf("%w（开头和清单不符）", ErrDamaged)
	}
	for name, sum := range m.Parts {
		if c.parts[name] != sum {
			return fmt.Errorf("%w（%s 不是清单上的内容）", ErrDamaged, name)
		}
	}
	for _, x := range []struct {
		loader *store.Loader
		tables map[string]int64
	}{{c.l, m.Tables}, {c.residents, m.ResidentTables}} {
		var loaded map[string]int64
		if x.loader != nil {
			loaded = x.loader.Loaded()
		}
		for table, n := range x.tables {
			if loaded[table] != n {
				return fmt.Errorf("%w（表 %s 应有 %d 行，有 %d 行）", ErrDamaged, table, n, loaded[table])
			}
		}
		if len(loaded) > len(x.tables) {
			return fmt.Errorf("%w（内容比清单多）", ErrDamaged)
		}
	}
	if len(c.parts) != len(m.Parts) || int64(len(c.files)) != m.Files {
		return fmt.Errorf("%w（内容比清单多或少）", ErrDamaged)
	}
	for _, hash := range c.other {
		if !slices.Contains(m.Missing, hash) {
			return fmt.Errorf("%w（文件 %s 的内容变了）", ErrDamaged, hash)
		}
	}
	for _, hash := range m.Missing {
		c.got.Differences = append(c.got.Differences, "文件 "+hash+" 备份时就缺失或已损坏")
	}
	return nil
}

// finish makes the restored database whole and checks it.
func (to Target) finish(ctx context.Context, db *store.DB, started time.Time, got *Restored) error {
	if err := journal.Begin(ctx, db); err != nil { // of a backup that is older than the log
		return err
	}
	if err := ledger.Reindex(ctx, db); err != nil {
		return err
	}
	got.Ready = time.Since(started) - got.Checked
	err := to.check(ctx, got, func() ([]string, error) {
		beside := func(origin string) bool { return isNamed(origin, got.ResidentKeys) }
		keys := to.PublicKeys
		if len(keys) == 0 {
			keys = got.Keys
		}
		return to.verify(ctx, proof.Subject{DB: db, Files: to.Files}, keys, got.Checkpoint, got.Missing, beside)
	})
	if err != nil {
		return err
	}
	return to.record(ctx, db, got)
}

// finishResidents checks the database of residents, in which nothing needs to be made anew. It comes after the house is there whole: while
// that is being filled PostgreSQL holds locks that a look at a schema would wait for.
func (to Target) finishResidents(ctx context.Context, got *Restored) error {
	db, err := store.OpenResidents(ctx, to.Residents)
	if err != nil {
		return err
	}
	err = to.check(ctx, got, func() ([]string, error) {
		house := func(origin string) bool { return !isNamed(origin, got.ResidentKeys) }
		keys := got.ResidentKeys
		origin, _, _ := strings.Cut(got.ResidentCheckpoint, "\n")
		switch {
		case len(to.ResidentKeys) > 0:
			keys = to.ResidentKeys
		case isNamed(origin, to.PublicKeys):
			keys = to.PublicKeys
		}
		list, err := to.verify(ctx, proof.Subject{DB: db}, keys, got.ResidentCheckpoint, nil, house)
		if err != nil || to.SealKey == "" {
			return list, err
		}
		v, err := vault.Unlock(ctx, db, to.SealKey)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return list, nil
		case errors.Is(err, vault.ErrKey):
			return append(list, "密钥 "+to.SealKey+" 不是居民信息库的"), nil
		case err != nil:
			return list, err
		}
		unopened, err := v.Unopened(ctx, nil)
		got.Opened = err == nil
		return append(list, unopened...), err
	})
	if err == nil {
		err = to.record(ctx, db, got)
	}
	return errors.Join(err, db.Close())
}

// isNamed tells whether a log of that name signs with one of these public keys.
func isNamed(origin string, keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(key, origin+"+") })
}

// check notes what a check finds and how long it takes. What was restored is as it was backed up even when the check cannot be made.
func (to Target) check(ctx context.Context, got *Restored, find func() ([]string, error)) error {
	begun := time.Now()
	differences, err := find()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err != nil {
		differences = append(differences, "核对没有做完："+err.Error())
	}
	got.Differences = append(got.Differences, differences...)
	got.Checked += time.Since(begun)
	return nil
}

// record has the record of a restored database say so, where it shall.
func (to Target) record(ctx context.Context, db *store.DB, got *Restored) error {
	if !to.Record {
		return nil
	}
	return db.Write(ctx, func(tx *store.Tx) error {
		return journal.Append(ctx, tx, journal.Entry{Who: org.Program.Name, Verb: "恢复", Kind: "backup", Changes: []journal.Change{
			{Field: "备份时间", To: got.MadeAt().Format("2006-01-02 15:04:05")}, {Field: "备份内容 SHA-256", To: got.Hash}}})
	})
}

// verify checks the record of a restored database with these keys. Of the checkpoints kept elsewhere, others tells which are of the other log.
func (to Target) verify(ctx context.Context, subject proof.Subject, keys []string, checkpoint string, missing []string, others func(origin string) bool) ([]string, error) {
	for _, text := range keys {
		key, err := journal.ParseVerifier(text)
		if err != nil {
			return nil, err
		}
		subject.Keys = append(subject.Keys, key)
	}
	for _, text := range to.Checkpoints {
		if origin, _, _ := strings.Cut(text, "\n"); !others(origin) {
			subject.Checkpoints = append(subject.Checkpoints, text)
		}
	}
	if checkpoint != "" {
		subject.Checkpoints = append(subject.Checkpoints, checkpoint)
	}
	report, err := proof.Verify(ctx, subject)
	var list []string
	for _, d := range report.Differences {
		if d.Kind == proof.FileMissing && slices.Contains(missing, d.File) {
			continue // told already
		}
		list = append(list, d.String())
	}
	if report.More > 0 {
		list = append(list, fmt.Sprintf("另有 %d 处没有列出", report.More))
	}
	return list, err
}
