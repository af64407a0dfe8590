package evidence

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
	"slices"
	"strings"
	"sync"
	"time"

	"bihuan/office"
	"bihuan/store"
)

// Lookout finds pictures and texts that are much like others. It takes a print of each, keeps it in the database, and holds the signs of
// all prints in memory, some 600 bytes a picture and 60 a text. Several programs may look at once: each learns of the others' prints
// before it looks. It works beside the transactions of people and never within one.
type Lookout struct {
	db    *store.DB
	files *Files

	mu       sync.Mutex
	pictures pictureIndex
	texts    textIndex
	since    struct{ pictures, texts int64 } // made up to when the prints are known
}

// NewLookout makes a lookout, which learns what there is when it is first asked.
func NewLookout(db *store.DB, files *Files) *Lookout { return &Lookout{db: db, files: files} }

// textIndex holds the signs of many texts.
type textIndex struct {
	known map[Source]int
	list  []textEntry
}

type textEntry struct {
	Source
	signs   uint64
	length  int
	tabular bool
}

// Source names a text that is compared: what a file says, by its hash, or what somebody wrote in a row.
type Source struct {
	Table string // file evidence occurrence
	Key   string
}

// Near is something that is much like what was asked about.
type Near struct {
	Source
	Percent int
}

// overlap is how far back prints are read again, for one that was made before and committed after others.
const overlap = 10 * time.Minute

// Pictures lists the files whose pictures are much like that of the file with the given hash, the most alike first. A file that is no
// picture, or of which nothing can be seen, is like none.
func (l *Lookout) Pictures(ctx context.Context, hash string) ([]Near, error) {
	p, err := l.picture(ctx, hash)
	if err != nil || p.grey == nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.learnPictures(ctx); err != nil {
		return nil, err
	}
	candidates := l.pictures.near(newQuestion(p), hash)
	if len(candidates) == 0 {
		return nil, nil
	}
	greys, err := l.greys(ctx, candidates)
	if err != nil {
		return nil, err
	}
	var list []Near
	var theirs [][]byte
	candidates = slices.DeleteFunc(candidates, func(c candidate) bool { return greys[l.pictures.hashes[c.at]] == nil }) // erased since
	for _, c := range candidates {
		theirs = append(theirs, greys[l.pictures.hashes[c.at]])
	}
	for i, share := range likenesses(p.grey, theirs, candidates) {
		if share > 0 {
			list = append(list, Near{Source{"file", l.pictures.hashes[candidates[i].at]}, int(100 * share)})
		}
	}
	slices.SortStableFunc(list, func(a, b Near) int { return cmp.Compare(b.Percent, a.Percent) })
	return list, nil
}

// picture takes the print of a picture, or reads the one that was taken.
func (l *Lookout) picture(ctx context.Context, hash string) (PicturePrint, error) {
	grey, err := store.One(ctx, l.db, store.Value[[]byte], `select grey from picture_print where hash = $1`, hash)
	if err == nil {
		if len(grey) == 0 {
			return PicturePrint{}, nil
		}
		return newPicturePrint(grey), nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return PicturePrint{}, err
	}
	state := "good"
	var p PicturePrint
	small, err := Thumb(ctx, l.db, l.files, hash, Large)
	if err == nil {
		img, decodeErr := jpeg.Decode(bytes.NewReader(small))
		if err = decodeErr; err == nil {
			if grey = greyOf(img); blank(grey) {
				state = "blank"
			} else {
				p = newPicturePrint(grey)
			}
		}
	}
	if errors.Is(err, ErrErased) || errors.Is(err, store.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		if ctx.Err() != nil {
			return p, ctx.Err()
		}
		state = "unreadable"
	}
	err = l.db.Housekeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `insert into picture_print (hash, state, slow, detail, grey, made) values ($1, $2, $3, $4, $5, $6)
			on conflict (hash) do nothing`, hash, state, packed(p.slow), packed(p.detail), nonNil(p.grey), tx.Now.UnixMilli())
		return err
	})
	if err != nil {
		err = fmt.Errorf("keep picture print: %w", err)
	}
	return p, err
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func packed[T uint32 | uint64](list []T) []byte {
	b, _ := binary.Append([]byte{}, binary.LittleEndian, list) // numbers always pack
	return b
}

