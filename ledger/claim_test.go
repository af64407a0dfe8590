package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/store"
	"bihuan/store/storetest"
)

const countedPaper = `柳塘镇党委关于区委巡察反馈意见的整改方案
2026年1月5日至2月10日，区委第二巡察组对柳塘镇党委进行了常规巡察，2026年3月2日反馈了意见，现制定整改方案如下。
一、乡村振兴方面
1.村级集体经济薄弱。一是年收入超过10万元的村集体仅14个，其中超50万元的村集体仅4个。二是柳荫、东槐等7个村未公开账目。
整改措施：一是逐村定增收项目。二是每季度公开账目。
责任单位：东村
责任人：李四喜
完成时限：2026年5月底前
2.惠农政策落实不到位。一是低保漏报x户。
整改措施：一是每月比对名单。
责任单位：党政办
完成时限：2026年4月30日前
`

// counted puts the paper with numbers in force and returns its plan and its first finding.
func (w world) counted(t *testing.T) (int64, ledger.Finding) {
	t.Helper()
	id := w.upload(t, ledger.Upload{Unit: w.town.ID, Kind: ledger.NewPlan, Name: "方案.txt", Data: []byte(countedPaper)})
	planID, err := ledger.Confirm(t.Context(), w.db, w.clerk, id, 1)
	if err != nil {
		t.Fatal(err)
	}
	return planID, w.find(t, w.clerk, ledger.Filter{Plan: planID})[0]
}

func (w world) claims(t *testing.T, finding int64) []ledger.Claim {
	t.Helper()
	list, err := ledger.ClaimsOf(t.Context(), w.db, finding)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// brief writes claims in one line each.
func brief(list []ledger.Claim) string {
	var b strings.Builder
	for _, c := range list {
		fmt.Fprintf(&b, "%s=%s %s %s;", c.Subject, c.Baseline(), c.State, c.Standing())
	}
	return b.String()
}

// refused tells that a command was refused for a value, with words that name what must be named.
func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	var invalid ledger.Invalid
	if !errors.As(err, &invalid) {
		t.Errorf("not refused: %v", err)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the refusal lacks %q: %v", word, err)
		}
	}
}

