package discover

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/portside/portside/nativehost/address"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// here is a computer with the address 10.77.0.1 on 10.77.0.0/24 and fd77::/64, with a
// network of its own at 172.17.0.1, and with neighbours at public addresses.
type here struct{}

func (here) Class(addr netip.Addr) address.Class {
	addr = addr.WithZone("").Unmap()
	switch {
	case addr.IsLoopback():
		return address.Loopback
	case slices.Contains([]string{"10.77.0.1", "172.17.0.1", "fd77::1", "2a00::1", "fe80::1"}, addr.String()):
		return address.Loopback
	case netip.MustParsePrefix("10.77.0.0/24").Contains(addr), netip.MustParsePrefix("fd77::/64").Contains(addr),
		netip.MustParsePrefix("172.17.0.0/16").Contains(addr), netip.MustParsePrefix("2a00::/64").Contains(addr),
		netip.MustParsePrefix("198.18.5.0/24").Contains(addr):
		return address.Private
	default:
		return address.Public
	}
}

// everything is what rules say that allow everything.
func everything(address.Host, netip.Addr) bool { return true }

// world drives a search without a network.
type world struct {
	*search
	t     testing.TB
	now   time.Time
	asked []string // "PTR _ipp._tcp.local. unicast"
	told  []string // "Name _ipp._tcp printer.local 10.77.0.9"
}

func searching(t testing.TB, protocol string, port uint16, may func(address.Host, netip.Addr) bool) *world {
	w := &world{t: t, now: time.Unix(1e9, 0)}
	w.search = newSearch(&Browser{Near: here{}, May: may}, Query{protocol, port}, func(q question) {
		text := dns.TypeToString[q.types[0]] + " " + q.name
		if len(q.types) > 1 {
			text = "+" + text
		}
		if q.unicast {
			text += " unicast"
		}
		w.asked = append(w.asked, text)
		if _, err := q.pack(1); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}, func(d Device) {
		w.told = append(w.told, fmt.Sprintf("%s %s %v %v", d.Name, d.Service, d.Host, d.Address))
	})
	w.step(w.now)
	return w
}

// pass lets time pass, step by step.
func (w *world) pass(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(stepEvery)
		w.search.step(w.now)
	}
}

// hears takes in records in the master file's spelling, from a neighbour or from this
// computer.
func (w *world) hears(own bool, records ...string) {
	w.t.Helper()
	a, ok := parse(packed(w.t, 7, records...), 7)
	if !ok {
		w.t.Fatalf("no answer: %q", records)
	}
	a.zone, a.own = "lan0", own
	w.hear(a, w.now)
}

// packed is a response with these records.
func packed(t testing.TB, id uint16, records ...string) []byte {
	t.Helper()
	m := dns.Msg{MsgHdr: dns.MsgHdr{Id: id, Response: true, Authoritative: true}, Compress: true}
	for _, text := range records {
		record, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, record)
	}
	packet, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

// printer is what a responder says of a printer called name at this host and address.
func printer(name, host string, addrs ...string) []string {
	spelled := strings.NewReplacer(" ", `\ `, ".", `\.`).Replace(name)
	records := []string{
		"_ipp._tcp.local. 10 IN PTR " + spelled + "._ipp._tcp.local.",
		spelled + "._ipp._tcp.local. 10 IN SRV 0 0 631 " + host,
		spelled + `._ipp._tcp.local. 10 IN TXT "a=b"`,
	}
	for _, addr := range addrs {
		records = append(records, host+" 10 IN "+kind(addr)+" "+addr)
	}
	return records
}

func kind(addr string) string {
	if strings.Contains(addr, ":") {
		return "AAAA"
	}
	return "A"
}

func (w *world) want(told ...string) {
	w.t.Helper()
	slices.Sort(told)
	slices.Sort(w.told)
	if !slices.Equal(w.told, told) {
		w.t.Errorf("told\n %s\nwant\n %s", strings.Join(w.told, "\n "), strings.Join(told, "\n "))
	}
}

