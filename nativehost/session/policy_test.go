package session

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
	"time"

	"github.com/portside/portside/nativehost/dial"
	"github.com/portside/portside/protocol"
)

func (b *broker) judged(host string, port int64, entered bool) protocol.PolicyJudgeResult {
	b.t.Helper()
	var result protocol.PolicyJudgeResult
	b.mustCall(protocol.MethodPolicyJudge, protocol.PolicyJudgeParams{
		Origin: "https://page.example", Protocol: "tcp", Host: host, Port: port, UserEntered: entered,
	}, &result)
	return result
}

func TestJudgement(t *testing.T) {
	const usual = "refuse-unsafe-eval"
	lab := `{"allowedDestinations": [{"cidr": "10.0.0.0/8", "prompt": "skip"}, {"host": "*.example.org"}],
		"remember": false, "cspRule": "require-eval-blocked", "installedOnly": true, "errorDetail": "none"}`
	for _, c := range []struct {
		policy, host string
		port         int64
		entered      bool
		want         protocol.PolicyJudgeResult
	}{
		{"", "Mail.Example.ORG.", 993, false, protocol.PolicyJudgeResult{
			Allowed: true, Host: "mail.example.org", Place: "internet", Prompt: "ask", Remember: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{"", "127.1", 80, false, protocol.PolicyJudgeResult{
			Allowed: true, Host: "127.0.0.1", Place: "computer", Prompt: "ask", Remember: true, MustEnter: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{"", "127.1", 80, true, protocol.PolicyJudgeResult{
			Allowed: true, Host: "127.0.0.1", Place: "computer", Prompt: "ask", Remember: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{"", "224.0.0.1", 80, true, protocol.PolicyJudgeResult{
			Reason: "address", Host: "224.0.0.1", Place: "special", Prompt: "ask", Remember: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{"", "no such / host", 80, true, protocol.PolicyJudgeResult{
			Reason: "dns", Prompt: "ask", Remember: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{"", "-lead.example", 80, true, protocol.PolicyJudgeResult{
			Reason: "dns", Host: "-lead.example", Place: "internet", Prompt: "ask", Remember: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{"", "", 5060, false, protocol.PolicyJudgeResult{
			Allowed: true, Prompt: "ask", Remember: true, Risk: true, CSPRule: usual, ErrorDetail: "reason",
		}},
		{lab, "10.231.77.9", 22, false, protocol.PolicyJudgeResult{
			Allowed: true, Host: "10.231.77.9", Place: "network", Prompt: "skip", CSPRule: "require-eval-blocked", InstalledOnly: true, ErrorDetail: "none",
		}},
		{lab, "192.168.233.77", 22, true, protocol.PolicyJudgeResult{
			Reason: "policy", Host: "192.168.233.77", Place: "network", Prompt: "forbid", CSPRule: "require-eval-blocked", InstalledOnly: true, ErrorDetail: "none",
		}},
	} {
		b := start(t, options{policy: c.policy})
		got := b.judged(c.host, c.port, c.entered)
		got.By = ""
		if got != c.want {
			t.Errorf("%s\n got %+v\nwant %+v", c.host, got, c.want)
		}
	}
}

// In which network a destination is, is told for what is another machine elsewhere, and
// for those only who bring a salt.
func TestJudgementTellsTheNetwork(t *testing.T) {
	b := start(t, options{})
	for host, depends := range map[string]bool{
		"192.168.1.1": true, "fd00::1": true, "nas.local": true,
		"127.0.0.1": false, "localhost": false, "mail.example.org": false, "93.184.215.14": false, "": false,
	} {
		for _, salt := range []string{"", "AAAAAAAAAAAAAAAAAAAAAA"} {
			var result protocol.PolicyJudgeResult
			b.mustCall(protocol.MethodPolicyJudge, protocol.PolicyJudgeParams{
				Origin: "https://page.example", Protocol: "tcp", Host: host, Port: 993, UserEntered: true, NetworkSalt: salt,
			}, &result)
			if told := result.Network != ""; told != (depends && salt != "") {
				t.Errorf("%q with the salt %q: network %q", host, salt, result.Network)
			}
		}
	}
}

func TestJudgementOfAnInsecureOrigin(t *testing.T) {
	b := start(t, options{})
	var result protocol.PolicyJudgeResult
	b.mustCall(protocol.MethodPolicyJudge, protocol.PolicyJudgeParams{
		Origin: "http://page.example", Protocol: "tcp", Host: "mail.example.org", Port: 993,
	}, &result)
	if result.Allowed || result.Reason != "origin" {
		t.Errorf("%+v", result)
	}
}

// Where an administrator asks for TLS, it is TLS with the destination itself: not with
// whoever has a certificate that the page lists, nor with another name's owner.
func TestTLSOnlyIsAuthenticated(t *testing.T) {
	roots, config := secureWorld(t)
	peer := serve(t, func(c *net.TCPConn) {
		s := tls.Server(c, config)
		_, _ = io.Copy(s, s)
	})
	b := start(t, options{dialer: &dial.Dialer{Roots: roots},
		policy: `{"allowedDestinations": [{"host": "localhost", "tlsOnly": true, "prompt": "skip"}]}`})
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
		p := b.tcp(peer)
		p.Host, p.SecureTransport, p.TLS = c.host, c.transport, c.tls
		answers[what] = b.ask(protocol.MethodTCPOpen, p)
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			answer := b.answer(answers[what])
			if c.reason != "" {
				wantFailure(t, answer, "NotAllowedError", c.reason)
			} else if answer.Error != nil {
				t.Errorf("%+v", answer.Error)
			}
		})
	}
	opened := 0
	for _, line := range b.audit.all() {
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
			peer := serve(t, echo)
			b := start(t, options{policy: c.policy})
			p := b.tcp(peer)
			p.Origin = "https://page.example"
			c.change(&p)
			wantFailure(t, b.answer(b.ask(protocol.MethodTCPOpen, p)), "NotAllowedError", c.reason)
		})
	}
}

// The time of a refusal must not tell which rule refused.
func TestRefusalsKeepTheBeat(t *testing.T) {
	b := start(t, options{policy: `{"blockedDestinations": [{"host": "blocked.example"}]}`})
	for _, change := range []func(*protocol.TCPOpenParams){
		func(p *protocol.TCPOpenParams) { p.UserEntered = false },
		func(p *protocol.TCPOpenParams) { p.Host = "blocked.example" },
		func(p *protocol.TCPOpenParams) { p.Host, p.Port = "sip.example.org", 5060 },
		func(p *protocol.TCPOpenParams) { p.Origin = "http://page.example" },
	} {
		p := b.tcp(9)
		change(&p)
		asked := time.Now()
		answer := b.answer(b.ask(protocol.MethodTCPOpen, p))
		took := time.Since(asked)
		if answer.Error == nil || took < refusalDelay || took >= 2*refusalDelay {
			t.Errorf("%s:%d from %s: %+v after %v", p.Host, p.Port, p.Origin, answer.Error, took)
		}
	}
}

// A page cannot keep refusals waiting without end, and one that is closed meanwhile is
// answered at once.
func TestClosingEndsTheWait(t *testing.T) {
	b := start(t, options{})
	p := b.tcp(9)
	p.UserEntered = false
	asked := time.Now()
	open := b.ask(protocol.MethodTCPOpen, p)
	closing := b.ask(protocol.MethodSocketClose, protocol.SocketCloseParams{SocketID: p.SocketID})
	wantFailure(t, b.answer(open), "NotAllowedError", "address")
	b.wantResult(protocol.MethodSocketClose, b.answer(closing), nil)
	if took := time.Since(asked); took >= refusalDelay {
		t.Errorf("answered after %v", took)
	}
}

// A policy that comes while sockets are open ends those that it forbids, and no
// others.
func TestNewPolicyEndsSockets(t *testing.T) {
	stays, goes := serve(t, echo), serve(t, echo)
	b := start(t, options{})
	kept, _ := b.open(stays, nil)
	lost, _ := b.open(goes, nil)
	b.managed(fmt.Sprintf(`{"blockedDestinations": [{"cidr": "127.0.0.0/8", "ports": ["%d"]}]}`, goes))
	if last := b.wantClosed(lost, "NotAllowedError", "policy"); !strings.Contains(last.By, "blockedDestinations") {
		t.Errorf("closed by %q", last.By)
	}
	b.wantAlive(kept)
	refused := b.answer(b.ask(protocol.MethodTCPOpen, b.tcp(goes)))
	wantFailure(t, refused, "NotAllowedError", "policy")
	if by := refused.Error.Data.By; !strings.Contains(by, "blockedDestinations") {
		t.Errorf("refused by %q", by)
	}
	b.managed("{}")
	again, _ := b.open(goes, nil)
	b.wantAlive(again)
}

// It does not wait for whoever else is told, as the log whose file is elsewhere now.
func TestNewPolicyEndsSocketsFirst(t *testing.T) {
	told, done := make(chan struct{}), make(chan struct{})
	b := start(t, options{policyChanged: sync.OnceFunc(func() {
		close(told)
		<-done
	})})
	defer close(done)
	lost, _ := b.open(serve(t, echo), nil)
	b.managed(`{"enabled": false}`)
	<-told
	b.wantClosed(lost, "NotAllowedError", "policy")
}

func TestBrokenManagedSettingsRefuseEverything(t *testing.T) {
	peer := serve(t, echo)
	b := start(t, options{})
	lost, _ := b.open(peer, nil)
	for _, settings := range []string{`{"enabled": "perhaps"}`, `{"allowedOrigin": []}`, `{`, `[]`} {
		var result protocol.PolicyManagedResult
		b.mustCall(protocol.MethodPolicyManaged, protocol.PolicyManagedParams{Settings: settings}, &result)
		if result.Valid {
			t.Errorf("valid: %s", settings)
		}
		// That it is broken is the reason, and by which source.
		refused := b.answer(b.ask(protocol.MethodTCPOpen, b.tcp(peer)))
		wantFailure(t, refused, "NotAllowedError", "policy-broken")
		judged := b.judged("mail.example.org", 993, false)
		if judged.Allowed || judged.Reason != "policy-broken" {
			t.Errorf("%s: judged as %+v", settings, judged)
		}
		for _, by := range []string{refused.Error.Data.By, judged.By} {
			if !strings.HasPrefix(by, "managed storage: ") {
				t.Errorf("%s: by %q", settings, by)
			}
		}
	}
	b.wantClosed(lost, "NotAllowedError", "policy-broken")
	b.managed(`{"enabled": false}`)
	wantFailure(t, b.answer(b.ask(protocol.MethodTCPOpen, b.tcp(peer))), "NotAllowedError", "policy")
}

// A policy that comes while a socket is connecting holds for the address that it is
// connecting to, too: the rules had been asked about that one before.
func TestPolicyThatComesWhileConnecting(t *testing.T) {
	roots, config := secureWorld(t)
	accepted, goOn := make(chan struct{}), make(chan struct{})
	port := serve(t, func(c *net.TCPConn) {
		close(accepted)
		<-goOn
		s := tls.Server(c, config)
		_, _ = io.Copy(io.Discard, s)
	})
	b := start(t, options{dialer: &dial.Dialer{Roots: roots}, judged: true})
	params := b.tcp(port)
	r := b.register()
	params.SocketID, params.Host, params.SecureTransport = r.id, "localhost", "on"
	id := b.ask(protocol.MethodTCPOpen, params)
	<-accepted
	b.managed(`{"blockedDestinations": [{"cidr": "127.0.0.0/8"}, {"cidr": "::1"}]}`)
	close(goOn)
	wantFailure(t, b.answer(id), "NotAllowedError", "policy")
}
