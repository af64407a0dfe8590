package plan

import (
	"strings"

	"bihuan/chinese"
	"bihuan/office"
)

// box is one cell of a table.
type box struct {
	row, col, rows, cols int
	s                    span
}

// grid is one table: its boxes in reading order, and where in boxes each row begins.
type grid struct {
	part  int
	boxes []box
	first []int // index of the first box of row i; len is rows+1
	cols  int
	from  int // in c
	to    int
}

// row gives the boxes that begin in a row.
func (g *grid) row(r int) []box { return g.boxes[g.first[r]:g.first[r+1]] }

func (g *grid) rows() int { return len(g.first) - 1 }

// grids collects the tables: those of the document, and those that plain text draws with bars or tabs.
func (k *reader) grids() []grid {
	k.drawnTables()
	var out []grid
	for n := 0; n < len(k.lines); {
		l := k.lines[n]
		if l.cell.Table == 0 {
			n++
			continue
		}
		m, first := n, n
		for m < len(k.lines) && k.lines[m].part == l.part && k.lines[m].cell.Table == l.cell.Table {
			m++
		}
		g := grid{part: l.part, from: l.from, to: k.lines[m-1].to}
		for ; n < m; n++ {
			k.addBox(&g, k.lines[n])
		}
		g.index()
		if k.labelTable(&g) {
			for i := first; i < m; i++ { // its labels and values read like lines of text
				k.lines[i].cell = office.Cell{}
			}
			continue
		}
		out = append(out, g)
	}
	return out
}

// labelTable reports whether a table holds the fields of one finding, whose title stands in the text above it: labels and
// values side by side, no row of column heads.
func (k *reader) labelTable(g *grid) bool {
	t := tableReader{reader: k}
	if cols, _ := t.header(g); cols != nil {
		return false
	}
	labelled := 0
	for r := 0; r < g.rows(); r++ {
		row := g.row(r)
		for i := 0; i+1 < len(row); i++ {
			f, ok := labels().exact[k.bare(row[i].s)]
			switch {
			case !ok:
			case f == fProblem || f == fNumber || f == fSection:
				return false
			case row[i+1].s.a >= row[i].s.b:
				labelled++
			}
		}
	}
	return labelled >= 2 && len(g.boxes) <= 4*labelled
}

// addBox adds a line to its cell, or the cells of a drawn row.
func (k *reader) addBox(g *grid, l line) {
	if l.cell.Col > 0 {
		if n := len(g.boxes); n > 0 && g.boxes[n-1].row == l.cell.Row && g.boxes[n-1].col == l.cell.Col {
			g.boxes[n-1].s.b = l.to
			return
		}
		g.boxes = append(g.boxes, box{l.cell.Row, l.cell.Col, max(1, l.cell.Rows), max(1, l.cell.Cols), span{l.from, l.to}})
		g.cols = max(g.cols, l.cell.Col+max(1, l.cell.Cols)-1)
		return
	}
	if k.rule(&l) { // |---|---|
		return
	}
	row, col := 1, 1
	if n := len(g.boxes); n > 0 {
		row = g.boxes[n-1].row + 1
	}
	from := l.from
	if k.c[from] == '|' {
		from++
	}
	for i := from; i <= l.to; i++ {
		tab := i < l.to && i > from && k.tabBefore(i)
		if i < l.to && k.c[i] != '|' && !tab {
			continue
		}
		if s := k.trim(span{from, i}, ""); !s.empty() {
			g.boxes = append(g.boxes, box{row, col, 1, 1, s})
			g.cols = max(g.cols, col)
		}
		if tab {
			col += k.tabs(i)
			from = i
		} else {
			col++
			from = i + 1
		}
	}
}

// tabBefore reports whether a tab stood before c[i].
func (k *reader) tabBefore(i int) bool { return k.tabs(i) > 0 }

func (k *reader) tabs(i int) int {
	n := 0
	if i > 0 {
		for j := k.at[i-1] + 1; j < k.at[i]; j++ {
			if k.orig[j] == '\t' {
				n++
			}
		}
	}
	return n
}

// index orders the boxes by rows without gaps.
func (g *grid) index() {
	g.first = []int{0}
	for i := 1; i < len(g.boxes); i++ {
		if g.boxes[i].row != g.boxes[i-1].row {
			g.first = append(g.first, i)
		}
	}
	g.first = append(g.first, len(g.boxes))
}

