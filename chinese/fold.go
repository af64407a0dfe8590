// Package chinese holds what the rest of the program needs to know about written Chinese and nothing else: the widths and
// compatibility forms one sign may take, numerals, names, search terms. It is pure and has no state.
package chinese

import "golang.org/x/text/unicode/norm"

// Blank reports whether a rune is white space in a scanned or copied Chinese text: the Unicode blanks and the zero-width signs
// that word processors leave behind.
func Blank(r rune) bool {
	switch {
	case r == ' ' || r == '\u3000' || r >= '\t' && r <= '\r':
		return true
	case r < 0x80:
		return false
	}
	return r == 0x85 || r == 0xa0 || r == 0x1680 || r >= 0x2000 && r <= 0x200d || r == 0x2028 || r == 0x2029 ||
		r == 0x202f || r == 0x205f || r == 0x2060 || r == 0xfeff || r == 0xad
}

// Fold maps one rune to the one a parser compares with, as NFKC does, but never to more or fewer than one, so that offsets
// stay true: full-width ASCII becomes ASCII, the radicals that PDF programs write become the characters they look like.
// Signs whose NFKC form is longer than one rune (㈠ ⒈ ①) are left alone.
func Fold(r rune) rune {
	switch {
	case r < 0x80 || r >= 0x4e00 && r <= 0x9fff:
		return r
	case r >= 0xff01 && r <= 0xff5e:
		return r - 0xfee0
	case r == 0xff61:
		return '。'
	case r == 0xff64:
		return '、'
	case r == 0x2236 || r == 0xfe55 || r == 0xfe13: // ∶ ﹕ ︰
		return ':'
	case r >= 0x2e80 && r <= 0x2fdf || r >= 0xf900 && r <= 0xfaff || r >= 0xfe50 && r <= 0xfe6f:
		one := []rune(norm.NFKC.String(string(r)))
		if len(one) == 1 {
			return one[0]
		}
	}
	return r
}

// Han reports whether a rune is a Chinese character.
func Han(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || r >= 0x3400 && r <= 0x4dbf || r == '〇' || r >= 0x20000 && r <= 0x3ffff
}

// Digit reports whether a folded rune is an ASCII digit.
func Digit(r rune) bool { return r >= '0' && r <= '9' }
