package office

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// gridText is delimited text that is read in chunks. GB18030 is cut as it stands, since none of its bytes after the first is a
// comma, a quote or a line end; only wanted cells are decoded. UTF-16, and what old programs write, is decoded on the way in.
type gridText struct {
	src       io.ReaderAt
	from, to  int64
	encoding  string
	delimiter byte
	decode    bool // cells are GB18030
	stream    func(io.Reader) io.Reader
}

// chunkSize keeps a chunk and what is cut out of it near the second-level cache.
const chunkSize = 128 << 10

// openText looks at the beginning of a text and settles how to read it.
func openText(ctx context.Context, name string, src io.ReaderAt, length int64, head []byte) (*Grid, error) {
	if end := bytes.LastIndexByte(head, '\n'); end > 0 && length > int64(len(head)) {
		head = head[:end+1] // not half a row, nor half a character
	}
	t := &gridText{src: src, to: length}
	var text string
	text, t.encoding = decodeText(head)
	if notText(text) {
		return nil, &Error{What: "文件不是文字，也不是认得的表格", Do: doResave}
	}
	if telling(head) == nil {
		encoding, err := laterEncoding(src, int64(len(head)), length)
		if err != nil {
			return nil, err
		}
		t.encoding = encoding
	}
	for _, mark := range []string{"\xEF\xBB\xBF", "\xFF\xFE", "\xFE\xFF", "\x84\x31\x95\x33"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			t.from = int64(len(mark))
		}
	}
	if len(text) > 64<<10 {
		text = text[:64<<10]
	}
	var rest string
	t.delimiter, rest = sniffDelimiter(text)
	skipped := len(text) - len(rest)
	switch t.encoding {
	case "UTF-16LE":
		t.stream = func(r io.Reader) io.Reader {
			return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder().Reader(r)
		}
		t.from += 2 * int64(skipped) // the line sep=, is ASCII
	case "UTF-16BE":
		t.stream = func(r io.Reader) io.Reader {
			return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder().Reader(r)
		}
		t.from += 2 * int64(skipped)
	case "GB18030":
		t.from += int64(skipped)
		if t.decode = t.delimiter != '|'; !t.decode { // which may be the second byte of a character
			t.stream = simplifiedchinese.GB18030.NewDecoder().Reader
		}
	default:
		t.from += int64(skipped)
	}
	if !strings.Contains(text, "\n") && strings.Contains(text, "\r") {
		inner := t.stream
		t.stream = func(r io.Reader) io.Reader {
			if inner != nil {
				r = inner(r)
			}
			return &lineFeeds{r}
		}
		if t.decode {
			t.decode = false
			inner = simplifiedchinese.GB18030.NewDecoder().Reader
		}
	}
	return &Grid{Format: "csv", Encoding: t.encoding, Sheets: []GridSheet{{merged: true}}, ctx: ctx, text: t}, nil
}

// laterEncoding looks further into a text for the first characters that tell its encoding.
func laterEncoding(src io.ReaderAt, from, to int64) (string, error) {
	piece := make([]byte, 1<<20)
	for from < to {
		n, err := src.ReadAt(piece, from)
		if err != nil && err != io.EOF {
			return "", err
		}
		if told := telling(piece[:n]); told != nil {
			return guessEncoding(told[:bytes.LastIndexByte(told, '\n')+1]), nil
		}
		from += int64(n)
	}
	return "UTF-8", nil
}

// lineFeeds turns the carriage returns of very old programs into line feeds.
type lineFeeds struct{ r io.Reader }

