package web_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bihuan/calendar"
	"bihuan/lead"
	"bihuan/office"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web"
	"bihuan/web/browser"
)

// picture is a small photograph.
func picture(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 320, 240))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// handed gives the hits of the east to its village, and tells the duty.
func (l *leads) handed() int64 {
	l.t.Helper()
	ctx := l.t.Context()
	_, err := lead.HandOut(ctx, l.vault, l.db, l.calendar(), l.people["clerk"], l.run, l.findings()[0].ID, "2026-04-30", []lead.Handout{{Village: l.east.ID, Staff: l.people["village"].ID}})
	if err != nil {
		l.t.Fatal(err)
	}
	return l.hit(0).Duty
}

// photographed checks a hit of the village with a picture, as a phone sends it, and tells the check.
func (l *leads) photographed(t *testing.T, i int, more ...string) lead.Verification {
	t.Helper()
	h := l.hit(i)
	form := map[string]string{"version": fmt.Sprint(h.Version), "outcome": "right-pay", "method": "入户", "who": "郝根生"}
	for k := 0; k+1 < len(more); k += 2 {
		form[more[k]] = more[k+1]
	}
	if a := l.as(t, "village").upload(fmt.Sprintf("/verify/%d/%d", h.Duty, h.ID), form, map[string]string{"照片.png": picture(t)}); a.status != http.StatusSeeOther {
		t.Fatal(a.status, plain(a.body))
	}
	list, err := lead.Verifications(t.Context(), l.vault, h.ID)
	if err != nil || len(list) == 0 || list[len(list)-1].ProofFile == 0 {
		t.Fatal(list, err)
	}
	return list[len(list)-1]
}

