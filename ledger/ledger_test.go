package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/store"
	"bihuan/store/storetest"
)

// The plan of the tests. Its last finding has a manifestation that no measure touches and nobody in particular responsible.
const paper = `柳塘镇党委关于区委巡察反馈意见的整改方案
2026年1月5日至2月10日，区委第二巡察组对柳塘镇党委进行了常规巡察，3月2日反馈了意见，现制定整改方案如下。
一、学习贯彻方面
1.理论学习不够深入。一是应知应会内容掌握不全面。二是以会议传达代替研讨。
整改措施：一是每月抽问应知应会内容，不少于10人。二是每季度围绕一个专题开展研讨。
责任单位：党政办
责任人：韩春梅
完成时限：2026年4月30日前
2.村内道路管护不到位。一是雨雪天道路积水结冰。
整改措施：一是排查道路积水点，疏通排水沟，东村每周巡查一次。
责任单位：东村
责任人：李四喜
完成时限：2026年5月底前，长期坚持
二、服务群众方面
1.高龄津贴发放不及时。一是高龄津贴存在应享未享。二是农家书屋长期锁门。
整改措施：一是每月比对年满80周岁人员名单，落实高龄津贴。
责任单位：柳塘镇党委
完成时限：x月x日前
`

type world struct {
	now      *time.Time
	db       *store.DB
	files    *evidence.Files
	town     org.Unit
	east     org.Unit
	clerk    org.Person
	leader   org.Person
	party    org.Person // the party secretary
	cadre    org.Person
	stranger org.Person // the clerk of another town
	district org.Person
}

