package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"bihuan/office"
	"bihuan/org"
	"bihuan/report"
)

// orgImportPage takes a workbook of units, places and people.
type orgImportPage struct {
	frame
	Problem *importProblem
	Checked *org.ImportResult // what importing would do
	Name    string            // of the file that was checked
	More    int               // lines of it that are not shown
}

// orgImportForm answers GET /org/import.
func (s *Server) orgImportForm(w http.ResponseWriter, _ *http.Request, v *visit) error {
	return s.renderOrgImport(w, v, http.StatusOK, orgImportPage{})
}

func (s *Server) renderOrgImport(w http.ResponseWriter, v *visit, status int, p orgImportPage) error {
	if !v.Who.May(org.Manage) {
		return org.Denied{Who: v.Who, Action: org.Manage}
	}
	p.frame = s.frame(v, "org", "导入单位、地点、人员")
	if p.Checked != nil && len(p.Checked.Said) > mostRowErrors {
		p.More = len(p.Checked.Said) - mostRowErrors
		p.Checked.Said = p.Checked.Said[:mostRowErrors]
	}
	return s.render(w, status, "org-import", p)
}

// orgImport answers POST /org/import: it checks a workbook, and takes it in when that is what was asked. What cannot be taken leaves
// nothing behind and is said above the form. The file is not kept: it holds numbers of people.
func (s *Server) orgImport(w http.ResponseWriter, r *http.Request, v *visit) error {
	if !v.Who.May(org.Manage) {
		return org.Denied{Who: v.Who, Action: org.Manage}
	}
	up, err := readUpload(r)
	var result org.ImportResult
	if err == nil {
		result, err = s.takeBook(r, v, up.Name, up.Data, up.Kind == "apply")
	}
	if problem := orgProblem(err, v.Today); problem != nil {
		status, _, _ := shown(err)
		if errors.Is(err, errNoFile) {
			status = http.StatusUnprocessableEntity
		}
		return s.renderOrgImport(w, v, status, orgImportPage{Problem: problem})
	}
	switch {
	case err != nil:
		return err
	case up.Kind != "apply":
		return s.renderOrgImport(w, v, http.StatusOK, orgImportPage{Checked: &result, Name: up.Name})
	case result.Nothing():
		return s.done(w, r, "/org", "表里写的都已经登记过，没有改动")
	case len(result.Passwords) == 0:
		return s.done(w, r, "/org", importSaid(result))
	}
	return s.renderPasswords(w, r, v, passwordsPage{Heading: "新用户的密码", Back: "/org", Said: importSaid(result) + "。", List: result.Passwords})
}

func (s *Server) takeBook(r *http.Request, v *visit, name string, data []byte, apply bool) (org.ImportResult, error) {
	done, err := s.takePlace(r.Context())
	if err != nil {
		return org.ImportResult{}, err
	}
	defer done()
	doc, err := office.Read(r.Context(), name, data)
	if err != nil {
		return org.ImportResult{}, err
	}
	book, err := org.ReadBook(doc)
	if err != nil {
		return org.ImportResult{}, err
	}
	if apply {
		return org.ImportBook(r.Context(), s.db, v.Who, book)
	}
	return org.CheckBook(r.Context(), s.db, v.Who, book)
}

// importSaid counts what an import has done.
func importSaid(r org.ImportResult) string {
	return fmt.Sprintf("已导入：新登记单位 %d 个、地点 %d 个、人员 %d 人、任职 %d 项，修改 %d 处", r.Units, r.Places, r.Staff, r.Holdings, r.Changed)
}

// orgProblem turns an error of an import into what is said above the form, or nil when it is not about the file.
func orgProblem(err error, today string) *importProblem {
	p := problemOf(err, today)
	switch {
	case p == nil:
	case len(p.Rows) > 0:
		p.Head, p.What = "没有导入", fmt.Sprintf("表里有 %d 处要改，一行也没有导入", len(p.Rows)+p.More)
	case errors.Is(err, errNoFile):
		p.Do = "请点“选择文件”，选好填好的表再上传。"
	}
	return p
}

// orgTemplate answers GET /org/import/template.xlsx: the empty workbook.
func (s *Server) orgTemplate(w http.ResponseWriter, r *http.Request, v *visit) error {
	if !v.Who.May(org.Manage) {
		return org.Denied{Who: v.Who, Action: org.Manage}
	}
	units, err := org.Seen(r.Context(), s.db, v.Who)
	if err != nil {
		return err
	}
	return download(w, "单位地点人员（空表）.xlsx", report.XlsxType, func(w io.Writer) error { return report.OrgTemplate(w, v.Who.Unit.Name, v.Now, units) })
}