func TestServices(t *testing.T) {
	for at, types := range services {
		for _, text := range types {
			if got, ok := serviceType(strings.Split(text, "."), at.protocol); !ok || got != text {
				t.Errorf("%v: %q", at, text)
			}
		}
	}
	for _, text := range []string{"_ipp._udp", "ipp._tcp", "_._tcp", "_a b._tcp", "_a\x00._tcp", "_ipp", "_a._tcp._tcp", "_\u202e._tcp", "_" + strings.Repeat("a", 60) + "._tcp"} {
		if got, ok := serviceType(strings.Split(text, "."), "tcp"); ok {
			t.Errorf("%q passes as %q", text, got)
		}
	}
	if got, ok := serviceType([]string{"_IPP", "_TCP"}, "tcp"); !ok || got != "_ipp._tcp" {
		t.Errorf("%q, %v", got, ok)
	}
}

// Rounds come with growing pauses, a follow-up only where an answer left something
// open, and all of it is bounded.
func TestWhatIsAsked(t *testing.T) {
	w := searching(t, "tcp", 631, everything)
	w.hears(false, "_ipp._tcp.local. 10 IN PTR A._ipp._tcp.local.", "_ipp._tcp.local. 10 IN PTR B._ipp._tcp.local.",
		"B._ipp._tcp.local. 10 IN SRV 0 0 631 b.local.", "_ipp._tcp.local. 10 IN PTR C._ipp._tcp.local.",
		"C._ipp._tcp.local. 10 IN SRV 0 0 8631 c.local.", "_ipps._tcp.local. 10 IN PTR D._ipps._tcp.local.",
		"D._ipps._tcp.local. 10 IN SRV 0 0 631 d.example.")
	w.pass(2 * time.Minute)
	count := map[string]int{}
	for _, q := range w.asked {
		count[q]++
	}
	want := map[string]int{
		"PTR _ipp._tcp.local.": 1, "PTR _ipps._tcp.local.": 1, "PTR _ipp._tcp.local. unicast": 6, "PTR _ipps._tcp.local. unicast": 6,
		"SRV A._ipp._tcp.local.": 1, "SRV A._ipp._tcp.local. unicast": 1, "+A b.local.": 1, "+A b.local. unicast": 1,
	}
	if fmt.Sprint(count) != fmt.Sprint(want) {
		t.Errorf("asked\n %v\nwant\n %v", count, want)
	}
	w.want()
}

func TestTypesThatAreNotInTheTable(t *testing.T) {
	w := searching(t, "tcp", 8123, everything)
	if !slices.Equal(w.asked, []string{"PTR _services._dns-sd._udp.local."}) {
		t.Errorf("asked %q", w.asked)
	}
	w.asked = nil
	w.hears(false, "_services._dns-sd._udp.local. 10 IN PTR _home._tcp.local.", "_services._dns-sd._udp.local. 10 IN PTR _Home._TCP.local.",
		"_services._dns-sd._udp.local. 10 IN PTR _home._udp.local.", "_services._dns-sd._udp.local. 10 IN PTR _home._tcp.example.",
		"_services._dns-sd._udp.local. 10 IN PTR _x._sub._home._tcp.local.")
	w.pass(stepEvery)
	if !slices.Equal(w.asked, []string{"PTR _home._tcp.local."}) {
		t.Errorf("asked %q", w.asked)
	}
	w.hears(false, "_home._tcp.local. 10 IN PTR Home._home._tcp.local.", "Home._home._tcp.local. 10 IN SRV 0 0 8123 home.local.",
		"_home._tcp.local. 10 IN PTR Other._home._tcp.local.", "Other._home._tcp.local. 10 IN SRV 0 0 80 home.local.", "home.local. 10 IN A 10.77.0.9")
	w.pass(time.Second)
	w.want("Home _home._tcp home.local 10.77.0.9")
	for i := range 200 {
		w.hears(false, fmt.Sprintf("_services._dns-sd._udp.local. 10 IN PTR _t%d._tcp.local.", i))
	}
	w.asked = nil
	w.pass(30 * time.Second)
	if len(w.types) != maxTypes || len(w.asked) > 5*maxTypes {
		t.Errorf("%d types, %d questions", len(w.types), len(w.asked))
	}
}

