package screentest

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// Options say how a town is written.
type Options struct {
	Format   string // csv, or xlsx
	Encoding string // of csv: utf-8, utf-8-bom, gb18030, utf-16le, utf-16be
	Shuffle  uint64 // the order of columns and their headers, 0 for the usual ones
	Messy    bool   // monthly sheets, titles, merged and two-row headers, totals, 同上, dates in all forms
}

// File is a written list.
type File struct{ Kind, Path string }

// Place is a row of a file.
type Place struct {
	File, Sheet string
	Row         int
}

// Written is a town on the disk.
type Written struct {
	Files  []File
	pays   map[*Pay]Place
	people map[string][]Place // rows of the register by number
	deaths map[string][]Place
	small  map[string]map[string][]Place // rows of the small lists by kind and number
}

// column is a column of a list.
type column struct {
	headers []string // the usual one first
	parent  string   // above it, in a header of two rows
	value   func(row any) any
}

// sheet is a table as it is written.
type sheet struct {
	name   string
	rows   [][]any
	merges [][4]int // from column, row to column, row; from 0
	hidden []int
}

type writer struct {
	t    *Town
	o    Options
	dir  string
	rand *rand.Rand
	out  *Written
}

// Write writes all lists of a town into a folder.
func (t *Town) Write(dir string, o Options) (*Written, error) {
	w := &writer{t: t, o: o, dir: dir, rand: rand.New(rand.NewPCG(t.Seed, o.Shuffle+3)),
		out: &Written{pays: map[*Pay]Place{}, people: map[string][]Place{}, deaths: map[string][]Place{}, small: map[string]map[string][]Place{}}}
	for _, write := range []func() error{w.residents, w.roll, w.otherRoll, w.deaths, w.dibao, w.pensions, w.smallLists, w.params} {
		if err := write(); err != nil {
			return nil, err
		}
	}
	return w.out, nil
}

func (w *writer) params() error {
	first := "birthday"
	if w.t.Next {
		first = "next"
	}
	text := fmt.Sprintf(`{"as_of": "2026-11-30", "age_threshold": 80, "first_month": %q, "grace_months_after_death": %d, "tiers": [{"from_age": 80, "to_age": 89, "yuan_per_month": 50}, {"from_age": 90, "to_age": 99, "yuan_per_month": 100}, {"from_age": 100, "to_age": 150, "yuan_per_month": 300}]}`, first, w.t.Grace)
	return os.WriteFile(filepath.Join(w.dir, "params.json"), []byte(text), 0o600)
}

// date writes a day in one of the ways people do.
func (w *writer) date(d time.Time) any {
	if d.IsZero() {
		return ""
	}
	if !w.o.Messy {
		return d.Format("2006-01-02")
	}
	switch w.rand.IntN(7) {
	case 0:
		return d.Format("20060102")
	case 1:
		return d.Format("2006.1.2")
	case 2:
		return d.Format("2006年1月2日")
	case 3:
		return d.Format("2006/1/2")
	case 4:
		if w.o.Format == "csv" {
			return int(d.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24)
		}
		return d // a date cell
	case 5:
		return int(d.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24)
	}
	return d.Format("2006-01-02")
}

