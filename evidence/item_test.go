package evidence_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

const paper = `柳塘镇党委关于区委巡察反馈意见的整改方案
2026年1月5日至2月10日，区委第二巡察组对柳塘镇党委进行了常规巡察，2026年3月2日反馈了意见，现制定整改方案如下。
一、学习贯彻方面
1.理论学习不够深入。一是应知应会内容掌握不全面。
整改措施：一是每月抽问应知应会内容，不少于10人。
责任单位：东村
责任人：韩春梅
完成时限：2026年4月30日前
`

// world is a town with one finding, and two people in a village of it.
type world struct {
	url, folder     string
	db              *store.DB
	files           *evidence.Files
	clerk, ann, bob org.Person
	finding         ledger.Finding
}

func each(t *testing.T, f func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, url string) { f(t, newWorld(t, url)) })
}

// newWorld makes the town in the database at url.
func newWorld(t *testing.T, url string) *world {
	t.Helper()
	ctx := t.Context()
	w := &world{url: url, folder: filepath.Join(t.TempDir(), "files")}
	w.open(t)
	t.Cleanup(func() { w.db.Close(); w.files.Close() })
	err := w.db.Write(ctx, func(tx *store.Tx) error {
		unit := func(parent org.Unit, kind, name string) org.Unit {
			u, err := org.AddUnit(ctx, tx, org.Program, parent, kind, name, 0)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		staff := func(u org.Unit, name string, role org.Role) org.Person {
			id, err := org.AddStaff(ctx, tx, org.Program, u, name, "", role, "", "")
			if err != nil {
				t.Fatal(err)
			}
			return org.Person{ID: id, Name: name, Role: role, Unit: u}
		}
		town := unit(unit(org.Unit{}, org.District, "试区"), org.Town, "柳塘镇")
		east := unit(town, org.Village, "东村")
		w.clerk, w.ann, w.bob = staff(town, "贺晓雨", org.Clerk), staff(east, "韩春梅", org.Cadre), staff(east, "李四喜", org.Cadre)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	id, err := ledger.StartImport(ctx, w.db, w.files, w.clerk, ledger.Upload{Unit: w.clerk.Unit.ID, Kind: ledger.NewPlan, Name: "方案.txt", Data: []byte(paper)})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := ledger.Confirm(ctx, w.db, w.clerk, id, 1)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ledger.ListAll(ctx, w.db, w.clerk, ledger.Filter{Plan: plan}, ledger.Days{})
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	if w.finding, err = ledger.ByID(ctx, w.db, w.ann, keys[0].ID); err != nil {
		t.Fatal(err)
	}
	return w
}

// open opens the database and the files, as a server does that starts.
func (w *world) open(t *testing.T) {
	t.Helper()
	var err error
	if w.db, err = store.Open(t.Context(), w.url); err != nil {
		t.Fatal(err)
	}
	w.db.Now = func() time.Time { return time.Date(2026, 4, 16, 9, 0, 0, 0, time.Local) }
	if w.files, err = evidence.OpenFiles(w.folder); err != nil {
		t.Fatal(err)
	}
}

// restart closes everything and opens it again.
func (w *world) restart(t *testing.T) {
	t.Helper()
	w.db.Close()
	w.files.Close()
	w.open(t)
}

func TestWhatCanBeKept(t *testing.T) {
	const today, feedback = "2026-04-16", "2026-03-02"
	statement := evidence.Item{Kind: evidence.Statement, Said: "已抽问12人", Event: "2026-04-10"}
	link := evidence.Item{Kind: evidence.Link, Title: "公示", URL: "https://example.org/a", Event: "2026-04-10"}
	record := evidence.Item{Kind: evidence.Record, Title: "会议记录", Said: "2份，党政办", Event: "2026-04-10"}
	file := evidence.Item{Kind: evidence.File, File: strings.Repeat("a", 64), FileName: "签到表.jpg", Event: "2026-04-10"}
	with := func(i evidence.Item, f func(*evidence.Item)) evidence.Item { f(&i); return i }
	for _, c := range []struct {
		name  string
		item  evidence.Item
		field string // of the refusal; empty: kept
	}{
		{"statement", statement, ""},
		{"link", link, ""},
		{"record", record, ""},
		{"file", file, ""},
		{"statement without words", with(statement, func(i *evidence.Item) { i.Said = " " }), "说明"},
		{"record without words", with(record, func(i *evidence.Item) { i.Said = "" }), "说明"},
		{"record without a title", with(record, func(i *evidence.Item) { i.Title = "" }), "名称"},
		{"file without a file", with(file, func(i *evidence.Item) { i.File = "" }), "文件"},
		{"script for a link", with(link, func(i *evidence.Item) { i.URL = "javascript:alert(1)" }), "网址"},
		{"half a link", with(link, func(i *evidence.Item) { i.URL = "www.example.org" }), "网址"},
		{"link with a password", with(link, func(i *evidence.Item) { i.URL = "https://a:b@example.org" }), "网址"},
		{"link without a title", with(link, func(i *evidence.Item) { i.Title = "" }), "名称"},
		{"unknown kind", with(statement, func(i *evidence.Item) { i.Kind = "video" }), "种类"},
		{"no date", with(statement, func(i *evidence.Item) { i.Event = "" }), "发生日期"},
		{"no day", with(statement, func(i *evidence.Item) { i.Event = "2026-02-30" }), "发生日期"},
		{"today", with(statement, func(i *evidence.Item) { i.Event = today }), ""},
		{"tomorrow", with(statement, func(i *evidence.Item) { i.Event = "2026-04-17" }), "发生日期"},
		{"on the day of the feedback", with(statement, func(i *evidence.Item) { i.Event = feedback }), ""},
		{"before the feedback", with(statement, func(i *evidence.Item) { i.Event = "2026-03-01" }), "发生日期"},
		{"before the feedback, with a reason", with(statement, func(i *evidence.Item) { i.Event, i.Early = "2026-03-01", "立行立改" }), ""},
		{"expires before it happened", with(statement, func(i *evidence.Item) { i.Expires = "2026-04-09" }), "有效期至"},
		{"expiry no date", with(statement, func(i *evidence.Item) { i.Expires = "年底" }), "有效期至"},
		{"a long title", with(statement, func(i *evidence.Item) { i.Title = strings.Repeat("长", evidence.MostTitle+1) }), "名称"},
	} {
		err := c.item.Check(today, feedback)
		var bad org.Invalid
		if got := errors.As(err, &bad); got != (c.field != "") || bad.Field != c.field {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil && c.item.Title == "" {
			t.Errorf("%s: has no title", c.name)
		}
	}
	kept := with(statement, func(i *evidence.Item) { i.Early = "不需要的原因" })
	if err := kept.Check(today, feedback); err != nil || kept.Early != "" {
		t.Errorf("a reason that is not needed: %q %v", kept.Early, err)
	}
}

func TestLagAndExpiry(t *testing.T) {
	i := evidence.Item{Event: "2026-04-12", Entered: time.Date(2026, 4, 15, 0, 10, 0, 0, time.Local), Expires: "2026-05-01"}
	if i.Lag() != 3 {
		t.Errorf("lag %d", i.Lag())
	}
	if i.Expired("2026-05-01") || !i.Expired("2026-05-02") || (evidence.Item{}).Expired("2026-05-02") {
		t.Error("expiry")
	}
}

func TestHashNamesWhatIsProved(t *testing.T) {
	a := evidence.Item{Kind: evidence.Link, Title: "甲", Said: "乙", URL: "https://example.org", Event: "2026-04-10"}
	seen := map[string]string{a.Hash(): "itself"}
	for name, f := range map[string]func(*evidence.Item){
		"kind": func(i *evidence.Item) { i.Kind = evidence.Record }, "title": func(i *evidence.Item) { i.Title = "甲乙"; i.Said = "" },
		"said": func(i *evidence.Item) { i.Said = "丙" }, "url": func(i *evidence.Item) { i.URL += "/" },
		"file": func(i *evidence.Item) { i.File = "f" }, "event": func(i *evidence.Item) { i.Event = "2026-04-11" },
	} {
		b := a
		f(&b)
		if other := seen[b.Hash()]; other != "" {
			t.Errorf("%s has the hash of %s", name, other)
		}
		seen[b.Hash()] = name
	}
	b := a
	b.ID, b.Staff, b.Revision, b.Entered = 7, 8, 9, time.Now()
	if b.Hash() != a.Hash() {
		t.Error("who entered it and when changes the hash")
	}
}

func TestRevisions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		said := evidence.Item{Kind: evidence.Statement, Said: "已抽问12人", Event: "2026-04-10"}
		first, err := ledger.AddEvidence(ctx, w.db, w.ann, w.finding.ID, said)
		if err != nil || first.Title != "已抽问12人" || first.Revision != 1 {
			t.Fatal(first, err)
		}
		if again, err := ledger.AddEvidence(ctx, w.db, w.ann, w.finding.ID, said); err != nil || again.ID != first.ID {
			t.Errorf("sent twice: %d %d %v", first.ID, again.ID, err)
		}
		next := said
		next.Said = "已抽问14人"
		second, err := ledger.ReviseEvidence(ctx, w.db, w.ann, first.ID, first.Version, next)
		if err != nil || second.Revision != 2 || second.Previous != first.ID || second.Hash() == first.Hash() {
			t.Fatal(second, err)
		}
		if again, err := ledger.ReviseEvidence(ctx, w.db, w.ann, first.ID, first.Version, next); err != nil || again.ID != second.ID {
			t.Errorf("revised twice: %v %v", again, err)
		}
		next.Said = "已抽问15人"
		var stale journal.Stale
		if _, err := ledger.ReviseEvidence(ctx, w.db, w.bob, first.ID, first.Version, next); !errors.As(err, &stale) || stale.By != "韩春梅" || len(stale.Changes) == 0 {
			t.Errorf("an old revision: %v", err)
		}
		if _, err := ledger.ReviseEvidence(ctx, w.db, w.bob, second.ID, 9, next); !errors.As(err, &stale) {
			t.Errorf("an old version: %v", err)
		}
		third, err := ledger.ReviseEvidence(ctx, w.db, w.bob, second.ID, second.Version, next)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []int64{first.ID, second.ID, third.ID} {
			all, err := evidence.History(ctx, w.db, id)
			if err != nil || len(all) != 3 || all[0].ID != third.ID || all[2].ID != first.ID || all[2].Said != "已抽问12人" || all[2].Replaced != second.ID {
				t.Errorf("history of %d: %+v %v", id, all, err)
			}
		}
		if now, err := evidence.Of(ctx, w.db, w.finding.ID); err != nil || len(now) != 1 || now[0].ID != third.ID || now[0].By != "李四喜" || now[0].Unit != "东村" {
			t.Errorf("current: %+v %v", now, err)
		}
		if err := ledger.WithdrawEvidence(ctx, w.db, w.ann, third.ID, third.Version, ""); !errors.As(err, new(org.Invalid)) {
			t.Errorf("without a reason: %v", err)
		}
		for range 2 { // twice is once
			if err := ledger.WithdrawEvidence(ctx, w.db, w.ann, third.ID, third.Version, "传错了问题"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ledger.ReviseEvidence(ctx, w.db, w.ann, third.ID, third.Version+1, said); !errors.As(err, &stale) {
			t.Errorf("revising what is withdrawn: %v", err)
		}
		now, err := evidence.Of(ctx, w.db, w.finding.ID)
		gone, err2 := evidence.WithdrawnOf(ctx, w.db, w.finding.ID)
		if err != nil || err2 != nil || len(now) != 0 || len(gone) != 1 || gone[0].Withdrawn != "传错了问题" {
			t.Errorf("withdrawn: %v %v %v %v", now, gone, err, err2)
		}
		var verbs []string
		for _, id := range []int64{first.ID, third.ID} {
			entries, err := journal.Of(ctx, w.db, "evidence", id, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				verbs = append(verbs, e.Verb)
			}
		}
		if got := strings.Join(verbs, " "); got != "更换佐证 附佐证 撤回佐证 更换佐证" {
			t.Errorf("journal: %s", got)
		}
	})
}

func TestWhoAndWhere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		said := evidence.Item{Kind: evidence.Statement, Said: "已抽问12人", Event: "2026-03-01"}
		var bad org.Invalid
		if _, err := ledger.AddEvidence(ctx, w.db, w.ann, w.finding.ID, said); !errors.As(err, &bad) || !strings.Contains(bad.What, "2026-03-02") {
			t.Errorf("before the feedback: %v", err)
		}
		said.Event = "2026-04-10"
		said.Measure = 12345
		if _, err := ledger.AddEvidence(ctx, w.db, w.ann, w.finding.ID, said); !errors.As(err, &bad) || bad.Field != "整改措施" {
			t.Errorf("measure of another finding: %v", err)
		}
		said.Measure, said.Occurrence = 0, 12345
		if _, err := ledger.AddEvidence(ctx, w.db, w.ann, w.finding.ID, said); !errors.As(err, &bad) || bad.Field != "任务" {
			t.Errorf("task of another finding: %v", err)
		}
		said.Occurrence = 0
		leader := w.clerk
		leader.Role = org.Leader
		if _, err := ledger.AddEvidence(ctx, w.db, leader, w.finding.ID, said); !errors.As(err, new(org.Denied)) {
			t.Errorf("a leader: %v", err)
		}
		item, err := ledger.AddEvidence(ctx, w.db, w.clerk, w.finding.ID, said)
		if err != nil {
			t.Fatal(err)
		}
		if err := ledger.WithdrawEvidence(ctx, w.db, w.ann, item.ID, 1, "不同意"); !errors.As(err, new(org.Denied)) {
			t.Errorf("a village withdraws what the town entered: %v", err)
		}
		unseen := said
		unseen.Kind, unseen.File, unseen.FileName = evidence.File, strings.Repeat("0", 64), "a.pdf"
		if _, err := ledger.AddEvidence(ctx, w.db, w.ann, w.finding.ID, unseen); !errors.As(err, &bad) || bad.Field != "文件" {
			t.Errorf("a file that nobody stored: %v", err)
		}
	})
}

