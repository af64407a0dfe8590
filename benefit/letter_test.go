package benefit

import (
	"errors"
	"testing"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// send drafts a letter as the clerk and has the leader sign it.
func (d *desk) send(n NewLetter) int64 {
	d.t.Helper()
	letter, err := DraftLetter(d.ctx, d.v, d.clerk, d.town, n)
	d.must(err)
	d.must(SignLetter(d.ctx, d.v, d.leader, d.town, letter, d.version("county_letter", letter), "栖禾民函"))
	return letter
}

// A letter keeps what was proposed; each application stands in one letter, and one that was made void gives them back.
func TestCountyLetter(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		propose := func(name, birth string, seq int) int64 {
			x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Subject: Subject{Number: id(birth, seq), Name: name, Village: d.east}, Kind: New, Source: Applied, Received: "2026-04-01", From: 2026*12 + 3, Reason: "满80周岁"})
			d.must(err)
			return x
		}
		a, b := propose("庄大娘", "19410805", 12), propose("乔奶奶", "19350201", 16)
		unwritten := func() int {
			t.Helper()
			list, err := Unwritten(d.ctx, d.v, d.clerk, p, d.town, "2026-04-16")
			d.must(err)
			return len(list)
		}
		if unwritten() != 0 {
			t.Error("what the town still works on waits for a letter")
		}
		n := NewLetter{Programme: p, To: "临澜区民政局", Basis: "临民〔2009〕31号", Said: "建议同意", Applications: []int64{a, b}}
		_, err := DraftLetter(d.ctx, d.v, d.clerk, d.town, n)
		d.refuses(err, "事项", "庄大娘的“新增享受”现在是已受理")
		for _, x := range []int64{a, b} {
			d.must(Advance(d.ctx, d.v, d.clerk, x, 1, Checked, "2026-04-03", "入户，户口簿相符"))
		}
		d.must(Advance(d.ctx, d.v, d.clerk, b, 2, Proposed, "2026-04-10", "建议同意")) // by another way than a letter
		if unwritten() != 2 {
			t.Errorf("%d wait for a letter", unwritten())
		}
		for field, change := range map[string]func(*NewLetter){
			"事项": func(n *NewLetter) { n.Applications = nil }, "主送": func(n *NewLetter) { n.To = " " }, "镇里意见": func(n *NewLetter) { n.Said = "" }, "依据": func(n *NewLetter) { n.Basis = id("19410805", 12) },
		} {
			bad := n
			change(&bad)
			_, err := DraftLetter(d.ctx, d.v, d.clerk, d.town, bad)
			d.refuses(err, field, "")
		}
		if _, err := DraftLetter(d.ctx, d.v, d.leader, d.town, n); !errors.As(err, new(org.Denied)) {
			t.Errorf("a leader: %v", err)
		}
		if _, err := DraftLetter(d.ctx, d.v, d.far, d.far.Unit, n); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another town: %v", err)
		}
		first := d.send(n)
		if again, err := DraftLetter(d.ctx, d.v, d.clerk, d.town, n); err != nil || again != first {
			t.Errorf("the same form again: %d, %v", again, err)
		}
		if unwritten() != 0 {
			t.Errorf("%d still wait", unwritten())
		}
		part := n
		part.Applications = []int64{b}
		_, err = DraftLetter(d.ctx, d.v, d.clerk, d.town, part)
		d.refuses(err, "事项", "乔奶奶的“新增享受”已在栖禾民函〔2026〕1号里")
		read := func(id int64) CountyLetter {
			t.Helper()
			l, err := CountyLetterByID(d.ctx, d.v, id)
			d.must(err)
			return l
		}
		l := read(first)
		if l.Number != "栖禾民函〔2026〕1号" || l.Day != "2026-04-16" || len(l.Lines) != 2 || l.N != 2 || l.Lines[0].About.Name != "庄大娘" || l.Lines[0].Found != "2026-04-03调查：入户，户口簿相符" || l.Drafted != "2026-04-16" || l.Signer != d.leader.ID || l.SignedBy != d.leader.Title() || l.Lines[0].Months() != "2026年4月起" {
			t.Errorf("%+v", l)
		}
		d.refuses(VoidLetter(d.ctx, d.v, d.clerk, d.town, first, l.Version, ""), "作废原因", "为什么")
		if err := VoidLetter(d.ctx, d.v, d.clerk, d.town, first, 1, "主送写错"); !errors.As(err, new(journal.Stale)) {
			t.Errorf("an old version: %v", err)
		}
		for range 2 {
			d.must(VoidLetter(d.ctx, d.v, d.clerk, d.town, first, l.Version, "主送写错"))
		}
		if unwritten() != 2 {
			t.Errorf("%d wait again", unwritten())
		}
		second := d.send(n)
		if l := read(second); l.Number != "栖禾民函〔2026〕2号" {
			t.Errorf("the number is %s", l.Number)
		}
		if of, err := LetterOf(d.ctx, d.v, a); err != nil || of.ID != second {
			t.Errorf("%+v, %v", of, err)
		}
		// The county decides something else: the letter says what was proposed.
		d.must(Decide(d.ctx, d.v, d.leader, a, d.version("application", a), Decision{Verdict: Approved, Day: "2026-04-16", No: "1号", Reason: "同意", From: 2026*12 + 4}))
		if l := read(second); l.Lines[0].From != 2026*12+3 || l.Lines[0].Decision != Approved {
			t.Errorf("%+v", l.Lines[0])
		}
		d.refuses(VoidLetter(d.ctx, d.v, d.clerk, d.town, second, 2, "写错"), "作废原因", "已就庄大娘的“新增享受”作了决定")
		if list, err := CountyLetters(d.ctx, d.v, []org.Unit{d.town}); err != nil || len(list) != 2 || list[0].ID != second || list[1].Void == "" {
			t.Errorf("%+v, %v", list, err)
		}
		if list, err := CountyLetters(d.ctx, d.v, []org.Unit{d.far.Unit}); err != nil || len(list) != 0 {
			t.Errorf("another town's: %+v, %v", list, err)
		}
		d.noNumbers()
	})
}
