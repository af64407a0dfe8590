package notify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bihuan/calendar"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// pure is a town on paper: 1 and 2 read mail, 3 and 4 are in the group of the village, 5 has nothing.
func pure() (map[int64]reader, routes) {
	readers := map[int64]reader{
		1: {1, "贺晓雨", "he@linlan.example", "/10/20/"},
		2: {2, "梁知远", "liang@linlan.example", "/10/20/"},
		3: {3, "郝根生", "", "/10/20/30/"},
		4: {4, "陆行舟", "", "/10/20/30/"},
		5: {5, "邵文澜", "", "/10/"},
	}
	return readers, newRoutes([]Channel{
		{ID: 100, Unit: 20, UnitName: "栖禾镇", Kind: Mail, Active: true},
		{ID: 101, Unit: 30, UnitName: "东槐村", Kind: WeCom, Active: true},
	})
}

func nothing() already {
	return already{map[int64]bool{}, map[subject]bool{}, map[int64]bool{}, map[series]int64{}}
}

func TestGroup(t *testing.T) {
	readers, r := pure()
	it := func(staff int64, light, name string) Item {
		return Item{Staff: staff, Light: light, Subject: name, Text: name + "的事", Link: "/finding/" + name}
	}
	for _, c := range []struct {
		name  string
		items []Item
		had   func(*already)
		want  []string // channel, staff, kind, title; then who is told of what
	}{
		{name: "nobody to tell", items: []Item{it(5, Red, "a"), it(9, Red, "a")}},
		{name: "nothing to tell"},
		{
			name:  "a mail digest holds all, twice the same once",
			items: []Item{it(1, Green, "a"), it(1, Red, "b"), it(1, Green, "a")},
			want:  []string{"100 1 digest0 【闭环】4月16日待办 2 件（红 1） [1digest 1red:b]"},
		},
		{
			name:  "after the digest only what is red and new",
			items: []Item{it(1, Yellow, "a"), it(1, Red, "b"), it(1, Red, "c")},
			had: func(h *already) {
				h.digest[1], h.red[subject{1, "b"}], h.parts[series{100, 1, kindRed}] = true, true, 2
			},
			want: []string{"100 1 red2 【闭环】4月16日红色提醒 1 件 [1red:c]"},
		},
		{
			name:  "persons of a group together",
			items: []Item{it(4, Yellow, "a"), it(3, Yellow, "b"), it(3, Red, "c"), it(2, Green, "d")},
			want: []string{
				"100 2 digest0 【闭环】4月16日待办 1 件 [2digest]",
				"101 0 digest0 【闭环】东槐村4月16日待办 3 件（红 1），2 人 [3digest 3red:c 4digest]",
			},
		},
		{
			name:  "the group had its digest: who comes late is told of red only",
			items: []Item{it(3, Yellow, "a"), it(4, Yellow, "b"), it(4, Red, "c")},
			had:   func(h *already) { h.digest[3], h.groups[101] = true, true },
			want:  []string{"101 0 red0 【闭环】东槐村4月16日红色提醒 1 件，1 人 [4red:c]"},
		},
		{
			name:  "who had the digest by mail is not in the group's",
			items: []Item{it(3, Yellow, "a"), it(4, Yellow, "b")},
			had:   func(h *already) { h.digest[3] = true },
			want:  []string{"101 0 digest0 【闭环】东槐村4月16日待办 1 件，1 人 [4digest]"},
		},
	} {
		had := nothing()
		if c.had != nil {
			c.had(&had)
		}
		var got []string
		for _, d := range group("2026-04-16", "", readers, r, c.items, had) {
			var tells []string
			for _, x := range d.tells {
				word := fmt.Sprintf("%d%s", x.staff, x.kind)
				if x.subject != "" {
					word += ":" + x.subject
				}
				tells = append(tells, word)
			}
			got = append(got, fmt.Sprintf("%d %d %s%d %s %v", d.channel.ID, d.staff, d.kind, d.part, d.title, tells))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestBodies(t *testing.T) {
	readers, r := pure()
	items := []Item{
		{Staff: 1, Light: Yellow, Subject: "12", Text: "健身器材逐村登记：剩 8 个工作日", Link: "/finding/12"},
		{Staff: 1, Light: Red, Subject: "9", Text: "高龄津贴漏发：\n已超期 2 个工作日", Link: "/finding/9"},
		{Staff: 3, Light: Green, Subject: "4", Text: "每周五入户走访：明天到期"},
		{Staff: 4, Light: Red, Subject: "5", Text: "“三务”公开：已超期 1 个工作日"},
	}
	drafts := group("2026-04-16", "https://bihuan.example", readers, r, items, nothing())
	var got []string
	for _, d := range drafts {
		got = append(got, d.title+"\n"+d.body)
	}
	want := []string{`【闭环】4月16日待办 2 件（红 1）
贺晓雨：

4月16日要办的和要注意的有 2 件。

〔红〕高龄津贴漏发： 已超期 2 个工作日
　https://bihuan.example/finding/9

〔黄〕健身器材逐村登记：剩 8 个工作日
　https://bihuan.example/finding/12

工作台：https://bihuan.example/

本邮件由“闭环”自动发出，每个工作日一封；当天新出现的红色事项另发。请不要回复。
`, `【闭环】东槐村4月16日待办 2 件（红 1），2 人
郝根生 1 件
〔绿〕每周五入户走访：明天到期
陆行舟 1 件
〔红〕“三务”公开：已超期 1 个工作日
工作台：https://bihuan.example/`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// However much there is to tell, each part is short enough for its platform, each person stands in one part, and few parts are
// preferred to many details.
func TestGroupParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{WeCom, DingTalk, Feishu}).Draw(t, "kind")
		c := Channel{ID: 1, Unit: 1, UnitName: rapid.StringN(1, 80, -1).Draw(t, "unit"), Kind: kind}
		readers := map[int64]reader{}
		var items []Item
		for i := range rapid.IntRange(1, 150).Draw(t, "persons") {
			id := int64(i + 1)
			readers[id] = reader{id, rapid.StringN(1, 30, -1).Draw(t, "name"), "", "/1/"}
			for k := range rapid.IntRange(1, 8).Draw(t, "items") {
				items = append(items, Item{Staff: id, Light: rapid.SampledFrom([]string{Red, Yellow, Green}).Draw(t, "light"),
					Subject: fmt.Sprint(k), Text: strings.Repeat(rapid.SampledFrom([]string{"高龄津贴", "a b ", "𠮷"}).Draw(t, "text"), rapid.IntRange(1, 80).Draw(t, "long"))})
			}
		}
		drafts := group("2026-04-16", "https://bihuan.example", readers, newRoutes([]Channel{c}), items, nothing())
		told := map[int64]int{}
		for i, d := range drafts {
			text := d.title + "\n" + d.body
			if len(text) > limits[kind] || !utf8.ValidString(text) {
				t.Fatalf("part %d has %d bytes, %s takes %d", i, len(text), kind, limits[kind])
			}
			if d.kind != kindDigest || d.part != int64(i) {
				t.Fatalf("part %d is %s %d", i, d.kind, d.part)
			}
			for _, x := range d.tells {
				if x.kind == kindDigest {
					told[x.staff]++
				}
			}
		}
		for id := range readers {
			if told[id] != 1 {
				t.Fatalf("person %d stands in %d parts", id, told[id])
			}
		}
		if kind == WeCom && len(drafts) > 12 {
			t.Fatalf("%d parts for %d persons", len(drafts), len(readers))
		}
	})
}

func TestComposeHours(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		d.channel(d.town, WeCom, d.platform.URL+"/town", "")
		for _, c := range []struct {
			at   time.Time
			next string // when it is sent first; empty: nothing is made
		}{
			{time.Date(2026, 4, 16, 0, 10, 0, 0, time.Local), "2026-04-16 08:30"},
			{time.Date(2026, 4, 17, 12, 40, 0, 0, time.Local), "2026-04-17 12:40"},
			{time.Date(2026, 4, 18, 10, 0, 0, 0, time.Local), ""}, // Saturday
			{time.Date(2026, 4, 20, 17, 31, 0, 0, time.Local), ""},
			{time.Date(2026, 5, 1, 10, 0, 0, 0, time.Local), ""},                 // holiday, a Friday
			{time.Date(2026, 5, 9, 10, 0, 0, 0, time.Local), "2026-05-09 10:00"}, // made-up Saturday
		} {
			d.clock.set(c.at)
			before := len(d.messages())
			n := d.compose(d.item("郝根生", Yellow, "a"))
			list := d.messages()
			switch {
			case c.next == "" && (n != 0 || len(list) != before):
				t.Errorf("%v: %d messages", c.at, n)
			case c.next != "" && (n != 1 || list[len(list)-1].Next.Format("2006-01-02 15:04") != c.next):
				t.Errorf("%v: %d messages, %+v", c.at, n, list[len(list)-1])
			}
		}
	})
}

