package office

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// packageTime stands on every entry of a written archive, so that the same content gives the same bytes. It is the earliest
// that zip can say.
var packageTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// packageWriter writes the parts of an Office Open XML file in the order that readers like, whatever order they come in: what
// lists the sheets of a workbook is known only behind them.
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

// create begins a part, which ends when the next begins.
func (p *packageWriter) create(name string) (io.Writer, error) {
	return p.archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: packageTime})
}

// packagePart is a part that is written at once.
type packagePart struct{ name, content string }

// add writes whole parts.
func (p *packageWriter) add(parts []packagePart) error {
	for _, part := range parts {
		to, err := p.create(part.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(to, part.content); err != nil {
			return err
		}
	}
	return nil
}

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

// rootRelations is the part that says which part is the document.
func rootRelations(main string) string {
	return xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="` + relType + `officeDocument" Target="` + main + `"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>` +
		`<Relationship Id="rId3" Type="` + relType + `extended-properties" Target="docProps/app.xml"/></Relationships>`
}

const appProperties = xmlHead + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>Bihuan</Application></Properties>`

func coreProperties(title, subject, author string, created time.Time) string {
	return xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" ` +
		`xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		fmt.Sprintf(`<dc:title>%s</dc:title><dc:subject>%s</dc:subject><dc:creator>%s</dc:creator>`, escapeXML(title), escapeXML(subject), escapeXML(author)) +
		fmt.Sprintf(`<dcterms:created xsi:type="dcterms:W3CDTF">%[1]s</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">%[1]s</dcterms:modified>`, stamp(created)) +
		`</cp:coreProperties>`
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
