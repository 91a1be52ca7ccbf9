package netns

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inside is set for a test that runs in a namespace: its name.
const inside = "PORTSIDE_NAMESPACE_OF"

// Enter reports whether the test is inside a namespace. Outside, it runs the calling
// test once more, inside, passes on how that went, and returns false; the test then
// returns. So a test begins with
//
//	if !netns.Enter(t) {
//		return
//	}
//
// A machine on which no namespaces can be made fails the test, unless
// PORTSIDE_NO_NAMESPACES=1 says that this is known.
func Enter(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inside) == t.Name() {
		Run(t, "ip", "link", "set", "lo", "up")
		// Nobody else has our addresses: they are ready at once.
		for _, scope := range []string{"all", "default"} {
			if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+scope+"/accept_dad", []byte("0"), 0); err != nil {
				t.Fatal(err)
			}
		}
		return true
	}
	if os.Getenv("PORTSIDE_NO_NAMESPACES") == "1" || testing.Short() {
		t.Skip("without network namespaces: PORTSIDE_NO_NAMESPACES=1, or -short")
	}
	// Each has a world of its own, and mostly waits.
	t.Parallel()
	// A host name of its own, too: none of a test becomes the computer's.
	unshare := []string{"unshare", "--net", "--mount", "--uts"}
	if os.Geteuid() != 0 {
		unshare = append(unshare, "--user", "--map-root-user")
	}
	if out, err := exec.CommandContext(t.Context(), unshare[0], append(unshare[1:], "true")...).CombinedOutput(); err != nil {
		t.Fatalf("no network namespace can be made here: %v: %s\nhint: run as root, or allow user namespaces "+
			"(sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0); "+
			"PORTSIDE_NO_NAMESPACES=1 goes on without these tests", err, bytes.TrimSpace(out))
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(unshare[1:], program, "-test.run=^"+regexp.QuoteMeta(t.Name())+"$", "-test.v", "-test.count=1")
	if deadline, ok := t.Deadline(); ok {
		// So that the one inside says where it hangs.
		args = append(args, "-test.timeout="+(time.Until(deadline)*9/10).String())
	}
	command := exec.CommandContext(t.Context(), unshare[0], args...)
	// The race detector would wait for a second at the end.
	command.Env = append(os.Environ(), inside+"="+t.Name(), "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	command.WaitDelay = 10 * time.Second
	out, err := command.CombinedOutput()
	t.Logf("inside:\n%s", bytes.TrimSpace(out))
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("failed inside: %v", err)
	}
	return false
}

// Run runs a program to its end, which has to be a good one, and returns what it
// said.
func Run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s (hint: scripts/setup.sh test installs what is missing)", name, strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return string(out)
}

// Replace puts a file with this text in the place of the one at path, for this
// namespace only. It returns the name under which the text can be changed.
func Replace(t *testing.T, path, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), filepath.Base(path))
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	Run(t, "mount", "--bind", file, path)
	// Else the folder could not be removed.
	t.Cleanup(func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) })
	return file
}

// Process is a program that runs beside the test.
type Process struct {
	command *exec.Cmd
	output  string
	ended   chan struct{}
}

// Start starts a program that runs until the end of the test. Its output is shown if
// the test fails.
func Start(t *testing.T, name string, args ...string) *Process {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "output")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p := &Process{command: exec.Command(name, args...), output: log.Name(), ended: make(chan struct{})}
	p.command.Stdout, p.command.Stderr = log, log
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		t.Fatalf("%v (hint: scripts/setup.sh test installs what is missing)", err)
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait()
	}()
	t.Cleanup(func() {
		p.Signal(syscall.SIGTERM)
		select {
		case <-p.ended:
		case <-time.After(3 * time.Second):
			p.Signal(syscall.SIGKILL)
			<-p.ended
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", name, p.Output(t))
		}
	})
	return p
}

// Signal sends a signal to the process, which may have ended.
func (p *Process) Signal(signal os.Signal) { _ = p.command.Process.Signal(signal) }

// Output returns all that the process has said.
func (p *Process) Output(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(p.output)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Wait waits until the process has said text.
func (p *Process) Wait(t *testing.T, text string) {
	t.Helper()
	Until(t, "the word of "+p.command.Path+": "+text, func() bool {
		select {
		case <-p.ended:
			t.Fatalf("%s has ended:\n%s", p.command.Path, p.Output(t))
		default:
		}
		return strings.Contains(p.Output(t), text)
	})
}

// Until waits until something is true that a process or the kernel brings about.
func Until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waiting for %s: it does not come", what)
		}
	}
}
