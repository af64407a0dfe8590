package screening

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"bihuan/chinese"
)

// What a match must reach, and by how much the best must lead (B1.8).
const (
	enough = 0.70
	lead   = 0.05
)

// likeAccount is the weight of a number that cannot be read, where the account is the one of another month.
const likeAccount = 0.88

// candidate is a resident who may be a party.
type candidate struct {
	resident resident
	like     float64
	names    chinese.NameLikeness
	score    float64
}

// bits is a filter that most keys do not pass: looking there first saves a visit to a table.
type bits struct {
	words []uint64
	shift uint
}

func newBits(keys int) *bits {
	size := uint(10)
	for 1<<size < 16*keys && size < 33 {
		size++
	}
	return &bits{make([]uint64, 1<<(size-6)), 64 - size}
}

func (b *bits) place(key uint64) (int, uint64) {
	h := key * 0x9e3779b97f4a7c15 >> b.shift
	return int(h >> 6), 1 << (h & 63)
}

func (b *bits) add(key uint64) {
	i, bit := b.place(key)
	b.words[i] |= bit
}

// addShared adds a key while others do, and tells whether it seems to have been there.
func (b *bits) addShared(key uint64) bool {
	i, bit := b.place(key)
	return atomic.OrUint64(&b.words[i], bit)&bit != 0
}

// fetch looks at the words of some keys that are to be added. Looking lets the processor wait for many words at once; additions,
// which shut each other out, would wait for memory one by one.
func (b *bits) fetch(keys []uint64) {
	var all uint64
	for _, key := range keys {
		i, _ := b.place(key)
		all |= atomic.LoadUint64(&b.words[i])
	}
	runtime.KeepAlive(all)
}

func (b *bits) has(key uint64) bool {
	i, bit := b.place(key)
	return b.words[i]&bit != 0
}

// eachBlock hands out the blocks of the register to as many workers as there are processors.
func (r *run) eachBlock(ctx context.Context, work func(i int32, b *block)) error {
	var next atomic.Int32
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for ctx.Err() == nil {
				i := next.Add(1) - 1
				if int(i) >= len(r.register.blocks) {
					return
				}
				work(i, r.register.blocks[i])
				r.progress.through(int(i), len(r.register.blocks))
			}
		})
	}
	group.Wait()
	return ctx.Err()
}

// pair is a party and a resident who may be it.
type pair struct {
	party    int32
	resident resident
	like     float64
}

func comparePairs(a, b pair) int {
	return cmp.Or(cmp.Compare(a.party, b.party), -cmp.Compare(a.like, b.like), cmp.Compare(a.resident.block, b.resident.block), cmp.Compare(a.resident.row, b.resident.row))
}

// elsewhere are lists of a whole county: who stands there with a number in order that the register does not have is of another town,
// and not somebody of this one with another number.
var elsewhere = []Kind{Payroll, Warning, Kin, Cadres, Disability, Medical}

// matchParties finds out who the parties are: first by their numbers as they are, then, for the rest, by what may have gone wrong.
func (r *run) matchParties(ctx context.Context) error {
	r.progress.step(readShare, (readShare+matchShare)/2)
	exact, err := r.exactPairs(ctx)
	if err != nil {
		return err
	}
	r.mergeDoubles(exact)
	var open []int32 // parties that remain
	byParty := split(exact)
	for i := range r.parties {
		p := &r.parties[i]
		best := candidate{names: chinese.NameOther, resident: nobody}
		for _, c := range byParty[int32(i)] {
			res := r.canonical(c.resident)
			if like := chinese.CompareNames(p.name, r.register.name(res)); best.resident == nobody || like < best.names {
				best = candidate{resident: res, names: like}
			}
		}
		if best.resident != nobody && (best.names < chinese.NameOther || p.name == "") {
			p.resident, p.names, p.like = best.resident, best.names, chinese.LikeSame
			if p.name == "" {
				p.names = chinese.NameSame
			}
			if p.kind() == Roll {
				r.claims[best.resident] |= p.months
			}
			continue
		}
		if best.resident == nobody && p.flaw == chinese.Sound && slices.Contains(elsewhere, p.kind()) {
			continue
		}
		if best.resident != nobody { // the number is known, under another name
			r.contested[int32(i)] = best.resident
		}
		open = append(open, int32(i))
	}
	if len(open) == 0 {
		return nil
	}
	r.progress.step((readShare+matchShare)/2, matchShare)
	near, err := r.nearPairs(ctx, open)
	if err != nil {
		return err
	}
	near = append(near, r.byAccount(open)...)
	slices.SortFunc(near, comparePairs)
	r.settle(open, split(near))
	return nil
}

