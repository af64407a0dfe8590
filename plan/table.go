package plan

import "slices"

// columns is what the columns of a table hold; index 0 is unused.
type columns []field

func (c columns) of(f field) int {
	for i, x := range c {
		if x == f {
			return i
		}
	}
	return 0
}

func (c columns) at(i int) field {
	if i < len(c) {
		return c[i]
	}
	return fNone
}

// tables reads the tables into drafts and joins those that speak of one finding.
func (k *reader) tables(out *outline, all []grid) {
	t := tableReader{reader: k, out: out, byTitle: map[string]int{}, byKey: map[string]int{}, bySection: map[string]int{}, narrative: len(out.drafts)}
	for i, s := range out.sections {
		if !s.title.empty() {
			t.bySection[k.bare(s.title)] = i
		}
	}
	for i := range all {
		t.read(&all[i])
	}
	if len(out.drafts) > t.narrative && t.narrative > 0 {
		sortDrafts(out)
	}
}

// tableReader goes through the tables of a document.
type tableReader struct {
	*reader
	out       *outline
	byTitle   map[string]int // drafts by folded title
	byKey     map[string]int // drafts by folded number; -1 when two have it
	bySection map[string]int // sections by folded title
	order     []int          // drafts in order of the first table
	narrative int            // drafts of the running text
	section   int
	seen      int // tables with findings before this one
}

// read reads one table.
func (t *tableReader) read(g *grid) {
	cols, body := t.header(g)
	if cols == nil {
		t.form(g)
		return
	}
	t.section = t.sectionBefore(g.from)
	joins := t.seen > 0 && cols.of(fProblem) == 0 && cols.of(fManifest) == 0
	t.seen++
	var d *draft
	var above []box // the row before
	rank := 0
	flush := func() {
		if d != nil {
			t.add(*d, joins, rank)
			rank++
			d = nil
		}
	}
	for r := body; r < g.rows(); r++ {
		row := g.row(r)
		if t.footer(row) {
			flush()
			continue
		}
		if s, ok := t.groupRow(row, g, cols); ok {
			flush()
			t.enter(s)
			continue
		}
		if t.repeatedHead(row, cols) {
			continue
		}
		t.sectionCell(row, cols, flush)
		if d != nil && t.repeats(above, row, cols) {
			for _, b := range row {
				if f := cols.at(b.col); f != fNumber && f != fProblem && !t.sameCell(above, b) {
					t.cell(d, f, b.s, cols)
				}
			}
			above = row
			continue
		}
		above = row
		if t.begins(row, cols, d != nil) {
			flush()
			d = &draft{section: t.section, table: true, source: row[0].s}
		}
		if d == nil {
			continue
		}
		for _, b := range row {
			t.cell(d, cols.at(b.col), b.s, cols)
		}
	}
	flush()
}

// header finds the row or two rows of column heads; body is the index of the first row after them.
func (t *tableReader) header(g *grid) (columns, int) {
	best, bestKnown := -1, 0
	for r := 0; r < g.rows() && r < 8; r++ {
		known, strong := 0, false
		for _, b := range g.row(r) {
			f := t.columnField(b.s)
			if f != fNone {
				known++
			}
			strong = strong || f == fMeasure || f == fProblem || f == fManifest || f == fDone || f == fDeadline || f == fUnit
		}
		if strong && known > bestKnown && known*5 >= 3*len(g.row(r)) && len(g.row(r)) > 1 {
			best, bestKnown = r, known
		}
	}
	if best < 0 || bestKnown < 2 || bestKnown < 3 && g.cols > 4 {
		return nil, 0
	}
	cols := make(columns, g.cols+2)
	body := best + 1
	last := g.row(best)[0].row
	for _, b := range g.row(best) {
		last = max(last, b.row+b.rows-1)
	}
	lower := false
	if body < g.rows() && g.row(body)[0].row <= last { // cells of this row reach into the next: two rows of heads
		lower = true
	} else if body < g.rows() && t.allHeads(g.row(body)) {
		lower = true
	}
	upper := best
	if best > 0 && t.allHeads(g.row(best-1)) {
		upper, lower, body = best-1, true, best
	}
	for _, b := range g.row(upper) {
		for c := b.col; c < b.col+b.cols && c < len(cols); c++ {
			cols[c] = t.columnField(b.s)
		}
	}
	if lower {
		for _, b := range g.row(body) {
			if f := t.columnField(b.s); f != fNone && b.col < len(cols) {
				cols[b.col] = f
			}
		}
		body++
	}
	for _, b := range g.row(upper) { // 编号 | 问题编号: the number of a task says nothing of the finding
		if text := t.bare(b.s); (text == "问题编号" || text == "问题序号") && b.col < len(cols) {
			for i, f := range cols[:b.col] {
				if f == fNumber {
					cols[i] = fSkip
				}
			}
		}
	}
	t.titleColumn(cols, g, body)
	t.settle(cols)
	if cols.of(fMeasure)+cols.of(fDone) == 0 && cols.of(fProblem) > 0 { // the text after the problem, whatever its head
		for _, b := range g.row(upper) {
			if cols.at(b.col) == fNone && b.col > cols.of(fProblem) {
				cols[b.col] = fMeasure
				break
			}
		}
	}
	return cols, body
}

