package vault

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The check of a whole database opens every column that the migrations call sealed, and no other.
func TestSealedColumnsAreKnown(t *testing.T) {
	files, err := filepath.Glob("../store/residents/*.sql")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	table, column := regexp.MustCompile(`create table (\w+)`), regexp.MustCompile(`^\s+(\w+)\s+text.*-- sealed( |:|$)`)
	want := map[string][]string{}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		at := ""
		for line := range strings.Lines(string(content)) {
			if m := table.FindStringSubmatch(line); m != nil {
				at = m[1]
			}
			if m := column.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
				want[at] = append(want[at], m[1])
			}
		}
	}
	if !maps.EqualFunc(want, sealed, slices.Equal) {
		t.Errorf("the migrations seal %v, and what is opened is %v", want, sealed)
	}
	for _, s := range Secrets {
		if table, name, _ := strings.Cut(s.Column, "."); !slices.Contains(sealed[table], name) {
			t.Errorf("%s is offered in full and is not sealed", s.Column)
		}
	}
}
