package screening

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"bihuan/chinese"
)

// person is somebody on the roll: a resident, or a number that the register does not have.
type person struct {
	resident resident
	id       chinese.IDNumber
	parties  []int32
	lines    []int32 // paid, by month and row
}

// death is what is known about somebody's death.
type death struct {
	day     day     // the latest of those that know it best; 0 where nobody does
	rank    int8    // as line.rank; the register, which often learns late, knows it least
	lines   []int32 // of the deaths lists
	certain bool    // by number, or by the register itself
}

// learn takes a date that is known better than the one so far, or as well and later: the months by which lists disagree are nobody's
// debt.
func (d *death) learn(date day, rank int8) {
	switch {
	case date == 0:
	case d.day == 0 || rank < d.rank:
		d.day, d.rank = date, rank
	case rank == d.rank:
		d.day = max(d.day, date)
	}
}

// register takes what the register says: dead for certain, the date for want of a better one.
func (d *death) register(date day) {
	const least = 9
	d.learn(date, least)
	d.certain = true
}

// screen runs the rules.
func (r *run) screen(ctx context.Context) error {
	r.progress.step(matchShare, 0.99)
	persons := r.persons()
	deaths, byNumber := r.deaths()
	r.dead, r.deadByNumber = deaths, byNumber
	onRoll := map[resident]*person{}
	for _, p := range persons {
		if p.resident != nobody {
			onRoll[p.resident] = p
		}
	}
	r.writing(persons)
	twoNumbers, err := r.twoNumbers(ctx)
	if err != nil {
		return err
	}
	for _, p := range persons {
		wrong := map[int32]bool{} // lines that should not have been paid
		r.paidAfterDeath(p, deaths, byNumber, wrong)
		if p.resident != nobody {
			r.paidAfterLeaving(p, wrong)
			r.paidTooYoung(p, wrong)
			r.wrongAmount(p, deaths, wrong)
		}
	}
	r.paidTwice(persons)
	r.swappedNumbers(persons)
	r.sharedAccounts(persons)
	r.missing(onRoll, deaths, twoNumbers)
	r.reportUnmatched(byNumber) // now that it is known who is missing and may be one of them
	if r.in.Explain != "" {
		r.asked = r.residentOf(r.in.Explain)
	}
	if err := r.byRows(ctx); err != nil {
		return err
	}
	if r.in.Forecast > 0 {
		r.turning = r.forecast(deaths, r.in.Forecast)
	}
	if r.in.Explain != "" {
		r.clauses = r.explain(onRoll, twoNumbers)
	}
	return ctx.Err()
}

// isNow tells whether a line pays for the month of the run.
func (r *run) isNow(line int32) bool {
	l := &r.lines[line]
	return l.first <= r.now && r.now < l.first+month(l.months)
}

// persons gathers the lines of the roll by person, in the order of their first rows.
func (r *run) persons() []*person {
	var list []*person
	byResident, byID := map[resident]*person{}, map[chinese.IDNumber]*person{}
	for i := range r.parties {
		p := &r.parties[i]
		if p.kind() != Roll {
			continue
		}
		var who *person
		switch {
		case p.found():
			if who = byResident[p.resident]; who == nil {
				who = &person{resident: p.resident}
				byResident[p.resident] = who
				list = append(list, who)
			}
		case p.flaw == chinese.Sound:
			if who = byID[p.id]; who == nil {
				who = &person{resident: nobody, id: p.id}
				byID[p.id] = who
				list = append(list, who)
			}
		default:
			who = &person{resident: nobody, id: p.id}
			list = append(list, who)
		}
		who.parties = append(who.parties, int32(i))
		for l := range r.linesOf(p) {
			if r.lines[l].paid && r.lines[l].first <= r.now {
				who.lines = append(who.lines, l)
			}
		}
	}
	for _, p := range list {
		slices.SortFunc(p.lines, func(a, b int32) int {
			return cmp.Or(cmp.Compare(r.lines[a].first, r.lines[b].first), cmp.Compare(a, b))
		})
	}
	return list
}