// Eight callers on two nodes make the messages of a day at the same time, each with what it found.
func TestComposeAtOnce(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		d.channel(d.town, WeCom, d.platform.URL+"/town", "")
		d.channel(d.root, Mail, "smtp://notice@linlan.example@127.0.0.1", "")
		d.give("贺晓雨", "he@linlan.example")
		d.give("邵文澜", "shao@linlan.example")
		nodes := []*store.DB{d.db, d.open()}
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				var items []Item
				for name := range d.people {
					items = append(items, d.item(name, Yellow, "a"), d.item(name, Red, "b"), d.item(name, Red, fmt.Sprintf("c%d", i%3)))
				}
				if _, err := Compose(ctx, nodes[i%2], calendar.Published(), "", items); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		digests := map[int64]int{}
		for _, m := range d.messages() {
			if m.Kind == kindDigest {
				digests[m.Staff]++
			}
		}
		if want := map[int64]int{0: 1, d.people["贺晓雨"].ID: 1, d.people["邵文澜"].ID: 1}; cmp.Diff(want, digests) != "" {
			t.Errorf("digests by person: %v, want %v", digests, want)
		}
		for _, name := range []string{"b", "c0", "c1", "c2"} {
			n, err := store.One(ctx, d.db, store.Value[int], `select count(*) from told where kind = 'red' and subject = $1`, name)
			if err != nil || n != len(d.people) {
				t.Errorf("%s is told %d persons, want %d (%v)", name, n, len(d.people), err)
			}
		}
	})
}

