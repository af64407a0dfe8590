package sample

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/store"
)

// relapsingVillage has a finding that was closed, came back and was closed again.
const relapsingVillage = "上苇村"

// destined is the fate of those findings of the first town that show a thing: which they show must not hang on the dice.
func destined(t theme, dealt fate) fate {
	for _, x := range []struct {
		title string
		fate  fate
	}{{"理论学习", doing}, {"人居环境", doing}, {"生态环境", doing}, {"惠农利民", closely}, {"推进乡村振兴", failed}, {"党费收缴", keep}, {"小型工程", partly},
		{"移风易俗", justLate}, {"党内政治生活", open}, {"上轮巡察", signing}, {"巡察成果", done}} {
		if strings.HasPrefix(t.title, x.title) && x.fate.suits(t) {
			return x.fate
		}
	}
	return dealt
}

// isShown tells whether a finding has a duty of the table below.
func isShown(title string) bool {
	return slices.ContainsFunc(standings, func(s standing) bool { return s.title != "" && strings.HasPrefix(title, s.title) })
}

// standing is a recurring duty of the first town that a newcomer is to find, with what went wrong: the n-th occurrence before today.
type standing struct {
	title   string // of the finding, its beginning
	measure int
	name    string // of the duty
	rule    string
	words   string
	office  string // whose head does it
	post    string // or who holds this post
	village string // or this village
	part    duty.Part
	street  string
	since   int // days ago that it began, when not with the plan
	review  bool
	also    bool // beside what the plan's words ask for
	paused  bool // stands under 双暂停, which is over
	relapse bool // was let go for three weeks in its time

	late, missed, madeUp, returned, cancelled []int
	said                                      []string
}

