//go:build !linux

package caller

// Parent returns nil: this system is not asked for other processes' command lines.
func Parent() []string { return nil }
