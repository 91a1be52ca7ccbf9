package netns

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Neighbour is a second network namespace, beside the one that the test is in: what
// another computer would be.
type Neighbour struct {
	space *os.File
}

// NewNeighbour makes a neighbour that has nothing but its own loopback interface.
func NewNeighbour(t *testing.T) *Neighbour {
	t.Helper()
	type result struct {
		space *os.File
		err   error
	}
	made := make(chan result)
	go func() {
		// A namespace belongs to a thread; this one ends with the goroutine, since it
		// stays locked, and the open file keeps the namespace.
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			made <- result{nil, err}
			return
		}
		space, err := os.Open("/proc/thread-self/ns/net")
		made <- result{space, err}
	}()
	r := <-made
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(func() { r.space.Close() })
	n := &Neighbour{space: r.space}
	n.Run(t, "ip", "link", "set", "lo", "up")
	n.Run(t, "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; echo 0 > /proc/sys/net/ipv6/conf/all/accept_dad")
	return n
}

func (n *Neighbour) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.space.Fd()) }

func (n *Neighbour) within(name string, args []string) []string {
	return append([]string{"--net=" + n.path(), "--", name}, args...)
}

// Run is Run at the neighbour's.
func (n *Neighbour) Run(t *testing.T, name string, args ...string) string {
	t.Helper()
	return Run(t, "nsenter", n.within(name, args)...)
}

// Start is Start at the neighbour's.
func (n *Neighbour) Start(t *testing.T, name string, args ...string) *Process {
	t.Helper()
	return Start(t, "nsenter", n.within(name, args)...)
}

// Do runs f in the neighbour's namespace. Sockets that f opens stay there.
func (n *Neighbour) Do(t *testing.T, f func()) {
	t.Helper()
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer home.Close()
	if err := unix.Setns(int(n.space.Fd()), unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	// A thread that cannot come home stays locked and ends with its goroutine.
	defer func() {
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err == nil {
			runtime.UnlockOSThread()
		}
	}()
	f()
}

// Join lays a cable from an interface of the test's to one of the neighbour's, and
// gives each its addresses, written with the lengths of their prefixes.
func (n *Neighbour) Join(t *testing.T, own string, ownAddrs []string, theirs string, theirAddrs []string) {
	t.Helper()
	Run(t, "ip", "link", "add", own, "type", "veth", "peer", "name", theirs, "netns", n.path())
	for _, addr := range ownAddrs {
		Run(t, "ip", AddAddr(addr, own)...)
	}
	for _, addr := range theirAddrs {
		n.Run(t, "ip", AddAddr(addr, theirs)...)
	}
	Run(t, "ip", "link", "set", own, "up")
	n.Run(t, "ip", "link", "set", theirs, "up")
	// The link-local address comes once the kernel has seen the cable.
	Until(t, "the link "+own, func() bool {
		here, there := Run(t, "ip", "-6", "addr", "show", "dev", own), n.Run(t, "ip", "-6", "addr", "show", "dev", theirs)
		return ready(here) && ready(there)
	})
}

// AddAddr returns the arguments with which ip gives an interface an address that is
// ready at once: nobody is asked whether they have it already (RFC 4862, section 5.4).
func AddAddr(addr, iface string) []string {
	args := []string{"addr", "add", addr, "dev", iface}
	if strings.Contains(addr, ":") {
		args = append(args, "nodad")
	}
	return args
}

func ready(addrs string) bool {
	return strings.Contains(addrs, "inet6 fe80:") && !strings.Contains(addrs, "tentative")
}