// arrange orders columns and picks their headers.
func (w *writer) arrange(columns []column, also uint64) ([]column, []string) {
	list := append([]column(nil), columns...)
	heads := make([]string, len(list))
	if w.o.Shuffle+also > 0 {
		r := rand.New(rand.NewPCG(w.o.Shuffle, also))
		if w.o.Shuffle > 0 {
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
		for i, c := range list {
			heads[i] = c.headers[r.IntN(len(c.headers))]
		}
		return list, heads
	}
	for i, c := range list {
		heads[i] = c.headers[0]
	}
	return list, heads
}

// table makes a sheet; note gets the row of each.
func (w *writer) table(name, title string, columns []column, also uint64, rows []any, note func(row any, place int), foot bool) sheet {
	s := sheet{name: name}
	cols, heads := w.arrange(columns, also)
	if w.o.Messy && title != "" {
		for range 1 + w.rand.IntN(3) {
			s.rows = append(s.rows, []any{title})
			s.merges = append(s.merges, [4]int{0, len(s.rows) - 1, len(cols) - 1, len(s.rows) - 1})
			title = "填报单位：示范镇民政所"
		}
	}
	parents := make([]any, len(cols))
	two := false
	for i, c := range cols {
		parents[i] = heads[i]
		if c.parent != "" && w.o.Messy && w.o.Shuffle == 0 && (i > 0 && cols[i-1].parent == c.parent || i+1 < len(cols) && cols[i+1].parent == c.parent) {
			two = true
		}
	}
	top := len(s.rows)
	if two {
		below := make([]any, len(cols))
		for i, c := range cols {
			below[i] = ""
			if c.parent == "" {
				s.merges = append(s.merges, [4]int{i, top, i, top + 1})
				continue
			}
			below[i], parents[i] = heads[i], ""
			if i == 0 || cols[i-1].parent != c.parent {
				parents[i] = c.parent
				last := i
				for last+1 < len(cols) && cols[last+1].parent == c.parent {
					last++
				}
				if last > i {
					s.merges = append(s.merges, [4]int{i, top, last, top})
				}
			}
		}
		s.rows = append(s.rows, parents, below)
	} else {
		s.rows = append(s.rows, parents)
	}
	total := 0.0
	for n, row := range rows {
		if w.o.Messy && n > 0 && w.rand.IntN(400) == 0 {
			s.rows = append(s.rows, []any{})
		}
		if w.o.Messy && w.rand.IntN(300) == 0 {
			s.hidden = append(s.hidden, len(s.rows))
		}
		cells := make([]any, len(cols))
		for i, c := range cols {
			cells[i] = c.value(row)
		}
		if p, ok := row.(*Pay); ok {
			total += float64(p.Yuan)
		}
		s.rows = append(s.rows, cells)
		note(row, len(s.rows))
	}
	if foot && w.o.Messy {
		sum := make([]any, len(cols))
		for i, c := range cols {
			sum[i] = ""
			if strings.Contains(strings.Join(c.headers, ""), "金额") {
				sum[i] = total
			}
		}
		sum[0] = "合 计"
		s.rows = append(s.rows, sum, []any{"制表人：样例甲", "", "审核：样例乙"})
	}
	return s
}

// save writes sheets as one file, or as many as there are sheets in csv.
func (w *writer) save(kind, base, coding string, sheets ...sheet) error {
	if w.o.Format == "csv" || coding != "" {
		if coding == "" {
			coding = w.o.Encoding
		}
		for i, s := range sheets {
			name := base
			if len(sheets) > 1 {
				name += "-" + s.name
			}
			path := filepath.Join(w.dir, name+".csv")
			data, err := encode(s, coding)
			if err != nil {
				return err
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				return err
			}
			w.out.Files = append(w.out.Files, File{kind, path})
			_ = i
		}
		return nil
	}
	path := filepath.Join(w.dir, base+".xlsx")
	w.out.Files = append(w.out.Files, File{kind, path})
	f := excelize.NewFile()
	defer f.Close()
	date, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		return err
	}
	for i, s := range sheets {
		if i == 0 {
			err = f.SetSheetName("Sheet1", s.name)
		} else {
			_, err = f.NewSheet(s.name)
		}
		if err == nil {
			err = fill(f, s, date, w.o.Messy)
		}
		if err != nil {
			return err
		}
	}
	return f.SaveAs(path)
}

// fill writes a sheet, in a stream when it is large.
func fill(f *excelize.File, s sheet, date int, shared bool) error {
	if !shared || len(s.rows) > 5000 {
		stream, err := f.NewStreamWriter(s.name)
		if err != nil {
			return err
		}
		for i, row := range s.rows {
			cells := make([]any, len(row))
			for k, v := range row {
				if d, ok := v.(time.Time); ok {
					cells[k] = excelize.Cell{StyleID: date, Value: d}
					continue
				}
				cells[k] = v
			}
			if err := stream.SetRow("A"+strconv.Itoa(i+1), cells); err != nil {
				return err
			}
		}
		for _, m := range s.merges {
			from, to := cellName(m[0], m[1]), cellName(m[2], m[3])
			if err := stream.MergeCell(from, to); err != nil {
				return err
			}
		}
		return stream.Flush()
	}
	for i, row := range s.rows {
		for k, v := range row {
			if v == "" {
				continue
			}
			if err := f.SetCellValue(s.name, cellName(k, i), v); err != nil {
				return err
			}
			if _, ok := v.(time.Time); ok {
				if err := f.SetCellStyle(s.name, cellName(k, i), cellName(k, i), date); err != nil {
					return err
				}
			}
		}
	}
	for _, m := range s.merges {
		if err := f.MergeCell(s.name, cellName(m[0], m[1]), cellName(m[2], m[3])); err != nil {
			return err
		}
	}
	for _, row := range s.hidden {
		if err := f.SetRowVisible(s.name, row+1, false); err != nil {
			return err
		}
	}
	return nil
}