func unpacked[T uint32 | uint64](b []byte) []T {
	list := make([]T, len(b)/binary.Size(T(0)))
	_, _ = binary.Decode(b, binary.LittleEndian, list)
	return list
}

// learnPictures takes in the prints that were made since it was done last.
func (l *Lookout) learnPictures(ctx context.Context) error {
	type row struct {
		hash         string
		slow, detail []byte
		made         int64
	}
	rows, err := store.All(ctx, l.db, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.hash, &r.slow, &r.detail, &r.made) },
		`select hash, slow, detail, made from picture_print where made >= $1 and state = 'good' order by made`, l.since.pictures-overlap.Milliseconds())
	for _, r := range rows {
		p := PicturePrint{slow: unpacked[uint64](r.slow), detail: unpacked[uint64](r.detail)}
		if len(p.slow) == len(windows) && len(p.detail) == len(windows) {
			l.pictures.add(r.hash, p)
		}
		l.since.pictures = max(l.since.pictures, r.made)
	}
	return err
}

// greys reads the grey copies of candidates.
func (l *Lookout) greys(ctx context.Context, list []candidate) (map[string][]byte, error) {
	var args []any
	for _, c := range list {
		args = append(args, l.pictures.hashes[c.at])
	}
	type row struct {
		hash string
		grey []byte
	}
	rows, err := store.All(ctx, l.db, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.hash, &r.grey) },
		`select hash, grey from picture_print where hash in (`+numbered(len(args))+`)`, args...)
	by := map[string][]byte{}
	for _, r := range rows {
		if len(r.grey) == greySide*greySide {
			by[r.hash] = r.grey
		}
	}
	return by, err
}

// numbered is a list of n parameters: $1, $2, …
func numbered(n int) string {
	marks := make([]string, n)
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(marks, ",")
}

// Paper is what is compared of a text: its words, whether they stand in a table, and the number of an official paper.
type Paper struct {
	From    Source
	Text    string
	Tabular bool
	Number  string
}

// PaperOf reads the words of a file by its content: what [office.Read] makes of Word, Excel, plain text and, where programs for it are
// installed, PDF. Of what cannot be read it is empty. title is how its owner calls it.
func (l *Lookout) PaperOf(ctx context.Context, hash, name, title string) (Paper, error) {
	from := Source{"file", hash}
	content, err := l.files.Get(ctx, hash)
	if err != nil {
		return Paper{}, err
	}
	switch office.Sniff(content) {
	case "docx", "doc", "xlsx", "text", "pdf":
	default:
		return Paper{From: from, Number: NumberOf(title, nil)}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, mostReading)
	defer cancel()
	doc, err := office.Read(ctx, name, content)
	if err != nil {
		return Paper{From: from, Number: NumberOf(title, nil)}, nil // nothing to compare is no failure
	}
	p := Paper{From: from, Tabular: doc.Format == "xlsx" || doc.Format == "csv"}
	var lines []string
	n := 0
	for _, part := range doc.Parts {
		for _, x := range part.Paragraphs {
			if n += len(x.Text); n > 4*mostText {
				break
			}
			lines = append(lines, x.Text)
		}
	}
	p.Text, p.Number = strings.Join(lines, "\n"), NumberOf(title, lines)
	return p, nil
}

// mostReading is how long a file may take to be read.
const mostReading = 20 * time.Second

