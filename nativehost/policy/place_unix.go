//go:build unix

package policy

import (
	"fmt"
	"io/fs"
	"syscall"
)

// Folder is where the files of administrators are.
const Folder = "/etc/portside"

// identity tells a file from another one that took its name.
func identity(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprint(stat.Dev, "/", stat.Ino)
}