func TestClaimsFromAPlanToItsTable(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		planID, f := w.counted(t)
		list := w.claims(t, f.ID)
		if got, want := brief(list), "年收入超过10万元的村集体=14个 proposed 未知;超50万元的村集体=4个 proposed 未知;村未公开账目=7个 proposed 未知;"; got != want {
			t.Fatalf("proposed %s", got)
		}
		if list[1].Nested != list[0].ID || list[0].AsOf != "2026-03-02" || len(list[2].Places) != 7 || list[2].Named() != 2 {
			t.Errorf("proposed %+v", list)
		}
		// Only who may change the ledger confirms; nothing is recorded of what is not confirmed.
		var denied org.Denied
		if err := ledger.ConfirmClaim(ctx, w.db, w.cadre, list[0].ID, 1); !errors.As(err, &denied) {
			t.Errorf("a cadre confirms: %v", err)
		}
		if err := ledger.ConfirmClaim(ctx, w.db, w.stranger, list[0].ID, 1); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a stranger confirms: %v", err)
		}
		value := ledger.ValueEdit{Value: "15", AsOf: "2026-04-10", Source: "农经站4月报表"}
		refused(t, ledger.SetClaimValue(ctx, w.db, w.cadre, list[0].ID, value), "还没有确认")
		for range 2 { // a form sent twice does it once
			if err := ledger.ConfirmClaim(ctx, w.db, w.clerk, list[0].ID, 1); err != nil {
				t.Fatal(err)
			}
		}
		e := list[1].Edit()
		e.Target = "6"
		if err := ledger.EditClaim(ctx, w.db, w.clerk, list[1].ID, 1, e); err != nil {
			t.Fatal(err)
		}
		var stale journal.Stale
		e.Target = "8"
		if err := ledger.EditClaim(ctx, w.db, w.clerk, list[1].ID, 1, e); !errors.As(err, &stale) {
			t.Errorf("a stale edit: %v", err)
		}
		if err := ledger.DropClaim(ctx, w.db, w.clerk, list[2].ID, 1); err != nil {
			t.Fatal(err)
		}
		// Values: who answers records them, with day and source; a part stays within its whole on the same day.
		for range 2 {
			if err := ledger.SetClaimValue(ctx, w.db, w.cadre, list[0].ID, value); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, ledger.SetClaimValue(ctx, w.db, w.cadre, list[1].ID, ledger.ValueEdit{Value: "16", AsOf: "2026-04-10", Source: "同上"}),
			"2026-04-10", "超50万元的村集体", "16个", "年收入超过10万元的村集体", "15个")
		refused(t, ledger.SetClaimValue(ctx, w.db, w.cadre, list[1].ID, ledger.ValueEdit{Value: "5", AsOf: "2026-04-10"}), "来源")
		refused(t, ledger.SetClaimValue(ctx, w.db, w.cadre, list[1].ID, ledger.ValueEdit{Value: "5", Source: "报表"}), "截至日期")
		refused(t, ledger.SetClaimValue(ctx, w.db, w.cadre, list[1].ID, ledger.ValueEdit{Value: "5", AsOf: "2026-04-17", Source: "报表"}), "还没有到")
		refused(t, ledger.SetClaimValue(ctx, w.db, w.cadre, list[1].ID, ledger.ValueEdit{Value: "5", AsOf: "2026-03-01", Source: "报表"}), "2026-03-02")
		refused(t, ledger.SetClaimValue(ctx, w.db, w.cadre, list[1].ID, ledger.ValueEdit{Value: "五个", AsOf: "2026-04-10", Source: "报表"}), "不要填0")
		for _, v := range []ledger.ValueEdit{{Value: "5", AsOf: "2026-04-09", Source: "报表"}, {Value: "６", AsOf: "2026-04-10", Source: "报表"}} {
			if err := ledger.SetClaimValue(ctx, w.db, w.cadre, list[1].ID, v); err != nil {
				t.Fatal(err)
			}
		}
		refused(t, ledger.SetClaimValue(ctx, w.db, w.cadre, list[0].ID, ledger.ValueEdit{Value: "5", AsOf: "2026-04-10", Source: "重数"}), "6个", "5个")
		groups, err := ledger.ClaimTable(ctx, w.db, w.clerk, planID)
		if err != nil || len(groups) != 2 || len(groups[0].Claims) != 2 {
			t.Fatalf("the table: %+v %v", groups, err)
		}
		if got, want := brief(groups[0].Claims), "年收入超过10万元的村集体=14个 confirmed 未知;超50万元的村集体=4个 confirmed 达成;"; got != want {
			t.Errorf("the table: %s", got)
		}
		if now, ok := groups[0].Claims[1].Now(); !ok || now.Value != "6" || now.By != "李四喜" || len(groups[0].Claims[0].Values) != 1 {
			t.Errorf("now: %+v", groups[0].Claims)
		}
		// Looked for and not known is neither reached nor 0.
		if err := ledger.SetClaimValue(ctx, w.db, w.cadre, list[1].ID, ledger.ValueEdit{Value: "未知", AsOf: "2026-04-15", Source: "农经站说尚未汇总"}); err != nil {
			t.Fatal(err)
		}
		c, _, err := ledger.ClaimByID(ctx, w.db, w.clerk, list[1].ID)
		if now, _ := c.Now(); err != nil || now.Value != "" || c.Standing() != ledger.NotKnown {
			t.Errorf("an unknown value: %+v %v", c, err)
		}
		if _, err := ledger.ClaimTable(ctx, w.db, w.stranger, planID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a stranger reads the table: %v", err)
		}
	})
}

