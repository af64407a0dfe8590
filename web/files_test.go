package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/store"
	"bihuan/store/storetest"
)

// photograph is a JPEG of the given size.
func photograph(t testing.TB, width, height int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), uint8(x ^ y), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// archive is a zip with entries of the given names and contents.
func archive(t testing.TB, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		w, err := z.Create(entries[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, entries[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withText is a PNG that carries a text chunk.
func withText(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	chunk = append(append(chunk, "tEXt"...), text...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	const head = 8 + 25 // the mark and the chunk IHDR
	return bytes.Join([][]byte{b.Bytes()[:head], chunk, b.Bytes()[head:]}, nil)
}

// Files that are two things at once, or not what they are called, or traps for whoever unpacks them: each is refused or does nothing in a
// browser, within two seconds and bounded memory.
func TestFilesThatMeanHarm(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[1]
	c := s.as(t, "clerk")
	var gifBytes bytes.Buffer
	if err := gif.Encode(&gifBytes, image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.White, color.Black}), nil); err != nil {
		t.Fatal(err)
	}
	const script = "<script>alert(document.cookie)</script>"
	huge := []byte("\x89PNG\r\n\x1A\n\x00\x00\x00\x0DIHDR\x00\x00\xC3\x50\x00\x00\xC3\x50\x08\x06\x00\x00\x00")
	huge = binary.BigEndian.AppendUint32(huge, crc32.ChecksumIEEE(huge[12:]))
	macro := archive(t, "[Content_Types].xml", `<Types><Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>`,
		"word/document.xml", "<w:document/>", "word/vbaProject.bin", "\xD0\xCF\x11\xE0")
	many := make([]string, 0, 2*30_000)
	for i := range 30_000 {
		many = append(many, fmt.Sprint(i), "")
	}
	ole := append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), bytes.Repeat([]byte{0xFF}, 4096)...)
	photo := photograph(t, 300, 200)
	const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	const bytesOnly = "application/octet-stream"
	for _, x := range []struct {
		what, name  string
		content     []byte
		refused     string // what is said when it is not taken
		how, media  string
		saved       string
		smallInline bool // a small picture is made
	}{
		{"a picture that is an archive too", "图.jar", append(bytes.Clone(gifBytes.Bytes()), archive(t, "A.class", "\xCA\xFE\xBA\xBE")...), "", "inline", "image/gif", "图.jar.gif", true},
		{"a picture that is a page too", "图.html", withText(t, "Comment\x00"+script), "", "inline", "image/png", "图.html.png", true},
		{"a picture with script in its comment", "图.jpg", append(bytes.Clone(photo[:2]), append([]byte("\xFF\xFE\x00\x2A"+script+"*"), photo[2:]...)...), "", "inline", "image/jpeg", "图.jpg", true},
		{"a drawing with script", "图.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg">` + script + `</svg>`), "", "attachment", bytesOnly, "图.svg.txt", false},
		{"a drawing with script and a prolog", "图.svg", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">` + script + `</svg>`), "", "attachment", bytesOnly, "图.svg.txt", false},
		{"a page called a picture", "图.png", []byte("<!DOCTYPE html>" + script), "", "attachment", bytesOnly, "图.png", false},
		{"a page in an archive of mail", "页.mht", []byte("MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + script), "", "attachment", bytesOnly, "页.mht.txt", false},
		{"a paper that runs script", "通知.pdf", []byte("%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"), "", "inline", "application/pdf", "通知.pdf", false},
		{"a script that is a paper too", "通知.js", []byte("/*%PDF-1.7*/alert(1)"), "", "attachment", bytesOnly, "通知.js.txt", false},
		{"a page that is a paper too", "通知.pdf", []byte("<html>" + script + "<!--%PDF-1.7-->"), "", "attachment", bytesOnly, "通知.pdf", false},
		{"a paper with macros called one without", "通知.docx", macro, "", "attachment", docx, "通知.docx", false},
		{"a program called a picture", "照片.jpg", append([]byte("MZ\x90\x00"), make([]byte, 600)...), "可以运行的程序", "", "", "", false},
		{"a program of Linux", "照片.jpg", append([]byte("\x7FELF"), make([]byte, 600)...), "可以运行的程序", "", "", "", false},
		{"a container of objects, damaged", "旧.doc", ole, "", "attachment", bytesOnly, "旧.doc", false},
		{"a name written backwards", "照片\u202Egpj.exe", []byte("%PDF-1.7"), "", "inline", "application/pdf", "照片gpj.exe.pdf", false},
		{"a name with quotes", `a"; filename="b.exe`, []byte("%PDF-1.7"), "", "inline", "application/pdf", "a_; filename=_b.exe.pdf", false},
		{"a link to a program", "通知.url", []byte("[InternetShortcut]\r\nURL=file:///c:/windows/system32/calc.exe"), "", "attachment", bytesOnly, "通知.url.txt", false},
		{"nothing", "空.jpg", nil, "空的", "", "", "", false},
		{"a picture cut off", "图.jpg", photo[:len(photo)/2], "", "inline", "image/jpeg", "图.jpg", false},
		{"a paper cut off", "通知.docx", macro[:len(macro)/2], "", "attachment", "application/zip", "通知.docx", false},
		{"a head of 50000 × 50000 pixels", "图.png", huge, "", "inline", "image/png", "图.png", false},
		{"an archive of 30000 files", "包.zip", archive(t, many...), "", "attachment", "application/zip", "包.zip", false},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		a := c.sendFile(fmt.Sprintf("/finding/%d/evidence", f.ID), x.name, x.content, "kind", "file", "event", "2026-04-12")
		if x.refused != "" {
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, x.refused) {
				t.Errorf("%s: %d", x.what, a.status)
			}
			continue
		}
		if a.status != http.StatusSeeOther {
			t.Errorf("%s: %d %s", x.what, a.status, plain(between(a.body, "<main", "</main>")))
			continue
		}
		i := s.evidenceOf(f)[0]
		a = c.get(fmt.Sprintf("/evidence/%d/file", i.ID))
		h := a.header
		how, parameters, err := mime.ParseMediaType(h.Get("Content-Disposition"))
		if err != nil || a.body != string(x.content) || how != x.how || h.Get("Content-Type") != x.media || parameters["filename"] != x.saved {
			t.Errorf("%s: %d %s %v %s %v", x.what, a.status, how, parameters, h.Get("Content-Type"), err)
		}
		csp := h.Get("Content-Security-Policy")
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") ||
			(x.media != "application/pdf" || how != "inline") && !strings.Contains(csp, "sandbox") || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", x.what, h)
		}
		small := c.get(fmt.Sprintf("/evidence/%d/thumb", i.ID))
		want := "image/svg+xml"
		if x.smallInline {
			want = "image/jpeg"
		}
		if small.status != http.StatusOK || small.header.Get("Content-Type") != want || strings.Contains(small.body, "script") ||
			!strings.Contains(small.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s, small: %d %v", x.what, small.status, small.header)
		}
		if page := c.get(fmt.Sprintf("/evidence/%d", i.ID)); page.status != http.StatusOK {
			t.Errorf("%s, its page: %d", x.what, page.status)
		}
		runtime.ReadMemStats(&after)
		if took := time.Since(began); took > 20*time.Second || after.TotalAlloc-before.TotalAlloc > 64<<20 {
			t.Errorf("%s: %v, %d MB", x.what, took, (after.TotalAlloc-before.TotalAlloc)>>20)
		}
	}
}

