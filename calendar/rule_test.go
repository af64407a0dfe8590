package calendar

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"
)

// parse reads a rule that the test knows to be good.
func parse(t testing.TB, text string) Rule {
	t.Helper()
	r, err := ParseRule(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}

// brief writes dates as nominal, >due where it differs, and x for what is skipped.
func brief(dates []Date) string {
	var words []string
	for _, d := range dates {
		w := d.Nominal[5:]
		if d.Due != d.Nominal {
			w += ">" + d.Due[5:]
		}
		if d.Skipped {
			w += "x"
		}
		if d.Guessed {
			w += "?"
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

func TestDates(t *testing.T) {
	c := Published()
	events := []Window{{"雨雪天", "2026-01-08", "2026-01-10"}, {"雨雪天", "2026-01-10", "2026-01-12"}, {"雨雪天", "2026-02-01", ""}, {"汛期", "2026-06-01", "2026-09-30"}}
	for _, x := range []struct{ rule, start, from, to, want string }{
		// The study of every Friday: 2026-02-20 is in the Spring Festival, 2026-05-01 is Labour Day, 2026-10-02 National Day.
		{"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", "2026-01-01", "2026-02-06", "2026-03-06", "02-06 02-13 02-20>02-24 02-27 03-06"},
		{"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=skip", "2026-01-01", "2026-04-24", "2026-05-08", "04-24 05-01x 05-08"},
		{"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=previous", "2026-01-01", "2026-09-25", "2026-10-09", "09-25>09-24 10-02>09-30 10-09"},
		{"FREQ=WEEKLY;BYDAY=FR", "2026-01-01", "2026-05-01", "2026-05-01", "05-01"},
		// It goes on over New Year, where others stop; 2027 is not announced, and New Year's Day is a Friday.
		{"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", "2025-01-01", "2026-12-18", "2027-01-08", "12-18 12-25 01-01? 01-08?"},
		{"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", "2024-01-01", "2024-12-27", "2025-01-03", "12-27 01-03"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "2025-12-17", "2025-12-01", "2026-01-20", "12-30 01-13"},
		// Moved to one day with the next one, only that is left.
		{"FREQ=WEEKLY;BYDAY=MO,TU,WE;X-SHIFT=next", "2026-01-01", "2026-02-16", "2026-02-25", "02-16x 02-17x 02-18x 02-23x 02-24 02-25"},
		{"FREQ=WEEKLY;BYDAY=MO,TU,WE;X-SHIFT=previous", "2026-01-01", "2026-02-11", "2026-02-23", "02-11 02-16>02-14 02-17x 02-18x 02-23x"},
		// The last working day of the month: a Saturday that is worked, and the day before the holidays.
		{"FREQ=MONTHLY;X-WORKDAY=-1", "2026-01-01", "2026-01-01", "2026-06-30", "01-30 02-27>02-28 03-31 04-30 05-29 06-30"},
		{"FREQ=MONTHLY;X-WORKDAY=-1", "2024-01-01", "2024-01-01", "2024-04-30", "01-31 02-29 03-29 04-30"},
		{"FREQ=MONTHLY;X-WORKDAY=1", "2025-01-01", "2025-09-01", "2025-11-30", "09-01 10-01>10-09 11-03"},
		{"FREQ=MONTHLY;X-WORKDAY=18", "2026-01-01", "2026-02-01", "2026-02-28", "02-25>02-28"}, // it has 16
		{"FREQ=MONTHLY;INTERVAL=3;X-WORKDAY=-1", "2026-02-10", "2026-01-01", "2026-12-31", "03-31 06-30 09-30 12-31?"},
		{"FREQ=WEEKLY;X-WORKDAY=-1", "2026-02-01", "2026-02-09", "2026-03-01", "02-13>02-14 02-20x 02-27>02-28"},
		{"FREQ=YEARLY;BYMONTH=12;X-WORKDAY=-2", "2024-01-01", "2024-01-01", "2025-12-31", "12-30 12-30"},
		// Without a day: open for the period, due on its last working day; quarters are the calendar's.
		{"FREQ=MONTHLY", "2026-01-15", "2026-01-01", "2026-05-31", "01-30 02-27>02-28 03-31 04-30 05-29"},
		{"FREQ=MONTHLY;INTERVAL=3", "2026-02-10", "2026-01-01", "2026-12-31", "03-31 06-30 09-30 12-31?"},
		{"FREQ=MONTHLY;INTERVAL=6", "2025-05-10", "2025-01-01", "2026-12-31", "06-30 12-31 06-30 12-31?"},
		{"FREQ=MONTHLY;INTERVAL=2", "2026-02-10", "2026-01-01", "2026-08-31", "03-31 05-29 07-31"},
		{"FREQ=YEARLY", "2024-05-10", "2024-01-01", "2026-12-31", "12-31 12-31 12-31?"},
		{"FREQ=YEARLY;BYMONTH=6,12", "2025-01-10", "2025-01-01", "2026-11-30", "06-30 12-31 06-30"},
		{"FREQ=WEEKLY", "2026-02-04", "2026-02-01", "2026-03-01", "02-06 02-13>02-14 02-20x 02-27>02-28"},
		{"FREQ=WEEKLY;X-SHIFT=next", "2026-02-04", "2026-02-15", "2026-02-21", "02-20>02-24"},
		{"FREQ=WEEKLY;X-SHIFT=previous", "2026-02-04", "2026-02-15", "2026-02-21", "02-20>02-14"},
		// n times in each period.
		{"FREQ=YEARLY;X-TIMES=2", "2025-03-01", "2025-01-01", "2026-06-30", "06-30 12-31 06-30"},
		{"FREQ=YEARLY;X-TIMES=4", "2026-01-01", "2026-01-01", "2026-11-30", "03-31 06-30 09-30"},
		{"FREQ=MONTHLY;X-TIMES=2", "2026-01-01", "2026-02-01", "2026-03-31", "02-13>02-14 02-27>02-28 03-13 03-31"},
		{"FREQ=MONTHLY;X-TIMES=3", "2026-01-01", "2026-05-01", "2026-05-31", "05-08>05-09 05-20 05-29"},
		{"FREQ=WEEKLY;X-TIMES=2", "2026-01-01", "2026-03-02", "2026-03-15", "03-03 03-06 03-10 03-13"},
		{"FREQ=MONTHLY;INTERVAL=3;X-TIMES=3", "2026-01-01", "2026-04-01", "2026-06-30", "04-30 05-29 06-30"},
		// Days of the month.
		{"FREQ=MONTHLY;BYMONTHDAY=10,25;X-SHIFT=previous", "2026-01-01", "2026-01-01", "2026-02-28", "01-10>01-09 01-25>01-23 02-10 02-25"},
		{"FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-01", "2026-01-01", "2026-06-30", "01-31 03-31 05-31"},
		{"FREQ=MONTHLY;BYMONTHDAY=-1", "2024-01-01", "2024-02-01", "2024-04-30", "02-29 03-31 04-30"},
		{"FREQ=MONTHLY;BYDAY=1SA", "2026-01-01", "2026-01-01", "2026-03-31", "01-03 02-07 03-07"},
		{"FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=1;X-SHIFT=previous", "2024-01-01", "2024-01-01", "2026-12-31", "07-01 07-01 07-01"},
		// Nothing before the start, not by a shift either.
		{"FREQ=MONTHLY;BYMONTHDAY=10;X-SHIFT=previous", "2026-01-10", "2026-01-01", "2026-01-31", "01-10>01-12"},
		{"FREQ=MONTHLY", "2026-05-30", "2026-01-01", "2026-06-30", "06-30"},
		// Days.
		{"FREQ=DAILY;X-SHIFT=skip", "2026-01-01", "2026-02-27", "2026-03-03", "02-27 02-28 03-02 03-03"},
		{"FREQ=DAILY;X-SHIFT=skip", "2026-01-01", "2026-05-01", "2026-05-09", "05-01x 05-04x 05-05x 05-06 05-07 05-08 05-09"},
		{"FREQ=DAILY;X-ALLDAY=1", "2026-01-01", "2026-12-30", "2027-01-02", "12-30 12-31 01-01 01-02"},
		{"FREQ=DAILY;INTERVAL=3", "2026-12-27", "2026-12-28", "2027-01-08", "12-30 01-02 01-05 01-08"},
		{"FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20260303", "2026-01-01", "2026-02-27", "2026-03-31", "02-27 03-02 03-03"},
		// Festivals: with the days the notice gives and the weekend that they join.
		{"X-EVENT=春节;X-EACH=1", "2026-01-01", "2026-01-01", "2026-12-31", "02-15 02-16 02-17 02-18 02-19 02-20 02-21 02-22 02-23"},
		{"X-EVENT=端午节;X-EACH=1;X-ALLDAY=1", "2024-01-01", "2024-01-01", "2024-12-31", "06-08 06-09 06-10"},
		{"X-EVENT=中秋;X-BEFORE=2", "2025-01-01", "2025-01-01", "2026-12-31", "09-29>10-08 09-23>09-27"},
		{"X-EVENT=国庆节;X-SIDE=before;X-BEFORE=7;X-SHIFT=previous", "2025-01-01", "2025-01-01", "2026-12-31", "09-24>09-30 09-24>09-30"},
		{"X-EVENT=元旦、春节;X-SIDE=after;X-AFTER=3;X-SHIFT=next", "2025-01-01", "2025-01-01", "2026-02-28", "01-02>01-06 02-05>02-07 01-04>01-06 02-24>02-26"},
		{"X-EVENT=节假日", "2026-01-01", "2026-04-01", "2026-06-30", "04-04>04-06 05-01>05-05 06-19>06-21"},
		{"X-EVENT=五一", "2026-01-01", "2026-01-01", "2026-12-31", "05-01>05-05"},
		{"X-EVENT=春节", "2026-02-18", "2026-01-01", "2026-12-31", "02-18>02-23"},
		{"X-EVENT=春节", "2027-01-01", "2027-01-01", "2027-12-31", ""},
		// Events that people enter: those that overlap are one.
		{"X-EVENT=雨雪天;X-AFTER=1", "2026-01-01", "2026-01-01", "2026-12-31", "01-08>01-13 02-01>02-02"},
		{"X-EVENT=雨雪天;X-EACH=1", "2026-01-09", "2026-01-01", "2026-12-31", "01-09 01-10 01-11 01-12 02-01"},
		{"X-EVENT=汛期;X-EACH=7;X-SHIFT=skip", "2026-01-01", "2026-06-01", "2026-06-24", "06-01>06-05 06-08>06-12 06-15>06-18 06-22>06-26"},
		{"X-EVENT=赶集日", "2026-01-01", "2026-01-01", "2026-12-31", ""},
	} {
		if got := brief(parse(t, x.rule).Dates(c, events, x.start, x.from, x.to)); got != x.want {
			t.Errorf("%s from %s in %s–%s:\n got %s\nwant %s", x.rule, x.start, x.from, x.to, got, x.want)
		}
	}
}

// From when an occurrence can be done, and what is said of one that moved.
func TestOpensAndWhy(t *testing.T) {
	c := Published()
	for _, x := range []struct {
		rule, start, from, to string
		want                  Date
	}{
		{"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", "2026-01-01", "2026-02-20", "2026-02-20",
			Date{Nominal: "2026-02-20", Opens: "2026-02-16", Due: "2026-02-24", Why: "春节放假，顺延到下一个工作日"}},
		{"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=skip", "2026-01-01", "2026-05-01", "2026-05-01",
			Date{Nominal: "2026-05-01", Opens: "2026-04-27", Due: "2026-05-01", Skipped: true, Why: "劳动节放假"}},
		{"FREQ=WEEKLY;BYDAY=TU,FR", "2026-01-01", "2026-03-06", "2026-03-06", Date{Nominal: "2026-03-06", Opens: "2026-03-04", Due: "2026-03-06"}},
		{"FREQ=WEEKLY;BYDAY=MO;X-SHIFT=previous", "2026-01-01", "2026-02-16", "2026-02-16",
			Date{Nominal: "2026-02-16", Opens: "2026-02-14", Due: "2026-02-14", Why: "春节放假，提前到前一个工作日"}},
		{"FREQ=WEEKLY", "2026-01-01", "2026-02-20", "2026-02-20",
			Date{Nominal: "2026-02-20", Opens: "2026-02-16", Due: "2026-02-20", Skipped: true, Why: "春节放假，这一期没有工作日"}},
		{"FREQ=MONTHLY;INTERVAL=3", "2026-02-10", "2026-03-31", "2026-03-31", Date{Nominal: "2026-03-31", Opens: "2026-02-10", Due: "2026-03-31"}},
		{"FREQ=MONTHLY;X-WORKDAY=-1", "2026-01-01", "2026-02-27", "2026-02-27", Date{Nominal: "2026-02-27", Opens: "2026-02-21", Due: "2026-02-28"}},
		{"FREQ=MONTHLY;BYMONTHDAY=10,25", "2026-01-01", "2026-03-25", "2026-03-25", Date{Nominal: "2026-03-25", Opens: "2026-03-11", Due: "2026-03-25"}},
		{"FREQ=MONTHLY;BYMONTHDAY=10;X-SHIFT=next", "2026-01-01", "2026-05-10", "2026-05-10",
			Date{Nominal: "2026-05-10", Opens: "2026-05-01", Due: "2026-05-11", Why: "周末，顺延到下一个工作日"}},
		{"FREQ=DAILY;INTERVAL=10", "2026-01-01", "2026-01-11", "2026-01-11", Date{Nominal: "2026-01-11", Opens: "2026-01-02", Due: "2026-01-11"}},
	} {
		if d := cmp.Diff([]Date{x.want}, parse(t, x.rule).Dates(c, nil, x.start, x.from, x.to)); d != "" {
			t.Errorf("%s: %s", x.rule, d)
		}
	}
}

// A year of Friday studies: 52 of them, less those in holidays; moved ones are all held, one a week.
func TestStudyYear(t *testing.T) {
	c := Published()
	for year, holidays := range map[string]string{"2024": "02-16 04-05 05-03 10-04", "2025": "01-31 04-04 05-02 10-03", "2026": "01-02 02-20 05-01 06-19 09-25 10-02"} {
		var off []string
		all := parse(t, "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=skip").Dates(c, nil, "2024-01-01", year+"-01-01", year+"-12-31")
		for _, d := range all {
			if d.Skipped {
				off = append(off, d.Nominal[5:])
			}
		}
		if len(all) != 52 || strings.Join(off, " ") != holidays {
			t.Errorf("%s: %d Fridays, off on %s", year, len(all), off)
		}
		for _, d := range parse(t, "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next").Dates(c, nil, "2024-01-01", year+"-01-01", year+"-12-31") {
			if d.Skipped || strings.Contains(holidays, d.Nominal[5:]) != (d.Due != d.Nominal) {
				t.Errorf("%+v", d)
			}
		}
	}
}

// The key of an occurrence does not change when the holidays of a year become known.
func TestNominalOutlivesTheNotice(t *testing.T) {
	before := Calendar{}
	after := Published()
	keys := func(c Calendar, r Rule) []string {
		var all []string
		for _, d := range r.Dates(c, nil, "2025-01-01", "2025-01-01", "2026-12-31") {
			all = append(all, d.Nominal)
		}
		return all
	}
	for _, text := range []string{"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", "FREQ=MONTHLY;X-WORKDAY=-1", "FREQ=MONTHLY;X-WORKDAY=3", "FREQ=WEEKLY",
		"FREQ=MONTHLY;X-TIMES=3", "FREQ=YEARLY;X-TIMES=2", "FREQ=MONTHLY;BYMONTHDAY=1,-1;X-SHIFT=previous"} {
		r := parse(t, text)
		if d := cmp.Diff(keys(before, r), keys(after, r)); d != "" {
			t.Errorf("%s: %s", text, d)
		}
	}
	// Every working day only gains the Saturdays and Sundays that are worked.
	daily := parse(t, "FREQ=DAILY;X-SHIFT=skip")
	known := keys(after, daily)
	for _, day := range keys(before, daily) {
		if !slices.Contains(known, day) {
			t.Errorf("%s is gone", day)
		}
	}
}

func TestWords(t *testing.T) {
	for _, x := range []struct{ rule, want string }{
		{"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", "每周五，遇节假日顺延到下一个工作日"},
		{"FREQ=WEEKLY;BYDAY=TU,TH;X-SHIFT=skip", "每周二、四，遇节假日不办"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;X-SHIFT=previous", "每2周的周一，遇节假日提前到前一个工作日"},
		{"FREQ=WEEKLY;BYDAY=SA,SU", "每周六、日，周末和节假日照常"},
		{"FREQ=MONTHLY;X-WORKDAY=-1", "每月最后一个工作日"},
		{"FREQ=MONTHLY;INTERVAL=3;X-WORKDAY=-1", "每季度最后一个工作日"},
		{"FREQ=MONTHLY;X-WORKDAY=5", "每月第5个工作日"},
		{"FREQ=WEEKLY", "每周一次，最迟当周最后一个工作日"},
		{"FREQ=MONTHLY", "每月一次，最迟当月最后一个工作日"},
		{"FREQ=MONTHLY;INTERVAL=2", "每2个月一次，最迟每期最后一个工作日"},
		{"FREQ=MONTHLY;INTERVAL=3", "每季度一次，最迟当季最后一个工作日"},
		{"FREQ=MONTHLY;INTERVAL=6", "每半年一次，最迟该半年最后一个工作日"},
		{"FREQ=YEARLY;BYMONTH=6,12", "每年6、12月各一次，最迟当月最后一个工作日"},
		{"FREQ=YEARLY;X-TIMES=2", "每年2次，每半年一次，最迟该半年最后一个工作日"},
		{"FREQ=WEEKLY;X-TIMES=2", "每周2次，分别最迟周二、五"},
		{"FREQ=WEEKLY;X-TIMES=5", "每周5次，分别最迟周一、二、三、四、五"},
		{"FREQ=MONTHLY;INTERVAL=3;X-TIMES=2", "每季度2次，均匀安排，最迟每段最后一个工作日"},
		{"FREQ=MONTHLY;X-TIMES=2", "每月2次，上、下半月各一次，最迟该半月最后一个工作日"},
		{"FREQ=MONTHLY;X-TIMES=3", "每月3次，每旬一次，最迟当旬最后一个工作日"},
		{"FREQ=MONTHLY;BYMONTHDAY=10,25;X-SHIFT=previous", "每月10日、25日，遇周末和节假日提前到前一个工作日"},
		{"FREQ=MONTHLY;BYDAY=1SA", "每月第一个周六，周末和节假日照常"},
		{"FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1", "每月的周五中最后一个，节假日照常"},
		{"FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=10", "每季度首月10日，周末和节假日照常"},
		{"FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=1;X-SHIFT=previous", "每年7月1日，遇周末和节假日提前到前一个工作日"},
		{"FREQ=DAILY", "每天，周末和节假日照常"},
		{"FREQ=DAILY;X-ALLDAY=1", "每天，周末和节假日照常，全天24小时"},
		{"FREQ=DAILY;X-SHIFT=skip", "每个工作日"},
		{"FREQ=DAILY;INTERVAL=3;X-SHIFT=next;UNTIL=20261231", "每3天，遇周末和节假日顺延到下一个工作日，到2026年12月31日为止"},
		{"FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "每天（限周一至周五），节假日照常"},
		{"X-EVENT=清明节;X-SIDE=before;X-BEFORE=7;X-SHIFT=previous", "每逢清明节前7天内一次，最迟为最后一个工作日"},
		{"X-EVENT=国庆节;X-BEFORE=3;X-AFTER=1;X-EACH=1;X-ALLDAY=1", "国庆节期间（含之前3天和之后1天）每天一次，全天24小时"},
		{"X-EVENT=雨雪天", "每逢雨雪天一次；起止日期由人登记"},
	} {
		if got := parse(t, x.rule).Words(); got != x.want {
			t.Errorf("%s: %s, want %s", x.rule, got, x.want)
		}
	}
}

func TestParseRuleRefuses(t *testing.T) {
	for _, x := range []struct{ rule, why string }{
		{"", "没有写"}, {"FREQ=HOURLY;INTERVAL=2", "一天之内"}, {"FREQ=FORTNIGHTLY", "FREQ=FORTNIGHTLY"}, {"BYDAY=FR", "FREQ"},
		{"FREQ=WEEKLY;COUNT=5", "COUNT"}, {"FREQ=WEEKLY;BYHOUR=5", "BYHOUR"}, {"FREQ=WEEKLY;FREQ=DAILY", "两次"}, {"FREQ", "没有写值"},
		{"FREQ=WEEKLY;INTERVAL=0", "INTERVAL=0"}, {"FREQ=WEEKLY;INTERVAL=x", "INTERVAL=x"}, {"FREQ=WEEKLY;BYDAY=XX", "XX"}, {"FREQ=WEEKLY;BYDAY=0FR", "0FR"},
		{"FREQ=WEEKLY;BYDAY=1FR", "第几个星期几"}, {"FREQ=MONTHLY;BYDAY=6FR", "第6个"}, {"FREQ=WEEKLY;BYMONTHDAY=3", "几号"}, {"FREQ=MONTHLY;BYMONTHDAY=0", "0"},
		{"FREQ=MONTHLY;BYMONTHDAY=32", "32"}, {"FREQ=YEARLY;BYMONTH=13", "13"}, {"FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"}, {"FREQ=WEEKLY;BYDAY=FR;WKST=SU", "周一"},
		{"FREQ=MONTHLY;X-WORKDAY=0", "X-WORKDAY"}, {"FREQ=MONTHLY;X-WORKDAY=21", "20"}, {"FREQ=DAILY;X-WORKDAY=1", "第几个工作日"}, {"FREQ=MONTHLY;X-WORKDAY=1;X-SHIFT=next", "第几个工作日"},
		{"FREQ=WEEKLY;BYDAY=FR;X-TIMES=2", "每期几次"}, {"FREQ=WEEKLY;X-TIMES=8", "最多7次"}, {"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=later", "later"}, {"FREQ=WEEKLY;X-BEFORE=3", "X-BEFORE"},
		{"FREQ=DAILY;X-EVENT=汛期", "X-EACH"}, {"X-EVENT=a,b", "顿号"}, {"X-EVENT=春节;X-SIDE=before", "节前几天"}, {"X-EVENT=春节;X-SIDE=after", "节后几天"},
		{"X-EVENT=春节;X-EACH=1;X-SHIFT=next", "顺延"}, {"FREQ=WEEKLY;UNTIL=20260230", "20260230"}, {"FREQ=MONTHLY;INTERVAL=3;BYMONTH=3", "限定月份"},
	} {
		if r, err := ParseRule(x.rule); err == nil {
			t.Errorf("%q was read as %s", x.rule, r)
		} else if !strings.Contains(err.Error(), x.why) {
			t.Errorf("%q: %v does not say %s", x.rule, err, x.why)
		}
	}
}

// drawRule draws a rule that goes together.
func drawRule(t *rapid.T) Rule {
	return rapid.Custom(func(t *rapid.T) Rule {
		some := func(name string, least, most int) []int {
			return rapid.SliceOfN(rapid.IntRange(least, most).Filter(func(n int) bool { return n != 0 }), 0, 3).Draw(t, name)
		}
		r := Rule{Shift: rapid.SampledFrom([]Shift{Stay, Skip, Next, Previous}).Draw(t, "shift"), AllDay: rapid.IntRange(0, 9).Draw(t, "allday") == 0}
		if rapid.IntRange(0, 4).Draw(t, "bound") == 0 {
			r.Event = rapid.SampledFrom([]string{"春节", "国庆节", "元旦、春节", "节假日", "雨雪天", "中秋"}).Draw(t, "event")
			r.Before, r.After = rapid.IntRange(0, 30).Draw(t, "before"), rapid.IntRange(0, 30).Draw(t, "after")
			r.Side = rapid.SampledFrom([]Side{Around, OnlyBefore, OnlyAfter}).Draw(t, "side")
			if r.Side == OnlyBefore {
				r.After = 0
			} else if r.Side == OnlyAfter {
				r.Before = 0
			}
			r.Each = rapid.IntRange(0, 8).Draw(t, "each")
		} else {
			r.Freq = rapid.SampledFrom([]Freq{Daily, Weekly, Monthly, Yearly}).Draw(t, "freq")
			r.Interval = rapid.SampledFrom([]int{1, 1, 1, 2, 3, 4, 6, 12}).Draw(t, "interval")
			if rapid.Bool().Draw(t, "months?") {
				r.Months = some("months", 1, 12)
			}
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0:
				r.Workday, r.Shift = rapid.IntRange(-20, 20).Draw(t, "workday"), Stay
			case 1:
				r.Times = rapid.IntRange(1, 7).Draw(t, "times")
			case 2, 3:
				r.MonthDays = some("monthdays", -31, 31)
				for _, w := range some("weekdays", 1, 7) {
					r.Days = append(r.Days, Day{rapid.SampledFrom([]int{0, 0, 0, 1, 2, -1, 5}).Draw(t, "nth"), w - 1})
				}
				if rapid.IntRange(0, 3).Draw(t, "pos?") == 0 {
					r.SetPos = some("pos", -4, 4)
				}
			}
		}
		if rapid.IntRange(0, 5).Draw(t, "ends") == 0 {
			r.Until = fmt.Sprintf("202%d-0%d-15", rapid.IntRange(4, 7).Draw(t, "y"), rapid.IntRange(1, 9).Draw(t, "m"))
		}
		r.settle()
		return r
	}).Filter(func(r Rule) bool { return r.check() == nil }).Draw(t, "rule")
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRule(t)
		again, err := ParseRule(r.String())
		if err != nil {
			t.Fatalf("%s: %v", r, err)
		}
		if !sameRule(r, again) {
			t.Fatalf("%s became %s: %s", r, again, cmp.Diff(r, again))
		}
		if r.Words() == "" {
			t.Fatalf("%s has no words", r)
		}
	})
}

func sameRule(a, b Rule) bool {
	same := slices.Equal(a.Months, b.Months) && slices.Equal(a.MonthDays, b.MonthDays) && slices.Equal(a.Days, b.Days) && slices.Equal(a.SetPos, b.SetPos)
	a.Months, a.MonthDays, a.Days, a.SetPos = nil, nil, nil, nil
	b.Months, b.MonthDays, b.Days, b.SetPos = nil, nil, nil, nil
	return same && cmp.Equal(a, b)
}

// A range cut into any parts gives what it gives at once, and every date keeps what it promises.
func TestPartition(t *testing.T) {
	c := Published()
	rapid.Check(t, func(t *rapid.T) {
		day := func(d int) string { return c.date(number(2024, 1, 1) + d) }
		r := drawRule(t)
		start := rapid.IntRange(0, 800).Draw(t, "start")
		from := rapid.IntRange(0, 800).Draw(t, "from")
		to := from + rapid.IntRange(0, 900).Draw(t, "length")
		var events []Window
		for range rapid.IntRange(0, 4).Draw(t, "events") {
			a := rapid.IntRange(0, 1500).Draw(t, "opens")
			events = append(events, Window{"雨雪天", day(a), day(a + rapid.IntRange(0, 40).Draw(t, "days"))})
		}
		whole := r.Dates(c, events, day(start), day(from), day(to))
		var parts []Date
		for a := from; a <= to; {
			b := min(to, a+rapid.IntRange(0, 400).Draw(t, "part"))
			parts = append(parts, r.Dates(c, events, day(start), day(a), day(b))...)
			a = b + 1
		}
		if d := cmp.Diff(whole, parts); d != "" {
			t.Fatalf("%s from %s in %s–%s: %s", r, day(start), day(from), day(to), d)
		}
		due := map[string]string{}
		for i, d := range whole {
			if d.Nominal < max(day(start), day(from)) || d.Nominal > day(to) || i > 0 && d.Nominal <= whole[i-1].Nominal {
				t.Fatalf("%s: %+v is out of range or order", r, d)
			}
			if d.Opens < day(start) || d.Due < day(start) || d.Opens > d.Due {
				t.Fatalf("%s from %s: %+v cannot be done", r, day(start), d)
			}
			on, _ := dayOf(d.Due)
			if (r.Shift == Next || r.Shift == Previous || r.Workday != 0) && r.Event == "" && !d.Skipped && !c.works(on) {
				t.Fatalf("%s: %+v is due on a day off", r, d)
			}
			if d.Skipped && d.Why == "" {
				t.Fatalf("%s: %+v says no reason", r, d)
			}
			if other, twice := due[d.Due]; twice && r.fixed() && r.Event == "" && !d.Skipped {
				t.Fatalf("%s: %s and %s are due on one day", r, other, d.Nominal)
			}
			if !d.Skipped {
				due[d.Due] = d.Nominal
			}
		}
	})
}

// What RFC 5545 has words for falls on the days that another implementation gives.
func TestOracle(t *testing.T) {
	days := []rrule.Weekday{rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU}
	freqs := map[Freq]rrule.Frequency{Daily: rrule.DAILY, Weekly: rrule.WEEKLY, Monthly: rrule.MONTHLY, Yearly: rrule.YEARLY}
	standard := rapid.Custom(drawRule).Filter(func(r Rule) bool { return r.Event == "" && r.fixed() })
	rapid.Check(t, func(t *rapid.T) {
		r := standard.Draw(t, "rule of RFC 5545")
		ordinal := func(d Day) bool { return d.N != 0 }
		if slices.ContainsFunc(r.Days, ordinal) { // that implementation wants SU,1SA to be both; RFC 5545 either
			r.Days = slices.DeleteFunc(r.Days, func(d Day) bool { return !ordinal(d) })
		}
		r.Shift, r.AllDay = Stay, false
		start := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 1500).Draw(t, "start"))
		if r.Freq == Monthly && r.every()%3 == 0 { // quarters are the calendar's
			start = time.Date(start.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		}
		if r.Freq == Weekly && len(r.SetPos) > 0 { // that implementation cuts the first week before it counts
			start = start.AddDate(0, 0, 7-(int(start.Weekday())+6)%7)
		}
		o := rrule.ROption{Freq: freqs[r.Freq], Dtstart: start, Interval: r.every(), Wkst: rrule.MO, Bymonth: r.Months, Bymonthday: r.MonthDays, Bysetpos: r.SetPos}
		for _, d := range r.Days {
			w := days[d.Weekday]
			if d.N != 0 {
				w = w.Nth(d.N)
			}
			o.Byweekday = append(o.Byweekday, w)
		}
		to := start.AddDate(3, 0, 0)
		o.Until = to // a rule without any day would be searched to the end of time
		if until, err := time.Parse(time.DateOnly, r.Until); err == nil && until.Before(to) {
			o.Until = until
		}
		rule, err := rrule.NewRRule(o)
		if err != nil {
			t.Fatalf("%s: %v", r, err)
		}
		var want, got []string
		for _, d := range rule.Between(start, to, true) {
			want = append(want, d.Format(time.DateOnly))
		}
		for _, d := range r.Dates(Published(), nil, start.Format(time.DateOnly), "2020-01-01", to.Format(time.DateOnly)) {
			got = append(got, d.Nominal)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%s from %s: %s", r, start.Format(time.DateOnly), d)
		}
	})
}

func FuzzParseRule(f *testing.F) {
	for _, s := range []string{"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", "FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=1,-1", "X-EVENT=国庆节;X-BEFORE=3;X-EACH=1;X-ALLDAY=1",
		"FREQ=YEARLY;BYMONTH=6,12;UNTIL=20271231T235959Z", "FREQ=MONTHLY;INTERVAL=3;X-TIMES=4", "RRULE:FREQ=YEARLY;INTERVAL=2;BYDAY=53SU", "FREQ=MONTHLY;X-WORKDAY=-1"} {
		f.Add(s)
	}
	c := Published()
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRule(text)
		if err != nil {
			return
		}
		again, err := ParseRule(r.String())
		if err != nil || again.String() != r.String() || !sameRule(r, again) {
			t.Fatalf("%q became %s and then %s (%v)", text, r, again, err)
		}
		if r.Words() == "" {
			t.Fatalf("%s has no words", r)
		}
		r.Dates(c, []Window{{"雨雪天", "2026-01-08", "2026-01-10"}}, "2025-03-03", "2025-03-03", "2026-12-31")
	})
}

// A thousand duties of every working day, and of every Friday, over five years.
func BenchmarkDates(b *testing.B) {
	c := Published()
	for _, text := range []string{"FREQ=DAILY;X-SHIFT=skip", "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", "FREQ=MONTHLY;X-WORKDAY=-1"} {
		r := parse(b, text)
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for range 1000 {
					r.Dates(c, nil, "2024-01-01", "2024-01-01", "2028-12-31")
				}
			}
		})
	}
}

func BenchmarkPublished(b *testing.B) {
	for b.Loop() {
		Published()
	}
}
