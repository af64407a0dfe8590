package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"bihuan/duty"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// crowd lets people report and review at once, two of them always after the same task, and counts afterwards that every task was
// done once and recorded once.
func crowd(ctx context.Context, dir string, postgres bool, people, tasks int) error {
	d, err := open(ctx, dir, postgres)
	if err != nil {
		return err
	}
	defer d.close()
	if _, _, _, err := d.fill(ctx, 30000); err != nil {
		return err
	}
	ids, err := store.All(ctx, d.db, store.Value[int64], fmt.Sprintf(`select o.id from occurrence o join duty d on d.id = o.duty where o.state in ('done', 'missed') and o.opens <= '2026-11-18' order by o.due desc, o.id limit %d`, tasks))
	if err != nil {
		return err
	}
	// The newest of the past are open again, to be done by the crowd.
	err = d.db.Write(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			if _, err := tx.Exec(ctx, `update occurrence set state = 'open', timing = '', said = '', entered_by = 0, closes = '2099-12-31' where id = $1`, id); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `update duty set reviewed = 1`); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Verb: "修改", Kind: "duty"})
	})
	if err != nil {
		return err
	}
	byHome := map[int64]int{}
	for i, u := range d.towns {
		byHome[u.ID] = i
	}
	before, err := d.verbs(ctx)
	if err != nil {
		return err
	}
	var next, reported, passed, refused atomic.Int64
	var failed atomic.Pointer[error]
	latency := make([][]time.Duration, people)
	begin := time.Now()
	var wait sync.WaitGroup
	for p := range people {
		wait.Go(func() {
			for failed.Load() == nil {
				k := next.Add(1) - 1
				if k >= int64(2*len(ids)) {
					return
				}
				id := ids[k/2] // two go for each
				start := time.Now()
				err := d.once(ctx, id, byHome, &reported, &passed, &refused)
				latency[p] = append(latency[p], time.Since(start))
				if err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	wait.Wait()
	took := time.Since(begin)
	if err := failed.Load(); err != nil {
		return *err
	}
	after, err := d.verbs(ctx)
	if err != nil {
		return err
	}
	done, err := store.One(ctx, d.db, store.Value[int], `select count(*) from occurrence where state = 'done' and closes = '2099-12-31'`)
	if err != nil {
		return err
	}
	receipts, err := store.One(ctx, d.db, store.Value[int], `select count(distinct receipt) from occurrence where closes = '2099-12-31'`)
	if err != nil {
		return err
	}
	var all []time.Duration
	for _, l := range latency {
		all = append(all, l...)
	}
	slices.Sort(all)
	fmt.Printf("\n%d people, %d tasks, each gone for by two: %.1f s, %.0f reports and reviews kept a second, p50 of both %.1f ms, p99 %.1f ms; sent again and refused or taken as the same: %d\n",
		people, len(ids), took.Seconds(), float64(2*len(ids))/took.Seconds(), ms(all[len(all)/2]), ms(all[len(all)*99/100]), reported.Load()+passed.Load()+refused.Load()-int64(2*len(ids)))
	fmt.Printf("done %d, receipts %d, recorded 反馈 %d, 复核通过 %d\n", done, receipts, after["反馈"]+after["补录"]-before["反馈"]-before["补录"], after["复核通过"]-before["复核通过"])
	if n := len(ids); done != n || receipts != n || after["反馈"]+after["补录"]-before["反馈"]-before["补录"] != n || after["复核通过"]-before["复核通过"] != n {
		return errors.New("work was lost or doubled")
	}
	return nil
}

// once reports on a task and reviews it; whoever comes second is refused, or answered as the first was, and has changed nothing.
func (d *district) once(ctx context.Context, id int64, byHome map[int64]int, reported, passed, refused *atomic.Int64) error {
	o, err := duty.OccurrenceByID(ctx, d.db, id)
	if err != nil {
		return err
	}
	i := byHome[o.Home]
	if o.Standing == duty.Open {
		_, err = ledger.Report(ctx, d.db, d.cal, d.lead[i], id, o.Version, duty.Report{Said: "已办，台账已更新", Reason: "补"}, nil)
		if fatal(err) {
			return err
		}
		if err != nil {
			refused.Add(1)
		} else {
			reported.Add(1)
		}
	}
	if o, err = duty.OccurrenceByID(ctx, d.db, id); err != nil {
		return err
	}
	if o.Standing != duty.Reported {
		refused.Add(1)
		return nil
	}
	err = ledger.Decide(ctx, d.db, d.cal, d.clerks[i], id, o.Version, duty.Decision{Pass: true})
	if fatal(err) {
		return err
	}
	if err != nil {
		refused.Add(1)
	} else {
		passed.Add(1)
	}
	return nil
}

// fatal tells whether an error is more than that somebody else was first.
func fatal(err error) bool {
	var stale ledger.Stale
	var invalid org.Invalid
	return err != nil && !errors.As(err, &stale) && !errors.As(err, &invalid)
}

// verbs counts the entries of the journal about tasks.
func (d *district) verbs(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{}
	for _, verb := range []string{"反馈", "补录", "复核通过"} {
		n, err := store.One(ctx, d.db, store.Value[int], `select count(*) from journal where kind = 'occurrence' and verb = $1`, verb)
		if err != nil {
			return nil, err
		}
		counts[verb] = n
	}
	return counts, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// schema makes an empty schema on the test server and returns its address.
func schema(name string) (string, error) {
	server := os.Getenv("BIHUAN_TEST_PG")
	if server == "" {
		return "", errors.New("BIHUAN_TEST_PG is not set: run under store/storetest/postgres.sh --durable")
	}
	name = "loop_" + name
	if out, err := exec.Command("psql", server, "-qc", "set client_min_messages to error; drop schema if exists "+name+" cascade; create schema "+name).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return server + "&search_path=" + name, nil
}
