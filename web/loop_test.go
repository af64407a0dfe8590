package web_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/store/storetest"
)

var cal = calendar.Published()

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// finding reads a finding as it is now.
func (s *site) finding(id int64) ledger.Finding {
	s.t.Helper()
	f, err := ledger.ByID(context.Background(), s.db, s.people["district"], id)
	s.must(err)
	return f
}

// work reads what was done for a finding.
func (s *site) work(id int64) ledger.Work {
	s.t.Helper()
	w, err := ledger.WorkOf(context.Background(), s.db, s.finding(id))
	s.must(err)
	return w
}

// answered makes the first measure of a finding answer whatever none does.
func (s *site) answered(id int64) {
	s.t.Helper()
	f := s.finding(id)
	answers := slices.Clone(f.Measures[0].Answers)
	for i := range f.Manifestations {
		if len(f.AnsweredBy(i)) == 0 {
			answers = append(answers, i)
		}
	}
	s.must(ledger.Link(context.Background(), s.db, s.people["clerk"], id, f.Version, 0, answers))
}

// done has each measure of a finding given once to the colleague, reported and passed.
func (s *site) done(id int64) {
	s.t.Helper()
	ctx, f := context.Background(), s.finding(id)
	var list []ledger.Assignment
	for i := range f.Measures {
		list = append(list, ledger.Assignment{Measure: i, Unit: s.town.ID, Staff: s.people["colleague"].ID, Part: duty.Lead, Title: fmt.Sprintf("第%d条措施", i+1),
			Due: s.now.AddDate(0, 0, 10).Format(time.DateOnly), Reviewed: true})
	}
	s.must(ledger.Assign(ctx, s.db, cal, s.people["clerk"], id, list))
	for _, o := range s.work(id).Occurrences {
		if o.Standing != duty.Open {
			continue
		}
		told, err := ledger.Report(ctx, s.db, cal, s.people["colleague"], o.ID, o.Version, duty.Report{Said: "已经办到，逐户核过"},
			[]evidence.Item{{Kind: evidence.Statement, Said: "已经办到，逐户核过"}})
		s.must(err)
		s.must(ledger.Decide(ctx, s.db, cal, s.people["clerk"], told.ID, told.Version, duty.Decision{Pass: true}))
	}
}

// applied has the closing of a finding applied for, and gives the application.
func (s *site) applied(id int64) int64 {
	s.t.Helper()
	s.answered(id)
	s.done(id)
	c, err := ledger.Apply(context.Background(), s.db, s.people["clerk"], id, s.finding(id).Version, "措施全部办到，群众认可")
	s.must(err)
	return c
}

// closed takes findings through their closing, by the real commands and four people.
func (s *site) closed(ids ...int64) {
	s.t.Helper()
	for _, id := range ids {
		s.decided(s.applied(id), "leader", "party", "district")
	}
}

// decided lets people pass the next steps of an application.
func (s *site) decided(closing int64, logins ...string) {
	s.t.Helper()
	ctx := context.Background()
	for _, login := range logins {
		c, err := ledger.ClosingByID(ctx, s.db, closing)
		s.must(err)
		_, err = ledger.DecideClosing(ctx, s.db, cal, s.people[login], closing, c.Version, ledger.Verdict{Pass: true, Words: "同意"})
		s.must(err)
	}
}

// part reports a finding as far as it may be without a closing.
func (s *site) part(f ledger.Finding) {
	s.t.Helper()
	s.must(ledger.RecordProgress(context.Background(), s.db, s.people["clerk"], f.ID, s.finding(f.ID).Version, ledger.ProgressEdit{State: ledger.Part, Progress: "已办", Evidence: "会议记录2份"}))
}

// at sets the clock to nine o'clock of a day and does what the night before it called for.
func (s *site) at(day string) {
	s.t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, day, time.Local)
	s.must(err)
	s.now = d.Add(9 * time.Hour)
	s.must(ledger.Nightly(context.Background(), s.db, cal))
}

// formAt reads the form of a page that is sent to an address, as a browser would send it.
func formAt(page, action string) map[string]string {
	form := map[string]string{}
	inside := between(page, `action="`+action+`"`, "</form>")
	for _, m := range regexp.MustCompile(`<input[^>]*>`).FindAllString(inside, -1) {
		name, box := between(m, ` name="`, `"`), strings.Contains(m, `type="radio"`) || strings.Contains(m, `type="checkbox"`)
		if name != "" && (!box || strings.Contains(m, " checked")) {
			form[name] = unescape(between(m, `value="`, `"`))
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>`).FindAllStringSubmatch(inside, -1) {
		form[m[1]] = unescape(m[2])
	}
	for _, m := range regexp.MustCompile(`(?s)<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>`).FindAllStringSubmatch(inside, -1) {
		if opt := regexp.MustCompile(`<option value="([^"]*)" selected>`).FindStringSubmatch(m[2]); opt != nil {
			form[m[1]] = unescape(opt[1])
		} else if opt := regexp.MustCompile(`<option value="([^"]*)">`).FindStringSubmatch(m[2]); opt != nil {
			form[m[1]] = unescape(opt[1])
		}
	}
	return form
}

// saysAll fails the test unless a page says all of it.
func saysAll(t *testing.T, page string, list ...string) {
	t.Helper()
	text := plain(page)
	for _, want := range list {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q: %s", want, text)
		}
	}
}

var _ = http.StatusOK
var _ = storetest.SQLite
