package screening

import (
	"fmt"
	"slices"

	"bihuan/chinese"
)

// Clause is one condition of a rule for one person: why a rule speaks of somebody, or why it does not.
type Clause struct {
	Rule string
	Text string // the condition: 户籍在册
	Met  bool
	Fact string // what the lists say: 2026-09-30迁出
}

// explain takes the rules about the old-age allowance apart for one number.
func (r *run) explain(number string, onRoll map[resident]*person, deaths map[resident]*death, twoNumbers map[resident]resident) []Clause {
	id := chinese.ReadID(number).Number
	who := nobody
	for i, b := range r.register.blocks {
		if row := slices.Index(b.ids, id); id != 0 && row >= 0 {
			who = r.canonical(resident{int32(i), int32(row)})
			break
		}
	}
	if who == nobody {
		return []Clause{{"HL-01", "户籍在册", false, "户籍里没有这个号码"}}
	}
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
	return append(clauses, Clause{"HL-12", "以前发放过、本月没有", p != nil && len(p.lines) > 0 && !r.paidThisMonth(p), paid})
}

// anyAfter tells whether anything was paid after death and grace.
func (r *run) anyAfter(p *person, d *death) bool {
	return p != nil && d != nil && d.day != 0 && slices.ContainsFunc(p.lines, func(l int32) bool {
		_, ok := r.wrongMonths(l, d.day.month()+month(r.in.Params.GraceMonths))
		return ok
	})
}
