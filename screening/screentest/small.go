package screentest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Small are the lists that only the rules beside the allowance need.
type Small struct {
	Payroll  []Row
	Warnings []Row
	Tekun    []Row
	Reviews  []Row
	Disabled []Row
	Posts    []Row
	Cadres   []Row
	Kin      []Row // the person is the relative
}

// Row is a row of a small list: who, as whom it is written, and what else it says.
type Row struct {
	Person *Person
	Name   string
	ID     string
	Says   map[string]any
}

// plantSmall puts the rows of recipe D2 for 低保, 特困 and 公益岗 into the town. It throws dice of its own, so that a seed's town is
// otherwise what it was.
func (t *Town) plantSmall() {
	dice := rand.New(rand.NewPCG(t.Seed, 78))
	inDibao := map[int]bool{}
	for _, house := range t.Dibao {
		inDibao[house[0].House] = true
	}
	tainted := map[int]bool{} // houses with something planted, or somebody who is gone
	for _, p := range t.People {
		if p.label != "" || !p.Died.IsZero() || p.State != "正常" || p.Paper || p.Unlisted {
			tainted[p.House] = true
		}
	}
	pool := slices.Clone(t.People)
	dice.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
	// free takes somebody of an age, in no house with a planted case, in a dibao house or not.
	free := func(label string, dibao bool, from, to int) *Person {
		for _, p := range pool {
			if age := Age(p.Birth, Now); p.label == "" && !tainted[p.House] && inDibao[p.House] == dibao && age >= from && age <= to {
				p.label = label
				tainted[p.House] = true
				return p
			}
		}
		panic("screentest: nobody left to be " + label)
	}
	s := &t.Small
	add := func(list *[]Row, p *Person, says map[string]any) {
		*list = append(*list, Row{p, p.Name, p.ID, says})
	}
	found := func(rule string, p *Person, lists ...string) {
		t.Cases = append(t.Cases, Case{Label: p.label, Rule: rule, IDs: []string{p.ID}, Lists: lists})
	}
	trap := func(p *Person, rules ...string) { t.Traps = append(t.Traps, Trap{p.label, p.ID, rules}) }

	for i := range 12 {
		p := free("paid by the state", true, 30, 58) // who is younger never had a number of fifteen digits
		add(&s.Payroll, p, map[string]any{"单位": "样例中心小学", "状态": "在职"})
		row := &s.Payroll[len(s.Payroll)-1]
		switch i % 4 { // whatever the writing
		case 1:
			row.ID = short(p.ID)
		case 2:
			row.ID = wide(p.ID)
		case 3:
			row.ID, row.Name = " "+strings.ToLower(p.ID), spaced(p.Name)
		}
		found("DB-02", p, "dibao", "payroll")
	}
	for range 5 {
		p := free("left the payroll", true, 20, 58)
		add(&s.Payroll, p, map[string]any{"单位": "样例纺织厂", "状态": "已离职"})
		trap(p, "DB-02")
	}
	for range 5 {
		p := free("namesake of somebody paid", true, 20, 58)
		q := free("paid by the state elsewhere", false, 20, 58)
		q.Name = p.Name
		add(&s.Payroll, q, map[string]any{"单位": "样例县中学", "状态": "在职"})
		trap(p, "DB-02")
	}
	for range 200 {
		add(&s.Payroll, free("paid by the state, no benefit", false, 20, 58), map[string]any{"单位": "样例镇卫生院", "状态": "在职"})
	}

	for i := range 25 {
		p := free("has something", true, 18, 75)
		says := map[string]any{"预警": "是", "类型": []string{"车辆", "工商登记", "不动产"}[i%3], "说明": []string{"小型轿车", "个体工商户", "商品房一套"}[i%3]}
		if i < 10 {
			p.label = "has what is allowed"
			says = map[string]any{"预警": "是", "类型": "车辆", "说明": []string{"农用三轮车", "三轮摩托车", "拖拉机", "残疾人代步车"}[i%4]}
			trap(p, "DB-03")
		} else {
			found("DB-03", p, "dibao", "warning")
		}
		add(&s.Warnings, p, says)
	}
	for i := range 60 {
		add(&s.Warnings, free("checked", i%2 == 0, 18, 75), map[string]any{"预警": []string{"否", "无"}[i/2%2], "类型": "", "说明": ""})
	}

	for range 6 {
		p := free("on two programmes", true, 60, 79)
		add(&s.Tekun, p, map[string]any{"方式": "分散供养"})
		found("DB-04", p, "dibao", "tekun")
	}
	for range 60 {
		p := free("supported by the state", false, 60, 79)
		add(&s.Tekun, p, map[string]any{"方式": []string{"集中供养", "分散供养"}[dice.IntN(2)]})
	}

	months := map[string]int{"A类": 12, "B类": 6, "C类": 3}
	overdue := 0
	for i, house := range t.Dibao {
		class := []string{"A类", "B类", "C类"}[dice.IntN(3)]
		due := Now.AddDate(0, 0, dice.IntN(80)) // today is in time
		label := "review in time"
		if overdue < 55 && dice.IntN(len(t.Dibao)-i) < 55-overdue {
			overdue++
			label = "review overdue"
			due = Now.AddDate(0, 0, -1-dice.IntN(200))
		}
		last := due.AddDate(0, -months[class], 0)
		for last.AddDate(0, months[class], 0).After(due) { // a month of 31 days
			last = last.AddDate(0, 0, -1)
		}
		if label == "review in time" && monthsLater(last, months[class]).Before(Now) {
			last = last.AddDate(0, 0, 3)
		}
		var ids []string
		for _, p := range house {
			ids = append(ids, p.ID)
		}
		if label == "review overdue" {
			t.Cases = append(t.Cases, Case{Label: label, Rule: "DB-06", IDs: ids, Lists: []string{"dibao", "review"}})
		}
		add(&s.Reviews, house[0], map[string]any{"证号": fmt.Sprintf("DB%05d", i), "类别": class, "复核": last})
	}

	for i := range 30 {
		p := free("gravely disabled, on nothing", false, 5, 78)
		add(&s.Disabled, p, map[string]any{"类别": "肢体", "等级": []string{"一级", "二级"}[i%2]})
		found("DB-09", p, "disability")
	}
	for i := range 120 {
		add(&s.Disabled, free("disabled", i%2 == 0, 5, 78), map[string]any{"类别": "听力", "等级": []string{"三级", "四级"}[i/2%2]})
	}
	for range 100 {
		house := t.Dibao[dice.IntN(len(t.Dibao))]
		add(&s.Disabled, house[dice.IntN(len(house))], map[string]any{"类别": "视力", "等级": "一级"})
	}
	for _, row := range s.Tekun[6:26] {
		add(&s.Disabled, row.Person, map[string]any{"类别": "精神", "等级": "二级"})
	}

	for i := range 60 {
		p := free("cadre", false, 25, 60)
		add(&s.Cadres, p, map[string]any{"职务": []string{"村支书", "村会计", "民政经办人"}[i%3]})
	}
	t.plantPosts(dice, free, tainted, add, found, trap)
}

