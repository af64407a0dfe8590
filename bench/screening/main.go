// Command screening measures the five exact questions of a register (bihuan screen --count) beside DuckDB and sqlite3 on the same
// files, each in a process of its own, in turns; answers are compared with what was planted. It also makes towns to try screening
// on.
//
//	go run ./bench/screening                             everything: 10 k to 50 M residents, and workbooks; takes an hour and 9 GB of disk
//	go run ./bench/screening -n 50000,1000000 -workbook 0
//	go run ./bench/screening -n "" -workbook 500000      beside excelize
//	go run ./bench/screening -town 7 -messy -dir out/town
//
// sqlite3 is a Debian package; DuckDB is built from bench/duckdb, which takes cgo and a C++ compiler, unless -duckdb=false.
package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bihuan/screening/screentest"
)

//go:embed sqlite.sql
var sqliteText string

//go:embed duckdb.sql
var duckText string

// layout is what tells DuckDB how a file is laid out.
var layout = regexp.MustCompile(`auto_detect=false[^}]*\}`)

func main() {
	log.SetFlags(0)
	sizes := flag.String("n", "10000,50000,1000000,10000000,50000000", "residents")
	peers := flag.Int("peers", 10_000_000, "the most residents that others are measured with too; sqlite3, which is slow, takes one turn from this size on")
	turns := flag.Int("turns", 5, "runs of each; the medians are printed")
	dir := flag.String("dir", "out/bench/screening", "where files are kept")
	duck := flag.Bool("duckdb", true, "compare with DuckDB")
	full := flag.Bool("full", true, "measure all rules too")
	town := flag.Uint64("town", 0, "make the town of this seed and nothing else")
	residents := flag.Int("residents", 50_000, "of the town")
	messy := flag.Bool("messy", false, "the town's lists as offices have them")
	format := flag.String("format", "xlsx", "of the town's lists: xlsx or csv")
	coding := flag.String("encoding", "gb18030", "of csv")
	books := flag.Int("workbook", 50_000, "measure reading a workbook of so many residents beside excelize; 0 for none")
	read := flag.String("read", "", "for itself: read the workbook with this and nothing else")
	alone := flag.String("make", "", "for itself: make this and nothing else")
	shuffle := flag.Uint64("shuffle", 0, "another order of columns")
	flag.Parse()
	var err error
	switch {
	case *alone != "":
		n, _ := strconv.Atoi(*sizes)
		err = makeAlone(*alone, n)
	case *read != "":
		err = readAlone(*read, flag.Arg(0))
	case *town > 0:
		err = makeTown(*dir, *town, *residents, screentest.Options{Format: *format, Encoding: *coding, Messy: *messy, Shuffle: *shuffle})
	default:
		if *sizes != "" {
			err = measure(*dir, *sizes, *turns, *peers, *duck, *full)
		}
		if err == nil && *books > 0 {
			err = workbooks(*dir, *books, *turns)
		}
	}
	if err != nil {
		log.Fatal(err)
	}
}

// makeTown writes a town and says how it is screened.
func makeTown(dir string, seed uint64, residents int, o screentest.Options) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	t := screentest.New(seed, residents)
	w, err := t.Write(dir, o)
	if err != nil {
		return err
	}
	fmt.Printf("bihuan screen --params %s --out %s", filepath.Join(dir, "params.json"), filepath.Join(dir, "hits.jsonl"))
	for _, f := range w.Files {
		fmt.Printf(" --list %s=%s", f.Kind, f.Path)
	}
	fmt.Println()
	return nil
}

// engine is a program that answers the five questions about a folder.
type engine struct {
	name    string
	command func(dir string) *exec.Cmd
	answers *regexp.Regexp // finds the five numbers in what it prints
	peer    bool           // not ours
	slow    bool
}

// result is what a run took.
type result struct {
	seconds, cpu, mib float64
	out               string
}

func run(cmd *exec.Cmd) (result, error) {
	var r result
	start := time.Now()
	out, err := cmd.CombinedOutput()
	r.seconds, r.out = time.Since(start).Seconds(), string(out)
	if err != nil {
		return r, fmt.Errorf("%s: %w: %s", cmd, err, out)
	}
	r.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.mib = float64(usage.Maxrss) / 1024
	}
	return r, nil
}

