package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/store"
	"crypto/sha256"
)

// importPage asks for a document and what it is for, and lists the imports under way.
type importPage struct {
	frame
	Kind    string // ledger.NewPlan ledger.Revision ledger.Merge
	Unit    int64
	Plan    int64
	Units   []unitChoice
	Plans   []planChoice
	Open    []openImport
	Problem *importProblem
}

// unitChoice is a unit that a plan may be imported for.
type unitChoice struct {
	ID   int64
	Name string // indented by its depth
}

// openImport is an import that waits to be looked at.
type openImport struct {
	ledger.ImportHead
	KindWord, When string
}

// importProblem says why a document was not taken, and what to do.
type importProblem struct {
	Head, What, Do string
	Link, LinkWord string
	Rows           []ledger.RowError
	More           int // rows that are not shown
}

// mostRowErrors is how many wrong cells a page lists; who has more corrects these first.
const mostRowErrors = 200

func (s *Server) importNew(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	up := ledger.Upload{Kind: q.Get("kind")}
	up.Unit, _ = strconv.ParseInt(q.Get("unit"), 10, 64)
	up.Plan, _ = strconv.ParseInt(q.Get("plan"), 10, 64)
	return s.renderImport(w, r, v, up, http.StatusOK, nil)
}

// renderImport shows the form, with the choices made so far.
func (s *Server) renderImport(w http.ResponseWriter, r *http.Request, v *visit, up ledger.Upload, status int, problem *importProblem) error {
	if !v.Who.May(org.Import) {
		return org.Denied{Who: v.Who, Action: org.Import}
	}
	p := importPage{frame: s.frame(v, "import", "导入方案"), Kind: up.Kind, Unit: up.Unit, Plan: up.Plan, Problem: problem}
	if importKinds[p.Kind] == "" {
		p.Kind = ledger.NewPlan
	}
	if p.Unit == 0 {
		p.Unit = v.Who.Unit.ID
	}
	units, err := org.Seen(r.Context(), s.db, v.Who)
	if err != nil {
		return err
	}
	top := len(v.Who.Unit.Ancestors())
	for _, u := range units {
		p.Units = append(p.Units, unitChoice{u.ID, strings.Repeat("　", max(len(u.Ancestors())-top, 0)) + u.Name})
	}
	if p.Plans, err = s.plans(r.Context(), v); err != nil {
		return err
	}
	if len(p.Plans) == 0 {
		p.Kind = ledger.NewPlan // there is nothing to revise
	}
	open, err := ledger.OpenImports(r.Context(), s.db, v.Who)
	if err != nil {
		return err
	}
	for _, h := range open {
		p.Open = append(p.Open, openImport{h, importKinds[h.Kind], clock(h.Created, v.Today)})
	}
	return s.render(w, status, "import", p)
}

// importCreate takes an uploaded document. What cannot be taken leaves nothing behind and is said above the form.
func (s *Server) importCreate(w http.ResponseWriter, r *http.Request, v *visit) error {
	if !v.Who.May(org.Import) {
		return org.Denied{Who: v.Who, Action: org.Import}
	}
	up, err := readUpload(r)
	if err == nil {
		var id int64
		if id, err = s.startImport(r.Context(), v, up); err == nil {
			http.Redirect(w, r, fmt.Sprintf("/import/%d", id), http.StatusSeeOther)
			return nil
		}
	}
	problem := problemOf(err, v.Today)
	if problem == nil {
		return err
	}
	status, _, _ := shown(err)
	if errors.Is(err, errNoFile) {
		status = http.StatusUnprocessableEntity
	}
	return s.renderImport(w, r, v, up, status, problem)
}

func (s *Server) startImport(ctx context.Context, v *visit, up ledger.Upload) (int64, error) {
	done, err := s.takePlace(ctx) // reading is the heaviest thing the program does
	if err != nil {
		return 0, err
	}
	defer done()
	if up.Kind != ledger.NewPlan {
		up.Unit = v.Who.Unit.ID // the plan says whose it is
	}
	return ledger.StartImport(ctx, s.db, s.files, v.Who, up)
}

var errNoFile = errors.New("web: no file was chosen")

// readUpload streams a form with one file. What was read before an error is returned with it.
func readUpload(r *http.Request) (ledger.Upload, error) {
	var up ledger.Upload
	if r.ContentLength > maxForm {
		return up, &http.MaxBytesError{Limit: maxForm} // before the first byte is taken
	}
	form, err := r.MultipartReader()
	if err != nil {
		return up, errBadForm
	}
	have := false
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err == nil {
			var file bool
			file, err = readPart(&up, part)
			have = have || file
		}
		if err != nil {
			var long *http.MaxBytesError
			if errors.As(err, &long) {
				return up, err
			}
			return up, errBadForm // the connection broke off, or this is no form
		}
	}
	if !have {
		return up, errNoFile
	}
	return up, nil
}

// readPart reads one part of the form: a short field, or the file.
func readPart(up *ledger.Upload, part *multipart.Part) (file bool, err error) {
	if part.FormName() == "file" {
		if part.FileName() == "" {
			return false, nil
		}
		up.Name = evidence.FileName(part.FileName())
		up.Data, err = io.ReadAll(part)
		return true, err
	}
	value, err := io.ReadAll(io.LimitReader(part, 64))
	if err != nil {
		return false, err
	}
	switch part.FormName() {
	case "kind":
		up.Kind = string(value)
	case "unit":
		up.Unit, _ = strconv.ParseInt(string(value), 10, 64)
	case "plan":
		up.Plan, _ = strconv.ParseInt(string(value), 10, 64)
	}
	return false, nil
}

