package backup

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"reflect"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

// small is an archive of a few entries.
func small(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := newWriter(&b, time.Unix(1_800_000_000, 0))
	for i, content := range []string{"开头", "", string(bytes.Repeat([]byte("x"), 3000))} {
		if err := w.put(fmt.Sprint("e", i), []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.end(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// No byte of an archive can be another, none can be missing, and none can be added, however the bytes arrive.
func TestArchiveIsWhole(t *testing.T) {
	whole := small(t)
	if sum, err := newReader(bytes.NewReader(whole)).end(); err != nil || len(sum) != 64 {
		t.Fatalf("the archive itself: %q %v", sum, err)
	}
	for _, slow := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
		if _, err := newReader(slow(bytes.NewReader(whole))).end(); err != nil {
			t.Errorf("the archive read in pieces: %v", err)
		}
	}
	for at := range whole {
		for bit := range 8 {
			whole[at] ^= 1 << bit
			if _, err := newReader(bytes.NewReader(whole)).end(); err == nil {
				t.Fatalf("bit %d of byte %d is another", bit, at)
			}
			whole[at] ^= 1 << bit
		}
		if _, err := newReader(bytes.NewReader(whole[:at])).end(); err == nil {
			t.Fatalf("it ends after %d bytes", at)
		}
	}
	if _, err := newReader(bytes.NewReader(append(whole, 0))).end(); err == nil {
		t.Error("it has one byte more")
	}
}

// A row comes back as it was, whatever is in it.
func TestRowsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(
			rapid.Just[any](nil), rapid.Int64().AsAny(), rapid.String().AsAny(), rapid.SliceOf(rapid.Byte()).AsAny(),
			rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) }).AsAny(),
			rapid.Float64().Filter(func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }).AsAny(),
		), 1, 9).Draw(t, "row")
		line, err := appendRow(nil, values)
		if err != nil || bytes.Count(line, []byte("\n")) != 1 {
			t.Fatalf("%q %v", line, err)
		}
		back, err := parseRow(line, len(values))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok && len(b) == 0 {
				values[i] = []byte{}
			}
		}
		if !reflect.DeepEqual(back, values) {
			t.Fatalf("%q came back as %#v, was %#v", line, back, values)
		}
	})
}

// What is no row is refused, without a panic.
func FuzzParseRow(f *testing.F) {
	for _, line := range []string{`[1,"a",null,{"blob":"AA=="}]`, `[1e400,0,0,0]`, `[{"blob":1},{},{"text":"_"},[]]`, `[9223372036854775808,1,1,1]`} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		row, err := parseRow(line, 4)
		if err == nil && len(row) != 4 {
			t.Errorf("%q has %d values", line, len(row))
		}
	})
}
