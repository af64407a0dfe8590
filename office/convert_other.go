//go:build !unix

package office

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
)

// ownGroup leaves the program as it is: there are no process groups here, and killing the program itself has to do.
func ownGroup(*exec.Cmd) {}

// hold makes a file and keeps it open: here nobody can remove it until it is closed, however that comes.
func hold(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
}

// abandoned tells whether nobody holds a file any more, and then removes it.
func abandoned(path string) (bool, error) {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return err == nil, nil
}