// problemOf turns an error into what is said above the form, or nil when it is not about the document.
func problemOf(err error, today string) *importProblem {
	var unreadable *office.Error
	var duplicate ledger.Duplicate
	var rows ledger.RowErrors
	var invalid ledger.Invalid
	var denied org.Denied
	var long *http.MaxBytesError
	switch {
	case errors.Is(err, errNoFile):
		return &importProblem{Head: "没有选文件", What: "没有收到文件，什么也没有导入", Do: "请点“选择文件”，选好方案或台账后再上传。"}
	case errors.As(err, &long):
		return &importProblem{Head: "文件太大", What: "文件超过 32 MB，什么也没有导入", Do: "方案一般不到 1 MB，多半是夹了图片。请在 Word 里删去图片或压缩图片，另存后再上传。"}
	case errors.As(err, &duplicate):
		p := &importProblem{Head: "这份文件已经传过", What: duplicate.Error(), Link: fmt.Sprintf("/import/%d", duplicate.Import), LinkWord: "接着核对"}
		if duplicate.State == "confirmed" {
			p.LinkWord = "看那一次导入"
		}
		return p
	case errors.As(err, &rows):
		p := &importProblem{Head: "没有并入", What: fmt.Sprintf("表里有 %d 处要改，一行也没有并入", len(rows)), Do: "请照下面在表格里逐处改好，再上传一次。", Rows: rows}
		if len(rows) > mostRowErrors {
			p.Rows, p.More = rows[:mostRowErrors], len(rows)-mostRowErrors
		}
		return p
	case errors.As(err, &unreadable):
		return &importProblem{Head: "读不了这份文件", What: unreadable.What, Do: unreadable.Do}
	case errors.As(err, &invalid):
		return &importProblem{Head: "没有导入", What: invalid.Field + "：" + invalid.What}
	case errors.As(err, &denied):
		return &importProblem{Head: "不能替这个单位导入", What: denied.Error()}
	case errors.Is(err, store.ErrNotFound):
		return &importProblem{Head: "没有导入", What: "所选的单位或方案已经不在", Do: "请重新选择后再上传。"}
	}
	return nil
}

// importConfirm puts an import in force.
func (s *Server) importConfirm(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, version, err := importForm(w, r)
	if err != nil {
		return err
	}
	i, err := s.importOf(r, v, id)
	if err != nil {
		return err
	}
	if i.State == "confirmed" { // pressed twice
		return s.done(w, r, fmt.Sprintf("/ledger?plan=%d", i.Plan), "这份文件已经导入")
	}
	planID, err := ledger.Confirm(r.Context(), s.db, v.Who, id, version)
	var stale ledger.Stale
	if errors.As(err, &stale) {
		return s.renderConfirm(w, r, v, i, http.StatusConflict, fmt.Sprintf("没有导入：%s，%s刚做过更正。请看过下面现在的内容再确认。", clock(stale.At, v.Today), stale.By))
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/ledger?plan=%d", planID), "已导入，台账从现在起以它为准")
}

// importDrop gives an import up.
func (s *Server) importDrop(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, version, err := importForm(w, r)
	if err != nil {
		return err
	}
	if _, err := s.importOf(r, v, id); err != nil {
		return err
	}
	if err := ledger.DropImport(r.Context(), s.db, v.Who, id, version); err != nil {
		return err
	}
	return s.done(w, r, "/import", "已放弃这次导入，台账没有变化")
}

// importForm reads a form that has only a version.
func importForm(w http.ResponseWriter, r *http.Request) (id, version int64, err error) {
	if id, err = importID(r); err != nil {
		return 0, 0, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	if err := r.ParseForm(); err != nil {
		return 0, 0, errBadForm
	}
	if version, err = strconv.ParseInt(r.PostForm.Get("version"), 10, 64); err != nil {
		return 0, 0, errBadForm
	}
	return id, version, nil
}

// file gives out a document as it came in: one of an import, or of a version of a plan, that the asker may see.
func (s *Server) file(w http.ResponseWriter, r *http.Request, v *visit) error {
	hash, q := r.PathValue("hash"), r.URL.Query()
	name := ""
	if id, err := strconv.ParseInt(q.Get("import"), 10, 64); err == nil {
		i, err := s.importOf(r, v, id)
		if err != nil {
			return err
		}
		if i.File == hash {
			name = i.Name
		}
	}
	if id, err := strconv.ParseInt(q.Get("plan"), 10, 64); err == nil {
		if _, err := ledger.PlanByID(r.Context(), s.db, v.Who, id); err != nil {
			return err
		}
		versions, err := ledger.Versions(r.Context(), s.db, id)
		if err != nil {
			return err
		}
		for _, x := range versions {
			if x.File == hash {
				name = x.Name
			}
		}
	}
	if name == "" || len(hash) != 2*sha256.Size {
		return store.ErrNotFound
	}
	return s.sendFile(w, r, hash, name, "application/octet-stream", true) // never shown in the browser: it is somebody else's content
}
