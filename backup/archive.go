// Package backup makes backups of a running installation, restores them into either kind of database, makes them on schedule and
// rehearses restoring them.
//
// A backup is one tar file: begin.json, the rows of all tables as lines of JSON, those of the database of residents likewise, the files of
// evidence under their SHA-256, a manifest that counts them, and at the very end the SHA-256 of every byte before it. It may be encrypted as
// a whole with age. The rows of each database are those of one instant, the ledger's a moment before the residents': of what stands in both
// the residents' half is the truth, and the next night finishes the other. Files never change, so they are copied after that. What is
// sealed in the database of residents is sealed in the backup.
package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"
)

// ErrDamaged is the error of a backup that is not, byte by byte, what was written.
var ErrDamaged = errors.New("备份文件已损坏或不完整，请换一份备份")

// format is the number of the way backups are written; those of format 1 have no database of residents, and are read as well.
const format = 2

// The names in the archive.
const (
	beginName    = "begin.json"
	rowsFolder   = "rows/"      // rows/finding/1.jsonl.gz: first line the columns, then a line for each row
	besideFolder = "residents/" // residents/person/1.jsonl.gz: rows of the database of residents
	keysFolder   = "key/"       // key/journal.key: keys that sign checkpoints, where they were asked for
	filesFolder  = "files/"     // files/<SHA-256>
	manifestName = "manifest.json"
	sumName      = "SHA256" // of all before it
)

// Begin is what must be known of a backup before its rows can be read.
type Begin struct {
	Format  int    `json:"format"`
	Program string `json:"program"` // version of the program that made it
	Kind    string `json:"kind"`    // of the database: sqlite postgres
	Schema  int64  `json:"schema"`
	// Residents is the schema of the database of residents; 0 when it is not in the backup.
	Residents int64 `json:"residents,omitempty"`
	Made      int64 `json:"made"` // Unix milliseconds: the instant of the rows
}

// Manifest is what is in a backup.
type Manifest struct {
	Begin
	Tables     map[string]int64  `json:"tables"`     // rows of each
	Parts      map[string]string `json:"parts"`      // SHA-256 of each entry but the files, which are named by theirs
	Files      int64             `json:"files"`      // how many
	Content    int64             `json:"content"`    // bytes of rows and files before packing
	Missing    []string          `json:"missing"`    // files that a row names and that were not there, or not what their name says
	Checkpoint string            `json:"checkpoint"` // the newest signed note of the record; empty for none
	Keys       []string          `json:"keys"`       // public keys that checkpoints are checked with

	// The same of the database of residents.
	ResidentTables     map[string]int64 `json:"resident_tables,omitempty"`
	ResidentCheckpoint string           `json:"resident_checkpoint,omitempty"`
	ResidentKeys       []string         `json:"resident_keys,omitempty"`
}

// Rows is how many rows there are in all.
func (m Manifest) Rows() int64 {
	var n int64
	for _, x := range m.Tables {
		n += x
	}
	for _, x := range m.ResidentTables {
		n += x
	}
	return n
}

// MadeAt is the instant of the rows.
func (b Begin) MadeAt() time.Time { return time.UnixMilli(b.Made) }

// writer writes an archive.
type writer struct {
	out  io.Writer
	sum  hash.Hash // of all that was written
	tar  *tar.Writer
	made time.Time
}

func newWriter(out io.Writer, made time.Time) *writer {
	w := &writer{out: out, sum: sha256.New(), made: made.Truncate(time.Second)}
	w.tar = tar.NewWriter(io.MultiWriter(w.sum, out))
	return w
}

// begin starts an entry, whose content goes to w.tar.
func (w *writer) begin(name string, size int64) error {
	return w.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.made, Format: tar.FormatUSTAR})
}

func (w *writer) put(name string, content []byte) error {
	if err := w.begin(name, int64(len(content))); err != nil {
		return err
	}
	_, err := w.tar.Write(content)
	return err
}

func (w *writer) putJSON(name string, value any) error {
	content, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		return err
	}
	return w.put(name, content)
}

// end closes the archive with its hash, which is returned.
func (w *writer) end() (string, error) {
	if err := w.tar.Flush(); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(w.sum.Sum(nil))
	_, err := w.out.Write(tail(sum))
	return sum, err
}

// tailLength is how many bytes end an archive: the header and the content of the last entry and two empty blocks.
const tailLength = 4 * 512

// tail is the end of an archive with this hash. It follows from the hash alone, so that no byte of it can differ unseen.
func tail(sum string) []byte {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	// Writing into memory does not fail.
	_ = t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: sumName, Size: int64(len(sum)) + 1, Mode: 0o600, Format: tar.FormatUSTAR})
	_, _ = io.WriteString(t, sum+"\n")
	_ = t.Close()
	return b.Bytes()
}

// reader reads an archive in its order. Nothing of it counts before [reader.end] has found the whole unharmed.
type reader struct {
	in  *tailReader
	tar *tar.Reader
}

func newReader(in io.Reader) *reader {
	t := &tailReader{in: in, sum: sha256.New()}
	return &reader{in: t, tar: tar.NewReader(t)}
}

// next goes to the next entry.
func (r *reader) next() (name string, size int64, err error) {
	h, err := r.tar.Next()
	if err != nil {
		return "", 0, damaged(err)
	}
	if h.Typeflag != tar.TypeReg {
		return "", 0, fmt.Errorf("%w（%q 不是文件）", ErrDamaged, h.Name)
	}
	return h.Name, h.Size, nil
}

// Read reads the content of the entry.
func (r *reader) Read(b []byte) (int, error) {
	n, err := r.tar.Read(b)
	if err != nil && err != io.EOF {
		err = damaged(err)
	}
	return n, err
}

// mostJSON bounds what is read of begin.json and of the manifest, whose missing files may be many.
const mostJSON = 64 << 20

// whole reads an entry that is small, up to most bytes.
func (r *reader) whole(most int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(content)) > most {
		err = fmt.Errorf("%w（有一部分过大）", ErrDamaged)
	}
	return content, err
}

func (r *reader) getJSON(value any) error {
	content, err := r.whole(mostJSON)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, value); err != nil {
		return damaged(err)
	}
	return nil
}

// end reads the rest and refuses an archive of which any byte is not as it was written. It returns the hash.
func (r *reader) end() (string, error) {
	if _, err := io.Copy(io.Discard, r.in); err != nil {
		return "", damaged(err)
	}
	sum := hex.EncodeToString(r.in.sum.Sum(nil))
	if !bytes.Equal(r.in.last, tail(sum)) {
		return "", ErrDamaged
	}
	return sum, nil
}

// tailReader passes on what it reads, and hashes all but the last tailLength bytes.
type tailReader struct {
	in   io.Reader
	sum  hash.Hash
	last []byte
}

func (t *tailReader) Read(b []byte) (int, error) {
	n, err := t.in.Read(b)
	if n >= tailLength {
		t.sum.Write(t.last)
		t.sum.Write(b[:n-tailLength])
		t.last = append(t.last[:0], b[n-tailLength:n]...)
		return n, err
	}
	t.last = append(t.last, b[:n]...)
	if over := len(t.last) - tailLength; over > 0 {
		t.sum.Write(t.last[:over])
		t.last = append(t.last[:0], t.last[over:]...)
	}
	return n, err
}

// damaged is the error of a backup that cannot be read on, unless the disk or the caller is to blame.
func damaged(err error) error {
	if errors.Is(err, ErrDamaged) || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w（%v）", ErrDamaged, err)
}

// isHash tells whether a text is a SHA-256 in small hexadecimal digits.
func isHash(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}
