package discover

import (
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"github.com/portside/portside/nativehost/address"
)

const (
	// maxDevices are told.
	maxDevices = 100
	// maxTypes are asked for.
	maxTypes = 64
	// maxInstances, and maxTargets that they are at, are kept in mind.
	maxInstances, maxTargets = 512, 512
	// maxAddrs of a target are kept.
	maxAddrs = 8
	// maxTold hosts of one instance are told. One has one, unless several claim it.
	maxTold = 4
	// maxFollowUps are asked for what answers left open, in all, and about one name.
	maxFollowUps, maxAsked = 256, 2
	// settleAfter is how long further answers may take before the ones that are there
	// count. Responders wait up to 120 ms (RFC 6762, section 6).
	settleAfter = 200 * time.Millisecond
)

// search is what is known in the course of one Browse. It belongs to one goroutine. It
// knows no sockets, and its clock is given to it.
type search struct {
	browser *Browser
	query   Query
	ask     func(question)
	found   func(Device)

	// types are asked for, by the canonical name that is asked; instances are of them,
	// targets where those are, each by its canonical name.
	types     map[string]*asked
	instances map[string]*instance
	targets   map[string]*target

	next      time.Time
	pause     time.Duration
	rounds    int
	followUps int
	told      map[deviceKey]struct{}
}

// asked is a name that is asked for.
type asked struct {
	name    string // as it was spelled
	service string // the type, such as "_ipp._tcp"
	times   int
}

// instance is a service that somebody offers.
type instance struct {
	asked
	known time.Time
	// placed: somebody has said where it is. targets are where it is at the port that
	// was asked for.
	placed  bool
	targets []*target
}

// target is a host that offers a service at the port that was asked for.
type target struct {
	asked
	since  time.Time
	claims []claim
	// stale is set by a claim that was not judged yet.
	stale  bool
	choice choice
}

// claim is an address that somebody said a target has.
type claim struct {
	addr netip.Addr
	own  bool
}

type deviceKey struct {
	name, service string
	host          address.Host
}

func newSearch(b *Browser, q Query, ask func(question), found func(Device)) *search {
	s := &search{
		browser: b, query: q, ask: ask, found: found, pause: firstPause,
		types: map[string]*asked{}, instances: map[string]*instance{}, targets: map[string]*target{}, told: map[deviceKey]struct{}{},
	}
	names := services[where{q.Protocol, q.Port}]
	for _, service := range names {
		s.addType(service)
	}
	if len(names) == 0 {
		s.addType(allTypes)
	}
	return s
}

// addType asks for a type from the next step on.
func (s *search) addType(service string) {
	name := service + ".local."
	if s.types[name] == nil && /*rule:device-types-are-bounded*/ len(s.types) < maxTypes {
		s.types[name] = &asked{name: name, service: service}
	}
}

// step asks what is due, and tells what is known.
func (s *search) step(now time.Time) {
	if !now.Before(s.next) {
		//rule:device-search-slows-down
		s.next, s.pause = now.Add(s.pause), 2*s.pause
		s.rounds++
	}
	for _, t := range s.types {
		if t.times < s.rounds {
			// Which round it is for a type that was heard of later makes no difference.
			t.times = s.rounds
			s.ask(question{t.name, []uint16{dns.TypePTR}, s.rounds > 1})
		}
	}
	for _, i := range s.instances {
		if !i.placed {
			s.followUp(&i.asked, i.known, now, dns.TypeSRV)
		}
	}
	for _, t := range s.targets {
		if len(t.claims) == 0 && isLocal(t.name) {
			s.followUp(&t.asked, t.since, now, dns.TypeA, dns.TypeAAAA)
		}
	}
	for _, i := range s.instances {
		s.tell(i, now)
	}
}

// followUp asks for what an answer left open. Responders may leave out what does not
// belong to the question, and packets get lost.
func (s *search) followUp(a *asked, since, now time.Time, types ...uint16) {
	if a.times >= maxAsked ||
		//rule:device-follow-ups-are-bounded
		s.followUps >= maxFollowUps || now.Sub(since) < settleAfter+time.Duration(a.times)*firstPause {
		return
	}
	a.times++
	s.followUps++
	s.ask(question{a.name, types, a.times > 1})
}

// hear takes in an answer. What nobody asked for is not kept.
func (s *search) hear(a answer, now time.Time) {
	for _, p := range a.pointers {
		if t := s.types[lower(p.name)]; t != nil {
			s.hearOf(t, p.to, now)
		}
	}
	for _, v := range a.services {
		i := s.instances[lower(v.name)]
		if i == nil {
			continue
		}
		i.placed = true
		//rule:device-at-requested-port
		if v.port == s.query.Port {
			s.place(i, v.target, now)
		}
	}
	for _, h := range a.hosts {
		t := s.targets[lower(h.name)]
		if t == nil {
			continue
		}
		c := claim{h.addr, a.own}
		if c.addr.Is6() && c.addr.IsLinkLocalUnicast() && !c.addr.Is4In6() {
			c.addr = c.addr.WithZone(a.zone)
		}
		if len(t.claims) < maxAddrs && !slices.Contains(t.claims, c) {
			t.claims = append(t.claims, c)
			t.since, t.stale = now, true
		}
	}
}

// hearOf takes in that a type has an instance, or that there is a type.
func (s *search) hearOf(t *asked, name string, now time.Time) {
	parts := labels(name)
	if t.service == allTypes {
		if len(parts) == 3 && lower(parts[2]) == "local" {
			if service, ok := serviceType(parts[:2], s.query.Protocol); ok {
				s.addType(service)
			}
		}
		return
	}
	// One label, then the type and the domain (RFC 6763, section 4.1).
	if len(parts) != 4 || lower(parts[3]) != "local" {
		return
	}
	if service, ok := serviceType(parts[1:3], s.query.Protocol); !ok ||
		//rule:device-of-requested-type
		service != t.service {
		return
	}
	key := lower(name)
	if s.instances[key] == nil && /*rule:device-instances-are-bounded*/ len(s.instances) < maxInstances {
		s.instances[key] = &instance{asked: asked{name: name, service: t.service}, known: now}
	}
}

// place takes in where an instance is.
func (s *search) place(i *instance, name string, now time.Time) {
	key := lower(name)
	t := s.targets[key]
	if t == nil {
		if len(s.targets) >= maxTargets || name == "." || name == "" {
			return
		}
		t = &target{asked: asked{name: name}, since: now}
		s.targets[key] = t
	}
	if len(i.targets) < maxTold && !slices.Contains(i.targets, t) {
		i.targets = append(i.targets, t)
	}
}

// tell tells of an instance whose addresses are known.
func (s *search) tell(i *instance, now time.Time) {
	for _, t := range i.targets {
		if len(t.claims) == 0 || now.Sub(t.since) < settleAfter ||
			//rule:devices-told-are-bounded
			len(s.told) >= maxDevices {
			continue
		}
		if t.stale {
			t.stale = false
			t.choice = s.browser.choose(t.name, t.claims)
		}
		if !t.choice.ok {
			continue
		}
		d := Device{Name: deviceName(i.name, t), Service: i.service, Host: t.choice.host, Address: t.choice.shown}
		key := deviceKey{d.Name, d.Service, d.Host}
		if _, known := s.told[key]; !known {
			s.told[key] = struct{}{}
			s.found(d)
		}
	}
}
