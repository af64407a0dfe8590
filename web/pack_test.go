package web_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web"
	"bihuan/web/browser"
)

// witnessed puts the site behind a server whose log another party signs too, and gives the key of that party.
func (s *site) witnessed(t *testing.T) journal.Verifier {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, storetest.SQLite(t))
	s.must(err)
	t.Cleanup(func() { db.Close() })
	key, err := journal.OpenWitnessKey(filepath.Join(t.TempDir(), "witness.key"))
	s.must(err)
	s.must(journal.AddWitnessed(ctx, db, 0, "系统", s.record.Key.Verifier))
	w := journal.Witness{DB: db, Key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", w.ServeSign)
	district := httptest.NewServer(mux)
	t.Cleanup(district.Close)
	verifier, err := journal.ParseVerifier(key.Verifier)
	s.must(err)
	server := httptest.NewServer(web.New(web.Config{DB: s.db, Files: s.files, Record: s.record, Calendar: calendar.Published(), Log: slog.New(slog.NewTextHandler(testLog{t}, nil)),
		Cosigner: &journal.Cosigner{Log: s.record, URL: district.URL, Key: verifier}, WitnessKey: key.Verifier}).Handler())
	t.Cleanup(server.Close)
	s.url = server.URL
	return verifier
}

// pack asks for a pack and checks it with the keys of the site.
func (c *client) pack(path string, keys ...journal.Verifier) (string, *proof.Result) {
	c.t.Helper()
	a := c.post(path)
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/zip" {
		c.t.Fatalf("POST %s: %d %s", path, a.status, plain(between(a.body, "<main", "</main>")))
	}
	own, err := journal.ParseVerifier(c.site.record.Key.Verifier)
	c.site.must(err)
	r := proof.CheckPack(strings.NewReader(a.body), int64(len(a.body)), proof.Trust{Keys: append(keys, own)})
	if !r.Trusted() {
		c.t.Errorf("POST %s: %v", path, r.Failures)
	}
	return a.body, r
}

func verbs(r *proof.Result) string {
	var list []string
	for _, e := range r.Events {
		list = append(list, e.Verb)
	}
	return strings.Join(list, " ")
}

func names(r *proof.Result) string {
	var list []string
	for _, f := range r.Files {
		list = append(list, f.Path)
	}
	return strings.Join(list, " ")
}

