package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/backup"
	"bihuan/benefit"
	"bihuan/chinese"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// datasetNewAddress is where lists are handed in, in forms larger than any other.
const datasetNewAddress = "/dataset/new"

// Whoever hands in a list of 256 MB over a slow line needs so long.
const datasetPatience = 30 * time.Minute

// datasetsPage lists the lists: what each is for and when it is deleted.
type datasetsPage struct {
	frame
	Rows   []datasetRow
	Gone   []datasetRow
	MayAdd bool
}

// datasetRow is a dataset in the list.
type datasetRow struct {
	lead.Dataset
	Light    light
	Town     string // empty where there is only one
	Rows     string
	On, Ends string
}

// datasetLight says how far a dataset is, and when it will be deleted.
func datasetLight(d lead.Dataset, today string) light {
	left := 0
	if by, err := time.Parse(time.DateOnly, d.DeleteBy); err == nil {
		now, _ := time.Parse(time.DateOnly, today)
		left = int(by.Sub(now).Hours() / 24)
	}
	switch {
	case d.State == lead.DatasetDeleted:
		return light{Kind: "none", Word: "已删除", Why: d.DeletedWhy}
	case d.State == lead.DatasetPreview:
		return light{Kind: "wait", Word: "待确认列", Why: "7 天内不确认，自动删除"}
	case left <= 14:
		return light{Kind: "soon", Word: fmt.Sprintf("%d 天后删除", max(left, 0))}
	}
	return light{Kind: "done", Word: "可用"}
}

// rowWords writes how many rows about people a list has; somebody may have several.
func rowWords(d lead.Dataset) string {
	if d.Rows < 0 {
		return backup.Bytes(d.Size)
	}
	return manyWords(d.Rows) + " 行"
}

