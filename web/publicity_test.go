package web_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"bihuan/benefit"
	"bihuan/calendar"
	"bihuan/publicity"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web"
)

// Who sees what: a village its own, the town all, those above counts, another town nothing, and a villager the card in hand.
func TestPublicityIsSeenByWhom(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		c := s.publicise(t)
		clerk, village, party, district, stranger := s.as(t, "clerk"), s.as(t, "village"), s.as(t, "party"), s.as(t, "district"), s.as(t, "stranger")
		own, other := s.requestOf(t, "郝大有"), s.requestOf(t, "柳桂兰")
		card := fmt.Sprintf("/card/%d", c.ID)
		east := s.people["village"].Unit.ID
		willow, err := store.One(t.Context(), s.db, store.Value[int64], `select id from unit where name = '柳荫村'`)
		if err != nil {
			t.Fatal(err)
		}
		wave, err := store.One(t.Context(), s.vault, store.Value[int64], `select max(id) from wave`)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			who    *client
			path   string
			status int
			has    string // or, with a leading -, has not
		}{
			{clerk, "/request", 200, "柳桂兰"}, {clerk, "/request/" + other, 200, "今年八十一"}, {clerk, "/request/" + own, 200, "139******34"}, {clerk, "/request/" + own, 200, "-13900001234"},
			{village, "/request", 200, "郝大有"}, {village, "/request", 200, "-柳桂兰"}, {village, "/request/" + other, 404, ""}, {village, "/request/" + own, 200, "瘫在床上"},
			{village, "/card", 200, "送到 54 户，共 60 户"}, {village, card, 200, "-柳荫村"}, {village, card + "/deliver", 200, "郝*有"},
			{village, fmt.Sprintf("%s/deliver?village=%d", card, willow), 404, ""}, {village, card + "/edit", 403, ""}, {village, "/awareness", 200, "东槐村"}, {village, "/awareness", 200, "-石桥村"},
			{village, fmt.Sprintf("/awareness/%d", wave), 200, "东槐村"}, {village, fmt.Sprintf("/awareness/%d", wave), 200, "-石桥村"}, {village, fmt.Sprintf("/awareness/%d/frame.txt", wave), 200, "-石桥村"},
			{party, fmt.Sprintf("/awareness/%d/frame.txt", wave), 200, "石桥村/001"},
			{village, fmt.Sprintf("/awareness/%d/ask?village=%d", wave, east), 403, ""},
			{party, "/request", 200, "按惠民项目"}, {party, "/request", 200, "-郝大有"}, {party, "/request/" + own, 403, ""}, {party, card, 200, "2 个村未达标"},
			{party, fmt.Sprintf("%s/deliver?village=%d", card, east), 403, ""}, {party, "/awareness", 200, "79%（95% 区间 71%–85%）"},
			{district, "/card", 200, "双堰镇"}, {district, fmt.Sprintf("/card?town=%d", s.town.ID), 200, "高龄津贴"}, {district, "/request/" + own, 403, ""},
			{district, fmt.Sprintf("/request?town=%d", s.town.ID), 200, "-郝大有"},
			{stranger, card, 404, ""}, {stranger, "/request/" + own, 404, ""}, {stranger, fmt.Sprintf("/card?town=%d", s.town.ID), 200, "-高龄津贴"}, {stranger, fmt.Sprintf("/awareness/%d", wave), 404, ""},
			{s.guest(t), card + "/public", 200, "年满80周岁"}, {s.guest(t), card, 303, ""}, {s.guest(t), "/card/1/public", 404, ""},
		} {
			a := x.who.get(x.path)
			text := plain(a.body)
			want, not := strings.CutPrefix(x.has, "-")
			if a.status != x.status || want != "" && strings.Contains(text, want) == not {
				t.Errorf("GET %s: %d, %q expected", x.path, a.status, x.has)
			}
		}
		if a := village.post("/request", "name", "柳满仓", "said", "问低保", "village", fmt.Sprint(willow)); a.status != 404 {
			t.Errorf("a village writes down what another's people ask: %d", a.status)
		}
		if a := stranger.post(card+"/withdraw", "version", "1", "why", "不要了"); a.status != 404 {
			t.Errorf("another town withdraws: %d", a.status)
		}
	})
}

