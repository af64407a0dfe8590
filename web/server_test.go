package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bihuan/journal"
	"bihuan/store"
	"bihuan/store/storetest"
)

func TestSigningInAndOut(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		c := s.guest(t)
		if a := c.get("/ledger?state=done"); a.status != http.StatusSeeOther || a.to != "/login?next=%2Fledger%3Fstate%3Ddone" {
			t.Errorf("a guest at the ledger: %d %s", a.status, a.to)
		}
		if a := c.get("/login?next=%2Fledger%3Fstate%3Ddone"); a.status != http.StatusOK || !strings.Contains(a.body, `name="next" value="/ledger?state=done"`) {
			t.Errorf("the login form forgets where to: %d", a.status)
		}
		a := c.post("/login", "login", "clerk", "password", "wrong")
		if a.status != http.StatusUnauthorized || !strings.Contains(a.body, "登录名或密码不对") || !strings.Contains(a.body, `value="clerk"`) || strings.Contains(a.body, "wrong") {
			t.Errorf("a wrong password: %d", a.status)
		}
		unknown := c.post("/login", "login", "nobody", "password", "wrong")
		if unknown.status != a.status || !strings.Contains(unknown.body, "登录名或密码不对") {
			t.Errorf("an unknown login answers otherwise than a wrong password: %d", unknown.status)
		}
		if a := c.post("/login", "login", " clerk ", "password", password, "next", "/plan/1"); a.status != http.StatusSeeOther || a.to != "/plan/1" {
			t.Errorf("signing in: %d %s", a.status, a.to)
		}
		if a := c.get("/"); a.status != http.StatusSeeOther || a.to != "/work" {
			t.Errorf("home: %d %s", a.status, a.to)
		}
		if a := s.as(t, "village").get("/"); a.status != http.StatusSeeOther || a.to != "/today" {
			t.Errorf("home of a person responsible: %d %s", a.status, a.to)
		}
		if !strings.Contains(c.page("/ledger"), "贺晓雨·党政办经办人") {
			t.Error("the bar does not say who is signed in")
		}
		if a := c.get("/login"); a.status != http.StatusSeeOther {
			t.Errorf("the login form for somebody signed in: %d", a.status)
		}
		other := s.as(t, "clerk") // a second browser stays signed in
		if a := c.post("/logout"); a.status != http.StatusSeeOther || a.to != "/login" {
			t.Errorf("signing out: %d %s", a.status, a.to)
		}
		if a := c.get("/ledger"); a.status != http.StatusSeeOther {
			t.Errorf("the ledger after signing out: %d", a.status)
		}
		if a := other.get("/ledger"); a.status != http.StatusOK {
			t.Errorf("the other browser: %d", a.status)
		}
	})
}

func TestLoginLeadsNowhereElse(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	for next, want := range map[string]string{
		"":                    "/",
		"/ledger?plan=1":      "/ledger?plan=1",
		"https://example.org": "/",
		"//example.org":       "/",
		"/\\example.org":      "/",
		"/\t/example.org":     "/",
	} {
		if a := s.guest(t).post("/login", "login", "clerk", "password", password, "next", next); a.to != want {
			t.Errorf("next %q leads to %q, want %q", next, a.to, want)
		}
	}
}

func TestGuessingIsHeldBack(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	c := s.guest(t)
	for range 10 {
		if a := c.post("/login", "login", "clerk", "password", "guess"); a.status != http.StatusUnauthorized {
			t.Fatalf("within the limit: %d", a.status)
		}
	}
	a := c.post("/login", "login", "clerk", "password", password)
	if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "一分钟后再试") {
		t.Errorf("the eleventh try: %d", a.status)
	}
	if a := c.post("/login", "login", "leader", "password", password); a.status != http.StatusSeeOther {
		t.Errorf("somebody else at the same office: %d", a.status)
	}
	s.now = s.now.Add(7 * time.Second)
	if a := c.post("/login", "login", "clerk", "password", password); a.status != http.StatusSeeOther {
		t.Errorf("some seconds later: %d", a.status)
	}
}

func TestSessionsAreKeptHashedAndEnd(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		c := s.as(t, "clerk")
		tokens, err := store.All(t.Context(), s.db, store.Value[string], `select token from session`)
		if err != nil || len(tokens) != 1 {
			t.Fatalf("sessions %v %v", tokens, err)
		}
		cookie := c.cookie()
		if tokens[0] == cookie.Value || len(tokens[0]) != 64 {
			t.Errorf("the database holds the token itself: %s", tokens[0])
		}
		// Somebody who has left is signed out at once.
		err = s.db.Write(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec(t.Context(), `update staff set active = 0 where id = $1`, s.people["clerk"].ID); err != nil {
				return err
			}
			return journal.Append(t.Context(), tx, journal.Entry{Verb: "修改", Kind: "staff", Row: s.people["clerk"].ID})
		})
		if err != nil {
			t.Fatal(err)
		}
		if a := c.get("/ledger"); a.status != http.StatusSeeOther {
			t.Errorf("somebody who has left: %d", a.status)
		}
		if a := c.post("/logout"); a.status != http.StatusUnauthorized || !strings.Contains(a.body, "没有保存") {
			t.Errorf("a form of somebody who has left: %d", a.status)
		}
	})
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	c := s.as(t, "clerk")
	asset := between(c.page("/ledger"), `href="/static/look-`, `"`)
	for _, path := range []string{"/login", "/ledger", "/nowhere", "/finding/1", "/static/look-" + asset, "/static/x"} {
		a := c.get(path)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'self'",
			"X-Content-Type-Options":  "nosniff",
			"X-Frame-Options":         "DENY",
			"Referrer-Policy":         "same-origin",
		} {
			if !strings.Contains(a.header.Get(name), want) {
				t.Errorf("%s has %s %q", path, name, a.header.Get(name))
			}
		}
		if cached := strings.Contains(a.header.Get("Cache-Control"), "immutable"); cached != (path == "/static/look-"+asset) {
			t.Errorf("%s has Cache-Control %q", path, a.header.Get("Cache-Control"))
		}
	}
	cookie := c.cookie()
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || !cookie.Expires.IsZero() {
		t.Errorf("the cookie is %+v", cookie)
	}
}

