package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// claims are those of a finding.
func (s *site) claims(finding int64) []ledger.Claim {
	s.t.Helper()
	list, err := ledger.ClaimsOf(context.Background(), s.db, finding)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// hire enters somebody more.
func (s *site) hire(u org.Unit, login, name, post string, role org.Role) {
	s.t.Helper()
	err := s.db.Write(context.Background(), func(tx *store.Tx) error {
		id, err := org.AddStaff(context.Background(), tx, org.Program, u, name, post, role, login, password)
		s.people[login] = org.Person{ID: id, Name: name, Post: post, Role: role, Unit: u}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestClaimsOnTheirPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		f := s.findings()[0] // 抽问12名机关干部，5人答不完整
		address := fmt.Sprintf("/finding/%d", f.ID)
		clerk, village := s.as(t, "clerk"), s.as(t, "village")
		text := plain(clerk.page(address))
		for _, want := range []string{"数字基线", "答不完整", "5人", "1 个待确认", "原文：5人答不完整", "不是基线"} {
			if !strings.Contains(text, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		list := s.claims(f.ID)
		if len(list) != 1 {
			t.Fatalf("%d claims", len(list))
		}
		c := list[0]
		if a := clerk.post(fmt.Sprintf("/claim/%d/confirm", c.ID), "version", "1"); a.status != http.StatusSeeOther || a.to != address+"#claims" {
			t.Fatalf("confirming: %d %s", a.status, a.to)
		}
		// A number that the plan does not quote, first wrong, then right; what was typed stands.
		add := address + "/claim"
		bad := clerk.post(add, "subject", "抽问的机关干部", "value", "十二", "measure", "人", "as_of", "2026-02-03")
		if bad.status != http.StatusUnprocessableEntity || !strings.Contains(bad.body, "不是数字") || !strings.Contains(bad.body, `value="抽问的机关干部"`) {
			t.Errorf("a number in words: %d", bad.status)
		}
		if a := clerk.post(add, "subject", "抽问的机关干部", "value", "12", "measure", "人", "as_of", "2026-02-03"); a.status != http.StatusSeeOther {
			t.Fatalf("adding: %d %s", a.status, plain(a.body))
		}
		whole := s.claims(f.ID)[1]
		edit := fmt.Sprintf("/claim/%d", c.ID)
		if page := clerk.page(edit); !strings.Contains(page, "是“抽问的机关干部”12人的一部分") {
			t.Error("the form does not offer the whole")
		}
		form := []string{"subject", "答不完整的机关干部", "value", "5", "measure", "人", "op", "eq", "nested", fmt.Sprint(whole.ID), "target", "1", "as_of", "2026-02-03"}
		if a := clerk.post(edit, append(form, "version", "2")...); a.status != http.StatusSeeOther {
			t.Fatalf("editing: %d %s", a.status, plain(a.body))
		}
		if a := clerk.post(edit, append(form, "version", "1", "quote", "改")...); a.status != http.StatusConflict || !strings.Contains(a.body, "先改了这一条") {
			t.Errorf("a stale edit: %d", a.status)
		}
		if page := plain(clerk.page(address)); !strings.Contains(page, "其中 答不完整的机关干部") || strings.Contains(page, "个待确认") {
			t.Error("the part does not stand below its whole")
		}
		value := edit + "/value"
		if page := clerk.page(value); !strings.Contains(page, "查过还不知道就留空，不要填 0") {
			t.Error("the form for a value")
		}
		if a := clerk.post(value, "version", "3", "value", "13", "as_of", "2026-04-10", "source", "4月抽问"); a.status != http.StatusSeeOther {
			t.Errorf("more than the baseline's whole, whose own value of the day is not known: %d", a.status)
		}
		if a := clerk.post(value, "version", "3", "value", "1", "as_of", "2026-04-15"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "没有来源的数字不能证明改善") {
			t.Errorf("no source: %d", a.status)
		}
		if a := clerk.post(value, "version", "3", "value", "1", "as_of", "2026-04-15", "source", "4月15日抽问记录"); a.status != http.StatusSeeOther {
			t.Errorf("recording: %d", a.status)
		}
		table := fmt.Sprintf("/plan/%d/claims", s.plan)
		text = plain(clerk.page(table))
		for _, want := range []string{"数字基线对照表", "其中 答不完整的机关干部", "5人 2月3日", "1人 截至 4月15日 4月15日抽问记录", "达成", "不多于1人", "单笔最高", "待确认"} {
			if !strings.Contains(text, want) {
				t.Errorf("the table lacks %q: %s", want, text)
			}
		}
		var other ledger.Claim
		for _, x := range s.claims(s.findings()[3].ID) {
			if x.Subject == "村白条入账" {
				other = x
			}
		}
		if a := clerk.post(fmt.Sprintf("/claim/%d/drop", other.ID), "version", "1", "back", "plan"); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, table+"#f") || strings.Contains(clerk.page(table), "3个村白条入账") {
			t.Errorf("dropping from the table: %d %s", a.status, a.to)
		}
		book := clerk.get(table + ".xlsx")
		doc, err := office.Read(context.Background(), "对照表.xlsx", []byte(book.body))
		if err != nil || book.status != http.StatusOK {
			t.Fatalf("the workbook: %d %v", book.status, err)
		}
		var cells bytes.Buffer
		for _, p := range doc.Parts[0].Paragraphs {
			cells.WriteString(p.Text + "|")
		}
		for _, want := range []string{"栖禾镇巡察整改数字基线对照表", "其中：答不完整的机关干部|5人|1人|2026-04-15|4月15日抽问记录|不多于1人|达成", "待确认", "达成1个，未达成0个，未知1个"} {
			if !strings.Contains(cells.String(), want) {
				t.Errorf("the workbook lacks %q: %s", want, cells.String())
			}
		}
		// Rights: a leader reads, a village records only what it sees, another town sees nothing.
		if page := s.as(t, "leader").page(address); strings.Contains(page, "登记数字") || strings.Contains(page, edit+`"`) || !strings.Contains(page, "数字基线") {
			t.Error("a leader's page offers what a leader may not do")
		}
		if a := s.as(t, "leader").post(edit+"/drop", "version", "3"); a.status != http.StatusForbidden {
			t.Errorf("a leader drops: %d", a.status)
		}
		for path, c := range map[string]*client{edit: village, table: s.as(t, "stranger"), value: s.as(t, "stranger")} {
			if a := c.get(path); a.status != http.StatusNotFound {
				t.Errorf("%s for somebody who may not see it: %d", path, a.status)
			}
		}
	})
}

// Screens of both families of pages, as a clerk and a secretary see them, wide and on a phone, without anything running over.
func TestBrowserClaimsAndRecommendations(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	s.hire(s.town, "boss", "关山远", "党委书记", org.Secretary)
	district, clerk := s.as(t, "district"), s.as(t, "clerk")
	notice := func(number, body, issued string, more ...string) string {
		t.Helper()
		a := district.post("/recommendation/new", append([]string{"unit", fmt.Sprint(s.town.ID), "number", number, "subject", "高龄津贴应享未享", "body", body, "issued", issued}, more...)...)
		if a.status != http.StatusSeeOther {
			t.Fatalf("notice %s: %d", number, a.status)
		}
		return a.to
	}
	first := notice("巡建〔2026〕3号", "抽查3个村，发现7名80岁以上老人没有享受高龄津贴。建议全镇比对，符合条件的尽快补发，并建立每月比对、每季复核的办法。", "2026-04-03")
	clerk.post(first+"/receive", "version", "1")
	clerk.post(first+"/answer", "version", "2", "text", "已补发7人。", "number", "栖党〔2026〕8号", "day", "2026-04-10")
	district.post(first+"/verdict", "version", "3", "verdict", "returned", "text", "只补了抽查到的7人，没有全镇比对。")
	second := notice("巡建〔2026〕9号", "仍有2名老人未享受，请党委研究。", "2026-04-15", "due", "2026-04-17", "why_again", "第一次答复没有全镇比对")
	clerk.post(second+"/receive", "version", "1")
	district.post("/recommendation/new", "unit", fmt.Sprint(s.town.ID), "subject", "农家书屋长期锁门", "body", "3个村的农家书屋长期锁门，请排定开放时间。", "issued", "2026-04-07")

	f := s.findings()[3]
	b := s.signIn(t, "clerk")
	b.Go(fmt.Sprintf("%s/finding/%d", s.url, f.ID))
	b.Follow("#claims form .btn-go")
	b.Follow(`#claims a[href$="/value"]`)
	b.Type(`[name="value"]`, "4")
	b.Type(`[name="source"]`, "农经站合同台账")
	b.Screenshot("claim-value")
	b.Follow(".edit .btn-go")
	if got := b.Text("#claims"); !strings.Contains(got, "4份") || !strings.Contains(got, "农经站合同台账") {
		t.Errorf("recorded: %s", got)
	}
	pages := map[string]string{
		"finding-claims": fmt.Sprintf("/finding/%d", f.ID), "claims": fmt.Sprintf("/plan/%d/claims", s.plan), "claim-edit": fmt.Sprintf("/claim/%d", s.claims(f.ID)[0].ID),
		"recommendation": "/recommendation", "recommendation-thread": second,
	}
	for _, size := range []struct{ w, h int }{{1366, 768}, {390, 844}} {
		b.Size(size.w, size.h)
		for name, path := range pages {
			b.Go(s.url + path)
			if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
				t.Errorf("%s at %d px is %d px too wide", name, size.w, over)
			}
			b.Screenshot(fmt.Sprintf("%s-%d", name, size.w))
		}
	}
	b = s.signIn(t, "boss")
	for _, size := range []struct{ w, h int }{{1366, 768}, {390, 844}} {
		b.Size(size.w, size.h)
		b.Go(s.url + second)
		b.Screenshot(fmt.Sprintf("recommendation-boss-%d", size.w))
	}
}
