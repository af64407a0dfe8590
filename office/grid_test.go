package office

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"
)

// gridRowsOf reads the wanted columns of all sheets, each row with its number.
func gridRowsOf(t testing.TB, data []byte, columns ...int) (*Grid, [][]string) {
	t.Helper()
	g, err := OpenGrid(t.Context(), "名册.csv", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for sheet := range g.Sheets {
		read := func() (rows [][]string, err error) {
			err = ScanGrid(g, sheet, columns, func(b *Batch) ([][]string, error) {
				var part [][]string
				for i := range b.Len() {
					row := []string{fmt.Sprint(b.Number(i))}
					for k := range columns {
						row = append(row, string(b.Cell(i, k)))
					}
					part = append(part, row)
				}
				return part, nil
			}, func(part [][]string) error { rows = append(rows, part...); return nil })
			return rows, err
		}
		rows, err := read()
		if err == ErrMerged {
			rows, err = read()
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rows...)
	}
	return g, all
}

// table draws a table with what makes reading hard: commas, quotes, line breaks, blanks, empty cells, signs of four bytes.
func table(t *rapid.T) [][]string {
	cell := rapid.OneOf(rapid.SampledFrom([]string{"", "姓名", "王秀英", "130408194610010012", "䶮", "a,b", `他说"好"`, "两\n行", " 空 ", "𠮷", "|", ";", "1.30408E+17", "<&>"}),
		rapid.StringMatching(`[一-龥]{1,4}`))
	width := rapid.IntRange(2, 6).Draw(t, "width")
	rows := rapid.SliceOfN(rapid.SliceOfN(cell, width, width), 3, 40).Draw(t, "rows")
	for i := range rows {
		rows[i][0] = fmt.Sprintf("行%d", i+1)
	}
	return rows
}

func csvOf(rows [][]string, delimiter rune, crlf bool) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = delimiter, crlf
	_ = w.WriteAll(rows)
	return b.String()
}

// One table reads the same from every encoding and from workbooks, whichever columns are asked for.
func TestGridReadsTheSameFromEverything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := table(rt)
		columns := rapid.SliceOfNDistinct(rapid.IntRange(0, len(rows[0])-1), 1, -1, rapid.ID).Draw(rt, "columns")
		var want [][]string
		for i, row := range rows {
			line := []string{fmt.Sprint(i + 1)}
			for _, c := range columns {
				line = append(line, row[c])
			}
			want = append(want, line)
		}
		files := map[string][]byte{}
		text := csvOf(rows, ',', rapid.Bool().Draw(rt, "crlf"))
		files["utf-8"] = []byte(text)
		files["utf-8 bom"] = []byte("\ufeff" + text)
		for name, e := range map[string]encoding.Encoding{"gb18030": simplifiedchinese.GB18030,
			"utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16be": unicode.UTF16(unicode.BigEndian, unicode.UseBOM)} {
			coded, err := e.NewEncoder().String(text)
			if err != nil {
				rt.Fatal(err)
			}
			files[name] = []byte(coded)
		}
		files["tab"] = []byte(csvOf(rows, '\t', false))
		files["stream"] = streamed(rt, rows)
		files["shared"] = shared(rt, rows)
		for name, data := range files {
			_, got := gridRowsOf(t, data, columns...)
			for _, row := range got { // encoding/csv writes line breaks in fields as the file's
				for k := range row {
					row[k] = strings.ReplaceAll(row[k], "\r\n", "\n")
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				rt.Fatalf("%s: %s", name, d)
			}
		}
	})
}

