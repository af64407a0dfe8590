package lead_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bihuan/journal"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// photo is a picture that proves a check, of more than one sealed piece.
var photo = []byte("\x89PNG\r\n\x1a\n" + strings.Repeat("户口簿首页", 100_000))

// photographed checks a hit in the east with a picture, and maybe words, and gives the check.
func (s *scene) photographed(id int64, words string) lead.Verification {
	s.t.Helper()
	c := check(lead.RightPay)
	c.Proof, c.File = words, photo
	s.must(lead.Verify(s.t.Context(), s.v, s.db, s.cal, s.people["east"], id, s.get(id).Version, c))
	return s.lastCheck(id)
}

func (s *scene) lastCheck(id int64) lead.Verification {
	s.t.Helper()
	list, err := lead.Verifications(s.t.Context(), s.v, id)
	s.must(err)
	return list[len(list)-1]
}

// looks are the purposes of the looks at pictures of a month, the oldest first.
func (s *scene) looks() []string {
	s.t.Helper()
	list, err := s.v.Disclosures(s.t.Context(), s.db, s.people["leader"], "2026-04")
	s.must(err)
	var looks []string
	for _, d := range slices.Backward(list) {
		if d.Picture() && d.Word() == "核实凭据" && d.People == 1 {
			looks = append(looks, d.Who+" "+d.Purpose)
		}
	}
	return looks
}

// Every look at a picture is recorded with what for, one again soon after is the same look, and who may not see the hit sees no picture.
func TestLooksAtProofsAreRecorded(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		id := s.hit(s.east, "HL-01", 1)
		x := s.photographed(id, "户口簿首页")
		look := func(who string) {
			t.Helper()
			h, err := lead.HitByID(ctx, s.v, s.db, s.people[who], id)
			s.must(err)
			f, err := lead.LookAtProof(ctx, s.v, s.db, s.people[who], h, s.lastCheck(id))
			s.must(err)
			content := make([]byte, f.Size)
			if _, err := f.ReadAt(content, 0); err != nil || !bytes.Equal(content, photo) {
				t.Errorf("%s sees something else: %v", who, err)
			}
		}
		look("east")
		look("colleague")
		s.now = s.now.Add(20 * time.Minute)
		look("colleague")
		want := []string{"郝根生 核实疑点", "梁知远 复核疑点"}
		if got := s.looks(); !slices.Equal(got, want) {
			t.Errorf("recorded %q", got)
		}
		s.now = s.now.Add(11 * time.Minute) // the first look is over
		look("colleague")
		s.confirm("colleague", id, lead.Opinion{Pass: true})
		s.now = s.now.Add(time.Hour)
		look("colleague")
		want = append(want, "梁知远 复核疑点", "梁知远 查阅核实凭据")
		if got := s.looks(); !slices.Equal(got, want) {
			t.Errorf("recorded %q", got)
		}
		for _, who := range []string{"west", "stranger", "secretary"} {
			if _, err := lead.LookAtProof(ctx, s.v, s.db, s.people[who], s.get(id), x); !errors.As(err, new(org.Denied)) {
				t.Errorf("%s: %v", who, err)
			}
		}
		if n := len(s.looks()); n != 4 {
			t.Errorf("%d looks: who was refused is among them", n)
		}
		entries, err := journal.Of(ctx, s.v, "verification", x.ID, 10)
		if err != nil || len(entries) != 4 || entries[0].Verb != "查看" {
			t.Errorf("the journal has %+v, %v", entries, err)
		}
	})
}

// bytesLeft tells whether the sealed picture stands in the files of the database.
func (s *scene) bytesLeft(sealed []byte) bool {
	s.t.Helper()
	if s.v.Postgres() {
		n, err := store.One(s.t.Context(), s.v, store.Value[int], `select count(*) from sealed_piece`)
		s.must(err)
		return n > 0
	}
	files, err := filepath.Glob(filepath.Join(s.folder, "residents.db*"))
	s.must(err)
	for _, name := range files {
		content, err := os.ReadFile(name)
		s.must(err)
		if bytes.Contains(content, sealed[100:1000]) {
			return true
		}
	}
	return false
}

// sealedPiece is the first piece of a picture as it stands in the database.
func (s *scene) sealedPiece(x lead.Verification) []byte {
	s.t.Helper()
	piece, err := store.One(s.t.Context(), s.v, store.Value[[]byte], `select content from sealed_piece where file = $1 and n = 0`, x.ProofFile)
	s.must(err)
	return piece
}

