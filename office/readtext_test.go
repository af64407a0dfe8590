package office

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"
)

func gb18030(t testing.TB, s string) string {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// encodings are those a text file may come in.
var encodings = []struct {
	name   string
	encode func(testing.TB, string) string
}{
	{"UTF-8", func(_ testing.TB, s string) string { return s }},
	{"UTF-8 with mark", func(_ testing.TB, s string) string { return "\uFEFF" + s }},
	{"UTF-16LE with mark", func(_ testing.TB, s string) string { return utf16Bytes(s, true, true) }},
	{"UTF-16BE with mark", func(_ testing.TB, s string) string { return utf16Bytes(s, false, true) }},
	{"UTF-16LE", func(_ testing.TB, s string) string { return utf16Bytes(s, true, false) }},
	{"UTF-16BE", func(_ testing.TB, s string) string { return utf16Bytes(s, false, false) }},
	{"GB18030", gb18030},
}

func TestReadTextEncodings(t *testing.T) {
	texts := []struct{ name, text string }{
		{"a plan", "某镇整改方案\n一、问题及措施\n1.会议多，落实少。\n\t责任单位：党政办（2026年4月30日前）\n\n完"},
		{"Chinese alone", "整改措施责任单位完成时限长期坚持"},
		{"one word", "整改"},
		{"plain ASCII", "No. 1: done by 2026-04-30\nNo. 2"},
		{"ASCII first, Chinese late", strings.Repeat("a,b;c 1234\n", 9000) + "末行：某镇"},
		{"rare characters", "𠮷家村𬭎某、㐂某，€5"},
		{"windows line ends", "一是\r\n二是\r\n"},
	}
	for _, e := range encodings {
		for _, text := range texts {
			data := e.encode(t, text.text)
			if text.name == "one word" && (e.name == "UTF-16LE" || e.name == "UTF-16BE") {
				continue // te9e: the very same bytes as plain ASCII
			}
			doc := mustRead(t, "方案.txt", []byte(data))
			var got []string
			for _, p := range doc.Parts[0].Paragraphs {
				got = append(got, p.Text)
			}
			want := strings.TrimSuffix(strings.ReplaceAll(text.text, "\r\n", "\n"), "\n")
			if joined := strings.Join(got, "\n"); joined != want {
				t.Errorf("%s in %s: got %.60q, want %.60q", text.name, e.name, joined, want)
			}
			if doc.Format != "txt" || len(doc.Warnings) > 0 {
				t.Errorf("%s in %s: format %s, warnings %v", text.name, e.name, doc.Format, doc.Warnings)
			}
		}
	}
}

// Whatever Chinese text one of the encodings holds comes out as it went in.
func TestReadTextRoundTrip(t *testing.T) {
	words := []string{"整改", "责任单位：", "某镇", "一、", "（二）", "①", "2026年", "。", "，", "abc", "1.", " ", "\n", "\n", "\t", "——", "“反弹”", "龘"}
	rapid.Check(t, func(rt *rapid.T) {
		text := "某镇落实巡察反馈意见整改方案" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 60).Draw(rt, "words"), "") + "完"
		e := encodings[rapid.IntRange(0, len(encodings)-1).Draw(rt, "encoding")]
		got, name := decodeText([]byte(e.encode(t, text)))
		if got != text {
			rt.Fatalf("%s, taken for %s: got %q, want %q", e.name, name, got, text)
		}
	})
}

func TestReadTextOdd(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"a file that a crash filled up", "整改措施" + strings.Repeat("\x00", 5000), []string{"|整改措施"}},
		{"control characters and invisible marks go", "一\x00、整\u200b改\x07\u00ad\n二\ufeff、措施", []string{"|一、整改", "|二、措施"}},
		{"form feeds and old line ends part lines", "甲\f乙\r\n\r\n丙", []string{"|甲", "|乙", "|", "|丙"}},
		{"only carriage returns", "甲\r乙\r", []string{"|甲", "|乙"}},
		{"blanks behind a line go, those before stay", "　　甲  \n\t乙\t", []string{"|　　甲", "|⇥乙"}},
		{"bytes that are nothing", "整改措施，责任单位，完成时限\xff，长期坚持\n", []string{"! 有 1 处文字无法识别，已显示为 �；如果很多，请在原程序中另存为 UTF-8 编码后再上传", "|整改措施，责任单位，完成时限�，长期坚持"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { wantShown(t, mustRead(t, "a.txt", []byte(test.text)), test.want...) })
	}
}

