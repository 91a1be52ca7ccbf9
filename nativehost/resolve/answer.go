package resolve

import (
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/idna"

	"github.com/portside/portside/nativehost/address"
)

const (
	// maxRecords is how many records of a packet are looked at.
	maxRecords = 64
	// highBit marks a question whose answer may be unicast, and a record that
	// replaces older ones (RFC 6762, sections 5.4 and 10.2). It is not part of the
	// class.
	highBit = 1 << 15
)

// question is what was asked.
type question struct {
	id    uint16
	name  dnsmessage.Name
	types []dnsmessage.Type
}

// newQuestion asks for the addresses of a name below "local". Multicast DNS has its
// names in UTF-8 (RFC 6762, section 16).
func newQuestion(id uint16, host address.Host, family Family) (question, error) {
	text, err := idna.Punycode.ToUnicode(host.String())
	if err != nil {
		return question{}, err
	}
	name, err := dnsmessage.NewName(text + ".")
	if err != nil {
		return question{}, err
	}
	q := question{id: id, name: name}
	if family != IPv6 {
		q.types = append(q.types, dnsmessage.TypeA)
	}
	if family != IPv4 {
		q.types = append(q.types, dnsmessage.TypeAAAA)
	}
	return q, nil
}

// pack returns the question as a packet. With unicast it says that the answer may
// come by unicast; the source port says so already (RFC 6762, section 6.7), but not
// to every responder.
func (q question) pack(unicast bool) ([]byte, error) {
	class := dnsmessage.ClassINET
	if unicast {
		class |= highBit
	}
	message := dnsmessage.Message{Header: dnsmessage.Header{ID: q.id}}
	for _, t := range q.types {
		message.Questions = append(message.Questions, dnsmessage.Question{Name: q.name, Type: t, Class: class})
	}
	return message.Pack()
}

// answers returns the addresses that a packet gives for the question's name, and nil
// if it is no answer to the question. Addresses of this computer and those that are
// no destination are left out: they are what a neighbour would send who wants a page
// to reach further than its visitor meant.
func (q question) answers(packet []byte) []netip.Addr {
	var parser dnsmessage.Parser
	header, err := parser.Start(packet)
	// A response to a question from this port repeats its id (RFC 6762, section 6.7).
	if err != nil ||
		//rule:mdns-answer-is-response
		!header.Response ||
		//rule:mdns-answer-has-our-id
		header.ID != q.id || header.OpCode != 0 ||
		//rule:mdns-answer-without-error
		header.RCode != dnsmessage.RCodeSuccess {
		return nil
	}
	if parser.SkipAllQuestions() != nil {
		return nil
	}
	var found []netip.Addr
	for range maxRecords {
		record, err := parser.AnswerHeader()
		if err != nil {
			break
		}
		if !q.asked(record) {
			if parser.SkipAnswer() != nil {
				break
			}
			continue
		}
		var addr netip.Addr
		if record.Type == dnsmessage.TypeA {
			body, err := parser.AResource()
			if err != nil {
				break
			}
			addr = netip.AddrFrom4(body.A)
		} else {
			body, err := parser.AAAAResource()
			if err != nil {
				break
			}
			addr = netip.AddrFrom16(body.AAAA)
		}
		//rule:mdns-answer-not-this-computer
		if address.Classify(addr) < address.Loopback {
			found = append(found, addr)
		}
	}
	return found
}

// asked reports whether a record is one that was asked for.
func (q question) asked(record dnsmessage.ResourceHeader) bool {
	for _, t := range q.types {
		if /*rule:mdns-record-of-asked-type*/ record.Type == t && record.Class&^highBit == dnsmessage.ClassINET &&
			//rule:mdns-record-for-our-name
			sameName(record.Name, q.name) {
			return true
		}
	}
	return false
}

// sameName compares as RFC 6762, section 16, says: ASCII letters without their case,
// everything else byte for byte. strings.EqualFold would take a Kelvin sign for a k.
func sameName(a, b dnsmessage.Name) bool {
	if a.Length != b.Length {
		return false
	}
	for i := range a.Length {
		if lower(a.Data[i]) != lower(b.Data[i]) {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
