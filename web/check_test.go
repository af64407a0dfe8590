package web_test

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	qr "github.com/piglig/go-qr"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/proof"
	"bihuan/report"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web"
	"bihuan/web/browser"
)

// named lets the site know its address, as serve --site does.
func (s *site) named(t testing.TB, address string) {
	t.Helper()
	server := httptest.NewServer(web.New(web.Config{DB: s.db, Files: s.files, Calendar: calendar.Published(), Site: address}).Handler())
	t.Cleanup(server.Close)
	s.url = server.URL
}

// sentLetter is a letter that was sent, and one that was not.
func (s *site) sentLetter() (sent, draft int64) {
	s.t.Helper()
	ctx := context.Background()
	f := s.findings()
	for i, id := range []*int64{&sent, &draft} {
		var err error
		*id, err = ledger.Draft(ctx, s.db, calendar.Published(), s.people["clerk"], f[i].ID, ledger.Remind)
		s.must(err)
	}
	s.must(ledger.SendLetter(ctx, s.db, s.people["clerk"], sent, 1))
	return sent, draft
}

var codes = regexp.MustCompile(`存证码 (\d+(?:-[0-9A-Z]{4}){3}-[0-9A-Z])`)

// codeOn is the code on a page or paper, which is there once.
func codeOn(t testing.TB, text string) proof.Code {
	t.Helper()
	found := codes.FindAllStringSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%d codes in %s", len(found), text)
	}
	code, err := proof.ParseCode(found[0][1])
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// TestCodeOfAPaper takes the code from a letter, looks it up as somebody without an account does, and then tampers with the log.
func TestCodeOfAPaper(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		s.named(t, "http://10.1.2.3:8080")
		id, _ := s.sentLetter()
		clerk := s.as(t, "clerk")
		letter := clerk.page(fmt.Sprintf("/letter/%d", id))
		code := codeOn(t, plain(letter))
		head, err := journal.Head(ctx, s.db)
		s.must(err)
		if code.Size() != head {
			t.Errorf("a code of %d events, the log has %d", code.Size(), head)
		}
		link := unescape(between(letter, `aria-label="二维码：`, `"`))
		if want := fmt.Sprintf("http://10.1.2.3:8080/check/%s?of=letter-%d", code, id); link != want {
			t.Errorf("link %s, want %s", link, want)
		}
		of := fmt.Sprintf("?of=letter-%d", id)
		guest := s.guest(t)
		page := guest.page("/check/" + code.String() + of)
		for _, want := range []string{"存证码相符", fmt.Sprintf("%d 条记录", head), "还没有到签名的时候"} {
			if !strings.Contains(plain(page), want) {
				t.Errorf("the page lacks %q: %s", want, plain(page))
			}
		}
		if !strings.Contains(page, `href="/login?next=`+url.QueryEscape("/check/"+code.String()+of)) {
			t.Errorf("no way to sign in and come back: %s", page)
		}
		for _, secret := range []string{"理论学习", "整改提醒函", "栖禾", "临澜", "党建办公室", "贺晓雨", `/letter/`} {
			if strings.Contains(page, secret) {
				t.Errorf("who is not signed in reads %s", secret)
			}
		}

		// As people type it; the form asks by GET.
		typed := strings.ToLower(strings.ReplaceAll(code.String(), "-", " "))
		if a := guest.get("/check?code=" + url.QueryEscape(typed)); a.status != http.StatusSeeOther || !strings.Contains(plain(guest.page(a.to)), "存证码相符") {
			t.Errorf("%q leads to %s", typed, a.to)
		}

		// The log goes on, and the paper stays good.
		s.must(ledger.EditLetter(ctx, s.db, s.people["clerk"], s.draft(), 1, "另一封函的正文", "", ""))
		if text := plain(guest.page("/check/" + code.String())); !strings.Contains(text, "存证码相符") {
			t.Errorf("after more was recorded: %s", text)
		}

		// A wrong code, a code that the log is too short for, and one of another log: the same words.
		wrong := func(typed string) string {
			a := guest.get("/check/" + url.PathEscape(typed) + of)
			if a.status != http.StatusNotFound || !strings.Contains(a.body, "存证码不符") || !strings.Contains(a.body, "报区委巡察办") || strings.Contains(a.body, "相符") {
				t.Errorf("%s: %d %s", typed, a.status, plain(a.body))
			}
			return strings.ReplaceAll(a.body, typed, "")
		}
		text := code.String()
		other := byte('7')
		if text[len(text)-1] == other {
			other = '8'
		}
		first := wrong(text[:len(text)-1] + string(other))
		if again := wrong("999999" + text[strings.Index(text, "-"):]); again != first {
			t.Errorf("the answers for a wrong code and for one beyond the log differ:\n%s\n%s", first, again)
		}
		if again := wrong(fmt.Sprint(code.Size()-1) + text[strings.Index(text, "-"):]); again != first {
			t.Errorf("the answers for a wrong code and for a wrong size differ")
		}
		if a := guest.get("/check/12345"); a.status != http.StatusUnprocessableEntity || !strings.Contains(plain(a.body), "这不是存证码") {
			t.Errorf("half a code: %d %s", a.status, plain(a.body))
		}

		// Who is signed in and may see what the paper is about is led there, and nobody else.
		for login, want := range map[string]bool{"clerk": true, "district": true, "stranger": false} {
			page := s.as(t, login).page("/check/" + text + of)
			if got := strings.Contains(page, fmt.Sprintf(`href="/letter/%d"`, id)); got != want || !strings.Contains(page, "存证码相符") {
				t.Errorf("%s is led to the letter: %v", login, got)
			}
		}

		// One leaf is another: the paper no longer agrees.
		s.must(s.db.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `update journal set leaf = (select leaf from journal where seq = 3) where seq = 2`)
			return err
		}))
		wrong(text)
	})
}

