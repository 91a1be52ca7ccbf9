package discover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/internal/mdnstest"
	"github.com/portside/portside/nativehost/internal/netns"
	"github.com/portside/portside/nativehost/nearby"
)

// newNetwork makes a network in which this computer has two addresses on the first link.
func newNetwork(t *testing.T) mdnstest.Network {
	t.Helper()
	h := mdnstest.NewNetwork(t)
	netns.Run(t, "ip", netns.AddAddr("10.77.0.3/24", "lan0")...)
	return h
}

// browsing browses in the background.
type browsing struct {
	t      *testing.T
	mu     sync.Mutex // guards told
	told   []string
	cancel context.CancelFunc
	ended  chan error
}

func browse(t *testing.T, protocol string, port uint16) *browsing {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	b := &browsing{t: t, cancel: cancel, ended: make(chan error, 1)}
	browser := &Browser{Near: nearby.New(zerolog.Nop()), May: everything}
	began := time.Now()
	go func() {
		b.ended <- browser.Browse(ctx, Query{protocol, port}, func(d Device) {
			b.mu.Lock()
			defer b.mu.Unlock()
			text := fmt.Sprintf("%s %s %v %v", d.Name, d.Service, d.Host, d.Address)
			b.told = append(b.told, text)
			t.Logf("after %v: %s", time.Since(began).Round(time.Millisecond), text)
		})
	}()
	t.Cleanup(b.stop)
	return b
}

// stop ends it, which must not wait for answers.
func (b *browsing) stop() {
	b.cancel()
	began := time.Now()
	err, ok := <-b.ended
	if ok {
		if took := time.Since(began); err != nil || took > 3*time.Second {
			b.t.Errorf("ended with %v after %v", err, took)
		}
		close(b.ended)
	}
}

func (b *browsing) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	told := slices.Clone(b.told)
	slices.Sort(told)
	return told
}

// want waits until these are told, then for some more, and wants no others.
func (b *browsing) want(more time.Duration, told ...string) {
	b.t.Helper()
	slices.Sort(told)
	netns.Until(b.t, strings.Join(told, ", "), func() bool {
		all := b.all()
		return !slices.ContainsFunc(told, func(one string) bool { return !slices.Contains(all, one) })
	})
	time.Sleep(more)
	if all := b.all(); !slices.Equal(all, told) {
		b.t.Errorf("told\n %s\nwant\n %s", strings.Join(all, "\n "), strings.Join(told, "\n "))
	}
	b.stop()
}

func TestDevicesFromAvahi(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := newNetwork(t)
	h.Second.AvahiServices(t, []netns.Service{
		{Name: "Drucker im Büro", Type: "_ipp._tcp", Port: 631}, {Name: "HP LaserJet 4.1 (2nd floor)", Type: "_ipp._tcp", Port: 631},
		{Name: "Secure", Type: "_ipps._tcp", Port: 631}, {Name: "Elsewhere", Type: "_ipp._tcp", Port: 8631},
		{Name: "NAS", Type: "_ssh._tcp", Port: 22}, {Name: "NAS", Type: "_sftp-ssh._tcp", Port: 22},
		{Name: "Scope", Type: "_lxi._tcp", Port: 5555}, {Name: "Scope", Type: "_http._tcp", Port: 80}, {Name: "Meter", Type: "_meter._udp", Port: 5555},
	})
	t.Log("printers")
	browse(t, "tcp", 631).want(time.Second, "Drucker im Büro _ipp._tcp avahi.local 10.78.0.2", "HP LaserJet 4.1 (2nd floor) _ipp._tcp avahi.local 10.78.0.2",
		"Secure _ipps._tcp avahi.local 10.78.0.2")
	t.Log("SSH")
	browse(t, "tcp", 22).want(time.Second, "NAS _ssh._tcp avahi.local 10.78.0.2", "NAS _sftp-ssh._tcp avahi.local 10.78.0.2")
	t.Log("a port that is in no table")
	browse(t, "tcp", 5555).want(time.Second, "Scope _lxi._tcp avahi.local 10.78.0.2")
	browse(t, "udp", 5555).want(0, "Meter _meter._udp avahi.local 10.78.0.2")
	t.Log("nobody")
	b := browse(t, "tcp", 1883)
	time.Sleep(1500 * time.Millisecond)
	b.want(0)
}

func TestDevicesFromAnotherResponder(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := newNetwork(t)
	mdnstest.ServeAt(t, h.First, "First", "first.local.", "10.77.0.2")
	mdnstest.ServeAt(t, h.Second, "Second", "second.local.", "fd78::2")
	third := netns.NewNeighbour(t)
	third.Join(t, "lan2", []string{"fd79::1/64"}, "eth0", []string{"fd79::2/64"})
	mdnstest.ServeAt(t, third, "Without IPv4", "six.local.", "fd79::2")
	// Far is what a provider's network looks like from here.
	mdnstest.ServeAt(t, h.Second, "Far", "far.local.", "93.184.215.14")
	mdnstest.ServeAt(t, h.Second, "Link", "linklocal.local.", "fe80::78")
	// This computer is told of by itself only, and by its address: its name below local
	// would be refused.
	mdnstest.Serve(t, "lan0", "Self", "self.local.", "10.77.0.1")
	browse(t, "tcp", 1883).want(time.Second, "First _mqtt._tcp first.local 10.77.0.2", "Second _mqtt._tcp second.local fd78::2",
		"Link _mqtt._tcp linklocal.local fe80::78", "Without IPv4 _mqtt._tcp six.local fd79::2", "Self _mqtt._tcp 10.77.0.1 10.77.0.1")
}

