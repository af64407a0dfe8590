//go:build unix

package office

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakeTool puts a script in the place of a program.
func fakeTool(t *testing.T, name, script string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/bin:/usr/bin")
	return dir
}

// A converter that hangs is killed with all it started.
func TestConvertHangs(t *testing.T) {
	dir := fakeTool(t, "soffice", `sleep 300 & echo $! > "$(dirname "$0")/pid"; wait`)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := Read(ctx, "", []byte(rtf))
	if e, ok := err.(*Error); !ok || !strings.Contains(e.What, "时间太长") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
	text, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if state, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err != nil || strings.Contains(string(state), ") Z ") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("process %d lives on", pid)
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// A converter that fails, or claims to have worked, leaves a message and no files.
func TestConvertFails(t *testing.T) {
	temp := t.TempDir()
	for _, script := range []string{"exit 3", "exit 0", `while [ "$1" != --outdir ]; do shift; done; mkdir -p "$2"; echo PK > "$2/in.docx"`} {
		fakeTool(t, "soffice", script)
		t.Setenv("TMPDIR", temp)
		_, err := Read(t.Context(), "", []byte(rtf))
		if e, ok := err.(*Error); !ok || e.Do == "" {
			t.Errorf("%s: %v", script, err)
		}
		if left, _ := os.ReadDir(temp); len(left) > 0 {
			t.Errorf("%s: left %v", script, left)
		}
	}
}