func build(t *testing.T, url string) world {
	t.Helper()
	ctx := t.Context()
	var w world
	var err error
	if w.db, err = store.Open(ctx, url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.db.Close() })
	w.now = new(time.Time)
	*w.now = time.Date(2026, 4, 16, 9, 0, 0, 0, time.Local)
	w.db.Now = func() time.Time { return *w.now }
	if w.files, err = evidence.OpenFiles(filepath.Join(t.TempDir(), "files")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.files.Close() })
	err = w.db.Write(ctx, func(tx *store.Tx) error {
		unit := func(parent org.Unit, kind, name string) org.Unit {
			u, err := org.AddUnit(ctx, tx, org.Program, parent, kind, name, 0)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		staff := func(u org.Unit, name, post string, role org.Role) org.Person {
			id, err := org.AddStaff(ctx, tx, org.Program, u, name, post, role, "", "")
			if err != nil {
				t.Fatal(err)
			}
			return org.Person{ID: id, Name: name, Post: post, Role: role, Unit: u}
		}
		district := unit(org.Unit{}, org.District, "试区")
		w.town = unit(district, org.Town, "柳塘镇")
		unit(w.town, org.Office, "党政办")
		w.east = unit(w.town, org.Village, "东村")
		other := unit(district, org.Town, "邻镇")
		w.district = staff(district, "区巡察办", "", org.Supervisor)
		w.clerk = staff(w.town, "贺晓雨", "党政办经办人", org.Clerk)
		w.leader = staff(w.town, "韩春梅", "组织委员", org.Leader)
		w.party = staff(w.town, "周叙明", "党委书记", org.Secretary)
		w.cadre = staff(w.east, "李四喜", "村支书", org.Cadre)
		w.stranger = staff(other, "外人", "", org.Clerk)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func each(t *testing.T, f func(t *testing.T, w world)) {
	storetest.Each(t, func(t *testing.T, url string) { f(t, build(t, url)) })
}

// upload starts an import and fails the test when it does not start.
func (w world) upload(t *testing.T, up ledger.Upload) int64 {
	t.Helper()
	id, err := ledger.StartImport(t.Context(), w.db, w.files, w.clerk, up)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// imported puts the paper in force and returns its plan.
func (w world) imported(t *testing.T) int64 {
	t.Helper()
	id := w.upload(t, ledger.Upload{Unit: w.town.ID, Kind: ledger.NewPlan, Name: "方案.txt", Data: []byte(paper)})
	planID, err := ledger.Confirm(t.Context(), w.db, w.clerk, id, 1)
	if err != nil {
		t.Fatal(err)
	}
	return planID
}

func (w world) find(t *testing.T, who org.Person, f ledger.Filter) []ledger.Finding {
	t.Helper()
	keys, err := ledger.ListAll(t.Context(), w.db, who, f, days)
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]int64, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	list, err := ledger.ByIDs(t.Context(), w.db, ids)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var days = ledger.Days{Today: "2026-04-16", Soon: "2026-04-30"}

func titles(list []ledger.Finding) string {
	var t []string
	for _, f := range list {
		t = append(t, f.Title)
	}
	return strings.Join(t, " | ")
}

const (
	study   = "理论学习不够深入"
	roads   = "村内道路管护不到位"
	elderly = "高龄津贴发放不及时"
)

func TestImportConfirmList(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		planID := w.imported(t)
		all := w.find(t, w.clerk, ledger.Filter{Plan: planID})
		if got := titles(all); got != study+" | "+roads+" | "+elderly {
			t.Fatalf("findings are %s", got)
		}
		f := all[0]
		if len(f.Manifestations) != 2 || len(f.Measures) != 2 || f.Due != "2026-04-30" || ledger.Names(f.Persons) != "韩春梅" || f.Persons[0].ID == 0 || f.Gaps != 0 || f.Vague {
			t.Errorf("first finding is %+v", f)
		}
		last := all[2]
		if last.Gaps != 1 || !last.Vague || last.Due != "" || len(last.AnsweredBy(1)) != 0 {
			t.Errorf("last finding is %+v", last)
		}
		// What was read is frozen, and the document kept under its hash, letter by letter.
		versions, err := ledger.Versions(ctx, w.db, planID)
		if err != nil || len(versions) != 1 {
			t.Fatal(versions, err)
		}
		if kept, err := w.files.Get(t.Context(), versions[0].File); err != nil || string(kept) != paper {
			t.Errorf("the document kept is not the one uploaded: %v", err)
		}

		for _, x := range []struct {
			name string
			f    ledger.Filter
			want string
		}{
			{"two characters", ledger.Filter{Text: "高龄"}, elderly},
			{"two characters", ledger.Filter{Text: "道路"}, roads},
			{"one character by prefix", ledger.Filter{Text: "沟"}, roads},
			{"a person", ledger.Filter{Text: "韩春梅"}, study},
			{"nothing", ledger.Filter{Text: "高路"}, ""},
			{"unit", ledger.Filter{Duty: "东村"}, roads},
			{"person", ledger.Filter{Person: "韩春梅"}, study},
			{"soon", ledger.Filter{Due: "soon"}, study},
			{"late", ledger.Filter{Due: "late"}, ""},
			{"no date", ledger.Filter{Due: "none"}, elderly},
			{"gap", ledger.Filter{Gap: true}, elderly},
			{"vague", ledger.Filter{Vague: true}, elderly},
			{"by date, unknown first", ledger.Filter{Sort: "due"}, elderly + " | " + study + " | " + roads},
			{"state", ledger.Filter{State: ledger.Done}, ""},
			{"section", ledger.Filter{Section: last.Section.ID}, elderly},
		} {
			if got := titles(w.find(t, w.clerk, x.f)); got != x.want {
				t.Errorf("%s: %q, want %q", x.name, got, x.want)
			}
		}
	})
}

// A village sees its own rows and those it answers for; another town sees nothing; the district sees all. So for lists, counts,
// search and single findings alike.
func TestScope(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		planID := w.imported(t)
		all := w.find(t, w.clerk, ledger.Filter{Plan: planID})
		for _, x := range []struct {
			who  org.Person
			want string
		}{
			{w.district, study + " | " + roads + " | " + elderly}, {w.clerk, study + " | " + roads + " | " + elderly}, {w.cadre, roads}, {w.stranger, ""},
		} {
			if got := titles(w.find(t, x.who, ledger.Filter{})); got != x.want {
				t.Errorf("%s lists %q, want %q", x.who.Name, got, x.want)
			}
			n := 0
			for _, f := range all {
				if _, err := ledger.ByID(ctx, w.db, x.who, f.ID); err == nil {
					n++
				} else if !errors.Is(err, store.ErrNotFound) {
					t.Error(err)
				}
			}
			c, err := ledger.Count(ctx, w.db, x.who, ledger.Filter{}, days)
			if err != nil || c.All != n || n != len(w.find(t, x.who, ledger.Filter{})) {
				t.Errorf("%s counts %d, opens %d: %v", x.who.Name, c.All, n, err)
			}
			found := titles(w.find(t, x.who, ledger.Filter{Text: "高龄"}))
			if want := map[bool]string{true: elderly}[strings.Contains(x.want, elderly)]; found != want {
				t.Errorf("%s finds %q, want %q", x.who.Name, found, want)
			}
		}
		edit := ledger.ProgressEdit{State: ledger.Part, Progress: "疏通3处"}
		road := w.find(t, w.cadre, ledger.Filter{})[0]
		if err := ledger.RecordProgress(ctx, w.db, w.stranger, road.ID, road.Version, edit); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another town's clerk: %v", err)
		}
		if err := ledger.RecordProgress(ctx, w.db, w.cadre, road.ID, road.Version, edit); err != nil {
			t.Errorf("the village that answers for it reports: %v", err)
		}
		var denied org.Denied
		if err := ledger.EditDuty(ctx, w.db, w.cadre, road.ID, road.Version, ledger.DutyEdit{Leader: "我"}); !errors.As(err, &denied) {
			t.Errorf("a cadre edits duties: %v", err)
		}
	})
}

