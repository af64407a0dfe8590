package web

import (
	"bufio"
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"bihuan/ledger"
	"bihuan/org"
)

//go:embed templates/*.html
var templates embed.FS

// frame is what every page has around its own. Page structs embed it.
type frame struct {
	Title     string
	Nav       string // name of the entry of the bar that is current
	Sub       string // of the pages about residents: name of the tab that is current, see benefitTabs
	Body      string // class of the body
	Bare      bool   // without the bar
	Flash     string
	Query     string // what was searched for
	Who       org.Person
	Links     []navLink
	MoreLinks []navLink // behind 更多
	Aside     bool      // the current entry is one of MoreLinks
}

// navLink is an entry of the bar.
type navLink struct {
	Name, Address, Word string
	Action              org.Action
	N                   int // how many wait there; 0 is not shown
}

// navLinks are the entries of the bar, and moreLinks those behind 更多, for those who may go there.
var (
	navLinks = []navLink{
		{Name: "work", Address: "/work", Word: "工作台", Action: org.Overview},
		{Name: "today", Address: "/today", Word: "今天要办的", Action: org.View},
		{Name: "ledger", Address: "/ledger", Word: "台账", Action: org.View},
		{Name: "duty", Address: "/duty", Word: "常态任务", Action: org.View},
		{Name: "benefit", Address: "/benefit", Word: "惠民", Action: org.View},
		{Name: "letter", Address: "/letter", Word: "函件", Action: org.View},
		{Name: "recommendation", Address: "/recommendation", Word: "巡察建议", Action: org.Overview},
		{Name: "overview", Address: "/overview", Word: "总览", Action: org.Overview},
		{Name: "sample", Address: "/sample", Word: "抽查", Action: org.Sample},
		{Name: "org", Address: "/org", Word: "人员", Action: org.HandOver},
		{Name: "import", Address: "/import", Word: "导入", Action: org.Import},
	}
	moreLinks = []navLink{
		{Name: "month", Address: "/month", Word: "整改月报", Action: org.Overview},
		{Name: "hint", Address: "/hint", Word: "材料提示", Action: org.Overview},
		{Name: "load", Address: "/load", Word: "任务量和负担", Action: org.Overview},
		{Name: "handover", Address: "/handover", Word: "责任交接", Action: org.HandOver},
		{Name: "check", Address: "/check", Word: "核验", Action: org.View},
		{Name: "calendar", Address: "/calendar", Word: "日历", Action: org.View},
		{Name: "told", Address: "/told", Word: "消息", Action: org.Overview},
		{Name: "settings", Address: "/settings", Word: "设置", Action: org.Overview},
		{Name: "ops", Address: "/ops", Word: "运维", Action: org.Operate},
	}
)

// byList tells whether somebody works from the list of today's tasks (/today) and not at a desk: a person responsible without a post
// that gives more.
func byList(who org.Person) bool { return !who.May(org.Overview) }

// frame makes the frame of a page.
func (s *Server) frame(v *visit, nav, title string) frame {
	f := frame{Title: title, Nav: nav, Who: v.Who, Flash: v.Flash}
	var waiting ledger.Waiting
	if v.waiting != nil {
		waiting = v.waiting()
	}
	for _, l := range navLinks {
		if !v.Who.May(l.Action) || l.Name == "today" && !byList(v.Who) || l.Name == "benefit" && !serves(v.Who) {
			continue
		}
		switch l.Name {
		case "work":
			l.N = waiting.Desk()
		case "today":
			l.N = waiting.Today()
		case "letter":
			l.N = waiting.Letters
		}
		f.Links = append(f.Links, l)
	}
	for _, l := range moreLinks {
		if v.Who.May(l.Action) && (l.Name != "ops" || v.Who.Unit.Parent == 0) { // the installation is that of the root
			f.MoreLinks = append(f.MoreLinks, l)
			f.Aside = f.Aside || l.Name == nav
		}
	}
	return f
}

// parsePages reads all templates. layout.html and those that begin with parts belong to every page; each other file is a page.
func parsePages(a assets) (map[string]*template.Template, error) {
	base, err := template.New("layout").Funcs(funcs(a)).ParseFS(templates, "templates/layout.html", "templates/parts*.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" || strings.HasPrefix(name, "parts") {
			continue
		}
		t, err := template.Must(base.Clone()).ParseFS(templates, file)
		if err != nil {
			return nil, err
		}
		pages[name] = t
	}
	return pages, nil
}

// funcs are what templates may call besides fields and methods of their page.
func funcs(a assets) template.FuncMap {
	return template.FuncMap{
		"asset": a.address,
		"day":   func(date string) string { return shortDate(date, "") }, // 2026年9月1日
	}
}

// render answers with a page: the template of that name over data, a page struct that embeds [frame]. The page is rendered before
// its first byte is sent, so that a failing template is an error page and not half a page.
func (s *Server) render(w http.ResponseWriter, status int, name string, data any) error {
	return s.renderPart(w, status, name, "layout", data)
}

// renderPart answers with one template of a page's file instead of the whole page, for what a script puts into the page.
func (s *Server) renderPart(w http.ResponseWriter, status int, name, part string, data any) error {
	b, err := s.execute(name, part, data)
	if err != nil {
		return err
	}
	defer s.release(b)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // whoever asked may have gone
	return nil
}

// rowsHere is where the rows of a table belong that is too long to be carried through a template; see [Server.renderAround].
const rowsHere template.HTML = "<!--rows-->"

// renderAround answers with a page whose template left [rowsHere] in place of rows, which are written there.
func (s *Server) renderAround(w http.ResponseWriter, name string, data any, rows []template.HTML) error {
	b, err := s.execute(name, "layout", data)
	if err != nil {
		return err
	}
	defer s.release(b)
	before, after, _ := bytes.Cut(b.Bytes(), []byte(rowsHere))
	n := len(before) + len(after)
	for _, r := range rows {
		n += len(r)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(n))
	out := bufio.NewWriterSize(w, 64<<10)
	_, _ = out.Write(before)
	for _, r := range rows {
		_, _ = out.WriteString(string(r))
	}
	_, _ = out.Write(after)
	_ = out.Flush() // whoever asked may have gone
	return nil
}

// execute renders a template of a page into a buffer, to be given back by [Server.release].
func (s *Server) execute(name, part string, data any) (*bytes.Buffer, error) {
	t, ok := s.pages[name]
	if !ok {
		return nil, fmt.Errorf("no page %s", name)
	}
	b := s.buffers.Get().(*bytes.Buffer)
	b.Reset()
	if err := t.ExecuteTemplate(b, part, data); err != nil {
		s.release(b)
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	return b, nil
}

// release gives a buffer back, unless one large page has made it so large that it is better forgotten.
func (s *Server) release(b *bytes.Buffer) {
	if b.Cap() <= 1<<20 {
		s.buffers.Put(b)
	}
}