// A picture that shows what it should not is deleted with a reason: before the check is decided by who may check or confirm there, later by
// somebody of the town who did not check. Nothing of its bytes is left, what it was by its hash is, and the record is in order.
func TestProofIsDeleted(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		ctx := t.Context()
		id := s.hit(s.east, "HL-01", 1)
		x := s.photographed(id, "")
		sealed := s.sealedPiece(x)
		drop := func(who string, version int64, why string) error {
			return lead.DropProof(ctx, s.v, s.db, s.people[who], id, x.ID, version, why)
		}
		for _, why := range []string{"", "错", "拍到了990408194610010018", strings.Repeat("长", 101)} {
			if err := drop("east", x.Version, why); !errors.As(err, new(org.Invalid)) {
				t.Errorf("because %q: %v", why, err)
			}
		}
		for _, who := range []string{"west", "stranger", "secretary"} {
			if err := drop(who, x.Version, "拍错了人"); !errors.As(err, new(org.Denied)) {
				t.Errorf("%s: %v", who, err)
			}
		}
		if err := drop("east", x.Version+1, "拍错了人"); !errors.As(err, new(journal.Stale)) {
			t.Errorf("of another version: %v", err)
		}
		if s.lastCheck(id).ProofFile == 0 || !s.bytesLeft(sealed) {
			t.Fatal("gone already: there is nothing to test")
		}
		s.must(drop("east", x.Version, "拍错了人"))
		s.must(drop("east", x.Version, "拍错了人")) // sent twice
		if err := drop("colleague", x.Version, "另一个原因"); !errors.As(err, new(org.Invalid)) {
			t.Errorf("deleted again by another: %v", err)
		}
		gone, err := lead.DroppedProofs(ctx, s.v, id)
		if err != nil || len(gone) != 1 || gone[0].Check != x.ID || gone[0].Why != "拍错了人" || gone[0].Who != "郝根生" || gone[0].Late || len(gone[0].Hash) != 64 {
			t.Errorf("left is %+v, %v", gone, err)
		}
		if s.lastCheck(id).ProofFile != 0 || s.bytesLeft(sealed) {
			t.Error("the picture is still there")
		}
		if err := lead.Confirm(ctx, s.v, s.db, s.cal, s.people["colleague"], id, s.get(id).Version, lead.Opinion{Pass: true}); !errors.As(err, new(org.Invalid)) {
			t.Errorf("a check without any proof is confirmed: %v", err)
		}
		s.confirm("colleague", id, lead.Opinion{Text: "照片删了，请补核"})

		x = s.photographed(id, "户口簿首页")
		sealed = s.sealedPiece(x)
		s.confirm("colleague", id, lead.Opinion{Pass: true})
		version := s.lastCheck(id).Version
		if err := drop("east", version, "本人要求"); !errors.As(err, new(org.Denied)) {
			t.Errorf("the village, after it was confirmed: %v", err)
		}
		s.must(drop("leader", version, "本人要求，〔2026〕3号"))
		if gone, err = lead.DroppedProofs(ctx, s.v, id); err != nil || len(gone) != 2 || !gone[1].Late {
			t.Errorf("left is %+v, %v", gone, err)
		}
		if s.bytesLeft(sealed) {
			t.Error("the picture is still there")
		}
		entries, err := journal.Of(ctx, s.v, "hit", id, 50)
		s.must(err)
		deleted := 0
		for _, e := range entries {
			if e.Verb == "删除" && slices.ContainsFunc(e.Changes, func(c journal.Change) bool { return c.Field == "删除" && strings.Contains(c.To, gone[0].Hash[:12]) }) {
				deleted++
			}
		}
		if deleted != 2 {
			t.Errorf("the journal says so %d times", deleted)
		}
		if n, err := store.One(ctx, s.v, store.Value[int], `select count(*) from dropped_proof where purged = 0`); err != nil || n > 0 {
			t.Errorf("%d are not purged, %v", n, err)
		}
		r, err := proof.Verify(ctx, proof.Subject{DB: s.v.DB})
		if err != nil || !r.OK() {
			t.Errorf("the record: %+v, %v", r.Differences, err)
		}
		if wrong, err := s.v.Unopened(ctx, nil); err != nil || len(wrong) > 0 {
			t.Errorf("does not open: %v, %v", wrong, err)
		}
	})
}

// Whoever made the check cannot take away what it was confirmed on.
func TestProofOfOnesOwnStays(t *testing.T) {
	s := newSQLiteScene(t)
	id := s.hit(s.east, "HL-01", 1)
	c := check(lead.RightPay)
	c.File = photo
	s.must(lead.Verify(t.Context(), s.v, s.db, s.cal, s.people["clerk"], id, s.get(id).Version, c))
	s.confirm("colleague", id, lead.Opinion{Pass: true})
	x := s.lastCheck(id)
	if err := lead.DropProof(t.Context(), s.v, s.db, s.people["clerk"], id, x.ID, x.Version, "不要了"); !errors.As(err, new(org.Invalid)) {
		t.Errorf("deleted: %v", err)
	}
	s.must(lead.DropProof(t.Context(), s.v, s.db, s.people["colleague"], id, x.ID, x.Version, "本人要求"))
}

