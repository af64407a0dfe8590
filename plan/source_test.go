package plan

import (
	"path/filepath"
	"strings"
	"testing"

	"bihuan/office"
)

// eachValue calls f for every value of a plan and its source.
func eachValue(p Plan, f func(what, text string, at Source)) {
	for _, s := range p.Sections {
		for _, x := range s.Findings {
			for _, m := range x.Manifestations {
				f("manifestation", m.Text, m.Source)
			}
			for _, m := range x.Measures {
				f("measure", m.Text, m.Source)
			}
			for i, u := range x.Units {
				f("unit", u, x.Sources.Units[i])
			}
			for i, u := range x.Persons {
				f("person", u, x.Sources.Persons[i])
			}
			f("deadline", string(x.DeadlineText), x.Sources.Deadline)
			f("status", string(x.Status), x.Sources.Status)
			f("goal", string(x.Goal), x.Sources.Goal)
		}
	}
}

// sliceOf cuts a value out of a document again; ok is false when the source is out of bounds.
func sliceOf(doc office.Document, at Source) (string, bool) {
	if at.Part < 0 || at.Part >= len(doc.Parts) {
		return "", false
	}
	part := doc.Parts[at.Part]
	if at.Paragraph < 0 || at.Paragraph >= len(part.Paragraphs) || at.Last >= len(part.Paragraphs) || at.Last != 0 && at.Last <= at.Paragraph {
		return "", false
	}
	r := []rune(part.Paragraphs[at.Paragraph].Text)
	if at.From < 0 || at.To > len(r) || at.From > at.To {
		return "", false
	}
	return string(r[at.From:at.To]), true
}

// What the screen marks is what was read: the paragraph between the offsets is the value, white space aside.
func TestSourcesGiveValues(t *testing.T) {
	names, _ := filepath.Glob("testdata/*")
	checked := 0
	for _, name := range names {
		if filepath.Ext(name) == ".json" || filepath.Ext(name) == ".md" || strings.HasPrefix(filepath.Base(name), ".") || filepath.Ext(name) == "" {
			continue
		}
		doc := readFile(t, name)
		p := Read(doc)
		eachValue(p, func(what, text string, at Source) {
			if text == "" {
				return
			}
			got, ok := sliceOf(doc, at)
			if !ok {
				t.Errorf("%s: %s %q: source %+v out of bounds", name, what, text, at)
				return
			}
			checked++
			a, b := squeeze(got), squeeze(text)
			if at.Last != 0 && !strings.HasPrefix(b, a) || at.Last == 0 && a != b {
				t.Errorf("%s: %s %q: source gives %q", name, what, text, got)
			}
		})
		for _, n := range p.Notes {
			if _, ok := sliceOf(doc, n.Source); !ok {
				t.Errorf("%s: note %s: source %+v out of bounds", name, n.Code, n.Source)
			}
		}
	}
	if checked < 500 {
		t.Errorf("only %d values checked", checked)
	}
}

// Any text at all is read without a panic, with sources inside the document.
func FuzzRead(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.txt")
	for _, name := range names {
		f.Add(fileText(f, name))
	}
	f.Add("一、\n（一）\n1.\n整改措施：\n责任单位：\n|序号|问题|整改措施|\n|---|\n|1|“(|①|")
	f.Add("问题1：\n时限：2月30日\n每每每周第五个周")
	f.Fuzz(func(t *testing.T, text string) {
		doc := textDocument(text, "txt")
		p := Read(doc)
		eachValue(p, func(what, v string, at Source) {
			if v == "" {
				return
			}
			if _, ok := sliceOf(doc, at); !ok {
				t.Fatalf("%s %q: source %+v out of bounds", what, v, at)
			}
		})
		Check(p)
	})
}
