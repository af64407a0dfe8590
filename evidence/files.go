// Package evidence keeps the files that prove something was said or done, each under the SHA-256 of its content.
package evidence

import (
	"bytes"
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
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"bihuan/office"
)

// Most is how many bytes a file of evidence may have.
const Most = 20 << 20

// Files keeps files under the hash of their content: ab/cd/abcd…, in a folder or in a bucket of a store that speaks S3. Beside them
// stand the small pictures made of pictures (thumbs), and what nobody names and is to go (swept). The parts of uploads on their way
// are always in a folder of this machine.
type Files struct {
	root    *os.Root // parts
	place   place
	looking chan struct{} // for having a whole file in memory: two at once are enough for a small PC
	drawing chan struct{} // for making small pictures: one at a time

	mu    sync.Mutex
	parts map[int64]*partLock
}

// partLock lets one writer at a time at the part file of an upload.
type partLock struct {
	sync.Mutex
	users int
}

// OpenFiles keeps files in a folder, which is made when missing. Nothing is ever read or written outside of it.
func OpenFiles(at string) (*Files, error) {
	root, err := openRoot(at)
	if err != nil {
		return nil, err
	}
	return newFiles(root, folder{root}), nil
}

// OpenBucket keeps files in a bucket, and the parts of uploads in a folder of this machine. A bucket that cannot be used is
// [Unavailable], now and at any later time.
func OpenBucket(ctx context.Context, parts string, at Bucket) (*Files, error) {
	b, err := openBucket(ctx, at)
	if err != nil {
		return nil, err
	}
	root, err := openRoot(parts)
	if err != nil {
		return nil, err
	}
	return newFiles(root, b), nil
}

func openRoot(at string) (*os.Root, error) {
	if err := os.MkdirAll(at, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, fmt.Errorf("open files: %w", err)
	}
	return root, nil
}

func newFiles(root *os.Root, p place) *Files {
	return &Files{root: root, place: p, looking: make(chan struct{}, 2), drawing: make(chan struct{}, 1), parts: map[int64]*partLock{}}
}

// Close closes the folder.
func (f *Files) Close() error { return f.root.Close() }

// What can be wrong with the store, or with a file in it.
var (
	ErrFull    = errors.New("磁盘已满，文件没有存下来")                  // there is no room; nothing was stored
	ErrMissing = errors.New("evidence: the file is missing") // nothing stands under the hash
	ErrChanged = errors.New("evidence: the content stored under a hash is not what was stored")
)

// Hash names content.
func Hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Put stores content and returns its hash. It is on disk when Put returns, and storing the same content again changes nothing.
func (f *Files) Put(ctx context.Context, content []byte) (string, error) {
	hash := Hash(content)
	return hash, f.store(ctx, hash, bytes.NewReader(content), int64(len(content)))
}

// PutAs stores content that is known to have the given hash and size, as when files come back from a backup; anything else fails with
// [ErrChanged] and is not stored. content is read from its start, more than once.
func (f *Files) PutAs(ctx context.Context, hash string, content io.ReadSeeker, size int64) error {
	got, err := hashOf(content)
	if err != nil {
		return fmt.Errorf("store file: %w", err)
	}
	if got != hash {
		return fmt.Errorf("store file %s: %w", hash, ErrChanged)
	}
	return f.store(ctx, hash, content, size)
}

// store makes the file appear whole or not at all.
func (f *Files) store(ctx context.Context, hash string, content io.ReadSeeker, size int64) error {
	if err := f.place.put(ctx, keptAs(hash), content, size, hash); err != nil {
		return fmt.Errorf("store file: %w", err)
	}
	return nil
}

