package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// orgPage is the tree of units with who works there and which posts stand vacant.
type orgPage struct {
	frame
	Unit       org.Unit // whose subtree is shown
	Units      []unitChoice
	Text       string // what is asked for
	Vacant     bool   // only vacancies are
	Left       bool   // only those who have left are
	Counts     []countLink
	Groups     []orgGroup
	Shallow    bool // the subtree is large: units below are shown by their counts
	Cut        int  // rows found that are not shown
	MayManage  bool
	People     int
	Everywhere string // address that asks for everything
}

// orgGroup is a unit with its people and its vacant posts.
type orgGroup struct {
	Unit      org.Unit
	Kind      string
	Depth     string // of its name: indentation
	Rows      []orgRow
	Counted   string // of a unit that is not shown in full
	MayManage bool
}

// orgRow is a person, or a post that nobody of the unit holds.
type orgRow struct {
	Person org.Staff
	Words  string // what they are
	Role   string
	Posts  []heldPost
	Post   org.Post // of a row that is a post
	Holder string   // of another unit
	State  light
}

// heldPost is a post in somebody's hands.
type heldPost struct {
	ID          int64
	Title, Role string
	Since       string
}

// vacancyDays is how many days a post may stand vacant before it is flagged in red (M39).
const vacancyDays = 15

// orgRows is how many rows the search of the tree shows at most.
const orgRows = 300

// orgUnits is how many units with their people one page shows.
const orgUnits = 60

// orgShow answers GET /org.
func (s *Server) orgShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	if !v.Who.May(org.HandOver) {
		return org.Denied{Who: v.Who, Action: org.HandOver}
	}
	q := r.URL.Query()
	p := orgPage{frame: s.frame(v, "org", "人员和岗位"), Text: strings.TrimSpace(q.Get("q")), Vacant: q.Get("vacant") == "1", Left: q.Get("left") == "1", Unit: unitFor(v.Who, org.HandOver), MayManage: v.Who.May(org.Manage)}
	if id, err := strconv.ParseInt(q.Get("unit"), 10, 64); err == nil {
		if p.Unit, err = org.UnitByID(r.Context(), s.db, id); err != nil {
			return err
		}
	}
	if v.Who.Check(org.HandOver, p.Unit) != nil {
		return store.ErrNotFound
	}
	var err error
	if p.Units, err = s.unitChoices(r, v); err != nil {
		return err
	}
	t, err := s.orgTree(r, p.Unit)
	if err != nil {
		return err
	}
	p.fill(t, v)
	return s.render(w, http.StatusOK, "org", p)
}

// unitFor is the unit that somebody lands on who does a: the own one, or that of the first post that allows it.
func unitFor(who org.Person, a org.Action) org.Unit {
	for _, u := range who.Units() {
		if who.Check(a, u) == nil {
			return u
		}
	}
	return who.Unit
}

// unitChoices are the units of which somebody may see the people, as a list offers them.
func (s *Server) unitChoices(r *http.Request, v *visit) ([]unitChoice, error) {
	units, err := org.Seen(r.Context(), s.db, v.Who)
	if err != nil {
		return nil, err
	}
	var list []unitChoice
	top := 0
	for _, u := range units {
		if v.Who.Check(org.HandOver, u) != nil {
			continue
		}
		depth := len(u.Ancestors())
		if len(list) == 0 {
			top = depth
		}
		list = append(list, unitChoice{u.ID, strings.Repeat("　", max(depth-top, 0)) + u.Name})
	}
	return list, nil
}

// orgTree is what there is below a unit.
type orgTree struct {
	units    []org.Unit
	staff    []org.Staff
	left     []org.Staff
	posts    []org.Post
	holdings map[int64][]org.Holding // by post
}

func (s *Server) orgTree(r *http.Request, u org.Unit) (t orgTree, err error) {
	ctx := r.Context()
	if t.units, err = org.Below(ctx, s.db, u.Path); err != nil {
		return t, err
	}
	if t.staff, err = org.StaffIn(ctx, s.db, u.Path); err != nil {
		return t, err
	}
	if t.left, err = org.LeftIn(ctx, s.db, u.Path); err != nil {
		return t, err
	}
	if t.posts, err = org.Posts(ctx, s.db, u.Path); err != nil {
		return t, err
	}
	holdings, err := org.HoldingsIn(ctx, s.db, u.Path)
	t.holdings = map[int64][]org.Holding{}
	for _, h := range holdings {
		t.holdings[h.Post] = append(t.holdings[h.Post], h)
	}
	return t, err
}

