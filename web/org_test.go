package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// staff the organisation: an admin of the town, phones, a post that is held and two that are not.
func (s *site) staffUp(t testing.TB) (posts map[string]org.Post) {
	t.Helper()
	posts = map[string]org.Post{}
	phone, mail := "13812345678", "haogensheng@example.cn"
	err := s.db.Write(t.Context(), func(tx *store.Tx) error {
		ctx := t.Context()
		id, err := org.AddStaff(ctx, tx, org.Program, s.town, "方晓岚", "组织委员", org.Admin, "admin", password)
		if err != nil {
			return err
		}
		s.people["admin"] = org.Person{ID: id, Name: "方晓岚", Role: org.Admin, Unit: s.town}
		village := s.people["village"]
		edit := org.StaffEdit{Unit: village.Unit.ID, Name: village.Name, Post: village.Post, Role: village.Role, Phone: &phone, Mail: &mail}
		if err := org.EditStaff(ctx, tx, org.Program, village.ID, 1, edit); err != nil {
			return err
		}
		for _, x := range []struct {
			title string
			unit  org.Unit
			role  org.Role
		}{{"宣传委员", s.town, org.Leader}, {"宗教专干", s.town, org.Cadre}, {"主街街长", village.Unit, ""}} {
			if posts[x.title], err = org.AddPost(ctx, tx, org.Program, x.unit, x.title, x.role, true); err != nil {
				return err
			}
		}
		if _, err = org.Hold(ctx, tx, org.Program, posts["宣传委员"].ID, s.people["leader"].ID, "2025-11-03", "栖禾委〔2025〕18号"); err != nil {
			return err
		}
		h, err := org.Hold(ctx, tx, org.Program, posts["主街街长"].ID, village.ID, "2025-05-01", "")
		if err != nil {
			return err
		}
		return org.Release(ctx, tx, org.Program, h.ID, "2026-03-20", "调任")
	})
	if err != nil {
		t.Fatal(err)
	}
	return posts
}

