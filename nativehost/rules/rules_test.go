package rules

import (
	"errors"
	"net/netip"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/policy"
	"github.com/portside/portside/protocol"
)

// validator is one for all tests: it takes a while to make.
var validator = sync.OnceValues(protocol.NewValidator)

// says returns the policy that administrators with this file make; "" is none.
func says(t *testing.T, text string) *policy.Policy {
	t.Helper()
	v, err := validator()
	if err != nil {
		t.Fatal(err)
	}
	store := policy.Open("", policy.Options{Validator: v, Log: zerolog.Nop()})
	if text != "" && !store.SetManaged([]byte(text)) {
		t.Fatalf("not valid: %s", text)
	}
	return store.Current()
}

func asked(t *testing.T, host string, port uint16) Request {
	t.Helper()
	h, err := address.ParseHost(host)
	if err != nil {
		t.Fatalf("%s: %v", host, err)
	}
	return Request{Origin: "https://page.example", Protocol: "tcp", Host: h, Port: port}
}

func entered(r Request) Request { r.UserEntered = true; return r }
func agreed(r Request) Request  { r.RiskAccepted = true; return r }

// campus is a place where addresses of the Internet are near: this computer has
// 93.184.220.7 and 192.168.1.7, and its link is 93.184.220.0/24 and
// 2606:2800:220::/64. 93.184.220.255 and 192.168.1.255 are everybody there.
type campus struct{}

func (campus) Class(addr netip.Addr) address.Class {
	switch {
	case addr == netip.MustParseAddr("93.184.220.255"), addr == netip.MustParseAddr("192.168.1.255"):
		return address.Never
	case addr == netip.MustParseAddr("93.184.220.7"), addr == netip.MustParseAddr("192.168.1.7"):
		return address.Loopback
	case netip.MustParsePrefix("93.184.220.0/24").Contains(addr), netip.MustParsePrefix("2606:2800:220::/64").Contains(addr):
		return address.Private
	default:
		return address.Public
	}
}

const (
	lab        = `{"allowedDestinations": [{"cidr": "10.0.0.0/8", "ports": ["22"]}, {"host": "*"}]}`
	noEntry    = `{"privateAddressEntry": false}`
	intranet   = `{"allowedDestinations": [{"host": "*.corp.example", "cidr": "10.0.0.0/8"}, {"host": "*"}]}`
	sip        = `{"allowedDestinations": [{"host": "sip.example.org", "ports": ["5060"]}, {"host": "*"}]}`
	sipInRange = `{"allowedDestinations": [{"host": "sip.example.org", "ports": ["1-65535"]}]}`
	dormitory  = `{"allowedDestinations": [{"host": "*.campus.example", "cidr": "93.184.220.0/24"}, {"host": "*"}]}`
	blocked    = `{"blockedDestinations": [{"cidr": "93.184.0.0/16"}]}`
	broadcasts = `{"allowedDestinations": [{"cidr": "192.168.1.0/24"}, {"host": "git.corp.example", "cidr": "192.168.1.255"}]}`
	off        = `{"enabled": false}`
)

