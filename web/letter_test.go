package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bihuan/calendar"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/report"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// versionOf is the version of the row that a page shows.
func versionOf(page string) string {
	return between(between(page, `name="version"`, ">"), `value="`, `"`)
}

// docx reads a downloaded paper.
func (c *client) docx(path string) string {
	c.t.Helper()
	a := c.get(path)
	if a.status != http.StatusOK || a.header.Get("Content-Type") != report.DocxType {
		c.t.Fatalf("GET %s: %d %s", path, a.status, a.header.Get("Content-Type"))
	}
	doc, err := office.Read(context.Background(), "x.docx", []byte(a.body))
	if err != nil {
		c.t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range doc.Parts[0].Paragraphs {
		b.WriteString(p.Text + "\n")
	}
	return b.String()
}

func TestLetters(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		if _, err := ledger.Ladder(t.Context(), s.db, calendar.Published()); err != nil {
			t.Fatal(err)
		}
		c := s.as(t, "clerk")
		page := c.page("/letter")
		text := plain(page)
		for _, want := range []string{"待签发 4", "整改提醒函", "整改督办单", "农业农村办公室", "红色预警", "黄色预警", "签发所选"} {
			if !strings.Contains(text, want) {
				t.Errorf("the drafts lack %q: %s", want, text)
			}
		}
		var picks []string
		for rest := page; ; {
			pick := between(rest, `name="pick" value="`, `"`)
			if pick == "" {
				break
			}
			picks = append(picks, pick)
			_, rest, _ = strings.Cut(rest, `value="`+pick)
		}
		if len(picks) != 4 {
			t.Fatalf("%d to tick", len(picks))
		}
		// Nobody else sees a draft.
		id := strings.Split(picks[0], ".")[0]
		if a := s.as(t, "village").get("/letter/" + id); a.status != http.StatusNotFound {
			t.Errorf("the village opens a draft: %d", a.status)
		}
		if text := plain(s.as(t, "village").page("/letter")); strings.Contains(text, "待签发") || !strings.Contains(text, "没有收到过函") {
			t.Error("the village's list: " + text)
		}
		if a := c.post("/letter/send"); a.status != http.StatusSeeOther {
			t.Errorf("nothing ticked: %d", a.status)
		}
		a := c.post("/letter/send", "pick", picks[0], "pick", picks[1], "pick", picks[1])
		if a.status != http.StatusSeeOther || !strings.Contains(plain(c.page(a.to)), "待签发 2 已发 2") {
			t.Errorf("sending: %d %s", a.status, plain(c.page("/letter")))
		}
		// A draft is changed and then sent; a stale version is told.
		path := "/letter/" + strings.Split(picks[2], ".")[0]
		page = c.page(path)
		if !strings.Contains(page, "〔签发时编号〕") || !strings.Contains(page, "你单位牵头的反馈问题") {
			t.Error("the draft: " + plain(page))
		}
		if a := c.post(path, "version", versionOf(page), "act", "save", "body", "", "copies", "", "reply_by", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "正文：不能为空") {
			t.Errorf("an empty letter: %d", a.status)
		}
		if a := c.post(path, "version", versionOf(page), "act", "save", "body", "请于本月底前办结。", "copies", "杜向荣", "reply_by", "2026-04-21"); a.status != http.StatusSeeOther {
			t.Fatalf("saving: %d", a.status)
		}
		if a := s.as(t, "colleague").post(path, "version", versionOf(page), "act", "send", "body", "别的话", "copies", "", "reply_by", ""); a.status != http.StatusConflict || !strings.Contains(a.body, "别的话</textarea>") {
			t.Errorf("a stale letter: %d", a.status)
		}
		page = c.page(path)
		if a := c.post(path, "version", versionOf(page), "act", "send", "body", "请于本月底前办结，并反馈。", "copies", "杜向荣", "reply_by", "2026-04-21"); a.status != http.StatusSeeOther {
			t.Fatalf("sending: %d %s", a.status, plain(a.body))
		}
		page = c.page(path)
		if text := plain(page); !strings.Contains(text, "〔2026〕") || !strings.Contains(text, "请于本月底前办结，并反馈。") || !strings.Contains(text, "中共栖禾镇委员会整改办 2026年4月16日") || strings.Contains(text, "改稿和签发") {
			t.Error("sent: " + text)
		}
		paper := c.docx(path + "/letter.docx")
		for _, want := range []string{"整改", "栖禾巡改", "请于本月底前办结，并反馈。", "中共栖禾镇委员会整改办", "2026年4月16日", "抄送：杜向荣"} {
			if !strings.Contains(paper, want) {
				t.Errorf("the paper lacks %q: %s", want, paper)
			}
		}
		// Dropped it is gone from the list.
		path = "/letter/" + strings.Split(picks[3], ".")[0]
		if a := c.post(path, "version", versionOf(c.page(path)), "act", "drop"); a.to != "/letter?state=draft" || strings.Contains(c.page(a.to), path) {
			t.Errorf("dropped: %d %s", a.status, a.to)
		}
		// By hand, to the village; it receives and answers.
		f := s.findings()[1]
		if err := ledger.EditDuty(t.Context(), s.db, s.people["clerk"], f.ID, f.Version, ledger.DutyEdit{Leader: f.Leader, Units: []string{"东槐村"}, Persons: []string{"郝根生"}, DueText: f.DueText, Due: f.Due}); err != nil {
			t.Fatal(err)
		}
		a = c.post("/letter", "finding", fmt.Sprint(f.ID), "kind", "supervise")
		if a.status != http.StatusSeeOther {
			t.Fatalf("drafting by hand: %d %s", a.status, plain(a.body))
		}
		path = a.to
		page = c.page(path)
		if a := c.post(path, "version", versionOf(page), "act", "send", "body", "请清理杂物。", "copies", "", "reply_by", "2026-04-20"); a.status != http.StatusSeeOther {
			t.Fatalf("sending by hand: %d", a.status)
		}
		v := s.as(t, "village")
		if text := plain(v.page("/today")); !strings.Contains(text, "整改督办单一封 等您签收 栖禾镇 贺晓雨 发来") {
			t.Error("the phone does not tell of it: " + text)
		}
		page = v.page(path)
		if !strings.Contains(plain(page), "待签收") {
			t.Error("the village's letter: " + plain(page))
		}
		if a := v.post(path, "version", versionOf(page), "act", "receive"); a.status != http.StatusSeeOther {
			t.Fatalf("receiving: %d", a.status)
		}
		page = v.page(path)
		if a := v.post(path, "version", versionOf(page), "act", "reply", "reply", " "); a.status != http.StatusUnprocessableEntity {
			t.Errorf("an empty answer: %d", a.status)
		}
		if a := v.post(path, "version", versionOf(page), "act", "reply", "reply", "4月20日前清完"); a.status != http.StatusSeeOther {
			t.Fatalf("answering: %d %s", a.status, plain(a.body))
		}
		if text := plain(c.page(path)); !strings.Contains(text, "反馈 郝根生 4月16日 09:20") || !strings.Contains(text, "4月20日前清完") || !strings.Contains(text, "已反馈") {
			t.Error("answered: " + text)
		}
		if a := s.as(t, "stranger").get(path); a.status != http.StatusNotFound {
			t.Errorf("another town opens it: %d", a.status)
		}
		// A warning is not the clerk's to send, and what was promised and not kept shows.
		s.at("2026-06-10")
		page = c.page("/letter?state=draft")
		if !strings.Contains(page, "整改告诫书") || !strings.Contains(page, "请由书记或区委巡察办签发") {
			t.Error("the warnings: " + plain(page))
		}
		at := strings.LastIndex(page[:strings.Index(page, ">整改告诫书</a>")], "/letter/")
		path = between(page[at-1:], `"`, `"`)
		page = c.page(path)
		if a := c.post(path, "version", versionOf(page), "act", "send", "body", "请说明。", "copies", "", "reply_by", ""); !strings.Contains(page, "告诫书由书记或区委巡察办签发") || a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请说明。</textarea>") {
			t.Errorf("the clerk sends a warning: %d", a.status)
		}
		if text := plain(c.page("/letter?state=sent")); !strings.Contains(text, "超期未反馈 应于4月21日前") {
			t.Error("unanswered: " + text)
		}
	})
}

