package screening

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bihuan/chinese"
)

// fact is what a predicate found about somebody.
type fact struct {
	met       bool
	text      string     // what the lists say, met or not
	lines     []int32    // rows it rests on
	residents []resident // rows of the register it rests on, besides the subject's own
	doubt     bool       // a person has to look whether it is about the same one
	allowed   string     // what would have been found but for the policy
}

// predicate is one condition of a rule, as code.
type predicate struct {
	needs []Kind // lists without which it says nothing
	homes bool   // it looks at households of the register
	is    func(*run, *subject) fact
}

// predicates are all that rules may name.
var predicates = map[string]predicate{
	"dibao paid":        {[]Kind{Dibao}, false, dibaoPaid},
	"on deaths list":    {[]Kind{Deaths}, false, onDeathsList},
	"off deaths list":   {nil, false, offDeathsList},
	"moved out":         {[]Kind{Residents}, false, hasMovedOut},
	"lives here":        {[]Kind{Residents}, false, livesHere},
	"dead":              {nil, false, isDeadAnywhere},
	"on payroll":        {[]Kind{Payroll}, false, onPayroll},
	"payroll at home":   {[]Kind{Payroll, Residents}, true, payrollAtHome},
	"warned":            {[]Kind{Warning}, false, warned},
	"on tekun":          {[]Kind{Tekun}, false, onTekun},
	"off tekun":         {[]Kind{Tekun}, false, offTekun},
	"review overdue":    {[]Kind{Review}, false, reviewOverdue},
	"cadre at home":     {[]Kind{Cadres, Residents}, true, cadreAtHome},
	"not declared":      {[]Kind{Kin}, false, notDeclared},
	"members unchanged": {[]Kind{PreviousDibao}, false, membersUnchanged},
	"family changed":    {[]Kind{Residents}, true, familyChanged},
	"gravely disabled":  {[]Kind{Disability}, false, gravelyDisabled},
	"paid much":         {[]Kind{Medical}, false, paidMuch},
	"on no programme":   {[]Kind{Dibao}, true, onNoProgramme},
	"supporter at home": {[]Kind{Residents}, true, supporterAtHome},
	"old":               {[]Kind{Residents}, false, isOld},
	"no income":         {[]Kind{Pension, Payroll}, false, noIncome},
	"no child at home":  {[]Kind{Residents}, true, noChildAtHome},
	"risk lifted":       {[]Kind{Monitored}, false, riskLifted},
	"steps missing":     {[]Kind{Monitored}, false, stepsMissing},
	"clue waits":        {[]Kind{Medical}, false, clueWaits},
	"not monitored":     {[]Kind{Monitored}, true, notMonitored},
	"on post":           {[]Kind{Posts}, false, onPost},
	"two posts":         {[]Kind{Posts}, false, twoPosts},
	"too old for post":  {nil, false, tooOldForPost},
	"cadre's kin":       {[]Kind{Kin}, false, cadresKin},
	"lives with cadre":  {[]Kind{Cadres, Residents}, true, cadreOfHome},
	"paid this month":   {[]Kind{Roll}, false, paidNow},
	"not checked":       {[]Kind{AliveCheck}, false, notChecked},
	"account idle":      {[]Kind{Dormant}, false, accountIdle},
}

// no is a condition that is not met.
func no(text string, args ...any) fact { return fact{text: fmt.Sprintf(text, args...)} }

// seen is a condition that some rows meet.
func seen(lines []int32, doubt bool, text string, args ...any) fact {
	f := fact{met: true, text: fmt.Sprintf(text, args...), lines: lines, doubt: doubt}
	if doubt {
		f.text += "（按姓名认定，或号码相同而姓名不同，是否同一人须核实）"
	}
	return f
}

// field is what stands in a field of a row.
func (r *run) field(line int32, f Field) string { return textOf(r.details[line], f) }

// fieldsOf are what rows say in some fields, each once.
func (r *run) fieldsOf(lines []int32, list ...Field) string {
	var words []string
	for _, l := range lines {
		for _, f := range list {
			if t := r.field(l, f); t != "" && !slices.Contains(words, t) {
				words = append(words, t)
			}
		}
	}
	return strings.Join(words, "、")
}

// going are the rows of a list that are not marked as ended.
func (r *run) going(k Kind, s *subject) (lines []int32, on, doubt bool) {
	all, doubt := r.rows(k, s)
	for _, l := range all {
		if !r.lines[l].stopped && !ended(r.field(l, FieldState)) {
			lines = append(lines, l)
		}
	}
	return lines, len(all) > 0, doubt
}

