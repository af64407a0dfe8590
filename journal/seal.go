package journal

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"bihuan/store"
)

// Event is an entry as the log holds it: the exact texts that were hashed.
type Event struct {
	Seq      int64
	Entered  int64 // Unix milliseconds
	Happened string
	Staff    int64
	Who      string
	Verb     string
	Kind     string
	Row      int64
	Changes  string // JSON of []Change
	Salt     []byte // 16 bytes; nil once the content is erased
	States   string // what the transaction changed: a line with a salt of its own, then one for each row; see rowLine
	Erased   string // commitment to the content, hex, once that is erased; empty while it is not
	Leaf     tlog.Hash
}

// saltLength is enough that nobody finds the content of an erased event by trying.
const saltLength = 16

// Content is the text that the leaf commits to: a JSON array of strings.
func (e Event) Content() []byte { return e.appendContent(nil) }

func (e *Event) appendContent(b []byte) []byte {
	number := func(n int64) {
		b = append(strconv.AppendInt(append(b, `,"`...), n, 10), '"')
	}
	text := func(s string) {
		b = appendText(append(b, ','), s)
	}
	b = append(b, `["bihuan/event/1"`...)
	number(e.Seq)
	number(e.Entered)
	text(e.Happened)
	number(e.Staff)
	text(e.Who)
	text(e.Verb)
	text(e.Kind)
	number(e.Row)
	text(e.Changes)
	return append(b, ']')
}

// appendText appends a string of JSON just as package json writes it, which takes several times as long. What is seldom is left to it.
func appendText(b []byte, s string) []byte {
	begin := len(b)
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0xE2: // 0xE2 begins the two line ends of Unicode, which are escaped
			return appendAny(b[:begin], s)
		default:
			b = append(b, c)
		}
	}
	if !utf8.ValidString(s) {
		return appendAny(b[:begin], s)
	}
	return append(b, '"')
}

func appendAny(b []byte, s string) []byte {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // strings always encode
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}

// LeafData is what the leaf is the hash of. It names nobody and nothing.
func (e Event) LeafData() string {
	return LeafData(e.Seq, e.Entered, e.Commitment(), e.Rows())
}

// Commitment is the hash of salt and content, which stays when these are erased.
func (e Event) Commitment() [32]byte {
	if e.Erased != "" {
		return unhex(e.Erased)
	}
	return sha256.Sum256(e.appendContent(append(make([]byte, 0, 512), e.Salt...)))
}

// Rows is the hash of what the event says of rows, which stays when that is erased.
func (e Event) Rows() [32]byte {
	if hash, ok := strings.CutPrefix(e.States, statesErased); ok {
		return unhex(strings.TrimSuffix(hash, "\n"))
	}
	return sha256.Sum256(append(make([]byte, 0, 512), e.States...))
}

// statesErased leads the hash of what an event said of rows, once that is erased.
const statesErased = "erased "

// StatesErased tells whether what the event said of rows is erased.
func (e Event) StatesErased() bool { return strings.HasPrefix(e.States, statesErased) }

func unhex(text string) (sum [32]byte) {
	b, _ := hex.DecodeString(text) // what is no hash fits no leaf
	copy(sum[:], b)
	return sum
}

// LeafOf is the hash of the leaf that fits what the event says.
func LeafOf(e Event) tlog.Hash {
	return tlog.RecordHash(appendLeaf(make([]byte, 0, 256), e.Seq, e.Entered, e.Commitment(), e.Rows()))
}

// Sound tells whether an event is what its leaf commits to. One whose content is erased holds none, and what stands in the place of
// erased texts is written in one way only: nothing can be slipped in there that no leaf covers.
func (e Event) Sound() bool {
	if e.Erased != "" {
		blank := Event{Seq: e.Seq, Entered: e.Entered, Changes: "[]"}
		if string(e.Content()) != string(blank.Content()) || e.Salt != nil || e.Erased != fmt.Sprintf("%x", e.Commitment()) {
			return false
		}
	} else if len(e.Salt) != saltLength {
		return false
	}
	if e.StatesErased() && e.States != fmt.Sprintf("%s%x\n", statesErased, e.Rows()) {
		return false
	}
	return LeafOf(e) == e.Leaf
}

