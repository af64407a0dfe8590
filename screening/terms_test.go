package screening

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// without are the parameters of a town that has no programme by age.
func without(grace int) Params { return Params{AsOf: usual.AsOf, GraceMonths: grace} }

// A rule is refused only when it reckons with what is not given.
func TestParametersForRules(t *testing.T) {
	for _, x := range []struct {
		name  string
		p     Params
		rules []string
		bad   string
	}{
		{"all rules", without(0), nil, "age_threshold"},
		{"by age", without(0), []string{"HL-05", "HL-01"}, "age_threshold"},
		{"not by age", without(0), []string{"HL-02", "HL-05", "DB-01"}, ""},
		{"half a programme", Params{AsOf: usual.AsOf, Threshold: 80}, []string{"HL-05"}, "first_month"},
		{"the other half", Params{AsOf: usual.AsOf, FirstMonth: "next"}, []string{"HL-05"}, "age_threshold"},
		{"no day", Params{}, []string{"HL-05"}, "as_of"},
		{"grace out of reach", without(25), []string{"HL-05"}, "grace_months"},
		{"no amounts", Params{AsOf: usual.AsOf, Threshold: 80, FirstMonth: "next"}, nil, ""},
	} {
		err := x.p.CheckFor(x.rules)
		if x.bad == "" && err != nil || x.bad != "" && (err == nil || !strings.Contains(err.Error(), x.bad)) {
			t.Errorf("%s: %v", x.name, err)
		}
		in := lists(x.p, map[Kind]string{Roll: roll + "甲,990408193701010013,前村,50,2026-11,"})
		in.Rules = x.rules
		if _, err := Run(t.Context(), in); (err != nil) != (x.bad != "") {
			t.Errorf("%s: the run says %v", x.name, err)
		}
	}
	for _, rule := range Rules {
		lacks := without(0).Lacks(rule)
		if slices.Contains(rule.Takes, AgeThreshold) != slices.Contains(rule.Takes, PaidFrom) || slices.Contains(lacks, GraceMonths) || len(usual.Lacks(rule)) > 0 {
			t.Errorf("%s takes %v, lacks %v", rule.ID, rule.Takes, lacks)
		}
		for _, p := range rule.Takes {
			if p.Word() == "" {
				t.Errorf("%s has no word", p)
			}
		}
		// What the code reckons with is what the catalogue says: a rule that takes no age is not about who is old enough.
		if got := slices.Contains([]string{"HL-01", "HL-03", "HL-06", "HL-12"}, rule.ID); got != slices.Contains(rule.Takes, AgeThreshold) {
			t.Errorf("%s: takes %v", rule.ID, rule.Takes)
		}
	}
}

// Without a programme the dead who are paid, double payments, one number for two and numbers that are wrong are found as with one, and
// nothing is said of people who are only old.
func TestWithoutAProgramme(t *testing.T) {
	texts := map[Kind]string{
		Residents: head + "李山,#193701011,男,1937-01-01,前村,1,正常,\n王平,#193801012,女,1938-01-01,前村,1,正常,\n赵年,#199601011,男,1996-01-01,前村,2,正常,\n孙走,#193901011,男,1939-01-01,前村,3,迁出,2026-08-20\n钱双,#194001011,男,1940-01-01,前村,4,正常,\n钱双,#194001013,男,1940-01-01,前村,4,正常,\n周漏,#194101011,男,1941-01-01,前村,5,正常,\n吴错,#194201011,男,1942-02-02,前村,6,正常,",
		Roll:      roll + "李山,#193701011,前村,50,2026-10,\n李山,#193701011,前村,50,2026-11,\n王平,#193801012,前村,50,2026-11,\n王平,#193801012,前村,50,2026-11,\n赵年,#199601011,前村,50,2026-11,\n孙走,#193901011,前村,50,2026-11,\n钱双,#194001011,前村,50,2026-11,\n生人,#195001011,后村,50,2026-11,",
		Deaths:    "姓名,身份证号,死亡日期\n李山,#193701011,2026-09-03",
	}
	for k := range texts {
		texts[k] = numbered(texts[k])
	}
	var asked []string
	for _, rule := range Rules {
		if !slices.Contains(rule.Takes, AgeThreshold) {
			asked = append(asked, rule.ID)
		}
	}
	found := func(p Params) []string {
		in := lists(p, texts)
		in.Rules = asked
		return brief(t, in)
	}
	want := []string{
		"HL-02 #193701011 hit 50 roll:3 deaths:2 residents:2",
		"HL-04 #193901011 hit 50 roll:7 residents:5",
		"HL-05 #193801012 hit 50 roll:4 roll:5 residents:3",
		"HL-07 #195001011 manual 0 roll:9",
		"HL-10 #194001011 hit 0 residents:6 residents:7",
	}
	for i := range want {
		want[i] = numbered(want[i])
	}
	if d := cmp.Diff(want, found(without(1))); d != "" {
		t.Error(d)
	}
	// With one, the register's own faults of everybody who is to be on the roll come to it, and nothing else.
	with := slices.DeleteFunc(found(usual), func(h string) bool { return strings.HasPrefix(h, numbered("HL-07 #194201011")) })
	if d := cmp.Diff(want, with); d != "" {
		t.Errorf("with a programme: %s", d)
	}
	want[0] = strings.Replace(strings.Replace(want[0], "hit 50", "hit 100", 1), "roll:3", "roll:2 roll:3", 1)
	if d := cmp.Diff(want[0], found(without(0))[0]); d != "" {
		t.Errorf("without grace: %s", d)
	}
}
