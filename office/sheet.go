package office

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// sheet is one sheet while it is read.
type sheet struct {
	w      *workbook
	entry  sheetEntry
	number int // from 1, as the tabs stand

	out      []Paragraph
	row, col int // of the cell last read
	buf      []byte
	disorder bool // cells came out of order

	merges     []cellRange
	hiddenRows []int
	hiddenCols []cellRange // of which only the columns count
	uncounted  int         // formulas without a result
	firstBlank string      // where the first of them stands
	cut        string      // where the first number stands that is too long to have kept its digits
}

// cellRange is a rectangle of cells, both ends included.
type cellRange struct {
	top, left, bottom, right int
}

// locate adds the place to an error of reading the sheet.
func (s *sheet) locate(err error) error {
	ours, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	located := *ours
	place := fmt.Sprintf("第 %d 个工作表%s", s.number, quote(s.entry.name))
	if s.row > 0 {
		place += fmt.Sprintf("第 %d 行附近", s.row)
	}
	located.What = place + "：" + ours.What
	return &located
}

// read walks a worksheet part.
func (s *sheet) read(x *xmlReader) {
	if !x.child() {
		return
	}
	for x.child() {
		switch string(x.local) {
		case "sheetData":
			for x.child() {
				if string(x.local) == "row" {
					s.readRow(x)
				} else {
					x.skip()
				}
			}
		case "cols":
			for x.child() {
				if truth(x.attr("hidden")) {
					s.hiddenCols = append(s.hiddenCols, cellRange{left: integer(x.attr("min"), 0), right: integer(x.attr("max"), 0)})
				}
				x.skip()
			}
		case "mergeCells":
			for x.child() {
				s.merge(x)
				x.skip()
			}
		default:
			x.skip()
		}
	}
}

// merge notes one merged range.
func (s *sheet) merge(x *xmlReader) {
	from, to, found := strings.Cut(string(x.attr("ref")), ":")
	top, left, ok := reference([]byte(from))
	bottom, right, ok2 := reference([]byte(to))
	if !found || !ok || !ok2 || bottom < top || right < left || bottom > maxRows || right > maxCols {
		return // nothing to merge: the cells stay as they are
	}
	if len(s.merges) >= x.b.limits.Paragraphs {
		x.fail(&Error{What: fmt.Sprintf("合并单元格超过 %d 处", x.b.limits.Paragraphs), Do: doSuspect})
		return
	}
	s.merges = append(s.merges, cellRange{top, left, bottom, right})
}

func (s *sheet) readRow(x *xmlReader) {
	row := s.row + 1
	if r := x.attr("r"); r != nil {
		row = integer(r, maxRows+1)
	}
	if row < 1 || row > maxRows {
		x.fail(&Error{What: fmt.Sprintf("声明了第 %d 行，超过 %d 行", row, maxRows), Do: doSuspect})
		return
	}
	s.disorder = s.disorder || row <= s.row
	s.row, s.col = row, 0
	hidden, before := truth(x.attr("hidden")), len(s.out)
	for x.child() {
		if string(x.local) == "c" {
			s.readCell(x)
		} else {
			x.skip()
		}
	}
	if hidden && len(s.out) > before {
		s.hiddenRows = append(s.hiddenRows, row)
	}
}

// readCell reads one cell and keeps it if it shows anything.
func (s *sheet) readCell(x *xmlReader) {
	col := s.col + 1
	var ref, index, kind []byte
	for rest := x.attrs; ; { // one pass for all of them: this is the busiest place of a workbook
		var name, value []byte
		if name, value, rest = nextAttr(rest); name == nil {
			break
		}
		switch string(name) {
		case "r":
			ref = value
		case "s":
			index = value
		case "t":
			kind = value
		}
	}
	if ref != nil {
		row, c, ok := reference(ref)
		if !ok || c > maxCols || row != s.row {
			x.fail(&Error{What: "有位置不对的单元格 " + quote(string(ref)), Do: doSuspect})
			return
		}
		col = c
	}
	if col > maxCols {
		x.fail(&Error{What: fmt.Sprintf("超过 %d 列", maxCols), Do: doSuspect})
		return
	}
	s.disorder = s.disorder || col <= s.col
	s.col = col
	var style cellStyle
	if i := integer(index, -1); i >= 0 && i < len(s.w.styles) {
		style = s.w.styles[i]
	}
	text := s.value(x, cellKinds[string(kind)], &style.format)
	if strings.TrimSpace(text) == "" {
		return
	}
	var err error
	s.out, err = x.b.add(s.out, Paragraph{
		Text: text, Bold: style.bold, Centered: style.centered,
		Cell: Cell{Table: 1, Row: s.row, Col: col, Rows: 1, Cols: 1},
	})
	if err != nil {
		x.fail(err)
	}
}

