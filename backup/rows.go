package backup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"bihuan/store"
)

// partBytes is how much of a table goes into one part of the archive, before packing. A part is held in memory.
const partBytes = 4 << 20

// mostLine bounds a row that is read. The largest are readings of documents of 32 MB.
const mostLine = 512 << 20

// left are the tables that no backup holds: who is signed in, uploads whose pieces are not kept either, and what was backed up before.
var left = map[string]bool{"session": true, "upload": true, "backup": true, "drill": true}

// appendRow appends a row as a line of JSON: numbers, texts and null as themselves, bytes as {"blob":"base64"}, and a text that is no
// UTF-8 as {"text":"base64"}.
func appendRow(line []byte, values []any) ([]byte, error) {
	line = append(line, '[')
	for i, v := range values {
		if i > 0 {
			line = append(line, ',')
		}
		switch v := v.(type) {
		case nil:
			line = append(line, "null"...)
		case int64:
			line = strconv.AppendInt(line, v, 10)
		case float64:
			at := len(line)
			line = strconv.AppendFloat(line, v, 'g', -1, 64)
			if !bytes.ContainsAny(line[at:], ".e") {
				line = append(line, ".0"...)
			}
		case string:
			if utf8.ValidString(v) {
				line = appendText(line, v)
			} else {
				line = appendBytes(line, "text", []byte(v))
			}
		case []byte:
			line = appendBytes(line, "blob", v)
		default:
			return nil, fmt.Errorf("a value of type %T cannot be backed up", v)
		}
	}
	return append(line, "]\n"...), nil
}

func appendBytes(line []byte, as string, b []byte) []byte {
	line = append(line, `{"`+as+`":"`...)
	line = base64.StdEncoding.AppendEncode(line, b)
	return append(line, `"}`...)
}

// appendText appends valid UTF-8 as a string of JSON.
func appendText(line []byte, s string) []byte {
	const digits = "0123456789abcdef"
	line = append(line, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		line = append(line, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			line = append(line, '\\', c)
		case '\n':
			line = append(line, `\n`...)
		default:
			line = append(line, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	line = append(line, s[from:]...)
	return append(line, '"')
}

// parseRow reads what [appendRow] wrote.
func parseRow(line []byte, columns int) ([]any, error) {
	var cells []any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&cells); err != nil {
		return nil, err
	}
	if len(cells) != columns {
		return nil, fmt.Errorf("%d values for %d columns", len(cells), columns)
	}
	for i, c := range cells {
		var err error
		switch c := c.(type) {
		case nil, string:
		case json.Number:
			if strings.ContainsAny(string(c), ".eE") {
				cells[i], err = c.Float64()
			} else {
				cells[i], err = c.Int64()
			}
		case map[string]any:
			cells[i], err = parseBytes(c)
		default:
			err = fmt.Errorf("%T is no value", c)
		}
		if err != nil {
			return nil, err
		}
	}
	return cells, nil
}

func parseBytes(c map[string]any) (any, error) {
	for as, v := range c {
		text, ok := v.(string)
		b, err := base64.StdEncoding.DecodeString(text)
		switch {
		case len(c) != 1 || !ok || err != nil:
		case as == "blob":
			return b, nil
		case as == "text":
			return string(b), nil
		}
	}
	return nil, fmt.Errorf("%v is no value", c)
}

// rowWriter packs the rows of tables into parts of an archive.
type rowWriter struct {
	to      *writer
	m       *Manifest
	folder  string           // in the archive
	tables  map[string]int64 // counts the rows of each
	name    string           // of the table
	columns []byte           // first line of each part
	part    int
	lines   []byte
	packed  bytes.Buffer
	zip     *gzip.Writer
}

func newRowWriter(to *writer, m *Manifest) *rowWriter {
	zip, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // fails for a level that does not exist
	return &rowWriter{to: to, m: m, zip: zip}
}

// dump writes all tables of a database, counting their rows, and returns the newest signed note of its record.
func (w *rowWriter) dump(ctx context.Context, s *store.Dump, folder string, tables map[string]int64) (string, error) {
	w.folder, w.tables = folder, tables
	list, err := s.Tables(ctx)
	if err != nil {
		return "", err
	}
	for _, t := range list {
		if left[t.Name] {
			continue
		}
		if err := w.table(ctx, s, t); err != nil {
			return "", err
		}
	}
	return lastCheckpoint(ctx, s, list)
}

// table writes all rows of a table.
func (w *rowWriter) table(ctx context.Context, s *store.Dump, t store.Table) error {
	columns, err := json.Marshal(t.Columns)
	if err != nil {
		return err
	}
	w.name, w.columns, w.part = t.Name, append(columns, '\n'), 0
	w.lines = append(w.lines[:0], w.columns...)
	var n int64
	err = s.Rows(ctx, t, func(values []any) (err error) {
		if w.lines, err = appendRow(w.lines, values); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		n++
		if len(w.lines) < partBytes {
			return nil
		}
		return w.flush()
	})
	if err == nil && (len(w.lines) > len(w.columns) || n == 0) {
		err = w.flush()
	}
	w.tables[t.Name] = n
	return err
}

// flush writes what there is as a part.
func (w *rowWriter) flush() error {
	w.part++
	w.m.Content += int64(len(w.lines))
	w.packed.Reset()
	w.zip.Reset(&w.packed)
	if _, err := w.zip.Write(w.lines); err != nil {
		return err
	}
	if err := w.zip.Close(); err != nil {
		return err
	}
	w.lines = append(w.lines[:0], w.columns...)
	if cap(w.lines) > 4*partBytes {
		w.lines = append([]byte(nil), w.columns...) // one enormous row need not be remembered
	}
	name := w.folder + w.name + "/" + strconv.Itoa(w.part) + ".jsonl.gz"
	sum := sha256.Sum256(w.packed.Bytes())
	w.m.Parts[name] = hex.EncodeToString(sum[:])
	return w.to.put(name, w.packed.Bytes())
}

// loadPart puts the rows of a part, read from in, into the database.
func loadPart(ctx context.Context, l *store.Loader, table string, in io.Reader) error {
	zip, err := gzip.NewReader(in)
	if err != nil {
		return damaged(err)
	}
	lines := bufio.NewReaderSize(zip, 256<<10)
	first, err := readLine(lines)
	if err != nil {
		return damaged(err)
	}
	t := store.Table{Name: table}
	if err := json.Unmarshal(first, &t.Columns); err != nil || len(t.Columns) == 0 {
		return fmt.Errorf("%w（表 %s 没有列名）", ErrDamaged, table)
	}
	return l.Rows(ctx, t, func() ([]any, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		line, err := readLine(lines)
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return nil, damaged(err)
		}
		row, err := parseRow(line, len(t.Columns))
		if err != nil {
			return nil, damaged(err)
		}
		return row, nil
	})
}

// readLine reads one line of bounded length. The line is good until the next is read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		if err == io.EOF && len(line) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return line, err
	}
	long := bytes.Clone(line)
	for err == bufio.ErrBufferFull {
		line, err = r.ReadSlice('\n')
		if long = append(long, line...); len(long) > mostLine {
			return nil, fmt.Errorf("a row has more than %d MB", mostLine>>20)
		}
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return long, err
}
