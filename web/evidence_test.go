package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/store/storetest"
)

// sendFile sends a form with a file the way a browser without scripts does.
func (c *client) sendFile(path, name string, content []byte, fields ...string) answer {
	c.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			c.t.Fatal(err)
		}
	}
	w, err := form.CreateFormFile("file", name)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		c.t.Fatal(err)
	}
	form.Close()
	r, err := http.NewRequest(http.MethodPost, c.site.url+path, &b)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	return c.do(r)
}

// typedIn are the fields of the form of a piece of evidence.
func typedIn(page string) map[string]string {
	return fieldsOf(strings.Replace(page, `<form class="in ev-form"`, `<form class="edit"`, 1))
}

// evidenceOf are the current items of a finding.
func (s *site) evidenceOf(f ledger.Finding) []evidence.Item {
	s.t.Helper()
	items, err := evidence.Of(s.t.Context(), s.db, f.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return items
}

func TestEvidenceOfEachKind(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		f := s.findings()[1]
		form := fmt.Sprintf("/finding/%d/evidence", f.ID)
		c := s.as(t, "village") // its village answers for the finding
		if page := c.page(fmt.Sprintf("/finding/%d", f.ID)); !strings.Contains(page, "还没有附佐证") || !strings.Contains(page, form) {
			t.Error("the finding's page does not ask for evidence")
		}
		page := c.page(form)
		for _, want := range []string{"说明", "文件", "链接", "记录", "不必拍照上传", `value="2026-04-16"`, "反馈日期（2月3日）"} {
			if !strings.Contains(page, want) {
				t.Errorf("the form lacks %q", want)
			}
		}
		for _, sent := range [][]string{
			{"kind", "statement", "said", "巷道疏通 3 处", "event", "2026-04-12"},
			{"kind", "link", "title", "镇网公示", "url", "https://example.org/gs", "event", "2026-04-13"},
			{"kind", "record", "title", "座谈会记录", "said", "2 份，村委会档案柜", "event", "2026-04-14"},
		} {
			for range 2 { // pressed twice
				if a := c.post(form, sent...); a.status != http.StatusSeeOther || a.to != fmt.Sprintf("/finding/%d", f.ID) {
					t.Fatalf("%v: %d %s", sent, a.status, plain(between(a.body, "<main", "</main>")))
				}
			}
		}
		pdf := []byte("%PDF-1.7 东槐村公示栏")
		if a := c.sendFile(form, `C:\照片\公示栏.pdf`, pdf, "kind", "file", "event", "2026-04-15", "expires", "2026-04-15"); a.status != http.StatusSeeOther {
			t.Fatalf("file: %d", a.status)
		}
		items := s.evidenceOf(f)
		if len(items) != 4 || items[0].Title != "公示栏.pdf" || items[0].File != evidence.Hash(pdf) || items[0].Media != "application/pdf" {
			t.Fatalf("%+v", items)
		}
		list := plain(between(c.page(fmt.Sprintf("/finding/%d", f.ID)), `<ul class="ev">`, "</ul>"))
		for _, want := range []string{"公示栏.pdf 东槐村 郝根生·4月15日", "事后 1 天登记", "已过有效期", "镇网公示", "example.org", "座谈会记录", "巷道疏通 3 处"} {
			if !strings.Contains(list, want) {
				t.Errorf("the list lacks %q: %s", want, list)
			}
		}
		if page := plain(between(c.page(fmt.Sprintf("/finding/%d", f.ID)), `<ol class="time story">`, "</ol>")); !strings.Contains(page, "附佐证 郝根生（村党支部书记），发生在 4月15日 公示栏.pdf") {
			t.Errorf("the history lacks the evidence: %s", page)
		}
		for _, login := range []string{"clerk", "district"} {
			if a := s.as(t, login).get(fmt.Sprintf("/evidence/%d", items[0].ID)); a.status != http.StatusOK {
				t.Errorf("%s: %d", login, a.status)
			}
		}
		stranger := s.as(t, "stranger")
		for _, path := range []string{"", "/file", "/revise"} {
			if a := stranger.get(fmt.Sprintf("/evidence/%d%s", items[0].ID, path)); a.status != http.StatusNotFound {
				t.Errorf("another town's clerk gets %q: %d", path, a.status)
			}
		}
		if a := stranger.post(fmt.Sprintf("/evidence/%d/withdraw", items[0].ID), "version", "1", "reason", "x"); a.status != http.StatusNotFound {
			t.Errorf("another town's clerk withdraws: %d", a.status)
		}
		if a := s.as(t, "leader").post(form, "kind", "statement", "said", "x", "event", "2026-04-12"); a.status != http.StatusForbidden {
			t.Errorf("a leader attaches: %d", a.status)
		}
	})
}

