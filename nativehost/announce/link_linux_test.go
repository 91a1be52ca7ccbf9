package announce

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/portside/portside/nativehost/internal/mdnstest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/nativehost/link"
	"github.com/portside/portside/protocol"
)

const (
	typeA   = dns.TypeA
	typePTR = dns.TypePTR
)

func announcement(kind, name string) protocol.Announcement {
	return protocol.Announcement{Type: kind, Name: name}
}

// ask asks, and returns what comes within half a second from anywhere.
func ask(t *testing.T, conn *net.UDPConn, to, name string, kind uint16) *dns.Msg {
	t.Helper()
	query := dns.Msg{MsgHdr: dns.MsgHdr{Id: 4711}, Question: []dns.Question{{Name: name, Qtype: kind, Qclass: dns.ClassINET}}}
	packet, err := query.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.WriteToUDPAddrPort(packet, netip.MustParseAddrPort(to)); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, link.MaxPacket)
	n, err := conn.Read(buffer)
	if err != nil {
		return nil
	}
	var answer dns.Msg
	if err := answer.Unpack(buffer[:n]); err != nil {
		t.Fatal(err)
	}
	return &answer
}

// goodbyes are the packets that say that what was announced has gone.
func goodbyes(t *testing.T, capture *netns.Capture) []dns.Msg {
	t.Helper()
	var all []dns.Msg
	for _, p := range capture.Packets() {
		var m dns.Msg
		if err := m.Unpack(p.Payload); err != nil {
			t.Errorf("sent %x: %v", p.Payload, err)
		} else if m.Response && len(m.Answer) > 0 && m.Answer[0].Header().Ttl == 0 {
			all = append(all, m)
		}
	}
	return all
}

const multicast = "224.0.0.251:5353"

// Only who is on the link gets an answer, and only through its interface: not a neighbour on
// another one, not an address from elsewhere, not who asks this computer alone. Who asks from
// port 5353 would have everybody on the link told.
func TestOnlyTheLinkIsAnswered(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := mdnstest.NewNetwork(t)
	h.AcceptForeignSources(t)
	for _, n := range []*netns.Neighbour{h.First, h.Second} {
		n.Run(t, "ip", "route", "add", "224.0.0.0/4", "dev", "eth0")
	}
	// A daemon of this computer has joined the group on the other link: so the system hands
	// every socket what comes in there.
	lan1, err := net.InterfaceByName("lan1")
	if err != nil {
		t.Fatal(err)
	}
	daemon, err := net.ListenMulticastUDP("udp4", lan1, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: link.Port})
	if err != nil {
		t.Fatal(err)
	}
	defer daemon.Close()
	await(t, start(t, serviceOn(t, "lan0", "Page's", "10.77.0.1")))
	near, far := mdnstest.Socket(t, h.First, "10.77.0.2:40000"), mdnstest.Socket(t, h.First, "203.0.113.5:40000")
	otherLink, stolen := mdnstest.Socket(t, h.Second, "10.78.0.2:40000"), mdnstest.Socket(t, h.Second, "10.77.0.99:5353")
	captures := []*netns.Capture{netns.Watch(t, "lan0"), netns.Watch(t, "lan1")}
	time.Sleep(1200 * time.Millisecond) // the second announcement
	before := len(captures[0].Packets())
	for name, c := range map[string]struct {
		from *net.UDPConn
		to   string
	}{
		"another link": {otherLink, multicast}, "the link's address on another link": {stolen, multicast},
		"elsewhere": {far, multicast}, "elsewhere, alone": {far, "10.77.0.1:5353"}, "the link, alone": {near, "10.77.0.1:5353"},
	} {
		if answer := ask(t, c.from, c.to, "_http._tcp.local.", typePTR); answer != nil {
			t.Errorf("%s: %v", name, answer)
		}
	}
	if sent := len(captures[0].Packets()) - before; sent != 0 {
		t.Errorf("%d packets were sent", sent)
	}
	answer := ask(t, near, multicast, "_http._tcp.local.", typePTR)
	if answer == nil || answer.Id != 4711 || len(answer.Question) != 1 || len(answer.Answer) != 1 || answer.Answer[0].Header().Ttl != legacyTTL {
		t.Errorf("the link: %v", answer)
	}
	if sent := captures[1].Packets(); len(sent) != 0 {
		t.Errorf("%d packets went to the other link", len(sent))
	}
}

