package lead_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bihuan/lead"
	"bihuan/org"
	"bihuan/screening"
)

func TestPrecision(t *testing.T) {
	run := func(serial int64, right, wrong int) lead.RunPrecision {
		return lead.RunPrecision{Serial: serial, Right: right, Wrong: wrong}
	}
	for name, c := range map[string]struct {
		runs []lead.RunPrecision
		poor bool
	}{
		"never judged":             {nil, false},
		"two poor runs":            {[]lead.RunPrecision{run(1, 1, 9), run(2, 2, 8)}, false},
		"three poor runs":          {[]lead.RunPrecision{run(1, 1, 9), run(2, 2, 8), run(3, 0, 1)}, true},
		"an empty run between":     {[]lead.RunPrecision{run(1, 1, 9), run(2, 2, 8), run(3, 0, 0), run(4, 0, 1)}, true},
		"better at last":           {[]lead.RunPrecision{run(1, 1, 9), run(2, 2, 8), run(3, 0, 1), run(4, 3, 7)}, false},
		"good once, long ago":      {[]lead.RunPrecision{run(1, 9, 1), run(2, 1, 9), run(3, 2, 8), run(4, 0, 1)}, true},
		"thirty percent is enough": {[]lead.RunPrecision{run(1, 3, 7), run(2, 3, 7), run(3, 3, 7)}, false},
	} {
		if got := (lead.Precision{Runs: c.runs}).Poor(); got != c.poor {
			t.Errorf("%s: %v", name, got)
		}
	}
	p := lead.Precision{Right: 59, Wrong: 1, Pending: 40}
	share, low, high := p.Interval()
	if math.Abs(share-98.33) > 0.01 || math.Abs(low-91.14) > 0.01 || math.Abs(high-99.71) > 0.01 {
		t.Errorf("%.2f %.2f %.2f", share, low, high) // Wilson's, by hand
	}
}

// What is pending, and what says nothing of the rule, is left out of the precision; who is suppressed or the same is no hit of it.
func TestPrecisionCounts(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		for i, o := range []lead.Outcome{lead.RightPay, lead.RightStop, lead.WrongSource, lead.WrongRoll, lead.Allowed, lead.Declined, lead.PassedOn} {
			id := s.hit(s.east, "HL-01", i)
			s.verify("east", id, o)
			s.confirm("leader", id, lead.Opinion{Pass: true})
		}
		s.verify("east", s.hit(s.east, "HL-01", 10), lead.RightPay) // not confirmed
		s.verify("east", s.hit(s.east, "HL-01", 11), lead.Unreachable)
		s.hit(s.east, "HL-01", 12)
		s.exec(`update hit set state = 'same' where id = $1`, s.hit(s.east, "HL-01", 13))
		list, err := lead.Precisions(t.Context(), s.v, s.db, s.people["leader"])
		s.must(err)
		if len(list) != 1 {
			t.Fatalf("%+v", list)
		}
		p := list[0]
		if p.Hits != 10 || p.Right != 2 || p.Wrong != 3 || p.Pending != 3 || len(p.Runs) != 1 {
			t.Errorf("%+v", p)
		}
		if list, _ := lead.Precisions(t.Context(), s.v, s.db, s.people["stranger"]); len(list) != 0 {
			t.Error("another town is told")
		}
	})
}

