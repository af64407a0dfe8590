package web_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"bihuan/ledger"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// signIn opens a browser at the ledger of somebody.
func (s *site) signIn(t *testing.T, login string) *browser.Browser {
	t.Helper()
	b := browser.Open(t)
	b.Go(s.url + "/ledger")
	b.Type("#login", login)
	b.Type("#password", password)
	b.Follow(".login .btn-go")
	return b
}

func TestBrowserLedger(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	list := s.findings()
	b := s.signIn(t, "clerk")
	if !strings.HasPrefix(b.URL(), s.url+"/ledger") {
		t.Fatalf("signing in leads to %s", b.URL())
	}
	b.Screenshot("ledger")
	if rows := b.Count("tbody.finding"); rows != 5 {
		t.Fatalf("%d findings", rows)
	}
	// A list asks by itself; a count leads to what it counts.
	b.Follow(`.counts a[href*="due=late"]`)
	if rows := b.Count("tbody.finding"); rows != 2 {
		t.Errorf("late: %d findings", rows)
	}
	b.Go(s.url + "/ledger")
	browser.Eval[int](b, `setTimeout(function () { // the page goes while the script runs
		var list = document.querySelector("[name=duty]");
		list.value = "财政所";
		list.dispatchEvent(new Event("change", {bubbles: true}));
	}, 0)`)
	b.Wait(fmt.Sprintf("thead + tbody + #f%d:nth-last-child(2)", list[3].ID)) // the only one between its aspect and the sum
	// The head stays in sight, and long texts open without a script.
	b.Go(s.url + "/ledger")
	b.Size(1366, 300)
	if top := browser.Eval[float64](b, `(window.scrollTo(0, 400), document.querySelector(".ledger th").getBoundingClientRect().top)`); top != 0 {
		t.Errorf("scrolled, the head of the table is at %v", top)
	}
	b.Size(1366, 768)
	clamped := fmt.Sprintf(`getComputedStyle(document.querySelector("#f%d .t3")).webkitLineClamp`, list[0].ID)
	if got := browser.Eval[string](b, clamped); got != "3" {
		t.Errorf("long text: %s lines", got)
	}
	b.Click(".full-l")
	if got := browser.Eval[string](b, fmt.Sprintf(`getComputedStyle(document.querySelector("#f%d .t3")).display`, list[0].ID)); got != "block" {
		t.Errorf("long text opened: %s", got)
	}
}

func TestBrowserInlineEdit(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[0]
	row := fmt.Sprintf("#f%d", f.ID)
	mine, theirs := s.signIn(t, "clerk"), s.signIn(t, "colleague")

	mine.Click(row + " .t-unit a")
	mine.Wait(".editing form")
	if focus := browser.Eval[string](mine, `document.activeElement.name`); focus != "units" {
		t.Errorf("the focus is in %q", focus)
	}
	mine.Screenshot("ledger-edit")
	theirs.Click(row + " .t-due a")
	theirs.Wait(".editing form")
	theirs.Type(`.editing [name="due_text"]`, "2026年5月31日前，长期坚持")
	theirs.Type(`.editing [name="leader"]`, "杜向荣")
	theirs.Click(".editing .btn-go")
	theirs.Gone(".editing")
	if got := theirs.Text(row + " .t-lead"); got != "杜向荣" {
		t.Errorf("the colleague's row shows %q", got)
	}

	mine.Allow("status of 409")
	mine.Type(`.editing [name="units"]`, "党建办公室、财政所")
	mine.Type(`.editing [name="leader"]`, "梁知远")
	mine.Press(kb.Enter)
	mine.Wait(".editing .note-check")
	mine.Screenshot("ledger-stale")
	for _, want := range []string{"没有保存", "梁知远（副镇长）", "对方改成：杜向荣"} {
		if got := mine.Text(".editing"); !strings.Contains(got, want) {
			t.Errorf("the refusal lacks %q: %s", want, got)
		}
	}
	if got := browser.Eval[string](mine, `document.querySelector(".editing [name=units]").value`); got != "党建办公室、财政所" {
		t.Errorf("what was typed is now %q", got)
	}
	mine.Click(".editing .btn-go")
	mine.Gone(".editing")
	if got := mine.Text(row + " .t-unit"); got != "党建办公室、财政所" {
		t.Errorf("saved, the row shows %q", got)
	}
	if got := mine.Text(row + " .t-due"); !strings.HasPrefix(got, "5月31日前") {
		t.Errorf("the colleague's deadline is lost: %q", got)
	}
	got := s.findings()[0]
	if got.Leader != "梁知远" || ledger.Names(got.Units) != "党建办公室、财政所" || got.DueText != "2026年5月31日前，长期坚持" {
		t.Errorf("in the ledger: %+v", got)
	}
	// Escape gives up, and the focus is back where it was.
	mine.Click(row + " .t-who a")
	mine.Wait(".editing form")
	mine.Press(kb.Escape)
	mine.Gone(".editing")
}