func cellName(column, row int) string {
	name, _ := excelize.CoordinatesToCellName(column+1, row+1)
	return name
}

func encode(s sheet, coding string) ([]byte, error) {
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	c.UseCRLF = true
	for _, row := range s.rows {
		cells := make([]string, max(1, len(row)))
		for i, v := range row {
			cells[i] = fmt.Sprint(v)
		}
		if err := c.Write(cells); err != nil {
			return nil, err
		}
	}
	c.Flush()
	var e encoding.Encoding
	switch coding {
	case "utf-8":
		return b.Bytes(), nil
	case "utf-8-bom":
		return append([]byte("\ufeff"), b.Bytes()...), nil
	case "gb18030":
		e = simplifiedchinese.GB18030
	case "utf-16le":
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case "utf-16be":
		e = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	default:
		return nil, fmt.Errorf("screentest: no encoding %q", coding)
	}
	return e.NewEncoder().Bytes(b.Bytes())
}

func (w *writer) village(i int) string { return w.t.Villages[i] + "村" }

func person(f func(*Person) any) func(any) any { return func(row any) any { return f(row.(*Person)) } }

func (w *writer) residents() error {
	columns := []column{
		{[]string{"姓名", "名字"}, "", person(func(p *Person) any { return p.Name })},
		{[]string{"公民身份号码", "身份证号码", "身份证号", "证件号码"}, "", person(func(p *Person) any { return p.ID })},
		{[]string{"性别"}, "", person(func(p *Person) any {
			if p.Male {
				return "男"
			}
			return "女"
		})},
		{[]string{"出生日期", "出生年月", "生日"}, "", person(func(p *Person) any { return w.date(p.Birth) })},
		{[]string{"户号", "户编号", "家庭编号"}, "", person(func(p *Person) any { return fmt.Sprintf("H%06d", p.House) })},
		{[]string{"与户主关系"}, "", person(func(p *Person) any { return p.Relation })},
		{[]string{"村", "行政村", "村(居)", "所属村"}, "户籍地", person(func(p *Person) any { return w.village(p.Village) })},
		{[]string{"组", "村民小组"}, "户籍地", person(func(p *Person) any { return fmt.Sprintf("%d组", p.Group) })},
		{[]string{"户籍地址", "户籍所在地", "家庭住址"}, "", person(func(p *Person) any { return fmt.Sprintf("示范县示范镇%s%d组", w.village(p.Village), p.Group) })},
		{[]string{"状态", "户籍状态"}, "", person(func(p *Person) any {
			if p.Away && p.State == "正常" && p.House%2 == 0 {
				return "常年外出"
			}
			return p.State
		})},
		{[]string{"变动日期"}, "", person(func(p *Person) any { return w.date(p.Changed) })},
	}
	var main, paper []any
	for _, p := range append(append([]*Person(nil), w.t.People...), w.t.Extra...) {
		switch {
		case p.Unlisted:
		case p.Paper:
			paper = append(paper, p)
		default:
			main = append(main, p)
		}
	}
	note := func(file, name string) func(any, int) {
		return func(row any, n int) {
			id := row.(*Person).ID
			w.out.people[id] = append(w.out.people[id], Place{file, name, n})
		}
	}
	ext, main1, paper1 := ".xlsx", "户籍", "纸质"
	if w.o.Format == "csv" {
		ext, main1, paper1 = ".csv", "", ""
	}
	s := w.table("户籍", "示范镇常住户籍人口登记表", columns, 0, main, note("户籍"+ext, main1), false)
	if err := w.save("residents", "户籍", "", s); err != nil {
		return err
	}
	return w.save("residents", "纸质户籍补录", "", w.table("纸质", "", columns, 5, paper, note("纸质户籍补录"+ext, paper1), false))
}

