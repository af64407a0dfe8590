// Command record measures what the record costs: a change with and without the journal, how many changes a second one and 64 writers make,
// and how long it takes, and how much memory, to verify a log of 10^4 to 10^6 events.
//
//	go run ./bench/record                                                   SQLite
//	store/storetest/postgres.sh --durable go run ./bench/record -postgres   PostgreSQL
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/mod/sumdb/note"

	"bihuan/journal"
	"bihuan/proof"
	"bihuan/store"
)

func main() {
	log.SetFlags(0)
	sizes := flag.String("sizes", "10000,100000,1000000", "events to be verified; empty leaves it out")
	seconds := flag.Int("seconds", 4, "how long each kind of writing is measured; 0 leaves it out")
	postgres := flag.Bool("postgres", false, "on the server that BIHUAN_TEST_PG names")
	dir := flag.String("dir", "out/bench/record", "where databases are kept")
	check := flag.String("check", "", "verify the database in this folder and print how it went: what a child does")
	flag.Parse()
	ctx := context.Background()
	if *check != "" {
		if err := verify(ctx, *check, *postgres); err != nil {
			log.Fatal(err)
		}
		return
	}
	fmt.Printf("%s, %d cores\n\n", runtime.Version(), runtime.NumCPU())
	if *seconds > 0 {
		if err := writing(ctx, filepath.Join(*dir, "writing"), *postgres, time.Duration(*seconds)*time.Second); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Print("\n| events | rows | made, s | MB a thousand events | verify, s | events/s | peak MiB |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, s := range strings.FieldsFunc(*sizes, func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(s)
		if err == nil {
			err = verifying(ctx, filepath.Join(*dir, s), *postgres, n)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

// place is a database and the key of its log.
type place struct {
	db   *store.DB
	log  journal.Log
	path string // of the SQLite file
}

func open(ctx context.Context, dir string, postgres, fresh bool) (p place, err error) {
	if fresh {
		if err := os.RemoveAll(dir); err != nil {
			return p, err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return p, err
	}
	p.path = filepath.Join(dir, "bihuan.db")
	address := p.path
	if postgres {
		if address, err = schema("record_"+filepath.Base(dir), fresh); err != nil {
			return p, err
		}
	}
	if p.db, err = store.Open(ctx, address); err != nil {
		return p, err
	}
	key, err := journal.OpenLogKey(filepath.Join(dir, "journal.key"))
	p.log = journal.Log{DB: p.db, Key: key}
	return p, err
}

// schema is the address of a schema of the test server, made empty when fresh.
func schema(name string, fresh bool) (string, error) {
	server := os.Getenv("BIHUAN_TEST_PG")
	if server == "" {
		return "", errors.New("BIHUAN_TEST_PG is not set: run under store/storetest/postgres.sh --durable")
	}
	if fresh {
		if out, err := exec.Command("psql", server, "-qc", "set client_min_messages to error; drop schema if exists "+name+" cascade; create schema "+name).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
	}
	return server + "&search_path=" + name, nil
}

// way is how a change is written.
type way struct {
	name   string
	change func(ctx context.Context, db *store.DB, id int64) error
}

const change = `update event set name = name, ends = $2, version = version + 1 where id = $1`

var ways = []way{
	{"the change alone", func(ctx context.Context, db *store.DB, id int64) error {
		return db.Housekeep(ctx, func(tx *store.Tx) error {
			rows, err := tx.Query(ctx, change, id, tx.Now.Format(time.DateOnly)) // past the journal, as only a measurement may
			if err != nil {
				return err
			}
			return errors.Join(rows.Err(), rows.Close())
		})
	}},
	{"with the state of the row", func(ctx context.Context, db *store.DB, id int64) error {
		return db.Write(ctx, func(tx *store.Tx) error {
			tx.SealWith(nobody{})
			_, err := tx.Exec(ctx, change, id, tx.Now.Format(time.DateOnly))
			return err
		})
	}},
	{"journalled", func(ctx context.Context, db *store.DB, id int64) error {
		return db.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, change, id, tx.Now.Format(time.DateOnly)); err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Staff: 7, Who: "贺晓雨（经办人）", Verb: "修改", Kind: "event", Row: id,
				Changes: []journal.Change{{Field: "止", From: "2026-11-01", To: "2026-11-02"}}})
		})
	}},
}

type nobody struct{}

func (nobody) Seal(context.Context, *store.Tx, []store.Row) error { return nil }

// rows is how many rows there are to be changed.
const rows = 10000

