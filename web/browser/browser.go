// Package browser drives Debian's Chromium in tests: a page is opened, clicked
// and read as a person would, and whatever the page complains about on its
// console fails the test.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long one step may take before the test fails. Two cores may
// be running the race detector and LibreOffice beside us.
const patience = time.Minute

// Browser is one Chromium with a profile of its own and one tab. Its methods
// fail the test when the page does not do what was asked within a minute.
// It is not for use from several goroutines; open a second one for a second user.
type Browser struct {
	t   testing.TB
	ctx context.Context

	mu      sync.Mutex
	errors  []string // what the console said, in order
	allowed []string // parts of messages that the test expects
}

// Open starts a browser with an empty page of 1366 × 768 pixels. It is closed
// when the test ends, which fails if the page wrote an error to the console.
func Open(t testing.TB) *Browser {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath("/usr/bin/chromium"),
		chromedp.NoSandbox, // the sandbox refuses root, which CI is
		chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.WindowSize(1366, 768),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Env("LANGUAGE=zh_CN"), // what the browser itself writes: dates, file fields
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	b := &Browser{t: t}
	b.ctx, _ = chromedp.NewContext(allocator, chromedp.WithListener(b.hear))
	if err := chromedp.Do(b.ctx); err != nil {
		stop()
		t.Fatalf("Chromium did not start (make deps installs it): %v", err)
	}
	t.Cleanup(func() {
		b.close()
		stop()
	})
	return b
}

// close reports what the console said and waits until the browser has gone, so
// that its profile can be removed.
func (b *Browser) close() {
	b.t.Helper()
	// A round trip: everything the page said before it has been heard after it.
	Eval[int](b, "1")
	b.mu.Lock()
	for _, message := range b.errors {
		if !slices.ContainsFunc(b.allowed, func(part string) bool { return strings.Contains(message, part) }) {
			b.t.Errorf("the page's console: %s", message)
		}
	}
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Cancel(ctx); err != nil {
		b.t.Logf("closing Chromium: %v", err)
	}
}

// hear keeps the errors of the console: exceptions nobody caught, console.error,
// and what the browser itself finds wrong, such as a file that is not there.
func (b *Browser) hear(event any) {
	message := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		message = e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			message += " " + x.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeAssert {
			return
		}
		for _, argument := range e.Args {
			message += " " + argumentText(argument)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError {
			return
		}
		message = e.Entry.Text + " " + e.Entry.URL
	default:
		return
	}
	b.mu.Lock()
	b.errors = append(b.errors, strings.TrimSpace(message))
	b.mu.Unlock()
}

// argumentText is one argument of console.error as the console would show it:
// values are given as JSON, errors and elements by a description.
func argumentText(argument *runtime.RemoteObject) string {
	if argument.Description != "" {
		return argument.Description
	}
	var value any
	if err := json.Unmarshal(argument.Value, &value); err != nil {
		return string(argument.Value)
	}
	return fmt.Sprint(value)
}

// Allow says that the test expects console errors that contain the text, such
// as "status of 409" when it provokes a refusal.
func (b *Browser) Allow(text string) {
	b.mu.Lock()
	b.allowed = append(b.allowed, text)
	b.mu.Unlock()
}

// Go opens a page and waits until it has loaded.
func (b *Browser) Go(url string) {
	b.t.Helper()
	b.do("open "+url, chromedp.Navigate(url))
}

// URL is the address of the page shown.
func (b *Browser) URL() string {
	b.t.Helper()
	return run(b, "address", chromedp.Location())
}

// Wait waits until the first element that matches is visible.
func (b *Browser) Wait(css string) {
	b.t.Helper()
	b.do("wait for "+css, chromedp.WaitVisible(chromedp.CSS(css)))
}

// Gone waits until no element matches.
func (b *Browser) Gone(css string) {
	b.t.Helper()
	b.do("wait until gone: "+css, chromedp.WaitNotPresent(chromedp.CSS(css)))
}

// Click clicks the middle of the first element that matches, once it is visible.
func (b *Browser) Click(css string) {
	b.t.Helper()
	b.do("click "+css, click(css))
}

// Follow clicks and waits until the page it leads to has loaded: links, and
// buttons that send a form.
func (b *Browser) Follow(css string) {
	b.t.Helper()
	run(b, "follow "+css, chromedp.WaitEvent(page.LoadEventFired, nil, click(css)))
}

