package web

import (
	"fmt"
	"strings"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/plan"
)

// treeRow is one row of what was read.
type treeRow struct {
	Spot   string // see spotCode; empty for a row that is part of the one above
	Depth  int    // 1 方面 2 问题 3 what belongs to it 4 频次
	Kind   string // 方面 问题 表现 措施 频次 责任 时限
	Do     bool   // a measure
	Text   string
	Below  string // in small words below the text
	Marked bool   // the document has a mark for it
	Gap    bool
	Light  *light
	Quiet  string // said at the right, below the light
	Links  string // of a measure: numbers of the manifestations it answers, for keys 1–9
	Edit   bool
	Panel  *editPanel
}

// treeGroup is a finding with its rows, or a heading, which has only one.
type treeGroup struct {
	Rows  []treeRow
	Doubt bool // a note or a low confidence: shown also when only doubtful ones are
}

// noteRow is a note in the panel.
type noteRow struct {
	N      int
	Level  string // class: note-gap note-check note-info
	Light  light
	Name   string // 问题4 表现三
	Text   string
	Place  string // 第11段
	Target string // address of its place in the document, or of its row
	Do     string // words of the action
	At     string // address the action leads to
}

// reading builds the page of a reading: tree, notes and marks.
type reading struct {
	plan    plan.Plan
	doc     office.Document
	names   org.Names
	today   string
	marker  marker
	noted   map[string]noted
	targets []string // spot each note speaks of
	open    bool     // may be corrected
	page    int      // that is shown, from 1
}

// noted is what the notes on one row come to. Notes that only inform do not count.
type noted struct {
	level int    // the most urgent, as place in noteLevels
	word  string // of the first of these
	n     int    // how many of any level
	tag   string // for the whole mark, when a note of that level covers it
}

// light says what is the matter: the most urgent thing and how many there are.
func (n noted) light() *light {
	word := n.word
	if n.n > 1 {
		word = fmt.Sprintf("%s等%d处", word, n.n)
	}
	return &light{Kind: noteLevels[n.level].kind, Word: word}
}

func newReading(i ledger.Import, names org.Names, today string) *reading {
	r := &reading{plan: i.Reading, doc: i.Document, names: names, today: today, open: i.State == "open", noted: map[string]noted{}}
	r.marker = marker{doc: i.Document, found: map[string]bool{}}
	for _, note := range r.plan.Notes {
		spot, whole := r.speaksOf(note)
		r.targets = append(r.targets, spot)
		level, tag := levelAt(note.Level), wordOf(note.Code).tag
		if note.Level == plan.LevelInfo {
			continue
		}
		n, have := r.noted[spot]
		if !have || level < n.level {
			n.level, n.word, n.tag = level, tag, ""
		}
		if whole && level == n.level && n.tag == "" {
			n.tag = tag
		}
		n.n++
		r.noted[spot] = n
	}
	return r
}

// speaksOf finds the row that a note is about, and whether the note covers all of it.
func (r *reading) speaksOf(n plan.Note) (spot string, whole bool) {
	if n.Section < 0 || n.Section >= len(r.plan.Sections) {
		return "p", false
	}
	s := r.plan.Sections[n.Section]
	if n.Finding < 0 || n.Finding >= len(s.Findings) {
		return fmt.Sprintf("s%d", n.Section), false
	}
	f, base := s.Findings[n.Finding], fmt.Sprintf("%d.%d", n.Section, n.Finding)
	for i, m := range f.Manifestations {
		if holds(m.Source, n.Source) {
			return fmt.Sprintf("a%s.%d", base, i), covers(n.Source, m.Source)
		}
	}
	for i, m := range f.Measures {
		if holds(m.Source, n.Source) {
			return fmt.Sprintf("m%s.%d", base, i), covers(n.Source, m.Source)
		}
	}
	for _, u := range f.Sources.Units {
		if holds(u, n.Source) {
			return "u" + base, covers(n.Source, u)
		}
	}
	if holds(f.Sources.Deadline, n.Source) {
		return "d" + base, covers(n.Source, f.Sources.Deadline)
	}
	switch n.Code {
	case plan.VagueOwner, plan.MissingOwner:
		return "u" + base, false
	case plan.MissingDeadline, plan.BadDate:
		return "d" + base, false
	}
	return "f" + base, false
}

