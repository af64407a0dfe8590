package office

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drawGrid draws a grid with one character for each place: the first of the cell's text, '^' for the lower part of a merged
// cell, '<' for the further columns of a cell, '.' for a cell without text.
func drawGrid(rows [][]slot) []string {
	var lines []string
	for _, row := range rows {
		line := ""
		for _, s := range row {
			switch {
			case s.above:
				line += "^"
			case s.Text == "":
				line += "."
			default:
				line += s.Text[:1]
			}
			line += strings.Repeat("<", s.Cols-1)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestGrid(t *testing.T) {
	columns := []Column{{Title: "1"}, {Title: "2"}, {Title: "3"}, {Title: "4"}}
	over := func(text string, rows, cols int) TableCell { return TableCell{Text: text, Rows: rows, Cols: cols} }
	for _, test := range []struct {
		name   string
		header []Row
		rows   []Row
		want   []string
		err    string
	}{
		{"titles for a header", nil, []Row{Cells("a", "b", "c", "d")}, []string{"1234", "abcd"}, ""},
		{"no header", []Row{}, []Row{Cells("a", "b", "c", "d")}, []string{"abcd"}, ""},
		{"two header rows", []Row{{Cells: []TableCell{over("x", 2, 1), over("y", 1, 2), over("z", 2, 1)}}, Cells("p", "q")}, nil,
			[]string{"xy<z", "^pq^"}, ""},
		{"short rows are filled", []Row{}, []Row{Cells("a"), {}}, []string{"a...", "...."}, ""},
		{"merged by finding", []Row{}, []Row{{Cells: []TableCell{over("f", 3, 1), over("m", 1, 1), over("p", 1, 1), over("u", 3, 1)}}, Cells("m", "p"), Cells("m")},
			[]string{"fmpu", "^mp^", "^m.^"}, ""},
		{"group row", []Row{}, []Row{GroupRow("g"), Cells("a", "b", "c", "d")}, []string{"g<<<", "abcd"}, ""},
		{"block of rows and columns", []Row{}, []Row{{Cells: []TableCell{over("a", 2, 2), over("b", 1, 1)}}, Cells("c", "d")}, []string{"a<b.", "^<cd"}, ""},
		{"a merge ends with the table", []Row{}, []Row{{Cells: []TableCell{over("a", 9, 1)}}, Cells("b")}, []string{"a...", "^b.."}, ""},
		{"a header's merge ends with the header", []Row{{Cells: []TableCell{over("h", 5, 1)}}}, []Row{Cells("a")}, []string{"h...", "a..."}, ""},
		{"too many cells", []Row{}, []Row{Cells("a", "b", "c", "d", "e")}, nil, `row 1 has no room for cell "e"`},
		{"too wide", []Row{}, []Row{Cells(), {Cells: []TableCell{over("a", 1, 5)}}}, nil, `row 2 has no room for cell "a"`},
		{"wider than the gap", []Row{}, []Row{{Cells: []TableCell{over("a", 1, 1), over("b", 2, 1)}}, {Cells: []TableCell{over("c", 1, 2)}}}, nil, `row 2 has no room for cell "c"`},
		{"group row in a merge", []Row{}, []Row{{Cells: []TableCell{over("a", 2, 1)}}, GroupRow("g")}, nil, `row 2 has no room for cell "g"`},
		{"group row of two", []Row{}, []Row{{Group: true, Cells: Cells("a", "b").Cells}}, nil, "group row 1 has 2 cells"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rows, headers, err := Table{Columns: columns, Header: test.header, Rows: test.rows}.grid()
			if err != nil || test.err != "" {
				if test.err == "" || err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error %v, want %q", err, test.err)
				}
				return
			}
			if diff := cmp.Diff(test.want, drawGrid(rows)); diff != "" {
				t.Error(diff)
			}
			if want := len(rows) - len(test.rows); headers != want {
				t.Errorf("%d header rows, want %d", headers, want)
			}
		})
	}
	if _, _, err := (Table{}).grid(); err == nil {
		t.Error("a table without columns is accepted")
	}
}

func TestTextLines(t *testing.T) {
	for _, test := range []struct {
		text string
		wide float64
		want int
	}{
		{"", 10, 1}, {"一二三四五六七八九", 10, 1}, {"一二三四五六七八九十", 10, 2}, {"2026年4月16日", 7, 1},
		{"一\n二\n", 10, 3}, {strings.Repeat("字", 95), 10, 10}, {"字字", 0, 2},
	} {
		if got := textLines(test.text, test.wide); got != test.want {
			t.Errorf("textLines(%q, %v) = %d, want %d", test.text, test.wide, got, test.want)
		}
	}
}

func TestTwipsFillThePage(t *testing.T) {
	for n := 1; n < 20; n++ {
		table := Table{}
		for i := range n {
			table.Columns = append(table.Columns, Column{Width: float64(i%5) * 1.3})
		}
		sum := 0
		for i, width := range table.twips(8844) {
			sum += width
			if width <= 0 {
				t.Errorf("%d columns: column %d has no width", n, i)
			}
		}
		if sum != 8844 {
			t.Errorf("%d columns fill %d of 8844 twips", n, sum)
		}
	}
}

func TestCleanText(t *testing.T) {
	for in, want := range map[string]string{
		"整改\x00方\x1f案": "整改方案", "a\r\nb\rc": "a\nb\nc", "\uFFFEx\uFFFF": "x", "a\xffb\xe6\x95": "ab", "�": "�", "\t<&>\"": "\t<&>\"",
	} {
		if got := cleanText(in); got != want {
			t.Errorf("cleanText(%q) = %q, want %q", in, got, want)
		}
	}
}

func ExampleCells() {
	rows, _, _ := Table{Columns: []Column{{Title: "序号"}, {Title: "任务"}}, Rows: []Row{GroupRow("一"), Cells("1", "巡查")}}.grid()
	fmt.Println(len(rows), rows[2][1].Text)
	// Output: 3 巡查
}
