package notify

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// decoder reads the body of a mail that is in base64.
func decoder(m *mail.Message) io.Reader {
	if m.Header.Get("Content-Transfer-Encoding") == "base64" {
		return base64.NewDecoder(base64.StdEncoding, m.Body)
	}
	return m.Body
}

// Each platform gets the text in its own form, signed as it checks it.
func TestRobots(t *testing.T) {
	d := found(t, storetest.SQLite(t))
	s := d.sender(d.db)
	d.channel(d.root, WeCom, d.platform.URL+"/wecom?key=k1", "")
	d.channel(d.town, DingTalk, d.platform.URL+"/dingtalk?access_token=k2", "SECabc")
	d.channel(d.village, Feishu, d.platform.URL+"/hook/k3", "geheim")
	d.compose(d.item("邵文澜", Yellow, "a"), d.item("贺晓雨", Yellow, "b"), d.item("郝根生", Red, "c<&>"))
	pass(t, s)
	posts := d.platform.taken()
	slices.SortFunc(posts, func(a, b post) int { return strings.Compare(a.path, b.path) })
	if len(posts) != 3 {
		t.Fatalf("%d posts", len(posts))
	}
	ding, feishu, wecom := posts[0], posts[1], posts[2]
	if want := "【闭环】临澜区4月16日待办 1 件，1 人\n邵文澜 1 件\n〔黄〕a的事\n工作台：https://bihuan.example/"; wecom.text != want || wecom.body["msgtype"] != "text" {
		t.Errorf("WeCom: %+v", wecom)
	}
	q, err := url.Parse(ding.url)
	if err != nil {
		t.Fatal(err)
	}
	stamp := q.Query().Get("timestamp")
	if stamp != fmt.Sprint(thursday.UnixMilli()) || q.Query().Get("access_token") != "k2" || ding.body["msgtype"] != "text" {
		t.Errorf("DingTalk: %s", ding.url)
	}
	if got := q.Query().Get("sign"); got != sign("SECabc", stamp+"\nSECabc") || len(got) != 44 {
		t.Errorf("DingTalk's sign: %q", got)
	}
	if feishu.body["msg_type"] != "text" || !strings.Contains(feishu.text, "c<&>的事") || feishu.body["timestamp"] != fmt.Sprint(thursday.Unix()) {
		t.Errorf("Feishu: %+v", feishu)
	}
	for _, m := range d.messages() {
		if m.State != stateSent || m.Tries != 1 || !m.Sent.Equal(thursday) || m.Error != "" || !strings.HasPrefix(m.Answer, "0 ") {
			t.Errorf("%+v", m)
		}
	}
}

const (
	wantDingTalk = "RfSva6UP9STePhe9+q3onwpKKGEFgu5CW1scSHCSTNs="
	wantFeishu   = "xNryrYrc8SKq9ee3xPJgcUfu5a5pm5eYLQCKUV7dsyQ="
)

