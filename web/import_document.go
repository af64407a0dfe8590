package web

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bihuan/office"
	"bihuan/plan"
)

// docMark is a stretch of one paragraph of which something is known.
type docMark struct {
	part, paragraph, from, to int
	Class                     string // of the mark besides m: m-do m-ok m-ask m-gap fq
	Tag                       string // the small word before it: 措施
	ID                        string // what the tree links to
	Spot                      string // row of the tree it belongs to
}

// docRun is a piece of a paragraph: plain text, or a mark with runs inside.
type docRun struct {
	Text  string
	Mark  *docMark // nil for plain text
	More  bool     // goes on from an earlier piece: no tag and no id of its own
	Inner []docRun
}

// docText is one paragraph as shown.
type docText struct {
	Class string // lv1, lv2, or none
	Title bool
	Runs  []docRun
}

// docCell is a cell of a table as shown.
type docCell struct {
	Rows, Cols int // 1 is not written
	Blank      bool
	Texts      []docText
}

// docBlock is a paragraph, or a table when Table is set.
type docBlock struct {
	docText
	Table [][]docCell
	Skip  int // so many paragraphs are left out here
}

// docPart is a sheet of a workbook, or all of another document.
type docPart struct {
	Name   string // empty when there is only one
	Hidden bool
	Blocks []docBlock
}

// docPlace is a paragraph of a document.
type docPlace struct{ part, paragraph int }

func (p docPlace) before(q docPlace) bool {
	return p.part < q.part || p.part == q.part && p.paragraph < q.paragraph
}

// mostParagraphs is how many paragraphs a page shows of a document. More are hardly ever needed: a page of findings seldom
// spans fifty.
const mostParagraphs = 3000

// showDocument lays out the paragraphs from first to last with their marks. title tells which of the first are the title's.
func showDocument(doc office.Document, title string, marks []docMark, first, last docPlace) []docPart {
	title = squeeze(title)
	at := map[docPlace][]docMark{}
	for _, m := range marks {
		p := docPlace{m.part, m.paragraph}
		at[p] = append(at[p], m)
	}
	room := mostParagraphs
	var parts []docPart
	for pi, part := range doc.Parts {
		from, to := 0, len(part.Paragraphs)
		if pi == first.part {
			from = min(first.paragraph, to)
		}
		if pi == last.part {
			to = min(last.paragraph+1, to)
		}
		if pi < first.part || pi > last.part || from >= to {
			continue
		}
		show := docPart{Hidden: part.Hidden}
		if len(doc.Parts) > 1 {
			show.Name = part.Name
		}
		skip := max(0, to-from-room)
		to -= skip
		room -= to - from
		for i := from; i < to; {
			n := tableLength(part.Paragraphs[i:to])
			if n == 0 {
				words := squeeze(part.Paragraphs[i].Text)
				if words != "" {
					text := showText(part.Paragraphs[i], at[docPlace{pi, i}])
					text.Title = i < titleWithin && strings.Contains(title, words)
					show.Blocks = append(show.Blocks, docBlock{docText: text})
				}
				i++
				continue
			}
			show.Blocks = append(show.Blocks, docBlock{Table: showTable(part.Paragraphs[i:i+n], func(k int) []docMark { return at[docPlace{pi, i + k}] })})
			i += n
		}
		if skip > 0 {
			show.Blocks = append(show.Blocks, docBlock{Skip: skip})
		}
		parts = append(parts, show)
	}
	return parts
}

// titleWithin is how many paragraphs at the start of a document may belong to its title.
const titleWithin = 12

// squeeze leaves out white space.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// tableLength is how many paragraphs at the start belong to one table.
func tableLength(paragraphs []office.Paragraph) int {
	n, table := 0, paragraphs[0].Cell.Table
	for table > 0 && n < len(paragraphs) && paragraphs[n].Cell.Table == table {
		n++
	}
	return n
}

func showText(p office.Paragraph, marks []docMark) docText {
	text := []rune(p.Text)
	t := docText{Runs: nest(text, 0, len(text), cutAtEdges(text, marks))}
	switch {
	case p.Level == 1:
		t.Class = "lv1"
	case p.Centered:
		t.Class = "mid"
	case p.Level > 1 || slices.ContainsFunc(marks, func(m docMark) bool { return m.Spot != "" && m.Spot[0] == 's' }):
		t.Class = "lv2"
	}
	return t
}

