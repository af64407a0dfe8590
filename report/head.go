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
	"bihuan/proof"
)

// Head is what stands above a paper and around its findings. What is unknown stays empty; a paper that needs it shows a blank to
// be filled in.
type Head struct {
	Unit      string // who fills it in: 栖禾镇党委
	Title     string // of the ledger; empty for the usual one
	PlanTitle string // of the plan; empty for the usual one
	Team      string // who inspected: 区委第二巡察组
	Starts    string // first and last day of the inspection, and of its feedback: ISO dates
	Ends      string
	Feedback  string
	Contact   string    // 联系人, of all findings alike; an unknown one leaves the column empty
	AsOf      time.Time // the instant the data are of; also the date of a paper and of its file
	Imprint   proof.Imprint

	// With Days.Today set, a finding that presses says so beside its state: 超期12个工作日.
	Days     ledger.Days
	Calendar calendar.Calendar
}

// blank stands where somebody has to fill something in.
const blank = "〔待填〕"

// signer is who signs the plan: whoever its title begins with (中共栖禾镇委员会关于…), else the unit.
func (h Head) signer() string {
	if name, _, found := strings.Cut(h.PlanTitle, "关于"); found && name != "" {
		return name
	}
	return h.Unit
}

// inspected is the body that was inspected: the party committee of the unit where the title of the plan names it.
func (h Head) inspected() string {
	name, _, found := strings.Cut(h.PlanTitle, "关于")
	if inner, ok := strings.CutPrefix(name, "中共"); ok {
		if inner, ok = strings.CutSuffix(inner, "委员会"); ok {
			name = inner + "党委"
		}
	}
	if found && name == h.Unit+"党委" {
		return name
	}
	return h.Unit
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

// or is the text, or what stands there without one.
func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// orBlank is the text, or the blank to be filled in.
func orBlank(text string) string { return or(text, blank) }

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
	return strings.Join(texts, "、\n")
}

// bullets are marks before a text that number nothing.
const bullets = "-－–—•·●* "

// sentence is a numbered text, closed with a full stop. Bullets are left out: each text has its own cell, and to a spreadsheet a
// dash is the beginning of a formula.
func sentence(number, text string) string {
	text = strings.Trim(number, bullets) + text
	last, _ := utf8.DecodeLastRuneInString(text)
	if text == "" || strings.ContainsRune("。！？；…：.!?;:〕", last) {
		return text
	}
	return text + "。"
}