// allHeads reports whether every cell of a row is a column head.
func (t *tableReader) allHeads(row []box) bool {
	n := 0
	for _, b := range row {
		if t.columnField(b.s) == fNone {
			return false
		}
		n++
	}
	return n >= 2
}

// titleColumn takes a column such as 问题归类 for the titles where rows across the table already name the aspects.
func (t *tableReader) titleColumn(cols columns, g *grid, body int) {
	section := cols.of(fSection)
	if section == 0 || cols.of(fProblem) > 0 || cols.of(fManifest) == 0 {
		return
	}
	for r := body; r < g.rows(); r++ {
		if row := g.row(r); len(row) == 1 && row[0].cols > 1 && row[0].cols*2 >= g.cols && !t.footer(row) {
			cols[section] = fProblem
			return
		}
	}
}

// settle decides between columns that claim the same field.
func (t *tableReader) settle(cols columns) {
	problem, number := 0, 0
	for i, f := range cols {
		switch {
		case f == fProblem && problem > 0: // 反馈问题 | 存在问题: the second tells the form
			cols[i] = fManifest
		case f == fProblem:
			problem = i
		case f == fNumber && number > 0:
			cols[i] = fSkip
		case f == fNumber:
			number = i
		}
	}
	if problem == 0 {
		for i, f := range cols {
			if f == fManifest {
				cols[i] = fProblem
				break
			}
		}
	}
}

// footer reports whether a row closes the table: 注：, 填表人.
func (t *tableReader) footer(row []box) bool {
	for _, w := range []string{"注:", "备注:", "说明:", "填表人", "审核人", "填报人", "制表", "合计", "负责人签字", "主要负责人(签字)", "单位负责人"} {
		if t.starts(row[0].s.a, w) && (len(row) <= 2 || row[0].cols > 2) {
			return true
		}
	}
	return false
}

// groupRow reads a row with a single text across the table: the heading of an aspect.
func (t *tableReader) groupRow(row []box, g *grid, cols columns) (span, bool) {
	if len(row) != 1 {
		return span{}, false
	}
	b := row[0]
	text := t.clean(b.s)
	if text.empty() || text.b-text.a > 60 {
		return span{}, false
	}
	f := cols.at(b.col)
	wide := b.cols > 1 && b.cols*2 >= g.cols
	if !wide && b.col > 1 && f != fProblem && f != fSection && f != fNumber {
		return span{}, false
	}
	if !wide && b.col > 1 && f == fProblem && cols.of(fNumber) == 0 {
		return span{}, false
	}
	if wide {
		return text, true
	}
	if m, ok := t.markAt(text.a, text.b); ok && m.style <= stCnPar {
		return text, true
	}
	n := len(t.bare(text))
	return text, (t.find(text, "方面") >= 0 || f != fMeasure && f != fDeadline) && n > 6 && !has("。;", t.at0(text.b)) && f != fMeasure && f != fManifest
}

// enter makes a section of a heading in the table.
func (t *tableReader) enter(s span) {
	sec := sectionDraft{title: s, style: stCn}
	if m, ok := t.markAt(s.a, s.b); ok && m.style != stShi {
		sec.num, sec.title, sec.ord = m.num, t.clean(span{m.to, s.b}), m.ord
	}
	name := t.bare(sec.title)
	if at, ok := t.bySection[name]; ok { // the same aspect again in another list
		t.section = at
		return
	}
	t.out.sections = append(t.out.sections, sec)
	t.section = len(t.out.sections) - 1
	t.bySection[name] = t.section
}