// cellKind is what the value of a cell is.
type cellKind uint8

const (
	cellNumber cellKind = iota
	cellShared
	cellText
	cellBool
	cellDate
)

var cellKinds = map[string]cellKind{"s": cellShared, "str": cellText, "inlineStr": cellText, "e": cellText, "b": cellBool, "d": cellDate}

// value reads the children of a cell and words its value.
func (s *sheet) value(x *xmlReader, kind cellKind, format *numberFormat) string {
	s.buf = s.buf[:0]
	formula, inline := false, false
	for x.child() {
		switch string(x.local) {
		case "v":
			s.buf = x.text(s.buf)
		case "is":
			s.buf = richText(x, s.buf)
			inline = true
		case "f":
			formula = true
			x.skip()
		default:
			x.skip()
		}
	}
	if len(s.buf) == 0 {
		if formula && kind != cellText {
			if s.uncounted++; s.firstBlank == "" {
				s.firstBlank = s.place()
			}
		}
		return ""
	}
	if inline {
		return cleanCell(s.buf)
	}
	switch kind {
	case cellShared:
		return s.shared(x)
	case cellText:
		return cleanCell(s.buf)
	case cellBool:
		if truth(s.buf) {
			return "TRUE"
		}
		return "FALSE"
	case cellDate:
		return isoDate(cleanCell(s.buf))
	}
	return s.numeric(format)
}

func (s *sheet) place() string { return columnName(s.col) + strconv.Itoa(s.row) }

func (s *sheet) shared(x *xmlReader) string {
	i := integer(s.buf, -1)
	if i < 0 || i >= len(s.w.strings) {
		x.fail(damaged("单元格 "+s.place()+" 的文字不在字符串表中", nil))
		return ""
	}
	return s.w.strings[i]
}

// numeric words a number. Whole numbers of 15 digits or less in the general format are the common case and pass unchanged.
func (s *sheet) numeric(format *numberFormat) string {
	if (format.kind == formatGeneral || format.kind == formatText) && len(s.buf) <= 15 && wholeNumber(s.buf) {
		return string(s.buf)
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(string(s.buf)), 64)
	if err != nil {
		return cleanCell(s.buf)
	}
	if s.cut == "" && (v >= 1e15 || v <= -1e15) && format.kind != formatDate {
		s.cut = s.place()
	}
	return format.show(v, s.w.date1904)
}

func wholeNumber(b []byte) bool {
	if len(b) > 1 && b[0] == '-' {
		b = b[1:]
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) == 1 || len(b) > 1 && b[0] != '0'
}

// isoDate shortens a date that the file holds in words, 2026-04-30T00:00:00.
func isoDate(s string) string {
	date, clock, timed := strings.Cut(s, "T")
	clock = strings.TrimSuffix(clock, "Z")
	if !timed || strings.Trim(clock, "0:.") == "" {
		return date
	}
	return date + " " + clock
}

// part finishes the sheet: merged cells, order, warnings.
func (s *sheet) part() (Part, error) {
	if s.disorder {
		slices.SortStableFunc(s.out, func(a, b Paragraph) int {
			return cmp.Or(cmp.Compare(a.Cell.Row, b.Cell.Row), cmp.Compare(a.Cell.Col, b.Cell.Col))
		})
	}
	if err := s.applyMerges(); err != nil {
		return Part{}, err
	}
	s.warnings()
	return Part{Name: s.entry.name, Hidden: s.entry.hidden, Paragraphs: s.out}, nil
}

