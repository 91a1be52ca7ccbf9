//go:build unix

package trust

import (
	"io/fs"
	"syscall"
)

// Owner returns the user and the group that own a file, if the system has such things.
func Owner(info fs.FileInfo) (uid, gid int, known bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(stat.Uid), int(stat.Gid), true
}