// ended tells whether a state says that something is over.
func ended(state string) bool {
	for _, w := range []string{"离", "退", "期满", "解聘", "解除", "辞", "注销", "过期", "断缴", "暂停"} {
		if strings.Contains(state, w) && !strings.Contains(state, "退休") && !strings.Contains(state, "离休") && !strings.HasPrefix(state, "未") {
			return true
		}
	}
	return false
}

// bracketed is a text in brackets, or nothing.
func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return "（" + text + "）"
}

// Membership of households on the minimum living allowance.

func dibaoPaid(r *run, s *subject) fact {
	lines, on, doubt := r.paidRows(s)
	switch {
	case len(lines) > 0:
		return seen(lines, doubt, "在低保名册上，该户在保")
	case on:
		return no("在低保名册上，该户已停")
	}
	return no("不在低保名册上")
}

// deathOf is what is known about a subject's death: by the number where a list has it, else by the resident.
func (r *run) deathOf(s *subject) *death {
	id := uint64(0)
	if s.resident == nobody {
		id = s.id
	} else if s.party >= 0 && r.parties[s.party].flaw == chinese.Sound {
		id = uint64(r.parties[s.party].id)
	}
	if d := r.deadByNumber[chinese.IDNumber(id)]; id != 0 && d != nil {
		return d
	}
	if s.resident == nobody {
		return nil
	}
	return r.dead[s.resident]
}

func onDeathsList(r *run, s *subject) fact {
	d := r.deathOf(s)
	if d == nil || len(d.lines) == 0 {
		return no("不在死亡名单上")
	}
	return fact{met: true, text: d.day.String() + "死亡", lines: d.lines, doubt: !d.certain}
}

func offDeathsList(r *run, s *subject) fact {
	f := onDeathsList(r, s)
	return fact{met: !f.met, text: f.text}
}

// isDeadAnywhere is dead by a list or by the register.
func isDeadAnywhere(r *run, s *subject) fact {
	if f := onDeathsList(r, s); f.met {
		return f
	}
	if s.resident != nobody {
		if st, date := r.standing(s.resident); st == gone {
			return fact{met: true, text: "户籍" + strings.TrimPrefix(date.String()+"注销", "日期不明")}
		}
	}
	return no("不在死亡名单上，户籍未注销")
}

func hasMovedOut(r *run, s *subject) fact {
	if s.resident == nobody {
		return no("户籍里没有此人")
	}
	if st, date := r.standing(s.resident); st == movedOut {
		return fact{met: true, text: fmt.Sprintf("户籍%s迁出", date)}
	}
	return no("户籍没有迁出")
}

func livesHere(r *run, s *subject) fact {
	if s.resident == nobody {
		return no("户籍里没有此人")
	}
	if d := r.dead[s.resident]; d != nil {
		return no("%s死亡", d.day)
	}
	if st, _ := r.standing(s.resident); st == movedOut || st == gone {
		return no("%s", r.register.describe(s.resident))
	}
	if r.namesakes[s.resident] != nil {
		return no("死亡名单上有同名同龄的人")
	}
	return fact{met: true, text: "户籍在册"}
}

func onPayroll(r *run, s *subject) fact {
	lines, on, doubt := r.going(Payroll, s)
	switch {
	case len(lines) > 0:
		return seen(lines, doubt, "在财政供养和社保工资名单上%s", bracketed(r.fieldsOf(lines, FieldUnit, FieldClass)))
	case on:
		return no("在财政供养和社保工资名单上，已离开")
	}
	return no("不在财政供养和社保工资名单上")
}

// payrollAtHome looks at those of the household in the register who were not named as members of the dibao household. It is said once,
// of the first member.
func payrollAtHome(r *run, s *subject) fact {
	if s.resident == nobody || !r.firstAtHome(s) {
		return no("户籍同户的人另看各户第一人")
	}
	f := no("户籍同户的其他人不在财政供养和社保工资名单上")
	for _, other := range r.atHome(s.resident) {
		o := &subject{who{other, 0}, -1}
		if paid, _, _ := r.paidRows(o); len(paid) > 0 || !livesHere(r, o).met {
			continue
		}
		if p := onPayroll(r, o); p.met {
			return fact{met: true, doubt: true, lines: p.lines, residents: []resident{other}, text: fmt.Sprintf("户籍同户的%s%s，没有列为低保家庭成员，是否共同生活须核实", r.register.name(other), p.text)}
		}
	}
	return f
}

