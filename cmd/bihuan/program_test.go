package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bihuan/cmd/bihuan/sample"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// start runs the program the way serve does, until the test ends.
func start(t *testing.T, at place) *program {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	listener, err := listen(ctx, "127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	p, err := open(ctx, at, listener, options{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if _, err := http.Get(p.URL()); err == nil {
			t.Error("the program answers after it was closed")
		}
	})
	return p
}

// sharedFolder holds what is made once for all tests. TestMain removes it.
var sharedFolder = filepath.Join(os.TempDir(), fmt.Sprintf("bihuan-test-%d", os.Getpid()))

// buildOnce makes the sample district.
var buildOnce = sync.OnceValue(func() error {
	return buildSample(context.Background(), filepath.Join(sharedFolder, "demo"), time.Now())
})

// demoFolder is a copy of the sample district.
func demoFolder(t *testing.T) string {
	t.Helper()
	if err := buildOnce(); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(sharedFolder)); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "demo")
}

// An existing database is served by a program that was told nothing but its folder.
func TestExistingDataIsServed(t *testing.T) {
	folder := demoFolder(t)
	p := start(t, place{Data: folder})
	res, err := http.Get(p.URL() + "/login")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("status %d", res.StatusCode)
	}
}

// An empty database, on either kind, is made ready and served.
func TestServeEmpty(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		p := start(t, place{Data: t.TempDir(), Database: url})
		res, err := http.Get(p.URL() + "/")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Request.URL.Path != "/login" {
			t.Errorf("status %d at %s", res.StatusCode, res.Request.URL)
		}
	})
}

