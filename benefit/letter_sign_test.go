package benefit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/store/storetest"
)

// checked is somebody whom the town has looked into and proposes for a programme from March 2026 on, by age.
func (d *desk) checked(p int64, name, birth string, seq int) int64 {
	d.t.Helper()
	x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Subject: Subject{Number: id(birth, seq), Name: name, Village: d.east}, Kind: New, Source: Screened, Received: "2026-04-01", From: 2026*12 + 2, Reason: "应享未享"})
	d.must(err)
	return x
}

// draft is a letter that the clerk drafted and nobody has signed.
func (d *desk) draft(p int64, applications ...int64) int64 {
	d.t.Helper()
	letter, err := DraftLetter(d.ctx, d.v, d.clerk, d.town, NewLetter{Programme: p, To: "临澜区民政局", Said: "建议同意", Applications: applications})
	d.must(err)
	return letter
}

func (d *desk) letter(id int64) CountyLetter {
	d.t.Helper()
	l, err := CountyLetterByID(d.ctx, d.v, id)
	d.must(err)
	return l
}

func (d *desk) application(id int64) Application {
	d.t.Helper()
	a, err := applicationByID(d.ctx, d.v, id)
	d.must(err)
	return a
}

// sign signs a letter as it is now.
func (d *desk) sign(who org.Person, letter int64) error {
	return SignLetter(d.ctx, d.v, who, d.town, letter, d.version("county_letter", letter), "栖禾民函")
}

// From the draft to the county: what stands in it is held, nobody decides it, and with the signature it has gone, under a number and a day.
func TestALetterIsSigned(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a, b := d.checked(p, "庄大娘", "19410805", 12), d.proposed(p, "乔奶奶", "19350201", 16)
		letter := d.draft(p, a, b)
		for _, x := range []int64{a, b} {
			if got := d.application(x); got.Step != Held || !got.Open() {
				t.Errorf("drafted: %+v", got)
			}
		}
		if l := d.letter(letter); l.State != LetterDraft || l.Number != "" || l.Day != "" || l.Drafted != "2026-04-16" || l.Staff != d.clerk.ID || l.Signer != 0 || l.Label() != d.clerk.Title()+"2026-04-16拟的报县函（稿）" {
			t.Errorf("the draft: %+v", l)
		}
		if list, err := Unwritten(d.ctx, d.v, d.clerk, p, d.town, "2026-04-16"); err != nil || len(list) != 0 {
			t.Errorf("what is held is offered again: %+v, %v", list, err)
		}
		d.refuses(Decide(d.ctx, d.v, d.leader, a, d.version("application", a), Decision{Verdict: Approved, Day: "2026-04-16", No: "1号", Reason: "同意"}), "环节", "现在是“待签发”，上报之后才能登记")
		d.refuses(Advance(d.ctx, d.v, d.clerk, a, d.version("application", a), Proposed, "2026-04-16", "建议"), "环节", "现在是“待签发”")
		_, err := DraftLetter(d.ctx, d.v, d.other, d.town, NewLetter{Programme: p, To: "临澜区民政局", Said: "建议", Applications: []int64{a}})
		d.refuses(err, "事项", "庄大娘的“新增享受”已在"+d.clerk.Title()+"2026-04-16拟的报县函（稿）里")
		counts, err := CountApplications(d.ctx, d.v, d.clerk, Queue{Town: true})
		if err != nil || counts[Held] != 2 {
			t.Errorf("%v, %v", counts, err)
		}
		d.now = d.now.AddDate(0, 0, 1)
		d.must(d.sign(d.party, letter))
		l := d.letter(letter)
		if l.State != LetterSent || l.Number != "栖禾民函〔2026〕1号" || l.Day != "2026-04-17" || l.Drafted != "2026-04-16" || l.Signer != d.party.ID || l.SignedBy != d.party.Title() || l.Who != d.clerk.Title() {
			t.Errorf("signed: %+v", l)
		}
		for _, x := range []int64{a, b} {
			got := d.application(x)
			if got.Step != Proposed || got.Proposed != "2026-04-17" || got.ProposedBy != d.clerk.ID {
				t.Errorf("signed: %+v", got)
			}
			steps, err := StepsOf(d.ctx, d.v, x)
			d.must(err)
			if last := steps[len(steps)-1]; last.Step != Proposed || last.Day != "2026-04-17" || last.Staff != d.party.ID || last.Said != "栖禾民函〔2026〕1号" {
				t.Errorf("its last step: %+v", last)
			}
			events, err := journal.Of(d.ctx, d.v, "application", x, 1)
			if err != nil || len(events) != 1 || events[0].Verb != "上报" || !slices.Contains(events[0].Changes, journal.Change{Field: "报县函", To: "栖禾民函〔2026〕1号"}) {
				t.Errorf("the record: %+v, %v", events, err)
			}
		}
		for range 2 {
			d.must(SignLetter(d.ctx, d.v, d.party, d.town, letter, 1, "栖禾民函")) // the same form again
		}
		d.decideAs(a, Decision{Day: "2026-04-17"})
		if r, err := proof.Verify(d.ctx, proof.Subject{DB: d.v.DB}); err != nil || !r.OK() {
			t.Errorf("the record: %+v, %v", r.Differences, err)
		}
		d.noNumbers()
	})
}

