package org_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// today is the day of the tests' clock.
const today = "2026-04-16"

// at sets the clock of a database.
func at(db *store.DB, day string) {
	d, err := time.ParseInLocation(time.DateOnly, day, time.Local)
	if err != nil {
		panic(err)
	}
	db.Now = func() time.Time { return d.Add(9 * time.Hour) }
}

// write runs a transaction that must succeed.
func write(t testing.TB, db *store.DB, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *store.Tx) error { return fn(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// staffNamed finds the first person of a name.
func staffNamed(t testing.TB, db *store.DB, name string) org.Staff {
	t.Helper()
	list, err := org.StaffIn(t.Context(), db, "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("nobody is called %s", name)
	return org.Staff{}
}

func TestSuccession(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, h house) {
		at(db, today)
		ctx := t.Context()
		han, wang, li := staffNamed(t, db, "韩春梅"), staffNamed(t, db, "王二"), staffNamed(t, db, "李四喜")
		var post org.Post
		write(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			if post, err = org.AddPost(ctx, tx, org.Program, h.a, "宣传委员", org.Leader, true); err != nil {
				return err
			}
			_, err = org.Hold(ctx, tx, org.Program, post.ID, han.ID, "2026-01-05", "栖禾委〔2026〕1号")
			return err
		})
		holder := func(day string) string {
			x, err := org.HolderOn(ctx, db, post.ID, day)
			if errors.Is(err, store.ErrNotFound) {
				return ""
			}
			if err != nil {
				t.Fatal(err)
			}
			return x.Name
		}
		succeed := func(to int64, from string) (before int64, err error) {
			err = db.Write(ctx, func(tx *store.Tx) (err error) {
				before, err = org.Succeed(ctx, tx, org.Program, post.ID, to, from, "")
				return err
			})
			return before, err
		}
		for range 2 { // the same form sent twice does it once
			if before, err := succeed(wang.ID, "2026-05-01"); err != nil || before != han.ID {
				t.Fatalf("before %d %v", before, err)
			}
		}
		if n, _ := org.History(ctx, db, post.ID); len(n) != 2 {
			t.Errorf("handed on once, there are %d holdings", len(n))
		}
		for day, want := range map[string]string{"2026-01-04": "", "2026-01-05": "韩春梅", "2026-04-30": "韩春梅", "2026-05-01": "王二", "2030-01-01": "王二"} {
			if got := holder(day); got != want {
				t.Errorf("on %s it is %q, want %q", day, got, want)
			}
		}
		// The post gives its role in its unit, from the day and not before.
		for day, may := range map[string]bool{"2026-04-30": false, "2026-05-01": true} {
			who, err := org.PersonByID(ctx, db, wang.ID, day)
			if err != nil || (who.Check(org.Review, h.east) == nil) != may || who.Check(org.Review, h.b) == nil || who.Within(h.east) != may {
				t.Errorf("on %s: %+v %v", day, who, err)
			}
		}
		for _, x := range []struct {
			what string
			do   func(tx *store.Tx) error
			want string
		}{
			{"appointing on a held post", func(tx *store.Tx) error {
				_, err := org.Hold(ctx, tx, org.Program, post.ID, li.ID, "2026-06-01", "")
				return err
			}, "换人请用交接"},
			{"appointing within a term", func(tx *store.Tx) error {
				_, err := org.Hold(ctx, tx, org.Program, post.ID, li.ID, "2026-02-01", "")
				return err
			}, "王二从2026年5月1日起"},
			{"succeeding before the start", func(tx *store.Tx) error {
				_, err := org.Succeed(ctx, tx, org.Program, post.ID, li.ID, "2026-05-01", "")
				return err
			}, "接任要在这之后"},
			{"succeeding oneself", func(tx *store.Tx) error {
				_, err := org.Succeed(ctx, tx, org.Program, post.ID, wang.ID, "2026-06-01", "")
				return err
			}, "已经担任"},
			{"no date", func(tx *store.Tx) error {
				_, err := org.Succeed(ctx, tx, org.Program, post.ID, li.ID, "2026-02-30", "")
				return err
			}, "不是日期"},
			{"dropping a held post", func(tx *store.Tx) error { return org.DropPost(ctx, tx, org.Program, post.ID, 1) }, "还担任着"},
			{"leaving with a post", func(tx *store.Tx) error { return org.Leave(ctx, tx, org.Program, wang.ID, 1) }, "先交接"},
			{"a clerk appointing himself", func(tx *store.Tx) error {
				_, err := org.Succeed(ctx, tx, org.Person{ID: li.ID, Role: org.Clerk, Unit: h.district}, post.ID, li.ID, "2026-06-01", "")
				return err
			}, "不能给自己任职"},
			{"a clerk of another town", func(tx *store.Tx) error {
				_, err := org.Succeed(ctx, tx, org.Person{ID: 1, Role: org.Clerk, Unit: h.b}, post.ID, li.ID, "2026-06-01", "")
				return err
			}, "不能交接岗位"},
			{"a leader", func(tx *store.Tx) error {
				_, err := org.Succeed(ctx, tx, org.Person{ID: 1, Role: org.Leader, Unit: h.a}, post.ID, li.ID, "2026-06-01", "")
				return err
			}, "不能交接岗位"},
			{"the district's role in a town", func(tx *store.Tx) error {
				_, err := org.AddPost(ctx, tx, org.Program, h.a, "巡察", org.Supervisor, true)
				return err
			}, "不能自己核准"},
		} {
			if err := db.Write(ctx, x.do); err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("%s: %v", x.what, err)
			}
		}
		// An appointment that has not begun is taken back, and it is as if it had not been; one that has begun is not.
		list, _ := org.History(ctx, db, post.ID)
		release := func(id int64, last string) error {
			return db.Write(ctx, func(tx *store.Tx) error { return org.Release(ctx, tx, org.Program, id, last, "") })
		}
		if err := release(list[0].ID, "2026-04-20"); err == nil {
			t.Error("a term ends ten days before it begins")
		}
		if err := release(list[1].ID, "2026-03-01"); err == nil || !strings.Contains(err.Error(), "不能再改") {
			t.Errorf("a last day was moved: %v", err)
		}
		if err := release(list[0].ID, "2026-04-30"); err != nil {
			t.Fatal(err)
		}
		if got := holder("2026-05-01"); got != "" {
			t.Errorf("the appointment was taken back, and %s holds the post", got)
		}
		all, _ := org.History(ctx, db, post.ID)
		if since, vacant := org.VacantSince(all, "2026-05-20"); !vacant || since != "2026-05-01" {
			t.Errorf("vacant since %s %v", since, vacant)
		}
		if before, err := succeed(li.ID, "2026-05-10"); err != nil || before != han.ID {
			t.Errorf("after a vacancy the one before is %d %v, want %d", before, err, han.ID)
		}
	})
}