// appoint gives a post to somebody.
func (s *site) appoint(t testing.TB, post org.Post, login, from string) {
	t.Helper()
	err := s.db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := org.Hold(t.Context(), tx, org.Program, post.ID, s.people[login].ID, from, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOrgPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		posts := s.staffUp(t)
		admin := s.as(t, "admin")
		text := plain(admin.page("/org"))
		for _, want := range []string{"人员 6", "岗位 3", "空缺 2", "已离岗 0", "郝根生 村党支部书记", "138****5678", "宣传委员 2025年11月3日起", "空缺 主街街长 自3月21日起，27 天", "空缺 宗教专干 还没有人任过职", "党建办公室 部门"} {
			if !strings.Contains(text, want) {
				t.Errorf("the tree lacks %q: %s", want, text)
			}
		}
		if text := plain(admin.page("/org?vacant=1")); strings.Contains(text, "郝根生") || !strings.Contains(text, "宗教专干") {
			t.Error("asking for vacancies shows others, or lacks one")
		}
		if text := plain(admin.page("/org?q=" + "街长")); !strings.Contains(text, "主街街长") || strings.Contains(text, "宗教专干") {
			t.Error("the search does not find, or finds all")
		}
		// Who may hand over posts only by a post lands on the unit of the post.
		err := s.db.Write(t.Context(), func(tx *store.Tx) error {
			post, err := org.AddPost(t.Context(), tx, org.Program, s.town, "挂职干部", org.Clerk, false)
			if err != nil {
				return err
			}
			_, err = org.Hold(t.Context(), tx, org.Program, post.ID, s.people["village"].ID, "2026-04-01", "")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if page := plain(s.as(t, "village").page("/org")); !strings.Contains(page, "栖禾镇 人员和岗位") || !strings.Contains(page, "贺晓雨") {
			t.Errorf("the holder of a clerk's post is not at the town: %s", page)
		}
		// A clerk sees the people and hands posts on, and manages nobody.
		clerk := s.as(t, "clerk")
		if page := clerk.page("/org"); strings.Contains(page, "/org/person/new") || strings.Contains(page, "/org/import") {
			t.Error("a clerk is offered what only an admin may do")
		}
		village := s.people["village"].ID
		for _, x := range []struct {
			who, method, path string
			status            int
		}{
			{"clerk", "GET", "/org/person/new", 403}, {"clerk", "GET", fmt.Sprintf("/org/person/%d/edit", village), 403}, {"clerk", "GET", "/org/import", 403},
			{"clerk", "POST", fmt.Sprintf("/org/person/%d/password", village), 403}, {"clerk", "POST", fmt.Sprintf("/org/person/%d/leave", village), 403},
			{"clerk", "POST", fmt.Sprintf("/org/unit/%d/edit", s.town.ID), 403}, {"clerk", "POST", "/org/post/new", 403}, {"clerk", "POST", "/org/places", 403},
			{"clerk", "POST", fmt.Sprintf("/org/post/%d/drop", posts["宗教专干"].ID), 403},
			{"leader", "GET", "/org", 403}, {"village", "GET", "/org/person/new", 403}, {"stranger", "GET", fmt.Sprintf("/org/person/%d", village), 404},
			{"stranger", "GET", fmt.Sprintf("/org?unit=%d", s.town.ID), 404}, {"stranger", "POST", fmt.Sprintf("/org/person/%d/reveal", village), 404},
			{"stranger", "GET", fmt.Sprintf("/org/post/%d", posts["宗教专干"].ID), 404}, {"admin", "GET", "/org/person/1", 404}, {"admin", "GET", "/org/post/1", 404},
		} {
			c := s.as(t, x.who)
			a := c.get(x.path)
			if x.method == "POST" {
				a = c.post(x.path, "version", "1", "purpose", "看看", "field", "手机", "name", "甲", "title", "甲", "unit", fmt.Sprint(s.town.ID))
			}
			if a.status != x.status {
				t.Errorf("%s %s %s: %d, want %d", x.who, x.method, x.path, a.status, x.status)
			}
		}
	})
}

// No page holds a number in full, but the answer to a form that says what for, which leaves a record.
func TestPrivateFieldsOnPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		posts := s.staffUp(t)
		id := s.people["village"].ID
		person := fmt.Sprintf("/org/person/%d", id)
		clerk, admin := s.as(t, "clerk"), s.as(t, "admin")
		a := admin.post(person+"/edit", "version", "2", "name", "郝根生", "unit", fmt.Sprint(s.people["village"].Unit.ID), "post", "村党支部书记", "role", "cadre", "phone", "13987654321")
		if a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, plain(a.body))
		}
		a = clerk.post(person+"/reveal", "field", "手机", "purpose", "")
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写为什么要看") {
			t.Errorf("without a purpose: %d", a.status)
		}
		seen := []string{a.body}
		a = clerk.post(person+"/reveal", "field", "手机", "purpose", "通知下村检查")
		if a.status != http.StatusOK || !strings.Contains(a.body, "13987654321") || strings.Contains(a.body, "haogensheng@") || !strings.Contains(plain(a.body), "查看 贺晓雨（党政办经办人） 手机 通知下村检查") {
			t.Errorf("revealed: %d %s", a.status, plain(a.body))
		}
		said, err := journal.Of(t.Context(), s.db, "staff", id, 1)
		if err != nil || said[0].Verb != "查看" || said[0].Staff != s.people["clerk"].ID {
			t.Errorf("%+v %v", said, err)
		}
		stale := admin.post(person+"/edit", "version", "1", "name", "郝根生", "unit", fmt.Sprint(s.people["village"].Unit.ID), "post", "主任", "role", "cadre", "phone", "13700000000")
		if stale.status != http.StatusConflict {
			t.Errorf("a stale form: %d", stale.status)
		}
		seen = append(seen, stale.body)
		for _, path := range []string{"/org", "/org?vacant=1", "/org?q=郝", person, person + "/edit", "/org/places", "/org/import", fmt.Sprintf("/org/post/%d", posts["主街街长"].ID), "/ledger", "/overview", "/search?q=郝根生"} {
			seen = append(seen, admin.page(path))
		}
		for i, page := range seen {
			for _, full := range []string{"13812345678", "13987654321", "haogensheng@"} {
				if strings.Contains(page, full) {
					t.Errorf("page %d holds %s", i, full)
				}
			}
		}
	})
}