// fill arranges the tree on the page.
func (p *orgPage) fill(t orgTree, v *visit) {
	held := map[int64][]heldPost{} // by person
	byUnit := map[int64][]orgRow{}
	vacant := 0
	vacantIn := map[int64]int{}
	unitOf := map[int64]int64{}
	for _, x := range t.staff {
		unitOf[x.ID] = x.Unit.ID
	}
	var posts []orgRow
	for _, post := range t.posts {
		holdings := t.holdings[post.ID]
		row, shown := orgRow{Post: post, Role: post.Role.Word()}, false
		for _, h := range holdings {
			if !h.On(v.Today) {
				continue
			}
			held[h.Staff] = append(held[h.Staff], heldPost{post.ID, post.Title, post.Role.Word(), shortDate(h.Starts, v.Today)})
			if unitOf[h.Staff] != post.Unit.ID {
				row.Holder, shown = h.Name, true
			}
		}
		if l, is := vacancy(holdings, v.Today); is {
			vacant++
			vacantIn[post.Unit.ID]++
			row.State, shown = l, true
		}
		if shown && !p.Left && (!p.Vacant || row.State.Word != "") && p.matches(post.Title, row.Holder) {
			posts = append(posts, row)
		}
	}
	people := map[int64]int{}
	for _, x := range t.staff {
		people[x.Unit.ID]++
	}
	list := t.staff
	if p.Left {
		list = t.left
	}
	for _, x := range list {
		row := orgRow{Person: x, Words: x.Post, Role: x.Role.Word(), Posts: held[x.ID]}
		names := []string{x.Name, x.Post, x.Login}
		for _, h := range row.Posts {
			names = append(names, h.Title)
		}
		if !p.Vacant && p.matches(names...) {
			byUnit[x.Unit.ID] = append(byUnit[x.Unit.ID], row)
		}
	}
	for _, row := range posts {
		byUnit[row.Post.Unit.ID] = append(byUnit[row.Post.Unit.ID], row)
	}
	p.People = len(t.staff)
	p.count(len(t.staff), len(t.posts), vacant, len(t.left))
	asked := p.Text != "" || p.Vacant || p.Left
	p.Shallow = len(t.units) > orgUnits && !asked
	shown := 0
	top := len(p.Unit.Ancestors())
	for _, u := range t.units {
		depth := len(u.Ancestors()) - top
		g := orgGroup{Unit: u, Kind: org.KindWord(u.Kind), Depth: strings.Repeat("　", depth), MayManage: v.Who.Check(org.Manage, u) == nil}
		rows := byUnit[u.ID]
		switch {
		case p.Shallow && depth > 1:
			continue
		case p.Shallow && depth == 1:
			g.Counted = countBelow(t.units, u, people, vacantIn)
		case asked && len(rows) == 0:
			continue
		case asked && shown+len(rows) > orgRows:
			p.Cut += len(rows)
			continue
		default:
			g.Rows = rows
			shown += len(rows)
		}
		p.Groups = append(p.Groups, g)
	}
}

// countBelow says how many units, people and vacancies there are in a unit and below it.
func countBelow(units []org.Unit, u org.Unit, people, vacant map[int64]int) string {
	n, staff, free := 0, 0, 0
	for _, x := range units {
		if x.Within(u.Path) {
			n, staff, free = n+1, staff+people[x.ID], free+vacant[x.ID]
		}
	}
	said := fmt.Sprintf("%d 人", staff)
	if n > 1 {
		said = fmt.Sprintf("%d 个单位，%s", n, said)
	}
	if free > 0 {
		said += fmt.Sprintf("，%d 个岗位空缺", free)
	}
	return said
}

// matches tells whether one of the texts holds what is asked for.
func (p *orgPage) matches(texts ...string) bool {
	return p.Text == "" || slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, p.Text) })
}

func (p *orgPage) count(people, posts, vacant, left int) {
	at := func(more string) string { return fmt.Sprintf("/org?unit=%d%s", p.Unit.ID, more) }
	p.Everywhere = at("")
	p.Counts = []countLink{
		{Word: "人员", N: people, Address: at(""), Current: !p.Vacant && !p.Left && p.Text == ""},
		{Word: "岗位", N: posts, Address: at("")},
		{Word: "空缺", N: vacant, Address: at("&vacant=1"), Current: p.Vacant, Kind: map[bool]string{true: "soon", false: "none"}[vacant > 0]},
		{Word: "已离岗", N: left, Address: at("&left=1"), Current: p.Left},
	}
}

