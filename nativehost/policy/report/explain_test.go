package report

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/nativehost/rules"
	"github.com/portside/portside/protocol"
)

// campus is a computer with an address of the Internet, and a link of such.
type campus struct{}

func (campus) Class(addr netip.Addr) address.Class {
	switch {
	case addr == netip.MustParseAddr("93.184.220.255"):
		return address.Never
	case addr == netip.MustParseAddr("93.184.220.7"):
		return address.Loopback
	case netip.MustParsePrefix("93.184.220.0/24").Contains(addr):
		return address.Private
	default:
		return address.Public
	}
}

// places are addresses of every kind: the first and the last of each special range,
// what is beside it, and the same dressed up as IPv6.
func places(t *testing.T) []netip.Addr {
	t.Helper()
	all := map[netip.Addr]bool{}
	for _, text := range strings.Fields(`0.0.0.0/8 10.0.0.0/8 93.184.220.0/24 93.184.220.7/32 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
		192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 224.0.0.251/32 240.0.0.0/4
		::/128 ::1/128 ::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2000::/3 2001::/23 2001:db8::/32 2002::/16
		2606:2800:220::/64 3fff::/20 4000::1/128 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8`) {
		first := netip.MustParsePrefix(text).Addr()
		bytes := first.AsSlice()
		for bit := netip.MustParsePrefix(text).Bits(); bit < len(bytes)*8; bit++ {
			bytes[bit/8] |= 0x80 >> (bit % 8)
		}
		last, _ := netip.AddrFromSlice(bytes)
		for _, addr := range []netip.Addr{first.Prev(), first, first.Next(), last.Prev(), last, last.Next()} {
			if !addr.IsValid() {
				continue
			}
			all[addr] = true
			if addr.Is4() {
				b := addr.As4()
				all[netip.MustParseAddr(fmt.Sprintf("64:ff9b::%s", addr))] = true
				all[netip.MustParseAddr(fmt.Sprintf("2002:%02x%02x:%02x%02x::1", b[0], b[1], b[2], b[3]))] = true
			}
		}
	}
	var list []netip.Addr
	for addr := range all {
		list = append(list, addr)
	}
	return list
}

// What is told of a socket is what becomes of it: for every kind of address, asked for
// by number or found behind a name, for every protocol, ordinary and watched ports,
// without a policy and with policies of all kinds.
func TestExplanationsAreTrue(t *testing.T) {
	validator, err := protocol.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	policies := []string{
		``,
		`{"prompt": "always"}`,
		`{"prompt": "forbid", "allowedDestinations": [{"cidr": "10.0.0.0/8", "prompt": "skip"}, {}]}`,
		`{"privateAddressEntry": false, "allowedDestinations": [{"host": "*.example", "cidr": "192.168.0.0/16", "prompt": "skip"}, {}]}`,
		`{"allowedDestinations": [{"host": "nas.example", "cidr": "10.0.0.0/8", "ports": ["5060", "22"], "prompt": "skip"}, {"ports": ["1-65535"], "prompt": "skip"}]}`,
		`{"allowedDestinations": [{"cidr": "fc00::/7"}, {"cidr": "2000::/3", "prompt": "always"}, {"prompt": "skip", "protocol": "udp"}, {"tlsOnly": true}]}`,
		`{"allowedDestinations": [{"ports": ["22"], "tls": "pinned"}, {"cidr": "10.0.0.0/8", "tls": "any"}, {"prompt": "always"}]}`,
		`{"blockedDestinations": [{"cidr": "127.0.0.0/8"}, {"cidr": "10.0.0.0/8", "protocol": "udp"}, {"host": "192.168.0.0"}, {"ports": ["161"]}]}`,
		`{"blockedOrigins": ["https://a.example"]}`,
		`{"enabled": false}`,
		`{"no such setting": 1}`,
	}
	addrs := places(t)
	counts := map[string]int{}
	for i, text := range policies {
		folder := filepath.Join(t.TempDir(), "portside")
		if text != "" {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "policy.json"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p := policy.Load(folder, policy.Options{Validator: validator, Owner: os.Geteuid(), Log: zerolog.Nop()})
		if broken := len(refused(p)) > 0; broken != (i == len(policies)-1) {
			t.Fatalf("%s: cannot be used is %v", text, broken)
		}
		for _, name := range []string{"", "nas.example", "printer.local", "localhost"} {
			for j, addr := range append([]netip.Addr{{}}, addrs...) {
				if name == "" && !addr.IsValid() {
					continue
				}
				asked := name
				if name == "" {
					asked = addr.String()
				}
				host, err := address.ParseHost(asked)
				if err != nil {
					t.Fatalf("%s: %v", asked, err)
				}
				r := rules.Request{
					Origin: "https://a.example", Protocol: []string{"tcp", "udp"}[j%2], Host: host,
					Port: []uint16{22, 5060, 443, 5353, 161}[(i+j/2)%5], TLS: []policy.TLS{policy.Verified, policy.NoTLS, policy.Pinned}[j%3],
				}
				if name == "" {
					counts[check(t, p, r, netip.Addr{}, addr)]++
				} else {
					counts[check(t, p, r, addr, addr)]++
				}
			}
		}
	}
	t.Logf("%v", counts)
	for _, kind := range []string{"refused", "skipped", "asked", "typed", "warned"} {
		if counts[kind] < 20 {
			t.Errorf("%d probes were %s: too few to tell", counts[kind], kind)
		}
	}
}

// check compares what is told of a request with what the host does to it, when the
// person does whatever they are asked for. found is where a name leads, leads where
// the request leads in the end, if that is known.
func check(t *testing.T, p *policy.Policy, r rules.Request, found, leads netip.Addr) string {
	t.Helper()
	var stdout bytes.Buffer
	err := (&command{stdout: &stdout, stderr: &stdout, near: campus{}}).tell(p, r, found)
	told := stdout.String()

	before := rules.Before(p, campus{}, r)
	willing := r
	willing.UserEntered, willing.RiskAccepted = before.MustEnter, before.Risk
	opens := before.Refused == nil && before.Prompt != policy.Forbid
	if opens && leads.IsValid() {
		opens = rules.Resolved(p, campus{}, willing, leads.Unmap()) == nil
	}
	kind := "refused"
	switch {
	case !opens:
	case before.MustEnter:
		kind = "typed"
	case before.Risk:
		kind = "warned"
	case before.Prompt == policy.Skip:
		kind = "skipped"
	default:
		kind = "asked"
	}
	for text, want := range map[string]bool{
		"has to type it":                   kind == "typed",
		"is asked with a warning":          kind == "warned",
		"Allowed without a question":       kind == "skipped",
		"\nAsked":                          kind == "asked" || kind == "typed" || kind == "warned",
		"\nRefused":                        kind == "refused",
		"is a public address":              leads.IsValid() && rules.Class(campus{}, leads) == address.Public,
		"an administrator has named it":    opens && leads.IsValid() && !before.MustEnter && rules.Class(campus{}, leads) != address.Public,
		"whatever was remembered":          opens && before.Prompt == policy.Always,
		"as long as no rule refuses the a": opens && !leads.IsValid(),
	} {
		if strings.Contains(told, text) != want {
			t.Fatalf("%+v, found at %v: it is %s, by %+v, and %q is told wrongly:\n%s", r, found, kind, before, text, told)
		}
	}
	if errors.Is(err, errRefused) != !opens {
		t.Fatalf("%+v, found at %v: %v\n%s", r, found, err, told)
	}
	return kind
}
