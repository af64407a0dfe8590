package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/plan"
)

// importCheckPage shows what was read beside the document it was read from.
type importCheckPage struct {
	frame
	Import   ledger.Import
	About    string // 栖禾镇整改方案.docx·读出 13 个问题…
	KindWord string
	Open     bool // may still be corrected
	State    string
	Problem  string // where no row is selected
	Parts    []docPart
	Notes    []noteRow // the first few
	MoreNote []noteRow
	Unlisted int // notes that are not listed for their number
	Levels   []noteCount
	Groups   []treeGroup
	Doubts   int
	Warnings []string
	Pages    []readingPage
	Range    string // 第 1–100 个问题，共 300 个
	Change   *changeCount
	Left     int // notes that are gaps or to be decided
}

// noteCount is how many notes of one level there are.
type noteCount struct {
	Light light
	N     int
}

// readingPage leads to a page of a long reading.
type readingPage struct {
	Address, Word string
	Current       bool
}

// changeCount is a difference in numbers.
type changeCount struct{ Added, Changed, Dropped, Same int }

// checkView is how the page of a reading is to be shown.
type checkView struct {
	at      string // row whose form is open
	on      string // row to be in sight
	page    int    // from 1; 0 means the page of at or on
	focus   string
	typed   url.Values // what was typed and refused
	stale   bool       // the reading is not the one it was typed for
	field   string     // that the problem is about
	problem string
	status  int
}

const (
	findingsPerPage = 100
	notesFirst      = 2
	notesMost       = 300
)

func (s *Server) importShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := importID(r)
	if err != nil {
		return err
	}
	i, err := s.importOf(r, v, id)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	switch {
	case i.State == "dropped":
		return s.done(w, r, "/import", "那次导入已放弃，可以重新上传")
	case q.Has("confirm") && i.State == "open":
		return s.renderConfirm(w, r, v, i, http.StatusOK, "")
	case q.Has("panel"):
		return s.renderPanel(w, i, q)
	}
	view := checkView{at: q.Get("at"), on: q.Get("on"), focus: q.Get("field"), status: http.StatusOK}
	view.page, _ = strconv.Atoi(q.Get("page"))
	return s.renderCheck(w, r, v, i, view)
}

// renderPanel gives the form of one row alone, for the script of the page.
func (s *Server) renderPanel(w http.ResponseWriter, i ledger.Import, q url.Values) error {
	p, err := newPanel(i, q.Get("panel"))
	if err != nil || i.State != "open" {
		return err
	}
	p.Focus = q.Get("field")
	return s.renderPart(w, http.StatusOK, "import-check", "panel", p)
}

// renderCheck shows the reading, with the form of one row open where a row is asked for.
func (s *Server) renderCheck(w http.ResponseWriter, r *http.Request, v *visit, i ledger.Import, view checkView) error {
	names, err := org.NamesFor(r.Context(), s.db, i.Unit)
	if err != nil {
		return err
	}
	p := importCheckPage{frame: s.frame(v, "import", "核对导入"), Import: i, KindWord: importKinds[i.Kind], Open: i.State == "open",
		State: i.State, About: aboutReading(i), Warnings: i.Document.Warnings}
	if i.Kind != ledger.NewPlan && p.Open {
		d, err := ledger.Preview(r.Context(), s.db, i)
		if err != nil {
			return err
		}
		p.Change = &changeCount{len(d.Added), len(d.Changed), len(d.Dropped), d.Same}
	}
	p.fill(newReading(i, names, v.Today), view)
	if len(p.Groups) > 60 || len(i.Document.Parts[0].Paragraphs) > 400 {
		p.Body = "long"
	}
	if p.Open && view.at != "" {
		panel, err := newPanel(i, view.at)
		if err == nil {
			view.onto(panel)
			p.open(panel)
		} else if view.problem == "" {
			return err
		}
	}
	if view.at == "" || !p.Open || view.stale {
		p.Problem = view.problem
	}
	return s.render(w, view.status, "import-check", p)
}

// onto puts what was typed and what is wrong with it into the form.
func (view checkView) onto(p *editPanel) {
	p.Focus = view.focus
	if view.typed == nil {
		return
	}
	p.Problem = view.problem
	for _, list := range [][]editField{p.Fields, p.Adds} {
		for k := range list {
			f := &list[k]
			typed := strings.TrimSpace(view.typed.Get(f.Name))
			if view.stale {
				if typed != "" && typed != f.Value {
					p.Typed = append(p.Typed, f.Label+"："+typed)
				}
				continue
			}
			f.Value = typed
			if f.Name == view.field {
				f.Problem, p.Problem, p.Focus = view.problem, "", f.Name
			}
		}
	}
	if view.stale {
		p.Problem = ""
	}
}

