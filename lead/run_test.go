package lead_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bihuan/lead"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/screening/screentest"
	"bihuan/store"
	"bihuan/store/storetest"
)

// written hands in all lists of an invented town, and says what `bihuan screen` makes of the same files.
func (o *office) written(residents int) (params screening.Params, ids []int64, report screening.Report, hash string) {
	o.t.Helper()
	folder := o.t.TempDir()
	w, err := screentest.New(7, residents).Write(folder, screentest.Options{Format: "csv", Encoding: "gb18030"})
	if err != nil {
		o.t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(folder, "params.json"))
	if err != nil {
		o.t.Fatal(err)
	}
	defer f.Close()
	if params, err = screening.ReadParams(f); err != nil {
		o.t.Fatal(err)
	}
	in := screening.Input{Params: params}
	for _, k := range screening.Kinds { // the order in which a screening takes them
		for _, file := range w.Files {
			if screening.Kind(file.Kind) != k {
				continue
			}
			b, err := os.ReadFile(file.Path)
			if err != nil {
				o.t.Fatal(err)
			}
			in.Lists = append(in.Lists, screening.List{Kind: k, File: filepath.Base(file.Path), Data: bytes.NewReader(b), Size: int64(len(b))})
			ids = append(ids, o.confirm(o.add(o.list(filepath.Base(file.Path), k, b))).ID)
		}
	}
	if report, err = screening.Run(o.t.Context(), in); err != nil {
		o.t.Fatal(err)
	}
	sum := sha256.New()
	if err := screening.WriteLines(sum, report.Hits); err != nil {
		o.t.Fatal(err)
	}
	return params, ids, report, hex.EncodeToString(sum.Sum(nil))
}

func (o *office) start(a lead.Ask) int64 {
	o.t.Helper()
	a.Unit = o.town.ID
	id, err := lead.StartScreening(o.t.Context(), o.vault, o.house, o.clerk, a)
	if err != nil {
		o.t.Fatal(err)
	}
	return id
}

// screened starts a screening and runs it.
func (o *office) screened(a lead.Ask) lead.Screening {
	o.t.Helper()
	id := o.start(a)
	if err := lead.RunWaiting(o.t.Context(), o.vault, o.house); err != nil {
		o.t.Fatal(err)
	}
	return o.screening(id)
}

