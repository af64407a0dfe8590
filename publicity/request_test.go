package publicity_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/publicity"
	"bihuan/store"
)

func (s *scene) request(id int64) publicity.Request {
	s.t.Helper()
	r, err := publicity.RequestByID(s.t.Context(), s.v, s.v, id)
	s.must(err)
	return r
}

func TestRequestToTheEnd(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		east := s.villages[0]
		asked := publicity.Request{Name: "郝大有", Said: "想问低保怎么办，老伴瘫在床上", Phone: "13900001234"}
		id, err := publicity.Hear(ctx, s.v, s.cadre, east, asked)
		s.must(err)
		if again, err := publicity.Hear(ctx, s.v, s.cadre, east, asked); err != nil || again != id {
			t.Errorf("the same words twice: %d, %v", again, err)
		}
		r := s.request(id)
		if r.Number() != "诉求2026-1" || r.Channel != "oral" || r.Received != "2026-03-02" || r.Said != asked.Said || r.Phone != asked.Phone {
			t.Errorf("%+v", r)
		}
		for _, column := range []string{"said", "phone"} {
			kept, err := store.One(ctx, s.v, store.Value[string], `select `+column+` from request where id = $1`, id)
			s.must(err)
			if kept == "" || strings.Contains(kept, "低保") || strings.Contains(kept, "1390") {
				t.Errorf("%s stands as %q", column, kept)
			}
		}
		_, err = publicity.Hear(ctx, s.v, s.cadre, s.villages[1], asked)
		denied(t, err)
		_, err = publicity.Hear(ctx, s.v, s.leader, east, asked)
		denied(t, err)
		_, err = publicity.Hear(ctx, s.v, s.cadre, east, publicity.Request{Said: "想办低保"})
		refused(t, err, "谁提的", "名字")
		_, err = publicity.Hear(ctx, s.v, s.cadre, east, publicity.Request{Name: "郝大有"})
		refused(t, err, "说了什么", "一句")

		answer := func(version int64, a publicity.Reply) error {
			return publicity.AnswerRequest(ctx, s.v, s.cadre, east, id, version, a)
		}
		closeIt := func(version int64, outcome, day, how, number string) error {
			return publicity.CloseRequest(ctx, s.v, s.cadre, east, id, version, outcome, day, how, number)
		}
		refused(t, closeIt(1, "applied", "2026-03-02", "face", "D-1"), "结果", "还没有答复")
		s.day("2026-03-09")
		no := publicity.Reply{Day: "2026-03-09", Benefit: "低保", Verdict: publicity.Fails, Advice: "符合了再来，村里帮着报"}
		refused(t, answer(1, no), "哪一条不符合", "请写明")
		no.Condition = "不符合低保政策的有关条件"
		refused(t, answer(1, no), "哪一条不符合", "听不明白")
		no.Condition = "家里人均每月收入超过 620 元，您家算下来 810 元"
		noAdvice := no
		noAdvice.Advice = ""
		refused(t, answer(1, noAdvice), "怎么答复的", "一句")
		early := no
		early.Day = "2026-03-01"
		refused(t, answer(1, early), "哪天答复的", "早于")
		s.must(answer(1, no))
		s.must(answer(1, no)) // sent twice
		r = s.request(id)
		if r.Answered != "2026-03-09" || r.Verdict != publicity.Fails || r.Condition != no.Condition || r.Version != 2 {
			t.Errorf("%+v", r)
		}
		refused(t, closeIt(2, "applied", "2026-03-09", "face", "D-1"), "结果", "不符合")

		// Another look: it fits after all. The day of the first answer stands.
		s.day("2026-03-12")
		yes := publicity.Reply{Day: "2026-03-12", Benefit: "低保", Verdict: publicity.Fits, Condition: "丢掉的话", Advice: "带上诊断书来填表", ApplicationNo: "临民低申2026-31"}
		if err := answer(1, yes); !errors.As(err, new(journal.Stale)) {
			t.Errorf("saved over somebody else's: %v", err)
		}
		s.must(answer(2, yes))
		r = s.request(id)
		if r.Answered != "2026-03-09" || r.Condition != "" || r.ApplicationNo != "临民低申2026-31" {
			t.Errorf("%+v", r)
		}
		refused(t, closeIt(3, "refused", "2026-03-12", "face", ""), "结果", "哪一条")
		refused(t, closeIt(3, "applied", "2026-03-12", "", ""), "怎么告知的", "选")
		refused(t, closeIt(3, "applied", "2026-03-08", "face", ""), "哪天告知的", "早于")
		s.must(closeIt(3, "applied", "2026-03-12", "face", ""))
		s.must(closeIt(3, "applied", "2026-03-12", "face", ""))
		refused(t, closeIt(4, "already", "2026-03-12", "face", ""), "诉求", "已经办结")
		refused(t, answer(4, no), "诉求", "已经办结")
		entries, err := journal.Of(ctx, s.v, "request", id, 20)
		s.must(err)
		for _, e := range entries {
			if said := fmt.Sprint(e.Changes); strings.Contains(said, "郝大有") || strings.Contains(said, "1390") || strings.Contains(said, "瘫") {
				t.Errorf("the journal tells of a villager: %s", said)
			}
		}
		if len(entries) != 4 {
			t.Errorf("%d entries", len(entries))
		}
	})
}

