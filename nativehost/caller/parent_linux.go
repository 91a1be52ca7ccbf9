package caller

import (
	"fmt"
	"os"
	"strings"
)

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
