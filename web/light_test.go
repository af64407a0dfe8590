package web

import (
	"testing"

	"bihuan/calendar"
	"bihuan/ledger"
	"bihuan/plan"
)

func TestDueLight(t *testing.T) {
	c, err := calendar.Parse("2026-05-01 2026-05-05 off 劳动节\n2026-05-09 2026-05-09 work 劳动节\n")
	if err != nil {
		t.Fatal(err)
	}
	const today = "2026-04-16" // a Thursday
	for name, x := range map[string]struct {
		state ledger.State
		due   string
		want  light
	}{
		"far":              {ledger.Doing, "2026-05-15", light{Kind: "run", Word: "剩 19 工作日", Title: "距到期 19 个工作日"}},
		"first day soon":   {ledger.Doing, "2026-04-30", light{Kind: "soon", Word: "剩 10 工作日", Title: "距到期 10 个工作日"}},
		"last day not":     {ledger.Doing, "2026-05-06", light{Kind: "run", Word: "剩 11 工作日", Title: "距到期 11 个工作日"}},
		"holidays are off": {ledger.Part, "2026-05-01", light{Kind: "run", Word: "剩 10 工作日", Title: "距到期 10 个工作日"}},
		"today":            {ledger.Doing, today, light{Kind: "soon", Word: "今天到期", Title: "今天到期"}},
		"late":             {ledger.Failed, "2026-04-14", light{Kind: "late", Word: "超 2 工作日", Title: "已超期 2 个工作日"}},
		"other year":       {ledger.Doing, "2027-01-04", light{Kind: "run", Word: "剩 185 工作日", Why: "未计节假日", Title: "距到期 185 个工作日，2027年节假日安排还没有公布，未计在内"}},
		"no date":          {ledger.Doing, "", light{Kind: "wait", Word: "待定日期", Title: "方案没有写明到哪一天，请补上"}},
		"done":             {ledger.Done, "2026-04-14", light{}},
		"kept up":          {ledger.Keep, "2026-04-14", light{Kind: "keep", Word: "已转长期", Title: "整改时限已停，按长期坚持管理"}},
	} {
		if got := dueLight(c, ledger.Finding{State: x.state, Due: x.due}, days(c, ledger.Rules{Yellow: 10}, today)); got != x.want {
			t.Errorf("%s: %+v, want %+v", name, got, x.want)
		}
	}
	weekend := dueLight(c, ledger.Finding{State: ledger.Doing, Due: "2026-04-18"}, days(c, ledger.Rules{Yellow: 10}, "2026-04-19"))
	if weekend.Kind != "late" || weekend.Word != "已过期限" {
		t.Errorf("a Saturday's deadline on Sunday: %+v", weekend)
	}
}

func TestDates(t *testing.T) {
	for _, x := range []struct{ date, today, want string }{
		{"2026-04-06", "2026-12-31", "4月6日"}, {"2025-12-31", "2026-01-01", "2025年12月31日"}, {"2026-04-06", "", "2026年4月6日"}, {"", "2026-01-01", ""}, {"不详", "2026-01-01", "不详"},
	} {
		if got := shortDate(x.date, x.today); got != x.want {
			t.Errorf("%s on %s: %s, want %s", x.date, x.today, got, x.want)
		}
	}
}

func TestRuleWords(t *testing.T) {
	for _, x := range []struct {
		rule plan.Rule
		want string
	}{
		{plan.Rule{RRule: "FREQ=WEEKLY;BYDAY=FR", Note: "下午"}, "每周五（下午）"},
		{plan.Rule{RRule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"}, "每 2 周的周一、四"},
		{plan.Rule{RRule: "FREQ=WEEKLY", Count: 3}, "每周不少于 3 次"},
		{plan.Rule{RRule: "FREQ=DAILY"}, "每天"},
		{plan.Rule{RRule: "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR"}, "每个工作日"},
		{plan.Rule{RRule: "FREQ=MONTHLY;INTERVAL=3", Count: 1}, "每季度不少于 1 次"},
		{plan.Rule{RRule: "FREQ=MONTHLY;INTERVAL=6"}, "每半年"},
		{plan.Rule{RRule: "FREQ=MONTHLY;BYMONTHDAY=10,20,-1"}, "每旬"},
		{plan.Rule{RRule: "FREQ=MONTHLY;BYMONTHDAY=5"}, "每月5日"},
		{plan.Rule{RRule: "FREQ=MONTHLY;BYDAY=-1FR"}, "每月最后一个周五"},
		{plan.Rule{RRule: "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31"}, "每年12月31日"},
		{plan.Rule{Vague: "定期"}, "“定期”数不出次数，要定下多久一次"},
		{plan.Rule{Event: "汛期"}, "逢汛期"},
		{plan.Rule{RRule: "FREQ=SECONDLY"}, ""},
		{plan.Rule{}, ""},
	} {
		if got := ruleWords(x.rule); got != x.want {
			t.Errorf("%+v: %q, want %q", x.rule, got, x.want)
		}
	}
}
