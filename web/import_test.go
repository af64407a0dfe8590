package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web"
)

// importPaper is a short plan in which everything is there that the import pages show.
const importPaper = `柳塘镇党委关于区委巡察反馈意见的整改方案
2026年1月5日至2月10日，区委第二巡察组对柳塘镇党委进行了常规巡察，3月2日反馈了意见，现制定整改方案如下。
一、学习贯彻方面
1.理论学习不够深入。一是应知应会内容掌握不全面。二是以会议传达代替研讨。
整改措施：一是每月抽问应知应会内容，不少于10人。二是每季度围绕一个专题开展研讨；不定期开展回访。
责任单位：党政办
责任人：韩春梅
完成时限：2026年4月30日前
2.村内道路管护不到位。一是雨雪天道路积水结冰。
整改措施：一是排查道路积水点，疏通排水沟，东村每周巡查一次。
责任单位：东村
责任人：李四喜
完成时限：2026年5月底前，长期坚持
二、服务群众方面
1.高龄津贴发放不及时。一是高龄津贴存在应享未享。二是农家书屋长期锁门。
整改措施：一是每月比对年满80周岁人员名单，落实高龄津贴。
责任单位：柳塘镇党委
完成时限：x月x日前
`

// importSite is a running site with a district, a town, a village, and people who may and may not import.
type importSite struct {
	url   string
	db    *store.DB
	dir   string // of the documents
	town  org.Unit
	clerk org.Person
}

