// Command loop measures the loop of duties as a district grows: five years of duties, from a thousand occurrences to a million, and 64
// people who report and review at once.
//
//	go run ./bench/loop                                                   SQLite
//	store/storetest/postgres.sh --durable go run ./bench/loop -postgres   PostgreSQL
//
// The history before the measured day is written by SQL; everything that is timed, and everything that is counted afterwards, goes
// through the commands of the product.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

func main() {
	log.SetFlags(0)
	sizes := flag.String("sizes", "1000,10000,100000,1000000", "occurrences; empty leaves it out")
	postgres := flag.Bool("postgres", false, "on the server that BIHUAN_TEST_PG names")
	people := flag.Int("people", 64, "who report and review at once")
	tasks := flag.Int("tasks", 20000, "that they report and review; 0 leaves it out")
	dir := flag.String("dir", "out/bench/loop", "where databases are kept")
	flag.Parse()
	ctx := context.Background()
	fmt.Printf("%s, %d cores\n\n", runtime.Version(), runtime.NumCPU())
	fmt.Println("| occurrences | duties | making them all, s | a night, ms | of it ladder, ms | a stretch of 31 days, ms | workbench, ms | the same again, ms | heat map of a town, ms | of the district, ms |")
	fmt.Println("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, s := range strings.FieldsFunc(*sizes, func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(s)
		if err != nil {
			log.Fatal(err)
		}
		if err := grow(ctx, filepath.Join(*dir, s), *postgres, n); err != nil {
			log.Fatal(err)
		}
	}
	if *tasks > 0 {
		if err := crowd(ctx, filepath.Join(*dir, "crowd"), *postgres, *people, *tasks); err != nil {
			log.Fatal(err)
		}
	}
}

// today is the day of the measurement; the duties began five years before.
var today = time.Date(2026, 11, 18, 6, 0, 0, 0, time.Local)

const started = "2021-11-18"

// district is what is measured: towns with one plan each and a clerk, the duties spread over their findings.
type district struct {
	db     *store.DB
	files  *evidence.Files
	now    time.Time
	cal    calendar.Calendar
	root   org.Unit
	boss   org.Person
	towns  []org.Unit
	clerks []org.Person
	lead   []org.Person
	finds  [][]int64 // findings by town
}

// towns is how many a district has.
const towns = 40

func open(ctx context.Context, dir string, postgres bool) (*district, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	address := filepath.Join(dir, "bihuan.db")
	if postgres {
		var err error
		if address, err = schema(filepath.Base(dir)); err != nil {
			return nil, err
		}
	}
	d := &district{now: today.AddDate(-5, 0, 0), cal: calendar.Published()}
	var err error
	if d.db, err = store.Open(ctx, address); err != nil {
		return nil, err
	}
	d.db.Now = func() time.Time { return d.now }
	if d.files, err = evidence.OpenFiles(filepath.Join(dir, "files")); err != nil {
		return nil, err
	}
	return d, d.organise(ctx)
}

func (d *district) organise(ctx context.Context) error {
	return d.db.Write(ctx, func(tx *store.Tx) error {
		person := func(u org.Unit, name string, role org.Role, login string) (org.Person, error) {
			id, err := org.AddStaff(ctx, tx, org.Program, u, name, "", role, login, password)
			return org.Person{ID: id, Name: name, Role: role, Unit: u}, err
		}
		var err error
		if d.root, err = org.AddUnit(ctx, tx, org.Program, org.Unit{}, org.District, "临澜区", 0); err != nil {
			return err
		}
		if d.boss, err = person(d.root, "邵文澜", org.Supervisor, "district"); err != nil {
			return err
		}
		for i := range towns {
			u, err := org.AddUnit(ctx, tx, org.Program, d.root, org.Town, fmt.Sprintf("测%02d镇", i), int64(i))
			if err != nil {
				return err
			}
			login := ""
			if i == 0 {
				login = "clerk"
			}
			clerk, err := person(u, fmt.Sprintf("经办%02d", i), org.Clerk, login)
			if err != nil {
				return err
			}
			leader, err := person(u, fmt.Sprintf("分管%02d", i), org.Leader, "")
			if err != nil {
				return err
			}
			d.towns, d.clerks, d.lead = append(d.towns, u), append(d.clerks, clerk), append(d.lead, leader)
		}
		return nil
	})
}

const password = "ce-liang-yong"

// plan writes a plan of n findings whose deadlines lie around today.
func plan(n int) []byte {
	var b strings.Builder
	b.WriteString("关于区委巡察反馈意见的整改方案\n2021年9月1日至10月20日，区委第一巡察组进行了常规巡察，11月1日反馈了意见，现制定整改方案如下。\n一、工作落实方面\n")
	for i := range n {
		due := today.AddDate(0, 0, i%120-30)
		fmt.Fprintf(&b, "%d.第%d类工作落实不到位。一是第%d项台账不全。\n整改措施：一是建立第%d项工作清单，逐项落实到人。\n责任单位：党政办\n完成时限：%s前，长期坚持\n", i+1, i+1, i+1, i+1, due.Format("2006年1月2日"))
	}
	return []byte(b.String())
}