func streamed(t *rapid.T, rows [][]string) []byte {
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		cells := make([]any, len(row))
		for k, c := range row {
			cells[k] = c
		}
		if err := w.SetRow(fmt.Sprint("A", i+1), cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return saved(t, f)
}

func shared(t *rapid.T, rows [][]string) []byte {
	f := excelize.NewFile()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	return saved(t, f)
}

func saved(t interface{ Fatal(...any) }, f *excelize.File) []byte {
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Rows of any width, blank ones among them, are cut as splitting them would.
func TestGridRagged(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		line := rapid.SliceOfN(rapid.SampledFrom([]string{"", "甲", "1234567", "乙丙丁", " "}), 0, 12)
		if rapid.Bool().Draw(rt, "even") {
			line = rapid.SliceOfN(rapid.SampledFrom([]string{"", "甲", "12345678901234567890"}), 9, 9)
		}
		rows := rapid.SliceOfN(line, 1, 30).Draw(rt, "rows")
		columns := rapid.SliceOfNDistinct(rapid.IntRange(0, 12), 1, 8, rapid.ID).Draw(rt, "columns")
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(rt, "end")
		var text strings.Builder
		chunk := &textChunk{first: 1, rows: len(rows)}
		for i, row := range rows {
			text.WriteString(strings.Join(row, ","))
			if i+1 < len(rows) || len(row) == 0 || rapid.Bool().Draw(rt, "whole") {
				text.WriteString(end)
			}
		}
		chunk.data = []byte(text.String())
		var b Batch
		(&gridText{delimiter: ','}).cut(&b, chunk, newWanted(columns))
		for i, row := range rows {
			for k, c := range columns {
				want := ""
				if c < len(row) {
					want = row[c]
				}
				if got := string(b.Cell(i, k)); got != want {
					rt.Fatalf("row %d column %d: %q, want %q in %q", i, c, got, want, text.String())
				}
			}
		}
	})
}

// Chunks are cut between rows, wherever those lie, and rows keep their numbers.
func TestGridChunks(t *testing.T) {
	var b strings.Builder
	var want [][]string
	for i := range 40_000 {
		name := strings.Repeat("字", i%7)
		switch {
		case i == 30_000:
			name = "有,逗\n号"
			fmt.Fprintf(&b, "%d,\"%s\",完\n", i, name)
		case i%1000 == 7:
			b.WriteString("\n")
			want = append(want, []string{fmt.Sprint(i + 1), "", ""})
			continue
		default:
			fmt.Fprintf(&b, "%d,%s,完\n", i, name)
		}
		want = append(want, []string{fmt.Sprint(i + 1), name, fmt.Sprint(i)})
	}
	for _, e := range []encoding.Encoding{unicode.UTF8, simplifiedchinese.GB18030, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)} {
		text, err := e.NewEncoder().String(b.String())
		if err != nil {
			t.Fatal(err)
		}
		_, got := gridRowsOf(t, []byte(text), 1, 0)
		if !slices.EqualFunc(want, got, slices.Equal[[]string]) {
			for i := range want {
				if i >= len(got) || !slices.Equal(want[i], got[i]) {
					t.Fatalf("row %d of %d: %q, want %q", i+1, len(got), got[min(i, len(got)-1)], want[i])
				}
			}
			t.Fatal(len(want), len(got))
		}
	}
}