// The picture that proves a check stands on the page for who decides on it, and is a click away for others; who opened it stands among the
// disclosures; it is deleted with a reason, from the phone or the desk.
func TestProofPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		l := s.leads()
		id := l.handed()
		x := l.photographed(t, 0)
		desk, phone := fmt.Sprintf("/hit/%d", l.hits[0]), fmt.Sprintf("/verify/%d/%d", id, l.hits[0])
		file := fmt.Sprintf("%s/proof?check=%d", desk, x.ID)
		clerk, village := s.as(t, "clerk"), s.as(t, "village")
		if page := clerk.page(desk); !strings.Contains(page, `<img src="`+file) {
			t.Error("who may confirm does not see the picture")
		}
		if page := village.page(phone); strings.Contains(page, "<img") || !strings.Contains(page, `href="`+file) || !strings.Contains(page, "看照片") {
			t.Error("the village is shown it unasked, or has no way to it")
		}
		if page := plain(s.as(t, "leader").page("/reveal?month=2026-04")); strings.Contains(page, "核实凭据") {
			t.Errorf("a page with a link counts as a look: %s", page)
		}
		for _, who := range []*client{clerk, clerk, village} {
			if a := who.get(file); a.status != http.StatusOK || a.header.Get("Content-Type") != "image/png" || a.body != picture(t) || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("the picture: %d %v", a.status, a.header)
			}
		}
		for login, status := range map[string]int{"stranger": http.StatusNotFound, "party": http.StatusForbidden, "district": http.StatusForbidden} {
			c := s.as(t, login)
			if a := c.get(file); a.status != status || strings.HasPrefix(a.body, "\x89PNG") {
				t.Errorf("%s: %d", login, a.status)
			}
			if a := c.post(desk+"/proof", "check", fmt.Sprint(x.ID), "version", fmt.Sprint(x.Version), "why", "拍错了人"); a.status != status {
				t.Errorf("%s deletes it: %d", login, a.status)
			}
		}
		for login, want := range map[string]bool{"leader": true, "clerk": false} {
			a := s.as(t, login).get("/reveal?month=2026-04")
			text := plain(a.body)
			if got := a.status == http.StatusOK && strings.Contains(text, "看核实照片 2 次") && strings.Contains(text, "查看 核实凭据的照片 东槐村 复核疑点") && strings.Contains(text, "郝根生") &&
				strings.Contains(text, "核实疑点"); got != want {
				t.Errorf("%s: %d %s", login, a.status, text)
			}
		}

		form := []string{"check", fmt.Sprint(x.ID), "version", fmt.Sprint(x.Version), "back", phone, "why"}
		if a := village.post(desk+"/proof", append(form, "错")...); a.status != http.StatusUnprocessableEntity || !strings.Contains(plain(a.body), "请写明为什么删") || !strings.Contains(a.body, `value="错"`) ||
			!strings.Contains(a.body, `class="phone"`) {
			t.Errorf("without a reason: %d %s", a.status, plain(a.body))
		}
		if a := village.post(desk+"/proof", append(form, "拍到了别人的证件")...); a.to != phone {
			t.Errorf("deleted: %d %q %s", a.status, a.to, plain(a.body))
		}
		for who, path := range map[*client]string{clerk: desk, village: phone} {
			if page := plain(who.page(path)); !strings.Contains(page, "照片已删除 拍到了别人的证件（郝根生") {
				t.Errorf("%s does not say so: %s", path, page)
			}
			if a := who.get(file); a.status != http.StatusNotFound {
				t.Errorf("it is still to be had: %d", a.status)
			}
		}
		if page := plain(clerk.page(desk)); !strings.Contains(page, "核实时的照片，SHA-256 ") {
			t.Error("the course of the hit does not tell")
		}
		if a := clerk.post(desk+"/confirm", "version", fmt.Sprint(l.hit(0).Version), "pass", "1"); a.status != http.StatusUnprocessableEntity || !strings.Contains(plain(a.body), "照片已删除，这次核实没有别的凭据") {
			t.Errorf("confirmed without any proof: %d %s", a.status, plain(a.body))
		}

		// After it was confirmed only the town office deletes it.
		x = l.photographed(t, 1, "proof", "户口簿首页")
		desk, phone = fmt.Sprintf("/hit/%d", l.hits[1]), fmt.Sprintf("/verify/%d/%d", id, l.hits[1])
		if a := clerk.post(desk+"/confirm", "version", fmt.Sprint(l.hit(1).Version), "pass", "1"); a.status != http.StatusSeeOther {
			t.Fatal(a.status, plain(a.body))
		}
		if page := village.page(phone); strings.Contains(page, "删除这份照片") {
			t.Error("the village is offered to delete what was confirmed")
		}
		page := clerk.page(desk)
		if strings.Contains(page, "<img") || !strings.Contains(page, "删除这份照片") {
			t.Error("the clerk is not offered to delete it, or is shown it unasked")
		}
		if a := clerk.post(desk+"/proof", "check", fmt.Sprint(x.ID), "version", between(page, `name="check" value="`+fmt.Sprint(x.ID)+`"><input type="hidden" name="version" value="`, `"`), "back", "//elsewhere.example", "why", "本人要求，〔2026〕3号"); a.to != desk {
			t.Errorf("deleted: %d %q", a.status, a.to)
		}
		if page := plain(clerk.page(desk)); !strings.Contains(page, "复核之后，本人要求，〔2026〕3号（贺晓雨") {
			t.Error(page)
		}
	})
}

// What cannot be looked at in a page is offered for download, and that is a look too.
func TestProofThatIsNoPicture(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	l := s.leads()
	desk := fmt.Sprintf("/hit/%d", l.hits[0])
	clerk := s.as(t, "clerk")
	if a := clerk.upload(desk+"/verify", map[string]string{"version": "1", "outcome": "right-pay", "method": "部门函", "who": "贺晓雨"}, map[string]string{"函.pdf": "%PDF-1.4 "}); a.status != http.StatusSeeOther {
		t.Fatal(a.status, plain(a.body))
	}
	page := s.as(t, "leader").page(desk)
	if strings.Contains(page, "<img") || !strings.Contains(page, "下载凭据") {
		t.Error("a scan is shown as a picture, or not offered")
	}
	if a := clerk.get(desk + "/proof"); a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d %v", a.status, a.header)
	}
	if text := plain(s.as(t, "leader").page("/reveal?month=2026-04")); !strings.Contains(text, "看核实照片 1 次") {
		t.Error(text)
	}
}

