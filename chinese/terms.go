// Package chinese knows the script: widths, numerals, names and the terms a text is searched by. It is pure.
package chinese

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Terms are the words a text is indexed under: every two adjacent Han characters, so that 高龄津贴 is found by 高龄, 龄津 and 津贴,
// the last character of each run alone, so that one character is found by prefix, and each run of letters and digits as one
// lower-case word. Width does not matter.
func Terms(text string) []string {
	var terms []string
	runs(text, func(run []rune, han bool) {
		if !han {
			terms = append(terms, string(run))
			return
		}
		for i := range len(run) - 1 {
			terms = append(terms, string(run[i:i+2]))
		}
		terms = append(terms, string(run[len(run)-1]))
	})
	return terms
}

// Phrase is a part of a query that must stand together: its terms in order. Prefix says that the last of them may be the
// beginning of a term.
type Phrase struct {
	Terms  []string
	Prefix bool
}

// Query turns what somebody typed into phrases that must all be found. One Han character, and a last word of letters or digits,
// match by prefix.
func Query(text string) []Phrase {
	var phrases []Phrase
	runs(text, func(run []rune, han bool) {
		switch {
		case !han:
			phrases = append(phrases, Phrase{Terms: []string{string(run)}, Prefix: true})
		case len(run) == 1:
			phrases = append(phrases, Phrase{Terms: []string{string(run)}, Prefix: true})
		default:
			var p Phrase
			for i := range len(run) - 1 {
				p.Terms = append(p.Terms, string(run[i:i+2]))
			}
			phrases = append(phrases, p)
		}
	})
	return phrases
}

// runs cuts text into runs of Han characters and runs of letters and digits; all else parts them.
func runs(text string, each func(run []rune, han bool)) {
	var run []rune
	var han bool
	flush := func() {
		if len(run) > 0 {
			each(run, han)
			run = run[:0]
		}
	}
	for _, r := range strings.ToLower(norm.NFKC.String(text)) {
		isHan := unicode.Is(unicode.Han, r)
		if !isHan && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			continue
		}
		if isHan != han {
			flush()
			han = isHan
		}
		run = append(run, r)
	}
	flush()
}
