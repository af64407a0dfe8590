package web_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// rowsOf are the findings of a ledger page, each as its cells' words, and the heads between them.
func rowsOf(page string) []string {
	var list []string
	for _, body := range regexp.MustCompile(`(?s)<tbody[^>]*>.*?</tbody>`).FindAllString(page, -1) {
		list = append(list, plain(body))
	}
	return list
}

func TestTheLedgerIsTheTableTheyHandIn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		page := s.as(t, "clerk").page("/ledger")
		if got, want := plain(between(page, "<thead>", "</thead>")), "序号 反馈问题 具体表现 整改措施 责任领导 责任单位 责任人 完成时限 进展 佐证 状态 销号"; got != want {
			t.Errorf("columns %q, want %q", got, want)
		}
		rows := rowsOf(page)
		for i, want := range []string{
			"一、聚焦贯彻落实党的路线方针政策和党中央决策部署方面 3 个问题",
			"1 理论学习不够深入，学用结合不紧，存在以会议传达代替学习研讨的现象",
			"2 推进乡村振兴思路不够清晰",
			"3 惠农利民政策宣传不到位，动态管理不及时",
			"二、聚焦群众身边不正之风和腐败问题方面 2 个问题",
			"1 农村集体“三资”管理不规范，合同底数不清",
			"2 信访积案化解不力，领导包案落实不到位",
			"合计 5 个问题，12 个表现，10 条措施，1 个表现无措施",
		} {
			if i >= len(rows) || !strings.HasPrefix(rows[i], want) {
				t.Fatalf("row group %d is %q, want %q", i, rows[min(i, len(rows)-1)], want)
			}
		}
		for i, want := range map[int][]string{
			1: {"孟昭宁", "党建办公室", "韩春梅", "3月31日前， 长期坚持", "超 11 工作日", "正在整改", "未申请"},
			2: {"农业农村办公室、东槐村", "4月30日前", "剩 10 工作日"},
			3: {"无措施 表现“三是健身器材损坏严重，农家书屋长期锁门” 这个表现还没有措施回应 ， 去补一条", "今天到期", "1 个表现无措施"},
			6: {"栖禾镇党委 未明确", "责任悬空：未落实到人", "剩 178 工作日"},
		} {
			for _, part := range want {
				if !strings.Contains(rows[i], part) {
					t.Errorf("row group %d lacks %q: %s", i, part, rows[i])
				}
			}
		}
		// The one measure of the fourth finding answers both manifestations: its cell covers both rows.
		body := between(page, fmt.Sprintf(`id="f%d"`, s.findings()[3].ID), "</tbody>")
		if !strings.Contains(body, `<td class="quote t-mea" rowspan="2"`) || strings.Count(body, "<tr") != 2 || strings.Contains(body, "无措施") {
			t.Errorf("a measure for two manifestations:\n%s", body)
		}
	})
}

func TestEveryoneSeesTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for login, want := range map[string]struct {
			findings int
			columns  string
		}{
			"district": {5, "序号 反馈问题 具体表现 整改措施 责任领导 责任单位 责任人 完成时限 进展 佐证 状态 销号"},
			"leader":   {1, "序号 反馈问题 整改措施 责任领导 责任单位 责任人 完成时限 进展 状态 销号"},
			"village":  {1, "序号 反馈问题 整改措施 完成时限 进展 佐证 状态"},
			"stranger": {0, ""},
		} {
			page := s.as(t, login).page("/ledger")
			if n := strings.Count(page, `<tbody class="finding"`); n != want.findings {
				t.Errorf("%s sees %d findings, want %d", login, n, want.findings)
			}
			if got := plain(between(page, "<thead>", "</thead>")); got != want.columns {
				t.Errorf("%s has the columns %q, want %q", login, got, want.columns)
			}
			if strings.Contains(page, `class="ed" href`) && login != "clerk" && login != "village" {
				t.Errorf("%s is offered to edit", login)
			}
		}
		c := s.as(t, "village")
		if page := c.page("/ledger"); !strings.Contains(page, "推进乡村振兴") || !strings.Contains(page, "栖禾镇") {
			t.Error("the village does not see what it answers for, or not whose it is")
		}
		for _, path := range []string{"/ledger?q=高龄", "/search?q=高龄", "/ledger/print?q=高龄", fmt.Sprintf("/ledger?unit=%d&q=高龄", s.town.ID)} {
			if strings.Contains(c.page(path), "惠农利民") {
				t.Errorf("%s shows the village what is none of its business", path)
			}
		}
		for _, path := range []string{fmt.Sprintf("/ledger?plan=%d", s.plan), "/ledger?plan=987654", fmt.Sprintf("/ledger.xlsx?plan=%d", s.plan)} {
			if a := c.get(path); a.status != http.StatusNotFound || !strings.Contains(a.body, "没有这份方案，或不在您能看的范围内") {
				t.Errorf("the village asks for %s: %d", path, a.status)
			}
		}
		if page := s.as(t, "stranger").page("/ledger"); !strings.Contains(page, "台账还是空的") || !strings.Contains(page, `href="/import"`) {
			t.Error("an empty ledger does not say what would fill it")
		}
		if page := s.as(t, "leader").page("/ledger"); !strings.Contains(page, `name="person" size="6" value="孟昭宁"`) || !strings.Contains(page, "全部 1 份方案里孟昭宁负责的问题") {
			t.Error("the ledger does not say that it shows the leader's own charge")
		}
		// A leader lands on the own charge and may look at all of the town.
		if page := s.as(t, "leader").page("/ledger?plan=0"); strings.Count(page, `<tbody class="finding"`) != 5 {
			t.Error("a leader cannot see the whole ledger")
		}
	})
}