// What people call their devices is one label of any characters.
func TestNames(t *testing.T) {
	w := searching(t, "tcp", 631, everything)
	for i, name := range []string{"HP LaserJet 4.1 (café)", "Bridge\u202efdp.exe", "\x1b[31mRed\r\nLine", "a\xff\xfeb", "\u200b\u2066", strings.Repeat("\u00e9", 31) + "x"} {
		w.hears(false, packed2(name, fmt.Sprintf("p%d.local.", i))...)
	}
	w.pass(time.Second)
	w.want("HP LaserJet 4.1 (café) _ipp._tcp p0.local 10.77.0.9", "Bridgefdp.exe _ipp._tcp p1.local 10.77.0.9", "[31mRed Line _ipp._tcp p2.local 10.77.0.9",
		"ab _ipp._tcp p3.local 10.77.0.9", "p4.local _ipp._tcp p4.local 10.77.0.9", strings.Repeat("\u00e9", 31)+"x _ipp._tcp p5.local 10.77.0.9")
}

// packed2 spells every byte of a name by its number.
func packed2(name, host string) []string {
	var spelled strings.Builder
	for _, b := range []byte(name) {
		fmt.Fprintf(&spelled, `\%03d`, b)
	}
	full := spelled.String() + "._ipp._tcp.local."
	return []string{"_ipp._tcp.local. 10 IN PTR " + full, full + " 10 IN SRV 0 0 631 " + host, host + " 10 IN A 10.77.0.9"}
}

// Each lie is heard, and nothing of it is told.
func TestLies(t *testing.T) {
	ptr, srv, a := "_ipp._tcp.local. 10 IN PTR Lie._ipp._tcp.local.", "Lie._ipp._tcp.local. 10 IN SRV 0 0 631 lie.local.", "lie.local. 10 IN A 10.77.0.9"
	for what, records := range map[string][]string{
		"another port":                    {ptr, "Lie._ipp._tcp.local. 10 IN SRV 0 0 632 lie.local.", a},
		"another type":                    {"_ssh._tcp.local. 10 IN PTR Lie._ssh._tcp.local.", "Lie._ssh._tcp.local. 10 IN SRV 0 0 631 lie.local.", a},
		"an instance of another type":     {"_ipp._tcp.local. 10 IN PTR Lie._ssh._tcp.local.", "Lie._ssh._tcp.local. 10 IN SRV 0 0 631 lie.local.", a},
		"another domain":                  {"_ipp._tcp.local. 10 IN PTR Lie._ipp._tcp.example.", "Lie._ipp._tcp.example. 10 IN SRV 0 0 631 lie.local.", a},
		"a type instead of an instance":   {"_ipp._tcp.local. 10 IN PTR _ipp._tcp.local.", "_ipp._tcp.local. 10 IN SRV 0 0 631 lie.local.", a},
		"the type's name":                 {"_ipp._tcp.local. 10 IN PTR _ipp._tcp.local.", srv, a},
		"without an announcement":         {srv, a},
		"an address of somebody else":     {ptr, srv, "other.local. 10 IN A 10.77.0.9"},
		"gone":                            {"_ipp._tcp.local. 0 IN PTR Lie._ipp._tcp.local.", srv, a},
		"another class":                   {ptr, srv, "lie.local. 10 CH A 10.77.0.9"},
		"no target":                       {ptr, "Lie._ipp._tcp.local. 10 IN SRV 0 0 631 .", a},
		"more labels":                     {"_ipp._tcp.local. 10 IN PTR A.Lie._ipp._tcp.local.", "A.Lie._ipp._tcp.local. 10 IN SRV 0 0 631 lie.local.", a},
		"this computer":                   printer("Lie", "lie.local.", "127.0.0.1"),
		"this computer, IPv6":             printer("Lie", "lie.local.", "::1"),
		"an address of this computer":     printer("Lie", "lie.local.", "10.77.0.1"),
		"a public one of this computer":   printer("Lie", "lie.local.", "2a00::1"),
		"the Internet":                    printer("Lie", "lie.local.", "93.184.215.14"),
		"the Internet, IPv6":              printer("Lie", "lie.local.", "2606:4700::1111"),
		"multicast":                       printer("Lie", "lie.local.", "224.0.0.251", "ff02::fb"),
		"nowhere":                         printer("Lie", "lie.local.", "0.0.0.0", "::", "255.255.255.255"),
		"mapped":                          printer("Lie", "lie.local.", "::ffff:10.77.0.9"),
		"translated":                      printer("Lie", "lie.local.", "64:ff9b::10.77.0.9", "2002:a4d:9::1", "::ffff:0:10.77.0.9"),
		"documentation and special":       printer("Lie", "lie.local.", "192.0.2.1", "198.18.0.1", "2001:db8::1", "100::1"),
		"link-local, not in local":        printer("Lie", "lie.example.", "fe80::9"),
		"link-local, with the Internet":   printer("Lie", "lie.local.", "fe80::9", "93.184.215.14"),
		"link-local, with this computer":  printer("Lie", "lie.local.", "fe80::9", "127.0.0.1"),
		"link-local, and dots in a label": printer("Lie", `l\.ie.local.`, "fe80::9"),
	} {
		w := searching(t, "tcp", 631, everything)
		w.hears(false, records...)
		w.hears(false, printer("Good", "good.local.", "10.77.0.8")...)
		w.pass(10 * time.Second)
		if !slices.Equal(w.told, []string{"Good _ipp._tcp good.local 10.77.0.8"}) {
			t.Errorf("%s: told %q", what, w.told)
		}
	}
}

