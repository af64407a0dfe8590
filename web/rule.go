package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bihuan/plan"
)

// ruleWords says what a rule of recurrence means in words a clerk can check: 每周五，每次至少 2 次.
func ruleWords(r plan.Rule) string {
	switch {
	case r.Vague != "":
		return "“" + r.Vague + "”数不出次数，要定下多久一次"
	case r.Event != "":
		return "逢" + r.Event
	}
	part := map[string]string{}
	for p := range strings.SplitSeq(r.RRule, ";") {
		name, value, _ := strings.Cut(p, "=")
		part[name] = value
	}
	words := periodWords(part)
	if words == "" {
		return ""
	}
	if r.Count > 0 {
		words += fmt.Sprintf("不少于 %d 次", r.Count)
	}
	if r.Note != "" {
		words += "（" + r.Note + "）"
	}
	return words
}

// periodWords says the parts of an RFC 5545 rule, or nothing when it does not know them.
func periodWords(part map[string]string) string {
	n, err := strconv.Atoi(part["INTERVAL"])
	if err != nil {
		n = 1
	}
	days := part["BYDAY"]
	switch part["FREQ"] {
	case "HOURLY":
		return every(n, "小时")
	case "DAILY":
		if days == "MO,TU,WE,TH,FR" {
			return "每个工作日"
		}
		return every(n, "天")
	case "WEEKLY":
		switch {
		case days == "":
			return every(n, "周")
		case n == 1:
			return "每周" + weekdays(days)
		}
		return every(n, "周") + "的周" + weekdays(days)
	case "MONTHLY":
		return monthly(n, part["BYMONTHDAY"], days)
	case "YEARLY":
		return every(n, "年") + months(part["BYMONTH"]) + monthDays(part["BYMONTHDAY"])
	}
	return ""
}

func monthly(n int, dates, days string) string {
	switch {
	case dates == "10,20,-1":
		return "每旬"
	case dates == "15,-1":
		return "每半月"
	}
	word := every(n, "个月")
	switch n {
	case 1:
		word = "每月"
	case 3:
		word = "每季度"
	case 6:
		word = "每半年"
	case 12:
		word = "每年"
	}
	return word + monthDays(dates) + weekdays(days)
}

func every(n int, unit string) string {
	if n <= 1 {
		return "每" + unit
	}
	return fmt.Sprintf("每 %d %s", n, unit)
}

var dayNames = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// weekdays writes MO,FR as 一、五 and 1MO as 第一个周一.
func weekdays(list string) string {
	var words []string
	for d := range strings.SplitSeq(list, ",") {
		if len(d) < 2 {
			continue
		}
		i := slices.Index(dayNames, d[len(d)-2:])
		if i < 0 {
			continue
		}
		day := string([]rune("一二三四五六日")[i])
		switch nth := d[:len(d)-2]; nth {
		case "":
		case "-1":
			day = "最后一个周" + day
		default:
			day = "第" + nth + "个周" + day
		}
		words = append(words, day)
	}
	return strings.Join(words, "、")
}

func months(list string) string {
	if list == "" {
		return ""
	}
	return strings.ReplaceAll(list, ",", "、") + "月"
}

func monthDays(list string) string {
	if list == "" {
		return ""
	}
	var words []string
	for d := range strings.SplitSeq(list, ",") {
		if d == "-1" {
			words = append(words, "最后一天")
		} else {
			words = append(words, d+"日")
		}
	}
	return strings.Join(words, "、")
}
