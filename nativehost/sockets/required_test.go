package sockets_test

import (
	"errors"
	"io"
	"testing"

	"github.com/rs/zerolog"

	"github.com/portside/portside/nativehost/audit"
	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

// While the audit log that an administrator requires takes no lines nothing is opened, and
// nobody is asked about what would not open.
func TestRequiredAudit(t *testing.T) {
	state := t.TempDir()
	log := audit.Open(audit.Surroundings{
		Getenv:      func(name string) string { return map[string]string{"PORTSIDE_STATE_DIR": state}[name] },
		Diagnostics: zerolog.Nop(),
		Journal:     func() (io.WriteCloser, error) { return nil, errors.New("nobody is there") },
	}, audit.NewSession(), audit.Settings{Sink: audit.Journal, Required: true})
	defer log.Close()
	b := hosttest.Start(t, hosttest.Options{AuditLog: log})
	p := b.TCP(hosttest.Serve(t, nil))
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPOpen, p)), "NotAllowedError", "policy")
	listening := protocol.TCPListenParams{LocalRequest: protocol.LocalRequest{
		SocketID: 4242, Origin: p.Origin, Document: p.Document, LocalAddress: "127.0.0.1", Reach: "computer",
	}}
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPListen, listening)), "NotAllowedError", "policy")
	var judged protocol.PolicyJudgeResult
	b.MustCall(protocol.MethodPolicyJudge, protocol.PolicyJudgeParams{Origin: p.Origin, Protocol: "tcp", Host: "h.example", Port: 1}, &judged)
	if judged.Allowed || judged.Reason != "policy" {
		t.Errorf("%+v", judged)
	}
}