func measure(dir, sizes string, turns, peers int, duck, full bool) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	bihuan, err := filepath.Abs(filepath.Join(dir, "bihuan"))
	if err != nil {
		return err
	}
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", bihuan, "./cmd/bihuan")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	params := filepath.Join(dir, "params.json")
	if err := os.WriteFile(params, []byte(`{"as_of":"2026-06-30","age_threshold":80,"first_month":"birthday","grace_months_after_death":1,"tiers":[{"from_age":80,"to_age":150,"yuan_per_month":100}]}`), 0o666); err != nil {
		return err
	}
	lists := func(d string) []string {
		return []string{"--params", params, "--list", "residents=" + filepath.Join(d, "residents.csv"), "--list", "roll=" + filepath.Join(d, "allowance.csv"), "--list", "dibao=" + filepath.Join(d, "dibao.csv"), "--list", "deaths=" + filepath.Join(d, "deaths.csv")}
	}
	engines := []engine{{name: "bihuan screen --count", answers: regexp.MustCompile(`(?m) (\d+)$`), command: func(d string) *exec.Cmd {
		return exec.Command(bihuan, append([]string{"screen", "--count"}, lists(d)...)...)
	}}}
	if duck {
		program, err := buildDuck(dir)
		if err != nil {
			return err
		}
		for _, x := range []struct{ name, file, text string }{
			{"DuckDB, columns given", "given.sql", duckText},
			{"DuckDB, finding out what the files are, as ours does", "sniffing.sql", layout.ReplaceAllString(duckText, "all_varchar=true")},
		} {
			script := filepath.Join(dir, x.file)
			if err := os.WriteFile(script, []byte(x.text), 0o666); err != nil {
				return err
			}
			engines = append(engines, engine{name: x.name, peer: true, answers: regexp.MustCompile(`Q\d=(\d+)`), command: func(d string) *exec.Cmd { return exec.Command(program, script, d) }})
		}
	}
	engines = append(engines,
		engine{name: "sqlite3", peer: true, slow: true, answers: regexp.MustCompile(`Q\d\|(\d+)`), command: func(d string) *exec.Cmd {
			cmd := exec.Command("sqlite3", filepath.Join(d, "bench.db"))
			cmd.Stdin = strings.NewReader(strings.ReplaceAll(sqliteText, "@DIR@", d))
			return cmd
		}},
		engine{name: "wc -l of the four files", command: func(d string) *exec.Cmd {
			return exec.Command("wc", "-l", filepath.Join(d, "residents.csv"), filepath.Join(d, "allowance.csv"), filepath.Join(d, "dibao.csv"), filepath.Join(d, "deaths.csv"))
		}})
	if full {
		engines = append(engines, engine{name: "bihuan screen, all rules", command: func(d string) *exec.Cmd {
			return exec.Command(bihuan, append([]string{"screen", "--out", filepath.Join(d, "hits.jsonl")}, lists(d)...)...)
		}})
	}
	fmt.Print("\n| residents | program | seconds | CPU s | MiB | µs a resident | times the first: seconds | MiB | answers |\n| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n")
	for _, text := range strings.Split(sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		if err := inTurns(filepath.Join(dir, text), n, turns, peers, engines); err != nil {
			return err
		}
	}
	return nil
}

// inTurns runs all programs turn by turn over one register. How many times slower another is than ours is the median over the turns
// of what it took beside ours in the same turn, so that other work on the machine counts less.
func inTurns(dir string, n, turns, peers int, engines []engine) error {
	planted, err := register(dir, n)
	if err != nil {
		return err
	}
	want := []int{planted.Q1_AgedNotOnRoll, planted.Q2_DeadOnRollRows, planted.Q3_DuplicateIDsAcrossRolls, planted.Q4_BadChecksumRows, planted.Q5_NearMissRows}
	runs := make([][]result, len(engines))
	for turn := range turns {
		for i, e := range engines {
			if e.peer && n > peers || e.slow && n >= peers && turn > 0 {
				continue
			}
			if err := os.Remove(filepath.Join(dir, "bench.db")); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			r, err := run(e.command(dir))
			if err != nil {
				return err
			}
			runs[i] = append(runs[i], r)
		}
	}
	base := runs[0]
	baseMiB := median(base).mib
	for i, e := range engines {
		if len(runs[i]) == 0 {
			continue
		}
		verdict := ""
		if e.answers != nil {
			verdict = "right"
			for _, r := range runs[i] {
				var got []int
				for _, found := range e.answers.FindAllStringSubmatch(r.out, -1) {
					v, _ := strconv.Atoi(found[1])
					got = append(got, v)
				}
				if !slices.Equal(got, want) {
					verdict = fmt.Sprintf("wrong: %v, planted %v", got, want)
				}
			}
		}
		var ratios []float64
		for turn, r := range runs[i] {
			ratios = append(ratios, r.seconds/base[turn].seconds)
		}
		slices.Sort(ratios)
		m := median(runs[i])
		fmt.Printf("| %d | %s | %.3f | %.3f | %.0f | %.3f | %.2f | %.2f | %s |\n", n, e.name, m.seconds, m.cpu, m.mib, m.seconds/float64(n)*1e6, ratios[len(ratios)/2], m.mib/baseMiB, verdict)
	}
	return nil
}

// register makes the register of a folder unless it is there already, and returns what was planted.
func register(dir string, n int) (truth, error) {
	var planted truth
	name := filepath.Join(dir, "truth.json") // written last
	text, err := os.ReadFile(name)
	if err != nil {
		self, err := os.Executable()
		if err != nil {
			return planted, err
		}
		// In a process of its own: a child starts with the peak of its parent. That of this one is the least the table can show.
		if out, err := exec.Command(self, "-make", name, "-n", strconv.Itoa(n)).CombinedOutput(); err != nil {
			return planted, fmt.Errorf("%w: %s", err, out)
		}
		if text, err = os.ReadFile(name); err != nil {
			return planted, err
		}
	}
	if err := json.Unmarshal(text, &planted); err != nil {
		return planted, err
	}
	if planted.N != n {
		return planted, fmt.Errorf("%s is of %d residents", name, planted.N)
	}
	return planted, nil
}

// median takes the run in the middle by time, with the largest memory of all.
func median(runs []result) result {
	list := slices.Clone(runs)
	slices.SortFunc(list, func(a, b result) int { return int((a.seconds - b.seconds) * 1e6) })
	m := list[len(list)/2]
	for _, r := range list {
		m.mib = max(m.mib, r.mib)
	}
	return m
}

// buildDuck builds DuckDB's driver from its own module.
func buildDuck(dir string) (string, error) {
	program, err := filepath.Abs(filepath.Join(dir, "duck"))
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir, build.Env = "bench/duckdb", append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=-mod=mod")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("DuckDB (leave it out with -duckdb=false): %w: %s", err, out)
	}
	return program, nil
}
