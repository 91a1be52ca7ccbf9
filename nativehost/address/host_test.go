package address

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/fault"
)

// vector is a row of the table that the extension's tests use as well.
type vector struct {
	Input string
	// Host is what we make of it; nil: no host.
	Host *string
	Kind string
	// Extension is what the extension makes of it where Why says that it differs.
	Extension *string
	Why       string
	// Left says that a page cannot know that it is no host, and leaves it to us.
	Left bool
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("../../protocol/testdata/hosts.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestVectors(t *testing.T) {
	kinds := map[string]Kind{"literal": Literal, "localhost": Localhost, "multicast-dns": MulticastDNS, "name": Name}
	all := vectors(t)
	if len(all) < 100 {
		t.Fatalf("%d vectors", len(all))
	}
	for _, v := range all {
		host, err := ParseHost(v.Input)
		if v.Host == nil {
			if !errors.Is(err, fault.ErrDNS) || host != (Host{}) {
				t.Errorf("%q: %q, %v; want an error", v.Input, host, err)
			}
			continue
		}
		if v.Left {
			t.Errorf("%q is a host, so nobody is left to refuse it", v.Input)
		}
		if err != nil || host.String() != *v.Host || host.Kind() != kinds[v.Kind] {
			t.Errorf("%q: %q of kind %d, %v; want %q of kind %s", v.Input, host, host.Kind(), err, *v.Host, v.Kind)
		}
		if host.Addr().IsValid() != (host.Kind() == Literal) {
			t.Errorf("%q has the address %v", v.Input, host.Addr())
		}
	}
}

// Every old spelling of an address is that address, and judged as it.
func TestOldSpellings(t *testing.T) {
	for spelling, want := range map[string]string{
		"127.1": "127.0.0.1", "0x7f.1": "127.0.0.1", "2130706433": "127.0.0.1", "017700000001": "127.0.0.1", "0x7f000001.": "127.0.0.1",
		"１２７。０｡０．１": "127.0.0.1", "10.1": "10.0.0.1", "0xa9fea9fe": "169.254.169.254", "0300.0250.1": "192.168.0.1", "[::ffff:7f00:1]": "127.0.0.1",
		"::ffff:0x7f.1": "",
	} {
		host, err := ParseHost(spelling)
		if want == "" {
			if err == nil {
				t.Errorf("%q is %v", spelling, host)
			}
			continue
		}
		if err != nil || host.Addr().Unmap() != netip.MustParseAddr(want) {
			t.Errorf("%q is %v, %v; want %s", spelling, host.Addr(), err, want)
		}
		if Classify(host.Addr()) == Public {
			t.Errorf("%q is public", spelling)
		}
	}
}

func TestWhatTablesOfTextCannotSay(t *testing.T) {
	for _, bad := range []string{
		"\xff.example", "a\xc0\x80b", strings.Repeat("\u00ad", 513), "fe80::1%" + strings.Repeat("x", 65),
		// Newer than some of the browsers that run the extension: an A-label must hold
		// something that needs it (UTS 46, revision 33).
		"xn--localhost-.example", "xn--local-.", "xn--a-.example",
	} {
		if host, err := ParseHost(bad); !errors.Is(err, fault.ErrDNS) {
			t.Errorf("%q is %q, %v", bad, host, err)
		}
	}
	if (Host{}).Kind() != 0 || (Host{}).String() != "" {
		t.Error("the zero Host is something")
	}
	for addr, want := range map[string]string{"2001:db8::1%eth0": "2001:db8::1", "fe80::1%eth0": "fe80::1%eth0", "::ffff:1.2.3.4": "::ffff:102:304", "1.2.3.4": "1.2.3.4"} {
		if got := FromAddr(netip.MustParseAddr(addr)); got.String() != want || got.Kind() != Literal {
			t.Errorf("%s is %q", addr, got)
		}
	}
}

// Host and extension agree about hosts that nobody thought of: the same random ones
// each time, from pieces that mean something to one of the parsers. Non-ASCII letters and what
// would stand for them are left out, since Unicode's rules change with the release of
// the runtime.
func TestAgreesWithTheExtension(t *testing.T) {
	pieces := []string{
		".", ".", ".", ".", "..", "0", "1", "7", "08", "0x", "0x7f", "0X1", "255", "256", "65536", "4294967295", "4294967296", "99999999999999999999",
		"a", "B", "f", "-", "_", "example", "local", "localhost", "LOCAL", "xn--", ":", "::", "[", "]", "1.2.3.4", "::ffff:", "2001:db8", "ffff",
		"%", "/", "@", "*", "~", "\x7f", strings.Repeat("a", 60),
	}
	source := rand.New(rand.NewPCG(3490, 1034))
	var texts []string
	for range 20000 {
		var text strings.Builder
		for range 1 + source.IntN(7) {
			text.WriteString(pieces[source.IntN(len(pieces))])
		}
		if strings.Contains(text.String(), "xn--") && !strings.HasSuffix(text.String(), ".xn--") {
			continue
		}
		texts = append(texts, text.String())
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", "--import", "tsx", "--input-type=module", "--eval", `
import { canonicalHost } from "../../extension/background/intake/origin.ts";
import { readFileSync } from "node:fs";
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map((text) => canonicalHost(text) ?? "")));
`)
	command.Stdin = bytes.NewReader(in)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("the extension's code cannot be run: %v (hint: scripts/setup.sh test installs what it needs)", err)
	}
	var theirs []string
	if err := json.Unmarshal(out, &theirs); err != nil || len(theirs) != len(texts) {
		t.Fatalf("%d answers, %v", len(theirs), err)
	}
	hosts := 0
	for i, text := range texts {
		host, _ := ParseHost(text)
		if host.String() != theirs[i] {
			t.Errorf("%q: the host says %q, the extension %q", text, host, theirs[i])
		}
		if theirs[i] != "" {
			hosts++
		}
	}
	t.Logf("%d texts, %d of them hosts", len(texts), hosts)
}

func FuzzParseHost(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Input)
	}
	f.Fuzz(func(t *testing.T, text string) {
		host, err := ParseHost(text)
		if err != nil {
			if !errors.Is(err, fault.ErrDNS) || host != (Host{}) {
				t.Errorf("%q: %q, %v", text, host, err)
			}
			return
		}
		canonical := host.String()
		again, err := ParseHost(canonical)
		if err != nil || again != host {
			t.Fatalf("%q is %q, which is %q, %v", text, canonical, again, err)
		}
		for _, spelling := range []string{canonical + ".", strings.ToUpper(canonical)} {
			if host.Kind() == Literal && host.Addr().Is6() {
				continue
			}
			if again, err := ParseHost(spelling); err != nil || again != host {
				t.Errorf("%q is %q, but %q is %q, %v", text, canonical, spelling, again, err)
			}
		}
		addr, err := netip.ParseAddr(canonical)
		if (err == nil) != (host.Kind() == Literal) {
			t.Errorf("%q, %q: kind %d", text, canonical, host.Kind())
		}
		if err == nil && (Classify(addr) != Classify(host.Addr()) || addr != host.Addr()) {
			t.Errorf("%q: the address %v is shown as %v", text, host.Addr(), addr)
		}
		if host.Kind() == Literal {
			return
		}
		if len(canonical) > maxName || strings.ContainsFunc(canonical, func(r rune) bool { return r != '.' && notInLabel(r) }) {
			t.Errorf("%q: the name %q", text, canonical)
		}
		local := canonical == "local" || strings.HasSuffix(canonical, ".local")
		localhost := canonical == "localhost" || strings.HasSuffix(canonical, ".localhost")
		if local != (host.Kind() == MulticastDNS) || localhost != (host.Kind() == Localhost) {
			t.Errorf("%q, %q: kind %d", text, canonical, host.Kind())
		}
	})
}

func TestAskable(t *testing.T) {
	for text, want := range map[string]bool{
		"-lead.example": false, "trail-.example": false, "a.-.example": false, "a.trail-": false, "hidden.onion": false, "onion": false,
		"mid-dle.example": true, "xn--bcher-kva.example": true, "onion.example": true, "_a.example": true, "intranet": true,
		"-a-.localhost": true, "-a-.local": true, "192.0.2.1": true, "2001:db8::1": true,
	} {
		h, err := ParseHost(text)
		if err != nil || h.Askable() != want {
			t.Errorf("%s: %v, %v", text, h.Askable(), err)
		}
	}
}
