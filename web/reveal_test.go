package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
	"bihuan/web/browser"
)

// resident enters somebody of the village, with a number that nobody has.
func (s *site) resident(t testing.TB) (person int64, number string) {
	t.Helper()
	number = "990408194610010018"
	err := s.vault.Write(t.Context(), func(tx *store.Tx) error {
		person = tx.ID()
		village := s.people["village"].Unit
		if _, err := tx.Exec(t.Context(), `insert into person (id, unit, village, path, came_on, place, household, number, number_index, name, birth, sex, phone, dead_on, moved_on, version)
			values ($1, $2, $3, '/', '', '东槐村', '12', $4, $5, '张秀英', '1946-10-01', '女', '', '', '', 1)`, person, s.town.ID, village.ID,
			s.vault.Seal("person.number", number), s.vault.Index("number", number)); err != nil {
			return err
		}
		return journal.Append(t.Context(), tx, journal.Entry{Verb: "登记", Kind: "person", Row: person})
	})
	if err != nil {
		t.Fatal(err)
	}
	return person, number
}

func TestRevealPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		person, number := s.resident(t)
		at := fmt.Sprintf("/reveal/person.number/%d", person)
		c := s.as(t, "clerk")
		page := c.page(at + "?back=/person/5")
		if strings.Contains(page, number) || !strings.Contains(page, "990*************18") || !strings.Contains(page, `href="/person/5"`) || strings.Contains(page, "张秀英") {
			t.Errorf("the form\n%s", plain(page))
		}
		if page = c.page(at + "?back=//elsewhere.example"); strings.Contains(page, "elsewhere") {
			t.Error("it leads to another site")
		}
		a := c.post(at, "purpose", "", "back", "/person/5")
		if a.status != http.StatusUnprocessableEntity || strings.Contains(a.body, number) || !strings.Contains(plain(a.body), "请写明为什么要用") {
			t.Errorf("without a purpose: %d %s", a.status, plain(a.body))
		}
		a = c.post(at, "purpose", "到户核对身份", "back", "/person/5")
		if a.status != http.StatusOK || !strings.Contains(a.body, number) || a.header.Get("Cache-Control") != "no-store" || !strings.Contains(a.body, `href="/person/5"`) {
			t.Errorf("with one: %d %s", a.status, plain(a.body))
		}
		if strings.Contains(c.page(at), number) {
			t.Error("it is shown twice")
		}
		for login, status := range map[string]int{"village": http.StatusForbidden, "leader": http.StatusForbidden, "party": http.StatusForbidden, "district": http.StatusForbidden, "stranger": http.StatusForbidden} {
			x := s.as(t, login)
			if a := x.get(at); a.status != status {
				t.Errorf("%s gets the form: %d", login, a.status)
			}
			if a := x.post(at, "purpose", "到户核对身份"); a.status != status || strings.Contains(a.body, number) {
				t.Errorf("%s is shown it: %d", login, a.status)
			}
		}
		for _, wrong := range []string{"/reveal/person.name/" + fmt.Sprint(person), "/reveal/person.number/7", "/reveal/person.number/x", "/reveal/vault_key.sealed/1"} {
			if a := c.get(wrong); a.status != http.StatusNotFound {
				t.Errorf("%s: %d", wrong, a.status)
			}
		}
		if _, err := s.vault.Export(t.Context(), s.people["clerk"], s.town, vault.Export{Name: "疑点清单", Purpose: "送县民政局复核", People: 126, Whole: true}); err != nil {
			t.Fatal(err)
		}
		for _, login := range []string{"leader", "party", "district"} {
			text := plain(s.as(t, login).page("/reveal"))
			for _, want := range []string{"查看完整号码 1 次，导出 1 份，其中 1 份带完整号码", "贺晓雨（党政办经办人） 查看 身份证号 东槐村 到户核对身份", "导出完整号码 导2026-0001 疑点清单，126 人 栖禾镇 送县民政局复核", "贺晓雨（党政办经办人） 1 1 126"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s sees no %q: %s", login, want, text)
				}
			}
			if text := plain(s.as(t, login).page("/reveal?month=2026-03")); !strings.Contains(text, "2026年3月没有人看过完整号码") {
				t.Errorf("%s, an empty month: %s", login, text)
			}
		}
		for _, login := range []string{"clerk", "village"} {
			if a := s.as(t, login).get("/reveal"); a.status != http.StatusForbidden {
				t.Errorf("%s gets the list: %d", login, a.status)
			}
		}
	})
}

func TestBrowserReveal(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	person, number := s.resident(t)
	b := browser.Open(t)
	b.Size(1366, 768)
	b.Go(s.url + "/login")
	b.Type("#login", "clerk")
	b.Type("#password", password)
	b.Follow(".login .btn-go")
	b.Go(fmt.Sprintf("%s/reveal/person.number/%d?back=/me", s.url, person))
	b.Screenshot("reveal-form")
	b.Size(390, 844)
	b.Screenshot("reveal-form-phone")
	b.Type("#purpose", "到户核对身份")
	b.Follow(".form-sheet .btn-go")
	if got := b.Text(".reveal-full"); got != number {
		t.Errorf("shown %q", got)
	}
	if strings.Contains(b.URL(), number) {
		t.Error("the number is in the address")
	}
	b.Screenshot("reveal-phone")
	b.Size(1366, 768)
	b.Screenshot("reveal")
	for i, x := range []vault.Export{{Name: "疑点清单", Purpose: "送县民政局复核", People: 126, Whole: true}, {Name: "东槐村核实表", Purpose: "到户核实", People: 14}} {
		unit := []org.Unit{s.town, s.people["village"].Unit}[i]
		if _, err := s.vault.Export(t.Context(), s.people["clerk"], unit, x); err != nil {
			t.Fatal(err)
		}
	}
	other := browser.Open(t)
	other.Size(1366, 768)
	other.Go(s.url + "/login")
	other.Type("#login", "party")
	other.Type("#password", password)
	other.Follow(".login .btn-go")
	other.Go(s.url + "/reveal")
	other.Screenshot("reveals")
	other.Size(390, 844)
	other.Screenshot("reveals-phone")
	if over := browser.Eval[int](other, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		t.Errorf("%d px too wide for a phone", over)
	}
	other.Go(s.url + "/reveal?month=2026-02")
	other.Screenshot("reveals-empty")
}