func (w *writer) payColumns(month bool) []column {
	pay := func(f func(*Pay) any) func(any) any { return func(row any) any { return f(row.(*Pay)) } }
	last := -1
	columns := []column{
		{[]string{"姓名", "对象姓名", "名字"}, "", pay(func(p *Pay) any { return p.Name })},
		{[]string{"身份证号", "身份证号码", "公民身份号码", "证件号码", "身份证"}, "", pay(func(p *Pay) any { return p.ID })},
		{[]string{"村名", "行政村", "所属村", "村(居)"}, "", pay(func(p *Pay) any {
			if w.o.Messy && p.Village == last && w.rand.IntN(3) == 0 {
				return []string{"同上", "〃"}[w.rand.IntN(2)]
			}
			last = p.Village
			if w.o.Messy && w.rand.IntN(4) == 0 {
				return w.t.Villages[p.Village]
			}
			return w.village(p.Village)
		})},
		{[]string{"开户行"}, "发放情况", pay(func(p *Pay) any { return "农商银行" })},
		{[]string{"一卡通账号", "银行账号", "银行卡号", "账号"}, "发放情况", pay(func(p *Pay) any { return p.Account })},
		{[]string{"发放金额", "金额", "补贴金额", "实发"}, "发放情况", pay(func(p *Pay) any {
			if w.o.Messy {
				switch w.rand.IntN(3) {
				case 0:
					return fmt.Sprintf("%d.00", p.Yuan)
				case 1:
					return fmt.Sprintf("%d元", p.Yuan)
				}
			}
			return p.Yuan
		})},
		{[]string{"享受起始", "批准时间"}, "", pay(func(p *Pay) any { return "2024-01" })},
		{[]string{"备注"}, "", pay(func(p *Pay) any { return "" })},
	}
	if month {
		columns = append(columns, column{[]string{"发放月份", "发放年月", "享受月份"}, "", pay(func(p *Pay) any {
			end := monthEnd(p.Month)
			if w.o.Shuffle > 0 {
				return end.Format("200601")
			}
			return end.Format("2006-01")
		})})
	}
	return columns
}

func (w *writer) roll() error {
	byMonth := make([][]any, 12)
	var all []any
	for _, y := range w.t.Pays {
		if !y.Other {
			byMonth[y.Month] = append(byMonth[y.Month], y)
			all = append(all, y)
		}
	}
	if !w.o.Messy {
		name, base := "发放册", "发放册"
		ext := ".xlsx"
		if w.o.Format == "csv" {
			ext, name = ".csv", ""
		}
		s := w.table("发放册", "", w.payColumns(true), 0, all, func(row any, n int) { w.out.pays[row.(*Pay)] = Place{base + ext, name, n} }, false)
		return w.save("roll", base, "", s)
	}
	var sheets []sheet
	for ago := 11; ago >= 0; ago-- {
		end := monthEnd(ago)
		name := end.Format("2006年1月")
		if w.t.Seed%3 == 0 {
			name = end.Format("1月")
		}
		file, cited := "高龄津贴发放册.xlsx", name
		if w.o.Format == "csv" {
			file, cited = "高龄津贴发放册-"+name+".csv", ""
		}
		also := uint64(0)
		if end.Month() == 7 {
			also = 9
		}
		sheets = append(sheets, w.table(name, end.Format("示范镇2006年1月高龄津贴发放花名册"), w.payColumns(false), also, byMonth[ago],
			func(row any, n int) { w.out.pays[row.(*Pay)] = Place{file, cited, n} }, true))
	}
	return w.save("roll", "高龄津贴发放册", "", sheets...)
}

func (w *writer) otherRoll() error {
	var rows []any
	for _, y := range w.t.Pays {
		if y.Other {
			rows = append(rows, y)
		}
	}
	for i := range 40 { // people of the other town
		p := &Person{Name: w.t.surname(i%33) + w.t.given(85, false), Birth: time.Date(1938, 1, 1+i, 0, 0, 0, 0, time.UTC)}
		rows = append(rows, &Pay{Name: p.Name, ID: w.t.numberIn("990777", p.Birth, false), Village: i % 33, Account: fmt.Sprintf("62280%014d", 555+i), Yuan: 50, Person: p})
	}
	ext, name := ".xlsx", "外镇"
	if w.o.Format == "csv" {
		ext, name = ".csv", ""
	}
	s := w.table("外镇", "", w.payColumns(false), 0, rows, func(row any, n int) { w.out.pays[row.(*Pay)] = Place{"外镇发放册" + ext, name, n} }, false)
	return w.save("other-roll", "外镇发放册", "", s)
}

