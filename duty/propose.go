package duty

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bihuan/calendar"
	"bihuan/plan"
)

// Propose is the rule that a frequency phrase of a plan (每周五下午, 每月10日前, 每年不少于2次) and its meaning propose.
//
// What becomes of a day that is no working day follows from what such a phrase is about:
//   - a weekday or a day of the month on which something is held moves to the next working day: a study session is made up,
//     not dropped (M09). A Saturday or Sunday was named on purpose and stays.
//   - a day by which something must be done (10日前), the end of a month and the end of a quarter move to the working day before:
//     after it would be late (M12).
//   - a daily round is made on working days, by people who have days off; 24小时 and 全天候 go on through all of them (M52), and
//     so do an evening and hours of the day (18时至20时), which are a watch and not a round.
//   - a period without a day is due on its last working day, and cancelled when it has none.
//
// A count (不少于2次) divides the period into as many parts. A count of something else (40户, 3名, 20天) is how much is done each
// time, not how often, and an upper bound (不超过2次) asks for nothing at all.
func Propose(phrase string, p plan.Rule) (calendar.Rule, error) {
	said := phrase
	if said == "" {
		said = "这项措施"
	} else {
		said = "“" + said + "”"
	}
	var r calendar.Rule
	var err error
	switch {
	case p.Vague != "":
		return r, errors.New("“" + p.Vague + "”数不出次数，请选定多久一次")
	case p.Note == "至多":
		return r, errors.New(said + "是上限，不是要办的次数；如要核对是否超过，请选定多久核对一次")
	case p.Event != "":
		r = eventRule(p.Event)
	case p.RRule == "":
		return r, errors.New(said + "没有写多久一次，请选定多久一次")
	case strings.HasPrefix(p.RRule, "FREQ=HOURLY"):
		return r, errors.New(said + "一天之内要办多次，任务最短按天登记：请选“每天”，当天办了几次写在反馈里")
	case p.RRule == "FREQ=YEARLY" && p.Note != "":
		r = seasonRule(p.Note)
	default:
		if r, err = calendar.ParseRule(p.RRule); err != nil {
			return calendar.Rule{}, fmt.Errorf("%s没有读懂（%w），请选定多久一次", said, err)
		}
		if r, err = working(r, phrase, p); err != nil {
			return calendar.Rule{}, err
		}
	}
	return calendar.ParseRule(r.String())
}

// working turns an RFC 5545 rule of the reader into one of working days.
func working(r calendar.Rule, phrase string, p plan.Rule) (calendar.Rule, error) {
	workdays := slices.Equal(r.Days, calendar.Workdays())
	weekend := slices.ContainsFunc(r.Days, func(d calendar.Day) bool { return d.Weekday > 4 })
	times := countOf(r, phrase, p)
	switch {
	case p.Note == "全天24小时":
		r.AllDay = true
		return r, nil
	case p.RRule == "FREQ=MONTHLY;BYMONTHDAY=10,20,-1": // 每旬
		return calendar.Rule{Freq: calendar.Monthly, Times: 3 * times}, nil
	case p.RRule == "FREQ=MONTHLY;BYMONTHDAY=15,-1": // 每半月
		return calendar.Rule{Freq: calendar.Monthly, Times: 2 * times}, nil
	case slices.Equal(r.MonthDays, []int{-1}): // 每月末, 每季度末
		r.MonthDays, r.Workday = nil, -1
	case workdays && len(r.SetPos) == 1: // 第一个工作日, 最后一个工作日
		r.Days, r.Workday, r.SetPos = nil, r.SetPos[0], nil
	case r.Freq == calendar.Daily && len(r.Days) > 0 && r.Interval > 1:
		return r, fmt.Errorf("每%d个工作日没有固定的日子，请选定每周几或每周几次", r.Interval)
	case r.Freq == calendar.Daily && r.Interval > 1:
		r.Shift = calendar.Next
	case r.Freq == calendar.Daily && strings.ContainsAny(phrase, "晚至"):
	case r.Freq == calendar.Daily:
		r.Days, r.Shift = nil, calendar.Skip
	case weekend:
	case len(r.Days) > 0:
		r.Shift = calendar.Next
	case len(r.MonthDays) > 0:
		r.Shift = calendar.Previous
		if phrase != "" && !strings.Contains(phrase, "前") && !strings.Contains(phrase, "周") { // 第一周 ends with its day
			r.Shift = calendar.Next
		}
	default:
		if len(r.Months) == 1 && r.Months[0] > 1 && strings.Contains(phrase, "月前") { // 6月前 is by the end of May
			r.Months[0]--
		}
		r.Times = times
	}
	return r, nil
}

// countOf is how many times in each period the words ask for, at least 1.
func countOf(r calendar.Rule, phrase string, p plan.Rule) int {
	most := map[calendar.Freq]int{calendar.Weekly: 7, calendar.Monthly: 10, calendar.Yearly: 12}[r.Freq] * max(r.Interval, 1)
	switch {
	case p.Count < 2:
		return 1
	case phrase == "" && p.Count > most: // households or hours rather than times
		return 1
	case phrase != "" && !strings.ContainsAny(phrase, "次场遍轮回"):
		return 1
	}
	return min(p.Count, most)
}

