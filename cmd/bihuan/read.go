package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/plan"
	"bihuan/report"
)

// readCommand reads one document without any database.
type readCommand struct {
	File  string `arg:"" name:"文件" help:"docx、xlsx、csv、doc、txt、md；装有 LibreOffice 时还有 xls、rtf、odt、ods、pdf"`
	JSON  bool   `name:"json" help:"输出 JSON"`
	XLSX  string `name:"xlsx" placeholder:"文件" help:"另存为 Excel 台账"`
	Width int    `placeholder:"列数" help:"表有多宽，默认同终端"`
}

// Run prints what was read.
func (c readCommand) Run(ctx context.Context, s streams) error {
	debug.SetGCPercent(-1) // it is over before collecting would pay; the memory limit still stands for huge files
	doc, err := readDocument(ctx, c.File)
	if err != nil {
		return err
	}
	reading := plan.Read(doc)
	switch {
	case c.XLSX != "":
		err = writeWhole(c.XLSX, func(w io.Writer) error { return report.ReadingXlsx(w, reading) })
	case c.JSON:
		out := json.NewEncoder(s.out)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		err = out.Encode(reading)
	default:
		_, err = io.WriteString(s.out, ledgerText(doc, reading, c.tableWidth(s.out)))
		return err // it says so itself
	}
	if err == nil && findingsIn(reading) == 0 {
		return errNothing
	}
	return err
}

// errNothing tells a script, which looks at the exit code, what the printed table tells a person.
var errNothing = errors.New("没有读出反馈问题")

func findingsIn(p plan.Plan) int {
	n := 0
	for _, s := range p.Sections {
		n += len(s.Findings)
	}
	return n
}

// readDocument reads a file from the disk.
func readDocument(ctx context.Context, name string) (office.Document, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return office.Document{}, fmt.Errorf("没有“%s”这个文件，请核对路径", name)
	case err != nil:
		return office.Document{}, fmt.Errorf("打不开“%s”：%w", name, err)
	case info.IsDir():
		return office.Document{}, fmt.Errorf("“%s”是文件夹，请写文件名", name)
	case info.Size() > office.DefaultLimits.File:
		return office.Document{}, fmt.Errorf("“%s”有 %d MB，超过 %d MB，不像是方案。请删去里面的图片后再试", name, info.Size()>>20, office.DefaultLimits.File>>20)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return office.Document{}, fmt.Errorf("打不开“%s”：%w", name, err)
	}
	doc, err := office.Read(ctx, filepath.Base(name), data)
	if err == nil {
		err = plan.TooLong(doc)
	}
	return doc, err
}

// writeWhole makes a file appear whole or not at all.
func writeWhole(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".bihuan-*")
	if err != nil {
		return fmt.Errorf("写不了“%s”：%w", name, err)
	}
	defer os.Remove(f.Name())
	if err := errors.Join(write(f), f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("写不了“%s”：%w", name, err)
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("写不了“%s”：%w", name, err)
	}
	return nil
}

// defaultWidth serves where nobody looks at a terminal.
const defaultWidth = 140

func (c readCommand) tableWidth(out io.Writer) int {
	if c.Width > 0 {
		return max(c.Width, 60)
	}
	if f, ok := out.(*os.File); ok {
		if w := terminalWidth(f); w > 0 {
			return max(w, 60)
		}
	}
	return defaultWidth
}

// ledgerText is the reading as a table for people.
func ledgerText(doc office.Document, p plan.Plan, width int) string {
	var b strings.Builder
	findings := findingsIn(p)
	fmt.Fprintf(&b, "%s\n%s：%d 个方面，%d 个问题\n", orNone(string(p.Title), "（没有标题）"), kindWord(p.Kind), len(p.Sections), findings)
	if facts := headFacts(p); facts != "" {
		b.WriteString(facts + "\n")
	}
	for _, w := range doc.Warnings {
		fmt.Fprintf(&b, "注意：%s\n", w)
	}
	share := func(percent int) int { return (width - 6*3 - 4 - 2) * percent / 100 }
	widths := []int{4, share(18), share(26), share(30), share(14), share(12)}
	for _, s := range p.Sections {
		b.WriteString("\n")
		if s.Number+s.Title != "" {
			b.WriteString(s.Number + s.Title + "\n")
		}
		var rows [][]string
		for i, f := range s.Findings {
			if i > 0 {
				rows = append(rows, nil)
			}
			rows = append(rows, findingRow(f))
		}
		table(&b, []string{"序号", "反馈问题", "具体表现", "整改措施", "责任", "完成时限"}, widths, rows)
	}
	if findings == 0 {
		b.WriteString("没有读出反馈问题。方案应写有“整改措施”“责任单位”，台账应有“问题”“整改措施”等表头。\n")
	}
	noteList(&b, doc, p)
	return b.String()
}