// holds reports whether b lies in a.
func holds(a, b plan.Source) bool {
	if a == (plan.Source{}) || b == (plan.Source{}) || a.Part != b.Part {
		return false
	}
	if a.Last > 0 {
		return b.Paragraph >= a.Paragraph && max(b.Paragraph, b.Last) <= a.Last && (b.Paragraph > a.Paragraph || b.From >= a.From)
	}
	return a.Paragraph == b.Paragraph && b.Last <= a.Paragraph && a.From <= b.From && b.To <= a.To
}

// covers reports whether a is nearly all of b.
func covers(a, b plan.Source) bool { return a.To-a.From >= (b.To-b.From)*9/10 && a.Last == b.Last }

// look gives the class and the tag of a row's mark: those of a note that covers it, else the usual ones.
func (r *reading) look(spot, class, tag string) (string, string) {
	if n := r.noted[spot]; n.tag != "" {
		return noteLevels[n.level].mark, n.tag
	}
	return class, tag
}

// row adds what rows have in common: the mark in the document, and the light of a note where there is none more urgent.
func (r *reading) row(x treeRow) treeRow {
	x.Marked = r.marker.found[x.Spot]
	if n, ok := r.noted[x.Spot]; ok && (x.Light == nil || x.Light.Kind != "late") {
		x.Light = n.light()
	}
	x.Edit = r.open && x.Spot != ""
	x.Gap = x.Light != nil && x.Light.Kind == "late"
	return x
}

// head is the row of the plan itself.
func (r *reading) head() treeRow {
	p, about := r.plan, []string{}
	if p.InspectedUnit != "" {
		about = append(about, string(p.InspectedUnit))
	}
	if p.Period != nil {
		about = append(about, "巡察 "+shortDate(string(p.Period.Start), "")+"—"+shortDate(string(p.Period.End), ""))
	}
	if p.FeedbackDate != "" {
		about = append(about, shortDate(string(p.FeedbackDate), "")+"反馈")
	}
	title := string(p.Title)
	if title == "" {
		title = "（没有读出标题）"
	}
	return r.row(treeRow{Spot: "p", Depth: 1, Kind: "方案", Text: title, Below: strings.Join(about, "·")})
}

// section is the heading row of a section.
func (r *reading) section(si int) treeRow {
	s := r.plan.Sections[si]
	spot := fmt.Sprintf("s%d", si)
	text := s.Number + s.Title
	if text == "" {
		text = "（不分方面）"
	}
	if s.Source != (plan.Source{}) {
		r.marker.add(s.Source, "m-none", "", spot)
	}
	return r.row(treeRow{Spot: spot, Depth: 1, Kind: "方面", Text: text, Quiet: fmt.Sprintf("%d 个问题", len(s.Findings))})
}

// finding makes the rows of one finding.
func (r *reading) finding(si, fi int) treeGroup {
	f, base := r.plan.Sections[si].Findings[fi], fmt.Sprintf("%d.%d", si, fi)
	var g treeGroup
	add := func(x treeRow) {
		x = r.row(x)
		g.Rows = append(g.Rows, x)
		if x.Light != nil && x.Light.Kind != "done" {
			g.Doubt = true
		}
	}

	spot := "f" + base
	class, tag := r.look(spot, "m", "问题")
	r.marker.add(f.Source, class, tag, spot)
	head := treeRow{Spot: spot, Depth: 2, Kind: "问题", Text: spaced(f.Number, f.Title)}
	if f.Confidence < unsure {
		head.Light = &light{Kind: "soon", Word: percent(f.Confidence)}
	}
	add(head)
	r.manifestations(f, base, add)
	r.measures(f, base, add)
	r.owners(f, base, add)
	r.deadline(f, base, add)
	for _, x := range []struct{ word, text string }{{"目标", string(f.Goal)}, {"状态", string(f.Status)}, {"进展", string(f.Progress)}} {
		if x.text != "" {
			g.Rows = append(g.Rows, treeRow{Depth: 3, Kind: x.word, Text: x.text})
		}
	}
	r.marker.add(f.Sources.Goal, "m", "目标", spot)
	r.marker.add(f.Sources.Status, "m", "状态", spot)
	return g
}