// Somebody told meanwhile through another channel is not told again: of the second message nothing remains.
func TestToldMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		d.channel(d.root, WeCom, d.platform.URL+"/root", "")
		d.channel(d.town, DingTalk, d.platform.URL+"/town", "")
		r, err := readRoutes(ctx, d.db)
		if err != nil {
			t.Fatal(err)
		}
		who := d.people["郝根生"].ID
		for i, c := range []Channel{r.robots[d.root.ID], r.robots[d.town.ID]} {
			err := d.db.Housekeep(ctx, func(tx *store.Tx) error {
				return keep(ctx, tx, "2026-04-16", tx.Now, draft{channel: c, kind: kindDigest, tells: []tell{{who, kindDigest, ""}}})
			})
			if raced := errors.Is(err, errRaced); raced != (i == 1) || (err != nil && !raced) {
				t.Errorf("message %d: %v", i, err)
			}
		}
		if m := d.only(); m.Via != WeCom {
			t.Errorf("%+v", m)
		}
	})
}

// Whatever happens to channels and addresses during a day: no person is told more than once what is not red, and no red thing twice.
func TestOneMessageADay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		d := found(t, url)
		names := []string{"邵文澜", "贺晓雨", "孟昭宁", "郝根生", "陆行舟"}
		admin := org.Person{Name: "系统管理员", Role: org.Admin, Unit: d.root}
		day := thursday
		rapid.Check(t, func(t *rapid.T) {
			day = day.AddDate(0, 0, 1)
			d.clock.set(day)
			yellow, red := map[string]int{}, map[string]int{} // by person, by person and thing
			seen := len(d.messages())
			steps := rapid.IntRange(1, 12).Draw(t, "steps")
			for range steps {
				d.clock.add(time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute)
				switch rapid.SampledFrom([]string{"tell", "tell", "tell", "robot", "mail", "remove", "address"}).Draw(t, "step") {
				case "tell":
					var items []Item
					for range rapid.IntRange(1, 8).Draw(t, "items") {
						name := rapid.SampledFrom(names).Draw(t, "who")
						light := rapid.SampledFrom([]string{Red, Yellow}).Draw(t, "light")
						subject := rapid.SampledFrom([]string{"p", "q", "r"}).Draw(t, "what")
						items = append(items, Item{Staff: d.people[name].ID, Light: light, Subject: subject, Text: name + light + subject + "。"})
					}
					d.compose(items...)
				case "robot", "mail":
					u := rapid.SampledFrom([]org.Unit{d.root, d.town, d.village}).Draw(t, "unit")
					_, _ = AddChannel(ctx, d.db, admin, u.ID, DingTalk, d.platform.URL+"/x", "") // there may be one
					_, _ = AddChannel(ctx, d.db, admin, u.ID, Mail, "smtp://a@linlan.example@127.0.0.1", "")
				case "remove":
					list, err := Channels(ctx, d.db, admin)
					if err != nil {
						t.Fatal(err)
					}
					if len(list) > 0 {
						c := rapid.SampledFrom(list).Draw(t, "channel")
						if err := RemoveChannel(ctx, d.db, admin, c.ID, c.Version); err != nil {
							t.Fatal(err)
						}
					}
				case "address":
					d.give(rapid.SampledFrom(names).Draw(t, "who"), rapid.SampledFrom([]string{"", "a@linlan.example"}).Draw(t, "address"))
				}
			}
			// What counts is what the messages say, not what the program thinks they do.
			for _, m := range d.messages()[seen:] {
				for _, name := range names {
					if strings.Contains(m.Body, name+Yellow) {
						yellow[name]++
					}
					for _, s := range []string{"p", "q", "r"} {
						red[name+s] += strings.Count(m.Body, name+Red+s+"。")
					}
				}
			}
			for name, n := range yellow {
				if n > 1 {
					t.Fatalf("%s is told %d times in a day", name, n)
				}
			}
			for what, n := range red {
				if n > 1 {
					t.Fatalf("%s is told %d times in a day", what, n)
				}
			}
		})
		if len(d.messages()) < 20 {
			t.Errorf("%d messages in all are no test", len(d.messages()))
		}
	})
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{{"高龄津贴", 12, "高龄津贴"}, {"高龄津贴", 11, "高龄…"}, {"高龄津贴", 9, "高龄…"}, {"abcdef", 5, "ab…"}, {"高", 2, "…"}} {
		if got := cut(c.s, c.n); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.s, c.n, got, c.want)
		}
	}
	if !slices.IsSorted(sortedKeys(map[int64]int{3: 1, 1: 1, 2: 1})) {
		t.Error("not sorted")
	}
}
