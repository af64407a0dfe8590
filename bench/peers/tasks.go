package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// task is one row of bench/tasks.
type task struct {
	title, body  string
	unit, status int    // 1..60, 1..5
	due          string // YYYY-MM-DD
	created      string // YYYY-MM-DD HH:MM:SS
}

// mentions is how many tasks have the term in their title or body.
func mentions(tasks []task, term string) int {
	n := 0
	for _, t := range tasks {
		if strings.Contains(t.title, term) || strings.Contains(t.body, term) {
			n++
		}
	}
	return n
}

// makeTasks writes the CSV of bench/tasks unless it is there, and reads it.
func makeTasks(path string, count int) ([]task, error) {
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		if data, err = exec.Command("go", "run", "./bench/tasks", "-n", strconv.Itoa(count)).Output(); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, err
		}
		err = os.WriteFile(path, data, 0o666)
	}
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	tasks := make([]task, 0, count)
	for _, row := range rows[1:] {
		unit, err := strconv.Atoi(row[3])
		if err != nil {
			return nil, err
		}
		status, err := strconv.Atoi(row[4])
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task{row[1], row[2], unit, status, row[5], row[6]})
	}
	return tasks, nil
}
