package org_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/office"
	"bihuan/org"
	"bihuan/store"
)

// workbook makes an xlsx of the given sheets: a title row above the columns, as the empty workbook has none and people add one.
func workbook(t testing.TB, units, places, staff [][]string) []byte {
	t.Helper()
	sheet := func(name string, columns []string, rows [][]string) office.Sheet {
		s := office.Sheet{Name: name, Title: name + "表"}
		for _, c := range columns {
			s.Table.Columns = append(s.Table.Columns, office.Column{Title: c})
		}
		for _, r := range rows {
			s.Table.Rows = append(s.Table.Rows, office.Cells(r...))
		}
		return s
	}
	var b bytes.Buffer
	err := office.WriteXlsx(&b, office.Book{Sheets: []office.Sheet{
		sheet("单位", []string{"上级单位", "单位名称", "类别"}, units),
		sheet("地点", []string{"上级地点", "地点名称", "类别", "所属单位"}, places),
		sheet("人员", []string{"姓名", "单位", "岗位", "角色", "登录名", "手机", "邮箱", "任职起"}, staff),
		{Name: "填写说明", Table: office.Table{Columns: []office.Column{{Title: "说明"}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readBook(t testing.TB, data []byte) (org.Book, error) {
	t.Helper()
	doc, err := office.Read(t.Context(), "人员.xlsx", data)
	if err != nil {
		t.Fatal(err)
	}
	return org.ReadBook(doc)
}

// counts are the rows of every table that an import writes to.
func counts(t testing.TB, db *store.DB) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, table := range []string{"unit", "place", "staff", "post", "holding", "journal"} {
		c, err := store.One(t.Context(), db, store.Value[int], `select count(*) from `+table)
		if err != nil {
			t.Fatal(err)
		}
		n[table] = c
	}
	return n
}

var goodBook = [3][][]string{
	{{"", "甲镇", "镇"}, {"水利站", "灌溉组", "部门"}, {"甲镇", "水利站", "部门"}, {"甲镇", "东村", "村"}},
	{{"", "甲镇", "镇", "甲镇"}, {"甲镇", "东村", "村", "东村"}, {"东村", "主街", "街", ""}, {"主街", "槐树胡同", "胡同", ""}, {"主街", "3号灯杆", "点", "水利站"}},
	{
		{"韩春梅", "甲镇", "党政办经办人", "经办人", "jz", "13812345678", "", ""},
		{"闻思齐", "甲镇", "宣传委员", "分管领导", "wensiqi", "１３９ 0000 1234", "wen@example.cn", "2026年3月1日"},
		{"闻思齐", "甲镇", "宗教专干", "责任人", "", "", "", "2026/3/1"},
		{"丁一山", "灌溉组", "巡渠员", "责任人", "", "", "", "2026-01-05"},
		{"丁二山", "甲镇/水利站/灌溉组", "巡渠员", "责任人", "", "0312-6012345", "", "2026-01-05"},
		{"李四喜", "东村", "村党支部书记", "责任人", "", "", "", ""},
	},
}

func TestImport(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, h house) {
		at(db, today)
		ctx := t.Context()
		admin := org.Person{ID: 9, Name: "镇管理员", Role: org.Admin, Unit: h.a}
		book, err := readBook(t, workbook(t, goodBook[0], goodBook[1], goodBook[2]))
		if err != nil {
			t.Fatal(err)
		}
		before := counts(t, db)
		dry, err := org.CheckBook(ctx, db, admin, book)
		if err != nil {
			t.Fatal(err)
		}
		for table, n := range counts(t, db) {
			if n != before[table] {
				t.Errorf("a check changed %s", table)
			}
		}
		got, err := org.ImportBook(ctx, db, admin, book)
		if err != nil {
			t.Fatal(err)
		}
		if got.Units != 2 || got.Places != 5 || got.Staff != 3 || got.Posts != 3 || got.Holdings != 4 || got.Changed != 2 || got.Same != 2 || strings.Join(got.Said, "\n") != strings.Join(dry.Said, "\n") {
			t.Errorf("done %+v, foretold %+v", got, dry)
		}
		if len(got.Passwords) != 1 || got.Passwords[0].Login != "wensiqi" {
			t.Fatalf("passwords %+v", got.Passwords)
		}
		who, err := org.Login(ctx, db, "wensiqi", got.Passwords[0].Password)
		if err != nil || who.Name != "闻思齐" || who.Role != org.Leader || who.Unit.ID != h.a.ID {
			t.Errorf("%+v %v", who, err)
		}
		hash, err := store.One(ctx, db, store.Value[string], `select password from staff where login = 'wensiqi'`)
		if err != nil || !strings.HasPrefix(hash, "$argon2id$") {
			t.Errorf("%s %v", hash, err)
		}
		if held, err := org.HoldingsOf(ctx, db, who.ID); err != nil || len(held) != 2 || held[0].Starts != "2026-03-01" {
			t.Errorf("held %+v %v", held, err)
		}
		if s := staffNamed(t, db, "闻思齐"); s.Phone.Full() != "13900001234" || s.Post != "宣传委员" {
			t.Errorf("%+v", s)
		}
		if s := staffNamed(t, db, "丁二山"); s.Unit.Name != "灌溉组" || s.Phone.Full() != "0312-6012345" {
			t.Errorf("%+v", s)
		}
		if _, err := org.Login(ctx, db, "jz", "mima-jz"); err != nil {
			t.Errorf("who could log in no longer can: %v", err)
		}
		// The same again changes nothing, not even the journal.
		after := counts(t, db)
		again, err := org.ImportBook(ctx, db, admin, book)
		if err != nil || !again.Nothing() || len(again.Passwords) > 0 {
			t.Errorf("again: %+v %v", again, err)
		}
		for table, n := range counts(t, db) {
			if n != after[table] {
				t.Errorf("the same workbook again changed %s", table)
			}
		}
		// What differs is changed, and nothing else.
		changed := [][]string{{"韩春梅", "甲镇", "镇长", "分管领导", "jz", "13812345679", "", ""}, {"丁一山", "灌溉组", "巡渠员", "责任人", "dys", "", "", "2026-01-05"}}
		book, err = readBook(t, workbook(t, nil, [][]string{{"主街", "3号灯杆", "点", "东村"}}, changed))
		if err != nil {
			t.Fatal(err)
		}
		got, err = org.ImportBook(ctx, db, admin, book)
		if err != nil || got.Changed != 3 || got.Same != 1 || len(got.Passwords) != 1 || got.Units+got.Places+got.Staff+got.Posts+got.Holdings != 0 {
			t.Errorf("%+v %v", got, err)
		}
		if s := staffNamed(t, db, "韩春梅"); s.Post != "镇长" || s.Role != org.Leader || s.Phone.Full() != "13812345679" {
			t.Errorf("%+v", s)
		}
		said, err := journal.Of(ctx, db, "staff", staffNamed(t, db, "韩春梅").ID, 1)
		if err != nil || said[0].Staff != 9 || said[0].Verb != "修改" {
			t.Errorf("recorded %+v %v", said, err)
		}
		if _, err := org.ImportBook(ctx, db, org.Person{Role: org.Clerk, Unit: h.a}, book); !errors.As(err, new(org.Denied)) {
			t.Errorf("a clerk imports people: %v", err)
		}
	})
}

// Every fault of a workbook is told at its row, and nothing of it is taken.
func TestImportFaults(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, h house) {
		at(db, today)
		ctx := t.Context()
		admin := org.Person{ID: 9, Name: "镇管理员", Role: org.Admin, Unit: h.a}
		write(t, db, func(ctx context.Context, tx *store.Tx) error {
			if _, err := org.AddStaff(ctx, tx, org.Program, h.b, "外人", "", org.Clerk, "wairen", "x"); err != nil {
				return err
			}
			post, err := org.AddPost(ctx, tx, org.Program, h.a, "镇长", org.Leader, true)
			if err == nil {
				_, err = org.Hold(ctx, tx, org.Program, post.ID, staffNamed(t, db, "韩春梅").ID, "2026-01-01", "")
			}
			return err
		})
		before := counts(t, db)
		book, err := readBook(t, workbook(t,
			[][]string{{"甲镇", "水利站", "部门"}, {"甲镇", "水利站", "部门"}, {"无此镇", "某站", "部门"}, {"甲镇", "某站", "科"}, {"", "丙镇", "镇"}, {"甲镇", "", "村"}, {"乙镇", "北村", "村"}},
			[][]string{{"", "主街", "街", "东村"}, {"主街", "东村", "村", "东村"}, {"", "某处", "点", "无此村"}},
			[][]string{
				{"丁一", "甲镇", "站长", "科员", "", "", "", ""},
				{"丁二", "无此站", "站长", "责任人", "丁二", "123", "x", "2026年2月30日"},
				{"丁三", "甲镇", "", "责任人", "wairen", "", "", "2026-01-01"},
				{"丁四", "甲镇", "站长", "责任人", "jz", "", "", ""},
				{"丁五", "甲镇", "镇长", "分管领导", "", "", "", "2026-04-01"},
				{"丁六", "甲镇", "站长", "巡察办", "", "", "", ""},
				{"丁七", "甲镇", "站长", "责任人", "dq", "", "", ""},
				{"丁七", "甲镇", "站长", "责任人", "dq", "", "", ""},
				{"", "甲镇", "站长", "责任人", "", "", "", ""},
				{"丁八", "甲镇", "站长", "责任人", "wairen", "", "", ""},
				{"丁九", "财政所", "", "", "", "", "", ""},
			}))
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"单位 第4行 单位名称：“水利站”与第3行重复", "单位 第5行 上级单位：没有“无此镇”这个单位", "单位 第6行 类别：请写 区、镇、部门、村 中的一种", "单位 第7行 上级单位：没有写；只有最上级的单位可以空着",
			"单位 第8行 单位名称：没有写；不要的行请整行删去", "单位 第9行 上级单位：没有“乙镇”这个单位",
			"地点 第4行 类别：街“主街”里不能再有村", "地点 第5行 所属单位：没有“无此村”这个单位",
			"人员 第3行 角色：请从", "人员 第4行 单位：没有“无此站”这个单位", "人员 第4行 登录名：“丁二”不能做登录名", "人员 第4行 手机：请写11位手机号", "人员 第4行 邮箱：请写成", "人员 第4行 任职起：“2026年2月30日”不是日期",
			"人员 第5行 岗位：写了任职起，就要写岗位", "人员 第6行 登录名：“jz”是韩春梅的登录名", "人员 第7行 岗位：“镇长”现由韩春梅担任", "人员 第8行 角色：“巡察办”只能是区里的人",
			"人员 第10行 姓名：丁七与第9行重复", "人员 第11行 姓名：没有写", "人员 第12行 登录名：登录名“wairen”已有人使用", "人员 第13行 单位：没有“财政所”这个单位", "人员 第13行 角色：没有写",
		}
		_, err = org.CheckBook(ctx, db, admin, book)
		var bad org.RowErrors
		if !errors.As(err, &bad) {
			t.Fatalf("taken: %v", err)
		}
		for i, e := range bad {
			said := e.Sheet + " " + e.String()
			if i >= len(want) || !strings.HasPrefix(said, want[i]) {
				t.Errorf("fault %d is %q", i, said)
			}
		}
		if len(bad) != len(want) {
			t.Errorf("%d faults, want %d", len(bad), len(want))
		}
		if _, err := org.ImportBook(ctx, db, admin, book); !errors.As(err, &bad) {
			t.Errorf("imported: %v", err)
		}
		for table, n := range counts(t, db) {
			if n != before[table] {
				t.Errorf("a refused workbook changed %s", table)
			}
		}
	})
}

func TestReadBook(t *testing.T) {
	for what, x := range map[string]struct {
		sheets []office.Sheet
		want   string
	}{
		"no sheet of that name": {[]office.Sheet{{Name: "表一", Table: office.Table{Columns: []office.Column{{Title: "姓名"}}}}}, "没有找到名为"},
		"an unknown column":     {[]office.Sheet{{Name: "人员", Table: office.Table{Columns: []office.Column{{Title: "姓名"}, {Title: "工资"}}, Rows: []office.Row{office.Cells("甲", "1")}}}}, "第1行 工资：没有这一列"},
		"no titles":             {[]office.Sheet{{Name: "人员", Table: office.Table{Columns: []office.Column{{Title: "谁"}}, Rows: []office.Row{office.Cells("甲")}}}}, "没有找到写着"},
		"no rows":               {[]office.Sheet{{Name: "人员", Table: office.Table{Columns: []office.Column{{Title: "姓名"}}}}}, "一行也没有填"},
	} {
		var b bytes.Buffer
		if err := office.WriteXlsx(&b, office.Book{Sheets: x.sheets}); err != nil {
			t.Fatal(err)
		}
		if _, err := readBook(t, b.Bytes()); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
