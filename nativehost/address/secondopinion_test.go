package address

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// last returns the last address of a prefix.
func last(prefix netip.Prefix) netip.Addr {
	bytes := prefix.Masked().Addr().AsSlice()
	for bit := prefix.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	addr, _ := netip.AddrFromSlice(bytes)
	return addr
}

// probes returns the first and last address of each prefix that means anything to
// us, their neighbours outside, and random addresses: the same ones each time.
func probes() []netip.Addr {
	var all []netip.Addr
	prefixes := []netip.Prefix{wellKnownNAT64, sixToFour, compatible, translated, globalUnicast, netip.MustParsePrefix("::ffff:0:0/96")}
	for _, row := range table {
		prefixes = append(prefixes, row.prefix)
	}
	// Blocks that others know and we have no row for.
	for _, text := range []string{
		"192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24", "192.0.0.0/29", "192.0.0.8/31", "192.0.0.10/32", "192.0.0.170/31", "192.88.99.2/32",
		"2001::/32", "2001:1::1/128", "2001:1::2/127", "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28",
		"2620:4f:8000::/48", "3ffe::/16",
	} {
		prefixes = append(prefixes, netip.MustParsePrefix(text))
	}
	for _, prefix := range prefixes {
		first, last := prefix.Addr(), last(prefix)
		all = append(all, first.Prev(), first, first.Next(), last.Prev(), last, last.Next())
	}
	source := rand.New(rand.NewPCG(6890, 8190))
	random := func(n int, prefix netip.Prefix) {
		for range n {
			bytes := prefix.Addr().AsSlice()
			for i := prefix.Bits() / 8; i < len(bytes); i++ {
				mask := byte(0xff)
				if i == prefix.Bits()/8 {
					mask >>= prefix.Bits() % 8
				}
				bytes[i] |= byte(source.Uint32()) & mask
			}
			addr, _ := netip.AddrFromSlice(bytes)
			all = append(all, addr)
		}
	}
	random(2000, netip.MustParsePrefix("0.0.0.0/0"))
	random(500, netip.MustParsePrefix("192.0.0.0/8"))
	random(500, netip.MustParsePrefix("::/0"))
	random(1000, globalUnicast)
	random(500, netip.MustParsePrefix("2001::/16"))
	for _, prefix := range []netip.Prefix{sixToFour, wellKnownNAT64, compatible, translated} {
		random(300, prefix)
	}
	all = slices.DeleteFunc(all, func(a netip.Addr) bool { return !a.IsValid() })
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}

// opinion is a program that says of each address on its standard input, one a line,
// what it is: a Class by name, or "not public" where it does not tell more.
type opinion struct {
	who, hint string
	command   []string
	script    string
}

var opinions = []opinion{
	{
		who: "ipaddr.js", hint: "scripts/setup.sh test installs it",
		command: []string{"node", "--input-type=module", "--eval"},
		script: `
import ipaddr from "ipaddr.js";
import { readFileSync } from "node:fs";
const known = {
  unicast: "public", loopback: "loopback", private: "private", linkLocal: "private", uniqueLocal: "private",
  carrierGradeNat: "private", deprecatedSiteLocal: "private", unspecified: "never", multicast: "never", broadcast: "never",
};
for (const line of readFileSync(0, "utf8").trim().split("\n")) console.log(known[ipaddr.parse(line).range()] ?? "special");
`,
	},
	{
		who: "ipaddress", hint: "install python3; scripts/setup.sh test does",
		command: []string{"python3", "-c"},
		script: `
import ipaddress, sys
for line in sys.stdin:
    a = ipaddress.ip_address(line.strip())
    print("never" if a.is_multicast or a.is_unspecified else "loopback" if a.is_loopback else "public" if a.is_global else "not public")
`,
	},
}

// difference is where somebody else judges otherwise, and why we do not follow.
type difference struct {
	who    string
	prefix string
	theirs string
	ours   []Class
	why    string
	// some is set where only some releases of Python differ: its module learnt much
	// in 3.11.10, 3.12.4 and 3.13, and distributions ship each mixture.
	some bool
}

