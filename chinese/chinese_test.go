package chinese

import (
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int
		ok   bool
	}{
		{"1", 1, true}, {"042", 42, true}, {"一", 1, true}, {"十", 10, true}, {"十二", 12, true}, {"二十", 20, true},
		{"二十三", 23, true}, {"一百零五", 105, true}, {"二〇二五", 2025, true}, {"三万二千", 32000, true}, {"", 0, false},
		{"一般", 0, false}, {"1a", 0, false}, {"123456789012", 0, false}, {"两", 2, true},
	} {
		got, ok := Number([]rune(c.in))
		if got != c.want || ok != c.ok {
			t.Errorf("Number(%q) = %d, %v; want %d, %v", c.in, got, ok, c.want, c.ok)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[rune]rune{'，': ',', '１': '1', '．': '.', '（': '(', '：': ':', '。': '。', '⼀': '一', '一': '一', 'a': 'a', '①': '①'} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

// Where folding changes a rune it agrees with NFKC, but for the colons that NFKC leaves alone.
func TestFoldAgreesWithNFKC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.Rune().Draw(t, "r")
		if got := Fold(r); got != r && r != 0x2236 && string(got) != norm.NFKC.String(string(r)) {
			t.Fatalf("Fold(%q) = %q, NFKC says %q", r, got, norm.NFKC.String(string(r)))
		}
	})
}
