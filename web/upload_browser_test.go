package web_test

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// line is a connection to a site that can be cut: it passes on what is sent both ways, until it has carried a number of bytes towards
// the site or is told to break.
type line struct {
	url string

	mu    sync.Mutex
	left  int64 // bytes until it breaks; negative: it holds
	down  bool
	conns map[net.Conn]bool
}

// newLine lays a line to the site at target.
func newLine(t *testing.T, target string) *line {
	at, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{url: "http://" + listener.Addr().String(), left: -1, conns: map[net.Conn]bool{}}
	t.Cleanup(func() { listener.Close(); l.cut() })
	go func() {
		for {
			here, err := listener.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", at.Host)
			if err != nil || !l.keep(here, there) {
				here.Close()
				continue
			}
			go l.carry(there, here, true)
			go l.carry(here, there, false)
		}
	}()
	return l
}

// keep takes up a connection, unless the line is down.
func (l *line) keep(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range conns {
		if l.down {
			c.Close()
		} else {
			l.conns[c] = true
		}
	}
	return !l.down
}

func (l *line) carry(to io.WriteCloser, from io.ReadCloser, up bool) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if up && l.spend(int64(n)) {
			l.cut()
			return
		}
		if _, bad := to.Write(buffer[:n]); bad != nil || err != nil {
			return
		}
	}
}

// spend tells whether the line breaks with the next n bytes.
func (l *line) spend(n int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left < 0 {
		return false
	}
	l.left = max(l.left-n, 0)
	return l.left == 0
}

// cutAfter breaks the line after n more bytes towards the site.
func (l *line) cutAfter(n int64) {
	l.mu.Lock()
	l.left = n
	l.mu.Unlock()
}

// cut breaks the line, and with it all connections.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = true
	for c := range l.conns {
		c.Close()
	}
	clear(l.conns)
}

// mend makes the line good again.
func (l *line) mend() {
	l.mu.Lock()
	l.down, l.left = false, -1
	l.mu.Unlock()
}