// A post opens the ledger of its unit from its first day on and shuts it after the last, and what was kept of a page shows nobody
// else's.
func TestAPostOpensTheLedgerOfItsUnit(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		posts := s.staffUp(t)
		rows := func(c *client) int { return strings.Count(c.page("/ledger?plan="), `<tbody class="finding"`) }
		all := rows(s.as(t, "clerk"))
		stranger := s.as(t, "stranger")
		path := fmt.Sprintf("/finding/%d", s.findings()[2].ID)
		check := func(day string, sees bool) {
			t.Helper()
			want := map[bool]int{true: all}[sees]
			if got := rows(stranger); got != want {
				t.Errorf("on %s the stranger sees %d findings, want %d", day, got, want)
			}
			if a := stranger.get(path); (a.status == http.StatusOK) != sees || sees && strings.Contains(a.body, path+"/edit") {
				t.Errorf("on %s: %d", day, a.status)
			}
			if found := strings.Contains(stranger.page("/search?q=高龄"), `<p class="what">`); found != sees {
				t.Errorf("on %s the search finds it: %v", day, found)
			}
			if sees != strings.Contains(plain(stranger.page("/overview")), "栖禾镇 5") {
				t.Errorf("on %s the overview", day)
			}
		}
		check("before", false)
		s.appoint(t, posts["宗教专干"], "stranger", "2026-04-17")
		check("the day before", false)
		s.now = s.now.AddDate(0, 0, 1) // nothing is written, only the day has changed
		check("the first day", true)
		h, err := org.HolderOn(t.Context(), s.db, posts["宗教专干"].ID, "2026-04-17")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.db.Write(t.Context(), func(tx *store.Tx) error { return org.Release(t.Context(), tx, org.Program, h.ID, "2026-04-18", "") }); err != nil {
			t.Fatal(err)
		}
		s.now = s.now.AddDate(0, 0, 1)
		check("the last day", true)
		s.now = s.now.AddDate(0, 0, 1)
		stranger = s.as(t, "stranger")
		check("after", false)
		if got := rows(s.as(t, "clerk")); got != all {
			t.Errorf("the clerk sees %d", got)
		}
	})
}

// A unit that moves takes its findings along: who sees them is who stands above it now.
func TestMovingAUnitMovesWhoSees(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staffUp(t)
		ctx := t.Context()
		village, stranger := s.people["village"], s.people["stranger"]
		f := s.findings()[1] // the village answers for it
		sees := func(who org.Person) bool {
			who, err := org.PersonByID(ctx, s.db, who.ID, "2026-04-16")
			if err != nil {
				t.Fatal(err)
			}
			_, err = ledger.ByID(ctx, s.db, who, f.ID)
			return err == nil
		}
		if !sees(village) || sees(stranger) {
			t.Fatal("the village does not see it, or the other town does")
		}
		if err := ledger.MoveUnit(ctx, s.db, org.Program, village.Unit.ID, 1, stranger.Unit.ID); err != nil {
			t.Fatal(err)
		}
		if !sees(village) || !sees(stranger) || !sees(s.people["clerk"]) {
			t.Error("after the move the village, its new town and the plan's town all see it")
		}
		if found := strings.Contains(s.as(t, "stranger").page("/search?q=整治"), fmt.Sprintf("/finding/%d", f.ID)) != strings.Contains(s.as(t, "clerk").page("/search?q=整治"), fmt.Sprintf("/finding/%d", f.ID)); found {
			t.Error("the search still goes by the old place")
		}
		now, err := ledger.ByID(ctx, s.db, s.people["clerk"], f.ID)
		if err != nil || now.Version != f.Version+1 {
			t.Errorf("the finding kept its version: %v", err)
		}
		said, err := journal.Of(ctx, s.db, "finding", f.ID, 1)
		if err != nil || said[0].Verb != "调整" {
			t.Errorf("%+v %v", said, err)
		}
		// Renamed, and still the unit that the plan means.
		c := s.as(t, "admin")
		c.page("/ledger") // kept under the old name
		a := c.post(fmt.Sprintf("/org/unit/%d/edit", s.town.ID), "version", "1", "name", "栖禾新镇", "kind", "town")
		if a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, plain(a.body))
		}
		if page := c.page(fmt.Sprintf("/finding/%d", f.ID)); !strings.Contains(page, ">栖禾新镇</a> ›") {
			t.Error("the finding's page goes on showing the old name")
		}
	})
}

