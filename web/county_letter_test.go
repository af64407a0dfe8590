package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bihuan/benefit"
	"bihuan/journal"
	"bihuan/office"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
	"bihuan/web/browser"
)

// asks makes applications of people on the rolls and of somebody new, and takes them to the county where proposed.
func (s *site) asks(e elders, kind benefit.Kind, name, received string, proposed bool) int64 {
	s.t.Helper()
	ctx := context.Background()
	a := benefit.Application{Programme: e.programme, Person: e.people[name], Kind: kind, Source: benefit.Inspected, Received: received, Reason: name + "的情况，入户核实属实"}
	if kind == benefit.New {
		a.Subject, a.From = benefit.Subject{Number: citizen("19440229", 31), Name: name, Village: e.west}, 2026*12+3
	}
	id, err := benefit.Propose(ctx, s.vault, s.people["clerk"], a)
	if err != nil {
		s.t.Fatal(err)
	}
	if proposed {
		if err := benefit.Advance(ctx, s.vault, s.people["clerk"], id, 1, benefit.Proposed, received, "建议同意"); err != nil {
			s.t.Fatal(err)
		}
	}
	return id
}

// grants enters that the county approved an application about money.
func (s *site) grants(id int64, day string) {
	s.t.Helper()
	err := benefit.Decide(context.Background(), s.vault, s.people["leader"], id, s.residentVersion("application", id), benefit.Decision{Verdict: benefit.Approved, Day: day, No: "临民批〔2026〕5号", Reason: "符合规定"})
	if err != nil {
		s.t.Fatal(err)
	}
}