func TestBefore(t *testing.T) {
	for _, c := range []struct {
		what, policy string
		r            Request
		refused      error
		enter, risk  bool
		place        Place
	}{
		{"a name", "", asked(t, "mail.example.org", 993), nil, false, false, Internet},
		{"a public address", "", asked(t, "93.184.215.14", 993), nil, false, false, Internet},
		{"a private address", "", asked(t, "192.168.1.20", 631), nil, true, false, Network},
		{"a private address, entered", "", entered(asked(t, "192.168.1.20", 631)), nil, false, false, Network},
		{"another spelling of this computer", "", asked(t, "0x7f.1", 631), nil, true, false, Computer},
		{"this computer by IPv6", "", asked(t, "[::1]", 631), nil, true, false, Computer},
		{"localhost", "", asked(t, "localhost", 8080), nil, true, false, Computer},
		{"below localhost, entered", "", entered(asked(t, "x.localhost", 8080)), nil, false, false, Computer},
		{"a name of the network", "", asked(t, "printer.local", 631), nil, true, false, Network},
		{"a name of the network, entered", "", entered(asked(t, "printer.local", 631)), nil, false, false, Network},
		{"an embedded private address", "", asked(t, "64:ff9b::c0a8:101", 80), nil, true, false, Network},
		{"a documentation address", "", asked(t, "192.0.2.1", 80), nil, true, false, Special},
		{"multicast, even entered", "", entered(asked(t, "224.0.0.251", 5353)), fault.ErrAddress, false, false, Special},
		{"unspecified, even entered", "", entered(asked(t, "0.0.0.0", 80)), fault.ErrAddress, false, false, Special},
		{"entry forbidden", noEntry, asked(t, "192.168.1.20", 22), fault.ErrPolicy, false, false, Network},
		{"entry forbidden, entered", noEntry, entered(asked(t, "192.168.1.20", 22)), fault.ErrPolicy, false, false, Network},
		{"entry forbidden for the network's names", noEntry, entered(asked(t, "nas.local", 22)), fault.ErrPolicy, false, false, Network},
		{"entry forbidden, but public", noEntry, asked(t, "93.184.215.14", 22), nil, false, false, Internet},
		{"an administrator vouches", lab, asked(t, "10.1.2.3", 22), nil, false, false, Network},
		{"an administrator vouches for another port", lab, asked(t, "10.1.2.3", 23), nil, true, false, Network},
		{"a watched port", "", asked(t, "sip.example.org", 5060), nil, false, true, Internet},
		{"a watched port at an address", "", asked(t, "93.184.215.14", 1723), nil, false, true, Internet},
		{"a watched port, agreed to", "", agreed(asked(t, "sip.example.org", 5060)), nil, false, false, Internet},
		{"a watched port at home", "", entered(asked(t, "192.168.1.20", 5060)), nil, false, false, Network},
		{"a watched port that an administrator names", sip, asked(t, "sip.example.org", 5060), nil, false, false, Internet},
		{"a watched port in a range of an administrator", sipInRange, asked(t, "sip.example.org", 5060), nil, false, true, Internet},
		{"this computer's public address", "", asked(t, "93.184.220.7", 80), nil, true, false, Computer},
		{"this computer's public address, entered", "", entered(asked(t, "93.184.220.7", 80)), nil, false, false, Computer},
		{"this computer's private address", "", asked(t, "192.168.1.7", 80), nil, true, false, Computer},
		{"a neighbour's public address", "", asked(t, "93.184.220.8", 80), nil, true, false, Network},
		{"a neighbour's public address by IPv6, entered", "", entered(asked(t, "2606:2800:220::8", 80)), nil, false, false, Network},
		{"a neighbour's public address, entry forbidden", noEntry, entered(asked(t, "93.184.220.8", 80)), fault.ErrPolicy, false, false, Network},
		{"a neighbour's public address, vouched for", dormitory, asked(t, "93.184.220.8", 80), nil, true, false, Network},
		{"a watched port at a neighbour's public address", "", entered(asked(t, "93.184.220.8", 5060)), nil, false, false, Network},
		{"multicast, whatever is near", "", entered(asked(t, "ff02::1", 80)), fault.ErrAddress, false, false, Special},
		{"everybody on the link, even entered", "", entered(asked(t, "192.168.1.255", 9)), fault.ErrAddress, false, false, Special},
		{"everybody on the link, even vouched for", broadcasts, asked(t, "192.168.1.255", 9), fault.ErrAddress, false, false, Special},
		{"everybody on a link of the Internet", "", entered(asked(t, "93.184.220.255", 9)), fault.ErrAddress, false, false, Special},
		{"a blocked address", blocked, asked(t, "93.184.215.14", 80), fault.ErrPolicy, false, false, Internet},
		{"a name that may lead to one", blocked, asked(t, "www.example.org", 80), nil, false, false, Internet},
		{"switched off", off, asked(t, "mail.example.org", 993), fault.ErrPolicy, false, false, Internet},
	} {
		t.Run(c.what, func(t *testing.T) {
			j := Before(says(t, c.policy), campus{}, c.r)
			if !errors.Is(j.Refused, c.refused) || j.MustEnter != c.enter || j.Risk != c.risk || j.Place != c.place {
				t.Errorf("%+v", j)
			}
			if (j.Err() == nil) != (c.refused == nil && !c.enter && !c.risk) {
				t.Errorf("Err: %v", j.Err())
			}
			if setting := fault.Setting(j.Err()); (setting != "") != errors.Is(c.refused, fault.ErrPolicy) {
				t.Errorf("decided by %q", setting)
			}
		})
	}
}

// A page that leaves the destination open is told of watched ports all the same, and
// of nothing else.
func TestBeforeWithoutHost(t *testing.T) {
	for port, risk := range map[uint16]bool{993: false, 5060: true} {
		j := Before(says(t, ""), campus{}, Request{Origin: "https://page.example", Protocol: "tcp", Port: port})
		if j.Refused != nil || j.MustEnter || j.Risk != risk || j.Place != "" {
			t.Errorf("port %d: %+v", port, j)
		}
	}
}