// A pack of each kind, made on the site and checked away from it.
func TestPacks(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		witness := s.witnessed(t)
		f := s.findings()[1]
		pdf := []byte("%PDF-1.7 东槐村公示栏")
		village := s.as(t, "village")
		if a := village.sendFile(fmt.Sprintf("/finding/%d/evidence", f.ID), `公示栏.pdf`, pdf, "kind", "file", "event", "2026-04-15"); a.status != http.StatusSeeOther {
			t.Fatal(a.status)
		}
		if a := village.post(fmt.Sprintf("/finding/%d/evidence", f.ID), "kind", "statement", "said", "村民王某家门口巷道疏通", "event", "2026-04-15"); a.status != http.StatusSeeOther {
			t.Fatal(a.status)
		}
		closing := s.applied(f.ID)
		s.decided(closing, "leader", "party", "district")
		letter, err := ledger.Draft(ctx, s.db, cal, s.people["clerk"], s.findings()[2].ID, ledger.Remind)
		s.must(err)
		letterPath := fmt.Sprintf("/letter/%d", letter)
		c := s.as(t, "clerk")
		if a := c.post(letterPath + "/pack"); a.status != http.StatusUnprocessableEntity || strings.Contains(c.page(letterPath), letterPath+"/pack") {
			t.Errorf("a pack of a draft: %d", a.status)
		}
		s.must(ledger.SendLetter(ctx, s.db, s.people["clerk"], letter, 1))

		path := fmt.Sprintf("/finding/%d", f.ID)
		if page := c.page(path); !strings.Contains(page, path+"/pack") {
			t.Error("the finding's page has no button")
		}
		body, r := c.pack(path+"/pack", witness)
		if len(r.Signatures) != 2 || !r.Signatures[1].Given || r.Title != "问题"+f.Serial()+"　"+f.Title || r.Made != "2026-04-16 09:20" || r.Kind != "finding" || r.Row != f.ID {
			t.Errorf("%+v", r.Signatures)
		}
		for _, verb := range []string{"导入", "附佐证", "交办", "反馈", "复核", "申请销号", "审核通过", "签批", "核准销号", "销号"} {
			if !strings.Contains(verbs(r), verb) {
				t.Errorf("no %s: %s", verb, verbs(r))
			}
		}
		if got := names(r); !strings.Contains(got, "documents/1-台账.xlsx documents/2-整改销号单栖禾巡改销〔2026〕1号.docx") || !strings.Contains(got, "佐证材料目录.xlsx evidence/1-公示栏.pdf") || !strings.Contains(body, string(pdf)) {
			t.Error(got)
		}
		if i := slices.IndexFunc(r.Files, func(x proof.Listed) bool { return x.Path == "evidence/1-公示栏.pdf" }); r.Files[i].SHA256 != evidence.Hash(pdf) {
			t.Error(r.Files[i])
		}
		if !strings.Contains(plain(c.page(path)), "出具存证包 贺晓雨") {
			t.Error("the story does not tell of the pack")
		}
		t.Logf("a pack of %d events, %d files: %d bytes", len(r.Events), len(r.Files), len(body))

		// Whoever sees the finding may have it; whoever does not may not.
		village.pack(path + "/pack")
		for _, of := range []string{path, fmt.Sprintf("/closing/%d", closing), letterPath, fmt.Sprintf("/month/pack?unit=%d", s.town.ID)} {
			if of[:6] != "/month" {
				of += "/pack"
			}
			if a := s.as(t, "stranger").post(of); a.status != http.StatusNotFound {
				t.Errorf("a stranger: POST %s: %d", of, a.status)
			}
		}
		if a := village.post("/month/pack"); a.status != http.StatusForbidden {
			t.Errorf("the village asks for the month: %d", a.status)
		}

		_, r = c.pack(fmt.Sprintf("/closing/%d/pack", closing))
		if r.Kind != "closing" || r.Row != closing || !strings.Contains(names(r), "evidence/1-公示栏.pdf") || strings.Count(names(r), "销号单") != 1 {
			t.Error(names(r))
		}
		_, r = c.pack(letterPath + "/pack")
		if r.Kind != "letter" || verbs(r) != "拟函 签发 出具存证包" || !strings.Contains(names(r), "documents/1-栖禾巡改提〔2026〕1号.docx") {
			t.Error(names(r), verbs(r))
		}
		_, r = c.pack("/month/pack?month=2026-04")
		if r.Kind != "unit" || r.Row != s.town.ID || r.Title != "栖禾镇巡察整改月报（2026年4月）" || !strings.Contains(verbs(r), "签发") || !strings.Contains(verbs(r), "核准销号") || strings.Contains(verbs(r), "重设密码") ||
			!strings.Contains(names(r), "documents/2-栖禾镇整改月报2026年4月.xlsx") {
			t.Error(names(r), verbs(r))
		}
		if _, r = c.pack("/month/pack?month=2026-03"); verbs(r) != "出具存证包" {
			t.Error("of another month: " + verbs(r))
		}

		// What was erased stays as a leaf; the pack made before stays good.
		admin := org.Person{ID: s.people["district"].ID, Name: "管理员", Role: org.Admin, Unit: s.people["district"].Unit}
		s.must(ledger.EraseText(ctx, s.db, s.files, admin, "王某家", "本人申请", nil))
		now, r := c.pack(path+"/pack", witness)
		erased := 0
		for _, e := range r.Events {
			if e.Erased {
				erased++
			}
		}
		if erased != 1 || !strings.Contains(verbs(r), journal.Erasure) || strings.Contains(now, base64.StdEncoding.EncodeToString([]byte("王某"))) {
			t.Errorf("%d erased: %s", erased, verbs(r))
		}
		own, err := journal.ParseVerifier(s.record.Key.Verifier)
		s.must(err)
		if r := proof.CheckPack(strings.NewReader(body), int64(len(body)), proof.Trust{Keys: []journal.Verifier{own}}); !r.Trusted() {
			t.Errorf("the pack from before: %v", r.Failures)
		}

		// A file that was tampered with is not packed, and said to lack.
		s.must(s.files.Erase(ctx, evidence.Hash(pdf)))
		if _, r = c.pack(path + "/pack"); strings.Contains(names(r), "公示栏.pdf") || !strings.Contains(names(r), "没有收入的材料.txt") {
			t.Error("a file that is gone: " + names(r))
		}
	})
}