func TestWrongEvidenceComesBack(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[1]
	form := fmt.Sprintf("/finding/%d/evidence", f.ID)
	c := s.as(t, "clerk")
	for _, x := range []struct {
		field string
		want  string
		sent  []string
	}{
		{"url", "以 http:// 或 https:// 开头", []string{"kind", "link", "title", "公示", "url", "javascript:alert(1)", "event", "2026-04-12"}},
		{"event", "还没有到", []string{"kind", "statement", "said", "填过的话", "event", "2026-04-17"}},
		{"event", "早于反馈日期", []string{"kind", "statement", "said", "填过的话", "event", "2026-02-01"}},
		{"said", "写明做了什么", []string{"kind", "statement", "title", "填过的名称", "event", "2026-04-12"}},
	} {
		a := c.post(form, x.sent...)
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, x.want) || !strings.Contains(a.body, `name="`+x.field+`"`) {
			t.Errorf("%v: %d lacks %q", x.sent, a.status, x.want)
		}
		got := typedIn(a.body)
		for i := 2; i < len(x.sent); i += 2 {
			if got[x.sent[i]] != x.sent[i+1] {
				t.Errorf("%s: typed %q, comes back %q", x.sent[i], x.sent[i+1], got[x.sent[i]])
			}
		}
	}
	if a := c.sendFile(form, "空.jpg", nil, "kind", "file", "event", "2026-04-12"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "空的") {
		t.Errorf("an empty file: %d", a.status)
	}
	if a := c.sendFile(form, "大.jpg", make([]byte, evidence.Most+1), "kind", "file", "event", "2026-04-12"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "20 MB") {
		t.Errorf("a large file: %d", a.status)
	}
	if a := c.sendFile(form, "好.jpg", []byte("\xFF\xD8\xFF"), "kind", "file", "event", "2026-04-17"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "再选一次") {
		t.Errorf("a good file with a wrong date: %d", a.status)
	}
	if items := s.evidenceOf(f); len(items) != 0 {
		t.Errorf("%d items were kept", len(items))
	}
}

func TestFilesOfEvidenceDoNoHarm(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[1]
	c := s.as(t, "clerk")
	for _, x := range []struct{ name, content, how, kind string }{
		{"页.pdf", "%PDF-1.7", "inline", "application/pdf"},
		{"图.txt", "\x89PNG\r\n\x1A\n", "inline", "image/png"},
		{"图.png", "<html><script>alert(1)</script>", "attachment", "application/octet-stream"},
		{"图.svg", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "attachment", ""},
		{"表.bin", "\x00\x01\x02\x03\x04", "attachment", "application/octet-stream"},
	} {
		if a := c.sendFile(fmt.Sprintf("/finding/%d/evidence", f.ID), x.name, []byte(x.content), "kind", "file", "event", "2026-04-12"); a.status != http.StatusSeeOther {
			t.Fatalf("%s: %d", x.name, a.status)
		}
		i := s.evidenceOf(f)[0]
		a := c.get(fmt.Sprintf("/evidence/%d/file", i.ID))
		h := a.header
		if a.body != x.content || !strings.HasPrefix(h.Get("Content-Disposition"), x.how+";") || !strings.HasPrefix(h.Get("Content-Type"), x.kind) {
			t.Errorf("%s: %s %s", x.name, h.Get("Content-Disposition"), h.Get("Content-Type"))
		}
		csp := h.Get("Content-Security-Policy")
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(csp, "default-src 'none'") || x.kind != "application/pdf" && !strings.Contains(csp, "sandbox") {
			t.Errorf("%s: %v", x.name, h)
		}
		if kept := c.get(fmt.Sprintf("/evidence/%d/file?keep=1", i.ID)).header.Get("Content-Disposition"); !strings.HasPrefix(kept, "attachment;") {
			t.Errorf("%s to be kept: %s", x.name, kept)
		}
	}
}