// Who may do what with a letter, in each of its states.
func TestWhoMaySignALetter(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		both := d.leader // who is a clerk by the own role and a leader by a post
		both.ID, both.Name, both.Role, both.Posts = 107, "兼任者", org.Clerk, []org.PostHeld{{ID: 7, Title: "副镇长", Role: org.Leader, Unit: d.town}}
		above := org.Person{ID: 108, Name: "区里的领导", Role: org.Leader, Unit: org.Unit{ID: 1, Kind: org.District, Name: "临澜区", Path: "/1/"}}
		seq := 100
		fresh := func(who org.Person) (int64, int64) {
			seq += 2
			a := d.checked(p, fmt.Sprintf("老人%d", seq), "19410805", seq)
			letter, err := DraftLetter(d.ctx, d.v, who, d.town, NewLetter{Programme: p, To: "临澜区民政局", Said: "建议同意", Applications: []int64{a}})
			d.must(err)
			return letter, a
		}
		put := func(state LetterState) (int64, int64) {
			letter, a := fresh(d.clerk)
			switch state {
			case LetterReturned:
				d.must(ReturnLetter(d.ctx, d.v, d.party, d.town, letter, 1, "月份请再核对"))
			case LetterDropped:
				d.must(DropLetter(d.ctx, d.v, d.clerk, d.town, letter, 1))
			case LetterSent:
				d.must(d.sign(d.party, letter))
			}
			return letter, a
		}
		sign := func(who org.Person, letter, _ int64) error { return d.sign(who, letter) }
		send := func(who org.Person, letter, _ int64) error {
			return ReturnLetter(d.ctx, d.v, who, d.town, letter, d.version("county_letter", letter), "请补依据")
		}
		drop := func(who org.Person, letter, _ int64) error {
			return DropLetter(d.ctx, d.v, who, d.town, letter, d.version("county_letter", letter))
		}
		revise := func(who org.Person, letter, a int64) error {
			return ReviseLetter(d.ctx, d.v, who, d.town, letter, d.version("county_letter", letter), NewLetter{To: "临澜区民政局", Said: "改过的意见", Applications: []int64{a}})
		}
		void := func(who org.Person, letter, _ int64) error {
			return VoidLetter(d.ctx, d.v, who, d.town, letter, d.version("county_letter", letter), "写错")
		}
		const may, denied = "", "denied"
		for _, c := range []struct {
			word  string
			state LetterState
			who   org.Person
			do    func(org.Person, int64, int64) error
			want  string // may, denied, or what the refusal says
		}{
			{"sign", LetterDraft, d.leader, sign, may},
			{"sign", LetterDraft, d.party, sign, may},
			{"sign", LetterDraft, both, sign, may}, // drafted by somebody else
			{"sign", LetterDraft, above, sign, "报县函由栖禾镇的分管领导或书记签发"},
			{"sign", LetterDraft, d.clerk, sign, denied},
			{"sign", LetterDraft, d.other, sign, denied},
			{"sign", LetterDraft, d.village, sign, denied},
			{"sign", LetterDraft, d.far, sign, denied},
			{"sign", LetterReturned, d.leader, sign, "已经退回，等拟稿人改好再送签"},
			{"sign", LetterDropped, d.leader, sign, "已经撤回这份稿"},
			{"sign", LetterSent, d.leader, sign, d.party.Title() + "已经签发，编号栖禾民函〔2026〕"},
			{"sign", LetterSent, d.party, sign, may}, // the same form again
			{"return", LetterDraft, d.leader, send, may},
			{"return", LetterDraft, d.clerk, send, denied},
			{"return", LetterReturned, d.leader, send, d.party.Title() + "已经退回"},
			{"return", LetterDropped, d.leader, send, "已经撤回这份稿"},
			{"return", LetterSent, d.leader, send, "已经签发"},
			{"drop", LetterDraft, d.clerk, drop, may},
			{"drop", LetterDraft, d.other, drop, may},
			{"drop", LetterDraft, d.leader, drop, denied},
			{"drop", LetterReturned, d.clerk, drop, may},
			{"drop", LetterDropped, d.clerk, drop, may}, // done already
			{"drop", LetterSent, d.clerk, drop, "已经签发，不能撤回；写错了的请作废"},
			{"revise", LetterDraft, d.other, revise, may},
			{"revise", LetterReturned, d.clerk, revise, may},
			{"revise", LetterReturned, d.leader, revise, denied},
			{"revise", LetterDropped, d.clerk, revise, "已经撤回这份稿"},
			{"revise", LetterSent, d.clerk, revise, "已经签发"},
			{"void", LetterDraft, d.clerk, void, "还没有签发"},
			{"void", LetterReturned, d.clerk, void, "还没有签发"},
			{"void", LetterSent, d.clerk, void, may},
			{"void", LetterSent, d.leader, void, denied},
		} {
			letter, a := put(c.state)
			before := d.letter(letter)
			err := c.do(c.who, letter, a)
			var bad org.Invalid
			ok := err == nil
			switch c.want {
			case may:
			case denied:
				ok = errors.As(err, new(org.Denied)) || errors.Is(err, store.ErrNotFound)
			default:
				ok = errors.As(err, &bad) && strings.Contains(bad.What, c.want)
			}
			if !ok {
				t.Errorf("%s of a letter %q by %s: %v, want %q", c.word, c.state, c.who.Name, err, c.want)
			}
			if now := d.letter(letter); err != nil && (now.Version != before.Version || now.State != before.State) {
				t.Errorf("%s of a letter %q by %s was refused and did something: %+v", c.word, c.state, c.who.Name, now)
			}
		}
		// Whoever drafted it does not sign it, whatever posts they hold; nor who drafted it last.
		own, _ := fresh(both)
		d.refuses(d.sign(both, own), "签发", "拟稿人不能签发自己拟的函")
		d.must(d.sign(d.leader, own))
		again, a := fresh(d.clerk)
		d.must(revise(both, again, a))
		d.refuses(d.sign(both, again), "签发", "拟稿人不能签发自己拟的函")
		if err := SignLetter(d.ctx, d.v, d.leader, org.Unit{ID: 6, Kind: org.Town, Path: "/1/5/6/"}, again, 2, "x"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("as a letter of another town: %v", err)
		}
	})
}

