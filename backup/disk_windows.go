package backup

import "golang.org/x/sys/windows"

// Disk is how many bytes are free for this program on the disk that holds folder, and how many there are.
func Disk(folder string) (free, total int64, err error) {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, 0, err
	}
	var available, all, unused uint64
	err = windows.GetDiskFreeSpaceEx(name, &available, &all, &unused)
	return int64(available), int64(all), err
}