// What a person has said of a claim outlives every new version of the plan, and nothing is proposed twice.
func TestARevisionKeepsClaims(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		planID, f := w.counted(t)
		list := w.claims(t, f.ID)
		e := list[0].Edit()
		e.Subject, e.Value = "年经营性收入10万元以上的村", "13"
		if err := ledger.EditClaim(ctx, w.db, w.clerk, list[0].ID, 1, e); err != nil {
			t.Fatal(err)
		}
		if err := ledger.DropClaim(ctx, w.db, w.clerk, list[2].ID, 1); err != nil {
			t.Fatal(err)
		}
		revise := func(name, old, new string) {
			t.Helper()
			id := w.upload(t, ledger.Upload{Unit: w.town.ID, Plan: planID, Kind: ledger.Revision, Name: name, Data: []byte(strings.Replace(countedPaper, old, new, 1))})
			if _, err := ledger.Confirm(ctx, w.db, w.clerk, id, 1); err != nil {
				t.Fatal(err)
			}
		}
		revise("二.txt", "每季度公开账目", "每月公开账目，张榜7天")
		if got, want := brief(w.claims(t, f.ID)), "年经营性收入10万元以上的村=13个 confirmed 未知;超50万元的村集体=4个 proposed 未知;村未公开账目=7个 dropped 未知;"; got != want {
			t.Errorf("after a revision of the measures: %s", got)
		}
		// A number that the plan no longer quotes goes when nobody has confirmed it; a new one comes.
		revise("三.txt", "，其中超50万元的村集体仅4个", "，空壳村仍有3个")
		if got, want := brief(w.claims(t, f.ID)), "年经营性收入10万元以上的村=13个 confirmed 未知;超50万元的村集体=4个 dropped 未知;村未公开账目=7个 dropped 未知;空壳村=3个 proposed 未知;"; got != want {
			t.Errorf("after a revision of the numbers: %s", got)
		}
	})
}

func TestAddingAndChangingClaims(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		_, f := w.counted(t)
		list := w.claims(t, f.ID)
		add := func(e ledger.ClaimEdit) (int64, error) { return ledger.AddClaim(ctx, w.db, w.clerk, f.ID, e) }
		good := ledger.ClaimEdit{Subject: "空壳村", Measure: "个", Value: "3", Target: "0"}
		first, err := add(good)
		again, err2 := add(good)
		if err != nil || err2 != nil || first != again {
			t.Fatalf("added twice: %d %d %v %v", first, again, err, err2)
		}
		c, _, err := ledger.ClaimByID(ctx, w.db, w.clerk, first)
		if err != nil || c.Aim != plan.AtMost || c.Goal() != "不多于0个" || c.State != ledger.ClaimConfirmed {
			t.Errorf("added %+v %v", c, err)
		}
		for _, bad := range []struct {
			e     ledger.ClaimEdit
			words []string
		}{
			{ledger.ClaimEdit{Measure: "个", Value: "3"}, []string{"数的是什么"}},
			{ledger.ClaimEdit{Subject: "村", Value: "3"}, []string{"单位"}},
			{ledger.ClaimEdit{Subject: "村", Measure: "个", Value: "-3"}, []string{"不是数字"}},
			{ledger.ClaimEdit{Subject: "村", Measure: "个", Value: "3", Upper: "3"}, []string{"上限"}},
			{ledger.ClaimEdit{Subject: "村", Measure: "个", Value: "", Target: "3"}, []string{"不少于", "不多于"}},
			{ledger.ClaimEdit{Subject: "村", Measure: "个", Value: "2", Places: []string{"柳荫", "东槐", "石坪"}}, []string{"列了3个地点", "基线是2个"}},
			{ledger.ClaimEdit{Subject: "村", Measure: "个", Value: "2", Places: []string{"柳荫", "柳荫"}}, []string{"写了两次"}},
			{ledger.ClaimEdit{Subject: "超百万元的村", Measure: "个", Value: "15", Nested: list[0].ID}, []string{"超百万元的村", "15个", "年收入超过10万元的村集体", "14个"}},
			{ledger.ClaimEdit{Subject: "收入", Measure: "%", Value: "15", Nested: list[0].ID}, []string{"以%计", "以个计"}},
			{ledger.ClaimEdit{Subject: "村", Measure: "个", Value: "1", Nested: 42}, []string{"不在这个问题里"}},
		} {
			_, err := add(bad.e)
			refused(t, err, bad.words...)
		}
		// A whole may not shrink below its part, nor a claim be part of itself.
		e := list[0].Edit()
		e.Value = "3"
		refused(t, ledger.EditClaim(ctx, w.db, w.clerk, list[0].ID, 1, e), "4个", "3个")
		e = list[0].Edit()
		e.Nested = list[1].ID
		refused(t, ledger.EditClaim(ctx, w.db, w.clerk, list[0].ID, 1, e), "自己的一部分")
		// Naming a place fills a slot; more slots come with a larger number.
		e = list[2].Edit()
		e.Places = append(e.Places, "石坪")
		if err := ledger.EditClaim(ctx, w.db, w.clerk, list[2].ID, 1, e); err != nil {
			t.Fatal(err)
		}
		if c := w.claims(t, f.ID)[2]; c.Named() != 3 || len(c.Places) != 7 || c.Places[2] != "石坪" {
			t.Errorf("places %q", c.Places)
		}
		var denied org.Denied
		if _, err := ledger.AddClaim(ctx, w.db, w.cadre, f.ID, good); !errors.As(err, &denied) {
			t.Errorf("a cadre adds: %v", err)
		}
	})
}