func TestEditAndStale(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		f := w.find(t, w.clerk, ledger.Filter{Text: "高龄"})[0]
		edit := ledger.DutyEdit{Leader: "韩春梅", Units: []string{"党政办", " ", "东村"}, Persons: []string{"李四喜"}, DueText: "2026年6月30日前，长期坚持", Due: "2026-06-30"}
		if err := ledger.EditDuty(ctx, w.db, w.clerk, f.ID, f.Version, edit); err != nil {
			t.Fatal(err)
		}
		g, err := ledger.ByID(ctx, w.db, w.clerk, f.ID)
		if err != nil || ledger.Names(g.Units) != "党政办、东村" || g.Units[1].ID != w.east.ID || g.Vague || !g.LongTerm || g.Version != f.Version+1 {
			t.Errorf("after the edit: %+v %v", g, err)
		}
		if got := titles(w.find(t, w.cadre, ledger.Filter{Text: "高龄"})); got != elderly {
			t.Errorf("the village now answers for it and finds %q", got)
		}
		// Saving the very same again is done already; saving something else over it is not.
		if err := ledger.EditDuty(ctx, w.db, w.clerk, f.ID, f.Version, edit); err != nil {
			t.Errorf("the same form twice: %v", err)
		}
		other := edit
		other.Leader = "贺晓雨"
		var stale ledger.Stale
		if err := ledger.EditDuty(ctx, w.db, w.clerk, f.ID, f.Version, other); !errors.As(err, &stale) {
			t.Fatalf("a stale save: %v", err)
		}
		if !strings.Contains(stale.By, "贺晓雨") || len(stale.Changes) == 0 {
			t.Errorf("it does not say what the other changed: %+v", stale)
		}
		history, err := journal.Of(ctx, w.db, "finding", f.ID, 10)
		if err != nil || len(history) != 2 || history[0].Verb != "修改" || history[1].Verb != "列入" {
			t.Errorf("history is %+v %v", history, err)
		}
		for _, bad := range []string{"2026-02-30", "下个月"} {
			edit.Due = bad
			var invalid ledger.Invalid
			if err := ledger.EditDuty(ctx, w.db, w.clerk, f.ID, g.Version, edit); !errors.As(err, &invalid) {
				t.Errorf("due %s: %v", bad, err)
			}
		}
		// What was unanswered is answered.
		if err := ledger.AddMeasure(ctx, w.db, w.clerk, f.ID, g.Version, "农家书屋每周开放不少于3天", []int{1}); err != nil {
			t.Fatal(err)
		}
		g, err = ledger.ByID(ctx, w.db, w.clerk, f.ID)
		if err != nil || g.Gaps != 0 || len(g.AnsweredBy(1)) != 1 || len(g.Measures[1].Frequencies) == 0 {
			t.Errorf("after adding a measure: %+v %v", g, err)
		}
		if got := titles(w.find(t, w.clerk, ledger.Filter{Text: "每周开放"})); got != elderly {
			t.Errorf("the new measure is found as %q", got)
		}
	})
}

