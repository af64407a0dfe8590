package reliable_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bihuan/calendar"
	"bihuan/ledger"
	"bihuan/store"
	"bihuan/web"
)

// server serves the pages as the program does, and does what it is told on its input until that ends.
func server(url, folder string) error {
	ctx := context.Background()
	small := os.Getenv("BIHUAN_TEST_DISK") != ""
	if small {
		if err := ownDisk(folder); err != nil {
			return err
		}
	}
	h, err := open(ctx, url, folder)
	if err != nil {
		return err
	}
	if small {
		if _, err := h.settle(ctx, 3); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	quiet := slog.New(slog.NewTextHandler(os.Stderr, nil))
	go http.Serve(listener, web.New(web.Config{DB: h.db, Files: h.files, Record: h.log, Calendar: calendar.Published(), Log: quiet}).Handler())
	if os.Getenv("BIHUAN_TEST_GATE") != "" {
		if err := installGate(); err != nil {
			return err
		}
	}
	tell("ready http://%s", listener.Addr())
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		tell("done %q", h.obey(ctx, orders.Text()))
	}
	return h.close()
}

// obey does what a test tells a server beside requests, and says what came of it.
func (h *house) obey(ctx context.Context, order string) string {
	ballast := filepath.Join(h.folder, "ballast")
	var room int64
	if query, ok := strings.CutPrefix(order, "number "); ok {
		n, err := store.One(ctx, h.db, store.Value[int64], query)
		return fmt.Sprint(n, errorText(err))
	}
	switch _, err := fmt.Sscanf(order, "fill %d", &room); {
	case err == nil:
		return fmt.Sprint(fill(ballast, room))
	case order == "free":
		return fmt.Sprint(os.Remove(ballast))
	case order == "sign":
		_, err := h.log.Checkpoint(ctx)
		return fmt.Sprint(err)
	case order == "verify":
		r, err := h.verify(ctx)
		if err != nil || !r.OK() {
			return fmt.Sprint(err, said(r))
		}
		return fmt.Sprintf("%d events %d files", r.Events, r.Files)
	}
	return "what?"
}

func errorText(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

// served is a server that a test started, and a visitor of its pages.
type served struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Scanner
	said  *bytes.Buffer
	url   string
	http  *http.Client
	ended bool
}

// serve starts a server for a house. prepare may change how it is started, and watch is called once it has been.
func serve(t *testing.T, h *house, prepare func(*exec.Cmd), watch func(*exec.Cmd)) *served {
	t.Helper()
	s := &served{t: t, said: &bytes.Buffer{}}
	s.cmd = exec.Command(os.Args[0])
	s.cmd.Env = append(os.Environ(), role+"=server", "BIHUAN_TEST_URL="+h.url, "BIHUAN_TEST_FOLDER="+h.folder)
	s.cmd.Stderr = s.said
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewScanner(out)
	if prepare != nil {
		prepare(s.cmd)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	if watch != nil {
		watch(s.cmd)
	}
	s.url = s.hear("ready ")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.http = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if status, text := s.post("/login", "login", login, "password", password); status != http.StatusSeeOther {
		t.Fatalf("sign in: %d %s", status, text)
	}
	return s
}

// end kills it, unless it has ended.
func (s *served) end() {
	if s.ended {
		return
	}
	s.ended = true
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// hear reads a line that begins with something and returns the rest.
func (s *served) hear(begin string) string {
	s.t.Helper()
	for s.out.Scan() {
		if rest, ok := strings.CutPrefix(s.out.Text(), begin); ok {
			return rest
		}
	}
	s.end()
	s.t.Fatalf("it says %q no more: %s", begin, s.said)
	return ""
}

// order has it do something beside requests.
func (s *served) order(what string) string {
	s.t.Helper()
	if _, err := io.WriteString(s.in, what+"\n"); err != nil {
		s.t.Fatal(err)
	}
	var text string
	if _, err := fmt.Sscanf(s.hear("done "), "%q", &text); err != nil {
		s.t.Fatal(err)
	}
	return text
}

// send sends a form and returns status and page; 0 when there is no answer.
func (s *served) send(path, media string, body io.Reader) (int, string) {
	r, err := http.NewRequest(http.MethodPost, s.url+path, body)
	must(err)
	r.Header.Set("Content-Type", media)
	answer, err := s.http.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(b)
}

func (s *served) get(path string) (int, string) {
	answer, err := s.http.Get(s.url + path)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	must(err)
	return answer.StatusCode, string(b)
}

func (s *served) post(path string, form ...string) (int, string) {
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Add(form[i], form[i+1])
	}
	return s.send(path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
}

// postFile sends a form with a file.
func (s *served) postFile(path, name, content string, form ...string) (int, string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i < len(form); i += 2 {
		must(m.WriteField(form[i], form[i+1]))
	}
	part, err := m.CreateFormFile("file", name)
	must(err)
	_, err = io.WriteString(part, content)
	must(err)
	must(m.Close())
	return s.send(path, m.FormDataContentType(), &b)
}

// progress sends the form of how far a finding is.
func (s *served) progress(finding, version int64, n int) (int, string) {
	return s.post(fmt.Sprintf("/finding/%d/progress", finding), "version", fmt.Sprint(version), "state", string(ledger.Doing), "progress", fmt.Sprintf("已疏通%d处", n))
}

// attach sends the form of a piece of evidence with a file.
func (s *served) attach(finding int64, today, content string) (int, string) {
	return s.postFile(fmt.Sprintf("/finding/%d/evidence", finding), "巡查记录.txt", content, "kind", "file", "title", "巡查记录", "event", today)
}

// upload sends a plan.
func (s *served) upload(unit int64, content string) (int, string) {
	return s.postFile("/import", "方案.txt", content, "kind", ledger.NewPlan, "unit", fmt.Sprint(unit))
}
