package web_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/notify"
	"bihuan/org"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// group is the chat of a group with a robot of WeCom in it; while broken the robot is not known there.
type group struct {
	*httptest.Server
	broken atomic.Bool
}

func newGroup(t testing.TB) *group {
	g := &group{}
	g.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if g.broken.Load() {
			io.WriteString(w, `{"errcode":93000,"errmsg":"invalid webhook url"}`)
		} else {
			io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
		}
	}))
	t.Cleanup(g.Close)
	return g
}

// deliver sends what waits.
func (g *group) deliver(t testing.TB, s *site) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(g.Certificate())
	if _, err := notify.NewSender(notify.Config{DB: s.db, Calendar: func(context.Context) (calendar.Calendar, error) { return calendar.Published(), nil }, Roots: roots}).Pass(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// announce makes the messages of the day for two people of the town.
func (s *site) announce(t testing.TB) {
	t.Helper()
	items := []notify.Item{
		{Staff: s.people["leader"].ID, Light: notify.Red, Subject: "finding/1", Text: "党建工作责任制落实不到位：已超期 12 个工作日，请向党委主要负责同志报告原因并写明何时能办完", Link: "/finding/1"},
		{Staff: s.people["village"].ID, Light: notify.Yellow, Subject: "occurrence/2", Text: "每周五入户走访：明天到期", Link: "/finding/2"},
	}
	if n, err := notify.Compose(context.Background(), s.db, calendar.Published(), s.url, items); err != nil || n == 0 {
		t.Fatal(n, err)
	}
}

func TestToldPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		g := newGroup(t)
		c := s.as(t, "clerk")
		for page, want := range map[string]string{"/told": "还没有通知渠道", "/told/channel": "还没有渠道", "/told?state=failed": "没有符合条件的消息"} {
			if text := plain(c.page(page)); !strings.Contains(text, want) {
				t.Errorf("%s, empty, lacks %q", page, want)
			}
		}
		for _, page := range []string{"/told", "/told/channel"} {
			if a := s.as(t, "village").get(page); a.status != http.StatusForbidden {
				t.Errorf("the village gets %s: %d", page, a.status)
			}
		}
		unit := fmt.Sprint(s.town.ID)
		a := c.post("/told/channel", "unit", unit, "kind", "wecom", "address", "http://wecom.example/x", "secret", "")
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "要以 https:// 开头") || !strings.Contains(a.body, `value="http://wecom.example/x"`) {
			t.Errorf("a bad address: %d\n%s", a.status, a.body)
		}
		const key = "693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa"
		if a = c.post("/told/channel", "unit", unit, "kind", "wecom", "address", g.URL+"/send?key="+key, "secret", ""); a.status != http.StatusSeeOther {
			t.Fatalf("%d\n%s", a.status, a.body)
		}
		page := c.page("/told/channel")
		if strings.Contains(page, key) || !strings.Contains(plain(page), "栖禾镇 企业微信群机器人 "+g.URL+"/…5aaa") {
			t.Errorf("the list shows the key, or not the channel: %s", plain(page))
		}
		id := between(page, `action="/told/channel/`, `/test"`)
		if a = c.post("/told/channel/" + id + "/test"); a.status != http.StatusSeeOther || a.to != "/told" {
			t.Fatalf("%d %s", a.status, a.body)
		}
		g.broken.Store(true)
		s.announce(t)
		g.deliver(t, s) // one of the two: a robot takes its time
		s.now = s.now.Add(time.Minute)
		g.deliver(t, s)
		text := plain(c.page("/told"))
		for _, want := range []string{"全部 2 没有发出 2", "栖禾镇群", "每日摘要", "测试消息", "重新复制地址", "平台回答：93000 invalid webhook url", "孟昭宁 1 件"} {
			if !strings.Contains(text, want) {
				t.Errorf("the log lacks %q: %s", want, text)
			}
		}
		retry := regexp.MustCompile(`/told/message/(\d+)/retry`).FindAllStringSubmatch(c.page("/told"), -1)
		if len(retry) != 1 {
			t.Fatalf("%d messages can be sent again, want the digest alone", len(retry))
		}
		if a = s.as(t, "stranger").post(retry[0][0]); a.status != http.StatusForbidden {
			t.Errorf("another town sends it again: %d", a.status)
		}
		g.broken.Store(false)
		if a = c.post(retry[0][0]); a.status != http.StatusSeeOther {
			t.Fatalf("%d\n%s", a.status, a.body)
		}
		s.now = s.now.Add(time.Minute)
		g.deliver(t, s)
		if text = plain(c.page("/told?state=sent&day=2026-04-16")); !strings.Contains(text, "已发出 4月16日 09:22") {
			t.Errorf("sent again: %s", text)
		}

		form := c.page("/told/channel/" + id)
		if strings.Contains(form, key) || !strings.Contains(form, `name="version" value="1"`) {
			t.Error("the form shows the key or no version")
		}
		if a = c.post("/told/channel/"+id, "version", "1", "address", "", "secret", "", "active", "1"); a.status != http.StatusSeeOther {
			t.Errorf("nothing changed: %d", a.status)
		}
		if a = c.post("/told/channel/"+id, "version", "1", "address", "", "secret", ""); a.status != http.StatusSeeOther {
			t.Errorf("put out of use: %d", a.status)
		}
		if a = s.as(t, "colleague").post("/told/channel/"+id, "version", "1", "secret", "x", "active", "1"); a.status != http.StatusConflict || !strings.Contains(a.body, "已由贺晓雨") || !strings.Contains(a.body, `name="version" value="2"`) {
			t.Errorf("an old version: %d\n%s", a.status, plain(a.body))
		}
		if a = s.as(t, "stranger").get("/told/channel/" + id); a.status != http.StatusForbidden {
			t.Errorf("another town's form: %d", a.status)
		}
		if a = c.post("/told/channel/"+id+"/remove", "version", "2"); a.status != http.StatusSeeOther || !strings.Contains(c.page("/told/channel"), "还没有渠道") {
			t.Errorf("removed: %d", a.status)
		}
	})
}