// post makes the post of the town's propaganda member and gives it to the leader.
func (s *site) post(t *testing.T) org.Post {
	t.Helper()
	var p org.Post
	err := s.db.Write(t.Context(), func(tx *store.Tx) (err error) {
		if p, err = org.AddPost(t.Context(), tx, org.Program, s.town, "宣传委员", org.Leader, true); err != nil {
			return err
		}
		_, err = org.Hold(t.Context(), tx, org.Program, p.ID, s.people["leader"].ID, "2025-01-01", "区委任〔2025〕1号")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHandOver(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		post := s.post(t)
		leader := s.people["leader"]
		s.now = s.now.AddDate(0, 0, -29) // 18 March
		s.give(t, 0, ledger.Assignment{Measure: 0, Title: "组织集中学习", Rule: "FREQ=WEEKLY;BYDAY=FR", Unit: s.town.ID, Staff: leader.ID, Post: post.ID, Reviewed: true},
			ledger.Assignment{Measure: 1, Title: "建题库", Due: "2026-06-30", Unit: s.town.ID, Staff: leader.ID, Reviewed: true})
		s.at("2026-04-16")
		c := s.as(t, "clerk")
		colleague := s.people["colleague"]
		ask := fmt.Sprintf("/handover?way=post&post=%d&to=%d&basis=%s", post.ID, colleague.ID, "区委任〔2026〕9号")
		text := plain(c.page(ask))
		for _, want := range []string{"栖禾镇 宣传委员（孟昭宁）", "孟昭宁 交给 梁知远", "1 项没有停止的任务", "组织集中学习", "下次2026年4月17日到期；超期未办1次；漏办未补3次", "确认交接 1 项"} {
			if !strings.Contains(text, want) {
				t.Errorf("the preview lacks %q: %s", want, text)
			}
		}
		form := []string{"way", "post", "post", fmt.Sprint(post.ID), "to", fmt.Sprint(colleague.ID), "basis", "区委任〔2026〕9号"}
		if a := c.post("/handover", append(form[:6:6], "basis", "")...); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写明依据") {
			t.Errorf("without a basis: %d", a.status)
		}
		a := c.post("/handover", form...)
		if a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, "/handover/") {
			t.Fatalf("handing over: %d %s %s", a.status, a.to, plain(a.body))
		}
		sheet := a.to
		if again := c.post("/handover", form...); again.to != sheet {
			t.Errorf("sent twice it leads to %s, not %s", again.to, sheet)
		}
		text = plain(c.page(sheet))
		for _, want := range []string{"栖禾镇整改责任交接表", "移交人：孟昭宁 接收人：梁知远 岗位：宣传委员", "1 组织集中学习", "待签收", "超期未办1次", "区委任〔2026〕9号", "监交人（签字）"} {
			if !strings.Contains(strings.ReplaceAll(text, "理论学习不够深入，学用结合不紧，存在以会议传达代替学习研讨的现象 ", ""), want) {
				t.Errorf("the sheet lacks %q: %s", want, text)
			}
		}
		// What happens later changes nothing of it but the code, which is of the day it is printed.
		list, err := ledger.ToHandOver(t.Context(), s.db, colleague.ID, post.ID, "2026-04-16")
		if err != nil || len(list) != 1 {
			t.Fatalf("%v %v", list, err)
		}
		if err := ledger.StopDuty(t.Context(), s.db, leader, list[0].Duty, "不再需要"); err != nil {
			t.Fatal(err)
		}
		if got := plain(c.page(sheet)); codes.ReplaceAllString(got, "") != strings.Replace(codes.ReplaceAllString(text, ""), "已交接 ", "", 1) {
			t.Errorf("the sheet changed:\n%s\n%s", text, got)
		}
		if paper := c.docx(sheet + "/handover.docx"); !strings.Contains(paper, "组织集中学习") || !strings.Contains(paper, "移交人（签字）") || !strings.Contains(paper, "漏办未补3次") {
			t.Error(paper)
		}
		// Somebody leaves: everything else goes too. What a post holds goes with the post.
		if text := plain(c.page(fmt.Sprintf("/handover?way=person&from=%d&to=%d", colleague.ID, leader.ID))); strings.Contains(text, "请先交岗位") {
			t.Error("nothing open belongs to the post any more: " + text)
		}
		a = c.post("/handover", "way", "person", "from", fmt.Sprint(leader.ID), "to", fmt.Sprint(colleague.ID), "basis", "调离")
		if text := plain(c.page(a.to)); !strings.Contains(text, "建题库") || strings.Contains(text, "组织集中学习") || !strings.Contains(text, "2026年6月30日到期，未办") {
			t.Errorf("leaving: %s", text)
		}
		if text := plain(c.page("/handover")); !strings.Contains(text, "交接过的 2 次") {
			t.Error(text)
		}
		if a := s.as(t, "village").get("/handover"); a.status != http.StatusForbidden {
			t.Errorf("the village hands over: %d", a.status)
		}
		if a := s.as(t, "stranger").get(sheet); a.status != http.StatusNotFound {
			t.Errorf("another town sees the sheet: %d", a.status)
		}
	})
}

