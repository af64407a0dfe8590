package screening

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"bihuan/office"
)

// List is a file that is one of the lists, or a part of it.
type List struct {
	Kind Kind
	File string // as it is cited
	Data io.ReaderAt
	Size int64

	// Override is what a person confirmed for this file, by the name of the sheet, which is empty for text. It goes before Input.Override.
	Override map[string]Override
}

// said is what a person said about a sheet: of this file, or of all files of its kind.
func (l List) said(sheet string, ofKind Override) Override {
	if o, ok := l.Override[sheet]; ok {
		return o
	}
	return ofKind
}

// Input is everything a run rests on.
type Input struct {
	Params   Params
	Lists    []List
	Override map[Kind]Override
	Rules    []string // ids of the rules that are asked for; empty: all
	Forecast int      // months for which to say who reaches the age of a tier; 0 for none
	Explain  string   // a number of somebody whose case is to be taken apart; empty for none
	Places   bool     // fill in village, household and birth of the hits, for which the register is read once more

	// Progress is told what is being done and which share of everything is done, from 0 to 1, at most some twenty times a second and
	// never twice at once; nil is told nothing. To stop a run, cancel its context.
	Progress func(stage string, share float64)
}

// SheetReport says how a sheet was read.
type SheetReport struct {
	Kind    Kind
	File    string
	Sheet   string
	Rows    int // rows about people
	Mapping Mapping
	Note    string // why it was not read, or what is odd about it
}

// Where names the sheet for a person.
func (s SheetReport) Where() string {
	where := fmt.Sprintf("%s“%s”", s.Kind.Word(), filepath.Base(s.File))
	if s.Sheet != "" {
		where += fmt.Sprintf("的工作表“%s”", s.Sheet)
	}
	return where
}

// sheet is a sheet while it is read.
type sheet struct {
	index   int // in the reports
	kind    Kind
	list    uint8 // the kind in Kinds
	layout  Layout
	period  period // what the sheet is for, if its name or its title says so
	columns []int
	at      map[Field]int // place among the columns
	wide    bool          // one of the months of a roll with a column a month: an empty cell is no payment

	source List // the file, and which of its sheets
	number int
}

// place is where among the columns a field is, -1 where the list has none.
func (s *sheet) place(f Field) int {
	if k, ok := s.at[f]; ok {
		return k
	}
	return -1
}

// monthless tells that nothing says which month a roll is of.
func (s *sheet) monthless() bool {
	return s.period.months == 0 && s.place(FieldMonth) < 0 && len(s.layout.months) == 0
}

// cell is the text of a column in a row, nil where there is no such column.
func cell(b *office.Batch, row, place int) []byte {
	if place < 0 {
		return nil
	}
	return b.Cell(row, place)
}