// split groups sorted pairs by party.
func split(pairs []pair) map[int32][]pair {
	m := map[int32][]pair{}
	for len(pairs) > 0 {
		n := 1
		for n < len(pairs) && pairs[n].party == pairs[0].party {
			n++
		}
		m[pairs[0].party] = pairs[:n:n]
		pairs = pairs[n:]
	}
	return m
}

// exactPairs goes through the register once: it finds the residents whose numbers the lists have, and those of an age to be
// concerned: that of the allowance or, without one, from which rules ask for people who are on no list.
func (r *run) exactPairs(ctx context.Context) ([]pair, error) {
	first := make(map[chinese.IDNumber]int32, len(r.parties))
	next := make([]int32, len(r.parties))
	filter := newBits(len(r.parties))
	for i := range r.parties {
		if id := r.parties[i].id; id != 0 && r.parties[i].flaw < chinese.Truncated {
			before, ok := first[id]
			if !ok {
				before = -1
			}
			next[i], first[id] = before, int32(i)
			filter.add(uint64(id))
		}
	}
	on := r.in.Params.countsOn(r.now)
	latestYear := int(on/10000) - cmp.Or(r.in.Params.Threshold, r.limits.TekunAge)
	var mu sync.Mutex
	var pairs []pair
	err := r.eachBlock(ctx, func(i int32, b *block) {
		var found []pair
		var elders []resident
		for row, id := range b.ids {
			if id == 0 {
				continue
			}
			if filter.has(uint64(id)) {
				if p, ok := first[id]; ok {
					for ; p >= 0; p = next[p] {
						found = append(found, pair{p, resident{i, int32(row)}, chinese.LikeSame})
					}
				}
			}
			if id.Birth()/10000 <= latestYear {
				elders = append(elders, resident{i, int32(row)})
			}
		}
		for _, o := range b.odd {
			if o.birth != 0 && int(o.birth/10000) <= latestYear && (b.ids[o.row] == 0 || b.ids[o.row].Birth()/10000 > latestYear) {
				elders = append(elders, resident{i, o.row})
			}
		}
		mu.Lock()
		pairs, r.elders = append(pairs, found...), append(r.elders, elders...)
		mu.Unlock()
	})
	slices.SortFunc(pairs, comparePairs)
	slices.SortFunc(r.elders, compareResidents)
	return pairs, err
}

func compareResidents(a, b resident) int {
	return cmp.Or(cmp.Compare(a.block, b.block), cmp.Compare(a.row, b.row))
}

// countsOn is the day on which age counts for a month.
func (p Params) countsOn(m month) day {
	if p.FirstMonth == "next" {
		m--
	}
	return m.last()
}