// deaths gathers what the register and the lists of deaths say, by resident, and by number for those the register does not have.
func (r *run) deaths() (map[resident]*death, map[chinese.IDNumber]*death) {
	list, byNumber := map[resident]*death{}, map[chinese.IDNumber]*death{}
	at := func(res resident) *death {
		if list[res] == nil {
			list[res] = &death{}
		}
		return list[res]
	}
	for _, res := range r.elders {
		if r.canonical(res) != res {
			continue
		}
		if st, date := r.standing(res); st == gone {
			at(res).register(date)
		}
	}
	note := func(d *death, lines []int32, certain bool) {
		for _, l := range lines {
			d.learn(r.lines[l].day, r.lines[l].rank)
		}
		d.lines = append(d.lines, lines...)
		d.certain = d.certain || certain
	}
	var unsure []int32
	for i := range r.parties {
		p := &r.parties[i]
		if p.kind() == Roll && p.found() { // not only elders may be on the roll
			if st, date := r.standing(p.resident); st == gone {
				at(p.resident).register(date)
			}
		}
		if p.kind() != Deaths {
			continue
		}
		if p.flaw == chinese.Sound {
			d := byNumber[p.id]
			if d == nil {
				d = &death{}
				byNumber[p.id] = d
			}
			note(d, r.allLines(p), true)
		}
		if p.found() && p.names != chinese.NameOther && p.like > chinese.LikeNothing {
			note(at(p.resident), r.allLines(p), true)
		} else {
			unsure = append(unsure, int32(i))
		}
	}
	for _, i := range unsure {
		p := &r.parties[i]
		switch {
		case !p.found():
		case p.like == chinese.LikeSame: // the number, under another name
			note(at(p.resident), r.allLines(p), false)
		// A row with a name and an age tells nothing new when it may be somebody who is known to be dead.
		case list[p.resident] == nil && !slices.ContainsFunc(r.ties[i], func(res resident) bool { return list[res] != nil && list[res].certain }):
			r.namesakes[p.resident] = append(r.namesakes[p.resident], i)
		}
	}
	return list, byNumber
}

// wrongMonths sums the part of a payment that falls into months behind the last allowed one.
func (r *run) wrongMonths(line int32, last month) (fen int64, wrong bool) {
	l := &r.lines[line]
	n := min(int64(l.first)+int64(l.months)-1-int64(last), int64(l.months))
	if n <= 0 {
		return 0, false
	}
	return l.fen * n / int64(l.months), true
}

// justDue tells that a payment for several months is just what was due for those of them, up to the last allowed one, in which
// somebody was entitled: a quarter is paid in one sum, whether all of it is due or not.
func (r *run) justDue(res resident, line int32, last month) bool {
	l := &r.lines[line]
	if res == nobody || l.months < 2 || !l.money || l.fen == 0 {
		return false
	}
	birth, sum := r.birth(res), int64(0)
	if birth == 0 {
		return false
	}
	for m := l.first; m < l.first+month(l.months); m++ {
		age := r.in.Params.ageIn(birth, m)
		if m > last || age < r.in.Params.Threshold {
			continue
		}
		if st, date := r.standing(res); st == movedIn && date != 0 && m <= date.month() {
			continue
		}
		fen, _ := r.in.Params.due(age)
		sum += fen
	}
	return sum == l.fen
}