// warningOf is what one row of the county's check says: the kinds that were found, and those that the policy allows.
func (r *run) warningOf(l int32) (found, allowed []string) {
	put := func(text string) {
		if slices.ContainsFunc(r.limits.Allowed, func(w string) bool { return strings.Contains(text, w) }) {
			allowed = append(allowed, text)
		} else {
			found = append(found, text)
		}
	}
	remark := r.field(l, FieldRemark)
	wide := false
	for _, c := range r.details[l] {
		switch c.field {
		case FieldCar, FieldFirm, FieldHouse, FieldFund:
			wide = true
			if negative(c.text) {
				continue
			}
			what := string(c.field)
			if !affirmative(c.text) {
				what += "：" + c.text
			}
			if remark != "" && (c.field == FieldCar || !strings.Contains(remark, "车")) {
				what += "：" + remark
			}
			put(what)
		}
	}
	if flag := r.field(l, FieldFlag); wide || negative(flag) {
		return found, allowed
	} else if class := r.field(l, FieldClass); class != "" || remark != "" || !affirmative(flag) {
		words := slices.DeleteFunc([]string{class, remark}, func(w string) bool { return w == "" })
		if !affirmative(flag) && flag != "" {
			words = append(words, flag)
		}
		if len(words) > 0 {
			put(strings.Join(words, "："))
		}
		return found, allowed
	}
	put("有预警")
	return found, allowed
}

// negative and affirmative read yes and no.
func negative(text string) bool {
	switch folded(text) {
	case "否", "无", "没有", "未发现", "不", "N", "n", "0", "×", "x", "正常", "-", "/", "无预警", "未预警", "false", "no", "No", "NO", "通过":
		return true
	}
	return false
}

func affirmative(text string) bool {
	switch folded(text) {
	case "是", "有", "Y", "y", "1", "√", "预警", "有预警", "异常", "true", "yes", "Yes", "YES":
		return true
	}
	return false
}

func warned(r *run, s *subject) fact {
	all, doubt := r.rows(Warning, s)
	var lines []int32
	var found, allowed []string
	for _, l := range all {
		bad, fine := r.warningOf(l)
		if len(bad) > 0 {
			lines, found = append(lines, l), append(found, bad...)
		}
		allowed = append(allowed, fine...)
	}
	switch {
	case len(found) > 0:
		return seen(lines, doubt, "核对预警：%s", strings.Join(found, "、"))
	case len(allowed) > 0:
		what := strings.Join(allowed, "、")
		return fact{text: "预警属政策允许：" + what, allowed: what}
	case len(all) > 0:
		return no("核对没有预警")
	}
	return no("不在核对预警名单上")
}

func onTekun(r *run, s *subject) fact {
	lines, on, doubt := r.going(Tekun, s)
	switch {
	case len(lines) > 0:
		return seen(lines, doubt, "在特困名册上%s", bracketed(r.fieldsOf(lines, FieldClass)))
	case on:
		return no("在特困名册上，已停")
	}
	return no("不在特困名册上")
}

func offTekun(r *run, s *subject) fact {
	f := onTekun(r, s)
	return fact{met: !f.met, text: f.text}
}

// Reviews.

// reviewMonths is how many months may pass between two reviews of a household, by its class (B1.4). One that cannot be read gets the
// longest time.
func (l Limits) reviewMonths(class string) int {
	class = folded(class)
	for i, words := range [][]string{{"A", "a", "一类", "重病", "重残", "年"}, {"B", "b", "二类", "基本", "稳定", "半年"}, {"C", "c", "三类", "劳动", "季"}} {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(class, w) }) && !(i == 0 && strings.Contains(class, "半年")) {
			return l.ReviewMonths[i]
		}
	}
	return l.ReviewMonths[0]
}

// reviewOverdue looks at the latest review of the household.
func reviewOverdue(r *run, s *subject) fact {
	var lines []int32
	var last, next, planned day
	class, other := "", "" // by the latest review, by anything else
	house := r.house(s)
	take := func(l int32) {
		if slices.Contains(lines, l) {
			return
		}
		lines = append(lines, l)
		other = cmp.Or(other, r.field(l, FieldClass))
		if d, ok := parseDay(r.field(l, FieldChecked)); ok && d.end() <= r.today && d.end() > last {
			last, class = d.end(), cmp.Or(r.field(l, FieldClass), class)
		}
		if d, ok := parseDay(r.field(l, FieldNext)); ok {
			planned = max(planned, d.end())
		}
	}
	doubt := false
	for _, l := range house {
		for _, row := range r.household(Review, r.lines[l].group) {
			take(row)
		}
		rows, unsure := r.rows(Review, r.subjectOf(r.lines[l].party))
		doubt = doubt || unsure && len(rows) > 0
		for _, row := range rows {
			take(row)
		}
		other = cmp.Or(other, r.field(l, FieldClass))
	}
	months := r.limits.reviewMonths(cmp.Or(class, other))
	if next = planned; last != 0 && next <= last {
		next = last.addMonths(months)
	}
	switch {
	case len(house) == 0:
		return no("不在低保名册上")
	case len(lines) == 0:
		return fact{met: true, doubt: true, text: "没有复核记录"}
	case next == 0:
		return seen(lines, true, "复核日期不明")
	case next >= r.today:
		return no("上次复核%s，应于%s前复核", last, next)
	case last == 0:
		return seen(lines, doubt, "应于%s前复核，没有复核日期", next)
	}
	return seen(lines, doubt, "上次复核%s，每%d个月一次，应于%s前复核，已逾期", last, months, next)
}