func (o *office) screening(id int64) lead.Screening {
	o.t.Helper()
	s, err := lead.ScreeningByID(o.t.Context(), o.vault, o.house, o.clerk, id)
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

// A screening finds what the command line finds in the same files, keeps it sealed with its village, can be repeated to the byte, and
// raises nothing twice.
func TestScreening(t *testing.T) {
	villages = screentest.New(7, 20_000).Villages
	t.Cleanup(func() { villages = nil })
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		params, ids, report, hash := o.written(20_000)
		s := o.screened(lead.Ask{Params: params, Datasets: ids})
		if s.State != lead.ScreeningDone || s.Serial != 1 || len(s.Counts) != len(screening.Rules) || s.Ended.IsZero() || len(s.Report.Sheets) == 0 {
			t.Fatalf("%+v", s)
		}
		if s.Result != hash {
			t.Errorf("its hits are not those of the command line: %s, %s", s.Result, hash)
		}
		sum := s.Sum()
		if sum.Hits != len(report.Hits) || sum.Hits < 100 || sum.Suppressed != 0 {
			t.Errorf("%+v of %d", sum, len(report.Hits))
		}
		if n := count(t, o.vault, `select count(*) from hit where village = 0`); n > int64(sum.Hits)/20 {
			t.Errorf("%d of %d hits have no village", n, sum.Hits)
		}
		_, hits, err := lead.HitsOf(ctx, o.vault, o.house, o.clerk, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range hits {
			want := report.Hits[i]
			if h.Number != want.ID || h.Why != want.Why || h.Rule != want.Rule || h.Amount != int64(want.Amount) || h.Name != want.Name {
				t.Fatalf("hit %d is %+v, not %+v", i, h, want)
			}
		}
		for _, column := range []string{"number", "why", "hit_key"} {
			plain, err := store.All(ctx, o.vault, store.Value[string], `select `+column+` from hit`)
			if err != nil {
				t.Fatal(err)
			}
			if i := slices.IndexFunc(plain, func(s string) bool { return strings.Contains(s, hits[0].Number) || strings.Contains(s, hits[0].Why) }); i >= 0 {
				t.Errorf("%s is kept open: %s", column, plain[i])
			}
		}
		r, err := lead.Repeat(ctx, o.vault, o.house, o.clerk, s.ID)
		if err != nil || !r.Identical || r.Result != s.Result {
			t.Errorf("%+v, %v", r, err)
		}

		// What the first found is under way.
		again := o.screened(lead.Ask{Params: params, Datasets: ids})
		if n := count(t, o.vault, fmt.Sprintf(`select count(*) from hit where screening = %d and (state <> 'same' or first_hit = 0)`, again.ID)); n != 0 || again.Sum().Same != sum.Hits || again.Result != s.Result {
			t.Errorf("%d hits are raised twice; %+v", n, again.Sum())
		}
		c, err := lead.Compare(ctx, o.vault, o.house, o.clerk, again.ID, s.ID)
		if err != nil || c.Old.ID != s.ID || len(c.Unchanged) != sum.Hits || len(c.Appeared)+len(c.Gone)+len(c.Changed) != 0 {
			t.Errorf("%d unchanged, %d new, %d gone, %d changed, %v", len(c.Unchanged), len(c.Appeared), len(c.Gone), len(c.Changed), err)
		}

		// Only some rules, and with another amount for everybody.
		other := params
		other.Tiers = slices.Clone(params.Tiers)
		other.Tiers[0].YuanPerMonth += 1000
		few := o.screened(lead.Ask{Params: other, Datasets: ids, Rules: []string{"HL-01", "HL-06"}})
		if len(few.Counts) != 2 || few.Counts[1].Hits <= s.Counts[5].Hits {
			t.Errorf("%+v", few.Counts)
		}
		c, err = lead.Compare(ctx, o.vault, o.house, o.clerk, s.ID, few.ID)
		if err != nil || len(c.Appeared) == 0 || len(c.Gone) == 0 || len(c.Unchanged) == 0 {
			t.Errorf("%d new, %d gone, %d unchanged, %v", len(c.Appeared), len(c.Gone), len(c.Unchanged), err)
		}

		// Why, and who turns eighty.
		hl01 := hits[slices.IndexFunc(hits, func(h lead.KeptHit) bool { return h.Rule == "HL-01" && h.Certainty == screening.Certain })]
		clauses, err := lead.Explain(ctx, o.vault, o.house, o.clerk, s.ID, " "+strings.ToLower(hl01.Number)+" ")
		if err != nil || len(clauses) == 0 || slices.ContainsFunc(clauses, func(c screening.Clause) bool { return c.Rule == "HL-01" && !c.Met }) {
			t.Errorf("%+v, %v", clauses, err)
		}
		if _, err := lead.Explain(ctx, o.vault, o.house, o.clerk, s.ID, "990408194008050029"); !errors.As(err, new(org.Invalid)) {
			t.Errorf("a wrong number: %v", err)
		}
		turning, used, err := lead.Forecast(ctx, o.vault, o.house, o.clerk, o.town.ID, params)
		if err != nil || len(turning) < 10 || len(used) != 3 || turning[0].Village == "" || turning[0].Month < "2026-12" || turning[len(turning)-1].Month > "2027-11" {
			t.Errorf("%d turn, %d lists, %+v, %v", len(turning), len(used), turning[:min(1, len(turning))], err)
		}

		// Without its lists it can be looked at and not repeated; a new one cannot be run.
		d := o.dataset(ids[0])
		waiting := o.start(lead.Ask{Params: params, Datasets: ids[:1], Rules: []string{"HL-10"}})
		if err := lead.DeleteDataset(ctx, o.vault, o.house, o.clerk, d.ID, d.Version, "不再需要"); err != nil {
			t.Fatal(err)
		}
		if r, err := lead.Repeat(ctx, o.vault, o.house, o.clerk, s.ID); err != nil || r.Identical || len(r.Gone) != 1 || r.Gone[0].ID != d.ID {
			t.Errorf("%+v, %v", r, err)
		}
		if err := lead.RunWaiting(ctx, o.vault, o.house); err != nil {
			t.Fatal(err)
		}
		if failed := o.screening(waiting); failed.State != lead.ScreeningFailed || !strings.Contains(failed.Problem, "已经删除") {
			t.Errorf("%+v", failed)
		}
		if _, err := lead.StartScreening(ctx, o.vault, o.house, o.clerk, lead.Ask{Unit: o.town.ID, Params: params, Datasets: ids}); !errors.As(err, new(org.Invalid)) {
			t.Errorf("with a deleted list: %v", err)
		}
		if n := count(t, o.vault, `select count(*) from screening_pulse`); n != 0 {
			t.Errorf("%d pulses beat on", n)
		}
		journal, err := store.All(ctx, o.vault, store.Value[string], `select data from journal`)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range journal {
			for _, h := range hits {
				if len(h.Number) > 14 && strings.Contains(text, h.Number) {
					t.Fatalf("a number stands in the journal: %s", text)
				}
			}
		}
	})
}