// Of many clerks who edit one row at once, exactly one wins and all others are told.
func TestManyEditOneRow(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		f := w.find(t, w.clerk, ledger.Filter{Text: "高龄"})[0]
		var wg sync.WaitGroup
		var mu sync.Mutex
		won, told := 0, 0
		for i := range 24 {
			wg.Go(func() {
				err := ledger.RecordProgress(ctx, w.db, w.clerk, f.ID, f.Version, ledger.ProgressEdit{State: ledger.Doing, Progress: fmt.Sprint("第", i, "人")})
				mu.Lock()
				defer mu.Unlock()
				var stale ledger.Stale
				switch {
				case err == nil:
					won++
				case errors.As(err, &stale):
					told++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won != 1 || told != 23 {
			t.Errorf("%d won, %d were told", won, told)
		}
	})
}

// Of many who confirm one import at once, or upload one document at once, exactly one does it.
func TestManyConfirmOneImport(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		var wg sync.WaitGroup
		var mu sync.Mutex
		var ids []int64
		for range 8 {
			wg.Go(func() {
				id, err := ledger.StartImport(ctx, w.db, w.files, w.clerk, ledger.Upload{Unit: w.town.ID, Kind: ledger.NewPlan, Name: "方案.txt", Data: []byte(paper)})
				var twice ledger.Duplicate
				if err == nil {
					mu.Lock()
					ids = append(ids, id)
					mu.Unlock()
				} else if !errors.As(err, &twice) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(ids) != 1 {
			t.Fatalf("one document was taken in %d times", len(ids))
		}
		confirmed := 0
		for range 8 {
			wg.Go(func() {
				if _, err := ledger.Confirm(ctx, w.db, w.clerk, ids[0], 1); err == nil {
					mu.Lock()
					confirmed++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if plans, err := ledger.Plans(ctx, w.db, w.clerk); err != nil || confirmed != 1 || len(plans) != 1 || len(w.find(t, w.clerk, ledger.Filter{})) != 3 {
			t.Errorf("confirmed %d times: %+v %v", confirmed, plans, err)
		}
	})
}

func TestSecondUploadAndHostileUploads(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		planID := w.imported(t)
		var duplicate ledger.Duplicate
		_, err := ledger.StartImport(ctx, w.db, w.files, w.clerk, ledger.Upload{Unit: w.town.ID, Kind: ledger.NewPlan, Name: "又一次.txt", Data: []byte(paper)})
		if !errors.As(err, &duplicate) || duplicate.State != "confirmed" {
			t.Errorf("the same file again: %v", err)
		}
		for name, data := range map[string][]byte{"空.txt": nil, "乱.docx": []byte("PK\x03\x04broken"), "散文.txt": []byte("今天天气很好。\n我们去春游。")} {
			_, err := ledger.StartImport(ctx, w.db, w.files, w.clerk, ledger.Upload{Unit: w.town.ID, Kind: ledger.NewPlan, Name: name, Data: data})
			var bad *office.Error
			if !errors.As(err, &bad) {
				t.Errorf("%s: %v", name, err)
			}
		}
		open, err := ledger.OpenImports(ctx, w.db, w.clerk)
		if err != nil || len(open) != 0 || len(w.find(t, w.clerk, ledger.Filter{})) != 3 {
			t.Errorf("something was half-imported: %+v %v", open, err)
		}
		var denied org.Denied
		_, err = ledger.StartImport(ctx, w.db, w.files, w.stranger, ledger.Upload{Unit: w.town.ID, Kind: ledger.NewPlan, Name: "x.txt", Data: []byte(paper + "\n")})
		if !errors.As(err, &denied) {
			t.Errorf("another town's clerk: %v", err)
		}
		if _, err := ledger.StartImport(ctx, w.db, w.files, w.stranger, ledger.Upload{Kind: ledger.Revision, Unit: w.stranger.Unit.ID, Plan: planID, Name: "x.txt", Data: []byte(paper + "\n")}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another town's clerk revises: %v", err)
		}
	})
}

// A revised document becomes a new version: what it changes is changed, what it leaves out is dropped but kept, what was worked
// on keeps its progress.
func TestRevision(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		planID := w.imported(t)
		old := w.find(t, w.clerk, ledger.Filter{Plan: planID})
		if err := ledger.RecordProgress(ctx, w.db, w.clerk, old[0].ID, 1, ledger.ProgressEdit{State: ledger.Part, Progress: "抽问一次", Evidence: "抽问记录1份"}); err != nil {
			t.Fatal(err)
		}
		if err := ledger.AddMeasure(ctx, w.db, w.clerk, old[2].ID, 1, "农家书屋每周开放不少于3天", []int{1}); err != nil {
			t.Fatal(err)
		}
		revised := strings.Replace(paper, "2026年4月30日前", "2026年6月30日前", 1)
		from, to := strings.Index(revised, "2.村内道路"), strings.Index(revised, "二、服务群众")
		revised = revised[:from] + "2.财务票据管理混乱。一是白条入账。\n整改措施：一是每季度交叉审计一次，白条一律退回。\n责任单位：党政办\n责任人：韩春梅\n完成时限：2026年5月31日前\n" + revised[to:]
		id := w.upload(t, ledger.Upload{Kind: ledger.Revision, Unit: w.town.ID, Plan: planID, Name: "第二稿.txt", Data: []byte(revised)})
		imp, err := ledger.ImportByID(ctx, w.db, w.clerk, id)
		if err != nil {
			t.Fatal(err)
		}
		d, err := ledger.Preview(ctx, w.db, imp)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Added) != 1 || len(d.Dropped) != 1 || len(d.Changed) != 1 || d.Same != 1 || d.Dropped[0].Title != roads {
			t.Errorf("difference: added %s, dropped %s, %d changed, %d same", titles(d.Added), titles(d.Dropped), len(d.Changed), d.Same)
		}
		want := []journal.Change{{Field: "完成时限", From: "2026年4月30日前", To: "2026年6月30日前"}, {Field: "到期日", From: "2026-04-30", To: "2026-06-30"}}
		if diff := cmp.Diff(want, d.Changed[0].Changes); diff != "" {
			t.Error(diff)
		}
		if _, err := ledger.Confirm(ctx, w.db, w.clerk, id, imp.Version); err != nil {
			t.Fatal(err)
		}
		now := w.find(t, w.clerk, ledger.Filter{Plan: planID})
		if got := titles(now); got != study+" | 财务票据管理混乱 | "+elderly {
			t.Errorf("in force: %s", got)
		}
		if now[0].ID != old[0].ID || now[0].Progress != "抽问一次" || now[0].State != ledger.Part || now[0].Due != "2026-06-30" {
			t.Errorf("the finding worked on is now %+v", now[0])
		}
		if f := now[2]; len(f.Measures) != 2 || !f.Measures[1].Added || f.Gaps != 0 {
			t.Errorf("the measure that was added by hand is lost: %+v", f)
		}
		var refused ledger.Invalid
		if err := ledger.RecordProgress(ctx, w.db, w.clerk, old[1].ID, 2, ledger.ProgressEdit{State: ledger.Doing, Progress: "还在做"}); !errors.As(err, &refused) {
			t.Errorf("a dropped finding was worked on: %v", err)
		}
		gone, err := ledger.ByID(ctx, w.db, w.clerk, old[1].ID)
		if err != nil || gone.Dropped != 2 || len(gone.Measures) != 1 {
			t.Errorf("the dropped finding is lost: %+v %v", gone, err)
		}
		if _, err := ledger.Confirm(ctx, w.db, w.clerk, id, imp.Version); err == nil {
			t.Error("one import was confirmed twice")
		}
	})
}

// What a clerk has filled in where the paper says nothing stays when the paper comes again and still says nothing.
func TestRevisionKeepsWhatWasFilledIn(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		planID := w.imported(t)
		f := w.find(t, w.clerk, ledger.Filter{Text: "高龄"})[0]
		filled := ledger.DutyEdit{Leader: "韩春梅", Units: []string{"党政办"}, Persons: []string{"李四喜"}, DueText: "2026年6月30日前", Due: "2026-06-30"}
		if err := ledger.EditDuty(ctx, w.db, w.clerk, f.ID, f.Version, filled); err != nil {
			t.Fatal(err)
		}
		again := strings.Replace(paper, "责任单位：柳塘镇党委\n", "", 1) + "\n"
		id := w.upload(t, ledger.Upload{Kind: ledger.Revision, Plan: planID, Name: "再稿.txt", Data: []byte(again)})
		if _, err := ledger.Confirm(ctx, w.db, w.clerk, id, 1); err != nil {
			t.Fatal(err)
		}
		g, err := ledger.ByID(ctx, w.db, w.clerk, f.ID)
		if err != nil || g.Leader != "韩春梅" || ledger.Names(g.Units) != "党政办" || ledger.Names(g.Persons) != "李四喜" || g.Due != "2026-06-30" {
			t.Errorf("filled in and lost: %+v %v", g, err)
		}
	})
}

