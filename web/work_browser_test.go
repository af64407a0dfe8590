package web_test

import (
	"fmt"
	"strings"
	"testing"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// lively is a site with something on every standing page: tasks in all standings, letters, reviews, an extension.
func lively(t *testing.T) *site {
	s := open(t, storetest.SQLite(t))
	s.at("2026-02-10")
	s.order(0, 0, "colleague", "党建办公室", "机关干部集中学习", "FREQ=WEEKLY;BYDAY=FR")
	s.order(0, 1, "colleague", "党建办公室", "应知应会随机抽问不少于10人", "FREQ=MONTHLY")
	s.order(1, 1, "village", "东槐村", "政府街巡查", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR")
	s.order(1, 2, "village", "东槐村", "巷道排水疏通", "FREQ=MONTHLY;BYMONTHDAY=10,20,-1")
	s.order(2, 0, "village", "柳荫村", "村级公示栏更新", "FREQ=MONTHLY;INTERVAL=3")
	s.order(4, 0, "clerk", "栖禾镇", "逐案见面", "FREQ=MONTHLY")
	s.order(3, 0, "village", "财政所", "全面清理合同，分类处置", "")
	for i, day := range []string{"2026-02-13", "2026-02-27", "2026-03-06", "2026-03-13", "2026-03-27", "2026-04-03"} {
		s.at(day)
		s.reports("colleague", "机关干部集中学习", day, "学习研讨一次，28 人参加")
		if i > 1 {
			s.reports("village", "政府街巡查", day, "巡查一遍")
		}
	}
	s.at("2026-04-16")
	s.reports("village", "政府街巡查", "2026-04-13", "巡查一遍，劝离两处")
	s.order(1, 0, "village", "东槐村", "逐村定一个增收项目", "")
	s.reports("village", "逐村定一个增收项目", "2026-04-30", "定了粉条加工项目，已开座谈会两次，形成初步方案")
	s.must(ledger.AskExtension(t.Context(), s.db, s.people["village"], s.findings()[1].ID, "2026-06-10", "雨季前排水工程未完工", "已疏通三处"))
	return s
}

// Every standing page fits its window, wide and narrow.
func TestBrowserStandingPages(t *testing.T) {
	s := lively(t)
	s.staff("临澜区", "qu", "苏闻笛", org.Clerk)
	clerk, district, root := s.signIn(t, "clerk"), s.signIn(t, "district"), s.signIn(t, "qu")
	for name, x := range map[string]struct {
		b    *browser.Browser
		path string
	}{
		"work": {clerk, "/work"}, "work-late": {clerk, "/work?show=late"}, "work-district": {district, "/work"}, "duty": {clerk, "/duty"}, "duty-year": {clerk, "/duty?range=year"},
		"duty-towns": {district, "/duty"}, "load": {clerk, "/load"}, "settings": {clerk, "/settings"}, "calendar": {clerk, "/calendar"}, "settings-edit": {root, "/settings"}, "calendar-edit": {root, "/calendar?year=2025"},
	} {
		for _, width := range []int{1366, 390} {
			x.b.Size(width, map[int]int{1366: 768, 390: 844}[width])
			x.b.Go(s.url + x.path)
			if over := browser.Eval[int](x.b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
				t.Errorf("%s at %d px is %d px too wide", name, width, over)
			}
			if width == 1366 {
				if lines := browser.Eval[float64](x.b, `document.querySelector(".bar").getBoundingClientRect().height`); lines != 44 {
					t.Errorf("%s: the bar is %v px high", name, lines)
				}
				if over := browser.Eval[float64](x.b, `document.querySelector(".bar-side").getBoundingClientRect().left - document.querySelector(".bar-nav").getBoundingClientRect().right`); over < 0 {
					t.Errorf("%s: the entries of the bar reach %v px into what is beside them", name, -over)
				}
			}
			x.b.Screenshot(fmt.Sprintf("standing-%s-%d", name, width))
		}
	}
	// What unfolds in the bar, with a script and without.
	clerk.Size(1366, 768)
	clerk.Go(s.url + "/work")
	clerk.Click(".bar-more summary")
	clerk.Wait(`.bar-more a[href="/settings"]`)
	clerk.Screenshot("standing-more")
	clerk.Follow(`.bar-more a[href="/calendar"]`)
	if got := clerk.Text("h1"); got != "日历" {
		t.Errorf("更多 leads to %q", got)
	}
	clerk.Go(s.url + "/duty")
	clerk.PDF("duty")
	// A setting without a source, and a year that cannot be read, say so beside what was typed.
	root.Size(1366, 768)
	root.Allow("status of 422")
	root.Go(s.url + "/settings")
	root.Type("#v-yellow", "7")
	root.Follow(`[form="f-yellow"].btn`)
	root.Screenshot("standing-settings-refused")
	if got := root.Text("#yellow .bad"); !strings.Contains(got, "请写明是哪份文件规定的") {
		t.Errorf("refused, the setting says %q", got)
	}
	root.Type("#s-yellow", "临巡发〔2026〕4号")
	root.Follow(`[form="f-yellow"].btn`)
	if got := root.Text(".note-done"); !strings.Contains(got, "已保存") {
		t.Errorf("saved, the page says %q", got)
	}
	root.Go(s.url + "/calendar")
	root.Click("#c-text")
	root.Press("2027-01-01 off 元旦")
	root.Type("#c-source", "某通知")
	root.Follow(`form[action="/calendar/year"] .btn-go`)
	root.Screenshot("standing-calendar-refused")
	if got := root.Text(`form[action="/calendar/year"]`); !strings.Contains(got, "第1行") {
		t.Errorf("a year that cannot be read: %s", got)
	}
}
