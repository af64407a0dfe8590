package web

import (
	"io"
	"net/http"

	"bihuan/org"
	"bihuan/report"
)

// importTemplate answers GET /import/template.xlsx: an empty ledger for a village to fill in and hand back.
func (s *Server) importTemplate(w http.ResponseWriter, _ *http.Request, v *visit) error {
	if !v.Who.May(org.Import) {
		return org.Denied{Who: v.Who, Action: org.Import}
	}
	head := report.Head{Unit: v.Who.Unit.Name, AsOf: v.Now}
	return download(w, "整改台账（空表）.xlsx", report.XlsxType, func(w io.Writer) error { return report.Template(w, head, nil) })
}