// Who is in the middle of a request when the program is told to stop gets the answer.
func TestStopWaitsForRequests(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	listener, err := listen(ctx, "127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	p, err := open(ctx, place{Data: t.TempDir()}, listener, options{})
	if err != nil {
		t.Fatal(err)
	}
	arrived := make(chan bool)
	p.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		stop()
		time.Sleep(100 * time.Millisecond)
		if r.Context().Err() != nil {
			t.Error("the request was cancelled")
		}
		w.WriteHeader(http.StatusTeapot)
	})
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	res, err := http.Get(p.URL())
	if err != nil || res.StatusCode != http.StatusTeapot {
		t.Fatalf("%v %v", res, err)
	}
	res.Body.Close()
	<-arrived
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// The demo is built once, used again, built anew when asked, and never in the place of somebody's work.
func TestDemoFolder(t *testing.T) {
	ctx := context.Background()
	c := demoCommand{Data: demoFolder(t)}
	mark := func() string {
		b, err := os.ReadFile(filepath.Join(c.Data, "bihuan.db"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := mark()
	said, err := c.prepare(ctx)
	if err != nil || !strings.Contains(said, "用原来的样例") || mark() != first {
		t.Errorf("used again: %q %v, same %t", said, err, mark() == first)
	}
	c.Fresh = true
	said, err = c.prepare(ctx)
	if err != nil || !strings.Contains(said, "建好了") || mark() == first {
		t.Errorf("built anew: %q %v, same %t", said, err, mark() == first)
	}
	if err := os.Remove(filepath.Join(c.Data, sampleMark)); err != nil {
		t.Fatal(err)
	}
	if said, err = c.prepare(ctx); err == nil || mark() == "" {
		t.Errorf("took the place of something else: %q", said)
	}
}

var pictures = flag.String("pictures", "", "folder whose pictures are taken anew: ../../docs/pictures")

// A newcomer signs in to the demo and looks around; the pictures of the documentation are taken on the way.
func TestDemoInABrowser(t *testing.T) {
	folder := demoFolder(t)
	p := start(t, place{Data: folder})
	b := browser.Open(t)
	shot := func(name string, height int) {
		t.Helper()
		path := b.Screenshot("demo-" + name)
		picture := filepath.Join(*pictures, name+".png")
		if _, err := os.Stat(picture); *pictures != "" && err == nil {
			crop(t, path, picture, height)
		}
	}
	enter := func(login string) {
		b.Type("#login", login)
		b.Type("#password", sample.Password)
		b.Follow(".btn-go")
	}
	leave := func() { b.Follow("form[action='/logout'] button") }
	b.Size(1366, 768)
	b.Go(p.URL())
	shot("login", 768)
	enter(sample.Logins[0].Login)
	shot("work", 900)
	b.Go(p.URL() + "/work?show=review")
	b.Follow("main a[href^='/task/']")
	shot("task", 640)
	b.Go(p.URL() + "/duty")
	shot("heat", 900)
	b.Go(p.URL() + "/ledger")
	shot("ledger", 900)
	finding := browser.Eval[string](b, `[...document.querySelectorAll("a[href^='/finding/']")].find(a => a.textContent.includes("惠农利民")).href`)
	b.Click("td.t-unit a, .t-unit a")
	b.Wait(".editing form")
	shot("edit", 900)
	b.Go(finding)
	shot("finding", 900)
	pack := takePack(t, b, folder)
	b.Go(p.URL() + "/verify.html")
	b.Upload("#file", pack)
	b.Wait(".verdict.half") // nobody has said yet whose key is to be trusted
	key, err := os.ReadFile(filepath.Join(folder, "journal.pub"))
	if err != nil {
		t.Fatal(err)
	}
	b.Type("#keys", string(key))
	b.Upload("#file", pack)
	b.Wait(".verdict.good")
	shot("verify", 1100)
	b.Go(finding + "/progress")
	shot("progress", 620)
	b.Go(p.URL() + "/search?q=高龄津贴")
	shot("search", 620)
	b.Go(p.URL() + "/import")
	shot("import", 620)
	b.Follow("a[href^='/import/']")
	shot("check", 900)
	b.Follow("a[href='?confirm'].btn-go")
	shot("confirm", 620)
	b.Go(p.URL() + "/ledger")
	b.Follow("a[href^='/plan/']")
	shot("plan", 620)
	b.Go(p.URL() + "/ledger/print")
	shot("print", 900)
	b.Go(p.URL() + "/benefit")
	shot("benefit", 620)
	b.Go(p.URL() + "/screening")
	b.Follow("main table a[href^='/screening/']")
	shot("screening", 900)
	b.Go(p.URL() + "/hit")
	shot("hit", 900)
	leave()
	enter("shaowenlan")
	b.Go(p.URL() + "/overview")
	shot("overview", 900)
	b.Go(p.URL() + "/work?show=review")
	b.Follow("main a[href^='/closing/']")
	shot("closing", 900)
	leave()
	enter("donghuai")
	b.Size(390, 844)
	b.Go(p.URL() + "/ledger")
	shot("village", 844)
	b.Go(p.URL() + "/today")
	shot("today", 844)
	leads := browser.Eval[string](b, `[...document.querySelectorAll("main .todo")].find(a => a.textContent.includes("核实疑点")).href`)
	b.Follow("main .todo")
	shot("errand", 844)
	b.Go(leads)
	shot("leads", 844)
	b.Follow("main a[href^='/verify/']")
	shot("lead", 844)
}

// takePack saves the proof pack of the finding that is shown and has the command look at it too.
func takePack(t *testing.T, b *browser.Browser, folder string) string {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(browser.Eval[string](b, `(async () => {
		const form = document.querySelector("form[action$='/pack']"), r = await fetch(form.action, {method: "POST"});
		return btoa(Array.from(new Uint8Array(await r.arrayBuffer()), c => String.fromCharCode(c)).join(""));
	})()`))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "存证包.zip")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(args ...string) (int, string) {
		var out, errors bytes.Buffer
		code := run(t.Context(), streams{out: &out, err: &errors}, append([]string{"verify"}, args...))
		return code, out.String() + errors.String()
	}
	public := filepath.Join(folder, "journal.pub")
	checkpoints := filepath.Join(folder, "checkpoints.txt")
	if code, said := verify(file, "--key", public, "--checkpoint", checkpoints); code != 0 || !strings.Contains(said, "核验通过：原样") || !strings.Contains(said, "与另外保存的检查点一致") {
		t.Errorf("verify: %d %s", code, said)
	}
	if code, said := verify(file); code != 0 || strings.Contains(said, "核验通过") || !strings.Contains(said, "公钥取自包内") {
		t.Errorf("verify without a key: %d %s", code, said)
	}
	if code, said := verify(file, "--json"); code != 0 || !strings.Contains(said, `"ok":true`) || !strings.Contains(said, `"trusted":false`) {
		t.Errorf("verify as JSON: %d %.300s", code, said)
	}
	changed := filepath.Join(t.TempDir(), "改过.zip")
	data[len(data)/2] ^= 1
	if err := os.WriteFile(changed, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said := verify(changed, "--key", public); code != 1 || !strings.Contains(said, "核验不通过，查出") {
		t.Errorf("verify of a changed pack: %d %s", code, said)
	}
	if code, said := verify(filepath.Join(t.TempDir(), "没有.zip")); code != 1 || !strings.Contains(said, "打不开存证包") {
		t.Errorf("verify of nothing: %d %s", code, said)
	}
	return file
}

// crop keeps the top of a picture, in 256 colours.
func crop(t *testing.T, from, to string, height int) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	whole, err := png.Decode(in)
	if err != nil {
		t.Fatal(err)
	}
	top := whole.Bounds()
	top.Max.Y = min(top.Max.Y, top.Min.Y+height)
	picture := image.NewPaletted(top, palette(whole, top))
	draw.Draw(picture, top, whole, top.Min, draw.Src)
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(out, picture); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// palette is 256 colours of a part of a picture: first such as are clearly different, then the commonest.
func palette(whole image.Image, part image.Rectangle) color.Palette {
	count := map[color.Color]int{}
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			count[whole.At(x, y)]++
		}
	}
	common := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int { return count[b] - count[a] })
	list := color.Palette{common[0]}
	for _, pass := range []struct{ room, apart int }{{100, 40}, {256, 2}} {
		for _, c := range common {
			if len(list) < pass.room && apart(c, list.Convert(c)) > pass.apart {
				list = append(list, c)
			}
		}
	}
	return list
}

// apart is how far two colours are apart, channel by channel, of 3 × 255.
func apart(a, b color.Color) int {
	r, g, bl, _ := a.RGBA()
	R, G, B, _ := b.RGBA()
	far := func(x, y uint32) int { return int(max(x, y)-min(x, y)) >> 8 }
	return far(r, R) + far(g, G) + far(bl, B)
}
