package screening

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bihuan/chinese"
	"bihuan/office"
)

// samplesOf are the cells of a column under the header, empty ones left out.
func samplesOf(rows []office.GridRow, first, column int) []string {
	var list []string
	for _, row := range rows {
		if row.Number >= first && column < len(row.Cells) && row.Cells[column] != "" {
			list = append(list, row.Cells[column])
		}
	}
	return list
}

// mostly tells whether at least two thirds of some cells are so.
func mostly(cells []string, is func(string) bool) bool {
	n := 0
	for _, c := range cells {
		if is(c) {
			n++
		}
	}
	return n > 0 && 3*n >= 2*len(cells)
}

func isNumberCell(text string) bool {
	w := chinese.ReadID(text)
	return w.Flaw == chinese.Rounded || w.Number != 0 && w.Flaw < chinese.Misshapen && w.Flaw != chinese.BadDate
}

func isNameCell(text string) bool {
	name := []rune(chinese.Name(text))
	if len(name) < 2 || len(name) > 4 && !slices.Contains(name, '·') {
		return false
	}
	return chinese.Han(name[0]) && !slices.ContainsFunc(name, func(r rune) bool { return chinese.Digit(r) || r == ':' }) && !strings.HasSuffix(string(name), "村") && isPerson(text, chinese.Written{Flaw: chinese.Absent})
}

// headerOf is what stands over a column in the row before the data, empty where nothing does.
func headerOf(rows []office.GridRow, first, column int) string {
	header := ""
	for _, row := range rows {
		if row.Number < first && row.Number+2 >= first && column < len(row.Cells) && row.Cells[column] != "" {
			header = row.Cells[column]
		}
	}
	return header
}

// byContent finds name, number and month by what stands in the columns, where no header names them: no office asks another how to
// word its table. What a person said to be no such column stays so. It returns what it took, for a person to look at.
func (l *Layout) byContent(rows []office.GridRow, kind Kind, said Override, now month) []string {
	taken := map[int]bool{}
	width := 0
	for _, c := range l.Mapping {
		taken[c.Index] = true
	}
	for _, row := range rows {
		width = max(width, len(row.Cells))
	}
	var notes []string
	find := func(f Field, fits func(cells []string, header string) bool) {
		if _, ok := l.Mapping[f]; ok {
			return
		}
		if _, ok := said[f]; ok || !slices.Contains(kind.Fields(), f) {
			return
		}
		for c := range width {
			header := headerOf(rows, l.First, c)
			if taken[c] || slices.ContainsFunc(others, func(w string) bool { return strings.Contains(header, w) }) {
				continue
			}
			if cells := samplesOf(rows, l.First, c); len(cells) > 0 && fits(cells, label(header)) {
				l.Mapping[f] = Column{Index: c, Header: strings.ReplaceAll(header, "\n", "")}
				taken[c] = true
				if header != "" {
					header = "“" + l.Mapping[f].Header + "”"
				}
				notes = append(notes, fmt.Sprintf("的%s列%s按内容当作%s，请核对", columnLetters(c), header, f))
				return
			}
		}
	}
	find(FieldNumber, func(cells []string, _ string) bool { return mostly(cells, isNumberCell) })
	find(FieldName, func(cells []string, header string) bool {
		if !mostly(cells, isNameCell) {
			return false
		}
		distinct := slices.Compact(slices.Sorted(slices.Values(cells))) // places and relations come again and again
		return 2*len(distinct) > len(cells)
	})
	if kind == Deaths && !slices.ContainsFunc([]Field{FieldCremation, FieldStruck, FieldStateDate}, func(f Field) bool { _, ok := l.Mapping[f]; return ok }) {
		find(FieldDeath, func(cells []string, header string) bool {
			return (header == "" || header == "时间" || header == "日期" || strings.ContainsAny(header, "死亡逝故殁")) && mostly(cells, func(c string) bool {
				d, ok := parseDay(c)
				return ok && d.month() > now-180 && d.month() < now+3
			})
		})
	}
	if len(l.months) == 0 && (kind == Roll || kind == OtherRoll) {
		find(FieldMonth, func(cells []string, header string) bool {
			return (header == "" || header == "时间" || header == "日期" || header == "期") && mostly(cells, func(c string) bool {
				p, ok := parsePeriod(c, now)
				return ok && p.first > now-60 && p.first < now+3 && len(groups(c)) > 0 && len(groups(c)[0]) >= 4
			})
		})
	}
	return notes
}

// withoutHeader lays out a sheet that has no header, or known for one that names neither people nor numbers, by what its columns
// hold; ok is false unless both names and numbers are found.
func withoutHeader(rows []office.GridRow, known Layout, kind Kind, now month) (l Layout, ok bool) {
	if len(rows) == 0 {
		return l, false
	}
	if known.Mapping != nil {
		l = known
	} else {
		i := max(0, slices.IndexFunc(rows, func(row office.GridRow) bool { return isData(row.Cells) }))
		if err := refuseBelief(rows, rows[i].Number); err != nil {
			return l, false
		}
		l = Layout{First: rows[i].Number, Mapping: Mapping{}}
	}
	l.Period = titleOf(rows, l.First)
	l.byContent(rows, kind, nil, now)
	_, name := l.Mapping[FieldName]
	_, number := l.Mapping[FieldNumber]
	return l, name && number
}

