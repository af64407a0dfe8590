package screening

import (
	"fmt"

	"bihuan/chinese"
)

// minimumLiving is DB-01 and DB-05: members of paid households who died, or moved away.
func (r *run) minimumLiving(deaths map[resident]*death, byNumber map[chinese.IDNumber]*death) {
	paid := map[uint64]bool{}
	latest := month(0)
	for i := range r.lines {
		if l := &r.lines[i]; r.parties[l.party].kind() == Dibao && l.first <= r.now {
			latest = max(latest, l.first)
		}
	}
	current := func(l *line) bool { return l.first+month(max(l.months, 1)) > latest && l.first <= latest }
	for i := range r.lines {
		if l := &r.lines[i]; r.parties[l.party].kind() == Dibao && l.paid && current(l) && l.group != 0 {
			paid[l.group] = true
		}
	}
	for i := range r.parties {
		p := &r.parties[i]
		if p.kind() != Dibao {
			continue
		}
		var lines []int32
		for l := range r.linesOf(p) {
			if line := &r.lines[l]; current(line) && (line.paid || !line.stopped && paid[line.group]) {
				lines = append(lines, l)
			}
		}
		if len(lines) == 0 {
			continue
		}
		res := nobody
		if p.found() && p.names != chinese.NameOther {
			res = p.resident
		}
		var d *death
		if p.flaw == chinese.Sound {
			d = byNumber[p.id]
		}
		if d == nil && res != nobody {
			d = deaths[res]
		}
		if d != nil && len(d.lines) > 0 {
			state := Certain
			if !d.certain {
				state = Manual
			}
			why := fmt.Sprintf("低保家庭成员%s死亡，保障人口未变更；按户保障，属实的应调整金额", d.day)
			if res != nobody {
				r.hit("DB-01", res, state, 0, why, append(lines, d.lines...), res)
			} else {
				r.hitRow(int32(i), Hit{Rule: "DB-01", ID: p.id.String(), Name: p.name, State: state, Why: why, Sources: r.sources(append(lines, d.lines...), nil)})
			}
			continue
		}
		if res == nobody {
			continue
		}
		if st, date := r.standing(res); st == movedOut {
			r.hit("DB-05", res, Certain, 0, fmt.Sprintf("低保家庭成员户籍%s迁出", date), lines, res)
		}
	}
}
