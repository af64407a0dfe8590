package screening

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var small = map[Kind]string{
	Residents: head + "王秀英,99040819400805002X,女,19400805,前村,H1,正常,\n李山,990408193701010013,男,,〃,H2,正常,\n赵平,99040819401031002X,女,19401031,后村,H3,,",
	Roll:      roll + "李山,990408193701010013,前村,70,2026-11,\n周全,9.9777E+17,后村,50,2026-11,",
}

// A run restricted to some rules finds what a whole run finds of them, and reports on no others.
func TestRunOfSomeRules(t *testing.T) {
	all := brief(t, lists(usual, small))
	in := lists(usual, small)
	in.Rules = []string{"HL-06", "DB-02"}
	report, err := Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(s, "HL-01") }) {
		t.Error("the whole run finds nobody missing")
	}
	if len(report.Hits) != 1 || report.Hits[0].Rule != "HL-06" || len(report.Rules) != 2 {
		t.Errorf("%+v %+v", report.Hits, report.Rules)
	}
	if r := report.Rules[1]; r.State != ForAbove || !slices.Equal(r.Missing, []Kind{Dibao, Payroll}) || r.Rule.Version < 1 {
		t.Errorf("%+v", r)
	}
	if in.Rules = []string{"HL-99"}; true {
		if _, err := Run(t.Context(), in); err == nil || !strings.Contains(err.Error(), "HL-99") {
			t.Error(err)
		}
	}
}

// Without the roll nobody is missing from it.
func TestRunWithoutRoll(t *testing.T) {
	if got := brief(t, lists(usual, map[Kind]string{Residents: small[Residents]})); len(got) > 0 {
		t.Error(got)
	}
}

// Hits say where people live and when they were born, by the register.
func TestPlaces(t *testing.T) {
	in := lists(usual, small)
	in.Places = true
	report, err := Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range report.Hits {
		got = append(got, fmt.Sprint(h.Rule, " ", h.Name, " ", h.Village, " ", h.Household, " ", h.Birth))
	}
	if d := cmp.Diff([]string{"HL-01 王秀英 前村 H1 1940-08-05", "HL-01 赵平 后村 H3 1940-10-31", "HL-06 李山 前村 H2 1937-01-01", "HL-07 周全 后村  "}, got); d != "" {
		t.Error(d)
	}
	in.Forecast = 12
	in.Params.Tiers = []Tier{{80, 86, 5000}, {87, 0, 6000}}
	if report, err = Run(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, x := range report.Turning {
		got = append(got, fmt.Sprint(x.Month, " ", x.Age, " ", x.Name, " ", x.Village))
	}
	if d := cmp.Diff([]string{"2027-08 87 王秀英 前村", "2027-10 87 赵平 后村"}, got); d != "" {
		t.Error(d)
	}
	in.Places = false
	if report, err = Run(t.Context(), in); err != nil || report.Hits[0].Village != "" || report.Hits[0].Birth != "" {
		t.Errorf("%v %+v", err, report.Hits)
	}
}

// A run tells how far it is, forwards only and not too often, and stops when it is told to.
func TestProgressAndStop(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(head)
	for i := range 60_000 {
		fmt.Fprintf(&b, "样例%c,9904081940%02d%02d%04d,,,前村,%d,,\n", 'A'+rune(i%26), 1+i%12, 1+i%28, i%10000, i)
	}
	in := func() Input {
		in := lists(usual, map[Kind]string{Roll: small[Roll]})
		in.Lists = append(in.Lists, listOf(Residents, "residents.csv", b.String()))
		return in
	}
	whole := in()
	var shares []float64
	var stages []string
	whole.Progress = func(stage string, share float64) { shares, stages = append(shares, share), append(stages, stage) }
	start := time.Now()
	if _, err := Run(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	if most := int(took/betweenReports) + 1; slices.Index(shares, 1) > most {
		t.Errorf("%d reports in %s", len(shares), took)
	}
	if !slices.IsSorted(shares) || shares[len(shares)-1] != 1 || !strings.HasPrefix(stages[0], "读取") {
		t.Errorf("%v %q", shares, stages)
	}
	for _, at := range []float64{0, 0.3, readShare + 0.01, matchShare} {
		ctx, stop := context.WithCancel(t.Context())
		stopped := in()
		var when time.Time
		stopped.Progress = func(_ string, share float64) {
			if share >= at && when.IsZero() {
				when = time.Now()
				stop()
			}
		}
		_, err := Run(ctx, stopped)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("stopped at %v: %v", at, err)
		}
		if late := time.Since(when); late > took/2 && late > 3*time.Second {
			t.Errorf("stopped at %v, it went on for %s of %s", at, late, took)
		}
	}
}

// A hit that rests on more people than its own says who they are and where they live.
func TestOthers(t *testing.T) {
	in := lists(usual, map[Kind]string{
		Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,,\n李山,990408193701010013,男,19370101,前村,2,,\n赵平,99040819401031002X,女,19401031,后村,2,,",
		Roll: "姓名,身份证号,村,金额,月份,银行账号\n王秀英,99040819400805002X,前村,50,2026-11,6217000000000000018\n李山,990408193701010013,前村,50,2026-11,6217000000000000018\n" +
			"赵平,99040819401031002X,后村,50,2026-11,6217000000000000018",
	})
	for _, places := range []bool{true, false} {
		in.Places = places
		report, err := Run(t.Context(), in)
		if err != nil || len(report.Hits) != 1 || report.Hits[0].Rule != "HL-09" {
			t.Fatalf("%+v, %v", report.Hits, err)
		}
		var want []Other
		if places {
			want = []Other{{"990408193701010013", "李山", "前村"}, {"99040819401031002X", "赵平", "后村"}}
		}
		if d := cmp.Diff(want, report.Hits[0].Others); d != "" {
			t.Error(d)
		}
	}
}
