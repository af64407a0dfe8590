package plan

import (
	"fmt"

	"bihuan/chinese"
)

// Frequencies finds the words of a text that state a recurrence, and what each means. A phrase is the shortest run of words
// with the period, the day or time in it, and the least or greatest count: 每周五下午, 每周不少于1次, 每季度, 24小时.
func Frequencies(text string) ([]string, []Rule) {
	k := inkOf(text)
	return k.frequencies(span{0, len(k.c)})
}

// period is a stretch of time that recurs.
type period struct {
	word string
	freq string // RFC 5545 FREQ
	n    int    // INTERVAL
}

// periods come after 每 or 按 or 逐, longer words first.
var periods = []period{
	{"个季度", "MONTHLY", 3}, {"季度", "MONTHLY", 3}, {"季", "MONTHLY", 3},
	{"个星期", "WEEKLY", 1}, {"星期", "WEEKLY", 1}, {"个周", "WEEKLY", 1}, {"周", "WEEKLY", 1}, {"礼拜", "WEEKLY", 1},
	{"个工作日", "DAILY", 1}, {"工作日", "DAILY", 1},
	{"个月", "MONTHLY", 1}, {"月度", "MONTHLY", 1}, {"月", "MONTHLY", 1}, {"旬", "", 1},
	{"半年度", "MONTHLY", 6}, {"半年", "MONTHLY", 6}, {"半个月", "", 1}, {"半月", "", 1}, {"年度", "YEARLY", 1}, {"年", "YEARLY", 1},
	{"日", "DAILY", 1}, {"天", "DAILY", 1}, {"小时", "HOURLY", 1}, {"学期", "MONTHLY", 6}, {"晚", "DAILY", 1}, {"早", "DAILY", 1},
}

// vague are words of recurrence that nobody can count.
var vague = []string{"不定期", "定期", "常态化", "经常性", "经常", "日常", "随时"}

// frequencies finds the phrases of a piece.
func (k *ink) frequencies(s span) ([]string, []Rule) {
	phrases, rules := []string{}, []Rule{}
	for i := s.a; i < s.b; i++ {
		switch k.c[i] { // the signs a phrase may begin with
		case '每', '按', '逐', '分', '2', '全', '不', '定', '常', '经', '日', '随':
		default:
			continue
		}
		to, r, ok := k.frequencyAt(i, s)
		if !ok {
			continue
		}
		phrases = append(phrases, k.text(span{i, to}))
		rules = append(rules, r)
		i = to - 1
	}
	return phrases, rules
}

// frequencyAt reads a phrase at c[i].
func (k *ink) frequencyAt(i int, s span) (int, Rule, bool) {
	switch r := k.c[i]; {
	case r == '每':
		return k.every(i, s)
	case r == '按' || r == '逐' || r == '分':
		return k.byPeriod(i, s)
	case r == '2' && k.starts(i, "24小时") && !chinese.Digit(k.at0(i-1)) && !k.within(i+4):
		return i + 4, Rule{RRule: "FREQ=DAILY", Note: "全天24小时"}, true
	case r == '全' && k.starts(i, "全天候"):
		return i + 3, Rule{RRule: "FREQ=DAILY", Note: "全天24小时"}, true
	}
	for _, w := range vague {
		if k.starts(i, w) && i+runeLen(w) <= s.b {
			if w == "日常" && !k.dailyWork(i) || w == "经常" && k.starts(i, "经常性") || w == "常态化" && has("成实现", k.at0(i-1)) {
				return i, Rule{}, false
			}
			return i + runeLen(w), Rule{Vague: w}, true
		}
	}
	return i, Rule{}, false
}

// within reports whether 24小时 is a limit (24小时内) and not a watch.
func (k *ink) within(i int) bool {
	return has("内以之前后热", k.at0(i))
}

// dailyWork reports whether 日常 says how often something is done: 日常开展, 日常巡逻; 日常管理制度 does not.
func (k *ink) dailyWork(i int) bool {
	for _, w := range []string{"开展", "巡", "检查", "维护", "督查", "巡逻", "排查"} {
		if k.starts(i+2, w) {
			return true
		}
	}
	return false
}

// eventEnds end the name of an event that recurs: 每逢赶集日, 每逢雨天.
var eventEnds = []string{"节假日", "赶集日", "集日", "圩日", "节日", "假期", "汛期", "雨天", "雨季", "换届", "开学", "节前", "周末", "期间", "日", "节", "集", "天"}

// event reads 每逢….
func (k *ink) event(i int, s span) (int, Rule, bool) {
	for j := i + 2; j < s.b && j < i+14 && !has(",。;:(", k.c[j]); j++ {
		for _, w := range eventEnds {
			if to := j + runeLen(w); to <= s.b && k.starts(j, w) {
				return to, Rule{Event: k.bare(span{i + 2, to})}, true
			}
		}
	}
	return i, Rule{}, false
}

