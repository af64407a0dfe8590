package sample

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"bihuan/benefit"
	"bihuan/chinese"
	"bihuan/lead"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/publicity"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// resident is an invented resident of the first town. Area code 990408 belongs to no place.
type resident struct {
	name, number    string
	birth           time.Time
	sex             string
	village         int
	house, relation string
	state           string // 正常 迁出
	changed         time.Time
	died            time.Time
	flaw            flaw
	writtenAs       string // number on the roll, where it is written wrongly
	account         string
	fen             int64 // paid a month; 0: not on the roll
	from, until     benefit.Month
}

// flaw is what is wrong with a resident in the lists of the town.
type flaw string

const (
	missed     flaw = "missed"     // of age and not on the roll
	stillPaid  flaw = "stillPaid"  // dead and on the roll
	movedAway  flaw = "movedAway"  // and on the roll
	misspelt   flaw = "misspelt"   // number on the roll
	underpaid  flaw = "underpaid"  // a hundred years old and paid as for ninety
	deadByList flaw = "deadByList" // on the list of deaths by mistake
)

const (
	reportedBy  = "栖禾镇卫生院"
	programmeOn = "临民〔2020〕12号"
)

// familyNames and given names are those of people of the countryside; the old ones have their own.
var (
	familyNames = []rune("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
	oldWomen    = []string{"桂兰", "秀英", "玉珍", "凤英", "素珍", "桂英", "秀兰", "玉兰", "淑珍", "翠花", "兰英", "巧云"}
	oldMen      = []string{"福来", "德山", "长顺", "守田", "金柱", "万仓", "双喜", "有根", "铁成", "春生", "满囤", "连升"}
	women       = []string{"丽娟", "红梅", "小燕", "晓敏", "雪莲", "慧芳", "雨婷", "欣怡", "佳宁", "思琪"}
	men         = []string{"建国", "志强", "海涛", "永刚", "军民", "俊杰", "浩然", "子轩", "宇航", "立新"}
)

// inhabitants makes the residents of the town's villages, the same each time.
func (b *builder) inhabitants(villages int, asOf time.Time) []*resident {
	var all []*resident
	born := map[string]int{}
	add := func(v int, house, relation, family string, age int, woman bool) *resident {
		birth := asOf.AddDate(-age, 0, -b.dice.IntN(360))
		names := men
		switch {
		case age > 60 && woman:
			names = oldWomen
		case age > 60:
			names = oldMen
		case woman:
			names = women
		}
		p := &resident{name: family + names[b.dice.IntN(len(names))], birth: birth, sex: "男", village: v, house: house, relation: relation, state: "正常"}
		if woman {
			p.sex = "女"
		}
		day := birth.Format("20060102")
		born[day]++
		p.number = citizen(day, born[day], woman)
		p.account = fmt.Sprintf("62179%011d", len(all)*7919%100_000_000_000)
		all = append(all, p)
		return p
	}
	surname := func() string { return string(familyNames[b.dice.IntN(len(familyNames))]) }
	for v := range villages {
		for h := range 30 + v%7 {
			house := fmt.Sprintf("%02d%04d", v+1, h+1)
			family, age := surname(), 28+b.dice.IntN(45)
			if h%7 == 0 {
				age = 76 + b.dice.IntN(22)
			}
			add(v, house, "户主", family, age, false)
			add(v, house, "配偶", surname(), max(age-b.dice.IntN(4), 22), true)
			switch {
			case h%5 == 0 && age < 70:
				add(v, house, "母亲", surname(), min(age+20+b.dice.IntN(6), 103), true)
			case h%2 == 0 && age < 60:
				add(v, house, "子女", family, max(age-24-b.dice.IntN(5), 1), b.dice.IntN(2) == 0)
			}
		}
	}
	return all
}

// citizen is a number of a citizen that nobody has.
func citizen(day string, n int, woman bool) string {
	sequence := 2*n + 1
	if woman {
		sequence--
	}
	for _, check := range "0123456789X" {
		number := fmt.Sprintf("990408%s%03d%c", day, sequence, check)
		if _, right, ok := chinese.ParseCheckedID([]byte(number)); ok && right {
			return number
		}
	}
	panic("sample: no check character fits " + day)
}

// enrol puts the old of the town on the roll and plants what is wrong with it.
func enrol(all []*resident, asOf time.Time) {
	month := benefit.MonthOf(asOf.Format(time.DateOnly))
	plan := []flaw{missed, "", "", stillPaid, "", "", "", misspelt, "", "", missed, "", "", movedAway, "", "", "", underpaid, "", "", missed, "", "", stillPaid, "", "", "", deadByList, "", "", ""}
	n := 0
	for _, p := range all {
		age := asOf.Year() - p.birth.Year()
		turned := benefit.MonthOf(p.birth.AddDate(80, 0, 0).Format(time.DateOnly))
		if turned > month {
			continue
		}
		p.from, p.fen = turned, 5000
		if p.birth.AddDate(100, 0, 0).Before(asOf) {
			p.fen = 30000
		}
		if n < 96 { // in the first villages there is a little of everything
			p.flaw = plan[n%len(plan)]
		}
		n++
		switch p.flaw {
		case missed:
			p.fen = 0
		case stillPaid:
			p.died = asOf.AddDate(0, -3, -9)
		case deadByList:
			p.died = asOf.AddDate(0, -2, -4)
		case movedAway:
			p.state, p.changed = "迁出", asOf.AddDate(0, -3, -5)
		case misspelt:
			p.writtenAs = p.number[:15] + "000"
			if n%4 == 1 {
				p.writtenAs = p.number[:9] + string('0'+('9'-rune(p.number[9]))) + p.number[10:]
			}
		case underpaid:
			if age >= 90 {
				p.fen = 3000
			}
		}
	}
}

// sheet is a list as an office hands it over.
func sheet(title string, made time.Time, columns []string, rows [][]string) ([]byte, error) {
	table := office.Table{}
	for _, c := range columns {
		table.Columns = append(table.Columns, office.Column{Title: c, Width: 10})
	}
	for _, r := range rows {
		table.Rows = append(table.Rows, office.Cells(r...))
	}
	var file bytes.Buffer
	err := office.WriteXlsx(&file, office.Book{Title: title, Created: made, Sheets: []office.Sheet{{Name: title, Title: title, Table: table}}})
	return file.Bytes(), err
}

// lists are the lists of a month: the register, the payroll of the last months and the deaths.
func (b *builder) lists(all []*resident, villages []village, asOf time.Time) (map[screening.Kind][]byte, error) {
	var register, payroll, deaths [][]string
	month := benefit.MonthOf(asOf.Format(time.DateOnly))
	for _, p := range all {
		changed := ""
		if !p.changed.IsZero() {
			changed = p.changed.Format("2006年1月2日")
		}
		register = append(register, []string{p.name, p.number, p.sex, p.birth.Format("2006.1.2"), villages[p.village].name, p.house, p.relation, p.state, changed})
		if !p.died.IsZero() {
			deaths = append(deaths, []string{p.name, p.number, p.died.Format("2006-01-02"), reportedBy})
		}
	}
	for m := month - 5; m <= month; m++ {
		for _, p := range all {
			if p.fen == 0 || m < p.from || p.until != 0 && m > p.until {
				continue
			}
			number := p.number
			if p.writtenAs != "" {
				number = p.writtenAs
			}
			payroll = append(payroll, []string{p.name, number, villages[p.village].name, p.account, m.String(), strconv.FormatInt(p.fen/100, 10)})
		}
	}
	files := map[screening.Kind][]byte{}
	for _, x := range []struct {
		kind    screening.Kind
		title   string
		columns []string
		rows    [][]string
	}{
		{screening.Residents, "户籍人口", []string{"姓名", "公民身份号码", "性别", "出生日期", "村(居)", "户号", "与户主关系", "户籍状态", "变动日期"}, register},
		{screening.Roll, "高龄津贴发放册", []string{"姓名", "身份证号", "村", "一卡通账号", "发放月份", "发放金额"}, payroll},
		{screening.Deaths, "死亡名单", []string{"姓名", "身份证号码", "死亡日期", "备注"}, deaths},
	} {
		content, err := sheet(x.title, asOf, x.columns, x.rows)
		if err != nil {
			return nil, err
		}
		files[x.kind] = content
	}
	return files, nil
}

// residents plans what the first town does for its old people: a programme, the lists of two months, what they bring to light, followed
// until it is paid; cards that tell people, a sample that asks whether they know, and those who ask by themselves.
func (b *builder) residents(t town) {
	var all []*resident
	var programme, finding int64
	clerk, second := b.people[t.heads["党政"].name], b.people[t.second.name]
	monthEnd := func(at time.Time) time.Time { return time.Date(at.Year(), at.Month(), 0, 0, 0, 0, 0, at.Location()) }
	b.at(b.ago(73, 9), func(ctx context.Context) (err error) {
		finding = b.ids[t.name+"惠农利民政策宣传不到位，动态管理不及时"]
		programme, err = benefit.AddProgramme(ctx, b.vault, clerk, b.units[t.name], benefit.NewProgramme{Example: "elder", From: "2020-01-01", Basis: programmeOn})
		return err
	})
	first := b.ago(48, 9)
	b.at(first, func(ctx context.Context) error {
		asOf := monthEnd(first)
		all = b.inhabitants(len(t.villages), asOf)
		enrol(all, asOf)
		if err := b.takeRoll(ctx, clerk, programme, t, all, asOf); err != nil {
			return err
		}
		run, err := b.screen(ctx, clerk, programme, finding, t, all, asOf)
		if err != nil {
			return err
		}
		return b.handOut(ctx, clerk, run, finding, t, 0)
	})
	for i := range t.villages {
		at := b.ago(46-i%5, 10+i%6)
		b.at(at, func(ctx context.Context) error { return b.verifyVillage(ctx, t, i, all, 0) })
		b.at(at.Add(28*time.Hour), func(ctx context.Context) error { return b.confirmVillage(ctx, second, t, i) })
	}
	leader := b.people[t.leaders[2].name]
	b.at(b.ago(36, 9), func(ctx context.Context) error { return b.propose(ctx, clerk, 12) })
	b.at(b.ago(36, 11), func(ctx context.Context) error { return b.draftLetter(ctx, clerk, programme, t) })
	b.at(b.ago(36, 16), func(ctx context.Context) error { return b.signLetters(ctx, leader, t) })
	b.at(b.ago(28, 15), func(ctx context.Context) error { return b.decide(ctx, clerk, second, 8) })
	b.at(b.ago(21, 10), func(ctx context.Context) error { return b.payNew(ctx, second, 5) })
	now := b.ago(6, 9)
	var latest int64
	b.at(now, func(ctx context.Context) error {
		asOf := monthEnd(now)
		// Some who were stopped are off the roll; in some villages somebody has died since.
		settled, died := 0, map[int]bool{}
		for _, p := range all {
			switch {
			case p.flaw == stillPaid && settled < 4:
				p.until = benefit.MonthOf(asOf.AddDate(0, -1, 0).Format(time.DateOnly))
				settled++
			case p.flaw == "" && p.fen > 0 && p.died.IsZero() && !died[p.village] && p.village < 9:
				p.died, died[p.village] = asOf.AddDate(0, -2, -3), true
			}
		}
		if err := b.pay(ctx, clerk, programme, t, all, benefit.MonthOf(asOf.Format(time.DateOnly))); err != nil {
			return err
		}
		run, err := b.screen(ctx, clerk, programme, finding, t, all, asOf)
		if err != nil {
			return err
		}
		latest = run
		return b.handOut(ctx, clerk, run, finding, t, 12)
	})
	b.at(b.ago(5, 10), func(ctx context.Context) error {
		_, err := lead.PostNotice(ctx, b.vault, b.db, clerk, b.units[t.name].ID, lead.NoticeDraft{Programme: programme, Village: b.units[t.villages[0].name].ID, What: "receiving",
			Basis: programmeOn, Until: b.clock.AddDate(0, 0, 15).Format(time.DateOnly), Batch: lead.NewBatch()})
		return err
	})
	b.at(b.ago(4, 9), func(ctx context.Context) error { return b.audit(ctx, clerk, latest, lead.AuditMissed) })
	b.at(b.ago(4, 15), func(ctx context.Context) error {
		if err := b.propose(ctx, clerk, 4); err != nil {
			return err
		}
		return b.draftLetter(ctx, clerk, programme, t) // waits to be signed
	})
	b.at(b.ago(3, 9), func(ctx context.Context) error { return b.audit(ctx, clerk, latest, lead.AuditUndue) })
	b.at(b.ago(3, 16), func(ctx context.Context) error {
		for i := range 5 {
			if err := b.verifyVillage(ctx, t, i+3, all, 0); err != nil {
				return err
			}
		}
		return nil
	})
	b.publicise(t, &programme)
}

// takeRoll enters the roll of the allowance and the last three payments, as the payroll has them.
func (b *builder) takeRoll(ctx context.Context, who org.Person, programme int64, t town, all []*resident, asOf time.Time) error {
	var entries []benefit.Entry
	for _, p := range all {
		if p.fen > 0 {
			entries = append(entries, benefit.Entry{Subject: b.subject(t, p), Starts: p.from, Account: p.account, Source: "高龄津贴发放册"})
		}
	}
	if _, err := benefit.TakeRoll(ctx, b.vault, who, programme, entries); err != nil {
		return fmt.Errorf("roll: %w", err)
	}
	month := benefit.MonthOf(asOf.Format(time.DateOnly))
	for m := month - 2; m <= month; m++ {
		if err := b.pay(ctx, who, programme, t, all, m); err != nil {
			return err
		}
	}
	return nil
}

// pay enters the payments of a month.
func (b *builder) pay(ctx context.Context, who org.Person, programme int64, t town, all []*resident, m benefit.Month) error {
	var paid []benefit.Paid
	for _, p := range all {
		if p.fen > 0 && m >= p.from && (p.until == 0 || m <= p.until) {
			paid = append(paid, benefit.Paid{Subject: b.subject(t, p), Fen: p.fen, Day: m.Last(), Source: "高龄津贴发放册"})
		}
	}
	if _, err := benefit.TakePayments(ctx, b.vault, who, programme, m, paid); err != nil {
		return fmt.Errorf("payments of %s: %w", m, err)
	}
	return nil
}

func (b *builder) subject(t town, p *resident) benefit.Subject {
	return benefit.Subject{Number: p.number, Name: p.name, Birth: p.birth.Format(time.DateOnly), Sex: p.sex, Town: b.units[t.name], Village: b.units[t.villages[p.village].name],
		Place: t.villages[p.village].name, Household: p.house}
}

// screen hands in the lists of a month and screens them.
func (b *builder) screen(ctx context.Context, who org.Person, programme, finding int64, t town, all []*resident, asOf time.Time) (run int64, err error) {
	files, err := b.lists(all, t.villages, asOf)
	if err != nil {
		return 0, err
	}
	ask := lead.Ask{Unit: b.units[t.name].ID, Programme: programme, AsOf: asOf.Format(time.DateOnly), Finding: finding}
	for i, x := range []struct {
		kind                        screening.Kind
		name, giver, ground, letter string
	}{
		{screening.Residents, "户籍人口.xlsx", "栖禾派出所", "老年人权益保障法第三十三条；省高龄津贴办法第九条", "栖公函"},
		{screening.Roll, "高龄津贴发放册.xlsx", "镇民政和社会保障所", "省高龄津贴办法第十二条", "栖民函"},
		{screening.Deaths, "死亡名单.xlsx", reportedBy, "省高龄津贴办法第九条", "栖卫函"},
	} {
		id, err := b.handIn(ctx, who, x.kind, lead.Incoming{Unit: ask.Unit, Kind: x.kind, Name: asOf.Format("2006年1月") + x.name, Giver: x.giver, Ground: x.ground,
			Letter: fmt.Sprintf("%s〔%d〕%d号", x.letter, asOf.Year(), int(asOf.Month())*3+i), Purpose: "核对高龄津贴该享受没享受、不该享受还在发", AsOf: ask.AsOf, Assessment: fmt.Sprintf("栖评〔%d〕1号", asOf.Year())}, files[x.kind])
		if err != nil {
			return 0, fmt.Errorf("%s: %w", x.name, err)
		}
		ask.Datasets = append(ask.Datasets, id)
	}
	if run, err = lead.StartScreening(ctx, b.vault, b.db, who, ask); err != nil {
		return 0, err
	}
	return run, lead.RunWaiting(ctx, b.vault, b.db)
}

// handIn uploads a list and confirms the columns that the program found.
func (b *builder) handIn(ctx context.Context, who org.Person, kind screening.Kind, in lead.Incoming, content []byte) (id int64, err error) {
	if in.Content, err = vault.NewSpool(bytes.NewReader(content), lead.MostDataset); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, in.Content.Close()) }()
	if id, err = lead.AddDataset(ctx, b.vault, b.db, who, in); err != nil {
		return 0, err
	}
	d, err := lead.DatasetByID(ctx, b.vault, b.db, who, id)
	if err != nil || d.State != lead.DatasetPreview {
		return id, err
	}
	look, err := lead.Look(ctx, b.vault, d, kind)
	if err != nil {
		return id, err
	}
	mapping := lead.Mapping{}
	for _, s := range look.Sheets {
		if s.Found {
			mapping[s.Name] = lead.Whole(kind, s)
		}
	}
	return id, lead.ConfirmDataset(ctx, b.vault, b.db, who, id, d.Version, lead.Confirmation{Kind: kind, Assessment: in.Assessment, Mapping: mapping})
}

