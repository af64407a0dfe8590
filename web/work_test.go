package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// unit finds a unit of the district by name.
func (s *site) unit(name string) org.Unit {
	s.t.Helper()
	units, err := org.Below(s.t.Context(), s.db, "/")
	s.must(err)
	for _, u := range units {
		if u.Name == name {
			return u
		}
	}
	s.t.Fatalf("no unit %s", name)
	return org.Unit{}
}

// order gives the measure of a finding to somebody.
func (s *site) order(finding, measure int, login, unit, title, rule string) {
	s.t.Helper()
	who := s.people[login]
	s.must(ledger.Assign(s.t.Context(), s.db, calendar.Published(), s.people["clerk"], s.findings()[finding].ID, []ledger.Assignment{
		{Measure: measure, Unit: s.unit(unit).ID, Staff: who.ID, Part: duty.Lead, Title: title, Rule: rule, Reviewed: rule == ""}}))
}

// reports tells of the occurrence of a duty that is due on a day.
func (s *site) reports(login, title, due, said string) {
	s.t.Helper()
	list, err := duty.List(s.t.Context(), s.db, duty.Filter{DueFrom: due, DueTo: due})
	s.must(err)
	for _, o := range list {
		if o.Title == title {
			r := duty.Report{Said: said}
			if due < s.now.Format(time.DateOnly) {
				r.Reason = "停电"
			}
			_, err := ledger.Report(s.t.Context(), s.db, calendar.Published(), s.people[login], o.ID, o.Version, r,
				[]evidence.Item{{Kind: evidence.Statement, Title: "说明", Said: said}})
			s.must(err)
			return
		}
	}
	s.t.Fatalf("nothing of %s is due on %s", title, due)
}

// fridays gives the village a weekly duty on 16 April and lives five weeks: in time, late, missed, missed and made up, cancelled.
func (s *site) fridays() {
	s.t.Helper()
	ctx := s.t.Context()
	s.order(1, 0, "village", "东槐村", "排水沟巡查", "FREQ=WEEKLY;BYDAY=FR")
	s.at("2026-04-17")
	s.reports("village", "排水沟巡查", "2026-04-17", "清沟一处")
	s.at("2026-04-28")
	s.reports("village", "排水沟巡查", "2026-04-24", "清沟两处") // within the grace
	s.at("2026-05-25")                                  // of 1 May (a holiday) and 8 May nothing was said, nor of 15 and 22 May
	list, err := duty.List(ctx, s.db, duty.Filter{DueFrom: "2026-05-15", DueTo: "2026-05-15"})
	s.must(err)
	s.must(ledger.Waive(ctx, s.db, s.people["clerk"], list[0].ID, list[0].Version, duty.Cancelled, "换届工作周"))
}

// weeks are the marks of a row of the map: the word of each week that has one.
func weeks(page string) []string {
	var list []string
	for _, m := range regexp.MustCompile(`<td[^>]*title="([^"]* 这一周：[^"]*)"`).FindAllStringSubmatch(page, -1) {
		list = append(list, m[1])
	}
	return list
}

// The map of one duty, counted by hand.
func TestTheMapOfDuties(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		c := s.as(t, "clerk")
		if page := c.page("/duty"); !strings.Contains(page, "还没有常态任务") {
			t.Error("without duties the page does not say what would fill it")
		}
		s.fridays()
		page := c.page("/duty")
		got := strings.Join(weeks(page), "；")
		// 1 May is a holiday and as the rule says nothing of it stays on its day; it and 8 May are missed by 25 May, 15 May is
		// cancelled, 22 May is past its day and within its grace, the one of this week can be done already, and those of June are to come.
		want := "4月13日 这一周：按时；4月20日 这一周：迟办；4月27日 这一周：漏办；5月4日 这一周：漏办；5月11日 这一周：取消；5月18日 这一周：待办；" +
			"5月25日 这一周：待办；6月1日 这一周：未到；6月8日 这一周：未到；6月15日 这一周：未到；6月22日 这一周：未到"
		if got != want {
			t.Errorf("the weeks are\n%s\nwant\n%s", got, want)
		}
		text := plain(page)
		for _, want := range []string{"应办 5 次：按时 1、迟办 1、漏办 2、到期未报 1。另取消 1 次", "1 /5 迟 1 漏 2 未报 1", "刚漏 2 次", "各村（每村一行）", "东槐村 排水沟巡查", "每周五",
			"漏 2 次 东槐村 排水沟巡查 5月1日、5月8日；另迟办 1 次", "之后 5 个工作日内补上算迟办", "近 22 周与今后 4 周"} {
			if !strings.Contains(text, want) {
				t.Errorf("the page lacks %q: %s", want, text)
			}
		}
		// What was missed and is made up for stays red.
		s.reports("village", "排水沟巡查", "2026-05-08", "补清")
		if text := plain(c.page("/duty")); !strings.Contains(text, "漏办 2、到期未报 1。 漏办的后来补了 1 次") && !strings.Contains(text, "漏办 2、到期未报 1。漏办的后来补了 1 次") {
			t.Errorf("made up: %s", text)
		}
		if page := c.page("/duty?missed=1&range=year"); len(weeks(page)) < 12 {
			t.Errorf("the year shows %d weeks", len(weeks(page)))
		}
		office := s.unit("财政所")
		if page := c.page(fmt.Sprintf("/duty?unit=%d", office.ID)); !strings.Contains(page, "没有符合条件的任务") {
			t.Error("an office without duties shows some")
		}
		if page := s.as(t, "stranger").page("/duty"); strings.Contains(page, "排水沟") {
			t.Error("another town sees it")
		}
		// The district sees its towns and goes on from there.
		d := s.as(t, "district")
		towns := d.page("/duty")
		if !strings.Contains(plain(towns), "栖禾镇 1 5 1 1 2 1") {
			t.Errorf("the towns: %s", plain(towns))
		}
		if page := d.page(unescape(between(towns, `<td class="what"><a href="`, `"`))); !strings.Contains(page, "排水沟巡查") {
			t.Error("the town does not lead to its map")
		}
		if a := c.get("/duty.xlsx"); a.status != http.StatusOK || !strings.HasPrefix(a.body, "PK") || !strings.Contains(a.header.Get("Content-Disposition"), "xlsx") {
			t.Errorf("the table: %d", a.status)
		}
	})
}

