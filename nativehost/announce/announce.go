// Package announce tells a link of a socket that others may connect or send to, by DNS-based
// service discovery (RFC 6763) over multicast DNS (RFC 6762). It promises that
//
//   - it speaks on the one interface that it is given, and answers nobody but those on that
//     link;
//   - it tells of the announced socket and of nothing else: its type, name and text, its
//     port, and its addresses by a name that is made for the occasion, never the
//     computer's;
//   - it takes no name that somebody on the link has, and gives its own up to who has it
//     (RFC 6762, sections 8 and 9);
//   - what it sends is bounded in number and size, whatever it is asked;
//   - when it ends it says so to the link (section 10.1), and nothing of it remains; it ends
//     by itself when the interface has none of the addresses any more;
//   - a multicast DNS daemon of this computer goes on working.
//
// It does not promise that everybody on the link hears of it, or that others keep to the
// rules: anybody on a link may say that the name is theirs, and then it has another one, or
// none.
package announce

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/link"
)

const (
	// packetsPerSecond is how many packets are read from a link. A flood beyond that stays
	// with the system, which drops it.
	packetsPerSecond = 1000
	// lookEvery is how often it is looked whether the interface has the address still, at most.
	lookEvery = time.Second
)

// Config is what is announced, and where.
type Config struct {
	Interface net.Interface
	// Addrs are where the socket can be reached on that link, at most 8. Zones do not count.
	Addrs []netip.Addr
	Port  uint16
	// Type is such as "_http._tcp"; Name is for people, of 1 to 63 bytes; TXT has strings such
	// as "path=/", of at most 1,270 bytes together, one more counted for each. See Check.
	Type, Name string
	TXT        []string
	// Log hears what becomes of it, without the name. For private windows it is
	// zerolog.Nop().
	Log zerolog.Logger
}

// Announcement is one that goes on until it is stopped.
type Announcement struct {
	cancel context.CancelFunc
	ended  chan struct{}
	ready  chan struct{}
	mu     sync.Mutex // guards name
	name   string
}

// Start begins to announce, and goes on by itself until Stop is called or ctx ends. First
// the link is asked for three quarters of a second whether somebody has the name already.
// An error wraps ErrInvalid, or fault.ErrUnreachable where the interface has no multicast.
func Start(ctx context.Context, config Config) (*Announcement, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	members := link.Join(config.Interface, sorted(config.Addrs))
	if len(members) == 0 {
		return nil, fmt.Errorf("%w: no multicast on this link", fault.ErrUnreachable)
	}
	ctx, cancel := context.WithCancel(ctx)
	a := &Announcement{cancel: cancel, ended: make(chan struct{}), ready: make(chan struct{}), name: config.Name}
	go func() {
		defer close(a.ended)
		defer cancel()
		a.run(ctx, config, members)
	}()
	return a, nil
}

// Stop withdraws the announcement, and returns when nothing of it is left, at once. It may
// be called several times.
func (a *Announcement) Stop() {
	a.cancel()
	<-a.ended
}

// Announced is closed once the link has been told.
func (a *Announcement) Announced() <-chan struct{} { return a.ready }

// Name is what the socket is called on the link: the name that was asked for, or with
// " (2)" and so on behind it, if somebody has that one.
func (a *Announcement) Name() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.name
}

// heard is a message, and through which of the members it came.
type heard struct {
	member  int
	message message
	from    netip.AddrPort
}

func (a *Announcement) run(ctx context.Context, config Config, members []link.Member) {
	messages := make(chan heard)
	var readers sync.WaitGroup
	for i, m := range members {
		readers.Go(func() { listen(ctx, i, m, messages) })
	}
	outlets := make([]*outlet, len(members))
	for i, m := range members {
		outlets[i] = newOutlet(m.Send, m.SendTo)
	}
	r := newResponder(config, outlets, time.Now())
	// So it ends before the sockets do, whose readers it wakes.
	defer func() {
		r.withdraw()
		for _, m := range members {
			m.Close()
		}
		a.cancel()
		readers.Wait()
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var looked time.Time
	for {
		var h heard
		select {
		case h = <-messages:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		if now := time.Now(); now.Sub(looked) >= lookEvery {
			looked = now
			//rule:announcement-ends-with-its-address
			if !config.present() {
				config.Log.Info().Str("type", config.Type).Msg("not announced any more: the interface has lost the address")
				r.phase = lost
				return
			}
		}
		if h.from.IsValid() {
			r.hear(h.member, h.message, h.from, time.Now())
		}
		next, more := r.step(time.Now())
		a.note(r)
		if r.phase == lost {
			return
		}
		if more {
			timer.Reset(time.Until(next))
		} else {
			timer.Stop()
		}
	}
}

// note keeps what others may ask for.
func (a *Announcement) note(r *responder) {
	a.mu.Lock()
	a.name = r.name
	a.mu.Unlock()
	if r.phase == announced {
		select {
		case <-a.ready:
		default:
			close(a.ready)
		}
	}
}

// listen passes on what comes in from a link until that is closed or the context ends.
func listen(ctx context.Context, member int, m link.Member, messages chan<- heard) {
	buffer := make([]byte, link.MaxPacket+1)
	pace := rate.NewLimiter(packetsPerSecond, packetsPerSecond)
	for pace.Wait(ctx) == nil {
		packet, from, err := m.Receive(buffer)
		if err != nil {
			return
		}
		message, ok := parse(packet)
		if !ok {
			continue
		}
		select {
		case messages <- heard{member, message, from}:
		case <-ctx.Done():
			return
		}
	}
}

// present reports whether the interface still has one of the addresses. A computer that has
// moved to another network tells nobody there.
func (c *Config) present() bool {
	iface, err := net.InterfaceByIndex(c.Interface.Index)
	if err != nil || iface.Flags&net.FlagUp == 0 {
		return false
	}
	assigned, err := iface.Addrs()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(assigned, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		return err == nil && slices.Contains(sorted(c.Addrs), prefix.Addr().Unmap())
	})
}

// sorted returns the addresses without zones, each once.
func sorted(addrs []netip.Addr) []netip.Addr {
	var plain []netip.Addr
	for _, addr := range addrs {
		plain = append(plain, addr.Unmap().WithZone(""))
	}
	slices.SortFunc(plain, netip.Addr.Compare)
	return slices.Compact(plain)
}
