package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// benchCommand loads the tasks that bench/tasks writes as a ledger: sixty units with one plan each, every task a finding.
type benchCommand struct {
	place
	Tasks string `arg:"" name:"任务表" help:"CSV：n,title,body,unit,status,due,created"`
}

// benchUnits is how many units the tasks are spread over; below three towns they are villages.
const benchUnits = 60

// benchLogin opens the benchmark's ledger, which holds nothing secret.
const benchLogin = "bench"

// task is one row of the file.
type task struct {
	title, body, due string
	status           int
}

// benchStates gives the five statuses of the tasks their words. The last two come in as 阶段性完成: only a closing completes.
var benchStates = []string{"", "未完成", "正在整改", "基本完成", "已完成", "长期坚持"}

// Run loads the file and says how long it took.
func (c benchCommand) Run(ctx context.Context, s streams) error {
	started := time.Now()
	byUnit, err := readTasks(c.Tasks)
	if err != nil {
		return err
	}
	return c.withDatabase(ctx, func(db *store.DB) (err error) {
		files, err := c.openFiles(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, files.Close()) }()
		units, who, err := benchDistrict(ctx, db)
		if err != nil {
			return err
		}
		total := 0
		for i, tasks := range byUnit {
			if err := loadTasks(ctx, db, files, who, units[i], tasks); err != nil {
				return fmt.Errorf("%s: %w", units[i].Name, err)
			}
			total += len(tasks)
			fmt.Fprintf(s.err, "\r%d", total)
		}
		fmt.Fprintf(s.err, "\r")
		fmt.Fprintf(s.out, "%d findings of %d units in %.1f s; login %s, password %s\n", total, len(units), time.Since(started).Seconds(), benchLogin, benchLogin)
		return nil
	})
}

// readTasks reads the tasks of each unit.
func readTasks(name string) ([benchUnits][]task, error) {
	var byUnit [benchUnits][]task
	f, err := os.Open(name)
	if err != nil {
		return byUnit, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.ReuseRecord = 7, true
	if _, err := r.Read(); err != nil {
		return byUnit, err
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return byUnit, nil
		}
		if err != nil {
			return byUnit, err
		}
		unit, err := strconv.Atoi(row[3])
		status, err2 := strconv.Atoi(row[4])
		if err = errors.Join(err, err2); err != nil || unit < 1 || unit > benchUnits || status < 1 || status >= len(benchStates) {
			return byUnit, fmt.Errorf("task %s: unit %s, status %s", row[0], row[3], row[4])
		}
		byUnit[unit-1] = append(byUnit[unit-1], task{strings.Clone(row[1]), strings.Clone(row[2]), strings.Clone(row[5]), status})
	}
}

// benchDistrict makes a district of three towns with twenty villages each, and one supervisor.
func benchDistrict(ctx context.Context, db *store.DB) (units []org.Unit, who org.Person, err error) {
	if _, err := org.Root(ctx, db); !errors.Is(err, store.ErrNotFound) {
		return nil, who, errors.Join(errors.New("seed-bench wants an empty database"), err)
	}
	err = db.Write(ctx, func(tx *store.Tx) error {
		root, err := org.AddUnit(ctx, tx, org.Program, org.Unit{}, org.District, "测速区", 1)
		if err != nil {
			return err
		}
		var town org.Unit
		for i := range benchUnits {
			if i%20 == 0 {
				if town, err = org.AddUnit(ctx, tx, org.Program, root, org.Town, fmt.Sprintf("第%d镇", i/20+1), int64(i)); err != nil {
					return err
				}
			}
			village, err := org.AddUnit(ctx, tx, org.Program, town, org.Village, fmt.Sprintf("第%d村", i+1), int64(i))
			if err != nil {
				return err
			}
			units = append(units, village)
		}
		id, err := org.AddStaff(ctx, tx, org.Program, root, "测速员", "", org.Admin, benchLogin, benchLogin)
		who = org.Person{ID: id, Name: "测速员", Role: org.Admin, Unit: root}
		return err
	})
	return units, who, err
}

// loadTasks brings the tasks of a unit in the way a clerk would: as a table, read and confirmed.
func loadTasks(ctx context.Context, db *store.DB, files *evidence.Files, who org.Person, unit org.Unit, tasks []task) error {
	if len(tasks) == 0 {
		return nil
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write([]string{unit.Name + "巡察反馈问题整改台账", "", "", "", "", "", ""}) // writing to a buffer cannot fail
	_ = w.Write([]string{"序号", "反馈问题", "具体表现", "整改措施", "责任单位", "完成时限", "完成情况"})
	for i, t := range tasks {
		// One manifestation and one measure each: the parted clauses of the body become one sentence.
		body := strings.ReplaceAll(strings.TrimSuffix(t.body, "；"), "；", "，")
		clauses := strings.Split(body, "，")
		measure := clauses[len(clauses)-1]
		_ = w.Write([]string{strconv.Itoa(i + 1), t.title, body, measure, unit.Name + "村委会", t.due, benchStates[t.status]})
	}
	w.Flush()
	id, err := ledger.StartImport(ctx, db, files, who, ledger.Upload{Unit: unit.ID, Kind: ledger.NewPlan, Name: unit.Name + "台账.csv", Data: out.Bytes()})
	if err != nil {
		return err
	}
	_, err = ledger.Confirm(ctx, db, who, id, 1)
	return err
}
