package evidence

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNamesOfFiles(t *testing.T) {
	for _, x := range []struct{ sent, kept, media, saved string }{
		{"签到表.pdf", "签到表.pdf", "application/pdf", "签到表.pdf"},
		{`C:\照片\公示栏.jpg`, "公示栏.jpg", "image/jpeg", "公示栏.jpg"},
		{"../../etc/passwd", "passwd", "text/plain; charset=utf-8", "passwd"},
		{"照片\u202Egpj.exe", "照片gpj.exe", "image/jpeg", "照片gpj.exe.jpeg"},
		{"照\u2066片\u2069\u200B\u200F.jpg", "照片.jpg", "image/jpeg", "照片.jpg"},
		{"图.jar", "图.jar", "image/gif", "图.jar.gif"},
		{"页.HTML", "页.HTML", "text/html; charset=utf-8", "页.HTML.txt"},
		{"图.svg", "图.svg", "text/xml; charset=utf-8", "图.svg.txt"},
		{"通知.docx.lnk", "通知.docx.lnk", "application/octet-stream", "通知.docx.lnk.bin"},
		{"a.bat. . ", "a.bat. .", "text/plain; charset=utf-8", "a.bat.txt"},
		{"台账.xls", "台账.xls", "text/html; charset=utf-8", "台账.xls"}, // tables saved as pages are called so
		{"一\r\nSet-Cookie: a=b\x00.pdf", "一Set-Cookie: a=b.pdf", "application/pdf", "一Set-Cookie_ a=b.pdf"},
		{`"a"<b>|?*.pdf`, `"a"<b>|?*.pdf`, "application/pdf", "_a__b____.pdf"},
		{".hidden", ".hidden", "text/plain; charset=utf-8", "hidden"},
		{"\u202E", "", "image/png", "文件"},
		{"\xff\xfe.png", ".png", "image/png", "png"},
	} {
		if got := FileName(x.sent); got != x.kept {
			t.Errorf("%q is kept as %q", x.sent, got)
		}
		if got := SavedName(FileName(x.sent), x.media); got != x.saved {
			t.Errorf("%q is saved as %q", x.sent, got)
		}
	}
	if got := FileName(strings.Repeat("长", 500) + ".pdf"); utf8.RuneCountInString(got) != mostName || !strings.HasSuffix(got, ".pdf") {
		t.Errorf("a long one: %q", got)
	}
}

func TestInert(t *testing.T) {
	for media, want := range map[string]string{"image/png": "image/png", "application/pdf": "application/pdf", "application/msword": "application/msword",
		"text/html; charset=utf-8": "application/octet-stream", "text/xml; charset=utf-8": "application/octet-stream",
		"text/plain; charset=utf-8": "application/octet-stream", "image/svg+xml": "application/octet-stream", "": "application/octet-stream"} {
		if got := Inert(media); got != want {
			t.Errorf("%s is sent as %s", media, got)
		}
	}
}
