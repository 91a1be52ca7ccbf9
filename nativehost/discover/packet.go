package discover

import (
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// question asks for records of one name.
type question struct {
	// name is in the master file's spelling, as package dns has it: "Label\.1.local.".
	name  string
	types []uint16
	// unicast says that the answer may come by unicast; the source port says so already
	// (RFC 6762, section 6.7), but not to every responder.
	unicast bool
}

// highBit marks a question whose answer may be unicast, and a record that replaces
// older ones (RFC 6762, sections 5.4 and 10.2). It is not part of the class.
const highBit = 1 << 15

func (q question) pack(id uint16) ([]byte, error) {
	message := dns.Msg{MsgHdr: dns.MsgHdr{Id: id}}
	for _, t := range q.types {
		asked := dns.Question{Name: q.name, Qtype: t, Qclass: dns.ClassINET}
		if q.unicast {
			asked.Qclass |= highBit
		}
		message.Question = append(message.Question, asked)
	}
	return message.Pack()
}

// answer is what a packet says that matters here, in the packet's order. Names are in
// the master file's spelling.
type answer struct {
	pointers []pointer
	services []service
	hosts    []host
	// zone is that of the link it came from; own: from this very computer.
	zone string
	own  bool
}

// pointer says that a type has an instance, or that there is a type (RFC 6763, sections
// 4.1 and 9).
type pointer struct{ name, to string }

// service says where an instance is (RFC 2782).
type service struct {
	name, target string
	port         uint16
}

// host says that a name has an address.
type host struct {
	name string
	addr netip.Addr
}

// maxRecords is how many records of a packet are looked at.
const maxRecords = 256

// parse reads a packet, and reports whether it answers questions with this id.
//
// golang.org/x/net/dns/dnsmessage, which reads answers for package resolve, refuses
// labels with dots in them. What people call their devices is a label.
func parse(packet []byte, id uint16) (answer, bool) {
	var message dns.Msg
	if message.Unpack(packet) != nil ||
		//rule:device-answer-is-response
		!message.Response ||
		//rule:device-answer-has-our-id
		message.Id != id ||
		message.Opcode != dns.OpcodeQuery || message.Rcode != dns.RcodeSuccess {
		return answer{}, false
	}
	var a answer
	records := append(message.Answer, message.Extra...)
	for _, record := range records[:min(len(records), maxRecords)] {
		header := record.Header()
		// A record that lives for no time says that something has gone (RFC 6762, section
		// 10.1).
		if header.Class&^highBit != dns.ClassINET || header.Ttl == 0 {
			continue
		}
		switch record := record.(type) {
		case *dns.PTR:
			a.pointers = append(a.pointers, pointer{header.Name, record.Ptr})
		case *dns.SRV:
			a.services = append(a.services, service{header.Name, record.Target, record.Port})
		case *dns.A:
			a.host(header.Name, record.A)
		case *dns.AAAA:
			a.host(header.Name, record.AAAA)
		}
	}
	return a, true
}

func (a *answer) host(name string, ip []byte) {
	if addr, ok := netip.AddrFromSlice(ip); ok {
		a.hosts = append(a.hosts, host{name, addr})
	}
}

// labels returns the labels of a name, as they are on the wire.
func labels(name string) []string {
	split := dns.SplitDomainName(name)
	for i, label := range split {
		split[i] = unescape(label)
	}
	return split
}

// unescape undoes the master file's spelling (RFC 1035, section 5.1): a backslash
// before a character, or before the three digits of a byte.
func unescape(label string) string {
	var plain strings.Builder
	for i := 0; i < len(label); i++ {
		if label[i] != '\\' || i+1 == len(label) {
			plain.WriteByte(label[i])
			continue
		}
		if i+3 < len(label) && digits(label[i+1:i+4]) {
			plain.WriteByte((label[i+1]-'0')*100 + (label[i+2]-'0')*10 + label[i+3] - '0')
			i += 3
			continue
		}
		i++
		plain.WriteByte(label[i])
	}
	return plain.String()
}

func digits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// lower returns a name in which the case of ASCII letters does not matter any more,
// and that of others does, as RFC 6762, section 16, says.
func lower(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}