// readList reads all sheets of a file. each reads one sheet into its place; it is called again where merged cells have to be filled
// down.
func (r *run) readList(ctx context.Context, list List, each func(*office.Grid, int, *sheet) error) error {
	g, err := office.OpenGrid(ctx, filepath.Base(list.File), r.progress.reading(ctx, list), list.Size)
	if err != nil {
		return fmt.Errorf("%s“%s”：%w", list.Kind.Word(), list.File, err)
	}
	var before *sheet
	read := 0
	others, doubt, err := r.otherSheets(g, list)
	if err != nil {
		return fmt.Errorf("%s“%s”：%w", list.Kind.Word(), list.File, err)
	}
	if len(others) > 0 {
		var names []string
		for i, gs := range g.Sheets {
			if k, ok := others[i]; ok {
				names = append(names, gs.Name+"（"+k.Word()+"）")
			}
		}
		r.doubts = append(r.doubts, fmt.Sprintf("%s“%s”里有%d个工作表看上去是别的名册，没有读：%s", list.Kind.Word(), filepath.Base(list.File), len(names), strings.Join(names, "、")))
	}
	for i, gs := range g.Sheets {
		report := SheetReport{Kind: list.Kind, File: list.File, Sheet: gs.Name}
		if gs.Hidden {
			report.Note = "是隐藏的，没有读；要读请先取消隐藏"
			r.reports = append(r.reports, report)
			continue
		}
		if others[i] != "" {
			continue
		}
		head, err := g.Head(i, headRows)
		if err != nil {
			return fmt.Errorf("%s：%w", report.Where(), err)
		}
		layout, found, err := findLayout(head, list.Kind.own(head, list.said(gs.Name, r.in.Override[list.Kind])))
		if refused, ok := errors.AsType[*BeliefError](err); ok {
			refused.Where = report.Where()
			return refused
		}
		if err != nil {
			return fmt.Errorf("%s：%w", report.Where(), err)
		}
		switch {
		case found:
		case len(head) == 0:
			continue
		case before != nil && before.fits(head):
			layout = Layout{First: head[0].Number, Mapping: before.layout.Mapping, Period: before.layout.Period}
			report.Note = "没有表头，按前一个工作表的列读"
		default:
			if layout, found = withoutHeader(head, layout, list.Kind, r.now); found {
				report.Note = "没有可认的表头，按内容认出姓名和身份证号两列，其他列没有认出的请用 --map 指明"
				break
			}
			report.Note = "找不到表头，没有读"
			r.reports = append(r.reports, report)
			continue
		}
		layout.Sheet = gs.Name
		if report.Note == "" {
			report.Note = strings.Join(layout.byContent(head, list.Kind, r.in.Override[list.Kind], r.now), "；")
		}
		report.Note = strings.Trim(report.Note+"；"+doubt, "；")
		for _, f := range layout.lacks(list.Kind) {
			if list.Kind == Residents {
				return fmt.Errorf("%s里找不到%s列，不能比对。请用 --map %s.%s=列名 指明是哪一列", report.Where(), f, list.Kind, f)
			}
			report.Note = strings.TrimPrefix(report.Note+fmt.Sprintf("；里找不到%s列，只能按其他列认人；如有请用 --map %s.%s=列名 指明", f, list.Kind, f), "；")
		}
		report.Mapping = layout.Mapping
		r.reports = append(r.reports, report)
		s := &sheet{index: len(r.reports) - 1, kind: list.Kind, list: uint8(slices.Index(Kinds, list.Kind)), layout: layout, at: map[Field]int{}, source: list, number: i}
		for _, text := range []string{gs.Name, layout.Period, gs.Title, strings.TrimSuffix(filepath.Base(list.File), filepath.Ext(list.File))} {
			if p, ok := parsePeriod(text, r.now); ok && text != "" {
				s.period = p
				break
			}
		}
		for _, f := range list.Kind.Fields() {
			if c, ok := layout.Mapping[f]; !ok || f == FieldRelation && list.Kind == Residents && !r.asksKinship() {
				continue
			} else if k := slices.Index(s.columns, c.Index); k >= 0 { // the head of a household is the person too
				s.at[f] = k
			} else {
				s.at[f] = len(s.columns)
				s.columns = append(s.columns, c.Index)
			}
		}
		for _, part := range s.parts(r.now, gs.Name, layout.Period, gs.Title, filepath.Base(list.File)) {
			if err = each(g, i, part); err == office.ErrMerged {
				r.reports[s.index].Rows = 0
				err = each(g, i, part)
			}
			if err != nil {
				return fmt.Errorf("%s：%w", report.Where(), err)
			}
		}
		read++
		before = s
		r.sheets = append(r.sheets, s)
	}
	if read == 0 {
		return fmt.Errorf("%s“%s”里找不到名册：没有一行表头写着姓名和身份证号。请检查文件是否选对，或用 --map 指明列名", list.Kind.Word(), list.File)
	}
	return nil
}