// The letter to the county: from the list of what waits to the file, which is recorded, numbered, and vouched for by a code.
func TestCountyLetters(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		e := s.fillRolls()
		arrears, stop := s.asks(e, benefit.Arrears, "乔金生", "2026-04-02", true), s.asks(e, benefit.Stop, "尹守义", "2026-04-03", true)
		fresh := s.asks(e, benefit.New, "温如海", "2026-04-10", false) // looked into, and told the county in no other way
		clerk, village, stranger, leader, party := s.as(t, "clerk"), s.as(t, "village"), s.as(t, "stranger"), s.as(t, "leader"), s.as(t, "party")
		wants := func(what, page string, want ...string) {
			t.Helper()
			text := plain(page)
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s lacks %q: %s", what, w, text)
				}
			}
		}
		form := fmt.Sprintf("/application/letter/new?programme=%d&town=%d", e.programme, s.town.ID)
		page := clerk.page("/application?show=proposed")
		wants("the queue", page, "拟报县函（高龄津贴 3 件）")
		if !strings.Contains(page, strings.ReplaceAll(form, "&", "&amp;")) {
			t.Error("no way to the letter in one click")
		}
		if page := village.page("/application"); strings.Contains(page, "报县函") {
			t.Error("a village is offered letters")
		}
		page = clerk.page(form)
		wants("the draft", page, "乔金生", "尹守义", "温如海", "720元", "送签")
		wants("what may be put into a letter", clerk.page(fmt.Sprintf("/application/%d", fresh)), "写进报县函，领导签发以后算上报。 拟报县函", "不用报县函、另行上报的")
		if !strings.Contains(page, `value="临澜区民政局"`) || !strings.Contains(page, `value="临民〔2014〕31号`) {
			t.Errorf("the draft: %s", plain(page))
		}
		both := []string{"pick", fmt.Sprint(arrears), "pick", fmt.Sprint(stop), "to", "临澜区民政局", "basis", "临民〔2014〕31号", "said", "建议照办"}
		if a := clerk.post(form, append(both[:len(both)-1:len(both)-1], "")...); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写镇里的意见") || !strings.Contains(a.body, "临澜区民政局") {
			t.Errorf("without words: %d", a.status)
		}
		if a := clerk.post(form, "to", "临澜区民政局", "said", "建议照办"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请勾选要报的事项") {
			t.Errorf("without applications: %d", a.status)
		}
		for c, status := range map[*client]int{village: http.StatusForbidden, stranger: http.StatusForbidden, leader: http.StatusForbidden, party: http.StatusForbidden} {
			if a := c.post(form, both...); a.status != status {
				t.Errorf("who may not write it: %d", a.status)
			}
		}
		a := clerk.post(form, both...)
		if a.status != http.StatusSeeOther {
			t.Fatalf("writing: %d %s", a.status, plain(a.body))
		}
		letter := a.to
		if again := clerk.post(form, both...); again.to != letter {
			t.Errorf("the same form again leads to %d %s", again.status, again.to)
		}
		// Whoever drafted it cannot sign it; those who can find it on their desks, and the secretary reads it without getting any further.
		act := func(c *client, name string, form ...string) answer {
			t.Helper()
			return c.post(letter+"/"+name, append(form, "version", fmt.Sprint(s.residentVersion("county_letter", letterID(letter))))...)
		}
		page = clerk.page(letter)
		wants("the draft", page, "报县函（稿）", "待签发", "有关事项的函（稿）", "〔签发时编号〕", "〔签发日期〕", "等分管领导或书记签发", "改稿", "撤回，不报了")
		if strings.Contains(page, "存证码") || strings.Contains(page, ">签发</button>") || strings.Contains(page, "whole") {
			t.Errorf("the draft: %s", plain(page))
		}
		wants("what is held", clerk.page(fmt.Sprintf("/application/%d", arrears)), "待签发", "在待签发的报县函里，签发以后算上报县里", "报县函 待签发的稿")
		wants("the queue", clerk.page("/application?show=held"), "待签发 2", "乔金生", "尹守义", "拟报县函（高龄津贴 1 件）")
		wants("the leader's desk", leader.page("/work"), "1 份等您看，其中报县函待签发 1 封", "报县函：高龄津贴 2 件", "等您签发")
		wants("the leader's list of the day", leader.page("/today"), "今天要办的 1 件", "报县函 1 封 报县函：高龄津贴 2 件 等您签发")
		wants("the secretary's desk", party.page("/work"), "报县函：高龄津贴 2 件")
		if text := plain(clerk.page("/work")); strings.Contains(text, "报县函") {
			t.Errorf("the clerk's desk: %s", text)
		}
		page = party.page(letter)
		wants("the secretary", page, "乔金生", "990*************", "签发时编号，日期是签发当天")
		if strings.Contains(page, "/application/"+fmt.Sprint(arrears)) || strings.Contains(page, "/docx") || strings.Contains(page, "990408") {
			t.Error("the secretary gets further than the letter")
		}
		for c, status := range map[*client]int{clerk: http.StatusForbidden, village: http.StatusNotFound, stranger: http.StatusNotFound} {
			if a := act(c, "sign"); a.status != status {
				t.Errorf("who may not sign: %d, want %d", a.status, status)
			}
		}
		// Sent back with words, drafted anew, and signed.
		if a := act(leader, "return", "why", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写要改什么") {
			t.Errorf("sent back without words: %d", a.status)
		}
		if a := act(leader, "return", "why", "依据请写全"); a.status != http.StatusSeeOther {
			t.Errorf("sent back: %d %s", a.status, plain(a.body))
		}
		wants("the clerk's desk", clerk.page("/work"), "其中报县函退回改稿 1 封", "报县函：高龄津贴 2 件", "退回，请改稿", "退回：“依据请写全”")
		wants("the letter sent back", clerk.page(letter), "退回改稿", "依据请写全")
		wants("the leader then", leader.page(letter), "等拟稿人改好再送签")
		if a := act(leader, "sign"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "等拟稿人改好再送签") {
			t.Errorf("signed though sent back: %d", a.status)
		}
		page = clerk.page(letter + "/edit")
		wants("the form", page, "改稿", "依据请写全", "乔金生", "尹守义", "温如海", "改好送签")
		if strings.Count(page, " checked") != 2 {
			t.Errorf("%d are ticked", strings.Count(page, " checked"))
		}
		stale := fmt.Sprint(s.residentVersion("county_letter", letterID(letter)) - 1)
		if a := clerk.post(letter+"/edit", append(both, "version", stale)...); a.status != http.StatusConflict || !strings.Contains(a.body, "您填的都还在") {
			t.Errorf("from an old page: %d", a.status)
		}
		if a := act(clerk, "edit", append(both[:len(both)-1:len(both)-1], "")...); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写镇里的意见") {
			t.Errorf("without words: %d", a.status)
		}
		if a := act(clerk, "edit", both...); a.to != letter {
			t.Fatalf("drafted anew: %d %s", a.status, plain(a.body))
		}
		stale = fmt.Sprint(s.residentVersion("county_letter", letterID(letter)))
		for i, c := range []*client{party, party, leader} { // twice by the same, then by another who had it open
			a := c.post(letter+"/sign", "version", stale)
			if i < 2 && a.to != letter || i == 2 && (a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "已经签发，编号栖禾民函〔2026〕1号")) {
				t.Errorf("%d, signing: %d %s", i, a.status, plain(a.body))
			}
		}
		for _, name := range []string{"drop", "edit"} {
			if a := act(clerk, name, both...); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "已经签发") {
				t.Errorf("%s of what was signed: %d", name, a.status)
			}
		}
		if a := clerk.get(letter + "/edit"); a.to != letter {
			t.Errorf("the form of what was signed: %d %s", a.status, a.to)
		}
		for _, c := range []*client{leader, party, clerk} {
			if text := plain(c.page("/work")); strings.Contains(text, "报县函：") {
				t.Errorf("it still waits: %s", text)
			}
		}
		wants("the signer", party.page(letter), "拟函", "签发 "+s.people["party"].Title())
		page = clerk.page(letter)
		wants("the letter", page, "栖禾民函〔2026〕1号", "栖禾镇人民政府关于报请审批高龄津贴有关事项的函", "现将2件（停发1件，补发1件、共720元）报上，涉及2人", "附件：栖禾镇高龄津贴报批事项表", "乔金生", "2025年10月至2026年3月", "存证码", "等县里决定", "2026年4月16日")
		if strings.Contains(page, "（稿）") || strings.Contains(page, "〔签发") {
			t.Errorf("what was signed is a draft: %s", plain(page))
		}
		if strings.Contains(page, "990408") {
			t.Error("the page shows a number")
		}
		wants("the application", clerk.page(fmt.Sprintf("/application/%d", arrears)), "报县函 栖禾民函〔2026〕1号", "4月16日上报", "上报 4月16日 "+s.people["party"].Title()+" 栖禾民函〔2026〕1号")
		wants("the list", clerk.page("/application/letter"), "栖禾民函〔2026〕1号", "2 件", "临澜区民政局")
		wants("what is in a letter is not offered again", clerk.page("/application?show=proposed"), "拟报县函（高龄津贴 1 件）")
		for _, c := range []*client{stranger, village} {
			if a := c.get(letter); a.status == http.StatusOK {
				t.Error("who may not see it sees it")
			}
			if text := plain(c.page("/application/letter")); strings.Contains(text, "栖禾民函") {
				t.Error("who may not see it finds it in the list")
			}
		}
		// The file: masked, or whole for who may have that; both are recorded with what for.
		read := func(body string) string {
			t.Helper()
			doc, err := office.Read(t.Context(), "函.docx", []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, part := range doc.Parts {
				for _, p := range part.Paragraphs {
					b.WriteString(p.Text + "\n")
				}
			}
			return b.String()
		}
		number := citizen("19330441", 14) // of 乔金生
		person, err := benefit.PersonByID(t.Context(), s.vault, s.people["clerk"], e.people["乔金生"])
		if err == nil {
			number, err = person.Number(s.vault)
		}
		if err != nil {
			t.Fatal(err)
		}
		if a := clerk.post(letter+"/docx", "purpose", "x"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写明为什么要用") {
			t.Errorf("without a purpose: %d", a.status)
		}
		a = clerk.post(letter+"/docx", "purpose", "送临澜区民政局审批")
		if text := read(a.body); a.status != http.StatusOK || strings.Contains(text, number) || !strings.Contains(text, vault.MaskNumber(number)) || !strings.Contains(text, "栖禾民函〔2026〕1号") || !strings.Contains(text, "乔金生") {
			t.Errorf("masked: %d %s", a.status, text)
		}
		a = clerk.post(letter+"/docx", "purpose", "送临澜区民政局审批", "whole", "1")
		if text := read(a.body); a.status != http.StatusOK || !strings.Contains(text, number) {
			t.Errorf("whole: %d %s", a.status, text)
		}
		if a := leader.post(letter+"/docx", "purpose", "送临澜区民政局审批", "whole", "1"); a.status != http.StatusForbidden {
			t.Errorf("a leader takes whole numbers: %d", a.status)
		}
		list, err := s.vault.Disclosures(t.Context(), s.db, s.people["leader"], "2026-04")
		if err != nil || len(list) != 2 || !list[0].Whole || list[1].Whole || list[0].People != 2 || list[0].What != "报县函 栖禾民函〔2026〕1号" || list[0].Purpose != "送临澜区民政局审批" {
			t.Errorf("%+v, %v", list, err)
		}
		// The code is that of the record of residents; anybody looks it up, and who may see the letter finds it.
		tree, err := journal.HeadTree(t.Context(), s.vault)
		if err != nil {
			t.Fatal(err)
		}
		code := proof.NewCode(tree.Size, tree.Root()).String()
		check := "/check/" + code + "?of=county_letter-" + strings.TrimPrefix(letter, "/application/letter/")
		wants("the code", clerk.page(check), "存证码相符", "报县函 栖禾民函〔2026〕1号")
		if text := plain(stranger.page(check)); !strings.Contains(text, "存证码相符") || strings.Contains(text, "栖禾民函") {
			t.Errorf("another town: %s", text)
		}
		// What is known by now does not change the letter; what was withdrawn says so.
		if err := benefit.EditPerson(t.Context(), s.vault, s.people["clerk"], person.ID, person.Version, benefit.PersonEdit{Name: "乔金升", Birth: person.Birth, Village: person.At()}); err != nil {
			t.Fatal(err)
		}
		if err := benefit.Withdraw(t.Context(), s.vault, s.people["clerk"], stop, s.residentVersion("application", stop), "人在外地，没有停发的事"); err != nil {
			t.Fatal(err)
		}
		a = clerk.post(letter+"/docx", "purpose", "送临澜区民政局审批")
		if text := read(a.body); a.status != http.StatusOK || !strings.Contains(text, "乔金生") || strings.Contains(text, "乔金升") || !strings.Contains(text, "停发（报出后已撤回）") {
			t.Errorf("printed again: %d %s", a.status, text)
		}
		wants("the letter with a withdrawn line", clerk.page(letter), "等县里决定", "已决定 0 件，撤回 1 件，共 2 件", "停发（报出后已撤回）")
		// Made void it gives its applications back; decided it stays.
		version := fmt.Sprint(s.residentVersion("county_letter", letterID(letter)))
		if a := clerk.post(letter+"/void", "version", version, "why", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写为什么作废") {
			t.Errorf("void without a reason: %d", a.status)
		}
		if a := clerk.post(letter+"/void", "version", version, "why", "主送写错，没有送出"); a.status != http.StatusSeeOther {
			t.Errorf("void: %d %s", a.status, plain(a.body))
		}
		wants("the void letter", clerk.page(letter), "已作废", "主送写错，没有送出")
		if a := clerk.post(letter+"/docx", "purpose", "送临澜区民政局审批"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "已经作废") {
			t.Errorf("a void letter is taken: %d", a.status)
		}
		wants("the queue", clerk.page("/application?show=proposed"), "拟报县函（高龄津贴 2 件）")
		// A draft is taken as a file too, marked as one, with masked numbers and no code; taken back it frees what stands in it.
		a = clerk.post(form, "pick", fmt.Sprint(fresh), "to", "临澜区民政局", "said", "建议同意")
		if letter = a.to; a.status != http.StatusSeeOther {
			t.Fatalf("another draft: %d %s", a.status, plain(a.body))
		}
		a = clerk.post(letter+"/docx", "purpose", "送签前校对", "whole", "1")
		if text := read(a.body); a.status != http.StatusOK || !strings.Contains(text, "（稿）") || !strings.Contains(text, "〔签发时编号〕") || strings.Contains(text, "栖禾民函") || strings.Contains(text, "存证码") || strings.Contains(text, "990408") {
			t.Errorf("the file of a draft: %d %s", a.status, text)
		}
		draft := strings.Replace(check, check[strings.Index(check, "?of="):], "?of=county_letter-"+fmt.Sprint(letterID(letter)), 1)
		if text := plain(clerk.page(draft)); strings.Contains(text, "报县函") {
			t.Errorf("a code vouches for a draft: %s", text)
		}
		// What changed since is named to whoever signs.
		if err := benefit.Withdraw(t.Context(), s.vault, s.people["clerk"], fresh, s.residentVersion("application", fresh), "本人放弃"); err != nil {
			t.Fatal(err)
		}
		if a := act(leader, "sign"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "温如海的“新增享受”已撤回。请退回拟稿人，按现在的情况改稿再送签") {
			t.Errorf("signed though withdrawn: %d", a.status)
		}
		if a := act(leader, "drop"); a.status != http.StatusForbidden {
			t.Errorf("a leader takes it back: %d", a.status)
		}
		if a := act(clerk, "drop"); a.status != http.StatusSeeOther {
			t.Errorf("taken back: %d %s", a.status, plain(a.body))
		}
		wants("taken back", clerk.page(letter), "已撤回", "没有签发，没有编号")
		if a := clerk.post(letter+"/docx", "purpose", "送签前校对"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "已经撤回") {
			t.Errorf("what was taken back is taken: %d", a.status)
		}
		if a := act(clerk, "nothing"); a.status != http.StatusNotFound {
			t.Errorf("an act that is none: %d", a.status)
		}
	})
}