// Keep keeps the prints of texts, to be done before they are compared, so that of two programs at once one at least sees the other's. A
// text takes the place of what its source said before; one that says too little to be compared is kept only if it has a number.
func (l *Lookout) Keep(ctx context.Context, list []Paper) error {
	if len(list) == 0 {
		return nil
	}
	err := l.db.Housekeep(ctx, func(tx *store.Tx) error {
		for _, x := range list {
			p, tabular := NewTextPrint(x.Text), 0
			if p.length < LeastText {
				p = TextPrint{}
			}
			if x.Tabular {
				tabular = 1
			}
			if p.length == 0 && x.Number == "" {
				if _, err := tx.Exec(ctx, `delete from text_print where source = $1 and key = $2`, x.From.Table, x.From.Key); err != nil {
					return err
				}
				continue
			}
			_, err := tx.Exec(ctx, `insert into text_print (source, key, signs, sketch, length, tabular, number, made) values ($1, $2, $3, $4, $5, $6, $7, $8)
				on conflict (source, key) do update set signs = excluded.signs, sketch = excluded.sketch, length = excluded.length, tabular = excluded.tabular,
				number = excluded.number, made = excluded.made`,
				x.From.Table, x.From.Key, int64(p.signs), packed(p.sketch), p.length, tabular, x.Number, tx.Now.UnixMilli())
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		err = fmt.Errorf("keep text prints: %w", err)
	}
	return err
}

// Texts lists the texts that are much like one that was kept, the most alike first.
func (l *Lookout) Texts(ctx context.Context, paper Paper) ([]Near, error) {
	p, from := NewTextPrint(paper.Text), paper.From
	if p.length < LeastText {
		return nil, nil
	}
	l.mu.Lock()
	err := l.learnTexts(ctx)
	near := l.texts.near(p, from, paper.Tabular)
	l.mu.Unlock()
	if err != nil {
		return nil, err
	}
	sketches, err := l.sketches(ctx, near)
	if err != nil {
		return nil, err
	}
	var list []Near
	for _, s := range near {
		if share := p.Alike(sketches[s], paper.Tabular); share > 0 {
			list = append(list, Near{s, share})
		}
	}
	slices.SortStableFunc(list, func(a, b Near) int { return cmp.Compare(b.Percent, a.Percent) })
	return list, nil
}

// learnTexts takes in the prints that were made since it was done last.
func (l *Lookout) learnTexts(ctx context.Context) error {
	type row struct {
		textEntry
		tabular     int
		signs, made int64
	}
	rows, err := store.All(ctx, l.db, func(rows *sql.Rows, r *row) error {
		return rows.Scan(&r.Table, &r.Key, &r.signs, &r.length, &r.tabular, &r.made)
	}, `select source, key, signs, length, tabular, made from text_print where made >= $1 and length > 0 order by made`, l.since.texts-overlap.Milliseconds())
	for _, r := range rows {
		r.textEntry.signs, r.textEntry.tabular = uint64(r.signs), r.tabular == 1
		l.texts.put(r.textEntry)
		l.since.texts = max(l.since.texts, r.made)
	}
	return err
}

// put takes a text into the index, in the place of what the source said before.
func (x *textIndex) put(e textEntry) {
	if x.known == nil {
		x.known = map[Source]int{}
	}
	if at, ok := x.known[e.Source]; ok {
		x.list[at] = e
		return
	}
	x.known[e.Source] = len(x.list)
	x.list = append(x.list, e)
}

// mostTexts is how many texts are compared closely.
const mostTexts = 400

func (x *textIndex) near(p TextPrint, from Source, tabular bool) []Source {
	var list []Source
	for _, e := range x.list {
		if e.tabular == tabular && p.near(e.signs, e.length) && e.Source != from {
			if list = append(list, e.Source); len(list) == mostTexts {
				break
			}
		}
	}
	return list
}

// sketches reads the hashes of texts.
func (l *Lookout) sketches(ctx context.Context, list []Source) (map[Source]TextPrint, error) {
	by := map[Source]TextPrint{}
	if len(list) == 0 {
		return by, nil
	}
	var args []any
	for _, s := range list {
		args = append(args, s.Key)
	}
	type row struct {
		Source
		sketch []byte
		length int
	}
	rows, err := store.All(ctx, l.db, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.Table, &r.Key, &r.sketch, &r.length) },
		`select source, key, sketch, length from text_print where key in (`+numbered(len(args))+`)`, args...)
	for _, r := range rows {
		by[r.Source] = TextPrint{sketch: unpacked[uint32](r.sketch), length: r.length}
	}
	return by, err
}

// Forget drops what was computed of a file whose content is erased.
func Forget(ctx context.Context, tx *store.Tx, hash string) error {
	if _, err := tx.Exec(ctx, `delete from text_print where source = 'file' and key = $1`, hash); err != nil {
		return fmt.Errorf("forget text print: %w", err)
	}
	if _, err := tx.Exec(ctx, `delete from picture_print where hash = $1`, hash); err != nil {
		return fmt.Errorf("forget picture print: %w", err)
	}
	return nil
}
