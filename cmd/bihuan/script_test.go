package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"bihuan/office"
)

func TestMain(m *testing.M) {
	settle() // as main does, before anything looks at the clock
	testscript.Main(tidy{m}, map[string]func(){"bihuan": main})
}

// tidy removes what tests share when all have run.
type tidy struct{ *testing.M }

func (m tidy) Run() int {
	defer os.RemoveAll(sharedFolder)
	return m.M.Run()
}

// The scripts under testdata/script run the very program.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"docx": writeDocx, "halve": halve, "word": word},
	})
}

// writeDocx is the script command "docx FROM TO": it makes a docx with a paragraph for each line of a text.
func writeDocx(ts *testscript.TestScript, _ bool, args []string) {
	lines := strings.Split(strings.TrimSpace(ts.ReadFile(args[0])), "\n")
	paper := office.Paper{Title: lines[0]}
	for _, line := range lines[1:] {
		paper.Blocks = append(paper.Blocks, office.Text(line))
	}
	var out bytes.Buffer
	ts.Check(office.WriteDocx(&out, paper))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), out.Bytes(), 0o600))
}

// halve is the script command "halve FILE": it breaks a file off in the middle.
func halve(ts *testscript.TestScript, _ bool, args []string) {
	whole := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(whole[:len(whole)/2]), 0o600))
}

// word is the script command "word FILE AFTER NAME": it puts the word after a text in a file into a variable.
func word(ts *testscript.TestScript, _ bool, args []string) {
	_, rest, _ := strings.Cut(ts.ReadFile(args[0]), args[1])
	words := strings.Fields(rest)
	if len(words) == 0 {
		ts.Fatalf("there is no word after %q", args[1])
	}
	ts.Setenv(args[2], words[0])
}