// open puts the form below its row.
func (p *importCheckPage) open(panel *editPanel) {
	for g := range p.Groups {
		for k := range p.Groups[g].Rows {
			if row := &p.Groups[g].Rows[k]; row.Spot == panel.Spot {
				row.Panel = panel
				p.Groups[g].Doubt = true // in sight also when only doubtful ones are
			}
		}
	}
}

// fill lays out tree, notes and document of one page of the reading.
func (p *importCheckPage) fill(r *reading, view checkView) {
	total := 0
	for _, s := range r.plan.Sections {
		total += len(s.Findings)
	}
	page := view.page
	if page < 1 {
		page = r.pageOf(view.at)
		if view.at == "" {
			page = r.pageOf(view.on)
		}
	}
	pages := max(1, (total+findingsPerPage-1)/findingsPerPage)
	page = min(page, pages)
	r.page = page

	p.Groups = append(p.Groups, treeGroup{Rows: []treeRow{r.head()}, Doubt: true})
	first, last := docPlace{}, docPlace{len(r.doc.Parts), 0}
	n := 0
	for si, s := range r.plan.Sections {
		heading := r.section(si)
		headed := false
		for fi := range s.Findings {
			g := r.finding(si, fi)
			if n++; (n-1)/findingsPerPage+1 != page {
				continue
			}
			if !headed {
				p.Groups, headed = append(p.Groups, treeGroup{Rows: []treeRow{heading}, Doubt: true}), true
			}
			if g.Doubt {
				p.Doubts++
			}
			p.Groups = append(p.Groups, g)
		}
		if len(s.Findings) == 0 && page == pages {
			p.Groups = append(p.Groups, treeGroup{Rows: []treeRow{heading}, Doubt: true})
		}
	}
	notes := r.notes(notesMost)
	p.Notes, p.Unlisted = notes, len(r.plan.Notes)-len(notes)
	if len(notes) > notesFirst {
		p.Notes, p.MoreNote = notes[:notesFirst], notes[notesFirst:]
	}
	p.Levels = countLevels(r.plan.Notes)
	p.Left = p.Levels[0].N + p.Levels[1].N
	if pages > 1 {
		first, last = r.extent(page, pages)
		p.Range = fmt.Sprintf("第 %d–%d 个问题，共 %d 个", (page-1)*findingsPerPage+1, min(page*findingsPerPage, total), total)
		for k := 1; k <= pages; k++ {
			p.Pages = append(p.Pages, readingPage{fmt.Sprintf("?page=%d", k), fmt.Sprintf("第 %d 页", k), k == page})
		}
	}
	p.Parts = showDocument(r.doc, string(r.plan.Title), r.marker.marks, first, last)
}

// pageOf is the page that shows a row.
func (r *reading) pageOf(code string) int {
	at, _, ok := parseSpot(code)
	if !ok || at.Item == plan.ItemPlan || at.Section >= len(r.plan.Sections) {
		return 1
	}
	n := 0
	for _, s := range r.plan.Sections[:at.Section] {
		n += len(s.Findings)
	}
	if at.Item != plan.ItemSection {
		n += at.Finding
	}
	return n/findingsPerPage + 1
}

// extent is the stretch of the document that a page of findings comes from. The first page begins with the document and the last
// ends with it.
func (r *reading) extent(page, pages int) (first, last docPlace) {
	first, last = docPlace{len(r.doc.Parts), 0}, docPlace{}
	for _, m := range r.marker.marks {
		if m.Spot == "" || m.Spot[0] == 'p' || r.pageOf(m.Spot) != page {
			continue
		}
		at := docPlace{m.part, m.paragraph}
		if at.before(first) {
			first = at
		}
		if last.before(at) {
			last = at
		}
	}
	if page == 1 {
		first = docPlace{}
	}
	if page == pages {
		last = docPlace{len(r.doc.Parts), 0}
	}
	return first, last
}

// aboutReading says in one line what was read.
func aboutReading(i ledger.Import) string {
	findings, manifestations, measures := 0, 0, 0
	for _, s := range i.Reading.Sections {
		findings += len(s.Findings)
		for _, f := range s.Findings {
			manifestations += len(f.Manifestations)
			measures += len(f.Measures)
		}
	}
	return fmt.Sprintf("读出 %d 个问题、%d 个表现、%d 条措施", findings, manifestations, measures)
}

// importConfirmPage shows what confirming would put in force.
type importConfirmPage struct {
	frame
	Import        ledger.Import
	About         string
	KindWord      string
	Problem       string
	Levels        []noteCount
	Kinds         []noteCount // of the gaps and what is to be decided, by kind
	Left          int
	PlanTitle     string
	Sections      []confirmSection
	Difference    *ledger.Difference
	Changed       []changedRow
	NoDate, Vague int
	Unknown       []string // persons the organisation does not know
}