// lacks says which columns a list cannot do without were not found.
func (l *Layout) lacks(kind Kind) []Field {
	var list []Field
	for _, f := range []Field{FieldName, FieldNumber} {
		if _, ok := l.Mapping[f]; !ok && slices.Contains(kind.Fields(), f) {
			list = append(list, f)
		}
	}
	return list
}

// monthColumn is a column that holds what was paid for one month, in a roll with a line a person and a column a month.
type monthColumn struct {
	index int
	year  int // 0 where the header does not say
	month int
}

var (
	monthHeader = regexp.MustCompile(`^(?:(20\d\d)年?[-./]?)?(1[0-2]|0?[1-9])月份?(?:发放|实发|应发|补贴|津贴|补助|金额|标准)*元?$`)
	digitMonth  = regexp.MustCompile(`^(20\d\d)[-./]?(1[0-2]|0[1-9])$`)
	anyYear     = regexp.MustCompile(`(?:^|\D)(20\d\d)(?:\D|$)`)
)

// monthColumns finds the columns of months under a header that may have two rows. A column or two is no year.
func monthColumns(list []string) []monthColumn {
	var found []monthColumn
	read := func(text string) (monthColumn, bool) {
		text = strings.NewReplacer("(", "", ")", "", "[", "", "]", "").Replace(folded(text))
		m := monthHeader.FindStringSubmatch(text)
		if m == nil {
			m = digitMonth.FindStringSubmatch(text)
		}
		if m == nil {
			return monthColumn{}, false
		}
		year, _ := strconv.Atoi(m[1])
		n, _ := strconv.Atoi(m[2])
		return monthColumn{year: year, month: n}, true
	}
	for c, header := range list {
		parent, own, two := strings.Cut(header, "\x00")
		if !two {
			own, parent = header, ""
		}
		m, ok := read(own)
		if f, _ := fieldOf(own); !ok && f == FieldAmount {
			m, ok = read(parent)
		}
		if !ok {
			continue
		}
		if year := anyYear.FindStringSubmatch(parent); m.year == 0 && year != nil {
			m.year, _ = strconv.Atoi(year[1])
		}
		m.index = c
		if !slices.ContainsFunc(found, func(o monthColumn) bool { return o.year == m.year && o.month == m.month }) {
			found = append(found, m)
		}
	}
	if len(found) < 3 {
		return nil
	}
	return found
}

// periodOf is the month of a column; texts may name the year that its header does not.
func (m monthColumn) periodOf(texts []string, now month) period {
	year := m.year
	for _, t := range texts {
		if y := anyYear.FindStringSubmatch(t); y != nil && year == 0 {
			year, _ = strconv.Atoi(y[1])
		}
	}
	if year == 0 {
		return period{latest(m.month, now), 1}
	}
	return period{monthOf(year, m.month), 1}
}

// headWords are the headers and the titles that stand over the data of a sheet.
func headWords(rows []office.GridRow) (words []string, titles string) {
	for _, row := range rows {
		if isData(row.Cells) {
			break
		}
		for _, c := range row.Cells {
			if len([]rune(c)) > 12 || len(row.Cells) == 1 {
				titles += " " + folded(c)
			} else {
				words = append(words, label(c))
			}
		}
	}
	return words, titles
}

// evidence is how much speaks for each kind of list, by headers and titles.
func evidence(words []string, titles string) []int {
	list := make([]int, len(kinds))
	for i := range kinds {
		list[i] = kindScore(i, words, titles)
	}
	at := func(k Kind) *int { return &list[slices.Index(Kinds, k)] }
	// Lists of the minimum living allowance name households as the register does; another town's roll looks like one's own.
	for _, mark := range []string{"户号", "与户主关系", "家庭编号", "户编号", "人员状态"} {
		if !slices.Contains(words, mark) {
			continue
		}
		if mark != "人员状态" {
			*at(Dibao) += 2
		}
		if !strings.Contains(kinds[slices.Index(Kinds, Residents)].heads, mark) {
			*at(Residents) += 2
		}
	}
	*at(OtherRoll) += *at(Roll)
	*at(PreviousDibao) += *at(Dibao)
	return list
}

// likelier is a kind of list that a sheet seems to be rather than the one it was given for, if much speaks for that and by how much.
func likelier(kind Kind, scores []int) (Kind, int) {
	best := 0
	for i, s := range scores {
		if s > scores[best] {
			best = i
		}
	}
	return Kinds[best], scores[best] - scores[slices.Index(Kinds, kind)]
}

// certainlyAnother tells that a file given alone for a kind is of another: nothing in it speaks for the kind, much for the other.
func certainlyAnother(kind Kind, m Mapping, scores []int) bool {
	other, by := likelier(kind, scores)
	has := func(fields ...Field) bool {
		return slices.ContainsFunc(fields, func(f Field) bool { _, ok := m[f]; return ok })
	}
	own := scores[slices.Index(Kinds, kind)]
	switch {
	case other == kind || by <= 0:
		return false
	case (other == Roll || other == OtherRoll) && kind != Residents && kind != Deaths: // what is paid for by any programme looks like that
		return false
	case kind == Deaths && !has(FieldDeath, FieldCremation, FieldStruck, FieldStateDate) && own == 0 && by >= 3,
		kind == Residents && has(FieldDeath, FieldCremation) && !has(FieldBirth, FieldState, FieldHousehold, FieldRelation) && other == Deaths,
		own == 0 && by >= 5:
		return true
	}
	return false
}