// handOut gives the hits of a screening to the villages' secretaries; villages from the given one on wait. 0: none waits.
func (b *builder) handOut(ctx context.Context, who org.Person, run, finding int64, t town, until int) error {
	var list []lead.Handout
	for i, v := range t.villages {
		if until == 0 || i < until {
			list = append(list, lead.Handout{Village: b.units[v.name].ID, Staff: b.people[v.officers["支部"].name].ID})
		}
	}
	_, err := lead.HandOut(ctx, b.vault, b.db, b.cal, who, run, finding, lead.HandoutDue(b.cal, b.clock.Format(time.DateOnly)), list)
	return err
}

// hitsIn are the hits of a village in some states, whatever the screening.
func (b *builder) hitsIn(ctx context.Context, who org.Person, village int64, states ...lead.HitState) ([]lead.Hit, error) {
	hits, _, err := lead.Hits(ctx, b.vault, b.db, who, lead.HitFilter{Village: village, States: states, Limit: 500})
	return hits, err
}

// outcomes are what a village finds out about each flaw.
var outcomes = map[flaw]lead.Check{
	missed:     {Outcome: lead.RightPay, Method: "入户", Proof: "户口簿首页和本人照面", Said: "人在家，不知道要申请"},
	stillPaid:  {Outcome: lead.RightStop, Method: "邻里", Proof: "火化证明复印件", Said: "家属以为会自动停"},
	movedAway:  {Outcome: lead.RightStop, Method: "电话", Proof: "派出所迁出证明", Said: "随儿子迁到外市"},
	misspelt:   {Outcome: lead.RightCorrect, Method: "入户", Proof: "身份证原件", Said: "录入时号码写错"},
	underpaid:  {Outcome: lead.RightPay, Method: "入户", Proof: "户口簿", Said: "档次没有调"},
	deadByList: {Outcome: lead.WrongSource, Blamed: "卫健", Method: "入户", Proof: "本人在家，拍照一张", Said: "同名的人去世，名单写错了号码"},
	"":         {Outcome: lead.RightStop, Method: "入户", Proof: "死亡证明", Said: "上月去世"},
}

