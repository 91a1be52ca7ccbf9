package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/internal/mdnstest"
	"github.com/portside/portside/nativehost/internal/netns"
)

// falseResponder answers questions on the first link as its table says, by name.
type falseResponder struct {
	t       *testing.T
	answers map[string]func(query dnsmessage.Message, from netip.AddrPort)
	sent    atomic.Int64
	late    sync.WaitGroup // of answers that are under way
}

// start listens at n's for questions, by either family.
func (l *falseResponder) start(n *netns.Neighbour) {
	l.t.Cleanup(l.late.Wait) // after nobody listens any more
	for _, network := range []string{"udp4", "udp6"} {
		mdnstest.Listen(l.t, n, network, func(packet []byte, from netip.AddrPort) {
			var query dnsmessage.Message
			if err := query.Unpack(packet); err != nil || len(query.Questions) == 0 {
				l.t.Errorf("not a question: %v", err)
			} else if answer := l.answers[query.Questions[0].Name.String()]; answer != nil {
				answer(query, from)
			}
		})
	}
}

// reply sends a message, and counts it if it comes while somebody waits for it.
func (l *falseResponder) reply(conn *net.UDPConn, m dnsmessage.Message, to netip.AddrPort, counts bool) {
	packet, err := m.Pack()
	if err != nil {
		l.t.Error(err)
		return
	}
	if _, err := conn.WriteToUDPAddrPort(packet, to); err != nil && counts {
		l.t.Errorf("to %v: %v", to, err)
	} else if counts {
		l.sent.Add(1)
	}
}

// truth is the right answer: that the name has the address 10.77.0.9.
func truth(query dnsmessage.Message) dnsmessage.Message {
	return dnsmessage.Message{
		Header:    dnsmessage.Header{ID: query.ID, Response: true, Authoritative: true},
		Questions: query.Questions,
		Answers:   []dnsmessage.Resource{record(query.Questions[0].Name.String(), &dnsmessage.AResource{A: [4]byte{10, 77, 0, 9}})},
	}
}

func record(name string, body dnsmessage.ResourceBody) dnsmessage.Resource {
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Class: dnsmessage.ClassINET | highBit, TTL: 120}, Body: body,
	}
}

// delivered counts the datagrams that programs of this namespace have received.
func delivered(t *testing.T) int64 {
	t.Helper()
	return int64(netns.Count(t, "UdpInDatagrams") + netns.Count(t, "Udp6InDatagrams"))
}

