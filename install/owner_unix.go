//go:build unix

package install

import (
	"io/fs"
	"syscall"
)

// owner returns the user id that owns a file, if the system has such a thing.
func owner(info fs.FileInfo) (uid int, known bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}