var standings = []standing{
	{title: "理论学习", measure: 0, name: "周五下午集中学习", rule: "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", words: "每周五下午", office: "党建", review: true,
		late: []int{13}, missed: []int{17}, returned: []int{6}, cancelled: []int{10},
		said: []string{"集中学习1次，应到46人实到44人，请假2人已补学", "集中学习1次，领学1人、发言2人，笔记抽查10本", "集中学习1次，学了新修订的条例，随堂问了5人", "集中学习1次，应到46人实到45人，会后答题平均91分"}},
	{title: "理论学习", measure: 0, name: "每季度专题研讨", rule: "FREQ=MONTHLY;INTERVAL=3", words: "每季度", office: "党建", review: true,
		said: []string{"专题研讨1次，7人作了准备发言", "专题研讨1次，围绕集体经济增收，形成意见4条"}},
	{title: "理论学习", measure: 1, name: "审核中心组发言提纲", rule: "FREQ=MONTHLY", words: "每月不少于1次", post: "党委委员、宣传委员", review: true,
		said: []string{"审核发言提纲4份，退回重写1份", "审核发言提纲5份，都能联系分管工作", "审核发言提纲3份，退回1份照抄文件的"}},
	{title: "惠农利民", measure: 1, name: "比对满80周岁人员名单", rule: "FREQ=MONTHLY;BYMONTHDAY=25;X-SHIFT=previous", words: "每月比对一次", office: "民政", review: true,
		late: []int{1}, madeUp: []int{4},
		said: []string{"与派出所名单比对，新满80周岁7人，已补办6人，1人材料在途", "比对1次，新满80周岁4人，全部补办", "比对1次，新满80周岁5人，去世停发2人"}},
	{title: "党费收缴", measure: 0, name: "月末收缴党费并公示", rule: "FREQ=MONTHLY;X-WORKDAY=-1", words: "按月交纳", office: "党建", review: true,
		said: []string{"41个支部按月交齐，已公示", "41个支部交齐，2名流动党员转账交纳，已公示"}},
	{title: "人居环境", measure: 0, name: "巡查东街", rule: "FREQ=DAILY;X-SHIFT=skip", words: "每日", office: "执法", street: "东街", late: []int{4}, missed: []int{12, 31, 33},
		said: []string{"东街巡查2遍，占道2处当场劝离", "东街巡查2遍，垃圾清运及时", "东街巡查1遍，下雨，没有占道", "东街巡查2遍，清杂物1处"}},
	{title: "人居环境", measure: 0, name: "巡查西街", rule: "FREQ=DAILY;X-SHIFT=skip", words: "每日", office: "环保", street: "西街", since: 80, missed: []int{37},
		said: []string{"西街巡查2遍，正常", "西街巡查2遍，清运车晚到1小时，已提醒", "西街巡查2遍，乱停3辆已挪走"}},
	{title: "生态环境", measure: 0, name: "返黑水体取样", rule: "FREQ=WEEKLY;INTERVAL=2", words: "每两周", office: "环保", late: []int{5},
		said: []string{"三处取样送检，氨氮达标", "三处取样，结果已张贴公示"}},
	{title: "生态环境", measure: 1, name: "每旬巡沟", rule: "FREQ=MONTHLY;X-TIMES=3", words: "每月不少于3次", village: "东槐村", part: duty.Help, late: []int{4}, said: ditches},
	{title: "生态环境", measure: 1, name: "每旬巡沟", rule: "FREQ=MONTHLY;X-TIMES=3", words: "每月不少于3次", village: "柳荫村", part: duty.Help, missed: []int{5}, said: ditches},
	{title: "生态环境", measure: 1, name: "每旬巡沟", rule: "FREQ=MONTHLY;X-TIMES=3", words: "每月不少于3次", village: "南窑村", part: duty.Help, said: ditches},
	{title: "生态环境", measure: 1, name: "每旬巡沟", rule: "FREQ=MONTHLY;X-TIMES=3", words: "每月不少于3次", village: "下苇村", part: duty.Help, missed: []int{2, 7}, said: ditches},
	{title: "生态环境", measure: 1, name: "现场核查粪污池", rule: "FREQ=MONTHLY", words: "每月现场核查一次", office: "环保", review: true,
		said: []string{"核查养殖户9家，粪污池都在用", "核查养殖户8家，1家池满外溢，限三天清运"}},
	{title: "推进乡村振兴", measure: 1, name: "盘点闲置资产", rule: "FREQ=MONTHLY;INTERVAL=3", words: "每季度", office: "农业", review: true, said: []string{"盘点闲置资产23处，新出租2处", "盘点闲置资产21处，大棚还空着"}},
	{title: "小型工程", measure: 0, name: "双暂停期间核停在建项目", office: "建设", review: true, also: true, paused: true},
	{title: "", measure: 0, name: "村内沟渠十天自查", rule: "FREQ=MONTHLY;X-TIMES=3", words: "每十天", village: relapsingVillage, also: true, relapse: true,
		said: []string{"沿主沟走了一遍，没有垃圾", "清了桥头一处漂浮物", "查看6处排口，正常"}},
}

var ditches = []string{"沿沟走了一遍，清水草两处，没有污水排入", "巡沟一次，没有发现直排", "巡沟一次，捞垃圾三袋", "巡沟一次，闸口淤泥已报村里"}

// standingOf is the row of the table that a duty was made from; the zero one for others.
func standingOf(name, unit string) standing {
	for _, s := range standings {
		if s.name == name && (s.village == "" || s.village == unit) {
			return s
		}
	}
	return standing{}
}

// say is what is reported of the n-th occurrence before today; empty leaves it to the theme.
func (s standing) say(n int) string {
	if len(s.said) == 0 {
		return ""
	}
	return s.said[n*7%len(s.said)]
}

// lapses tells whether an occurrence due on a day was let go.
func (s standing) lapses(b *builder, due string) bool {
	return s.relapse && due >= b.ago(122, 0).Format(time.DateOnly) && due < b.ago(98, 0).Format(time.DateOnly)
}

