package office

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// fuzzLimits keep a fuzzing run fast.
var fuzzLimits = Limits{
	File: 1 << 20, Inflated: 4 << 20, Entries: 64, Depth: 64,
	Elements: 100_000, Paragraphs: 5000, Text: 1 << 20, Line: 64 << 10,
}

// checkRead is what holds for every file: it is read into a sound document within the limits, or refused with an *Error.
func checkRead(t *testing.T, name string, data []byte) {
	t.Helper()
	doc, err := ReadLimited(context.Background(), name, data, fuzzLimits)
	if err != nil {
		e, ok := err.(*Error)
		if !ok {
			t.Fatalf("%T instead of *Error: %v", err, err)
		}
		if e.What == "" || e.Do == "" || !utf8.ValidString(e.Error()) {
			t.Fatalf("unfit message %q", e.Error())
		}
		return
	}
	if problem := unsound(doc); problem != "" {
		t.Fatal(problem)
	}
	paragraphs := 0
	for _, part := range doc.Parts {
		paragraphs += len(part.Paragraphs)
	}
	if paragraphs > fuzzLimits.Paragraphs {
		t.Fatalf("%d paragraphs", paragraphs)
	}
}

// unsound names what is wrong with a document, "" if nothing is.
func unsound(doc Document) string {
	if doc.Format == "" || len(doc.Parts) == 0 {
		return "no format or no part"
	}
	for _, part := range doc.Parts {
		for i, p := range part.Paragraphs {
			c := p.Cell
			switch {
			case !utf8.ValidString(p.Text) || strings.ContainsFunc(p.Text, func(r rune) bool { return printable(r) != r }):
				return fmt.Sprintf("paragraph %d is not clean: %q", i, p.Text)
			case p.Numbered < 0 || p.Numbered > utf8.RuneCountInString(p.Text):
				return fmt.Sprintf("paragraph %d: %d runes numbered of %q", i, p.Numbered, p.Text)
			case p.Level < 0 || p.Level > 9:
				return fmt.Sprintf("paragraph %d: level %d", i, p.Level)
			case c.Table == 0 && c != Cell{}:
				return fmt.Sprintf("paragraph %d: cell %v outside a table", i, c)
			case c.Table != 0 && (c.Table < 0 || c.Row < 1 || c.Col < 1 || c.Rows < 1 || c.Cols < 1):
				return fmt.Sprintf("paragraph %d: cell %v", i, c)
			case c.Table != 0 && strings.TrimSpace(p.Text) == "":
				return fmt.Sprintf("paragraph %d: empty cell %v", i, c)
			}
		}
	}
	return ""
}

// FuzzDocx varies the parts of a document, not the archive around them: chance never hits a checksum.
func FuzzDocx(f *testing.F) {
	f.Add(listed(1, 0, "总体&amp;要求"), `<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="heading 1"/><w:basedOn w:val="a"/></w:style>`, lists(level(0, "chineseCounting", "%1、", "")))
	f.Add(tbl(tr(tc(gridSpan("2")+mergeStart, "甲")), tr(tc(mergeOn, "乙"))), "", "")
	f.Add(`<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>EQ \o\ac(○,1)</w:instrText><w:fldChar w:fldCharType="end"/><w:t>A</w:t><w:tab/><w:br/><w:sym w:char="F0FE"/></w:r><w:del/><w:ins/></w:p>`, "", "")
	f.Add(`<w:p><w:r><mc:AlternateContent><mc:Choice/><mc:Fallback><w:pict><w:txbxContent><w:p/></w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>`, "", "")
	f.Add(`<w:p><w:pPr><w:rPr><w:del/><w:vanish/><w:specVanish/></w:rPr></w:pPr><![CDATA[a]]><!-- b --></w:p><w:sdt><w:sdtContent><w:p/></w:sdtContent></w:sdt>`, "", "")
	f.Fuzz(func(t *testing.T, body, styles, numbering string) {
		checkRead(t, "a.docx", zipOf(t, docxOf(body, styles, numbering)))
	})
}

