package announce

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/miekg/dns"

	"github.com/portside/portside/nativehost/link"
)

const (
	// probes are sent before a name is taken, probeEvery (RFC 6762, section 8.1).
	probes, probeEvery = 3, 250 * time.Millisecond
	// maxFirstWait is the longest time before the first one. Section 8.1 has up to 250 ms, so
	// that computers that are switched on together do not all ask at once; a page's sockets
	// are opened by its user.
	maxFirstWait = 100 * time.Millisecond
	// announcements tell of what has been taken, one second after the other (section 8.3).
	announcements, announceEvery = 2, time.Second
	// afterDefeat is the pause of who asked at the same time as somebody whose records come
	// later in the order (section 8.2).
	afterDefeat = time.Second
	// maxConflicts are taken before the announcement is given up. Section 8.1 would go on,
	// once in five seconds.
	maxConflicts = 15
	// minDelay and moreDelay are how long an answer waits that others may give, too (section
	// 6).
	minDelay, moreDelay = 20 * time.Millisecond, 100 * time.Millisecond
	// maxEchoes are questions that one packet repeats.
	maxEchoes = 8
)

// phase is how far a responder is.
type phase int

const (
	probing phase = iota
	announced
	lost
)

// responder is what is known in the course of one announcement. It belongs to one goroutine.
// It knows no sockets but by their outlets, and its clock is given to it.
type responder struct {
	config  Config
	outlets []*outlet

	name   string
	number int // of the name: Name, "Name (2)"
	zone   *zone
	phase  phase
	// next is when the next probe or announcement is sent, after so many sends; zero is never.
	next      time.Time
	sends     int
	conflicts int
}

func newResponder(c Config, outlets []*outlet, now time.Time) *responder {
	r := &responder{config: c, outlets: outlets, name: c.Name, number: 1}
	r.zone = newZone(c, r.name, newHost())
	r.probe(now.Add(rand.N(maxFirstWait)))
	return r
}

// newHost returns a name for a host that nobody has and that says nothing of this computer.
func newHost() string {
	//rule:announced-host-is-made-for-the-occasion
	return fmt.Sprintf("portside-%016x", rand.Uint64())
}

// probe begins to ask whether somebody has the names.
func (r *responder) probe(at time.Time) {
	r.phase, r.sends, r.next = probing, 0, at
	for _, o := range r.outlets {
		o.forget()
	}
}

// step sends what is due, and returns when it is to be called again, if so.
func (r *responder) step(now time.Time) (time.Time, bool) {
	for !r.next.IsZero() && !now.Before(r.next) {
		switch {
		case r.phase == probing && r.sends < probes:
			r.sendProbe()
			r.sends, r.next = r.sends+1, now.Add(probeEvery)
		case r.phase == probing:
			r.phase, r.sends = announced, 0
		case r.sends < announcements:
			for _, o := range r.outlets {
				o.want(setOf(pointer, service, text, hostFour, hostSix), now, 0)
			}
			r.sends, r.next = r.sends+1, now.Add(announceEvery)
		default:
			r.next = time.Time{}
		}
	}
	next := r.next
	if r.phase == announced {
		for _, o := range r.outlets {
			o.flush(r.zone, now)
			next = earlier(next, o.next())
		}
	}
	return next, !next.IsZero()
}

// sendProbe asks for the names, and says what is to be had by them (RFC 6762, section 8.1).
// It asks for answers to everybody: one by unicast would reach the daemon on this computer,
// to which port 5353 of its addresses belongs.
func (r *responder) sendProbe() {
	for _, packet := range r.proposals() {
		for _, o := range r.outlets {
			o.multicast([][]byte{packet})
		}
	}
}

// proposals returns a packet for both names, or one for each, and without the text where that
// does not fit: then it is no part of what is compared, either.
func (r *responder) proposals() [][]byte {
	z := r.zone
	build := func(names []string, s set) *dns.Msg {
		m := &dns.Msg{Compress: true, Ns: z.all(s, proposal)}
		for _, name := range names {
			m.Question = append(m.Question, dns.Question{Name: name, Qtype: dns.TypeANY, Qclass: dns.ClassINET})
		}
		return m
	}
	hosts := setOf(hostFour, hostSix)
	messages := []*dns.Msg{build(z.names[:], r.proposed()|hosts)}
	if tooLarge(messages[0]) {
		messages = []*dns.Msg{build(z.names[:1], r.proposed()), build(z.names[1:], hosts)}
	}
	var packets [][]byte
	for _, m := range messages {
		if packet, err := m.Pack(); err == nil {
			packets = append(packets, packet)
		}
	}
	return packets
}

// proposed are the kinds of records that are proposed for the instance.
func (r *responder) proposed() set {
	const mostText = 1024
	if dns.Len(r.zone.records[text][0]) > mostText {
		return setOf(service)
	}
	return setOf(service, text)
}

// hear takes in what somebody on the link said.
func (r *responder) hear(outlet int, m message, from netip.AddrPort, now time.Time) {
	if m.response {
		//rule:announcement-conflict-from-mdns-port
		if from.Port() == link.Port {
			r.hearRecords(m.said, now)
		}
		return
	}
	o := r.outlets[outlet]
	if len(m.proposed) > 0 {
		r.hearProposal(m.proposed, o, now)
	}
	//rule:announcement-answers-once-taken
	if r.phase == announced {
		r.answer(o, m, from, now)
	}
}