// manyWords writes a number that may be large: 1,204.
func manyWords(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// shorterWords says by how much a list is shorter than the one before; empty when it is not.
func shorterWords(s lead.Shorter, today string) string {
	if s.Before == "" {
		return ""
	}
	words := fmt.Sprintf("比上一份（%s）少 %s 行（%d%%）", shortDate(s.Before, today), manyWords(s.Less()), s.Percent())
	if s.Files > 1 {
		words = fmt.Sprintf("这一天的 %d 份合起来，", s.Files) + words
	}
	return words
}

func (s *Server) datasetsShow(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	ctx := r.Context()
	if err := lead.Expire(ctx, residents); err != nil {
		s.log.ErrorContext(ctx, "expire", "error", err) // the nightly turn tries again
	}
	list, err := lead.Datasets(ctx, residents, s.db, v.Who)
	if err != nil {
		return err
	}
	towns, err := lead.Towns(ctx, s.db, v.Who, org.Residents)
	if err != nil {
		return err
	}
	p := datasetsPage{frame: s.benefitFrame(v, "dataset", "数据集"), MayAdd: v.Who.May(org.Screen)}
	for _, d := range list {
		row := datasetRow{Dataset: d, Light: datasetLight(d, v.Today), Rows: rowWords(d), On: shortDate(d.AsOf, v.Today), Ends: shortDate(d.DeleteBy, v.Today)}
		if i := slices.IndexFunc(towns, func(u org.Unit) bool { return u.ID == d.Unit }); i >= 0 && len(towns) > 1 {
			row.Town = towns[i].Name
		}
		if d.State == lead.DatasetDeleted {
			row.Ends = clock(d.Deleted, v.Today)
			p.Gone = append(p.Gone, row)
		} else {
			p.Rows = append(p.Rows, row)
		}
	}
	return s.render(w, http.StatusOK, "datasets", p)
}

// listChoice is a kind of list to choose.
type listChoice struct {
	Kind    screening.Kind
	Current bool
}

func listChoices(current screening.Kind) []listChoice {
	var list []listChoice
	for _, k := range screening.Kinds {
		list = append(list, listChoice{k, k == current})
	}
	return list
}

// datasetForm asks for a list and what must be known of it.
type datasetForm struct {
	frame
	Towns    []org.Unit
	In       lead.Incoming
	Kinds    []listChoice
	Today    string
	Default  string // when it is deleted if nobody says otherwise
	Problems map[string]string
	Problem  string // of no field
	Same     int64  // the dataset that has the same file
}

func (s *Server) datasetNew(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	in := lead.Incoming{}
	if id := formID(r.URL.Query().Get("like")); id != 0 { // the next list of the same giver
		d, err := lead.DatasetByID(r.Context(), residents, s.db, v.Who, id)
		if err != nil {
			return err
		}
		in = lead.Incoming{Unit: d.Unit, Kind: d.Kind, Giver: d.Giver, Ground: d.Ground, Purpose: d.Purpose, Assessment: d.Assessment}
	}
	return s.renderDatasetForm(w, r, v, http.StatusOK, datasetForm{In: in})
}

func (s *Server) renderDatasetForm(w http.ResponseWriter, r *http.Request, v *visit, status int, p datasetForm) (err error) {
	if p.Towns, err = lead.Towns(r.Context(), s.db, v.Who, org.Screen); err != nil {
		return err
	}
	if len(p.Towns) == 0 {
		return org.Denied{Who: v.Who, Action: org.Screen}
	}
	p.frame = s.benefitFrame(v, "dataset", "导入名单")
	p.Kinds, p.Today, p.Default = listChoices(p.In.Kind), v.Today, lead.DeleteBy(v.Today, v.Today)
	return s.render(w, status, "dataset-new", p)
}

func (s *Server) datasetAdd(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	if !v.Who.May(org.Screen) {
		return org.Denied{Who: v.Who, Action: org.Screen}
	}
	control := http.NewResponseController(w)
	// A server without deadlines has none to move.
	_ = control.SetReadDeadline(time.Now().Add(datasetPatience))
	_ = control.SetWriteDeadline(time.Now().Add(datasetPatience + 5*time.Minute))
	form, content, name, err := readDataset(r)
	if content != nil {
		defer content.Close()
	}
	in := lead.Incoming{Unit: formID(form.Get("unit")), Kind: screening.Kind(form.Get("kind")), Name: name, Content: content, Giver: form.Get("giver"), Ground: form.Get("ground"),
		Letter: form.Get("letter"), NoLetter: form.Get("no_letter"), Purpose: form.Get("purpose"), AsOf: form.Get("as_of"), DeleteBy: form.Get("delete_by"), Assessment: form.Get("assessment")}
	var id int64
	if err == nil {
		var done func()
		if done, err = s.takePlace(r.Context()); err != nil {
			return err
		}
		id, err = lead.AddDataset(r.Context(), residents, s.db, v.Who, in)
		done()
	}
	p := datasetForm{In: in, Problems: map[string]string{}}
	var same lead.SameFile
	switch bad, refused := errors.AsType[org.Invalid](err); {
	case refused:
		p.Problems[bad.Field] = bad.What
		return s.renderDatasetForm(w, r, v, http.StatusUnprocessableEntity, p)
	case errors.As(err, &same):
		p.Problem, p.Same = same.Error(), same.Dataset.ID
		return s.renderDatasetForm(w, r, v, http.StatusConflict, p)
	case err != nil:
		return err
	}
	d, err := lead.DatasetByID(r.Context(), residents, s.db, v.Who, id)
	if err != nil {
		return err
	}
	if d.State == lead.DatasetReady {
		return s.done(w, r, fmt.Sprintf("/dataset/%d", id), "已导入，按"+d.Mapped+"列读，可以筛查了")
	}
	return s.done(w, r, fmt.Sprintf("/dataset/%d", id), "已导入。请看看每一列认得对不对，再确认")
}

// readDataset reads the form of a list. The list itself is taken into a spool, never to the disk as it is.
func readDataset(r *http.Request) (form url.Values, content *vault.Spool, name string, err error) {
	form = url.Values{}
	large := org.Invalid{Field: "文件", What: "超过 256 MB，没有导入。请按村或按月分成几个文件"}
	parts, err := r.MultipartReader()
	if err != nil {
		return form, nil, "", errBadForm
	}
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return form, content, name, nil
		}
		if errors.As(err, new(*http.MaxBytesError)) {
			return form, content, name, large
		}
		if err != nil {
			return form, content, name, formError(err)
		}
		if part.FormName() != "file" {
			value, err := io.ReadAll(io.LimitReader(part, mostTyped))
			if err != nil {
				return form, content, name, formError(err)
			}
			form.Set(part.FormName(), strings.ToValidUTF8(string(value), ""))
			continue
		}
		if part.FileName() == "" || content != nil {
			continue
		}
		name = evidence.FileName(part.FileName())
		content, err = vault.NewSpool(part, lead.MostDataset)
		if errors.Is(err, vault.ErrLarge) || errors.As(err, new(*http.MaxBytesError)) {
			return form, nil, name, large
		}
		if err != nil {
			return form, nil, name, formError(err)
		}
	}
}