// The picture on the phone and at the desk, and what is left when it was deleted.
func TestBrowserProof(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	l := s.leads()
	id := l.handed()
	l.photographed(t, 0)
	l.photographed(t, 1, "proof", "户口簿首页，邻居两人证实")
	b := browser.Open(t)
	login := func(who string) {
		b.Go(s.url + "/login")
		b.Type("#login", who)
		b.Type("#password", password)
		b.Follow(".login .btn-go")
	}
	wide := func(where string) {
		t.Helper()
		if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			t.Errorf("%s is %d px too wide", where, over)
		}
	}
	b.Size(390, 844)
	login("village")
	b.Go(fmt.Sprintf("%s/verify/%d/%d", s.url, id, l.hits[0]))
	b.Click(".proof-drop summary")
	wide("the phone")
	small := browser.Eval[string](b, `Array.from(document.querySelectorAll("main a, main button, summary, .ctl")).filter(function (e) {
		var r = e.getBoundingClientRect(); return r.height > 0 && r.height < 44; }).map(function (e) { return e.className + " " + e.textContent; }).join("; ")`)
	if small != "" {
		t.Errorf("too small for a finger: %s", small)
	}
	b.Screenshot("proof-phone")
	b.Type(".proof-drop .ctl", "拍到了别人的证件")
	b.Follow(".proof-drop .btn")
	wide("the phone, deleted")
	b.Screenshot("proof-phone-deleted")
	b.Size(1366, 768)
	b.Go(s.url + "/login")
	b.Go(s.url + "/today")
	b.Follow(".ways .way")
	login("leader")
	b.Go(fmt.Sprintf("%s/hit/%d", s.url, l.hits[1]))
	b.Click(".proof-drop summary")
	wide("the desk")
	b.Screenshot("proof-desk")
	b.Go(fmt.Sprintf("%s/hit/%d", s.url, l.hits[0]))
	b.Screenshot("proof-desk-deleted")
	b.Go(s.url + "/reveal")
	wide("disclosures")
	b.Screenshot("proof-reveals")
}

// bearsNames serves the site with its residents to an administrator, with somebody of a number and what bears the same name without one.
func bearsNames(t testing.TB, url string) (s *site, number string) {
	t.Helper()
	s, _ = withBackups(t, url)
	server := httptest.NewServer(withoutNumbers(t, web.New(web.Config{DB: s.db, Residents: s.vault, Files: s.files, Calendar: calendar.Published(), Log: slog.New(slog.NewTextHandler(testLog{t}, nil))}).Handler()))
	t.Cleanup(server.Close)
	s.url = server.URL
	_, number = s.resident(t)
	village := s.people["village"].Unit.ID
	s.residentsRow(`insert into household (id, unit, village, number, head, team, gone, version) values ($1, $2, $3, '12', '张秀英', '二组', '', 1)`, s.town.ID, village)
	for i, day := range []string{"2026-03-02", "2026-04-01"} {
		s.residentsRow(`insert into request (id, unit, village, year, serial, received, channel, name, phone, benefit, said, staff, answered, answered_by, verdict, condition, advice, application, application_no, outcome, told, told_how, told_by, version)
			values ($1, $2, $3, '2026', $4, $5, 'oral', '张秀英', '', '高龄津贴', $6, 0, '', 0, '', '', '', 0, '', '', '', '', 0, 1)`, s.town.ID, village, i+1, day, s.vault.Seal("request.said", "问津贴"))
	}
	return s, number
}