// Two who fill a vacant post at the same time do not both succeed.
func TestOneHolderAtATime(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, h house) {
		at(db, today)
		han, wang := staffNamed(t, db, "韩春梅"), staffNamed(t, db, "王二")
		for i := range 12 {
			var post org.Post
			write(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
				post, err = org.AddPost(ctx, tx, org.Program, h.a, fmt.Sprint("岗位", i), "", true)
				return err
			})
			var wait sync.WaitGroup
			for _, staff := range []int64{han.ID, wang.ID, han.ID, wang.ID} {
				wait.Go(func() {
					_ = db.Write(t.Context(), func(tx *store.Tx) error {
						_, err := org.Hold(t.Context(), tx, org.Program, post.ID, staff, today, "")
						return err
					})
				})
			}
			wait.Wait()
			if list, err := org.HoldersOn(t.Context(), db, post.ID, today); err != nil || len(list) != 1 {
				t.Fatalf("%d holders %v", len(list), err)
			}
		}
	})
}

// Whatever is done in whatever order: a single post has at most one holder on every day, and a holding that is there never changes
// but for its last day, which is set once.
func TestHistoryIsNeverRewritten(t *testing.T) {
	db, err := store.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	h := build(t, db)
	ctx := t.Context()
	people := []int64{staffNamed(t, db, "韩春梅").ID, staffNamed(t, db, "王二").ID, staffNamed(t, db, "李四喜").ID}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	dayOf := func(n int) string { return start.AddDate(0, 0, n).Format(time.DateOnly) }
	const days = 60
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		at(db, dayOf(0))
		var post org.Post
		err := db.Write(ctx, func(tx *store.Tx) (err error) {
			post, err = org.AddPost(ctx, tx, org.Program, h.a, fmt.Sprint("岗位", n), org.Leader, true)
			return err
		})
		if err != nil {
			r.Fatal(err)
		}
		before := map[int64]org.Holding{}
		now := 0
		for range rapid.IntRange(1, 14).Draw(r, "steps") {
			now += rapid.IntRange(0, 6).Draw(r, "pass")
			at(db, dayOf(now))
			who := rapid.SampledFrom(people).Draw(r, "who")
			day := dayOf(rapid.IntRange(max(now-8, 0), now+10).Draw(r, "day"))
			list, err := org.History(ctx, db, post.ID)
			if err != nil {
				r.Fatal(err)
			}
			what := rapid.IntRange(0, 2).Draw(r, "what")
			err = db.Write(ctx, func(tx *store.Tx) (err error) {
				switch {
				case what == 0:
					_, err = org.Hold(ctx, tx, org.Program, post.ID, who, day, "")
				case what == 1:
					_, err = org.Succeed(ctx, tx, org.Program, post.ID, who, day, "")
				case len(list) > 0:
					err = org.Release(ctx, tx, org.Program, list[rapid.IntRange(0, len(list)-1).Draw(r, "which")].ID, day, "")
				}
				return err
			})
			var invalid org.Invalid
			if err != nil && !errors.As(err, &invalid) {
				r.Fatal(err)
			}
			after, err := org.History(ctx, db, post.ID)
			if err != nil {
				r.Fatal(err)
			}
			if len(after) < len(before) {
				r.Fatal("a holding is gone")
			}
			for _, x := range after {
				old, known := before[x.ID]
				fixed := old
				if known && old.Ends == "" {
					fixed.Ends, fixed.Version = x.Ends, x.Version
				}
				if known && !reflect.DeepEqual(fixed, x) {
					r.Fatalf("%+v became %+v", old, x)
				}
				before[x.ID] = x
			}
			for d := range days {
				on := 0
				for _, x := range after {
					if x.On(dayOf(d)) {
						on++
					}
				}
				if on > 1 {
					r.Fatalf("%d hold it on %s: %v", on, dayOf(d), after)
				}
			}
			if on, err := org.HoldersOn(ctx, db, post.ID, day); err != nil || len(on) > 1 {
				r.Fatalf("on %s: %v %v", day, on, err)
			}
		}
	})
}