// The estimate covers what was planted as often as it says, whatever the villages are like.
func TestEstimateCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 9))
	covered, tries := 0, 400
	for range tries {
		var strata []lead.Stratum
		missing := 0
		for range 12 {
			people := 40 + random.IntN(200)
			missed := people * random.IntN(12) / 100
			missing += missed
			s := lead.Stratum{People: people, Looked: min(people, 15)}
			for _, i := range random.Perm(people)[:s.Looked] {
				if i < missed {
					s.Missed++
				}
			}
			strata = append(strata, s)
		}
		e := lead.EstimateOf(strata, 80)
		if e.Small {
			t.Fatalf("180 looked at are too few: %+v", e)
		}
		if e.Low-0.5 <= float64(missing) && float64(missing) <= e.High+0.5 {
			covered++
		}
	}
	t.Logf("the interval held what was planted in %d of %d samples", covered, tries)
	if covered < tries*93/100 {
		t.Errorf("the interval held it in %d of %d", covered, tries)
	}
	for name, c := range map[string]struct {
		strata []lead.Stratum
		found  int
	}{"nobody looked at": {[]lead.Stratum{{People: 100}}, 10}, "five looked at": {[]lead.Stratum{{People: 100, Looked: 5}}, 10}, "nobody at all": {nil, 0}} {
		if e := lead.EstimateOf(c.strata, c.found); !e.Small {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// numberOf is an invented number of a citizen born on a day, with its check digit.
func numberOf(birth string, n int) string {
	body := "990408" + birth + fmt.Sprintf("%03d", n%1000)
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(body[i]-'0')
	}
	return body + string("10X98765432"[sum%11])
}

// An audit draws from the register whom the screening did not find, among them who is on a list of deaths by mistake; the same seed draws
// the same people.
func TestAudit(t *testing.T) {
	villages = []string{"柳荫"}
	t.Cleanup(func() { villages = nil })
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		var register, roll, deaths strings.Builder
		register.WriteString("姓名,身份证号,性别,出生日期,村,户号,状态\n")
		roll.WriteString("姓名,身份证号,村,发放月份,发放金额\n")
		deaths.WriteString("姓名,身份证号,死亡日期\n")
		missed := map[string]bool{}
		for i := range 120 {
			birth := fmt.Sprintf("19%02d%02d15", 35+i%10, 1+i%12)
			number, name, village := numberOf(birth, i), fmt.Sprintf("禾%c英", '丁'+rune(i)), []string{"东槐村", "柳荫村"}[i%2]
			fmt.Fprintf(&register, "%s,%s,男,%s,%s,%d,正常\n", name, number, birth, village, i)
			switch {
			case i < 6: // found
			case i < 10: // a false death hides them
				missed[number] = true
				fmt.Fprintf(&deaths, "%s,%s,2026-03-01\n", name, number)
			default:
				fmt.Fprintf(&roll, "%s,%s,%s,2026-11,50\n", name, number, village)
			}
		}
		for i := range 40 { // too young
			birth := fmt.Sprintf("1975%02d15", 1+i%12)
			fmt.Fprintf(&register, "沟%c,%s,男,%s,东槐村,%d,正常\n", '甲'+rune(i), numberOf(birth, i), birth, 500+i)
		}
		var ids []int64
		for _, x := range []struct {
			name string
			kind screening.Kind
			text string
		}{{"户籍.csv", screening.Residents, register.String()}, {"发放册.csv", screening.Roll, roll.String()}, {"死亡.csv", screening.Deaths, deaths.String()}} {
			ids = append(ids, o.confirm(o.add(o.list(x.name, x.kind, []byte(x.text)))).ID)
		}
		params := screening.Params{AsOf: "2026-11-30", Threshold: 80, FirstMonth: "birthday", Tiers: []screening.Tier{{From: 80, YuanPerMonth: 5000}}}
		s := o.screened(lead.Ask{Params: params, Datasets: ids, Rules: []string{"HL-01"}})
		if s.State != lead.ScreeningDone || s.Sum().Hits != 6 {
			t.Fatalf("%+v", s)
		}
		if _, err := lead.DrawAudit(ctx, o.vault, o.house, o.leader, s.ID, lead.AuditMissed, "2026秋", 5); !errors.As(err, new(org.Denied)) {
			t.Errorf("a leader draws: %v", err)
		}
		draw := func(seed string, each int) (lead.Audit, []lead.Audited) {
			t.Helper()
			var id int64
			for range 2 {
				again, err := lead.DrawAudit(ctx, o.vault, o.house, o.clerk, s.ID, lead.AuditMissed, seed, each)
				if err != nil {
					t.Fatal(err)
				}
				if id != 0 && again != id {
					t.Error("drawn twice")
				}
				id = again
			}
			a, people, err := lead.AuditByID(ctx, o.vault, o.house, o.clerk, id)
			if err != nil {
				t.Fatal(err)
			}
			return a, people
		}
		numbers := func(people []lead.Audited) (list []string) {
			for _, p := range people {
				list = append(list, p.Number)
			}
			return list
		}
		a, all := draw("全看", 50)
		if a.Population != 114 || a.Found != 6 || a.Drawn != 100 || len(all) != 100 {
			t.Fatalf("%+v of %d", a, len(all))
		}
		_, one := draw("种子一", 8)
		_, two := draw("种子二", 8)
		if len(one) != 16 || slices.Equal(numbers(one), numbers(two)) {
			t.Error("two seeds draw the same")
		}
		if n := count(t, o.vault, `select count(*) from journal where data like '%9904%'`); n != 0 {
			t.Error("the journal tells who was drawn")
		}
		for _, p := range all {
			result, said := "right", ""
			if missed[p.Number] {
				result, said = "missed", "人在家，没领过"
			}
			if p.Source.Row == 0 || p.Source.File != "户籍.csv" || p.Village == 0 {
				t.Fatalf("%+v", p)
			}
			if err := lead.EnterAudit(ctx, o.vault, o.house, o.leader, a.ID, p.ID, p.Version, result, said); err != nil {
				t.Fatal(err)
			}
		}
		if err := lead.EnterAudit(ctx, o.vault, o.house, o.leader, a.ID, all[0].ID, 1, "missed", ""); !errors.As(err, new(org.Invalid)) {
			t.Errorf("missed without a word: %v", err)
		}
		_, all, err := lead.AuditByID(ctx, o.vault, o.house, o.leader, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		e := a.Estimate(all)
		if e.Looked != 100 || e.Missed < 2 || e.Missed > 4 || e.Small || e.Low > 4 || e.High < 4 || e.RecallLow > 60 || e.RecallHigh < 60 {
			t.Errorf("%+v", e)
		}
		if few := a.Estimate(one); !few.Small {
			t.Errorf("a sample nobody looked at says something: %+v", few)
		}
		// The register goes; nothing can be drawn any more, and what was drawn stays.
		d := o.dataset(ids[0])
		if err := lead.DeleteDataset(ctx, o.vault, o.house, o.clerk, d.ID, d.Version, "用完了"); err != nil {
			t.Fatal(err)
		}
		if _, err := lead.DrawAudit(ctx, o.vault, o.house, o.clerk, s.ID, lead.AuditMissed, "种子三", 5); !errors.As(err, new(org.Invalid)) {
			t.Errorf("drawn from a deleted register: %v", err)
		}
	})
}

