package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"bihuan/store/storetest"
)

func TestTheFindingPage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		list := s.findings()
		c := s.as(t, "clerk")
		page := c.page(fmt.Sprintf("/finding/%d", list[2].ID))
		text := plain(page)
		for _, want := range []string{
			"台账 › 栖禾镇 › 一、聚焦贯彻落实党的路线方针政策和党中央决策部署方面 › 问题 3", "3 惠农利民政策宣传不到位，动态管理不及时",
			"责任领导 杜向荣", "完成时限 4月16日前", "2月3日 反馈 → 4月16日", "今天到期", "3 个表现，2 条措施", "无措施回应",
			"频次：每季度", "频次：每村每年讲解不少于2次，即每年不少于 2 次", "缺口", "4月16日 09:20 列入 贺晓雨（党政办经办人）",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if !strings.Contains(page, fmt.Sprintf(`href="/finding/%d" rel="prev"`, list[1].ID)) || !strings.Contains(page, fmt.Sprintf(`href="/finding/%d" rel="next"`, list[3].ID)) {
			t.Error("the findings before and after are not linked")
		}
		if first := c.page(fmt.Sprintf("/finding/%d", list[0].ID)); strings.Contains(first, `rel="prev"`) || !strings.Contains(first, "长期坚持</b>") || !strings.Contains(first, `class="ruler-late"`) {
			t.Error("the first finding: one before it, or no second clock, or not shown as late")
		}
		if open := plain(c.page(fmt.Sprintf("/finding/%d", list[4].ID))); !strings.Contains(open, "责任悬空") {
			t.Error("nobody in particular is responsible, and the page does not say so")
		}
		// The village sees the finding it answers for, and of the town's plan no more than its name.
		village := s.as(t, "village").page(fmt.Sprintf("/finding/%d", list[1].ID))
		if strings.Contains(village, `href="/plan/`) || strings.Contains(village, `rel="next"`) || strings.Contains(village, "/edit") || !strings.Contains(village, "2月3日 反馈") {
			t.Error("the village's page leads where the village may not go, or lacks the feedback")
		}
	})
}

func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		c := s.as(t, "clerk")
		for q, want := range map[string]struct {
			total int
			marks string
		}{
			"高龄":     {1, "高龄 高龄"},
			"高龄津贴":   {1, "高龄津贴 高龄津贴"},
			"道路":     {1, "道路"},
			"积案 见面":  {1, "积案 积案 见面"},
			"５件":     {1, "5件"},
			"7个村 高龄": {1, "7个村 高龄 高龄"},
			"4800元":  {1, "4800元"},
			"４８００":   {1, "4800"},
			"秦素芬":    {1, "秦素芬"},
			"无此二字":   {0, ""},
			"积":      {2, "积 积 积"},
			"高龄 不存在": {0, ""},
		} {
			page := c.page("/search?q=" + strings.ReplaceAll(q, " ", "+"))
			var marks []string
			for _, m := range regexp.MustCompile(`<mark>(.*?)</mark>`).FindAllStringSubmatch(page, -1) {
				marks = append(marks, m[1])
			}
			if n := strings.Count(page, `<p class="what">`); n != want.total {
				t.Errorf("%s finds %d, want %d", q, n, want.total)
			}
			if got := strings.Join(marks, " "); want.marks != "" && got != want.marks {
				t.Errorf("%s marks %q, want %q", q, got, want.marks)
			}
			if said := strings.Contains(page, "没有找到"); said != (want.total == 0) {
				t.Errorf("%s: the page says it found nothing: %v", q, said)
			}
		}
		for _, q := range []string{"", "，。！", "+"} {
			if page := c.page("/search?q=" + q); !strings.Contains(page, "要找什么？") || strings.Contains(page, `<p class="what">`) {
				t.Errorf("%q does not ask what to look for", q)
			}
		}
		if page := c.page("/search?q=高龄"); !strings.Contains(page, `name="q" type="search" value="高龄"`) {
			t.Error("the box in the bar forgets the words")
		}
		if strings.Contains(s.as(t, "stranger").page("/search?q=高龄"), `<p class="what">`) {
			t.Error("another town finds it")
		}
	})
}

func TestOverviewAddsUp(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		village := s.people["village"]
		clerk := s.people["clerk"]
		s.importPlan(clerk, village.Unit, "东槐村方案.txt", []byte("东槐村党支部整改方案\n1.公示不及时。一是财务公示滞后。\n整改措施：一是每月公示一次财务。\n责任人：郝根生\n完成时限：2026年3月1日前\n2.书屋不开门。一是书屋长期锁门。\n整改措施：一是书屋每周开放一次。\n责任人：郝根生\n完成时限：2026年6月1日前\n"))
		f := s.findings()
		s.closed(f[0].ID, f[2].ID)
		s.part(f[1])
		for login, want := range map[string][]string{
			"clerk":    {"栖禾镇 5 1 1 2 0 1 1", "东槐村 2 0 0 2 0 0 1", "合计 7 1 1 4 0 1 2"},
			"district": {"栖禾镇 5 1 1 2 0 1 1", "东槐村 2 0 0 2 0 0 1", "合计 7 1 1 4 0 1 2"},
		} {
			page := s.as(t, login).page("/overview")
			for _, row := range want {
				if !strings.Contains(plain(page), row) {
					t.Errorf("%s: the overview lacks %q: %s", login, row, plain(page))
				}
			}
		}
		c := s.as(t, "clerk")
		links := regexp.MustCompile(`<a href="(/ledger[^"]*)">(\d+)</a>`).FindAllStringSubmatch(c.page("/overview"), -1)
		if len(links) < 15 {
			t.Errorf("only %d numbers lead into the ledger", len(links))
		}
		for _, m := range links {
			if n := fmt.Sprint(strings.Count(c.page(unescape(m[1])), `<tbody class="finding"`)); n != m[2] {
				t.Errorf("%s says %s and shows %s", m[1], m[2], n)
			}
		}
		if page := s.as(t, "stranger").page("/overview"); !strings.Contains(page, "还没有可以数的问题") {
			t.Error("an empty overview does not say why")
		}
	})
}

func TestThePlanPage(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	c := s.as(t, "clerk")
	page := c.page(fmt.Sprintf("/plan/%d", s.plan))
	for _, want := range []string{"中共栖禾镇委员会关于落实区委第二巡察组反馈意见的整改方案", "反馈日期 2月3日", "巡察时间 1月5日 至 1月30日", "第 1 版 首次导入 导入5个问题 整改方案.txt", "全部 5"} {
		if !strings.Contains(plain(page), want) {
			t.Errorf("the page lacks %q: %s", want, plain(page))
		}
	}
	address := "/file/" + unescape(between(page, `href="/file/`, `"`))
	file := c.get(address)
	if file.status != http.StatusOK || file.body != string(paper) {
		t.Errorf("the document as it came in: %d", file.status)
	}
	if a := s.as(t, "stranger").get(address); a.status != http.StatusNotFound {
		t.Errorf("another town gets the document: %d", a.status)
	}
}
