package backup

import "golang.org/x/sys/unix"

// Disk is how many bytes are free for this program on the disk that holds folder, and how many there are.
func Disk(folder string) (free, total int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, 0, err
	}
	return int64(s.Bavail) * s.Bsize, int64(s.Blocks) * s.Bsize, nil
}
