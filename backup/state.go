package backup

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"bihuan/store"
)

// Entry is a backup in the list: one that was made, is being made or failed.
type Entry struct {
	ID             int64
	State          string // asked running done failed
	Started, Ended time.Time
	Name           string
	Size           int64
	Encrypted      bool
	Schema         int64
	Rows           int64
	Files          int64
	Missing        int64
	Hash           string
	Error          string
	Removed        time.Time // zero while it is kept
}

// Drill is a drill that was held.
type Drill struct {
	ID             int64
	State          string // asked running passed failed
	Started, Ended time.Time
	Name           string // of the backup; empty when it did not come so far
	Made           time.Time
	Rows, Files    int64
	Ready          time.Duration // until the copy could have been used
	Checked        time.Duration
	Differences    []string
	Error          string
}

// instant is the time of Unix milliseconds, zero for 0.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// Entries lists the newest backups, newest first.
func Entries(ctx context.Context, q store.Querier, limit int) ([]Entry, error) {
	return entries(ctx, q, `order by id desc limit $1`, limit)
}

func entries(ctx context.Context, q store.Querier, end string, args ...any) ([]Entry, error) {
	return store.All(ctx, q, func(rows *sql.Rows, e *Entry) error {
		var started, ended, removed int64
		err := rows.Scan(&e.ID, &e.State, &started, &ended, &e.Name, &e.Size, &e.Encrypted, &e.Schema, &e.Rows, &e.Files, &e.Missing, &e.Hash, &e.Error, &removed)
		e.Started, e.Ended, e.Removed = instant(started), instant(ended), instant(removed)
		return err
	}, `select id, state, started, ended, name, size, encrypted, schema, rows, files, missing, hash, error, removed from backup `+end, args...)
}

// Drills lists the newest drills, newest first.
func Drills(ctx context.Context, q store.Querier, limit int) ([]Drill, error) {
	return store.All(ctx, q, func(rows *sql.Rows, d *Drill) error {
		var started, ended, made, ready, checked int64
		var report string
		err := rows.Scan(&d.ID, &d.State, &started, &ended, &d.Name, &made, &d.Rows, &d.Files, &ready, &checked, &report, &d.Error)
		d.Started, d.Ended, d.Made = instant(started), instant(ended), instant(made)
		d.Ready, d.Checked = time.Duration(ready)*time.Millisecond, time.Duration(checked)*time.Millisecond
		if report != "" {
			d.Differences = strings.Split(report, "\n")
		}
		return err
	}, `select id, state, started, ended, name, made, rows, files, ready, checked, report, error from drill order by id desc limit $1`, limit)
}

// Kept are how many backups made of this installation are still kept, and when the oldest of them was made. Whatever was erased after
// that may still be in them.
func Kept(ctx context.Context, q store.Querier) (n int64, oldest time.Time, err error) {
	both, err := store.One(ctx, q, func(rows *sql.Rows, x *[2]int64) error { return rows.Scan(&x[0], &x[1]) },
		`select count(*), coalesce(min(started), 0) from backup where state = 'done' and removed = 0`)
	return both[0], instant(both[1]), err
}

// Alert is something about backups that an administrator should see to.
type Alert struct {
	Grave bool   // now; otherwise when there is time
	Text  string // what is wrong
	Do    string // what to do
}

const (
	// withoutBackup is how long there may be no new backup.
	withoutBackup = 48 * time.Hour
	// leastFree is the share of a disk, in percent, that should be free.
	leastFree = 10
)

// Alerts tells what an administrator should see to. folders are the places whose disks must not be full; automatic tells whether the
// program makes backups by itself.
func Alerts(ctx context.Context, q store.Querier, now time.Time, automatic bool, folders ...string) ([]Alert, error) {
	var list []Alert
	last, err := entries(ctx, q, `where state = 'done' order by ended desc limit 1`)
	if err != nil {
		return nil, err
	}
	tried, err := Entries(ctx, q, 1)
	if err != nil {
		return nil, err
	}
	do := "按“现在备份”，并看看失败的原因。"
	if !automatic {
		do = "启动时加 --backups 指明备份文件夹，程序就每天自动备份；也可以用 bihuan backup。"
	}
	switch {
	case len(last) == 0:
		list = append(list, Alert{true, "还没有做过备份", do})
	case now.Sub(last[0].Ended) > withoutBackup:
		list = append(list, Alert{true, fmt.Sprintf("已经 %d 天没有新的备份", int(now.Sub(last[0].Ended).Hours()/24)), do})
	}
	if len(tried) > 0 && tried[0].State == "failed" {
		list = append(list, Alert{true, "最近一次备份失败：" + tried[0].Error, "照上面说的处理；半小时后会再试，也可以按“现在备份”。"})
	}
	if len(last) > 0 && last[0].Missing > 0 {
		list = append(list, Alert{true, fmt.Sprintf("最近一份备份里有 %d 个文件缺失或损坏", last[0].Missing), "用 bihuan verify 查出是哪些，从旧备份里找回。"})
	}
	drills, err := Drills(ctx, q, 1)
	if err != nil {
		return nil, err
	}
	if len(drills) > 0 && drills[0].State == "failed" {
		text := "最近一次恢复演练没有通过：" + drills[0].Error
		if n := len(drills[0].Differences); n > 0 {
			text = fmt.Sprintf("最近一次恢复演练查出 %d 处不符", n)
		}
		list = append(list, Alert{true, text, "看演练报告；这份备份恢复不了或不可信，先再做一份再演练。"})
	}
	for i, folder := range folders {
		free, total, err := Disk(folder)
		if err != nil || total == 0 || free*100 >= total*leastFree || i > 0 && sameDisk(folder, folders[0]) {
			continue
		}
		list = append(list, Alert{true, fmt.Sprintf("%s 所在的磁盘只剩 %d%%（%s）", folder, free*100/total, Bytes(free)), "清理磁盘或换大的：磁盘满了就登记不了，也备份不了。"})
	}
	return list, nil
}

// sameDisk tells whether two folders look as if they were on one disk.
func sameDisk(a, b string) bool {
	freeA, totalA, errA := Disk(a)
	freeB, totalB, errB := Disk(b)
	return errA == nil && errB == nil && totalA == totalB && max(freeA-freeB, freeB-freeA) < 64<<20
}
