package publicity_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/publicity"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// rules are the values that the program comes with.
var rules = ledger.Rules{ReachDays: 60, ReachShare: 95, AwareShare: 70, AwareLow: 60, AwareOf: 30, FirstAnswer: 5}

// firstVillage is an id as large as those that the program makes.
const firstVillage = 832545855898408736

// scene is a town with villages and its people, and a vault of its own.
type scene struct {
	t        *testing.T
	v        *vault.Vault
	now      time.Time
	town     org.Unit
	villages []org.Unit
	other    org.Unit // village of another town
	clerk    org.Person
	leader   org.Person
	cadre    org.Person // of the first village
	visitor  org.Person // of the town, who delivers nothing
}

func each(t *testing.T, f func(t *testing.T, s *scene)) {
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
		s := &scene{t: t, v: v, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.Local)}
		v.Now = func() time.Time { return s.now }
		s.town = org.Unit{ID: 799930947994365546, Parent: 1, Kind: org.Town, Name: "栖禾镇", Path: "/1/799930947994365546/"}
		for i, name := range []string{"东槐村", "柳荫村", "石桥村", "北杨村", "南河村", "马营村", "赵坪村", "上岗村"} {
			id := firstVillage + int64(i)
			s.villages = append(s.villages, org.Unit{ID: id, Parent: s.town.ID, Kind: org.Village, Name: name, Path: fmt.Sprintf("%s%d/", s.town.Path, id)})
		}
		s.other = org.Unit{ID: 90, Parent: 3, Kind: org.Village, Name: "西堰村", Path: "/1/3/90/"}
		s.clerk = org.Person{ID: 101, Name: "贺晓雨", Role: org.Clerk, Unit: s.town}
		s.leader = org.Person{ID: 102, Name: "孟昭宁", Role: org.Leader, Unit: s.town}
		s.cadre = org.Person{ID: 103, Name: "郝根生", Role: org.Cadre, Unit: s.villages[0]}
		s.visitor = org.Person{ID: 104, Name: "宋知微", Role: org.Cadre, Unit: s.town}
		f(t, s)
	})
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// day moves the clock.
func (s *scene) day(date string) {
	s.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", date+" 09:00", time.Local)
	s.must(err)
	s.now = at
}

// refused fails unless an error is about a field and says what it should.
func refused(t *testing.T, err error, field, part string) {
	t.Helper()
	var invalid org.Invalid
	if !errors.As(err, &invalid) || invalid.Field != field || !strings.Contains(invalid.What, part) {
		t.Errorf("got %v, want something about %s with %q", err, field, part)
	}
}

func denied(t *testing.T, err error) {
	t.Helper()
	if !errors.As(err, new(org.Denied)) {
		t.Errorf("got %v, want a refusal of the right", err)
	}
}

var allowance = publicity.Card{Benefit: "高龄津贴", Who: "年满80周岁\n户口在本镇", Amount: "80—99岁每月50元，100岁以上每月1000元", Place: "到村委会，带身份证和户口簿",
	Phone: "0399-5550123", ValidFrom: "2026-01-01", Basis: "栖政〔2026〕3号"}

func (s *scene) issue() publicity.Card {
	s.t.Helper()
	id, err := publicity.Issue(s.t.Context(), s.v, s.clerk, s.town, allowance)
	s.must(err)
	return s.card(id)
}

func (s *scene) card(id int64) publicity.Card {
	s.t.Helper()
	c, err := publicity.CardByID(s.t.Context(), s.v, id)
	s.must(err)
	return c
}

// ids are the ids of some households of a village, from one place in its list to before another.
func (s *scene) ids(village org.Unit, from, to int) []int64 {
	s.t.Helper()
	all, err := publicity.Households(s.t.Context(), s.v, village.ID)
	s.must(err)
	var list []int64
	for _, h := range all[from:to] {
		list = append(list, h.ID)
	}
	return list
}

func (s *scene) reach(c publicity.Card, village int) publicity.Reach {
	s.t.Helper()
	list, err := publicity.Coverage(s.t.Context(), s.v, c, s.villages)
	s.must(err)
	return list[village]
}

