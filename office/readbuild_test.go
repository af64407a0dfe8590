package office

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// zipOf packs parts into an archive, in the order of their names.
func zipOf(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		header := zip.FileHeader{Name: name, Method: zip.Deflate}
		if len(parts[name]) < 4096 { // setting up the compressor is most of a small test's time
			header.Method = zip.Store
		}
		w, err := z.CreateHeader(&header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(parts[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	wordSpaces = ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
		` xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"` +
		` xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"` +
		` xmlns:v="urn:schemas-microsoft-com:vml"` +
		` xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"` +
		` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"` +
		` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	relSpace   = `http://schemas.openxmlformats.org/package/2006/relationships`
	relKind    = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	sheetSpace = ` xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"` +
		` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
)

// docxOf makes the parts of a document from the inside of its body, of its styles and of its numbering.
func docxOf(body, styles, numbering string) map[string]string {
	return map[string]string{
		"_rels/.rels": `<Relationships xmlns="` + relSpace + `"><Relationship Id="rId1" Type="` + relKind + `officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/_rels/document.xml.rels": `<Relationships xmlns="` + relSpace + `">` +
			`<Relationship Id="rId1" Type="` + relKind + `styles" Target="styles.xml"/>` +
			`<Relationship Id="rId2" Type="` + relKind + `numbering" Target="/word/numbering.xml"/>` +
			`<Relationship Id="rId3" Type="` + relKind + `attachedTemplate" Target="http://203.0.113.9/x.dotm" TargetMode="External"/>` +
			`</Relationships>`,
		"word/document.xml":  `<?xml version="1.0" encoding="UTF-8"?><w:document` + wordSpaces + `><w:body>` + body + `<w:sectPr/></w:body></w:document>`,
		"word/styles.xml":    `<w:styles` + wordSpaces + `>` + styles + `</w:styles>`,
		"word/numbering.xml": `<w:numbering` + wordSpaces + `>` + numbering + `</w:numbering>`,
	}
}

// xlsxOf makes the parts of a workbook from the insides of its sheets, named 表1, 表2 … unless named in front: "名称:<…>".
func xlsxOf(shared, styles string, sheets ...string) map[string]string {
	parts := map[string]string{
		"_rels/.rels":          `<Relationships xmlns="` + relSpace + `"><Relationship Id="rId1" Type="` + relKind + `officeDocument" Target="/xl/workbook.xml"/></Relationships>`,
		"xl/sharedStrings.xml": `<sst` + sheetSpace + `>` + shared + `</sst>`,
		"xl/styles.xml":        `<styleSheet` + sheetSpace + `>` + styles + `</styleSheet>`,
	}
	var list, rels strings.Builder
	for i, sheet := range sheets {
		name, state := fmt.Sprintf("表%d", i+1), ""
		if before, after, ok := strings.Cut(sheet, ":<"); ok && !strings.Contains(before, "<") {
			name, sheet = before, "<"+after
		}
		if hidden, ok := strings.CutPrefix(name, "-"); ok {
			name, state = hidden, ` state="hidden"`
		}
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d"%s r:id="s%d"/>`, name, i+1, state, i+1)
		fmt.Fprintf(&rels, `<Relationship Id="s%d" Type="%sworksheet" Target="worksheets/sheet%d.xml"/>`, i+1, relKind, i+1)
		parts[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = `<worksheet` + sheetSpace + `>` + sheet + `</worksheet>`
	}
	parts["xl/workbook.xml"] = `<workbook` + sheetSpace + `><sheets>` + list.String() + `</sheets></workbook>`
	parts["xl/_rels/workbook.xml.rels"] = `<Relationships xmlns="` + relSpace + `">` + rels.String() +
		`<Relationship Id="t" Type="` + relKind + `sharedStrings" Target="sharedStrings.xml"/>` +
		`<Relationship Id="u" Type="` + relKind + `styles" Target="styles.xml"/></Relationships>`
	return parts
}

// mustRead reads a file that has to be readable.
func mustRead(t testing.TB, name string, data []byte) Document {
	t.Helper()
	doc, err := Read(context.Background(), name, data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return doc
}

// show writes a document so that a person can read it, a line for each paragraph:
//
//	T1 R2C3 2x1 H1 ^ * |‹一、›总体要求
//
// is in table 1, row 2, column 3, two rows high; heading 1; centered; bold; numbered 一、 by the program. Parts the case does
// not have are left out; ⏎ and ⇥ stand for a line break and a tab. A first part called 正文 or 表格 goes unnamed.
func show(doc Document) string {
	var b strings.Builder
	for _, w := range doc.Warnings {
		fmt.Fprintf(&b, "! %s\n", w)
	}
	for i, part := range doc.Parts {
		if i > 0 || part.Name != bodyName && part.Name != tableName {
			fmt.Fprintf(&b, "# %s\n", part.Name)
		}
		for _, p := range part.Paragraphs {
			b.WriteString(showParagraph(p))
		}
	}
	return b.String()
}

func showParagraph(p Paragraph) string {
	var b strings.Builder
	if c := p.Cell; c.Table > 0 {
		fmt.Fprintf(&b, "T%d R%dC%d ", c.Table, c.Row, c.Col)
		if c.Rows != 1 || c.Cols != 1 {
			fmt.Fprintf(&b, "%dx%d ", c.Rows, c.Cols)
		}
	}
	if p.Level > 0 {
		fmt.Fprintf(&b, "H%d ", p.Level)
	}
	if p.Centered {
		b.WriteString("^ ")
	}
	if p.Bold {
		b.WriteString("* ")
	}
	text := []rune(p.Text)
	label := ""
	if p.Numbered > 0 {
		label = "‹" + string(text[:p.Numbered]) + "›"
	}
	text = text[p.Numbered:]
	return b.String() + "|" + strings.NewReplacer("\n", "⏎", "\t", "⇥").Replace(label+string(text)) + "\n"
}

// wantShown compares a document with lines as show writes them.
func wantShown(t testing.TB, doc Document, want ...string) {
	t.Helper()
	if diff := cmp.Diff(strings.Join(want, "\n")+"\n", show(doc)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// para is a plain paragraph.
func para(text string) string { return `<w:p><w:r><w:t>` + text + `</w:t></w:r></w:p>` }

// listed is a paragraph of a list.
func listed(list, level int, text string) string {
	return fmt.Sprintf(`<w:p><w:pPr><w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr></w:pPr><w:r><w:t>%s</w:t></w:r></w:p>`, level, list, text)
}

// level is a level of a list.
func level(i int, format, text, more string) string {
	return fmt.Sprintf(`<w:lvl w:ilvl="%d"><w:start w:val="1"/><w:numFmt w:val="%s"/>%s<w:lvlText w:val="%s"/></w:lvl>`, i, format, more, text)
}

// lists makes abstract lists 0, 1 … of the given levels, each with a list of its own: 1, 2 …
func lists(levels ...string) string {
	var b strings.Builder
	for i, l := range levels {
		fmt.Fprintf(&b, `<w:abstractNum w:abstractNumId="%d">%s</w:abstractNum>`, i, l)
	}
	for i := range levels {
		fmt.Fprintf(&b, `<w:num w:numId="%d"><w:abstractNumId w:val="%d"/></w:num>`, i+1, i)
	}
	return b.String()
}
