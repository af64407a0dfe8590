package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/plan"
)

// A ledger that comes back as it went out changes nothing, whether its plan printed numbers or not.
func TestExportMergesToNothing(t *testing.T) {
	bare := sampleFindings()
	for i := range bare {
		bare[i].Number = ""
	}
	for name, live := range map[string][]ledger.Finding{"numbered": sampleFindings(), "unnumbered": bare, "crossed": {crossed()}} {
		t.Run(name, func(t *testing.T) { mergesToNothing(t, live) })
	}
}

func mergesToNothing(t *testing.T, live []ledger.Finding) {
	var out bytes.Buffer
	if err := LedgerXlsx(&out, sampleHead, live); err != nil {
		t.Fatal(err)
	}
	doc, err := office.Read(t.Context(), "台账.xlsx", out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	d := ledger.Compare(live, plan.Read(doc), true)
	for _, f := range d.Added {
		t.Errorf("added: %s %s", f.Number, f.Title)
	}
	for _, c := range d.Changed {
		t.Errorf("changed: %s: %q", c.Old.Title, c.Changes)
	}
	if d.Same != len(live) {
		t.Errorf("%d of %d are the same", d.Same, len(live))
	}
}

// TestLedgerSaysWhatIsMissing: an empty cell would not tell whether somebody forgot it. Read again, the words are no values.
func TestLedgerSaysWhatIsMissing(t *testing.T) {
	live := sampleFindings()[:1]
	live[0].Units, live[0].Persons, live[0].Measures = nil, nil, nil
	file := written(t, LedgerXlsx, live)
	_, rows := sheetRows(t, file)
	text := ""
	for _, row := range rows {
		text += strings.Join(row, "|") + "\n"
	}
	for word, want := range map[string]int{unanswered: len(live[0].Manifestations), unclear: 2} {
		if got := strings.Count(text, word); got < want {
			t.Errorf("%s stands there %d times, want %d:\n%s", word, got, want, text)
		}
	}
	reading := readBack(t, "台账.xlsx", file)
	f := reading.Sections[0].Findings[0]
	if len(f.Units)+len(f.Measures) > 0 || !slices.Equal(f.Persons, []string{live[0].Leader}) {
		t.Errorf("read: units %q, persons %q, measures %v", f.Units, f.Persons, f.Measures)
	}
	if d := ledger.Compare(live, reading, true); d.Same != 1 {
		t.Errorf("changed: %v", d.Changed)
	}
}