// standing are the assignments of measure i of an item that the table asks for.
func (b *builder) standing(it *item, i int) []ledger.Assignment {
	var list []ledger.Assignment
	also := false
	for _, s := range standings {
		mine := it.unit == townSeeds[0].name && s.title != "" && strings.HasPrefix(it.title, s.title) || s.relapse && it.fate == backAgain
		if !mine || s.measure != i {
			continue
		}
		also = also || s.also
		a := ledger.Assignment{Measure: i, Part: duty.Lead, Title: s.name, Rule: s.rule, Words: s.words, Reviewed: s.review}
		if s.part != "" {
			a.Part = s.part
		}
		switch {
		case s.village != "":
			a.Unit = b.units[s.village].ID
			for _, v := range it.town.villages {
				if v.name == s.village {
					a.Staff = b.people[v.officers["支部"].name].ID
				}
			}
		case s.post != "":
			a.Unit, a.Post = b.units[it.town.name].ID, b.posts[s.post]
		default:
			a.Unit, a.Staff = b.units[it.town.name+"/"+officeOf(s.office).name].ID, b.people[it.town.heads[s.office].name].ID
		}
		if s.since > 0 {
			a.Starts = b.ago(s.since, 0).Format(time.DateOnly)
		}
		if s.street != "" {
			a.Place = b.places[s.street]
		}
		if s.paused {
			a.Due, a.Condition = it.due, "区政府工程“双暂停”通知（暂停新开工、暂停付款）"
			a.CondFrom, a.CondTo = b.ago(150, 0).Format(time.DateOnly), b.ago(62, 0).Format(time.DateOnly)
		}
		list = append(list, a)
	}
	if !also {
		return list
	}
	unit, who := b.owner(it, i)
	return append(list, ledger.Assignment{Measure: i, Unit: unit.ID, Staff: who.ID, Part: duty.Lead, Due: it.due, Reviewed: true})
}

// night does what the program does at the turn of a day, and lets people see to what came back.
func (b *builder) night(ctx context.Context) error {
	if err := ledger.Nightly(ctx, b.db, b.cal); err != nil {
		return err
	}
	for _, it := range b.list {
		if it.fate != backAgain || it.cameBack {
			continue
		}
		f, err := ledger.ByID(ctx, b.db, org.Person{Role: org.Admin, Unit: b.units[districtName]}, b.ids[it.unit+it.title])
		if err != nil {
			return err
		}
		if !f.Relapsed {
			continue
		}
		it.cameBack, it.last = true, b.later(6)
		b.at(b.later(2), func(ctx context.Context) error {
			missed, err := duty.List(ctx, b.db, duty.Filter{Finding: f.ID, Standings: []duty.Standing{duty.Missed}})
			if err != nil {
				return err
			}
			for _, o := range missed {
				if err := b.report(ctx, it, o.ID, "补查一遍，清了两处积存"); err != nil {
					return err
				}
			}
			return b.follow(ctx, it)
		})
		b.at(b.later(9), func(ctx context.Context) error { return b.apply(ctx, it, 0) })
	}
	return nil
}

// first finds the first item that is so, and does not take it twice.
func (b *builder) first(so func(*item) bool) *item {
	for _, it := range b.list {
		if !it.taken && so(it) {
			it.taken = true
			return it
		}
	}
	return nil
}

// shown plans one thing that somebody does to a finding as it is then.
func (b *builder) shown(days, hour int, it *item, do func(ctx context.Context, f ledger.Finding) error) {
	if it == nil {
		return
	}
	b.at(b.ago(days, hour), func(ctx context.Context) error {
		f, err := ledger.ByID(ctx, b.db, b.people["邵文澜"], b.ids[it.unit+it.title])
		if err == nil {
			err = do(ctx, f)
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", it.unit, it.title, err)
		}
		return nil
	})
}