func letterID(address string) (id int64) {
	fmt.Sscanf(address, "/application/letter/%d", &id)
	return id
}

// What takes too long and what was approved and is not paid stands out, in lists whose numbers are those of their rows.
func TestApplicationsThatWait(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		e := s.fillRolls()
		paid := s.asks(e, benefit.Arrears, "乔金生", "2026-01-12", true)
		s.grants(paid, "2026-02-20")
		s.asks(e, benefit.Stop, "尹守义", "2026-03-10", true)
		s.asks(e, benefit.New, "温如海", "2026-04-10", false)
		clerk := s.as(t, "clerk")
		for show, want := range map[string][]string{
			"open":     {"尹守义 东槐村 停发 高龄津贴 巡察指出 — 3月10日 超时 待县级决定；应在4月9日前决定，超 7 天；3月10日上报", "温如海 柳荫村 新增享受 高龄津贴 巡察指出 每月60元 按年龄 4月10日 已调查"},
			"slow":     {"尹守义", "超时 1", "批准未到账 1", "过月还没到账 1"},
			"unpaid":   {"乔金生", "720元", "批准未到账 2月20日同意，过了发放月还没有付款记录"},
			"overdue":  {"乔金生"},
			"proposed": {"尹守义"},
		} {
			text := plain(clerk.page("/application?show=" + show))
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s lacks %q: %s", show, w, text)
				}
			}
			if show == "slow" && strings.Contains(text, "温如海") || show == "overdue" && strings.Contains(text, "尹守义") {
				t.Errorf("%s lists others: %s", show, text)
			}
		}
		if text := plain(clerk.page("/benefit")); !strings.Contains(text, "其中超时 1") || !strings.Contains(text, "其中过月还没到账 1") {
			t.Errorf("the hub: %s", text)
		}
		if text := plain(clerk.page(fmt.Sprintf("/person/%d", e.people["乔金生"]))); !strings.Contains(text, "批准未到账") || !strings.Contains(text, "来历 名册移交") {
			t.Errorf("the person: %s", text)
		}
		if text := plain(clerk.page("/roll")); strings.Count(text, "名册移交") != 11 {
			t.Errorf("the roll marks %d names as taken over: %s", strings.Count(text, "名册移交"), text)
		}
	})
}

