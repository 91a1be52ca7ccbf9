package sockets_test

import (
	"testing"

	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

// An extension that goes by what the rules said before has its open say so: where they say
// something else by now, nothing is opened, and nothing is counted or written.
func TestOpenNeedsItsVerdict(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{})
	port := hosttest.Serve(t, hosttest.Echo)
	verdict := func() string {
		t.Helper()
		said := b.Judged("127.0.0.1", int64(port), true)
		if said.Verdict == "" {
			t.Fatal("the verdict has no name")
		}
		return said.Verdict
	}
	before := verdict()
	if again := verdict(); again != before {
		t.Errorf("the same verdict has two names: %s, %s", before, again)
	}
	open := func(verdict string) hosttest.Message {
		p := b.TCP(port)
		p.UserEntered, p.Verdict = true, verdict
		return b.Answer(b.Ask(protocol.MethodTCPOpen, p))
	}
	b.WantResult(protocol.MethodTCPOpen, open(before), nil)

	lines := len(b.Audit.All())
	b.Managed(`{"cspRule": "require-eval-blocked"}`)
	hosttest.WantCode(t, open(before), protocol.CodeVerdict)
	p := protocol.UDPOpenParams{OpenRequest: b.TCP(port).OpenRequest}
	p.UserEntered, p.Verdict = true, before
	hosttest.WantCode(t, b.Answer(b.Ask(protocol.MethodUDPOpen, p)), protocol.CodeVerdict)
	if now := len(b.Audit.All()); now != lines {
		t.Errorf("%d lines more in the audit log", now-lines)
	}
	after := verdict()
	if after == before {
		t.Error("two verdicts have one name")
	}
	b.WantResult(protocol.MethodTCPOpen, open(after), nil)
	// By what was only said of what the user has not entered nothing is opened that they have.
	hosttest.WantCode(t, open(b.Judged("127.0.0.1", int64(port), false).Verdict), protocol.CodeVerdict)
	hosttest.WantCode(t, open("AAAAAAAAAAAAAAAAAAAAAA"), protocol.CodeVerdict)
}

// Extensions of versions before 4 know no such member, and would not take an answer with it.
func TestVerdictsHaveNamesSinceVersion4(t *testing.T) {
	b := hosttest.Start(t, hosttest.Options{Silent: true})
	b.MustCall(protocol.MethodHello, protocol.HelloParams{ProtocolVersion: 3, OldestVersion: 2, ExtensionVersion: "test"}, nil)
	if said := b.Judged("127.0.0.1", 80, true); said.Verdict != "" {
		t.Errorf("the verdict has the name %s", said.Verdict)
	}
}