// every reads 每….
func (k *ink) every(i int, s span) (int, Rule, bool) {
	a := i + 1
	if k.at0(a) == '逢' {
		return k.event(i, s)
	}
	if k.subject(&a) { // 每村每月接受检查不超过2次
		a++
	}
	n, b := 1, a
	if !k.periodStarts(a) {
		if m, e := k.numAt(a, s.b); e > a && m > 0 {
			n, b = m, e
		} else if k.at0(a) == '两' {
			n, b = 2, a+1
		} else if k.at0(a) == '隔' {
			n, b = 2, a+1
		}
	}
	p, to, ok := k.periodAt(b)
	if !ok || to > s.b {
		return i, Rule{}, false
	}
	if p.freq == "YEARLY" && k.starts(to, "级") || p.word == "日" && has("常", k.at0(to)) || p.word == "月" && k.starts(to, "亮") {
		return i, Rule{}, false
	}
	rule := Rule{RRule: "FREQ=" + p.freq}
	if every := p.n * n; every > 1 {
		rule.RRule += fmt.Sprintf(";INTERVAL=%d", every)
	}
	switch {
	case p.word == "旬":
		rule.RRule = "FREQ=MONTHLY;BYMONTHDAY=10,20,-1"
	case p.word == "半月" || p.word == "半个月":
		rule.RRule = "FREQ=MONTHLY;BYMONTHDAY=15,-1"
	case p.word == "工作日" || p.word == "个工作日":
		rule.RRule += ";BYDAY=MO,TU,WE,TH,FR"
	}
	to = k.dayPart(to, s.b, p, n, &rule)
	to = k.countPart(to, s.b, &rule)
	return to, rule, true
}

// subject skips 村 in 每村每月.
func (k *ink) subject(a *int) bool {
	for b := *a; b < *a+5; b++ {
		if k.at0(b) == '每' && b > *a {
			if _, _, ok := k.periodAt(b + 1); ok {
				*a = b
				return true
			}
		}
		if !chinese.Han(k.at0(b)) {
			return false
		}
	}
	return false
}

func (k *ink) periodStarts(a int) bool { _, _, ok := k.periodAt(a); return ok }

func (k *ink) periodAt(b int) (period, int, bool) {
	for _, p := range periods {
		if k.starts(b, p.word) {
			to := b + runeLen(p.word)
			if p.word == "年" && k.at0(to) == '度' || p.word == "季" && k.at0(to) == '节' {
				continue
			}
			return p, to, true
		}
	}
	return period{}, b, false
}

var weekdays = map[rune]string{'一': "MO", '二': "TU", '三': "WE", '四': "TH", '五': "FR", '六': "SA", '日': "SU", '天': "SU", '末': "SU", '1': "MO", '2': "TU", '3': "WE", '4': "TH", '5': "FR"}

// dayPart reads the day or time inside the period: 五下午, 25日前, 月底, 12月, 第一周.
func (k *ink) dayPart(i, end int, p period, n int, rule *Rule) int {
	start := i
	if k.at0(i) == '的' {
		i++
	}
	switch p.freq {
	case "WEEKLY":
		if d, ok := weekdays[k.at0(i)]; ok && !(chinese.Numeral(k.c[i]) && k.countWord(i+1)) {
			rule.RRule += ";BYDAY=" + d
			i++
			for has("、和至到-", k.at0(i)) && i < end {
				j := i + 1
				if k.starts(j, "周") {
					j++
				}
				if d, ok := weekdays[k.at0(j)]; ok {
					rule.RRule += "," + d
					i = j + 1
				} else {
					break
				}
			}
			start = i
		}
	case "YEARLY":
		if m, b := k.numAt(i, end); b > i && k.at0(b) == '月' {
			rule.RRule += fmt.Sprintf(";BYMONTH=%d", m)
			i = b + 1
			if has("份底", k.at0(i)) {
				i++
			} else if d, e := k.numAt(i, end); e > i && has("日号", k.at0(e)) {
				rule.RRule += fmt.Sprintf(";BYMONTHDAY=%d", d)
				i = e + 1
			}
			for k.at0(i) == '、' || k.at0(i) == '和' {
				if m, e := k.numAt(i+1, end); e > i+1 && k.at0(e) == '月' {
					rule.RRule += fmt.Sprintf(",%d", m)
					i = e + 1
					if k.at0(i) == '份' {
						i++
					}
					continue
				}
				break
			}
			start = i
		} else if k.at0(i) == '底' || k.at0(i) == '初' || k.at0(i) == '末' {
			rule.RRule += map[bool]string{true: ";BYMONTH=1", false: ";BYMONTH=12"}[k.at0(i) == '初']
			start = i + 1
		} else if k.starts(i, "上半年") || k.starts(i, "下半年") {
			start = i + 3
		}
	default:
		start = k.monthDay(i, end, start, p, rule)
	}
	start = k.festival(start, end, rule)
	start = k.nthWeek(start, end, p, rule)
	for _, w := range []string{"上午", "下午", "晚上", "早上", "早晚", "晚", "早晨", "中午", "上旬", "中旬", "下旬"} {
		if k.starts(start, w) && start+runeLen(w) <= end {
			start += runeLen(w)
			break
		}
	}
	start = k.clock(start, end)
	for _, w := range []string{"之前", "以前", "前", "之内"} {
		if k.starts(start, w) && start+runeLen(w) <= end && !has("周年季旬天", k.c[start-1]) && !(k.c[start-1] == '月' && p.freq == "MONTHLY") {
			start += runeLen(w)
			break
		}
	}
	return start
}

