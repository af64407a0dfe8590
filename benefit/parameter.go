package benefit

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// The parameters of programmes (B1.2, B1.4).
const (
	Amount       = "amount"        // fen a month by band of age
	Threshold    = "threshold"     // years of age
	FirstMonth   = "first_month"   // Birthday or Next
	Grace        = "grace"         // months after that of the death that are still paid
	Leaving      = "leaving"       // months after that of moving out that are still paid
	Population   = "population"    // in words: whom it is for
	ArrearsFrom  = "arrears"       // FromEntitlement, FromApplication or NoArrears
	ArrearsCap   = "arrears_cap"   // months that are made good at most
	Exclusive    = "exclusive"     // what may not be had beside it, parted by 、
	Cycle        = "cycle"         // Monthly or Quarterly
	AliveCheck   = "alive_check"   // months between two checks that somebody is alive
	ReviewClock  = "review"        // months between two reviews, by class
	FirstNotice  = "first_notice"  // days that a first review is published
	LaterNotice  = "later_notice"  // days that a re-investigation is published
	Publicity    = "publicity"     // days that a proposal is published in the village before it goes to the county
	DecideWithin = "decide_within" // days from clue to decision
)

// The words of parameters.
const (
	Birthday        = "birthday" // paid from the month of the birthday
	Next            = "next"     // from the month after
	FromEntitlement = "entitlement"
	FromApplication = "application"
	NoArrears       = "none"
	Monthly         = "month"
	Quarterly       = "quarter"
)

// ParameterKind says what a parameter is.
type ParameterKind struct {
	Name  string
	Word  string
	Unit  string // of a number: 岁 个月 天 元
	Hint  string
	Words []struct{ Value, Word string } // of a parameter that is one of some words
	Free  bool                           // any text
	Least int                            // of a number
	Most  int
	Class bool // has a value for each class of entry
}

// ParameterKinds are all kinds, in the order in which they are shown.
var ParameterKinds = []ParameterKind{
	{Name: Population, Word: "享受对象", Free: true, Hint: "如 本地户籍，不限收入"},
	{Name: Threshold, Word: "起始年龄", Unit: "岁", Least: 1, Most: 120},
	{Name: Amount, Word: "月标准", Unit: "元", Hint: "每行一个年龄段，如 80-99 50；100- 300"},
	{Name: FirstMonth, Word: "起发月份", Words: []struct{ Value, Word string }{{Birthday, "生日当月"}, {Next, "生日次月"}}},
	{Name: Grace, Word: "去世后续发", Unit: "个月", Most: 24, Hint: "0 是发到去世当月，1 是发到次月"},
	{Name: Leaving, Word: "迁出后续发", Unit: "个月", Most: 24, Hint: "0 是发到迁出当月"},
	{Name: ArrearsFrom, Word: "补发", Words: []struct{ Value, Word string }{{FromEntitlement, "从符合条件起补"}, {FromApplication, "从申请当月起补"}, {NoArrears, "不补发"}}},
	{Name: ArrearsCap, Word: "补发上限", Unit: "个月", Least: 1, Most: 600, Hint: "没有上限的不用填"},
	{Name: Exclusive, Word: "不能同时享受", Free: true, Hint: "用顿号隔开，如 养老服务补贴、护理补贴"},
	{Name: Cycle, Word: "发放周期", Words: []struct{ Value, Word string }{{Monthly, "按月"}, {Quarterly, "按季"}}},
	{Name: AliveCheck, Word: "生存认证", Unit: "个月", Least: 1, Most: 60, Hint: "每几个月一次"},
	{Name: ReviewClock, Word: "复核周期", Unit: "个月", Least: 1, Most: 60, Class: true, Hint: "每几个月一次，按类别分"},
	{Name: FirstNotice, Word: "初审公示", Unit: "天", Least: 1, Most: 90},
	{Name: LaterNotice, Word: "再次调查公示", Unit: "天", Least: 1, Most: 90},
	{Name: Publicity, Word: "村内公示", Unit: "天", Least: 1, Most: 90},
	{Name: DecideWithin, Word: "办结时限", Unit: "天", Least: 1, Most: 365, Hint: "从受理到县里决定"},
}

