package web_test

import (
	"context"
	_ "embed"
	"html"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
	"bihuan/web"
)

//go:embed testdata/plan.txt
var paper []byte

// password is everybody's.
const password = "yi-er-san-si"

// site is a running server over a small district: a town with offices and a village, its plan imported, and another town.
type site struct {
	t      testing.TB
	url    string
	db     *store.DB
	vault  *vault.Vault
	files  *evidence.Files
	folder string // of files
	record journal.Log
	now    time.Time
	town   org.Unit
	people map[string]org.Person // by login name
	plan   int64
}

// each runs a test on both databases.
func each(t *testing.T, f func(t *testing.T, s *site)) {
	storetest.Each(t, func(t *testing.T, url string) { f(t, open(t, url)) })
}

// open serves a new district from the database at url, with its files in a folder.
func open(t testing.TB, url string) *site {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "files")
	files, err := evidence.OpenFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	s := openWith(t, url, files)
	s.folder = folder
	return s
}

// openWith serves a new district from the database at url.
func openWith(t testing.TB, url string, files *evidence.Files) *site {
	t.Helper()
	ctx := context.Background()
	s := &site{t: t, now: time.Date(2026, 4, 16, 9, 20, 0, 0, time.Local), people: map[string]org.Person{}, files: files}
	var err error
	if s.db, err = store.Open(ctx, url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.db.Close() })
	s.db.Now = func() time.Time { return s.now }
	residents, err := store.ResidentsOf(url)
	if err != nil {
		t.Fatal(err)
	}
	if s.vault, err = vault.Open(ctx, residents, filepath.Join(t.TempDir(), "residents.key")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.vault.Close() })
	s.vault.Now = s.db.Now
	if err := s.db.Write(ctx, func(tx *store.Tx) error { return s.organise(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
	s.plan = s.importPlan(s.people["clerk"], s.town, "整改方案.txt", paper)
	log := slog.New(slog.NewTextHandler(testLog{t}, nil))
	key, err := journal.OpenLogKey(filepath.Join(t.TempDir(), "journal.key"))
	if err != nil {
		t.Fatal(err)
	}
	s.record = journal.Log{DB: s.db, Key: key}
	server := httptest.NewServer(withoutNumbers(t, web.New(web.Config{DB: s.db, Residents: s.vault, Files: s.files, Record: s.record, Calendar: calendar.Published(), Log: log}).Handler()))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// wholeNumber is a number of a citizen as the tests have them: of an area that there is not.
var wholeNumber = regexp.MustCompile(`99\d{4}(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])\d{3}[\dXx]`)

// withoutNumbers finds an address that holds the number of a citizen, in any walk through any page: it would stand in the history of the
// browser and in the log of whatever stands between.
func withoutNumbers(t testing.TB, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, address := range []string{r.URL.String(), r.Referer()} {
			if found := wholeNumber.FindString(address); found != "" {
				t.Errorf("the address %s holds the number %s", r.URL.Path, found)
			}
		}
		next.ServeHTTP(w, r)
		if found := wholeNumber.FindString(w.Header().Get("Location")); found != "" {
			t.Errorf("%s leads to an address that holds the number %s", r.URL.Path, found)
		}
	})
}

// testLog is where the server writes its log: into the test's.
type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	if found := wholeNumber.Find(b); found != nil {
		l.t.Errorf("the server's log holds the number %s", found)
	}
	l.t.Logf("server: %s", b)
	return len(b), nil
}

func (s *site) organise(ctx context.Context, tx *store.Tx) error {
	unit := func(parent org.Unit, kind, name string) org.Unit {
		u, err := org.AddUnit(ctx, tx, org.Program, parent, kind, name, 0)
		if err != nil {
			s.t.Fatal(err)
		}
		return u
	}
	staff := func(u org.Unit, login, name, post string, role org.Role) {
		id, err := org.AddStaff(ctx, tx, org.Program, u, name, post, role, login, password)
		if err != nil {
			s.t.Fatal(err)
		}
		s.people[login] = org.Person{ID: id, Name: name, Post: post, Role: role, Unit: u}
	}
	district := unit(org.Unit{}, org.District, "临澜区")
	s.town = unit(district, org.Town, "栖禾镇")
	for _, name := range []string{"党建办公室", "农业农村办公室", "民政和社会保障所", "财政所"} {
		unit(s.town, org.Office, name)
	}
	east := unit(s.town, org.Village, "东槐村")
	unit(s.town, org.Village, "柳荫村")
	other := unit(district, org.Town, "双堰镇")
	staff(district, "district", "邵文澜", "区委巡察办", org.Supervisor)
	staff(s.town, "clerk", "贺晓雨", "党政办经办人", org.Clerk)
	staff(s.town, "colleague", "梁知远", "副镇长", org.Clerk)
	staff(s.town, "leader", "孟昭宁", "党委副书记", org.Leader)
	staff(s.town, "party", "周叙明", "党委书记", org.Secretary)
	staff(east, "village", "郝根生", "村党支部书记", org.Cadre)
	staff(other, "stranger", "陆行舟", "党政办经办人", org.Clerk)
	return nil
}