func (l *lineFeeds) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, c := range p[:n] {
		if c == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

func (t *gridText) reader() io.Reader {
	var r io.Reader = io.NewSectionReader(t.src, t.from, t.to-t.from)
	if t.stream != nil {
		r = t.stream(r)
	}
	return r
}

// head hands out batches with all columns until keep has enough.
func (t *gridText) head(keep func(*Batch) bool) error {
	c := &textChunks{r: t.reader(), row: 1, size: 8 << 10}
	for {
		chunk, err := c.next(nil)
		if err != nil || chunk == nil {
			return err
		}
		var b Batch
		width := headColumns
		if !chunk.quoted {
			width = 0
			for line := range bytes.Lines(chunk.data) {
				width = max(width, bytes.Count(line, []byte{t.delimiter})+1)
			}
		}
		t.cut(&b, chunk, newWanted(allColumns(min(width, headColumns))))
		if !keep(&b) {
			return nil
		}
	}
}

// textChunk is whole rows of a text.
type textChunk struct {
	data   []byte
	first  int // number of its first row
	rows   int
	quoted bool
}

// textChunks cuts a stream into chunks of whole rows.
type textChunks struct {
	r     io.Reader
	carry []byte // the beginning of a row whose end was not read yet
	row   int
	size  int
	done  bool
}

// maxRecord is how far a row may reach, line breaks inside quotes included. A quote that no other one closes within that distance
// is a character like any other.
const maxRecord = 4 << 20

// next returns the next chunk, in a buffer that is reused when it is large enough, or nil at the end.
func (c *textChunks) next(buffer []byte) (*textChunk, error) {
	if c.done {
		return nil, nil
	}
	if cap(buffer) < c.size+c.size/4 {
		buffer = make([]byte, c.size+c.size/4)
	}
	buffer = buffer[:cap(buffer)]
	used := copy(buffer[:max(len(c.carry), 0)], c.carry)
	want := max(c.size, used+c.size/2)
	for {
		if len(buffer) < want {
			grown := make([]byte, want+want/4)
			copy(grown, buffer[:used])
			buffer = grown
		}
		n, err := io.ReadFull(c.r, buffer[used:want])
		used += n
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			c.done = true
		} else if err != nil {
			return nil, err
		}
		chunk := &textChunk{first: c.row}
		end := chunk.measure(buffer[:used], c.done)
		if end > 0 || c.done {
			c.carry = append(c.carry[:0], buffer[end:used]...)
			chunk.data = buffer[:end]
			c.row += chunk.rows
			if end == 0 {
				return nil, nil
			}
			return chunk, nil
		}
		if want > 2*maxRecord {
			return nil, &Error{What: fmt.Sprintf("第 %d 行的文字超过 %s", c.row, size(maxRecord)), Do: doResave}
		}
		want *= 2
	}
}

// measure finds where the last whole row of the data ends, and counts the rows before.
func (c *textChunk) measure(data []byte, last bool) int {
	if bytes.IndexByte(data, '"') < 0 {
		end := bytes.LastIndexByte(data, '\n') + 1
		if last && len(data) > end {
			c.rows, end = 1, len(data)
		}
		c.rows += bytes.Count(data[:end], []byte{'\n'})
		return end
	}
	c.quoted = true
	end := 0
	for end < len(data) {
		n, whole := recordEnd(data[end:], last)
		if !whole && !last {
			break
		}
		end += n
		c.rows++
	}
	return end
}

// recordEnd finds the end of a record that may have quotes. whole is false when the data may end before the record does.
func recordEnd(data []byte, last bool) (n int, whole bool) {
	start := true
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '\n':
			return i + 1, true
		case c == '"' && start:
			if end, ok := quoteEnd(data[i+1:]); ok {
				i += end
				continue // what follows up to the delimiter is not quoted
			}
			if !last && len(data) < maxRecord {
				return 0, false
			}
			start = false
		case c == ',' || c == '\t' || c == ';' || c == '|':
			start = true
		default:
			start = false
		}
	}
	return len(data), false
}

// quoteEnd finds the quote that closes a field; the distance includes it.
func quoteEnd(data []byte) (int, bool) {
	for i := 0; ; {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 || i+n > maxRecord {
			return 0, false
		}
		i += n + 1
		if i == len(data) || data[i] != '"' {
			return i, true
		}
		i++
	}
}

