package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed lua
var scripts embed.FS

// run is one run of wrk.
type run struct {
	Peer        string
	Op          string
	Connections int
	Rate        float64 // answers a second
	P50, P99    float64 // ms; of slow operations cut by the run's length: lower bounds
	CPU         float64 // ms of the server's processor time an answer
	Peak        float64 // MiB, the largest resident size
	Refused     int     // answers other than 2xx
	Broken      int     // connections that failed or timed out
}

// load puts the server under one operation at c connections.
func (s *server) load(op string, c int, duration time.Duration) (run, error) {
	script, err := s.script()
	if err != nil {
		return run{}, err
	}
	pids := family(s.cmd.Process.Pid)
	drain(pids)
	forgetPeak(pids)
	before := cpu(pids)
	out, err := exec.Command("wrk", "-t1", fmt.Sprintf("-c%d", c), fmt.Sprintf("-d%.0fs", duration.Seconds()),
		"--timeout", "60s", "-s", script, s.base, "--", op, filepath.Join(s.dir, "ids.txt"), s.header, s.token).CombinedOutput()
	used := cpu(pids) - before
	if err != nil {
		return run{}, fmt.Errorf("wrk: %w: %s", err, out)
	}
	_, line, ok := strings.Cut(string(out), "\nRESULT ")
	if !ok {
		return run{}, fmt.Errorf("wrk: %s", out)
	}
	var result struct {
		Requests, Micros, P50, P99 float64
		Refused, Broken            int
	}
	if err := json.Unmarshal([]byte(strings.TrimSpace(line)), &result); err != nil {
		return run{}, fmt.Errorf("wrk: %w: %s", err, line)
	}
	return run{
		Peer: s.name, Op: op, Connections: c,
		Rate: result.Requests / (result.Micros / 1e6),
		P50:  result.P50 / 1000, P99: result.P99 / 1000,
		CPU:     used.Seconds() * 1000 / max(result.Requests, 1),
		Peak:    memory(pids, "status", "VmHWM"),
		Refused: result.Refused, Broken: result.Broken,
	}, nil
}

// script writes the shared script and the peer's own as the one file wrk takes.
func (s *server) script() (string, error) {
	var whole []byte
	for _, name := range []string{"load.lua", s.lua} {
		part, err := scripts.ReadFile("lua/" + name)
		if err != nil {
			return "", err
		}
		whole = append(whole, part...)
	}
	path := filepath.Join(s.dir, "load.lua")
	return path, os.WriteFile(path, whole, 0o666)
}