// Taken back or drafted anew, a letter frees what stands in it: each application has the step again that it had.
func TestADraftIsTakenBack(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		fresh, posted, told := d.checked(p, "庄大娘", "19410805", 12), d.checked(p, "尹奶奶", "19380101", 14), d.proposed(p, "乔奶奶", "19350201", 16)
		d.must(Advance(d.ctx, d.v, d.clerk, posted, 1, Posted, "2026-04-05", "东槐村公示栏"))
		want := map[int64]Step{fresh: Checked, posted: Posted, told: Proposed}
		steps := func(what string, held ...int64) {
			t.Helper()
			for x, step := range want {
				if slices.Contains(held, x) {
					step = Held
				}
				if got := d.application(x).Step; got != step {
					t.Errorf("%s: %s, want %s", what, got, step)
				}
			}
		}
		letter := d.draft(p, fresh, posted, told)
		steps("drafted", fresh, posted, told)
		// Sent back with words, it still holds them; drafted anew without one of them, that is free.
		d.refuses(ReturnLetter(d.ctx, d.v, d.leader, d.town, letter, 1, " "), "退回原因", "请写要改什么")
		d.refuses(ReturnLetter(d.ctx, d.v, d.leader, d.town, letter, 1, "号码"+id("19410805", 12)), "退回原因", "")
		if err := ReturnLetter(d.ctx, d.v, d.leader, d.town, letter, 7, "请补依据"); !errors.As(err, new(journal.Stale)) {
			t.Errorf("from an old page: %v", err)
		}
		for range 2 {
			d.must(ReturnLetter(d.ctx, d.v, d.leader, d.town, letter, 1, "乔奶奶先不报"))
		}
		if l := d.letter(letter); l.State != LetterReturned || l.Back != "2026-04-16" || l.BackBy != d.leader.Title() || l.BackWhy != "乔奶奶先不报" || l.Version != 2 || !l.Waits() {
			t.Errorf("sent back: %+v", l)
		}
		steps("sent back", fresh, posted, told)
		if list, err := WaitingLetters(d.ctx, d.v); err != nil || len(list) != 1 || list[0].ID != letter {
			t.Errorf("what waits: %+v, %v", list, err)
		}
		n := NewLetter{To: "临澜区民政局", Basis: "临民〔2009〕31号", Said: "建议同意", Applications: []int64{posted, fresh}}
		if err := ReviseLetter(d.ctx, d.v, d.clerk, d.town, letter, 1, n); !errors.As(err, new(journal.Stale)) {
			t.Errorf("from an old page: %v", err)
		}
		for range 2 {
			d.must(ReviseLetter(d.ctx, d.v, d.clerk, d.town, letter, 2, n)) // the same form twice does it once
		}
		steps("drafted anew", fresh, posted)
		if l := d.letter(letter); l.State != LetterDraft || l.Version != 3 || l.Basis != "临民〔2009〕31号" || len(l.Lines) != 2 || l.Lines[0].Application != posted || l.Lines[0].TakenFrom != Posted || l.Lines[1].TakenFrom != Checked {
			t.Errorf("drafted anew: %+v", l)
		}
		for field, change := range map[string]func(*NewLetter){
			"事项": func(n *NewLetter) { n.Applications = nil }, "主送": func(n *NewLetter) { n.To = " " }, "镇里意见": func(n *NewLetter) { n.Said = "" },
		} {
			bad := n
			change(&bad)
			d.refuses(ReviseLetter(d.ctx, d.v, d.clerk, d.town, letter, 3, bad), field, "")
		}
		// Another letter takes the freed one; the first cannot have it back.
		second := d.draft(p, told)
		n.Applications = []int64{told}
		d.refuses(ReviseLetter(d.ctx, d.v, d.clerk, d.town, letter, 3, n), "事项", "乔奶奶的“新增享受”已在")
		for range 2 {
			d.must(DropLetter(d.ctx, d.v, d.clerk, d.town, letter, 3))
			d.must(DropLetter(d.ctx, d.v, d.other, d.town, second, 1))
		}
		steps("taken back")
		if list, err := Unwritten(d.ctx, d.v, d.clerk, p, d.town, "2026-04-16"); err != nil || len(list) != 3 {
			t.Errorf("%d may be put into a letter, %v", len(list), err)
		}
		if list, err := CountyLetters(d.ctx, d.v, []org.Unit{d.town}); err != nil || len(list) != 0 {
			t.Errorf("taken back and still listed: %+v, %v", list, err)
		}
		if list, err := WaitingLetters(d.ctx, d.v); err != nil || len(list) != 0 {
			t.Errorf("taken back and still waiting: %+v, %v", list, err)
		}
		// No number was used up by any of it.
		third := d.draft(p, fresh, posted, told)
		d.must(d.sign(d.leader, third))
		if l := d.letter(third); l.Number != "栖禾民函〔2026〕1号" {
			t.Errorf("the first number is %s", l.Number)
		}
		if r, err := proof.Verify(d.ctx, proof.Subject{DB: d.v.DB}); err != nil || !r.OK() {
			t.Errorf("the record: %+v, %v", r.Differences, err)
		}
		d.noNumbers()
	})
}

