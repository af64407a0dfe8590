package web_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/store"
	"bihuan/store/storetest"
)

// give hands measures of a finding to the village, as the clerk would.
func (s *site) give(t *testing.T, finding int, list ...ledger.Assignment) {
	t.Helper()
	village := s.people["village"]
	for i := range list {
		a := &list[i]
		if a.Unit == 0 {
			a.Unit, a.Staff = village.Unit.ID, village.ID
		}
		if a.Part == "" {
			a.Part = duty.Lead
		}
	}
	if err := ledger.Assign(t.Context(), s.db, calendar.Published(), s.people["clerk"], s.findings()[finding].ID, list); err != nil {
		t.Fatal(err)
	}
}

// errands gives the village a single task that is due today, a weekly patrol and one for later, and lets four weeks pass.
func (s *site) errands(t *testing.T) {
	t.Helper()
	s.now = time.Date(2026, 3, 18, 9, 20, 0, 0, time.Local)
	s.give(t, 1, ledger.Assignment{Measure: 2, Title: "疏通巷道排水", Rule: "FREQ=WEEKLY;BYDAY=FR", Reviewed: true},
		ledger.Assignment{Measure: 0, Title: "定一个增收项目", Due: "2026-06-30", Reviewed: true})
	s.give(t, 2, ledger.Assignment{Measure: 0, Title: "明白卡入户", Due: "2026-04-16", Reviewed: true})
	s.at("2026-04-16")
}

// occurrence finds one of the village by its title and due day.
func (s *site) occurrence(t *testing.T, title, due string) duty.Occurrence {
	t.Helper()
	list, err := duty.List(t.Context(), s.db, duty.Filter{Staff: s.people["village"].ID, DueFrom: due, DueTo: due})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		if o.Title == title {
			return o
		}
	}
	t.Fatalf("no %s due %s", title, due)
	return duty.Occurrence{}
}

func TestTodayList(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.errands(t)
		c := s.as(t, "village")
		text := plain(c.page("/today"))
		for _, want := range []string{
			"东槐村 郝根生 大字", "今天要办的 5 件 4月16日 星期四 要办 2 件，待签收 3 项", "全部签收", "疏通巷道排水（每周五，节假日照常）", "全部签收",
			"疏通巷道排水 4月10日到期，超 6 天", "明白卡入户 今天到期 政策明白卡入户", "漏办的，可以补录", "疏通巷道排水 4月3日到期，已漏办，可以补录",
			"往后几天到期，可以先办 疏通巷道排水 4月17日到期，还有 1 天", "更晚到期的 1 件 定一个增收项目 6月30日到期",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the list lacks %q: %s", want, text)
			}
		}
		if first, second := strings.Index(text, "超 6 天"), strings.Index(text, "今天到期"); first > second {
			t.Error("what is overdue does not come first")
		}
		if a := c.post("/today/receive"); a.status != http.StatusSeeOther {
			t.Fatalf("receiving: %d", a.status)
		}
		if text := plain(c.page("/today")); strings.Contains(text, "待签收") || !strings.Contains(text, "已签收 3 项") {
			t.Error("received, and still waiting: " + text)
		}
		if text := plain(s.as(t, "leader").page("/today")); !strings.Contains(text, "今天没有要办的") || !strings.Contains(text, "都办完了") {
			t.Error("an empty list does not say so: " + text)
		}
		// A letter about the finding says who chased.
		clerk := s.people["clerk"]
		id, err := ledger.Draft(t.Context(), s.db, calendar.Published(), clerk, s.findings()[1].ID, ledger.Remind)
		if err != nil {
			t.Fatal(err)
		}
		if err := ledger.SendLetter(t.Context(), s.db, clerk, id, 1); err != nil {
			t.Fatal(err)
		}
		if text := plain(c.page("/today")); strings.Contains(text, "催办") {
			t.Error("a letter to another unit chases the village: " + text)
		}
		// Large letters are remembered on the device.
		if a := c.post("/today/big", "big", "1", "back", "/today"); a.to != "/today" {
			t.Errorf("large letters lead to %s", a.to)
		}
		if page := c.page("/today"); !strings.Contains(page, `class="on-phone big"`) || !strings.Contains(page, "小字") {
			t.Error("large letters are forgotten")
		}
		if a := c.post("/today/big", "big", "0", "back", "//elsewhere.example/today"); a.to != "/today" {
			t.Errorf("the switch leads out of the site to %s", a.to)
		}
	})
}