// ask gets an address with more headers.
func (c *client) ask(path string, headers ...string) answer {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, c.site.url+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return c.do(r)
}

func TestFilesInParts(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[1]
	c := s.as(t, "clerk")
	content := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("0123456789"), 1000)...)
	c.sendFile(fmt.Sprintf("/finding/%d/evidence", f.ID), "长.pdf", content, "kind", "file", "event", "2026-04-12")
	i := s.evidenceOf(f)[0]
	address := fmt.Sprintf("/evidence/%d/file", i.ID)
	if a := c.ask(address, "Range", "bytes=9-18"); a.status != http.StatusPartialContent || a.body != "0123456789" || a.header.Get("Content-Range") != fmt.Sprintf("bytes 9-18/%d", len(content)) {
		t.Errorf("a part: %d %q %v", a.status, a.body, a.header)
	}
	tag := c.get(address).header.Get("ETag")
	if a := c.ask(address, "If-None-Match", tag); a.status != http.StatusNotModified || a.body != "" {
		t.Errorf("the same: %d", a.status)
	}
	if a := c.ask(address, "Range", "bytes=9-18", "If-Range", `"another"`); a.status != http.StatusOK || len(a.body) != len(content) {
		t.Errorf("a part of another: %d", a.status)
	}
	// Content that is no longer what was stored is not given out, not even its beginning.
	if err := os.WriteFile(filepath.Join(s.folder, i.File[:2], i.File[2:4], i.File), append(content[:len(content)-1], 'x'), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, headers := range [][]string{nil, {"Range", "bytes=9-18"}} {
		if a := c.ask(address, headers...); a.status != http.StatusInternalServerError || strings.Contains(a.body, "0123456789") || !strings.Contains(a.body, "与登记时不符") {
			t.Errorf("changed: %d %s", a.status, plain(between(a.body, "<main", "</main>")))
		}
	}
	if err := os.Remove(filepath.Join(s.folder, i.File[:2], i.File[2:4], i.File)); err != nil {
		t.Fatal(err)
	}
	if a := c.get(address); a.status != http.StatusInternalServerError || !strings.Contains(a.body, "文件找不到了") {
		t.Errorf("missing: %d", a.status)
	}
}

