package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Retention is how many backups are kept: the newest of each of the last days, weeks and months that have one. The newest of all is
// always kept.
type Retention struct{ Days, Weeks, Months int }

// Keep tells which of the backups made at these instants are kept.
func (r Retention) Keep(made []time.Time) []bool {
	order := make([]int, len(made))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return made[b].Compare(made[a]) })
	keep := make([]bool, len(made))
	for _, x := range []struct {
		n    int
		span func(time.Time) string
	}{
		{max(r.Days, 1), func(t time.Time) string { return t.Format(time.DateOnly) }},
		{r.Weeks, func(t time.Time) string { year, week := t.ISOWeek(); return fmt.Sprint(year, "-", week) }},
		{r.Months, func(t time.Time) string { return t.Format("2006-01") }},
	} {
		last, spans := "", 0
		for _, i := range order {
			span := x.span(made[i])
			if span == last {
				continue
			}
			if last, spans = span, spans+1; spans > x.n {
				break
			}
			keep[i] = true
		}
	}
	return keep
}

// The names of the files that the program makes by itself. Others in the folder are never touched.
const (
	namePrefix = "bihuan-"
	nameSuffix = ".bhb"
	nameTime   = "20060102-150405"
	drillMark  = "drill-" // begins the name of the folder of a drill
)

// freeName is a name for a backup made now. Of two in one second the other counts as made a second later.
func freeName(folder string, now time.Time) string {
	for ; ; now = now.Add(time.Second) {
		name := namePrefix + now.Format(nameTime) + nameSuffix
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			return name
		}
	}
}

// madeAt is when a file of that name was made; ok tells whether it is one of the program's.
func madeAt(name string) (at time.Time, ok bool) {
	middle, ok := strings.CutPrefix(name, namePrefix)
	middle, ok2 := strings.CutSuffix(middle, nameSuffix)
	if !ok || !ok2 {
		return time.Time{}, false
	}
	at, err := time.ParseInLocation(nameTime, middle, time.Local)
	return at, err == nil
}

// Stored is a backup in the folder of backups.
type Stored struct {
	Name string
	Made time.Time
	Size int64
}

// List lists the backups that the program has made by itself in a folder, newest first.
func List(folder string) ([]Stored, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Stored
	for _, e := range entries {
		at, ok := madeAt(e.Name())
		info, err := e.Info()
		if !ok || err != nil || !info.Mode().IsRegular() {
			continue
		}
		list = append(list, Stored{Name: e.Name(), Made: at, Size: info.Size()})
	}
	slices.SortFunc(list, func(a, b Stored) int { return b.Made.Compare(a.Made) })
	return list, nil
}

// partsLast is how long something half done may lie in the folder: whoever was at it is gone.
const partsLast = 24 * time.Hour

// prune removes backups whose time is over, and what was left half done, and returns the names of those backups.
func prune(folder string, r Retention, now time.Time) ([]string, error) {
	list, err := List(folder)
	if err != nil {
		return nil, err
	}
	made := make([]time.Time, len(list))
	for i, b := range list {
		made[i] = b.Made
	}
	var gone []string
	for i, keep := range r.Keep(made) {
		if keep {
			continue
		}
		if err := os.Remove(filepath.Join(folder, list[i].Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return gone, err
		}
		gone = append(gone, list[i].Name)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return gone, err
	}
	for _, e := range entries {
		name := e.Name()
		info, err := e.Info()
		half := strings.HasPrefix(name, namePrefix) && strings.HasSuffix(name, ".part") || strings.HasPrefix(name, drillMark) && e.IsDir()
		if err == nil && half && info.ModTime().Before(now.Add(-partsLast)) {
			if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
				return gone, err
			}
		}
	}
	return gone, nil
}