// paidAfterDeath is HL-02.
func (r *run) paidAfterDeath(p *person, deaths map[resident]*death, byNumber map[chinese.IDNumber]*death, wrong map[int32]bool) {
	d := deaths[p.resident]
	if p.resident == nobody {
		d = byNumber[p.id]
	}
	if d == nil {
		return
	}
	state := Certain
	if !d.certain {
		state = Manual
	}
	var lines []int32
	var sum int64
	for _, l := range p.lines {
		if d.day == 0 { // nobody knows when: this month's payment is what has to be looked into
			if r.isNow(l) {
				lines, sum, state = append(lines, l), r.lines[l].fen, Manual
			}
			continue
		}
		if fen, ok := r.wrongMonths(l, d.day.month()+month(r.in.Params.GraceMonths)); ok && !r.justDue(p.resident, l, d.day.month()+month(r.in.Params.GraceMonths)) {
			lines, sum = append(lines, l), sum+fen
		}
	}
	if len(lines) == 0 {
		return
	}
	for _, l := range lines {
		wrong[l] = true
	}
	why := fmt.Sprintf("死亡日期%s，%s后仍发放%s，共%s元", d.day, graceWords(r.in.Params.GraceMonths), r.monthsOf(lines), Yuan(sum))
	if d.day == 0 {
		why = "死亡名单或户籍显示已故，日期不明，本月仍在发放"
	}
	if !d.certain {
		why += "（死亡名单上号码相同、姓名不同，是否同一人须核实）"
	}
	if p.resident == nobody {
		party := r.parties[p.parties[0]]
		r.hitRow(p.parties[0], Hit{Rule: "HL-02", ID: p.id.String(), Name: party.name, State: state, Why: why, Amount: Yuan(sum), Sources: r.sources(append(lines, d.lines...), nil)})
		return
	}
	r.hit("HL-02", p.resident, state, sum, why, append(lines, d.lines...), p.resident)
}

func graceWords(grace int) string {
	if grace == 0 {
		return "死亡当月"
	}
	return fmt.Sprintf("死亡当月及其后%d个月", grace)
}

// monthsOf lists the months of lines: 2026年9月、10月.
func (r *run) monthsOf(lines []int32) string {
	var months []month
	for _, l := range lines {
		for m := r.lines[l].first; m < r.lines[l].first+month(r.lines[l].months); m++ {
			if !slices.Contains(months, m) {
				months = append(months, m)
			}
		}
	}
	slices.Sort(months)
	words := make([]string, len(months))
	for i, m := range months {
		words[i] = fmt.Sprintf("%d月", m%12+1)
		if i == 0 || m/12 != months[i-1]/12 {
			words[i] = m.String()
		}
	}
	return strings.Join(words, "、")
}

// paidAfterLeaving is HL-04.
func (r *run) paidAfterLeaving(p *person, wrong map[int32]bool) {
	st, date := r.standing(p.resident)
	if st != movedOut {
		return
	}
	var lines []int32
	var sum int64
	for _, l := range p.lines {
		if wrong[l] {
			continue
		}
		last := r.now - 1 // without a date, this month's payment is what can be said to be wrong
		if date != 0 {
			last = date.month()
		}
		if fen, ok := r.wrongMonths(l, last); ok && !r.justDue(p.resident, l, last) {
			lines, sum = append(lines, l), sum+fen
		}
	}
	if len(lines) == 0 {
		return
	}
	for _, l := range lines {
		wrong[l] = true
	}
	r.hit("HL-04", p.resident, Certain, sum, fmt.Sprintf("户籍%s迁出，之后仍发放%s，共%s元", date, r.monthsOf(lines), Yuan(sum)), lines, p.resident)
}

// clean tells whether a line is the resident's without doubt: name and number as in the register.
func (r *run) clean(line int32) bool { return r.parties[r.lines[line].party].clean() }

// birthByNumber is the date in the number where it is another than the register's; else 0.
func (r *run) birthByNumber(res resident) day {
	n := day(r.register.id(res).Birth())
	if birth := r.birth(res); birth == 0 || birth == n || !chinese.IsDay(int(n)) {
		return 0
	}
	return n
}

// ages are the ages in a month by the register, and by the number where that differs.
func (r *run) ages(res resident, m month) (register, number int, known bool) {
	birth := r.birth(res)
	if birth == 0 {
		return 0, 0, false
	}
	register = r.in.Params.ageIn(birth, m)
	if n := r.birthByNumber(res); n != 0 {
		return register, r.in.Params.ageIn(n, m), true
	}
	return register, register, true
}