// broken gives the first n bytes of content and then fails, as a connection does that is lost.
func broken(content []byte, n int) io.Reader {
	return io.MultiReader(bytes.NewReader(content[:n]), &fault{})
}

type fault struct{}

func (*fault) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (w *world) begin(t *testing.T, who org.Person, size int) evidence.Upload {
	t.Helper()
	u, err := evidence.Begin(t.Context(), w.db, w.files, who, "2026-03-02", evidence.Upload{Finding: w.finding.ID, Name: "签到表.pdf",
		Size: int64(size), Said: "12人签到", Event: "2026-04-10"})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (w *world) receive(t *testing.T, who org.Person, id, offset int64, piece io.Reader) (evidence.Upload, error) {
	return evidence.Receive(t.Context(), w.db, w.files, who, id, offset, piece,
		func(ctx context.Context, tx *store.Tx, who org.Person, u evidence.Upload, item evidence.Item) (evidence.Item, error) {
			return ledger.AttachEvidence(ctx, tx, who, u.Finding, item)
		})
}

func TestUploadGoesOn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		content := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("签到表"), 50_000)...)
		u := w.begin(t, w.ann, len(content))
		if _, err := w.receive(t, w.ann, u.ID, 0, broken(content, 100_000)); err == nil {
			t.Fatal("a lost connection was taken for the end")
		}
		w.restart(t)
		list, err := evidence.Uploads(t.Context(), w.db, w.files, w.ann)
		if err != nil || len(list) != 1 || list[0].Arrived != 100_000 || list[0].Percent() != 22 || list[0].Said != "12人签到" {
			t.Fatalf("after the restart: %+v %v", list, err)
		}
		if again := w.begin(t, w.ann, len(content)); again.ID != u.ID || again.Arrived != 100_000 {
			t.Errorf("announced again: %+v", again)
		}
		for _, wrong := range []int64{0, 99_999, 100_001} {
			var offset evidence.Offset
			if _, err := w.receive(t, w.ann, u.ID, wrong, bytes.NewReader(content)); !errors.As(err, &offset) || offset.Have != 100_000 {
				t.Errorf("from %d: %v", wrong, err)
			}
		}
		if _, err := w.receive(t, w.bob, u.ID, 100_000, bytes.NewReader(content[100_000:])); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("somebody else goes on: %v", err)
		}
		if _, err := evidence.UploadByID(t.Context(), w.db, w.files, w.bob, u.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("somebody else looks: %v", err)
		}
		done, err := w.receive(t, w.ann, u.ID, 100_000, bytes.NewReader(content[100_000:]))
		if err != nil || done.Item == 0 {
			t.Fatal(done, err)
		}
		again, err := w.receive(t, w.ann, u.ID, 100_000, bytes.NewReader(content[100_000:])) // the answer was lost
		if err != nil || again.Item != done.Item {
			t.Errorf("sent again: %+v %v", again, err)
		}
		item, err := evidence.ByID(t.Context(), w.db, done.Item)
		if err != nil || item.File != evidence.Hash(content) || item.Media != "application/pdf" || item.Size != int64(len(content)) || item.Said != "12人签到" {
			t.Errorf("%+v %v", item, err)
		}
		if stored, err := w.files.Get(t.Context(), item.File); err != nil || !bytes.Equal(stored, content) {
			t.Errorf("stored: %v", err)
		}
		if left, _ := os.ReadDir(filepath.Join(w.folder, "parts")); len(left) > 0 {
			t.Errorf("%d parts left", len(left))
		}
		if list, err := evidence.Uploads(t.Context(), w.db, w.files, w.ann); err != nil || len(list) != 0 {
			t.Errorf("still on its way: %v %v", list, err)
		}
	})
}

