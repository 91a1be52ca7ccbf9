package announce

import (
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Whatever comes, what is sent is bounded and can be read, and the clock goes on.
func FuzzHear(f *testing.F) {
	for _, m := range []dns.Msg{
		query("_http._tcp.local.", dns.TypePTR, dns.ClassINET), query("Page._http._tcp.local.", dns.TypeANY, dns.ClassANY|highBit),
		{MsgHdr: dns.MsgHdr{Response: true}, Answer: []dns.RR{&dns.SRV{
			Hdr: dns.RR_Header{Name: "Page._http._tcp.local.", Rrtype: dns.TypeSRV, Class: dns.ClassINET, Ttl: 9}, Target: "other.local.",
		}}},
		{Ns: []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: "Page._http._tcp.local.", Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 9}, Txt: []string{"x"}}}},
	} {
		packet, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packet, false, true)
		f.Add(packet, true, false)
	}
	f.Fuzz(func(t *testing.T, packet []byte, early, fromDaemon bool) {
		m, ok := parse(packet)
		if !ok {
			return
		}
		if len(m.questions) > maxQuestions || len(m.said) > 2*maxRecords || len(m.known) > maxRecords || len(m.proposed) > maxRecords {
			t.Fatalf("%d questions, %d, %d and %d records", len(m.questions), len(m.said), len(m.known), len(m.proposed))
		}
		w := newWorld(t, page("Page"))
		if early {
			w.pass(probeEvery)
		} else {
			w.pass(3 * time.Second)
		}
		from := map[bool]netip.AddrPort{false: asker, true: daemon}[fromDaemon]
		w.since()
		w.r.hear(0, m, from, w.now)
		w.pass(10 * time.Second)
		if w.r.phase != announced {
			t.Errorf("phase %d", w.r.phase)
		}
		// Probes and announcements once more, and an answer of each kind.
		if sent := len(w.since()); sent > 2*(2*probes+announcements)+int(kinds) {
			t.Errorf("%d packets", sent)
		}
	})
}
