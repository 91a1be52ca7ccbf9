package trust

import "golang.org/x/sys/unix"

// hasAccessList reports whether a folder has a POSIX access list. Its group's bits are
// then the most that anybody in the list may do, whoever that is.
func hasAccessList(path string) bool {
	size, err := unix.Lgetxattr(path, "system.posix_acl_access", nil)
	return err == nil && size > 0
}
