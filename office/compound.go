package office

import (
	"errors"
	"io"

	"github.com/richardlehane/mscfb"
)

// openCompound opens the container of Office files before 2007, which encrypted files of today use too.
func openCompound(r io.ReaderAt) (*mscfb.Reader, error) {
	g := &guardedReader{r: r, left: maxDirectory, on: true}
	c, err := mscfb.New(g)
	g.on = false
	return c, err
}

// maxDirectory is how many sectors of directory and allocation table are read; the library itself would follow a directory
// as long as the file.
const maxDirectory = 4096

// guardedReader counts the whole sectors read while a container is opened. Reads of single table entries are not counted:
// they cost no memory, and the library stops where they run in circles.
type guardedReader struct {
	r    io.ReaderAt
	left int
	on   bool
}

var errDirectory = errors.New("compound file: directory too long")

func (g *guardedReader) ReadAt(p []byte, off int64) (int, error) {
	if g.on && len(p) > 4 {
		if g.left--; g.left < 0 {
			return 0, errDirectory
		}
	}
	return g.r.ReadAt(p, off)
}

// readStream reads a stream of at most the given size in small steps: the library's cost grows with the square of a step.
func readStream(f *mscfb.File, most int) ([]byte, error) {
	if f.Size > int64(most) {
		return nil, errors.New("compound file: stream larger than its file")
	}
	data := make([]byte, f.Size)
	for at := 0; at < len(data); {
		n, err := f.Read(data[at:min(at+32<<10, len(data))])
		at += n
		if err != nil && !(err == io.EOF && at == len(data)) {
			return nil, err
		}
		if n == 0 {
			return nil, io.ErrUnexpectedEOF
		}
	}
	return data, nil
}
