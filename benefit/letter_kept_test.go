package benefit

import (
	"slices"
	"testing"
	"time"

	"bihuan/journal"
	"bihuan/store"
)

// proposed is somebody newly proposed to the county for a programme, from March 2026 on, by age.
func (d *desk) proposed(p int64, name, birth string, seq int) int64 {
	d.t.Helper()
	x, err := Propose(d.ctx, d.v, d.clerk, Application{Programme: p, Subject: Subject{Number: id(birth, seq), Name: name, Village: d.east}, Kind: New, Source: Screened, Received: "2026-04-01", From: 2026*12 + 2, Reason: "应享未享"})
	d.must(err)
	d.must(Advance(d.ctx, d.v, d.clerk, x, 1, Proposed, "2026-04-02", "建议"))
	return x
}

// A letter stays the one that was sent: whatever is corrected since of people, programme and amounts, and the record tells it.
func TestALetterStaysAsItWasSent(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a, b := d.proposed(p, "庄大娘", "19410805", 12), d.proposed(p, "乔奶奶", "19350201", 16)
		letter := d.send(NewLetter{Programme: p, To: "临澜区民政局", Said: "建议同意", Applications: []int64{b, a, b}})
		read := func() (CountyLetter, string) {
			t.Helper()
			l, err := CountyLetterByID(d.ctx, d.v, letter)
			d.must(err)
			digest, err := l.Digest(d.v)
			d.must(err)
			return l, digest
		}
		l, digest := read()
		if len(l.Lines) != 2 || l.N != 2 || l.Lines[0].Application != b || l.Lines[1].Name != "庄大娘" || l.Lines[1].Place != "东槐村" || l.Lines[1].Shown != 5000 || l.Town != "栖禾镇" || l.Title != "高龄津贴" {
			t.Fatalf("%+v", l)
		}
		if again, err := DraftLetter(d.ctx, d.v, d.clerk, d.town, NewLetter{Programme: p, To: "临澜区民政局", Said: "建议同意", Applications: []int64{a, a, b}}); err != nil || again != letter {
			t.Errorf("the same people ticked again: %d, %v", again, err)
		}
		events, err := journal.Of(d.ctx, d.v, "county_letter", letter, 10)
		d.must(err)
		if len(events) != 2 {
			t.Fatalf("the record: %+v", events)
		}
		for _, e := range events { // of the draft, and of what was signed
			if !slices.Contains(e.Changes, journal.Change{Field: "附表摘要", To: digest}) {
				t.Errorf("the record: %+v, want %s", e, digest)
			}
		}
		about := l.Lines[1].About
		d.must(EditPerson(d.ctx, d.v, d.clerk, about.ID, about.Version, PersonEdit{Name: "庄大嬢", Birth: "1921-08-05", Village: d.west}))
		tiers, err := ParseTiers("80-99 80\n100- 500")
		d.must(err)
		d.must(d.set(p, NewValue{Name: Amount, Tiers: tiers, From: "2026-01-01"}))
		if now, is := read(); is != digest || now.Lines[1].Name != "庄大娘" || now.Lines[1].Place != "东槐村" || now.Lines[1].Shown != 5000 || now.Lines[1].About.Name != "庄大嬢" {
			t.Errorf("%+v", now.Lines[1])
		}
		err = d.v.Write(d.ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(d.ctx, `update county_letter_line set shown = 5001 where application = $1`, a); err != nil {
				return err
			}
			return journal.Append(d.ctx, tx, journal.Entry{Verb: "修改", Kind: "county_letter", Row: letter})
		})
		d.must(err)
		if _, is := read(); is == digest {
			t.Error("another amount has the same digest")
		}
		d.noNumbers()
	})
}

// What was withdrawn after the letter went waits for nobody.
func TestWithdrawnAfterTheLetter(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a, b := d.proposed(p, "庄大娘", "19410805", 12), d.proposed(p, "乔奶奶", "19350201", 16)
		letter := d.send(NewLetter{Programme: p, To: "临澜区民政局", Said: "建议同意", Applications: []int64{a, b}})
		counts := func(decided, withdrawn, open int) {
			t.Helper()
			l, err := CountyLetterByID(d.ctx, d.v, letter)
			d.must(err)
			if l.Decided != decided || l.Withdrawn != withdrawn || l.Open() != open {
				t.Errorf("%d decided, %d withdrawn, %d open", l.Decided, l.Withdrawn, l.Open())
			}
		}
		counts(0, 0, 2)
		d.must(Withdraw(d.ctx, d.v, d.clerk, a, d.version("application", a), "本人放弃，书面在卷"))
		counts(0, 1, 1)
		d.decideAs(b, Decision{})
		counts(1, 1, 0)
	})
}

// What somebody withdraws this very moment does not go into a letter.
func TestALetterWaitsForAWithdrawal(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		p := d.elders()
		a := d.proposed(p, "庄大娘", "19410805", 12)
		written := make(chan error, 1)
		err := d.v.Write(d.ctx, func(tx *store.Tx) error {
			if err := tx.Lock(d.ctx, "application", a); err != nil {
				return err
			}
			if _, err := tx.Exec(d.ctx, `update application set step = 'withdrawn', version = version + 1 where id = $1`, a); err != nil {
				return err
			}
			go func() {
				_, err := DraftLetter(d.ctx, d.v, d.clerk, d.town, NewLetter{Programme: p, To: "临澜区民政局", Said: "建议同意", Applications: []int64{a}})
				written <- err
			}()
			time.Sleep(300 * time.Millisecond) // so that it has come as far as it can
			return journal.Append(d.ctx, tx, journal.Entry{Verb: "撤回", Kind: "application", Row: a})
		})
		d.must(err)
		d.refuses(<-written, "事项", "庄大娘的“新增享受”现在是已撤回")
	})
}
