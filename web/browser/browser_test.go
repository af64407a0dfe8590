package browser_test

import (
	"bytes"
	"fmt"
	"html"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bihuan/web/browser"

	"github.com/chromedp/chromedp/kb"
)

// serve serves the test page; /save answers with what the form sent.
func serve(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, "testdata/page.html")
	})
	mux.HandleFunc("POST /save", func(w http.ResponseWriter, r *http.Request) {
		file := ""
		if f, header, err := r.FormFile("plan"); err == nil {
			data, _ := io.ReadAll(f)
			file = header.Filename + ":" + string(data)
		}
		fmt.Fprintf(w, `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><p id="saved">%s</p>`,
			html.EscapeString(r.FormValue("unit")+" "+r.FormValue("state")+" "+file))
	})
	mux.HandleFunc("GET /broken", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `<!doctype html><link rel="icon" href="data:,"><script src="/missing.js"></script>
<script>console.error("账目不平", 42); nowhere.nothing = 1</script>`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestEveryStep(t *testing.T) {
	url := serve(t)
	plan := filepath.Join(t.TempDir(), "方案.txt")
	if err := os.WriteFile(plan, []byte("正文"), 0o666); err != nil {
		t.Fatal(err)
	}

	b := browser.Open(t)
	b.Go(url)
	b.Wait("h1")
	equal(t, "Text", b.Text("h1"), "整改台账")
	equal(t, "URL", b.URL(), url+"/")
	equal(t, "Eval", browser.Eval[string](b, "document.title"), "整改台账")
	equal(t, "width", browser.Eval[int](b, "innerWidth"), 1366)

	b.Click("#more")
	b.Wait("li:nth-child(2)")
	b.Gone("#hidden")
	equal(t, "Count", b.Count("li"), 2)

	b.Select("select", "2")
	equal(t, "Select", b.Text("#said"), "选了2")
	b.Type("[name=unit]", "党政办公室")
	b.Press(kb.Escape)
	equal(t, "Press", b.Text("#said"), "取消")
	b.Upload("[name=plan]", plan)
	b.Follow("form button")
	equal(t, "what was sent", b.Text("#saved"), "党政办公室 2 方案.txt:正文")
}

func TestPictures(t *testing.T) {
	b := browser.Open(t)
	b.Size(390, 844)
	b.Go(serve(t))
	equal(t, "width", browser.Eval[int](b, "innerWidth"), 390)

	data, err := os.ReadFile(b.Screenshot("browser-test"))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if size := picture.Bounds().Size(); size.X != 390 || size.Y < 1500 {
		t.Errorf("picture of %v, want the whole page, 390 wide and over 1500 high", size)
	}

	data, err = os.ReadFile(b.PDF("browser-test"))
	if err != nil {
		t.Fatal(err)
	}
	// A4 landscape, as the page's style asks, in points.
	if !bytes.HasPrefix(data, []byte("%PDF-")) || !bytes.Contains(data, []byte("/MediaBox [0 0 841")) {
		t.Errorf("the PDF is not A4 landscape: %.40q …", data)
	}
}

func TestWithoutScripts(t *testing.T) {
	b := browser.Open(t)
	b.Scripts(false)
	b.Go(serve(t))
	b.Select("select", "2")
	equal(t, "what a script would have said", browser.Eval[string](b, "document.querySelector('#said').value"), "")
	b.Type("[name=unit]", "村委会")
	b.Follow("form button")
	equal(t, "what was sent", b.Text("#saved"), "村委会 2")
}

// recorder stands for a test that is expected to fail.
type recorder struct {
	testing.TB
	errors  []string
	cleanup []func()
}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
func (r *recorder) Cleanup(f func()) { r.cleanup = append(r.cleanup, f) }

func TestConsoleErrorsFail(t *testing.T) {
	url := serve(t)
	r := &recorder{TB: t}
	b := browser.Open(r)
	b.Allow("/missing.js")
	b.Go(url + "/broken")
	for _, f := range r.cleanup {
		f()
	}
	if len(r.errors) != 2 || !strings.Contains(r.errors[0], "账目不平 42") || !strings.Contains(r.errors[1], "nowhere is not defined") {
		t.Errorf("reported %q, want console.error and the exception, without the missing file that was allowed", r.errors)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}