// vacancy is the light of a post that stands vacant, and whether it does.
func vacancy(holdings []org.Holding, today string) (light, bool) {
	since, is := org.VacantSince(holdings, today)
	if !is {
		return light{}, false
	}
	next := ""
	for _, h := range holdings {
		if h.Starts > today && !h.Never() {
			next = "；" + h.Name + "从" + shortDate(h.Starts, today) + "起接任"
		}
	}
	if since == "" {
		return light{Kind: "soon", Word: "空缺", Why: "还没有人任过职" + next}, true
	}
	days := daysBetween(since, today) + 1
	l := light{Kind: "soon", Word: "空缺", Why: fmt.Sprintf("自%s起，%d 天%s", shortDate(since, today), days, next)}
	if days > vacancyDays {
		l.Kind = "late"
	}
	return l, true
}

// personPage is one person with the posts held, what waits in their hands, and what happened to the entry.
type personPage struct {
	frame
	Person    org.Staff
	Role      string
	Holdings  []holdingView
	Open      int    // findings of the ledger that name them and are not settled
	OpenAt    string // where these stand
	History   []event
	Revealed  string // a private field in full, for this answer only
	Field     string // which
	Purpose   string
	Problem   string
	MayManage bool
	Self      bool
	Holds     bool // has a post now or to come: cannot leave
}

// holdingView is a row of the history of a post or of a person.
type holdingView struct {
	org.Holding
	From, To, State string
	Running         bool // its last day is not known
	Never           bool
	MayEnd          bool
	Earliest        string
}

func viewHoldings(list []org.Holding, today string, mayEnd bool) []holdingView {
	views := make([]holdingView, len(list))
	for i, h := range list {
		x := holdingView{Holding: h, From: shortDate(h.Starts, today), To: shortDate(h.Ends, today), Running: h.Ends == "", Never: h.Never(), MayEnd: mayEnd && h.Ends == ""}
		switch {
		case h.Never():
			x.State, x.To = "没有到任", ""
		case h.Starts > today:
			x.State = "将任"
		case h.On(today):
			x.State = "在任"
		default:
			x.State = "已卸任"
		}
		views[i] = x
	}
	return views
}

// staffOf reads the person of the address, whom the asker may see with all that stands there.
func (s *Server) staffOf(r *http.Request, v *visit) (org.Staff, error) {
	id, err := pathID(r)
	if err != nil {
		return org.Staff{}, err
	}
	p, err := org.StaffByID(r.Context(), s.db, id)
	if err == nil && v.Who.Check(org.HandOver, p.Unit) != nil {
		err = store.ErrNotFound
	}
	return p, err
}

// personShow answers GET /org/person/{id}.
func (s *Server) personShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.staffOf(r, v)
	if err != nil {
		return err
	}
	return s.renderPerson(w, r, v, http.StatusOK, personPage{Person: p})
}

func (s *Server) renderPerson(w http.ResponseWriter, r *http.Request, v *visit, status int, p personPage) error {
	ctx := r.Context()
	p.frame = s.frame(v, "org", p.Person.Name)
	p.Role = p.Person.Role.Word()
	p.MayManage, p.Self = v.Who.Check(org.Manage, p.Person.Unit) == nil, p.Person.ID == v.Who.ID
	holdings, err := org.HoldingsOf(ctx, s.db, p.Person.ID)
	if err != nil {
		return err
	}
	p.Holdings = viewHoldings(holdings, v.Today, false)
	p.Holds = slices.ContainsFunc(holdings, func(h org.Holding) bool { return h.Ends == "" || h.Ends >= v.Today && !h.Never() })
	named := ledger.Filter{Person: p.Person.Name}
	counts, err := s.count(ctx, v, named)
	if err != nil {
		return err
	}
	p.Open = counts.All - counts.State[ledger.Done] - counts.State[ledger.Keep]
	p.OpenAt = ledgerAddress(named)
	if p.History, err = s.eventsOf(r, v, "staff", p.Person.ID); err != nil {
		return err
	}
	return s.render(w, status, "org-person", p)
}