// Erasing somebody by the number offers what bears the same name and no number, ticked by nobody; only what was ticked goes.
func TestErasePageOffersNamesakes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s, number := bearsNames(t, url)
		admin := s.as(t, "admin")
		const reason = "本人申请，〔2026〕3号"
		page := admin.post("/ops/erase/find", "text", number, "reason", reason).body
		text := plain(page)
		if !strings.Contains(text, "东槐村 群众诉求 诉求2026-1，2026年3月2日提出") || !strings.Contains(text, "东槐村 户主，户号12") || strings.Contains(between(page, "namesakes", "</fieldset>"), "checked") {
			t.Fatalf("what is offered: %s", text)
		}
		keys := keysIn(page)
		if len(keys) != 3 {
			t.Fatal(keys)
		}
		if a := admin.post("/ops/erase", "text", number, "reason", reason, "also", keys[0]); a.status != http.StatusUnprocessableEntity || strings.Count(between(a.body, "namesakes", "</fieldset>"), "checked") != 1 {
			t.Errorf("without the tick: %d, or what was ticked is lost", a.status)
		}
		if a := admin.post("/ops/erase", "text", number, "reason", reason, "sure", "1", "also", keys[0]); a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, plain(a.body))
		}
		left := func() string {
			t.Helper()
			list, err := store.All(t.Context(), s.vault, store.Value[string], `select name from person union all select name from request union all select head from household`)
			s.must(err)
			return strings.Join(list, " ")
		}
		if got := left(); strings.Count(got, "张秀英") != 2 || strings.Count(got, "［已删除］") != 2 {
			t.Errorf("left is %s", got)
		}
		// By the name, when the number is gone.
		page = admin.post("/ops/erase/find", "text", "张秀英", "reason", reason).body
		if keys = keysIn(page); len(keys) != 2 {
			t.Fatalf("by the name: %s", plain(page))
		}
		if a := admin.post("/ops/erase", "text", "张秀英", "reason", reason, "sure", "1"); a.status != http.StatusUnprocessableEntity || !strings.Contains(plain(a.body), "没有勾选哪一个") {
			t.Errorf("with none ticked: %d %s", a.status, plain(a.body))
		}
		if a := admin.post("/ops/erase", "text", "张秀英", "reason", reason, "sure", "1", "also", keys[0], "also", keys[1]); a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, plain(a.body))
		}
		if got := left(); strings.Contains(got, "张秀英") {
			t.Errorf("left is %s", got)
		}
	})
}

// teller enters a request of somebody else whose words name the person, and gives its id.
func (s *site) teller() int64 {
	return s.residentsRow(`insert into request (id, unit, village, year, serial, received, channel, name, phone, benefit, said, staff, answered, answered_by, verdict, condition, advice, application, application_no, outcome, told, told_how, told_by, version)
		values ($1, $2, $3, '2026', 9, '2026-04-02', 'oral', '郝大有', '', '高龄津贴', $4, 0, '', 0, '', '', '', 0, '', '', '', '', 0, 1)`, s.town.ID, s.people["village"].Unit.ID, s.vault.Seal("request.said", "邻居张秀英八十多了，耳朵背，托我来问津贴"))
}

// What others said of somebody is offered masked beside the rest, and only where it is ticked the name is taken out of it.
func TestErasePageOffersMentions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s, number := bearsNames(t, url)
		id := s.teller()
		said := func() string {
			t.Helper()
			sealed, err := store.One(t.Context(), s.vault, store.Value[string], `select said from request where id = $1`, id)
			s.must(err)
			text, err := s.vault.Unseal("request.said", sealed)
			s.must(err)
			return text
		}
		admin := s.as(t, "admin")
		const reason = "本人申请，〔2026〕3号"
		page := admin.post("/ops/erase/find", "text", number, "reason", reason).body
		offered := plain(page[strings.Index(page, "别处的话里提到"):])
		if !strings.Contains(offered, "东槐村 群众诉求 诉求2026-9，2026年4月2日提出 邻居张*英八十多了") || strings.Contains(offered, "郝大有") || strings.Contains(offered, "张秀英") {
			t.Errorf("what is offered: %s", offered)
		}
		keys := keysIn(page)
		key := fmt.Sprintf("request-words:%d", id)
		if len(keys) != 4 || !slices.Contains(keys, key) {
			t.Fatal(keys)
		}
		if a := admin.post("/ops/erase", "text", "张秀英", "reason", reason, "sure", "1", "also", keys[0]); a.status != http.StatusSeeOther || said() != "邻居张秀英八十多了，耳朵背，托我来问津贴" {
			t.Errorf("not ticked: %d, %s", a.status, said())
		}
		if a := admin.post("/ops/erase", "text", number, "reason", reason, "sure", "1", "also", key); a.status != http.StatusSeeOther || said() != "邻居某某八十多了，耳朵背，托我来问津贴" {
			t.Errorf("ticked: %d, %s", a.status, said())
		}
	})
}

