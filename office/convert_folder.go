package office

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// workPrefix begins the names of the folders in which files are converted.
const workPrefix = "bihuan-convert-"

// heldName is the file in such a folder that is held open while somebody works there.
const heldName = "held"

// newFolder is how old a folder has to be before one without that file counts as left behind: it is made a moment after the folder.
const newFolder = time.Minute

// workFolder makes a folder that nobody else can read, for a program that has to have a file as it is: what stands in it lies open for as
// long as the conversion lasts. end removes it; what a program that was killed leaves behind is for [SweepConversions].
func workFolder() (dir string, end func(), err error) {
	if dir, err = os.MkdirTemp("", workPrefix); err != nil { // 0700
		return "", nil, err
	}
	held, err := hold(filepath.Join(dir, heldName))
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return dir, func() {
		_ = held.Close() // first: there are systems on which an open file cannot be removed
		_ = os.RemoveAll(dir)
	}, nil
}

// SweepConversions removes the folders of conversions whose program has ended without doing so, because it was killed or the power went:
// a list of people may lie in them as it came. Those of a program that is at work, this one or another, stay. It tells how many it removed.
func SweepConversions() (int, error) {
	folders, err := filepath.Glob(filepath.Join(os.TempDir(), workPrefix+"*"))
	if err != nil {
		return 0, err
	}
	n := 0
	var failed error
	for _, dir := range folders {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
			continue // gone by now, or none of ours
		}
		switch free, err := abandoned(filepath.Join(dir, heldName)); {
		case errors.Is(err, fs.ErrNotExist):
			if time.Since(info.ModTime()) < newFolder {
				continue
			}
		case errors.Is(err, fs.ErrPermission):
			continue // somebody else's
		case err != nil:
			failed = errors.Join(failed, err)
			continue
		case !free:
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			failed = errors.Join(failed, fmt.Errorf("remove %s: %w", dir, err))
			continue
		}
		n++
	}
	return n, failed
}
