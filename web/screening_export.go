package web

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"bihuan/lead"
	"bihuan/office"
	"bihuan/org"
	"bihuan/report"
	"bihuan/screening"
	"bihuan/vault"
)

// screeningXlsx answers POST /screening/{id}/hits.xlsx: the hits, marked with who took them and what for.
func (s *Server) screeningXlsx(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	run, err := s.screeningOf(r, v, residents)
	if err != nil {
		return err
	}
	town, err := org.UnitByID(r.Context(), s.db, run.Unit)
	if err != nil {
		return err
	}
	done, err := s.takeExport(r.Context())
	if err != nil {
		return err
	}
	defer done()
	run, hits, err := lead.HitsOf(r.Context(), residents, s.db, v.Who, run.ID)
	if err != nil {
		return err
	}
	people := map[string]bool{}
	for _, h := range hits {
		people[h.Number] = true
	}
	whole := form.Get("whole") == "1"
	mark, err := residents.Export(r.Context(), v.Who, town, vault.Export{Name: run.Title() + "疑点清单", Purpose: form.Get("purpose"), People: len(people), Whole: whole})
	if bad, ok := errors.AsType[org.Invalid](err); ok {
		return s.renderScreening(w, r, v, residents, http.StatusUnprocessableEntity, screeningPage{Run: run, Purpose: form.Get("purpose"), Problems: map[string]string{bad.Field: bad.What}})
	}
	if err != nil {
		return err
	}
	book := mark.Book(hitBook(run, hits, whole))
	return download(w, town.Name+run.Title()+"疑点清单.xlsx", report.XlsxType, func(w io.Writer) error { return office.WriteXlsx(w, book) })
}

// hitBook is the hits of a screening as a workbook, a sheet for each rule that found something.
func hitBook(run lead.Screening, hits []lead.KeptHit, whole bool) office.Book {
	book := office.Book{Title: run.Title() + "疑点清单"}
	for _, c := range run.Counts {
		sheet := office.Sheet{Name: c.Rule + c.Name, Title: c.Rule + "　" + c.Name, Line: office.Line{Left: run.Title(), Right: "截至 " + shortDate(run.AsOf, "")}, FrozenColumns: 2,
			Notes: []string{"疑点只是线索，核实后由有权机关决定。"}}
		sheet.Table.Columns = []office.Column{{Title: "序号", Width: 4, Align: office.AlignCenter}, {Title: "姓名", Width: 6}, {Title: "身份证号", Width: 11}, {Title: "村", Width: 7}, {Title: "户号", Width: 6}, {Title: "状态", Width: 5}, {Title: "理由", Width: 32}, {Title: "金额（元）", Width: 6, Align: office.AlignRight}, {Title: "出处", Width: 24}}
		for _, h := range hits {
			if h.Rule != c.Rule {
				continue
			}
			number, state, amount := vault.MaskNumber(h.Number), "疑点", ""
			if whole {
				number = h.Number
			}
			if h.Certainty == screening.Manual {
				state = "待人工"
			}
			if h.Amount != 0 {
				amount = screening.Yuan(h.Amount).String()
			}
			sheet.Table.Rows = append(sheet.Table.Rows, office.Cells(strconv.Itoa(len(sheet.Table.Rows)+1), h.Name, number, h.Place, h.Household, state, h.Why, amount, strings.Join(h.Places(), "\n")))
		}
		if len(sheet.Table.Rows) > 0 {
			book.Sheets = append(book.Sheets, sheet)
		}
	}
	if len(book.Sheets) == 0 {
		book.Sheets = []office.Sheet{{Name: "疑点", Title: "没有疑点", Table: office.Table{Columns: []office.Column{{Title: "说明"}}}}}
	}
	return book
}