func TestPrivateFieldsAreMasked(t *testing.T) {
	for full, masked := range map[string]string{
		"13812345678": "138****5678", "0312-6012345": "031*****2345", "60123": "***23", "": "", "hexiaoyu@example.cn": "he***@example.cn", "a@b.cn": "***@b.cn",
	} {
		p := org.NewPrivate(full)
		for _, got := range []string{p.String(), fmt.Sprint(p), fmt.Sprintf("%v", p), fmt.Sprintf("%+v", struct{ P org.Private }{p})} {
			if strings.Trim(strings.TrimPrefix(got, "{P:"), "}") != masked {
				t.Errorf("%s is printed %q, want %q", full, got, masked)
			}
		}
	}
	each(t, func(t *testing.T, db *store.DB, h house) {
		ctx := t.Context()
		li := staffNamed(t, db, "韩春梅")
		phone, mail := "138 1234 5678", "han@example.cn"
		edit := org.StaffEdit{Unit: li.Unit.ID, Name: li.Name, Post: li.Post, Role: li.Role, Phone: &phone, Mail: &mail}
		write(t, db, func(ctx context.Context, tx *store.Tx) error {
			return org.EditStaff(ctx, tx, org.Program, li.ID, 1, edit)
		})
		clerk := org.Person{ID: 5, Name: "某经办", Role: org.Clerk, Unit: h.a}
		reveal := func(who org.Person, field, purpose string) (full string, err error) {
			err = db.Write(ctx, func(tx *store.Tx) (err error) {
				full, err = org.Reveal(ctx, tx, who, li.ID, field, purpose)
				return err
			})
			return full, err
		}
		if full, err := reveal(clerk, org.Phone, "通知开会"); err != nil || full != "13812345678" {
			t.Errorf("%s %v", full, err)
		}
		said, err := journal.Of(ctx, db, "staff", li.ID, 5)
		if err != nil || len(said) != 3 || said[0].Verb != "查看" || said[0].Staff != 5 || !reflect.DeepEqual(said[0].Changes, []journal.Change{{Field: "手机", To: "通知开会"}}) {
			t.Errorf("recorded %+v %v", said, err)
		}
		for _, e := range said {
			for _, c := range e.Changes {
				if strings.Contains(c.From+c.To, "13812345678") || strings.Contains(c.From+c.To, "han@") {
					t.Errorf("the record holds it in full: %+v", c)
				}
			}
		}
		for what, x := range map[string]struct {
			who            org.Person
			field, purpose string
		}{
			"without a purpose": {clerk, org.Phone, " "}, "another town": {org.Person{Role: org.Clerk, Unit: h.b}, org.Phone, "看看"},
			"a cadre": {org.Person{Role: org.Cadre, Unit: h.a}, org.Phone, "看看"}, "another field": {clerk, "密码", "看看"},
		} {
			if full, err := reveal(x.who, x.field, x.purpose); err == nil || full != "" {
				t.Errorf("%s: %s %v", what, full, err)
			}
		}
	})
}

