package proof

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"image/png"
	"strings"
	"testing"

	qr "github.com/piglig/go-qr"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// TestNewCode writes down a code worked out by hand: the bits of the root in groups of five.
func TestNewCode(t *testing.T) {
	root := tlog.Hash{0b00111_000, 0b10_10110_1, 0b0100_1010, 0b0_01000_11, 0b111_11001, 0b00100_011, 0b01_11010_0, 0b1100_1100, 0b0_1111111}
	// 00111 00010 10110 10100 10100 01000 11111 11001 00100 01101 11010 01100 11000
	if got := NewCode(12345, root).String(); got != "12345-72PM-M8ZS-4DTC-R" {
		t.Errorf("code %s", got)
	}
	if got := NewCode(0, root); got != (Code{}) || got.String() != "" || got.Size() != 0 || got.Is(root) {
		t.Errorf("an empty log has the code %q", got)
	}
}

func TestParseCode(t *testing.T) {
	want := "12045-72P1-M8ZS-4DT0-R"
	for _, text := range []string{
		want, "12045-72p1-m8zs-4dt0-r", "1204572P1M8ZS4DT0R", " 12045 72P1 M8ZS 4DT0 R\n", "12O45-72Pl-M8ZS-4DTo-R", "l2045-72PI-M8ZS-4DTO-R",
		"１２０４５－７２Ｐ１－Ｍ８ＺＳ－４ＤＴ０－Ｒ", "12045—72P1—M8ZS—4DT0—R", "12045　72P1　M8ZS　4DT0　R", "012045-72P1-M8ZS-4DT0-R",
	} {
		c, err := ParseCode(text)
		if err != nil || c.String() != want || c.Size() != 12045 {
			t.Errorf("%q: %s, %v", text, c, err)
		}
	}
	for _, text := range []string{"", "12045", "72P1-M8ZS-4DT0-R", "0-72P1-M8ZS-4DT0-R", "12045-72PU-M8ZS-4DT0-R", "A2045-72P1-M8ZS-4DT0-R", "-12045-72P1-M8ZS-4DT0-R?", "12045/72P1/M8ZS/4DT0/R",
		"12045-72P1-M8ZS-4DT0-R😀", "99999999999999999999-72P1-M8ZS-4DT0-R", strings.Repeat("-", 300) + want} {
		if c, err := ParseCode(text); !errors.Is(err, ErrNoCode) || c != (Code{}) {
			t.Errorf("%q: %s, %v", text, c, err)
		}
	}
}

func TestCodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		root := tlog.Hash(sha256.Sum256(rapid.SliceOf(rapid.Byte()).Draw(t, "root")))
		size := rapid.Int64Range(1, 1<<62).Draw(t, "size")
		c := NewCode(size, root)
		got, err := ParseCode(c.String())
		if err != nil || got != c || got.Size() != size || !got.Is(root) {
			t.Fatalf("%s: %s, %v", c, got, err)
		}
	})
}

func FuzzParseCode(f *testing.F) {
	f.Add("12345-7Q2M-K8ZP-4DTC-R")
	f.Add("１２３４５　7q2m k8zp 4dtc r")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCode(text)
		if err != nil {
			return
		}
		if again, err := ParseCode(c.String()); err != nil || again != c {
			t.Errorf("%q is %s, which is %s, %v", text, c, again, err)
		}
	})
}

