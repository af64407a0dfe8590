package calendar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Words says the rule so that a clerk can check it: 每周五，遇节假日顺延到下一个工作日.
func (r Rule) Words() string {
	words := ""
	if r.Event != "" {
		words = r.eventWords()
	} else {
		words = r.periodicWords()
	}
	if r.AllDay {
		words += "，全天24小时"
	}
	if d, ok := dayOf(r.Until); ok {
		y, m, day := civil(d)
		words += fmt.Sprintf("，到%d年%d月%d日为止", y, m, day)
	}
	return words
}

func (r *Rule) periodicWords() string {
	period, its := r.period()
	switch {
	case r.Workday != 0:
		return period + nth(r.Workday, "工作日")
	case r.Times > 1:
		return fmt.Sprintf("%s%d次，%s", period, r.Times, r.dueWords(r.share()))
	case !r.fixed():
		once := "一次"
		if len(r.Months) > 1 {
			once = "各一次"
		}
		return period + once + "，" + r.dueWords("最迟"+its+"最后一个工作日")
	case r.workdays():
		return "每个工作日"
	}
	return period + r.dayWords() + "，" + r.shiftWords()
}

// dueWords adds to words what becomes of a period without a working day.
func (r *Rule) dueWords(words string) string {
	switch r.Shift {
	case Next:
		return words + "，整期放假的顺延到下一个工作日"
	case Previous:
		return words + "，整期放假的提前到前一个工作日"
	}
	return words
}

// period is 每月, and what its end is called: 当月.
func (r *Rule) period() (string, string) {
	n := r.every()
	several := func(unit string) (string, string) { return fmt.Sprintf("每%d%s", n, unit), "每期" }
	months := ""
	if len(r.Months) > 0 {
		months = join(r.Months, strconv.Itoa, "、") + "月"
	}
	switch r.Freq {
	case Daily:
		word := "每天"
		if n > 1 {
			word, _ = several("天")
		}
		if months != "" {
			word = months + word
		}
		return word, ""
	case Weekly:
		word, its := "每周", "当周"
		if n > 1 {
			word, its = several("周")
		}
		if months != "" {
			word = months + word
		}
		return word, its
	case Monthly:
		word, its := "每月", "当月"
		switch n {
		case 1:
		case 3:
			word, its = "每季度", "当季"
		case 6:
			word, its = "每半年", "该半年"
		case 12:
			word, its = "每年", "当年"
		default:
			word, its = several("个月")
		}
		if months != "" {
			word = "每年" + months
			if n > 1 {
				word, _ = several("个月")
				word += "（限" + months + "）"
			}
		}
		if n > 1 && r.fixed() {
			word += "首月"
		}
		return word, its
	}
	word, its := "每年", "当年"
	if n > 1 {
		word, its = several("年")
	}
	if months != "" {
		its = "当月"
	}
	return word + months, its
}

// share says how a period is divided and when each part is due.
func (r *Rule) share() string {
	each := func(part, its string) string { return part + "一次，最迟" + its + "最后一个工作日" }
	months := 0
	switch {
	case r.Freq == Monthly:
		months = r.every()
	case r.Freq == Yearly && len(r.Months) == 0:
		months = 12 * r.every()
	case r.Freq == Yearly:
		months = 1
	case r.every() == 1 && r.Times <= 5:
		const monday = -3 // any would do
		var days []string
		for i := range r.Times {
			from, to := part(monday, monday+6, 0, i, r.Times), part(monday, monday+6, 0, i+1, r.Times)-1
			days = append(days, weekdayWord(weekday(plain(from, to))))
		}
		return "分别最迟周" + strings.Join(days, "、")
	}
	switch {
	case months == 1 && r.Times == 2:
		return each("上、下半月各", "该半月")
	case months == 1 && r.Times == 3:
		return each("每旬", "当旬")
	case months == 0 || months%r.Times != 0:
		return "均匀安排，最迟每段最后一个工作日"
	}
	switch n := months / r.Times; n {
	case 1:
		return each("每月", "当月")
	case 3:
		return each("每季度", "当季")
	case 6:
		return each("每半年", "该半年")
	case 12:
		return each("每年", "当年")
	default:
		return each(fmt.Sprintf("每%d个月", n), "每段")
	}
}

