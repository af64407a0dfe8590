package office

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// docxText writes a paper and returns its parts.
func docxText(t testing.TB, p Paper) map[string]string {
	t.Helper()
	var file bytes.Buffer
	if err := WriteDocx(&file, p); err != nil {
		t.Fatal(err)
	}
	return partsOf(t, file.Bytes())
}

// partsOf unpacks an archive and checks that every part but pictures is well-formed XML.
func partsOf(t testing.TB, file []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, entry := range archive.File {
		if !entry.Modified.Equal(packageTime) {
			t.Errorf("%s is of %v", entry.Name, entry.Modified)
		}
		reader, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		decoder := xml.NewDecoder(bytes.NewReader(text))
		for err == nil {
			_, err = decoder.Token()
		}
		if err != io.EOF && path.Ext(entry.Name) != ".png" {
			t.Errorf("%s: %v", entry.Name, err)
		}
		parts[entry.Name] = string(text)
	}
	return parts
}

// matches returns the first groups of all matches.
func matches(pattern, text string) []string {
	var found []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

func TestDocxPages(t *testing.T) {
	document := docxText(t, samplePlan())["word/document.xml"]
	sections := matches(`(<w:sectPr>.*?</w:sectPr>)`, document)
	if len(sections) != 3 {
		t.Fatalf("%d sections, want 3", len(sections))
	}
	for i, want := range []string{
		`<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1588"`,
		`<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/><w:pgMar w:top="1588" w:right="2098" w:bottom="1474" w:left="1984"`,
		`<w:pgSz w:w="11906" w:h="16838"/>`,
	} {
		if !strings.Contains(sections[i], want) {
			t.Errorf("section %d: %s", i+1, sections[i])
		}
		if !strings.Contains(sections[i], `<w:docGrid w:type="linesAndChars" w:linePitch="579" w:charSpace="-848"/>`) {
			t.Errorf("section %d has no grid of 22 lines of 28 characters", i+1)
		}
	}
	for _, page := range []docxPage{portrait, landscape} {
		wide, high := page.textWidth(), page.high-page.top-page.bottom
		if page.name != "" {
			wide, high = high, wide
		}
		if wide != 8844 || high != 12756 { // 156 × 225 mm
			t.Errorf("type area of %d × %d twips", wide, high)
		}
	}
	if widths := matches(`<w:tblW w:w="(\d+)"`, document); !cmp.Equal(widths, []string{"12756", "8844"}) {
		t.Errorf("tables are %v twips wide", widths)
	}
}

func TestDocxStylesAndRelations(t *testing.T) {
	parts := docxText(t, samplePlan())
	styles := map[string]bool{}
	for _, id := range matches(`w:styleId="(\w+)"`, parts["word/styles.xml"]) {
		styles[id] = true
	}
	relations := map[string]string{}
	for _, r := range regexp.MustCompile(`Id="(\w+)" Type="[^"]*" Target="([^"]+)"`).FindAllStringSubmatch(parts["word/_rels/document.xml.rels"], -1) {
		relations[r[1]] = r[2]
	}
	for name, text := range parts {
		for _, id := range matches(`<w:(?:pStyle|tblStyle|basedOn) w:val="(\w+)"`, text) {
			if !styles[id] {
				t.Errorf("%s uses style %s, which is not there", name, id)
			}
		}
		for _, id := range matches(` r:id="(\w+)"`, text) {
			if parts["word/"+relations[id]] == "" {
				t.Errorf("%s refers to %s, which is not there", name, id)
			}
		}
		if path.Ext(name) == ".xml" && name != "[Content_Types].xml" && !strings.Contains(parts["[Content_Types].xml"], `"/`+name+`"`) {
			t.Errorf("%s has no content type", name)
		}
	}
	fonts := parts["word/fontTable.xml"]
	for font, other := range map[string]string{"仿宋_GB2312": "FangSong", "楷体_GB2312": "KaiTi", "黑体": "SimHei", "宋体": "SimSun", "方正小标宋简体": "SimSun"} {
		if !strings.Contains(fonts, fmt.Sprintf(`<w:font w:name="%s"><w:altName w:val="%s"/>`, font, other)) {
			t.Errorf("%s has no stand-in %s", font, other)
		}
		if !strings.Contains(parts["word/styles.xml"]+parts["word/document.xml"]+parts["word/footer1.xml"], `w:eastAsia="`+font+`"`) {
			t.Errorf("%s is not used", font)
		}
	}
	if !strings.Contains(parts["word/settings.xml"], "<w:evenAndOddHeaders/>") {
		t.Error("odd and even pages are not told apart")
	}
	for i, side := range []string{"right", "left", "right", "left"} {
		footer := parts[fmt.Sprintf("word/footer%d.xml", i+1)]
		if !strings.Contains(footer, ` PAGE `) || !strings.Contains(footer, `<w:jc w:val="`+side+`"/>`) || strings.Contains(footer, `vert="vert"`) != (i >= 2) {
			t.Errorf("footer %d: %s", i+1, footer)
		}
	}
	core := parts["docProps/core.xml"]
	for _, want := range []string{"<dc:title>中共栖禾镇委员会关于落实区委第三轮巡察第二巡察组反馈意见的整改方案</dc:title>", "<dc:creator>闭环</dc:creator>", "2026-04-16T09:00:00Z"} {
		if !strings.Contains(core, want) {
			t.Errorf("core.xml lacks %s", want)
		}
	}
}

// paragraphTexts lists style: text of the paragraphs outside tables.
func paragraphTexts(document string) []string {
	document = regexp.MustCompile(`<w:tbl>.*?</w:tbl>`).ReplaceAllString(document, `<w:p><w:pPr><w:pStyle w:val="TABLE"/></w:pPr></w:p>`)
	var texts []string
	for _, p := range matches(`<w:p>(.*?)</w:p>`, document) {
		text := strings.ReplaceAll(p, "<w:tab/>", "→")
		text = strings.ReplaceAll(text, "<w:br/>", "↵")
		texts = append(texts, matches(`<w:pStyle w:val="(\w+)"`, p)[0]+": "+regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text, ""))
	}
	return texts
}

