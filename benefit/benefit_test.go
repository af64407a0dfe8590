package benefit

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bihuan/chinese"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// desk is a database of residents with the people who work in it.
type desk struct {
	t       *testing.T
	url     string // of the house
	ctx     context.Context
	v       *vault.Vault
	now     time.Time
	town    org.Unit
	east    org.Unit
	west    org.Unit
	clerk   org.Person
	other   org.Person // a second clerk
	leader  org.Person
	party   org.Person
	village org.Person
	far     org.Person // another town's clerk
}

func each(t *testing.T, f func(t *testing.T, d *desk)) {
	storetest.Each(t, func(t *testing.T, url string) {
		address, err := store.ResidentsOf(url)
		if err != nil {
			t.Fatal(err)
		}
		v, err := vault.Open(t.Context(), address, filepath.Join(t.TempDir(), "residents.key"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { v.Close() })
		d := newDesk(t, v)
		d.url = url
		f(t, d)
	})
}

// newDesk is the desk with a database that is open already.
func newDesk(t *testing.T, v *vault.Vault) *desk {
	d := &desk{t: t, ctx: t.Context(), v: v, now: time.Date(2026, 4, 16, 9, 0, 0, 0, time.Local)}
	v.Now = func() time.Time { return d.now }
	d.town = org.Unit{ID: 5, Kind: org.Town, Name: "栖禾镇", Path: "/1/5/"}
	d.east = org.Unit{ID: 51, Kind: org.Village, Name: "东槐村", Path: "/1/5/51/"}
	d.west = org.Unit{ID: 52, Kind: org.Village, Name: "柳荫村", Path: "/1/5/52/"}
	away := org.Unit{ID: 6, Kind: org.Town, Name: "双堰镇", Path: "/1/6/"}
	d.clerk = org.Person{ID: 101, Name: "贺晓雨", Role: org.Clerk, Unit: d.town}
	d.other = org.Person{ID: 102, Name: "梁知远", Role: org.Clerk, Unit: d.town}
	d.leader = org.Person{ID: 103, Name: "孟昭宁", Role: org.Leader, Unit: d.town}
	d.party = org.Person{ID: 104, Name: "周叙明", Role: org.Secretary, Unit: d.town}
	d.village = org.Person{ID: 105, Name: "郝根生", Role: org.Cadre, Unit: d.east}
	d.far = org.Person{ID: 106, Name: "陆行舟", Role: org.Clerk, Unit: away}
	return d
}

// must fails the test on an error.
func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// refuses fails unless an error is about a field and says something.
func (d *desk) refuses(err error, field, what string) {
	d.t.Helper()
	var invalid org.Invalid
	if !errors.As(err, &invalid) || invalid.Field != field || !strings.Contains(invalid.What, what) {
		d.t.Errorf("%v, want %s: …%s…", err, field, what)
	}
}

// id makes the number of somebody born on a day (19411015); the area is nobody's.
func id(birth string, seq int) string {
	seventeen := fmt.Sprintf("990408%s%03d", birth, seq)
	for _, check := range "0123456789X" {
		if n, ok := chinese.ParseID([]byte(seventeen + string(check))); ok && n.Checked() {
			return n.String()
		}
	}
	panic("no check character")
}

// elders begins 高龄津贴 with parameters in force from 2010 on.
func (d *desk) elders() int64 {
	d.t.Helper()
	p, err := AddProgramme(d.ctx, d.v, d.clerk, d.town, NewProgramme{Example: "elder", From: "2010-01-01", Basis: "临民〔2009〕31号"})
	d.must(err)
	return p
}

// version reads the version of a row.
func (d *desk) version(table string, id int64) int64 {
	d.t.Helper()
	n, err := store.One(d.ctx, d.v, store.Value[int64], `select version from `+table+` where id = $1`, id)
	d.must(err)
	return n
}

// owed is what a month owes somebody.
func (d *desk) owed(p, person int64, m Month) Due {
	d.t.Helper()
	a, err := AccountOf(d.ctx, d.v, d.clerk, p, person, m.First())
	d.must(err)
	return a.Terms.Due(a.Standing, m)
}

func (d *desk) set(p int64, n NewValue) error {
	if n.Basis == "" {
		n.Basis = "临民〔2024〕12号"
	}
	return SetParameter(d.ctx, d.v, d.clerk, p, d.version("programme", p), n)
}

func TestParametersHaveDates(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p, err := AddProgramme(d.ctx, d.v, d.clerk, d.town, NewProgramme{Example: "elder", From: "2010-01-01"})
		d.must(err)
		if again, err := AddProgramme(d.ctx, d.v, d.clerk, d.town, NewProgramme{Example: "elder", From: "2010-01-01"}); err != nil || again != p {
			t.Errorf("the same example again: %d, %v", again, err)
		}
		// Examples are examples until somebody names the document.
		_, err = ParamsOn(d.ctx, d.v, p, "2026-04-30")
		d.refuses(err, "项目参数", "起始年龄、起发月份、去世后续发、月标准")
		d.refuses(NameBasis(d.ctx, d.v, d.clerk, p, 1, " "), "依据文件", "文号")
		d.must(NameBasis(d.ctx, d.v, d.clerk, p, 1, "临民〔2009〕31号"))
		d.must(NameBasis(d.ctx, d.v, d.clerk, p, 1, "临民〔2009〕31号")) // the same form again
		// A new set of amounts ends the one before.
		tiers, err := ParseTiers("80-89 60\n90-99 120\n100- 500")
		d.must(err)
		d.must(d.set(p, NewValue{Name: Amount, Tiers: tiers, From: "2024-01-01"}))
		d.must(d.set(p, NewValue{Name: Amount, Tiers: tiers, From: "2024-01-01"}))
		for day, want := range map[string]string{"2023-12-31": "80-99:50 100-0:300", "2024-01-01": "80-89:60 90-99:120 100-0:500"} {
			params, err := ParamsOn(d.ctx, d.v, p, day)
			d.must(err)
			var got []string
			for _, x := range params.Tiers {
				got = append(got, fmt.Sprintf("%d-%d:%s", x.From, x.To, x.YuanPerMonth))
			}
			if strings.Join(got, " ") != want || params.Threshold != 80 || params.FirstMonth != Birthday || params.GraceMonths != 0 || params.AsOf != day {
				t.Errorf("%s: %s %+v", day, got, params)
			}
		}
		_, err = ParamsOn(d.ctx, d.v, p, "2009-12-31")
		d.refuses(err, "项目参数", "2009年12月没有")
		// Overlaps and gaps, each with where.
		d.refuses(d.set(p, NewValue{Name: Amount, Tiers: tiers, From: "2015-01-01"}), "起用日期", "与2010-01-01至2023-12-31的月标准（80–99岁 50元，100岁起 300元）重叠")
		d.refuses(d.set(p, NewValue{Name: Amount, Tiers: tiers, From: "2005-01-01"}), "止用日期", "请把止用日期写成 2009-12-31")
		d.refuses(d.set(p, NewValue{Name: Amount, Tiers: tiers, From: "2005-01-01", To: "2008-12-31"}), "止用日期", "2009-01-01到2009-12-31之间没有月标准")
		d.must(d.set(p, NewValue{Name: Amount, Tiers: tiers, From: "2005-01-01", To: "2009-12-31"}))
		d.must(d.set(p, NewValue{Name: Grace, Value: "1", From: "2020-01-01", To: "2021-12-31"}))
		d.refuses(d.set(p, NewValue{Name: Grace, Value: "0", From: "2022-02-01"}), "起用日期", "2022-01-01到2022-01-31之间没有去世后续发，请把起用日期写成 2022-01-01")
		d.must(d.set(p, NewValue{Name: Grace, Value: "0", From: "2022-01-01"}))
		// A correction of the same day; one that would leave a gap.
		d.must(d.set(p, NewValue{Name: Grace, Value: "2", From: "2020-01-01", To: "2021-12-31"}))
		d.refuses(d.set(p, NewValue{Name: Grace, Value: "2", From: "2020-01-01", To: "2021-11-30"}), "止用日期", "2021-12-01到2021-12-31之间没有")
		terms, err := TermsOf(d.ctx, d.v, p)
		d.must(err)
		if n, ok := terms.Number(Grace, "2021-06-01"); n != 2 || !ok {
			t.Errorf("the correction: %d %v", n, ok)
		}
		// What cannot be a value.
		d.refuses(d.set(p, NewValue{Name: Threshold, Value: "八十", From: "2025-01-01"}), "值", "1到120之间的整数，单位是岁")
		d.refuses(d.set(p, NewValue{Name: Threshold, Value: "70", From: "2025-01-15"}), "起用日期", "某个月的1日")
		d.refuses(d.set(p, NewValue{Name: Threshold, Value: "70", From: "2025-01-01", Basis: " "}), "依据文件", "不能用来算钱")
		d.refuses(d.set(p, NewValue{Name: Amount, Tiers: []Tier{{85, 0, 5000}}, From: "2025-01-01"}), "值", "满80周岁就可享受，但85岁以下没有标准")
		// Old versions and other people.
		if err := SetParameter(d.ctx, d.v, d.clerk, p, 1, NewValue{Name: Threshold, Value: "70", From: "2025-01-01", Basis: "x"}); !errors.As(err, new(journal.Stale)) {
			t.Errorf("an old version: %v", err)
		}
		if err := SetParameter(d.ctx, d.v, d.far, p, 1, NewValue{Name: Threshold, Value: "70", From: "2025-01-01", Basis: "x"}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another town's clerk: %v", err)
		}
		if err := SetParameter(d.ctx, d.v, d.leader, p, 1, NewValue{Name: Threshold, Value: "70", From: "2025-01-01", Basis: "x"}); !errors.As(err, new(org.Denied)) {
			t.Errorf("a leader: %v", err)
		}
		// All examples can be begun.
		for _, e := range Examples {
			if _, err := AddProgramme(d.ctx, d.v, d.clerk, d.town, NewProgramme{Example: e.Code, From: "2020-01-01", Basis: "某文件"}); err != nil && e.Code != "elder" {
				t.Errorf("%s: %v", e.Name, err)
			}
		}
		if list, err := Programmes(d.ctx, d.v, d.village); err != nil || len(list) != len(Examples) {
			t.Errorf("a village sees %d programmes, %v", len(list), err)
		}
		if list, err := Programmes(d.ctx, d.v, d.far); err != nil || len(list) != 0 {
			t.Errorf("another town sees %d programmes, %v", len(list), err)
		}
	})
}

func TestRollIsTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		row := func(name, birth string, seq int, village org.Unit, source string) Entry {
			return Entry{Subject: Subject{Number: id(birth, seq), Name: name, Village: village}, Account: "6217 0001 2345 " + fmt.Sprint(1000+seq), Starts: 2022 * 12, Source: source}
		}
		list := []Entry{row("庄大娘", "19410805", 12, d.east, "第3行"), row("柳老汉", "19400101", 11, d.west, "第4行"), row("乔奶奶", "19350229"[:6]+"28", 14, org.Unit{}, "第5行")}
		got, err := TakeRoll(d.ctx, d.v, d.clerk, p, list)
		d.must(err)
		if got.New != 3 || got.Same != 0 || len(got.Differences) != 0 {
			t.Errorf("%+v", got)
		}
		head, err := journal.Head(d.ctx, d.v)
		d.must(err)
		if got, err = TakeRoll(d.ctx, d.v, d.clerk, p, list); err != nil || got.New != 0 || got.Same != 3 || len(got.Differences) != 0 {
			t.Errorf("again: %+v, %v", got, err)
		}
		if now, _ := journal.Head(d.ctx, d.v); now != head {
			t.Error("the same list again is a change")
		}
		// Everything or nothing: a number that cannot be read, a village of another town.
		bad := []Entry{row("穆爷爷", "19300303", 21, d.east, "第3行"), {Subject: Subject{Number: "1.30408E+17", Name: "某人"}, Source: "第9行"},
			{Subject: Subject{Number: id("19300304", 11), Name: "外人", Village: d.far.Unit}, Source: "第10行"}}
		_, err = TakeRoll(d.ctx, d.v, d.clerk, p, bad)
		var rejected Rejected
		if !errors.As(err, &rejected) || len(rejected) != 2 || !strings.Contains(err.Error(), "第9行 公民身份号码") {
			t.Errorf("%v", err)
		}
		if n, _ := store.One(d.ctx, d.v, store.Value[int], `select count(*) from person`); n != 3 {
			t.Errorf("%d people after a rejected list", n)
		}
		// Differences are listed and change nothing; who is missing is told; the number in another writing is the same person.
		changed := row("庄大嬢", "19410805", 12, d.west, "第3行")
		changed.Number = " " + strings.ToLower(changed.Number) + "'"
		changed.Account = "6217000199990000"
		got, err = TakeRoll(d.ctx, d.v, d.clerk, p, []Entry{changed, row("柳老汉", "19400101", 11, d.west, "第4行"), row("柳老汉", "19400101", 11, d.west, "第5行")})
		d.must(err)
		var words []string
		for _, x := range got.Differences {
			words = append(words, x.Source+x.Field+x.Ours+"/"+x.Theirs)
		}
		if text := strings.Join(words, " "); text != "第3行村东槐村/柳荫村 第3行姓名庄大娘/庄大嬢 第3行账号************1012/************0000 第5行名册一条/同一人又一行" {
			t.Error(text)
		}
		if len(got.Gone) != 1 || got.Gone[0].Name != "乔奶奶" {
			t.Errorf("gone: %+v", got.Gone)
		}
		// Who sees whom.
		for _, c := range []struct {
			who  org.Person
			want string
		}{{d.clerk, "乔奶奶 庄大娘 柳老汉"}, {d.leader, "乔奶奶 庄大娘 柳老汉"}, {d.village, "庄大娘"}, {d.party, ""}, {d.far, ""}} {
			rolls, err := Rolls(d.ctx, d.v, c.who, Filter{Programme: p})
			d.must(err)
			var names []string
			for _, r := range rolls {
				names = append(names, r.Person.Name)
			}
			if strings.Join(names, " ") != c.want {
				t.Errorf("%s sees %v", c.who.Name, names)
			}
		}
		if counts, err := CountRolls(d.ctx, d.v, d.party, Filter{Programme: p}); err != nil || counts[Receiving] != 3 {
			t.Errorf("the secretary counts %v, %v", counts, err)
		}
		found, err := FindNumber(d.ctx, d.v, d.village, id("19410805", 12))
		if err != nil || len(found) != 1 || found[0].Name != "庄大娘" {
			t.Errorf("by number: %v, %v", found, err)
		}
		if found, err = FindNumber(d.ctx, d.v, d.village, id("19400101", 11)); err != nil || len(found) != 0 {
			t.Errorf("another village's, by number: %v, %v", found, err)
		}
		if _, err := TakeRoll(d.ctx, d.v, d.village, p, list); !errors.As(err, new(org.Denied)) {
			t.Errorf("a cadre takes a roll over: %v", err)
		}
		d.noNumbers()
	})
}

