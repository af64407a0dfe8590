package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// server is a peer with its data, running or not.
type server struct {
	peer
	dir    string
	base   string // http://127.0.0.1:port
	token  string
	cmd    *exec.Cmd
	starts []time.Duration // exec to first 200, one each cold start
	idle   []float64       // MiB two seconds later, proportional share
}

// prepare empties the folder and fills it with the tasks.
func prepare(p peer, dir string, tasks []task) (*server, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	// What an earlier run wrote would count for the next one.
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	if err := p.fill(dir, tasks); err != nil {
		return nil, err
	}
	return &server{peer: p, dir: dir}, nil
}

// start runs the server on a free port and waits for its first answer.
func (s *server) start() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	listener.Close()
	s.base = "http://" + address
	line := s.command(s.dir, address)
	s.cmd = exec.Command(line[0], line[1:]...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	logged, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer logged.Close()
	s.cmd.Stdout, s.cmd.Stderr = logged, logged
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		response, err := http.Get(s.base + s.first)
		if err != nil {
			continue
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return nil
		}
	}
	s.stop()
	return fmt.Errorf("%s gave no 200 within 30 s, see %s", s.base+s.first, logged.Name())
}

// stop ends the server's process group and waits for it.
func (s *server) stop() error {
	if s.cmd == nil {
		return nil
	}
	err := syscall.Kill(-s.cmd.Process.Pid, syscall.SIGTERM)
	late := time.AfterFunc(30*time.Second, func() { syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) })
	s.cmd.Wait() // it was told to end: how it puts that is its own affair
	late.Stop()
	s.cmd = nil
	return err
}

// cold starts and stops the server n times and notes how long the first answer
// took and what it holds in memory when idle.
func (s *server) cold(n int) error {
	for range n {
		began := time.Now()
		if err := s.start(); err != nil {
			return err
		}
		s.starts = append(s.starts, time.Since(began))
		time.Sleep(2 * time.Second)
		s.idle = append(s.idle, memory(family(s.cmd.Process.Pid), "smaps_rollup", "Pss"))
		if err := s.stop(); err != nil {
			return err
		}
	}
	return nil
}

// prove asks for every proof and fails on the first answer that lacks its text.
func (s *server) prove(tasks []task) error {
	for _, p := range s.proofs(tasks) {
		request, err := http.NewRequest("GET", s.base+p.path, nil)
		if err != nil {
			return err
		}
		request.Header.Set(s.header, s.token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK || !strings.Contains(string(body), p.want) {
			return fmt.Errorf("%s: %s without %s: %.200s", p.path, response.Status, p.want, body)
		}
	}
	return nil
}
