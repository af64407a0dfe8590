package screening_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bihuan/screening"
	"bihuan/screening/screentest"
)

// screened runs the written lists and returns the hits as a reader of the file has them.
func screened(t testing.TB, dir string, w *screentest.Written) []screentest.Line {
	t.Helper()
	return screenedBy(t, dir, w, nil, func(*screening.Params) {})
}

// screenedBy is screened by some rules, with other parameters than the town's.
func screenedBy(t testing.TB, dir string, w *screentest.Written, rules []string, other func(*screening.Params)) []screentest.Line {
	t.Helper()
	in := screening.Input{Rules: rules}
	params, err := os.Open(filepath.Join(dir, "params.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer params.Close()
	if in.Params, err = screening.ReadParams(params); err != nil {
		t.Fatal(err)
	}
	other(&in.Params)
	for _, file := range w.Files {
		f, err := os.Open(file.Path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		in.Lists = append(in.Lists, screening.List{Kind: screening.Kind(file.Kind), File: file.Path, Data: f, Size: info.Size()})
	}
	report, err := screening.Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	for _, h := range report.Hits {
		if err := out.Encode(h); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := screentest.ReadLines(&b)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// variants are the ways in which one town is written. All must give the same hits.
var variants = map[string]screentest.Options{
	"csv":         {Format: "csv", Encoding: "utf-8"},
	"shuffled":    {Format: "csv", Encoding: "utf-8-bom", Shuffle: 11},
	"gb18030":     {Format: "csv", Encoding: "gb18030", Shuffle: 4},
	"utf-16":      {Format: "csv", Encoding: "utf-16le"},
	"messy csv":   {Format: "csv", Encoding: "gb18030", Messy: true},
	"messy other": {Format: "csv", Encoding: "utf-16be", Messy: true, Shuffle: 7},
	"xlsx":        {Format: "xlsx", Shuffle: 2},
	"messy xlsx":  {Format: "xlsx", Messy: true},
	"messy mixed": {Format: "xlsx", Messy: true, Shuffle: 23},
}

var (
	seeds     = flag.String("seeds", "1001", "towns to screen in all forms")
	residents = flag.Int("residents", 20_000, "of each")
)

// A town with everything planted is found out, in whatever form its lists come, and nothing else is said of it.
func TestTown(t *testing.T) {
	for _, text := range strings.Fields(*seeds) {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		judge(t, screentest.New(seed, *residents), slices.Sorted(maps.Keys(variants))...)
	}
}

// The same at the size the rules were measured at (recipe D2).
func TestTownOfFiftyThousand(t *testing.T) {
	judge(t, screentest.New(1002, 50_000), "gb18030", "messy xlsx")
}

// Without a programme by age the rules that ask for none find in a town what they find with one.
func TestTownWithoutAProgramme(t *testing.T) {
	town := screentest.New(1003, 20_000)
	dir := t.TempDir()
	w, err := town.Write(dir, variants["messy csv"])
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, r := range screening.Rules {
		if !slices.Contains(r.Takes, screening.AgeThreshold) && r.ID != "HL-07" { // which looks at who is to be on the roll
			rules = append(rules, r.ID)
		}
	}
	with := screenedBy(t, dir, w, rules, func(*screening.Params) {})
	bare := screenedBy(t, dir, w, rules, func(p *screening.Params) { *p = screening.Params{AsOf: p.AsOf, GraceMonths: p.GraceMonths} })
	keys := func(lines []screentest.Line) []string {
		var list []string
		for _, l := range lines {
			list = append(list, l.Rule+" "+l.ID+" "+l.State)
		}
		return list
	}
	if d := cmp.Diff(keys(with), keys(bare)); d != "" || len(with) < 50 {
		t.Errorf("%d hits; %s", len(with), d)
	}
}

// judge screens a town in several forms and wants the same hits of all, good enough.
func judge(t *testing.T, town *screentest.Town, forms ...string) {
	var first []string
	for _, form := range forms {
		dir := t.TempDir()
		w, err := town.Write(dir, variants[form])
		if err != nil {
			t.Fatal(err)
		}
		lines := screened(t, dir, w)
		v := town.Judge(w, lines)
		t.Logf("town %d, %s: %s", town.Seed, form, v)
		if v.Recall() < 0.99 || v.Precision() < 0.98 || len(v.Trapped)+len(v.Uncited)+len(v.Amounts) > 0 {
			t.Errorf("town %d, %s", town.Seed, form)
		}
		for _, what := range append(v.Missed, v.False...) { // the other rules join by number: nothing excuses them
			if !strings.HasPrefix(what, "HL-") {
				t.Errorf("town %d, %s: %s", town.Seed, form, what)
			}
		}
		var keys []string
		for _, l := range lines {
			keys = append(keys, l.Rule+" "+l.ID+" "+l.State)
		}
		slices.Sort(keys)
		if keys = slices.Compact(keys); first == nil {
			first = keys
		} else if d := cmp.Diff(first, keys); d != "" {
			t.Errorf("town %d, %s: other hits: %s", town.Seed, form, d)
		}
	}
}