// showcase plans what there is once or twice: each thing that the product can do has an example.
func (b *builder) showcase(list []town) {
	t := &list[0]
	b.succession(t)
	b.extensions(t)
	b.recommendations(t)
	b.numbers(t)
	b.lookBack(t)
	b.surveys(t)
	clerk, supervisor := t.heads["党政"].name, "邵文澜"
	// The district writes to the town itself.
	b.shown(4, 15, b.first(func(it *item) bool { return it.town == t && it.fate == late }), func(ctx context.Context, f ledger.Finding) error {
		id, err := ledger.Draft(ctx, b.db, b.cal, b.people[supervisor], f.ID, ledger.Supervise)
		if err != nil {
			return err
		}
		l, err := ledger.LetterByID(ctx, b.db, b.people[supervisor], id)
		if err != nil || l.State != "draft" {
			return err
		}
		return ledger.SendLetter(ctx, b.db, b.people[supervisor], id, l.Version)
	})
	// A photograph from before the feedback, with the reason for it.
	b.shown(60, 10, b.first(func(it *item) bool { return it.unit == t.name && it.fate.state == ledger.Part && it.fate.closing == "" }), func(ctx context.Context, f ledger.Finding) error {
		feedback, err := ledger.FeedbackOf(ctx, b.db, f.ID)
		if err != nil {
			return err
		}
		day, err := time.Parse(time.DateOnly, feedback)
		if err != nil {
			return err
		}
		_, err = ledger.AddEvidence(ctx, b.db, b.people[clerk], f.ID, evidence.Item{Kind: evidence.Record, Title: "巡察期间边查边改记录", Said: "1份，党政办档案柜",
			Event: b.workday(day.AddDate(0, 0, -20), 1).Format(time.DateOnly), Early: "巡察组进驻期间指出，当天即改，属立行立改"})
		return err
	})
	// Something is sent back to the secretary of the first village the day before.
	secretary := t.villages[0].officers["支部"].name
	b.at(b.ago(3, 16), func(ctx context.Context) error { return b.early(ctx, secretary) })
	b.at(b.ago(1, 16).Add(40*time.Minute), func(ctx context.Context) error { return b.turnDown(ctx, b.people[clerk], secretary) })
}

// early has somebody report on the last of their open single tasks.
func (b *builder) early(ctx context.Context, name string) error {
	open, err := duty.List(ctx, b.db, duty.Filter{Staff: b.people[name].ID, Standings: []duty.Standing{duty.Open}, Newest: true})
	if err != nil {
		return err
	}
	for _, o := range open {
		if o.Recurs || o.Due < b.today.Format(time.DateOnly) || strings.HasPrefix(o.Title, "核实疑点") { // hits are told one by one
			continue
		}
		_, err := ledger.Report(ctx, b.db, b.cal, b.people[name], o.ID, o.Version, duty.Report{Said: "已经办了大半，名单核了一遍"}, nil)
		return err
	}
	return nil
}

// turnDown sends back what waits of somebody.
func (b *builder) turnDown(ctx context.Context, reviewer org.Person, name string) error {
	waiting, err := duty.List(ctx, b.db, duty.Filter{Staff: b.people[name].ID, Standings: []duty.Standing{duty.Reported}})
	for _, o := range waiting {
		if err == nil {
			err = ledger.Decide(ctx, b.db, b.cal, reviewer, o.ID, o.Version, duty.Decision{Opinion: "只说了过程，没有结果。请写清办了几户、还差几户"})
		}
	}
	return err
}

