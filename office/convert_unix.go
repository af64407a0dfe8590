//go:build unix

package office

import (
	"os/exec"
	"syscall"
)

// ownGroup puts a program into a process group of its own and kills that whole group when its time is up: soffice is a script
// that starts the real program.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