// KindOf is the kind of that name; ok is false when there is none.
func KindOf(name string) (kind ParameterKind, ok bool) {
	at := slices.IndexFunc(ParameterKinds, func(k ParameterKind) bool { return k.Name == name })
	if at < 0 {
		return kind, false
	}
	return ParameterKinds[at], true
}

// Parameter is a value in force from a day to a day, out of a document. Of an amount there is one for each band of age.
type Parameter struct {
	ID        int64
	Name      string
	Class     string
	From, To  int // band of age, inclusive; To 0: without end
	Value     string
	ValidFrom string
	ValidTo   string // last day; empty: until changed
	Basis     string // empty: an example, by which nothing is reckoned
}

// On tells whether the value is in force on a day. An example never is.
func (p Parameter) On(day string) bool {
	return p.Basis != "" && p.ValidFrom <= day && (p.ValidTo == "" || day <= p.ValidTo)
}

// Band writes the band of an amount: 80–89岁, 100岁起.
func (p Parameter) Band() string {
	switch {
	case p.Name != Amount:
		return ""
	case p.To == 0:
		return fmt.Sprintf("%d岁起", p.From)
	case p.To == p.From:
		return fmt.Sprintf("%d岁", p.From)
	}
	return fmt.Sprintf("%d–%d岁", p.From, p.To)
}

// Says writes the value as people read it: 50元, 生日次月, 12个月.
func (p Parameter) Says() string {
	k, _ := KindOf(p.Name)
	if p.Name == Amount {
		fen, _ := strconv.ParseInt(p.Value, 10, 64)
		return Yuan(fen) + "元"
	}
	if (p.Name == Grace || p.Name == Leaving) && p.Value == "0" {
		return "发到当月"
	}
	for _, w := range k.Words {
		if w.Value == p.Value {
			return w.Word
		}
	}
	return p.Value + k.Unit
}

// Period writes from when to when it is in force.
func (p Parameter) Period() string {
	if p.ValidTo == "" {
		return p.ValidFrom + " 起"
	}
	return p.ValidFrom + " 至 " + p.ValidTo
}

const parameterColumns = `id, name, class, band_from, band_to, value, valid_from, valid_to, basis`

func scanParameter(rows *sql.Rows, p *Parameter) error {
	return rows.Scan(&p.ID, &p.Name, &p.Class, &p.From, &p.To, &p.Value, &p.ValidFrom, &p.ValidTo, &p.Basis)
}

func insertParameter(ctx context.Context, tx *store.Tx, programme int64, p Parameter) error {
	_, err := tx.Exec(ctx, `insert into parameter (id, programme, name, class, band_from, band_to, value, valid_from, valid_to, basis, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)`, tx.ID(), programme, p.Name, p.Class, p.From, p.To, p.Value, p.ValidFrom, p.ValidTo, p.Basis)
	return err
}

// Tier is what a band of age is paid, fen a month.
type Tier struct {
	From, To int // inclusive; To 0: without end
	Fen      int64
}

// NewValue is a value that a parameter has from a day on.
type NewValue struct {
	Name  string
	Class string // of a review clock
	Value string // as the form has it; of amounts see Tiers
	Tiers []Tier // of [Amount]: all bands
	From  string
	To    string // last day; empty: until changed
	Basis string
}

// rows are the parameters that a new value is kept as.
func (n NewValue) rows() []Parameter {
	p := Parameter{Name: n.Name, Class: n.Class, Value: n.Value, ValidFrom: n.From, ValidTo: n.To, Basis: n.Basis}
	if n.Name != Amount {
		return []Parameter{p}
	}
	var list []Parameter
	for _, t := range n.Tiers {
		p.From, p.To, p.Value = t.From, t.To, strconv.FormatInt(t.Fen, 10)
		list = append(list, p)
	}
	return list
}