// noNumbers fails when a number of a citizen or an account stands anywhere in the open, the journal included.
func (d *desk) noNumbers() {
	d.t.Helper()
	for _, q := range []string{`select data from journal`, `select number || phone || place || household from person`, `select account from roll`, `select source from payment`, `select said from application_step`} {
		texts, err := store.All(d.ctx, d.v, store.Value[string], q)
		d.must(err)
		for _, text := range texts {
			if strings.Contains(text, "990408") || strings.Contains(text, "62170") {
				d.t.Errorf("%s has %s", q, text)
			}
		}
	}
}

// takeOne takes somebody onto the roll of a programme and returns the person.
func (d *desk) takeOne(p int64, name, birth string, seq int) Person {
	d.t.Helper()
	_, err := TakeRoll(d.ctx, d.v, d.clerk, p, []Entry{{Subject: Subject{Number: id(birth, seq), Name: name, Village: d.east}, Source: "测试"}})
	d.must(err)
	found, err := FindNumber(d.ctx, d.v, d.clerk, id(birth, seq))
	d.must(err)
	return found[0]
}

func TestPaymentsAreTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a := d.takeOne(p, "庄大娘", "19410805", 12)
		paid := func(name, birth string, seq int, yuan int64, source string) Paid {
			return Paid{Subject: Subject{Number: id(birth, seq), Name: name, Village: d.east}, Fen: yuan * 100, Day: "2026-03-20", Source: source}
		}
		list := []Paid{paid("庄大娘", "19410805", 12, 50, "第3行"), paid("柳老汉", "19300101", 11, 50, "第4行"), paid("柳老汉", "19300101", 11, 50, "第9行")}
		got, err := TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+2, list)
		d.must(err)
		if got.New != 2 || len(got.Differences) != 1 || got.Differences[0].Field != "名册" {
			t.Errorf("%+v", got)
		}
		if got, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+2, list); err != nil || got.New != 0 || got.Same != 2 {
			t.Errorf("again: %+v, %v", got, err)
		}
		list[0].Fen = 6000
		if got, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+2, list); err != nil || got.New != 0 || len(got.Differences) != 2 || got.Differences[1].Ours != "50" || got.Differences[1].Theirs != "60" {
			t.Errorf("another amount: %+v, %v", got, err)
		}
		// A quarter is three months, and nothing of it is lost.
		if got, err = TakePayments(d.ctx, d.v, d.clerk, p, 2025*12+9, []Paid{{Person: a.ID, Fen: 15001, Months: 3, Day: "2025-12-20", Source: "第四季度发放册 第3行"}}); err != nil || got.New != 3 {
			t.Errorf("a quarter: %+v, %v", got, err)
		}
		rows, err := PaymentsOf(d.ctx, d.v, p, a.ID)
		d.must(err)
		var words []string
		for _, x := range rows {
			words = append(words, x.Month.String()+" "+Yuan(x.Fen))
		}
		if text := strings.Join(words, ", "); text != "2026-03 50, 2025-12 50.01, 2025-11 50, 2025-10 50" {
			t.Error(text)
		}
		_, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+6, list)
		d.refuses(err, "发放月份", "不能在本月以后")
		_, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+3, []Paid{{Person: a.ID, Fen: 0, Day: "2026-04-10", Source: "第3行"}})
		if !errors.As(err, new(Rejected)) {
			t.Errorf("nothing: %v", err)
		}
		// The month with what was due, and who enjoys it.
		lines, err := MonthOfPayments(d.ctx, d.v, d.clerk, p, 2026*12+2)
		d.must(err)
		words = nil
		for _, l := range lines {
			words = append(words, fmt.Sprint(l.Person.Name, Yuan(l.Due.Fen), "/", Yuan(l.Paid), l.Verdict))
		}
		if text := strings.Join(words, " "); text != "庄大娘50/50 柳老汉50/100多发" {
			t.Error(text)
		}
		for _, c := range []struct{ from, to, want string }{{"2026-03-01", "2026-03-31", "{2 1 15000}"}, {"2025-01-01", "2025-12-31", "{1 1 15001}"}, {"2024-01-01", "2024-12-31", "{0 0 0}"}} {
			for _, who := range []org.Person{d.clerk, d.party, d.village} {
				got, err := Enjoying(d.ctx, d.v, who, p, c.from, c.to)
				if err != nil || fmt.Sprint(got) != c.want {
					t.Errorf("%s to %s for %s: %v, %v, want %s", c.from, c.to, who.Name, got, err, c.want)
				}
			}
		}
		if got, err := Enjoying(d.ctx, d.v, d.far, p, "2026-03-01", "2026-03-31"); err != nil || got.Persons != 0 {
			t.Errorf("another town: %v, %v", got, err)
		}
		d.refuses(CorrectPayment(d.ctx, d.v, d.clerk, rows[1].ID, 1, 5000, "2025-12-20", ""), "更正原因", "凭什么")
		d.must(CorrectPayment(d.ctx, d.v, d.clerk, rows[1].ID, 1, 5000, "2025-12-20", "发放册第3行是50元"))
		if due := d.owed(p, a.ID, 2021*12+6); due.Fen != 0 || due.Why != "未满80周岁" {
			t.Errorf("before the age: %+v", due)
		}
		if due := d.owed(p, a.ID, 2021*12+7); due.Fen != 5000 || due.Age != 80 {
			t.Errorf("in the month of the birthday: %+v", due)
		}
		villages, err := CountVillages(d.ctx, d.v, d.party, p, 2026*12+2)
		if err != nil || len(villages) != 1 || villages[0].Place != "东槐村" || villages[0].Receiving != 1 || villages[0].Paid != 2 { // one of them not on the roll
			t.Errorf("%+v, %v", villages, err)
		}
		d.noNumbers()
	})
}

