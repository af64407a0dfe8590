package office

import (
	"strings"
	"testing"
	"unicode/utf16"
)

// tc is a table cell with the given properties and content.
func tc(properties, content string) string {
	if !strings.HasPrefix(content, "<") {
		content = para(content)
	}
	return `<w:tc><w:tcPr>` + properties + `</w:tcPr>` + content + `</w:tc>`
}

func tr(cells ...string) string { return `<w:tr>` + strings.Join(cells, "") + `</w:tr>` }
func tbl(rows ...string) string {
	return `<w:tbl><w:tblPr/><w:tblGrid/>` + strings.Join(rows, "") + `</w:tbl>`
}
func gridSpan(n string) string { return `<w:gridSpan w:val="` + n + `"/>` }

const (
	mergeStart = `<w:vMerge w:val="restart"/>`
	mergeOn    = `<w:vMerge/>`
)

func TestReadDocxTables(t *testing.T) {
	tests := []struct {
		name, body string
		want       []string
	}{
		{
			name: "cells row by row, empty ones left out",
			body: para("前") + tbl(tr(tc("", "序号"), tc("", "问题")), tr(tc("", "1"), tc("", `<w:p/>`)), tr(tc("", `<w:p/>`), tc("", para("甲")+`<w:p/>`+para("乙")))) + para("后"),
			want: []string{"|前", "T1 R1C1 |序号", "T1 R1C2 |问题", "T1 R2C1 |1", "T1 R3C2 |甲", "T1 R3C2 |乙", "|后"},
		},
		{
			name: "merged across and down, the text once",
			body: tbl(
				tr(tc(gridSpan("3"), "台账")),
				tr(tc(mergeStart, "1"), tc(mergeStart+gridSpan("1"), "问题一"), tc("", "措施1")),
				tr(tc(mergeOn, "看不见"), tc(mergeOn, "<w:p/>"), tc("", "措施2")),
				tr(tc(mergeOn, "<w:p/>"), tc(mergeStart, "问题二"), tc("", "措施3")),
				tr(tc("", "2"), tc(mergeOn, "<w:p/>"), tc(mergeOn, "没有上家"))),
			want: []string{"T1 R1C1 1x3 |台账", "T1 R2C1 3x1 |1", "T1 R2C2 2x1 |问题一", "T1 R2C3 |措施1", "T1 R3C3 |措施2",
				"T1 R4C2 2x1 |问题二", "T1 R4C3 |措施3", "T1 R5C1 |2", "T1 R5C3 |没有上家"},
		},
		{
			name: "both at once; two merges one under the other; cells that begin further right",
			body: tbl(
				tr(tc(gridSpan("2")+mergeStart, "甲"), tc("", "乙")),
				tr(tc(gridSpan("2")+mergeOn, "<w:p/>"), tc("", "丙")),
				tr(tc(gridSpan("2")+mergeStart, "丁"), tc("", "戊")),
				tr(tc(gridSpan("2")+mergeOn, "<w:p/>"), tc("", "己")),
				`<w:tr><w:trPr><w:gridBefore w:val="2"/></w:trPr>`+tc("", "庚")+`</w:tr>`),
			want: []string{"T1 R1C1 2x2 |甲", "T1 R1C3 |乙", "T1 R2C3 |丙", "T1 R3C1 2x2 |丁", "T1 R3C3 |戊", "T1 R4C3 |己", "T1 R5C3 |庚"},
		},
		{
			name: "the old way to merge across",
			body: tbl(tr(tc(`<w:hMerge w:val="restart"/>`, "甲"), tc(`<w:hMerge/>`, "<w:p/>"), tc("", "乙"))),
			want: []string{"T1 R1C1 1x2 |甲", "T1 R1C3 |乙"},
		},
		{
			name: "tables in tables keep their own count",
			body: tbl(tr(tc(mergeStart, para("外")+tbl(tr(tc("", "内1"), tc(mergeStart, "内2")), tr(tc("", "内3"), tc(mergeOn, "")))+para("尾")), tc("", "旁")), tr(tc(mergeOn, ""), tc("", "下"))) +
				tbl(tr(tc("", "三"))),
			want: []string{"T1 R1C1 2x1 |外", "T2 R1C1 |内1", "T2 R1C2 2x1 |内2", "T2 R2C1 |内3", "T1 R1C1 2x1 |尾", "T1 R1C2 |旁", "T1 R2C2 |下", "T3 R1C1 |三"},
		},
		{
			name: "deleted rows and cells, inserted rows, controls around rows and cells",
			body: tbl(tr(tc("", "头")), `<w:tr><w:trPr><w:del/></w:trPr>`+tc("", "删行")+`</w:tr>`, `<w:ins>`+tr(tc("", "增行"))+`</w:ins>`,
				`<w:sdt><w:sdtContent>`+tr(tc("", "控"), `<w:sdt><w:sdtContent>`+tc("", "格")+`</w:sdtContent></w:sdt>`)+`</w:sdtContent></w:sdt>`),
			want: []string{"T1 R1C1 |头", "T1 R2C1 |增行", "T1 R3C1 |控", "T1 R3C2 |格"},
		},
		{
			name: "text boxes, line breaks and several paragraphs in a cell",
			body: tbl(tr(tc(mergeStart, `<w:p><w:r><w:t>甲</w:t><w:br/><w:t>乙</w:t><w:pict><v:textbox><w:txbxContent>`+para("框")+`</w:txbxContent></v:textbox></w:pict></w:r></w:p>`), tc("", "旁")), tr(tc(mergeOn, ""), tc("", "下"))),
			want: []string{"T1 R1C1 2x1 |甲⏎乙", "T1 R1C1 2x1 |框", "T1 R1C2 |旁", "T1 R2C2 |下"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantShown(t, mustRead(t, "x.docx", zipOf(t, docxOf(test.body, "", ""))), test.want...)
		})
	}
}