func TestMonthPage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.errands(t)
		c := s.as(t, "clerk")
		page := c.page("/month")
		text := plain(page)
		for _, want := range []string{"栖禾镇巡察整改月报", "2026年4月，到今天为止", "问题总数 5 0 增5", "正在整改 5 0 增5", "漏办 1 2 减1", "本期到期 3 2 增1", "完成率 0%（0÷5", "超期未完和原因 2 个问题"} {
			if !strings.Contains(text, want) {
				t.Errorf("the page lacks %q: %s", want, text)
			}
		}
		// Every number leads to a list of just so many.
		shown := 0
		for rest := page; ; {
			link := between(rest, `<a href="/month?month=`, `"`)
			if link == "" {
				break
			}
			_, rest, _ = strings.Cut(rest, link)
			link = "/month?month=" + link
			n := between(rest, "<b>", "</b>")
			list := between(c.page(strings.TrimSuffix(unescape(link), "#items")), `id="items"`, "</section>")
			if got := fmt.Sprint(strings.Count(list, `<td class="what">`)); got != n {
				t.Errorf("%s says %s and lists %s", link, n, got)
			}
			shown++
		}
		if shown < 25 {
			t.Errorf("only %d numbers lead anywhere", shown)
		}
		if paper := c.docx("/month.docx?month=2026-04"); !strings.Contains(paper, "共有反馈问题5个") || !strings.Contains(paper, "漏办") || !strings.Contains(paper, "中共栖禾镇委员会整改办") {
			t.Error(paper)
		}
		if a := c.get("/month.xlsx?month=2026-03"); a.status != http.StatusOK || a.header.Get("Content-Type") != report.XlsxType {
			t.Errorf("the workbook: %d", a.status)
		}
		if a := c.get("/month?month=2026-13"); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a month that there is not: %d", a.status)
		}
		if a := s.as(t, "village").get("/month"); a.status != http.StatusForbidden {
			t.Errorf("a village asks for the report: %d", a.status)
		}
		if a := s.as(t, "stranger").get(fmt.Sprintf("/month?unit=%d", s.town.ID)); a.status != http.StatusNotFound {
			t.Errorf("another town's month: %d", a.status)
		}
	})
}