func TestReadCSV(t *testing.T) {
	tests := []struct {
		name, file, text string
		want             []string
	}{
		{"commas, quotes, breaks, blank rows", "台账.csv", "序号,问题,措施\r\n1,\"甲,乙\",\"一是\"\"学\"\"\r\n二是改\"\r\n\r\n2,,丙\r\n",
			[]string{"T1 R1C1 |序号", "T1 R1C2 |问题", "T1 R1C3 |措施", "T1 R2C1 |1", "T1 R2C2 |甲,乙", "T1 R2C3 |一是\"学\"⏎二是改", "T1 R4C1 |2", "T1 R4C3 |丙"}},
		{"tabs", "a.tsv", "序号\t问题\n1\t甲,乙\n", []string{"T1 R1C1 |序号", "T1 R1C2 |问题", "T1 R2C1 |1", "T1 R2C2 |甲,乙"}},
		{"semicolons", "a.csv", "序号;问题;金额\n1;甲,乙;3,5\n2;丙;4,5\n", []string{"T1 R1C1 |序号", "T1 R1C2 |问题", "T1 R1C3 |金额", "T1 R2C1 |1", "T1 R2C2 |甲,乙", "T1 R2C3 |3,5", "T1 R3C1 |2", "T1 R3C2 |丙", "T1 R3C3 |4,5"}},
		{"the delimiter stated", "a.csv", "sep=|\r\n序号|问题\r\n", []string{"T1 R1C1 |序号", "T1 R1C2 |问题"}},
		{"a list without saying so", "名单", "姓名,村,证号\n某甲,东村,999900199001011234\n某乙,西村,\"=\"\"999900199002021234\"\"\"\n", []string{"T1 R1C1 |姓名", "T1 R1C2 |村", "T1 R1C3 |证号", "T1 R2C1 |某甲", "T1 R2C2 |东村", "T1 R2C3 |999900199001011234", "T1 R3C1 |某乙", "T1 R3C2 |西村", "T1 R3C3 |999900199002021234"}},
		{"prose with commas is no list", "方案.txt", "一是学,改,做\n二是查,促\n三是立,行\n", []string{"|一是学,改,做", "|二是查,促", "|三是立,行"}},
		{"a quote that nothing closes is a character", "a.csv", "a,\"b\nc,d\n", []string{"T1 R1C1 |a", "T1 R1C2 |\"b", "T1 R2C1 |c", "T1 R2C2 |d"}},
		{"one column", "a.csv", "问题\n甲\n", []string{"T1 R1C1 |问题", "T1 R2C1 |甲"}},
	}
	for _, test := range tests {
		for _, e := range encodings {
			t.Run(test.name+" in "+e.name, func(t *testing.T) {
				wantShown(t, mustRead(t, test.file, []byte(e.encode(t, test.text))), test.want...)
			})
		}
	}
}

func TestReadMarkdown(t *testing.T) {
	text := strings.Join([]string{
		"# 某镇整改方案 #", "", "镇党委", "===", "## 一、**问题**", "- 一是学习不深入", "  1\\. 转义", "**责任单位：**党政办", "**整段加粗**", "a * b * c，____年__月",
		"见[通知](http://example.invalid/a)和![图](x.png)", "", "| 序号 | 问题 \\| 措施 | 时限 |", "|:--|:-:|--:|", "| 1 | **甲**<br>乙 | |", "| 2 | 丙 | 4月 |", "", "|单列|再|", "```", "# 不是标题", "```", "#不是标题", "---", "完",
	}, "\n")
	want := []string{
		"H1 |某镇整改方案", "|", "H1 |镇党委", "H2 |一、问题", "|- 一是学习不深入", "|  1. 转义", "|责任单位：党政办", "* |整段加粗", "|a * b * c，____年__月",
		"|见通知和图", "|", "T1 R1C1 |序号", "T1 R1C2 |问题 | 措施", "T1 R1C3 |时限", "T1 R2C1 |1", "T1 R2C2 |甲⏎乙", "T1 R3C1 |2", "T1 R3C2 |丙", "T1 R3C3 |4月", "|", "T2 R1C1 |单列", "T2 R1C2 |再", "|# 不是标题", "H2 |#不是标题", "|完",
	}
	for _, name := range []string{"方案.md", "方案.txt", ""} {
		doc := mustRead(t, name, []byte(text))
		if doc.Format != "md" {
			t.Errorf("%q: format %s", name, doc.Format)
		}
		wantShown(t, doc, want...)
	}
	if doc := mustRead(t, "方案.txt", []byte("1.会议多\n#3楼漏水\n|—|\n")); doc.Format != "txt" {
		t.Errorf("plain text taken for %s", doc.Format)
	}
}
