//go:build unix

package office

import (
	"context"
	"os"
	"os/exec"
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

// What somebody gave lies open in a folder that only the program's own account can enter, and only while it is converted.
func TestConvertInPrivate(t *testing.T) {
	temp := t.TempDir()
	dir := fakeTool(t, "soffice", `stat -c "%a %n" "$PWD" "$PWD"/in.* "$PWD"/held > "$(dirname "$0")/seen"; exit 3`)
	t.Setenv("TMPDIR", temp)
	if _, err := Read(t.Context(), "", []byte(rtf)); err == nil {
		t.Error("it was read")
	}
	seen, err := os.ReadFile(filepath.Join(dir, "seen"))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(seen)), "\n") {
		if want := []string{"700 ", "600 ", "600 "}[i]; !strings.HasPrefix(line, want) {
			t.Errorf("%s, not %s", line, want)
		}
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// A program that is killed in the middle of a conversion leaves the list behind; the next one takes it away, and leaves alone what somebody
// is at work on, or what is not its own.
func TestSweepConversions(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	if os.Getenv("BIHUAN_TEST_CONVERT") != "" { // the program that is killed
		fakeTool(t, "soffice", `exec sleep 20`)
		t.Setenv("TMPDIR", os.Getenv("BIHUAN_TEST_CONVERT"))
		_, _ = Read(t.Context(), "", []byte(rtf))
		return
	}
	killed := exec.Command(os.Args[0], "-test.run=^TestSweepConversions$")
	killed.Env = append(os.Environ(), "BIHUAN_TEST_CONVERT="+temp, "TMPDIR="+t.TempDir())
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	folders := func() []string {
		list, err := filepath.Glob(filepath.Join(temp, workPrefix+"*", "in.rtf"))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for deadline := time.Now().Add(time.Minute); len(folders()) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the other program does not begin")
		}
	}
	if n, err := SweepConversions(); n != 0 || err != nil || len(folders()) != 1 {
		t.Errorf("while it works: %d swept, %v, %v", n, err, folders())
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait() // says that it was killed
	if len(folders()) != 1 {
		t.Fatal("it leaves nothing behind: there is nothing to test")
	}
	for _, other := range []string{"bihuan-convert", "bihuan-other-1", workPrefix + "open"} {
		if err := os.Mkdir(filepath.Join(temp, other), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	old, young := filepath.Join(temp, workPrefix+"old"), filepath.Join(temp, workPrefix+"young") // killed before the file that is held was made
	for _, dir := range []string{old, young} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dirOf(t), filepath.Join(temp, workPrefix+"link")); err != nil {
		t.Fatal(err)
	}
	if n, err := SweepConversions(); n != 2 || err != nil || len(folders()) != 0 {
		t.Errorf("after it was killed: %d swept, %v, %v", n, err, folders())
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) != 5 {
		t.Errorf("left %v, %v", left, err)
	}
}

// dirOf is a folder with something in it that has to stay.
func dirOf(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "stays")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := os.Stat(file); err != nil {
			t.Errorf("what a link leads to was swept: %v", err)
		}
	})
	return dir
}
