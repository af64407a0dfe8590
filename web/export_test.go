package web_test

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/plan"
	"bihuan/report"
	"bihuan/store/storetest"
)

// words is everything that stands in a file that was handed out.
func words(t *testing.T, name string, a answer) string {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("%s: %d\n%s", name, a.status, a.body)
	}
	_, to, err := mime.ParseMediaType(a.header.Get("Content-Disposition"))
	if err != nil || to["filename"] != name {
		t.Errorf("the file is called %q (%v), want %q", to["filename"], err, name)
	}
	doc, err := office.Read(t.Context(), name, []byte(a.body))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, part := range doc.Parts {
		for _, p := range part.Paragraphs {
			b.WriteString(p.Text + "\n")
		}
	}
	return b.String()
}

func contains(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}

// TestLedgerIsHandedOut: what the table on the screen is narrowed to is what comes as a workbook, with the plan's findings in
// their order.
func TestLedgerIsHandedOut(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		clerk := s.as(t, "clerk")
		whole := clerk.get("/ledger.xlsx")
		contains(t, words(t, "栖禾镇巡察整改台账.xlsx", whole), "栖禾镇巡察反馈意见问题整改台账", "反馈日期：2026年2月3日", "数据时点：2026年4月16日 09:20",
			"理论学习不够深入", "信访积案化解不力", "二是高龄津贴存在应享未享，主动发现不够。", "超期")
		doc, err := office.Read(t.Context(), "台账.xlsx", []byte(whole.body))
		if err != nil {
			t.Fatal(err)
		}
		var titles, want []string
		for _, f := range ledger.FromReading(plan.Read(doc)) {
			titles = append(titles, f.Title)
		}
		for _, f := range s.findings() {
			want = append(want, f.Title)
		}
		if strings.Join(titles, "\n") != strings.Join(want, "\n") {
			t.Errorf("the workbook holds %q, the ledger %q", titles, want)
		}
		narrow := words(t, "栖禾镇巡察整改台账.xlsx", clerk.get("/ledger.xlsx?plan="+fmt.Sprint(s.plan)+"&sort=due&q="+url.QueryEscape("高龄")))
		contains(t, narrow, "惠农利民政策宣传不到位", "合计：1个问题")
		if strings.Contains(narrow, "信访积案") {
			t.Error("what the filter leaves out is in the workbook")
		}
		village := words(t, "东槐村巡察整改台账.xlsx", s.as(t, "village").get("/ledger.xlsx"))
		contains(t, village, "推进乡村振兴思路不够清晰", "合计：1个问题")
		if strings.Contains(village, "理论学习") {
			t.Error("a village gets what is not its own")
		}
	})
}

func TestPapersAreHandedOut(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	clerk := s.as(t, "clerk")
	page := clerk.page(fmt.Sprintf("/plan/%d", s.plan))
	for _, p := range report.Papers {
		path := fmt.Sprintf("/plan/%d/%s", s.plan, url.PathEscape(p.Name))
		if !strings.Contains(strings.ToLower(page), strings.ToLower(path)) {
			t.Errorf("no link to %s", p.Name)
		}
		a := clerk.get(path)
		contains(t, words(t, "栖禾镇"+p.Name, a), "栖禾镇")
		if got := a.header.Get("Content-Type"); got != p.Type {
			t.Errorf("%s is %s", p.Name, got)
		}
		if again := clerk.get(path); again.body != a.body {
			t.Errorf("%s differs the second time", p.Name)
		}
		if a := s.as(t, "stranger").get(path); a.status != http.StatusNotFound {
			t.Errorf("a stranger gets %s: %d", p.Name, a.status)
		}
	}
	contains(t, words(t, "栖禾镇整改方案.docx", clerk.get(fmt.Sprintf("/plan/%d/%s", s.plan, url.PathEscape("整改方案.docx")))),
		"2026年1月5日至2026年1月30日", "（二）聚焦群众身边不正之风和腐败问题方面", "〔待填：回应“三是”的措施〕", "中共栖禾镇委员会\n2026年4月16日")
	for _, path := range []string{"/plan/1/" + url.PathEscape("台账.xlsx"), fmt.Sprintf("/plan/%d/%s", s.plan, url.PathEscape("别的.docx"))} {
		if a := clerk.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}