// The signatures, worked out beside this program (openssl dgst -sha256 -hmac).
func TestSign(t *testing.T) {
	c := Channel{Kind: DingTalk, address: "https://oapi.dingtalk.com/robot/send?access_token=x", secret: "SEC0123"}
	r, err := robotRequest(ctx, c, "x", time.UnixMilli(1776302400000))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.URL.Query().Get("sign"); got != wantDingTalk {
		t.Errorf("DingTalk: %s, want %s", got, wantDingTalk)
	}
	c = Channel{Kind: Feishu, address: "https://open.feishu.cn/x", secret: "geheim"}
	if r, err = robotRequest(ctx, c, "x", time.UnixMilli(1776302400000)); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || !strings.Contains(string(body), `"sign":"`+wantFeishu+`"`) {
		t.Errorf("Feishu: %s, want %s", body, wantFeishu)
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		kind   string
		status int
		body   string
		failed string // part of it; empty: taken
		final  bool
		pause  time.Duration
	}{
		{WeCom, 200, `{"errcode":0,"errmsg":"ok"}`, "", false, 0},
		{WeCom, 200, `{"errcode":93000,"errmsg":"invalid webhook url, hint: [1]"}`, "重新复制地址", true, 0},
		{WeCom, 200, `{"errcode":45009,"errmsg":"api freq out of limit"}`, "十分钟", false, deaf},
		{WeCom, 200, `{"errcode":-1,"errmsg":"system busy"}`, "-1 system busy", false, 0},
		{WeCom, 429, ``, "十分钟", false, deaf},
		{WeCom, 502, `<html>`, "暂时出错", false, unreached},
		{WeCom, 200, `<html>欢迎`, "看不懂", false, 0},
		{WeCom, 404, `no`, "看不懂", true, 0},
		{WeCom, 302, ``, "转到了别处", true, 0},
		{WeCom, 200, `{}`, "看不懂", false, 0},
		{DingTalk, 200, `{"errcode":0,"errmsg":"ok"}`, "", false, 0},
		{DingTalk, 200, `{"errcode":310000,"errmsg":"sign not match"}`, "加签", true, 0},
		{DingTalk, 200, `{"errcode":310000,"errmsg":"keywords not in content"}`, "闭环", true, 0},
		{DingTalk, 200, `{"errcode":410100,"errmsg":"too fast"}`, "十分钟", false, deaf},
		{Feishu, 200, `{"code":0,"msg":"success"}`, "", false, 0},
		{Feishu, 200, `{"Extra":null,"StatusCode":0,"StatusMessage":"success"}`, "", false, 0},
		{Feishu, 200, `{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}`, "签名", true, 0},
		{Feishu, 400, `{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}`, "重新复制地址", true, 0},
		{Feishu, 400, `{"code":11232,"msg":"frequency limited"}`, "十分钟", false, deaf},
		{Feishu, 400, `{"code":9499,"msg":"too many request"}`, "十分钟", false, deaf},
	} {
		o := readAnswer(c.kind, c.status, []byte(c.body))
		if (o.failed == "") != (c.failed == "") || !strings.Contains(o.failed, c.failed) || o.final != c.final || o.pause != c.pause {
			t.Errorf("%s %d %s: %+v", c.kind, c.status, c.body, o)
		}
		if o.answer == "" {
			t.Errorf("%s %d %s: the answer is lost", c.kind, c.status, c.body)
		}
	}
}

// A message that is not taken is tried after 1, 5, 30 and 120 minutes, then every two hours until the end of the day; then it has
// failed, and stays so until somebody has it sent again.
func TestBackoff(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		s := d.sender(d.db)
		d.platform.now = d.clock.Now
		d.channel(d.town, WeCom, d.platform.URL+"/town", "")
		d.platform.answers(200, `{"errcode":-1,"errmsg":"system busy"}`)
		d.compose(d.item("孟昭宁", Yellow, "a"))
		for d.clock.Now().Before(thursday.Add(24 * time.Hour)) {
			pass(t, s)
			d.clock.add(30 * time.Second)
		}
		var got []string
		for _, p := range d.platform.taken() {
			got = append(got, p.at.Format("15:04"))
		}
		if want := "[09:20 09:21 09:26 09:56 11:56 13:56 15:56]"; fmt.Sprint(got) != want {
			t.Errorf("tried at %v, want %s", got, want)
		}
		m := d.only()
		if m.State != stateFailed || m.Tries != 7 || !strings.Contains(m.Error, "system busy") || !strings.HasPrefix(m.Answer, "-1") {
			t.Errorf("%+v", m)
		}
	})
}

// What was not sent by the end of the day is given up, and tests go at any hour.
func TestEndOfDay(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		s := d.sender(d.db)
		id := d.channel(d.town, WeCom, d.platform.URL+"/town", "")
		d.compose(d.item("孟昭宁", Yellow, "a"))
		d.clock.set(time.Date(2026, 4, 16, 19, 0, 0, 0, time.Local))
		for range 2 {
			if err := TryChannel(ctx, d.db, d.clerk(), id); err != nil {
				t.Fatal(err)
			}
		}
		pass(t, s)
		list := d.messages()
		if len(list) != 2 || list[0].State != stateFailed || !strings.Contains(list[0].Error, "下班") || list[1].State != stateSent || list[1].Kind != kindTest {
			t.Fatalf("%+v", list)
		}
		if posts := d.platform.taken(); len(posts) != 1 || !strings.Contains(posts[0].text, "贺晓雨（党政办经办人）") {
			t.Errorf("%+v", posts)
		}
		// Before working hours nothing goes out either.
		d.clock.set(time.Date(2026, 4, 17, 6, 0, 0, 0, time.Local))
		d.compose(d.item("孟昭宁", Yellow, "a"))
		for range 6 {
			pass(t, s)
			if at := d.clock.Now(); len(d.platform.taken()) != 1 && at.Hour() < 8 {
				t.Fatalf("sent at %v", at)
			}
			d.clock.add(30 * time.Minute)
		}
		if len(d.platform.taken()) != 2 {
			t.Error("not sent at half past eight")
		}
	})
}