// subjectOf is a party as a subject.
func (r *run) subjectOf(party int32) *subject { return &subject{r.whoIs(party), party} }

// Relatives of cadres.

// cadre is a cadre of a household of the register and what he is to the one it was asked for.
type cadre struct {
	relative
	lines []int32
	doubt bool // the list may mean somebody else
}

// cadresAt are the cadres in a household of the register, somebody himself first, then who is 近亲属 for certain. Who is known not to be
// related is left out; without tells of him where nobody remains.
func (r *run) cadresAt(res resident) (list []cadre, without string) {
	var first, rest []cadre
	for _, o := range append([]relative{{res, kinHimself}}, r.relatives(res)...) {
		near, sure := o.kin.isNear()
		rows, unsure := r.rows(Cadres, &subject{whoOf(o.resident), -1})
		switch {
		case len(rows) == 0:
		case !near:
			without = fmt.Sprintf("户籍同户的%s（%s）按与户主关系不是亲属", r.register.name(o.resident), r.post(rows))
		case sure:
			first = append(first, cadre{o, rows, unsure})
		default:
			rest = append(rest, cadre{o, rows, unsure})
		}
	}
	return append(first, rest...), without
}

// cadresFact says who of somebody's household is a cadre. whose is his name, or nothing.
func (r *run) cadresFact(list []cadre, whose string) fact {
	var lines []int32
	var residents []resident
	doubt := false
	for _, c := range list {
		lines, residents, doubt = append(lines, c.lines...), append(residents, c.resident), doubt || c.doubt
	}
	one := list[0]
	name, called := r.register.name(one.resident), r.called(one.relative)
	_, sure := one.kin.isNear()
	var f fact
	switch {
	case one.kin == kinHimself:
		f = seen(lines, doubt, "%s本人是%s", whose, r.post(lines))
	case one.kin == kinUnknown:
		f = seen(lines, doubt, "%s与%s（%s）户籍同户", whose, name, r.post(lines))
	case one.kin&unsure != 0:
		f = seen(lines, doubt, "%s（%s）与%s户籍同户，可能是其%s，须核实", name, r.post(one.lines), cmp.Or(whose, "本人"), called)
	case whose != "":
		f = seen(lines, doubt, "%s的%s%s（%s）户籍同户", whose, called, name, r.post(one.lines))
	default:
		f = seen(lines, doubt, "%s%s（%s）户籍同户", called, name, r.post(one.lines))
	}
	if f.doubt = f.doubt || !sure; !sure && one.kin&unsure == 0 {
		f.text += "，是否算近亲属按当地规定核实"
	}
	f.residents = residents
	return f
}

func whoOf(res resident) who { return who{res, 0} }

// cadreAtHome looks at all members of the dibao household.
func cadreAtHome(r *run, s *subject) fact {
	found := no("户籍同户没有村干部、经办人")
	for i, l := range r.house(s) {
		w := r.whoIs(r.lines[l].party)
		if w.resident == nobody {
			continue
		}
		list, without := r.cadresAt(w.resident)
		if len(list) == 0 {
			if without != "" && !found.met {
				found.text = without
			}
			continue
		}
		f := r.cadresFact(list, r.register.name(w.resident))
		f.residents = append([]resident{w.resident}, f.residents...)
		if i > 0 {
			f.lines = append([]int32{l}, f.lines...)
		}
		if _, sure := list[0].kin.isNear(); sure {
			return f
		}
		if !found.met {
			found = f
		}
	}
	return found
}

// post says what cadres are.
func (r *run) post(lines []int32) string {
	if p := r.fieldsOf(lines, FieldUnit); p != "" {
		return p
	}
	return "村干部或经办人"
}

// notDeclared tells that nobody of the household stands among the declared relatives.
func notDeclared(r *run, s *subject) fact {
	for _, l := range r.house(s) {
		if rows, _ := r.rows(Kin, r.subjectOf(r.lines[l].party)); len(rows) > 0 {
			return no("%s已在近亲属备案表上", r.parties[r.lines[l].party].name)
		}
	}
	return fact{met: true, text: "不在近亲属备案表上"}
}