func TestSmallPictures(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		f := s.findings()[1]
		c := s.as(t, "village")
		c.sendFile(fmt.Sprintf("/finding/%d/evidence", f.ID), "疏通后.jpg", photograph(t, 1600, 1200), "kind", "file", "event", "2026-04-12")
		i := s.evidenceOf(f)[0]
		address := fmt.Sprintf("/evidence/%d", i.ID)
		if page := c.page(fmt.Sprintf("/finding/%d", f.ID)); !strings.Contains(page, `src="`+address+`/thumb"`) {
			t.Error("the list has no small picture")
		}
		if page := c.page(address); !strings.Contains(page, `src="`+address+`/view"`) {
			t.Error("its page shows another picture")
		}
		for path, side := range map[string]int{"/thumb": evidence.Small, "/view": evidence.Large} {
			a := c.get(address + path)
			img, err := jpeg.Decode(strings.NewReader(a.body))
			if err != nil || img.Bounds().Dx() != side {
				t.Errorf("%s: %d %v", path, a.status, err)
			}
			if kept := a.header.Get("Cache-Control"); !strings.Contains(kept, "private") || !strings.Contains(kept, "max-age=604800") || a.header.Get("Vary") != "Cookie" {
				t.Errorf("%s: %v", path, a.header)
			}
			if again := c.ask(address+path, "If-None-Match", a.header.Get("ETag")); again.status != http.StatusNotModified {
				t.Errorf("%s again: %d", path, again.status)
			}
			if a := s.as(t, "stranger").get(address + path); a.status != http.StatusNotFound {
				t.Errorf("another town's clerk gets %s: %d", path, a.status)
			}
		}
		c.post(fmt.Sprintf("/finding/%d/evidence", f.ID), "kind", "statement", "said", "巷道疏通 3 处", "event", "2026-04-12")
		if a := c.get(fmt.Sprintf("/evidence/%d/thumb", s.evidenceOf(f)[0].ID)); a.status != http.StatusNotFound {
			t.Errorf("of words: %d", a.status)
		}
		// Erased, the file is gone from every page, and each says so.
		if err := s.db.Write(t.Context(), func(tx *store.Tx) error {
			if err := evidence.MarkErased(t.Context(), tx, i.File); err != nil {
				return err
			}
			return journal.Append(t.Context(), tx, journal.Entry{Who: "系统", Verb: journal.Erasure, Kind: "evidence", Row: i.ID})
		}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/file", "/thumb", "/view"} {
			if a := c.get(address + path); a.status != http.StatusGone || !strings.Contains(a.body, "文件已依法删除") || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("erased, %s: %d %v", path, a.status, a.header)
			}
		}
		for _, path := range []string{address, fmt.Sprintf("/finding/%d", f.ID)} {
			if page := c.page(path); !strings.Contains(page, "文件已依法删除") || strings.Contains(page, address+"/thumb") || strings.Contains(page, address+"/view") || strings.Contains(page, address+"/file") {
				t.Errorf("%s does not say that it was erased", path)
			}
		}
	})
}

// A store without room, or without an answer: the page says so, nothing became evidence, and the same form succeeds later.
func TestStoreIsFullOrAway(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket("files"); err != nil {
		t.Fatal(err)
	}
	good := gofakes3.New(backend).Server()
	var trouble atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch trouble.Load() {
		case http.StatusInsufficientStorage:
			w.WriteHeader(http.StatusInsufficientStorage)
			fmt.Fprint(w, `<Error><Code>XMinioStorageFull</Code><Message>full</Message></Error>`)
		case http.StatusServiceUnavailable:
			panic(http.ErrAbortHandler)
		default:
			good.ServeHTTP(w, r)
		}
	}))
	defer server.Close()
	at, err := evidence.ParseBucket("s3://files?timeout=2s&endpoint=" + url.QueryEscape(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	at.Key, at.Secret = "bihuan-test", "invented"
	files, err := evidence.OpenBucket(context.Background(), t.TempDir(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	s := openWith(t, storetest.SQLite(t), files)
	f := s.findings()[1]
	c := s.as(t, "clerk")
	send := func() answer {
		return c.sendFile(fmt.Sprintf("/finding/%d/evidence", f.ID), "签到.pdf", []byte("%PDF-1.7 签到"), "kind", "file", "event", "2026-04-12")
	}
	for status, says := range map[int32]string{http.StatusInsufficientStorage: "磁盘已满", http.StatusServiceUnavailable: "文件暂时存取不了"} {
		trouble.Store(status)
		if a := send(); a.status != int(status) || !strings.Contains(a.body, says) || strings.Contains(a.body, "XMinio") {
			t.Errorf("%d: %d %s", status, a.status, plain(between(a.body, "<main", "</main>")))
		}
		address, _ := c.announce(f, "签到.pdf", 10)
		if a := c.piece(address, 0, []byte("%PDF-1.7 x")); a.status != int(status) || !strings.Contains(a.body, "没有保存") {
			t.Errorf("in pieces, %d: %d %s", status, a.status, a.body)
		}
		if items := s.evidenceOf(f); len(items) != 0 {
			t.Errorf("evidence all the same: %+v", items)
		}
		c.post(address + "/drop")
	}
	trouble.Store(0)
	if a := send(); a.status != http.StatusSeeOther {
		t.Fatalf("once it is there again: %d", a.status)
	}
	if a := c.get(fmt.Sprintf("/evidence/%d/file", s.evidenceOf(f)[0].ID)); a.status != http.StatusOK || a.body != "%PDF-1.7 签到" {
		t.Errorf("%d %q", a.status, a.body)
	}
}