// wanted tells which columns are cut out, and where to.
type wanted struct {
	at    []int16 // by column: its place among the wanted ones, or -1
	width int
}

func newWanted(columns []int) wanted {
	w := wanted{width: len(columns)}
	for i, c := range columns {
		for len(w.at) <= c {
			w.at = append(w.at, -1)
		}
		w.at[c] = int16(i)
	}
	return w
}

// cut cuts the wanted cells out of a chunk.
func (t *gridText) cut(b *Batch, c *textChunk, w wanted) {
	b.reset(w.width)
	b.data, b.first, b.rows = c.data, c.first, c.rows
	if need := c.rows * w.width; cap(b.cells) < need {
		b.cells = make([]extent, need)
	} else {
		b.cells = b.cells[:need]
		clear(b.cells)
	}
	if c.quoted {
		t.cutQuoted(b, w)
	} else {
		t.cutPlain(b, w)
	}
	if t.decode {
		decodeCells(b)
	}
}

// cutPlain is for chunks without quotes. Rows have as many columns as the last one, nearly always: then the wanted ones near the
// end are found from the end, and what lies between is only counted.
func (t *gridText) cutPlain(b *Batch, w wanted) {
	data, cells, delimiter := b.data, b.cells, []byte{t.delimiter}
	lastRow := bytes.TrimSuffix(data, []byte{'\n'})
	lastRow = lastRow[bytes.LastIndexByte(lastRow, '\n')+1:]
	usual := bytes.Count(lastRow, delimiter)
	front, back := -1, usual+1 // the last column found from the front, the first found from the end
	for c, k := range w.at {
		if k >= 0 && c <= usual/2 {
			front = c
		} else if k >= 0 {
			back = min(back, c)
		}
	}
	for pos, row := 0, 0; pos < len(data) && row < b.rows; row++ {
		end := bytes.IndexByte(data[pos:], '\n')
		next := pos + end + 1
		if end += pos; end < pos {
			end, next = len(data), len(data)
		}
		if end > pos && data[end-1] == '\r' {
			end--
		}
		out, line := cells[row*w.width:][:w.width], data[:end]
		first, last := front, back
		if bytes.Count(line[pos:], delimiter) != usual {
			first, last = len(w.at)-1, usual+1
		}
		from := pos
		for c := 0; c <= first; c++ {
			to := bytes.IndexByte(line[from:], t.delimiter)
			if to += from; to < from {
				to = end
			}
			if k := w.at[c]; k >= 0 {
				out[k] = extent{uint32(from), uint32(to)}
			}
			if to == end {
				break
			}
			from = to + 1
		}
		to := end
		for c := usual; c >= last; c-- {
			from := pos + bytes.LastIndexByte(line[pos:to], t.delimiter) + 1
			if c < len(w.at) && w.at[c] >= 0 {
				out[w.at[c]] = extent{uint32(from), uint32(to)}
			}
			to = from - 1
		}
		pos = next
	}
}

// cutQuoted is for chunks with quotes.
func (t *gridText) cutQuoted(b *Batch, w wanted) {
	data := b.data
	whole := len(data)
	pos := 0
	for row := 0; pos < whole && row < b.rows; row++ {
		out := b.cells[row*w.width : (row+1)*w.width]
		for column, more := 0, true; more; column++ {
			var from, to int
			quoted := false
			if pos < whole && data[pos] == '"' {
				if n, ok := quoteEnd(data[pos+1 : whole]); ok {
					quoted = true
					inner := data[pos+1 : pos+n]
					pos += n + 1
					from, to = pos-n, pos-1
					if bytes.Contains(inner, []byte(`""`)) {
						from = len(b.data)
						b.data = append(b.data, bytes.ReplaceAll(inner, []byte(`""`), []byte(`"`))...)
						to = len(b.data)
					}
				}
			}
			start := pos
			more = false
			for pos < whole && data[pos] != '\n' {
				if data[pos] == t.delimiter {
					more = true
					break
				}
				pos++
			}
			if !quoted {
				from, to = start, pos
				if !more && to > from && data[to-1] == '\r' {
					to--
				}
			}
			pos++
			if column < len(w.at) && w.at[column] >= 0 {
				out[w.at[column]] = extent{uint32(from), uint32(to)}
			}
		}
	}
}

