package office

import (
	"strings"
	"unicode"
	"unicode/utf16"
)

// formulaStarts are the characters that make a spreadsheet program take a text for a formula, or for a command of another
// program, when a csv file is opened: with their full-width, small and mathematical forms, which some input methods and
// programs turn into the plain ones.
const formulaStarts = "=+-@\t\r\n＝＋－＠﹦﹢﹣﹫−"

// GuardFormula disarms a text for a cell of a spreadsheet or a csv file: one that a program could take for a formula gets an
// apostrophe in front. White space, marks that cannot be seen and apostrophes before the dangerous character do not hide it.
// [UnguardFormula] gives the text back.
func GuardFormula(text string) string {
	if guarded(text) {
		return "'" + text
	}
	return text
}

// UnguardFormula takes away the apostrophe that [GuardFormula] has put in front, and no other.
func UnguardFormula(text string) string {
	if rest, ok := strings.CutPrefix(text, "'"); ok && guarded(rest) {
		return rest
	}
	return text
}

func guarded(text string) bool {
	for _, r := range text {
		if strings.ContainsRune(formulaStarts, r) {
			return true
		}
		if r != '\'' && !unicode.IsSpace(r) && !unicode.In(r, unicode.Cc, unicode.Cf) {
			return false
		}
	}
	return false
}

// xlsxMax is the most that Excel keeps of a cell, in UTF-16 units.
const xlsxMax = 32767

const xlsxCut = "…（内容过长，后文略）"

// xlsxText makes a text fit for a cell.
func xlsxText(text string) string {
	text = GuardFormula(cleanText(text))
	if len(text) <= xlsxMax { // bytes are never fewer than units
		return text
	}
	if cut := cutUTF16(text, xlsxMax); cut == text {
		return text
	}
	return cutUTF16(text, xlsxMax-len(utf16.Encode([]rune(xlsxCut)))) + xlsxCut
}

// cutUTF16 cuts a text to at most n UTF-16 units, never inside a character.
func cutUTF16(text string, n int) string {
	for i, r := range text {
		if n -= utf16.RuneLen(r); n < 0 {
			return text[:i]
		}
	}
	return text
}

// escapeCell keeps a text that looks like the escape of a spreadsheet program for a character (_x003D_) from being taken for one.
func escapeCell(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		if text[i] == '_' && cellEscape(text[i:]) {
			b.WriteString("_x005F")
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// cellEscape tells whether a text begins with _xHHHH_.
func cellEscape(s string) bool {
	return len(s) >= 7 && s[1] == 'x' && s[6] == '_' && strings.Trim(s[2:6], "0123456789abcdefABCDEF") == ""
}
