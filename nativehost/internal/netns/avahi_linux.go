package netns

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

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
	avahi(t, n.Start, "avahi", false, services, hosts)
}

// AvahiBus is a responder of avahi's, with a bus by which its programs ask it.
type AvahiBus struct {
	*Process
	start   func(*testing.T, string, ...string) *Process
	run     func(*testing.T, string, ...string) string
	address string
}

// AvahiOnBus starts a responder that publishes these services, and is called host.local, in
// the test's own namespace, with a bus.
func AvahiOnBus(t *testing.T, host string, services ...Service) *AvahiBus {
	t.Helper()
	return avahiOnBus(t, Start, Run, host, services)
}

// AvahiOnBus is AvahiOnBus at the neighbour's.
func (n *Neighbour) AvahiOnBus(t *testing.T, host string, services ...Service) *AvahiBus {
	t.Helper()
	return avahiOnBus(t, n.Start, n.Run, host, services)
}

func avahiOnBus(t *testing.T, start func(*testing.T, string, ...string) *Process, run func(*testing.T, string, ...string) string,
	host string, services []Service,
) *AvahiBus {
	t.Helper()
	dir := t.TempDir()
	b := &AvahiBus{start: start, run: run, address: "unix:path=" + filepath.Join(dir, "bus")}
	config := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(config, []byte(`<busconfig><type>system</type><listen>`+b.address+`</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`), 0o644); err != nil {
		t.Fatal(err)
	}
	Start(t, "dbus-daemon", "--config-file="+config, "--nofork", "--print-address").Wait(t, b.address)
	b.Process = avahi(t, b.Start, host, true, services, nil)
	return b
}

// Start starts a program that runs until the end of the test, where the responder runs and with
// its bus.
func (b *AvahiBus) Start(t *testing.T, name string, args ...string) *Process {
	t.Helper()
	return b.start(t, "env", b.with(name, args)...)
}

// Run is Start for a program that ends, and returns what it said.
func (b *AvahiBus) Run(t *testing.T, name string, args ...string) string {
	t.Helper()
	return b.run(t, "env", b.with(name, args)...)
}

func (b *AvahiBus) with(name string, args []string) []string {
	return append([]string{"DBUS_SYSTEM_BUS_ADDRESS=" + b.address, name}, args...)
}

func avahi(t *testing.T, start func(*testing.T, string, ...string) *Process, host string, bus bool, services []Service, hosts [][2]string) *Process {
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
	text := "[server]\nhost-name=" + host + "\nenable-dbus=" + map[bool]string{false: "no", true: "yes"}[bus] +
		"\n[wide-area]\nenable-wide-area=no\n[publish]\npublish-workstation=no\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	p := start(t, "avahi-daemon", "--file="+config, "--no-drop-root", "--no-chroot", "--no-rlimits", "--debug")
	p.Wait(t, "Server startup complete.")
	for _, host := range hosts {
		p.Wait(t, fmt.Sprintf("%q successfully established.", host[0]))
	}
	for i := range services {
		p.Wait(t, fmt.Sprintf("(/etc/avahi/services/%d.service) successfully established.", i))
	}
	return p
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