func TestBrowserWithoutScripts(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[2]
	b := browser.Open(t)
	b.Scripts(false)
	b.Go(s.url + "/ledger")
	b.Type("#login", "clerk")
	b.Type("#password", password)
	b.Follow(".login .btn-go")
	b.Follow(fmt.Sprintf("#f%d .t-due a", f.ID))
	b.Screenshot("edit")
	b.Type(`[name="leader"]`, "孟昭宁")
	b.Follow(".edit .btn-go")
	if got := b.Text(".facts"); !strings.Contains(got, "孟昭宁") {
		t.Errorf("after saving: %s", got)
	}
	b.Follow(".head .btn-go")
	b.Click(`input[value="part"]`)
	b.Click(`[name="progress"]`)
	b.Press("明白卡入户 3216 户")
	b.Screenshot("progress")
	b.Follow(".edit .btn-go")
	b.Screenshot("finding")
	if got := b.Text(".said"); !strings.Contains(got, "明白卡入户 3216 户") {
		t.Errorf("after reporting: %s", got)
	}
	b.Follow(".gap-acts a")
	b.Click(`[name="text"]`)
	b.Press("逐村登记健身器材，每月检查一次")
	b.Follow(".edit .btn-go")
	if b.Count(".pair-gap") != 0 {
		t.Error("the gap is still there")
	}
	b.Type("#q", "健身")
	b.Press(kb.Enter)
	b.Wait(".results mark")
	b.Screenshot("search")
}

func TestBrowserPrint(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	clerk := s.people["stranger"]
	var long strings.Builder
	long.WriteString("双堰镇党委关于巡察反馈意见的整改方案\n")
	for i := range 60 {
		fmt.Fprintf(&long, "%d.第%d项工作推进不力。一是任务没有落实到人。二是检查流于形式。\n整改措施：一是逐项落实到人。二是每月检查一次。\n责任单位：党政办\n责任人：陆行舟\n完成时限：2026年6月30日前\n", i+1, i+1)
	}
	s.importPlan(clerk, clerk.Unit, "长方案.txt", []byte(long.String()))
	b := s.signIn(t, "stranger")
	b.Follow(".head .btn-go")
	file := b.PDF("ledger")
	info, err := exec.Command("pdfinfo", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, info)
	}
	var width, height float64
	pages := 0
	for line := range strings.Lines(string(info)) {
		_, _ = fmt.Sscanf(line, "Page size: %f x %f", &width, &height)
		_, _ = fmt.Sscanf(line, "Pages: %d", &pages)
	}
	if width < 840 || width > 843 || height < 594 || height > 597 {
		t.Errorf("the paper is %v × %v points, want A4 landscape", width, height)
	}
	text, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	if pages < 3 {
		t.Fatalf("%d pages for 60 findings", pages)
	}
	sheets := strings.Split(strings.TrimRight(string(text), "\f"), "\f")
	for i, sheet := range sheets {
		if !strings.Contains(sheet, "反馈问题") || !strings.Contains(sheet, "完成时限") {
			t.Errorf("sheet %d has no head", i+1)
		}
	}
	all := string(text)
	for _, want := range []string{"双堰镇巡察反馈意见问题整改台账", "填报单位：双堰镇", "数据时点：2026年4月16日 09:20", "审核人", "共 60 个问题", "第60项工作推进不力"} {
		if !strings.Contains(strings.ReplaceAll(all, "\n", ""), want) {
			t.Errorf("the print lacks %q", want)
		}
	}
	for _, no := range []string{"查询", "退出", "打印"} {
		if strings.Contains(all, no) {
			t.Errorf("the print shows %q", no)
		}
	}
}

func TestBrowserPhone(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	f := s.findings()[2]
	b := s.signIn(t, "clerk")
	for _, width := range []int{320, 390, 480, 800, 1024} {
		b.Size(width, 844)
		for name, path := range map[string]string{
			"ledger": "/ledger", "finding": fmt.Sprintf("/finding/%d", f.ID), "edit": fmt.Sprintf("/finding/%d/edit", f.ID), "progress": fmt.Sprintf("/finding/%d/progress", f.ID),
			"measure": fmt.Sprintf("/finding/%d/measure", f.ID), "search": "/search?q=高龄", "overview": "/overview", "plan": fmt.Sprintf("/plan/%d", s.plan), "nowhere": "/nowhere",
		} {
			if name == "nowhere" {
				b.Allow("status of 404")
			}
			b.Go(s.url + path)
			if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
				t.Errorf("%s at %d px is %d px too wide", name, width, over)
			}
			if width == 390 {
				b.Screenshot("phone-" + name)
			}
		}
	}
	b.Size(390, 844)
	b.Go(s.url + "/ledger")
	if b.Count("tbody.finding") != 5 || browser.Eval[string](b, `getComputedStyle(document.querySelector("tbody.finding")).display`) != "flex" {
		t.Error("on a phone the findings are no cards")
	}
	b.Click(`label[for="more"]`)
	b.Wait(".filters select")
	b.Screenshot("phone-filters")
	b.Click(fmt.Sprintf("#f%d .t-unit a", f.ID))
	b.Wait(".editing form")
	if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		t.Errorf("the form in a card is %d px too wide", over)
	}
	b.Screenshot("phone-inline")
}

func TestBrowserOverview(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	village := s.people["village"]
	s.importPlan(s.people["clerk"], village.Unit, "东槐村方案.txt", []byte("东槐村党支部整改方案\n1.公示不及时。一是财务公示滞后。\n整改措施：一是每月公示一次财务。\n责任人：郝根生\n完成时限：2026年3月1日前\n"))
	f := s.findings()
	s.closed(f[0].ID, f[2].ID)
	s.part(f[1])
	b := s.signIn(t, "clerk")
	b.Go(s.url + "/overview")
	b.Screenshot("overview")
	b.Follow(".tally-list td.num a")
	if rows := b.Count("tbody.finding"); rows != 5 {
		t.Errorf("the first number leads to %d findings", rows)
	}
	b.Go(fmt.Sprintf("%s/plan/%d", s.url, s.plan))
	b.Screenshot("plan")
}
