package dial

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/internal/netns"
)

// notPrivate refuses private addresses.
type notPrivate struct{}

func (notPrivate) Judge(_ context.Context, _ Target, at netip.AddrPort) error {
	if at.Addr().IsPrivate() {
		return fault.ErrAddress
	}
	return nil
}

// Without a way to the addresses that are known, UDP waits for those that come late, as
// TCP does.
func TestLateAddressesAreUsedForUDP(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	nowhere, here := netip.MustParseAddr("2606:2800:220::14"), netip.MustParseAddr("127.0.0.1")
	to := Target{Network: "udp", Host: host(t, "half.example"), Port: 8080}
	for what, c := range map[string]struct {
		late []netip.Addr
		want error
	}{
		"one that can be reached": {[]netip.Addr{here}, nil},
		"behind another":          {[]netip.Addr{nowhere, here}, nil},
		"nothing":                 {nil, fault.ErrUnreachable},
		"one that cannot":         {[]netip.Addr{nowhere}, fault.ErrUnreachable},
		"too many that cannot":    {append(slices.Repeat([]netip.Addr{nowhere}, maxAttempts-1), here), fault.ErrUnreachable},
		"one that is refused":     {[]netip.Addr{here, netip.MustParseAddr("10.0.0.5")}, fault.ErrAddress},
	} {
		resolver := &halves{first: nowhere, tell: make(chan []netip.Addr)}
		go func() { resolver.tell <- c.late }()
		conn, err := (&Dialer{Rules: notPrivate{}, Resolver: resolver}).UDP(t.Context(), to, Options{})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil {
			conn.Close()
		}
	}
}