// A crash after the last byte and before the file became evidence: the next try of any kind finishes it, and only one does.
func TestUploadIsFinishedOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		content := []byte("%PDF-1.7 一页")
		u := w.begin(t, w.ann, len(content))
		_, err := evidence.Receive(t.Context(), w.db, w.files, w.ann, u.ID, 0, bytes.NewReader(content),
			func(context.Context, *store.Tx, org.Person, evidence.Upload, evidence.Item) (evidence.Item, error) {
				return evidence.Item{}, errors.New("the power fails")
			})
		if err == nil {
			t.Fatal("finished without power")
		}
		w.restart(t)
		var wg sync.WaitGroup
		items := make([]int64, 8)
		for i := range items {
			wg.Go(func() {
				done, err := w.receive(t, w.ann, u.ID, int64(len(content)), bytes.NewReader(nil))
				if err != nil {
					t.Error(err)
				}
				items[i] = done.Item
			})
		}
		wg.Wait()
		now, err := evidence.Of(t.Context(), w.db, w.finding.ID)
		if err != nil || len(now) != 1 {
			t.Fatalf("%d items, %v", len(now), err)
		}
		for _, id := range items {
			if id != now[0].ID {
				t.Errorf("somebody was told of item %d", id)
			}
		}
	})
}

func TestUploadsHaveLimits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		var bad org.Invalid
		for name, u := range map[string]evidence.Upload{
			"too large":           {Name: "a", Size: evidence.Most + 1, Event: "2026-04-10"},
			"empty":               {Name: "a", Size: 0, Event: "2026-04-10"},
			"without a name":      {Size: 5, Event: "2026-04-10"},
			"tomorrow":            {Name: "a", Size: 5, Event: "2026-04-17"},
			"before the feedback": {Name: "a", Size: 5, Event: "2026-03-01"},
		} {
			u.Finding = w.finding.ID
			if _, err := evidence.Begin(ctx, w.db, w.files, w.ann, "2026-03-02", u); !errors.As(err, &bad) {
				t.Errorf("%s: %v", name, err)
			}
		}
		u := w.begin(t, w.ann, 10)
		if _, err := w.receive(t, w.ann, u.ID, 0, strings.NewReader("eleven bytes")); !errors.As(err, &bad) {
			t.Errorf("more than announced: %v", err)
		}
		if _, err := evidence.UploadByID(ctx, w.db, w.files, w.ann, u.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the beginning of something else was kept: %v", err)
		}
		for i := range 20 {
			w.begin(t, w.ann, 100+i)
		}
		_, err := evidence.Begin(ctx, w.db, w.files, w.ann, "", evidence.Upload{Finding: w.finding.ID, Name: "b", Size: 5, Event: "2026-04-10"})
		if !errors.As(err, &bad) || !strings.Contains(bad.What, "20") {
			t.Errorf("one too many: %v", err)
		}
		if err := evidence.Drop(ctx, w.db, w.files, w.bob, u.ID); err != nil {
			t.Error(err)
		}
		open, _ := evidence.Uploads(ctx, w.db, w.files, w.ann)
		if err := evidence.Drop(ctx, w.db, w.files, w.bob, open[0].ID); err != nil {
			t.Error(err)
		}
		if now, _ := evidence.Uploads(ctx, w.db, w.files, w.ann); len(now) != 20 {
			t.Errorf("somebody else dropped an upload: %d left", len(now))
		}
	})
}