func TestAddresses(t *testing.T) {
	for what, c := range map[string]struct {
		host  string
		own   bool
		addrs []string
		want  string
	}{
		"IPv4 is shown before IPv6":           {"p.local.", false, []string{"fe80::9", "fd77::9", "10.77.0.9"}, "p.local 10.77.0.9"},
		"one of the link before others":       {"p.local.", false, []string{"10.9.9.9", "10.77.0.9"}, "p.local 10.77.0.9"},
		"IPv6":                                {"p.local.", false, []string{"fe80::9", "fd77::9"}, "p.local fd77::9"},
		"public, on a link":                   {"p.local.", false, []string{"2a00::9"}, "p.local 2a00::9"},
		"of a laboratory, on a link":          {"p.local.", false, []string{"198.18.5.9"}, "p.local 198.18.5.9"},
		"link-local only":                     {"p.local.", false, []string{"fe80::9"}, "p.local fe80::9"},
		"link-local IPv4":                     {"p.local.", false, []string{"169.254.7.9"}, "p.local 169.254.7.9"},
		"private, beyond the link":            {"p.local.", false, []string{"192.168.9.9"}, "p.local 192.168.9.9"},
		"with letters that have a case":       {"Prüfer-Büro.local.", false, []string{"10.77.0.9"}, "xn--prfer-bro-r9af.local 10.77.0.9"},
		"whose case DNS would not know":       {"PRÜFER.local.", false, []string{"10.77.0.9"}, "10.77.0.9 10.77.0.9"},
		"in DNS":                              {"p.example.", false, []string{"10.77.0.9"}, "10.77.0.9 10.77.0.9"},
		"localhost":                           {"localhost.", false, []string{"10.77.0.9"}, "10.77.0.9 10.77.0.9"},
		"an address for a name":               {"10.77.0.66.", false, []string{"10.77.0.9"}, "10.77.0.9 10.77.0.9"},
		"dots in a label":                     {`a\.b.local.`, false, []string{"10.77.0.9"}, "10.77.0.9 10.77.0.9"},
		"with the network of containers here": {"p.local.", false, []string{"172.17.0.1", "10.77.0.9"}, "10.77.0.9 10.77.0.9"},
		"with the Internet":                   {"p.local.", false, []string{"93.184.215.14", "fd77::9"}, "fd77::9 fd77::9"},
		"this computer, by itself":            {"self.local.", true, []string{"fe80::1", "fd77::1", "10.77.0.1"}, "self.local 10.77.0.1"},
		"this computer's loopback":            {"self.local.", true, []string{"127.0.0.1", "10.77.0.1"}, "10.77.0.1 10.77.0.1"},
	} {
		w := searching(t, "tcp", 631, everything)
		records := printer("P", strings.NewReplacer("ü", `\195\188`, "Ü", `\195\156`).Replace(c.host), c.addrs...)
		w.hears(c.own, records...)
		w.pass(time.Second)
		if !slices.Equal(w.told, []string{"P _ipp._tcp " + c.want}) {
			t.Errorf("%s: told %q, want %q", what, w.told, c.want)
		}
	}
}