// repeatedHead reports whether a row repeats the column heads, as tables over several pages do.
func (t *tableReader) repeatedHead(row []box, cols columns) bool {
	n := 0
	for _, b := range row {
		if f := t.columnField(b.s); f == fNone || f != cols.at(b.col) {
			return false
		}
		n++
	}
	return n > 1
}

// sectionCell enters the aspect named in the aspect's column.
func (t *tableReader) sectionCell(row []box, cols columns, flush func()) {
	for _, b := range row {
		if cols.at(b.col) != fSection {
			continue
		}
		s := t.clean(b.s)
		if s.empty() {
			continue
		}
		if cur := t.out.sections[t.section]; !cur.title.empty() && t.bare(cur.title) == t.bare(s) {
			return
		}
		flush()
		t.enter(s)
		return
	}
}

// repeats reports whether a row prints number and problem of the row above once more: it goes on with that finding.
func (t *tableReader) repeats(above, row []box, cols columns) bool {
	same := false
	for _, b := range row {
		if f := cols.at(b.col); f == fNumber || f == fProblem {
			if !t.sameCell(above, b) {
				return false
			}
			same = same || f == fProblem
		}
	}
	return same
}

// sameCell reports whether the row above has the text of a cell in the same column.
func (t *tableReader) sameCell(above []box, b box) bool {
	for _, x := range above {
		if x.col == b.col {
			return t.bare(t.clean(x.s)) == t.bare(t.clean(b.s))
		}
	}
	return false
}

// begins reports whether a row begins a finding.
func (t *tableReader) begins(row []box, cols columns, open bool) bool {
	number, problem, other := false, false, false
	for _, b := range row {
		switch cols.at(b.col) {
		case fNumber:
			number = true
		case fProblem:
			problem = true
		default:
			other = true
		}
	}
	if cols.of(fProblem) > 0 {
		return problem || number && other
	}
	return number || !open && other
}

// cell adds the value of one cell to a finding.
func (t *tableReader) cell(d *draft, f field, s span, cols columns) {
	if t.emptyCell(s) {
		return
	}
	switch f {
	case fNumber:
		if d.num.empty() {
			d.num = t.trim(s, "")
			d.key = t.bare(t.trimEnd(d.num, ".、:"))
		}
	case fProblem:
		t.problem(d, s, cols.of(fManifest) > 0)
	case fManifest:
		d.problems = append(d.problems, s)
	case fMeasure:
		d.measures = append(d.measures, s)
	case fDone:
		t.progressCell(d, s, cols)
	case fGoal:
		d.goals = append(d.goals, t.clean(s))
	case fUnit, fCoUnit, fOwner, fPerson, fLeader:
		d.owners = append(d.owners, owned{f, s})
	case fDeadline:
		d.deadlines = append(d.deadlines, t.clean(s))
	case fStatus:
		if _, _, ok := t.stateIn(s); !ok && s.b-s.a > 16 {
			t.progressCell(d, s, cols)
			return
		}
		d.status = append(d.status, t.clean(s))
	}
}

// emptyCell reports whether a cell holds nothing, or only words that say so, such as an export of Bihuan writes.
func (t *tableReader) emptyCell(s span) bool {
	s = t.clean(s)
	if s.empty() {
		return true
	}
	switch text := t.bare(s); text {
	case "无", "无措施", "未明确", "—", "——", "-", "--":
		return true
	}
	return t.starts(s.a, blankMark) || t.starts(s.a, "(由") && t.find(s, "一并回应") >= 0
}

// progressCell reads a column such as 完成情况: a state, or what was done.
func (t *tableReader) progressCell(d *draft, s span, cols columns) {
	if _, _, ok := t.stateIn(s); ok && cols.of(fStatus) == 0 {
		d.status = append(d.status, t.clean(s))
		return
	}
	if cols.of(fMeasure) > 0 {
		d.progress = append(d.progress, t.clean(s))
		return
	}
	d.done = append(d.done, s)
}