func newImportSite(t *testing.T, address string) importSite {
	t.Helper()
	ctx := context.Background()
	s := importSite{dir: filepath.Join(t.TempDir(), "files")}
	var err error
	if s.db, err = store.Open(ctx, address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.db.Close() })
	now := time.Date(2026, 3, 16, 9, 0, 0, 0, time.Local)
	s.db.Now = func() time.Time { return now }
	files, err := evidence.OpenFiles(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		unit := func(parent org.Unit, kind, name string) org.Unit {
			u, err := org.AddUnit(ctx, tx, org.Program, parent, kind, name, 0)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		staff := func(u org.Unit, name, post string, role org.Role, login string) {
			if _, err := org.AddStaff(ctx, tx, org.Program, u, name, post, role, login, "import-test-1"); err != nil {
				t.Fatal(err)
			}
		}
		district := unit(org.Unit{}, org.District, "云台区")
		s.town = unit(district, org.Town, "柳塘镇")
		other := unit(district, org.Town, "沙湾镇")
		east := unit(s.town, org.Village, "东村")
		unit(s.town, org.Office, "党政办")
		staff(s.town, "贺晓雨", "党政办经办人", org.Clerk, "clerk")
		staff(s.town, "韩春梅", "组织委员", org.Leader, "leader")
		staff(east, "李四喜", "村支书", org.Cadre, "cadre")
		staff(other, "外人", "经办人", org.Clerk, "stranger")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.clerk, err = org.Login(ctx, s.db, "clerk", "import-test-1"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(web.New(web.Config{DB: s.db, Files: files, Calendar: calendar.Published()}).Handler())
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// importUser is somebody with a browser that has no pictures.
type importUser struct {
	t      *testing.T
	site   importSite
	client *http.Client
}

func (s importSite) login(t *testing.T, login string) importUser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	u := importUser{t, s, &http.Client{Jar: jar}}
	u.post("/login", url.Values{"login": {login}, "password": {"import-test-1"}})
	return u
}

// importAnswer is what came back: the last address, the status and the text.
type importAnswer struct {
	path   string
	status int
	text   string
}

func (u importUser) do(r *http.Request) importAnswer {
	u.t.Helper()
	response, err := u.client.Do(r)
	if err != nil {
		u.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		u.t.Fatal(err)
	}
	return importAnswer{response.Request.URL.RequestURI(), response.StatusCode, string(text)}
}

func (u importUser) get(path string) importAnswer {
	u.t.Helper()
	r, err := http.NewRequest("GET", u.site.url+path, nil)
	if err != nil {
		u.t.Fatal(err)
	}
	return u.do(r)
}

func (u importUser) post(path string, form url.Values) importAnswer {
	u.t.Helper()
	r, err := http.NewRequest("POST", u.site.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		u.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return u.do(r)
}

// upload sends a file the way the form does.
func (u importUser) upload(fields map[string]string, name string, content []byte) importAnswer {
	u.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for k, v := range fields {
		if err := form.WriteField(k, v); err != nil {
			u.t.Fatal(err)
		}
	}
	w, err := form.CreateFormFile("file", name)
	if err != nil {
		u.t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		u.t.Fatal(err)
	}
	form.Close()
	r, err := http.NewRequest("POST", u.site.url+"/import", &b)
	if err != nil {
		u.t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	return u.do(r)
}

func (u importUser) newPlan(content string) importAnswer {
	u.t.Helper()
	return u.upload(map[string]string{"kind": ledger.NewPlan, "unit": fmt.Sprint(u.site.town.ID)}, "整改方案.txt", []byte(content))
}

// wants fails when the answer lacks one of the texts or has another status.
func (u importUser) wants(a importAnswer, status int, texts ...string) {
	u.t.Helper()
	if a.status != status {
		u.t.Errorf("%s: status %d, want %d", a.path, a.status, status)
	}
	for _, text := range texts {
		if !strings.Contains(a.text, text) {
			u.t.Errorf("%s: %q is not on the page", a.path, text)
			if path := os.Getenv("BIHUAN_TEST_PAGE"); path != "" {
				_ = os.WriteFile(path, []byte(a.text), 0o666)
			}
		}
	}
}

// leftovers counts what is in the database and among the documents.
func (s importSite) leftovers(t *testing.T) (imports, files int) {
	t.Helper()
	imports, err := store.One(t.Context(), s.db, store.Value[int], `select count(*) from import`)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(s.dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports, files
}

var versionField = regexp.MustCompile(`name="version" value="(\d+)"`)

// version is that of the import on a page.
func (a importAnswer) version(t *testing.T) string {
	t.Helper()
	m := versionField.FindStringSubmatch(a.text)
	if m == nil {
		t.Fatalf("%s: no version on the page", a.path)
	}
	return m[1]
}

func TestImportFromUploadToLedger(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		s := newImportSite(t, address)
		u := s.login(t, "clerk")
		u.wants(u.get("/import"), 200, "柳塘镇", "东村", "还没有方案在册")
		check := u.newPlan(importPaper)
		u.wants(check, 200, "核对读出来的内容", "读出 3 个问题", "理论学习不够深入", `data-k="措施"`, `id="x-m0.0.1"`, `href="#t-m0.0.1"`, `class="fq"`, "无措施")
		path := check.path
		u.wants(u.get("/import"), 200, "整改方案.txt", path)

		// Correct: split at a line break, link, give a person and a date.
		a := u.get(path + "?at=m0.0.1")
		u.wants(a, 200, "现在补上", "问题1 措施二", "回应哪些表现")
		a = u.post(path+"/correct", url.Values{"version": {a.version(t)}, "at": {"m0.0.1"}, "linked": {"1"}, "link": {"0", "1"}, "number": {"二是"},
			"text": {"每季度围绕一个专题开展研讨；\r\n不定期开展回访"}})
		u.wants(a, 200, "已更正", "措施三", "答表现一、二")
		a = u.post(path+"/correct", url.Values{"version": {a.version(t)}, "at": {"u1.0"}, "units": {"民政所"}, "persons": {"韩春梅（组织委员）"}, "leader": {""}})
		u.wants(a, 200, "已更正")
		a = u.post(path+"/correct", url.Values{"version": {a.version(t)}, "at": {"d1.0"}, "deadline_text": {"5月20日前"}, "deadline_date": {""}})
		u.wants(a, 200, "5月20日前", "5月20日")
		a = u.post(path+"/correct", url.Values{"version": {a.version(t)}, "at": {"a1.0.1"}, "number": {"二是"}, "text": {"农家书屋长期锁门"},
			"add_measure": {"每周开放三个半天，专人值守"}})
		u.wants(a, 200, "每周开放三个半天", "措施二")

		// What is wrong with a value is said at its field, and what was typed stays.
		bad := u.post(path+"/correct", url.Values{"version": {a.version(t)}, "at": {"d0.0"}, "deadline_text": {"2月30日前"}, "deadline_date": {""}})
		u.wants(bad, 422, `value="2月30日前"`, "日历上没有2月30日", `aria-invalid="true"`)

		confirm := u.get(path + "?confirm")
		u.wants(confirm, 200, "确认导入", "一、学习贯彻方面", "还没定的地方")
		after := u.post(path+"/confirm", url.Values{"version": {confirm.version(t)}})
		u.wants(after, 200, "每周开放三个半天", "农家书屋长期锁门")
		if !strings.HasPrefix(after.path, "/ledger?plan=") {
			t.Errorf("after confirming: %s", after.path)
		}
		u.wants(u.get(path), 200, "这里只能看")
		u.wants(u.post(path+"/confirm", url.Values{"version": {confirm.version(t)}}), 200, "理论学习不够深入") // twice is once
		if n, err := store.One(t.Context(), s.db, store.Value[int], `select count(*) from plan`); err != nil || n != 1 {
			t.Errorf("%d plans, %v", n, err)
		}
	})
}

func TestRevisionShowsTheDifference(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		s := newImportSite(t, address)
		u := s.login(t, "clerk")
		first := u.newPlan(importPaper)
		u.post(first.path+"/confirm", url.Values{"version": {first.version(t)}})
		plans, err := ledger.Plans(t.Context(), s.db, s.clerk)
		if err != nil || len(plans) != 1 {
			t.Fatalf("%d plans, %v", len(plans), err)
		}
		revised := strings.NewReplacer("2026年4月30日前", "2026年6月30日前", `2.村内道路管护不到位。一是雨雪天道路积水结冰。
整改措施：一是排查道路积水点，疏通排水沟，东村每周巡查一次。
责任单位：东村
责任人：李四喜
完成时限：2026年5月底前，长期坚持
`, "").Replace(importPaper) + `2.便民服务大厅排队久。一是窗口只开两个。
整改措施：一是增开两个窗口。
责任单位：党政办
责任人：韩春梅
完成时限：2026年5月15日前
`
		a := u.upload(map[string]string{"kind": ledger.Revision, "plan": fmt.Sprint(plans[0].ID), "unit": "0"}, "修订.txt", []byte(revised))
		u.wants(a, 200, "新增 1 个问题", "撤出 1 个", "看逐项差别")
		confirm := u.get(a.path + "?confirm")
		u.wants(confirm, 200, "＋ 2.", "便民服务大厅排队久", "－ 2.", "村内道路管护不到位", "2026年<mark>4</mark>月30日前", "2026年<mark>6</mark>月30日前")
		after := u.post(a.path+"/confirm", url.Values{"version": {confirm.version(t)}})
		u.wants(after, 200, "便民服务大厅排队久")
		if strings.Contains(after.text, "村内道路管护不到位") {
			t.Error("what the revision left out is still in the ledger")
		}
	})
}

func TestBadUploadsLeaveNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		s := newImportSite(t, address)
		u := s.login(t, "clerk")
		plan := map[string]string{"kind": ledger.NewPlan, "unit": fmt.Sprint(s.town.ID)}
		var zip = append([]byte("PK\x03\x04"), bytes.Repeat([]byte{0}, 200)...)
		ole := append([]byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}, bytes.Repeat([]byte{0}, 600)...)
		for _, c := range []struct {
			name    string
			content []byte
			want    []string
		}{
			{"空.docx", nil, []string{"读不了这份文件", "空"}},
			{"图.png", []byte("\x89PNG\r\n\x1a\n0000"), []string{"读不了这份文件"}},
			{"坏.docx", zip, []string{"读不了这份文件"}},
			{"坏.doc", ole, []string{"读不了这份文件"}},
			{"信.txt", []byte("各位同志：\n明天上午开会，请准时参加。\n"), []string{"没有读出反馈问题", "整改措施"}},
			{"没有表头.csv", []byte("甲,乙,丙\n1,2,3\n4,5,6\n"), []string{"读不了这份文件", "表头"}},
		} {
			a := u.upload(plan, c.name, c.content)
			u.wants(a, 422, append(c.want, `class="note note-gap trouble"`, `id="file"`)...)
		}
		u.wants(u.upload(plan, "", nil), 422, "没有选文件")
		u.wants(u.upload(map[string]string{"kind": ledger.NewPlan, "unit": "12345"}, "整改方案.txt", []byte(importPaper)), 404, "不在")
		u.wants(u.upload(map[string]string{"kind": ledger.Revision, "plan": "99"}, "整改方案.txt", []byte(importPaper)), 404, "不在")
		huge := u.upload(plan, "大.docx", bytes.Repeat([]byte("0"), 33<<20))
		u.wants(huge, 413, "超过 32 MB", "删去图片")
		if imports, files := s.leftovers(t); imports+files != 0 {
			t.Errorf("%d imports and %d files were left behind", imports, files)
		}
		u.wants(u.newPlan(importPaper), 200, "核对读出来的内容")
		again := u.newPlan(importPaper)
		u.wants(again, 409, "这份文件已经传过", "接着核对", `href="/import/`)
		if imports, files := s.leftovers(t); imports != 1 || files != 1 {
			t.Errorf("%d imports and %d files, want one of each", imports, files)
		}
	})
}

