package office

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// space is a namespace the readers know. The transitional and the strict address of a namespace are one space.
type space uint8

const (
	spaceNone  space = iota // no namespace
	spaceOther              // a namespace nobody here reads
	spaceWord
	spaceSheet
	spaceMath
	spaceCompat // markup compatibility: AlternateContent
	spaceRels
)

var spaces = map[string]space{
	"": spaceNone,
	"http://schemas.openxmlformats.org/wordprocessingml/2006/main": spaceWord,
	"http://purl.oclc.org/ooxml/wordprocessingml/main":             spaceWord,
	"http://schemas.openxmlformats.org/spreadsheetml/2006/main":    spaceSheet,
	"http://purl.oclc.org/ooxml/spreadsheetml/main":                spaceSheet,
	"http://schemas.openxmlformats.org/officeDocument/2006/math":   spaceMath,
	"http://purl.oclc.org/ooxml/officeDocument/math":               spaceMath,
	"http://schemas.openxmlformats.org/markup-compatibility/2006":  spaceCompat,
	"http://schemas.openxmlformats.org/package/2006/relationships": spaceRels,
}

type xmlKind uint8

const (
	xmlDone  xmlKind = iota // the end of the part, or a failure: see xmlReader.err
	xmlStart                // space, local and attr tell which
	xmlEnd
	xmlText // chunk holds a piece of character data
)

const (
	xmlBuffer = 64 << 10
	xmlMaxTag = 1 << 20 // a tag with its attributes has to fit in memory; real ones stay far below
)

// xmlReader reads one XML part front to back in bounded memory. It is not a general XML parser: it knows what Office writes
// and refuses what Office never writes (document types, entities of one's own), which is where the attacks are.
//
// The usual way to walk it is
//
//	for x.child() {
//		switch string(x.local) { … default: x.skip() }
//	}
//
// where every branch consumes its element by skip, text or a loop of its own. A failure ends every loop and stays in err.
type xmlReader struct {
	src  io.Reader
	part string // name of the part, for messages
	b    *budget
	err  error

	buf  []byte
	r, w int // what is not yet read is buf[r:w]
	eof  bool

	// the current token; the slices hold until the next one is read
	space space
	local []byte
	attrs []byte
	chunk []byte

	selfClosed bool // the end of the current start tag is still owed
	cdata      bool // inside a CDATA section
	plain      bool // chunk came from one: no entities in it
	begun      bool // the root element has started

	names    []byte // the open elements' names, one after the other
	ends     []int  // where each of them ends in names; their number is the depth
	bindings []binding
	prefix   []byte // the prefix last looked up, and what it resolved to, while cached holds
	resolved space
	cached   bool
}

type binding struct {
	prefix string
	space  space
	depth  int
}

// declaredGB finds a declaration that the part is written in the national encoding, which no standard allows and some
// programs do all the same.
var declaredGB = regexp.MustCompile(`(?i)^<\?xml[^>]*encoding=["'](?:gb2312|gbk|gb18030)["']`)

func newXML(src io.Reader, part string, b *budget) *xmlReader {
	x := &xmlReader{src: src, part: part, b: b, buf: make([]byte, xmlBuffer)}
	x.fill()
	head := x.buf[:x.w]
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		x.r = 3
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")):
		whole := io.MultiReader(bytes.NewReader(bytes.Clone(head)), src)
		x.src = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Reader(whole)
		x.w, x.eof = 0, false
		x.fill()
	case declaredGB.Match(head[:min(len(head), 100)]):
		whole := io.MultiReader(bytes.NewReader(bytes.Clone(head)), src)
		x.src = simplifiedchinese.GB18030.NewDecoder().Reader(whole)
		x.w, x.eof = 0, false
		x.fill()
	}
	return x
}

// fail keeps the first error.
func (x *xmlReader) fail(err error) {
	if x.err == nil {
		x.err = err
	}
}

// broken fails with a message that names the part.
func (x *xmlReader) broken(what string, err error) {
	x.fail(damaged(x.part+" "+what, err))
}

// fill reads more behind what is still unread and reports whether there is more.
func (x *xmlReader) fill() bool {
	if x.err != nil || x.eof {
		return false
	}
	if x.r > 0 {
		x.w = copy(x.buf, x.buf[x.r:x.w])
		x.r = 0
	}
	if x.w == len(x.buf) {
		if len(x.buf) >= xmlMaxTag {
			x.fail(&Error{What: fmt.Sprintf("%s 里有超过 %s 的标签", x.part, size(xmlMaxTag)), Do: doSuspect})
			return false
		}
		x.buf = append(x.buf, make([]byte, len(x.buf))...)
	}
	for range 100 { // a reader may return nothing now and then, but not for ever
		n, err := x.src.Read(x.buf[x.w:])
		x.w += n
		if err == io.EOF {
			x.eof = true
			return n > 0
		}
		if err != nil {
			x.failRead(err)
			return false
		}
		if n > 0 {
			return true
		}
	}
	x.broken("读不出来", io.ErrNoProgress)
	return false
}