func TestDocxOrder(t *testing.T) {
	table := Table{Columns: []Column{{Title: "序号"}}, Rows: []Row{Cells("1")}}
	p := Paper{Title: "关于巡察整改的报告", To: "区委巡察办:", Sign: "中共栖禾镇委员会", Date: "2026年4月16日",
		Blocks:  []Block{Heading{1, "一、情况"}, Heading{2, "（一）问题"}, Heading{3, "1．整改"}, Heading{4, "（1）做法"}, Para{{Text: "一段\n二"}, {Text: "段", Bold: true}}},
		Annexes: []Annex{{Title: "清单", Landscape: true, Blocks: []Block{Line{"单位", "日期"}, table, table}}, {Title: "说明", Blocks: []Block{Text("见上。")}}}}
	want := []string{"Blank: ", "Title: 关于巡察整改的报告", "Blank: ", "To: 区委巡察办：", "Heading1: 一、情况", "Heading2: （一）问题", "Heading3: 1．整改", "Heading4: （1）做法",
		"Body: 一段", "Body: 二段", "Blank: ", "AnnexList: 附件：1．清单", "AnnexList: 2．说明", "Blank: ", "Sign: 中共栖禾镇委员会", "Sign: 2026年4月16日",
		"AnnexLabel: 附件1", "Title: 清单", "Line: 单位→日期", "TABLE: ", "Tiny: ", "TABLE: ", "Tiny: ",
		"AnnexLabel: 附件2", "Blank: ", "Title: 说明", "Blank: ", "Body: 见上。"}
	if diff := cmp.Diff(want, paragraphTexts(docxText(t, p)["word/document.xml"])); diff != "" {
		t.Error(diff)
	}
	p = Paper{Title: "问题清单", Landscape: true, Blocks: []Block{table}, Annexes: []Annex{{Title: "唯一附件"}}}
	want = []string{"Title: 问题清单", "TABLE: ", "Blank: ", "AnnexList: 附件：唯一附件", "AnnexLabel: 附件", "Blank: ", "Title: 唯一附件", "Blank: "}
	if diff := cmp.Diff(want, paragraphTexts(docxText(t, p)["word/document.xml"])); diff != "" {
		t.Error(diff)
	}
	if got := (Paper{Title: "题目", Blocks: []Block{Text("正 文\n二"), Heading{1, "一"}, Line{"左", "右"}, table}}).Length(); got != 2+3+1+2+3 {
		t.Errorf("length %d", got)
	}
}

// 落款: without a seal the longer line ends two characters before the margin and the date begins two to the right of the name;
// with one the date ends four before the margin, the name is centred above it.
func TestDocxSignature(t *testing.T) {
	for _, test := range []struct {
		sign, date string
		sealed     bool
		want       []string // rightChars
	}{
		{"中共栖禾镇委员会", "2026年4月6日", false, []string{"200", "200"}},
		{"栖禾镇", "2026年4月16日", false, []string{"750", "200"}},
		{"中共栖禾镇委员会", "2026年4月6日", true, []string{"300", "400"}},
		{"中共栖禾镇委员会办公室党政综合办", "2026年4月6日", true, []string{"0", "400"}},
		{"", "2026年4月6日", false, []string{"200"}},
	} {
		document := docxText(t, Paper{Blocks: []Block{Text("正文。")}, Sign: test.sign, Date: test.date, Sealed: test.sealed})["word/document.xml"]
		if got := matches(`w:rightChars="(-?\d+)"`, document); !cmp.Equal(got, test.want) {
			t.Errorf("%s %s sealed %v: right of the lines %v, want %v", test.sign, test.date, test.sealed, got, test.want)
		}
		// the last line of the text is kept with what follows it
		if !strings.Contains(document, `<w:pStyle w:val="Body"/><w:keepNext/>`) {
			t.Errorf("%s: the signature can stand alone on a page", document)
		}
	}
}

