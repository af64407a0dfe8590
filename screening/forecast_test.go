package screening

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Who reaches the threshold or a tier in the next twelve months, at the ends of months and on leap days. The month is the first that
// is paid: that of the birthday, or the next.
func TestForecast(t *testing.T) {
	usualTiers := []Tier{{80, 89, 5000}, {90, 99, 10000}, {100, 0, 30000}}
	for _, x := range []struct {
		name, asOf, first string
		tiers             []Tier
		births            string
		want              string
	}{
		{"the last and the first day of a month", "2026-11-30", "birthday", usualTiers, "19461130 19461201 19461231 19470101 19471130 19471201", "2026-12:80:19461201 2026-12:80:19461231 2027-01:80:19470101 2027-11:80:19471130"},
		{"from the month after", "2026-11-30", "next", usualTiers, "19461031 19461101 19461130 19461201 19461231 19471031 19471101", "2026-12:80:19461101 2026-12:80:19461130 2027-01:80:19461201 2027-01:80:19461231 2027-11:80:19471031"},
		{"a day within the month is that month", "2026-11-02", "birthday", usualTiers, "19461103 19461201", "2026-12:80:19461201"},
		{"29 February counts as the 28th in common years", "2026-01-31", "birthday", usualTiers, "19360229 19470228", "2026-02:90:19360229"},
		{"and is itself in leap years", "2027-12-31", "birthday", usualTiers, "19480229 19480301 19280229", "2028-02:80:19480229 2028-02:100:19280229 2028-03:80:19480301"},
		{"29 February, from the month after", "2026-01-31", "next", usualTiers, "19360229", "2026-03:90:19360229"},
		{"on 29 February itself", "2028-02-29", "birthday", usualTiers, "19480229 19480331 19490228", "2028-03:80:19480331 2029-02:80:19490228"},
		{"over the end of the year", "2026-12-31", "next", usualTiers, "19461231 19470131", "2027-01:80:19461231 2027-02:80:19470131"},
		{"all tiers", "2026-11-30", "birthday", usualTiers, "19270215 19370215 19470215 19570215", "2027-02:80:19470215 2027-02:90:19370215 2027-02:100:19270215"},
		{"other tiers, and one below the threshold", "2026-11-30", "birthday", []Tier{{70, 84, 5000}, {85, 0, 9000}}, "19420215 19370215 19470215 19570215", "2027-02:80:19470215 2027-02:85:19420215"},
		{"without tiers it is the threshold", "2026-11-30", "birthday", nil, "19370215 19470215", "2027-02:80:19470215"},
	} {
		t.Run(x.name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString(head)
			for i, birth := range strings.Fields(x.births) {
				fmt.Fprintf(&b, "%s,#%s%d,,%s,前村,%d,,\n", "样例"+string(rune('甲'+i)), birth, i, birth, i)
			}
			in := lists(Params{AsOf: x.asOf, Threshold: 80, FirstMonth: x.first, Tiers: x.tiers}, map[Kind]string{Residents: numbered(b.String())})
			in.Forecast = 12
			report, err := Run(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range report.Turning {
				got = append(got, fmt.Sprintf("%s:%d:%s", p.Month, p.Age, p.ID[6:14]))
			}
			if d := cmp.Diff(x.want, strings.Join(got, " ")); d != "" {
				t.Error(d)
			}
		})
	}
}