// verifyVillage enters what the secretary of a village found out about its hits.
func (b *builder) verifyVillage(ctx context.Context, t town, village int, all []*resident, leave int) error {
	v := t.villages[village]
	who := b.people[v.officers["支部"].name]
	hits, err := b.hitsIn(ctx, who, b.units[v.name].ID, lead.HitAssigned)
	if err != nil {
		return err
	}
	for _, h := range hits[:max(len(hits)-leave, 0)] {
		c := outcomes[""]
		if i := slices.IndexFunc(all, func(p *resident) bool { return p.number == h.Number || p.writtenAs == h.Number }); i >= 0 {
			c = outcomes[all[i].flaw]
		}
		c.Day = b.clock.Format(time.DateOnly)
		if err := lead.Verify(ctx, b.vault, b.db, b.cal, who, h.ID, h.Version, c); err != nil {
			return fmt.Errorf("verify in %s: %w", v.name, err)
		}
	}
	return nil
}

// confirmVillage passes what a village found out; the third village is asked to look again once.
func (b *builder) confirmVillage(ctx context.Context, who org.Person, t town, village int) error {
	hits, err := b.hitsIn(ctx, who, b.units[t.villages[village].name].ID, lead.HitChecked)
	if err != nil {
		return err
	}
	for _, h := range hits {
		o := lead.Opinion{Pass: true}
		if village == 4 {
			o = lead.Opinion{Text: "只打了电话，请上门看一眼再报"}
		}
		if err := lead.Confirm(ctx, b.vault, b.db, b.cal, who, h.ID, h.Version, o); err != nil {
			return err
		}
	}
	return nil
}