// parts are the readings of a sheet: one, or of a roll with a column a month one for each month.
func (s *sheet) parts(now month, texts ...string) []*sheet {
	if _, ok := s.layout.Mapping[FieldMonth]; ok || len(s.layout.months) == 0 || s.kind != Roll && s.kind != OtherRoll {
		return []*sheet{s}
	}
	var list []*sheet
	for _, m := range s.layout.months {
		part := *s
		part.wide, part.period = true, m.periodOf(texts, now)
		part.at, part.columns = maps.Clone(s.at), append(slices.Clone(s.columns), m.index)
		delete(part.at, FieldStandard)
		part.at[FieldAmount] = len(s.columns)
		list = append(list, &part)
	}
	return list
}

// otherSheets are the sheets of a workbook that are lists of another kind: towns keep everything in one file. Where no sheet looks
// like the list, all are taken, unless it is certain that the file is another.
func (r *run) otherSheets(g *office.Grid, list List) (others map[int]Kind, doubt string, err error) {
	if len(r.in.Override[list.Kind]) > 0 || len(list.Override) > 0 {
		return nil, "", nil // somebody looked at it
	}
	found := map[int]Kind{}
	fits := 0
	var seen, by int
	var ours []int // sheets that may be this town's roll as well
	var wrong Kind
	var certain bool
	for i, gs := range g.Sheets {
		if gs.Hidden {
			continue
		}
		head, err := g.Head(i, headRows)
		if err != nil {
			return nil, "", err
		}
		layout, ok, err := findLayout(head, nil)
		if err != nil || !ok {
			continue // said when it is read
		}
		seen++
		words, titles := headWords(head)
		titles += " " + gs.Name + " " + gs.Title
		scores := evidence(words, titles)
		if other, lead := likelier(list.Kind, scores); lead >= 1 {
			found[i] = other
		} else if list.Kind == OtherRoll && scores[slices.Index(Kinds, Roll)] == scores[slices.Index(Kinds, OtherRoll)] {
			ours = append(ours, i)
		} else if scores[slices.Index(Kinds, list.Kind)] > 0 {
			fits++
		}
		if seen == 1 {
			scores = evidence(words, titles+" "+strings.TrimSuffix(filepath.Base(list.File), filepath.Ext(list.File)))
			certain = certainlyAnother(list.Kind, layout.Mapping, scores)
			wrong, by = likelier(list.Kind, scores)
		}
	}
	switch {
	case seen == 1 && by >= 3 && !certain:
		return nil, "看上去像" + wrong.Word() + "，请检查文件和种类是否对应", nil
	case fits > 0 && seen > 1:
		for _, i := range ours { // another sheet says that it is another town's
			found[i] = Roll
		}
		return found, "", nil
	case seen == 1 && certain:
		return nil, "", fmt.Errorf("这份文件看上去是%s，不是%s。请检查文件和种类是否对应；确实没有选错的，请用 --map 指明各列", wrong.Word(), list.Kind.Word())
	}
	return nil, "", nil
}

// fits tells whether rows without a header look like those of the sheet before.
func (s *sheet) fits(head []office.GridRow) bool {
	c, ok := s.layout.Mapping[FieldNumber]
	return ok && len(head) > 0 && c.Index < len(head[0].Cells) && isData(head[0].Cells[c.Index:c.Index+1])
}

// text is a cell as clean text; repeated is what stands in it for "the same as above".
func text(b []byte) string {
	if s := strings.TrimSpace(string(b)); utf8.ValidString(s) {
		return s
	}
	return strings.TrimSpace(strings.ToValidUTF8(string(b), "�"))
}

// ditto tells whether a cell says "the same as above".
func ditto(b []byte) bool {
	if len(b) > 12 || len(b) == 0 {
		return false
	}
	switch string(bytes.TrimSpace(b)) {
	case "同上", "〃", "″", "\"", "''", "“", "”", "々", "同":
		return true
	}
	return false
}
