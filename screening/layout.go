package screening

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bihuan/chinese"
	"bihuan/office"
)

// Layout is how one sheet is to be read.
type Layout struct {
	Sheet   string
	Head    int // number of the first row of the header; 0 where there is none
	First   int // number of the first row of data
	Mapping Mapping
	Period  string // what the title or the name of the sheet says about the month, if anything

	months []monthColumn // of a roll with a column for each month
}

// Override maps a field to the header it is under, where the guess would be wrong, or to a column, #C being the third; an empty header
// takes the field away.
type Override map[Field]string

// headRows is how many rows of a sheet are looked at for its header.
const headRows = 40

// findLayout finds the header among the first rows of a sheet.
func findLayout(rows []office.GridRow, override Override) (Layout, bool, error) {
	best, bestScore := Layout{}, 0
	for i := range rows {
		if isData(rows[i].Cells) {
			if bestScore >= 4 {
				break // what follows is the list
			}
			continue
		}
		single := headers(rows[i].Cells, nil)
		titled := best.First == rows[i].Number+1 && best.Head < rows[i].Number // so far with the row above, which may be but a title
		if m, score := mapHeaders(single, override); score > bestScore || score == bestScore && titled && !tellsWhose(rows[i-1].Cells) {
			best, bestScore = Layout{Head: rows[i].Number, First: rows[i].Number + 1, Mapping: m, months: monthColumns(single)}, score
		}
		if i+1 < len(rows) && rows[i+1].Number == rows[i].Number+1 && !isData(rows[i+1].Cells) && !isTitle(rows[i].Cells) {
			both := headers(rows[i+1].Cells, rows[i].Cells)
			m, score := mapHeaders(both, override)
			months := monthColumns(both)
			if len(months) > 0 && len(best.months) == 0 && best.First == rows[i].Number+1 && score+2 >= bestScore ||
				score > bestScore || score == bestScore && best.First == rows[i].Number+2 && tellsWhose(rows[i].Cells) || score == bestScore && best.First == rows[i].Number+1 && belongsAbove(rows[i+1].Cells, best.Mapping) {
				best, bestScore = Layout{Head: rows[i].Number, First: rows[i+1].Number + 1, Mapping: m, months: months}, score
			}
		}
	}
	placed := override.placed()
	if bestScore < 2 && len(placed) > 0 && len(rows) > 0 { // no header: a person said which column is which
		best, bestScore = Layout{First: rows[0].Number, Mapping: Mapping{}}, 2
	}
	for f, c := range placed {
		best.Mapping[f] = c
	}
	_, name := best.Mapping[FieldName]
	_, head := best.Mapping[FieldHeadName]
	_, number := best.Mapping[FieldNumber]
	if err := refuseBelief(rows, best.First); err != nil {
		return Layout{}, false, err
	}
	if bestScore < 2 || !name && !number && !head {
		return best, false, nil
	}
	for field, header := range override {
		if _, ok := best.Mapping[field]; header != "" && !ok {
			return Layout{}, false, fmt.Errorf("指定的列“%s”（%s）不在表头里", header, field)
		}
	}
	// A list of households by their heads only: the head is the person.
	if head && !name {
		best.Mapping[FieldName] = best.Mapping[FieldHeadName]
		delete(best.Mapping, FieldHeadName)
		if c, ok := best.Mapping[FieldHeadNo]; ok && !number {
			best.Mapping[FieldNumber] = c
			delete(best.Mapping, FieldHeadNo)
		}
	}
	best.Period = titleOf(rows, best.First-1)
	return best, true, nil
}

// titleOf is what stands in the rows before one, a cell a line.
func titleOf(rows []office.GridRow, before int) string {
	title := ""
	for _, row := range rows {
		if row.Number >= before {
			break
		}
		title += strings.Join(row.Cells, "\n") + "\n"
	}
	return title
}

// refuseBelief refuses a list whose header asks for people's faith.
func refuseBelief(rows []office.GridRow, first int) error {
	for _, row := range rows {
		if row.Number >= first {
			break
		}
		for _, cell := range row.Cells {
			if belief(cell) && len([]rune(cell)) < 20 {
				return &BeliefError{Header: cell}
			}
		}
	}
	return nil
}

// placed are the columns that are given by their place.
func (o Override) placed() Mapping {
	m := Mapping{}
	for f, h := range o {
		letters, ok := strings.CutPrefix(strings.ToUpper(h), "#")
		for i := 0; ok && i < 1<<14; i++ {
			if columnLetters(i) == letters {
				m[f] = Column{Index: i, Header: letters + "列", Sure: true}
				break
			}
		}
	}
	return m
}

// belongsAbove tells that a row is the lower one of a header: it has known words, and nothing where names and numbers stand.
func belongsAbove(cells []string, m Mapping) bool {
	for _, f := range []Field{FieldName, FieldNumber} {
		if c, ok := m[f]; ok && c.Index < len(cells) && cells[c.Index] != "" {
			return false
		}
	}
	return slices.ContainsFunc(cells, func(c string) bool { f, sure := fieldOf(c); return sure && f != "" })
}