// Two pages lie open: on one the arrears are entered, on the other the month is ticked off. The second says what was there, and nobody is
// paid twice. What was entered wrongly is made void, and the month is open again.
func TestTwoOpenPages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		e := s.fillRolls()
		x := s.asks(e, benefit.Arrears, "乔金生", "2026-03-12", true)
		s.grants(x, "2026-03-20")
		clerk, colleague := s.as(t, "clerk"), s.as(t, "colleague")
		month := fmt.Sprintf("/payment?programme=%d&month=2026-02", e.programme)
		if page := clerk.page(month + "&show=missing"); !strings.Contains(page, "乔金生") || !strings.Contains(page, "穆玉珍") {
			t.Fatalf("nobody is missing: %s", plain(page))
		}
		address := fmt.Sprintf("/application/%d", x)
		version := func() string { return fmt.Sprint(s.residentVersion("application", x)) }
		if a := colleague.post(address+"/settle", "version", version(), "amount", "720", "day", "2026-04-10", "source", "补发册第3行"); a.status != http.StatusSeeOther {
			t.Fatalf("settling: %d %s", a.status, plain(a.body))
		}
		rows := func() int {
			t.Helper()
			n, err := store.One(t.Context(), s.vault, store.Value[int], `select count(*) from payment where month = '2026-02' and void = ''`)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := rows()
		form := []string{"pick", fmt.Sprint(e.people["乔金生"]), "pick", fmt.Sprint(e.people["穆玉珍"]), "day", "2026-04-12", "source", "二月册"}
		a := clerk.post(month+"&show=missing", form...)
		if text := plain(a.body); a.status != http.StatusUnprocessableEntity || !strings.Contains(text, "2026年2月的名单已经变了，都没有登记。乔金生：2026-04-10已补发120元（补发册第3行）") || !strings.Contains(text, "穆玉珍") {
			t.Errorf("from the old page: %d %s", a.status, text)
		}
		if n := rows(); n != before {
			t.Errorf("%d payments were recorded from the old page", n-before)
		}
		missing := fmt.Sprint(e.people["穆玉珍"])
		for i, want := range []string{"已登记 1 人 2026年2月的发放", "2026年2月的发放以前已经登记，没有重复登记"} { // the same form twice does it once, and who is ticked twice is one
			a := clerk.post(month+"&show=missing", "pick", missing, "pick", missing, "day", "2026-04-12", "source", "二月册")
			if a.status != http.StatusSeeOther || !strings.Contains(plain(clerk.page(a.to)), want) {
				t.Errorf("%d, whoever is still missing: %d %s", i, a.status, plain(a.body))
			}
		}
		if n := rows(); n != before+1 {
			t.Errorf("%d payments were recorded of one", n-before)
		}
		// The settlement was wrong.
		list, err := benefit.Settlements(t.Context(), s.vault, x)
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		void, why := fmt.Sprintf("%s/void?entry=%d", address, list[0].Entry), fmt.Sprintf("why%d", list[0].Entry)
		page := clerk.page(address)
		if text := plain(page); !strings.Contains(text, "登记错了：作废4月10日登记的 720 元（补发册第3行）") || strings.Contains(text, "还差") {
			t.Errorf("the page: %s", text)
		}
		stale := version()
		if a := clerk.post(void, "version", stale, why, ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "请写错在哪里") {
			t.Errorf("void without a reason: %d", a.status)
		}
		if a := s.as(t, "village").post(void, "version", stale, why, "错"); a.status != http.StatusForbidden {
			t.Errorf("a village: %d", a.status)
		}
		for range 2 {
			if a := clerk.post(void, "version", stale, why, "回单是另一个人的"); a.status != http.StatusSeeOther {
				t.Errorf("void: %d %s", a.status, plain(a.body))
			}
		}
		text := plain(clerk.page(address))
		for _, want := range []string{"还差 720 元", "作废的登记", "2025年10月至2026年3月 720 4月10日 补发册第3行 已作废", "回单是另一个人的", "还没有付款记录，不算享受到"} {
			if !strings.Contains(text, want) {
				t.Errorf("after it was made void it lacks %q: %s", want, text)
			}
		}
		if text := plain(clerk.page(fmt.Sprintf("/person/%d", e.people["乔金生"]))); !strings.Contains(text, "应补发 720 元 6 个月没有发放") {
			t.Errorf("the months are not open again: %s", text)
		}
	})
}

