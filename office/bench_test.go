package office

import (
	"fmt"
	"strings"
	"testing"
)

// planOf is a docx of a plan as Word would write it, about as many pages long: on each a heading, three paragraphs numbered by
// the program, and a table of seven rows. Properties are spelled out on every run, as they are in real files.
func planOf(t testing.TB, pages int) []byte {
	const looks = `<w:rPr><w:rFonts w:hint="eastAsia" w:ascii="仿宋_GB2312" w:hAnsi="仿宋_GB2312" w:eastAsia="仿宋_GB2312"/><w:color w:val="000000"/><w:sz w:val="32"/><w:szCs w:val="32"/></w:rPr>`
	paragraph := func(level int, text string) string {
		half := len([]rune(text)) / 2
		return fmt.Sprintf(`<w:p w:rsidR="00A77B3E" w:rsidRDefault="00A77B3E"><w:pPr><w:numPr><w:ilvl w:val="%d"/><w:numId w:val="1"/></w:numPr><w:spacing w:line="560" w:lineRule="exact"/><w:ind w:firstLine="640"/></w:pPr>`+
			`<w:r>%s<w:t>%s</w:t></w:r><w:r w:rsidRPr="00B1">%s<w:t>%s</w:t></w:r></w:p>`, level, looks, string([]rune(text)[:half]), looks, string([]rune(text)[half:]))
	}
	sentence := "严格落实主体责任，建立长效机制，完善管理制度，加强部门协作；强化监督检查，逐户逐人入户核查，按月报送进展情况，及时追回违规资金。"
	var b strings.Builder
	for page := range pages {
		b.WriteString(paragraph(0, fmt.Sprintf("关于第%d个方面问题的整改", page+1)))
		for k := range 3 {
			b.WriteString(paragraph(1, "健全信息共享渠道"))
			b.WriteString(paragraph(2, fmt.Sprintf("%s责任单位：镇民政办；完成时限：2026年%d月30日前，长期坚持。", sentence+sentence[:150], page%12+k%3+1)))
		}
		var rows []string
		for k := range 7 {
			var cells []string
			for _, text := range []string{fmt.Sprint(k), "举一反三全面排查定期开展数据比对", "镇民政办", "某甲", "2026-04-30", "每季度"} {
				cells = append(cells, tc(`<w:tcW w:w="1500" w:type="dxa"/><w:vAlign w:val="center"/>`, `<w:p><w:pPr><w:jc w:val="center"/>`+looks+`</w:pPr><w:r>`+looks+`<w:t>`+text+`</w:t></w:r></w:p>`))
			}
			rows = append(rows, tr(cells...))
		}
		b.WriteString(tbl(rows...))
	}
	levels := level(0, "chineseCounting", "%1、", "") + level(1, "chineseCounting", "（%2）", "") + level(2, "decimal", "%3.", "")
	styles := strings.Repeat(`<w:style w:type="paragraph" w:styleId="a%d"><w:name w:val="x"/><w:basedOn w:val="a"/><w:pPr><w:ind w:left="200"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>`, 100)
	return zipOf(t, docxOf(b.String(), styles, lists(levels)))
}

// The target is 10 ms for 50 pages and the same for each page of a longer file.
func BenchmarkReadDocx(b *testing.B) {
	for _, pages := range []int{10, 50, 1000} {
		b.Run(fmt.Sprintf("pages=%d", pages), func(b *testing.B) {
			file := planOf(b, pages)
			limits := DefaultLimits
			runes := 0
			b.ReportAllocs()
			for b.Loop() {
				doc, err := ReadLimited(b.Context(), "", file, limits)
				if err != nil {
					b.Fatal(err)
				}
				runes = 0
				for _, p := range doc.Parts[0].Paragraphs {
					runes += len([]rune(p.Text))
				}
			}
			b.ReportMetric(float64(runes), "runes")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(pages), "µs/page")
		})
	}
}

// ledgerOf is a workbook of rows with ten cells each, text in the shared table as WPS writes it or in the cells.
func ledgerOf(t testing.TB, rows int, sharing bool) []byte {
	var shared strings.Builder
	var list []string
	text := func(ref, s string, number int) string {
		if !sharing {
			return inline(ref, s)
		}
		fmt.Fprintf(&shared, "<si><t>%s</t></si>", s)
		return cell(`r="`+ref+`" s="5" t="s"`, fmt.Sprintf("<v>%d</v>", number))
	}
	for r := range rows {
		var cells []string
		for c := range 10 {
			ref := columnName(c+1) + fmt.Sprint(r+1)
			switch c {
			case 0:
				cells = append(cells, cell(`r="`+ref+`"`, fmt.Sprintf("<v>%d</v>", r)))
			case 1:
				cells = append(cells, cell(`r="`+ref+`" s="1"`, "<v>46142</v>"))
			default:
				cells = append(cells, text(ref, fmt.Sprintf("第%d户享受高龄津贴", r*10+c), r*8+c-2))
			}
		}
		list = append(list, row(fmt.Sprintf(`r="%d" spans="1:10" ht="15"`, r+1), cells...))
	}
	return zipOf(t, xlsxOf(shared.String(), xlsxStyles, data(list...)))
}

// The target is 150,000 rows a second.
func BenchmarkReadXlsx(b *testing.B) {
	for _, sharing := range []bool{false, true} {
		b.Run(fmt.Sprintf("shared=%v", sharing), func(b *testing.B) {
			const rows = 39_000
			file := ledgerOf(b, rows, sharing)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Read(b.Context(), "", file); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkReadDoc(b *testing.B) {
	file := officeDoc(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(b.Context(), "", file); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadCSV(b *testing.B) {
	file := []byte(gb18030(b, strings.Repeat("1,某甲,东村,999900199001011234,2026-04-30,高龄津贴,100,已发放\n", 50_000)))
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(b.Context(), "名单.csv", file); err != nil {
			b.Fatal(err)
		}
	}
}