// Whoever signs has read what is sent: what was withdrawn or corrected since the draft is named, and nothing is signed.
func TestWhatChangedIsNotSigned(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a, b := d.checked(p, "庄大娘", "19410805", 12), d.checked(p, "乔奶奶", "19350201", 16)
		letter := d.draft(p, a, b)
		about := d.letter(letter).Lines[1].About
		edit := func(name string, version int64) {
			d.must(EditPerson(d.ctx, d.v, d.clerk, about.ID, version, PersonEdit{Name: name, Birth: about.Birth, Village: d.west}))
		}
		edit("乔奶奶", about.Version)
		d.refuses(d.sign(d.leader, letter), "签发", "乔奶奶的“新增享受”的村变了。请退回拟稿人")
		tiers, err := ParseTiers("80-99 80\n100- 500")
		d.must(err)
		d.must(d.set(p, NewValue{Name: Amount, Tiers: tiers, From: "2026-01-01"}))
		d.refuses(d.sign(d.leader, letter), "签发", "庄大娘的“新增享受”的金额变了；乔奶奶的“新增享受”的村、金额变了")
		d.must(Withdraw(d.ctx, d.v, d.clerk, a, d.version("application", a), "本人放弃，书面在卷"))
		d.refuses(d.sign(d.leader, letter), "签发", "庄大娘的“新增享受”已撤回；乔奶奶的“新增享受”的村、金额变了。请退回拟稿人，按现在的情况改稿再送签")
		if l := d.letter(letter); l.State != LetterDraft || l.Number != "" || l.Version != 1 {
			t.Errorf("refused and signed: %+v", l)
		}
		if got := d.application(b); got.Step != Held || got.Proposed != "" {
			t.Errorf("refused and proposed: %+v", got)
		}
		// Drafted anew it is as everything is now; what was withdrawn stays out, and taking the draft back leaves it withdrawn.
		n := NewLetter{To: "临澜区民政局", Said: "建议同意", Applications: []int64{a, b}}
		d.refuses(ReviseLetter(d.ctx, d.v, d.clerk, d.town, letter, 1, n), "事项", "庄大娘的“新增享受”现在是已撤回")
		n.Applications = []int64{b}
		d.must(ReviseLetter(d.ctx, d.v, d.clerk, d.town, letter, 1, n))
		if got := d.application(a); got.Step != Withdrawn {
			t.Errorf("withdrawn it is %s", got.Step)
		}
		if err := SignLetter(d.ctx, d.v, d.leader, d.town, letter, 1, "栖禾民函"); !errors.As(err, new(journal.Stale)) {
			t.Errorf("signed from a page that shows another table: %v", err)
		}
		d.must(d.sign(d.leader, letter))
		if l := d.letter(letter); l.Number != "栖禾民函〔2026〕1号" || len(l.Lines) != 1 || l.Lines[0].Place != "柳荫村" || l.Lines[0].Shown != 8000 {
			t.Errorf("signed: %+v", l)
		}
	})
}