func (w *writer) deaths() error {
	died := person(func(p *Person) any { return w.date(p.Died) })
	name := person(func(p *Person) any { return p.Name })
	id := person(func(p *Person) any { return p.ID })
	age := person(func(p *Person) any { return Age(p.Birth, p.Died) })
	note := func(file, sheet string) func(any, int) {
		return func(row any, n int) {
			id := row.(*Person).ID
			w.out.deaths[id] = append(w.out.deaths[id], Place{file, sheet, n})
		}
	}
	hospital := []column{{[]string{"姓名", "死者姓名"}, "", name}, {[]string{"年龄"}, "", age}, {[]string{"身份证号", "证件号码"}, "", id}, {[]string{"死亡日期", "死亡时间"}, "", died}}
	all := make([]any, 0, len(w.t.Deaths))
	for _, p := range w.t.Deaths {
		all = append(all, p)
	}
	if !w.o.Messy {
		ext, cited := ".xlsx", "死亡"
		if w.o.Format == "csv" {
			ext, cited = ".csv", ""
		}
		return w.save("deaths", "死亡", "", w.table("死亡", "", hospital, 0, all, note("死亡"+ext, cited), false))
	}
	var health, police, fire []any
	for i, p := range all {
		switch i % 4 {
		case 0:
			health = append(health, p)
		case 1:
			health, police = append(health, p), append(police, p)
		case 2:
			police, fire = append(police, p), append(fire, p)
		case 3:
			health, police, fire = append(health, p), append(police, p), append(fire, p)
		}
	}
	if err := w.save("deaths", "卫生院死亡报告", "gb18030", w.table("", "", hospital, 0, health, note("卫生院死亡报告.csv", ""), false)); err != nil {
		return err
	}
	ext, cited := ".xlsx", [2]string{"注销", "火化"}
	if w.o.Format == "csv" {
		ext, cited = ".csv", [2]string{}
	}
	struck := []column{{[]string{"姓名"}, "", name}, {[]string{"公民身份号码"}, "", id}, {[]string{"死亡日期"}, "", died}, {[]string{"注销日期"}, "", person(func(p *Person) any { return w.date(p.Died.AddDate(0, 0, 25)) })}}
	if err := w.save("deaths", "公安注销", "", w.table("注销", "公安机关死亡注销人员名单", struck, 0, police, note("公安注销"+ext, cited[0]), false)); err != nil {
		return err
	}
	n := 0
	burnt := []column{{[]string{"逝者姓名", "姓名"}, "", name}, {[]string{"年龄"}, "", age}, {[]string{"身份证号"}, "", person(func(p *Person) any {
		if n++; n%10 == 0 {
			return ""
		}
		return p.ID
	})}, {[]string{"火化日期"}, "", person(func(p *Person) any {
		if next := p.Died.AddDate(0, 0, 2); next.Month() == p.Died.Month() {
			return w.date(next)
		}
		return w.date(p.Died)
	})}}
	return w.save("deaths", "火化", "", w.table("火化", "殡仪馆火化登记", burnt, 0, fire, note("火化"+ext, cited[1]), false))
}

func (w *writer) dibao() error {
	type member struct {
		p     *Person
		house int
		head  *Person
		yuan  int
	}
	of := func(f func(member) any) func(any) any { return func(row any) any { return f(row.(member)) } }
	columns := []column{
		{[]string{"低保证号", "户编号"}, "", of(func(m member) any { return fmt.Sprintf("DB%05d", m.house) })},
		{[]string{"户主姓名"}, "", of(func(m member) any { return m.head.Name })},
		{[]string{"姓名", "成员姓名"}, "", of(func(m member) any { return m.p.Name })},
		{[]string{"身份证号", "证件号码"}, "", of(func(m member) any { return m.p.ID })},
		{[]string{"与户主关系"}, "", of(func(m member) any { return m.p.Relation })},
		{[]string{"村"}, "", of(func(m member) any { return w.village(m.p.Village) })},
		{[]string{"保障金额"}, "", of(func(m member) any {
			if m.yuan == 0 {
				return ""
			}
			return m.yuan
		})},
		{[]string{"状态"}, "", of(func(m member) any { return "正常" })},
	}
	var rows []any
	for i, house := range w.t.Dibao {
		for k, p := range house {
			m := member{p: p, house: i, head: house[0]}
			if k == 0 {
				m.yuan = 300 * len(house)
			}
			rows = append(rows, m)
		}
	}
	return w.smallList("dibao", "低保", "示范镇农村低保人员花名册", columns, rows, func(row any) string { return row.(member).p.ID })
}

func (w *writer) pensions() error {
	columns := []column{{[]string{"姓名"}, "", person(func(p *Person) any { return p.Name })}, {[]string{"社会保障号码", "身份证号"}, "", person(func(p *Person) any { return p.ID })},
		{[]string{"发放状态", "待遇状态"}, "", person(func(p *Person) any {
			if !p.Died.IsZero() && p.Died.Before(Now.AddDate(0, -1, 0)) {
				return "停发"
			}
			return "正常发放"
		})}}
	var rows []any
	for _, p := range w.t.Pensions {
		rows = append(rows, p)
	}
	return w.save("pension", "养老金", "utf-8-bom", w.table("", "", columns, 0, rows, func(any, int) {}, false))
}