// A finding is reported done with words and papers, and a deadline is a day that exists.
func TestReportsAreHeldToSomething(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		f := w.find(t, w.clerk, ledger.Filter{Text: "高龄"})[0]
		for _, e := range []ledger.ProgressEdit{{State: ledger.Done, Progress: "办了"}, {State: ledger.Done, Evidence: "清单1份"}, {State: ledger.Part}, {State: ledger.Failed}, {State: "好"}} {
			var refused ledger.Invalid
			if err := ledger.RecordProgress(ctx, w.db, w.clerk, f.ID, f.Version, e); !errors.As(err, &refused) {
				t.Errorf("%+v: %v", e, err)
			}
		}
		var refused ledger.Invalid
		if err := ledger.EditDuty(ctx, w.db, w.clerk, f.ID, f.Version, ledger.DutyEdit{DueText: "2027年2月30日前"}); !errors.As(err, &refused) {
			t.Errorf("30 February: %v", err)
		}
		// 完成 and 长期坚持 are given by a closing alone, however well they are reported.
		for _, state := range []ledger.State{ledger.Done, ledger.Keep} {
			e := ledger.ProgressEdit{State: state, Progress: "补发12人", Evidence: "发放表1份"}
			if err := ledger.RecordProgress(ctx, w.db, w.clerk, f.ID, f.Version, e); !errors.As(err, &refused) {
				t.Errorf("%s without a closing: %v", state, err)
			}
		}
		if err := ledger.RecordProgress(ctx, w.db, w.clerk, f.ID, f.Version, ledger.ProgressEdit{State: ledger.Part, Progress: "补发12人", Evidence: "发放表1份"}); err != nil {
			t.Error(err)
		}
	})
}