// What has to be published first goes into a letter when it was, for as long as the programme says.
func TestALetterWaitsForPublicity(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p, err := AddProgramme(d.ctx, d.v, d.clerk, d.town, NewProgramme{Example: "dibao", From: "2010-01-01", Basis: "临民〔2009〕32号"})
		d.must(err)
		a, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Subject: Subject{Number: id("19810805", 12), Name: "庄守田", Village: d.east}, Kind: New, Source: Screened, Received: "2026-04-01", From: 2026*12 + 4, Amount: 40000, Reason: "家庭困难"})
		d.must(err)
		n := NewLetter{Programme: p, To: "临澜区民政局", Said: "建议同意", Applications: []int64{a}}
		_, err = DraftLetter(d.ctx, d.v, d.clerk, d.town, n)
		d.refuses(err, "事项", "庄守田的“新增享受”：要先公示：初审公示不少于7天")
		d.must(Advance(d.ctx, d.v, d.clerk, a, 1, Posted, "2026-04-10", "东槐村公示栏"))
		_, err = DraftLetter(d.ctx, d.v, d.clerk, d.town, n)
		d.refuses(err, "事项", "庄守田的“新增享受”：2026-04-10起公示，要满7天，最早2026-04-17上报")
		for day, want := range map[string]int{"2026-04-16": 0, "2026-04-17": 1} {
			if list, err := Unwritten(d.ctx, d.v, d.clerk, p, d.town, day); err != nil || len(list) != want {
				t.Errorf("on %s %d may be put into a letter, %v", day, len(list), err)
			}
		}
		d.now = d.now.AddDate(0, 0, 1)
		d.send(n)
	})
}

