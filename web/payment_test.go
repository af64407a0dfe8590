package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bihuan/benefit"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// monthPaid is the month's payment of somebody that counts, 0 for none.
func (s *site) monthPaid(person int64, month string) int64 {
	s.t.Helper()
	id, err := store.One(s.t.Context(), s.vault, store.Value[int64], `select coalesce(max(id), 0) from payment where person = $1 and month = $2 and application = 0 and void = ''`, person, month)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// listPaid is a list that says what somebody was paid for a month, and when.
func (s *site) listPaid(programme, person int64, month string, fen int64, day string) {
	s.t.Helper()
	m, _ := benefit.ParseMonth(month)
	if _, err := benefit.TakePayments(s.t.Context(), s.vault, s.people["clerk"], programme, m, []benefit.Paid{{Person: person, Fen: fen, Day: day, Source: m.Words() + "迟来的册"}}); err != nil {
		s.t.Fatal(err)
	}
}

// A payment that was never made is made void from its page: the month is open again, everybody sees who did it, when and why, and the right one
// is entered.
func TestVoidPaymentPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		e := s.fillRolls()
		clerk, village := s.as(t, "clerk"), s.as(t, "village")
		month := fmt.Sprintf("/payment?programme=%d&month=2026-02", e.programme)
		id := s.monthPaid(e.people["庄秀兰"], "2026-02")
		address := fmt.Sprintf("/payment/%d", id)
		wants := func(what, page string, want ...string) {
			t.Helper()
			text := plain(page)
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s lacks %q: %s", what, w, text)
				}
			}
		}
		if page := clerk.page(month); !strings.Contains(page, address+`"`) || strings.Contains(page, "作废的登记") {
			t.Fatalf("the month: %s", plain(page))
		}
		wants("its page", clerk.page(address), "更正一笔发放", "钱没有这样发过：作废这一笔", "作废以后，2026年2月算没有发", "作废不从本人那里收回钱", "请提出追回")
		if a := clerk.post(address+"/void", "version", "1", "void", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写错在哪里") || !strings.Contains(a.body, "form-sheet\" open") {
			t.Errorf("without a reason: %d %s", a.status, plain(a.body))
		}
		if a := clerk.post(address+"/void", "version", "7", "void", "回单是别人的"); a.status != http.StatusConflict || !strings.Contains(a.body, `value="回单是别人的"`) {
			t.Errorf("from an old page: %d", a.status)
		}
		for who, status := range map[string]int{"village": http.StatusForbidden, "leader": http.StatusForbidden, "stranger": http.StatusNotFound} {
			if a := s.as(t, who).post(address+"/void", "version", "1", "void", "错"); a.status != status {
				t.Errorf("%s: %d", who, a.status)
			}
		}
		for range 2 { // the same form twice
			a := clerk.post(address+"/void", "version", "1", "void", "银行回单是同名的另一个人的")
			if a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, month) {
				t.Fatalf("void: %d %s %s", a.status, a.to, plain(a.body))
			}
		}
		said := "120 2026年2月发放册 第4行 2月28日 已作废 4月16日 贺晓雨：银行回单是同名的另一个人的"
		wants("the month", clerk.page(month), "实发 7 人", "作废的登记 留在这里，不算数", "庄秀兰 东槐村 "+said)
		wants("who is missing", clerk.page(month+"&show=missing"), "庄秀兰")
		person := fmt.Sprintf("/person/%d", e.people["庄秀兰"])
		wants("the person", clerk.page(person), "应补发 120 元 1 个月没有发放", "作废的发放 1 笔", "2026年2月 "+said, "提出补发")
		wants("a village", village.page(person), "作废的发放 1 笔")
		if page := clerk.page(address); strings.Contains(page, "<form class=\"edit\"") {
			t.Error("what is void is offered to be corrected")
		} else {
			wants("its page", page, "作废的一笔发放", "已作废 4月16日 贺晓雨：银行回单是同名的另一个人的", "回到这个月的“未发”里重新登记")
		}
		if a := clerk.post(address, "version", "2", "amount", "60", "day", "2026-02-20", "why", "册上是60元"); a.status != http.StatusUnprocessableEntity || s.monthPaid(e.people["庄秀兰"], "2026-02") != 0 {
			t.Errorf("what is void is corrected from an old page: %d", a.status)
		}
		if a := clerk.post(month+"&show=missing", "pick", fmt.Sprint(e.people["庄秀兰"]), "day", "2026-04-12", "source", "二月补登"); a.status != http.StatusSeeOther {
			t.Errorf("entering it again: %d %s", a.status, plain(a.body))
		}
		wants("the month", clerk.page(month), "实发 8 人", "二月补登", "银行回单是同名的另一个人的")
	})
}