// A note goes when what it asks for is done, and not before.
func TestNotesAreSettledByWork(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.imported(t)
		has := func(code string) bool {
			f := w.find(t, w.clerk, ledger.Filter{Text: "高龄"})[0]
			notes, err := ledger.OpenNotes(ctx, w.db, f)
			if err != nil {
				t.Fatal(err)
			}
			return slices.ContainsFunc(notes, func(n ledger.Note) bool { return n.Code == code })
		}
		codes := []string{plan.UnansweredManifestation, plan.VagueOwner, plan.UnknownValue}
		for _, code := range codes {
			if !has(code) {
				t.Errorf("%s is not noted", code)
			}
		}
		f := w.find(t, w.clerk, ledger.Filter{Text: "高龄"})[0]
		if err := ledger.AddMeasure(ctx, w.db, w.clerk, f.ID, f.Version, "农家书屋每周开放不少于3天", []int{1}); err != nil {
			t.Fatal(err)
		}
		edit := ledger.DutyEdit{Units: []string{"党政办"}, Persons: []string{"李四喜"}, DueText: "2026年6月30日前", Due: "2026-06-30"}
		if err := ledger.EditDuty(ctx, w.db, w.clerk, f.ID, f.Version+1, edit); err != nil {
			t.Fatal(err)
		}
		for _, code := range codes {
			if has(code) {
				t.Errorf("%s is still noted", code)
			}
		}
	})
}