func (r *reading) manifestations(f plan.Finding, base string, add func(treeRow)) {
	for i, m := range f.Manifestations {
		spot := fmt.Sprintf("a%s.%d", base, i)
		var by []string
		for k, measure := range f.Measures {
			for _, a := range measure.Answers {
				if a == i {
					by = append(by, plan.Ordinal(k+1))
				}
			}
		}
		x := treeRow{Spot: spot, Depth: 3, Kind: "表现", Text: m.Number + m.Text}
		class, tag := "m m-ok", "表现"
		if len(by) == 0 {
			x.Light = &light{Kind: "late", Word: "无措施"}
			class, tag = "m m-gap", "缺措施"
		} else {
			x.Quiet = "措施" + strings.Join(by, "、")
			if _, doubt := r.noted[spot]; !doubt {
				x.Light, x.Quiet = &light{Kind: "done", Word: x.Quiet}, ""
			}
			class, tag = r.look(spot, class, tag)
		}
		r.marker.add(r.marker.withNumber(m.Source, m.Number), class, tag, spot)
		add(x)
	}
}

func (r *reading) measures(f plan.Finding, base string, add func(treeRow)) {
	for i, m := range f.Measures {
		spot := fmt.Sprintf("m%s.%d", base, i)
		x := treeRow{Spot: spot, Depth: 3, Kind: "措施", Do: true, Text: m.Number + m.Text}
		var to, keys []string
		for _, a := range m.Answers {
			to = append(to, plan.Ordinal(a+1))
			keys = append(keys, fmt.Sprint(a+1))
		}
		x.Links = strings.Join(keys, " ")
		if len(to) > 0 {
			x.Quiet = "答表现" + strings.Join(to, "、")
			if m.Confidence < unsure {
				x.Light = &light{Kind: "soon", Word: percent(m.Confidence)}
			}
		} else if len(f.Manifestations) > 0 {
			x.Light = &light{Kind: "none", Word: "未对应表现"}
		}
		class, tag := r.look(spot, "m m-do", "措施")
		r.marker.add(r.marker.withNumber(m.Source, m.Number), class, tag, spot)
		r.marker.phrases(m.Source, m.Frequencies, spot)
		add(x)
		for k, phrase := range m.Frequencies {
			x := treeRow{Depth: 4, Kind: "频次", Text: phrase}
			if k < len(m.Rules) {
				switch rule := m.Rules[k]; {
				case rule.Vague != "":
					x.Light = &light{Kind: "soon", Word: "频次未定"}
				case rule.Event != "":
					x.Quiet = "有事才办"
				default:
					x.Quiet = ruleWords(rule)
				}
			}
			add(x)
		}
	}
}

