package sockets_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/nativehost/internal/hosttest"
	"github.com/portside/portside/protocol"
)

// Where an administrator asks for TLS, it is TLS with the destination itself: not with
// whoever has a certificate that the page lists, nor with another name's owner.
func TestTLSOnlyIsAuthenticated(t *testing.T) {
	roots, config := hosttest.SecureWorld(t)
	peer := hosttest.Serve(t, func(c *net.TCPConn) {
		s := tls.Server(c, config)
		_, _ = io.Copy(s, s)
	})
	b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots},
		Policy: `{"allowedDestinations": [{"host": "localhost", "tlsOnly": true, "prompt": "skip"}]}`})
	hash := sha256.Sum256(config.Certificates[0].Certificate[0])
	pins := []protocol.CertificateHash{{Algorithm: "sha-256", Value: base64.StdEncoding.EncodeToString(hash[:])}}
	answers := map[string]int64{}
	cases := map[string]struct {
		host, transport string
		tls             *protocol.TLSOptions
		reason          string
	}{
		"verified for the host":        {"localhost", "on", nil, ""},
		"the host's own name":          {"localhost", "on", &protocol.TLSOptions{ServerName: "LocalHost."}, ""},
		"pinned":                       {"localhost", "on", &protocol.TLSOptions{ServerCertificateHashes: pins}, "policy"},
		"pinned, with the host's name": {"localhost", "on", &protocol.TLSOptions{ServerName: "localhost", ServerCertificateHashes: pins}, "policy"},
		"another name":                 {"localhost", "on", &protocol.TLSOptions{ServerName: "evil.example"}, "policy"},
		"plain":                        {"localhost", "off", nil, "policy"},
		"plain so far":                 {"localhost", "starttls", nil, "policy"},
	}
	for what, c := range cases {
		p := b.TCP(peer)
		p.Host, p.SecureTransport, p.TLS = c.host, c.transport, c.tls
		answers[what] = b.Ask(protocol.MethodTCPOpen, p)
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			answer := b.Answer(answers[what])
			if c.reason != "" {
				hosttest.WantFailure(t, answer, "NotAllowedError", c.reason)
			} else if answer.Error != nil {
				t.Errorf("%+v", answer.Error)
			}
		})
	}
	opened := 0
	for _, line := range b.Audit.All() {
		if strings.Contains(line, `"event":"open"`) {
			opened++
			if !strings.Contains(line, `"trust":"roots","verifiedName":"localhost"`) {
				t.Errorf("the audit log says %s", line)
			}
		}
	}
	if opened != 2 {
		t.Errorf("%d sockets opened", opened)
	}
	b.Managed(`{"allowedDestinations": [{"host": "localhost", "tls": "pinned", "prompt": "skip"}]}`)
	p := b.TCP(peer)
	p.Host, p.SecureTransport, p.TLS = "localhost", "on", &protocol.TLSOptions{ServerCertificateHashes: pins}
	b.MustCall(protocol.MethodTCPOpen, p, nil)
	p = b.TCP(peer)
	p.Host, p.SecureTransport = "localhost", "on"
	hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPOpen, p)), "NotAllowedError", "policy")
}