// A robot that says it was too much is left alone for ten minutes, and what waits for it loses no try.
func TestTooMuch(t *testing.T) {
	d := found(t, storetest.SQLite(t))
	s := d.sender(d.db)
	d.platform.now = d.clock.Now
	d.channel(d.town, WeCom, d.platform.URL+"/town", "")
	d.compose(d.item("孟昭宁", Red, "a"))
	d.compose(d.item("孟昭宁", Red, "b"))
	d.platform.answers(http.StatusTooManyRequests, "")
	pass(t, s)
	d.platform.does(nil)
	for range 30 * 12 {
		d.clock.add(5 * time.Second)
		pass(t, s)
	}
	posts := d.platform.taken()
	if len(posts) != 3 {
		t.Fatalf("%d posts", len(posts))
	}
	if wait := posts[1].at.Sub(posts[0].at); wait < 10*time.Minute || wait > 11*time.Minute {
		t.Errorf("left alone for %v", wait)
	}
	for _, m := range d.messages() {
		if m.State != stateSent || m.Error != "" {
			t.Errorf("%+v", m)
		}
	}
}

// A slow robot and a dead one are given up in time, their address stays untold, and the others are served meanwhile.
func TestSlowAndDead(t *testing.T) {
	d := found(t, storetest.SQLite(t))
	s := d.sender(d.db)
	s.http.Timeout = 2 * time.Second
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := l.Addr().String()
	l.Close()
	d.channel(d.root, WeCom, "https://"+dead+"/x?key="+robotKey, "")
	d.channel(d.town, DingTalk, d.platform.URL+"/slow?access_token="+robotKey, "")
	d.channel(d.village, Feishu, d.platform.URL+"/quick", "")
	d.platform.does(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			select {
			case <-r.Context().Done():
			case <-time.After(time.Minute):
			}
			return
		}
		io.WriteString(w, `{"code":0}`)
	})
	d.compose(d.item("邵文澜", Yellow, "a"), d.item("孟昭宁", Yellow, "b"), d.item("郝根生", Yellow, "c"))
	d.compose(d.item("邵文澜", Red, "d"))
	pass(t, s)
	for _, m := range d.messages() {
		want := map[string]string{WeCom: "连不上", DingTalk: "没有回答", Feishu: ""}[m.Via]
		switch {
		case m.Kind == kindRed && m.Tries != 0:
			t.Errorf("a dead channel is asked twice in a row: %+v", m)
		case m.Kind == kindRed:
		case want == "" && m.State != stateSent, want != "" && (m.State != stateWaiting || !strings.Contains(m.Error, want)):
			t.Errorf("%+v", m)
		}
		if strings.Contains(m.Error+m.Answer, robotKey) {
			t.Errorf("the key is told: %s %s", m.Error, m.Answer)
		}
	}
}

// Two nodes on one database send what waits: each message once, through one robot at most 20 in any minute.
func TestTwoNodesSendOnce(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		d.platform.now = d.clock.Now
		office := newPostOffice(t, nil)
		d.channel(d.root, WeCom, d.platform.URL+"/root", "")
		d.channel(d.town, DingTalk, d.platform.URL+"/town", "")
		d.channel(d.town, Mail, "smtp://notice@linlan.example@"+office.address, "")
		d.give("贺晓雨", "he@linlan.example")
		const rounds = 30
		for i := range rounds {
			red := fmt.Sprintf("thing%02d", i)
			d.compose(d.item("邵文澜", Red, red), d.item("孟昭宁", Red, red), d.item("贺晓雨", Red, red))
		}
		other := d.open()
		senders := []*Sender{d.sender(d.db), d.sender(other), d.sender(other)}
		for range 120 {
			var wait sync.WaitGroup
			for _, s := range senders {
				wait.Go(func() { pass(t, s) })
			}
			wait.Wait()
			d.clock.add(1200 * time.Millisecond)
		}
		got := map[string]int{}
		var at []time.Time
		for _, p := range d.platform.taken() {
			got[p.text]++
			if p.path == "/town" {
				at = append(at, p.at)
			}
		}
		for _, x := range office.letters() {
			got["mail"+x.body]++
		}
		if len(got) != 3*rounds {
			t.Errorf("%d different messages arrived, want %d", len(got), 3*rounds)
		}
		for text, n := range got {
			if n != 1 {
				t.Errorf("%d times: %s", n, text)
			}
		}
		for i := range at {
			if i >= 20 && at[i].Sub(at[i-20]) <= time.Minute {
				t.Errorf("21 messages within %v", at[i].Sub(at[i-20]))
			}
		}
	})
}