func TestRevisingAndWithdrawingEvidence(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		f := s.findings()[1]
		village, clerk := s.as(t, "village"), s.as(t, "clerk")
		village.sendFile(fmt.Sprintf("/finding/%d/evidence", f.ID), "签到.pdf", []byte("%PDF-1.7"), "kind", "file", "title", "签到表", "event", "2026-04-12")
		first := s.evidenceOf(f)[0]
		address := fmt.Sprintf("/evidence/%d", first.ID)
		mine, theirs := typedIn(village.page(address+"/revise")), typedIn(clerk.page(address+"/revise"))
		if a := village.send(address+"/revise", mine, "title", "签到表（12人）"); a.status != http.StatusSeeOther {
			t.Fatalf("revise: %d %s", a.status, plain(a.body))
		}
		second := s.evidenceOf(f)[0]
		if second.Previous != first.ID || second.File != first.File || second.Title != "签到表（12人）" {
			t.Errorf("%+v", second)
		}
		a := clerk.send(address+"/revise", theirs, "title", "签到表原件")
		if a.status != http.StatusConflict || !strings.Contains(a.body, "郝根生") || typedIn(a.body)["title"] != "签到表原件" || !strings.Contains(plain(a.body), "签到表 → 签到表（12人）") {
			t.Errorf("stale: %d %s", a.status, plain(a.body))
		}
		again := typedIn(a.body) // pressed once more, it goes over the new revision
		if a := clerk.send(between(a.body, `ev-form" action="`, `"`), again); a.status != http.StatusSeeOther {
			t.Errorf("once more: %d %s", a.status, plain(a.body))
		}
		third := s.evidenceOf(f)[0]
		if third.Revision != 3 || third.Title != "签到表原件" {
			t.Errorf("%+v", third)
		}
		if page := village.page(address); !strings.Contains(page, "这是旧的一版") || !strings.Contains(page, fmt.Sprintf("/evidence/%d", third.ID)) {
			t.Error("an old revision does not say so")
		}
		address = fmt.Sprintf("/evidence/%d", third.ID)
		if page := village.page(address); strings.Contains(page, "/withdraw") {
			t.Error("a village is offered to withdraw what the town entered")
		}
		if a := clerk.post(address+"/withdraw", "version", "1", "reason", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "写明为什么撤回") {
			t.Errorf("without a reason: %d", a.status)
		}
		if a := clerk.post(address+"/withdraw", "version", "7", "reason", "传错了"); a.status != http.StatusConflict {
			t.Errorf("an old version: %d", a.status)
		}
		if a := clerk.post(address+"/withdraw", "version", "1", "reason", "传错了"); a.status != http.StatusSeeOther {
			t.Errorf("withdraw: %d", a.status)
		}
		if page := plain(village.page(fmt.Sprintf("/finding/%d", f.ID))); !strings.Contains(page, "另有 1 份已撤回") || !strings.Contains(page, "传错了") {
			t.Error("the finding does not tell of what was withdrawn")
		}
	})
}

// announce begins an upload and returns its address.
func (c *client) announce(f ledger.Finding, name string, size int, more ...string) (string, answer) {
	c.t.Helper()
	a := c.post("/upload", append([]string{"finding", fmt.Sprint(f.ID), "kind", "file", "name", name, "size", strconv.Itoa(size), "event", "2026-04-12"}, more...)...)
	return a.header.Get("Location"), a
}

// piece sends a piece of an upload.
func (c *client) piece(address string, offset int, content []byte) answer {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPatch, c.site.url+address, bytes.NewReader(content))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Upload-Offset", strconv.Itoa(offset))
	return c.do(r)
}

// offset is how much of an upload has arrived.
func (c *client) offset(address string) string {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodHead, c.site.url+address, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.do(r).header.Get("Upload-Offset")
}

