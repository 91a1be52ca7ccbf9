package announce

import (
	"cmp"

	"github.com/miekg/dns"
)

const (
	// highBit marks a question whose answer may be unicast, and a record that replaces
	// older ones (RFC 6762, sections 5.4 and 10.2). It is not part of the class.
	highBit = 1 << 15
	// maxQuestions and maxRecords of a packet are looked at.
	maxQuestions, maxRecords = 128, 256
)

// message is what a packet says that matters here.
type message struct {
	id       uint16
	response bool
	// questions are of a query. known are what the asker of them knows already.
	questions []question
	known     []record
	// proposed are what somebody who asks wants to have themselves (RFC 6762, section 8.2).
	proposed []record
	// said are of a response.
	said []record
}

// question asks for records of a name.
type question struct {
	key     key
	asked   dns.Question // as it was spelled
	unicast bool
}

// key is a name as it is compared: on the wire, with ASCII letters in lower case (RFC 6762,
// section 16).
type key string

// record is a record, as it is compared.
type record struct {
	key  key
	kind uint16
	// data is on the wire, without compression.
	data string
	ttl  uint32
}

// keyOf returns the key of a name in the master file's spelling.
func keyOf(name string) (key, bool) {
	const longest = 255
	wire := make([]byte, longest+1)
	n, err := dns.PackDomainName(dns.Fqdn(name), wire, 0, nil, false)
	if err != nil {
		return "", false
	}
	// The length of a label is no letter: it is less than 64.
	for i, b := range wire[:n] {
		if b >= 'A' && b <= 'Z' {
			wire[i] = b + 'a' - 'A'
		}
	}
	return key(wire[:n]), true
}

// recordOf returns a record as it is compared.
func recordOf(rr dns.RR) (record, bool) {
	header := rr.Header()
	k, ok := keyOf(header.Name)
	if !ok || header.Class&^highBit != dns.ClassINET {
		return record{}, false
	}
	wire := make([]byte, dns.Len(rr)+1)
	end, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		return record{}, false
	}
	// The name, then type, class, TTL and length (RFC 1035, section 4.1.3).
	const fixed = 10
	_, start, err := dns.UnpackDomainName(wire, 0)
	if err != nil || start+fixed > end {
		return record{}, false
	}
	return record{k, header.Rrtype, string(wire[start+fixed : end]), header.Ttl}, true
}

// order is that of RFC 6762, section 8.2: by type, then by the bytes of the data.
func (r record) order(other record) int {
	return cmp.Or(cmp.Compare(r.kind, other.kind), cmp.Compare(r.data, other.data))
}

// same reports whether two records say the same.
func (r record) same(other record) bool {
	return r.key == other.key && r.kind == other.kind && r.data == other.data
}

// parse reads a packet, and reports whether it is one of multicast DNS (RFC 6762, section
// 18).
func parse(packet []byte) (message, bool) {
	var m dns.Msg
	if len(packet) == 0 || m.Unpack(packet) != nil || m.Opcode != dns.OpcodeQuery || m.Rcode != dns.RcodeSuccess {
		return message{}, false
	}
	parsed := message{id: m.Id, response: m.Response}
	if m.Response {
		// Nobody answers with what is in the section of authorities (section 18.13).
		parsed.said = records(append(m.Answer, m.Extra...))
		return parsed, true
	}
	for _, q := range m.Question[:min(len(m.Question), maxQuestions)] {
		if k, ok := keyOf(q.Name); ok && (q.Qclass&^highBit == dns.ClassINET || q.Qclass&^highBit == dns.ClassANY) {
			parsed.questions = append(parsed.questions, question{k, q, q.Qclass&highBit != 0})
		}
	}
	parsed.known, parsed.proposed = records(m.Answer), records(m.Ns)
	return parsed, true
}

func records(rrs []dns.RR) []record {
	var all []record
	for _, rr := range rrs[:min(len(rrs), maxRecords)] {
		if r, ok := recordOf(rr); ok {
			all = append(all, r)
		}
	}
	return all
}