// smallLists are a register and a roll on which one elder is missing.
func (o *office) smallLists() (screening.Params, []int64) {
	o.t.Helper()
	params := screening.Params{AsOf: "2026-11-30", Threshold: 80, FirstMonth: "birthday", GraceMonths: 1, Tiers: []screening.Tier{{From: 80, YuanPerMonth: 5000}}}
	a := o.confirm(o.add(o.list("户籍.csv", screening.Residents, []byte("姓名,身份证号,出生日期,村,户号,户籍状态\n王秀英,99040819400805002X,1940-08-05,东槐村,1,正常\n李山,990408193701010013,1937-01-01,东槐村,2,正常\n"))))
	b := o.confirm(o.add(o.list("发放.csv", screening.Roll, []byte("姓名,身份证号,村,发放金额,发放月份\n李山,990408193701010013,东槐村,50,2026-11\n"))))
	return params, []int64{a.ID, b.ID}
}

func TestScreeningIsStartedOnceAndStopped(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		params, ids := o.smallLists()
		for name, a := range map[string]lead.Ask{
			"no lists":     {Params: params},
			"no such rule": {Params: params, Datasets: ids, Rules: []string{"HL-01", "HL-99"}},
			"no threshold": {Params: screening.Params{AsOf: "2026-11-30", FirstMonth: "next"}, Datasets: ids},
			"to come":      {Params: screening.Params{AsOf: "2026-12-31", FirstMonth: "next", Threshold: 80}, Datasets: ids},
		} {
			a.Unit = o.town.ID
			if _, err := lead.StartScreening(ctx, o.vault, o.house, o.clerk, a); !errors.As(err, new(org.Invalid)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := lead.StartScreening(ctx, o.vault, o.house, o.leader, lead.Ask{Unit: o.town.ID, Params: params, Datasets: ids}); !errors.As(err, new(org.Denied)) {
			t.Errorf("the leader: %v", err)
		}
		ask := lead.Ask{Params: params, Datasets: ids}
		id := o.start(ask)
		if twice := o.start(lead.Ask{Params: params, Datasets: []int64{ids[1], ids[0]}}); twice != id {
			t.Error("the same form sent twice starts two screenings")
		}
		if err := lead.StopScreening(ctx, o.vault, o.house, o.clerk, id); err != nil {
			t.Fatal(err)
		}
		if err := lead.RunWaiting(ctx, o.vault, o.house); err != nil {
			t.Fatal(err)
		}
		if s := o.screening(id); s.State != lead.ScreeningStopped {
			t.Errorf("%+v", s)
		}
		s := o.screened(ask)
		if s.State != lead.ScreeningDone || s.Serial != 2 || s.Counts[0].Hits != 1 || s.Counts[0].State != screening.RanInPart {
			t.Errorf("%+v", s)
		}
		if err := lead.StopScreening(ctx, o.vault, o.house, o.clerk, s.ID); err != nil {
			t.Errorf("stopping what has ended: %v", err)
		}

		// A program that was killed in the middle.
		id = o.start(ask)
		if err := lead.BeginForTest(ctx, o.vault, id); err != nil {
			t.Fatal(err)
		}
		if err := lead.StopScreening(ctx, o.vault, o.house, o.clerk, id); err != nil {
			t.Fatal(err)
		}
		if p, err := lead.PulseOf(ctx, o.vault, id); err != nil || !p.Stop {
			t.Errorf("%+v, %v", p, err)
		}
		if err := lead.Interrupted(ctx, o.vault, false); err != nil {
			t.Fatal(err)
		}
		if s := o.screening(id); s.State != lead.ScreeningRunning {
			t.Errorf("given up after no time: %+v", s)
		}
		o.now = o.now.Add(2 * time.Minute)
		if err := lead.RunWaiting(ctx, o.vault, o.house); err != nil {
			t.Fatal(err)
		}
		if s := o.screening(id); s.State != lead.ScreeningFailed || !strings.Contains(s.Problem, "中途停了") {
			t.Errorf("%+v", s)
		}
	})
}

