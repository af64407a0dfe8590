package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"path/filepath"
)

// ErrOther is the error of content that is not what its hash names.
var ErrOther = errors.New("evidence: the content is not what the hash names")

// Restore stores what r gives under the hash that it must have, unchanged, up to limit bytes. Content with another hash fails with
// [ErrOther] and leaves nothing. What is stored already stays as it is.
func (f *Files) Restore(ctx context.Context, hash string, r io.Reader, limit int64) error {
	id := -1 - mathrand.Int64() // names a part that no upload has
	defer f.dropPart(id)
	sum := sha256.New()
	if _, err := f.appendPart(ctx, id, 0, io.TeeReader(r, sum), limit); err != nil {
		return fmt.Errorf("restore file: %w", err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != hash {
		return ErrOther
	}
	name := place(hash)
	if _, err := f.root.Stat(name); err == nil {
		return nil
	}
	if err := f.root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("restore file: %w", err)
	}
	if err := f.root.Rename(partName(id), name); err != nil {
		return fmt.Errorf("restore file: %w", err)
	}
	return nil
}