// festivals are days and seasons that come once in a year.
var festivals = []string{"清明", "春节", "国庆", "中秋", "端午", "元旦", "重阳", "七一", "五一", "汛期", "开学", "秋收", "春播", "春耕", "雨季", "入汛", "两节", "冬季", "入冬"}

// festival reads a season inside a year: 每年清明节前.
func (k *ink) festival(i, end int, rule *Rule) int {
	if rule.RRule != "FREQ=YEARLY" {
		return i
	}
	for _, f := range festivals {
		if !k.starts(i, f) || i+runeLen(f) > end {
			continue
		}
		to := i + runeLen(f)
		for _, w := range []string{"节日", "节", "来临", "到来"} {
			if k.starts(to, w) {
				to += runeLen(w)
			}
		}
		for _, w := range []string{"前后", "前", "后", "期间"} {
			if k.starts(to, w) {
				to += runeLen(w)
				break
			}
		}
		rule.Note = k.text(span{i, to})
		return to
	}
	return i
}

// nthWeek reads 第二周, 第一个周六, 第一周周五 inside a month.
func (k *ink) nthWeek(i, end int, p period, rule *Rule) int {
	if p.freq != "MONTHLY" || k.at0(i) != '第' {
		return i
	}
	n, a := k.numAt(i+1, end)
	if a == i+1 || n < 1 || n > 5 {
		return i
	}
	if k.at0(a) == '个' {
		a++
	}
	for _, w := range []string{"星期", "周"} {
		if !k.starts(a, w) {
			continue
		}
		a += runeLen(w)
		if k.starts(a, "周") || k.starts(a, "的周") {
			a += runeLen(w)
		}
		if d, ok := weekdays[k.at0(a)]; ok {
			rule.RRule += fmt.Sprintf(";BYDAY=%d%s", n, d)
			return a + 1
		}
		rule.RRule += fmt.Sprintf(";BYMONTHDAY=%d", min(7*n, 28))
		return a
	}
	return i
}

// clock reads a time of day: 8时, 18时至20时, 早晨7点, 8:30.
func (k *ink) clock(i, end int) int {
	n, a := k.numAt(i, end)
	if a == i || n > 24 || a >= end || !has("时点:", k.c[a]) || k.starts(a, "时段") {
		return i
	}
	a++
	if _, b := k.numAt(a, end); b > a {
		a = b
		if k.at0(a) == '分' {
			a++
		}
	} else if k.at0(a) == '半' || k.at0(a) == '整' {
		a++
	}
	if has("至到-—~", k.at0(a)) {
		if b := k.clock(a+1, end); b > a+1 {
			return b
		}
	}
	return a
}

// monthDay reads the day in a month or quarter: 底, 末, 初, 10日前, 10日、25日, 最后一周.
func (k *ink) monthDay(i, end, start int, p period, rule *Rule) int {
	for _, w := range []struct{ word, rule string }{
		{"最后一个工作日", ";BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"}, {"最后一天", ";BYMONTHDAY=-1"}, {"最后一周", ";BYMONTHDAY=-1"},
		{"第一个工作日", ";BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1"}, {"首月", ""}, {"末月", ""}, {"底", ";BYMONTHDAY=-1"}, {"末", ";BYMONTHDAY=-1"}, {"初", ";BYMONTHDAY=5"}, {"第一个月", ""}} {
		if k.starts(i, w.word) && i+runeLen(w.word) <= end {
			rule.RRule += w.rule
			if w.word == "末" || w.word == "底" {
				rule.Note = "最后一个工作日"
			}
			return i + runeLen(w.word)
		}
	}
	list := ""
	for {
		d, b := k.numAt(i, end)
		if b == i || b >= end || !has("日号", k.c[b]) || d < 1 || d > 31 {
			break
		}
		if list != "" {
			list += ","
		}
		list += fmt.Sprint(d)
		start = b + 1
		if !has("、和至-及", k.at0(start)) {
			break
		}
		i = start + 1
	}
	if list != "" && p.freq == "MONTHLY" {
		rule.RRule += ";BYMONTHDAY=" + list
	}
	return start
}

