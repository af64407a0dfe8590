package screening

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"bihuan/chinese"
)

// who is somebody as lists can be joined by: a resident, or a number that the register does not have under that name.
type who struct {
	resident resident
	id       uint64 // where there is no resident: the number, or what stands for a row of which nobody knows whose it is
}

func compareWho(a, b who) int {
	return cmp.Or(compareResidents(a.resident, b.resident), cmp.Compare(a.id, b.id))
}

// unknown marks rows of which nobody knows whose they are, each on its own.
const unknown = 1 << 63

// whoIs says who a party is.
func (r *run) whoIs(i int32) who {
	switch p := &r.parties[i]; {
	case p.found() && p.names != chinese.NameOther:
		return who{p.resident, 0}
	case p.flaw == chinese.Sound && p.id != 0:
		return who{nobody, uint64(p.id)}
	}
	return who{nobody, unknown | uint64(i)}
}

// whoParty is a party of a list and who it is.
type whoParty struct {
	who
	party int32
}

// listOf is a list in order of who its people are.
func (r *run) listOf(k Kind) []whoParty {
	list, ok := r.joined[k]
	if !ok {
		for i := range r.parties {
			if r.parties[i].kind() == k {
				list = append(list, whoParty{r.whoIs(int32(i)), int32(i)})
			}
		}
		slices.SortFunc(list, func(a, b whoParty) int { return cmp.Or(compareWho(a.who, b.who), cmp.Compare(a.party, b.party)) })
		r.joined[k] = list
	}
	return list
}

// partiesOf are the parties of a list that are somebody.
func (r *run) partiesOf(k Kind, w who) []whoParty {
	list := r.listOf(k)
	from, _ := slices.BinarySearchFunc(list, w, func(p whoParty, w who) int { return compareWho(p.who, w) })
	to := from
	for to < len(list) && list[to].who == w {
		to++
	}
	return list[from:to]
}

// rows are the rows of a list about a subject. doubt says that they are not his for certain: found by the name only, or by a number
// that stands there under another name.
func (r *run) rows(k Kind, s *subject) (lines []int32, doubt bool) {
	take := func(list []whoParty) {
		for _, p := range list {
			q := &r.parties[p.party]
			doubt = doubt || q.found() && q.like == chinese.LikeNothing
			lines = append(lines, r.allLines(q)...)
		}
	}
	if take(r.partiesOf(k, s.who)); len(lines) > 0 {
		return lines, doubt
	}
	if s.resident == nobody || !r.has(k) {
		return nil, false
	}
	if id := r.register.id(s.resident); id != 0 {
		take(r.partiesOf(k, who{nobody, uint64(id)}))
	}
	return lines, len(lines) > 0
}

// subject is somebody whom a rule looks at.
type subject struct {
	who
	party int32 // the first of the list the rule looks at; -1 where he is not on it
}

// eachSubject calls f with everybody on some lists, once each.
func (r *run) eachSubject(list []Kind, f func(*subject)) {
	seen := map[who]bool{}
	for _, k := range list {
		parties := r.listOf(k)
		for i := range parties {
			if i > 0 && parties[i].who == parties[i-1].who || len(list) > 1 && seen[parties[i].who] {
				continue
			}
			if len(list) > 1 {
				seen[parties[i].who] = true
			}
			f(&subject{parties[i].who, parties[i].party})
		}
	}
}

// groupLine is a row of the dibao list, or another list of households, and its household there.
type groupLine struct {
	group uint64
	line  int32
}

// households is a list in order of its households.
func (r *run) households(k Kind) []groupLine {
	list, ok := r.grouped[k]
	if !ok {
		for i := range r.lines {
			if l := &r.lines[i]; l.group != 0 && r.parties[l.party].kind() == k {
				list = append(list, groupLine{l.group, int32(i)})
			}
		}
		slices.SortFunc(list, func(a, b groupLine) int { return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.line, b.line)) })
		r.grouped[k] = list
	}
	return list
}

// household are the rows of a household in a list.
func (r *run) household(k Kind, group uint64) []int32 {
	if group == 0 {
		return nil
	}
	list := r.households(k)
	i, _ := slices.BinarySearchFunc(list, group, func(g groupLine, group uint64) int { return cmp.Compare(g.group, group) })
	var lines []int32
	for ; i < len(list) && list[i].group == group; i++ {
		lines = append(lines, list[i].line)
	}
	return lines
}