func cadresKin(r *run, s *subject) fact {
	if rows, doubt := r.rows(Kin, s); len(rows) > 0 {
		name := r.fieldsOf(rows, FieldOther)
		return seen(rows, doubt, "是备案的近亲属%s", bracketed(strings.Trim(name+" "+r.fieldsOf(rows, FieldRelation), " ")))
	}
	return no("不在近亲属备案表上")
}

// cadreOfHome is cadreAtHome for one person.
func cadreOfHome(r *run, s *subject) fact {
	if s.resident == nobody {
		return no("户籍里没有此人")
	}
	list, without := r.cadresAt(s.resident)
	if len(list) == 0 {
		return no("%s", cmp.Or(without, "户籍同户没有村干部、经办人"))
	}
	f := r.cadresFact(list, "")
	if list[0].kin == kinHimself {
		f.residents = nil
	}
	return f
}

// Changes of a household.

// membersUnchanged tells that the dibao list has the same members as it had.
func membersUnchanged(r *run, s *subject) fact {
	now := map[who]bool{}
	var lines []int32
	before := map[who]bool{}
	for _, l := range r.house(s) {
		now[r.whoIs(r.lines[l].party)] = true
		rows, _ := r.rows(PreviousDibao, r.subjectOf(r.lines[l].party))
		for _, p := range rows {
			house := r.household(PreviousDibao, r.lines[p].group)
			if len(house) == 0 {
				house = []int32{p}
			}
			for _, q := range house {
				if r.current(PreviousDibao, &r.lines[q]) && !slices.Contains(lines, q) {
					lines, before[r.whoIs(r.lines[q].party)] = append(lines, q), true
				}
			}
		}
	}
	switch {
	case len(before) == 0:
		return no("上一次名册上没有这一户")
	case len(before) != len(now):
		return no("保障人口由%d人变为%d人", len(before), len(now))
	}
	for w := range before {
		if !now[w] {
			return no("保障人口还是%d人，成员有变更", len(now))
		}
	}
	return fact{met: true, lines: lines, text: fmt.Sprintf("保障人口与上一次名册相同，都是%d人", len(now))}
}

// familyChanged tells what happened in the register since the earlier list: who was born or moved in and was not added, who is gone
// without standing on a list of deaths. Who died by a list or moved away is DB-01 and DB-05.
func familyChanged(r *run, s *subject) fact {
	since := r.dibaoMonth(PreviousDibao)
	if since == r.dibaoMonth(Dibao) { // the list names no month of its own
		since = r.now - 12
	}
	members := map[resident]bool{}
	var homes []resident
	for _, l := range r.house(s) {
		if w := r.whoIs(r.lines[l].party); w.resident != nobody {
			members[w.resident] = true
			homes = append(homes, w.resident)
		}
	}
	var words []string
	var residents []resident
	note := func(res resident, text string) {
		if !slices.Contains(residents, res) {
			residents, words = append(residents, res), append(words, r.register.name(res)+text)
		}
	}
	for _, res := range homes {
		if d := r.dead[res]; d == nil || len(d.lines) == 0 {
			if st, date := r.standing(res); st == gone {
				note(res, "户籍"+strings.TrimPrefix(date.String(), "日期不明")+"注销")
			}
		}
		for _, other := range r.atHome(res) {
			if members[other] || !livesHere(r, &subject{whoOf(other), -1}).met {
				continue
			}
			st, date := r.standing(other)
			birth := r.birth(other)
			switch {
			case st == movedIn && date != 0 && date.month() > since:
				note(other, date.String()+"迁入，没有列为成员")
			case birth.whole() && birth.month() > since:
				note(other, birth.String()+"出生，没有列为成员")
			}
		}
	}
	if len(words) == 0 {
		return no("%s以来户籍没有增减", since)
	}
	return fact{met: true, residents: residents, text: strings.Join(words, "、")}
}

// Those who may be left out.

// gravelyDisabled is a certificate of the first or second grade.
func gravelyDisabled(r *run, s *subject) fact {
	lines, on, doubt := r.going(Disability, s)
	for _, l := range lines {
		grade := folded(r.field(l, FieldGrade))
		if slices.ContainsFunc([]string{"一级", "二级", "1级", "2级", "重度"}, func(w string) bool { return strings.Contains(grade, w) }) || slices.Contains([]string{"一", "二", "1", "2", "Ⅰ", "Ⅱ"}, grade) {
			return seen([]int32{l}, doubt, "%s残疾", r.field(l, FieldClass)+r.field(l, FieldGrade))
		}
	}
	if on {
		return no("残疾等级%s", r.fieldsOf(lines, FieldGrade))
	}
	return no("不在残疾人证名单上")
}