// succession hands the post of 宣传委员 on, and leaves another vacant.
func (b *builder) succession(t *town) {
	clerk, post := t.heads["党政"].name, leaderPosts[4]
	next := person{"阎思齐", post, org.Leader, ""}
	small := person{"柯小满", "宣传文化站干事", org.Cadre, ""}
	var held org.Holding
	b.at(b.ago(229, 10), func(ctx context.Context) error {
		return b.db.Write(ctx, func(tx *store.Tx) error {
			station := b.units[t.name+"/宣传文化站"]
			if err := b.employ(ctx, tx, station, small); err != nil {
				return err
			}
			p, err := org.AddPost(ctx, tx, org.Program, station, "群众文化辅导员", "", true)
			if err != nil {
				return err
			}
			held, err = org.Hold(ctx, tx, org.Program, p.ID, b.people[small.name].ID, b.ago(229, 0).Format(time.DateOnly), "")
			if err != nil {
				return err
			}
			for i, name := range []string{"东街", "西街"} {
				street, err := org.AddPlace(ctx, tx, org.Program, org.Place{}, b.units[t.name], "street", name, int64(i+1))
				if err != nil {
					return err
				}
				b.places[name] = street.ID
			}
			return nil
		})
	})
	b.at(b.ago(46, 11), func(ctx context.Context) error {
		return b.db.Write(ctx, func(tx *store.Tx) error {
			return org.Release(ctx, tx, b.people[clerk], held.ID, b.ago(46, 0).Format(time.DateOnly), "抽调到区里工作")
		})
	})
	b.at(b.ago(83, 9), func(ctx context.Context) error {
		return b.db.Write(ctx, func(tx *store.Tx) error { return b.employ(ctx, tx, b.units[t.name], next) })
	})
	b.at(b.ago(82, 10), func(ctx context.Context) error {
		_, err := ledger.HandOver(ctx, b.db, b.people[clerk], b.posts[post], b.people[next.name].ID, b.clock.Format("栖禾委〔2006〕31号"))
		return err
	})
	b.at(b.ago(81, 9), func(ctx context.Context) error {
		_, err := ledger.ReceiveAll(ctx, b.db, b.people[next.name])
		return err
	})
	for _, it := range b.list { // what the predecessor led and is not done passes on
		if it.town == t && it.leader == t.leaders[4].name && it.fate.closing == "" {
			b.at(b.ago(81, 15), func(ctx context.Context) error {
				it.leader = next.name
				return b.editDuty(ctx, clerk, it.unit, it.title, func(e *ledger.DutyEdit) { e.Leader = next.name })
			})
		} else if it.town == t && it.leader == t.leaders[4].name {
			b.at(b.ago(82, 11), func(context.Context) error { it.leader = next.name; return nil })
		}
	}
}

// extensions asks for two: one is granted, one waits.
func (b *builder) extensions(t *town) {
	ask := func(days int, it *item, so string) {
		b.shown(days, 10, it, func(ctx context.Context, f ledger.Finding) error {
			due, err := time.Parse(time.DateOnly, f.Due)
			if err != nil {
				return err
			}
			return ledger.AskExtension(ctx, b.db, b.people[it.clerk], f.ID, due.AddDate(0, 0, 45).Format(time.DateOnly), so, "第一项措施已落实，材料齐全；第二项完成六成")
		})
	}
	granted := b.first(func(it *item) bool {
		return it.unit == t.name && it.fate.state == ledger.Part && it.fate.closing == "" && it.due > "" && !it.isLate(b) && !isShown(it.title)
	})
	if granted == nil {
		granted = b.first(func(it *item) bool { return it.town == t && it.fate == closely && it.order >= 0 })
	}
	ask(9, granted, "施工受连续阴雨影响，设备要到下月才能进场")
	b.shown(7, 16, granted, func(ctx context.Context, f ledger.Finding) error {
		x, err := ledger.Extensions(ctx, b.db, f.ID)
		if err != nil || len(x) == 0 {
			return err
		}
		return ledger.DecideExtension(ctx, b.db, b.people[t.leaders[1].name], x[0].ID, x[0].Version, true, "同意，请倒排工期，每周报一次进度")
	})
	ask(2, b.first(func(it *item) bool { return it.town == t && it.fate == soon && it.due > b.today.Format(time.DateOnly) }), "两户业主在外地，身份核实要等材料寄回")
}

// isLate tells whether the deadline has passed.
func (it *item) isLate(b *builder) bool { return it.due < b.today.Format(time.DateOnly) }

