package screening

import (
	"fmt"
	"slices"
	"strings"

	"bihuan/chinese"
)

// Clause is one condition of a rule for one person: why a rule speaks of somebody, or why it does not.
type Clause struct {
	Rule string
	Text string // the condition: 户籍在册
	Met  bool
	Fact string // what the lists say: 2026-09-30迁出
}

// residentOf is the resident with a number, or nobody.
func (r *run) residentOf(number string) resident {
	id := chinese.ReadID(number).Number
	for i, b := range r.register.blocks {
		if row := slices.Index(b.ids, id); id != 0 && row >= 0 {
			return r.canonical(resident{int32(i), int32(row)})
		}
	}
	return nobody
}

// explain takes the rules apart for one number: those about the old-age allowance, then the others, and of each that found the person
// what it said.
func (r *run) explain(onRoll map[resident]*person, twoNumbers map[resident]resident) []Clause {
	var clauses []Clause
	s := &subject{whoOf(r.asked), -1}
	if r.asked == nobody {
		clauses = append(clauses, Clause{"HL-01", "户籍在册", false, "户籍里没有这个号码"})
		s.who = who{nobody, uint64(chinese.ReadID(r.in.Explain).Number)}
	} else {
		clauses = r.explainAllowance(onRoll, twoNumbers)
	}
	for _, rule := range Rules {
		for _, c := range rule.Clauses {
			switch {
			case len(c.Is) == 0 && slices.ContainsFunc(clauses, func(d Clause) bool { return d.Rule == rule.ID }):
			case len(c.Is) == 0 && r.asked != nobody && len(rule.Clauses) == 1:
				clauses = append(clauses, r.explainHit(rule, c))
			case len(c.Is) > 0 && (r.asked != nobody || s.id != 0):
				clauses = append(clauses, r.explainCondition(rule, c, s))
			}
		}
	}
	return slices.DeleteFunc(clauses, func(c Clause) bool { return !r.wants(c.Rule) })
}

// explainCondition says whether somebody meets a condition, and what it could not be told from.
func (r *run) explainCondition(rule Rule, c Condition, s *subject) Clause {
	f, missing := r.hold(c, r.onList(rule, s))
	if len(missing) > 0 {
		slices.Sort(missing)
		text := "没有" + words(slices.Compact(missing)) + "，需上级比对"
		f.text = strings.TrimPrefix(f.text+"；"+text, "；")
	}
	return Clause{rule.ID, c.Text, f.met, f.text}
}

// onList is a subject with his row in the list that a rule looks at.
func (r *run) onList(rule Rule, s *subject) *subject {
	for _, k := range rule.over {
		if p := r.partiesOf(k, s.who); len(p) > 0 {
			return &subject{s.who, p[0].party}
		}
	}
	return s
}

// explainHit is for rules that are code as a whole: what they said about the person.
func (r *run) explainHit(rule Rule, c Condition) Clause {
	out := Clause{rule.ID, c.Text, false, "没有发现"}
	if !r.runnable[rule.ID] {
		out.Fact = "没有" + words(r.lacking(rule)) + "，需上级比对"
	}
	for _, h := range r.hits {
		if id := r.idText(r.asked); h.Rule == rule.ID && (h.ID == id || slices.Contains(h.With, id)) {
			return Clause{rule.ID, c.Text, true, h.Why}
		}
	}
	return out
}

// explainAllowance takes apart the rules of which several conditions are to be told from one another.
func (r *run) explainAllowance(onRoll map[resident]*person, twoNumbers map[resident]resident) []Clause {
	who, deaths := r.asked, r.dead
	p := onRoll[who]
	st, date := r.standing(who)
	age, other, known := r.ages(who, r.now)
	paid := "没有发放记录"
	if p != nil && len(p.lines) > 0 {
		paid = "发放过" + r.monthsOf(p.lines)
	}
	dead := "不在死亡名单上，户籍未注销"
	if d := deaths[who]; d != nil {
		dead = "死亡日期" + d.day.String()
	} else if r.namesakes[who] != nil {
		dead = "死亡名单上有同名同龄的人"
	}
	here := "在册"
	if st != present {
		here = r.register.describe(who)
	}
	ages := fmt.Sprintf("%s按规定满%d周岁", r.now, age)
	if other != age {
		ages += fmt.Sprintf("，按号码是%d周岁", other)
	}
	if !known {
		ages = "出生日期不明"
	}
	clauses := []Clause{
		{"HL-01", "户籍在册", st != movedOut && st != gone && r.registered(who, r.now), here},
		{"HL-01", "健在", deaths[who] == nil && r.namesakes[who] == nil, dead},
		{"HL-01", fmt.Sprintf("满%d周岁", r.in.Params.Threshold), known && min(age, other) >= r.in.Params.Threshold, ages},
		{"HL-01", "本月不在发放册", !r.paidThisMonth(p), paid},
	}
	if twin, ok := twoNumbers[who]; ok {
		clauses = append(clauses, Clause{"HL-01", "没有另一个号码", false, "另一个号码是" + masked(r.idText(twin))})
	}
	clauses = append(clauses,
		Clause{"HL-02", "已故", deaths[who] != nil, dead},
		Clause{"HL-02", graceWords(r.in.Params.GraceMonths) + "后仍有发放", r.anyAfter(p, deaths[who]), paid},
		Clause{"HL-04", "户籍迁出", st == movedOut, here})
	if st == movedOut {
		clauses = append(clauses, Clause{"HL-04", "迁出当月以后仍有发放", p != nil && slices.ContainsFunc(p.lines, func(l int32) bool { _, ok := r.wrongMonths(l, date.month()); return ok }), paid})
	}
	clauses = append(clauses, Clause{"HL-12", "以前发放过、本月没有", p != nil && len(p.lines) > 0 && !r.paidThisMonth(p), paid})
	pension := "没有养老金名单，需上级比对"
	drawn := false
	if r.has(Pension) {
		pension = "不在养老金名单上"
		rows, _ := r.rows(Pension, &subject{whoOf(who), -1})
		for _, l := range rows {
			if drawn = drawn || !r.lines[l].stopped; drawn {
				pension = "养老金正常发放"
			} else {
				pension = "养老金已停发"
			}
		}
	}
	return append(clauses, Clause{"HL-12", "养老金正常发放", drawn, pension})
}

// anyAfter tells whether anything was paid after death and grace.
func (r *run) anyAfter(p *person, d *death) bool {
	return p != nil && d != nil && d.day != 0 && slices.ContainsFunc(p.lines, func(l int32) bool {
		_, ok := r.wrongMonths(l, d.day.month()+month(r.in.Params.GraceMonths))
		return ok
	})
}
