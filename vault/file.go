package vault

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"bihuan/store"
)

// pieceSize is how many bytes of a sealed file are encrypted together.
const pieceSize = 1 << 20

// ErrLarge is the error of a file that is larger than allowed.
var ErrLarge = errors.New("vault: the file is too large")

// Stored is a file that was kept.
type Stored struct {
	ID   int64
	Hash string // SHA-256 of the content, hex
	Size int64
}

// KeepFile keeps a file sealed, of at most limit bytes, or fails with [ErrLarge]. The caller's entry in the journal names it.
func (v *Vault) KeepFile(ctx context.Context, tx *store.Tx, r io.Reader, limit int64) (Stored, error) {
	f := Stored{ID: tx.ID()}
	if _, err := tx.Exec(ctx, `insert into sealed_file (id, hash, size) values ($1, '', 0)`, f.ID); err != nil {
		return f, err
	}
	sum, piece := sha256.New(), make([]byte, pieceSize)
	for n := int64(0); ; n++ {
		got, err := io.ReadFull(r, piece)
		if err == io.EOF {
			break
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return f, fmt.Errorf("keep file: %w", err)
		}
		if f.Size += int64(got); f.Size > limit {
			return f, ErrLarge
		}
		sum.Write(piece[:got])
		if _, err := tx.Exec(ctx, `insert into sealed_piece (file, n, content) values ($1, $2, $3)`, f.ID, n, v.aead.Seal(nil, nil, piece[:got], pieceUse(f.ID, n))); err != nil {
			return f, err
		}
		if got < pieceSize {
			break
		}
	}
	f.Hash = hex.EncodeToString(sum.Sum(nil))
	_, err := tx.Exec(ctx, `update sealed_file set hash = $2, size = $3 where id = $1`, f.ID, f.Hash, f.Size)
	return f, err
}

// pieceUse binds a piece to its file and place.
func pieceUse(file, n int64) []byte { return fmt.Appendf(nil, "sealed_piece/%d/%d", file, n) }

// DropFile deletes a sealed file. What the database file still holds of it goes with [store.DB.Purge].
func (v *Vault) DropFile(ctx context.Context, tx *store.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `delete from sealed_piece where file = $1`, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from sealed_file where id = $1`, id)
	return err
}

// File is a sealed file open for reading, at any place and by many goroutines at once. Some pieces are held decrypted in memory.
type File struct {
	Stored

	v   *Vault
	ctx context.Context // of who opened it: io.ReaderAt has none

	mu   sync.Mutex
	held map[int64][]byte
	used []int64 // the order in which pieces were read, the last one last
}

// heldPieces are how many decrypted pieces a file holds: two workers read a list in two places.
const heldPieces = 8

// OpenFile opens a sealed file, or fails with [store.ErrNotFound]. Reads end when ctx does.
func (v *Vault) OpenFile(ctx context.Context, id int64) (*File, error) {
	f := &File{v: v, ctx: ctx, held: map[int64][]byte{}}
	stored, err := store.One(ctx, v, func(rows *sql.Rows, s *Stored) error { return rows.Scan(&s.ID, &s.Hash, &s.Size) },
		`select id, hash, size from sealed_file where id = $1`, id)
	f.Stored = stored
	return f, err
}

// ReadAt reads as io.ReaderAt says. A piece that was altered is [ErrSealed].
func (f *File) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		if off >= f.Size {
			return n, io.EOF
		}
		piece, err := f.piece(off / pieceSize)
		if err != nil {
			return n, err
		}
		at := off % pieceSize
		if at >= int64(len(piece)) {
			return n, fmt.Errorf("%w: a piece is short", ErrSealed)
		}
		got := copy(p[n:], piece[at:])
		n, off = n+got, off+int64(got)
	}
	return n, nil
}

func (f *File) piece(n int64) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p, ok := f.held[n]; ok {
		return p, nil
	}
	sealed, err := store.One(f.ctx, f.v, store.Value[[]byte], `select content from sealed_piece where file = $1 and n = $2`, f.ID, n)
	if err != nil {
		return nil, err
	}
	p, err := f.v.aead.Open(nil, nil, sealed, pieceUse(f.ID, n))
	if err != nil {
		return nil, fmt.Errorf("%w: piece %d of file %d", ErrSealed, n, f.ID)
	}
	if f.used = append(f.used, n); len(f.used) > heldPieces {
		delete(f.held, f.used[0])
		f.used = f.used[1:]
	}
	f.held[n] = p
	return p, nil
}