func TestPlainReasons(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		id, err := publicity.Hear(ctx, s.v, s.cadre, s.villages[0], publicity.Request{Name: "郝二喜", Said: "想领高龄津贴"})
		s.must(err)
		for reason, plain := range map[string]bool{
			"不符合条件": false, "不符合": false, "不符合高龄津贴政策": false, "经审核，不符合有关规定要求": false, "没有达到享受标准": false, "不能办": false, "。。。。。。": false,
			"满80周岁才能领，您今年76岁": true, "户口不在本镇，在邻县": true, "收入超过标准": true, "名下有一辆小汽车": true,
		} {
			err := publicity.AnswerRequest(ctx, s.v, s.cadre, s.villages[0], id, s.request(id).Version,
				publicity.Reply{Day: "2026-03-02", Benefit: "高龄津贴", Verdict: publicity.Fails, Condition: reason, Advice: "到年龄了村里会来办"})
			if (err == nil) != plain {
				t.Errorf("%s: %v", reason, err)
			}
		}
	})
}

func TestRequestClock(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		cal := calendar.Published()
		s.day("2026-04-30")
		hear := func(village org.Unit, name, day string) int64 {
			t.Helper()
			id, err := publicity.Hear(ctx, s.v, s.clerk, village, publicity.Request{Name: name, Said: "问高龄津贴", Benefit: "高龄津贴", Received: day, Channel: "visit"})
			s.must(err)
			return id
		}
		answer := func(id int64, day string) {
			t.Helper()
			r := s.request(id)
			s.must(publicity.AnswerRequest(ctx, s.v, s.clerk, s.unit(r.Village), id, r.Version,
				publicity.Reply{Day: day, Benefit: "高龄津贴", Verdict: publicity.Fits, Advice: "带身份证来填表"}))
		}
		inTime := hear(s.villages[0], "甲", "2026-04-01") // 3, 4, 5 and 6 April are Qingming: five working days end on 9 April
		late := hear(s.villages[0], "乙", "2026-04-01")
		hear(s.villages[1], "丙", "2026-04-01")
		fresh := hear(s.villages[1], "丁", "2026-04-28")
		if due := s.request(inTime).Due(cal, rules); due != cal.After("2026-04-01", 5) || due < "2026-04-08" {
			t.Errorf("due %s", due)
		}
		answer(inTime, s.request(inTime).Due(cal, rules))
		answer(late, cal.After(s.request(late).Due(cal, rules), 1))
		list, err := publicity.Requests(ctx, s.v, s.town.ID, s.villages)
		s.must(err)
		f := publicity.Count(list, cal, rules, "2026-04-30")
		if f != (publicity.Figures{All: 4, Waiting: 1, Past: 1, Pending: 2, InTime: 1, LateDone: 1, Days: 5}) {
			t.Errorf("%+v", f)
		}
		r := s.request(fresh)
		s.must(publicity.AnswerRequest(ctx, s.v, s.clerk, s.villages[1], fresh, 1, publicity.Reply{Day: "2026-04-30", Benefit: "高龄津贴", Verdict: publicity.Unsure, Advice: "三天内到家里看"}))
		s.must(publicity.CloseRequest(ctx, s.v, s.clerk, s.villages[1], r.ID, 2, "dropped", "2026-04-30", "phone", ""))
		own, err := publicity.Requests(ctx, s.v, s.town.ID, s.villages[1:2])
		s.must(err)
		if len(own) != 2 || own[0].Told != "" || own[1].ID != fresh {
			t.Errorf("%+v", own)
		}
		if f := publicity.Count(nil, cal, rules, "2026-04-30"); f.Days != -1 || f.All != 0 {
			t.Errorf("%+v", f)
		}
	})
}

func (s *scene) unit(id int64) org.Unit {
	for _, u := range s.villages {
		if u.ID == id {
			return u
		}
	}
	s.t.Fatal("no such village")
	return org.Unit{}
}
