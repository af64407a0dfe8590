package web_test

import (
	"os"
	"strings"
	"testing"

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

func TestImportPictures(t *testing.T) {
	s := newImportSite(t, storetest.SQLite(t))
	b := s.browse(t, "clerk")
	file := os.Getenv("PLAN")
	if file == "" {
		file = "../plan/testdata/seed.txt"
	}
	b.Go(s.url + "/import")
	b.Screenshot("import-form")
	b.Upload("#file", file)
	b.Follow(".upload .btn-go")
	b.Screenshot("import-check")
	b.Click("#tree .d3 .ed")
	b.Wait("#panel")
	b.Screenshot("import-panel")
	path := b.URL()
	b.Size(390, 844)
	b.Go(path)
	b.Screenshot("import-check-phone")
	b.Size(1366, 768)
	b.Go(strings.Split(path, "?")[0] + "?confirm")
	b.Screenshot("import-confirm")
}