// confirmSection is a section with its findings in short.
type confirmSection struct {
	Name     string
	Findings []confirmFinding
}

// confirmFinding is a finding in short.
type confirmFinding struct {
	Number, Title            string
	Manifestations, Measures int
	Who, Due                 string
}

// changedRow is a changed field of a finding; the first row of a finding names it.
type changedRow struct {
	Name   string
	Rows   int
	Change journal.Change
	From   []diffRun
	To     []diffRun
}

// diffRun is a piece of a text, changed or not.
type diffRun struct {
	Text    string
	Changed bool
}

// renderConfirm asks for the one step that puts an import in force.
func (s *Server) renderConfirm(w http.ResponseWriter, r *http.Request, v *visit, i ledger.Import, status int, problem string) error {
	names, err := org.NamesFor(r.Context(), s.db, i.Unit)
	if err != nil {
		return err
	}
	p := importConfirmPage{frame: s.frame(v, "import", "确认导入"), Import: i, About: aboutReading(i), KindWord: importKinds[i.Kind], Problem: problem}
	p.Levels, p.Kinds = countLevels(i.Reading.Notes), countKinds(i.Reading.Notes)
	p.Left = p.Levels[0].N + p.Levels[1].N
	p.count(i.Reading, names, v.Today)
	if i.Kind != ledger.NewPlan {
		info, err := ledger.PlanByID(r.Context(), s.db, v.Who, i.Plan)
		if err != nil {
			return err
		}
		d, err := ledger.Preview(r.Context(), s.db, i)
		if err != nil {
			return err
		}
		p.PlanTitle, p.Difference, p.Changed = info.Title, &d, changedRows(d)
	}
	return s.render(w, status, "import-confirm", p)
}

// count fills in what the page says of a reading.
func (p *importConfirmPage) count(r plan.Plan, names org.Names, today string) {
	seen := map[string]bool{}
	for _, s := range r.Sections {
		name := s.Number + s.Title
		if name == "" {
			name = "（不分方面）"
		}
		section := confirmSection{Name: name}
		for _, f := range s.Findings {
			c := confirmFinding{Number: f.Number, Title: f.Title, Manifestations: len(f.Manifestations), Measures: len(f.Measures),
				Who: strings.Join(filled([]string{string(f.Leader), strings.Join(f.Units, "、"), strings.Join(f.Persons, "、")}), "　"), Due: shortDate(string(f.DeadlineDate), today)}
			section.Findings = append(section.Findings, c)
			if f.DeadlineDate == "" {
				p.NoDate++
			}
			if len(f.Persons) == 0 && f.Leader == "" {
				p.Vague++
			}
			for _, name := range f.Persons {
				if names.Staff(name) == 0 && !seen[name] {
					seen[name] = true
					p.Unknown = append(p.Unknown, name)
				}
			}
		}
		p.Sections = append(p.Sections, section)
	}
}

// countLevels counts notes by level.
func countLevels(notes []plan.Note) []noteCount {
	list := make([]noteCount, len(noteLevels))
	for l, x := range noteLevels {
		list[l].Light = light{Kind: x.kind, Word: x.word}
	}
	for _, n := range notes {
		list[levelAt(n.Level)].N++
	}
	return list
}

// countKinds counts notes by kind, the most urgent first; what only informs is left out.
func countKinds(notes []plan.Note) []noteCount {
	var list []noteCount
	at := map[light]int{}
	for level, x := range noteLevels {
		for _, n := range notes {
			if levelAt(n.Level) != level || n.Level == plan.LevelInfo {
				continue
			}
			kind := light{Kind: x.kind, Word: wordOf(n.Code).title}
			if _, have := at[kind]; !have {
				at[kind] = len(list)
				list = append(list, noteCount{Light: kind})
			}
			list[at[kind]].N++
		}
	}
	return list
}

// changedRows lays out the changed findings field by field.
func changedRows(d ledger.Difference) []changedRow {
	var rows []changedRow
	for _, c := range d.Changed {
		name := spaced(c.New.Number, c.New.Title)
		for k, change := range c.Changes {
			row := changedRow{Change: change}
			if k == 0 {
				row.Name, row.Rows = name, len(c.Changes)
			}
			row.From, row.To = diffRuns(change.From, change.To)
			rows = append(rows, row)
		}
	}
	return rows
}

// diffRuns marks in two texts what lies between their common beginning and their common end.
func diffRuns(from, to string) (old, next []diffRun) {
	a, b := []rune(from), []rune(to)
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	runs := func(r []rune) []diffRun {
		var out []diffRun
		for k, piece := range []string{string(r[:start]), string(r[start : len(r)-end]), string(r[len(r)-end:])} {
			if piece != "" {
				out = append(out, diffRun{piece, k == 1})
			}
		}
		return out
	}
	return runs(a), runs(b)
}
