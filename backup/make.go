package backup

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"filippo.io/age"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/store"
)

// Source is what is backed up, and how. Dump, Files and Now are required.
type Source struct {
	// Dump runs a function on the database at one instant: [store.DB.Dump], or [store.DumpAt] of a database in use elsewhere.
	Dump func(context.Context, func(*store.Dump) error) error
	// Residents does the same for the database of residents; nil: there is none.
	Residents  func(context.Context, func(*store.Dump) error) error
	Files      *evidence.Files
	Now        func() time.Time
	Program    string   // version of the program
	PublicKeys []string // that checkpoints of the record are checked with
	// ResidentKeys are those of the record of the database of residents.
	ResidentKeys []string
	Secrets      map[string][]byte // keys that sign, and that of the database of residents, by the names of their files; only in an encrypted backup
	Recipients   []age.Recipient   // for whom the backup is encrypted; none: it is not
}

// SealKeyName is the name of the key of the database of residents in a backup and in a folder of data.
const SealKeyName = "residents.key"

// AddSealKey puts the key of the database of residents, from its file, into a backup that is encrypted. In one that is not the sealed content
// is worth as little as ever to whoever finds it, and the key must not be there: it has to be kept apart.
func (src *Source) AddSealKey(file string) error {
	if len(src.Recipients) == 0 {
		return nil
	}
	key, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("居民信息库的密钥读不了：%w", err)
	}
	if src.Secrets == nil {
		src.Secrets = map[string][]byte{}
	}
	src.Secrets[SealKeyName] = key
	return nil
}

// Made is a backup that was made.
type Made struct {
	Manifest
	Size      int64 // bytes of the file
	Encrypted bool
	Hash      string // SHA-256 of what is in it, before encrypting
}

// ErrExists is the error of a backup in the place of another file.
var ErrExists = errors.New("已有同名的文件，没有动它：请换一个名字")

// ErrOpenKey is the error of a signing key in a backup that anybody can read.
var ErrOpenKey = errors.New("私钥和居民信息库的密钥只放进加密的备份：请同时用 --recipient 或 --passphrase-file")

// Make writes a backup to path, which must not exist. The file appears there whole and on disk, or not at all.
func Make(ctx context.Context, src Source, path string) (Made, error) {
	if len(src.Secrets) > 0 && len(src.Recipients) == 0 {
		return Made{}, ErrOpenKey
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return Made{}, errors.Join(ErrExists, err)
	}
	part := path + "." + rand.Text()[:8] + ".part"
	out, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return Made{}, fmt.Errorf("备份写不了：%w", err)
	}
	made, err := src.write(ctx, out)
	if err == nil {
		err = out.Sync()
	}
	if closing := out.Close(); err == nil {
		err = closing
	}
	if err == nil {
		if _, statErr := os.Stat(path); !errors.Is(statErr, fs.ErrNotExist) {
			err = errors.Join(ErrExists, statErr)
		} else {
			err = os.Rename(part, path)
		}
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("磁盘已满，请清理磁盘或换一个地方（%w）", err)
	}
	if err != nil {
		return Made{}, errors.Join(err, os.Remove(part))
	}
	syncFolder(filepath.Dir(path))
	return made, nil
}

// syncFolder makes a new name last. Where folders cannot be synced, the system does it by itself.
func syncFolder(folder string) {
	if f, err := os.Open(folder); err == nil {
		_ = f.Sync()
		f.Close()
	}
}

// write writes the whole backup to out.
func (src Source) write(ctx context.Context, out io.Writer) (Made, error) {
	counted := &counter{to: out}
	buffered := bufio.NewWriterSize(counted, 1<<20)
	var inner io.Writer = buffered
	var sealed io.WriteCloser
	if len(src.Recipients) > 0 {
		var err error
		if sealed, err = age.Encrypt(buffered, src.Recipients...); err != nil {
			return Made{}, fmt.Errorf("encrypt backup: %w", err)
		}
		inner = bufio.NewWriterSize(sealed, 64<<10)
	}
	made := Made{Encrypted: sealed != nil}
	var err error
	if made.Manifest, made.Hash, err = src.archive(ctx, inner); err != nil {
		return Made{}, err
	}
	if sealed != nil {
		if err := errors.Join(inner.(*bufio.Writer).Flush(), sealed.Close()); err != nil {
			return Made{}, err
		}
	}
	err = buffered.Flush()
	made.Size = counted.n
	return made, err
}

