package evidence

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"bihuan/store"
)

// Swept counts what a sweep did.
type Swept struct {
	Parts    int // part files of uploads that nobody went on with
	Orphans  int // files that nobody names, put aside
	Returned int // files put aside that somebody names by now, put back
	Gone     int // files removed for good
	Thumbs   int // small pictures of what is not there any more
}

// String says it in Chinese.
func (s Swept) String() string {
	return fmt.Sprintf("清理没传完的上传%d个，移出无人引用的文件%d个，恢复%d个，彻底删除%d个，缩略图%d个", s.Parts, s.Orphans, s.Returned, s.Gone, s.Thumbs)
}

// How long a file may stand before somebody names it, and how long one that nobody named is put aside before it is removed.
const (
	orphanAge = 24 * time.Hour
	sweptLast = 7 * 24 * time.Hour
)

// Sweep removes what nobody needs: uploads that nobody has continued for seven days and the memory of finished ones; files that nobody
// names, such as those of a form that was refused. A file is named by its row in the table file, and only by that. It is run once a
// day, by any number of programs, while others store files.
//
// A file is stored before the row that names it, so one without a row may be about to get it. It is left alone for a day since it was
// last stored. Then it is not removed but put aside, where [Files.Open] still finds it, and put back if somebody named it after all;
// after seven more days nobody can be about to name it, for storing it again makes it anew. So none that is named is ever lost,
// whatever happens at the same moment.
func Sweep(ctx context.Context, db *store.DB, files *Files) (Swept, error) {
	var s Swept
	var err error
	if s.Parts, err = sweepUploads(ctx, db, files); err != nil {
		return s, err
	}
	now := db.Now()
	// What was put aside comes first, so that a wrong move of the last night is undone before anything else.
	if err := files.sweepAside(ctx, db, now, &s); err != nil {
		return s, err
	}
	for i := range 256 {
		if err := files.sweepKept(ctx, db, fmt.Sprintf("%02x", i), now, &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// sweepUploads removes uploads on their way that have stood still, and tells how many part files went.
func sweepUploads(ctx context.Context, db *store.DB, files *Files) (int, error) {
	before := db.Now().Add(-partsLast)
	n, err := files.sweepParts(before)
	if err != nil {
		return n, err
	}
	old, err := store.All(ctx, db, scanUpload, uploadQuery+` where begun < $1`, before.UnixMilli())
	if err != nil {
		return n, err
	}
	for _, u := range old {
		if length, err := files.partLength(u.ID); err != nil || length > 0 && u.Item == 0 {
			continue // it was written to since
		}
		err := db.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `delete from upload where id = $1`, u.ID)
			return err
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

const sweptFolder = "swept"

// sweptAs is the name of a file that was put aside.
func sweptAs(hash string) string { return path.Join(sweptFolder, hash) }

// sweepAside puts back what somebody names and removes what has been put aside for long enough.
func (f *Files) sweepAside(ctx context.Context, db *store.DB, now time.Time, s *Swept) error {
	return f.inBatches(ctx, db, sweptFolder, func(e held, hash string, n mention) error {
		switch {
		case hash == "": // nothing of this program's
			return nil
		case n == isNamed:
			return f.putBack(ctx, e, hash, now, s)
		case n == isErased:
			s.Gone++
			return f.Erase(ctx, hash)
		case e.written.Before(now.Add(-sweptLast)):
			s.Gone++
			return f.place.remove(ctx, e.name)
		}
		return nil
	})
}

// putBack stores anew what was put aside and is named by now. Its copy aside goes only when nobody can be at either of the two.
func (f *Files) putBack(ctx context.Context, e held, hash string, now time.Time, s *Swept) error {
	r, err := f.place.open(ctx, keptAs(hash))
	if err == nil {
		_ = r.Close()
		if e.written.Before(now.Add(-sweptLast)) {
			return f.place.remove(ctx, e.name)
		}
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	content, err := f.Get(ctx, hash)
	if err != nil {
		return err
	}
	s.Returned++
	_, err = f.Put(ctx, content)
	return err
}

// sweepKept puts aside files under one of the 256 folders that nobody names, and removes small pictures whose picture went.
func (f *Files) sweepKept(ctx context.Context, db *store.DB, under string, now time.Time, s *Swept) error {
	old := now.Add(-orphanAge)
	err := f.inBatches(ctx, db, under, func(e held, hash string, n mention) error {
		switch {
		case n == isErased:
			s.Gone++
			return f.Erase(ctx, hash)
		case !e.written.Before(old):
			return nil
		case hash == "" && strings.HasSuffix(e.name, ".part"): // of a write that a crash interrupted, by an older version
			s.Gone++
			return f.place.remove(ctx, e.name)
		case hash != "" && n == isUnnamed:
			s.Orphans++
			return gone(f.place.move(ctx, e.name, sweptAs(hash), now))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return f.inBatches(ctx, db, path.Join(thumbFolder, under), func(e held, hash string, n mention) error {
		if hash == "" || n == isNamed || n == isUnnamed && !e.written.Before(old) {
			return nil
		}
		s.Thumbs++
		return f.place.remove(ctx, e.name)
	})
}

// gone forgives a file that another program has moved meanwhile.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// mention is what the table file says of a hash.
type mention int

const (
	isUnnamed mention = iota
	isNamed
	isErased
)

// asked is how many hashes one query asks for.
const asked = 256

// inBatches calls fn for all that stands under a folder: with its hash, empty for what is no file of content, and what the table file
// says of that.
func (f *Files) inBatches(ctx context.Context, db *store.DB, under string, fn func(e held, hash string, n mention) error) error {
	batch := make([]held, 0, asked)
	flush := func() error {
		hashes := make([]string, len(batch))
		for i, e := range batch {
			if hash, _, _ := strings.Cut(path.Base(e.name), "-"); isHash(hash) {
				hashes[i] = hash
			}
		}
		said, err := namesOf(ctx, db, hashes)
		if err != nil {
			return err
		}
		for i, e := range batch {
			if err := fn(e, hashes[i], said[hashes[i]]); err != nil {
				return fmt.Errorf("sweep %s: %w", e.name, err)
			}
		}
		batch = batch[:0]
		return nil
	}
	err := f.place.walk(ctx, under, func(e held) error {
		if batch = append(batch, e); len(batch) < asked {
			return nil
		}
		return flush()
	})
	if err != nil {
		return fmt.Errorf("sweep files: %w", err)
	}
	return flush()
}