// A witness that cannot be reached delays no pack for long, and is missing from it.
func TestPackWithoutWitness(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	verifier, err := journal.OpenWitnessKey(filepath.Join(t.TempDir(), "witness.key"))
	s.must(err)
	key, err := journal.ParseVerifier(verifier.Verifier)
	s.must(err)
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() }))
	defer silent.Close()
	server := httptest.NewServer(web.New(web.Config{DB: s.db, Files: s.files, Record: s.record, Calendar: calendar.Published(), Log: slog.New(slog.NewTextHandler(testLog{t}, nil)),
		Cosigner: &journal.Cosigner{Log: s.record, URL: silent.URL, Key: key}, WitnessKey: verifier.Verifier}).Handler())
	defer server.Close()
	s.url = server.URL
	started := time.Now()
	_, r := s.as(t, "clerk").pack(fmt.Sprintf("/finding/%d/pack", s.findings()[0].ID))
	if len(r.Signatures) != 1 || time.Since(started) > time.Minute {
		t.Errorf("%v after %v", r.Signatures, time.Since(started))
	}
}

// The page that the site serves checks a pack that the site made, and its policy stops nothing of it.
func TestVerifyPage(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	body, _ := s.as(t, "clerk").pack(fmt.Sprintf("/finding/%d/pack", s.findings()[0].ID))
	a := s.guest(t).get("/verify.html")
	if a.status != http.StatusOK || a.body != string(proof.Page) || !strings.Contains(a.header.Get("Content-Security-Policy"), "script-src 'sha256-") {
		t.Errorf("%d %s", a.status, a.header.Get("Content-Security-Policy"))
	}
	b := browser.Open(t)
	b.Go(s.url + "/verify.html")
	b.Type("#keys", s.record.Key.Verifier)
	got := browser.Eval[string](b, fmt.Sprintf(`(() => { const r = bihuanVerify.verify(Uint8Array.from(atob("%s"), c => c.charCodeAt(0)), {keys: document.querySelector("#keys").value}); return r.trusted + r.title; })()`,
		base64.StdEncoding.EncodeToString([]byte(body))))
	if f := s.findings()[0]; got != "true问题"+f.Serial()+"　"+f.Title {
		t.Error(got)
	}
}

// The button downloads the pack in a real browser.
func TestPackButton(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[0]
	b := s.signIn(t, "clerk")
	b.Go(fmt.Sprintf("%s/finding/%d", s.url, f.ID))
	got := browser.Eval[string](b, fmt.Sprintf(`(async () => { const f = document.querySelector('form[action="/finding/%d/pack"]'); const r = await fetch(f.action, {method: f.method}); const d = new Uint8Array(await r.arrayBuffer()); return r.status + " " + r.headers.get("Content-Type") + " " + d[0] + d[1]; })()`, f.ID))
	if got != "200 application/zip 8075" {
		t.Error(got)
	}
	b.Screenshot("finding-pack")
}