// failRead passes errors of ours through and words those of the archive.
func (x *xmlReader) failRead(err error) {
	if ours, ok := errors.AsType[*Error](err); ok {
		x.fail(ours)
		return
	}
	x.broken("解压出错", err)
}

// depth is the number of open elements.
func (x *xmlReader) depth() int { return len(x.ends) }

// child moves to the next child element of the element being walked and reports whether there is one.
func (x *xmlReader) child() bool {
	for {
		switch x.next() {
		case xmlStart:
			return true
		case xmlText:
		default:
			return false
		}
	}
}

// skip consumes the rest of the current element.
func (x *xmlReader) skip() {
	for outside := x.depth() - 1; x.depth() > outside; {
		if x.next() == xmlDone {
			return
		}
	}
}

// text consumes the current element and appends its character data, without that of its children, to dst.
func (x *xmlReader) text(dst []byte) []byte {
	for {
		switch x.next() {
		case xmlStart:
			x.skip()
		case xmlText:
			dst = x.appendChunk(dst)
			if err := x.b.line(len(dst)); err != nil {
				x.fail(err)
			}
		default:
			return dst
		}
	}
}

// next moves to the next token.
func (x *xmlReader) next() xmlKind {
	if x.selfClosed {
		x.selfClosed = false
		x.pop()
		return xmlEnd
	}
	for x.err == nil {
		if x.r == x.w && !x.fill() {
			x.finish()
			return xmlDone
		}
		if x.cdata {
			if x.cdataChunk() {
				return xmlText
			}
			continue
		}
		if x.buf[x.r] != '<' {
			if x.textChunk() {
				return xmlText
			}
			continue
		}
		for x.w-x.r < 2 {
			if !x.fill() {
				x.finish()
				return xmlDone
			}
		}
		switch x.buf[x.r+1] {
		case '/':
			if x.endTag() {
				return xmlEnd
			}
		case '?':
			x.skipPast("?>")
		case '!':
			x.declaration()
		default:
			if x.startTag() {
				return xmlStart
			}
		}
	}
	return xmlDone
}

// finish checks that the part ended where it may.
func (x *xmlReader) finish() {
	if x.err == nil && (x.depth() > 0 || !x.begun || x.r < x.w || x.cdata) {
		x.broken("没有写完", io.ErrUnexpectedEOF)
	}
}

// textChunk takes character data up to the next tag or the end of the buffer, never half an entity.
func (x *xmlReader) textChunk() bool {
	unread := x.buf[x.r:x.w]
	n := bytes.IndexByte(unread, '<')
	if n < 0 {
		n = len(unread)
		tail := unread[max(0, n-16):]
		if amp := bytes.LastIndexByte(tail, '&'); amp >= 0 && bytes.IndexByte(tail[amp:], ';') < 0 {
			n -= len(tail) - amp
			if n == 0 {
				if !x.fill() {
					x.finish()
				}
				return false
			}
		}
	}
	x.chunk, x.plain = unread[:n], false
	x.r += n
	return true
}

func (x *xmlReader) cdataChunk() bool {
	unread := x.buf[x.r:x.w]
	n := bytes.Index(unread, []byte("]]>"))
	if n >= 0 {
		x.cdata = false
		x.chunk, x.plain = unread[:n], true
		x.r += n + 3
		return n > 0
	}
	n = len(unread) - 2 // the section's end may have begun
	if n <= 0 {
		if !x.fill() {
			x.finish()
		}
		return false
	}
	x.chunk, x.plain = unread[:n], true
	x.r += n
	return true
}

// skipPast drops everything up to and including mark.
func (x *xmlReader) skipPast(mark string) {
	for x.err == nil {
		if n := bytes.Index(x.buf[x.r:x.w], []byte(mark)); n >= 0 {
			x.r += n + len(mark)
			return
		}
		x.r = max(x.r, x.w-len(mark)+1)
		if !x.fill() {
			x.finish()
			return
		}
	}
}

