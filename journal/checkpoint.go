package journal

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"bihuan/store"
)

// Checkpoint is a signed head of a log (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin   string // name of the log
	Size     int64
	Root     tlog.Hash
	Note     string    // the text with its signatures
	Made     time.Time // when it was kept here; zero for one from elsewhere
	Cosigned time.Time // when a witness signed it too; zero until then
}

// Body is what is signed.
func (c Checkpoint) Body() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// ErrSignature is the error of a checkpoint that no key known signed.
var ErrSignature = errors.New("检查点上没有这个公钥的有效签名")

// Signature is a signature on a checkpoint that was found good.
type Signature struct {
	Name    string    // of the key
	Witness bool      // by another than the log itself
	At      time.Time // of a witness: when
}

// ReadCheckpoint reads a checkpoint and checks its signatures with the given keys, of which one at least must have signed it. Every
// signature by one of these keys must be good, and the text must be just as it would be written.
func ReadCheckpoint(text string, keys ...note.Verifier) (Checkpoint, []Signature, error) {
	n, err := note.Open([]byte(text), note.VerifierList(keys...))
	var unsigned *note.UnverifiedNoteError
	if errors.As(err, &unsigned) {
		return Checkpoint{}, nil, ErrSignature
	}
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("检查点不完整或被改动：%w", err)
	}
	c, err := parseBody(n.Text)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	c.Note = text
	_, lines, _ := strings.Cut(text, "\n\n")
	for line := range strings.Lines(lines) {
		_, encoded, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "— "), " ")
		if _, err := base64.StdEncoding.Strict().DecodeString(encoded); err != nil {
			return Checkpoint{}, nil, errors.New("检查点的签名写法不对，可能被改动")
		}
	}
	var signatures []Signature
	for _, s := range n.Sigs {
		sig := Signature{Name: s.Name}
		for _, k := range keys {
			if k.Name() == s.Name && k.KeyHash() == s.Hash && IsWitness(k) {
				blob, _ := base64.StdEncoding.DecodeString(s.Base64) // verified a moment ago
				sig.Witness, sig.At = true, time.Unix(int64(binary.BigEndian.Uint64(blob[4:])), 0)
			}
		}
		signatures = append(signatures, sig)
	}
	return c, signatures, nil
}

// parseBody reads what is signed, which must be just as [Checkpoint.Body] writes it.
func parseBody(body string) (Checkpoint, error) {
	var c Checkpoint
	lines := strings.Split(body, "\n")
	if len(lines) == 4 {
		c.Origin = lines[0]
		c.Size, _ = strconv.ParseInt(lines[1], 10, 64)
		root, _ := base64.StdEncoding.DecodeString(lines[2])
		copy(c.Root[:], root)
	}
	if c.Origin == "" || c.Size < 0 || c.Body() != body {
		return Checkpoint{}, errors.New("不是检查点：应是名称、条数、根哈希三行")
	}
	return c, nil
}

// Log is the journal of a database together with the key that signs its heads.
type Log struct {
	DB  *store.DB
	Key Key
	// File is where checkpoints are written beside the database, one after the other; empty for nowhere. Whoever takes back the database
	// alone is found out by it.
	File string
}

// Checkpoint signs the head of the log and keeps the checkpoint, or returns the last one when nothing was appended since.
func (l Log) Checkpoint(ctx context.Context) (Checkpoint, error) {
	tree, err := HeadTree(ctx, l.DB)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	if last, err := LastCheckpoint(ctx, l.DB); err == nil && last.Size >= tree.Size {
		if last.Size > tree.Size {
			return last, fmt.Errorf("checkpoint: the log has %d events and was signed with %d: it was taken back", tree.Size, last.Size)
		}
		return last, nil
	} else if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	c := Checkpoint{Origin: l.Key.Name(), Size: tree.Size, Root: tree.Root(), Made: l.DB.Now()}
	signed, err := note.Sign(&note.Note{Text: c.Body()}, l.Key)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	c.Note = string(signed)
	return c, l.keep(ctx, c)
}

// keep stores a checkpoint, or the one of its size with another signature.
func (l Log) keep(ctx context.Context, c Checkpoint) error {
	cosigned := int64(0)
	if !c.Cosigned.IsZero() {
		cosigned = c.Cosigned.UnixMilli()
	}
	err := l.DB.Housekeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `insert into checkpoint (size, made, note, cosigned) values ($1, $2, $3, $4)
			on conflict (size) do update set note = excluded.note, cosigned = excluded.cosigned where excluded.cosigned > checkpoint.cosigned`,
			c.Size, c.Made.UnixMilli(), c.Note, cosigned)
		return err
	})
	if err != nil || l.File == "" {
		return err
	}
	if err := appendNote(l.File, c.Note); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	return nil
}