// TestCheck looks codes of every size up in the log they come from, and in logs that were tampered with.
func TestCheck(t *testing.T) {
	log := func(records ...string) (int64, func(int64) (tlog.Hash, error)) {
		var stored []tlog.Hash
		read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			list := make([]tlog.Hash, len(indexes))
			for i, x := range indexes {
				list[i] = stored[x]
			}
			return list, nil
		})
		for i, r := range records {
			hashes, err := tlog.StoredHashes(int64(i), []byte(r), read)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, hashes...)
		}
		return int64(len(records)), func(size int64) (tlog.Hash, error) { return tlog.TreeHash(size, read) }
	}
	records := strings.Split("abcdefghijklm", "")
	size, rootAt := log(records...)
	for n := int64(1); n <= size; n++ {
		root, err := rootAt(n)
		if err != nil {
			t.Fatal(err)
		}
		c := NewCode(n, root)
		if err := c.Check(size, rootAt); err != nil {
			t.Errorf("%s: %v", c, err)
		}
		if err := NewCode(n%size+1, root).Check(size, rootAt); !errors.Is(err, ErrWrongCode) {
			t.Errorf("the root of size %d at another: %v", n, err)
		}
		for i := range records {
			changed := append([]string(nil), records...)
			changed[i] = "x"
			size, rootAt := log(changed...)
			if err := c.Check(size, rootAt); errors.Is(err, ErrWrongCode) != (int64(i) < n) {
				t.Errorf("record %d changed, code of size %d: %v", i, n, err)
			}
		}
		short, shortRoot := log(records[:n-1]...) // yesterday's copy put back
		if err := c.Check(short, shortRoot); !errors.Is(err, ErrWrongCode) {
			t.Errorf("log cut to %d, code of size %d: %v", short, n, err)
		}
	}
	if err := (Code{}).Check(size, rootAt); !errors.Is(err, ErrWrongCode) {
		t.Errorf("no code: %v", err)
	}
	broken := errors.New("broken")
	if err := NewCode(3, tlog.Hash{}).Check(size, func(int64) (tlog.Hash, error) { return tlog.Hash{}, broken }); !errors.Is(err, broken) {
		t.Errorf("a log that cannot be read: %v", err)
	}
}

func TestSubject(t *testing.T) {
	for _, m := range []Imprint{{Kind: "letter", Row: 12}, {Kind: "sample_case", Row: 1<<63 - 1}} {
		if kind, row, ok := ParseSubject(m.Subject()); !ok || kind != m.Kind || row != m.Row {
			t.Errorf("%s: %s %d %t", m.Subject(), kind, row, ok)
		}
	}
	for _, text := range []string{"", "letter", "letter-", "-3", "letter-0", "letter--3", "letter-03", "letter-+3", "letter-3 ", "letter-3x", "let ter-3", "letter'-3", "Letter-3", "letter-99999999999999999999"} {
		if kind, row, ok := ParseSubject(text); ok {
			t.Errorf("%q: %s %d", text, kind, row)
		}
	}
	if (Imprint{Kind: "letter"}).Subject() != "" || (Imprint{Row: 3}).Subject() != "" {
		t.Error("half a subject")
	}
}

// TestQR reads back what was drawn.
func TestQR(t *testing.T) {
	code := NewCode(1234567, tlog.Hash(sha256.Sum256(nil)))
	for _, m := range []Imprint{
		{Code: code},
		{Code: code, Site: "http://10.1.2.3:8080"},
		{Code: code, Site: "http://10.1.2.3:8080", Kind: "letter", Row: 1234567890123456789},
		{Code: code, Site: "http://" + strings.Repeat("long.", 26) + "example", Kind: "letter", Row: 12},
		{Code: code, Site: "http://" + strings.Repeat("long.", 60) + "example"},
		{Code: code, Site: "https://xunchazhenggai.chengxi.example.gov.cn:18443", Kind: "recommendation", Row: 9223372036854775807},
	} {
		q, err := m.QR()
		if err != nil {
			t.Fatal(err)
		}
		data, err := q.PNG()
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := qr.Decode(picture); err != nil || got != m.Link() {
			t.Errorf("%q, %v; want %q", got, err, m.Link())
		}
		if had := m.Lines()[1]; strings.HasPrefix(had, "扫码") != strings.Contains(m.Link(), "/check/") {
			t.Errorf("%s: %s", m.Link(), had)
		}
		t.Logf("%d modules, PNG %d bytes, path %d bytes: %s", q.Side(), len(data), len(q.Path()), m.Link())
	}
}