// Two leaders sign one letter at once, and several letters at once: each letter has one number and one signer, and no number is left out.
func TestTwoLeadersSignAtOnce(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		var letters []int64
		for i := range 4 {
			letters = append(letters, d.draft(p, d.checked(p, fmt.Sprintf("老人%d", i), "19410805", 20+2*i)))
		}
		type try struct {
			letter int64
			who    org.Person
			err    error
		}
		var tries []*try
		for _, letter := range letters {
			tries = append(tries, &try{letter: letter, who: d.leader}, &try{letter: letter, who: d.party})
		}
		var all sync.WaitGroup
		for _, x := range tries {
			all.Go(func() { x.err = SignLetter(d.ctx, d.v, x.who, d.town, x.letter, 1, "栖禾民函") })
		}
		all.Wait()
		signed := map[int64]int{}
		for _, x := range tries {
			var bad org.Invalid
			switch {
			case x.err == nil:
				signed[x.letter]++
				if l := d.letter(x.letter); l.Signer != x.who.ID {
					t.Errorf("%s was told that it is signed, and it is by %s", x.who.Name, l.SignedBy)
				}
			case !errors.As(x.err, &bad) || !strings.Contains(bad.What, "已经签发，编号栖禾民函〔2026〕"):
				t.Errorf("%s: %v", x.who.Name, x.err)
			}
		}
		var numbers []string
		for _, letter := range letters {
			if signed[letter] != 1 {
				t.Errorf("%d signed one letter", signed[letter])
			}
			numbers = append(numbers, d.letter(letter).Number)
		}
		slices.Sort(numbers)
		if got := strings.Join(numbers, " "); got != "栖禾民函〔2026〕1号 栖禾民函〔2026〕2号 栖禾民函〔2026〕3号 栖禾民函〔2026〕4号" {
			t.Errorf("the numbers are %s", got)
		}
	})
}

// A letter waits for somebody who withdraws what stands in it this very moment, and is not signed then.
func TestSigningWaitsForAWithdrawal(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a := d.checked(p, "庄大娘", "19410805", 12)
		letter := d.draft(p, a)
		signed := make(chan error, 1)
		err := d.v.Write(d.ctx, func(tx *store.Tx) error {
			if err := tx.Lock(d.ctx, "application", a); err != nil {
				return err
			}
			if _, err := tx.Exec(d.ctx, `update application set step = 'withdrawn', version = version + 1 where id = $1`, a); err != nil {
				return err
			}
			go func() { signed <- SignLetter(d.ctx, d.v, d.leader, d.town, letter, 1, "栖禾民函") }()
			time.Sleep(300 * time.Millisecond) // so that it has come as far as it can
			return journal.Append(d.ctx, tx, journal.Entry{Verb: "撤回", Kind: "application", Row: a})
		})
		d.must(err)
		d.refuses(<-signed, "签发", "庄大娘的“新增享受”已撤回")
	})
}