// archive writes what the backup holds.
func (src Source) archive(ctx context.Context, out io.Writer) (Manifest, string, error) {
	m := Manifest{Tables: map[string]int64{}, Parts: map[string]string{}, Missing: []string{}, Keys: src.PublicKeys}
	var w *writer
	var hashes []string
	err := src.dump(ctx, func(house, residents *store.Dump) (err error) {
		m.Begin = Begin{Format: format, Program: src.Program, Kind: "sqlite", Schema: house.Schema, Made: src.Now().UnixMilli()}
		if house.Postgres() {
			m.Kind = "postgres"
		}
		if residents != nil {
			m.Residents, m.ResidentTables, m.ResidentKeys = residents.Schema, map[string]int64{}, src.ResidentKeys
		}
		w = newWriter(out, m.MadeAt())
		if err := w.putJSON(beginName, m.Begin); err != nil {
			return err
		}
		rows := newRowWriter(w, &m)
		if m.Checkpoint, err = rows.dump(ctx, house, rowsFolder, m.Tables); err != nil {
			return err
		}
		if residents != nil {
			if m.ResidentCheckpoint, err = rows.dump(ctx, residents, besideFolder, m.ResidentTables); err != nil {
				return err
			}
		}
		hashes, err = named(ctx, house)
		return err
	})
	if err != nil {
		return Manifest{}, "", fmt.Errorf("back up database: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(src.Secrets)) {
		sum := sha256.Sum256(src.Secrets[name])
		m.Parts[keysFolder+name] = hex.EncodeToString(sum[:])
		if err := w.put(keysFolder+name, src.Secrets[name]); err != nil {
			return Manifest{}, "", err
		}
	}
	for _, hash := range hashes {
		if err := ctx.Err(); err != nil {
			return Manifest{}, "", err
		}
		if err := src.file(ctx, w, &m, hash); err != nil {
			return Manifest{}, "", fmt.Errorf("back up file %s: %w", hash, err)
		}
	}
	if err := w.putJSON(manifestName, m); err != nil {
		return Manifest{}, "", err
	}
	sum, err := w.end()
	return m, sum, err
}

// dump runs fn on both databases, each at one instant, the ledger's a moment before the residents'.
func (src Source) dump(ctx context.Context, fn func(house, residents *store.Dump) error) error {
	return src.Dump(ctx, func(house *store.Dump) error {
		if src.Residents == nil {
			return fn(house, nil)
		}
		return src.Residents(ctx, func(residents *store.Dump) error { return fn(house, residents) })
	})
}

// lastCheckpoint is the newest signed note, empty when nothing was signed or nothing could be yet.
func lastCheckpoint(ctx context.Context, s *store.Dump, tables []store.Table) (string, error) {
	if !slices.ContainsFunc(tables, func(t store.Table) bool { return t.Name == "checkpoint" }) {
		return "", nil
	}
	c, err := journal.LastCheckpoint(ctx, s)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return c.Note, err
}

// named are the files that rows name, by hash. Those that were erased are not there any more, and are not missed.
func named(ctx context.Context, s *store.Dump) ([]string, error) {
	tables, err := s.Tables(ctx)
	if err != nil {
		return nil, err
	}
	query := `select hash from file`
	for _, t := range tables {
		if t.Name == "file" && slices.Contains(t.Columns, "erased") {
			query += ` where erased = 0`
		}
	}
	return store.All(ctx, s, store.Value[string], query+` order by hash`)
}

// file copies one file of evidence. One that is not there, or not what its name says, is noted and does not keep the rest from being
// backed up.
func (src Source) file(ctx context.Context, w *writer, m *Manifest, hash string) error {
	in, err := src.Files.Open(ctx, hash)
	if errors.Is(err, evidence.ErrMissing) || errors.Is(err, evidence.ErrChanged) {
		m.Missing = append(m.Missing, hash)
		return nil
	}
	if err != nil {
		return err // the place does not answer: a backup without all its files must not pass for one
	}
	defer in.Close()
	size := in.Size()
	if err := w.begin(filesFolder+hash, size); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(w.tar, sum), in, size); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != hash {
		m.Missing = append(m.Missing, hash) // it was changed while it was read
		return nil
	}
	m.Files++
	m.Content += size
	return nil
}

// counter counts what is written.
type counter struct {
	to io.Writer
	n  int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.n += int64(n)
	return n, err
}