func TestCardChanges(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		c := s.issue()
		if again := s.issue(); again.ID != c.ID {
			t.Error("the same form made a second card")
		}
		other := allowance
		other.Amount = "每月60元"
		_, err := publicity.Issue(ctx, s.v, s.clerk, s.town, other)
		refused(t, err, "惠民项目", "已有一张有效")
		_, err = publicity.Issue(ctx, s.v, s.leader, s.town, other)
		denied(t, err)
		blank := allowance
		blank.Amount = " "
		_, err = publicity.Issue(ctx, s.v, s.clerk, s.town, blank)
		refused(t, err, "能享受多少", "请写明")

		s.must(publicity.SetHouseholds(ctx, s.v, s.clerk, s.villages[0], 20))
		_, err = publicity.DeliverHome(ctx, s.v, s.cadre, c.ID, s.villages[0], "2026-03-02", s.cadre, s.ids(s.villages[0], 0, 19))
		s.must(err)
		if r := s.reach(c, 0); r.Reached != 19 || r.Standing(c, "2026-03-02", rules) != publicity.Reached {
			t.Errorf("%+v", r)
		}

		// A telephone that was wrong makes no new card.
		right := c
		right.Phone = "0399-5550124"
		id, err := publicity.Revise(ctx, s.v, s.clerk, s.town, c.ID, c.Version, right)
		s.must(err)
		if id != c.ID || s.card(id).Edition != 1 || s.reach(s.card(id), 0).Reached != 19 {
			t.Error("a corrected telephone lost the households")
		}
		_, err = publicity.Revise(ctx, s.v, s.clerk, s.town, c.ID, c.Version, c)
		if !errors.As(err, new(journal.Stale)) {
			t.Errorf("saved over somebody else's change: %v", err)
		}

		// Another amount does, and the households with the old one have nothing.
		s.day("2026-05-06")
		more := s.card(id)
		more.Amount = "80—99岁每月60元，100岁以上每月1000元"
		second, err := publicity.Revise(ctx, s.v, s.clerk, s.town, id, more.Version, more)
		s.must(err)
		if again, err := publicity.Revise(ctx, s.v, s.clerk, s.town, id, more.Version, more); err != nil || again != second {
			t.Errorf("the same form: %d, %v", again, err)
		}
		old, now := s.card(id), s.card(second)
		if old.Withdrawn != "2026-05-06" || now.Edition != 2 || now.Series != old.Series || now.Start() != "2026-05-06" || now.Until(rules) != "2026-07-05" {
			t.Errorf("%+v\n%+v", old, now)
		}
		if r := s.reach(now, 0); r.Reached != 0 || r.OldOnly != 19 || r.Standing(now, "2026-07-05", rules) != publicity.Running || r.Standing(now, "2026-07-06", rules) != publicity.Behind || r.Short(rules) != 19 {
			t.Errorf("%+v, short %d", r, r.Short(rules))
		}
		_, err = publicity.DeliverHome(ctx, s.v, s.cadre, old.ID, s.villages[0], "2026-05-06", s.cadre, s.ids(s.villages[0], 19, 20))
		refused(t, err, "政策卡", "已经作废")
		_, err = publicity.DeliverHome(ctx, s.v, s.cadre, now.ID, s.villages[0], "2026-05-06", s.cadre, s.ids(s.villages[0], 0, 1))
		s.must(err)
		if r := s.reach(now, 0); r.Reached != 1 || r.OldOnly != 18 {
			t.Errorf("%+v", r)
		}
		s.must(publicity.Withdraw(ctx, s.v, s.clerk, s.town, second, 1, "项目并入养老服务补贴"))
		entries, err := journal.Of(ctx, s.v, "card", old.ID, 10)
		s.must(err)
		for _, e := range entries {
			if strings.Contains(fmt.Sprint(e.Changes), "555") {
				t.Errorf("a telephone number in the journal: %v", e.Changes)
			}
		}
	})
}

