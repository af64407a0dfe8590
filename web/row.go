package web

import (
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"bihuan/ledger"
	"bihuan/org"
)

// columns are those of the official table that somebody gets to see beside 序号, 反馈问题, 整改措施, 完成时限, 进展 and 状态.
type columns struct {
	Manifestation bool // 具体表现
	Duty          bool // 责任领导, 责任单位, 责任人
	Evidence      bool // 佐证
	Closing       bool // 销号
}

// columnsOf says which columns are whose: leaders need no details, and who has the duty knows that it is theirs.
func columnsOf(r org.Role) columns {
	switch r {
	case org.Leader, org.Secretary:
		return columns{Duty: true, Closing: true}
	case org.Cadre:
		return columns{Evidence: true}
	}
	return columns{Manifestation: true, Duty: true, Evidence: true, Closing: true}
}

// column is the head of one column.
type column struct{ Class, Word string }

// Heads are the columns in their order.
func (c columns) Heads() []column {
	all := []struct {
		show bool
		column
	}{
		{true, column{"c-no", "序号"}}, {true, column{"c-find", "反馈问题"}}, {c.Manifestation, column{"c-man", "具体表现"}}, {true, column{"c-mea", "整改措施"}},
		{c.Duty, column{"c-lead", "责任领导"}}, {c.Duty, column{"c-unit", "责任单位"}}, {c.Duty, column{"c-who", "责任人"}},
		{true, column{"c-due", "完成时限"}}, {true, column{"c-pro", "进展"}}, {c.Evidence, column{"c-ev", "佐证"}},
		{true, column{"c-st", "状态"}}, {c.Closing, column{"c-close", "销号"}},
	}
	var heads []column
	for _, x := range all {
		if x.show {
			heads = append(heads, x.column)
		}
	}
	return heads
}

// rowKey is everything that the rendered rows of a finding depend on.
type rowKey struct {
	ledger.Key
	today string
	by    string // calendar and settings
	scope string // columns, and links: one edits what is in one's own subtree
}

// rendered are the rows of a finding as HTML, with what the table around them needs to know.
type rendered struct {
	HTML                           template.HTML
	Plan                           int64
	Unit                           string
	Section                        ledger.Section
	Manifestations, Measures, Gaps int
}

// findingRows are the rows of a finding before they are HTML.
type findingRows struct {
	ledger.Finding
	columns   columns
	foreign   bool // of another unit than the reader's
	lines     []line
	dueLines  []string
	dueYear   bool // the plan names the year, which is this one
	due       light
	state     light
	closed    light // how far its closing is
	mayEdit   bool
	mayReport bool
}

// line is one row: a manifestation and a measure with what is said beneath it. A cell of no rows is covered by one further up.
type line struct {
	manifestation     string
	manifestationRows int
	measure           string
	measureRows       int
	gap               bool // no measure answers
	at                int  // index of the manifestation, -1 when there is none
	notes             []string
}

// renderRows renders what is not yet kept of the findings with the given keys and returns all in that order.
func (s *Server) renderRows(ctx context.Context, v *visit, keys []ledger.Key) ([]rendered, error) {
	list := make([]rendered, len(keys))
	var missing []ledger.Key
	var at []int
	key := rowKey{today: v.Today, by: v.by, scope: v.Scope}
	for i, k := range keys {
		key.Key = k
		var ok bool
		if list[i], ok = s.rows.get(key); !ok {
			missing, at = append(missing, k), append(at, i)
		}
	}
	findings, err := s.load(ctx, missing)
	if err != nil {
		return nil, err
	}
	for i, f := range findings {
		r := s.renderFinding(v, f)
		key.Key = f.Key()
		s.rows.put(key, r)
		list[at[i]] = r
	}
	return list, nil
}

// load gives the findings with the given keys, in that order, reading those that are not kept. One that somebody has changed since
// its key was read is given as it is now.
func (s *Server) load(ctx context.Context, keys []ledger.Key) ([]ledger.Finding, error) {
	list := make([]ledger.Finding, len(keys))
	var missing []int64
	at := map[int64]int{}
	for i, k := range keys {
		var ok bool
		if list[i], ok = s.findings.get(k); !ok {
			missing = append(missing, k.ID)
			at[k.ID] = i
		}
	}
	for part := range slices.Chunk(missing, 500) { // a query takes only so many parameters
		read, err := ledger.ByIDs(ctx, s.db, part)
		if err != nil {
			return nil, err
		}
		for _, f := range read {
			s.findings.put(f.Key(), f)
			list[at[f.ID]] = f
		}
	}
	return list, nil
}

