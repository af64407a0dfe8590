package chinese

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestTerms(t *testing.T) {
	for _, x := range []struct {
		text string
		want []string
	}{
		{"高龄津贴", []string{"高龄", "龄津", "津贴", "贴"}},
		{"低保，五保", []string{"低保", "保", "五保", "保"}},
		{"ＡＢ12村", []string{"ab12", "村"}},
		{"𠅤某", []string{"𠅤某", "某"}},
		{"，。“”", nil},
		{"", nil},
	} {
		if got := Terms(x.text); !slices.Equal(got, x.want) {
			t.Errorf("%q: %q, want %q", x.text, got, x.want)
		}
	}
}

// Whatever part of a text of Han characters is asked for, each term of the question is among the terms of the text or begins one.
func TestQueryIsFoundInTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom(nil, unicode.Han), 1, 20, -1).Draw(t, "text")
		r := []rune(text)
		from := rapid.IntRange(0, len(r)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, len(r)).Draw(t, "to")
		terms := Terms(text)
		for _, p := range Query(string(r[from:to])) {
			for _, q := range p.Terms {
				found := slices.Contains(terms, q) || p.Prefix && slices.ContainsFunc(terms, func(s string) bool { return strings.HasPrefix(s, q) })
				if !found {
					t.Fatalf("%q of %q is not in %q", q, text, terms)
				}
			}
		}
	})
}
