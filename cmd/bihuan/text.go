package main

import (
	"strings"

	"golang.org/x/text/width"
)

// columns is how many columns of a terminal a text takes: two for each Chinese character.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// pad fills a text up with blanks.
func pad(text string, to int) string {
	return text + strings.Repeat(" ", max(0, to-columns(text)))
}

// No line begins with a closing mark, and none ends with an opening one.
const (
	closing = "，。；：、！？”’）】》％,.;:!?)%"
	opening = "“‘（【《("
)

// wrap cuts a text into lines of the given columns; a closing mark may hang two columns over. Chinese may be cut anywhere, words
// and numbers are kept whole where they fit a line.
func wrap(text string, most int) []string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		line, used := "", 0
		for _, piece := range pieces(paragraph) {
			w := columns(piece)
			hangs := strings.Contains(closing, piece) && used+w <= most+2
			if used > 0 && used+w > most && !hangs {
				lines = append(lines, line)
				line, used = "", 0
			}
			line, used = line+piece, used+w
		}
		lines = append(lines, line)
	}
	return lines
}

// pieces parts a text where a line may end.
func pieces(text string) []string {
	var list []string
	glue := false // the next character belongs to the piece before
	for _, r := range text {
		part := r < 0x80 && r != ' '
		if n := len(list); n > 0 && (glue || part && isWord(list[n-1])) {
			list[n-1] += string(r)
		} else {
			list = append(list, string(r))
		}
		glue = strings.ContainsRune(opening, r)
	}
	return list
}

// isWord tells whether a piece is a short run of letters, digits and their marks that goes on.
func isWord(piece string) bool {
	last := piece[len(piece)-1]
	return len(piece) < 20 && last < 0x80 && last != ' '
}

// table writes rows of cells under heads, each column as wide as given and wrapped, two blanks between columns.
func table(b *strings.Builder, heads []string, widths []int, rows [][]string) {
	tableRow(b, heads, widths)
	for i, w := range widths {
		widths[i] = max(w, 2)
	}
	rule(b, widths)
	for _, r := range rows {
		if len(r) == 0 {
			rule(b, widths)
			continue
		}
		tableRow(b, r, widths)
	}
}

func rule(b *strings.Builder, widths []int) {
	var parts []string
	for _, w := range widths {
		parts = append(parts, strings.Repeat("-", w+2)) // closing marks may hang two columns over
	}
	b.WriteString(strings.Join(parts, " ") + "\n")
}

func tableRow(b *strings.Builder, cells []string, widths []int) {
	lines := make([][]string, len(widths))
	height := 1
	for i, w := range widths {
		lines[i] = wrap(cells[i], w)
		height = max(height, len(lines[i]))
	}
	for n := range height {
		var line strings.Builder
		for i, w := range widths {
			text := ""
			if n < len(lines[i]) {
				text = lines[i][n]
			}
			line.WriteString(pad(text, w+2) + " ")
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}
