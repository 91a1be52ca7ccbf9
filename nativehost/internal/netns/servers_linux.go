package netns

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
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

// Service is what somebody publishes by DNS-SD (RFC 6763).
type Service struct {
	// Name is the instance's, as people read it.
	Name string
	// Type is a service type such as "_ipp._tcp".
	Type string
	Port int
	// Host has the service; empty is whoever publishes it.
	Host string
}

// Avahi starts a multicast DNS responder at the neighbour's that publishes these
// names, each with its address, and its own: avahi.local.
func (n *Neighbour) Avahi(t *testing.T, hosts ...[2]string) { n.AvahiServices(t, nil, hosts...) }

// AvahiServices starts a responder like Avahi's that publishes these services, too.
func (n *Neighbour) AvahiServices(t *testing.T, services []Service, hosts ...[2]string) {
	t.Helper()
	var file strings.Builder
	for _, host := range hosts {
		fmt.Fprintln(&file, host[1], host[0])
	}
	Replace(t, "/etc/avahi/hosts", file.String())
	// It gives its folder to its own user. In an ordinary user's namespace there is
	// nobody but root.
	Replace(t, "/etc/passwd", "root:x:0:0::/:/bin/sh\navahi:x:0:0::/:/bin/sh\n")
	Replace(t, "/etc/group", "root:x:0:\navahi:x:0:\nnetdev:x:0:\n")
	overlay(t, "/run/avahi-daemon")
	overlay(t, "/etc/avahi/services")
	for i, s := range services {
		s.write(t, fmt.Sprintf("/etc/avahi/services/%d.service", i))
	}
	config := filepath.Join(t.TempDir(), "avahi-daemon.conf")
	if err := os.WriteFile(config, []byte("[server]\nhost-name=avahi\nenable-dbus=no\n[wide-area]\nenable-wide-area=no\n[publish]\npublish-workstation=no\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := n.Start(t, "avahi-daemon", "--file="+config, "--no-drop-root", "--no-chroot", "--no-rlimits", "--debug")
	p.Wait(t, "Server startup complete.")
	for _, host := range hosts {
		p.Wait(t, fmt.Sprintf("%q successfully established.", host[0]))
	}
	for i := range services {
		p.Wait(t, fmt.Sprintf("(/etc/avahi/services/%d.service) successfully established.", i))
	}
}

// write writes the service as avahi.service(5) says.
func (s Service) write(t *testing.T, path string) {
	t.Helper()
	file := struct {
		XMLName xml.Name `xml:"service-group"`
		Name    string   `xml:"name"`
		Type    string   `xml:"service>type"`
		Host    string   `xml:"service>host-name,omitempty"`
		Port    int      `xml:"service>port"`
	}{Name: s.Name, Type: s.Type, Host: s.Host, Port: s.Port}
	text, err := xml.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// overlay puts an empty folder in the place of the one at path, or makes one.
func overlay(t *testing.T, path string) {
	t.Helper()
	at := path
	if _, err := os.Stat(path); err != nil {
		at = filepath.Dir(path)
	}
	Run(t, "mount", "-t", "tmpfs", "tmpfs", at)
	t.Cleanup(func() { _ = syscall.Unmount(at, syscall.MNT_DETACH) })
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}
