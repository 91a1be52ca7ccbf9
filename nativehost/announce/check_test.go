package announce

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestWhatCanBeAnnounced(t *testing.T) {
	long, rest := strings.Repeat("x", 255), strings.Repeat("x", 245)
	for _, c := range []struct {
		kind, name string
		text       []string
		ok         bool
	}{
		{"_http._tcp", "Page", nil, true},
		{"_a-1._udp", "Büro 4.1 \\ \"2\" 😀", []string{"path=/", "flag", "empty=", "any=\x01ü=", " =1"}, true},
		{"_123456789abcdef._tcp", strings.Repeat("ü", 31) + "x", []string{long, long, long, long, rest}, true},
		{"_123456789abcdefg._tcp", "Page", nil, false},
		{"_1._tcp", "Page", nil, false},
		{"http._tcp", "Page", nil, false},
		{"_http._sctp", "Page", nil, false},
		{"_http._tcp.", "Page", nil, false},
		{"_http._tcp.local", "Page", nil, false},
		{"_-http._tcp", "Page", nil, false},
		{"_ht--tp._tcp", "Page", nil, false},
		{"_http-._tcp", "Page", nil, false},
		{"_ht.tp._tcp", "Page", nil, false},
		{"_httpü._tcp", "Page", nil, false},
		{"_http._tcp\n", "Page", nil, false},
		{"", "Page", nil, false},
		{"_http._tcp", "", nil, false},
		{"_http._tcp", strings.Repeat("ü", 32), nil, false},
		{"_http._tcp", "a\nb", nil, false},
		{"_http._tcp", "a\x00b", nil, false},
		{"_http._tcp", "a\u202eb", nil, false},
		{"_http._tcp", "a\u200b", nil, false},
		{"_http._tcp", " a", nil, false},
		{"_http._tcp", "a\xff", nil, false},
		{"_http._tcp", "Page", []string{""}, false},
		{"_http._tcp", "Page", []string{"=value"}, false},
		{"_http._tcp", "Page", []string{"kéy=value"}, false},
		{"_http._tcp", "Page", []string{"k\x01y=value"}, false},
		{"_http._tcp", "Page", []string{"key=\xff"}, false},
		{"_http._tcp", "Page", []string{long + "x"}, false},
		{"_http._tcp", "Page", []string{long, long, long, long, rest + "x"}, false},
	} {
		if err := Check(c.kind, c.name, c.text); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("%q %q %q: %v", c.kind, c.name, c.text, err)
		}
	}
}

func TestWhereItCanBeAnnounced(t *testing.T) {
	addr := netip.MustParseAddr
	many := make([]netip.Addr, maxAddrs+1)
	for i := range many {
		many[i] = addr("10.77.0.1")
	}
	for _, c := range []struct {
		addrs []netip.Addr
		port  uint16
		ok    bool
	}{
		{[]netip.Addr{addr("10.77.0.1"), addr("fe80::1%eth0")}, 80, true},
		{many[1:], 80, true},
		{many, 80, false},
		{nil, 80, false},
		{[]netip.Addr{addr("10.77.0.1")}, 0, false},
		{[]netip.Addr{addr("127.0.0.1")}, 80, false},
		{[]netip.Addr{addr("::ffff:127.0.0.1")}, 80, false},
		{[]netip.Addr{addr("::1")}, 80, false},
		{[]netip.Addr{addr("0.0.0.0")}, 80, false},
		{[]netip.Addr{addr("::")}, 80, false},
		{[]netip.Addr{addr("224.0.0.251")}, 80, false},
		{[]netip.Addr{{}}, 80, false},
	} {
		config := Config{Addrs: c.addrs, Port: c.port, Type: "_http._tcp", Name: "Page"}
		if err := config.check(); (err == nil) != c.ok {
			t.Errorf("%v port %d: %v", c.addrs, c.port, err)
		}
	}
}