func TestReportFromThePhone(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.errands(t)
		c := s.as(t, "village")
		o := s.occurrence(t, "明白卡入户", "2026-04-16")
		path := fmt.Sprintf("/today/%d", o.ID)
		page := c.page(path)
		if text := plain(page); !strings.Contains(text, "政策明白卡入户，村级公示栏每季度更新一次") || !strings.Contains(text, "加一张照片（不是必须）") || strings.Contains(text, "迟办") {
			t.Errorf("the form: %s", text)
		}
		form := reportForm(page)
		if a := c.send(path, clone(form), "said", " "); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写一句") {
			t.Errorf("without a sentence: %d", a.status)
		}
		a := c.photo(path, form, "明白卡发到 212 户", "公示栏.png")
		if a.status != http.StatusSeeOther || a.to != path+"/receipt" {
			t.Fatalf("reporting: %d %s %s", a.status, a.to, plain(a.body))
		}
		receipt := plain(c.page(a.to))
		for _, want := range []string{"镇里已收到 0416-001 明白卡入户 4月16日 09:20", "您报的 明白卡发到 212 户", "材料 公示栏.png", "谁来看 贺晓雨（党政办经办人）", "记作 按时", "办下一件（还有 1 件）"} {
			if !strings.Contains(receipt, want) {
				t.Errorf("the receipt lacks %q: %s", want, receipt)
			}
		}
		items, err := evidence.OfOccurrence(t.Context(), s.db, o.ID)
		if err != nil || len(items) != 1 || items[0].Media != "image/png" {
			t.Errorf("the photo: %+v %v", items, err)
		}
		// Sent twice it is there once.
		if a := c.photo(path, form, "明白卡发到 212 户", "公示栏.png"); a.status != http.StatusSeeOther {
			t.Errorf("sent twice: %d", a.status)
		}
		if items, _ := evidence.OfOccurrence(t.Context(), s.db, o.ID); len(items) != 1 {
			t.Errorf("sent twice there are %d photos", len(items))
		}
		if text := plain(c.page("/today")); !strings.Contains(text, "这几天办过的 明白卡入户 4月16日 09:20 已收到 编号 0416-001，等复核") {
			t.Error("the list does not show what was done: " + text)
		}

		// What is late says so before; what was missed asks why.
		late := s.occurrence(t, "疏通巷道排水", "2026-04-10")
		path = fmt.Sprintf("/today/%d", late.ID)
		if page = c.page(path); !strings.Contains(page, "会记为“迟办”") || strings.Contains(page, `name="reason"`) {
			t.Error("the form of an overdue task does not say that it will be late")
		}
		if a := c.send(path, reportForm(page), "said", "后街两条沟清完"); a.status != http.StatusSeeOther {
			t.Fatalf("late: %d %s", a.status, plain(a.body))
		}
		if text := plain(c.page(path + "/receipt")); !strings.Contains(text, "记作 迟办 6 天") || !strings.Contains(text, "今天的都办完了") {
			t.Error(text)
		}
		missed := s.occurrence(t, "疏通巷道排水", "2026-04-03")
		path = fmt.Sprintf("/today/%d", missed.ID)
		page = c.page(path)
		if !strings.Contains(page, "会记为“补录”") || !strings.Contains(page, `name="reason"`) {
			t.Error("the form of a missed task asks for no reason")
		}
		if a := c.send(path, reportForm(page), "said", "4月7日补清", "reason", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "4月7日补清</textarea>") {
			t.Errorf("made up for without a reason: %d", a.status)
		}
		if a := c.send(path, reportForm(page), "said", "4月7日补清", "reason", "清明放假，保洁员回家"); a.status != http.StatusSeeOther {
			t.Fatalf("made up for: %d", a.status)
		}
		if text := plain(c.page(path + "/receipt")); !strings.Contains(text, "补录，仍算漏办 清明放假，保洁员回家") {
			t.Error(text)
		}

		// Sent back it is first again, with who sent it back and why, and the words that were there.
		now, err := duty.OccurrenceByID(t.Context(), s.db, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := ledger.Decide(t.Context(), s.db, calendar.Published(), s.people["clerk"], o.ID, now.Version, duty.Decision{Opinion: "缺入户名单"}); err != nil {
			t.Fatal(err)
		}
		if text := plain(c.page("/today")); !strings.Contains(text, "明白卡入户 退回补充 贺晓雨 退回：“缺入户名单”") {
			t.Error("sent back: " + text)
		}
		page = c.page(fmt.Sprintf("/today/%d", o.ID))
		if !strings.Contains(page, "明白卡发到 212 户</textarea>") || !strings.Contains(plain(page), "退回补充 贺晓雨：缺入户名单") || !strings.Contains(plain(page), "已有材料：公示栏.png") {
			t.Error("the form of what was sent back: " + plain(page))
		}

		// Others see nothing of it; the clerk may enter it for the village.
		if a := s.as(t, "stranger").get(path); a.status != http.StatusNotFound {
			t.Errorf("another town opens it: %d", a.status)
		}
		open := s.occurrence(t, "疏通巷道排水", "2026-04-17")
		if text := plain(s.as(t, "clerk").page(fmt.Sprintf("/today/%d", open.ID))); !strings.Contains(text, "替 郝根生 填报") {
			t.Error("the clerk's form: " + text)
		}
	})
}