// audit draws people whom a screening did not find and looks at most of them.
func (b *builder) audit(ctx context.Context, who org.Person, run int64, kind lead.AuditKind) error {
	id, err := lead.DrawAudit(ctx, b.vault, b.db, who, run, kind, "190427", 2)
	if err != nil {
		return err
	}
	_, people, err := lead.AuditByID(ctx, b.vault, b.db, who, id)
	if err != nil {
		return err
	}
	for i, p := range people {
		result, said := "right", "上门看过，在领"
		switch {
		case i%20 == 7:
			result, said = "unknown", "在外地儿子家，电话没打通"
		case i > len(people)*9/10:
			return nil
		}
		if err := lead.EnterAudit(ctx, b.vault, b.db, who, id, p.ID, p.Version, result, said); err != nil {
			return err
		}
	}
	return nil
}

// propose makes applications of confirmed hits, which a letter takes to the county.
func (b *builder) propose(ctx context.Context, who org.Person, most int) error {
	hits, err := b.hitsIn(ctx, who, 0, lead.HitConfirmed)
	if err != nil {
		return err
	}
	for _, h := range hits {
		list, err := lead.Verifications(ctx, b.vault, h.ID)
		if err != nil {
			return err
		}
		if most == 0 || len(list) == 0 || h.Application != 0 {
			continue
		}
		p := lead.ProposalOf(h, list[len(list)-1])
		if p.Kind == "" {
			continue
		}
		if p.From == 0 && p.Kind == benefit.New {
			p.From = benefit.MonthOf(b.clock.Format(time.DateOnly))
		}
		if p.To == 0 && p.Kind == benefit.Stop {
			p.To = benefit.MonthOf(b.clock.Format(time.DateOnly))
		}
		if p.Kind == benefit.Change || p.Kind.Money() {
			continue
		}
		if _, err := lead.Propose(ctx, b.vault, b.db, who, h.ID, h.Version, p); err != nil {
			return fmt.Errorf("propose %s: %w", h.Rule, err)
		}
		most--
	}
	return nil
}

