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
	"os"
	"path"
	"runtime"
	"syscall"
	"time"
)

// place is where bytes stand under names: a folder of this machine or a bucket of a store that others keep. Names are paths with
// slashes. What is not there fails with [fs.ErrNotExist].
type place interface {
	// put makes size bytes of content, whose SHA-256 is sum, appear under name: whole or not at all, on disk when it returns, and
	// written now even when they stood there before. content is read from its start and may be read more than once.
	put(ctx context.Context, name string, content io.ReadSeeker, size int64, sum string) error
	// open reads what stands under name. An [os.File] is read in place; anything else is a stream.
	open(ctx context.Context, name string) (io.ReadCloser, error)
	// move gives what stands under a name another, in whose place nothing is lost, as written at the given instant or now.
	move(ctx context.Context, from, to string, at time.Time) error
	// remove removes what stands under name; nothing there is no error.
	remove(ctx context.Context, name string) error
	// erase removes what stands under name and every older version of it that the place may have kept.
	erase(ctx context.Context, name string) error
	// walk calls fn for all that stands under a folder, in no order, a bounded number at a time in memory. fn may move and remove.
	walk(ctx context.Context, folder string, fn func(held) error) error
}

// held is one thing that stands in a place.
type held struct {
	name    string
	size    int64
	written time.Time
}

// folder is the place on this machine. Nothing is ever read or written outside of it.
type folder struct{ root *os.Root }

func (d folder) put(_ context.Context, name string, content io.ReadSeeker, size int64, sum string) error {
	if d.holds(name, sum) {
		now := time.Now() // of the disk, not of a rule: what is written now is not swept today
		if d.root.Chtimes(name, now, now) == nil {
			return d.syncUp(path.Dir(name)) // whoever stored it may have been interrupted before that
		} // else it was moved away meanwhile
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := d.root.MkdirAll(partFolder, 0o700); err != nil {
		return onDisk(err)
	}
	part := path.Join(partFolder, rand.Text()) // of this writer alone
	err := d.write(part, content, size, sum)
	if err == nil {
		err = d.root.MkdirAll(path.Dir(name), 0o700)
	}
	if err == nil {
		err = d.root.Rename(part, name)
	}
	if err == nil {
		err = d.syncUp(path.Dir(name))
	}
	if err != nil {
		_ = d.root.Remove(part)
		return onDisk(err)
	}
	return nil
}

// write writes a file that nobody knows yet, and refuses content that is not what it is said to be.
func (d folder) write(name string, content io.Reader, size int64, sum string) error {
	w, err := d.root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), content)
	if err == nil && (n != size || hex.EncodeToString(h.Sum(nil)) != sum) {
		err = ErrChanged
	}
	if err == nil {
		err = w.Sync()
	}
	if closing := w.Close(); err == nil {
		err = closing
	}
	return err
}

// holds tells whether content with the given SHA-256 stands under name.
func (d folder) holds(name, sum string) bool {
	r, err := d.root.Open(name)
	if err != nil {
		return false
	}
	defer r.Close()
	h := sha256.New()
	_, err = io.Copy(h, r)
	return err == nil && hex.EncodeToString(h.Sum(nil)) == sum
}

// syncUp has the disk remember which files a folder holds, and that it and those above it are there: a power cut may else take a file that
// was renamed into it. Also a folder that was there already may not be remembered yet. Windows knows no such thing and needs none.
func (d folder) syncUp(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	for ; ; name = path.Dir(name) {
		f, err := d.root.Open(name)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil || name == "." {
			return err
		}
	}
}

func (d folder) open(_ context.Context, name string) (io.ReadCloser, error) {
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// move sets the time first: whoever looks in between sees a file that was just written, and leaves it alone.
func (d folder) move(_ context.Context, from, to string, at time.Time) error {
	if err := d.root.MkdirAll(path.Dir(to), 0o700); err != nil {
		return onDisk(err)
	}
	if err := d.root.Chtimes(from, at, at); err != nil {
		return err
	}
	return d.root.Rename(from, to)
}

func (d folder) remove(_ context.Context, name string) error {
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (d folder) erase(ctx context.Context, name string) error { return d.remove(ctx, name) }

func (d folder) walk(ctx context.Context, name string, fn func(held) error) error {
	dir, err := d.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	for {
		list, err := dir.ReadDir(walked)
		for _, e := range list {
			if err := ctx.Err(); err != nil {
				return err
			}
			child := path.Join(name, e.Name())
			if e.IsDir() {
				if err := d.walk(ctx, child, fn); err != nil {
					return err
				}
				continue
			}
			info, err := e.Info()
			if err != nil {
				continue // gone meanwhile
			}
			if err := fn(held{name: child, size: info.Size(), written: info.ModTime()}); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// walked is how many names of a folder are in memory at once.
const walked = 256

// onDisk names what the system says of a disk without room.
func onDisk(err error) error {
	const windowsFull, windowsHandleFull = syscall.Errno(112), syscall.Errno(39)
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
	if runtime.GOOS == "windows" {
		full = errors.Is(err, windowsFull) || errors.Is(err, windowsHandleFull)
	}
	if full {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