// cutAtEdges sorts marks so that each stands before those inside of it, and parts a mark that crosses the end of another in two.
// Marks that hold nothing are dropped.
func cutAtEdges(text []rune, marks []docMark) []piece {
	var pieces []piece
	for i := range marks {
		p := piece{mark: &marks[i], from: max(marks[i].from, 0), to: min(marks[i].to, len(text))}
		if p.from < p.to {
			pieces = append(pieces, p)
		}
	}
	slices.SortStableFunc(pieces, comparePieces)
	var out, open []piece
	for len(pieces) > 0 {
		p := pieces[0]
		pieces = pieces[1:]
		for len(open) > 0 && open[len(open)-1].to <= p.from {
			open = open[:len(open)-1]
		}
		if n := len(open); n > 0 && p.to > open[n-1].to {
			rest := piece{p.mark, open[n-1].to, p.to, true}
			p.to = rest.from
			i, _ := slices.BinarySearchFunc(pieces, rest, comparePieces)
			pieces = slices.Insert(pieces, i, rest)
		}
		open = append(open, p)
		out = append(out, p)
	}
	return out
}

// piece is a mark, or what is left of it behind the end of another.
type piece struct {
	mark     *docMark
	from, to int
	more     bool
}

// comparePieces orders by start, the longer first.
func comparePieces(a, b piece) int {
	if a.from != b.from {
		return a.from - b.from
	}
	return b.to - a.to
}

// nest turns text[from:to] and the pieces in it, sorted and not crossing, into runs.
func nest(text []rune, from, to int, pieces []piece) []docRun {
	var runs []docRun
	plain := func(a, b int) {
		if a < b {
			runs = append(runs, docRun{Text: string(text[a:b])})
		}
	}
	for len(pieces) > 0 {
		p := pieces[0]
		inside := 1
		for inside < len(pieces) && pieces[inside].from < p.to {
			inside++
		}
		plain(from, p.from)
		runs = append(runs, docRun{Mark: p.mark, More: p.more, Inner: nest(text, p.from, p.to, pieces[1:inside])})
		from, pieces = p.to, pieces[inside:]
	}
	plain(from, to)
	return runs
}

// showTable lays out the paragraphs of one table. Rows and columns in which no cell begins are left out, so that a sheet with a
// few far cells stays small.
func showTable(paragraphs []office.Paragraph, marks func(int) []docMark) [][]docCell {
	rows, cols := map[int]int{}, map[int]int{}
	for _, p := range paragraphs {
		rows[p.Cell.Row], cols[p.Cell.Col] = 0, 0
	}
	rowAt, colAt := inOrder(rows), inOrder(cols)
	table := make([][]docCell, len(rowAt))
	next := make([]int, len(colAt)) // first row in which the column is free again
	var current office.Cell
	var cell *docCell
	row, fill := 0, 0 // columns of the row laid out so far
	for _, i := range byCell(paragraphs) {
		p := paragraphs[i]
		if cell != nil && p.Cell == current {
			cell.Texts = append(cell.Texts, showText(p, marks(i)))
			continue
		}
		current = p.Cell
		r, c := rows[p.Cell.Row], cols[p.Cell.Col]
		if r > row {
			table[row] = appendBlank(table[row], next, row, fill, len(colAt))
			row, fill = r, 0
		}
		if c < fill || next[c] > r { // two cells in one place: the file is wrong
			c = max(c, fill)
			for c < len(colAt) && next[c] > r {
				c++
			}
			if c == len(colAt) {
				next = append(next, 0)
				colAt = append(colAt, colAt[c-1]+1)
			}
		}
		table[r] = appendBlank(table[r], next, r, fill, c)
		x := docCell{Rows: covered(rowAt, r, p.Cell.Rows), Cols: covered(colAt, c, p.Cell.Cols), Texts: []docText{showText(p, marks(i))}}
		for k := c; k < c+x.Cols; k++ {
			next[k] = r + x.Rows
		}
		fill = c + x.Cols
		table[r] = append(table[r], x)
		cell = &table[r][len(table[r])-1]
	}
	table[row] = appendBlank(table[row], next, row, fill, len(colAt))
	return table
}

// byCell gives the indexes of paragraphs in the order of their cells.
func byCell(paragraphs []office.Paragraph) []int {
	list := make([]int, len(paragraphs))
	for i := range list {
		list[i] = i
	}
	slices.SortStableFunc(list, func(i, j int) int {
		a, b := paragraphs[i].Cell, paragraphs[j].Cell
		return cmp.Or(a.Row-b.Row, a.Col-b.Col)
	})
	return list
}

// inOrder gives the keys of a set in order and sets each key's place in it.
func inOrder(set map[int]int) []int {
	keys := make([]int, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		set[k] = i
	}
	return keys
}

// covered is how many of the places after i, itself included, a merged cell reaches over.
func covered(places []int, i, n int) int {
	end := places[i] + max(n, 1)
	k := i + 1
	for k < len(places) && places[k] < end {
		k++
	}
	return k - i
}

