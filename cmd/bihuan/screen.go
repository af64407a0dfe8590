package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/user"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/office"
	"bihuan/screening"
	"bihuan/vault"
)

// screenCommand compares lists without any database.
type screenCommand struct {
	Params   string   `required:"" placeholder:"文件" help:"参数（JSON）：as_of、age_threshold、first_month、grace_months_after_death、tiers；其他规则的数字写在 limits 里，可以不写"`
	List     []string `required:"" sep:"none" placeholder:"种类=文件" help:"名册，可以写多次。种类：residents 户籍、roll 发放册、other-roll 外乡镇发放册、deaths 死亡、dibao 低保、pension 养老金、tekun 特困、payroll 财政供养和社保工资、warning 核对预警、review 低保复核、kin 近亲属备案、cadres 村干部和经办人、previous-dibao 上一次低保、disability 残疾人证、medical 医疗自付、monitored 监测户、monitor-steps 风险消除程序、posts 公益岗、alive-check 生存认证、dormant 账户交易"`
	Map      []string `sep:"none" placeholder:"种类.字段=列名" help:"指明某一列，如 roll.金额=本月实领；没有表头或列名重复时写 #C（第三列）；列名留空表示没有这一列"`
	Out      string   `placeholder:"文件" help:"疑点写到哪里，每行一个 JSON；“-”为屏幕"`
	XLSX     string   `name:"xlsx" placeholder:"文件" help:"另存一份 Excel"`
	Forecast string   `placeholder:"文件" help:"另存今后十二个月到龄（含升档）的人，每行一个 JSON"`
	Explain  string   `placeholder:"身份证号" help:"逐条说明一个人为什么是、或不是疑点"`
	Rule     []string `sep:"," placeholder:"规则" help:"只用这些规则，如 HL-01,DB-02；不写是全部"`
	Count    bool     `help:"只数不比对：应享未享、已故在册、重复、号码有误、疑似写错各有多少，号码一字不差才算同一人"`
}

// Run reads the lists, compares them and writes what was found.
func (c screenCommand) Run(ctx context.Context, s streams) error {
	debug.SetMemoryLimit(math.MaxInt64) // a province needs more than an office PC's server; it is over soon
	in, done, err := c.input()
	defer done()
	if err != nil {
		return err
	}
	total := int64(0)
	for _, list := range in.Lists {
		total += list.Size
	}
	switch {
	case total > 4<<30:
		debug.SetGCPercent(10)
	case total > 64<<20:
		debug.SetGCPercent(20) // what is kept is large and plain, and collecting it cheap
	case c.Count:
		debug.SetGCPercent(400) // it is over before there is anything to collect
	}
	if c.Count {
		return count(ctx, s, in)
	}
	if c.Out == "" {
		return errors.New("请用 --out 写明疑点存到哪个文件（“-”为屏幕），或用 --count 只数不比对")
	}
	in.Rules = c.Rule
	if in.Explain = c.Explain; c.Forecast != "" {
		in.Forecast = 12
	}
	report, err := screening.Run(ctx, in)
	if err != nil {
		return err
	}
	said := s.out
	if c.Out == "-" {
		said = s.err
		err = screening.WriteLines(s.out, report.Hits)
	} else {
		err = writeWhole(c.Out, func(w io.Writer) error { return screening.WriteLines(w, report.Hits) })
	}
	if err == nil && c.Forecast != "" {
		err = writeWhole(c.Forecast, func(w io.Writer) error { return screening.WriteLines(w, report.Turning) })
	}
	if err == nil && c.XLSX != "" {
		book := marked(hitBook(report), account(), time.Now())
		err = writeWhole(c.XLSX, func(w io.Writer) error { return office.WriteXlsx(w, book) })
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(said, screenText(report))
	return err
}

// marked puts on a workbook of hits who made it, when and what it may be used for: below each table, and at head and foot of each page.
func marked(book office.Book, who string, at time.Time) office.Book {
	const use = "仅供核实使用"
	book = vault.Watermark{Who: who, At: at, Purpose: use, Whole: true}.Book(book)
	for i := range book.Sheets {
		book.Sheets[i].Footer = use
	}
	return book
}

// account is who works at this machine, as far as it knows.
func account() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return "本机账户 " + u.Username
	}
	return "本机账户不明"
}

// count answers five questions without matching.
func count(ctx context.Context, s streams, in screening.Input) error {
	n, err := screening.Count(ctx, in)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "户籍 %d 行，发放册 %d 行\n", n.Residents, n.RollRows)
	for _, line := range []struct {
		what string
		n    int
	}{{"应享而不在高龄册上", n.Missing}, {"在死亡名单上仍在册（行）", n.DeadOnRolls}, {"在册不止一次的号码", n.Twice}, {"号码有误（行）", n.BadCheck}, {"在册号码疑似写错（行）", n.NearMiss}} {
		fmt.Fprintf(s.out, "%s%8d\n", pad(line.what, 28), line.n)
	}
	return nil
}

