package reliable_test

import (
	"fmt"
	"os"
	"syscall"
)

// ownDisk puts a small disk of its own in the place of a folder, for this process alone, which was started with its own list of mounts.
func ownDisk(folder string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	return syscall.Mount("tmpfs", folder, "tmpfs", 0, "mode=700,size="+os.Getenv("BIHUAN_TEST_DISK"))
}

// fill leaves just so many bytes of the disk of a file free.
func fill(name string, room int64) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	var disk syscall.Statfs_t
	if err := syscall.Fstatfs(int(f.Fd()), &disk); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	ballast := make([]byte, max(int64(disk.Bavail)*disk.Bsize-room, 0))
	if _, err := f.WriteAt(ballast, info.Size()); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	return nil
}
