package resolve

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/portside/portside/nativehost/address"
)

func asking(t testing.TB, name string, family Family) question {
	t.Helper()
	q, err := newQuestion(0x1234, host(t, name), family)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// answering packs a response with these records, whose class has the high bit set.
func answering(t testing.TB, id uint16, name string, bodies ...dnsmessage.ResourceBody) []byte {
	t.Helper()
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: id, Response: true, Authoritative: true}}
	for _, body := range bodies {
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Class: dnsmessage.ClassINET | highBit, TTL: 120}, Body: body,
		})
	}
	packet, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

func a(text string) *dnsmessage.AResource {
	return &dnsmessage.AResource{A: netip.MustParseAddr(text).As4()}
}

func aaaa(text string) *dnsmessage.AAAAResource {
	return &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(text).As16()}
}

func TestQuestion(t *testing.T) {
	for family, types := range map[Family][]dnsmessage.Type{
		Any: {dnsmessage.TypeA, dnsmessage.TypeAAAA}, IPv4: {dnsmessage.TypeA}, IPv6: {dnsmessage.TypeAAAA},
	} {
		for _, unicast := range []bool{false, true} {
			packet, err := asking(t, "drücker.local", family).pack(unicast)
			if err != nil {
				t.Fatal(err)
			}
			var m dnsmessage.Message
			if err := m.Unpack(packet); err != nil {
				t.Fatal(err)
			}
			var asked []dnsmessage.Type
			for _, q := range m.Questions {
				asked = append(asked, q.Type)
				// RFC 6762, section 16: UTF-8, not A-labels.
				if q.Name.String() != "drücker.local." || q.Class&^highBit != dnsmessage.ClassINET || q.Class&highBit != 0 != unicast {
					t.Errorf("asked %v", q)
				}
			}
			if !slices.Equal(asked, types) || m.ID != 0x1234 || m.RecursionDesired || m.Response {
				t.Errorf("%s: %+v", family, m)
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	q := asking(t, "printer.local", Any)
	for what, c := range map[string]struct {
		q      question
		packet []byte
		want   []netip.Addr
	}{
		"both":              {q, answering(t, q.id, "printer.local.", a("10.0.0.1"), aaaa("fd00::1")), addrs("10.0.0.1", "fd00::1")},
		"other case":        {q, answering(t, q.id, "PRINTER.LOCAL.", a("10.0.0.1")), addrs("10.0.0.1")},
		"family not asked":  {asking(t, "printer.local", IPv6), answering(t, q.id, "printer.local.", a("10.0.0.1"), aaaa("fd00::1")), addrs("fd00::1")},
		"other id":          {q, answering(t, q.id+1, "printer.local.", a("10.0.0.1")), nil},
		"other name":        {q, answering(t, q.id, "printers.local.", a("10.0.0.1")), nil},
		"name with a dot":   {q, answering(t, q.id, "printer.local.x.", a("10.0.0.1")), nil},
		"no destinations":   {q, answering(t, q.id, "printer.local.", a("127.0.0.1"), a("0.0.0.0"), aaaa("::1"), aaaa("2002:7f00:1::")), nil},
		"cut in the second": {q, cut(answering(t, q.id, "printer.local.", a("10.0.0.1"), a("10.0.0.2")), 2), addrs("10.0.0.1")},
		"nothing":           {q, nil, nil},
	} {
		if got := c.q.answers(c.packet); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}

func cut(p []byte, n int) []byte { return p[:len(p)-n] }

// FuzzMDNSAnswer reads packets of any kind. Whatever comes out was asked for, is a
// destination, and was in a response with our id.
func FuzzMDNSAnswer(f *testing.F) {
	const id = 0x1234
	f.Add(answering(f, id, "printer.local.", a("10.0.0.1"), aaaa("fd00::1")))
	f.Add(answering(f, id, "PRINTER.local.", aaaa("::ffff:127.0.0.1"), a("127.0.0.1"), aaaa("64:ff9b::7f00:1")))
	f.Add(answering(f, id, "printer.local.", &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("other.local.")}, &dnsmessage.TXTResource{TXT: []string{"x"}}))
	f.Add(answering(f, id+1, "other.local.", a("10.0.0.1")))
	f.Add(cut(answering(f, id, "printer.local.", a("10.0.0.1")), 3))
	// A name that points to itself, and one that points forwards.
	f.Add([]byte("\x12\x34\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x0a\x00\x00\x01"))
	f.Add([]byte("\x12\x34\x84\x00\x00\x01\xff\xff\x00\x00\x00\x00\xc0\x20\x00\x01\x00\x01\xc0\x0c\x00\x01\x80\x01\x00\x00\x00\x00\x00\x04\x0a\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, packet []byte) {
		for _, family := range []Family{Any, IPv4, IPv6} {
			got := asking(t, "printer.local", family).answers(packet)
			if len(got) == 0 {
				continue
			}
			if len(got) > maxRecords || binary.BigEndian.Uint16(packet) != id || packet[2]&0x80 == 0 {
				t.Errorf("%d addresses from %x", len(got), packet)
			}
			for _, addr := range got {
				if class := address.Classify(addr); class >= address.Loopback {
					t.Errorf("%v is %v", addr, class)
				}
				if family == IPv4 && !addr.Is4() || family == IPv6 && !addr.Is6() {
					t.Errorf("%v, asked for %s", addr, family)
				}
			}
		}
	})
}
