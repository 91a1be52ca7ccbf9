package announce

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

const (
	// maxPacket is the largest packet that is sent, in bytes: every link takes it whole.
	maxPacket = 1400
	// ttl is how long others may keep a record, in seconds. RFC 6762, section 10, has 75
	// minutes for some; but a page's socket does not live long, and if the host is killed
	// nobody withdraws it.
	ttl = 120
	// legacyTTL is for askers that will not hear that the record has gone (section 6.7).
	legacyTTL = 10
)

// kind is a sort of record. The first two are shared: others on the link may have some for the
// same name.
type kind int

const (
	pointer  kind = iota // the type has this instance
	types                // there is this type
	service              // where the instance is
	text                 // what else is said of it
	hostFour             // the host's addresses
	hostSix
	kinds
)

// set is a set of kinds.
type set uint

func setOf(members ...kind) set {
	var s set
	for _, k := range members {
		s |= 1 << k
	}
	return s
}

func (s set) has(k kind) bool { return s&(1<<k) != 0 }

// zone is all that is told: records by their kinds. It is not changed once it is made.
type zone struct {
	records                    [kinds][]dns.RR
	compared                   [kinds][]record
	instance, host, sort, list key
	// names are those of instance and host, in the master file's spelling.
	names [2]string
}

// allTypes is asked which types there are (RFC 6763, section 9).
const allTypes = "_services._dns-sd._udp.local."