// recommendations: one subject raised twice and settled, one just arrived.
func (b *builder) recommendations(t *town) {
	supervisor, clerk, secretary := "邵文澜", t.heads["党政"].name, t.leaders[0].name
	town := func() int64 { return b.units[t.name].ID }
	var first, second int64
	issue := func(days int, id *int64, n ledger.Notice) {
		b.at(b.ago(days, 10), func(ctx context.Context) (err error) {
			n.Unit, n.Issued = town(), b.clock.Format(time.DateOnly)
			n.Number = b.clock.Format("临巡建〔2006〕") + n.Number
			*id, err = ledger.Recommend(ctx, b.db, b.cal, b.people[supervisor], n)
			return err
		})
	}
	on := func(days int, id *int64, who string, do func(context.Context, org.Person, ledger.Recommendation) error) {
		b.at(b.ago(days, 15), func(ctx context.Context) error {
			r, err := ledger.RecommendationByID(ctx, b.db, b.people[who], *id)
			if err != nil {
				return err
			}
			return do(ctx, b.people[who], r)
		})
	}
	receive := func(ctx context.Context, who org.Person, r ledger.Recommendation) error {
		return ledger.ReceiveRecommendation(ctx, b.db, who, r.ID, r.Version)
	}
	answer := func(text string) func(context.Context, org.Person, ledger.Recommendation) error {
		return func(ctx context.Context, who org.Person, r ledger.Recommendation) error {
			return ledger.AnswerRecommendation(ctx, b.db, who, r.ID, r.Version, ledger.Reply{Text: text, Number: b.clock.Format("栖禾委〔2006〕18号"), Day: b.clock.Format(time.DateOnly)})
		}
	}
	issue(150, &first, ledger.Notice{Number: "3号", Subject: "关于公益岗位人员由村干部亲属兼任的建议", Body: "抽查发现个别村公益岗位由村干部亲属担任，建议一个月内全面排查，不符合条件的调整。"})
	on(149, &first, clerk, receive)
	on(145, &first, clerk, answer("已对公益岗位逐村排查，调整7人，其余人员重新公示。"))
	issue(70, &second, ledger.Notice{Number: "9号", Subject: "关于公益岗位人员由村干部亲属兼任的建议", Body: "回访发现两个村调整后换了名字、没有换人，建议由党委书记牵头重新核查，并追回多领补贴。", WhyAgain: "上次答复只报了人数，没有核实到人，两个村仍由亲属代领"})
	on(69, &second, clerk, receive)
	on(66, &second, secretary, answer("由我牵头重新核查，逐人见面、逐户走访，清退9人，追回补贴2.7万元，两名村干部受到诫勉。"))
	on(62, &second, supervisor, func(ctx context.Context, who org.Person, r ledger.Recommendation) error {
		return ledger.JudgeRecommendation(ctx, b.db, b.cal, who, r.ID, r.Version, ledger.Adopted, "查过退款凭证和新公示，采纳", "")
	})
	var third int64
	issue(3, &third, ledger.Notice{Number: "14号", Subject: "关于农家书屋图书被移作他用的建议", Body: "走访三个村，书屋改作仓库，建议十日内恢复开放并建立借阅登记。"})
}

// numbers confirms some of the numbers that the town's findings quote, and says what they are now.
func (b *builder) numbers(t *town) {
	n := 0
	for _, it := range b.list {
		if it.unit != t.name || n >= 6 || !it.working() {
			continue
		}
		n++
		days := 30 - 4*n
		b.shown(days, 11, it, func(ctx context.Context, f ledger.Finding) error {
			clerk := b.people[it.clerk]
			have, err := ledger.ClaimsOf(ctx, b.db, f.ID)
			if err != nil {
				return err
			}
			for _, c := range have {
				part := slices.ContainsFunc(have, func(x ledger.Claim) bool { return x.Nested == c.ID })
				value, known := plan.Amount(c.Value, "")
				if !known || part || c.Nested != 0 || c.State != ledger.ClaimProposed || len(c.Places) > 0 || c.Upper != "" {
					continue
				}
				e := c.Edit()
				e.Target, e.Aim = "0", plan.AtMost
				if err := ledger.EditClaim(ctx, b.db, clerk, c.ID, c.Version, e); err != nil {
					return err
				}
				whole := value.Num().Int64() / value.Denom().Int64()
				now := whole / 4
				if it.fate.closing != "" {
					now = 0
				}
				return ledger.SetClaimValue(ctx, b.db, clerk, c.ID, ledger.ValueEdit{Value: fmt.Sprint(now), AsOf: b.clock.Format(time.DateOnly), Source: it.units[0] + b.clock.Format("1月核查表")})
			}
			return nil
		})
	}
}

