package evidence_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/store"
	"bihuan/store/storetest"
)

// onDisk names the folder that a test runs on in a process of its own: see [onSmallDisk].
const onDisk = "BIHUAN_TEST_DISK"

// onSmallDisk runs a test on a file system of a few megabytes of its own. Mounting one takes a process with its own list of mounts, so
// the test is run once more in such a process; everywhere else onSmallDisk tells false, and what that process found.
func onSmallDisk(t *testing.T, megabytes int) (folder string, here bool) {
	t.Helper()
	if folder := os.Getenv(onDisk); folder != "" {
		if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=700", megabytes)); err != nil {
			t.Fatal(err)
		}
		return folder, true
	}
	c := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v", "-test.count", "1")
	c.Env = append(os.Environ(), onDisk+"="+t.TempDir())
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	said, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(said), "--- PASS: "+t.Name()) {
		t.Fatalf("on a small disk: %v\n%s", err, said)
	}
	return "", false
}

// walked are all files below a folder.
func walked(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A disk without room keeps nothing of a file, says so, and takes the same file once there is room.
func TestDiskIsFull(t *testing.T) {
	disk, here := onSmallDisk(t, 6)
	if !here {
		return
	}
	folder := filepath.Join(disk, "files")
	f, err := evidence.OpenFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ballast := filepath.Join(disk, "ballast")
	fill := func(bytes int) {
		if err := os.WriteFile(ballast, make([]byte, bytes), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	content := bytes.Repeat([]byte("一份很大的扫描件"), 1<<20/24)
	for name, room := range map[string]int{
		"while it arrives": 5_500_000, // not even the part fits
		"while it is kept": 4_700_000, // the part fits, the file beside it does not
	} {
		fill(room)
		_, err := f.PutReader(t.Context(), bytes.NewReader(content), evidence.Most)
		if !errors.Is(err, evidence.ErrFull) || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := f.Put(t.Context(), bytes.Repeat(content, 3)); !errors.Is(err, evidence.ErrFull) {
			t.Errorf("%s, a plan: %v", name, err)
		}
		if left := walked(t, folder); len(left) != 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	s, err := f.PutReader(t.Context(), bytes.NewReader(content), evidence.Most)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Get(t.Context(), s.Hash); err != nil || !bytes.Equal(got, content) {
		t.Errorf("once there is room: %v", err)
	}
	// A small picture that finds no room is shown all the same.
	photo, err := f.PutReader(t.Context(), strings.NewReader(picture(t, 2000)), evidence.Most)
	if err != nil {
		t.Fatal(err)
	}
	var stat syscall.Statfs_t
	if err := syscall.Statfs(disk, &stat); err != nil {
		t.Fatal(err)
	}
	fill(int(stat.Bavail) * int(stat.Bsize))
	if b, err := f.Thumb(t.Context(), photo.Hash, evidence.Small); err != nil || len(b) == 0 {
		t.Errorf("a small picture: %v", err)
	}
}

// An upload in pieces that the disk has no room for keeps what has arrived, becomes no evidence, and goes on when there is room.
func TestUploadOntoAFullDisk(t *testing.T) {
	disk, here := onSmallDisk(t, 6)
	if !here {
		return
	}
	w := newWorld(t, storetest.SQLite(t))
	w.files.Close()
	var err error
	if w.files, err = evidence.OpenFiles(filepath.Join(disk, "files")); err != nil {
		t.Fatal(err)
	}
	content := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("签到表"), 200_000)...)
	u := w.begin(t, w.ann, len(content))
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 4_500_000), 0o600); err != nil {
		t.Fatal(err)
	}
	if u, err = w.receive(t, w.ann, u.ID, 0, bytes.NewReader(content)); err == nil {
		t.Fatal("there was room")
	}
	for range 2 { // tried again it is no different
		var stopped error
		now, err := evidence.UploadByID(t.Context(), w.db, w.files, w.ann, u.ID)
		if err != nil || now.Item != 0 {
			t.Fatal(now, err)
		}
		if _, stopped = w.receive(t, w.ann, u.ID, now.Arrived, bytes.NewReader(content[now.Arrived:])); !errors.Is(stopped, evidence.ErrFull) {
			t.Errorf("full: %v", stopped)
		}
	}
	if items, err := evidence.Of(t.Context(), w.db, w.finding.ID); err != nil || len(items) != 0 {
		t.Errorf("evidence all the same: %+v %v", items, err)
	}
	if rows, err := store.One(t.Context(), w.db, store.Value[int64], `select count(*) from file where hash = $1`, evidence.Hash(content)); err != nil || rows != 0 {
		t.Errorf("%d rows name it, %v", rows, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	now, err := evidence.UploadByID(t.Context(), w.db, w.files, w.ann, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	done, err := w.receive(t, w.ann, u.ID, now.Arrived, bytes.NewReader(content[now.Arrived:]))
	if err != nil || done.Item == 0 {
		t.Fatal(done, err)
	}
	if err := w.files.Check(t.Context(), evidence.Hash(content)); err != nil {
		t.Error(err)
	}
}

// A rename that fails leaves nothing under the name and no part.
func TestRenameFails(t *testing.T) {
	folder := t.TempDir()
	f, err := evidence.OpenFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content := []byte("%PDF-1.7 一页")
	hash := evidence.Hash(content)
	name := filepath.Join(folder, hash[:2], hash[2:4], hash)
	if err := os.MkdirAll(filepath.Join(name, "in the way"), 0o700); err != nil { // a folder that is not empty is not replaced
		t.Fatal(err)
	}
	if _, err := f.PutReader(t.Context(), bytes.NewReader(content), evidence.Most); err == nil || evidence.Refused(err) {
		t.Errorf("stored over a folder: %v", err)
	}
	if left := walked(t, folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
	if _, err := f.PutReader(t.Context(), bytes.NewReader(content), evidence.Most); err != nil {
		t.Fatal(err)
	}
	if err := f.Check(t.Context(), hash); err != nil {
		t.Error(err)
	}
}

// The database's own disk without room is told from other faults too, and nothing of the change is kept.
func TestDatabaseDiskIsFull(t *testing.T) {
	disk, here := onSmallDisk(t, 8)
	if !here {
		return
	}
	w := newWorld(t, "sqlite://"+filepath.Join(disk, "db", "bihuan.db"))
	ballast := filepath.Join(disk, "ballast")
	var stat syscall.Statfs_t
	if err := syscall.Statfs(disk, &stat); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ballast, make([]byte, int(stat.Bavail)*int(stat.Bsize)-8<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	said := evidence.Item{Kind: evidence.Statement, Event: "2026-04-10"}
	var kept int
	var err error
	for kept = 0; kept < 2000 && err == nil; kept++ {
		said.Said = fmt.Sprintf("第%d次，%s", kept, strings.Repeat("做了", 1500))
		_, err = ledger.AddEvidence(t.Context(), w.db, w.ann, w.finding.ID, said)
	}
	if !store.IsFull(err) {
		t.Fatalf("after %d: %v", kept, err)
	}
	kept--
	if items, err := evidence.Of(t.Context(), w.db, w.finding.ID); err != nil || len(items) != kept {
		t.Errorf("%d are there of %d, %v", len(items), kept, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.AddEvidence(t.Context(), w.db, w.ann, w.finding.ID, said); err != nil {
		t.Errorf("once there is room: %v", err)
	}
}
