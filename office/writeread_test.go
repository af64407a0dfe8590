package office

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is written is read again: a village sends back the ledger that it was sent.
func TestWrittenIsRead(t *testing.T) {
	table := Table{Columns: []Column{{Title: "序号"}, {Title: "反馈问题"}, {Title: "整改措施", Width: 20}}, Rows: []Row{
		GroupRow("（一）方面"), {Cells: []TableCell{{Text: "1", Rows: 2}, {Text: "问题一", Rows: 2}, {Text: "一是学习。"}}}, Cells("二是巡查。"),
		{Cells: []TableCell{{Text: "合计", Cols: 2}, {Text: "=1+1"}}}}}
	want := []string{"1.1 1×1 序号", "1.2 1×1 反馈问题", "1.3 1×1 整改措施", "2.1 1×3 （一）方面", "3.1 2×1 1", "3.2 2×1 问题一", "3.3 1×1 一是学习。", "4.3 1×1 二是巡查。", "5.1 1×2 合计", "5.3 1×1 =1+1"}
	cells := func(name string, data []byte) []string {
		document, err := Read(t.Context(), name, data)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, p := range document.Parts[0].Paragraphs {
			if c := p.Cell; c.Table > 0 && p.Text != "" {
				found = append(found, fmt.Sprintf("%d.%d %d×%d %s", c.Row, c.Col, c.Rows, c.Cols, UnguardFormula(p.Text)))
			}
		}
		return found
	}
	if diff := cmp.Diff(want, cells("台账.xlsx", xlsxBytes(t, Book{Sheets: []Sheet{{Name: "台账", Table: table}}}))); diff != "" {
		t.Errorf("xlsx:\n%s", diff)
	}
	var paper bytes.Buffer
	if err := WriteDocx(&paper, Paper{Title: "台账", Blocks: []Block{Heading{1, "一、总体"}, table}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, cells("台账.docx", paper.Bytes())); diff != "" {
		t.Errorf("docx:\n%s", diff)
	}
}