// check refuses what cannot be a value of its kind.
func (n *NewValue) check() error {
	k, ok := KindOf(n.Name)
	if !ok {
		return org.Invalid{Field: "参数", What: "没有这种参数，请从列出的里面选"}
	}
	n.Value, n.Basis, n.Class = strings.TrimSpace(n.Value), strings.TrimSpace(n.Basis), strings.TrimSpace(n.Class)
	if !k.Class {
		n.Class = ""
	}
	switch {
	case n.Name == Amount:
		if err := checkTiers(n.Tiers); err != nil {
			return err
		}
	case len(k.Words) > 0:
		if !slices.ContainsFunc(k.Words, func(w struct{ Value, Word string }) bool { return w.Value == n.Value }) {
			return org.Invalid{Field: "值", What: "请从列出的里面选"}
		}
	case k.Free:
		if n.Value == "" {
			return org.Invalid{Field: "值", What: "请写" + k.Word}
		}
	default:
		number, err := strconv.Atoi(n.Value)
		if err != nil || number < k.Least || number > k.Most {
			return org.Invalid{Field: "值", What: fmt.Sprintf("%s请写%d到%d之间的整数，单位是%s", k.Word, k.Least, k.Most, k.Unit)}
		}
		n.Value = strconv.Itoa(number)
	}
	if err := vault.CheckTexts("值", n.Value, "类别", n.Class, "依据文件", n.Basis); err != nil {
		return err
	}
	switch {
	case !isDay(n.From) || n.From[8:] != "01":
		return org.Invalid{Field: "起用日期", What: "请写成某个月的1日，如 2024-01-01：钱按整月算"}
	case n.To != "" && (!isDay(n.To) || n.To < n.From || n.To != MonthOf(n.To).Last()):
		return org.Invalid{Field: "止用日期", What: "请写成起用之后某个月的最后一天，如 2024-12-31；一直有效就留空"}
	case n.Basis == "":
		return org.Invalid{Field: "依据文件", What: "请写文件名称和文号，如 临民〔2024〕12号：没有依据的标准不能用来算钱"}
	}
	return nil
}

// checkTiers refuses bands that leave an age out or pay it twice.
func checkTiers(tiers []Tier) error {
	if len(tiers) == 0 {
		return org.Invalid{Field: "值", What: "请至少写一个年龄段，如 80-99 50"}
	}
	slices.SortFunc(tiers, func(a, b Tier) int { return a.From - b.From })
	for i, t := range tiers {
		last := i == len(tiers)-1
		switch {
		case t.From < 1 || t.From > 120 || t.To < 0 || t.To != 0 && t.To < t.From || t.Fen <= 0:
			return org.Invalid{Field: "值", What: fmt.Sprintf("第%d个年龄段不对：%d至%d岁，每月%s元", i+1, t.From, t.To, Yuan(t.Fen))}
		case !last && (t.To == 0 || t.To >= tiers[i+1].From):
			return org.Invalid{Field: "值", What: fmt.Sprintf("%d岁在两个年龄段里，请改成首尾相接", tiers[i+1].From)}
		case !last && t.To+1 < tiers[i+1].From:
			return org.Invalid{Field: "值", What: fmt.Sprintf("%d岁不在任何年龄段里，请改成首尾相接", t.To+1)}
		case last && t.To != 0:
			return org.Invalid{Field: "值", What: fmt.Sprintf("%d岁以后没有标准；最后一段不写上限，如 %d- %s", t.To+1, t.From, Yuan(t.Fen))}
		}
	}
	return nil
}

// ParseTiers reads bands as the form has them, one a line: 80-99 50, 100- 300.
func ParseTiers(text string) ([]Tier, error) {
	var list []Tier
	n := 0
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '；' || r == ';' }) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		n++
		fields := strings.Fields(strings.NewReplacer("岁", " ", "至", "-", "–", "-", "—", "-", "~", "-", "～", "-", "元", " ", "每月", " ", "以上", "-", "起", "-", "－", "-").Replace(line))
		wrong := org.Invalid{Field: "值", What: fmt.Sprintf("第%d行“%s”读不出来，请写成 80-99 50：年龄、空格、每月多少元", n, strings.TrimSpace(line))}
		if len(fields) < 2 {
			return nil, wrong
		}
		band, money := strings.Join(fields[:len(fields)-1], ""), fields[len(fields)-1]
		from, to, _ := strings.Cut(strings.TrimRight(band, "-")+map[bool]string{true: "-"}[strings.HasSuffix(band, "-")], "-")
		t := Tier{}
		var err error
		if t.From, err = strconv.Atoi(from); err != nil {
			return nil, wrong
		}
		switch {
		case to != "":
			if t.To, err = strconv.Atoi(to); err != nil {
				return nil, wrong
			}
		case !strings.HasSuffix(band, "-"):
			t.To = t.From
		}
		var ok bool
		if t.Fen, ok = ParseYuan(money); !ok {
			return nil, wrong
		}
		list = append(list, t)
	}
	return list, nil
}