// mergeDoubles finds rows of the register that are the same person because several files have them: the same number under the same
// name. The first stands for all; what one of them says about leaving or dying holds.
func (r *run) mergeDoubles(exact []pair) {
	seen := make(map[chinese.IDNumber]resident, len(r.elders))
	see := func(res resident) {
		id := r.register.id(res)
		if id == 0 || cutOff(id) { // without the last three, twins have one number
			return
		}
		old, ok := seen[id]
		if !ok {
			seen[id] = res
			return
		}
		if old == res || chinese.CompareNames(r.register.name(old), r.register.name(res)) == chinese.NameOther {
			return
		}
		if _, known := r.same[res]; known {
			return
		}
		r.same[res] = old
		r.doubles[old] = append(r.doubles[old], res)
	}
	for _, e := range r.elders {
		see(e)
	}
	for _, p := range exact {
		see(p.resident)
	}
	r.mergeDamaged()
}

// cutOff tells that a number ends in three zeros, as a spreadsheet leaves it; its check character may be right by chance.
func cutOff(n chinese.IDNumber) bool { return n != 0 && n.Seventeen()%100 == 0 && n%11 == 0 }

// mergeDamaged finds rows of one list of the register whose number is damaged to be the same people as rows of another: a list of the
// elders that passed through a spreadsheet, next to the whole register. The name must be the same, and the number but for the damage;
// where it is gone, birth and village. Within one list nothing is merged.
func (r *run) mergeDamaged() {
	damaged := map[uint64][]resident{}
	for _, e := range r.elders {
		if _, known := r.same[e]; !known && (r.register.odd(e).flaw != chinese.Sound || cutOff(r.register.id(e))) {
			h := nameHash(r.register.name(e))
			damaged[h] = append(damaged[h], e)
		}
	}
	if len(damaged) == 0 {
		return
	}
	found := map[resident][]resident{}
	for _, e := range r.elders {
		if r.canonical(e) != e || r.register.odd(e).flaw != chinese.Sound || cutOff(r.register.id(e)) {
			continue
		}
		for _, d := range damaged[nameHash(r.register.name(e))] {
			if r.register.blocks[d.block].sheet == r.register.blocks[e.block].sheet {
				continue
			}
			a, b := r.register.id(d), r.register.id(e)
			if cutOff(a) && a.Seventeen()/100 != b.Seventeen()/100 {
				continue
			}
			if a != 0 && sameDigits(a, b) >= alikeDigits || a == 0 && r.register.birth(d) == r.register.birth(e) && r.register.village(d) == r.register.village(e) {
				found[d] = append(found[d], e)
			}
		}
	}
	merged := map[int]int{}
	for _, d := range slices.SortedFunc(maps.Keys(found), compareResidents) {
		if best := found[d]; len(best) == 1 {
			r.same[d] = best[0]
			r.doubles[best[0]] = append(r.doubles[best[0]], d)
			merged[r.register.blocks[d.block].sheet]++
		}
	}
	for _, sheet := range slices.Sorted(maps.Keys(merged)) {
		r.doubts = append(r.doubts, fmt.Sprintf("%s里有%d人号码残缺，姓名和其余各位与另一份户籍相同，认作同一人", r.reports[sheet].Where(), merged[sheet]))
	}
}

// canonical is the row that stands for a resident.
func (r *run) canonical(res resident) resident {
	if first, ok := r.same[res]; ok {
		return first
	}
	return res
}

// standing is what the register says of a resident in any of the rows, with its date.
func (r *run) standing(res resident) (standing, day) {
	st, date := r.register.standing(res), r.register.odd(res).date
	for _, d := range r.doubles[res] {
		if s := r.register.standing(d); s > st {
			st, date = s, r.register.odd(d).date
		}
	}
	return st, date
}

// home is the household of a resident by any of the rows.
func (r *run) home(res resident) uint32 {
	h := r.register.home(res)
	for _, d := range r.doubles[res] {
		if h == 0 {
			h = r.register.home(d)
		}
	}
	return h
}

// birth is the date of birth by the register: by the first row that gives one other than the number does.
func (r *run) birth(res resident) day {
	for _, d := range append([]resident{res}, r.doubles[res]...) {
		if o := r.register.odd(d); o.birth != 0 {
			return o.birth
		}
	}
	return r.register.birth(res)
}