// Forms come back with what was typed and what is wrong; what is right leads on, and twice is once.
func TestPublicityForms(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		clerk := s.as(t, "clerk")
		fields := []string{"benefit", "高龄津贴", "who", "年满80周岁", "amount", "", "place", "到村委会", "phone", "0399-5550123", "valid_from", "2026-01-01", "basis", "栖政〔2026〕3号"}
		a := clerk.post("/card/new", fields...)
		if a.status != 422 || !strings.Contains(a.body, "请写明多少钱") || !strings.Contains(a.body, "年满80周岁") {
			t.Errorf("without an amount: %d", a.status)
		}
		fields[5] = "每月50元"
		a = clerk.post("/card/new", fields...)
		if b := clerk.post("/card/new", fields...); a.status != 303 || b.to != a.to {
			t.Errorf("sent twice: %s, %s", a.to, b.to)
		}
		card := a.to
		if a := clerk.post(card+"/edit", append(fields, "version", "9")...); a.status != 303 { // nothing changed: nothing to be stale
			t.Errorf("unchanged: %d", a.status)
		}
		fields[11] = "2026-02-01"
		if a := clerk.post(card+"/edit", append(fields, "version", "9")...); a.status != 409 || !strings.Contains(a.body, "先改了这张卡") {
			t.Errorf("an old version: %d", a.status)
		}
		a = clerk.post(card+"/edit", append(fields, "version", "1")...)
		if a.status != 303 || a.to == card {
			t.Errorf("another first day made no new edition: %d %s", a.status, a.to)
		}
		if body := s.guest(t).page(card + "/public"); !strings.Contains(body, "这一版已经作废") || !strings.Contains(body, a.to+"/public") {
			t.Error("the old card does not lead to the new one")
		}

		// Households: a number, a list, a list that asks for faith.
		town := map[string]string{"unit": "0", "plan": fmt.Sprint(s.town.ID)}
		east := fmt.Sprint(s.people["village"].Unit.ID)
		if a := clerk.post("/card/household", "village", east, "count", "一百"); a.status != 422 || !strings.Contains(a.body, "请填 1 到") {
			t.Errorf("no number: %d", a.status)
		}
		if a := clerk.post("/card/household", "village", east, "count", "30"); a.status != 303 {
			t.Errorf("30 households: %d", a.status)
		}
		for text, want := range map[string]string{"户号,户主,宗教信仰\n1,郝大有,无\n": "涉及信仰", "姓名\n郝大有\n": "没有找到“户号”", "": "请先选一份名单", "村,户号\n远村,1\n": "“远村”"} {
			a := clerk.upload("/card/household/list", town, map[string]string{"户.csv": text})
			if a.status != 422 || !strings.Contains(unescape(a.body), want) {
				t.Errorf("%q: %d, without %s", text, a.status, want)
			}
		}
		if a := clerk.upload("/card/household/list", town, map[string]string{"户.csv": "村,户号,户主,组\n东槐,1,郝大有,一组\n东槐,2,柳桂兰,一组\n柳荫村,1,柳满仓,\n"}); a.status != 303 {
			t.Errorf("a good list: %d", a.status)
		}
		page := clerk.page("/card/household")
		if text := plain(page); !strings.Contains(text, "东槐村 2 户") || !strings.Contains(text, "共 3 户") {
			t.Error(text)
		}

		// What a village delivers.
		village := s.as(t, "village")
		deliver := a.to
		a = village.post(deliver+"/deliver", "from", "5", "to", "9")
		if a.status != 422 || !strings.Contains(a.body, "名单里没有从 5 到 9 的户") {
			t.Errorf("a run that is not there: %d", a.status)
		}
		if a := village.post(deliver + "/deliver"); a.status != 422 || !strings.Contains(a.body, "请勾选") {
			t.Errorf("nothing ticked: %d", a.status)
		}
		if a := village.post(deliver+"/deliver", "from", "1", "to", "2"); a.status != 303 {
			t.Errorf("a run: %d", a.status)
		}
		if text := plain(village.page(deliver + "/deliver")); !strings.Contains(text, "每一户都送到了") || strings.Contains(text, "郝大有") || !strings.Contains(text, "郝*有") {
			t.Error(text)
		}
		if a := village.post(deliver+"/way", "way", "broadcast", "said", ""); a.status != 422 || !strings.Contains(a.body, "哪个广播") {
			t.Errorf("a broadcast without a word: %d", a.status)
		}
		id, err := store.One(t.Context(), s.vault, store.Value[int64], `select id from household where head = '郝大有'`)
		if err != nil {
			t.Fatal(err)
		}
		if a := village.post(deliver+"/deliver", "do", "undo", "household", fmt.Sprint(id)); a.status != 303 {
			t.Errorf("taken back: %d", a.status)
		}
		if text := plain(village.page(deliver + "/deliver")); !strings.Contains(text, "还有 1 户没送到") {
			t.Error(text)
		}
		if a := village.post("/request", "name", "", "said", "问低保"); a.status != 422 || !strings.Contains(a.body, "请写名字") || !strings.Contains(a.body, "问低保") {
			t.Errorf("nobody asks: %d", a.status)
		}
	})
}

