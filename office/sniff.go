package office

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"strings"

	"github.com/richardlehane/mscfb"
)

// Sniff names what a file is by its content: docx, xlsx, doc, xls, ppt, pptx, xlsb, odt, ods, odp, ofd, rtf, pdf, wordml, html,
// mhtml, xml, zip, rar, 7z, gzip, encrypted, works, ole, png, jpeg, gif, bmp, tiff, webp, heic, audio, program, text, binary or
// empty. The name of a file plays no part. Sniff never fails and reads little; that a file is called docx here does not say
// that it is whole.
func Sniff(data []byte) string { return SniffAt(bytes.NewReader(data), int64(len(data))) }

// SniffAt is [Sniff] of a file of the given size that is not in memory. A file that cannot be read is called binary.
func SniffAt(r io.ReaderAt, size int64) string {
	if size == 0 {
		return "empty"
	}
	start := make([]byte, min(size, sniffed))
	if n, _ := r.ReadAt(start, 0); n < len(start) {
		return "binary"
	}
	for _, m := range magics {
		if len(start) >= m.at && bytes.HasPrefix(start[m.at:], []byte(m.mark)) {
			switch {
			case m.look != nil:
				return m.look(start)
			case m.open != nil:
				return m.open(r, size)
			}
			return m.kind
		}
	}
	return sniffText(start)
}

// sniffed is how many bytes from the start tell what a file is, unless it is a container.
const sniffed = 4096

// magics are the byte marks files begin with.
var magics = []struct {
	at   int
	mark string
	kind string
	look func(start []byte) string              // looks further where the mark alone does not tell
	open func(r io.ReaderAt, size int64) string // looks into a container
}{
	{0, "PK\x03\x04", "", nil, sniffZip},
	{0, "PK\x05\x06", "zip", nil, nil},
	{0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "", nil, sniffCompound},
	{0, "{\\rtf", "rtf", nil, nil},
	{0, "%PDF-", "pdf", nil, nil},
	{0, "Rar!\x1A\x07", "rar", nil, nil},
	{0, "7z\xBC\xAF\x27\x1C", "7z", nil, nil},
	{0, "\x1F\x8B\x08", "gzip", nil, nil},
	{0, "\x89PNG\r\n\x1A\n", "png", nil, nil},
	{0, "\xFF\xD8\xFF", "jpeg", nil, nil},
	{0, "GIF8", "gif", nil, nil},
	{0, "BM", "", sniffBitmap, nil},
	{0, "II*\x00", "tiff", nil, nil},
	{0, "MM\x00*", "tiff", nil, nil},
	{8, "WEBP", "webp", nil, nil},
	{4, "ftyp", "", sniffMedia, nil},
	{0, "ID3", "audio", nil, nil},
	{0, "RIFF", "audio", nil, nil},
	{0, "MZ", "", sniffProgram, nil},
	{0, "\x7FELF", "program", nil, nil},
	{0, "\x09\x08\x10\x00\x00\x06", "xls", nil, nil}, // a workbook stream without its container
	{0, "\x31\xBE\x00\x00", "works", nil, nil},
	{0, "\xDB\xA5", "works", nil, nil}, // Word 2
}

func sniffBitmap(data []byte) string {
	if len(data) > 14 && bytes.Equal(data[6:10], make([]byte, 4)) {
		return "bmp"
	}
	return sniffText(data)
}

func sniffProgram(data []byte) string {
	if bytes.IndexByte(data[:min(len(data), 512)], 0) >= 0 {
		return "program"
	}
	return sniffText(data)
}

func sniffMedia(data []byte) string {
	if brand := string(data[8:min(len(data), 12)]); strings.HasPrefix(brand, "hei") || strings.HasPrefix(brand, "mif1") {
		return "heic"
	}
	return "audio"
}

// zipKinds tell what an archive is by an entry it holds, the surest first.
var zipKinds = []struct{ entry, kind string }{
	{"word/document.xml", "docx"},
	{"xl/workbook.xml", "xlsx"},
	{"xl/workbook.bin", "xlsb"},
	{"ppt/presentation.xml", "pptx"},
	{"ofd.xml", "ofd"},
	{"encryptedpackage", "encrypted"},
}

// mainTypes tell it by what the package says of its main part, which need not stand under its customary name.
var mainTypes = []struct{ mark, kind string }{
	{"wordprocessingml.document.main+xml", "docx"},
	{"wordprocessingml.template.main+xml", "docx"},
	{"ms-word.document.macroEnabled.main+xml", "docx"},
	{"ms-word.template.macroEnabledTemplate.main+xml", "docx"},
	{"spreadsheetml.sheet.main+xml", "xlsx"},
	{"spreadsheetml.template.main+xml", "xlsx"},
	{"ms-excel.sheet.macroEnabled.main+xml", "xlsx"},
	{"ms-excel.sheet.binary.macroEnabled.main", "xlsb"},
	{"presentationml.", "pptx"},
}