var differences = []difference{
	{"ipaddr.js", "192.31.196.0/24", "special", []Class{Public}, "AS112 is globally reachable (RFC 7535)", false},
	{"ipaddr.js", "192.175.48.0/24", "special", []Class{Public}, "AS112 is globally reachable (RFC 7534)", false},
	{"ipaddr.js", "2620:4f:8000::/48", "special", []Class{Public}, "AS112 is globally reachable (RFC 7534)", false},
	{"ipaddr.js", "192.52.193.0/24", "special", []Class{Public}, "AMT relays are globally reachable (RFC 7450)", false},
	{"ipaddr.js", "64:ff9b::/96", "special", []Class{Public, Private, Loopback, Never}, "judged by the embedded address", false},
	{"ipaddr.js", "2002::/16", "special", []Class{Public, Private, Loopback, Never}, "judged by the embedded address", false},
	{"ipaddr.js", "::ffff:0:0/96", "special", []Class{Public, Private, Loopback, Never}, "judged by the embedded address", false},
	{"ipaddr.js", "::ffff:0:0:0/96", "special", []Class{Private, Loopback, Never}, "judged by the embedded address", false},
	{"ipaddr.js", "::/96", "public", []Class{Special, Private, Loopback, Never}, "IPv4-compatible is deprecated, and judged by the embedded address", false},
	{"ipaddr.js", "::/3", "public", []Class{Special}, "outside 2000::/3 nothing is public", false},
	{"ipaddr.js", "4000::/2", "public", []Class{Special}, "outside 2000::/3 nothing is public", false},
	{"ipaddr.js", "8000::/1", "public", []Class{Special}, "outside 2000::/3 nothing is public", false},

	{"ipaddress", "192.0.0.9/32", "public", []Class{Special}, "PCP anycast (RFC 7723) is for the system, not for pages", false},
	{"ipaddress", "192.0.0.10/32", "public", []Class{Special}, "TURN anycast (RFC 8155) is for the system, not for pages", false},
	{"ipaddress", "192.0.0.0/24", "public", []Class{Special}, "protocol assignments, of which the module knew some", true},
	{"ipaddress", "192.88.99.0/24", "public", []Class{Special}, "deprecated relays (RFC 7526), which the module lacks", false},
	{"ipaddress", "::/96", "public", []Class{Special, Private, Loopback, Never}, "IPv4-compatible is deprecated, and judged by the embedded address", false},
	{"ipaddress", "::ffff:0:0:0/96", "public", []Class{Special, Private, Loopback, Never}, "judged by the embedded address", false},
	{"ipaddress", "64:ff9b::/96", "public", []Class{Special, Private, Loopback, Never}, "judged by the embedded address", false},
	{"ipaddress", "::ffff:0:0/96", "not public", []Class{Public, Loopback}, "judged by the embedded address", true},
	{"ipaddress", "2002::/16", "not public", []Class{Public, Loopback}, "judged by the embedded address", true},
	{"ipaddress", "2002::/16", "public", []Class{Special, Private, Loopback, Never}, "judged by the embedded address, which the module did not do", true},
	{"ipaddress", "64:ff9b:1::/48", "public", []Class{Special}, "RFC 8215, which the module did not know", true},
	{"ipaddress", "2001:1::1/128", "public", []Class{Special}, "PCP anycast (RFC 7723) is for the system, not for pages", true},
	{"ipaddress", "2001:1::2/128", "public", []Class{Special}, "TURN anycast (RFC 8155) is for the system, not for pages", true},
	{"ipaddress", "2001:3::/32", "public", []Class{Special}, "AMT (RFC 7450), inside 2001::/23", true},
	{"ipaddress", "2001:4:112::/48", "public", []Class{Special}, "AS112 (RFC 7535), inside 2001::/23", true},
	{"ipaddress", "2001:20::/28", "public", []Class{Special}, "ORCHIDv2 (RFC 7343) names nodes and is not routed", true},
	{"ipaddress", "2001:30::/28", "public", []Class{Special}, "identities of drones (RFC 9374), not routed", true},
	{"ipaddress", "3fff::/20", "public", []Class{Special}, "RFC 9637, which the module does not know yet", true},
	{"ipaddress", "fec0::/10", "public", []Class{Private}, "site-local, deprecated (RFC 3879), yet still somebody's own network", false},
	{"ipaddress", "::/3", "public", []Class{Special}, "outside 2000::/3 nothing is public", false},
	{"ipaddress", "4000::/2", "public", []Class{Special}, "outside 2000::/3 nothing is public", false},
	{"ipaddress", "8000::/1", "public", []Class{Special}, "outside 2000::/3 nothing is public", false},
}

// ask returns what a program says of each address.
func (o opinion) ask(t *testing.T, addrs []netip.Addr) []string {
	t.Helper()
	var in strings.Builder
	for _, addr := range addrs {
		fmt.Fprintln(&in, addr)
	}
	command := exec.CommandContext(t.Context(), o.command[0], append(o.command[1:], o.script)...)
	command.Stdin = strings.NewReader(in.String())
	out, err := command.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Logf("%s", exit.Stderr)
		}
		t.Fatalf("%s cannot be asked: %v (hint: %s)", o.who, err, o.hint)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(addrs) {
		t.Fatalf("%s says %d lines about %d addresses", o.who, len(lines), len(addrs))
	}
	return lines
}

// The table agrees with two that other people keep, but for the listed differences,
// and each of those still is one.
func TestSecondOpinions(t *testing.T) {
	addrs := probes()
	for _, o := range opinions {
		t.Run(o.who, func(t *testing.T) {
			if _, err := exec.LookPath(o.command[0]); err != nil && testing.Short() {
				t.Skip(o.hint)
			}
			said := o.ask(t, addrs)
			seen := make([]int, len(differences))
			different := 0
			for i, addr := range addrs {
				ours := Classify(addr)
				if said[i] == ours.String() || said[i] == "not public" && ours != Public && ours != Loopback {
					continue
				}
				different++
				explained := false
				for d, row := range differences {
					if row.who == o.who && row.theirs == said[i] &&
						slices.Contains(row.ours, ours) && netip.MustParsePrefix(row.prefix).Contains(addr) {
						seen[d]++
						explained = true
						break
					}
				}
				if !explained {
					t.Errorf("%v: they say %s, we say %v", addr, said[i], ours)
				}
			}
			for d, row := range differences {
				if row.who == o.who && !row.some && seen[d] == 0 {
					t.Errorf("no longer different: %+v", row)
				}
			}
			t.Logf("%d addresses, %d judged differently", len(addrs), different)
		})
	}
}