// The code on a card leads to what it says now; it is there only when somebody has said how the site is reached.
func TestCardCode(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	c := s.publicise(t)
	paper := fmt.Sprintf("/card/%d/print", c.ID)
	if strings.Contains(s.as(t, "clerk").page(paper), `class="qr"`) {
		t.Error("a code that leads nowhere")
	}
	server := httptest.NewServer(web.New(web.Config{DB: s.db, Residents: s.vault, Files: s.files, Calendar: calendar.Published(), Site: "https://bihuan.example.test"}).Handler())
	t.Cleanup(server.Close)
	s.url = server.URL
	if body := s.as(t, "clerk").page(paper); !strings.Contains(body, fmt.Sprintf("https://bihuan.example.test/card/%d/public", c.ID)) {
		t.Error("no code on the card")
	}
	bare := httptest.NewServer(web.New(web.Config{DB: s.db, Files: s.files, Calendar: calendar.Published()}).Handler())
	t.Cleanup(bare.Close)
	s.url = bare.URL
	clerk := s.as(t, "clerk")
	for _, path := range []string{"/card", paper, "/awareness", "/request", fmt.Sprintf("/card/%d/public", c.ID)} {
		if a := clerk.get(path); a.status != 404 {
			t.Errorf("GET %s without a database of residents: %d", path, a.status)
		}
	}
}

// What a village short of knowing is to be brought again shows as not yet brought again.
func TestBroughtAgain(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	c := s.publicise(t)
	waves, err := publicity.Repeats(t.Context(), s.vault, s.town.ID)
	if err != nil || len(waves) != 4 {
		t.Fatal(waves, err)
	}
	village := s.as(t, "village")
	again := fmt.Sprintf("/card/%d/deliver?village=%d&again=1", c.ID, s.people["village"].Unit.ID)
	if text := plain(village.page(again)); !strings.Contains(text, "知晓率不够，要再送一遍") || !strings.Contains(text, "还有 60 户没再送") {
		t.Error(text)
	}
	if a := village.post(again, "from", "1", "to", "60"); a.status != 303 || a.to != again {
		t.Errorf("%d to %s", a.status, a.to)
	}
	if text := plain(village.page(again)); !strings.Contains(text, "都再送过了") || !strings.Contains(text, "送到 60 户，共 60 户") {
		t.Error(text)
	}
}