// What the rules refuse is not told; where they refuse a name for one of its addresses,
// another address is.
func TestRulesAreAsked(t *testing.T) {
	refuse := func(hosts ...string) func(address.Host, netip.Addr) bool {
		return func(host address.Host, addr netip.Addr) bool {
			return !slices.Contains(hosts, host.String()) && !slices.Contains(hosts, addr.WithZone("").String())
		}
	}
	for what, c := range map[string]struct {
		refused []string
		want    []string
	}{
		"nothing":      {nil, []string{"P _ipp._tcp p.local 10.77.0.9"}},
		"the name":     {[]string{"p.local"}, []string{"P _ipp._tcp 10.77.0.9 10.77.0.9"}},
		"an address":   {[]string{"10.77.0.9"}, []string{"P _ipp._tcp fd77::9 fd77::9"}},
		"link-local":   {[]string{"fe80::9"}, []string{"P _ipp._tcp 10.77.0.9 10.77.0.9"}},
		"all of them":  {[]string{"10.77.0.9", "fd77::9"}, nil},
		"by any name":  {[]string{"p.local", "10.77.0.9", "fd77::9"}, nil},
		"another name": {[]string{"q.local"}, []string{"P _ipp._tcp p.local 10.77.0.9"}},
	} {
		w := searching(t, "tcp", 631, refuse(c.refused...))
		w.hears(false, printer("P", "p.local.", "10.77.0.9", "fd77::9", "fe80::9")...)
		w.pass(10 * time.Second)
		if !slices.Equal(w.told, c.want) {
			t.Errorf("%s is refused: told %q", what, w.told)
		}
	}
}

// Each is told once, whatever is repeated and changed, and when its addresses had time
// to come.
func TestToldOnce(t *testing.T) {
	w := searching(t, "tcp", 631, everything)
	w.hears(false, printer("P", "p.local.", "fe80::9")...)
	w.pass(settleAfter - stepEvery)
	w.want()
	w.hears(false, printer("P", "p.local.", "10.77.0.9")...)
	w.pass(settleAfter + stepEvery)
	w.want("P _ipp._tcp p.local 10.77.0.9")
	for i := range 100 {
		w.hears(false, printer("P", "p.local.", fmt.Sprintf("10.77.0.%d", 10+i))...)
		w.hears(false, printer("P", "P.LOCAL.", "fd77::9")...)
		w.hears(false, printer("P", fmt.Sprintf("p%d.local.", i), "10.77.0.7")...)
		w.pass(settleAfter + stepEvery)
	}
	// What claims to be the same device elsewhere is another one, and there are few.
	w.want("P _ipp._tcp p.local 10.77.0.9", "P _ipp._tcp p0.local 10.77.0.7", "P _ipp._tcp p1.local 10.77.0.7", "P _ipp._tcp p2.local 10.77.0.7")
}

// Several devices at one host, as a print server has them, are several.
func TestPrintServer(t *testing.T) {
	w := searching(t, "tcp", 631, everything)
	records := slices.Concat(printer("A", "server.local."), printer("B", "server.local."), printer("C", "server.local.", "10.77.0.9"))
	w.hears(false, records...)
	w.pass(time.Second)
	w.want("A _ipp._tcp server.local 10.77.0.9", "B _ipp._tcp server.local 10.77.0.9", "C _ipp._tcp server.local 10.77.0.9")
}

func TestFloodIsBounded(t *testing.T) {
	w := searching(t, "tcp", 631, everything)
	for i := range 10000 {
		switch i % 3 {
		case 0:
			w.hears(false, printer(fmt.Sprintf("Flood %d", i), fmt.Sprintf("f%d.local.", i), "10.77.0.9")...)
		case 1: // no address
			w.hears(false, printer(fmt.Sprintf("Flood %d", i), fmt.Sprintf("f%d.local.", i))...)
		default: // no place
			w.hears(false, fmt.Sprintf("_ipp._tcp.local. 10 IN PTR F%d._ipp._tcp.local.", i))
		}
	}
	var addrs []string
	for i := range 200 {
		addrs = append(addrs, fmt.Sprintf("10.77.0.%d", i+2))
	}
	w.hears(false, printer("Flood 0", "f0.local.", addrs...)...)
	w.pass(2 * time.Minute)
	if len(w.told) != maxDevices || len(w.instances) > maxInstances || len(w.targets) > maxTargets || len(w.asked) > 14+maxFollowUps {
		t.Errorf("%d told, %d instances, %d targets, %d questions", len(w.told), len(w.instances), len(w.targets), len(w.asked))
	}
	for _, target := range w.targets {
		if len(target.claims) > maxAddrs {
			t.Errorf("%d addresses", len(target.claims))
		}
	}
}