func TestDeliveryRules(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		c := s.issue()
		east, willow := s.villages[0], s.villages[1]
		s.must(publicity.SetHouseholds(ctx, s.v, s.clerk, east, 40))
		s.must(publicity.SetHouseholds(ctx, s.v, s.clerk, willow, 10))
		deliver := func(who org.Person, village org.Unit, day string, households []int64) (int, error) {
			return publicity.DeliverHome(ctx, s.v, who, c.ID, village, day, who, households)
		}
		if n, err := deliver(s.cadre, east, "2026-03-02", s.ids(east, 0, 10)); err != nil || n != 10 {
			t.Fatal(n, err)
		}
		if n, err := deliver(s.cadre, east, "2026-03-02", s.ids(east, 5, 12)); err != nil || n != 2 {
			t.Errorf("overlapping ticks: %d, %v", n, err)
		}
		_, err := deliver(s.cadre, willow, "2026-03-02", s.ids(willow, 0, 1))
		denied(t, err)
		_, err = deliver(s.clerk, east, "2026-03-02", s.ids(willow, 0, 1))
		refused(t, err, "户", "不在这个村")
		_, err = deliver(s.clerk, s.other, "2026-03-02", s.ids(east, 0, 1))
		refused(t, err, "村", "不是这个镇的村")
		_, err = deliver(s.clerk, east, "2026-03-03", s.ids(east, 12, 13))
		refused(t, err, "日期", "以后")
		_, err = deliver(s.clerk, east, "2026-03-01", s.ids(east, 12, 13))
		refused(t, err, "日期", "制发")
		_, err = deliver(s.clerk, east, "2026-03-02", nil)
		refused(t, err, "户", "勾选")

		// A broadcast reaches nobody by household.
		for range 2 {
			s.must(publicity.DeliverOther(ctx, s.v, s.cadre, c.ID, east, publicity.Broadcast, "2026-03-02", s.cadre, 0, "村广播，早晚各一遍"))
		}
		s.must(publicity.DeliverOther(ctx, s.v, s.cadre, c.ID, east, publicity.Meeting, "2026-03-02", s.cadre, 36, "一组村民会"))
		refused(t, publicity.DeliverOther(ctx, s.v, s.cadre, c.ID, east, publicity.Home, "2026-03-02", s.cadre, 0, "x"), "方式", "广播")
		refused(t, publicity.DeliverOther(ctx, s.v, s.cadre, c.ID, east, publicity.Posted, "2026-03-02", s.cadre, 0, ""), "说明", "贴在哪里")
		if r := s.reach(c, 0); r.Reached != 12 || r.Share() != 30 || r.Broadcasts != 1 || r.Meetings != 1 || r.People != 36 {
			t.Errorf("%+v", r)
		}
		if r := s.reach(c, 2); r.Standing(c, "2026-03-02", rules) != publicity.NoList {
			t.Errorf("a village whose households nobody knows is %s", r.Standing(c, "2026-03-02", rules))
		}

		// The wrong row.
		if n, err := publicity.UndoHome(ctx, s.v, s.cadre, c.ID, east, "2026-03-02", s.ids(east, 11, 13)); err != nil || n != 1 {
			t.Errorf("%d, %v", n, err)
		}
		if r := s.reach(c, 0); r.Reached != 11 {
			t.Errorf("%+v", r)
		}

		// A household that left the list no longer counts, and comes back with what it had.
		s.must(publicity.SetHouseholds(ctx, s.v, s.cadre, east, 5))
		if r := s.reach(c, 0); r.Households != 5 || r.Reached != 5 {
			t.Errorf("%+v", r)
		}
		s.must(publicity.SetHouseholds(ctx, s.v, s.cadre, east, 40))
		if r := s.reach(c, 0); r.Households != 40 || r.Reached != 11 {
			t.Errorf("%+v", r)
		}
		refused(t, publicity.SetHouseholds(ctx, s.v, s.cadre, east, 0), "户数", "1")

		// Brought once more, it shows the later day and counts once.
		s.day("2026-03-20")
		if _, err := deliver(s.cadre, east, "2026-03-20", s.ids(east, 0, 1)); err != nil {
			t.Fatal(err)
		}
		ticks, err := publicity.Ticks(ctx, s.v, c.ID, east.ID, "2026-03-10")
		s.must(err)
		if len(ticks) != 40 || ticks[0].Day != "2026-03-20" || ticks[1].Day != "" {
			t.Errorf("%d ticks, %+v", len(ticks), ticks[:2])
		}
		if r := s.reach(c, 0); r.Reached != 11 {
			t.Errorf("%+v", r)
		}
	})
}