// advance takes an application through the steps to the county.
func (d *desk) advance(a int64, steps ...Step) {
	d.t.Helper()
	for _, s := range steps {
		d.must(Advance(d.ctx, d.v, d.clerk, a, d.version("application", a), s, "2026-04-16", "情况如此"))
	}
}

func TestTheCountyDecides(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		ask := Application{Programme: p, Subject: Subject{Number: id("19411015", 12), Name: "乔奶奶", Village: d.east}, Kind: New, Source: Screened, Hit: 77, Received: "2026-04-01", From: 2026*12 + 3, Reason: "户籍在册，满80周岁，不在名册"}
		a, err := Propose(d.ctx, d.v, d.clerk, ask)
		d.must(err)
		if again, err := Propose(d.ctx, d.v, d.clerk, ask); err != nil || again != a {
			t.Errorf("the same hit again: %d, %v", again, err)
		}
		ask.Hit = 78
		if again, err := Propose(d.ctx, d.v, d.clerk, ask); err != nil || again != a {
			t.Errorf("another hit that asks for the same: %d, %v", again, err)
		}
		ask.Hit = 0
		_, err = Propose(d.ctx, d.v, d.clerk, ask)
		d.refuses(err, "事项", "已经在办（已调查）")
		yes := Decision{Verdict: Approved, Day: "2026-04-16", No: "临民批〔2026〕5号", Reason: "符合临民〔2009〕31号第三条"}
		decide := func(who org.Person, c Decision) error {
			return Decide(d.ctx, d.v, who, a, d.version("application", a), c)
		}
		d.refuses(decide(d.leader, yes), "环节", "上报之后才能登记")
		d.refuses(Advance(d.ctx, d.v, d.clerk, a, 1, Posted, "2026-04-20", "村公示栏"), "日期", "今天之前")
		d.refuses(Advance(d.ctx, d.v, d.clerk, a, 1, Proposed, "2026-04-10", " "), "情况", "镇里的意见")
		d.advance(a, Proposed)
		d.must(Advance(d.ctx, d.v, d.clerk, a, 1, Proposed, "2026-04-16", "情况如此")) // the same form again
		d.refuses(decide(d.clerk, yes), "登记人", "换一个人")
		if err := decide(d.village, yes); !errors.As(err, new(org.Denied)) {
			t.Errorf("a village decides: %v", err)
		}
		for field, change := range map[string]func(*Decision){
			"决定理由": func(c *Decision) { c.Reason = "" }, "决定文号": func(c *Decision) { c.No = " " }, "决定": func(c *Decision) { c.Verdict = "maybe" }, "决定日期": func(c *Decision) { c.Day = "2026-04-02" },
		} {
			c := yes
			change(&c)
			d.refuses(decide(d.leader, c), field, "")
		}
		rolls := func() []Roll {
			list, err := Rolls(d.ctx, d.v, d.clerk, Filter{Programme: p})
			d.must(err)
			return list
		}
		if len(rolls()) != 0 {
			t.Fatal("somebody is on the roll without a decision")
		}
		d.must(decide(d.leader, yes))
		d.must(decide(d.leader, yes))
		list := rolls()
		if len(list) != 1 || list[0].Starts != 2026*12+3 || list[0].State != Receiving || list[0].NextReview != "2027-04-16" {
			t.Fatalf("%+v", list)
		}
		person := list[0].Person
		// Approved is not paid.
		if paid, err := PaidFor(d.ctx, d.v, a); err != nil || len(paid) != 0 {
			t.Errorf("paid for: %v, %v", paid, err)
		}
		s, err := StandingsOf(d.ctx, d.v, d.party, "2026-04-16")
		if err != nil || len(s) != 1 || s[0].Unpaid != 1 || s[0].Untold != 1 || s[0].Open() != 0 || s[0].States[Receiving] != 1 {
			t.Errorf("%+v, %v", s, err)
		}
		d.refuses(Tell(d.ctx, d.v, d.clerk, a, d.version("application", a), "2026-04-16", ""), "告知方式", "怎样告知")
		d.must(Tell(d.ctx, d.v, d.clerk, a, d.version("application", a), "2026-04-16", "上门告诉本人"))
		_, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+3, []Paid{{Person: person.ID, Fen: 5000, Day: "2026-04-16", Source: "4月发放册 第12行"}})
		d.must(err)
		if paid, err := PaidFor(d.ctx, d.v, a); err != nil || len(paid) != 1 || paid[0].Fen != 5000 {
			t.Errorf("paid for: %v, %v", paid, err)
		}
		// Arrears: what the months before come to, proposed, decided, settled in two parts.
		a, err = Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: Arrears, Source: Applied, Received: "2026-04-16", Reason: "2021年10月起符合条件"})
		d.must(err)
		asked, err := ApplicationByID(d.ctx, d.v, d.clerk, a)
		d.must(err)
		if asked.Amount != 54*5000 || asked.Months() != "2021年10月至2026年3月" || asked.Roll != list[0].ID {
			t.Errorf("%s for %s", Yuan(asked.Amount), asked.Months())
		}
		d.advance(a, Checked, Proposed)
		settle := func(fen int64, day, source string) error {
			return Settle(d.ctx, d.v, d.clerk, a, d.version("application", a), fen, day, source)
		}
		d.refuses(settle(5000, "2026-04-16", "回单1"), "环节", "县里同意")
		d.must(decide(d.other, yes))
		d.must(settle(60025, "2026-04-16", "回单1"))
		d.must(settle(60025, "2026-04-16", "回单1"))
		d.refuses(settle(54*5000, "2026-04-16", "回单2"), "金额", "还能登记2099.75元")
		d.must(settle(54*5000-60025, "2026-04-16", "回单2"))
		account, err := AccountOf(d.ctx, d.v, d.clerk, p, person.ID, "2026-04-16")
		d.must(err)
		if account.Sum.Arrears != 0 || account.Sum.Short != 0 || account.Sum.Overpaid() != 0 || len(account.Lines) != 55 {
			t.Errorf("%+v with %d months", account.Sum, len(account.Lines))
		}
		if paid, err := PaidFor(d.ctx, d.v, a); err != nil || len(paid) != 55 { // one month in two parts
			t.Errorf("%d rows settle it, %v", len(paid), err)
		}
		d.noNumbers()
	})
}

