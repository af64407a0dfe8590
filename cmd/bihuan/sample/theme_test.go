package sample

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func libraries(t *testing.T) (town, village []theme) {
	t.Helper()
	town, err := parseThemes(townLibrary)
	if err != nil {
		t.Fatalf("town.txt: %v", err)
	}
	village, err = parseThemes(villageLibrary)
	if err != nil {
		t.Fatalf("village.txt: %v", err)
	}
	return town, village
}

// Every theme of the libraries is whole, its blanks can be filled, and no text holds what papers use to part items.
func TestLibraries(t *testing.T) {
	town, village := libraries(t)
	if len(town) < 45 || len(village) < 40 {
		t.Errorf("%d themes for towns, %d for villages", len(town), len(village))
	}
	check := func(th theme, pairs []pair) {
		b := blanks{rand.New(rand.NewPCG(1, 2)), map[string]string{"去年": "2025", "前年": "2024", "村1": "东槐村", "村2": "柳荫村", "村3": "南窑村"}}
		f, err := th.filled(b, pairs)
		if err != nil {
			t.Error(err)
			return
		}
		texts := []string{f.title, f.goal, f.doing, f.evidence}
		for _, p := range f.pairs {
			texts = append(texts, p.shows)
			if p.measure != "" {
				texts = append(texts, p.measure, p.result)
			}
		}
		for _, text := range texts {
			if text == "" {
				t.Errorf("%s: something is missing", f.title)
			}
			if strings.ContainsAny(text, "{}；;。") || strings.Contains(text, "一是") {
				t.Errorf("%s: %q", f.title, text)
			}
		}
		if f.section < 1 || f.section > 4 || len(f.offices) == 0 {
			t.Errorf("%s: section %d, offices %v", f.title, f.section, f.offices)
		}
	}
	for _, th := range town {
		if len(th.pairs) < 2 || len(th.pairs) > 4 {
			t.Errorf("%s: %d manifestations", th.title, len(th.pairs))
		}
		check(th, th.pairs)
	}
	for _, th := range village {
		for i := range th.pairs {
			check(th, th.pairs[i:i+1]) // any choice of pairs must do
		}
	}
}
