// Package evidence keeps the files that prove something was said or done, each under the SHA-256 of its content.
package evidence

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Most is how many bytes a file of evidence may have.
const Most = 20 << 20

// Files is a folder of files named by the hash of their content: ab/cd/abcd…. Beside them, in a folder of their own, stand the parts
// of uploads on their way.
type Files struct {
	root   *os.Root
	places chan struct{} // for looking at a whole file: two at once are enough for a small PC

	mu    sync.Mutex
	parts map[int64]*partLock
}

// partLock lets one writer at a time at the part file of an upload.
type partLock struct {
	sync.Mutex
	users int
}

// OpenFiles opens the folder, making it when missing. Nothing is ever read or written outside of it.
func OpenFiles(folder string) (*Files, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("open files: %w", err)
	}
	return &Files{root: root, places: make(chan struct{}, 2), parts: map[int64]*partLock{}}, nil
}

// Close closes the folder.
func (f *Files) Close() error { return f.root.Close() }

// Hash names content.
func Hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Put stores content and returns its hash. It is on disk when Put returns, and storing the same content again changes nothing.
func (f *Files) Put(content []byte) (string, error) {
	hash := Hash(content)
	name := place(hash)
	if _, err := f.root.Stat(name); err == nil {
		return hash, nil
	}
	if err := f.root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return "", fmt.Errorf("store file: %w", err)
	}
	if err := f.write(name, content); err != nil {
		return "", fmt.Errorf("store file: %w", err)
	}
	return hash, nil
}

// write makes the file appear whole or not at all.
func (f *Files) write(name string, content []byte) error {
	part := name + "." + rand.Text() + ".part" // of this writer alone
	w, err := f.root.Create(part)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	if err == nil {
		err = w.Sync()
	}
	if closing := w.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = f.root.Rename(part, name)
	}
	if err != nil {
		_ = f.root.Remove(part)
	}
	return err
}

// Get reads the file with the given hash and refuses it when its content is no longer what the hash names.
func (f *Files) Get(hash string) ([]byte, error) {
	content, err := f.root.ReadFile(place(hash))
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if Hash(content) != hash {
		return nil, fmt.Errorf("read file: the content stored under %s is not what was stored", hash)
	}
	return content, nil
}

func place(hash string) string {
	if len(hash) != 64 {
		return "invalid"
	}
	return filepath.Join(hash[:2], hash[2:4], hash)
}

// Stored is what is known of a stored file.
type Stored struct {
	Hash     string // SHA-256
	Size     int64
	Format   string // by content: docx, jpeg, …; see [office.Sniff]
	Media    string // media type by content
	Taken    string // when a picture says it was taken: 2026-04-12 16:08; empty when it does not
	Location string // of a picture; see [LocationRemoved]
}

// TooLong is the error of a file with more bytes than are taken.
type TooLong struct{ Limit int64 }

func (t TooLong) Error() string {
	return fmt.Sprintf("文件太大：一个文件不能超过 %d MB。照片可以先缩小，扫描件可以分成几份再传。", t.Limit>>20)
}

// ErrEmpty is the error of a file without content.
var ErrEmpty = errors.New("这个文件是空的，请重新选择")

// PutReader stores what r gives, up to limit bytes, and tells what it is by its content. More fails with [TooLong], nothing with
// [ErrEmpty]. The file is on disk when PutReader returns, and storing the same content again changes nothing. The place where a
// picture was taken is taken out before; see [LocationRemoved].
func (f *Files) PutReader(ctx context.Context, r io.Reader, limit int64) (Stored, error) {
	id := -1 - mathrand.Int64() // names a part that no upload has
	defer f.dropPart(id)
	if _, err := f.appendPart(ctx, id, 0, r, limit); err != nil {
		return Stored{}, err
	}
	return f.finishPart(ctx, id)
}

// finishPart stores the content of a part file. The part stays, so that whoever is interrupted can finish it again.
func (f *Files) finishPart(ctx context.Context, id int64) (Stored, error) {
	select {
	case f.places <- struct{}{}:
		defer func() { <-f.places }()
	case <-ctx.Done():
		return Stored{}, ctx.Err()
	}
	content, err := f.root.ReadFile(partName(id))
	if err != nil {
		return Stored{}, fmt.Errorf("finish upload: %w", err)
	}
	if len(content) == 0 {
		return Stored{}, ErrEmpty
	}
	s := look(content)
	s.Size = int64(len(content))
	s.Hash, err = f.Put(content)
	return s, err
}

// appendPart writes what r gives at the end of a part file, whose length must be offset; otherwise it fails with [Offset]. The file
// never grows past limit. What has arrived before an error stays, on disk, and counts; the new length is returned in any case.
func (f *Files) appendPart(ctx context.Context, id, offset int64, r io.Reader, limit int64) (int64, error) {
	defer f.lockPart(id)()
	if err := f.root.MkdirAll(partFolder, 0o700); err != nil {
		return 0, fmt.Errorf("write part: %w", err)
	}
	w, err := f.root.OpenFile(partName(id), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("write part: %w", err)
	}
	defer w.Close()
	length, err := w.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, fmt.Errorf("write part: %w", err)
	}
	if offset != length {
		return length, Offset{Have: length}
	}
	n, err := io.Copy(w, io.LimitReader(r, limit-length))
	if syncing := w.Sync(); err == nil {
		err = syncing
	}
	length += n
	if err == nil && length == limit {
		if m, _ := io.ReadFull(r, make([]byte, 1)); m > 0 {
			err = TooLong{Limit: limit}
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	return length, err
}

// partLength is how much of an upload has arrived.
func (f *Files) partLength(id int64) (int64, error) {
	info, err := f.root.Stat(partName(id))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read part: %w", err)
	}
	return info.Size(), nil
}

// dropPart removes a part file that nobody needs any more. One that stays is swept away later.
func (f *Files) dropPart(id int64) { _ = f.root.Remove(partName(id)) }

// lockPart waits for a part file; the function it returns gives it back.
func (f *Files) lockPart(id int64) func() {
	f.mu.Lock()
	l := f.parts[id]
	if l == nil {
		l = &partLock{}
		f.parts[id] = l
	}
	l.users++
	f.mu.Unlock()
	l.Lock()
	return func() {
		l.Unlock()
		f.mu.Lock()
		if l.users--; l.users == 0 {
			delete(f.parts, id)
		}
		f.mu.Unlock()
	}
}

// sweepParts removes part files that were last written to before the given instant, and tells how many.
func (f *Files) sweepParts(before time.Time) (int, error) {
	folder, err := f.root.Open(partFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("sweep parts: %w", err)
	}
	defer folder.Close()
	entries, err := folder.ReadDir(-1)
	if err != nil {
		return 0, fmt.Errorf("sweep parts: %w", err)
	}
	n := 0
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.ModTime().Before(before) {
			continue // gone meanwhile, or in use
		}
		if err := f.root.Remove(filepath.Join(partFolder, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return n, fmt.Errorf("sweep parts: %w", err)
		}
		n++
	}
	return n, nil
}

const partFolder = "parts"

func partName(id int64) string { return filepath.Join(partFolder, strconv.FormatInt(id, 10)) }

// Open opens the file with the given hash for streaming. Unlike [Files.Get] it does not read it through to check its content.
func (f *Files) Open(hash string) (*os.File, error) {
	file, err := f.root.Open(place(hash))
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return file, nil
}
