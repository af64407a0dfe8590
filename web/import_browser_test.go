package web_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"bihuan/store/storetest"
	"bihuan/web/browser"
)

func (s importSite) browse(t *testing.T, login string) *browser.Browser {
	t.Helper()
	b := browser.Open(t)
	b.Go(s.url + "/login")
	b.Type("[name=login]", login)
	b.Type("[name=password]", "import-test-1")
	b.Follow("main button")
	return b
}

// paperFile writes a document to be uploaded.
func paperFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// until waits for what a script does after an answer of the server.
func until(t *testing.T, b *browser.Browser, what, javascript string) {
	t.Helper()
	ok := browser.Eval[bool](b, `new Promise(function (done) { var n = 0; (function look() {
		if (`+javascript+`) done(true); else if (n++ > 200) done(false); else setTimeout(look, 50); })(); })`)
	if !ok {
		t.Fatalf("%s: not within 10 seconds\nsee %s", what, b.Screenshot("failed-"+t.Name()))
	}
}

// A clerk uploads a plan, looks at it, puts it right with the keyboard and the mouse, confirms it, and later revises it.
func TestImportInBrowser(t *testing.T) {
	s := newImportSite(t, storetest.SQLite(t))
	b := s.browse(t, "clerk")
	b.Go(s.url + "/import")
	b.Screenshot("import-form")
	b.Upload("#file", "../plan/testdata/seed.txt")
	b.Follow(".upload .btn-go")
	if b.Count("#paper a[id^=x-m]") < 10 || b.Count("#paper a.m-do") < 5 || b.Count("#paper .fq") < 3 || b.Count("#notes .note-gap") == 0 {
		t.Errorf("marks of measures: %d, of recurrences: %d, gaps: %d", b.Count("#paper a.m-do"), b.Count("#paper .fq"), b.Count("#notes .note-gap"))
	}
	b.Screenshot("import-check")

	// A note leads to its place, a row to its mark, a mark to its row.
	b.Size(1366, 768)
	if top := browser.Eval[float64](b, `document.getElementById("tree").closest("section").getBoundingClientRect().top`); top > 420 {
		t.Errorf("the tree begins at %v", top)
	}
	b.Click("#notes .note:nth-of-type(2) a")
	until(t, b, "the note's place is in sight", `(function () { var m = document.querySelector("#paper .at"), p = document.getElementById("paper").getBoundingClientRect();
		if (!m) return false; m = m.getBoundingClientRect(); return m.top >= p.top && m.top < p.bottom; })()`)
	b.Click("#t-m0\\.2\\.3 .tx")
	until(t, b, "the row's mark is current", `document.querySelector("#x-m0\\.2\\.3.at") !== null`)
	b.Click("#x-a0\\.2\\.1")
	until(t, b, "the mark's row is current", `document.querySelector("#t-a0\\.2\\.1.at") !== null`)

	// Fix a deadline in the form below its row; a wrong date is said at its field.
	b.Click("#t-d0\\.2 .ed")
	b.Wait("#panel [name=deadline_text]")
	b.Type("#panel [name=deadline_text]", "2026年2月30日前")
	b.Click("#panel [value=save]")
	b.Allow("422")
	until(t, b, "the date is refused", `document.querySelector("#panel [aria-invalid]") !== null`)
	b.Screenshot("import-refused")
	b.Type("#panel [name=deadline_text]", "2026年6月底前，长期坚持")
	b.Click("#panel [value=save]")
	until(t, b, "the deadline is saved", `document.querySelector("#t-d0\\.2 .sd").textContent.indexOf("6月30日") >= 0`)

	// Split with the keyboard: on the row S, in the text the caret and Alt+S.
	before := b.Count("#tree .k-do")
	b.Click("#t-m0\\.2\\.5 .tx")
	b.Press("s")
	b.Wait("#panel textarea[name=text]")
	browser.Eval[int](b, `(function () { var a = document.querySelector("#panel [name=text]"), i = a.value.indexOf("充分发挥"); a.focus(); a.setSelectionRange(i, i); return i; })()`)
	browser.Eval[bool](b, `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "s", code: "KeyS", altKey: true, bubbles: true, cancelable: true}))`)
	until(t, b, "there is one more measure", `document.querySelectorAll("#tree .k-do").length === `+strconv.Itoa(before+1))
	if got := b.Text("#t-m0\\.2\\.6 .tx"); !strings.HasPrefix(got, "充分发挥红白理事会作用") {
		t.Errorf("the second half is %q", got)
	}
	// Down to it, and 2 links it to the second manifestation.
	b.Press("j")
	until(t, b, "the next row is current", `document.querySelector("#t-m0\\.2\\.6.at") !== null`)
	if got := browser.Eval[string](b, `document.getElementById("t-m0.2.6").dataset.l || ""`); strings.Contains(got, "2") {
		t.Fatalf("links before: %q", got)
	}
	b.Press("2")
	until(t, b, "the measure is linked", `(document.getElementById("t-m0.2.6").dataset.l || "").indexOf("2") >= 0`)
	b.Press("?")
	until(t, b, "help is shown", `document.getElementById("keys").open`)
	b.Press("?")
	// Join what was split.
	b.Press("k")
	b.Press("J")
	until(t, b, "there is one measure less", `document.querySelectorAll("#tree .k-do").length === `+strconv.Itoa(before))

	// Only what is in doubt, and the form for a person.
	b.Click("#t-u0\\.2 .ed")
	b.Wait("#panel [name=persons]")
	b.Type("#panel [name=persons]", "韩春梅")
	b.Press(kb.Enter)
	until(t, b, "the person is there", `document.querySelector("#t-u0\\.2 .tx").textContent.indexOf("韩春梅") >= 0`)

	b.Follow(".head .btn-go")
	b.Screenshot("import-confirm")
	b.Follow("form .btn-go")
	if !strings.Contains(b.URL(), "/ledger?plan=") || !strings.Contains(b.Text("main"), "韩春梅") {
		t.Errorf("after confirming at %s", b.URL())
	}
}