func TestNobodyIsStoppedWithoutADecision(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person := d.takeOne(p, "庄大娘", "19410805", 12)
		roll := func() Roll {
			list, err := RollsOf(d.ctx, d.v, person.ID)
			d.must(err)
			return list[0]
		}
		r := roll()
		if r.NextReview != "2027-04-16" {
			t.Errorf("next review %s", r.NextReview)
		}
		d.now = time.Date(2027, 5, 3, 9, 0, 0, 0, time.Local)
		if due, err := Rolls(d.ctx, d.v, d.village, Filter{Due: "2027-05-03"}); err != nil || len(due) != 1 {
			t.Errorf("%d due, %v", len(due), err)
		}
		// The village checks and finds her gone: a proposal, and she stays where she is.
		done := ReviewDone{Done: "2027-05-02", Found: "电话三次不通，邻居说随儿子外出", Result: string(Suspend)}
		if _, err := RecordReview(d.ctx, d.v, d.leader, r.ID, r.Version, done); !errors.As(err, new(org.Denied)) {
			t.Errorf("a leader reviews: %v", err)
		}
		id, err := RecordReview(d.ctx, d.v, d.village, r.ID, r.Version, done)
		d.must(err)
		if again, err := RecordReview(d.ctx, d.v, d.village, r.ID, r.Version, done); err != nil || again != id {
			t.Errorf("the same form again: %d, %v", again, err)
		}
		reviews, err := Reviews(d.ctx, d.v, r.ID)
		d.must(err)
		if len(reviews) != 1 || reviews[0].Due != "2027-04-16" || !reviews[0].Late() || reviews[0].Proposal == 0 {
			t.Fatalf("%+v", reviews)
		}
		if now := roll(); now.State != Receiving || now.NextReview != "2028-05-02" {
			t.Errorf("a failed check changed the roll: %+v", now)
		}
		run := func(a int64, c Decision) {
			t.Helper()
			x, err := ApplicationByID(d.ctx, d.v, d.clerk, a)
			d.must(err)
			if x.Step == Received {
				d.must(Advance(d.ctx, d.v, d.clerk, a, x.Version, Checked, "2027-05-03", "属实"))
			}
			d.must(Advance(d.ctx, d.v, d.clerk, a, d.version("application", a), Proposed, "2027-05-03", "建议"))
			c.Day, c.No, c.Reason = "2027-05-03", "临民批〔2027〕9号", "按规定"
			d.must(Decide(d.ctx, d.v, d.leader, a, d.version("application", a), c))
		}
		run(reviews[0].Proposal, Decision{Verdict: Refused})
		if roll().State != Receiving {
			t.Error("a refused proposal changed the roll")
		}
		propose := func(kind Kind) int64 {
			t.Helper()
			a, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: kind, Source: Inspected, Received: "2027-05-03", Reason: "核实属实" + string(kind)})
			d.must(err)
			return a
		}
		_, err = Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: Resume, Source: Inspected, Received: "2027-05-03", Reason: "x"})
		d.refuses(err, "事项", "现在是享受，不能提“恢复”")
		run(propose(Suspend), Decision{Verdict: Approved, From: 2027*12 + 4})
		if roll().State != Suspended {
			t.Error("not suspended")
		}
		run(propose(Resume), Decision{Verdict: Approved, From: 2027*12 + 5})
		if roll().State != Receiving {
			t.Error("not resumed")
		}
		run(propose(Stop), Decision{Verdict: Approved, To: 2027*12 + 4})
		if now := roll(); now.State != Stopped || now.Ends != 2027*12+4 || now.NextReview != "" {
			t.Errorf("not stopped: %+v", now)
		}
		if due := d.owed(p, person.ID, 2027*12+5); due.Fen != 0 || due.Why != "已停发，发到2027年5月" {
			t.Errorf("behind the stop: %+v", due)
		}
		// Recovery: paid after death, back as a negative payment.
		_, err = TakePayments(d.ctx, d.v, d.clerk, p, 2027*12+4, []Paid{{Person: person.ID, Fen: 5000, Day: "2027-05-01", Source: "第3行"}})
		d.must(err)
		d.must(EditPerson(d.ctx, d.v, d.clerk, person.ID, d.version("person", person.ID), PersonEdit{Name: person.Name, Birth: person.Birth, Dead: "2027-04-20"}))
		a := propose(Recover)
		x, err := ApplicationByID(d.ctx, d.v, d.clerk, a)
		d.must(err)
		if x.Amount != 0 && x.Amount != 5000 {
			t.Errorf("%+v", x)
		}
		run(a, Decision{Verdict: Approved, Amount: 5000, From: 2027*12 + 4, To: 2027*12 + 4})
		d.must(Settle(d.ctx, d.v, d.clerk, a, d.version("application", a), 5000, "2027-05-03", "缴款书 2027-11"))
		if got, err := Enjoying(d.ctx, d.v, d.clerk, p, "2027-05-01", "2027-05-31"); err != nil || got.Persons != 0 || got.Fen != 0 {
			t.Errorf("after paying back: %+v, %v", got, err)
		}
	})
}

