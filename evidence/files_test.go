package evidence

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	f, err := OpenFiles(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content := []byte("整改方案")
	hash := Hash(content)
	var wg sync.WaitGroup
	for range 16 { // the same paper from many hands at once is one paper
		wg.Go(func() {
			if got, err := f.Put(t.Context(), content); err != nil || got != hash {
				t.Errorf("%s %v", got, err)
			}
		})
	}
	wg.Wait()
	if left, err := filepath.Glob(filepath.Join(dir, "files", "*", "*", "*.part")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if got, err := f.Get(t.Context(), hash); err != nil || !bytes.Equal(got, content) {
		t.Errorf("got %q %v", got, err)
	}
	for _, bad := range []string{"", "../../etc/passwd", Hash([]byte("nobody stored this"))} {
		if _, err := f.Get(t.Context(), bad); err == nil {
			t.Errorf("Get(%q) found something", bad)
		}
	}
	name := filepath.Join(dir, "files", hash[:2], hash[2:4], hash)
	if err := os.WriteFile(name, []byte("改过的方案"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), hash); err == nil {
		t.Error("a file with other content was handed out under the old hash")
	}
}