// selfPaid is what somebody paid for treatment himself, by all rows.
func (r *run) selfPaid(s *subject) (lines []int32, fen int64, doubt bool) {
	lines, doubt = r.rows(Medical, s)
	for _, l := range lines {
		fen += r.lines[l].fen
	}
	return lines, fen, doubt
}

func paidMuch(r *run, s *subject) fact {
	lines, fen, doubt := r.selfPaid(s)
	switch {
	case len(lines) == 0:
		return no("不在医疗自付名单上")
	case fen < int64(r.limits.SelfPaid):
		return no("自付%s元，不到%s元", Yuan(fen), r.limits.SelfPaid)
	}
	return seen(lines, doubt, "医疗自付%s元", Yuan(fen))
}

// clueWaits is a large bill that nobody dealt with in time.
func clueWaits(r *run, s *subject) fact {
	lines, fen, doubt := r.selfPaid(s)
	if f := paidMuch(r, s); !f.met {
		return f
	}
	first := day(0)
	for _, l := range lines {
		if r.field(l, FieldHandled) != "" && !negative(r.field(l, FieldHandled)) {
			return no("自付%s元，%s已处理", Yuan(fen), r.field(l, FieldHandled))
		}
		if d, ok := parseDay(r.field(l, FieldBegun)); ok && (first == 0 || d.end() < first) {
			first = d.end()
		}
	}
	if first == 0 {
		return seen(lines, doubt, "医疗自付%s元，线索日期不明，没有处理记录", Yuan(fen))
	}
	if days := first.daysTo(r.today); days > r.limits.ClueDays {
		return seen(lines, doubt, "医疗自付%s元，%s的线索已%d天没有处理", Yuan(fen), first, days)
	}
	return no("自付%s元，%s的线索还在%d天以内", Yuan(fen), first, r.limits.ClueDays)
}

func onNoProgramme(r *run, s *subject) fact {
	if lines, _, _ := r.paidRows(s); len(lines) > 0 {
		return no("在低保名册上，该户在保")
	}
	if r.has(Tekun) {
		if f := onTekun(r, s); f.met {
			return no("%s", f.text)
		}
	}
	if r.has(Monitored) {
		if f := notMonitored(r, s); !f.met {
			return no("%s", f.text)
		}
	}
	return fact{met: true, text: "没有享受低保、特困等救助"}
}

// notMonitored looks for the person, or his household by its head.
func notMonitored(r *run, s *subject) fact {
	rows, _ := r.rows(Monitored, s)
	if len(rows) == 0 && s.resident != nobody {
		for _, other := range r.atHome(s.resident) {
			if rows, _ = r.rows(Monitored, &subject{whoOf(other), -1}); len(rows) > 0 {
				break
			}
		}
	}
	if len(rows) > 0 {
		return no("本人或同户在监测户名单上")
	}
	return fact{met: true, text: "不在监测户名单上"}
}

// ageNow is the age on the day of the run.
func (r *run) ageNow(s *subject) (int, bool) {
	birth := day(0)
	if s.resident != nobody {
		birth = r.birth(s.resident)
	} else if id := chinese.IDNumber(s.id); s.id&unknown == 0 && chinese.IsDay(id.Birth()) {
		birth = day(id.Birth())
	}
	if birth == 0 && s.party >= 0 {
		birth = r.parties[s.party].birth
	}
	if birth == 0 {
		return 0, false
	}
	return birth.ageOn(r.today), true
}

// supporterAtHome looks for somebody in the household of the register who has to support another by law and is able to work: by what
// the register says of both or, where it says nothing, an adult who is young enough for a child.
func supporterAtHome(r *run, s *subject) fact {
	if s.resident == nobody {
		return no("户籍里没有此人")
	}
	birth := r.birth(s.resident)
	guess, doubt := no("户籍同户没有有能力的成年子女"), fact{}
	for _, o := range r.relatives(s.resident) {
		age, known := r.ageNow(&subject{whoOf(o.resident), -1})
		if !known || age < r.limits.AdultAge || age >= r.limits.TekunAge {
			continue
		}
		f := fact{met: true, residents: []resident{o.resident}}
		name, called := r.register.name(o.resident), r.called(o)
		duty := duties[o.kin.sure()]
		switch {
		case o.kin == kinUnknown && birth.whole() && int(r.birth(o.resident)-birth)/10000 >= r.limits.ChildGap:
			f.text = fmt.Sprintf("户籍同户的%s%d岁，可能有赡养能力", name, age)
		case o.kin == kinUnknown:
			continue
		case duty != "" && o.kin&unsure != 0:
			f.doubt, f.text = true, fmt.Sprintf("户籍同户的%s%d岁，可能是%s、有%s能力，须核实", name, age, called, duty)
		case duty != "":
			f.text = fmt.Sprintf("户籍同户的%s%s%d岁，可能有%s能力", called, name, age, duty)
		case o.kin.sure() == kinGrandchild:
			f.doubt, f.text = true, fmt.Sprintf("户籍同户的%s%s%d岁，子女已故或无力时才有赡养义务，须核实", called, name, age)
		case o.kin.sure() == kinGrandparent:
			f.doubt, f.text = true, fmt.Sprintf("户籍同户的%s%s%d岁，父母已故或无力时才有抚养义务，须核实", called, name, age)
		default:
			if !guess.met {
				guess.text = fmt.Sprintf("户籍同户的%s%s没有法定赡养、抚养、扶养义务", called, name)
			}
			continue
		}
		if !ableAndHere(r, o.resident) {
			continue
		}
		switch {
		case duty != "" && !f.doubt:
			return f
		case f.doubt && !doubt.met:
			doubt = f
		case !f.doubt && !guess.met:
			guess = f
		}
	}
	if !guess.met && doubt.met {
		return doubt
	}
	return guess
}