// appendBlank fills the free columns from a up to b of row r with empty cells.
func appendBlank(row []docCell, next []int, r, a, b int) []docCell {
	for c := a; c < b; c++ {
		if next[c] > r {
			continue
		}
		if n := len(row); c > a && n > 0 && row[n-1].Blank && next[c-1] <= r {
			row[n-1].Cols++
			continue
		}
		row = append(row, docCell{Rows: 1, Cols: 1, Blank: true})
	}
	return row
}

// marker collects the marks of a reading.
type marker struct {
	doc   office.Document
	marks []docMark
	found map[string]bool // ids of marks, for links to them
}

// text gives the runes of a paragraph, none where there is no such paragraph.
func (k *marker) text(part, paragraph int) []rune {
	if part < 0 || part >= len(k.doc.Parts) || paragraph < 0 || paragraph >= len(k.doc.Parts[part].Paragraphs) {
		return nil
	}
	return []rune(k.doc.Parts[part].Paragraphs[paragraph].Text)
}

// add marks a source, in each paragraph that it covers. Only the first bears the id.
func (k *marker) add(s plan.Source, class, tag, spot string) {
	k.addID(s, class, tag, spot, spot)
}

func (k *marker) addID(s plan.Source, class, tag, spot, id string) {
	for i := s.Paragraph; i <= max(s.Paragraph, s.Last); i++ {
		text := k.text(s.Part, i)
		if text == nil {
			return
		}
		m := docMark{part: s.Part, paragraph: i, to: len(text), Class: class + " m-more", Spot: spot}
		if i == s.Paragraph {
			m.Class, m.from, m.to, m.Tag = class, s.From, min(s.To, len(text)), tag
			if m.from >= m.to || m.from < 0 {
				return
			}
			if !k.found[id] {
				m.ID = id
				k.found[id] = true
			}
		}
		if m.to > m.from {
			k.marks = append(k.marks, m)
		}
	}
}

// withNumber widens the source of an item over the number printed before it.
func (k *marker) withNumber(s plan.Source, number string) plan.Source {
	text, n := k.text(s.Part, s.Paragraph), len([]rune(number))
	if n > 0 && s.From >= n && s.From <= len(text) && string(text[s.From-n:s.From]) == number {
		s.From -= n
	}
	return s
}

// phrases marks recurrences, in their order, inside a source.
func (k *marker) phrases(s plan.Source, phrases []string, spot string) {
	text := k.text(s.Part, s.Paragraph)
	if s.From < 0 || s.To > len(text) || s.From >= s.To {
		return
	}
	at, rest := s.From, string(text[s.From:s.To])
	for _, phrase := range phrases {
		before, after, ok := strings.Cut(rest, phrase)
		if !ok {
			continue // printed over a line end
		}
		from := at + len([]rune(before))
		at, rest = from+len([]rune(phrase)), after
		k.marks = append(k.marks, docMark{part: s.Part, paragraph: s.Paragraph, from: from, to: at, Class: "fq", Spot: spot})
	}
}

// spotCode writes a spot as pages and addresses name it: m0.1.2 is the third measure of the second finding of the first
// section. u and d stand for who answers for a finding and until when.
func spotCode(at plan.Spot) string {
	switch at.Item {
	case plan.ItemSection:
		return fmt.Sprintf("s%d", at.Section)
	case plan.ItemFinding:
		return fmt.Sprintf("f%d.%d", at.Section, at.Finding)
	case plan.ItemManifestation:
		return fmt.Sprintf("a%d.%d.%d", at.Section, at.Finding, at.Index)
	case plan.ItemMeasure:
		return fmt.Sprintf("m%d.%d.%d", at.Section, at.Finding, at.Index)
	}
	return "p"
}

// parseSpot reads a code of [spotCode]. view is its letter. ok is false for anything else.
func parseSpot(code string) (at plan.Spot, view byte, ok bool) {
	if code == "" {
		return at, 0, false
	}
	view = code[0]
	item := map[byte]plan.Item{'p': plan.ItemPlan, 's': plan.ItemSection, 'f': plan.ItemFinding, 'u': plan.ItemFinding, 'd': plan.ItemFinding,
		'a': plan.ItemManifestation, 'm': plan.ItemMeasure}[view]
	want := map[plan.Item]int{plan.ItemSection: 1, plan.ItemFinding: 2, plan.ItemManifestation: 3, plan.ItemMeasure: 3}[item]
	numbers := [3]int{}
	fields := strings.Split(code[1:], ".")
	if item == "" || want == 0 && code != "p" || want > 0 && len(fields) != want {
		return at, 0, false
	}
	for i := range want {
		n, err := strconv.ParseUint(fields[i], 10, 31)
		if err != nil {
			return at, 0, false
		}
		numbers[i] = int(n)
	}
	return plan.Spot{Item: item, Section: numbers[0], Finding: numbers[1], Index: numbers[2]}, view, true
}
