//go:build unix

package report

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/portside/portside/nativehost/audit"
)

// TestMain lets the scripts run this package as the program portside, whose policy
// files are in etc of the script's folder. Whoever runs the tests owns the files, and
// so stands in for root; with TESTOWNER=root only root itself does.
func TestMain(m *testing.M) {
	syscall.Umask(0o022)
	testscript.Main(m, map[string]func(){
		"portside": func() {
			c := &command{stdout: os.Stdout, stderr: os.Stderr, folder: os.Getenv("TESTFOLDER"), owner: os.Geteuid()}
			if os.Getenv("TESTOWNER") == "root" {
				c.owner = 0
			}
			if fault := os.Getenv("TESTDAEMON"); fault != "" {
				c.daemon = func(audit.Sink) error { return errors.New(fault) }
			}
			c.everybody = os.Getenv("TESTEVERYBODY") != ""
			os.Exit(c.run(os.Args[1:]))
		},
	})
}

func TestScripts(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{filepath.Dir(root), root} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		WorkdirRoot:         root,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			e.Setenv("TESTFOLDER", filepath.Join(e.WorkDir, "etc"))
			// What txtar wrote may be writable by the group, whatever the umask says.
			return filepath.WalkDir(e.WorkDir, func(path string, entry os.DirEntry, err error) error {
				if err != nil {
					return err
				}
				if entry.IsDir() {
					return os.Chmod(path, 0o755)
				}
				return os.Chmod(path, 0o644)
			})
		},
	})
}

// exits runs `portside policy` and wants an exit code: "exits 3 explain --origin ...".
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	err := ts.Exec("portside", append([]string{"policy"}, args[1:]...)...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, not %s", code, args[0])
	}
}
