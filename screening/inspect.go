package screening

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"bihuan/chinese"
	"bihuan/office"
)

// Inspection is what a file looks like before it is used: a person confirms from it what the list is and which column holds what.
type Inspection struct {
	Kinds    []Kind // what the list may be, the likeliest first; none where neither headers nor names say
	Format   string // csv, xlsx, xls …
	Encoding string // of text
	Sheets   []InspectedSheet
	Notes    []string // what is odd, each with its sheet
}

// InspectedSheet is one sheet of an inspected file.
type InspectedSheet struct {
	Name    string // empty for text
	Hidden  bool   // a run does not read it
	Found   bool   // it has a header
	Head    int    // first row of the header, from 1; 0 where there is none
	First   int    // first row of data
	Rows    int    // about people; -1 where the file is too large to count on the spot
	Month   string // YYYY-MM that its name or title speaks of; empty for none
	Columns []InspectedColumn
	Mapping Mapping
}

// InspectedColumn is one column, mapped or not.
type InspectedColumn struct {
	Index  int      // from 0
	Letter string   // as a spreadsheet names it
	Header string   // as it stands there; empty where it has none
	Field  Field    // what it was taken for; empty: for nothing
	Sure   bool     // the header is a known word
	Sample []string // what the first rows hold, numbers of citizens whole
}

// Override is what a person says to have this column taken for a field: its header, or its place where another column has the same
// header or it has none.
func (s InspectedSheet) Override(column int) string {
	header := ""
	for _, c := range s.Columns {
		if c.Index == column {
			header = c.Header
		}
	}
	for _, c := range s.Columns {
		if c.Index != column && label(c.Header) == label(header) {
			header = ""
		}
	}
	if header == "" || strings.Contains(header, "/") {
		return "#" + columnLetters(column)
	}
	return header
}

const (
	samples = 5
	// countedOnTheSpot is the size up to which the rows of a file are counted; some 60,000 residents.
	countedOnTheSpot = 8 << 20
)

// Inspect looks at a file. Its Kind may be empty; then the likeliest is taken. override is what was confirmed before; where that
// does not fit, a note says so and the guess stands. asOf is the day (YYYY-MM-DD) by which a month without a year is read. A list with a column about people's faith is refused with a [BeliefError], one
// that cannot be read with the reason.
func Inspect(ctx context.Context, list List, override Override, asOf string) (Inspection, error) {
	now, ok := parseDay(asOf)
	if !ok {
		return Inspection{}, fmt.Errorf("“%s”不是日期，请写成 2026-11-30", asOf)
	}
	name := filepath.Base(list.File)
	var p progress
	g, err := office.OpenGrid(ctx, name, p.reading(ctx, list), list.Size)
	if err != nil {
		return Inspection{}, fmt.Errorf("“%s”：%w", name, err)
	}
	out := Inspection{Format: g.Format, Encoding: g.Encoding}
	heads := make([][]office.GridRow, len(g.Sheets))
	var words []string
	titles := strings.TrimSuffix(name, filepath.Ext(name))
	for i, s := range g.Sheets {
		if s.Hidden {
			continue
		}
		if heads[i], err = g.Head(i, headRows); err != nil {
			return out, fmt.Errorf("“%s”：%w", name, err)
		}
		w, t := headWords(heads[i])
		titles += " " + s.Name + " " + s.Title + t
		words = append(words, w...)
	}
	if out.Kinds = guessKinds(words, titles); list.Kind == "" && len(out.Kinds) > 0 {
		list.Kind = out.Kinds[0]
	}
	r := &run{in: Input{Lists: []List{list}}, now: now.month(), keys: map[uint64]int32{}}
	for i, gs := range g.Sheets {
		s := InspectedSheet{Name: gs.Name, Hidden: gs.Hidden, Rows: -1}
		note := func(text string) {
			if gs.Name != "" {
				text = "工作表“" + gs.Name + "”" + text
			}
			out.Notes = append(out.Notes, text)
		}
		if gs.Hidden {
			note("是隐藏的，不会读入；要读请先取消隐藏")
			out.Sheets = append(out.Sheets, s)
			continue
		}
		if len(heads[i]) == 0 {
			continue
		}
		layout, found, err := findLayout(heads[i], list.Kind.own(heads[i], list.said(gs.Name, override)))
		if refused, ok := errors.AsType[*BeliefError](err); ok {
			refused.Where = "“" + name + "”"
			return out, refused
		}
		if err != nil {
			note(err.Error())
			layout, found, err = findLayout(heads[i], list.Kind.own(heads[i], nil))
			if err != nil {
				return out, fmt.Errorf("“%s”：%w", name, err)
			}
		}
		if s.Found = found; found {
			s.Head, s.First, s.Mapping = layout.Head, layout.First, layout.Mapping
		} else {
			for _, row := range heads[i] {
				for _, cell := range row.Cells {
					if belief(cell) && len([]rune(cell)) < 20 && !isData(row.Cells) {
						return out, &BeliefError{Where: "“" + name + "”", Header: cell}
					}
				}
			}
			note("找不到表头：没有一行写着姓名和身份证号")
		}
		for _, text := range []string{gs.Name, layout.Period, gs.Title, strings.TrimSuffix(name, filepath.Ext(name))} {
			if p, ok := parsePeriod(text, r.now); ok && text != "" {
				s.Month = p.first.iso()
				break
			}
		}
		s.Columns = inspectColumns(heads[i], layout)
		if found && list.Size <= countedOnTheSpot {
			if s.Rows, err = countPeople(g, i, layout); err != nil {
				return out, fmt.Errorf("“%s”：%w", name, err)
			}
			if s.Rows == 0 {
				note("没有一行是人")
			}
		}
		for _, f := range []Field{FieldName, FieldNumber} {
			if c, ok := layout.Mapping[f]; found && ok && !c.Sure {
				note(fmt.Sprintf("的列“%s”像是%s，请确认", c.Header, f))
			} else if found && !ok {
				note(fmt.Sprintf("没有找到%s列", f))
			}
		}
		out.Sheets = append(out.Sheets, s)
	}
	return out, ctx.Err()
}

