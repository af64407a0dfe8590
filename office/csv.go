package office

import (
	"fmt"
	"strings"
)

// tableName is the name of the only part of a csv file.
const tableName = "表格"

var delimiters = []byte{',', '\t', ';', '|'}

// readDelimited reads a list whose delimiter is found out from its first records. Rows are counted as a spreadsheet program shows
// them, empty ones included.
func readDelimited(text string, b *budget) (Part, error) {
	part := Part{Name: tableName}
	delimiter, text := sniffDelimiter(text)
	row := 0
	for text != "" {
		row++
		var err error
		text, err = readRecord(text, delimiter, func(col int, field string) error {
			field = strings.Trim(guardless(clean(field)), "\t")
			if strings.TrimSpace(field) == "" {
				return nil
			}
			var err error
			part.Paragraphs, err = b.add(part.Paragraphs, Paragraph{Text: field, Cell: Cell{Table: 1, Row: row, Col: col, Rows: 1, Cols: 1}})
			return err
		})
		if err != nil {
			return part, err
		}
		if row > maxRows {
			return part, &Error{What: fmt.Sprintf("表格超过 %d 行", maxRows), Do: doSplit}
		}
		if row%4096 == 0 {
			if err := b.stopped(); err != nil {
				return part, err
			}
		}
	}
	return part, nil
}

// guardless takes off the ="…" that programs put around numbers to keep a spreadsheet from changing them.
func guardless(field string) string {
	if inner, ok := strings.CutPrefix(field, `="`); ok {
		if inner, ok = strings.CutSuffix(inner, `"`); ok {
			return inner
		}
	}
	return field
}

// readRecord reads one record, hands out its fields counted from 1, and returns what follows it.
func readRecord(text string, delimiter byte, put func(col int, field string) error) (rest string, err error) {
	for col := 1; ; col++ {
		field, after, more := readField(text, delimiter)
		if err := put(col, field); err != nil {
			return "", err
		}
		if text = after; !more {
			return text, nil
		}
	}
}

// readField splits off one field. more tells that another one of the same record follows.
func readField(text string, delimiter byte) (field, rest string, more bool) {
	if strings.HasPrefix(text, `"`) {
		if field, rest, ok := quotedField(text[1:]); ok {
			_, rest, more = plainField(rest, delimiter) // blanks, or junk, between the quote and the delimiter
			return field, rest, more
		}
	}
	return plainField(text, delimiter)
}

func plainField(text string, delimiter byte) (field, rest string, more bool) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == delimiter:
			return text[:i], text[i+1:], true
		case c == '\n':
			return text[:i], text[i+1:], false
		case c == '\r':
			return text[:i], strings.TrimPrefix(text[i+1:], "\n"), false
		}
	}
	return text, "", false
}

// quotedField reads up to the closing quote; two quotes stand for one. ok is false when no quote closes the field: then the
// opening one was a character like any other.
func quotedField(text string) (field, rest string, ok bool) {
	end := 0
	for {
		n := strings.IndexByte(text[end:], '"')
		if n < 0 {
			return "", "", false
		}
		end += n
		if !strings.HasPrefix(text[end+1:], `"`) {
			break
		}
		end += 2
	}
	return strings.ReplaceAll(text[:end], `""`, `"`), text[end+1:], true
}

// sniffDelimiter finds the delimiter of a list, and takes off the line with which Excel states it.
func sniffDelimiter(text string) (delimiter byte, rest string) {
	if after, ok := strings.CutPrefix(text, "sep="); ok && len(after) > 1 && strings.IndexByte("\r\n", after[1]) >= 0 {
		_, rest, _ := plainField(after[1:], after[0])
		return after[0], rest
	}
	best, bestScore := byte(','), 0
	for _, d := range delimiters {
		if score := evenness(text, d); score > bestScore {
			best, bestScore = d, score
		}
	}
	return best, text
}

// evenness scores a delimiter by how many of the first records it splits into one and the same number of fields.
func evenness(text string, delimiter byte) int {
	widths := map[int]int{}
	for range 50 {
		if text == "" {
			break
		}
		width, filled := 0, false
		text, _ = readRecord(text, delimiter, func(col int, field string) error {
			width, filled = col, filled || strings.TrimSpace(field) != ""
			return nil
		})
		if filled && width > 1 {
			widths[width]++
		}
	}
	best := 0
	for width, times := range widths {
		best = max(best, times*100+min(width, 99))
	}
	return best
}

// looksTabular reports whether text that does not say so is a list: every line parts into the same three or more fields.
func looksTabular(text string) bool {
	for _, d := range []byte{'\t', ','} {
		width, records := 0, 0
		for rest := text; rest != "" && records < 200; {
			n, empty := 0, true
			rest, _ = readRecord(rest, d, func(col int, field string) error {
				n, empty = col, empty && strings.TrimSpace(field) == ""
				return nil
			})
			if empty {
				continue
			}
			if width == 0 {
				width = n
			}
			if n != width || n < 3 {
				records = 0
				break
			}
			records++
		}
		if records >= 3 {
			return true
		}
	}
	return false
}
