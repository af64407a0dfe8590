package reliable_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"bihuan/store/storetest"
)

// TestDiskIsFull fills the disk of a running server to less and less room. Pages go on being read; what finds no room is refused with a page
// that says so and leaves nothing; as soon as there is room again everything goes on, without a restart.
func TestDiskIsFull(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := &house{url: url, folder: t.TempDir()}
		if strings.HasPrefix(url, "sqlite") {
			h.url = "sqlite://" + filepath.Join(h.folder, "bihuan.db")
		}
		s := serve(t, h, func(c *exec.Cmd) {
			c.Env = append(c.Env, "BIHUAN_TEST_DISK=24m")
			c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
			if os.Getuid() != 0 {
				c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
				c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
				c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
			}
		}, nil)
		ask := func(query string) int64 { // the disk is seen by the server alone
			n, err := strconv.ParseInt(s.order("number "+query), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		number, refused := 0, 0
		for _, d := range deeds(ask, s) {
			number++
			if status, page := d.do(number); status != http.StatusSeeOther {
				t.Fatalf("with room: %d %.300s", status, page)
			}
		}
		for _, room := range []int{600 << 10, 200 << 10, 90 << 10, 40 << 10, 12 << 10, 4 << 10, 0} {
			if said := s.order(fmt.Sprint("fill ", room)); said != "<nil>" {
				t.Fatal(said)
			}
			for range 3 { // what finds room takes it from the next
				for _, d := range deeds(ask, s) {
					number++
					status, page := d.do(number)
					there := d.done(number)
					switch {
					case status == http.StatusSeeOther && there == 1:
					case status == http.StatusInsufficientStorage && there == 0 && strings.Contains(page, "磁盘满了"):
						refused++
					default:
						t.Errorf("%s with %d bytes: %d, %d there: %.300s", d.name, room, status, there, page)
					}
				}
				for _, path := range []string{"/ledger", "/work", fmt.Sprint("/finding/", ask(`select min(id) from finding`))} {
					if status, page := s.get(path); status != http.StatusOK {
						t.Errorf("%s with %d bytes: %d %.300s", path, room, status, page)
					}
				}
			}
			signed := s.order("sign")
			if said := s.order("verify"); !strings.Contains(said, " events ") {
				t.Errorf("with %d bytes, signed %s: %s", room, signed, said)
			}
		}
		if refused < 5 {
			t.Errorf("only %d were refused", refused)
		}
		if said := s.order("free"); said != "<nil>" {
			t.Fatal(said)
		}
		for _, d := range deeds(ask, s) {
			number++
			if status, page := d.do(number); status != http.StatusSeeOther || d.done(number) != 1 {
				t.Errorf("%s with room again: %d %.300s", d.name, status, page)
			}
		}
		if said := s.order("sign"); said != "<nil>" {
			t.Errorf("the first checkpoint with room again: %s", said)
		}
		t.Logf("%d refused; %s", refused, s.order("verify"))
	})
}