// Nothing but a proper answer from the link counts. Each lie reaches the socket that
// waits for the truth, which is why the packets are counted.
func TestFalseAnswersOnTheLink(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	h := mdnstest.NewNetwork(t)
	h.AcceptForeignSources(t)
	h.First.Run(t, "ip", netns.AddAddr("2001:db8::5/128", "eth0")...)
	netns.Run(t, "ip", "route", "add", "2001:db8::5/128", "dev", "lan0")

	l := &falseResponder{t: t}
	good, good6 := mdnstest.Socket(t, h.First, "10.77.0.2:5353"), mdnstest.Socket(t, h.First, "[fd77::2]:5353")
	otherPort := mdnstest.Socket(t, h.First, "10.77.0.2:5354")
	offLink, offLink6 := mdnstest.Socket(t, h.First, "203.0.113.5:5353"), mdnstest.Socket(t, h.First, "[2001:db8::5]:5353")
	otherLink := mdnstest.Socket(t, h.Second, "10.77.0.99:5353")

	// lie answers with the truth, changed.
	lie := func(change func(*dnsmessage.Message)) func(dnsmessage.Message, netip.AddrPort) {
		return func(query dnsmessage.Message, from netip.AddrPort) {
			m := truth(query)
			change(&m)
			if from.Addr().Is4() {
				l.reply(good, m, from, true)
			} else {
				l.reply(good6, m, from, true)
			}
		}
	}
	answer := func(bodies ...dnsmessage.ResourceBody) func(dnsmessage.Message, netip.AddrPort) {
		return lie(func(m *dnsmessage.Message) {
			m.Answers = nil
			for _, body := range bodies {
				m.Answers = append(m.Answers, record(m.Questions[0].Name.String(), body))
			}
		})
	}
	from := func(four, six *net.UDPConn) func(dnsmessage.Message, netip.AddrPort) {
		return func(query dnsmessage.Message, from netip.AddrPort) {
			if from.Addr().Is4() && four != nil {
				l.reply(four, truth(query), from, true)
			} else if from.Addr().Is6() && six != nil {
				l.reply(six, truth(query), from, true)
			}
		}
	}
	l.answers = map[string]func(dnsmessage.Message, netip.AddrPort){
		"good.local.":    lie(func(*dnsmessage.Message) {}),
		"upper.local.":   lie(func(m *dnsmessage.Message) { m.Answers[0].Header.Name = dnsmessage.MustNewName("UPPER.Local.") }),
		"six.local.":     from(nil, good6),
		"mixed.local.":   answer(a("127.0.0.1"), a("10.77.0.8"), aaaa("::1"), aaaa("fe80::8"), a("0.0.0.0")),
		"drücker.local.": lie(func(*dnsmessage.Message) {}),

		"wrong-name.local.":  lie(func(m *dnsmessage.Message) { m.Answers[0].Header.Name = dnsmessage.MustNewName("other.local.") }),
		"kelvin.local.":      lie(func(m *dnsmessage.Message) { m.Answers[0].Header.Name = dnsmessage.MustNewName("\u212aelvin.local.") }),
		"wrong-type.local.":  answer(&dnsmessage.TXTResource{TXT: []string{"10.77.0.9"}}),
		"alias.local.":       answer(&dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("good.local.")}),
		"wrong-class.local.": lie(func(m *dnsmessage.Message) { m.Answers[0].Header.Class = dnsmessage.ClassCHAOS }),
		"wrong-id.local.":    lie(func(m *dnsmessage.Message) { m.ID ^= 1 }),
		"no-id.local.":       lie(func(m *dnsmessage.Message) { m.ID = 0 }),
		"question.local.":    lie(func(m *dnsmessage.Message) { m.Response = false }),
		"failure.local.":     lie(func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeServerFailure }),
		"additional.local.":  lie(func(m *dnsmessage.Message) { m.Answers, m.Additionals = nil, m.Answers }),
		"this-computer.local.": answer(a("127.0.0.1"), a("127.9.9.9"), aaaa("::1"), aaaa("::ffff:127.0.0.1"), aaaa("64:ff9b::127.0.0.1"), a("0.0.0.0"), aaaa("::"),
			a("224.0.0.251"), aaaa("ff02::fb"), a("255.255.255.255")),
		"late.local.": func(query dnsmessage.Message, from netip.AddrPort) {
			l.late.Go(func() {
				select {
				case <-time.After(linkPatience + 200*time.Millisecond):
					l.reply(good, truth(query), from, false)
				case <-t.Context().Done():
				}
			})
		},
		"wrong-port.local.": from(otherPort, nil),
		"off-link.local.":   from(offLink, offLink6),
		"other-link.local.": from(otherLink, nil),
		"oversized.local.": lie(func(m *dnsmessage.Message) {
			for range 40 {
				m.Additionals = append(m.Additionals, record(m.Questions[0].Name.String(), &dnsmessage.TXTResource{TXT: []string{strings.Repeat("x", 250)}}))
			}
		}),
		"crowd.local.": lie(func(m *dnsmessage.Message) {
			right := m.Answers[0]
			m.Answers = nil
			for range maxRecords {
				m.Answers = append(m.Answers, record(m.Questions[0].Name.String(), &dnsmessage.TXTResource{TXT: []string{"x"}}))
			}
			m.Answers = append(m.Answers, right)
		}),
	}
	l.start(h.First)

	want(t, "good.local", Any, addrs("10.77.0.9"))
	want(t, "upper.local", Any, addrs("10.77.0.9"))
	want(t, "six.local", Any, addrs("10.77.0.9"))
	want(t, "mixed.local", Any, addrs("10.77.0.8", "fe80::8%lan0"))
	want(t, "drücker.local", Any, addrs("10.77.0.9"))

	before, sent := delivered(t), l.sent.Load()
	began := time.Now()
	var asking sync.WaitGroup
	for name := range l.answers {
		if slices.Contains([]string{"good.local.", "upper.local.", "six.local.", "mixed.local.", "drücker.local."}, name) {
			continue
		}
		asking.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if got, err := addresses(ctx, new(Resolver), host(t, name), Any); !errors.Is(err, fault.ErrDNS) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		})
	}
	asking.Wait()
	if took := time.Since(began); took > linkPatience+time.Second {
		t.Errorf("it took %v", took)
	}
	sent = l.sent.Load() - sent
	if got := delivered(t) - before; got < sent || sent < 60 {
		t.Errorf("%d lies were told, %d packets came", sent, got)
	}
	t.Logf("%d lies were told, and heard", sent)
}
