package reliable_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls by which files come to be, that the gate stops.
var gated = map[int32]string{
	unix.SYS_WRITE: "write", unix.SYS_PWRITE64: "write", unix.SYS_FSYNC: "fsync", unix.SYS_FDATASYNC: "fsync", unix.SYS_FTRUNCATE: "truncate",
	unix.SYS_OPEN: "open", unix.SYS_OPENAT: "open", unix.SYS_RENAME: "rename", unix.SYS_RENAMEAT: "rename", unix.SYS_RENAMEAT2: "rename",
	unix.SYS_MKDIR: "mkdir", unix.SYS_MKDIRAT: "mkdir", unix.SYS_LINKAT: "link", unix.SYS_UTIMENSAT: "touch",
}

// What the kernel and a supervisor say to each other; see seccomp_unotify(2).
type notice struct {
	id    uint64
	pid   uint32
	flags uint32
	nr    int32
	arch  uint32
	ip    uint64
	args  [6]uint64
}
type verdict struct {
	id    uint64
	val   int64
	errno int32
	flags uint32
}

const (
	setFilter                              = 1
	tsync, newListener, tsyncESRCH, killWt = 1, 8, 16, 32
	retAllow, retNotify                    = 0x7fff0000, 0x7fc00000
	ioctlReceive, ioctlSend                = 0xc0502100, 0xc0182101
	goOn                                   = 1
)

// installGate has the kernel ask the test before each of the gated calls of this process, and sends the test what it is asked through, on
// the socket that is file 3.
func installGate() error {
	type filter struct {
		code uint16
		jump uint8 // when it is so
		_    uint8 // when not
		k    uint32
	}
	program := []filter{{code: 0x20}} // load the number of the call
	left := len(gated)
	for nr := range gated {
		program = append(program, filter{code: 0x15, jump: uint8(left), k: uint32(nr)}) // jump to the last
		left--
	}
	program = append(program, filter{code: 6, k: retAllow}, filter{code: 6, k: retNotify})
	head := struct {
		n       uint16
		_       [6]byte
		program *filter
	}{n: uint16(len(program)), program: &program[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, setFilter, tsync|newListener|tsyncESRCH|killWt, uintptr(unsafe.Pointer(&head)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return unix.Sendmsg(3, []byte("gate"), unix.UnixRights(int(fd)), nil, 0)
}

// gate watches the calls of a server that concern a folder, and lets one of them fail or never happen.
type gate struct {
	folder string
	pid    int

	mu    sync.Mutex
	seen  []string // calls since the gate was set, as "write …/bihuan.db-wal"
	at    int      // calls until the one that fails; 0: none does
	only  string   // the calls that count; empty: all
	errno syscall.Errno
	dirty map[string]bool // written and not synced since
	broke string          // the call that failed
}

// serveGated starts a server behind a gate.
func serveGated(t *testing.T, h *house) (*served, *gate) {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "gate")
	g := &gate{folder: h.folder, dirty: map[string]bool{}}
	watch := func(c *exec.Cmd) {
		theirs.Close()
		g.pid = c.Process.Pid
		data, rights := make([]byte, 16), make([]byte, unix.CmsgSpace(4))
		_, n, _, _, err := unix.Recvmsg(pair[0], data, rights, 0)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(pair[0])
		messages, err := unix.ParseSocketControlMessage(rights[:n])
		if err != nil || len(messages) != 1 {
			t.Fatalf("the program set no gate: %v", err)
		}
		fds, err := unix.ParseUnixRights(&messages[0])
		if err != nil {
			t.Fatal(err)
		}
		go g.watch(fds[0])
	}
	s := serve(t, h, func(c *exec.Cmd) {
		c.Env = append(c.Env, "BIHUAN_TEST_GATE=1")
		c.ExtraFiles = []*os.File{theirs}
	}, watch)
	return s, g
}

// set has the at-th call of a kind, empty for any, fail with errno, or with 0 has the program killed in its place.
func (g *gate) set(at int, only string, errno syscall.Errno) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen, g.at, g.only, g.errno, g.broke = nil, at, only, errno, ""
}

// lift has nothing fail, and returns the call that did.
func (g *gate) lift() (broke string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.at = 0
	return g.broke
}

// unsynced lists what was written and would not survive a power cut.
func (g *gate) unsynced() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var list []string
	for name := range g.dirty {
		if _, err := os.Stat(name); err == nil { // else it was removed since
			list = append(list, name)
		}
	}
	return list
}