// Who shares an account and lives elsewhere is masked for a village, in its list, on its page and on its sheet; the town reads every name,
// and the hit itself is as it was found.
func TestOthersAreMaskedForAVillage(t *testing.T) {
	villages = []string{"柳荫"}
	t.Cleanup(func() { villages = nil })
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		params, _ := o.smallLists()
		a := o.confirm(o.add(o.list("户籍二.csv", screening.Residents, []byte("姓名,身份证号,出生日期,村,户号,户籍状态\n王秀英,99040819400805002X,1940-08-05,东槐村,1,正常\n李山河,990408193701010013,1937-01-01,东槐村,2,正常\n赵平安,99040819401031002X,1940-10-31,柳荫村,3,正常\n"))))
		b := o.confirm(o.add(o.list("发放二.csv", screening.Roll, []byte("姓名,身份证号,村,发放金额,发放月份,银行账号\n王秀英,99040819400805002X,东槐村,50,2026-11,6217000000000000018\n李山河,990408193701010013,东槐村,50,2026-11,6217000000000000018\n赵平安,99040819401031002X,柳荫村,50,2026-11,6217000000000000018\n"))))
		s := o.screened(lead.Ask{Params: params, Datasets: []int64{a.ID, b.ID}, Rules: []string{"HL-09"}})
		if s.Sum().Hits != 1 {
			t.Fatalf("%+v", s.Counts)
		}
		seen := func(who org.Person) lead.Hit {
			t.Helper()
			list, n, err := lead.Hits(ctx, o.vault, o.house, who, lead.HitFilter{Screening: s.ID})
			if err != nil || n != 1 {
				t.Fatalf("%s sees %d, %v", who.Name, n, err)
			}
			one, err := lead.HitByID(ctx, o.vault, o.house, who, list[0].ID)
			if err != nil || one.Why != list[0].Why {
				t.Errorf("%s reads %q on the page and %q in the list, %v", who.Name, one.Why, list[0].Why, err)
			}
			return one
		}
		const whole, masked = "（王秀英、李山河、赵平安）", "（王秀英、李山河、赵*安）"
		town := seen(o.clerk)
		if !strings.Contains(town.Why, whole) || !strings.Contains(town.WhyIn(), masked) {
			t.Errorf("the town reads %q, and prints %q", town.Why, town.WhyIn())
		}
		if cadre := seen(o.cadre); !strings.Contains(cadre.Why, masked) || !strings.Contains(cadre.WhyIn(), masked) {
			t.Errorf("the village reads %q", cadre.Why)
		}
		if _, hits, err := lead.HitsOf(ctx, o.vault, o.house, o.clerk, s.ID); err != nil || !strings.Contains(hits[0].Why, whole) {
			t.Errorf("the hit says %+v, %v", hits, err)
		}
		if r, err := lead.Repeat(ctx, o.vault, o.house, o.clerk, s.ID); err != nil || !r.Identical {
			t.Errorf("%+v, %v", r, err)
		}
		if names, err := store.All(ctx, o.vault, store.Value[string], `select name from hit_other`); err != nil || len(names) != 2 || strings.Contains(strings.Join(names, " "), "赵平安") {
			t.Errorf("kept are %q, %v", names, err)
		}

		// One from before others were kept hides everybody but its own person.
		if err := o.vault.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `delete from hit_other`); err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "试", Kind: "hit_other"})
		}); err != nil {
			t.Fatal(err)
		}
		if cadre := seen(o.cadre); !strings.Contains(cadre.Why, "（王秀英、李*河、赵*安）") {
			t.Errorf("the village reads %q", cadre.Why)
		}
	})
}

// Somebody who is erased is gone from the reasons of hits about others.
func TestErasedFromReasonsOfOthers(t *testing.T) {
	villages = []string{"柳荫"}
	t.Cleanup(func() { villages = nil })
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		params, _ := o.smallLists()
		a := o.confirm(o.add(o.list("户籍二.csv", screening.Residents, []byte("姓名,身份证号,出生日期,村,户号,户籍状态\n王秀英,99040819400805002X,1940-08-05,东槐村,1,正常\n赵平安,99040819401031002X,1940-10-31,柳荫村,3,正常\n"))))
		b := o.confirm(o.add(o.list("发放二.csv", screening.Roll, []byte("姓名,身份证号,村,发放金额,发放月份,银行账号\n王秀英,99040819400805002X,东槐村,50,2026-11,6217000000000000018\n赵平安,99040819401031002X,柳荫村,50,2026-11,6217000000000000018\n"))))
		s := o.screened(lead.Ask{Params: params, Datasets: []int64{a.ID, b.ID}, Rules: []string{"HL-09"}})
		if err := o.vault.ErasePerson(ctx, o.house, org.Program, vault.Erasure{Text: "99040819401031002X", Reason: "本人申请，〔2026〕3号"}); err != nil {
			t.Fatal(err)
		}
		_, hits, err := lead.HitsOf(ctx, o.vault, o.house, o.clerk, s.ID)
		if err != nil || len(hits) != 1 || hits[0].Name != "王秀英" || hits[0].Why != "" || hits[0].Number != "99040819400805002X" {
			t.Errorf("left is %+v, %v", hits, err)
		}
		if list, _, err := lead.Hits(ctx, o.vault, o.house, o.cadre, lead.HitFilter{}); err != nil || len(list) != 1 {
			t.Errorf("the village sees %+v, %v", list, err)
		}
	})
}
