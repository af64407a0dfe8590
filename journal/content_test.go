package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"bihuan/store"
)

// The content of an event is, letter by letter, the array that package json writes, whatever stands in it.
func TestContentIsJSON(t *testing.T) {
	check := func(t rapid.TB, e Event) {
		n := func(i int64) string { return strconv.FormatInt(i, 10) }
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode([]string{"bihuan/event/1", n(e.Seq), n(e.Entered), e.Happened, n(e.Staff), e.Who, e.Verb, e.Kind, n(e.Row), e.Changes}); err != nil {
			t.Fatal(err)
		}
		if got, want := string(e.Content()), strings.TrimSuffix(b.String(), "\n"); got != want {
			t.Errorf("content %q, want %q", got, want)
		}
		if got, want := e.LeafData(), fmt.Sprintf("bihuan leaf 1\n%d\n%d\n%x\n%x\n", e.Seq, e.Entered, e.Commitment(), e.Rows()); got != want {
			t.Errorf("leaf %q, want %q", got, want)
		}
	}
	for _, s := range []string{"", `[{"field":"名称","to":"a\"b\\c"}]`, "\x00\x1f\x7f\b\f\n\r\t", "<&>'", "\u2028—\u2029…", "\xff", "好\xe5\xa5", "\xed\xa0\x80", "\u00e2", "\u00a0"} {
		check(t, Event{Seq: 1, Who: s, Changes: s})
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }), rapid.StringMatching(`["\\<>&\x00-\x1f\x{2027}-\x{202a}好]*`))
		check(t, Event{Seq: rapid.Int64().Draw(t, "seq"), Entered: rapid.Int64().Draw(t, "entered"), Happened: text.Draw(t, "happened"), Staff: rapid.Int64().Draw(t, "staff"),
			Who: text.Draw(t, "who"), Verb: text.Draw(t, "verb"), Kind: text.Draw(t, "kind"), Row: rapid.Int64().Draw(t, "row"), Changes: text.Draw(t, "changes"), Salt: []byte(text.Draw(t, "salt"))})
	})
}

// What is said of the state of a row is read as it was written, and in no other way.
func TestStates(t *testing.T) {
	rows := []store.Row{
		{Table: "finding", Key: "7", Digest: [32]byte{1, 2, 3}, Tags: "....abcd"},
		{Table: "setting", Key: "栖禾镇 一/x y", Digest: [32]byte{31: 9}, Tags: "abcd"},
		{Table: "word", Key: "", Tags: "...."},
		{Table: "duty", Key: "8", Gone: true},
		{Table: "setting", Key: "a b - c", Gone: true},
	}
	states := statesOf(rows)
	var got []store.Row
	if err := EachState(states, func(r store.Row) error { got = append(got, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(rows) {
		t.Fatalf("%d rows, want %d", len(got), len(rows))
	}
	for i := range rows {
		if got[i] != rows[i] {
			t.Errorf("%+v, want %+v", got[i], rows[i])
		}
	}
	digest := strings.Fields(rowLine(rows[0]))[2]
	for _, bad := range []string{"", "x", "x y", "finding 7 tags", "finding " + digest + " tags", "finding 7 " + digest[:43] + " tags", "finding 7 " + digest + "AAAA tags",
		"finding 7 " + digest[:42] + "B= tags", "finding 7 " + digest[:41] + "\r== tags", "finding 7 " + strings.Repeat("A", 44) + " tags"} {
		if err := EachState(bad+"\n", func(store.Row) error { return nil }); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}