// problem reads the cell of the problem: number, title, and what follows the title.
func (t *tableReader) problem(d *draft, s span, manifests bool) {
	if !d.title.empty() {
		d.problems = append(d.problems, s)
		return
	}
	s = t.trim(s, "")
	if m, ok := t.markAt(s.a, s.b); ok && m.style != stShi && m.style != stCircle && !(m.weak && !t.gapAt(m.to)) && d.num.empty() {
		d.num = m.num
		d.key = t.bare(t.trimEnd(m.num, ".、:"))
		s.a = m.to
	} else if ok && m.style != stShi && m.style != stCircle && m.style != stPar && t.soleMark(m, s) {
		s.a = m.to
	}
	if manifests {
		d.title = t.clean(s)
		t.titleStatus(d)
		return
	}
	kind := t.kind
	t.kind = KindLedger
	t.fillHead(d, s, fProblem)
	t.kind = kind
	if d.title.empty() {
		d.title = t.clean(s)
	}
}

// soleMark reports whether no second enumerator of the look follows, so that the first is the number of the problem itself.
func (t *tableReader) soleMark(m mark, s span) bool {
	for i := t.markFrom(m.to); i < len(t.marks) && t.marks[i].from < s.b; i++ {
		if t.marks[i].style == m.style {
			return false
		}
	}
	return true
}

// add keeps a finding, or joins it to the one of which an earlier table speaks.
func (t *tableReader) add(d draft, joins bool, rank int) {
	title := t.bare(d.title)
	if at, ok := t.byTitle[title]; ok && title != "" && t.seen > 1 {
		t.merge(at, d)
		return
	}
	if joins {
		if at, ok := t.byKey[d.key]; ok && at >= 0 && d.key != "" {
			t.merge(at, d)
			return
		}
		if rank < len(t.order) {
			t.merge(t.order[rank], d)
			return
		}
	}
	at := len(t.out.drafts)
	if _, double := t.byKey[d.key]; double {
		t.byKey[d.key] = -1
	} else {
		t.byKey[d.key] = at
	}
	if title != "" {
		t.byTitle[title] = at
	}
	t.order = append(t.order, at)
	t.out.drafts = append(t.out.drafts, d)
}

func (t *tableReader) merge(at int, d draft) {
	x := &t.out.drafts[at]
	x.problems = append(x.problems, d.problems...)
	x.measures = append(x.measures, d.measures...)
	x.done = append(x.done, d.done...)
	x.goals = append(x.goals, d.goals...)
	x.owners = append(x.owners, d.owners...)
	x.deadlines = append(x.deadlines, d.deadlines...)
	x.status = append(x.status, d.status...)
	x.progress = append(x.progress, d.progress...)
}

// sectionBefore finds the heading that a table stands under.
func (t *tableReader) sectionBefore(at int) int {
	best, from := 0, -1
	for i, s := range t.out.sections {
		if p := s.title.a; !s.title.empty() && p < at && p > from {
			best, from = i, p
		}
	}
	if from >= 0 && t.out.sections[best].style == stNone && t.lineAt(at)-t.lineAt(from) > 3 {
		return best
	}
	return best
}

// form reads a table of two columns whose left cells are labels: one finding as a form.
func (t *tableReader) form(g *grid) {
	known := 0
	for r := 0; r < g.rows(); r++ {
		if f := t.columnField(g.row(r)[0].s); f != fNone && f != fSkip {
			known++
		}
	}
	if known < 3 || known*2 < g.rows() {
		return
	}
	t.section = t.sectionBefore(g.from)
	var d *draft
	flush := func() {
		if d != nil {
			t.add(*d, false, 0)
			d = nil
		}
	}
	for r := 0; r < g.rows(); r++ {
		row := g.row(r)
		for i := 0; i+1 < len(row); i += 2 {
			f := t.columnField(row[i].s)
			switch {
			case f == fNone:
				continue
			case f == fSection:
				t.enter(t.clean(row[i+1].s))
				if d != nil {
					d.section = t.section
				}
				continue
			case f == fProblem && d != nil && !d.title.empty(), f == fNumber && d != nil && !d.num.empty():
				flush()
			}
			if d == nil {
				d = &draft{section: t.section, table: true, source: row[0].s}
			}
			t.cell(d, f, row[i+1].s, columns{fNone, fProblem, fMeasure})
		}
	}
	flush()
}

// sortDrafts brings findings from text and tables into the order of the paper.
func sortDrafts(out *outline) {
	slices.SortStableFunc(out.drafts, func(a, b draft) int { return a.source.a - b.source.a })
}
