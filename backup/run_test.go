package backup_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bihuan/backup"
	"bihuan/org"
	"bihuan/store/storetest"
)

func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, time.Local)
	if err != nil {
		panic(err)
	}
	return t
}

// Of each span the newest is kept, and always the newest of all.
func TestKeep(t *testing.T) {
	for _, x := range []struct {
		what string
		r    backup.Retention
		made string // newest first
		want string
	}{
		{"none", backup.Retention{Days: 7, Weeks: 4, Months: 12}, "", ""},
		{"three days", backup.Retention{Days: 3}, "04-16 02:00,04-15 02:00,04-14 02:00,04-13 02:00", "++ +-"},
		{"several a day: the last of it", backup.Retention{Days: 2}, "04-16 18:00,04-16 02:00,04-15 23:00,04-15 02:00,04-14 02:00", "+-+--"},
		{"days without one do not count", backup.Retention{Days: 2}, "04-16 02:00,04-01 02:00,03-31 02:00", "++-"},
		{"weeks", backup.Retention{Days: 1, Weeks: 3}, "04-16 02:00,04-12 02:00,04-11 02:00,04-05 02:00,04-04 02:00,03-29 02:00", "++-+--"},
		{"months", backup.Retention{Days: 1, Months: 2}, "04-16 02:00,04-01 02:00,03-31 02:00,03-01 02:00,02-28 02:00", "+-+--"},
		{"nothing asked for", backup.Retention{}, "04-16 02:00,04-15 02:00", "+-"},
	} {
		var made []time.Time
		for _, text := range strings.FieldsFunc(x.made, func(r rune) bool { return r == ',' }) {
			made = append(made, at("2026-"+text))
		}
		got := ""
		for _, keep := range x.r.Keep(made) {
			got += map[bool]string{true: "+", false: "-"}[keep]
		}
		if got != strings.ReplaceAll(x.want, " ", "") {
			t.Errorf("%s: %s, want %s", x.what, got, x.want)
		}
	}
}

// keepers are programs that share a database and a folder of backups.
func (s *site) keepers(n int, change func(*backup.Config)) (string, []*backup.Keeper) {
	folder := filepath.Join(s.t.TempDir(), "backups")
	var list []*backup.Keeper
	for range n {
		c := backup.Config{DB: s.db, Files: s.files, Folder: folder, Program: "test", Log: slog.New(slog.DiscardHandler)}
		if change != nil {
			change(&c)
		}
		list = append(list, backup.NewKeeper(c))
	}
	return folder, list
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	list := []string{}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func (s *site) set(text string) { s.now.Store(at(text).UnixMilli()) }

// Four programs look at once: a day has one backup and a week one drill; what is over its time is removed and said to be.
func TestBackupsAreMadeOnceADay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		folder, keepers := s.keepers(4, nil)
		pass := func() {
			t.Helper()
			var wait sync.WaitGroup
			for _, k := range keepers {
				wait.Go(func() {
					if err := k.Pass(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
		}
		s.set("2026-04-16 01:59")
		if pass(); len(names(t, folder)) > 0 {
			t.Errorf("before its hour there is %v", names(t, folder))
		}
		s.set("2026-04-16 02:00")
		pass()
		pass()
		if got := names(t, folder); !slices.Equal(got, []string{"bihuan-20260416-020000.bhb"}) {
			t.Fatalf("there is %v", got)
		}
		s.must(os.WriteFile(filepath.Join(folder, "别人的.bhb"), nil, 0o600))
		s.must(os.WriteFile(filepath.Join(folder, "bihuan-20200101-020000.bhb.ABCD.part"), nil, 0o600))
		long := at("2026-04-01 00:00")
		s.must(os.Chtimes(filepath.Join(folder, "bihuan-20200101-020000.bhb.ABCD.part"), long, long))
		for day := 17; day <= 30; day++ {
			s.set(fmt.Sprintf("2026-04-%d 09:00", day))
			pass()
		}
		drills, err := backup.Drills(t.Context(), s.db, 100)
		if err != nil || len(drills) != 3 {
			t.Errorf("%d drills in fifteen days, %v", len(drills), err)
		}
		for _, d := range drills {
			if d.State != "passed" || d.Rows < 20 || d.Files != 2 || d.Ready <= 0 || !strings.HasPrefix(d.Name, d.Started.Format("bihuan-20060102-")) {
				t.Errorf("drill %+v", d)
			}
		}
		// Seven days; of the weeks 13–19, 20–26 and 27–3 the newest; of April the newest.
		got := names(t, folder)
		want := []string{"19", "24", "25", "26", "27", "28", "29", "30"}
		var days []string
		for _, name := range got {
			if strings.HasPrefix(name, "bihuan-202604") {
				days = append(days, name[13:15])
			}
		}
		if !slices.Equal(days, want) || len(got) != len(days)+1 || !slices.Contains(got, "别人的.bhb") {
			t.Errorf("kept %v", got)
		}
		list, err := backup.Entries(t.Context(), s.db, 100)
		if err != nil || len(list) != 15 {
			t.Fatalf("%d backups are noted, %v", len(list), err)
		}
		kept, oldest, err := backup.Kept(t.Context(), s.db)
		if err != nil || int(kept) != len(days) || oldest.Format("02") != days[0] {
			t.Errorf("%d are said to be kept since %v, %v", kept, oldest, err)
		}
		for _, e := range list {
			if e.State != "done" || e.Removed.IsZero() != slices.Contains(got, e.Name) {
				t.Errorf("%+v", e)
			}
		}
	})
}

// What fails says why, is tried again, and an administrator is told; one who died in the middle is taken over from.
func TestFailureIsTriedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		folder, keepers := s.keepers(1, nil)
		k := keepers[0]
		alerts := func() string {
			list, err := backup.Alerts(t.Context(), s.db, s.db.Now(), true)
			s.must(err)
			var texts []string
			for _, a := range list {
				texts = append(texts, a.Text)
			}
			return strings.Join(texts, "；")
		}
		if got := alerts(); got != "还没有做过备份" {
			t.Errorf("alerts at first: %s", got)
		}
		s.must(os.WriteFile(folder, nil, 0o600)) // no folder can be made there
		s.set("2026-04-16 03:00")
		if err := k.Pass(t.Context()); err == nil {
			t.Error("no error")
		}
		if got := alerts(); !strings.Contains(got, "还没有做过备份；最近一次备份失败：备份文件夹建不了") {
			t.Errorf("alerts: %s", got)
		}
		s.must(os.Remove(folder))
		s.must(k.Pass(t.Context()))
		if n := names(t, folder); len(n) > 0 {
			t.Errorf("tried again at once: %v", n)
		}
		s.set("2026-04-16 03:31")
		s.must(k.Pass(t.Context()))
		if n, got := names(t, folder), alerts(); len(n) != 1 || got != "" {
			t.Errorf("tried again: %v, alerts %q", n, got)
		}
		// A program that died: its row says running, its lease is over.
		s.set("2026-04-17 03:00")
		s.raw(url, fmt.Sprintf(`insert into backup (id, turn, state, lease, tries, started, ended, name, rows, files, error, size, encrypted, schema, content, missing, hash, removed)
			values (7, '2026-04-17', 'running', %d, 1, %d, 0, '', 0, 0, '', 0, 0, 0, 0, 0, '', 0)`, at("2026-04-17 03:01").UnixMilli(), at("2026-04-17 02:58").UnixMilli()))
		s.must(k.Pass(t.Context()))
		if n := names(t, folder); len(n) != 1 {
			t.Errorf("the lease was not waited for: %v", n)
		}
		s.set("2026-04-17 03:02")
		s.must(k.Pass(t.Context()))
		if n := names(t, folder); len(n) != 2 {
			t.Errorf("nobody took over: %v", n)
		}
		s.set("2026-04-19 03:03")
		if got := alerts(); got != "已经 2 天没有新的备份" {
			t.Errorf("two days later: %q", got)
		}
	})
}