func TestHouseholds(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p, err := AddProgramme(d.ctx, d.v, d.clerk, d.town, NewProgramme{Example: "dibao", From: "2020-01-01", Basis: "临民〔2019〕8号"})
		d.must(err)
		row := func(name, birth, relation string, seq int) Entry {
			return Entry{Subject: Subject{Number: id(birth, seq), Name: name, Village: d.east, Household: "东槐-031"}, Relation: relation, Class: "收入相对稳定", Standard: 40000, Starts: 2025 * 12, Source: "第3行"}
		}
		list := []Entry{row("庄小妹", "20101105", "女", 22), row("庄守田", "19700305", "户主", 11)} // members may stand before their head
		got, err := TakeRoll(d.ctx, d.v, d.clerk, p, list)
		d.must(err)
		if got.New != 2 {
			t.Errorf("%+v", got)
		}
		if got, err = TakeRoll(d.ctx, d.v, d.clerk, p, list); err != nil || got.New != 0 || got.Same != 2 {
			t.Errorf("again: %+v, %v", got, err)
		}
		rolls, err := Rolls(d.ctx, d.v, d.clerk, Filter{Programme: p})
		d.must(err)
		if len(rolls) != 1 || rolls[0].Person.Name != "庄守田" || rolls[0].Standard != 40000 || rolls[0].NextReview != "2026-10-16" {
			t.Fatalf("%+v", rolls)
		}
		roll := rolls[0]
		m, err := AddMember(d.ctx, d.v, d.clerk, roll.ID, Subject{Number: id("19720606", 14), Name: "林巧云"}, "配偶", "2026-02-01")
		d.must(err)
		if again, err := AddMember(d.ctx, d.v, d.clerk, roll.ID, Subject{Number: id("19720606", 14), Name: "林巧云"}, "配偶", "2026-02-01"); err != nil || again != m {
			t.Errorf("again: %d, %v", again, err)
		}
		d.refuses(EndMember(d.ctx, d.v, d.clerk, roll.ID, m, 1, "2026-03-01", ""), "原因", "请写原因")
		d.must(EndMember(d.ctx, d.v, d.clerk, roll.ID, m, 1, "2026-03-01", "离婚"))
		members, err := Members(d.ctx, d.v, roll.ID)
		if err != nil || len(members) != 2 || members[0].Person.Name != "庄小妹" || members[1].Until != "2026-03-01" {
			t.Errorf("%+v, %v", members, err)
		}
		// A member is a change of the amount, not a stop; it must be published first.
		d.must(func() error {
			_, err := RecordReview(d.ctx, d.v, d.clerk, roll.ID, d.version("roll", roll.ID), ReviewDone{Done: "2026-04-01", Found: "减少一人", Result: string(Change), Fen: 30000})
			return err
		}())
		open, err := Applications(d.ctx, d.v, d.clerk, Queue{Programme: p, Open: true})
		if err != nil || len(open) != 1 || open[0].Amount != 30000 || open[0].About.Name != "庄守田" {
			t.Fatalf("%+v, %v", open, err)
		}
		a := open[0].ID
		step := func(s Step, day string) error {
			return Advance(d.ctx, d.v, d.clerk, a, d.version("application", a), s, day, "东槐村公示栏")
		}
		d.must(step(Checked, "2026-04-02"))
		d.refuses(step(Proposed, "2026-04-03"), "环节", "要先公示：初审公示不少于7天")
		d.must(step(Posted, "2026-04-03"))
		d.refuses(step(Proposed, "2026-04-09"), "日期", "要满7天，最早2026-04-10上报")
		d.must(step(Proposed, "2026-04-10"))
		d.must(Decide(d.ctx, d.v, d.leader, a, d.version("application", a), Decision{Verdict: Approved, Day: "2026-04-15", No: "临民批〔2026〕3号", Reason: "家庭人口减少", From: 2026*12 + 4}))
		for m, want := range map[Month]int64{2026*12 + 3: 40000, 2026*12 + 4: 30000} {
			if due := d.owed(p, roll.Person.ID, m); due.Fen != want {
				t.Errorf("%s: %+v", m, due)
			}
		}
		// 特困 excludes 低保, and the member of the household too.
		tekun, err := AddProgramme(d.ctx, d.v, d.clerk, d.town, NewProgramme{Example: "tekun", From: "2020-01-01", Basis: "临民〔2019〕9号"})
		d.must(err)
		_, err = Propose(d.ctx, d.v, d.clerk, Application{Programme: tekun, Subject: Subject{Number: id("20101105", 22), Name: "庄小妹", Village: d.east}, Kind: New, Source: Applied, Received: "2026-04-16", Reason: "x"})
		d.refuses(err, "惠民项目", "正在享受“低保”，按规定不能同时享受“特困供养”")
	})
}