func TestMyFeed(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		c := s.as(t, "village")
		if text := plain(c.page("/me")); !strings.Contains(text, "还没有通知渠道") || !strings.Contains(text, "还没有订阅") {
			t.Errorf("%s", text)
		}
		a := c.post("/me/feed")
		secret := between(a.body, s.url+"/feed/", `"`)
		if a.status != http.StatusOK || len(secret) < 30 {
			t.Fatalf("%d, secret %q", a.status, secret)
		}
		if p, err := notify.FeedPerson(context.Background(), s.db, secret, "2026-04-16"); err != nil || p.ID != s.people["village"].ID {
			t.Errorf("%+v %v", p, err)
		}
		if page := c.page("/me"); strings.Contains(page, secret) || !strings.Contains(page, "已有订阅地址") {
			t.Error("the secret is shown again, or the page does not know of it")
		}
		if a = c.post("/me/feed/drop"); a.status != http.StatusSeeOther || !strings.Contains(c.page("/me"), "还没有订阅") {
			t.Errorf("%d", a.status)
		}
	})
}

func TestBrowserTold(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	g := newGroup(t)
	b := s.signIn(t, "clerk")
	b.Go(s.url + "/told")
	b.Screenshot("told-empty")
	b.Follow(".empty .btn-go")
	b.Allow("status of 422")
	b.Type("#c-address", "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1")
	b.Follow(".edit .btn-go")
	b.Screenshot("channels-bad")
	b.Type("#c-address", g.URL+"/send?key=693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa")
	b.Follow(".edit .btn-go")
	b.Screenshot("channels")
	b.Follow(`form[action$="/test"] .btn`)
	g.deliver(t, s)
	ctx := context.Background()
	admin := org.Person{Name: "系统", Role: org.Admin, Unit: s.people["district"].Unit}
	if _, err := notify.AddChannel(ctx, s.db, admin, s.people["village"].Unit.ID, notify.Feishu, g.URL+"/x", ""); err != nil {
		t.Fatal(err)
	}
	g.broken.Store(true)
	s.announce(t)
	s.now = s.now.Add(time.Minute)
	g.deliver(t, s)
	b.Go(s.url + "/told")
	b.Click("tbody tr:nth-child(2) summary")
	b.Screenshot("told")
	b.Size(390, 844)
	b.Screenshot("told-phone")
	b.Go(s.url + "/told/channel")
	b.Screenshot("channels-phone")
	b.Size(1366, 768)
	b.Go(s.url + "/told")
	g.broken.Store(false)
	b.Follow(`form[action$="/retry"] .btn`)
	s.now = s.now.Add(time.Minute)
	g.deliver(t, s)
	b.Go(s.url + "/told")
	if n := b.Count(`.told-state .st-done`); n != 3 { // the other group's was tried again by itself
		t.Errorf("%d messages sent after sending again, want the test and both digests", n)
	}
	b.Go(s.url + "/told/channel")
	b.Follow(`a[href^="/told/channel/"].btn-s`)
	b.Screenshot("channel")
	b.Go(s.url + "/me")
	b.Follow("#feed .btn-go")
	b.Screenshot("me")
	b.Size(390, 844)
	b.Screenshot("me-phone")
	if wide := browser.Eval[bool](b, `document.documentElement.scrollWidth > 390`); wide {
		t.Error("the page is wider than the phone")
	}
}