// mix is how often the duties of a district are due, and how many occurrences each has in five years and the horizon.
var mix = []struct {
	rule string
	n    int
}{
	{"FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next", 318}, {"FREQ=WEEKLY;BYDAY=MO;X-SHIFT=next", 318}, {"FREQ=MONTHLY;X-WORKDAY=-1", 73}, {"FREQ=WEEKLY", 318}, {"FREQ=DAILY;X-SHIFT=skip", 2226},
}

// fill gives duties until there are about n occurrences, lets the clock jump over five years, and writes what became of the past.
func (d *district) fill(ctx context.Context, n int) (duties, occurrences int, making time.Duration, err error) {
	want := 0
	for sum := 0; sum < n; want++ {
		sum += mix[want%len(mix)].n
	}
	perTown := (want + towns - 1) / towns
	for i, u := range d.towns {
		id, err := ledger.StartImport(ctx, d.db, d.files, org.Program, ledger.Upload{Kind: ledger.NewPlan, Unit: u.ID, Name: u.Name + ".txt", Data: plan(max(perTown, 5))})
		if err != nil {
			return 0, 0, 0, err
		}
		p, err := ledger.Confirm(ctx, d.db, org.Program, id, 1)
		if err != nil {
			return 0, 0, 0, err
		}
		keys, err := ledger.ListAll(ctx, d.db, d.boss, ledger.Filter{Plan: p}, ledger.Days{})
		if err != nil {
			return 0, 0, 0, err
		}
		var ids []int64
		for _, k := range keys {
			ids = append(ids, k.ID)
		}
		d.finds = append(d.finds, ids)
		for k := range perTown {
			if duties >= want {
				break
			}
			err := ledger.Assign(ctx, d.db, d.cal, d.clerks[i], ids[k%len(ids)], []ledger.Assignment{{Unit: u.ID, Staff: d.lead[i].ID, Part: duty.Lead,
				Title: fmt.Sprintf("第%d项", k+1), Rule: mix[duties%len(mix)].rule, Starts: started}})
			if err != nil {
				return 0, 0, 0, err
			}
			duties++
		}
	}
	d.now = today
	begin := time.Now()
	if _, err = duty.Extend(ctx, d.db, d.cal); err != nil {
		return 0, 0, 0, err
	}
	making = time.Since(begin)
	err = d.db.Write(ctx, func(tx *store.Tx) error {
		if err := journal.Append(ctx, tx, journal.Entry{Verb: "修改", Kind: "occurrence"}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update occurrence set state = case when id % 100 < 3 then 'missed' else 'done' end, timing = case when id % 100 < 3 then '' when id % 100 < 8 then 'late' else 'intime' end,
			said = '已办', happened = due, entered = 1, entered_by = staff where state = 'open' and closes < $1`, today.Format(time.DateOnly))
		return err
	})
	if err == nil {
		occurrences, err = store.One(ctx, d.db, store.Value[int], `select count(*) from occurrence`)
	}
	return duties, occurrences, making, err
}

// timed runs fn a few times and returns the median in milliseconds.
func timed(times int, fn func() error) (float64, error) {
	var all []float64
	for range times {
		begin := time.Now()
		if err := fn(); err != nil {
			return 0, err
		}
		all = append(all, float64(time.Since(begin).Microseconds())/1000)
	}
	return median(all), nil
}

func grow(ctx context.Context, dir string, postgres bool, n int) error {
	d, err := open(ctx, dir, postgres)
	if err != nil {
		return err
	}
	defer d.close()
	duties, occurrences, making, err := d.fill(ctx, n)
	if err != nil {
		return err
	}
	if err := ledger.Nightly(ctx, d.db, d.cal); err != nil { // the first night drafts the letters of all deadlines at once
		return err
	}
	night, err := timed(5, func() error { d.now = d.now.AddDate(0, 0, 1); return ledger.Nightly(ctx, d.db, d.cal) })
	if err != nil {
		return err
	}
	ladder, err := timed(5, func() error { _, err := ledger.Ladder(ctx, d.db, d.cal); return err })
	if err != nil {
		return err
	}
	d.now = d.now.AddDate(0, 0, 31)
	stretch, err := timed(1, func() error { _, err := duty.Extend(ctx, d.db, d.cal); return err })
	if err != nil {
		return err
	}
	d.now = today.AddDate(0, 0, 1)
	v, err := d.visitor()
	if err != nil {
		return err
	}
	var pages [4]float64
	for i, p := range []struct {
		login, path string
		fresh       bool
	}{{"clerk", "/work", true}, {"clerk", "/work", false}, {"clerk", "/duty", true}, {"district", "/duty", true}} {
		pages[i], err = timed(5, func() error { return v.get(ctx, p.login, p.path, p.fresh) })
		if err != nil {
			return err
		}
	}
	fmt.Printf("| %d | %d | %.1f | %.0f | %.0f | %.0f | %.1f | %.1f | %.1f | %.1f |\n", occurrences, duties, making.Seconds(), night, ladder, stretch, pages[0], pages[1], pages[2], pages[3])
	return nil
}

func (d *district) close() {
	_ = d.db.Close() // a scratch database
	_ = d.files.Close()
}