func (g *gate) watch(listener int) {
	defer unix.Close(listener)
	for {
		poll := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); errors.Is(err, unix.EINTR) {
			continue
		} else if err != nil || poll[0].Revents&unix.POLLIN == 0 {
			return // the program has ended
		}
		var n notice
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), ioctlReceive, uintptr(unsafe.Pointer(&n))); errno != 0 {
			continue // whoever asked has gone
		}
		v := verdict{id: n.id, flags: goOn}
		if errno := g.judge(n); errno != 0 {
			v.flags, v.errno = 0, -int32(errno)
		}
		unix.Syscall(unix.SYS_IOCTL, uintptr(listener), ioctlSend, uintptr(unsafe.Pointer(&v)))
	}
}

// judge decides about a call.
func (g *gate) judge(n notice) syscall.Errno {
	what := gated[n.nr]
	name, other := g.names(n)
	if name == "" {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen = append(g.seen, what+" "+strings.TrimPrefix(name, g.folder))
	if g.at > 0 && (g.only == "" || g.only == what) {
		g.at--
		if g.at > 0 {
			return g.pass(what, name, other)
		}
		g.broke = g.seen[len(g.seen)-1]
		if g.errno == 0 {
			_ = syscall.Kill(g.pid, syscall.SIGKILL)
			return syscall.EIO
		}
		return g.errno
	}
	return g.pass(what, name, other)
}

// pass notes what a call that succeeds leaves unsynced.
func (g *gate) pass(what, name, other string) syscall.Errno {
	switch what {
	case "write", "truncate":
		g.dirty[name] = true
	case "fsync":
		delete(g.dirty, name)
	case "rename":
		delete(g.dirty, other)
		if g.dirty[name] {
			delete(g.dirty, name)
			g.dirty[other] = true
		}
		g.dirty[filepath.Dir(other)] = true
	case "mkdir":
		g.dirty[filepath.Dir(name)] = true
	}
	return 0
}

// names are the files that a call concerns, the second of a rename; none when it is nothing in the folder, or changes nothing.
func (g *gate) names(n notice) (name, other string) {
	var list []string
	switch n.nr {
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_FTRUNCATE:
		list = []string{g.opened(n, 0)}
	case unix.SYS_OPEN:
		if n.args[1]&unix.O_CREAT == 0 {
			return "", ""
		}
		list = []string{g.text(n, 0)}
	case unix.SYS_OPENAT:
		if n.args[2]&unix.O_CREAT == 0 {
			return "", ""
		}
		list = []string{g.at2(n, 0)}
	case unix.SYS_RENAME:
		list = []string{g.text(n, 0), g.text(n, 1)}
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT:
		list = []string{g.at2(n, 0), g.at2(n, 2)}
	case unix.SYS_MKDIR:
		list = []string{g.text(n, 0)}
	case unix.SYS_MKDIRAT, unix.SYS_UTIMENSAT:
		list = []string{g.at2(n, 0)}
	}
	if !strings.HasPrefix(list[0], g.folder) {
		return "", ""
	}
	return list[0], list[len(list)-1]
}

// opened is the file that an argument stands for.
func (g *gate) opened(n notice, arg int) string {
	name, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", n.pid, int32(n.args[arg])))
	return strings.TrimSuffix(name, " (deleted)")
}

// at2 is the path that two arguments stand for, a folder and a name in it.
func (g *gate) at2(n notice, arg int) string {
	name := g.text(n, arg+1)
	if filepath.IsAbs(name) || int32(n.args[arg]) == unix.AT_FDCWD {
		return name
	}
	return filepath.Join(g.opened(n, arg), name)
}

// text is the text that an argument points to.
func (g *gate) text(n notice, arg int) string {
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", n.pid))
	if err != nil {
		return ""
	}
	defer f.Close()
	b := make([]byte, 512)
	at := int64(n.args[arg])
	got, _ := f.ReadAt(b[:min(512, 4096-at%4096)], at) // the next page may not be there
	if got < 512 && !strings.Contains(string(b[:got]), "\x00") {
		more, _ := f.ReadAt(b[got:], at+int64(got))
		got += more
	}
	name, _, _ := strings.Cut(string(b[:got]), "\x00")
	return name
}