// byAccount finds the resident who was paid to the account of a party in another month under the same name.
func (r *run) byAccount(open []int32) []pair {
	type use struct {
		account uint64
		name    string
	}
	users := map[use]resident{}
	for i := range r.parties {
		if p := &r.parties[i]; p.kind() == Roll && p.account != 0 && p.found() {
			u := use{p.account, chinese.Name(p.name)}
			if old, ok := users[u]; ok && old != p.resident {
				users[u] = nobody
			} else {
				users[u] = p.resident
			}
		}
	}
	var pairs []pair
	for _, i := range open {
		if p := &r.parties[i]; p.kind() == Roll && p.account != 0 && (p.id == 0 || p.flaw != chinese.Sound) {
			if res, ok := users[use{p.account, chinese.Name(p.name)}]; ok && res != nobody {
				pairs = append(pairs, pair{i, res, likeAccount})
			}
		}
	}
	return pairs
}

// probe is a number that a party may have meant.
type probe struct {
	key   uint64
	party int32
	like  float64
}

// nearPairs goes through the register a second time, for the parties whose numbers it does not have: it finds numbers that a slip
// turns into theirs, and namesakes of their village or year.
func (r *run) nearPairs(ctx context.Context, open []int32) ([]pair, error) {
	var probes, prefixes []probe
	names := map[uint64][]int32{}
	for _, i := range open {
		p := &r.parties[i]
		if n := p.id; p.flaw == chinese.Truncated || cutOff(n) {
			prefixes = append(prefixes, probe{p.id.Seventeen() / 100, i, chinese.LikeTruncated})
		}
		written := chinese.Written{Number: p.id}
		if p.flaw != chinese.Sound {
			written = r.misfits[i].written
		}
		written.Neighbours(func(n chinese.IDNumber, like float64) {
			if n != p.id {
				probes = append(probes, probe{uint64(n), i, like})
			}
		})
		if p.kind() != OtherRoll && p.name != "" {
			h := nameHash(p.name)
			names[h] = append(names[h], i)
		}
	}
	numberFilter, prefixFilter, nameFilter := newBits(len(probes)), newBits(len(prefixes)), newBits(len(names))
	byKey := func(a, b probe) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.party, b.party)) }
	for _, p := range probes {
		numberFilter.add(p.key)
	}
	for _, p := range prefixes {
		prefixFilter.add(p.key)
	}
	for h := range names {
		nameFilter.add(h)
	}
	slices.SortFunc(probes, byKey)
	slices.SortFunc(prefixes, byKey)
	search := func(list []probe, key uint64, row resident, found []pair) []pair {
		i, _ := slices.BinarySearchFunc(list, key, func(p probe, k uint64) int { return cmp.Compare(p.key, k) })
		for ; i < len(list) && list[i].key == key; i++ {
			found = append(found, pair{list[i].party, row, list[i].like})
		}
		return found
	}
	var mu sync.Mutex
	var pairs []pair
	err := r.eachBlock(ctx, func(i int32, b *block) {
		var found []pair
		for row, id := range b.ids {
			res := resident{i, int32(row)}
			if id != 0 {
				if numberFilter.has(uint64(id)) {
					found = search(probes, uint64(id), res, found)
				}
				if prefix := id.Seventeen() / 100; len(prefixes) > 0 && prefixFilter.has(prefix) {
					found = search(prefixes, prefix, res, found)
				}
			}
			name := b.name(row)
			if len(name) == 0 {
				continue
			}
			if h := nameHash(string(name)); nameFilter.has(h) {
				for _, p := range names[h] {
					if r.comesIntoQuestion(p, res) {
						found = append(found, pair{p, res, chinese.LikeNothing})
					}
				}
			}
		}
		mu.Lock()
		pairs = append(pairs, found...)
		mu.Unlock()
	})
	for i := range pairs {
		pairs[i].resident = r.canonical(pairs[i].resident)
	}
	slices.SortFunc(pairs, comparePairs)
	return slices.CompactFunc(pairs, func(a, b pair) bool { return a.party == b.party && a.resident == b.resident && a.like == b.like }), err
}