func TestResolved(t *testing.T) {
	for _, c := range []struct {
		what, policy string
		r            Request
		addr         string
		want         error
	}{
		{"a name on the internet", "", asked(t, "mail.example.org", 993), "93.184.215.14", nil},
		{"a name at home", "", asked(t, "mail.example.org", 993), "192.168.1.20", fault.ErrAddress},
		{"a name at home, entered", "", entered(asked(t, "mail.example.org", 993)), "192.168.1.20", fault.ErrAddress},
		{"a name on this computer", "", entered(asked(t, "mail.example.org", 993)), "127.0.0.1", fault.ErrAddress},
		{"a name with a mapped address", "", asked(t, "mail.example.org", 993), "::ffff:127.0.0.1", fault.ErrAddress},
		{"a name behind a translator", "", asked(t, "mail.example.org", 993), "64:ff9b::7f00:1", fault.ErrAddress},
		{"a name through 6to4", "", asked(t, "mail.example.org", 993), "2002:c0a8:101::1", fault.ErrAddress},
		{"a name at a unique local address", "", asked(t, "mail.example.org", 993), "fd00::1", fault.ErrAddress},
		{"a name of multicast", "", asked(t, "mail.example.org", 993), "239.1.2.3", fault.ErrAddress},
		{"a company's name in its own prefix", intranet, asked(t, "git.corp.example", 22), "10.1.2.3", nil},
		{"a company's name elsewhere at home", intranet, asked(t, "git.corp.example", 22), "192.168.1.20", fault.ErrAddress},
		{"a foreign name in the company's prefix", intranet, asked(t, "evil.example", 22), "10.1.2.3", fault.ErrAddress},
		{"an address is itself", "", entered(asked(t, "192.168.1.20", 631)), "192.168.1.20", nil},
		{"an address is another", "", entered(asked(t, "192.168.1.20", 631)), "192.168.1.21", fault.ErrAddress},
		{"an address that nobody entered", "", asked(t, "192.168.1.20", 631), "192.168.1.20", fault.ErrAddress},
		{"localhost", "", entered(asked(t, "localhost", 80)), "::1", nil},
		{"localhost elsewhere", "", entered(asked(t, "localhost", 80)), "93.184.215.14", fault.ErrAddress},
		{"a name of the network", "", entered(asked(t, "nas.local", 22)), "192.168.1.20", nil},
		{"a name of the network, link-local", "", entered(asked(t, "nas.local", 22)), "fe80::1%eth0", nil},
		{"a name of the network that points here", "", entered(asked(t, "nas.local", 22)), "127.0.0.1", fault.ErrAddress},
		{"a name of the network on a watched port outside", "", entered(asked(t, "nas.local", 5060)), "93.184.215.14", fault.ErrRisk},
		{"everybody on the link", "", entered(asked(t, "192.168.1.255", 9)), "192.168.1.255", fault.ErrAddress},
		{"a name for everybody on the link", broadcasts, asked(t, "git.corp.example", 9), "192.168.1.255", fault.ErrAddress},
		{"a name of the network for everybody on the link", "", entered(asked(t, "nas.local", 9)), "192.168.1.255", fault.ErrAddress},
		{"a name in a blocked prefix", blocked, asked(t, "www.example.org", 80), "93.184.215.14", fault.ErrPolicy},
		{"a name in a blocked prefix, mapped", blocked, asked(t, "www.example.org", 80), "::ffff:93.184.215.14", fault.ErrPolicy},
		{"a name in a blocked prefix, through 6to4", blocked, asked(t, "www.example.org", 80), "2002:5db8:d70e::1", fault.ErrPolicy},
		{"a watched port", "", asked(t, "sip.example.org", 5060), "93.184.215.14", fault.ErrRisk},
		{"a name at this computer's public address", "", entered(asked(t, "mail.example.org", 993)), "93.184.220.7", fault.ErrAddress},
		{"a name at a neighbour's public address", "", entered(asked(t, "mail.example.org", 993)), "93.184.220.8", fault.ErrAddress},
		{"a name at a neighbour's public address by IPv6", "", asked(t, "mail.example.org", 993), "2606:2800:220::8", fault.ErrAddress},
		{"a name in the prefix beside the link's", "", asked(t, "mail.example.org", 993), "93.184.221.8", nil},
		{"a name at a neighbour's, vouched for", dormitory, asked(t, "git.campus.example", 22), "93.184.220.8", nil},
		{"a foreign name at a neighbour's, vouched for", dormitory, asked(t, "evil.example", 22), "93.184.220.8", fault.ErrAddress},
		{"a neighbour's public address, entered", "", entered(asked(t, "93.184.220.8", 22)), "93.184.220.8", nil},
		{"a neighbour's public address that nobody entered", "", asked(t, "93.184.220.8", 22), "93.184.220.8", fault.ErrAddress},
		{"this computer's public address, entered", "", entered(asked(t, "93.184.220.7", 22)), "93.184.220.7", nil},
		{"a name of the network at a neighbour's public address", "", entered(asked(t, "nas.local", 22)), "2606:2800:220::8", nil},
		{"a name of the network that points at our public address", "", entered(asked(t, "nas.local", 22)), "93.184.220.7", fault.ErrAddress},
		{"a name of the network that points at our private address", "", entered(asked(t, "nas.local", 22)), "192.168.1.7", fault.ErrAddress},
		{"a name of the network on a neighbour's watched port", "", entered(asked(t, "phone.local", 5060)), "93.184.220.8", nil},
		{"switched off", off, asked(t, "mail.example.org", 993), "93.184.215.14", fault.ErrPolicy},
	} {
		t.Run(c.what, func(t *testing.T) {
			if err := Resolved(says(t, c.policy), campus{}, c.r, netip.MustParseAddr(c.addr)); !errors.Is(err, c.want) {
				t.Errorf("%v, not %v", err, c.want)
			}
		})
	}
	if err := Resolved(says(t, ""), campus{}, Request{Origin: "https://page.example", Protocol: "tcp", Port: 80},
		netip.MustParseAddr("93.184.215.14")); !errors.Is(err, fault.ErrAddress) {
		t.Errorf("without a host: %v", err)
	}
}
