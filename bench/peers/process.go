package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// family is a process and its descendants, by their ids.
func family(pid int) []int {
	pids := []int{pid}
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, child := range strings.Fields(string(children)) {
		if id, err := strconv.Atoi(child); err == nil {
			pids = append(pids, family(id)...)
		}
	}
	return pids
}

// memory adds up a line of a file of /proc over processes, in MiB. A process
// that has ended meanwhile holds none.
func memory(pids []int, file, line string) float64 {
	total := 0
	for _, pid := range pids {
		data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
		for l := range strings.Lines(string(data)) {
			if rest, ok := strings.CutPrefix(l, line+":"); ok {
				kib, _ := strconv.Atoi(strings.Fields(rest)[0])
				total += kib
			}
		}
	}
	return float64(total) / 1024
}

// forgetPeak makes the kernel count the largest resident size anew.
func forgetPeak(pids []int) {
	for _, pid := range pids {
		_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
	}
}

// cpu is the processor time that processes have used, in ticks of 10 ms.
func cpu(pids []int) time.Duration {
	ticks := 0
	for _, pid := range pids {
		data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, after, _ := strings.Cut(string(data), ") ")
		fields := strings.Fields(after)
		if len(fields) < 13 {
			continue
		}
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		ticks += user + system
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// drain waits, a minute at most, until processes have finished what clients
// that are gone had asked for.
func drain(pids []int) {
	for range 120 {
		before := cpu(pids)
		time.Sleep(500 * time.Millisecond)
		if cpu(pids)-before <= 30*time.Millisecond {
			return
		}
	}
}