// Whatever is added, changed, dropped and recorded, in whatever order: no part is known to be more than its whole, at the baseline or
// on a day for which both are known.
func TestNoPartIsMoreThanItsWhole(t *testing.T) {
	w := build(t, storetest.SQLite(t))
	_, f := w.counted(t)
	days := []string{"2026-04-10", "2026-04-12"}
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			list, err := ledger.ClaimsOf(ctx, w.db, f.ID)
			if err != nil {
				t.Fatal(err)
			}
			c := rapid.SampledFrom(list).Draw(t, "claim")
			number := rapid.SampledFrom([]string{"", "0", "2", "5.5", "9", "14", "30"}).Draw(t, "number")
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0:
				e := c.Edit()
				e.Value, e.Upper, e.Places = number, "", nil
				e.Nested = rapid.SampledFrom(append(list, ledger.Claim{})).Draw(t, "whole").ID
				err = ledger.EditClaim(ctx, w.db, w.clerk, c.ID, c.Version, e)
			case 1:
				_, err = ledger.AddClaim(ctx, w.db, w.clerk, f.ID, ledger.ClaimEdit{Subject: "村", Measure: rapid.SampledFrom([]string{"个", "万个"}).Draw(t, "measure"), Value: number, Nested: c.ID})
			case 2:
				err = ledger.DropClaim(ctx, w.db, w.clerk, c.ID, c.Version)
			case 3:
				err = ledger.ConfirmClaim(ctx, w.db, w.clerk, c.ID, c.Version)
			default:
				err = ledger.SetClaimValue(ctx, w.db, w.cadre, c.ID, ledger.ValueEdit{Value: number, AsOf: rapid.SampledFrom(days).Draw(t, "day"), Source: "报表"})
			}
			var invalid ledger.Invalid
			if err != nil && !errors.As(err, &invalid) {
				t.Fatal(err)
			}
		}
		list, err := ledger.ClaimsOf(ctx, w.db, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		at := func(c ledger.Claim, day string) string {
			value := c.Value
			if day != "" {
				value = ""
			}
			for _, v := range c.Values {
				if v.AsOf == day {
					value = v.Value
				}
			}
			return value
		}
		for _, part := range list {
			for _, whole := range list {
				if part.Nested != whole.ID || part.State != ledger.ClaimConfirmed || whole.State != ledger.ClaimConfirmed {
					continue
				}
				for _, day := range append(days, "") {
					p, ok := plan.Amount(at(part, day), part.Measure)
					all, ok2 := plan.Amount(at(whole, day), whole.Measure)
					if ok && ok2 && p.Cmp(all) > 0 {
						t.Fatalf("%q: %s is part of %s", day, part.Baseline(), whole.Baseline())
					}
				}
			}
		}
	})
}