// eventsOf is what happened to a row, newest first.
func (s *Server) eventsOf(r *http.Request, v *visit, kind string, row int64) ([]event, error) {
	entries, err := journal.Of(r.Context(), s.db, kind, row, historyLimit)
	list := make([]event, len(entries))
	for i, e := range entries {
		list[i] = newEvent(e, v.Today)
	}
	return list, err
}

// personReveal answers POST /org/person/{id}/reveal: it shows a private field in full, once, and records that it did.
func (s *Server) personReveal(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, err := s.staffOf(r, v)
	if err != nil {
		return err
	}
	page := personPage{Person: p, Field: form.Get("field"), Purpose: strings.TrimSpace(form.Get("purpose"))}
	err = s.db.Write(r.Context(), func(tx *store.Tx) (err error) {
		page.Revealed, err = org.Reveal(r.Context(), tx, v.Who, p.ID, page.Field, page.Purpose)
		return err
	})
	if said, ok := invalid(err); ok {
		page.Problem, page.Revealed = said, ""
		return s.renderPerson(w, r, v, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	return s.renderPerson(w, r, v, http.StatusOK, page)
}

// invalid is what may be said of a value that a command has refused.
func invalid(err error) (string, bool) {
	status, _, what := shown(err)
	return what, err != nil && status == http.StatusUnprocessableEntity
}

// passwordsPage shows passwords that were just made. They are kept nowhere: the page is there once.
type passwordsPage struct {
	frame
	Heading string
	List    []org.Credential
	Said    string
	Back    string
	Site    string // address to sign in at
}

func (s *Server) renderPasswords(w http.ResponseWriter, r *http.Request, v *visit, p passwordsPage) error {
	p.frame = s.frame(v, "org", p.Heading)
	scheme := "http://"
	if r.TLS != nil || s.sessions.Cookie.Secure {
		scheme = "https://"
	}
	p.Site = scheme + r.Host
	return s.render(w, http.StatusOK, "org-passwords", p)
}

// personPassword answers POST /org/person/{id}/password: a new password, with a login name for who has none.
func (s *Server) personPassword(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := versionedForm(r)
	if err != nil {
		return err
	}
	p, err := s.staffOf(r, v)
	if err != nil {
		return err
	}
	login := p.Login
	if login == "" {
		login = strings.TrimSpace(form.Get("login"))
	}
	password := org.NewPassword()
	hash, err := org.HashGenerated(password)
	if err != nil {
		return err
	}
	err = s.db.Write(r.Context(), func(tx *store.Tx) error { return org.SetLogin(r.Context(), tx, v.Who, p.ID, version, login, hash) })
	if said, ok := invalid(err); ok {
		return s.renderPerson(w, r, v, http.StatusUnprocessableEntity, personPage{Person: p, Problem: said})
	}
	if err != nil {
		return err
	}
	return s.renderPasswords(w, r, v, passwordsPage{Heading: "新密码", Back: fmt.Sprintf("/org/person/%d", p.ID), Said: "密码已换，旧密码从现在起不能用。",
		List: []org.Credential{{Unit: p.Unit.Name, Name: p.Name, Post: p.Post, Login: login, Password: password}}})
}

// personLeave answers POST /org/person/{id}/leave, and takes back who has left.
func (s *Server) personLeave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := versionedForm(r)
	if err != nil {
		return err
	}
	p, err := s.staffOf(r, v)
	if err != nil {
		return err
	}
	back := form.Get("back") == "1"
	err = s.db.Write(r.Context(), func(tx *store.Tx) error {
		if back {
			return org.Return(r.Context(), tx, v.Who, p.ID, version)
		}
		return org.Leave(r.Context(), tx, v.Who, p.ID, version)
	})
	if said, ok := invalid(err); ok {
		return s.renderPerson(w, r, v, http.StatusUnprocessableEntity, personPage{Person: p, Problem: said})
	}
	if err != nil {
		return err
	}
	said := p.Name + "已登记为离岗，不能再登录"
	if back {
		said = p.Name + "已恢复在岗"
	}
	return s.done(w, r, fmt.Sprintf("/org/person/%d", p.ID), said)
}

// versionedForm reads a form with the version of the row that it was opened on.
func versionedForm(r *http.Request) (url.Values, int64, error) {
	form, err := readForm(r)
	if err != nil {
		return nil, 0, err
	}
	version, err := formVersion(form)
	return form, version, err
}