func (r *reading) owners(f plan.Finding, base string, add func(treeRow)) {
	spot := "u" + base
	for i, s := range f.Sources.Units {
		if i < len(f.Units) {
			class, tag := r.look(spot, "m", "单位")
			r.marker.add(s, class, tag, spot)
		}
	}
	for i, s := range f.Sources.Persons {
		if i < len(f.Persons) {
			r.marker.add(s, "m", "人", spot)
		}
	}
	var who []string
	if f.Leader != "" {
		who = append(who, "领导 "+string(f.Leader))
	}
	who = append(who, strings.Join(f.Units, "、"), strings.Join(f.Persons, "、"))
	x := treeRow{Spot: spot, Depth: 3, Kind: "责任", Text: strings.Join(filled(who), "　")}
	unknown := append(unknownUnits(r.names, f.Units), unknownStaff(r.names, f.Persons)...)
	x.Below = strings.Join(unknown, "，")
	switch {
	case x.Text == "":
		x.Text, x.Light = "（没有）", &light{Kind: "late", Word: "没有责任人"}
	case len(unknown) > 0:
		x.Light = &light{Kind: "soon", Word: "名册里没有"}
	case len(f.Persons) > 0:
		x.Quiet = "已对上人员库"
	}
	add(x)
}

func (r *reading) deadline(f plan.Finding, base string, add func(treeRow)) {
	spot := "d" + base
	class, tag := r.look(spot, "m", "时限")
	r.marker.add(f.Sources.Deadline, class, tag, spot)
	x := treeRow{Spot: spot, Depth: 3, Kind: "时限", Text: string(f.DeadlineText)}
	switch {
	case f.DeadlineDate != "" && f.LongTerm:
		x.Quiet = shortDate(string(f.DeadlineDate), r.today) + "，之后长期坚持"
	case f.DeadlineDate != "":
		x.Quiet = shortDate(string(f.DeadlineDate), r.today)
	case f.DeadlineText == "":
		x.Text, x.Light = "（没有）", &light{Kind: "late", Word: "没有时限"}
	case f.LongTerm:
		x.Light = &light{Kind: "soon", Word: "没有日期，长期坚持"}
	default:
		x.Light = &light{Kind: "soon", Word: "没有日期"}
	}
	if f.DeadlineText == "" && f.DeadlineDate != "" {
		x.Text = string(f.DeadlineDate)
	}
	add(x)
}

// notes marks the places of the notes and makes the rows of the panel, the most urgent first, at most so many.
func (r *reading) notes(most int) []noteRow {
	var rows []noteRow
	for level := range noteLevels {
		for i, n := range r.plan.Notes {
			if levelAt(n.Level) != level {
				continue
			}
			id, spot := fmt.Sprintf("n%d", i), r.targets[i]
			if r.noted[spot].tag == "" && n.Source != (plan.Source{}) {
				r.marker.addID(n.Source, noteLevels[level].mark, wordOf(n.Code).tag, spot, id)
			}
			if len(rows) < most {
				rows = append(rows, r.note(i, level, id))
			}
		}
	}
	return rows
}

// note makes the row of one note.
func (r *reading) note(i, level int, id string) noteRow {
	n, spot := r.plan.Notes[i], r.targets[i]
	w, l := wordOf(n.Code), noteLevels[level]
	row := noteRow{N: i, Level: "note-" + string(l.level), Light: light{Kind: l.kind, Word: w.title}, Text: n.Text,
		Place: ledger.Place(r.doc, n.Source), Do: w.do, At: r.address(spot, "field="+w.field)}
	if at, _, ok := parseSpot(spot); ok && at.Item != plan.ItemPlan {
		row.Name = r.plan.Name(at)
	}
	switch {
	case r.marker.found[id]:
		row.Target = "#x-" + id
	case r.marker.found[spot]:
		row.Target = "#x-" + spot
	}
	if page := r.pageOf(spot); row.Target != "" && page != r.page {
		row.Target = fmt.Sprintf("?page=%d%s", page, row.Target)
	}
	return row
}

// address opens the edit panel at a row.
func (r *reading) address(spot, more string) string {
	if more != "" {
		more = "&" + more
	}
	return "?at=" + spot + more + "#t-" + spot
}

// filled leaves out empty texts.
func filled(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// spaced puts a number before a text.
func spaced(number, text string) string {
	if number == "" {
		return text
	}
	return number + "　" + text
}