// declaration handles what starts with "<!": comments, CDATA sections, and the document types that are refused.
func (x *xmlReader) declaration() {
	for x.w-x.r < len("<![CDATA[") && x.fill() {
	}
	head := x.buf[x.r:x.w]
	switch {
	case bytes.HasPrefix(head, []byte("<!--")):
		x.r += 4
		x.skipPast("-->")
	case bytes.HasPrefix(head, []byte("<![CDATA[")) && x.depth() > 0:
		x.r += len("<![CDATA[")
		x.cdata = true
	default:
		x.fail(&Error{What: x.part + " 里有文档类型或实体声明（DOCTYPE、ENTITY），可能用来攻击服务器", Do: doSuspect})
	}
}

// tagEnd finds the '>' that closes the tag at r, past quoted values, and makes sure the whole tag is in the buffer.
// It returns the distance from r, or -1.
func (x *xmlReader) tagEnd() int {
	// The first '>' it is, unless it stands inside quotes, which real files hardly ever do.
	unread := x.buf[x.r:x.w]
	if end := bytes.IndexByte(unread, '>'); end > 0 {
		tag := unread[:end]
		if bytes.Count(tag, []byte{'"'})%2 == 0 && bytes.IndexByte(tag, '\'') < 0 {
			return end
		}
	}
	i, quote := 1, byte(0)
	for {
		b := x.buf[x.r:x.w]
		for i < len(b) {
			c := b[i]
			switch {
			case quote != 0:
				n := bytes.IndexByte(b[i:], quote)
				if n < 0 {
					i = len(b)
					continue
				}
				i += n
				quote = 0
			case c == '>':
				return i
			case c == '"' || c == '\'':
				quote = c
			case c == '<':
				x.broken("标签不完整", nil)
				return -1
			}
			i++
		}
		if !x.fill() {
			x.finish()
			return -1
		}
	}
}

func (x *xmlReader) startTag() bool {
	end := x.tagEnd()
	if end < 0 {
		return false
	}
	tag := x.buf[x.r+1 : x.r+end]
	x.r += end + 1
	if n := len(tag); n > 0 && tag[n-1] == '/' {
		x.selfClosed = true
		tag = tag[:n-1]
	}
	colon, n := -1, 0
	for n < len(tag) && tag[n] > ' ' {
		if tag[n] == ':' && colon < 0 {
			colon = n
		}
		n++
	}
	name := tag[:n]
	if n == colon+1 {
		x.broken("标签没有名称", nil)
		return false
	}
	if len(x.ends) >= x.b.limits.Depth {
		x.fail(&Error{What: fmt.Sprintf("%s 的嵌套超过 %d 层", x.part, x.b.limits.Depth), Do: doSuspect})
		return false
	}
	if x.begun && len(x.ends) == 0 {
		x.broken("有多余的内容", nil)
		return false
	}
	if err := x.b.element(); err != nil {
		x.fail(err)
		return false
	}
	x.begun = true
	if !x.selfClosed { // a tag that closes itself meets no end tag to be compared with
		x.names = append(x.names, name...)
	}
	x.ends = append(x.ends, len(x.names))
	x.attrs = tag[n:]
	if len(x.attrs) > 8 && bytes.Contains(x.attrs, []byte("xmlns")) {
		x.bind()
	}
	if colon < 0 {
		x.local, x.space = name, x.lookup(nil)
	} else {
		x.local, x.space = name[colon+1:], x.lookup(name[:colon])
	}
	return true
}

func (x *xmlReader) endTag() bool {
	// Nearly always the tag is just the name that is due; then there is nothing to search for.
	if due := x.names[x.start():]; len(due) > 0 && x.w-x.r > len(due)+2 {
		tag := x.buf[x.r+2:]
		if tag[len(due)] == '>' && bytes.Equal(tag[:len(due)], due) {
			x.r += len(due) + 3
			x.pop()
			return true
		}
	}
	end := x.tagEnd()
	if end < 0 {
		return false
	}
	name := bytes.TrimRight(x.buf[x.r+2:x.r+end], " \t\r\n")
	x.r += end + 1
	if len(x.ends) == 0 || !bytes.Equal(name, x.names[x.start():]) {
		x.broken("标签不配对", nil)
		return false
	}
	x.pop()
	return true
}

// start is where the innermost open element's name begins.
func (x *xmlReader) start() int {
	if n := len(x.ends); n > 1 {
		return x.ends[n-2]
	}
	return 0
}

func (x *xmlReader) pop() {
	x.names = x.names[:x.start()]
	x.ends = x.ends[:len(x.ends)-1]
	for n := len(x.bindings); n > 0 && x.bindings[n-1].depth > len(x.ends); n-- {
		x.bindings = x.bindings[:n-1]
		x.cached = false
	}
}