func TestStaffEdits(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, h house) {
		ctx := t.Context()
		han := staffNamed(t, db, "韩春梅")
		edit := org.StaffEdit{Unit: h.a.ID, Name: "韩春梅", Post: "镇长", Role: org.Leader}
		do := func(fn func(tx *store.Tx) error) error { return db.Write(ctx, fn) }
		for range 2 {
			if err := do(func(tx *store.Tx) error { return org.EditStaff(ctx, tx, org.Program, han.ID, 1, edit) }); err != nil {
				t.Fatal(err)
			}
		}
		edit.Post = "书记"
		var stale journal.Stale
		if err := do(func(tx *store.Tx) error { return org.EditStaff(ctx, tx, org.Program, han.ID, 1, edit) }); !errors.As(err, &stale) {
			t.Errorf("an old version was saved: %v", err)
		}
		admin := org.Person{ID: 9, Name: "镇管理员", Role: org.Admin, Unit: h.a}
		edit.Unit = h.b.ID
		var denied org.Denied
		if err := do(func(tx *store.Tx) error { return org.EditStaff(ctx, tx, admin, han.ID, 2, edit) }); !errors.As(err, &denied) {
			t.Errorf("moved into a town of others: %v", err)
		}
		edit.Unit, edit.Role = h.a.ID, org.Supervisor
		if err := do(func(tx *store.Tx) error { return org.EditStaff(ctx, tx, admin, han.ID, 2, edit) }); err == nil {
			t.Error("a town makes itself its own supervisor")
		}
		if err := do(func(tx *store.Tx) error { return org.Leave(ctx, tx, admin, han.ID, 2) }); err != nil {
			t.Fatal(err)
		}
		if _, err := org.Login(ctx, db, "jz", "mima-jz"); !errors.Is(err, org.ErrLogin) {
			t.Errorf("who has left logs in: %v", err)
		}
		if err := do(func(tx *store.Tx) error { return org.Return(ctx, tx, admin, han.ID, 3) }); err != nil {
			t.Fatal(err)
		}
		password := org.NewPassword()
		hash, err := org.HashGenerated(password)
		if err != nil {
			t.Fatal(err)
		}
		if err := do(func(tx *store.Tx) error { return org.SetLogin(ctx, tx, admin, han.ID, 4, "jz", hash) }); err != nil {
			t.Fatal(err)
		}
		if who, err := org.Login(ctx, db, "jz", password); err != nil || who.Post != "镇长" {
			t.Errorf("the new password: %+v %v", who, err)
		}
		if err := do(func(tx *store.Tx) error {
			return org.Leave(ctx, tx, org.Person{ID: han.ID, Role: org.Admin, Unit: h.a}, han.ID, 5)
		}); err == nil {
			t.Error("somebody marks themselves as having left")
		}
	})
}