func FuzzXlsx(f *testing.F) {
	f.Add(data(row(`r="1"`, cell(`r="A1" t="s" s="1"`, "<v>0</v>"), inline("C1", "甲")))+`<mergeCells><mergeCell ref="A1:B2"/></mergeCells>`, "<si><t>_x000D_</t><r><t>a</t></r></si>", xlsxStyles)
	f.Add(`<cols><col min="1" max="2" hidden="1"/></cols>`+data(row(`r="7" hidden="1"`, cell(`s="2"`, "<f>1</f><v>46142.5</v>"), cell(`t="b"`, "<v>1</v>"), cell(`t="d"`, "<v>2026-04-30T00:00:00Z</v>"))), "", xlsxStyles)
	f.Add(data(row("", cell(`s="0"`, "<v>-1.5e10</v>"))), "", `<numFmts><numFmt numFmtId="9" formatCode="[$¥-804]#,##0.00_);[h]:mm;&quot;a&quot;yy"/></numFmts><cellXfs><xf numFmtId="9"/></cellXfs>`)
	f.Fuzz(func(t *testing.T, sheet, shared, styles string) {
		checkRead(t, "a.xlsx", zipOf(t, xlsxOf(shared, styles, sheet)))
	})
}

// FuzzArchive varies the archive itself, and whatever else a file may begin with.
func FuzzArchive(f *testing.F) {
	f.Add(zipOf(f, docxOf(para("一"), "", "")))
	f.Add(zipOf(f, xlsxOf("", "", data())))
	f.Add(rawZip(true, bomb(docHead), bomb(docHead)))
	f.Add([]byte("PK\x05\x06"))
	f.Add(plainDoc(f))
	f.Add(officeDoc(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, converted := conversions[Sniff(data)]; !converted { // no program is started here
			checkRead(t, "a.docx", data)
		}
	})
}

func FuzzCSV(f *testing.F) {
	for _, e := range encodings {
		f.Add([]byte(e.encode(f, "序号,\"问题\"\"一\"\"\n二\",措施\r\n1;2|3\t=\"4\"\n\n")))
	}
	f.Add([]byte("sep=;\n\"a;b\""))
	f.Fuzz(func(t *testing.T, data []byte) {
		if Sniff(data) == "text" {
			checkRead(t, "a.csv", data)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, e := range encodings {
		f.Add([]byte(e.encode(f, "一、整改\r\n\t1.措施\x00\f\u200b\u2028完\r乙")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if Sniff(data) == "text" {
			checkRead(t, "a.txt", data)
		}
	})
}

func FuzzMarkdown(f *testing.F) {
	f.Add("# 标题 #\n**粗** \\* [a](b)\n|a|b|\n|-|:-:|\n|c\\||<br>d|\n```\nx\n```\n一\n===\n二\n---\n")
	f.Add("\ue041**a****b**\n|||\n| |\n#\n")
	f.Fuzz(func(t *testing.T, text string) {
		if Sniff([]byte(text)) == "text" {
			checkRead(t, "a.md", []byte(text))
		}
	})
}

// FuzzDoc varies the two streams of a .doc; FuzzArchive varies the container around them.
func FuzzDoc(f *testing.F) {
	for _, file := range [][]byte{plainDoc(f), officeDoc(f)} {
		c, err := openCompound(bytes.NewReader(file))
		if err != nil {
			f.Fatal(err)
		}
		main, err := readStream(compoundStream(c, "WordDocument"), len(file))
		if err != nil {
			f.Fatal(err)
		}
		table, err := readStream(compoundStream(c, "1Table"), len(file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(main, table)
	}
	f.Fuzz(func(t *testing.T, main, table []byte) {
		if len(main) < fibOverride+8 || main[0] != 0xEC || main[1] != 0xA5 || main[2] < 0xC1 {
			return // an older document: that would start a program
		}
		checkRead(t, "a.doc", compound(t, map[string]string{"WordDocument": string(main), "1Table": string(table)}))
	})
}

func plainDoc(t testing.TB) []byte {
	return docOf(t, []string{"一、总体", "abc\r", "序号\x07问题\x07\x07后\x13 PAGE \x141\x15\r"}, nil)
}

func officeDoc(t testing.TB) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", "plan.doc"))
	if err != nil {
		t.Fatal(err)
	}
	return file
}
