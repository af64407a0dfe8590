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
	named    wordSet
	answered wordSet // words of a measure that touches it
	indirect wordSet // words of a measure that touches it only by the way
}

// domain is the table of topics, things and rules, over one lexicon.
type domain struct {
	lexicon lexicon
	topics  []wordSet
	things  []thing
	rules   []ruleSets // as lawRules
}

// ruleSets are the words of a rule.
type ruleSets struct {
	all    []wordSet
	except wordSet
}

// theDomain parses topics.txt and lawRules when first needed.
var theDomain = sync.OnceValue(func() *domain {
	d := &domain{lexicon: newLexicon()}
	for _, l := range strings.Split(topicsText, "\n") {
		name, words, ok := strings.Cut(l, ":")
		if !ok || strings.HasPrefix(l, "#") {
			continue
		}
		switch head := strings.Fields(name); head[0] {
		case "主题":
			d.topics = append(d.topics, d.lexicon.set(strings.Fields(words)))
		case "事物":
			direct, indirect, _ := strings.Cut(words, "|")
			d.things = append(d.things, thing{head[1:], d.lexicon.set(head[1:]), d.lexicon.set(strings.Fields(direct)), d.lexicon.set(strings.Fields(indirect))})
		}
	}
	for _, r := range lawRules {
		s := ruleSets{except: d.lexicon.set(r.except)}
		for _, group := range r.all {
			s.all = append(s.all, d.lexicon.set(group))
		}
		d.rules = append(d.rules, s)
	}
	return d
})

// touches reports whether a text with these words touches a rule.
func (s ruleSets) touches(words wordSet) bool {
	for _, group := range s.all {
		if !group.meets(words) {
			return false
		}
	}
	return !s.except.meets(words)
}

// containsAny reports whether a text has any of the words.
func containsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