func TestSweep(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		old := w.begin(t, w.ann, 100)
		if _, err := w.receive(t, w.ann, old.ID, 0, strings.NewReader("a piece")); err != nil {
			t.Fatal(err)
		}
		begun := w.db.Now()
		w.db.Now = func() time.Time { return begun.Add(8 * 24 * time.Hour) }
		fresh := w.begin(t, w.ann, 200)
		if _, err := w.receive(t, w.ann, fresh.ID, 0, strings.NewReader("a piece")); err != nil {
			t.Fatal(err)
		}
		touch := func(id int64, at time.Time) {
			if err := os.Chtimes(filepath.Join(w.folder, "parts", fmt.Sprint(id)), at, at); err != nil {
				t.Fatal(err)
			}
		}
		touch(old.ID, begun)
		touch(fresh.ID, w.db.Now())
		if n, err := evidence.Sweep(ctx, w.db, w.files); err != nil || n.Parts != 1 {
			t.Errorf("swept %+v, %v", n, err)
		}
		list, err := evidence.Uploads(ctx, w.db, w.files, w.ann)
		if err != nil || len(list) != 1 || list[0].ID != fresh.ID || list[0].Arrived != 7 {
			t.Errorf("left: %+v %v", list, err)
		}
	})
}

func TestPutReader(t *testing.T) {
	folder := t.TempDir()
	f, err := evidence.OpenFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := f.PutReader(t.Context(), strings.NewReader("%PDF-1.4"), 8)
	if err != nil || s.Hash != evidence.Hash([]byte("%PDF-1.4")) || s.Size != 8 || s.Media != "application/pdf" || s.Format != "pdf" {
		t.Errorf("%+v %v", s, err)
	}
	r, err := f.Open(t.Context(), s.Hash)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "%PDF-1.4" {
		t.Errorf("%q %v", b, err)
	}
	r.Close()
	if _, err := f.PutReader(t.Context(), strings.NewReader("nine byte"), 8); !errors.As(err, new(evidence.TooLong)) {
		t.Errorf("too long: %v", err)
	}
	if _, err := f.PutReader(t.Context(), strings.NewReader(""), 8); !errors.Is(err, evidence.ErrEmpty) {
		t.Errorf("empty: %v", err)
	}
	if _, err := f.PutReader(t.Context(), broken([]byte("%PDF-1.5"), 4), 8); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("lost: %v", err)
	}
	if left, _ := os.ReadDir(filepath.Join(folder, "parts")); len(left) > 0 {
		t.Errorf("%d parts left", len(left))
	}
	if stored, _ := filepath.Glob(filepath.Join(folder, "*", "*", "*")); len(stored) != 1 {
		t.Errorf("stored: %v", stored)
	}
}