// A finding that was explained stays quiet until its day, or until the list that was wrong has changed.
func TestExplainedFindingsStayQuiet(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		params, ids := o.smallLists()
		s := o.screened(lead.Ask{Params: params, Datasets: ids})
		if s.Sum().Hits != 1 {
			t.Fatalf("%+v", s.Counts)
		}
		wrong := o.dataset(ids[0])
		explain := func(kind, hash, until string) {
			t.Helper()
			if err := lead.SuppressForTest(ctx, o.vault, s.ID, kind, hash, until); err != nil {
				t.Fatal(err)
			}
		}
		quiet := func() bool {
			t.Helper()
			return o.screened(lead.Ask{Params: params, Datasets: ids}).Sum().Suppressed == 1
		}
		explain("residents", wrong.Hash, "2026-12-31")
		if !quiet() {
			t.Error("it is raised although the list that was wrong is the same")
		}
		explain("residents", "another", "2026-12-31")
		if quiet() {
			t.Error("it stays quiet although the list has changed")
		}
		explain("", "", "2026-12-31")
		if !quiet() {
			t.Error("it is raised although the case was explained")
		}
		explain("", "", "2026-11-29")
		if quiet() {
			t.Error("it stays quiet after its day")
		}
		explain("pension", "x", "2026-12-31")
		if !quiet() {
			t.Error("it is raised although no other pension list was given")
		}
	})
}

// A screening stops in the middle of a large list, within a moment.
func TestRunningScreeningStops(t *testing.T) {
	o := openOffice(t, storetest.SQLite(t))
	var b bytes.Buffer
	b.WriteString("姓名,身份证号,出生日期,村,户号,户籍状态\n")
	for i := range 400_000 {
		fmt.Fprintf(&b, "王秀%d,%s,1940-08-05,东槐村,%d,正常\n", i, fmt.Sprintf("9904081940080%05d", i%100000), i)
	}
	in := o.list("户籍.csv", screening.Residents, b.Bytes())
	d := o.confirm(o.add(in))
	params, _ := o.smallLists()
	id := o.start(lead.Ask{Params: params, Datasets: []int64{d.ID}})
	ended := make(chan error, 1)
	go func() { ended <- lead.RunWaiting(t.Context(), o.vault, o.house) }()
	for o.screening(id).State == lead.ScreeningWaiting {
		time.Sleep(time.Millisecond)
	}
	if err := lead.StopScreening(t.Context(), o.vault, o.house, o.clerk, id); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if s := o.screening(id); s.State != lead.ScreeningStopped && s.State != lead.ScreeningDone {
		t.Errorf("%+v", s)
	} else if s.State == lead.ScreeningDone {
		t.Log("it had ended before")
	}
}
