//go:build !unix

package install

import "io/fs"

// owner knows no user ids on this system.
func owner(fs.FileInfo) (uid int, known bool) { return 0, false }