// Nothing but questions to the multicast addresses is sent, and none after the end.
func TestOnlyQuestionsAreSent(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := newNetwork(t)
	h.First.AvahiServices(t, []netns.Service{{Name: "A", Type: "_ipp._tcp", Port: 631}, {Name: "B", Type: "_ssh._tcp", Port: 22}})
	captures := []*netns.Capture{netns.Watch(t, "lan0"), netns.Watch(t, "lan1")}
	began := time.Now()
	browse(t, "tcp", 631).want(1500*time.Millisecond, "A _ipp._tcp avahi.local 10.77.0.2")
	ended := time.Now()
	b := browse(t, "tcp", 22)
	b.want(0, "B _ssh._tcp avahi.local 10.77.0.2")
	over := time.Now()
	// The next round would have come after a second.
	time.Sleep(2 * time.Second)
	for i, capture := range captures {
		packets := capture.Packets()
		to := map[string]int{}
		for _, p := range packets {
			to[p.To.String()]++
			var m dns.Msg
			if err := m.Unpack(p.Payload); err != nil || m.Response || len(m.Question) != 1 || len(m.Answer)+len(m.Ns)+len(m.Extra) > 0 || m.Id == 0 {
				t.Errorf("sent %x to %v", p.Payload, p.To)
			} else if m.Question[0].Qtype != dns.TypePTR || !strings.HasPrefix(m.Question[0].Name, "_") {
				t.Errorf("asked for %v", m.Question[0])
			}
			if p.At.After(over) || p.At.Before(began) {
				t.Errorf("sent to %v, %v after the end", p.To, p.At.Sub(over))
			}
		}
		// Two rounds of two types, then one of two.
		if len(to) != 2 || to["224.0.0.251:5353"] != 6 || to["[ff02::fb]:5353"] != 6 {
			t.Errorf("link %d: sent to %v", i, to)
		}
	}
	t.Logf("%v, then %v", ended.Sub(began).Round(time.Millisecond), over.Sub(ended).Round(time.Millisecond))
}

func TestNoLink(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	b := &Browser{Near: nearby.New(zerolog.Nop()), May: everything}
	if err := b.Browse(t.Context(), Query{"tcp", 22}, nil); !errors.Is(err, fault.ErrUnreachable) {
		t.Error(err)
	}
}

// falseResponder answers questions on the first link, each as its table says, by the name that is
// asked for.
type falseResponder struct {
	t    *testing.T
	lies []func(m *dns.Msg, from netip.AddrPort)
	mu   sync.Mutex // guards sent
	sent int
}

// start listens at n's for questions, by IPv4.
func (l *falseResponder) start(n *netns.Neighbour) {
	mdnstest.Listen(l.t, n, "udp4", func(packet []byte, from netip.AddrPort) {
		var query dns.Msg
		if err := query.Unpack(packet); err != nil || len(query.Question) == 0 {
			l.t.Errorf("not a question: %v", err)
		} else if query.Question[0].Name == "_ipp._tcp.local." {
			for _, lie := range l.lies {
				lie(&query, from)
			}
		}
	})
}