// A node that dies with a message in its hands holds it up until the lease is over; if it comes back to life it changes nothing.
func TestLease(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		dying, other := d.sender(d.db), d.sender(d.open())
		d.channel(d.town, WeCom, d.platform.URL+"/town", "")
		d.compose(d.item("孟昭宁", Yellow, "a"))
		c, taken, turn, err := dying.claim(ctx, calendar.Published(), d.only().Channel)
		if err != nil || !taken || !turn {
			t.Fatal(taken, turn, err)
		}
		d.clock.add(leaseTime - time.Second)
		pass(t, other)
		if n := len(d.platform.taken()); n != 0 {
			t.Fatalf("sent %d times while the lease runs", n)
		}
		d.clock.add(2 * time.Second)
		pass(t, other)
		if err := dying.settle(ctx, calendar.Published(), c, outcome{failed: "late"}); err != nil {
			t.Fatal(err)
		}
		if m := d.only(); m.State != stateSent || m.Tries != 2 || m.Error != "" || len(d.platform.taken()) != 1 {
			t.Errorf("%+v", m)
		}
	})
}

func TestMail(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		s := d.sender(d.db)
		office := newPostOffice(t, &tls.Config{Certificates: d.platform.TLS.Certificates})
		d.channel(d.town, Mail, "smtps://notice@linlan.example:geheim@"+office.address, "")
		d.give("孟昭宁", "meng@linlan.example")
		d.compose(d.item("孟昭宁", Red, "高龄津贴漏发"), d.item("孟昭宁", Yellow, "b"))
		pass(t, s)
		if m := d.only(); m.State != stateSent || m.Tries != 1 || m.To() != "孟昭宁" {
			t.Fatalf("%+v", m)
		}
		letters := office.letters()
		if len(letters) != 1 {
			t.Fatalf("%d letters", len(letters))
		}
		x := letters[0]
		if !strings.Contains(x.from, "<notice@linlan.example>") || !strings.Contains(x.to, "<meng@linlan.example>") || x.subject != "【闭环】4月16日待办 2 件（红 1）" {
			t.Errorf("%+v", x)
		}
		if !strings.HasPrefix(x.body, "孟昭宁：\n\n4月16日要办的和要注意的有 2 件。\n\n〔红〕高龄津贴漏发的事\n　https://bihuan.example/finding/高龄津贴漏发\n") {
			t.Errorf("%s", x.body)
		}
		if x.header.Get("Content-Type") != `text/plain; charset=UTF-8` || x.header.Get("Auto-Submitted") != "auto-generated" || !strings.HasPrefix(x.header.Get("Message-ID"), "<bihuan-") {
			t.Errorf("%v", x.header)
		}
		who, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(office.login, "PLAIN "))
		if err != nil || string(who) != "\x00notice@linlan.example\x00geheim" {
			t.Errorf("signed in as %q", who)
		}
	})
}

func TestMailRefused(t *testing.T) {
	for _, c := range []struct {
		command, answer string
		state, says     string
	}{
		{"RCPT", "550 no such user", stateFailed, "拒收（550）"},
		{"RCPT", "451 greylisted, come back", stateWaiting, "稍后再试（451）"},
		{"AUTH", "535 wrong password", stateFailed, "登录（535）"},
		{"MAIL", "421 too busy", stateWaiting, "稍后再试（421）"},
		{"DATA", "554 spam", stateFailed, "拒收（554）"},
	} {
		d := found(t, storetest.SQLite(t))
		office := newPostOffice(t, &tls.Config{Certificates: d.platform.TLS.Certificates})
		d.channel(d.town, Mail, "smtps://notice@linlan.example:geheim@"+office.address, "")
		d.give("孟昭宁", "meng@linlan.example")
		d.compose(d.item("孟昭宁", Yellow, "b"))
		office.says(c.command, c.answer)
		s := d.sender(d.db)
		pass(t, s)
		m := d.only()
		if m.State != c.state || !strings.Contains(m.Error, c.says) || strings.Contains(m.Error+m.Answer, "geheim") {
			t.Errorf("%s %s: %s %q (%s)", c.command, c.answer, m.State, m.Error, m.Answer)
		}
		if c.state == stateWaiting { // and it arrives when the server has come round
			office.says(c.command, "")
			d.clock.add(time.Minute)
			pass(t, s)
			if m := d.only(); m.State != stateSent || len(office.letters()) != 1 {
				t.Errorf("%s %s, a minute later: %+v", c.command, c.answer, m)
			}
		}
	}
}