// monthsLater is the same day so many months later, or the last of its month.
func monthsLater(d time.Time, n int) time.Time {
	later := d.AddDate(0, n, 0)
	for later.Day() != d.Day() && later.Day() < 4 {
		later = later.AddDate(0, 0, -1)
	}
	return later
}

// plantPosts makes 180 public-welfare posts.
func (t *Town) plantPosts(dice *rand.Rand, free func(string, bool, int, int) *Person, tainted map[int]bool, add func(*[]Row, *Person, map[string]any), found func(string, *Person, ...string), trap func(*Person, ...string)) {
	s := &t.Small
	jobs := []string{"保洁员", "护林员", "护路员", "水管员"}
	post := func(p *Person) {
		add(&s.Posts, p, map[string]any{"岗位": jobs[dice.IntN(len(jobs))], "上岗": time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), "协议止": time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)})
	}
	left := 180
	for range 3 {
		p := free("dead on a post", false, 30, 60)
		p.Died, p.DeathRow = t.dayIn(2+dice.IntN(6)), true
		post(p)
		found("GY-01", p, "posts")
		t.Cases[len(t.Cases)-1].Death = true
	}
	for range 2 {
		p := free("two posts", false, 30, 60)
		post(p)
		post(p)
		s.Posts[len(s.Posts)-1].ID = short(p.ID)
		found("GY-01", p, "posts")
	}
	for range 2 {
		p := free("post and payroll", false, 30, 58)
		post(p)
		add(&s.Payroll, p, map[string]any{"单位": "样例镇政府", "状态": "在职"})
		found("GY-01", p, "posts", "payroll")
	}
	for range 4 {
		p := free("too old for a post", false, 66, 78)
		post(p)
		found("GY-01", p, "posts")
	}
	for i := range 3 {
		p := free("cadre's relative on a post", false, 30, 60)
		post(p)
		add(&s.Kin, p, map[string]any{"干部": s.Cadres[i].Name, "干部号": s.Cadres[i].ID, "关系": "兄弟"})
		found("GY-01", p, "posts", "kin")
	}
	for _, c := range s.Cadres {
		if len(s.Posts) == 3+4+2+4+3+2 {
			break
		}
		for _, p := range t.byVillage[c.Person.Village] {
			if age := Age(p.Birth, Now); p.House == c.Person.House && p != c.Person && p.label == "" && age >= 18 && age <= 65 {
				p.label = "lives with a cadre"
				post(p)
				found("GY-01", p, "posts")
				break
			}
		}
	}
	for range 4 { // sixty-five is not above sixty-five; who left is on no post
		p := free("sixty-five on a post", false, 65, 65)
		post(p)
		trap(p, "GY-01")
		q := free("left a post", false, 66, 75)
		post(q)
		s.Posts[len(s.Posts)-1].Says["协议止"] = time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)
		trap(q, "GY-01")
	}
	for len(s.Posts) < left {
		post(free("on a post", false, 20, 60))
	}
}