// A check of upkeep is answered by one of two choices; the sentence may be left out.
func TestCheckFromThePhone(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	s.errands(t)
	o := s.occurrence(t, "疏通巷道排水", "2026-04-10")
	// Only a closing gives checks; here the duty is made one, as a closing would.
	err := s.db.Write(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Exec(t.Context(), `update duty set part = 'check' where id = $1`, o.Duty); err != nil {
			return err
		}
		return journal.Append(t.Context(), tx, journal.Entry{Verb: "转长期坚持", Kind: "duty", Row: o.Duty})
	})
	if err != nil {
		t.Fatal(err)
	}
	c := s.as(t, "village")
	path := fmt.Sprintf("/today/%d", o.ID)
	page := c.page(path)
	if !strings.Contains(page, "保持住了") || !strings.Contains(page, "有反弹") || strings.Contains(between(page, "<textarea", ">"), "required") {
		t.Error("the form offers no choices, or wants a sentence too")
	}
	if a := c.send(path, reportForm(page), "said", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "保持住了") {
		t.Errorf("without a choice: %d", a.status)
	}
	if a := c.send(path, reportForm(page), "said", "", "result", "held"); a.status != http.StatusSeeOther {
		t.Fatalf("held: %d %s", a.status, plain(a.body))
	}
	if text := plain(c.page(path + "/receipt")); !strings.Contains(text, "您报的 保持住了 谁来看") {
		t.Error(text)
	}
}

// reportForm are the fields of a report as a browser would send them.
func reportForm(page string) map[string]string {
	form := map[string]string{}
	inside := between(page, `<form class="report"`, "</form>")
	for _, m := range regexp.MustCompile(`<input[^>]*>`).FindAllString(inside, -1) {
		if name := between(m, `name="`, `"`); name != "" && name != "photo" && (!strings.Contains(m, `type="radio"`) || strings.Contains(m, " checked")) {
			form[name] = unescape(between(m, `value="`, `"`))
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>`).FindAllStringSubmatch(inside, -1) {
		form[m[1]] = unescape(m[2])
	}
	return form
}

func clone(m map[string]string) map[string]string {
	c := map[string]string{}
	for k, v := range m {
		c[k] = v
	}
	return c
}

// photo sends a report with a picture.
func (c *client) photo(path string, form map[string]string, said, name string) answer {
	c.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range form {
		if k != "said" {
			_ = w.WriteField(k, v)
		}
	}
	_ = w.WriteField("said", said)
	part, err := w.CreateFormFile("photo", name)
	if err == nil {
		err = png.Encode(part, image.NewGray(image.Rect(0, 0, 40, 30)))
	}
	if err != nil {
		c.t.Fatal(err)
	}
	w.Close()
	r, err := http.NewRequest(http.MethodPost, c.site.url+path, &b)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return c.do(r)
}