// An audit of who is paid draws from the roll: not who gets nothing, nor whom the screening found, whichever list tells of it.
func TestAuditOfTheRoll(t *testing.T) {
	villages = []string{"柳荫"}
	t.Cleanup(func() { villages = nil })
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		var register, roll, deaths strings.Builder
		register.WriteString("姓名,身份证号,性别,出生日期,村,户号,状态\n")
		roll.WriteString("姓名,身份证号,村,发放月份,发放金额\n")
		deaths.WriteString("姓名,身份证号,死亡日期\n")
		found := map[string]bool{}
		for i := range 80 {
			birth := fmt.Sprintf("19%02d%02d15", 35+i%10, 1+i%12)
			fen := 50
			switch {
			case i < 3: // too young
				birth = fmt.Sprintf("1952%02d15", 1+i)
			case i < 5: // too much
				fen = 90
			}
			number, name, village := numberOf(birth, i), fmt.Sprintf("禾%c英", '丁'+rune(i)), []string{"东槐村", "柳荫村"}[i%2]
			fmt.Fprintf(&register, "%s,%s,男,%s,%s,%d,正常\n", name, number, birth, village, i)
			if i >= 60 { // nobody pays them
				continue
			}
			fmt.Fprintf(&roll, "%s,%s,%s,2026-11,%d\n", name, number, village, fen)
			if i == 5 {
				fmt.Fprintf(&deaths, "%s,%s,2026-03-01\n", name, number)
			}
			if i < 6 {
				found[number] = true
			}
		}
		var ids []int64
		for _, x := range []struct {
			name string
			kind screening.Kind
			text string
		}{{"户籍.csv", screening.Residents, register.String()}, {"发放册.csv", screening.Roll, roll.String()}, {"死亡.csv", screening.Deaths, deaths.String()}} {
			ids = append(ids, o.confirm(o.add(o.list(x.name, x.kind, []byte(x.text)))).ID)
		}
		params := screening.Params{AsOf: "2026-11-30", Threshold: 80, FirstMonth: "birthday", Tiers: []screening.Tier{{From: 80, YuanPerMonth: 5000}}}
		s := o.screened(lead.Ask{Params: params, Datasets: ids, Rules: []string{"HL-01", "HL-02", "HL-03", "HL-06"}})
		if s.State != lead.ScreeningDone || s.Sum().Hits != 26 {
			t.Fatalf("%+v", s.Sum())
		}
		draw := func(kind lead.AuditKind) (lead.Audit, []lead.Audited) {
			t.Helper()
			id, err := lead.DrawAudit(ctx, o.vault, o.house, o.clerk, s.ID, kind, "一颗种子", 40)
			if err != nil {
				t.Fatal(err)
			}
			a, people, err := lead.AuditByID(ctx, o.vault, o.house, o.clerk, id)
			if err != nil {
				t.Fatal(err)
			}
			return a, people
		}
		missed, _ := draw(lead.AuditMissed)
		a, people := draw(lead.AuditUndue)
		if a.ID == missed.ID || a.Kind != lead.AuditUndue || missed.Kind != lead.AuditMissed || missed.Population != 57 || missed.Found != 20 {
			t.Errorf("%+v and %+v", missed, a)
		}
		if a.Population != 54 || a.Found != 6 || len(people) != 54 {
			t.Fatalf("%+v of %d", a, len(people))
		}
		for i, p := range people {
			if found[p.Number] || !strings.Contains(roll.String(), p.Number) || p.Source.File != "户籍.csv" || p.Village == 0 {
				t.Fatalf("%+v", p)
			}
			result, said := "right", ""
			if i == 7 {
				result, said = "missed", "去年就过世了，家里没报"
			}
			if err := lead.EnterAudit(ctx, o.vault, o.house, o.leader, a.ID, p.ID, p.Version, result, said); err != nil {
				t.Fatal(err)
			}
		}
		if _, people, err := lead.AuditByID(ctx, o.vault, o.house, o.leader, a.ID); err != nil || a.Estimate(people).Missed != 1 {
			t.Errorf("%+v, %v", a.Estimate(people), err)
		}
		for _, kind := range []lead.AuditKind{"", "all"} {
			if _, err := lead.DrawAudit(ctx, o.vault, o.house, o.clerk, s.ID, kind, "二", 5); !errors.As(err, new(org.Invalid)) {
				t.Errorf("kind %q: %v", kind, err)
			}
		}
	})
}