// A request becomes an application of the town; what the county decides stands on its page, and nothing else closes it as approved. A card
// begins with the parameters of the programme and says when they have changed.
func TestRequestBecomesApplication(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx, clerk := t.Context(), s.people["clerk"]
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		programme, err := benefit.AddProgramme(ctx, s.vault, clerk, s.town, benefit.NewProgramme{Example: "elder", From: "2020-01-01", Basis: "临民〔2019〕31号"})
		must(err)
		village := s.people["village"].Unit
		id, err := publicity.Hear(ctx, s.vault, clerk, village, publicity.Request{Name: "郝守义", Said: "今年八十五，没领过高龄津贴", Benefit: "高龄津贴", Phone: "13900001234"})
		must(err)
		path := fmt.Sprintf("/request/%d", id)
		c := s.as(t, "clerk")
		if strings.Contains(c.page(path), "帮他提出申请") {
			t.Error("an application before anybody looked")
		}
		answered := []string{"benefit", "高龄津贴", "verdict", "fits", "advice", "带身份证来填表"}
		if a := c.post(path+"/answer", append(answered, "version", "1")...); a.status != 303 {
			t.Fatal(a.status)
		}
		if strings.Contains(s.as(t, "village").page(path), "帮他提出申请") {
			t.Error("a village is offered what the town does")
		}
		number := citizen("19410312", 7)
		apply := []string{"version", "2", "programme", fmt.Sprint(programme), "reason", "年满80周岁，户口在本镇"}
		if a := c.post(path+"/apply", append(apply, "citizen", "12345")...); a.status != 422 || !strings.Contains(a.body, "12345") {
			t.Errorf("a wrong number: %d", a.status)
		}
		for range 2 {
			if a := c.post(path+"/apply", append(apply, "citizen", number)...); a.status != 303 {
				t.Fatalf("%d %s", a.status, plain(a.body))
			}
		}
		r, err := publicity.RequestByID(ctx, s.vault, s.vault, id)
		must(err)
		if r.Application == 0 || !strings.Contains(c.page(path), fmt.Sprintf("/application/%d", r.Application)) {
			t.Errorf("no application: %+v", r)
		}
		if n, err := store.One(ctx, s.vault, store.Value[int], `select count(*) from application`); err != nil || n != 1 {
			t.Errorf("%d applications, %v", n, err)
		}
		if a := c.post(path+"/close", "version", "3", "outcome", "approved", "how", "face"); a.status != 422 || !strings.Contains(a.body, "县里还没有批准") {
			t.Errorf("approved before the county: %d", a.status)
		}
		if a := c.post(path+"/close", "version", "3", "outcome", "applied", "how", "face"); a.status != 303 {
			t.Errorf("applied: %d %s", a.status, plain(a.body))
		}

		form := c.page(fmt.Sprintf("/card/new?programme=%d", programme))
		if text := unescape(form); !strings.Contains(text, "年满80周岁") || !strings.Contains(text, "80–99岁每月") || !strings.Contains(text, "临民〔2019〕31号") {
			t.Errorf("the card begins with %s", between(text, "<form", "</form>"))
		}
		card := c.post("/card/new", "programme", fmt.Sprint(programme), "benefit", "高龄津贴", "who", "年满80周岁", "amount", "每月50元", "place", "村委会", "phone", "5550123", "valid_from", "2020-01-01", "basis", "临民〔2019〕31号").to
		if strings.Contains(c.page(card), "该换新卡了") {
			t.Error("a card is old before its programme changes")
		}
		tiers, err := benefit.ParseTiers("80-99 60\n100- 1000")
		must(err)
		must(benefit.SetParameter(ctx, s.vault, clerk, programme, s.residentVersion("programme", programme), benefit.NewValue{Name: benefit.Amount, Tiers: tiers, From: "2026-04-01", Basis: "临民〔2026〕5号"}))
		if text := plain(c.page(card)); !strings.Contains(text, "月标准从 2026-04-01 起变了（临民〔2026〕5号），卡上还是以前的") {
			t.Error(text)
		}
	})
}
