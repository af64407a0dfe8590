package screening

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// byRows runs the rules that are rows of the catalogue.
func (r *run) byRows(ctx context.Context) error {
	var todo []Rule
	for _, rule := range Rules {
		if len(rule.over) > 0 && r.runnable[rule.ID] {
			todo = append(todo, rule)
		}
	}
	if err := r.prepare(ctx, todo); err != nil {
		return err
	}
	for i, rule := range todo {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		allowed := map[string]int{}
		of := r.eachSubject
		if slices.Contains(rule.over, Residents) {
			of = r.eachAged
		}
		of(rule.over, func(s *subject) {
			if ctx.Err() == nil && (!rule.once || r.firstAtHome(s)) {
				r.apply(&rule, s, allowed)
			}
		})
		r.noteAllowed(rule.ID, allowed)
		r.progress.through(i+1, len(todo))
	}
	return ctx.Err()
}

// prepare gathers what predicates of some rules ask for.
func (r *run) prepare(ctx context.Context, todo []Rule) error {
	homes := false
	for _, rule := range todo {
		if slices.Contains(rule.over, Residents) && r.aged == nil {
			if err := r.gatherAged(ctx); err != nil {
				return err
			}
		}
		for _, c := range rule.Clauses {
			homes = homes || slices.ContainsFunc(c.Is, func(name string) bool { return predicates[name].homes })
		}
	}
	if homes || r.asked != nobody {
		return r.gatherHomes(ctx)
	}
	return nil
}

// asksKinship tells whether anything that is asked for, and can be run, looks at households of the register.
func (r *run) asksKinship() bool {
	return r.in.Explain != "" || slices.ContainsFunc(Rules, func(rule Rule) bool {
		return r.runnable[rule.ID] && slices.ContainsFunc(rule.Clauses, func(c Condition) bool {
			return slices.ContainsFunc(c.Is, func(name string) bool {
				p := predicates[name]
				return p.homes && !slices.ContainsFunc(p.needs, func(k Kind) bool { return !r.has(k) })
			})
		})
	})
}

// apply looks at one person by one rule.
func (r *run) apply(rule *Rule, s *subject, allowed map[string]int) {
	var facts [8]fact
	for i, c := range rule.Clauses {
		f, _ := r.hold(c, s)
		if f.allowed != "" {
			allowed[f.allowed]++
		}
		if !f.met {
			return
		}
		facts[i] = f
	}
	state := Certain
	if rule.Severity == Clue {
		state = Manual
	}
	var found []string
	var lines []int32
	var residents []resident
	if s.resident != nobody {
		residents = append(residents, s.resident)
	}
	for i := range rule.Clauses {
		f := &facts[i]
		found = append(found, "{"+strconv.Itoa(i+1)+"}", f.text)
		lines, residents = append(lines, f.lines...), append(residents, f.residents...)
		if f.doubt {
			state = Manual
		}
	}
	h := Hit{Rule: rule.ID, State: state, Why: strings.NewReplacer(found...).Replace(rule.Why), Sources: r.sources(lines, residents)}
	if s.resident != nobody {
		h.ID, h.Name = r.idText(s.resident), r.register.name(s.resident)
		r.record(h, s.resident, s.party, residents...)
		return
	}
	p := &r.parties[s.party]
	if h.ID, h.Name = p.id.String(), p.name; h.ID == "" {
		h.ID = r.misfits[s.party].text
	}
	r.record(h, nobody, s.party, residents...)
}

// hold looks whether somebody meets a condition: by any of its predicates. missing are the lists that some of them lack.
func (r *run) hold(c Condition, s *subject) (all fact, missing []Kind) {
	var yes, not []string
	for _, name := range c.Is {
		p := predicates[name]
		if lacks := slices.DeleteFunc(slices.Clone(p.needs), r.has); len(lacks) > 0 {
			missing = append(missing, lacks...)
			continue
		}
		f := p.is(r, s)
		if !f.met {
			not = append(not, f.text)
			if f.allowed != "" {
				all.allowed = f.allowed
			}
			continue
		}
		yes = append(yes, f.text)
		// One finding that is certain is enough.
		all.doubt = f.doubt && (all.doubt || !all.met)
		all.met = true
		all.lines, all.residents = append(all.lines, f.lines...), append(all.residents, f.residents...)
	}
	if all.text = strings.Join(yes, "；"); !all.met {
		all.text = strings.Join(not, "；")
	}
	return all, missing
}

// noteAllowed says how many were left out because the policy allows what they have.
func (r *run) noteAllowed(rule string, allowed map[string]int) {
	n := 0
	var words []string
	for w, k := range allowed {
		n += k
		words = append(words, w)
	}
	if n == 0 {
		return
	}
	slices.Sort(words)
	if len(words) > 3 {
		words = append(words[:3], "…")
	}
	r.left[rule] = fmt.Sprintf("%d人的情形属政策允许（%s），没有列为疑点", n, strings.Join(words, "；"))
}

// gatherAged goes through the register for those who are old enough to be supported by the state.
func (r *run) gatherAged(ctx context.Context) error {
	r.aged = []resident{}
	latest := int(r.today/10000) - r.limits.TekunAge
	parts := make([][]resident, len(r.register.blocks))
	err := r.eachBlock(ctx, func(i int32, b *block) {
		for row := range b.ids {
			if b.ids[row] == 0 && len(b.name(row)) == 0 {
				continue
			}
			res := resident{i, int32(row)}
			if birth := r.register.birth(res); birth != 0 && int(birth/10000) <= latest {
				parts[i] = append(parts[i], res)
			}
		}
	})
	for _, part := range parts {
		r.aged = append(r.aged, part...)
	}
	return err
}

// eachAged calls f with everybody in the register who is old enough.
func (r *run) eachAged(_ []Kind, f func(*subject)) {
	for _, res := range r.aged {
		if r.canonical(res) == res {
			f(&subject{whoOf(res), -1})
		}
	}
}