// BeliefError refuses a list that has a column about people's faith.
type BeliefError struct{ Where, Header string }

func (e *BeliefError) Error() string {
	return fmt.Sprintf("%s有涉及信仰的列“%s”，不能读入。请删去这一列后再试", e.Where, e.Header)
}

func belief(header string) bool {
	return slices.ContainsFunc(Belief, func(w string) bool { return strings.Contains(folded(header), w) })
}

// headers joins a row of headers with the row above, whose cells may stretch over several columns.
func headers(row, above []string) []string {
	list := make([]string, max(len(row), len(above)))
	parent := ""
	for c := range list {
		own, top := "", ""
		if c < len(row) {
			own = row[c]
		}
		if c < len(above) {
			top = above[c]
		}
		if top != "" {
			parent = top
		}
		switch {
		case own == "":
			list[c] = top
		case above == nil || parent == "":
			list[c] = own
		default:
			list[c] = parent + "\x00" + own
		}
	}
	return list
}

// mapHeaders maps what it can and scores it: two for each field that is named by a known word, one for a guess.
func mapHeaders(list []string, override Override) (Mapping, int) {
	m := Mapping{}
	score := 0
	for c, header := range list {
		parent, own, two := strings.Cut(header, "\x00")
		if !two {
			own, parent = header, ""
		}
		field, sure := fieldOf(own)
		if two {
			if f, s := fieldOf(parent + own); s || field == "" && !speaksOf(parent, f) {
				field, sure = f, s
			} else if f, _ := fieldOf(parent + own); f != field && slices.ContainsFunc(append([]string{"户主"}, others...), func(w string) bool { return strings.Contains(parent, w) }) {
				field = f
			}
		}
		for f, h := range override {
			if h != "" && (h == own || label(h) == label(own)) {
				field, sure = f, true
			} else if field == f {
				field = ""
			}
		}
		if field == "" {
			continue
		}
		if old, ok := m[field]; ok && (old.Sure || !sure) {
			continue // the first of two stands, unless only the second is sure
		} else if !ok || sure {
			score++
		}
		if sure {
			score++
		}
		m[field] = Column{Index: c, Header: strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(own, "\n", "")), "\x00", "/"), Sure: sure}
	}
	return m, score
}

// speaksOf tells that a text names a field all by itself, so that what stands under it adds nothing.
func speaksOf(parent string, f Field) bool {
	alone, _ := fieldOf(parent)
	return f == alone
}

// isTitle tells a title from the upper row of a header: one long text alone.
func isTitle(cells []string) bool {
	n := 0
	for _, c := range cells {
		if c != "" {
			n++
		}
	}
	return n == 1 && len([]rune(strings.Join(cells, ""))) > 10 && !tellsWhose(cells)
}

// isData tells a row of data from a row of headers: something in it looks like a number of a person, an amount or a date.
func isData(cells []string) bool {
	digits := 0
	for _, c := range cells {
		if w := chinese.ReadID(c); w.Number != 0 || w.Flaw == chinese.Rounded {
			return true
		}
		if _, err := strconv.ParseFloat(strings.TrimSpace(c), 64); err == nil {
			digits++
		}
	}
	return digits > 2
}

// tellsWhose tells that the upper row of a header says whose the columns below are.
func tellsWhose(cells []string) bool {
	return slices.ContainsFunc(cells, func(c string) bool {
		return strings.Contains(c, "户主") || slices.ContainsFunc(others, func(w string) bool { return strings.Contains(c, w) })
	})
}

// closingWords begin rows that are no person: totals and who made the table.
var closingWords = []string{"合计", "总计", "小计", "共计", "本页", "累计", "制表", "填表", "审核", "审批", "负责人", "经办", "单位负责", "分管", "备注", "说明", "注:", "注：", "填报", "统计", "打印", "联系", "序号", "复核", "制单", "大写", "以上", "此表"}

// isPerson tells rows about people from totals, signatures, repeated headers and rows that number the columns.
func isPerson(name string, id chinese.Written) bool {
	if id.Number != 0 {
		return true
	}
	name = chinese.Name(name)
	if name == "" {
		return id.Flaw == chinese.Misshapen && len(id.Digits) > 12 || id.Flaw == chinese.Rounded
	}
	if _, err := strconv.ParseFloat(name, 64); err == nil || name == "姓名" || name == "甲" || name == "乙" || name == "丙" {
		return false
	}
	if id.Flaw == chinese.Absent {
		if f, sure := fieldOf(name); sure && f != "" || strings.ContainsAny(name, "0123456789:：表册") || strings.Contains(name, "盖章") || strings.Contains(name, "名单") {
			return false
		}
	}
	return !slices.ContainsFunc(closingWords, func(w string) bool { return strings.HasPrefix(name, w) }) && len([]rune(name)) < 40
}