// says is a column of a small list.
func says(what string) func(any) any { return func(row any) any { return row.(Row).Says[what] } }

func (w *writer) smallLists() error {
	name := func(row any) any { return row.(Row).Name }
	id := func(row any) any { return row.(Row).ID }
	village := func(row any) any { return w.village(row.(Row).Person.Village) }
	date := func(what string) func(any) any {
		return func(row any) any { return w.date(row.(Row).Says[what].(time.Time)) }
	}
	who := []column{{[]string{"姓名", "对象姓名"}, "", name}, {[]string{"身份证号", "公民身份号码", "证件号码"}, "", id}}
	s := w.t.Small
	for _, l := range []struct {
		kind, file, title string
		rows              []Row
		columns           []column
	}{
		{"payroll", "财政供养", "示范县财政供养人员名单", s.Payroll, append(slices.Clone(who), column{[]string{"工作单位", "单位名称"}, "", says("单位")}, column{[]string{"在职状态", "人员状态"}, "", says("状态")})},
		{"warning", "核对预警", "示范县核对预警反馈表", s.Warnings, append(slices.Clone(who), column{[]string{"是否预警", "预警结果"}, "", says("预警")}, column{[]string{"预警类型", "预警项目"}, "", says("类型")}, column{[]string{"情况说明", "备注"}, "", says("说明")})},
		{"tekun", "特困", "示范镇特困供养人员花名册", s.Tekun, append(slices.Clone(who), column{[]string{"村", "行政村"}, "", village}, column{[]string{"供养方式"}, "", says("方式")})},
		{"review", "复核", "示范镇低保复核台账", s.Reviews, []column{{[]string{"低保证号", "户编号"}, "", says("证号")}, {[]string{"户主姓名", "姓名"}, "", name}, {[]string{"户主身份证号", "身份证号"}, "", id}, {[]string{"复核类别", "保障类别"}, "", says("类别")}, {[]string{"复核日期", "最近复核日期"}, "", date("复核")}}},
		{"disability", "残疾证", "示范县持证残疾人名单", s.Disabled, append(slices.Clone(who), column{[]string{"残疾类别"}, "", says("类别")}, column{[]string{"残疾等级", "残疾级别"}, "", says("等级")})},
		{"posts", "公益岗", "示范镇公益性岗位名册", s.Posts, append(slices.Clone(who), column{[]string{"岗位名称", "岗位类型"}, "", says("岗位")}, column{[]string{"上岗时间", "上岗日期"}, "", date("上岗")}, column{[]string{"协议止", "合同结束日期"}, "", date("协议止")})},
		{"cadres", "村干部", "示范镇村干部和经办人名单", s.Cadres, append(slices.Clone(who), column{[]string{"职务", "任职情况"}, "", says("职务")})},
		{"kin", "近亲属备案", "示范镇近亲属备案表", s.Kin, []column{{[]string{"干部姓名", "村干部姓名"}, "", says("干部")}, {[]string{"干部身份证号"}, "", says("干部号")}, {[]string{"近亲属姓名"}, "", name}, {[]string{"近亲属身份证号", "亲属身份证号"}, "", id}, {[]string{"与干部关系"}, "", says("关系")}}},
	} {
		rows := make([]any, len(l.rows))
		for i, r := range l.rows {
			rows[i] = r
		}
		if err := w.smallList(l.kind, l.file, l.title, l.columns, rows, func(row any) string { return row.(Row).Person.ID }); err != nil {
			return err
		}
	}
	return nil
}

// smallList writes one list and notes where each number stands.
func (w *writer) smallList(kind, file, title string, columns []column, rows []any, idOf func(any) string) error {
	ext, sheet := ".xlsx", file
	if w.o.Format == "csv" {
		ext, sheet = ".csv", ""
	}
	places := map[string][]Place{}
	w.out.small[kind] = places
	return w.save(kind, file, "", w.table(file, title, columns, 0, rows, func(row any, n int) {
		places[idOf(row)] = append(places[idOf(row)], Place{file + ext, sheet, n})
	}, false))
}
