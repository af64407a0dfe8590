package report

import (
	"bytes"
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