// input opens all files; done closes them.
func (c screenCommand) input() (in screening.Input, done func(), err error) {
	var files []*os.File
	done = func() {
		for _, f := range files {
			f.Close()
		}
	}
	params, err := os.Open(c.Params)
	if errors.Is(err, fs.ErrNotExist) {
		return in, done, fmt.Errorf("没有参数文件“%s”，请检查文件名和所在的文件夹", c.Params)
	}
	if err != nil {
		return in, done, fmt.Errorf("打不开参数文件“%s”：%w", c.Params, err)
	}
	files = append(files, params)
	if in.Params, err = screening.ReadParams(params); err != nil {
		return in, done, err
	}
	for _, list := range c.List {
		kind, name, ok := strings.Cut(list, "=")
		if !ok || !slices.Contains(screening.Kinds, screening.Kind(kind)) {
			return in, done, fmt.Errorf("--list %s 不对，请写成 种类=文件，种类是 %s 之一", list, screening.KindList())
		}
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return in, done, fmt.Errorf("没有“%s”这个文件，请检查文件名和所在的文件夹", name)
		}
		if err != nil {
			return in, done, fmt.Errorf("打不开“%s”：%w", name, err)
		}
		files = append(files, f)
		info, err := f.Stat()
		if err != nil {
			return in, done, fmt.Errorf("打不开“%s”：%w", name, err)
		}
		if info.IsDir() {
			return in, done, fmt.Errorf("“%s”是文件夹，请写文件名", name)
		}
		in.Lists = append(in.Lists, screening.List{Kind: screening.Kind(kind), File: name, Data: f, Size: info.Size()})
	}
	in.Override, err = overrides(c.Map)
	return in, done, err
}

// overrides reads --map.
func overrides(list []string) (map[screening.Kind]screening.Override, error) {
	all := map[screening.Kind]screening.Override{}
	for _, m := range list {
		left, header, ok := strings.Cut(m, "=")
		kind, field, ok2 := strings.Cut(left, ".")
		if !ok || !ok2 || !slices.Contains(screening.Kinds, screening.Kind(kind)) || !screening.KnownField(screening.Field(field)) {
			return nil, fmt.Errorf("--map %s 不对，请写成 种类.字段=列名，如 roll.金额=本月实领；字段有：%s", m, screening.FieldList())
		}
		if all[screening.Kind(kind)] == nil {
			all[screening.Kind(kind)] = screening.Override{}
		}
		all[screening.Kind(kind)][screening.Field(field)] = header
	}
	return all, nil
}

// screenText says how the lists were read and what came of the rules.
func screenText(r screening.Report) string {
	var b strings.Builder
	b.WriteString("名册\n")
	for _, s := range r.Sheets {
		if len(s.Mapping) == 0 {
			continue
		}
		fmt.Fprintf(&b, "  %s：%d 行，%s\n", s.Where(), s.Rows, s.Mapping)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "注意：%s\n", n)
	}
	b.WriteString("规则\n")
	for _, rule := range r.Rules {
		line := fmt.Sprintf("  %s %s", rule.Rule.ID, pad(rule.Rule.Name, 32))
		if rule.Hits > 0 || rule.Note == "" {
			line += fmt.Sprintf("%5d", rule.Hits)
		}
		if rule.Manual > 0 {
			line += fmt.Sprintf("（待人工 %d）", rule.Manual)
		}
		if rule.Note != "" {
			line += "  " + rule.Note
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	if len(r.Clauses) > 0 {
		b.WriteString("逐条说明\n")
	}
	for _, c := range r.Clauses {
		verdict := "否"
		if c.Met {
			verdict = "是"
		}
		fmt.Fprintf(&b, "  %s %s %s  %s\n", c.Rule, pad(c.Text, 32), verdict, c.Fact)
	}
	return b.String()
}

// hitBook is the hits as a workbook, a sheet for each rule.
func hitBook(r screening.Report) office.Book {
	book := office.Book{Title: "疑点"}
	for _, rule := range r.Rules {
		sheet := office.Sheet{Name: rule.Rule.ID + rule.Rule.Name, Title: rule.Rule.ID + "　" + rule.Rule.Name,
			Notes: []string{"疑点只是线索，须核实后由有权机关决定。核实办法：" + rule.Rule.Verify}, FrozenColumns: 2}
		if rule.Note != "" {
			sheet.Notes = append(sheet.Notes, rule.Note)
		}
		sheet.Table.Columns = []office.Column{{Title: "序号", Width: 4, Align: office.AlignCenter}, {Title: "姓名", Width: 6}, {Title: "身份证号", Width: 11}, {Title: "状态", Width: 5}, {Title: "理由", Width: 34}, {Title: "金额（元）", Width: 6, Align: office.AlignRight}, {Title: "出处", Width: 26}}
		for _, h := range r.Hits {
			if h.Rule != rule.Rule.ID {
				continue
			}
			state, amount := "疑点", ""
			if h.State == screening.Manual {
				state = "待人工"
			}
			if h.Amount != 0 {
				amount = h.Amount.String()
			}
			var places []string
			for _, s := range h.Sources {
				place := filepath.Base(s.File)
				if s.Sheet != "" {
					place += "“" + s.Sheet + "”"
				}
				places = append(places, fmt.Sprintf("%s第%d行", place, s.Row))
			}
			sheet.Table.Rows = append(sheet.Table.Rows, office.Cells(strconv.Itoa(len(sheet.Table.Rows)+1), h.Name, h.ID, state, h.Why, amount, strings.Join(places, "\n")))
		}
		if len(sheet.Table.Rows) > 0 || rule.Note != "" {
			book.Sheets = append(book.Sheets, sheet)
		}
	}
	if len(book.Sheets) == 0 {
		book.Sheets = []office.Sheet{{Name: "疑点", Title: "没有疑点", Table: office.Table{Columns: []office.Column{{Title: "说明"}}}}}
	}
	return book
}