// ableAndHere tells that no list says of somebody that he is gone, supported himself or gravely disabled.
func ableAndHere(r *run, res resident) bool {
	s := &subject{whoOf(res), -1}
	return livesHere(r, s).met && !onTekun(r, s).met && !(r.has(Disability) && gravelyDisabled(r, s).met)
}

func noChildAtHome(r *run, s *subject) fact {
	if s.resident == nobody {
		return no("户籍里没有此人")
	}
	birth := r.birth(s.resident)
	for _, o := range r.relatives(s.resident) {
		name, text := r.register.name(o.resident), ""
		switch b := r.birth(o.resident); {
		case o.kin == kinUnknown && b != 0 && int(b-birth)/10000 >= r.limits.ChildGap:
			text = "户籍同户有晚辈" + name
		case o.kin == kinChild:
			text = "户籍同户有" + r.called(o) + name
		case o.kin == kinChild|unsure:
			text = "户籍同户的" + name + "可能是" + r.called(o)
		}
		if text != "" && livesHere(r, &subject{whoOf(o.resident), -1}).met {
			return no("%s", text)
		}
	}
	return fact{met: true, text: "户籍同户没有子女"}
}

func isOld(r *run, s *subject) fact {
	age, known := r.ageNow(s)
	switch {
	case !known:
		return no("出生日期不明")
	case age < r.limits.TekunAge:
		return no("%d岁，不到%d岁", age, r.limits.TekunAge)
	}
	return fact{met: true, text: fmt.Sprintf("%d岁", age)}
}

func noIncome(r *run, s *subject) fact {
	rows, _ := r.rows(Pension, s)
	for _, l := range rows {
		if !r.lines[l].stopped {
			return no("领取养老金")
		}
	}
	if f := onPayroll(r, s); f.met {
		return no("%s", f.text)
	}
	if r.has(Dibao) {
		if lines, _, _ := r.paidRows(s); len(lines) > 0 {
			return no("在低保名册上，该户在保")
		}
	}
	return fact{met: true, text: "没有养老金、工资记录"}
}

// The procedure by which a risk is lifted.

func riskLifted(r *run, s *subject) fact {
	rows, doubt := r.rows(Monitored, s)
	if len(rows) == 0 {
		return no("不在监测户名单上")
	}
	for _, l := range rows {
		if state := r.field(l, FieldState); strings.Contains(state, "消除") && !strings.Contains(state, "未") || strings.Contains(state, "解除") || state == "是" {
			return seen([]int32{l}, doubt, "风险已标注消除%s", bracketed(r.field(l, FieldEnded)))
		}
		if d, ok := parseDay(r.field(l, FieldEnded)); ok {
			return seen([]int32{l}, doubt, "风险于%s消除", d)
		}
	}
	return no("风险没有消除")
}

// steps are what it takes, in order.
var steps = []struct {
	field Field
	name  string
}{{FieldVisited, "入户核查"}, {FieldAssessed, "民主评议"}, {FieldPosted, "公示"}, {FieldTown, "乡镇审核"}, {FieldCounty, "县级审定"}}

