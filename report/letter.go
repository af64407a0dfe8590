package report

import (
	"io"
	"strings"
	"time"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/proof"
)

// Letter writes a letter (提醒函 督办单 告诫书) in the form of GB/T 9704 with room for the seal. A draft has blanks where the number and
// the date come, and no imprint: it is no letter yet.
func Letter(w io.Writer, l ledger.Letter, asOf time.Time, m proof.Imprint) error {
	p := office.Paper{
		Title: l.Kind.Word(), Number: or(l.Number, blankNumber), To: l.To, Sign: ledger.Signer(l.Unit), Date: blankDay, Sealed: true, Copies: l.Copies,
		Subject: l.Kind.Word(), Author: l.Unit.Name, Created: asOf,
	}
	if l.Sent.At.IsZero() {
		m = proof.Imprint{}
	} else {
		p.Date = day(l.Sent.At)
	}
	for line := range strings.SplitSeq(l.Body, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			p.Blocks = append(p.Blocks, office.Text(line))
		}
	}
	return writePaper(w, p, m)
}