// paidTooYoung is HL-03. A date in the number that differs from the register's takes the certainty away.
func (r *run) paidTooYoung(p *person, wrong map[int32]bool) {
	var lines []int32
	var sum int64
	for _, l := range p.lines {
		if wrong[l] || !r.clean(l) || r.justDue(p.resident, l, r.now) {
			continue
		}
		n := int64(0)
		for m := range month(r.lines[l].months) {
			if age, other, ok := r.ages(p.resident, r.lines[l].first+m); ok && max(age, other) < r.in.Params.Threshold {
				n++
			}
		}
		if n > 0 {
			lines, sum = append(lines, l), sum+r.lines[l].fen*n/int64(r.lines[l].months)
		}
	}
	if len(lines) == 0 {
		return
	}
	for _, l := range lines {
		wrong[l] = true
	}
	r.hit("HL-03", p.resident, Certain, sum, fmt.Sprintf("户籍%s，未满%d周岁时已发放%s，共%s元", r.register.describe(p.resident), r.in.Params.Threshold, r.monthsOf(lines), Yuan(sum)), lines, p.resident)
}

// registered tells whether somebody is entitled by the register in a month: here, not moved out, moved in before.
func (r *run) registered(res resident, m month) bool {
	switch st, date := r.standing(res); st {
	case movedOut:
		return date != 0 && m <= date.month()
	case movedIn:
		return date == 0 || m > date.month()
	case gone:
		return date != 0 && m <= date.month()
	}
	return true
}

// wrongAmount is HL-06.
func (r *run) wrongAmount(p *person, deaths map[resident]*death, wrong map[int32]bool) {
	if len(r.in.Params.Tiers) == 0 {
		return
	}
	var lines []int32
	var sum int64
	var words []string
	for _, l := range p.lines {
		line := &r.lines[l]
		if wrong[l] || !line.money || !r.clean(l) {
			continue
		}
		due, sure := int64(0), true
		for m := line.first; m < line.first+month(line.months); m++ {
			age, other, ok := r.ages(p.resident, m)
			one, known := r.in.Params.due(age)
			two, _ := r.in.Params.due(other)
			sure = sure && ok && known && one == two && age >= r.in.Params.Threshold && r.registered(p.resident, m) && deaths[p.resident] == nil
			due += one
		}
		if sure && line.fen != due {
			lines, sum = append(lines, l), sum+line.fen-due
			if len(words) < 3 {
				words = append(words, fmt.Sprintf("%s应发%s元、实发%s元", r.monthsOf([]int32{l}), Yuan(due), Yuan(line.fen)))
			}
		}
	}
	if len(lines) == 0 {
		return
	}
	verdict := fmt.Sprintf("多发%s元", Yuan(sum))
	if sum < 0 {
		verdict = fmt.Sprintf("少发%s元", Yuan(-sum))
	}
	r.hit("HL-06", p.resident, Certain, sum, fmt.Sprintf("户籍%s，%s，合计%s", r.register.describe(p.resident), strings.Join(words, "；"), verdict), lines, p.resident)
}

