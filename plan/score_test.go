package plan

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"bihuan/office"
)

// want is an annotated document: manifestations and measures are objects or plain strings.
type want struct {
	Title    Maybe         `json:"title"`
	Unit     Maybe         `json:"inspected_unit"`
	Period   *Period       `json:"inspection_period"`
	Kind     *Kind         `json:"kind"`
	Feedback *Maybe        `json:"feedback_date"`
	Sections []wantSection `json:"sections"`
}

type wantSection struct {
	Number   Maybe         `json:"number"`
	Title    Maybe         `json:"title"`
	Findings []wantFinding `json:"findings"`
}

type wantFinding struct {
	Number         Maybe      `json:"number"`
	Title          Maybe      `json:"title"`
	Manifestations []wantText `json:"manifestations"`
	Measures       []wantText `json:"measures"`
	Units          []string   `json:"units"`
	Persons        []string   `json:"persons"`
	DeadlineText   Maybe      `json:"deadline_text"`
	DeadlineDate   Maybe      `json:"deadline_date"`
	LongTerm       bool       `json:"long_term"`
	Status         Maybe      `json:"status"`
}

type wantText struct {
	Text        string   `json:"text"`
	Frequencies []string `json:"frequency_phrases"`
}

func (w *wantText) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &w.Text)
	}
	type plain wantText
	return json.Unmarshal(b, (*plain)(w))
}

// fact is one value at one place of a document.
type fact struct{ where, value string }

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(s))
}

// facts lists the values of a document. Sections and findings are told apart by their place in order.
func facts(w want, kind, feedback bool) []fact {
	var out []fact
	add := func(where, value string) {
		if v := squeeze(value); v != "" {
			out = append(out, fact{where, v})
		}
	}
	add("title", string(w.Title))
	add("inspected_unit", string(w.Unit))
	if w.Period != nil {
		add("period.start", string(w.Period.Start))
		add("period.end", string(w.Period.End))
	}
	if kind && w.Kind != nil {
		add("kind", string(*w.Kind))
	}
	if feedback && w.Feedback != nil {
		add("feedback_date", string(*w.Feedback))
	}
	for i, s := range w.Sections {
		at := fmt.Sprintf("s%d", i)
		add(at+".number", string(s.Number))
		add(at+".title", string(s.Title))
		for j, f := range s.Findings {
			at := fmt.Sprintf("s%d.f%d", i, j)
			add(at+".number", string(f.Number))
			add(at+".title", string(f.Title))
			for _, m := range f.Manifestations {
				add(at+".manifestation", m.Text)
			}
			for _, m := range f.Measures {
				add(at+".measure", m.Text)
				for _, q := range m.Frequencies {
					add(at+".frequency", squeeze(m.Text)+" → "+q)
				}
			}
			for n, u := range f.Units {
				add(at+".unit", u)
				if n == 0 {
					add(at+".lead", u)
				}
			}
			for _, u := range f.Persons {
				add(at+".person", u)
			}
			add(at+".deadline_text", string(f.DeadlineText))
			add(at+".deadline_date", string(f.DeadlineDate))
			add(at+".status", string(f.Status))
			add(at+".long_term", fmt.Sprint(f.LongTerm))
		}
	}
	return out
}

// score compares what was read with what was meant and lists the differences.
func score(got, meant want) (hit, extra, missing int, diff []string) {
	a, b := facts(got, meant.Kind != nil, meant.Feedback != nil), facts(meant, true, true)
	left := map[fact]int{}
	for _, f := range a {
		left[f]++
	}
	for _, f := range b {
		if left[f] > 0 {
			left[f]--
			hit++
			continue
		}
		missing++
		diff = append(diff, f.where+" - "+f.value)
	}
	for f, n := range left {
		for ; n > 0; n-- {
			extra++
			diff = append(diff, f.where+" + "+f.value)
		}
	}
	sort.Strings(diff)
	return hit, extra, missing, diff
}

// readFile reads a file of the testdata.
func readFile(t *testing.T, name string) office.Document {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := office.Read(t.Context(), name, b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// textDocument makes a document of plain text, a paragraph for each line.
func textDocument(text, format string) office.Document {
	part := office.Part{Name: "正文"}
	for _, l := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		part.Paragraphs = append(part.Paragraphs, office.Paragraph{Text: l})
	}
	return office.Document{Format: format, Parts: []office.Part{part}}
}

// asWant turns a plan into the form it is compared in.
func asWant(t *testing.T, p Plan) want {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var w want
	if err := json.Unmarshal(b, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// The examples must be read almost without fault, the other annotated documents with few.
func TestScore(t *testing.T) {
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) < 3 {
		t.Fatalf("annotated documents: %v, %v", names, err)
	}
	var sumHit, sumExtra, sumMissing int
	for _, name := range names {
		base := strings.TrimSuffix(name, ".json")
		var document string
		for _, ext := range []string{".txt", ".md", ".docx", ".xlsx", ".csv"} {
			if _, err := os.Stat(base + ext); err == nil {
				document = base + ext
			}
		}
		if document == "" {
			t.Errorf("%s: no document beside it", name)
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var meant want
		if err := json.Unmarshal(b, &meant); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		hit, extra, missing, diff := score(asWant(t, Read(readFile(t, document))), meant)
		f1 := 2 * float64(hit) / float64(2*hit+extra+missing)
		t.Logf("%s: F1 %.4f (%d hit, %d extra, %d missing)", filepath.Base(document), f1, hit, extra, missing)
		for _, d := range diff {
			t.Logf("    %s", d)
		}
		if n := filepath.Base(base); n < "10" {
			if f1 < 0.99 {
				t.Errorf("%s: F1 %.4f, want at least 0.99", n, f1)
			}
			continue
		}
		sumHit, sumExtra, sumMissing = sumHit+hit, sumExtra+extra, sumMissing+missing
	}
	if sumHit+sumMissing > 0 {
		f1 := 2 * float64(sumHit) / float64(2*sumHit+sumExtra+sumMissing)
		t.Logf("all but the examples: F1 %.4f", f1)
		if f1 < 0.95 {
			t.Errorf("all but the examples: F1 %.4f, want at least 0.95", f1)
		}
	}
}