// datasetPage is one list: what it is, which column holds what, and what may be done with it.
type datasetPage struct {
	frame
	Dataset    lead.Dataset
	Light      light
	Facts      []fact
	MayScreen  bool
	Kind       screening.Kind // that it is shown as
	Kinds      []listChoice
	Guesses    string // what it may be besides
	Groups     []sheetGroup
	Notes      []string
	Sensitive  string // what of it needs an impact assessment
	Assessment string
	Problems   map[string]string
	Problem    string
	History    []event
	Likewise   string            // address of the form for the next list of the same giver
	Programmes []programmeChoice // of which the roll may be payments
	Recorded   *recordedView
}

// sheetGroup is some sheets with the same headers.
type sheetGroup struct {
	N       int
	Names   string
	Rows    string
	First   int // row of the first person
	Found   bool
	Columns []columnRow
	Missing string // fields that were not found
}

// columnRow is a column of a list and what it is taken for.
type columnRow struct {
	Name    string // of its field in the form
	Letter  string
	Header  string
	Sample  []string
	Options []fieldOption
	Sure    bool
}

// fieldOption is a field that a column may hold.
type fieldOption struct {
	Field   screening.Field
	Current bool
}

// groupSheets puts sheets with the same headers together.
func groupSheets(look screening.Inspection) [][]screening.InspectedSheet {
	var groups [][]screening.InspectedSheet
	at := map[string]int{}
	for _, sheet := range look.Sheets {
		if sheet.Hidden || len(sheet.Columns) == 0 {
			continue
		}
		key := fmt.Sprint(sheet.Found, lead.HeadersOf(sheet))
		i, known := at[key]
		if !known {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], sheet)
	}
	return groups
}

// maskedCell is a cell of a list as a screen shows it: what may be a number of a citizen, an account or a phone is masked.
func maskedCell(text string) string {
	digits := 0
	for _, r := range text {
		if r = chinese.Fold(r); r >= '0' && r <= '9' || r == 'x' || r == 'X' || r == '*' {
			digits++
		} else if r != ' ' && r != '\'' && r != '’' {
			if digits < 9 {
				digits = 0
			}
		}
	}
	if w := chinese.ReadID(text); digits >= 9 || w.Number != 0 || w.Flaw == chinese.Rounded {
		return vault.MaskNumber(text)
	}
	return brief(text, 24)
}

func sheetGroups(look screening.Inspection, kind screening.Kind) []sheetGroup {
	var list []sheetGroup
	for i, sheets := range groupSheets(look) {
		one := sheets[0]
		g := sheetGroup{N: len(sheets), First: one.First, Found: one.Found}
		var names []string
		rows := 0
		for _, sheet := range sheets {
			if sheet.Name != "" {
				names = append(names, sheet.Name)
			}
			if rows += sheet.Rows; sheet.Rows < 0 {
				rows = -1 << 40
			}
		}
		if rows >= 0 && one.Found {
			g.Rows = manyWords(int64(rows)) + " 行"
		}
		if g.Names = strings.Join(names[:min(len(names), 3)], "、"); len(names) > 3 {
			g.Names += fmt.Sprintf(" 等 %d 个", len(names))
		}
		found := map[screening.Field]bool{}
		for _, c := range one.Columns {
			row := columnRow{Name: fmt.Sprintf("c%d_%d", i, c.Index), Letter: c.Letter, Header: strings.ReplaceAll(c.Header, "\n", ""), Sure: c.Sure}
			for _, text := range c.Sample[:min(len(c.Sample), 3)] {
				row.Sample = append(row.Sample, maskedCell(text))
			}
			for _, f := range kind.Fields() {
				row.Options = append(row.Options, fieldOption{f, f == c.Field})
			}
			found[c.Field] = true
			g.Columns = append(g.Columns, row)
		}
		var missing []string
		for _, f := range kind.Fields() {
			if !found[f] {
				missing = append(missing, string(f))
			}
		}
		g.Missing = strings.Join(missing, "、")
		list = append(list, g)
	}
	return list
}

// datasetOf reads the dataset of an address.
func (s *Server) datasetOf(r *http.Request, v *visit, residents *vault.Vault) (lead.Dataset, error) {
	id, err := pathID(r)
	if err != nil {
		return lead.Dataset{}, err
	}
	return lead.DatasetByID(r.Context(), residents, s.db, v.Who, id)
}