// What of arrears a list shows as paid before they were asked for waits for nobody, and the person's other months can be asked for.
func TestNothingLeftOfArrears(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		e := s.fillRolls()
		who := e.people["乔金生"]
		x := s.asks(e, "arrears", "乔金生", "2026-03-12", true) // October to March
		s.grants(x, "2026-03-20")
		clerk := s.as(t, "clerk")
		person, address := fmt.Sprintf("/person/%d", who), fmt.Sprintf("/application/%d", x)
		if page := clerk.page(person); strings.Contains(page, "kind=arrears") {
			t.Error("what was granted can be asked for again")
		}
		paid := fmt.Sprint(s.monthPaid(who, "2025-09"))
		if a := clerk.post("/payment/"+paid+"/void", "version", "1", "void", "不是他的"); a.status != http.StatusSeeOther {
			t.Fatalf("void: %d %s", a.status, plain(a.body))
		}
		if page := clerk.page(person); !strings.Contains(page, "kind=arrears") {
			t.Errorf("another month cannot be asked for: %s", plain(page))
		}
		for _, month := range []string{"2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03"} {
			s.listPaid(e.programme, who, month, 12000, "2026-03-10")
		}
		text := plain(clerk.page(address))
		if !strings.Contains(text, "要补的月份，提出以前都已发放，没有要补的了") || strings.Contains(text, "还差") || strings.Contains(text, "等到账") {
			t.Errorf("the application: %s", text)
		}
		if text := plain(clerk.page("/application?show=unpaid")); strings.Contains(text, "乔金生") {
			t.Errorf("it waits still: %s", text)
		}
	})
}

// The pages about void payments fit their windows, and the way there is two clicks and a reason.
func TestBrowserVoidPayment(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	e := s.fillRolls()
	b := s.signIn(t, "clerk")
	b.Size(1366, 768)
	who := e.people["郝德顺"]
	address := fmt.Sprintf("/payment/%d", s.monthPaid(who, "2026-02"))
	month := fmt.Sprintf("/payment?programme=%d&month=2026-02", e.programme)
	b.Go(s.url + month)
	b.Follow(`a[href="` + address + `"]`)
	browser.Eval[bool](b, `document.querySelector("details.form-sheet summary").click() || true`)
	b.Screenshot("payment-edit-1366")
	b.Size(390, 844)
	b.Screenshot("payment-edit-390")
	b.Type(`[name="void"]`, "银行3月2日的回单是河西郝德顺的，同名不同号；已给农商行打过电话，核对了两边的账号尾数和开户日期")
	b.Follow("details.form-sheet .btn-go")
	if got := b.Text("main"); !strings.Contains(got, "作废的登记") || s.monthPaid(who, "2026-02") != 0 {
		t.Errorf("it was not made void: %s", got)
	}
	for _, size := range []struct{ w, h int }{{1366, 768}, {390, 844}} {
		for name, path := range map[string]string{"month": month, "void": address, "person": fmt.Sprintf("/person/%d", who)} {
			b.Size(size.w, size.h)
			b.Go(s.url + path)
			browser.Eval[bool](b, `[...document.querySelectorAll("details.fold-in")].forEach(d => d.open = d.textContent.includes("作废")) || true`)
			if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
				t.Errorf("%s at %d px is %d px too wide", name, size.w, over)
			}
			b.Screenshot(fmt.Sprintf("payment-%s-%d", name, size.w))
		}
	}
}
