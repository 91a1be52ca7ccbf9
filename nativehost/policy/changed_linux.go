package policy

import (
	"io/fs"
	"syscall"
	"time"
)

// changed returns when a file's contents, owner or mode last changed.
func changed(info fs.FileInfo) time.Time {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return info.ModTime()
	}
	return time.Unix(stat.Ctim.Unix())
}