// keysIn are the namesakes and mentions that a page offers.
func keysIn(page string) (keys []string) {
	for _, part := range strings.Split(page, `name="also" value="`)[1:] {
		key, _, _ := strings.Cut(part, `"`)
		keys = append(keys, key)
	}
	return keys
}

func TestBrowserEraseNamesakes(t *testing.T) {
	s, number := bearsNames(t, storetest.SQLite(t))
	s.teller()
	b := browser.Open(t)
	for name, width := range map[string]int{"wide": 1366, "narrow": 390} {
		b.Size(width, 768)
		b.Go(s.url + "/login?next=/ops/erase")
		if b.Count("input[name=login]") > 0 {
			b.Type("input[name=login]", "admin")
			b.Type("input[name=password]", password)
			b.Follow("form button")
		}
		b.Go(s.url + "/ops/erase")
		b.Type("#text", number)
		b.Type("#reason", "本人申请，〔2026〕3号")
		b.Follow("form[action='/ops/erase/find'] button")
		b.Wait("input[name=also]")
		b.Screenshot("erase-namesakes-" + name)
		if over := browser.Eval[float64](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
			t.Errorf("%s: %v pixels too wide", name, over)
		}
	}
}

// A list as an old Excel wrote it goes the way of every other, through LibreOffice; nothing of it is left where it was converted.
func TestOldWorkbookIsTaken(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		var rows []office.Row
		for i, line := range strings.Split(strings.TrimSpace(someResidents), "\n") {
			if i > 0 {
				rows = append(rows, office.Cells(strings.Split(line, ",")...))
			}
		}
		var columns []office.Column
		for _, title := range strings.Split(strings.SplitN(someResidents, "\n", 2)[0], ",") {
			columns = append(columns, office.Column{Title: title, Width: 10})
		}
		folder := t.TempDir()
		f, err := os.Create(filepath.Join(folder, "户籍.xlsx"))
		s.must(err)
		s.must(office.WriteXlsx(f, office.Book{Sheets: []office.Sheet{{Name: "东槐村", Title: "户籍人口", Table: office.Table{Columns: columns, Rows: rows}}}}))
		s.must(f.Close())
		out, err := exec.CommandContext(t.Context(), "soffice", "-env:UserInstallation=file://"+filepath.Join(folder, "profile"), "--headless", "--convert-to", "xls", "--outdir", folder, f.Name()).CombinedOutput()
		if err != nil {
			t.Fatalf("soffice (make test installs it): %v\n%s", err, out)
		}
		old, err := os.ReadFile(filepath.Join(folder, "户籍.xls"))
		s.must(err)
		if !bytes.HasPrefix(old, []byte("\xd0\xcf\x11\xe0")) {
			t.Fatalf("that is no old workbook: %.8q", old)
		}
		temp := t.TempDir()
		t.Setenv("TMPDIR", temp)
		c := s.as(t, "clerk")
		a := c.hand("户籍.xls", old, s.given("栖禾派出所")...)
		if a.status != http.StatusSeeOther {
			t.Fatal(a.status, plain(a.body))
		}
		page := c.page(a.to)
		if !strings.Contains(page, "990*************2X") || !strings.Contains(page, "王秀英") || strings.Contains(page, "99040819400805002X") {
			t.Errorf("the first rows: %s", plain(page))
		}
		if a := c.post(a.to+"/confirm", guessed(t, page)...); a.status != http.StatusSeeOther {
			t.Errorf("%d %s", a.status, plain(a.body))
		}
		if page := plain(c.page("/dataset")); !strings.Contains(page, "户籍.xls") || !strings.Contains(page, "2 ") {
			t.Error(page)
		}
		left, err := os.ReadDir(temp)
		if err != nil || len(left) > 0 {
			t.Errorf("left behind %v, %v", left, err)
		}
	})
}