// A server nobody vouches for gets neither password nor mail.
func TestMailStranger(t *testing.T) {
	d := found(t, storetest.SQLite(t))
	office := newPostOffice(t, &tls.Config{Certificates: d.platform.TLS.Certificates})
	d.channel(d.town, Mail, "smtps://notice@linlan.example:geheim@"+office.address, "")
	d.give("孟昭宁", "meng@linlan.example")
	d.compose(d.item("孟昭宁", Yellow, "b"))
	s := NewSender(Config{DB: d.db, Calendar: published, Log: d.sender(d.db).Log})
	pass(t, s)
	if m := d.only(); m.State != stateWaiting || !strings.Contains(m.Error, "连不上") || office.login != "" {
		t.Errorf("%+v, signed in with %q", m, office.login)
	}
}

func TestRetry(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		s := d.sender(d.db)
		cal := calendar.Published()
		id := d.channel(d.town, Feishu, d.platform.URL+"/town", "falsch")
		d.platform.answers(200, `{"code":19021,"msg":"sign match fail"}`)
		d.compose(d.item("孟昭宁", Yellow, "a"))
		pass(t, s)
		m := d.only()
		if m.State != stateFailed || !m.Retriable("2026-04-16") || m.Retriable("2026-04-17") {
			t.Fatalf("%+v", m)
		}
		var denied org.Denied
		if err := Retry(ctx, d.db, cal, d.people["陆行舟"], m.ID); !errors.As(err, &denied) {
			t.Errorf("the village sends the town's: %v", err)
		}
		if err := ChangeChannel(ctx, d.db, d.clerk(), id, 1, ChannelEdit{Secret: "richtig", Active: true}); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the same form sent twice
			if err := Retry(ctx, d.db, cal, d.clerk(), m.ID); err != nil {
				t.Fatal(err)
			}
		}
		if said, err := journal.Of(ctx, d.db, "message", m.ID, 9); err != nil || len(said) != 1 || said[0].Verb != "重发" {
			t.Errorf("%v %v", said, err)
		}
		d.platform.does(nil)
		d.clock.add(4 * time.Second)
		pass(t, s)
		if m = d.only(); m.State != stateSent {
			t.Fatalf("%+v", m)
		}
		if err := Retry(ctx, d.db, cal, d.clerk(), m.ID); err != nil || d.only().State != stateSent {
			t.Errorf("sent again what was sent: %v", err)
		}

		// Neither after work nor on another day.
		d.clock.set(thursday.AddDate(0, 0, 1))
		d.platform.answers(400, `{"code":19001,"msg":"no"}`)
		d.compose(d.item("孟昭宁", Yellow, "a"))
		pass(t, s)
		last := d.messages()[1]
		for _, c := range []struct {
			at   time.Time
			says string
		}{
			{time.Date(2026, 4, 17, 18, 0, 0, 0, time.Local), "下班"},
			{time.Date(2026, 4, 20, 9, 0, 0, 0, time.Local), "4月17日"},
		} {
			d.clock.set(c.at)
			var bad org.Invalid
			if err := Retry(ctx, d.db, cal, d.clerk(), last.ID); !errors.As(err, &bad) || !strings.Contains(bad.What, c.says) {
				t.Errorf("%v: %v", c.at, err)
			}
		}
	})
}