// Letters of an earlier schema were sent when they were written; nobody knows who signed them, and their rows stay as the record has them.
func TestLettersOfAnEarlierSchema(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		d := oldDesk(t, house, 9, []oldTable{
			{store.Table{Name: "journal_head", Columns: []string{"id", "seq"}}, [][]any{{int64(1), int64(0)}}},
			{store.Table{Name: "serial", Columns: []string{"series", "last"}}, [][]any{{"county_letter/5/2026", int64(3)}}},
			{store.Table{Name: "programme", Columns: []string{"id", "unit", "path", "code", "name", "level", "state", "version"}},
				[][]any{{int64(1), int64(5), "/1/5/", "elder", "高龄津贴", "person", "running", int64(1)}}},
			{store.Table{Name: "person", Columns: []string{"id", "unit", "village", "path", "place", "household", "number", "number_index", "name", "birth", "sex", "phone", "came_on", "moved_on", "dead_on", "version"}},
				[][]any{{int64(2), int64(5), int64(51), "/1/5/51/", "东槐村", "", "", "x", "庄大娘", "1941-08-05", "女", "", "", "", "", int64(1)}}},
			{store.Table{Name: "application", Columns: []string{"id", "programme", "person", "roll", "kind", "source", "hit", "received", "step", "amount", "from_month", "to_month", "class", "reason",
				"proposed", "proposed_by", "decision", "decided", "decision_no", "decision_reason", "decided_by", "told", "version"}},
				[][]any{{int64(3), int64(1), int64(2), int64(0), "new", "screened", int64(0), "2026-04-01", "proposed", int64(6000), "2026-03", "", "", "应享未享", "2026-04-02", int64(101), "", "", "", "", int64(0), "", int64(3)}}},
			{store.Table{Name: "application_step", Columns: []string{"id", "application", "step", "day", "staff", "who", "said"}},
				[][]any{{int64(4), int64(3), "checked", "2026-04-01", int64(101), "贺晓雨", "应享未享"}, {int64(6), int64(3), "proposed", "2026-04-02", int64(101), "贺晓雨", "建议同意"}}},
			{store.Table{Name: "county_letter", Columns: []string{"id", "unit", "town", "programme", "title", "number", "addressee", "basis", "said", "day", "staff", "who", "void", "void_why", "version"}}, [][]any{
				{int64(7), int64(5), "栖禾镇", int64(1), "高龄津贴", "栖禾民函〔2026〕2号", "临澜区民政局", "", "建议同意", "2026-04-03", int64(101), "贺晓雨", "2026-04-04", "主送写错", int64(2)},
				{int64(8), int64(5), "栖禾镇", int64(1), "高龄津贴", "栖禾民函〔2026〕3号", "临澜区民政局", "", "建议同意", "2026-04-05", int64(101), "贺晓雨", "", "", int64(1)}}},
			{store.Table{Name: "county_letter_line", Columns: []string{"id", "letter", "ord", "application", "person", "name", "place", "kind", "amount", "shown", "from_month", "to_month", "class", "reason", "found"}},
				[][]any{{int64(9), int64(8), int64(1), int64(3), int64(2), "庄大娘", "东槐村", "new", int64(6000), int64(6000), "2026-03", "", "", "应享未享", ""}}},
		})
		l := d.letter(8)
		if l.State != LetterSent || l.Waits() || l.Number != "栖禾民函〔2026〕3号" || l.Drafted != "2026-04-05" || l.Signer != 0 || l.SignedBy != "" || l.Version != 1 || len(l.Lines) != 1 || l.Open() != 1 {
			t.Errorf("a letter that was sent: %+v", l)
		}
		if l := d.letter(7); l.State != LetterSent || l.Void != "2026-04-04" {
			t.Errorf("a void letter: %+v", l)
		}
		if got := d.application(3); got.Step != Proposed || got.Proposed != "2026-04-02" {
			t.Errorf("what stands in it: %+v", got)
		}
		d.refuses(SignLetter(d.ctx, d.v, d.leader, d.town, 8, 1, "栖禾民函"), "报县函", "已经送出，编号栖禾民函〔2026〕3号")
		if list, err := WaitingLetters(d.ctx, d.v); err != nil || len(list) != 0 {
			t.Errorf("what was sent waits: %+v, %v", list, err)
		}
		// Made void it gives back what stands in it, and the series goes on.
		d.must(VoidLetter(d.ctx, d.v, d.clerk, d.town, 8, 1, "县里要求重报"))
		second := d.send(NewLetter{Programme: 1, To: "临澜区民政局", Said: "建议同意", Applications: []int64{3}})
		if l := d.letter(second); l.Number != "栖禾民函〔2026〕4号" || l.Lines[0].TakenFrom != Proposed {
			t.Errorf("the next one: %+v", l)
		}
	})
}
