package office

import (
	"regexp"
	"strings"
	"sync"
)

// readMarkdown reads the little of Markdown that documents use: headings, bold, pipe tables, links and escapes. Every line is
// a paragraph; list marks stay in the text, where a reader would see them.
func readMarkdown(text string, b *budget) (Part, error) {
	m := mdReader{b: b}
	for line := range lines(text) {
		if err := b.line(len(line)); err != nil { // before the expressions below look at it
			return Part{}, err
		}
		if err := m.line(line); err != nil {
			return Part{}, err
		}
	}
	return Part{Name: bodyName, Paragraphs: m.out}, nil
}

type mdReader struct {
	b      *budget
	out    []Paragraph
	tables int
	row    int  // of the table being read; 0 outside tables
	code   bool // inside a fenced block, where marks are text
}

var (
	mdHeading = pattern(`^ {0,3}(#{1,6})(?:[ \t]+|$)(.*?)(?:[ \t]+#+)?$`)
	mdTitle   = pattern(`^(?:={3,}|-{3,})$`)
	mdRule    = pattern(`^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$`)
	mdBold    = pattern(`\*\*(\S(?:[^*]*[^*\s])?)\*\*`) // not __: that is a blank to be filled in
	mdLink    = pattern(`!?\[([^\[\]]*)\]\([^()\s]*(?:\s+"[^"]*")?\)`)
	mdEscape  = pattern("\\\\([!-/:-@\\[-`{-~])")
	mdBreaks  = strings.NewReplacer("<br>", "\n", "<br/>", "\n", "<br />", "\n")
	mdFence   = pattern("^ {0,3}(?:```|~~~)")
)

// pattern compiles an expression when it is first asked for: few runs of the program read such files, and all would wait.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

func (m *mdReader) line(line string) error {
	switch {
	case mdFence().MatchString(line):
		m.code = !m.code
		return nil
	case m.code:
		return m.put(Paragraph{Text: line})
	case isTableLine(line):
		return m.tableLine(line)
	}
	m.row = 0
	if found := mdHeading().FindStringSubmatch(line); found != nil {
		text, _ := m.inline(found[2])
		return m.put(Paragraph{Text: text, Level: len(found[1])})
	}
	if n := len(m.out); n > 0 && mdTitle().MatchString(line) && m.out[n-1].Text != "" && m.out[n-1].Cell.Table == 0 && m.out[n-1].Level == 0 {
		m.out[n-1].Level = 1 // a heading underlined: = for the first level, - for the second
		if line[0] == '-' {
			m.out[n-1].Level = 2
		}
		return nil
	}
	text, bold := m.inline(line)
	return m.put(Paragraph{Text: text, Bold: bold})
}

func (m *mdReader) put(p Paragraph) error {
	var err error
	m.out, err = m.b.add(m.out, p)
	return err
}

// isTableLine takes a line for a row of a table when it begins with a pipe and holds another.
func isTableLine(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "|") && strings.Count(line, "|") > 1
}

func (m *mdReader) tableLine(line string) error {
	line = strings.TrimSpace(line)
	if m.row == 0 {
		m.tables++
	} else if m.row == 1 && mdRule().MatchString(line) {
		return nil // the line under the header
	}
	m.row++
	cells := splitPipes(line)
	for i, cell := range cells {
		text, bold := m.inline(strings.TrimSpace(cell))
		text = strings.TrimSpace(mdBreaks.Replace(text))
		if text == "" {
			continue
		}
		if err := m.put(Paragraph{Text: text, Bold: bold, Cell: Cell{Table: m.tables, Row: m.row, Col: i + 1, Rows: 1, Cols: 1}}); err != nil {
			return err
		}
	}
	return nil
}

// splitPipes splits a table row at its pipes, save those behind a backslash.
func splitPipes(line string) []string {
	line = strings.TrimPrefix(line, "|")
	var cells []string
	from := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '|':
			cells = append(cells, line[from:i])
			from = i + 1
		}
	}
	if from < len(line) {
		cells = append(cells, line[from:])
	}
	return cells
}

// inline removes the marks of bold, of links and of escapes, and reports whether all of the text was bold.
func (m *mdReader) inline(line string) (text string, bold bool) {
	if !strings.ContainsAny(line, "*_[\\") {
		return line, false
	}
	trimmed := strings.TrimSpace(line)
	bold = trimmed != "" && mdBold().FindString(trimmed) == trimmed
	// Escaped characters are set aside under private ones while the marks are read.
	line = mdEscape().ReplaceAllStringFunc(line, func(s string) string { return string(rune(0xE000) + rune(s[1])) })
	line = mdBold().ReplaceAllString(line, "$1")
	line = mdLink().ReplaceAllString(line, "$1")
	return strings.Map(func(r rune) rune {
		if r > 0xE020 && r < 0xE07F {
			return r - 0xE000
		}
		return r
	}, line), bold
}

// looksMarkdown reports whether text that does not say so is Markdown: it has a heading mark or the rule of a pipe table.
func looksMarkdown(text string) bool {
	if len(text) > 64<<10 {
		text = text[:64<<10]
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(line, "\r \t")
		if found := mdHeading().FindStringSubmatch(line); found != nil && found[2] != "" {
			return true
		}
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") > 2 && mdRule().MatchString(line) {
			return true
		}
	}
	return false
}
