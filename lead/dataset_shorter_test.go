package lead_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bihuan/lead"
	"bihuan/screening"
)

func TestShorter(t *testing.T) {
	const day, before, long = "2026-11-28", "2026-10-28", "2026-09-28"
	list := func(kind screening.Kind, giver, asOf string, rows int64, sheets int) lead.Dataset {
		m := lead.Mapping{}
		for i := range sheets {
			m[fmt.Sprint(i)] = nil
		}
		return lead.Dataset{Kind: kind, Giver: giver, AsOf: asOf, Rows: rows, Mapping: m, State: lead.DatasetReady}
	}
	police := func(asOf string, rows int64) lead.Dataset {
		return list(screening.Residents, "栖禾派出所", asOf, rows, 1)
	}
	for _, x := range []struct {
		name string
		past []lead.Dataset
		now  lead.Dataset
		more []lead.Dataset // of the same day
		want string
	}{
		{"the first of all", nil, police(day, 10), nil, ""},
		{"much shorter", []lead.Dataset{police(before, 3168)}, police(day, 1964), nil, "1204 rows, 38% since 2026-10-28"},
		{"a little shorter", []lead.Dataset{police(before, 3168)}, police(day, 3000), nil, ""},
		{"longer", []lead.Dataset{police(before, 1964)}, police(day, 3168), nil, ""},
		{"a short list", []lead.Dataset{police(before, 12)}, police(day, 3), nil, ""},
		{"only the one before counts", []lead.Dataset{police(long, 9000), police(before, 3100)}, police(day, 3000), nil, ""},
		{"of another office", []lead.Dataset{list(screening.Residents, "双堰派出所", before, 9000, 1)}, police(day, 3000), nil, ""},
		{"of another kind", []lead.Dataset{list(screening.Deaths, "栖禾派出所", before, 9000, 1)}, police(day, 3000), nil, ""},
		{"of a later day", []lead.Dataset{police("2026-12-01", 9000)}, police(day, 3000), nil, ""},
		{"parts together", []lead.Dataset{police(before, 2000), police(before, 2000)}, police(day, 1000), []lead.Dataset{police(day, 2500)}, ""},
		{"a part is missing", []lead.Dataset{police(before, 2000), police(before, 2000)}, police(day, 1000), []lead.Dataset{police(day, 1000)}, "2000 rows, 50% since 2026-10-28, 2 files"},
		{"nobody counted", []lead.Dataset{police(before, -1)}, police(day, 10), nil, ""},
		{"a roll of a month after one of the year", []lead.Dataset{list(screening.Roll, "民政所", before, 12_000, 10)}, list(screening.Roll, "民政所", day, 1200, 1), nil, ""},
		{"a roll of as many months", []lead.Dataset{list(screening.Roll, "民政所", before, 1200, 1)}, list(screening.Roll, "民政所", day, 600, 1), nil, "600 rows, 50% since 2026-10-28"},
		{"not confirmed yet", []lead.Dataset{police(before, 3168)}, lead.Dataset{Kind: screening.Residents, Giver: "栖禾派出所", AsOf: day, Rows: 10, State: lead.DatasetPreview}, nil, ""},
	} {
		all := append(append(x.past, x.now), x.more...)
		got := ""
		if s := lead.ShorterOf(x.now, all); s != (lead.Shorter{}) {
			got = fmt.Sprintf("%d rows, %d%% since %s", s.Less(), s.Percent(), s.Before)
			if s.Files > 1 {
				got += fmt.Sprintf(", %d files", s.Files)
			}
		}
		if got != x.want {
			t.Errorf("%s: %q, not %q", x.name, got, x.want)
		}
	}
}

// A list is compared with those that were deleted on their day, and not with one that was deleted as a mistake.
func TestShorterThanADeletedList(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		people := func(n int, asOf, deleteBy string) lead.Dataset {
			var b strings.Builder
			b.WriteString("姓名,身份证号,村\n")
			for i := range n {
				fmt.Fprintf(&b, "甲%d,99040819400805%03d0,东槐村\n", i, i)
			}
			in := o.list(fmt.Sprintf("户籍%d.csv", n), screening.Residents, []byte(b.String()))
			in.AsOf, in.DeleteBy = asOf, deleteBy
			if d := o.add(in); d.State == lead.DatasetPreview {
				return o.confirm(d)
			} else {
				return d // its headers are known
			}
		}
		kept := people(100, "2026-09-28", "2026-12-20")
		mistake := people(300, "2026-10-28", "2027-03-01")
		if err := lead.DeleteDataset(ctx, o.vault, o.house, o.clerk, mistake.ID, mistake.Version, "传错了"); err != nil {
			t.Fatal(err)
		}
		o.now = o.now.AddDate(0, 1, 0)
		if err := lead.Expire(ctx, o.vault); err != nil {
			t.Fatal(err)
		}
		if d := o.dataset(kept.ID); d.State != lead.DatasetDeleted {
			t.Fatalf("%+v", d)
		}
		now := people(60, "2026-11-28", "2027-03-01")
		want := lead.Shorter{Before: "2026-09-28", Rows: 60, Was: 100, Files: 1}
		if s, err := lead.ShorterThanBefore(ctx, o.vault, now); err != nil || s != want {
			t.Errorf("%+v, %v", s, err)
		}
		fits, err := lead.Fitting(ctx, o.vault, o.town.ID, o.now.Format(time.DateOnly))
		if err != nil || len(fits) != 1 || fits[0].Shorter != want || !fits[0].Chosen {
			t.Errorf("%+v, %v", fits, err)
		}
	})
}