// Several occurrences in one week show the worst with its number.
func TestAWeekOfSeveral(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	s.order(1, 1, "village", "东槐村", "政府街巡查", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR")
	for _, day := range []string{"2026-04-20", "2026-04-21", "2026-04-22"} {
		s.at(day)
		s.reports("village", "政府街巡查", day, "巡查一遍")
	}
	s.at("2026-05-11")
	page := s.as(t, "clerk").page("/duty")
	got := strings.Join(weeks(page)[:2], "；")
	if want := "4月13日 这一周：漏办 2；4月20日 这一周：按时 3、漏办 2"; got != want {
		t.Errorf("the weeks are %s, want %s", got, want)
	}
	if !strings.Contains(page, `<use href="#k-miss"/></svg><i aria-hidden="true">2</i>`) {
		t.Error("the number of the worst mark is not to be seen")
	}
}

// The workbench counts by hand: what is due, what waits, what is wrong, and each row has its one step.
func TestTheWorkbench(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		c := s.as(t, "clerk")
		// 16 April: findings 1 and 4 were due on 31 March, finding 3 is due today, finding 2 on 30 April, ten working days on.
		text := plain(c.page("/work"))
		for _, want := range []string{"4月16日 星期四 今天到期 1 件，超期 2 件。", "0 待签收", "1 今天到期", "1 临期", "2 超期", "0 等我复核", "0 反弹",
			"超期 2 件", "超 11 工作日 1 理论学习不够深入", "还没有交办到人", "今天到期 1 件", "10 个工作日内到期 1 件", "剩 10 工作日 2 推进乡村振兴", "没有等您看的",
			"缺口", "悬空", "未交办", "2月3日 反馈", "12月31日 最后 1 个到期"} {
			if !strings.Contains(text, want) {
				t.Errorf("the page lacks %q: %s", want, text)
			}
		}
		page := c.page("/work")
		if n := strings.Count(page, "/assign\">交办</a>"); n != 4 {
			t.Errorf("%d of 4 findings without a task can be given out", n)
		}
		// Given and reported: a reminder can be sent for what is late, and what was reported waits for a review.
		s.order(3, 0, "village", "财政所", "清理合同", "")
		s.order(1, 2, "village", "东槐村", "疏通排水沟", "")
		text = plain(c.page("/work"))
		for _, want := range []string{"2 待签收", "财政所 清理合同 问题 1 农村集体", "催办"} {
			if !strings.Contains(text, want) {
				t.Errorf("with tasks the page lacks %q: %s", want, text)
			}
		}
		if page := c.page("/work"); !strings.Contains(page, `action="/letter"`) || !strings.Contains(page, fmt.Sprintf(`name="finding" value="%d"`, s.findings()[3].ID)) || !strings.Contains(page, `name="kind" value="remind"`) {
			t.Error("no reminder can be sent for what is late")
		}
		s.reports("village", "疏通排水沟", "2026-04-30", "疏通三处")
		text = plain(c.page("/work"))
		for _, want := range []string{"1 待签收", "1 等我复核", "疏通排水沟 东槐村 郝根生·佐证 1 份 疏通三处 今天", "，1 份等您看。", "已交办，还没有销号"} {
			if !strings.Contains(text, want) {
				t.Errorf("with a report the page lacks %q: %s", want, text)
			}
		}
		if nav := plain(between(c.page("/work"), `aria-label="主导航">`, `</nav>`)); !strings.HasPrefix(nav, "工作台 1 台账") {
			t.Errorf("the bar says %s", nav)
		}
		if nav := plain(between(s.as(t, "village").page("/ledger"), `aria-label="主导航">`, `</nav>`)); !strings.HasPrefix(nav, "今天要办的 2 台账") {
			t.Errorf("the bar of the village says %s", nav)
		}
		if text := plain(s.as(t, "village").page("/today")); !strings.Contains(text, "今天要办的 2 件") {
			t.Errorf("the list of today counts otherwise: %s", text)
		}
		// The one who reported does not review it; another town sees none of it.
		if text := plain(s.as(t, "stranger").page("/work")); !strings.Contains(text, "没有要办的") || !strings.Contains(text, "没有发现不对的地方") {
			t.Errorf("another town: %s", text)
		}
		if text := plain(s.as(t, "district").page("/work")); !strings.Contains(text, "栖禾镇 5 个 ，超期 2") {
			t.Errorf("the district: %s", text)
		}
		if text := plain(c.page("/work?mine=1")); !strings.Contains(text, "没有您经办的") {
			t.Errorf("mine: %s", text)
		}
		for show, want := range map[string]string{"receive": "财政所 清理合同", "today": "3 惠农利民政策", "soon": "推进乡村振兴", "late": "清理合同", "review": "疏通三处", "relapsed": "没有要办的", "scan": "没有措施回应"} {
			if text := plain(c.page("/work?show=" + show)); !strings.Contains(text, want) || !strings.Contains(text, "回工作台") {
				t.Errorf("%s lacks %q: %s", show, want, text)
			}
		}
	})
}

