package dial

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"
)

const (
	// attemptDelay is how long an attempt to connect is alone (RFC 8305, section 8:
	// connection attempt delay).
	attemptDelay = 250 * time.Millisecond
	// maxAttempts bounds the connections that one request may begin, however many
	// addresses a name has: nobody shall use a page's visitors as a flood.
	maxAttempts = 8
	// lastPatience is how long addresses are waited for that have not come yet when
	// all others have failed.
	lastPatience = 2 * time.Second
)

// interleave orders addresses so that the families take turns, beginning with the
// first address's (RFC 8305, section 4, with a first address family count of 1). Each
// family keeps its order, which is the resolver's (RFC 6724).
func interleave(addresses []netip.AddrPort) []netip.AddrPort {
	var first, second []netip.AddrPort
	for _, to := range addresses {
		if to.Addr().Is4() == addresses[0].Addr().Is4() {
			first = append(first, to)
		} else {
			second = append(second, to)
		}
	}
	var ordered []netip.AddrPort
	for i := range max(len(first), len(second)) {
		ordered = append(ordered, first[min(i, len(first)):min(i+1, len(first))]...)
		ordered = append(ordered, second[min(i, len(second)):min(i+1, len(second))]...)
	}
	return ordered
}

type attempt struct {
	conn net.Conn
	err  error
}

// race connects to the addresses in their order (RFC 8305, section 5): the next one
// begins when the last one has failed, or has had attemptDelay. Addresses that come by
// more, unless it is nil, go before those that still wait. The first connection wins;
// the others are given up, closed and waited for. With no winner, the error is that of
// all attempts; a refusal ends the race by itself.
func race(ctx context.Context, addresses []netip.AddrPort, more <-chan []netip.AddrPort,
	connect func(context.Context, netip.AddrPort) (net.Conn, error),
) (net.Conn, error) {
	waiting := addresses
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan attempt)
	begun, running := 0, 0
	defer func() {
		cancel()
		for range running {
			if late := <-results; late.err == nil {
				late.conn.Close()
			}
		}
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	due := false // the next address may begin as soon as there is one
	last := make(<-chan time.Time)
	var failures []error
	for {
		//rule:addresses-tried-are-bounded
		waiting = waiting[:min(len(waiting), maxAttempts-begun)]
		if running == 0 && len(waiting) == 0 {
			if more == nil || begun == maxAttempts {
				return nil, errors.Join(failures...)
			}
			last = time.After(lastPatience)
		}
		select {
		case <-timer.C:
			if len(waiting) == 0 {
				due = true
				continue
			}
			due = false
			to := waiting[0]
			waiting = waiting[1:]
			begun++
			running++
			go func() {
				conn, err := connect(ctx, to)
				results <- attempt{conn, err}
			}()
			timer.Reset(attemptDelay)
		case ended := <-results:
			running--
			if ended.err == nil {
				return ended.conn, nil
			}
			failures = append(failures, ended.err)
			//rule:refusal-ends-the-race
			if refused := (refusal{}); errors.As(ended.err, &refused) {
				return nil, ended.err
			}
			timer.Reset(0)
		case late, open := <-more:
			if !open {
				more = nil
				continue
			}
			waiting = interleave(append(late, waiting...))
			if due {
				timer.Reset(0)
			}
		case <-last:
			more = nil
		}
	}
}