// paidTwice is HL-05: in one month on two lines, here or in another town.
func (r *run) paidTwice(persons []*person) {
	others, othersByID := map[resident][]int32{}, map[chinese.IDNumber][]int32{}
	for i := range r.parties {
		p := &r.parties[i]
		if p.kind() != OtherRoll {
			continue
		}
		for l := range r.linesOf(p) {
			if !r.lines[l].paid || !r.isNow(l) {
				continue
			}
			if p.found() {
				others[p.resident] = append(others[p.resident], l)
			} else if p.flaw == chinese.Sound {
				othersByID[p.id] = append(othersByID[p.id], l)
			}
		}
	}
	for _, p := range persons {
		byMonth := map[month][]int32{}
		for _, l := range p.lines {
			for m := r.lines[l].first; m < r.lines[l].first+month(r.lines[l].months); m++ {
				byMonth[m] = append(byMonth[m], l)
			}
		}
		var lines []int32
		var sum int64
		state := Certain
		for m := r.now - 63; m <= r.now; m++ {
			twice := byMonth[m]
			if m == r.now && len(twice) > 0 {
				if p.resident != nobody {
					twice = append(twice, others[p.resident]...)
				} else {
					twice = append(twice, othersByID[p.id]...)
				}
			}
			if len(twice) < 2 {
				continue
			}
			total, most := int64(0), int64(0)
			for _, l := range twice {
				total, most = total+r.lines[l].fen, max(most, r.lines[l].fen)
			}
			lines, sum = append(lines, twice...), sum+total-most
		}
		if len(lines) == 0 {
			continue
		}
		lines = once(lines)
		if slices.ContainsFunc(lines, func(l int32) bool {
			return r.parties[r.lines[l].party].names == chinese.NameOther && p.resident != nobody
		}) {
			state = Manual // one number under two names
		}
		var places []string
		for _, l := range lines {
			q := &r.parties[r.lines[l].party]
			place := r.reports[r.lines[l].sheet].Kind.Word()
			place += r.villages[q.village].name
			if !slices.Contains(places, place) {
				places = append(places, place)
			}
		}
		why := fmt.Sprintf("同一人在%s各有两笔以上发放（%s），重复%s元", r.monthsOf(lines), strings.Join(places, "、"), Yuan(sum))
		if p.resident != nobody {
			r.hit("HL-05", p.resident, state, sum, why, lines, p.resident)
		} else {
			party := r.parties[p.parties[0]]
			r.hitRow(p.parties[0], Hit{Rule: "HL-05", ID: p.id.String(), Name: party.name, State: Certain, Why: why, Amount: Yuan(sum), Sources: r.sources(lines, nil)})
		}
	}
}

// once drops what comes again, keeping the order.
func once(lines []int32) []int32 {
	seen := map[int32]bool{}
	return slices.DeleteFunc(slices.Clone(lines), func(l int32) bool {
		twice := seen[l]
		seen[l] = true
		return twice
	})
}

// swappedNumbers is HL-08: one hit for both members of the household.
func (r *run) swappedNumbers(persons []*person) {
	type couple struct{ a, b resident }
	var order []couple
	lines := map[couple][]int32{}
	for _, p := range persons {
		for _, i := range p.parties {
			q := &r.parties[i]
			if !q.swap {
				continue
			}
			c := couple{q.resident, r.swaps[i]}
			if compareResidents(c.a, c.b) > 0 {
				c.a, c.b = c.b, c.a
			}
			for _, l := range r.linesNow(q) {
				if lines[c] == nil {
					order = append(order, c)
				}
				lines[c] = append(lines[c], l)
			}
		}
	}
	for _, c := range order {
		why := fmt.Sprintf("%s与%s是同一户，发放册上%s用的是另一人的身份证号", r.register.name(c.a), r.register.name(c.b), map[bool]string{true: "两人", false: "一人"}[len(lines[c]) > 1])
		r.hit("HL-08", c.a, Certain, 0, why, lines[c], c.a, c.b)
	}
}

// sharedAccounts is HL-09: one account, this month, for people of different households.
func (r *run) sharedAccounts(persons []*person) {
	type use struct {
		person *person
		line   int32
	}
	uses := map[uint64][]use{}
	var order []uint64
	for _, p := range persons {
		for _, l := range p.lines {
			account := r.parties[r.lines[l].party].account
			if account == 0 || !r.isNow(l) || p.resident == nobody || r.home(p.resident) == 0 {
				continue
			}
			if uses[account] == nil {
				order = append(order, account)
			}
			uses[account] = append(uses[account], use{p, l})
		}
	}
	for _, account := range order {
		homes := map[uint32]bool{}
		var lines []int32
		var residents []resident
		var names []string
		for _, u := range uses[account] {
			homes[r.home(u.person.resident)] = true
			lines = append(lines, u.line)
			if !slices.Contains(residents, u.person.resident) {
				residents, names = append(residents, u.person.resident), append(names, r.register.name(u.person.resident))
			}
		}
		if len(homes) < 2 {
			continue
		}
		why := fmt.Sprintf("尾号%04d的账户本月收了%d人的钱（%s），分属%d户", account%10_000, len(residents), strings.Join(names, "、"), len(homes))
		r.hit("HL-09", residents[0], Certain, 0, why, lines, residents...)
	}
}