// decodeCells turns the cells of a batch from GB18030 into UTF-8, behind the data.
func decodeCells(b *Batch) {
	table := gbTable()
	for i, c := range b.cells {
		cell := b.data[c.from:c.to]
		if plainASCII(cell) {
			continue
		}
		from := len(b.data)
		b.data = appendGB(b.data, int(c.from), int(c.to), table)
		b.cells[i] = extent{uint32(from), uint32(len(b.data))}
	}
}

// plainASCII tells that there is nothing to decode.
func plainASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// appendGB appends the text between two places of the data, decoded.
func appendGB(data []byte, from, to int, table *[126 * 191]rune) []byte {
	start := len(data)
	for i := from; i < to; i++ {
		c := data[i]
		if c < 0x80 {
			data = append(data, c)
			continue
		}
		if i+1 < to && c >= 0x81 && c <= 0xfe && data[i+1] >= 0x40 && data[i+1] <= 0xfe {
			if r := table[int(c-0x81)*191+int(data[i+1]-0x40)]; r != 0 {
				data = utf8.AppendRune(data, r)
				i++
				continue
			}
		}
		// four bytes, or nothing that is GB18030: left to those who know all of it
		return append(data[:start], decodeGB(data[from:to])...)
	}
	return data
}

// gbTable is what each pair of bytes stands for.
var gbTable = sync.OnceValue(func() *[126 * 191]rune {
	var table [126 * 191]rune
	decoder := simplifiedchinese.GB18030.NewDecoder()
	for hi := range 126 {
		for lo := range 191 {
			pair := []byte{byte(0x81 + hi), byte(0x40 + lo)}
			if text, err := decoder.Bytes(pair); err == nil {
				if r, n := utf8.DecodeRune(text); n == len(text) && r != utf8.RuneError {
					table[hi*191+lo] = r
				}
			}
		}
	}
	return &table
})

// scanText reads a text with as many workers as there are processors.
func scanText[T any](ctx context.Context, t *gridText, columns []int, work func(*Batch) (T, error), take func(T) error) error {
	type result struct {
		value T
		err   error
	}
	type job struct {
		chunk *textChunk
		done  chan result
	}
	workers := runtime.GOMAXPROCS(0)
	w := newWanted(columns)
	jobs, order := make(chan job), make(chan job, 2*workers)
	buffers := make(chan []byte, 4*workers)
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			var b Batch
			for j := range jobs {
				t.cut(&b, j.chunk, w)
				v, err := work(&b)
				select {
				case buffers <- b.data: // grown, perhaps, by what was decoded
				default:
				}
				j.done <- result{v, err}
			}
		})
	}
	var failed error
	group.Go(func() {
		defer close(order)
		defer close(jobs)
		c := &textChunks{r: t.reader(), row: 1, size: int(min(chunkSize, max(t.to-t.from, 4<<10)+1))}
		for {
			var buffer []byte
			select {
			case buffer = <-buffers:
			default:
			}
			chunk, err := c.next(buffer)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil || chunk == nil {
				failed = err
				return
			}
			j := job{chunk, make(chan result, 1)}
			select {
			case order <- j:
			case <-stop:
				return
			}
			jobs <- j
		}
	})
	var err error
	for j := range order {
		r := <-j.done
		if err != nil {
			continue
		}
		if err = r.err; err == nil {
			err = take(r.value)
		}
		if err != nil {
			close(stop)
		}
	}
	group.Wait()
	if err == nil {
		err = failed
	}
	return err
}