// bind takes the namespace declarations of the current start tag.
func (x *xmlReader) bind() {
	for rest := x.attrs; ; {
		var name, value []byte
		name, value, rest = nextAttr(rest)
		if name == nil {
			return
		}
		prefix, declares := bytes.CutPrefix(name, []byte("xmlns"))
		if !declares || len(prefix) > 0 && prefix[0] != ':' {
			continue
		}
		known, ok := spaces[string(value)]
		if !ok {
			known = spaceOther
		}
		prefix = bytes.TrimPrefix(prefix, []byte(":"))
		x.bindings = append(x.bindings, binding{string(prefix), known, len(x.ends)})
		x.cached = false
		if len(x.bindings) > 10_000 {
			x.fail(&Error{What: x.part + " 声明的命名空间过多", Do: doSuspect})
			return
		}
	}
}

// lookup finds the namespace of a prefix; nil is the default namespace.
func (x *xmlReader) lookup(prefix []byte) space {
	if x.cached && bytes.Equal(prefix, x.prefix) {
		return x.resolved
	}
	found := spaceNone
	if len(prefix) > 0 {
		found = spaceOther
	}
	for i := len(x.bindings) - 1; i >= 0; i-- {
		if x.bindings[i].prefix == string(prefix) {
			found = x.bindings[i].space
			break
		}
	}
	x.prefix = append(x.prefix[:0], prefix...)
	x.resolved, x.cached = found, true
	return found
}

// attr returns the value of the current start tag's attribute by its local name, nil if it has none. Office uses no two
// attributes of one local name on the elements read here.
func (x *xmlReader) attr(local string) []byte {
	for rest := x.attrs; ; {
		var name, value []byte
		name, value, rest = nextAttr(rest)
		if name == nil {
			return nil
		}
		if len(name) < len(local) || string(name[len(name)-len(local):]) != local {
			continue
		}
		if n := len(name) - len(local); n > 0 && name[n-1] != ':' {
			continue
		}
		if bytes.IndexByte(value, '&') < 0 {
			return value
		}
		return x.appendDecoded(make([]byte, 0, len(value)), value)
	}
}

// nextAttr splits the first attribute off the inside of a start tag; name is nil when there is none left.
func nextAttr(b []byte) (name, value, rest []byte) {
	i := 0
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	from := i
	for i < len(b) && b[i] != '=' {
		i++
	}
	if i == len(b) {
		return nil, nil, nil
	}
	to := i
	for to > from && b[to-1] <= ' ' {
		to--
	}
	i++
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	if i == len(b) || b[i] != '"' && b[i] != '\'' || to == from {
		return nil, nil, nil
	}
	n := bytes.IndexByte(b[i+1:], b[i])
	if n < 0 {
		return nil, nil, nil
	}
	return b[from:to], b[i+1 : i+1+n], b[i+n+2:]
}

// appendChunk appends the current piece of character data.
func (x *xmlReader) appendChunk(dst []byte) []byte {
	if x.plain || bytes.IndexByte(x.chunk, '&') < 0 {
		return append(dst, x.chunk...)
	}
	return x.appendDecoded(dst, x.chunk)
}

var entities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

// appendDecoded appends raw with its entities replaced. An entity that XML does not define itself is refused.
func (x *xmlReader) appendDecoded(dst, raw []byte) []byte {
	for {
		amp := bytes.IndexByte(raw, '&')
		if amp < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:amp]...)
		raw = raw[amp+1:]
		end := bytes.IndexByte(raw, ';')
		if end < 1 || end > 16 {
			x.broken("有不完整的字符实体", nil)
			return dst
		}
		name := raw[:end]
		raw = raw[end+1:]
		if name[0] == '#' {
			dst = utf8.AppendRune(dst, charRef(name[1:]))
			continue
		}
		r, ok := entities[string(name)]
		if !ok {
			x.fail(&Error{What: x.part + " 引用了自定义实体 &" + string(bytes.ToValidUTF8(name, nil)) + ";，可能用来攻击服务器", Do: doSuspect})
			return dst
		}
		dst = utf8.AppendRune(dst, r)
	}
}

// charRef reads the number of a character reference; what is no character becomes U+FFFD.
func charRef(b []byte) rune {
	base := rune(10)
	if len(b) > 1 && (b[0] == 'x' || b[0] == 'X') {
		base, b = 16, b[1:]
	}
	var r rune
	for _, c := range b {
		d := rune(99)
		switch {
		case c >= '0' && c <= '9':
			d = rune(c - '0')
		case c >= 'a' && c <= 'f':
			d = rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			d = rune(c-'A') + 10
		}
		if r = r*base + d; d >= base || r > utf8.MaxRune {
			return utf8.RuneError
		}
	}
	return r
}
