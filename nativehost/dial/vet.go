package dial

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/resolve"
	"github.com/portside/portside/nativehost/sockopt"
)

// refusal is what the rules said. It ends an attempt to open at once, whatever other
// addresses there are.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// vetted is a target whose addresses were judged, and the question for those that are
// still to come.
type vetted struct {
	// ctx ends with the question, and as soon as an address is refused.
	ctx context.Context
	// addresses are those that were known at once.
	addresses []netip.AddrPort
	// more gives those that came late and passed, and is closed when nothing more
	// comes. Nil: nothing comes.
	more chan []netip.AddrPort

	giveUp  context.CancelFunc
	refused error // once more is closed
}

// vet resolves the target, once, and puts every address it has before the rules. All
// pass, or none does: a name that has both public and private addresses is up to
// something, and which of them answers could be of its choosing. What comes late is
// judged when it comes; if it is refused, so is the target, whatever has been begun.
// Unless there is an error, end must follow.
func (d *Dialer) vet(ctx context.Context, target Target, options Options) (*vetted, error) {
	var resolver Resolver = &resolve.Resolver{}
	if d.Resolver != nil {
		resolver = d.Resolver
	}
	v := &vetted{}
	v.ctx, v.giveUp = context.WithCancel(ctx)
	answer, err := resolver.Ask(v.ctx, target.Host, options.DNSQueryType)
	if err == nil && len(answer.Addrs) == 0 {
		err = fmt.Errorf("%w: no address", fault.ErrDNS)
	}
	if err == nil {
		options.resolved(answer.Addrs)
		v.addresses, err = d.judgeAll(ctx, target, answer.Addrs)
	}
	if err != nil {
		v.giveUp()
		drain(answer.Late)
		return nil, err
	}
	if answer.Late != nil {
		v.more = make(chan []netip.AddrPort, 1)
		go func() {
			defer close(v.more)
			addrs := drain(answer.Late)
			if len(addrs) == 0 {
				return
			}
			options.resolved(addrs)
			//rule:late-addresses-are-judged
			late, err := d.judgeAll(ctx, target, addrs)
			if err != nil {
				//rule:late-refusal-ends-connection
				v.refused = err
				v.giveUp()
				return
			}
			v.more <- late
		}()
	}
	return v, nil
}

// resolved tells whoever wants to know.
func (o *Options) resolved(addrs []netip.Addr) {
	if o.Resolved != nil {
		o.Resolved(addrs)
	}
}

// drain waits for what comes by a channel until it is closed.
func drain(late <-chan []netip.Addr) []netip.Addr {
	var all []netip.Addr
	if late != nil {
		for addrs := range late {
			all = append(all, addrs...)
		}
	}
	return all
}

// judgeAll puts addresses before the rules, and returns them as destinations unless one
// is refused.
func (d *Dialer) judgeAll(ctx context.Context, target Target, addrs []netip.Addr) ([]netip.AddrPort, error) {
	var passed []netip.AddrPort
	for _, addr := range addrs {
		to := netip.AddrPortFrom(addr.Unmap(), target.Port)
		//rule:every-resolved-address-judged
		if err := d.judge(ctx, target, to); err != nil {
			//rule:one-refused-address-refuses-name
			return nil, err
		}
		passed = append(passed, to)
	}
	//rule:one-refused-address-refuses-name.2
	return passed, nil
}

// end gives the question up, and returns why the target is refused after all, if it is.
func (v *vetted) end() error {
	v.giveUp()
	if v.more != nil {
		for range v.more {
			continue
		}
	}
	return v.refused
}

func (d *Dialer) judge(ctx context.Context, target Target, to netip.AddrPort) error {
	if d.Rules == nil {
		return nil
	}
	if err := d.Rules.Judge(ctx, target, to); err != nil {
		return refusal{err}
	}
	return nil
}

// connect connects to a vetted address. The control hook looks at what the system is
// about to be asked for.
func (d *Dialer) connect(ctx context.Context, target Target, vetted netip.AddrPort, options Options) (net.Conn, error) {
	dialer := net.Dialer{
		// Go's own default is a probe after 15 seconds.
		KeepAlive: -1,
		ControlContext: func(ctx context.Context, network, text string, raw syscall.RawConn) error {
			actual, err := netip.ParseAddrPort(text)
			if err != nil || !same(actual, vetted) {
				return refusal{fmt.Errorf("%w: not the vetted one", fault.ErrAddress)}
			}
			//rule:control-hook-judges-again
			if err := d.judge(ctx, target, vetted); err != nil {
				return err
			}
			//rule:udp-route-checked-for-broadcast
			if target.Network == "udp" {
				if err := sockopt.ForbidBroadcast(raw); err != nil {
					return err
				}
			}
			if err := sockopt.SetTypeOfService(raw, network, options.TypeOfService); err != nil {
				return err
			}
			return sockopt.SetBuffers(raw, options.SendBuffer, options.ReceiveBuffer)
		},
	}
	//rule:dial-uses-judged-address
	return dialer.DialContext(ctx, target.Network, vetted.String())
}

// same reports whether two ways to write a destination mean the same one. The system
// knows zones by number and package net writes them by name.
func same(a, b netip.AddrPort) bool {
	return a.Port() == b.Port() &&
		//rule:control-hook-compares-address
		a.Addr().Unmap().WithZone("") == b.Addr().Unmap().WithZone("") &&
		zoneIndex(a.Addr().Zone()) == zoneIndex(b.Addr().Zone())
}

// zoneIndex returns the interface's number, 0 for no zone and -1 for an unknown one.
func zoneIndex(zone string) int {
	if zone == "" {
		return 0
	}
	if iface, err := net.InterfaceByName(zone); err == nil {
		return iface.Index
	}
	if index, err := strconv.Atoi(zone); err == nil && index > 0 {
		return index
	}
	return -1
}