// photo writes a JPEG of about 600 KB, and returns its name and size.
func photo(t *testing.T, name string) (string, int) {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 1000, 750))
	dice := rand.New(rand.NewPCG(1, 2))
	for y := range 750 {
		for x := range 1000 {
			n := uint8(dice.IntN(60))
			img.Set(x, y, color.RGBA{uint8(x/6) + n, uint8(y/5) + n, 120 + n, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, b.Len()
}

// says waits until an element says something.
func says(t *testing.T, b *browser.Browser, css, want string) string {
	t.Helper()
	said := ""
	for range 200 {
		said = browser.Eval[string](b, `(document.querySelector(`+strconv.Quote(css)+`) || {textContent: ""}).textContent`)
		if strings.Contains(said, want) {
			return said
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s says %q, not %q\nsee %s", css, said, want, b.Screenshot("failed-says"))
	return said
}

// arrives waits for an address.
func arrives(t *testing.T, b *browser.Browser, part string) {
	t.Helper()
	for range 300 {
		if strings.Contains(b.URL(), part) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("still at %s; it says %q", b.URL(), b.Text(".up-say"))
}

func TestBrowserUploadSurvivesALostConnection(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[1]
	file, size := photo(t, "东槐村巷道_0412.jpg")
	l := newLine(t, s.url)
	direct := s.url
	s.url = l.url
	b := s.signIn(t, "village")
	b.Allow("net::ERR_")
	b.Go(fmt.Sprintf("%s/finding/%d/evidence?kind=file", l.url, f.ID))
	b.Type("#title", "东槐村巷道疏通后")
	b.Click("#said")
	b.Press("三处积水点已疏通，4月12日村委会看过。")
	b.Upload("#file", file)
	b.Screenshot("evidence-form")
	l.cutAfter(350_000)
	b.Click(".edit-end .btn-go")
	said := says(t, b, ".up-say", "网络断了")
	if !strings.Contains(said, "已传 ") || strings.Contains(said, "已传 0%") || !strings.Contains(said, "填的内容都还在") {
		t.Errorf("it says %q", said)
	}
	if got := browser.Eval[string](b, `document.querySelector("#said").value`); got != "三处积水点已疏通，4月12日村委会看过。" {
		t.Errorf("what was typed is now %q", got)
	}
	b.Screenshot("evidence-lost")
	if n := len(s.evidenceOf(f)); n != 0 {
		t.Fatalf("%d items while the line is down", n)
	}

	// Another browser, as after a reload: it tells what is missing, has what was typed, and the same file goes on.
	s.url = direct
	other := s.signIn(t, "village")
	form := fmt.Sprintf("%s/finding/%d/evidence", direct, f.ID)
	other.Go(form)
	line := says(t, other, ".up-list", "请重新选同一个文件接着传")
	if !strings.Contains(line, "东槐村巷道_0412.jpg") || strings.Contains(line, "已传 0%") {
		t.Errorf("it lists %q", line)
	}
	if got := browser.Eval[string](other, `document.querySelector("#said").value`); got != "三处积水点已疏通，4月12日村委会看过。" {
		t.Errorf("after a reload what was typed is %q", got)
	}
	other.Size(390, 844)
	other.Screenshot("evidence-unfinished-390")

	l.mend() // and the first goes on by itself
	arrives(t, b, "/evidence/")
	items := s.evidenceOf(f)
	if len(items) != 1 || items[0].Size != int64(size) || items[0].Title != "东槐村巷道疏通后" {
		t.Fatalf("%+v", items)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if stored, err := s.files.Get(t.Context(), items[0].File); err != nil || !bytes.Equal(stored, content) {
		t.Errorf("stored: %v", err)
	}
	b.Wait(".ev-view img")
	if wide := browser.Eval[int](b, `new Promise(function (ok) { var i = document.querySelector(".ev-view img"); if (i.complete) ok(i.naturalWidth); else i.onload = function () { ok(i.naturalWidth); }; })`); wide != 1000 {
		t.Errorf("the picture is %d wide", wide)
	}
	b.Screenshot("evidence")
	b.Size(390, 844)
	b.Screenshot("evidence-390")
	b.Go(fmt.Sprintf("%s/finding/%d", l.url, f.ID))
	b.Screenshot("finding-evidence-390")
	b.Go(form)
	b.Screenshot("evidence-form-390")
	if wide := browser.Eval[int](b, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the form is %d wide on a phone", wide)
	}
}

func TestBrowserUploadGoesOnAfterAReload(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[1]
	file, size := photo(t, "公示栏.jpg")
	c := s.as(t, "village")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	mark := fnv.New32a()
	mark.Write(content[:64<<10])
	address, _ := c.announce(f, "公示栏.jpg", size, "title", "公示栏照片", "mark", strconv.FormatUint(uint64(mark.Sum32()), 16))
	half := size / 2
	if a := c.piece(address, 0, content[:half]); a.status != http.StatusNoContent {
		t.Fatal(a.status)
	}
	b := s.signIn(t, "village")
	b.Go(fmt.Sprintf("%s/finding/%d/evidence", s.url, f.ID))
	says(t, b, ".up-list", "已传 49%")
	b.Screenshot("evidence-unfinished")
	b.Upload("#file", file)
	b.Click(".edit-end .btn-go")
	arrives(t, b, "/evidence/")
	items := s.evidenceOf(f)
	if len(items) != 1 || items[0].Title != "公示栏照片" {
		t.Fatalf("%+v", items)
	}
	if left := c.get("/upload?finding=" + fmt.Sprint(f.ID)).body; left != "[]" {
		t.Errorf("it began anew instead: %s", left)
	}
	if stored, err := s.files.Get(t.Context(), items[0].File); err != nil || !bytes.Equal(stored, content) {
		t.Errorf("stored: %v", err)
	}

	// What is wrong is said before anything is sent.
	b.Allow("status of 422")
	b.Go(fmt.Sprintf("%s/finding/%d/evidence?kind=file", s.url, f.ID))
	browser.Eval[int](b, `(document.querySelector("#event").value = "2026-02-01", 1)`)
	b.Upload("#file", file)
	b.Click(".edit-end .btn-go")
	says(t, b, ".up-say.red", "早于反馈日期")
	b.Screenshot("evidence-refused")

	// Without scripts the same form carries the file.
	b.Scripts(false)
	b.Go(fmt.Sprintf("%s/finding/%d/evidence?kind=file", s.url, f.ID))
	b.Type("#title", "没有脚本时传的")
	b.Upload("#file", file)
	b.Follow(".edit-end .btn-go")
	if got := b.Text(".ev"); !strings.Contains(got, "没有脚本时传的") {
		t.Errorf("the finding lists %q", got)
	}
	if wide := browser.Eval[int](b, `document.documentElement.scrollWidth`); wide > 1366 {
		t.Errorf("the finding's page is %d wide", wide)
	}
	b.Screenshot("finding-evidence")
}

// A field that sends its file as soon as it is chosen: the form waits for the file and is then sent with what was typed.
func TestBrowserUploadAtOnce(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[1]
	file, size := photo(t, "现场.jpg")
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ModifyResponse: func(r *http.Response) error { // the page of another form, as far as the script can see
			if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
				return nil
			}
			page, err := io.ReadAll(r.Body)
			page = bytes.ReplaceAll(page, []byte(`data-upload="send"`), []byte(`data-upload="now"`))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(page)), int64(len(page))
			r.Header.Set("Content-Length", strconv.Itoa(len(page)))
			return err
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	l := newLine(t, server.URL)
	s.url = l.url
	b := s.signIn(t, "village")
	b.Allow("net::ERR_")
	b.Allow("status of 502")
	b.Go(fmt.Sprintf("%s/finding/%d/evidence", l.url, f.ID))
	b.Click("#k-statement")
	b.Click("#said")
	b.Press("现场已清理")
	l.cutAfter(400_000)
	b.Upload("#file", file)
	says(t, b, ".up-say", "网络断了")
	b.Click(".edit-end .btn-go")
	says(t, b, ".up-say", "传完就提交")
	l.mend()
	arrives(t, b, fmt.Sprintf("/finding/%d", f.ID))
	for range 100 {
		if !strings.HasSuffix(b.URL(), "/evidence") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	items := s.evidenceOf(f)
	if len(items) != 2 {
		t.Fatalf("%d items", len(items))
	}
	kinds := string(items[0].Kind) + " " + string(items[1].Kind)
	if kinds != "statement file" || items[1].Size != int64(size) || items[0].Said != "现场已清理" {
		t.Errorf("%+v", items)
	}
}

// Whose session ends in the middle signs in elsewhere, and the upload goes on.
func TestBrowserUploadOutlivesASession(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[1]
	file, size := photo(t, "现场.jpg")
	l := newLine(t, s.url)
	s.url = l.url
	b := s.signIn(t, "village")
	b.Allow("net::ERR_")
	b.Allow("status of 401")
	b.Go(fmt.Sprintf("%s/finding/%d/evidence?kind=file", l.url, f.ID))
	b.Upload("#file", file)
	l.cutAfter(350_000)
	b.Click(".edit-end .btn-go")
	says(t, b, ".up-say", "网络断了")
	err := s.db.Housekeep(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(t.Context(), `delete from session`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	l.mend()
	says(t, b, ".up-say", "登录已过期，已传 ")
	status := browser.Eval[int](b, `fetch("/login", {method: "POST", body: new URLSearchParams({login: "village", password: `+strconv.Quote(password)+`})}).then(function (a) { return a.status; })`)
	if status != http.StatusOK {
		t.Fatalf("signing in elsewhere: %d", status)
	}
	arrives(t, b, "/evidence/")
	if items := s.evidenceOf(f); len(items) != 1 || items[0].Size != int64(size) || items[0].Title != "现场.jpg" {
		t.Errorf("%+v", items)
	}
}
