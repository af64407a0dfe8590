package web

import (
	"bytes"
	"mime"
	"net/http"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
)

// templateRows is how many empty rows the template for village ledgers has.
const templateRows = 60

// importTemplate gives out an empty ledger for a village to fill in. Its heads are those that the reader knows best.
func (s *Server) importTemplate(w http.ResponseWriter, _ *http.Request, v *visit) error {
	if !v.Who.May(org.Import) {
		return org.Denied{Who: v.Who, Action: org.Import}
	}
	states := make([]string, len(ledger.States))
	for i, x := range ledger.States {
		states[i] = x.Word
	}
	sheet := office.Sheet{
		Name: "整改台账", Title: "巡察反馈问题整改台账", FrozenColumns: 2, Blank: templateRows,
		Notes: []string{"一行写一条措施；同一个问题有几条措施，序号和反馈问题各行照写。时限写到哪一天，如 2026年4月30日前。"},
		Table: office.Table{Columns: []office.Column{
			{Title: "序号", Width: 4, Align: office.AlignCenter}, {Title: "反馈问题", Width: 16}, {Title: "具体表现", Width: 18}, {Title: "整改措施", Width: 24},
			{Title: "责任领导", Width: 6, Align: office.AlignCenter}, {Title: "责任单位", Width: 9}, {Title: "责任人", Width: 6, Align: office.AlignCenter},
			{Title: "完成时限", Width: 10}, {Title: "整改进展", Width: 16}, {Title: "整改状态", Width: 8, Align: office.AlignCenter, Choices: states},
		}},
	}
	var b bytes.Buffer
	if err := office.WriteXlsx(&b, office.Book{Sheets: []office.Sheet{sheet}, Title: sheet.Title}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "村级整改台账（空表）.xlsx"}))
	_, _ = w.Write(b.Bytes())
	return nil
}