func (s *Server) datasetShow(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	if err := lead.Expire(r.Context(), residents); err != nil {
		s.log.ErrorContext(r.Context(), "expire", "error", err)
	}
	d, err := s.datasetOf(r, v, residents)
	if err != nil {
		return err
	}
	p := datasetPage{Dataset: d, Kind: d.Kind, Assessment: d.Assessment}
	if k := screening.Kind(r.URL.Query().Get("kind")); len(k.Fields()) > 0 {
		p.Kind = k
	}
	return s.renderDataset(w, r, v, residents, http.StatusOK, p)
}

func (s *Server) renderDataset(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault, status int, p datasetPage) (err error) {
	ctx, d := r.Context(), p.Dataset
	town, err := org.UnitByID(ctx, s.db, d.Unit)
	if err != nil {
		return err
	}
	p.frame = s.benefitFrame(v, "dataset", d.Kind.Word())
	p.Light, p.MayScreen = datasetLight(d, v.Today), v.Who.Check(org.Screen, town) == nil
	p.Likewise = fmt.Sprintf("/dataset/new?like=%d", d.ID)
	p.Facts = []fact{{Word: "给出单位", Text: d.Giver}, {Word: "依据", Text: d.Ground}, {Word: "函号", Text: d.Letter}, {Word: "用途", Text: d.Purpose}, {Word: "数据日期", Text: shortDate(d.AsOf, "")}}
	if d.Assessment != "" {
		p.Facts = append(p.Facts, fact{Word: "影响评估", Text: d.Assessment})
	}
	if d.State == lead.DatasetDeleted {
		p.Facts = append(p.Facts, fact{"已删除", clock(d.Deleted, v.Today), d.DeletedWhy})
	} else {
		p.Facts = append(p.Facts, fact{"删除日期", shortDate(d.DeleteBy, ""), "到那天程序自动删除，只留这张卡片"})
	}
	p.Facts = append(p.Facts, fact{"文件", d.Name, backup.Bytes(d.Size) + "，" + rowWords(d)}, fact{"指纹", d.Hash[:16] + "…", "SHA-256 " + d.Hash})
	if d.State != lead.DatasetDeleted {
		done, err := s.takePlace(ctx)
		if err != nil {
			return err
		}
		look, err := lead.Look(ctx, residents, d, p.Kind)
		done()
		if err != nil {
			return err
		}
		p.Groups, p.Notes, p.Kinds = sheetGroups(look, p.Kind), look.Notes, listChoices(p.Kind)
		var guesses []string
		for _, k := range look.Kinds {
			if k != p.Kind && len(guesses) < 2 {
				guesses = append(guesses, k.Word())
			}
		}
		p.Guesses = strings.Join(guesses, "或")
		m := lead.Mapping{}
		for _, sheet := range look.Sheets {
			m[sheet.Name] = lead.Whole(p.Kind, sheet)
		}
		p.Sensitive = lead.Sensitive(p.Kind, m)
		less, err := lead.ShorterThanBefore(ctx, residents, d)
		if err != nil {
			return err
		}
		if words := shorterWords(less, v.Today); words != "" {
			p.Notes = append([]string{words + "。请核对是不是少了一个村、一个表；确实只有这些的，不用管"}, p.Notes...)
		}
	}
	if d.State == lead.DatasetReady && d.Kind == screening.Roll && v.Who.Check(org.Programme, town) == nil {
		if p.Programmes, err = s.ageProgrammes(ctx, v, residents, town); err != nil {
			return err
		}
	}
	entries, err := journal.Of(ctx, residents, "dataset", d.ID, historyLimit)
	if err != nil {
		return err
	}
	for _, e := range entries {
		e.Changes = slices.DeleteFunc(e.Changes, func(c journal.Change) bool {
			return e.Verb == "导入" && c.Field != "名单种类" || c.Field == "SHA-256" || c.From == "" && c.To == ""
		}) // they stand beside
		p.History = append(p.History, newEvent(e, v.Today))
	}
	return s.render(w, status, "dataset", p)
}

