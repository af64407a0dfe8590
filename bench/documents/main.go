// Command documents measures reading and writing documents, each in a process of its own: wall time and peak memory, medians of
// turns taken with pandoc on the same file.
//
//	go run ./bench/documents
//
// pandoc is a Debian package; it turns the file into plain text only, Bihuan reads the ledger out of it.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/plan"
	"bihuan/report"
)

func main() {
	log.SetFlags(0)
	turns := flag.Int("turns", 9, "runs of each; the medians are printed")
	dir := flag.String("dir", "out/bench", "where files are kept")
	write := flag.String("write", "", "for itself: write this and nothing else")
	flag.Parse()
	if *write != "" {
		if err := writeAlone(*write); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := measure(*dir, *turns); err != nil {
		log.Fatal(err)
	}
}

func measure(dir string, turns int) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	bihuan := filepath.Join(dir, "bihuan")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", bihuan, "./cmd/bihuan")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	fmt.Print("\n| reading a docx plan | characters | bihuan read --json, ms | MiB | in a running server, ms | pandoc -t plain, ms | MiB | times faster: process | server |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, findings := range []int{10, 60, 100, 1000} {
		name := filepath.Join(dir, fmt.Sprintf("plan-%d.docx", findings))
		characters, err := makePlan(name, findings)
		if err != nil {
			return err
		}
		runs, err := inTurns(turns, []string{bihuan, "read", "--json", name}, []string{"pandoc", "-t", "plain", name})
		if err != nil {
			return err
		}
		server, err := inServer(name, turns)
		if err != nil {
			return err
		}
		ours, theirs := runs[0], runs[1]
		fmt.Printf("| %d findings | %d | %.1f | %.0f | %.1f | %.0f | %.0f | %.1f | %.1f |\n", findings, characters,
			ours.ms, ours.mib, server, theirs.ms, theirs.mib, theirs.ms/ours.ms, theirs.ms/server)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Print("\n| writing | ms | MiB |\n| --- | ---: | ---: |\n")
	for _, w := range writers {
		runs, err := inTurns(turns, []string{self, "-write", w.name})
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %.0f | %.0f |\n", w.name, runs[0].ms, runs[0].mib)
	}
	return nil
}

// used is what a process took.
type used struct{ ms, mib float64 }

// inTurns runs the commands one after the other, again and again, and gives the median of each.
func inTurns(turns int, commands ...[]string) ([]used, error) {
	all := make([][]used, len(commands))
	for range turns {
		for i, line := range commands {
			cmd := exec.Command(line[0], line[1:]...)
			var said bytes.Buffer
			cmd.Stdout, cmd.Stderr = io.Discard, &said
			began := time.Now()
			if err := cmd.Run(); err != nil {
				return nil, fmt.Errorf("%s: %w: %s", strings.Join(line, " "), err, &said)
			}
			took := time.Since(began)
			rusage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			if !ok {
				return nil, errors.New("no rusage on this system")
			}
			all[i] = append(all[i], used{float64(took.Microseconds()) / 1000, float64(rusage.Maxrss) / 1024})
		}
	}
	medians := make([]used, len(commands))
	for i, runs := range all {
		slices.SortFunc(runs, func(a, b used) int { return cmp.Compare(a.ms, b.ms) })
		medians[i] = runs[len(runs)/2]
	}
	return medians, nil
}

// inServer is the median of reading the file in a process that runs already, in milliseconds.
func inServer(name string, turns int) (float64, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	var took []float64
	for range turns {
		began := time.Now()
		doc, err := office.Read(context.Background(), name, data)
		if err != nil {
			return 0, err
		}
		if p := plan.Read(doc); len(p.Sections) == 0 {
			return 0, errors.New("nothing was read")
		}
		took = append(took, float64(time.Since(began).Microseconds())/1000)
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

// makePlan writes a plan of so many findings the way an office would, some 520 characters each, and gives its length.
func makePlan(name string, findings int) (characters int, err error) {
	paper := office.Paper{Title: "柳塘镇党委关于区委巡察反馈意见的整改方案", Sign: "中共柳塘镇委员会", Date: "2026年3月20日", Blocks: []office.Block{
		office.Text("2026年1月5日至2月10日，区委第二巡察组对柳塘镇党委进行了常规巡察，3月2日反馈了意见，现制定整改方案如下。"),
	}}
	for i := range findings {
		if i%10 == 0 {
			paper.Blocks = append(paper.Blocks, office.Heading{Level: 2, Text: fmt.Sprintf("（%s）聚焦第%d项工作落实方面", numerals(i/10+1), i/10+1)})
		}
		n := i%10 + 1
		paper.Blocks = append(paper.Blocks,
			office.Text(fmt.Sprintf("%d．第%d项工作推进不够有力。一是对第%d项工作研究部署不够深入，全年专题研究仅%d次，抽查12名干部有5人对要求一知半解，存在以会议落实会议的现象；部分村台账记录前后不一。二是日常监管不到位，%d个村的设施损坏后超过三个月没有维修，群众反映问题的渠道不畅，存在重建轻管的倾向。三是建章立制有差距，经费使用审批手续不全，涉及票据%d张、金额%d.6万元，个别项目未按程序公示。", n, i+1, i+1, i%4+1, i%9+2, i%30+3, i%50+1)),
			office.Text(fmt.Sprintf("整改措施：一是由党委会每季度专题研究第%d项工作不少于1次，制定年度工作要点和责任分工，对抽查不合格的干部组织补学，每月末通报学习和工作进展情况。二是建立设施台账，明确管护责任人，各村每周巡查不少于2次，损坏的15日内完成维修，公布监督电话，对群众反映的问题3个工作日内答复。三是修订经费管理办法，由财政所牵头对近三年票据逐笔核查，%d月底前完成清退，每半年开展一次交叉审计，结果在公开栏公示。", i+1, i%6+4)),
			office.Text("责任单位：党政综合办公室、财政所"), office.Text("责任领导：孟昭宁"), office.Text("责任人：韩春梅、吕志刚"),
			office.Text(fmt.Sprintf("完成时限：2026年%d月底前完成整改，今后长期坚持", i%6+4)))
	}
	var out bytes.Buffer
	if err := office.WriteDocx(&out, paper); err != nil {
		return 0, err
	}
	return paper.Length(), os.WriteFile(name, out.Bytes(), 0o666)
}

// numerals writes 1 to 999 in Chinese.
func numerals(n int) string {
	digits := []rune("零一二三四五六七八九")
	switch {
	case n < 10:
		return string(digits[n])
	case n < 20:
		return "十" + strings.TrimPrefix(numerals(n-10), "零")
	case n < 100 && n%10 == 0:
		return string(digits[n/10]) + "十"
	case n < 100:
		return string(digits[n/10]) + "十" + string(digits[n%10])
	case n%100 == 0:
		return string(digits[n/100]) + "百"
	case n%100 < 10:
		return string(digits[n/100]) + "百零" + numerals(n%100)
	}
	return string(digits[n/100]) + "百" + numerals(n%100)
}

// writers write a ledger of so many rows as a paper; each row is a manifestation beside its measure, three to a finding.
var writers = []struct {
	name  string
	rows  int
	write func(io.Writer, report.Head, []ledger.Finding) error
}{
	{"ledger.xlsx of 10,000 rows", 10_000, report.LedgerXlsx},
	{"问题清单.docx of 1,000 rows", 1_000, report.ProblemList},
	{"任务清单.docx of 1,000 rows", 1_000, report.TaskList},
	{"责任清单.docx of 1,000 rows", 3_000, report.DutyList}, // one row a finding
}

func writeAlone(name string) error {
	for _, w := range writers {
		if w.name == name {
			return w.write(io.Discard, report.Head{Unit: "中共柳塘镇委员会", Title: "整改台账"}, findings(w.rows/3))
		}
	}
	return fmt.Errorf("nothing is called %q", name)
}

func findings(n int) []ledger.Finding {
	list := make([]ledger.Finding, n)
	for i := range list {
		f := ledger.Finding{
			ID: int64(i + 1), Ord: i, Number: fmt.Sprintf("%d.", i+1), Title: fmt.Sprintf("第%d项工作推进不够有力", i+1),
			Section: ledger.Section{ID: int64(i/20 + 1), Ord: i / 20, Number: "（" + numerals(i/20+1) + "）", Title: fmt.Sprintf("聚焦第%d项工作落实方面", i/20+1)},
			Leader:  "孟昭宁", Units: []ledger.Named{{Name: "党政综合办公室"}, {Name: "财政所"}}, Persons: []ledger.Named{{Name: "韩春梅"}},
			DueText: "2026年6月底前，长期坚持", Due: "2026-06-30", LongTerm: true, State: ledger.Doing, Progress: "已核查12处，整修8处。",
		}
		for k := range 3 {
			f.Manifestations = append(f.Manifestations, ledger.Manifestation{Number: numerals(k+1) + "是", Text: "对工作研究部署不够深入，抽查12名干部有5人对要求一知半解"})
			f.Measures = append(f.Measures, ledger.Measure{Number: numerals(k+1) + "是", Text: "由党委会每季度专题研究不少于1次，每月末通报工作进展情况",
				Frequencies: []string{"每季度", "每月末"}, Tense: plan.Todo, Answers: []int{k}})
		}
		list[i] = f
	}
	return list
}