// hashOf reads content from its start to its end.
func hashOf(content io.ReadSeeker) (string, error) {
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(h, content); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Get reads the file with the given hash whole. It fails with [ErrChanged] when its content is no longer what the hash names, and with
// [ErrMissing].
func (f *Files) Get(ctx context.Context, hash string) ([]byte, error) {
	r, err := f.reader(ctx, hash)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if Hash(content) != hash {
		return nil, fmt.Errorf("read file %s: %w", hash, ErrChanged)
	}
	return content, nil
}

// Check reads the file with the given hash through and fails as [Files.Get] does; nothing of it stays in memory.
func (f *Files) Check(ctx context.Context, hash string) error {
	r, err := f.reader(ctx, hash)
	if err != nil {
		return err
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return fmt.Errorf("check file: %w", err)
	}
	if hex.EncodeToString(h.Sum(nil)) != hash {
		return fmt.Errorf("check file %s: %w", hash, ErrChanged)
	}
	return nil
}

// Content is an open file whose content was found right when it was opened. It reads at any place.
type Content struct {
	file *os.File
	size int64
	drop func() // removes a copy made for reading; may be nil
}

// Size is how many bytes it has.
func (c *Content) Size() int64 { return c.size }

// Read reads on.
func (c *Content) Read(p []byte) (int, error) { return c.file.Read(p) }

// ReadAt reads at an offset.
func (c *Content) ReadAt(p []byte, off int64) (int, error) { return c.file.ReadAt(p, off) }

// Seek sets where the next Read begins.
func (c *Content) Seek(offset int64, whence int) (int64, error) { return c.file.Seek(offset, whence) }

// Close closes it.
func (c *Content) Close() error {
	err := c.file.Close()
	if c.drop != nil {
		c.drop()
	}
	return err
}

// Open opens the file with the given hash for streaming. It is read through once before the first byte is given out, and fails as
// [Files.Get] does: files are small enough (see [Most]) for that to take some hundredths of a second, and so nothing wrong is ever
// shown, not even its beginning. What comes from a bucket is read from a copy on this machine, gone when it is closed.
func (f *Files) Open(ctx context.Context, hash string) (*Content, error) {
	r, err := f.reader(ctx, hash)
	if err != nil {
		return nil, err
	}
	c := &Content{}
	h := sha256.New()
	if file, ok := r.(*os.File); ok {
		c.file = file
		c.size, err = io.Copy(h, file)
	} else {
		defer r.Close()
		if c.file, c.drop, err = f.copyFile(); err != nil {
			return nil, fmt.Errorf("open file: %w", err)
		}
		c.size, err = io.Copy(io.MultiWriter(c.file, h), r)
	}
	if err == nil && hex.EncodeToString(h.Sum(nil)) != hash {
		err = ErrChanged
	}
	if err == nil {
		_, err = c.file.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("open file %s: %w", hash, onDisk(err))
	}
	return c, nil
}

// copyFile makes a file for the copy of one that is elsewhere.
func (f *Files) copyFile() (*os.File, func(), error) {
	if err := f.root.MkdirAll(partFolder, 0o700); err != nil {
		return nil, nil, onDisk(err)
	}
	name := path.Join(partFolder, "copy-"+rand.Text())
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_EXCL, 0o600)
	if err != nil {
		return nil, nil, onDisk(err)
	}
	return file, func() { _ = f.root.Remove(name) }, nil
}

// reader reads what stands under a hash, or stands among what was swept: somebody may have named it just then, and it comes back with
// the next night.
func (f *Files) reader(ctx context.Context, hash string) (io.ReadCloser, error) {
	if !isHash(hash) {
		return nil, ErrMissing
	}
	for _, name := range []string{keptAs(hash), sweptAs(hash), keptAs(hash)} { // the third time it has come back meanwhile
		r, err := f.place.open(ctx, name)
		if err == nil {
			return r, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read file: %w", err)
		}
	}
	return nil, fmt.Errorf("read file %s: %w", hash, ErrMissing)
}

// isHash tells whether a name is that of content.
func isHash(name string) bool {
	sum, err := hex.DecodeString(name)
	return err == nil && len(sum) == sha256.Size && name == strings.ToLower(name)
}

// keptAs is the name of a file in its place.
func keptAs(hash string) string { return path.Join(hash[:2], hash[2:4], hash) }