func TestAnotherSiteCannotSendForms(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	c := s.as(t, "clerk")
	f := s.findings()[0]
	for name, header := range map[string][2]string{"old browser": {"Origin", "https://example.org"}, "browser": {"Sec-Fetch-Site", "cross-site"}} {
		r := httptest.NewRequest(http.MethodPost, s.url+fmt.Sprintf("/finding/%d/edit", f.ID), strings.NewReader("version=1&leader=x"))
		r.RequestURI = ""
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(header[0], header[1])
		if a := c.do(r); a.status != http.StatusForbidden || !strings.Contains(a.body, "别的网站") {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	if got := s.findings()[0]; got.Version != f.Version {
		t.Error("the form of another site was taken")
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[0]
	edit := fmt.Sprintf("/finding/%d/edit", f.ID)
	clients := map[string]*client{}
	for _, x := range []struct {
		who, method, path string
		form              []string
		status            int
		want              string
	}{
		{"clerk", "GET", "/nowhere", nil, 404, "没有这一页"},
		{"clerk", "GET", "/finding/1", nil, 404, "没有这一页"},
		{"clerk", "GET", "/finding/abc", nil, 404, "没有这一页"},
		{"clerk", "GET", "/finding/-4", nil, 404, "没有这一页"},
		{"clerk", "GET", "/plan/99999999999999999999", nil, 404, "没有这一页"},
		{"stranger", "GET", fmt.Sprintf("/finding/%d", f.ID), nil, 404, "没有这一页"},
		{"stranger", "GET", fmt.Sprintf("/plan/%d", s.plan), nil, 404, "没有这一页"},
		{"stranger", "POST", edit, []string{"version", "1"}, 404, "没有这一页"},
		{"leader", "GET", edit, nil, 403, "孟昭宁（党委副书记）不能修改台账"},
		{"leader", "POST", edit, []string{"version", "1"}, 403, "不能修改台账"},
		{"village", "GET", "/overview", nil, 403, "不能查看总览"},
		{"clerk", "POST", edit, []string{"leader", "x"}, 400, "提交的内容不完整"},
		{"clerk", "POST", fmt.Sprintf("/finding/%d/answer", f.ID), []string{"version", "1", "measure", "77", "manifestation", "0"}, 422, "这条措施已不存在"},
	} {
		c := clients[x.who]
		if c == nil {
			c = s.as(t, x.who)
			clients[x.who] = c
		}
		a := c.get(x.path)
		if x.method == "POST" {
			a = c.post(x.path, x.form...)
		}
		if a.status != x.status || !strings.Contains(a.body, x.want) {
			t.Errorf("%s %s %s: %d %q, want %d with %q", x.who, x.method, x.path, a.status, between(a.body, `<b>`, `</p>`), x.status, x.want)
		}
	}
}

func TestFaultsStayInTheLog(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	c := s.as(t, "clerk")
	err := s.db.Housekeep(t.Context(), func(tx *store.Tx) error {
		rows, err := tx.Query(t.Context(), `drop table note`)
		if err != nil {
			return err
		}
		return rows.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	a := c.get(fmt.Sprintf("/finding/%d", s.findings()[0].ID))
	if a.status != http.StatusInternalServerError || !strings.Contains(a.body, "程序出错了") || strings.Contains(a.body, "note") {
		t.Errorf("a broken database: %d %s", a.status, a.body)
	}
}

func TestRolesSeeTheirEntries(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	for login, want := range map[string]string{
		"clerk":    "工作台 台账 常态任务 惠民 函件 巡察建议 总览 人员 导入 更多 整改月报 材料提示 任务量和负担 责任交接 核验 日历 消息 设置",
		"leader":   "工作台 台账 常态任务 惠民 函件 巡察建议 总览 更多 整改月报 材料提示 任务量和负担 核验 日历 消息 设置",
		"district": "工作台 台账 常态任务 惠民 函件 巡察建议 总览 抽查 更多 整改月报 材料提示 任务量和负担 核验 日历 消息 设置",
		"village":  "今天要办的 台账 常态任务 惠民 函件 更多 核验 日历",
	} {
		nav := between(s.as(t, login).page("/ledger"), `aria-label="主导航">`, `</nav>`)
		if got := plain(nav); got != want {
			t.Errorf("%s (%s) has %q, want %q", login, s.people[login].Role, got, want)
		}
	}
}