func TestUnitsMove(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		house, err := store.Open(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { house.Close() })
		address, err := store.ResidentsOf(url)
		if err != nil {
			t.Fatal(err)
		}
		v, err := vault.Open(ctx, address, filepath.Join(t.TempDir(), "residents.key"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { v.Close() })
		var town, area, village org.Unit
		boss := org.Program
		if err := house.Write(ctx, func(tx *store.Tx) error {
			district, err := org.AddUnit(ctx, tx, org.Program, org.Unit{}, org.District, "临澜区", 0)
			if err == nil {
				town, err = org.AddUnit(ctx, tx, org.Program, district, org.Town, "栖禾镇", 0)
			}
			if err == nil {
				area, err = org.AddUnit(ctx, tx, org.Program, town, org.Office, "城东片区", 0)
			}
			if err == nil {
				village, err = org.AddUnit(ctx, tx, org.Program, town, org.Village, "东槐村", 0)
			}
			boss.Unit = district
			return err
		}); err != nil {
			t.Fatal(err)
		}
		clerk := org.Person{ID: 7, Name: "贺晓雨", Role: org.Clerk, Unit: town}
		p, err := AddProgramme(ctx, v, clerk, town, NewProgramme{Example: "elder", From: "2020-01-01", Basis: "某文件"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := TakeRoll(ctx, v, clerk, p, []Entry{{Subject: Subject{Number: id("19410805", 12), Name: "庄大娘", Village: village}, Source: "x"}}); err != nil {
			t.Fatal(err)
		}
		if err := house.Write(ctx, func(tx *store.Tx) error {
			_, err := org.MoveUnit(ctx, tx, boss, village.ID, village.Version, area)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := FollowUnits(ctx, v, house); err != nil {
				t.Fatal(err)
			}
		}
		head := org.Person{ID: 8, Name: "片长", Role: org.Cadre, Unit: area}
		if rolls, err := Rolls(ctx, v, head, Filter{Programme: p}); err != nil || len(rolls) != 1 {
			t.Errorf("%d, %v", len(rolls), err)
		}
	})
}

// No text that somebody types records faith or holds a number that belongs into a sealed field (L10).
func TestTextsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		person := d.takeOne(p, "庄大娘", "19410805", 12)
		r, err := RollsOf(d.ctx, d.v, person.ID)
		d.must(err)
		bad := "本人号码" + id("19410805", 12)
		_, err = Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: Stop, Source: Applied, Received: "2026-04-16", Reason: bad})
		d.refuses(err, "理由", "请删去")
		_, err = RecordReview(d.ctx, d.v, d.clerk, r[0].ID, 1, ReviewDone{Done: "2026-04-16", Found: bad, Result: "unchanged"})
		d.refuses(err, "复核情况", "请删去")
		a, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: person.ID, Kind: Stop, Source: Applied, Received: "2026-04-16", Reason: "本人要求"})
		d.must(err)
		d.refuses(Advance(d.ctx, d.v, d.clerk, a, 1, Checked, "2026-04-16", bad), "情况", "请删去")
		d.refuses(Withdraw(d.ctx, d.v, d.clerk, a, 1, bad), "撤回原因", "请删去")
		d.advance(a, Checked, Proposed)
		d.refuses(Decide(d.ctx, d.v, d.leader, a, 3, Decision{Verdict: Refused, Day: "2026-04-16", No: "1号", Reason: bad}), "决定理由", "请删去")
		d.must(Decide(d.ctx, d.v, d.leader, a, 3, Decision{Verdict: Refused, Day: "2026-04-16", No: "1号", Reason: "不符合"}))
		d.refuses(Tell(d.ctx, d.v, d.clerk, a, 4, "2026-04-16", bad), "告知方式", "请删去")
		_, err = TakePayments(d.ctx, d.v, d.clerk, p, 2026*12+2, []Paid{{Person: person.ID, Fen: 5000, Day: "2026-04-10", Source: bad}})
		if !errors.As(err, new(Rejected)) {
			t.Errorf("%v", err)
		}
		d.noNumbers()
	})
}
