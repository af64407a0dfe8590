package web_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"bihuan/org"
	"bihuan/publicity"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web/browser"
)

// publicise gives the town villages with households, a card, deliveries, waves and requests.
func (s *site) publicise(t *testing.T) publicity.Card {
	t.Helper()
	ctx := context.Background()
	clerk, leader := s.people["clerk"], s.people["leader"]
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.db.Write(ctx, func(tx *store.Tx) error {
		for _, name := range []string{"石桥村", "北杨村", "南河村", "马营村", "赵坪村"} {
			if _, err := org.AddUnit(ctx, tx, org.Program, s.town, org.Village, name, 0); err != nil {
				return err
			}
		}
		id, err := org.AddStaff(ctx, tx, org.Program, s.town, "宋知微", "民政所干部", org.Cadre, "visitor", password)
		s.people["visitor"] = org.Person{ID: id, Name: "宋知微", Role: org.Cadre, Unit: s.town}
		return err
	}))
	all, err := org.Below(ctx, s.db, s.town.Path)
	must(err)
	var villages []org.Unit
	for _, u := range all {
		if u.Kind == org.Village {
			villages = append(villages, u)
		}
	}
	s.now = s.now.AddDate(0, -3, 0)
	id, err := publicity.Issue(ctx, s.vault, clerk, s.town, publicity.Card{Benefit: "高龄津贴", Who: "年满80周岁\n户口在栖禾镇\n人还健在，每年认证一次", Amount: "80—99岁每月50元，100岁以上每月1000元，按季发到一卡通",
		Place: "到村委会，带身份证和户口簿；走不动的打电话，村干部上门办", Phone: "0399-5550123", ValidFrom: "2026-01-01", Basis: "栖政〔2026〕3号"})
	must(err)
	c, err := publicity.CardByID(ctx, s.vault, id)
	must(err)
	for i, u := range villages[:6] {
		households := make([]publicity.Listed, 60+i*20)
		for j := range households {
			households[j].Number = fmt.Sprintf("%03d", j+1)
			households[j].Head = []string{"郝大有", "柳桂兰", "郝二喜", "欧阳满仓"}[j%4]
			households[j].Team = []string{"一组", "二组", "三组"}[j*3/len(households)]
		}
		_, err := publicity.ImportHouseholds(ctx, s.vault, clerk, villages, u, households)
		must(err)
		there, err := publicity.Households(ctx, s.vault, u.ID)
		must(err)
		var ids []int64
		for _, h := range there[:len(there)*[]int{91, 97, 100, 96, 98, 40}[i]/100] {
			ids = append(ids, h.ID)
		}
		_, err = publicity.DeliverHome(ctx, s.vault, clerk, c.ID, u, s.now.Format("2006-01-02"), clerk, ids)
		must(err)
	}
	must(publicity.DeliverOther(ctx, s.vault, clerk, c.ID, villages[0], publicity.Meeting, s.now.Format("2006-01-02"), s.people["village"], 46, "村民代表会上讲了一遍"))
	must(publicity.SetMandatory(ctx, s.vault, leader, s.town, villages[:4], "反馈问题4：东槐等村群众一知半解"))
	for n, wave := range []struct {
		name  string
		right [4]int
	}{{"宣传前", [4]int{10, 12, 11, 13}}, {"宣传后", [4]int{26, 25, 20, 24}}} {
		s.now = s.now.AddDate(0, 1, 0)
		id, err := publicity.Draw(ctx, s.vault, leader, s.town, publicity.Wave{Card: c.ID, Name: wave.name, Questions: []string{"多大年纪能领", "一个月多少钱"}, Size: 30, Threshold: 70, Low: 60, Seed: fmt.Sprintf("42613%d", n)}, villages[:4])
		must(err)
		for i, u := range villages[:4] {
			rows, err := publicity.SampledIn(ctx, s.vault, id, u.ID)
			must(err)
			var answers []publicity.Answer
			for j, r := range rows {
				a := publicity.Answer{ID: r.ID, Version: r.Version, Answers: "rp"}
				if j < wave.right[i] {
					a.Answers = "rr"
				} else if j%3 == 0 {
					a.Answers = "ww"
				}
				answers = append(answers, a)
			}
			must(publicity.Interview(ctx, s.vault, leader, id, u, s.people["visitor"], s.now.Format("2006-01-02"), answers))
		}
	}
	s.now = s.now.AddDate(0, 1, 0)
	for i, r := range []publicity.Request{
		{Name: "郝大有", Said: "老伴瘫在床上两年了，药费自己付的多，想问问低保怎么办，听说别的村有人办下来了", Received: "2026-04-02", Channel: "visit", Phone: "13900001234"},
		{Name: "柳桂兰", Said: "今年八十一，没领过高龄津贴", Received: "2026-04-14", Benefit: "高龄津贴", Channel: "inspection"},
		{Name: "郝二喜", Said: "想办五保", Received: "2026-04-08", Benefit: "特困供养", Channel: "oral"},
	} {
		id, err := publicity.Hear(ctx, s.vault, clerk, villages[i%2], r)
		must(err)
		if i == 2 {
			must(publicity.AnswerRequest(ctx, s.vault, clerk, villages[0], id, 1, publicity.Reply{Day: "2026-04-10", Benefit: "特困供养", Verdict: publicity.Fails, Condition: "有儿子在外地打工，有赡养能力的不算特困", Advice: "可以看看低保，带收入证明来算一算"}))
		}
	}
	return c
}