// findingSize is about how many bytes a finding takes in memory.
func findingSize(f ledger.Finding) int {
	n := 800 + len(f.Title) + len(f.Goal) + len(f.Progress) + len(f.Evidence) + len(f.Reason) + 60*(len(f.Units)+len(f.Persons))
	for _, m := range f.Manifestations {
		n += 60 + len(m.Text)
	}
	for _, m := range f.Measures {
		n += 160 + len(m.Text) + 150*len(m.Rules)
	}
	return n
}

func (s *Server) renderFinding(v *visit, f ledger.Finding) rendered {
	d := findingRows{
		Finding: f, columns: columnsOf(v.Who.Role), foreign: f.Unit.ID != v.Who.Unit.ID,
		dueLines: dueLines(f, v.Today), dueYear: strings.HasPrefix(f.DueText, v.Today[:4]+"年"), due: s.due(v, f), state: stateLight(f), closed: closedLight(f),
		mayEdit: v.Who.Check(org.Edit, f.Unit) == nil, mayReport: f.Allows(v.Who, org.Progress) == nil,
	}
	d.lines = lines(f, d.columns)
	return rendered{
		HTML: d.html(), Plan: f.Plan, Unit: f.Unit.Name, Section: f.Section,
		Manifestations: len(f.Manifestations), Measures: len(f.Measures), Gaps: f.Gaps,
	}
}

// lines are the rows of a finding. Without the column 具体表现 there is one for each measure and one for each gap.
func lines(f ledger.Finding, c columns) []line {
	var list []line
	for _, p := range ledger.Rows(f) {
		l := line{manifestationRows: p.ManifestationSpan, measureRows: p.MeasureSpan, gap: p.Measure == ledger.NoMeasure, at: p.Manifestation}
		if !c.Manifestation {
			if p.MeasureSpan == 0 || p.Measure == ledger.SeeElsewhere {
				continue
			}
			l.manifestationRows, l.measureRows = 0, 1
		}
		if p.Manifestation >= 0 {
			m := f.Manifestations[p.Manifestation]
			l.manifestation = m.Number + m.Text
		}
		if p.Measure >= 0 {
			m := f.Measures[p.Measure]
			l.measure = m.Number + m.Text
		}
		if c.Manifestation {
			l.notes = pairNotes(f, p)
		}
		list = append(list, l)
	}
	return list
}

// pairNotes say what the place of a measure does not show: what else it answers, and what else answers its manifestation.
func pairNotes(f ledger.Finding, p ledger.Row) []string {
	var notes []string
	if p.Measure >= 0 && p.MeasureSpan > 0 {
		if more := without(f.Measures[p.Measure].Answers, reached(p)); len(more) > 0 {
			notes = append(notes, "也回应"+quoteAll(more, f.ManifestationName))
		}
	}
	switch {
	case p.Measure == ledger.SeeElsewhere:
		notes = append(notes, "由"+quoteAll(p.Elsewhere, measureName(f))+"一并回应")
	case len(p.Elsewhere) > 0:
		notes = append(notes, "另有"+quoteAll(p.Elsewhere, measureName(f))+"一并回应")
	}
	return notes
}

// reached are the manifestations that the measure of a row stands beside.
func reached(p ledger.Row) []int {
	list := make([]int, max(p.MeasureSpan, 1))
	for i := range list {
		list[i] = p.Manifestation + i
	}
	return list
}

// quoteAll names parts of a finding in quotation marks: “一是”、“二是”.
func quoteAll(list []int, name func(int) string) string {
	var b strings.Builder
	for i, x := range list {
		if i > 0 {
			b.WriteString("、")
		}
		b.WriteString("“" + name(x) + "”")
	}
	return b.String()
}

// measureName names measures by their printed number, and by their first words where the plan prints none.
func measureName(f ledger.Finding) func(int) string {
	return func(i int) string {
		m, name := f.Measures[i], f.MeasureName(i)
		if name == fmt.Sprintf("措施%d", i+1) && !strings.Contains(m.Number, name) {
			return opening(m.Text, 10)
		}
		return name
	}
}

// opening is the beginning of a text, so many characters of it.
func opening(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// without gives the elements of list that are not in other.
func without(list, other []int) []int {
	return slices.DeleteFunc(slices.Clone(list), func(x int) bool { return slices.Contains(other, x) })
}
