package web

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"bihuan/chinese"
	"bihuan/ledger"
)

// searchPage lists the findings that hold what was asked for.
type searchPage struct {
	frame
	Asked bool // there was something to look for
	Total int
	Pages *pages
}

// Results marks where the results belong.
func (p searchPage) Results() template.HTML { return rowsHere }

// stretch is a stretch of text that was looked for, or not.
type stretch struct {
	Text string
	Hit  bool
}

// searchShow answers GET /search.
func (s *Server) searchShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, q := r.Context(), strings.TrimSpace(r.URL.Query().Get("q"))
	p := searchPage{frame: s.frame(v, "", "查找"), Asked: len(chinese.Query(q)) > 0}
	p.Query = q
	if !p.Asked {
		return s.render(w, http.StatusOK, "search", p)
	}
	f := ledger.Filter{Text: q}
	counts, err := s.count(ctx, v, f)
	if err != nil {
		return err
	}
	p.Total = counts.All
	p.Pages = newPages(p.Total, pageNumber(r.URL.Query()), func(n int) string { return pageAddress("/search", url.Values{"q": {q}}, n) })
	keys, err := s.list(ctx, v, f, p.Pages.Number)
	if err != nil {
		return err
	}
	findings, err := s.load(ctx, keys)
	if err != nil {
		return err
	}
	results := &htmlWriter{b: make([]byte, 0, 1000*len(findings))}
	words := wordsOf(q)
	for _, f := range findings {
		s.writeResult(results, v, f, words)
	}
	return s.renderAround(w, "search", p, []template.HTML{template.HTML(results.b)})
}

// mostPlaces is how many places of a finding a result shows.
const mostPlaces = 3

// writeResult writes one finding with the places where the words stand.
func (s *Server) writeResult(w *htmlWriter, v *visit, f ledger.Finding, words [][]rune) {
	w.raw(`<li><p class="what"><a href="/finding/`).num(f.ID).raw(`">`)
	writeMarked(w, highlight(f.Title, words))
	w.raw(`</a></p>`)
	places := 0
	look := func(name markup, number, text string) {
		if places == mostPlaces {
			return
		}
		if around := excerpt(number+text, words); around != nil {
			places++
			w.raw(`<p class="place"><span class="quiet">`).raw(name).raw(`</span> `)
			writeMarked(w, around)
			w.raw(`</p>`)
		}
	}
	for _, m := range f.Manifestations {
		look("表现", m.Number, m.Text)
	}
	for _, m := range f.Measures {
		look("措施", m.Number, m.Text)
	}
	look("责任", "", strings.Join([]string{f.Leader, ledger.Names(f.Units), ledger.Names(f.Persons)}, "　"))
	w.raw(`<p class="meta">`).light(stateLight(f))
	if due := s.due(v, f); due.Word != "" {
		w.light(due)
	}
	w.raw(`<span class="quiet">`).text(f.Unit.Name).raw(`</span><span class="quiet">`).text(f.Section.Number).text(f.Section.Title).raw("</span></p></li>\n")
}

func writeMarked(w *htmlWriter, text []stretch) {
	for _, x := range text {
		if x.Hit {
			w.raw(`<mark>`).text(x.Text).raw(`</mark>`)
		} else {
			w.text(x.Text)
		}
	}
}

// wordsOf are the words to mark: what the index was asked for, put together again. A number stays with the characters right after
// it, which the index parts: of 8村 neither every 8 nor every 村 is to be marked.
func wordsOf(q string) [][]rune {
	var words [][]rune
	apart := true // something stands between this word and the one before
	asked := []rune(strings.ToLower(norm.NFKC.String(q)))
	for _, p := range chinese.Query(q) {
		word := []rune(p.Terms[0])
		for _, t := range p.Terms[1:] {
			runes := []rune(t)
			word = append(word, runes[len(runes)-1])
		}
		for len(asked) >= len(word) && !slices.Equal(asked[:len(word)], word) {
			asked = asked[1:]
			apart = true
		}
		asked = asked[min(len(word), len(asked)):]
		if n := len(words); n > 0 && !apart && number(words[n-1]) {
			words[n-1] = append(words[n-1], word...)
		} else {
			words = append(words, word)
		}
		apart = false
	}
	return words
}

// number tells whether a word is all digits.
func number(word []rune) bool {
	return !slices.ContainsFunc(word, func(r rune) bool { return !unicode.IsDigit(r) })
}

// hits are the stretches of text, as rune offsets from and to, where one of the words stands; they do not touch.
func hits(text []rune, words [][]rune) [][2]int {
	var list [][2]int
	for i := 0; i < len(text); {
		longest := 0
		for _, w := range words {
			if len(w) > longest && startsWith(text[i:], w) {
				longest = len(w)
			}
		}
		if longest == 0 {
			i++
			continue
		}
		if n := len(list); n > 0 && list[n-1][1] == i {
			list[n-1][1] += longest
		} else {
			list = append(list, [2]int{i, i + longest})
		}
		i += longest
	}
	return list
}

// startsWith compares without regard to width and case, as the index does.
func startsWith(text, word []rune) bool {
	if len(text) < len(word) {
		return false
	}
	for i, r := range word {
		if unicode.ToLower(chinese.Fold(text[i])) != r {
			return false
		}
	}
	return true
}

// highlight cuts a text into what was looked for and what was not.
func highlight(text string, words [][]rune) []stretch {
	runes := []rune(text)
	return cut(runes, hits(runes, words), 0, len(runes))
}

// Runes shown before the first hit of a long text, and altogether.
const (
	before        = 24
	excerptLength = 90
)

// excerpt is the stretch of a text around its first hit, nil when there is none.
func excerpt(text string, words [][]rune) []stretch {
	runes := []rune(text)
	found := hits(runes, words)
	if len(found) == 0 {
		return nil
	}
	from := max(0, found[0][0]-before)
	to := min(len(runes), from+excerptLength)
	pieces := cut(runes, found, from, to)
	if from > 0 {
		pieces = append([]stretch{{Text: "…"}}, pieces...)
	}
	if to < len(runes) {
		pieces = append(pieces, stretch{Text: "…"})
	}
	return pieces
}

func cut(runes []rune, found [][2]int, from, to int) []stretch {
	var pieces []stretch
	add := func(a, b int, hit bool) {
		if a < b {
			pieces = append(pieces, stretch{string(runes[a:b]), hit})
		}
	}
	at := from
	for _, h := range found {
		if h[1] <= from || h[0] >= to {
			continue
		}
		add(at, h[0], false)
		add(max(h[0], at), min(h[1], to), true)
		at = min(h[1], to)
	}
	add(at, to, false)
	return pieces
}
