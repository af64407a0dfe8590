package web

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bihuan/ledger"
)

// TestMerge: what only one of two changed stands, and where both did one's own stands with the other's beside it.
func TestMerge(t *testing.T) {
	for name, x := range map[string]struct {
		was, typed, now string
		want            field
	}{
		"nobody":              {"a", "a", "a", field{Value: "a", Was: "a"}},
		"only I":              {"a", "b", "a", field{Value: "b", Was: "a"}},
		"only the other":      {"a", "a", "c", field{Value: "c", Was: "c", Taken: true}},
		"both, alike":         {"a", "c", "c", field{Value: "c", Was: "c"}},
		"both":                {"a", "b", "c", field{Value: "b", Was: "c", Theirs: "c", Clash: true}},
		"the other emptied":   {"a", "b", "", field{Value: "b", Was: "", Theirs: "", Clash: true}},
		"I emptied":           {"a", "", "c", field{Value: "", Was: "c", Theirs: "c", Clash: true}},
		"only line ends vary": {"a\r\nb", " a\nb ", "a\nb", field{Value: "a\nb", Was: "a\nb"}},
	} {
		fs := fields{{Name: "x"}}
		fs.typed(url.Values{"x": {x.typed}, "was_x": {x.was}})
		fs.merge(fields{{Name: "x", Value: x.now}})
		x.want.Name = "x"
		if diff := cmp.Diff(x.want, fs[0]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDueFollowsItsWords(t *testing.T) {
	f := ledger.Finding{DueText: "2026年4月30日前", Due: "2026-04-30"}
	for _, x := range []struct{ words, date, want string }{
		{"2026年4月30日前", "2026-04-30", "2026-04-30"},
		{"2026年5月底前，长期坚持", "2026-04-30", "2026-05-31"},
		{"5月31日前", "2026-04-30", "2026-05-31"},
		{"2026年5月底前", "2026-05-20", "2026-05-20"}, // both were changed: as typed
		{"立行立改", "2026-04-30", "2026-04-30"},
		{"2026年2月30日", "2026-04-30", "2026-04-30"},
	} {
		fs := fields{{Name: "due_text", Value: x.words, Was: f.DueText}, {Name: "due", Value: x.date, Was: f.Due}}
		fs.dueFollows(f, "2026-04-16")
		if got := fs.value("due"); got != x.want {
			t.Errorf("%s with %s: %s, want %s", x.words, x.date, got, x.want)
		}
	}
}

// TestFilterInAnAddress: a filter survives being an address.
func TestFilterInAnAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[一-龥a-z&=+ %]{0,6}`)
		f := readFilter(query(ledger.Filter{
			Plan: rapid.Int64Min(0).Draw(t, "plan"), Unit: rapid.Int64Min(0).Draw(t, "unit"), Section: rapid.Int64Min(0).Draw(t, "section"),
			Duty: text.Draw(t, "duty"), Person: text.Draw(t, "person"), Text: text.Draw(t, "text"),
			State: rapid.SampledFrom([]ledger.State{"", ledger.Done, ledger.Keep}).Draw(t, "state"),
			Due:   rapid.SampledFrom([]string{"", "late", "none"}).Draw(t, "due"), Sort: rapid.SampledFrom([]string{"", "due", "changed"}).Draw(t, "sort"),
			Gap: rapid.Bool().Draw(t, "gap"), Vague: rapid.Bool().Draw(t, "vague"),
		}))
		again, err := url.ParseQuery(query(f).Encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f, readFilter(again)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestPages(t *testing.T) {
	address := func(n int) string { return string(rune('0' + n%10)) }
	p := newPages(1000, 10, address)
	var shown []int
	for _, l := range p.Links {
		if l.Gap {
			l.N = -1
		}
		shown = append(shown, l.N)
	}
	if diff := cmp.Diff([]int{1, -1, 8, 9, 10, 11, 12, -1, 20}, shown); diff != "" {
		t.Error(diff)
	}
	if p.From != 451 || p.To != 500 || p.Prev == "" || p.Next == "" {
		t.Errorf("%+v", p)
	}
	for _, x := range []struct{ total, asked, number, from, to, links int }{{0, 1, 1, 1, 0, 0}, {50, 1, 1, 1, 50, 0}, {51, 9, 2, 51, 51, 2}} {
		p := newPages(x.total, x.asked, address)
		if p.Number != x.number || p.From != x.from || p.To != x.to || len(p.Links) != x.links {
			t.Errorf("%+v: %+v", x, p)
		}
	}
}

// TestHighlight: what is marked and what is not make up the text, and an excerpt shows the first hit.
func TestHighlight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[高龄津贴低保ab１1，]{0,200}`).Draw(t, "text")
		words := wordsOf(rapid.StringMatching(`[高龄津贴a1 ]{1,5}`).Draw(t, "words"))
		all := ""
		for _, p := range highlight(text, words) {
			all += p.Text
		}
		if all != text {
			t.Fatalf("%q became %q", text, all)
		}
		found := len(hits([]rune(text), words)) > 0
		marked := false
		for _, p := range excerpt(text, words) {
			marked = marked || p.Hit
		}
		if marked != found {
			t.Fatalf("found %v, marked %v", found, marked)
		}
	})
}
