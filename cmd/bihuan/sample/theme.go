package sample

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

//go:embed town.txt
var townLibrary string

//go:embed village.txt
var villageLibrary string

// theme is a problem of the library, with blanks still to be filled in; see the head of town.txt.
type theme struct {
	title    string
	section  int      // 1–4
	offices  []string // who answers for it, lead first
	goal     string
	pairs    []pair
	doing    string // progress on the way
	failed   string // why it was not done in time; empty when it cannot fail
	evidence string
}

// pair is a manifestation, the measure that answers it and what came of it. Without a measure it is a gap left on purpose, which
// later may close.
type pair struct{ shows, measure, result, later string }

// parseThemes reads a library.
func parseThemes(text string) ([]theme, error) {
	var list []theme
	for n, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, _ := strings.Cut(line, " ")
		if key == "问" {
			list = append(list, theme{title: value})
			continue
		}
		if len(list) == 0 {
			return nil, fmt.Errorf("line %d stands before the first 问", n+1)
		}
		if err := list[len(list)-1].set(key, value); err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return list, nil
}

func (t *theme) set(key, value string) error {
	if key == "现" {
		t.pairs = append(t.pairs, pair{shows: value})
		return nil
	}
	last := &pair{}
	if len(t.pairs) > 0 {
		last = &t.pairs[len(t.pairs)-1]
	}
	fields := map[string]*string{"标": &t.goal, "进": &t.doing, "因": &t.failed, "证": &t.evidence, "措": &last.measure, "果": &last.result}
	switch {
	case key == "方":
		t.section = strings.Index("一二三四", value)/3 + 1
	case key == "办":
		t.offices = strings.Fields(value)
	case fields[key] == nil:
		return fmt.Errorf("unknown key %q", key)
	case value != "—":
		*fields[key] = value
	}
	return nil
}

// blanks fills the blanks of one theme. What a name was drawn as stays for all later texts.
type blanks struct {
	rng   *rand.Rand
	known map[string]string
}

// fill replaces each {…} of a text: {a:3-9} draws a number and remembers it, {a} repeats it, {x|y} chooses, {a:x|y} chooses and
// remembers.
func (b blanks) fill(text string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		blank, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("no } after {%s", rest)
		}
		value, err := b.draw(blank)
		if err != nil {
			return "", err
		}
		out.WriteString(value)
		text = after
	}
}

func (b blanks) draw(blank string) (string, error) {
	name, choice, named := strings.Cut(blank, ":")
	if !named {
		if value, ok := b.known[blank]; ok {
			return value, nil
		}
		choice = blank
	}
	value := ""
	if from, to, ok := strings.Cut(choice, "-"); ok {
		var err error
		if value, err = b.number(from, to); err != nil {
			return "", fmt.Errorf("{%s}: %w", blank, err)
		}
	} else if strings.Contains(choice, "|") {
		options := strings.Split(choice, "|")
		value = options[b.rng.IntN(len(options))]
	} else {
		return "", fmt.Errorf("{%s} was never drawn", blank)
	}
	if named {
		b.known[name] = value
	}
	return value, nil
}

// number draws between from and to, both included, with one decimal when they are written with one.
func (b blanks) number(from, to string) (string, error) {
	lo, err := strconv.Atoi(strings.Replace(from, ".", "", 1))
	if err != nil {
		return "", err
	}
	hi, err := strconv.Atoi(strings.Replace(to, ".", "", 1))
	if err != nil {
		return "", err
	}
	if hi < lo {
		return "", fmt.Errorf("%s is less than %s", to, from)
	}
	n := lo + b.rng.IntN(hi-lo+1)
	if !strings.Contains(from, ".") {
		return strconv.Itoa(n), nil
	}
	return fmt.Sprintf("%d.%d", n/10, n%10), nil
}

// filled is the theme with the given pairs and all blanks filled in.
func (t theme) filled(b blanks, pairs []pair) (theme, error) {
	var err error
	fill := func(text string) string {
		out, bad := b.fill(text)
		if bad != nil && err == nil {
			err = fmt.Errorf("%s: %w", t.title, bad)
		}
		return out
	}
	done := theme{section: t.section, offices: t.offices, title: fill(t.title), goal: fill(t.goal)}
	for _, p := range pairs {
		done.pairs = append(done.pairs, pair{fill(p.shows), fill(p.measure), fill(p.result), fill(p.later)})
	}
	done.doing, done.failed, done.evidence = fill(t.doing), fill(t.failed), fill(t.evidence)
	return done, err
}