// countWord reports whether a word of counting stands at c[i].
func (k *ink) countWord(i int) bool { return has("次场遍轮期回", k.at0(i)) }

// leastWords stand before a count that bounds it.
var leastWords = []struct {
	word string
	most bool
}{{"不少于", false}, {"至少", false}, {"不低于", false}, {"不得少于", false}, {"最少", false}, {"不得低于", false}, {"不超过", true}, {"不多于", true}, {"最多", true}, {"不得超过", true}, {"原则上不少于", false}}

// countPart reads a count: right after the period with any unit (不少于40户), or a few words later in 次 (至少上门一次).
func (k *ink) countPart(i, end int, rule *Rule) int {
	if to, n, most, ok := k.least(i, end, true); ok {
		setCount(rule, n, most)
		return to
	}
	if n, b := k.numAt(i, end); b > i && b < end && k.countWord(b) {
		setCount(rule, n, false)
		return b + 1
	}
	if k.at0(i) == '两' && k.countWord(i+1) && i+1 < end {
		setCount(rule, 2, false)
		return i + 2
	}
	for j := i; j < end && j < i+12; j++ {
		if has("，,。；;、:(“”", k.c[j]) || k.c[j] == '每' {
			break
		}
		if to, n, most, ok := k.least(j, end, false); ok {
			setCount(rule, n, most)
			return to
		}
		if chinese.Digit(k.c[j]) || k.c[j] == '两' || chinese.Numeral(k.c[j]) {
			n, b := k.numAt(j, end)
			if k.c[j] == '两' {
				n, b = 2, j+1
			}
			if b > j && b < end && (k.countWord(b) && k.c[b] != '轮' && k.c[b] != '期') && (n > 1 || chinese.Digit(k.c[j])) && n < 100 {
				setCount(rule, n, false)
				return b + 1
			}
			if b > j {
				j = b - 1
			}
		}
	}
	return i
}

func setCount(rule *Rule, n int, most bool) {
	rule.Count = n
	if most {
		rule.Note = "至多"
	}
}

// least reads 不少于2次, 至少上门一次; anyUnit allows other units than 次 right after the number.
func (k *ink) least(i, end int, anyUnit bool) (int, int, bool, bool) {
	for _, w := range leastWords {
		if !k.starts(i, w.word) {
			continue
		}
		a := i + runeLen(w.word)
		for j := a; j < end && j <= a+8; j++ {
			if has(",。;、:(", k.c[j]) {
				break
			}
			n, b := k.numAt(j, end)
			if k.c[j] == '两' {
				n, b = 2, j+1
			}
			if b == j || b >= end {
				continue
			}
			if k.countWord(b) || has("天晚", k.c[b]) {
				return b + 1, n, w.most, true
			}
			if k.starts(b, "个小时") {
				return b + 3, n, w.most, true
			}
			if k.starts(b, "小时") || k.starts(b, "学时") {
				return b + 2, n, w.most, true
			}
			if anyUnit && j == a && chinese.Han(k.c[b]) {
				to := b + 1
				if k.starts(b, "个小时") {
					to = b + 3
				} else if k.starts(b, "小时") || k.starts(b, "人次") || k.starts(b, "个村") || k.starts(b, "学时") || k.starts(b, "课时") || k.starts(b, "个工作日") || k.starts(b, "分钟") {
					to = b + 2
				}
				return to, n, w.most, true
			}
			if anyUnit && j == a {
				break
			}
			j = b - 1
		}
	}
	return i, 0, false, false
}

// byPeriod reads 按月, 按季度, 逐月, 按周.
func (k *ink) byPeriod(i int, s span) (int, Rule, bool) {
	for _, p := range periods {
		if p.freq == "" && p.word != "旬" || p.word == "年度" && k.c[i] == '分' || !k.starts(i+1, p.word) || i+1+runeLen(p.word) > s.b {
			continue
		}
		if p.word == "日" && (has("期", k.at0(i+2)) || k.c[i] == '分') || p.word == "年" && k.c[i] == '逐' || p.word == "天" && k.at0(i+2) == '数' || k.c[i] == '分' && p.word != "季度" && p.word != "月" {
			return i, Rule{}, false
		}
		rule := Rule{RRule: "FREQ=" + p.freq}
		if p.n > 1 {
			rule.RRule += fmt.Sprintf(";INTERVAL=%d", p.n)
		}
		if p.word == "旬" {
			rule.RRule = "FREQ=MONTHLY;BYMONTHDAY=10,20,-1"
		}
		return i + 1 + runeLen(p.word), rule, true
	}
	return i, Rule{}, false
}
