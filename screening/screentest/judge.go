package screentest

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// Line is one hit as the program writes it.
type Line struct {
	Rule    string  `json:"rule"`
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	State   string  `json:"state"`
	Why     string  `json:"why"`
	Amount  float64 `json:"amount"`
	Sources []struct {
		File  string `json:"file"`
		Sheet string `json:"sheet"`
		Row   int    `json:"row"`
	} `json:"sources"`
}

// ReadLines reads hits, one JSON a line.
func ReadLines(r io.Reader) ([]Line, error) {
	var list []Line
	for d := json.NewDecoder(r); ; {
		var l Line
		if err := d.Decode(&l); err == io.EOF {
			return list, nil
		} else if err != nil {
			return list, err
		}
		list = append(list, l)
	}
}

func (l Line) cites(p Place) bool {
	for _, s := range l.Sources {
		if filepath.Base(s.File) == p.File && s.Sheet == p.Sheet && s.Row == p.Row {
			return true
		}
	}
	return false
}

// Verdict is how good the hits are.
type Verdict struct {
	Planted, Found int
	Right, Wrong   int // distinct lines of a rule and a number
	Missed         []string
	False          []string
	Trapped        []string
	Uncited        []string // found, but without the row they rest on
	Amounts        []string // found, with another amount
}

// Recall is the share of what was planted that was found.
func (v Verdict) Recall() float64 { return float64(v.Found) / float64(max(1, v.Planted)) }

// Precision is the share of the hits that are right.
func (v Verdict) Precision() float64 { return float64(v.Right) / float64(max(1, v.Right+v.Wrong)) }

func (v Verdict) String() string {
	s := fmt.Sprintf("planted %d, found %d (recall %.4f); right %d, wrong %d (precision %.4f); traps hit %d, not cited %d, other amounts %d", v.Planted, v.Found, v.Recall(), v.Right, v.Wrong, v.Precision(), len(v.Trapped), len(v.Uncited), len(v.Amounts))
	for _, part := range []struct {
		name string
		list []string
	}{{"missed", v.Missed}, {"false", v.False}, {"trapped", v.Trapped}, {"not cited", v.Uncited}, {"amount", v.Amounts}} {
		for i, x := range part.list {
			if i == 12 {
				s += fmt.Sprintf("\n  … %d more", len(part.list)-i)
				break
			}
			s += "\n  " + part.name + ": " + x
		}
	}
	return s
}

// judged are the rules that count.
func judged(rule string) bool {
	return strings.HasPrefix(rule, "HL-") || strings.HasPrefix(rule, "DB-") || rule == "GY-01"
}

// Judge compares hits with what was planted.
func (t *Town) Judge(w *Written, lines []Line) Verdict {
	var v Verdict
	right := map[[2]string]bool{}
	for _, c := range t.Cases {
		v.Planted++
		var found []Line
		for _, l := range lines {
			if l.Rule == c.Rule && slices.Contains(c.IDs, l.ID) {
				found = append(found, l)
				right[[2]string{l.Rule, l.ID}] = true
			} else if c.Loose && l.State == "manual" && (slices.Contains(c.IDs, l.ID) || slices.ContainsFunc(c.Pays, func(y *Pay) bool { return l.cites(w.pays[y]) })) {
				found = append(found, l)
				right[[2]string{l.Rule, l.ID}] = true
			}
		}
		what := fmt.Sprintf("%s %s %s", c.Rule, c.Label, strings.Join(c.IDs, " "))
		if len(found) == 0 {
			v.Missed = append(v.Missed, what)
			continue
		}
		v.Found++
		any := func(p Place) bool { return slices.ContainsFunc(found, func(l Line) bool { return l.cites(p) }) }
		cited := 0
		for _, y := range c.Pays {
			if any(w.pays[y]) {
				cited++
			} else if c.All {
				v.Uncited = append(v.Uncited, what+fmt.Sprint(" ", w.pays[y]))
			}
		}
		if len(c.Pays) > 0 && cited == 0 {
			v.Uncited = append(v.Uncited, what+fmt.Sprint(" ", w.pays[c.Pays[0]]))
		}
		for _, id := range c.Both {
			if !slices.ContainsFunc(w.people[id], any) {
				v.Uncited = append(v.Uncited, what+" register")
			}
		}
		if c.Death && !slices.ContainsFunc(w.deaths[c.IDs[0]], any) {
			v.Uncited = append(v.Uncited, what+" deaths")
		}
		for _, list := range c.Lists {
			if !slices.ContainsFunc(c.IDs, func(id string) bool { return slices.ContainsFunc(w.small[list][id], any) }) {
				v.Uncited = append(v.Uncited, what+" "+list)
			}
		}
		if c.Sum != 0 && found[0].Amount != float64(c.Sum) && found[0].Amount != -float64(c.Sum) {
			v.Amounts = append(v.Amounts, fmt.Sprintf("%s: %v, want %d", what, found[0].Amount, c.Sum))
		}
	}
	seen := map[[2]string]bool{}
	for _, l := range lines {
		key := [2]string{l.Rule, l.ID}
		if !judged(l.Rule) || seen[key] {
			continue
		}
		seen[key] = true
		if right[key] {
			v.Right++
		} else {
			v.Wrong++
			v.False = append(v.False, fmt.Sprintf("%s %s %s %s %s%s", l.Rule, l.ID, l.Name, l.State, l.Why, t.labelOf(l.ID)))
		}
		for _, trap := range t.Traps {
			if trap.ID == l.ID && (len(trap.Rules) == 0 || slices.Contains(trap.Rules, l.Rule)) {
				v.Trapped = append(v.Trapped, fmt.Sprintf("%s: %s %s", trap.Label, l.Rule, l.Why))
			}
		}
	}
	return v
}

func (t *Town) labelOf(id string) string {
	for _, p := range t.People {
		if p.ID == id {
			return fmt.Sprintf(" [%s %s %s]", p.label, p.State, p.Birth.Format("2006-01-02"))
		}
	}
	return ""
}