// A drill finds what the record does not vouch for, and a backup that nothing opens.
func TestDrillFinds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		folder, keepers := s.keepers(1, nil)
		s.set("2026-04-16 03:00")
		s.must(keepers[0].Pass(t.Context()))
		s.raw(url, `update unit set name = '改过的名字' where kind = 'town'`)
		s.set("2026-04-23 03:00")
		s.must(keepers[0].Pass(t.Context()))
		drills, err := backup.Drills(t.Context(), s.db, 10)
		if err != nil || len(drills) != 2 || drills[1].State != "passed" || drills[0].State != "failed" || len(drills[0].Differences) != 1 || !strings.Contains(drills[0].Differences[0], "unit") {
			t.Errorf("drills %+v, %v", drills, err)
		}
		if n := names(t, folder); len(n) != 2 {
			t.Errorf("a drill left %v", n)
		}
		admin := s.clerk
		admin.Role = org.Admin
		if err := backup.Ask(t.Context(), s.db, s.clerk); err == nil {
			t.Error("a clerk asks for backups")
		}
		sealed, err := backup.Recipients([]string{"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"}, "")
		s.must(err)
		keepers[0].Recipients = sealed
		s.set("2026-04-23 04:00")
		s.must(backup.Ask(t.Context(), s.db, admin))
		s.must(backup.Ask(t.Context(), s.db, admin)) // once is enough
		s.must(keepers[0].Pass(t.Context()))
		list, err := backup.Entries(t.Context(), s.db, 10)
		if err != nil || len(list) != 3 || !list[0].Encrypted || list[1].Encrypted {
			t.Fatalf("asked for: %+v, %v", list, err)
		}
		s.must(backup.AskDrill(t.Context(), s.db, admin))
		if err := keepers[0].Pass(t.Context()); err == nil {
			t.Error("a drill opened what it has no key for")
		}
		drills, err = backup.Drills(t.Context(), s.db, 1)
		if err != nil || drills[0].State != "failed" || !strings.Contains(drills[0].Error, "加了密") {
			t.Errorf("drill %+v, %v", drills, err)
		}
	})
}