func TestUploadInPieces(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		f := s.findings()[1]
		content := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte{7}, 300_000)...)
		c, clerk := s.as(t, "village"), s.as(t, "clerk")
		address, a := c.announce(f, "签到.pdf", len(content), "said", "12 人")
		if a.status != http.StatusCreated || a.header.Get("Upload-Offset") != "0" {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if a := c.piece(address, 0, content[:100_000]); a.status != http.StatusNoContent || a.header.Get("Upload-Offset") != "100000" {
			t.Fatalf("%d %v", a.status, a.header)
		}
		// The connection is lost in the middle of a piece.
		at, _ := url.Parse(s.url)
		conn, err := net.Dial("tcp", at.Host)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "PATCH %s HTTP/1.1\r\nHost: %s\r\nCookie: bihuan=%s\r\nUpload-Offset: 100000\r\nContent-Length: 100000\r\n\r\n", address, at.Host, c.cookie().Value)
		if _, err := conn.Write(content[100_000:150_000]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
		conn.Close()
		for range 100 { // the server notices when it reads on
			if c.offset(address) == "150000" {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if got := c.offset(address); got != "150000" {
			t.Fatalf("after the lost connection %s bytes are here", got)
		}
		if a := c.piece(address, 100_000, content[100_000:200_000]); a.status != http.StatusConflict || a.header.Get("Upload-Offset") != "150000" {
			t.Errorf("a wrong offset: %d %v", a.status, a.header)
		}
		if a := c.piece(address, -1, nil); a.status != http.StatusBadRequest {
			t.Errorf("no offset: %d", a.status)
		}
		if a := clerk.piece(address, 150_000, content[150_000:]); a.status != http.StatusNotFound {
			t.Errorf("somebody else goes on: %d", a.status)
		}
		if a := clerk.get("/upload?finding=" + fmt.Sprint(f.ID)); a.body != "[]" {
			t.Errorf("somebody else sees %s", a.body)
		}
		if a := c.get("/upload?finding=" + fmt.Sprint(f.ID)); !strings.Contains(a.body, `"percent":49`) || !strings.Contains(a.body, `"said":"12 人"`) {
			t.Errorf("unfinished: %s", a.body)
		}
		a = c.piece(address, 150_000, content[150_000:])
		items := s.evidenceOf(f)
		if a.status != http.StatusNoContent || len(items) != 1 || a.header.Get("Upload-Item") != fmt.Sprint(items[0].ID) {
			t.Fatalf("%d %v %v", a.status, a.header, items)
		}
		if stored, err := s.files.Get(t.Context(), items[0].File); err != nil || !bytes.Equal(stored, content) || items[0].Said != "12 人" {
			t.Errorf("stored: %v %+v", err, items[0])
		}
		if a := c.piece(address, 150_000, content[150_000:]); a.status != http.StatusNoContent || a.header.Get("Upload-Item") != fmt.Sprint(items[0].ID) {
			t.Errorf("sent once more: %d %v", a.status, a.header)
		}
	})
}

func TestUploadsThatAreRefused(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[1]
	c := s.as(t, "village")
	for _, x := range []struct {
		login  string
		size   int
		more   []string
		status int
		what   string
	}{
		{"village", evidence.Most + 1, nil, 422, "20 MB"},
		{"village", 0, nil, 422, "空的"},
		{"village", 10, []string{"early", "", "event", "2026-02-01"}, 201, ""}, // the first value counts
		{"stranger", 10, nil, 404, "不在您能看的范围内"},
		{"leader", 10, nil, 403, "不能登记进展"},
		{"village", 10, []string{"measure", "5"}, 422, "整改措施"},
	} {
		_, a := s.as(t, x.login).announce(f, "a.jpg", x.size, x.more...)
		if a.status != x.status || !strings.Contains(a.body, x.what) {
			t.Errorf("%+v: %d %s", x, a.status, a.body)
		}
	}
	address, _ := c.announce(f, "b.jpg", 10)
	if a := c.piece(address, 0, []byte("eleven bytes")); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "开始时说的大") {
		t.Errorf("more than announced: %d %s", a.status, a.body)
	}
	one, _ := c.announce(f, "IMG_0001.jpg", 10, "mark", "0a0b0c0d")
	if again, _ := c.announce(f, "IMG_0001.jpg", 10, "mark", "0a0b0c0d"); again != one {
		t.Error("the same file is another upload")
	}
	if two, _ := c.announce(f, "IMG_0001.jpg", 10, "mark", "0e0f0a0b"); two == one {
		t.Error("another file of the same name and size goes on with the first")
	}
	address, _ = c.announce(f, "c.jpg", 10)
	if a := c.post(address + "/drop"); a.status != http.StatusNoContent {
		t.Errorf("drop: %d", a.status)
	}
	if a := c.piece(address, 0, []byte("ten bytes!")); a.status != http.StatusNotFound {
		t.Errorf("dropped and sent: %d", a.status)
	}
	guest := s.guest(t)
	if _, a := guest.announce(f, "a.jpg", 10); a.status != http.StatusUnauthorized {
		t.Errorf("nobody signed in: %d", a.status)
	}
	if len(s.evidenceOf(f)) != 0 {
		t.Error("something was attached")
	}
}