// The pages about letters and settlements fit their windows, and a letter goes through three hands: the clerk drafts it by two buttons, the
// leader finds it on the phone and sends it back, the clerk drafts it anew, the secretary signs it from the desk.
func TestBrowserCountyLetter(t *testing.T) {
	s := open(t, storetest.SQLite(t))
	e := s.fillRolls()
	settled := s.asks(e, benefit.Arrears, "乔金生", "2026-03-12", true)
	s.grants(settled, "2026-03-20")
	ctx := context.Background()
	settle := func(yuan int64, source string) {
		t.Helper()
		if err := benefit.Settle(ctx, s.vault, s.people["clerk"], settled, s.residentVersion("application", settled), yuan*100, "2026-04-10", source); err != nil {
			t.Fatal(err)
		}
	}
	settle(300, "补发册第3行")
	list, err := benefit.Settlements(ctx, s.vault, settled)
	if err == nil {
		err = benefit.VoidSettlement(ctx, s.vault, s.people["clerk"], settled, s.residentVersion("application", settled), list[0].Entry, "回单是同名的另一个人的，银行4月12日退回")
	}
	if err != nil {
		t.Fatal(err)
	}
	settle(420, "补发册第5行")
	s.asks(e, benefit.Stop, "尹守义", "2026-03-10", true)
	s.asks(e, benefit.Arrears, "穆玉珍", "2026-04-02", true)
	s.asks(e, benefit.New, "买买提·吐尔逊·阿卜杜热合曼", "2026-04-10", true)
	b := s.signIn(t, "clerk")
	b.Size(1366, 768)
	b.Go(s.url + "/application?show=proposed")
	b.Screenshot("county-queue-1366")
	b.Follow(`a[href^="/application/letter/new"]`)
	b.Screenshot("county-new-1366")
	b.Follow(".edit-end .btn-go")
	says := func(b *browser.Browser, want string) {
		t.Helper()
		if got := b.Text("main"); !strings.Contains(got, want) {
			t.Fatalf("the page lacks %q: %s", want, got)
		}
	}
	says(b, "等分管领导或书记签发")
	b.Screenshot("county-draft-1366")
	letter := browser.Eval[string](b, "location.pathname")
	leader, party := s.signIn(t, "leader"), s.signIn(t, "party")
	leader.Size(390, 844)
	leader.Go(s.url + "/today")
	leader.Screenshot("county-today-390")
	leader.Follow(`.todo[href="` + letter + `"]`)
	leader.Screenshot("county-sign-390")
	leader.Click("details.fold summary")
	leader.Type("#why", "买买提这一件的月份请再核对，主送写全称。")
	leader.Follow(`form[action$="/return"] .btn`)
	says(leader, "等拟稿人改好再送签")
	leader.Screenshot("county-returned-leader-390")
	leader.Size(1366, 768)
	b.Go(s.url + "/work")
	b.Screenshot("county-work-clerk-1366")
	b.Follow(`a[href="` + letter + `"]`)
	b.Screenshot("county-returned-1366")
	b.Follow(`a[href="` + letter + `/edit"]`)
	b.Screenshot("county-edit-1366")
	b.Size(390, 844)
	b.Screenshot("county-edit-390")
	b.Size(1366, 768)
	b.Follow(".edit-end .btn-go")
	party.Size(1366, 768)
	party.Go(s.url + "/work")
	party.Screenshot("county-work-1366")
	party.Follow(`a[href="` + letter + `"]`)
	party.Screenshot("county-sign-1366")
	party.Follow(`form[action$="/sign"] .btn-go`)
	says(party, "栖禾民函〔2026〕1号")
	party.Screenshot("county-signed-1366")
	waits, err := benefit.DraftLetter(ctx, s.vault, s.people["clerk"], s.town, benefit.NewLetter{Programme: e.programme, To: "临澜区民政局", Said: "建议同意", Applications: []int64{s.asks(e, benefit.Suspend, "柳桂英", "2026-04-11", false)}})
	if err != nil {
		t.Fatal(err)
	}
	s.asks(e, benefit.Suspend, "汤有田", "2026-04-11", true) // waits for the next letter
	pages := map[string]string{
		"queue": "/application", "slow": "/application?show=slow", "unpaid": "/application?show=unpaid", "new": fmt.Sprintf("/application/letter/new?programme=%d&town=%d", e.programme, s.town.ID),
		"letters": "/application/letter", "letter": letter, "waits": fmt.Sprintf("/application/letter/%d", waits), "held": "/application?show=held", "settled": fmt.Sprintf("/application/%d", settled), "roll": "/roll", "resident": fmt.Sprintf("/person/%d", e.people["乔金生"]), "hub": "/benefit",
	}
	for _, size := range []struct{ w, h int }{{1366, 768}, {390, 844}} {
		b.Size(size.w, size.h)
		for name, path := range pages {
			b.Go(s.url + path)
			if over := browser.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
				t.Errorf("%s at %d px is %d px too wide", name, size.w, over)
			}
			b.Screenshot(fmt.Sprintf("county-%s-%d", name, size.w))
		}
	}
}