func (s *Server) datasetConfirm(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	d, err := s.datasetOf(r, v, residents)
	if err != nil {
		return err
	}
	kind := screening.Kind(form.Get("kind"))
	if len(kind.Fields()) == 0 || d.State == lead.DatasetDeleted {
		return errBadForm
	}
	p := datasetPage{Dataset: d, Kind: kind, Assessment: form.Get("assessment"), Problems: map[string]string{}}
	m, err := s.typedMapping(r.Context(), residents, d, kind, form)
	if err == nil {
		err = lead.ConfirmDataset(r.Context(), residents, s.db, v.Who, d.ID, version, lead.Confirmation{Kind: kind, Assessment: p.Assessment, Mapping: m})
	}
	if bad, ok := errors.AsType[org.Invalid](err); ok {
		p.Problems[bad.Field] = bad.What
		if m != nil {
			p.Dataset.Kind, p.Dataset.Mapping = kind, m // what was typed stays
		}
		return s.renderDataset(w, r, v, residents, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/dataset/%d", d.ID), "已确认，可以筛查了。下次同一单位给的同样表头，程序照这样读")
}

// typedMapping reads from a form which column of which sheet holds what.
func (s *Server) typedMapping(ctx context.Context, residents *vault.Vault, d lead.Dataset, kind screening.Kind, form url.Values) (lead.Mapping, error) {
	look, err := lead.Look(ctx, residents, d, kind)
	if err != nil {
		return nil, err
	}
	m := lead.Mapping{}
	for i, sheets := range groupSheets(look) {
		o := screening.Override{}
		for _, f := range kind.Fields() {
			o[f] = ""
		}
		said := false
		for _, c := range sheets[0].Columns {
			f := screening.Field(form.Get(fmt.Sprintf("c%d_%d", i, c.Index)))
			if f == "" {
				continue
			}
			if h, known := o[f]; !known {
				return nil, errBadForm
			} else if h != "" {
				return nil, org.Invalid{Field: "列的对应", What: fmt.Sprintf("有两列都选了“%s”，请只留一列", f)}
			}
			o[f] = sheets[0].Override(c.Index)
			said = true
		}
		if !said && !sheets[0].Found {
			continue // a sheet that is no list
		}
		for _, sheet := range sheets {
			m[sheet.Name] = o
		}
	}
	return m, nil
}

func (s *Server) datasetDelete(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	d, err := s.datasetOf(r, v, residents)
	if err != nil {
		return err
	}
	err = lead.DeleteDataset(r.Context(), residents, s.db, v.Who, d.ID, version, form.Get("reason"))
	if bad, ok := errors.AsType[org.Invalid](err); ok {
		return s.renderDataset(w, r, v, residents, http.StatusUnprocessableEntity, datasetPage{Dataset: d, Kind: d.Kind, Assessment: d.Assessment, Problems: map[string]string{bad.Field: bad.What}})
	}
	if errors.Is(err, store.ErrBusy) { // the list is gone; what the files of the database hold of it goes at night
		err = nil
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/dataset", "已删除，名单内容不能恢复；来源、用途和指纹仍留着")
}

// recordedView says what came of recording a roll as payments.
type recordedView struct {
	lead.Recorded
	New, Same       int
	MoreDifferences int // that are not listed
	MoreLeft        int
}

// mostRecorded is how many lines about a recording a page lists.
const mostRecorded = 100

// datasetRecord answers POST /dataset/{id}/payments: a confirmed roll becomes payments.
func (s *Server) datasetRecord(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	d, err := s.datasetOf(r, v, residents)
	if err != nil {
		return err
	}
	p := datasetPage{Dataset: d, Kind: d.Kind, Assessment: d.Assessment, Problems: map[string]string{}}
	done, err := s.takePlace(r.Context())
	if err != nil {
		return err
	}
	recorded, err := lead.RecordPayments(r.Context(), residents, s.db, v.Who, d.ID, formID(form.Get("programme")), form.Get("day"), form.Get("roll") == "1")
	done()
	var rejected benefit.Rejected
	bad, refused := errors.AsType[org.Invalid](err)
	switch {
	case refused:
		p.Problems[bad.Field] = bad.What
	case errors.As(err, &rejected):
		p.Problems["记入发放"] = rejected.Error()
	case err != nil:
		return err
	default:
		s.followHits(r.Context(), residents)
		p.Recorded = &recordedView{Recorded: recorded}
		p.Recorded.New, p.Recorded.Same = recorded.Sum()
		if n := len(recorded.Differences); n > mostRecorded {
			p.Recorded.Differences, p.Recorded.MoreDifferences = recorded.Differences[:mostRecorded], n-mostRecorded
		}
		if n := len(recorded.Left); n > mostRecorded {
			p.Recorded.Left, p.Recorded.MoreLeft = recorded.Left[:mostRecorded], n-mostRecorded
		}
		return s.renderDataset(w, r, v, residents, http.StatusOK, p)
	}
	return s.renderDataset(w, r, v, residents, http.StatusUnprocessableEntity, p)
}
