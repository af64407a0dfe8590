package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bihuan/org"
)

func TestARecommendationFromNoticeToVerdict(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.hire(s.town, "boss", "关山远", "党委书记", org.Secretary)
		district, clerk, boss := s.as(t, "district"), s.as(t, "clerk"), s.as(t, "boss")
		if page := clerk.page("/recommendation"); !strings.Contains(page, "还没有巡察建议") || strings.Contains(page, "/recommendation/new") {
			t.Error("the empty list, or the clerk of a town in a district is offered to begin one")
		}
		if a := clerk.get("/recommendation/new"); a.status != http.StatusForbidden {
			t.Errorf("the clerk's form: %d", a.status)
		}
		form := district.page("/recommendation/new")
		if !strings.Contains(form, fmt.Sprintf(`<option value="%d"`, s.town.ID)) {
			t.Error("the form does not offer the town")
		}
		notice := func(add ...string) []string {
			return append([]string{"unit", fmt.Sprint(s.town.ID), "previous", "0", "subject", "高龄津贴应享未享", "body", "7名老人没有享受。", "issued", "2026-04-10"}, add...)
		}
		if a := district.post("/recommendation/new", "unit", fmt.Sprint(s.town.ID), "subject", "书屋", "issued", "2026-04-10"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写明发现了什么") || !strings.Contains(a.body, `value="书屋"`) {
			t.Errorf("without a body: %d", a.status)
		}
		first := district.post("/recommendation/new", notice()...)
		if first.status != http.StatusSeeOther {
			t.Fatalf("issuing: %d %s", first.status, plain(first.body))
		}
		if page := plain(clerk.page("/recommendation?open=1")); !strings.Contains(page, "高龄津贴应享未享") || !strings.Contains(page, "待签收") || !strings.Contains(page, "剩 1 工作日") {
			t.Errorf("the clerk's list: %s", page)
		}
		if a := clerk.post(first.to+"/answer", "version", "1", "text", "已补发", "day", "2026-04-16"); a.status != http.StatusUnprocessableEntity {
			t.Errorf("an answer before the receipt: %d", a.status)
		}
		if a := clerk.post(first.to+"/receive", "version", "1"); a.status != http.StatusSeeOther {
			t.Fatalf("receiving: %d", a.status)
		}
		bad := clerk.post(first.to+"/answer", "version", "2", "text", "已补发7人", "day", "2026-04-01")
		if bad.status != http.StatusUnprocessableEntity || !strings.Contains(bad.body, "早于建议发出的2026-04-10") || !strings.Contains(bad.body, ">已补发7人</textarea>") {
			t.Errorf("an answer before the notice: %d", bad.status)
		}
		if a := clerk.post(first.to+"/answer", "version", "1", "text", "已补发7人", "day", "2026-04-16"); a.status != http.StatusConflict || !strings.Contains(a.body, "先改了这一条") {
			t.Errorf("a stale answer: %d", a.status)
		}
		if a := clerk.post(first.to+"/answer", "version", "2", "text", "已补发7人", "day", "2026-04-16"); a.status != http.StatusSeeOther {
			t.Fatalf("answering: %d", a.status)
		}
		if page := plain(clerk.page(first.to)); !strings.Contains(page, "答复用时 4 个工作日") || !strings.Contains(page, "等巡察组评判") || strings.Contains(page, "登记 取消") {
			t.Errorf("answered: %s", page)
		}
		again := district.post("/recommendation/new", notice("number", "2号")...)
		if again.status != http.StatusUnprocessableEntity || !strings.Contains(again.body, "这是第2次，将由书记答复") {
			t.Fatalf("the second without a reason: %d", again.status)
		}
		second := district.post("/recommendation/new", notice("number", "2号", "why_again", "没有全面比对")...)
		if second.status != http.StatusSeeOther {
			t.Fatalf("the second: %d", second.status)
		}
		clerk.post(second.to+"/receive", "version", "1")
		if page := plain(clerk.page(second.to)); !strings.Contains(page, "本轮就此事提了 2 次") || !strings.Contains(page, "党组织书记答复") || !strings.Contains(page, "没有全面比对") {
			t.Errorf("the thread: %s", page)
		}
		if a := clerk.post(second.to+"/answer", "version", "2", "text", "已比对", "day", "2026-04-16"); a.status != http.StatusUnprocessableEntity {
			t.Errorf("the clerk answers the second: %d", a.status)
		}
		if a := boss.post(second.to+"/answer", "version", "2", "text", "已全面比对", "day", "2026-04-16"); a.status != http.StatusSeeOther {
			t.Fatalf("the secretary: %d", a.status)
		}
		if a := district.post(second.to+"/verdict", "version", "3", "verdict", "returned", "text", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "哪里不够") {
			t.Errorf("sent back without a reason: %d", a.status)
		}
		if a := district.post(second.to+"/verdict", "version", "3", "verdict", "adopted", "text", "同意"); a.status != http.StatusSeeOther {
			t.Fatalf("the verdict: %d", a.status)
		}
		if page := plain(district.page("/recommendation")); !strings.Contains(page, "第2次 高龄津贴应享未享") || !strings.Contains(page, "书记答复") || !strings.Contains(page, "已采纳") {
			t.Errorf("the district's list: %s", page)
		}
		if a := s.as(t, "stranger").get(second.to); a.status != http.StatusNotFound {
			t.Errorf("another town: %d", a.status)
		}
		if a := s.as(t, "village").get("/recommendation"); a.status != http.StatusForbidden {
			t.Errorf("a village's cadre: %d", a.status)
		}
		if a := district.post(second.to+"/nonsense", "version", "4"); a.status != http.StatusNotFound {
			t.Errorf("a step that does not exist: %d", a.status)
		}
	})
}