// comesIntoQuestion tells whether a namesake may be a party: of the same village, of the same year, or of the same household as
// the one whose number the party has.
func (r *run) comesIntoQuestion(party int32, res resident) bool {
	p := &r.parties[party]
	if owner, ok := r.contested[party]; ok {
		if h := r.home(owner); h != 0 && h == r.register.home(res) && owner != res {
			return true
		}
	}
	if p.id != 0 && p.flaw < chinese.Truncated && sameDigits(p.id, r.register.id(res)) < alikeDigits {
		return false // a number that can be read and is another
	}
	if p.kind() == Deaths && p.age > 0 && !r.ageAgrees(p, res) {
		return false
	}
	years := r.yearsApart(p, res)
	// Who is on the roll may live elsewhere by now, but is of an age to be on it and not there already.
	if p.kind() == Roll && years <= 1 && !r.busy(p, res) {
		if r.ofAge(r.register.birth(res)) {
			return true
		}
	}
	if home := r.villages[p.village].hash; home != 0 && r.register.village(res) != 0 {
		return home == r.register.village(res) && years <= 1
	}
	return years <= 1 && years >= 0
}

// ofAge tells whether somebody is old enough for the allowance this month. Of a roll without an age nobody is known to be.
func (r *run) ofAge(birth day) bool {
	p := &r.in.Params
	return birth != 0 && p.Threshold > 0 && p.ageIn(birth, r.now) >= p.Threshold
}

// ageAgrees tells whether a resident had the age at death that a list gives, counted as people count or as the law does.
func (r *run) ageAgrees(p *party, res resident) bool {
	birth, died := r.register.birth(res), r.lines[p.first].day
	if birth == 0 || !died.whole() {
		return true
	}
	age := birth.ageOn(died)
	return int(p.age) == age || int(p.age) == age+1
}

// alikeDigits is how many of eighteen characters two numbers must have in common to be one that was miswritten badly.
const alikeDigits = 14

// sameDigits counts the places at which two numbers agree.
func sameDigits(a, b chinese.IDNumber) int {
	x, y, same := a.String(), b.String(), 0
	for i := 0; i < len(x) && i < len(y); i++ {
		if x[i] == y[i] {
			same++
		}
	}
	return same
}

// yearsApart is how far the year of birth that a list gives is from the register's; -1 where the list gives none.
func (r *run) yearsApart(p *party, res resident) int {
	birth := r.register.birth(res)
	if birth == 0 {
		return -1
	}
	year := 0
	switch {
	case p.birth != 0:
		year = int(p.birth / 10000)
	case p.age > 0:
		on := r.now
		if line := r.lines[p.first]; p.kind() == Deaths && line.day != 0 {
			on = line.day.month()
		}
		year = int(on)/12 - int(p.age)
	default:
		return -1
	}
	return int(math.Abs(float64(int(birth/10000) - year)))
}

// score weighs a candidate: what the numbers say times what the names say, a little for the village.
func (r *run) score(p *party, c pair) candidate {
	out := candidate{resident: c.resident, like: c.like, names: chinese.CompareNames(p.name, r.register.name(c.resident))}
	out.score = c.like * out.names.Weight()
	if home := r.villages[p.village].hash; home != 0 && home == r.register.village(c.resident) {
		out.score += 0.1
	}
	if birth := r.register.birth(c.resident); birth != 0 {
		if p.birth.whole() && p.birth == birth {
			out.score += 0.05
		}
		// Who is on the roll is of an age to be.
		if p.kind() == Roll && c.like == chinese.LikeNothing && r.ofAge(birth) {
			out.score += 0.06
		}
	}
	return out
}

