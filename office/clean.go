package office

import (
	"strings"
	"unicode/utf8"
)

// printable maps what a document's text must not hold: control characters go, and so do the marks nobody sees but every
// comparison stumbles over (zero-width space, soft hyphen, byte order mark). To be used with strings.Map.
func printable(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r < ' ', r >= 0x7F && r < 0xA0, r == 0xAD, r == 0x200B, r == 0x2060, r == 0xFEFF, r >= 0xFFFE && r <= 0xFFFF:
		return -1
	case r == 0x2028, r == 0x2029:
		return '\n'
	}
	return r
}

// clean returns text as valid UTF-8 without invisible characters, line ends as '\n'.
func clean(s string) string {
	if tidy(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\r', '\v', '\f', 0x85:
			return '\n'
		}
		return printable(r)
	}, s)
	return strings.ToValidUTF8(s, "\uFFFD")
}

// tidy reports whether clean has nothing to do, at the price of one pass.
func tidy(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= ' ' && c < 0x7F, c == '\n', c == '\t':
			i++
		case c < 0x80:
			return false
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n <= 1 || r < 0xA0 || printable(r) != r {
				return false
			}
			i += n
		}
	}
	return true
}
