package lead_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bihuan/benefit"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// office is a town that lists are handed in to.
type office struct {
	t      *testing.T
	house  *store.DB
	vault  *vault.Vault
	folder string // of the databases
	now    time.Time
	town   org.Unit
	other  org.Unit
	clerk  org.Person
	cadre  org.Person // of a village
	leader org.Person
}

// eachOffice runs a test on both databases.
func eachOffice(t *testing.T, f func(t *testing.T, o *office)) {
	storetest.Each(t, func(t *testing.T, url string) { f(t, openOffice(t, url)) })
}

func openOffice(t *testing.T, url string) *office {
	t.Helper()
	ctx := t.Context()
	o := &office{t: t, now: time.Date(2026, 11, 30, 9, 0, 0, 0, time.Local), folder: filepath.Dir(strings.TrimPrefix(url, "sqlite://"))}
	var err error
	if o.house, err = store.Open(ctx, url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.house.Close() })
	residents, err := store.ResidentsOf(url)
	if err != nil {
		t.Fatal(err)
	}
	if o.vault, err = vault.Open(ctx, residents, filepath.Join(t.TempDir(), "residents.key")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.vault.Close() })
	o.house.Now = func() time.Time { return o.now }
	o.vault.Now = o.house.Now
	err = o.house.Write(ctx, func(tx *store.Tx) error {
		add := func(parent org.Unit, kind, name string) org.Unit {
			u, err := org.AddUnit(ctx, tx, org.Program, parent, kind, name, 0)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		district := add(org.Unit{}, org.District, "临澜区")
		o.town = add(district, org.Town, "栖禾镇")
		o.other = add(district, org.Town, "双堰镇")
		village := add(o.town, org.Village, "东槐村")
		for _, name := range villages {
			add(o.town, org.Village, name+"村")
		}
		o.clerk = org.Person{ID: 1, Name: "贺晓雨", Post: "民政所经办人", Role: org.Clerk, Unit: o.town}
		o.leader = org.Person{ID: 2, Name: "孟昭宁", Post: "党委副书记", Role: org.Leader, Unit: o.town}
		o.cadre = org.Person{ID: 3, Name: "郝根生", Post: "村党支部书记", Role: org.Cadre, Unit: village}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// villages are those that lists of the tests write.
var villages []string

// list is what somebody hands in with a list.
func (o *office) list(name string, kind screening.Kind, content []byte) lead.Incoming {
	o.t.Helper()
	s, err := vault.NewSpool(bytes.NewReader(content), lead.MostDataset)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { s.Close() })
	return lead.Incoming{Unit: o.town.ID, Kind: kind, Name: name, Content: s, Giver: "栖禾派出所", Ground: "社会救助暂行办法第五十八条", Letter: "栖公函〔2026〕3号", Purpose: "高龄津贴应享未享筛查", AsOf: "2026-11-28"}
}

func (o *office) add(in lead.Incoming) lead.Dataset {
	o.t.Helper()
	id, err := lead.AddDataset(o.t.Context(), o.vault, o.house, o.clerk, in)
	if err != nil {
		o.t.Fatal(err)
	}
	return o.dataset(id)
}

func (o *office) dataset(id int64) lead.Dataset {
	o.t.Helper()
	d, err := lead.DatasetByID(o.t.Context(), o.vault, o.house, o.clerk, id)
	if err != nil {
		o.t.Fatal(err)
	}
	return d
}

// confirm confirms what the program guessed.
func (o *office) confirm(d lead.Dataset) lead.Dataset {
	o.t.Helper()
	look, err := lead.Look(o.t.Context(), o.vault, d, d.Kind)
	if err != nil {
		o.t.Fatal(err)
	}
	m := lead.Mapping{}
	for _, s := range look.Sheets {
		if s.Found {
			m[s.Name] = lead.Whole(d.Kind, s)
		}
	}
	if err := lead.ConfirmDataset(o.t.Context(), o.vault, o.house, o.clerk, d.ID, d.Version, lead.Confirmation{Kind: d.Kind, Assessment: "栖评〔2026〕1号", Mapping: m}); err != nil {
		o.t.Fatal(err)
	}
	return o.dataset(d.ID)
}

func count(t *testing.T, q store.Querier, query string) int64 {
	t.Helper()
	n, err := store.One(t.Context(), q, store.Value[int64], query)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const register = "姓名,公民身份号码,村,户号,户籍状态\n王秀英,99040819400805002X,东槐村,1,正常\n李山,990408193701010013,东槐村,2,正常\n"

func TestDatasetNeeds(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		for _, c := range []struct {
			name  string
			spoil func(*lead.Incoming)
			field string
		}{
			{"no giver", func(in *lead.Incoming) { in.Giver = " " }, "给出单位"},
			{"no ground", func(in *lead.Incoming) { in.Ground = "" }, "依据"},
			{"no letter", func(in *lead.Incoming) { in.Letter = "" }, "函号"},
			{"no purpose", func(in *lead.Incoming) { in.Purpose = "" }, "用途"},
			{"no day", func(in *lead.Incoming) { in.AsOf = "" }, "数据日期"},
			{"a day to come", func(in *lead.Incoming) { in.AsOf = "2026-12-01" }, "数据日期"},
			{"older than two years", func(in *lead.Incoming) { in.AsOf = "2024-11-30" }, "数据日期"},
			{"kept for more than two years", func(in *lead.Incoming) { in.DeleteBy = "2028-11-29" }, "删除日期"},
			{"to be deleted today", func(in *lead.Incoming) { in.DeleteBy = "2026-11-30" }, "删除日期"},
			{"a number in the purpose", func(in *lead.Incoming) { in.Purpose = "查 99040819400805002X" }, "用途"},
			{"empty", func(in *lead.Incoming) { *in = o.list("a.csv", "", nil) }, "文件"},
			{"no such kind", func(in *lead.Incoming) { in.Kind = "faith" }, "名单种类"},
			{"about faith", func(in *lead.Incoming) {
				*in = o.list("a.csv", "", []byte("姓名,身份证号,宗教信仰\n王秀英,99040819400805002X,无\n"))
			}, "文件"},
			{"no table", func(in *lead.Incoming) { *in = o.list("a.xls", "", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 nothing")) }, "文件"},
		} {
			in := o.list("户籍人口.csv", "", []byte(register))
			c.spoil(&in)
			_, err := lead.AddDataset(t.Context(), o.vault, o.house, o.clerk, in)
			var bad org.Invalid
			if !errors.As(err, &bad) || bad.Field != c.field {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if n := count(t, o.vault, `select count(*) from dataset`) + count(t, o.vault, `select count(*) from sealed_file`) + count(t, o.vault, `select count(*) from sealed_piece`); n != 0 {
			t.Errorf("%d rows are left of what was refused", n)
		}
		if _, err := lead.AddDataset(t.Context(), o.vault, o.house, o.leader, o.list("a.csv", "", []byte(register))); !errors.As(err, new(org.Denied)) {
			t.Errorf("the leader hands in a list: %v", err)
		}
		in := o.list("a.csv", "", []byte(register))
		in.Unit = o.other.ID
		if _, err := lead.AddDataset(t.Context(), o.vault, o.house, o.clerk, in); !errors.As(err, new(org.Denied)) {
			t.Errorf("a list of another town: %v", err)
		}
		in = o.list("a.csv", "", []byte(register))
		in.Letter, in.NoLetter = "", "本所自存名册"
		d := o.add(in)
		if d.Letter != "无函号：本所自存名册" || d.DeleteBy != "2027-05-28" || d.Kind != screening.Residents || d.Rows != 2 || d.State != lead.DatasetPreview {
			t.Errorf("%+v", d)
		}
		var same lead.SameFile
		if _, err := lead.AddDataset(t.Context(), o.vault, o.house, o.clerk, o.list("b.csv", "", []byte(register))); !errors.As(err, &same) || same.Dataset.ID != d.ID {
			t.Errorf("the same file again: %v", err)
		}
		if _, err := lead.DatasetByID(t.Context(), o.vault, o.house, o.cadre, d.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("somebody of a village sees the list: %v", err)
		}
		if _, err := lead.DatasetByID(t.Context(), o.vault, o.house, o.leader, d.ID); err != nil {
			t.Errorf("the leader: %v", err)
		}
	})
}

// What was confirmed once for the headers of a giver is good for the next list of theirs, and for nobody else's.
func TestColumnsAreConfirmedOnce(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		text := "姓名,号,姓名,数\n钱多,990408193701010013,李山,%d\n"
		in := o.list("十月.csv", screening.Roll, fmt.Appendf(nil, text, 50))
		d := o.add(in)
		confirm := func(version int64, assessment string, o2 screening.Override) error {
			return lead.ConfirmDataset(ctx, o.vault, o.house, o.clerk, d.ID, version, lead.Confirmation{Kind: screening.Roll, Assessment: assessment, Mapping: lead.Mapping{"": o2}})
		}
		var bad org.Invalid
		if err := confirm(d.Version, "", screening.Override{screening.FieldAmount: "数"}); !errors.As(err, &bad) || bad.Field != "列的对应" {
			t.Errorf("neither name nor number: %v", err)
		}
		if err := confirm(d.Version, "", screening.Override{screening.FieldName: "#C", screening.FieldVillage: "#C"}); !errors.As(err, &bad) || bad.Field != "列的对应" {
			t.Errorf("one column for two fields: %v", err)
		}
		if err := confirm(d.Version, "", screening.Override{screening.FieldName: "#C", screening.FieldAccount: "#B"}); !errors.As(err, &bad) || bad.Field != "影响评估编号" {
			t.Errorf("accounts without an assessment: %v", err)
		}
		right := screening.Override{screening.FieldName: "#C", screening.FieldNumber: "号", screening.FieldAmount: "数", screening.FieldVillage: ""}
		if err := confirm(d.Version, "", right); err != nil {
			t.Fatal(err)
		}
		if err := confirm(d.Version, "", right); err != nil {
			t.Errorf("confirmed twice: %v", err)
		}
		changed := screening.Override{screening.FieldName: "#A", screening.FieldNumber: "号"}
		if err := confirm(d.Version, "", changed); err == nil || !strings.Contains(err.Error(), "贺晓雨") {
			t.Errorf("an old version: %v", err)
		}
		look, err := lead.Look(ctx, o.vault, o.dataset(d.ID), screening.Roll)
		if err != nil || look.Sheets[0].Mapping[screening.FieldName].Index != 2 || look.Sheets[0].Rows != 1 {
			t.Errorf("%+v, %v", look, err)
		}
		next := o.add(o.list("十一月.csv", "", fmt.Appendf(nil, text, 60)))
		if next.State != lead.DatasetReady || next.Kind != screening.Roll || !strings.Contains(next.Mapped, "贺晓雨") || next.Mapping[""][screening.FieldName] != "#C" {
			t.Errorf("the next list of the same giver: %+v", next)
		}
		in = o.list("别处.csv", screening.Roll, fmt.Appendf(nil, text, 70))
		in.Giver = "双堰民政所"
		if other := o.add(in); other.State != lead.DatasetPreview {
			t.Errorf("another giver's list is ready: %+v", other)
		}
	})
}

func TestDatasetsAreDeleted(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		ready := o.confirm(o.add(o.list("户籍.csv", "", []byte(register))))
		early := o.confirm(o.add(o.list("户籍二.csv", "", []byte(register+"钱多,990408193701010013,东槐村,3,正常\n"))))
		forgotten := o.add(o.list("户籍三.csv", "", []byte("姓名,身份证号\n李山,990408193701010013\n")))
		var bad org.Invalid
		if err := lead.DeleteDataset(ctx, o.vault, o.house, o.clerk, early.ID, early.Version, ""); !errors.As(err, &bad) {
			t.Errorf("without a reason: %v", err)
		}
		if err := lead.DeleteDataset(ctx, o.vault, o.house, o.clerk, early.ID, early.Version, "给错了文件"); err != nil {
			t.Fatal(err)
		}
		if err := lead.DeleteDataset(ctx, o.vault, o.house, o.clerk, early.ID, early.Version, "给错了文件"); err != nil {
			t.Errorf("again: %v", err)
		}
		if d := o.dataset(early.ID); d.State != lead.DatasetDeleted || d.File != 0 || d.Hash == "" || d.DeletedWhy != "给错了文件" || d.Giver == "" {
			t.Errorf("%+v", d)
		}
		expire := func(day time.Time) {
			o.now = day
			if err := lead.Expire(ctx, o.vault); err != nil {
				t.Fatal(err)
			}
		}
		expire(o.now.AddDate(0, 0, 6))
		if d := o.dataset(forgotten.ID); d.State != lead.DatasetPreview {
			t.Errorf("deleted early: %+v", d)
		}
		expire(o.now.AddDate(0, 0, 2))
		if d := o.dataset(forgotten.ID); d.State != lead.DatasetDeleted || !strings.Contains(d.DeletedWhy, "没有确认") {
			t.Errorf("a list that nobody confirmed: %+v", d)
		}
		expire(time.Date(2027, 5, 27, 23, 0, 0, 0, time.Local))
		if d := o.dataset(ready.ID); d.State != lead.DatasetReady {
			t.Errorf("deleted a day early: %+v", d)
		}
		expire(time.Date(2027, 5, 28, 0, 5, 0, 0, time.Local))
		expire(o.now)
		if d := o.dataset(ready.ID); d.State != lead.DatasetDeleted || d.Deleted.IsZero() {
			t.Errorf("still there: %+v", d)
		}
		if n := count(t, o.vault, `select count(*) from sealed_file`) + count(t, o.vault, `select count(*) from sealed_piece`) + count(t, o.vault, `select count(*) from dataset where purged = 0`); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		if n := count(t, o.vault, `select count(*) from journal where kind = 'dataset' and verb = '删除'`); n != 3 {
			t.Errorf("%d deletions in the journal", n)
		}
	})
}

// Nothing of a list can be read in the files of the database, before it is deleted or after.
func TestListsAreSealedOnDisk(t *testing.T) {
	o := openOffice(t, storetest.SQLite(t))
	o.confirm(o.add(o.list("户籍.csv", "", []byte(register))))
	if err := o.vault.Write(context.WithoutCancel(t.Context()), func(*store.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(o.folder, "residents.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"99040819400805002X", "990408193701010013", "王秀英"} {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s stands in %s", secret, filepath.Base(f))
			}
		}
	}
}

// A confirmed roll is recorded month by month, each line once; what nobody can be is named and left out.
func TestRollIsRecorded(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		programme, err := benefit.AddProgramme(ctx, o.vault, o.clerk, o.town, benefit.NewProgramme{Example: "elder", From: "2010-01-01", Basis: "临民〔2009〕31号"})
		if err != nil {
			t.Fatal(err)
		}
		text := "姓名,身份证号,村,发放金额,发放月份\n李山,990408193701010013,东槐,50,2026-09\n王秀英,99040819400805002X,栖禾镇东槐村委会,50,2026-09\n李山,990408193701010013,东槐,50,2026-10\n王秀英,990408194008050029,东槐,50,2026-10\n钱多,99040819400805002X,东槐,,2026-11\n合计,,,200,\n"
		d := o.add(o.list("发放册.csv", screening.Roll, []byte(text)))
		var bad org.Invalid
		if _, err := lead.RecordPayments(ctx, o.vault, o.house, o.clerk, d.ID, programme, "", false); !errors.As(err, &bad) {
			t.Errorf("a roll that nobody confirmed: %v", err)
		}
		d = o.confirm(d)
		if _, err := lead.RecordPayments(ctx, o.vault, o.house, o.leader, d.ID, programme, "", false); !errors.As(err, new(org.Denied)) {
			t.Errorf("the leader: %v", err)
		}
		for i, want := range []string{"[{2026-09 2 0} {2026-10 1 0}]", "[{2026-09 0 2} {2026-10 0 1}]"} {
			r, err := lead.RecordPayments(ctx, o.vault, o.house, o.clerk, d.ID, programme, "", i == 1)
			if err != nil {
				t.Fatal(err)
			}
			if r.Entries != i { // only one of the two is paid in the last month
				t.Errorf("%d: %d on the roll", i, r.Entries)
			}
			if got := fmt.Sprint(r.Months); got != want || len(r.Left) != 2 || !strings.Contains(r.Left[0], "《发放册.csv》第5行") || !strings.Contains(r.Left[1], "第6行") {
				t.Errorf("%d: %s, left %q", i, got, r.Left)
			}
		}
		if n := count(t, o.vault, `select count(*) from payment where amount = 5000 and paid in ('2026-09-30', '2026-10-31') and source like '《发放册.csv》第%'`); n != 3 {
			t.Errorf("%d payments", n)
		}
		if n := count(t, o.vault, `select count(*) from roll r join person p on p.id = r.person where r.state = 'receiving' and r.starts = '' and p.name = '李山'`); n != 1 {
			t.Errorf("%d entries of who is paid now, from a month that nobody knows", n)
		}
		if n := count(t, o.vault, `select count(*) from person where village > 0`); n != 2 {
			t.Errorf("%d people with their village", n)
		}
	})
}
