package screening

import "testing"

func TestParseDay(t *testing.T) {
	for text, want := range map[string]day{
		"19410805": 19410805, "1941.8.5": 19410805, "1941年8月5日": 19410805, "1941-08-05": 19410805, "1941/8/5": 19410805, "15193": 19410805,
		"15193.0": 19410805, "1941-08-05 00:00:00": 19410805, "1941-8-5 0:00": 19410805, "1941-08-05T00:00:00": 19410805, "一九四一年八月五日": 19410805, "１９４１．８．５": 19410805,
		"'19410805": 19410805, " 1941年 8月 5日 ": 19410805, "8/5/1941": 19410805, "41.8.5": 19410805, "1941年8月": 19410800, "194108": 19410800, "1941": 19410000,
		"1941.08": 19410800, "二〇二六年十一月三十日": 20261130, "2026-02-29": 0, "无": 0, "": 0, "1946-02-30": 0, "19460230": 0, "不详": 0,
	} {
		got, ok := parseDay(text)
		if ok != (want != 0) || ok && got != want {
			t.Errorf("%q: %d %v, want %d", text, got, ok, want)
		}
	}
}

func TestParsePeriod(t *testing.T) {
	now := monthOf(2026, 11)
	for text, want := range map[string]period{
		"2026-11": {monthOf(2026, 11), 1}, "202611": {monthOf(2026, 11), 1}, "2026年11月": {monthOf(2026, 11), 1}, "2026年1月份": {monthOf(2026, 1), 1},
		"2026.1": {monthOf(2026, 1), 1}, "2026.10": {monthOf(2026, 10), 1}, "2026/11/01": {monthOf(2026, 11), 1}, "11月": {monthOf(2026, 11), 1}, "12月": {monthOf(2025, 12), 1},
		"十一月": {monthOf(2026, 11), 1}, "二〇二六年三月": {monthOf(2026, 3), 1}, "2025年12月发放册": {monthOf(2025, 12), 1}, "7": {monthOf(2026, 7), 1}, "20260701": {monthOf(2026, 7), 1},
		"2026年第三季度": {monthOf(2026, 7), 3}, "四季度": {monthOf(2026, 10), 3}, "2026年7-9月": {monthOf(2026, 7), 3}, "46327": {monthOf(2026, 11), 1}, "2026年11月高龄津贴发放册（33个村）": {monthOf(2026, 11), 1},
		"26年11月": {monthOf(2026, 11), 1}, "7月份发放": {monthOf(2026, 7), 1}, "2026-07-01 00:00:00": {monthOf(2026, 7), 1}, "Sheet1": {}, "发放册": {}, "": {}, "表12": {},
		"2611": {monthOf(2026, 11), 1}, "2512": {monthOf(2025, 12), 1}, "2612": {}, "2026": {}, "2011": {},
		"高龄津贴发放表（10月）\n\n填表日期：2026年11月25日": {monthOf(2026, 10), 1}, "填表日期：2026年11月25日\n2026年10月份发放表": {monthOf(2026, 10), 1}, "发放表\n2026年11月25日": {monthOf(2026, 11), 1},
	} {
		if got, _ := parsePeriod(text, now); got != want {
			t.Errorf("%q: %v+%d, want %v+%d", text, got.first, got.months, want.first, want.months)
		}
	}
}

func TestAge(t *testing.T) {
	for _, x := range []struct {
		birth, on day
		want      int
	}{{19461130, 20261130, 80}, {19461201, 20261130, 79}, {19440229, 20240228, 79}, {19440229, 20240229, 80}, {19440229, 20230228, 79}, {19440229, 20230227, 78}} {
		if got := x.birth.ageOn(x.on); got != x.want {
			t.Errorf("born %s, on %s: %d, want %d", x.birth, x.on, got, x.want)
		}
	}
}

func TestVillageOf(t *testing.T) {
	for text, want := range map[string]string{
		"东睢宁村": "东睢宁", "东睢宁": "东睢宁", "示范镇东睢宁村": "东睢宁", "东睢宁村村民委员会": "东睢宁", "闭环县示范镇王家村3组12号": "王家", "永河街道五里社区": "五里", "朱庄村委会": "朱庄", "": "", "榆林二村": "榆林二",
	} {
		if got := villageOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]int64{"100": 10000, "100.5": 10050, "1,000.00元": 100000, "￥80": 8000, "１００": 10000, "-50": -5000, "人民币50元整": 5000, "50元/月": 5000, "50（元）": 5000, "=50": 5000, "50元每月": 5000, "’50": 5000} {
		if got, ok := parseAmount(text); got != want || !ok {
			t.Errorf("%q: %d %v, want %d", text, got, ok, want)
		}
	}
}
