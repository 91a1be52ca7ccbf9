package caller

import (
	"fmt"
	"os"
	"strings"
)

// Program returns the file of the process that started this one, as the kernel has it, and
// "" where it does not say.
func Program() string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", os.Getppid()))
	return path
}

// Parent returns the command line of the process that started this one and the folder
// that it is in, as the kernel has them: nil and "" where it does not say.
func Parent() (args []string, dir string) {
	process := fmt.Sprintf("/proc/%d/", os.Getppid())
	dir, _ = os.Readlink(process + "cwd")
	text, err := os.ReadFile(process + "cmdline")
	if err != nil || len(text) == 0 {
		return nil, dir
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00"), dir
}