// say sends records as the answer to a query, changed.
func (l *falseResponder) say(from *net.UDPConn, change func(*dns.Msg), records ...string) func(*dns.Msg, netip.AddrPort) {
	return func(query *dns.Msg, to netip.AddrPort) {
		m := dns.Msg{Compress: true}
		if err := m.Unpack(packed(l.t, query.Id, records...)); err != nil {
			l.t.Error(err)
		}
		m.Question = query.Question
		if change != nil {
			change(&m)
		}
		packet, err := m.Pack()
		if err != nil {
			l.t.Error(err)
		}
		if _, err := from.WriteToUDPAddrPort(packet, to); err != nil {
			if !errors.Is(err, net.ErrClosed) {
				l.t.Error(err)
			}
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.sent++
	}
}

// delivered counts the IPv4 datagrams that programs of this namespace have received.
func delivered(t *testing.T) int {
	t.Helper()
	return netns.Count(t, "UdpInDatagrams")
}

// Nothing but a proper answer from the link counts. Each lie reaches the socket that
// waits for the truth, which is why packets are counted.
func TestFalseAnswersNearby(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := newNetwork(t)
	h.AcceptForeignSources(t)

	l := &falseResponder{t: t}
	good, otherPort := mdnstest.Socket(t, h.First, "10.77.0.2:5353"), mdnstest.Socket(t, h.First, "10.77.0.2:5354")
	offLink, otherLink := mdnstest.Socket(t, h.First, "203.0.113.5:5353"), mdnstest.Socket(t, h.Second, "10.77.0.99:5353")
	lie := printer("Lie", "lie.local.", "10.77.0.9")
	l.lies = []func(*dns.Msg, netip.AddrPort){
		l.say(otherPort, nil, lie...), l.say(offLink, nil, lie...), l.say(otherLink, nil, lie...),
		l.say(good, func(m *dns.Msg) { m.Id ^= 1 }, lie...), l.say(good, func(m *dns.Msg) { m.Id = 0 }, lie...),
		l.say(good, func(m *dns.Msg) { m.Response = false }, lie...), l.say(good, func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }, lie...),
		l.say(good, func(m *dns.Msg) {
			for range 40 {
				m.Extra = append(m.Extra, &dns.TXT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: []string{strings.Repeat("x", 250)}})
			}
		}, lie...),
		l.say(good, nil, printer("Loopback", "lie1.local.", "127.0.0.1")...), l.say(good, nil, printer("Own", "lie2.local.", "10.77.0.1")...),
		l.say(good, nil, printer("Internet", "lie3.local.", "93.184.215.14")...),
		l.say(good, nil, "_ssh._tcp.local. 10 IN PTR Lie._ssh._tcp.local.", "Lie._ssh._tcp.local. 10 IN SRV 0 0 631 lie.local.", "lie.local. 10 IN A 10.77.0.9"),
		l.say(good, nil, packed2("\u202eBidi\u2066", "bidi.local.")...),
		l.say(good, nil, printer("Good", "good.local.", "10.77.0.8")...),
	}
	lies := len(l.lies)
	before := delivered(t)
	l.start(h.First)
	browse(t, "tcp", 631).want(1500*time.Millisecond, "Good _ipp._tcp good.local 10.77.0.8", "Bidi _ipp._tcp bidi.local 10.77.0.9")
	l.mu.Lock()
	defer l.mu.Unlock()
	if came := delivered(t) - before; l.sent < 2*lies || came < l.sent {
		t.Errorf("%d lies were told, %d packets came", l.sent, came)
	}
	t.Logf("%d lies were told, and heard", l.sent)
}

// A neighbour who takes this computer's address cannot speak for it: its packets do not
// come in.
func TestNobodySpeaksForThisComputer(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := newNetwork(t)
	h.First.Run(t, "ip", netns.AddAddr("10.77.0.3/32", "eth0")...)
	l := &falseResponder{t: t}
	own, good := mdnstest.Socket(t, h.First, "10.77.0.3:5353"), mdnstest.Socket(t, h.First, "10.77.0.2:5353")
	l.lies = []func(*dns.Msg, netip.AddrPort){
		l.say(own, nil, printer("Stolen", "self.local.", "10.77.0.1")...), l.say(good, nil, printer("Good", "good.local.", "10.77.0.8")...),
	}
	// The neighbour learns who has the address that it will answer to by its own, since
	// nobody answers who asks by the stolen one.
	netns.Until(t, "the neighbour to know its way", func() bool {
		if _, err := good.WriteToUDPAddrPort([]byte("?"), netip.MustParseAddrPort("10.77.0.1:9")); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(h.First.Run(t, "ip", "neigh", "show", "10.77.0.1"), "lladdr")
	})
	before := delivered(t)
	l.start(h.First)
	browse(t, "tcp", 631).want(1500*time.Millisecond, "Good _ipp._tcp good.local 10.77.0.8")
	l.mu.Lock()
	defer l.mu.Unlock()
	if came := delivered(t) - before; l.sent < 4 || came != l.sent/2 {
		t.Errorf("%d packets were sent, half of them with a stolen address, and %d came", l.sent, came)
	}
}

// A flood of answers, each with another device, does not make the list longer than it
// may be, nor the questions more than they may be, nor the end come later.
func TestFloodOfAnswers(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := newNetwork(t)
	l := &falseResponder{t: t}
	good := mdnstest.Socket(t, h.First, "10.77.0.2:5353")
	l.lies = []func(*dns.Msg, netip.AddrPort){func(query *dns.Msg, to netip.AddrPort) {
		for i := range 10000 {
			l.say(good, nil, printer(fmt.Sprintf("Flood %d", i), fmt.Sprintf("f%d.local.", i), "10.77.0.9")...)(query, to)
		}
	}}
	l.start(h.First)
	capture := netns.Watch(t, "lan0")
	b := browse(t, "tcp", 631)
	netns.Until(t, "the flood", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.sent >= 10000
	})
	time.Sleep(time.Second)
	b.stop()
	if told := len(b.all()); told != maxDevices {
		t.Errorf("%d devices are told", told)
	}
	if sent := len(capture.Packets()); sent > 40 {
		t.Errorf("%d questions were sent", sent)
	}
	t.Logf("10,000 answers, %d devices, %d questions", len(b.all()), len(capture.Packets()))
}