// importPeople sends a workbook to the import of people.
func (c *client) importPeople(kind string, book []byte) answer {
	c.t.Helper()
	return c.upload("/org/import", map[string]string{"kind": kind}, map[string]string{"人员.xlsx": string(book)})
}

// staffBook makes a workbook of people.
func staffBook(t testing.TB, rows ...[]string) []byte {
	t.Helper()
	table := office.Table{}
	for _, c := range []string{"姓名", "单位", "岗位", "角色", "登录名", "手机", "邮箱", "任职起"} {
		table.Columns = append(table.Columns, office.Column{Title: c})
	}
	for _, r := range rows {
		table.Rows = append(table.Rows, office.Cells(r...))
	}
	var b bytes.Buffer
	if err := office.WriteXlsx(&b, office.Book{Sheets: []office.Sheet{{Name: "人员", Table: table}}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOrgImport(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staffUp(t)
		c := s.as(t, "admin")
		a := c.importPeople("apply", staffBook(t, []string{"温子陵", "财政所", "所长", "科员", "wenziling", "138", "", ""}, []string{"温子陵", "水利所", "所长", "责任人", "", "", "", ""}))
		for _, want := range []string{"表里有 3 处要改，一行也没有导入", "人员 第 2 行 角色 请从", "人员 第 2 行 手机", "人员 第 3 行 单位 没有“水利所”这个单位"} {
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(plain(a.body), want) {
				t.Errorf("%d lacks %q: %s", a.status, want, plain(a.body))
			}
		}
		good := staffBook(t, []string{"温子陵", "财政所", "所长", "责任人", "wenziling", "13812340000", "", "2026-01-05"})
		if a = c.importPeople("check", good); a.status != http.StatusOK || !strings.Contains(plain(a.body), "人员 1 人、岗位 1 个、任职 1 项") || strings.Contains(plain(c.page("/org")), "温子陵") {
			t.Errorf("the check: %d %s", a.status, plain(a.body))
		}
		a = c.importPeople("apply", good)
		secret := between(a.body, `data-l="密码">`, `<`)
		if a.status != http.StatusOK || !regexp.MustCompile(`^[a-z2-9]{4}(-[a-z2-9]{4}){2}$`).MatchString(secret) || !strings.Contains(a.body, "只显示这一次") {
			t.Fatalf("%d %q %s", a.status, secret, plain(a.body))
		}
		if x := s.guest(t).post("/login", "login", "wenziling", "password", secret); x.status != http.StatusSeeOther {
			t.Errorf("the printed password does not sign in: %d", x.status)
		}
		if a = c.importPeople("apply", good); a.status != http.StatusSeeOther {
			t.Errorf("the same again: %d", a.status)
		}
		// The empty workbook can be filled in as it is.
		empty := c.get("/org/import/template.xlsx")
		if empty.status != http.StatusOK {
			t.Fatalf("the empty workbook: %d", empty.status)
		}
		doc, err := office.Read(t.Context(), "空表.xlsx", []byte(empty.body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := org.ReadBook(doc); err == nil || !strings.Contains(err.Error(), "一行也没有填") {
			t.Errorf("the empty workbook is read as %v", err)
		}
		if a = c.importPeople("apply", []byte("没有表")); a.status != http.StatusUnprocessableEntity {
			t.Errorf("no workbook: %d", a.status)
		}
	})
}

// Every form once, sent twice.
func TestOrgForms(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		posts := s.staffUp(t)
		c := s.as(t, "admin")
		twice := func(path string, form ...string) answer {
			t.Helper()
			a := c.post(path, form...)
			if a.status >= 400 {
				t.Fatalf("%s: %d %s", path, a.status, plain(a.body))
			}
			return a
		}
		town := fmt.Sprint(s.town.ID)
		a := twice("/org/person/new", "name", "温子陵", "unit", town, "post", "干事", "role", "cadre", "login", "wzl")
		secret := between(a.body, `data-l="密码">`, `<`)
		if x := s.guest(t).post("/login", "login", "wzl", "password", secret); x.status != http.StatusSeeOther {
			t.Errorf("the new person cannot sign in: %d", x.status)
		}
		again := twice("/org/person/new", "name", "温子陵", "unit", town, "post", "干事", "role", "cadre", "login", "wzl")
		if again.status != http.StatusSeeOther || strings.Count(c.page("/org"), ">温子陵</a>") != 1 {
			t.Errorf("sent twice, entered twice: %d", again.status)
		}
		person := again.to
		reset := twice(person+"/password", "version", "1")
		if fresh := between(reset.body, `data-l="密码">`, `<`); fresh == "" || fresh == secret {
			t.Error("no new password")
		}
		if x := s.guest(t).post("/login", "login", "wzl", "password", secret); x.status == http.StatusSeeOther {
			t.Error("the old password still signs in")
		}
		id := strings.TrimPrefix(person, "/org/person/")
		post := fmt.Sprintf("/org/post/%d", posts["宣传委员"].ID)
		for range 2 {
			twice(post+"/succeed", "staff", id, "from", "2026-05-01", "basis", "栖禾委〔2026〕9号")
		}
		text := plain(c.page(post))
		for _, want := range []string{"温子陵 将任 5月1日", "孟昭宁 在任 2025年11月3日 4月30日", "现任 孟昭宁", "卸任 方晓岚（组织委员）", "栖禾委〔2026〕9号"} {
			if !strings.Contains(text, want) {
				t.Errorf("the post's page lacks %q: %s", want, text)
			}
		}
		if x := c.post(person+"/leave", "version", "2"); x.status != http.StatusUnprocessableEntity || !strings.Contains(x.body, "请先交接") {
			t.Errorf("leaving with a post to come: %d", x.status)
		}
		if x := c.post(post+"/succeed", "staff", "", "from", "2026-05-01"); x.status != http.StatusUnprocessableEntity || !strings.Contains(x.body, "请选择是谁") {
			t.Errorf("nobody chosen: %d", x.status)
		}
		holding := between(c.page(post), `name="holding" value="`, `"`)
		if x := c.post(post+"/release", "holding", holding, "last", "2026-04-30"); x.status != http.StatusSeeOther || !strings.Contains(plain(c.page(post)), "没有到任") {
			t.Errorf("an appointment taken back: %d %s", x.status, plain(x.body))
		}
		twice(person+"/leave", "version", "2")
		if text := plain(c.page(person)); !strings.Contains(text, "已离岗") || !strings.Contains(text, "恢复在岗") {
			t.Error("who has left is not shown so")
		}
		if strings.Contains(c.page("/org"), ">温子陵</a>") || !strings.Contains(c.page("/org?left=1"), ">温子陵</a>") {
			t.Error("who has left stands among those who work here, or is not found any more")
		}
		twice(person+"/leave", "version", "3", "back", "1")
		a = twice("/org/post/new", "title", "网格长", "unit", town, "role", "", "single", "0")
		twice(a.to+"/hold", "staff", id, "from", "2026-04-01")
		a = twice("/org/post/new", "title", "旧岗位", "unit", town, "role", "", "single", "1")
		twice(a.to+"/drop", "version", "1")
		if strings.Contains(c.page("/org"), "旧岗位") {
			t.Error("a post that is no more stands vacant")
		}
		a = twice("/org/unit/new", "name", "西河村", "kind", "village", "above", town)
		if x := c.post("/org/unit/new", "name", "西河村", "kind", "village", "above", town); x.status != http.StatusUnprocessableEntity || !strings.Contains(x.body, "已经登记过了") {
			t.Errorf("the same unit again: %d", x.status)
		}
		for range 2 {
			twice("/org/places", "name", "主街", "kind", "street", "in", "", "unit", town)
		}
		if n := strings.Count(c.page("/org/places"), `<td>主街</td>`); n != 1 {
			t.Errorf("%d streets", n)
		}
		if x := c.post("/org/places", "name", "", "kind", "street", "in", "", "unit", town); x.status != http.StatusUnprocessableEntity {
			t.Errorf("a place without a name: %d", x.status)
		}
	})
}

func TestBrowserOrg(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	posts := s.staffUp(t)
	b := s.signIn(t, "admin")
	phone := func() { b.Size(390, 844) }
	desk := func() { b.Size(1366, 768) }
	wide := func(where string) {
		t.Helper()
		if over := browser.Eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
			t.Errorf("%s is %d px too wide", where, over)
		}
	}
	shoot := func(name string) {
		b.Screenshot(name)
		wide(name)
		phone()
		b.Screenshot(name + "-phone")
		wide(name + " on a phone")
		desk()
	}
	b.Follow(`.bar-nav a[href="/org"]`)
	shoot("org")
	b.Follow(fmt.Sprintf(`a[href="/org/post/%d"]`, posts["宣传委员"].ID))
	b.Select("#e-staff", fmt.Sprint(s.people["colleague"].ID))
	shoot("org-post")
	b.Follow(`form[action$="/succeed"] .btn-go`)
	if text := b.Text(".main"); !strings.Contains(text, "梁知远") || !strings.Contains(text, "在任") {
		t.Errorf("handed on: %s", text)
	}
	b.Go(s.url + fmt.Sprintf("/org/person/%d", s.people["village"].ID))
	shoot("org-person")
	b.Type(`[name=purpose]`, "通知4月17日下村检查")
	b.Follow(`[name=field][value=手机]`)
	if text := b.Text(".org-full"); text != "13812345678" {
		t.Errorf("revealed %q", text)
	}
	b.Go(s.url + "/org/person/new")
	b.Type("#e-name", "温子陵")
	b.Type("#e-login", "wenziling")
	b.Type("#e-phone", "138")
	b.Allow("422")
	b.Follow(".edit .btn-go")
	shoot("org-form")
	b.Type("#e-phone", "13812340000")
	b.Follow(".edit .btn-go")
	shoot("org-passwords")
	secret := b.Text(".org-pass")
	if !strings.Contains(secret, "-") {
		t.Errorf("the password is %q", secret)
	}
	b.Go(s.url + "/org/places")
	b.Type("#e-name", "主街")
	b.Follow(".edit .btn-go")
	shoot("org-places")
	b.Go(s.url + "/org/import")
	shoot("org-import")
	// On a district with many units the tree is folded.
	err := s.db.Write(context.Background(), func(tx *store.Tx) error {
		for i := range 70 {
			if _, err := org.AddUnit(t.Context(), tx, org.Program, s.town, org.Village, fmt.Sprintf("第%d村", i+1), int64(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Go(s.url + "/org")
	if text := b.Text("main"); !strings.Contains(text, "点单位名看里面的人") {
		t.Error("a large tree is not folded")
	}
	shoot("org-folded")
}