// Whatever the extension says of itself, the host puts each open before the rules.
func TestOpenIsPutBeforeTheRules(t *testing.T) {
	for _, c := range []struct {
		what, policy string
		change       func(*protocol.TCPOpenParams)
		reason       string
	}{
		{"not entered", "", func(p *protocol.TCPOpenParams) { p.UserEntered = false }, "address"},
		{"localhost, not entered", "", func(p *protocol.TCPOpenParams) { p.Host, p.UserEntered = "localhost", false }, "address"},
		{"watched port", "", func(p *protocol.TCPOpenParams) { p.Host, p.Port = "sip.example.org", 5060 }, "risk"},
		{"origin blocked", `{"blockedOrigins": ["https://page.example"]}`, func(*protocol.TCPOpenParams) {}, "policy"},
		{"switched off", `{"enabled": false}`, func(*protocol.TCPOpenParams) {}, "policy"},
		{"TLS only", `{"allowedDestinations": [{"host": "*", "tlsOnly": true}]}`, func(*protocol.TCPOpenParams) {}, "policy"},
		{"entry forbidden", `{"privateAddressEntry": false}`, func(*protocol.TCPOpenParams) {}, "policy"},
	} {
		t.Run(c.what, func(t *testing.T) {
			peer := hosttest.Serve(t, hosttest.Echo)
			b := hosttest.Start(t, hosttest.Options{Policy: c.policy})
			p := b.TCP(peer)
			p.Origin = "https://page.example"
			c.change(&p)
			hosttest.WantFailure(t, b.Answer(b.Ask(protocol.MethodTCPOpen, p)), "NotAllowedError", c.reason)
		})
	}
}

// A policy that comes while sockets are open ends those that it forbids, and no
// others.
func TestNewPolicyEndsSockets(t *testing.T) {
	stays, goes := hosttest.Serve(t, hosttest.Echo), hosttest.Serve(t, hosttest.Echo)
	b := hosttest.Start(t, hosttest.Options{})
	kept, _ := b.Open(stays, nil)
	lost, _ := b.Open(goes, nil)
	b.Managed(fmt.Sprintf(`{"blockedDestinations": [{"cidr": "127.0.0.0/8", "ports": ["%d"]}]}`, goes))
	if last := b.WantClosed(lost, "NotAllowedError", "policy"); !strings.Contains(last.By, "blockedDestinations") {
		t.Errorf("closed by %q", last.By)
	}
	b.WantAlive(kept)
	refused := b.Answer(b.Ask(protocol.MethodTCPOpen, b.TCP(goes)))
	hosttest.WantFailure(t, refused, "NotAllowedError", "policy")
	if by := refused.Error.Data.By; !strings.Contains(by, "blockedDestinations") {
		t.Errorf("refused by %q", by)
	}
	b.Managed("{}")
	again, _ := b.Open(goes, nil)
	b.WantAlive(again)
}

// It does not wait for whoever else is told, as the log whose file is elsewhere now.
func TestNewPolicyEndsSocketsFirst(t *testing.T) {
	told, done := make(chan struct{}), make(chan struct{})
	b := hosttest.Start(t, hosttest.Options{PolicyChanged: sync.OnceFunc(func() {
		close(told)
		<-done
	})})
	defer close(done)
	lost, _ := b.Open(hosttest.Serve(t, hosttest.Echo), nil)
	b.Managed(`{"enabled": false}`)
	<-told
	b.WantClosed(lost, "NotAllowedError", "policy")
}

// A policy that comes while a socket is connecting holds for the address that it is
// connecting to, too: the rules had been asked about that one before.
func TestPolicyThatComesWhileConnecting(t *testing.T) {
	roots, config := hosttest.SecureWorld(t)
	accepted, goOn := make(chan struct{}), make(chan struct{})
	port := hosttest.Serve(t, func(c *net.TCPConn) {
		close(accepted)
		<-goOn
		s := tls.Server(c, config)
		_, _ = io.Copy(io.Discard, s)
	})
	b := hosttest.Start(t, hosttest.Options{Dialer: &dial.Dialer{Roots: roots}, Judged: true})
	params := b.TCP(port)
	r := b.Register()
	params.SocketID, params.Host, params.SecureTransport = r.ID, "localhost", "on"
	id := b.Ask(protocol.MethodTCPOpen, params)
	<-accepted
	b.Managed(`{"blockedDestinations": [{"cidr": "127.0.0.0/8"}, {"cidr": "::1"}]}`)
	close(goOn)
	hosttest.WantFailure(t, b.Answer(id), "NotAllowedError", "policy")
}