// draftLetter puts what may go to the county into a letter, for somebody to sign.
func (b *builder) draftLetter(ctx context.Context, who org.Person, programme int64, t town) error {
	home := b.units[t.name]
	list, err := benefit.Unwritten(ctx, b.vault, who, programme, home, b.clock.Format(time.DateOnly))
	if err != nil {
		return err
	}
	n := benefit.NewLetter{Programme: programme, To: "临澜区民政局", Basis: programmeOn, Said: "以上事项经村里核对、镇里逐件调查，情况属实，建议照附件办理。"}
	for _, x := range list {
		n.Applications = append(n.Applications, x.ID)
	}
	_, err = benefit.DraftLetter(ctx, b.vault, who, home, n)
	return err
}

// signLetters signs the letters that wait.
func (b *builder) signLetters(ctx context.Context, who org.Person, t town) error {
	list, err := benefit.WaitingLetters(ctx, b.vault)
	if err != nil {
		return err
	}
	for _, l := range list {
		if err := benefit.SignLetter(ctx, b.vault, who, b.units[t.name], l.ID, l.Version, ledger.ShortName(b.units[t.name])+"民函"); err != nil {
			return err
		}
	}
	return nil
}

// decide records what the county decided on the oldest proposals.
func (b *builder) decide(ctx context.Context, teller, who org.Person, most int) error {
	list, err := benefit.Applications(ctx, b.vault, who, benefit.Queue{Step: benefit.Proposed})
	if err != nil {
		return err
	}
	for i, p := range list[:min(most, len(list))] {
		d := benefit.Decision{Verdict: benefit.Approved, Day: b.clock.Format(time.DateOnly), No: fmt.Sprintf("临民批〔%d〕%d号", b.clock.Year(), 41+i), Reason: "经核查符合规定，同意"}
		if err := benefit.Decide(ctx, b.vault, who, p.ID, p.Version, d); err != nil {
			return fmt.Errorf("decide: %w", err)
		}
		a, err := benefit.ApplicationByID(ctx, b.vault, who, p.ID)
		if err != nil {
			return err
		}
		if err := benefit.Tell(ctx, b.vault, teller, a.ID, a.Version, b.clock.Format(time.DateOnly), "村干部上门告知本人"); err != nil {
			return err
		}
	}
	return lead.Follow(ctx, b.vault)
}