func TestBrowserLetters(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	post := s.post(t)
	s.errands(t)
	s.give(t, 0, ledger.Assignment{Measure: 0, Title: "组织机关干部集中学习", Rule: "FREQ=WEEKLY;BYDAY=FR", Unit: s.town.ID, Staff: s.people["leader"].ID, Post: post.ID, Reviewed: true})
	b := s.signIn(t, "clerk")
	narrow := func(where string) {
		t.Helper()
		b.Size(390, 844)
		if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			t.Errorf("%s is %d px too wide on a phone", where, over)
		}
		b.Screenshot("phone-" + where)
		b.Size(1366, 768)
	}
	b.Go(s.url + "/letter")
	b.Screenshot("letters")
	narrow("letters")
	b.Follow(".letters .what a")
	b.Screenshot("letter-draft")
	narrow("letter-draft")
	b.Follow(".edit [value=send]")
	b.Screenshot("letter")
	b.PDF("letter")
	b.Go(s.url + "/letter?state=draft")
	b.Follow(".send-end .btn-go")
	b.Go(s.url + "/letter?state=sent")
	b.Screenshot("letters-sent")

	b.Go(s.url + "/handover")
	b.Select("#post", fmt.Sprint(post.ID))
	b.Select("#to", fmt.Sprint(s.people["colleague"].ID))
	b.Type("#basis", "区委任〔2026〕9号")
	b.Follow(".edit .btn-go")
	b.Screenshot("handover")
	narrow("handover")
	b.Follow("footer .btn-go")
	b.Screenshot("handed")
	b.PDF("handed")
	narrow("handed")

	// Whoever it is for receives and answers it on a phone.
	f := s.findings()[1]
	if err := ledger.EditDuty(t.Context(), s.db, s.people["clerk"], f.ID, f.Version, ledger.DutyEdit{Leader: f.Leader, Units: []string{"东槐村"}, Persons: []string{"郝根生"}, DueText: f.DueText, Due: f.Due}); err != nil {
		t.Fatal(err)
	}
	id, err := ledger.Draft(t.Context(), s.db, calendar.Published(), s.people["clerk"], f.ID, ledger.Supervise)
	if err == nil {
		err = ledger.SendLetter(t.Context(), s.db, s.people["clerk"], id, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	phone := s.signIn(t, "village")
	phone.Size(390, 844)
	phone.Go(s.url + "/today")
	phone.Follow(".take .btn")
	phone.Screenshot("today-letter")
	phone.Follow(`.todo[href^="/letter/"]`)
	phone.Screenshot("phone-letter")
	phone.Follow("[value=receive]")
	phone.Click("#reply")
	phone.Press("杂物月底前清完")
	phone.Follow("[value=reply]")
	if text := phone.Text(".steps"); !strings.Contains(text, "郝根生") {
		t.Errorf("answered on the phone: %s", text)
	}
	if over := browser.Eval[int](phone, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		t.Errorf("the letter is %d px too wide", over)
	}

	b.Go(s.url + "/month?show=missed")
	b.Screenshot("month")
	b.PDF("month")
	narrow("month")
}
