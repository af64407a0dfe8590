package web_test

import (
	"fmt"
	"testing"

	"bihuan/store/storetest"
	"bihuan/web/browser"
)

func TestLook(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	b := browser.Open(t)
	b.Go(s.url)
	b.Screenshot("login")
	b.Type("#login", "clerk")
	b.Type("#password", password)
	b.Follow(".btn-go")
	b.Screenshot("ledger")
	list := s.findings()
	b.Go(fmt.Sprintf("%s/finding/%d", s.url, list[2].ID))
	b.Screenshot("finding")
	b.Go(s.url + "/search?q=高龄")
	b.Screenshot("search")
	b.Go(s.url + "/overview")
	b.Screenshot("overview")
	b.Go(fmt.Sprintf("%s/plan/%d", s.url, s.plan))
	b.Screenshot("plan")
	b.Go(fmt.Sprintf("%s/finding/%d/edit", s.url, list[2].ID))
	b.Screenshot("edit")
	b.Go(fmt.Sprintf("%s/finding/%d/progress", s.url, list[2].ID))
	b.Screenshot("progress")
	b.Go(s.url + "/ledger")
	b.Click(fmt.Sprintf("#f%d .t-unit a", list[1].ID))
	b.Wait(".editing form")
	b.Screenshot("inline")
	b.Go(s.url + "/ledger/print")
	b.PDF("ledger")
	b.Size(390, 844)
	b.Go(s.url + "/ledger")
	b.Screenshot("ledger-phone")
	b.Go(fmt.Sprintf("%s/finding/%d", s.url, list[2].ID))
	b.Screenshot("finding-phone")
	b.Go(s.url + "/overview")
	b.Screenshot("overview-phone")
}
