package announce

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/rs/zerolog"
)

// world is a responder with two outlets, and a clock that the test moves. What is sent to
// everybody comes back, as it does from the system.
type world struct {
	*testing.T
	r     *responder
	now   time.Time
	began time.Time
	said  []said
	// silent: nothing comes back.
	silent bool
}

type said struct {
	at     time.Duration
	outlet int
	to     string // empty: everybody
	dns.Msg
}

var (
	asker  = netip.MustParseAddrPort("10.77.0.2:40000")
	daemon = netip.MustParseAddrPort("10.77.0.2:5353")
)

func page(name string) Config {
	return Config{
		Addrs: []netip.Addr{netip.MustParseAddr("10.77.0.1"), netip.MustParseAddr("fd77::1%lan0")}, Port: 40404,
		Type: "_http._tcp", Name: name, TXT: []string{"path=/"}, Log: zerolog.Nop(),
	}
}

func newWorld(t *testing.T, c Config) *world {
	t.Helper()
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, began: time.Unix(1e9, 0)}
	w.now = w.began
	var outlets []*outlet
	for i := range 2 {
		outlets = append(outlets, newOutlet(func(packet []byte) error { return w.take(i, "", packet) },
			func(packet []byte, to netip.AddrPort) error { return w.take(i, to.String(), packet) }))
	}
	w.r = newResponder(c, outlets, w.now)
	return w
}

func (w *world) take(outlet int, to string, packet []byte) error {
	w.Helper()
	if len(packet) > maxPacket {
		w.Errorf("sent %d bytes", len(packet))
	}
	var m dns.Msg
	if err := m.Unpack(packet); err != nil {
		w.Errorf("sent %x: %v", packet, err)
	}
	w.said = append(w.said, said{w.now.Sub(w.began), outlet, to, m})
	if own, ok := parse(packet); to == "" && !w.silent && ok {
		w.r.hear(outlet, own, netip.MustParseAddrPort("10.77.0.1:5353"), w.now)
	}
	return nil
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	for end := w.now.Add(d); ; {
		next, more := w.r.step(w.now)
		if !more || next.After(end) {
			w.now = end
			return
		}
		w.now = next
	}
}

// hear has somebody say a packet to the first outlet.
func (w *world) hear(from netip.AddrPort, m dns.Msg) {
	w.Helper()
	packet, err := m.Pack()
	if err != nil {
		w.Fatal(err)
	}
	parsed, ok := parse(packet)
	if !ok {
		w.Fatalf("cannot be read: %v", &m)
	}
	w.r.hear(0, parsed, from, w.now)
}

// since returns what was said since the last call.
func (w *world) since() []said {
	all := w.said
	w.said = nil
	return all
}

func rrs(t *testing.T, lines ...string) []dns.RR {
	t.Helper()
	var all []dns.RR
	for _, line := range lines {
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rr)
	}
	return all
}

func says(t *testing.T, lines ...string) dns.Msg {
	t.Helper()
	return dns.Msg{MsgHdr: dns.MsgHdr{Response: true}, Answer: rrs(t, lines...)}
}

func query(name string, kind, class uint16) dns.Msg {
	return dns.Msg{MsgHdr: dns.MsgHdr{Id: 7}, Question: []dns.Question{{Name: name, Qtype: kind, Qclass: class}}}
}

// The link is asked three times, a quarter of a second apart, then told twice. Nothing is
// answered before.
func TestProbesThenAnnounces(t *testing.T) {
	w := newWorld(t, page("Page"))
	w.pass(maxFirstWait)
	w.hear(asker, query("_http._tcp.local.", dns.TypePTR, dns.ClassINET))
	w.pass(10 * time.Second)
	var first []said
	for _, s := range w.since() {
		if s.to != "" {
			t.Errorf("to %s: %v", s.to, &s.Msg)
		}
		if s.outlet == 0 {
			first = append(first, s)
		}
	}
	if len(first) != probes+announcements {
		t.Fatalf("%d packets", len(first))
	}
	for i, s := range first {
		if s.Response != (i >= probes) {
			t.Fatalf("packet %d: %v", i, &s.Msg)
		}
		want := []time.Duration{0, probeEvery, 2 * probeEvery, 3 * probeEvery, 3*probeEvery + announceEvery}[i]
		if at := s.at - first[0].at; at != want {
			t.Errorf("packet %d after %v, want %v", i, at, want)
		}
		if i < probes && (len(s.Question) != 2 || len(s.Ns) != 4 || s.Question[0].Qtype != dns.TypeANY || s.Question[0].Qclass != dns.ClassINET) {
			t.Errorf("packet %d: %v", i, &s.Msg)
		}
		if i >= probes && (len(s.Answer) != 5 || !s.Authoritative || s.Answer[0].Header().Class != dns.ClassINET || s.Answer[1].Header().Class != dns.ClassINET|highBit) {
			t.Errorf("packet %d: %v", i, &s.Msg)
		}
	}
}