func TestDocxSignatureStaysWithTable(t *testing.T) {
	table := Table{Columns: []Column{{Title: "序号"}}, Rows: []Row{Cells("1"), Cells("2")}}
	document := docxText(t, Paper{Blocks: []Block{table, table}, Sign: "中共栖禾镇委员会"})["word/document.xml"]
	for i, row := range matches(`<w:tr>(.*?)</w:tr>`, document) {
		if strings.Contains(row, "<w:keepNext/>") != (i == 5) {
			t.Errorf("row %d: %s", i, row)
		}
	}
}

func TestDocxTable(t *testing.T) {
	long := strings.Repeat("逐村排查登记，", 40)
	table := Table{
		Columns: []Column{{Title: "序号", Width: 2, Align: AlignCenter}, {Title: "问题", Width: 6}, {Title: "措施", Width: 8}},
		Rows: []Row{GroupRow("（一）方面"),
			{Cells: []TableCell{{Text: "1", Rows: 2}, {Text: "问题一", Rows: 2}, {Text: "一是\n二是"}}}, Cells("三是"),
			{Cells: []TableCell{{Text: "合计", Cols: 2, Bold: true, Align: AlignRight}, {Text: long}}}},
	}
	document := docxText(t, Paper{Blocks: []Block{table}})["word/document.xml"]
	rows := matches(`<w:tr>(.*?)</w:tr>`, document)
	if len(rows) != 5 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, want := range []struct{ has, lacks string }{
		{`<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>`, `<w:vMerge`},
		{`<w:gridSpan w:val="3"/>`, `tblHeader`},
		{`<w:vMerge w:val="restart"/>`, `gridSpan`},
		{`<w:vMerge/>`, `restart`},
		{`<w:gridSpan w:val="2"/>`, `cantSplit`}, // a long row may break
	} {
		if !strings.Contains(rows[i], want.has) || strings.Contains(rows[i], want.lacks) {
			t.Errorf("row %d: %s", i, rows[i])
		}
		wide := 0
		for _, w := range matches(`<w:tcW w:w="(\d+)"`, rows[i]) {
			var twips int
			fmt.Sscan(w, &twips)
			wide += twips
		}
		if wide != 8844 {
			t.Errorf("row %d is %d twips wide", i, wide)
		}
	}
	for i, keep := range []bool{false, true, true, false, false} {
		if strings.Contains(rows[i], "<w:keepNext/>") != keep {
			t.Errorf("row %d kept with the next: %v, want %v", i, !keep, keep)
		}
	}
	if n := strings.Count(rows[2], "<w:p>"); n != 4 {
		t.Errorf("%d paragraphs in row 2, want 4: a line break in a cell begins a paragraph", n)
	}
	if got := matches(`<w:jc w:val="(\w+)"`, rows[4]); !cmp.Equal(got, []string{"right", "left"}) {
		t.Errorf("alignment %v", got)
	}
	if !strings.Contains(rows[4], `<w:b/>`) {
		t.Error("not bold")
	}
}

func TestDocxHostileText(t *testing.T) {
	const nasty = "<w:p>&amp;\"'\x00\x0b\x1b\xff\uFFFF]]><!-- &#x0;\r\n=1+1"
	table := Table{Columns: []Column{{Title: nasty}}, Rows: []Row{Cells(nasty), GroupRow(nasty)}}
	blocks := []Block{Heading{1, nasty}, Text(nasty), Line{nasty, nasty}, table}
	parts := docxText(t, Paper{Title: nasty, To: nasty, Sign: nasty, Date: nasty, Subject: nasty, Author: nasty, Blocks: blocks,
		Annexes: []Annex{{Title: nasty, Blocks: blocks}, {}}})
	for _, name := range []string{"word/document.xml", "docProps/core.xml"} {
		if !strings.Contains(parts[name], "&lt;w:p&gt;&amp;amp;&quot;']]&gt;&lt;!-- &amp;#x0;") {
			t.Errorf("%s does not hold the text as it was", name)
		}
	}
	for _, p := range []Paper{{Blocks: []Block{Heading{5, "五"}}}, {Blocks: []Block{Table{}}}, {Annexes: []Annex{{Blocks: []Block{Table{}}}}}} {
		if err := WriteDocx(io.Discard, p); err == nil {
			t.Errorf("%v is accepted", p)
		}
	}
	if err := WriteDocx(io.Discard, Paper{}); err != nil {
		t.Errorf("an empty paper: %v", err)
	}
}

func TestDocxSameBytes(t *testing.T) {
	write := func() []byte {
		var file bytes.Buffer
		if err := WriteDocx(&file, samplePlan()); err != nil {
			t.Fatal(err)
		}
		return file.Bytes()
	}
	first := write()
	if !bytes.Equal(first, write()) {
		t.Error("the same paper gives other bytes")
	}
}

func BenchmarkDocxTable1000(b *testing.B) {
	p := Paper{Title: "栖禾镇巡察反馈问题整改台账", Landscape: true, Blocks: []Block{sampleLedger(1000 * 4 / 9)}, Created: sampleDate}
	var file bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		file.Reset()
		if err := WriteDocx(&file, p); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(file.Len()), "bytes")
}