func click(css string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(css), chromedp.NodeVisible)
}

// Type puts the text in place of what the field holds, key by key.
func (b *Browser) Type(css, text string) {
	b.t.Helper()
	b.do("type into "+css,
		chromedp.WaitVisible(chromedp.CSS(css)),
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.querySelector(%q).value = ''", css)), // Clear fails on an empty area
		chromedp.SendKeys(chromedp.CSS(css), text))
}

// Press sends keys to whatever has the focus; names of keys are in
// github.com/chromedp/chromedp/kb.
func (b *Browser) Press(keys string) {
	b.t.Helper()
	b.do("press keys", chromedp.KeyEvent(keys))
}

// Select chooses the option of a list by its value and tells the page so.
func (b *Browser) Select(css, value string) {
	b.t.Helper()
	b.do("choose in "+css,
		chromedp.SetValue(chromedp.CSS(css), value, chromedp.NodeVisible),
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
			"document.querySelector(%q).dispatchEvent(new Event('change', {bubbles: true}))", css)))
}

// Upload puts a file into a file field.
func (b *Browser) Upload(css, file string) {
	b.t.Helper()
	path, err := filepath.Abs(file)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		b.t.Fatal(err)
	}
	b.do("upload into "+css, chromedp.SetUploadFiles(chromedp.CSS(css), []string{path}))
}

// Text is the visible text of the first element that matches, without the
// spaces around it.
func (b *Browser) Text(css string) string {
	b.t.Helper()
	return strings.TrimSpace(run(b, "read "+css, chromedp.Text(chromedp.CSS(css), chromedp.NodeVisible)))
}

// Count is how many elements match now; it does not wait.
func (b *Browser) Count(css string) int {
	b.t.Helper()
	return Eval[int](b, fmt.Sprintf("document.querySelectorAll(%q).length", css))
}

// Eval evaluates JavaScript in the page, also when Scripts(false) was said.
func Eval[T any](b *Browser, javascript string) T {
	b.t.Helper()
	return run(b, "evaluate "+javascript, chromedp.Evaluate[T](javascript, chromedp.EvalAwaitPromise))
}

// Size sets the size of the page in pixels: 1366 × 768 is a town's desktop,
// 390 × 844 a phone.
func (b *Browser) Size(width, height int) {
	b.t.Helper()
	b.do("size", chromedp.EmulateViewport(int64(width), int64(height)))
}

// Scripts turns the pages' JavaScript off or on, from the next page on: every
// form must work without.
func (b *Browser) Scripts(on bool) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: !on}); err != nil {
		b.t.Fatal(err)
	}
}

// Screenshot saves the whole page, however long, as out/screens/NAME.png under
// the module's root and returns the path.
func (b *Browser) Screenshot(name string) string {
	b.t.Helper()
	return b.save(name+".png", run(b, "screenshot", chromedp.FullScreenshot(100)))
}

// PDF prints the page on the paper its style sheet asks for, as
// out/screens/NAME.pdf under the module's root, and returns the path.
func (b *Browser) PDF(name string) string {
	b.t.Helper()
	return b.save(name+".pdf", run(b, "print", chromedp.PrintToPDF(
		chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground())))
}

func (b *Browser) save(name string, data []byte) string {
	b.t.Helper()
	root, err := moduleRoot()
	if err != nil {
		b.t.Fatal(err)
	}
	path := filepath.Join(root, "out", "screens", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// moduleRoot is the nearest folder with a go.mod, from the test's own upwards.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for start := dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above %s", start)
		}
	}
}

func (b *Browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	run(b, what, chromedp.Steps(steps...))
}

// run takes one step within patience, or fails the test with what was tried,
// where, and a picture of what the page looked like.
func run[T any](b *Browser, what string, step chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, step)
	if err != nil {
		b.t.Fatalf("%s: %v%s", what, err, b.scene())
	}
	return result
}

// scene describes the page at the moment of a failure as well as it still can.
func (b *Browser) scene() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	url, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return ""
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		return "\non " + url
	}
	name := "failed-" + strings.NewReplacer("/", "-", "#", "-", " ", "-").Replace(b.t.Name()) + ".png"
	return "\non " + url + "\nsee " + b.save(name, picture)
}
