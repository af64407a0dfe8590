package web

import (
	"strconv"
	"strings"
)

// markup is HTML that stands in the program. Only a constant becomes one without being converted, so nothing that somebody typed
// gets into a page unescaped by oversight.
type markup string

// htmlWriter writes HTML a hundred times for one page, where a template would cost more than all the rest: the rows of findings.
// All else is written by templates.
type htmlWriter struct{ b []byte }

func (w *htmlWriter) raw(m markup) *htmlWriter {
	w.b = append(w.b, m...)
	return w
}

func (w *htmlWriter) num(n int64) *htmlWriter {
	w.b = strconv.AppendInt(w.b, n, 10)
	return w
}

// text writes what somebody wrote, for an element or a quoted attribute.
func (w *htmlWriter) text(s string) *htmlWriter {
	for {
		i := strings.IndexAny(s, "&<>\"'\x00")
		if i < 0 {
			w.b = append(w.b, s...)
			return w
		}
		w.b = append(w.b, s[:i]...)
		switch s[i] {
		case '&':
			w.raw("&amp;")
		case '<':
			w.raw("&lt;")
		case '>':
			w.raw("&gt;")
		case '"':
			w.raw("&#34;")
		case '\'':
			w.raw("&#39;")
		default:
			w.raw("\uFFFD")
		}
		s = s[i+1:]
	}
}

// lights are the shapes of a light before its word.
var lights = map[string]markup{
	"none": `<span class="st st-none"><svg class="lt" aria-hidden="true"><use href="#l-none"/></svg>`,
	"run":  `<span class="st st-run"><svg class="lt" aria-hidden="true"><use href="#l-run"/></svg>`,
	"part": `<span class="st st-part"><svg class="lt" aria-hidden="true"><use href="#l-part"/></svg>`,
	"done": `<span class="st st-done"><svg class="lt" aria-hidden="true"><use href="#l-done"/></svg>`,
	"soon": `<span class="st st-soon"><svg class="lt" aria-hidden="true"><use href="#l-soon"/></svg>`,
	"late": `<span class="st st-late"><svg class="lt" aria-hidden="true"><use href="#l-late"/></svg>`,
	"keep": `<span class="st st-keep"><svg class="lt" aria-hidden="true"><use href="#l-keep"/></svg>`,
	"stop": `<span class="st st-stop"><svg class="lt" aria-hidden="true"><use href="#l-stop"/></svg>`,
	"wait": `<span class="st st-wait"><svg class="lt" aria-hidden="true"><use href="#l-wait"/></svg>`,
}

// light writes a light with its word.
func (w *htmlWriter) light(l light) *htmlWriter {
	return w.raw(lights[l.Kind]).text(l.Word).raw(`</span>`)
}
