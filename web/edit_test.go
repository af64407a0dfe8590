package web_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"bihuan/ledger"
	"bihuan/store/storetest"
)

// fieldsOf are the fields of a form as a browser would send them.
func fieldsOf(page string) map[string]string {
	form := map[string]string{}
	for _, m := range regexp.MustCompile(`<input[^>]*>`).FindAllString(between(page, `<form class="edit"`, "</form>"), -1) {
		if name := between(m, `name="`, `"`); name != "" && !(strings.Contains(m, `type="radio"`) || strings.Contains(m, `type="checkbox"`)) || strings.Contains(m, " checked") {
			form[name] = unescape(between(m, `value="`, `"`))
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>`).FindAllStringSubmatch(page, -1) {
		form[m[1]] = unescape(m[2])
	}
	return form
}

// send sends a form with some fields changed.
func (c *client) send(path string, form map[string]string, changes ...string) answer {
	c.t.Helper()
	for i := 0; i < len(changes); i += 2 {
		form[changes[i]] = changes[i+1]
	}
	var list []string
	for k, v := range form {
		list = append(list, k, v)
	}
	return c.post(path, list...)
}

func TestEditingWhoAnswersAndUntilWhen(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		f := s.findings()[4]
		c := s.as(t, "clerk")
		path := fmt.Sprintf("/finding/%d/edit", f.ID)
		form := fieldsOf(c.page(path))
		if form["units"] != "栖禾镇党委" || form["due"] != "2026-12-31" || form["due_text"] != "2026年12月31日前" || form["version"] != "1" {
			t.Errorf("the form holds %v", form)
		}
		if !strings.Contains(c.page(path), "单位库里没有“栖禾镇党委”") {
			t.Error("the form does not say that the unit is unknown")
		}
		a := c.send(path, form, "units", "党建办公室、 财政所", "persons", "韩春梅，冯建业", "leader", "孟昭宁")
		if a.status != http.StatusSeeOther || a.to != fmt.Sprintf("/finding/%d", f.ID) {
			t.Fatalf("saving: %d %s", a.status, between(a.body, `class="bad">`, "</p>"))
		}
		page := c.page(a.to)
		if !strings.Contains(page, "已保存责任和时限；人员库里没有“韩春梅”") || strings.Contains(page, "没有“孟昭宁”") || strings.Contains(page, "没有“财政所”") || !strings.Contains(plain(page), "责任单位 栖禾镇党委 → 党建办公室、财政所") {
			t.Error("the page does not say what was done, or the history does not: " + plain(between(page, `role="status"`, "</p>")))
		}
		if strings.Contains(c.page(a.to), "已保存责任和时限") {
			t.Error("the message comes twice")
		}
		g := s.findings()[4]
		if ledger.Names(g.Units) != "党建办公室、财政所" || ledger.Names(g.Persons) != "韩春梅、冯建业" || g.Leader != "孟昭宁" || g.Vague {
			t.Errorf("saved as %+v", g)
		}
		bad := c.send(path, fieldsOf(c.page(path)), "due", "2026-02-30", "leader", "梁知远")
		if bad.status != http.StatusUnprocessableEntity || !strings.Contains(bad.body, "不是日期") || !strings.Contains(bad.body, `value="梁知远"`) || !strings.Contains(bad.body, `value="2026-02-30"`) {
			t.Errorf("a date that does not exist: %d", bad.status)
		}
		if s.findings()[4].Version != 2 {
			t.Error("half of a wrong form was saved")
		}
	})
}

func TestTwoClerksEditOneRow(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		f := s.findings()[3]
		path := fmt.Sprintf("/finding/%d/edit", f.ID)
		mine, theirs := s.as(t, "clerk"), s.as(t, "colleague")
		form := fieldsOf(mine.page(path))
		if a := theirs.send(path, fieldsOf(theirs.page(path)), "leader", "杜向荣", "due_text", "2026年5月31日前", "due", "2026-05-31"); a.status != http.StatusSeeOther {
			t.Fatalf("the colleague: %d", a.status)
		}
		a := mine.send(path, form, "leader", "孟昭宁", "persons", "冯建业、韩春梅")
		if a.status != http.StatusConflict {
			t.Fatalf("a stale save: %d", a.status)
		}
		text := plain(a.body)
		for _, want := range []string{"没有保存", "梁知远（副镇长）在 4月16日 09:20 先改了这一条", "对方改成：杜向荣", "对方改的，您没有动过，已照此填入"} {
			if !strings.Contains(text, want) {
				t.Errorf("the refusal lacks %q: %s", want, text)
			}
		}
		again := fieldsOf(a.body)
		for name, want := range map[string]string{"leader": "孟昭宁", "persons": "冯建业、韩春梅", "due_text": "2026年5月31日前", "due": "2026-05-31", "version": "2"} {
			if again[name] != want {
				t.Errorf("%s holds %q, want %q", name, again[name], want)
			}
		}
		if got := s.findings()[3]; got.Leader != "杜向荣" || got.Version != 2 {
			t.Errorf("the refused save changed something: %+v", got)
		}
		if a := mine.send(path, again); a.status != http.StatusSeeOther {
			t.Fatalf("saving having seen it: %d", a.status)
		}
		got := s.findings()[3]
		if got.Leader != "孟昭宁" || got.Due != "2026-05-31" || ledger.Names(got.Persons) != "冯建业、韩春梅" {
			t.Errorf("both changes are to stand: %+v", got)
		}
	})
}

func TestInTheLedgerOnlyTheFormAndTheRowsAreSent(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[0]
	c := s.as(t, "clerk")
	path := fmt.Sprintf("/finding/%d/edit", f.ID)
	part := c.page(path + "?part=1")
	if strings.Contains(part, "<html") || fieldsOf(part)["part"] != "1" {
		t.Error("the form comes with a page around it")
	}
	form := fieldsOf(part)
	a := c.send(path, form, "leader", "梁知远")
	if a.status != http.StatusOK || !strings.HasPrefix(a.body, `<tbody class="finding"`) || !strings.Contains(a.body, "梁知远") {
		t.Errorf("saved: %d %.80s", a.status, a.body)
	}
	if a := c.send(path, form, "leader", "杜向荣"); a.status != http.StatusConflict || strings.Contains(a.body, "<html") {
		t.Errorf("stale: %d", a.status)
	}
}

func TestReportingProgress(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		f := s.findings()[0]
		c := s.as(t, "clerk")
		path := fmt.Sprintf("/finding/%d/progress", f.ID)
		form := fieldsOf(c.page(path))
		if form["state"] != "doing" {
			t.Errorf("the form holds %v", form)
		}
		a := c.send(path, form, "state", "failed", "progress", "学习 3 次\r\n抽问 1 次")
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写明原因和下一步时间") || fieldsOf(a.body)["state"] != "failed" || !strings.Contains(a.body, "学习 3 次\n抽问 1 次") {
			t.Errorf("not done without a reason: %d %v", a.status, fieldsOf(a.body))
		}
		a = c.send(path, fieldsOf(a.body), "state", "part", "evidence", "签到表 3 份")
		if a.status != http.StatusSeeOther {
			t.Fatalf("reporting: %d", a.status)
		}
		if page := plain(c.page(a.to)); !strings.Contains(page, "状态 阶段性完成") || !strings.Contains(page, "学习 3 次 抽问 1 次") || !strings.Contains(page, "签到表 3 份") {
			t.Error("the page does not show the progress")
		}
		if a := c.send(path, form, "state", "nonsense"); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a state that does not exist: %d", a.status)
		}
		if a := s.as(t, "leader").get(path); a.status != http.StatusForbidden {
			t.Errorf("a leader reports: %d", a.status)
		}
	})
}

func TestFillingAGap(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		c := s.as(t, "clerk")
		f := s.findings()[2]
		page := c.page(fmt.Sprintf("/finding/%d", f.ID))
		if !strings.Contains(page, "1 个表现无措施") || !strings.Contains(page, `/measure?for=2`) {
			t.Fatal("the page does not show the gap")
		}
		path := fmt.Sprintf("/finding/%d/measure", f.ID)
		form := c.page(path + "?for=2")
		if !strings.Contains(form, `name="for" value="2" checked`) || strings.Contains(form, `name="for" value="0" checked`) {
			t.Error("the form does not remember what is to be answered")
		}
		if a := c.send(path, fieldsOf(form), "text", "  "); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写明做什么") {
			t.Errorf("an empty measure: %d", a.status)
		}
		a := c.send(path, fieldsOf(form), "text", "逐村登记设施，损坏的15日内维修；书屋每周开放不少于3天")
		if a.status != http.StatusSeeOther {
			t.Fatalf("adding a measure: %d", a.status)
		}
		if page := c.page(a.to); strings.Contains(page, "个表现无措施") || !strings.Contains(plain(page), "频次：每周开放不少于3天") {
			t.Error("the gap is still there, or its frequency is not read")
		}
		// The other way out: an existing measure answers it too.
		if err := ledger.Link(context.Background(), s.db, s.people["clerk"], f.ID, 2, 2, nil); err != nil {
			t.Fatal(err)
		}
		page = c.page(a.to)
		answer := []string{"version", between(page, `name="version" value="`, `"`), "manifestation", between(page, `name="manifestation" value="`, `"`), "measure", "0"}
		if a := c.post(fmt.Sprintf("/finding/%d/answer", f.ID), answer...); a.status != http.StatusSeeOther {
			t.Fatalf("linking: %d", a.status)
		}
		if page := plain(c.page(a.to)); strings.Contains(page, "个表现无措施") || !strings.Contains(page, "也回应“三是”") || !strings.Contains(page, "由“一是”一并回应") {
			t.Error("the link is not shown")
		}
		if a := c.post(fmt.Sprintf("/finding/%d/answer", f.ID), "version", "1", "manifestation", "1", "measure", "0"); a.status != http.StatusConflict {
			t.Errorf("a stale link: %d", a.status)
		}
	})
}

func TestAWithdrawnFindingIsOnlyRead(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[2]
	head, rest, _ := strings.Cut(string(paper), "3.惠农")
	_, tail, _ := strings.Cut(rest, "\n二、")
	who := s.people["clerk"]
	id, err := ledger.StartImport(t.Context(), s.db, s.files, who, ledger.Upload{Unit: s.town.ID, Plan: s.plan, Kind: ledger.Revision, Name: "修订.txt", Data: []byte(head + "二、" + tail)})
	if err == nil {
		_, err = ledger.Confirm(t.Context(), s.db, who, id, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	c := s.as(t, "clerk")
	page := c.page(fmt.Sprintf("/finding/%d", f.ID))
	for _, no := range []string{"/edit", "/progress", "/measure", "/answer", "今天到期", "请补一条", "补上"} {
		if strings.Contains(page, no) {
			t.Errorf("the page still has %q", no)
		}
	}
	if !strings.Contains(plain(page), "状态 已撤出") || !strings.Contains(page, "方案第 2 版不再列这个问题") {
		t.Error("the page does not say that it is withdrawn")
	}
	for _, form := range []string{"edit", "progress", "measure"} {
		if a := c.get(fmt.Sprintf("/finding/%d/%s", f.ID, form)); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "已撤出这个问题") {
			t.Errorf("the form %s: %d", form, a.status)
		}
	}
}