// holidayNames are the statutory holidays as the notices write them.
var holidayNames = map[string]string{"元旦": "元旦", "春节": "春节", "清明": "清明节", "五一": "劳动节", "端午": "端午节", "中秋": "中秋节", "国庆": "国庆节", "两节": "元旦、春节"}

// eventRule is the rule of 每逢….
func eventRule(name string) calendar.Rule {
	r := calendar.Rule{}
	name = strings.TrimSuffix(name, "期间")
	switch {
	case strings.HasSuffix(name, "周末"):
		return calendar.Rule{Freq: calendar.Weekly, Days: []calendar.Day{{Weekday: 5}, {Weekday: 6}}}
	case strings.HasSuffix(name, "集日"): // 农历三、八赶集日: every one of them, entered by people
		r.Event, r.Each = "赶集日", 1
	case strings.HasSuffix(name, "圩日"):
		r.Event, r.Each = "圩日", 1
	case strings.Contains(name, "敏感"):
		r.Event = name
	case strings.HasSuffix(name, "节前"):
		r = seasonRule(name)
		if name == "节前" {
			r.Event = "节假日"
		}
	case strings.HasSuffix(name, "节假日"), strings.HasSuffix(name, "假期"), name == "节日", strings.HasSuffix(name, "重大节日"), strings.HasSuffix(name, "重要节日"):
		r.Event = "节假日"
	default:
		r.Event = name
	}
	r.Event = strings.NewReplacer(";", "", "；", "", "=", "", ",", "、", "，", "、").Replace(r.Event)
	return r
}

// seasonRule is the rule of a festival or season that comes once a year: 清明节前, 两节期间, 汛期来临前.
func seasonRule(note string) calendar.Rule {
	name, side := note, ""
	for _, s := range []string{"前后", "期间", "前", "后"} {
		if short, ok := strings.CutSuffix(name, s); ok {
			name, side = short, s
			break
		}
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, "来临"), "到来")
	if name == "七一" { // no day off, but a day of the year
		r := calendar.Rule{Freq: calendar.Yearly, Months: []int{7}, MonthDays: []int{1}, Shift: calendar.Previous}
		if side == "后" {
			r.Shift = calendar.Next
		}
		return r
	}
	days := 15 // a season is prepared for longer than a holiday
	if full, ok := holidayNames[strings.TrimSuffix(name, "节日")]; ok {
		name, days = full, 7
	} else if full, ok := holidayNames[strings.TrimSuffix(name, "节")]; ok {
		name, days = full, 7
	}
	r := calendar.Rule{Event: name}
	switch side {
	case "前":
		r.Side, r.Before, r.Shift = calendar.OnlyBefore, days, calendar.Previous
	case "后":
		r.Side, r.After, r.Shift = calendar.OnlyAfter, days, calendar.Next
	case "前后":
		r.Before, r.After = days, days
	}
	return r
}

// Choice is a rule that a person can pick, and its words.
type Choice struct{ Rule, Words string }

// Choices are the rules that people pick from where a plan's words propose none or another is meant, the most frequent first. Each
// is as [calendar.Rule.String] writes it, so that a duty's rule is found among them.
func Choices() []Choice {
	var list []Choice
	for _, text := range []string{
		"FREQ=DAILY", "FREQ=DAILY;X-SHIFT=skip", "FREQ=DAILY;X-ALLDAY=1",
		"FREQ=WEEKLY;BYDAY=MO;X-SHIFT=next", "FREQ=WEEKLY;BYDAY=TU;X-SHIFT=next", "FREQ=WEEKLY;BYDAY=WE;X-SHIFT=next",
		"FREQ=WEEKLY;BYDAY=TH;X-SHIFT=next", "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next",
		"FREQ=WEEKLY", "FREQ=WEEKLY;X-TIMES=2", "FREQ=WEEKLY;X-TIMES=3", "FREQ=WEEKLY;INTERVAL=2",
		"FREQ=MONTHLY;X-TIMES=3", "FREQ=MONTHLY;X-TIMES=2",
		"FREQ=MONTHLY", "FREQ=MONTHLY;X-WORKDAY=-1", "FREQ=MONTHLY;X-WORKDAY=1", "FREQ=MONTHLY;BYMONTHDAY=10;X-SHIFT=previous", "FREQ=MONTHLY;BYMONTHDAY=25;X-SHIFT=previous",
		"FREQ=MONTHLY;INTERVAL=2", "FREQ=MONTHLY;INTERVAL=3", "FREQ=MONTHLY;INTERVAL=6", "FREQ=YEARLY", "FREQ=YEARLY;X-TIMES=2", "FREQ=YEARLY;X-TIMES=3",
		"FREQ=YEARLY;BYMONTH=12",
		"X-EVENT=节假日", "X-EVENT=节假日;X-SIDE=before;X-BEFORE=7;X-SHIFT=previous", "X-EVENT=节假日;X-EACH=1;X-ALLDAY=1",
		"X-EVENT=雨雪天", "X-EVENT=汛期;X-EACH=1", "X-EVENT=汛期;X-EACH=7", "X-EVENT=敏感节日;X-EACH=1;X-ALLDAY=1",
	} {
		if r, err := calendar.ParseRule(text); err == nil { // all are; a test reads them
			list = append(list, Choice{r.String(), r.Words()})
		}
	}
	return list
}
