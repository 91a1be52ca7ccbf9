package resolve

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/link"
)

// How long a question to the link takes. RFC 6762 has responders wait up to 120 ms,
// and up to 500 ms if the answer might be split (section 6).
const (
	linkPatience = 1500 * time.Millisecond
	// repeatAfter is when the question is asked again, since multicast gets lost.
	repeatAfter = 300 * time.Millisecond
	// settleAfter is how long the other family and other responders may take after
	// the first answer.
	settleAfter = 150 * time.Millisecond
	// maxFound bounds the addresses of one name.
	maxFound = 16
	// maxPackets is how many packets are read on a link for one question.
	maxPackets = 256
)

// askLink asks all links for a name by a one-shot multicast DNS query (RFC 6762,
// section 5.1).
func askLink(ctx context.Context, host address.Host, family Family) ([]netip.Addr, error) {
	// 0 is what a responder that does not know of section 6.7 would answer.
	q, err := newQuestion(uint16(1+rand.IntN(1<<16-1)), host, family)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fault.ErrDNS, err)
	}
	first, err := q.pack(false)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fault.ErrDNS, err)
	}
	second, err := q.pack(true)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fault.ErrDNS, err)
	}
	ctx, cancel := context.WithTimeout(ctx, linkPatience)
	defer cancel()
	links := link.Open(ctx)
	if len(links) == 0 {
		return nil, fmt.Errorf("%w: no link to ask", fault.ErrDNS)
	}
	answers := make(chan netip.Addr)
	var readers sync.WaitGroup
	for _, l := range links {
		readers.Go(func() { listen(ctx, l, q, answers) })
	}
	defer func() {
		cancel()
		for _, l := range links {
			l.Close()
		}
		readers.Wait()
	}()
	send := func(packet []byte) {
		// A link that cannot be sent to has nobody who answers.
		for _, l := range links {
			_ = l.Send(packet)
		}
	}
	send(first)
	return gather(ctx, answers, func() { send(second) })
}

// listen passes on the addresses in good answers until the link is closed or the
// context ends.
func listen(ctx context.Context, l *link.Link, q question, answers chan<- netip.Addr) {
	buffer := make([]byte, link.MaxPacket+1)
	for range maxPackets {
		packet, _, err := l.Receive(buffer)
		if err != nil {
			return
		}
		for _, addr := range q.answers(packet) {
			if addr.Is6() && !addr.Is4In6() && addr.IsLinkLocalUnicast() {
				addr = addr.WithZone(l.Zone())
			}
			select {
			case answers <- addr:
			case <-ctx.Done():
				return
			}
		}
	}
}

// gather takes answers until some time after the first one, or until the context
// ends. It calls again once if there is none for a while.
func gather(ctx context.Context, answers <-chan netip.Addr, again func()) ([]netip.Addr, error) {
	var found []netip.Addr
	repeat := time.NewTimer(repeatAfter)
	defer repeat.Stop()
	var settled <-chan time.Time
	for {
		select {
		case addr := <-answers:
			if settled == nil {
				settle := time.NewTimer(settleAfter)
				defer settle.Stop()
				settled = settle.C
				repeat.Stop()
			}
			if !slices.Contains(found, addr) {
				found = append(found, addr)
			}
			if len(found) < maxFound {
				continue
			}
		case <-repeat.C:
			again()
			continue
		case <-settled:
		case <-ctx.Done():
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%w: nobody on the link has this name", fault.ErrDNS)
		}
		slices.SortFunc(found, preference)
		return found, nil
	}
}

// preference orders addresses of the link: IPv4 before unique local IPv6 as RFC 6724
// has it (section 2.1), link-local IPv6 last, since not every program listens there.
func preference(a, b netip.Addr) int {
	rank := func(addr netip.Addr) int {
		switch {
		case addr.Is4():
			return 0
		case addr.IsLinkLocalUnicast():
			return 2
		default:
			return 1
		}
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	return a.Compare(b)
}
