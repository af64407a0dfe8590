package benefit

import (
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// erase erases a person by the number.
func (d *desk) erase(number string) {
	d.t.Helper()
	house, err := store.Open(d.ctx, d.url)
	d.must(err)
	defer house.Close()
	d.must(house.Write(d.ctx, func(tx *store.Tx) error {
		_, err := org.AddUnit(d.ctx, tx, org.Program, org.Unit{}, org.District, "临澜区", 0)
		return err
	}))
	d.must(d.v.ErasePerson(d.ctx, house, org.Program, vault.Erasure{Text: number, Reason: "本人申请，〔2026〕3号"}))
}

// Somebody who died or moved away while the letter waits is not proposed without a word of it: the letter is not signed until its table says so.
func TestADeathIsNotSignedOver(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a, b, c := d.checked(p, "庄大娘", "19410805", 12), d.checked(p, "乔奶奶", "19350201", 16), d.checked(p, "尹奶奶", "19380101", 14)
		letter := d.draft(p, a, b, c)
		edit := func(line int, e PersonEdit) {
			t.Helper()
			about := d.letter(letter).Lines[line].About
			e.Name, e.Birth = about.Name, about.Birth
			d.must(EditPerson(d.ctx, d.v, d.clerk, about.ID, about.Version, e))
		}
		edit(0, PersonEdit{Dead: "2026-04-10"})
		edit(1, PersonEdit{Moved: "2026-04-12"})
		d.refuses(d.sign(d.leader, letter), "签发", "庄大娘的“新增享受”：2026-04-10去世；乔奶奶的“新增享受”：2026-04-12迁出。请退回拟稿人")
		if l := d.letter(letter); l.State != LetterDraft || l.Number != "" {
			t.Errorf("refused and signed: %+v", l)
		}
		// Drafted anew the table says it, for the county to decide what is owed until then.
		d.must(ReviseLetter(d.ctx, d.v, d.clerk, d.town, letter, 1, NewLetter{To: "临澜区民政局", Said: "建议同意", Applications: []int64{a, c}}))
		d.must(d.sign(d.leader, letter))
		if l := d.letter(letter); l.Lines[0].Found != "2026-04-10去世" || l.Lines[1].Found != "" {
			t.Errorf("the table: %+v", l.Lines)
		}
	})
}

// What was erased of somebody does not go to the county as a letter about nobody, whichever the letter is in: waiting, or drafted after it.
func TestALetterAboutNobodyIsNotSigned(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		x := d.takeOne(p, "庄大娘", "19410805", 12)
		a, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Person: x.ID, Kind: Stop, Source: Screened, Received: "2026-04-01", To: 2026*12 + 2, Reason: "去世"})
		d.must(err)
		b := d.checked(p, "乔奶奶", "19350201", 16)
		letter := d.draft(p, a, b)
		d.erase(id("19410805", 12))
		d.refuses(d.sign(d.leader, letter), "签发", vault.Erased+"的“停发”：这个人的信息已依法删除，不能再报")
		n := NewLetter{Programme: p, To: "临澜区民政局", Said: "建议同意", Applications: []int64{a, b}}
		d.refuses(ReviseLetter(d.ctx, d.v, d.clerk, d.town, letter, 1, n), "事项", "这个人的信息已依法删除，不能再报")
		n.Applications = []int64{b}
		d.must(ReviseLetter(d.ctx, d.v, d.clerk, d.town, letter, 1, n))
		d.must(d.sign(d.leader, letter))
		n.Applications = []int64{a}
		_, err = DraftLetter(d.ctx, d.v, d.clerk, d.town, n)
		d.refuses(err, "事项", "这个人的信息已依法删除，不能再报")
		d.must(Withdraw(d.ctx, d.v, d.clerk, a, d.version("application", a), "信息已删除"))
	})
}

// An erasure takes the words that may be about the person, and not what the town says about all the others.
func TestAnErasureLeavesWhatALetterSays(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a, b := d.checked(p, "庄大娘", "19410805", 12), d.checked(p, "乔奶奶", "19350201", 16)
		letter := d.draft(p, a, b)
		d.must(ReturnLetter(d.ctx, d.v, d.leader, d.town, letter, 1, "庄大娘的月份请再核对"))
		d.must(ReviseLetter(d.ctx, d.v, d.clerk, d.town, letter, 2, NewLetter{To: "临澜区民政局", Basis: "临民〔2009〕31号", Said: "建议同意", Applications: []int64{a, b}}))
		d.must(d.sign(d.leader, letter))
		d.erase(id("19410805", 12))
		l := d.letter(letter)
		if l.Said != "建议同意" || l.Basis != "临民〔2009〕31号" || l.BackWhy != vault.Erased || l.Lines[0].Name != vault.Erased || l.Lines[1].Name != "乔奶奶" {
			t.Errorf("%+v", l)
		}
		events, err := journal.Of(d.ctx, d.v, "county_letter", letter, 10)
		d.must(err)
		for _, e := range events {
			for _, c := range e.Changes {
				if strings.Contains(c.To, "庄大娘") {
					t.Errorf("the record still says %s", c.To)
				}
			}
		}
	})
}

// What went to the county before a letter told it, by another paper or in a letter that was made void, may have been decided before the letter.
func TestTheCountyDecidedBeforeTheLetter(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a := d.proposed(p, "庄大娘", "19410805", 12) // on 2 April, by another paper
		d.send(NewLetter{Programme: p, To: "临澜区民政局", Said: "建议同意", Applications: []int64{a}})
		decide := func(day string) error {
			return Decide(d.ctx, d.v, d.leader, a, d.version("application", a), Decision{Verdict: Refused, Day: day, No: "1号", Reason: "材料不全"})
		}
		d.refuses(decide("2026-04-01"), "决定日期", "上报（2026-04-02）之后")
		d.must(decide("2026-04-10"))
	})
}