var openDocuments = map[string]string{
	"application/vnd.oasis.opendocument.text":         "odt",
	"application/vnd.oasis.opendocument.spreadsheet":  "ods",
	"application/vnd.oasis.opendocument.presentation": "odp",
}

func sniffZip(r io.ReaderAt, size int64) string {
	if countAt(r, size, centralHeader) > DefaultLimits.Entries {
		return "zip"
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return "zip"
	}
	entries := make(map[string]*zip.File, len(z.File))
	for _, f := range z.File {
		entries[strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))] = f
	}
	for _, k := range zipKinds {
		if entries[k.entry] != nil {
			return k.kind
		}
	}
	types := head(entries["[content_types].xml"], 64<<10)
	for _, m := range mainTypes {
		if bytes.Contains(types, []byte(m.mark)) {
			return m.kind
		}
	}
	if kind := openDocuments[string(bytes.TrimSpace(head(entries["mimetype"], 128)))]; kind != "" {
		return kind
	}
	return "zip"
}

// countAt counts a mark in a file that is not in memory.
func countAt(r io.ReaderAt, size int64, mark []byte) int {
	n, buf := 0, make([]byte, 64<<10)
	for at := int64(0); at < size; at += int64(len(buf) - len(mark) + 1) { // one that two pieces share is in the second
		m, _ := r.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		n += bytes.Count(buf[:m], mark)
	}
	return n
}

// head reads the first bytes of an entry, as far as they can be read.
func head(f *zip.File, most int64) []byte {
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	b, _ := io.ReadAll(io.LimitReader(r, most))
	return b
}

// compoundKinds tell what a compound file (the container of Office before 2007) is by a stream it holds, the surest first.
var compoundKinds = []struct{ stream, kind string }{
	{"EncryptedPackage", "encrypted"},
	{"WordDocument", "doc"},
	{"Workbook", "xls"},
	{"Book", "xls"},
	{"PowerPoint Document", "ppt"},
	{"CONTENTS", "works"},
	{"MatOST", "works"},
}

func sniffCompound(r io.ReaderAt, _ int64) string {
	c, err := openCompound(r)
	if err != nil {
		return "ole"
	}
	for _, k := range compoundKinds {
		if compoundStream(c, k.stream) != nil {
			return k.kind
		}
	}
	return "ole"
}

// compoundStream finds a stream at the top of a compound file; those deeper down belong to embedded objects.
func compoundStream(c *mscfb.Reader, name string) *mscfb.File {
	for _, f := range c.File {
		if f.Name == name && len(f.Path) == 0 {
			return f
		}
	}
	return nil
}

// textMarks tell kinds of text by how they begin, in lower case and without blanks in front.
var textMarks = []struct{ mark, kind string }{
	{"<!doctype html", "html"},
	{"<html", "html"},
	{"<head", "html"},
	{"<body", "html"},
	{"<table", "html"},
	{"<meta", "html"},
	{"mime-version:", "mhtml"},
}

// xmlMarks tell kinds of XML by what their beginning mentions.
var xmlMarks = []struct{ mark, kind string }{
	{"http://schemas.microsoft.com/office/word/2003/wordml", "wordml"},
	{"urn:schemas-microsoft-com:office:spreadsheet", "wordml"},
	{"http://schemas.microsoft.com/office/2006/xmlpackage", "wordml"},
	{"http://www.w3.org/1999/xhtml", "html"},
	{"urn:schemas-microsoft-com:office:", "html"},
}

func sniffText(start []byte) string {
	text, _ := decodeText(start)
	text = strings.ToLower(strings.TrimLeft(text, " \t\r\n"))
	for _, m := range textMarks {
		if strings.HasPrefix(text, m.mark) {
			return m.kind
		}
	}
	if strings.HasPrefix(text, "<?xml") || strings.HasPrefix(text, "<!doctype") {
		for _, m := range xmlMarks {
			if strings.Contains(text, m.mark) {
				return m.kind
			}
		}
		return "xml"
	}
	if notText(text) {
		return "binary"
	}
	return "text"
}

// notText reports whether decoded bytes are hardly text: control characters and undecodable bytes abound.
func notText(text string) bool {
	var odd, all int
	for _, r := range text {
		all++
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' && r != 0x1A || r == '\uFFFD' {
			odd++
		}
	}
	return odd > 4 && odd*20 > all // a stray mark now and then happens to honest text
}

// textKind tells the kinds of text apart: csv, md or txt. Here alone the name has a say, because a list of names parted by
// commas and a sentence with commas in it look alike; the content still overrules it where it is unmistakable.
func textKind(name, text string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".csv", ".tsv", ".tab":
		return "csv"
	case ".md", ".markdown":
		return "md"
	}
	if looksTabular(text) {
		return "csv"
	}
	if looksMarkdown(text) {
		return "md"
	}
	return "txt"
}
