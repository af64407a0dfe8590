// Package report writes the official tables and papers out of the ledger: the ledger itself as a workbook, the lists of problems,
// tasks and duties, and the plan. It works on plain values: who calls it has loaded the findings and says what time it is. The same
// findings and the same [Head] give the same bytes.
package report

import (
	"strings"
	"time"
	"unicode/utf8"

	"bihuan/calendar"
	"bihuan/ledger"
)

// Head is what stands above a paper and around its findings. What is unknown stays empty; a paper that needs it shows a blank to
// be filled in.
type Head struct {
	Unit     string // who fills it in and signs: 栖禾镇党委
	Title    string // of the ledger or plan; empty for the usual one. The lists have their own
	Team     string // who inspected: 区委第二巡察组
	Starts   string // first and last day of the inspection, and of its feedback: ISO dates
	Ends     string
	Feedback string
	Contact  string    // 联系人, of all findings alike
	AsOf     time.Time // the instant the data are of; also the date of a paper and of its file

	// With Days.Today set, a finding that presses says so beside its state: 超期12个工作日.
	Days     ledger.Days
	Calendar calendar.Calendar
}

// blank stands where somebody has to fill something in.
const blank = "〔待填〕"

// title is the title of the paper, or the unit and what the paper is called.
func (h Head) title(usual string) string {
	if h.Title != "" {
		return h.Title
	}
	return h.Unit + usual
}

// feedback tells of the inspection in a few words: 2026年2月3日反馈.
func (h Head) feedback() string {
	if h.Feedback == "" {
		return ""
	}
	return longDate(h.Feedback) + "反馈"
}

// longDate writes an ISO date as 2026年4月6日. What is no date stays as it is.
func longDate(date string) string {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return d.Format("2006年1月2日")
}

// day writes the date of an instant, or nothing for the zero time.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006年1月2日")
}

// orBlank is the text, or the blank to be filled in.
func orBlank(text string) string {
	if text == "" {
		return blank
	}
	return text
}

// due is the deadline as the plan prints it, or its date.
func due(f ledger.Finding) string {
	if f.DueText != "" {
		return f.DueText
	}
	return longDate(f.Due)
}

// names puts units or persons one below the other: a narrow cell would else break within a name.
func names(list []ledger.Named) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = n.Name
	}
	return strings.Join(texts, "\n")
}

// sentence is a numbered text, closed with a full stop.
func sentence(number, text string) string {
	last, _ := utf8.DecodeLastRuneInString(text)
	if text == "" || strings.ContainsRune("。！？；…：.!?;:〕", last) {
		return number + text
	}
	return number + text + "。"
}