func TestUnitsMoveAndAreRenamed(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, h house) {
		ctx := t.Context()
		var desk org.Unit
		write(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			desk, err = org.AddUnit(ctx, tx, org.Program, h.office, org.Office, "档案室", 0)
			return err
		})
		write(t, db, func(ctx context.Context, tx *store.Tx) error {
			_, err := org.MoveUnit(ctx, tx, org.Program, h.office.ID, 1, h.b)
			return err
		})
		u, err := org.UnitByID(ctx, db, desk.ID)
		if err != nil || u.Path != fmt.Sprintf("%s%d/%d/", h.b.Path, h.office.ID, desk.ID) {
			t.Errorf("what lies below did not follow: %+v %v", u, err)
		}
		write(t, db, func(ctx context.Context, tx *store.Tx) error {
			_, err := org.EditUnit(ctx, tx, org.Program, h.office.ID, 2, "党政综合办", org.Office)
			return err
		})
		names, err := org.NamesFor(ctx, db, h.b)
		if err != nil || names.Unit("党政综合办").ID != h.office.ID || names.Unit("党政办").ID != h.office.ID {
			t.Errorf("the old name is forgotten, or the new one unknown: %v", err)
		}
		for what, fn := range map[string]func(tx *store.Tx) error{
			"under itself": func(tx *store.Tx) error { _, err := org.MoveUnit(ctx, tx, org.Program, h.b.ID, 1, u); return err },
			"the root": func(tx *store.Tx) error {
				_, err := org.MoveUnit(ctx, tx, org.Program, h.district.ID, 1, h.b)
				return err
			},
			"to another's unit": func(tx *store.Tx) error {
				_, err := org.MoveUnit(ctx, tx, org.Person{Role: org.Admin, Unit: h.a}, h.east.ID, 1, h.b)
				return err
			},
			"an old version": func(tx *store.Tx) error {
				_, err := org.EditUnit(ctx, tx, org.Program, h.office.ID, 2, "又一办", org.Office)
				return err
			},
			"a sister's name": func(tx *store.Tx) error {
				_, err := org.EditUnit(ctx, tx, org.Program, h.a.ID, 1, "乙镇", org.Town)
				return err
			},
			"without a right": func(tx *store.Tx) error {
				_, err := org.AddUnit(ctx, tx, org.Person{Role: org.Clerk, Unit: h.a}, h.a, org.Village, "西村", 0)
				return err
			},
		} {
			if err := db.Write(ctx, fn); err == nil {
				t.Errorf("%s: done", what)
			}
		}
	})
}

func TestPlaces(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, h house) {
		ctx := t.Context()
		var town, village, lane org.Place
		write(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
			if town, err = org.AddPlace(ctx, tx, org.Program, org.Place{}, h.a, "town", "甲镇", 0); err != nil {
				return err
			}
			if village, err = org.AddPlace(ctx, tx, org.Program, town, h.east, "village", "东村", 0); err != nil {
				return err
			}
			lane, err = org.AddPlace(ctx, tx, org.Program, village, h.east, "lane", "槐树胡同", 0)
			return err
		})
		if !lane.Within(town.Path) || lane.Depth() != 2 {
			t.Errorf("%+v", lane)
		}
		if in, err := org.PlacesIn(ctx, db, village.Path); err != nil || len(in) != 2 {
			t.Errorf("in the village: %v %v", in, err)
		}
		if of, err := org.Places(ctx, db, h.a.Path); err != nil || len(of) != 3 {
			t.Errorf("of the town: %v %v", of, err)
		}
		for what, fn := range map[string]func(tx *store.Tx) error{
			"a street in a lane": func(tx *store.Tx) error {
				_, err := org.AddPlace(ctx, tx, org.Program, lane, h.east, "street", "主街", 0)
				return err
			},
			"no kind": func(tx *store.Tx) error {
				_, err := org.AddPlace(ctx, tx, org.Program, town, h.east, "", "主街", 0)
				return err
			},
			"a lane above one": func(tx *store.Tx) error { return org.EditPlace(ctx, tx, org.Program, village.ID, 1, h.east, "lane") },
		} {
			if err := db.Write(ctx, fn); err == nil {
				t.Errorf("%s: done", what)
			}
		}
	})
}
