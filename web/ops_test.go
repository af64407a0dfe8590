package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"bihuan/backup"
	"bihuan/calendar"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web"
	"bihuan/web/browser"
)

// withBackups serves a site whose program keeps backups, with somebody at the root who looks after it.
func withBackups(t testing.TB, url string) (*site, *backup.Keeper) {
	s := open(t, url)
	folder := filepath.Join(t.TempDir(), "backups")
	log := slog.New(slog.NewTextHandler(testLog{t}, nil))
	server := httptest.NewServer(web.New(web.Config{DB: s.db, Files: s.files, Calendar: calendar.Published(), Log: log,
		Ops: web.Ops{Version: "v1.2.3", Data: t.TempDir(), Backups: folder}}).Handler())
	t.Cleanup(server.Close)
	s.url = server.URL
	root, err := org.Root(context.Background(), s.db)
	if err != nil {
		t.Fatal(err)
	}
	err = s.db.Write(context.Background(), func(tx *store.Tx) error {
		for login, unit := range map[string]org.Unit{"admin": root, "townadmin": s.town} {
			if _, err := org.AddStaff(context.Background(), tx, org.Program, unit, "管理"+login, "", org.Admin, login, password); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, backup.NewKeeper(backup.Config{DB: s.db, Files: s.files, Folder: folder, Program: "v1.2.3", Log: log})
}

// The page is the administrator's of the whole installation. It asks for backups and drills, shows them and says what is wrong; the
// workbench says that too, and to nobody else.
func TestOperations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s, keeper := withBackups(t, url)
		for _, login := range []string{"clerk", "district", "townadmin"} {
			c := s.as(t, login)
			for _, path := range []string{"GET /ops", "POST /ops/backup", "POST /ops/drill"} {
				method, address, _ := strings.Cut(path, " ")
				a := c.get(address)
				if method == http.MethodPost {
					a = c.post(address)
				}
				if a.status != http.StatusForbidden {
					t.Errorf("%s at %s: %d", login, path, a.status)
				}
			}
			if page := c.page("/work"); strings.Contains(page, "还没有做过备份") || strings.Contains(page, `href="/ops"`) {
				t.Errorf("%s is told of backups", login)
			}
		}
		c := s.as(t, "admin")
		if page := plain(c.page("/ops")); !strings.Contains(page, "还没有做过备份") || !strings.Contains(page, "每天 2 点后备份到") || !strings.Contains(page, "还没有演练过") {
			t.Errorf("at first: %s", page)
		}
		if page := plain(c.page("/work")); !strings.Contains(page, "运维 还没有做过备份 看运维页") {
			t.Error("the workbench does not say that there is no backup")
		}
		if a := c.post("/ops/backup"); a.status != http.StatusSeeOther || a.to != "/ops" {
			t.Fatalf("asking: %d %s", a.status, a.to)
		}
		if page := plain(c.page("/ops")); !strings.Contains(page, "就要开始") {
			t.Errorf("asked for: %s", page)
		}
		c.post("/ops/drill")
		if err := keeper.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		page := plain(c.page("/ops"))
		for _, want := range []string{"已备份", "0 分钟前", "没有加密", "现在留着", "通过", "恢复用时", "行数、文件逐个对过", "v1.2.3", "还有", "数据结构", fmt.Sprintf("日志 %d 条", head(t, s))} {
			if !strings.Contains(page, want) {
				t.Errorf("after a backup and a drill %q is missing: %s", want, page)
			}
		}
		if strings.Contains(page, "还没有") && strings.Contains(page, "还没有做过备份") {
			t.Error("it still says that there is no backup")
		}
		// That the disk of whoever runs the tests is nearly full is a reason.
		if page := plain(c.page("/work")); strings.Count(page, "看运维页") != strings.Count(page, "所在的磁盘只剩") {
			t.Errorf("the workbench complains without a reason: %s", page)
		}
	})
}

func head(t *testing.T, s *site) int64 {
	t.Helper()
	n, err := store.One(t.Context(), s.db, store.Value[int64], `select seq from journal_head where id = 1`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The page as a person sees it, wide and on a phone.
func TestOperationsInABrowser(t *testing.T) {
	s, keeper := withBackups(t, storetest.SQLite(t))
	if err := keeper.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := browser.Open(t)
	b.Size(1366, 900)
	b.Go(s.url + "/login")
	b.Type("#login", "admin")
	b.Type("#password", password)
	b.Follow(".btn-go")
	b.Go(s.url + "/ops")
	b.Screenshot("ops")
	b.Follow("form[action='/ops/backup'] button")
	if got := browser.Eval[bool](b, `document.querySelector("form[action='/ops/backup'] button").disabled`); !got {
		t.Error("a backup can be asked for twice")
	}
	b.Size(390, 844)
	b.Go(s.url + "/ops")
	b.Screenshot("ops-phone")
	if wide := browser.Eval[int](b, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %d wide on a phone", wide)
	}
}
