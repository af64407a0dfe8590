package plan

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed topics.txt
var topicsText string

// thing is a concrete thing that a manifestation may name.
type thing struct {
	names    []string
	answered []string // words of a measure that touches it
	indirect []string // words of a measure that touches it only by the way
}

// domain is the table of topics and things.
type domain struct {
	topics [][]string
	things []thing
}

// theDomain parses topics.txt when first needed.
var theDomain = sync.OnceValue(func() domain {
	var d domain
	for _, l := range strings.Split(topicsText, "\n") {
		name, words, ok := strings.Cut(l, ":")
		if !ok || strings.HasPrefix(l, "#") {
			continue
		}
		switch head := strings.Fields(name); head[0] {
		case "主题":
			d.topics = append(d.topics, strings.Fields(words))
		case "事物":
			direct, indirect, _ := strings.Cut(words, "|")
			d.things = append(d.things, thing{head[1:], strings.Fields(direct), strings.Fields(indirect)})
		}
	}
	return d
})

// containsAny reports whether a text has any of the words.
func containsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