// What was announced is told, and nothing else: not the computer's name, other services, or
// addresses by number.
func TestNothingElseIsTold(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := mdnstest.NewNetwork(t)
	h.First.Run(t, "ip", "route", "add", "224.0.0.0/4", "dev", "eth0")
	netns.Run(t, "ip", netns.AddAddr("10.77.0.3/24", "lan0")...)
	netns.Run(t, "hostname", "secret")
	await(t, start(t, serviceOn(t, "lan0", "Page's", "10.77.0.1")))
	conn := mdnstest.Socket(t, h.First, "10.77.0.2:40000")
	for _, name := range []string{"secret.local.", "_ssh._tcp.local.", "1.0.77.10.in-addr.arpa.", "local.", ".", "Other._http._tcp.local.", "portside.local."} {
		if answer := ask(t, conn, multicast, name, dns.TypeANY); answer != nil {
			t.Errorf("%s: %v", name, answer)
		}
	}
	answer := ask(t, conn, multicast, "_services._dns-sd._udp.local.", typePTR)
	if answer == nil || len(answer.Answer) != 1 || answer.Answer[0].(*dns.PTR).Ptr != "_http._tcp.local." {
		t.Errorf("types: %v", answer)
	}
	answer = ask(t, conn, multicast, `Page\'s._HTTP._tcp.LOCAL.`, dns.TypeANY)
	if answer == nil || len(answer.Answer) != 2 || len(answer.Extra) != 1 || answer.Extra[0].(*dns.A).A.String() != "10.77.0.1" {
		t.Fatalf("the instance: %v", answer)
	}
	host := answer.Extra[0].Header().Name
	if answer := ask(t, conn, multicast, host, dns.TypeANY); answer == nil || len(answer.Answer) != 1 {
		t.Errorf("%s: %v", host, answer)
	}
	if answer := ask(t, conn, multicast, host, dns.TypeAAAA); answer != nil {
		t.Errorf("%s by IPv6: %v", host, answer)
	}
}

// A flood of questions has few answers, none of them large, and a goodbye at its end.
func TestFloodOfQuestions(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := mdnstest.NewNetwork(t)
	h.First.Run(t, "ip", "route", "add", "224.0.0.0/4", "dev", "eth0")
	config := serviceOn(t, "lan0", "Page's", "10.77.0.1")
	config.TXT = nil
	for _, size := range []int{251, 251, 251, 251, 241} {
		config.TXT = append(config.TXT, "key="+string(make([]byte, size)))
	}
	a := start(t, config)
	await(t, a)
	capture := netns.Watch(t, "lan0")
	alone, daemon := mdnstest.Socket(t, h.First, "10.77.0.2:40000"), mdnstest.Socket(t, h.First, "10.77.0.2:5353")
	began := time.Now()
	for time.Since(began) < 3*time.Second {
		for _, conn := range []*net.UDPConn{alone, daemon} {
			for _, class := range []uint16{dns.ClassINET, dns.ClassINET | highBit} {
				query := dns.Msg{Question: []dns.Question{
					{Name: "_http._tcp.local.", Qtype: typePTR, Qclass: class}, {Name: `Page\'s._http._tcp.local.`, Qtype: dns.TypeANY, Qclass: class},
				}}
				packet, err := query.Pack()
				if err != nil {
					t.Fatal(err)
				}
				if _, err := conn.WriteToUDPAddrPort(packet, netip.MustParseAddrPort(multicast)); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(time.Millisecond)
	}
	a.Stop()
	netns.Until(t, "the goodbyes", func() bool { return len(goodbyes(t, capture)) >= 2 })
	count := map[bool]int{}
	for _, p := range capture.Packets() {
		count[p.To.Addr().IsMulticast()]++
		if len(p.Payload) > maxPacket {
			t.Errorf("a packet of %d bytes to %v", len(p.Payload), p.To)
		}
	}
	t.Logf("%d packets to everybody, %d to who asked", count[true], count[false])
	// 20 at once and 20 each second; to everybody each of three kinds once a second, and what
	// is told and withdrawn by each family.
	if count[false] < repliesPerSecond || count[false] > 5*repliesPerSecond || count[true] > 40 {
		t.Errorf("%d packets to everybody, %d to who asked", count[true], count[false])
	}
}