// settle decides who the remaining parties are, the clearest first, so that a resident who is found takes no second place.
func (r *run) settle(open []int32, near map[int32][]pair) {
	type decision struct {
		party int32
		best  float64
	}
	candidates := map[int32][]candidate{}
	var order []decision
	for _, i := range open {
		p := &r.parties[i]
		if owner, ok := r.contested[i]; ok && r.swapped(i, owner, near[i]) {
			continue
		}
		byResident := map[resident]candidate{}
		for _, c := range near[i] {
			if owner, ok := r.contested[i]; ok && c.like == chinese.LikeNothing && c.resident != owner && !r.busy(p, owner) {
				continue // the number weighs more than a namesake
			}
			s := r.score(p, c)
			if old, ok := byResident[c.resident]; !ok || s.score > old.score {
				byResident[c.resident] = s
			}
		}
		list := make([]candidate, 0, len(byResident))
		for _, c := range byResident {
			list = append(list, c)
		}
		slices.SortFunc(list, func(a, b candidate) int {
			return cmp.Or(-cmp.Compare(a.score, b.score), compareResidents(a.resident, b.resident))
		})
		candidates[i] = list
		best := 0.0
		if len(list) > 0 {
			best = list[0].score
		}
		order = append(order, decision{i, best})
	}
	slices.SortStableFunc(order, func(a, b decision) int { return -cmp.Compare(a.best, b.best) })
	for _, d := range order {
		p := &r.parties[d.party]
		r.decide(p, d.party, candidates[d.party])
		if p.kind() == Roll && p.found() {
			r.claims[p.resident] |= p.months
		}
	}
}

// busy tells whether somebody is on the roll already in a month of the party.
func (r *run) busy(p *party, res resident) bool {
	return p.kind() == Roll && r.claims[res]&p.months != 0
}

// swapped tells whether a party has the number of another member of the household, and settles it if so.
func (r *run) swapped(i int32, owner resident, near []pair) bool {
	p := &r.parties[i]
	for _, c := range near {
		if c.resident != owner && r.home(owner) != 0 && r.home(owner) == r.home(c.resident) &&
			chinese.CompareNames(p.name, r.register.name(c.resident)) <= chinese.NameVariant {
			p.resident, p.names, p.like, p.swap = c.resident, chinese.NameSame, chinese.LikeSame, true
			r.swaps[i] = owner
			if p.kind() == Roll {
				r.claims[c.resident] |= p.months
			}
			return true
		}
	}
	return false
}

// decide picks a candidate, or says that it takes a person.
func (r *run) decide(p *party, i int32, list []candidate) {
	owner, contested := r.contested[i]
	if contested {
		list = slices.DeleteFunc(list, func(c candidate) bool { return c.resident == owner })
	}
	free := slices.DeleteFunc(slices.Clone(list), func(c candidate) bool { return r.busy(p, c.resident) })
	take := func(c candidate) {
		p.resident, p.names, p.like = c.resident, c.names, float32(c.like)
	}
	switch {
	case leads(free):
		take(free[0])
	case contested && !r.busy(p, owner):
		p.resident, p.names, p.like = owner, chinese.NameOther, chinese.LikeSame
	case leads(list) && list[0].like > chinese.LikeNothing && list[0].names <= chinese.NameHomophone:
		take(list[0]) // a second line for somebody who is on the roll
	default:
		for _, c := range free {
			if c.score >= enough-0.2 && len(r.ties[i]) < 5 {
				r.ties[i] = append(r.ties[i], c.resident)
			}
		}
		if contested && len(r.ties[i]) == 0 {
			r.ties[i] = []resident{owner}
		}
	}
}

// leads tells whether the first of a list is good enough and ahead of the second.
func leads(list []candidate) bool {
	return len(list) > 0 && list[0].score >= enough && (len(list) == 1 || list[0].score-list[1].score >= lead)
}
