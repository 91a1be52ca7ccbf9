package address

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/fault"
)

func TestParseLocal(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "0.0.0.0": "0.0.0.0", "::": "::", "0:0:0:0:0:0:0:1": "::1", "2001:DB8::1": "2001:db8::1",
		"::ffff:192.168.1.7": "192.168.1.7", "::ffff:0.0.0.0": "0.0.0.0", "fe80::1": "fe80::1", "fe80::1%eth0": "fe80::1%eth0", "fe80::1%2": "fe80::1%2",
		"": "", "localhost": "", "127.1": "", "0x7f.0.0.1": "", "[::1]": "", "127.0.0.1:80": "", "127.0.0.1 ": "", "1.2.3": "", "::1%eth0": "", "::%eth0": "",
		"fe80::1%": "", "fe80::1%eth 0": "", "fe80::1%\n": "", "::ffff:192.168.1.7%eth0": "", "fe80::1%" + strings.Repeat("x", 200): "",
	} {
		addr, err := ParseLocal(text)
		if want == "" {
			if !errors.Is(err, fault.ErrAddress) || addr.IsValid() {
				t.Errorf("%q: %v, %v", text, addr, err)
			}
			continue
		}
		if err != nil || addr.String() != want {
			t.Errorf("%q: %v, %v; want %s", text, addr, err, want)
		}
	}
}

// Whatever is read is an address that says the same when it is read again.
func FuzzParseLocal(f *testing.F) {
	for _, seed := range []string{"127.0.0.1", "::", "fe80::1%eth0", "::ffff:1.2.3.4", "fe80::1%%", "::%0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		addr, err := ParseLocal(text)
		if err != nil {
			if addr.IsValid() || !errors.Is(err, fault.ErrAddress) {
				t.Fatalf("%q: %v, %v", text, addr, err)
			}
			return
		}
		again, err := ParseLocal(addr.String())
		if err != nil || again != addr || addr.Is4In6() || addr.Zone() != "" && !addr.IsLinkLocalUnicast() {
			t.Fatalf("%q is %v, and then %v, %v", text, addr, again, err)
		}
		if plain, err := netip.ParseAddr(text); err != nil || plain.Unmap() != addr {
			t.Fatalf("%q is %v, and %v to netip", text, addr, plain)
		}
	})
}