// LeafData makes the data of a leaf from its parts.
func LeafData(seq, entered int64, commitment, rows [32]byte) string {
	return string(appendLeaf(nil, seq, entered, commitment, rows))
}

func appendLeaf(b []byte, seq, entered int64, commitment, rows [32]byte) []byte {
	b = append(strconv.AppendInt(append(b, "bihuan leaf 1\n"...), seq, 10), '\n')
	b = append(strconv.AppendInt(b, entered, 10), '\n')
	b = append(hex.AppendEncode(b, commitment[:]), '\n')
	return append(hex.AppendEncode(b, rows[:]), '\n')
}

// rowLine is what an event says of the state of a row: table, key, digest, tags of the columns; or that it is gone.
func rowLine(r store.Row) string {
	if r.Gone {
		return r.Table + " " + r.Key + " -\n"
	}
	return r.Table + " " + r.Key + " " + base64.StdEncoding.EncodeToString(r.Digest[:]) + " " + r.Tags + "\n"
}

// ErrUnreadable is the error of an event that says the state of a row in a way in which no program writes it.
var ErrUnreadable = errors.New("journal: the state of a row is not readable")

// EachState calls f with each row that an event says the state of, or fails with [ErrUnreadable].
func EachState(states string, f func(store.Row) error) error {
	for line := range strings.Lines(states) {
		if strings.HasPrefix(line, saltLine) || strings.HasPrefix(line, statesErased) {
			continue
		}
		r, ok := parseRowLine(strings.TrimSuffix(line, "\n"))
		if !ok {
			return fmt.Errorf("%w: %q", ErrUnreadable, line)
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// parseRowLine reads what [rowLine] writes. A key may hold blanks: what stands between the first word and the last ones is the key.
func parseRowLine(line string) (r store.Row, ok bool) {
	r.Table, line, ok = strings.Cut(line, " ")
	end := strings.LastIndexByte(line, ' ')
	if !ok || end < 0 {
		return r, false
	}
	r.Key, r.Tags = line[:end], line[end+1:]
	if r.Tags == "-" {
		r.Tags, r.Gone = "", true
		return r, true
	}
	end = strings.LastIndexByte(r.Key, ' ')
	digest := r.Key[end+1:]
	if end < 0 || len(digest) != base64.StdEncoding.EncodedLen(len(r.Digest)) {
		return r, false
	}
	var sum [len(r.Digest) + 1]byte // the decoder wants room for what the text could hold
	n, err := strictBase64.Decode(sum[:], []byte(digest))
	copy(r.Digest[:], sum[:])
	r.Key = r.Key[:end]
	return r, err == nil && n == len(r.Digest)
}

// strictBase64 takes one text only for each value.
var strictBase64 = base64.StdEncoding.Strict()

// saltLine begins what an event says of rows: nobody can guess the rest of it from its hash.
const saltLine = "salt "

// statesOf is what an event says of rows.
func statesOf(rows []store.Row) string {
	if len(rows) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(saltLine + rand.Text() + "\n")
	for _, r := range rows {
		b.WriteString(rowLine(r))
	}
	return b.String()
}

// sealer gathers the events of a transaction and writes them as leaves before its commit.
type sealer struct{ events []Event }

// Seal writes the events. The last carries the state of all rows that the transaction changed. Concurrent transactions take their places
// in the log from one head row, which stays locked until the commit: numbers have no gaps, and the log never forks.
func (s *sealer) Seal(ctx context.Context, tx *store.Tx, changed []store.Row) error {
	s.events[len(s.events)-1].States = statesOf(changed)
	if err := s.append(ctx, tx); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

func (s *sealer) append(ctx context.Context, tx *store.Tx) error {
	type head struct {
		seq      int64
		frontier []byte
	}
	h, err := store.One(ctx, tx, func(rows *sql.Rows, h *head) error { return rows.Scan(&h.seq, &h.frontier) },
		`update journal_head set seq = seq + $1 where id = 1 returning seq, frontier`, len(s.events))
	if err != nil {
		return err
	}
	at := h.seq - int64(len(s.events))
	tree, err := treeAt(at, h.frontier)
	if err != nil {
		return err
	}
	salts := make([]byte, saltLength*len(s.events))
	_, _ = rand.Read(salts) // never fails
	list := make([]store.Statement, 0, len(s.events)+1)
	for i := range s.events {
		e := &s.events[i]
		at++
		e.Seq, e.Salt = at, salts[i*saltLength:(i+1)*saltLength:(i+1)*saltLength]
		e.Leaf = LeafOf(*e)
		list = append(list, store.Statement{Query: `insert into journal (seq, entered, happened, staff, who, verb, kind, row_id, data, salt, states, leaf)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			Args: []any{e.Seq, e.Entered, e.Happened, e.Staff, e.Who, e.Verb, e.Kind, e.Row, e.Changes, e.Salt, e.States, e.Leaf[:]}})
		tree.Grow(e.Leaf, func(level int, n int64, hash tlog.Hash) { list = append(list, insertNode(level, n, hash)) })
	}
	list = append(list, store.Statement{Query: `update journal_head set frontier = $1 where id = 1`, Args: []any{tree.Bytes()}})
	return tx.ExecAll(ctx, list) // while everybody waits for the head row
}

func insertNode(level int, n int64, hash tlog.Hash) store.Statement {
	return store.Statement{Query: `insert into journal_node (level, n, hash) values ($1, $2, $3)`, Args: []any{level, n, hash[:]}}
}

// EventColumns are the columns of table journal that [ScanEvent] reads.
const EventColumns = `seq, entered, happened, staff, who, verb, kind, row_id, data, salt, states, erased, leaf`

// ScanEvent reads a row of [EventColumns]. Each column must hold what it is for: SQLite would keep bytes in a column of text, which read
// the same and are found by no query.
func ScanEvent(rows *sql.Rows, e *Event) error {
	var seq, entered, happened, staff, who, verb, kind, row, changes, salt, states, erased, leaf any
	if err := rows.Scan(&seq, &entered, &happened, &staff, &who, &verb, &kind, &row, &changes, &salt, &states, &erased, &leaf); err != nil {
		return err
	}
	ok := true
	for _, x := range []struct {
		into *int64
		from any
	}{{&e.Seq, seq}, {&e.Entered, entered}, {&e.Staff, staff}, {&e.Row, row}} {
		n, is := x.from.(int64)
		*x.into, ok = n, ok && is
	}
	for _, x := range []struct {
		into *string
		from any
	}{{&e.Happened, happened}, {&e.Who, who}, {&e.Verb, verb}, {&e.Kind, kind}, {&e.Changes, changes}, {&e.States, states}, {&e.Erased, erased}} {
		text, is := x.from.(string)
		*x.into, ok = text, ok && is
	}
	e.Salt, e.Leaf = nil, tlog.Hash{}
	if salt != nil {
		b, is := salt.([]byte)
		e.Salt, ok = b, ok && is
	}
	if leaf != nil { // an entry from before the journal was a log
		b, is := leaf.([]byte)
		ok = ok && is && len(b) == len(e.Leaf)
		copy(e.Leaf[:], b)
	}
	if !ok {
		return ErrColumn
	}
	return nil
}

// ErrColumn is the error of a row of the journal in which a column holds what it is not for.
var ErrColumn = errors.New("journal: a column holds something of another kind")

// Events reads events by their numbers, in the order of the log.
func Events(ctx context.Context, q store.Querier, seqs []int64) ([]Event, error) {
	var all []Event
	for len(seqs) > 0 {
		part := seqs[:min(len(seqs), 200)]
		seqs = seqs[len(part):]
		marks, args := make([]string, len(part)), make([]any, len(part))
		for i, n := range part {
			marks[i], args[i] = "$"+strconv.Itoa(i+1), n
		}
		list, err := store.All(ctx, q, ScanEvent, `select `+EventColumns+` from journal where seq in (`+strings.Join(marks, ", ")+`) order by seq`, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// errNotBegun is the error of writing to a log whose older entries are no leaves yet.
var errNotBegun = errors.New("the log has entries that are no leaves yet: open the database with the program once, which makes them so")