// missing is HL-01 and HL-12: entitled this month and not paid. Without an age nobody is entitled.
func (r *run) missing(onRoll map[resident]*person, deaths map[resident]*death, twoNumbers map[resident]resident) {
	if r.in.Params.Threshold == 0 {
		return
	}
	var list []resident
	for _, res := range r.elders {
		if r.canonical(res) != res || deaths[res] != nil || r.namesakes[res] != nil || !r.registered(res, r.now) {
			continue
		}
		if st, _ := r.standing(res); st == movedOut || st == gone {
			continue
		}
		age, other, ok := r.ages(res, r.now)
		if !ok || min(age, other) < r.in.Params.Threshold || r.paidThisMonth(onRoll[res]) {
			continue
		}
		if twin, ok := twoNumbers[res]; ok && (r.paidThisMonth(onRoll[twin]) || compareResidents(twin, res) < 0) {
			continue
		}
		list = append(list, res)
	}
	doubtful := r.secondLook(list)
	pensions := map[resident]int32{}
	for i := range r.parties {
		if p := &r.parties[i]; p.kind() == Pension && p.found() && p.names != chinese.NameOther {
			for l := range r.linesOf(p) {
				if !r.lines[l].stopped {
					pensions[p.resident] = l
				}
			}
		}
	}
	for _, res := range list {
		if doubtful[res] {
			continue
		}
		age, _, _ := r.ages(res, r.now)
		due, _ := r.in.Params.due(age)
		who := fmt.Sprintf("户籍在册，%s，按规定%s满%d周岁", r.register.describe(res), r.now, age)
		if p := onRoll[res]; p != nil && len(p.lines) > 0 {
			last := p.lines[len(p.lines)-1]
			if l, ok := pensions[res]; ok {
				r.hit("HL-12", res, Certain, -due, fmt.Sprintf("%s；%s还在发放，本月发放册上没有，养老金正常发放", who, r.monthsOf([]int32{last})), []int32{last, l}, res)
				continue
			}
			who += fmt.Sprintf("；最近一次发放是%s", r.monthsOf([]int32{last}))
		}
		r.hit("HL-01", res, Certain, -due, who+"，不在死亡名单上，本月发放册上没有此人", nil, res)
	}
}

// paidThisMonth tells whether somebody is on the roll this month.
func (r *run) paidThisMonth(p *person) bool { return p != nil && slices.ContainsFunc(p.lines, r.isNow) }

// secondLook compares the rows of this month that were matched to nobody with the people who seem to be missing: somebody whose
// number and name are both wrong is not missing but misspelt. It returns those who are in doubt.
func (r *run) secondLook(list []resident) map[resident]bool {
	doubtful := map[resident]bool{}
	byVillage, listed := map[uint32][]resident{}, map[resident]bool{}
	for _, res := range list {
		listed[res] = true
		byVillage[r.register.village(res)] = append(byVillage[r.register.village(res)], res)
	}
	for i := range r.parties {
		p := &r.parties[i]
		if p.kind() != Roll || p.found() || len(r.linesNow(p)) == 0 {
			continue
		}
		home := r.villages[p.village].hash
		tie := slices.DeleteFunc(slices.Clone(r.ties[int32(i)]), func(res resident) bool { return !listed[res] })
		if len(tie) == 0 {
			those := list
			if home != 0 {
				those = byVillage[home]
			} else if len(list) > few {
				those = nil
			}
			for _, res := range those {
				if r.mayBe(p, res) {
					tie = append(tie, res)
				}
			}
		}
		for _, res := range tie {
			doubtful[res] = true
		}
		if len(tie) > 0 {
			r.ties[int32(i)] = tie
		}
	}
	return doubtful
}

// few is how many missing people a row without a village is compared with.
const few = 1000

// mayBe tells whether a row could be somebody of its village: a name not too far off, and a number that cannot be read or has most
// digits in common.
func (r *run) mayBe(p *party, res resident) bool {
	if chinese.CompareNames(p.name, r.register.name(res)) == chinese.NameOther {
		return false
	}
	return p.id == 0 || sameDigits(p.id, r.register.id(res)) >= alikeDigits
}
