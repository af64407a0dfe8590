package chinese

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestReadID(t *testing.T) {
	for _, x := range []struct {
		text, number string
		flaw         Flaw
	}{
		{"11010519491231002X", "11010519491231002X", Sound},
		{"130408194610010012", "130408194610010012", Sound},
		{"130408192611010023", "130408192611010023", Sound},
		{"130408194602290018", "130408194602290018", BadDate}, // the check character is right, the day is not
		{"130408194610010013", "130408194610010013", BadCheck},
		{"１３０４０８１９４６１００１００１２", "130408194610010012", Sound},
		{"'130408 19461001 0012 ", "130408194610010012", Sound},
		{"11010519491231002x", "11010519491231002X", Sound},
		{"11010519491231002×", "11010519491231002X", Sound},
		{"13O408l94610010012", "130408194610010012", Sound},
		{"130408194610010012.0", "130408194610010012", Sound},
		{"130408461001001", "130408194610010012", Sound},
		{"130408194610010000", "130408194610010000", Truncated},
		{"1.30408E+17", "", Rounded},
		{"1.30408194610010E+17", "130408194610010000", Truncated},
		{"13040819461001001", "", Misshapen},
		{"ID:130408194610010012", "130408194610010012", Sound},
		{"身份证：11010519491231002x", "11010519491231002X", Sound},
		{"130408194610010012（本人）", "130408194610010012", Sound},
		{"电话19900000000号码130408194610010012", "", Absent},
		{"无", "", Absent},
		{"", "", Absent},
		{" 　", "", Absent},
	} {
		got := ReadID(x.text)
		if got.Number.String() != x.number || got.Flaw != x.flaw {
			t.Errorf("%q: %s, flaw %d; want %s, flaw %d", x.text, got.Number, got.Flaw, x.number, x.flaw)
		}
	}
}

// number draws a valid number.
func number(t *rapid.T) IDNumber {
	y, m := rapid.IntRange(1900, 2025).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month")
	d := rapid.IntRange(1, MonthDays(y, m)).Draw(t, "day")
	area, seq := rapid.IntRange(990000, 999999).Draw(t, "area"), rapid.IntRange(0, 999).Draw(t, "sequence")
	n := numberOf(uint64(area)*100_000_000_000 + uint64((y*10000+m*100+d)*1000+seq))
	if !n.Valid() {
		t.Fatalf("%s is not valid", n)
	}
	return n
}

// Parsing by eight bytes at once agrees with the standard's own arithmetic.
func TestParseID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(rapid.StringMatching(`[1-9][0-9]{16}[0-9X]`).Draw(t, "text"))
		sum := 0
		for i, w := range weights {
			sum += int(b[i]-'0') * w
		}
		n, right, ok := ParseCheckedID(b)
		if !ok || n.String() != string(b) || right != ("10X98765432"[sum%11] == b[17]) || right != n.Checked() {
			t.Fatalf("%s: %s, right %v, ok %v", b, n, right, ok)
		}
		i := rapid.IntRange(0, 17).Draw(t, "place")
		b[i] = byte(rapid.SampledFrom([]rune("/:ax \x00\xb0Y")).Draw(t, "sign"))
		if _, ok := ParseID(b); ok {
			t.Fatalf("%q was accepted", b)
		}
	})
}

// Every slip of one digit and every exchange of neighbours is noticed, and the number meant is among the neighbours of the one
// written.
func TestNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := number(t)
		b := []byte(n.String())
		switch i := rapid.IntRange(0, 16).Draw(t, "place"); rapid.SampledFrom([]string{"digit", "exchange", "check", "missing", "more"}).Draw(t, "slip") {
		case "digit":
			b[i] = '0' + (b[i]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		case "exchange":
			b[i], b[i+1] = b[i+1], b[i]
		case "check":
			b[17] = "0123456789X"[rapid.IntRange(0, 10).Draw(t, "check")]
		case "missing":
			b = append(b[:i], b[i+1:]...)
		case "more":
			b = append(b[:i+1], b[i:]...)
		}
		w := ReadID(string(b))
		if w.Number == n {
			return // nothing changed
		}
		if len(b) == 18 && w.Flaw == Sound {
			t.Fatalf("%s for %s was not noticed", b, n)
		}
		found := false
		w.Neighbours(func(m IDNumber, _ float64) { found = found || m == n })
		if !found {
			t.Fatalf("%s is not among the neighbours of %s (flaw %d)", n, b, w.Flaw)
		}
	})
}

func BenchmarkParseCheckedID(b *testing.B) {
	text := []byte("11010519491231002X")
	for b.Loop() {
		if _, right, ok := ParseCheckedID(text); !right || !ok {
			b.Fatal(fmt.Sprint(right, ok))
		}
	}
}