func TestFiltersCountsAndOrder(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		list := s.findings()
		ctx := context.Background()
		err := ledger.RecordProgress(ctx, s.db, s.people["clerk"], list[4].ID, 1, ledger.ProgressEdit{State: ledger.Failed, Reason: "两件积案当事人外出"})
		if err != nil {
			t.Fatal(err)
		}
		c := s.as(t, "clerk")
		for query, want := range map[string]string{
			"":                       "0 1 2 3 4",
			"state=doing":            "0 1 2 3",
			"state=failed":           "4",
			"state=done":             "",
			"state=nonsense":         "0 1 2 3 4",
			"due=today":              "2",
			"due=soon":               "1 2",
			"due=late":               "0 3",
			"due=none":               "",
			"gap=1":                  "2",
			"vague=1":                "4",
			"duty=财政所":               "3",
			"person=秦素芬":             "2",
			"person=杜向荣":             "2",
			"q=高龄":                   "2",
			"q=高":                    "2 3",
			"q=道路 占道":                "1",
			"q=不存在的词":                "",
			"q=，。":                   "0 1 2 3 4",
			"sort=due":               "0 3 2 1 4",
			"sort=changed":           "4 3 2 1 0",
			"state=doing&due=late":   "0 3",
			"plan=0&sort=due&page=7": "0 3 2 1 4", // past the end is the last page
			fmt.Sprintf("plan=%d&section=%d", s.plan, list[3].Section.ID): "3 4",
			fmt.Sprintf("plan=0&unit=%d", s.town.ID):                      "0 1 2 3 4",
			"plan=0&unit=12345":                                           "",
		} {
			page := c.page("/ledger?" + strings.ReplaceAll(query, " ", "+"))
			var got []string
			for _, m := range regexp.MustCompile(`<tbody class="finding" id="f(\d+)"`).FindAllStringSubmatch(page, -1) {
				for i, f := range list {
					if fmt.Sprint(f.ID) == m[1] {
						got = append(got, fmt.Sprint(i))
					}
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%q shows %q, want %q", query, strings.Join(got, " "), want)
			}
			if want == "" && !strings.Contains(page, "没有符合条件的问题") {
				t.Errorf("%q shows nothing and does not say so", query)
			}
		}
		counts := plain(between(c.page("/ledger?state=failed"), `aria-label="按状态筛选">`, "</nav>"))
		if want := "全部 5 完成 0 阶段性完成 0 正在整改 4 未完成 1 长期坚持 0 临期 2 超期 2 待定日期 0 有表现无措施 1 责任悬空 1"; counts != want {
			t.Errorf("counts %q, want %q", counts, want)
		}
		// Each count leads to as many rows as it says.
		for _, m := range regexp.MustCompile(`<a href="(/ledger[^"]*)"[^>]*>(?:<span class="st[^>]*>.*?</span>)?(?:<span[^>]*>)?([^<]+)(?:</span>)? <b>(\d+)</b>`).
			FindAllStringSubmatch(between(c.page("/ledger"), `aria-label="按状态筛选">`, "</nav>"), -1) {
			page := c.page(strings.ReplaceAll(m[1], "&amp;", "&"))
			if n := fmt.Sprint(strings.Count(page, `<tbody class="finding"`)); n != m[3] {
				t.Errorf("%s says %s and shows %s", m[2], m[3], n)
			}
		}
		if page := c.page("/ledger?state=failed"); !strings.Contains(page, "两件积案当事人外出") || !strings.Contains(page, `<option value="failed" selected>`) {
			t.Error("the filter is not shown as chosen, or the reason is missing")
		}
	})
}