// newZone makes the records of an announcement that is called name, at a host of that name.
func newZone(c Config, name, host string) *zone {
	sort, host := c.Type+".local.", host+".local."
	instance := spell(name) + "." + sort
	z := &zone{names: [2]string{instance, host}}
	header := func(name string, kind, class uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: kind, Class: class, Ttl: ttl}
	}
	const unique = dns.ClassINET | highBit
	add := func(k kind, rr dns.RR) {
		z.records[k] = append(z.records[k], rr)
		if compared, ok := recordOf(rr); ok {
			z.compared[k] = append(z.compared[k], compared)
		}
	}
	add(pointer, &dns.PTR{Hdr: header(sort, dns.TypePTR, dns.ClassINET), Ptr: instance})
	add(types, &dns.PTR{Hdr: header(allTypes, dns.TypePTR, dns.ClassINET), Ptr: sort})
	add(service, &dns.SRV{Hdr: header(instance, dns.TypeSRV, unique), Port: c.Port, Target: host})
	// No strings are one that is empty (RFC 6763, section 6.1).
	said := []string{""}
	if len(c.TXT) > 0 {
		said = nil
		for _, s := range c.TXT {
			said = append(said, strings.ReplaceAll(s, `\`, `\\`))
		}
	}
	add(text, &dns.TXT{Hdr: header(instance, dns.TypeTXT, unique), Txt: said})
	for _, addr := range sorted(c.Addrs) {
		z.addHost(add, header, host, addr)
	}
	z.instance, _ = keyOf(instance)
	z.host, _ = keyOf(host)
	z.sort, _ = keyOf(sort)
	z.list, _ = keyOf(allTypes)
	return z
}

func (z *zone) addHost(add func(kind, dns.RR), header func(string, uint16, uint16) dns.RR_Header, host string, addr netip.Addr) {
	if addr.Is4() {
		add(hostFour, &dns.A{Hdr: header(host, dns.TypeA, dns.ClassINET|highBit), A: addr.AsSlice()})
	} else {
		add(hostSix, &dns.AAAA{Hdr: header(host, dns.TypeAAAA, dns.ClassINET|highBit), AAAA: addr.AsSlice()})
	}
}

// spell returns a label in the master file's spelling (RFC 1035, section 5.1): the digits of
// every byte that could mean something there.
func spell(label string) string {
	var spelled strings.Builder
	for _, b := range []byte(label) {
		if b == '-' || b == '_' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' {
			spelled.WriteByte(b)
		} else {
			fmt.Fprintf(&spelled, `\%03d`, b)
		}
	}
	return spelled.String()
}

// answers returns the kinds of records that answer a question.
func (z *zone) answers(q question) set {
	is := func(kind uint16) bool { return q.asked.Qtype == kind || q.asked.Qtype == dns.TypeANY }
	var s set
	add := func(k kind, kind uint16) {
		if is(kind) && len(z.records[k]) > 0 {
			s |= setOf(k)
		}
	}
	switch q.key {
	case z.sort:
		add(pointer, dns.TypePTR)
	case z.list:
		add(types, dns.TypePTR)
	case z.instance:
		add(service, dns.TypeSRV)
		add(text, dns.TypeTXT)
	case z.host:
		add(hostFour, dns.TypeA)
		add(hostSix, dns.TypeAAAA)
	}
	return s
}

// without returns what of s somebody does not know who knows these records, and not since
// half their time (RFC 6762, section 7.1).
func (z *zone) without(s set, known []record) set {
	for k := range kinds {
		if s.has(k) && !slices.ContainsFunc(z.compared[k], func(own record) bool {
			return !slices.ContainsFunc(known, func(r record) bool { return r.same(own) && r.ttl >= ttl/2 })
		}) {
			s &^= setOf(k)
		}
	}
	return s
}

// further returns what belongs to an answer with s, so that it need not be asked for (RFC
// 6763, section 12).
func further(s set) set {
	var more set
	if s.has(pointer) {
		more |= setOf(service, text)
	}
	if s.has(pointer) || s.has(service) {
		more |= setOf(hostFour, hostSix)
	}
	return more &^ s
}

// all returns the records of a set, as change makes them.
func (z *zone) all(s set, change func(dns.RR)) []dns.RR {
	var rrs []dns.RR
	for k := range kinds {
		if !s.has(k) {
			continue
		}
		for _, rr := range z.records[k] {
			rr = dns.Copy(rr)
			change(rr)
			rrs = append(rrs, rr)
		}
	}
	return rrs
}

// unchanged is for all.
func unchanged(dns.RR) {}

// goodbye says that a record has gone (RFC 6762, section 10.1).
func goodbye(rr dns.RR) { rr.Header().Ttl = 0 }

// forLegacy makes a record one for askers that know nothing of multicast DNS (section 6.7).
func forLegacy(rr dns.RR) {
	rr.Header().Ttl = legacyTTL
	rr.Header().Class &^= highBit
}

// proposal makes a record one that is not had yet (sections 8.1 and 10.2).
func proposal(rr dns.RR) { rr.Header().Class &^= highBit }

// pack returns responses with these answers, in as many packets as it takes, the last of them
// with what there is room for of extra.
func pack(answers, extra []dns.RR) [][]byte {
	var packets [][]byte
	m := response()
	flush := func() {
		if packet, err := m.Pack(); err == nil && len(m.Answer) > 0 {
			packets = append(packets, packet)
		}
		m = response()
	}
	for _, rr := range answers {
		m.Answer = append(m.Answer, rr)
		//rule:announcement-packets-are-bounded
		if tooLarge(&m) {
			m.Answer = m.Answer[:len(m.Answer)-1]
			flush()
			m.Answer = append(m.Answer, rr)
		}
	}
	fill(&m, extra)
	flush()
	return packets
}

// response returns an empty one (RFC 6762, section 18).
func response() dns.Msg {
	return dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Authoritative: true}, Compress: true}
}

// fill adds what there is room for.
func fill(m *dns.Msg, extra []dns.RR) {
	for _, rr := range extra {
		m.Extra = append(m.Extra, rr)
		//rule:announcement-extras-are-bounded
		if tooLarge(m) {
			m.Extra = m.Extra[:len(m.Extra)-1]
		}
	}
}

// tooLarge reports whether a message is more than one packet. What Len says is more than it
// takes where bytes are escaped.
func tooLarge(m *dns.Msg) bool {
	if m.Len() <= maxPacket {
		return false
	}
	packet, err := m.Pack()
	return err != nil || len(packet) > maxPacket
}
