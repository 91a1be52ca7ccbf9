package session_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portside/portside/nativehost/address"
	"github.com/portside/portside/nativehost/discover"
	"github.com/portside/portside/nativehost/fault"
	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/nativehost/session"
	"github.com/portside/portside/protocol"
)

func looking(id int64) protocol.ResolveBrowseParams {
	return protocol.ResolveBrowseParams{BrowseID: id, Origin: "https://page.example", Protocol: "tcp", Port: 631, Timeout: 60_000}
}

// devices tells of so many devices at once, then waits for the end as a real search
// does.
func devices(n int, under *atomic.Int32) func(*discover.Browser, context.Context, discover.Query, func(discover.Device)) error {
	return func(_ *discover.Browser, ctx context.Context, q discover.Query, found func(discover.Device)) error {
		under.Add(1)
		defer under.Add(-1)
		host, err := address.ParseHost("printer.local")
		if err != nil {
			return err
		}
		for i := range n {
			found(discover.Device{Name: fmt.Sprintf("Printer %d", i), Service: "_ipp._" + q.Protocol, Host: host, Address: netip.MustParseAddr("10.0.0.9")})
		}
		<-ctx.Done()
		return nil
	}
}

// browsed waits until devices are told.
func browsed(b *hosttest.Broker, n int) {
	b.T.Helper()
	b.Wait("devices", func() bool { return len(b.Found) == n })
}

func TestBrowse(t *testing.T) {
	var under atomic.Int32
	b := hosttest.Start(t, hosttest.Options{Browse: devices(3, &under)})
	b.Mu.Lock()
	b.Remember = true
	b.Mu.Unlock()
	browse := b.Ask(protocol.MethodResolveBrowse, looking(7))
	browsed(b, 3)
	want := protocol.ResolveFoundParams{BrowseID: 7, Name: "Printer 2", Service: "_ipp._tcp", Host: "printer.local", Address: "10.0.0.9"}
	if b.Found[2] != want {
		t.Errorf("%+v", b.Found[2])
	}
	// Its id is taken until it is answered; others are not.
	hosttest.WantCode(t, b.Answer(b.Ask(protocol.MethodResolveBrowse, looking(7))), protocol.CodeInvalidRequest)
	other := b.Ask(protocol.MethodResolveBrowse, looking(8))
	browsed(b, 6)

	// Stopping answers the browse first, at once and once, and every stop.
	began := time.Now()
	stops := []int64{b.Ask(protocol.MethodResolveStop, protocol.ResolveStopParams{BrowseID: 7}), b.Ask(protocol.MethodResolveStop, protocol.ResolveStopParams{BrowseID: 7})}
	for _, id := range stops {
		b.WantResult(protocol.MethodResolveStop, b.Answer(id), nil)
	}
	var result protocol.ResolveBrowseResult
	b.WantResult(protocol.MethodResolveBrowse, b.Answer(browse), &result)
	if result.Found != 3 || time.Since(began) > time.Second {
		t.Errorf("%+v after %v", result, time.Since(began))
	}
	b.Mu.Lock()
	sequence := strings.Join(b.Sequence, ", ")
	b.Mu.Unlock()
	answers := fmt.Sprintf("answer %d, answer %d", browse, stops[0])
	if !strings.Contains(sequence, answers) && !strings.Contains(sequence, fmt.Sprintf("answer %d, answer %d", browse, stops[1])) {
		t.Errorf("%s does not have %s", sequence, answers)
	}
	if last := strings.LastIndex(sequence, "found 7"); last > strings.Index(sequence, fmt.Sprintf("answer %d", browse)) {
		t.Errorf("a device came after the answer: %s", sequence)
	}
	// There is nothing wrong with stopping what is over, or never was; the id may come back.
	b.MustCall(protocol.MethodResolveStop, protocol.ResolveStopParams{BrowseID: 7}, nil)
	b.MustCall(protocol.MethodResolveStop, protocol.ResolveStopParams{BrowseID: 99}, nil)

	// The time is over by itself.
	short := looking(9)
	short.Timeout = 150
	began = time.Now()
	b.MustCall(protocol.MethodResolveBrowse, short, &result)
	if took := time.Since(began); result.Found != 3 || took < 150*time.Millisecond || took > 2*time.Second {
		t.Errorf("%+v after %v", result, took)
	}
	// The end of the session ends the other, and answers it.
	b.In.Close()
	b.Wait("the end", func() bool { return b.Gone })
	if m, answered := b.Answers[other]; !answered || m.Error != nil || under.Load() != 0 {
		t.Errorf("%+v, %d under way", m, under.Load())
	}
}

