package caller

import (
	"fmt"
	"os"
	"strings"
)

// Parent returns the command line of the process that started this one, as the
// kernel has it, or nil.
func Parent() []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", os.Getppid()))
	if err != nil || len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}
