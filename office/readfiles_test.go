package office

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestReadFiles(t *testing.T) {
	tests := []struct{ file, format, golden string }{
		{"plan.docx", "docx", "plan.golden"},
		{"plan.doc", "doc", "plan.golden"},
		{"plan.odt", "odt", "plan.golden"},
		{"plan.pdf", "pdf", "pdf.golden"},
		{"ledger.xlsx", "xlsx", "ledger.golden"},
		{"ledger.xls", "xls", "ledger.golden"},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", test.file))
			if err != nil {
				t.Fatal(err)
			}
			doc := mustRead(t, "任意名称.txt", data)
			if doc.Format != test.format {
				t.Errorf("format %s, want %s", doc.Format, test.format)
			}
			golden := filepath.Join("testdata", test.golden)
			if *update {
				if err := os.WriteFile(golden, []byte(show(doc)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), show(doc)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// RTF as Word writes it, with the list text both as a list and, for old readers, as words.
const rtf = `{\rtf1\ansi\ansicpg936{\fonttbl{\f0\fcharset134 SimSun;}}
{\*\listtable{\list\listtemplateid1{\listlevel\levelnfc37\leveljc0\levelstartat1{\leveltext\'02\'00\u12289?;}{\levelnumbers\'01;}}\listid7}}
{\*\listoverridetable{\listoverride\listid7\listoverridecount0\ls1}}
\pard\plain\f0\qc{\b\uc1\u25972?\u25913?\u26041?\u26696?\par}
\pard\plain\f0 {\listtext \u19968?\u12289?\tab}\ls1\ilvl0 \'d7\'dc\'cc\'e5\'d2\'aa\'c7\'f3\par
{\listtext \u20108?\u12289?\tab}\ls1\ilvl0 \'b1\'a3\'d5\'cf\par}`

func TestReadRTF(t *testing.T) {
	doc := mustRead(t, "方案.doc", []byte(rtf))
	text := ""
	for _, p := range doc.Parts[0].Paragraphs {
		text += p.Text + "\n"
	}
	// The converter puts a question mark into the label; the words and their order are what matters here.
	for _, want := range []string{"整改方案", "总体要求", "保障"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	if doc.Format != "rtf" {
		t.Errorf("format %s", doc.Format)
	}
}

func TestReadPDFRefuses(t *testing.T) {
	const scanned = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
	for data, want := range map[string]string{scanned: "没有文字，多半是扫描件", "%PDF-1.4\n": "PDF 文件没能转换"} {
		_, err := Read(t.Context(), "", []byte(data))
		if e, ok := err.(*Error); !ok || !strings.Contains(e.What, want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Without the programs the message says what to save the file as.
func TestConvertWithout(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for file, want := range map[string][2]string{
		"plan.odt": {"LibreOffice", "另存为 docx"}, "plan.pdf": {"pdftotext", "另存为 docx"}, "ledger.xls": {"LibreOffice", "另存为 xlsx"},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Read(t.Context(), file, data)
		if e, ok := err.(*Error); !ok || !strings.Contains(e.What, want[0]) || !strings.Contains(e.Do, want[1]) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestJoinLines(t *testing.T) {
	page := strings.Join([]string{
		"                 某镇整改方案",
		"",
		"    一是坚持问题导向，逐条整改，确保按期完成反馈意见指出",
		"的各项问题，做到件件有着落、事事有回音。",
		"    二是压实责任。",
		"    三是不打折扣地落实好整改的各项要求，绝不允许走过场而",
		"（一）基层党建方面存在的问题和整改的措施以及责任的单位",
		"责任单位：党政办",
		"序号      问题      措施",
		"1        甲        乙",
		"                     - 3 -",
		"\f    四是这一页末尾的话没有说完，要接到下一页去才算是完整",
		"                     — 4 —",
		"\f的一段话。",
	}, "\n")
	want := []string{
		"某镇整改方案", "一是坚持问题导向，逐条整改，确保按期完成反馈意见指出的各项问题，做到件件有着落、事事有回音。", "二是压实责任。",
		"三是不打折扣地落实好整改的各项要求，绝不允许走过场而", "（一）基层党建方面存在的问题和整改的措施以及责任的单位", "责任单位：党政办",
		"序号      问题      措施", "1        甲        乙", "四是这一页末尾的话没有说完，要接到下一页去才算是完整的一段话。",
	}
	if diff := cmp.Diff(want, joinLines(page)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
