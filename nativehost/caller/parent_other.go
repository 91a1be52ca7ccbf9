//go:build !linux

package caller

// Parent returns nothing: this system is not asked about other processes.
func Parent() (args []string, dir string) { return nil, "" }
