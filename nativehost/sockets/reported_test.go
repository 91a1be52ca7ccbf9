package sockets_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

// What a policy on trial would refuse opens, and the audit log says which setting would
// have refused it; of a private window only that one would.
func TestReportedRefusals(t *testing.T) {
	peer := hosttest.Serve(t, hosttest.Echo)
	b := hosttest.Start(t, hosttest.Options{Policy: `{"reportOnly": true, "blockedOrigins": ["*"], "remember": false}`})
	lines := func(event string) (list []string) {
		for _, line := range b.Audit.All() {
			if strings.Contains(line, `"event":"`+event+`"`) {
				list = append(list, line)
			}
		}
		return list
	}
	b.Open(peer, nil)
	b.Wait("a line about it", func() bool { return len(lines("report")) == 1 })
	if line := lines("report")[0]; !strings.Contains(line, `"would":"refuse","rule":"managed storage: blockedOrigins[0]"`) || !strings.Contains(line, `"port":`+strconv.Itoa(peer)) {
		t.Error(line)
	}
	b.Open(peer, func(p *protocol.TCPOpenParams, _ *hosttest.Remote) { p.Private = true })
	b.Wait("a line about the private one", func() bool { return len(lines("report")) == 2 })
	if line := lines("report")[1]; strings.Contains(line, "rule") || strings.Contains(line, "origin") {
		t.Errorf("of a private window: %s", line)
	}

	listener, at := b.Listen(nil)
	b.Wait("a line about the listener", func() bool { return len(lines("report")) == 3 })
	b.Visit(at)
	b.Accept(listener)
	b.Wait("a line about who has connected", func() bool { return len(lines("report")) == 4 && len(lines("accept")) == 1 })

	const closed = 1
	if answer := b.Answer(b.Ask(protocol.MethodTCPOpen, b.TCP(closed))); answer.Error == nil {
		t.Fatal("it opened")
	}
	b.Wait("a line about one that failed", func() bool { return len(lines("report")) == 5 })

	// Without such a policy there are no such lines.
	b.Managed(`{"remember": false}`)
	b.Open(peer, nil)
	b.Wait("another line", func() bool { return len(lines("open")) == 3 })
	b.Managed(`{"blockedOrigins": ["*"]}`)
	if answer := b.Answer(b.Ask(protocol.MethodTCPOpen, b.TCP(peer))); answer.Error == nil {
		t.Error("a policy that is not on trial refuses nothing")
	}
	if got := len(lines("report")); got != 5 {
		t.Errorf("%d lines", got)
	}
}