// draft is a letter that waits to be sent.
func (s *site) draft() int64 {
	s.t.Helper()
	list, err := ledger.Letters(context.Background(), s.db, s.people["clerk"], "draft", 10)
	s.must(err)
	if len(list) == 0 {
		s.t.Fatal("no draft")
	}
	return list[0].ID
}

// TestCheckpointOfACode: once the events of a code are signed, the page says since when, and by which log.
func TestCheckpointOfACode(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	key, err := journal.OpenLogKey(filepath.Join(t.TempDir(), "journal.key"))
	s.must(err)
	server := httptest.NewServer(web.New(web.Config{DB: s.db, Files: s.files, Calendar: calendar.Published(), Record: journal.Log{DB: s.db, Key: key}}).Handler())
	t.Cleanup(server.Close)
	s.url = server.URL
	code := codeOn(t, plain(s.as(t, "clerk").page("/ledger/print")))
	_, err = journal.Log{DB: s.db, Key: key}.Checkpoint(t.Context())
	s.must(err)
	text := plain(s.guest(t).page("/check/" + code.String()))
	for _, want := range []string{"检查点 2026年4月16日 09:20 签名", "存证日志 " + key.Name(), "公钥指纹 " + journal.Fingerprint(key.Verifier)} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q: %s", want, text)
		}
	}
}

// TestCheckSubjects: what a paper is about opens for those who may see it, whatever the address says.
func TestCheckSubjects(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		f := s.findings()
		s.answered(f[0].ID)
		s.done(f[0].ID)
		closing := s.applied(f[0].ID)
		tree, err := journal.HeadTree(t.Context(), s.db)
		s.must(err)
		at := "/check/" + proof.NewCode(tree.Size, tree.Root()).String() + "?of="
		clerk, stranger := s.as(t, "clerk"), s.as(t, "stranger")
		for of, to := range map[string]string{
			fmt.Sprintf("finding-%d", f[0].ID): fmt.Sprintf("/finding/%d", f[0].ID), fmt.Sprintf("plan-%d", s.plan): fmt.Sprintf("/plan/%d", s.plan),
			fmt.Sprintf("closing-%d", closing): fmt.Sprintf("/closing/%d", closing), fmt.Sprintf("unit-%d", s.town.ID): fmt.Sprintf("/month?unit=%d", s.town.ID),
		} {
			if page := clerk.page(at + of); !strings.Contains(page, `<a href="`+to+`">`) {
				t.Errorf("%s does not lead to %s: %s", of, to, plain(page))
			}
			clerk.page(to)
			if page := stranger.page(at + of); strings.Contains(page, `"`+to+`"`) || strings.Contains(page, f[0].Title) {
				t.Errorf("another town is led to %s", to)
			}
		}
		for _, of := range []string{"staff-1", "finding-1", "finding-x", "letter-9223372036854775807", "%27", "finding-1;drop", "sample-7", "handover-2"} {
			if page := clerk.page(at + of); strings.Contains(page, "这份材料</dt>") || !strings.Contains(page, "存证码相符") {
				t.Errorf("%s: %s", of, plain(page))
			}
		}
	})
}

