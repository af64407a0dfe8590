//go:build !linux && !windows

package backup

import "errors"

// Disk is how many bytes are free on the disk that holds folder, and how many there are; unknown on this system.
func Disk(string) (free, total int64, err error) { return 0, 0, errors.ErrUnsupported }