// dayWords are the days within the period: 五, 10日、25日, 第一个周六.
func (r *Rule) dayWords() string {
	words := ""
	if len(r.MonthDays) > 0 {
		words = join(r.MonthDays, func(n int) string {
			switch {
			case n == -1:
				return "最后一天"
			case n < 0:
				return fmt.Sprintf("倒数第%d天", -n)
			}
			return fmt.Sprintf("%d日", n)
		}, "、")
	}
	if len(r.Days) > 0 {
		days := ""
		plain := !slices.ContainsFunc(r.Days, func(d Day) bool { return d.N != 0 })
		switch {
		case slices.Equal(r.Days, Workdays()):
			days = "周一至周五"
		case plain:
			days = "周" + join(r.Days, func(d Day) string { return weekdayWord(d.Weekday) }, "、")
		default:
			days = join(r.Days, func(d Day) string {
				if d.N == 0 {
					return "每个周" + weekdayWord(d.Weekday)
				}
				return nth(d.N, "周"+weekdayWord(d.Weekday))
			}, "、")
		}
		switch {
		case words != "":
			words += "中的" + days
		case r.Freq == Weekly && r.every() == 1:
			words = strings.TrimPrefix(days, "周")
		case r.Freq == Weekly:
			words = "的" + days
		case r.Freq == Daily:
			words = "（限" + days + "）"
		case plain && len(r.SetPos) > 0:
			words = "的" + days
		case plain:
			words = "的每个" + days
		default:
			words = days
		}
	}
	if len(r.SetPos) > 0 {
		words += "中" + join(r.SetPos, func(n int) string { return nth(n, "") }, "、")
	}
	return words
}

func (r *Rule) shiftWords() string {
	rest := "节假日"
	weekend := r.Freq == Daily && len(r.Days) == 0 || len(r.MonthDays) > 0 || slices.ContainsFunc(r.Days, func(d Day) bool { return d.Weekday > 4 })
	if weekend {
		rest = "周末和节假日"
	}
	switch r.Shift {
	case Skip:
		return "遇" + rest + "不办"
	case Next:
		return "遇" + rest + "顺延到下一个工作日"
	case Previous:
		return "遇" + rest + "提前到前一个工作日"
	}
	return rest + "照常"
}

func (r *Rule) eventWords() string {
	words, margin := r.Event, ""
	switch {
	case r.Side == OnlyBefore:
		words = fmt.Sprintf("%s前%d天内", r.Event, r.Before)
	case r.Side == OnlyAfter:
		words = fmt.Sprintf("%s后%d天内", r.Event, r.After)
	default:
		if !strings.HasSuffix(words, "日") && !strings.HasSuffix(words, "天") {
			words += "期间"
		}
		var parts []string
		if r.Before > 0 {
			parts = append(parts, fmt.Sprintf("之前%d天", r.Before))
		}
		if r.After > 0 {
			parts = append(parts, fmt.Sprintf("之后%d天", r.After))
		}
		if margin = strings.Join(parts, "和"); margin != "" {
			margin = "（含" + margin + "）"
		}
	}
	words += margin
	switch {
	case r.Each == 1:
		words += "每天一次"
	case r.Each > 1:
		words += fmt.Sprintf("每%d天一次", r.Each)
	default:
		words = "每逢" + words + "一次"
	}
	switch r.Shift {
	case Skip:
		words += "，遇周末和节假日不办"
	case Next:
		words += "，最后一天放假的顺延到下一个工作日"
	case Previous:
		words += "，最迟为最后一个工作日"
	}
	if !Statutory(r.Event) {
		words += "；起止日期由人登记"
	}
	return words
}

// nth is 第3个工作日 or 最后一个工作日.
func nth(n int, what string) string {
	switch {
	case n == -1:
		return "最后一个" + what
	case n < 0:
		return fmt.Sprintf("倒数第%d个%s", -n, what)
	case n == 1:
		return "第一个" + what
	}
	return fmt.Sprintf("第%d个%s", n, what)
}

func weekdayWord(w int) string { return string([]rune("一二三四五六日")[w]) }