// writing measures each way with one writer and with 64, in turn, three rounds of each, and prints the median.
func writing(ctx context.Context, dir string, postgres bool, each time.Duration) error {
	p, err := open(ctx, dir, postgres, true)
	if err != nil {
		return err
	}
	defer p.db.Close()
	if err := fill(ctx, p.db, rows); err != nil {
		return err
	}
	fmt.Println("| writers | way | changes/s | µs a change | times the change alone |\n| ---: | :--- | ---: | ---: | ---: |")
	for _, writers := range []int{1, 64} {
		rates := make([][]float64, len(ways))
		for range 3 {
			for i, w := range ways {
				n, err := during(ctx, p.db, w, writers, each)
				if err != nil {
					return err
				}
				rates[i] = append(rates[i], float64(n)/each.Seconds())
			}
		}
		for i, w := range ways {
			slices.Sort(rates[i])
			rate := rates[i][1]
			fmt.Printf("| %d | %s | %.0f | %.0f | %.2f |\n", writers, w.name, rate, 1e6/rate, rates[0][1]/rate)
		}
	}
	return nil
}

// during counts the changes that writers make in some time.
func during(ctx context.Context, db *store.DB, w way, writers int, each time.Duration) (int64, error) {
	var n atomic.Int64
	failed := make(chan error, writers)
	until := time.Now().Add(each)
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for k := int64(i); time.Now().Before(until); k += int64(writers) {
				if err := w.change(ctx, db, k%rows+1); err != nil {
					failed <- err
					return
				}
				n.Add(1)
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return 0, err
	default:
		return n.Load(), nil
	}
}

// fill adds rows, each with an event of its own.
func fill(ctx context.Context, db *store.DB, n int) error {
	err := db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `insert into unit (id, parent, kind, name, path, ord, version, former) values (1, null, 'town', '栖禾镇', '/1/', 0, 1, '')`); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: "unit", Row: 1})
	})
	if err != nil {
		return err
	}
	return crowd(n, func(i int) error {
		return db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `insert into event (id, unit, name, starts, ends, version) values ($1, 1, $2, '2026-11-01', '2026-11-30', 1)`, i+1, fmt.Sprintf("第%d号窗口", i+1))
			if err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Staff: 7, Who: "贺晓雨（经办人）", Verb: "登记", Kind: "event", Row: int64(i + 1),
				Changes: []journal.Change{{Field: "名称", To: fmt.Sprintf("第%d号窗口", i+1)}, {Field: "起", To: "2026-11-01"}}})
		})
	})
}

// crowd does n things by 64 at once.
func crowd(n int, do func(i int) error) error {
	var next atomic.Int64
	failed := make(chan error, 64)
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := do(int(i)); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// verifying makes a log of n events over half as many rows and has a child verify it.
func verifying(ctx context.Context, dir string, postgres bool, n int) error {
	p, err := open(ctx, dir, postgres, true)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err = fill(ctx, p.db, n/2); err == nil {
		err = crowd(n-n/2-1, func(i int) error { return ways[2].change(ctx, p.db, int64(i+1)) })
	}
	if err != nil {
		return errors.Join(err, p.db.Close())
	}
	made := time.Since(begin)
	if _, err := p.log.Checkpoint(ctx); err != nil {
		return err
	}
	if err := p.db.Close(); err != nil {
		return err
	}
	size := "–"
	if info, err := os.Stat(p.path); err == nil {
		size = fmt.Sprintf("%.2f", float64(info.Size())/1e3/float64(n))
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"-check", dir}
	if postgres {
		args = append(args, "-postgres")
	}
	var runs []time.Duration
	var peak int64
	for range 3 {
		child := exec.CommandContext(ctx, self, args...)
		child.Stderr = os.Stderr
		out, err := child.Output()
		if err != nil {
			return err
		}
		ms, err := strconv.Atoi(strings.TrimSpace(string(out)))
		if err != nil {
			return err
		}
		runs = append(runs, time.Duration(ms)*time.Millisecond)
		if usage, ok := child.ProcessState.SysUsage().(*syscall.Rusage); ok {
			peak = max(peak, usage.Maxrss)
		}
	}
	slices.Sort(runs)
	took := runs[1].Seconds()
	fmt.Printf("| %d | %d | %.1f | %s | %.2f | %.0f | %d |\n", n, n/2+1, made.Seconds(), size, took, float64(n)/took, peak>>10)
	return nil
}

// verify is what the child does: it prints how many milliseconds it took.
func verify(ctx context.Context, dir string, postgres bool) error {
	p, err := open(ctx, dir, postgres, false)
	if err != nil {
		return err
	}
	defer p.db.Close()
	v, err := journal.ParseVerifier(p.log.Key.Verifier)
	if err != nil {
		return err
	}
	r, err := proof.Verify(ctx, proof.Subject{DB: p.db, Keys: []note.Verifier{v}})
	if err != nil {
		return err
	}
	if !r.OK() {
		return fmt.Errorf("%d differences, the first: %s", len(r.Differences), r.Differences[0])
	}
	fmt.Println(r.Took.Milliseconds())
	return nil
}
