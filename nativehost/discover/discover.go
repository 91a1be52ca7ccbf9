// Package discover looks for devices nearby that offer a service, by DNS-based service
// discovery (RFC 6763) over multicast DNS. It promises that
//
//   - nothing is sent but questions, to the multicast addresses of this computer's own
//     links, so many and no more, whatever is answered; and none once Browse returns;
//   - only devices are told whose service is at the very port that was asked for, whose
//     name is fit to be shown, whose address is of the user's own network, and which
//     the rules let the user open;
//   - nobody who answers can make it keep or tell more than a bounded number of things.
//
// It does not promise that a device is what it says: anybody on a link may answer in
// anybody's place. Whoever is asked to pick one sees name and address, and what is
// picked is judged again when it is opened.
package discover

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/link"
)

const (
	// firstPause is between the first two questions for a type; each further pause is
	// twice as long (RFC 6762, section 5.2).
	firstPause = time.Second
	// stepEvery is how often the state is looked at.
	stepEvery = 100 * time.Millisecond
	// packetsPerSecond is how many packets are read from a link. A flood beyond that
	// stays with the system, which drops it.
	packetsPerSecond = 1000
)

// Query is what is looked for.
type Query struct {
	// Protocol is "tcp" or "udp".
	Protocol string
	Port     uint16
}

// Device is a device nearby.
type Device struct {
	// Name is what it calls itself: the device's own words, but fit to be shown, and of 1 to
	// 63 bytes.
	Name string
	// Service is its service type, such as "_ipp._tcp".
	Service string
	// Host is what to ask for when it is picked: its name below "local", or its address
	// where the name would not lead there.
	Host address.Host
	// Address is one of its addresses, without zone.
	Address netip.Addr
}

// Near knows this computer's place in the network. Package nearby has the real one.
type Near interface {
	// Class returns address.Never for an address that reaches everybody on a link,
	// address.Loopback for one of this computer, address.Private for one on a link of
	// its, and address.Public for all others.
	Class(addr netip.Addr) address.Class
}

// Browser looks for devices. Its fields are set before first use.
type Browser struct {
	Near Near
	// May reports whether the rules let the user open host, which has the address
	// addr. It must not block for long.
	May func(host address.Host, addr netip.Addr) bool
}

// Browse calls found with each device, once, as it is found, until ctx is done. It
// returns nil then, and fault.ErrUnreachable when there is no link on which anybody
// could be asked. Nothing of it remains afterwards.
func (b *Browser) Browse(ctx context.Context, query Query, found func(Device)) error {
	ctx, cancel := context.WithCancel(ctx)
	links := link.Open(ctx)
	if len(links) == 0 {
		cancel()
		return fmt.Errorf("%w: no link to ask", fault.ErrUnreachable)
	}
	// 0 is what a responder that does not know of RFC 6762, section 6.7, would answer.
	id := uint16(1 + rand.IntN(1<<16-1))
	answers := make(chan answer)
	var readers sync.WaitGroup
	for _, l := range links {
		readers.Go(func() { b.listen(ctx, l, id, answers) })
	}
	defer func() {
		cancel()
		for _, l := range links {
			l.Close()
		}
		readers.Wait()
	}()
	s := newSearch(b, query, func(questions question) {
		packet, err := questions.pack(id)
		if err != nil {
			return // it repeats a name that came in a packet, but cannot be in one
		}
		// A link that cannot be sent to has nobody who answers.
		for _, l := range links {
			_ = l.Send(packet)
		}
	}, found)
	ticker := time.NewTicker(stepEvery)
	defer ticker.Stop()
	s.step(time.Now())
	for {
		select {
		case a := <-answers:
			s.hear(a, time.Now())
		case now := <-ticker.C:
			s.step(now)
		case <-ctx.Done():
			return nil
		}
	}
}

// listen passes on the answers that come in on a link until it is closed or the context
// ends.
func (b *Browser) listen(ctx context.Context, l *link.Link, id uint16, answers chan<- answer) {
	buffer := make([]byte, link.MaxPacket+1)
	pace := rate.NewLimiter(packetsPerSecond, packetsPerSecond)
	for pace.Wait(ctx) == nil {
		packet, from, err := l.Receive(buffer)
		if err != nil {
			return
		}
		a, ok := parse(packet, id)
		if !ok {
			continue
		}
		a.zone, a.own = l.Zone(), b.isOwn(from)
		select {
		case answers <- a:
		case <-ctx.Done():
			return
		}
	}
}