// lookBack draws a sample of what is closed; most of it is visited, and one of it has come back. What is drawn hangs on ids, so that it
// differs from build to build; what has come back already (backAgain) is not the one.
func (b *builder) lookBack(t *town) {
	var sample int64
	b.at(b.ago(16, 10), func(ctx context.Context) (err error) {
		due := b.cal.After(b.clock.Format(time.DateOnly), 15)
		sample, err = ledger.Draw(ctx, b.db, b.people["邵文澜"], b.units[districtName], b.clock.Format("2006年1月销号问题回头看"), "392715", 8, 2, due)
		return err
	})
	b.at(b.ago(9, 10), func(ctx context.Context) error {
		visits, err := ledger.VisitsOf(ctx, b.db, sample)
		if err != nil {
			return err
		}
		slipped := false
		for i, v := range visits {
			if i*3 >= len(visits)*2 {
				break
			}
			result, said := ledger.VisitHeld, "到现场看了，问了附近三户，都说解决了，台账和现场一致"
			it := b.items[v.Unit.Name+v.Title]
			village := v.Unit.Kind == org.Village && strings.HasPrefix(v.Stratum, t.name) && it != nil && it.fate != backAgain
			switch {
			case village && !slipped:
				slipped, result, said = true, ledger.VisitSlipped, "现场又堆了杂物，问了四户，说检查过后没人管了"
			case i%7 == 4:
				result, said = ledger.VisitPartly, "制度上了墙，最近一个月的记录缺两次，村里答应补上"
			}
			if err := ledger.RecordVisit(ctx, b.db, b.people["乔景澄"], v.ID, v.Version, result, said); err != nil {
				return err
			}
		}
		return nil
	})
}

// surveys asks villagers about two closed findings; of one too few have answered.
func (b *builder) surveys(t *town) {
	for i, x := range []struct {
		order   int
		answers string // y, m, n
		paper   bool
	}{{0, "yyymyyynyyymyyyymyyy", true}, {1, "yny", false}} {
		it := b.first(func(it *item) bool {
			return it.town == t && it.order >= x.order && it.fate.closing == ledger.Accepted && it.fate != backAgain
		})
		var s ledger.Survey
		var slips []string
		b.shown(22-i, 9, it, func(ctx context.Context, f ledger.Finding) (err error) {
			closes := b.clock.AddDate(0, 0, 40).Format(time.DateOnly)
			s, slips, err = ledger.OpenSurvey(ctx, b.db, b.people["邵文澜"], f.ID, ledger.Ask{Question: "“" + f.Title + "”这件事，在您看来解决了没有？",
				Closes: closes, Numbers: 30, Batch: rand.Text()})
			return err
		})
		b.shown(12-i, 16, it, func(ctx context.Context, f ledger.Finding) error {
			for k, a := range x.answers {
				choice, said := ledger.Yes, ""
				switch a {
				case 'm':
					choice, said = ledger.Mostly, []string{"", "比以前好多了", "还要常来看看"}[k%3]
				case 'n':
					choice, said = ledger.No, "我们这条巷子还没弄"
				}
				if err := ledger.Vote(ctx, b.db, s.Code, slips[k], choice, said); err != nil {
					return err
				}
			}
			if !x.paper {
				return nil
			}
			return ledger.EnterPaper(ctx, b.db, b.people["邵文澜"], s.ID, s.Version, ledger.Paper{Day: b.clock.Format(time.DateOnly), Handed: 12,
				Counts: map[ledger.Choice]int{ledger.Yes: 7, ledger.Mostly: 2, ledger.No: 1}})
		})
	}
}