func TestMessageList(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		s := d.sender(d.db)
		d.channel(d.root, WeCom, d.platform.URL+"/root", "")
		d.channel(d.village, Feishu, d.platform.URL+"/village", "")
		d.compose(d.item("孟昭宁", Yellow, "a"), d.item("郝根生", Yellow, "b"))
		d.platform.does(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/village" {
				io.WriteString(w, `{"code":19024,"msg":"Key Words Not Found"}`)
			} else {
				io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
			}
		})
		pass(t, s)
		admin := org.Person{Role: org.Admin, Unit: d.root}
		for _, c := range []struct {
			who  org.Person
			f    MessageFilter
			want string
		}{
			{admin, MessageFilter{}, "东槐村failed 临澜区sent "},
			{admin, MessageFilter{State: stateSent}, "临澜区sent "},
			{admin, MessageFilter{Unit: d.town.ID}, "东槐村failed "},
			{admin, MessageFilter{Day: "2026-04-17"}, ""},
			{d.clerk(), MessageFilter{}, "东槐村failed "},
		} {
			list, err := Messages(ctx, d.db, c.who, c.f, 10)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, m := range list {
				got += m.UnitName + m.State + " "
			}
			if got != c.want {
				t.Errorf("%+v: %q, want %q", c.f, got, c.want)
			}
		}
		if n, err := MessageCounts(ctx, d.db, admin, MessageFilter{State: stateSent}); err != nil || n[stateFailed] != 1 || n[stateSent] != 1 {
			t.Errorf("%v %v", n, err)
		}
		if _, err := Messages(ctx, d.db, d.people["郝根生"], MessageFilter{}, 10); !errors.As(err, new(org.Denied)) {
			t.Errorf("a cadre reads the log: %v", err)
		}
		first, err := Messages(ctx, d.db, admin, MessageFilter{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if rest, err := Messages(ctx, d.db, admin, MessageFilter{Before: first[0].ID}, 10); err != nil || len(rest) != 1 {
			t.Errorf("the list goes on with %v %v", rest, err)
		}
	})
}

// What waits for a channel that is removed has failed, and so has what was on its way to be claimed.
func TestRemovedChannel(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		id := d.channel(d.town, WeCom, d.platform.URL+"/town", "")
		d.compose(d.item("孟昭宁", Yellow, "a"))
		if err := RemoveChannel(ctx, d.db, d.clerk(), id, 1); err != nil {
			t.Fatal(err)
		}
		pass(t, d.sender(d.db))
		if m := d.only(); m.State != stateFailed || m.Error != errRemoved || len(d.platform.taken()) != 0 {
			t.Errorf("%+v", m)
		}
		err := d.db.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `update message set state = 'waiting', error = ''`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		pass(t, d.sender(d.db))
		if m := d.only(); m.State != stateFailed || m.Error != errRemoved {
			t.Errorf("%+v", m)
		}
	})
}

// Run sends what turns up and stops when it is told to, after what it has in its hands.
func TestRun(t *testing.T) {
	d := found(t, storetest.SQLite(t))
	d.channel(d.town, WeCom, d.platform.URL+"/town", "")
	begun := make(chan struct{})
	var ended atomic.Bool
	d.platform.does(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		time.Sleep(200 * time.Millisecond)
		ended.Store(true)
		io.WriteString(w, `{"errcode":0}`)
	})
	s := d.sender(d.db)
	s.Every = 20 * time.Millisecond
	running, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.Run(running)
	}()
	time.Sleep(50 * time.Millisecond)
	d.compose(d.item("孟昭宁", Yellow, "a"))
	<-begun
	stop()
	select {
	case <-stopped:
	case <-time.After(time.Minute):
		t.Fatal("does not stop")
	}
	if m := d.only(); m.State != stateSent || !ended.Load() {
		t.Errorf("%+v", m)
	}
}

// What the server took is sent, even when it is rude at parting.
func TestMailParting(t *testing.T) {
	d := found(t, storetest.SQLite(t))
	office := newPostOffice(t, nil)
	office.says("QUIT", "421 go away")
	d.channel(d.town, Mail, "smtp://notice@linlan.example@"+office.address, "")
	d.give("孟昭宁", "meng@linlan.example")
	d.compose(d.item("孟昭宁", Yellow, "b"))
	pass(t, d.sender(d.db))
	if m := d.only(); m.State != stateSent || len(office.letters()) != 1 {
		t.Errorf("%+v", m)
	}
}

// No password goes over an open line.
func TestMailOpenLine(t *testing.T) {
	d := found(t, storetest.SQLite(t))
	office := newPostOffice(t, nil)
	d.channel(d.town, Mail, "smtp://notice@linlan.example:geheim@"+office.address, "")
	d.give("孟昭宁", "meng@linlan.example")
	d.compose(d.item("孟昭宁", Yellow, "b"))
	pass(t, d.sender(d.db))
	if m := d.only(); m.State != stateFailed || !strings.Contains(m.Error, "smtps://") || office.login != "" || len(office.letters()) != 0 {
		t.Errorf("%+v, signed in with %q", m, office.login)
	}
}