// hearRecords looks for one that somebody else has by one of our names. That we hear ourselves
// does not matter.
func (r *responder) hearRecords(said []record, now time.Time) {
	for _, s := range said {
		// What has gone is in nobody's way (RFC 6762, section 10.1).
		if s.ttl == 0 || s.key != r.zone.instance && s.key != r.zone.host {
			continue
		}
		own, unique := r.own(s)
		if own || r.phase == announced && !unique {
			continue
		}
		r.conflict(s.key, now)
		return
	}
}

// own reports whether a record is one of ours, and whether it is of a kind of which nobody
// else may have one by that name.
func (r *responder) own(s record) (own, unique bool) {
	for k := service; k < kinds; k++ {
		for _, record := range r.zone.compared[k] {
			own = own || record.same(s)
			unique = unique || record.key == s.key && record.kind == s.kind
		}
	}
	// A host with addresses of one family has none of the other.
	return own, unique || s.key == r.zone.host && (s.kind == dns.TypeA || s.kind == dns.TypeAAAA)
}

// conflict has the names asked for again. Whoever has one for good says so then, and this
// time the name is left to them (RFC 6762, section 9).
func (r *responder) conflict(k key, now time.Time) {
	if !r.mayGoOn() {
		return
	}
	host := r.zone.names[1]
	host = host[:len(host)-len(".local.")]
	switch {
	case k == r.zone.host:
		host = newHost()
	//rule:announced-name-is-left-to-its-owner
	case r.phase == probing:
		r.number++
		r.name = numbered(r.config.Name, r.number)
		r.config.Log.Info().Str("type", r.config.Type).Int("number", r.number).Msg("announced with a number behind the name, which somebody on the link has")
	}
	r.zone = newZone(r.config, r.name, host)
	r.probe(now)
}

// mayGoOn counts a conflict, and gives up where there are too many.
func (r *responder) mayGoOn() bool {
	r.conflicts++
	//rule:announcement-conflicts-are-bounded
	if r.conflicts > maxConflicts {
		r.config.Log.Warn().Str("type", r.config.Type).Msg("not announced any more: others on the link claim every name")
		r.phase, r.next = lost, time.Time{}
		return false
	}
	return true
}

// hearProposal takes in that somebody wants records of these. Once the names are ours they
// are told so; before, one of the two waits (RFC 6762, section 8.2).
func (r *responder) hearProposal(proposed []record, o *outlet, now time.Time) {
	for _, side := range []struct {
		key  key
		ours set
	}{{r.zone.instance, r.proposed()}, {r.zone.host, setOf(hostFour, hostSix)}} {
		var theirs, ours []record
		for _, p := range proposed {
			if p.key == side.key {
				theirs = append(theirs, p)
			}
		}
		for k := range kinds {
			if side.ours.has(k) {
				ours = append(ours, r.zone.compared[k]...)
			}
		}
		slices.SortFunc(theirs, record.order)
		slices.SortFunc(ours, record.order)
		order := slices.CompareFunc(theirs, ours, record.order)
		switch {
		case len(theirs) == 0 || order == 0:
			continue
		//rule:announced-name-is-defended
		case r.phase == announced:
			o.want(side.ours, now, defenceSpacing)
		case r.phase == probing && order > 0:
			if r.mayGoOn() {
				r.probe(now.Add(afterDefeat))
			}
			return
		}
	}
}

// answer answers the questions of a packet: to everybody, or to the asker alone, if that is
// no daemon, or asks for it and the others know.
func (r *responder) answer(o *outlet, m message, from netip.AddrPort, now time.Time) {
	legacy := from.Port() != link.Port
	var alone set
	var echoes []dns.Question
	for _, q := range m.questions {
		s := r.zone.without(r.zone.answers(q), m.known)
		switch {
		case s == 0:
			continue
		case legacy:
			if len(echoes) < maxEchoes && !slices.Contains(echoes, q.asked) {
				alone, echoes = alone|s, append(echoes, q.asked)
			}
		case q.unicast && o.fresh(s, now):
			alone |= s
		default:
			at := now
			if s.has(pointer) || s.has(types) {
				at = at.Add(minDelay + rand.N(moreDelay))
			}
			o.want(s, at, spacing)
		}
	}
	if alone == 0 {
		return
	}
	change, reply := unchanged, response()
	if legacy {
		// Such an asker knows the answer by the id, and by the question (section 6.7).
		change, reply.Question = forLegacy, echoes
	}
	reply.Id = m.id
	reply.Answer = r.zone.all(alone, change)
	for tooLarge(&reply) && len(reply.Answer) > 1 {
		reply.Answer = reply.Answer[:len(reply.Answer)-1]
	}
	fill(&reply, r.zone.all(further(alone), change))
	if packet, err := reply.Pack(); err == nil && len(packet) <= maxPacket {
		o.reply(packet, from, now)
	}
}

// withdraw says that what was announced has gone (RFC 6762, section 10.1). That there is
// such a type is left alone: others may have one.
func (r *responder) withdraw() {
	//rule:announcement-is-withdrawn
	if r.phase == announced {
		for _, o := range r.outlets {
			o.multicast(pack(r.zone.all(setOf(pointer, service, text, hostFour, hostSix), goodbye), nil))
		}
	}
}

// numbered returns a name with a number behind it (RFC 6763, appendix D), of which so much
// is left that it fits.
func numbered(name string, number int) string {
	tail := fmt.Sprintf(" (%d)", number)
	for len(name)+len(tail) > maxName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name + tail
}
