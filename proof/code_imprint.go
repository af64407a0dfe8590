package proof

import (
	"fmt"
	"strings"
)

// Imprint is what stands at the foot of a printed paper: its checkpoint code, and where that is looked up. The zero Imprint prints
// nothing.
type Imprint struct {
	Code Code
	Site string // address that people open, without a slash at its end: http://10.1.2.3:8080; empty when nobody has said it
	Kind string // table of what the paper is about, and its row; empty for a paper about no single row
	Row  int64
}

// Subject writes what the paper is about, letter-12, as [ParseSubject] reads it; empty when it is about no single row.
func (m Imprint) Subject() string {
	if m.Kind == "" || m.Row == 0 {
		return ""
	}
	return fmt.Sprintf("%s-%d", m.Kind, m.Row)
}

// ParseSubject reads what [Imprint.Subject] writes.
func ParseSubject(text string) (kind string, row int64, ok bool) {
	kind, number, found := strings.Cut(text, "-")
	if !found || kind == "" || len(kind) > 40 || strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "", 0, false
	}
	if _, err := fmt.Sscanf(number, "%d", &row); err != nil || row < 1 || fmt.Sprint(row) != number {
		return "", 0, false
	}
	return kind, row, true
}

// LongestLink is the longest link in bytes whose QR code a phone still reads at the size of a stamp.
const LongestLink = 180

// Link is what the QR code of the paper holds: the address where the code is looked up. Without a site, or with one whose address is too
// long for a small QR code, it is the code alone.
func (m Imprint) Link() string {
	link := m.Site + "/check/" + m.Code.String()
	if of := m.Subject(); of != "" {
		link += "?of=" + of
	}
	if m.Site == "" || len(link) > LongestLink {
		return m.Code.String()
	}
	return link
}

// Lines are the words beside the QR code, or none.
func (m Imprint) Lines() []string {
	if m.Code == (Code{}) {
		return nil
	}
	how := "在“核验”页输入，可查这份材料的存证"
	if m.Link() != m.Code.String() {
		how = "扫码或" + how
	}
	return []string{"存证码 " + m.Code.String(), how}
}

// Line is the same on one line, for a table that carries no picture.
func (m Imprint) Line() string {
	if m.Code == (Code{}) {
		return ""
	}
	return "存证码 " + m.Code.String() + "　在“核验”页输入，可查这份材料的存证。"
}
