//go:build !linux

package caller

// Parent returns nothing: this system is not asked about other processes.
func Parent() (args []string, dir string) { return nil, "" }

// Program returns "": the file of the process that started this one is not known here.
func Program() string { return "" }