// Whoever has a record by the name has the name.
func TestConflicts(t *testing.T) {
	for name, c := range map[string]struct {
		said  string
		again bool // once announced it counts, too
		want  string
	}{
		"another service": {"Page._http._tcp.local. 120 IN SRV 0 0 80 other.local.", true, "Page (2)"},
		"another text":    {`page._HTTP._tcp.local. 120 IN TXT "x"`, true, "Page (2)"},
		"another kind":    {"Page._http._tcp.local. 120 IN HINFO a b", false, "Page (2)"},
		"of the past":     {"Page._http._tcp.local. 0 IN SRV 0 0 80 other.local.", false, "Page"},
		"another name":    {"Other._http._tcp.local. 120 IN SRV 0 0 80 other.local.", false, "Page"},
		"the type":        {"_http._tcp.local. 120 IN PTR Page._http._tcp.local.", false, "Page"},
		"the same":        {`Page._http._tcp.local. 120 IN TXT "path=/"`, false, "Page"},
		"another class":   {"Page._http._tcp.local. 120 CH TXT x", false, "Page"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, page("Page"))
			w.pass(probeEvery)
			w.hear(daemon, says(t, c.said))
			w.pass(5 * time.Second)
			if w.r.phase != announced || w.r.name != c.want {
				t.Errorf("%q, phase %d", w.r.name, w.r.phase)
			}
			w = newWorld(t, page("Page"))
			w.pass(5 * time.Second)
			w.hear(daemon, says(t, c.said))
			if (w.r.phase == probing) != c.again {
				t.Errorf("phase %d once announced", w.r.phase)
			}
			// Nobody says so again.
			w.pass(5 * time.Second)
			if w.r.phase != announced || w.r.name != "Page" {
				t.Errorf("%q, phase %d in the end", w.r.name, w.r.phase)
			}
		})
	}
}

func TestConflictFromAnotherPort(t *testing.T) {
	w := newWorld(t, page("Page"))
	w.pass(probeEvery)
	w.hear(asker, says(t, "Page._http._tcp.local. 120 IN SRV 0 0 80 other.local."))
	w.pass(5 * time.Second)
	if w.r.name != "Page" {
		t.Errorf("%q", w.r.name)
	}
}

func TestHostOfOurs(t *testing.T) {
	w := newWorld(t, page("Page"))
	w.pass(5 * time.Second)
	host := w.r.zone.names[1]
	w.hear(daemon, says(t, host+" 120 IN A 10.77.0.9"))
	w.pass(5 * time.Second)
	if w.r.name != "Page" || w.r.phase != announced || w.r.zone.names[1] == host {
		t.Errorf("%q at %s", w.r.name, w.r.zone.names[1])
	}
	if other := newWorld(t, page("Page")); other.r.zone.names[1] == host {
		t.Error("two have one host")
	}
}

// Of two who ask at the same time, whose records come later in the order has the name (RFC
// 6762, section 8.2).
func TestSimultaneousProbes(t *testing.T) {
	for name, c := range map[string]struct {
		port string
		wins bool
	}{"the other's come later": {"65535", false}, "the other's come earlier": {"80", true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, page("Page"))
			w.pass(probeEvery)
			m := query("Page._http._tcp.local.", dns.TypeANY, dns.ClassINET)
			m.Ns = rrs(t, "Page._http._tcp.local. 120 IN SRV 0 0 "+c.port+" other.local.", `Page._http._tcp.local. 120 IN TXT "path=/"`)
			w.hear(daemon, m)
			w.since()
			w.pass(afterDefeat - time.Millisecond)
			if asked := len(w.since()) > 0; asked != c.wins {
				t.Errorf("goes on: %v", asked)
			}
			w.pass(5 * time.Second)
			if w.r.name != "Page" || w.r.phase != announced {
				t.Errorf("%q, phase %d", w.r.name, w.r.phase)
			}
			// Now it is ours: whoever asks is told at once, and again a quarter of a second later.
			w.since()
			w.hear(daemon, m)
			w.pass(0)
			if told := w.since(); len(told) != 1 || !told[0].Response || told[0].to != "" {
				t.Errorf("told: %v", told)
			}
			w.hear(daemon, m)
			w.pass(defenceSpacing - time.Millisecond)
			if told := w.since(); len(told) != 0 {
				t.Errorf("told too soon: %v", told)
			}
			w.pass(time.Millisecond)
			if told := w.since(); len(told) != 1 {
				t.Errorf("told %d times", len(told))
			}
		})
	}
}