// Everything works with plain links and forms.
func TestImportWithoutScripts(t *testing.T) {
	s := newImportSite(t, storetest.SQLite(t))
	b := s.browse(t, "clerk")
	b.Scripts(false)
	b.Go(s.url + "/import")
	b.Upload("#file", paperFile(t, "方案.txt", importPaper))
	b.Follow(".upload .btn-go")
	b.Click("#t-m0\\.0\\.1 .tx")
	if got := b.URL(); !strings.HasSuffix(got, "#x-m0.0.1") {
		t.Errorf("a row leads to %s", got)
	}
	b.Follow("#t-m0\\.0\\.1 .ed")
	b.Type("#panel textarea[name=text]", "每季度围绕一个专题开展研讨\n不定期开展回访")
	b.Click("#panel [name=link][value='0']")
	b.Follow("#panel [value=save]")
	if got := b.Text("#t-m0\\.0\\.2 .tx"); got != "不定期开展回访" {
		t.Errorf("the second half is %q", got)
	}
	b.Follow("#t-m0\\.0\\.2 .ed")
	b.Follow("#panel [value=turn]")
	b.Follow("#t-f0\\.1 .ed")
	b.Select("#panel [name=to]", "1")
	b.Follow("#panel [value=move]")
	if got := b.Text("#t-f1\\.1 .tx"); !strings.Contains(got, "村内道路管护不到位") {
		t.Errorf("the moved finding is %q", got)
	}
	b.Follow(".head .btn-go")
	b.Follow("form .btn-go")
	if !strings.Contains(b.Text("main"), "村内道路管护不到位") {
		t.Errorf("the ledger does not show it at %s", b.URL())
	}

	b.Go(s.url + "/import")
	b.Click("label[for=k-revision]")
	b.Upload("#file", paperFile(t, "方案（修订）.txt", strings.NewReplacer("2026年4月30日前", "2026年6月30日前", "李四喜", "王二嫂").Replace(importPaper)))
	b.Follow(".upload .btn-go")
	b.Screenshot("import-revision")
	b.Follow(".head .btn-go")
	if text := b.Text("main"); !strings.Contains(text, "王二嫂") || !strings.Contains(text, "2026年6月30日前") {
		t.Error("the difference is not shown")
	}
	b.Screenshot("import-difference")
	b.Size(390, 844)
	b.Screenshot("import-difference-phone")
}

// A document over the limit is refused before it is sent, and also when it is sent all the same.
func TestHugeFileInBrowser(t *testing.T) {
	s := newImportSite(t, storetest.SQLite(t))
	path := filepath.Join(t.TempDir(), "大.docx")
	if err := os.WriteFile(path, make([]byte, 34<<20), 0o666); err != nil {
		t.Fatal(err)
	}
	b := s.browse(t, "clerk")
	b.Go(s.url + "/import")
	b.Upload("#file", path)
	until(t, b, "the file is refused", `document.getElementById("file-bad").textContent.indexOf("最大 32 MB") >= 0`)
	b.Scripts(false)
	b.Allow("413")
	b.Go(s.url + "/import")
	b.Upload("#file", path)
	b.Follow(".upload .btn-go")
	if got := b.Text(".trouble"); !strings.Contains(got, "文件太大") {
		t.Errorf("the page says %q", got)
	}
	b.Screenshot("import-huge")
}

// A phone shows the source above the tree, each in sight, and nothing wider than the screen.
func TestImportOnPhone(t *testing.T) {
	s := newImportSite(t, storetest.SQLite(t))
	b := s.browse(t, "clerk")
	b.Size(390, 844)
	b.Go(s.url + "/import")
	wide := func(where string) {
		t.Helper()
		if w := browser.Eval[int](b, "document.documentElement.scrollWidth"); w > 390 {
			t.Errorf("%s is %d pixels wide", where, w)
		}
	}
	wide("the form")
	b.Screenshot("import-form-phone")
	b.Upload("#file", "../plan/testdata/seed.txt")
	b.Follow(".upload .btn-go")
	wide("the reading")
	b.Click("#t-m0\\.2\\.1 .ed")
	b.Wait("#panel")
	wide("the form of a row")
	b.Screenshot("import-check-phone")
	b.Follow(".head .btn-go")
	wide("the confirmation")
	b.Screenshot("import-confirm-phone")
}
