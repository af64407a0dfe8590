package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web"
	"bihuan/web/browser"
)

// A town with the address of the district's installation has its log signed there, and follows how it goes on both pages 运维.
func TestDistrictSignsForTown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		district, _ := withBackups(t, url)
		key, err := journal.OpenWitnessKey(filepath.Join(t.TempDir(), "witness.key"))
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(web.New(web.Config{DB: district.db, Files: district.files, Record: district.record, Witness: journal.Witness{DB: district.db, Key: key},
			Calendar: calendar.Published(), Log: slog.New(slog.NewTextHandler(testLog{t}, nil))}).Handler())
		defer server.Close()
		district.url = server.URL
		town := open(t, storetest.SQLite(t))

		admin := district.as(t, "admin")
		if a := district.as(t, "clerk").post("/ops/witness", "key", town.record.Key.Verifier); a.status != http.StatusForbidden {
			t.Errorf("a clerk enters keys: %d", a.status)
		}
		if a := admin.post("/ops/witness", "key", "bihuan-log-x+00000000+AAAA"); a.status != http.StatusUnprocessableEntity || !strings.Contains(plain(a.body), "不完整或抄错了") || !strings.Contains(a.body, "bihuan-log-x&#43;00000000") {
			t.Errorf("a broken key: %d", a.status)
		}
		v, err := journal.ParseVerifier(key.Verifier)
		if err != nil {
			t.Fatal(err)
		}
		c := &journal.Cosigner{Log: town.record, URL: server.URL + "/witness", Key: v}
		if _, err := c.Cosign(ctx); err == nil || !strings.Contains(err.Error(), "404") {
			t.Errorf("a log that nobody entered was signed: %v", err)
		}
		if a := admin.post("/ops/witness", "key", " "+town.record.Key.Verifier+"\n"); a.status != http.StatusSeeOther {
			t.Fatalf("the key was not taken: %d %s", a.status, plain(a.body))
		}
		if page := admin.page("/ops"); !strings.Contains(page, town.record.Key.Name()) || !strings.Contains(page, "还没有送来") || !strings.Contains(page, journal.Fingerprint(town.record.Key.Verifier)) {
			t.Errorf("the log is not on the page: %s", plain(between(page, `id="witness"`, "</section>")))
		}
		point, err := c.Cosign(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if page := plain(admin.page("/ops")); !strings.Contains(page, "签到第 ") {
			t.Error("the page does not tell what was signed")
		}
		answer, err := http.Get(server.URL + "/witness/checkpoint?origin=" + town.record.Key.Name())
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("the last checkpoint: %v %v", answer, err)
		}
		answer.Body.Close()
		if point.Cosigned.IsZero() {
			t.Error("not signed")
		}
		if d, err := journal.Of(ctx, district.db, "witness", 0, 1); err != nil || len(d) != 1 || d[0].Verb != "登记会签" {
			t.Errorf("who entered the key is not recorded: %v %v", d, err)
		}
	})
}

// TestWitnessIsNotFlooded: an address that asks without end waits, and is answered again a moment later.
func TestWitnessIsNotFlooded(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	ask := func() *http.Response {
		answer, err := http.Post(s.url+"/witness/add-checkpoint", "text/plain", strings.NewReader("old 0\n"))
		s.must(err)
		s.must(answer.Body.Close())
		return answer
	}
	for i := range 600 { // as the logs of three hundred towns at once
		if a := ask(); a.StatusCode != http.StatusBadRequest {
			t.Fatalf("request %d: %s", i+1, a.Status)
		}
	}
	if a := ask(); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
		t.Errorf("one more: %s", a.Status)
	}
	s.now = s.now.Add(time.Second)
	if a := ask(); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a second later: %s", a.Status)
	}
}

// The town's page says in red what the witness found, and so does the workbench of whoever keeps the installation.
func TestForkIsSaidInRed(t *testing.T) {
	s, _ := withBackups(t, storetest.SQLite(t))
	other, err := store.Open(t.Context(), storetest.SQLite(t))
	s.must(err)
	defer other.Close()
	key, err := journal.OpenWitnessKey(filepath.Join(t.TempDir(), "witness.key"))
	s.must(err)
	s.must(journal.AddWitnessed(t.Context(), other, 0, "系统", s.record.Key.Verifier))
	witness := journal.Witness{DB: other, Key: key}
	district := httptest.NewServer(http.HandlerFunc(witness.ServeSign))
	defer district.Close()
	v, err := journal.ParseVerifier(key.Verifier)
	s.must(err)
	c := &journal.Cosigner{Log: s.record, URL: district.URL, Key: v}
	_, err = c.Cosign(t.Context())
	s.must(err)
	s.must(other.Housekeep(t.Context(), func(tx *store.Tx) error { // the witness has seen more than there is: the database was taken back
		_, err := tx.Exec(t.Context(), `update witnessed set size = size + 100`)
		return err
	}))
	s.must(s.db.Write(t.Context(), func(tx *store.Tx) error {
		return journal.Append(t.Context(), tx, journal.Entry{Verb: "修改", Kind: "unit"})
	}))
	if _, err := c.Cosign(t.Context()); err == nil {
		t.Fatal("signed")
	}
	server := httptest.NewServer(web.New(web.Config{DB: s.db, Files: s.files, Record: s.record, Cosigner: c, Calendar: calendar.Published(),
		Log: slog.New(slog.NewTextHandler(testLog{t}, nil)), Ops: web.Ops{Data: t.TempDir()}}).Handler())
	defer server.Close()
	s.url = server.URL
	admin := s.as(t, "admin")
	for _, path := range []string{"/ops", "/work"} {
		if page := plain(admin.page(path)); !strings.Contains(page, "被回退或改写过") || !strings.Contains(page, "保留现场") {
			t.Errorf("%s does not raise the alarm", path)
		}
	}
	if page := plain(s.as(t, "clerk").page("/work")); strings.Contains(page, "被回退或改写过") {
		t.Error("a clerk is told what only the administrator can see to")
	}
}