// A connection that breaks off in the middle of the file leaves nothing.
func TestLostConnectionLeavesNothing(t *testing.T) {
	s := newImportSite(t, storetest.SQLite(t))
	u := s.login(t, "clerk")
	address, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", address.Host)
	if err != nil {
		t.Fatal(err)
	}
	body := "--b\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nplan\r\n--b\r\nContent-Disposition: form-data; name=\"unit\"\r\n\r\n" +
		fmt.Sprint(s.town.ID) + "\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n" + importPaper
	var cookie string
	for _, c := range u.client.Jar.Cookies(address) {
		cookie = c.String()
	}
	fmt.Fprintf(conn, "POST /import HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n%s",
		address.Host, cookie, len(body)+5000, body)
	time.Sleep(50 * time.Millisecond) // until the server has read what there is
	conn.Close()
	time.Sleep(200 * time.Millisecond)
	if imports, files := s.leftovers(t); imports+files != 0 {
		t.Errorf("%d imports and %d files were left behind", imports, files)
	}
	u.wants(u.newPlan(importPaper), 200, "核对读出来的内容") // and nothing is in the way of a second try
}

func TestMergeNamesEveryWrongCell(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		s := newImportSite(t, address)
		u := s.login(t, "clerk")
		first := u.newPlan(importPaper)
		u.post(first.path+"/confirm", url.Values{"version": {first.version(t)}})
		plans, err := ledger.Plans(t.Context(), s.db, s.clerk)
		if err != nil || len(plans) != 1 {
			t.Fatalf("%d plans, %v", len(plans), err)
		}
		fields := map[string]string{"kind": ledger.Merge, "plan": fmt.Sprint(plans[0].ID)}
		a := u.upload(fields, "东村.csv", []byte("序号,反馈问题,整改措施,责任单位,责任人,完成时限,整改状态\n"+
			"1,理论学习不够深入,每月抽问,党政办,查无此人,2026年4月30日前,正在整改\n2,村内道路管护不到位,疏通排水沟,东村,李四喜,2026年2月30日前,完成\n"))
		u.wants(a, 422, "没有并入", "有 2 处要改", "第 2 行", "责任人", "查无此人", "第 3 行", "完成时限", "2月30日")
		if n, err := store.One(t.Context(), s.db, store.Value[int], `select count(*) from import where kind = 'merge'`); err != nil || n != 0 {
			t.Errorf("%d merges were kept, %v", n, err)
		}
		a = u.upload(fields, "东村.csv", []byte("序号,反馈问题,整改措施,责任单位,责任人,完成时限,整改状态\n"+
			"2,村内道路管护不到位,疏通排水沟,东村,李四喜,2026年6月10日前,完成\n"))
		u.wants(a, 200, "并入村级台账", "修改 1 个", "撤出 0 个")
		u.wants(u.get(a.path+"?confirm"), 200, "完成时限", "6月10日")
	})
}

func TestStaleCorrectionIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		s := newImportSite(t, address)
		u := s.login(t, "clerk")
		a := u.newPlan(importPaper)
		old := a.version(t)
		u.post(a.path+"/correct", url.Values{"version": {old}, "at": {"f0.0"}, "number": {"1."}, "title": {"学习不深入"}})
		late := u.post(a.path+"/correct", url.Values{"version": {old}, "at": {"m0.0.0"}, "number": {"一是"}, "text": {"每周抽问一次"}})
		u.wants(late, 409, "没有保存", "贺晓雨", "学习不深入", "您刚才填的", "每周抽问一次")
		u.wants(u.post(a.path+"/confirm", url.Values{"version": {old}}), 409, "没有导入", "贺晓雨")
		u.wants(u.post(a.path+"/drop", url.Values{"version": {u.get(a.path).version(t)}}), 200, "已放弃")
		u.wants(u.newPlan(importPaper), 200, "核对读出来的内容") // it may be uploaded again
	})
}

func TestWhoMayImport(t *testing.T) {
	s := newImportSite(t, storetest.SQLite(t))
	path := s.login(t, "clerk").newPlan(importPaper).path
	for _, c := range []struct {
		login, path string
		status      int
	}{
		{"stranger", path, 404}, {"cadre", "/import", 403}, {"cadre", path, 404}, {"leader", "/import", 403}, {"leader", path, 403},
		{"clerk", "/import/x", 404}, {"clerk", path + "?at=m9.9.9", 404}, {"clerk", path + "?at=junk", 404}, {"clerk", path + "?panel=f0.0", 200},
	} {
		u := s.login(t, c.login)
		u.wants(u.get(c.path), c.status)
	}
	stranger := s.login(t, "stranger")
	stranger.wants(stranger.upload(map[string]string{"kind": ledger.NewPlan, "unit": fmt.Sprint(s.town.ID)}, "整改方案.txt", []byte(importPaper+"附件")), 403, "不能替这个单位导入", "柳塘镇")
	stranger.wants(stranger.post(path+"/correct", url.Values{"version": {"1"}, "at": {"f0.0"}, "title": {"改"}}), 404)
}

