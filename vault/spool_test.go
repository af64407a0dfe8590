package vault_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"bihuan/vault"
)

func TestSpool(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	content := bytes.Repeat([]byte("990408194610010018,张秀英\n"), 5000)
	if _, err := vault.NewSpool(bytes.NewReader(content), int64(len(content))-1); !errors.Is(err, vault.ErrLarge) {
		t.Errorf("one byte over the limit: %v", err)
	}
	s, err := vault.NewSpool(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	onDisk, err := os.ReadFile(files[0])
	if err != nil || bytes.Contains(onDisk, []byte("990408")) || bytes.Contains(onDisk, []byte("张秀英")) {
		t.Errorf("the content can be read on the disk (%v)", err)
	}
	got, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size))
	if err != nil || !bytes.Equal(got, content) {
		t.Fatalf("%d bytes read back of %d, %v", len(got), len(content), err)
	}
	for range 200 {
		at := rand.IntN(len(content))
		part := make([]byte, 1+rand.IntN(100))
		n, err := s.ReadAt(part, int64(at))
		if err != nil && err != io.EOF || !bytes.Equal(part[:n], content[at:at+n]) {
			t.Fatalf("%d at %d, %v", n, at, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Join(folder, "*")); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}