// inspectColumns says of every column what it was taken for and what its first rows hold.
func inspectColumns(rows []office.GridRow, layout Layout) []InspectedColumn {
	width := 0
	for _, row := range rows {
		width = max(width, len(row.Cells))
	}
	list := make([]InspectedColumn, width)
	for c := range list {
		list[c] = InspectedColumn{Index: c, Letter: columnLetters(c)}
	}
	for _, row := range rows {
		above := make([]string, width)
		for c := range list {
			above[c] = list[c].Header
		}
		for c, text := range row.Cells {
			col := &list[c]
			switch {
			case layout.Head == 0 || row.Number >= layout.First:
				if text != "" && len(col.Sample) < samples {
					col.Sample = append(col.Sample, text)
				}
			case row.Number < layout.Head || text == "":
			case row.Number == layout.Head:
				col.Header = text
			default:
				parent := ""
				for k := c; k >= 0 && parent == ""; k-- { // a cell above that stretches over several columns
					parent = above[k]
				}
				if col.Header = text; parent != text {
					col.Header = parent + "/" + text
				}
			}
		}
	}
	for _, s := range synonyms {
		if m, ok := layout.Mapping[s.field]; ok && m.Index < len(list) {
			if col := &list[m.Index]; col.Field == "" {
				col.Field, col.Sure = s.field, m.Sure
			}
		}
	}
	return slices.DeleteFunc(list, func(c InspectedColumn) bool { return c.Header == "" && len(c.Sample) == 0 })
}

// countPeople counts the rows of a sheet that are about a person.
func countPeople(g *office.Grid, sheet int, layout Layout) (int, error) {
	at := func(f Field) int {
		if c, ok := layout.Mapping[f]; ok {
			return c.Index
		}
		return headRows * 100 // a column that no sheet has
	}
	for {
		n := 0
		err := office.ScanGrid(g, sheet, []int{at(FieldName), at(FieldNumber)}, func(b *office.Batch) (int, error) {
			n := 0
			for i := range b.Len() {
				if b.Number(i) >= layout.First && isPerson(text(b.Cell(i, 0)), chinese.ReadID(string(b.Cell(i, 1)))) {
					n++
				}
			}
			return n, nil
		}, func(part int) error { n += part; return nil })
		if !errors.Is(err, office.ErrMerged) {
			return n, err
		}
	}
}
