package netns

import (
	"slices"
	"strings"
	"testing"
)

// Dnsmasq starts a DNS server on 127.0.0.1 with these further arguments, for example
// --host-record=name,address, and makes it the system's. It knows nothing else, unless
// --server says whom to ask, and writes down each question.
func Dnsmasq(t *testing.T, args ...string) *Process {
	t.Helper()
	Replace(t, "/etc/resolv.conf", "nameserver 127.0.0.1\n")
	return DnsmasqAt(t, "127.0.0.1", args...)
}

// DnsmasqAt starts a DNS server like Dnsmasq's on another of the test's addresses
// and leaves the system as it is.
func DnsmasqAt(t *testing.T, addr string, args ...string) *Process {
	t.Helper()
	forwards := slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--server=") })
	if !forwards {
		args = append(args, "--local=/#/")
	}
	p := Start(t, "dnsmasq", append([]string{
		"--conf-file=/dev/null", "--no-daemon", "--no-hosts", "--no-resolv", "--log-queries", "--log-facility=-", "--pid-file=",
		"--bind-interfaces", "--listen-address=" + addr,
	}, args...)...)
	p.Wait(t, "started, version")
	return p
}