func TestPagesOfALongLedger(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	var b strings.Builder
	b.WriteString("双堰镇党委关于巡察反馈意见的整改方案\n")
	for i := range 120 {
		fmt.Fprintf(&b, "%d.第%d项工作推进不力。一是任务%d没有落实。\n整改措施：一是落实任务%d，每月检查一次。\n责任单位：党政办\n责任人：陆行舟\n完成时限：2026年6月30日前\n", i+1, i+1, i+1, i+1)
	}
	other := s.people["stranger"]
	s.importPlan(other, other.Unit, "长方案.txt", []byte(b.String()))
	c := s.as(t, "stranger")
	first, last := c.page("/ledger"), c.page("/ledger?page=3")
	if n := strings.Count(first, `<tbody class="finding"`); n != 50 {
		t.Errorf("the first page shows %d", n)
	}
	if n := strings.Count(last, `<tbody class="finding"`); n != 20 {
		t.Errorf("the last page shows %d", n)
	}
	if got := plain(between(last, `aria-label="分页">`, "</nav>")); got != "上一页 第 101–120 个，共 120 个问题 1 2 3" {
		t.Errorf("pages: %q", got)
	}
	if strings.Contains(first, "合计") {
		t.Error("a part of the table is summed up as the whole")
	}
	if n := strings.Count(c.page("/ledger/print"), `<tbody class="finding"`); n != 120 {
		t.Errorf("print shows %d", n)
	}
}

func TestWhatPeopleWriteStaysText(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	ctx := context.Background()
	f := s.findings()[0]
	const evil = `"><script>alert(1)</script><b title='x`
	who := s.people["clerk"]
	err := ledger.EditDuty(ctx, s.db, who, f.ID, 1, ledger.DutyEdit{Leader: evil, Units: []string{evil}, Persons: []string{evil}, DueText: evil, Due: "2026-05-01"})
	if err == nil {
		err = ledger.RecordProgress(ctx, s.db, who, f.ID, 2, ledger.ProgressEdit{State: ledger.Failed, Progress: evil, Evidence: evil, Reason: evil})
	}
	if err == nil {
		err = ledger.AddMeasure(ctx, s.db, who, f.ID, 3, evil, []int{0})
	}
	if err == nil {
		err = s.db.Write(ctx, func(tx *store.Tx) error {
			_, err := org.AddStaff(ctx, tx, org.Program, s.town, evil, evil, org.Clerk, "evil", password)
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	c := s.as(t, "evil")
	for _, path := range []string{
		"/ledger", "/ledger/print", fmt.Sprintf("/finding/%d", f.ID), fmt.Sprintf("/finding/%d/edit", f.ID), fmt.Sprintf("/finding/%d/progress", f.ID),
		fmt.Sprintf("/finding/%d/measure", f.ID), "/search?q=script", "/search?q=%22%3E%3Cscript%3Ealert(1)", "/ledger?q=%22%3E%3Cscript%3E&duty=%22%3E%3Cscript%3E",
		"/ledger?plan=0&person=%22%3E%3Cscript%3E", "/overview", fmt.Sprintf("/plan/%d", s.plan),
	} {
		page := c.page(path)
		if strings.Contains(page, "<script>") || strings.Contains(page, `'x`) && strings.Contains(page, `<b title=`) {
			t.Errorf("%s lets text become HTML", path)
		}
	}
	if page := c.page("/ledger"); strings.Count(page, "&lt;script&gt;") < 6 {
		t.Errorf("the text itself is lost")
	}
}

func TestASecondPlanHidesNothing(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	clerk, village := s.people["clerk"], s.people["village"]
	paper := func(unit string) []byte {
		return []byte(unit + "党组织关于专项检查反馈意见的整改方案\n1.公示不及时。一是财务公示滞后。\n整改措施：一是每月公示一次财务。\n责任单位：综治办\n责任人：郝根生\n完成时限：2026年6月1日前\n")
	}
	s.importPlan(clerk, village.Unit, "东槐村方案.txt", paper("东槐村"))
	if page := s.as(t, "clerk").page("/ledger"); strings.Count(page, `<tbody class="finding"`) != 5 || !strings.Contains(plain(page), "巡察整改台账 栖禾镇·") {
		t.Error("with one plan of the own unit the clerk does not land on it, or the page does not say so")
	}
	s.importPlan(clerk, s.town, "专项方案.txt", paper("栖禾镇"))
	c := s.as(t, "clerk")
	page := c.page("/ledger")
	if n := strings.Count(page, `<tbody class="finding"`); n != 6 {
		t.Errorf("with two plans of the own unit the clerk lands on %d findings, want 6", n)
	}
	if !strings.Contains(plain(page), "栖禾镇的 2 份方案· 看全部 3 份方案") {
		t.Error("the page does not say which plans it shows")
	}
	for _, want := range []string{`<datalist id="l-duty">`, `<option value="综治办">`, `<option value="财政所">`, `<datalist id="l-person">`, `<option value="冯建业">`} {
		if !strings.Contains(page, want) {
			t.Errorf("no name is offered: %s", want)
		}
	}
	if n := strings.Count(c.page("/ledger?plan=0"), `<tbody class="finding"`); n != 7 {
		t.Errorf("all plans together have %d findings, want 7", n)
	}
}