// A neighbour may put this computer's IPv6 address on its packets.
func TestOwn(t *testing.T) {
	b := &Browser{Near: here{}}
	for addr, want := range map[string]bool{"10.77.0.1": true, "172.17.0.1": true, "10.77.0.9": false, "fd77::1": false, "fe80::1": false, "fd77::9": false, "8.8.8.8": false} {
		if got := b.isOwn(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
}

func TestParse(t *testing.T) {
	good := packed(t, 7, printer("A", "a.local.", "10.77.0.9")...)
	if a, ok := parse(good, 7); !ok || len(a.pointers) != 1 || len(a.services) != 1 || len(a.hosts) != 1 {
		t.Errorf("%+v, %v", a, ok)
	}
	change := func(at int, bits byte) []byte {
		packet := slices.Clone(good)
		packet[at] ^= bits
		return packet
	}
	for what, packet := range map[string][]byte{
		"another id": change(1, 1), "a question": change(2, 0x80), "another operation": change(2, 0x08),
		"a failure": change(3, 2), "cut": good[:len(good)-1], "nothing": nil,
	} {
		if a, ok := parse(packet, 7); ok {
			t.Errorf("%s: %+v", what, a)
		}
	}
	var many []string
	for range 2 * maxRecords {
		many = append(many, "x.local. 10 IN A 10.0.0.1")
	}
	if a, ok := parse(packed(t, 7, many...), 7); !ok || len(a.hosts) != maxRecords {
		t.Errorf("%d records, %v", len(a.hosts), ok)
	}
}

// FuzzDevice: whatever packets come, a device that is told of can be shown, has an
// address in the user's own network, and a host that leads there.
func FuzzDevice(f *testing.F) {
	f.Add(packed(f, 7, printer("HP LaserJet 4.1 (café)", "p.local.", "10.77.0.9", "fe80::9")...), false)
	f.Add(packed(f, 7, printer("Lie", "lie.local.", "127.0.0.1", "93.184.215.14", "64:ff9b::1")...), true)
	f.Add(packed(f, 7, packed2("\u202e\x00\xff", "l\\.ie.local.")...), false)
	f.Add(packed(f, 7, slices.Concat(printer("A", "xn--.local."), printer("B", `\195\156.local.`, "10.77.0.1"))...), true)
	f.Add(packed(f, 7, "_services._dns-sd._udp.local. 10 IN PTR _ipp._tcp.local.", "x._ipp._tcp.local. 10 IN SRV 0 0 631 10.0.0.1."), false)
	f.Fuzz(func(t *testing.T, packet []byte, own bool) {
		a, ok := parse(packet, 7)
		if !ok {
			return
		}
		a.zone, a.own = "lan0", own
		for _, port := range []uint16{631, 8123} {
			w := searching(t, "tcp", port, everything)
			found := w.search.found
			w.search.found = func(d Device) {
				found(d)
				check(t, d, own)
			}
			for range 2 {
				w.hear(a, w.now)
				w.pass(time.Second)
			}
			if len(w.told) > maxDevices || len(w.asked) > 6+2*maxTypes+maxFollowUps {
				t.Errorf("%d told, %d asked", len(w.told), len(w.asked))
			}
		}
	})
}

func check(t *testing.T, d Device, own bool) {
	if len(d.Name) == 0 || len(d.Name) > maxDeviceName || !utf8.ValidString(d.Name) ||
		strings.ContainsFunc(d.Name, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		t.Errorf("name %q", d.Name)
	}
	if len(d.Service) > maxType || !strings.HasSuffix(d.Service, "._tcp") {
		t.Errorf("service %q", d.Service)
	}
	if again, err := address.ParseHost(d.Host.String()); err != nil || again != d.Host {
		t.Errorf("host %v: %v, %v", d.Host, again, err)
	}
	if d.Host.Kind() != address.MulticastDNS && (d.Host.Kind() != address.Literal || d.Host.Addr() != d.Address) {
		t.Errorf("host %v at %v", d.Host, d.Address)
	}
	class := max(address.Classify(d.Address), here{}.Class(d.Address))
	if d.Address.Zone() != "" || class != address.Private && !(own && class == address.Loopback && !d.Address.IsLoopback()) {
		t.Errorf("address %v is %v", d.Address, class)
	}
}