// Anybody may follow the log by its tiles, and nothing else is to be had there.
func TestLogIsPublic(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		guest := s.guest(t)
		if a := guest.get("/log/checkpoint"); a.status != http.StatusNotFound {
			t.Errorf("no checkpoint yet: %d", a.status)
		}
		point, err := s.record.Checkpoint(t.Context())
		s.must(err)
		a := guest.get("/log/checkpoint")
		v, err := journal.ParseVerifier(strings.Fields(guest.get("/log/key").body)[0])
		s.must(err)
		if c, _, err := journal.ReadCheckpoint(a.body, v); err != nil || c.Size != point.Size {
			t.Fatalf("the checkpoint: %v", err)
		}
		tile := guest.get("/log/tile/0/000.p/" + strconv.FormatInt(point.Size, 10))
		if tile.status != http.StatusOK || int64(len(tile.body)) != point.Size*32 {
			t.Fatalf("the tile: %d, %d bytes for %d events", tile.status, len(tile.body), point.Size)
		}
		var tree journal.Tree
		for i := 0; i < len(tile.body); i += 32 {
			tree.Grow(tlog.Hash([]byte(tile.body[i:i+32])), func(int, int64, tlog.Hash) {})
		}
		if tree.Root() != point.Root {
			t.Error("the tile does not give the root")
		}
		for _, path := range []string{"/log/tile/0/001", "/log/tile/9/000", "/log/tile/x/000", "/log/tile/0/000.p/256", "/log/tile/0/0", "/log/tile/00/000", "/log/tile/data/000", "/log/tile/0/../../checkpoint/000"} {
			if a := guest.get(path); a.status != http.StatusNotFound && a.status != http.StatusMovedPermanently && a.status != http.StatusTemporaryRedirect {
				t.Errorf("%s: %d", path, a.status)
			}
		}
	})
}

// Erasing shows first where something stands, asks for a reason and a tick, and takes it everywhere.
func TestErasePage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s, _ := withBackups(t, url)
		const name = "郝根生"
		for _, login := range []string{"clerk", "district", "townadmin", "village"} {
			c := s.as(t, login)
			for _, a := range []answer{c.get("/ops/erase"), c.post("/ops/erase/find", "text", name), c.post("/ops/erase", "text", name, "reason", "本人申请", "sure", "1")} {
				if a.status != http.StatusForbidden || strings.Contains(plain(a.body), "处，换成") {
					t.Errorf("%s: %d", login, a.status)
				}
			}
		}
		admin := s.as(t, "admin")
		found := admin.post("/ops/erase/find", "text", name, "reason", "本人申请，〔2026〕3号")
		if page := plain(found.body); found.status != http.StatusOK || !strings.Contains(page, "人员") || !strings.Contains(page, "存证日志") || !strings.Contains(page, "抹去内容") {
			t.Fatalf("where it stands: %d %s", found.status, page)
		}
		if a := admin.post("/ops/erase", "text", name, "reason", "本人申请，〔2026〕3号"); a.status != http.StatusUnprocessableEntity || !strings.Contains(plain(a.body), "我已核对") {
			t.Errorf("without the tick: %d", a.status)
		}
		if a := admin.post("/ops/erase", "text", name, "reason", "", "sure", "1"); a.status != http.StatusUnprocessableEntity || !strings.Contains(plain(a.body), "原因") {
			t.Errorf("without a reason: %d", a.status)
		}
		if a := admin.post("/ops/erase/find", "text", "栖禾镇"); a.status != http.StatusUnprocessableEntity || !strings.Contains(plain(a.body), "是单位或地点的名称") {
			t.Errorf("the name of a unit: %d", a.status)
		}
		if page := admin.page("/org"); !strings.Contains(page, name) {
			t.Fatal("he is gone already")
		}
		if a := admin.post("/ops/erase", "text", name, "reason", "本人申请，〔2026〕3号", "sure", "1"); a.status != http.StatusSeeOther {
			t.Fatalf("not erased: %d %s", a.status, plain(a.body))
		}
		if page := admin.page("/org"); strings.Contains(page, name) || !strings.Contains(page, "［已删除］") {
			t.Error("the page of people still names him")
		}
		if page := plain(admin.post("/ops/erase/find", "text", name).body); !strings.Contains(page, "没有找到") {
			t.Error("something is left")
		}
	})
}

// The page in a browser, wide and narrow.
func TestErasePageInABrowser(t *testing.T) {
	s, _ := withBackups(t, storetest.SQLite(t))
	b := browser.Open(t)
	for name, width := range map[string]int{"wide": 1366, "narrow": 390} {
		b.Size(width, 768)
		b.Go(s.url + "/login?next=/ops/erase")
		if b.Count("input[name=login]") > 0 {
			b.Type("input[name=login]", "admin")
			b.Type("input[name=password]", password)
			b.Follow("form button")
		}
		b.Go(s.url + "/ops/erase")
		b.Type("#text", "周叙明")
		b.Type("#reason", "本人申请，〔2026〕3号")
		b.Follow("form[action='/ops/erase/find'] button")
		b.Wait("input[name=sure]")
		b.Screenshot("erase-" + name)
		if over := browser.Eval[float64](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
			t.Errorf("%s: %v pixels too wide", name, over)
		}
	}
}