// Who claims every name has the announcement given up, not going on for ever.
func TestConflictsAreBounded(t *testing.T) {
	w := newWorld(t, page("Page"))
	for i := range 10 * maxConflicts {
		w.pass(probeEvery)
		w.hear(daemon, says(t, spell(w.r.name)+"._http._tcp.local. 120 IN SRV 0 0 80 other.local."))
		if w.r.phase == lost {
			if i != maxConflicts || w.r.name != fmt.Sprintf("Page (%d)", maxConflicts+1) {
				t.Errorf("given up as %q after %d", w.r.name, i)
			}
			w.since()
			w.pass(time.Hour)
			w.r.withdraw()
			if len(w.since()) > 0 {
				t.Error("it goes on")
			}
			return
		}
	}
	t.Error("it is not given up")
}

func TestNumberedNames(t *testing.T) {
	for _, c := range [][2]string{
		{"Page", "Page (2)"}, {strings.Repeat("x", 63), strings.Repeat("x", 59) + " (2)"}, {strings.Repeat("ü", 31), strings.Repeat("ü", 29) + " (2)"},
	} {
		if got := numbered(c[0], 2); got != c[1] {
			t.Errorf("%q", got)
		}
	}
}

// To everybody a record goes once a second; what the asker knows is not said.
func TestAnswers(t *testing.T) {
	w := newWorld(t, page("Page"))
	w.pass(5 * time.Second)
	pointer := query("_http._tcp.local.", dns.TypePTR, dns.ClassINET)
	told := func(what string, m dns.Msg, from netip.AddrPort, within time.Duration, want int) []said {
		t.Helper()
		w.since()
		w.hear(from, m)
		w.pass(within)
		all := w.since()
		if len(all) != want {
			t.Errorf("%s: %d packets", what, len(all))
		}
		return all
	}
	told("before others may have answered", pointer, daemon, minDelay-time.Millisecond, 0)
	w.pass(moreDelay + time.Millisecond)
	if all := w.since(); len(all) != 1 || all[0].to != "" || all[0].Id != 0 || len(all[0].Question) != 0 || len(all[0].Answer) != 1 || len(all[0].Extra) != 4 {
		t.Errorf("%v", all)
	}
	told("again", pointer, daemon, 500*time.Millisecond, 0)
	w.pass(time.Second)
	if all := w.since(); len(all) != 1 {
		t.Errorf("a second later: %d", len(all))
	}
	w.pass(time.Second)
	knows := query("_http._tcp.local.", dns.TypePTR, dns.ClassINET)
	knows.Answer = rrs(t, "_http._tcp.local. 60 IN PTR PAGE._http._tcp.local.")
	knows.Answer[0].(*dns.PTR).Ptr = "Page._http._tcp.local."
	told("who knows", knows, daemon, 2*time.Second, 0)
	knows.Answer[0].Header().Ttl = 59
	told("who knows not for long", knows, daemon, 2*time.Second, 1)
	alone := query("_http._tcp.local.", dns.TypePTR, dns.ClassINET|highBit)
	if all := told("alone", alone, daemon, 0, 1); all[0].to != daemon.String() || all[0].Answer[0].Header().Ttl != ttl {
		t.Errorf("%v", all)
	}
	w.pass(freshFor)
	if all := told("alone, long after", alone, daemon, time.Second, 1); all[0].to != "" {
		t.Errorf("%v", all)
	}
	if all := told("not a daemon", pointer, asker, 0, 1); all[0].to != asker.String() || all[0].Id != 7 || !slices.Equal(all[0].Question, pointer.Question) ||
		all[0].Answer[0].Header().Ttl != legacyTTL || all[0].Extra[0].Header().Class != dns.ClassINET {
		t.Errorf("%v", all)
	}
	for range 10 {
		pointer.Question = append(pointer.Question, pointer.Question...)
	}
	pointer.Question = pointer.Question[:maxQuestions]
	if all := told("many times", pointer, asker, 0, 1); len(all[0].Question) != 1 {
		t.Errorf("%d questions are repeated", len(all[0].Question))
	}
}