func TestDocumentIsGivenBackAsItCame(t *testing.T) {
	s := newImportSite(t, storetest.SQLite(t))
	u := s.login(t, "clerk")
	page := u.newPlan(importPaper)
	link := regexp.MustCompile(`/file/[0-9a-f]{64}\?import=\d+`).FindString(page.text)
	if got := u.get(link); got.text != importPaper || got.status != 200 {
		t.Errorf("%s: status %d, %d bytes, want the document", link, got.status, len(got.text))
	}
	bare, _, _ := strings.Cut(link, "?")
	u.wants(u.get(bare), 404)
	stranger := s.login(t, "stranger")
	stranger.wants(stranger.get(link), 404)
}

// The empty ledger that villages get can be read back once it is filled in.
func TestTemplateIsUnderstood(t *testing.T) {
	s := newImportSite(t, storetest.SQLite(t))
	u := s.login(t, "clerk")
	got := u.get("/import/template.xlsx")
	if got.status != 200 || !strings.HasPrefix(got.text, "PK") {
		t.Fatalf("template: status %d", got.status)
	}
	u.wants(u.upload(map[string]string{"kind": ledger.NewPlan, "unit": fmt.Sprint(s.town.ID)}, "空表.xlsx", []byte(got.text)), 422, "没有读出反馈问题")
}