func findingRow(f plan.Finding) []string {
	var shows, measures, duty []string
	for _, m := range f.Manifestations {
		shows = append(shows, m.Number+m.Text)
	}
	for _, m := range f.Measures {
		measures = append(measures, m.Number+m.Text)
	}
	for _, list := range [][]string{f.Units, f.Persons} {
		if len(list) > 0 {
			duty = append(duty, strings.Join(list, "、"))
		}
	}
	due := orNone(string(f.DeadlineText), "—")
	if f.DeadlineDate != "" {
		due += "\n" + string(f.DeadlineDate)
	}
	return []string{f.Number, f.Title, strings.Join(shows, "\n"), orNone(strings.Join(measures, "\n"), "—"), orNone(strings.Join(duty, "\n"), "—"), due}
}

func orNone(text, none string) string {
	if text == "" {
		return none
	}
	return text
}

var kindWords = map[plan.Kind]string{plan.KindPlan: "整改方案", plan.KindBulletin: "通报", plan.KindReport: "情况报告", plan.KindLedger: "台账",
	plan.KindLists: "清单", plan.KindOther: "不像方案的文件"}

func kindWord(k plan.Kind) string { return orNone(kindWords[k], string(k)) }

// headFacts are the facts of the paper that are known.
func headFacts(p plan.Plan) string {
	var facts []string
	if p.InspectedUnit != "" {
		facts = append(facts, "被巡察单位："+string(p.InspectedUnit))
	}
	if p.Period != nil {
		facts = append(facts, fmt.Sprintf("巡察时间：%s 至 %s", orNone(string(p.Period.Start), "不明"), orNone(string(p.Period.End), "不明")))
	}
	if p.FeedbackDate != "" {
		facts = append(facts, "反馈日期："+string(p.FeedbackDate))
	}
	return strings.Join(facts, "　")
}

var levelWords = map[plan.Level]string{plan.LevelGap: "缺口", plan.LevelCheck: "待定", plan.LevelInfo: "提示"}

// noteList writes what a reviewer would say, worst first.
func noteList(b *strings.Builder, doc office.Document, p plan.Plan) {
	if len(p.Notes) == 0 {
		return
	}
	fmt.Fprintf(b, "\n要看一看的地方（%d 处）\n", len(p.Notes))
	for _, level := range []plan.Level{plan.LevelGap, plan.LevelCheck, plan.LevelInfo} {
		for _, n := range p.Notes {
			if n.Level != level {
				continue
			}
			fmt.Fprintf(b, "  %s  %s%s\n", levelWords[level], n.Text, noteAt(doc, p, n))
		}
	}
}

// findingName calls a finding by its printed numbers, or by its place when it has none: 方面二 第2个问题.
func findingName(p plan.Plan, section, finding int) string {
	s := p.Sections[section]
	if number := s.Findings[finding].Number; number != "" {
		return s.Number + number
	}
	place := fmt.Sprintf("第%d个问题", finding+1)
	if len(p.Sections) == 1 {
		return place
	}
	ordinals := []rune("一二三四五六七八九十")
	if section >= len(ordinals) {
		return fmt.Sprintf("方面%d %s", section+1, place)
	}
	return fmt.Sprintf("方面%c %s", ordinals[section], place)
}

// noteAt says which problem and which place of the paper a note is about.
func noteAt(doc office.Document, p plan.Plan, n plan.Note) string {
	var at []string
	if n.Section >= 0 && n.Finding >= 0 {
		at = append(at, findingName(p, n.Section, n.Finding))
	}
	if place := ledger.Place(doc, n.Source); place != "" {
		at = append(at, place)
	}
	if len(at) == 0 {
		return ""
	}
	return "〔" + strings.Join(at, " ") + "〕"
}