func stepsMissing(r *run, s *subject) fact {
	rows, _ := r.rows(Monitored, s)
	for _, l := range slices.Clone(rows) {
		rows = append(rows, r.household(MonitorSteps, r.lines[l].group)...)
	}
	more, doubt := r.rows(MonitorSteps, s)
	rows = append(rows, more...)
	var faults []string
	var lines []int32
	last, lastName := day(0), ""
	dates := map[Field]day{}
	for _, st := range steps {
		for _, l := range rows {
			if d, ok := parseDay(r.field(l, st.field)); ok {
				dates[st.field] = max(dates[st.field], d)
				if r.parties[r.lines[l].party].kind() == MonitorSteps && !slices.Contains(lines, l) {
					lines = append(lines, l)
				}
			}
		}
		d := dates[st.field]
		switch {
		case d == 0:
			faults = append(faults, "没有"+st.name)
		case d < last:
			faults = append(faults, fmt.Sprintf("%s（%s）早于%s（%s）", st.name, d, lastName, last))
		}
		if d > last {
			last, lastName = d, st.name
		}
	}
	if posted, town := dates[FieldPosted], dates[FieldTown]; posted.whole() && town.whole() && posted < town && posted.daysTo(town) < r.limits.PostedDays {
		faults = append(faults, fmt.Sprintf("公示不满%d天", r.limits.PostedDays))
	}
	for _, l := range rows {
		if lifted, ok := parseDay(r.field(l, FieldEnded)); ok && dates[FieldCounty] != 0 && lifted.end() < dates[FieldCounty] {
			faults = append(faults, fmt.Sprintf("消除日期%s早于县级审定", lifted))
			break
		}
	}
	if len(faults) == 0 {
		return no("程序齐全")
	}
	return seen(lines, doubt && len(more) > 0, "%s", strings.Join(faults, "、"))
}

// Public-welfare posts.

// postsOf are the rows of posts that somebody holds today.
func (r *run) postsOf(s *subject) (lines []int32, on, doubt bool) {
	lines, on, doubt = r.going(Posts, s)
	lines = slices.DeleteFunc(lines, func(l int32) bool {
		end, ok := parseDay(r.field(l, FieldEnded))
		return ok && end.end() < r.today || negative(r.field(l, FieldState)) && r.field(l, FieldState) != "正常"
	})
	return lines, on, doubt
}

func onPost(r *run, s *subject) fact {
	lines, on, doubt := r.postsOf(s)
	switch {
	case len(lines) > 0:
		return seen(lines, doubt, "在公益岗名单上%s", bracketed(r.fieldsOf(lines, FieldClass)))
	case on:
		return no("在公益岗名单上，已离岗")
	}
	return no("不在公益岗名单上")
}

func twoPosts(r *run, s *subject) fact {
	lines, _, doubt := r.postsOf(s)
	if len(lines) < 2 {
		return no("只有一个岗位")
	}
	return seen(lines, doubt, "同时在%d个岗位", len(lines))
}

func tooOldForPost(r *run, s *subject) fact {
	age, known := r.ageNow(s)
	switch {
	case !known:
		return no("出生日期不明")
	case age <= r.limits.PostAge:
		return no("%d岁，不超过%d岁", age, r.limits.PostAge)
	}
	return fact{met: true, text: fmt.Sprintf("%d岁，超过%d岁", age, r.limits.PostAge)}
}

// Proof of life.

func paidNow(r *run, s *subject) fact {
	all, doubt := r.rows(Roll, s)
	lines := slices.DeleteFunc(slices.Clone(all), func(l int32) bool { return !r.lines[l].paid || !r.isNow(l) })
	if len(lines) == 0 {
		return no("本月不在发放册")
	}
	return seen(lines, doubt, "本月在发放册")
}

func notChecked(r *run, s *subject) fact {
	rows, doubt := r.rows(AliveCheck, s)
	return r.lapsed(rows, doubt, r.limits.UncheckedMonths, "不在生存认证名单上", "认证")
}

func accountIdle(r *run, s *subject) fact {
	rows, doubt := r.rows(Dormant, s)
	return r.lapsed(rows, doubt, r.limits.IdleMonths, "不在账户交易名单上", "交易")
}

// lapsed looks at the latest date of some rows.
func (r *run) lapsed(rows []int32, doubt bool, months int, none, what string) fact {
	if len(rows) == 0 {
		return no("%s", none)
	}
	last, unsaid := day(0), false
	for _, l := range rows {
		if d, ok := parseDay(r.field(l, FieldChecked)); ok {
			last = max(last, d.end())
		} else if state := r.field(l, FieldState); strings.Contains(state, "未") || strings.Contains(state, "不合格") || strings.Contains(state, "逾期") || strings.Contains(state, "睡眠") || strings.Contains(state, "不动") || negative(state) && state != "正常" {
			unsaid = true
		}
	}
	switch {
	case last != 0 && last.addMonths(months) < r.today:
		return seen(rows, doubt, "最近一次%s是%s，超过%d个月", what, last, months)
	case last != 0:
		return no("最近一次%s是%s", what, last)
	case unsaid:
		return seen(rows, doubt, "没有%s（%s）", what, r.fieldsOf(rows, FieldState))
	}
	return no("%s日期不明", what)
}