// Files differ in what they are called inside, in their namespaces and in their encoding, and mean the same.
func TestReadDocxDialects(t *testing.T) {
	body := listed(1, 0, "总体要求") + tbl(tr(tc("", "格")))
	numbering := lists(level(0, "chineseCounting", "%1、", ""))
	want := []string{"|‹一、›总体要求", "T1 R1C1 |格"}
	change := func(parts map[string]string, edit func(string) string) map[string]string {
		for name, text := range parts {
			parts[name] = edit(text)
		}
		return parts
	}
	moved := change(docxOf(body, "", numbering), func(s string) string { return strings.ReplaceAll(s, "word/document.xml", "word/document2.xml") })
	moved["word/document2.xml"], moved["word/_rels/document2.xml.rels"] = moved["word/document.xml"], moved["word/_rels/document.xml.rels"]
	delete(moved, "word/document.xml")
	moved["[Content_Types].xml"] = `<Types><Override PartName="/word/document2.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`
	backslashes := map[string]string{}
	for name, text := range docxOf(body, "", numbering) {
		backslashes[strings.ReplaceAll(strings.ToUpper(name), "/", `\`)] = text
	}
	macros := docxOf(body, "", numbering)
	macros["word/vbaProject.bin"] = "x"
	macros["word/_rels/document.xml.rels"] = strings.Replace(macros["word/_rels/document.xml.rels"], "<Relationship ", `<Relationship Id="v" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/><Relationship `, 1)
	tests := []struct {
		name  string
		parts map[string]string
		want  []string
	}{
		{"strict", change(docxOf(body, "", numbering), strings.NewReplacer(
			"http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main",
			"http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships").Replace), want},
		{"another prefix", change(docxOf(body, "", numbering), strings.NewReplacer("xmlns:w=", "xmlns:ns0=", "<w:", "<ns0:", "</w:", "</ns0:", " w:", " ns0:").Replace), want},
		{"main part elsewhere", moved, want},
		{"backslashes and capitals in part names", backslashes, want},
		{"UTF-16", change(docxOf(body, "", numbering), func(s string) string { return utf16Bytes(strings.ReplaceAll(s, "UTF-8", "UTF-16"), true, true) }), want},
		{"GBK", change(docxOf(body, "", numbering), func(s string) string {
			return gb18030(t, `<?xml version="1.0" encoding="gbk"?>`+strings.TrimPrefix(s, `<?xml version="1.0" encoding="UTF-8"?>`))
		}), want},
		{"byte order mark", change(docxOf(body, "", numbering), func(s string) string { return "\uFEFF" + s }), want},
		{"macros", macros, append([]string{"! 文件带有宏，宏没有读入"}, want...)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantShown(t, mustRead(t, "方案.doc", zipOf(t, test.parts)), test.want...)
		})
	}
}

// utf16Bytes encodes text as UTF-16.
func utf16Bytes(s string, littleEndian, mark bool) string {
	var b strings.Builder
	if mark {
		s = "\uFEFF" + s
	}
	for _, unit := range utf16.Encode([]rune(s)) {
		if littleEndian {
			b.WriteByte(byte(unit))
		}
		b.WriteByte(byte(unit >> 8))
		if !littleEndian {
			b.WriteByte(byte(unit))
		}
	}
	return b.String()
}
