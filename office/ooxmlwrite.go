package office

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// packageTime stands on every entry of a written archive, so that the same content gives the same bytes. It is the earliest
// that zip can say.
var packageTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// packageWriter writes the parts of an Office Open XML file, in a fixed order whatever order they come in: excelize hands over
// its sheets in the order of a map.
type packageWriter struct {
	to      io.Writer
	packed  bytes.Buffer // an archive of the parts as they came
	archive *zip.Writer  // writes to packed
}

func newPackage(w io.Writer) *packageWriter {
	p := &packageWriter{to: w}
	p.archive = zip.NewWriter(&p.packed)
	return p
}

// Create begins a part, which ends when the next begins.
func (p *packageWriter) Create(name string) (io.Writer, error) {
	return p.archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: packageTime})
}

// AddFS is there because excelize asks for it; nothing calls it.
func (p *packageWriter) AddFS(fs.FS) error { return fs.ErrInvalid }

// Close writes the archive: the list of content types first, as readers like it, the others by name.
func (p *packageWriter) Close() error {
	if err := p.archive.Close(); err != nil {
		return err
	}
	packed, err := zip.NewReader(bytes.NewReader(p.packed.Bytes()), int64(p.packed.Len()))
	if err != nil {
		return err
	}
	slices.SortFunc(packed.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) }) // '[' < '_' < 'd'
	sorted := zip.NewWriter(p.to)
	for _, part := range packed.File {
		if err := sorted.Copy(part); err != nil {
			return err
		}
	}
	return sorted.Close()
}

// cleanText drops what XML cannot hold (control characters, broken UTF-8) and makes '\n' the only line break.
func cleanText(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	if strings.IndexFunc(s, notXML) < 0 && utf8.ValidString(s) {
		return s
	}
	var clean strings.Builder
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") || notXML(r) {
			continue
		}
		clean.WriteRune(r)
	}
	return clean.String()
}

// notXML says whether XML 1.0 forbids a character.
func notXML(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF
}

// xmlEscapes makes clean text fit for XML content and attributes.
var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func escapeXML(s string) string { return xmlEscapes.Replace(cleanText(s)) }

// stamp is a time as document properties want it. The zero time is the time of the archive, never now.
func stamp(t time.Time) string {
	if t.IsZero() {
		t = packageTime
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}