// A village's ledger merges in, all or nothing; what is wrong is named by row and column.
func TestMerge(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		planID := w.imported(t)
		bad := "序号,反馈问题,整改措施,责任单位,责任人,完成时限,整改状态\n1,理论学习不够深入,,,查无此人,2月30日,已完成\n3,新问题一项,立即清理,东村,李四喜,2026年6月30日,正在整改\n3,又一新问题,全面排查,东村,李四喜,2026年6月30日,正在整改\n"
		_, err := ledger.StartImport(ctx, w.db, w.files, w.clerk, ledger.Upload{Kind: ledger.Merge, Plan: planID, Unit: w.town.ID, Name: "东村台账.csv", Data: []byte(bad)})
		var rows ledger.RowErrors
		if !errors.As(err, &rows) {
			t.Fatalf("a ledger full of errors: %v", err)
		}
		for _, want := range []string{"第2行 责任人：", "查无此人", "第2行 完成时限：", "第4行 序号："} {
			if !strings.Contains(rows.Error(), want) {
				t.Errorf("%q is not in\n%v", want, rows)
			}
		}
		good := "序号,反馈问题,整改措施,责任单位,责任人,完成时限,整改状态\n1,理论学习不够深入,,,,,已完成\n3,新问题一项,立即清理,东村,李四喜,2026年6月30日,正在整改\n"
		id := w.upload(t, ledger.Upload{Kind: ledger.Merge, Plan: planID, Unit: w.town.ID, Name: "东村台账.csv", Data: []byte(good)})
		if _, err := ledger.Confirm(ctx, w.db, w.clerk, id, 1); err != nil {
			t.Fatal(err)
		}
		now := w.find(t, w.clerk, ledger.Filter{Plan: planID})
		if got := titles(now); got != study+" | "+roads+" | "+elderly+" | 新问题一项" {
			t.Errorf("in force: %s", got)
		}
		if f := now[0]; f.State != ledger.Part || len(f.Measures) != 2 || ledger.Names(f.Persons) != "韩春梅" || f.Due != "2026-04-30" {
			t.Errorf("empty cells changed something: %+v", f)
		}
	})
}

func TestCountUnits(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.imported(t)
		list, err := ledger.CountUnits(t.Context(), w.db, w.district, days, "")
		if err != nil || len(list) != 1 || list[0].All != 3 || list[0].State[ledger.Doing] != 3 || list[0].Unit.Name != "柳塘镇" {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func TestStateOf(t *testing.T) {
	for word, want := range map[string]ledger.State{
		"已完成": ledger.Done, "完成整改": ledger.Done, "整改到位": ledger.Done, "已办结": ledger.Done, "基本完成": ledger.Part, "取得阶段性成果并持续整改": ledger.Part,
		"部分整改": ledger.Part, "正在整改": ledger.Doing, "按序时进度推进": ledger.Doing, "推进中": ledger.Doing, "未完成": ledger.Failed, "未整改到位": ledger.Failed,
		"持续整改": ledger.Keep, "长期坚持": ledger.Keep, "": ledger.Doing,
	} {
		if got := ledger.StateOf(word); got != want {
			t.Errorf("%s is %s, want %s", word, got, want)
		}
	}
}

// The seed is long and odd; it must come in whole.
func TestSeedPlan(t *testing.T) {
	data, err := os.ReadFile("../plan/testdata/seed.txt")
	if err != nil {
		t.Fatal(err)
	}
	w := build(t, storetest.SQLite(t))
	id := w.upload(t, ledger.Upload{Unit: w.town.ID, Kind: ledger.NewPlan, Name: "方案.txt", Data: data})
	planID, err := ledger.Confirm(t.Context(), w.db, w.clerk, id, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(w.find(t, w.clerk, ledger.Filter{Plan: planID})); got != 4 {
		t.Errorf("%d findings, want 4", got)
	}
}