// The load of people and the asks of villages, counted by hand.
func TestLoadAndBurden(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.fridays()
		c := s.as(t, "clerk")
		// May: the Fridays 1, 8, 15, 22 and 29, of which the 15th is cancelled; the 1st and 8th are missed, two are open, one of them past its day.
		text := plain(c.page("/load"))
		for _, want := range []string{"东槐村 1 人 1 4 0 0 2 2 1", "郝根生 1 4 0 0 2 2 1", "合计 1 人 1 4 0 0 2 2 1", "不排名", "2026年5月"} {
			if !strings.Contains(text, want) {
				t.Errorf("the page lacks %q: %s", want, text)
			}
		}
		// April has the 17th and 24th; from June on every Friday of the year is scheduled.
		if want := "东槐村 — — — 2 4 4 5 4 4 5 4 4 36 柳荫村 — — — — — — — — — — — — 0 合计 2 个村 0 0 0 2 4 4 5 4 4 5 4 4 36"; !strings.Contains(text, want) {
			t.Errorf("the burden is not %q: %s", want, text)
		}
		if text := plain(c.page("/load?month=2026-04")); !strings.Contains(text, "郝根生 1 2 1 1 0 0 0") {
			t.Errorf("April: %s", text)
		}
		if a := s.as(t, "village").get("/load"); a.status != http.StatusForbidden {
			t.Errorf("the village gets the load of others: %d", a.status)
		}
		if text := plain(s.as(t, "district").page("/load")); !strings.Contains(text, "栖禾镇 1 人 1 4 0 0 2 2 1") || !strings.Contains(text, "栖禾镇 2 个村 — — — 2 4") {
			t.Errorf("the district: %s", text)
		}
	})
}

// Settings need a source, are the root's, and change the lights at once.
func TestSettings(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		c := s.as(t, "clerk")
		if page := c.page("/settings"); !strings.Contains(page, "只看") || strings.Contains(page, "<form action=\"/settings") || !strings.Contains(plain(page), "黄色预警") {
			t.Error("a town's clerk does not read them, or may change them")
		}
		if a := c.post("/settings/yellow", "version", "0", "value", "5", "source", "某文件"); a.status != http.StatusForbidden {
			t.Errorf("a town's clerk changes them: %d", a.status)
		}
		s.people["district"] = s.staff("临澜区", "qu", "苏闻笛", org.Clerk)
		d := s.as(t, "qu")
		if a := d.post("/settings/yellow", "version", "0", "value", "5", "source", " "); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写明是哪份文件规定的") || !strings.Contains(a.body, `name="value" inputmode="numeric" size="4" value="5"`) {
			t.Errorf("without a source: %d", a.status)
		}
		if a := d.post("/settings/yellow", "version", "0", "value", "五", "source", "某文件"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "不是整数") {
			t.Errorf("no number: %d", a.status)
		}
		if text := plain(c.page("/work")); !strings.Contains(text, "1 临期") {
			t.Fatalf("before: %s", text)
		}
		if a := d.post("/settings/yellow", "version", "0", "value", "5", "source", "临巡发〔2026〕4号"); a.status != http.StatusSeeOther {
			t.Fatalf("saving: %d %s", a.status, plain(a.body))
		}
		if a := d.post("/settings/yellow", "version", "0", "value", "7", "source", "另一份"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "刚有人改过") {
			t.Errorf("on an old page: %d", a.status)
		}
		// Ten working days are no longer 临期, neither at the workbench nor in the row of the ledger.
		if text := plain(c.page("/work")); !strings.Contains(text, "0 临期") {
			t.Errorf("after: %s", text)
		}
		if page := c.page("/ledger"); strings.Contains(page, `st-soon"><svg class="lt" aria-hidden="true"><use href="#l-soon"/></svg>剩 10 工作日`) {
			t.Error("the ledger keeps the old light")
		}
		if text := plain(c.page("/settings")); !strings.Contains(text, "临巡发〔2026〕4号") {
			t.Error("the source is not shown")
		}
	})
}

