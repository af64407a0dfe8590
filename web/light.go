package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/ledger"
)

// light is a colour that never speaks alone: a shape, a word and a reason beneath it.
type light struct {
	Kind  string // none run part done soon late back keep wait stop info
	Word  string
	Why   string // beneath the word
	Title string // the whole sentence
}

// stateKinds are the shapes of the five states.
var stateKinds = map[ledger.State]string{
	ledger.Doing: "run", ledger.Part: "part", ledger.Done: "done", ledger.Failed: "late", ledger.Keep: "keep",
}

// stateLight says how far a finding is and what stands in its way.
func stateLight(f ledger.Finding) light {
	if f.Dropped > 0 {
		return light{Kind: "stop", Word: "已撤出", Title: fmt.Sprintf("方案第 %d 版不再列这个问题", f.Dropped)}
	}
	l := light{Kind: stateKinds[f.State], Word: f.State.Word()}
	switch {
	case f.State == ledger.Failed && f.Reason != "":
		l.Why = f.Reason
	case f.Gaps > 0:
		l.Why = fmt.Sprintf("%d 个表现无措施", f.Gaps)
	case f.Vague:
		l.Why = "责任悬空：未落实到人"
	}
	return l
}

// closedLight says how far the closing of a finding is.
func closedLight(f ledger.Finding) light {
	switch {
	case f.Closing != 0:
		return light{Kind: "done", Word: "已销号", Why: f.Slip}
	case f.Step.Running():
		return light{Kind: "wait", Word: f.Step.Word()}
	case f.Relapsed:
		return light{Kind: "back", Word: "反弹", Why: fmt.Sprintf("第 %d 次", f.Relapses)}
	case f.Step == ledger.SentBack:
		return light{Kind: "back", Word: f.Step.Word()}
	case f.Step == ledger.Voided:
		return light{Kind: "stop", Word: f.Step.Word()}
	}
	return light{Kind: "none", Word: "未申请"}
}

// days are the dates that lights depend on.
func days(c calendar.Calendar, r ledger.Rules, today string) ledger.Days {
	return ledger.Days{Today: today, Soon: c.After(today, r.Yellow)}
}

// dueLight says how long there is until the deadline of a finding. Where nothing presses any more it is empty or tells why.
func dueLight(c calendar.Calendar, f ledger.Finding, d ledger.Days) light {
	today := d.Today
	switch {
	case f.State == ledger.Keep:
		return light{Kind: "keep", Word: "已转长期", Title: "整改时限已停，按长期坚持管理"}
	case f.State.Settled():
		return light{}
	case f.Due == "":
		return light{Kind: "wait", Word: "待定日期", Title: "方案没有写明到哪一天，请补上"}
	}
	n := c.Between(today, f.Due)
	l := light{Kind: "run", Word: fmt.Sprintf("剩 %d 工作日", n), Title: fmt.Sprintf("距到期 %d 个工作日", n)}
	switch {
	case f.Due == today:
		l = light{Kind: "soon", Word: "今天到期", Title: "今天到期"}
	case f.Due < today && n == 0:
		l = light{Kind: "late", Word: "已过期限", Title: "期限已过，其间没有工作日"}
	case f.Due < today:
		l = light{Kind: "late", Word: fmt.Sprintf("超 %d 工作日", -n), Title: fmt.Sprintf("已超期 %d 个工作日", -n)}
	case f.Due <= d.Soon:
		l.Kind = "soon"
	}
	if unknown := unknownYears(c, min(today, f.Due), max(today, f.Due)); n != 0 && unknown != "" {
		l.Why = "未计节假日"
		l.Title += "，" + unknown + "节假日安排还没有公布，未计在内"
	}
	return l
}

// unknownYears names the years from one date to a later one whose holidays are not known: 2027年、2028年.
func unknownYears(c calendar.Calendar, from, to string) string {
	first, _ := strconv.Atoi(from[:4])
	last, _ := strconv.Atoi(to[:4])
	var years []string
	for y := max(first, last-9); y <= last; y++ { // more would tell nobody anything
		if year := strconv.Itoa(y); !c.Knows(year) {
			years = append(years, year+"年")
		}
	}
	return strings.Join(years, "、")
}

// dueKey is everything that the light of a deadline depends on.
type dueKey struct {
	state      ledger.State
	due, today string
	by         string // calendar and settings
}

// due is [dueLight], whose counting of working days is done once for each deadline a day.
func (s *Server) due(v *visit, f ledger.Finding) light {
	key := dueKey{f.State, f.Due, v.Today, v.by}
	l, ok := s.dues.get(key)
	if !ok {
		l = dueLight(v.Cal, f, v.Days)
		s.dues.put(key, l)
	}
	return l
}

// dueLines breaks a deadline as printed after its commas. As in all dates on the screen this year is left out.
func dueLines(f ledger.Finding, today string) []string {
	text := strings.TrimPrefix(f.DueText, today[:4]+"年")
	if text == "" {
		text = shortDate(f.Due, today)
	}
	if text == "" {
		return nil
	}
	return strings.Split(strings.ReplaceAll(strings.ReplaceAll(text, ",", "，"), "，", "，\n"), "\n")
}

// shortDate writes a date as 4月16日, with its year when that is not the year of today, which may be empty. What is no date stays
// as it is.
func shortDate(date, today string) string {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	if today != "" && date[:4] == today[:4] {
		return d.Format("1月2日")
	}
	return d.Format("2006年1月2日")
}

// clock writes an instant as 4月16日 09:20, with its year when that is not today's.
func clock(at time.Time, today string) string {
	return shortDate(at.Format(time.DateOnly), today) + at.Format(" 15:04")
}

// spanWords writes days from one to another: 4月18日 至 4月19日, one day alone.
func spanWords(from, to, today string) string {
	if to == "" || to == from {
		return shortDate(from, today)
	}
	return shortDate(from, today) + " 至 " + shortDate(to, today)
}
