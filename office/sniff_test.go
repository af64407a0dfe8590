package office

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSniff(t *testing.T) {
	pack := func(parts ...string) string {
		m := map[string]string{}
		for i := 0; i < len(parts); i += 2 {
			m[parts[i]] = parts[i+1]
		}
		return string(zipOf(t, m))
	}
	ole := func(stream string) string { return string(compound(t, map[string]string{stream: "x"})) }
	types := func(s string) string {
		return `<Types><Override PartName="/main.xml" ContentType="application/vnd.` + s + `"/></Types>`
	}
	tests := []struct{ name, data, want string }{
		{"nothing", "", "empty"},
		{"docx", pack("word/document.xml", ""), "docx"},
		{"docx, main part elsewhere", pack("[Content_Types].xml", types("openxmlformats-officedocument.wordprocessingml.document.main+xml")), "docx"},
		{"docm", pack("[Content_Types].xml", types("ms-word.document.macroEnabled.main+xml")), "docx"},
		{"xlsx", pack("xl/workbook.xml", ""), "xlsx"},
		{"xlsm", pack("[Content_Types].xml", types("ms-excel.sheet.macroEnabled.main+xml")), "xlsx"},
		{"xlsb", pack("xl/workbook.bin", ""), "xlsb"},
		{"pptx", pack("ppt/presentation.xml", ""), "pptx"},
		{"odt", pack("mimetype", "application/vnd.oasis.opendocument.text"), "odt"},
		{"ods", pack("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), "ods"},
		{"ofd", pack("OFD.xml", ""), "ofd"},
		{"zip", pack("a.txt", ""), "zip"},
		{"empty zip", pack(), "zip"},
		{"cut zip", pack("word/document.xml", "")[:60], "zip"},
		{"doc, wps", ole("WordDocument"), "doc"},
		{"xls, et", ole("Workbook"), "xls"},
		{"xls 95", ole("Book"), "xls"},
		{"ppt, dps", ole("PowerPoint Document"), "ppt"},
		{"protected docx", ole("EncryptedPackage"), "encrypted"},
		{"Works", ole("CONTENTS"), "works"},
		{"other compound file", ole("Other"), "ole"},
		{"rtf", `{\rtf1 x}`, "rtf"},
		{"pdf", "%PDF-1.4\n", "pdf"},
		{"Word 2003 XML", `<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml">`, "wordml"},
		{"page", "\uFEFF <HTML><head>", "html"},
		{"page as Excel writes it", `<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table>`, "html"},
		{"page in one file", "MIME-Version: 1.0\r\n", "mhtml"},
		{"xml", `<?xml version="1.0"?><a/>`, "xml"},
		{"png", "\x89PNG\r\n\x1a\n", "png"},
		{"jpeg", "\xff\xd8\xff\xe0", "jpeg"},
		{"bmp", "BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28", "bmp"},
		{"text that begins like a bitmap", "BMI 指数统计表，各村情况如下", "text"},
		{"text that begins like a program", "MZ 镇整改方案", "text"},
		{"webp", "RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"},
		{"heic", "\x00\x00\x00\x18ftypheic", "heic"},
		{"video", "\x00\x00\x00\x18ftypmp42", "audio"},
		{"sound", "RIFF\x00\x00\x00\x00WAVEfmt ", "audio"},
		{"rar", "Rar!\x1a\x07\x01\x00", "rar"},
		{"7z", "7z\xbc\xaf\x27\x1c", "7z"},
		{"text", "一、整改措施", "text"},
		{"text in GB18030", gb18030(t, "一、整改措施"), "text"},
		{"text in UTF-16", utf16Bytes("一、整改措施", true, true), "text"},
		{"noise", strings.Repeat("\x01\x02\x03\xfe", 100), "binary"},
	}
	for _, test := range tests {
		if got := Sniff([]byte(test.data)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	for file, want := range map[string]string{"plan.docx": "docx", "plan.doc": "doc", "plan.odt": "odt", "plan.pdf": "pdf", "ledger.xls": "xls", "ledger.xlsx": "xlsx"} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if got := Sniff(data); got != want {
			t.Errorf("%s: %s", file, got)
		}
	}
}

// Every kind that Sniff can name is read, converted or refused with words of its own.
func TestEveryKindHasItsWords(t *testing.T) {
	read := map[string]bool{"docx": true, "xlsx": true, "doc": true, "text": true, "": true}
	kinds := []string{"empty", "binary", "html", "mhtml", "xml", "ole", "zip"}
	for _, m := range magics {
		kinds = append(kinds, m.kind)
	}
	for _, m := range zipKinds {
		kinds = append(kinds, m.kind)
	}
	for _, m := range mainTypes {
		kinds = append(kinds, m.kind)
	}
	for _, m := range compoundKinds {
		kinds = append(kinds, m.kind)
	}
	for _, m := range append(textMarks, xmlMarks...) {
		kinds = append(kinds, m.kind)
	}
	for _, kind := range openDocuments {
		kinds = append(kinds, kind)
	}
	for _, kind := range kinds {
		_, converted := conversions[kind]
		_, refused := refusals[kind]
		if !read[kind] && !converted && !refused {
			t.Errorf("nothing is said about %s", kind)
		}
	}
}