// A card from its making to the households, on a desk and on a phone.
func TestBrowserPublicity(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	c := s.publicise(t)
	b := browser.Open(t)
	fits := func(where string) {
		t.Helper()
		if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			t.Errorf("%s is %d px too wide", where, over)
		}
	}
	look := func(path, name string) {
		t.Helper()
		b.Size(1366, 768)
		b.Go(s.url + path)
		fits(path)
		b.Screenshot(name)
		b.Size(390, 844)
		b.Go(s.url + path)
		fits(path + " on a phone")
		b.Screenshot(name + "-390")
	}
	enter := func(login string) {
		t.Helper()
		b.Go(s.url + "/login")
		b.Type("#login", login)
		b.Type("#password", password)
		b.Follow(".login .btn-go")
	}
	leave := func() {
		t.Helper()
		b.Size(1366, 768)
		b.Go(s.url + "/me")
		b.Follow(".bar-out")
	}
	enter("clerk")
	look("/card", "card-list")
	look(fmt.Sprintf("/card/%d", c.ID), "card")
	look("/card/new", "card-form")
	look(fmt.Sprintf("/card/%d/print", c.ID), "card-print")
	look(fmt.Sprintf("/card/%d/print?size=a5", c.ID), "card-print-a5")
	look("/card/household", "card-household")
	look(fmt.Sprintf("/card/%d/deliver?village=%d", c.ID, s.people["village"].Unit.ID), "card-deliver-desk")
	look("/awareness", "awareness")
	look("/awareness/new", "awareness-new")
	look("/awareness/village", "awareness-village")
	look("/request", "request-list")
	look("/request/new", "request-new")
	look("/request/"+s.requestOf(t, "郝二喜"), "request-one")

	// On paper a card is one page, however much it says.
	onePage := func(path, name string) {
		t.Helper()
		b.Size(1366, 768)
		b.Go(s.url + path)
		pdf, err := os.ReadFile(b.PDF(name))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(regexp.MustCompile(`/Type\s*/Page[^s]`).FindAll(pdf, -1)); n != 1 {
			t.Errorf("%s prints on %d pages", path, n)
		}
	}
	clerk := s.people["clerk"]
	long, err := publicity.Issue(t.Context(), s.vault, clerk, s.town, publicity.Card{Benefit: "防止返贫监测对象帮扶与临时救助", Who: strings.Repeat("家里人均每月收入低于低保标准的\n", 5) + strings.Repeat("多", 75),
		Amount: strings.Repeat("按家庭收入和低保标准的差额补足，", 6), Place: strings.Repeat("先到村委会领表，带户口簿和收入证明，", 5), Phone: "0399-5550123", ValidFrom: "2026-01-01", Basis: strings.Repeat("栖政〔2026〕3号", 8)})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []int64{c.ID, long} {
		onePage(fmt.Sprintf("/card/%d/print", id), fmt.Sprintf("card-%v", id == long))
		onePage(fmt.Sprintf("/card/%d/print?size=a5", id), fmt.Sprintf("card-a5-%v", id == long))
	}
	look(fmt.Sprintf("/card/%d/print", long), "card-long")

	// Another amount: the old card is withdrawn and nobody has the new one.
	b.Size(1366, 768)
	b.Go(fmt.Sprintf("%s/card/%d/edit", s.url, c.ID))
	b.Type("#amount", "80—99岁每月60元，100岁以上每月1000元")
	b.Follow(".edit-end .btn-go")
	if text := b.Text("main"); !strings.Contains(text, "旧的作废") || !strings.Contains(text, "547 户手里是旧卡") || !strings.Contains(text, "0 / 660") {
		t.Errorf("after the change: %s", text)
	}
	b.Screenshot("card-new-edition")
	second := b.URL()
	leave()

	// In the village, on a phone and without script: tick some, give a run of numbers, write down what somebody asks for.
	b.Size(390, 844)
	b.Scripts(false)
	enter("village")
	b.Go(s.url + "/card")
	b.Screenshot("card-phone")
	fits("the cards on a phone")
	b.Follow(`.todo[href="` + strings.TrimPrefix(second, s.url) + `/deliver"]`)
	fits("the households on a phone")
	b.Screenshot("card-deliver")
	b.Click(".ticks label")
	b.Click(".ticks label:nth-child(2)")
	b.Screenshot("card-deliver-ticked")
	b.Type("#from", "11")
	b.Type("#to", "020")
	b.Follow(".foot .btn-go")
	if text := b.Text("main"); !strings.Contains(text, "记下了，12 户") || !strings.Contains(text, "送到 12 户，共 60 户") {
		t.Errorf("delivered: %s", text)
	}
	b.Click("form + form summary")
	b.Screenshot("card-deliver-done")
	b.Go(s.url + "/request")
	fits("the requests on a phone")
	b.Screenshot("request-phone")
	b.Type("#name", "欧阳满仓")
	b.Type("#said", "腿不好，问残疾人补贴怎么办")
	b.Follow(".quick .btn-go")
	if text := b.Text("main"); !strings.Contains(text, "记下了，诉求2026-4。4月23日前要答复") || !strings.Contains(text, "欧阳满仓") {
		t.Errorf("written down: %s", text)
	}
	b.Go(s.url + "/request")
	b.Follow(`.todo[href$="` + s.requestOf(t, "欧阳满仓") + `"]`)
	b.Screenshot("request-one-phone")
	fits("a request on a phone")
	b.Type("#benefit", "残疾人补贴")
	b.Click(`.step-picks input[value="fails"]`)
	b.Type("#condition", "不符合条件")
	b.Type("#advice", "先去县医院评残")
	b.Allow("422")
	b.Follow(".step-form .btn-go")
	if text := b.Text(".step-form"); !strings.Contains(text, "群众听不明白") {
		t.Errorf("an empty reason: %s", text)
	}
	b.Screenshot("request-refused-phone")
	b.Type("#condition", "要有残疾证才能领，您还没有评残")
	b.Follow(".step-form .btn-go")
	b.Screenshot("request-answered-phone")
	b.Click(`.step-picks input[value="refused"]`)
	b.Click(`.step-picks input[value="face"]`)
	b.Follow(".step-form:last-of-type .btn-go")
	if text := b.Text("main"); !strings.Contains(text, "办结了") || !strings.Contains(text, "不符合，已说明") {
		t.Errorf("closed: %s", text)
	}
	b.Screenshot("request-closed-phone")
	b.Scripts(true)
	b.Size(1366, 768)
	b.Follow("main a[href='/request']")
	b.Go(s.url + "/benefit")
	b.Screenshot("benefit-village")
	leave()

	// Somebody of the town asks; the clerk, who delivered there, is refused.
	enter("leader")
	b.Go(second)
	b.Go(s.url + "/awareness/new")
	b.Select("#card", second[strings.LastIndex(second, "/")+1:])
	b.Type("#name", "换卡以后")
	b.Type("#q0", "现在一个月多少钱")
	b.Type("#seed", "551203")
	b.Follow(".edit-end .btn-go")
	wave := b.URL()
	look(strings.TrimPrefix(wave, s.url), "awareness-drawn")
	b.Size(1366, 768)
	b.Go(wave)
	b.Follow(`a[href*="/sheet"]`)
	b.Screenshot("awareness-sheet")
	b.Go(wave)
	b.Follow(`a[href*="/ask"]`)
	b.Screenshot("awareness-ask")
	b.Select("#by", fmt.Sprint(s.people["clerk"].ID))
	b.Click(`.asked input[value="r"]`)
	b.Follow(".edit-end .btn-go")
	if text := b.Text("main"); !strings.Contains(text, "送过或讲过这张政策卡") {
		t.Errorf("whoever delivered asks: %s", text)
	}
	b.Screenshot("awareness-conflict")
	b.Select("#by", fmt.Sprint(s.people["visitor"].ID))
	b.Follow(".edit-end .btn-go")
	if text := b.Text("main"); !strings.Contains(text, "回答登记好了") || !strings.Contains(text, "100%（95% 区间 21%–100%）") {
		t.Errorf("asked: %s", text)
	}
	look(strings.TrimPrefix(wave, s.url), "awareness-one")
	b.Size(390, 844)
	b.Go(wave)
	b.Follow(`a[href*="/ask"]`)
	fits("the answers on a phone")
	b.Screenshot("awareness-ask-390")
}

// requestOf is the id of the request of somebody.
func (s *site) requestOf(t *testing.T, name string) string {
	t.Helper()
	id, err := store.One(t.Context(), s.vault, store.Value[int64], `select id from request where name = $1`, name)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(id)
}