// TestCodesAreNotGuessed: after some fifty tries an address waits.
func TestCodesAreNotGuessed(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	c := s.guest(t)
	tries := 0
	for ; tries < 200; tries++ {
		a := c.get("/check/1-0000-0000-0000-" + string("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[tries%32]))
		if a.status == http.StatusTooManyRequests {
			if a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "一分钟后再试") {
				t.Errorf("%v %s", a.header, plain(a.body))
			}
			break
		}
	}
	if tries < 40 || tries > 60 {
		t.Errorf("%d tries at once", tries)
	}
	if !strings.Contains(c.page("/check"), `name="code"`) {
		t.Error("the form is gone with the tries")
	}
}

// TestEveryPaperHasACode downloads and opens every official paper: each carries one code, and the log gives it.
func TestEveryPaperHasACode(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		s.named(t, "http://10.1.2.3:8080")
		f := s.findings()
		sent, draft := s.sentLetter()
		s.answered(f[0].ID)
		s.done(f[0].ID)
		closing := s.applied(f[0].ID)
		_, err := ledger.HandOverPerson(ctx, s.db, s.people["clerk"], s.people["clerk"].ID, s.people["colleague"].ID, "分工会议")
		s.must(err)
		handed, err := ledger.HandOvers(ctx, s.db, s.people["clerk"], 1)
		s.must(err)
		clerk := s.as(t, "clerk")
		check := func(path, text string) {
			code := codeOn(t, text)
			head, err := journal.Head(ctx, s.db)
			s.must(err)
			if err := proof.CheckCode(ctx, s.db, code); err != nil || code.Size() != head {
				t.Errorf("%s: %s, %v", path, code, err)
			}
		}
		pages := []string{"/ledger/print", fmt.Sprintf("/letter/%d", sent), fmt.Sprintf("/closing/%d/slip", closing), "/month", fmt.Sprintf("/plan/%d/claims", s.plan)}
		papers := []string{fmt.Sprintf("/letter/%d/letter.docx", sent), fmt.Sprintf("/closing/%d/slip.docx", closing), "/month.docx"}
		books := []string{"/ledger.xlsx", "/duty.xlsx", fmt.Sprintf("/plan/%d/claims.xlsx", s.plan)}
		for _, h := range handed {
			pages = append(pages, fmt.Sprintf("/handover/%d", h.Seq))
			papers = append(papers, fmt.Sprintf("/handover/%d/handover.docx", h.Seq))
		}
		for _, p := range report.Papers {
			path := fmt.Sprintf("/plan/%d/%s", s.plan, p.Name)
			if p.Type == report.DocxType {
				papers = append(papers, path)
			} else {
				books = append(books, path)
			}
		}
		for _, path := range pages {
			page := clerk.page(path)
			check(path, plain(page))
			if strings.Count(page, `class="qr"`) != 1 {
				t.Errorf("%s has no QR code", path)
			}
		}
		for _, path := range papers {
			check(path, clerk.docx(path))
		}
		for _, path := range books {
			a := clerk.get(path)
			doc, err := office.Read(ctx, "x.xlsx", []byte(a.body))
			if err != nil {
				t.Fatalf("%s: %d %v", path, a.status, err)
			}
			var b strings.Builder
			for _, p := range doc.Parts[0].Paragraphs {
				b.WriteString(p.Text + "\n")
			}
			check(path, b.String())
		}
		if page := clerk.page(fmt.Sprintf("/letter/%d", draft)); codes.MatchString(plain(page)) {
			t.Error("a draft carries a code")
		}
	})
}

// TestBrowserImprint prints a letter and a slip from the browser and reads the QR codes on the paper.
func TestBrowserImprint(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	s.named(t, "https://xunchazhenggai.chengxi.example:8443")
	f := s.findings()
	sent, _ := s.sentLetter()
	s.answered(f[0].ID)
	s.done(f[0].ID)
	closing := s.applied(f[0].ID)
	b := s.signIn(t, "clerk")
	code := ""
	for name, x := range map[string]struct {
		path, of string
		pages    int
	}{
		"imprint-letter": {fmt.Sprintf("/letter/%d", sent), fmt.Sprintf("letter-%d", sent), 1},
		"imprint-slip":   {fmt.Sprintf("/closing/%d/slip", closing), fmt.Sprintf("closing-%d", closing), 1},
		"imprint-ledger": {"/ledger/print", fmt.Sprintf("plan-%d", s.plan), 0},
	} {
		b.Go(s.url + x.path)
		code = codeOn(t, browser.Eval[string](b, `document.querySelector(".imprint p").textContent`)).String() // the ledger's is for paper only
		pdf := b.PDF(name)
		scanPrinted(t, pdf, x.pages, "https://xunchazhenggai.chengxi.example:8443/check/"+code+"?of="+x.of)
	}
	s.fits(b, "check", "/check")
	b.Type("#code", strings.ToLower(code))
	b.Follow(".code-check .btn-go")
	if got := b.Text(".code-check"); !strings.Contains(got, "存证码相符") {
		t.Errorf("the clerk reads %s", got)
	}
	s.fits(b, "check-right", fmt.Sprintf("/check/%s?of=letter-%d", code, sent))
	b.Allow("status of 404")
	s.fits(b, "check-wrong", "/check/1"+code)
	guest := browser.Open(t)
	s.fits(guest, "check-guest", fmt.Sprintf("/check/%s?of=letter-%d", code, sent))
}

// scanPrinted reads the QR code of the last page of a PDF as a telephone would.
func scanPrinted(t *testing.T, pdf string, pages int, want string) {
	t.Helper()
	info, err := exec.Command("pdfinfo", pdf).Output()
	if err != nil {
		t.Fatal(err)
	}
	last := regexp.MustCompile(`Pages: +(\d+)`).FindSubmatch(info)[1]
	if pages > 0 && string(last) != fmt.Sprint(pages) {
		t.Errorf("%s has %s pages, want %d", pdf, last, pages)
	}
	base := filepath.Join(t.TempDir(), "page")
	if out, err := exec.Command("pdftoppm", "-r", "200", "-f", string(last), "-l", string(last), "-png", "-singlefile", pdf, base).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v\n%s", err, out)
	}
	data, err := os.ReadFile(base + ".png")
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := qr.Decode(picture); err != nil || got != want {
		t.Errorf("%s: the QR code reads %q, %v; want %q", pdf, got, err, want)
	}
}