// importPlan puts a paper in force as somebody would on the screen.
func (s *site) importPlan(who org.Person, unit org.Unit, name string, data []byte) int64 {
	s.t.Helper()
	ctx := context.Background()
	id, err := ledger.StartImport(ctx, s.db, s.files, who, ledger.Upload{Unit: unit.ID, Kind: ledger.NewPlan, Name: name, Data: data})
	if err != nil {
		s.t.Fatal(err)
	}
	plan, err := ledger.Confirm(ctx, s.db, who, id, 1)
	if err != nil {
		s.t.Fatal(err)
	}
	return plan
}

// findings are the findings of the plan in its order.
func (s *site) findings() []ledger.Finding {
	s.t.Helper()
	keys, err := ledger.ListAll(context.Background(), s.db, s.people["clerk"], ledger.Filter{Plan: s.plan}, ledger.Days{})
	if err != nil {
		s.t.Fatal(err)
	}
	ids := make([]int64, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	list, err := ledger.ByIDs(context.Background(), s.db, ids)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// client is somebody at the site without a browser.
type client struct {
	t    testing.TB
	site *site
	http *http.Client
	set  []*http.Cookie // as the site set them
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
	to     string // where a redirect leads
}

// guest is somebody not signed in.
func (s *site) guest(t testing.TB) *client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t: t, site: s, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as signs somebody in.
func (s *site) as(t testing.TB, login string) *client {
	t.Helper()
	c := s.guest(t)
	if a := c.post("/login", "login", login, "password", password); a.status != http.StatusSeeOther {
		t.Fatalf("%s cannot sign in: %d", login, a.status)
	}
	return c
}

func (c *client) get(path string) answer {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, c.site.url+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.do(r)
}

// page gets a page that must be there.
func (c *client) page(path string) string {
	c.t.Helper()
	a := c.get(path)
	if a.status != http.StatusOK {
		c.t.Fatalf("GET %s: %d to %s\n%s", path, a.status, a.to, a.body)
	}
	return a.body
}

// post sends a form of names and values.
func (c *client) post(path string, form ...string) answer {
	c.t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Add(form[i], form[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, c.site.url+path, strings.NewReader(values.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.do(r)
}

func (c *client) do(r *http.Request) answer {
	c.t.Helper()
	response, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	c.set = append(c.set, response.Cookies()...)
	var b strings.Builder
	buffer := make([]byte, 64<<10)
	for {
		n, err := response.Body.Read(buffer)
		b.Write(buffer[:n])
		if err != nil {
			break
		}
	}
	return answer{response.StatusCode, response.Header, b.String(), response.Header.Get("Location")}
}

// cookie is the session's, as the site set it.
func (c *client) cookie() *http.Cookie {
	c.t.Helper()
	for _, x := range c.set {
		if x.Name == "bihuan" && x.Value != "" {
			return x
		}
	}
	c.t.Fatal("no session")
	return nil
}

// unescape is the text of an attribute or of a field.
func unescape(s string) string { return html.UnescapeString(s) }

// tags are the marks of HTML.
var tags = regexp.MustCompile(`<[^>]*>`)

// plain is the text of a piece of HTML, blanks and all line ends as one blank.
func plain(s string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(s, " "))), " ")
}

// between is what stands between two marks for the first time, empty when they are not there.
func between(s, from, to string) string {
	_, rest, ok := strings.Cut(s, from)
	if !ok {
		return ""
	}
	inside, _, ok := strings.Cut(rest, to)
	if !ok {
		return ""
	}
	return inside
}