// staff adds somebody who can sign in.
func (s *site) staff(unit, login, name string, role org.Role) org.Person {
	s.t.Helper()
	u := s.unit(unit)
	p := org.Person{Name: name, Role: role, Unit: u}
	s.must(s.db.Write(s.t.Context(), func(tx *store.Tx) (err error) {
		p.ID, err = org.AddStaff(s.t.Context(), tx, org.Program, u, name, "", role, login, password)
		return err
	}))
	s.people[login] = p
	return p
}

// A year is imported with its source, the lights count by it, and windows are entered where one may.
func TestTheCalendarPage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff("临澜区", "qu", "苏闻笛", org.Clerk)
		c, d := s.as(t, "clerk"), s.as(t, "qu")
		page := c.page("/calendar")
		for _, want := range []string{"缺 2027年", "劳动节 5月1日 至 5月5日 放假 5", "劳动节 5月9日 上班（调休） 1", "由区里的管理员或经办人导入", "还没有登记过"} {
			if !strings.Contains(plain(page), want) {
				t.Errorf("the page lacks %q: %s", want, plain(page))
			}
		}
		if a := c.post("/calendar/year", "text", "2027-01-01 2027-01-03 off 元旦", "source", "某通知"); a.status != http.StatusForbidden {
			t.Errorf("a town imports a year: %d", a.status)
		}
		if a := d.post("/calendar/year", "text", "2027-01-01 off", "source", "国办发明电〔2026〕9号"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "第1行") || !strings.Contains(a.body, "2027-01-01 off</textarea>") {
			t.Errorf("a broken text: %d %s", a.status, plain(a.body))
		}
		if a := d.post("/calendar/year", "text", "2027-01-01 2027-01-03 off 元旦", "source", "国办发明电〔2026〕9号"); a.status != http.StatusSeeOther || a.to != "/calendar?year=2027" {
			t.Fatalf("importing: %d %s", a.status, plain(a.body))
		}
		text := plain(c.page("/calendar?year=2027"))
		if strings.Contains(text, "缺 2027年") || !strings.Contains(text, "元旦 1月1日 至 1月3日 放假 3") || !strings.Contains(text, "国办发明电〔2026〕9号") {
			t.Errorf("2027: %s", text)
		}
		// Events: a rule that is bound to one gets its tasks.
		s.order(1, 2, "village", "东槐村", "清雪除冰", "X-EVENT=雨雪天")
		if a := c.post("/calendar/event", "name", "雨雪天", "from", "2026-04-18", "to", "2026-04-17", "unit", fmt.Sprint(s.town.ID)); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "止不能早于起") {
			t.Errorf("an event that ends before it begins: %d", a.status)
		}
		if a := c.post("/calendar/event", "name", "雨雪天", "from", "2026-04-18", "to", "2026-04-19", "unit", fmt.Sprint(s.town.ID)); a.status != http.StatusSeeOther {
			t.Fatalf("an event: %d %s", a.status, plain(a.body))
		}
		if text := plain(c.page("/calendar")); !strings.Contains(text, "雨雪天 4月18日 至 4月19日 栖禾镇及下级") {
			t.Errorf("the event is not listed: %s", text)
		}
		list, err := duty.List(t.Context(), s.db, duty.Filter{DueFrom: "2026-04-18", DueTo: "2026-04-20"})
		if s.must(err); len(list) == 0 || list[0].Title != "清雪除冰" {
			t.Errorf("the event makes %d tasks", len(list))
		}
		other := s.unit("双堰镇")
		if a := c.post("/calendar/event", "name", "雨雪天", "from", "2026-04-18", "to", "2026-04-19", "unit", fmt.Sprint(other.ID)); a.status != http.StatusForbidden {
			t.Errorf("an event in another town: %d", a.status)
		}
	})
}