// appendNote adds a note to a file of notes. What a power cut has left of the last one goes first, for the two would be read as one; the
// database has it whole.
func appendNote(name, text string) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		tail := make([]byte, min(info.Size(), longestNote))
		if _, err = f.ReadAt(tail, info.Size()-int64(len(tail))); err == nil {
			if whole := wholeNotes(string(tail)); torn(string(tail[whole:])) && (whole > 0 || info.Size() < longestNote) {
				err = f.Truncate(info.Size() - int64(len(tail)-whole))
			}
		}
	}
	if err == nil {
		_, err = f.WriteString(text + "\n")
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// longestNote is more than a note with the signatures of a log and its witnesses takes.
const longestNote = 16 << 10

// wholeNotes is how many bytes the whole notes at the beginning of a file of notes take: up to the empty line after the last signature.
func wholeNotes(text string) int {
	whole, at := 0, 0
	signature := false
	for line := range strings.Lines(text) {
		at += len(line)
		if line == "\n" && signature {
			whole = at
		}
		signature = strings.HasPrefix(line, "— ")
	}
	return whole
}

// torn tells whether what stands after the last whole note is the beginning of another that a power cut kept from being written, be the rest
// of it zero; anything else has been put there by somebody.
func torn(rest string) bool {
	name, _, _ := strings.Cut(strings.TrimRight(rest, "\x00"), "\n")
	return rest != "" && (strings.HasPrefix(name, logName) || strings.HasPrefix(logName, name))
}

// KeptNotes reads the checkpoints of a file that [Log] keeps; none when it does not exist. The last one is left out when it was not written
// to its end: a power cut does that, and nothing else is hidden by it than by a checkpoint that was never kept there.
func KeptNotes(name string) ([]string, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	if whole := wholeNotes(string(text)); torn(string(text[whole:])) {
		text = text[:whole]
	}
	return SplitNotes(string(text)), nil
}

// SplitNotes parts the checkpoints of a file that holds one after the other.
func SplitNotes(text string) []string {
	var notes []string
	var one strings.Builder
	signatures := false
	for line := range strings.Lines(text) {
		signature := strings.HasPrefix(line, "— ")
		if signatures && !signature {
			notes = append(notes, one.String())
			one.Reset()
			signatures = false
			if line == "\n" {
				continue
			}
		}
		signatures = signatures || signature
		one.WriteString(line)
	}
	if one.Len() > 0 {
		notes = append(notes, one.String())
	}
	return notes
}

const checkpointQuery = `select size, made, note, cosigned from checkpoint`

func scanCheckpoint(rows *sql.Rows, c *Checkpoint) error {
	var says [2]any // numbers, if nobody has put something else there
	if err := rows.Scan(&c.Size, &says[0], &c.Note, &says[1]); err != nil {
		return err
	}
	made, _ := says[0].(int64)
	cosigned, ok := says[1].(int64)
	if !ok {
		cosigned = -1 // no time that a witness signed at
	}
	size := c.Size
	c.Made, c.Cosigned = time.UnixMilli(made), time.Time{}
	if cosigned != 0 {
		c.Cosigned = time.UnixMilli(cosigned)
	}
	body, _, _ := strings.Cut(c.Note, "\n\n")
	parsed, err := parseBody(body + "\n")
	c.Origin, c.Root = parsed.Origin, parsed.Root
	if err == nil && parsed.Size != size {
		err = fmt.Errorf("checkpoint of size %d is kept under %d", parsed.Size, size)
	}
	if err != nil {
		c.Origin, c.Size = "", size // an unreadable one is still one; whoever checks signatures finds it
	}
	return nil
}

// LastCheckpoint is the largest checkpoint kept, or [store.ErrNotFound].
func LastCheckpoint(ctx context.Context, q store.Querier) (Checkpoint, error) {
	return store.One(ctx, q, scanCheckpoint, checkpointQuery+` order by size desc limit 1`)
}

// CheckpointFrom is the smallest checkpoint kept of at least the given size, or [store.ErrNotFound].
func CheckpointFrom(ctx context.Context, q store.Querier, size int64) (Checkpoint, error) {
	return store.One(ctx, q, scanCheckpoint, checkpointQuery+` where size >= $1 order by size limit 1`, size)
}

// LastCosigned is the largest checkpoint kept that a witness signed, or [store.ErrNotFound].
func LastCosigned(ctx context.Context, q store.Querier) (Checkpoint, error) {
	return store.One(ctx, q, scanCheckpoint, checkpointQuery+` where cosigned <> 0 order by size desc limit 1`)
}

// Checkpoints lists all checkpoints kept, the smallest first.
func Checkpoints(ctx context.Context, q store.Querier) ([]Checkpoint, error) {
	return store.All(ctx, q, scanCheckpoint, checkpointQuery+` order by size`)
}

// addSignature is a note with a line of signature; one of the same key is replaced.
func addSignature(text, line string) string {
	body, had, _ := strings.Cut(text, "\n\n")
	name, _, _ := strings.Cut(strings.TrimPrefix(line, "— "), " ")
	keep := slices.DeleteFunc(slices.Collect(strings.Lines(had)), func(old string) bool { return strings.HasPrefix(old, "— "+name+" ") })
	return body + "\n\n" + strings.Join(append(keep, line), "")
}