// dibaoMonth is the month of the dibao list that counts: its latest up to now.
func (r *run) dibaoMonth(k Kind) month {
	if m, ok := r.latest[k]; ok {
		return m
	}
	latest := month(0)
	for i := range r.lines {
		if l := &r.lines[i]; r.parties[l.party].kind() == k && l.first <= r.now {
			latest = max(latest, l.first)
		}
	}
	r.latest[k] = latest
	return latest
}

// current tells whether a row of the dibao list is of the month that counts.
func (r *run) current(k Kind, l *line) bool {
	latest := r.dibaoMonth(k)
	return l.first+month(max(l.months, 1)) > latest && l.first <= latest
}

// paidHouse tells whether a household of the dibao list is paid.
func (r *run) paidHouse(group uint64) bool {
	if r.paidHouses == nil {
		r.paidHouses = map[uint64]bool{}
		for i := range r.lines {
			if l := &r.lines[i]; r.parties[l.party].kind() == Dibao && l.paid && l.group != 0 && r.current(Dibao, l) {
				r.paidHouses[l.group] = true
			}
		}
	}
	return group != 0 && r.paidHouses[group]
}

// paidRows are the rows by which a subject is a member of a paid household; on tells whether he is on the list at all.
func (r *run) paidRows(s *subject) (lines []int32, on, doubt bool) {
	all, doubt := r.rows(Dibao, s)
	for _, l := range all {
		line := &r.lines[l]
		if r.current(Dibao, line) && (line.paid || !line.stopped && r.paidHouse(line.group)) {
			lines = append(lines, l)
		}
	}
	return lines, len(all) > 0, doubt
}

// house are the current rows of the subject's household in the dibao list.
func (r *run) house(s *subject) []int32 {
	lines, _, _ := r.paidRows(s)
	if len(lines) == 0 || r.lines[lines[0]].group == 0 {
		return lines
	}
	return slices.DeleteFunc(r.household(Dibao, r.lines[lines[0]].group), func(l int32) bool { return !r.current(Dibao, &r.lines[l]) })
}

// firstAtHome tells whether a subject is the first of his household in the dibao list.
func (r *run) firstAtHome(s *subject) bool {
	house := r.house(s)
	return len(house) > 0 && r.whoIs(r.lines[house[0]].party) == s.who
}

// atHome are the others whom the register has in somebody's household.
func (r *run) atHome(res resident) []resident {
	var list []resident
	home, village := r.home(res), r.register.village(res)
	if home == 0 {
		return nil
	}
	for _, other := range r.homes[home] {
		if other = r.canonical(other); other != res && !slices.Contains(list, other) && (village == 0 || r.register.village(other) == 0 || village == r.register.village(other)) {
			list = append(list, other)
		}
	}
	return list
}

// gatherHomes goes through the register for the households of those whom rules ask about.
func (r *run) gatherHomes(ctx context.Context) error {
	wanted := map[uint32]bool{}
	want := func(res resident) {
		if home := r.home(res); home != 0 {
			wanted[home] = true
		}
	}
	for i := range r.parties {
		if p := &r.parties[i]; p.found() && slices.Contains([]Kind{Dibao, Tekun, Posts, Cadres, Disability, Medical}, p.kind()) {
			want(p.resident)
		}
	}
	for _, res := range r.aged {
		want(res)
	}
	if r.asked != nobody {
		want(r.asked)
	}
	r.homes = map[uint32][]resident{}
	var mu sync.Mutex
	err := r.eachBlock(ctx, func(i int32, b *block) {
		var found []resident
		for row, home := range b.homes {
			if home != 0 && wanted[home] && (b.ids[row] != 0 || len(b.name(row)) > 0) {
				found = append(found, resident{i, int32(row)})
			}
		}
		mu.Lock()
		for _, res := range found {
			home := r.register.home(res)
			r.homes[home] = append(r.homes[home], res)
		}
		mu.Unlock()
	})
	for _, list := range r.homes {
		slices.SortFunc(list, compareResidents)
	}
	return err
}