// drawnTables finds runs of lines with bars or tabs that begin with a row of column heads.
func (k *reader) drawnTables() {
	number := 1_000_000
	for n := 0; n < len(k.lines); n++ {
		if !k.drawnHead(n) {
			continue
		}
		number++
		for ; n < len(k.lines); n++ {
			l := &k.lines[n]
			if l.cell.Table > 0 || !k.drawnRow(l) {
				break
			}
			l.cell.Table = number
		}
	}
}

func (k *reader) rule(l *line) bool {
	for i := l.from; i < l.to; i++ {
		if !has("|-:+=", k.c[i]) {
			return false
		}
	}
	return true
}

func (k *reader) drawnRow(l *line) bool {
	n := 0
	for i := l.from; i < l.to; i++ {
		if k.c[i] == '|' {
			n++
		}
		n += k.tabs(i)
	}
	return n >= 2 || n >= 1 && l.to-l.from > 0 && k.c[l.from] == '|'
}

// drawnHead reports whether a line is a drawn row with at least three column heads.
func (k *reader) drawnHead(n int) bool {
	l := &k.lines[n]
	if l.cell.Table > 0 || l.to-l.from > 200 || !k.drawnRow(l) {
		return false
	}
	var g grid
	k.addBox(&g, line{from: l.from, to: l.to})
	known := 0
	for _, b := range g.boxes {
		if k.columnField(b.s) != fNone {
			known++
		}
		for i := b.s.a; i < b.s.b; i++ {
			if chinese.Digit(k.c[i]) { // no head, but labels with values between bars
				return false
			}
		}
	}
	return known >= 3
}

// columnParts are words inside a column head that tell its field when the head as a whole is unknown, the strongest first.
var columnParts = []struct {
	word  string
	field field
}{
	{"佐证", fSkip}, {"备注", fSkip}, {"图片", fSkip}, {"照片", fSkip}, {"检查人", fSkip}, {"检查时间", fSkip}, {"复查", fSkip}, {"验收", fSkip}, {"监督", fSkip}, {"督导", fSkip}, {"督办", fSkip}, {"资金", fSkip}, {"电话", fSkip},
	{"责任单位及责任人", fOwner}, {"责任人及", fOwner}, {"单位及责任", fOwner}, {"单位、责任人", fOwner}, {"单位和责任", fOwner},
	{"配合", fCoUnit}, {"协办", fCoUnit}, {"协助", fCoUnit}, {"责任领导", fLeader}, {"分管领导", fLeader}, {"领导", fLeader}, {"责任人", fPerson}, {"负责人", fPerson}, {"责任单位", fUnit}, {"责任部门", fUnit}, {"牵头", fUnit}, {"科室", fUnit}, {"站所", fUnit},
	{"销号", fStatus}, {"状态", fStatus}, {"是否完成", fStatus}, {"时限", fDeadline}, {"期限", fDeadline}, {"完成时间", fDeadline}, {"整改时间", fDeadline}, {"完成日期", fDeadline}, {"截止", fDeadline}, {"办结", fDeadline}, {"何时", fDeadline},
	{"措施", fMeasure}, {"举措", fMeasure}, {"整改要求", fGoal}, {"进展", fDone}, {"整改情况", fDone}, {"完成情况", fDone}, {"落实情况", fDone}, {"成效", fDone}, {"目标", fGoal}, {"标准", fGoal},
	{"具体表现", fManifest}, {"表现", fManifest}, {"问题", fProblem}, {"序号", fNumber}, {"编号", fNumber}, {"类别", fSection}, {"方面", fSection}, {"原因", fCause}, {"办法", fMeasure}, {"做法", fMeasure}, {"对策", fMeasure}, {"指出", fProblem}, {"单位", fUnit}, {"部门", fUnit}, {"时间", fDeadline}, {"日期", fDeadline}, {"要点", fMeasure}, {"如何改", fMeasure}, {"怎么改", fMeasure}, {"目前", fDone}, {"情况", fDone}, {"挂钩", fLeader}, {"包保", fLeader},
}

// columnField tells what a column holds from its head.
func (k *reader) columnField(s span) field {
	s = k.trim(s, "*:。 ")
	if s.empty() || s.b-s.a > 22 {
		return fNone
	}
	text := k.bare(s)
	if f, ok := labels().exact[text]; ok {
		return f
	}
	if i := k.openParen(s); i > s.a {
		if f, ok := labels().exact[k.bare(span{s.a, i})]; ok {
			return f
		}
	}
	if s.b-s.a > 14 || has("。;", k.c[s.b-1]) || chinese.Digit(k.c[s.a]) {
		return fNone
	}
	for _, p := range columnParts {
		if strings.Contains(text, p.word) {
			return p.field
		}
	}
	return fNone
}
