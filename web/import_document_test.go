package web

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"bihuan/office"
	"bihuan/plan"
)

// outline writes runs as text with brackets around marks, and + before what goes on from an earlier piece.
func outline(runs []docRun) string {
	var b strings.Builder
	for _, r := range runs {
		if r.Mark == nil {
			b.WriteString(r.Text)
			continue
		}
		if r.More {
			b.WriteString("+")
		}
		fmt.Fprintf(&b, "%s[%s]", r.Mark.Tag, outline(r.Inner))
	}
	return b.String()
}

func TestMarksNest(t *testing.T) {
	mark := func(tag string, from, to int) docMark { return docMark{from: from, to: to, Tag: tag} }
	for _, c := range []struct {
		marks []docMark
		want  string
	}{
		{nil, "一二三四五六"},
		{[]docMark{mark("甲", 0, 6)}, "甲[一二三四五六]"},
		{[]docMark{mark("乙", 2, 4), mark("甲", 1, 5)}, "一甲[二乙[三四]五]六"},
		{[]docMark{mark("甲", 0, 2), mark("乙", 2, 4)}, "甲[一二]乙[三四]五六"},
		{[]docMark{mark("甲", 0, 3), mark("乙", 2, 5)}, "甲[一二乙[三]]+乙[四五]六"},
		{[]docMark{mark("甲", 0, 4), mark("乙", 1, 3), mark("丙", 2, 6)}, "甲[一乙[二丙[三]]+丙[四]]+丙[五六]"},
		{[]docMark{mark("甲", 0, 3), mark("乙", 0, 3)}, "甲[乙[一二三]]四五六"},
		{[]docMark{mark("甲", -2, 2), mark("乙", 4, 99), mark("丙", 3, 3), mark("丁", 5, 2)}, "甲[一二]三四乙[五六]"},
	} {
		text := []rune("一二三四五六")
		if got := outline(nest(text, 0, len(text), cutAtEdges(text, c.marks))); got != c.want {
			t.Errorf("%v: %s, want %s", c.marks, got, c.want)
		}
	}
}

// plainText is the text of runs without their marks.
func (r docRun) plain() string {
	s := r.Text
	for _, inner := range r.Inner {
		s += inner.plain()
	}
	return s
}

func TestMarksLoseNoText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 12, -1).Draw(t, "text")
		r := []rune(text)
		var marks []docMark
		for i := range rapid.IntRange(0, 6).Draw(t, "marks") {
			marks = append(marks, docMark{from: rapid.IntRange(-1, 13).Draw(t, "from"), to: rapid.IntRange(-1, 13).Draw(t, "to"), Tag: fmt.Sprint(i)})
		}
		var got string
		for _, run := range nest(r, 0, len(r), cutAtEdges(r, marks)) {
			got += run.plain()
		}
		if got != string(r) {
			t.Fatalf("text %q became %q", string(r), got)
		}
	})
}

// grid writes a table as rows of cells with the rows and columns they cover.
func grid(table [][]docCell) string {
	var b strings.Builder
	for _, row := range table {
		for _, c := range row {
			var words []string
			for _, x := range c.Texts {
				words = append(words, outline(x.Runs))
			}
			fmt.Fprintf(&b, "%s%dx%d ", strings.Join(words, "/"), c.Rows, c.Cols)
		}
		b.WriteString("| ")
	}
	return b.String()
}

func TestTables(t *testing.T) {
	cell := func(text string, row, col, rows, cols int) office.Paragraph {
		return office.Paragraph{Text: text, Cell: office.Cell{Table: 1, Row: row, Col: col, Rows: rows, Cols: cols}}
	}
	for _, c := range []struct {
		name       string
		paragraphs []office.Paragraph
		want       string
	}{
		{"merged", []office.Paragraph{cell("题", 1, 1, 1, 3), cell("甲", 2, 1, 2, 1), cell("乙", 2, 2, 1, 1), cell("丙", 2, 3, 1, 1), cell("丁", 3, 3, 1, 1)},
			"题1x3 | 甲2x1 乙1x1 丙1x1 | 1x1 丁1x1 | "},
		{"two paragraphs in a cell", []office.Paragraph{cell("甲", 1, 1, 1, 1), cell("乙", 1, 1, 1, 1), cell("丙", 1, 2, 1, 1)}, "甲/乙1x1 丙1x1 | "},
		{"far cells", []office.Paragraph{cell("甲", 1, 1, 1, 1), cell("乙", 900000, 16000, 1, 1)}, "甲1x1 1x1 | 1x1 乙1x1 | "},
		{"a cell that covers more than there is", []office.Paragraph{cell("甲", 1, 1, 1<<30, 1<<30), cell("乙", 2, 2, 1, 1)}, "甲2x2 | 乙1x1 | "},
		{"cells one over another", []office.Paragraph{cell("甲", 1, 1, 2, 1), cell("乙", 2, 1, 1, 1), cell("丙", 2, 2, 1, 1)}, "甲2x1 1x1 | 乙1x1 丙1x1 | "},
		{"zero", []office.Paragraph{cell("甲", 0, 0, 0, 0)}, "甲1x1 | "},
	} {
		if got := grid(showTable(c.paragraphs, func(int) []docMark { return nil })); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSourcesThatPointNowhere(t *testing.T) {
	k := marker{doc: office.Document{Parts: []office.Part{{Paragraphs: []office.Paragraph{{Text: "一二三"}, {Text: "四五"}}}}}, found: map[string]bool{}}
	for _, s := range []plan.Source{{}, {Part: 7}, {Part: -1, To: 2}, {Paragraph: 9, To: 2}, {Paragraph: -3, To: 2}, {From: 5, To: 9}, {From: 2, To: 1}, {From: -4, To: 2}} {
		k.add(s, "m", "措施", "m0.0.0")
		k.phrases(s, []string{"二"}, "m0.0.0")
		k.withNumber(s, "一是")
	}
	if len(k.marks) != 0 {
		t.Errorf("marks %+v", k.marks)
	}
	k.add(plan.Source{From: 1, To: 3, Last: 5}, "m", "措施", "m0.0.0")
	if len(k.marks) != 2 || k.marks[1].paragraph != 1 || k.marks[1].to != 2 {
		t.Errorf("a source over two paragraphs: %+v", k.marks)
	}
}

func TestSpotCodes(t *testing.T) {
	for _, code := range []string{"p", "s0", "f1.2", "u1.2", "d0.0", "a1.2.3", "m0.0.11"} {
		at, view, ok := parseSpot(code)
		if !ok || view != code[0] {
			t.Errorf("%s is not read", code)
			continue
		}
		if back := spotCode(at); back[1:] != code[1:] {
			t.Errorf("%s came back as %s", code, back)
		}
	}
	for _, code := range []string{"", "p0", "x1", "s", "s-1", "f1", "f1.2.3", "m1.2", "m1.2.x", "m1.2.99999999999999", "s１"} {
		if _, _, ok := parseSpot(code); ok {
			t.Errorf("%q is read", code)
		}
	}
}