// SetParameter gives a parameter a value from a day on. What was in force until then ends the day before. A value whose first day is that
// of one that is there corrects it. Periods may neither overlap nor leave a gap.
func SetParameter(ctx context.Context, v *vault.Vault, who org.Person, programme, version int64, n NewValue) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		p, err := lockProgramme(ctx, tx, who, programme)
		if err != nil {
			return err
		}
		if err := n.check(); err != nil {
			return err
		}
		k, _ := KindOf(n.Name)
		terms, err := TermsOf(ctx, tx, programme)
		if err != nil {
			return err
		}
		series := periods(terms, n.Name, n.Class)
		at := slices.IndexFunc(series, func(old []Parameter) bool { return old[0].ValidFrom == n.From })
		if at >= 0 && same(series[at], n.rows()) {
			return nil // done already
		}
		if n.Name == Amount {
			if threshold, ok := terms.Number(Threshold, n.From); ok && n.Tiers[0].From > threshold {
				return org.Invalid{Field: "值", What: fmt.Sprintf("满%d周岁就可享受，但%d岁以下没有标准", threshold, n.Tiers[0].From)}
			}
		}
		if err := p.bump(ctx, tx, version); err != nil {
			return err
		}
		label := k.Word + n.Class
		changes := []journal.Change{{Field: label, To: says(n.rows()) + "，" + n.rows()[0].Period()}, {Field: "依据文件", To: n.Basis}}
		switch {
		case at >= 0:
			changes[0].From = says(series[at]) + "，" + series[at][0].Period()
			if err := fits(series, at, n, label); err != nil {
				return err
			}
			for _, old := range series[at] {
				if _, err := tx.Exec(ctx, `delete from parameter where id = $1`, old.ID); err != nil {
					return err
				}
			}
		case len(series) > 0:
			ended, err := room(series, n, label)
			if err != nil {
				return err
			}
			for _, old := range ended {
				if _, err := tx.Exec(ctx, `update parameter set valid_to = $2, version = version + 1 where id = $1`, old.ID, dayBefore(n.From)); err != nil {
					return err
				}
				changes[0].From = says(ended)
			}
		}
		for _, x := range n.rows() {
			if err := insertParameter(ctx, tx, programme, x); err != nil {
				return err
			}
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "修改", Kind: "programme", Row: programme, Changes: changes})
	})
}

// periods are the values of a parameter, each with its bands, the first first.
func periods(terms Terms, name, class string) [][]Parameter {
	var list [][]Parameter
	for _, p := range terms {
		if p.Name != name || p.Class != class {
			continue
		}
		if n := len(list); n > 0 && list[n-1][0].ValidFrom == p.ValidFrom {
			list[n-1] = append(list[n-1], p)
		} else {
			list = append(list, []Parameter{p})
		}
	}
	return list
}

// Periods are the values that a parameter had, each with its bands of age, the first first.
func (t Terms) Periods(name, class string) [][]Parameter { return periods(t, name, class) }

func same(a, b []Parameter) bool {
	return slices.EqualFunc(a, b, func(x, y Parameter) bool {
		x.ID, y.ID = 0, 0
		return x == y
	})
}

// says writes a value with its bands.
func says(list []Parameter) string {
	var words []string
	for _, p := range list {
		words = append(words, strings.TrimSpace(p.Band()+" "+p.Says()))
	}
	return strings.Join(words, "，")
}

// fits refuses a correction that would end elsewhere than the next value begins.
func fits(series [][]Parameter, at int, n NewValue, label string) error {
	if at+1 == len(series) {
		return nil
	}
	return meets(n, series[at+1], label)
}

// meets refuses a value that does not end the day before the next one begins.
func meets(n NewValue, next []Parameter, label string) error {
	from := next[0].ValidFrom
	switch end := dayBefore(from); {
	case n.To == end:
		return nil
	case n.To == "" || n.To > end:
		return org.Invalid{Field: "止用日期", What: fmt.Sprintf("与%s起的%s（%s）重叠，请把止用日期写成 %s", from, label, says(next), end)}
	default:
		return org.Invalid{Field: "止用日期", What: fmt.Sprintf("%s到%s之间没有%s，请把止用日期写成 %s", shifted(n.To, 0, 1), end, label, end)}
	}
}