func TestGridWorkbook(t *testing.T) {
	f := excelize.NewFile()
	date, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		t.Fatal(err)
	}
	for cell, v := range map[string]any{"A1": "村", "B1": "号", "C1": "日", "A2": "前村", "B2": 130408194610010012.0, "C2": 15193, "B3": "2", "C3": 15193.0, "A5": "后村", "B5": 100.5, "C5": true, "D5": "外"} {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetCellStyle("Sheet1", "C2", "C2", date); err != nil {
		t.Fatal(err)
	}
	if err := f.MergeCell("Sheet1", "A2", "A4"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellValue("Sheet1", "B4", "x"); err != nil {
		t.Fatal(err)
	}
	_, got := gridRowsOf(t, saved(t, f), 0, 1, 2)
	want := [][]string{{"1", "村", "号", "日"}, {"2", "前村", "130408194610010000", "1941-08-05"}, {"3", "前村", "2", "15193"}, {"4", "前村", "x", ""}, {"5", "后村", "100.5", "TRUE"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
}

// A cell reads the same however a program has written it.
func TestGridCells(t *testing.T) {
	shared := `<si><t>甲</t></si><si><t xml:space="preserve"> 乙 </t></si><si><r><t>丙</t></r><r><rPr><b/></rPr><t>一</t></r><rPh><t>bing</t></rPh></si><si/><si><t/></si><x:si xmlns:x="urn:x"><x:t>戊&amp;己</x:t></x:si>`
	for _, test := range []struct{ cells, want string }{
		{`<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>`, "甲| 乙 "},
		{`<c r="A1" t="s" ><v >2</v ></c ><c t='s'><v>5</v></c>`, "丙一|戊&己"},
		{`<c r="A1" t="s"><v>3</v></c><c r="B1" t="s"><v>4</v></c>`, "|"},
		{`<c r="A1" t="inlineStr"><is><t>a&lt;b_x000A_</t></is></c><c r="B1" t="inlineStr"><is><r><t>c</t></r><r><t>d</t></r></is></c>`, "a<b\n|cd"},
		{`<c r="A1"/><c r="B1"><v/></c>`, "|"},
		{`<c r="A1"><v>12</v></c><c r="B1" t="str"><f>A1&amp;"x"</f><v>12x</v></c>`, "12|12x"},
		{`<x:c r="A1"><x:v>12</x:v></x:c><c r="B1"><v>3</v><extLst><ext/></extLst></c>`, "12|3"},
		{`<c r="B1"><v>2</v></c><c r="C1" t="inlineStr"><is><t>外</t></is></c>`, "|2"},
	} {
		sheet := `<sheetData><row r="1">` + test.cells + `</row><row r="2" spans="1:2"><c r="A2"><v>2</v></c></row><row r="4"/></sheetData>`
		if strings.Contains(test.cells, "x:") {
			sheet = strings.ReplaceAll(sheet, "<x:c ", `<x:c xmlns:x="urn:x" `)
		}
		_, got := gridRowsOf(t, zipOf(t, xlsxOf(shared, "", sheet)), 0, 1)
		a, b, _ := strings.Cut(test.want, "|")
		want := [][]string{{"1", a, b}, {"2", "2", ""}}
		if a+b == "" { // an empty row
			want = want[1:]
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", test.cells, d)
		}
	}
}

// An old workbook goes through LibreOffice and reads as the new one it was saved from; a table in a document is read too.
func TestGridThroughConverters(t *testing.T) {
	var want [][]string
	for _, name := range []string{"ledger.xlsx", "ledger.xls"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		g, got := gridRowsOf(t, data, 0, 1, 2)
		got = slices.DeleteFunc(got, func(row []string) bool { return strings.Join(row[1:], "") == "" })
		if g.Format != strings.TrimPrefix(filepath.Ext(name), ".") || len(got) < 3 {
			t.Fatalf("%s: %s, %d rows", name, g.Format, len(got))
		}
		if want == nil {
			want = got
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	var b bytes.Buffer
	err := WriteDocx(&b, Paper{Title: "名册", Blocks: []Block{Table{Columns: []Column{{Title: "姓名"}, {Title: "身份证号"}}, Rows: []Row{Cells("王秀英", "99040819400805002X")}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, got := gridRowsOf(t, b.Bytes(), 0, 1); len(got) != 2 || got[1][1] != "王秀英" {
		t.Errorf("docx: %q", got)
	}
}

// What cannot be read is refused in words, never half read.
func TestGridRefuses(t *testing.T) {
	rows := make([][]string, 3000)
	for i := range rows {
		rows[i] = []string{fmt.Sprint(i), "王秀英"}
	}
	f := excelize.NewFile()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	whole := saved(t, f)
	damaged := bytes.Clone(whole)
	for i := len(damaged) / 4; i < len(damaged)/3; i++ {
		damaged[i] ^= 0x55
	}
	for name, data := range map[string][]byte{"empty": nil, "half": whole[:len(whole)/2], "damaged": damaged, "bytes": bytes.Repeat([]byte{0, 1, 2, 200}, 100), "picture": []byte("\x89PNG\r\n\x1a\n0000"), "prose": []byte("关于开展高龄津贴核查的通知")} {
		g, err := OpenGrid(t.Context(), "x", bytes.NewReader(data), int64(len(data)))
		if err == nil && name == "prose" {
			continue // one row of one cell is a table, if a poor one
		}
		if err == nil {
			err = ScanGrid(g, 0, []int{0, 1}, func(*Batch) (int, error) { return 0, nil }, func(int) error { return nil })
		}
		if ours, ok := errors.AsType[*Error](err); !ok || ours.What == "" || ours.Do == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzGrid(f *testing.F) {
	f.Setenv("PATH", "") // no converters
	f.Add([]byte("姓名,身份证号\n\"王\n秀\"\"英\",130408194610010012\r\n"))
	f.Add([]byte("\xff\xfe\x11\x62\n\x00"))
	f.Add(saved(f, excelize.NewFile()))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := OpenGrid(t.Context(), "x.csv", bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for s := range g.Sheets {
			if _, err := g.Head(s, 20); err != nil {
				continue
			}
			_ = ScanGrid(g, s, []int{1, 0, 5}, func(b *Batch) (int, error) {
				n := 0
				for i := range b.Len() {
					n += len(b.Cell(i, 0)) + len(b.Cell(i, 2)) + b.Number(i)
				}
				return n, nil
			}, func(int) error { return nil })
		}
	})
}
