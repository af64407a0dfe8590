package main

import (
	"context"
	"flag"
	"image"
	"image/draw"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bihuan/cmd/bihuan/sample"
	"bihuan/web/browser"
)

// start runs the program over a folder the way serve does, until the test ends.
func start(t *testing.T, folder string) *program {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	listener, err := listen(ctx, "127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	p, err := open(ctx, place{Data: folder}, listener, false)
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

// demoFolder makes the sample district.
func demoFolder(t *testing.T) string {
	t.Helper()
	settle()
	folder := filepath.Join(t.TempDir(), "demo")
	if err := buildSample(context.Background(), folder, time.Now()); err != nil {
		t.Fatal(err)
	}
	return folder
}

// An existing database is served at once; see docs/performance.md for the figure, which is a quarter of this bound.
func TestFirstPageComesSoon(t *testing.T) {
	folder := demoFolder(t)
	began := time.Now()
	p := start(t, folder)
	res, err := http.Get(p.URL() + "/login")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if took := time.Since(began); res.StatusCode != http.StatusOK || took > 2*time.Second {
		t.Errorf("status %d after %s", res.StatusCode, took)
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

var pictures = flag.String("pictures", "", "folder to write the pictures of the documentation into")

// A newcomer signs in to the demo and looks around; the pictures of the documentation are taken on the way.
func TestDemoInABrowser(t *testing.T) {
	p := start(t, demoFolder(t))
	b := browser.Open(t)
	shot := func(name string, height int) {
		t.Helper()
		path := b.Screenshot("demo-" + name)
		if *pictures != "" {
			crop(t, path, filepath.Join(*pictures, name+".png"), height)
		}
	}
	b.Size(1366, 768)
	b.Go(p.URL())
	shot("login", 768)
	b.Type("#login", sample.Logins[0].Login)
	b.Type("#password", sample.Password)
	b.Follow(".btn-go")
	shot("ledger", 900)
}

// crop keeps the top of a picture.
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
	picture := image.NewRGBA(top)
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