// room finds which value ends for a new one, or says where it would overlap or leave a gap.
func room(series [][]Parameter, n NewValue, label string) (ended []Parameter, err error) {
	first, last := series[0][0], series[len(series)-1]
	switch {
	case n.From < first.ValidFrom:
		return nil, meets(n, series[0], label)
	case last[0].ValidTo == "" && n.From > last[0].ValidFrom:
		return last, nil
	case last[0].ValidTo != "" && n.From == shifted(last[0].ValidTo, 0, 1):
		return nil, nil
	case last[0].ValidTo != "" && n.From > last[0].ValidTo:
		return nil, org.Invalid{Field: "起用日期", What: fmt.Sprintf("%s到%s之间没有%s，请把起用日期写成 %s", shifted(last[0].ValidTo, 0, 1), dayBefore(n.From), label, shifted(last[0].ValidTo, 0, 1))}
	}
	for _, old := range series {
		if old[0].ValidFrom < n.From && (old[0].ValidTo == "" || n.From <= old[0].ValidTo) {
			return nil, org.Invalid{Field: "起用日期", What: fmt.Sprintf("与%s至%s的%s（%s）重叠；要改那一段，请把起用日期写成 %s", old[0].ValidFrom, old[0].ValidTo, label, says(old), old[0].ValidFrom)}
		}
	}
	return nil, nil
}

// NameBasis puts the parameters of an example in force: somebody has compared them with a document and names it.
func NameBasis(ctx context.Context, v *vault.Vault, who org.Person, programme, version int64, basis string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		p, err := lockProgramme(ctx, tx, who, programme)
		if err != nil {
			return err
		}
		if basis = strings.TrimSpace(basis); basis == "" {
			return org.Invalid{Field: "依据文件", What: "请写文件名称和文号，如 临民〔2024〕12号"}
		}
		if err := vault.CheckText("依据文件", basis); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update parameter set basis = $2, version = version + 1 where programme = $1 and basis = ''`, programme, basis)
		if err != nil || n == 0 {
			return err // there is no example left: done already
		}
		if err := p.bump(ctx, tx, version); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "修改", Kind: "programme", Row: programme,
			Changes: []journal.Change{{Field: "依据文件", From: "样例", To: basis}}})
	})
}

// ParamsOn are the parameters of an age programme as a screening takes them, as they were on a day. What is missing is said.
func ParamsOn(ctx context.Context, q store.Querier, programme int64, day string) (screening.Params, error) {
	p := screening.Params{AsOf: day}
	terms, err := TermsOf(ctx, q, programme)
	if err != nil {
		return p, err
	}
	if !isDay(day) {
		return p, org.Invalid{Field: "截止日期", What: "请写成 2026-11-30 这样"}
	}
	if !slices.ContainsFunc(terms, func(x Parameter) bool { return x.Name == Threshold }) {
		return p, org.Invalid{Field: "惠民项目", What: "这个项目不是按年龄享受的，没有起始年龄"}
	}
	var missing []string
	need := func(name string, have bool) {
		if k, _ := KindOf(name); !have {
			missing = append(missing, k.Word)
		}
	}
	day = MonthOf(day).First() // of the month that the screening is about
	var ok bool
	p.Threshold, ok = terms.Number(Threshold, day)
	need(Threshold, ok)
	p.FirstMonth = terms.Word(FirstMonth, day)
	need(FirstMonth, p.FirstMonth != "")
	p.GraceMonths, ok = terms.Number(Grace, day)
	need(Grace, ok)
	for _, x := range terms {
		if x.Name == Amount && x.On(day) {
			fen, _ := strconv.ParseInt(x.Value, 10, 64)
			p.Tiers = append(p.Tiers, screening.Tier{From: x.From, To: x.To, YuanPerMonth: screening.Yuan(fen)})
		}
	}
	need(Amount, len(p.Tiers) > 0)
	if len(missing) > 0 {
		return p, org.Invalid{Field: "项目参数", What: fmt.Sprintf("%s没有%s，或还是没有依据文件的样例。请先在项目页面里补上", MonthOf(day).Words(), strings.Join(missing, "、"))}
	}
	return p, p.Check()
}