func TestBrowsingsAreBounded(t *testing.T) {
	var under atomic.Int32
	b := hosttest.Start(t, hosttest.Options{Browse: devices(1, &under)})
	for id := range int64(session.MaxBrowsings) {
		b.Ask(protocol.MethodResolveBrowse, looking(id+1))
	}
	browsed(b, session.MaxBrowsings)
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodResolveBrowse, looking(50))), "NotAllowedError", "limit")
	b.MustCall(protocol.MethodResolveStop, protocol.ResolveStopParams{BrowseID: 1}, nil)
	b.Ask(protocol.MethodResolveBrowse, looking(51))
	browsed(b, session.MaxBrowsings+1)
	if under.Load() != session.MaxBrowsings {
		t.Errorf("%d are under way", under.Load())
	}
}

// What would be of no use is not looked for, and what is not wanted any more ends.
func TestBrowseIsPutBeforeTheRules(t *testing.T) {
	for what, c := range map[string]struct {
		policy string
		change func(*protocol.ResolveBrowseParams)
		reason string
	}{
		"forbidden":       {`{"discovery": false}`, nil, "policy"},
		"switched off":    {`{"enabled": false}`, nil, "policy"},
		"origin blocked":  {`{"blockedOrigins": ["https://page.example"]}`, nil, "policy"},
		"port not listed": {`{"allowedDestinations": [{"ports": ["22"]}]}`, nil, "policy"},
		"TLS only":        {`{"allowedDestinations": [{"tlsOnly": true}]}`, nil, "policy"},
		"insecure":        {"", func(p *protocol.ResolveBrowseParams) { p.Origin = "http://page.example" }, "origin"},
	} {
		t.Run(what, func(t *testing.T) {
			var calls atomic.Int32
			b := hosttest.Start(t, hosttest.Options{Policy: c.policy, Browse: func(*discover.Browser, context.Context, discover.Query, func(discover.Device)) error {
				calls.Add(1)
				return nil
			}})
			p := looking(1)
			if c.change != nil {
				c.change(&p)
			}
			hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodResolveBrowse, p)), "NotAllowedError", c.reason)
			if calls.Load() != 0 {
				t.Error("it was looked for")
			}
		})
	}
	var under atomic.Int32
	b := hosttest.Start(t, hosttest.Options{Browse: devices(1, &under)})
	id := b.Ask(protocol.MethodResolveBrowse, looking(1))
	browsed(b, 1)
	b.Managed(`{"discovery": false}`)
	hosttest.WantFailure(t, b.Answer(id), "NotAllowedError", "policy")

	// Why it cannot be done is told.
	b = hosttest.Start(t, hosttest.Options{Browse: func(*discover.Browser, context.Context, discover.Query, func(discover.Device)) error {
		return fault.ErrUnreachable
	}})
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodResolveBrowse, looking(1))), "NetworkError", "unreachable")
}

// Each device is put before the rules that stand when it is found, as if the user had
// picked it already.
func TestDevicesArePutBeforeTheRules(t *testing.T) {
	asked := make(chan []bool)
	b := hosttest.Start(t, hosttest.Options{
		Policy: `{"blockedDestinations": [{"cidr": "10.0.0.9"}, {"host": "blocked.local"}, {"host": "tls.local", "ports": ["631"]}]}`,
		Browse: func(browser *discover.Browser, ctx context.Context, _ discover.Query, _ func(discover.Device)) error {
			may := func(host, addr string) bool {
				h, err := address.ParseHost(host)
				if err != nil {
					t.Error(err)
				}
				return browser.May(h, netip.MustParseAddr(addr))
			}
			for {
				select {
				case asked <- []bool{
					may("printer.local", "10.0.0.8"), may("10.0.0.8", "10.0.0.8"), may("printer.local", "fe80::8%lo"),
					may("printer.local", "10.0.0.9"), may("10.0.0.9", "10.0.0.9"), may("blocked.local", "10.0.0.8"), may("tls.local", "10.0.0.8"),
					may("printer.local", "127.0.0.1"), may("printer.local", "224.0.0.1"), may("printer.example", "10.0.0.8"), may("10.0.0.8", "10.0.0.7"),
				}:
				case <-ctx.Done():
					return nil
				}
			}
		},
	})
	b.Ask(protocol.MethodResolveBrowse, looking(1))
	if got := <-asked; !slices.Equal(got, []bool{true, true, true, false, false, false, false, false, false, false, false}) {
		t.Errorf("%v", got)
	}
	b.Managed(`{"privateAddressEntry": false}`)
	<-asked
	if got := <-asked; slices.Contains(got, true) {
		t.Errorf("%v", got)
	}
}

// TLS from the first byte is what an administrator may ask for.
func TestBrowseWithTLS(t *testing.T) {
	var under atomic.Int32
	b := hosttest.Start(t, hosttest.Options{Policy: `{"allowedDestinations": [{"tlsOnly": true}]}`, Browse: devices(1, &under)})
	p := looking(1)
	p.Secure = true
	b.Ask(protocol.MethodResolveBrowse, p)
	browsed(b, 1)
}