func TestHouseholdList(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		read := func(text string) ([]publicity.Listed, error) {
			return publicity.ReadList(ctx, "户.csv", strings.NewReader(text), int64(len(text)))
		}
		list, err := read("栖禾镇农户名册,,,,\n村名,户号,姓名,与户主关系,身份证号,村民小组\n东槐,0012,柳桂兰,妻,990408194610010018,一组\n东槐,0012,郝大有,户主,990408194610010026,一组\n" +
			"东槐村委会,0013,郝二喜,户主,,二组\n柳荫村,0012,柳满仓,户主,,\n合计,,,,,\n")
		s.must(err)
		if len(list) != 3 || list[0].Head != "郝大有" || list[0].Number != "0012" || list[0].Team != "一组" || list[0].Row != 4 {
			t.Errorf("%+v", list)
		}
		done, err := publicity.ImportHouseholds(ctx, s.v, s.clerk, s.villages, org.Unit{}, list)
		s.must(err)
		if done != (publicity.Imported{Villages: 2, Households: 3, Added: 3}) {
			t.Errorf("%+v", done)
		}
		if done, err = publicity.ImportHouseholds(ctx, s.v, s.clerk, s.villages, org.Unit{}, list); err != nil || done.Added+done.Altered+done.Ended != 0 {
			t.Errorf("the same list again: %+v, %v", done, err)
		}
		_, err = publicity.ImportHouseholds(ctx, s.v, s.cadre, s.villages[:1], s.villages[0], list)
		refused(t, err, "名单", "第6行的村“柳荫村”")
		_, err = publicity.ImportHouseholds(ctx, s.v, s.cadre, s.villages, s.villages[0], list)
		denied(t, err)
		list, err = read("户号,户主\n1,郝大有\n2,郝二喜\n")
		s.must(err)
		_, err = publicity.ImportHouseholds(ctx, s.v, s.clerk, s.villages, org.Unit{}, list)
		refused(t, err, "村", "先选是哪个村")
		_, err = read("户号,户主,宗教信仰\n1,郝大有,无\n")
		if !errors.As(err, new(*screening.BeliefError)) {
			t.Errorf("a list that asks for faith: %v", err)
		}
		_, err = read("姓名,年龄\n郝大有,80\n")
		refused(t, err, "名单", "户号")
		var unreadable *office.Error
		if _, err = read(""); !errors.As(err, &unreadable) {
			t.Errorf("an empty file: %v", err)
		}
	})
}

// A town-year of D3: 17,000 households in 33 villages, two of which stop at 91 %.
func TestCoverageOfATown(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		s.villages = nil
		for i := range 33 {
			id := firstVillage + int64(i)
			s.villages = append(s.villages, org.Unit{ID: id, Parent: s.town.ID, Kind: org.Village, Name: fmt.Sprintf("第%d村", i+1), Path: fmt.Sprintf("%s%d/", s.town.Path, id)})
		}
		c := s.issue()
		total := 0
		for i, u := range s.villages {
			n := 500
			if i < 5 {
				n = 600
			}
			total += n
			s.must(publicity.SetHouseholds(ctx, s.v, s.clerk, u, n))
			share := 97
			if i == 7 || i == 21 {
				share = 91
			}
			_, err := publicity.DeliverHome(ctx, s.v, s.clerk, c.ID, u, "2026-03-02", s.clerk, s.ids(u, 0, n*share/100))
			s.must(err)
		}
		list, err := publicity.Coverage(ctx, s.v, c, s.villages)
		s.must(err)
		var behind []string
		reached := 0
		for _, r := range list {
			reached += r.Reached
			if r.Standing(c, "2026-05-02", rules) == publicity.Behind {
				behind = append(behind, fmt.Sprintf("%s %d%%", r.Village.Name, r.Share()))
			}
			if st := r.Standing(c, "2026-05-01", rules); st == publicity.Behind {
				t.Errorf("%s is behind on the last day: %s", r.Village.Name, st)
			}
		}
		if total != 17_000 || strings.Join(behind, " ") != "第8村 91% 第22村 91%" || reached != 17_000*97/100-2*500*6/100 {
			t.Errorf("%d households, %d reached, behind: %v", total, reached, behind)
		}
	})
}