// payNew pays some of those who were put on the roll for the month.
func (b *builder) payNew(ctx context.Context, who org.Person, most int) error {
	rows, err := store.All(ctx, b.vault, func(r *sql.Rows, x *[3]int64) error { return r.Scan(&x[0], &x[1], &x[2]) },
		`select r.programme, r.person, a.id from application a join roll r on r.person = a.person and r.programme = a.programme
			where a.kind = 'new' and a.decision = $1 order by a.id`, benefit.Approved)
	if err != nil {
		return err
	}
	month := benefit.MonthOf(b.clock.Format(time.DateOnly))
	for _, x := range rows[:min(most, len(rows))] {
		if _, err := benefit.TakePayments(ctx, b.vault, who, x[0], month, []benefit.Paid{{Person: x[1], Fen: 5000, Day: b.clock.Format(time.DateOnly), Source: "新增人员发放单"}}); err != nil {
			return err
		}
	}
	return lead.Follow(ctx, b.vault)
}

// publicise plans cards, whom they reached, a sample that asks whether people know, and requests.
func (b *builder) publicise(t town, programme *int64) {
	clerk, leader := b.people[t.heads["党政"].name], b.people[t.leaders[2].name]
	town := func() org.Unit { return b.units[t.name] }
	village := func(i int) org.Unit { return b.units[t.villages[i].name] }
	secretary := func(i int) org.Person { return b.people[t.villages[i].officers["支部"].name] }
	var card int64
	b.at(b.ago(71, 10), func(ctx context.Context) (err error) {
		for i := range t.villages {
			var list []publicity.Listed
			for h := range 30 + i%7 {
				list = append(list, publicity.Listed{Row: h + 2, Household: publicity.Household{Number: fmt.Sprintf("%02d%04d", i+1, h+1), Head: "户主", Team: fmt.Sprintf("%d组", h/10+1)}})
			}
			if _, err := publicity.ImportHouseholds(ctx, b.vault, clerk, []org.Unit{village(i)}, village(i), list); err != nil {
				return err
			}
		}
		card, err = publicity.Issue(ctx, b.vault, clerk, town(), publicity.Card{Programme: *programme, Benefit: "高龄津贴", Who: "年满80周岁\n户口在本镇", Amount: "80岁到99岁每月50元，满100岁每月300元，按季度发到一卡通",
			Place: "村委会，带身份证和户口簿；走不动的打电话，村干部上门办", Phone: "0399-5550126", ValidFrom: b.clock.Format(time.DateOnly), Basis: programmeOn})
		if err != nil {
			return err
		}
		return publicity.SetMandatory(ctx, b.vault, clerk, town(), []org.Unit{village(0), village(1), village(2), village(3), village(4), village(5), village(6)}, "反馈点名“一知半解”的村")
	})
	for i := range t.villages {
		b.at(b.ago(60-i, 15), func(ctx context.Context) error {
			list, err := publicity.Households(ctx, b.vault, village(i).ID)
			if err != nil {
				return err
			}
			var ids []int64
			for k, h := range list {
				if i%9 != 4 || k%6 != 0 {
					ids = append(ids, h.ID)
				}
			}
			_, err = publicity.DeliverHome(ctx, b.vault, secretary(i), card, village(i), b.clock.Format(time.DateOnly), secretary(i), ids)
			return err
		})
	}
	for wave, at := range []time.Time{b.ago(62, 9), b.ago(24, 9)} {
		b.at(at, func(ctx context.Context) error {
			villages := []org.Unit{village(0), village(1), village(2), village(3), village(4), village(5), village(6)}
			id, err := publicity.Draw(ctx, b.vault, leader, town(), publicity.Wave{Card: card, Name: []string{"入户宣传前", "入户宣传后"}[wave], Questions: []string{"多大年纪能领高龄津贴", "每月领多少", "到哪里办"}, Size: 20, Threshold: 70, Low: 60, Seed: []string{"316254", "642153"}[wave]}, villages)
			if err != nil {
				return err
			}
			for _, u := range villages {
				drawn, err := publicity.SampledIn(ctx, b.vault, id, u.ID)
				if err != nil {
					return err
				}
				var answers []publicity.Answer
				for k, s := range drawn {
					said := "rrr"
					if k%10 > 3+5*wave {
						said = "rpw"
					}
					answers = append(answers, publicity.Answer{ID: s.ID, Version: s.Version, Answers: said})
				}
				if err := publicity.Interview(ctx, b.vault, leader, id, u, leader, b.clock.Format(time.DateOnly), answers); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i, x := range []struct {
		days, village     int
		channel, who, say string
	}{{34, 2, "oral", "高守田", "我过了八十，听说有津贴，一直没领过"}, {12, 5, "phone", "林桂兰", "老伴走了以后低保少了，想问问怎么算的"}, {2, 0, "oral", "何福来", "今年八十了，问问什么时候能领"}} {
		b.at(b.ago(x.days, 10), func(ctx context.Context) error {
			id, err := publicity.Hear(ctx, b.vault, secretary(x.village), village(x.village), publicity.Request{Received: b.clock.Format(time.DateOnly), Channel: x.channel, Name: x.who, Benefit: "高龄津贴", Said: x.say})
			if err != nil || i == 2 {
				return err
			}
			r, err := publicity.RequestByID(ctx, b.vault, b.vault, id)
			if err != nil {
				return err
			}
			return publicity.AnswerRequest(ctx, b.vault, secretary(x.village), village(x.village), id, r.Version,
				publicity.Reply{Day: b.clock.Format(time.DateOnly), Benefit: "高龄津贴", Verdict: publicity.Fits, Advice: "已帮着填表，等镇里核对"})
		})
	}
}
