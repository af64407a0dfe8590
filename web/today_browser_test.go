package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bihuan/duty"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// line is a connection to the site that can break.
func (s *site) line(t *testing.T, broken *atomic.Bool) string {
	to, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if broken.Load() {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// In a village on a phone: three taps and a sentence, and the receipt is there. A broken line costs nothing that was written.
func TestBrowserToday(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	s.errands(t)
	var broken atomic.Bool
	at := s.line(t, &broken)
	b := browser.Open(t)
	b.Size(390, 844)
	b.Go(at + "/today")
	b.Type("#login", "village")
	b.Type("#password", password)
	b.Follow(".login .btn-go")
	narrow := func(where string) {
		t.Helper()
		if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			t.Errorf("%s is %d px too wide", where, over)
		}
		small := browser.Eval[string](b, `Array.from(document.querySelectorAll("main a, main button, .pick label, .opt, summary")).filter(function (e) {
			var r = e.getBoundingClientRect(); return r.height > 0 && r.height < 44; }).map(function (e) { return e.className + " " + e.textContent; }).join("; ")`)
		if small != "" {
			t.Errorf("%s: too small for a finger: %s", where, small)
		}
	}
	write := func(css, text string) { b.Click(css); b.Press(text) }
	narrow("the list")
	b.Screenshot("today-list")
	b.Click(".take button")
	b.Gone(".take")

	// One that is due today: how many taps, and how long the pages take of a minute.
	began, taps := time.Now(), 0
	tap := func(do func(string), css string) { taps++; do(css) }
	tap(b.Follow, ".todo-soon")
	narrow("the form")
	tap(b.Click, "#say")
	b.Press("明白卡发到 212 户，公示栏换成二季度的")
	b.Screenshot("today-form")
	tap(b.Click, ".foot button")
	b.Wait(".receipt")
	took := time.Since(began)
	narrow("the receipt")
	b.Screenshot("today-receipt")
	if taps > 3 {
		t.Errorf("%d taps", taps)
	}
	t.Logf("%d taps and a sentence; the pages took %v", taps, took)
	if o := s.occurrence(t, "明白卡入户", "2026-04-16"); o.Standing != duty.Reported || o.Said != "明白卡发到 212 户，公示栏换成二季度的" {
		t.Errorf("%+v", o)
	}

	// The line breaks: the words stay, and go as soon as there is one again.
	b.Follow(".foot .btn-go")
	write("#say", "后街两条沟清完了")
	b.Allow("net::ERR_")
	broken.Store(true)
	b.Click(".foot button")
	b.Wait("#trouble .kept")
	if text := b.Text("#trouble"); !strings.Contains(text, "没有发出去") || browser.Eval[string](b, `document.getElementById("say").value`) != "后街两条沟清完了" {
		t.Errorf("a broken line: %s", text)
	}
	b.Screenshot("today-lost")
	broken.Store(false)
	browser.Eval[bool](b, `window.dispatchEvent(new Event("online"))`)
	b.Wait(".receipt")
	if text := b.Text(".said"); !strings.Contains(text, "迟办 6 天") {
		t.Error(text)
	}

	// What the server refuses is said above what was written.
	missed := s.occurrence(t, "疏通巷道排水", "2026-04-03")
	b.Go(fmt.Sprintf("%s/today/%d", at, missed.ID))
	b.Screenshot("today-missed")
	write("#say", "4月7日补清")
	browser.Eval[bool](b, `document.getElementById("reason").removeAttribute("required") === undefined`)
	b.Allow("422")
	b.Click(".foot button")
	b.Wait("#trouble .kept")
	if text := b.Text("#trouble"); !strings.Contains(text, "补录请写明原因") || browser.Eval[string](b, `document.getElementById("say").value`) != "4月7日补清" {
		t.Errorf("refused: %s", text)
	}
	write("#reason", "清明放假")
	b.Click(".foot button")
	b.Wait(".receipt")

	// A photo goes by itself while the sentence is written, and is there once.
	soon := s.occurrence(t, "疏通巷道排水", "2026-04-17")
	b.Go(fmt.Sprintf("%s/today/%d", at, soon.ID))
	b.Upload("#photo", "../docs/pictures/village.png")
	write("#say", "本周的提前办了")
	until(t, b, "the photo has arrived", `document.querySelector(".up-say").textContent.indexOf("已收下") >= 0`)
	b.Screenshot("today-photo")
	b.Click(".foot button")
	b.Wait(".receipt")
	if text := b.Text(".said"); strings.Count(text, "village.png") != 1 {
		t.Errorf("the photo sent ahead: %s", text)
	}

	// Large letters, and a photo without any script.
	b.Scripts(false)
	b.Go(at + "/today")
	b.Follow(".big-form button")
	narrow("the list in large letters")
	b.Screenshot("today-big")
	b.Follow(".todo:not(.todo-done)") // the next that was missed
	write("#say", "本周沟渠已看")
	write("#reason", "当时忘了报")
	b.Upload("#photo", "../docs/pictures/ledger.png")
	b.Screenshot("today-big-form")
	b.Follow(".foot button")
	if text := b.Text(".said"); !strings.Contains(text, "ledger.png") {
		t.Errorf("the receipt names no photo: %s", text)
	}
	b.Screenshot("today-big-receipt")
}