// Who asks alone gets an answer 20 times a second, however often they ask.
func TestRepliesAreBounded(t *testing.T) {
	w := newWorld(t, page("Page"))
	w.pass(5 * time.Second)
	w.since()
	for range 10 * repliesPerSecond {
		w.hear(asker, query("_http._tcp.local.", dns.TypePTR, dns.ClassINET))
	}
	if sent := len(w.since()); sent != repliesPerSecond {
		t.Errorf("%d answers at once", sent)
	}
	w.pass(time.Second)
	for range 10 * repliesPerSecond {
		w.hear(asker, query("_http._tcp.local.", dns.TypePTR, dns.ClassINET))
	}
	if sent := len(w.since()); sent != repliesPerSecond {
		t.Errorf("%d answers a second later", sent)
	}
}

func TestPrivateWindowsAreNotLogged(t *testing.T) {
	for _, private := range []bool{false, true} {
		var text strings.Builder
		log := Socket{Private: private}.log(zerolog.New(&text))
		log.Info().Msg("told")
		if told := text.Len() > 0; told == private {
			t.Errorf("private window: %v, told: %v", private, told)
		}
	}
}

func TestWithdraws(t *testing.T) {
	w := newWorld(t, page("Page"))
	w.r.withdraw()
	w.pass(probeEvery)
	for _, s := range w.since() {
		if s.Response {
			t.Errorf("withdrawn before it was announced: %v", &s.Msg)
		}
	}
	w.pass(5 * time.Second)
	w.since()
	w.r.withdraw()
	all := w.since()
	if len(all) != 2 {
		t.Fatalf("%d packets", len(all))
	}
	for _, s := range all {
		for _, rr := range s.Answer {
			if rr.Header().Ttl != 0 || rr.Header().Name == allTypes {
				t.Errorf("%v", rr)
			}
		}
		if len(s.Answer) != 5 {
			t.Errorf("%v", &s.Msg)
		}
	}
}

// The largest announcement is whole, in packets that links take.
func TestLargest(t *testing.T) {
	c := page(strings.Repeat("ü", 31) + "x")
	c.Type = "_123456789abcdef._tcp"
	c.TXT = nil
	for _, size := range []int{251, 251, 251, 251, 241} {
		c.TXT = append(c.TXT, "key="+strings.Repeat(`\`, size))
	}
	c.Addrs = nil
	for i := range maxAddrs {
		c.Addrs = append(c.Addrs, netip.MustParseAddr(fmt.Sprintf("fd77::%d", i+1)))
	}
	w := newWorld(t, c)
	w.pass(5 * time.Second)
	if w.r.phase != announced || w.r.name != c.Name {
		t.Fatalf("%q, phase %d", w.r.name, w.r.phase)
	}
	has := map[uint16]int{}
	for _, s := range w.since() {
		for _, rr := range s.Answer {
			has[rr.Header().Rrtype]++
			if txt, ok := rr.(*dns.TXT); ok && len(txt.Txt) != 5 {
				t.Errorf("%d strings", len(txt.Txt))
			}
		}
	}
	// By two outlets, twice.
	if has[dns.TypePTR] != 4 || has[dns.TypeSRV] != 4 || has[dns.TypeTXT] != 4 || has[dns.TypeAAAA] != 4*maxAddrs {
		t.Errorf("announced %v", has)
	}
	w.hear(asker, query(w.r.zone.names[0], dns.TypeANY, dns.ClassINET))
	w.hear(asker, query(w.r.zone.names[0], dns.TypeTXT, dns.ClassINET))
	w.hear(asker, query(w.r.zone.names[1], dns.TypeANY, dns.ClassINET))
	w.hear(asker, query(c.Type+".local.", dns.TypePTR, dns.ClassINET))
	all := w.since()
	if len(all) != 4 {
		t.Fatalf("%d packets", len(all))
	}
	for i, want := range []int{1, 1, maxAddrs, 1} {
		if got := len(all[i].Answer); got != want {
			t.Errorf("answer %d has %d records, want %d", i, got, want)
		}
	}
}