// Each calls fn for every file that is kept, with its hash and size, a bounded number at a time in memory and in no order.
func (f *Files) Each(ctx context.Context, fn func(hash string, size int64) error) error {
	for i := range 256 {
		err := f.place.walk(ctx, fmt.Sprintf("%02x", i), func(e held) error {
			if hash := path.Base(e.name); isHash(hash) {
				return fn(hash, e.size)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("list files: %w", err)
		}
	}
	return nil
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

// Errors of files that are not taken.
var (
	ErrEmpty   = errors.New("这个文件是空的，请重新选择")
	ErrProgram = errors.New("这是可以运行的程序，不能作为材料上传；请换成照片、扫描件、Word、Excel 或 PDF")
)

// Refused tells whether an error is about the file that somebody chose: what it says is for them.
func Refused(err error) bool {
	return errors.As(err, new(TooLong)) || errors.Is(err, ErrEmpty) || errors.Is(err, ErrProgram)
}

// PutReader stores what r gives, up to limit bytes, and tells what it is by its content. More fails with [TooLong], nothing with
// [ErrEmpty], a program with [ErrProgram]. The file is on disk when PutReader returns, and storing the same content again changes
// nothing. The place where a picture was taken is taken out before; see [LocationRemoved].
func (f *Files) PutReader(ctx context.Context, r io.Reader, limit int64) (Stored, error) {
	id := -1 - mathrand.Int64() // names a part that no upload has
	defer f.dropPart(id)
	if _, err := f.appendPart(ctx, id, 0, r, limit); err != nil {
		return Stored{}, err
	}
	return f.finishPart(ctx, id)
}

// finishPart stores the content of a part file. The part stays, so that whoever is interrupted can finish it again. Only pictures are
// read into memory, for what a camera has written into them.
func (f *Files) finishPart(ctx context.Context, id int64) (Stored, error) {
	part, err := f.root.Open(partName(id))
	if err != nil {
		return Stored{}, fmt.Errorf("finish upload: %w", err)
	}
	defer part.Close()
	info, err := part.Stat()
	if err != nil {
		return Stored{}, fmt.Errorf("finish upload: %w", err)
	}
	s := Stored{Size: info.Size(), Format: office.SniffAt(part, info.Size())}
	switch s.Format {
	case "empty":
		return Stored{}, ErrEmpty
	case "program":
		return Stored{}, ErrProgram
	}
	s.Media = mediaType(s.Format, part)
	var content io.ReadSeeker = part
	if hasEXIF(s.Format) {
		select {
		case f.looking <- struct{}{}:
			defer func() { <-f.looking }()
		case <-ctx.Done():
			return Stored{}, ctx.Err()
		}
		picture := make([]byte, info.Size())
		if _, err := io.ReadFull(part, picture); err != nil {
			return Stored{}, fmt.Errorf("finish upload: %w", err)
		}
		s.Taken, s.Location = readEXIF(s.Format, picture)
		content = bytes.NewReader(picture)
	}
	if s.Hash, err = hashOf(content); err != nil {
		return Stored{}, fmt.Errorf("finish upload: %w", err)
	}
	return s, f.store(ctx, s.Hash, content, s.Size)
}

// appendPart writes what r gives at the end of a part file, whose length must be offset; otherwise it fails with [Offset]. The file
// never grows past limit. What has arrived before an error stays, on disk, and counts; the new length is returned in any case.
func (f *Files) appendPart(ctx context.Context, id, offset int64, r io.Reader, limit int64) (int64, error) {
	defer f.lockPart(id)()
	if err := f.root.MkdirAll(partFolder, 0o700); err != nil {
		return 0, fmt.Errorf("write part: %w", onDisk(err))
	}
	w, err := f.root.OpenFile(partName(id), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("write part: %w", onDisk(err))
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
	return length, onDisk(err)
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
		if err := f.root.Remove(path.Join(partFolder, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return n, fmt.Errorf("sweep parts: %w", err)
		}
		n++
	}
	return n, nil
}

const partFolder = "parts"

func partName(id int64) string { return path.Join(partFolder, strconv.FormatInt(id, 10)) }
