//go:build !windows

package fault

// errno knows nothing that the table does not: here package syscall's names are the
// system's.
func errno(error) error { return nil }
