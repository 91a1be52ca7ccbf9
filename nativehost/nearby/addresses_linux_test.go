package nearby

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/internal/netns"
)

func TestAddresses(t *testing.T) {
	if !netns.Enter(t) {
		return
	}
	campus(t)
	netns.Run(t, "ip", netns.AddAddr("10.9.8.7/32", "lo")...) // twice, and told once
	list, err := Addresses()
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, at := range list {
		text := at.Addr.String()
		if at.Addr.Zone() != "" {
			if at.Addr.Zone() != at.Interface {
				t.Errorf("%+v", at)
			}
			text = "link-local"
		}
		told = append(told, fmt.Sprint(text, " ", at.Interface))
		iface, err := net.InterfaceByIndex(at.Index)
		if err != nil || iface.Name != at.Interface || at.Flags&net.FlagUp == 0 || at.Loopback() != (at.Interface == "lo") {
			t.Errorf("%+v: %+v, %v", at, iface, err)
		}
	}
	// Whoever has bound one of them gets it; off0 is down.
	const want = "93.184.220.7 lan0, 10.9.8.7 lan0, 23.1.2.7 lan0, 127.0.0.1 lo, 93.184.230.0 lo, 93.184.231.7 lo, " +
		"2606:2800:221::7 lan0, 2606:2800:220::7 lan0, 2606:2800:231::7 lo, ::1 lo, link-local lan0"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, at := range list {
		listener, err := net.Listen("tcp", net.JoinHostPort(at.Addr.String(), "0"))
		if err != nil {
			t.Errorf("%v: %v", at.Addr, err)
			continue
		}
		listener.Close()
	}
	netns.Run(t, "ip", "link", "set", "lan0", "down")
	netns.Until(t, "an interface that is down is not told", func() bool {
		list, err := Addresses()
		for _, at := range list {
			if at.Interface == "lan0" {
				return false
			}
		}
		return err == nil
	})
}
