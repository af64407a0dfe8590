package report

import (
	"fmt"
	"io"

	"bihuan/office"
	"bihuan/proof"
)

// writePaper writes a paper with its imprint.
func writePaper(w io.Writer, p office.Paper, m proof.Imprint) (err error) {
	if p.Corner, err = corner(m); err != nil {
		return err
	}
	return office.WriteDocx(w, p)
}

// corner is the imprint of a paper: its checkpoint code with a QR code in the corner of the last page, or nothing without a code.
func corner(m proof.Imprint) (office.Corner, error) {
	lines := m.Lines()
	if lines == nil {
		return office.Corner{}, nil
	}
	qr, err := m.QR()
	if err != nil {
		return office.Corner{}, fmt.Errorf("report: %w", err)
	}
	picture, err := qr.PNG()
	if err != nil {
		return office.Corner{}, fmt.Errorf("report: %w", err)
	}
	return office.Corner{Picture: picture, Name: "二维码：" + m.Link(), Lines: lines}, nil
}

// withImprint adds the line of the imprint as the last below a table.
func withImprint(m proof.Imprint, notes ...string) []string {
	if line := m.Line(); line != "" {
		return append(notes, line)
	}
	return notes
}