// applyMerges gives merged cells their size and drops what their other cells hold, which no program shows.
func (s *sheet) applyMerges() error {
	if len(s.merges) == 0 || len(s.out) == 0 {
		return nil
	}
	last := 0
	for _, p := range s.out {
		last = max(last, p.Cell.Col)
	}
	slices.SortFunc(s.merges, func(a, b cellRange) int { return cmp.Or(cmp.Compare(a.top, b.top), cmp.Compare(a.left, b.left)) })
	covering := make([]cellRange, last+1) // by column: the range that reached furthest down so far
	const most = 8_000_000                // columns written altogether; a real sheet stays far below
	written := 0
	kept := s.out[:0]
	merges := s.merges
	for _, p := range s.out {
		for len(merges) > 0 && merges[0].top <= p.Cell.Row {
			m := merges[0]
			merges = merges[1:]
			for col := m.left; col <= min(m.right, last); col++ {
				if covering[col].bottom < m.top { // ranges may not overlap; where they do the first one stands
					covering[col] = m
				}
				written++
			}
			if written > most {
				return s.locate(&Error{What: "合并单元格过多", Do: doSuspect})
			}
		}
		if m := covering[p.Cell.Col]; m.bottom >= p.Cell.Row {
			if m.top != p.Cell.Row || m.left != p.Cell.Col {
				continue
			}
			p.Cell.Rows, p.Cell.Cols = m.bottom-m.top+1, m.right-m.left+1
		}
		kept = append(kept, p)
	}
	clear(s.out[len(kept):])
	s.out = kept
	return nil
}

// warnings says what a reader of the sheet would not see, or could not rely on.
func (s *sheet) warnings() {
	name := quote(s.entry.name)
	if s.entry.hidden {
		s.w.warn("工作表%s是隐藏的，内容仍已读入", name)
	}
	if n := len(s.hiddenRows); n > 0 {
		s.w.warn("工作表%s有 %d 行被隐藏或筛掉（第 %s 行），内容仍已读入", name, n, intervals(s.hiddenRows))
	}
	if cols := s.shownHidden(); len(cols) > 0 {
		s.w.warn("工作表%s有隐藏的列（%s），内容仍已读入", name, strings.Join(cols, "、"))
	}
	if s.uncounted > 0 {
		s.w.warn("工作表%s有 %d 个公式没有保存结果（%s 等），这些单元格按空白处理；请用 Excel 或 WPS 打开并保存一次", name, s.uncounted, s.firstBlank)
	}
	if s.cut != "" {
		s.w.warn("工作表%s的 %s 等单元格把超过 15 位的号码存成了数字，末几位已经丢失，请按原件核对", name, s.cut)
	}
}

// shownHidden lists the hidden columns that hold anything.
func (s *sheet) shownHidden() []string {
	if len(s.hiddenCols) == 0 {
		return nil
	}
	filled := map[int]bool{}
	for _, p := range s.out {
		filled[p.Cell.Col] = true
	}
	var names []string
	for col := 1; col <= maxCols && len(names) < 8; col++ {
		if filled[col] && slices.ContainsFunc(s.hiddenCols, func(r cellRange) bool { return col >= r.left && col <= r.right }) {
			names = append(names, columnName(col))
		}
	}
	return names
}

// intervals words ascending numbers: 3、7–9. A long list ends in 等.
func intervals(rows []int) string {
	var parts []string
	for i := 0; i < len(rows); {
		j := i
		for j+1 < len(rows) && rows[j+1] == rows[j]+1 {
			j++
		}
		if len(parts) == 5 {
			return strings.Join(parts, "、") + " 等"
		}
		if j > i {
			parts = append(parts, fmt.Sprintf("%d–%d", rows[i], rows[j]))
		} else {
			parts = append(parts, strconv.Itoa(rows[i]))
		}
		i = j + 1
	}
	return strings.Join(parts, "、")
}
