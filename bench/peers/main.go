// Command peers measures servers side by side on the same 100 000 tasks with
// the same closed-loop load: wrk with one thread, on loopback, at 1, 16 and 64
// connections. Peers take turns within each round, so that a busy machine
// slows all of them: quote the ratios.
//
//	go run ./bench/peers -rounds 3
//
// It prints Markdown tables and writes every single run to out/bench/runs.jsonl.
// Load goes to 127.0.0.1 only and every run ends by itself.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// operations in the order they are run: what only reads comes first, so that
// every read meets the data as loaded.
var operations = []string{"list", "list-no-total", "list-unit", "detail", "search", "counts", "update", "create"}

// connections of wrk: one person, a busy town, a district on Monday morning.
var connections = []int{1, 16, 64}

// peer is one server under measurement.
type peer struct {
	name string
	lua  string // its wrk script under lua/
	ops  []string

	// fill makes the server's data out of the tasks in the empty folder dir, and
	// dir/ids.txt with the id of one task per line.
	fill func(dir string, tasks []task) error
	// command starts the server on the data in dir at the address.
	command func(dir, address string) []string
	// first is the path whose first 200 ends the start.
	first string
	// session logs in and returns the value that every request carries in header.
	session func(base string) (string, error)
	header  string
	// proofs are pages that must say what is true of the tasks before anything
	// is measured: a fast wrong answer is none.
	proofs func(tasks []task) []proof
}

// proof is a path under a session and a text its answer holds.
type proof struct{ path, want string }

func peers() []peer {
	return []peer{pocketbase(), bihuan("bihuan", ""), bihuan("bihuan-pg", os.Getenv("BIHUAN_TEST_PG"))}
}

func main() {
	log.SetFlags(0)
	var (
		names    = flag.String("peers", "pocketbase bihuan", "which to measure, in turn; bihuan-pg wants a server at BIHUAN_TEST_PG")
		only     = flag.String("ops", strings.Join(operations, " "), "operations")
		rounds   = flag.Int("rounds", 3, "rounds; the medians are printed")
		duration = flag.Duration("duration", 4*time.Second, "length of one run")
		colds    = flag.Int("cold", 5, "cold starts")
		count    = flag.Int("tasks", 100000, "how many tasks are loaded")
		dir      = flag.String("dir", "out/bench", "where data, binaries and runs are kept")
	)
	flag.Parse()
	if err := measure(*names, strings.Fields(*only), *rounds, *duration, *colds, *count, *dir); err != nil {
		log.Fatal(err)
	}
}

func measure(names string, ops []string, rounds int, duration time.Duration, colds, count int, dir string) (err error) {
	tasks, err := makeTasks(filepath.Join(dir, fmt.Sprintf("tasks-%d.csv", count)), count)
	if err != nil {
		return err
	}
	runs, err := os.OpenFile(filepath.Join(dir, "runs.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer runs.Close()

	var servers []*server
	defer func() {
		for _, s := range servers {
			err = errors.Join(err, s.stop())
		}
	}()
	for _, p := range peers() {
		if !slices.Contains(strings.Fields(names), p.name) {
			continue
		}
		s, err := prepare(p, filepath.Join(dir, fmt.Sprintf("%s-%d", p.name, count)), tasks)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if err := s.cold(colds); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		servers = append(servers, s)
	}
	if len(servers) == 0 {
		return fmt.Errorf("no peer is called %q", names)
	}
	fmt.Print(startTable(servers))

	for _, s := range servers {
		if err := s.start(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if s.token, err = s.session(s.base); err != nil {
			return fmt.Errorf("%s: login: %w", s.name, err)
		}
		if err := s.prove(tasks); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}

	var all []run
	for _, op := range ops {
		for round := range rounds {
			for _, c := range connections {
				for _, s := range servers {
					if !slices.Contains(s.ops, op) {
						continue
					}
					if round == 0 && c == connections[0] {
						if _, err := s.load(op, c, time.Second); err != nil { // warm up
							return fmt.Errorf("%s %s: %w", s.name, op, err)
						}
					}
					r, err := s.load(op, c, duration)
					if err != nil {
						return fmt.Errorf("%s %s: %w", s.name, op, err)
					}
					all = append(all, r)
					if err := json.NewEncoder(runs).Encode(r); err != nil {
						return err
					}
				}
			}
		}
		fmt.Print(loadTable(op, servers, all))
	}
	return nil
}
